"""The books underneath (复式记账): every movement of money is written as sides that add up to nothing, with what it comes from."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum

from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree.models import Organisation

from .models import Posting
from .rules import Account


@dataclass(frozen=True, slots=True)
class Move:
    """Money that leaves one account for another, in the books of one organisation. A negative sum is a reversal: it is written the other way round."""

    org_id: int
    path: str
    to: Account
    out_of: Account
    amount: int
    source: tuple[str, int]
    on: date


def book(moves: Sequence[Move], at: datetime) -> None:
    """Write the sides of some movements, in the transaction of the action that moves the money."""
    rows = []
    for m in moves:
        debit, credit = (m.to, m.out_of) if m.amount >= 0 else (m.out_of, m.to)
        rows += [
            Posting(org_id=m.org_id, on=m.on, account=debit, debit_fen=abs(m.amount), source_type=m.source[0], source_id=m.source[1], at=at),
            Posting(org_id=m.org_id, on=m.on, account=credit, credit_fen=abs(m.amount), source_type=m.source[0], source_id=m.source[1], at=at),
        ]
    Posting.objects.into(Scope(tuple({m.path for m in moves}))).bulk_create(rows, batch_size=500)


def lock(org_id: int) -> None:
    """Let the money of an organisation wait for nobody else: two people who spend at once are answered one after the other."""
    Organisation.objects.select_for_update(of=("self",)).get(pk=org_id)


def accounts(scope: Scope, *, org_ids: Sequence[int] | None = None, first: date | None = None, last: date | None = None) -> dict[int, dict[str, int]]:
    """Sum debit minus credit per organisation and account, over the days first..last. One statement."""
    rows = Posting.objects.within(scope)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    if first is not None:
        rows = rows.filter(on__gte=first)
    if last is not None:
        rows = rows.filter(on__lte=last)
    found: dict[int, dict[str, int]] = {}
    for org_id, account, debit, credit in rows.values_list("org_id", "account").annotate(d=Sum("debit_fen"), c=Sum("credit_fen")).order_by("org_id", "account"):
        found.setdefault(org_id, {})[account] = debit - credit
    return found
