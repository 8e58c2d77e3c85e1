"""Take a step of a transfer: the row is locked, the right of the side whose step it is is asked, the step and the line in the journal are written.

Raises PeopleError with the code and the field, Stale when somebody saved since `version`, AlreadyMoved when the step was taken or is over.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localdate

from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel import names
from zhibu.kernel.dates import show
from zhibu.kernel.result import Decision

from . import queries, rules
from .models import Transfer
from .queries import TransferView
from .rules import Kind, Move, Owner, State

WHOSE = {Owner.OUT_BRANCH: "转出的支部", Owner.OUT_COMMITTEE: "转出的党委", Owner.IN_BRANCH: "接收的支部", Owner.IN_COMMITTEE: "接收的党委"}
BOTH = (Permission.TRANSFER_REQUEST, Permission.TRANSFER_DECIDE)


class AlreadyMoved(Exception):
    """Somebody took this step first, or the transfer is over; `view` is how it stands now."""

    def __init__(self, view: TransferView) -> None:
        last = view.steps[-1] if view.steps else None
        who = f"（{last.by}，{show(last.on)}）" if last else ""
        super().__init__(f"{view.name}的转接现在是“{view.state_title}”{who}，这一步不用再办")
        self.view = view


def ensure(decision: Decision, field: str = "") -> None:
    """Raise what a rule refuses, at the field it is about."""
    if not decision:
        raise PeopleError(decision.code, decision.reason, field)


def plain(text: str, longest: int) -> str:
    """Clean a short text: one line, nothing invisible."""
    return names.clean_text("".join(c if c.isprintable() else " " for c in text))[:longest]


def step(title: str, on: date, actor: Actor, text: str = "") -> dict[str, str]:
    """Give a step as it is kept with the transfer."""
    return {"title": title, "on": on.isoformat(), "by": actor.name, "text": text}


@dataclass(slots=True)
class Turn:
    """A step about to be taken: the locked row, how it stood, where the actor stands."""

    row: Transfer
    view: TransferView
    path: str
    actor: Actor
    at: datetime
    move: Move

    @property
    def today(self) -> date:
        """Give the day of the step."""
        return localdate(self.at)

    def done(self, on: date, text: str = "") -> None:
        """Write the row in its next state, with the step and the line in the journal."""
        state = rules.follows(Kind(self.row.kind), State(self.row.state), self.move)
        assert state is not None
        self.row.state = state
        if state in rules.DONE:
            self.row.ended_on = on
        self.row.steps = [*self.row.steps, step(rules.MOVE_ZH[self.move], on, self.actor, text)]
        self.row.version += 1
        self.row.save()
        here = next(g for g in tree.chain(self.path)[::-1] if g.path_now == self.path)
        journal.write(
            self.actor, f"transfers.{self.move.value}", at=self.at, org_id=here.id, org_path=here.path_now, subject=("transfer", self.row.pk),
            changes={"person": self.row.person_id, "state": state.value, "on": str(on), "text": text},
        )


def ask(actor: Actor, view: TransferView, move: Move) -> str:
    """Ask for the right to take a step on a transfer; gives the path of the side whose step it is. Raises Refused, AlreadyMoved."""
    kind, state = Kind(view.kind), State(view.state)
    if move in rules.OWNERS[kind]:
        owner = rules.owner(kind, state, move)
    else:
        owner = Owner.OUT_COMMITTEE if view.from_committee_path else Owner.IN_COMMITTEE
    path = queries.place_of(view, owner)
    if not actor.may(queries.RIGHTS[owner], path or view.from_path or view.to_path):
        raise Refused(f"这一步由{WHOSE[owner]}办，您看得到办到哪一步")
    if rules.follows(kind, state, move) is None:
        raise AlreadyMoved(view)
    return path


def turn_of(actor: Actor, transfer_id: int, move: Move, version: int, at: datetime) -> Turn:
    """Lock the row and ask for the right of the step's owner. Raises NotFound, Refused, AlreadyMoved, Stale."""
    row = Transfer.objects.within(actor.sees()).select_for_update(of=("self",)).filter(pk=transfer_id).first()
    if row is None:
        raise NotFound("没有找到这件组织关系转接")
    view = queries.views([row])[0]
    path = ask(actor, view, move)
    if row.version != version:
        raise Stale
    return Turn(row, view, path, actor, at, move)


def both(view: TransferView) -> Scope:
    """Give the scope of both sides of a transfer."""
    return Scope(tuple(sorted({p for p in (view.from_path, view.to_path, view.to_committee_path) if p})))


def not_later(on: date, first: date, what: str, today: date) -> None:
    """Refuse a day after today (E001) or before another one (E002)."""
    if on > today:
        raise PeopleError("E001", f"{what}{show(on)}晚于今天，请改成今天或以前的日期", "on")
    if on < first:
        raise PeopleError("E002", f"{what}{show(on)}早于{show(first)}，请核对", "on")
