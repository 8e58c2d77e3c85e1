"""Published numbers about funds (in fen, of the year so far) and places."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from zhibu.ground.facts.catalogue import Fact
from zhibu.ground.guard.scope import Scope

from .queries import FundView, funds, places

FUNDS = "三项经费：应安排数由规则集按个数算出"
PLACES = "活动场所：面积标准见规则集"


def _sum(of: Callable[[FundView], int]) -> Callable[[Scope, date], dict[int, int]]:
    def read(scope: Scope, on: date) -> dict[int, int]:
        found: dict[int, int] = {}
        for one in funds(scope, on.year, on):
            found[one.org.id] = found.get(one.org.id, 0) + of(one)
        return found

    return read


def _places(meeting: bool) -> Callable[[Scope, date], dict[int, int]]:
    def read(scope: Scope, on: date) -> dict[int, int]:
        found: dict[int, int] = {}
        for one in places(scope, on):
            found[one.org.id] = found.get(one.org.id, 0) + (one.standing.meets or not meeting)
        return found

    return read


FACTS = (
    Fact("funds.required", "三项经费应安排", "分", FUNDS, _sum(lambda f: f.required)),
    Fact("funds.paid", "三项经费已支付", "分", FUNDS, _sum(lambda f: f.paid)),
    Fact("funds.gap", "三项经费缺口", "分", FUNDS, _sum(lambda f: f.gap)),
    Fact("places.all", "活动场所", "个", PLACES, _places(meeting=False)),
    Fact("places.meeting", "面积达标的活动场所", "个", PLACES, _places(meeting=True)),
)
