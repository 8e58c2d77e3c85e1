"""Every parameter of rules.md §7 is shipped with its value, and what is not §7 is listed as such.

The table below is written from the specification, not from the TOML files: value by value, in the notation of the text.
"""
from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from zhibu.ground.policy.catalogue import FAMILIES, KEYS
from zhibu.ground.policy.library import CONVENTIONS, FOLDER, Library, LibraryError, UnknownRuleSet, build, load, parse, shipped
from zhibu.ground.policy.spec import Alternative, Band, Bracket, LifeRule, Share
from zhibu.kernel.numbers import Threshold

D = Decimal
BRANCHES = ("branch", "joint_branch", "temporary_branch", "floating_branch")


def th(num: int, den: int, op: str, base: str = "") -> Threshold:
    return Threshold(Fraction(num, den), op, base)


def life(kind: str, window: str, minimum: int | None = None, **more: object) -> LifeRule:
    return LifeRule(kind=kind, window=window, minimum=minimum, **more)  # type: ignore[arg-type]


def brackets(*rows: tuple[int | None, str]) -> tuple[Bracket, ...]:
    return tuple(Bracket(None if limit is None else D(limit), D(rate)) for limit, rate in rows)


def bands(*rows: tuple[int, int | str]) -> tuple[Band, ...]:
    return tuple(Band(D(start), level) for start, level in rows)


# code → (first day, last day, {key: value}); life rules without their records, which have a table of their own
SECTION_7: dict[str, tuple[date | None, date | None, dict[str, object]]] = {
    "cn-branch-2018": (date(2018, 10, 28), None, {
        "life.general_meeting": life("general_meeting", "quarter", 1),
        "life.committee_meeting": life("committee_meeting", "month", 1, needs_committee=True),
        "life.group_meeting": life("group_meeting", "month", 1, per="group"),
        "life.lecture": life("lecture", "year", committee_secretary_min_per_year=1),
        "life.theme_day": life("theme_day", "month", 1, fixed_day=True),
        "life.org_life_meeting": life("org_life_meeting", "year", 1, prefer="Q4"),
        "life.appraisal": life("appraisal", "year", 1, excellent=Share(1, 3, "floor", base="full_members")),
        "life.talk": life("talk", "year", 1, relations=("committee_pair", "committee_member", "member_member")),
        "votes.decision_quorum": th(1, 2, ">=", "expected_voting"),
        "votes.decision_majority": th(1, 2, ">", "expected_voting"),
        "votes.committee_quorum": th(1, 2, ">=", "committee_size"),
        "org.branch_full_min": 3, "org.branch_max_members": 50, "org.joint_max_units": 5, "org.general_branch_min": 50,
        "org.committee_min": 100, "org.threshold_op": ">=", "org.committee_size_min": 3, "org.committee_size_normal_max": 5,
        "org.committee_size_max": 7, "org.committee_from_full": 7, "org.secretary_min_years": 1, "org.approve_months": 1,
        "org.group_min": 3, "org.group_min_full": 1,
    }),
    "cn-term-2018": (date(2018, 7, 12), None, {
        "term.party_committee": (5,), "term.general_branch": (3,), "term.branch": (3,), "term.village_or_community": (5,),
        "term.remind_months_before": 6, "term.shift_max_years": 1,
    }),
    "cn-recruit-2014": (date(2014, 5, 28), None, {
        "recruit.min_age": 18, "recruit.first_talk_months": 1, "recruit.contacts.min": 1, "recruit.contacts.max": 2,
        "recruit.introducers": 2, "recruit.activist_wait_months": 0, "recruit.candidate_wait_months": 12, "recruit.review": "half_year",
        "recruit.training": (Alternative(days=3), Alternative(hours=24)),
        "recruit.meeting_quorum": th(1, 2, ">", "expected_voting"), "recruit.meeting_majority": th(1, 2, ">", "expected_voting"),
        "recruit.written_opinions_count": True, "recruit.vote_methods": ("secret",),
        "recruit.approve_months.normal": 3, "recruit.approve_months.special": 6, "recruit.leaving_soon_months": 3,
        "recruit.probation_months": 12, "recruit.extension_months.min": 6, "recruit.extension_months.max": 12,
        "recruit.extension_months.times": 1,
    }),
    "cn-election-2020": (date(2020, 7, 13), None, {
        "election.quorum": th(4, 5, ">=", "expected_electors"), "election.majority": th(1, 2, ">", "expected_electors"),
        "election.preselect_majority": th(1, 2, ">", "expected_electors"), "election.returned_ballots": th(1, 1, "<=", "voters"),
        "election.min_difference": Share(1, 5, "ceil"), "election.plenary_quorum": th(2, 3, ">", "committee_size"),
        "election.plenary_majority": th(1, 2, ">", "committee_size"), "election.reduce_seats_consent": th(1, 2, ">=", "attended_electors"),
        "election.delegates.from_members": 500, "election.delegates.min": 100, "election.delegates.max": 300,
        "election.delegates.difference": Share(1, 5, "ceil"),
    }),
    "cn-election-1990": (date(1990, 1, 1), date(2020, 7, 12), {
        "election.quorum": th(4, 5, ">", "expected_electors"), "election.majority": th(1, 2, ">", "attended_electors"),
        "election.returned_ballots": th(1, 1, "<=", "issued"),
    }),
    "cn-dues-2008": (date(2008, 4, 1), None, {
        "dues.wage": brackets((3000, "0.005"), (5000, "0.01"), (10000, "0.015"), (None, "0.02")),
        "dues.pension": brackets((5000, "0.005"), (None, "0.01")),
        "dues.farmer.min": D("0.20"), "dues.farmer.max": D("1.00"),
        "dues.fixed.student": D("0.20"), "dues.fixed.unemployed": D("0.20"), "dues.fixed.relief": D("0.20"), "dues.fixed.dibao": D("0.20"),
        "dues.cadence": "month", "dues.quarterly_needs_consent": True, "dues.back_pay_max_months": 6, "dues.big_gift_from": D(1000),
        "dues.lapse_review_months": 6,
    }),
    "cn-dues-1998": (None, date(2008, 3, 31), {
        "dues.wage": brackets((400, "0.005"), (600, "0.01"), (800, "0.015"), (1500, "0.02"), (None, "0.03")),
        "dues.farmer.min": D("0.20"), "dues.farmer.max": D("0.20"),
    }),
    "cn-edu-2019": (date(2019, 5, 6), None, {
        "education.hours": 32, "education.secretary_hours": 56, "education.correction_max_months": 12, "education.suspend_lost_months": 6,
        "education.remove_after_suspension_years": 2, "education.abroad_study_years": 5, "education.must_transfer_away_months": 6,
        "education.graduate_keep_years": 2, "education.abroad_contact": "half_year",
    }),
    "cn-disposal-2024": (date(2024, 6, 16), None, {
        "disposal.modes": ("correct_in_time", "advise_withdraw", "remove"), "disposal.correction_default_months": 6,
        "disposal.correction_max_months": 12, "disposal.readmission_ban_years": 5,
    }),
    "cn-demlife-2016": (date(2016, 12, 1), None, {
        "dem_life.window": "year", "dem_life.min": 1, "dem_life.prefer": "Q4", "dem_life.attendance": th(2, 3, ">="),
        "dem_life.report_days": 15,
    }),
    "seed-000": (None, None, {
        "life.general_meeting": life("general_meeting", "quarter", 1),
        "life.committee_meeting": life("committee_meeting", "month", 1, needs_committee=True),
        "life.group_meeting": life("group_meeting", "month", 1, per="group"), "life.lecture": life("lecture", "half_year", 1),
        "org.branch_full_min": 3, "org.branch_below": 50, "org.general_branch_above": 50, "org.general_branch_below": 100,
        "org.committee_above": 100, "org.threshold_op": ">", "org.committee_size_min": 3, "org.committee_size_max": 7,
        "org.group_min": 3, "org.group_min_full": 1,
        "term.branch": (2, 3), "term.general_branch": (2, 3), "term.party_committee": (3, 4, 5),
        "dues.cadence": "quarter", "dues.lapse_review_months": 6,
        "star.cap5": Share(1, 100, hard=True), "star.cap4": Share(15, 100, hard=False), "star.guide3": 35, "star.guide2": 20,
        "star.guide1": 10, "star.guide0": 9, "star.reward5_yuan": 1000, "star.commendation_min_level": 4,
        "innovation.apply_quarter": 1, "innovation.shortlist_by": "03-31", "innovation.prize_yuan.special": 100000,
        "innovation.prize_yuan.first": 50000, "innovation.prize_yuan.second": 30000, "innovation.prize_yuan.third": 10000,
        "funds.urban_community": 100000, "funds.county_community": 50000, "funds.per_member": 200, "funds.village_office": 120000,
        "funds.village_increment.province": 20000, "funds.village_increment.county": 30000,
        "places.village_m2": 90, "places.community_m2": 300, "staffing.township_fulltime_min": 3,
    }),
    "seed-002d": (None, None, {
        "star.stars": 10, "star.common": 6, "star.individual": 4, "star.win": th(90, 100, ">"), "star.panel_min": 5, "star.panel_max": 7,
        "star.priority_from": 8, "star.rectify_to": 7, "star.member_goal": th(90, 100, ">="), "star.exclude_last_villages": 3,
        "star.exclude_last_departments": 2,
    }),
    "seed-002e": (None, None, {"star.stars": 10, "star.points": 10, "star.win": th(80, 100, ">="), "star.pass_min_stars": 5}),
    "seed-002f": (None, None, {
        "star.bands": bands((90, 5), (80, 4), (70, 3), (60, 2), (50, 1), (0, 0)), "star.cap5": Share(10, 100, "floor"),
        "star.low_min": Share(10, 100, "ceil", hard=False), "star.bonus.honour": (3, 5, 8), "star.bonus.innovation": (3, 5, 8),
        "star.bonus.per_kind": "highest", "star.deduct.circular_work_committee": 3, "star.deduct.circular_city": 5,
        "star.deduct.leader_up_to_serious_warning": 3, "star.deduct.leader_from_removal": 5, "star.deduct.member": 2,
        "star.deduct.absence": 3, "star.deduct.satisfaction_below_60": 5, "star.no_star.satisfaction_below": 50,
        "star.caps.election_overdue": 4, "star.caps.election_overdue_over_months_12": 3, "star.caps.absences_from_3": 4,
        "star.demote.absences_from_3": 1, "star.participation": th(80, 100, ">="), "star.publicity_days": 7,
    }),
    "seed-002h": (None, None, {
        "star.dimensions.committee": 20, "star.dimensions.members": 15, "star.dimensions.org_life": 15, "star.dimensions.institutions": 15,
        "star.dimensions.basics": 15, "star.dimensions.effect": 20,
        "star.criteria.committee": (D(5),) * 4, "star.criteria.members": (D(3),) * 5, "star.criteria.org_life": (D("3.75"),) * 4,
        "star.criteria.institutions": (D("2.5"),) * 6, "star.criteria.basics": (D(5),) * 3, "star.criteria.effect": (D(8), D(6), D(6)),
        "star.binary": True, "star.demo_bands": bands((90, "excellent"), (80, "good"), (60, "basic"), (0, "unqualified")),
    }),
    "seed-003": (date(2020, 11, 10), None, {
        "life.general_meeting": life("general_meeting", "quarter", 1),
        "life.committee_meeting": life("committee_meeting", "month", 1, needs_committee=True),
        "life.group_meeting": life("group_meeting", "month", 1, per="group"), "life.lecture": life("lecture", "year", 4),
        "life.org_life_meeting": life("org_life_meeting", "year", 1), "life.theme_day": life("theme_day", "month", 1),
        "life.appraisal": life("appraisal", "year", 1), "life.talk": life("talk", "continuous"),
    }),
    "seed-004e": (None, None, {
        "life.general_meeting": life("general_meeting", "quarter", 2),
        "life.committee_meeting": life("committee_meeting", "month", 1, needs_committee=True),
        "life.group_meeting": life("group_meeting", "", by="committee"), "life.lecture": life("lecture", "quarter", 1),
        "life.dem_life_meeting": life("dem_life_meeting", "half_year", 1, applies_to=("party_committee",)),
        "life.appraisal": life("appraisal", "year", 1, prefer="Q4"),
        "education.days_per_year": 12, "education.self_study_hours_per_week": 1, "education.essays_per_year": 1,
        "education.secretary_training_every_years": 3, "education.unit_leader_lecture_per_year": 1, "education.check_company": "year",
        "education.check_unit": "half_year", "relations.letter_valid_months": 3, "relations.temporary_leave_max_months": 3,
        "relations.lapse_review_months": 6, "recruit.activist_wait_months": 12, "recruit.candidate_wait_months": 12,
        "recruit.contacts.min": 1, "recruit.contacts.max": 2, "recruit.introducers": 2,
        "recruit.training": (Alternative(days=5), Alternative(hours=40)), "recruit.publicity_days": 3,
        "recruit.vote_methods": ("hands", "secret"), "recruit.approve_months.normal": 3, "recruit.extension_months.min": 6,
        "recruit.extension_months.max": 12, "recruit.extension_months.times": 1, "recruit.review": "half_year", "recruit.report": "quarter",
        "contact_talk.window": "quarter", "contact_talk.min": 1, "openness.window": "half_year", "openness.classes": 7,
        "dem_life.notify_superior_days": 3, "dem_life.rectification_months": 1,
    }),
}
# sets of §1.1 without an entry in §7: code → first and last day in force
BARE = {
    "cn-openness-2017": (date(2017, 12, 20), None), "cn-rights-2020": (date(2020, 12, 25), None), "cn-floating-2024": (date(2024, 11, 1), None),
    "cn-training": (date(2019, 1, 1), date(2028, 12, 31)), "seed-001": (None, None), "seed-002g": (None, None),
    "seed-004a": (date(2018, 1, 1), date(2018, 12, 31)), "seed-004b": (date(2009, 1, 1), date(2011, 12, 31)),
    "seed-004c": (date(2011, 1, 1), date(2011, 12, 31)),
}
# not in §7, but printed in the text of a system (S01: project ≥ 6 months → branch)
# … S17: one central training a year, new secretaries within half a year; S27: five items of a place; S25: eight
FIVE = ("signboard", "party_flag", "av_equipment", "books", "rules")
EIGHT = ("signboard", "party_flag", "documents", "furniture", "books", "av_equipment", "wall_rules", "ledgers")
BEYOND_SECTION_7: dict[str, dict[str, object]] = {
    "cn-branch-2018": {"org.project_months_min": 6}, "cn-training": {"education.secretary_training_every_years": 1, "education.new_secretary_months": 6},
    "seed-001": {"dues.return_ratio": Share(1, 1), "places.items": FIVE}, "seed-002h": {"places.items": EIGHT},
}
UNVERIFIED = {
    ("cn-branch-2018", "org.group_min"), ("cn-branch-2018", "org.group_min_full"), ("cn-demlife-2016", "dem_life.report_days"),
}
LEDGER = {
    "general_meeting": ("minutes",), "committee_meeting": ("minutes",), "group_meeting": ("minutes",),
    "lecture": ("lecture_script", "sign_in", "lecture_record"),
    "org_life_meeting": (
        "minutes", "plan", "preparation", "host_script", "study_materials", "talk_records", "opinion_list", "statements", "measures",
    ),
    "theme_day": ("minutes", "activity_form", "activity_photos", "dues_ledger"),
    "appraisal": ("registration_forms", "self_forms", "test_forms", "excellent_list", "unqualified_list"),
    "talk": ("talk_records",),
}
CONVENTION_VALUES: dict[str, object] = {
    "conventions.late_entry_days": 7, "conventions.closing_days": 5, "conventions.reminder.every_days": 7,
    "conventions.reminder.from": "08:00", "conventions.reminder.to": "20:00", "conventions.reminder.working_days_only": True,
    "conventions.must_talk_days": 7, "conventions.must_visit_days": 7, "conventions.compliance_rate": "pooled",
    "conventions.circular_below_percent": 80, "conventions.due_soon_days": 7, "conventions.absence_review_months": 6,
    "conventions.lecture_other_lecturers": True,
    "org.branch_under_min_months": 3, "dues.rounding": "0.01", "relations.letter_valid_days": 90, "relations.letter_in_city_days": 10,
    "relations.letter_outside_days": 30, "relations.floating_contact": "month", "education.hours_full_day": 8,
    "education.hours_half_day": 4, "education.counted_kinds": ("central", "lecture", "theme_day", "online"), "education.hours_not_said": 1,
    "places.items": FIVE, "star.quota_scope5": "city", "star.quota_scope4": "awarding_body",
    "star.class_bands": bands((90, "first"), (75, "second"), (0, "third")),
}
NO_VALUE_PRINTED = {"dues.remit_ratio", "staffing.instructor_max_units"}


def stripped(value: object) -> object:
    """Compare a life rule without its records."""
    if isinstance(value, LifeRule):
        return tuple(getattr(value, name) for name in LifeRule.__slots__ if name != "records")
    return value


@pytest.fixture(scope="module")
def library() -> Library:
    return shipped()


@pytest.mark.parametrize(("code", "key"), [(code, key) for code, entry in SECTION_7.items() for key in entry[2]])
def test_every_parameter_of_the_specification_is_shipped_with_its_value(library: Library, code: str, key: str) -> None:
    expected, found = SECTION_7[code][2][key], library.get(code).values[key].value
    assert stripped(found) == stripped(expected)
    assert type(found) is type(expected)


def test_a_set_has_no_parameter_that_the_specification_does_not_print(library: Library) -> None:
    for code, (_first, _last, values) in SECTION_7.items():
        extra = BEYOND_SECTION_7.get(code, {})
        assert set(library.get(code).values) == set(values) | set(extra), code
        for key, value in extra.items():
            assert library.get(code).values[key].value == value


def test_every_set_of_the_list_is_there_and_no_other(library: Library) -> None:
    assert {one.code for one in library.all()} == {*SECTION_7, *BARE, CONVENTIONS}
    for code in BARE:
        assert {key: item.value for key, item in library.get(code).values.items()} == BEYOND_SECTION_7.get(code, {}), code


@pytest.mark.parametrize("code", [*SECTION_7, *BARE])
def test_sets_are_dated_titled_and_sourced(library: Library, code: str) -> None:
    one = library.get(code)
    first, last = BARE[code] if code in BARE else SECTION_7[code][:2]
    assert (one.effective_from, one.effective_to) == (first, last)
    assert one.kind == ("national" if code.startswith("cn-") else "seed")
    assert one.title and one.source and one.version
    assert one.verified_by == "" and one.verified_on is None


def test_every_value_has_a_clause_and_only_the_unverified_ones_are_marked(library: Library) -> None:
    marked = {(one.code, key) for one in library.all() for key, item in one.values.items() if not item.verified}
    assert marked == UNVERIFIED
    assert all(item.clause.strip() for one in library.all() for item in one.values.values())
    branch = library.get("cn-branch-2018").values
    assert branch["life.general_meeting"].clause == "支部工作条例（试行）第十一条"
    assert branch["org.group_min"].clause == "市组织部门培训讲稿一（七）1"


def test_dates_that_nobody_verified_are_marked(library: Library) -> None:
    assert {one.code for one in library.all() if not one.dates_verified} == {
        "cn-recruit-2014", "cn-openness-2017", "cn-demlife-2016", "cn-election-1990", "cn-floating-2024", "cn-training",
    }


def test_conventions_hold_what_the_text_calls_convention_or_parameter(library: Library) -> None:
    values = library.conventions().values
    for key, value in CONVENTION_VALUES.items():
        assert values[key].value == value, key
    together = {frozenset(pair) for pair in values["conventions.may_count_together"].value}  # type: ignore[union-attr,arg-type]
    assert {frozenset(("appraisal", "org_life_meeting")), frozenset(("theme_day", "lecture")),
            frozenset(("theme_day", "general_meeting"))} <= together
    assert not any("committee_meeting" in pair for pair in together)


@pytest.mark.parametrize("kind", LEDGER)
def test_record_lists_follow_the_ledger_of_seed_003(library: Library, kind: str) -> None:
    rule = library.get("seed-003").values[f"life.{kind}"].value
    assert isinstance(rule, LifeRule) and rule.records == LEDGER[kind]
    assert library.conventions().values[f"conventions.records.{kind}"].value == LEDGER[kind]
    others = [one.values[f"life.{kind}"].value for one in library.all() if one.code != "seed-003" and f"life.{kind}" in one.values]
    assert all(isinstance(other, LifeRule) and other.records is None for other in others)


def test_life_entries_say_to_whom_they_apply(library: Library) -> None:
    for one in library.all():
        for key, item in one.values.items():
            if isinstance(item.value, LifeRule):
                assert item.value.applies_to == (("party_committee",) if key == "life.dem_life_meeting" else BRANCHES), (one.code, key)
                assert item.value.needs_committee == (key == "life.committee_meeting")
    text = (FOLDER / "cn-branch-2018.toml").read_text(encoding="utf-8")
    assert text.count("applies_to") == text.count("[life.")


def test_which_rules_make_windows_due(library: Library) -> None:
    def counted(code: str) -> set[str]:
        return {item.value.kind for item in library.get(code).values.values() if isinstance(item.value, LifeRule) and item.value.counted}

    assert counted("cn-branch-2018") == {
        "general_meeting", "committee_meeting", "group_meeting", "theme_day", "org_life_meeting", "appraisal",
    }
    assert counted("seed-000") == {"general_meeting", "committee_meeting", "group_meeting", "lecture"}
    assert counted("seed-003") == {*counted("cn-branch-2018"), "lecture"}
    assert counted("seed-004e") == {"general_meeting", "committee_meeting", "lecture", "dem_life_meeting", "appraisal"}


def test_every_key_of_the_catalogue_has_a_value_somewhere_except_those_without_a_printed_number(library: Library) -> None:
    used = {key for one in library.all() for key in one.values}
    assert set(KEYS) - used == NO_VALUE_PRINTED
    assert {key.family for key in KEYS.values()} == set(FAMILIES)
    assert all(key.title for key in KEYS.values())


@pytest.mark.parametrize(("on", "dues", "election"), [
    (date(2007, 12, 1), "cn-dues-1998", "cn-election-1990"),
    (date(2008, 3, 31), "cn-dues-1998", "cn-election-1990"),
    (date(2008, 4, 1), "cn-dues-2008", "cn-election-1990"),
    (date(2020, 7, 12), "cn-dues-2008", "cn-election-1990"),
    (date(2020, 7, 13), "cn-dues-2008", "cn-election-2020"),
])
def test_national_sets_follow_their_dates(library: Library, on: date, dues: str, election: str) -> None:
    assert [one.code for one in library.national("dues", on)] == [dues]
    assert [one.code for one in library.national("election", on)] == [election]


def test_there_is_no_national_set_before_the_first(library: Library) -> None:
    assert library.national("org", date(2018, 10, 27)) == ()
    assert library.national("star", date(2025, 1, 1)) == ()


def test_an_unknown_code_is_a_plain_sentence(library: Library) -> None:
    with pytest.raises(UnknownRuleSet, match="没有代号为“cn-nothing”的规则集"):
        library.get("cn-nothing")
    try:
        library.get("cn-nothing")
    except KeyError as error:
        assert str(error).startswith("没有代号")


def test_changed_values_make_another_library(library: Library) -> None:
    changed = library.with_value("cn-branch-2018", "org.branch_full_min", 4)
    assert changed.get("cn-branch-2018").values["org.branch_full_min"].value == 4
    assert library.get("cn-branch-2018").values["org.branch_full_min"].value == 3
    assert changed.get("cn-branch-2018").version != library.get("cn-branch-2018").version


HEAD = 'code = "x"\ntitle = "某县规定"\nshort = "某县规定"\nkind = "local"\nstatus = "active"\nsource = "某县文件"\n'


@pytest.mark.parametrize(("body", "names"), [
    ('[org]\nbranch_full_minimum = { value = 3, clause = "" }', "org.branch_full_minimum"),
    ('[orgs]\nbranch_full_min = { value = 3, clause = "" }', "orgs"),
    ('[org]\nbranch_full_min = { value = "3", clause = "" }', "org.branch_full_min：应为整数"),
    ('[org]\nbranch_full_min = { value = true, clause = "" }', "org.branch_full_min：应为整数"),
    ('[org]\nbranch_full_min = { value = -1, clause = "" }', "org.branch_full_min：不能为负数"),
    ('[org]\nbranch_full_min = 3', "org.branch_full_min：应写成"),
    ('[org]\nbranch_full_min = { value = 3 }', "org.branch_full_min：缺少出处"),
    ('[org]\nbranch_full_min = { clause = "第一条" }', "org.branch_full_min：缺少 value"),
    ('[org]\nbranch_full_min = { value = 3, clause = "", verified = "no" }', "org.branch_full_min：verified"),
    ('[org]\nbranch_full_min = { value = 3, clause = "", remark = "" }', "org.branch_full_min：不认识的项 remark"),
    ('[dues]\nbig_gift_from = { value = 10.5, clause = "" }', "dues.big_gift_from：应为带引号的小数"),
    ('[dues]\ncadence = { value = "week", clause = "" }', "dues.cadence：应为 month"),
    ('[dues]\nwage = { value = [{ up_to = 500, rate = "0.01" }], clause = "" }', "dues.wage：最后一档"),
    ('[dues]\nwage = { value = [{ up_to = 9, rate = "0.01" }, { up_to = 5, rate = "0.02" }, { rate = "0.03" }], clause = "" }', "由小到大"),
    ('[votes]\ndecision_quorum = { value = { num = 1, den = 2 }, clause = "" }', "votes.decision_quorum：缺少 op"),
    ('[votes]\ndecision_quorum = { value = { num = 1, den = 0, op = ">" }, clause = "" }', "votes.decision_quorum：分母"),
    ('[votes]\ndecision_quorum = { value = { num = 1, den = 2, op = "=>" }, clause = "" }', "votes.decision_quorum：比较 op"),
    ('[votes]\ndecision_quorum = { value = { num = 1, den = 2, op = ">", base = "heads" }, clause = "" }', "votes.decision_quorum：基数"),
    ('[life]\nlecture = { value = { window = "week", min = 1 }, clause = "" }', "life.lecture：window"),
    ('[life]\nlecture = { value = { min = 1 }, clause = "" }', "life.lecture：缺少 window"),
    ('[life]\nlecture = { value = { window = "continuous", min = 1 }, clause = "" }', "life.lecture：window 为 continuous"),
    ('[life]\nlecture = { value = { window = "year", records = ["selfie"] }, clause = "" }', "life.lecture：records"),
    ('[life]\nlecture = { value = { window = "year", often = 4 }, clause = "" }', "life.lecture：不认识的项 often"),
    ('[life]\npicnic = { value = { window = "year" }, clause = "" }', "life.picnic"),
    ('[term]\nbranch = { value = [3, 2], clause = "" }', "term.branch：应为由小到大"),
    ('[term]\nbranch = { value = 3, clause = "" }', "term.branch：应为列表"),
    ('[innovation]\nshortlist_by = { value = "31.3.", clause = "" }', "innovation.shortlist_by：应为“月-日”"),
    ('[conventions.reminder]\nfrom = { value = "8 Uhr", clause = "" }', "conventions.reminder.from：应为“时:分”"),
    ('[conventions]\nmay_count_together = { value = [["lecture", "lecture"]], clause = "" }', "conventions.may_count_together：有重复"),
    ('[recruit]\ntraining = { value = { any_of = [{ days = 3, hours = 24 }] }, clause = "" }', "recruit.training：any_of"),
    ('[star]\nbands = { value = [{ from = 10, level = 1 }], clause = "" }', "star.bands：各档 from"),
    ('[star]\ncap5 = { value = { num = 1, den = 10, round = "up" }, clause = "" }', "star.cap5：取整"),
])
def test_a_faulty_value_is_an_error_with_file_and_key(body: str, names: str) -> None:
    with pytest.raises(LibraryError) as caught:
        parse(HEAD + body, "某县.toml")
    assert "某县.toml" in str(caught.value) and names in str(caught.value)


@pytest.mark.parametrize(("head", "names"), [
    (HEAD.replace('kind = "local"', 'kind = "town"'), "kind"),
    (HEAD.replace('status = "active"', 'status = 1'), "status"),
    (HEAD.replace('source = "某县文件"', 'source = ""'), "source"),
    (HEAD.replace('title = "某县规定"\n', ''), "title"),
    (HEAD + 'effective_from = "2020"\n', "effective_from"),
    (HEAD + "effective_from = 2020-01-01T00:00:00\n", "effective_from"),
    (HEAD + "effective_from = 2020-01-02\neffective_to = 2020-01-01\n", "effective_to"),
    (HEAD + "colour = 1\n", "colour"),
    (HEAD + "code = \n", "不是有效的 TOML"),
])
def test_a_faulty_header_is_an_error_with_file_and_entry(head: str, names: str) -> None:
    with pytest.raises(LibraryError) as caught:
        parse(head, "某县.toml")
    assert "某县.toml" in str(caught.value) and names in str(caught.value)


def test_a_folder_is_read_as_a_whole(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / f"{CONVENTIONS}.toml").write_text((FOLDER / f"{CONVENTIONS}.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert len(load(tmp_path).all()) == 1
    (tmp_path / "y.toml").write_text(HEAD, encoding="utf-8")
    with pytest.raises(LibraryError, match="y.toml，code"):
        load(tmp_path)
    with pytest.raises(LibraryError, match="缺少系统约定"):
        build([parse(HEAD, "x.toml")])
    with pytest.raises(LibraryError, match="出现两次"):
        build([parse(HEAD, "x.toml")] * 2)


def test_drafts_are_never_in_force() -> None:
    assert parse(HEAD, "x.toml").in_force(date(2025, 1, 1))
    assert not parse(HEAD.replace('"active"', '"draft"'), "x.toml").in_force(date(2025, 1, 1))
