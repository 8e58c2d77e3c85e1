"""我的党费: what a member owes and paid in a year, and his own receipts; his own rows and nobody else's, whatever his office opens."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.areas.dues import own
from zhibu.areas.dues.queries import PersonAccount
from zhibu.exchange.sheets.dues_receipt import own_receipt
from zhibu.exchange.sheets.dues_year import DuesYear, dues_year
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound
from zhibu.web.paper import answer
from zhibu.web.shell.context import Link

from .own_page import build
from .views import year_asked

GET_POST = require_http_methods(["GET", "POST"])


def _found(request: HttpRequest) -> PersonAccount | None:
    try:
        return own.account(request.actor, request.today)  # type: ignore[attr-defined]
    except NotFound:
        return None


def _made(request: HttpRequest, found: PersonAccount) -> DuesYear:
    return dues_year(found, tree.views([found.org_id])[found.org_id].name, year_asked(request), request.today)  # type: ignore[attr-defined]


def _nobody(request: HttpRequest) -> HttpResponse:
    messages.info(request, "这个账号没有对应到党员，没有自己的党费")
    return HttpResponseRedirect(reverse("person:me"))


@require_GET
def year(request: HttpRequest) -> HttpResponse:
    """Show one's own dues of a year: months, payments, receipts."""
    if (found := _found(request)) is None:
        return _nobody(request)
    return render(request, "dues/page.html", {"page": build(_made(request, found), request.today)})  # type: ignore[attr-defined]


@GET_POST
def paper(request: HttpRequest) -> HttpResponseBase:
    """Show, print or send one's own year."""
    if (found := _found(request)) is None:
        return _nobody(request)
    made = _made(request, found)
    if request.method == "POST":
        own.note_paper(request.actor, org_id=found.org_id, sheet=made.file_title, made_as=answer.made_as(request), at=request.now)  # type: ignore[attr-defined]
    return answer.sheets(request, (made.sheet(),), title=made.file_title, unit=made.org_name, on=request.today, crumbs=way())  # type: ignore[attr-defined]


@GET_POST
def receipt(request: HttpRequest, payment_id: int) -> HttpResponseBase:
    """Show, print or send the receipt of one of one's own payments."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    made = own_receipt(actor, payment_id, today)
    if request.method == "POST":
        own.note_paper(
            actor, org_id=made.payment.org_id, sheet="党费收据", made_as=answer.made_as(request), at=request.now, payment_id=payment_id,  # type: ignore[attr-defined]
        )
    return answer.sheets(request, (made.sheet(),), title=made.file_title, unit=made.org_name, on=today, crumbs=way())


def way() -> tuple[Link, ...]:
    """Give the way to a sheet about one's own dues."""
    return (Link("我的", reverse("person:me")), Link("我的党费", reverse("person:dues")))
