"""Dates as clerks write them: the precision they have, a question where two readings hold, never a guess."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibu.exchange.intake import dates
from zhibu.exchange.intake.grid import Cell, Kind, date_cell, number_cell


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1998.07", "1998-07"), ("1998.7", "1998-07"), ("1966.1", "1966-01"), ("1998-07", "1998-07"), ("1998/7", "1998-07"), ("1982年9月", "1982-09"),
        ("199807", "1998-07"), ("19980701", "1998-07-01"), ("1999年7月1日", "1999-07-01"), ("1955/6/18", "1955-06-18"), ("2008.6.30", "2008-06-30"),
        ("2009 . 6 . 30", "2009-06-30"), ("２０２５．３．２０", "2025-03-20"), ("一九八五年六月", "1985-06"), ("二〇二五年十一月五日", "2025-11-05"),
        ("二〇二五年二十月", None), ("一九八五年十月二十一日", "1985-10-21"), ("一九八五年", "1985"), ("1958年", "1958"), ("1960", "1960"),
        ("2025-01-08 14:30", "2025-01-08"), ("2025年1月8日上午", "2025-01-08"), ("2025年1月8日(星期三)", "2025-01-08"), ("2025.1.8 上午9:30", "2025-01-08"),
        ("5/20/2025", "2025-05-20"), ("20/5/2025", "2025-05-20"), ("5/5/2025", "2025-05-05"), ("2025.2.29", None), ("2024.2.29", "2024-02-29"),
        ("2021/13/1", None), ("1998.13", None), ("98.7", None), ("2025年三季度", None), ("不知道", None), ("七月一日", None), ("2025.3.1-3.2", None),
        ("——", None), ("无", None), ("", None),
    ],
)  # fmt: skip
def test_texts(text: str, value: str | None) -> None:
    assert dates.read_date(Cell(Kind.TEXT, text)).value == value


@pytest.mark.parametrize("text", ["2025.2.29", "2021/13/1", "98.7", "不知道", "2025年三季度", "31/31/2025"])
def test_what_is_no_date_says_so(text: str) -> None:
    assert dates.read_date(Cell(Kind.TEXT, text)).code == "DATE_INVALID"


def test_nothing_is_no_error() -> None:
    assert dates.read_date(Cell(Kind.TEXT, "——")) == dates.DateRead(None, "——")
    assert dates.read_date(Cell()).code == ""


def test_two_readings_are_asked() -> None:
    assert dates.read_date(Cell(Kind.TEXT, "07/08/2025")).choices == ("2025-07-08", "2025-08-07")
    assert dates.read_date(number_cell(1988.1)).choices == ("1988-01", "1988-10")
    assert dates.read_date(number_cell(1988.1, "0.00")).value == "1988-10"
    assert dates.read_date(Cell(Kind.TEXT, "1988.1"), typed=False).choices == ("1988-01", "1988-10")
    assert dates.read_date(Cell(Kind.TEXT, "1988.1")).value == "1988-01"


def test_numbers() -> None:
    assert dates.read_date(number_cell(36000)) == dates.DateRead("1998-07-24", "36000", "DATE_SERIAL")
    assert dates.read_date(number_cell(45741)).value == "2025-03-25"
    assert dates.read_date(number_cell(19980701)).value == "1998-07-01"
    assert dates.read_date(number_cell(1998.07)).value == "1998-07"
    assert dates.read_date(number_cell(2009.11)).value == "2009-11"
    assert dates.read_date(number_cell(1958)).value == "1958"
    assert dates.read_date(number_cell(12)).code == "DATE_INVALID"
    assert dates.read_date(number_cell(-5)).code == "DATE_INVALID"
    assert dates.read_date(number_cell(9.9e17)).code == "DATE_INVALID"


def test_the_precision_of_a_date_cell_is_what_it_shows() -> None:
    when = datetime(2026, 3, 1)
    assert dates.read_date(date_cell(when, 'yyyy"年"m"月"')).value == "2026-03"
    assert dates.read_date(date_cell(when, "mmm-yy")).value == "2026-03"
    assert dates.read_date(date_cell(when, "yyyy")).value == "2026"
    assert dates.read_date(date_cell(when, 'm"月"d"日"')).value == "2026-03-01"
    assert dates.read_date(date_cell(when, "[$-804]yyyy/m/d;@")).value == "2026-03-01"


def test_year_of_the_title() -> None:
    assert dates.read_date(Cell(Kind.TEXT, "3月25日"), year=2025) == dates.DateRead("2025-03-25", "3月25日", "YEAR_ASSUMED")
    assert dates.read_date(Cell(Kind.TEXT, "3.25"), year=2025).value == "2025-03-25"
    assert dates.read_date(Cell(Kind.TEXT, "2月29日"), year=2025).code == "DATE_INVALID"
    assert dates.read_date(Cell(Kind.TEXT, "3月25日")).code == "DATE_INVALID"


@given(st.dates(date(1900, 3, 1), date(2100, 1, 1)))
def test_every_form_of_a_day_reads_to_the_day(day: date) -> None:
    for form in (f"{day:%Y.%m.%d}", f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}", f"{day.year}/{day.month}/{day.day}"):
        assert dates.read_date(Cell(Kind.TEXT, form)).value == day.isoformat()
    assert dates.first_day(f"{day:%Y-%m}") <= day <= dates.last_day(f"{day:%Y-%m}")


@given(st.text(max_size=30))
def test_any_text_is_answered(text: str) -> None:
    found = dates.read_date(Cell(Kind.TEXT, text), year=2025)
    assert found.value is None or dates.first_day(found.value) <= dates.last_day(found.value)


def test_comparing_precisions() -> None:
    assert dates.is_before("2015-07-01", "2016-07")
    assert not dates.is_before("2016-07", "2016-07-01") and not dates.is_before("2016-07-01", "2016-07")
