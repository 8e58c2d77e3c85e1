"""What the templates of the rule sets need. Plain forms use shell/form.html (FormPage)."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, ErrorLine, Field, Link, Pair, State


@dataclass(frozen=True, slots=True)
class SetRow:
    """One rule set 规则集 of a list."""

    title: str
    url: str
    state: State
    issuer: str
    document: str
    dates: str
    families: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class SetList:
    """Rule sets of one kind: drafts, active, retired, shipped."""

    title: str
    rows: tuple[SetRow, ...]
    hint: str = ""
    empty: str = ""


@dataclass(frozen=True, slots=True)
class SetsPage:
    """规则集."""

    title: str
    sub: str
    lists: tuple[SetList, ...]
    crumbs: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueLine:
    """One value of a set as it is read 规定."""

    label: str
    value: str
    clause: str
    verified: bool = True
    below: bool = False
    against: str = ""  # how it stands to the national value
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class FamilyCard:
    """One family of a set 一类规则."""

    label: str
    lines: tuple[ValueLine, ...]
    count: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class SetPage:
    """One rule set 规则集."""

    title: str
    sub: str
    state: State
    facts: tuple[Pair, ...]
    families: tuple[FamilyCard, ...]
    others: tuple[Link, ...] = ()  # families that a draft may still take up
    followers: tuple[Pair, ...] = ()
    crumbs: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    callouts: tuple[Callout, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value of the form: its boxes, and beside them what the nation says."""

    key: str
    label: str
    state: State
    fields: tuple[Field, ...]
    clause: Field
    reason: Field | None
    national: str  # 每月不少于 1 次
    source: str  # 支部工作条例（试行）第十六条
    note: str = ""
    saved: str = ""  # what somebody else saved meanwhile


@dataclass(frozen=True, slots=True)
class ValuesPage:
    """The form of one family 编辑规定."""

    title: str
    sub: str
    action_url: str
    rows: tuple[ValueRow, ...]
    version: int
    cancel_url: str
    crumbs: tuple[Link, ...] = ()
    callouts: tuple[Callout, ...] = ()
    errors: tuple[ErrorLine, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case whose result changes 结果变化的判例."""

    facts: str
    rule: str
    lines: tuple[tuple[str, str, str], ...]  # what, expected, under the draft


@dataclass(frozen=True, slots=True)
class CheckPage:
    """核对与启用."""

    title: str
    sub: str
    faults: tuple[Link, ...]
    laxer: tuple[Pair, ...]
    summary: str
    changed: tuple[CaseRow, ...]
    own_summary: str
    own_failed: tuple[CaseRow, ...]
    action_url: str
    version: int
    may_activate: bool
    warning: str = ""
    crumbs: tuple[Link, ...] = ()
    callouts: tuple[Callout, ...] = ()
    buttons: tuple[Button, ...] = ()
