from __future__ import annotations

from datetime import date

import pytest

from zhibu.kernel.fixed_day import FixedDay, check_fixed_days, fixed_day, propose, read_fixed_days


@pytest.mark.parametrize(
    ("fixed", "month", "expected", "name"),
    [
        (FixedDay(day=5), 9, date(2025, 9, 5), "每月5日"),
        (FixedDay(day=31), 2, date(2025, 2, 28), "每月31日"),
        (FixedDay(week=1, weekday=5), 8, date(2025, 8, 1), "每月第1个周五"),
        (FixedDay(week=1, weekday=5), 9, date(2025, 9, 5), "每月第1个周五"),
        (FixedDay(week=4, weekday=7), 9, date(2025, 9, 28), "每月第4个周日"),
    ],
)
def test_fixed_day(fixed, month, expected, name):
    assert fixed.in_month(2025, month) == expected and fixed.zh == name
    assert check_fixed_days([fixed]).ok
    assert read_fixed_days(fixed.text) == read_fixed_days(fixed.zh) == (fixed,) and fixed_day(fixed.text) == fixed


def test_two_fixed_days_and_impossible_ones_are_refused():
    assert check_fixed_days([]).ok
    assert check_fixed_days([FixedDay(5), FixedDay(20)]).code == "E044"
    for wrong in (FixedDay(0), FixedDay(32), FixedDay(), FixedDay(5, 1, 1), FixedDay(week=5, weekday=1), FixedDay(week=1, weekday=8)):
        assert check_fixed_days([wrong]).code == "E054"


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("", []), (" 20 ", [FixedDay(20)]), ("每月20日", [FixedDay(20)]), ("5号", [FixedDay(5)]), ("第一个周五", [FixedDay(week=1, weekday=5)]),
        ("每个月的第2个星期天", [FixedDay(week=2, weekday=7)]), ("5、20", [FixedDay(5), FixedDay(20)]), ("5日和第1个周五", [FixedDay(5), FixedDay(week=1, weekday=5)]),
        ("月底", [FixedDay(0)]),
    ],
)
def test_what_people_write(text, days):
    assert list(read_fixed_days(text)) == days


def test_what_is_no_single_day_is_none():
    assert [fixed_day(text) for text in ("", "5、20", "月底", "32")] == [None] * 4


OFF = {date(2026, 10, d): "国庆节" for d in range(1, 8)} | {date(2026, 2, d): "春节" for d in range(15, 24)} | {date(2027, 1, 31): "某节"}
WORK = {date(2026, 10, 10), date(2026, 2, 14), date(2026, 2, 28)}


@pytest.mark.parametrize(
    ("fixed", "month", "day", "says"),
    [
        (FixedDay(day=5), (2026, 10), date(2026, 10, 8), "10月5日是国庆节放假，顺延到节后第一个上班日10月8日"),
        (FixedDay(day=1), (2026, 10), date(2026, 10, 8), "顺延"),  # seven days on: still within the week
        (FixedDay(day=16), (2026, 2), date(2026, 2, 14), "提前到节前最后一个上班日2月14日"),  # the next working day is eight days on; a make-up Saturday is worked
        (FixedDay(day=20), (2026, 2), date(2026, 2, 24), "顺延"),
        (FixedDay(day=31), (2027, 1), date(2027, 1, 29), "提前"),  # the month ends first, and the 30th is a Saturday
        (FixedDay(day=20), (2025, 9), date(2025, 9, 20), ""),  # an ordinary Saturday stays: many branches meet on it
        (FixedDay(week=1, weekday=5), (2026, 10), date(2026, 10, 8), "10月2日"),
    ],
)
def test_a_fixed_day_on_a_holiday_is_moved_within_the_week_and_the_month(fixed, month, day, says):
    found = propose(fixed, *month, OFF, WORK, 7)
    assert (found.day, found.shifted) == (day, bool(says)) and says in found.reason and found.fixed == fixed.in_month(*month)


def test_where_no_working_day_is_near_people_choose():
    found = propose(FixedDay(day=19), 2026, 2, OFF, WORK, 3)
    assert (found.day, found.shifted) == (None, False) and "请支部另定一天" in found.reason
