"""Published numbers about study hours of the year so far."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from zhibu.ground.facts.catalogue import Fact
from zhibu.ground.guard.scope import Scope

from .queries import OrgYear, year

SOURCE = "党员教育管理工作条例：学时由会议记录和培训登记算出"


def _counted(of: Callable[[OrgYear], int]) -> Callable[[Scope, date], dict[int, int]]:
    return lambda scope, on: {o.org.id: of(o) for o in year(scope, on.year, on)}


FACTS = (
    Fact("training.members", "应完成学时的党员", "人", SOURCE, _counted(lambda o: len(o.members))),
    Fact("training.reached", "学时已达标的党员", "人", SOURCE, _counted(lambda o: o.reached)),
    Fact("training.untrained", "今年应参加集中培训还没有参加的书记", "人", SOURCE, _counted(lambda o: o.untrained)),
)
