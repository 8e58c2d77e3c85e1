"""Effective rules of an organisation, and assigning a rule set."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.policy import actions, queries
from zhibu.ground.policy.actions import PolicyError
from zhibu.ground.policy.catalogue import FAMILIES
from zhibu.ground.policy.library import Library
from zhibu.ground.policy.resolve import laxer_than_national
from zhibu.ground.policy.wording import laxer_sentence
from zhibu.ground.tree import queries as tree
from zhibu.web.shell.sent import sent_once

from . import rules_page
from .forms import Given
from .reach import asked_day, seen


@require_GET
def rules(request: HttpRequest, org_id: int) -> HttpResponse:
    """Show the rules that hold for an organisation on a day."""
    org = seen(request, org_id, P.POLICY_READ)
    asked = asked_day(request)
    everything = request.GET.get("all") == "1"
    effectives = [queries.effective(org_id, code, asked.on) for code in (FAMILIES if everything else rules_page.READ)]
    made = queries.assignments_of(queries.chain_ids(org_id, asked.on))
    may_assign = request.actor.may(P.POLICY_ASSIGN, org.path_now)  # type: ignore[attr-defined]
    readable = {o.id for o in tree.chain(org.path_now) if request.actor.may(P.POLICY_READ, o.path_now)}  # type: ignore[attr-defined]
    page = rules_page.build(org, effectives, asked, made=made, readable=readable, may_assign=may_assign, everything=everything)
    return render(request, "org/rules.html", {"page": page})


@require_http_methods(["GET", "POST"])
@sent_once
def assign(request: HttpRequest, org_id: int) -> HttpResponse:
    """Assign a rule set to an organisation and its subtree."""
    org = seen(request, org_id, P.POLICY_ASSIGN)
    family = request.GET.get("family", "life")
    given = Given(request.POST if request.method == "POST" else None, {"family": family if family in FAMILIES else "life", "valid_from": str(request.today)})  # type: ignore[attr-defined]
    laxer: list[str] = []
    library = queries.library()
    posted = request.method == "POST" and request.POST.get("do") != "family"
    if posted:
        try:
            if _assign(request, org_id, library, given):
                messages.success(request, "已指定规则集")
                return HttpResponseRedirect(reverse("org:rules", args=[org_id]))
        except PolicyError as error:
            given.refuse(error)
            laxer = _laxer(library, given) if error.code == "E042" else []
    page = rules_page.assign(org, library, given, queries.assignments_of([org_id]), laxer)
    return render(request, "shell/form.html", {"page": page}, status=422 if posted else 200)


def _assign(request: HttpRequest, org_id: int, library: Library, given: Given) -> bool:
    family = given.choice("family", "哪一类规则", FAMILIES, required=True)
    rule_set = given.choice("rule_set", "规则集", {s.code: s.title for s in rules_page.sets_for(library, family)}, required=True)
    start, stop = given.day("valid_from", "开始日期", required=True), given.day("valid_to", "结束日期")
    document, reason = given.text("decision_doc", "决定文件", most=100), given.text("reason", "理由", most=300)
    if not given.ok or start is None:
        return False
    actions.assign(
        request.actor, org_id=org_id, family=family, rule_set=rule_set, valid_from=start, valid_to=stop, at=request.now,  # type: ignore[attr-defined]
        decision_doc=document, reason=reason,
    )
    return True


def _laxer(library: Library, given: Given) -> list[str]:
    day = given.day("valid_from", "开始日期")
    if day is None:
        return []
    return [laxer_sentence(one) for one in laxer_than_national(library, library.get(given.raw("rule_set")), day, given.raw("family"))]


@require_http_methods(["GET", "POST"])
@sent_once
def end_assignment(request: HttpRequest, org_id: int) -> HttpResponse:
    """Give an assignment of this organisation its last day."""
    org = seen(request, org_id, P.POLICY_ASSIGN)
    open_ones = [a for a in queries.assignments_of([org_id]) if a.valid_to is None]
    given = Given(request.POST if request.method == "POST" else None, {"id": request.GET.get("id", ""), "on": str(request.today)})  # type: ignore[attr-defined]
    if request.method == "POST":
        which, day = given.choice("id", "哪一个指定", {str(a.id): a.title for a in open_ones}, required=True), given.day("on", "结束日期", required=True)
        if given.ok and day is not None:
            try:
                actions.end_assignment(request.actor, int(which), on=day, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "已定结束日期")
                return HttpResponseRedirect(reverse("org:rules", args=[org_id]))
            except PolicyError as error:
                given.refuse(error)
    return render(request, "shell/form.html", {"page": rules_page.end(org, given, open_ones)}, status=422 if request.method == "POST" else 200)


@require_GET
def assignments(request: HttpRequest, org_id: int) -> HttpResponse:
    """Show every assignment that an organisation ever had, and who decided it."""
    org = seen(request, org_id, P.POLICY_READ)
    return render(request, "org/assignments.html", {"page": rules_page.history(org, queries.assignments_of([org_id]))})
