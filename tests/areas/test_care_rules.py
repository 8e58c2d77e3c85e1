"""The rules of care, without a database: AT-13's visit, festivals, money."""
from __future__ import annotations

from datetime import date, timedelta

import pytest

from zhibu.areas.care import rules
from zhibu.areas.care.rules import Feast, festivals, unvisited
from zhibu.ground.workdays import queries as workdays


def test_at13_a_stay_in_hospital_asks_for_a_visit_within_seven_days() -> None:
    assert rules.due_on(date(2025, 5, 20), 7) == date(2025, 5, 27)
    assert rules.closed_on(date(2025, 5, 20), 3, [(3, date(2025, 5, 19)), (3, date(2025, 5, 27))]) == date(2025, 5, 27)


@pytest.mark.parametrize(("year", "day"), [(2024, date(2024, 2, 10)), (2025, date(2025, 1, 28)), (2026, date(2026, 2, 15))])
def test_the_spring_festival_comes_from_the_announced_days_off(year: int, day: date) -> None:
    calendar, _ = workdays.announced()
    spring, qiyi = festivals(year, workdays.holiday_begins(calendar, "春节", year), 30)
    assert (spring.feast, spring.on, spring.first) == (Feast.SPRING, day, day - timedelta(days=30))
    assert (qiyi.label, qiyi.on, qiyi.first) == (f"{year}年七一", date(year, 7, 1), date(year, 6, 1))


def test_a_year_that_is_not_announced_has_no_spring_festival_yet() -> None:
    calendar, _ = workdays.announced()
    assert [one.feast for one in festivals(2090, workdays.holiday_begins(calendar, "春节", 2090), 30)] == [Feast.QIYI]


def test_who_was_not_visited_before_a_festival() -> None:
    qiyi = festivals(2025, None, 30)[0]
    listed = [(1, date(2020, 1, 1), None), (2, date(2025, 7, 1), None), (3, date(2025, 7, 2), None), (4, date(2020, 1, 1), date(2025, 7, 1)), (1, date(2021, 1, 1), None), (5, date(2020, 1, 1), None)]
    assert unvisited(qiyi, listed, [(5, date(2025, 6, 1)), (1, date(2025, 5, 31)), (2, date(2025, 7, 2))]) == (1, 2)


@pytest.mark.parametrize(("text", "fen"), [("300", 30000), ("0.5", 50), ("1,200.05", 120005), (" 12.30 ", 1230), ("99999999.99", 9999999999)])
def test_money_is_read_as_fen(text: str, fen: int) -> None:
    assert rules.fen_of(text) == fen
    assert rules.fen_of(rules.yuan_of(fen)) == fen


@pytest.mark.parametrize("text", ["0", "0.00", "-5", "3.005", "一百", "", "1e3", "100000000", "１２"])
def test_e026_an_amount_is_above_nothing_with_two_decimals_at_most(text: str) -> None:
    assert rules.fen_of(text) is None
