"""Build the pages of care: what a branch keeps, one visit, and the forms."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.urls import reverse

from zhibu.areas.care import queries, rules
from zhibu.areas.care.queries import CallView, EventView, FestivalView, ListedView, RequestView
from zhibu.areas.care.refused import Fault
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show
from zhibu.web.shell.context import Button, ErrorLine, Field, FieldGroup, FormPage, Link, Pair, Stat, State, Tone
from zhibu.web.talks.asked import members, pick, text
from zhibu.web.talks.context import Block, Line, RoomPage

SECRET = "只有支部书记和本人看得到，上级只看件数。"
BACK = timedelta(days=365)
STATE_TONE = {
    rules.State.SUBMITTED: Tone.WAIT, rules.State.AUDITED: Tone.WAIT, rules.State.APPROVED: Tone.OK, rules.State.REFUSED: Tone.BAD, rules.State.WITHDRAWN: Tone.PLAIN,
}
WHY_ZH = {**{k.value: v for k, v in rules.KIND_ZH.items()}, **{k.value: f"{v}走访" for k, v in rules.FEAST_ZH.items()}}


def crumbs(org: tree.OrgView, *more: Link) -> tuple[Link, ...]:
    """Give the way to a page about care."""
    here = f"{reverse('care:list')}?org={org.id}"
    return (Link("党员"), Link("关怀帮扶", here if more else ""), *more)


def form(org: tree.OrgView, title: str, url: str, groups: tuple[FieldGroup, ...], submit: str, faults: Sequence[Fault], sub: str = "") -> FormPage:
    """Build a form of the room."""
    return FormPage(
        title, url, groups, submit, crumbs(org, Link(title)), sub or org.name, cancel_url=f"{reverse('care:list')}?org={org.id}",
        errors=tuple(ErrorLine(f.reason, f"f-{f.field}" if f.field else "", f.code) for f in faults),
    )


def errors(faults: Sequence[Fault]) -> dict[str, str]:
    """Give the faults by field."""
    return {f.field: f.reason for f in faults}


# ---------------------------------------------------------------- the list


def build_list(actor: Actor, org: tree.OrgView, today: date) -> RoomPage:
    """Build the page of a branch: who is to be visited, who is on the list of care, proposals, visits, money."""
    scope, writes = actor.scope(P.CARE_READ), actor.may(P.CARE_WRITE, org.path_now)
    here = f"?org={org.id}"
    seen = queries.calls(scope, org.id, today - BACK, today)
    asked = queries.of_branch(scope, org.id)
    blocks = (
        _events(queries.events(scope, org.id, since=today - BACK), org, today, writes), *_festivals(queries.festival_visits(scope, org.id, today, today - BACK), org, today, writes),
        _listed(queries.listed(scope, org.id), writes, Link("登记", reverse("care:member") + here) if writes else None),
        Block("帮扶申请", tuple(_request(r, "care:request") for r in asked), ("为谁", "哪天", "多少"), f"{len(asked)} 件", "", "还没有提过。", Link("提申请", reverse("care:request-new") + here) if writes else None),
        Block("近一年的走访", tuple(_call(c) for c in seen), ("看望谁", "日期", "谁去的"), f"{len(seen)} 次", "", "还没有记过走访。"),
    )
    buttons = (Button("记一次走访", reverse("care:call-new") + here, style="pri"), Button("登记要看望的事", reverse("care:event") + here)) if writes else ()
    return RoomPage("关怀帮扶", f"{org.name} · {SECRET}", crumbs(org), buttons, stats=_money(queries.paid_by_source(scope, org.id, today), today), blocks=blocks)


def _money(sums: Mapping[str, int], today: date) -> tuple[Stat, ...]:
    return tuple(Stat(f"{today.year}年{rules.SOURCE_ZH[rules.Source(code)]}", rules.yuan_of(fen), "元") for code, fen in sums.items())


def _visit_url(org: tree.OrgView, person_id: int) -> str:
    return f"{reverse('care:call-new')}?org={org.id}&with={person_id}"


def _events(found: list[EventView], org: tree.OrgView, today: date, writes: bool) -> Block:
    lines = []
    for e in sorted(found, key=lambda e: (e.seen_on is not None, e.due_on)):
        buttons: tuple[Button, ...] = ()
        if e.seen_on is not None:
            state = State(Tone.OK, f"{e.seen_on.month}月{e.seen_on.day}日去过")
        else:
            late = e.due_on < today
            state = State(Tone.BAD if late else Tone.WARN, f"{'过期，' if late else ''}{e.due_on.month}月{e.due_on.day}日前")
            wrong = Button("登记错了", reverse("care:event-end", args=[e.id]), "post", "txt", small=True)
            buttons = (Button("记走访", _visit_url(org, e.person_id), small=True), wrong) if writes else ()
        lines.append(Line(e.name, when=show(e.day), what=rules.KIND_ZH[rules.Kind(e.kind)], small=f"{e.made_by}登记", state=state, buttons=buttons))
    waiting = sum(e.seen_on is None for e in found)
    return Block("五必访", tuple(lines), ("谁", "哪天的事", "什么事"), f"{waiting} 件要去" if waiting else "", "", "没有要看望的事。")


def _festivals(found: list[FestivalView], org: tree.OrgView, today: date, writes: bool) -> tuple[Block, ...]:
    blocks = []
    for f in found[:3]:
        late = f.festival.on < today
        state = State(Tone.BAD if late else Tone.WARN, "没有去" if late else "还没去")
        lines = tuple(Line(name, what="节日走访", when=f"{show(f.festival.on)}前", state=state, buttons=(Button("记走访", _visit_url(org, p), small=True),) if writes else ()) for p, name in f.missing)
        blocks.append(Block(f"{f.festival.label}走访", lines, ("谁", "哪天以前", "事项"), f"去了 {f.done} 名，还有 {len(f.missing)} 名", "", "都去过了。"))
    return tuple(blocks)


def _listed(found: list[ListedView], writes: bool, add: Link | None) -> Block:
    lines = []
    for one in found:
        end = Button("移出", reverse("care:member-end", args=[one.id]), "post", "txt", small=True)
        retired = one.flag == rules.Flag.RETIRED
        contact = f"联系人{one.contact_name}" if one.contact_name else "还没有联系人" if retired else ""
        lines.append(Line(one.name, when=show(one.from_on), what=rules.FLAG_ZH[rules.Flag(one.flag)], small=contact, buttons=(end,) if writes else ()))
    return Block("常去看望的党员", tuple(lines), ("姓名", "从哪天起", "为什么"), f"{len(found)} 名", "七一、春节前要走访；离退休党员定一名联系人，送学习材料、听意见。", "还没有登记。", add)


def _request(r: RequestView, name: str) -> Line:
    state = State(STATE_TONE[rules.State(r.state)], "已支付" if r.paid_on else rules.STATE_ZH[rules.State(r.state)])
    who = r.office_name if name == "care:request" else r.org_name
    return Line(r.name, reverse(name, args=[r.id]), show(r.made_at.date()), f"{rules.yuan_of(r.amount_fen)} 元", f"{who} · {WHY_ZH[r.kind]}", state)


def request_lines(found: Sequence[RequestView]) -> tuple[Line, ...]:
    """Give the proposals as an office lists them."""
    return tuple(_request(r, "care:answer") for r in found)


def _call(c: CallView) -> Line:
    return Line(c.name, reverse("care:call", args=[c.id]), show(c.day), c.callers, c.goods)


def build_call(actor: Actor, c: CallView, feedback: str, org: tree.OrgView) -> RoomPage:
    """Build the page of one visit."""
    facts = [Pair("看望谁", c.name), Pair("日期", show(c.day)), Pair("谁去的", c.callers), Pair("带了什么", c.goods or "没写"), Pair("本人说的", feedback or "没写"), Pair("谁记的", c.made_by)]
    if c.ended_by:
        facts.append(Pair("已去掉", f"{c.ended_by}：{c.ended_why}", "不再算，记录和原因都保留", tone=Tone.BAD))
    may = actor.may(P.CARE_WRITE, org.path_now)
    buttons = (Button("记错了", reverse("care:call-void", args=[c.id])),) if may and not c.ended_by else ()
    way = crumbs(org, Link("走访")) if may else (Link("我的", reverse("person:me")), Link("走访"))
    return RoomPage(f"看望{c.name}", show(c.day), way, buttons, facts_title="走访", facts=tuple(facts), note=SECRET)


# ---------------------------------------------------------------- forms


def call_form(org: tree.OrgView, values: Mapping[str, str], faults: Sequence[Fault], today: date) -> FormPage:
    """Build the form of a visit: to whom, when and by whom are enough."""
    wrong, people = errors(faults), [("请选", ""), *members(org, today)]
    fields = (
        pick("person", "看望谁", people, values, wrong, required=True, width="third"), text("day", "哪天", values, wrong, kind="date", required=True, width="third"),
        pick("caller", "谁去的", people, values, wrong, width="third"), text("others", "还有谁（上级同志写姓名）", values, wrong, maxlength=80, width="half", help="用顿号分开"),
        text("goods", "带了什么", values, wrong, maxlength=100, width="half", help="可以不写，例如：米一袋、油一桶"),
        text("feedback", "本人说的、要办的", values, wrong, kind="textarea", maxlength=500, help=SECRET), Field("request", "", "hidden", values.get("request", "")),
    )
    return form(org, "记一次走访", f"{reverse('care:call-new')}?org={org.id}", (FieldGroup("", fields),), "保存", faults)


def event_form(org: tree.OrgView, values: Mapping[str, str], faults: Sequence[Fault], today: date) -> FormPage:
    """Build the form of an event after which somebody must be visited; no text about the person."""
    wrong = errors(faults)
    fields = (
        pick("person", "谁", [("请选", ""), *members(org, today)], values, wrong, required=True, width="half"), text("day", "哪天的事", values, wrong, kind="date", required=True, width="half"),
        pick("kind", "什么事", [(name, code.value) for code, name in rules.KIND_ZH.items()], values, wrong, kind="radio", required=True, help="只选一种，不用写情况"),
    )
    return form(org, "登记要看望的事", f"{reverse('care:event')}?org={org.id}", (FieldGroup("", fields),), "登记", faults, f"{org.name} · 登记后待办里提醒到期前去一次，去了就消掉")


def member_form(org: tree.OrgView, values: Mapping[str, str], faults: Sequence[Fault], today: date) -> FormPage:
    """Build the form that puts a member on the list of care."""
    wrong, people = errors(faults), members(org, today)
    fields = (
        pick("person", "谁", [("请选", ""), *people], values, wrong, required=True, width="half"),
        pick("contact", "联系人（离退休党员）", [("以后再定", ""), *people], values, wrong, width="half", help="已经登记过的，选一名就换成他"),
        pick("flag", "为什么", [(name, code.value) for code, name in rules.FLAG_ZH.items()], values, wrong, kind="radio", required=True),
    )
    return form(org, "登记常去看望的党员", f"{reverse('care:member')}?org={org.id}", (FieldGroup("", fields),), "登记", faults, f"{org.name} · {SECRET}")


def reason_form(org: tree.OrgView, c: CallView, reason: str, faults: Sequence[Fault]) -> FormPage:
    """Build the form that takes a visit back."""
    fields = (text("reason", "为什么去掉", {"reason": reason}, errors(faults), kind="textarea", required=True, maxlength=200),)
    return form(org, "去掉这次走访", reverse("care:call-void", args=[c.id]), (FieldGroup("", fields),), "去掉", faults, "去掉后不再算，记录和原因都保留")
