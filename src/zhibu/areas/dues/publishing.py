"""What happened to the dues of a year: the report by account, and making it known (公布)."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.kernel.numbers import percent

from .models import Publication
from .postings import accounts
from .reach import DuesRefused, at_home, local_day, not_later, worded
from .rules import PURPOSE_ZH, Account
from .totals import NOTHING, Sums, totals


@dataclass(frozen=True, slots=True)
class Report:
    """Collection and use of dues of one organisation in one year, in fen. Income and spending are positive."""

    year: int
    carried: int                       # at the beginning of the year
    collected: int
    gifts: int
    from_below: int
    returned: int
    remitted: int
    returned_down: int
    spent: Mapping[int, int]           # by purpose
    opening: int
    balance: int
    held_for_centre: int
    sums: Sums

    @property
    def spent_all(self) -> int:
        """Give what was spent for all purposes."""
        return sum(self.spent.values())

    @property
    def rate_months(self) -> str:
        """Give the share of due months that were paid."""
        return percent(self.sums.paid_months, self.sums.due_months)

    @property
    def rate_amount(self) -> str:
        """Give the share of the sum due that was paid."""
        return percent(self.sums.paid, self.sums.due)


def report(scope: Scope, org_id: int, year: int) -> Report:
    """Compute the report of a year from the postings and the months of the year; four statements."""
    before = accounts(scope, org_ids=[org_id], last=date(year - 1, 12, 31)).get(org_id, {})
    now = accounts(scope, org_ids=[org_id], first=date(year, 1, 1), last=date(year, 12, 31)).get(org_id, {})
    free = before.get(Account.CASH, 0) + before.get(Account.GIFT_CENTRE, 0)
    moved = now.get(Account.CASH, 0) + now.get(Account.GIFT_CENTRE, 0)
    return Report(
        year, free, -now.get(Account.DUES, 0), -now.get(Account.GIFT, 0), -now.get(Account.FROM_BELOW, 0), -now.get(Account.RETURNED, 0), now.get(Account.REMITTED, 0),
        now.get(Account.RETURNED_DOWN, 0), {n: now.get(f"spent_{n}", 0) for n in PURPOSE_ZH}, -now.get(Account.OPENING, 0), free + moved,
        -(before.get(Account.GIFT_CENTRE, 0) + now.get(Account.GIFT_CENTRE, 0)), totals(scope, year * 12, year * 12 + 11, org_ids=[org_id]).get(org_id, NOTHING),
    )


@transaction.atomic
def publish(actor: Actor, org_id: int, year: int, *, on: date, how: str, at: datetime) -> int:
    """Record that a year's collection and use was made known; the figures stay as they are now. Raises DuesRefused E001, E054."""
    scope = at_home(actor, org_id)
    not_later(on, at, "公布日期", "on")
    if year > local_day(at).year:
        raise DuesRefused("E001", f"{year}年还没有到，不能公布", "year")
    found = report(Scope(scope.paths), org_id, year)
    figures = {
        "carried": found.carried, "collected": found.collected, "gifts": found.gifts, "from_below": found.from_below, "returned": found.returned,
        "remitted": found.remitted, "returned_down": found.returned_down, "opening": found.opening, "balance": found.balance,
        **{f"spent_{n}": amount for n, amount in found.spent.items()}, "due_months": found.sums.due_months, "paid_months": found.sums.paid_months,
        "due": found.sums.due, "paid": found.sums.paid,
    }
    row = Publication.objects.within(Scope(scope.paths)).create(
        org_id=org_id, year=year, on=on, how=worded(how, "怎样公布的，例如：党员大会通报、党务公开栏", "how")[:100], figures=figures, made_by=actor.name, made_at=at,
    )
    journal.write(actor, "dues.publish", at=at, org_id=org_id, org_path=scope.paths[0], subject=("dues_publication", row.pk), changes={"year": year, "on": str(on)})
    return row.pk


def publications(scope: Scope, org_id: int) -> list[Publication]:
    """List what was made known, newest first."""
    return list(Publication.objects.within(scope).filter(org_id=org_id).order_by("-year", "-id")[:20])
