"""The forms of 党费: one address for those of the organisation itself, one for what it does for those below."""
from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree.queries import NotFound
from zhibu.web.org.forms import Given
from zhibu.web.shell.context import FieldGroup, FormPage, Link
from zhibu.web.shell.sent import sent_once

from .forms import ABOVE, FORMS, REFUSALS, Asked, Form, Incomplete
from .words import crumbs, seen


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@require_http_methods(["GET", "POST"])
@sent_once
def form(request: HttpRequest, org_id: int, what: str) -> HttpResponse:
    """Fill in a form about the organisation's own dues."""
    return _answer(request, org_id, what, FORMS, P.DUES_WRITE)


@require_http_methods(["GET", "POST"])
@sent_once
def above(request: HttpRequest, org_id: int, what: str) -> HttpResponse:
    """Fill in a form about dues of organisations below."""
    return _answer(request, org_id, what, ABOVE, P.DUES_DECIDE)


def _answer(request: HttpRequest, org_id: int, what: str, forms: Mapping[str, Form], right: P) -> HttpResponse:
    org = seen(request, org_id, right)
    found = forms.get(what)
    if found is None:
        raise NotFound("没有这张表")
    asked = Asked(request.actor, org, _number(request, "person"), _number(request, "id"), request.today, request.now)  # type: ignore[attr-defined]
    if found.about == "row" and not asked.row_id:
        raise NotFound("没有找到要办的那一笔")
    name = asked.name() if found.about == "person" else ""
    given = Given(request.POST if request.method == "POST" else None, found.initial(asked))
    if request.method == "POST":
        try:
            messages.success(request, found.do(asked, given))
            return HttpResponseRedirect(found.back_url(asked))
        except Incomplete:
            pass
        except REFUSALS as refused:
            given.refuse(refused)  # type: ignore[arg-type]
    back = found.back_url(asked)
    page = FormPage(
        f"{found.title}：{name}" if name else found.title, request.get_full_path(), (FieldGroup("", found.fields(asked, given), facts=found.facts(asked)),), found.submit,
        crumbs(org, Link(found.title)), found.hint or org.name, errors=tuple(given.lines), cancel_url=back,
    )
    return render(request, "shell/form.html", {"page": page}, status=422 if request.method == "POST" else 200)
