"""组织生活: what was recorded, what a new record needs, who came; and recording a meeting by the same action as the form of the page."""
from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Literal

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Header, Query, Router, Schema
from ninja.responses import Status
from pydantic import ConfigDict, Field

from zhibu.areas.meetings import actions
from zhibu.areas.meetings import attendance as counted
from zhibu.areas.meetings import form as meeting_form
from zhibu.areas.meetings.entry import Entry, EntryRecord, EntryTopic
from zhibu.areas.meetings.rules import ContentItem
from zhibu.ground.files.queries import attachment, openable
from zhibu.ground.guard.once import once
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ActivityKind, RecordType

from .door import seen
from .organisations import day
from .reading import reads, writes
from .shape import Day, Id, Page, Shape, Slice, page

router = Router(tags=["组织生活"])

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="几点几分，例如 09:00")]
Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[A-Za-z0-9._:-]{8,60}$", description="自己起的编号，8 到 60 个字母、数字；同一次会重发时用同一个")]


class Kind(Shape):
    """One kind of organisational life that an entry counts as, and the group."""

    kind: str
    group_id: int | None


class ActivityLine(Shape):
    """A row of the list of records."""

    id: int
    org_id: int
    title: str
    kinds: tuple[Kind, ...]
    held_on: date
    start: str | None
    place: str
    chair: str
    recorder: str
    expected_count: int
    present_count: int
    recorded_on: date
    corrected: bool
    correction: bool
    voided: bool


class Topic(Shape):
    """A topic, its resolution and vote."""

    kind: str
    title: str
    text: str
    lecturer: str
    hours: str | None
    decision: str
    ayes: int | None
    noes: int | None
    abstain: int | None
    passed: bool | None


class Expected(Shape):
    """Somebody who was expected."""

    person_id: int
    name: str
    status: str
    reason: str


class Record(Shape):
    """A record that is present and where; `file` is the name of an upload that the reader may open."""

    record_type: str
    how: str
    place: str
    reason: str
    file_id: int | None
    file: str


class Activity(Shape):
    """One entry with everything."""

    id: int
    org_id: int
    title: str
    kinds: tuple[Kind, ...]
    held_on: date
    start: str | None
    end: str | None
    place: str
    chair: str
    recorder: str
    contents: tuple[str, ...]
    expected_count: int
    present_count: int
    voting_count: int | None
    voting_present: int | None
    people: tuple[Expected, ...]
    topics: tuple[Topic, ...]
    records: tuple[Record, ...]
    recorded_at: datetime
    recorded_by: str
    recorded_on: date
    corrects_id: int | None
    correction_reason: str
    corrected_by_id: int | None
    counts: bool
    voided: bool


class Listing(Slice):
    """Which records."""

    org: Id = Field(description="哪个组织")
    first: Day | None = Field(None, description="从哪天起，不写就是今年第一天")
    last: Day | None = Field(None, description="到哪天止，不写就是今天")
    kind: ActivityKind | None = Field(None, description="只列一种组织生活")
    ordering: Literal["-held_on", "held_on"] = Field("-held_on", description="新的在前，或旧的在前")


class OfOrg(Schema):
    """One organisation."""

    org: Id = Field(description="哪个组织")


class OfOrgOnDay(OfOrg):
    """One organisation on a day."""

    on: Day | None = Field(None, description="哪一天，不写就是今天")


class OfOrgPaged(Slice):
    """A list of one organisation."""

    org: Id = Field(description="哪个组织")


def hour(t: time | None) -> str | None:
    """Write a time."""
    return f"{t:%H:%M}" if t else None


def _kinds(pairs: tuple[tuple[str, int | None], ...]) -> tuple[Kind, ...]:
    return tuple(Kind(kind=kind, group_id=group) for kind, group in pairs)


@reads(router, "/activities", Page[ActivityLine], "会议记录列表", url_name="activities")
def activities(request: HttpRequest, asked: Query[Listing]):
    """List the entries of one organisation between two days."""
    seen(request, asked.org, P.ACTIVITY_READ)
    today: date = request.today  # type: ignore[attr-defined]
    scope, first, last = request.actor.scope(P.ACTIVITY_READ), asked.first or date(today.year, 1, 1), asked.last or today  # type: ignore[attr-defined]
    found = recorded.activities(scope, asked.org, first, last, kind=str(asked.kind or ""), newest_first=asked.ordering == "-held_on")
    lines = [
        ActivityLine(
            id=a.id, org_id=a.org_id, title=a.title, kinds=_kinds(a.kinds), held_on=a.held_on, start=hour(a.start_at), place=a.place, chair=a.chair,
            recorder=a.recorder, expected_count=a.expected_count, present_count=a.present_count, recorded_on=a.recorded_on, corrected=a.corrected,
            correction=a.correction, voided=a.voided,
        )
        for a in found
    ]
    return page(request, asked, lines)


def shown(scope: Scope, activity_id: int) -> Activity:
    """Give one entry as a reader of a scope sees it."""
    v = recorded.activity(scope, activity_id)
    names, missed = people.names_of(scope, v.expected), {a.person_id: a for a in v.absences}
    files = openable(scope, [e.attachment_id for e in v.evidence if e.attachment_id])
    return Activity(
        id=v.id, org_id=v.org_id, title=v.title, kinds=_kinds(v.kinds), held_on=v.held_on, start=hour(v.start_at), end=hour(v.end_at), place=v.place, chair=v.chair,
        recorder=v.recorder, contents=v.contents, expected_count=v.expected_count, present_count=v.present_count, voting_count=v.voting_count,
        voting_present=v.voting_present,
        people=tuple(
            Expected(person_id=i, name=missed[i].name, status=missed[i].status, reason=missed[i].reason)
            if i in missed else Expected(person_id=i, name=names.get(i, "（已转出）"), status="present", reason="")
            for i in v.expected
        ),
        topics=tuple(
            Topic(
                kind=t.kind, title=t.title, text=t.content, lecturer=t.lecturer, hours=str(t.hours) if t.hours is not None else None, decision=t.resolution,
                ayes=t.ayes, noes=t.noes, abstain=t.abstain, passed=t.passed,
            )
            for t in v.topics
        ),
        records=tuple(
            Record(
                record_type=e.record_type, how=e.how, place=e.place, reason=e.reason, file_id=e.attachment_id if e.attachment_id in files else None,
                file=files.get(e.attachment_id or 0, ""),
            )
            for e in v.evidence
        ),
        recorded_at=v.recorded_at, recorded_by=v.recorded_by, recorded_on=v.recorded_on, corrects_id=v.corrects_id, correction_reason=v.correction_reason,
        corrected_by_id=v.corrected_by_id, counts=v.counts, voided=v.voided,
    )


@reads(router, "/activities/{activity_id}", Activity, "一条会议记录")
def activity(request: HttpRequest, activity_id: Id):
    """Give one entry."""
    return shown(request.actor.scope(P.ACTIVITY_READ), activity_id)  # type: ignore[attr-defined]


BINARY = {"responses": {200: {"description": "文件", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}}


@reads(router, "/files/{attachment_id}", None, "下载一份上传的材料", openapi_extra=BINARY)
def file(request: HttpRequest, attachment_id: Id):
    """Send an attachment, always as a download; those in a confidential compartment are not found by a token."""
    found = attachment(request.actor.scope(P.ACTIVITY_READ), attachment_id)  # type: ignore[attr-defined]
    response = FileResponse(found.path.open("rb"), as_attachment=True, filename=found.name, content_type=found.media_type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


# ---------------------------------------------------------------- recording


class Sent(Schema):
    """A part of what is sent: a field that nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SentTopic(Sent):
    """A topic; with `vote` the three numbers are the result of a show of hands."""

    kind: ActivityKind | Literal[""] = Field("", description="是哪一种会的议题；只开一种会时可以不写")
    title: str = Field("", max_length=120)
    text: str = Field("", max_length=5000)
    decision: str = Field("", max_length=500)
    vote: bool = False
    ayes: int = Field(0, ge=0, le=99_999)
    noes: int = Field(0, ge=0, le=99_999)
    abstain: int = Field(0, ge=0, le=99_999)
    lecturer: str = Field("", max_length=50)
    hours: Annotated[str, Field(pattern=r"^([0-9]|1[0-9]|2[0-3])(\.[0-9])?$|^24(\.0)?$", description="党课学时，例如 1.5")] | None = None


class SentRecord(Sent):
    """Where a record is kept. Files are added on the page."""

    record_type: RecordType
    how: Literal["paper", "nil", "later"] = Field(description="paper 纸质件（写 place）、nil 无（写 reason）、later 以后补")
    place: str = Field("", max_length=100)
    reason: str = Field("", max_length=200)


class Missed(Sent):
    """Somebody who was expected and did not come."""

    person_id: Id
    status: Literal["leave", "absent"]


class NewActivity(Sent):
    """One meeting. Whoever is on the roll of that day and not among `missed` was there."""

    org_id: Id
    kinds: list[ActivityKind] = Field(min_length=1, max_length=8)
    held_on: Day
    start: Clock | None = None
    end: Clock | None = None
    place: str = Field("", max_length=100)
    chair: str = Field("", max_length=50)
    recorder: str = Field("", max_length=50)
    contents: list[ContentItem] = Field([], max_length=5, description="主题党日的内容")
    group_ids: list[Id] = Field([], max_length=50, description="开党小组会的小组")
    missed: list[Missed] = Field([], max_length=2000)
    absence_note: str = Field("", max_length=100)
    topics: list[SentTopic] = Field([], max_length=60)
    records: list[SentRecord] = Field([], max_length=30)


def _clock(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None


def entry(new: NewActivity) -> Entry:
    """Read what was sent as the form of the page reads what was typed."""
    kinds = tuple(dict.fromkeys(str(k) for k in new.kinds))
    contents = tuple(dict.fromkeys(str(c) for c in new.contents))
    if {"theme_day", "lecture"} <= set(kinds) and "lecture" not in contents:
        contents += ("lecture",)
    return Entry(
        org_id=new.org_id, kinds=kinds, held_on=new.held_on, start=_clock(new.start), end=_clock(new.end), place=new.place, chair=new.chair, recorder=new.recorder,
        contents=contents if "theme_day" in kinds else (), group_ids=tuple(dict.fromkeys(new.group_ids)) if "group_meeting" in kinds else (),
        marks={m.person_id: m.status for m in new.missed}, absence_note=new.absence_note,
        topics=tuple(
            EntryTopic(
                str(t.kind), t.title, t.text, t.decision, t.vote, t.ayes, t.noes, t.abstain, t.lecturer, Decimal(t.hours) if t.hours and t.kind == "lecture" else None
            )
            for t in new.topics
        ),
        records=tuple(EntryRecord(str(r.record_type), r.how, r.place.removeprefix("纸质件存"), r.reason) for r in new.records),
    )


@writes(router, "/activities", Activity, "记一次会", url_name="activities")
def record_activity(request: HttpRequest, response: HttpResponse, sent: NewActivity, idempotency_key: Key):
    """Record a meeting once: the same key with the same content gives the same entry again."""
    actor, now = request.actor, request.now  # type: ignore[attr-defined]
    made, fresh = once(
        actor.account_id, f"api:{idempotency_key}", {"record_activity": sent.model_dump(mode="json")}, now,
        lambda: str(actions.record_meeting(actor, entry(sent), at=now)),
    )
    response.headers["Location"] = reverse("api:activity", args=[int(made)])
    return Status(201 if fresh else 200, shown(actor.scope(P.ACTIVITY_WRITE), int(made)))


class OnRoll(Shape):
    """Somebody who counts for the expected headcount of a day."""

    person_id: int
    name: str
    votes: bool
    committee: bool
    group_id: int | None
    leads_group: bool
    post: str


class Named(Shape):
    """A thing with its number."""

    id: int
    name: str


class KindRule(Shape):
    """A kind that can be recorded, and the records it asks for."""

    kind: ActivityKind
    records: tuple[str, ...]


class Habit(Shape):
    """What the last entry said, for filling in a form."""

    place: str
    chair: str
    recorder: str
    start: str | None
    end: str | None


class FormNeeds(Shape):
    """What a program needs to fill in a record: the kinds, the roll of that day, the groups, the records asked for, the meetings recorded already."""

    org_id: int
    on: date
    kinds: tuple[KindRule, ...]
    only_groups: tuple[int, ...] | None
    people: tuple[OnRoll, ...]
    groups: tuple[Named, ...]
    late_entry_days: int
    habit: Habit | None
    kept_at: dict[str, str]
    recorded: tuple[int, ...]


@reads(router, "/activities-form", FormNeeds, "记会需要知道的：种类、应到名单、党小组、要哪些材料")
def form_needs(request: HttpRequest, asked: Query[OfOrgOnDay]):
    """Give what a record of a day needs."""
    seen(request, asked.org, P.ACTIVITY_WRITE)
    actor, on = request.actor, day(request, asked.on)  # type: ignore[attr-defined]
    scope = actor.scope(P.ACTIVITY_WRITE)
    roll, rules = meeting_form.roll(scope, asked.org, on), meeting_form.form_rules(asked.org, on)
    last = recorded.last_activity(scope, asked.org)
    return FormNeeds(
        org_id=asked.org, on=on, kinds=tuple(KindRule(kind=k, records=rules.required([k])) for k in roll.kinds), only_groups=meeting_form.leads_only(actor, roll),
        people=tuple(
            OnRoll(person_id=p.id, name=p.name, votes=p.votes, committee=p.committee, group_id=p.group_id, leads_group=p.leads_group, post=p.post)
            for p in roll.people
        ),
        groups=tuple(Named(id=g.id, name=g.name) for g in roll.groups), late_entry_days=rules.late_entry_days,
        habit=Habit(place=last.place, chair=last.chair, recorder=last.recorder, start=hour(last.start_at), end=hour(last.end_at)) if last else None,
        kept_at={k: e.place for k, e in recorded.last_evidence(scope, asked.org).items() if e.how == "paper"},
        recorded=tuple(dict.fromkeys(s.activity_id for s in recorded.slots(scope, asked.org, on, on))),
    )


class Draft(Shape):
    """A record put aside on the page."""

    org_id: int
    title: str
    why: str
    saved_by: str
    saved_on: date


@reads(router, "/drafts", Page[Draft], "先放着的会议记录")
def drafts(request: HttpRequest, asked: Query[OfOrgPaged]):
    """List the drafts of an organisation."""
    seen(request, asked.org, P.ACTIVITY_WRITE)
    found = meeting_form.drafts(request.actor.scope(P.ACTIVITY_WRITE), asked.org)  # type: ignore[attr-defined]
    return page(request, asked, [Draft(org_id=d.org_id, title=d.title, why=d.why, saved_by=d.saved_by, saved_on=d.saved_on) for d in found])


# ---------------------------------------------------------------- who came


class MemberAttendance(Shape):
    """One member's attendance over the last twelve months."""

    person_id: int
    name: str
    expected: int
    present: int
    rate: str
    last_on: date | None
    away: int
    review: bool


class Attendance(Shape):
    """The attendance of a branch; the rate is Σ present / Σ expected."""

    first: date
    last: date
    expected: int
    present: int
    rate: str
    review_months: int
    members: tuple[MemberAttendance, ...]


@reads(router, "/attendance", Attendance, "考勤：近十二个月每名党员应到、实到")
def attendance(request: HttpRequest, asked: Query[OfOrg]):
    """Count the attendance of a branch."""
    seen(request, asked.org, P.ACTIVITY_READ)
    found = counted.attendance(request.actor.scope(P.ACTIVITY_READ), asked.org, request.today)  # type: ignore[attr-defined]
    return Attendance(
        first=found.first, last=found.last, expected=found.expected, present=found.present, rate=found.rate, review_months=found.review_months,
        members=tuple(
            MemberAttendance(
                person_id=m.person_id, name=m.name, expected=m.expected, present=m.present, rate=m.rate, last_on=m.last_on, away=m.away, review=m.review
            )
            for m in found.members
        ),
    )


class Absence(Shape):
    """An absence and whether it was made up for."""

    id: int
    activity_id: int
    person_id: int
    name: str
    status: str
    reason: str
    caught_up_on: date | None
    caught_up_how: str


@reads(router, "/absences", Page[Absence], "请假、缺席和补课")
def absences(request: HttpRequest, asked: Query[OfOrgPaged]):
    """List the absences of an organisation for this year and the last quarter of the year before."""
    seen(request, asked.org, P.ACTIVITY_READ)
    today: date = request.today  # type: ignore[attr-defined]
    found = recorded.absences(request.actor.scope(P.ACTIVITY_READ), org_id=asked.org, first=date(today.year - 1, 10, 1))  # type: ignore[attr-defined]
    return page(request, asked, [
        Absence(
            id=a.id, activity_id=a.activity_id, person_id=a.person_id, name=a.name, status=a.status, reason=a.reason, caught_up_on=a.caught_up_on,
            caught_up_how=a.caught_up_how,
        )
        for a in found
    ])


class GroupOfAnyTime(Shape):
    """A Party group of any time."""

    id: int
    name: str
    from_on: date
    to_on: date | None


@reads(router, "/groups", Page[GroupOfAnyTime], "党小组，包括已撤销的")
def groups(request: HttpRequest, asked: Query[OfOrgPaged]):
    """List the Party groups that entries of an organisation may name."""
    seen(request, asked.org, P.ACTIVITY_READ)
    found = tree.groups(request.actor.scope(P.ACTIVITY_READ), org_ids=[asked.org])  # type: ignore[attr-defined]
    return page(request, asked, [GroupOfAnyTime(id=g.id, name=g.name, from_on=g.from_on, to_on=g.to_on) for g in found])
