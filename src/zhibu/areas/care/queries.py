"""Read care: events, the list of care, visits, proposals. Rows of the compartment come only to whoever holds it at the branch, or the member concerned."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from django.db.models import Count, Sum

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.guarded import organisations_in
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import offices
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.library import shipped
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound
from zhibu.ground.workdays import queries as workdays

from . import rules
from .models import CareCall, CareEvent, CareMember, CareProposal, CareRequest
from .rules import Festival


def convention(org_id: int, key: str, on: date) -> int:
    """Give a number of the conventions that hold for an organisation on a day."""
    return cast(int, policy.effective(org_id, "conventions", on).value(key))


def must_visit_days(org_id: int, days: Iterable[date]) -> dict[date, int]:
    """Give the days within which a visit follows an event, by the rule set that holds on the day of the event."""
    return {day: cast(int, value) for day, value in policy.value_on_days(org_id, "conventions.must_visit_days", days).items()}


# ---------------------------------------------------------------- five must-visit


@dataclass(frozen=True, slots=True)
class EventView:
    """An event after which a member must be visited, until when, and when it was."""

    id: int
    org_id: int
    person_id: int
    name: str
    kind: str
    day: date
    due_on: date
    seen_on: date | None
    made_by: str

    def overdue(self, today: date) -> bool:
        """Tell whether the visit is late (V15)."""
        return self.seen_on is None and self.due_on < today


def events(scope: Scope, org_id: int, *, since: date | None = None) -> list[EventView]:
    """List the events of a branch that the scope opens, oldest first: those that still wait, and with `since` the closed ones from that day on."""
    rows = list(CareEvent.objects.within(offices(scope)).filter(org_id=org_id, ended_at__isnull=True).order_by("day", "id"))
    if not rows:
        return []
    held = _calls(scope, org_id, min(r.day for r in rows))
    days, stays = must_visit_days(org_id, (r.day for r in rows)), people.leads_to({r.person_id for r in rows} | {p for p, _ in held})
    held = [(stays.get(p, p), day) for p, day in held]
    found = []
    for r in rows:
        person = stays.get(r.person_id, r.person_id)
        found.append(EventView(r.pk, r.org_id, person, r.name, r.kind, r.day, rules.due_on(r.day, days[r.day]), rules.closed_on(r.day, person, held), r.made_by))
    return [e for e in found if e.seen_on is None or (since is not None and e.day >= since)]


def _calls(scope: Scope, org_id: int, first: date) -> list[tuple[int, date]]:
    rows = CareCall.objects.within(offices(scope)).filter(org_id=org_id, day__gte=first, ended_at__isnull=True)
    return list(rows.order_by("id").values_list("person_id", "day"))


def waiting(scope: Scope, org_id: int, today: date) -> list[EventView]:
    """List the events that wait for a visit to somebody who is still a member of the branch."""
    found = events(scope, org_id)
    there = {person for _, person in people.members_by_org(scope, today, [org_id])} if found else set()
    return [e for e in found if e.person_id in there]


def overdue(scope: Scope, on: date) -> dict[int, int]:
    """Count per branch the must-visit events whose visit is late (V15): numbers for whoever stands above, never whose and why."""
    inside = organisations_in(Scope(scope.paths))
    rows = CareEvent.objects.unscoped("superiors read how many must-visit events are late, never whose and why")
    listed = list(rows.filter(org_id__in=inside, day__lt=on, ended_at__isnull=True).order_by("id").values_list("org_id", "person_id", "day"))
    if not listed:
        return {}
    orgs, first = {org_id for org_id, _, _ in listed}, min(day for _, _, day in listed)
    members = set(people.members_by_org(offices(scope), on, orgs))
    seen: dict[int, list[tuple[int, date]]] = defaultdict(list)
    calls = CareCall.objects.unscoped("superiors read how many must-visit events are late, never whose and why")
    for org_id, person_id, day in calls.filter(org_id__in=orgs, day__gte=first, day__lte=on, ended_at__isnull=True).order_by("id").values_list("org_id", "person_id", "day"):
        seen[org_id].append((person_id, day))
    days, stays = _days_for({(org_id, day) for org_id, _, day in listed}), people.leads_to({p for _, p, _ in listed} | {p for held in seen.values() for p, _ in held})
    seen = defaultdict(list, {org_id: [(stays.get(p, p), day) for p, day in held] for org_id, held in seen.items()})
    found: dict[int, int] = defaultdict(int)
    for org_id, person_id, day in ((org_id, stays.get(p, p), day) for org_id, p, day in listed):
        if (org_id, person_id) in members and rules.closed_on(day, person_id, seen[org_id]) is None:
            found[org_id] += rules.due_on(day, days[org_id, day]) < on
    return {org_id: n for org_id, n in found.items() if n}


def _days_for(asked: set[tuple[int, date]]) -> dict[tuple[int, date], int]:
    """Give the days allowed after events of many branches; one statement where no set is assigned for the conventions, as is usual."""
    listed = sorted(day for _, day in asked)
    if not policy.assignments("conventions", listed[0], listed[-1]):
        value = cast(int, shipped().conventions().values["conventions.must_visit_days"].value)
        return dict.fromkeys(asked, value)
    found = {org_id: must_visit_days(org_id, [day for other, day in asked if other == org_id]) for org_id in {org_id for org_id, _ in asked}}
    return {(org_id, day): found[org_id][day] for org_id, day in asked}


def call_counts(scope: Scope, on: date) -> dict[int, int]:
    """Count per branch the visits of the year up to a day."""
    rows = CareCall.objects.unscoped("superiors read how many visits a branch made, never to whom")
    inside = organisations_in(Scope(scope.paths))
    counted = rows.filter(org_id__in=inside, day__gte=date(on.year, 1, 1), day__lte=on, ended_at__isnull=True)
    return dict(counted.values_list("org_id").annotate(n=Count("id")).order_by("org_id"))


# ---------------------------------------------------------------- the list of care, festivals


@dataclass(frozen=True, slots=True)
class ListedView:
    """A member on the branch's list of care."""

    id: int
    org_id: int
    person_id: int
    name: str
    flag: str
    contact_id: int | None
    contact_name: str
    from_on: date
    ended_on: date | None


def _listed(r: CareMember) -> ListedView:
    return ListedView(r.pk, r.org_id, r.person_id, r.name, r.flag, r.contact_id, r.contact_name, r.from_on, r.ended_on)


def listed(scope: Scope, org_id: int, *, ended: bool = False) -> list[ListedView]:
    """List the members of a branch who are on its list of care."""
    rows = CareMember.objects.within(offices(scope)).filter(org_id=org_id)
    return [_listed(r) for r in (rows if ended else rows.filter(ended_on__isnull=True)).order_by("flag", "id")]


def cared_for(scope: Scope, person_id: int) -> list[ListedView]:
    """List why a person is on a list of care, and the retired members whose contact person this is, as far as the scope reaches."""
    rows = CareMember.objects.within(scope).filter(ended_on__isnull=True)
    return [_listed(r) for r in rows.filter(person_id=person_id).order_by("id")] + [_listed(r) for r in rows.filter(contact_id=person_id).order_by("id")]


@dataclass(frozen=True, slots=True)
class FestivalView:
    """A festival with the members who should be visited before it and were not."""

    festival: Festival
    missing: tuple[tuple[int, str], ...]
    done: int


def festivals(org_id: int, today: date, days: int | None = None) -> list[Festival]:
    """Give the festivals whose visits are under way or lie back in the last and in this year; the lunar new year's day off as announced.

    days: how long before, where the caller has read the rules already."""
    calendar = workdays.around(today)
    days = convention(org_id, "conventions.festival_visit_days", today) if days is None else days
    found: list[Festival] = []
    for year in (today.year - 1, today.year, today.year + 1):
        found += rules.festivals(year, workdays.holiday_begins(calendar, rules.FEAST_ZH[rules.Feast.SPRING], year), days)
    return [one for one in found if one.first <= today]


def festival_visits(scope: Scope, org_id: int, today: date, since: date, *, days: int | None = None, rows: Sequence[ListedView] | None = None) -> list[FestivalView]:
    """List the festivals since a day with who of the list of care was visited before them, newest first. days, rows: what the caller has read already."""
    those = sorted((one for one in festivals(org_id, today, days) if one.on >= since), key=lambda one: one.on, reverse=True)
    rows = (listed(scope, org_id, ended=True) if rows is None else rows) if those else ()
    if not rows:
        return []
    there = {person for _, person in people.members_by_org(scope, today, [org_id])}
    held = _calls(scope, org_id, min(one.first for one in those))
    stays = people.leads_to({r.person_id for r in rows} | {p for p, _ in held})
    held, names = [(stays.get(p, p), day) for p, day in held], {stays.get(r.person_id, r.person_id): r.name for r in rows}
    found = []
    for one in those:
        on_list = [(stays.get(r.person_id, r.person_id), r.from_on, r.ended_on) for r in rows if stays.get(r.person_id, r.person_id) in there]
        missing = rules.unvisited(one, on_list, held)
        asked = rules.unvisited(one, on_list, ())
        found.append(FestivalView(one, tuple((p, names[p]) for p in missing), len(asked) - len(missing)))
    return [one for one in found if one.missing or one.done]


# ---------------------------------------------------------------- visits


@dataclass(frozen=True, slots=True)
class CallView:
    """A visit. The feedback is read by `feedback`."""

    id: int
    org_id: int
    person_id: int
    name: str
    day: date
    callers: str
    goods: str
    request_id: int | None
    made_by: str
    ended_by: str
    ended_why: str


def _call(r: CareCall) -> CallView:
    return CallView(r.pk, r.org_id, r.person_id, r.name, r.day, r.callers, r.goods, r.request_id, r.made_by, r.ended_by, r.ended_why)


def calls(scope: Scope, org_id: int, first: date, last: date) -> list[CallView]:
    """List the visits of a branch between two days, newest first."""
    rows = CareCall.objects.within(offices(scope)).filter(org_id=org_id, day__gte=first, day__lte=last, ended_at__isnull=True)
    return [_call(r) for r in rows.order_by("-day", "-id")]


def calls_of(scope: Scope, person_id: int, limit: int = 20) -> list[CallView]:
    """List the visits to a person as far as the scope reaches, newest first."""
    return [_call(r) for r in CareCall.objects.within(scope).filter(person_id=person_id, ended_at__isnull=True).order_by("-day", "-id")[:limit]]


def call(scope: Scope, call_id: int) -> tuple[CallView, str]:
    """Give one visit and what the member said. NotFound outside the scope."""
    row = CareCall.objects.within(scope).filter(pk=call_id).first()
    if row is None:
        raise NotFound("没有找到这次走访")
    return _call(row), row.feedback.reveal() if row.feedback else ""


# ---------------------------------------------------------------- proposals


@dataclass(frozen=True, slots=True)
class RequestView:
    """A proposal as branch and office see it."""

    id: int
    org_id: int
    org_name: str
    office_id: int
    office_name: str
    name: str
    kind: str
    amount_fen: int
    goods: str
    source: str
    ground: str
    state: str
    made_by: str
    maker_id: int | None
    made_at: datetime
    audited_by: str
    auditor_id: int | None
    audited_at: datetime | None
    audit_note: str
    decided_by: str
    decided_on: date | None
    decision: str
    document: str
    paid_fen: int | None
    paid_on: date | None
    paid_document: str
    paid_by: str

    @property
    def open(self) -> bool:
        """Tell whether an answer is waited for."""
        return self.state in rules.OPEN


def _requests(rows: Iterable[CareRequest]) -> list[RequestView]:
    found = list(rows)
    names: Mapping[int, tree.OrgView] = tree.views({i for r in found for i in (r.org_id, r.office_id)}) if found else {}
    return [
        RequestView(
            r.pk, r.org_id, names[r.org_id].name, r.office_id, names[r.office_id].name, r.name, r.kind, r.amount_fen, r.goods, r.source,
            r.ground.reveal() if r.ground else "", r.state, r.made_by, r.maker_id, r.made_at, r.audited_by, r.auditor_id, r.audited_at, r.audit_note, r.decided_by, r.decided_on,  # type: ignore[attr-defined]
            r.decision, r.document, r.paid_fen, r.paid_on, r.paid_document, r.paid_by,
        )
        for r in found
    ]


def deciding(actor: Actor) -> list[int]:
    """Give the organisations for which an actor answers proposals: those of the own grants, never one below or above them by rank."""
    return sorted({g.org_id for g in actor.grants if Permission.CARE_DECIDE in g.permissions})


def for_offices(actor: Actor, *, open_only: bool = False, limit: int = 100) -> list[RequestView]:
    """List the proposals handed in to the organisations for which an actor decides, those that wait first."""
    rows = CareRequest.objects.within(actor.scope(Permission.CARE_DECIDE)).filter(office_id__in=deciding(actor))
    if open_only:
        rows = rows.filter(state__in=rules.OPEN)
    found = _requests(rows.exclude(state=rules.State.WITHDRAWN).order_by("-made_at", "-id")[:limit])
    return sorted(found, key=lambda one: not one.open)


def of_branch(scope: Scope, org_id: int, limit: int = 50) -> list[RequestView]:
    """List the proposals of a branch, newest first; the scope must open its compartment."""
    ids = CareProposal.objects.within(offices(scope)).filter(org_id=org_id).order_by("-id").values_list("request_id", flat=True)[:limit]
    return _requests(CareRequest.objects.within(offices(scope)).filter(pk__in=list(ids)).order_by("-made_at", "-id"))


def audited_by(actor: Actor, auditor_id: int | None, name: str) -> bool:
    """Tell whether this account audited a proposal: who audits does not enter the decision as well (初审、审定)."""
    return auditor_id == actor.account_id if auditor_id is not None else bool(name) and name == actor.name


def request_for(actor: Actor, request_id: int) -> RequestView:
    """Give one proposal to whoever wrote it (the branch, with the compartment) or answers it (its office). NotFound for everybody else, of any rank."""
    reading = offices(actor.scope(Permission.CARE_READ))
    if CareProposal.objects.within(reading).filter(request_id=request_id).exists():
        rows = CareRequest.objects.within(reading)
    else:
        rows = CareRequest.objects.within(actor.scope(Permission.CARE_DECIDE)).filter(office_id__in=deciding(actor))
    found = _requests(rows.filter(pk=request_id))
    if not found:
        raise NotFound("没有找到这件帮扶申请")
    return found[0]


def unpaid(scope: Scope, org_id: int) -> list[RequestView]:
    """List the proposals of a branch that were approved and not paid yet, for whoever keeps its care."""
    rows = CareRequest.objects.within(offices(scope)).filter(org_id=org_id, state=rules.State.APPROVED, paid_on__isnull=True)
    return _requests(rows.order_by("decided_on", "id"))


def proposal_of(scope: Scope, request_id: int) -> tuple[int, str] | None:
    """Give for whom a proposal is and what the branch noted for itself; None where the scope does not open it."""
    row = CareProposal.objects.within(scope).filter(request_id=request_id).first()
    return (row.person_id, row.situation.reveal() if row.situation else "") if row else None


def paid(scope: Scope, on: date) -> dict[int, int]:
    """Sum per branch what was paid for care in the year up to a day, in fen."""
    rows = CareRequest.objects.within(offices(scope)).filter(paid_on__gte=date(on.year, 1, 1), paid_on__lte=on)
    return dict(rows.values_list("org_id").annotate(n=Sum("paid_fen")).order_by("org_id"))


def paid_by_source(scope: Scope, org_id: int, on: date) -> dict[str, int]:
    """Sum what a branch paid for care in the year up to a day, in fen, by source."""
    rows = CareRequest.objects.within(offices(scope)).filter(org_id=org_id, paid_on__gte=date(on.year, 1, 1), paid_on__lte=on)
    return dict(rows.values_list("source").annotate(n=Sum("paid_fen")).order_by("source"))


def used_expenses(org_id: int) -> set[int]:
    """Give the expenses from dues that paid for cases of a branch: numbers only, for whoever pays the next one."""
    rows = CareRequest.objects.within(Scope((tree.path_of(org_id),))).filter(org_id=org_id, expense_id__isnull=False)
    return {int(pk) for pk in rows.order_by("id").values_list("expense_id", flat=True)}


def approved(scope: Scope, on: date) -> dict[int, int]:
    """Sum per branch what was approved for care in the year up to a day, in fen."""
    rows = CareRequest.objects.within(offices(scope)).filter(state=rules.State.APPROVED, decided_on__gte=date(on.year, 1, 1), decided_on__lte=on)
    return dict(rows.values_list("org_id").annotate(n=Sum("amount_fen")).order_by("org_id"))
