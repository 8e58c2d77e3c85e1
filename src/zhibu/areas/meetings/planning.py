"""What makes a plan sound, and the words by which it is told. Pure: rules.md S04 (steps 1 to 3), S08."""
from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind

from . import rules
from .entry import Fault

WEEKDAYS = "一二三四五六日"
AHEAD_DAYS = 400  # a plan further ahead is a slip of the pen
MOST_TOPICS = 20

#: codes stored in plans, leave and invitations, in words
PLAN_ZH = {"planned": "计划", "invited": "受邀", "declined": "不参加", "cancelled": "取消"}
LEAVE_ZH = {"asked": "等批", "approved": "准假", "declined": "没有准", "withdrawn": "收回"}
GUEST_ZH = {"invited": "还没有回", "accepted": "参加", "declined": "不参加", "recorded": "已记录"}


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan as it is handed in. `kinds`: (kind, group id or None)."""

    kinds: tuple[tuple[str, int | None], ...]
    day: date
    start: time | None
    end: time | None
    place: str
    topics: tuple[str, ...]
    bring: str = ""
    moved_why: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan is judged by. `taken`: (kind, group, day, start) of the other live plans."""

    today: date
    org_kind: str
    may_hold: Collection[str]
    groups: Collection[int]
    only_groups: Collection[int] | None
    together: Collection[tuple[str, str]]
    taken: Collection[tuple[str, int | None, date, time | None]] = ()


def faults(plan: Planned, g: Ground) -> tuple[Fault, ...]:
    """List what stops a plan (E001, E002, E023, E044, E045, E054), each with its field."""
    return tuple(dict.fromkeys([*_kinds(plan, g), *_when(plan, g), *_what(plan)]))


def _kinds(plan: Planned, g: Ground) -> Iterator[Fault]:
    kinds = tuple(dict.fromkeys(k for k, _ in plan.kinds))
    allowed = rules.check_kinds(kinds, g.together, g.org_kind)
    if not allowed.ok:
        yield Fault("kind", allowed.code, allowed.reason)
        return
    strange = [ACTIVITY_ZH[ActivityKind(k)] for k in kinds if k not in g.may_hold]
    if strange:
        yield Fault("kind", "E045", f"本组织现在不开{'、'.join(strange)}，请换一种，或由该开的组织来定")
    for kind, group in plan.kinds:
        fit = rules.check_group(kind, group, g.groups)
        if not fit.ok:
            yield Fault("group", fit.code, fit.reason)
    if g.only_groups is not None and any(k != ActivityKind.GROUP_MEETING or group not in g.only_groups for k, group in plan.kinds):
        yield Fault("kind", "E023", "党小组长只定自己小组的会。别的会请支部书记或委员定")
    for kind, group in plan.kinds:
        if (kind, group, plan.day, plan.start) in g.taken:
            yield Fault("day", "E044", f"{said_day(plan.day)}这个时间的{ACTIVITY_ZH[ActivityKind(kind)]}已经计划过。请打开那一条改，不要再计划一次")


def _when(plan: Planned, g: Ground) -> Iterator[Fault]:
    if plan.day < g.today:
        yield Fault("day", "E002", f"{said_day(plan.day)}已经过了。开过的会请直接记录，没开的请改成以后的日子")
    elif (plan.day - g.today).days > AHEAD_DAYS:
        yield Fault("day", "E002", f"{plan.day} 离今天太远，请核对年份")
    if plan.start is not None and plan.end is not None and plan.end < plan.start:
        yield Fault("ends", "E002", f"结束时间 {plan.end:%H:%M} 早于开始时间 {plan.start:%H:%M}。请核对起止时间")
    if plan.start is None:
        yield Fault("starts", "E054", "请填几点开始，通知里要写")


def _what(plan: Planned) -> Iterator[Fault]:
    if not plan.place.strip():
        yield Fault("place", "E054", "请填地点，通知里要写")
    if not any(t.strip() for t in plan.topics):
        yield Fault("topics", "E054", "没有写议题或主题。请至少写一行，会前让大家知道要说什么")


# ---------------------------------------------------------------- words


def said_day(day: date) -> str:
    """Write a day with its weekday: 9月20日（周六）."""
    return f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def said_time(start: time | None, end: time | None) -> str:
    """Write the hours: 9:00 到 10:30."""
    return (f"{start.hour}:{start.minute:02d}" + (f" 到 {end.hour}:{end.minute:02d}" if end else "")) if start else "时间另行通知"


def said_kinds(kinds: Sequence[tuple[str, int | None]], groups: Mapping[int, str]) -> str:
    """Name the kinds, each once, a group meeting with its groups."""
    names: dict[str, list[str]] = {}
    for kind, group in kinds:
        names.setdefault(ACTIVITY_ZH[ActivityKind(kind)], []).extend([groups.get(group, "")] if group else [])
    return "、".join(f"{name}（{'、'.join(g for g in of if g)}）" if any(of) else name for name, of in names.items())


def who_comes(kinds: Sequence[tuple[str, int | None]], groups: Mapping[int, str]) -> str:
    """Say who is expected, never by name: everybody, the committee, or some groups."""
    wide = [k for k, _ in kinds if k not in (ActivityKind.COMMITTEE_MEETING, ActivityKind.GROUP_MEETING)]
    if ActivityKind.DEM_LIFE_MEETING in wide:
        return "领导班子成员"
    if wide:
        return "全体党员"
    parts = ["支部委员"] if any(k == ActivityKind.COMMITTEE_MEETING for k, _ in kinds) else []
    parts += [f"{groups[g]}党员" for _, g in kinds if g is not None and g in groups]
    return "、".join(dict.fromkeys(parts)) or "全体党员"


def notice_text(org_name: str, plan: Planned, groups: Mapping[int, str], host_name: str = "", cancelled_why: str = "") -> str:
    """Write the notice to paste into a group chat: plain text, no person's name. A cancelled plan gives the text that calls it off."""
    what = said_kinds(plan.kinds, groups)
    if cancelled_why:
        return f"【会议取消】{org_name}\n原定{said_day(plan.day)} {said_time(plan.start, plan.end)}的{what}不开了。\n原因：{cancelled_why}\n重新定了时间再通知。"
    lines = [f"【会议通知】{org_name}", f"会议：{what}" + (f"（和{host_name}一起开）" if host_name else ""), f"时间：{said_day(plan.day)} {said_time(plan.start, plan.end)}", f"地点：{plan.place}"]
    topics = [t.strip() for t in plan.topics if t.strip()]
    lines += [f"议题：{topics[0]}"] if len(topics) == 1 else ["议题：", *(f"{n}. {t}" for n, t in enumerate(topics, 1))]
    lines += [f"请带：{plan.bring.strip()}"] if plan.bring.strip() else []
    lines += [f"参加：{who_comes(plan.kinds, groups)}"]
    lines += [f"说明：{plan.moved_why}"] if plan.moved_why else []
    return "\n".join([*lines, "有事不能来的，请会前向支部请假。"])
