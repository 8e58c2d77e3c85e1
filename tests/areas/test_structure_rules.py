"""S01-S03: suggestions, terms, refusals and findings; AT-01."""
from __future__ import annotations

from datetime import date

import pytest

from zhibu.areas.structure import rules
from zhibu.areas.structure.rules import FindingCode, Group, GroupMember, Seat
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import resolve, resolve_named
from zhibu.kernel.periods import Span
from zhibu.kernel.terms import TermState

ON = date(2024, 7, 1)
ORG = resolve(shipped(), [], "org", ON)
TERM = resolve(shipped(), [], "term", ON)
ORG_000 = resolve_named(shipped(), ["seed-000"], "org", ON)
TERM_000 = resolve_named(shipped(), ["seed-000"], "term", ON)


def suggest(*counts, **more):
    return rules.suggest(ORG, TERM, *counts, **more)


def codes(decisions):
    return [one.code for one in decisions if not one.ok]


# ---------------------------------------------------------------- AT-01


@pytest.mark.parametrize(
    ("full", "probationary", "village", "expected"),
    [(62, 3, True, ("general_branch", 5, None, None)), (31, 2, True, ("branch", 5, 3, 7)), (108, 4, True, ("party_committee", 5, None, None))],
)
def test_at01_villages_and_communities(full, probationary, village, expected):
    found = suggest(full, probationary, village_or_community=village)
    assert (found.type, found.term_years, found.committee_min, found.committee_max) == expected
    assert found.warnings == () and found.refusal.ok and found.clause


def test_at01_three_firms_alone_and_together():
    for full, probationary in ((2, 1), (1, 0), (2, 0)):
        alone = suggest(full, probationary)
        assert alone.type == "none" and alone.warnings == ("under_3_full",) and "不能单独成立" in alone.lines[-1]
        assert rules.check_full_members(ORG, full).code == "E004"
    joint = suggest(5, 1, units=3)
    assert (joint.type, joint.committee_min, joint.committee_max) == ("joint_branch", 0, 0)
    assert any("设书记 1 名，必要时设副书记 1 名" in line for line in joint.lines)
    assert suggest(8, 0, units=6).refusal.code == "E005"


def test_at01_project_of_seven_months():
    found = suggest(6, 0, project_months=7)
    assert (found.type, found.committee_max) == ("branch", 0)
    assert suggest(6, 0, project_months=5).type == "none"


def test_at01_seed_000_leaves_50_and_100_open():
    for total in (50, 100):
        found = rules.suggest(ORG_000, TERM_000, total, 0)
        assert found.type == "undecided" and "规则未覆盖，由上级决定" in found.lines[-1]
        assert found.term_years is None and found.committee_min is None


def test_the_arithmetic_is_shown():
    found = suggest(62, 3)
    assert found.lines[0] == "正式党员 62 人，预备党员 3 人，共 65 人。"
    assert found.lines[1].startswith("65 人，不少于 50 人、未到 100 人，建议设党总支（")


def test_at01_term_of_a_village_committee():
    found = rules.term(TERM, "branch", True, date(2024, 6, 28))
    assert (found.expires_on, found.remind_on, found.below_national) == (date(2029, 6, 28), date(2028, 12, 28), False)
    short = rules.term(TERM_000, "branch", True, date(2024, 6, 28), 3)
    assert short.expires_on == date(2027, 6, 28) and short.below_national
    assert rules.check_reason_below_national(short, " ").code == "E042"
    assert rules.check_reason_below_national(short, "县委统一部署").ok and rules.check_reason_below_national(found, "").ok


def test_at01_group_of_two_and_a_secretary_without_group():
    people = {n: GroupMember(n, name, True, post) for n, name, post in ((1, "王秀兰", "书记"), (2, "李", ""), (3, "张", ""), (4, "赵", ""), (5, "钱", ""))}
    assert codes(rules.check_group(ORG, "branch", Group(None, "第二组", (2, 3)), people)) == ["E006"]
    found = rules.group_findings(ORG, [Group(1, "第一组", (2, 3, 4, 5), 2)], list(people.values()))
    assert [one.code for one in found] == [FindingCode.UNASSIGNED]
    assert "王秀兰（书记）" in found[0].sentence and found[0].person_ids == (1,)


# ---------------------------------------------------------------- terms


def test_years_are_asked_for_where_several_are_allowed():
    with pytest.raises(rules.YearsRequired) as caught:
        rules.term(TERM_000, "branch", False, ON)
    assert caught.value.allowed == (2, 3)


def test_refusals_name_the_allowed_value():
    refusal = rules.term(TERM, "branch", False, ON, 4).refusal
    assert refusal.code == "E050" and "4 年" in refusal.reason and "3 年" in refusal.reason
    assert rules.term(TERM, "temporary_branch", False, ON).refusal.code == "E055"
    assert rules.term(TERM, "floating_branch", False, ON).years == 3
    assert rules.term(TERM, "comprehensive_committee", False, ON).years == 5


@pytest.mark.parametrize(
    ("as_of", "extension", "state", "word"),
    [
        ("2028-12-27", None, TermState.NORMAL, "正常"),
        ("2028-12-28", None, TermState.EXPIRING, "还有 182 天"),
        ("2029-07-01", None, TermState.OVERDUE, "已过 3 天"),
        ("2029-07-01", "2029-12-31", TermState.EXTENDED, "2029年12月31日"),
        ("2030-07-01", "2029-12-31", TermState.OVERDUE_LONG, "逾期超过1年"),
    ],
)
def test_the_five_states_have_sentences(as_of, extension, state, word):
    until = date.fromisoformat(extension) if extension else None
    args = (date(2029, 6, 28), until, date.fromisoformat(as_of))
    assert rules.term_state(*args) is rules.term_state(*args, TERM) is state
    assert word in rules.term_sentence(*args, TERM)


@pytest.mark.parametrize(
    ("until", "doc", "code"),
    [("2030-06-28", "石组〔2029〕3号", ""), ("2030-06-29", "石组〔2029〕3号", "E050"), ("2029-06-28", "石组〔2029〕3号", "E002"), ("2029-12-31", " ", "E049")],
)
def test_extension(until, doc, code):
    assert rules.check_extension(TERM, date(2029, 6, 28), date.fromisoformat(until), doc).code == code


# ---------------------------------------------------------------- committees


def seat(number, *posts, **more):
    return Seat(number, f"某{number}", posts, **{"full_since": date(2010, 7, 1), **more})


FULL_BOARD = (seat(1, "secretary"), seat(2, "organization"), seat(3, "publicity", "discipline"))
DAY = date(2024, 6, 28)


def board(*seats, elected=DAY, **more):
    return rules.check_committee(ORG, elected, ON, seats, **more)


def test_a_complete_committee_passes_in_silence():
    assert board(*FULL_BOARD) == ()
    assert board(seat(1, "secretary"), seat(2, "deputy_secretary")) == (rules.warn("", "班子缺组织委员、宣传委员、纪检委员，请及时补选或由上级指派。"),)
    assert board(seat(1, "secretary")) == ()


@pytest.mark.parametrize(
    ("seats", "more", "expected"),
    [
        (FULL_BOARD, {"elected": date(2024, 7, 2)}, ["E001"]),
        (FULL_BOARD, {"other_spans": [Span(date(2021, 6, 1), date(2024, 6, 29))]}, ["E044"]),
        (FULL_BOARD, {"other_spans": [Span(date(2021, 6, 1), DAY)]}, []),
        (FULL_BOARD, {"other_spans": [Span(date(2030, 1, 1))], "ends_on": date(2029, 6, 28)}, []),
        ((*FULL_BOARD, seat(4, "secretary")), {}, ["E044"]),
        ((*FULL_BOARD, seat(3, "youth")), {}, ["E044"]),
        ((*FULL_BOARD, seat(4, "youth", standing="probationary")), {}, ["E017"]),
        ((*FULL_BOARD, seat(4, "youth", standing="suspended")), {}, ["E017"]),
        ((seat(1, "secretary", full_since=date(2023, 6, 29)), *FULL_BOARD[1:]), {}, ["E049"]),
        ((seat(1, "secretary", full_since=date(2023, 6, 28)), *FULL_BOARD[1:]), {}, []),
        ((seat(1, "secretary", full_since=date(2024, 1, 1), override_doc="石组〔2024〕9号"), *FULL_BOARD[1:]), {}, []),
    ],
)
def test_committees_that_are_refused(seats, more, expected):
    assert codes(board(*seats, **more)) == expected


def test_size_and_vacancies_are_warned_not_refused():
    nine = board(*FULL_BOARD, *(seat(n, "member") for n in range(4, 10)))
    assert [(one.ok, one.code) for one in nine] == [(True, "E050")] and "3 至 7 人" in nine[0].reason
    six = board(*FULL_BOARD, *(seat(n, "member") for n in range(4, 7)))
    assert six[0].ok and "一般为 3 至 5 人" in six[0].reason
    lacking = board(seat(1, "secretary"), seat(2, "organization"), seat(3, "publicity"))
    assert [one.reason for one in lacking] == ["班子缺纪检委员，请及时补选或由上级指派。"]
    assert rules.vacant_posts({"organization"}, False) == ("secretary",)


# ---------------------------------------------------------------- organisations


@pytest.mark.parametrize(
    ("org", "parent", "code"),
    [
        (("0001", "party_committee"), ("00010002", "party_committee"), "E003"),
        (("0001", "party_committee"), ("0001", "party_committee"), "E003"),
        (("00010003", "branch"), ("00010002", "branch"), "E003"),
        (("00010003", "branch"), ("00010002", "joint_branch"), "E003"),
        (("00010003", "general_branch"), ("00010002", "general_branch"), "E003"),
        (("00010003", "branch"), ("00010002", "general_branch"), ""),
        (("", "branch"), ("0001", "party_committee"), ""),
    ],
)
def test_tree(org, parent, code):
    assert rules.check_parent(*org, *parent).code == code


def test_a_group_is_no_level_of_the_tree():
    assert rules.check_type("party_group").code == "E003" and "支部页面" in rules.check_type("party_group").reason
    assert rules.check_type("undecided").code == "E003" and rules.check_type("branch").ok


def found(org_type="branch", **more):
    given = {"today": ON, "established_on": DAY, "full": 5, "approval_doc": "石组〔2024〕1号", **more}
    return codes(rules.check_establishment(ORG, org_type, **given))


@pytest.mark.parametrize(
    ("org_type", "more", "expected"),
    [
        ("branch", {}, []),
        ("branch", {"established_on": date(2024, 7, 2)}, ["E001"]),
        ("branch", {"applied_on": date(2024, 6, 2), "approved_on": date(2024, 6, 1)}, ["E002"]),
        ("branch", {"approved_on": date(2024, 6, 29)}, ["E002"]),
        ("branch", {"approval_doc": ""}, ["E049"]),
        ("branch", {"full": 2}, ["E004"]),
        ("joint_branch", {"host_units": ("甲", "甲 ", "")}, ["E005"]),
        ("joint_branch", {"host_units": ("甲", "乙")}, []),
        ("joint_branch", {"host_units": tuple("甲乙丙丁戊己"), "full": 2}, ["E004", "E005"]),
        ("general_branch", {}, ["E003"]),
        ("general_branch", {"planned_branches": 2, "full": 0}, []),
        ("branch", {"code": "A1", "codes_in_use": {"A1"}}, ["E044"]),
        ("group", {}, ["E003"]),
    ],
)
def test_founding(org_type, more, expected):
    assert found(org_type, **more) == expected


def test_only_an_empty_organisation_can_be_deleted():
    assert rules.check_delete(0, 0, 0).ok
    for counts in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        assert not rules.check_delete(*counts).ok and "撤销" in rules.check_delete(*counts).reason


@pytest.mark.parametrize(
    ("more", "ok", "code"),
    [
        ({}, True, ""),
        ({"dissolved_on": date(2024, 7, 2)}, False, "E001"),
        ({"dissolved_on": date(2000, 1, 1)}, False, "E002"),
        ({"members": 1}, False, ""),
        ({"children": 1}, False, ""),
        ({"approval_doc": ""}, False, "E049"),
    ],
)
def test_dissolution(more, ok, code):
    given = {"today": ON, "dissolved_on": DAY, "established_on": date(2001, 1, 1), "members": 0, "children": 0, "approval_doc": "石组〔2024〕2号", **more}
    answer = rules.check_dissolution(**given)
    assert (answer.ok, answer.code) == (ok, code)


def test_nobody_is_counted_twice():
    assert rules.check_single_membership("王秀兰", []).ok
    assert rules.check_single_membership("王秀兰", ["石桥粮站联合党支部"]).code == "E044"


def findings(**more):
    given = {"org_type": "branch", "full": 20, "members_all": 22, "committee_size": 5, "approval_doc": "x", **more}
    return [(one.code, one.serious) for one in rules.size_findings(ORG, **given)]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"members_all": 50}, []),
        ({"members_all": 51}, [(FindingCode.OVER_SIZE, True)]),
        ({"full": 2, "committee_size": 0, "under_since": date(2024, 1, 1), "as_of": date(2024, 4, 1)}, [(FindingCode.UNDER_FULL, False)]),
        ({"full": 2, "committee_size": 0, "under_since": date(2024, 1, 1), "as_of": date(2024, 4, 2)}, [(FindingCode.UNDER_FULL, True)]),
        ({"org_type": "joint_branch", "host_units": 6}, [(FindingCode.UNITS_OVER, True)]),
        ({"org_type": "joint_branch", "host_units": 1}, [(FindingCode.UNITS_UNDER, True)]),
        ({"approval_doc": ""}, [(FindingCode.NO_APPROVAL, True)]),
        ({"committee_size": 0}, [(FindingCode.NO_COMMITTEE, True)]),
        ({"full": 6, "committee_size": 0}, []),
        ({"committee_size": 8}, [(FindingCode.COMMITTEE_SIZE, True)]),
        ({"committee_size": 7}, [(FindingCode.COMMITTEE_SIZE, False)]),
        ({"org_type": "party_committee", "full": 0, "approval_doc": ""}, []),
    ],
)
def test_findings_from_headcounts(more, expected):
    assert findings(**more) == expected


def test_a_unit_that_should_have_a_branch():
    assert rules.should_exist(ORG, "某厂", 2) is None
    assert rules.should_exist(ORG, "某厂", 3).code is FindingCode.SHOULD_EXIST


def test_findings_of_a_committee():
    normal = rules.committee_findings({"secretary", "organization", "publicity", "discipline"}, True, date(2029, 6, 28), None, ON)
    assert normal == ()
    late = rules.committee_findings({"secretary"}, True, date(2024, 6, 1), None, ON, TERM)
    assert [(one.code, one.serious) for one in late] == [(FindingCode.VACANT_POST, True), (FindingCode.TERM, True)]
    assert "组织委员、宣传委员、纪检委员" in late[0].sentence
    soon = rules.committee_findings({"secretary"}, False, date(2024, 9, 1), None, ON, TERM)
    assert [(one.code, one.serious) for one in soon] == [(FindingCode.TERM, False)]


# ---------------------------------------------------------------- groups

PEOPLE = {n: GroupMember(n, f"某{n}", n != 9) for n in range(1, 10)}


@pytest.mark.parametrize(
    ("org_type", "group", "others", "expected"),
    [
        ("branch", Group(None, "一组", (1, 2, 3), 1), (), []),
        ("branch", Group(None, "一组", (1, 2, 2), 1), (), ["E006"]),
        ("general_branch", Group(None, "一组", (1, 2, 3)), (), ["E003"]),
        ("branch", Group(None, "一组", (1, 2, 3, 99)), (), ["E045"]),
        ("branch", Group(None, "一组", (1, 2, 3), 4), (), ["E045"]),
        ("branch", Group(None, "一组", (1, 2, 3)), (Group(5, "二组", (3, 4, 5)),), ["E007"]),
        ("branch", Group(5, "一组", (1, 2, 3)), (Group(5, "一组", (2, 3, 4)),), []),
    ],
)
def test_groups_that_are_refused(org_type, group, others, expected):
    assert codes(rules.check_group(ORG, org_type, group, PEOPLE, others)) == expected


def test_a_group_needs_a_full_member():
    people = {n: GroupMember(n, f"某{n}", False) for n in (1, 2, 3)}
    assert codes(rules.check_group(ORG, "branch", Group(None, "一组", (1, 2, 3)), people)) == ["E006"]


def test_closing_a_group_must_not_leave_members_without_one():
    one, two = Group(1, "一组", (1, 2, 3)), Group(2, "二组", (4, 5, 6))
    refused = rules.check_group_closing(one, PEOPLE, [two])
    assert refused.code == "E007" and "某1、某2、某3" in refused.reason
    assert rules.check_group_closing(one, PEOPLE, []).ok
    assert rules.check_group_closing(one, PEOPLE, [Group(2, "二组", (1, 2, 3, 4, 5, 6))]).ok


def test_health_of_groups():
    groups = [Group(1, "一组", (1, 2), 1), Group(2, "二组", (9,), 8), Group(3, "三组", (2, 3, 4, 5, 6, 7, 8), None)]
    found_codes = [one.code for one in rules.group_findings(ORG, groups, list(PEOPLE.values()))]
    assert found_codes == [
        FindingCode.GROUP_SMALL,
        FindingCode.GROUP_SMALL,
        FindingCode.GROUP_NO_FULL,
        FindingCode.GROUP_LEADER_OUTSIDE,
        FindingCode.GROUP_NO_LEADER,
        FindingCode.TWO_GROUPS,
    ]
    assert rules.group_findings(ORG, [], list(PEOPLE.values())) == ()
    assert rules.unassigned_members([], list(PEOPLE.values())) == ()


def test_messages_are_plain_chinese_without_exclamation():
    said = [one.reason for one in board(*FULL_BOARD, seat(4, "secretary", full_since=date(2024, 1, 1)), elected=date(2025, 1, 1))]
    said += [one.sentence for one in rules.group_findings(ORG, [Group(1, "一组", (1, 2), 3)], list(PEOPLE.values()))]
    for sentence in said:
        assert sentence.endswith("。") and not set("!！,;") & set(sentence)
