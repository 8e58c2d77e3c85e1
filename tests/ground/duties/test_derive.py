"""The set-based answer against the naive one, and the sentences that explain it."""
from __future__ import annotations

from datetime import date, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhibu.areas.meetings import rules as meetings
from zhibu.ground.duties.derive import (
    TONE,
    Counter,
    GroupLife,
    Policy,
    Subject,
    Used,
    board,
    board_row,
    counters_from,
    derive,
    excuse_key,
    explain,
    missing,
    policy_of,
    running,
    totals,
)
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import Choice, Resolved
from zhibu.ground.policy.spec import LifeRule
from zhibu.kernel.activities import RECORD_BIT, ActivityKind, mask_of, records_of
from zhibu.kernel.judge import Slot
from zhibu.kernel.periods import Span, WindowKind, windows

YEAR = 2025
ALWAYS = Span(date(2000, 1, 1))
RECORDS = ("minutes", "sign_in", "plan")


def resolved(rule: LifeRule) -> Resolved:
    return Resolved(f"life.{rule.kind}", rule, "第一条", shipped().conventions(), True, None, False)


def policy(*life: dict[str, LifeRule], starts: tuple[int, ...] = (1,)) -> Policy:
    """Build a policy whose k-th set of rules holds from month starts[k]."""
    maps = [MappingProxyType({kind: resolved(rule) for kind, rule in one.items()}) for one in life]
    months = []
    for month in range(1, 13):
        place = max((k for k, start in enumerate(starts) if start <= month), default=None)
        months.append(maps[place] if place is not None else MappingProxyType({}))
    return Policy(YEAR, tuple(months))


# ---------------------------------------------------------------- property: set-based == naive

DAYS = st.dates(date(2024, 11, 1), date(2026, 2, 28))
EDGES = st.one_of(DAYS, st.sampled_from([w.first for w in windows("month", YEAR)] + [w.last for w in windows("month", YEAR)]))


@st.composite
def spans(draw, most=3):
    """Draw disjoint spans, some of them touching."""
    days = sorted(draw(st.lists(EDGES, min_size=2, max_size=2 * most, unique=True)))
    found = [Span(a, b) for a, b in zip(days[::2], days[1::2], strict=False)]
    if draw(st.booleans()):
        found = [*found[:-1], Span(found[-1].start, None)]
    return tuple(found)


@st.composite
def life_rules(draw):
    found = {}
    for kind in draw(st.lists(st.sampled_from(list(ActivityKind)), unique=True, max_size=6)):
        found[kind.value] = LifeRule(
            kind=kind.value,
            window=draw(st.sampled_from([w.value for w in WindowKind])),
            minimum=draw(st.sampled_from([None, 0, 1, 1, 2, 4])),
            per="group" if kind is ActivityKind.GROUP_MEETING and draw(st.booleans()) else "org",
            by=draw(st.sampled_from(["", "", "", "committee"])),
            applies_to=draw(st.sampled_from([("branch",), ("branch", "joint_branch"), ("party_committee",)])),
            needs_committee=kind is ActivityKind.COMMITTEE_MEETING and draw(st.booleans()),
            records=draw(st.sampled_from([(), ("minutes",), ("minutes", "sign_in"), ("plan",)])),
        )
    return found


@st.composite
def worlds(draw):
    maps = draw(st.lists(life_rules(), min_size=1, max_size=3))
    starts = tuple(sorted(draw(st.lists(st.integers(1, 12), min_size=len(maps), max_size=len(maps), unique=True))))
    rules = policy(*maps, starts=starts)
    existence = draw(spans())
    lives = tuple((span, draw(st.sampled_from(["branch", "joint_branch", "party_committee", "general_branch"]))) for span in existence)
    groups = tuple(GroupLife(n, f"第{n}组", draw(spans(2))) for n in range(1, draw(st.integers(0, 3)) + 1))
    committees = draw(st.one_of(st.just(()), spans(2)))
    held = []
    for _ in range(draw(st.integers(0, 25))):
        kind = draw(st.sampled_from([k.value for k in ActivityKind]))
        group = draw(st.sampled_from([None, *(g.group_id for g in groups)])) if kind == "group_meeting" else None
        on = draw(EDGES)
        held.append((kind, group, on, on + timedelta(days=draw(st.integers(0, 40))), mask_of(draw(st.sets(st.sampled_from(RECORDS))))))
    excused = set()
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from([k.value for k in ActivityKind]))
        group = draw(st.sampled_from([None, *(g.group_id for g in groups)])) if kind == "group_meeting" else None
        window_kind = draw(st.sampled_from(["month", "quarter", "half_year", "year"]))
        window = draw(st.sampled_from(windows(window_kind, YEAR)))
        excused.add(excuse_key(kind, group, window_kind, window.first))
    return rules, lives, groups, committees, held, frozenset(excused), draw(DAYS), draw(st.integers(0, 9))


def naive(world):
    rules, lives, groups, committees, held, excused, as_of, closing = world
    return meetings.year(
        rules_on=lambda day: {kind: one.value for kind, one in rules.months[day.month - 1].items()},
        year=YEAR,
        as_of=as_of,
        held=[meetings.Held(kind, on, frozenset(records_of(mask)), group, recorded) for kind, group, on, recorded, mask in held],
        lives=lives,
        committees=committees,
        groups={group.group_id: group.spans for group in groups},
        excused=excused,
        closing_days=closing,
    )


def subject_of(world, org_id=1):
    rules, lives, groups, committees, held, excused, _, closing = world
    return Subject(org_id, lives, rules, committees, groups, counters_from(held, closing), excused)


def cells_of(year):
    return {
        (line.kind, line.group_id, cell.window.code): (cell.slot, cell.due, cell.fulfilled)
        for line in year.lines
        for cell in line.cells
        if cell.slot is not Slot.NOT_DUE
    }


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_set_based_answer_equals_the_naive_one(world):
    """Dated overrides, moves between types, dissolved and refounded organisations, groups and committees that come and go."""
    as_of, closing = world[6], world[7]
    (answer,) = derive([subject_of(world)], YEAR, as_of, closing)
    oracle = naive(world)
    expected = {(c.kind, c.group, c.window.code): (c.slot, c.due, c.fulfilled) for c in oracle.cells if c.slot is not Slot.NOT_DUE}
    assert cells_of(answer) == expected
    sums = totals([answer])
    assert (sums.due, sums.fulfilled, sums.rate, sums.mean_rate) == (oracle.due, oracle.fulfilled, oracle.rate, oracle.mean_rate)
    row = board_row([answer])
    assert (sum(cell.due for cell in row), sum(cell.fulfilled for cell in row)) == (oracle.due, oracle.fulfilled)
    assert [running([answer], None, month) for month in range(1, 13)] == [(cell.running_due, cell.running_done) for cell in row]


@settings(max_examples=30, deadline=None)
@given(st.lists(worlds(), min_size=1, max_size=5), DAYS, st.integers(0, 9))
def test_many_organisations_are_many_single_answers(made, as_of, closing):
    subjects = [subject_of((*world[:7], closing), org_id) for org_id, world in enumerate(made)]
    together = derive(subjects, YEAR, as_of, closing)
    assert together == [derive([one], YEAR, as_of, closing)[0] for one in subjects]
    oracles = [naive((*world[:6], as_of, closing)) for world in made]
    assert totals(together).due == sum(one.due for one in oracles)
    assert totals(together).fulfilled == sum(one.fulfilled for one in oracles)
    split = board({"a": together[:2], "b": together[2:]})
    assert sum(cell.due for row in split.values() for cell in row) == totals(together).due


@settings(max_examples=50, deadline=None)
@given(worlds())
def test_every_cell_can_be_explained(world):
    rules, lives, groups, committees, held, excused, as_of, closing = world
    subject = subject_of(world)
    (answer,) = derive([subject], YEAR, as_of, closing)
    for line in answer.lines:
        used = [Used(n, on, recorded, mask) for n, (kind, group, on, recorded, mask) in enumerate(held) if (kind, group) == (line.kind, line.group_id)]
        for cell in line.cells:
            why = explain(subject, line, cell, as_of, used, closing)
            assert all((why.title, why.rule, why.clause, why.window, why.state, why.cure)) and "None" not in repr(why)
            counted = sum(one.counted for one in why.used)
            assert len(why.used) == cell.held
            if cell.due:
                assert counted == cell.fulfilled


# ---------------------------------------------------------------- examples

MONTHLY = {"committee_meeting": LifeRule("committee_meeting", "month", 1, needs_committee=True, records=("minutes",))}
BRANCH = ((ALWAYS, "branch"),)


def one(subject, as_of=date(2026, 1, 31)):
    return derive([subject], YEAR, as_of)[0]


def slot_row(answer, line=0):
    return [cell.slot for cell in answer.lines[line].cells]


def meeting(on, recorded=None, records=("minutes",), kind="committee_meeting", group=None):
    day = date.fromisoformat(on)
    return (kind, group, day, date.fromisoformat(recorded) if recorded else day, mask_of(records))


def test_states_of_a_year_of_committee_meetings():
    held = [
        meeting("2025-01-08"),
        meeting("2025-02-11", "2025-03-05"),  # the fifth day after the month: in time
        meeting("2025-03-12", "2025-04-06"),  # the sixth: late
        meeting("2025-04-10", records=()),
        meeting("2025-06-12"),
        meeting("2025-06-20"),
    ]
    subject = Subject(1, BRANCH, policy(MONTHLY), (ALWAYS,), (), counters_from(held), frozenset({("committee_meeting", None, "2025-07")}))
    answer = one(subject, date(2025, 9, 3))
    assert slot_row(answer) == [
        Slot.MET, Slot.MET, Slot.LATE, Slot.INCOMPLETE, Slot.MISSING, Slot.MET, Slot.EXCUSED, Slot.CLOSING, Slot.RUNNING, Slot.FUTURE, Slot.FUTURE, Slot.FUTURE,
    ]
    assert (totals([answer]).due, totals([answer]).fulfilled) == (7, 4)
    assert missing(answer) == {"committee_meeting": ["2025-04", "2025-05", "2025-08"]}


def test_a_branch_founded_in_march_and_dissolved_in_september_owes_april_to_august():
    lives = ((Span(date(2025, 3, 2), date(2025, 9, 30)), "branch"),)
    answer = one(Subject(1, lives, policy(MONTHLY), (ALWAYS,)))
    assert [cell.window.index + 1 for cell in answer.lines[0].cells if cell.due] == [4, 5, 6, 7, 8]


def test_moving_under_another_superior_keeps_the_window():
    lives = ((Span(date(2020, 1, 1), date(2025, 3, 10)), "branch"), (Span(date(2025, 3, 10)), "branch"))
    assert totals([one(Subject(1, lives, policy(MONTHLY), (ALWAYS,)))]).due == 12


def test_a_general_branch_owes_nothing_and_has_no_lines():
    assert one(Subject(1, ((ALWAYS, "general_branch"),), policy(MONTHLY), (ALWAYS,))).lines == ()


def test_no_committee_no_committee_meetings():
    assert one(Subject(1, BRANCH, policy(MONTHLY))).lines == ()
    gap = (Span(date(2020, 1, 1), date(2025, 5, 20)), Span(date(2025, 6, 10)))
    assert [cell.window.index + 1 for cell in one(Subject(1, BRANCH, policy(MONTHLY), gap)).lines[0].cells if not cell.due] == [5, 6]


def test_group_meetings_are_due_per_group():
    rules = policy({"group_meeting": LifeRule("group_meeting", "month", 1, per="group", records=("minutes",))})
    groups = (GroupLife(7, "第一组", (ALWAYS,)), GroupLife(8, "第二组", (Span(date(2025, 11, 1)),)), GroupLife(9, "老组", (Span(date(2010, 1, 1), date(2020, 1, 1)),)))
    held = counters_from([meeting("2025-11-03", kind="group_meeting", group=8)])
    answer = one(Subject(1, BRANCH, rules, (), groups, held))
    assert [(line.title, sum(c.due for c in line.cells), sum(c.fulfilled for c in line.cells)) for line in answer.lines] == [
        ("党小组会（第一组）", 12, 0),
        ("党小组会（第二组）", 2, 1),
    ]


def test_a_new_rule_set_in_july_holds_for_windows_that_end_after_it_began():
    half = {"lecture": LifeRule("lecture", "half_year", 1, records=())}
    yearly = {"lecture": LifeRule("lecture", "year", 4, records=())}
    answer = one(Subject(1, BRANCH, policy(half, yearly, starts=(1, 7))))
    assert [(cell.window.code, cell.due) for cell in answer.lines[0].cells] == [("2025-H1", 1), ("2025", 4)]


def test_a_policy_of_another_year_is_refused():
    with pytest.raises(ValueError, match="2025"):
        derive([Subject(1, BRANCH, policy(MONTHLY))], 2024, date(2025, 1, 31))


def test_the_policy_of_a_year_comes_from_assignments():
    library = shipped()
    choices = [Choice("seed-000", 5, "石桥镇党委", date(2025, 7, 1), None)]
    rules = policy_of(library, choices, YEAR)
    assert rules.months[0]["general_meeting"].rule_set.code == "cn-branch-2018"
    assert rules.months[0] is rules.months[5] and rules.months[6] is rules.months[11]
    assert rules.months[6]["lecture"].rule_set.code == "seed-000" and "theme_day" not in rules.months[6]
    answer = one(Subject(1, BRANCH, rules, (ALWAYS,)))
    due = totals([answer]).kinds
    assert due["theme_day"] == (6, 0) and due["lecture"] == (1, 0) and due["committee_meeting"] == (12, 0)


def test_lectures_without_a_count_are_shown_but_never_due():
    answer = one(Subject(1, BRANCH, policy_of(shipped(), [], YEAR), (ALWAYS,)))
    (line,) = [line for line in answer.lines if line.kind == "lecture"]
    assert [(cell.slot, cell.due) for cell in line.cells] == [(Slot.NOT_DUE, 0)]
    subject = Subject(1, BRANCH, policy_of(shipped(), [], YEAR), (ALWAYS,))
    assert "没有规定次数" in explain(subject, line, line.cells[0], date(2026, 1, 31)).cure


def test_why_a_cell_is_red_and_what_makes_it_green():
    rules = policy_of(shipped(), [Choice("seed-003", 5, "石桥镇党委", date(2021, 1, 1), None)], YEAR)
    held = [
        ("theme_day", None, date(2025, 8, 5), date(2025, 8, 6), mask_of(("minutes", "activity_form", "activity_photos"))),
        ("theme_day", None, date(2025, 9, 5), date(2025, 10, 9), mask_of(("minutes", "activity_form", "activity_photos", "dues_ledger"))),
        ("theme_day", None, date(2025, 9, 12), date(2025, 9, 12), mask_of(("minutes", "activity_form", "activity_photos", "dues_ledger"))),
    ]
    subject = Subject(1, BRANCH, rules, (ALWAYS,), (), counters_from(held))
    (line,) = [line for line in one(subject).lines if line.kind == "theme_day"]
    used = [Used(n, on, recorded, mask) for n, (_, _, on, recorded, mask) in enumerate(held)]
    august = explain(subject, line, line.cells[7], date(2026, 1, 31), used)
    assert line.cells[7].slot is Slot.INCOMPLETE
    assert august.title == "主题党日，2025年8月"
    assert august.rule == "主题党日每月至少 1 次，每次要有会议记录、活动情况开展登记表、活动剪影、党费交纳台帐。"
    assert "鼎发〔2020〕55号" in august.clause and "石桥镇党委" in august.clause
    assert august.window == "2025年8月，2025-08-01 至 2025-08-31。"
    assert [line.sentence for line in august.used] == ["2025-08-05 召开，2025-08-06 记录，缺党费交纳台帐，不计入。"]
    assert august.cure == "请补齐 2025-08-05 的党费交纳台帐。补齐后就计入。"
    september = explain(subject, line, line.cells[8], date(2026, 1, 31), used)
    assert line.cells[8].slot is Slot.MET
    assert [line.counted for line in september.used] == [False, True]
    assert "不抵其他期" in september.used[0].sentence
    july = explain(subject, line, line.cells[6], date(2026, 1, 31), used)
    assert line.cells[6].slot is Slot.MISSING and "不能补本期" in july.cure and july.used == ()


def test_an_open_window_says_how_many_days_are_left():
    subject = Subject(1, BRANCH, policy(MONTHLY), (ALWAYS,))
    (line,) = one(subject, date(2025, 9, 18)).lines
    why = explain(subject, line, line.cells[8], date(2025, 9, 18))
    assert why.cure == "还差 1 次，请在 2025-09-30 前开好并记录，还有 13 天。" and why.state == "进行中：要 1 次，已有 0 次，期满后才计入。"


def test_county_row_shows_the_worst_state_and_how_many_branches():
    rules = policy(MONTHLY)
    good = [meeting(f"2025-{month:02d}-10") for month in range(1, 10)]
    late = [meeting("2025-01-10", "2025-03-01"), *good[1:]]
    bad = good[1:8]
    made = [Subject(n, BRANCH, rules, (ALWAYS,), (), counters_from(held)) for n, held in enumerate((good, late, bad, bad))]
    row = board_row(derive(made, YEAR, date(2025, 9, 20)))
    assert (row[0].slot, row[0].concerned, row[0].due, row[0].fulfilled) == (Slot.MISSING, 2, 4, 2)
    assert (row[1].slot, row[1].concerned) == (Slot.MET, 4)
    assert (row[8].slot, row[8].progress) == (Slot.RUNNING, "50.00%")
    assert running(derive(made, YEAR, date(2025, 9, 20)), None, 9) == (4, 2)
    assert (row[9].slot, row[9].concerned, row[9].progress) == (Slot.FUTURE, 4, "-")
    assert board_row(derive(made, YEAR, date(2025, 9, 20)), kind="lecture")[0].slot is Slot.NOT_DUE


def test_every_state_has_a_colour():
    assert set(TONE) == set(Slot)


def test_counters_group_what_is_alike():
    held = [meeting("2025-01-08"), meeting("2025-01-09", "2025-02-10"), meeting("2025-01-10", records=())]
    rows = counters_from(held)
    assert sorted(rows) == sorted([
        Counter("committee_meeting", None, 2025, RECORD_BIT["minutes"], 2, 1, 2, 2, 2),
        Counter("committee_meeting", None, 2025, 0, 1, 1, 1, 1, 1),
    ])


def test_a_county_of_420_branches_gets_the_same_answer_for_equal_branches():
    rules = policy_of(shipped(), [Choice("seed-003", 1, "青禾县委", None, None)], YEAR)
    held = []
    for month in range(1, 13):
        full = ("minutes", "activity_form", "activity_photos", "dues_ledger")
        for kind, group in (("committee_meeting", None), ("theme_day", None), ("group_meeting", 1), ("group_meeting", 2)):
            held.append((kind, group, date(2025, month, 5), date(2025, month, 7), mask_of(full)))
    groups = (GroupLife(1, "一组", (ALWAYS,)), GroupLife(2, "二组", (ALWAYS,)))
    rows = counters_from(held)
    made = [Subject(n, BRANCH, rules, (ALWAYS,), groups, rows) for n in range(420)]
    answers = derive(made, YEAR, date(2026, 1, 31))
    assert len(answers) == 420 and sum(len(line.cells) for line in answers[0].lines) == 55
    assert {repr(a.lines) for a in answers} == {repr(answers[0].lines)}