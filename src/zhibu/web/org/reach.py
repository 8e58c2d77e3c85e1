"""Which organisation and which day a request asks for."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest

from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView


def seen(request: HttpRequest, org_id: int, right: P = P.COMPLIANCE_READ) -> OrgView:
    """Give an organisation as it is now; NotFound (404) outside the scope, Refused (403) without the right."""
    org = tree.organisation(request.actor.sees(), org_id)  # type: ignore[attr-defined]
    request.actor.require(right, org.path_now)  # type: ignore[attr-defined]
    return org


@dataclass(frozen=True, slots=True)
class Asked:
    """The day a page shows, and what to say about it."""

    on: date
    today: date
    fault: str = ""

    @property
    def past(self) -> bool:
        """Tell whether the page shows an earlier day: then nothing can be changed on it."""
        return self.on < self.today


def asked_day(request: HttpRequest) -> Asked:
    """Read `?on=`; a day that is none or lies ahead is answered with today and a sentence."""
    today: date = request.today  # type: ignore[attr-defined]
    text = request.GET.get("on", "").strip()
    if not text:
        return Asked(today, today)
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return Asked(today, today, "日期要写成 2026-11-20 的样子，下面是今天的情况。")
    if on > today:
        return Asked(today, today, "那一天还没到，下面是今天的情况。")
    return Asked(on, today)


def last_day(org: OrgView, asked: Asked) -> Asked:
    """For a dissolved organisation opened without a day, show the day before it ended."""
    if org.dissolved_on is not None and asked.on >= org.dissolved_on and not asked.past:
        return Asked(org.dissolved_on - timedelta(days=1), asked.today, f"这个组织已于{org.dissolved_on.year}年{org.dissolved_on.month}月{org.dissolved_on.day}日撤销，下面是撤销前一天的情况。")
    return asked
