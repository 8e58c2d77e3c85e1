"""Cases of every kind: the list of what waits, one case, the answer."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.process import actions, queries
from zhibu.ground.process.actions import AlreadyAnswered
from zhibu.ground.tree import queries as tree
from zhibu.web.shell.sent import sent_once

from . import case_page
from .forms import REFUSALS, Given

DONE = {"approve": "已同意，马上生效", "refuse": "已答复不同意", "withdraw": "已撤回"}


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """List the cases this reader answers and the other open ones in reach."""
    scope = request.actor.scope(P.COMPLIANCE_READ)  # type: ignore[attr-defined]
    waiting = queries.open_cases(scope)
    mine = [c for c in waiting if queries.may_decide(c, request.actor)]  # type: ignore[attr-defined]
    return render(request, "org/cases.html", {"page": case_page.listing(mine, [c for c in waiting if c not in mine])})


@require_http_methods(["GET", "POST"])
@sent_once
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Show one case; take the answer or the withdrawal."""
    view = queries.case(request.actor.sees(), case_id)  # type: ignore[attr-defined]
    path = tree.path_of(view.org_id)
    if not queries.may_read(view, request.actor, path):  # type: ignore[attr-defined]
        request.actor.require(P.COMPLIANCE_READ, path)  # type: ignore[attr-defined]
    given = Given(request.POST if request.method == "POST" else None, {"answered_on": str(request.today)})  # type: ignore[attr-defined]
    status, fault = 200, ""
    if request.method == "POST":
        status = 422
        try:
            if _answer(request, case_id, given):
                return HttpResponseRedirect(reverse("org:case", args=[case_id]))
        except AlreadyAnswered as error:
            view, status, fault = error.case, 409, str(error)
        except REFUSALS as error:
            given.refuse(error)
    return render(request, "org/case.html", {"page": case_page.build(view, request.actor, path, given, fault=fault)}, status=status)  # type: ignore[attr-defined]


def _answer(request: HttpRequest, case_id: int, given: Given) -> bool:
    actor, at, do = request.actor, request.now, request.POST.get("do", "")  # type: ignore[attr-defined]
    document, text, day = given.text("document", "批复文件", most=80), given.text("answer", "答复意见", most=300), given.day("answered_on", "批复日期")
    if do not in DONE:
        given.fault("do", "请选“同意”或“不同意”")
    if not given.ok:
        return False
    if do == "approve":
        actions.approve(actor, case_id, document=document, answer=text, answered_on=day, at=at)
    elif do == "refuse":
        actions.refuse(actor, case_id, reason=text, document=document, at=at)
    else:
        actions.withdraw(actor, case_id, at=at)
    messages.success(request, DONE[do])
    return True
