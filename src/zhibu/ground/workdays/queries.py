"""Which days are off and which weekend days are worked: the announced arrangement of each year, with what this deployment entered on top."""
from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources

from zhibu.ground.guard.reading import asked_once
from zhibu.kernel.periods import is_working_day

from .models import DayEdit

KINDS = {"off": "放假", "work": "上班", "usual": "按星期"}
WARN_FROM = (12, 1)  # month and day from which the arrangement of the next year is missed; it is usually announced in November


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off with the name of the holiday, weekend days that are worked, and the years whose arrangement is known."""

    off: Mapping[date, str]
    work: frozenset[date]
    years: frozenset[int]

    def working(self, day: date) -> bool:
        """Tell whether a day is worked."""
        return is_working_day(day, self.off.keys(), self.work)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days off in a row, or one make-up working day, as the page lists them. `by`: who entered it, "" when announced."""

    kind: str
    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class EditLine:
    """One entry of this deployment."""

    day: date
    kind: str
    name: str
    reason: str
    made_by: str
    made_at: datetime


@cache
def announced() -> tuple[Calendar, Mapping[int, str]]:
    """Read the shipped arrangement and the papers it was announced by (year -> number of the paper)."""
    raw = tomllib.loads(resources.files(__package__).joinpath("announced.toml").read_text(encoding="utf-8"))
    off: dict[date, str] = {}
    work: set[date] = set()
    for entry in raw.values():
        for name, first, last in entry["off"]:
            off.update((first + timedelta(days=n), name) for n in range((last - first).days + 1))
        work |= set(entry["work"])
    return Calendar(off, frozenset(work), frozenset(map(int, raw))), {int(year): entry["paper"] for year, entry in raw.items()}


@asked_once
def calendar(first: date, last: date) -> Calendar:
    """Give the days between two days (with everything shipped); one statement."""
    shipped, _ = announced()
    off, work, years = dict(shipped.off), set(shipped.work), set(shipped.years)
    for day, kind, name in DayEdit.objects.filter(day__gte=first, day__lte=last).order_by("id").values_list("day", "kind", "name"):
        off.pop(day, None)
        work.discard(day)
        if kind == "off":
            off[day] = name
            years.add(day.year)
        elif kind == "work":
            work.add(day)
    return Calendar(off, frozenset(work), frozenset(years))


def around(day: date) -> Calendar:
    """Give the calendar of the year of a day and of its neighbours."""
    return calendar(date(day.year - 1, 1, 1), date(day.year + 1, 12, 31))


def holiday_begins(found: Calendar, name: str, year: int) -> date | None:
    """Give the first day off of a holiday in a year (春节); None while the arrangement of the year is not known."""
    return min((day for day, said in found.off.items() if day.year == year and name in said), default=None)


def missing_year(today: date) -> int | None:
    """Give the year whose arrangement should be known by now and is not: this one, or from 1 December on the next one."""
    known = around(today).years
    if today.year not in known:
        return today.year
    return today.year + 1 if (today.month, today.day) >= WARN_FROM and today.year + 1 not in known else None


def stretches(found: Calendar, year: int) -> list[Stretch]:
    """List what is arranged for a year: days off in a row, and the weekend days that are worked, by day."""
    lines: list[Stretch] = []
    for day in sorted(d for d in found.off if d.year == year):
        name = found.off[day]
        if lines and lines[-1].name == name and lines[-1].last == day - timedelta(days=1):
            lines[-1] = Stretch("off", name, lines[-1].first, day)
        else:
            lines.append(Stretch("off", name, day, day))
    lines += [Stretch("work", "", day, day) for day in found.work if day.year == year]
    return sorted(lines, key=lambda one: one.first)


def edits(year: int) -> list[EditLine]:
    """List what this deployment entered for a year, newest first."""
    rows = DayEdit.objects.filter(day__year=year).order_by("-id")[:200]
    return [EditLine(e.day, e.kind, e.name, e.reason, e.made_by, e.made_at) for e in rows]
