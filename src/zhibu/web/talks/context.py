"""What talks/room.html needs: one page of lists for talks, contacts and care, and one record with its facts."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Choice, Link, Pair, Stat, State

MOST = 15  # rows of a list that are shown at once


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list."""

    main: str
    url: str = ""
    when: str = ""
    what: str = ""
    small: str = ""
    state: State | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A titled list. heads: what stands over the first three columns."""

    title: str
    lines: tuple[Line, ...]
    heads: tuple[str, str, str] = ("姓名", "日期", "事项")
    count: str = ""
    note: str = ""
    empty: str = "还没有。"
    add: Link | None = None

    @property
    def acts(self) -> bool:
        """Tell whether any row has a state or a button."""
        return any(line.state or line.buttons for line in self.lines)

    @property
    def first(self) -> tuple[Line, ...]:
        """Give the rows that are shown at once."""
        return self.lines if len(self.lines) <= MOST else self.lines[:MOST]

    @property
    def rest(self) -> tuple[Line, ...]:
        """Give the rows behind them."""
        return self.lines[len(self.first) :]


@dataclass(frozen=True, slots=True)
class RoomPage:
    """A page of lists about a branch, or one record."""

    title: str
    sub: str
    crumbs: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    callouts: tuple[Callout, ...] = ()
    stats: tuple[Stat, ...] = ()
    years: tuple[Choice, ...] = ()
    quarters: tuple[Choice, ...] = ()
    facts_title: str = ""
    facts: tuple[Pair, ...] = ()
    note: str = ""
    blocks: tuple[Block, ...] = ()
