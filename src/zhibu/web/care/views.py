"""关怀帮扶: events, the list of care, visits. A view translates, makes one domain call, translates back."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.areas.care import actions, queries
from zhibu.areas.care.actions import NewCall
from zhibu.areas.care.refused import CareRefused, Fault
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.web.meetings.forms import day, number
from zhibu.web.shell.context import FormPage
from zhibu.web.shell.sent import sent_once
from zhibu.web.talks import asked

from . import pages

GET_POST = require_http_methods(["GET", "POST"])
NO_DAY = Fault("day", "E054", "日期没有填对，请从日历里选")


def shown(request: HttpRequest, page: FormPage, faults: Sequence[Fault] = ()) -> HttpResponse:
    """Answer with a form, as it begins or with what is wrong."""
    return render(request, "shell/form.html", {"page": page}, status=422 if faults else 200)


def back(request: HttpRequest, org_id: int, said: str) -> HttpResponse:
    """Answer with the branch's page and a sentence."""
    messages.success(request, said)
    return HttpResponseRedirect(f"{reverse('care:list')}?org={org_id}")


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """Show the care of a branch."""
    org = asked.branch(request, P.CARE_READ)
    return render(request, "talks/room.html", {"page": pages.build_list(request.actor, org, request.today)})  # type: ignore[attr-defined]


@require_GET
def call(request: HttpRequest, call_id: int) -> HttpResponse:
    """Show one visit to whoever keeps the branch's care, and to the member who was visited."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found, feedback = queries.call(replace(actor.scope(P.CARE_READ), person_id=actor.scope(P.OWN_FILE).person_id), call_id)
    return render(request, "talks/room.html", {"page": pages.build_call(actor, found, feedback, tree.views([found.org_id])[found.org_id])})


@GET_POST
@sent_once
def new_call(request: HttpRequest) -> HttpResponse:
    """Record a visit; the duty opens the form with everything but the save button done."""
    org, actor, today = asked.branch(request, P.CARE_WRITE), request.actor, request.today  # type: ignore[attr-defined]
    if request.method == "GET":
        given = {name: str(number(request.GET.get(name)) or "") for name in ("with", "request")}
        return shown(request, pages.call_form(org, {"person": given["with"], "request": given["request"], "day": str(today), "caller": str(actor.person_id or "")}, (), today))
    values = asked.typed(request, ("person", "day", "caller", "others", "goods", "feedback", "request"))
    on = day(values["day"])
    try:
        if on is None:
            raise CareRefused(NO_DAY)
        wish = NewCall(number(values["person"]) or 0, on, number(values["caller"]), values["others"], values["goods"], values["feedback"], number(values["request"]))
        actions.record_call(actor, org.id, wish, at=request.now)  # type: ignore[attr-defined]
    except CareRefused as refused:
        return shown(request, pages.call_form(org, values, refused.faults, today), refused.faults)
    return back(request, org.id, "记好了")


@GET_POST
@sent_once
def void_call(request: HttpRequest, call_id: int) -> HttpResponse:
    """Say that a visit was entered by mistake."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found, _ = queries.call(actor.scope(P.CARE_WRITE), call_id)
    org, reason, faults = tree.organisation(actor.sees(), found.org_id), asked.typed(request, ["reason"])["reason"], ()
    if request.method == "POST":
        try:
            actions.void_call(actor, call_id, reason=reason, at=request.now)  # type: ignore[attr-defined]
            return back(request, org.id, "去掉了，不再算；记录和原因都保留")
        except CareRefused as refused:
            faults = refused.faults
    return shown(request, pages.reason_form(org, found, reason, faults), faults)


@GET_POST
@sent_once
def event(request: HttpRequest) -> HttpResponse:
    """Note something after which a member must be visited."""
    org, today = asked.branch(request, P.CARE_WRITE), request.today  # type: ignore[attr-defined]
    if request.method == "GET":
        return shown(request, pages.event_form(org, {"day": str(today), "person": str(number(request.GET.get("with")) or "")}, (), today))
    values = asked.typed(request, ("person", "day", "kind"))
    on = day(values["day"])
    try:
        if on is None:
            raise CareRefused(NO_DAY)
        actions.note_event(request.actor, org.id, person_id=number(values["person"]) or 0, kind=values["kind"], day=on, at=request.now)  # type: ignore[attr-defined]
    except CareRefused as refused:
        return shown(request, pages.event_form(org, values, refused.faults, today), refused.faults)
    return back(request, org.id, "登记了，待办里会提醒")


@require_POST
def end_event(request: HttpRequest, event_id: int) -> HttpResponse:
    """Say that an event was entered by mistake."""
    return back(request, actions.end_event(request.actor, event_id, at=request.now), "去掉了，不再提醒")  # type: ignore[attr-defined]


@GET_POST
@sent_once
def member(request: HttpRequest) -> HttpResponse:
    """Put a member on the list of care, or give a retired one another contact person."""
    org, today = asked.branch(request, P.CARE_WRITE), request.today  # type: ignore[attr-defined]
    if request.method == "GET":
        return shown(request, pages.member_form(org, {"person": str(number(request.GET.get("with")) or "")}, (), today))
    values = asked.typed(request, ("person", "flag", "contact"))
    try:
        actions.list_member(request.actor, org.id, person_id=number(values["person"]) or 0, flag=values["flag"], contact_id=number(values["contact"]), at=request.now)  # type: ignore[attr-defined]
    except CareRefused as refused:
        return shown(request, pages.member_form(org, values, refused.faults, today), refused.faults)
    return back(request, org.id, "登记了，七一、春节前会提醒走访")


@require_POST
def end_listing(request: HttpRequest, listed_id: int) -> HttpResponse:
    """Take a member off the list of care."""
    return back(request, actions.end_listing(request.actor, listed_id, at=request.now), "移出了，以前的走访都保留")  # type: ignore[attr-defined]
