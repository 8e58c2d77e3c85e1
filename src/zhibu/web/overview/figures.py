"""各项数字: every published figure of an organisation and all below it, with its source; one figure by the organisations directly below."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from zhibu.ground.facts.catalogue import Fact, fact, keys
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound, OrgView
from zhibu.kernel.dates import show
from zhibu.kernel.numbers import percent
from zhibu.web.shell.context import Link

from . import forms


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of one organisation, or one organisation of one figure."""

    name: str
    url: str
    value: str   # 31 人
    share: str   # 88.57%（31÷35）, where the figure is a part of another
    source: str = ""


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """各项数字, or one of them 按下级看."""

    title: str
    sub: str
    head: str     # the heading of the first column
    rows: tuple[FigureRow, ...]
    crumbs: tuple[Link, ...]
    sources: bool
    empty: str = "您的职责看不到任何数字。"

    @property
    def shares(self) -> bool:
        """Tell whether any row has a share to show."""
        return any(row.share for row in self.rows)


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """List every figure that the actor may read here."""
    actor, org, today = _asked(request)
    facts = [f for f in map(fact, keys()) if actor.may(f.permission, org.path_now)]
    found = {f.key: _sum(_read(actor, f, org, today)) for f in facts}
    rows = tuple(
        FigureRow(f.title, f"{reverse('overview:figure', args=[f.key])}?org={org.id}", _amount(found[f.key], f.unit), _share(found[f.key], found.get(f.of), f.unit), f.source) for f in facts
    )
    page = FiguresPage("各项数字", f"{org.name}和所有下级 · {show(today)}", "数字", rows, _crumbs(org), sources=True)
    return render(request, "overview/figures.html", {"page": page})


@require_safe
def one(request: HttpRequest, key: str) -> HttpResponse:
    """Show one figure for each organisation directly below, and for the organisation itself."""
    actor, org, today = _asked(request)
    if key not in keys():
        raise NotFound("没有这项数字")
    asked = fact(key)
    actor.require(asked.permission, org.path_now)
    numbers = _read(actor, asked, org, today)
    whole = _read(actor, fact(asked.of), org, today) if asked.of else {}
    below = tree.organisations(actor.sees(), under=org.path_now)
    paths = {o.id: o.path_now for o in below}
    rows = [_row(asked, o, numbers, whole, paths) for o in below if o.parent_id == org.id]
    if org.id in numbers and rows:
        rows.append(_line(asked, f"{org.short_name}本级", "", numbers.get(org.id, 0), whole.get(org.id)))
    page = FiguresPage(
        asked.title, f"{org.name} · 合计 {_amount(_sum(numbers), asked.unit)}{_said(_share(_sum(numbers), _sum(whole) if asked.of else None, asked.unit))} · {asked.source} · {show(today)}", "党组织",
        tuple(rows) or (_line(asked, org.short_name, "", _sum(numbers), _sum(whole) if asked.of else None),),
        (*_crumbs(org), Link("各项数字", f"{reverse('overview:figures')}?org={org.id}"), Link(asked.title)), sources=False,
    )
    return render(request, "overview/figures.html", {"page": page})


def _asked(request: HttpRequest) -> tuple[Actor, OrgView, date]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    today: date = request.today  # type: ignore[attr-defined]
    held = [g for g in actor.grants if P.COMPLIANCE_READ in g.permissions]
    if not held:
        raise Refused("看各项数字要有“查看完成情况”的权限，您的账号没有。需要的话请找上级党组织开通")
    wanted = forms.read(request.GET, today).org_id
    org_id = wanted if wanted is not None else min(held, key=lambda g: (len(g.org_path), g.org_path)).org_id
    return actor, tree.organisation(actor.scope(P.COMPLIANCE_READ), org_id), today


def _read(actor: Actor, fact: Fact, org: OrgView, today: date) -> Mapping[int, int]:
    return fact.read(actor.scope(fact.permission).narrowed(org.path_now), today)


def _sum(numbers: Mapping[int, int]) -> int:
    return sum(numbers.values())


def _row(fact: Fact, org: OrgView, numbers: Mapping[int, int], whole: Mapping[int, int], paths: Mapping[int, str]) -> FigureRow:
    inside = [pk for pk, path in paths.items() if path.startswith(org.path_now)]
    return _line(
        fact, org.short_name, f"{reverse('overview:figure', args=[fact.key])}?org={org.id}", sum(numbers.get(pk, 0) for pk in inside),
        sum(whole.get(pk, 0) for pk in inside) if fact.of else None,
    )


def _line(fact: Fact, name: str, url: str, number: int, whole: int | None) -> FigureRow:
    return FigureRow(name, url, _amount(number, fact.unit), _share(number, whole, fact.unit))


def _amount(number: int, unit: str) -> str:
    """Write a figure with its unit; money is kept in fen and shown in yuan."""
    return f"{number // 100}.{number % 100:02d} 元" if unit == "分" else f"{number} {unit}"


def _share(number: int, whole: int | None, unit: str) -> str:
    bare = [_amount(n, unit).partition(" ")[0] for n in (number, whole or 0)]
    return f"{percent(number, whole)}（{bare[0]}÷{bare[1]}）" if whole else ""


def _said(share: str) -> str:
    return f"，{share}" if share else ""


def _crumbs(org: OrgView) -> tuple[Link, ...]:
    return (Link("督查公开"), Link(org.short_name, f"{reverse('overview:county')}?org={org.id}"))
