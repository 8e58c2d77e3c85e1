"""What bank/home.html needs."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Choice, ErrorLine, Field, Link, Pager, Pair


@dataclass(frozen=True, slots=True)
class Match:
    """Whose a receipt may be: the reasons, and a button where the sum fits."""

    name: str
    reasons: str
    button: Button | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A receipt that waits."""

    id: int
    when: str
    amount: str
    payer: str
    note: str
    matches: tuple[Match, ...]
    other: Link  # 指给别人，或不是党费


@dataclass(frozen=True, slots=True)
class DoneLine:
    """A receipt that was booked or set aside."""

    when: str
    amount: str
    payer: str
    what: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class BankPage:
    """银行到账 of an organisation."""

    title: str
    sub: str
    crumbs: tuple[Link, ...]
    tabs: tuple[Choice, ...]
    upload_url: str
    fields: tuple[Field, ...]  # which heading is what
    told: bool  # the fields are open: a column was not found
    lines: tuple[ReceiptLine, ...]
    waiting: int
    all_url: str
    exact_ids: str
    exact_count: int
    done: tuple[DoneLine, ...] = ()
    files: tuple[Pair, ...] = ()
    pager: Pager | None = None
    callouts: tuple[Callout, ...] = ()
    errors: tuple[ErrorLine, ...] = ()
