"""What person/me.html needs (我的)."""

from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Link, Pair, State


@dataclass(frozen=True, slots=True)
class FilePart:
    """A titled list of facts from the own file."""

    title: str
    facts: tuple[Pair, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class MePage:
    """我的: who I am here, the own file, the other menu entries for the phone, large print, sign out."""

    title: str
    facts: tuple[Pair, ...]
    parts: tuple[FilePart, ...] = ()
    links: tuple[Link, ...] = ()  # every menu entry that has no phone tab
    password_url: str = ""
    safety_url: str = ""  # 登录安全
    sessions_url: str = ""  # POST: end the sessions on other devices
    tokens_url: str = ""  # 程序令牌


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token 程序令牌."""

    label: str
    prefix: str  # zb_a1B2c3…
    state: State  # 在用 | 已失效
    what: str  # 柳树湾村党支部支部书记：看规则
    when: str
    end_url: str = ""  # POST; "" when it is over


@dataclass(frozen=True, slots=True)
class TokensPage:
    """程序令牌 of oneself."""

    title: str
    sub: str
    rows: tuple[TokenRow, ...]
    crumbs: tuple[Link, ...]
    add: Link | None = None
    empty: str = ""
