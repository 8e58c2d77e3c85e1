"""工作台: what is due, why, and at most two buttons each."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zhibu.ground.notice import actions as notice

from . import desk_page


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Show the desk."""
    return render(request, "desk/desk.html", {"page": desk_page.build(request.actor, request.today)})  # type: ignore[attr-defined]


@require_POST
def seen(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Mark a reminder as read (知道了)."""
    notice.seen(request.actor, notice_id, at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "知道了")
    return HttpResponseRedirect(reverse("desk"))
