"""Published numbers about study hours of the year so far."""
from __future__ import annotations

from datetime import date

from zhibu.ground.facts.catalogue import Fact
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.queries import headcounts

from .queries import year

SOURCE = "党员教育管理工作条例；学时由会议记录和培训登记算出"


def _members(scope: Scope, on: date) -> dict[int, int]:
    return {org_id: count.members_all for org_id, count in headcounts(scope, on).items()}


def _reached(scope: Scope, on: date) -> dict[int, int]:
    return {o.org.id: o.reached for o in year(scope, on.year, on)}


def _untrained(scope: Scope, on: date) -> dict[int, int]:
    return {o.org.id: o.untrained for o in year(scope, on.year, on, hours=False)}


FACTS = (
    Fact("training.members", "应完成学时的党员", "人", SOURCE, _members, permission=Permission.TRAINING_READ),
    Fact("training.reached", "今年学时已达标的党员", "人", SOURCE, _reached, of="training.members", permission=Permission.TRAINING_READ),
    Fact("training.untrained", "该参加集中培训还没有参加的书记", "人", SOURCE, _untrained, permission=Permission.TRAINING_READ),
)
