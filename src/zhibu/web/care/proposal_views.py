"""帮扶申请: the branch proposes, pays and takes back; the office that was asked audits and enters what was decided."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.areas.care import proposals, queries, rules
from zhibu.areas.care.proposals import NewProposal
from zhibu.areas.care.queries import RequestView
from zhibu.areas.care.refused import CareRefused, Fault
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.dates import show
from zhibu.web.meetings.forms import day, number
from zhibu.web.shell.context import Button, Callout, ErrorLine, Field, FieldGroup, FormPage, Link, Pair, Tone
from zhibu.web.shell.sent import sent_once
from zhibu.web.talks import asked
from zhibu.web.talks.asked import members, pick, text
from zhibu.web.talks.context import Block, RoomPage

from . import pages
from .views import shown as form_shown

GET_POST = require_http_methods(["GET", "POST"])
NAMES = ("person", "office", "kind", "amount", "source", "goods", "ground", "situation")


def _facts(r: RequestView) -> tuple[Pair, ...]:
    made = localtime(r.made_at).date()
    facts = [
        Pair("为谁", r.name), Pair("支部", r.org_name), Pair("为什么", pages.WHY_ZH[r.kind]), Pair("多少", f"{rules.yuan_of(r.amount_fen)} 元", r.goods),
        Pair("钱从哪里来", rules.SOURCE_ZH[rules.Source(r.source)]), Pair("理由", r.ground), Pair("提出", f"{r.made_by}，{show(made)}"),
    ]
    if r.audited_by and r.audited_at:
        facts.append(Pair("审核", f"{r.audited_by}，{show(localtime(r.audited_at).date())}", r.audit_note))
    if r.decided_by and r.decided_on:
        facts.append(Pair("研究决定", f"{r.document or '没有同意'}，{show(r.decided_on)}", f"{r.decided_by}登记{'，' + r.decision if r.decision else ''}"))
    if r.paid_on:
        facts.append(Pair("支付", f"{rules.yuan_of(r.paid_fen or 0)} 元，{show(r.paid_on)}", f"{r.paid_by}登记{'，凭证' + r.paid_document if r.paid_document else ''}"))
    return tuple(facts)


# ---------------------------------------------------------------- the branch


def _form(org: tree.OrgView, values: Mapping[str, str], faults: Sequence[Fault], today: date) -> FormPage:
    wrong = pages.errors(faults)
    above = [(o.name, str(o.id)) for o in proposals.offices_above(org.id)]
    up = FieldGroup("报上去的", (
        pick("person", "为谁", [("请选", ""), *members(org, today)], values, wrong, required=True, width="half"),
        pick("office", "报给谁", above or [("上面没有党组织", "")], values, wrong, required=True, width="half"),
        pick("kind", "为什么", [("请选", ""), *((name, code) for code, name in pages.WHY_ZH.items())], values, wrong, required=True, width="half"),
        text("amount", "金额（元，慰问品折合）", values, wrong, required=True, inputmode="decimal", width="half"),
        pick("source", "钱从哪里来", [(name, code.value) for code, name in rules.SOURCE_ZH.items()], values, wrong, kind="radio", required=True),
        text("goods", "慰问品", values, wrong, maxlength=100, width="half"), text("ground", "给上级看的理由", values, wrong, kind="textarea", required=True, maxlength=300, rows=2),
    ), "只有报给的党组织看得到")
    kept = FieldGroup("支部自己留的", (text("situation", "具体情况", values, wrong, kind="textarea", maxlength=500, help=f"可以不写。{pages.SECRET}"),))
    return pages.form(org, "提帮扶申请", f"{reverse('care:request-new')}?org={org.id}", (up, kept), "报上去", faults, f"{org.name} · 先审核，再研究决定，批准后才支付")


@GET_POST
@sent_once
def new(request: HttpRequest) -> HttpResponse:
    """Hand a proposal in."""
    org, today = asked.branch(request, P.CARE_WRITE), request.today  # type: ignore[attr-defined]
    if request.method == "GET":
        return form_shown(request, _form(org, {"person": str(number(request.GET.get("with")) or "")}, (), today))
    values = asked.typed(request, NAMES)
    wish = NewProposal(
        number(values["person"]) or 0, number(values["office"]) or 0, values["kind"], values["amount"], values["source"], values["ground"], values["goods"], values["situation"],
    )
    try:
        made = proposals.propose(request.actor, org.id, wish, at=request.now)  # type: ignore[attr-defined]
    except CareRefused as refused:
        return form_shown(request, _form(org, values, refused.faults, today), refused.faults)
    return _done(request, "care:request", made, "报上去了，答复后待办里看得到")


def _done(request: HttpRequest, name: str, request_id: int, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(reverse(name, args=[request_id]))


def _of_branch(request: HttpRequest, request_id: int, right: P) -> tuple[RequestView, tuple[int, str]]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    kept = queries.proposal_of(actor.scope(right), request_id)
    if kept is None:
        raise NotFound("没有找到这件帮扶申请")
    return queries.request_for(actor, request_id), kept


@require_GET
def shown(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show a proposal to the branch that made it, with what it keeps to itself."""
    found, (person_id, situation) = _of_branch(request, request_id, P.CARE_READ)
    org = tree.views([found.org_id])[found.org_id]
    buttons: list[Button] = []
    if request.actor.may(P.CARE_WRITE, org.path_now):  # type: ignore[attr-defined]
        if found.open:
            buttons.append(Button("撤回", reverse("care:request-withdraw", args=[request_id]), "post"))
        if found.state == rules.State.APPROVED:
            buttons.append(Button("记走访", f"{reverse('care:call-new')}?org={org.id}&with={person_id}&request={request_id}"))
        if found.state == rules.State.APPROVED and found.paid_on is None:
            buttons.append(Button("登记支付", reverse("care:request-pay", args=[request_id]), style="pri"))
    state = rules.STATE_ZH[rules.State(found.state)]
    facts = (*_facts(found), Pair("具体情况", situation or "没写", "只在支部"))
    page = RoomPage("帮扶申请", f"{org.name} · {state}", pages.crumbs(org, Link("帮扶申请")), tuple(buttons), facts_title=found.name, facts=facts, note=f"{found.office_name}看得到“具体情况”以外的内容，别的上级都看不到。")
    return render(request, "talks/room.html", {"page": page})


@require_POST
def withdraw(request: HttpRequest, request_id: int) -> HttpResponse:
    """Take a proposal back."""
    try:
        proposals.withdraw(request.actor, request_id, at=request.now)  # type: ignore[attr-defined]
    except CareRefused as refused:
        messages.error(request, refused.faults[0].reason)
        return HttpResponseRedirect(reverse("care:request", args=[request_id]))
    return _done(request, "care:request", request_id, "撤回了")


@GET_POST
@sent_once
def pay(request: HttpRequest, request_id: int) -> HttpResponse:
    """Note that the money was handed over."""
    found, _ = _of_branch(request, request_id, P.CARE_WRITE)
    org, today = tree.views([found.org_id])[found.org_id], request.today  # type: ignore[attr-defined]
    values = asked.typed(request, ("amount", "paid_on", "document", "expense")) if request.method == "POST" else {"amount": rules.yuan_of(found.amount_fen), "paid_on": str(today)}
    faults: tuple[Fault, ...] = ()
    if request.method == "POST":
        on = day(values["paid_on"])
        try:
            if on is None:
                raise CareRefused(Fault("paid_on", "E054", "日期没有填对，请选支付那一天"))
            proposals.pay(
                request.actor, request_id, amount=values["amount"], paid_on=on, document=values["document"], expense_id=number(values["expense"]), at=request.now,  # type: ignore[attr-defined]
            )
            return _done(request, "care:request", request_id, "登记了支付")
        except CareRefused as refused:
            faults = refused.faults
    wrong = pages.errors(faults)
    fields = (
        text("amount", "支付多少（元）", values, wrong, required=True, inputmode="decimal", width="third"), text("paid_on", "哪天", values, wrong, kind="date", required=True, width="third"),
        _from_dues(request.actor, org.id, values, wrong) if found.source == rules.Source.DUES else text("document", "凭证号", values, wrong, maxlength=60, width="third"),  # type: ignore[attr-defined]
    )
    return form_shown(request, pages.form(org, "登记支付", reverse("care:request-pay", args=[request_id]), (FieldGroup(found.name, fields, facts=_facts(found)[3:5]),), "登记", faults), faults)


def _from_dues(actor: Actor, org_id: int, values: Mapping[str, str], wrong: Mapping[str, str]) -> Field:
    """Offer the expenses from the branch's own dues that were agreed to for members in hardship and paid for nothing else yet."""
    left = [(f"{show(e.on)}同意　{rules.yuan_of(e.fen)} 元　{e.what}", str(e.id)) for e in proposals.expenses_left(actor, org_id)]
    said = "从本支部批准过的党费支出（用途4）里选，一项只用一次" if left else "还没有批准过、没用过的党费支出（用途4）。先在“党费经费”的收支和公布里申请用款，上级同意后再来登记"
    return pick("expense", "哪一项党费支出", [("请选", ""), *left], values, wrong, required=True, help=said)


# ---------------------------------------------------------------- the office


def _deciding(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not queries.deciding(actor):
        raise Refused("审核和决定帮扶申请要有这项职责，您的账号没有。需要的话请找上级党组织开通")
    return actor


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """List the proposals handed in to the organisations for which the actor decides."""
    found = queries.for_offices(_deciding(request))
    block = Block("帮扶申请", pages.request_lines(found), ("为谁", "哪天", "多少"), f"{sum(r.open for r in found)} 件等答复", "", "没有报来的帮扶申请。")
    page = RoomPage("关怀帮扶", "支部报来的帮扶申请：先审核，再报委员会研究决定", (Link("党员"), Link("关怀帮扶")), blocks=(block,))
    return render(request, "talks/room.html", {"page": page})


@GET_POST
@sent_once
def answer(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show a proposal to its office; take the audit, then what the committee decided."""
    actor = _deciding(request)
    found = queries.request_for(actor, request_id)
    if found.office_id not in queries.deciding(actor):
        raise NotFound("没有找到这件帮扶申请")
    values, faults = asked.typed(request, ("note", "document", "decided_on")), ()
    if request.method == "POST":
        passed = request.POST.get("do") != "refuse"
        on = day(values["decided_on"]) or request.today  # type: ignore[attr-defined]
        try:
            if found.state == rules.State.SUBMITTED:
                proposals.audit(actor, request_id, passed=passed, note=values["note"], at=request.now)  # type: ignore[attr-defined]
            else:
                proposals.decide(actor, request_id, passed=passed, document=values["document"], decided_on=on, note=values["note"], at=request.now)  # type: ignore[attr-defined]
            return _done(request, "care:answer", request_id, "答复了，支部的待办里看得到" if passed or found.state != rules.State.SUBMITTED else "答复了，支部看得到原因")
        except CareRefused as refused:
            faults = refused.faults
    return form_shown(request, _answer_form(actor, found, values if request.method == "POST" else {"decided_on": str(request.today)}, faults), faults)  # type: ignore[attr-defined]


def _answer_form(actor: Actor, r: RequestView, values: Mapping[str, str], faults: Sequence[Fault]) -> FormPage:
    wrong = pages.errors(faults)
    fields: tuple[Field, ...] = ()
    own = r.maker_id is not None and r.maker_id == actor.account_id
    audited = r.state == rules.State.AUDITED and queries.audited_by(actor, r.auditor_id, r.audited_by)
    if r.open and not own and not audited:
        note = text("note", "意见（不同意必填）", values, wrong, kind="textarea", maxlength=200, rows=2)
        decided = (text("document", "依据", values, wrong, maxlength=100, width="half", help="例如：镇党委会议纪要〔2026〕12号"), text("decided_on", "哪天决定的", values, wrong, kind="date", width="half"))
        fields = (note,) if r.state == rules.State.SUBMITTED else (*decided, note)
    callouts = (Callout("这件申请是您自己提的，请另一位同志审核和决定。", Tone.WARN),) if own and r.open else ()
    callouts += (Callout("这件申请是您审核的，研究决定要由另一位同志登记。", Tone.WARN),) if audited and not own else ()
    return FormPage(
        "帮扶申请", reverse("care:answer", args=[r.id]), (FieldGroup(r.name, fields, facts=_facts(r)),), ("同意，报委员会研究" if r.state == rules.State.SUBMITTED else "登记：同意帮扶") if fields else "",
        (Link("关怀帮扶", reverse("care:requests")), Link(r.name)), f"{r.org_name} · {rules.STATE_ZH[rules.State(r.state)]}", callouts,
        tuple(ErrorLine(f.reason, f"f-{f.field}" if f.field else "", f.code) for f in faults), reverse("care:requests"), other_buttons=(("do", "refuse", "不同意"),) if fields else (),
        submit_name="do" if fields else "", submit_value="pass" if fields else "",
    )
