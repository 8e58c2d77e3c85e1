"""阵地: the places of an organisation and all below it, one place, register, change, close, check; the table for Excel."""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhibu.areas.resources import actions, bookings, queries, rules
from zhibu.areas.resources.actions import NewPlace, ResourceStale
from zhibu.areas.resources.queries import PlaceView
from zhibu.areas.resources.refused import ResourceRefused
from zhibu.exchange import excel
from zhibu.exchange.sheets import resources as sheets
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.web.paper.answer import attached
from zhibu.web.shell import stale
from zhibu.web.shell.context import Field, FieldGroup, FormPage, Link, Pair
from zhibu.web.shell.sent import sent_once
from zhibu.web.training.typed import Typed, asked_org, number

from . import pages
from .pages import to, venue

GET_POST = require_http_methods(["GET", "POST"])
CHANGES = ("resources.register_place", "resources.change_place")


@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """List the places of an organisation and all below it."""
    org, actor, today = asked_org(request, P.RESOURCE_READ), request.actor, request.today  # type: ignore[attr-defined]
    scope = actor.scope(P.RESOURCE_READ).narrowed(org.path_now)
    found = queries.places(scope, today)
    page = pages.places(actor, found, queries.shares(scope, found), queries.without_place(scope, found), org, request.GET.get("show") or "all", today)
    return render(request, "resources/places.html", {"page": page})


@require_POST
@csrf_protect
def file(request: HttpRequest) -> FileResponse:
    """Send the places as Excel."""
    org, actor, today = asked_org(request, P.RESOURCE_READ), request.actor, request.today  # type: ignore[attr-defined]
    table = sheets.places(actor.scope(P.RESOURCE_READ), org, today)
    actions.note_paper(actor, org.id, what="阵地", at=request.now)  # type: ignore[attr-defined]
    return attached(excel.write([table]), excel.file_name(org.name, "阵地", today), excel.MEDIA_TYPE)


@require_safe
def place(request: HttpRequest, place_id: int) -> HttpResponse:
    """Show one place with its checks and bookings."""
    actor, today, scope = request.actor, request.today, request.actor.scope(P.RESOURCE_READ)  # type: ignore[attr-defined]
    found = queries.place(scope, place_id, today)
    booked = bookings.bookings(scope, today, today + timedelta(days=60), place_id=place_id)
    return render(request, "resources/place.html", {"page": pages.place(actor, found, queries.checks(scope, place_id), booked)})


def _read(typed: Typed) -> NewPlace:
    return NewPlace(typed.raw("name"), typed.raw("kind"), typed.raw("address"), typed.amount("area"), typed.ticked("shared"), typed.ticked("open_below"))


def _fields(typed: Typed) -> tuple[Field, ...]:
    return (
        typed.field("name", "场所名称", required=True, maxlength=60, width="half"), typed.field("area", "面积（平方米）", inputmode="decimal", required=True, maxlength=7, width="half"),
        typed.pick("kind", "是谁的", [(title, code) for code, title in rules.PLACE_ZH.items()], "radio", help="面积标准按这个定"),
        typed.field("address", "地址", required=True, maxlength=120, help="写到镇、村和门牌。一个地址只能算一次"), typed.pick("shared", "合用", [("不合用", ""), ("和别的村、社区合用", "1")], "radio", help="合用的，两家都要选合用"),
        typed.pick("open_below", "谁可以订", [("只有本组织", ""), ("下级组织也可以订", "1")], "radio"),
    )


def _form(request: HttpRequest, typed: Typed, title: str, url: str, fields: tuple[Field, ...], label: str, org_name: str, back: str, **more: object) -> HttpResponse:
    page = FormPage(
        title=title, action_url=url, groups=(FieldGroup("", fields),), submit_label=label, sub=org_name, crumbs=venue(Link(title)), cancel_url=back, errors=typed.errors, **more,  # type: ignore[arg-type]
    )
    return render(request, "shell/form.html", {"page": page}, status=409 if more.get("aside") else 422 if typed.faults else 200)


def _done(request: HttpRequest, typed: Typed, do: Callable[[], object], said: str, target: Callable[[object], str]) -> HttpResponse | None:
    try:
        if typed.faults:
            return None
        made = do()
    except ResourceStale:
        raise
    except ResourceRefused as refused:
        typed.refused(refused.faults)
        return None
    messages.success(request, said)
    return HttpResponseRedirect(target(made))


@GET_POST
@sent_once
def new(request: HttpRequest) -> HttpResponse:
    """Register a place."""
    org, actor = asked_org(request, P.RESOURCE_WRITE), request.actor  # type: ignore[attr-defined]
    kind = "village" if org.domain == "rural" and org.is_branch else "county_community" if org.domain == "community" else "other"
    typed = Typed(request.POST if request.method == "POST" else None, {"kind": kind})
    if request.method == "POST":
        wish = _read(typed)
        made = _done(request, typed, lambda: actions.register_place(actor, org.id, wish, at=request.now), "登记了", lambda pk: to("place", pk))  # type: ignore[attr-defined]
        if made is not None:
            return made
    return _form(request, typed, "登记场所", to("place-new", org=org.id), _fields(typed), "登记", org.name, to("places", org=org.id))


def _own(request: HttpRequest, place_id: int) -> tuple[Actor, PlaceView]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = queries.place(actor.scope(P.RESOURCE_READ), place_id, request.today)  # type: ignore[attr-defined]
    actor.require(P.RESOURCE_WRITE, tree.path_of(found.org.id))
    return actor, found


@GET_POST
@sent_once
def edit(request: HttpRequest, place_id: int) -> HttpResponse:
    """Change a place."""
    actor, p = _own(request, place_id)
    now = {
        "name": p.name, "kind": p.kind, "address": p.address, "area": str(p.area), "shared": "1" if p.shared else "", "open_below": "1" if p.open_below else "", "version": str(p.version),
    }
    typed, more = Typed(request.POST if request.method == "POST" else None, now), {}
    if request.method == "POST":
        wish, version = _read(typed), number(typed.raw("version")) or 0
        try:
            made = _done(request, typed, lambda: actions.change_place(actor, place_id, wish, version=version, at=request.now), "改好了", lambda _: to("place", place_id))  # type: ignore[attr-defined]
            if made is not None:
                return made
        except ResourceStale as refused:
            typed.refused(refused.faults)
            theirs = (Pair("名称", p.name), Pair("面积", f"{p.area} 平方米"), Pair("地址", p.address), Pair("合用", "是" if p.shared else "否"))
            more = {"aside": (*theirs, *stale.by_whom(actor.scope(P.RESOURCE_READ), "place", p.id, CHANGES)), "aside_title": "现在的内容"}
    version_now = str(p.version) if more else typed.raw("version")
    return _form(request, typed, "改场所", to("place-edit", place_id), _fields(typed), "存", p.org.name, to("place", place_id), hidden=(("version", version_now),), **more)


@GET_POST
@sent_once
def close(request: HttpRequest, place_id: int) -> HttpResponse:
    """Say that a place is no longer used."""
    actor, p = _own(request, place_id)
    typed = Typed(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        reason = typed.raw("reason")
        made = _done(request, typed, lambda: actions.close_place(actor, place_id, reason=reason, at=request.now), "停用了，记录都保留", lambda _: to("place", place_id))  # type: ignore[attr-defined]
        if made is not None:
            return made
    for wrong in ("name",):
        if wrong in typed.faults:
            typed.fault("reason", *typed.faults.pop(wrong))
    fields = (typed.field("reason", "为什么停用", "textarea", required=True, maxlength=200),)
    return _form(request, typed, "停用场所", to("place-close", place_id), fields, "停用", f"{p.org.name} · {p.name}", to("place", place_id))


@GET_POST
@sent_once
def check(request: HttpRequest, place_id: int) -> HttpResponse:
    """Enter what is there of the list."""
    actor, p = _own(request, place_id)
    today = request.today  # type: ignore[attr-defined]
    typed = Typed(request.POST if request.method == "POST" else None, {"day": str(today), "present": ",".join(p.check.present if p.check else p.items)})
    if request.method == "POST":
        on, there, note = typed.day("day", "检查日期"), typed.chosen("present"), typed.raw("note")
        made = _done(request, typed, lambda: actions.check_place(actor, place_id, day=on, present=there, note=note, at=request.now), "登记了", lambda _: to("place", place_id))  # type: ignore[attr-defined]
        if made is not None:
            return made
    if "name" in typed.faults:
        typed.fault("present", *typed.faults.pop("name"))
    fields = (
        typed.boxes("present", "有的都勾上", [(rules.ITEM_ZH[i], i) for i in p.items], help="已按上次的情况勾好，变了再改。不用拍照"), typed.field("day", "哪天看的", "date", required=True, width="half"),
        typed.field("note", "说明", maxlength=200, width="half"),
    )
    return _form(request, typed, "检查设施", to("place-check", place_id), fields, "登记", f"{p.org.name} · {p.name}", to("place", place_id))
