"""放假安排: days off and make-up working days, kept by the system administrator for the whole deployment."""
from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.workdays import actions, queries
from zhibu.ground.workdays.actions import DaysRefused
from zhibu.kernel.dates import NotADate, parse_day
from zhibu.web.shell.context import Callout, Choice, ErrorLine, Field, FieldGroup, FormPage, Link, Pair, Tone
from zhibu.web.shell.sent import sent_once

from .context import DaysPage

NAMES = ("kind", "first", "last", "name", "reason")


def _administers(request: HttpRequest) -> None:
    if not request.actor.holds(P.SYSTEM_RUN):  # type: ignore[attr-defined]
        raise Refused("放假安排由系统管理员改")


def missing_sentence(year: int) -> str:
    """Say that the arrangement of a year is missing, and what follows."""
    return f"{year}年的放假安排还没有录入。国务院办公厅一般每年11月公布，请照通知录入；在这以前，只按星期六、星期日算，遇节假日不会提出改期"


@require_GET
def days(request: HttpRequest) -> HttpResponse:
    """List the arrangement of a year."""
    _administers(request)
    today: date = request.today  # type: ignore[attr-defined]
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) == 4 and 2018 <= int(asked) <= today.year + 1 else today.year
    here, (shipped, papers) = reverse("workdays:days"), queries.announced()
    found = queries.stretches(queries.calendar(date(year, 1, 1), date(year, 12, 31)), year)
    missing = queries.missing_year(today)
    page = DaysPage(
        f"{year}年放假安排", f"已随系统带到 {max(shipped.years)} 年" + (f" · {papers[year]}" if year in papers else ""),
        tuple(Choice(f"{y}年", str(y), f"{here}?year={y}", y == year) for y in range(today.year - 2, today.year + 2)),
        tuple(Pair(_span(s), f"{s.name}放假" if s.kind == "off" else "上班（调休）") for s in found),
        tuple(_edit(e) for e in queries.edits(year)), Link("录入", reverse("workdays:enter")), (Callout(missing_sentence(missing), Tone.WARN),) if missing else (),
    )
    return render(request, "workdays/days.html", {"page": page})


def _said(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _span(s: queries.Stretch) -> str:
    return _said(s.first) if s.first == s.last else f"{_said(s.first)}到{_said(s.last)}"


def _edit(e: queries.EditLine) -> Pair:
    at = timezone.localtime(e.made_at)
    return Pair(_said(e.day), f"{e.name}放假" if e.kind == "off" else queries.KINDS[e.kind], f"{e.made_by}，{at.year}年{at.month}月{at.day}日：{e.reason}")


@require_http_methods(["GET", "POST"])
@sent_once
def enter(request: HttpRequest) -> HttpResponse:
    """Enter days off, working days, or days that go by the week again."""
    _administers(request)
    values = {n: request.POST.get(n, "").replace("\0", "")[:200] for n in NAMES}
    error: DaysRefused | None = None
    if request.method == "POST":
        try:
            first = _day(values["first"], "first")
            last = _day(values["last"], "last") if values["last"].strip() else first
            made = actions.enter(
                request.actor, first=first, last=last, kind=values["kind"], name=values["name"], reason=values["reason"], at=request.now  # type: ignore[attr-defined]
            )
            messages.success(request, f"录入了 {made} 天，马上生效")
            return HttpResponseRedirect(f"{reverse('workdays:days')}?year={first.year}")
        except DaysRefused as refused:
            error = refused
    return render(request, "shell/form.html", {"page": _form(values, error)}, status=422 if error else 200)


def _day(text: str, field: str) -> date:
    try:
        found = parse_day(text)
    except NotADate as wrong:
        raise DaysRefused(field, "E054", str(wrong)) from None
    if found is None:
        raise DaysRefused(field, "E054", "请填日期")
    return found


def _form(values: dict[str, str], error: DaysRefused | None) -> FormPage:
    def one(name: str, label: str, kind: str = "text", **more: object) -> Field:
        return Field(name, label, kind, values[name], error=error.reason if error and error.field == name else "", **more)  # type: ignore[arg-type]

    kinds = tuple(Choice(label, code, chosen=code == (values["kind"] or "off")) for code, label in queries.KINDS.items())
    fields = (
        Field("kind", "怎么算", "radio", choices=kinds, error=error.reason if error and error.field == "kind" else "", help="“按星期”用来撤销先前的录入"),
        one("first", "从哪天", "date", required=True, width="half"), one("last", "到哪天（一天可不填）", "date", width="half"),
        one("name", "什么节（放假才填）", maxlength=30, width="half"), one("reason", "依据", required=True, maxlength=200, width="half", help="通知的名称或文号"),
    )
    back = reverse("workdays:days")
    return FormPage(
        "录入放假安排", reverse("workdays:enter"), (FieldGroup("", fields),), "录入", (Link("放假安排", back), Link("录入")), "对所有党组织都有效；先前的录入保留，以最后一次为准",
        errors=(ErrorLine(error.reason, f"f-{error.field}", error.code),) if error else (), cancel_url=back,
    )
