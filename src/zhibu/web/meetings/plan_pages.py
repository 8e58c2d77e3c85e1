"""Build the pages and forms of planned meetings."""
from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from zhibu.areas.meetings import form as meeting_form
from zhibu.areas.meetings import joint, leave, plans
from zhibu.areas.meetings.planning import GUEST_ZH, LEAVE_ZH, notice_text, said_day, said_kinds, said_time, who_comes
from zhibu.areas.meetings.plans import PlanView
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.notice import queries as channels
from zhibu.ground.tree import queries as tree
from zhibu.kernel.fixed_day import fixed_day
from zhibu.web.shell.context import Button, Callout, Link, Pair, State, Tone

from .ledger_page import short
from .plan_context import GuestLine, LeaveLine, PlanLine, PlanPage, PlansPage

LEAVE_TONE = {"asked": Tone.WAIT, "approved": Tone.OK, "declined": Tone.BAD, "withdrawn": Tone.PLAIN}
GUEST_TONE = {"invited": Tone.WAIT, "accepted": Tone.OK, "declined": Tone.PLAIN, "recorded": Tone.OK}
CHANGED = {"changed": "改动", "cancelled": "取消", "accepted": "答应参加", "declined": "不参加"}


def crumbs(org_id: int, *more: Link) -> tuple[Link, ...]:
    """Give the way to a page about plans."""
    return (Link("组织生活", f"{reverse('meetings:ledger')}?org={org_id}"), Link("计划和通知", f"{reverse('meetings:plans')}?org={org_id}" if more else ""), *more)


def state_of(p: PlanView, today: date) -> State:
    """Give shape and word of a plan."""
    if p.state == "cancelled":
        return State(Tone.PLAIN, "已取消")
    if p.state in ("invited", "declined"):
        return State(Tone.WARN, "等您答复") if p.state == "invited" and p.day >= today else State(Tone.PLAIN, "没有答复" if p.state == "invited" else "不参加")
    if p.activity_id:
        return State(Tone.OK, "已记录")
    return State(Tone.WAIT, "计划") if p.day > today else State(Tone.WARN, "今天" if p.day == today else "还没有记录")


# ---------------------------------------------------------------- the list


def build_list(actor: Actor, org: tree.OrgView, today: date) -> PlansPage:
    """Build the list of an organisation's plans."""
    scope = actor.scope(P.ACTIVITY_READ)
    groups = {g.id: g.name for g in tree.groups(scope, org_ids=[org.id])}
    found = plans.plans(scope, [org.id], today - plans.BACK, date(today.year + 1, 12, 31))
    ahead = [p for p in found if p.open or (p.state == "invited" and p.day >= today)]
    writes = actor.may(P.ACTIVITY_WRITE, org.path_now) and (org.is_branch or org.kind in meeting_form.LEADING)
    return PlansPage(
        "计划和通知", f"{org.name} · 计划不算开过；开完记录了，台账才记", tuple(_line(p, groups, today, writes) for p in ahead),
        tuple(_line(p, groups, today, False) for p in reversed(found) if p not in ahead), crumbs(org.id),
        Link("计划一次会", f"{reverse('meetings:plan-new')}?org={org.id}") if writes else None, theme_day=_theme_day(actor, org, today) if org.is_branch else (),
    )


def _line(p: PlanView, groups: Mapping[int, str], today: date, writes: bool) -> PlanLine:
    url = reverse("meetings:activity", args=[p.activity_id]) if p.activity_id else ""
    buttons = (Button("开会记录", record_url(p)),) if writes and p.open and p.day <= today else (Button("看记录", url),) if url else ()
    when = f"{said_day(p.day)} {said_time(p.plan.start, p.plan.end)}"
    return PlanLine(when, said_kinds(p.plan.kinds, groups), p.plan.place, "；".join(p.plan.topics), state_of(p, today), reverse("meetings:plan", args=[p.id]), buttons)


def record_url(p: PlanView) -> str:
    """Give the address of the record form that begins with a plan."""
    return f"{reverse('meetings:record')}?{urlencode({'org': p.org_id, 'plan': p.id})}"


def _theme_day(actor: Actor, org: tree.OrgView, today: date) -> tuple[Pair, ...]:
    fixed = fixed_day(org.theme_day)
    change = reverse("org:contacts", args=[org.id]) if actor.may(P.ORG_EDIT, org.path_now) else ""
    if fixed is None:
        return (Pair("主题党日固定日", "还没有定，点这里定" if change else "还没有定", url=change),)
    found = plans.next_theme_day(actor.scope(P.ACTIVITY_READ), org, today)
    ahead = Pair("下一次", said_day(found.day) if found.day else "请另定", found.reason) if found else None
    return (Pair("主题党日固定日", fixed.zh, "逢放假自动提出改到哪天，由支部定", change), *((ahead,) if ahead else ()))


# ---------------------------------------------------------------- one plan


def build_plan(actor: Actor, p: PlanView, today: date) -> PlanPage:
    """Build the page of one planned meeting."""
    scope, path = actor.scope(P.ACTIVITY_READ), tree.path_of(p.org_id)
    org = tree.organisation(scope, p.org_id)
    groups = {g.id: g.name for g in tree.groups(scope, org_ids=[p.org_id])}
    host = tree.name_of(p.host_org_id) if p.host_org_id else ""
    writes = actor.may(P.ACTIVITY_WRITE, path)
    what, off = said_kinds(p.plan.kinds, groups), p.state_why if p.state == "cancelled" else ""
    live = p.open or off or (p.state == "invited" and p.day >= today)
    return PlanPage(
        title=f"{said_day(p.day)} {what}", sub=org.name, state=state_of(p, today), facts=facts(p, groups, host),
        notice=notice_text(org.name, p.plan, groups, host, off) if live and p.state != "invited" else "", send=_send(actor, p, path) if live and writes and p.day >= today else None,
        event_url=reverse("channels:event", args=[p.id]) if p.open and p.day >= today else "", crumbs=crumbs(p.org_id, Link(short(p.day))),
        buttons=_buttons(p, today) if writes else (), callouts=_callouts(p, host), leaves=_leaves(actor, p, path) if writes else (), leaves_shown=writes and p.state == "planned",
        leave_add=Link("登记请假", reverse("meetings:leave", args=[p.id])) if writes and p.open and p.day >= today else None,
        guests=tuple(_guest(actor, g) for g in joint.guests(scope, p.id)), changes=tuple(_change(c) for c in plans.changes(scope, p.id)),
    )


def _send(actor: Actor, p: PlanView, path: str) -> Button | None:
    """Give the button that sends the notice to the channels, where the organisation has some."""
    count = channels.takes(Scope((path,)), p.org_id) if p.state != "invited" else 0
    return Button(f"发到 {count} 个通知渠道", reverse("channels:announce", args=[p.id]), "post", fields=(("once", secrets.token_urlsafe(16)),)) if count else None


def facts(p: PlanView, groups: Mapping[int, str], host: str) -> tuple[Pair, ...]:
    """Give the facts of a plan."""
    made = timezone.localtime(p.made_at).date()
    return (
        *((Pair("主办", host, "各支部自己点名，各记各的台账"),) if host else ()), Pair("时间", f"{said_day(p.day)} {said_time(p.plan.start, p.plan.end)}", p.plan.moved_why),
        Pair("地点", p.plan.place), Pair("议题", "；".join(p.plan.topics)), *((Pair("请带", p.plan.bring),) if p.plan.bring else ()),
        Pair("参加", who_comes(p.plan.kinds, groups)), Pair("谁定的", f"{p.made_by}，{short(made)}"),
        *((Pair("记录", "打开这次会的记录", url=reverse("meetings:activity", args=[p.activity_id])),) if p.activity_id else ()),
    )


def _callouts(p: PlanView, host: str) -> tuple[Callout, ...]:
    if p.state in ("cancelled", "declined"):
        return (Callout(f"{'已经取消' if p.state == 'cancelled' else '本支部不参加'}：{p.state_why}"),)
    if "voided" in p.host_said:
        return (Callout(f"{host}作废了自己的记录，说这次会没有开过。本支部记过的，请核对后自己作废。", Tone.WARN),)
    if "place" in p.host_said and not p.activity_id:
        return (Callout(f"{host}已经记好，时间、地点、议题都会带过来；本支部点名，写本支部的。", Tone.OK),)
    return ()


def _buttons(p: PlanView, today: date) -> tuple[Button, ...]:
    def to(label: str, name: str, style: str = "") -> Button:
        return Button(label, reverse(f"meetings:{name}", args=[p.id]), style=style)

    if p.host_org_id and p.state in ("invited", "declined") and p.day >= today:
        return (to("答复邀请", "plan-answer", "pri"),)
    if not p.open:
        return ()
    record = (Button("开会记录", record_url(p), style="pri"),) if p.day <= today else ()
    joined = all(k in joint.TOGETHER for k, _ in p.plan.kinds)
    own = (to("取消", "plan-cancel"), *((to("邀请别的支部", "plan-guests"),) if joined else ()), to("改", "plan-change"))
    return (*(own if p.host_org_id is None else (to("改答复", "plan-answer"),)), *record)


def _leaves(actor: Actor, p: PlanView, path: str) -> tuple[LeaveLine, ...]:
    decides = actor.may(P.LEAVE_DECIDE, path)
    return tuple(
        LeaveLine(
            one.name, one.reason, f"{one.asked_by + '代登记' if one.on_behalf else '本人'}，{short(timezone.localtime(one.asked_at).date())}",
            State(LEAVE_TONE[one.state], LEAVE_ZH[one.state] + (f"：{one.decided_why}" if one.decided_why else "")),
            reverse("meetings:leave-decide", args=[one.id]) if decides and one.state == "asked" and one.person_id != actor.person_id else "",
        )
        for one in leave.leaves(actor.scope(P.ACTIVITY_READ), p.id)
    )


def _guest(actor: Actor, g: joint.GuestView) -> GuestLine:
    counts = f"应到 {g.expected}，实到 {g.present}" if g.state == "recorded" else ""
    may = g.state == "accepted" and actor.may(P.ACTIVITY_WRITE, g.org_path)
    url = f"{reverse('meetings:record')}?{urlencode({'org': g.org_id, 'plan': g.plan_id})}" if may else ""
    return GuestLine(g.name, State(GUEST_TONE[g.state], GUEST_ZH[g.state]), counts, url)


def _change(c: plans.ChangeView) -> Pair:
    at = timezone.localtime(c.at)
    return Pair(f"{at.month}月{at.day}日", f"{c.by}{CHANGED[c.what]}" + (f"：{c.reason}" if c.reason else ""), f"原来：{c.before}" if c.before else "")
