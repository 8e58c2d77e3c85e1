"""Published numbers about funds (in yuan, of the year so far) and places."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from zhibu.ground.facts.catalogue import Fact
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.reading import asked_once
from zhibu.ground.guard.scope import Scope

from .queries import FundView, funds, places
from .rules import FEN

FUNDS = "三项经费：应安排数由规则集按个数算出，元以下不计"
PLACES = "活动场所：面积标准见规则集"


_funds, _all_places = asked_once(funds), asked_once(places)


def _sum(of: Callable[[FundView], int]) -> Callable[[Scope, date], dict[int, int]]:
    def read(scope: Scope, on: date) -> dict[int, int]:
        found: dict[int, int] = {}
        for one in _funds(scope, on.year, on):
            found[one.org.id] = found.get(one.org.id, 0) + of(one)
        return {org_id: fen // FEN for org_id, fen in found.items()}

    return read


def _places(meeting: bool) -> Callable[[Scope, date], dict[int, int]]:
    def read(scope: Scope, on: date) -> dict[int, int]:
        found: dict[int, int] = {}
        for one in _all_places(scope, on):
            found[one.org.id] = found.get(one.org.id, 0) + (one.standing.meets or not meeting)
        return found

    return read


FACTS = (
    Fact("funds.required", "三项经费应安排", "元", FUNDS, _sum(lambda f: f.required), permission=P.RESOURCE_READ),
    Fact("funds.paid", "三项经费已支付", "元", FUNDS, _sum(lambda f: f.paid), permission=P.RESOURCE_READ),
    Fact("funds.gap", "三项经费缺口", "元", FUNDS, _sum(lambda f: f.gap), of="funds.required", permission=P.RESOURCE_READ),
    Fact("places.all", "活动场所", "个", PLACES, _places(meeting=False), permission=P.RESOURCE_READ),
    Fact("places.meeting", "面积达标的活动场所", "个", PLACES, _places(meeting=True), of="places.all", permission=P.RESOURCE_READ),
)
