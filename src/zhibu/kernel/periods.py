"""Calendar arithmetic: half-open spans, natural windows (month, quarter, half-year, year), calendar months, working days.

Everything is in dates of the Asia/Shanghai calendar; nothing here knows what day it is today. Source: rules.md §0.
"""
from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of days: ``start`` belongs to it, ``end`` does not; no end means open."""

    start: date
    end: date | None = None

    def covers(self, on: date) -> bool:
        """Tell whether the day lies in the span."""
        return self.start <= on and (self.end is None or on < self.end)

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two spans share at least one day; an empty span shares none."""
        if self.empty or other.empty:
            return False
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)

    @property
    def empty(self) -> bool:
        """Tell whether no day lies in the span (it ends on or before its start)."""
        return self.end is not None and self.end <= self.start


def covers_any(spans: Iterable[Span], on: date) -> bool:
    """Tell whether at least one of the spans covers the day."""
    return any(span.covers(on) for span in spans)


def add_months(day: date, months: int) -> date:
    """Move a day by calendar months (months may be negative); a missing day becomes the last of its month (31 Aug + 6 = 28/29 Feb)."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_years(day: date, years: int) -> date:
    """Move a day by calendar years; 29 February becomes 28 February in a common year."""
    return add_months(day, years * 12)


def month_index(day: date) -> int:
    """Number the month of a day: year*12 + month-1, so neighbouring months differ by one across years."""
    return day.year * 12 + day.month - 1


def month_of_index(index: int) -> tuple[int, int]:
    """Turn a month index back into (year, month 1..12)."""
    year, month = divmod(index, 12)
    return year, month + 1


class WindowKind(StrEnum):
    """The natural calendar windows of rules.md §0, and ``continuous`` for duties without a window (never due)."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    CONTINUOUS = "continuous"


#: months in one window of the kind; continuous duties have no window and are absent
MONTHS_IN: dict[WindowKind, int] = {WindowKind.MONTH: 1, WindowKind.QUARTER: 3, WindowKind.HALF_YEAR: 6, WindowKind.YEAR: 12}

#: 窗口种类的中文名
KIND_ZH: dict[WindowKind, str] = {
    WindowKind.MONTH: "每月",
    WindowKind.QUARTER: "每季度",
    WindowKind.HALF_YEAR: "每半年",
    WindowKind.YEAR: "每年",
    WindowKind.CONTINUOUS: "经常",
}


@dataclass(frozen=True, slots=True)
class Window:
    """One natural window of a year: ``index`` counts from 0 inside the year, ``first`` and ``last`` both belong to it."""

    kind: WindowKind
    year: int
    index: int
    first: date
    last: date

    @property
    def label(self) -> str:
        """Name the window in Chinese with its year: 2025年3月, 2025年第3季度, 2025年上半年, 2025年."""
        return f"{self.year}年{self.short}" if self.kind is not WindowKind.YEAR else f"{self.year}年"

    @property
    def short(self) -> str:
        """Name the window in Chinese inside its year: 3月, 第3季度, 上半年, 全年."""
        if self.kind is WindowKind.MONTH:
            return f"{self.index + 1}月"
        if self.kind is WindowKind.QUARTER:
            return f"第{self.index + 1}季度"
        if self.kind is WindowKind.HALF_YEAR:
            return ("上半年", "下半年")[self.index]
        return "全年"

    @property
    def code(self) -> str:
        """Write the window as a stable code: 2025-03, 2025-Q3, 2025-H1, 2025."""
        if self.kind is WindowKind.MONTH:
            return f"{self.year:04d}-{self.index + 1:02d}"
        if self.kind is WindowKind.QUARTER:
            return f"{self.year:04d}-Q{self.index + 1}"
        if self.kind is WindowKind.HALF_YEAR:
            return f"{self.year:04d}-H{self.index + 1}"
        return f"{self.year:04d}"

    def covers(self, on: date) -> bool:
        """Tell whether the day lies in the window."""
        return self.first <= on <= self.last

    def closed(self, as_of: date) -> bool:
        """Tell whether the window is over: its last day lies before ``as_of``."""
        return self.last < as_of


@lru_cache(maxsize=512)
def windows(kind: WindowKind | str, year: int) -> tuple[Window, ...]:
    """List the windows of a kind in a year, in order: 12 months, 4 quarters, 2 half-years, 1 year; none for ``continuous``."""
    kind = WindowKind(kind)
    size = MONTHS_IN.get(kind)
    if size is None:
        return ()
    found = []
    for index in range(12 // size):
        last_month = (index + 1) * size
        first, last = date(year, index * size + 1, 1), date(year, last_month, monthrange(year, last_month)[1])
        found.append(Window(kind, year, index, first, last))
    return tuple(found)


def window_of(kind: WindowKind | str, day: date) -> Window:
    """Find the window of a kind that contains the day. ValueError for ``continuous``."""
    kind = WindowKind(kind)
    if kind not in MONTHS_IN:
        raise ValueError(f"{kind} has no windows")
    return windows(kind, day.year)[(day.month - 1) // MONTHS_IN[kind]]


def window_from_code(code: str) -> Window:
    """Read a window back from its code (2025-03, 2025-Q3, 2025-H1, 2025). ValueError when the text is none of these."""
    head, dash, tail = code.partition("-")
    if len(head) != 4 or not head.isascii() or not head.isdigit() or int(head) < 1 or (dash and not tail):
        raise ValueError(f"not a window: {code!r}")
    kind, number = WindowKind.YEAR, "1"
    if tail.startswith("Q"):
        kind, number = WindowKind.QUARTER, tail[1:]
    elif tail.startswith("H"):
        kind, number = WindowKind.HALF_YEAR, tail[1:]
    elif tail:
        kind, number = WindowKind.MONTH, tail
    if not (number.isascii() and number.isdigit()) or len(number) != (2 if kind is WindowKind.MONTH else 1):
        raise ValueError(f"not a window: {code!r}")
    found = windows(kind, int(head))
    if not 1 <= int(number) <= len(found):
        raise ValueError(f"not a window: {code!r}")
    return found[int(number) - 1]


def existed_whole(spans: Iterable[Span], window: Window) -> bool:
    """Tell whether something existed on the first and on the last day of the window (not necessarily by the same span). Source: rules.md §0."""
    known = tuple(spans)
    return covers_any(known, window.first) and covers_any(known, window.last)


def is_working_day(day: date, holidays: Collection[date] = (), workdays: Collection[date] = ()) -> bool:
    """Tell whether a day is worked: Monday to Friday without the given holidays, plus the given make-up workdays (调休)."""
    if day in workdays:
        return True
    return day.weekday() < 5 and day not in holidays


def add_working_days(day: date, days: int, holidays: Collection[date] = (), workdays: Collection[date] = ()) -> date:
    """Move on by working days, not counting the day itself; ``days`` is not negative."""
    while days > 0:
        day += timedelta(days=1)
        if is_working_day(day, holidays, workdays):
            days -= 1
    return day
