"""Read what members ask for themselves: to be transferred."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import MemberFile
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound, OrgView

from . import rules
from .models import TransferWish
from .rules import Wish


@dataclass(frozen=True, slots=True)
class WishView:
    """An application of a member, and what became of it."""

    id: int
    org_id: int
    person_id: int
    name: str
    target: str
    reason: str
    state: str
    state_title: str
    asked_on: date
    answer: str
    answered_by: str
    answered_on: date | None
    transfer_id: int | None

    @property
    def waits(self) -> bool:
        """Tell whether the branch has not answered yet."""
        return self.state == Wish.ASKED


def view(row: TransferWish) -> WishView:
    """Give what is shown of a row."""
    return WishView(
        row.pk, row.org_id, row.person_id, row.name, row.target, row.reason, row.state, rules.WISH_ZH[Wish(row.state)], localdate(row.asked_at), row.answer, row.answered_by,
        localdate(row.answered_at) if row.answered_at else None, row.transfer_id,
    )


def wish(scope: Scope, wish_id: int) -> WishView:
    """Give one application. Raises NotFound outside the scope."""
    row = TransferWish.objects.within(scope).filter(pk=wish_id).first()
    if row is None:
        raise NotFound("没有找到这件转接申请")
    return view(row)


def of_person(scope: Scope, person_id: int) -> list[WishView]:
    """List somebody's applications, newest first."""
    return [view(r) for r in TransferWish.objects.within(scope).filter(person_id=person_id).order_by("-asked_at", "-id")[:20]]


def waiting(scope: Scope, org_ids: Iterable[int] | None = None, *, person_id: int | None = None) -> list[WishView]:
    """List the applications that wait for an answer, oldest first: of branches, or of one person."""
    rows = TransferWish.objects.within(people.offices(scope)).filter(state=Wish.ASKED)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    return [view(r) for r in rows.order_by("asked_at", "id")]


def home_of(person_id: int, today: date) -> tuple[MemberFile, OrgView] | None:
    """Give the own file and branch of somebody whose membership runs there; None for everybody else."""
    try:
        file = people.own_file(person_id, today)
    except NotFound:
        return None
    spell = file.spells[-1] if file.spells else None
    if spell is None or spell.to_on is not None:
        return None
    return file, tree.views([spell.org_id])[spell.org_id]
