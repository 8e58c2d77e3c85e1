"""Small pieces of Chinese that every page about organisations uses."""
from __future__ import annotations

from datetime import date

from zhibu.kernel.terms import TERM_STATE_ZH, TermState
from zhibu.web.shell.context import Link, State, Tone

DOMAINS = {
    "rural": "农村", "community": "社区", "agency": "机关", "public_institution": "事业单位", "soe": "国企", "private_enterprise": "非公企业",
    "social_organization": "社会组织", "university": "高校", "retirees": "离退休",
}
TYPES = {
    "party_committee": "党委", "general_branch": "党总支", "branch": "党支部", "joint_branch": "联合党支部", "temporary_branch": "临时党支部",
    "floating_branch": "流动党员党支部", "work_committee": "党工委", "comprehensive_committee": "综合党委",
}
POSTS = {
    "secretary": "书记", "deputy_secretary": "副书记", "organization": "组织委员", "publicity": "宣传委员", "discipline": "纪检委员",
    "youth": "青年委员", "life": "生活委员", "security": "保卫委员", "united_front": "统战委员", "member": "委员", "officer": "支部干事",
}
TERM_TONES = {
    TermState.NORMAL: Tone.OK, TermState.EXPIRING: Tone.WARN, TermState.OVERDUE: Tone.BAD, TermState.EXTENDED: Tone.WAIT,
    TermState.OVERDUE_LONG: Tone.BAD,
}
EVENTS = {"established": "成立", "renamed": "改名", "retyped": "改变类别", "moved": "改变隶属"}


def said(day: date | None, precision: str = "day") -> str:
    """Write a day as it is said; only as exactly as it is known."""
    if day is None:
        return "未登记"
    if precision == "year":
        return f"{day.year}年"
    return f"{day.year}年{day.month}月" + (f"{day.day}日" if precision == "day" else "")


def term_state(term: TermState | None) -> State:
    """Show the state of a term."""
    return State(TERM_TONES[term], TERM_STATE_ZH[term]) if term else State(Tone.WAIT, "未登记班子")


def crumbs(*links: tuple[str, str]) -> tuple[Link, ...]:
    """Build the trail from (label, address)."""
    return tuple(Link(label, url) for label, url in links)
