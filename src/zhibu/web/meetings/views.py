"""开会记录, 年度台账, one record, make-up list, 免. A view translates, makes one domain call, translates back."""
from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.areas.meetings import actions, plan_actions, plans
from zhibu.areas.meetings import form as meeting_form
from zhibu.areas.meetings import leave as leaves
from zhibu.areas.meetings.entry import EntryRefused, Fault
from zhibu.ground.guard.once import KeyReused, once
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.process.actions import CaseError
from zhibu.ground.record import actions as record_actions
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.web.shell.menu import own_branch
from zhibu.web.shell.sent import sent_once

from . import activity_page, attendance_page, ledger_page, record_page, uploads
from .forms import Posted, day, number
from .record_page import Filled, Frame

SAVED = {"1": "已保存。", "2": "这次会已经保存过，没有再记一条。"}


def _org(request: HttpRequest, right: P) -> tree.OrgView:
    """Give the branch asked for (`org`), else the actor's own; 404 outside the scope."""
    org_id = number(request.GET.get("org") or request.POST.get("org")) or own_branch(request.actor)  # type: ignore[attr-defined]
    if not org_id:
        raise Http404
    org = tree.organisation(request.actor.sees(), org_id)  # type: ignore[attr-defined]
    request.actor.require(right, org.path_now)  # type: ignore[attr-defined]
    return org


def _to(name: str, **query: object) -> str:
    return f"{reverse(name)}?{urlencode(query)}"


# ---------------------------------------------------------------- the form


@require_http_methods(["GET", "POST"])
def record(request: HttpRequest) -> HttpResponse:
    """Show and take the form of a meeting; the pressed button says what to do with it."""
    org = _org(request, P.ACTIVITY_WRITE)
    today: date = request.today  # type: ignore[attr-defined]
    on = day(request.POST.get("held_on", "") or request.GET.get("date", "")) or today
    frame = Frame(org.id, min(on, today), today, _to("meetings:record", org=org.id), secrets.token_urlsafe(18), reverse("desk"))
    if request.method == "POST":
        return _take(request, frame, org.path_now)
    draft = next((d for d in meeting_form.drafts(request.actor.scope(P.ACTIVITY_WRITE), org.id) if d.key == request.GET.get("draft")), None)  # type: ignore[attr-defined]
    if draft is not None:
        return _from_draft(request, frame, org, draft)
    if (plan := _plan(request, org, request.GET.get("plan", ""))) is not None and plan.open:
        held = min(plan.day, today)
        leave = leaves.granted(request.actor.scope(P.ACTIVITY_WRITE), plan.id)  # type: ignore[attr-defined]
        kinds, chosen = frozenset(k for k, _ in plan.plan.kinds), frozenset(g for _, g in plan.plan.kinds if g)
        return _show(request, replace(frame, on=held, plan=plan, leave=leave), Filled(kinds, chosen))
    wanted = frozenset(request.GET.getlist("kind")) or _usual(request, org.id)
    groups = frozenset(g for g in map(number, request.GET.getlist("group")) if g is not None)
    return _show(request, frame, Filled(wanted, groups))


def _plan(request: HttpRequest, org: tree.OrgView, asked: str) -> plans.PlanView | None:
    """Give the plan that a form begins with; none when it is not this organisation's."""
    try:
        plan = plans.plan(request.actor.scope(P.ACTIVITY_WRITE), number(asked) or 0)  # type: ignore[attr-defined]
    except tree.NotFound:
        return None
    return plan if plan.org_id == org.id else None


def _from_draft(request: HttpRequest, frame: Frame, org: tree.OrgView, draft: meeting_form.DraftView) -> HttpResponse:
    posted = Posted(draft.form, org.id)
    uploads.find(request.actor, posted, org.path_now)  # type: ignore[attr-defined]
    on = day(posted.one("held_on")) or frame.today
    return _show(request, replace(frame, on=min(on, frame.today), draft=True), Filled.again(posted))


def _show(request: HttpRequest, frame: Frame, filled: Filled, status: int = 200) -> HttpResponse:
    return render(request, "meetings/record.html", {"page": record_page.build(request.actor, frame, filled)}, status=status)  # type: ignore[attr-defined]


def _usual(request: HttpRequest, org_id: int) -> frozenset[str]:
    """Preselect the theme day while this month has none: what most branches come to record."""
    today: date = request.today  # type: ignore[attr-defined]
    held = recorded.slots(request.actor.scope(P.ACTIVITY_READ), org_id, today.replace(day=1), today, "theme_day")  # type: ignore[attr-defined]
    return frozenset() if held else frozenset({"theme_day"})


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Correct a record: a new entry beside the old one."""
    old = recorded.activity(request.actor.scope(P.ACTIVITY_READ), activity_id)  # type: ignore[attr-defined]
    path, today = tree.path_of(old.org_id), request.today  # type: ignore[attr-defined]
    request.actor.require(P.ACTIVITY_WRITE, path)  # type: ignore[attr-defined]
    on = day(request.POST.get("held_on", "")) or old.held_on
    frame = Frame(old.org_id, min(on, today), today, request.path, secrets.token_urlsafe(18), reverse("meetings:activity", args=[old.id]), old)
    if request.method == "POST":
        return _take(request, frame, path)
    if old.corrected_by_id or not old.counts:
        return HttpResponseRedirect(reverse("meetings:activity", args=[old.corrected_by_id or old.id]))
    return _show(request, frame, Filled(frozenset(k for k, _ in old.kinds), frozenset(g for _, g in old.kinds if g)))


def _take(request: HttpRequest, frame: Frame, org_path: str) -> HttpResponse:
    posted = Posted({k: request.POST.getlist(k) for k in request.POST}, frame.org_id)
    do = posted.one("do") or "save"
    uploads.keep(request, posted, org_path)
    if do == "draft" and frame.corrects is None:
        return _put_aside(request, posted)
    if do == "drop":
        return _drop(request, posted)
    if do != "save":
        if do == "topic":
            posted.data = {**posted.data, f"t-{max(posted.numbers, default=-1) + 1}-kind": [""]}
        return _show(request, frame, Filled.again(posted))
    return _save(request, frame, posted)


def _put_aside(request: HttpRequest, posted: Posted) -> HttpResponse:
    if posted.faults:
        messages.warning(request, "；".join(f.reason for f in posted.faults))
    title = next((posted.one(f"t-{n}-title") for n in posted.numbers if posted.one(f"t-{n}-title")), "")
    key = posted.one("key")[:64] or secrets.token_urlsafe(18)
    actions.put_aside(request.actor, org_id=posted.org_id, key=key, fields=posted.to_keep(), title=title, why="", at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "已经放着。接着写请到待办里打开，台账还没有记这次会")
    request.session["saved_key"] = key
    return HttpResponseRedirect(reverse("desk"))


def _drop(request: HttpRequest, posted: Posted) -> HttpResponse:
    key = posted.one("key")[:64]
    actions.drop_draft(request.actor, org_id=posted.org_id, key=key, at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "草稿删掉了")
    request.session["saved_key"] = key
    return HttpResponseRedirect(reverse("desk"))


def _save(request: HttpRequest, frame: Frame, posted: Posted) -> HttpResponse:
    entry = posted.entry(frame.today, frame.corrects.id if frame.corrects else None)
    if posted.faults:
        return _show(request, frame, Filled.again(posted, faults=tuple(posted.faults)), 422)
    actor, key, now = request.actor, posted.one("key")[:64] or frame.key, request.now  # type: ignore[attr-defined]

    def write() -> str:
        made = actions.record_meeting(actor, entry, at=now)
        plan_actions.hold(actor, entry.org_id, made, number(posted.one("plan")), at=now)
        actions.drop_draft(actor, org_id=entry.org_id, key=key, at=now)
        return str(made)

    content = {k: v for k, v in posted.data.items() if k not in ("csrfmiddlewaretoken", "key", "do")}
    try:
        made, fresh = once(actor.account_id, key, {**content, "at": frame.action_url}, now, write)
    except EntryRefused as refused:
        overtaken = frame.corrects is not None and refused.same_id is not None
        return _show(request, frame, Filled.again(posted, refused), 409 if overtaken else 422)
    except KeyReused as reused:
        return _show(request, frame, _saved_before(posted, reused), 409)
    request.session["saved_key"] = key
    return HttpResponseRedirect(f"{reverse('meetings:activity', args=[made])}?saved={'1' if fresh else '2'}")


def _saved_before(posted: Posted, reused: KeyReused) -> Filled:
    """Show the form with everything typed and a new key: saved before with another content, perhaps from a page left open."""
    posted.data = {**posted.data, "key": [secrets.token_urlsafe(18)]}
    reason = "这张表单已经保存过一次，内容和现在不一样。要改那一次，请打开已有的那一条点“更正”；这是另一次会，核对日期和时间后再点保存"
    return Filled.again(posted, faults=(Fault("held_on", "E044", reason),), same_id=number(reused.target))


# ---------------------------------------------------------------- ledger, record, attendance


@require_GET
def ledger(request: HttpRequest) -> HttpResponse:
    """Show the year of one branch: requirements × months, the records below, why a cell is so, where a record went."""
    if not request.GET.get("org") and own_branch(request.actor) is None:  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("overview:county"))
    org, today, asked = _org(request, P.ACTIVITY_READ), request.today, request.GET  # type: ignore[attr-defined]
    as_of = min(day(asked.get("on", "")) or today, today)
    year = number(asked.get("year"))
    if year is None or not 2000 <= year <= today.year:
        year = as_of.year
    wanted = ledger_page.Wanted(org, year, as_of, today, asked.get("why", ""), number(asked.get("record")), asked.get("kind", ""))
    return render(request, "meetings/ledger.html", {"page": ledger_page.build(request.actor, wanted)})  # type: ignore[attr-defined]


@require_GET
def activity(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Show one record with everything, its corrections and where it went."""
    view = recorded.activity(request.actor.scope(P.ACTIVITY_READ), activity_id)  # type: ignore[attr-defined]
    if view.voids:
        return HttpResponseRedirect(reverse("meetings:activity", args=[view.corrects_id]))
    page = activity_page.build(request.actor, view, SAVED.get(request.GET.get("saved", ""), ""))  # type: ignore[attr-defined]
    return render(request, "meetings/activity.html", {"page": page})


@require_GET
def attendance(request: HttpRequest) -> HttpResponse:
    """Show the attendance of a branch over the last twelve months."""
    org = _org(request, P.ACTIVITY_READ)
    page = attendance_page.attendance(request.actor.scope(P.ACTIVITY_READ), org, request.today)  # type: ignore[attr-defined]
    return render(request, "meetings/attendance.html", {"page": page})


@require_GET
def absences(request: HttpRequest) -> HttpResponse:
    """Show the make-up list of a branch."""
    org = _org(request, P.ACTIVITY_READ)
    page = attendance_page.make_up(request.actor, org, request.today, request.GET.get("show") == "all")  # type: ignore[attr-defined]
    return render(request, "meetings/absences.html", {"page": page})


@require_POST
@sent_once
def catch_up(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Note that somebody made up for an absence."""
    org = _org(request, P.ACTIVITY_WRITE)
    done = day(request.POST.get("done_on", "")) or request.today  # type: ignore[attr-defined]
    how = request.POST.get("how", "")[:100] or "个别补课"
    try:
        record_actions.catch_up(request.actor, absence_id, done_on=done, how=how, at=request.now)  # type: ignore[attr-defined]
        messages.success(request, "补课记下了")
    except record_actions.CatchUpRefused as refused:
        messages.error(request, refused.reason)
    return HttpResponseRedirect(_to("meetings:absences", org=org.id))


@require_http_methods(["GET", "POST"])
@sent_once
def void(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Say that a recorded meeting was never held."""
    old = recorded.activity(request.actor.scope(P.ACTIVITY_READ), activity_id)  # type: ignore[attr-defined]
    org = tree.organisation(request.actor.sees(), old.org_id)  # type: ignore[attr-defined]
    request.actor.require(P.ACTIVITY_WRITE, org.path_now)  # type: ignore[attr-defined]
    error, here = "", reverse("meetings:activity", args=[activity_id])
    if request.method == "POST":
        try:
            actions.void_meeting(request.actor, activity_id, reason=request.POST.get("reason", ""), at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "这条记录已经作废，台账不再计入")
            return HttpResponseRedirect(here)
        except EntryRefused as refused:
            error = refused.faults[0].reason
    elif not old.counts:
        return HttpResponseRedirect(here)
    page = activity_page.void_form(org, old, request.POST.get("reason", "")[:200], error)
    return render(request, "shell/form.html", {"page": page}, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
@sent_once
def excuse(request: HttpRequest) -> HttpResponse:
    """Ask to be excused from a window that was not held (没开)."""
    org, source = _org(request, P.EXCUSE_REQUEST), request.POST if request.method == "POST" else request.GET
    kind, window, group, reason = (source.get(name, "") for name in ("kind", "window", "group", "reason"))
    error = ""
    try:
        if request.method == "POST":
            actions.request_excuse(
                request.actor, org_id=org.id, kind=kind, group_id=number(group), window_code=window, reason=reason, at=request.now  # type: ignore[attr-defined]
            )
            messages.success(request, "已报上级。同意后这一格标“免”；这期间不用再办")
            return HttpResponseRedirect(reverse("desk"))
    except CaseError as refused:
        error = refused.reason
    except ValueError:
        raise Http404 from None
    try:
        page = attendance_page.excuse_form(org, kind, window, group, reason, error)
    except ValueError:
        raise Http404 from None
    return render(request, "shell/form.html", {"page": page}, status=422 if error else 200)


@require_POST
def revoke_excuse(request: HttpRequest, excuse_id: int) -> HttpResponse:
    """Take a 免 back; the window is due again."""
    record_actions.revoke_excuse(request.actor, excuse_id, at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "免已撤回，这一格恢复应开")
    back = request.POST.get("back", "")
    ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(back if ours else reverse("desk"))
