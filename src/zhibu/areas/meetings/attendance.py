"""Who came (考勤): per member over the last twelve months, with the long absences (V06) and the double life of leading cadres (S10)."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import Person
from zhibu.ground.record import queries as recorded
from zhibu.kernel.activities import ActivityKind
from zhibu.kernel.numbers import percent
from zhibu.kernel.periods import WindowKind, add_months, window_of

from . import elsewhere, rules
from .queries import convention


@dataclass(frozen=True, slots=True)
class CadreLife:
    """The double organisational life of a leading cadre (S10), as far as the branch's own records tell."""

    life_meeting: bool          # was at an organisational life meeting in the last twelve months
    grouped: bool               # has a place in a Party group, or the branch has none
    absent_last_quarter: bool   # was expected in the last closed quarter and never came


@dataclass(frozen=True, slots=True)
class MemberAttendance:
    """One member. Counts are activities of the last twelve months; `away`: whole months since the last one attended."""

    person_id: int
    name: str
    expected: int
    present: int
    last_on: date | None
    away: int
    review: bool                # V06: a check has to be started; membership never changes by itself
    cadre: CadreLife | None
    elsewhere: int = 0          # attended at other organisations: marked, never part of the rate

    @property
    def rate(self) -> str:
        """Return the attendance rate of the member."""
        return percent(self.present, self.expected)


@dataclass(frozen=True, slots=True)
class Attendance:
    """A branch's attendance. The rate is Σ present / Σ expected (S04)."""

    first: date
    last: date
    review_months: int
    members: tuple[MemberAttendance, ...]

    @property
    def present(self) -> int:
        """Sum the presences."""
        return sum(m.present for m in self.members)

    @property
    def expected(self) -> int:
        """Sum what was expected."""
        return sum(m.expected for m in self.members)

    @property
    def rate(self) -> str:
        """Return the pooled rate."""
        return percent(self.present, self.expected)


def attendance(scope: Scope, org_id: int, today: date) -> Attendance:
    """Count the attendance of today's members of a branch over the last twelve months. Source: S04 "Auto", S10, V06."""
    first = add_months(today, -12) + timedelta(days=1)
    months = cast(int, convention(org_id, today).value("conventions.absence_review_months"))
    quarter = window_of(WindowKind.QUARTER, window_of(WindowKind.QUARTER, today).first - timedelta(days=1))
    found, lately = recorded.attendance(scope, org_id, first, today), recorded.attendance(scope, org_id, quarter.first, quarter.last)
    roll = people.roll(scope, org_id, today)
    outside = elsewhere.times(elsewhere.found(scope, org_id, first, today))
    cadres = set(Person.objects.within(scope).filter(pk__in=[e.person_id for e in roll], is_leading_cadre=True).order_by("id").values_list("pk", flat=True))
    has_groups = any(e.group_id for e in roll)
    lines = []
    for e in roll:
        one = found.get(e.person_id, recorded.Attended(e.person_id, 0, 0, None, None, frozenset()))
        last_quarter = lately.get(e.person_id)
        there, last_there = outside.get(e.person_id, (0, None))
        last_on = max((d for d in (one.last_on, last_there) if d), default=None)
        away = rules.months_away(last_on, one.first_expected_on, today)
        life = CadreLife(
            ActivityKind.ORG_LIFE_MEETING in one.kinds, e.group_id is not None or not has_groups, bool(last_quarter and last_quarter.expected and not last_quarter.present)
        )
        lines.append(
            MemberAttendance(e.person_id, e.name, one.expected, one.present, last_on, away, e.counted and rules.review_due(away, months), life if e.person_id in cadres else None, there)
        )
    return Attendance(first, today, months, tuple(lines))
