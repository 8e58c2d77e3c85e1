"""三项经费 and 阵地: funds with their arithmetic and payments, places with their checks, bookings of venues. Amounts are decimal texts in yuan."""
from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from zhibu.areas.resources import bookings as booked
from zhibu.areas.resources import queries, rules
from zhibu.areas.resources.queries import FundView, PlaceView
from zhibu.ground.guard.permission import Permission as P

from .door import seen
from .reading import reads
from .shape import Day, Id, OfOrgPaged, Page, Shape, page
from .training import OfYear

router = Router(tags=["经费和阵地"])


class FundLine(Shape):
    """One fund of an organisation in a year. `arithmetic`: how the sum required is reckoned; empty where no rule set names a standard."""

    id: int
    org_id: int
    org: str
    year: int
    fund: str
    urban: int
    county: int
    villages: int
    members: int
    arithmetic: str
    required: str
    appropriated: str
    paid: str
    gap: str
    document: str
    rule_set: str
    version: int


def _fund(f: FundView) -> FundLine:
    c = f.counts
    return FundLine(
        id=f.id, org_id=f.org.id, org=f.org.name, year=f.year, fund=f.fund, urban=c.urban, county=c.county, villages=c.villages, members=c.members,
        arithmetic=f.need.said if f.need else "", required=rules.yuan(f.required), appropriated=rules.yuan(f.appropriated), paid=rules.yuan(f.paid), gap=rules.yuan(f.gap),
        document=f.document, rule_set=f.rule_set, version=f.version,
    )


@reads(router, "/funds", Page[FundLine], "三项经费：本级和所有下级一年的应安排、已安排、已支付、缺口")
def funds(request: HttpRequest, asked: Query[OfYear]):
    """List the funds of a year of an organisation and all below it."""
    org = seen(request, asked.org, P.RESOURCE_READ)
    today: date = request.today  # type: ignore[attr-defined]
    scope = request.actor.scope(P.RESOURCE_READ).narrowed(org.path_now)  # type: ignore[attr-defined]
    return page(request, asked, [_fund(f) for f in queries.funds(scope, asked.year or today.year, today)])


class Payment(Shape):
    """A payment, or the reversal of one."""

    id: int
    day: date
    amount: str
    note: str
    entered_by: str
    reverses_id: int | None
    reversed: bool


class Fund(Shape):
    """One fund with its payments."""

    fund: FundLine
    payments: tuple[Payment, ...]


@reads(router, "/funds/{fund_id}", Fund, "一项经费和每一笔支付")
def fund(request: HttpRequest, fund_id: Id):
    """Give one fund."""
    scope, today = request.actor.scope(P.RESOURCE_READ), request.today  # type: ignore[attr-defined]
    found = queries.fund(scope, fund_id, today)
    return Fund(fund=_fund(found), payments=tuple(
        Payment(id=p.id, day=p.day, amount=rules.yuan(p.amount), note=p.note, entered_by=p.by, reverses_id=p.reverses_id, reversed=p.reversed) for p in queries.payments(scope, fund_id)
    ))


class Check(Shape):
    """What was there when somebody looked, by the list of that day."""

    id: int
    day: date
    listed: tuple[str, ...]
    present: tuple[str, ...]
    note: str
    entered_by: str


class PlaceLine(Shape):
    """A place and how it stands to the rule set."""

    id: int
    org_id: int
    org: str
    name: str
    kind: str
    address: str
    area: str
    standard: int | None
    meets: bool
    shared: bool
    open_below: bool
    listed: tuple[str, ...]
    missing: tuple[str, ...]
    checked_on: date | None
    version: int
    ended_by: str
    ended_why: str


def _place(p: PlaceView) -> PlaceLine:
    return PlaceLine(
        id=p.id, org_id=p.org.id, org=p.org.name, name=p.name, kind=p.kind, address=p.address, area=str(p.area), standard=p.standing.standard, meets=p.standing.meets,
        shared=p.shared, open_below=p.open_below, listed=p.items, missing=p.standing.missing, checked_on=p.check.day if p.check else None, version=p.version,
        ended_by=p.ended_by, ended_why=p.ended_why,
    )


@reads(router, "/places", Page[PlaceLine], "阵地：本级和所有下级的活动场所")
def places(request: HttpRequest, asked: Query[OfOrgPaged]):
    """List the places of an organisation and all below it."""
    org = seen(request, asked.org, P.RESOURCE_READ)
    scope = request.actor.scope(P.RESOURCE_READ).narrowed(org.path_now)  # type: ignore[attr-defined]
    return page(request, asked, [_place(p) for p in queries.places(scope, request.today)])  # type: ignore[attr-defined]


class Share(Shape):
    """How many villages (or communities) have a place that comes up to the area standard. kind: village, community."""

    kind: str
    owed: int
    places: int
    meeting: int
    without: int
    rate: str


class PlaceSummary(Shape):
    """The shares, and which villages and communities have no place registered."""

    shares: tuple[Share, ...]
    without: tuple[int, ...]


@reads(router, "/places/summary", PlaceSummary, "阵地达标率，还没有登记场所的村、社区")
def place_summary(request: HttpRequest, asked: Query[OfOrgPaged]):
    """Reckon the places of an organisation and all below it."""
    org = seen(request, asked.org, P.RESOURCE_READ)
    scope = request.actor.scope(P.RESOURCE_READ).narrowed(org.path_now)  # type: ignore[attr-defined]
    found = queries.places(scope, request.today)  # type: ignore[attr-defined]
    return PlaceSummary(
        shares=tuple(Share(kind=s.kind, owed=s.owed, places=s.places, meeting=s.meeting, without=s.without, rate=s.rate) for s in queries.shares(scope, found)),
        without=tuple(o.id for o in queries.without_place(scope, found)),
    )


class Place(Shape):
    """One place with its checks."""

    place: PlaceLine
    checks: tuple[Check, ...]


@reads(router, "/places/{place_id}", Place, "一个场所和每次检查")
def place(request: HttpRequest, place_id: Id):
    """Give one place."""
    scope, today = request.actor.scope(P.RESOURCE_READ), request.today  # type: ignore[attr-defined]
    found = queries.place(scope, place_id, today)
    return Place(place=_place(found), checks=tuple(
        Check(id=c.id, day=c.day, listed=c.listed, present=c.present, note=c.note, entered_by=c.by) for c in queries.checks(scope, place_id)
    ))


class Taken(Shape):
    """When a venue is taken."""

    day: date
    start: str
    end: str


class Venue(Shape):
    """A venue that the organisation may book."""

    id: int
    name: str
    address: str
    org_id: int
    org: str
    taken: tuple[Taken, ...]


class Between(OfOrgPaged):
    """Some days."""

    first: Day | None = Field(None, description="从哪天起，不写就是今天")
    last: Day | None = Field(None, description="到哪天止，不写就是三十天后")


@reads(router, "/venues", Page[Venue], "可以订的场所，哪些时间有人订了")
def venues(request: HttpRequest, asked: Query[Between]):
    """List the venues that an organisation may book."""
    seen(request, asked.org, P.RESOURCE_READ)
    today: date = request.today  # type: ignore[attr-defined]
    scope, first = request.actor.scope(P.RESOURCE_READ), asked.first or today  # type: ignore[attr-defined]
    times = booked.taken(scope, asked.org, first, asked.last or first + timedelta(days=30))
    return page(request, asked, [
        Venue(
            id=v.id, name=v.name, address=v.address, org_id=v.org_id, org=v.org_name,
            taken=tuple(Taken(day=d, start=f"{s:%H:%M}", end=f"{e:%H:%M}") for d, s, e in times.get(v.id, ())),
        )
        for v in booked.venues(scope, asked.org)
    ])


class BookingLine(Shape):
    """A booking."""

    id: int
    place_id: int
    place: str
    for_org_id: int
    for_org: str
    day: date
    start: str
    end: str
    purpose: str
    booked_by: str


@reads(router, "/bookings", Page[BookingLine], "本组织订的场所")
def bookings(request: HttpRequest, asked: Query[Between]):
    """List what an organisation booked."""
    seen(request, asked.org, P.RESOURCE_READ)
    today: date = request.today  # type: ignore[attr-defined]
    first = asked.first or today
    found = booked.bookings(request.actor.scope(P.RESOURCE_READ), first, asked.last or first + timedelta(days=30), org_id=asked.org)  # type: ignore[attr-defined]
    return page(request, asked, [
        BookingLine(
            id=b.id, place_id=b.place_id, place=b.place, for_org_id=b.for_org_id, for_org=b.for_org, day=b.day, start=f"{b.start:%H:%M}", end=f"{b.end:%H:%M}",
            purpose=b.purpose, booked_by=b.by,
        )
        for b in found
    ])
