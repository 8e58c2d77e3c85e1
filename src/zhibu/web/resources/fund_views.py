"""三项经费: the table of a year, one fund, plan, payments, reversals, the table for Excel."""
from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhibu.areas.resources import actions, queries, rules
from zhibu.areas.resources.actions import NewPlan, ResourceStale
from zhibu.areas.resources.queries import FundView
from zhibu.areas.resources.refused import ResourceRefused
from zhibu.areas.resources.rules import Counts, Fund
from zhibu.exchange import excel
from zhibu.exchange.sheets import resources as sheets
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.policy import queries as policy
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.web.paper.answer import attached
from zhibu.web.shell import stale
from zhibu.web.shell.context import Field, FieldGroup, FormPage, Link, Pair
from zhibu.web.shell.sent import sent_once
from zhibu.web.training.typed import Typed, asked_org, asked_year, number

from . import pages
from .pages import money, to

GET_POST = require_http_methods(["GET", "POST"])
CHANGES = ("resources.plan", "resources.pay")


@require_safe
def funds(request: HttpRequest) -> HttpResponse:
    """Show the funds of a year of an organisation and all below it."""
    org, wanted, actor = asked_org(request, P.RESOURCE_READ), asked_year(request), request.actor  # type: ignore[attr-defined]
    today = request.today  # type: ignore[attr-defined]
    found = queries.funds(actor.scope(P.RESOURCE_READ).narrowed(org.path_now), wanted, today)
    villages = sum(f.counts.villages for f in found if f.fund == Fund.OFFICE)
    rule = policy.effective(org.id, "funds", queries.as_of(wanted, today)) if villages else None
    more = rules.increments(rule, villages) if rule is not None and rule.has("funds.village_increment.province") and rule.has("funds.village_increment.county") else {}
    return render(request, "resources/funds.html", {"page": pages.funds(actor, found, org, more, wanted, today)})


@require_POST
@csrf_protect
def file(request: HttpRequest) -> FileResponse:
    """Send the funds of a year as Excel."""
    org, wanted, actor = asked_org(request, P.RESOURCE_READ), asked_year(request), request.actor  # type: ignore[attr-defined]
    table = sheets.funds(actor.scope(P.RESOURCE_READ), org, wanted, request.today)  # type: ignore[attr-defined]
    actions.note_paper(actor, org.id, what="三项经费", at=request.now)  # type: ignore[attr-defined]
    return attached(excel.write([table]), excel.file_name(org.name, f"{wanted}年三项经费", request.today), excel.MEDIA_TYPE)  # type: ignore[attr-defined]


@require_safe
def fund(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show one fund with its payments."""
    actor, scope = request.actor, request.actor.scope(P.RESOURCE_READ)  # type: ignore[attr-defined]
    found = queries.fund(scope, plan_id, request.today)  # type: ignore[attr-defined]
    return render(request, "resources/fund.html", {"page": pages.fund(actor, found, queries.payments(scope, plan_id))})


def _standing(actor: Actor, org: OrgView, wanted: int, kind: str, today: date) -> FundView | None:
    return next((f for f in queries.funds(actor.scope(P.RESOURCE_READ), wanted, today, [org.id]) if f.fund == kind), None)


def _initial(actor: Actor, org: OrgView, now: FundView | None, today: date) -> dict[str, str]:
    counts = now.counts if now else queries.counted(actor.scope(P.RESOURCE_WRITE), org, today)
    found = {"urban": counts.urban, "county": counts.county, "villages": counts.villages, "members": counts.members}
    texts = {name: str(n) for name, n in found.items()}
    return texts | {"appropriated": rules.yuan(now.appropriated) if now else "", "document": now.document if now else "", "version": str(now.version if now else 0)}


@GET_POST
@sent_once
def plan(request: HttpRequest) -> HttpResponse:
    """Enter or change one fund of a year."""
    org, wanted, actor, today = asked_org(request, P.RESOURCE_WRITE), asked_year(request), request.actor, request.today  # type: ignore[attr-defined]
    kind = request.GET.get("fund", "")
    kind = kind if kind in tuple(Fund) else Fund.SERVICE.value
    now = _standing(actor, org, wanted, kind, today)
    typed = Typed(request.POST if request.method == "POST" else None, _initial(actor, org, now, today))
    aside: tuple[Pair, ...] = ()
    if request.method == "POST":
        names = {"urban": "市辖社区", "county": "县社区", "villages": "村", "members": "党员"}
        asked = {name: typed.count(name, label) if name in _counts(kind) else 0 for name, label in names.items()}
        amount = typed.amount("appropriated")
        wish = NewPlan(wanted, kind, Counts(asked["urban"], asked["county"], asked["villages"], asked["members"]), None if amount is None else int(amount * rules.FEN), typed.raw("document"))
        try:
            if not typed.faults:
                made = actions.plan(actor, org.id, wish, version=number(typed.raw("version")) or 0, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "存好了")
                return HttpResponseRedirect(to("fund", made))
        except ResourceStale as refused:
            typed.refused(refused.faults)
            aside = _theirs(actor, _standing(actor, org, wanted, kind, today))
        except ResourceRefused as refused:
            typed.refused(refused.faults)
    page = FormPage(
        title=f"编{rules.FUND_ZH[kind]}", action_url=to("plan", org=org.id, year=wanted, fund=kind), groups=(FieldGroup("", _fields(typed, kind)),), submit_label="存",
        crumbs=money(Link(f"{org.short_name}{wanted}年", to("funds", org=org.id, year=wanted)), Link(rules.FUND_ZH[kind])), sub=f"{org.name} · {wanted}年 · 应安排数由系统按规则集算",
        cancel_url=to("funds", org=org.id, year=wanted), errors=typed.errors, hidden=(("version", str(now.version if now and aside else typed.raw("version"))),), aside=aside, aside_title="现在的内容" if aside else "",
    )
    return render(request, "shell/form.html", {"page": page}, status=409 if aside else 422 if typed.faults else 200)


def _counts(kind: str) -> tuple[str, ...]:
    return {Fund.SERVICE.value: ("urban", "county"), Fund.ACTIVITY.value: ("members",)}.get(kind, ("villages",))


def _fields(typed: Typed, kind: str) -> tuple[Field, ...]:
    labels = {"urban": "市辖社区（个）", "county": "县社区（个）", "villages": "村（个）", "members": "农村、社区党员（名）"}
    found = [typed.field(name, labels[name], "number", width="half", help="已按组织树填好，不对再改" if n == 0 else "") for n, name in enumerate(_counts(kind))]
    found += [
        typed.field("appropriated", "已安排（元）", inputmode="decimal", required=True, maxlength=17, width="half"),
        typed.field("document", "凭什么文件", maxlength=100, width="half", help="例如：县财〔2026〕1号"),
    ]
    for wrong in ("fund", "year"):
        if wrong in typed.faults:
            typed.fault("appropriated", *typed.faults.pop(wrong))
    return tuple(found)


def _theirs(actor: Actor, now: FundView | None) -> tuple[Pair, ...]:
    if now is None:
        return ()
    return (Pair("已安排", f"{rules.grouped(now.appropriated)} 元"), Pair("应安排", now.need.said if now.need else ""), *stale.by_whom(actor.scope(P.RESOURCE_READ), "fund", now.id, CHANGES))


@GET_POST
@sent_once
def pay(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Enter a payment."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    f = queries.fund(actor.scope(P.RESOURCE_READ), plan_id, today)
    actor.require(P.RESOURCE_WRITE, f.org.path_now)
    typed = Typed(request.POST if request.method == "POST" else None, {"day": str(today)})
    if request.method == "POST":
        on, amount = typed.day("day", "支付日期"), typed.amount("amount")
        try:
            if not typed.faults:
                actions.pay(actor, plan_id, day=on, amount=None if amount is None else int(amount * rules.FEN), note=typed.raw("note"), at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "登记了")
                return HttpResponseRedirect(to("fund", plan_id))
        except ResourceRefused as refused:
            typed.refused(refused.faults)
    fields = (
        typed.field("day", "哪天付的", "date", required=True, width="half"), typed.field("amount", "多少元", inputmode="decimal", required=True, maxlength=17, width="half"),
        typed.field("note", "说明", maxlength=200, help="付的比安排的多，要写原因；其他可不写"),
    )
    facts = (Pair("应安排", f"{rules.grouped(f.required)} 元"), Pair("已安排", f"{rules.grouped(f.appropriated)} 元"), Pair("已支付", f"{rules.grouped(f.paid)} 元"))
    return _form(request, typed, "登记支付", to("pay", plan_id), fields, "登记", f, facts)


def _form(request: HttpRequest, typed: Typed, title: str, url: str, fields: tuple[Field, ...], label: str, f: FundView, facts: tuple[Pair, ...] = (), sub: str = "") -> HttpResponse:
    page = FormPage(
        title=title, action_url=url, groups=(FieldGroup("", fields, facts=facts),), submit_label=label, sub=sub or f"{f.org.name} · {f.year}年{rules.FUND_ZH[f.fund]}",
        crumbs=money(Link(rules.FUND_ZH[f.fund], to("fund", f.id)), Link(title)), cancel_url=to("fund", f.id), errors=typed.errors,
    )
    return render(request, "shell/form.html", {"page": page}, status=422 if typed.faults else 200)


@GET_POST
@sent_once
def reverse_payment(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Reverse a payment."""
    actor, scope = request.actor, request.actor.scope(P.RESOURCE_READ)  # type: ignore[attr-defined]
    plan_id, org_id, p = queries.payment(scope, payment_id)
    actor.require(P.RESOURCE_WRITE, tree.path_of(org_id))
    f, typed = queries.fund(scope, plan_id, request.today), Typed(request.POST if request.method == "POST" else None)  # type: ignore[attr-defined]
    if request.method == "POST":
        try:
            actions.reverse(actor, payment_id, reason=typed.raw("reason"), at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "冲正了，原来那一笔和原因都保留")
            return HttpResponseRedirect(to("fund", plan_id))
        except ResourceRefused as refused:
            typed.refused(refused.faults)
    fields = (typed.field("reason", "为什么冲正", "textarea", required=True, maxlength=200),)
    return _form(request, typed, "冲正这一笔", to("reverse", payment_id), fields, "冲正", f, sub=f"{pages.day(p.day)}支付 {rules.grouped(p.amount)} 元")
