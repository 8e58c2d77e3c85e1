"""Make a draft and edit it: header, and one form per family of values."""
from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.policy import queries, sets
from zhibu.ground.policy.actions import PolicyError
from zhibu.ground.policy.catalogue import FAMILIES
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound
from zhibu.web.org.forms import Given
from zhibu.web.shell.sent import sent_once

from . import header_page, values_page
from .reach import drafted, seen

GET_POST = require_http_methods(["GET", "POST"])
FORM = "shell/form.html"


def writing(request: HttpRequest) -> None:
    """Let in whoever may make rule sets somewhere."""
    if not request.actor.holds(P.POLICY_WRITE):  # type: ignore[attr-defined]
        raise Refused("制定规则集由县（市、区）以上组织部门办理，您的账号没有这项权限")


def issuer(request: HttpRequest) -> int:
    """Give the organisation named in the form, within reach of the right to write sets; NotFound or Refused otherwise."""
    text = request.POST.get("org", "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("没有找到这个党组织")
    org = tree.organisation(request.actor.sees(), int(text))  # type: ignore[attr-defined]
    request.actor.require(P.POLICY_WRITE, org.path_now)  # type: ignore[attr-defined]
    return org.id


@GET_POST
@sent_once
def copy(request: HttpRequest) -> HttpResponse:
    """Copy a set into a draft."""
    writing(request)
    post = request.POST if request.method == "POST" else None
    code = (post or request.GET).get("from", "")[:40]
    base = queries.library().sets.get(code)
    given = Given(post, {"supersede": request.GET.get("supersede", "")})
    if post is not None:
        org_id, title = issuer(request), header_page.printable(given.text("title", "名称", most=100))
        if base is None:
            given.fault("from", "请从列表中选要抄的规则集")
        if given.ok:
            try:
                made = sets.copy(request.actor, org_id=org_id, code=code, title=title, at=request.now, supersede=given.raw("supersede") == "1")  # type: ignore[attr-defined]
                messages.success(request, "已建草稿")
                return HttpResponseRedirect(reverse("rules:set", args=[made]))
            except PolicyError as error:
                given.refuse(error)
    page = header_page.copying(given, base, request.actor, queries.library())  # type: ignore[attr-defined]
    return render(request, FORM, {"page": page}, status=422 if post is not None else 200)


@GET_POST
@sent_once
def header(request: HttpRequest, set_id: int) -> HttpResponse:
    """Edit title, document, dates of a draft; a stale form comes back with both versions."""
    found = drafted(request, set_id)
    given = Given(request.POST if request.method == "POST" else None, header_page.initial(found))
    status, stale = 200, False
    if request.method == "POST":
        status = 422
        wanted, version = header_page.read(given)
        if wanted is not None and given.ok:
            try:
                sets.edit_header(request.actor, set_id, wanted, version=version, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "已保存")
                return HttpResponseRedirect(reverse("rules:set", args=[set_id]))
            except PolicyError as error:
                given.refuse(error)
            except sets.StaleSet:
                status, stale, found = 409, True, seen(request, set_id)
    return render(request, FORM, {"page": header_page.build(found, given, stale=stale)}, status=status)


@GET_POST
@sent_once
def values(request: HttpRequest, set_id: int, family: str) -> HttpResponse:
    """Edit the values of one family; a stale form comes back with both versions."""
    found = drafted(request, set_id)
    if family not in FAMILIES:
        raise Http404
    form = values_page.ValuesForm(found.rule_set, family, request.POST if request.method == "POST" else None)
    status, stale = 200, ""
    if request.method == "POST":
        status = 422
        changed, version = form.read()
        if not form.errors:
            try:
                sets.edit_values(request.actor, set_id, changed, version=version, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "已保存")
                return HttpResponseRedirect(reverse("rules:set", args=[set_id]))
            except PolicyError as error:
                form.refuse(error)
            except sets.StaleSet as error:
                status, stale, found = 409, error.by, seen(request, set_id)
    page = values_page.build(found, form, request.today, stale=stale)  # type: ignore[attr-defined]
    return render(request, "rules/values.html", {"page": page}, status=status)


@GET_POST
@sent_once
def discard(request: HttpRequest, set_id: int) -> HttpResponse:
    """Throw a draft away, after a question."""
    found, stale = drafted(request, set_id), ""
    if request.method == "POST":
        text = request.POST.get("version", "")
        version = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
        try:
            sets.discard(request.actor, set_id, version=version, at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "草稿已作废")
            return HttpResponseRedirect(reverse("rules:list"))
        except PolicyError as error:
            messages.error(request, error.reason)
            return HttpResponseRedirect(reverse("rules:set", args=[set_id]))
        except sets.StaleSet as error:
            stale, found = error.by, seen(request, set_id)
    return render(request, FORM, {"page": header_page.discarding(found, stale)}, status=409 if stale else 200)
