"""What queries.py answers beside the hand-written grouping SQL that any answer needs; and whole responses."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.test import Client

from zhibu.areas.meetings import queries as meetings
from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.kernel.activities import RecordType

from .table import Table, in_turn, ms, timed


@dataclass(frozen=True, slots=True)
class Where:
    """The organisations that are looked at."""

    county: tuple[int, str]
    town: tuple[int, str]
    branch: tuple[int, str]
    words: str  # of the county: how large it is


def grouping_sql(path: str, year: int, until: date) -> list[tuple[Any, ...]]:
    """Group activities per organisation, kind, group, month and records by hand, on the same rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT org_id, kind, group_key, held_month, records, COUNT(*), MIN(recorded_on) FROM record_activitykind "
            "WHERE held_month BETWEEN %s AND %s AND held_on <= %s AND org_id IN (SELECT id FROM tree_organisation WHERE path >= %s AND path < %s) "
            "GROUP BY org_id, kind, group_key, held_month, records",
            [year * 12, year * 12 + 11, until, path, path + "~"],
        )
        return cursor.fetchall()


def ours(path: str, org_id: int, year: int, today: date) -> meetings.Compliance:
    """Ask the product."""
    return meetings.compliance(system_actor().scope(P.COMPLIANCE_READ).narrowed(path), org_id, year, today)


def same_meetings(path: str, org_id: int, year: int, today: date) -> tuple[int, int]:
    """Count the meetings of the year as both sides see them: of months whose kind has a window in force on the branch."""
    answer = ours(path, org_id, year, today)
    seen = sum(counter.held.bit_count() and _total(counter.held) for s in answer.subjects.values() for counter in s.counters)
    return seen, sum(row[5] for row in grouping_sql(path, year, today))


def _total(word: int) -> int:
    from zhibu.kernel import packed

    return packed.total(word, packed.keep(range(12)))


def rows(table: Table, where: Where, today: date) -> None:
    """Measure a year of three scopes, each beside the hand-written SQL."""
    scopes = ((f"the county ({where.words})", where.county, "≤ 3"), ("a township", where.town, "–"), ("one branch", where.branch, "–"))
    for words, (org_id, path), aim in scopes:
        a, b = in_turn(lambda path=path, org_id=org_id: ours(path, org_id, today.year, today), lambda path=path: grouping_sql(path, today.year, today))
        table.ratio(f"compliance of a year, {words}", a, b, "hand-written grouping SQL alone", aim)


def pages(table: Table, where: Where, limit: str, accounts: dict[str, str]) -> None:
    """Measure whole responses through the WSGI handler, signed in. accounts: office -> username."""
    clerk, secretary = signed_in(accounts["county"]), signed_in(accounts["branch"])
    looks: list[tuple[str, Callable[[], Any]]] = [
        ("desk of a branch secretary", lambda: get(secretary, "/")),
        ("desk of the county", lambda: get(clerk, "/")),
        (f"county picture ({where.words})", lambda: get(clerk, f"/overview/?org={where.county[0]}")),
        ("… a cell of it opened", lambda: get(clerk, f"/overview/?org={where.county[0]}&cell={where.town[0]}-3")),
        ("drill-down to a township", lambda: get(clerk, f"/overview/?org={where.town[0]}")),
        ("drill-down to a branch", lambda: get(clerk, f"/overview/?org={where.branch[0]}")),
        ("ledger of a branch", lambda: get(secretary, f"/meetings/ledger/?org={where.branch[0]}")),
        ("roster search by name", lambda: get(clerk, "/members/?q=王国")),
        ("roster search by initials", lambda: get(clerk, "/members/?q=wgj")),
        ("roster, first page", lambda: get(clerk, "/members/")),
    ]
    for words, look in looks:
        table.alone(words, ms(timed(look, 5)), limit)


def signed_in(username: str) -> Client:
    """Give a client with a session."""
    from zhibu.ground.access.models import Account

    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(Account.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return client


def get(client: Client, address: str) -> int:
    """Fetch a page; a figure of a refused page would be worth nothing."""
    answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"bench: {address} answered {answer.status_code}")
    return len(answer.content)


def every_record() -> int:
    """Give the mask with every record type."""
    return (1 << len(RecordType)) - 1
