"""The part of a member's page about study hours: to the person himself, and to those who may read the branch's hours."""
from __future__ import annotations

from datetime import date

from zhibu.areas.training import queries, rules
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree.queries import NotFound
from zhibu.web.person.section import Section

from .pages import central, day, state, to


def section(actor: Actor, person_id: int, today: date) -> Section | None:
    """Show the hours of this year with every source."""
    reads = actor.holds(P.TRAINING_READ)
    try:
        if actor.person_id == person_id:
            found = queries.own(person_id, today.year, today)
        else:
            found = queries.person(actor.scope(P.TRAINING_READ), person_id, today.year, today) if reads else None
    except NotFound:
        found = None
    if found is None:
        return None
    m = found.member
    lines = [f"{today.year}年 {rules.said(m.total)} 学时，{m.target.said}：{state(m).word}。"]
    if (c := central(m)) is not None:
        lines.append(f"集中培训：{c.word}。")
    rows = tuple(
        (day(s.on), rules.KIND_ZH[s.kind], s.title, rules.said(s.tenths) + ("" if s.counts else "（不计）"), s.proof + (f"（{s.clause}）" if s.clause else "")) for s in found.sources if not s.ended_why
    ) + tuple((day(n.day), rules.NOTE_ZH[n.kind], n.title, "不折学时", "") for n in found.notes)
    link = to("person", person_id) if reads and actor.may(P.TRAINING_READ, found.org.path_now) else ""
    return Section(
        "hours", "教育学时", tuple(lines), ("日期", "怎么学的", "内容", "学时", "凭什么"), rows, "学时由会议点人结果和培训登记算出，不看上网时间。漏了、错了请告诉支部书记。", link, "看往年" if link else "",
    )
