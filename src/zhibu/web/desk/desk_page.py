"""Build the desk from duties, cases, notices and the year so far."""
from __future__ import annotations

import calendar
from datetime import date
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

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
from zhibu.web.shell.frame import own_branch

from .context import Day, DeskPage, DeskSection, Month, PlanItem, Progress, Task

WEEKDAYS = "一二三四五六日"
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
        word = _said(duty.due_on) if duty.due_on else "提醒"
    buttons = tuple(Button(a.label, address(a), style="sec" if duty.state == DutyState.OVERDUE and i == len(duty.actions) - 1 else "") for i, a in enumerate(duty.actions))
    title = f"{duty.org_name}：{duty.title}" if several else duty.title
    return Task(State(TONES[duty.state], word), title, duty.why + (f"（{duty.clause}）" if duty.clause else ""), buttons)


def build(actor: Actor, today: date) -> DeskPage:
    """Build the desk of an actor."""
    scope = actor.sees()
    duties = due(actor, scope, today) if not scope.empty else []
    several = len({d.org_id for d in duties}) > 1 and own_branch(actor) is None
    sections: list[DeskSection] = []
    reminders = notices.unseen(actor.scope(P.EXCUSE_REQUEST)) if own_branch(actor) else []
    if reminders:
        tasks = tuple(
            Task(State(Tone.WARN, _said(timezone.localtime(n.at).date())), n.text, f"{n.sent_from}{n.sent_by} 发来", (Button("知道了", reverse("notice-seen", args=[n.id]), "post"),))
            for n in reminders
        )
        sections.append(DeskSection("上级提醒", f"{len(tasks)} 条", tasks))
    for title, states, unit in (("先办这些" , (DutyState.OVERDUE,), "件过了时间"), ("近期", (DutyState.SOON,), "件"), ("以后", (DutyState.LATER,), "件"), ("知道就行", (DutyState.INFO,), "件")):
        chosen = [d for d in duties if d.state in states]
        if chosen:
            shown = tuple(_task(d, today, several) for d in chosen[:12])
            sections.append(DeskSection("先办这一件" if title == "先办这些" and len(chosen) == 1 else title, f"{len(chosen)} {unit}" + ("，先列 12 件" if len(chosen) > 12 else ""), shown))
    todo = sum(d.state in (DutyState.OVERDUE, DutyState.SOON, DutyState.LATER) for d in duties)
    branch = own_branch(actor)
    called = f"{actor.name[0]}书记" if any(g.role == "branch_secretary" for g in actor.grants) else actor.name
    return DeskPage(
        greeting=f"{called}，还有 {todo} 件事" if todo else f"{called}，现在没有要办的事", day=f"{_said(today)} 星期{WEEKDAYS[today.weekday()]}", sections=tuple(sections),
        record=Link("开会记录", f"{reverse('meetings:record')}?org={branch}") if branch and actor.holds(P.ACTIVITY_WRITE) else None,
        month=_month(actor, branch, today) if branch and actor.holds(P.ACTIVITY_READ) else None, progress=_progress(actor, today),
    )


def _month(actor: Actor, org_id: int, today: date) -> Month:
    first = today.replace(day=1)
    length = calendar.monthrange(today.year, today.month)[1]
    held = recorded.slots(actor.scope(P.ACTIVITY_READ), org_id, first, first.replace(day=length))
    by_day: dict[int, list[recorded.SlotLine]] = {}
    for slot in held:
        by_day.setdefault(slot.held_on.day, []).append(slot)
    org = tree.organisation(actor.sees(), org_id)
    fixed = int(org.theme_day) if org.theme_day.isdigit() else 0
    days = [Day(0) for _ in range(first.weekday())]
    for n in range(1, length + 1):
        names = "、".join(dict.fromkeys(ACTIVITY_ZH[ActivityKind(s.kind)] for s in by_day.get(n, ())))
        event = names or ("主题党日固定日" if n == fixed else "")
        days.append(Day(n, n == today.day, event, reverse("meetings:activity", args=[by_day[n][0].activity_id]) if n in by_day else ""))
    plan = [PlanItem(f"{n}日", "、".join(dict.fromkeys(ACTIVITY_ZH[ActivityKind(s.kind)] for s in rows)), reverse("meetings:activity", args=[rows[0].activity_id])) for n, rows in sorted(by_day.items())]
    if fixed and fixed >= today.day and not any(s.kind == "theme_day" for s in held):
        plan.append(PlanItem(f"{fixed}日", "主题党日固定日"))
    return Month(f"{today.month}月", tuple(days), tuple(plan))


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
