"""三项经费 and 阵地 as tables, in the order of the tree."""
from __future__ import annotations

from datetime import date

from zhibu.areas.resources import queries, rules
from zhibu.exchange.excel import Column, Table, Value
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree.queries import OrgView

from .sheet import day

FUNDS = (("党组织", 26), ("经费", 22), ("怎么算的", 40), ("应安排（元）", 14), ("已安排（元）", 14), ("已支付（元）", 14), ("缺口（元）", 14), ("文件", 20))
PLACES = (("党组织", 26), ("场所", 24), ("是谁的", 10), ("地址", 30), ("面积（平方米）", 12), ("标准（平方米）", 12), ("达标", 8), ("合用", 8), ("设施", 12), ("缺什么", 30), ("检查日期", 14))


def funds(scope: Scope, org: OrgView, year: int, today: date) -> Table:
    """Give the funds of a year with their sum. Amounts are texts with two decimals: nothing in a cell is calculated."""
    found = queries.funds(scope.narrowed(org.path_now), year, today)
    sets = dict.fromkeys(f.rule_set for f in found if f.rule_set)
    rows: list[tuple[Value, ...]] = [
        (f.org.name, rules.FUND_ZH[f.fund], f.need.said if f.need else "规则集没有定标准", rules.yuan(f.required), rules.yuan(f.appropriated), rules.yuan(f.paid), rules.yuan(f.gap), f.document)
        for f in found
    ]
    if found:
        sums = (sum(f.required for f in found), sum(f.appropriated for f in found), sum(f.paid for f in found), sum(f.gap for f in found))
        rows.append(("合计", "", "", *(rules.yuan(n) for n in sums), ""))
    return Table(
        "三项经费", f"{org.name}{year}年三项经费", (f"规则集：{'、'.join(sets) or '无'}", f"按 {day(queries.as_of(year, today))} 的情况制表"), tuple(Column(h, w) for h, w in FUNDS), tuple(rows)
    )


def places(scope: Scope, org: OrgView, today: date) -> Table:
    """Give the places of an organisation and all below it."""
    inside = scope.narrowed(org.path_now)
    found = queries.places(inside, today)
    village, community = queries.shares(inside, found)
    rows = tuple(
        (
            p.org.name, p.name, rules.PLACE_ZH[p.kind], p.address, str(p.area), str(p.standing.standard or ""), "是" if p.standing.meets else "否", "是" if p.shared else "",
            f"{len(p.items) - len(p.standing.missing)} / {len(p.items)}" if p.standing.checked else "没检查", "、".join(rules.ITEM_ZH[i] for i in p.standing.missing) if p.standing.checked else "",
            day(p.check.day) if p.check else "",
        )
        for p in found
    )
    said = f"村达标 {village.meeting} / {village.owed}，{village.rate}；社区达标 {community.meeting} / {community.owed}，{community.rate}"
    return Table("阵地", f"{org.name}活动场所", (said, f"按 {day(today)} 的情况制表"), tuple(Column(h, w) for h, w in PLACES), rows)
