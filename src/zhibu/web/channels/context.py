"""What channels/list.html and channels/calendar.html need."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Link, Pair, State


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One channel 通知渠道."""

    label: str
    kind: str   # 钉钉群机器人
    what: str   # oapi.dingtalk.com，加签；上级提醒、每天到期的事
    state: State
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One notice that went out, waits, or could not."""

    when: str
    where: str
    text: str
    state: State
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    """通知渠道 of an organisation: what can be copied, what goes out by itself, what went out and what did not."""

    title: str
    sub: str
    copy: tuple[Link, ...]
    rows: tuple[ChannelLine, ...]
    add: tuple[Link, ...]
    messages: tuple[MessageLine, ...]
    limits: str
    crumbs: tuple[Link, ...] = ()
    callouts: tuple[Callout, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """日历订阅 of a person: off, or on with its address."""

    title: str
    sub: str
    crumbs: tuple[Link, ...]
    action_url: str
    on: bool
    facts: tuple[Pair, ...] = ()
    address: str = ""
