"""Record meetings, put drafts aside, ask to be excused. The right is asked inside, so no face can forget it."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.notice import outbox
from zhibu.ground.people import queries as people
from zhibu.ground.process import actions as process
from zhibu.ground.process.spec import Ruling
from zhibu.ground.record import actions as record
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind, mask_of
from zhibu.kernel.periods import window_from_code

from . import check, form, joint, queries, rules
from .entry import Entry, EntryRefused, EntryTopic, Fault
from .models import Draft
from .procedures import EXCUSE


@transaction.atomic
def record_meeting(actor: Actor, entry: Entry, *, at: datetime) -> int:
    """Save one meeting with attendance, topics, votes and records; returns the activity's id.

    Raises EntryRefused with every fault found (E001, E002, E008-E011, E017, E023, E044, E045, E054); nothing is written then.
    A correction (`corrects`) is a new entry; the old one stays readable. Raises NotFound when that one is not of this organisation.
    """
    org_path = tree.path_of(entry.org_id)
    actor.require(Permission.ACTIVITY_WRITE, org_path)
    scope = Scope((org_path,))
    old = _corrected(scope, entry)
    case = _case(actor, scope, entry, timezone.localtime(at))
    found = check.faults(case)
    if found:
        raise EntryRefused(found, _same(scope, entry) if any(f.code == "E044" for f in found) else None)
    try:
        (activity_id,) = record.write_many(actor, [_activity(case, old)], at=at)
    except record.AlreadyRecorded as twin:
        raise EntryRefused((Fault("held_on", "E044", "这次会刚刚已经有人记过。请打开已有的那一条，不用再记"),), twin.activity_id) from twin
    except record.AlreadyCorrected as twin:
        raise _corrected_first(scope, entry) from twin
    if entry.corrects:
        joint.recorded_by(actor, entry.org_id, activity_id, at=at)
    outbox.tell(entry.org_id, org_path, "meeting.saved", activity_id, at)
    return activity_id


def _corrected(scope: Scope, entry: Entry) -> Sequence[recorded.SlotLine]:
    """Give the slots of the entry to be corrected; refuse (E044) when somebody corrected it before."""
    if entry.corrects is None:
        return ()
    old = recorded.activity(scope, entry.corrects)
    if old.org_id != entry.org_id:
        raise tree.NotFound("没有找到这条记录")
    if old.corrected_by_id:
        raise _corrected_first(scope, entry)
    return recorded.slots_of(scope, entry.corrects)


def _corrected_first(scope: Scope, entry: Entry) -> EntryRefused:
    newer = recorded.activity(scope, entry.corrects).corrected_by_id if entry.corrects else None
    return EntryRefused((Fault("reason", "E044", "这条记录刚刚已经有人更正过。请打开最新的一条再改"),), newer)


def _case(actor: Actor, scope: Scope, entry: Entry, now: datetime) -> check.Case:
    on_roll = form.roll(scope, entry.org_id, entry.held_on)
    strangers = set(entry.marks) - {p.id for p in on_roll.people}
    return check.Case(
        entry, form.form_rules(entry.org_id, entry.held_on), on_roll,
        tuple((s.kind, s.held_on, s.start, s.group_id) for s in recorded.meeting_keys(scope, entry.org_id, entry.held_on) if s.activity_id != entry.corrects),
        now, form.leads_only(actor, on_roll), people.names_of(scope, strangers) if strangers else {},
    )


def _activity(case: check.Case, old: Sequence[recorded.SlotLine]) -> record.NewActivity:
    entry, expected, present = case.entry, case.expected, case.present
    kinds = tuple((k, g) for k in entry.kinds for g in (entry.group_ids if k == ActivityKind.GROUP_MEETING else (None,)))
    topics = tuple(t for t in entry.topics if t.said)
    return record.NewActivity(
        org_id=entry.org_id, kinds=kinds, title=_title(entry, topics), held_on=entry.held_on, start_at=entry.start, end_at=entry.end, place=entry.place.strip(),
        chair=entry.chair, recorder=entry.recorder, contents=entry.contents, expected=tuple(p.id for p in expected), expected_count=len(expected),
        present_count=len(present), voting_count=sum(p.votes for p in expected), voting_present=sum(p.votes for p in present),
        absences=tuple(record.NewAbsence(p.id, p.name, entry.marks[p.id], (entry.reasons.get(p.id) or entry.absence_note).strip()[:100]) for p in expected if p.id in entry.marks),
        topics=tuple(_topic(case, t) for t in topics), evidence=_evidence(case), corrects=entry.corrects, correction_reason=entry.correction_reason.strip(),
        recorded_before=_complete_before(case, old),
    )


def _complete_before(case: check.Case, old: Sequence[recorded.SlotLine]) -> dict[tuple[str, int | None], date]:
    """Find the slots that were complete on the same day already: correcting a slip of the pen must not turn a cell from 按期 to 补记."""
    return {
        (s.kind, s.group_id): s.recorded_on for s in old if s.held_on == case.entry.held_on and not mask_of(case.form.records(s.kind)) & ~s.records
    }


def _title(entry: Entry, topics: Sequence[EntryTopic]) -> str:
    named = [t.title.strip() for t in topics if t.title.strip()]
    return ("；".join(named) or "、".join(ACTIVITY_ZH[ActivityKind(k)] for k in entry.kinds))[:120]


def _topic(case: check.Case, topic: EntryTopic) -> record.NewTopic:
    lecture = topic.kind == ActivityKind.LECTURE
    votes = (topic.ayes, topic.noes, topic.abstain, case.vote(topic).passed) if topic.vote else (None, None, None, None)
    return record.NewTopic(
        topic.kind, topic.title.strip()[:120], topic.text.strip(), topic.lecturer.strip() if lecture else "", topic.hours if lecture else None,
        topic.decision.strip(), *votes,
    )


def _evidence(case: check.Case) -> tuple[record.NewEvidence, ...]:
    required = set(case.form.required(case.entry.kinds))
    lines = [record.NewEvidence(r.value, "entry") for r in rules.MADE_BY_ENTRY if r.value in required]
    for line in case.entry.records:
        if line.how == "upload":
            lines += [record.NewEvidence(line.record_type, "upload", attachment_id=a) for a in line.attachment_ids]
        elif line.how == "paper":
            lines.append(record.NewEvidence(line.record_type, "paper", line.place.strip()))
        elif line.how == "nil":
            lines.append(record.NewEvidence(line.record_type, "nil", reason=line.reason.strip()))
    lines += [record.NewEvidence("minutes" if "minutes" in required else "activity_photos", "upload", attachment_id=a) for a in case.entry.photos]
    return tuple(lines)


def _same(scope: Scope, entry: Entry) -> int | None:
    for slot in recorded.meeting_keys(scope, entry.org_id, entry.held_on):
        if slot.kind in entry.kinds and slot.start == entry.start and slot.activity_id != entry.corrects:
            return slot.activity_id
    return None


@transaction.atomic
def put_aside(actor: Actor, *, org_id: int, key: str, fields: Mapping[str, Any], title: str, why: str, at: datetime) -> int:
    """Keep a draft with everything typed so far (先放着); the same key replaces it."""
    org_path = tree.path_of(org_id)
    actor.require(Permission.ACTIVITY_WRITE, org_path)
    drafts = Draft.objects.within(Scope((org_path,)))
    row = drafts.filter(org_id=org_id, key=key).first()
    values = {"form": dict(fields), "title": title[:120], "why": why[:300], "saved_by": actor.name, "saved_at": at}
    if row is None:
        try:
            with transaction.atomic():
                return drafts.create(org_id=org_id, key=key, **values).pk
        except IntegrityError:  # the same form, sent twice at once
            row = drafts.get(org_id=org_id, key=key)
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
    window, name = window_from_code(window_code), ACTIVITY_ZH[ActivityKind(kind)]
    today = timezone.localtime(at).date()
    answer = queries.compliance(Scope((org_path,)), org_id, window.first.year, today)
    own = answer.years.get(org_id)
    lines = [line for line in (own.lines if own else ()) if line.kind == kind and line.group_id == group_id]
    cell = next((c for line in lines for c in line.cells if c.window == window), None)
    name = lines[0].title if lines else name
    if cell is None or not cell.due or cell.fulfilled >= cell.due:
        raise process.CaseError("E054", f"{window.label}的{name}现在不算没开，不用报", "reason")
    return process.submit(
        actor, kind=EXCUSE.code, org_id=org_id, submitted_from=org_id, subject_type=f"{kind}:{group_id or 0}:{window.code}"[:40], subject_id=org_id,
        title=f"{window.label}{name}没开，申请免", at=at,
        wish={
            "kind": kind, "group_id": group_id, "window": str(window.kind), "window_code": window.code, "first": str(window.first), "last": str(window.last),
            "reason": reason.strip()[:200],
        },
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


@transaction.atomic
def void_meeting(actor: Actor, activity_id: int, *, reason: str, at: datetime) -> int:
    """Say that a recorded meeting was never held (作废): a new entry without kinds takes its slots away; both stay readable.

    Raises EntryRefused E054 without a reason, E044 when it was corrected or voided before; tree.NotFound outside the scope.
    """
    old = recorded.activity(actor.scope(Permission.ACTIVITY_READ), activity_id)
    actor.require(Permission.ACTIVITY_WRITE, tree.path_of(old.org_id))
    if not old.counts:
        raise EntryRefused((Fault("reason", "E044", "这条记录已经更正或作废过，不用再办。请打开最新的一条"),), old.corrected_by_id)
    led = form.leads_only(actor, form.roll(actor.scope(Permission.ACTIVITY_WRITE), old.org_id, old.held_on))
    if led is not None and any(kind != ActivityKind.GROUP_MEETING or group not in led for kind, group in old.kinds):
        raise EntryRefused((Fault("reason", "E023", "党小组长只办自己小组的会。这条请支部书记或委员作废"),))
    if len(reason.strip()) < 4:
        raise EntryRefused((Fault("reason", "E054", "请写明为什么作废，例如：记错了支部，这次会没有开"),))
    new = record.NewActivity(
        org_id=old.org_id, kinds=(), title=old.title, held_on=old.held_on, expected_count=0, present_count=0, start_at=old.start_at, corrects=activity_id,
        correction_reason=reason.strip()[:200],
    )
    try:
        (voiding,) = record.write_many(actor, [new], at=at)
    except record.AlreadyCorrected as twin:
        raise EntryRefused((Fault("reason", "E044", "这条记录刚刚已经有人更正或作废。请打开最新的一条"),)) from twin
    joint.recorded_by(actor, old.org_id, voiding, at=at)
    return voiding


@transaction.atomic
def note_paper(actor: Actor, *, org_id: int, sheet: str, made_as: str, at: datetime, activity_id: int | None = None) -> None:
    """Leave a journal line for a sheet that is printed or taken away as a file. sheet: what it is; made_as: page, docx or xlsx."""
    org_path = tree.path_of(org_id)
    actor.require(Permission.ACTIVITY_READ, org_path)
    subject = ("activity", activity_id) if activity_id else ("organisation", org_id)
    journal.write(actor, "meetings.paper", at=at, org_id=org_id, org_path=org_path, subject=subject, changes={"sheet": sheet, "as": made_as})


@transaction.atomic
def note_picture(actor: Actor, *, org_id: int, year: int, at: datetime) -> None:
    """Leave a journal line for the table of a year that is taken away as a file."""
    org_path = tree.path_of(org_id)
    actor.require(Permission.COMPLIANCE_READ, org_path)
    changes = {"sheet": f"{year}年完成情况", "as": "xlsx"}
    journal.write(actor, "meetings.paper", at=at, org_id=org_id, org_path=org_path, subject=("organisation", org_id), changes=changes)
