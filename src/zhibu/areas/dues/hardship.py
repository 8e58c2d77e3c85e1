"""Expenses for members in hardship (purpose 4), as another area may choose from them: agreed to above and not taken back."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree

from .models import Expense
from .rules import Purpose


@dataclass(frozen=True, slots=True)
class Agreed:
    """An expense with the day on which it was agreed to, and its voucher once it is paid out."""

    id: int
    fen: int
    what: str
    on: date
    voucher: str


def agreed(actor: Actor, org_id: int, limit: int = 100) -> list[Agreed]:
    """List an organisation's own expenses of purpose 4, newest first; none to an actor who may not read its money."""
    path = tree.path_of(org_id)
    if not actor.may(Permission.DUES_TOTAL, path):
        return []
    rows = Expense.objects.within(Scope((path,))).filter(org_id=org_id, purpose=Purpose.HARDSHIP, undone_at__isnull=True)
    return [Agreed(e.pk, e.amount_fen, e.what, e.on, e.voucher) for e in rows.order_by("-on", "-id")[:limit]]
