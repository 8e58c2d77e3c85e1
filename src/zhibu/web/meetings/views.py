"""开会记录, 年度台账, one record, make-up list, 免. A view translates, makes one domain call, translates back."""
from __future__ import annotations

import secrets
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.areas.meetings import actions, queries
from zhibu.areas.meetings.entry import EntryRefused, Fault
from zhibu.ground.files import actions as files
from zhibu.ground.files.queries import names as file_names
from zhibu.ground.guard.once import KeyReused, once
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.process.actions import CaseError
from zhibu.ground.record import actions as record_actions
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.web.shell.context import ErrorPage
from zhibu.web.shell.frame import own_branch

from . import ledger_page, record_page
from .forms import Posted, day, kept_ids


def _org(request: HttpRequest, right: P) -> tree.OrgView:
    """Give the branch asked for (`org`), else the actor's own; 404 outside the scope."""
    wanted = request.GET.get("org") or request.POST.get("org") or ""
    org_id = int(wanted) if wanted.isdigit() else own_branch(request.actor)  # type: ignore[attr-defined]
    if not org_id:
        raise Http404
    org = tree.organisation(request.actor.sees(), org_id)  # type: ignore[attr-defined]
    request.actor.require(right, org.path_now)  # type: ignore[attr-defined]
    return org


@require_http_methods(["GET", "POST"])
def record(request: HttpRequest) -> HttpResponse:
    """Show and take the form of a meeting; the pressed button says what to do with it."""
    org = _org(request, P.ACTIVITY_WRITE)
    address = f"{reverse('meetings:record')}?{urlencode({'org': org.id})}"
    on = day(request.POST.get("held_on", "") or request.GET.get("date", "")) or request.today  # type: ignore[attr-defined]
    frame = record_page.Frame(org.id, min(on, request.today), request.today, address, secrets.token_urlsafe(18), reverse("desk"))  # type: ignore[attr-defined]
    if request.method == "POST":
        return _take(request, frame, org.path_now)
    draft = next((d for d in queries.drafts(request.actor.scope(P.ACTIVITY_WRITE), org.id) if d.key == request.GET.get("draft")), None)  # type: ignore[attr-defined]
    if draft is not None:
        return _again(request, frame, Posted(draft.form, org.id))
    chosen = set(request.GET.getlist("kind")) or _usual(request, org.id)
    groups = {int(g) for g in request.GET.getlist("group") if g.isdigit()}
    page = record_page.build(request.actor, frame, chosen=chosen, groups=groups)  # type: ignore[attr-defined]
    return render(request, "meetings/record.html", {"page": page})


def _usual(request: HttpRequest, org_id: int) -> set[str]:
    """Preselect the theme day while this month has none: what most branches come to record."""
    today: date = request.today  # type: ignore[attr-defined]
    held = recorded.slots(request.actor.scope(P.ACTIVITY_READ), org_id, today.replace(day=1), today, "theme_day")  # type: ignore[attr-defined]
    return set() if held else {"theme_day"}


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Correct a record: a new entry beside the old one."""
    old = recorded.activity(request.actor.scope(P.ACTIVITY_READ), activity_id)  # type: ignore[attr-defined]
    path = tree.path_of(old.org_id)
    request.actor.require(P.ACTIVITY_WRITE, path)  # type: ignore[attr-defined]
    if old.corrected_by_id:
        return HttpResponseRedirect(reverse("meetings:activity", args=[old.corrected_by_id]))
    on = day(request.POST.get("held_on", "")) or old.held_on
    frame = record_page.Frame(old.org_id, min(on, request.today), request.today, request.path, secrets.token_urlsafe(18), reverse("meetings:activity", args=[old.id]), old)  # type: ignore[attr-defined]
    if request.method == "POST":
        return _take(request, frame, path)
    groups = {g for _, g in old.kinds if g}
    page = record_page.build(request.actor, frame, chosen={k for k, _ in old.kinds}, groups=groups)  # type: ignore[attr-defined]
    return render(request, "meetings/record.html", {"page": page})


def _take(request: HttpRequest, frame: record_page.Frame, org_path: str) -> HttpResponse:
    posted = Posted({k: request.POST.getlist(k) for k in request.POST}, frame.org_id)
    do = posted.one("do") or "save"
    _keep_uploads(request, posted, org_path)
    if do in ("topic", "refresh"):
        if do == "topic":
            n = max(posted.numbers, default=-1) + 1
            posted.data = {**posted.data, f"t-{n}-kind": [""]}
        return _again(request, frame, posted, status=200)
    if do == "draft" and frame.corrects is None:
        return _put_aside(request, posted)
    return _save(request, frame, posted)


def _keep_uploads(request: HttpRequest, posted: Posted, org_path: str) -> None:
    """Keep what was uploaded at once, so that an error elsewhere in the form does not lose it."""
    actor = request.actor  # type: ignore[attr-defined]
    for name in [*(n[2:-4] for n in posted.data if n.startswith("r-") and n.endswith("-att")), "photos"]:
        field = "photos-att" if name == "photos" else f"r-{name}-att"
        wanted = kept_ids(posted.many(field))
        known = file_names(actor.scope(P.ACTIVITY_WRITE).narrowed(org_path), wanted) if wanted else {}
        posted.attachments[name] = [i for i in wanted if i in known]
    for field, uploads in request.FILES.lists():
        name = "photos" if field == "photos" else field[2:-5] if field.startswith("r-") and field.endswith("-file") else ""
        for upload in uploads[:10] if name else []:
            try:
                kept = files.store(actor, org_id=posted.org_id, org_path=org_path, chunks=upload.chunks(), name=upload.name or "", at=request.now)  # type: ignore[attr-defined]
                posted.attachments.setdefault(name, []).append(kept)
            except files.FileRefused as refused:
                posted.fault("photos" if name == "photos" else f"r-{name}", "E008", refused.reason)


def _put_aside(request: HttpRequest, posted: Posted) -> HttpResponse:
    kept = {k: v for k, v in posted.data.items() if k not in ("csrfmiddlewaretoken", "do")}
    title = next((posted.one(f"t-{n}-title") for n in posted.numbers if posted.one(f"t-{n}-title")), "")
    actions.put_aside(request.actor, org_id=posted.org_id, key=posted.one("key")[:64], form=kept, title=title, why=posted.one("why"), at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "已经放着。接着写请到待办里打开，台账还没有记这次会")
    request.session["saved_key"] = posted.one("key")[:64]
    return HttpResponseRedirect(reverse("desk"))


def _save(request: HttpRequest, frame: record_page.Frame, posted: Posted) -> HttpResponse:
    entry = posted.entry(request.today, frame.corrects.id if frame.corrects else None)  # type: ignore[attr-defined]
    if posted.faults:
        return _again(request, frame, posted, faults=tuple(posted.faults))
    actor, key = request.actor, posted.one("key")[:64] or frame.key  # type: ignore[attr-defined]

    def write() -> str:
        made = actions.record_meeting(actor, entry, at=request.now)  # type: ignore[attr-defined]
        actions.drop_draft(actor, org_id=entry.org_id, key=key, at=request.now)  # type: ignore[attr-defined]
        return reverse("meetings:activity", args=[made])

    content = {k: v for k, v in posted.data.items() if k not in ("csrfmiddlewaretoken", "key", "do")}
    try:
        target, fresh = once(actor.account_id, key, content, request.now, write)  # type: ignore[attr-defined]
    except EntryRefused as refused:
        return _again(request, frame, posted, refused=refused)
    except KeyReused as reused:
        return render(request, "shell/409.html", {"page": ErrorPage("这张表单已经保存过", reused.reason), "reason": reused.reason}, status=409)
    request.session["saved_key"] = key
    return HttpResponseRedirect(f"{target}?saved={'1' if fresh else '2'}")


def _again(request: HttpRequest, frame: record_page.Frame, posted: Posted, *, refused: EntryRefused | None = None, faults: tuple[Fault, ...] = (), status: int = 0) -> HttpResponse:
    groups = {int(g) for g in posted.many("group") if g.isdigit()}
    page = record_page.build(request.actor, frame, chosen=set(posted.many("kind")), groups=groups, posted=posted, refused=refused, faults=faults)  # type: ignore[attr-defined]
    same = reverse("meetings:activity", args=[refused.same_id]) if refused and refused.same_id else ""
    return render(request, "meetings/record.html", {"page": page, "same_url": same}, status=status or (422 if page.errors else 200))


@require_GET
def ledger(request: HttpRequest) -> HttpResponse:
    """Show the year of one branch: requirements × months, the records below, why a cell is so, where a record went."""
    org = _ledger_org(request)
    if org is None:
        return HttpResponseRedirect(reverse("overview:county"))
    as_of = day(request.GET.get("on", "")) or request.today  # type: ignore[attr-defined]
    year = int(request.GET["year"]) if request.GET.get("year", "").isdigit() and 2000 <= int(request.GET["year"]) <= request.today.year else as_of.year  # type: ignore[attr-defined]
    wanted = ledger_page.Wanted(org, year, min(as_of, request.today), request.GET.get("why", ""), request.GET.get("record", ""), request.GET.get("kind", ""))  # type: ignore[attr-defined]
    return render(request, "meetings/ledger.html", {"page": ledger_page.build(request.actor, wanted)})  # type: ignore[attr-defined]


def _ledger_org(request: HttpRequest) -> tree.OrgView | None:
    if not request.GET.get("org") and own_branch(request.actor) is None:  # type: ignore[attr-defined]
        return None
    return _org(request, P.ACTIVITY_READ)


@require_GET
def activity(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Show one record with everything, its corrections and where it went."""
    view = recorded.activity(request.actor.scope(P.ACTIVITY_READ), activity_id)  # type: ignore[attr-defined]
    saved = {"1": "已保存。", "2": "这次会已经保存过，没有再记一条。"}.get(request.GET.get("saved", ""), "")
    return render(request, "meetings/activity.html", {"page": ledger_page.activity(request.actor, view, request.today, saved)})  # type: ignore[attr-defined]


@require_GET
def absences(request: HttpRequest) -> HttpResponse:
    """Show the make-up list of a branch."""
    org = _org(request, P.ACTIVITY_READ)
    return render(request, "meetings/absences.html", {"page": ledger_page.make_up(request.actor, org, request.today)})  # type: ignore[attr-defined]


@require_POST
def catch_up(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Note that somebody made up for an absence."""
    org = _org(request, P.ACTIVITY_WRITE)
    done = day(request.POST.get("done_on", "")) or request.today  # type: ignore[attr-defined]
    if done > request.today:  # type: ignore[attr-defined]
        messages.error(request, f"补课日期 {done} 晚于今天，请改")
    else:
        record_actions.catch_up(request.actor, absence_id, done_on=done, how=request.POST.get("how", "")[:100] or "个别补课", at=request.now)  # type: ignore[attr-defined]
        messages.success(request, "补课记下了")
    return HttpResponseRedirect(f"{reverse('meetings:absences')}?org={org.id}")


@require_http_methods(["GET", "POST"])
def excuse(request: HttpRequest) -> HttpResponse:
    """Ask to be excused from a window that was not held (没开)."""
    org = _org(request, P.EXCUSE_REQUEST)
    source = request.POST if request.method == "POST" else request.GET
    kind, window, group = source.get("kind", ""), source.get("window", ""), source.get("group", "")
    error = ""
    if request.method == "POST":
        try:
            group_id = int(group) if group.isdigit() else None
            actions.request_excuse(request.actor, org_id=org.id, kind=kind, group_id=group_id, window_code=window, reason=source.get("reason", ""), at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "已报上级。同意后这一格标“免”；这期间不用再办")
            return HttpResponseRedirect(reverse("desk"))
        except CaseError as refused:
            error = refused.reason
        except ValueError:
            raise Http404 from None
    page = ledger_page.excuse_form(org, kind, window, group, source.get("reason", ""), error)
    return render(request, "shell/form.html", {"page": page}, status=422 if error else 200)


@require_POST
def drop_draft(request: HttpRequest) -> HttpResponse:
    """Throw away a draft."""
    org = _org(request, P.ACTIVITY_WRITE)
    actions.drop_draft(request.actor, org_id=org.id, key=request.POST.get("key", "")[:64], at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "草稿删掉了")
    return HttpResponseRedirect(reverse("desk"))

