"""A rule set as a file: download any, upload one as a draft."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.ground.files.actions import clean_name
from zhibu.ground.policy import sets
from zhibu.ground.policy.files import MOST_BYTES, FileRefused, read_set
from zhibu.ground.policy.library import RuleSet, shipped
from zhibu.ground.policy.writing import dump
from zhibu.ground.tree.queries import NotFound
from zhibu.web.org.forms import Given
from zhibu.web.shell.context import Callout, ErrorLine, Field, FieldGroup, FormPage, Tone
from zhibu.web.shell.sent import sent_once

from .draft_views import issuer, writing
from .header_page import offices
from .pages import trail
from .reach import seen


def _file(one: RuleSet) -> HttpResponse:
    response = HttpResponse(dump(one), content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{one.code}.toml") or "attachment"
    return response


@require_GET
def shipped_file(request: HttpRequest, code: str) -> HttpResponse:
    """Send a shipped set."""
    one = shipped().sets.get(code)
    if one is None:
        raise NotFound("没有找到这套规则")
    return _file(one)


@require_GET
def local_file(request: HttpRequest, set_id: int) -> HttpResponse:
    """Send a local set."""
    return _file(seen(request, set_id).rule_set)


@require_http_methods(["GET", "POST"])
@sent_once
def upload(request: HttpRequest) -> HttpResponse:
    """Take in a file as a draft; a file with faults is refused as a whole, every fault named."""
    writing(request)
    given = Given(request.POST if request.method == "POST" else None, {"org": next((value for value, _ in offices(request.actor)), "")})  # type: ignore[attr-defined]
    if request.method == "POST":
        org_id = issuer(request)
        try:
            made = sets.take_in(request.actor, org_id=org_id, rule_set=_read(request), at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "已收成草稿")
            return HttpResponseRedirect(reverse("rules:set", args=[made]))
        except FileRefused as refused:
            given.faults["file"] = "文件没有收下，请按上面列的改"
            given.lines += [ErrorLine(reason, "f-file") for reason in refused.reasons]
    fields = (
        Field("file", "规则集文件", "file", required=True, error=given.faults.get("file", ""), help="从规则集页下载的文件，或按同样写法做的文件"),
        given.field("org", "制定组织", "select", choices=offices(request.actor), required=True, width="half"),  # type: ignore[attr-defined]
    )
    page = FormPage(
        "上传规则集文件", reverse("rules:upload"), (FieldGroup("", fields),), "收成草稿", trail(), "",
        (Callout("收下以后是草稿，不起作用；核对、启用以后才能指定给组织。", Tone.PLAIN),), tuple(given.lines), reverse("rules:list"), upload=True,
    )
    return render(request, "shell/form.html", {"page": page}, status=422 if request.method == "POST" else 200)


def _read(request: HttpRequest) -> RuleSet:
    file = request.FILES.get("file")
    if file is None:
        raise FileRefused(["没有选文件，请选一个规则集文件"])
    return read_set(file.read(MOST_BYTES + 1), clean_name(file.name or ""))
