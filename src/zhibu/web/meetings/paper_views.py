"""Sheets of a meeting as a print page or a Word file, and the ledger of a year as Excel.

A GET shows the sheet and cannot be printed; what is printed or taken away is asked for by POST and leaves a line in the journal."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from zhibu.areas.meetings import actions
from zhibu.exchange import excel
from zhibu.exchange.sheets import ledger as ledger_sheet
from zhibu.exchange.sheets.lecture_record import LectureRecord, lecture_record
from zhibu.exchange.sheets.measures import Measures, measures_of
from zhibu.exchange.sheets.meeting_record import MeetingRecord, meeting_record
from zhibu.exchange.sheets.sign_in import SignIn, blank_sign_in, sign_in
from zhibu.exchange.sheets.theme_day import ThemeDay, theme_day
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.record import queries as recorded
from zhibu.web.paper import answer
from zhibu.web.paper.offers import forms_of
from zhibu.web.shell.context import Link

from .forms import day, number
from .views import _org as asked_org

Filled = MeetingRecord | SignIn | LectureRecord | ThemeDay | Measures
FORMS: dict[str, Callable[[Scope, recorded.ActivityView, date], Filled]] = {
    "minutes": meeting_record, "sign-in": sign_in, "lecture": lecture_record, "theme-day": theme_day, "measures": measures_of,
}


@require_http_methods(["GET", "POST"])
def sheet(request: HttpRequest, activity_id: int, form: str) -> HttpResponseBase:
    """Show or send a sheet of one record."""
    scope = request.actor.scope(P.ACTIVITY_READ)  # type: ignore[attr-defined]
    view = recorded.activity(scope, activity_id)
    if form not in forms_of(view):
        raise Http404
    filled = FORMS[form](scope, view, request.today)  # type: ignore[attr-defined]
    back = Link("会议记录", reverse("meetings:activity", args=[activity_id]))
    return _answer(request, filled, view.org_id, view.held_on, back, activity_id)


@require_http_methods(["GET", "POST"])
def blank(request: HttpRequest) -> HttpResponseBase:
    """Show or send the blank sign-in sheet of a branch."""
    org = asked_org(request, P.ACTIVITY_READ)
    filled = blank_sign_in(request.actor.scope(P.ACTIVITY_READ), org.id, request.today)  # type: ignore[attr-defined]
    return _answer(request, filled, org.id, request.today, Link("年度台账", f"{reverse('meetings:ledger')}?org={org.id}"))  # type: ignore[attr-defined]


def _answer(request: HttpRequest, filled: Filled, org_id: int, on: date, back: Link, activity_id: int | None = None) -> HttpResponseBase:
    if request.method == "POST":
        actions.note_paper(request.actor, org_id=org_id, sheet=filled.file_title, made_as=answer.made_as(request), at=request.now, activity_id=activity_id)  # type: ignore[attr-defined]
    crumbs = (Link("组织生活", f"{reverse('meetings:ledger')}?org={org_id}"), back)
    return answer.sheets(request, (filled.sheet(),), title=filled.file_title, unit=filled.org_name, on=on, crumbs=crumbs)


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
    return answer.attached(excel.write(tables), excel.file_name(org.name, f"{year}年度台账", as_of), excel.MEDIA_TYPE)
