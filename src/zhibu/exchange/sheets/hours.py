"""教育学时 as tables: the branches below an organisation, and every member; in the order of the tree, never ranked."""
from __future__ import annotations

from datetime import date

from zhibu.areas.training import rules
from zhibu.areas.training.queries import MemberYear, OrgYear, as_of, year
from zhibu.exchange.excel import Column, Table, Value
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree.queries import OrgView

from .sheet import day

MEMBERS = ("支部", "姓名", "班子", "会议学时", "培训学时", "转入前的学时", "不计入的自学", "合计学时", "应完成学时", "还差", "达标", "集中培训")
WIDTHS = (30, 10, 8, 10, 10, 12, 12, 10, 12, 8, 8, 20)


def tables(scope: Scope, org: OrgView, wanted: int, today: date) -> list[Table]:
    """Give the hours of a year: of a branch its members, of an organisation above also a table of its branches."""
    found = year(scope, wanted, today, [org.id]) if org.is_branch else year(scope.narrowed(org.path_now), wanted, today)
    sets = dict.fromkeys(name for o in found for name in o.rule_sets)
    notes = (f"规则集：{'、'.join(sets) or '无'}", f"按 {day(as_of(wanted, today))} 的情况制表；学时由会议点人结果和培训登记算出")
    members = Table(
        "党员学时", f"{org.name}{wanted}年教育学时", notes, tuple(Column(h, w) for h, w in zip(MEMBERS, WIDTHS, strict=True)),
        tuple(_member(o, m) for o in found for m in o.members),
    )
    if org.is_branch:
        return [members]
    branches = Table(
        "支部", f"{org.name}{wanted}年教育学时（支部）", notes,
        (Column("支部", 30), Column("党员", 8), Column("达标", 8), Column("达标率", 10), Column("进度不够", 10), Column("全年不够", 10), Column("书记该参加集中培训没参加", 14)),
        tuple((o.org.name, len(o.members), o.reached, o.rate, o.behind, o.short, o.untrained) for o in found),
    )
    return [branches, members]


def _member(o: OrgYear, m: MemberYear) -> tuple[Value, ...]:
    trained = "" if m.central is None else "参加过" if m.central.done else f"{day(m.central.due_on)}前要参加"
    return (
        o.org.name, m.name, "书记" if m.secretary else "是" if m.officer else "", rules.said(m.meetings), rules.said(m.courses), rules.said(m.before), rules.said(m.uncounted), rules.said(m.total),
        rules.said(m.target.tenths), rules.said(m.pace.missing), "是" if m.pace.reached else "否", trained,
    )
