"""What talks/room.html needs: one page of lists for talks, contacts and care, and one record with its facts."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Choice, Link, Pair, Stat, State


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
    facts_title: str = ""
    facts: tuple[Pair, ...] = ()
    note: str = ""
    blocks: tuple[Block, ...] = ()
