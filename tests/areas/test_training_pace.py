"""The hours of a whole county beside the pure rule asked member by member: whatever is read once and shared, the numbers are the same."""
from __future__ import annotations

from datetime import date, time

import pytest
from tests.areas.test_training import held
from tests.world import TODAY, World, build

from zhibu.areas.training import queries, rules
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.policy.spread import spread
from zhibu.ground.record import study
from zhibu.ground.record.models import Absence, Activity, ActivityKind, Topic

pytestmark = pytest.mark.django_db


def filled(branches: int = 2) -> World:
    """Meetings of two branches: the same list again and again, other lists, somebody missing, both kinds at once, one corrected."""
    w = build(branches=branches, members=5)
    p = w.persons["T1-B1"]
    for month in range(1, 9):
        held(w, on=date(2026, month, 20), absent=(p[month % 5],) if month % 3 else ())
        held(w, "T1-B2", on=date(2026, month, 20), start=None, end=None)
    held(w, kinds=("lecture", "theme_day"), on=date(2026, 9, 1), hours="2.5", end=time(10, 20), absent=(p[1], p[2]))
    old = held(w, kinds=("lecture",), on=date(2026, 9, 9), hours="1.5")
    held(w, kinds=("lecture",), on=date(2026, 9, 9), hours="0.5", absent=(p[4],), corrects=old)
    return w


def by_the_rule(w: World, today: date) -> dict[tuple[int, int], int]:
    """Ask, for every member, every meeting anew: was he on the list, did he miss it, what is it worth. No sharing, no sets."""
    scope, twice = Scope((w.paths["QH"],)), people.merged()
    held_by = spread({i: w.paths[code] for code, i in w.orgs.items()}, "education", today)
    found: dict[tuple[int, int], int] = {}
    for activity in Activity.objects.within(scope).filter(held_on__gte=date(today.year, 1, 1), held_on__lte=today):
        rule = held_by[activity.org_id]
        kinds = [k for k in ActivityKind.objects.within(scope).filter(activity_id=activity.pk).values_list("kind", flat=True) if k in ("lecture", "theme_day") and rules.counts(rule, k)]
        said = [t.hours for t in Topic.objects.within(scope).filter(activity_id=activity.pk, kind="lecture") if t.hours is not None]
        worth = rules.meeting_tenths(rule, kinds, sum(said) if said else None, activity.start_at, activity.end_at) if kinds else 0
        for person in activity.expected:
            if worth and not Absence.objects.within(scope).filter(activity_id=activity.pk, person_id=person).exists():
                key = (activity.org_id, twice.get(person, person))
                found[key] = found.get(key, 0) + worth
    return found


def by_the_county(w: World, today: date) -> dict[tuple[int, int], int]:
    years = queries.year(w.actor("county").scope(P.TRAINING_READ), today.year, today)
    return {(o.org.id, m.person_id): m.meetings for o in years for m in o.members if m.meetings}


@pytest.mark.parametrize("today", [date(2026, 9, 30), TODAY])
def test_a_county_counts_as_the_rule_does_member_by_member(today: date) -> None:
    w = filled()
    members = {(m.org_id, m.person_id) for m in people.belonging(Scope((w.paths["QH"],)), today)}
    assert by_the_county(w, today) == {k: n for k, n in by_the_rule(w, today).items() if k in members}
    assert len(set(by_the_county(w, today).values())) > 3, "a world in which everybody has the same hours proves nothing"


def test_the_targets_and_the_pace_kept_for_a_county_are_those_of_each_member() -> None:
    w = filled()
    (rule,) = {id(r): r for r in spread({w.orgs["T1-B1"]: w.paths["T1-B1"]}, "education", TODAY).values()}.values()
    percent = rule.value("education.pace_percent")
    assert isinstance(percent, int)
    for officer in (True, False, True):
        wanted = rules.target(rule, officer)
        assert wanted == rules._target(rule, officer)
        for day in (date(2026, 9, 29), date(2026, 9, 30), date(2027, 1, 1), date(2026, 9, 29)):
            for tenths in (0, wanted.tenths * percent // 100 - 1, wanted.tenths * percent // 100, wanted.tenths - 1, wanted.tenths):
                pace = rules.pace(rule, wanted, tenths, 2026, day)
                over, looked_at = day > date(2026, 12, 31), day >= date(2026, 9, 30)
                assert (pace.reached, pace.behind, pace.short, pace.missing) == (
                    tenths >= wanted.tenths, not over and looked_at and tenths * 100 < wanted.tenths * percent, over and tenths < wanted.tenths, max(0, wanted.tenths - tenths),
                ), (officer, day, tenths)


def test_twin_a_shared_list_that_forgets_who_missed_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    w = filled()
    present = study._Lists.present
    monkeypatch.setattr(study._Lists, "present", lambda self, listed, missed: present(self, listed, None))
    assert by_the_county(w, TODAY) != by_the_rule(w, TODAY)


@pytest.mark.parametrize("missed", [set(), {2}, {4}])
def test_who_was_merged_stands_under_the_one_who_stays(missed: set[int]) -> None:
    lists = study._Lists({4: 1, 9: 8})
    for _ in range(2):
        assert lists.present("[1, 2, 4, 5]", missed or None) == {1 if p == 4 else p for p in (1, 2, 4, 5) if p not in missed}
        assert lists.present("[2, 5]", missed or None) == {p for p in (2, 5) if p not in missed}


def test_before_hours_are_added_up_secretaries_alone_have_a_line() -> None:
    w = build(branches=2, members=4)
    scope = Scope((w.paths["QH"],))
    everybody = people.belonging(scope, TODAY)
    secretaries = [m for m in everybody if m.secretary_since is not None]
    assert people.belonging(scope, TODAY, secretaries=True) == secretaries and 0 < len(secretaries) < len(everybody)
    reading = w.actor("county").scope(P.TRAINING_READ)
    whole, brief = (queries.year(reading, TODAY.year, TODAY, hours=hours) for hours in (True, False))
    assert [(o.org.id, o.untrained) for o in brief] == [(o.org.id, o.untrained) for o in whole] and sum(o.untrained for o in whole)
