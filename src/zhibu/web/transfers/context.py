"""What the templates of transfers and members away need."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.exchange.sheets.introduction_letter import Part
from zhibu.web.shell.context import Button, Callout, Choice, ErrorLine, Field, Link, Pager, Pair, State


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One transfer of the list."""

    name: str
    url: str
    kind: str
    giving: str
    taking: str
    letter: str     # 第0037号
    until: str      # 2026年2月18日
    left: str       # 还有 12 天 | 过期 3 天
    state: State


@dataclass(frozen=True, slots=True)
class ListPage:
    """组织关系."""

    title: str
    sub: str
    tabs: tuple[Choice, ...]
    rows: tuple[TransferRow, ...]
    crumbs: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    callouts: tuple[Callout, ...] = ()
    pager: Pager | None = None
    empty: str = "没有。"


@dataclass(frozen=True, slots=True)
class PickPage:
    """Choose who it is about."""

    title: str
    sub: str
    crumbs: tuple[Link, ...]
    members: tuple[Link, ...]
    chooser: tuple[Choice, ...] = ()
    doing: str = ""
    empty: str = "这个支部没有在册党员。"


@dataclass(frozen=True, slots=True)
class Tap:
    """A step that needs nothing typed: one button."""

    label: str
    url: str
    version: int
    style: str = ""


@dataclass(frozen=True, slots=True)
class TransferPage:
    """One transfer with its steps."""

    title: str
    sub: str
    state: State
    crumbs: tuple[Link, ...]
    facts: tuple[Pair, ...]
    steps: tuple[Pair, ...]
    buttons: tuple[Button, ...] = ()
    taps: tuple[Tap, ...] = ()
    callouts: tuple[Callout, ...] = ()
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class LetterPage:
    """The letter in three parts, or the certificate in two, as it is printed."""

    title: str
    crumbs: tuple[Link, ...]
    parts: tuple[Part, ...]
    note: str
    buttons: tuple[Button, ...] = ()
    callouts: tuple[Callout, ...] = ()
    to_print: bool = False
    says: str = "三联一张，沿虚线盖骑缝章；盖章处用章，“族”前面和别的空处用笔填。"


@dataclass(frozen=True, slots=True)
class AwayRow:
    """One record of a register."""

    name: str
    url: str
    branch: str
    place: str
    purpose: str
    since: str
    days: str
    contact: str
    last: str
    state: State


@dataclass(frozen=True, slots=True)
class StayRow:
    """A temporary certificate that runs."""

    name: str
    place: str
    span: str
    state: State
    url: str = ""    # POST: came back
    version: int = 0
    paper: str = ""  # the certificate to be printed


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """流动党员."""

    title: str
    sub: str
    tabs: tuple[Choice, ...]
    rows: tuple[AwayRow, ...]
    contact_head: str
    branch_head: str
    crumbs: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    callouts: tuple[Callout, ...] = ()
    stays: tuple[StayRow, ...] = ()
    todo: tuple[Link, ...] = ()   # members whose sheet says where they went, to be registered
    pager: Pager | None = None
    empty: str = "没有登记。"


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One floating record with contacts and certificates."""

    title: str
    sub: str
    state: State
    crumbs: tuple[Link, ...]
    facts: tuple[Pair, ...]
    notes: tuple[Pair, ...]
    fields: tuple[Field, ...] = ()
    action_url: str = ""
    buttons: tuple[Button, ...] = ()
    callouts: tuple[Callout, ...] = ()
    errors: tuple[ErrorLine, ...] = ()
