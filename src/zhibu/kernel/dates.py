"""Dates with precision: many older members know the day they joined only to the month, some only to the year. A day 01 is never invented.

A date is stored as the first day it can mean, together with its precision. Typed text is read here; cells of clerks' tables, which hold numbers
and habits of their own, are read by the importer.
"""
from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

Precision = Literal["day", "month", "year"]

EARLIEST, LATEST = 1900, 2199
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SPLIT = re.compile(r"(\d{4})(?:[年\-./](?:(\d{1,2})(?:(?:月|[\-./])(?:(\d{1,2})[日号]?)?|月?)?)?)?")
_PACKED_MONTH = re.compile(r"(\d{4})(\d{2})")


class NotADate(ValueError):
    """Text that is no date; the message is a Chinese sentence that says what to write instead."""


@dataclass(frozen=True, slots=True)
class PreciseDate:
    """The first day a date can mean, and how exactly it is known."""

    day: date
    precision: Precision = "day"

    @property
    def last(self) -> date:
        """Give the last day it can mean."""
        return last_day(self.day, self.precision)


def parse(text: str) -> PreciseDate | None:
    """Read a typed date: 1998-07-01, 1998.7.1, 1998年7月1日, 19980701, 1998-07, 1998年7月, 1998, 1998年; None for empty text. Raises NotADate."""
    shown = unicodedata.normalize("NFKC", text).strip()
    cleaned = re.sub(r"\s+", "", shown)
    if not cleaned:
        return None
    found = _PACKED.fullmatch(cleaned) or _PACKED_MONTH.fullmatch(cleaned) or _SPLIT.fullmatch(cleaned)
    if found is None:
        raise NotADate(f"看不懂“{shown[:20]}”，请写成 1998-07-01、1998年7月 或 1998")
    year, month, day = (int(part) if part else 0 for part in (*found.groups(), None)[:3])
    if not EARLIEST <= year <= LATEST:
        raise NotADate(f"“{shown[:20]}”的年份不在 {EARLIEST} 到 {LATEST} 之间，请核对")
    if len(found.groups()) > 1 and (found[2] is not None and not 1 <= month <= 12):
        raise NotADate(f"“{shown[:20]}”没有这个月份，请写 1 到 12 月")
    if len(found.groups()) > 2 and found[3] is not None and not 1 <= day <= monthrange(year, month)[1]:
        raise NotADate(f"“{shown[:20]}”没有这一天，请核对")
    return PreciseDate(date(year, month or 1, day or 1), "day" if day else "month" if month else "year")


def parse_day(text: str) -> date | None:
    """Read a typed date that has to be exact to the day; None for empty text. Raises NotADate."""
    found = parse(text)
    if found is None:
        return None
    if found.precision != "day":
        raise NotADate(f"“{text.strip()[:20]}”没有写到日，请写成 2026-07-01 这样")
    return found.day


def show(day: date | None, precision: str = "day") -> str:
    """Write a date for people in its precision: 1998年7月1日, 1998年7月, 1998年; empty for None."""
    if day is None:
        return ""
    return f"{day.year}年" + (f"{day.month}月" if precision != "year" else "") + (f"{day.day}日" if precision == "day" else "")


def write(day: date | None, precision: str = "day") -> str:
    """Write a date as form fields and files hold it: 1998-07-01, 1998-07, 1998; parse() reads it back to the same."""
    return "" if day is None else day.isoformat()[: {"year": 4, "month": 7}.get(precision, 10)]


def last_day(day: date, precision: str) -> date:
    """Give the last day that a date of this precision can mean."""
    if precision == "year":
        return date(day.year, 12, 31)
    return date(day.year, day.month, monthrange(day.year, day.month)[1]) if precision == "month" else day


def surely_before(day: date, precision: str, other: date) -> bool:
    """Tell whether a date lies before the first day another one can mean, however its precision is read."""
    return last_day(day, precision) < other


def age(born: date, on: date) -> int:
    """Give the completed years of life on a day; a birthday known to the month or year counts from its first day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
