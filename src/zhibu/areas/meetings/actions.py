"""Record meetings, put drafts aside, ask to be excused. The right is asked inside, so no face can forget it."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.process import actions as process
from zhibu.ground.process.spec import Ruling
from zhibu.ground.record import actions as record
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.kernel.periods import window_from_code
from zhibu.kernel.result import Decision

from . import queries, rules
from .entry import Entry, EntryRefused, EntryTopic, Fault
from .models import Draft
from .procedures import EXCUSE

#: the field of the form where a refusal is shown, by code
FIELD_OF = {"E001": "held_on", "E002": "ends", "E009": "people", "E045": "people", "E017": "people", "E008": "records", "E044": "held_on"}


@transaction.atomic
def record_meeting(actor: Actor, entry: Entry, *, at: datetime) -> int:
    """Save one meeting with attendance, topics, votes and records; returns the activity's id.

    Raises EntryRefused with every fault found (E001, E002, E008, E009, E010, E011, E017, E044, E045, E054); nothing is written then.
    A correction (`corrects`) is a new entry; the old one stays readable.
    """
    org_path = tree.path_of(entry.org_id)
    actor.require(Permission.ACTIVITY_WRITE, org_path)
    _only_own_group(actor, entry, org_path)
    scope = Scope((org_path,))
    form = queries.form_rules(entry.org_id, entry.held_on)
    roll = queries.roll(scope, entry.org_id, entry.held_on)
    expected = roll.expected(entry.kinds, entry.group_ids)
    topics = tuple(t for t in entry.topics if t.said)
    faults = _faults(scope, entry, topics, form, roll, expected, timezone.localtime(at))
    if faults:
        raise EntryRefused(faults, _same(scope, entry) if any(f.code == "E044" for f in faults) else None)
    present = [p for p in expected if p.id not in entry.marks]
    voting = [p for p in expected if p.votes]
    new = record.NewActivity(
        org_id=entry.org_id,
        kinds=tuple((k, g) for k in entry.kinds for g in (entry.group_ids if k == ActivityKind.GROUP_MEETING else (None,))),
        title=_title(entry, topics), held_on=entry.held_on, start_at=entry.start, end_at=entry.end, place=entry.place.strip(), chair=entry.chair,
        recorder=entry.recorder, contents=entry.contents, expected=tuple(p.id for p in expected), expected_count=len(expected), present_count=len(present),
        voting_count=len(voting), voting_present=sum(p.id not in entry.marks for p in voting),
        absences=tuple(record.NewAbsence(p.id, p.name, entry.marks[p.id], entry.absence_note[:100]) for p in expected if p.id in entry.marks),
        topics=tuple(_topic(t, entry, form, expected) for t in topics), evidence=_evidence(entry, form), corrects=entry.corrects,
        correction_reason=entry.correction_reason.strip(),
    )
    try:
        (activity_id,) = record.write_many(actor, [new], at=at)
    except record.AlreadyRecorded as twin:
        raise EntryRefused((Fault("held_on", "E044", "这次会刚刚已经有人记过。请打开已有的那一条，不用再记"),), twin.activity_id) from twin
    except record.AlreadyCorrected as twin:
        raise EntryRefused((Fault("reason", "E044", "这条记录刚刚已经有人更正过。请打开最新的一条再改"),)) from twin
    return activity_id


def _only_own_group(actor: Actor, entry: Entry, org_path: str) -> None:
    """A group leader writes group meetings of the branch only (rules.md S38)."""
    roles = {g.role for g in actor.grants if Permission.ACTIVITY_WRITE in g.permissions and org_path.startswith(g.org_path)}
    if roles == {"group_leader"} and set(entry.kinds) != {ActivityKind.GROUP_MEETING.value}:
        raise EntryRefused((Fault("kind", "E023", "党小组长只记党小组会。别的会请支部书记或委员记"),))


def _title(entry: Entry, topics: Sequence[EntryTopic]) -> str:
    named = [t.title.strip() for t in topics if t.title.strip()]
    return (named[0] if named else "、".join(ACTIVITY_ZH[ActivityKind(k)] for k in entry.kinds))[:120]


def _faults(
    scope: Scope, entry: Entry, topics: Sequence[EntryTopic], form: queries.FormRules, roll: queries.Roll, expected: Sequence[queries.Person], now: datetime
) -> tuple[Fault, ...]:
    found: list[Fault] = []

    def add(decision: Decision, field: str = "") -> None:
        if not decision.ok:
            found.append(Fault(field or FIELD_OF.get(decision.code, "kind"), decision.code, decision.reason))

    existing = [
        (s.kind, s.held_on, s.start, s.group_id) for s in recorded.meeting_keys(scope, entry.org_id, entry.held_on) if s.activity_id != entry.corrects
    ]
    lecture = next((t for t in topics if t.kind == ActivityKind.LECTURE), None)
    kinds = rules.check_kinds(entry.kinds, form.together, roll.org.kind)
    add(kinds, "kind")
    if not roll.org.is_branch:
        found.append(Fault("kind", "E045", f"“{roll.org.name}”是{roll.org.kind_title}，会议记录由各支部记"))
    times = rules.check_times(entry.held_on, entry.start, entry.end, now)
    add(times, "held_on" if times.code == "E001" else "ends")
    if kinds.ok:
        known_groups = {g.id for g in roll.groups}
        for kind in entry.kinds:
            mine = [t for t in topics if t.kind in (kind, "")]
            if kind == ActivityKind.GROUP_MEETING:
                add(rules.check_group(kind, entry.group_ids[0] if entry.group_ids else None, known_groups), "group")
                for extra in entry.group_ids[1:]:
                    add(rules.check_group(kind, extra, known_groups), "group")
            else:
                add(rules.check_group(kind, None, known_groups), "group")
            add(rules.check_content(kind, "", [t.title or t.text for t in mine] or [t.title or t.text for t in topics], entry.contents), "topics")
            if kind == ActivityKind.LECTURE:
                roles = [p.post for p in roll.people if lecture and p.name == lecture.lecturer]
                add(rules.check_lecturer(lecture.lecturer if lecture else "", roles, form.other_lecturers), "topics")
            for group in entry.group_ids if kind == ActivityKind.GROUP_MEETING else (None,):
                add(rules.check_duplicate(kind, entry.held_on, entry.start, group, existing), "held_on")
    outsiders = set(entry.marks) - {p.id for p in roll.people}
    add(rules.check_people(len(expected), len(expected) - len(entry.marks), tuple(f"编号 {i}" for i in outsiders)), "people")
    if kinds.ok and not expected:
        found.append(Fault("people", "E009", "应到名单是空的。请先在花名册里登记党员，或选对党小组"))
    for topic in topics:
        if topic.vote:
            add(_check_vote(topic, entry, form, expected, roll), "topics")
    add(rules.check_records([(r.record_type, bool(r.attachment_ids), r.how == "paper", r.how == "nil") for r in entry.records]), "records")
    for line in entry.records:
        if line.how == "paper" and not line.place.strip():
            found.append(Fault(f"r-{line.record_type}", "E008", f"“{rules.RECORD_ZH[rules.RecordType(line.record_type)]}”选了纸质件，请写存在哪里"))
        if line.how == "nil" and not line.reason.strip() and line.record_type != "activity_photos":
            found.append(Fault(f"r-{line.record_type}", "E008", f"“{rules.RECORD_ZH[rules.RecordType(line.record_type)]}”选了“无”，请写一句原因"))
        if line.how == "upload" and not line.attachment_ids:
            found.append(Fault(f"r-{line.record_type}", "E008", f"“{rules.RECORD_ZH[rules.RecordType(line.record_type)]}”选了上传，还没有选文件"))
    if entry.corrects and len(entry.correction_reason.strip()) < 2:
        found.append(Fault("reason", "E054", "请写一句为什么改，新旧两条都会保留"))
    return tuple(found)


def _deciding(topic: EntryTopic, entry: Entry) -> str:
    """Give the kind whose rule decides a vote: the topic's own, else the only deciding kind of the meeting."""
    if topic.kind in (ActivityKind.GENERAL_MEETING, ActivityKind.COMMITTEE_MEETING):
        return topic.kind
    deciding = [k for k in entry.kinds if k in (ActivityKind.GENERAL_MEETING, ActivityKind.COMMITTEE_MEETING)]
    return deciding[0] if deciding and not topic.kind else ""


def _vote_base(topic: EntryTopic, entry: Entry, expected: Sequence[queries.Person]) -> tuple[str, list[queries.Person]]:
    kind = _deciding(topic, entry)
    if kind == ActivityKind.COMMITTEE_MEETING:
        return kind, [p for p in expected if p.committee]
    return kind, [p for p in expected if p.votes]


def _check_vote(topic: EntryTopic, entry: Entry, form: queries.FormRules, expected: Sequence[queries.Person], roll: queries.Roll) -> Decision:
    kind, base = _vote_base(topic, entry, expected)
    present = sum(p.id not in entry.marks for p in base)
    quorum, majority = form.committee if kind == ActivityKind.COMMITTEE_MEETING else form.general
    resolution = rules.Resolution(topic.title or topic.decision, topic.ayes, topic.noes, topic.abstain, present)
    return rules.check_resolution(kind or ActivityKind.GENERAL_MEETING, resolution, len(base), present, quorum, majority)


def _topic(topic: EntryTopic, entry: Entry, form: queries.FormRules, expected: Sequence[queries.Person]) -> record.NewTopic:
    passed: bool | None = None
    if topic.vote:
        kind, base = _vote_base(topic, entry, expected)
        quorum, majority = form.committee if kind == ActivityKind.COMMITTEE_MEETING else form.general
        present = sum(p.id not in entry.marks for p in base)
        passed = rules.decision(kind or ActivityKind.GENERAL_MEETING, len(base), present, topic.ayes, quorum, majority).passed
    lecture = topic.kind == ActivityKind.LECTURE
    return record.NewTopic(
        kind=topic.kind, title=topic.title.strip()[:120], content=topic.text.strip(), lecturer=topic.lecturer.strip() if lecture else "",
        hours=topic.hours if lecture else None, resolution=topic.decision.strip(), ayes=topic.ayes if topic.vote else None,
        noes=topic.noes if topic.vote else None, abstain=topic.abstain if topic.vote else None, passed=passed,
    )


def _evidence(entry: Entry, form: queries.FormRules) -> tuple[record.NewEvidence, ...]:
    required = set(queries.required_records(form, entry.kinds))
    lines = [record.NewEvidence(r.value, "entry") for r in rules.MADE_BY_ENTRY if r.value in required]
    made = {line.record_type for line in lines}
    for line in entry.records:
        if line.record_type in made:
            continue
        if line.how == "upload":
            lines += [record.NewEvidence(line.record_type, "upload", attachment_id=a) for a in line.attachment_ids]
        else:
            lines.append(record.NewEvidence(line.record_type, line.how, line.place.strip(), line.reason.strip()))
    lines += [record.NewEvidence("minutes" if "minutes" in required else "activity_photos", "upload", attachment_id=a) for a in entry.photos]
    return tuple(lines)


def _same(scope: Scope, entry: Entry) -> int | None:
    for slot in recorded.meeting_keys(scope, entry.org_id, entry.held_on):
        if slot.kind in entry.kinds and slot.start == entry.start and slot.activity_id != entry.corrects:
            return slot.activity_id
    return None


@transaction.atomic
def put_aside(actor: Actor, *, org_id: int, key: str, form: Mapping[str, Any], title: str, why: str, at: datetime) -> int:
    """Keep a draft with everything typed so far (先放着); the same key replaces it."""
    org_path = tree.path_of(org_id)
    actor.require(Permission.ACTIVITY_WRITE, org_path)
    drafts = Draft.objects.within(Scope((org_path,)))
    row = drafts.filter(org_id=org_id, key=key).first()
    values = {"form": dict(form), "title": title[:120], "why": why[:300], "saved_by": actor.name, "saved_at": at}
    if row is None:
        return drafts.create(org_id=org_id, key=key, **values).pk
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return row.pk


@transaction.atomic
def drop_draft(actor: Actor, *, org_id: int, key: str, at: datetime) -> None:
    """Throw a draft away; done after its meeting was recorded, or on wish."""
    org_path = tree.path_of(org_id)
    actor.require(Permission.ACTIVITY_WRITE, org_path)
    count, _ = Draft.objects.within(Scope((org_path,))).filter(org_id=org_id, key=key).delete()
    if count:
        journal.write(actor, "meetings.drop_draft", at=at, org_id=org_id, org_path=org_path)


def request_excuse(actor: Actor, *, org_id: int, kind: str, group_id: int | None, window_code: str, reason: str, at: datetime) -> int:
    """Ask the superior to let a window off (没开 with a reason); returns the case id. E053 while one is open, E054 without a reason."""
    org_path = tree.path_of(org_id)
    actor.require(Permission.EXCUSE_REQUEST, org_path)
    if len(reason.strip()) < 4:
        raise process.CaseError("E054", "请写明没开的原因，例如：8月防汛，书记住院", "reason")
    window = window_from_code(window_code)
    name = ACTIVITY_ZH[ActivityKind(kind)]
    today = timezone.localtime(at).date()
    answer = queries.compliance(Scope((org_path,)), org_id, window.first.year, today)
    cell = next(
        (c for line in (answer.years[org_id].lines if org_id in answer.years else ()) if line.kind == kind and line.group_id == group_id for c in line.cells if c.window == window),
        None,
    )
    if cell is None or not cell.due or cell.fulfilled >= cell.due:
        raise process.CaseError("E054", f"{window.label}的{name}现在不算没开，不用报", "reason")
    return process.submit(
        actor, kind=EXCUSE.code, org_id=org_id, submitted_from=org_id, subject_type=f"{kind}:{group_id or 0}:{window.code}"[:40], subject_id=org_id,
        title=f"{window.label}{name}没开，申请免", at=at,
        wish={"kind": kind, "group_id": group_id, "window": str(window.kind), "window_code": window.code, "first": str(window.first), "last": str(window.last), "reason": reason.strip()[:200]},
    )


def grant_excuse(ruling: Ruling, actor: Actor, at: datetime) -> None:
    """Carry out an approved request (connected in config/wiring.py): the window leaves due and fulfilled, with both names."""
    wish = ruling.wish
    record.excuse(
        actor,
        record.NewExcuse(
            ruling.org_id, wish["kind"], wish["group_id"], wish["window"], date.fromisoformat(wish["first"]), date.fromisoformat(wish["last"]), wish["reason"],
            ruling.submitted_by, actor.name, ruling.case_id,
        ),
        at=at,
    )

