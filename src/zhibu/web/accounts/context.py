"""What accounts/list.html needs. The forms and the page with a one-time code use shell/form.html (FormPage)."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Link, Pager, State


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One grant 授权."""

    state: State  # 在任 | 没开始 | 已到期
    text: str  # 支部书记 · 第1村党支部，2026年1月1日起


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account 账号 with its grants 授权."""

    name: str
    username: str
    state: State  # 在用 | 等设密码 | 已停用
    grants: tuple[GrantRow, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """账号."""

    title: str
    sub: str
    rows: tuple[AccountRow, ...]
    count: str  # 14 个
    search_url: str
    query: str = ""
    add: Link | None = None  # the filled button, for who opens accounts
    pager: Pager | None = None
    posts: Link | None = None  # roles that go with posts, for who grants
    empty: str = "没有找到。请换个姓名或账号再找。"


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post of somebody with an account, and the role that goes with it."""

    name: str
    username: str
    text: str  # 支部书记 · 第1村党支部
    state: State  # 已授权 | 还没授权
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class PostsPage:
    """职务变动."""

    title: str
    sub: str
    rows: tuple[PostRow, ...]
    crumbs: tuple[Link, ...] = ()
    empty: str = "没有要办的。账号和党员对上以后，担任的职务会列在这里。"
