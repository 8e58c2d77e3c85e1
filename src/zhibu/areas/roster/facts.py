"""Published numbers about members (rules.md §0)."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from zhibu.ground.facts.catalogue import Fact
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.queries import Headcount, headcounts

BASES = "人数口径"


def _counted(of: Callable[[Headcount], int]) -> Callable[[Scope, date], dict[int, int]]:
    return lambda scope, on: {org_id: of(count) for org_id, count in headcounts(scope, on).items()}


FACTS = (
    Fact("members.all", "党员总数", "人", f"{BASES}：正式和预备，不含停止党籍", _counted(lambda c: c.members_all)),
    Fact("members.full", "正式党员", "人", f"{BASES}：含留党察看", _counted(lambda c: c.full)),
    Fact("members.probationary", "预备党员", "人", BASES, _counted(lambda c: c.probationary)),
)
