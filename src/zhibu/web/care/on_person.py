"""The part of a member's page about care: to the member himself and to whoever keeps the branch's care, to nobody else."""
from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.urls import reverse

from zhibu.areas.care import queries
from zhibu.areas.care.rules import FLAG_ZH, Flag
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.kernel.dates import show
from zhibu.web.person.section import Section


def section(actor: Actor, person_id: int, today: date) -> Section | None:
    """Show why the member is on the list of care, his contact person and the visits."""
    mine = actor.person_id == person_id and actor.scope(P.OWN_FILE).person_id is not None
    scope = actor.scope(P.OWN_FILE) if mine else replace(actor.scope(P.CARE_READ), person_id=None)
    if not mine and not actor.holds(P.CARE_READ):
        return None
    listed, seen = queries.cared_for(scope, person_id), queries.calls_of(scope, person_id)
    lines = []
    for one in listed:
        if one.person_id == person_id:
            lines.append(FLAG_ZH[Flag(one.flag)] + (f"，联系人{one.contact_name}。" if one.contact_name else "。"))
        else:
            lines.append(f"联系离退休党员{one.name}。")
    if not lines and not seen:
        return Section("care", "关怀帮扶", ("没有走访和帮扶的记录。",)) if mine else None
    rows = tuple((show(c.day), c.callers, c.goods or "—") for c in seen)
    note = "只有本人和支部书记看得到，上级看不到。"
    link, said = ("", "") if mine or not listed and not seen else (reverse("care:list"), "关怀帮扶")
    return Section("care", "关怀帮扶", tuple(lines), ("日期", "谁来看望", "带了什么") if rows else (), rows, note, link, said)
