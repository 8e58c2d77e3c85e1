"""S04, S05, S08: the year of a branch, decisions, refused entries, records; AT-02."""
from __future__ import annotations

from datetime import date, datetime, time
from fractions import Fraction

import pytest

from zhibu.areas.meetings import rules
from zhibu.areas.meetings.rules import ActivityKind, Held, RecordType, Resolution
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import resolve_named
from zhibu.ground.policy.spec import KINDS, RECORD_TYPES
from zhibu.kernel.judge import Slot
from zhibu.kernel.numbers import Threshold
from zhibu.kernel.periods import Span

HALF_UP, MORE_THAN_HALF = Threshold(Fraction(1, 2), ">="), Threshold(Fraction(1, 2), ">")
ALWAYS = Span(date(2000, 1, 1))
NOW = datetime(2025, 9, 18, 20, 0)


def life(code):
    return {kind: one.value for kind, one in resolve_named(shipped(), [code], "life", date(2025, 12, 31)).life().items()}


def days(*months_and_days):
    return [date(2025, int(one[:2]), int(one[3:])) for one in months_and_days]


def at02():
    """Build the year of AT-02: 33 members, 2 groups."""
    each_month = [date(2025, month, 15) for month in range(1, 13)]
    held = [Held("committee_meeting", on) for on in days("01-08", "02-11", "03-12", "04-10", "05-09", "06-12", "07-03", "07-28", "09-10", "10-15", "11-12", "12-10")]
    held += [Held("general_meeting", on) for on in days("03-20", "06-20", "12-19")] + [Held("general_meeting", date(2025, 9, 19), frozenset())]
    held += [Held("group_meeting", on, group=1) for on in each_month]
    held += [Held("group_meeting", on, group=2) for on in each_month if on.month not in (5, 11)]
    held += [Held("lecture", on) for on in days("03-20", "06-27", "09-19", "12-19")]
    held += [Held("lecture", date(2025, 10, 20), frozenset({"lecture_script", "lecture_record"}))]
    held += [Held("theme_day", date(2025, month, 5)) for month in range(1, 12)]
    held += [Held("theme_day", date(2025, 12, 5), frozenset({"minutes", "activity_form", "activity_photos"}))]
    return [*held, Held("org_life_meeting", date(2025, 12, 5)), Held("appraisal", date(2025, 12, 6))]


def year(code, as_of="2026-01-31", held=None, **more):
    rule = life(code)
    given = {"lives": [(ALWAYS, "branch")], "committees": [ALWAYS], "groups": {1: [ALWAYS], 2: [ALWAYS]}, **more}
    return rules.year(lambda day: rule, 2025, date.fromisoformat(as_of), at02() if held is None else held, **given)


@pytest.mark.parametrize(("code", "fulfilled", "due", "rate"), [("seed-003", 53, 58, "91.38%"), ("cn-branch-2018", 49, 54, "90.74%"), ("seed-000", 38, 42, "90.48%")])
def test_at02_pooled(code, fulfilled, due, rate):
    found = year(code)
    assert (found.fulfilled, found.due, found.rate) == (fulfilled, due, rate)


def test_at02_per_rule_and_mean():
    found = year("seed-003")
    assert found.kinds == {
        "general_meeting": (4, 3),
        "committee_meeting": (12, 11),
        "group_meeting": (24, 22),
        "lecture": (4, 4),
        "theme_day": (12, 11),
        "org_life_meeting": (1, 1),
        "appraisal": (1, 1),
        "dem_life_meeting": (0, 0),
    }
    assert found.mean_rate == "92.86%"
    states = {(cell.kind, cell.window.code): cell.slot for cell in found.cells if cell.group is None}
    assert states["committee_meeting", "2025-08"] is Slot.MISSING
    assert states["general_meeting", "2025-Q3"] is Slot.INCOMPLETE
    assert states["theme_day", "2025-12"] is Slot.INCOMPLETE


def test_at02_the_running_window_is_not_in_the_denominator():
    found = year("seed-003", as_of="2025-11-30")
    slots = {cell.window.code: cell.slot for cell in found.cells if cell.kind == "general_meeting"}
    assert slots["2025-Q4"] is Slot.RUNNING and found.kinds["general_meeting"] == (3, 2)


def test_types_that_owe_nothing_and_committees_of_leaders():
    assert year("seed-003", lives=[(ALWAYS, "general_branch")]).due == 0
    assert year("seed-003", committees=[]).kinds["committee_meeting"] == (0, 0)
    assert year("seed-003", groups={}).kinds["group_meeting"] == (0, 0)
    assert year("seed-003", lives=[(ALWAYS, "general_branch")], any_type=True).due == 58


def test_late_entries_and_excuses():
    held = [Held("committee_meeting", date(2025, 1, 8), recorded_on=date(2025, 2, 5)), Held("committee_meeting", date(2025, 2, 8), recorded_on=date(2025, 3, 6))]
    found = year("cn-branch-2018", held=held, excused={("committee_meeting", None, "2025-03")})
    slots = [cell.slot for cell in found.cells if cell.kind == "committee_meeting"]
    assert slots[:4] == [Slot.MET, Slot.LATE, Slot.EXCUSED, Slot.MISSING]
    assert found.kinds["committee_meeting"] == (11, 2)


# ---------------------------------------------------------------- codes and records


def test_codes_agree_with_the_rule_sets():
    assert [*(kind.value for kind in ActivityKind), "talk"] == list(KINDS)
    assert tuple(record.value for record in RecordType) == RECORD_TYPES
    assert set(rules.ACTIVITY_ZH) == set(ActivityKind)
    assert len({*rules.RECORD_BIT.values()}) == len(RecordType) and rules.RECORD_BIT["minutes"] == 1
    some = ("sign_in", "minutes", "measures")
    assert [one.value for one in rules.records_of(rules.mask_of(some))] == ["minutes", "sign_in", "measures"]
    with pytest.raises(KeyError):
        rules.mask_of(["novel"])


def test_completeness_counts_what_is_required_and_there():
    theme_day = ("minutes", "activity_form", "activity_photos", "dues_ledger")
    assert rules.completeness(theme_day, {"minutes", "activity_form", "plan"}) == (2, 4)
    assert rules.completeness((), ("minutes",)) == (0, 0)


def test_readiness_has_seven_one_and_one_items():
    items = rules.readiness({"plan", "minutes"})
    assert [sum(phase == name for phase, _, _ in items) for name in ("会前", "会中", "会后")] == [7, 1, 1]
    assert [record.value for _, record, there in items if there] == ["plan", "minutes"]
    assert {record.value for _, record, _ in items} == set(life("seed-003")["org_life_meeting"].records)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([("dues_ledger", True, False, False), ("activity_photos", False, False, True)], ""),
        ([("dues_ledger", True, False, True)], "E008"),
        ([("dues_ledger", False, True, True)], "E008"),
        ([("novel", True, False, False)], "E008"),
        ([("plan", False, True, False), ("plan", False, True, False)], "E008"),
        ([("minutes", True, False, False)], "E008"),
    ],
)
def test_record_lines(answers, code):
    assert rules.check_records(answers, file_records={"dues_ledger", "plan", "activity_photos"}).code == code


# ---------------------------------------------------------------- decisions


@pytest.mark.parametrize(
    ("kind", "expected", "present", "ayes", "outcome"),
    [
        ("general_meeting", 31, 16, 16, (True, True, "")),
        ("general_meeting", 31, 29, 15, (True, False, "")),
        ("general_meeting", 31, 15, 15, (False, False, "E010")),
        ("general_meeting", 31, 32, 20, (False, False, "E009")),
        ("general_meeting", 31, 16, 17, (False, False, "E011")),
        ("committee_meeting", 5, 3, 3, (True, True, "")),
    ],
)
def test_decision(kind, expected, present, ayes, outcome):
    vote = rules.decision(kind, expected, present, ayes, HALF_UP, MORE_THAN_HALF)
    assert (vote.quorate, vote.passed, vote.refusal.code) == outcome


def test_a_missing_quorum_names_the_number_needed():
    vote = rules.decision("general_meeting", 31, 15, 15, HALF_UP, MORE_THAN_HALF)
    assert "至少须到 16 人" in vote.refusal.reason and "草稿" in vote.refusal.reason
    assert "委员" in rules.decision("committee_meeting", 5, 2, 2, HALF_UP, MORE_THAN_HALF).refusal.reason


@pytest.mark.parametrize(
    ("resolution", "present", "code"),
    [
        (Resolution("同意", 16, 10, 5, 31), 31, ""),
        (Resolution("同意", 10, 10, 11, 31), 31, ""),
        (Resolution(" ", 16, 10, 5, 31), 31, "E054"),
        (Resolution("同意", 16, 10, 5, 31, ("李明",)), 31, "E017"),
        (Resolution("同意", 16, 10, 5, 31), 32, "E009"),
        (Resolution("同意", 16, 10, 4, 31), 31, "E011"),
        (Resolution("同意", 16, 0, 0, 16), 15, "E011"),
        (Resolution("同意", 15, 0, 0, 15), 15, "E010"),
    ],
)
def test_resolutions(resolution, present, code):
    assert rules.check_resolution("general_meeting", resolution, 31, present, HALF_UP, MORE_THAN_HALF).code == code


# ---------------------------------------------------------------- entries


def refused(
    kinds=("general_meeting",), held_on=date(2025, 9, 18), start=time(19, 0), end=None, topics=("学习",), theme="", content_items=(), group_id=None, lecturer="",
    expected=31, present=29, outsiders=(), existing=(), together=(),
):
    """Put the checks of one entry in the order of the form; returns the codes of the refusals."""
    found = [rules.check_kinds(kinds, together), rules.check_times(held_on, start, end, NOW)]
    for kind in kinds if found[0].ok else ():
        found += [rules.check_group(kind, group_id, {1, 2}), rules.check_content(kind, theme, topics, content_items)]
        if kind == "lecture":
            found.append(rules.check_lecturer(lecturer))
        found.append(rules.check_duplicate(kind, held_on, start, group_id if kind == "group_meeting" else None, existing))
    return [decision.code for decision in [*found, rules.check_people(expected, present, outsiders)] if not decision.ok]


THEME = {"kinds": ("theme_day",), "theme": "环境整治", "content_items": ("volunteering",), "topics": ()}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"held_on": date(2025, 9, 19)}, ["E001"]),
        ({"start": time(20, 1)}, ["E001"]),
        ({"end": time(20, 30)}, ["E001"]),
        ({"start": None}, []),
        ({"end": time(18, 59)}, ["E002"]),
        ({"held_on": date(2025, 9, 17), "start": time(23, 0), "end": time(23, 30)}, []),
        ({"present": 32}, ["E009"]),
        ({"outsiders": ("赵六",)}, ["E045"]),
        ({"topics": ("",)}, ["E054"]),
        ({"kinds": ()}, ["E054"]),
        ({"kinds": ("party",)}, ["E054"]),
        ({"kinds": ("group_meeting",)}, ["E054"]),
        ({"kinds": ("group_meeting",), "group_id": 3}, ["E045"]),
        ({"kinds": ("group_meeting",), "group_id": 2}, []),
        ({"kinds": ("lecture",), "theme": "党史"}, ["E054"]),
        ({"kinds": ("lecture",), "theme": "党史", "lecturer": "王秀兰"}, []),
        ({"kinds": ("lecture",), "lecturer": "王秀兰", "topics": ()}, ["E054"]),
        (THEME, []),
        ({**THEME, "theme": ""}, ["E054"]),
        ({**THEME, "content_items": ()}, ["E054"]),
        ({**THEME, "content_items": ("sport",)}, ["E054"]),
        ({"held_on": date(2025, 9, 19), "present": 32, "topics": ()}, ["E001", "E054", "E009"]),
    ],
)
def test_entries(more, expected):
    assert refused(**more) == expected


def test_the_same_meeting_twice_is_refused():
    known = [("general_meeting", date(2025, 9, 18), time(19, 0), None)]
    assert refused(existing=known) == ["E044"]
    assert refused(start=time(19, 30), existing=known) == []
    assert refused(kinds=("group_meeting",), group_id=1, existing=[("group_meeting", date(2025, 9, 18), time(19, 0), 2)]) == []


def test_one_activity_as_several_kinds_where_the_set_says_so():
    together = shipped().conventions().values["conventions.may_count_together"].value
    both = {"kinds": ("theme_day", "lecture"), "theme": "党史", "lecturer": "王秀兰", "content_items": ("lecture",)}
    assert refused(**both, together=together) == []
    assert refused(**both) == ["E044"]
    assert rules.check_kinds(("lecture", "lecture"), together).code == "E044"
    assert rules.check_kinds(("org_life_meeting", "appraisal"), together).ok
    assert not rules.check_kinds(("committee_meeting", "theme_day"), together).ok


def test_a_leaders_meeting_at_a_branch_is_a_warning():
    warned = rules.check_kinds(("dem_life_meeting",), (), "branch")
    assert warned.ok and "组织生活会" in warned.reason
    assert rules.check_kinds(("dem_life_meeting",), (), "party_committee").reason == ""


def test_lecturers_by_rule():
    assert not rules.check_lecturer("外请专家", (), others_allowed=False).ok
    assert rules.check_lecturer("王秀兰", {"secretary"}, others_allowed=False).ok
    assert rules.check_lecturer("外请专家").ok


def test_late_entry_marks_the_record_after_seven_days():
    assert not rules.entered_late(date(2025, 9, 1), date(2025, 9, 8), 7)
    assert rules.entered_late(date(2025, 9, 1), date(2025, 9, 9), 7)
