"""Small pieces that every page of 党费 uses."""
from __future__ import annotations

from datetime import date

from django.http import HttpRequest
from django.urls import reverse

from zhibu.areas.dues.rules import BY_BASE, CATEGORY_ZH, rate_zh, yuan
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound, OrgView
from zhibu.web.shell.context import Choice, Link

TABS = (("收缴", "dues:month", P.DUES_READ), ("欠交", "dues:arrears", P.DUES_READ), ("核定", "dues:bases", P.DUES_READ), ("台账", "dues:ledger", P.DUES_READ), ("银行到账", "bank:home", P.DUES_WRITE))


def seen(request: HttpRequest, org_id: int, right: P, *, branch: bool = False) -> OrgView:
    """Give an organisation as it is now; NotFound (404) outside the scope or where only branches have the page, Refused (403) without the right."""
    org = tree.organisation(request.actor.sees(), org_id)  # type: ignore[attr-defined]
    request.actor.require(right, org.path_now)  # type: ignore[attr-defined]
    if branch and not org.is_branch:
        raise NotFound("党费由支部收，请从支部打开")
    return org


def tabs(actor: Actor, org: OrgView, here: str) -> tuple[Choice, ...]:
    """Give the pages of an organisation's dues that the actor may open."""
    found = [Choice(label, "", reverse(url, args=[org.id]), url == here) for label, url, right in TABS if org.is_branch and actor.may(right, org.path_now)]
    if actor.may(P.DUES_TOTAL, org.path_now):
        if not org.is_branch:
            found.append(Choice("各支部", "", reverse("dues:totals", args=[org.id]), here == "dues:totals"))
        found.append(Choice("收支和公布", "", reverse("dues:money", args=[org.id]), here == "dues:money"))
    return tuple(found)


def crumbs(org: OrgView, *more: Link) -> tuple[Link, ...]:
    """Give the way to a page of an organisation's dues."""
    return (Link("党费经费", reverse("dues:start")), Link(org.short_name, reverse("org:page", args=[org.id])), *more)


def how(category: str, base: int | None, rate: int | None) -> str:
    """Say how a month's sum comes about."""
    if category in BY_BASE and base is not None and rate is not None:
        return f"{yuan(base)}元 × {rate_zh(rate)}"
    return CATEGORY_ZH.get(category, "")


def said(day: date) -> str:
    """Write a day."""
    return f"{day.year}年{day.month}月{day.day}日"
