"""Establish, adjust, dissolve, extend: handed in from below, or decided at once by an organisation above."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.structure import actions, procedures, queries
from zhibu.areas.structure.actions import Adjustment, Dissolution, Extension
from zhibu.areas.structure.rules import Suggestion
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.process.spec import CaseKind
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.context import FormPage
from zhibu.web.shell.sent import sent_once
from zhibu.web.shell.stale import ORGANISATION, by_whom

from . import request_pages as pages
from .forms import REFUSALS, Given
from .reach import seen

Doing = Callable[[], tuple[str, str]]  # carries out; gives (address to go to, sentence)


def _show(request: HttpRequest, page: FormPage, status: int) -> HttpResponse:
    return render(request, "shell/form.html", {"page": page}, status=status)


def _try(request: HttpRequest, given: Given, do: Doing) -> HttpResponse | None:
    """Carry out what a sound form asks; None when it was refused (the refusal is noted in the form)."""
    if not given.ok:
        return None
    try:
        address, sentence = do()
    except REFUSALS as error:
        given.refuse(error)
        return None
    messages.success(request, sentence)
    return HttpResponseRedirect(address)


def _mode(request: HttpRequest, org: OrgView, kind: CaseKind, *, new: bool = False) -> bool:
    """Tell whether this reader decides; whoever does neither decide nor hand in is refused."""
    direct = actions.may_decide_directly(request.actor, kind, org.path_now, new=new)  # type: ignore[attr-defined]
    if not direct:
        request.actor.require(kind.request, org.path_now)  # type: ignore[attr-defined]
    return direct


def _standing(request: HttpRequest, org_id: int) -> OrgView:
    """Give an organisation that is not dissolved; nothing can be asked about one that is (404)."""
    org = seen(request, org_id)
    if org.status == "dissolved":
        raise tree.NotFound("这个组织已经撤销")
    return org


def _handed_in(case_id: int) -> tuple[str, str]:
    return reverse("org:case", args=[case_id]), "已经报上去，等上级答复"


@require_http_methods(["GET", "POST"])
@sent_once
def establish(request: HttpRequest, org_id: int) -> HttpResponse:
    """Ask for, or decide on, a new organisation below this one; 看建议 answers without saving."""
    parent = _standing(request, org_id)
    direct = _mode(request, parent, procedures.ESTABLISH, new=True)
    given = Given(request.POST if request.method == "POST" else None, {"applied_on": str(request.today), "answered_on": str(request.today) if direct else ""})  # type: ignore[attr-defined]
    if request.POST.get("do") == "suggest":
        return _show(request, pages.establish(parent, given, direct, _advice(given, parent, request.today)), 200)  # type: ignore[attr-defined]
    if request.method == "POST":
        wish = pages.read_establishment(given)
        paper, day = pages.read_paper(given) if direct else ("", None)
        answer = _try(request, given, lambda: _establish(request, parent, wish, direct, paper, day))
        if answer is not None:
            return answer
    return _show(request, pages.establish(parent, given, direct, None), 422 if request.method == "POST" else 200)


def _advice(given: Given, parent: OrgView, on: date) -> Suggestion | None:
    full, probationary = given.number("full", "正式党员数"), given.number("probationary", "预备党员数")
    units, months = given.lines_of("units", "所在单位"), given.number("months", "项目工期")
    return queries.suggestion(
        parent, full or 0, probationary or 0, len(units) or 1, on, village_or_community=given.raw("village") == "1", project_months=months
    )


def _establish(request: HttpRequest, parent: OrgView, wish: actions.Establishment, direct: bool, paper: str, day: date | None) -> tuple[str, str]:
    if not direct:
        return _handed_in(actions.request_establishment(request.actor, parent.id, wish, at=request.now))  # type: ignore[attr-defined]
    made = actions.found_directly(request.actor, parent.id, wish, document=paper, approved_on=day or request.today, at=request.now)  # type: ignore[attr-defined]
    return reverse("org:page", args=[made]), f"已成立{wish.name}"


def _decide(request: HttpRequest, org_id: int, wish: Adjustment | Dissolution | Extension, given: Given, sentence: str, version: int | None = None) -> tuple[str, str]:
    paper, day = pages.read_paper(given)
    actions.decide_directly(
        request.actor, org_id, wish, document=paper, decided_on=day or request.today, version=version, at=request.now  # type: ignore[attr-defined]
    )
    return reverse("org:page", args=[org_id]), sentence


@require_http_methods(["GET", "POST"])
@sent_once
def adjust(request: HttpRequest, org_id: int) -> HttpResponse:
    """Rename, retype or move an organisation."""
    org = _standing(request, org_id)
    direct, version = _mode(request, org, procedures.ADJUST), queries.detail(request.actor.sees(), org_id).version  # type: ignore[attr-defined]
    given = Given(request.POST if request.method == "POST" else None, _start(request, direct, name=org.name, short_name=org.short_name, kind=org.kind, version=str(version)))
    stale = False
    if request.method == "POST":
        wish, known = pages.read_adjustment(given)
        _check_paper(given, direct)

        def do() -> tuple[str, str]:
            if direct:
                return _decide(request, org_id, wish, given, "已调整", known)
            return _handed_in(actions.request_adjustment(request.actor, org_id, wish, version=known, at=request.now))  # type: ignore[attr-defined]

        try:
            answer = _try(request, given, do)
        except Stale:
            answer, stale = None, True
        if answer is not None:
            return answer
    by = by_whom(request.actor.sees(), "organisation", org_id, ORGANISATION) if stale else ()  # type: ignore[attr-defined]
    page = pages.adjust(org, version, given, direct, request.actor, stale=stale, by=by)  # type: ignore[attr-defined]
    return _show(request, page, 409 if stale else 422 if request.method == "POST" else 200)


def _start(request: HttpRequest, direct: bool, **more: str) -> dict[str, str]:
    today = str(request.today)  # type: ignore[attr-defined]
    return {"applied_on": today, "answered_on": today if direct else "", **more}


def _check_paper(given: Given, direct: bool) -> None:
    if direct:
        pages.read_paper(given)


@require_http_methods(["GET", "POST"])
@sent_once
def dissolve(request: HttpRequest, org_id: int) -> HttpResponse:
    """Dissolve an organisation, its members going to another branch."""
    org = _standing(request, org_id)
    direct = _mode(request, org, procedures.DISSOLVE)
    given = Given(request.POST if request.method == "POST" else None, _start(request, direct))
    if request.method == "POST":
        wish = pages.read_dissolution(given)
        _check_paper(given, direct)
        answer = _try(
            request, given,
            lambda: _decide(request, org_id, wish, given, f"已撤销{org.name}") if direct
            else _handed_in(actions.request_dissolution(request.actor, org_id, wish, at=request.now)),  # type: ignore[attr-defined]
        )
        if answer is not None:
            return answer
    states = queries.states(request.actor.scope(P.COMPLIANCE_READ), request.today, org_ids=[org_id])  # type: ignore[attr-defined]
    members = states[0].count.members_all if states else 0
    return _show(request, pages.dissolve(org, members, queries.neighbours(request.actor.sees(), org_id), given, direct), 422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@sent_once
def extend(request: HttpRequest, org_id: int) -> HttpResponse:
    """Extend the term of the committee in office."""
    org = _standing(request, org_id)
    direct = _mode(request, org, procedures.EXTEND)
    committee = queries.in_office(request.actor.sees(), org_id)  # type: ignore[attr-defined]
    if committee is None:
        raise tree.NotFound("这个组织没有登记在任的班子")
    given = Given(request.POST if request.method == "POST" else None, _start(request, direct))
    if request.method == "POST":
        wish = pages.read_extension(given)
        _check_paper(given, direct)
        answer = _try(
            request, given,
            lambda: _decide(request, org_id, wish, given, "已登记延期") if direct
            else _handed_in(actions.request_extension(request.actor, org_id, wish, at=request.now)),  # type: ignore[attr-defined]
        )
        if answer is not None:
            return answer
    return _show(request, pages.extend(org, committee, given, direct), 422 if request.method == "POST" else 200)
