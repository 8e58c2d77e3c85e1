"""What roster/roster.html (list and drawer) needs. Add, edit and end a membership use shell/form.html (FormPage)."""

from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Choice, Link, Pager, Pair, State


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One member 党员; phone and ID number come masked."""

    name: str
    url: str  # same list with the drawer open
    gender: str
    age: str  # 63 岁
    standing: State  # 正式 | 预备 | 停止党籍
    joined: str  # 1998年7月
    branch: str = ""  # shown when the list spans several branches
    group: str = ""
    posts: str = ""
    phone: str = ""
    tags: tuple[str, ...] = ()  # 流动
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class DrawerPart:
    """A titled list of facts."""

    title: str
    facts: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Drawer:
    """One person, at the right of the list."""

    title: str
    sub: str
    state: State
    parts: tuple[DrawerPart, ...]
    buttons: tuple[Button, ...] = ()
    close_url: str = ""
    callouts: tuple[Callout, ...] = ()
    history: tuple[Pair, ...] = ()  # newest first


@dataclass(frozen=True, slots=True)
class RosterPage:
    """花名册."""

    title: str
    sub: str  # 柳树湾村党支部 · 正式 30，预备 1
    rows: tuple[RosterRow, ...]
    count: str  # 31 人
    search_url: str
    query: str = ""
    filters: tuple[Choice, ...] = ()  # chips; url toggles
    kept: tuple[tuple[str, str], ...] = ()  # hidden fields of the search form (filters, on)
    on: str = ""  # 2025-09-18; empty = today
    show_branch: bool = False
    crumbs: tuple[Link, ...] = ()
    add: Link | None = None  # the filled button
    buttons: tuple[Button, ...] = ()
    papers: tuple[Button, ...] = ()  # 打印和导出
    pager: Pager | None = None
    drawer: Drawer | None = None
    empty: str = "没有找到。可以换个写法：姓名、拼音首字母（如 wxl）、完整电话或完整身份证号。已去世或转出的，先选他在册的一天再找。"
    callouts: tuple[Callout, ...] = ()
    sums: tuple[str, ...] = ()  # the headcounts with their arithmetic, one sentence each
