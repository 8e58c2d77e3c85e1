"""Who visits: the actor with the grants of today, the day, and what refusals look like."""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import resolve
from django.utils import timezone
from django.utils.http import urlencode

from zhibu.ground.access.queries import actor_for
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound

#: pages that work without an account
OPEN = {"signin", "signout", "healthz", "large-print"}
ABSOLUTE = timedelta(hours=12)
SHARED_IDLE = timedelta(minutes=30)  # township and above: shared office PCs
PHONE_IDLE = timedelta(hours=12)     # a branch's own phone: no time-out for elders within the day
SHARED_ROLES = {"party_building_office", "organiser", "county_org_dept", "city_org_dept", "discipline_reader", "system_admin", "security_admin", "auditor"}


class Visitor:
    """Set request.actor, request.today and request.now; send strangers to the sign-in page; end sessions that lasted too long (trust.md B4)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        request.now, request.today = now, timezone.localdate(now)  # type: ignore[attr-defined]
        user = request.user
        request.actor = actor_for(user, request.today) if user.is_authenticated else Actor(None, "")  # type: ignore[attr-defined, arg-type]
        if request.path_info.startswith("/static/"):
            return self.get_response(request)
        name = self._name(request)
        if user.is_authenticated and self._over(request, now):
            logout(request)
            request.actor = Actor(None, "")  # type: ignore[attr-defined]
        if not request.user.is_authenticated:
            return self.get_response(request) if name in OPEN or name is None else self._to_signin(request)
        if request.user.one_time and name not in OPEN | {"set-password"}:  # type: ignore[union-attr]
            return HttpResponseRedirect(resolve_url("set-password"))
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _name(self, request: HttpRequest) -> str | None:
        try:
            return resolve(request.path_info).view_name
        except Exception:
            return None

    def _to_signin(self, request: HttpRequest) -> HttpResponse:
        target = f"{resolve_url('signin')}?{urlencode({'next': request.get_full_path() if request.method == 'GET' else request.path})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        return HttpResponseRedirect(target)

    def _over(self, request: HttpRequest, now: timezone.datetime) -> bool:  # type: ignore[name-defined]
        session = request.session
        began, last = session.get("began"), session.get("last")
        stamp = now.timestamp()
        roles = {g.role for g in request.actor.grants}  # type: ignore[attr-defined]
        idle = SHARED_IDLE if roles & SHARED_ROLES else PHONE_IDLE
        known = session.get("roles")
        if began is None:
            session["began"], session["roles"] = stamp, sorted(roles)
        elif stamp - began > ABSOLUTE.total_seconds() or (last is not None and stamp - last > idle.total_seconds()) or known != sorted(roles):
            return True
        if last is None or stamp - last > 60:
            session["last"] = stamp
        return False

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn the refusals of the domain into pages: hidden or unknown is 404, forbidden is 403 with the reason, stale is 409."""
        if isinstance(error, NotFound) or (isinstance(error, Refused) and error.hidden):
            return render(request, "shell/404.html", status=404)
        if isinstance(error, Refused):
            return render(request, "shell/403.html", {"reason": error.reason}, status=403)
        if isinstance(error, Stale):
            return render(request, "shell/409.html", {"reason": "别人刚刚改过这一页。请刷新后再改，您写的内容可以先复制下来"}, status=409)
        return None
