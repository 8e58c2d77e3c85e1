"""Build the make-up list, the attendance of a branch and the request for 免."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from zhibu.areas.meetings import attendance as counted
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.kernel.periods import window_from_code
from zhibu.web.shell.context import Choice, ErrorLine, Field, FieldGroup, FormPage, Link, Pair, State, Tone

from .ledger_page import short

STATUS = {"leave": State(Tone.WARN, "请假"), "absent": State(Tone.BAD, "缺席")}


@dataclass(frozen=True, slots=True)
class MakeUpLine:
    """One absence on the make-up list."""

    name: str
    status: State
    done: str
    catch_up_url: str
    earliest: str


@dataclass(frozen=True, slots=True)
class MakeUpMeeting:
    """A meeting with those who missed it."""

    title: str
    url: str
    lines: tuple[MakeUpLine, ...]


@dataclass(frozen=True, slots=True)
class MakeUpPage:
    """补课名单."""

    title: str
    sub: str
    meetings: tuple[MakeUpMeeting, ...]
    may_write: bool
    crumbs: tuple[Link, ...]
    today: str
    filters: tuple[Choice, ...]
    empty: str


def _crumbs(org: tree.OrgView, here: str) -> tuple[Link, ...]:
    return (Link("组织生活", f"{reverse('meetings:ledger')}?org={org.id}"), Link(here))


def make_up(actor: Actor, org: tree.OrgView, today: date, everything: bool) -> MakeUpPage:
    """Build the make-up list of a branch for this year and the last quarter of the year before; who still has to, or everybody."""
    scope, first = actor.scope(P.ACTIVITY_READ), date(today.year - 1, 10, 1)
    found = recorded.absences(scope, org_id=org.id, first=first)
    by_meeting: dict[int, list[recorded.AbsenceView]] = {}
    for a in found:
        if everything or a.caught_up_on is None:
            by_meeting.setdefault(a.activity_id, []).append(a)
    held = [a for a in recorded.activities(scope, org.id, first, today) if a.id in by_meeting]
    waiting = sum(a.caught_up_on is None for a in found)
    here = f"{reverse('meetings:absences')}?org={org.id}"
    return MakeUpPage(
        "补课名单", f"{org.name} · 还有 {waiting} 人次没有补", tuple(_meeting(a, by_meeting[a.id], org.id) for a in held), actor.may(P.ACTIVITY_WRITE, org.path_now),
        _crumbs(org, "补课名单"), str(today), (Choice("还没有补", "", here, not everything), Choice("全部", "all", f"{here}&show=all", everything)),
        "没有要补课的人。" if not waiting else "",
    )


def _meeting(a: recorded.ActivityLine, missed: list[recorded.AbsenceView], org_id: int) -> MakeUpMeeting:
    year = f"{a.held_on.year}年" if missed else ""
    return MakeUpMeeting(
        f"{year}{short(a.held_on)} {a.title}", reverse("meetings:activity", args=[a.id]),
        tuple(
            MakeUpLine(
                m.name, STATUS[m.status], f"{short(m.caught_up_on)} {m.caught_up_how}" if m.caught_up_on else "",
                f"{reverse('meetings:catch-up', args=[m.id])}?org={org_id}", str(a.held_on),
            )
            for m in missed
        ),
    )


# ---------------------------------------------------------------- attendance


@dataclass(frozen=True, slots=True)
class AttendanceLine:
    """One member's attendance."""

    name: str
    counted: str
    rate: str
    last: str
    state: State
    cadre: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class AttendancePage:
    """考勤."""

    title: str
    sub: str
    lines: tuple[AttendanceLine, ...]
    cadres: tuple[AttendanceLine, ...]
    stats: tuple[Pair, ...]
    crumbs: tuple[Link, ...]
    elsewhere: Link | None = None


def attendance(scope: Scope, org: tree.OrgView, today: date) -> AttendancePage:
    """Build the attendance page of a branch: last twelve months, in the order of the roll, never ranked."""
    found = counted.attendance(scope, org.id, today)
    lines = tuple(_line(m) for m in found.members)
    long_away = sum(m.review for m in found.members)
    return AttendancePage(
        "考勤", f"{org.name} · 近 12 个月，{found.first.year}年{short(found.first)}至{short(found.last)} · 按点人结果自动算，不排名", lines,
        tuple(_line(m) for m in found.members if m.cadre is not None),
        (
            Pair("应到", f"{found.expected} 人次"), Pair("实到", f"{found.present} 人次"), Pair("到会率", found.rate),
            Pair(f"连续 {found.review_months} 个月没有参加", f"{long_away} 人", tone=Tone.BAD if long_away else Tone.PLAIN),
        ),
        _crumbs(org, "考勤"), Link("在外参加", f"{reverse('meetings:elsewhere')}?org={org.id}"),
    )


def _line(m: counted.MemberAttendance) -> AttendanceLine:
    if m.review:
        state = State(Tone.BAD, f"连续 {m.away} 个月没有参加，要启动核查")
    elif m.away >= 3:
        state = State(Tone.WARN, f"{m.away} 个月没有参加")
    else:
        state = State(Tone.OK, "正常") if m.expected else State(Tone.WAIT, "还没有应到的会")
    return AttendanceLine(m.name, f"{m.present} / {m.expected}" + (f"，在外 {m.elsewhere} 次" if m.elsewhere else ""), m.rate, short(m.last_on) if m.last_on else "—", state, _double_life(m))


def _double_life(m: counted.MemberAttendance) -> tuple[State, ...]:
    if m.cadre is None:
        return ()
    life = State(Tone.OK, "参加了组织生活会") if m.cadre.life_meeting else State(Tone.WARN, "近 12 个月没有参加组织生活会")
    found = [life]
    if not m.cadre.grouped:
        found.append(State(Tone.BAD, "还没有编入党小组"))
    if m.cadre.absent_last_quarter:
        found.append(State(Tone.BAD, "上个季度一次也没有参加"))
    return tuple(found)


# ---------------------------------------------------------------- 免


def excuse_form(org: tree.OrgView, kind: str, window_code: str, group: str, reason: str, error: str) -> FormPage:
    """Build the form that asks to be excused from a window. ValueError when kind or window is none."""
    window, name = window_from_code(window_code), ACTIVITY_ZH[ActivityKind(kind)]
    example = "例如：8月防汛抢险，全体上堤。写清楚就行，不用附材料"
    return FormPage(
        title=f"{window.label}{name}没开", action_url=f"{reverse('meetings:excuse')}?org={org.id}", submit_label="报上级",
        groups=(FieldGroup("为什么没开", (Field("reason", "原因", "textarea", reason, required=True, error=error, maxlength=200, help=example),)),),
        crumbs=(Link("待办", reverse("desk")), Link("没开")), sub=f"{org.name} · 上级同意后这一格标“免”，不算应开，也不算完成；同意前仍是“缺”",
        errors=(ErrorLine(error, "f-reason"),) if error else (), cancel_url=reverse("desk"), hidden=(("kind", kind), ("window", window_code), ("group", group)),
    )
