"""The frame of every page: organisation, menu, tabs, search. Entries exist only for what is built and for what this person may open."""
from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P

from .context import MenuItem, Shell

#: label, icon, URL name, permission, room shown as current
ENTRIES: tuple[tuple[str, str, str, P, str], ...] = (
    ("组织", "network", "org:tree", P.COMPLIANCE_READ, "org"),
    ("党员", "users", "roster:list", P.MEMBER_READ, "roster"),
)
#: what stands below an entry beside its own page: room of the entry, its own title there, and (label, URL name, right, room or view shown as current)
BELOW: dict[str, tuple[str, tuple[tuple[str, str, P, str], ...]]] = {
    "roster": ("花名册", (("教育学时", "training:list", P.TRAINING_READ, "training"),)),
    "org": ("组织树", (("阵地", "resources:places", P.RESOURCE_READ, "resources:places"),)),
}
#: what a branch keeps itself
LIFE: tuple[tuple[str, str, P], ...] = (
    ("开会记录", "meetings:record", P.ACTIVITY_WRITE),
    ("计划和通知", "meetings:plans", P.ACTIVITY_READ),
    ("年度台账", "meetings:ledger", P.ACTIVITY_READ),
)


def menu_for(actor: Actor, room: str, view: str) -> tuple[MenuItem, ...]:
    """Build the side menu of an actor; `room` is the URL namespace, `view` the URL name of the page shown."""
    items = [MenuItem("工作台", reverse("desk"), "list-checks", current=room == "" and view == "desk")]
    items += [item for entry in ENTRIES if (item := _entry(actor, room, view, *entry)) is not None]
    life = tuple(MenuItem(label, reverse(url), current=view == url) for label, url, right in LIFE if actor.holds(right) and own_branch(actor))
    if life:
        items.insert(3 if len(items) >= 3 else len(items), MenuItem("组织生活", life[0].url, "calendar-check", current=room == "meetings", children=life))
    if actor.holds(P.RESOURCE_READ):
        here = view.startswith(("resources:f", "resources:pay", "resources:plan", "resources:reverse"))
        items.append(MenuItem("党费经费", reverse("resources:funds"), "wallet", current=here, children=(MenuItem("三项经费", reverse("resources:funds"), current=here),)))
    if actor.holds(P.COMPLIANCE_READ) and (actor.holds(P.REMIND) or not own_branch(actor)):
        items.append(MenuItem("督查公开", reverse("overview:county"), "grid-3x3", current=room == "overview", children=(MenuItem("一张图", reverse("overview:county"), current=room == "overview"),)))
    if actor.holds(P.IMPORT):
        items.append(MenuItem("导入", reverse("intake:upload"), "file-up", current=room == "intake"))
    if actor.holds(P.POLICY_WRITE) or actor.holds(P.GRANT_MANAGE):  # the security administrator reads them (S38)
        items.append(MenuItem("规则集", reverse("rules:list"), "scale", current=room == "rules"))
    if actor.holds(P.ACCOUNT_MANAGE) or actor.holds(P.GRANT_MANAGE) or actor.holds(P.ACCOUNT_HELP):
        items.append(MenuItem("设置", reverse("accounts:list"), "settings", current=room == "accounts", children=(MenuItem("账号", reverse("accounts:list"), current=room == "accounts"),), rule_above=True))
    if actor.holds(P.SYSTEM_RUN):
        items.append(MenuItem("放假安排", reverse("workdays:days"), "calendar-days", current=room == "workdays"))
    if actor.holds(P.JOURNAL_READ):
        items.append(MenuItem("操作日志", reverse("journal:list"), "scroll-text", current=room == "journal", rule_above=True))
    return tuple(items)


def _entry(actor: Actor, room: str, view: str, label: str, icon: str, url: str, right: P, name: str) -> MenuItem | None:
    """Build an entry with what stands below it; None for whoever may open none of it."""
    title, listed = BELOW.get(name, ("", ()))
    more = tuple(MenuItem(said, reverse(page), current=room == here or (":" in here and _at(view, here))) for said, page, asked, here in listed if actor.holds(asked))
    if not actor.holds(right):
        return MenuItem(label, more[0].url, icon, current=any(m.current for m in more), children=more) if more else None
    if not more:
        return MenuItem(label, reverse(url), icon, current=room == name)
    return MenuItem(label, reverse(url), icon, current=room == name or any(m.current for m in more), children=(MenuItem(title, reverse(url), current=room == name), *more))


def _at(view: str, here: str) -> bool:
    """Tell whether a page belongs to the places (the room of funds and places has two entries)."""
    return here == "resources:places" and view.startswith(("resources:place", "resources:venues", "resources:book"))


def own_branch(actor: Actor) -> int | None:
    """Give the organisation at which the actor writes its own records (an office in a branch), None for offices above."""
    for held in actor.grants:
        if held.role in ("branch_secretary", "committee_member", "group_leader"):
            return held.org_id
    return None


def tabs_for(actor: Actor, room: str, view: str) -> tuple[MenuItem, ...]:
    """Build the tabs of the phone, at most four."""
    items = [MenuItem("待办", reverse("desk"), "list-checks", current=view == "desk")]
    if actor.holds(P.ACTIVITY_WRITE) and own_branch(actor):
        items.append(MenuItem("开会记录", reverse("meetings:record"), "square-pen", current=view == "meetings:record"))
    if actor.holds(P.ACTIVITY_READ) and own_branch(actor):
        items.append(MenuItem("支部台账", reverse("meetings:ledger"), "calendar-check", current=view == "meetings:ledger"))
    elif actor.holds(P.COMPLIANCE_READ):  # offices above come to a branch's ledger from the picture
        items.append(MenuItem("一张图", reverse("overview:county"), "grid-3x3", current=room == "overview"))
    items.append(MenuItem("我的", reverse("person:me"), "user", current=room == "person"))
    return tuple(items)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give `shell` to every template."""
    actor: Actor = getattr(request, "actor", Actor(None, ""))
    match = request.resolver_match
    room, view = (match.namespace, match.view_name) if match else ("", "")
    large = request.user.large_print if actor.account_id else request.COOKIES.get("large") == "1"  # type: ignore[union-attr]
    if actor.account_id is None or request.user.one_time or getattr(request, "unfinished", False):  # type: ignore[union-attr]
        return {"shell": Shell(large=large, large_url=reverse("large-print"), here=request.get_full_path())}
    first = actor.grants[0] if actor.grants else None
    saved = request.session.pop("saved_key", "") if request.method == "GET" else ""
    return {
        "shell": Shell(
            scope_name=first.org_name if first else "", person=f"{actor.name} · {first.role_title}" if first else actor.name,
            menu=menu_for(actor, room, view), tabs=tabs_for(actor, room, view), large=large, large_url=reverse("large-print"), here=request.get_full_path(),
            signout_url=reverse("signout"), me_url=reverse("person:me"), home_url=reverse("desk"),
            search_url=reverse("roster:list") if actor.holds(P.MEMBER_READ) else "", query=request.GET.get("q", "")[:50] if room == "roster" else "",
            sample=settings.DEMO, saved_key=saved, form_key=secrets.token_urlsafe(16),
        )
    }
