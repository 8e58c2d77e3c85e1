"""Build the desk from duties, cases, notices and the year so far."""
from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from zhibu.areas.meetings import plans
from zhibu.areas.meetings import queries as meetings
from zhibu.ground.duties import derive
from zhibu.ground.duties.duty import Duty, DutyAction, DutyState, due
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.notice import queries as notices
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.web.shell.context import Button, Link, State, Tone
from zhibu.web.shell.menu import own_branch

from .context import Day, DeskPage, DeskSection, Month, PlanItem, Progress, Task

WEEKDAYS = "一二三四五六日"
MOST = 12  # tasks of one section; the rest follows when these are done
SECTIONS = (
    ("先办这些", DutyState.OVERDUE, "件过了时间"), ("近期", DutyState.SOON, "件"), ("以后", DutyState.LATER, "件"), ("知道就行", DutyState.INFO, "件"),
)
TONES = {DutyState.OVERDUE: Tone.BAD, DutyState.SOON: Tone.WARN, DutyState.LATER: Tone.WAIT, DutyState.INFO: Tone.PLAIN}


def address(action: DutyAction) -> str:
    """Turn a symbolic page of a duty into an address: path arguments where the URL takes them, else a query."""
    name, args = action.page.replace(".", ":"), {k: v for k, v in action.args if v}
    try:
        return reverse(name, kwargs=args) if args else reverse(name)
    except NoReverseMatch:
        pass
    for key in ("org_id", "case_id", "org"):
        if key in args:
            try:
                rest = {k: v for k, v in args.items() if k != key}
                return reverse(name, args=[args[key]]) + (f"?{urlencode(rest)}" if rest else "")
            except NoReverseMatch:
                continue
    return f"{reverse(name)}?{urlencode(args)}"


def _said(d: date) -> str:
    return f"{d.month}月{d.day}日"


def _task(duty: Duty, today: date, several: bool) -> Task:
    if duty.state == DutyState.OVERDUE and duty.due_on:
        word = f"过期 {(today - duty.due_on).days} 天"
    else:
        word = (f"{duty.due_on.year}年" if duty.due_on.year != today.year else "") + _said(duty.due_on) if duty.due_on else "提醒"
    last = len(duty.actions) - 1
    buttons = tuple(Button(a.label, address(a), style="sec" if duty.state == DutyState.OVERDUE and i == last else "") for i, a in enumerate(duty.actions))
    title = f"{duty.org_name}：{duty.title}" if several else duty.title
    return Task(State(TONES[duty.state], word), title, duty.why + (f"（{duty.clause}）" if duty.clause else ""), buttons)


def build(actor: Actor, today: date) -> DeskPage:
    """Build the desk of an actor."""
    scope, branch = actor.sees(), own_branch(actor)
    duties = due(actor, scope, today) if not scope.empty else []
    todo = sum(d.state != DutyState.INFO for d in duties)
    called = f"{actor.name[0]}书记" if any(g.role == "branch_secretary" for g in actor.grants) else actor.name
    writes, reads = branch and actor.holds(P.ACTIVITY_WRITE), branch and actor.holds(P.ACTIVITY_READ)
    return DeskPage(
        greeting=f"{called}，还有 {todo} 件事" if todo else f"{called}，现在没有要办的事", day=f"{_said(today)} 星期{WEEKDAYS[today.weekday()]}",
        sections=(*_faults(actor), *_reminders(actor, branch), *_sections(duties, today, several=len({d.org_id for d in duties}) > 1 and branch is None)),
        record=Link("开会记录", f"{reverse('meetings:record')}?org={branch}") if writes else None,
        month=_month(actor, branch, today) if branch and reads else None, progress=_progress(actor, today),
    )


def _faults(actor: Actor) -> list[DeskSection]:
    """Say which channels of the actor's own organisations do not get their notices, and how to cure it."""
    own = [g.org_id for g in actor.grants if P.CHANNEL_MANAGE in g.permissions]
    tasks = tuple(
        Task(State(Tone.WARN, _said(timezone.localtime(c.fault_at).date())), f"通知发不到“{c.label}”", f"{c.fault}。", (Button("去看", f"{reverse('channels:list')}?org={c.org_id}"),))
        for c in (notices.faulty(actor.scope(P.CHANNEL_MANAGE), own) if own else ()) if c.fault_at
    )
    return [DeskSection("没有发出去的通知", f"{len(tasks)} 个渠道", tasks)] if tasks else []


def _reminders(actor: Actor, branch: int | None) -> list[DeskSection]:
    found = notices.unseen(actor.scope(P.EXCUSE_REQUEST)) if branch else []
    tasks = tuple(
        Task(
            State(Tone.WARN, _said(timezone.localtime(n.at).date())), n.text, f"{n.sent_from}{n.sent_by}发来。",
            (Button("知道了", reverse("notice-seen", args=[n.id]), "post"),),
        )
        for n in found
    )
    return [DeskSection("上级提醒", f"{len(tasks)} 条", tasks)] if tasks else []


def _sections(duties: Sequence[Duty], today: date, several: bool) -> list[DeskSection]:
    sections = []
    for title, state, unit in SECTIONS:
        chosen = [d for d in duties if d.state == state]
        if not chosen:
            continue
        heading = "先办这一件" if state == DutyState.OVERDUE and len(chosen) == 1 else title
        count = f"{len(chosen)} {unit}" + (f"，先列 {MOST} 件" if len(chosen) > MOST else "")
        sections.append(DeskSection(heading, count, tuple(_task(d, today, several) for d in chosen[:MOST])))
    return sections


def _month(actor: Actor, org_id: int, today: date) -> Month:
    first, length = today.replace(day=1), calendar.monthrange(today.year, today.month)[1]
    by_day: dict[int, list[recorded.SlotLine]] = {}
    for slot in recorded.slots(actor.scope(P.ACTIVITY_READ), org_id, first, first.replace(day=length)):
        by_day.setdefault(slot.held_on.day, []).append(slot)
    said = {n: "、".join(dict.fromkeys(ACTIVITY_ZH[ActivityKind(s.kind)] for s in rows)) for n, rows in by_day.items()}
    address = {n: reverse("meetings:activity", args=[rows[0].activity_id]) for n, rows in by_day.items()}
    meant = [p for p in plans.plans(actor.scope(P.ACTIVITY_READ), [org_id], today, first.replace(day=length)) if p.open]
    for p in meant:
        said.setdefault(p.day.day, "计划" + "、".join(dict.fromkeys(ACTIVITY_ZH[ActivityKind(k)] for k, _ in p.plan.kinds)))
        address.setdefault(p.day.day, reverse("meetings:plan", args=[p.id]))
    fixed, why = _fixed_day(actor, org_id, today)
    events = {fixed: "主题党日固定日"} | said if fixed else said
    days = [Day(0)] * first.weekday() + [Day(n, n == today.day, events.get(n, ""), address.get(n, "")) for n in range(1, length + 1)]
    plan = [PlanItem(f"{n}日", said[n], address[n]) for n in sorted(said)]
    held = any(s.kind == ActivityKind.THEME_DAY for rows in by_day.values() for s in rows) or any(k == ActivityKind.THEME_DAY for p in meant for k, _ in p.plan.kinds)
    if not held and (fixed >= today.day or why):
        plan.append(PlanItem(f"{fixed}日" if fixed else "另定", "主题党日固定日" + (f"（{why}）" if why else "")))
    return Month(f"{today.month}月", tuple(days), tuple(plan))


def _fixed_day(actor: Actor, org_id: int, today: date) -> tuple[int, str]:
    """Give the day of this month on which the branch holds its theme day (0 without one), and why it was moved."""
    found = plans.theme_day(tree.organisation(actor.sees(), org_id), today.year, today.month)
    if found is None:
        return 0, ""
    return (found.day.day if found.day else 0), found.reason if (found.day or found.fixed) >= today else ""


def _progress(actor: Actor, today: date) -> tuple[Progress, ...]:
    held = next((g for g in actor.grants if P.COMPLIANCE_READ in g.permissions), None)
    if held is None:
        return ()
    answer = meetings.compliance(actor.scope(P.COMPLIANCE_READ), held.org_id, today.year, today)
    sums = derive.totals(answer.years.values())
    ledger = reverse("meetings:ledger") if own_branch(actor) else reverse("overview:county")
    return tuple(
        Progress(ACTIVITY_ZH[ActivityKind(kind)], done, owed, Tone.OK if done == owed else Tone.BAD, ledger) for kind, (owed, done) in sums.kinds.items() if owed
    )
