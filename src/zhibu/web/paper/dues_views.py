"""Forms and receipts of dues: to look at, print, or take away as Word or Excel. Only for whoever reads the dues of single members there."""
from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.dues import noting
from zhibu.exchange import excel
from zhibu.exchange.sheets.dues_forms import TITLES, dues_forms
from zhibu.exchange.sheets.dues_receipt import quarter_slips
from zhibu.exchange.sheets.dues_receipt import receipt as receipts
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Compartment
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree
from zhibu.web.dues.words import crumbs
from zhibu.web.meetings.forms import number
from zhibu.web.shell.context import Button

from . import answer
from .offers import of_dues

GET_POST = require_http_methods(["GET", "POST"])


def sees_amounts(actor: Actor, org: tree.OrgView) -> Scope:
    """Give the scope in which somebody reads the dues of an organisation's members. Raises Refused, also where the grant opens no incomes."""
    actor.require(P.DUES_READ, org.path_now)
    scope = actor.scope(P.DUES_READ)
    if not scope.opens(Compartment.INCOME, org.path_now):
        raise Refused("您的账号看不到个人党费，请找支部书记或党费管理员")
    return scope.narrowed(org.path_now)


@GET_POST
def forms(request: HttpRequest, form: str) -> HttpResponseBase:
    """Show, print or send one of the three forms of a branch and a year."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    if form not in TITLES:
        raise Http404
    org = _org(request)
    asked = number(request.GET.get("year"))
    year = asked if asked is not None and 2000 <= asked <= today.year else today.year
    scope = sees_amounts(actor, org)
    if not org.is_branch:
        raise Http404
    made = dues_forms(scope, org, year, today)
    title = made.file_title(form)
    as_excel = request.method == "POST" and request.POST.get("as") == "xlsx"
    if request.method == "POST":
        noting.note_paper(actor, org_id=org.id, sheet=title, made_as="xlsx" if as_excel else answer.made_as(request), at=request.now)  # type: ignore[attr-defined]
    if as_excel:
        return answer.attached(excel.write([made.table(form)]), excel.file_name(org.name, title, today), excel.MEDIA_TYPE)
    more = (Button("下载 Excel", request.get_full_path(), "post", fields=(("as", "xlsx"),)),)
    others = tuple(b for b in of_dues(actor, org, year) if f"/{form}/" not in b.url)
    return answer.sheets(request, (made.sheet(form),), title=title, unit=org.name, on=today, crumbs=crumbs(org), more=(*more, *others))


@GET_POST
def receipt(request: HttpRequest, payment_id: int) -> HttpResponseBase:
    """Show, print or send the receipt of a payment."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    scope = actor.scope(P.DUES_READ)
    made = receipts(scope, payment_id, today)
    org = tree.organisation(scope, made.payment.org_id)
    if request.method == "POST":
        noting.note_paper(
            actor, org_id=made.payment.org_id, sheet="党费收据", made_as=answer.made_as(request), at=request.now, payment_id=payment_id,  # type: ignore[attr-defined]
        )
    return answer.sheets(request, (made.sheet(),), title=made.file_title, unit=made.org_name, on=today, crumbs=crumbs(org))


@GET_POST
def quarter(request: HttpRequest) -> HttpResponseBase:
    """Show, print or send the slips of a quarter that was paid together: of a branch, or of one member."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    org = _org(request)
    scope = sees_amounts(actor, org)
    if not org.is_branch:
        raise Http404
    first, person = _quarter(request.GET.get("quarter", ""), today), number(request.GET.get("person"))
    made = quarter_slips(scope, org, first, today, person_id=person)
    if not made.slips:
        messages.info(request, f"{made.title}没有可打的：没有人一次交这个季度的几个月")
        return HttpResponseRedirect(f"{reverse('dues:ledger', args=[org.id])}?year={first // 12}")
    if request.method == "POST":
        noting.note_paper(actor, org_id=org.id, sheet=made.title, made_as=answer.made_as(request), at=request.now)  # type: ignore[attr-defined]
    return answer.sheets(request, made.sheets(), title=made.title, unit=org.name, on=today, crumbs=crumbs(org))


def _quarter(text: str, today: date) -> int:
    """Read 2026-4 as the first month of that quarter; the running one where it is none."""
    year, _, part = text.partition("-")
    if year.isascii() and year.isdigit() and len(year) == 4 and part in ("1", "2", "3", "4"):
        return int(year) * 12 + (int(part) - 1) * 3
    return today.year * 12 + (today.month - 1) // 3 * 3


def _org(request: HttpRequest) -> tree.OrgView:
    """Give the branch asked for, else the one whose dues this account reads; 404 outside the scope."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    org_id = number(request.GET.get("org")) or next((g.org_id for g in actor.grants if P.DUES_READ in g.permissions), None)
    if not org_id:
        raise Http404
    return tree.organisation(actor.sees(), org_id)

