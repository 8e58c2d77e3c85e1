"""Recording a meeting by the same action as the form of the page, and what a record needs; drafts put aside on the page."""
from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Header, Query, Schema
from ninja.responses import Status
from pydantic import ConfigDict, Field

from zhibu.areas.meetings import actions, plan_actions, plans
from zhibu.areas.meetings import form as meeting_form
from zhibu.areas.meetings.entry import Entry, EntryRecord, EntryRefused, EntryTopic, Fault
from zhibu.areas.meetings.rules import ContentItem
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.once import OF_PROGRAM, once
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.activities import ActivityKind, RecordType

from .activities import Activity, hour, shown
from .activities import router as router  # one address reads and writes: both stand on one router
from .door import seen
from .organisations import day
from .reading import reads, writes
from .shape import Day, Id, OfOrgOnDay, OfOrgPaged, Page, Shape, page

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="几点几分，例如 09:00")]
Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[A-Za-z0-9._:-]{8,60}$", description="自己起的编号，8 到 60 个字母、数字；同一次会重发时用同一个")]


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
    reason: str = Field("", max_length=100, description="这名同志为什么没来；不写就用 absence_note")


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
    plan_id: Id | None = Field(None, description="照哪一次计划开的，见 GET /plans；不写就照这一天的计划找")
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
        reasons={m.person_id: m.reason for m in new.missed if m.reason.strip()},
        topics=tuple(
            EntryTopic(
                str(t.kind), t.title, t.text, t.decision, t.vote, t.ayes, t.noes, t.abstain, t.lecturer, Decimal(t.hours) if t.hours and t.kind == "lecture" else None
            )
            for t in new.topics
        ),
        records=tuple(EntryRecord(str(r.record_type), r.how, r.place.removeprefix("纸质件存"), r.reason) for r in new.records),
    )


def _plan_faults(actor: Actor, new: NewActivity) -> tuple[Fault, ...]:
    """Say what stops the plan named: it is none of this organisation's, or it does not wait to be held."""
    if new.plan_id is None:
        return ()
    try:
        plan = plans.plan(actor.scope(P.ACTIVITY_WRITE), new.plan_id)
    except NotFound:
        plan = None
    if plan is None or plan.org_id != new.org_id:
        return (Fault("plan_id", "E054", "本组织没有这次计划，请核对 plan_id，或不写"),)
    return () if plan.open else (Fault("plan_id", "E044", "这次计划已经取消、没有答应参加，或已经记好了。请核对 plan_id，或不写"),)


def _record(actor: Actor, new: NewActivity, at: datetime) -> str:
    """Record a meeting and note the plan it was held by, as the form of the page does. Raises EntryRefused with every fault."""
    faults = _plan_faults(actor, new)
    try:
        made = actions.record_meeting(actor, entry(new), at=at)
    except EntryRefused as refused:
        raise EntryRefused((*refused.faults, *faults), refused.same_id) from None
    if faults:
        raise EntryRefused(faults)
    plan_actions.hold(actor, new.org_id, made, new.plan_id, at=at)
    return str(made)


@writes(router, "/activities", Activity, "记一次会", url_name="activities")
def record_activity(request: HttpRequest, response: HttpResponse, sent: NewActivity, idempotency_key: Key):
    """Record a meeting once: the same key with the same content gives the same entry again."""
    actor, now = request.actor, request.now  # type: ignore[attr-defined]
    made, fresh = once(actor.account_id, f"{OF_PROGRAM}{idempotency_key}", {"record_activity": sent.model_dump(mode="json")}, now, lambda: _record(actor, sent, now))
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
