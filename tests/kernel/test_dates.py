"""Dates keep the precision they were given in; no day 01 is invented."""
from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibu.kernel import dates
from zhibu.kernel.dates import NotADate, PreciseDate


@pytest.mark.parametrize("text", ["1998-07-01", "1998.7.1", "1998/07/01", "1998年7月1日", "1998 年 7 月 1 号", "19980701", "１９９８．７．１", " 1998-7-1 "])
def test_days(text: str) -> None:
    assert dates.parse(text) == PreciseDate(date(1998, 7, 1), "day") and dates.parse_day(text) == date(1998, 7, 1)


@pytest.mark.parametrize("text", ["1998-07", "1998.7", "1998/7", "1998年7月", "1998年07月", "199807"])
def test_months(text: str) -> None:
    assert dates.parse(text) == PreciseDate(date(1998, 7, 1), "month")
    with pytest.raises(NotADate, match="没有写到日"):
        dates.parse_day(text)


@pytest.mark.parametrize("text", ["1998", "1998年", "１９９８"])
def test_years(text: str) -> None:
    assert dates.parse(text) == PreciseDate(date(1998, 1, 1), "year")


def test_nothing_is_nothing() -> None:
    assert dates.parse(" ") is None and dates.parse_day("") is None and dates.show(None) == dates.write(None) == ""


@pytest.mark.parametrize(("text", "says"), [
    ("七月", "看不懂"), ("98-7", "看不懂"), ("1998-13", "月份"), ("1998-0", "月份"), ("1998-02-30", "这一天"), ("19980230", "这一天"), ("2023-02-29", "这一天"),
    ("1850-01-01", "年份"), ("2205-07", "年份"), ("1998-07-01-02", "看不懂"), ("1998-7-0", "这一天"), ("36000", "看不懂"),
])
def test_what_is_no_date_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(NotADate, match=says):
        dates.parse(text)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.sampled_from(["day", "month", "year"]))
def test_what_is_written_or_shown_reads_back(day: date, precision: str) -> None:
    for text in (dates.write(day, precision), dates.show(day, precision)):
        found = dates.parse(text)
        assert found and found.precision == precision and found.day <= day <= found.last
        assert dates.write(found.day, found.precision) == dates.write(day, precision)


def test_surely_before_reads_each_date_as_late_as_it_may_be() -> None:
    assert dates.surely_before(date(1998, 6, 30), "day", date(1998, 7, 1))
    assert not dates.surely_before(date(1998, 1, 1), "year", date(1998, 7, 1))
    assert not dates.surely_before(date(1998, 2, 1), "month", date(1998, 2, 28))
    assert dates.surely_before(date(1998, 2, 1), "month", date(1998, 3, 1))


@pytest.mark.parametrize(("on", "years"), [(date(2026, 2, 27), 61), (date(2026, 2, 28), 61), (date(2026, 3, 1), 62), (date(2028, 2, 29), 64)])
def test_age_counts_completed_years(on: date, years: int) -> None:
    assert dates.age(date(1964, 2, 29), on) == years
