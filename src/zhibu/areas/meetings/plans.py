"""Read plans: what is coming, what it led to, and the day that the fixed theme day falls on."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django.db.models import Q

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.models import Membership
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.ground.workdays import queries as workdays
from zhibu.kernel.activities import ActivityKind
from zhibu.kernel.fixed_day import FixedDay, Proposed, fixed_day, propose
from zhibu.kernel.periods import add_months

from . import form
from .models import Plan, PlanChange
from .planning import Planned, said_day, said_kinds
from .queries import convention

BACK = timedelta(days=92)   # plans that nobody recorded stay on the desk for a quarter
AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan, and the record that stands for it now (None: none, or it was voided)."""

    id: int
    org_id: int
    plan: Planned
    state: str
    state_why: str
    version: int
    made_by: str
    made_at: datetime
    activity_id: int | None
    host_org_id: int | None
    host_said: Mapping[str, Any]

    @property
    def day(self) -> date:
        """Give the day."""
        return self.plan.day

    @property
    def open(self) -> bool:
        """Tell whether it still waits to be held and recorded."""
        return self.state == "planned" and self.activity_id is None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One earlier state of a plan."""

    what: str
    before: str
    reason: str
    by: str
    at: datetime


def _time(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None


def planned(row: Plan) -> Planned:
    """Give what a row plans; hours and place as the host recorded them, where it did."""
    said = row.host_said
    return Planned(
        tuple((k, g) for k, g in row.kinds), row.day, _time(said.get("start")) or row.start_at, _time(said.get("end")) or row.end_at,
        said.get("place") or row.place, tuple(row.topics), row.bring, row.moved_why,
    )


def _views(scope: Scope, rows: Sequence[Plan]) -> list[PlanView]:
    ids = [r.activity_id for r in rows if r.activity_id]
    named = recorded.standing(scope, ids) if ids else {}
    alone = _by_day(scope, [r for r in rows if r.state == "planned" and (r.activity_id is None or r.activity_id not in named)])
    return [
        PlanView(
            r.pk, r.org_id, planned(r), r.state, r.state_why, r.version, r.made_by, r.made_at,
            named.get(r.activity_id or 0) or alone.get(r.pk), r.host_org_id, r.host_said,
        )
        for r in rows
    ]


def _by_day(scope: Scope, rows: Sequence[Plan]) -> dict[int, int]:
    """Find records that were made without the plan: of the same organisation and day, holding everything that was planned."""
    if not rows:
        return {}
    held: dict[tuple[int, date, int], set[tuple[str, int | None]]] = {}
    for s in recorded.slots_between(scope, {r.org_id for r in rows}, min(r.day for r in rows), max(r.day for r in rows)):
        held.setdefault((s.org_id, s.held_on, s.activity_id), set()).add((s.kind, s.group_id))
    found: dict[int, int] = {}
    for r in rows:
        wanted = {(k, g) for k, g in r.kinds}
        match = next((a for (org, day, a), kinds in held.items() if (org, day) == (r.org_id, r.day) and wanted <= kinds), None)
        if match is not None:
            found[r.pk] = match
    return found


def plans(scope: Scope, org_ids: Iterable[int], first: date, last: date) -> list[PlanView]:
    """List the plans of organisations between two days, by day."""
    rows = Plan.objects.within(scope).filter(org_id__in=list(org_ids), day__gte=first, day__lte=last)
    return _views(scope, list(rows.order_by("day", "start_at", "id")))


def coming(scope: Scope, org_id: int, today: date) -> list[PlanView]:
    """List what an organisation still has before it, with what lately passed without a record."""
    return [p for p in plans(scope, [org_id], today - BACK, today + AHEAD) if p.open]


def of_offices(actor: Actor, scope: Scope, today: date) -> dict[int, list[PlanView]]:
    """Give the plans around today of the organisations at which an actor records meetings."""
    found: dict[int, list[PlanView]] = {g.org_id: [] for g in actor.grants if Permission.ACTIVITY_WRITE in g.permissions and scope.covers(g.org_path)}
    for one in plans(scope, found, today - BACK, today + AHEAD) if found else ():
        found[one.org_id].append(one)
    return found


def days_ahead(listed: Iterable[PlanView], today: date) -> dict[tuple[str, int | None], tuple[date, ...]]:
    """Give the days from today on for which each kind (and group) is planned."""
    found: dict[tuple[str, int | None], tuple[date, ...]] = {}
    for one in listed:
        for pair in one.plan.kinds if one.open and one.day >= today else ():
            found[pair] = (*found.get(pair, ()), one.day)
    return found


def open_rows(scope: Scope, org_id: int, on: date) -> list[Plan]:
    """Give the plans and invitations of an organisation from a day on that are not held, declined or called off; for who changes them."""
    rows = list(Plan.objects.within(scope).select_for_update().filter(org_id=org_id, day__gte=on, state__in=["planned", "invited"]).order_by("day", "id"))
    return [row for row, view in zip(rows, _views(scope, rows), strict=True) if view.activity_id is None]


def open_at(org_ids: Sequence[int], on: date) -> list[str]:
    """Name what organisations that end on a day still have planned or are invited to: whose, when, what."""
    found = []
    for org in tree.views(org_ids).values():
        scope = Scope((org.path_now,))
        groups = {g.id: g.name for g in tree.groups(scope, org_ids=[org.id])}
        rows = Plan.objects.within(scope).filter(org_id=org.id, day__gte=on, state__in=["planned", "invited"])
        for view in _views(scope, list(rows.order_by("day", "id"))):
            if view.activity_id is None:
                found.append(f"{org.short_name}：{said_day(view.day)}{said_kinds(view.plan.kinds, groups)}{'（受邀）' if view.host_org_id else ''}")
    return found


def plan(scope: Scope, plan_id: int) -> PlanView:
    """Give one plan; NotFound outside the scope."""
    row = Plan.objects.within(scope).filter(pk=plan_id).first()
    if row is None:
        raise tree.NotFound("没有找到这次计划的会")
    return _views(scope, [row])[0]


def of_record(scope: Scope, org_id: int, activity_id: int, corrects_id: int | None, held_on: date) -> PlanView | None:
    """Give the plan that a record stands for now, also through corrections."""
    rows = Plan.objects.within(scope).filter(Q(activity_id__in=[activity_id, corrects_id or activity_id]) | Q(day=held_on), org_id=org_id, state="planned")
    return next((p for p in _views(scope, list(rows.order_by("id"))) if p.activity_id == activity_id), None)


def changes(scope: Scope, plan_id: int) -> list[ChangeView]:
    """List how a plan stood before, newest first."""
    rows = PlanChange.objects.within(scope).filter(plan_id=plan_id).order_by("-id")[:50]
    return [ChangeView(c.what, c.before, c.reason, c.by, c.at) for c in rows]


# ---------------------------------------------------------------- one's own


@dataclass(frozen=True, slots=True)
class OwnBranch:
    """The branch a member belongs to today, and how it is reached."""

    org: tree.OrgView
    scope: Scope


def own_branch(person_id: int, today: date) -> OwnBranch | None:
    """Give the branch in which a person is a member today; None without one."""
    found = Membership.objects.within(Scope(person_id=person_id)).filter(tree.in_span(today), person_id=person_id).order_by("-from_on", "-id").values_list("org_id", flat=True).first()
    if found is None:
        return None
    scope = Scope((tree.path_of(found),))
    return OwnBranch(tree.organisation(scope, found), scope)


def mine(person_id: int, today: date) -> tuple[OwnBranch | None, list[PlanView]]:
    """List the coming meetings of somebody's own branch at which the person is expected."""
    own = own_branch(person_id, today)
    if own is None:
        return None, []
    found = [p for p in plans(own.scope, [own.org.id], today, today + AHEAD) if p.open]
    roll = form.roll(own.scope, own.org.id, today) if found else None
    return own, [p for p in found if roll and any(one.id == person_id for one in expected(roll, p))]


def expected(roll: form.Roll, view: PlanView) -> tuple[form.Person, ...]:
    """Give those on a roll who are expected at a planned meeting."""
    return roll.expected([k for k, _ in view.plan.kinds], [g for _, g in view.plan.kinds if g])


# ---------------------------------------------------------------- the fixed day


def theme_day(org: tree.OrgView, year: int, month: int) -> Proposed | None:
    """Propose the day of the theme party day in a month; None where the branch has fixed none."""
    fixed = fixed_day(org.theme_day)
    return _proposed(org, fixed, date(year, month, 1), workdays.around(date(year, month, 1))) if fixed else None


def _proposed(org: tree.OrgView, fixed: FixedDay, month: date, days: workdays.Calendar) -> Proposed:
    day = fixed.in_month(month.year, month.month)
    if month.year not in days.years:
        return Proposed(day, day, f"{month.year}年的放假安排还没有录入，请核对这天是不是放假")
    if day not in days.off:
        return Proposed(day, day)
    most = cast(int, convention(org.id, month).value("conventions.theme_day_shift_days"))
    return propose(fixed, month.year, month.month, days.off, days.work, most)


def next_theme_day(scope: Scope, org: tree.OrgView, today: date) -> Proposed | None:
    """Propose the next theme day: in the first month, from this one on, that has none held or planned and whose day does not lie behind."""
    fixed = fixed_day(org.theme_day)
    if fixed is None:
        return None
    months = [add_months(today.replace(day=1), n) for n in range(4)]  # nobody plans further ahead
    last = add_months(months[-1], 1) - timedelta(days=1)
    taken = {s.held_on.replace(day=1) for s in recorded.slots(scope, org.id, months[0], last, ActivityKind.THEME_DAY.value)}
    taken |= {p.day.replace(day=1) for p in plans(scope, [org.id], months[0], last) if p.open and any(k == ActivityKind.THEME_DAY for k, _ in p.plan.kinds)}
    days = workdays.around(today)
    found = (_proposed(org, fixed, month, days) for month in months if month not in taken)
    return next((one for one in found if (one.day or one.fixed) >= today), None)
