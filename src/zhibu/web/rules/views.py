"""规则集: the list of all sets, and the page of one."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.policy import queries
from zhibu.ground.policy.library import shipped
from zhibu.ground.tree.queries import NotFound

from . import pages
from .reach import may_write, seen


@require_GET
def sets(request: HttpRequest) -> HttpResponse:
    """List drafts of one's own, active and retired local sets, and the shipped ones."""
    scope = request.actor.scope(P.POLICY_WRITE)  # type: ignore[attr-defined]
    page = pages.listing(queries.drafts(scope), queries.published(), writes=request.actor.holds(P.POLICY_WRITE))  # type: ignore[attr-defined]
    return render(request, "rules/list.html", {"page": page})


@require_GET
def shipped_set(request: HttpRequest, code: str) -> HttpResponse:
    """Show a set that came with the system."""
    one = shipped().sets.get(code)
    if one is None:
        raise NotFound("没有找到这套规则")
    page = pages.shipped_page(one, request.today, writes=request.actor.holds(P.POLICY_WRITE))  # type: ignore[attr-defined]
    return render(request, "rules/set.html", {"page": page})


@require_GET
def local_set(request: HttpRequest, set_id: int) -> HttpResponse:
    """Show a local set: its header, values, what it was made from, who follows it."""
    found = seen(request, set_id)
    followers = queries.followers(found.rule_set.code, request.today)  # type: ignore[attr-defined]
    page = pages.local_page(found, queries.library(), followers, request.today, mine=may_write(request, found), writes=request.actor.holds(P.POLICY_WRITE))  # type: ignore[attr-defined]
    return render(request, "rules/set.html", {"page": page})
