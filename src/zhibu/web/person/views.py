"""我的: who I am here, my own file, what else there is for me."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhibu.areas.roster import queries
from zhibu.ground.guard.actor import Actor
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.dates import show
from zhibu.web.roster.roster_page import items
from zhibu.web.shell.context import Link, Pair
from zhibu.web.shell.menu import menu_for, tabs_for

from .context import FilePart, MePage


@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """Show the own page; it works for every role, also for accounts that belong to no member."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    roles = tuple(Pair(g.org_name or "本系统", g.role_title) for g in actor.grants)
    parts: tuple[FilePart, ...] = ()
    if actor.person_id is not None:
        try:
            parts = _own(queries.own(actor.person_id, request.today))  # type: ignore[attr-defined]
        except NotFound:
            parts = ()
    page = MePage("我的", (Pair("姓名", actor.name), *(roles or (Pair("职责", "还没有，请找上级党组织授权"),))), parts, _links(actor), reverse("set-password"), reverse("safety:home"), reverse("end-sessions"), reverse("person:tokens"))
    return render(request, "person/me.html", {"page": page})


def _own(member: queries.Member) -> tuple[FilePart, ...]:
    file = member.file
    inside = (
        Pair("党小组", f"{file.group_name}（组长）" if file.is_leader else file.group_name or "未编组"),
        Pair("党内职务", "、".join(p.title for p in file.posts) or "无"),
    )
    history = tuple(Pair(show(e.on), e.text) for e in member.history)
    return (
        FilePart("我的党员信息", items(member), "有不对的地方，请告诉支部书记改。"), FilePart("在支部", inside),
        *((FilePart("经过", history),) if history else ()),
    )


def _links(actor: Actor) -> tuple[Link, ...]:
    """Give every menu entry that the phone's tabs do not hold."""
    tabs = {t.url for t in tabs_for(actor, "person", "person:me")}
    entries = [c for m in menu_for(actor, "person", "person:me") for c in (m.children or (m,))]
    own = (Link("我的资料、会议和考勤", reverse("person:file")), Link("我的会议", reverse("person:meetings")), Link("我的党费和收据", reverse("person:dues")), Link("我的日历", reverse("channels:calendar")), Link("转组织关系", reverse("person:transfer"))) if actor.person_id is not None else ()
    return (*own, *(Link(e.label, e.url) for e in entries if e.url not in tabs))
