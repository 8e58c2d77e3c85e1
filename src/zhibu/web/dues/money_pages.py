"""Build the pages about an organisation's money, and the sums of those below."""
from __future__ import annotations

from datetime import date

from django.urls import reverse

from zhibu.areas.dues import arrears, publishing, queries, returning
from zhibu.areas.dues.queries import Movement
from zhibu.areas.dues.rules import PURPOSE_ZH, yuan
from zhibu.areas.dues.totals import NOTHING, totals
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.policy.spec import Share
from zhibu.ground.process import queries as process
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.dates import show
from zhibu.kernel.numbers import percent
from zhibu.web.shell.context import Button, Callout, Link, Pair, Stat, State, Tone

from .context import DuesPage, Part, Row
from .pages import link
from .words import crumbs, said, tabs

STATES = {
    "done": State(Tone.OK, "已入账"), "waiting": State(Tone.WAIT, "等上级确认收到"), "approved": State(Tone.WARN, "已同意，还没支出"), "undone": State(Tone.PLAIN, "已撤销"),
}


def build_money(actor: Actor, org: OrgView, year: int, today: date) -> DuesPage:
    """Build 收支和公布 of a year."""
    scope = actor.scope(P.DUES_TOTAL)
    found, moved = publishing.report(scope, org.id, year), queries.movements(scope, org.id)
    made_known = publishing.publications(scope, org.id)
    writes, decides = actor.may(P.DUES_WRITE, org.path_now), actor.may(P.DUES_DECIDE, org.path_now)
    facts = [
        Pair("上年结转", f"{yuan(found.carried)}元"), Pair("期初结存", f"{yuan(found.opening)}元"), Pair("收党员党费", f"{yuan(found.collected)}元"), Pair("自愿多交", f"{yuan(found.gifts)}元"),
        Pair("收下级上缴", f"{yuan(found.from_below)}元"), Pair("上级返还", f"{yuan(found.returned)}元"), Pair("上缴上级", f"{yuan(found.remitted)}元"), Pair("返还下级", f"{yuan(found.returned_down)}元"),
    ]
    facts = [f for f in facts if f.value != "0.00元"]
    facts.append(Pair("结存", f"{yuan(found.balance)}元", "上年结转和收入，减去上缴、返还下级和支出"))
    if found.held_for_centre:
        facts.append(Pair("代收的大额党费", f"{yuan(found.held_for_centre)}元", "全额上缴，不算结存"))
    use = tuple(Row((str(n), text, yuan(found.spent[n]))) for n, text in PURPOSE_ZH.items())
    parts = [Part(f"{year}年收支", facts=tuple(facts)), Part("按5项用途", ("", "用途", "支出（元）"), use, numbers=(2,), note=f"合计支出{yuan(found.spent_all)}元")]
    waiting = [m for m in moved if m.kind == "receipt" and m.state == "waiting"]
    if decides and waiting:
        parts.insert(0, Part("等确认收到", ("日期", "哪个组织", "金额（元）", ""), tuple(
            Row((show(m.on), m.other, yuan(m.amount)), buttons=(Button("确认收到", link("dues:above", org.id, "receive", id=m.id), small=True, style="pri"),)) for m in waiting
        ), numbers=(2,)))
    cases = [c for c in process.open_cases(scope, org_ids=[org.id], kinds=["dues.expense"])]
    if cases:
        parts.append(Part("报上级的用款", ("事项", ""), tuple(Row((c.title,), reverse("org:case", args=[c.id]) if process.may_read(c, actor, org.path_now) else "", State(Tone.WAIT, "等上级答复")) for c in cases)))
    parts.append(Part("上缴、返还、支出", ("日期", "事项", "对方或用途", "金额（元）", "情况"), tuple(_movement(m, org.id, writes, decides) for m in moved if m.on.year == year or m.state in ("waiting", "approved")), numbers=(3,), empty="还没有。"))
    parts.append(Part("公布", ("年份", "日期", "怎样公布的", "当时的结存（元）"), tuple(Row((f"{p.year}年", show(p.on), p.how, yuan(p.figures.get("balance", 0)))) for p in made_known), numbers=(3,), empty="还没有公布过。"))
    if decides and year == today.year and (back := _returns(actor, org, today)) is not None:
        parts.insert(1, back)
    callouts = _remitting(actor, org, queries.remit_due(scope, org.id, today), writes)
    return DuesPage(
        f"{year}年党费收支", org.name, crumbs(org, Link("收支和公布")), tabs(actor, org, "dues:money"),
        (Stat("结存", yuan(found.balance), "元"), Stat("按人月收缴率", found.rate_months), Stat("按金额收缴率", found.rate_amount)), callouts,
        _buttons(org, writes, decides, year, today, found.held_for_centre > 0, not any(m.kind == "opening" and m.state == "done" for m in moved)), tuple(parts),
    )


def _remitting(actor: Actor, org: OrgView, due: tuple[int, Share] | None, writes: bool) -> tuple[Callout, ...]:
    """Say what is to be handed up; where nobody has set the share, who sets it, with the way there for whoever may."""
    if due is not None:
        return (Callout(f"到上季度末应上缴{yuan(due[0])}元（已收党费的{due[1].num}/{due[1].den}）。"),) if due[0] else ()
    sets = actor.holds(P.POLICY_WRITE)
    if not writes and not sets:
        return ()
    said = "请在规则集里定，定了以后各级按季算出应上缴多少。" if sets else "由县级党委组织部在规则集里定。没定以前，按上级通知的金额登记上缴。"
    return (Callout(f"党费上缴比例还没有定，系统算不出应上缴多少。{said}", Tone.WARN, Link("去定上缴比例", reverse("rules:list")) if sets else None),)


def _returns(actor: Actor, org: OrgView, today: date) -> Part | None:
    """Propose what may be given back to villages and communities, where a rule set names a share; None where none does."""
    found = returning.returns_due(actor.scope(P.DUES_DECIDE), org.id, today.year, today)
    if not found:
        return None
    orgs = tree.views({one.org_id for one in found})
    rows = tuple(
        Row(
            (orgs[one.org_id].short_name, yuan(one.received), yuan(one.returned), yuan(one.amount)), "", None,
            (Button("返还", link("dues:above", org.id, "restitute", id=one.org_id), small=True),) if one.amount else (),
        )
        for one in found
    )
    clauses = "；".join(dict.fromkeys(one.clause for one in found))
    return Part("可以返还的村、社区", ("党组织", "今年收到上缴（元）", "已返还（元）", "按规则可返还（元）", ""), rows, numbers=(1, 2, 3), note=f"依据：{clauses}。只返还困难的村、社区，是不是困难由上级认定；金额可以改。")


def _buttons(org: OrgView, writes: bool, decides: bool, year: int, today: date, held: bool, opening: bool) -> tuple[Button, ...]:
    found = []
    if writes:
        found += [Button("登记上缴", link("dues:form", org.id, "remit"), style="pri"), Button("申请用款", link("dues:form", org.id, "expense")), Button("登记公布", link("dues:form", org.id, "publish", year=year))]
        found += [Button("上缴大额党费", link("dues:form", org.id, "remit-gift"))] if held else []
        found += [Button("登记期初结存", link("dues:form", org.id, "opening"))] if opening else []
    if decides and not org.is_branch:
        found.append(Button("返还下级", link("dues:above", org.id, "restitute")))
    other = today.year - 1 if year == today.year else today.year
    found.append(Button(f"{other}年", reverse("dues:money", args=[org.id]) + f"?year={other}"))
    return tuple(found)


def _movement(m: Movement, org_id: int, writes: bool, decides: bool) -> Row:
    buttons: list[Button] = []
    if m.kind == "expense" and m.state == "approved" and writes:
        buttons.append(Button("登记支出", link("dues:form", org_id, "spend", id=m.id), small=True))
    may_undo = m.state != "undone" and ((writes and (m.kind in ("opening", "expense") or (m.kind == "remittance" and m.state == "waiting"))) or (decides and m.kind == "restitution"))
    if may_undo:
        name = "dues:above" if m.kind == "restitution" else "dues:form"
        buttons.append(Button("撤销", link(name, org_id, f"undo-{m.kind}", id=m.id), small=True, style="txt"))
    return Row((show(m.on), m.title, m.other, yuan(m.amount)), "", STATES[m.state], tuple(buttons))


def build_totals(actor: Actor, org: OrgView, year: int, today: date) -> DuesPage:
    """Build 各支部: sums and counts of each organisation below, without any person."""
    scope = actor.scope(P.DUES_TOTAL).narrowed(org.path_now)
    now = queries.this_month(today)
    first, last = year * 12, min(year * 12 + 11, now - 1)
    sums = totals(scope, first, last)
    behind = arrears.counts(scope, today)
    orgs = tree.organisations(scope)
    below = [o for o in orgs if o.parent_id == org.id]
    rows = []
    for one in below:
        inside = [o.id for o in orgs if o.path_now.startswith(one.path_now)]
        s = sum((sums.get(i, NOTHING) for i in inside), NOTHING)
        steps = {k: sum(behind.get(i, {}).get(k, 0) for i in inside) for k in ("criticism", "lapse_review", "needs_review")}
        state = State(Tone.BAD, f"{steps['needs_review']} 人待核查") if steps["needs_review"] else State(Tone.WARN, f"{steps['criticism'] + steps['lapse_review']} 人欠3个月以上") if steps["criticism"] + steps["lapse_review"] else State(Tone.OK, "没有") if s.due_months else State(Tone.PLAIN, "没有应交清单")
        url = reverse("dues:totals" if not one.is_branch else "dues:money", args=[one.id])
        rows.append(Row((one.short_name, str(s.due_months), str(s.paid_months), percent(s.paid_months, s.due_months), yuan(s.due), yuan(s.paid), percent(s.paid, s.due)), url, state))
    every = sum(sums.values(), NOTHING)
    here = reverse("dues:totals", args=[org.id])
    return DuesPage(
        f"{year}年党费收缴", f"{org.name} · {year}年1月至今已经过完的月份 · {said(today)}", crumbs(org, Link("各支部")), tabs(actor, org, "dues:totals"),
        (Stat("应交", yuan(every.due), "元"), Stat("已交", yuan(every.paid), "元"), Stat("按人月收缴率", percent(every.paid_months, every.due_months)), Stat("按金额收缴率", percent(every.paid, every.due))),
        buttons=tuple(Button(f"{y}年", f"{here}?year={y}") for y in (today.year - 1, today.year) if y != year),
        parts=(Part("下级党组织", ("党组织", "应交人月", "已交人月", "按人月", "应交（元）", "已交（元）", "按金额", "欠交3个月以上"), tuple(rows), numbers=(1, 2, 3, 4, 5, 6), note="只有合计，没有个人。个人的基数和交费由支部管。", empty="没有下级党组织。"),),
    )
