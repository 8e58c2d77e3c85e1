"""Published numbers about transfers and members away."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from zhibu.ground.facts.catalogue import Fact
from zhibu.ground.guard.reading import asked_once
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree

from . import floating, queries
from .away import Direction
from .queries import Flow

SOURCE = "组织关系转接"


@asked_once
def _year(scope: Scope, on: date) -> dict[int, Flow]:
    return queries.flow(scope, [o.id for o in tree.every(scope)], on.replace(month=1, day=1), on)


def _flow(of: Callable[[Flow], int]) -> Callable[[Scope, date], dict[int, int]]:
    return lambda scope, on: {org_id: of(one) for org_id, one in _year(scope, on).items()}


FACTS = (
    Fact("transfers.in", "今年转入", "人", f"{SOURCE}：接收日期在今年的", _flow(lambda f: f.came)),
    Fact("transfers.out", "今年转出", "人", f"{SOURCE}：对方接收日期在今年的", _flow(lambda f: f.went)),
    Fact("transfers.in_transit", "在途", "人", f"{SOURCE}：开了介绍信、对方还没有接收，仍算原支部的党员", _flow(lambda f: f.in_transit)),
    Fact("floating.out", "流出党员", "人", "流动党员登记：组织关系在本支部", lambda scope, on: floating.tally(scope, Direction.OUT, on)),
    Fact("floating.in", "流入党员", "人", "流动党员登记：组织关系在别处", lambda scope, on: floating.tally(scope, Direction.IN, on)),
)
