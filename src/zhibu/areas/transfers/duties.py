"""What transfers and members away put on the desk: letters to issue, to accept, about to expire, expired (V09); contacts due; who is away too long.

Whoever has the next step gets it; whoever stands further above gets one line with the number. Nothing here changes a membership.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from zhibu.ground.duties.duty import Duty, DutyAction, DutyState
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import Marked
from zhibu.ground.process import queries as process
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.dates import show
from zhibu.kernel.periods import add_months

from . import away, floating, queries, rules, wishes
from .floating import FloatingView, StayView
from .queries import TransferView
from .rules import Kind, Move, Owner, State
from .standards import Standards, standards_now
from .wishes import WishView

NAMED = 4
#: the step that carries a transfer on, by state
NEXT: dict[State, tuple[Move, ...]] = {
    State.APPLIED: (Move.CHECK,), State.CHECKED: (Move.ISSUE, Move.RECEIVE), State.IN_TRANSIT: (Move.RECEIVE,), State.RETURNED: (Move.REISSUE, Move.CHECK),
    State.RECEIVED: (Move.RECEIPT, Move.FILE), State.RECEIPTED: (Move.CLOSE,),
}


def due(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    """List the duties about transfers and members away; the number of statements does not depend on how many there are."""
    held = {g.org_id: g.org_path for g in actor.grants if g.org_id and (P.TRANSFER_REQUEST in g.permissions or P.TRANSFER_DECIDE in g.permissions) and scope.covers(g.org_path)}
    if not held:
        return []
    found: list[Duty] = []
    everything, orgs = queries.unfinished_at(Scope(tuple(held.values())), held)
    for org in orgs:
        at = standards_now(org.path_now, today)
        found += [d for t in everything if (d := _of_transfer(t, org, at, today)) is not None]
        if org.is_branch:
            found += _of_branch(Scope((org.path_now,)), org, at, today)
        else:
            found += _of_many(Scope((org.path_now,)), org, everything, at, today)
    return found


def _duty(key: str, org: OrgView, on: date | None, state: DutyState, title: str, why: str, clause: str, *actions: DutyAction) -> Duty:
    return Duty(f"transfers:{key}", org.id, org.short_name, on, state, title, why, clause, actions)


def _of_transfer(t: TransferView, org: OrgView, at: Standards, today: date) -> Duty | None:
    """Give what one transfer asks of one organisation: the next step if it is the organisation's, else the letter that ends for its own member."""
    look = DutyAction("去办", "transfers.transfer", (("transfer_id", str(t.id)),))
    kind, state, left = Kind(t.kind), State(t.state), t.left(today)
    sides = {Owner.OUT_BRANCH: t.from_id, Owner.OUT_COMMITTEE: t.from_committee_id, Owner.IN_BRANCH: t.to_id, Owner.IN_COMMITTEE: t.to_committee_id}
    for move in NEXT.get(state, ()):
        if rules.follows(kind, state, move) is not None and sides[rules.owner(kind, state, move)] == org.id:
            return _step(t, org, move, at, today, look)
    if left is None or org.id not in (t.from_id, t.from_committee_id):
        return None
    if left < 0:
        title = f"{t.name}的介绍信{show(t.valid_until)}已经到期，对方还没有接收"
        return _duty(f"expired:{t.id}", org, t.valid_until, DutyState.OVERDUE, title, f"转往{t.to_name}。没有重开以前不能再凭它接收；接收以前仍由本支部管理。", at.terms.clauses["letter"], look)
    if left <= at.terms.expiring_days:
        said = "今天到期" if left == 0 else f"还有 {left} 天到期"
        return _duty(f"expiring:{t.id}", org, t.valid_until, DutyState.SOON, f"{t.name}的介绍信{said}", f"转往{t.to_name}，请提醒本人尽快报到。", at.terms.clauses["letter"], look)
    return None


def _step(t: TransferView, org: OrgView, move: Move, at: Standards, today: date, look: DutyAction) -> Duty:
    letter = at.terms.clauses["letter"]
    if move is Move.RECEIVE and t.valid_until is not None:
        if t.expired(today):
            title = f"{t.name}的介绍信{show(t.valid_until)}已经到期，没有接收"
            return _duty(f"receive:{t.id}", org, t.valid_until, DutyState.OVERDUE, title, f"从{t.from_name}转来。过期的信不能接收，请对方党委重开。", letter, look)
        return _duty(f"receive:{t.id}", org, t.valid_until, DutyState.SOON, f"{t.name}要转来，等接收", f"从{t.from_name}转来，介绍信到{show(t.valid_until)}有效。无故不能不接收；不接收的写明理由退回。", letter, look)
    if move in (Move.RECEIPT, Move.FILE):
        until = add_months(t.received_on or today, at.terms.receipt_months)
        state = DutyState.OVERDUE if until < today else DutyState.SOON
        title = f"{t.name}已经接收，请发回执" if move is Move.RECEIPT else f"{t.name}在党委内转到{t.to_name}，请备案"
        return _duty(f"{move.value}:{t.id}", org, until, state, title, "点一下就办好。", at.terms.clauses["receipt"], look)
    words = {
        Move.CHECK: (f"{t.name}申请转出，请核对", "核对党费交到哪个月、有没有没办结的事。"), Move.ISSUE: (f"{t.name}要转往{t.to_name}，请开介绍信", "支部已经核对过。"),
        Move.RECEIVE: (f"{t.name}要从{t.from_name}转来，等接收", "党委内直接转，接收后报党委备案。"), Move.REISSUE: (f"{t.name}的介绍信被退回，请重开或撤销", "退回的理由在里面。"),
        Move.CLOSE: (f"{t.name}的回执到了，请办结", "回执贴在存根上。"),
    }
    title, why = words[move]
    return _duty(f"{move.value}:{t.id}", org, None, DutyState.SOON, title, why, "", look)


def _names(names: Sequence[str]) -> str:
    return "、".join(names[:NAMED]) + (f"等 {len(names)} 人" if len(names) > NAMED else "")


def _of_branch(scope: Scope, org: OrgView, at: Standards, today: date) -> list[Duty]:
    records = floating.running(scope, [org.id])
    stays, marked = floating.stays(scope, org_ids=[org.id]), people.marked(scope, [org.id])
    cases = {c.subject_id for c in process.open_cases(scope, kinds=("transfers.suspend", "transfers.restore"))} if any(m.lost_contact_on and m.standing != "suspended" for m in marked) else set()
    asked = [_wish(w, org) for w in wishes.waiting(scope, [org.id])]
    return [*asked, *_contacts(org, records, at, today), *_away(org, records, stays, floating.unregistered(marked, records), at, today), *_lost(org, marked, cases, at, today)]


def _wish(w: WishView, org: OrgView) -> Duty:
    who = (("person_id", str(w.person_id)),)
    return _duty(
        f"wish:{w.id}", org, None, DutyState.SOON, f"{w.name}自己申请转出，请接办", f"{show(w.asked_on)}申请，转到“{w.target}”" + (f"，因为{w.reason}" if w.reason else "") + "。不能转的写明理由，本人看得到。", "",
        DutyAction("接办", "transfers.start", who), DutyAction("不同意", "transfers.decline", (("wish_id", str(w.id)),)),
    )


def _contacts(org: OrgView, records: Sequence[FloatingView], at: Standards, today: date) -> list[Duty]:
    found, look = [], DutyAction("去记", "transfers.floating")
    ours = [r for r in records if r.direction == away.Direction.OUT]
    for abroad, words, clause in ((False, "流动党员", "contact"), (True, "出国（境）党员", "abroad")):
        some = [r for r in ours if (r.purpose in away.ABROAD) == abroad]
        late = [(r, window) for r in some if (window := r.late(at.terms, today)) is not None]
        now = [r for r in some if r.late(at.terms, today) is None and r.contact_due(at.terms, today) is not None]
        if late:
            window = late[0][1]
            found.append(_duty(
                f"contact-late:{org.id}:{clause}", org, window.last, DutyState.OVERDUE, f"{window.label}没有联系{words}：{_names([r.name for r, _ in late])}",
                "联系过的补记日期；没有联系的，尽快联系。", at.terms.clauses[clause], look,
            ))
        if now:
            until = now[0].contact_due(at.terms, today)
            found.append(_duty(
                f"contact:{org.id}:{clause}", org, until, DutyState.SOON if until is not None and (until - today).days <= 7 else DutyState.LATER,
                f"联系{words}：{_names([r.name for r in now])}", "由联系人打个电话，记下日期就行。", at.terms.clauses[clause], look,
            ))
    return found


def _away(org: OrgView, records: Sequence[FloatingView], stays: Sequence[StayView], unregistered: Sequence[Marked], at: Standards, today: date) -> list[Duty]:
    found, look = [], DutyAction("打开看", "transfers.floating")
    ours = [r for r in records if r.direction == away.Direction.OUT]
    late = [(flag, r.name) for r in ours if (flag := r.flagged_from(at.terms)) is not None and flag <= today]
    late += [(flag, s.name) for s in stays if (flag := add_months(s.from_on, at.terms.transfer_months)) <= today]
    if late:
        late.sort()
        found.append(_duty(
            f"away:{org.id}", org, late[0][0], DutyState.OVERDUE, f"外出满 {at.terms.transfer_months} 个月还没有转组织关系：{_names([n for _, n in late])}",
            "在一个地方固定下来的，帮他转到当地；四处流动、没有固定地点的，在登记里改成“没有固定地点”。", at.terms.clauses["transfer"], look,
        ))
    over = [s for s in stays if s.to_on < today and add_months(s.from_on, at.terms.transfer_months) > today]
    if over:
        found.append(_duty(
            f"stay:{org.id}", org, over[0].to_on, DutyState.SOON, f"党员证明信到期：{_names([s.name for s in over])}", "回来了就点“已回来”；还要在外面的，登记流动党员或转组织关系。",
            at.terms.clauses["leave"], look,
        ))
    if unregistered:
        found.append(_duty(
            f"unregistered:{org.id}", org, None, DutyState.SOON, f"名册上写了外出流向、还没有登记流动党员：{_names([m.name for m in unregistered])}",
            "登记去了哪里、谁联系；已经回来的，在名册上去掉外出流向。", "", look,
        ))
    return found


def _lost(org: OrgView, marked: Sequence[Marked], asked: set[int], at: Standards, today: date) -> list[Duty]:
    found = []
    for m in marked:
        who = (("person_id", str(m.person_id)),)
        if m.standing == "suspended":
            from_on = away.removal_from(m.since, at.terms.removal_years)
            if m.lost_contact_on is not None and from_on <= today:
                found.append(_duty(
                    f"removal:{m.person_id}", org, None, DutyState.SOON, f"{m.name}停止党籍满 {at.terms.removal_years} 年仍没有联系上，请支部研究",
                    "要不要除名，由支部党员大会讨论、上级党组织审批；系统不会改他的党籍。联系上的，报恢复党籍。", at.terms.clauses["removal"],
                    DutyAction("报恢复党籍", "transfers.restore", who),
                ))
        elif m.lost_contact_on is not None and m.person_id not in asked:
            from_on = away.suspend_from(m.lost_contact_on, at.terms.lost_months)
            if from_on <= today:
                found.append(_duty(
                    f"lost:{m.person_id}", org, None, DutyState.SOON, f"{m.name}失去联系满 {at.terms.lost_months} 个月", "继续查找；仍找不到的，写明经过报上级停止党籍。",
                    at.terms.clauses["lost"], DutyAction("报停止党籍", "transfers.suspend", who),
                ))
            else:
                found.append(_duty(
                    f"search:{m.person_id}", org, from_on, DutyState.LATER, f"{m.name}{show(m.lost_contact_on)}起失去联系，请继续查找", f"满 {at.terms.lost_months} 个月仍找不到的，再报上级。",
                    at.terms.clauses["lost"],
                ))
    return found


def _of_many(scope: Scope, org: OrgView, everything: Sequence[TransferView], at: Standards, today: date) -> list[Duty]:
    """Give the numbers of V09 to an office above."""
    late = [t for t in everything if t.expired(today) and org.id not in (t.from_committee_id, t.to_committee_id) and (scope.covers(t.from_path) or scope.covers(t.to_path))]
    found = []
    if late:
        found.append(_duty(
            f"expired-many:{org.id}", org, None, DutyState.INFO, f"下面有 {len(late)} 封介绍信过期没有接收", "由开信的党委重开，已经提醒。", at.terms.clauses["letter"],
            DutyAction("打开看", "transfers.list", (("tab", "expiring"),)),
        ))
    if flagged := floating.flagged_count(scope, today, at.terms.transfer_months):
        found.append(_duty(
            f"away-many:{org.id}", org, None, DutyState.INFO, f"下面有 {flagged} 名党员外出满 {at.terms.transfer_months} 个月还没有转组织关系", "由所在支部办，已经提醒。",
            at.terms.clauses["transfer"], DutyAction("打开看", "transfers.floating"),
        ))
    return found
