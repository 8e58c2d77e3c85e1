"""The one writer of .xlsx tables: text stays text, whatever it begins with; dates are dates; nothing in a cell is ever calculated."""
from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import xlsxwriter

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_DATES = {"year": "yyyy", "month": "yyyy-mm", "day": "yyyy-mm-dd"}
_LONGEST = 32_000  # characters that Excel takes in a cell, with room to spare
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Precision(StrEnum):
    """How much of a date is known."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Day:
    """A date with what is known of it; of a month or year the first day is kept."""

    on: date
    precision: Precision = Precision.DAY


@dataclass(frozen=True, slots=True)
class Money:
    """A sum in fen, shown in yuan with two decimals and summed up by the reader's own program."""

    fen: int


Value = str | int | Day | Money | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: heading and width in characters."""

    heading: str
    width: int = 12


@dataclass(frozen=True, slots=True)
class Table:
    """One worksheet. `notes` stand between title and header: whose table it is, rule set and date."""

    name: str
    title: str
    notes: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def file_name(unit: str, table: str, on: date) -> str:
    """Name a file 单位_表名_日期.xlsx; characters that no file system takes are left out."""
    unit, table = (re.sub(r'[\x00-\x1f\x7f\\/:*?"<>|]', "", part).strip(". ")[:60] for part in (unit, table))
    return f"{unit}_{table}_{on:%Y%m%d}.xlsx"


def write(tables: Sequence[Table]) -> bytes:
    """Return a workbook with a worksheet per table: header frozen and repeated, print area set, landscape A4."""
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, _OPTIONS)
    title = book.add_format({"bold": True, "font_size": 16, "num_format": "@"})
    note = book.add_format({"font_color": "#555555", "num_format": "@"})
    heading = book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter", "align": "center", "num_format": "@"})
    text = book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter", "num_format": "@"})
    number = book.add_format({"border": 1, "valign": "vcenter", "num_format": "0"})
    money = book.add_format({"border": 1, "valign": "vcenter", "num_format": "0.00"})
    dates = {p: book.add_format({"border": 1, "valign": "vcenter", "align": "left", "num_format": code}) for p, code in _DATES.items()}
    for table in tables:
        page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", "", table.name)[:31])
        page.write_string(0, 0, _clean(table.title), title)
        for at, line in enumerate(table.notes, 1):
            page.write_string(at, 0, _clean(line), note)
        top = len(table.notes) + 1
        for at, column in enumerate(table.columns):
            page.set_column(at, at, column.width)
            page.write_string(top, at, _clean(column.heading), heading)
        for row, values in enumerate(table.rows, top + 1):
            for at, value in enumerate(values):
                if isinstance(value, Day):
                    page.write_datetime(row, at, value.on, dates[value.precision])
                elif isinstance(value, Money):
                    page.write_number(row, at, Decimal(value.fen) / 100, money)  # written as text of the file, never a float
                elif isinstance(value, int):
                    page.write_number(row, at, value, number)
                elif value:
                    page.write_string(row, at, _clean(value), text)
                else:
                    page.write_blank(row, at, None, text)
        page.freeze_panes(top + 1, 0)
        page.repeat_rows(top)
        page.print_area(0, 0, top + len(table.rows), len(table.columns) - 1)
        page.set_paper(9)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.set_footer("&C— &P —")
    book.close()
    return into.getvalue()


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:_LONGEST]
