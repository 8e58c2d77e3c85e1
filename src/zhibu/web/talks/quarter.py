"""联系群众 as numbers, for a quarter that is asked for: a branch's own, or those of the branches below. Never whose contacts."""
from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhibu.areas.talks import queries, rules
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.numbers import percent
from zhibu.kernel.periods import Window, window_of
from zhibu.web.meetings.forms import number
from zhibu.web.shell.context import Choice, Link, Stat, State, Tone
from zhibu.web.training.typed import asked_org, asked_year

from .context import Block, Line, RoomPage

MONTHS = 3
ONLY_NUMBERS = "只有数，联系对象是谁只有支部看得到。整个季度都在联系的才算应谈；每季度谈几次按各支部的规则集，没有规定的按一次算。"


def asked_quarter(request: HttpRequest, year: int, today: date) -> Window:
    """Give the quarter asked for; of this year the running one, of another its last."""
    wanted = number(request.GET.get("quarter"))
    if wanted not in (1, 2, 3, 4):
        wanted = (today.month - 1) // MONTHS + 1 if year >= today.year else 4
    return window_of("quarter", date(year, wanted * MONTHS, 1))


@require_GET
def shown(request: HttpRequest) -> HttpResponse:
    """Show the contact talks of a quarter."""
    org, today, actor = asked_org(request, P.COMPLIANCE_READ), request.today, request.actor  # type: ignore[attr-defined]
    window = asked_quarter(request, asked_year(request), today)
    found = queries.contact_quarter(actor.scope(P.COMPLIANCE_READ).narrowed(org.path_now), window, today)
    return render(request, "talks/room.html", {"page": _page(org, window, found, today)})


def _page(org: OrgView, window: Window, found: dict[int, rules.ContactWindow], today: date) -> RoomPage:
    def to(year: int, quarter: int) -> str:
        return f"{reverse('talks:quarter')}?{urlencode({'org': org.id, 'year': year, 'quarter': quarter})}"

    due, done, chosen = sum(one.due for one in found.values()), sum(one.done for one in found.values()), window.index + 1
    orgs = sorted(tree.views(found).values(), key=lambda o: o.path)
    lines = tuple(Line(o.name, when=f"{found[o.id].done}/{found[o.id].due}", what=found[o.id].rate, state=_state(found[o.id].done, found[o.id].due, window, today)) for o in orgs)
    return RoomPage(
        "联系群众", f"{org.name} · {window.label}", (Link("督查公开"), Link("联系群众")),
        stats=(Stat("谈过的联系对象", percent(done, due), f"{done}/{due} 人", Tone.OK if due and done == due else Tone.PLAIN),),
        years=tuple(Choice(f"{y}年", str(y), to(y, chosen), y == window.year) for y in range(today.year, today.year - MONTHS, -1)),
        quarters=tuple(Choice(f"第{q}季度", str(q), to(window.year, q), q == chosen) for q in range(1, 5)), note=ONLY_NUMBERS,
        blocks=(Block("各支部", lines, ("支部", "谈过/应谈", "比例"), f"{len(lines)} 个支部", "", "这个季度没有要谈的联系对象。"),),
    )


def _state(done: int, due: int, window: Window, today: date) -> State:
    if done == due:
        return State(Tone.OK, "都谈了")
    return State(Tone.BAD if window.last < today else Tone.WAIT, f"还有 {due - done} 人没谈")
