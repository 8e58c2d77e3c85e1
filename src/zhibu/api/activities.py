"""组织生活: what was recorded, one record with everything, and its files."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Literal

from django.http import FileResponse, HttpRequest
from ninja import Query, Router
from pydantic import Field

from zhibu.areas.meetings import plans
from zhibu.ground.files.queries import attachment, openable
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.record import queries as recorded
from zhibu.kernel.activities import ActivityKind

from .door import seen
from .reading import reads
from .shape import Day, Id, Page, Shape, Slice, page

router = Router(tags=["组织生活"])


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
    plan_id: int | None


class Listing(Slice):
    """Which records."""

    org: Id = Field(description="哪个组织")
    first: Day | None = Field(None, description="从哪天起，不写就是今年第一天")
    last: Day | None = Field(None, description="到哪天止，不写就是今天")
    kind: ActivityKind | None = Field(None, description="只列一种组织生活")
    ordering: Literal["-held_on", "held_on"] = Field("-held_on", description="新的在前，或旧的在前")


def hour(t: time | None) -> str | None:
    """Write a time."""
    return f"{t:%H:%M}" if t else None


def kinds_of(pairs: Iterable[tuple[str, int | None]]) -> tuple[Kind, ...]:
    """Give kinds with their groups."""
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
            id=a.id, org_id=a.org_id, title=a.title, kinds=kinds_of(a.kinds), held_on=a.held_on, start=hour(a.start_at), place=a.place, chair=a.chair,
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
    plan = plans.of_record(scope, v.org_id, v.id, v.corrects_id, v.held_on) if v.counts else None
    return Activity(
        id=v.id, org_id=v.org_id, title=v.title, kinds=kinds_of(v.kinds), held_on=v.held_on, start=hour(v.start_at), end=hour(v.end_at), place=v.place, chair=v.chair,
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
        corrected_by_id=v.corrected_by_id, counts=v.counts, voided=v.voided, plan_id=plan.id if plan else None,
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
