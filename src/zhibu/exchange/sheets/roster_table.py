"""党员花名册 as a workbook: the 16 national items and the place in the branch, as the importer reads them again (ux.md §3).

Numbers are masked by what of the birthday stands in the same row (trust.md §3.4), unless they were asked for in full with a purpose."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from zhibu.areas.roster.rules import STANDING_ZH
from zhibu.exchange.excel import Column, Day, Precision, Table, Value
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import Search
from zhibu.ground.people.sheets import MemberSheet, sheets
from zhibu.ground.tree import queries as tree
from zhibu.kernel import identity

from .around import rule_sets
from .sheet import day

COLUMNS = (
    Column("序号", 6), Column("所在党支部", 28), Column("党小组", 12), Column("姓名", 10), Column("性别", 6), Column("民族", 9), Column("公民身份证号", 21), Column("出生日期", 12),
    Column("学历", 12), Column("人员类别", 11), Column("加入党组织日期", 15), Column("转为正式党员日期", 17), Column("党内职务", 16), Column("工作岗位", 16), Column("联系电话", 15),
    Column("家庭住址", 26), Column("党籍状态", 12), Column("是否失联", 14), Column("是否流动", 14), Column("备注", 20),
)
_PART = 500
NOTHING = "无"  # an empty 党小组 would be read as the one above


def person_ids(scope: Scope, org: tree.OrgView, on: date) -> list[int]:
    """List the members of an organisation and everything below it on a day, in the order of the roster."""
    found: list[int] = []
    while True:
        rows, total = people.members(scope, on, Search(org_path=org.path), offset=len(found), limit=_PART)
        found += [r.person_id for r in rows]
        if len(found) >= total or not rows:
            return found


def roster_table(scope: Scope, org: tree.OrgView, on: date, numbers: Mapping[int, tuple[str, str]] | None = None) -> Table:
    """Give the roster of today. numbers: person -> (ID number, phone) in full, as people.reveal_branch gave them for a purpose."""
    ids = person_ids(scope, org, on)
    known = sheets(scope, ids)
    branches = {o.id: o.name for o in tree.organisations(scope, on, under=org.path)}
    here = sorted({s.org_id for s in known.values()})
    names = {g.id: g.name for g in tree.groups(scope, on, org_ids=here)}
    placed = {p: (names.get(g, ""), leads) for g, members in people.places(scope, on, here).items() for p, leads in members}
    posts: dict[int, list[str]] = {}
    for post in people.posts(scope, on, org_ids=here):
        posts.setdefault(post.person_id, []).append(post.title)
    rows = tuple(
        _row(n, known[p], branches.get(known[p].org_id, ""), *placed.get(p, ("", False)), posts.get(p, []), numbers)
        for n, p in enumerate((p for p in ids if p in known), 1)
    )
    said = "身份证号和电话为完整号码，请妥善保管" if numbers is not None else "身份证号和电话没有写全，这一份不能再导入"
    return Table("花名册", f"{org.name}党员花名册", (f"规则集：{'、'.join(rule_sets(org.id, on)) or '无'}", f"按 {day(on)} 的情况制表，{said}"), COLUMNS, rows)


def _row(
    number: int, s: MemberSheet, branch: str, group: str, leads: bool, posts: list[str], numbers: Mapping[int, tuple[str, str]] | None
) -> tuple[Value, ...]:
    if numbers is None:
        id_no = identity.mask_id(s.id_no, s.birth_precision if s.birth_on else "none") if s.id_no else ""  # type: ignore[arg-type]
        phone = identity.mask_phone(s.phone) if s.phone else ""
    else:
        id_no, phone = numbers.get(s.person_id, ("", ""))
    status = STANDING_ZH["suspended"] if s.standing == "suspended" else {"on_probation": "正常（留党察看）", "rights_suspended": "正常（权利中止）"}.get(s.rights, "正常")
    return (
        number, branch, group or NOTHING, s.name, s.gender, s.ethnicity, id_no, _day(s.birth_on, s.birth_precision), s.education,
        STANDING_ZH.get(s.last_standing or s.standing, ""), _day(s.joined_on, s.joined_precision), _day(s.full_on, s.full_precision),
        "、".join([*posts, *(["党小组长"] if leads else [])]), s.job, phone, s.address, status,
        f"{day(s.lost_contact_on)}起" if s.lost_contact_on else "否", s.floating_to or "否", s.remark,
    )


def _day(on: date | None, precision: str) -> Day | None:
    return Day(on, Precision(precision)) if on else None
