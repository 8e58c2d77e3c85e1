"""What care asks for: visits after events and before festivals, contact persons, answers to proposals, money that was approved. Titles name nobody's trouble."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import cast

from zhibu.ground.duties.duty import Duty, DutyAction, DutyState
from zhibu.ground.guard.actor import Actor, Held
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.resolve import Effective

from . import queries, rules
from .queries import ListedView

LOOK_BACK = timedelta(days=92)  # a festival without visits stays on the desk that long
NAMED = 6                       # names in one line


def due(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    """List what care asks of the actor: in the own branch as who keeps its care, as an office the proposals handed in, below as numbers."""
    found: list[Duty] = []
    inside = [g for g in actor.grants if scope.covers(g.org_path)]
    for held in {g.org_id: g for g in inside if P.CARE_READ in g.permissions}.values():
        reading, conventions = actor.scope(P.CARE_READ), policy.effective(held.org_id, "conventions", today)
        listed = queries.listed(reading, held.org_id, ended=True)
        found += [*_events(reading, held, conventions, today), *_festivals(reading, held, conventions, listed, today), *_contacts(held, listed), *_approved(reading, held)]
    found += _answers(actor)
    for held in {g.org_id: g for g in inside if {P.COMPLIANCE_READ, P.REMIND} <= g.permissions}.values():
        if late := queries.overdue(Scope((held.org_path,)), today):
            title = f"{held.org_name}有 {len(late)} 个支部、{sum(late.values())} 件必访的事过了期限"
            look = DutyAction("看数字", "overview.figures", (("org", str(held.org_id)),))
            found.append(Duty(f"care:{held.org_id}:late", held.org_id, held.org_name, None, DutyState.INFO, title, "这里只有件数，是谁、什么事，只有支部看得到。", "五必访", (look,)))
    return found


def _visit(held: Held, person_id: int | None = None) -> DutyAction:
    more = (("with", str(person_id)),) if person_id is not None else ()
    return DutyAction("记走访", "care.call-new", (("org", str(held.org_id)), *more))


def _look(held: Held, label: str = "打开看") -> DutyAction:
    return DutyAction(label, "care.list", (("org", str(held.org_id)),))


def _events(scope: Scope, held: Held, conventions: Effective, today: date) -> list[Duty]:
    soon, clause = cast(int, conventions.value("conventions.due_soon_days")), conventions.get("conventions.must_visit_days").clause
    found = []
    for e in queries.waiting(scope, held.org_id, today):
        state = DutyState.OVERDUE if e.due_on < today else DutyState.SOON if (e.due_on - today).days <= soon else DutyState.LATER
        why = f"{e.day.month}月{e.day.day}日登记的事，{(e.due_on - e.day).days} 天内去看望。去过了记一笔就行。"
        actions = (_look(held, "看是什么事"), _visit(held, e.person_id))
        found.append(Duty(f"care:event:{e.id}", held.org_id, held.org_name, e.due_on, state, f"去看望{e.name}", why, clause, actions))
    return found


def _festivals(scope: Scope, held: Held, conventions: Effective, listed: Sequence[ListedView], today: date) -> list[Duty]:
    days = conventions.get("conventions.festival_visit_days")
    found = []
    for f in queries.festival_visits(scope, held.org_id, today, today - LOOK_BACK, days=cast(int, days.value), rows=listed):
        if not f.missing:
            continue
        late = f.festival.on < today
        names = "、".join(name for _, name in f.missing[:NAMED]) + ("等" if len(f.missing) > NAMED else "")
        title = f"{f.festival.label}走访{'还有' if not late else '没有去'} {len(f.missing)} 名党员"
        why = f"{f.festival.first.month}月{f.festival.first.day}日至{f.festival.on.month}月{f.festival.on.day}日去看望：{names}。"
        state = DutyState.OVERDUE if late else DutyState.SOON
        key = f"care:feast:{held.org_id}:{f.festival.feast}:{f.festival.on.year}"
        found.append(Duty(key, held.org_id, held.org_name, f.festival.on, state, title, why, days.clause, (_look(held), _visit(held))))
    return found


def _contacts(held: Held, listed: Sequence[ListedView]) -> list[Duty]:
    without = [one.name for one in listed if one.flag == rules.Flag.RETIRED and one.contact_id is None and one.ended_on is None]
    if not without:
        return []
    names = "、".join(without[:NAMED]) + ("等" if len(without) > NAMED else "")
    title = f"给 {len(without)} 名离退休党员定联系人"
    return [Duty(f"care:contact:{held.org_id}", held.org_id, held.org_name, None, DutyState.LATER, title, f"{names}还没有联系人。", "", (_look(held),))]


def _approved(scope: Scope, held: Held) -> list[Duty]:
    found = []
    for r in queries.unpaid(scope, held.org_id):
        open_it = DutyAction("去办", "care.request", (("request_id", str(r.id)),))
        why = f"{r.office_name}批准 {rules.yuan_of(r.amount_fen)} 元。送到后登记支付，再记走访。"
        found.append(Duty(f"care:pay:{r.id}", held.org_id, held.org_name, None, DutyState.SOON, f"给{r.name}的帮扶批准了", why, "", (open_it,)))
    return found


def _answers(actor: Actor) -> list[Duty]:
    if not queries.deciding(actor):
        return []
    found = []
    for r in queries.for_offices(actor, open_only=True):
        if r.maker_id is not None and r.maker_id == actor.account_id:
            continue
        if r.state == rules.State.AUDITED and queries.audited_by(actor, r.auditor_id, r.audited_by):
            look = DutyAction("看申请", "care.answer", (("request_id", str(r.id)),))
            said = "您审核过，研究决定要由另一位同志登记，请转告。"
            found.append(Duty(f"care:answer:{r.id}", r.office_id, r.office_name, None, DutyState.LATER, f"{r.org_name}报来的帮扶申请等登记研究决定", said, "", (look,)))
            continue
        open_it = DutyAction("去答复", "care.answer", (("request_id", str(r.id)),))
        what = "等审核" if r.state == rules.State.SUBMITTED else "已审核，等登记研究决定"
        found.append(Duty(f"care:answer:{r.id}", r.office_id, r.office_name, None, DutyState.SOON, f"{r.org_name}报来一件帮扶申请", f"{what}，{rules.yuan_of(r.amount_fen)} 元。", "", (open_it,)))
    return found

