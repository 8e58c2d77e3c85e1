"""组织关系: transfers that have a side in reach, and the registers of members away. Reading only; each step is taken by a person on the page."""
from __future__ import annotations

from datetime import date
from typing import Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from zhibu.areas.transfers import floating, queries, turns
from zhibu.areas.transfers import standards as held
from zhibu.areas.transfers.floating import FloatingView
from zhibu.areas.transfers.queries import TransferView
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.scope import Scope

from .reading import reads
from .shape import Id, Page, Shape, Slice, part

router = Router(tags=["组织关系"])
NO_RIGHT = "组织关系由支部书记和党委组织部门看"


class Step(Shape):
    """A step that was taken."""

    title: str
    on: date
    by: str
    text: str


class TransferLine(Shape):
    """A transfer. A side outside this installation has a name and no id; `expired`: the letter's last day is over and nobody accepted it (V09)."""

    id: int
    kind: str
    kind_title: str
    state: str
    state_title: str
    person_id: int | None
    name: str
    from_org_id: int | None
    from_name: str
    to_org_id: int | None
    to_name: str
    applied_on: date
    paid_to: date | None
    letter_no: str
    issued_on: date | None
    valid_until: date | None
    received_on: date | None
    ended_on: date | None
    expired: bool
    version: int


class Transfer(Shape):
    """One transfer with its steps and those that the asker may take now."""

    transfer: TransferLine
    reason: str
    approval: str
    steps: tuple[Step, ...]
    open_cases: tuple[str, ...]
    next: tuple[str, ...]


class AwayNote(Shape):
    """A contact or a certificate of the host branch."""

    what: str
    day: date
    text: str
    by: str


class FloatingLine(Shape):
    """A member away. `flagged_from`: the day from which the relation should have followed; `contact_due`: until when contact is due now."""

    id: int
    direction: str
    person_id: int | None
    name: str
    purpose: str
    place: str
    fixed: bool
    from_on: date
    until_on: date | None
    home_org_id: int | None
    home_name: str
    host_org_id: int | None
    host_name: str
    contact: str
    ended_on: date | None
    ended_why: str
    days_away: int
    flagged_from: date | None
    contact_due: date | None
    notes: tuple[AwayNote, ...]
    version: int


class Stay(Shape):
    """A temporary certificate that runs."""

    id: int
    org_id: int
    person_id: int
    name: str
    place: str
    reason: str
    from_on: date
    to_on: date
    version: int


class Unregistered(Shape):
    """A member whose sheet says where he went and who stands in no register."""

    person_id: int
    org_id: int
    name: str
    floating_to: str


class Away(Page[FloatingLine]):
    """A part of a register, with the temporary certificates and those who are still to be registered."""

    certificates: tuple[Stay, ...]
    unregistered: tuple[Unregistered, ...]


class TransfersAsked(Slice):
    """Which transfers."""

    tab: Literal["out", "in", "transit", "expiring", "done"] = Field("transit", description="转出、转入、在途、快到期和过期、办结")


class RegisterAsked(Slice):
    """Which register."""

    direction: Literal["out", "in"] = Field("out", description="流出、流入")
    ended: bool = Field(False, description="只列已结束的")


def _reach(request: HttpRequest) -> Scope:
    scope = queries.reach(request.actor)  # type: ignore[attr-defined]
    if scope.empty:
        raise Refused(NO_RIGHT)
    return scope


def _line(t: TransferView, today: date) -> TransferLine:
    return TransferLine(
        id=t.id, kind=t.kind, kind_title=t.kind_title, state=t.state, state_title=t.state_title, person_id=t.person_id, name=t.name, from_org_id=t.from_id,
        from_name=t.from_name, to_org_id=t.to_id, to_name=t.to_name, applied_on=t.applied_on, paid_to=t.paid_to, letter_no=t.letter_no, issued_on=t.issued_on,
        valid_until=t.valid_until, received_on=t.received_on, ended_on=t.ended_on, expired=t.expired(today), version=t.version,
    )


@reads(router, "/transfers", Page[TransferLine], "组织关系转接")
def transfers(request: HttpRequest, asked: Query[TransfersAsked]):
    """List the transfers of a tab."""
    today = request.today  # type: ignore[attr-defined]
    rows, total = queries.transfers(_reach(request), asked.tab, today, offset=asked.offset, limit=asked.limit)
    return part(request, asked, [_line(t, today) for t in rows], total)


def _may(request: HttpRequest, *paths: str) -> None:
    actor = request.actor  # type: ignore[attr-defined]
    if not any(actor.may(right, path) for right in turns.BOTH for path in paths if path):
        raise Refused(NO_RIGHT)


@reads(router, "/transfers/{transfer_id}", Transfer, "一件组织关系转接：经过、还能办什么")
def transfer(request: HttpRequest, transfer_id: Id):
    """Give one transfer."""
    actor = request.actor  # type: ignore[attr-defined]
    found = queries.transfer(Scope(actor.sees().paths), transfer_id)
    _may(request, found.from_path, found.to_path)
    ours = found.person_id is not None and found.from_path and actor.sees().covers(found.from_path)
    return Transfer(
        transfer=_line(found, request.today), reason=found.reason, approval=found.approval,  # type: ignore[attr-defined]
        steps=tuple(Step(title=s.title, on=s.on, by=s.by, text=s.text) for s in found.steps),
        open_cases=queries.open_cases(Scope((found.from_path,)), found.person_id or 0) if ours and found.is_open else (),
        next=tuple(m.value for m in queries.next_steps(actor, found)),
    )


def _away(rows: list[FloatingView], today: date) -> list[FloatingLine]:
    standards = held.standards_of({r.home_id or r.host_id or 0: r.home_path or r.host_path for r in rows}, today)
    found = []
    for r in rows:
        terms, ours = standards[r.home_id or r.host_id or 0].terms, r.direction == "out" and r.ended_on is None
        found.append(FloatingLine(
            id=r.id, direction=r.direction, person_id=r.person_id, name=r.name, purpose=r.purpose, place=r.place, fixed=r.fixed, from_on=r.from_on, until_on=r.until_on,
            home_org_id=r.home_id, home_name=r.home_name, host_org_id=r.host_id, host_name=r.host_name, contact=r.contact, ended_on=r.ended_on, ended_why=r.ended_why,
            days_away=r.days_away(today), flagged_from=r.flagged_from(terms) if ours else None, contact_due=r.contact_due(terms, today) if ours else None,
            notes=tuple(AwayNote(what=n.what, day=n.day, text=n.text, by=n.by) for n in r.notes), version=r.version,
        ))
    return found


@reads(router, "/floating", Away, "流动党员登记、党员证明信、还没有登记的")
def floating_register(request: HttpRequest, asked: Query[RegisterAsked]):
    """List a register."""
    scope, today = _reach(request), request.today  # type: ignore[attr-defined]
    rows, total = floating.register(scope, asked.direction, ended=asked.ended, offset=asked.offset, limit=asked.limit)
    stays = tuple(
        Stay(id=s.id, org_id=s.org_id, person_id=s.person_id, name=s.name, place=s.place, reason=s.reason, from_on=s.from_on, to_on=s.to_on, version=s.version)
        for s in floating.stays(scope)[:200]
    )
    todo = tuple(Unregistered(person_id=m.person_id, org_id=m.org_id, name=m.name, floating_to=m.floating_to) for m in floating.missing(scope)[:200])
    return {**part(request, asked, _away(rows, today), total), "certificates": stays, "unregistered": todo}


@reads(router, "/floating/{floating_id}", FloatingLine, "一条流动党员登记")
def floating_record(request: HttpRequest, floating_id: Id):
    """Give one record."""
    found = floating.record(Scope(request.actor.sees().paths), floating_id)  # type: ignore[attr-defined]
    _may(request, found.home_path, found.host_path)
    return _away([found], request.today)[0]  # type: ignore[attr-defined]
