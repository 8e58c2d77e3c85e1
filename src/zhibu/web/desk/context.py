"""What desk/desk.html needs (mock 1a)."""

from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Link, State, Tone


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do 待办: sentence, why, at most two buttons (the important one last)."""

    state: State  # 过期 18 天 | 9月20日 | 10月12日
    title: str  # 8月支委会还没有记录
    why: str  # 支委会每月一次。开过了就补记，会标“补记”；没开就点“没开”，写明原因。
    buttons: tuple[Button, ...] = ()
    why_link: Link | None = None  # 依据: leads to the explanation


@dataclass(frozen=True, slots=True)
class DeskSection:
    """A group of tasks 一组待办: 先办这一件, 本周, 以后, 上级提醒, 等您审批."""

    title: str
    count: str  # 1 件过了时间
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the month sheet; ``number`` 0 is an empty square."""

    number: int
    today: bool = False
    event: str = ""  # what is on, read out to screen readers; shows a dot
    url: str = ""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """A coming or held event below the month sheet 日程."""

    when: str
    what: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """The month sheet 月历; ``days`` starts on a Monday and is padded with empty days."""

    title: str
    days: tuple[Day, ...]
    plan: tuple[PlanItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """One rule of 今年完成."""

    label: str
    fulfilled: int
    due: int
    tone: Tone = Tone.OK
    url: str = ""

    @property
    def percent(self) -> int:
        """Return the length of the bar, 0 to 100; display only, nothing is decided by it."""
        return 100 if self.due == 0 else self.fulfilled * 100 // self.due


@dataclass(frozen=True, slots=True)
class DeskPage:
    """工作台."""

    greeting: str  # 王书记，还有 5 件事
    day: str  # 9月18日 星期四
    sections: tuple[DeskSection, ...]
    record: Link | None = None  # 开会记录: the one filled button
    record_hint: str = "点一次人、写两句话，台账自动生成"
    empty: str = "现在没有要办的事。"
    month: Month | None = None
    progress: tuple[Progress, ...] = ()
    progress_title: str = "今年完成"
    progress_note: str = "数字只看有没有按时开，不看登录次数，也不排名。"
