"""What talks ask for: a talk after an event, the coverage of a year as it ends, contacts not yet talked with. Derived; titles name nobody's trouble."""
from __future__ import annotations

from datetime import date, timedelta
from typing import cast

from zhibu.ground.duties.duty import Duty, DutyAction, DutyState
from zhibu.ground.guard.actor import Actor, Held
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.resolve import Effective, Resolved
from zhibu.ground.policy.spec import LifeRule
from zhibu.kernel.periods import Window, window_of

from . import queries
from .rules import asked

LOOK_BACK = timedelta(days=92)  # a gap of last year or quarter stays on the desk that long, in the numbers for ever
FAR_DAYS = 45                   # a year enters the desk this long before it ends
CONTACT_DAYS = 30               # … a quarter of contact talks this long


def due(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    """List what talks ask of the actor: in the own branch as who keeps its talks, below as numbers, for a member the own contacts."""
    found: list[Duty] = []
    inside = [g for g in actor.grants if scope.covers(g.org_path)]
    for held in {g.org_id: g for g in inside if P.TALK_READ in g.permissions}.values():
        rules = policy.effective_each(held.org_id, ("conventions", "life", "contact_talk"), today)
        found += [*_events(actor, held, rules["conventions"], today), *_coverage(actor, held, rules["life"].life().get("talk"), today)]
        found += _contacts(held, queries.as_contact_rule(rules["contact_talk"]), today)
    for held in {g.org_id: g for g in inside if {P.COMPLIANCE_READ, P.REMIND} <= g.permissions}.values():
        found += _above(Scope((held.org_path,)), held.org_id, held.org_name, today)
    if not any(P.TALK_WRITE in g.permissions for g in inside):
        found += _mine(actor, today)
    return found


def _events(actor: Actor, held: Held, conventions: Effective, today: date) -> list[Duty]:
    soon, clause = cast(int, conventions.value("conventions.due_soon_days")), conventions.get("conventions.must_talk_days").clause
    found = []
    for e in queries.waiting(actor.scope(P.TALK_READ), held.org_id, today):
        late = e.due_on < today
        state = DutyState.OVERDUE if late else DutyState.SOON if (e.due_on - today).days <= soon else DutyState.LATER
        why = f"{e.day.month}月{e.day.day}日登记的事，{(e.due_on - e.day).days} 天内谈。谈了记一笔，内容只有谈话的两位和书记看得到。"
        record = DutyAction("记谈话", "talks.new", (("org", str(held.org_id)), ("with", str(e.person_id)), ("event", str(e.id))))
        look = DutyAction("看是什么事", "talks.list", (("org", str(held.org_id)),))
        found.append(Duty(f"talks:event:{e.id}", held.org_id, held.org_name, e.due_on, state, f"和{e.name}谈一次心", why, clause, (look, record)))
    return found


def _coverage(actor: Actor, held: Held, now: Resolved | None, today: date) -> list[Duty]:
    years = [(today.year, now)] if (date(today.year, 12, 31) - today).days <= FAR_DAYS else []
    if date(today.year - 1, 12, 31) >= today - LOOK_BACK:
        years.append((today.year - 1, queries.talk_rule(held.org_id, date(today.year - 1, 12, 31))))
    found = []
    for year, rule in years:
        relations = asked(cast(LifeRule, rule.value) if rule else None)[0]
        if rule is None or not relations:
            continue
        y, shares = queries.year_in_numbers(actor.scope(P.TALK_READ), held.org_id, year, today, rule)
        if not shares.violation:
            continue
        last = date(year, 12, 31)
        parts = []
        if "committee_pair" in relations and y.pairs:
            parts.append(f"班子成员之间还有 {len(y.pairs)} 对")
        if "committee_member" in relations and y.ordinary:
            parts.append(f"班子还没谈到的党员 {len(y.ordinary)} 名")
        if "member_member" in relations and y.members:
            parts.append(f"没和别的党员谈过的 {len(y.members)} 名")
        title = f"{year}年谈心谈话{'没有谈遍' if last < today else '还没有谈遍'}"
        look = DutyAction("看还差谁", "talks.list", (("org", str(held.org_id)), ("year", str(year))))
        state = DutyState.OVERDUE if last < today else DutyState.SOON
        found.append(Duty(f"talks:year:{held.org_id}:{year}", held.org_id, held.org_name, last, state, title, "，".join(parts) + "。", rule.clause, (look,)))
    return found


def _windows(kind: str, today: date) -> list[Window]:
    running = window_of(kind, today)
    before = window_of(kind, running.first - timedelta(days=1))
    return [w for w in (before, running) if w.last >= today - LOOK_BACK and (w.last < today or (w.last - today).days <= CONTACT_DAYS)]


def _contacts(held: Held, rule: queries.ContactRule | None, today: date) -> list[Duty]:
    found = []
    for window in _windows(rule.window, today) if rule else ():
        assert rule is not None
        w = queries.contact_window(Scope((held.org_path,)), held.org_id, window, rule.least)
        if not w.missing:
            continue
        state = DutyState.OVERDUE if window.last < today else DutyState.SOON
        title = f"{window.label}还有 {len(w.missing)} 名联系对象没有谈话"
        look = DutyAction("看是谁", "talks.contacts", (("org", str(held.org_id)),))
        why = f"应谈 {w.due} 名，谈了 {w.done} 名。党员谈过的点一下“谈过了”，不用写内容。"
        found.append(Duty(f"talks:contacts:{held.org_id}:{window.code}", held.org_id, held.org_name, window.last, state, title, why, rule.source.clause, (look,)))
    return found


def _mine(actor: Actor, today: date) -> list[Duty]:
    """Remind a member without an office of the own contacts of the running window."""
    scope = queries.own(actor)
    if scope.person_id is None:
        return []
    kept = queries.contacts_of(scope, scope.person_id)
    found = []
    for org_id in dict.fromkeys(c.org_id for c in kept):
        rule = queries.contact_rule(org_id, today)
        window = window_of(rule.window, today) if rule else None
        if rule is None or window is None or (window.last - today).days > CONTACT_DAYS:
            continue
        w = queries.contact_window(scope, org_id, window, rule.least, member_id=scope.person_id)
        if w.missing:
            names = "、".join(c.name for c in kept if c.id in w.missing)
            look = DutyAction("谈过了", "talks.mine")
            found.append(Duty(f"talks:mine:{org_id}:{window.code}", org_id, "", window.last, DutyState.SOON, f"{window.label}和联系对象谈一次话", f"还没有谈的：{names}。", rule.source.clause, (look,)))
    return found


def _above(scope: Scope, org_id: int, name: str, today: date) -> list[Duty]:
    late = queries.overdue(scope, today)
    if not late:
        return []
    look = DutyAction("看数字", "overview.figures", (("org", str(org_id)),))
    title = f"{name}有 {len(late)} 个支部、{sum(late.values())} 件必谈的事过了期限"
    return [Duty(f"talks:{org_id}:late", org_id, name, None, DutyState.INFO, title, "这里只有件数，是谁、什么事，只有支部看得到。", "五必谈", (look,))]

