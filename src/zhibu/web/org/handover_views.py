"""交接清单 as a print page or a Word file."""
from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.meetings import actions
from zhibu.exchange.sheets.handover import handover as fill
from zhibu.ground.guard.permission import Permission as P
from zhibu.web.paper import answer
from zhibu.web.shell.context import Link

from .reach import seen


@require_http_methods(["GET", "POST"])
def handover(request: HttpRequest, org_id: int) -> HttpResponseBase:
    """Show the sheet; printing and the file are asked for by POST and leave a line in the journal."""
    org = seen(request, org_id, P.ORG_EDIT)
    filled = fill(request.actor.scope(P.ORG_EDIT), org, request.today)  # type: ignore[attr-defined]
    if request.method == "POST":
        actions.note_paper(request.actor, org_id=org_id, sheet=filled.file_title, made_as=answer.made_as(request), at=request.now)  # type: ignore[attr-defined]
    crumbs = (Link("组织", reverse("org:tree")), Link(org.short_name, reverse("org:page", args=[org_id])))
    return answer.sheets(request, (filled.sheet(),), title=filled.file_title, unit=org.name, on=request.today, crumbs=crumbs)  # type: ignore[attr-defined]
