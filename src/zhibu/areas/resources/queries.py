"""Funds of a year with the arithmetic, and places with how they stand to the rule set. What is required is derived on every reading."""
from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.policy.resolve import UndefinedValue
from zhibu.ground.policy.spread import spread
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.numbers import percent

from . import rules
from .models import FundPayment, FundPlan, Place, PlaceCheck
from .rules import Counts, Fund, Need, PlaceKind, Standing

CIVIL = ("rural", "community")  # 农村、社区: whose members the activity fund counts


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment or its reversal."""

    id: int
    day: date
    amount: int
    note: str
    by: str
    reverses_id: int | None
    reversed: bool


@dataclass(frozen=True, slots=True)
class FundView:
    """One fund of an organisation in a year, in fen. need: None where no set in force names a standard."""

    id: int
    org: OrgView
    year: int
    fund: str
    counts: Counts
    need: Need | None
    appropriated: int
    paid: int
    document: str
    version: int
    made_by: str
    rule_set: str

    @property
    def required(self) -> int:
        """Give the sum required; nothing of an organisation that ended, the one that goes on plans anew."""
        return self.need.fen if self.need and not self.ended else 0

    @property
    def ended(self) -> bool:
        """Tell whether the organisation has ended."""
        return self.org.status == "dissolved"

    @property
    def gap(self) -> int:
        """Give what is missing of the sum required."""
        return rules.gap(self.required, self.paid)


def as_of(year: int, today: date) -> date:
    """Give the day by whose rules a year is reckoned: its last day once it is over."""
    return min(today, date(year, 12, 31))


def funds(scope: Scope, year: int, today: date, org_ids: Collection[int] | None = None) -> list[FundView]:
    """List the funds of a year in scope, by organisation and in the order of the three; a fixed number of statements."""
    rows = FundPlan.objects.within(scope).filter(year=year)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    found = list(rows.order_by("org_id", "id"))
    return _views(scope, found, today)


def fund(scope: Scope, plan_id: int, today: date) -> FundView:
    """Give one fund; NotFound outside the scope."""
    found = list(FundPlan.objects.within(scope).filter(pk=plan_id))
    if not found:
        raise tree.NotFound("没有找到这项经费")
    return _views(scope, found, today)[0]


def _views(scope: Scope, found: list[FundPlan], today: date) -> list[FundView]:
    paid = dict(
        FundPayment.objects.within(scope).filter(plan_id__in=[p.pk for p in found]).values_list("plan_id").annotate(n=Sum("amount")).order_by("plan_id")
    ) if found else {}
    orgs = tree.views({p.org_id for p in found})
    by_day = {year: spread({i: o.path for i, o in orgs.items()}, "funds", as_of(year, today)) for year in {p.year for p in found}}
    order = {f.value: n for n, f in enumerate(Fund)}
    views = []
    for p in sorted(found, key=lambda p: (orgs[p.org_id].path, p.year, order.get(p.fund, 9))):
        rule, counts = by_day[p.year][p.org_id], Counts(p.urban, p.county, p.villages, p.members)
        try:
            need = rules.need(rule, p.fund, counts)
            named = rule.get("funds.per_member").rule_set.title
        except UndefinedValue:
            need, named = None, ""
        views.append(FundView(
            p.pk, orgs[p.org_id], p.year, p.fund, counts, need, p.appropriated, int(paid.get(p.pk) or 0), p.document, p.version, p.made_by, named,
        ))
    return views


def payments(scope: Scope, plan_id: int) -> list[PaymentView]:
    """List what was paid out of a fund, newest first."""
    rows = list(FundPayment.objects.within(scope).filter(plan_id=plan_id).order_by("-day", "-id"))
    undone = {r.reverses_id for r in rows}
    return [PaymentView(r.pk, r.day, r.amount, r.note, r.made_by, r.reverses_id, r.pk in undone) for r in rows]


def payment(scope: Scope, payment_id: int) -> tuple[int, int, PaymentView]:
    """Give one payment with its fund and its organisation; NotFound outside the scope."""
    row = FundPayment.objects.within(scope).filter(pk=payment_id).first()
    if row is None:
        raise tree.NotFound("没有找到这一笔")
    return row.plan_id, row.org_id, next(v for v in payments(scope, row.plan_id) if v.id == payment_id)


def counted(scope: Scope, org: OrgView, today: date) -> Counts:
    """Count what lies below an organisation, as far as the tree and the places say: what a new plan is prefilled with.

    Villages and communities are the organisations marked so, by their domain; a community whose place says 市辖 is one of the city. Members are those
    of the organisations of these two domains.
    """
    inside = scope.narrowed(org.path_now)
    orgs = [o for o in tree.organisations(inside) if o.domain in CIVIL]
    found = units(orgs)
    city = set(Place.objects.within(inside).filter(ended_at__isnull=True, kind=PlaceKind.URBAN_COMMUNITY).order_by("id").values_list("org_id", flat=True))
    in_city = [o.path for o in orgs if o.id in city]
    communities = [o for o in found if o.domain == "community"]
    urban = sum(any(path.startswith(o.path) for path in in_city) for o in communities)
    heads = people.headcounts(inside, today)
    members = sum(heads[o.id].members_all for o in orgs if o.id in heads)
    return Counts(urban, len(communities) - urban, len(found) - len(communities), members)


def units(orgs: Iterable[OrgView]) -> list[OrgView]:
    """Give the villages and communities among organisations listed by path: the topmost one marked so; a general branch and its branches are one village."""
    found: list[OrgView] = []
    for o in orgs:
        if o.village_or_community and o.domain in CIVIL and not (found and o.path.startswith(found[-1].path)):
            found.append(o)
    return found


# ---------------------------------------------------------------- places


@dataclass(frozen=True, slots=True)
class CheckView:
    """What was there when somebody looked."""

    id: int
    day: date
    listed: tuple[str, ...]
    present: tuple[str, ...]
    note: str
    by: str


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place with how it stands today and its newest check."""

    id: int
    org: OrgView
    name: str
    kind: str
    address: str
    area: Decimal
    shared: bool
    open_below: bool
    version: int
    standing: Standing
    items: tuple[str, ...]
    check: CheckView | None
    made_by: str
    ended_by: str = ""
    ended_why: str = ""


def places(scope: Scope, today: date, org_ids: Collection[int] | None = None, *, ended: bool = False) -> list[PlaceView]:
    """List the places in scope with their newest checks, by organisation; a fixed number of statements."""
    rows = Place.objects.within(scope)
    if not ended:
        rows = rows.filter(ended_at__isnull=True)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    return _places(scope, list(rows.order_by("org_id", "id")), today)


def place(scope: Scope, place_id: int, today: date) -> PlaceView:
    """Give one place; NotFound outside the scope."""
    found = list(Place.objects.within(scope).filter(pk=place_id))
    if not found:
        raise tree.NotFound("没有找到这个场所")
    return _places(scope, found, today)[0]


def _places(scope: Scope, found: list[Place], today: date) -> list[PlaceView]:
    newest: dict[int, CheckView] = {}
    wanted = {p.org_id for p in found}
    if found:
        rows = PlaceCheck.objects.within(scope)
        if len(wanted) == 1:
            rows = rows.filter(org_id__in=wanted)
        for c in rows.order_by("day", "id"):
            newest[c.place_id] = _check(c)
    orgs = tree.views(wanted)
    by_org = spread({i: o.path for i, o in orgs.items()}, "places", today)
    views = []
    for p in sorted(found, key=lambda p: (orgs[p.org_id].path, p.pk)):
        rule, check = by_org[p.org_id], newest.get(p.pk)
        views.append(PlaceView(
            p.pk, orgs[p.org_id], p.name, p.kind, p.address, p.area, p.shared, p.open_below, p.version,
            rules.standing(rule, p.kind, p.area, check.present if check else None), rules.items(rule), check, p.made_by, p.ended_by, p.ended_why,
        ))
    return views


def _check(c: PlaceCheck) -> CheckView:
    return CheckView(c.pk, c.day, tuple(c.listed), tuple(c.present), c.note, c.made_by)


def checks(scope: Scope, place_id: int) -> list[CheckView]:
    """List the checks of a place, newest first."""
    return [_check(c) for c in PlaceCheck.objects.within(scope).filter(place_id=place_id).order_by("-day", "-id")]


@dataclass(frozen=True, slots=True)
class Share:
    """How many places come up to the area standard, of how many villages and communities, and how many of these have no place registered."""

    kind: str
    owed: int
    places: int
    meeting: int
    without: int

    @property
    def rate(self) -> str:
        """Write the share of places among the villages or communities."""
        return percent(self.meeting, self.owed)


def shares(scope: Scope, found: list[PlaceView]) -> tuple[Share, Share]:
    """Reckon the places of villages and of communities; one that has none counts as not up to the standard, one with several by its best."""
    found_units = units(tree.organisations(scope))
    best = _best(found_units, found)
    answer = []
    for kind, domain in ((PlaceKind.VILLAGE.value, "rural"), ("community", "community")):
        mine = [o.id for o in found_units if o.domain == domain]
        answer.append(Share(kind, len(mine), sum(i in best for i in mine), sum(best.get(i, False) for i in mine), sum(i not in best for i in mine)))
    return answer[0], answer[1]


def _best(found_units: list[OrgView], found: list[PlaceView]) -> dict[int, bool]:
    """Give, for the units that have a place (their own or one of a branch below), whether any comes up to the standard. Both are listed by path."""
    best: dict[int, bool] = {}
    waiting = iter(found_units)
    unit = next(waiting, None)
    for p in found:
        while unit is not None and not p.org.path.startswith(unit.path) and unit.path < p.org.path:
            unit = next(waiting, None)
        if unit is not None and p.org.path.startswith(unit.path):
            best[unit.id] = best.get(unit.id, False) or p.standing.meets
    return best


def without_place(scope: Scope, found: list[PlaceView]) -> list[OrgView]:
    """List the villages and communities in scope that have no place registered."""
    found_units = units(tree.organisations(scope))
    there = _best(found_units, found)
    return [o for o in found_units if o.id not in there]
