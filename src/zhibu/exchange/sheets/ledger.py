"""年度台账 of a branch as a workbook: the meetings as the importer reads them again, and the requirements × months."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

from zhibu.areas.meetings import queries
from zhibu.exchange.excel import Column, Day, Table, Value
from zhibu.ground.duties import derive
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy.spec import LifeRule
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, RECORD_ZH, ActivityKind, records_of
from zhibu.kernel.judge import SLOT_ZH, Slot
from zhibu.kernel.periods import KIND_ZH, WindowKind

from .sheet import day

MEETINGS = (
    Column("序号", 6), Column("党组织", 28), Column("日期"), Column("会议类型"), Column("主题", 40), Column("主持人"), Column("应到", 7), Column("实到", 7),
    Column("记录材料", 40), Column("地点", 20), Column("记录人"),
)
YEAR = (Column("要求", 22), Column("频次"), *(Column(f"{m}月", 9) for m in range(1, 13)), Column("完成", 9))


def ledger(scope: Scope, org: tree.OrgView, year: int, as_of: date) -> tuple[Table, Table]:
    """Give the two worksheets of a branch's year as of a day: every meeting that counts, a row per kind, and what the rules ask for."""
    first, last = date(year, 1, 1), min(as_of, date(year, 12, 31))
    slots = recorded.slots(scope, org.id, first, last)
    of_year = year_table(scope, org, year, as_of)
    entries = {a.id: a for a in recorded.activities(scope, org.id, first, last)}
    meetings = tuple(_meeting(n, org.name, s, entries[s.activity_id]) for n, s in enumerate(slots, 1))
    return (
        Table("会议台账", f"{org.name}{year}年会议台账", of_year.notes, MEETINGS, meetings),
        of_year,
    )


def year_table(scope: Scope, org: tree.OrgView, year: int, as_of: date) -> Table:
    """Give what the rules ask of a branch, month by month, and what was held."""
    answer = queries.compliance(scope, org.id, year, as_of)
    own = answer.years.get(org.id)
    lines = own.lines if own else ()
    slots = recorded.slots(scope, org.id, date(year, 1, 1), min(as_of, date(year, 12, 31)))
    sets = tuple(dict.fromkeys(c.rule.rule_set.title for line in lines for c in line.cells))
    notes = (f"规则集：{'、'.join(sets) or '无'}", f"按 {day(as_of)} 的情况制表")
    return Table("年度完成情况", f"{org.name}{year}年完成情况", notes, YEAR, tuple(_line(line, slots) for line in lines))


def _meeting(number: int, org: str, s: recorded.SlotLine, v: recorded.ActivityLine) -> tuple[Value, ...]:
    records = "、".join(RECORD_ZH[r] for r in records_of(s.records))
    return (
        number, org, Day(s.held_on), ACTIVITY_ZH[ActivityKind(s.kind)], v.title, v.chair, v.expected_count, v.present_count, records, v.place, v.recorder,
    )


def _line(line: derive.Line, slots: Sequence[recorded.SlotLine]) -> tuple[Value, ...]:
    months: list[list[str]] = [[] for _ in range(12)]
    for s in slots:
        if (s.kind, s.group_id) == (line.kind, line.group_id):
            months[s.held_on.month - 1].append(f"{s.held_on.day}日")
    for cell in line.cells:
        if cell.slot not in (Slot.MET, Slot.NOT_DUE, Slot.FUTURE):
            months[cell.window.last.month - 1].append(SLOT_ZH[cell.slot])
    rule = cast(LifeRule, line.cells[-1].rule.value)
    often = f"{KIND_ZH[WindowKind(rule.window)]} {rule.minimum} 次" if rule.minimum else "按期"
    due, fulfilled = sum(c.due for c in line.cells), sum(c.fulfilled for c in line.cells)
    return (line.title, often, *("、".join(m) for m in months), f"完成 {fulfilled}，应完成 {due}")
