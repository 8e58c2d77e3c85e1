"""A member's own dues: read by himself, by his own number, and by nothing that an office of his opens."""
from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree import queries as tree

from . import paper, queries
from .twins import twins


def account(actor: Actor, today: date) -> queries.PersonAccount:
    """Give the actor's own dues. NotFound for an account without a member."""
    own = _own(actor)
    return queries.account(own, own.person_id or 0, today)


def payment(actor: Actor, payment_id: int) -> paper.PaymentView:
    """Give one of the actor's own payments; NotFound for everybody else's, whatever his office opens."""
    own = _own(actor)
    for person_id in twins(own, own.person_id).ids(own.person_id or 0):
        try:
            return paper.payment(Scope(person_id=person_id), payment_id)
        except tree.NotFound:
            continue
    raise tree.NotFound("没有找到这笔交费")


def _own(actor: Actor) -> Scope:
    scope = actor.scope(Permission.OWN_FILE)
    if scope.person_id is None:
        raise tree.NotFound("这个账号没有对应到党员，没有自己的党费")
    return scope


def note_paper(actor: Actor, *, org_id: int, sheet: str, made_as: str, at: datetime, payment_id: int | None = None) -> None:
    """Leave a journal line for a sheet about one's own dues that is printed or taken away. sheet: what it is; made_as: page or docx."""
    person_id = _own(actor).person_id or 0
    if payment_id is not None:
        payment(actor, payment_id)
    subject = ("payment", payment_id) if payment_id is not None else ("person", person_id)
    with transaction.atomic():
        journal.write(actor, "dues.own_paper", at=at, org_id=org_id, org_path=tree.path_of(org_id), subject=subject, changes={"sheet": sheet, "as": made_as})
