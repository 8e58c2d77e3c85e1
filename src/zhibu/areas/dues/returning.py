"""What a rule set lets a committee give back of the dues that organisations below handed up (返还). It proposes; a person decides to whom and how much."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import cast

from django.db.models import Sum

from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy.spec import Share
from zhibu.ground.tree import queries as tree

from .models import Remittance, Restitution
from .reach import rules_of
from .rules import to_return

RATIO = "dues.return_ratio"


@dataclass(frozen=True, slots=True)
class ReturnDue:
    """What one organisation below handed up in a year and got back, and what the rule that holds for it leaves to give back."""

    org_id: int
    received: int
    returned: int
    share: Share
    clause: str

    @property
    def amount(self) -> int:
        """Give what is proposed."""
        return to_return(self.received, self.returned, self.share)


def returns_due(scope: Scope, org_id: int, year: int, today: date, *, below: Collection[int] | None = None) -> list[ReturnDue]:
    """List the villages and communities that handed dues up to this one in a year and for which a rule set names a share to give back, in the order of the tree.

    Counted is what arrived here (large gifts never), less what was given back in the same year. below: only these.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    came = Remittance.objects.within(scope).filter(to_org_id=org_id, kind="dues", received_on__gte=first, received_on__lte=last, undone_at__isnull=True)
    gone = Restitution.objects.within(scope).filter(org_id=org_id, on__gte=first, on__lte=last, undone_at__isnull=True)
    if below is not None:
        came, gone = came.filter(org_id__in=list(below)), gone.filter(to_org_id__in=list(below))
    received = dict(came.values_list("org_id").annotate(s=Sum("amount_fen")).order_by("org_id"))
    returned = dict(gone.values_list("to_org_id").annotate(s=Sum("amount_fen")).order_by("to_org_id"))
    rules, orgs, found = rules_of(set(received), today), tree.views(set(received)) if received else {}, []
    for below_id in sorted(received, key=lambda i: (orgs[i].order, orgs[i].path)):
        held = rules(below_id)
        if held.has(RATIO) and orgs[below_id].village_or_community:
            item = held.get(RATIO)
            found.append(ReturnDue(below_id, int(received[below_id]), int(returned.get(below_id, 0)), cast(Share, item.value), item.clause))
    return found
