"""The working-day calendar: what is shipped equals what was announced, what a deployment enters wins, and a missing year is said in time."""
from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests import world
from tests.world import AT, World

from zhibu.ground.guard.actor import Refused
from zhibu.ground.journal.models import Entry
from zhibu.ground.workdays import actions, queries
from zhibu.ground.workdays.actions import DaysRefused
from zhibu.ground.workdays.models import DayEdit

FIRST, LAST = date(2018, 1, 1), date(2026, 12, 31)


def differing(calendar: queries.Calendar) -> list[str]:
    """List the days on which a calendar and the package `holidays` differ, from the first announced year to the last."""
    import holidays  # a second to load, and only here

    known = holidays.CN(years=range(2017, 2028))
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    wrong = [f"{d} worked" for d in days if calendar.working(d) != known.is_working_day(d)]
    return wrong + [f"{d} a holiday" for d in days if d in known and d not in calendar.off]


def test_the_shipped_days_are_those_announced() -> None:
    shipped, papers = queries.announced()
    assert differing(shipped) == [] and set(papers) == set(range(2018, 2027)) == set(shipped.years)
    assert not set(shipped.off) & shipped.work and all(d.weekday() > 4 for d in shipped.work)


def test_one_wrong_day_is_seen() -> None:
    shipped, _ = queries.announced()
    without = queries.Calendar({d: n for d, n in shipped.off.items() if d != date(2026, 10, 5)}, shipped.work, shipped.years)
    assert differing(without) == ["2026-10-05 worked", "2026-10-05 a holiday"]


@pytest.fixture
def w(db: None) -> World:
    return world.build()


def enter(w: World, user: str = "sysadmin", **other: object) -> int:
    values = {"first": date(2027, 2, 5), "last": date(2027, 2, 11), "kind": "off", "name": "春节", "reason": "国办通知"} | other
    return actions.enter(w.actor(user), at=AT, **values)  # type: ignore[arg-type]


def test_what_is_entered_holds_and_the_last_entry_wins(w: World) -> None:
    assert enter(w) == 7
    assert enter(w, first=date(2027, 2, 20), last=date(2027, 2, 20), kind="work", name="") == 1
    found = queries.around(date(2027, 2, 1))
    assert not found.working(date(2027, 2, 8)) and found.working(date(2027, 2, 20)) and 2027 in found.years
    assert [(s.kind, s.first, s.last) for s in queries.stretches(found, 2027)] == [("off", date(2027, 2, 5), date(2027, 2, 11)), ("work", date(2027, 2, 20), date(2027, 2, 20))]
    enter(w, first=date(2027, 2, 8), last=date(2027, 2, 8), kind="usual", name="", reason="填错了一天")
    assert queries.around(date(2027, 2, 1)).working(date(2027, 2, 8)), "a Monday again"
    assert DayEdit.objects.count() == 9 and [e.reason for e in queries.edits(2027)][0] == "填错了一天" and queries.edits(2027)[0].made_by == "sysadmin"
    assert Entry.objects.unscoped("test").filter(action="workdays.enter").count() == 3


def test_an_announced_day_may_be_changed_here(w: World) -> None:
    enter(w, first=date(2026, 12, 28), last=date(2026, 12, 28), name="抗洪补休", reason="县里统一安排")
    found = queries.around(date(2026, 12, 1))
    assert found.off[date(2026, 12, 28)] == "抗洪补休" and not queries.announced()[0].off.get(date(2026, 12, 28))


@pytest.mark.parametrize(
    ("other", "field", "code"),
    [
        ({"kind": "x"}, "kind", "E054"), ({"last": date(2027, 2, 1)}, "last", "E002"), ({"last": date(2027, 4, 1)}, "last", "E002"), ({"name": " "}, "name", "E054"),
        ({"reason": " "}, "reason", "E054"), ({"first": date(2207, 2, 5), "last": date(2207, 2, 6)}, "first", "E002"),
    ],
)
def test_days_that_cannot_be_are_refused(w: World, other: dict[str, object], field: str, code: str) -> None:
    with pytest.raises(DaysRefused) as refused:
        enter(w, **other)
    assert (refused.value.field, refused.value.code) == (field, code) and DayEdit.objects.count() == 0


@pytest.mark.parametrize("user", ["county", "secretary", "secadmin", "auditor", "member"])
def test_nobody_else_enters_days(w: World, user: str) -> None:
    with pytest.raises(Refused):
        enter(w, user)
    assert DayEdit.objects.count() == 0


def test_a_missing_year_is_said_from_december_on(w: World) -> None:
    assert queries.missing_year(date(2026, 11, 30)) is None and queries.missing_year(date(2026, 12, 1)) == 2027
    assert queries.missing_year(date(2027, 1, 1)) == 2027
    enter(w)
    assert queries.missing_year(date(2026, 12, 1)) is None and queries.missing_year(date(2027, 6, 1)) is None
    enter(w, kind="work", name="", first=date(2028, 1, 8), last=date(2028, 1, 8))
    assert queries.missing_year(date(2027, 12, 1)) == 2028, "a working day alone is no arrangement"
