"""Build the page of the meeting form from the rules, the roll, the branch's habit and what was posted."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from django.urls import reverse

from zhibu.areas.meetings import queries, rules
from zhibu.areas.meetings.entry import EntryRefused, Fault
from zhibu.ground.files.queries import names as file_names
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.policy.spec import LifeRule
from zhibu.ground.record import queries as recorded
from zhibu.kernel.activities import ACTIVITY_ZH, RECORD_ZH, ActivityKind, RecordType
from zhibu.kernel.numbers import Threshold
from zhibu.web.shell.context import Choice, ErrorLine, Link

from .context import Attendee, Kind, Mark, Quorum, RecordLine, RecordPage, Topic
from .forms import Posted

WHO = {"committee_meeting": "committee", "group_meeting": "group"}
VOTES = {"general_meeting"}
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the form stands: organisation, day, address, key, and the entry it corrects."""

    org_id: int
    on: date
    today: date
    action_url: str
    key: str
    cancel_url: str
    corrects: recorded.ActivityView | None = None


def _quorum(pair: tuple[Threshold, Threshold], who: str) -> Quorum:
    quorum, majority = pair
    label = "委员" if who == "committee" else "有表决权"
    return Quorum(
        who, label, quorum.value.numerator, quorum.value.denominator, quorum.op.value, majority.value.numerator, majority.value.denominator, majority.op.value,
    )


def kinds_of(form: queries.FormRules, roll: queries.Roll, chosen: set[str]) -> tuple[Kind, ...]:
    """List the kinds a branch can record: those of its rule set first, the others of the field after them."""
    kinds = []
    for kind in (ActivityKind.THEME_DAY, ActivityKind.GENERAL_MEETING, ActivityKind.LECTURE, ActivityKind.COMMITTEE_MEETING, ActivityKind.GROUP_MEETING, ActivityKind.ORG_LIFE_MEETING, ActivityKind.APPRAISAL):
        if (kind == ActivityKind.COMMITTEE_MEETING and not roll.has_committee) or (kind == ActivityKind.GROUP_MEETING and not roll.groups):
            continue
        who = WHO.get(kind, "all")
        quorum = _quorum(form.committee, "committee") if kind == ActivityKind.COMMITTEE_MEETING else _quorum(form.general, "voting") if kind == ActivityKind.GENERAL_MEETING else None
        kinds.append(Kind(kind.value, ACTIVITY_ZH[kind], kind.value in chosen, who, kind.value in VOTES, quorum))
    return tuple(kinds)


def attendees(roll: queries.Roll, marks: Mapping[int, str]) -> tuple[Attendee, ...]:
    """List everybody on the roll with the mark so far."""
    return tuple(
        Attendee(str(p.id), p.name, Mark(marks.get(p.id, "present")), p.votes, p.committee, (str(p.group_id),) if p.group_id else (), "" if p.full else "预备")
        for p in roll.people
    )


def record_lines(form: queries.FormRules, roll: queries.Roll, chosen: set[str], last: Mapping[str, recorded.EvidenceView], posted: Posted | None, uploads: Mapping[int, str], errors: Mapping[str, str]) -> tuple[RecordLine, ...]:
    """List every record the kinds of the rule set may ask for, prefilled with the branch's last answer."""
    asked: dict[str, list[str]] = {}
    for kind, resolved in form.life.items():
        for record in cast(LifeRule, resolved.value).records or ():
            asked.setdefault(record, []).append(kind)
    lines = []
    for record in RecordType:
        if record.value not in asked:
            continue
        kinds, auto = tuple(asked[record.value]), record in rules.MADE_BY_ENTRY
        habit = last.get(record.value)
        answer, place, reason = _answer(record, habit)
        kept: list[int] = []
        if posted is not None:
            answer = posted.one(f"r-{record.value}") or answer
            place, reason = posted.one(f"r-{record.value}-place") or place, posted.one(f"r-{record.value}-reason") or reason
            kept = posted.attachments.get(record.value, [])
        lines.append(
            RecordLine(
                record.value, RECORD_ZH[record], kinds, answer, place or f"{roll.org.short_name}档案柜", reason, auto, record != RecordType.ACTIVITY_PHOTOS,
                "、".join(uploads.get(i, "") for i in kept), bool(chosen & set(kinds)), errors.get(f"r-{record.value}", ""), ",".join(map(str, kept)),
            )
        )
    return tuple(lines)


def _answer(record: RecordType, habit: recorded.EvidenceView | None) -> tuple[str, str, str]:
    if habit is not None:
        return ("none" if habit.how == "nil" else "paper"), habit.place, habit.reason
    return ("none" if record == RecordType.ACTIVITY_PHOTOS else "paper"), "", ""


def topics_of(kinds: tuple[Kind, ...], posted: Posted | None, errors: str, corrects: recorded.ActivityView | None) -> tuple[Topic, ...]:
    """Build the topic blocks: as posted, as recorded before, or one per chosen kind."""
    labels = {k.code: k.label for k in kinds}
    if posted is not None:
        blocks = []
        for n, (number, t) in enumerate(zip(posted.numbers, posted.topics(), strict=True)):
            p = f"t-{number}-"
            blocks.append(
                Topic(n, t.kind, labels.get(t.kind, "议题"), t.title, t.text, t.decision, posted.one(p + "vote") == "1", posted.one(p + "for"), posted.one(p + "against"), posted.one(p + "abstain"), t.kind == "lecture", t.lecturer, posted.one(p + "hours"), errors if n == 0 else "")
            )
        return tuple(blocks)
    if corrects is not None:
        return tuple(
            Topic(
                n, t.kind, labels.get(t.kind, "议题"), t.title, t.content, t.resolution, t.ayes is not None, str(t.ayes or "") if t.ayes is not None else "", str(t.noes or 0), str(t.abstain or 0),
                t.kind == "lecture", t.lecturer, str(t.hours or ""),
            )
            for n, t in enumerate(corrects.topics)
        )
    return tuple(Topic(n, k.code, k.label, vote=k.votes, lecture=k.code == "lecture") for n, k in enumerate(k for k in kinds if k.chosen))


def build(actor: Actor, frame: Frame, *, chosen: set[str], groups: set[int], posted: Posted | None = None, refused: EntryRefused | None = None, faults: tuple[Fault, ...] = ()) -> RecordPage:
    """Build the whole page."""
    scope = actor.scope(Permission.ACTIVITY_WRITE)
    form = queries.form_rules(frame.org_id, frame.on)
    roll = queries.roll(scope, frame.org_id, frame.on)
    kinds = kinds_of(form, roll, chosen)
    last = recorded.last_activity(scope, frame.org_id, next(iter(chosen), ""))or recorded.last_activity(scope, frame.org_id)
    base = frame.corrects or last
    found = (refused.faults if refused else ()) + faults
    by_field: dict[str, str] = {}
    for f in found:
        by_field[f.field] = f"{by_field[f.field]}；{f.reason}" if f.field in by_field else f.reason
    uploads = file_names(scope, [i for ids in posted.attachments.values() for i in ids]) if posted else {}
    marks = posted.marks() if posted else {a.person_id: a.status for a in frame.corrects.absences} if frame.corrects else {}
    chair, recorder = _leaders(roll, base, posted)
    value = posted.one if posted else (lambda name: "")
    starts, ends = _times(base, posted)
    secretary = next((p.name for p in roll.people if p.post == "secretary"), "")
    contents = set(posted.many("content")) if posted else set(base.contents if base and base.contents else ("study",))
    lines = tuple(ErrorLine(f.reason, f"f-{'t-0-title' if f.field == 'topics' else f.field}", f.code) for f in found)
    if refused and refused.same_id:
        lines += (ErrorLine("已有的那一条在这里，可以打开看或更正", "", ""),)
    names = [p.name for p in roll.people]
    return RecordPage(
        action_url=frame.action_url, key=value("key") or frame.key, draft_id=f"{actor.account_id}-{frame.org_id}-{frame.corrects.id if frame.corrects else 'new'}",
        org_name=roll.org.short_name, title=f"更正 {frame.corrects.held_on.month}月{frame.corrects.held_on.day}日的记录" if frame.corrects else "开会记录", kinds=kinds,
        people=attendees(roll, marks), groups=tuple(Choice(g.name, str(g.id), chosen=g.id in groups) for g in roll.groups),
        topics=topics_of(kinds, posted, by_field.get("topics", ""), frame.corrects), records=record_lines(form, roll, chosen, recorded.last_evidence(scope, frame.org_id), posted, uploads, by_field),
        held_on=value("held_on") or str(frame.on), held_on_max=str(frame.today), starts=starts, ends=ends, place=value("place") or (base.place if base else ""),
        chairs=tuple(Choice(n, n, chosen=n == chair) for n in names), recorders=tuple(Choice(n, n, chosen=n == recorder) for n in names), cancel_url=frame.cancel_url,
        places=(base.place,) if base and base.place else (), lecturers=tuple(names[:8]), default_lecturer=secretary, default_hours="1", absence_note=value("absence_note"),
        crumbs=(Link("组织生活", reverse("meetings:ledger") + f"?org={frame.org_id}"), Link("开会记录")), can_draft=frame.corrects is None, correction=frame.corrects is not None,
        reason=value("reason"), late_note=_late(frame, form), errors=lines, field_errors=tuple(by_field.items()),
        contents=tuple(Choice(label, code, chosen=code in contents) for code, label in rules.CONTENT_ZH.items()),
        photo_ids=",".join(map(str, posted.attachments.get("photos", ()))) if posted else "",
    )


def _leaders(roll: queries.Roll, base: recorded.ActivityView | None, posted: Posted | None) -> tuple[str, str]:
    if posted:
        return posted.one("chair"), posted.one("recorder")
    names = {p.name for p in roll.people}
    secretary = next((p.name for p in roll.people if p.post == "secretary"), "")
    chair = base.chair if base and base.chair in names else secretary
    recorder = base.recorder if base and base.recorder in names else next((p.name for p in roll.people if p.post == "organization"), chair)
    return chair, recorder


def _times(base: recorded.ActivityView | None, posted: Posted | None) -> tuple[str, str]:
    if posted:
        return posted.one("starts"), posted.one("ends")
    if base and base.start_at:
        return f"{base.start_at:%H:%M}", f"{base.end_at:%H:%M}" if base.end_at else ""
    return "09:00", "10:30"


def _late(frame: Frame, form: queries.FormRules) -> str:
    if frame.corrects is None and rules.entered_late(frame.on, frame.today, form.late_entry_days):
        return f"按补记保存：{frame.on.month}月{frame.on.day}日的会，{frame.today.month}月{frame.today.day}日才记。两个日期都会显示。"
    return ""
