"""What access/signin.html and access/set_password.html need."""

from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Callout, ErrorLine, Link


@dataclass(frozen=True, slots=True)
class SignInPage:
    """登录: ``username``, ``password``, ``next``."""

    action_url: str
    username: str = ""
    next: str = ""
    errors: tuple[ErrorLine, ...] = ()
    callouts: tuple[Callout, ...] = ()  # 登录已过期。写了一半的记录还在这台机器上，登录后自动接着写。
    code_link: Link | None = None  # 第一次使用，用一次性代码
    locked: str = ""  # 连续输错 5 次，15 分钟后再试


@dataclass(frozen=True, slots=True)
class SetPasswordPage:
    """设置密码: ``code`` (first account), ``old`` (change), ``new1``, ``new2``."""

    action_url: str
    ask_code: bool = False
    ask_old: bool = False
    username: str = ""
    code: str = ""
    rules: tuple[str, ...] = ()
    errors: tuple[ErrorLine, ...] = ()
    callouts: tuple[Callout, ...] = ()
    title: str = "设置密码"
    cancel_url: str = ""
