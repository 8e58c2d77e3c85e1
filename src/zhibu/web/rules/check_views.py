"""Check a draft (what is missing, what is below the nation, which cases change), activate it, its own tables, retire a set."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.exchange import trial
from zhibu.exchange.decisions import Case, Malformed
from zhibu.exchange.trial import Outcome
from zhibu.ground.files.actions import clean_name
from zhibu.ground.policy import queries, sets
from zhibu.ground.policy.actions import PolicyError
from zhibu.ground.policy.files import MOST_BYTES
from zhibu.ground.policy.library import Library
from zhibu.ground.policy.queries import LocalView
from zhibu.ground.policy.review import faults, laxer_values
from zhibu.web.org.forms import Given
from zhibu.web.shell.sent import sent_once

from . import check_page
from .context import CheckPage
from .reach import drafted, written

GET_POST = require_http_methods(["GET", "POST"])


@GET_POST
@sent_once
def check(request: HttpRequest, set_id: int) -> HttpResponse:
    """Show what keeps the draft from being active and what it changes; a person decides and activates."""
    found = drafted(request, set_id)
    errors: tuple[str, ...] = ()
    status = 200
    if request.method == "POST":
        version = request.POST.get("version", "")
        number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1
        try:
            sets.activate(request.actor, set_id, version=number, at=request.now, on=request.today)  # type: ignore[attr-defined]
            messages.success(request, "已启用。请到有关组织的现行规则页指定")
            return HttpResponseRedirect(reverse("rules:set", args=[set_id]))
        except sets.NotReady:
            status, errors = 422, ("还不能启用，请先办好下面列的各项。",)
        except PolicyError as error:
            status, errors = 422, (f"{error.reason}。",)
        except sets.StaleSet as error:
            status, errors, found = 409, (f"您打开这一页以后，{error.by}改过这份草稿。下面是现在的内容，请重新核对。",), drafted(request, set_id)
    return render(request, "rules/check.html", {"page": _checked(request, found, errors)}, status=status)


def _checked(request: HttpRequest, found: LocalView, errors: tuple[str, ...]) -> CheckPage:
    known, draft, on = queries.library(), found.rule_set, request.today  # type: ignore[attr-defined]
    own = _own(known, found, on)
    return check_page.build(
        found, known, faults(known, draft, on), laxer_values(known, draft, on), trial.under_draft(known, draft, on), own, errors,
        queries.followers(draft.supersedes, on) if draft.supersedes else [],
    )


def _own(known: Library, found: LocalView, on: date) -> tuple[Outcome, ...]:
    cases: list[Case] = []
    for name, text in found.tables:
        cases += trial.read_own(text.encode(), name)
    return trial.under_own(known, found.rule_set, cases, on)


@GET_POST
@sent_once
def tables(request: HttpRequest, set_id: int) -> HttpResponse:
    """Keep a county's own decision tables with a draft, or take one away."""
    found = drafted(request, set_id)
    given = Given(request.POST if request.method == "POST" else None)
    if request.method == "POST" and (name := request.POST.get("drop", "")):
        return _done(request, set_id, lambda: sets.drop_table(request.actor, set_id, name[:80], at=request.now), "已撤下", found, given)  # type: ignore[attr-defined]
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            given.fault("file", "没有选文件，请选一个判例表文件")
        elif (file.size or 0) > MOST_BYTES:
            given.fault("file", f"“{clean_name(file.name or '')}”超过 {MOST_BYTES // 1000} KB，不像判例表，请核对")
        else:
            name, data = clean_name(file.name or ""), file.read(MOST_BYTES + 1)
            try:
                trial.read_own(data, name)
                text = data.decode("utf-8-sig")
                return _done(request, set_id, lambda: sets.keep_table(request.actor, set_id, name, text, at=request.now), "已收下判例表", found, given)  # type: ignore[attr-defined]
            except Malformed as error:
                given.fault("file", check_page.unreadable(error))
    return render(request, "shell/form.html", {"page": check_page.tables(found, given)}, status=422 if request.method == "POST" else 200)


def _done(request: HttpRequest, set_id: int, do: Callable[[], None], said: str, found: LocalView, given: Given) -> HttpResponse:
    try:
        do()
    except PolicyError as error:
        given.refuse(error)
        return render(request, "shell/form.html", {"page": check_page.tables(found, given)}, status=422)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("rules:tables", args=[set_id]))


@GET_POST
@sent_once
def retire(request: HttpRequest, set_id: int) -> HttpResponse:
    """Give an active set its last day."""
    found = written(request, set_id)
    given = Given(request.POST if request.method == "POST" else None, {"last_day": str(request.today)})  # type: ignore[attr-defined]
    if request.method == "POST":
        day = given.day("last_day", "最后一天", required=True)
        if given.ok and day is not None:
            try:
                sets.retire(request.actor, set_id, last_day=day, on=request.today, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "已停用")
                return HttpResponseRedirect(reverse("rules:set", args=[set_id]))
            except PolicyError as error:
                given.refuse(error)
    page = check_page.retiring(found, queries.followers(found.rule_set.code, request.today), given)  # type: ignore[attr-defined]
    return render(request, "shell/form.html", {"page": page}, status=422 if request.method == "POST" else 200)
