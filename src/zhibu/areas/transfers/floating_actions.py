"""Keep the registers of members away: register out and in, note contacts and certificates, come back; temporary certificates.

Raises PeopleError with the code and the field, Stale when somebody saved since `version`."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.people.queries import MemberFile
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound, OrgView
from zhibu.kernel.dates import show
from zhibu.kernel.result import Decision

from . import away
from .away import Direction, Note, Purpose
from .models import Floating, FloatingNote, Stay
from .standards import standards
from .turns import ensure, plain


@dataclass(frozen=True, slots=True)
class Going:
    """A member who goes away. `host_id`: the host branch where it is in this installation, else `outside` may name it."""

    person_id: int
    purpose: str
    from_on: date
    place: str
    until_on: date | None = None
    fixed: bool = True
    host_id: int | None = None
    outside: str = ""
    contact: str = ""


def _home(actor: Actor, person_id: int, at: datetime) -> tuple[MemberFile, OrgView]:
    """Give the sheet and the branch of somebody whose membership runs there. E045 for anybody else."""
    file = people.member_file(Scope(tuple(g.org_path for g in actor.grants if Permission.TRANSFER_REQUEST in g.permissions)), person_id, localdate(at))
    org = tree.views([file.org_id])[file.org_id]
    actor.require(Permission.TRANSFER_REQUEST, org.path_now)
    spell = file.spells[-1] if file.spells else None
    if spell is None or spell.to_on is not None or spell.org_id != org.id:
        raise PeopleError("E045", f"{file.name}的组织关系已经不在本支部，不能登记流动党员。转出的由现在的支部登记", "person")
    return file, org


def _purpose(text: str) -> Purpose:
    if text not in away.PURPOSE_ZH:
        raise PeopleError("", "请选外出的原因", "purpose")
    return Purpose(text)


def _place(text: str) -> str:
    found = plain(text, 60)
    if len(found) < 2:
        raise PeopleError("E054", "请写去了哪里：省、市、县", "place")
    return found


@transaction.atomic
def go(actor: Actor, new: Going, *, at: datetime) -> tuple[int, Decision]:
    """Register a member who is away; returns the record's id and a warning when the stay is short. E001, E002, E045, E053, E054."""
    file, org = _home(actor, new.person_id, at)
    purpose, place, today = _purpose(new.purpose), _place(new.place), localdate(at)
    ensure(away.check_stay(new.from_on, new.until_on, today), "until_on" if new.from_on <= today else "from_on")
    host = tree.views([new.host_id]).get(new.host_id) if new.host_id else None
    if new.host_id and (host is None or not host.is_branch or host.id == org.id):
        raise PeopleError("E045", "流入地党支部请选另一个党支部；系统里没有的写名称", "host")
    if not new.contact.strip():
        raise PeopleError("E008", "请指定一名联系人，由他定期联系", "contact")
    row = Floating(
        org_id=org.id, other_org_id=host.id if host else None, direction=Direction.OUT, person_id=new.person_id, name=file.name, purpose=purpose, from_on=new.from_on,
        until_on=new.until_on, place=place, fixed=new.fixed, outside="" if host else plain(new.outside, 100), contact=plain(new.contact, 50), made_by=actor.name, made_at=at,
    )
    made = _create(actor, row, org, at)
    people_actions.edit(actor, new.person_id, values={"floating_to": place}, version=file.version, at=at) if file.floating_to != place else None
    return made, away.long_enough(new.from_on, new.until_on, standards(org.id, today).terms.transfer_months)


@dataclass(frozen=True, slots=True)
class Guest:
    """A member of an organisation outside who lives or works here."""

    org_id: int
    name: str
    purpose: str
    from_on: date
    home: str
    place: str
    until_on: date | None = None
    contact: str = ""
    another: bool = False  # somebody else than the member of the same name


@transaction.atomic
def welcome(actor: Actor, new: Guest, *, at: datetime) -> int:
    """Register a guest whose relation is elsewhere; E045 when a member of that name is on the own roll (unless it is said to be another person)."""
    org = tree.views([new.org_id]).get(new.org_id)
    if org is None:
        raise NotFound("没有找到这个党组织")
    actor.require(Permission.TRANSFER_REQUEST, org.path_now)
    if not org.is_branch:
        raise PeopleError("E045", "流入党员登记在党支部，请选党支部", "org")
    name, today = plain(new.name, 50), localdate(at)
    if not name:
        raise PeopleError("NAME_EMPTY", "没有姓名，请填写姓名", "name")
    if len(new.home.strip()) < 2:
        raise PeopleError("E054", "请写组织关系在哪个党组织", "home")
    ensure(away.check_stay(new.from_on, new.until_on, today), "until_on" if new.from_on <= today else "from_on")
    if not new.another and name in {e.name for e in people.roll(Scope((org.path_now,)), org.id, today)}:
        raise PeopleError("E045", f"{name}的组织关系就在本支部，不用登记流入。确实是同名的另一个人，请勾选“是同名的另一个人”", "name")
    row = Floating(
        org_id=org.id, direction=Direction.IN, name=name, purpose=_purpose(new.purpose), from_on=new.from_on, until_on=new.until_on, place=_place(new.place), fixed=False,
        outside=plain(new.home, 100), contact=plain(new.contact, 50), made_by=actor.name, made_at=at,
    )
    return _create(actor, row, org, at)


def _create(actor: Actor, row: Floating, org: OrgView, at: datetime) -> int:
    row._guard_scope = Scope((org.path_now,))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise PeopleError("E053", f"{row.name}已经登记了流动党员，还没有结束，不用再登记", "person") from error
    journal.write(
        actor, "transfers.float", at=at, org_id=org.id, org_path=org.path_now, subject=("floating", row.pk),
        changes={"person": row.person_id, "direction": row.direction, "from": str(row.from_on)},
    )
    return row.pk


def _locked(actor: Actor, floating_id: int) -> tuple[Floating, OrgView]:
    """Give a running record and the side on which the actor stands: home first, then host."""
    row = Floating.objects.within(actor.sees()).select_for_update(of=("self",)).filter(pk=floating_id).first()
    if row is None:
        raise NotFound("没有找到这条流动党员登记")
    orgs = tree.views([i for i in (row.org_id, row.other_org_id) if i])
    sides = [orgs[i] for i in (row.org_id, row.other_org_id) if i]
    for side in sides:
        if actor.may(Permission.TRANSFER_REQUEST, side.path_now):
            return row, side
    actor.require(Permission.TRANSFER_REQUEST, next((s.path_now for s in sides if actor.sees().covers(s.path_now)), sides[0].path_now))
    raise Refused("没有找到", hidden=True)


@transaction.atomic
def note(actor: Actor, floating_id: int, *, what: str, day: date, text: str, at: datetime) -> None:
    """Note a contact or a certificate of the host branch; a certificate says something (E008). E001, E002, E044 for a record that ended."""
    row, side = _locked(actor, floating_id)
    if what not in away.NOTE_ZH:
        raise PeopleError("", "请选记什么：联系、评议证明或党费证明", "what")
    kind = Note(what)
    if row.ended_on is not None and (kind is Note.CONTACT or day > row.ended_on):
        raise PeopleError("E044", f"{row.name}{show(row.ended_on)}已经结束流动，那以后的不再记在这里", "day")
    ensure(away.check_event(day, row.from_on, f"{away.NOTE_ZH[kind]}日期", localdate(at)), "day")
    if kind is not Note.CONTACT and len(text.strip()) < 2:
        raise PeopleError("E008", f"请写{away.NOTE_ZH[kind]}上的内容：哪个支部出具，{'评议结果' if kind is Note.APPRAISAL else '党费交到哪个月、多少'}", "text")
    FloatingNote.objects.within(Scope((side.path_now,))).create(
        org_id=row.org_id, other_org_id=row.other_org_id, floating_id=row.pk, what=kind, day=day, text=plain(text, 200), by=f"{side.short_name}{actor.name}"[:60], at=at,
    )
    journal.write(
        actor, "transfers.float_note", at=at, org_id=side.id, org_path=side.path_now, subject=("floating", row.pk), changes={"what": kind.value, "day": str(day)},
    )


@transaction.atomic
def change(actor: Actor, floating_id: int, *, place: str, contact: str, until_on: date | None, fixed: bool, version: int, at: datetime) -> None:
    """Correct where somebody is, who keeps contact, and whether he stays at one place. Only the branch that keeps the record. E002, E008, E044, E054, Stale."""
    row, side = _locked(actor, floating_id)
    if side.id != row.org_id:
        raise Refused("这条登记由派出的支部改，您可以记评议证明和党费证明")
    if row.ended_on is not None:
        raise PeopleError("E044", f"{row.name}的流动党员登记{show(row.ended_on)}已经结束，不再改", "place")
    if row.version != version:
        raise Stale
    ensure(away.check_stay(row.from_on, until_on, localdate(at)), "until_on")
    if row.direction == Direction.OUT and not contact.strip():
        raise PeopleError("E008", "请指定一名联系人，由他定期联系", "contact")
    before = [row.place, row.contact, str(row.until_on), row.fixed]
    row.place, row.contact, row.until_on, row.fixed, row.version = _place(place), plain(contact, 50), until_on, fixed, row.version + 1
    row.save()
    journal.write(
        actor, "transfers.float_change", at=at, org_id=side.id, org_path=side.path_now, subject=("floating", row.pk),
        changes={"before": before, "after": [row.place, row.contact, str(row.until_on), row.fixed]},
    )


@transaction.atomic
def come_back(actor: Actor, floating_id: int, *, on: date, why: str, version: int, at: datetime) -> None:
    """End a record: the member came back, or was registered by mistake. Only the branch that keeps the record ends it. E001, E002, E044, Stale."""
    row, side = _locked(actor, floating_id)
    if side.id != row.org_id:
        raise Refused("这条登记由派出的支部结束，您可以记评议证明和党费证明")
    if row.ended_on is not None:
        raise PeopleError("E044", f"{row.name}的流动党员登记{show(row.ended_on)}已经结束", "on")
    if row.version != version:
        raise Stale
    ensure(away.check_event(on, row.from_on, "结束日期", localdate(at)), "on")
    row.ended_on, row.ended_why, row.version = on, plain(why, 100) or "已返回", row.version + 1
    row.save()
    if row.person_id is not None and people.is_member(Scope((side.path_now,)), row.person_id):
        file = people.member_file(Scope((side.path_now,)), row.person_id, localdate(at))
        people_actions.edit(actor, row.person_id, values={"floating_to": ""}, version=file.version, at=at) if file.floating_to else None
    journal.write(actor, "transfers.float_end", at=at, org_id=side.id, org_path=side.path_now, subject=("floating", row.pk), changes={"on": str(on)})


# ---------------------------------------------------------------- temporary certificates


@transaction.atomic
def certify(actor: Actor, person_id: int, *, place: str, reason: str, from_on: date, to_on: date, at: datetime) -> int:
    """Give a certificate for a short stay elsewhere (党员证明信), no longer than the rule allows. E002, E045, E053, E054."""
    file, org = _home(actor, person_id, at)
    ensure(away.check_leave(from_on, to_on, standards(org.id, from_on).terms.leave_months), "to_on")
    running = [s for s in Stay.objects.within(Scope((org.path_now,))).filter(person_id=person_id, ended_on__isnull=True).order_by("id") if s.to_on >= from_on and s.from_on <= to_on]
    if running:
        raise PeopleError("E053", f"{file.name}的党员证明信用到{show(running[0].to_on)}，还没有结束，不用再开", "from_on")
    row = Stay.objects.within(Scope((org.path_now,))).create(
        org_id=org.id, person_id=person_id, name=file.name, place=_place(place), reason=plain(reason, 100), from_on=from_on, to_on=to_on, made_by=actor.name, made_at=at,
    )
    journal.write(
        actor, "transfers.certify", at=at, org_id=org.id, org_path=org.path_now, subject=("person", person_id), changes={"from": str(from_on), "to": str(to_on)},
    )
    return int(row.pk)


@transaction.atomic
def end_stay(actor: Actor, stay_id: int, *, version: int, at: datetime) -> None:
    """Note that the member came back."""
    row = Stay.objects.within(actor.scope(Permission.TRANSFER_REQUEST)).select_for_update(of=("self",)).filter(pk=stay_id).select_related("org").first()
    if row is None:
        raise NotFound("没有找到这封党员证明信")
    actor.require(Permission.TRANSFER_REQUEST, row.org.path)
    if row.ended_on is not None:
        return
    if row.version != version:
        raise Stale
    row.ended_on, row.version = max(localdate(at), row.from_on), row.version + 1
    row.save()
    journal.write(actor, "transfers.end_stay", at=at, org_id=row.org_id, org_path=row.org.path, subject=("person", row.person_id), changes={"on": str(row.ended_on)})


# ---------------------------------------------------------------- taking a register over


@dataclass(frozen=True, slots=True)
class Kept:
    """A running record as a branch kept it on paper: who, where, who keeps contact, and the days of contact."""

    org_id: int
    going: Going
    name: str
    contacts: tuple[date, ...] = ()


@transaction.atomic
def take_over(actor: Actor, records: Sequence[Kept], *, at: datetime) -> int:
    """Take over the registers that branches kept on paper, in few statements; the sheets say already where the members went. Returns how many.

    Asks for the right at every branch. Raises PeopleError E045 for somebody who is no member there, E053 for one who is registered already."""
    orgs = tree.views({r.org_id for r in records})
    for org in orgs.values():
        actor.require(Permission.TRANSFER_REQUEST, org.path_now)
    scope = Scope(tuple(sorted(o.path_now for o in orgs.values())))
    here = {m.person_id: m.org_id for m in people.marked(scope)}
    if away_from := [r.name for r in records if here.get(r.going.person_id) != r.org_id]:
        raise PeopleError("E045", f"{'、'.join(away_from[:5])}在名册上没有外出流向，或不在那个支部", "person")
    try:
        with transaction.atomic():
            rows = Floating.objects.within(scope).bulk_create(
                [
                    Floating(
                        org_id=r.org_id, direction=Direction.OUT, person_id=r.going.person_id, name=r.name, purpose=_purpose(r.going.purpose), from_on=r.going.from_on,
                        until_on=r.going.until_on, place=_place(r.going.place), fixed=r.going.fixed, outside=plain(r.going.outside, 100), contact=plain(r.going.contact, 50),
                        made_by=actor.name, made_at=at,
                    )
                    for r in records
                ],
                batch_size=500,
            )
    except IntegrityError as error:
        raise PeopleError("E053", "有人已经登记了流动党员，还没有结束，不用再登记", "person") from error
    FloatingNote.objects.within(scope).bulk_create(
        [
            FloatingNote(org_id=r.org_id, floating_id=row.pk, what=Note.CONTACT, day=day, by=r.going.contact, at=at)
            for r, row in zip(records, rows, strict=True) for day in r.contacts
        ],
        batch_size=500,
    )
    journal.write_many(
        actor, "transfers.float", at=at,
        lines=[journal.Line(o.id, o.path_now, ("organisation", o.id), {"records": [row.pk for row in rows if row.org_id == o.id]}) for o in orgs.values()],
    )
    return len(rows)
