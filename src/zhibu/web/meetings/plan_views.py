"""计划和通知, leave, 联合开展. A view translates, makes one domain call, translates back."""
from __future__ import annotations

import secrets
from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.areas.meetings import joint, leave, plan_actions, plans
from zhibu.areas.meetings.entry import EntryRefused, Fault
from zhibu.areas.meetings.leave import LeaveRefused
from zhibu.areas.meetings.plans import PlanView
from zhibu.ground.guard.once import KeyReused, once
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.web.shell.context import FormPage
from zhibu.web.shell.sent import sent_once

from . import plan_forms as forms
from . import plan_pages as pages
from .forms import day, number
from .plan_forms import Given
from .views import _org as asked_org

GET_POST = require_http_methods(["GET", "POST"])


def _form(request: HttpRequest, page: FormPage, bad: object) -> HttpResponse:
    status = 409 if isinstance(bad, plan_actions.PlanStale) else 422 if bad else 200
    return render(request, "shell/form.html", {"page": page}, status=status)


def _plan(request: HttpRequest, plan_id: int, right: P) -> PlanView:
    view = plans.plan(request.actor.scope(P.ACTIVITY_READ), plan_id)  # type: ignore[attr-defined]
    request.actor.require(right, tree.path_of(view.org_id))  # type: ignore[attr-defined]
    return view


def _back(request: HttpRequest, plan_id: int, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(reverse("meetings:plan", args=[plan_id]))


def _text(request: HttpRequest, name: str, most: int = 200) -> str:
    return request.POST.get(name, "").replace("\0", "")[:most]


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """List the plans of an organisation."""
    org = asked_org(request, P.ACTIVITY_READ)
    return render(request, "meetings/plans.html", {"page": pages.build_list(request.actor, org, request.today)})  # type: ignore[attr-defined]


@require_GET
def shown(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show one plan with its notice, leave and guests."""
    view = _plan(request, plan_id, P.ACTIVITY_READ)
    return render(request, "meetings/plan.html", {"page": pages.build_plan(request.actor, view, request.today)})  # type: ignore[attr-defined]


@GET_POST
def new(request: HttpRequest) -> HttpResponse:
    """Plan a meeting; the same form sent twice plans once."""
    org, actor, today = asked_org(request, P.ACTIVITY_WRITE), request.actor, request.today  # type: ignore[attr-defined]
    if request.method == "GET":
        groups = [g for g in map(number, request.GET.getlist("group")) if g is not None]
        given, proposed = forms.beginning(actor, org, today, [k for k in request.GET.getlist("kind") if k], groups, day(request.GET.get("date", "")))
        given.values["key"] = secrets.token_urlsafe(18)
        return _form(request, forms.plan_form(actor, org, given, today, proposed=proposed), False)
    given, faults = Given.posted(request.POST), list[Fault]()
    wish, key = given.planned(faults), given.values["key"][:64] or secrets.token_urlsafe(18)
    try:
        if faults:
            raise EntryRefused(tuple(faults))
        content = {k: request.POST.getlist(k) for k in request.POST if k not in ("csrfmiddlewaretoken", "key")}
        made, _ = once(actor.account_id, key, {**content, "at": request.path}, request.now, lambda: str(plan_actions.make(actor, org.id, wish, at=request.now)))  # type: ignore[attr-defined]
    except EntryRefused as refused:
        return _form(request, forms.plan_form(actor, org, replace(given, faults=refused.faults), today), True)
    except KeyReused as reused:
        return HttpResponseRedirect(reverse("meetings:plan", args=[reused.target]))
    return _back(request, int(made), "计划好了。下面的通知可以复制到群里")


@GET_POST
@sent_once
def change(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Change a plan; how it stood before stays readable."""
    view, actor, today = _plan(request, plan_id, P.ACTIVITY_WRITE), request.actor, request.today  # type: ignore[attr-defined]
    org = tree.organisation(actor.sees(), view.org_id)
    if request.method == "GET":
        return _form(request, forms.plan_form(actor, org, forms.of_plan(view), today, view), False)
    given, faults = Given.posted(request.POST), list[Fault]()
    wish = given.planned(faults)
    try:
        if faults:
            raise EntryRefused(tuple(faults))
        plan_actions.change(actor, plan_id, wish, version=number(given.values["version"]) or 0, reason=given.values["reason"], at=request.now)  # type: ignore[attr-defined]
    except EntryRefused as refused:
        return _form(request, forms.plan_form(actor, org, replace(given, faults=refused.faults), today, view), refused)
    return _back(request, plan_id, "改好了。发过通知的，请把新通知再发一次")


@GET_POST
@sent_once
def cancel(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Call a planned meeting off."""
    view, fault, reason = _plan(request, plan_id, P.ACTIVITY_WRITE), None, _text(request, "reason")
    if request.method == "POST":
        try:
            plan_actions.cancel(request.actor, plan_id, reason=reason, at=request.now)  # type: ignore[attr-defined]
            return _back(request, plan_id, "取消了。发过通知的，下面的取消通知可以复制到群里")
        except EntryRefused as refused:
            fault = refused.faults[0]
    page = forms.reason_form(view, title="取消这次会", name="plan-cancel", label="为什么不开了", submit="取消这次会", sub="计划和原因都保留；应开的次数不因此减少", reason=reason, error=fault)
    return _form(request, page, fault)


@GET_POST
@sent_once
def answer(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Answer an invitation of another branch."""
    view, fault, reason = _plan(request, plan_id, P.ACTIVITY_WRITE), None, _text(request, "reason")
    if view.host_org_id is None:
        raise tree.NotFound("没有找到这个邀请")
    if request.method == "POST":
        comes = request.POST.get("answer") == "yes"
        try:
            joint.answer(request.actor, plan_id, comes=comes, reason=reason, at=request.now)  # type: ignore[attr-defined]
            return _back(request, plan_id, "答复了。开完各支部自己点名，各记各的台账" if comes else "答复了，主办的支部看得到“不参加”，看不到原因")
        except EntryRefused as refused:
            fault = refused.faults[0]
    page = forms.reason_form(
        view, title="答复邀请", name="plan-answer", label="不参加的原因（参加不用写）", submit="参加", sub=f"{tree.name_of(view.host_org_id)}邀请", reason=reason, error=fault,
        other=(("answer", "no", "不参加"),),
    )
    return _form(request, page, fault)


@GET_POST
@sent_once
def guests(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Ask other branches to hold the meeting together."""
    view, fault = _plan(request, plan_id, P.ACTIVITY_WRITE), None
    chosen = [g for g in map(number, request.POST.getlist("guest")[:60]) if g is not None]
    if request.method == "POST":
        try:
            asked = joint.invite(request.actor, plan_id, chosen, at=request.now)  # type: ignore[attr-defined]
            return _back(request, plan_id, f"邀请了 {asked} 个支部，他们答复后这里看得到" if asked else "这些支部已经邀请过")
        except EntryRefused as refused:
            fault = refused.faults[0]
    already = [g.org_id for g in joint.guests(request.actor.scope(P.ACTIVITY_READ), plan_id)]  # type: ignore[attr-defined]
    return _form(request, forms.guests_form(view, chosen, already, fault), fault)


@GET_POST
@sent_once
def enter_leave(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Enter leave that a member told of."""
    view, error, code = _plan(request, plan_id, P.ACTIVITY_WRITE), "", ""
    person, reason = _text(request, "person", 20), _text(request, "reason", 100)
    if request.method == "POST":
        try:
            leave.enter(request.actor, plan_id, number(person) or 0, reason=reason, at=request.now)  # type: ignore[attr-defined]
            return _back(request, plan_id, "请假登记了")
        except LeaveRefused as refused:
            error, code = refused.reason, refused.code
    return _form(request, forms.leave_form(request.actor, view, request.today, person, reason, error, code), error)  # type: ignore[attr-defined]


@require_POST
def decide_leave(request: HttpRequest, leave_id: int) -> HttpResponse:
    """Approve or decline a request for leave."""
    approve = request.POST.get("answer") != "no"
    try:
        plan_id = leave.decide(request.actor, leave_id, approve=approve, why=_text(request, "why", 100), at=request.now)  # type: ignore[attr-defined]
    except LeaveRefused as refused:
        messages.error(request, refused.reason)
        plan_id = leave.plan_id(request.actor.scope(P.ACTIVITY_READ), leave_id)  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("meetings:plan", args=[plan_id]))
    return _back(request, plan_id, "准假了，点人时已经填好“假”" if approve else "没有准假，本人看得到原因")


