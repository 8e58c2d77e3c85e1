"""Sums and counts of dues per organisation: all that a superior sees. No name, no single amount."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from zhibu.ground.guard.scope import Scope

from .models import Assessment
from .reach import sums_in
from .twins import losers, twins


@dataclass(frozen=True, slots=True)
class Sums:
    """Months due (somebody owed something for them) and paid, and the same in fen."""

    due_months: int = 0
    paid_months: int = 0
    due: int = 0
    paid: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.due_months + other.due_months, self.paid_months + other.paid_months, self.due + other.due, self.paid + other.paid)


NOTHING = Sums()


def totals(scope: Scope, first: int, last: int, *, org_ids: Collection[int] | None = None) -> dict[int, Sums]:
    """Sum what was due and paid for the months first..last per organisation, in one statement. Months of exempted members are not due."""
    rows = Assessment.objects.within(sums_in(scope)).filter(month__gte=first, month__lte=last, ended_at__isnull=True, amount_fen__gt=0)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    paid = Q(payment__isnull=False)
    doubled = Count("id", filter=Q(person_id__in=losers()))

    def summed(only: QuerySet[Assessment]) -> list[tuple[int, int, int, int, int | None, int]]:
        sums = only.values_list("org_id").annotate(n=Count("id"), p=Count("id", filter=paid), due=Sum("amount_fen"), paid=Sum("amount_fen", filter=paid), d=doubled)
        return list(sums.order_by("org_id"))

    found = summed(rows)
    if any(twice for *_, twice in found):  # a month of somebody registered twice is one month
        found = summed(rows.exclude(pk__in=twins(sums_in(scope)).surplus))
    return {org_id: Sums(n, p, due, paid_sum or 0) for org_id, n, p, due, paid_sum, _ in found}
