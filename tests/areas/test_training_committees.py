"""What a set asks of committees: checks of the company and its units, lectures by leaders of units; entries, duties, refusals."""
from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.world import AT, TODAY, World, build

from zhibu.areas.training import committees, duties
from zhibu.areas.training.committees import NewDoing
from zhibu.areas.training.refused import TrainingRefused
from zhibu.ground.duties.duty import DutyState
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.models import Assignment
from zhibu.ground.policy.resolve import resolve_named
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound


def test_what_is_asked_by_the_set_of_the_company() -> None:
    company = resolve_named(shipped(), ["seed-004e"], "education", TODAY)
    assert [(a.doing, a.window.code, a.least) for a in committees.asked(company, True, TODAY)] == [("check", "2026", 1)]
    assert [(a.doing, a.window.code, a.least) for a in committees.asked(company, False, TODAY)] == [("check", "2026-H2", 1), ("lecture", "2026", 1)]
    assert committees.asked(resolve_named(shipped(), [], "education", TODAY), True, TODAY) == []
    done = committees.counted(committees.asked(company, False, TODAY), [("report", date(2026, 3, 1)), ("lecture", date(2025, 3, 1)), ("check", date(2026, 6, 30))])
    assert [a.missing for a in done] == [True, False], "a report stands for a lecture; a check of the first half year is none of the second"


@pytest.fixture
def w() -> World:
    w = build(branches=2, members=4)
    Assignment.objects.create(org_id=w.orgs["QH"], family="education", rule_set="seed-004e", valid_from=date(2025, 1, 1), decided_by="张三", made_at=AT)
    return w


def wish(**change: object) -> NewDoing:
    return NewDoing(**{**{"doing": "check", "day": date(2026, 9, 1), "who": "检查组", "what": "查了两个支部，笔记不全"}, **change})  # type: ignore[arg-type]


def keys(w: World, user: str, on: date) -> dict[str, DutyState]:
    actor = w.actor(user)
    return {d.key.removeprefix("training:committee:"): d.state for d in duties.due(actor, actor.sees(), on) if d.key.startswith("training:committee:")}


@pytest.mark.django_db
def test_a_committee_learns_what_it_has_not_done_and_enters_it(w: World) -> None:
    unit, company, end = w.orgs["T1"], w.orgs["QH"], date(2026, 12, 20)
    assert keys(w, "clerk1", end) == {f"check:{unit}:2026-H2": DutyState.SOON, f"lecture:{unit}:2026": DutyState.SOON}
    assert keys(w, "county", end) == {f"check:{company}:2026": DutyState.SOON} and keys(w, "secretary", end) == {}
    late = keys(w, "clerk1", date(2027, 1, 5))
    assert late == {f"check:{unit}:2026-H2": DutyState.OVERDUE, f"lecture:{unit}:2026": DutyState.OVERDUE}
    committees.enter(w.actor("clerk1"), unit, wish(), at=AT)
    made = committees.enter(w.actor("clerk1"), unit, wish(doing="report", who="王书记", what="当前形势"), at=AT)
    assert keys(w, "clerk1", end) == {}
    assert [d.doing for d in committees.doings(w.actor("county").scope(P.TRAINING_READ), unit, date(2026, 1, 1), end)] == ["report", "check"]
    for _ in range(2):
        assert committees.take_back(w.actor("clerk1"), made, at=AT) == unit
    assert keys(w, "clerk1", end) == {f"lecture:{unit}:2026": DutyState.SOON}
    with pytest.raises(NotFound):
        committees.take_back(w.actor("foreign"), made, at=AT)


@pytest.mark.django_db
def test_nothing_is_asked_without_the_set_or_before_it_was_chosen(w: World) -> None:
    Assignment.objects.filter(org_id=w.orgs["QH"]).update(valid_from=date(2026, 10, 1))
    assert keys(w, "clerk1", date(2026, 12, 20)) == {}, "the windows began before"
    Assignment.objects.filter(org_id=w.orgs["QH"]).delete()
    assert committees.owed(w.actor("clerk1").scope(P.TRAINING_READ), tree.views([w.orgs["T1"]])[w.orgs["T1"]], TODAY) == []


@pytest.mark.django_db
def test_entries_that_cannot_be_are_refused(w: World) -> None:
    unit = w.orgs["T1"]
    committees.enter(w.actor("clerk1"), unit, wish(), at=AT)
    for change, code in (({}, "E044"), ({"day": TODAY + timedelta(days=1)}, "E001"), ({"who": ""}, "E054"), ({"what": " ", "who": "王书记"}, "E054"), ({"doing": "x"}, "E054")):
        with pytest.raises(TrainingRefused) as found:
            committees.enter(w.actor("clerk1"), unit, wish(**change), at=AT)
        assert [f.code for f in found.value.faults] == [code]
    with pytest.raises(TrainingRefused) as branch:
        committees.enter(w.actor("clerk1"), w.orgs["T1-B1"], wish(), at=AT)
    assert [f.code for f in branch.value.faults] == ["E045"]
    with pytest.raises(Refused):
        committees.enter(w.actor("secretary"), unit, wish(), at=AT)
