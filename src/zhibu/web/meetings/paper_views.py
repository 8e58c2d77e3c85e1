"""Sheets of a meeting as a print page or a Word file, and the ledger of a year as Excel.

A GET shows the sheet and cannot be printed; what is printed or taken away is asked for by POST and leaves a line in the journal."""
from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from zhibu.areas.meetings import actions
from zhibu.exchange import excel, word
from zhibu.exchange.sheets import ledger as ledger_sheet
from zhibu.exchange.sheets.meeting_record import MeetingRecord, meeting_record
from zhibu.exchange.sheets.sheet import Sheet
from zhibu.exchange.sheets.sign_in import SignIn, blank_sign_in, sign_in
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.record import queries as recorded
from zhibu.web.shell.context import Button, Link

from .forms import day, number
from .views import _org as asked_org

FORMS = {"minutes": meeting_record, "sign-in": sign_in}


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A sheet on the screen, as it will be printed."""

    title: str
    sheet: Sheet
    crumbs: tuple[Link, ...]
    buttons: tuple[Button, ...]
    to_print: bool = False  # the line in the journal is written


def attached(data: bytes, name: str, media_type: str) -> FileResponse:
    """Answer with a file to save; the name is written by RFC 6266."""
    response = FileResponse(io.BytesIO(data), as_attachment=True, filename=name, content_type=media_type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@require_http_methods(["GET", "POST"])
def sheet(request: HttpRequest, activity_id: int, form: str) -> HttpResponseBase:
    """Show or send a sheet of one record."""
    if form not in FORMS:
        raise Http404
    scope = request.actor.scope(P.ACTIVITY_READ)  # type: ignore[attr-defined]
    view = recorded.activity(scope, activity_id)
    filled = FORMS[form](scope, view, request.today)  # type: ignore[attr-defined, operator]
    back = Link("会议记录", reverse("meetings:activity", args=[activity_id]))
    return _answer(request, filled, view.org_id, view.held_on, back, activity_id)


@require_http_methods(["GET", "POST"])
def blank(request: HttpRequest) -> HttpResponseBase:
    """Show or send the blank sign-in sheet of a branch."""
    org = asked_org(request, P.ACTIVITY_READ)
    filled = blank_sign_in(request.actor.scope(P.ACTIVITY_READ), org.id, request.today)  # type: ignore[attr-defined]
    return _answer(request, filled, org.id, request.today, Link("年度台账", f"{reverse('meetings:ledger')}?org={org.id}"))  # type: ignore[attr-defined]


def _answer(request: HttpRequest, filled: MeetingRecord | SignIn, org_id: int, on: date, back: Link, activity_id: int | None = None) -> HttpResponseBase:
    made_as, taken, laid, here = "docx" if request.POST.get("as") == "docx" else "page", request.method == "POST", filled.sheet(), request.get_full_path()
    if taken:
        actions.note_paper(request.actor, org_id=org_id, sheet=filled.file_title, made_as=made_as, at=request.now, activity_id=activity_id)  # type: ignore[attr-defined]
    if taken and made_as == "docx":
        name = excel.file_name(filled.org_name, filled.file_title, on).removesuffix(".xlsx") + ".docx"
        return attached(word.write(laid), name, word.MEDIA_TYPE)
    crumbs = (Link("组织生活", f"{reverse('meetings:ledger')}?org={org_id}"), back, Link(filled.file_title))
    word_file, to_print = Button("下载 Word", here, "post", fields=(("as", "docx"),)), Button("打印", here, "post", "pri", fields=(("as", "page"),))
    page = SheetPage(filled.file_title, laid, crumbs, (word_file,) if taken else (word_file, to_print), taken)
    return render(request, "paper/sheet.html", {"page": page})


@require_POST
def ledger_file(request: HttpRequest) -> HttpResponseBase:
    """Send the year of a branch as Excel."""
    org, today = asked_org(request, P.ACTIVITY_READ), request.today  # type: ignore[attr-defined]
    as_of = min(day(request.GET.get("on", "")) or today, today)
    year = number(request.GET.get("year"))
    if year is None or not 2000 <= year <= today.year:
        year = as_of.year
    tables = ledger_sheet.ledger(request.actor.scope(P.ACTIVITY_READ), org, year, as_of)  # type: ignore[attr-defined]
    actions.note_paper(request.actor, org_id=org.id, sheet=f"{year}年度台账", made_as="xlsx", at=request.now)  # type: ignore[attr-defined]
    return attached(excel.write(tables), excel.file_name(org.name, f"{year}年度台账", as_of), excel.MEDIA_TYPE)
