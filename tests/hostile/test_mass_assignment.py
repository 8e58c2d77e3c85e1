"""No form writes more than its fields (trust.md A10): every form is sent twice, as a person sends it and with every column of every table added.

The rows that differ afterwards must be the same. Both sendings are taken back, so each starts from the same database."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.test import Client
from django.utils import timezone
from tests import world
from tests.everywhere.lasting import lasting
from tests.everywhere.pages import inside, read
from tests.everywhere.test_bad_input import visitor
from tests.hostile.fillings import CREATES, EDITS, Filling
from tests.world import AT, World

from zhibu.ground.access import tokens
from zhibu.ground.guard.fields import SealedField
from zhibu.ground.journal import journal

pytestmark = pytest.mark.django_db

#: tables that note the sending itself, and columns that are chosen anew each time
OF_THE_SENDING = ("guard_answeredpost", "django_session", "django_tasks_database_dbtaskresult")
CHOSEN_ANEW = {"password", "path"}
#: read by these views on purpose: whom the form is about. Asked with ids out of reach in tests/everywhere/test_canary.py
ABOUT = {"org", "key", "once", "do"}


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, lasting(django_db_blocker):
        patch.setattr(timezone, "now", lambda: AT)
        patch.setattr(journal, "secrets", SimpleNamespace(randbits=lambda bits: 7))  # the number of a command, and a new token: else drawn anew
        patch.setattr(tokens, "secrets", SimpleNamespace(token_urlsafe=lambda n: "x" * 43))
        yield world.build()


def value_of(field: models.Field, w: World) -> str:
    """Give a value that would show: another organisation, another account, another day."""
    if isinstance(field, models.BooleanField):
        return "1"
    if isinstance(field, models.DateTimeField):
        return "2001-01-01 00:00"
    if isinstance(field, models.DateField):
        return "2001-01-01"
    if isinstance(field, (models.IntegerField, models.ForeignKey)):
        return str(w.orgs["T2-B1"])
    if isinstance(field, models.JSONField):
        return '{"poison": 1}'
    return "poison"


def poison(w: World) -> dict[str, str]:
    """Give every column of every table under each name a program might read it by, and what other programs call their own."""
    found = {name: "1" for name in ("id", "pk", "is_superuser", "is_staff", "is_active", "superuser", "admin")}
    found |= {name: str(w.orgs["T2-B1"]) for name in ("org_id", "organisation", "parent_id", "account", "account_id", "created_by", "owner", "batch")}
    found |= {"state": "approved", "status": "dissolved", "role": "system_admin", "created_at": "2001-01-01", "_method": "DELETE", "next": "/poison/"}
    for model in apps.get_models():
        for field in model._meta.concrete_fields if model.__module__.startswith("zhibu.") else ():
            for name in (field.name, field.attname):
                found.setdefault(name, value_of(field, w))
    return {name: value for name, value in found.items() if name not in ABOUT}


def tables() -> dict[str, Counter[tuple[tuple[str, Any], ...]]]:
    """Give every row of every table, past every guard, without what is chosen anew each time."""
    found = {}
    connection.ensure_connection()
    with closing(connection.connection.cursor()) as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if table in OF_THE_SENDING or table.startswith("axes_"):
                continue
            anew = {KEEPS_ALL.get(table, "")} | {f.column for f in model._meta.concrete_fields if isinstance(f, SealedField)} | CHOSEN_ANEW
            names = [f.column for f in model._meta.concrete_fields if f.column not in anew]
            columns = ", ".join(f'"{n}"' for n in names)
            cursor.execute(f'SELECT {columns} FROM "{table}"')
            found[table] = Counter(tuple(zip(names, map(str, row), strict=True)) for row in cursor.fetchall())
    return found


def rewind_sequences() -> None:
    """Let PostgreSQL give the same ids again: a sequence does not go back with its transaction."""
    with closing(connection.connection.cursor()) as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(apps.get_models(include_auto_created=True))):
            cursor.execute(statement)


def sent(client: Client, where: str, values: Mapping[str, Any]) -> tuple[int, Counter[Any]]:
    """Send a form, take it back; gives the status and the rows that came and went."""
    with transaction.atomic():
        before = tables()
        rewind_sequences()
        status = client.post(where, values).status_code
        after = tables()
        transaction.set_rollback(True)
    found: Counter[Any] = Counter()
    for table, rows in after.items():
        for row, count in (rows - before[table]).items():
            found[table, "came", row] += count
        for row, count in (before[table] - rows).items():
            found[table, "went", row] += count
    return status, found


def difference(filling: Filling, w: World, extra: Mapping[str, str]) -> list[str]:
    """Send a form honestly and with extra fields; list what differs."""
    filling.before(w)
    client, url = visitor(filling.user), filling.url(w)
    page = read(client.get(url), url)
    form = page.form(filling.holds)
    honest = form.values(filling.typed(w), filling.press)
    where = inside(form.action or url, url) or url
    status, rows = sent(client, where, honest)
    status2, rows2 = sent(client, where, {**{k: v for k, v in extra.items() if k not in honest}, **honest})
    found = [f"{filling.id}: {status} honestly, {status2} with more"] if status != status2 else []
    return found + [f"{filling.id}: {table} {what} {dict(row)}" for table, what, row in (rows2 - rows) + (rows - rows2)]


#: names that are an optional field of one form under a condition, and are left out there; what each means
OWN_FIELD: dict[str, set[str]] = {
    "org:establish": {"on", "established_on", "org_id"}, "org:adjust": {"short_name", "kind", "on", "parent"}, "meetings:record": {"group", "photos"}, "meetings:correct": {"group"},
    "org:split": {"group"}, "meetings:catch-up": {"how"}, "roster:add": {"is_leading_cadre"}, "roster:edit": {"is_leading_cadre"},
}
#: a draft keeps everything that was typed, as text that only the form reads again
KEEPS_ALL = {"meetings_draft": "form", "notice_message": "key", "notice_feed": "nonce"}  # and what is drawn anew


@pytest.mark.parametrize("filling", CREATES + EDITS, ids=lambda f: f.id)
def test_more_fields_change_nothing_more(filling: Filling, w: World) -> None:
    assert "poison" in poison(w).values() and len(poison(w)) > 150
    own = OWN_FIELD.get(filling.view, set())
    with transaction.atomic():
        found = difference(filling, w, {k: v for k, v in poison(w).items() if k not in own})
        transaction.set_rollback(True)
    assert found == []


def test_sabotage_an_action_that_takes_what_it_is_given_is_found(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: a view that hands every field of the form to the table."""
    from zhibu.web.org import contacts_page

    plain = contacts_page.read

    def read_everything(given: Any) -> Any:
        values, units, version = plain(given)
        return {**values, "approval_doc": given.raw("approval_doc"), "address": given.raw("dissolved_reason") or values["address"]}, units, version

    monkeypatch.setattr(contacts_page, "read", read_everything)
    filling = next(f for f in EDITS if f.id == "org:contacts")
    with transaction.atomic():
        found = difference(filling, w, poison(w))
        transaction.set_rollback(True)
    assert any("tree_organisation" in line and "poison" in line for line in found)
