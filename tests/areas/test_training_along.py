"""Hours that a member brings along to the organisation that took him over; lessons made up for; what was attended elsewhere."""
from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from tests.areas.test_training import held, line, new
from tests.everywhere.test_queries_flat import statements
from tests.world import AT, TODAY, World, build

from zhibu.areas.meetings import elsewhere
from zhibu.areas.meetings.elsewhere import NewElsewhere
from zhibu.areas.training import actions, lessons, queries
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people import moving
from zhibu.ground.record import actions as record
from zhibu.ground.record import queries as recorded
from zhibu.ground.record import study

pytestmark = pytest.mark.django_db
MOVED = date(2026, 7, 1)


def go(w: World, person: int, here: str, to: str) -> None:
    moving.move(w.actor("county"), person, from_org_id=w.orgs[here], to_org_id=w.orgs[to], on=MOVED, document="县委组织部介绍信", permission=P.ORG_APPROVE, at=AT)


def moved(w: World, to: str = "T1-B2", who: int = 3) -> int:
    person = w.persons["T1-B1"][who]
    go(w, person, "T1-B1", to)
    return person


def year_of(w: World, person: int, user: str, to: str = "T1-B2", org_ids: list[int] | None = None) -> queries.MemberYear:
    found = queries.year(w.actor(user).scope(P.TRAINING_READ), 2026, TODAY, org_ids)
    return next(m for o in found if o.org.code == to for m in o.members if m.person_id == person)


@pytest.mark.parametrize(("to", "users"), [("T1-B2", ("secretary2", "clerk1", "county")), ("T2-B1", ("county",))])
def test_who_moved_within_the_year_keeps_the_hours_of_where_he_was(to: str, users: tuple[str, ...]) -> None:
    w = build(branches=2, members=5)
    p = w.persons["T1-B1"]
    held(w)                                                     # 2 hours, there
    held(w, kinds=("lecture",), on=date(2026, 6, 1), hours="1.5", absent=(p[3],))
    held(w, on=date(2026, 8, 1))                                # after he left, though the old list still had him
    held(w, on=date(2025, 12, 1))                               # another year
    actions.add_record(w.actor("secretary"), w.orgs["T1-B1"], new(w), at=AT)
    actions.add_record(w.actor("secretary"), w.orgs["T1-B1"], new(w, title="自学", kind="self_study", unit="hour", amount=D(2)), at=AT)
    person = moved(w, to)
    for user in users:
        one = year_of(w, person, user, to)
        assert (one.meetings, one.courses, one.before, one.uncounted, one.total) == (0, 0, 20 + 240, 20, 260), user
        assert one == year_of(w, person, user, to, [w.orgs[to]]), user
    found = queries.person(w.actor(users[-1]).scope(P.TRAINING_READ), person, 2026, TODAY)
    assert sum(s.tenths for s in found.sources if s.counts) == found.member.total and all("第1村党支部" in s.proof and s.record_id is s.activity_id is None for s in found.sources)
    mine = queries.own(person, 2026, TODAY)
    assert mine is not None and mine.member == found.member
    assert not any(m.person_id == person for o in queries.year(w.actor("secretary").scope(P.TRAINING_READ), 2026, TODAY) for m in o.members), "not at the old branch"


def test_sabotage_without_what_newcomers_bring_the_hours_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: nothing else counts them."""
    w = build(branches=2, members=5)
    held(w)
    person = moved(w)
    assert year_of(w, person, "county").total == 20
    monkeypatch.setattr(lessons, "came", lambda *given: {})
    assert year_of(w, person, "county").total == 0


def test_newcomers_from_many_places_cost_the_same_statements() -> None:
    w = build(branches=2, members=6)
    held(w)
    held(w, "T1-B2")
    scope = w.actor("county").scope(P.TRAINING_READ)
    moved(w, "T2-B1", 3)
    few = statements(lambda: queries.year(scope, 2026, TODAY))
    moved(w, "T2-B2", 4)
    go(w, w.persons["T1-B2"][4], "T1-B2", "T2-B1")
    many = statements(lambda: queries.year(scope, 2026, TODAY))
    assert len(few) == len(many) <= 16, many


def test_a_lecture_made_up_for_gives_its_hours_in_the_year_of_that_day() -> None:
    w = build(branches=2, members=5)
    p, secretary = w.persons["T1-B1"], w.actor("secretary")
    held(w, kinds=("lecture",), on=date(2026, 6, 1), hours="1.5", absent=(p[3],))
    held(w, absent=(p[3],))
    held(w, kinds=("lecture",), on=date(2025, 12, 20), hours="2.5", absent=(p[3],))
    assert line(w, 3).total == 0
    for absence in recorded.absences(secretary.scope(P.ACTIVITY_READ), org_id=w.orgs["T1-B1"], person_id=p[3]):
        record.catch_up(secretary, absence.id, done_on=date(2026, 6, 20), how="看录像", at=AT)
    assert line(w, 3).total == 15 + 25 and line(w, 3, 2025).total == 0, "the theme day is kept by being there"
    found = queries.person(secretary.scope(P.TRAINING_READ), p[3], 2026, TODAY)
    assert [(s.tenths, s.counts) for s in found.sources].count((0, False)) == 1 and all("补课：看录像" in s.proof and "补课" in s.clause for s in found.sources)


def test_what_was_attended_elsewhere_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    w = build(branches=2, members=5)
    p, secretary, org = w.persons["T1-B1"], w.actor("secretary"), w.orgs["T1-B1"]

    def visit(who: int, day: date) -> None:
        elsewhere.enter(secretary, org, NewElsewhere(p[who], day, "lecture", "县人民医院党支部", "paper", "村档案柜"), at=AT)

    visit(3, date(2026, 3, 1))
    visit(3, date(2026, 3, 2))
    visit(2, date(2026, 6, 1))
    held(w, kinds=("lecture",), on=date(2026, 6, 1), hours="1.5")   # there at the own branch on that day
    actions.add_record(secretary, org, new(w, title="医院党课", kind="lecture", first_on=date(2026, 3, 2), last_on=date(2026, 3, 2), unit="hour", amount=D(3), elsewhere=True), at=AT)
    assert (line(w, 3).meetings, line(w, 3).courses, line(w, 2).total) == (10 + 15, 30, 15)
    found = queries.person(secretary.scope(P.TRAINING_READ), p[3], 2026, TODAY)
    (one,) = [s for s in found.sources if "县人民医院" in s.proof]
    assert one.tenths == 10 and one.clause
    monkeypatch.setattr(study, "_VISITS", list[study.Visits]())
    assert line(w, 3).meetings == 15
