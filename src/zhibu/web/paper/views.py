"""Sheets of a year, a member and an organisation, and the roster as a file. Each that is printed or taken away leaves a line in the journal."""
from __future__ import annotations

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.meetings import actions as meetings
from zhibu.areas.roster import actions as members
from zhibu.areas.roster import queries as rosters
from zhibu.areas.structure import actions as structure
from zhibu.areas.structure import queries as organisations
from zhibu.exchange import excel
from zhibu.exchange.sheets import handbook as handbooks
from zhibu.exchange.sheets.measures import measures_of_year
from zhibu.exchange.sheets.member_form import member_form
from zhibu.exchange.sheets.organisation_form import organisation_form
from zhibu.exchange.sheets.roster_table import person_ids, roster_table
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people import actions as people
from zhibu.ground.people.actions import PeopleError, TooManyReveals
from zhibu.ground.people.queries import Search
from zhibu.web.meetings.forms import number
from zhibu.web.meetings.views import _org as asked_org
from zhibu.web.roster import forms
from zhibu.web.roster.form_pages import drawer_url
from zhibu.web.shell.context import Button, Link

from . import answer, pages

GET_POST = require_http_methods(["GET", "POST"])


def _year(request: HttpRequest) -> int:
    today, asked = request.today, number(request.GET.get("year"))  # type: ignore[attr-defined]
    return asked if asked is not None and 2000 <= asked <= today.year else today.year


def _ledger(org_id: int, year: int) -> Link:
    return Link("年度台账", f"{reverse('meetings:ledger')}?org={org_id}&year={year}")


@GET_POST
def handbook(request: HttpRequest) -> HttpResponseBase:
    """Show or send the handbook of a branch and a year: minutes and roster, so both rights are asked."""
    actor, today, year = request.actor, request.today, _year(request)  # type: ignore[attr-defined]
    org = asked_org(request, P.MEMBER_READ)
    actor.require(P.ACTIVITY_READ, org.path_now)
    if not org.is_branch:
        raise Http404
    made = handbooks.handbook(actor.scope(P.MEMBER_READ), org.id, year, today)
    if request.method == "POST":
        meetings.note_paper(actor, org_id=org.id, sheet=made.file_title, made_as=answer.made_as(request), at=request.now)  # type: ignore[attr-defined]
    return answer.sheets(request, made.sheets, title=made.file_title, unit=made.org_name, on=today, crumbs=(_ledger(org.id, year),))


@GET_POST
def measures(request: HttpRequest) -> HttpResponseBase:
    """Show or send the 整改清单 of a year."""
    actor, today, year = request.actor, request.today, _year(request)  # type: ignore[attr-defined]
    org = asked_org(request, P.ACTIVITY_READ)
    made = measures_of_year(actor.scope(P.ACTIVITY_READ), org.id, year, today)
    if request.method == "POST":
        meetings.note_paper(actor, org_id=org.id, sheet=f"{year}年{made.file_title}", made_as=answer.made_as(request), at=request.now)  # type: ignore[attr-defined]
    return answer.sheets(request, (made.sheet(),), title=f"{year}年{made.file_title}", unit=made.org_name, on=today, crumbs=(_ledger(org.id, year),))


@GET_POST
def organisation(request: HttpRequest, org_id: int) -> HttpResponseBase:
    """Show or send the sheet about an organisation."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    card = organisations.organisation(actor.sees(), org_id, today)
    actor.require(P.COMPLIANCE_READ, card.org.path_now)
    made = organisation_form(card, today)
    if request.method == "POST":
        structure.note_paper(actor, org_id=org_id, sheet=made.file_title, made_as=answer.made_as(request), at=request.now)  # type: ignore[attr-defined]
    crumbs = (Link(card.org.short_name, reverse("org:page", args=[org_id])),)
    return answer.sheets(request, (made.sheet(),), title=made.file_title, unit=made.org_name, on=today, crumbs=crumbs)


@GET_POST
def member(request: HttpRequest, person_id: int) -> HttpResponseBase:
    """Show or send the sheet of one member; numbers in full only with the right and a purpose, each a look of its own."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    found = rosters.member(actor.scope(P.MEMBER_READ), person_id, today)
    file, full = found.file, request.GET.get("full") == "1"
    numbers = None
    if full:
        actor.require(P.MEMBER_REVEAL, found.org.path)
        filled = forms.purpose(request.POST)
        if request.method == "GET":
            return render(request, "shell/form.html", {"page": pages.member_form(file.name, person_id, found.org.name, filled)})
        try:
            held = [what for what, there in (("id_no", file.has_id_no), ("phone", file.has_phone)) if there]
            numbers = {w: people.reveal(actor, person_id, what=w, purpose=filled.texts["purpose"], at=request.now) for w in held}  # type: ignore[attr-defined]
        except PeopleError as error:
            page = pages.member_form(file.name, person_id, found.org.name, filled.refused(error))
            return render(request, "shell/form.html", {"page": page}, status=429 if isinstance(error, TooManyReveals) else 422)
    made = member_form(found, today, numbers)
    if request.method == "POST":
        members.note_paper(actor, org_id=found.org.id, sheet="党员基本信息采集表", made_as=answer.made_as(request), at=request.now, person_id=person_id)  # type: ignore[attr-defined]
    more = (Button("写全号码再打印", f"{reverse('paper:member', args=[person_id])}?full=1"),) if actor.may(P.MEMBER_REVEAL, found.org.path) else ()
    crumbs = (Link(file.name, drawer_url(person_id)),)
    return answer.sheets(request, (made.sheet(),), title=made.file_title, unit=made.org_name, on=today, crumbs=crumbs, more=more, again=not full)


@GET_POST
def roster(request: HttpRequest) -> HttpResponseBase:
    """Ask how, then send the roster of an organisation as Excel; in full only with the right, a purpose, and for one branch."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    org = asked_org(request, P.MEMBER_READ)
    scope, filled = actor.scope(P.MEMBER_READ), forms.purpose(request.POST)
    total, may_reveal = rosters.roster(scope, today, Search(), org_id=org.id).total, actor.may(P.MEMBER_REVEAL, org.path_now)
    if request.method == "GET":
        return render(request, "shell/form.html", {"page": pages.roster_form(org, total, may_reveal, filled)})
    numbers = None
    if request.POST.get("full") == "1":
        if not org.is_branch:
            raise Http404
        try:
            numbers = people.reveal_branch(actor, org.id, person_ids(scope, org, today), purpose=filled.texts["purpose"], at=request.now)  # type: ignore[attr-defined]
        except PeopleError as error:
            page = pages.roster_form(org, total, may_reveal, filled.refused(error))
            return render(request, "shell/form.html", {"page": page}, status=429 if isinstance(error, TooManyReveals) else 422)
    name = "花名册（完整号码）" if numbers is not None else "花名册"
    data = excel.write([roster_table(scope, org, today, numbers)])
    members.note_paper(actor, org_id=org.id, sheet=name, made_as="xlsx", at=request.now)  # type: ignore[attr-defined]
    return answer.attached(data, excel.file_name(org.name, name, today), excel.MEDIA_TYPE)
