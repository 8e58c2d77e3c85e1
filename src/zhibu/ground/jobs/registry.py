"""Kinds of background work, and what recurs. Rooms on higher floors register here (config/wiring.py), so that anybody below may ask for a piece of work by its name."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

Clock = Callable[[], datetime]
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)


class UnknownWork(Exception):
    """Nobody registered work of this name."""


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at a job: its id (the same in every attempt), which attempt it is, and when it began. Work that takes long asks `clock` anew."""

    job_id: str
    attempt: int
    at: datetime
    clock: Clock


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work. `do(run, arguments)` must bear being run again.

    With `whole`, what it writes and its end are one transaction: whatever happens, its effect on the database is there once. Work that also acts
    outside the database (sends something) is not whole: it keeps its own short transactions and knows what it did by keys of its own.
    """

    name: str
    title: str  # as the operator reads it
    do: Callable[[Run, Mapping[str, Any]], None]
    attempts: int = 5
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work that recurs: every so often, or daily at a time of day. `wanted` (asked when it is due) may say that there is nothing to do."""

    name: str
    every: timedelta | None = None
    daily: time | None = None
    wanted: Callable[[datetime], bool] | None = None

    def after(self, moment: datetime) -> datetime:
        """Give the first time after a moment at which it is due."""
        if self.every is not None:
            return moment + self.every
        local = timezone.localtime(moment)
        at = self.daily or time(0)
        found = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
        return found if found > local else found + timedelta(days=1)


_KINDS: dict[str, Kind] = {}
_SCHEDULES: dict[str, Schedule] = {}


def register(kind: Kind, schedule: Schedule | None = None) -> None:
    """Add a kind of work, with when it recurs; registering it again replaces it."""
    if schedule is not None and (schedule.name != kind.name or (schedule.every is None) == (schedule.daily is None)):
        raise ValueError(f"{kind.name}: a schedule of its own name, either every or daily")
    _KINDS[kind.name] = kind
    _SCHEDULES.pop(kind.name, None)
    if schedule is not None:
        _SCHEDULES[kind.name] = schedule


def kind(name: str) -> Kind:
    """Give a kind of work. Raises UnknownWork."""
    if name not in _KINDS:
        raise UnknownWork(f"no work is called {name}")
    return _KINDS[name]


def kinds() -> tuple[Kind, ...]:
    """List the kinds by name."""
    return tuple(_KINDS[name] for name in sorted(_KINDS))


def schedules() -> tuple[Schedule, ...]:
    """List what recurs by name."""
    return tuple(_SCHEDULES[name] for name in sorted(_SCHEDULES))


def wait_after(attempt: int) -> timedelta:
    """Give how long to wait after a failed attempt: 15 seconds, a minute, four minutes … at most an hour."""
    return min(LONGEST_WAIT, FIRST_WAIT * 4 ** (max(1, attempt) - 1))
