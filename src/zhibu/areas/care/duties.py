"""What care asks for: visits after events and before festivals, contact persons, answers to proposals, money that was approved. Titles name nobody's trouble."""
from __future__ import annotations

from datetime import date, timedelta
from typing import cast

from zhibu.ground.duties.duty import Duty, DutyAction, DutyState
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy import queries as policy
from zhibu.ground.tree import queries as tree

from . import queries, rules

LOOK_BACK = timedelta(days=92)  # a festival without visits stays on the desk that long
NAMED = 6                       # names in one line


def due(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    """List what care asks of the actor: in the own branch as who keeps its care, as an office the proposals handed in, below as numbers."""
    found: list[Duty] = []
    for held in {g.org_id: g for g in actor.grants if scope.covers(g.org_path)}.values():
        if actor.may(P.CARE_READ, held.org_path):
            org = tree.organisation(scope, held.org_id)
            if org.is_branch:
                found += [*_events(actor, org, today), *_festivals(actor, org, today), *_contacts(actor, org), *_approved(actor, org)]
    found += _answers(actor)
    for held in {g.org_id: g for g in actor.grants if {P.COMPLIANCE_READ, P.REMIND} <= g.permissions and scope.covers(g.org_path)}.values():
        late = queries.overdue(Scope((held.org_path,)), today)
        if late:
            title = f"{held.org_name}有 {len(late)} 个支部、{sum(late.values())} 件必访的事过了期限"
            look = DutyAction("看数字", "overview.figures", (("org", str(held.org_id)),))
            found.append(Duty(f"care:{held.org_id}:late", held.org_id, held.org_name, None, DutyState.INFO, title, "这里只有件数，是谁、什么事，只有支部看得到。", "五必访", (look,)))
    return found


def _visit(org: tree.OrgView, person_id: int | None = None) -> DutyAction:
    more = (("with", str(person_id)),) if person_id is not None else ()
    return DutyAction("记走访", "care.call-new", (("org", str(org.id)), *more))


def _look(org: tree.OrgView, label: str = "打开看") -> DutyAction:
    return DutyAction(label, "care.list", (("org", str(org.id)),))


def _events(actor: Actor, org: tree.OrgView, today: date) -> list[Duty]:
    found: list[Duty] = []
    waiting = queries.waiting(actor.scope(P.CARE_READ), org.id, today)
    if not waiting:
        return found
    conventions = policy.effective(org.id, "conventions", today)
    soon, clause = cast(int, conventions.value("conventions.due_soon_days")), conventions.get("conventions.must_visit_days").clause
    for e in waiting:
        state = DutyState.OVERDUE if e.due_on < today else DutyState.SOON if (e.due_on - today).days <= soon else DutyState.LATER
        why = f"{e.day.month}月{e.day.day}日登记的事，{(e.due_on - e.day).days} 天内去看望。去过了记一笔就行。"
        found.append(Duty(f"care:event:{e.id}", org.id, org.short_name, e.due_on, state, f"去看望{e.name}", why, clause, (_look(org, "看是什么事"), _visit(org, e.person_id))))
    return found


def _festivals(actor: Actor, org: tree.OrgView, today: date) -> list[Duty]:
    found = []
    for f in queries.festival_visits(actor.scope(P.CARE_READ), org.id, today, today - LOOK_BACK):
        if not f.missing:
            continue
        late = f.festival.on < today
        names = "、".join(name for _, name in f.missing[:NAMED]) + ("等" if len(f.missing) > NAMED else "")
        title = f"{f.festival.label}走访{'还有' if not late else '没有去'} {len(f.missing)} 名党员"
        why = f"{f.festival.first.month}月{f.festival.first.day}日至{f.festival.on.month}月{f.festival.on.day}日去看望：{names}。"
        state = DutyState.OVERDUE if late else DutyState.SOON
        key = f"care:feast:{org.id}:{f.festival.feast}:{f.festival.on.year}"
        found.append(Duty(key, org.id, org.short_name, f.festival.on, state, title, why, "节日走访", (_look(org), _visit(org))))
    return found


def _contacts(actor: Actor, org: tree.OrgView) -> list[Duty]:
    without = [one.name for one in queries.listed(actor.scope(P.CARE_READ), org.id) if one.flag == rules.Flag.RETIRED and one.contact_id is None]
    if not without:
        return []
    names = "、".join(without[:NAMED]) + ("等" if len(without) > NAMED else "")
    return [Duty(f"care:contact:{org.id}", org.id, org.short_name, None, DutyState.LATER, f"给 {len(without)} 名离退休党员定联系人", f"{names}还没有联系人。", "", (_look(org),))]


def _approved(actor: Actor, org: tree.OrgView) -> list[Duty]:
    found = []
    for r in queries.of_branch(actor.scope(P.CARE_READ), org.id):
        if r.state == rules.State.APPROVED and r.paid_on is None:
            open_it = DutyAction("去办", "care.request", (("request_id", str(r.id)),))
            why = f"{r.office_name}批准 {rules.yuan_of(r.amount_fen)} 元。送到后登记支付，再记走访。"
            found.append(Duty(f"care:pay:{r.id}", org.id, org.short_name, None, DutyState.SOON, f"给{r.name}的帮扶批准了", why, "", (open_it,)))
    return found


def _answers(actor: Actor) -> list[Duty]:
    if not queries.deciding(actor):
        return []
    found = []
    for r in queries.for_offices(actor, open_only=True):
        if r.maker_id is not None and r.maker_id == actor.account_id:
            continue
        open_it = DutyAction("去答复", "care.answer", (("request_id", str(r.id)),))
        what = "等审核" if r.state == rules.State.SUBMITTED else "已审核，等登记研究决定"
        found.append(Duty(f"care:answer:{r.id}", r.office_id, r.office_name, None, DutyState.SOON, f"{r.org_name}报来一件帮扶申请", f"{what}，{rules.yuan_of(r.amount_fen)} 元。", "", (open_it,)))
    return found

