"""Register members and change what they are. Spells are closed and opened, never overwritten."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.timezone import localdate

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.models import KeyMark
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.guard.sealing import blind_index
from zhibu.ground.journal import journal
from zhibu.ground.journal.models import Entry
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.models import Organisation, OrgStatus, PartyGroup
from zhibu.ground.tree.queries import BRANCHES, SEGMENT, NotFound, path_of
from zhibu.kernel import dates, identity, names
from zhibu.kernel.periods import Span

from . import correcting
from .models import Correction, EndedAs, Exclusion, GroupPlace, Membership, Person, Post, Rights, Standing
from .queries import known_by_id_no, offices

#: Full ID and phone numbers one account may look at within an hour (trust.md G4); more is a bulk export, which is another right.
REVEALS_PER_HOUR = 30


class PeopleError(Exception):
    """A change that the rules about members do not allow.

    `code` from rules.md §10, for a number or name the import's code of ux.md §3 (empty where neither has one); `field` the input it concerns."""

    def __init__(self, code: str, reason: str, field: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason
        self.field = field


class TooManyReveals(PeopleError):
    """One account looked at too many full numbers within an hour."""


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
    history: tuple[NewSpell, ...] = ()  # the whole past, oldest first; without it one open spell from `since`


@dataclass(frozen=True, slots=True)
class NewSpell:
    """A spell of a member's past, for registering people who did not begin today (demo, takeover of an archive)."""

    org_id: int
    standing: str
    from_on: date
    to_on: date | None = None
    rights: str = Rights.NORMAL
    began_as: str = "registered"
    ended_as: str = ""
    document: str = ""


TITLES = {
    "name": "姓名", "gender": "性别", "ethnicity": "民族", "id_no": "公民身份证号", "birth_on": "出生日期", "education": "学历", "joined_on": "加入党组织日期",
    "full_on": "转为正式党员日期", "job": "工作岗位", "phone": "联系电话", "address": "家庭住址", "lost_contact_on": "失去联系日期", "floating_to": "外出流向",
    "is_leading_cadre": "领导干部", "remark": "备注",
}
TEXTS = ("name", "gender", "ethnicity", "education", "job", "address", "floating_to", "remark")
BAD_ID = {
    "ID_CHECKSUM": "身份证号的最后一位校验不对，多半是某一位写错了，请对照证件重填",
    "ID_FORMAT": "身份证号不对：应为 18 位，第 7 到 14 位是出生日期，请对照证件重填",
}


def check(item: NewMember, today: date) -> None:
    """Raise PeopleError for impossible data of one member: E001, E002, ID_…, NAME_EMPTY, texts that are too long."""
    if not item.name:
        raise PeopleError("NAME_EMPTY", "没有姓名，请填写姓名", "name")
    for field in TEXTS:
        longest: int = Person._meta.get_field(field).max_length  # type: ignore[union-attr, assignment]
        if len(getattr(item, field)) > longest:
            raise PeopleError("", f"{TITLES[field]}超过 {longest} 字，请写短一些", field)
    if item.id_no:
        checked = identity.check(item.id_no, today)
        if checked.code == "ID_15":
            upgraded = identity.upgrade_15(item.id_no)
            raise PeopleError("ID_15", f"这是 15 位旧身份证号，换成 18 位应是 {upgraded}，请对照证件核对后再填", "id_no")
        if not checked.ok:
            raise PeopleError(checked.code, BAD_ID.get(checked.code, BAD_ID["ID_FORMAT"]), "id_no")
    if item.phone and identity.normalise_phone(item.phone).kind == "unknown":
        raise PeopleError("", "联系电话不对：应为 11 位手机号，或带区号的座机号", "phone")
    _check_days(item, today)
    if item.standing not in Standing.values:
        raise PeopleError("", "人员类别只能是正式党员、预备党员或停止党籍", "standing")


def _check_days(item: NewMember, today: date) -> None:
    for field in ("birth_on", "joined_on", "full_on", "lost_contact_on"):
        day = getattr(item, field)
        if day and day > today:
            shown = dates.show(day, getattr(item, field.replace("_on", "_precision"), "day"))
            raise PeopleError("E001", f"{TITLES[field]} {shown} 晚于今天，请改成今天或以前的日期", field)
    if item.since > today:
        raise PeopleError("E001", f"组织关系开始日期 {dates.show(item.since)} 晚于今天，请改成今天或以前的日期", "since")
    if item.joined_on and item.full_on and dates.surely_before(item.full_on, item.full_precision, item.joined_on):
        raise PeopleError("E002", "转为正式党员日期早于加入党组织日期，是不是填反了", "full_on")
    if item.birth_on and item.joined_on and dates.surely_before(item.joined_on, item.joined_precision, item.birth_on):
        raise PeopleError("E002", "加入党组织日期早于出生日期，请核对", "joined_on")
    if item.joined_on and item.since < item.joined_on:
        raise PeopleError("E002", "组织关系开始日期早于加入党组织日期，请核对", "since")
    ends = [s.to_on for s in item.history[:-1]]
    if any(e is None or e > after.from_on for e, after in zip(ends, item.history[1:], strict=True)) or any(s.to_on and s.to_on < s.from_on for s in item.history):
        raise PeopleError("E002", "组织关系的各段日期互相重叠，或结束早于开始，请核对", "since")


def _plain(text: str) -> str:
    """Clean a short text: NFKC, one line, nothing invisible (the databases disagree on what they store of it)."""
    return names.clean_text("".join(c if c.isprintable() else " " for c in text))


def _cleaned(item: NewMember) -> NewMember:
    texts: dict[str, Any] = {f: _plain(getattr(item, f)) for f in TEXTS}
    texts["name"] = names.clean_name(texts["name"])
    return replace(item, **texts, phone=_plain(item.phone), id_no=identity.clean_id_no(_plain(item.id_no)))


@transaction.atomic
def register_many(actor: Actor, new: Sequence[NewMember], *, at: datetime, batch_id: int | None = None) -> list[int]:
    """Register members in one transaction, with one journal entry per organisation; returns person ids in order.

    Raises PeopleError E044 for a person who is already registered anywhere, E045 for an organisation that keeps no members, and what check() finds.
    """
    wanted = {n.org_id for n in new} | {h.org_id for n in new for h in n.history}
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in=wanted)}
    if len(orgs) < len(wanted):
        raise NotFound("没有找到这个党组织")
    for org in orgs.values():
        actor.require(Permission.MEMBER_WRITE, org.path)
        if org.kind not in BRANCHES:
            raise PeopleError("E045", f"“{org.name}”是{org.get_kind_display()}，党员的组织关系要落在党支部，请选党支部", "org_id")
        if org.status == OrgStatus.DISSOLVED and org.pk in {n.org_id for n in new}:
            raise PeopleError("E045", f"“{org.name}”已经撤销，不能再登记党员，请选别的党支部", "org_id")
    items = [_cleaned(n) for n in new]
    for item in items:
        check(item, localdate(at))
    numbers = [n.id_no for n in items if n.id_no]
    if len(set(numbers)) != len(numbers):
        raise PeopleError("E044", "同一个身份证号出现了两次，一名党员只能登记一次", "id_no")
    known = known_by_id_no(numbers)
    if known:
        raise _taken(actor, *next(iter(known.values()))[1:])
    scope = actor.scope(Permission.MEMBER_WRITE)  # covers them all: asked one by one above
    try:
        with transaction.atomic():
            persons = Person.objects.within(scope).bulk_create([_person(n) for n in items], batch_size=500)
    except IntegrityError as error:  # two people entered the same number at once
        raise PeopleError("E044", "这个身份证号刚刚由别人登记了，一名党员只能登记一次", "id_no") from error
    Membership.objects.within(scope).bulk_create(
        [
            Membership(
                org_id=h.org_id, person=p, name=n.name, name_sort=p.name_sort, standing=h.standing, rights=h.rights, from_on=h.from_on, to_on=h.to_on,
                began_as=h.began_as, ended_as=h.ended_as, document=h.document,
            )
            for n, p in zip(items, persons, strict=True)
            for h in n.history or (NewSpell(n.org_id, n.standing, n.since, n.until, n.rights, ended_as=n.ended_as),)
        ],
        batch_size=500,
    )
    for org in orgs.values():
        journal.write(
            actor, "people.register", at=at, org_id=org.pk, org_path=org.path, subject=("organisation", org.pk), batch_id=batch_id,
            changes={"persons": [p.pk for n, p in zip(items, persons, strict=True) if n.org_id == org.pk]},
        )
    return [p.pk for p in persons]


def _taken(actor: Actor, name: str, org_id: int) -> PeopleError:
    """Say that a number is known; whose it is only to somebody who may see that person anyway."""
    path = path_of(org_id)
    if actor.may(Permission.MEMBER_READ, path):
        org = Organisation.objects.get(pk=org_id)
        return PeopleError("E044", f"身份证号与“{org.name}”的“{name}”相同，一名党员只能登记在一个支部，请核对号码", "id_no")
    return PeopleError("E044", "这个身份证号已经登记在别的党支部，一名党员只能登记在一个支部。请核对号码；号码没错的，先请原支部办理转出", "id_no")


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


def _writable(actor: Actor, person_id: int, permission: Permission = Permission.MEMBER_WRITE) -> Person:
    """Give the person's row if the permission is held where the person is: NotFound for what is out of sight, Refused for what is only readable.

    The own row is no exception: nobody edits or ends the own membership without an office."""
    person = Person.objects.within(offices(actor.scope(permission))).filter(pk=person_id).first()
    if person is None:
        seen = Person.objects.within(actor.scope(Permission.MEMBER_READ)).filter(pk=person_id).select_related("org").first()
        if seen is not None:
            actor.require(permission, seen.org.path)
        raise NotFound("没有找到这名党员")
    return person


SAY_WHY = "改姓名或已登记的身份证号，要写明理由，例如“录入时写错，已对照身份证”"


@transaction.atomic
def edit(
    actor: Actor, person_id: int, *, values: Mapping[str, Any], version: int, at: datetime, batch_id: int | None = None, reason: str = ""
) -> None:
    """Change items of the member sheet. Raises Stale when somebody saved since `version`; PeopleError for impossible data.

    An absent or empty `id_no` means unchanged. Saving what is already there is no change, whatever the version, so a double click does no harm.
    The journal names the changed fields; of ID number and phone only that they changed. A name and a known ID number change with a reason only (E054),
    which is kept with what stood there before (correcting.keep); an import answers with its batch.
    """
    _writable(actor, person_id)
    person = Person.objects.within(offices(actor.scope(Permission.MEMBER_WRITE))).select_for_update(of=("self",)).get(pk=person_id)
    before = correcting.identity_of(person)
    changed = _change(person, values, version, at)
    if not changed:
        return
    if "id_no" in changed:
        known = known_by_id_no([str(person.id_no)]).get(str(person.id_no))
        if known and known[0] != person_id:
            raise _taken(actor, *known[1:])
    if batch_id is None and len(reason.strip()) < 2 and correcting.needs_reason(before, changed):
        raise PeopleError("E054", SAY_WHY, "reason")
    org = Organisation.objects.get(pk=person.org_id)
    if "name" in changed:
        Membership.objects.within(Scope((org.path,))).filter(person_id=person_id, to_on__isnull=True).update(name=person.name, name_sort=person.name_sort)
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:  # two people entered the same number at once
        raise PeopleError("E044", "这个身份证号刚刚由别人登记了，一名党员只能登记一次", "id_no") from error
    if correcting.needs_reason(before, changed):
        correcting.keep(Scope((org.path,)), correcting.rows(actor, person, before, changed, reason=reason, at=at))
    journal.write(
        actor, "people.edit", at=at, org_id=org.pk, org_path=org.path, subject=("person", person_id), changes=changed, batch_id=batch_id
    )


@dataclass(frozen=True, slots=True)
class Edit:
    """What `edit` takes for one member."""

    person_id: int
    values: Mapping[str, Any]
    version: int


@transaction.atomic
def edit_many(actor: Actor, edits: Sequence[Edit], *, at: datetime, batch_id: int | None = None) -> None:
    """Change the sheets of many members as `edit` changes each, with the same lines in the journal, in few statements.

    Raises as `edit`; nothing is written then. Edits that meet each other (one person twice, a number that passes from one to another) go one by one.
    """
    numbers = [(identity.clean_id_no(_plain(e.values["id_no"])), e.person_id) for e in edits if e.values.get("id_no")]
    owners = dict(numbers)
    met = len(owners) < len(numbers) or len({e.person_id for e in edits}) < len(edits)
    if met or any(owners[number] != known[0] for number, known in known_by_id_no(owners).items()):
        for one in edits:
            edit(actor, one.person_id, values=one.values, version=one.version, at=at, batch_id=batch_id)
        return
    scope = offices(actor.scope(Permission.MEMBER_WRITE))
    for start in range(0, len(edits), 900):
        _edit_part(actor, scope, edits[start : start + 900], at, batch_id)


def _edit_part(actor: Actor, scope: Scope, edits: Sequence[Edit], at: datetime, batch_id: int | None) -> None:
    rows = Person.objects.within(scope).select_for_update(of=("self",)).filter(pk__in=[e.person_id for e in edits])
    persons = {p.pk: p for p in rows.order_by("id")}
    alike: dict[tuple[str, ...], list[Person]] = {}  # the same columns changed: one statement
    done: dict[int, dict[str, Any]] = {}
    kept: list[Correction] = []
    for one in edits:
        person = persons.get(one.person_id) or _writable(actor, one.person_id)  # raises for what is out of sight
        before = correcting.identity_of(person)
        changed = _change(person, one.values, one.version, at)
        if correcting.needs_reason(before, changed):
            if batch_id is None:
                raise PeopleError("E054", SAY_WHY, "reason")
            kept += correcting.rows(actor, person, before, changed, reason="", at=at)
        if changed:
            done[person.pk] = changed
            alike.setdefault(tuple(sorted({c for key in changed for c in (key, *_FOLLOW.get(key, ()))} | {"version"})), []).append(person)
    try:
        with transaction.atomic():
            for columns, some in alike.items():
                Person.objects.within(scope).bulk_update(some, columns)
    except IntegrityError as error:
        raise PeopleError("E044", "这个身份证号刚刚由别人登记了，一名党员只能登记一次", "id_no") from error
    correcting.keep(scope, kept)
    renamed = [pk for pk, changed in done.items() if "name" in changed]
    if renamed:
        spells = list(Membership.objects.within(scope).filter(person_id__in=renamed, to_on__isnull=True).order_by("id"))
        for spell in spells:
            spell.name, spell.name_sort = persons[spell.person_id].name, persons[spell.person_id].name_sort
        Membership.objects.within(scope).bulk_update(spells, ["name", "name_sort"])
    paths = dict(Organisation.objects.filter(pk__in={persons[pk].org_id for pk in done}).order_by("id").values_list("pk", "path"))
    journal.write_many(
        actor, "people.edit", at=at, batch_id=batch_id,
        lines=[journal.Line(persons[pk].org_id, paths[persons[pk].org_id], ("person", pk), changed) for pk, changed in done.items()],
    )


_FOLLOW = {"name": ("name_sort", "name_initials"), "id_no": ("id_no_index",), "phone": ("phone_index",)}


def _change(person: Person, values: Mapping[str, Any], version: int, at: datetime) -> dict[str, Any]:
    """Check the values and put them into the row; give what changed, empty for nothing."""
    wanted = {k: v for k, v in values.items() if k in EDITABLE and (k != "id_no" or v)}
    given = {f: wanted.get(f, getattr(person, f)) for f in EDITABLE if f not in ("id_no", "phone")}
    merged = _cleaned(
        NewMember(
            org_id=person.org_id, standing=Standing.FULL, since=localdate(at), id_no=wanted.get("id_no", ""), phone=wanted.get("phone") or "", **given
        )
    )
    check(merged, localdate(at))
    changed = _set(person, {k: getattr(merged, k) for k in wanted})
    if changed and person.version != version:
        raise Stale
    if "name" in changed:
        person.name_sort = names.sort_key(person.name)[:160]
        person.name_initials = names.pinyin(person.name).initials[:20]
    person.version += bool(changed)
    return changed


def _set(person: Person, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Put values into a row; give what changed, as the journal may keep it."""
    changed: dict[str, Any] = {}
    for key, value in wanted.items():
        old = getattr(person, key)
        if key in ("id_no", "phone"):
            clean = (identity.normalise_phone(value).number or value) if key == "phone" and value else value or ""
            if (old.reveal() if old else "") != clean:
                setattr(person, key, clean)
                setattr(person, f"{key}_index", blind_index(clean, f"person.{key}"))
                changed[key] = "已改"
        elif old != value:
            changed[key] = [str(old), str(value)]
            setattr(person, key, value)
    return changed


def _open(actor: Actor, person_id: int, permission: Permission = Permission.MEMBER_WRITE) -> Membership:
    """Give the open spell, locked, for somebody who may write where it is."""
    person = _writable(actor, person_id, permission)
    rows = Membership.objects.within(Scope((path_of(person.org_id),))).filter(person_id=person_id, to_on__isnull=True)
    row = rows.select_for_update(of=("self",)).select_related("org").first()
    if row is None:
        raise PeopleError("E045", f"“{person.name}”的组织关系已经结束，不能再办")
    return row


def _check_on(row: Membership, on: date, at: datetime) -> None:
    if on < row.from_on:
        raise PeopleError("E002", f"日期 {dates.show(on)} 早于现在状态的开始日期 {dates.show(row.from_on)}，请改晚", "on")
    if on > localdate(at):
        raise PeopleError("E001", f"日期 {dates.show(on)} 晚于今天，请改成今天或以前的日期", "on")


@transaction.atomic
def change_standing(
    actor: Actor, person_id: int, *, on: date, at: datetime, standing: str | None = None, rights: str | None = None, document: str = "", began_as: str = "changed",
    permission: Permission = Permission.MEMBER_WRITE,
) -> None:
    """Close the open spell on a day and open one with another standing or rights. permission: by which an approved case is carried out.

    A probationary member who becomes a full one gets that day as 转为正式党员日期, unless the sheet names one."""
    row = _open(actor, person_id, permission)
    _check_on(row, on, at)
    before = (row.standing, row.rights)
    after = (standing or row.standing, rights or row.rights)
    if before == after:
        raise PeopleError("", "和现在的状态一样，不用再办", "standing")
    scope = Scope((row.org.path,))
    _next(row, on, org_id=row.org_id, standing=after[0], rights=after[1], began_as=began_as, document=document)
    if before[0] == Standing.PROBATIONARY and after[0] == Standing.FULL:
        Person.objects.within(scope).filter(pk=person_id, full_on__isnull=True).update(full_on=on, full_precision="day", version=F("version") + 1)
    journal.write(
        actor, "people.standing", at=at, org_id=row.org_id, org_path=row.org.path, subject=("person", person_id),
        changes={"standing": [before[0], after[0]], "rights": [before[1], after[1]], "on": str(on), "document": document},
    )


def _next(row: Membership, on: date, *, org_id: int, standing: str, rights: str, began_as: str, document: str) -> None:
    if on == row.from_on and org_id == row.org_id:  # a second change on one day: the spell of that day is what it ended as
        row.standing, row.rights, row.document = standing, rights, document or row.document
        row.save()
        return
    row.to_on = on
    row.save()
    Membership.objects.within(row._guard_scope or Scope()).create(
        org_id=org_id, person_id=row.person_id, name=row.name, name_sort=row.name_sort, standing=standing, rights=rights, from_on=on, began_as=began_as,
        document=document,
    )


@transaction.atomic
def end_membership(
    actor: Actor, person_id: int, *, on: date, ended_as: str, document: str, at: datetime, permission: Permission = Permission.MEMBER_WRITE
) -> None:
    """End a membership (death, removal …) on a day; posts, also those in organisations above, group place and exclusions end with it. History stays."""
    if ended_as not in EndedAs.values:
        raise PeopleError("", "请选组织关系结束的原因", "ended_as")
    row = _open(actor, person_id, permission)
    _check_on(row, on, at)
    if ended_as != EndedAs.DECEASED and not document:
        raise PeopleError("E049", "请填写批准文件或依据", "document")
    row.to_on, row.ended_as, row.ended_document = on, ended_as, document
    row.save()
    _leave(Scope((row.org.path,)), row.org_id, [person_id], on)
    _end_spans(Post.objects.within(Scope((row.org.path[:SEGMENT],))).filter(person_id=person_id), on)
    journal.write(
        actor, "people.end", at=at, org_id=row.org_id, org_path=row.org.path, subject=("person", person_id),
        changes={"ended_as": ended_as, "on": str(on), "document": document},
    )


def _leave(scope: Scope, org_id: int, person_ids: Sequence[int], on: date) -> None:
    for model in (Post, GroupPlace, Exclusion):
        _end_spans(model.objects.within(scope).filter(org_id=org_id, person_id__in=person_ids), on)


def _end_spans(rows: Any, on: date) -> None:
    """End on a day what runs on it or is planned to run longer; what would begin later never begins."""
    running = rows.filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    running.filter(from_on__lte=on).update(to_on=on)
    running.filter(from_on__gt=on).update(to_on=F("from_on"))


@transaction.atomic
def move_all(actor: Actor, *, from_org_id: int, to_org_id: int, on: date, document: str, at: datetime) -> int:
    """Move every member of one organisation to another on a day (merger, re-organisation); returns how many.

    Raises PeopleError E045 when the receiving organisation keeps no members, E002 when somebody came later than the day."""
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in=[from_org_id, to_org_id])}
    if len(orgs) < 2:
        raise NotFound("没有找到这个党组织")
    for org in orgs.values():
        actor.require(Permission.ORG_APPROVE, org.path)  # a re-organisation is decided above; writing members is another right
    if orgs[to_org_id].kind not in BRANCHES or orgs[to_org_id].status == OrgStatus.DISSOLVED:
        raise PeopleError("E045", f"“{orgs[to_org_id].name}”不能接收党员，请选一个正常的党支部", "to_org_id")
    scope = actor.scope(Permission.ORG_APPROVE)  # covers them all: asked one by one above
    rows = list(Membership.objects.within(scope).filter(org_id=from_org_id, to_on__isnull=True).order_by("id"))
    late = [r.name for r in rows if r.from_on > on]
    if late:
        raise PeopleError("E002", f"{'、'.join(late[:5])}在 {dates.show(on)} 以后才到“{orgs[from_org_id].name}”，请把日期改晚", "on")
    ids = [r.person_id for r in rows]
    Membership.objects.within(scope).filter(org_id=from_org_id, to_on__isnull=True).update(to_on=on)
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
    Person.objects.within(scope).filter(org_id=from_org_id, pk__in=ids).update(org_id=to_org_id)
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
    """Fill posts (the area structure has checked them). Raises PeopleError E045 for somebody who is no member of the branch while the post runs."""
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in={p.org_id for p in new})}
    for org in orgs.values():
        actor.require(Permission.ORG_EDIT, org.path)
    scope = actor.scope(Permission.ORG_EDIT)  # covers them all: asked one by one above
    branches = {o.pk for o in orgs.values() if o.kind in BRANCHES}
    here = _spans(scope, {p.person_id for p in new})
    for post in new:
        if post.org_id in branches and not _here(here, post):
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


def _spans(scope: Scope, person_ids: set[int]) -> dict[tuple[int, int], list[Span]]:
    """Give the spans of membership by person and organisation."""
    wanted = sorted(person_ids)
    found: dict[tuple[int, int], list[Span]] = {}
    for start in range(0, len(wanted), 900):
        rows = Membership.objects.within(scope).filter(person_id__in=wanted[start : start + 900]).order_by("from_on", "id")
        for person_id, org_id, first, last in rows.values_list("person_id", "org_id", "from_on", "to_on"):
            found.setdefault((person_id, org_id), []).append(Span(first, last))
    return found


def _here(spans: Mapping[tuple[int, int], Sequence[Span]], item: NewPost | NewPlace | NewExclusion) -> bool:
    wanted = Span(item.from_on, item.to_on)
    return any(span.overlaps(wanted) for span in spans.get((item.person_id, item.org_id), ()))


@transaction.atomic
def end_post(actor: Actor, post_id: int, *, on: date, at: datetime) -> None:
    """End a post on a day."""
    row = Post.objects.within(actor.scope(Permission.ORG_EDIT)).filter(pk=post_id).select_related("org").first()
    if row is None:
        raise NotFound("没有找到这个职务")
    if on < row.from_on:
        raise PeopleError("E002", f"日期 {dates.show(on)} 早于任职日期 {dates.show(row.from_on)}，请改晚", "on")
    row.to_on = on
    row.save(update_fields=["to_on"])
    journal.write(
        actor, "people.end_post", at=at, org_id=row.org_id, org_path=row.org.path, subject=("person", row.person_id),
        changes={"kind": row.kind, "on": str(on)},
    )


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
    """Place members in groups, ending their earlier place on the same day.

    Raises PeopleError E007 for a member in two groups at once, E045 for a group or member of another branch."""
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in={p.org_id for p in new})}
    for org in orgs.values():
        actor.require(Permission.ORG_EDIT, org.path)
    scope = actor.scope(Permission.ORG_EDIT)  # covers them all: asked one by one above
    persons = [p.person_id for p in new if p.to_on is None]
    if len(set(persons)) != len(persons):
        raise PeopleError("E007", "同一名党员不能同时编在两个党小组", "person_id")
    group_of = dict(PartyGroup.objects.within(scope).filter(pk__in={p.group_id for p in new}).order_by("id").values_list("pk", "org_id"))
    here = _spans(scope, {p.person_id for p in new})
    for item in new:
        if group_of.get(item.group_id) != item.org_id:
            raise PeopleError("E045", "所选党小组不在本支部，请重新选", "group_id")
        if not _here(here, item):
            raise PeopleError("E045", "要编组的党员组织关系不在本支部，请去掉", "person_id")
    for day in sorted({p.from_on for p in new if p.to_on is None}):
        moving = [p.person_id for p in new if p.to_on is None and p.from_on == day]
        for start in range(0, len(moving), 900):
            rows = GroupPlace.objects.within(scope).filter(person_id__in=moving[start : start + 900], to_on__isnull=True)
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
    """Record approved exclusions; E049 without the superior's consent or the branch meeting's approval, E045 for somebody who is no member."""
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in={n.org_id for n in new})}
    for org in orgs.values():
        actor.require(Permission.MEMBER_WRITE, org.path)
    for item in new:
        if not item.superior_ref or not item.meeting_ref:
            raise PeopleError("E049", "“不计算在应到会人数”要有上级同意和支部党员大会通过两份依据", "superior_ref")
    scope = actor.scope(Permission.MEMBER_WRITE)  # covers them all: asked one by one above
    here = _spans(scope, {n.person_id for n in new})
    if not all(_here(here, n) for n in new):
        raise PeopleError("E045", "所选的人组织关系不在本支部，请去掉", "person_id")
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
    """Show an ID number or phone in full to somebody with the right and a purpose; the look is journalled with the purpose (trust.md G4).

    Raises PeopleError E054 without a purpose, TooManyReveals after REVEALS_PER_HOUR looks within an hour."""
    if what not in ("id_no", "phone"):
        raise ValueError(what)
    purpose = _purpose(purpose)
    person = _writable(actor, person_id, Permission.MEMBER_REVEAL)
    _count_look(actor, at)
    org = Organisation.objects.get(pk=person.org_id)
    journal.write(
        actor, f"people.reveal_{what}", at=at, org_id=org.pk, org_path=org.path, subject=("person", person_id), changes={"purpose": purpose}
    )
    sealed = getattr(person, what)
    return sealed.reveal() if sealed else ""


@transaction.atomic
def reveal_branch(
    actor: Actor, org_id: int, person_ids: Sequence[int], *, purpose: str, at: datetime, permission: Permission = Permission.MEMBER_REVEAL
) -> dict[int, tuple[str, str]]:
    """Give ID number and phone of members of one branch in full, for a file with a purpose; the journal names each of them.

    permission: by which a paper is made that has to say the numbers. A file counts as one look of REVEALS_PER_HOUR, and it holds one branch only. Raises what reveal raises; NotFound when somebody is not of the branch."""
    purpose = _purpose(purpose)
    org = Organisation.objects.filter(pk=org_id).first()
    if org is None or not actor.sees().covers(org.path):
        raise NotFound("没有找到这个党组织")
    actor.require(permission, org.path)
    wanted = sorted(set(person_ids))
    found: dict[int, tuple[str, str]] = {}
    for start in range(0, len(wanted), 800):
        for p in Person.objects.within(Scope((org.path,))).filter(pk__in=wanted[start : start + 800], org_id=org_id).order_by("pk"):
            found[p.pk] = (p.id_no.reveal() if p.id_no else "", p.phone.reveal() if p.phone else "")
    if len(found) < len(wanted):
        raise NotFound("没有找到这名党员")
    _count_look(actor, at, permission)
    journal.write(
        actor, "people.reveal_file", at=at, org_id=org.pk, org_path=org.path, subject=("organisation", org.pk), changes={"purpose": purpose, "persons": wanted}
    )
    return found


def _purpose(text: str) -> str:
    purpose = _plain(text)[:200]
    if len(purpose) < 2:
        raise PeopleError("E054", "请写明查看用途，例如“核对转正材料”", "purpose")
    return purpose


def _count_look(actor: Actor, at: datetime, permission: Permission = Permission.MEMBER_REVEAL) -> None:
    list(KeyMark.objects.select_for_update().order_by("id"))  # looks go one after another, so that many at once cannot pass the limit together
    looks = Entry.objects.within(offices(actor.scope(permission))).filter(
        account_id=actor.account_id, action__in=("people.reveal_id_no", "people.reveal_phone", "people.reveal_file"), at__gt=at - timedelta(hours=1)
    )
    if looks.count() >= REVEALS_PER_HOUR:
        raise TooManyReveals("", f"一小时内已经看过 {REVEALS_PER_HOUR} 次完整号码，请过一会儿再看；要整批核对的，请用导入核对", "purpose")
