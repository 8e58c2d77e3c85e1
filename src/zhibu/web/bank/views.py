"""银行到账: a file comes in, each receipt is given to whom a person says, or all that are beyond doubt at once."""
from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.areas.bank import actions as bank
from zhibu.areas.bank import queries as receipts
from zhibu.areas.bank.queries import LineView
from zhibu.exchange.bank import booking, statement
from zhibu.exchange.bank.booking import BankRefused, DuesRefused
from zhibu.exchange.bank.matching import settled_by
from zhibu.exchange.bank.statement import BankLine
from zhibu.exchange.intake import child
from zhibu.exchange.intake.grid import MAX_FILE_BYTES, Refused
from zhibu.ground.files.actions import clean_name
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.web.intake.forms import Limit
from zhibu.web.meetings.forms import number
from zhibu.web.shell.context import ErrorLine
from zhibu.web.shell.sent import sent_once

from . import pages

MOST = 500


def _place(request: HttpRequest, org_id: int) -> tuple[OrgView, Scope]:
    """Give a branch and the scope of its receipts; 404 outside the scope, 403 without the right."""
    org = tree.organisation(request.actor.sees(), org_id)  # type: ignore[attr-defined]
    scope = booking.scope_of(request.actor, org_id)  # type: ignore[attr-defined]
    if not org.is_branch:
        raise tree.NotFound("党费由支部收，请从支部打开")
    return org, scope


def _line(request: HttpRequest, line_id: int) -> tuple[OrgView, LineView]:
    """Give a receipt and its branch; 404 where this account reads none."""
    scope = request.actor.scope(P.DUES_WRITE)  # type: ignore[attr-defined]
    found = receipts.line(scope, line_id)
    return tree.organisation(scope, found.org_id), found


def _back(org_id: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("bank:home", args=[org_id]))


def _show(request: HttpRequest, org: OrgView, scope: Scope, *errors: str, **more: Any) -> HttpResponse:
    page = pages.build(request.actor, org, scope, request.now, page=number(request.GET.get("page")) or 1, errors=[ErrorLine(e) for e in errors], **more)  # type: ignore[attr-defined]
    return render(request, "bank/home.html", {"page": page}, status=422 if errors else 200)


@require_GET
def home(request: HttpRequest, org_id: int) -> HttpResponse:
    """Show what waits, what was done, and the form for a file."""
    return _show(request, *_place(request, org_id))


@csrf_exempt
def upload(request: HttpRequest, org_id: int) -> HttpResponse:
    """Take a bank's file in. One that is too large is not taken in to its end."""
    if request.method == "POST":
        request.upload_handlers = [Limit(request), TemporaryFileUploadHandler(request)]
    return _upload(request, org_id)


@csrf_protect
@require_POST
@sent_once
def _upload(request: HttpRequest, org_id: int) -> HttpResponse:
    org, scope = _place(request, org_id)
    told = {f: " ".join(request.POST.get(f"col-{f}", "").split())[:60] for f in statement.FIELDS}
    if name := getattr(request, "too_large", ""):
        return _show(request, org, scope, f"“{name}”超过 10 MB，请按月份拆开后上传（E102）", told=told)
    files = request.FILES.getlist("file")
    if len(files) != 1:
        return _show(request, org, scope, "没有选文件。请选一个银行流水文件" if not files else "一次传一个文件", told=told)
    name, data = clean_name(files[0].name or ""), files[0].read(MAX_FILE_BYTES + 1)
    wanted = {statement.heading(text): f for f, text in told.items() if text}
    try:
        book = child.parse(name, data)
        found, taken = booking.take_in(request.actor, org_id, name=name, data=data, book=book, told=wanted, at=request.now)  # type: ignore[attr-defined]
    except Refused as refused:
        return _show(request, org, scope, f"“{name}”没有读进来：{refused.message}（{refused.code}）", told=told, open_fields=refused.code == "E106")
    except BankRefused as refused:
        return _show(request, org, scope, refused.reason, told=told)
    if taken is None:
        listed = "、".join(f"“{text[:20]}”" for text in list(found.headings.values())[:12])
        said = f"没有认出{'、'.join(f'“{m}”' for m in found.missing)}是哪一列。文件里的列有：{listed}。请在下面写明再传一次"
        return _show(request, org, scope, said, told=told, open_fields=True)
    known = f"，{taken.known} 笔早已传过，没有重复" if taken.known else ""
    faults = f"；{len(found.faults)} 行没有读进来，原因在最下面" if found.faults else ""
    messages.success(request, f"读入 {taken.added} 笔到账{known}{faults}。")
    return _back(org_id)


@require_POST
@sent_once
def confirm(request: HttpRequest, line_id: int) -> HttpResponse:
    """Book one receipt as it was proposed."""
    org, _ = _line(request, line_id)
    months = [n for part in request.POST.get("months", "")[:200].split(",") if (n := number(part)) is not None]
    if fault := _book(request, org.id, line_id, number(request.POST.get("person")) or 0, months):
        return _show(request, *_place(request, org.id), fault)
    return _back(org.id)


def _book(request: HttpRequest, org_id: int, line_id: int, person_id: int, months: list[int]) -> str:
    """Book a receipt; gives what stands in the way, "" when nothing does."""
    try:
        booking.confirm(request.actor, line_id, org_id=org_id, person_id=person_id, months=months, at=request.now)  # type: ignore[attr-defined]
    except (BankRefused, DuesRefused) as refused:
        return f"没有登记：{refused.reason}" + (f"（{refused.code}）" if isinstance(refused, DuesRefused) else "")
    messages.success(request, "已登记一笔交费。")
    return ""


@require_POST
@sent_once
def confirm_exact(request: HttpRequest, org_id: int) -> HttpResponse:
    """Book all receipts of the page that are beyond doubt."""
    org, scope = _place(request, org_id)
    ids = [n for part in request.POST.get("ids", "")[:5000].split(",") if (n := number(part)) is not None][:MOST]
    done = booking.confirm_exact(request.actor, org.id, ids, at=request.now)  # type: ignore[attr-defined]
    if not done.booked:
        return _show(request, org, scope, *(done.refused or ("没有登记：这一页没有完全对得上的，可能刚刚有人办过",)))
    messages.success(request, f"已登记 {done.booked} 笔交费。")
    for text in done.refused[:5]:
        messages.warning(request, f"没有登记：{text}")
    return _back(org.id)


@require_http_methods(["GET", "POST"])
@sent_once
def line(request: HttpRequest, line_id: int) -> HttpResponse:
    """Give a receipt to somebody, or set it aside."""
    org, found = _line(request, line_id)
    _, scope = _place(request, org.id)
    debtors = booking.debtors(scope, org.id, request.now)  # type: ignore[attr-defined]
    read = BankLine(found.number, found.day, found.fen)
    fits = {d.person_id: months for d in debtors if (months := settled_by(read, d))}
    chosen, why, fault = request.POST.get("person", ""), request.POST.get("why", "")[:100], ""
    if request.method == "POST" and request.POST.get("do") == "aside":
        try:
            bank.set_aside(request.actor, line_id, org_id=org.id, why=why, at=request.now)  # type: ignore[attr-defined]
            return _back(org.id)
        except BankRefused as refused:
            fault = refused.reason
    elif request.method == "POST":
        person = number(chosen) or 0
        fault = _book(request, org.id, line_id, person, list(fits[person])) if person in fits else "请选是谁交的。不是党费的点“放到一边”"
        if not fault:
            return _back(org.id)
    page = pages.other(org, found, debtors, fits, chosen=chosen, why=why, errors=[ErrorLine(fault, "f-person")] if fault else [])
    return render(request, "shell/form.html", {"page": page}, status=422 if fault else 200)


@require_POST
@sent_once
def reopen(request: HttpRequest, line_id: int) -> HttpResponse:
    """Put a receipt back among those that wait."""
    org, _ = _line(request, line_id)
    try:
        booking.reopen(request.actor, line_id, org_id=org.id, at=request.now)  # type: ignore[attr-defined]
    except BankRefused as refused:
        return _show(request, *_place(request, org.id), refused.reason)
    messages.success(request, "已放回等登记的里面。")
    return _back(org.id)
