"""全县一张图 as a table: one row per unit, what was due and done of each kind, and the sum. No points, no ranks: the order is that of the tree."""
from __future__ import annotations

from zhibu.areas.meetings.queries import Compliance
from zhibu.exchange.excel import Column, Table, Value
from zhibu.ground.duties import derive
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind

from .sheet import day


def county(answer: Compliance) -> Table:
    """Give the year of every unit directly under an organisation, and the sum of all."""
    everything = derive.totals(answer.of(answer.in_order()))
    kinds = [k for k in ActivityKind if k in everything.kinds]
    rows = [(row.unit.name, row.branches, derive.totals(answer.of(row.units))) for row in answer.rows()]
    sets = dict.fromkeys(c.rule.rule_set.title for own in answer.years.values() for line in own.lines for c in line.cells)
    pairs = tuple(Column(f"{ACTIVITY_ZH[k]}{word}", 11) for k in kinds for word in ("应完成", "已完成"))
    return Table(
        "完成情况", f"{answer.root.name}{answer.year}年组织生活完成情况", (f"规则集：{'、'.join(sets) or '无'}", f"按 {day(answer.as_of)} 的情况制表"),
        (Column("单位", 32), Column("支部数", 8), *pairs, Column("合计应完成", 11), Column("合计已完成", 11), Column("完成率", 10)),
        (
            *(_row(name, branches, sums, kinds, answer.rate_by) for name, branches, sums in rows),
            _row("合计", sum(branches for _, branches, _ in rows), everything, kinds, answer.rate_by),
        ),
    )


def _row(name: str, branches: int, sums: derive.Totals, kinds: list[ActivityKind], rate_by: str) -> tuple[Value, ...]:
    pairs = tuple(n for k in kinds for n in sums.kinds.get(k, (0, 0)))
    return (name, branches, *pairs, sums.due, sums.fulfilled, sums.shown(rate_by))
