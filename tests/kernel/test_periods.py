from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibu.kernel.periods import (
    Span,
    WindowKind,
    add_months,
    add_working_days,
    add_years,
    existed_whole,
    is_working_day,
    month_index,
    month_of_index,
    window_from_code,
    window_of,
    windows,
)

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def test_span_is_half_open():
    span = Span(date(2025, 1, 1), date(2025, 2, 1))
    assert span.covers(date(2025, 1, 1)) and span.covers(date(2025, 1, 31))
    assert not span.covers(date(2025, 2, 1)) and not span.covers(date(2024, 12, 31))
    assert Span(date(2025, 1, 1)).covers(date(2099, 1, 1))
    assert not span.overlaps(Span(date(2025, 2, 1)))
    assert span.overlaps(Span(date(2025, 1, 31), date(2025, 3, 1)))
    assert not Span(date(2025, 1, 5), date(2025, 1, 5)).overlaps(span)


@given(DAYS, DAYS, DAYS, DAYS)
def test_spans_overlap_exactly_when_a_day_is_in_both(a, b, c, d):
    one, two = Span(a, b), Span(c, d)
    start = max(a, c)
    assert one.overlaps(two) == (one.covers(start) and two.covers(start)) == two.overlaps(one)


def test_calendar_months_keep_the_end_of_the_month():
    assert add_months(date(2025, 8, 31), 6) == date(2026, 2, 28)
    assert add_months(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert add_months(date(2029, 6, 28), -6) == date(2028, 12, 28)
    assert add_years(date(2024, 2, 29), 5) == date(2029, 2, 28)
    assert add_months(date(2025, 12, 31), 1) == date(2026, 1, 31)


@given(DAYS, st.integers(-240, 240))
def test_adding_months_moves_the_month_index_by_as_many(day, months):
    moved = add_months(day, months)
    assert month_index(moved) == month_index(day) + months
    assert moved.day <= day.day
    assert month_of_index(month_index(day)) == (day.year, day.month)


@pytest.mark.parametrize("kind", [k for k in WindowKind if k is not WindowKind.CONTINUOUS])
@given(day=DAYS)
def test_windows_cut_the_year_without_gap(kind, day):
    all_windows = windows(kind, day.year)
    assert all_windows[0].first == date(day.year, 1, 1) and all_windows[-1].last == date(day.year, 12, 31)
    for before, after in zip(all_windows, all_windows[1:], strict=False):
        assert before.last + timedelta(days=1) == after.first
    found = window_of(kind, day)
    assert found.covers(day) and found is all_windows[found.index]
    assert window_from_code(found.code) == found


def test_names_and_codes_of_windows():
    assert [windows(k, 2025)[i].label for k, i in [("month", 2), ("quarter", 2), ("half_year", 0), ("year", 0)]] == [
        "2025年3月",
        "2025年第3季度",
        "2025年上半年",
        "2025年",
    ]
    assert windows("year", 2025)[0].short == "全年"
    assert windows("continuous", 2025) == ()
    with pytest.raises(ValueError):
        window_of("continuous", date(2025, 1, 1))


@pytest.mark.parametrize("bad", ["", "2025-", "2025-13", "2025-0", "2025-1", "2025-Q5", "2025-Q", "2025-H3", "25-01", "2025-Q01", "２０２５"])
def test_a_wrong_window_code_is_refused(bad):
    with pytest.raises(ValueError):
        window_from_code(bad)


def test_a_window_closes_the_day_after_its_last():
    march = windows("month", 2025)[2]
    assert not march.closed(date(2025, 3, 31)) and march.closed(date(2025, 4, 1))


def test_existing_by_two_spans_on_first_and_last_day_counts():
    march = windows("month", 2025)[2]
    assert existed_whole([Span(date(2025, 3, 1))], march)
    assert not existed_whole([Span(date(2025, 3, 2))], march)
    assert not existed_whole([Span(date(2020, 1, 1), date(2025, 3, 31))], march)
    assert existed_whole([Span(date(2020, 1, 1), date(2025, 4, 1))], march)
    assert existed_whole([Span(date(2020, 1, 1), date(2025, 3, 2)), Span(date(2025, 3, 31))], march)


def test_working_days_follow_the_given_calendar():
    saturday, monday = date(2025, 9, 27), date(2025, 9, 29)
    assert not is_working_day(saturday) and is_working_day(monday)
    assert is_working_day(date(2025, 9, 28), workdays={date(2025, 9, 28)})
    assert not is_working_day(date(2025, 10, 1), holidays={date(2025, 10, 1)})
    assert add_working_days(date(2025, 9, 26), 1) == monday
    assert add_working_days(date(2025, 9, 26), 0) == date(2025, 9, 26)
