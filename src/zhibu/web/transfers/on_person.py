"""What a member's page says about transfers and being away."""
from __future__ import annotations

from datetime import date

from django.urls import reverse

from zhibu.areas.transfers import floating, queries, wishes
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.kernel.dates import show
from zhibu.web.person.section import Section


def section(actor: Actor, person_id: int, today: date) -> Section | None:
    """Show transfers, floating records and certificates: to the person himself, and to the sides that have to do with them."""
    own = actor.person_id == person_id and actor.holds(P.OWN_FILE)
    scope = Scope(queries.reach(actor).paths, frozenset(), person_id if own else None)
    if scope.empty and not own:
        return None
    moves, records, stays = queries.of_person(scope, person_id), floating.of_person(scope, person_id), floating.stays(scope, person_id=person_id)
    rows = [(show(t.applied_on), "组织关系转接", f"{t.from_name}转到{t.to_name}" + (f"，介绍信第{t.letter_no}号" if t.letter_no else ""), t.state_title) for t in moves]
    rows += [(show(w.asked_on), "本人申请转出", f"转到{w.target}" + (f"；支部答复：{w.answer}" if w.answer else ""), w.state_title) for w in wishes.of_person(scope, person_id)]
    rows += [(show(r.from_on), "流动登记", f"{r.place}，{r.purpose_title}，联系人{r.contact or '没有指定'}", f"{show(r.ended_on)}{r.ended_why}" if r.ended_on else "在外") for r in records]
    rows += [(show(s.from_on), "党员证明信", f"{s.place}，到{show(s.to_on)}", "已返回" if s.ended_on else "在外") for s in stays]
    if not rows:
        return None
    office = not queries.reach(actor).empty
    link = reverse("transfers:list") if office else reverse("person:transfer") if own else ""
    return Section("transfers", "组织关系和流动", (), ("日期", "事项", "内容", "情况"), tuple(rows), "在途的仍算原支部的党员。" if any(t.is_open for t in moves) else "", link, "组织关系" if office else "转组织关系" if link else "")
