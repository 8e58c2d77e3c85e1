"""The beginning of a transfer from outside: somebody brings a letter. Raises what turns.py raises."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.guard.sealing import blind_index
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import NewMember, PeopleError
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel import identity, names
from zhibu.kernel.dates import show

from . import rules
from .applying import create, target_of
from .models import Transfer
from .queries import committee_of
from .rules import Kind, State
from .turns import ensure, plain, step


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who comes from outside with a letter: the letter, and the items of the sheet that it says."""

    org_id: int
    name: str
    standing: str
    outside: str
    letter_no: str
    issued_on: date
    valid_until: date
    paid_to: date | None
    gender: str = ""
    id_no: str = ""
    phone: str = ""
    joined_on: date | None = None
    joined_precision: str = "day"
    outside_branch: str = ""
    reason: str = ""


@transaction.atomic
def arrive(actor: Actor, new: Arrival, *, at: datetime) -> int:
    """Enter a letter that somebody brought from outside; the committee accepts or returns it. Raises PeopleError E001, E002, E008, E044, E053, E054, ID_…"""
    org = target_of(new.org_id)
    if org is None:
        raise NotFound("没有找到这个党组织")
    actor.require(Permission.TRANSFER_REQUEST, org.path_now)
    today = localdate(at)
    if len(new.outside.strip()) < 2:
        raise PeopleError("E054", "请写介绍信是哪个党委开的", "outside")
    if not new.letter_no.strip():
        raise PeopleError("E008", "请写介绍信的编号，凭介绍信才能接收", "letter_no")
    if new.paid_to is None:
        raise PeopleError("E008", "请写介绍信上的“党费已交到”哪个月", "paid_to")
    ensure(rules.check_paid_to(new.paid_to, today), "paid_to")
    if new.issued_on > today:
        raise PeopleError("E001", f"开信日期{show(new.issued_on)}晚于今天，请核对介绍信", "issued_on")
    ensure(rules.check_days(new.issued_on, new.valid_until), "valid_until")
    member = NewMember(
        org.id, names.clean_name(plain(new.name, 50)), new.standing, new.issued_on, gender=new.gender, id_no=identity.clean_id_no(plain(new.id_no, 30)), phone=plain(new.phone, 30),
        joined_on=new.joined_on, joined_precision=new.joined_precision,
    )
    people_actions.check(member, today)
    _refuse_resident(member.id_no)
    row = Transfer(
        org_id=org.id, kind=Kind.PAPER_IN, state=State.IN_TRANSIT, name=member.name, standing=member.standing, gender=member.gender, id_no=member.id_no,
        id_no_index=blind_index(member.id_no, "transfer.id_no"), phone=member.phone, joined_on=member.joined_on, joined_precision=member.joined_precision,
        outside=plain(new.outside, 100), outside_branch=plain(new.outside_branch, 100), reason=plain(new.reason, 100), applied_on=new.issued_on, applied_by=actor.name,
        paid_to=new.paid_to, in_committee_id=committee_of(org).id, letter_no=plain(new.letter_no, 40), issued_on=new.issued_on, valid_until=new.valid_until, made_at=at,
        steps=[step("持信报到", today, actor, f"{plain(new.outside, 100)}第{plain(new.letter_no, 40)}号")],
    )
    row._guard_scope = Scope((org.path_now,))
    return create(actor, row, org, "transfers.arrive", at)


def _refuse_resident(id_no: str) -> None:
    """Refuse (E044) the number of somebody whose relation is in this installation: he comes by the transfer that his branch begins."""
    for person_id, _, org_id in people.known_by_id_no([id_no] if id_no else []).values():
        if people.is_member(Scope((tree.path_of(org_id),)), person_id):
            raise PeopleError("E044", "这个身份证号的党员组织关系已经在本系统的党支部。请让他现在的支部办“系统内转接”，不要再登记一次", "id_no")
