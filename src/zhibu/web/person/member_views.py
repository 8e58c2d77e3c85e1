"""The whole page of a member: for himself, for an office, and as a copy to take along."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zhibu.areas.roster import queries
from zhibu.exchange import excel
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.people import looks
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.dates import show
from zhibu.web.paper.answer import attached

from . import member_page


def _own(request: HttpRequest) -> queries.Member | None:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    try:
        return queries.own(actor.person_id, request.today) if actor.person_id is not None else None  # type: ignore[attr-defined]
    except NotFound:
        return None


def _nobody(request: HttpRequest) -> HttpResponse:
    messages.info(request, "这个账号没有对应到党员，没有自己的资料")
    return HttpResponseRedirect(reverse("person:me"))


@require_GET
def own_file(request: HttpRequest) -> HttpResponse:
    """Show everything that is kept about oneself."""
    if (found := _own(request)) is None:
        return _nobody(request)
    return render(request, "person/member.html", {"page": member_page.build(found, request.actor, request.today, own=True)})  # type: ignore[attr-defined]


@require_POST
def own_copy(request: HttpRequest) -> HttpResponseBase:
    """Send the same as a workbook, one's own numbers in full; the journal keeps a line."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    if (member := _own(request)) is None:
        return _nobody(request)
    page = member_page.build(member, actor, today, own=True)
    numbers = looks.own_copy(actor, at=request.now)  # type: ignore[attr-defined]
    return attached(excel.write(member_page.tables(page, numbers, f"本人取走，{show(today)}")), excel.file_name(member.file.name, "本人资料", today), excel.MEDIA_TYPE)


@require_POST
def copy_for(request: HttpRequest, person_id: int) -> HttpResponseBase:
    """Send the page of a member as a workbook for him who has no phone or computer; numbers stay masked, the journal keeps who took it."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    found = queries.member(actor.scope(member_page.P.MEMBER_READ), person_id, today)
    looks.copy_for(actor, person_id, at=request.now)  # type: ignore[attr-defined]
    page = member_page.build(found, actor, today, own=False)
    taken = excel.write(member_page.tables(page, {}, f"{actor.name}替本人取，{show(today)}"))
    return attached(taken, excel.file_name(found.file.name, "本人资料", today), excel.MEDIA_TYPE)


@require_GET
def member(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show the whole page of a member to an office that may read the roster; the look is noted for the member."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not member_page.may_open(actor):
        raise Refused("党员全页由支部书记、委员和上级党组织看。您自己的在“我的”里")
    found = queries.member(actor.scope(member_page.P.MEMBER_READ), person_id, request.today)  # type: ignore[attr-defined]
    looks.looked(actor, person_id, at=request.now)  # type: ignore[attr-defined]
    return render(request, "person/member.html", {"page": member_page.build(found, actor, request.today, own=False)})  # type: ignore[attr-defined]
