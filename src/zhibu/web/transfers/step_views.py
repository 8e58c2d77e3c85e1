"""The steps of a transfer: each asks what it needs, and goes back to the transfer."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from zhibu.areas.transfers import applying, finishing, letters, queries, receiving, turns
from zhibu.areas.transfers.queries import TransferView
from zhibu.areas.transfers.rules import Kind, Move
from zhibu.areas.transfers.standards import standards
from zhibu.areas.transfers.turns import AlreadyMoved
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.actions import Stale
from zhibu.web.meetings.forms import number
from zhibu.web.org.forms import Given
from zhibu.web.shell.context import FormPage, Tone
from zhibu.web.shell.sent import sent_once

from . import forms, meanwhile
from .views import back_to, redirect, seen

Step = Callable[[HttpRequest, TransferView, Given, int], FormPage | HttpResponse]


def stepping(move: Move, **initial: str) -> Callable[[Step], Callable[..., HttpResponse]]:
    """Make a view of a step: the right of its owner is asked, a step that was taken is answered 409, a refused or stale form comes back."""

    def made(step: Step) -> Callable[..., HttpResponse]:
        @require_http_methods(["GET", "POST"])
        @sent_once
        @wraps(step)
        def view(request: HttpRequest, transfer_id: int) -> HttpResponse:
            found = seen(request, transfer_id)
            try:
                turns.ask(request.actor, found, move)  # type: ignore[attr-defined]
            except AlreadyMoved as error:
                return meanwhile.already(request, error, number(request.POST.get("version")) or 0)
            start = {"version": str(found.version), "on": str(request.today), "received_on": str(request.today), "issued_on": str(request.today), "reach": "rule"}  # type: ignore[attr-defined]
            if found.paid_to:
                start["paid_to"] = f"{found.paid_to:%Y-%m}"
            given = Given(request.POST if request.method == "POST" else None, {**start, **initial})
            version = number(given.raw("version")) or 0
            answer = step(request, found, given, version)
            if not isinstance(answer, FormPage):
                return answer
            if not (stale := forms.is_stale(given, found.version)):
                return forms.shown(request, answer)
            told = replace(answer, callouts=(meanwhile.stale_callout(found, version), *answer.callouts), aside=(*answer.aside, *meanwhile.steps_since(request, found, version)), aside_title="现在的情况")
            return forms.shown(request, told, stale=stale)

        return view

    return made


@stepping(Move.CHECK)
def check(request: HttpRequest, view: TransferView, given: Given, version: int) -> FormPage | HttpResponse:
    """The outgoing branch checks."""
    paid_to, note = forms.month(given, "paid_to", "党费交到"), given.text("note", "说明", most=100)
    if request.method == "POST":

        def do() -> tuple[str, str]:
            applying.check(request.actor, view.id, paid_to=paid_to, note=note, version=version, at=request.now)  # type: ignore[attr-defined]
            return back_to(view.id, "已核对，等下一步")

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    return forms.step(given, view, "check", "核对", (forms.paid_field(given), given.field("note", "说明", maxlength=100, help="可不填")), "核对无误")


def _letter(request: HttpRequest, view: TransferView, given: Given, version: int, again: bool) -> FormPage | HttpResponse:
    letter = forms.read_letter(given, request.today)  # type: ignore[attr-defined]
    reason = given.text("reason", "重开的理由", most=100)
    if request.method == "POST":

        def do() -> tuple[str, str]:
            if again:
                letters.reissue(request.actor, view.id, letter, reason=reason, version=version, at=request.now)  # type: ignore[attr-defined]
            else:
                letters.issue(request.actor, view.id, letter, version=version, at=request.now)  # type: ignore[attr-defined]
            return back_to(view.id, "介绍信已开好，可以打印")

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    why = (given.field("reason", "重开的理由", maxlength=100, required=True, help="例如：原信过期、遗失、被退回后已改"),) if again else ()
    fields = (*why, forms.paid_field(given), *forms.letter_fields(given, standards(view.from_id or 0, request.today)))  # type: ignore[attr-defined]
    return forms.step(given, view, "reissue" if again else "issue", "重开介绍信" if again else "开介绍信", fields, "开介绍信", "原来的介绍信从现在起作废。" if again else "")


@stepping(Move.ISSUE)
def issue(request: HttpRequest, view: TransferView, given: Given, version: int) -> FormPage | HttpResponse:
    """The outgoing committee issues the letter."""
    return _letter(request, view, given, version, again=False)


@stepping(Move.REISSUE)
def reissue(request: HttpRequest, view: TransferView, given: Given, version: int) -> FormPage | HttpResponse:
    """The outgoing committee issues a new letter; of one from outside the new one is entered."""
    if view.kind != Kind.PAPER_IN:
        return _letter(request, view, given, version, again=True)
    given.initial["issued_on"] = ""
    number_, reason = given.text("letter_no", "新介绍信编号", most=40), given.text("reason", "换信的理由", most=100)
    if request.method == "POST":
        issued, until = given.day("issued_on", "开信日期", required=True), given.day("valid_until", "有效期到", required=True)

        def do() -> tuple[str, str]:
            assert issued is not None and until is not None
            letters.bring_again(
                request.actor, view.id, letter_no=number_, issued_on=issued, valid_until=until, reason=reason, version=version, at=request.now,  # type: ignore[attr-defined]
            )
            return back_to(view.id, "新介绍信已登记")

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    fields = (
        given.field("reason", "换信的理由", maxlength=100, required=True), given.field("letter_no", "新介绍信编号", maxlength=40, required=True),
        given.field("issued_on", "开信日期", "date", required=True, width="half"), given.field("valid_until", "有效期到", "date", required=True, width="half"),
    )
    return forms.step(given, view, "reissue", "登记新介绍信", fields, "保存")


@stepping(Move.RECEIVE)
def receive(request: HttpRequest, view: TransferView, given: Given, version: int) -> FormPage | HttpResponse:
    """The incoming committee accepts: into which branch and group, from which day."""
    above = view.to_committee_path if view.kind != Kind.DIRECT else view.to_path
    branches = {str(o.id): o.name for o in queries.branches_below(above)}
    given.initial["to_org"] = str(view.to_id) if str(view.to_id) in branches else ""
    groups = {f"{g.id}": g for g in tree.groups(request.actor.sees(), request.today, org_ids=[int(i) for i in branches])} if branches else {}  # type: ignore[attr-defined]
    to_org, group = given.choice("to_org", "编入的党支部", branches), given.choice("group", "党小组", {k: g.name for k, g in groups.items()})
    on = given.day("received_on", "接收日期", required=request.method == "POST")
    if request.method == "POST":

        def do() -> tuple[str, str]:
            receiving.receive(
                request.actor, view.id, to_org_id=int(to_org) if to_org else None, group_id=int(group) if group else None,  # type: ignore[attr-defined]
                received_on=on or request.today, version=version, at=request.now,  # type: ignore[attr-defined]
            )
            return back_to(view.id, f"已接收{view.name}，从那天起是接收支部的党员")

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    options = (("", "不编组"), *((k, f"{branches[str(g.org_id)]} {g.name}" if len(branches) > 1 else g.name) for k, g in groups.items()))
    fields = (
        given.field("to_org", "编入的党支部", "select", choices=(("", "请选"), *branches.items()), required=True, width="half"),
        given.field("group", "党小组", "select", choices=options, width="half"), given.field("received_on", "接收日期", "date", required=True, width="half"),
    )
    return forms.step(given, view, "receive", "接收", fields, "接收", "接收以后组织关系就在这个支部，原支部的职务和编组同时结束。")


@stepping(Move.RETURN)
def give_back(request: HttpRequest, view: TransferView, given: Given, version: int) -> FormPage | HttpResponse:
    """The incoming side returns the letter with the reason."""
    reason, on = given.text("reason", "退回的理由", most=100), given.day("on", "退回日期", required=request.method == "POST")
    if request.method == "POST":

        def do() -> tuple[str, str]:
            receiving.give_back(request.actor, view.id, reason=reason, on=on or request.today, version=version, at=request.now)  # type: ignore[attr-defined]
            return back_to(view.id, "已退回，对方看得到理由")

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    fields = (given.field("reason", "退回的理由", maxlength=100, required=True, help="对方按理由办，例如：党费没有交清、材料不全"), given.field("on", "退回日期", "date", required=True, width="half"))
    return forms.step(given, view, "return", "退回", fields, "退回", "没有正当理由，不能不接收党员。", Tone.WARN)


@stepping(Move.CANCEL)
def cancel(request: HttpRequest, view: TransferView, given: Given, version: int) -> FormPage | HttpResponse:
    """Give a transfer up."""
    reason = given.text("reason", "撤销的理由", most=100)
    if request.method == "POST":

        def do() -> tuple[str, str]:
            finishing.cancel(request.actor, view.id, reason=reason, version=version, at=request.now)  # type: ignore[attr-defined]
            return back_to(view.id, "已撤销，组织关系没有变")

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    return forms.step(given, view, "cancel", "撤销", (given.field("reason", "撤销的理由", maxlength=100, required=True),), "撤销这件转接", "开出的介绍信同时作废，组织关系不变。", Tone.WARN)


@stepping(Move.CLOSE)
def close(request: HttpRequest, view: TransferView, given: Given, version: int) -> FormPage | HttpResponse:
    """Close with the receipt; for somebody who went outside the receipt says since when he is there."""
    outside = view.kind == Kind.PAPER_OUT
    there = given.day("received_on", "对方接收日期", required=outside and request.method == "POST") if outside else None
    if request.method == "POST":

        def do() -> tuple[str, str]:
            finishing.close(request.actor, view.id, on=request.today, received_on=there, version=version, at=request.now)  # type: ignore[attr-defined]
            return back_to(view.id, "已办结，回执贴在存根上")

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    fields = (given.field("received_on", "对方接收日期", "date", required=True, width="half", help="照回执上的日期写"),) if outside else ()
    return forms.step(given, view, "close", "收到回执", fields, "办结", "办结以后组织关系在本支部结束，算转出。" if outside else "")


@require_POST
@sent_once
def receipt(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """The receipt was sent: one tap."""
    view = seen(request, transfer_id)
    version = number(request.POST.get("version")) or 0
    try:
        receiving.receipt(request.actor, view.id, on=request.today, version=version, at=request.now)  # type: ignore[attr-defined]
    except AlreadyMoved as error:
        return meanwhile.already(request, error, version)
    except Stale:
        return meanwhile.stale_tap(request, view, version)
    return redirect(request, view.id, "回执已发")


@require_POST
@sent_once
def file(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """The committee takes note of a transfer inside it: one tap."""
    view = seen(request, transfer_id)
    version = number(request.POST.get("version")) or 0
    try:
        finishing.file(request.actor, view.id, version=version, at=request.now)  # type: ignore[attr-defined]
    except AlreadyMoved as error:
        return meanwhile.already(request, error, version)
    except Stale:
        return meanwhile.stale_tap(request, view, version)
    return redirect(request, view.id, "已备案")
