"""日历: a person's calendar by a signed address, off until it is switched on; one meeting as a file."""
from __future__ import annotations

from datetime import UTC, date, datetime, time

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.areas.meetings import plans
from zhibu.areas.meetings.planning import said_kinds
from zhibu.areas.meetings.plans import PlanView
from zhibu.exchange import calendar
from zhibu.exchange.channels.daily import said_outside
from zhibu.ground.access.queries import actor_of_person
from zhibu.ground.duties.duty import DutyState, due
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.guard.sealing import blind_index
from zhibu.ground.notice import feeds
from zhibu.ground.tree import queries as tree
from zhibu.web.shell.context import Link, Pair
from zhibu.web.shell.sent import sent_once

from .context import CalendarPage

NAME = "支部工作台"


def _uid(what: str) -> str:
    return f"{blind_index(what, 'calendar.uid')[:24]}@zhibu"


def _moment(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))


def _meeting(p: PlanView, name: str, groups: dict[int, str], revised: datetime) -> calendar.Event:
    """Give a planned meeting: what, when, where. Its topics stay inside: they are free text, and the address asks nobody who he is."""
    end = _moment(p.day, p.plan.end) if p.plan.end else None
    return calendar.Event(_uid(f"plan:{p.id}"), _moment(p.day, p.plan.start), said_kinds(p.plan.kinds, groups), revised, end, p.plan.place, f"{name}。有事不能来的，会前请假。", p.version - 1)


def _meetings(person_id: int, today: date) -> list[calendar.Event]:
    own, coming = plans.mine(person_id, today)
    if own is None:
        return []
    groups = {g.id: g.name for g in tree.groups(own.scope, org_ids=[own.org.id])}
    return [_meeting(p, own.org.name, groups, _revised(own.scope, p)) for p in coming]


def _revised(scope: Scope, p: PlanView) -> datetime:
    changed = plans.changes(scope, p.id)[:1] if p.version > 1 else []
    return changed[0].at if changed else p.made_at


def _duties(person_id: int, today: date) -> list[calendar.Event]:
    """Give the days of the person's own duties by office: those about nobody in person by their title, of all others how many."""
    actor = actor_of_person(person_id, today)
    if actor is None or actor.sees().empty:
        return []
    events, others = [], dict[date, int]()
    for d in due(actor, actor.sees(), today):
        if d.due_on is None or d.due_on < today or d.state is DutyState.INFO or d.key.startswith(("meetings:plan:", "meetings:mine:")):
            continue
        if title := said_outside(d):
            events.append(calendar.Event(_uid(f"duty:{d.key}"), d.due_on, title, datetime.combine(d.due_on, time(0), UTC), note="最后一天"))
        else:
            others[d.due_on] = others.get(d.due_on, 0) + 1
    return events + [calendar.Event(_uid(f"due:{person_id}:{day}"), day, f"到期 {n} 件事，登录后看", datetime.combine(day, time(0), UTC)) for day, n in others.items()]


@require_GET
def feed(request: HttpRequest, mark: str) -> HttpResponse:
    """Give a person's calendar to whoever has its address; every other address is not found."""
    person_id = feeds.holder(mark)
    if person_id is None:
        raise Http404
    today = request.today  # type: ignore[attr-defined]
    body = calendar.write(NAME, [*_meetings(person_id, today), *_duties(person_id, today)])
    tag = calendar.tag(body)
    response = HttpResponse(body, content_type=calendar.TYPE, headers={"ETag": tag, "Cache-Control": "private, no-cache", "Content-Disposition": 'inline; filename="zhibu.ics"'})
    return get_conditional_response(request, etag=tag, response=response) or response


@require_GET
def event(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Give one planned meeting as a file."""
    scope = request.actor.scope(P.ACTIVITY_READ)  # type: ignore[attr-defined]
    view = plans.plan(scope, plan_id)
    groups = {g.id: g.name for g in tree.groups(scope, org_ids=[view.org_id])}
    return _file(_meeting(view, tree.name_of(view.org_id), groups, _revised(scope, view)), plan_id)


@require_GET
def my_event(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Give one of the own coming meetings as a file; anything else is not found."""
    person_id = request.actor.person_id  # type: ignore[attr-defined]
    own, coming = plans.mine(person_id, request.today) if person_id is not None else (None, [])  # type: ignore[attr-defined]
    view = next((p for p in coming if p.id == plan_id), None)
    if own is None or view is None:
        raise Http404
    groups = {g.id: g.name for g in tree.groups(own.scope, org_ids=[own.org.id])}
    return _file(_meeting(view, own.org.name, groups, _revised(own.scope, view)), plan_id)


def _file(found: calendar.Event, plan_id: int) -> HttpResponse:
    return HttpResponse(calendar.write(NAME, [found]), content_type=calendar.TYPE, headers={"Content-Disposition": f'attachment; filename="meeting-{plan_id}.ics"'})


@require_http_methods(["GET", "POST"])
@sent_once
def mine(request: HttpRequest) -> HttpResponse:
    """Show the own calendar, switch it on or off."""
    person_id = request.actor.person_id  # type: ignore[attr-defined]
    if person_id is None or not request.actor.holds(P.OWN_FILE):  # type: ignore[attr-defined]
        page = CalendarPage("我的日历", "这个账号没有对应到党员，没有自己的日历。", (Link("我的", reverse("person:me")), Link("日历")), "", on=False)
        return render(request, "channels/calendar.html", {"page": page})
    return _switch(request, person_id, request.actor.scope(P.OWN_FILE), reverse("channels:calendar"), "我的日历", (Link("我的", reverse("person:me")), Link("日历")))  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@sent_once
def of_member(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show a member's calendar to the secretary, who switches it on or off on his or her behalf."""
    scope = request.actor.scope(P.MEMBER_WRITE)  # type: ignore[attr-defined]
    if scope.empty:
        raise Refused("代别人开日历，由支部书记或党建办办")
    name = feeds.name_of(scope, person_id)
    return _switch(request, person_id, scope, reverse("channels:member-calendar", args=[person_id]), f"{name}的日历", (Link("党员", reverse("roster:list")), Link(name), Link("日历")))


def _switch(request: HttpRequest, person_id: int, scope: Scope, here: str, title: str, crumbs: tuple[Link, ...]) -> HttpResponse:
    if request.method == "POST":
        on = request.POST.get("do") == "on"
        if on:
            feeds.switch_on(request.actor, person_id, at=request.now)  # type: ignore[attr-defined]
        else:
            feeds.switch_off(request.actor, person_id, at=request.now)  # type: ignore[attr-defined]
        messages.success(request, "日历开好了，地址在下面" if on else "日历关了，原来的地址当时就不能用了")
        return HttpResponseRedirect(here)
    found = feeds.of_person(scope, person_id)
    sub = "把支部计划的会和到期的事放进手机自己的日历。不开也不影响什么。"
    if found is None:
        return render(request, "channels/calendar.html", {"page": CalendarPage(title, sub, crumbs, here, on=False)})
    made = timezone.localtime(found.made_at)
    facts = (Pair("谁开的", f"{found.made_by}{'（代开）' if found.on_behalf else ''}，{made.month}月{made.day}日"),)
    address = request.build_absolute_uri(reverse("channels:feed", args=[found.mark]))
    return render(request, "channels/calendar.html", {"page": CalendarPage(title, sub, crumbs, here, True, facts, address)})
