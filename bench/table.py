"""One table of figures: both sides of a ratio are measured in turn in one run; nothing is asserted."""
from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection


class Took(NamedTuple):
    """Milliseconds on the clock, and of this process's processor time (a busy machine stretches only the first)."""

    wall: float
    cpu: float

    @property
    def fair(self) -> float:
        """Give what ratios are made of: processor time where the database runs in this process, else the clock."""
        return self.cpu if connection.vendor == "sqlite" else self.wall


def once(do: Callable[[], Any]) -> Took:
    """Time one run."""
    wall, cpu = time.perf_counter(), _spent()
    do()
    return Took((time.perf_counter() - wall) * 1000, (_spent() - cpu) * 1000)


def _spent() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)  # the importer reads files in a process of its own
    return time.process_time() + children.ru_utime + children.ru_stime


def median(found: Iterable[Took]) -> Took:
    """Give the median of each."""
    rows = list(found)
    return Took(statistics.median(t.wall for t in rows), statistics.median(t.cpu for t in rows))


def timed(do: Callable[[], Any], rounds: int = 7) -> Took:
    """Give the median of some runs, after one run to warm up."""
    do()
    return median([once(do) for _ in range(rounds)])


def in_turn(ours: Callable[[], Any], other: Callable[[], Any], rounds: int = 7) -> tuple[Took, Took]:
    """Give the medians of both sides, run alternately, so that a busy machine slows both."""
    ours(), other()
    pairs = [(once(ours), once(other)) for _ in range(rounds)]
    return median(a for a, _ in pairs), median(b for _, b in pairs)


def settle() -> None:
    """Do what the server does at its start: what lives for ever is no matter of the garbage collector (config/wsgi.py)."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()


def ms(took: Took) -> str:
    """Write milliseconds as a person reads them, with the processor time where they differ much."""
    return _said(took.wall) + (f" ({_said(took.cpu)} CPU)" if connection.vendor == "sqlite" and took.wall > 1.15 * took.cpu else "")


def _said(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms" if value >= 0.1 else f"{value * 1000:.0f} µs"


@dataclass
class Table:
    """The rows found so far, printed as they come."""

    title: str
    rows: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        print(f"\n## {self.title}\n\n{HEAD}", flush=True)

    def row(self, what: str, ours: str, other: str, ratio: str, against: str, aim: str) -> None:
        """Add a row in words."""
        self.rows.append(f"| {what} | {ours} | {other} | {ratio} | {against} | {aim} |")
        print(self.rows[-1], flush=True)

    def ratio(self, what: str, ours: Took, other: Took, against: str, aim: str, *, inverse: bool = False) -> None:
        """Add a row of two times. inverse: how many times faster ours is."""
        self.row(what, ms(ours), ms(other), f"{other.fair / ours.fair:.1f}× faster" if inverse else f"{ours.fair / other.fair:.2f}", against, aim)

    def alone(self, what: str, value: str, aim: str) -> None:
        """Add a row that stands for itself."""
        self.row(what, value, "", "", "", aim)

    def note(self, text: str) -> None:
        """Add a remark below the table."""
        self.notes.append(text)
        print(f"* {text}", flush=True)

    def text(self) -> str:
        """Give the section as Markdown."""
        return "\n".join([f"## {self.title}", "", HEAD, *self.rows, "", *(f"* {n}" for n in self.notes), ""])


HEAD = "| what | ours | other side | ratio | against | aim |\n|---|---|---|---|---|---|"
