"""What the templates of 党费 need."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Choice, Link, Pair, Stat, State


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: cells as texts, the first one a link; a state and buttons at its end."""

    cells: tuple[str, ...]
    url: str = ""
    state: State | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A card: facts, or a table with its heads (the last head stands over states and buttons)."""

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    facts: tuple[Pair, ...] = ()
    note: str = ""
    empty: str = ""
    numbers: tuple[int, ...] = ()  # columns set to the right

    @property
    def shows_table(self) -> bool:
        """Tell whether there is a table to show."""
        return bool(self.rows)


@dataclass(frozen=True, slots=True)
class DuesPage:
    """Any page of 党费 that only shows: tabs, figures, cards."""

    title: str
    sub: str
    crumbs: tuple[Link, ...]
    tabs: tuple[Choice, ...] = ()
    stats: tuple[Stat, ...] = ()
    callouts: tuple[Callout, ...] = ()
    buttons: tuple[Button, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Debtor:
    """Somebody who has not paid the month: one tap."""

    person_id: int
    name: str
    amount: str
    how: str      # 8200.00元 × 1.5%
    url: str


@dataclass(frozen=True, slots=True)
class MonthPage:
    """收缴: who has not paid the month, with one button a person and one for all."""

    title: str
    sub: str
    crumbs: tuple[Link, ...]
    tabs: tuple[Choice, ...]
    months: tuple[Choice, ...]
    stats: tuple[Stat, ...]
    callouts: tuple[Callout, ...]
    action_url: str
    open: tuple[Debtor, ...]
    who: str                        # the persons on the list, joined by commas
    sum_open: str
    paid_on: str
    today: str
    methods: tuple[Choice, ...]
    paid: Part
    others: Part
    empty: str = "这个月应交的都交了。"
