from __future__ import annotations

from datetime import date

import pytest

from zhibu.kernel.fixed_day import FixedDay, check_fixed_days, fixed_day, read_fixed_days


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
