"""交接清单 as a print page or a Word file."""
from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.meetings import actions
from zhibu.exchange import excel, word
from zhibu.exchange.sheets.handover import handover as fill
from zhibu.ground.guard.permission import Permission as P
from zhibu.web.meetings.paper_views import SheetPage, attached
from zhibu.web.shell.context import Button, Link

from .reach import seen


@require_http_methods(["GET", "POST"])
def handover(request: HttpRequest, org_id: int) -> HttpResponseBase:
    """Show the sheet; printing and the file are asked for by POST and leave a line in the journal."""
    org = seen(request, org_id, P.ORG_EDIT)
    filled = fill(request.actor.scope(P.ORG_EDIT), org, request.today)  # type: ignore[attr-defined]
    taken, as_file = request.method == "POST", request.POST.get("as") == "docx"
    if taken:
        actions.note_paper(request.actor, org_id=org_id, sheet=filled.file_title, made_as="docx" if as_file else "page", at=request.now)  # type: ignore[attr-defined]
    if taken and as_file:
        name = excel.file_name(org.name, filled.file_title, request.today).removesuffix(".xlsx") + ".docx"  # type: ignore[attr-defined]
        return attached(word.write(filled.sheet()), name, word.MEDIA_TYPE)
    here = reverse("org:handover", args=[org_id])
    word_file, to_print = Button("下载 Word", here, "post", fields=(("as", "docx"),)), Button("打印", here, "post", "pri", fields=(("as", "page"),))
    crumbs = (Link("组织", reverse("org:tree")), Link(org.short_name, reverse("org:page", args=[org_id])), Link(filled.file_title))
    page = SheetPage(filled.file_title, filled.sheet(), crumbs, (word_file,) if taken else (word_file, to_print), taken)
    return render(request, "paper/sheet.html", {"page": page})
