"""Fallback, provenance, dates, painting, overlaps and the floor check. Source: rules.md §1, E041, E042, E055."""
from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibu.ground.policy.catalogue import KEYS
from zhibu.ground.policy.floor import laxer, less_often
from zhibu.ground.policy.library import Library, RuleSet, UnknownRuleSet, parse, shipped
from zhibu.ground.policy.resolve import (
    Choice,
    UndefinedValue,
    laxer_than_national,
    overlaps,
    paint,
    resolve,
    resolve_named,
)
from zhibu.ground.policy.spec import Alternative, Bracket, LifeRule, Share, Value
from zhibu.kernel.numbers import Threshold

ON = date(2025, 6, 1)
COUNTY, TOWN, BRANCH = "青禾县委", "石桥镇党委", "柳树湾村党支部"


def local(body: str, code: str = "local-1") -> RuleSet:
    head = f'code = "{code}"\ntitle = "某县规定"\nshort = "某县规定"\nkind = "local"\nstatus = "active"\nsource = "某县文件"\n'
    return parse(head + body, f"{code}.toml")


@pytest.fixture(scope="module")
def library() -> Library:
    return shipped()


# fallback and provenance

def test_without_an_assignment_the_national_set_holds(library: Library) -> None:
    found = resolve(library, [], "votes", ON).get("votes.decision_quorum")
    assert found.value == Threshold(Fraction(1, 2), ">=", "expected_voting")
    assert found.rule_set.code == "cn-branch-2018"
    assert found.clause == "支部工作条例（试行）第十一条"
    assert found.chosen_by is None and not found.below_national and found.verified


def test_the_nearest_assignment_wins_and_is_named(library: Library) -> None:
    near, far = Choice("seed-003", 3, TOWN), Choice("seed-000", 1, COUNTY)
    found = resolve(library, [near, far], "life", ON).get("life.lecture")
    assert (found.rule_set.code, found.chosen_by) == ("seed-003", near)
    assert resolve(library, [far], "life", ON).get("life.lecture").chosen_by == far


def test_a_value_that_the_assigned_set_leaves_open_comes_from_the_nation_not_from_a_farther_assignment(library: Library) -> None:
    county = local('[dues]\nback_pay_max_months = { value = 3, clause = "" }', "local-county")
    with_county = library.with_set(county)
    choices = [Choice("seed-000", 3, TOWN), Choice("local-county", 1, COUNTY)]
    effective = resolve(with_county, choices, "dues", ON)
    assert effective.get("dues.cadence").rule_set.code == "seed-000"
    fallen = effective.get("dues.back_pay_max_months")
    assert (fallen.value, fallen.rule_set.code, fallen.chosen_by) == (6, "cn-dues-2008", None)
    assert effective.get("dues.rounding").rule_set.code == "zhibu-conventions"


def test_deep_keys_fall_back_one_by_one(library: Library) -> None:
    effective = resolve(library, [Choice("seed-004e", 1, COUNTY)], "recruit", ON)
    assert effective.get("recruit.approve_months.normal").rule_set.code == "seed-004e"
    assert effective.get("recruit.approve_months.special").rule_set.code == "cn-recruit-2014"


def test_validity_is_half_open(library: Library) -> None:
    choice = Choice("seed-003", 3, TOWN, date(2024, 1, 1), date(2025, 1, 1))

    def code(on: date) -> str:
        return resolve(library, [choice], "life", on).get("life.general_meeting").rule_set.code

    assert [code(date(2023, 12, 31)), code(date(2024, 1, 1)), code(date(2024, 12, 31)), code(date(2025, 1, 1))] == [
        "cn-branch-2018", "seed-003", "seed-003", "cn-branch-2018",
    ]


def test_a_set_not_in_force_or_silent_about_the_family_is_passed_over(library: Library) -> None:
    early, far = Choice("seed-003", 3, TOWN), Choice("seed-000", 1, COUNTY)
    assert resolve(library, [early, far], "life", date(2020, 11, 9)).get("life.lecture").rule_set.code == "seed-000"
    assert resolve(library, [early, far], "dues", ON).get("dues.cadence").rule_set.code == "seed-000"


def test_inside_life_the_assigned_set_replaces_the_list_as_a_whole(library: Library) -> None:
    effective = resolve(library, [Choice("seed-000", 1, COUNTY)], "life", ON)
    assert set(effective.life()) == {"general_meeting", "committee_meeting", "group_meeting", "lecture"}
    assert effective.keys() == ("life.general_meeting", "life.committee_meeting", "life.group_meeting", "life.lecture")
    with pytest.raises(UndefinedValue):
        effective.get("life.theme_day")
    assert set(resolve(library, [], "life", ON).life()) == {
        "general_meeting", "committee_meeting", "group_meeting", "lecture", "theme_day", "org_life_meeting", "appraisal", "talk",
    }


def test_record_lists_without_an_own_one_are_the_default_ones(library: Library) -> None:
    def records(of: Library, code: str, kind: str) -> tuple[str, ...] | None:
        rule = resolve(of, [Choice(code, 1, COUNTY)], "life", ON).life()[kind].value
        assert isinstance(rule, LifeRule)
        return rule.records

    assert records(library, "seed-000", "lecture") == ("lecture_script", "sign_in", "lecture_record")
    other = library.with_value("zhibu-conventions", "conventions.records.lecture", ("sign_in",))
    assert records(other, "seed-000", "lecture") == ("sign_in",)
    assert records(other, "seed-003", "lecture") == ("lecture_script", "sign_in", "lecture_record")


def test_the_company_set_has_no_group_meeting_to_count(library: Library) -> None:
    rule = resolve(library, [Choice("seed-004e", 1, COUNTY)], "life", ON).life()["group_meeting"].value
    assert isinstance(rule, LifeRule) and rule.by == "committee" and not rule.counted


def test_what_nobody_defines_is_e055(library: Library) -> None:
    with pytest.raises(UndefinedValue) as caught:
        resolve(library, [], "dues", ON).value("dues.remit_ratio")
    assert caught.value.code == "E055" and "党费上缴比例" in str(caught.value) and "2025年06月01日" in str(caught.value)
    with pytest.raises(UndefinedValue):
        resolve(library, [], "org", date(2018, 10, 27)).value("org.branch_full_min")
    assert resolve(library, [], "life", date(2018, 10, 27)).life() == {}
    assert not resolve(library, [], "dues", ON).has("dues.remit_ratio")


def test_programming_slips_are_not_silent(library: Library) -> None:
    effective = resolve(library, [], "dues", ON)
    with pytest.raises(KeyError):
        effective.get("dues.nothing")
    with pytest.raises(KeyError):
        effective.get("org.branch_full_min")
    with pytest.raises(KeyError):
        resolve(library, [], "weather", ON)
    with pytest.raises(UnknownRuleSet):
        resolve(library, [Choice("gone", 1, COUNTY)], "dues", ON)


@pytest.mark.parametrize(("on", "rate"), [(date(2007, 12, 1), "0.02"), (date(2008, 3, 31), "0.02"), (date(2008, 4, 1), "0.005")])
def test_dues_follow_the_date(library: Library, on: date, rate: str) -> None:
    """AT-03: base 1,200 pays 2% in 2007-12 and 0.5% in 2008-04."""
    rows = resolve(library, [], "dues", on).value("dues.wage")
    paid = next(row.rate for row in rows if isinstance(row, Bracket) and (row.up_to is None or row.up_to >= 1200))  # type: ignore[union-attr]
    assert paid == Decimal(rate)


def test_elections_follow_the_date(library: Library) -> None:
    before, after = (resolve(library, [], "election", on) for on in (date(2020, 7, 12), date(2020, 7, 13)))
    assert before.value("election.quorum") == Threshold(Fraction(4, 5), ">", "expected_electors")
    assert after.value("election.quorum") == Threshold(Fraction(4, 5), ">=", "expected_electors")
    with pytest.raises(UndefinedValue):
        before.value("election.min_difference")


def test_every_value_that_holds_is_listed_once(library: Library) -> None:
    rows = resolve(library, [Choice("seed-000", 1, COUNTY)], "org", ON).rows()
    keys = [row.key for row in rows]
    assert len(keys) == len(set(keys)) and "org.committee_above" in keys and "org.committee_min" in keys


# named sets of decision tables

def test_named_sets_the_first_that_defines_the_value_wins(library: Library) -> None:
    effective = resolve_named(library, ["seed-003", "seed-000"], "dues", ON)
    assert effective.get("dues.cadence").rule_set.code == "seed-000"
    assert effective.get("dues.pension").rule_set.code == "cn-dues-2008"
    assert resolve_named(library, ["cn-term-2018", "seed-000", "seed-003"], "life", ON).get("life.lecture").rule_set.code == "seed-000"


def test_named_sets_not_in_force_are_passed_over_unless_the_question_has_no_date(library: Library) -> None:
    dated = resolve_named(library, ["cn-election-1990"], "election", ON)
    assert dated.get("election.quorum").rule_set.code == "cn-election-2020"
    timeless = resolve_named(library, ["cn-election-1990"], "election", ON, dated=False)
    assert timeless.get("election.quorum").rule_set.code == "cn-election-1990"
    assert timeless.get("election.min_difference").rule_set.code == "cn-election-2020"


# painting

SEGMENTS = st.lists(st.sampled_from(["000001", "000002", "00000a", "00000z"]), min_size=1, max_size=4).map("".join)


def naive(path: str, assigned: dict[str, int]) -> int | None:
    """Walk from the path up to the root."""
    for length in range(len(path), 0, -6):
        if path[:length] in assigned:
            return assigned[path[:length]]
    return None


@given(paths=st.sets(SEGMENTS, max_size=30), assigned=st.dictionaries(SEGMENTS, st.integers(), max_size=10))
def test_painting_equals_a_walk_up_each_path(paths: set[str], assigned: dict[str, int]) -> None:
    ordered = sorted(paths)
    assert paint(ordered, assigned) == [naive(path, assigned) for path in ordered]


def test_painting_takes_ancestors_that_are_not_in_the_list() -> None:
    paths = ["000001000002", "000001000002000003", "000004"]
    assert paint(paths, {"000001": "县", "000001000002000003": "支部"}) == ["县", "支部", None]
    assert paint([], {"000001": "县"}) == []


def test_painting_refuses_an_unsorted_list() -> None:
    with pytest.raises(ValueError):
        paint(["b", "a"], {})


# overlaps

DAYS = st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2024, 1, 12)))


def test_overlap_names_the_assignments_in_the_way() -> None:
    first = Choice("seed-000", 1, TOWN, date(2024, 1, 1), date(2025, 1, 1))
    second = Choice("seed-003", 1, TOWN, date(2025, 1, 1), None)
    assert overlaps([first], second) == ()
    assert overlaps([first, second], Choice("seed-003", 1, TOWN, date(2024, 12, 31), None)) == (first, second)
    assert overlaps([second, first], Choice("seed-003", 1, TOWN, None, None)) == (first, second)


@given(one=st.tuples(DAYS, DAYS), other=st.tuples(DAYS, DAYS))
def test_overlap_means_a_common_day(one: tuple[date | None, date | None], other: tuple[date | None, date | None]) -> None:
    first, second = Choice("a", 1, TOWN, *one), Choice("b", 1, TOWN, *other)
    days = [date(2023, 12, 31), *(date(2024, 1, day) for day in range(1, 20))]
    assert bool(overlaps([first], second)) == any(first.valid(day) and second.valid(day) for day in days)


# the floor

def test_the_two_examples_of_the_specification_are_laxer(library: Library) -> None:
    found = {item.key: item for item in laxer_than_national(library, library.get("seed-000"), ON)}
    assert found["dues.cadence"].local == "quarter" and found["dues.cadence"].national == "month"
    assert found["term.branch"].local == (2, 3) and found["term.branch"].national == (3,)
    assert {"life.theme_day", "life.org_life_meeting", "life.appraisal"} <= set(found)
    assert found["life.theme_day"].local is None
    assert "life.talk" not in found and "dues.lapse_review_months" not in found and "org.branch_full_min" not in found


def test_only_the_family_that_is_assigned_is_asked(library: Library) -> None:
    assert [item.key for item in laxer_than_national(library, library.get("seed-000"), ON, "dues")] == ["dues.cadence"]


def test_seed_003_is_nowhere_laxer(library: Library) -> None:
    assert laxer_than_national(library, library.get("seed-003"), ON) == ()


def test_before_a_national_rule_existed_nothing_is_laxer(library: Library) -> None:
    assert laxer_than_national(library, library.get("seed-000"), date(2008, 3, 1), "dues") == ()
    assert laxer_than_national(library, library.get("seed-000"), date(2018, 7, 11), "term") == ()


@pytest.mark.parametrize("code", ["cn-branch-2018", "cn-term-2018", "cn-recruit-2014", "cn-election-2020", "cn-dues-2008", "cn-edu-2019"])
def test_a_national_set_is_not_laxer_than_itself(library: Library, code: str) -> None:
    assert laxer_than_national(library, library.get(code), ON) == ()


def test_the_effective_value_says_that_it_is_below(library: Library) -> None:
    effective = resolve(library, [Choice("seed-000", 1, COUNTY)], "dues", ON)
    assert effective.get("dues.cadence").below_national
    assert not effective.get("dues.lapse_review_months").below_national
    assert not effective.get("dues.wage").below_national


def rule(window: str, minimum: int | None, **more: object) -> LifeRule:
    return LifeRule("lecture", window, minimum, **more)  # type: ignore[arg-type]


SECRET, HANDS = ("secret",), ("hands", "secret")


@pytest.mark.parametrize(("key", "local_value", "national", "expected"), [
    # a floor: at least so many
    ("org.branch_full_min", 2, 3, True), ("org.branch_full_min", 3, 3, False), ("org.branch_full_min", 4, 3, False),
    ("education.hours", 31, 32, True), ("education.hours", 40, 32, False),
    # a ceiling: at most so many
    ("org.branch_max_members", 51, 50, True), ("org.branch_max_members", 49, 50, False),
    ("recruit.approve_months.normal", 4, 3, True), ("recruit.approve_months.normal", 2, 3, False),
    ("dues.farmer.max", Decimal("1.20"), Decimal("1.00"), True), ("dues.farmer.min", Decimal("0.10"), Decimal("0.20"), True),
    ("dues.farmer.min", Decimal("0.50"), Decimal("0.20"), False),
    # exactly so many
    ("recruit.introducers", 1, 2, True), ("recruit.introducers", 3, 2, True), ("recruit.introducers", 2, 2, False),
    ("term.branch", (3,), (5,), True), ("term.branch", (5,), (5,), False), ("term.branch", (3, 5), (3, 4, 5), False),
    # from strict to lax
    ("dues.cadence", "quarter", "month", True), ("openness.window", "quarter", "half_year", False), ("org.threshold_op", ">", ">=", True),
    ("recruit.vote_methods", HANDS, SECRET, True), ("recruit.vote_methods", SECRET, HANDS, False),
    ("dues.quarterly_needs_consent", False, True, True), ("dues.quarterly_needs_consent", True, False, False),
    # thresholds: share, operator, base
    ("votes.decision_quorum", Threshold(Fraction(1, 3), ">="), Threshold(Fraction(1, 2), ">="), True),
    ("votes.decision_quorum", Threshold(Fraction(2, 3), ">="), Threshold(Fraction(1, 2), ">="), False),
    ("votes.decision_majority", Threshold(Fraction(1, 2), ">="), Threshold(Fraction(1, 2), ">"), True),
    ("votes.decision_majority", Threshold(Fraction(1, 2), ">"), Threshold(Fraction(1, 2), ">="), False),
    ("election.majority", Threshold(Fraction(1, 2), ">", "attended_electors"), Threshold(Fraction(1, 2), ">", "expected_electors"), True),
    ("election.majority", Threshold(Fraction(1, 2), ">", "expected_electors"), Threshold(Fraction(1, 2), ">", "attended_electors"), False),
    ("election.quorum", Threshold(Fraction(4, 5), "<="), Threshold(Fraction(4, 5), ">="), True),
    ("election.returned_ballots", Threshold(Fraction(1), "<=", "issued"), Threshold(Fraction(1), "<=", "voters"), True),
    ("election.min_difference", Share(1, 10, "ceil"), Share(1, 5, "ceil"), True),
    ("election.min_difference", Share(1, 5, "floor"), Share(1, 5, "ceil"), True),
    ("election.min_difference", Share(1, 4, "ceil"), Share(1, 5, "ceil"), False),
    # training: some local way that satisfies no national way
    ("recruit.training", (Alternative(days=5), Alternative(hours=40)), (Alternative(days=3), Alternative(hours=24)), False),
    ("recruit.training", (Alternative(days=5), Alternative(hours=16)), (Alternative(days=3), Alternative(hours=24)), True),
    # frequency
    ("life.lecture", rule("year", 4), rule("year", 4), False), ("life.lecture", rule("quarter", 1), rule("year", 4), False),
    ("life.lecture", rule("year", 4), rule("quarter", 1), True), ("life.lecture", rule("quarter", 3), rule("month", 1), True),
    ("life.lecture", rule("month", 1), rule("quarter", 3), False), ("life.lecture", rule("month", 1), rule("quarter", 4), True),
    ("life.lecture", rule("year", None), rule("year", 1), True), ("life.lecture", rule("year", 1), rule("year", None), False),
    ("life.lecture", rule("continuous", None), rule("month", 1), True), ("life.lecture", rule("", None, by="committee"), rule("month", 1), True),
    ("life.lecture", rule("month", 1), rule("month", 1, per="group"), True),
    ("life.lecture", rule("month", 1, applies_to=("branch",)), rule("month", 1), True),
    ("life.lecture", rule("month", 1, excellent=Share(1, 2)), rule("month", 1, excellent=Share(1, 3)), True),
    ("life.lecture", rule("month", 1), rule("month", 1, excellent=Share(1, 3)), False),
    # no direction
    ("star.stars", 9, 10, False), ("conventions.closing_days", 60, 5, False),
])
def test_direction(key: str, local_value: Value, national: Value, expected: bool) -> None:
    assert laxer(KEYS[key], local_value, national) is expected


WINDOWS = st.sampled_from(["month", "quarter", "half_year", "year"])
LENGTH = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@given(window=WINDOWS, minimum=st.integers(1, 6), national=WINDOWS, wanted=st.integers(1, 6))
def test_less_often_means_that_some_lawful_year_breaks_the_national_rule(window: str, minimum: int, national: str, wanted: int) -> None:
    """The worst lawful year: everything a local window asks for is held in the last month of the window, or all in its first."""
    def breaks(month_in_window: int) -> bool:
        held = [0] * 12
        for start in range(0, 12, LENGTH[window]):
            held[start + month_in_window] += minimum
        return any(sum(held[start:start + LENGTH[national]]) < wanted for start in range(0, 12, LENGTH[national]))

    assert less_often(window, minimum, national, wanted) == any(breaks(month) for month in (0, LENGTH[window] - 1))
