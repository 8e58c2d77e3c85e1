"""Who visits: the actor with the grants of today, the day, and what refusals look like."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from zhibu.ground.access import factors, passwords, sittings
from zhibu.ground.access.queries import actor_for
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.reading import one_reading
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound

from .context import ErrorPage

#: pages that work without an account
OPEN = {"setup", "signin", "second", "signout", "healthz", "large-print", "api:openapi-json", "channels:feed"}
#: pages for who must still add a second factor
SAFETY = {"safety:home", "safety:prove", "safety:totp", "safety:passkey", "safety:recovery", "safety:remove", "safety:end-session", "end-sessions", "set-password"}
ABSOLUTE = timedelta(hours=12)
SHARED_IDLE = timedelta(minutes=30)  # township and above: shared office PCs
PHONE_IDLE = timedelta(hours=12)     # a branch's own phone: no time-out for elders within the day
SHARED_ROLES = {"party_building_office", "organiser", "county_org_dept", "city_org_dept", "inspector", "discipline_reader", "system_admin", "security_admin", "auditor"}


class Visitor:
    """Set request.actor, request.today and request.now; send strangers to the sign-in page; end sessions that lasted too long (trust.md B4); a page that only shows is one reading."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        request.now, request.today = now, timezone.localdate(now)  # type: ignore[attr-defined]
        user = request.user
        request.actor = actor_for(user, request.today) if user.is_authenticated else Actor(None, "")  # type: ignore[attr-defined, arg-type]
        if user.is_authenticated and self._over(request, now):
            if "sitting" in request.session:
                sittings.close(request.session["sitting"])
            logout(request)
            request.actor = Actor(None, "")  # type: ignore[attr-defined]
        with one_reading() if request.method in ("GET", "HEAD") else nullcontext():
            response = self._turned_away(request) or self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _turned_away(self, request: HttpRequest) -> HttpResponse | None:
        """Give the redirect of a stranger to the sign-in page, of a one-time code to the page for a password of one's own; None for everybody else."""
        try:
            name = resolve(request.path_info).view_name
        except Resolver404:
            name = ""  # an address that does not exist is 404 for everybody
        if name.startswith("api:") and name != "api:docs":
            request.unfinished = request.user.is_authenticated and self._lacks_factor(request)  # type: ignore[attr-defined]
            return None  # programs are answered 401 in JSON, by the API's own door
        if not request.user.is_authenticated:
            return None if name in OPEN or not name else self._elsewhere(request, f"{resolve_url('signin')}?{urlencode({'next': self._back(request)})}")
        if request.user.one_time and name not in OPEN | {"set-password"}:  # type: ignore[union-attr]
            return self._elsewhere(request, resolve_url("set-password"))
        old = request.method in ("GET", "HEAD") and passwords.expired(request.user, request.now)  # type: ignore[arg-type, attr-defined]
        if old and name not in OPEN | {"set-password"}:  # what was just written is still taken
            return self._elsewhere(request, resolve_url("set-password"))
        request.unfinished = self._lacks_factor(request)  # type: ignore[attr-defined]
        if request.unfinished and name not in OPEN | SAFETY:  # type: ignore[attr-defined]
            return self._elsewhere(request, resolve_url("safety:home"))
        return None

    def _lacks_factor(self, request: HttpRequest) -> bool:
        """Tell whether the roles held call for a second factor that this session has not seen (trust.md B3)."""
        return settings.SECOND_FACTOR == "required" and not request.session.get("second") and factors.wanted_of(request.actor)  # type: ignore[attr-defined, misc]

    def _elsewhere(self, request: HttpRequest, target: str) -> HttpResponse:
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        return HttpResponseRedirect(target)

    def _back(self, request: HttpRequest) -> str:
        """Give the page to open after sign-in: the page itself, for a post or a part of a page the one it was sent from."""
        sent_from = request.headers.get("HX-Current-URL") or (request.headers.get("Referer") if request.method not in ("GET", "HEAD") else None) or ""
        if sent_from and url_has_allowed_host_and_scheme(sent_from, {request.get_host()}):
            parts = urlsplit(sent_from)
            return parts.path + (f"?{parts.query}" if parts.query else "")
        return request.get_full_path()

    def _over(self, request: HttpRequest, now: datetime) -> bool:
        """Tell whether this session has ended: 12 hours, idle too long, a one-time code that expired, or other grants than at its beginning."""
        session, user = request.session, request.user
        began, last = session.get("began"), session.get("last")
        stamp = now.timestamp()
        held = request.actor.grants  # type: ignore[attr-defined]
        offices = sorted(f"{g.role}@{g.org_id}" for g in held)
        idle = SHARED_IDLE if {g.role for g in held} & SHARED_ROLES else PHONE_IDLE
        if user.one_time and (user.one_time_until is None or user.one_time_until < now):  # type: ignore[union-attr]
            return True
        if began is None:
            session["began"], session["offices"] = stamp, offices
        elif stamp - began > ABSOLUTE.total_seconds() or (last is not None and stamp - last > idle.total_seconds()) or session.get("offices") != offices:
            return True
        if "sitting" not in session:
            session["sitting"] = sittings.begin(user.pk, request.headers.get("User-Agent", "")[:300], now)  # type: ignore[arg-type]
        elif not sittings.is_open(user.pk, session["sitting"]):  # type: ignore[arg-type]
            return True
        if last is None or stamp - last > 60:
            session["last"] = stamp
        return False

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn the refusals of the domain into pages: hidden or unknown is 404, forbidden is 403 with the reason, stale is 409."""
        if isinstance(error, NotFound) or (isinstance(error, Refused) and error.hidden):
            return render(request, "shell/404.html", status=404)
        if isinstance(error, Refused):
            return render(request, "shell/403.html", {"page": ErrorPage("您不能办这件事", _sentence(error.reason))}, status=403)
        if isinstance(error, Stale):
            page = ErrorPage("别人刚改过", "您打开这一页以后，别人先保存了一次，您的改动没有存。", "请返回上一页，先把写的内容复制下来，刷新后再改。")
            return render(request, "shell/409.html", {"page": page}, status=409)
        return None


def _sentence(text: str) -> str:
    return text if text.endswith(("。", "？")) else text + "。"
