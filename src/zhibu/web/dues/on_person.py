"""The dues of one member on the member's page: to himself, and to those who keep the branch's dues."""
from __future__ import annotations

from datetime import date

from django.urls import reverse

from zhibu.areas.dues import queries
from zhibu.areas.dues.rules import month_zh, months_zh, yuan
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.dates import show
from zhibu.web.person.section import Section

from .words import how

MOST = 24


def section(actor: Actor, person_id: int, today: date) -> Section | None:
    """Show what was due and paid, how it was computed, and since when; None to everybody who may not see amounts."""
    own = actor.person_id == person_id
    scope = actor.scope(P.OWN_FILE) if own else actor.scope(P.DUES_READ)
    if scope.empty and not own:
        return None
    try:
        found = queries.account(scope, person_id, today)
    except NotFound:
        return None
    rows = tuple(
        (month_zh(m.month), f"{yuan(m.amount)}元", "已批准减免" if m.exempt else how(m.category, m.base, m.rate), (show(m.paid_on) if m.paid_on else "已交") if m.payment_id else "不用交" if not m.amount else "还没交")
        for m in found.months[:MOST]
    )
    lines = [f"{b.category_title}" + (f"，基数{yuan(b.base)}元" if b.base else "") + f"，{month_zh(b.from_month)}起" for b in found.bases[:1]] or ["还没有核定党费基数。"]
    if found.late is not None:
        lines.append(f"{months_zh(found.late.found.unpaid)}的党费还没交，共{yuan(found.late.owed)}元。")
    note = "金额不对，或已经交了没有记上的，请告诉支部管党费的同志。" if own else "个人的党费只有本人和支部管党费的同志看得到。"
    return Section("dues", "党费", tuple(lines), ("月份", "应交", "怎么算的", "哪天交的"), rows, note, reverse("person:dues") if own else reverse("dues:person", args=[person_id]), "看全年、打印收据" if own else "看党费明细")
