"""学时 by the book: conversion, targets, pace, central training. No database."""
from __future__ import annotations

from datetime import date, time
from decimal import Decimal as D

import pytest

from zhibu.areas.training import rules
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import Effective, UndefinedValue, resolve_named

ON = date(2026, 11, 20)


def education(*codes: str, on: date = ON) -> Effective:
    return resolve_named(shipped(), codes, "education", on)


@pytest.mark.parametrize(("unit", "amount", "hours"), [("full_day", "1", 80), ("full_day", "3", 240), ("half_day", "1", 40), ("half_day", "3", 120), ("hour", "1.5", 15)])
def test_days_and_hours_are_converted(unit: str, amount: str, hours: int) -> None:
    assert rules.converted(education(), unit, D(amount)) == hours


@pytest.mark.parametrize(("kinds", "lecture", "start", "end", "worth"), [
    (("lecture",), "1.5", None, None, 15), (("lecture",), "2", time(9), time(10), 20), (("lecture",), None, time(9), time(10, 45), 15),
    (("theme_day",), None, time(9), time(11, 29), 20), (("theme_day",), None, time(9), time(11, 30), 25), (("theme_day",), None, None, None, 10),
    (("theme_day",), None, time(8), time(23), 80), (("theme_day", "lecture"), "1", time(9), time(12), 30), (("theme_day", "lecture"), "1.5", None, None, 15),
    (("general_meeting",), "4", time(9), time(12), 0), ((), None, None, None, 0), (("lecture",), None, None, None, 10), (("theme_day",), None, time(11), time(9), 10),
])
def test_what_a_meeting_is_worth(kinds: tuple[str, ...], lecture: str | None, start: time | None, end: time | None, worth: int) -> None:
    assert rules.meeting_tenths(education(), kinds, D(lecture) if lecture else None, start, end) == worth


@pytest.mark.parametrize(("kinds", "lecture", "worth"), [(("lecture",), "1.5", 15), (("lecture",), None, 20), (("theme_day",), None, 0), (("theme_day", "lecture"), "1", 10)])
def test_a_missed_lecture_is_made_up_for_and_a_theme_day_is_not(kinds: tuple[str, ...], lecture: str | None, worth: int) -> None:
    assert rules.made_up_tenths(education(), kinds, D(lecture) if lecture else None, time(9), time(11)) == worth
    assert rules.visit_tenths(education()) == 10


def test_targets_by_the_rule_set() -> None:
    assert (rules.target(education(), False).tenths, rules.target(education(), True).tenths) == (320, 560)
    days = rules.target(education("seed-004e"), False)
    assert (days.days, days.tenths) == (12, 960) and "12 天" in days.said and "12 天" not in rules.target(education(), False).said
    with pytest.raises(UndefinedValue):
        rules.target(education(on=date(2018, 1, 1)), False)


def test_the_pace_at_the_end_of_september_is_exact() -> None:
    wanted = rules.target(education(), False)

    def at(tenths: int, on: date) -> rules.Pace:
        return rules.pace(education(), wanted, tenths, 2026, on)

    assert not at(0, date(2026, 9, 29)).behind and at(239, date(2026, 9, 30)).behind and not at(240, date(2026, 9, 30)).behind
    assert at(319, date(2026, 12, 31)).missing == 1 and not at(319, date(2026, 12, 31)).short
    assert at(319, date(2027, 1, 1)).short and at(320, date(2027, 1, 1)).reached and not at(239, date(2027, 1, 1)).behind


def test_self_study_is_kept_and_not_counted() -> None:
    assert [k.value for k in rules.Kind if not rules.counts(education(), k)] == ["self_study"]


@pytest.mark.parametrize(("codes", "since", "trained", "on", "done", "due_on", "overdue"), [
    ((), date(2023, 6, 28), (), ON, False, date(2026, 12, 31), False),
    ((), date(2023, 6, 28), (date(2025, 5, 1),), ON, False, date(2026, 12, 31), False),
    ((), date(2023, 6, 28), (date(2026, 5, 1),), ON, True, date(2026, 12, 31), False),
    ((), date(2026, 8, 31), (), ON, False, date(2027, 2, 28), False),
    ((), date(2026, 4, 1), (), ON, False, date(2026, 10, 1), True),
    ((), date(2026, 4, 1), (date(2026, 9, 1),), ON, True, date(2026, 12, 31), False),
    (("seed-004e",), date(2020, 1, 1), (date(2024, 5, 1),), ON, True, date(2026, 12, 31), False),
    (("seed-004e",), date(2020, 1, 1), (date(2023, 5, 1),), ON, False, date(2026, 12, 31), False),
    (("seed-004e",), date(2025, 1, 1), (), ON, False, date(2027, 12, 31), False),
])
def test_central_training_of_secretaries(codes, since, trained, on, done, due_on, overdue) -> None:
    found = rules.central(education(*codes), since, trained, 2026, on)
    assert (found.done, found.due_on, found.overdue) == (done, due_on, overdue)


def test_the_year_after_nothing_was_done_is_overdue() -> None:
    assert rules.central(education(), date(2020, 1, 1), (), 2026, date(2027, 1, 1)).overdue


@pytest.mark.parametrize(("first", "last", "tenths", "codes"), [
    (date(2026, 5, 1), date(2026, 5, 1), 80, []), (date(2026, 5, 1), date(2026, 5, 3), 720, []), (date(2026, 5, 1), date(2026, 5, 1), 241, ["E032"]),
    (date(2026, 5, 1), date(2026, 5, 1), 0, ["E032"]), (date(2026, 5, 1), date(2026, 5, 1), -10, ["E032"]), (date(2025, 12, 31), date(2026, 1, 1), 80, ["E047"]),
    (date(2026, 5, 2), date(2026, 5, 1), 80, ["E002"]), (date(2026, 12, 1), date(2026, 12, 1), 80, ["E001"]),
])
def test_sessions_that_cannot_be(first: date, last: date, tenths: int, codes: list[str]) -> None:
    assert [d.code for _, d in rules.check_session(first, last, tenths, 2026, ON)] == codes


def test_tenths_are_written_as_hours() -> None:
    assert [rules.said(n) for n in (15, 320, 5, 0)] == ["1.5", "32", "0.5", "0"]
