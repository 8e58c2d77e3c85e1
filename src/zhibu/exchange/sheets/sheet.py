"""A sheet of paper as data: what the print page and the Word file both show. No layout beyond rows, widths in millimetres and least heights."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with its lines. `tall`: room for ink, in millimetres (0, 10, 22 or 46); `names`: the lines are names, set in columns."""

    lines: tuple[str, ...] = ()
    head: bool = False
    span: int = 1
    centred: bool = False
    tall: int = 0
    names: bool = False

    @property
    def text(self) -> str:
        """Give the lines as one text; names stand beside each other."""
        return ("　" if self.names else "\n").join(self.lines)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form, ready to print. `style` is a class of the style sheet; `heads`: rows repeated on each page; `below`: lines under the table."""

    style: str
    title: str
    above: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]
    signatures: tuple[str, ...]
    foot: str
    heads: int = 0
    small: bool = False     # a table of many columns: 9 points instead of 12
    below: tuple[str, ...] = ()
    wide: bool = False      # on its side: 243 millimetres instead of 156

    @property
    def head_rows(self) -> tuple[tuple[Cell, ...], ...]:
        """Give the rows that are repeated on each page."""
        return self.rows[: self.heads]

    @property
    def body_rows(self) -> tuple[tuple[Cell, ...], ...]:
        """Give the other rows."""
        return self.rows[self.heads :]


def head(text: str) -> Cell:
    """Make a heading cell."""
    return Cell(tuple(text.split("\n")), head=True, centred=True)


def wide(label: str, *lines: str, tall: int = 0) -> tuple[Cell, ...]:
    """Make a row of a form of four columns: a heading and one cell over the other three."""
    return head(label), Cell(tuple(part for line in lines for part in line.split("\n")), span=3, tall=tall)


def grid(headings: tuple[str, ...], lines: Iterable[tuple[str, ...]], *, left: frozenset[int] = frozenset(), tall: int = 0) -> tuple[tuple[Cell, ...], ...]:
    """Make the rows of a table: headings, then the lines; columns of `left` are not centred."""
    return (tuple(head(h) for h in headings), *(tuple(Cell(tuple(t.split("\n")), centred=i not in left, tall=tall) for i, t in enumerate(line)) for line in lines))


def day(on: date) -> str:
    """Write a day as forms have it: 2026年9月20日."""
    return f"{on.year}年{on.month}月{on.day}日"


def foot(rule_sets: tuple[str, ...], printed_on: date) -> str:
    """Say by which rule sets and on which day the sheet was made."""
    return f"规则集：{'、'.join(rule_sets) or '无'}　制表日期：{day(printed_on)}"
