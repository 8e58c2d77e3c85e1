"""Care of a branch's members: events, the list of care, visits. What goes upward for money is in `proposals`."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Compartment, Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound

from . import queries, rules
from .models import CareCall, CareEvent, CareMember, CareRequest
from .refused import CareRefused, Fault


@dataclass(frozen=True, slots=True)
class NewCall:
    """A visit as it is entered: to whom, when, who went (a member of the branch, others by name); the rest may stay empty."""

    person_id: int
    day: date
    caller_id: int | None = None
    others: str = ""
    goods: str = ""
    feedback: str = ""
    request_id: int | None = None


def opened(path: str) -> Scope:
    """Give the scope of one branch with its care open: for an action that has asked for the right."""
    return Scope((path,), frozenset({(Compartment.HARDSHIP, path)}))


def _branch(actor: Actor, org_id: int) -> Scope:
    path = tree.path_of(org_id)
    actor.require(Permission.CARE_WRITE, path)
    return opened(path)


def _names(scope: Scope, org_id: int, on: date) -> dict[int, str]:
    return {e.person_id: e.name for e in people.roll(scope, org_id, on)}


# ---------------------------------------------------------------- five must-visit


@transaction.atomic
def note_event(actor: Actor, org_id: int, *, person_id: int, kind: str, day: date, at: datetime) -> int:
    """Note something after which a member must be visited; what is due follows from it. Raises CareRefused: E001, E045, E053, E054."""
    scope, today = _branch(actor, org_id), timezone.localtime(at).date()
    names, faults = _names(scope, org_id, min(day, today)), []
    if day > today:
        faults.append(Fault("day", "E001", f"日期{day.month}月{day.day}日晚于今天，请填事情发生那一天"))
    if person_id not in names:
        faults.append(Fault("person", "E045", "那一天这名同志的组织关系不在本支部。请从名单中选，或核对日期"))
    if kind not in tuple(rules.Kind):
        faults.append(Fault("kind", "E054", "请选是哪一种情况"))
    if not faults and CareEvent.objects.within(scope).filter(person_id=person_id, kind=kind, day=day, ended_at__isnull=True).exists():
        faults.append(Fault("day", "E053", "这件事已经登记过，不用再登记"))
    if faults:
        raise CareRefused(*faults)
    try:
        with transaction.atomic():
            row = CareEvent.objects.within(scope).create(org_id=org_id, person_id=person_id, name=names[person_id], kind=kind, day=day, made_by=actor.name, made_at=at)
    except IntegrityError as error:
        raise CareRefused(Fault("day", "E053", "这件事刚刚已经有人登记过，不用再登记")) from error
    journal.write(actor, "care.event", at=at, org_id=org_id, org_path=scope.paths[0], subject=("care_event", row.pk), changes={"day": str(day)})
    return row.pk


@transaction.atomic
def end_event(actor: Actor, event_id: int, *, at: datetime) -> int:
    """Say that an event was entered by mistake; returns its organisation. Repeating it changes nothing."""
    row = CareEvent.objects.within(actor.scope(Permission.CARE_WRITE)).filter(pk=event_id).first()
    if row is None:
        raise NotFound("没有找到这条登记")
    if row.ended_at is None:
        row.ended_at, row.ended_by = at, actor.name
        row.save()
        journal.write(actor, "care.end_event", at=at, org_id=row.org_id, org_path=tree.path_of(row.org_id), subject=("care_event", event_id))
    return row.org_id


# ---------------------------------------------------------------- the list of care


@transaction.atomic
def list_member(actor: Actor, org_id: int, *, person_id: int, flag: str, contact_id: int | None, at: datetime) -> int:
    """Put a member on the list of care from today; a retired member may get a contact person with it.

    Listed already: the contact person is set anew. Raises CareRefused: E044 (the contact is the member), E045, E054.
    """
    scope, today = _branch(actor, org_id), timezone.localtime(at).date()
    names, faults = _names(scope, org_id, today), []
    if person_id not in names:
        faults.append(Fault("person", "E045", "这名同志的组织关系不在本支部，请从名单中选"))
    if flag not in tuple(rules.Flag):
        faults.append(Fault("flag", "E054", "请选是困难党员还是离退休党员"))
    if contact_id is not None and contact_id == person_id:
        faults.append(Fault("contact", "E044", "联系人和被联系的是同一名同志，请选另一名党员"))
    if contact_id is not None and contact_id not in names:
        faults.append(Fault("contact", "E045", "联系人的组织关系不在本支部，请从名单中选"))
    if faults:
        raise CareRefused(*faults)
    there = CareMember.objects.within(scope).filter(person_id=person_id, flag=flag, ended_on__isnull=True).first()
    contact = contact_id if flag == rules.Flag.RETIRED else None
    if there is None:
        there = CareMember.objects.within(scope).create(
            org_id=org_id, person_id=person_id, name=names[person_id], flag=flag, contact_id=contact, contact_name=names[contact] if contact else "", from_on=today,
            made_by=actor.name, made_at=at,
        )
    elif there.contact_id != contact:
        there.contact_id, there.contact_name = contact, names[contact] if contact else ""
        there.save()
    journal.write(actor, "care.list_member", at=at, org_id=org_id, org_path=scope.paths[0], subject=("care_member", there.pk))
    return there.pk


@transaction.atomic
def list_many(actor: Actor, org_id: int, items: Sequence[tuple[int, str, int | None]], *, from_on: date, at: datetime) -> list[int]:
    """Put members on the list of care together (sample data, imports): (person, flag, contact person)."""
    scope = _branch(actor, org_id)
    names = _names(scope, org_id, timezone.localtime(at).date())
    rows = CareMember.objects.within(scope).bulk_create([
        CareMember(org_id=org_id, person_id=p, name=names[p], flag=flag, contact_id=c, contact_name=names[c] if c else "", from_on=from_on, made_by=actor.name, made_at=at)
        for p, flag, c in items
    ])
    journal.write_many(actor, "care.list_member", at=at, lines=[journal.Line(org_id, scope.paths[0], ("care_member", r.pk), {}) for r in rows])
    return [r.pk for r in rows]


@transaction.atomic
def end_listing(actor: Actor, listed_id: int, *, at: datetime) -> int:
    """Take a member off the list of care from today on; returns the organisation. Repeating it changes nothing."""
    row = CareMember.objects.within(actor.scope(Permission.CARE_WRITE)).filter(pk=listed_id).first()
    if row is None:
        raise NotFound("没有找到这条登记")
    if row.ended_on is None:
        row.ended_on = timezone.localtime(at).date()
        row.save()
        journal.write(actor, "care.end_listing", at=at, org_id=row.org_id, org_path=tree.path_of(row.org_id), subject=("care_member", listed_id))
    return row.org_id


# ---------------------------------------------------------------- visits


@transaction.atomic
def record_call(actor: Actor, org_id: int, new: NewCall, *, at: datetime) -> int:
    """Record a visit; returns its number. Raises CareRefused: E001, E044 (visitor is the visited; entered already), E045, E049, E054."""
    scope, today = _branch(actor, org_id), timezone.localtime(at).date()
    names = _names(scope, org_id, min(new.day, today))
    faults = _faults(new, today, names)
    faults += _of_request(scope, new)
    if faults:
        raise CareRefused(*faults)
    callers = _callers(new, names)
    try:
        with transaction.atomic():
            row = CareCall.objects.within(scope).create(**_values(org_id, new, names, callers, actor.name, at))
    except IntegrityError as error:
        raise CareRefused(Fault("day", "E044", "这一天同样的走访已经记过，不用再记")) from error
    journal.write(actor, "care.call", at=at, org_id=org_id, org_path=scope.paths[0], subject=("care_call", row.pk), changes={"day": str(new.day)})
    return row.pk


def _faults(new: NewCall, today: date, names: dict[int, str]) -> list[Fault]:
    faults = []
    if new.day > today:
        faults.append(Fault("day", "E001", f"走访日期{new.day.month}月{new.day.day}日晚于今天，请填走访那一天"))
    if new.person_id not in names:
        faults.append(Fault("person", "E045", "那一天这名同志的组织关系不在本支部。请从名单中选，或核对日期"))
    if new.caller_id is None and not rules.split_names(new.others):
        faults.append(Fault("caller", "E054", "请选谁去的；上级同志去的，请写他的姓名"))
    if new.caller_id is not None and new.caller_id == new.person_id:
        faults.append(Fault("caller", "E044", "走访的人和被走访的是同一名同志，请选另一名"))
    elif new.caller_id is not None and new.caller_id not in names:
        faults.append(Fault("caller", "E045", "那一天走访的人组织关系不在本支部；上级同志请写姓名"))
    if names.get(new.person_id, "") in rules.split_names(new.others):
        faults.append(Fault("others", "E044", f"被走访的{names[new.person_id]}写在了走访的人里，请去掉"))
    return faults


def _of_request(scope: Scope, new: NewCall) -> list[Fault]:
    """A visit that hands over what was asked for comes after the decision, and goes to the member it was asked for."""
    if new.request_id is None:
        return []
    proposal = queries.proposal_of(scope, new.request_id)
    if proposal is None or proposal[0] != new.person_id:
        return [Fault("person", "E045", "这件帮扶申请不是为这名同志提的，请从申请里点“记走访”")]
    if not CareRequest.objects.within(scope).filter(pk=new.request_id, state=rules.State.APPROVED).exists():
        return [Fault("day", "E049", "这件帮扶申请还没有批准，批准了再走访；平常的走访不用等，从“记一次走访”记")]
    return []


def _callers(new: NewCall, names: dict[int, str]) -> str:
    return "、".join(dict.fromkeys([*((names[new.caller_id],) if new.caller_id is not None else ()), *rules.split_names(new.others)]))[:100]


def _values(org_id: int, new: NewCall, names: dict[int, str], callers: str, by: str, at: datetime) -> dict[str, object]:
    return {
        "org_id": org_id, "person_id": new.person_id, "name": names[new.person_id], "day": new.day, "caller_id": new.caller_id, "callers": callers, "goods": new.goods.strip()[:100],
        "feedback": new.feedback.strip()[:500], "request_id": new.request_id, "made_by": by, "made_at": at,
    }


@transaction.atomic
def record_calls(actor: Actor, org_id: int, items: Sequence[NewCall], *, at: datetime) -> list[int]:
    """Record the visits of a branch together (the sample data): each is checked as one alone would be, against the roll of today."""
    scope, today = _branch(actor, org_id), timezone.localtime(at).date()
    names = _names(scope, org_id, today)
    for new in items:
        if faults := _faults(new, today, names):
            raise CareRefused(*faults)
    rows = CareCall.objects.within(scope).bulk_create([CareCall(**_values(org_id, n, names, _callers(n, names), actor.name, at)) for n in items])
    journal.write_many(actor, "care.call", at=at, lines=[journal.Line(org_id, scope.paths[0], ("care_call", r.pk), {"day": str(r.day)}) for r in rows])
    return [r.pk for r in rows]


@transaction.atomic
def void_call(actor: Actor, call_id: int, *, reason: str, at: datetime) -> None:
    """Say that a visit was entered by mistake; it counts no longer and stays readable. Repeating it changes nothing."""
    row = CareCall.objects.within(actor.scope(Permission.CARE_WRITE)).filter(pk=call_id).first()
    if row is None:
        raise NotFound("没有找到这次走访")
    if len(reason.strip()) < 2:
        raise CareRefused(Fault("reason", "E054", "请写一句为什么去掉，例如：记错了人"))
    if row.ended_at is not None:
        return
    row.ended_at, row.ended_by, row.ended_why = at, actor.name, reason.strip()[:200]
    row.save()
    journal.write(actor, "care.void_call", at=at, org_id=row.org_id, org_path=tree.path_of(row.org_id), subject=("care_call", call_id))
