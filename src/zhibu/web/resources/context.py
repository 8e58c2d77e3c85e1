"""What the templates of funds and places get."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Choice, Link, Pair, State


@dataclass(frozen=True, slots=True)
class FundLine:
    """One fund of an organisation: the arithmetic and the four sums."""

    org: str
    fund: str
    url: str
    arithmetic: str
    required: str
    appropriated: str
    paid: str
    gap: State


@dataclass(frozen=True, slots=True)
class FundsPage:
    """三项经费 of an organisation and all below it."""

    title: str
    sub: str
    years: tuple[Choice, ...]
    stats: tuple[Pair, ...]
    lines: tuple[FundLine, ...]
    total: FundLine | None
    missing: tuple[Link, ...]
    buttons: tuple[Button, ...]
    crumbs: tuple[Link, ...]
    foot: str
    empty: str


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A payment."""

    when: str
    amount: str
    note: str
    by: str
    state: State | None
    reverse_url: str


@dataclass(frozen=True, slots=True)
class FundPage:
    """One fund with its payments."""

    title: str
    sub: str
    facts: tuple[Pair, ...]
    payments: tuple[PaymentLine, ...]
    callouts: tuple[Callout, ...]
    buttons: tuple[Button, ...]
    crumbs: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place in the list."""

    org: str
    name: str
    url: str
    area: str
    state: State
    equipment: State


@dataclass(frozen=True, slots=True)
class PlacesPage:
    """阵地."""

    title: str
    sub: str
    filters: tuple[Choice, ...]
    stats: tuple[Pair, ...]
    lines: tuple[PlaceLine, ...]
    without: tuple[str, ...]
    buttons: tuple[Button, ...]
    crumbs: tuple[Link, ...]
    empty: str
    more: str


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A check of a place."""

    when: str
    state: State
    missing: str
    note: str
    by: str


@dataclass(frozen=True, slots=True)
class BookedLine:
    """A booking, or a time that is taken."""

    when: str
    who: str
    purpose: str
    button: Button | None


@dataclass(frozen=True, slots=True)
class PlacePage:
    """One place."""

    title: str
    sub: str
    facts: tuple[Pair, ...]
    items: tuple[State, ...]
    checks: tuple[CheckLine, ...]
    booked: tuple[BookedLine, ...]
    callouts: tuple[Callout, ...]
    buttons: tuple[Button, ...]
    crumbs: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class VenueCard:
    """A venue that may be booked, with the times at which it is taken."""

    name: str
    where: str
    taken: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True)
class VenuesPage:
    """订场所."""

    title: str
    sub: str
    venues: tuple[VenueCard, ...]
    booked: tuple[BookedLine, ...]
    crumbs: tuple[Link, ...]
    empty: str
