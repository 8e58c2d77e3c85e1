"""What the pages of signing in need: signin, set_password, slips, second, factors."""

from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, ErrorLine, Link, Pair


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


@dataclass(frozen=True, slots=True)
class SlipCard:
    """One slip 交给本人的纸条."""

    name: str
    facts: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class SlipsPage:
    """One-time codes, shown once 一次性代码."""

    title: str
    sub: str
    slips: tuple[SlipCard, ...]
    onward: Link
    crumbs: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class SecondPage:
    """第二道验证, at sign-in or before the factors are changed: ``code``, or ``answer`` of a passkey; ``password`` when it is asked too."""

    title: str
    action_url: str
    ask_code: bool
    passkey: str = ""  # what the browser is asked, as JSON; "" without a passkey
    ask_password: bool = False
    username: str = ""
    next: str = ""
    errors: tuple[ErrorLine, ...] = ()
    locked: str = ""
    back_url: str = ""


@dataclass(frozen=True, slots=True)
class FactorRow:
    """One factor with its button."""

    title: str
    text: str
    button: Button


@dataclass(frozen=True, slots=True)
class SittingRow:
    """One open session."""

    text: str
    here: bool
    button: Button | None


@dataclass(frozen=True, slots=True)
class SafetyPage:
    """登录安全: second factors and open sessions."""

    title: str
    factors: tuple[FactorRow, ...]
    sittings: tuple[SittingRow, ...]
    buttons: tuple[Button, ...]
    recovery: str
    callouts: tuple[Callout, ...] = ()
    required: bool = False
    end_others: Button | None = None


@dataclass(frozen=True, slots=True)
class TotpPage:
    """加上动态码: the picture, the secret to type, one code."""

    title: str
    action_url: str
    picture: str  # a data address
    secret: str
    errors: tuple[ErrorLine, ...] = ()
    back_url: str = ""


@dataclass(frozen=True, slots=True)
class PasskeyPage:
    """加上通行密钥: what the browser is asked, a name for it."""

    title: str
    action_url: str
    question: str
    errors: tuple[ErrorLine, ...] = ()
    back_url: str = ""


@dataclass(frozen=True, slots=True)
class RecoveryPage:
    """备用码, shown once."""

    title: str
    codes: tuple[str, ...]
    onward: Link
