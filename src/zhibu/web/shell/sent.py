"""A form does its work once, however often it is sent: a double click, a retry, two windows (trust.md E6)."""
from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from zhibu.ground.guard.once import KeyReused, digest, once

from .context import Button, ErrorPage

View = Callable[..., HttpResponse]
FIELD = "once"  # the hidden field of shell/form.html
_NOT_TYPED = ("csrfmiddlewaretoken", FIELD)


class _NotDone(Exception):
    """The view answered with anything but a redirect: nothing was done, so nothing is kept, and the form may be sent again."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def sent_once(view: View) -> View:
    """Answer the second sending of a form with what the first one led to. For views that redirect when they have done their work, and write
    nothing when they answer otherwise: the whole view runs in one transaction with the key of the form, so of parallel twins one waits."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.POST.get(FIELD, "") if request.method == "POST" else ""
        if not key:
            return view(request, *args, **kwargs)
        key = digest({"key": key, "at": request.path})  # several forms of a page share its key
        made: list[HttpResponse] = []

        def do() -> str:
            response = view(request, *args, **kwargs)
            if not isinstance(response, HttpResponseRedirect):
                raise _NotDone(response)
            made.append(response)
            return response.url

        content = {k: request.POST.getlist(k) for k in request.POST if k not in _NOT_TYPED}
        try:
            target, fresh = once(request.actor.account_id, key, content, request.now, do)  # type: ignore[attr-defined]
        except _NotDone as refused:
            return refused.response
        except KeyReused as error:
            page = ErrorPage("这张表单已经存过", f"{error}。", "请先看已经存下的，要改的话从那里打开再改。", (Button("看已经存下的", error.target, style="pri"),))
            return render(request, "shell/409.html", {"page": page}, status=409)
        if fresh:
            return made[0]
        messages.success(request, "已经保存过了，没有再存一次")
        return HttpResponseRedirect(target)

    answer.sent_once = True  # type: ignore[attr-defined]
    return answer
