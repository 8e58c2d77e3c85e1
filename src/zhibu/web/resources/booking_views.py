"""订场所: what may be booked and when it is taken, book, give back."""
from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhibu.areas.resources import bookings
from zhibu.areas.resources.bookings import NewBooking
from zhibu.areas.resources.refused import ResourceRefused
from zhibu.ground.guard.permission import Permission as P
from zhibu.web.shell.context import FieldGroup, FormPage, Link
from zhibu.web.shell.sent import sent_once
from zhibu.web.training.typed import Typed, asked_org, clock, number

from . import pages
from .pages import to, venue

GET_POST = require_http_methods(["GET", "POST"])
SHOWN = timedelta(days=30)


@require_safe
def venues(request: HttpRequest) -> HttpResponse:
    """Show the venues that an organisation may book, when they are taken, and its own bookings."""
    org, actor, today = asked_org(request, P.RESOURCE_READ), request.actor, request.today  # type: ignore[attr-defined]
    scope = actor.scope(P.RESOURCE_READ)
    found = bookings.venues(scope, org.id)
    taken = {pk: [f"{pages.day(on)} {start:%H:%M}至{end:%H:%M}" for on, start, end in spans] for pk, spans in bookings.taken(scope, org.id, today, today + SHOWN).items()}
    own = bookings.bookings(scope, today, today + SHOWN, org_id=org.id)
    return render(request, "resources/venues.html", {"page": pages.venues(actor, found, taken, own, org)})


@GET_POST
@sent_once
def book(request: HttpRequest) -> HttpResponse:
    """Book a venue."""
    org, actor = asked_org(request, P.RESOURCE_WRITE), request.actor  # type: ignore[attr-defined]
    found = bookings.venues(actor.scope(P.RESOURCE_WRITE), org.id)
    typed = Typed(request.POST if request.method == "POST" else None, {"place": request.GET.get("place", ""), "start": "09:00", "end": "11:00"})
    if request.method == "POST":
        wish = NewBooking(number(typed.raw("place")) or 0, org.id, typed.day("day", "日期"), clock(typed.raw("start")), clock(typed.raw("end")), typed.raw("purpose"))
        if wish.place_id not in {v.id for v in found}:
            typed.fault("place", "E054", "请选订哪个场所")
        try:
            if not typed.faults:
                bookings.book(actor, wish, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "订好了")
                return HttpResponseRedirect(to("venues", org=org.id))
        except ResourceRefused as refused:
            typed.refused(refused.faults)
    fields = (
        typed.pick("place", "订哪个", [("请选", ""), *((f"{v.name}（{v.org_name}）", str(v.id)) for v in found)], required=True, width="half"),
        typed.field("day", "哪天", "date", required=True, width="half"), typed.field("start", "从", "time", required=True, width="half"),
        typed.field("end", "到", "time", required=True, width="half"), typed.field("purpose", "做什么用", required=True, maxlength=100, help="例如：主题党日"),
    )
    page = FormPage(
        title="订场所", action_url=to("book", org=org.id), groups=(FieldGroup("", fields),), submit_label="订", sub=org.name, crumbs=venue(Link("订场所")), cancel_url=to("venues", org=org.id), errors=typed.errors
    )
    return render(request, "shell/form.html", {"page": page}, status=422 if typed.faults else 200)


@require_POST
@sent_once
def end(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Give a venue back."""
    org_id = bookings.cancel(request.actor, booking_id, at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "取消了")
    return HttpResponseRedirect(to("venues", org=org_id))
