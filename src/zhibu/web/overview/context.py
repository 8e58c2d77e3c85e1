"""What overview/county.html and overview/remind.html need (mock 2). The same page answers for county, township and branch."""

from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Choice, ErrorLine, Link, Pair, Stat, State, Why


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One month of one unit 一格.

    ``tone``: "g" all in time (no number), "y" late entries, "r" missing, "c" just closed (first 5 days), "n" running (``percent``), "e" excused only,
    "f" not yet, "z" nothing due. ``number``: how many branches are concerned.
    """

    tone: str
    number: int = 0
    percent: int = 0
    label: str = ""  # 石桥镇 8月 2 个未开
    url: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One unit 一个单位: a township in the county page, a branch in the township page."""

    name: str
    url: str
    branches: str
    cells: tuple[HeatCell, ...]  # 12
    missing: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class HeatGroup:
    """Units of one sort: 乡镇街道, 县直与两新."""

    label: str
    rows: tuple[HeatRow, ...]


@dataclass(frozen=True, slots=True)
class Concern:
    """One branch and matter in the side panel."""

    org: str
    url: str
    state: State  # 18 天
    what: str  # 支委会（每月一次）
    contact: str = ""  # 书记 王秀兰 · 154****0127
    buttons: tuple[Button, ...] = ()
    tags: tuple[str, ...] = ()  # 9月16日已提醒
    why_url: str = ""


@dataclass(frozen=True, slots=True)
class CellPanel:
    """The chosen cell."""

    title: str  # 石桥镇 · 8月
    sums: tuple[Stat, ...]  # 支部 28, 按期 26, 补记 0, 未开 2
    concerns: tuple[Concern, ...]
    link: Link | None = None  # 看台账
    note: str = ""  # 提醒放在支部的工作台上。同一事项 7 天内只提醒一次。
    empty: str = "这一格全部按期。"


@dataclass(frozen=True, slots=True)
class CountyPage:
    """全县一张图. Rows stand in administrative order; there is no rank."""

    title: str
    as_of: str  # 截至 2025年9月18日 10:00 · 颜色只说明有没有按期开，不打分、不排名
    stats: tuple[Stat, ...]
    kinds: tuple[Choice, ...]
    groups: tuple[HeatGroup, ...]
    current_month: int  # 1–12; 0 when the year is over
    years: tuple[Choice, ...] = ()
    only_missing: Choice | None = None  # 只看有未开的 4 个
    crumbs: tuple[Link, ...] = ()
    unit_label: str = "单位"
    branches_label: str = "支部"
    remind: Button | None = None  # 提醒未开的 12 项 → the confirmation page
    buttons: tuple[Button, ...] = ()
    panel: CellPanel | None = None
    why: Why | None = None
    rules_link: Link | None = None  # 判定规则
    empty: str = "没有符合条件的单位。"
    on: str = ""  # 2026-03-15: the day shown
    today: str = ""
    form_url: str = ""  # GET on, with ``hidden``
    hidden: tuple[tuple[str, str], ...] = ()
    callouts: tuple[Callout, ...] = ()
    counted: str = "个"  # what the numbers in the cells count: 个 branches, or 项 matters where each row is one branch


@dataclass(frozen=True, slots=True)
class RemindItem:
    """One matter on the confirmation page, checkbox ``item=<value>``; ``blocked`` says why it cannot be sent now."""

    value: str
    org: str
    what: str
    state: State
    to: str  # 书记 王秀兰 的工作台
    chosen: bool = True
    blocked: str = ""  # 9月16日已提醒过，9月23日后可再提醒


@dataclass(frozen=True, slots=True)
class RemindPage:
    """Confirm reminders 提醒: lists each one, shows the limits beforehand, gives a text to copy."""

    title: str
    action_url: str
    items: tuple[RemindItem, ...]
    limits: str  # 同一事项 7 天内一次，8:00—20:00，工作日。
    text: str  # ready to paste into the group chat
    submit_label: str  # 提醒这 10 项
    cancel_url: str
    key: str
    crumbs: tuple[Link, ...] = ()
    blocked_all: str = ""  # 现在是 21:10，不在提醒时间内：明天 8:00 以后再点。
    callouts: tuple[Callout, ...] = ()
    errors: tuple[ErrorLine, ...] = ()
    facts: tuple[Pair, ...] = ()
    note: str = ""  # where a reminder goes, besides the group
