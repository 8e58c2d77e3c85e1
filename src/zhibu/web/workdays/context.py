"""What workdays/days.html needs."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Callout, Choice, Link, Pair


@dataclass(frozen=True, slots=True)
class DaysPage:
    """放假安排 of a year: what was announced, what was entered here, and what is missing."""

    title: str
    sub: str
    years: tuple[Choice, ...]
    days: tuple[Pair, ...]
    edits: tuple[Pair, ...]
    add: Link
    callouts: tuple[Callout, ...] = ()
    empty: str = "这一年的放假安排还没有录入，只按星期六、星期日算。"
