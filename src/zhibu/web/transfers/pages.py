"""Build the list of transfers and the page of one."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.urls import reverse

from zhibu.areas.transfers import queries, rules
from zhibu.areas.transfers.queries import PAGE, TABS, TransferView
from zhibu.areas.transfers.rules import Kind, Move, State
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.kernel.dates import show
from zhibu.web.shell import context as shell
from zhibu.web.shell.context import Button, Callout, Choice, Link, Pair, Tone

from .context import ListPage, PickPage, Tap, TransferPage, TransferRow
from .forms import crumbs
from .meanwhile import WAITS

TONES = {
    State.APPLIED: Tone.WAIT, State.CHECKED: Tone.WAIT, State.IN_TRANSIT: Tone.WARN, State.RETURNED: Tone.BAD, State.RECEIVED: Tone.OK, State.RECEIPTED: Tone.OK,
    State.CLOSED: Tone.OK, State.CANCELLED: Tone.PLAIN,
}
#: steps that need nothing typed
ONE_TAP = {Move.RECEIPT, Move.FILE, Move.CLOSE}
CARRY_ON = {Move.CHECK, Move.ISSUE, Move.RECEIVE, Move.RECEIPT, Move.CLOSE, Move.FILE}
LABELS = {
    Move.CHECK: "核对", Move.ISSUE: "开介绍信", Move.REISSUE: "重开介绍信", Move.RECEIVE: "接收", Move.RETURN: "退回", Move.CANCEL: "撤销这件转接", Move.RECEIPT: "回执已发",
    Move.CLOSE: "收到回执，办结", Move.FILE: "已备案",
}


def state_of(t: TransferView, today: date) -> shell.State:
    """Give the state as it is shown: an expired letter is said to be so (V09)."""
    if t.expired(today):
        return shell.State(Tone.BAD, "介绍信过期")
    return shell.State(TONES[State(t.state)], t.state_title)


def left_of(t: TransferView, today: date) -> str:
    """Say how long a letter still holds."""
    left = t.left(today)
    return "" if left is None else f"过期 {-left} 天" if left < 0 else "今天到期" if left == 0 else f"还有 {left} 天"


def listing(actor: Actor, tab: str, rows: Sequence[TransferView], total: int, counted: Mapping[str, int], page: int, today: date) -> ListPage:
    """Build the list of one tab."""
    here = reverse("transfers:list")
    lines = tuple(
        TransferRow(
            t.name, reverse("transfers:transfer", args=[t.id]), t.kind_title, t.from_name, t.to_name, f"第{t.letter_no}号" if t.letter_no else "", show(t.valid_until) if t.valid_until else "",
            left_of(t, today), state_of(t, today),
        )
        for t in rows
    )
    pages = max(1, -(-total // PAGE))
    pager = shell.Pager(
        f"第 {page} 页，共 {pages} 页", f"{here}?tab={tab}&page={min(page - 1, pages)}" if page > 1 else "", f"{here}?tab={tab}&page={page + 1}" if page < pages else "",
    ) if pages > 1 else None
    begins = actor.holds(P.TRANSFER_REQUEST)
    buttons = (Button("持介绍信转入", reverse("transfers:arrival")), Button("转出一名党员", reverse("transfers:pick"), style="pri")) if begins else ()
    return ListPage(
        "组织关系", f"在途 {counted['transit']} 人，其中快到期和过期 {counted['expiring']} 人。在途的仍算原支部的党员。",
        tuple(Choice(f"{title} {counted[code]}", code, f"{here}?tab={code}", code == tab) for code, title in TABS), lines, buttons=buttons, pager=pager,
    )


def pick(title: str, doing: str, org_name: str, members: Sequence[tuple[str, str]], branches: Sequence[tuple[int, str]], chosen: int | None, back: Link) -> PickPage:
    """Build the page on which a member is chosen: members are (name, address)."""
    return PickPage(
        title, org_name or "先选党支部", (back, Link(title)), tuple(Link(n, u) for n, u in members), tuple(Choice(name, str(pk), chosen=pk == chosen) for pk, name in branches), doing,
        "这个支部没有在册党员。" if org_name else "请先选党支部。",
    )


def transfer(view: TransferView, actor: Actor, cases: Sequence[str], today: date) -> TransferPage:
    """Build the page of one transfer: where it stands, what was done, and what this reader may do."""
    may = queries.next_steps(actor, view)
    kind = Kind(view.kind)
    taps = [m for m in may if m in ONE_TAP and not (m is Move.CLOSE and kind is Kind.PAPER_OUT)]
    if view.expired(today):
        may = tuple(m for m in may if m is not Move.RECEIVE)
    buttons = [Button(LABELS[m], reverse(f"transfers:{m.value}", args=[view.id])) for m in may if m not in taps]
    if kind is Kind.PAPER_IN:
        buttons = [Button("登记新介绍信", b.url) if b.label == LABELS[Move.REISSUE] else b for b in buttons]
    letter = view.letter_no and kind is not Kind.PAPER_IN and actor.may(P.TRANSFER_DECIDE, view.from_committee_path or "~")
    if letter:
        buttons.insert(0, Button("介绍信（打印）", reverse("transfers:letter", args=[view.id])))
    return TransferPage(
        f"{view.name}的组织关系转接", view.kind_title, state_of(view, today), crumbs(view.name), _facts(view, today),
        tuple(Pair(show(s.on), s.title, "；".join(t for t in (s.by, s.text) if t)) for s in reversed(view.steps)), tuple(buttons),
        tuple(Tap(LABELS[m], reverse(f"transfers:{m.value}", args=[view.id]), view.version, "pri") for m in taps), _callouts(view, cases, today),
        "" if set(may) & CARRY_ON or not view.is_open else WAITS[State(view.state)],
    )


def _facts(view: TransferView, today: date) -> tuple[Pair, ...]:
    found = [
        Pair("从", view.from_name, view.from_committee if view.from_committee != view.from_name else ""), Pair("到", view.to_name, view.to_committee if view.to_committee != view.to_name else ""),
        Pair("人员类别", {"full": "正式党员", "probationary": "预备党员"}.get(view.standing, "")), Pair("申请日期", show(view.applied_on), f"{view.applied_by}登记"),
    ]
    if view.reason:
        found.append(Pair("原因", view.reason))
    found.append(Pair("党费交到", f"{view.paid_to.year}年{view.paid_to.month}月" if view.paid_to else "还没有写"))
    if view.letter_no:
        found.append(Pair("介绍信", f"第{view.letter_no}号", f"{show(view.issued_on)}开，有效到{show(view.valid_until)}" + (f"，{left_of(view, today)}" if left_of(view, today) else "")))
    if view.approval:
        found.append(Pair("上级同意", view.approval))
    if view.received_on:
        found.append(Pair("接收日期", show(view.received_on)))
    return tuple(found)


def _callouts(view: TransferView, cases: Sequence[str], today: date) -> tuple[Callout, ...]:
    found = [Callout(f"有没办结的事项：{c}。开介绍信要有上级同意的文件。", Tone.WARN) for c in cases] if view.state in (State.APPLIED, State.CHECKED) else []
    if view.expired(today):
        found.append(Callout("介绍信过期了，不能再凭它接收。请开信的党委重开一封。", Tone.BAD))
    months = rules.behind(view.paid_to, today)
    if months and view.state in (State.APPLIED, State.CHECKED):
        found.append(Callout(f"党费还差 {months} 个月没有交，请先提醒他交清。", Tone.WARN))
    return tuple(found)
