"""Pages of 党费经费 that show, and the two that take at one tap: 收缴 and the start of a review."""
from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.areas.dues import assessing, bases, paying, queries, reviews
from zhibu.areas.dues.reach import DuesRefused
from zhibu.areas.dues.rules import month_code, month_from, month_zh, yuan
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.web.shell.sent import sent_once

from . import money_pages, pages
from .words import seen


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the page of 党费 that this actor works with: the own branch's month, or the sums of the organisations below."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    held = [g for g in actor.grants if g.permissions & {P.DUES_READ, P.DUES_TOTAL}]
    if not held:
        raise Refused("看党费要有党费的职责，您的账号没有。自己的党费在“我的”里看")
    orgs = tree.views({g.org_id for g in held})
    for grant in held:
        org = orgs[grant.org_id]
        if P.DUES_READ in grant.permissions and org.is_branch:
            return HttpResponseRedirect(reverse("dues:month", args=[org.id]))
    org = orgs[held[0].org_id]
    return HttpResponseRedirect(reverse("dues:money" if org.is_branch else "dues:totals", args=[org.id]))


def _month(request: HttpRequest) -> int:
    today: date = request.today  # type: ignore[attr-defined]
    try:
        found = month_from(request.GET.get("month", ""))
    except ValueError:
        return queries.this_month(today)
    return min(found, queries.this_month(today))


def year_asked(request: HttpRequest) -> int:
    """Read the year that a page is asked for; the running one where none is."""
    today: date = request.today  # type: ignore[attr-defined]
    text = request.GET.get("year", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 and 2000 <= int(text) <= today.year else today.year


def _show(request: HttpRequest, page: Any, status: int = 200) -> HttpResponse:
    return render(request, "dues/page.html", {"page": page}, status=status)


@require_http_methods(["GET", "POST"])
@sent_once
def month(request: HttpRequest, org_id: int) -> HttpResponse:
    """Show who has not paid a month; take one or all of them."""
    org = seen(request, org_id, P.DUES_WRITE if request.method == "POST" else P.DUES_READ, branch=True)
    actor, wanted = request.actor, _month(request)  # type: ignore[attr-defined]
    paid_on = request.POST.get("paid_on", "") or request.GET.get("paid_on", "")
    shown_on, fault = paid_on if len(paid_on) == 10 and _is_day(paid_on) else "", ""
    if request.method == "POST":
        try:
            messages.success(request, f"{month_zh(wanted)}：{_take(request, org_id, wanted, paid_on)}")
            return HttpResponseRedirect(f"{reverse('dues:month', args=[org_id])}?{urlencode({'month': month_code(wanted), 'paid_on': shown_on})}")
        except DuesRefused as refused:
            fault = f"没有记上：{refused.reason}（{refused.code}）"
    page = pages.build_month(actor, org, wanted, request.today, shown_on, fault)  # type: ignore[attr-defined]
    return render(request, "dues/month.html", {"page": page}, status=422 if fault else 200)


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _take(request: HttpRequest, org_id: int, wanted: int, paid_on: str) -> str:
    """Take the month from one person or from all on the list; returns what to say."""
    actor, at = request.actor, request.now  # type: ignore[attr-defined]
    if not _is_day(paid_on):
        raise DuesRefused("E054", "请填收党费的日期，写成 2026-11-20 的样子", "paid_on")
    day, method = date.fromisoformat(paid_on), request.POST.get("method", "")
    assessing.assess(actor, org_id, wanted, at=at)
    if request.POST.get("do") == "all":
        who = [int(i) for i in request.POST.get("who", "").split(",") if i.isascii() and i.isdigit()]
        taken = paying.pay_all(actor, org_id, wanted, who, paid_on=day, method=method, at=at)
        return f"{len(taken)}人已交，共{yuan(sum(one.amount for one in taken))}元" if taken else "名单上的人都已经交过，没有再记"
    person = request.POST.get("pay", "")
    if not (person.isascii() and person.isdigit()):
        raise DuesRefused("E054", "请选要收谁的党费", "pay")
    one = paying.pay(actor, org_id, int(person), [wanted], paid_on=day, method=method, at=at)
    return f"已收{yuan(one.amount)}元" + (f"。{one.warning}" if one.warning else "")


@require_GET
def arrears_list(request: HttpRequest, org_id: int) -> HttpResponse:
    """Show who is behind."""
    org = seen(request, org_id, P.DUES_READ, branch=True)
    return _show(request, pages.build_arrears(request.actor, org, request.today))  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def bases_list(request: HttpRequest, org_id: int) -> HttpResponse:
    """Show the bases of a branch; confirm those on the list."""
    org = seen(request, org_id, P.DUES_WRITE if request.method == "POST" else P.DUES_READ, branch=True)
    if request.method == "POST":
        ids = [int(i) for i in request.POST.get("ids", "").split(",") if i.isascii() and i.isdigit()]
        try:
            messages.success(request, f"核实了{bases.verify(request.actor, org_id, ids, at=request.now)}名党员的基数")  # type: ignore[attr-defined]
        except DuesRefused as refused:
            messages.error(request, f"没有核实：{refused.reason}（{refused.code}）")
        return HttpResponseRedirect(reverse("dues:bases", args=[org_id]))
    return _show(request, pages.build_bases(request.actor, org, request.today))  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show a member's account; open the review that the ladder asks for."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = queries.account(actor.scope(P.DUES_READ), person_id, request.today)  # type: ignore[attr-defined]
    org = seen(request, found.org_id, P.DUES_WRITE if request.method == "POST" else P.DUES_READ)
    if request.method == "POST":
        try:
            reviews.open_review(actor, org.id, person_id, at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "已启动核查。查清原因后，请登记支委会研究的结论")
        except DuesRefused as refused:
            messages.error(request, f"没有启动：{refused.reason}（{refused.code}）")
        return HttpResponseRedirect(reverse("dues:person", args=[person_id]))
    return _show(request, pages.build_person(actor, org, found, request.today))  # type: ignore[attr-defined]


@require_GET
def ledger(request: HttpRequest, org_id: int) -> HttpResponse:
    """Show 台账 of a year."""
    org = seen(request, org_id, P.DUES_READ, branch=True)
    return _show(request, pages.build_ledger(request.actor, org, year_asked(request), request.today))  # type: ignore[attr-defined]


@require_GET
def money(request: HttpRequest, org_id: int) -> HttpResponse:
    """Show 收支和公布 of a year."""
    org = seen(request, org_id, P.DUES_TOTAL)
    return _show(request, money_pages.build_money(request.actor, org, year_asked(request), request.today))  # type: ignore[attr-defined]


@require_GET
def totals_list(request: HttpRequest, org_id: int) -> HttpResponse:
    """Show the sums of the organisations below."""
    org = seen(request, org_id, P.DUES_TOTAL)
    return _show(request, money_pages.build_totals(request.actor, org, year_asked(request), request.today))  # type: ignore[attr-defined]
