"""The receiving side of a transfer: accept, return with the reason, send the receipt. Raises what turns.py raises."""
from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from zhibu.ground.access import endings as access
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import moving
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import NewMember, NewSpell, PeopleError
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.dates import show

from . import queries, rules
from .models import Floating
from .rules import Kind, Move, State
from .turns import Turn, both, ensure, not_later, plain, turn_of


@transaction.atomic
def receive(actor: Actor, transfer_id: int, *, to_org_id: int | None, group_id: int | None, received_on: date, version: int, at: datetime) -> None:
    """Accept the member into a branch (and a group): from this day the membership is there. E025 after the letter's last day, E002, E001, E045."""
    turn = turn_of(actor, transfer_id, Move.RECEIVE, version, at)
    row, view = turn.row, turn.view
    if received_on > turn.today:
        raise PeopleError("E001", f"接收日期{show(received_on)}晚于今天，请改成今天或以前的日期", "received_on")
    if row.issued_on is not None and row.valid_until is not None:
        ensure(rules.may_receive(row.issued_on, row.valid_until, received_on), "received_on")
    elif received_on < row.applied_on:
        raise PeopleError("E002", f"接收日期{show(received_on)}早于申请日期{show(row.applied_on)}，请核对", "received_on")
    branch = _branch(turn, to_org_id)
    document = f"组织关系介绍信第{row.letter_no}号" if row.letter_no else f"党委内转接，{show(row.applied_on)}申请"
    permission = queries.RIGHTS[rules.owner(Kind(row.kind), State(row.state), Move.RECEIVE)]
    if row.kind == Kind.PAPER_IN:
        _register(turn, branch, group_id, received_on, f"{row.outside}{document}", permission)
        row.org_id = branch.id
    else:
        moving.move(
            actor, row.person_id or 0, from_org_id=row.org_id, to_org_id=branch.id, on=received_on, document=document, permission=permission, at=at, group_id=group_id,
        )
        row.other_org_id = branch.id
        access.end_held_by(actor, row.person_id or 0, org_id=row.org_id, on=received_on, at=at)
        end_floating(turn, received_on)
    row.received_on, row.group_id = received_on, group_id
    turn.done(received_on, f"编入{branch.name}" if branch.name != view.to_name else "")


def _branch(turn: Turn, to_org_id: int | None) -> OrgView:
    """Give the branch that gets the member: the one the committee chose, else the one the letter names; always below the accepting committee."""
    chosen = to_org_id or turn.view.to_id
    org = tree.views([chosen]).get(chosen) if chosen else None
    above = turn.view.to_committee_path if turn.row.kind != Kind.DIRECT else turn.view.to_path
    if org is None or not org.path_now.startswith(above) or not org.is_branch:
        raise PeopleError("E045", "请选本党委下面的一个党支部，党员编入那里", "to_org")
    return org


def _register(turn: Turn, branch: OrgView, group_id: int | None, on: date, document: str, permission: Permission) -> None:
    row, actor = turn.row, turn.actor
    id_no = row.id_no.reveal() if row.id_no else ""  # type: ignore[attr-defined]
    phone = row.phone.reveal() if row.phone else ""  # type: ignore[attr-defined]
    known = people.known_by_id_no([id_no] if id_no else [])
    if known:
        person_id = next(iter(known.values()))[0]
        moving.take_back(
            actor, person_id, to_org_id=branch.id, standing=row.standing, on=on, document=document, permission=permission, at=turn.at, group_id=group_id,
        )
    else:
        person_id = people_actions.register(
            actor,
            NewMember(
                branch.id, row.name, row.standing, on, gender=row.gender, id_no=id_no, phone=phone, joined_on=row.joined_on, joined_precision=row.joined_precision,
                history=(NewSpell(branch.id, row.standing, on, began_as=moving.MOVED_IN, document=document[:200]),),
            ),
            at=turn.at,
        )
        if group_id is not None:
            people_actions.place(actor, [people_actions.NewPlace(branch.id, person_id, group_id, on)], at=turn.at)
    row.person_id, row.id_no, row.phone, row.id_no_index = person_id, "", "", ""  # from now on they stand on the member's sheet


def end_floating(turn: Turn, on: date) -> None:
    """Close the floating record of somebody whose relation has gone: S30 knows no floating member of another branch."""
    for open_one in Floating.objects.within(both(turn.view)).filter(person_id=turn.row.person_id, ended_on__isnull=True).order_by("id"):
        open_one.ended_on, open_one.ended_why, open_one.version = max(on, open_one.from_on), "组织关系已转出", open_one.version + 1
        open_one.save()


@transaction.atomic
def give_back(actor: Actor, transfer_id: int, *, reason: str, on: date, version: int, at: datetime) -> None:
    """Return the letter with the reason (not without: nobody is refused without cause). E054, E001, E002."""
    turn = turn_of(actor, transfer_id, Move.RETURN, version, at)
    ensure(rules.needs_reason(reason, "退回"), "reason")
    not_later(on, turn.row.issued_on or turn.row.applied_on, "退回日期", turn.today)
    turn.row.returned_on = on
    turn.done(on, plain(reason, 100))


@transaction.atomic
def receipt(actor: Actor, transfer_id: int, *, on: date, version: int, at: datetime) -> None:
    """Send the receipt to the committee that issued the letter: one tap."""
    turn = turn_of(actor, transfer_id, Move.RECEIPT, version, at)
    not_later(on, turn.row.received_on or on, "回执日期", turn.today)
    turn.done(on)
