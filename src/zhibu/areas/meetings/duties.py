"""What organisational life still asks for, derived from the ledger of this year (and of the last one, until its gaps are old news)."""
from __future__ import annotations

from datetime import date, timedelta

from zhibu.ground.duties import derive
from zhibu.ground.duties.duty import Duty, DutyAction, DutyState
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.process import queries as process
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.kernel.judge import Slot
from zhibu.kernel.periods import KIND_ZH, WindowKind

from . import queries
from .procedures import EXCUSE

LOOK_BACK = timedelta(days=92)  # gaps of last year stay on the desk for a quarter, in the ledger for ever


def due(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    """List the windows that are missing, incomplete, closing or open at the actor's own branch; for offices above one line per organisation."""
    found: list[Duty] = []
    for held in {g.org_id: g for g in actor.grants if P.COMPLIANCE_READ in g.permissions and scope.covers(g.org_path)}.values():
        org = tree.organisation(scope, held.org_id)
        if org.is_branch:
            found += _branch(actor, scope, org, today)
        else:
            found += _above(scope, org, today)
    return found + _drafts(actor, scope)


def _branch(actor: Actor, scope: Scope, org: tree.OrgView, today: date) -> list[Duty]:
    found: list[Duty] = []
    asked = {c.subject_type for c in process.open_cases(scope, org_ids=[org.id], kinds=[EXCUSE.code])}
    for year in (today.year - 1, today.year):
        if year < today.year and date(year, 12, 31) < today - LOOK_BACK:
            continue
        answer = queries.compliance(scope, org.id, year, today)
        own = answer.years.get(org.id)
        soon = int(queries.convention(org.id, today).value("conventions.due_soon_days"))  # type: ignore[call-overload]
        for line in own.lines if own else ():
            for cell in line.cells:
                duty = _cell(actor, org, line, cell, today, soon, answer.closing_days, asked)
                if duty is not None and (year == today.year or cell.window.last >= today - LOOK_BACK):
                    found.append(duty)
    return found



def _cell(
    actor: Actor, org: tree.OrgView, line: derive.Line, cell: derive.Cell, today: date, soon: int, closing: int, asked: set[str]
) -> Duty | None:
    rule = cell.rule.value
    name = ACTIVITY_ZH[ActivityKind(line.kind)] + (f"（{line.group_name}）" if line.group_name else "")
    often = KIND_ZH[WindowKind(rule.window)]  # type: ignore[union-attr]
    clause = cell.rule.clause
    args = (("org", str(org.id)), ("kind", line.kind), ("group", str(line.group_id or "")))
    last = min(cell.window.last, today)
    record = DutyAction("补记" if cell.window.last < today else "开会记录", "meetings.record", (*args, ("date", str(last))))
    missed = DutyAction("没开", "meetings.excuse", (*args, ("window", cell.window.code)))
    look = DutyAction("看是哪条", "meetings.ledger", (("org", str(org.id)), ("year", str(cell.window.last.year)), ("why", f"{line.kind}|{line.group_id or ''}|{cell.window.code}")))
    key = f"meetings:{org.id}:{line.kind}:{line.group_id or 0}:{cell.window.code}"
    writes, may_ask = actor.may(P.ACTIVITY_WRITE, org.path_now), actor.may(P.EXCUSE_REQUEST, org.path_now)
    short = cell.window.label

    def duty(state: DutyState, on: date, title: str, why: str, actions: tuple[DutyAction, ...]) -> Duty:
        return Duty(key, org.id, org.short_name, on, state, title, why, clause, actions if writes else (look,))

    if cell.slot == Slot.MISSING:
        if f"{line.kind}:{line.group_id or 0}:{cell.window.code}" in asked:
            return duty(DutyState.INFO, cell.window.last, f"{short}{name}申请了免，等上级答复", "同意后这一格标“免”，现在不用再办。", (look,))
        return duty(
            DutyState.OVERDUE, cell.window.last, f"{short}{name}还没有记录", f"{name}{often}至少 {cell.due} 次，已有 {cell.fulfilled} 次。开过了就补记，会标“补记”；没开就点“没开”，写明原因。",
            (missed, record) if may_ask else (record,),
        )
    if cell.slot == Slot.INCOMPLETE:
        return duty(DutyState.OVERDUE, cell.window.last, f"{short}{name}缺材料", "会开了，记录材料不全，这一格还不算完成。打开那条记录点“更正”，把缺的补上；没有的写“无”。", (look,))
    if cell.slot == Slot.CLOSING:
        until = cell.window.last + timedelta(days=closing)
        return duty(DutyState.SOON, until, f"{short}{name}刚过期限", f"{until.month}月{until.day}日前记好，还算按期。", (missed, record) if may_ask else (record,))
    minimum = int(rule.minimum or 0)  # type: ignore[union-attr]
    if cell.slot == Slot.RUNNING and cell.complete < minimum:
        near = (cell.window.last - today).days <= soon
        wide = rule.window != "month"  # type: ignore[union-attr]
        if not near and wide and (cell.window.last - today).days > 45:
            return None
        return duty(
            DutyState.SOON if near else DutyState.LATER, cell.window.last, f"{short}{name}，还差 {minimum - cell.complete} 次",
            f"{cell.window.last.month}月{cell.window.last.day}日前开就行。开完点一次人、写两句话，台账自动记。", (record,),
        )
    return None


def _above(scope: Scope, org: tree.OrgView, today: date) -> list[Duty]:
    answer = queries.compliance(scope, org.id, today.year, today)
    behind, windows = 0, 0
    for year in answer.years.values():
        missing = sum(cell.slot in (Slot.MISSING, Slot.INCOMPLETE) for line in year.lines for cell in line.cells)
        behind, windows = behind + (missing > 0), windows + missing
    if not behind:
        return []
    look = DutyAction("看是哪些", "overview.county", (("org", str(org.id)), ("only", "missing")))
    return [
        Duty(
            f"meetings:{org.id}:behind", org.id, org.short_name, None, DutyState.INFO, f"{org.short_name}有 {behind} 个支部、{windows} 项没开或材料不全",
            "按支部看是哪一项、为什么，需要时提醒。同一事项 7 天内只提醒一次。", "", (look,),
        )
    ]


def _drafts(actor: Actor, scope: Scope) -> list[Duty]:
    mine = actor.scope(P.ACTIVITY_WRITE)
    offices = {g.org_id: g.org_name for g in actor.grants if P.ACTIVITY_WRITE in g.permissions}
    return [
        Duty(
            f"meetings:draft:{d.org_id}:{d.key}", d.org_id, offices[d.org_id], None, DutyState.LATER, f"有一次会写了一半：{d.title or '没写题目'}",
            f"{d.saved_by} {d.saved_on.month}月{d.saved_on.day}日放着的{'，' + d.why if d.why else ''}。台账还没有记。", "",
            (DutyAction("接着写", "meetings.record", (("org", str(d.org_id)), ("draft", d.key))),),
        )
        for d in queries.drafts(mine)
        if d.org_id in offices
    ]
