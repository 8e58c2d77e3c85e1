"""The fixed day of the theme party day 固定党日: read from what people write, placed in a month, checked. Source: rules.md S08."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from zhibu.kernel.periods import is_working_day
from zhibu.kernel.result import YES, Decision, refuse

WEEKDAYS = "一二三四五六日"
_NUMBERS = "一二三四五六七八九十"
_BETWEEN = re.compile(r"[、，,；;/和及或\s]+")
_MONTHLY = re.compile(r"(?:每个?月的?)?(\d{1,2})[日号]?")
_WEEKLY = re.compile(r"(?:每个?月的?)?第?([1-9一二三四五六七八九十])个?(?:周|星期|礼拜)([1-7一二三四五六日天])")


@dataclass(frozen=True, slots=True)
class FixedDay:
    """固定党日: either a day of the month (1..31), or the n-th weekday (week 1..4, weekday 1 = Monday .. 7)."""

    day: int | None = None
    week: int | None = None
    weekday: int | None = None

    def in_month(self, year: int, month: int) -> date:
        """Return the fixed day in a month; a day that the month lacks becomes its last."""
        if self.day is not None:
            return date(year, month, min(self.day, monthrange(year, month)[1]))
        assert self.week is not None and self.weekday is not None
        first = date(year, month, 1)
        return first + timedelta(days=(self.weekday - 1 - first.weekday()) % 7 + (self.week - 1) * 7)

    @property
    def zh(self) -> str:
        """Name the day: 每月5日, 每月第1个周五."""
        if self.day is not None:
            return f"每月{self.day}日"
        return f"每月第{self.week}个周{WEEKDAYS[(self.weekday or 1) - 1]}"

    @property
    def text(self) -> str:
        """Write the day as it is stored: 20, or 第1个周五."""
        return str(self.day) if self.day is not None else self.zh.removeprefix("每月")


def read_fixed_days(text: str) -> tuple[FixedDay, ...]:
    """Read what people write (20, 每月20日, 第一个周五; several with 、 between). What is no day is read as the impossible day 0."""
    return tuple(_one(part) for part in _BETWEEN.split(text.strip()) if part)


def fixed_day(text: str) -> FixedDay | None:
    """Give the one fixed day that is stored; None without one."""
    days = read_fixed_days(text)
    return days[0] if len(days) == 1 and check_fixed_days(days).ok else None


def _one(part: str) -> FixedDay:
    if found := _MONTHLY.fullmatch(part):
        return FixedDay(day=int(found[1]))
    if found := _WEEKLY.fullmatch(part):
        week = int(found[1]) if found[1].isdigit() else _NUMBERS.index(found[1]) + 1
        weekday = int(found[2]) if found[2].isdigit() else WEEKDAYS.index(found[2].replace("天", "日")) + 1
        return FixedDay(week=week, weekday=weekday)
    return FixedDay(day=0)


def check_fixed_days(days: Sequence[FixedDay]) -> Decision:
    """Refuse two fixed days (E044), and a day that is none (E054). Source: S08."""
    for day in days:
        monthly = day.day is not None and day.week is None and day.weekday is None and 1 <= day.day <= 31
        weekly = day.day is None and day.week in range(1, 5) and day.weekday in range(1, 8)
        if not monthly and not weekly:
            return refuse("E054", "固定日没有填对。请填每月几日（1至31），或每月第几个（1至4）周几，例如 20，或第1个周五。")
    if len(days) > 1:
        return refuse("E044", f"主题党日只能有一个固定日，现有{'、'.join(day.zh for day in days)}。请只留一个。")
    return YES


@dataclass(frozen=True, slots=True)
class Proposed:
    """The fixed day of one month: as fixed, and as proposed after a shift; ``day`` is None when no working day lies near enough."""

    fixed: date
    day: date | None
    reason: str = ""

    @property
    def shifted(self) -> bool:
        """Tell whether another day is proposed than the fixed one."""
        return self.day is not None and self.day != self.fixed


def propose(fixed: FixedDay, year: int, month: int, off: Mapping[date, str], work: Collection[date], most_days: int) -> Proposed:
    """Propose the day of a month: the fixed one, or, when it is a public holiday, the next working day within ``most_days`` of the same month.

    Where the month ends first, the last working day before the holiday is taken, as near; else none, and people choose. Ordinary weekends stay:
    many branches meet on them. ``off`` names the days off; ``work`` are weekend days that are worked. Source: rules.md S08.
    """
    day = fixed.in_month(year, month)
    name = off.get(day)
    if name is None:
        return Proposed(day, day)
    said = f"{day.month}月{day.day}日是{name}放假"
    for step, word in ((1, "顺延到节后第一个上班日"), (-1, "提前到节前最后一个上班日")):
        for n in range(1, most_days + 1):
            other = day + timedelta(days=step * n)
            if other.month == month and is_working_day(other, off.keys(), work):
                return Proposed(day, other, f"{said}，{word}{other.month}月{other.day}日")
    return Proposed(day, None, f"{said}，前后 {most_days} 天里本月没有上班日，请支部另定一天")
