"""Sums and counts of dues per organisation: all that a superior sees. No name, no single amount."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from zhibu.ground.guard.scope import Scope

from .models import Assessment
from .reach import sums_in
from .twins import twins


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
    if surplus := twins(sums_in(scope)).surplus:  # a month of somebody registered twice is one month
        rows = rows.exclude(pk__in=surplus)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    paid = Q(payment__isnull=False)
    found = rows.values_list("org_id").annotate(n=Count("id"), p=Count("id", filter=paid), due=Sum("amount_fen"), paid=Sum("amount_fen", filter=paid)).order_by("org_id")
    return {org_id: Sums(n, p, due, paid_sum or 0) for org_id, n, p, due, paid_sum in found}
