"""通知渠道: where notices of an organisation go besides its desk."""
from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.areas.meetings import plans
from zhibu.areas.meetings.planning import notice_text
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.notice import channels, queries
from zhibu.ground.notice.channels import ChannelRefused, Wish
from zhibu.ground.notice.limits import TooSoon
from zhibu.ground.notice.outbox import Kind
from zhibu.ground.notice.queries import ChannelView
from zhibu.ground.notice.wording import NotForOutside
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.actions import Stale
from zhibu.web.shell.sent import sent_once
from zhibu.web.shell.stale import by_whom

from . import pages

CHANGED = ("notice.add_channel", "notice.change_channel")


def _org(request: HttpRequest) -> tree.OrgView:
    """Give the organisation asked for, else the first at which the actor keeps channels; 404 outside the scope."""
    asked = request.GET.get("org", "")
    actor = request.actor  # type: ignore[attr-defined]
    own = next((g.org_id for g in actor.grants if P.CHANNEL_MANAGE in g.permissions), 0)
    org_id = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 16 else own if not asked else 0
    if not org_id:
        if not asked:
            actor.require(P.CHANNEL_MANAGE, actor.grants[0].org_path if actor.grants else "")
        raise Http404
    org = tree.organisation(actor.sees(), org_id)
    actor.require(P.CHANNEL_MANAGE, org.path_now)
    return org


def _channel(request: HttpRequest, channel_id: int) -> ChannelView:
    found = queries.channel(request.actor.sees(), channel_id)  # type: ignore[attr-defined]
    request.actor.require(P.CHANNEL_MANAGE, tree.path_of(found.org_id))  # type: ignore[attr-defined]
    return found


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Show the channels of an organisation and what went out."""
    return render(request, "channels/list.html", {"page": pages.listing(request.actor, _org(request), request.today)})  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@sent_once
def new(request: HttpRequest) -> HttpResponse:
    """Add a channel."""
    org, asked = _org(request), request.GET.get("kind") or request.POST.get("kind", "")
    if asked not in tuple(Kind):
        return HttpResponseRedirect(pages.home(org.id))
    kind, wish, error = Kind(asked), Wish(asked, ""), None
    if request.method == "POST":
        wish = pages.typed(request.POST.dict(), request.POST.getlist("takes")[:10], kind, new=True)
        try:
            channels.add(request.actor, org.id, wish, settings.CHANNEL_HOSTS, at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "加好了，请发一条测试，看群里收不收得到")
            return HttpResponseRedirect(pages.home(org.id))
        except ChannelRefused as refused:
            error = refused
    return render(request, "shell/form.html", {"page": pages.form(org.id, kind, wish, error, above=not org.is_branch)}, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
@sent_once
def edit(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Change a channel; what is left empty stays."""
    found = _channel(request, channel_id)
    wish, error, stale, number = Wish(found.kind, found.label, "", "", found.reminders, found.daily, found.is_on, found.lists, found.events), None, False, 0
    if request.method == "POST":
        version = request.POST.get("version", "")
        wish = pages.typed(request.POST.dict(), request.POST.getlist("takes")[:10], found.kind, new=False)
        try:
            number = int(version) if version.isascii() and version.isdecimal() and len(version) < 9 else 0
            channels.change(request.actor, channel_id, wish, settings.CHANNEL_HOSTS, version=number, at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "改好了")
            return HttpResponseRedirect(pages.home(found.org_id))
        except Stale:
            stale = True
        except ChannelRefused as refused:
            error = refused
    by = by_whom(request.actor.sees(), "channel", channel_id, CHANGED) if stale else ()  # type: ignore[attr-defined]
    page = pages.form(found.org_id, Kind(found.kind), wish, error, found, version=0 if stale else number, by=by, above=not tree.views([found.org_id])[found.org_id].is_branch)
    return render(request, "shell/form.html", {"page": page}, status=409 if stale else 422 if error else 200)


@require_POST
@sent_once
def trial(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Send a trial message."""
    found = _channel(request, channel_id)
    try:
        channels.trial(request.actor, channel_id, at=request.now)  # type: ignore[attr-defined]
        messages.success(request, "测试消息交出去了，过几秒刷新本页，看下面“最近发的”")
    except ChannelRefused as refused:
        messages.error(request, refused.reason)
    return HttpResponseRedirect(pages.home(found.org_id))


@require_http_methods(["GET", "POST"])
@sent_once
def end(request: HttpRequest, channel_id: int) -> HttpResponse:
    """End a channel, after asking once more."""
    found = _channel(request, channel_id)
    if request.method == "POST":
        channels.end(request.actor, channel_id, at=request.now)  # type: ignore[attr-defined]
        messages.success(request, f"“{found.label}”删去了")
        return HttpResponseRedirect(pages.home(found.org_id))
    return render(request, "shell/form.html", {"page": pages.ending(found)})


@require_POST
@sent_once
def announce(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Send the notice of a planned meeting to the channels of its organisation."""
    view = plans.plan(request.actor.scope(P.ACTIVITY_READ), plan_id)  # type: ignore[attr-defined]
    request.actor.require(P.ACTIVITY_WRITE, tree.path_of(view.org_id))  # type: ignore[attr-defined]
    org = tree.organisation(request.actor.sees(), view.org_id)  # type: ignore[attr-defined]
    groups = {g.id: g.name for g in tree.groups(request.actor.scope(P.ACTIVITY_READ), org_ids=[view.org_id])}  # type: ignore[attr-defined]
    host, off = tree.name_of(view.host_org_id) if view.host_org_id else "", view.state_why if view.state == "cancelled" else ""
    until = timezone.make_aware(datetime.combine(view.day, view.plan.start))
    back = HttpResponseRedirect(reverse("meetings:plan", args=[plan_id]))
    if view.state == "invited" or not (view.open or off) or until <= request.now:  # type: ignore[attr-defined]
        messages.error(request, "这次会已经过了，或者还没有答复邀请，通知没有发")
        return back
    try:
        text = notice_text(org.name, view.plan, groups, host, off)
        count = channels.announce(request.actor, view.org_id, f"plan:{view.id}:{view.version}:{view.state}", text, until=until, at=request.now)  # type: ignore[attr-defined]
        messages.success(request, f"通知交给 {count} 个渠道去发了" if count else "还没有在用的渠道，请先加一个，或者复制群通知自己发")
    except (TooSoon, NotForOutside) as refused:
        messages.error(request, refused.reason)
    return back
