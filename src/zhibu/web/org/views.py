"""组织树, the page of an organisation, its contacts and host units."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.areas.structure import actions, queries
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.process import queries as cases
from zhibu.ground.tree import actions as tree_actions
from zhibu.ground.tree import queries as org_queries
from zhibu.ground.tree.queries import NotFound
from zhibu.web.shell.context import Button, ErrorPage
from zhibu.web.shell.sent import sent_once
from zhibu.web.shell.stale import ORGANISATION, by_whom

from . import contacts_page, org_page, tree_page
from .forms import REFUSALS, Given
from .reach import asked_day, last_day, seen
from .words import said


@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    """Show the tree of a day."""
    asked, scope = asked_day(request), request.actor.scope(P.COMPLIANCE_READ)  # type: ignore[attr-defined]
    states = queries.states(scope, asked.on)
    groups = queries.group_health(scope, asked.on)
    waiting = cases.inbox(scope, request.actor)  # type: ignore[attr-defined]
    buttons = (Button(f"等我答复的报批 {len(waiting)} 件", reverse("org:cases")),) if waiting else ()
    page = tree_page.build(states, groups, asked, query=request.GET.get("q", "").strip()[:50], chosen=request.GET.get("state", ""), buttons=buttons)
    return render(request, "org/tree.html", {"page": page})


@require_GET
def page(request: HttpRequest, org_id: int) -> HttpResponse:
    """Show one organisation on a day."""
    org = seen(request, org_id)
    asked = last_day(org, asked_day(request))
    try:
        card = queries.organisation(request.actor.scope(P.COMPLIANCE_READ), org_id, asked.on)  # type: ignore[attr-defined]
    except NotFound:
        text = f"{said(asked.on)}这一天还没有“{org.name}”，或它已经撤销。"
        again = Button("看今天", reverse("org:page", args=[org_id]), style="pri")
        return render(request, "shell/error.html", {"page": ErrorPage("这一天没有这个组织", text, "请换一个日期。", (again,))}, status=404)
    return render(request, "org/organisation.html", {"page": org_page.build(card, request.actor, asked)})  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@sent_once
def contacts(request: HttpRequest, org_id: int) -> HttpResponse:
    """Change address, office phone, fixed theme day, function label and host units; a stale form comes back with both versions."""
    org = seen(request, org_id, P.ORG_EDIT)
    detail = queries.detail(request.actor.sees(), org_id)  # type: ignore[attr-defined]
    units = org_queries.host_units(request.actor.scope(P.ORG_EDIT), [org_id]).get(org_id, ())  # type: ignore[attr-defined]
    given = Given(request.POST if request.method == "POST" else None, contacts_page.initial(detail, units))
    status = 200
    if request.method == "POST":
        status = 422
        values, wanted, version = contacts_page.read(given)
        if given.ok:
            try:
                actions.edit_contacts(request.actor, org_id, values=values, units=wanted, version=version, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "已保存")
                return HttpResponseRedirect(reverse("org:page", args=[org_id]))
            except tree_actions.Stale:
                status = 409
            except REFUSALS as error:
                given.refuse(error)
    by = by_whom(request.actor.sees(), "organisation", org_id, ORGANISATION) if status == 409 else ()  # type: ignore[attr-defined]
    return render(request, "shell/form.html", {"page": contacts_page.build(org, detail, units, given, stale=status == 409, by=by)}, status=status)
