"""Record talks, must-talk events and contact persons. Whoever holds the right at the branch writes; members without an office only about themselves."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Compartment, Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import RollEntry
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound

from . import queries, rules
from .models import ContactPerson, ContactTalk, Talk, TalkEvent, TalkText
from .refused import Fault, TalkRefused, TalkStale

STALE = "您打开这一页以后，内容已经更正过。现在的内容列在旁边，核对后再保存"
LONGEST = {"topic": 60, "summary": 1000, "follow_up": 500, "place": 60}


@dataclass(frozen=True, slots=True)
class NewTalk:
    """A talk as it is entered: only who and when is asked for; the rest may stay on paper. `superior`: the name of a talker from above."""

    talkee_id: int
    day: date
    talker_id: int | None = None
    superior: str = ""
    trigger: str = rules.Trigger.ROUTINE
    place: str = ""
    topic: str = ""
    summary: str = ""
    follow_up: str = ""


@dataclass(frozen=True, slots=True)
class NewText:
    """What a talk was about, as who wrote it corrects it."""

    trigger: str = rules.Trigger.ROUTINE
    place: str = ""
    topic: str = ""
    summary: str = ""
    follow_up: str = ""


def opened(path: str) -> Scope:
    """Give the scope of one branch with its talks open: for an action that has asked for the right."""
    return Scope((path,), frozenset({(Compartment.TALKS, path)}))


def only_own(actor: Actor, path: str) -> bool:
    """Tell whether an actor records only talks of the own: everybody but those who read the branch's talks."""
    return not actor.may(Permission.TALK_READ, path)


@transaction.atomic
def record(actor: Actor, org_id: int, new: NewTalk, *, at: datetime) -> int:
    """Record a talk; returns its number. Raises TalkRefused: E001, E044 (with oneself, or entered already), E045 (no member of that day), E023, E054."""
    path = tree.path_of(org_id)
    actor.require(Permission.TALK_WRITE, path)
    scope, today = opened(path), timezone.localtime(at).date()
    roll = people.roll(scope, org_id, min(new.day, today))
    names = {e.person_id: e.name for e in roll}
    faults = _faults(actor, path, new, today, names)
    if not faults and new.talker_id is not None and _twin(scope, new):
        faults.append(Fault("day", "E044", "这两名同志这一天的谈话已经记过，不用再记"))
    if faults:
        raise TalkRefused(*faults)
    try:
        with transaction.atomic():
            return _write(actor, scope, org_id, [new], roll, at)[0]
    except IntegrityError as error:  # two people recorded it at once: the database keeps the first
        raise TalkRefused(Fault("day", "E044", "这两名同志这一天的谈话刚刚已经有人记过，不用再记")) from error


def _twin(scope: Scope, new: NewTalk) -> bool:
    pair = [new.talker_id, new.talkee_id]
    return Talk.objects.within(scope).filter(talker_id__in=pair, talkee_id__in=pair, day=new.day, ended_at__isnull=True).exists()


def _faults(actor: Actor, path: str, new: NewTalk, today: date, names: dict[int, str]) -> list[Fault]:
    faults = []
    if new.day > today:
        faults.append(Fault("day", "E001", f"谈话日期{new.day.month}月{new.day.day}日晚于今天，请填谈话那一天"))
    if new.talker_id is None and len(new.superior.strip()) < 2:
        faults.append(Fault("talker", "E054", "请选谁谈的；上级同志来谈的，请在下面写他的姓名"))
    if new.talker_id is not None and new.talker_id == new.talkee_id:
        faults.append(Fault("talkee", "E044", "谈话人和谈话对象是同一名同志，自己不能和自己谈，请选另一名"))
    else:
        if new.talker_id is not None and new.talker_id not in names:
            faults.append(Fault("talker", "E045", "那一天谈话人的组织关系不在本支部。请从名单中选；上级同志请写姓名"))
        if new.talkee_id not in names:
            faults.append(Fault("talkee", "E045", "那一天谈话对象的组织关系不在本支部。请从名单中选，或核对日期"))
    if new.trigger not in tuple(rules.Trigger):
        faults.append(Fault("trigger", "E054", "请选为什么谈"))
    if not faults and only_own(actor, path) and (actor.person_id is None or actor.person_id not in (new.talker_id, new.talkee_id)):
        faults.append(Fault("talker", "E023", "只能记自己参加的谈话。别的同志之间的谈话，请支部书记记"))
    return faults


def _write(actor: Actor, scope: Scope, org_id: int, items: Sequence[NewTalk], roll: Sequence[RollEntry], at: datetime) -> list[int]:
    names, seated = {e.person_id: e.name for e in roll}, queries.committee_of(roll)
    rows = Talk.objects.within(scope).bulk_create([
        Talk(
            org_id=org_id, day=n.day, talker_id=n.talker_id, talker_name=names[n.talker_id] if n.talker_id is not None else n.superior.strip()[:50], talkee_id=n.talkee_id,
            talkee_name=names[n.talkee_id], relation=rules.relation(n.talker_id, n.talkee_id, seated), made_by=actor.name, made_at=at,
            on_behalf=actor.person_id is None or actor.person_id not in (n.talker_id, n.talkee_id),
        )
        for n in items
    ])
    cut = {name: [getattr(n, name).strip()[:most] for n in items] for name, most in LONGEST.items()}
    TalkText.objects.within(scope).bulk_create([
        TalkText(
            org_id=org_id, talk_id=row.pk, talker_id=n.talker_id, talkee_id=n.talkee_id, trigger=n.trigger, made_by=actor.name, maker_id=actor.account_id, made_at=at,
            **{name: cut[name][i] for name in LONGEST},
        )
        for i, (row, n) in enumerate(zip(rows, items, strict=True))
    ])
    journal.write_many(actor, "talks.record", at=at, lines=[journal.Line(org_id, scope.paths[0], ("talk", row.pk), {"day": str(row.day)}) for row in rows])
    return [row.pk for row in rows]


@transaction.atomic
def record_many(actor: Actor, org_id: int, items: Sequence[NewTalk], *, at: datetime) -> list[int]:
    """Record the talks of a branch together (the sample data): each is checked as one alone would be, against the roll of today."""
    path = tree.path_of(org_id)
    actor.require(Permission.TALK_WRITE, path)
    scope, today = opened(path), timezone.localtime(at).date()
    roll = people.roll(scope, org_id, today)
    names = {e.person_id: e.name for e in roll}
    for n in items:
        if faults := _faults(actor, path, n, today, names):
            raise TalkRefused(*faults)
    return _write(actor, scope, org_id, items, roll, at)


@transaction.atomic
def void(actor: Actor, talk_id: int, *, reason: str, at: datetime) -> None:
    """Say that a talk was entered by mistake; it counts no longer and stays readable. Repeating it changes nothing."""
    line = queries.talk(replace(actor.scope(Permission.TALK_WRITE), person_id=actor.person_id), talk_id)
    path = tree.path_of(line.org_id)
    actor.require(Permission.TALK_WRITE, path)
    if only_own(actor, path) and (actor.person_id is None or actor.person_id not in (line.talker_id, line.talkee_id)):
        raise TalkRefused(Fault("reason", "E023", "只能去掉自己参加的谈话。别的请支部书记去掉"))
    if len(reason.strip()) < 2:
        raise TalkRefused(Fault("reason", "E054", "请写一句为什么去掉，例如：记错了人"))
    if line.ended_by:
        return
    row = Talk.objects.within(Scope((path,))).get(pk=talk_id)
    row.ended_at, row.ended_by, row.ended_why = at, actor.name, reason.strip()[:200]
    row.save()
    journal.write(actor, "talks.void", at=at, org_id=line.org_id, org_path=path, subject=("talk", talk_id))


@transaction.atomic
def correct(actor: Actor, talk_id: int, new: NewText, *, version: int, at: datetime) -> None:
    """Correct what a talk was about, by who wrote it; the earlier text stays. Nothing is written where nothing differs.

    Raises TalkRefused: E023 (somebody else wrote it), E044 (taken back), E054; TalkStale when it was corrected since `version`; NotFound for whom the
    text does not open.
    """
    reading = replace(actor.scope(Permission.TALK_READ), person_id=queries.own(actor).person_id)
    line = queries.talk(replace(actor.scope(Permission.TALK_WRITE), person_id=reading.person_id), talk_id)
    path, held = tree.path_of(line.org_id), queries.texts(reading, talk_id)
    actor.require(Permission.TALK_WRITE, path)
    if not held:
        raise NotFound("没有找到这次谈话")
    if not queries.wrote(actor, line, held[-1]):
        raise TalkRefused(Fault("summary", "E023", "谁写的由谁更正。请写的同志更正，或由支部书记去掉重记"))
    if line.ended_by:
        raise TalkRefused(Fault("summary", "E044", f"这次谈话已经由{line.ended_by}去掉，不用再更正"))
    if new.trigger not in tuple(rules.Trigger):
        raise TalkRefused(Fault("trigger", "E054", "请选为什么谈"))
    now = held[0]
    if now.version != version:
        raise TalkStale(Fault("summary", "E044", STALE))
    cut = {name: getattr(new, name).strip()[:most] for name, most in LONGEST.items()}
    if new.trigger == now.trigger and all(cut[name] == getattr(now, name) for name in LONGEST):
        return
    try:
        with transaction.atomic():
            TalkText.objects.within(opened(path)).create(
                org_id=line.org_id, talk_id=talk_id, version=version + 1, talker_id=line.talker_id, talkee_id=line.talkee_id, trigger=new.trigger, made_by=actor.name,
                maker_id=actor.account_id, made_at=at, **cut,
            )
    except IntegrityError as twin:  # two pages of the writer at once: the database keeps the first
        raise TalkStale(Fault("summary", "E044", STALE)) from twin
    journal.write(actor, "talks.correct", at=at, org_id=line.org_id, org_path=path, subject=("talk", talk_id), changes={"version": version + 1})


@transaction.atomic
def note_paper(actor: Actor, talk_id: int, *, made_as: str, at: datetime) -> None:
    """Leave a journal line for the record of a talk that is printed or taken away; only for who may read it."""
    reading = replace(actor.scope(Permission.TALK_READ), person_id=queries.own(actor).person_id)
    line = queries.talk(reading, talk_id)
    if queries.text(reading, talk_id) is None:
        raise NotFound("没有找到这次谈话")
    journal.write(actor, "talks.paper", at=at, org_id=line.org_id, org_path=tree.path_of(line.org_id), subject=("talk", talk_id), changes={"as": made_as})


# ---------------------------------------------------------------- five must-talk


@transaction.atomic
def note_event(actor: Actor, org_id: int, *, person_id: int, kind: str, day: date, at: datetime) -> int:
    """Note something after which a member must be talked with; what is due follows from it. Raises TalkRefused: E001, E045, E053, E054."""
    path = tree.path_of(org_id)
    actor.require(Permission.TALK_WRITE, path)
    scope, today = opened(path), timezone.localtime(at).date()
    names = {e.person_id: e.name for e in people.roll(scope, org_id, min(day, today))}
    faults = []
    if day > today:
        faults.append(Fault("day", "E001", f"日期{day.month}月{day.day}日晚于今天，请填事情发生那一天"))
    if person_id not in names:
        faults.append(Fault("person", "E045", "那一天这名同志的组织关系不在本支部。请从名单中选，或核对日期"))
    if kind not in rules.MUST:
        faults.append(Fault("kind", "E054", "请选是哪一种情况"))
    if not faults and TalkEvent.objects.within(scope).filter(person_id=person_id, kind=kind, day=day, ended_at__isnull=True).exists():
        faults.append(Fault("day", "E053", "这件事已经登记过，不用再登记"))
    if faults:
        raise TalkRefused(*faults)
    try:
        with transaction.atomic():
            row = TalkEvent.objects.within(scope).create(org_id=org_id, person_id=person_id, name=names[person_id], kind=kind, day=day, made_by=actor.name, made_at=at)
    except IntegrityError as error:
        raise TalkRefused(Fault("day", "E053", "这件事刚刚已经有人登记过，不用再登记")) from error
    journal.write(actor, "talks.event", at=at, org_id=org_id, org_path=path, subject=("talk_event", row.pk), changes={"day": str(day)})
    return row.pk


@transaction.atomic
def end_event(actor: Actor, event_id: int, *, at: datetime) -> int:
    """Say that an event was entered by mistake; returns its organisation. Repeating it changes nothing."""
    row = TalkEvent.objects.within(actor.scope(Permission.TALK_READ)).filter(pk=event_id).first()
    if row is None:
        raise NotFound("没有找到这条登记")
    path = tree.path_of(row.org_id)
    actor.require(Permission.TALK_WRITE, path)
    if row.ended_at is None:
        row.ended_at, row.ended_by = at, actor.name
        row.save()
        journal.write(actor, "talks.end_event", at=at, org_id=row.org_id, org_path=path, subject=("talk_event", event_id))
    return row.org_id


# ---------------------------------------------------------------- contact persons


@transaction.atomic
def add_contact(actor: Actor, org_id: int, *, member_id: int, name: str, purpose: str, from_on: date, at: datetime) -> int:
    """Enter whom a member keeps in contact with. Raises TalkRefused: E001, E040 (anything but a name), E044, E045 (no member), E054."""
    path = tree.path_of(org_id)
    actor.require(Permission.TALK_WRITE, path)
    scope, today, said = Scope((path,)), timezone.localtime(at).date(), name.strip()
    names = {e.person_id: e.name for e in people.roll(scope, org_id, today)}
    faults = []
    if member_id not in names:
        faults.append(Fault("member", "E045", "联系人的组织关系不在本支部，请从名单中选一名党员"))
    checked = rules.check_contact_name(said)
    if not checked.ok:
        faults.append(Fault("name", checked.code, checked.reason))
    if purpose not in tuple(rules.Purpose):
        faults.append(Fault("purpose", "E054", "请选为什么联系"))
    if from_on > today:
        faults.append(Fault("from_on", "E001", "开始联系的日期晚于今天，请填今天或以前的日期"))
    if not faults and ContactPerson.objects.within(scope).filter(member_id=member_id, name=said, ended_on__isnull=True).exists():
        faults.append(Fault("name", "E044", "这名党员已经联系着他，不用再登记"))
    if faults:
        raise TalkRefused(*faults)
    try:
        with transaction.atomic():
            row = ContactPerson.objects.within(scope).create(
                org_id=org_id, member_id=member_id, member_name=names[member_id], name=said, purpose=purpose, from_on=from_on, made_by=actor.name, made_at=at,
            )
    except IntegrityError as error:
        raise TalkRefused(Fault("name", "E044", "这名党员刚刚已经联系着他，不用再登记")) from error
    journal.write(actor, "talks.add_contact", at=at, org_id=org_id, org_path=path, subject=("contact", row.pk))
    return row.pk


@transaction.atomic
def end_contact(actor: Actor, contact_id: int, *, at: datetime) -> int:
    """End a contact today; returns its organisation. What was talked stays. Repeating it changes nothing."""
    row = ContactPerson.objects.within(actor.scope(Permission.TALK_WRITE)).filter(pk=contact_id).first()
    if row is None:
        raise NotFound("没有找到这名联系对象")
    path = tree.path_of(row.org_id)
    actor.require(Permission.TALK_WRITE, path)
    if row.ended_on is None:
        row.ended_on = timezone.localtime(at).date()
        row.save()
        journal.write(actor, "talks.end_contact", at=at, org_id=row.org_id, org_path=path, subject=("contact", contact_id))
    return row.org_id


@transaction.atomic
def talk_with_contact(actor: Actor, contact_id: int, *, day: date, at: datetime) -> int:
    """Note that a member talked with a contact, by the member or by an officer of the branch; returns the organisation. A day is noted once.

    Raises TalkRefused: E001 in the future, E002 before the contact began or after it ended.
    """
    reading = replace(actor.scope(Permission.TALK_WRITE), person_id=queries.own(actor).person_id)
    found = queries.contact(reading, contact_id)
    path, today = tree.path_of(found.org_id), timezone.localtime(at).date()
    if actor.person_id is None or actor.person_id != found.member_id:
        actor.require(Permission.TALK_WRITE, path)
    if day > today:
        raise TalkRefused(Fault("day", "E001", "谈话日期晚于今天，请填谈话那一天"))
    if day < found.from_on or (found.ended_on is not None and day > found.ended_on):
        raise TalkRefused(Fault("day", "E002", f"{found.name}从{found.from_on.month}月{found.from_on.day}日起联系，谈话日期要在联系期间"))
    home = Scope((path,))
    if not ContactTalk.objects.within(home).filter(contact_id=contact_id, day=day, ended_at__isnull=True).exists():
        ContactTalk.objects.within(home).create(org_id=found.org_id, contact_id=contact_id, member_id=found.member_id, day=day, made_by=actor.name, made_at=at)
        journal.write(actor, "talks.contact_talk", at=at, org_id=found.org_id, org_path=path, subject=("contact", contact_id), changes={"day": str(day)})
    return found.org_id


@transaction.atomic
def undo_contact_talk(actor: Actor, contact_id: int, *, day: date, at: datetime) -> int:
    """Take the talk with a contact on a day back; returns the organisation. Repeating it changes nothing."""
    found = queries.contact(replace(actor.scope(Permission.TALK_WRITE), person_id=queries.own(actor).person_id), contact_id)
    path = tree.path_of(found.org_id)
    if actor.person_id is None or actor.person_id != found.member_id:
        actor.require(Permission.TALK_WRITE, path)
    row = ContactTalk.objects.within(Scope((path,))).filter(contact_id=contact_id, day=day, ended_at__isnull=True).first()
    if row is not None:
        row.ended_at, row.ended_by = at, actor.name
        row.save()
        journal.write(actor, "talks.undo_contact_talk", at=at, org_id=found.org_id, org_path=path, subject=("contact", contact_id), changes={"day": str(row.day)})
    return found.org_id
