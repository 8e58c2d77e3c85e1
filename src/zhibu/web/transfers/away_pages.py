"""Build the registers of members away and the page of one record."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.urls import reverse

from zhibu.areas.transfers import away
from zhibu.areas.transfers.floating import PAGE, FloatingView, StayView
from zhibu.areas.transfers.standards import Standards
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people.queries import Marked
from zhibu.kernel.dates import show
from zhibu.web.org.forms import Given
from zhibu.web.shell.context import Button, Callout, Choice, Link, Pager, Pair, State, Tone

from .away_forms import NOTES, crumbs
from .context import AwayRow, RecordPage, RegisterPage, StayRow

TABS = (("out", "流出"), ("in", "流入"), ("ended", "已结束"))


def state_of(r: FloatingView, held: Standards, today: date) -> State:
    """Say how a record stands: ended, the relation should have followed (V09), no contact, in order."""
    if r.ended_on is not None:
        return State(Tone.PLAIN, r.ended_why or "已结束")
    if r.direction == away.Direction.IN:
        return State(Tone.OK, "在本地")
    flag = r.flagged_from(held.terms)
    if flag is not None and flag <= today:
        return State(Tone.BAD, "该转组织关系")
    if r.late(held.terms, today):
        return State(Tone.BAD, "没有联系")
    return State(Tone.WARN, "待联系") if r.contact_due(held.terms, today) else State(Tone.OK, "已联系")


def register(
    actor: Actor, tab: str, rows: Sequence[FloatingView], total: int, stays: Sequence[StayView], todo: Sequence[Marked], held: Mapping[int, Standards], page: int, today: date,
) -> RegisterPage:
    """Build the register of one tab."""
    here = reverse("transfers:floating")
    inward = tab == "in"
    lines = tuple(
        AwayRow(
            r.name, reverse("transfers:float", args=[r.id]), r.home_name if inward else r.home_name or r.host_name, r.place, r.purpose_title, show(r.from_on),
            f"{r.days_away(today)} 天", r.contact, show(r.contacts[0]) if r.contacts else "没有", state_of(r, held[r.home_id or r.host_id or 0], today),
        )
        for r in rows
    )
    pages = max(1, -(-total // PAGE))
    pager = Pager(
        f"第 {page} 页，共 {pages} 页", f"{here}?tab={tab}&page={min(page - 1, pages)}" if page > 1 else "", f"{here}?tab={tab}&page={page + 1}" if page < pages else "",
    ) if pages > 1 else None
    pick, writes = reverse("transfers:pick"), actor.holds(P.TRANSFER_REQUEST)
    buttons = (
        Button("登记流入党员", reverse("transfers:float-in")), Button("开党员证明信", f"{pick}?what=certify"), Button("登记流出党员", f"{pick}?what=float", style="pri"),
    ) if writes else ()
    return RegisterPage(
        "流动党员", f"{dict(TABS)[tab]} {total} 人。外出满 6 个月、在一个地方固定下来的，转组织关系。", tuple(Choice(t, c, f"{here}?tab={c}", c == tab) for c, t in TABS), lines,
        "最近联系", "组织关系所在" if inward else "党支部", buttons=buttons, pager=pager,
        stays=tuple(
            StayRow(
                s.name, s.place, f"{show(s.from_on)}至{show(s.to_on)}", State(Tone.BAD, "已到期") if s.to_on < today else State(Tone.OK, "在外"),
                reverse("transfers:end-stay", args=[s.id]) if writes else "", s.version, reverse("transfers:certificate", args=[s.id]) if writes else "",
            )
            for s in stays
        ) if tab == "out" else (),
        todo=tuple(Link(f"{m.name}（{m.floating_to}）", reverse("transfers:float-out", args=[m.person_id]) if writes else "") for m in todo[:30]) if tab == "out" else (),
    )


def record(r: FloatingView, actor: Actor, given: Given, held: Standards, today: date) -> RecordPage:
    """Build the page of one record, with the form for a contact or a certificate where the reader may write."""
    home = bool(r.home_path) and actor.may(P.TRANSFER_REQUEST, r.home_path)
    host = bool(r.host_path) and actor.may(P.TRANSFER_REQUEST, r.host_path)
    keeper = home if r.direction == away.Direction.OUT else host
    fields = (
        given.field("what", "记什么", "select", choices=NOTES, width="third"), given.field("day", "哪天", "date", width="third"),
        given.field("text", "内容", maxlength=200, help="联系可以不写；证明要写哪个支部出具、评议结果或党费交到哪个月"),
    ) if home or host else ()
    facts = [
        Pair("组织关系", r.home_name), Pair("去了哪里" if r.direction == away.Direction.OUT else "在这里", r.place, r.purpose_title), Pair("从哪天起", show(r.from_on), f"已经 {r.days_away(today)} 天"),
        Pair("流入地党支部", r.host_name or "不知道"), Pair("联系人", r.contact or "没有指定"),
    ]
    if r.until_on:
        facts.append(Pair("预计返回", show(r.until_on)))
    if not r.fixed and r.direction == away.Direction.OUT:
        facts.append(Pair("地点", "四处流动，没有固定地点"))
    if r.ended_on:
        facts.append(Pair("结束", show(r.ended_on), r.ended_why))
    return RecordPage(
        f"{r.name}的流动登记", away.DIRECTION_ZH[away.Direction(r.direction)], state_of(r, held, today), crumbs(r.name), tuple(facts),
        tuple(Pair(show(n.day), n.title, "；".join(t for t in (n.text, n.by) if t)) for n in r.notes), fields, reverse("transfers:float", args=[r.id]),
        _buttons(r, keeper), _callouts(r, held, today), tuple(given.lines),
    )


def _buttons(r: FloatingView, keeper: bool) -> tuple[Button, ...]:
    if not keeper or r.ended_on is not None:
        return ()
    found = [Button("改登记", reverse("transfers:float-edit", args=[r.id])), Button("已返回，结束登记", reverse("transfers:float-end", args=[r.id]))]
    if r.direction == away.Direction.OUT and r.person_id:
        found.append(Button("转组织关系", reverse("transfers:start", args=[r.person_id])))
    return tuple(found)


def _callouts(r: FloatingView, held: Standards, today: date) -> tuple[Callout, ...]:
    if r.ended_on is not None or r.direction == away.Direction.IN:
        return ()
    found = []
    flag = r.flagged_from(held.terms)
    if flag is not None and flag <= today:
        found.append(Callout(f"到{show(flag)}已经满 {held.terms.transfer_months} 个月，固定在一个地方的应该转组织关系（{held.terms.clauses['transfer']}）。", Tone.WARN))
    if window := r.late(held.terms, today):
        found.append(Callout(f"{window.label}没有联系。联系过的补记日期。", Tone.WARN))
    return tuple(found)
