"""The end of a transfer: closed with the receipt, filed, given up. Raises what turns.py raises."""
from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from zhibu.ground.access import endings as access
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import PeopleError
from zhibu.kernel.dates import show

from . import rules
from .receiving import end_floating
from .rules import Kind, Move
from .turns import ensure, not_later, plain, turn_of


@transaction.atomic
def close(actor: Actor, transfer_id: int, *, on: date, received_on: date | None = None, version: int, at: datetime) -> None:
    """Close with the receipt pasted on the stub. For somebody who went outside the receipt says when he was received there: then the membership here ends."""
    turn = turn_of(actor, transfer_id, Move.CLOSE, version, at)
    row = turn.row
    not_later(on, row.received_on or row.issued_on or row.applied_on, "办结日期", turn.today)
    text = ""
    if row.kind == Kind.PAPER_OUT:
        there = received_on or on
        not_later(there, row.issued_on or there, "对方接收日期", turn.today)
        ensure(rules.may_receive(row.issued_on or there, row.valid_until or there, there), "received_on")
        if not people.is_member(Scope((turn.view.from_path,)), row.person_id or 0):
            raise PeopleError("E045", f"{row.name}的组织关系已经不在“{turn.view.from_name}”，不用办结。请撤销这件转接", "received_on")
        people_actions.end_membership(
            actor, row.person_id or 0, on=there, ended_as="transferred", document=f"组织关系介绍信第{row.letter_no}号回执", at=at, permission=Permission.TRANSFER_DECIDE,
        )
        access.end_held_by(actor, row.person_id or 0, org_id=row.org_id, on=there, at=at)
        end_floating(turn, there)
        row.received_on, text = there, f"{row.outside}{show(there)}接收"
    turn.done(on, text)


@transaction.atomic
def file(actor: Actor, transfer_id: int, *, version: int, at: datetime) -> None:
    """The committee above both branches takes note (备案) of a transfer inside it."""
    turn = turn_of(actor, transfer_id, Move.FILE, version, at)
    turn.done(turn.today)


@transaction.atomic
def cancel(actor: Actor, transfer_id: int, *, reason: str, version: int, at: datetime) -> None:
    """Give a transfer up; the letter, where there is one, is void. The membership never moved. E054 without a reason."""
    turn = turn_of(actor, transfer_id, Move.CANCEL, version, at)
    ensure(rules.needs_reason(reason, "撤销"), "reason")
    turn.row.id_no, turn.row.phone, turn.row.id_no_index = "", "", ""
    turn.done(turn.today, plain(reason, 100))
