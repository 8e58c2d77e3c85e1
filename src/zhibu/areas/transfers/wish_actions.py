"""A member asks to be transferred; the branch takes it over or declines with the reason; the member may take it back until then.

Raises PeopleError with the code and the field; E044 where the other side was quicker."""
from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.dates import show

from . import queries, rules, wishes
from .models import TransferWish
from .rules import Wish
from .turns import ensure, plain
from .wishes import WishView

NEWS = {
    Wish.TAKEN: "这件申请支部已经接办", Wish.DECLINED: "这件申请支部已经答复，没有同意", Wish.WITHDRAWN: "这件申请本人已经收回",
}


def _own(actor: Actor) -> int:
    if actor.person_id is None or not actor.holds(Permission.OWN_FILE):
        raise NotFound("这个账号没有对应到党员")
    return actor.person_id


@transaction.atomic
def ask_for(actor: Actor, *, target: str, reason: str = "", at: datetime) -> int:
    """Ask the own branch for a transfer; returns the application's id. Raises PeopleError E044, E045, E053, E054."""
    person_id, wanted = _own(actor), plain(target, 100).strip()
    own = Scope(person_id=person_id)
    found = wishes.home_of(person_id, localdate(at))
    before = next((t.state_title for t in queries.of_person(own, person_id) if t.state in rules.OPEN), "")
    asked = any(w.waits for w in wishes.of_person(own, person_id))
    ensure(rules.may_wish(
        here=found is not None, suspended=found is not None and found[0].spells[-1].standing == "suspended", open_before=before, asked=asked, target=wanted,
        home=found[1].name if found else "",
    ), "target")
    assert found is not None
    file, home = found
    try:
        with transaction.atomic():
            row = TransferWish.objects.within(Scope((home.path_now,))).create(
                org_id=home.id, person_id=person_id, name=file.name, target=wanted, reason=plain(reason, 100), state=Wish.ASKED, asked_at=at,
            )
    except IntegrityError as error:  # asked on two phones at once: the database keeps the first
        raise PeopleError("E053", "您刚刚已经申请过了，正在等支部办，不用再申请", "target") from error
    journal.write(actor, "transfers.wish", at=at, org_id=home.id, org_path=home.path_now, subject=("transfer_wish", row.pk), changes={"person": person_id})
    return int(row.pk)


@transaction.atomic
def withdraw(actor: Actor, wish_id: int, *, at: datetime) -> None:
    """Take the own application back. E044 once the branch has answered."""
    known = wishes.wish(Scope(person_id=_own(actor)), wish_id)
    _answer(actor, known, Wish.WITHDRAWN, "transfers.withdraw_wish", "", at)


@transaction.atomic
def decline(actor: Actor, wish_id: int, *, reason: str, at: datetime) -> None:
    """Answer an application with no, and why; the member reads it. E054 without a reason, E044 once it was answered or taken back."""
    known = wishes.wish(Scope(actor.sees().paths), wish_id)
    actor.require(Permission.TRANSFER_REQUEST, tree.path_of(known.org_id))
    ensure(rules.needs_reason(reason, "不同意"), "reason")
    _answer(actor, known, Wish.DECLINED, "transfers.decline_wish", plain(reason, 100), at)


def take_over(actor: Actor, person_id: int, org_id: int, transfer_id: int, *, at: datetime) -> None:
    """Note at an application that its transfer has begun; nothing where the member had asked for none. Called by applying.apply, which asked for the right."""
    for known in wishes.waiting(Scope((tree.path_of(org_id),)), [org_id], person_id=person_id):
        _answer(actor, known, Wish.TAKEN, "transfers.take_wish", "", at, transfer_id)


def _answer(actor: Actor, known: WishView, state: Wish, action: str, answer: str, at: datetime, transfer_id: int | None = None) -> None:
    path = tree.path_of(known.org_id)
    row = TransferWish.objects.within(Scope((path,))).select_for_update(of=("self",)).get(pk=known.id)
    if row.state != Wish.ASKED:
        when = f"（{row.answered_by}，{show(localdate(row.answered_at))}）" if row.answered_at else ""
        raise PeopleError("E044", f"{NEWS[Wish(row.state)]}{when}，这一步不用再办")
    row.state, row.answer, row.answered_by, row.answered_at, row.transfer_id = state, answer, actor.name, at, transfer_id
    row.save()
    journal.write(actor, action, at=at, org_id=row.org_id, org_path=path, subject=("transfer_wish", row.pk), changes={"person": row.person_id, "state": state.value})
