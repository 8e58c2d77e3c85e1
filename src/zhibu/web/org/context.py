"""What org/tree.html, org/organisation.html and org/rules.html need. Edit pages use shell/form.html (FormPage)."""

from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Choice, ErrorLine, Field, Link, Pair, Stat, State, Tone


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One organisation 组织 with those below it; ``open`` unfolds it. With ``more_url`` its children are fetched by following the link."""

    name: str
    url: str
    type_label: str  # 党支部
    members: str = ""  # 31 人
    branches: str = ""  # 28 个支部
    states: tuple[State, ...] = ()  # 任期已满, 未满3人
    children: tuple[TreeNode, ...] = ()
    open: bool = False
    more_url: str = ""


@dataclass(frozen=True, slots=True)
class TreePage:
    """组织树."""

    title: str
    sub: str
    roots: tuple[TreeNode, ...]
    on: str = ""  # 2025-09-18
    today: str = ""
    query: str = ""
    stats: tuple[Stat, ...] = ()
    filters: tuple[Choice, ...] = ()
    crumbs: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    empty: str = "没有符合条件的组织。"
    callouts: tuple[Callout, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """A post in the committee 班子成员."""

    role: str  # 书记
    name: str  # "" = 空缺
    since: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Committee:
    """The committee now in office 班子."""

    title: str  # 第 5 届支部委员会
    term: str  # 2022年3月至2026年3月，任期 3 年
    state: State  # 任期内 | 90 天内届满 | 已超期 120 天
    posts: tuple[Post, ...]
    clause: str = ""
    buttons: tuple[Button, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Headcount:
    """A base of members with its arithmetic 人数口径."""

    label: str  # 有表决权
    value: str  # 30
    sum: str  # 31 − 预备 1 = 30
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggestion or warning from the rules 建议与提醒."""

    state: State
    text: str
    clause: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class OrganisationPage:
    """One organisation 组织."""

    title: str
    sub: str  # 党支部 · 农村 · 石桥镇党委
    state: State
    facts: tuple[Pair, ...]
    headcounts: tuple[Headcount, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    committee: Committee | None = None
    groups: tuple[Pair, ...] = ()  # 一组: 组长 罗小燕 · 15 人
    children: tuple[Link, ...] = ()
    children_title: str = ""
    cases: tuple[Suggestion, ...] = ()  # open approvals
    papers: tuple[Button, ...] = ()  # 打印和导出
    history: tuple[Pair, ...] = ()
    links: tuple[Link, ...] = ()  # 台账, 花名册, 规则
    on: str = ""
    today: str = ""
    crumbs: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    callouts: tuple[Callout, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One effective value 现行值."""

    label: str  # 支部委员会
    key: str  # life.committee_meeting
    value: str  # 每月至少 1 次
    clause: str
    rule_set: str
    document: str = ""
    verified: bool = True  # False → 待核
    difference: str = ""  # how it stands to the national value, if different: 严于国家规定：…
    below: bool = False  # 低于现行国家规定
    reason: str = ""  # the recorded reason why it may be
    note: str = ""


@dataclass(frozen=True, slots=True)
class RuleFamily:
    """A family of rules 一类规则: which set applies and who chose it."""

    label: str  # 组织生活
    code: str  # life
    rule_set: str
    chosen_by: str  # 石桥镇党委 2025年1月1日 起采用 | 无人指定，按全国规定
    lines: tuple[RuleLine, ...]
    chosen_url: str = ""
    buttons: tuple[Button, ...] = ()
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class RulesPage:
    """现行规则."""

    title: str
    sub: str
    families: tuple[RuleFamily, ...]
    on: str = ""
    today: str = ""
    chooser: tuple[Choice, ...] = ()  # other organisations of this person
    crumbs: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    callouts: tuple[Callout, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One assignment of a rule set 规则指定."""

    family: str
    rule_set: str
    dates: str
    decided: str  # 周明，2026年1月5日办理
    document: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """规则指定的经过."""

    title: str
    sub: str
    rows: tuple[HistoryRow, ...]
    crumbs: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case 报批事项: what is asked, who answers, and the form of the answer where this reader may give it."""

    title: str
    sub: str
    state: State
    facts: tuple[Pair, ...]
    steps: tuple[Pair, ...]
    action_url: str
    fields: tuple[Field, ...] = ()  # empty: this reader does not answer
    why_not: str = ""
    answer: tuple[Pair, ...] = ()
    withdraw: Button | None = None
    errors: tuple[ErrorLine, ...] = ()
    crumbs: tuple[Link, ...] = ()
    callouts: tuple[Callout, ...] = ()


@dataclass(frozen=True, slots=True)
class CasesPage:
    """Cases that wait 报批: those this reader answers, and the own ones that were handed in."""

    title: str
    sub: str
    mine: tuple[Suggestion, ...]
    waiting: tuple[Suggestion, ...]
    crumbs: tuple[Link, ...] = ()
