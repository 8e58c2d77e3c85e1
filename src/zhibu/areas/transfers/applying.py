"""The beginning of a transfer at the old branch: apply, check, both in one go. Raises what turns.py raises."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView

from . import letters, queries, rules, wish_actions
from .letters import Letter
from .models import Transfer
from .queries import committee_of
from .rules import Kind, Move, State
from .turns import ensure, plain, step, turn_of


@dataclass(frozen=True, slots=True)
class Application:
    """An application: who, where to (an organisation here, or the names of one outside), since when asked and why."""

    person_id: int
    to_org_id: int | None
    applied_on: date
    outside: str = ""
    outside_branch: str = ""
    reason: str = ""


@transaction.atomic
def apply(actor: Actor, new: Application, *, at: datetime) -> int:
    """Enter an application to leave the present branch; returns the transfer's id. Raises PeopleError E001, E044, E045, E053, E054.

    The kind follows from the target: outside on paper, inside one committee directly, else between the two committees."""
    seen = Scope(tuple(g.org_path for g in actor.grants if Permission.TRANSFER_REQUEST in g.permissions))
    file = people.member_file(seen, new.person_id, localdate(at))  # NotFound out of sight
    home = tree.views([file.org_id])[file.org_id]
    actor.require(Permission.TRANSFER_REQUEST, home.path_now)
    target = target_of(new.to_org_id)
    spell = file.spells[-1] if file.spells else None
    here = spell is not None and spell.to_on is None and spell.org_id == home.id
    before = next((t.state_title for t in queries.of_person(Scope((home.path_now,)), new.person_id) if t.state in rules.OPEN), "")
    today = localdate(at)
    ensure(rules.may_apply(here=here, open_before=before, same=target is not None and target.id == home.id, applied_on=new.applied_on, today=today), "to")
    if spell is not None and spell.standing == "suspended":
        raise PeopleError("", "停止党籍的党员不转组织关系，请先报恢复党籍", "to")
    if target is None and len(new.outside.strip()) < 2:
        raise PeopleError("E054", "请写转去哪个党组织：系统里有的选一个，系统外的写接收党委的全称", "to")
    out, into = committee_of(home), committee_of(target) if target else None
    kind = Kind.PAPER_OUT if target is None else Kind.DIRECT if into is not None and into.id == out.id and target.is_branch else Kind.NETWORK
    if target is not None and into is not None and into.id == out.id and not target.is_branch:
        raise PeopleError("E045", f"“{target.name}”不接收党员，请选要转去的党支部", "to")
    row = Transfer(
        org_id=home.id, other_org_id=target.id if target else None, kind=kind, state=State.APPLIED, person_id=new.person_id, name=file.name,
        standing=spell.standing if spell else "", gender=file.gender, outside="" if target else plain(new.outside, 100),
        outside_branch="" if target else plain(new.outside_branch, 100), reason=plain(new.reason, 100), applied_on=new.applied_on, applied_by=actor.name,
        out_committee_id=out.id, in_committee_id=into.id if into else None, made_at=at,
        steps=[step("申请转出", new.applied_on, actor, plain(new.reason, 100))],
    )
    row._guard_scope = Scope((home.path_now,))
    made = create(actor, row, home, "transfers.apply", at)
    wish_actions.take_over(actor, new.person_id, home.id, made, at=at)
    return made


def create(actor: Actor, row: Transfer, org: OrgView, action: str, at: datetime) -> int:
    """Write a new transfer and the line in the journal. E053 where two offices began at once."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:  # two offices began at once: the database keeps the first
        raise PeopleError("E053", f"{row.name}刚刚已经有一件转接，不用再办", "to") from error
    journal.write(actor, action, at=at, org_id=org.id, org_path=org.path_now, subject=("transfer", row.pk), changes={"person": row.person_id, "kind": row.kind})
    return row.pk


def target_of(org_id: int | None) -> OrgView | None:
    """Give the organisation that somebody goes to; None for one outside. E045 for one that is gone."""
    if org_id is None:
        return None
    found = tree.views([org_id]).get(org_id)
    if found is None or found.status == "dissolved":
        raise PeopleError("E045", "要转去的党组织没有找到或已经撤销，请重新选", "to")
    return found


@transaction.atomic
def check(actor: Actor, transfer_id: int, *, paid_to: date | None, note: str = "", version: int, at: datetime) -> None:
    """The outgoing branch checks: dues paid to a month, nothing left open. What is open is no hindrance here; the letter asks for an approval."""
    turn = turn_of(actor, transfer_id, Move.CHECK, version, at)
    ensure(rules.check_paid_to(paid_to, turn.today), "paid_to")
    if turn.row.kind == Kind.DIRECT and paid_to is None:
        raise PeopleError("E008", "请写党费交到哪个月，接收的支部接着收", "paid_to")
    turn.row.paid_to = paid_to
    turn.done(turn.today, "；".join(t for t in (f"党费交到{paid_to.year}年{paid_to.month}月" if paid_to else "", plain(note, 100)) if t))


@transaction.atomic
def send(actor: Actor, new: Application, *, paid_to: date | None, note: str = "", letter: Letter | None = None, at: datetime) -> int:
    """Apply and check in one go, and with `letter` issue it too, where one office holds the rights of these steps (the member stands at the counter)."""
    made = apply(actor, new, at=at)
    check(actor, made, paid_to=paid_to, note=note, version=1, at=at)
    if letter is not None and queries.transfer(actor.sees(), made).kind != Kind.DIRECT:
        letters.issue(actor, made, letter, version=2, at=at)
    return made
