"""What is due about funds and places: money not paid towards the end of the year and after it (V16), places below the standard (V17)."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from zhibu.ground.duties.duty import Duty, DutyAction, DutyState
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope, collapse

from . import rules
from .queries import FundView, PlaceView, funds, places

LAST_QUARTER = 10  # the month from which a gap of the running year is spoken of
AFTER = 3          # … and up to which of the next one
NAMED = 3


def due(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    """List the duties about funds and places; the number of statements does not depend on the number of organisations."""
    held = actor.scope(Permission.RESOURCE_WRITE)
    reach = Scope(collapse(p for path in held.paths for p in scope.narrowed(path).paths))
    if reach.empty:
        return []
    own = {g.org_id for g in actor.grants if Permission.RESOURCE_WRITE in g.permissions}
    found: list[Duty] = []
    wanted = today.year if today.month >= LAST_QUARTER else today.year - 1 if today.month <= AFTER else 0
    if wanted:
        found += _funds([f for f in funds(reach, wanted, today) if f.gap], own, wanted, today)
    return found + _places([p for p in places(reach, today) if not p.standing.meets], own)


def _funds(short: Sequence[FundView], own: set[int], wanted: int, today: date) -> list[Duty]:
    late, found = today.year > wanted, []
    for f in short:
        if f.org.id in own:
            found.append(Duty(
                f"resources:fund:{f.org.id}:{f.fund}:{wanted}", f.org.id, f.org.name, date(wanted, 12, 31), DutyState.OVERDUE if late else DutyState.SOON,
                f"{wanted}年{rules.FUND_ZH[f.fund]}还差 {rules.grouped(f.gap)} 元", f"应安排 {rules.grouped(f.required)} 元，已支付 {rules.grouped(f.paid)} 元",
                f.need.clause if f.need else "", (DutyAction("看经费", "resources.funds", (("org", str(f.org.id)), ("year", str(wanted)))),),
            ))
    below = {f.org.id: f.org for f in short if f.org.id not in own}
    if below:
        names = "、".join(o.short_name for o in list(below.values())[:NAMED]) + ("等" if len(below) > NAMED else "")
        found.append(Duty(
            f"resources:many:funds:{wanted}", next(iter(below)), "", date(wanted, 12, 31), DutyState.OVERDUE if late else DutyState.LATER,
            f"{len(below)} 个党组织{wanted}年三项经费没有付足", names, "", (DutyAction("看是哪些", "resources.funds", (("year", str(wanted)),)),),
        ))
    return found


def _places(short: Sequence[PlaceView], own: set[int]) -> list[Duty]:
    found = []
    for p in short:
        if p.org.id in own:
            found.append(Duty(
                f"resources:place:{p.id}", p.org.id, p.org.name, None, DutyState.LATER, f"{p.name}面积 {p.area} 平方米，不到 {p.standing.standard} 平方米",
                "扩建、改建好了，来改面积", p.standing.clause, (DutyAction("看场所", "resources.place", (("place_id", str(p.id)),)),),
            ))
    below = [p for p in short if p.org.id not in own]
    if below:
        names = "、".join(p.org.short_name for p in below[:NAMED]) + ("等" if len(below) > NAMED else "")
        found.append(Duty(
            "resources:many:places", below[0].org.id, "", None, DutyState.LATER, f"{len(below)} 个活动场所面积不达标", names, "",
            (DutyAction("看是哪些", "resources.places", (("show", "below"),)),),
        ))
    return found
