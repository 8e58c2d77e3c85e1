"""教育学时: the hours of a year by branch and by member with every source, courses with their times."""
from __future__ import annotations

from datetime import date

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from zhibu.areas.training import courses as held
from zhibu.areas.training import queries, rules
from zhibu.areas.training.queries import MemberYear
from zhibu.ground.guard.permission import Permission as P

from .door import seen
from .reading import reads
from .shape import Id, OfOrgPaged, Page, Shape, page

router = Router(tags=["教育学时"])


class OfYear(OfOrgPaged):
    """A list of one organisation in a year."""

    year: int | None = Field(None, ge=2000, le=2200, description="哪一年，不写就是今年")


class MemberHours(Shape):
    """A member's hours of a year, as decimal texts. `before`: earned this year where he was before. `counts_not`: self-study, which is kept and not counted."""

    person_id: int
    org_id: int
    name: str
    officer: bool
    secretary: bool
    meetings: str
    courses: str
    before: str
    counts_not: str
    total: str
    target: str
    missing: str
    reached: bool
    behind: bool
    short: bool
    central_done: bool | None
    central_due_on: date | None


def _member(m: MemberYear) -> MemberHours:
    return MemberHours(
        person_id=m.person_id, org_id=m.org_id, name=m.name, officer=m.officer, secretary=m.secretary, meetings=rules.said(m.meetings), courses=rules.said(m.courses),
        before=rules.said(m.before), counts_not=rules.said(m.uncounted), total=rules.said(m.total), target=rules.said(m.target.tenths), missing=rules.said(m.pace.missing), reached=m.pace.reached,
        behind=m.pace.behind, short=m.pace.short, central_done=m.central.done if m.central else None, central_due_on=m.central.due_on if m.central else None,
    )


class BranchHours(Shape):
    """The hours of a branch in a year."""

    org_id: int
    org: str
    members: int
    reached: int
    rate: str
    behind: int
    short: int
    untrained: int
    rule_sets: tuple[str, ...]
    lines: tuple[MemberHours, ...]


@reads(router, "/training", Page[BranchHours], "教育学时：各支部和每名党员一年的学时")
def training(request: HttpRequest, asked: Query[OfYear]):
    """Give the hours of a branch, or of the branches below an organisation."""
    org = seen(request, asked.org, P.TRAINING_READ)
    today: date = request.today  # type: ignore[attr-defined]
    scope = request.actor.scope(P.TRAINING_READ)  # type: ignore[attr-defined]
    found = queries.year(scope.narrowed(org.path_now), asked.year or today.year, today)
    return page(request, asked, [
        BranchHours(
            org_id=o.org.id, org=o.org.name, members=len(o.members), reached=o.reached, rate=o.rate, behind=o.behind, short=o.short, untrained=o.untrained,
            rule_sets=o.rule_sets, lines=tuple(_member(m) for m in o.members),
        )
        for o in found
    ])


class Source(Shape):
    """One thing from which hours come: a meeting held, or a record of training."""

    on: date
    until: date
    kind: str
    title: str
    hours: str
    counts: bool
    proof: str
    entered_by: str
    activity_id: int | None
    record_id: int | None
    session_id: int | None
    ended_why: str


class StudyNote(Shape):
    """An essay or a note of self-study, by date and title."""

    id: int
    kind: str
    day: date
    title: str
    entered_by: str


class PersonHours(Shape):
    """A member's year with every source."""

    member: MemberHours
    sources: tuple[Source, ...]
    notes: tuple[StudyNote, ...]
    essays_wanted: int
    rule_sets: tuple[str, ...]


class OnYear(Shape):
    """A year."""

    year: int | None = Field(None, ge=2000, le=2200, description="哪一年，不写就是今年")


@reads(router, "/members/{person_id}/training", PersonHours, "一名党员一年的学时，从哪里来")
def person_hours(request: HttpRequest, person_id: Id, asked: Query[OnYear]):
    """Give a member's year."""
    today: date = request.today  # type: ignore[attr-defined]
    found = queries.person(request.actor.scope(P.TRAINING_READ), person_id, asked.year or today.year, today)  # type: ignore[attr-defined]
    return PersonHours(
        member=_member(found.member), essays_wanted=found.essays_wanted, rule_sets=found.rule_sets,
        sources=tuple(
            Source(
                on=s.on, until=s.until, kind=s.kind, title=s.title, hours=rules.said(s.tenths), counts=s.counts, proof=s.proof, entered_by=s.by, activity_id=s.activity_id,
                record_id=s.record_id, session_id=s.session_id, ended_why=s.ended_why,
            )
            for s in found.sources
        ),
        notes=tuple(StudyNote(id=n.id, kind=n.kind, day=n.day, title=n.title, entered_by=n.by) for n in found.notes),
    )


class CourseTime(Shape):
    """One time of a course: who was on the list and who did not come."""

    id: int
    first: date
    last: date
    hours: str
    place: str
    proof: str
    expected: tuple[int, ...]
    absent: tuple[int, ...]
    entered_by: str
    ended_by: str
    ended_why: str


class Course(Shape):
    """A course of a year."""

    id: int
    org_id: int
    year: int
    title: str
    kind: str
    times: tuple[CourseTime, ...]


@reads(router, "/courses", Page[Course], "课程和办过的每一次")
def courses(request: HttpRequest, asked: Query[OfYear]):
    """List the courses of an organisation in a year."""
    seen(request, asked.org, P.TRAINING_READ)
    today: date = request.today  # type: ignore[attr-defined]
    found = held.courses(request.actor.scope(P.TRAINING_READ), asked.org, asked.year or today.year)  # type: ignore[attr-defined]
    return page(request, asked, [
        Course(
            id=c.id, org_id=c.org_id, year=c.year, title=c.title, kind=c.kind,
            times=tuple(
                CourseTime(
                    id=s.id, first=s.first_on, last=s.last_on, hours=rules.said(s.tenths), place=s.place, proof=s.proof, expected=s.expected, absent=s.absent,
                    entered_by=s.made_by, ended_by=s.ended_by, ended_why=s.ended_why,
                )
                for s in c.sessions
            ),
        )
        for c in found
    ])
