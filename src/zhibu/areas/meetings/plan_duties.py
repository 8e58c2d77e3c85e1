"""What plans, invitations and requests for leave put on the desk."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from zhibu.ground.duties.duty import Duty, DutyAction, DutyState
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree

from . import leave, plans
from .planning import said_day, said_kinds, said_time
from .plans import PlanView

SOON = 7


def due(actor: Actor, scope: Scope, today: date, listed: Mapping[int, list[PlanView]]) -> list[Duty]:
    """List the plans of the organisations at which the actor records meetings, and the coming meetings of an actor who is a member without office."""
    found: list[Duty] = []
    for org_id, views in listed.items():
        if views:
            found += _office(actor, scope, tree.organisation(scope, org_id), views, today)
    if not listed and actor.person_id is not None and actor.holds(P.OWN_FILE):
        found += _member(actor.person_id, today)
    return found


def _office(actor: Actor, scope: Scope, org: tree.OrgView, listed: Sequence[PlanView], today: date) -> list[Duty]:
    groups = {g.id: g.name for g in tree.groups(scope, org_ids=[org.id])} if any(g for p in listed for _, g in p.plan.kinds) else {}
    asked = leave.waiting(scope, org.id) if actor.may(P.LEAVE_DECIDE, org.path_now) else {}
    hosts = tree.views(p.host_org_id for p in listed if p.host_org_id) if any(p.host_org_id for p in listed) else {}
    found = []
    for p in listed:
        what = said_kinds(p.plan.kinds, groups)
        if p.state == "invited" and p.day >= today:
            host = hosts[p.host_org_id or 0].short_name
            found.append(_duty(p, org, DutyState.SOON, f"{host}请本支部一起开{what}：{said_day(p.day)}", "参加的，各支部自己点名，各记各的台账；不参加写一句原因。", ("look",), "invited"))
        if p.open:
            found.append(_open(p, org, what, today))
        if p.open and p.id in asked:
            why = "准了的，开会点人时已经填好“假”和原因。"
            found.append(_duty(p, org, DutyState.SOON, f"{said_day(p.day)}的会有 {asked[p.id]} 人请假，等您批", why, ("look",), "leave"))
    return found + _host_moved(scope, org, [p for p in listed if p.activity_id and "at" in p.host_said])


def _duty(p: PlanView, org: tree.OrgView, state: DutyState, title: str, why: str, wanted: tuple[str, ...], suffix: str = "plan") -> Duty:
    buttons = {
        "look": DutyAction("打开看", "meetings.plan", (("plan_id", str(p.id)),)),
        "record": DutyAction("开会记录", "meetings.record", (("org", str(org.id)), ("plan", str(p.id)))),
    }
    return Duty(f"meetings:{suffix}:{p.id}", org.id, org.short_name, p.day, state, title, why, "", tuple(buttons[b] for b in wanted))


def _open(p: PlanView, org: tree.OrgView, what: str, today: date) -> Duty:
    if p.day > today:
        state = DutyState.SOON if p.day <= today + timedelta(days=SOON) else DutyState.LATER
        return _duty(p, org, state, f"计划 {said_day(p.day)}开{what}", f"{said_time(p.plan.start, p.plan.end)}，{p.plan.place}。通知可以复制到群里；改期、取消、请假都在里面。", ("look",))
    if p.day == today:
        return _duty(p, org, DutyState.SOON, f"今天开{what}", f"{said_time(p.plan.start, p.plan.end)}，{p.plan.place}。开完点“开会记录”，计划里的都填好了。", ("look", "record"))
    why = "开过了就记，计划里的都填好了；没开的，打开写明原因取消，或改期。"
    return _duty(p, org, DutyState.SOON, f"原定 {said_day(p.day)}的{what}还没有记录", why, ("look", "record"))


def _host_moved(scope: Scope, org: tree.OrgView, joint: list[PlanView]) -> list[Duty]:
    """Ask a guest to look again where the host corrected or voided its record after the guest had made its own."""
    moved = [p for p in joint if p.host_said.get("voided") or p.host_said.get("corrected")]
    made = recorded.moments(scope, [p.activity_id or 0 for p in moved]) if moved else {}
    found = []
    for p in moved:
        own_id, (held_on, recorded_at) = p.activity_id or 0, made[p.activity_id or 0]
        if recorded_at >= datetime.fromisoformat(str(p.host_said["at"])):
            continue
        why = "主办支部说这次会没有开过。" if "voided" in p.host_said else "主办支部后来改过这次会的记录。"
        look = DutyAction("核对", "meetings.activity", (("activity_id", str(own_id)),))
        title = f"{said_day(held_on)}联合开展的会，主办支部{'作废了' if 'voided' in p.host_said else '更正了'}记录"
        found.append(Duty(f"meetings:host:{p.id}", org.id, org.short_name, held_on, DutyState.SOON, title, f"{why}本支部的记录没有动，请核对：不对就更正或作废，对就点“更正”写一句“核对过”。", "", (look,)))
    return found


def _member(person_id: int, today: date) -> list[Duty]:
    own, coming = plans.mine(person_id, today)
    if own is None or not coming:
        return []
    groups = {g.id: g.name for g in tree.groups(own.scope, org_ids=[own.org.id])}
    asked, look = leave.own(person_id), DutyAction("看通知", "person.meetings")
    words = {"asked": "已请假，等书记批。", "approved": "已准假。", "declined": "请假没有准。"}
    return [
        Duty(
            f"meetings:mine:{p.id}", own.org.id, own.org.short_name, p.day, DutyState.INFO, f"{said_day(p.day)} {said_time(p.plan.start, p.plan.end)}，{said_kinds(p.plan.kinds, groups)}",
            (words.get(asked[p.id].state, "") if p.id in asked else "") + f"{p.plan.place}。有事不能来的，会前请假。", "", (look,),
        )
        for p in coming
    ]
