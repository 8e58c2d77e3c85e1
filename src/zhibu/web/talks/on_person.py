"""The part of a member's page about talks: day and pair, nothing of what was said; the parties open their own."""
from __future__ import annotations

from datetime import date

from django.urls import reverse

from zhibu.areas.talks import queries
from zhibu.areas.talks.rules import RELATION_ZH, Relation
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.kernel.dates import show
from zhibu.web.person.section import Section

MOST = 20


def section(actor: Actor, person_id: int, today: date) -> Section | None:
    """Show the member's talks to himself and to whoever reads the branch's ledger; contacts to himself and to his branch."""
    mine = actor.person_id == person_id and queries.own(actor).person_id is not None
    if not mine and not actor.holds(P.ACTIVITY_READ):
        return None
    held = queries.talks_of(queries.own(actor) if mine else actor.scope(P.ACTIVITY_READ), person_id, MOST)
    kept = queries.contacts_of(queries.own(actor) if mine else actor.scope(P.TALK_WRITE), person_id)
    lines = [f"最近 {len(held)} 次谈话。" if held else "还没有记过谈话。"]
    if kept:
        lines.append(f"联系对象 {len(kept)} 人：{'、'.join(c.name for c in kept)}。")
    rows = tuple((show(t.day), t.pair, RELATION_ZH[Relation(t.relation)]) for t in held)
    link, said = (reverse("talks:mine"), "看内容、记联系对象") if mine else ("", "")
    return Section("talks", "谈心谈话", tuple(lines), ("日期", "谁和谁", "关系") if rows else (), rows, "谈了什么只有谈话的两位和书记看得到。", link, said)
