"""What sheets of records need beside the records: names, the organisation's name of the day, the rule sets of the day, the meetings before.

Read once for all records of an organisation: the number of statements does not depend on how many there are."""
from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta

from zhibu.areas.meetings import form
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.library import shipped
from zhibu.ground.record import queries as recorded
from zhibu.ground.record.queries import ActivityView
from zhibu.ground.tree import queries as tree


def rule_sets(org_id: int, on: date) -> tuple[str, ...]:
    """Name the rule sets by which a meeting of an organisation on a day is judged."""
    return tuple(dict.fromkeys(r.rule_set.title for r in form.life_rules(org_id, on).values()))


class Around:
    """The surroundings of some records of one organisation."""

    def __init__(self, scope: Scope, org_id: int, views: Sequence[ActivityView]) -> None:
        days = [v.held_on for v in views] or [date.min.replace(month=1, day=1)]
        first, last = min(days).replace(month=1, day=1), max(days)
        self._org_id = org_id
        self._spells = tree.history(org_id)
        self._names = people.names_of(scope, {p for v in views for p in v.expected})
        self._slots = recorded.slots(scope, org_id, first, last) if views else []
        self._turns = self._days_of_change(first, last) if views else []
        self._sets: dict[int, tuple[str, ...]] = {}

    def _days_of_change(self, first: date, last: date) -> list[date]:
        """Between two of these days the same rule sets hold: assignments, places in the tree and the sets themselves begin and end on them."""
        found = {d for a in policy.assignments("life", first, last) for d in (a.choice.valid_from, a.choice.valid_to)}
        found |= {d for s in self._spells for d in (s.from_on, s.to_on)} | {d for s in shipped().all() for d in (s.effective_from, s.effective_to and s.effective_to + timedelta(days=1))}
        return sorted(d for d in found if d is not None)

    def org_name(self, on: date) -> str:
        """Give what the organisation was called on a day."""
        return self._spell(on).name

    def is_branch(self, on: date) -> bool:
        """Tell whether it was a branch on a day."""
        return self._spell(on).kind in tree.BRANCHES

    def _spell(self, on: date) -> tree.OrgSpell:
        return next((s for s in self._spells if s.from_on <= on and (s.to_on is None or on < s.to_on)), self._spells[-1])

    def names(self, v: ActivityView) -> tuple[str, ...]:
        """Name everybody who was there, in the order of the roll."""
        missing = {a.person_id for a in v.absences}
        return tuple(self._names.get(p, "（已转出）") for p in v.expected if p not in missing)

    def rule_sets(self, on: date) -> tuple[str, ...]:
        """Name the rule sets of a day."""
        turn = bisect_right(self._turns, on)
        if turn not in self._sets:
            self._sets[turn] = rule_sets(self._org_id, on)
        return self._sets[turn]

    def number(self, v: ActivityView, kind: str, group_id: int | None) -> int:
        """Count, within the year, the meetings of the same kind (and group) up to this one; 0 when it does not count."""
        order = [s.activity_id for s in self._slots if (s.kind, s.group_id) == (kind, group_id) and s.held_on.year == v.held_on.year]
        return order.index(v.id) + 1 if v.counts and v.id in order else 0


def around(scope: Scope, v: ActivityView) -> Around:
    """Give the surroundings of one record."""
    return Around(scope, v.org_id, (v,))
