"""What meetings/plans.html, plan.html, elsewhere.html and person/meetings.html need."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, ErrorLine, Link, Pair, State


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A planned meeting in a list."""

    when: str  # 12月5日（周五） 9:00
    what: str  # 主题党日、党课
    place: str
    topics: str
    state: State
    url: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class PlansPage:
    """计划和通知: what is coming and what became of it."""

    title: str
    sub: str
    coming: tuple[PlanLine, ...]
    past: tuple[PlanLine, ...]
    crumbs: tuple[Link, ...] = ()
    add: Link | None = None
    buttons: tuple[Button, ...] = ()
    theme_day: tuple[Pair, ...] = ()
    empty: str = "现在没有计划的会。"


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """A request for leave as an officer of the branch sees it."""

    name: str
    reason: str
    by: str  # 本人，9月18日 | 王秀兰代登记，9月18日
    state: State
    decide_url: str = ""  # "" when there is nothing to decide here


@dataclass(frozen=True, slots=True)
class GuestLine:
    """A branch that was asked to hold the meeting together."""

    name: str
    state: State
    counts: str  # 应到 12，实到 10
    url: str = ""  # its roll-call, for those who may take it


@dataclass(frozen=True, slots=True)
class PlanPage:
    """One planned meeting: facts, notice text, leave, the branches asked, and how it was changed."""

    title: str
    sub: str
    state: State
    facts: tuple[Pair, ...]
    notice: str
    notice_title: str = "发到群里的话"
    send: Button | None = None  # to the channels of the organisation
    event_url: str = ""  # the meeting as a file for a calendar
    crumbs: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    callouts: tuple[Callout, ...] = ()
    leaves: tuple[LeaveLine, ...] = ()
    leaves_shown: bool = False
    leave_add: Link | None = None
    guests: tuple[GuestLine, ...] = ()
    changes: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class ElsewhereLine:
    """One attendance elsewhere."""

    name: str
    when: str
    what: str
    where: str
    evidence: str
    evidence_url: str = ""
    state: State | None = None
    end_url: str = ""


@dataclass(frozen=True, slots=True)
class ElsewherePage:
    """在外参加."""

    title: str
    sub: str
    lines: tuple[ElsewhereLine, ...]
    crumbs: tuple[Link, ...] = ()
    add: Link | None = None
    empty: str = "还没有登记。"


@dataclass(frozen=True, slots=True)
class MyMeeting:
    """A coming meeting of the own branch, with the own request for leave."""

    id: int
    title: str
    notice: str
    state: State | None = None
    said: str = ""  # 已准假。 | 没有准：… 请和书记联系。
    may_ask: bool = False
    may_withdraw: bool = False
    reason: str = ""
    error: str = ""
    event_url: str = ""  # the meeting as a file for a calendar


@dataclass(frozen=True, slots=True)
class MyMeetingsPage:
    """我的会议."""

    title: str
    sub: str
    meetings: tuple[MyMeeting, ...]
    action_url: str
    errors: tuple[ErrorLine, ...] = ()
    empty: str = "近期没有要您参加的会。"
