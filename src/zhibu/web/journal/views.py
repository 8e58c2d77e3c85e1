"""操作日志: the auditor reads, searches and exports the journal."""
from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from zhibu.exchange import excel
from zhibu.ground.journal import reading
from zhibu.ground.tree import queries as tree
from zhibu.kernel import dates
from zhibu.web.paper.answer import attached

from . import pages

DAYS = 30  # what is shown without being asked


def _texts(source: QueryDict, today: date) -> dict[str, str]:
    found = {name: "".join(c for c in source.get(name, "")[:100] if c.isprintable()).strip() for name in ("q", "family", "from", "to", "org")}
    if not any(found.values()):
        found["from"] = (today - timedelta(days=DAYS)).isoformat()
    return found


def _wanted(texts: dict[str, str]) -> tuple[reading.Wanted, str]:
    """Give what to look for, and a sentence where a field could not be read."""
    told, days = "", dict[str, datetime | None]()
    for name, more in (("from", 0), ("to", 1)):
        try:
            day = dates.parse_day(texts[name])
        except dates.NotADate as error:
            told, day = str(error), None
        days[name] = timezone.make_aware(datetime.combine(day + timedelta(days=more), time())).astimezone(UTC) if day else None
    org = tree.find(texts["org"]) if texts["org"] else None
    if texts["org"] and org is None:
        told = f"没有找到“{texts['org']}”这个党组织，请写全称或代码"
    family = texts["family"] if texts["family"] in reading.titles() else ""
    return reading.Wanted(texts["q"], family, org.id if org else None, days["from"], days["to"]), told


@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """List entries."""
    texts = _texts(request.GET, request.today)  # type: ignore[attr-defined]
    asked = request.GET.get("page", "")
    number = max(1, int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
    wanted, told = _wanted(texts)
    lines, total = reading.search(request.actor, wanted, offset=(number - 1) * pages.PER_PAGE, limit=pages.PER_PAGE)  # type: ignore[attr-defined]
    return render(request, "journal/list.html", {"page": pages.page(lines, total, texts, number, told)})


@require_POST
def file(request: HttpRequest) -> HttpResponseBase:
    """Send the entries found as Excel; the export is a line of the journal."""
    texts = _texts(request.POST, request.today)  # type: ignore[attr-defined]
    lines = reading.export(request.actor, _wanted(texts)[0], at=request.now)  # type: ignore[attr-defined]
    said = "、".join(v for v in texts.values() if v) or "全部"
    data = excel.write([pages.table(lines, f"查找：{said}", request.today)])  # type: ignore[attr-defined]
    return attached(data, excel.file_name("支部工作台", "操作日志", request.today), excel.MEDIA_TYPE)  # type: ignore[attr-defined]
