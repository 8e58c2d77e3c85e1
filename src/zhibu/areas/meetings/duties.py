"""What organisational life still asks for, derived from the ledger of this year (and of the last one, until its gaps are old news)."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from zhibu.ground.duties import derive
from zhibu.ground.duties.duty import Duty, DutyAction, DutyState
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy.spec import LifeRule
from zhibu.ground.process import queries as process
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.kernel.judge import Slot
from zhibu.kernel.periods import KIND_ZH, WindowKind

from . import form, plan_duties, plans, queries
from .procedures import EXCUSE

LOOK_BACK = timedelta(days=92)  # gaps of last year stay on the desk for a quarter, in the ledger for ever
FAR_DAYS = 45  # quarters and years enter the desk this long before they end


def due(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    """List the windows that are missing, incomplete, closing or open at the actor's own branch; for offices above one line per organisation."""
    found: list[Duty] = []
    listed = plans.of_offices(actor, scope, today)
    for held in {g.org_id: g for g in actor.grants if P.COMPLIANCE_READ in g.permissions and scope.covers(g.org_path)}.values():
        org = tree.organisation(scope, held.org_id)
        if org.is_branch:
            found += _branch(actor, scope, org, today, plans.days_ahead(listed.get(org.id, ()), today))
        else:
            found += _above(scope, org, today)
    return found + plan_duties.due(actor, scope, today, listed) + _drafts(actor, scope)


def _branch(actor: Actor, scope: Scope, org: tree.OrgView, today: date, ahead: Mapping[tuple[str, int | None], tuple[date, ...]]) -> list[Duty]:
    found: list[Duty] = []
    asked = frozenset(c.subject_type for c in process.open_cases(scope, org_ids=[org.id], kinds=[EXCUSE.code]))
    for year in (today.year - 1, today.year):
        if year < today.year and date(year, 12, 31) < today - LOOK_BACK:
            continue
        answer = queries.compliance(scope, org.id, year, today)
        own = answer.years.get(org.id)
        soon = cast(int, queries.convention(org.id, today).value("conventions.due_soon_days"))
        at = _At(actor, org, today, soon, answer.closing_days, asked, ahead)
        for line in own.lines if own else ():
            for cell in line.cells:
                duty = _cell(at, line, cell)
                if duty is not None and (year == today.year or cell.window.last >= today - LOOK_BACK):
                    found.append(duty)
    return found


@dataclass(frozen=True, slots=True)
class _At:
    """Where and when a cell is looked at. asked: windows for which 免 was asked and not answered yet."""

    actor: Actor
    org: tree.OrgView
    today: date
    soon: int
    closing: int
    asked: frozenset[str]
    ahead: Mapping[tuple[str, int | None], tuple[date, ...]]  # days on which a meeting of the kind is planned


def _cell(at: _At, line: derive.Line, cell: derive.Cell) -> Duty | None:
    """Say what one window still asks for; None when nothing, or not yet."""
    said = _sentence(at, line, cell)
    if said is None:
        return None
    state, on, title, why, wanted = said
    buttons = _buttons(at, line, cell)
    name = (cell.window.short if cell.window.year == at.today.year and cell.window.kind != WindowKind.YEAR else cell.window.label) + line.title
    actions = [buttons[b] for b in wanted if b in buttons] or [buttons["look"]]
    key = f"meetings:{at.org.id}:{line.kind}:{line.group_id or 0}:{cell.window.code}"
    return Duty(key, at.org.id, at.org.short_name, on, state, name + title, why, cell.rule.clause, tuple(actions))


def _buttons(at: _At, line: derive.Line, cell: derive.Cell) -> dict[str, DutyAction]:
    org, window = at.org, cell.window
    args = (("org", str(org.id)), ("kind", line.kind), ("group", str(line.group_id or "")))
    ledger = (("org", str(org.id)), ("year", str(window.last.year)), ("why", f"{line.kind}|{line.group_id or ''}|{window.code}"))
    found = {"look": DutyAction("看是哪条", "meetings.ledger", ledger)}
    if at.actor.may(P.ACTIVITY_WRITE, org.path_now):
        label = "补记" if window.last < at.today else "开会记录"
        found["record"] = DutyAction(label, "meetings.record", (*args, ("date", str(min(window.last, at.today)))))
    if at.actor.may(P.EXCUSE_REQUEST, org.path_now):
        found["missed"] = DutyAction("没开", "meetings.excuse", (*args, ("window", window.code)))
    return found


_Said = tuple[DutyState, date, str, str, tuple[str, ...]]


def _sentence(at: _At, line: derive.Line, cell: derive.Cell) -> _Said | None:
    rule, last = cast(LifeRule, cell.rule.value), cell.window.last
    if cell.slot == Slot.MISSING:
        if f"{line.kind}:{line.group_id or 0}:{cell.window.code}" in at.asked:
            return DutyState.INFO, last, "申请了免，等上级答复", "同意后这一格标“免”，现在不用再办。", ("look",)
        often = f"{ACTIVITY_ZH[ActivityKind(line.kind)]}{KIND_ZH[WindowKind(rule.window)]}至少 {cell.due} 次，已有 {cell.fulfilled} 次。"
        return DutyState.OVERDUE, last, "还没有记录", f"{often}开过了就补记，会标“补记”；没开就点“没开”，写明原因。", ("missed", "record")
    if cell.slot == Slot.INCOMPLETE:
        why = "会开了，记录材料不全，这一格还不算完成。打开那条记录点“更正”，把缺的补上；没有的写“无”。"
        return DutyState.OVERDUE, last, "缺材料", why, ("look",)
    if cell.slot == Slot.CLOSING:
        until = last + timedelta(days=at.closing)
        lacking = "有一条记录材料不全，补齐才算。" if cell.held > cell.complete else ""
        return DutyState.SOON, until, "刚过期限", f"{lacking}{until.month}月{until.day}日前记好，还算按期。", ("look",) if lacking else ("missed", "record")
    planned = sum(cell.window.covers(day) for day in at.ahead.get((line.kind, line.group_id), ()))
    return _running(at, rule, cell, planned) if cell.slot == Slot.RUNNING else None


def _running(at: _At, rule: LifeRule, cell: derive.Cell, planned: int) -> _Said | None:
    last, left = cell.window.last, (cell.window.last - at.today).days
    lacking = (rule.minimum or 0) - cell.complete - (planned if cell.held == cell.complete else 0)  # what is planned has a line of its own
    if lacking <= 0 or (rule.window != WindowKind.MONTH and left > FAR_DAYS):
        return None
    state = DutyState.SOON if left <= at.soon else DutyState.LATER
    if cell.held > cell.complete:
        return state, last, "缺材料", "会开了，记录材料不全。打开那条记录点“更正”，把缺的补上；没有的写“无”。", ("look",)
    return state, last, f"，还差 {lacking} 次", f"{last.month}月{last.day}日前开就行。开完点一次人、写两句话，台账自动记。", ("record",)


def _above(scope: Scope, org: tree.OrgView, today: date) -> list[Duty]:
    answer = queries.compliance(scope, org.id, today.year, today)
    overdue = derive.matters(answer.years.values(), derive.OVERDUE)
    behind, windows = len({m.org_id for m in overdue}), len(overdue)
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
        for d in form.drafts(mine)
        if d.org_id in offices
    ]
