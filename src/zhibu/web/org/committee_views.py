"""Enter an elected committee, fill a vacancy, end a post."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.structure import committees, queries
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people import queries as people
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.sent import sent_once

from . import committee_pages as pages
from .forms import REFUSALS, Given
from .reach import seen
from .words import POSTS


def _candidates(request: HttpRequest, org: OrgView) -> list[tuple[int, str]]:
    """List who may hold a post here: full members of the branch; above branches those of everything below."""
    return queries.candidates(request.actor.scope(P.ORG_EDIT), org.id, request.today)  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@sent_once
def committee(request: HttpRequest, org_id: int) -> HttpResponse:
    """Enter the result of an election."""
    org = seen(request, org_id, P.ORG_EDIT)
    persons = _candidates(request, org)
    given = Given(request.POST if request.method == "POST" else None, {"end_previous": "1"})
    if request.method == "POST":
        result = pages.read_election(given, persons)
        if given.ok:
            try:
                _, warnings = committees.enter_committee(request.actor, org_id, result, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "已登记班子")
                for warning in warnings:
                    messages.warning(request, warning.reason)
                return HttpResponseRedirect(reverse("org:page", args=[org_id]))
            except REFUSALS as error:
                given.refuse(error)
    now, term = queries.in_office(request.actor.sees(), org_id), queries.terms_allowed(org, request.today)  # type: ignore[attr-defined]
    return render(request, "shell/form.html", {"page": pages.election(org, given, persons, now, term)}, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@sent_once
def vacancy(request: HttpRequest, org_id: int) -> HttpResponse:
    """Fill a vacant post."""
    org = seen(request, org_id, P.ORG_EDIT)
    persons = _candidates(request, org)
    given = Given(request.POST if request.method == "POST" else None, {"from_on": str(request.today)})  # type: ignore[attr-defined]
    if request.method == "POST":
        post, person = given.choice("post", "职务", POSTS, required=True), given.choice("person", "姓名", {str(p): n for p, n in persons}, required=True)
        day, paper = given.day("from_on", "任职日期", required=True), given.text("override", "上级批准文件", most=80)
        if given.ok and day is not None:
            try:
                committees.fill_vacancy(request.actor, org_id, person_id=int(person), post=post, from_on=day, override_doc=paper, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "已补选")
                return HttpResponseRedirect(reverse("org:page", args=[org_id]))
            except REFUSALS as error:
                given.refuse(error)
    return render(request, "shell/form.html", {"page": pages.vacancy(org, given, persons)}, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@sent_once
def leave(request: HttpRequest, org_id: int) -> HttpResponse:
    """End a post."""
    org = seen(request, org_id, P.ORG_EDIT)
    held = people.posts(request.actor.scope(P.ORG_EDIT), request.today, org_ids=[org_id])  # type: ignore[attr-defined]
    given = Given(request.POST if request.method == "POST" else None, {"on": str(request.today)})  # type: ignore[attr-defined]
    if request.method == "POST":
        post, day = given.choice("post", "职务", {str(p.id): p.title for p in held}, required=True), given.day("on", "离任日期", required=True)
        if given.ok and day is not None:
            try:
                committees.end_post(request.actor, org_id, int(post), on=day, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "已登记离任")
                return HttpResponseRedirect(reverse("org:page", args=[org_id]))
            except REFUSALS as error:
                given.refuse(error)
    return render(request, "shell/form.html", {"page": pages.leave(org, given, held)}, status=422 if request.method == "POST" else 200)
