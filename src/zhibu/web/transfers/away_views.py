"""Members away: the registers, one record, certificates; requests for 停止党籍 and its restoration."""
from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.areas.transfers import floating, floating_actions, standing, turns
from zhibu.areas.transfers.floating import PAGE, FloatingView
from zhibu.areas.transfers.standards import Standards, standards, standards_of
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.tree import queries as tree
from zhibu.web.meetings.forms import number
from zhibu.web.org.forms import Given
from zhibu.web.shell.context import Callout, FormPage, Tone
from zhibu.web.shell.sent import sent_once

from . import away_forms, away_pages, forms, meanwhile
from .views import NO_RIGHT, member, reach

AWAY_BEHIND = "您打开这一页以后，别人先保存了一次，您填的还没有存。请看“现在登记的”；仍要按您填的保存，再按一次；不办了，点“不办了”。"
GET_POST = require_http_methods(["GET", "POST"])


@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """List a register: out, in, or what has ended."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    scope, asked, page = reach(actor), request.GET.get("tab", ""), number(request.GET.get("page")) or 1
    tab = asked if asked in dict(away_pages.TABS) else "out"
    rows, total = floating.register(scope, "in" if tab == "in" else "out", ended=tab == "ended", offset=(min(page, 100_000) - 1) * PAGE)
    paths = {i: p for r in rows for i, p in ((r.home_id, r.home_path), (r.host_id, r.host_path)) if i}
    stays = floating.stays(scope)[:PAGE] if tab == "out" else []
    todo = floating.missing(scope)[:PAGE] if tab == "out" else []
    return render(request, "transfers/floating.html", {"page": away_pages.register(actor, tab, rows, total, stays, todo, standards_of(paths, today), page, today)})


@GET_POST
@sent_once
def go(request: HttpRequest, person_id: int) -> HttpResponse:
    """Register a member who is away."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    file, home = member(request, person_id)
    given = Given(request.POST if request.method == "POST" else None, {"from_on": str(today), "place": file.floating_to})
    if request.method == "POST":
        new = away_forms.read_going(given, person_id, home, today)

        def do() -> tuple[str, str]:
            made, warning = floating_actions.go(actor, new, at=request.now)  # type: ignore[attr-defined]
            if warning.reason:
                messages.warning(request, warning.reason)
            return reverse("transfers:float", args=[made]), f"已登记{file.name}"

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    return forms.shown(request, away_forms.going(given, file, home, people.roll(Scope((home.path_now,)), home.id, today)))


@GET_POST
@sent_once
def welcome(request: HttpRequest) -> HttpResponse:
    """Register a guest."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    if not actor.holds(P.TRANSFER_REQUEST):
        raise Refused(NO_RIGHT)
    branches = {str(o.id): o.name for o in tree.organisations(actor.scope(P.TRANSFER_REQUEST)) if o.is_branch}
    given = Given(request.POST if request.method == "POST" else None, {"from_on": str(today)})
    if request.method == "POST":
        new = away_forms.read_guest(given, branches, today)

        def do() -> tuple[str, str]:
            return reverse("transfers:float", args=[floating_actions.welcome(actor, new, at=request.now)]), f"已登记{new.name}"  # type: ignore[attr-defined]

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    return forms.shown(request, away_forms.guest(given, branches))


def _seen(request: HttpRequest, floating_id: int) -> FloatingView:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    view = floating.record(Scope(actor.sees().paths), floating_id)
    if not any(actor.may(right, path) for right in turns.BOTH for path in (view.home_path, view.host_path) if path):
        raise Refused(NO_RIGHT)
    return view


def _held(view: FloatingView, request: HttpRequest) -> Standards:
    return standards(view.home_id or view.host_id or 0, request.today)  # type: ignore[attr-defined]


@GET_POST
@sent_once
def record(request: HttpRequest, floating_id: int) -> HttpResponse:
    """Show one record; take a contact or a certificate."""
    actor, today, view = request.actor, request.today, _seen(request, floating_id)  # type: ignore[attr-defined]
    given = Given(request.POST if request.method == "POST" else None, {"day": str(today), "what": "contact"})
    what, day, text = given.raw("what"), given.day("day", "哪天", required=request.method == "POST"), given.text("text", "内容", most=200)
    if request.method == "POST":
        if not any(actor.may(P.TRANSFER_REQUEST, path) for path in (view.home_path, view.host_path) if path):
            raise Refused("联系和证明由支部记")

        def do() -> tuple[str, str]:
            floating_actions.note(actor, view.id, what=what, day=day or today, text=text, at=request.now)  # type: ignore[attr-defined]
            return reverse("transfers:float", args=[view.id]), "已记下"

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    page = away_pages.record(view, actor, given, _held(view, request), today)
    return render(request, "transfers/record.html", {"page": page}, status=422 if request.method == "POST" else 200)


def _kept(request: HttpRequest, given: Given, view: FloatingView, page: FormPage) -> HttpResponse:
    """Show a form about a record; one that was opened before somebody else saved says what is registered now."""
    if not forms.is_stale(given, view.version):
        return forms.shown(request, page)
    told = replace(page, callouts=(Callout(AWAY_BEHIND, Tone.WARN), *page.callouts), aside=meanwhile.changed_since(request, view), aside_title="现在登记的")
    return forms.shown(request, told, stale=True)


@GET_POST
@sent_once
def change(request: HttpRequest, floating_id: int) -> HttpResponse:
    """Correct a record."""
    actor, view = request.actor, _seen(request, floating_id)  # type: ignore[attr-defined]
    actor.require(P.TRANSFER_REQUEST, view.home_path or view.host_path)
    now = {"place": view.place, "contact": view.contact, "until_on": str(view.until_on or ""), "moving": "" if view.fixed else "1", "version": str(view.version)}
    given = Given(request.POST if request.method == "POST" else None, now)
    place, contact, until = given.text("place", "去了哪里", most=60), given.text("contact", "联系人", most=50), given.day("until_on", "预计返回")
    if request.method == "POST":

        def do() -> tuple[str, str]:
            floating_actions.change(
                actor, view.id, place=place, contact=contact, until_on=until, fixed=given.raw("moving") != "1", version=number(given.raw("version")) or 0, at=request.now,  # type: ignore[attr-defined]
            )
            return reverse("transfers:float", args=[view.id]), "已保存"

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    return _kept(request, given, view, away_forms.changing(given, view))


@GET_POST
@sent_once
def come_back(request: HttpRequest, floating_id: int) -> HttpResponse:
    """End a record."""
    actor, view = request.actor, _seen(request, floating_id)  # type: ignore[attr-defined]
    actor.require(P.TRANSFER_REQUEST, view.home_path or view.host_path)
    given = Given(request.POST if request.method == "POST" else None, {"on": str(request.today), "version": str(view.version)})  # type: ignore[attr-defined]
    on, why = given.day("on", "哪天", required=request.method == "POST"), given.text("why", "说明", most=100)
    if request.method == "POST":

        def do() -> tuple[str, str]:
            floating_actions.come_back(actor, view.id, on=on or request.today, why=why, version=number(given.raw("version")) or 0, at=request.now)  # type: ignore[attr-defined]
            return reverse("transfers:float", args=[view.id]), "已结束登记"

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    return _kept(request, given, view, away_forms.ending(given, view))


@GET_POST
@sent_once
def certify(request: HttpRequest, person_id: int) -> HttpResponse:
    """Give a temporary certificate."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    file, home = member(request, person_id)
    given = Given(request.POST if request.method == "POST" else None, {"from_on": str(today)})
    if request.method == "POST":
        place, reason = given.text("place", "去哪里", most=60), given.text("reason", "原因", most=100)
        first, last = given.day("from_on", "从哪天起", required=True), given.day("to_on", "到哪天", required=True)

        def do() -> tuple[str, str]:
            made = floating_actions.certify(actor, person_id, place=place, reason=reason, from_on=first or today, to_on=last or today, at=request.now)  # type: ignore[attr-defined]
            return reverse("transfers:certificate", args=[made]), f"已给{file.name}开证明信，可以打印"

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    return forms.shown(request, away_forms.certificate(given, file, home, standards(home.id, today).terms.leave_months))


@require_POST
@sent_once
def end_stay(request: HttpRequest, stay_id: int) -> HttpResponse:
    """The member came back: one tap."""
    floating_actions.end_stay(request.actor, stay_id, version=number(request.POST.get("version")) or 0, at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "已记下返回")
    return HttpResponseRedirect(reverse("transfers:floating"))


@GET_POST
@sent_once
def suspend(request: HttpRequest, person_id: int) -> HttpResponse:
    """Hand in that a membership be suspended."""
    actor = request.actor  # type: ignore[attr-defined]
    file, home = member(request, person_id)
    given = Given(request.POST if request.method == "POST" else None, {"since": str(file.lost_contact_on or "")})
    if request.method == "POST":
        ground, since = given.choice("ground", "情形", dict(away_forms.GROUNDS), required=True), given.day("since", "从哪天起", required=True)
        search = given.text("search", "查找、联系的经过", most=300)

        def do() -> tuple[str, str]:
            case = standing.ask_suspension(actor, person_id, ground=ground, since=since or request.today, search=search, at=request.now)  # type: ignore[attr-defined]
            return reverse("org:case", args=[case]), "已经报上去，等上级答复"

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    return forms.shown(request, away_forms.suspension(given, file, home, reverse("roster:member", args=[person_id])))


@GET_POST
@sent_once
def restore(request: HttpRequest, person_id: int) -> HttpResponse:
    """Hand in that a suspended membership be restored."""
    actor = request.actor  # type: ignore[attr-defined]
    file, home = member(request, person_id)
    given = Given(request.POST if request.method == "POST" else None, {})
    reason = given.text("reason", "理由和核实的情况", most=300)
    if request.method == "POST":

        def do() -> tuple[str, str]:
            case = standing.ask_restoration(actor, person_id, reason=reason, at=request.now)  # type: ignore[attr-defined]
            return reverse("org:case", args=[case]), "已经报上去，等上级答复"

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    return forms.shown(request, away_forms.restoration(given, file, home, reverse("roster:member", args=[person_id])))
