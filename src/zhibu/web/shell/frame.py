"""The frame of every page: organisation, menu, tabs, search."""
from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P

from .context import Shell
from .menu import menu_for, tabs_for


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give `shell` to every template."""
    actor: Actor = getattr(request, "actor", Actor(None, ""))
    match = request.resolver_match
    room, view = (match.namespace, match.view_name) if match else ("", "")
    large = request.user.large_print if actor.account_id else request.COOKIES.get("large") == "1"  # type: ignore[union-attr]
    if actor.account_id is None or request.user.one_time or getattr(request, "unfinished", False):  # type: ignore[union-attr]
        return {"shell": Shell(large=large, large_url=reverse("large-print"), here=request.get_full_path())}
    first = actor.grants[0] if actor.grants else None
    saved = request.session.pop("saved_key", "") if request.method == "GET" else ""
    return {
        "shell": Shell(
            scope_name=first.org_name if first else "", person=f"{actor.name} · {first.role_title}" if first else actor.name,
            menu=menu_for(actor, room, view), tabs=tabs_for(actor, room, view), large=large, large_url=reverse("large-print"), here=request.get_full_path(),
            signout_url=reverse("signout"), me_url=reverse("person:me"), home_url=reverse("desk"),
            search_url=reverse("roster:list") if actor.holds(P.MEMBER_READ) else "", query=request.GET.get("q", "")[:50] if room == "roster" else "",
            sample=settings.DEMO, saved_key=saved, form_key=secrets.token_urlsafe(16),
        )
    }
