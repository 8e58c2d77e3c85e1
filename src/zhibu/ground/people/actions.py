"""Register members and change what they are. Spells are closed and opened, never overwritten."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.guard.sealing import blind_index
from zhibu.ground.journal import journal
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import BRANCHES, NotFound
from zhibu.kernel import identity, names

from .models import Exclusion, GroupPlace, Membership, Person, Post, Rights, Standing
from .queries import known_by_id_no


class PeopleError(Exception):
    """A change that the rules about members do not allow; `code` from rules.md §10, `field` the input it concerns."""

    def __init__(self, code: str, reason: str, field: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason
        self.field = field


@dataclass(frozen=True, slots=True)
class NewMember:
    """What registering a member needs: the national sheet's items, the branch and since when. Dates carry a precision (day, month, year)."""

    org_id: int
    name: str
    standing: str
    since: date
    gender: str = ""
    ethnicity: str = ""
    birth_on: date | None = None
    birth_precision: str = "day"
    id_no: str = ""
    phone: str = ""
    education: str = ""
    job: str = ""
    address: str = ""
    joined_on: date | None = None
    joined_precision: str = "day"
    full_on: date | None = None
    full_precision: str = "day"
    lost_contact_on: date | None = None
    floating_to: str = ""
    is_leading_cadre: bool = False
    remark: str = ""
    rights: str = Rights.NORMAL
    until: date | None = None
    ended_as: str = ""


def check(item: NewMember, today: date) -> None:
    """Raise PeopleError for impossible data of one member (E001, E002, E044 within itself)."""
    if not names.clean_name(item.name):
        raise PeopleError("E044", "没有姓名，请填写姓名", "name")
    if item.id_no:
        checked = identity.check(item.id_no, today)
        if not checked.ok:
            raise PeopleError("E044", "身份证号不对：应为 18 位，最后一位是校验码，请对照证件重填", "id_no")
    for field, value, title in (("birth_on", item.birth_on, "出生日期"), ("joined_on", item.joined_on, "入党日期"), ("full_on", item.full_on, "转正日期")):
        if value and value > today:
            raise PeopleError("E001", f"{title} {value} 晚于今天，请改成今天或以前的日期", field)
    if item.joined_on and item.full_on and item.full_on < item.joined_on:
        raise PeopleError("E002", "转正日期早于入党日期，是不是填反了", "full_on")
    if item.birth_on and item.joined_on and item.joined_on < item.birth_on:
        raise PeopleError("E002", "入党日期早于出生日期，请核对", "joined_on")
    if item.standing not in (Standing.FULL, Standing.PROBATIONARY, Standing.SUSPENDED):
        raise PeopleError("E031", "人员类别只能是正式党员、预备党员或停止党籍", "standing")


@transaction.atomic
def register_many(actor: Actor, new: Sequence[NewMember], *, at: datetime, batch_id: int | None = None) -> list[int]:
    """Register members in one transaction, with one journal entry per organisation; returns person ids in order.

    Raises PeopleError E044 for a person who is already registered anywhere, E045 for an organisation that keeps no members.
    """
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in={n.org_id for n in new})}
    for org in orgs.values():
        actor.require(Permission.MEMBER_WRITE, org.path)
        if org.kind not in BRANCHES:
            raise PeopleError("E045", f"“{org.name}”是{org.get_kind_display()}，党员的组织关系要落在党支部", "org_id")
    items = [replace(n, name=names.clean_name(n.name), id_no=identity.clean_id_no(n.id_no) if n.id_no else "") for n in new]
    for item in items:
        check(item, at.date())
    numbers = [n.id_no for n in items if n.id_no]
    if len(set(numbers)) != len(numbers):
        raise PeopleError("E044", "同一个身份证号出现了两次，一名党员只能登记一次", "id_no")
    known = known_by_id_no(numbers)
    if known:
        name = next(iter(known.values()))[1]
        raise PeopleError("E044", f"身份证号与已登记的党员“{name}”相同，一名党员只能在一个支部", "id_no")
    scope = Scope(tuple(o.path for o in orgs.values()))
    persons = Person.objects.within(scope).bulk_create([_person(n) for n in items], batch_size=500)
    Membership.objects.within(scope).bulk_create(
        [
            Membership(
                org_id=n.org_id, person=p, name=n.name, name_sort=p.name_sort, standing=n.standing, rights=n.rights, from_on=n.since, to_on=n.until,
                ended_as=n.ended_as,
            )
            for n, p in zip(items, persons, strict=True)
        ],
        batch_size=500,
    )
    for org in orgs.values():
        journal.write(
            actor, "people.register", at=at, org_id=org.pk, org_path=org.path, subject=("organisation", org.pk), batch_id=batch_id,
            changes={"persons": [p.pk for n, p in zip(items, persons, strict=True) if n.org_id == org.pk]},
        )
    return [p.pk for p in persons]


def register(actor: Actor, new: NewMember, *, at: datetime) -> int:
    """Register one member; returns the person's id."""
    return register_many(actor, [new], at=at)[0]


def _person(n: NewMember) -> Person:
    sound = names.pinyin(n.name)
    phone = identity.normalise_phone(n.phone).number or n.phone if n.phone else ""
    return Person(
        org_id=n.org_id, name=n.name, name_sort=names.sort_key(n.name)[:160], name_initials=sound.initials[:20], gender=n.gender, ethnicity=n.ethnicity,
        birth_on=n.birth_on, birth_precision=n.birth_precision, id_no=n.id_no, id_no_index=blind_index(n.id_no, "person.id_no"), phone=phone,
        phone_index=blind_index(phone, "person.phone"), education=n.education, job=n.job, address=n.address, joined_on=n.joined_on,
        joined_precision=n.joined_precision, full_on=n.full_on, full_precision=n.full_precision, lost_contact_on=n.lost_contact_on,
        floating_to=n.floating_to, is_leading_cadre=n.is_leading_cadre, remark=n.remark,
    )


EDITABLE = (
    "name", "gender", "ethnicity", "birth_on", "birth_precision", "id_no", "phone", "education", "job", "address", "joined_on", "joined_precision",
    "full_on", "full_precision", "lost_contact_on", "floating_to", "is_leading_cadre", "remark",
)


def _writable(actor: Actor, person_id: int) -> Person:
    person = Person.objects.within(actor.scope(Permission.MEMBER_WRITE)).select_for_update(of=("self",)).filter(pk=person_id).first()
    if person is None:
        seen = Person.objects.within(actor.scope(Permission.MEMBER_READ)).filter(pk=person_id).select_related("org").first()
        if seen is not None:
            actor.require(Permission.MEMBER_WRITE, seen.org.path)
        raise NotFound("没有找到这名党员")
    return person


@transaction.atomic
def edit(actor: Actor, person_id: int, *, values: Mapping[str, Any], version: int, at: datetime, batch_id: int | None = None) -> None:
    """Change items of the member sheet. Raises Stale when somebody saved since `version`; PeopleError for impossible data.

    The journal names the changed fields; of ID number and phone only that they changed.
    """
    person = _writable(actor, person_id)
    if person.version != version:
        raise Stale
    wanted = {k: v for k, v in values.items() if k in EDITABLE}
    wanted.pop("id_no", None) if not wanted.get("id_no") else None
    if "name" in wanted:
        wanted["name"] = names.clean_name(wanted["name"])
    if wanted.get("id_no"):
        wanted["id_no"] = identity.clean_id_no(wanted["id_no"])
        known = known_by_id_no([wanted["id_no"]]).get(wanted["id_no"])
        if known and known[0] != person_id:
            raise PeopleError("E044", f"身份证号与已登记的党员“{known[1]}”相同", "id_no")
    merged = {f: wanted.get(f, getattr(person, f)) for f in EDITABLE if f not in ("id_no", "phone")}
    check(NewMember(org_id=person.org_id, standing=Standing.FULL, since=at.date(), id_no=wanted.get("id_no", ""), **merged), at.date())
    changed: dict[str, Any] = {}
    for key, value in wanted.items():
        if key in ("id_no", "phone"):
            old = getattr(person, key)
            clean = (identity.normalise_phone(value).number or value) if key == "phone" and value else value
            if (old.reveal() if old else "") != (clean or ""):
                setattr(person, key, clean or "")
                setattr(person, f"{key}_index", blind_index(clean or "", f"person.{key}"))
                changed[key] = "已改"
        elif getattr(person, key) != value:
            changed[key] = [str(getattr(person, key)), str(value)]
            setattr(person, key, value)
    if not changed:
        return
    if "name" in changed:
        person.name_sort = names.sort_key(person.name)[:160]
        person.name_initials = names.pinyin(person.name).initials[:20]
        Membership.objects.within(actor.scope(Permission.MEMBER_WRITE)).filter(person_id=person_id, to_on__isnull=True).update(
            name=person.name, name_sort=person.name_sort
        )
    person.version += 1
    try:
        person.save()
    except IntegrityError as error:  # two people entered the same number at once
        raise PeopleError("E044", "身份证号与已登记的党员相同", "id_no") from error
    org = Organisation.objects.get(pk=person.org_id)
    journal.write(
        actor, "people.edit", at=at, org_id=org.pk, org_path=org.path, subject=("person", person_id), changes=changed, batch_id=batch_id
    )


def _open(actor: Actor, person_id: int) -> Membership:
    row = Membership.objects.within(actor.scope(Permission.MEMBER_WRITE)).filter(person_id=person_id, to_on__isnull=True).select_related("org").first()
    if row is None:
        raise PeopleError("E045", "这名党员的组织关系不在本组织，或已经结束")
    return row


@transaction.atomic
def change_standing(
    actor: Actor, person_id: int, *, on: date, at: datetime, standing: str | None = None, rights: str | None = None, document: str = "", began_as: str = "changed"
) -> None:
    """Close the open spell on a day and open one with another standing or rights."""
    row = _open(actor, person_id)
    if on < row.from_on:
        raise PeopleError("E002", f"日期 {on} 早于现在状态的开始日期 {row.from_on}，请改晚", "on")
    if on > at.date():
        raise PeopleError("E001", f"日期 {on} 晚于今天", "on")
    _next(row, on, org_id=row.org_id, standing=standing or row.standing, rights=rights or row.rights, began_as=began_as, document=document)
    journal.write(
        actor, "people.standing", at=at, org_id=row.org_id, org_path=row.org.path, subject=("person", person_id),
        changes={"standing": [row.standing, standing or row.standing], "rights": [row.rights, rights or row.rights], "on": str(on), "document": document},
    )


def _next(row: Membership, on: date, *, org_id: int, standing: str, rights: str, began_as: str, document: str, scope: Scope | None = None) -> None:
    if on == row.from_on and org_id == row.org_id:
        row.standing, row.rights, row.document = standing, rights, document
        row.save()
        return
    row.to_on = on
    row.save()
    Membership.objects.within(scope or row._guard_scope).create(
        org_id=org_id, person_id=row.person_id, name=row.name, name_sort=row.name_sort, standing=standing, rights=rights, from_on=on, began_as=began_as,
        document=document,
    )


@transaction.atomic
def end_membership(actor: Actor, person_id: int, *, on: date, ended_as: str, document: str, at: datetime) -> None:
    """End a membership (death, removal …) on a day; posts, group place and exclusions end with it. History stays."""
    row = _open(actor, person_id)
    if on < row.from_on:
        raise PeopleError("E002", f"日期 {on} 早于组织关系的开始日期 {row.from_on}", "on")
    if on > at.date():
        raise PeopleError("E001", f"日期 {on} 晚于今天", "on")
    if ended_as != "deceased" and not document:
        raise PeopleError("E049", "请填写批准文件或依据", "document")
    row.to_on, row.ended_as, row.document = on, ended_as, document
    row.save()
    _leave(row._guard_scope, row.org_id, [person_id], on)
    journal.write(
        actor, "people.end", at=at, org_id=row.org_id, org_path=row.org.path, subject=("person", person_id),
        changes={"ended_as": ended_as, "on": str(on), "document": document},
    )


def _leave(scope: Scope | None, org_id: int, person_ids: Sequence[int], on: date) -> None:
    for model in (Post, GroupPlace, Exclusion):
        rows = model.objects.within(scope or Scope()).filter(org_id=org_id, person_id__in=person_ids, to_on__isnull=True)
        rows.update(to_on=on)


@transaction.atomic
def move_all(actor: Actor, *, from_org_id: int, to_org_id: int, on: date, document: str, at: datetime) -> int:
    """Move every member of one organisation to another on a day (merger, re-organisation); returns how many."""
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in=[from_org_id, to_org_id])}
    for org in orgs.values():
        actor.require(Permission.MEMBER_WRITE, org.path)
    scope = Scope(tuple(o.path for o in orgs.values()))
    rows = list(Membership.objects.within(scope).filter(org_id=from_org_id, to_on__isnull=True).order_by("id"))
    ids = [r.person_id for r in rows]
    Membership.objects.within(scope).filter(org_id=from_org_id, to_on__isnull=True).update(to_on=on, ended_as="", document=document)
    Membership.objects.within(scope).bulk_create(
        [
            Membership(
                org_id=to_org_id, person_id=r.person_id, name=r.name, name_sort=r.name_sort, standing=r.standing, rights=r.rights, from_on=on,
                began_as="moved", document=document,
            )
            for r in rows
        ]
    )
    _leave(scope, from_org_id, ids, on)
    Person.objects.within(scope).filter(pk__in=ids).update(org_id=to_org_id)
    journal.write(
        actor, "people.move_all", at=at, org_id=to_org_id, org_path=orgs[to_org_id].path, subject=("organisation", from_org_id),
        changes={"persons": ids, "on": str(on), "document": document},
    )
    return len(rows)


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to be filled. `override_reason`: the superior's approval where the rule is not met (secretary below one year)."""

    org_id: int
    person_id: int
    kind: str
    from_on: date
    committee_id: int | None = None
    to_on: date | None = None
    override_reason: str = ""


@transaction.atomic
def fill_posts(actor: Actor, new: Sequence[NewPost], *, at: datetime) -> list[int]:
    """Fill posts (the area structure has checked them). Raises PeopleError E045 for somebody whose membership is elsewhere, E007 for two secretaries."""
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in={p.org_id for p in new})}
    for org in orgs.values():
        actor.require(Permission.ORG_EDIT, org.path)
    scope = Scope(tuple(o.path for o in orgs.values()))
    branches = {o.pk for o in orgs.values() if o.kind in BRANCHES}
    here = set(
        Membership.objects.within(scope).filter(person_id__in=[p.person_id for p in new]).order_by("id").values_list("person_id", "org_id")
    )
    for post in new:
        if post.org_id in branches and (post.person_id, post.org_id) not in here:
            raise PeopleError("E045", "担任职务的人组织关系不在本支部，请先转入或另选人", "person_id")
    rows = Post.objects.within(scope).bulk_create(
        [
            Post(
                org_id=p.org_id, person_id=p.person_id, committee_id=p.committee_id, kind=p.kind, from_on=p.from_on, to_on=p.to_on,
                override_reason=p.override_reason,
            )
            for p in new
        ]
    )
    for org in orgs.values():
        journal.write(
            actor, "people.fill_post", at=at, org_id=org.pk, org_path=org.path, subject=("organisation", org.pk),
            changes={"posts": [[p.person_id, p.kind, str(p.from_on)] for p in new if p.org_id == org.pk]},
        )
    return [r.pk for r in rows]


@transaction.atomic
def end_post(actor: Actor, post_id: int, *, on: date, at: datetime) -> None:
    """End a post on a day."""
    row = Post.objects.within(actor.scope(Permission.ORG_EDIT)).filter(pk=post_id).select_related("org").first()
    if row is None:
        raise NotFound("没有找到这个职务")
    row.to_on = on
    row.save(update_fields=["to_on"])
    journal.write(actor, "people.end_post", at=at, org_id=row.org_id, org_path=row.org.path, subject=("person", row.person_id), changes={"kind": row.kind, "on": str(on)})


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A member's place in a group."""

    org_id: int
    person_id: int
    group_id: int
    from_on: date
    is_leader: bool = False
    to_on: date | None = None


@transaction.atomic
def place(actor: Actor, new: Sequence[NewPlace], *, at: datetime) -> None:
    """Place members in groups, ending their earlier place on the same day (E007: a member is in one group only)."""
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in={p.org_id for p in new})}
    for org in orgs.values():
        actor.require(Permission.ORG_EDIT, org.path)
    scope = Scope(tuple(o.path for o in orgs.values()))
    persons = [p.person_id for p in new if p.to_on is None]
    if len(set(persons)) != len(persons):
        raise PeopleError("E007", "同一名党员不能同时编在两个党小组", "person_id")
    day = min((p.from_on for p in new), default=at.date())
    for start in range(0, len(persons), 900):
        rows = GroupPlace.objects.within(scope).filter(person_id__in=persons[start : start + 900], to_on__isnull=True)
        rows.filter(from_on__gte=day).delete()
        rows.update(to_on=day)
    GroupPlace.objects.within(scope).bulk_create(
        [GroupPlace(org_id=p.org_id, person_id=p.person_id, group_id=p.group_id, is_leader=p.is_leader, from_on=p.from_on, to_on=p.to_on) for p in new],
        batch_size=500,
    )
    for org in orgs.values():
        journal.write(
            actor, "people.place", at=at, org_id=org.pk, org_path=org.path, subject=("organisation", org.pk),
            changes={"places": [[p.person_id, p.group_id, p.is_leader] for p in new if p.org_id == org.pk]},
        )


@dataclass(frozen=True, slots=True)
class NewExclusion:
    """An approved exclusion from the expected headcount; both approvals are recorded (rules.md §0)."""

    org_id: int
    person_id: int
    reason: str
    from_on: date
    superior_ref: str
    meeting_ref: str
    to_on: date | None = None


@transaction.atomic
def exclude(actor: Actor, new: Sequence[NewExclusion], *, at: datetime) -> None:
    """Record approved exclusions; E049 without the superior's consent or the branch meeting's approval."""
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in={n.org_id for n in new})}
    for org in orgs.values():
        actor.require(Permission.MEMBER_WRITE, org.path)
    for item in new:
        if not item.superior_ref or not item.meeting_ref:
            raise PeopleError("E049", "“不计算在应到会人数”要有上级同意和支部党员大会通过两份依据", "superior_ref")
    scope = Scope(tuple(o.path for o in orgs.values()))
    Exclusion.objects.within(scope).bulk_create(
        [
            Exclusion(
                org_id=n.org_id, person_id=n.person_id, reason=n.reason, from_on=n.from_on, to_on=n.to_on, superior_ref=n.superior_ref,
                meeting_ref=n.meeting_ref,
            )
            for n in new
        ]
    )
    for org in orgs.values():
        journal.write(
            actor, "people.exclude", at=at, org_id=org.pk, org_path=org.path, subject=("organisation", org.pk),
            changes={"persons": [n.person_id for n in new if n.org_id == org.pk]},
        )


@transaction.atomic
def reveal(actor: Actor, person_id: int, *, what: str, purpose: str, at: datetime) -> str:
    """Show an ID number or phone in full to somebody with the right and a purpose; the look is journalled with the purpose (G4)."""
    if what not in ("id_no", "phone"):
        raise ValueError(what)
    if len(purpose.strip()) < 2:
        raise PeopleError("E054", "请写明查看用途", "purpose")
    person = Person.objects.within(actor.scope(Permission.MEMBER_REVEAL)).filter(pk=person_id).select_related("org").first()
    if person is None:
        seen = Person.objects.within(actor.scope(Permission.MEMBER_READ)).filter(pk=person_id).select_related("org").first()
        if seen is None:
            raise NotFound("没有找到这名党员")
        actor.require(Permission.MEMBER_REVEAL, seen.org.path)
        raise NotFound("没有找到这名党员")
    sealed = getattr(person, what)
    journal.write(
        actor, f"people.reveal_{what}", at=at, org_id=person.org_id, org_path=person.org.path, subject=("person", person_id), changes={"purpose": purpose.strip()}
    )
    return sealed.reveal() if sealed else ""


