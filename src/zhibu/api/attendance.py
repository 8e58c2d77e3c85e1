"""考勤: who came, absences and what made up for them, what members attended at other organisations; the groups that entries may name."""
from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from zhibu.areas.meetings import attendance as counted
from zhibu.areas.meetings import elsewhere as outside
from zhibu.ground.files.queries import openable
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.kernel.periods import add_months

from .door import seen
from .reading import reads
from .shape import Day, OfOrg, OfOrgPaged, Page, Shape, page

router = Router(tags=["组织生活"])


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


class Elsewhere(Shape):
    """What a member attended at another organisation: it counts as the member's own life, never as attendance at the own branch's meeting."""

    id: int
    person_id: int
    name: str
    day: date
    kind: str
    at_org: str
    how: str
    kept_at: str
    file_id: int | None
    file: str
    entered_by: str
    ended_by: str
    ended_why: str


class OutsideAsked(OfOrgPaged):
    """Which entries."""

    first: Day | None = Field(None, description="从哪天起，不写就是一年前")
    last: Day | None = Field(None, description="到哪天止，不写就是今天")
    ended: bool = Field(False, description="登记错、已经去掉的也列")


@reads(router, "/attendance/elsewhere", Page[Elsewhere], "在外参加：党员在别的党组织参加的组织生活")
def elsewhere(request: HttpRequest, asked: Query[OutsideAsked]):
    """List what members of a branch attended elsewhere, newest first."""
    seen(request, asked.org, P.ACTIVITY_READ)
    scope, today = request.actor.scope(P.ACTIVITY_READ), request.today  # type: ignore[attr-defined]
    found = outside.found(scope, asked.org, asked.first or add_months(today, -12) + timedelta(days=1), asked.last or today, ended=asked.ended)
    files = openable(scope, [e.attachment_id for e in found if e.attachment_id])
    return page(request, asked, [
        Elsewhere(
            id=e.id, person_id=e.person_id, name=e.name, day=e.day, kind=e.kind, at_org=e.at_org, how=e.how, kept_at=e.kept_at,
            file_id=e.attachment_id if e.attachment_id in files else None, file=files.get(e.attachment_id or 0, ""), entered_by=e.made_by, ended_by=e.ended_by,
            ended_why=e.ended_why,
        )
        for e in found
    ])
