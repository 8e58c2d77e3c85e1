"""Build the page of the meeting form from the rules, the roll, the branch's habit, the entry to be corrected and what was posted."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from django.urls import reverse

from zhibu.areas.meetings import form as meeting_form
from zhibu.areas.meetings import rules
from zhibu.areas.meetings.entry import EntryRefused, Fault
from zhibu.areas.meetings.form import FormRules, Roll
from zhibu.areas.meetings.plans import PlanView
from zhibu.ground.files.queries import names as file_names
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.people import queries as people
from zhibu.ground.record import queries as recorded
from zhibu.kernel.activities import ACTIVITY_ZH, MADE_BY_ENTRY, RECORD_ZH, ActivityKind, RecordType
from zhibu.kernel.numbers import Threshold
from zhibu.web.shell.context import Choice, ErrorLine, Link

from .context import Attendee, Kind, Mark, Quorum, RecordLine, RecordPage, Topic
from .forms import Posted

WHO = {ActivityKind.COMMITTEE_MEETING: "committee", ActivityKind.GROUP_MEETING: "group"}
DECIDES = {ActivityKind.GENERAL_MEETING: ("voting", "有表决权"), ActivityKind.COMMITTEE_MEETING: ("committee", "委员")}


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the form stands: organisation, day, address, key, the entry it corrects, and whether it continues a draft of the server."""

    org_id: int
    on: date
    today: date
    action_url: str
    key: str
    cancel_url: str
    corrects: recorded.ActivityView | None = None
    draft: bool = False
    plan: PlanView | None = None
    leave: Mapping[int, str] = field(default_factory=dict)  # approved before the meeting: person id -> reason


@dataclass(frozen=True, slots=True)
class Filled:
    """What the form is filled with: what was posted, else the chosen kinds and groups; and what was wrong with it."""

    kinds: frozenset[str] = frozenset()
    groups: frozenset[int] = frozenset()
    posted: Posted | None = None
    faults: tuple[Fault, ...] = ()
    same_id: int | None = None

    @staticmethod
    def again(posted: Posted, refused: EntryRefused | None = None, faults: tuple[Fault, ...] = (), same_id: int | None = None) -> Filled:
        """Fill the form with what came, and with why it was not taken."""
        found = (refused.faults if refused else ()) + faults
        return Filled(frozenset(posted.many("kind")), frozenset(posted.groups), posted, found, refused.same_id if refused else same_id)


@dataclass(frozen=True, slots=True)
class _Ground:
    """Everything the parts of the page are built from."""

    actor: Actor
    frame: Frame
    filled: Filled
    form: FormRules
    roll: Roll
    habit: recorded.ActivityView | None  # the entry that is corrected, else the branch's last one of the kind
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def old(self) -> recorded.ActivityView | None:
        return self.frame.corrects

    def value(self, name: str, otherwise: str) -> str:
        return self.filled.posted.one(name) if self.filled.posted else otherwise


def build(actor: Actor, frame: Frame, filled: Filled) -> RecordPage:
    """Build the whole page."""
    g = _ground(actor, frame, filled)
    old, post = g.old, next((p.name for p in g.roll.people if p.post == "secretary"), "")
    starts, ends = _times(g.habit)
    if frame.plan:
        starts, ends = (f"{t:%H:%M}" if t else other for t, other in ((frame.plan.plan.start, starts), (frame.plan.plan.end, "")))
    only = meeting_form.leads_only(actor, g.roll)
    kinds = _kinds(g, only)
    names = [p.name for p in g.roll.people]
    chair, recorder = _leaders(g, post)
    place = frame.plan.plan.place if frame.plan else g.habit.place if g.habit else ""
    plan_id = str(frame.plan.id) if frame.plan else g.value("plan", "")[:18]
    return RecordPage(
        action_url=frame.action_url, key=g.value("key", "") or frame.key, draft_id=f"{actor.account_id}-{frame.org_id}-{old.id if old else f'plan{plan_id}' if plan_id else 'new'}",
        org_name=g.roll.org.short_name, title=f"更正 {old.held_on.month}月{old.held_on.day}日的记录" if old else "开会记录", kinds=kinds, people=_attendees(g),
        groups=tuple(Choice(group.name, str(group.id), chosen=group.id in filled.groups) for group in g.roll.groups if only is None or group.id in only),
        topics=_topics(g, {k.code: k for k in kinds}), records=_records(g), held_on=g.value("held_on", str(frame.on)), held_on_max=str(frame.today),
        starts=g.value("starts", starts), ends=g.value("ends", ends), place=g.value("place", place), chairs=_choices(names, chair),
        recorders=_choices(names, recorder), cancel_url=frame.cancel_url, places=(place,) if place else (), lecturers=tuple(names[:8]), default_lecturer=post,
        absence_note=g.value("absence_note", _one_reason(old)), plan_id=plan_id, can_draft=old is None, can_drop=frame.draft,
        crumbs=(Link("组织生活", f"{reverse('meetings:ledger')}?org={frame.org_id}"), Link("更正" if old else "开会记录")), correction=old is not None,
        reason=g.value("reason", ""), late_note=_late(g), errors=_error_lines(filled), field_errors=tuple(g.errors.items()), contents=_contents(g),
        photo_ids=",".join(map(str, _photos(g))), photo_names=tuple(_uploads(g, _photos(g))), restore=_restore(frame, filled),
        same=Link("打开已有的那一条", reverse("meetings:activity", args=[filled.same_id])) if filled.same_id else None,
    )


def _ground(actor: Actor, frame: Frame, filled: Filled) -> _Ground:
    scope = actor.scope(Permission.ACTIVITY_WRITE)
    roll = meeting_form.roll(scope, frame.org_id, frame.on)
    kind = next((k.value for k in roll.kinds if k in filled.kinds), "")
    habit = frame.corrects or recorded.last_activity(scope, frame.org_id, kind) or recorded.last_activity(scope, frame.org_id)
    errors: dict[str, str] = {}
    for f in filled.faults:
        errors[f.field] = f"{errors[f.field]}；{f.reason}" if f.field in errors else f.reason
    return _Ground(actor, frame, filled, meeting_form.form_rules(frame.org_id, frame.on), roll, habit, errors)


def _restore(frame: Frame, filled: Filled) -> str:
    """Say which draft of this device may replace the page: any for a fresh form, the same one for a draft of the server, none after an error."""
    if filled.faults:
        return ""
    return "same" if frame.draft else "any"


def _error_lines(filled: Filled) -> tuple[ErrorLine, ...]:
    return tuple(ErrorLine(f.reason, f"f-t-{f.field[6:]}-title" if f.field.startswith("topic-") else f"f-{f.field}", f.code) for f in filled.faults)


def _kinds(g: _Ground, only: tuple[int, ...] | None) -> tuple[Kind, ...]:
    listed = [k for k in g.roll.kinds if only is None or k == ActivityKind.GROUP_MEETING]
    return tuple(
        Kind(
            k.value, ACTIVITY_ZH[k], k.value in g.filled.kinds, WHO.get(k, "all"), k == ActivityKind.GENERAL_MEETING,
            _quorum(g.form.deciding(k), *DECIDES[k]) if k in DECIDES else None,
        )
        for k in listed
    )


def _quorum(pair: tuple[Threshold, Threshold], who: str, label: str) -> Quorum:
    quorum, majority = pair
    return Quorum(
        who, label, quorum.value.numerator, quorum.value.denominator, str(quorum.op), majority.value.numerator, majority.value.denominator, str(majority.op)
    )


def _choices(names: Iterable[str], chosen: str) -> tuple[Choice, ...]:
    listed = list(dict.fromkeys([*names, chosen] if chosen else names))
    return tuple(Choice(n, n, chosen=n == chosen) for n in listed)


def _one_reason(old: recorded.ActivityView | None) -> str:
    """Give the reason of a corrected entry's absences where all share one; different ones stand with the persons."""
    said = {a.reason for a in old.absences} if old else set()
    return said.pop() if len(said) == 1 else ""


def _attendees(g: _Ground) -> tuple[Attendee, ...]:
    if g.filled.posted:
        marks: Mapping[int, str] = g.filled.posted.marks()
        why: Mapping[int, str] = g.filled.posted.reasons()
    elif g.old:
        twice = people.leads_to(a.person_id for a in g.old.absences)
        marks = {twice.get(a.person_id, a.person_id): a.status for a in g.old.absences}
        why = {} if _one_reason(g.old) else {twice.get(a.person_id, a.person_id): a.reason for a in g.old.absences if a.reason}
    else:
        marks, why = dict.fromkeys(g.frame.leave, "leave"), g.frame.leave
    return tuple(
        Attendee(str(p.id), p.name, Mark(marks.get(p.id, "present")), p.votes, p.committee, (str(p.group_id),) if p.group_id else (), "" if p.full else "预备", why.get(p.id, ""))
        for p in g.roll.people
    )


def _leaders(g: _Ground, secretary: str) -> tuple[str, str]:
    if g.filled.posted:
        return g.filled.posted.one("chair"), g.filled.posted.one("recorder")
    names = {p.name for p in g.roll.people}
    chair = g.habit.chair if g.habit and (g.habit.chair in names or g.old) else secretary
    usual = next((p.name for p in g.roll.people if p.post == "organization"), chair)
    return chair, g.habit.recorder if g.habit and (g.habit.recorder in names or g.old) else usual


def _times(habit: recorded.ActivityView | None) -> tuple[str, str]:
    if habit and habit.start_at:
        return f"{habit.start_at:%H:%M}", f"{habit.end_at:%H:%M}" if habit.end_at else ""
    return "09:00", "10:30"


def _contents(g: _Ground) -> tuple[Choice, ...]:
    usual = g.habit.contents if g.habit and g.habit.contents else ("study",)
    chosen = set(g.filled.posted.many("content")) if g.filled.posted else set(usual)
    return tuple(Choice(label, code, chosen=bool(chosen & {code, label})) for code, label in rules.CONTENT_ZH.items())  # imports write the words


def _late(g: _Ground) -> str:
    frame = g.frame
    if frame.corrects is None and rules.entered_late(frame.on, frame.today, g.form.late_entry_days):
        return f"按补记保存：{frame.on.month}月{frame.on.day}日的会，{frame.today.month}月{frame.today.day}日才记。两个日期都会显示。"
    return ""


# ---------------------------------------------------------------- topics


def _topics(g: _Ground, kinds: Mapping[str, Kind]) -> tuple[Topic, ...]:
    """Build the topic blocks: as posted (one for every kind that has none yet), as recorded before, or one per chosen kind."""
    if g.filled.posted is not None:
        return _posted_topics(g, g.filled.posted, kinds)
    if g.old is not None:
        return tuple(_old_topic(n, t, kinds) for n, t in enumerate(g.old.topics))
    blank = tuple(_blank(n, k) for n, k in enumerate(_with_block(kinds)))
    return _planned_topics(blank, g.frame.plan.plan.topics) if g.frame.plan else blank


def _planned_topics(blank: tuple[Topic, ...], meant: tuple[str, ...]) -> tuple[Topic, ...]:
    """Put what was planned into the blocks of the kinds, in order; what is left gets blocks of its own."""
    filled = [replace(block, title=title) for block, title in zip(blank, meant, strict=False)]
    more = [Topic(n, title=title) for n, title in enumerate(meant[len(blank) :], len(blank))]
    return (*filled, *blank[len(meant) :], *more)


def _with_block(kinds: Mapping[str, Kind]) -> list[Kind]:
    """List the chosen kinds that get a block: a theme day held together with other meetings has their topics for its theme."""
    chosen = [k for k in kinds.values() if k.chosen]
    return [k for k in chosen if len(chosen) == 1 or k.code != ActivityKind.THEME_DAY]


def _blank(n: int, kind: Kind) -> Topic:
    return Topic(n, kind.code, kind.label, vote=kind.votes, lecture=kind.code == ActivityKind.LECTURE)


def _label(code: str, kinds: Mapping[str, Kind]) -> str:
    return kinds[code].label if code in kinds else "议题"


def _posted_topics(g: _Ground, posted: Posted, kinds: Mapping[str, Kind]) -> tuple[Topic, ...]:
    blocks: list[Topic] = []
    for place, (number, t) in enumerate(zip(posted.numbers, posted.topics(), strict=True)):
        if t.kind and t.kind not in g.filled.kinds and not t.said and not g.filled.faults:
            continue  # its kind was unticked and nothing was written
        n, p = len(blocks), f"t-{number}-"
        votes = (posted.one(p + name) for name in ("for", "against", "abstain"))
        blocks.append(
            Topic(
                n, t.kind, _label(t.kind, kinds), t.title, t.text, t.decision, posted.one(p + "vote") == "1", *votes, t.kind == ActivityKind.LECTURE,
                t.lecturer, posted.one(p + "hours"), g.errors.get(f"topic-{place}", ""),
            )
        )
    bare = [k for k in _with_block(kinds) if k.code not in {b.kind for b in blocks}]
    return (*blocks, *(_blank(len(blocks) + n, k) for n, k in enumerate(bare)))


def _old_topic(n: int, t: recorded.TopicView, kinds: Mapping[str, Kind]) -> Topic:
    ayes, noes, abstain = ("" if v is None else str(v) for v in (t.ayes, t.noes, t.abstain))
    return Topic(
        n, t.kind, _label(t.kind, kinds), t.title, t.content, t.resolution, t.ayes is not None, ayes, noes, abstain, t.kind == ActivityKind.LECTURE, t.lecturer,
        str(t.hours or ""),
    )


# ---------------------------------------------------------------- records


@dataclass(frozen=True, slots=True)
class _Answer:
    """How a record line stands: paper, upload, none, later."""

    how: str
    place: str = ""
    reason: str = ""
    uploads: tuple[int, ...] = ()


def _records(g: _Ground) -> tuple[RecordLine, ...]:
    """List every record that a kind of the form may ask for, prefilled: as posted, as recorded before, or with the branch's last answer."""
    asked: dict[str, list[str]] = {}
    for kind in g.roll.kinds:
        for record in g.form.records(kind):
            asked.setdefault(record, []).append(kind.value)
    last = recorded.last_evidence(g.actor.scope(Permission.ACTIVITY_WRITE), g.frame.org_id)
    return tuple(_line(g, record, tuple(asked[record.value]), last.get(record.value)) for record in RecordType if record.value in asked)


def _line(g: _Ground, record: RecordType, kinds: tuple[str, ...], last: recorded.EvidenceView | None) -> RecordLine:
    answer = _answer(g, record, last)
    place = answer.place or f"{g.roll.org.short_name}档案柜"
    return RecordLine(
        record.value, RECORD_ZH[record], kinds, answer.how, place, answer.reason, record in MADE_BY_ENTRY, record != RecordType.ACTIVITY_PHOTOS,
        "、".join(_uploads(g, answer.uploads)), bool(g.filled.kinds & set(kinds)), g.errors.get(f"r-{record.value}", ""), ",".join(map(str, answer.uploads)),
    )


def _answer(g: _Ground, record: RecordType, last: recorded.EvidenceView | None) -> _Answer:
    posted, name = g.filled.posted, f"r-{record.value}"
    if posted is not None and posted.one(name):
        return _Answer(posted.one(name), posted.one(f"{name}-place"), posted.one(f"{name}-reason"), tuple(posted.uploads(record.value)))
    if g.old is not None and record.value in g.form.required(kind for kind, _ in g.old.kinds):
        given = [e for e in g.old.evidence if e.record_type == record.value]
        uploads = tuple(e.attachment_id for e in given if e.attachment_id)
        if uploads:
            return _Answer("upload", uploads=uploads)
        last = given[0] if given else None
        if last is None:
            return _Answer("later")
    if last is not None:
        return _Answer("none" if last.how == "nil" else "paper", last.place.removeprefix("纸质件存"), last.reason)
    return _Answer("none" if record == RecordType.ACTIVITY_PHOTOS else "paper")


def _photos(g: _Ground) -> list[int]:
    if g.filled.posted is not None:
        return g.filled.posted.uploads("photos")
    asked = set(g.form.required(g.filled.kinds)) - {r.value for r in MADE_BY_ENTRY}
    return [e.attachment_id for e in g.old.evidence if e.attachment_id and e.record_type not in asked] if g.old else []


def _uploads(g: _Ground, ids: Iterable[int]) -> list[str]:
    wanted = list(ids)
    known = file_names(g.actor.scope(Permission.ACTIVITY_WRITE), wanted) if wanted else {}
    return [known[i] for i in wanted if i in known]
