"""One table of figures: both sides of a ratio are measured in turn in one run; nothing is asserted."""
from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


def timed(do: Callable[[], Any], rounds: int = 7) -> float:
    """Give the median of some runs in milliseconds, after one run to warm up."""
    do()
    return statistics.median(once(do) for _ in range(rounds))


def once(do: Callable[[], Any]) -> float:
    """Give the milliseconds of one run."""
    start = time.perf_counter()
    do()
    return (time.perf_counter() - start) * 1000


def in_turn(ours: Callable[[], Any], other: Callable[[], Any], rounds: int = 7) -> tuple[float, float]:
    """Give the medians of both sides, run alternately, so that a busy machine slows both."""
    ours(), other()
    pairs = [(once(ours), once(other)) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def settle() -> None:
    """Do what the server does at its start: what lives for ever is no matter of the garbage collector."""
    gc.collect()
    gc.freeze()


def ms(value: float) -> str:
    """Write milliseconds as a person reads them."""
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

    def ratio(self, what: str, ours: float, other: float, against: str, aim: str, *, inverse: bool = False) -> None:
        """Add a row of two times. inverse: how many times faster ours is."""
        self.row(what, ms(ours), ms(other), f"{other / ours:.1f}× faster" if inverse else f"{ours / other:.2f}", against, aim)

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
