"""教育学时: the list of a branch or of the branches below, a member's year, the table for Excel."""
from __future__ import annotations

from datetime import date

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST, require_safe

from zhibu.areas.training import actions, committees, queries
from zhibu.exchange import excel
from zhibu.exchange.sheets import hours
from zhibu.ground.guard.permission import Permission as P
from zhibu.web.paper.answer import attached

from . import pages
from .typed import asked_org, asked_year


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the hours of a branch's members, or of the branches below an organisation."""
    org, wanted, actor = asked_org(request, P.TRAINING_READ), asked_year(request), request.actor  # type: ignore[attr-defined]
    today, scope = request.today, actor.scope(P.TRAINING_READ)  # type: ignore[attr-defined]
    if org.is_branch:
        found = queries.year(scope, wanted, today, [org.id])
        page = pages.branch(actor, found[0] if found else None, org, wanted, today)
        return render(request, "training/branch.html", {"page": page})
    below = queries.year(scope.narrowed(org.path_now), wanted, today)
    owed = committees.owed(scope, org, today) if wanted == today.year else ()
    done = committees.doings(scope, org.id, date(wanted, 1, 1), date(wanted, 12, 31))
    return render(request, "training/orgs.html", {"page": pages.orgs(actor, below, org, wanted, request.GET.get("show") or "all", today, owed, done)})


@require_safe
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show a member's year with every source."""
    actor, wanted = request.actor, asked_year(request)  # type: ignore[attr-defined]
    found = queries.person(actor.scope(P.TRAINING_READ), person_id, wanted, request.today)  # type: ignore[attr-defined]
    return render(request, "training/person.html", {"page": pages.person(actor, found, wanted, request.today)})  # type: ignore[attr-defined]


@require_POST
@csrf_protect
def file(request: HttpRequest) -> FileResponse:
    """Send the hours of a year as Excel."""
    org, wanted, actor = asked_org(request, P.TRAINING_READ), asked_year(request), request.actor  # type: ignore[attr-defined]
    today = request.today  # type: ignore[attr-defined]
    tables = hours.tables(actor.scope(P.TRAINING_READ), org, wanted, today)
    actions.note_paper(actor, org.id, year=wanted, at=request.now)  # type: ignore[attr-defined]
    return attached(excel.write(tables), excel.file_name(org.name, f"{wanted}年教育学时", today), excel.MEDIA_TYPE)
