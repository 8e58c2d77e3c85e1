"""Find and merge persons who were registered twice."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.areas.roster import duplicates, queries
from zhibu.areas.roster.duplicates import Compared
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.once import KeyReused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.tree.actions import Stale
from zhibu.web.shell.context import ErrorLine, ErrorPage
from zhibu.web.shell.sent import sent_once

from . import form_pages, forms
from . import merge_pages as pages


@require_GET
def proposals(request: HttpRequest) -> HttpResponse:
    """List pairs that may be one person."""
    return render(request, "shell/form.html", {"page": pages.proposals(duplicates.proposals(request.actor))})  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@sent_once
def merge(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show two rows side by side and merge them; without ?with= list who this person may be."""
    actor = request.actor  # type: ignore[attr-defined]
    path = queries.member(actor.scope(P.MEMBER_READ), person_id, request.today).org.path  # type: ignore[attr-defined]
    if not actor.may(P.MEMBER_WRITE, path) and not actor.may(P.ORG_APPROVE, path):
        raise Refused(duplicates.NOT_YOURS)
    other = request.GET.get("with", "")
    if not (other.isascii() and other.isdecimal() and len(other) < 10):
        found = [c for c in duplicates.proposals(actor) if person_id in (c.first.person_id, c.second.person_id)]
        return render(request, "shell/form.html", {"page": pages.proposals(found)})
    try:
        compared = duplicates.compare(actor, person_id, int(other), request.today)  # type: ignore[attr-defined]
        return _asked(request, compared)
    except PeopleError as error:
        page = ErrorPage("这两个登记不能由您合并", f"{error.reason}。", "请核对，或请上级办理。", code=error.code)
        return render(request, "shell/error.html", {"page": page}, status=409)


def _asked(request: HttpRequest, compared: Compared) -> HttpResponse:
    key, status, stale = forms.key_of(request.POST), 200, False
    errors: tuple[ErrorLine, ...] = ()
    if request.method == "POST":
        wish, errors = pages.read(compared, request.POST)
        status = 422
        if wish is not None:
            try:
                winner = duplicates.merge(request.actor, wish, key=key, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, f"{compared.first.name}的两个登记已合并")
                return HttpResponseRedirect(form_pages.drawer_url(winner))
            except Stale:
                stale, status = True, 409
            except KeyReused as error:
                return render(request, "shell/409.html", {"page": ErrorPage("这张表单已经存过", str(error), "请重新打开再选。")}, status=409)
            except PeopleError as error:
                errors = (ErrorLine(error.reason, f"f-{error.field}" if error.field else "", error.code if forms.CODE.match(error.code) else ""),)
    return render(request, "shell/form.html", {"page": pages.merge(compared, request.POST, key, errors, stale=stale)}, status=status)
