"""Published numbers about dues (rules.md S11): months and sums due and paid this year. No person and no single sum."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from zhibu.ground.facts.catalogue import Fact
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.reading import asked_once
from zhibu.ground.guard.scope import Scope
from zhibu.kernel.periods import month_index

from .totals import Sums, totals

SOURCE = "今年已经过完的月份，不含批准免交的；应交清单和交费登记"


@asked_once
def _year(scope: Scope, on: date) -> dict[int, Sums]:
    return totals(scope, on.year * 12, month_index(on) - 1)


def _of(pick: Callable[[Sums], int]) -> Callable[[Scope, date], dict[int, int]]:
    return lambda scope, on: {org_id: pick(sums) for org_id, sums in _year(scope, on).items()}


FACTS = (
    Fact("dues.due_months", "党费应交月数", "人月", SOURCE, _of(lambda s: s.due_months), permission=Permission.DUES_TOTAL),
    Fact("dues.paid_months", "党费已交月数", "人月", SOURCE, _of(lambda s: s.paid_months), of="dues.due_months", permission=Permission.DUES_TOTAL),
    Fact("dues.due_sum", "党费应交金额", "分", SOURCE, _of(lambda s: s.due), permission=Permission.DUES_TOTAL),
    Fact("dues.paid_sum", "党费已交金额", "分", SOURCE, _of(lambda s: s.paid), of="dues.due_sum", permission=Permission.DUES_TOTAL),
)
