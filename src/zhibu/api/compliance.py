"""完成情况: the year of an organisation and all below it, and why a cell is as it is; published figures."""
from __future__ import annotations

from datetime import date

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from zhibu.areas.meetings import queries
from zhibu.ground.duties import derive
from zhibu.ground.facts import catalogue
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.activities import ActivityKind
from zhibu.kernel.judge import SLOT_ZH

from .door import seen
from .organisations import day
from .reading import reads
from .shape import Day, Id, OfOrgOnDay, Shape, Slice, following

router = Router(tags=["完成情况"])


class Cell(Shape):
    """One window of one requirement."""

    window: str
    first: date
    last: date
    state: str
    state_title: str
    due: int
    fulfilled: int
    held: int
    on_time: int


class Line(Shape):
    """One requirement of one organisation (of one group)."""

    kind: str
    group_id: int | None
    title: str
    cells: tuple[Cell, ...]


class OrgYear(Shape):
    """The year of one organisation."""

    org_id: int
    name: str
    code: str
    kind: str
    parent_id: int | None
    alive: bool
    due: int
    fulfilled: int
    lines: tuple[Line, ...]


class Row(Shape):
    """An organisation directly below, with everything under it."""

    org_id: int
    name: str
    branches: int
    due: int
    fulfilled: int
    rate: str


class Compliance(Shape):
    """The year of an organisation: the sums of each direct child, and a part of the list of those that have duties."""

    org_id: int
    year: int
    as_of: date
    closing_days: int
    due: int
    fulfilled: int
    rate: str
    rows: tuple[Row, ...]
    items: list[OrgYear]
    total: int
    next: str | None


class Listing(Slice):
    """Which year of which organisation."""

    org: Id = Field(description="哪个组织，连同它的下级")
    year: int | None = Field(None, ge=2000, le=2200, description="哪一年，不写就是今年")
    on: Day | None = Field(None, description="按哪一天的情况算，不写就是今天")


class WhyAsked(OfOrgOnDay):
    """Which cell."""

    kind: ActivityKind = Field(description="哪一种组织生活")
    window: str = Field(max_length=10, pattern=r"^20[0-9]{2}(-(0[1-9]|1[0-2]|Q[1-4]|H[12]))?$", description="哪一期，照 cells 里的 window 写")
    group: Id | None = Field(None, description="党小组会是哪个小组")


class Used(Shape):
    """What became of one activity in the window."""

    activity_id: int
    counted: bool
    sentence: str


class Why(Shape):
    """Why a cell is as it is."""

    title: str
    rule: str
    clause: str
    window: str
    state: str
    cure: str
    used: tuple[Used, ...]


def _line(line: derive.Line) -> Line:
    return Line(
        kind=line.kind, group_id=line.group_id, title=line.title,
        cells=tuple(
            Cell(
                window=c.window.code, first=c.window.first, last=c.window.last, state=c.slot.name.lower(), state_title=SLOT_ZH[c.slot], due=c.due,
                fulfilled=c.fulfilled, held=c.held, on_time=c.on_time,
            )
            for c in line.cells
        ),
    )


@reads(router, "/compliance", Compliance, "一年的完成情况：本级、直接下级合计和逐个组织")
def compliance(request: HttpRequest, asked: Query[Listing]):
    """Judge the year of an organisation and all below it."""
    seen(request, asked.org, P.COMPLIANCE_READ)
    as_of = day(request, asked.on)
    found = queries.compliance(request.actor.scope(P.COMPLIANCE_READ), asked.org, min(asked.year or as_of.year, as_of.year), as_of)  # type: ignore[attr-defined]
    listed = [u for u in found.in_order() if u.id in found.years]
    whole = derive.totals(found.years.values())
    rows = []
    for row in found.rows():
        sums = derive.totals(found.of(row.units))
        rows.append(Row(org_id=row.unit.id, name=row.unit.name, branches=row.branches, due=sums.due, fulfilled=sums.fulfilled, rate=sums.shown(found.rate_by)))
    items = []
    for unit in listed[asked.offset : asked.offset + asked.limit]:
        own = found.years[unit.id]
        sums = derive.totals([own])
        items.append(OrgYear(
            org_id=unit.id, name=unit.name, code=unit.code, kind=unit.kind, parent_id=unit.parent_id, alive=unit.alive, due=sums.due, fulfilled=sums.fulfilled,
            lines=tuple(_line(line) for line in own.lines),
        ))
    return Compliance(
        org_id=found.root.id, year=found.year, as_of=found.as_of, closing_days=found.closing_days, due=whole.due, fulfilled=whole.fulfilled,
        rate=whole.shown(found.rate_by), rows=tuple(rows), items=items, total=len(listed), next=following(request, asked, len(listed)),
    )


@reads(router, "/compliance/why", Why, "为什么这一格是这样")
def why(request: HttpRequest, asked: Query[WhyAsked]):
    """Answer "why" for one cell."""
    seen(request, asked.org, P.COMPLIANCE_READ)
    actor, as_of = request.actor, day(request, asked.on)  # type: ignore[attr-defined]
    year = min(int(asked.window[:4]), as_of.year)
    answer = queries.compliance(actor.scope(P.COMPLIANCE_READ), asked.org, year, as_of)
    try:
        told = queries.explain(actor.scope(P.ACTIVITY_READ), answer, asked.org, str(asked.kind), asked.group, asked.window)
    except ValueError:
        told = None
    if told is None:
        raise NotFound("没有这一格")
    return Why(
        title=told.title, rule=told.rule, clause=told.clause, window=told.window, state=told.state, cure=told.cure,
        used=tuple(Used(activity_id=u.activity_id, counted=u.counted, sentence=u.sentence) for u in told.used),
    )


class Excuse(Shape):
    """A window that need not be held."""

    id: int
    org_id: int
    kind: str
    group_id: int | None
    window: str
    first_on: date
    last_on: date
    reason: str
    requested_by: str
    decided_by: str


@reads(router, "/excuses", list[Excuse], "免：一个组织今年和去年同意免开的")
def excuses(request: HttpRequest, asked: Query[OfOrgOnDay]):
    """List the excuses of an organisation that touch the year of a day or the year before."""
    seen(request, asked.org, P.ACTIVITY_READ)
    on = day(request, asked.on)
    found = recorded.excuses(request.actor.scope(P.ACTIVITY_READ), date(on.year - 1, 1, 1), date(on.year, 12, 31), [asked.org])  # type: ignore[attr-defined]
    return [
        Excuse(
            id=e.id, org_id=e.org_id, kind=e.kind, group_id=e.group_id, window=e.window, first_on=e.first_on, last_on=e.last_on, reason=e.reason,
            requested_by=e.requested_by, decided_by=e.decided_by,
        )
        for e in found
    ]


class Figure(Shape):
    """One published number."""

    key: str
    title: str
    unit: str
    source: str
    value: int


@reads(router, "/figures", list[Figure], "公布的数字：一个组织和它的下级合计")
def figures(request: HttpRequest, asked: Query[OfOrgOnDay]):
    """Give the published figures of an organisation with everything below it."""
    here = seen(request, asked.org, P.COMPLIANCE_READ)
    scope, on = request.actor.scope(P.COMPLIANCE_READ).narrowed(here.path_now), day(request, asked.on)  # type: ignore[attr-defined]
    known = map(catalogue.fact, catalogue.keys())
    return [Figure(key=f.key, title=f.title, unit=f.unit, source=f.source, value=catalogue.total(f.key, scope, on)) for f in known]
