"""谈心谈话 and 五必谈. A view translates, makes one domain call, translates back."""
from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.areas.talks import actions, queries, rules
from zhibu.areas.talks.actions import NewTalk, NewText
from zhibu.areas.talks.queries import TalkView
from zhibu.areas.talks.refused import Fault, TalkRefused, TalkStale
from zhibu.exchange.sheets.talk_record import talk_record
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound
from zhibu.web.meetings.forms import day, number
from zhibu.web.paper import answer
from zhibu.web.shell import stale
from zhibu.web.shell.context import FormPage, Link, Pair
from zhibu.web.shell.sent import sent_once

from . import asked, pages

GET_POST = require_http_methods(["GET", "POST"])
TEXT = ("trigger", "place", "topic", "summary", "follow_up")
TALK = ("talker", "superior", "talkee", "day", "trigger", "place", "topic", "summary", "follow_up")


def reading(actor: Actor, right: P) -> Scope:
    """Give the scope of a right together with one's own rows."""
    return replace(actor.scope(right), person_id=queries.own(actor).person_id)


def _form(request: HttpRequest, page: FormPage, faults: tuple[Fault, ...]) -> HttpResponse:
    return render(request, "shell/form.html", {"page": page}, status=422 if faults else 200)


def _back(request: HttpRequest, org_id: int, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(f"{reverse('talks:list')}?org={org_id}")


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """Show the talks of a branch and a year."""
    org, today = asked.branch(request, P.ACTIVITY_READ), request.today  # type: ignore[attr-defined]
    year = number(request.GET.get("year"))
    year = year if year is not None and 2000 <= year <= today.year else today.year
    return render(request, "talks/room.html", {"page": pages.build_list(request.actor, org, year, today)})  # type: ignore[attr-defined]


@require_GET
def shown(request: HttpRequest, talk_id: int) -> HttpResponse:
    """Show one talk: day and pair to whoever reads the branch's ledger, what was said to the two and the secretary."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    line = queries.talk(reading(actor, P.ACTIVITY_READ), talk_id)
    texts = queries.texts(reading(actor, P.TALK_READ), talk_id)
    return render(request, "talks/room.html", {"page": pages.build_talk(actor, line, texts, tree.views([line.org_id])[line.org_id])})


@GET_POST
@sent_once
def new(request: HttpRequest) -> HttpResponse:
    """Record a talk; the duty of an event opens the form with everything but the save button done."""
    org, actor, today = asked.branch(request, P.TALK_WRITE), request.actor, request.today  # type: ignore[attr-defined]
    if request.method == "GET":
        event = next((e for e in queries.events(actor.scope(P.TALK_READ), org.id) if e.id == number(request.GET.get("event"))), None)
        values = {"talker": str(actor.person_id or ""), "talkee": str(number(request.GET.get("with")) or ""), "day": str(today), "trigger": event.kind if event else rules.Trigger.ROUTINE.value}
        return _form(request, pages.talk_form(org, values, (), today), ())
    values = asked.typed(request, TALK)
    on, faults = day(values["day"]), list[Fault]()
    if on is None:
        faults.append(Fault("day", "E054", "日期没有填对，请选谈话那一天"))
    above = values["talker"] == "above"
    try:
        if on is None:
            raise TalkRefused(*faults)
        wish = NewTalk(
            number(values["talkee"]) or 0, on, None if above else number(values["talker"]), values["superior"] if above or not values["talker"] else "", values["trigger"],
            values["place"], values["topic"], values["summary"], values["follow_up"],
        )
        actions.record(actor, org.id, wish, at=request.now)  # type: ignore[attr-defined]
    except TalkRefused as refused:
        return _form(request, pages.talk_form(org, values, refused.faults, today), refused.faults)
    return _back(request, org.id, "记好了。台账里只有谁和谁、哪天")


@GET_POST
@sent_once
def void(request: HttpRequest, talk_id: int) -> HttpResponse:
    """Say that a talk was entered by mistake."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    line = queries.talk(actor.scope(P.TALK_WRITE), talk_id)
    org, reason, faults = tree.organisation(actor.sees(), line.org_id), asked.typed(request, ["reason"])["reason"], ()
    if request.method == "POST":
        try:
            actions.void(actor, talk_id, reason=reason, at=request.now)  # type: ignore[attr-defined]
            return _back(request, org.id, "去掉了，不再算；记录和原因都保留")
        except TalkRefused as refused:
            faults = refused.faults
    return _form(request, pages.reason_form(line, org, reason, faults), faults)


@GET_POST
@sent_once
def correct(request: HttpRequest, talk_id: int) -> HttpResponse:
    """Correct what was said, by who wrote it; of two pages opened at once the second is shown how it stands."""
    actor, scope = request.actor, reading(request.actor, P.TALK_READ)  # type: ignore[attr-defined]
    line = queries.talk(actor.scope(P.TALK_WRITE), talk_id)
    org, now = tree.organisation(actor.sees(), line.org_id), queries.text(scope, talk_id)
    if now is None:
        raise NotFound("没有找到这次谈话")
    if request.method == "GET":
        values = {name: str(getattr(now, name)) for name in (*TEXT, "version")}
        return _form(request, pages.correct_form(line, org, values, ()), ())
    values = asked.typed(request, (*TEXT, "version"))
    try:
        actions.correct(actor, talk_id, NewText(**{name: values[name] for name in TEXT}), version=number(values["version"]) or 0, at=request.now)  # type: ignore[attr-defined]
    except TalkStale as refused:
        page = pages.correct_form(line, org, {**values, "version": str(now.version)}, refused.faults, _theirs(now, scope, talk_id))
        return render(request, "shell/form.html", {"page": page}, status=409)
    except TalkRefused as refused:
        return _form(request, pages.correct_form(line, org, values, refused.faults), refused.faults)
    messages.success(request, "更正了，原来写的保留")
    return HttpResponseRedirect(reverse("talks:talk", args=[talk_id]))


def _theirs(now: TalkView, scope: Scope, talk_id: int) -> tuple[Pair, ...]:
    return (
        Pair("主题", now.topic or "没写"), Pair("要点", now.summary or "没写"), Pair("后续", now.follow_up or "没写"),
        *stale.by_whom(Scope(scope.paths), "talk", talk_id, ("talks.record", "talks.correct")),
    )


@GET_POST
def sheet(request: HttpRequest, talk_id: int) -> HttpResponseBase:
    """Show, print or send the record of a talk: only for the two and the secretary."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    line, view = queries.talk(reading(actor, P.TALK_READ), talk_id), queries.text(reading(actor, P.TALK_READ), talk_id)
    if view is None:
        raise NotFound("没有找到这次谈话")
    if request.method == "POST":
        actions.note_paper(actor, talk_id, made_as=answer.made_as(request), at=request.now)  # type: ignore[attr-defined]
    filled = talk_record(tree.name_of(line.org_id), line, view, request.today)  # type: ignore[attr-defined]
    back = Link(line.pair, reverse("talks:talk", args=[talk_id]))
    return answer.sheets(request, (filled.sheet(),), title=filled.file_title, unit=filled.org_name, on=line.day, crumbs=(Link("谈心谈话"), back))


# ---------------------------------------------------------------- five must-talk


@GET_POST
@sent_once
def event(request: HttpRequest) -> HttpResponse:
    """Note something after which a member must be talked with."""
    org, today = asked.branch(request, P.TALK_WRITE), request.today  # type: ignore[attr-defined]
    if request.method == "GET":
        return _form(request, pages.event_form(org, {"day": str(today), "person": str(number(request.GET.get("with")) or "")}, (), today), ())
    values = asked.typed(request, ("person", "day", "kind"))
    on = day(values["day"])
    try:
        if on is None:
            raise TalkRefused(Fault("day", "E054", "日期没有填对，请选事情发生那一天"))
        actions.note_event(request.actor, org.id, person_id=number(values["person"]) or 0, kind=values["kind"], day=on, at=request.now)  # type: ignore[attr-defined]
    except TalkRefused as refused:
        return _form(request, pages.event_form(org, values, refused.faults, today), refused.faults)
    return _back(request, org.id, "登记了，书记的待办里会提醒")


@require_POST
def end_event(request: HttpRequest, event_id: int) -> HttpResponse:
    """Say that an event was entered by mistake."""
    return _back(request, actions.end_event(request.actor, event_id, at=request.now), "去掉了，不再提醒")  # type: ignore[attr-defined]
