"""计划: meetings that are planned, with leave, guests and how they stood before; the next theme day. A plan never fulfils anything."""
from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from zhibu.areas.meetings import joint, leave
from zhibu.areas.meetings import plans as planned
from zhibu.areas.meetings.plans import PlanView
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree

from .activities import Kind, hour, kinds_of
from .door import seen
from .reading import reads
from .shape import Day, Id, OfOrg, OfOrgPaged, Page, Shape, page

router = Router(tags=["计划"])


class PlanLine(Shape):
    """A planned meeting. `state` planned with an `activity_id`: held and recorded; `host_org_id`: another branch invited to it."""

    id: int
    org_id: int
    kinds: tuple[Kind, ...]
    day: date
    start: str | None
    end: str | None
    place: str
    topics: tuple[str, ...]
    bring: str
    moved_why: str
    state: str
    state_why: str
    open: bool
    activity_id: int | None
    host_org_id: int | None
    version: int
    made_by: str
    made_at: datetime


class LeaveLine(Shape):
    """A request for leave and its answer."""

    id: int
    person_id: int
    name: str
    reason: str
    state: str
    asked_by: str
    on_behalf: bool
    asked_at: datetime
    decided_by: str
    decided_why: str


class Guest(Shape):
    """A branch that was asked to hold the meeting together: its answer and headcounts, never a name of its members."""

    org_id: int
    org_name: str
    plan_id: int
    state: str
    expected: int | None
    present: int | None


class PlanChange(Shape):
    """How the plan stood before a change, and who changed it."""

    what: str
    before: str
    reason: str
    by: str
    at: datetime


class Plan(Shape):
    """One planned meeting with everything; leave stands here for those who record meetings of the organisation, as on the page."""

    plan: PlanLine
    host: str
    leaves: tuple[LeaveLine, ...]
    guests: tuple[Guest, ...]
    changes: tuple[PlanChange, ...]


class PlansAsked(OfOrgPaged):
    """Which plans."""

    first: Day | None = Field(None, description="从哪天起，不写就是三个月前")
    last: Day | None = Field(None, description="到哪天止，不写就是明年年底")


def _line(p: PlanView) -> PlanLine:
    return PlanLine(
        id=p.id, org_id=p.org_id, kinds=kinds_of(p.plan.kinds), day=p.day, start=hour(p.plan.start), end=hour(p.plan.end), place=p.plan.place, topics=p.plan.topics,
        bring=p.plan.bring, moved_why=p.plan.moved_why, state=p.state, state_why=p.state_why, open=p.open, activity_id=p.activity_id, host_org_id=p.host_org_id,
        version=p.version, made_by=p.made_by, made_at=p.made_at,
    )


@reads(router, "/plans", Page[PlanLine], "一个组织计划的会，按日期")
def plans(request: HttpRequest, asked: Query[PlansAsked]):
    """List the plans of an organisation between two days."""
    seen(request, asked.org, P.ACTIVITY_READ)
    scope, today = request.actor.scope(P.ACTIVITY_READ), request.today  # type: ignore[attr-defined]
    found = planned.plans(scope, [asked.org], asked.first or today - planned.BACK, asked.last or date(today.year + 1, 12, 31))
    return page(request, asked, [_line(p) for p in found])


@reads(router, "/plans/{plan_id}", Plan, "一次计划的会：请假、受邀的支部、改动")
def plan(request: HttpRequest, plan_id: Id):
    """Give one plan."""
    actor = request.actor  # type: ignore[attr-defined]
    scope = actor.scope(P.ACTIVITY_READ)
    found = planned.plan(scope, plan_id)
    asked_for = leave.leaves(scope, plan_id) if actor.may(P.ACTIVITY_WRITE, tree.path_of(found.org_id)) else []
    return Plan(
        plan=_line(found), host=tree.name_of(found.host_org_id) if found.host_org_id else "",
        leaves=tuple(
            LeaveLine(
                id=one.id, person_id=one.person_id, name=one.name, reason=one.reason, state=one.state, asked_by=one.asked_by, on_behalf=one.on_behalf,
                asked_at=one.asked_at, decided_by=one.decided_by, decided_why=one.decided_why,
            )
            for one in asked_for
        ),
        guests=tuple(
            Guest(org_id=g.org_id, org_name=g.name, plan_id=g.plan_id, state=g.state, expected=g.expected, present=g.present) for g in joint.guests(scope, plan_id)
        ),
        changes=tuple(PlanChange(what=c.what, before=c.before, reason=c.reason, by=c.by, at=c.at) for c in planned.changes(scope, plan_id)),
    )


class ThemeDay(Shape):
    """The next day of the theme party day: as fixed, and as proposed where that day is off (null: the branch has to choose one)."""

    fixed: date
    day: date | None
    reason: str


@reads(router, "/theme-day", ThemeDay | None, "下一次主题党日在哪天，没有固定日就是 null")
def theme_day(request: HttpRequest, asked: Query[OfOrg]):
    """Propose the next theme day of a branch."""
    here = seen(request, asked.org, P.ACTIVITY_READ)
    found = planned.next_theme_day(request.actor.scope(P.ACTIVITY_READ), here, request.today) if here.is_branch else None  # type: ignore[attr-defined]
    return ThemeDay(fixed=found.fixed, day=found.day, reason=found.reason) if found else None
