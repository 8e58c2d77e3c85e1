"""Courses, sessions with their participants, single records, essays. The right is asked inside; a mistake is ended with its reason, never overwritten."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import Belonging
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.resolve import Effective
from zhibu.ground.record import study
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show
from zhibu.kernel.result import refuse

from . import lessons, rules
from .models import Course, Session, StudyNote, TrainingRecord
from .refused import Fault, TrainingRefused, faults
from .rules import Kind, NoteKind, Unit

FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class NewSession:
    """One time a course was held: `expected` were on the list, `absent` of them did not come."""

    course_id: int
    first_on: date
    last_on: date
    unit: str
    amount: Decimal | None
    expected: tuple[int, ...]
    absent: tuple[int, ...] = ()
    place: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What one member attended elsewhere, by a certificate that lies at `proof`."""

    person_id: int
    title: str
    kind: str
    first_on: date
    last_on: date
    unit: str
    amount: Decimal | None
    proof: str
    elsewhere: bool = False  # at another organisation, whatever the own branch held that day


@dataclass(frozen=True, slots=True)
class NewNote:
    """An essay or a note that was handed in."""

    person_id: int
    kind: str
    day: date
    title: str


def _today(at: datetime) -> date:
    return timezone.localtime(at).date()


def _clean(text: str, most: int) -> str:
    return " ".join(text.split())[:most]


@transaction.atomic
def open_course(actor: Actor, org_id: int, *, year: int, title: str, kind: str, at: datetime) -> int:
    """Open a course; returns its id. Raises TrainingRefused: E054 (title, kind), E047 (year), E044 (there is one of that title)."""
    path = tree.path_of(org_id)
    actor.require(Permission.TRAINING_WRITE, path)
    found, title = [], _clean(title, 100)
    if len(title) < 2:
        found.append(Fault("title", "E054", "请写课程名称，例如：村党支部书记集中培训"))
    if kind not in tuple(Kind) or kind == Kind.SELF_STUDY:
        found.append(Fault("kind", "E054", "请选是什么培训；自学不办班，记在个人名下"))
    if not FIRST_YEAR <= year <= _today(at).year + 1:
        found.append(Fault("year", "E047", f"年份要在 {FIRST_YEAR} 到 {_today(at).year + 1} 之间"))
    rows = Course.objects.within(Scope((path,)))
    if not found and rows.filter(org_id=org_id, year=year, title=title).exists():
        found.append(Fault("title", "E044", "今年已经有同名的课程。接着上就在那门课下登记一次"))
    if found:
        raise TrainingRefused(*found)
    row = rows.create(org_id=org_id, year=year, title=title, kind=kind, made_by=actor.name, made_at=at)
    journal.write(actor, "training.open_course", at=at, org_id=org_id, org_path=path, subject=("course", row.pk), changes={"year": year, "title": title, "kind": kind})
    return row.pk


@transaction.atomic
def hold_session(actor: Actor, new: NewSession, *, at: datetime) -> int:
    """Register one time of a course with everybody who came, in few statements; returns the session's id.

    Raises TrainingRefused: E001, E002, E032 (hours), E047 (outside the year of the course), E045 (somebody who is no member below), E009 (marked
    absent and not on the list, or nobody came), E044 (the same time of the same course is there already).
    """
    course = _course(actor, new.course_id)
    path = tree.path_of(course.org_id)
    actor.require(Permission.TRAINING_WRITE, path)
    scope, rule = Scope((path,)), policy.effective(course.org_id, "education", min(new.first_on, _today(at)))
    tenths = _tenths(rule, new.unit, new.amount)
    found = faults(rules.check_session(new.first_on, new.last_on, tenths or 0, course.year, _today(at)))
    here = {m.person_id: m for m in people.belonging(scope, min(new.first_on, _today(at)))}
    expected = tuple(dict.fromkeys(new.expected))
    came = [p for p in expected if p not in set(new.absent)]
    if set(expected) - here.keys():
        found.append(Fault("expected", "E045", "名单里有人那一天的组织关系不在这个范围。请从名单中选"))
    if set(new.absent) - set(expected):
        found.append(Fault("absent", "E009", "没到的人不在应到名单里，请核对"))
    elif not came:
        found.append(Fault("absent", "E009", "没有人参加，不用登记。请核对没到的人"))
    locked = Course.objects.within(scope).select_for_update().get(pk=course.pk)  # two people at once register one time once
    twin = Session.objects.within(scope).filter(course_id=locked.pk, first_on=new.first_on, last_on=new.last_on, ended_at__isnull=True)
    taken = {person for expected_then, absent_then in twin.order_by("id").values_list("expected", "absent") for person in set(expected_then) - set(absent_then)}
    if twice := [p for p in came if p in taken]:
        names = "、".join(here[p].name for p in twice[:3] if p in here)
        found.append(Fault("day", "E044", f"{show(new.first_on)}这门课已经登记过{names}等 {len(twice)} 人。有人漏了，只选漏的人再登记"))
    if not found:
        found += _too_much(scope, [here[p] for p in came], new.first_on, new.last_on, tenths or 0)
    if found:
        raise TrainingRefused(*found)
    assert tenths is not None and new.amount is not None
    row = Session.objects.within(scope).create(
        org_id=course.org_id, course=locked, first_on=new.first_on, last_on=new.last_on, unit=new.unit, amount=new.amount, tenths=tenths, place=_clean(new.place, 100),
        expected=list(expected), absent=[p for p in expected if p in set(new.absent)], proof=_clean(new.proof, 100), made_by=actor.name, made_at=at,
    )
    TrainingRecord.objects.into(scope).bulk_create(
        [
            TrainingRecord(
                org_id=here[p].org_id, person_id=p, name=here[p].name, session_id=row.pk, title=course.title, kind=course.kind, first_on=new.first_on, last_on=new.last_on,
                tenths=tenths, proof=row.proof, made_by=actor.name, made_at=at,
            )
            for p in came
        ],
        batch_size=500,
    )
    journal.write(
        actor, "training.hold_session", at=at, org_id=course.org_id, org_path=path, subject=("session", row.pk),
        changes={"course": course.title, "day": str(new.first_on), "hours": rules.said(tenths), "expected": len(expected), "came": len(came)},
    )
    return row.pk


def _course(actor: Actor, course_id: int) -> Course:
    row = Course.objects.within(actor.scope(Permission.TRAINING_READ)).filter(pk=course_id).first()
    if row is None:
        raise tree.NotFound("没有找到这门课")
    return row


def _tenths(rule: Effective, unit: str, amount: Decimal | None) -> int | None:
    if amount is None or unit not in tuple(Unit) or abs(amount) > 9999:
        return None
    return rules.converted(rule, unit, amount)


def _too_much(scope: Scope, who: Sequence[Belonging], first: date, last: date, tenths: int) -> list[Fault]:
    """Refuse more than 24 hours a day, all that a member attended on these days taken together."""
    ids = {m.person_id for m in who}
    had: dict[int, int] = {}
    rows = TrainingRecord.objects.within(scope).filter(ended_at__isnull=True, first_on__lte=last, last_on__gte=first)
    for person_id, n in rows.order_by("id").values_list("person_id", "tenths"):
        if person_id in ids:
            had[person_id] = had.get(person_id, 0) + n
    most = ((last - first).days + 1) * rules.DAY_TENTHS
    over = [m.name for m in who if had.get(m.person_id, 0) + tenths > most]
    return [Fault("hours", "E032", f"{'、'.join(over[:3])}那几天登记的学时加起来超过一天 24 学时，请核对")] if over else []


@transaction.atomic
def end_session(actor: Actor, session_id: int, *, reason: str, at: datetime) -> None:
    """Say that a session was a mistake: it and the records made by it stay readable and count no longer. Repeating it changes nothing."""
    found = Session.objects.within(actor.scope(Permission.TRAINING_READ)).filter(pk=session_id).first()
    if found is None:
        raise tree.NotFound("没有找到这次培训")
    path = tree.path_of(found.org_id)
    actor.require(Permission.TRAINING_WRITE, path)
    reason = _why(reason)
    scope = Scope((path,))
    row = Session.objects.within(scope).select_for_update().get(pk=session_id)
    if row.ended_at is not None:
        return
    row.ended_at, row.ended_by, row.ended_why = at, actor.name, reason
    row.save()
    TrainingRecord.objects.within(scope).filter(session_id=session_id, ended_at__isnull=True).update(ended_at=at, ended_by=actor.name, ended_why=reason)
    journal.write(actor, "training.end_session", at=at, org_id=row.org_id, org_path=path, subject=("session", row.pk), changes={"reason": reason})


def _why(reason: str) -> str:
    reason = _clean(reason, 200)
    if len(reason) < 2:
        raise TrainingRefused(Fault("reason", "E054", "请写一句为什么去掉，例如：登记错了人"))
    return reason


@transaction.atomic
def add_record(actor: Actor, org_id: int, new: NewRecord, *, at: datetime) -> int:
    """Register what one member attended by a certificate; returns the record's id.

    Raises TrainingRefused: E001, E002, E008 (no proof), E032 (hours), E045 (no member of that day), E044 (there already, or the branch's own meeting
    of that day counts already), E009 (the branch recorded that he was not there), E054.
    """
    path = tree.path_of(org_id)
    actor.require(Permission.TRAINING_WRITE, path)
    scope, today = Scope((path,)), _today(at)
    rule = policy.effective(org_id, "education", min(new.first_on, today))
    tenths, title = _tenths(rule, new.unit, new.amount), _clean(new.title, 100)
    found = faults(rules.check_session(new.first_on, new.last_on, tenths or 0, new.first_on.year, today))
    member = next((m for m in people.belonging(scope, min(new.first_on, today), [org_id]) if m.person_id == new.person_id), None)
    if member is None:
        found.append(Fault("person", "E045", "那一天这名同志的组织关系不在本支部。请从名单中选，或核对日期"))
    if len(title) < 2:
        found.append(Fault("title", "E054", "请写培训名称，例如：县委党校春季轮训班"))
    if new.kind not in tuple(Kind):
        found.append(Fault("kind", "E054", "请选是什么培训"))
    if len(new.proof.strip()) < 2:
        found.append(Fault("proof", "E008", "请写证明存在哪里，例如：结业证存村档案柜"))
    if not found and member is not None:
        found += _attendance(scope, org_id, new, title)
        found += _too_much(scope, [member], new.first_on, new.last_on, tenths or 0)
    if found:
        raise TrainingRefused(*found)
    assert tenths is not None and member is not None
    row = TrainingRecord.objects.within(scope)
    try:
        with transaction.atomic():
            made = row.create(
                org_id=org_id, person_id=new.person_id, name=member.name, title=title, kind=new.kind, first_on=new.first_on, last_on=new.last_on, tenths=tenths,
                proof=_clean(new.proof, 100), made_by=actor.name, made_at=at,
            )
    except IntegrityError as twin:
        raise TrainingRefused(Fault("title", "E044", "刚刚已经有人登记过，不用再登记")) from twin
    journal.write(
        actor, "training.add_record", at=at, org_id=org_id, org_path=path, subject=("person", new.person_id),
        changes={"title": title, "day": str(new.first_on), "kind": new.kind, "hours": rules.said(tenths)},
    )
    return made.pk


def _attendance(scope: Scope, org_id: int, new: NewRecord, title: str) -> list[Fault]:
    """Refuse what is counted already, and hours of a meeting at which the branch's own record says that the member was not."""
    there = TrainingRecord.objects.within(scope).filter(person_id=new.person_id, first_on=new.first_on, title=title, ended_at__isnull=True)
    if there.exists():
        return [Fault("title", "E044", "这名同志这一天的这次培训已经登记过，不用再登记")]
    if new.kind not in lessons.MEETINGS or new.elsewhere:
        return []
    held = study.met(scope, [new.kind], new.first_on, new.last_on, [org_id])
    name = rules.KIND_ZH[new.kind]
    if any(new.person_id in m.present for m in held):
        return [Fault("day", "E044", f"{show(held[0].held_on)}本支部的{name}已经按点人结果算了学时，不用再登记")]
    if held:
        return [Fault("person", "E009", f"{show(held[0].held_on)}本支部开过{name}，点人时他没有到会，不能算学时。是在外单位参加的，请勾上“在外单位参加”；点错了人，请更正会议记录")]
    return []


@transaction.atomic
def end_record(actor: Actor, record_id: int, *, reason: str, at: datetime) -> None:
    """Say that a record was a mistake; it stays readable and counts no longer. Repeating it changes nothing."""
    found = TrainingRecord.objects.within(people.offices(actor.scope(Permission.TRAINING_READ))).filter(pk=record_id).first()
    if found is None:
        raise tree.NotFound("没有找到这条登记")
    path = tree.path_of(found.org_id)
    actor.require(Permission.TRAINING_WRITE, path)
    reason = _why(reason)
    row = TrainingRecord.objects.within(Scope((path,))).select_for_update().get(pk=record_id)
    if row.ended_at is not None:
        return
    row.ended_at, row.ended_by, row.ended_why = at, actor.name, reason
    row.save()
    journal.write(actor, "training.end_record", at=at, org_id=row.org_id, org_path=path, subject=("person", row.person_id), changes={"title": row.title, "reason": reason})


@transaction.atomic
def add_note(actor: Actor, org_id: int, new: NewNote, *, at: datetime) -> int:
    """Note that a member handed in an essay or a note; returns its id. Raises TrainingRefused: E001, E045, E054."""
    path = tree.path_of(org_id)
    actor.require(Permission.TRAINING_WRITE, path)
    scope, today = Scope((path,)), _today(at)
    names = {m.person_id: m.name for m in people.belonging(scope, min(new.day, today), [org_id])}
    checks = (
        (new.day > today, "day", refuse("E001", "日期晚于今天，请填交来那一天")),
        (new.person_id not in names, "person", refuse("E045", "那一天这名同志的组织关系不在本支部。请从名单中选，或核对日期")),
        (new.kind not in tuple(NoteKind), "kind", refuse("E054", "请选是心得还是笔记")),
        (len(_clean(new.title, 100)) < 2, "title", refuse("E054", "请写题目")),
    )
    if found := faults((field, decision) for wrong, field, decision in checks if wrong):
        raise TrainingRefused(*found)
    row = StudyNote.objects.within(scope).create(
        org_id=org_id, person_id=new.person_id, name=names[new.person_id], kind=new.kind, day=new.day, title=_clean(new.title, 100), made_by=actor.name, made_at=at,
    )
    journal.write(actor, "training.add_note", at=at, org_id=org_id, org_path=path, subject=("person", new.person_id), changes={"kind": new.kind, "day": str(new.day)})
    return row.pk


@transaction.atomic
def end_note(actor: Actor, note_id: int, *, at: datetime) -> int:
    """Take an essay or a note off the list; returns the member's id. Repeating it changes nothing."""
    found = StudyNote.objects.within(people.offices(actor.scope(Permission.TRAINING_READ))).filter(pk=note_id).first()
    if found is None:
        raise tree.NotFound("没有找到这一篇")
    path = tree.path_of(found.org_id)
    actor.require(Permission.TRAINING_WRITE, path)
    row = StudyNote.objects.within(Scope((path,))).get(pk=note_id)
    if row.ended_at is None:
        row.ended_at, row.ended_by = at, actor.name
        row.save()
        journal.write(actor, "training.end_note", at=at, org_id=row.org_id, org_path=path, subject=("person", row.person_id), changes={"kind": row.kind})
    return row.person_id


def note_paper(actor: Actor, org_id: int, *, year: int, at: datetime) -> None:
    """Note in the journal that the hours of a year were exported. The right to read is asked here."""
    path = tree.path_of(org_id)
    actor.require(Permission.TRAINING_READ, path)
    journal.write(actor, "training.paper", at=at, org_id=org_id, org_path=path, changes={"year": year})
