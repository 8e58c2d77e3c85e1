"""What is due about study hours: who is behind on 30 September, who was short at the end of the year (V11), secretaries without central training.

Whoever keeps a branch's hours gets the branch's lines; whoever arranges training above gets one line with the number of branches. Hours are not added
up before the check day, nor on the desk of an office over very many branches: it is told where they stand.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from zhibu.ground.duties.duty import Duty, DutyAction, DutyState
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope, collapse
from zhibu.ground.policy.spread import spread
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView

from . import committees, rules
from .queries import MemberYear, OrgYear, as_of, year

NAMED = 3
AFTER = 3      # months of the new year in which the year before is still spoken of
SOON = timedelta(days=60)
ADDED_UP = 60  # branches whose hours a desk adds up: a township's, not a county's


def due(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    """List the duties about study hours; the number of statements does not depend on the number of branches."""
    held = actor.scope(Permission.TRAINING_WRITE)
    reach = Scope(collapse(p for path in held.paths for p in scope.narrowed(path).paths))
    if reach.empty:
        return []
    own = {g.org_id for g in actor.grants if Permission.TRAINING_WRITE in g.permissions}
    found: list[Duty] = []
    years = [today.year, *([today.year - 1] if today.month <= AFTER else [])]
    many = sum(o.is_branch for o in tree.organisations(reach, today)) > ADDED_UP
    found += [duty for org in tree.views(own).values() if reach.covers(org.path_now) for duty in _committee(reach, org, today)]
    for wanted in years:
        lines = year(reach, wanted, today, hours=False if many else None)
        for one in year(reach, wanted, today, own, hours=None) if many else lines:
            if one.org.id in own:
                found += _own(one, wanted, today)
        found += _many([one for one in lines if one.org.id not in own], wanted, today, added=not many)
    return found


def _committee(scope: Scope, org: OrgView, today: date) -> list[Duty]:
    """List what the committee itself has not done: a window that ended, or one that ends soon."""
    found = []
    for a in committees.owed(scope, org, today):
        over = a.window.last < today
        if a.missing and (over or a.window.last - today <= SOON):
            said = "学习教育还没有检查" if a.doing == committees.Doing.CHECK else "主要领导还没有讲党课或作形势报告"
            found.append(Duty(
                f"training:committee:{a.doing}:{org.id}:{a.window.code}", org.id, org.name, a.window.last, DutyState.OVERDUE if over else DutyState.SOON, f"{a.window.label}{said}",
                "办了的登记一下：哪天、谁、什么题目或检查了哪些支部", a.clause, (DutyAction("登记", "training.committee-new", (("org", str(org.id)), ("doing", a.doing))),),
            ))
    return found


def _own(one: OrgYear, wanted: int, today: date) -> list[Duty]:
    found, here = [], (("org", str(one.org.id)), ("year", str(wanted)))
    look = DutyAction("看学时", "training.list", here)
    clause = one.members[0].target.clause if one.members else ""
    if behind := [m for m in one.members if m.pace.behind]:
        found.append(Duty(
            f"training:pace:{one.org.id}:{wanted}", one.org.id, one.org.name, date(wanted, 12, 31), DutyState.SOON, f"{len(behind)} 名党员学时进度不够",
            f"{_names(behind)}。到年底还可以上党课、参加培训补上", clause, (look,),
        ))
    if short := [m for m in one.members if m.pace.short]:
        found.append(Duty(
            f"training:short:{one.org.id}:{wanted}", one.org.id, one.org.name, date(wanted, 12, 31), DutyState.OVERDUE, f"{wanted}年有 {len(short)} 名党员学时不够",
            f"{_names(short)}。参加过没登记的，可以补登记", clause, (look,),
        ))
    for m in one.members:
        if m.central is None or m.central.done or not m.central.clause or (m.central.due_on.year != wanted and not m.central.new):
            continue
        waits = m.central.due_on - today > SOON
        if m.central.overdue or not waits:
            state = DutyState.OVERDUE if m.central.overdue else DutyState.SOON
            found.append(Duty(
                f"training:central:{m.org_id}:{m.person_id}:{wanted}", one.org.id, one.org.name, m.central.due_on, state, f"{m.name}书记还没有参加集中培训",
                f"{m.central.said}。参加了的，登记时写明结业证存哪里", m.central.clause, (DutyAction("登记培训", "training.record-new", (("org", str(one.org.id)),)),),
            ))
    return found


def _names(members: Sequence[MemberYear]) -> str:
    said = "、".join(f"{m.name}还差 {rules.said(m.pace.missing)} 学时" for m in members[:NAMED])
    return said + (f"，等 {len(members)} 人" if len(members) > NAMED else "")


def _many(lines: Sequence[OrgYear], wanted: int, today: date, added: bool) -> list[Duty]:
    found = []
    if not added and any(today >= rules.pace_day(rule, wanted) for rule in spread({o.org.id: o.org.path for o in lines}, "education", as_of(wanted, today)).values()):
        found.append(Duty(
            f"training:many:look:{wanted}", lines[0].org.id, "", None, DutyState.INFO, f"看看{wanted}年的学时进度", f"{len(lines)} 个支部，打开就按支部列出来", "",
            (DutyAction("看各支部", "training.list", (("year", str(wanted)), ("show", "pace"))),),
        ))
    for what, said, hit, state in (
        ("pace", "个支部有党员学时进度不够", [o for o in lines if added and o.behind], DutyState.LATER),
        ("short", f"个支部{wanted}年有党员学时不够", [o for o in lines if added and o.short], DutyState.OVERDUE),
        ("central", "个支部的书记该参加集中培训，还没有参加", [o for o in lines if _late(o, today)], DutyState.LATER),
    ):
        if hit:
            names = "、".join(o.org.short_name for o in hit[:NAMED]) + ("等" if len(hit) > NAMED else "")
            found.append(Duty(
                f"training:many:{what}:{wanted}", hit[0].org.id, "", None, state, f"{len(hit)} {said}", names, "",
                (DutyAction("看是哪些", "training.list", (("year", str(wanted)), ("show", what))),),
            ))
    return found


def _late(one: OrgYear, today: date) -> bool:
    return any(m.central is not None and not m.central.done and m.central.due_on - today <= SOON for m in one.members)
