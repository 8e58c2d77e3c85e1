"""Party groups of a branch: arrange, form, close."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.structure import groups as group_actions
from zhibu.areas.structure import queries
from zhibu.areas.structure.queries import GroupCard
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import RollEntry
from zhibu.ground.tree.queries import NotFound, OrgView
from zhibu.web.shell.context import FormPage
from zhibu.web.shell.sent import sent_once
from zhibu.web.shell.stale import GROUPS, by_whom

from . import group_pages as pages
from .forms import REFUSALS, Given
from .reach import seen


def _branch(request: HttpRequest, org_id: int) -> tuple[OrgView, list[RollEntry], tuple[GroupCard, ...]]:
    org = seen(request, org_id, P.ORG_EDIT)
    if not org.is_branch:
        raise NotFound("党小组只设在党支部里")
    scope, today = request.actor.scope(P.ORG_EDIT), request.today  # type: ignore[attr-defined]
    roll = people.roll(scope, org_id, today)
    return org, roll, queries.group_cards(scope, org_id, today, roll)


def _show(request: HttpRequest, page: FormPage, status: int = 422) -> HttpResponse:
    return render(request, "shell/form.html", {"page": page}, status=status if request.method == "POST" else 200)


def _saved(request: HttpRequest, org_id: int, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return HttpResponseRedirect(reverse("org:groups", args=[org_id]))


@require_http_methods(["GET", "POST"])
@sent_once
def groups(request: HttpRequest, org_id: int) -> HttpResponse:
    """Say who belongs to which group and who leads it."""
    org, roll, cards = _branch(request, org_id)
    given = Given(request.POST if request.method == "POST" else None, pages.start(roll, cards, str(request.today)))  # type: ignore[attr-defined]
    if request.method == "POST":
        known, names = {str(c.group.id): c.group.name for c in cards}, {str(e.person_id): e.name for e in roll}
        chosen = {e: given.choice(f"g{e.person_id}", f"{e.name}的党小组", known) for e in roll}
        leaders = {c.group.id: given.choice(f"leader{c.group.id}", f"{c.group.name}组长", names) for c in cards}
        day = given.day("on", "日期", required=True)
        for entry, group in chosen.items():
            if entry.group_id is not None and not group:
                given.fault(f"g{entry.person_id}", f"{entry.name}要编入一个党小组")
        if given.raw("version") != pages.version(roll, cards):
            by = by_whom(request.actor.sees(), "organisation", org_id, GROUPS)  # type: ignore[attr-defined]
            return _show(request, pages.arrange(org, given, roll, cards, stale=True, by=by), 409)
        if given.ok and day is not None:
            places = {e.person_id: int(g) for e, g in chosen.items() if g and int(g) != e.group_id}
            try:
                wanted = {g: int(p) for g, p in leaders.items() if p}
                group_actions.arrange_groups(request.actor, org_id, places=places, leaders=wanted, on=day, at=request.now)  # type: ignore[attr-defined]
                return _saved(request, org_id, "已编组")
            except REFUSALS as error:
                given.refuse(error)
    return _show(request, pages.arrange(org, given, roll, cards))


@require_http_methods(["GET", "POST"])
@sent_once
def new_group(request: HttpRequest, org_id: int) -> HttpResponse:
    """Form a group."""
    org, roll, cards = _branch(request, org_id)
    given = Given(request.POST if request.method == "POST" else None, {"from_on": str(request.today)})  # type: ignore[attr-defined]
    if request.method == "POST":
        name, day = given.text("name", "党小组名称", required=True, most=40), given.day("from_on", "成立日期", required=True)
        leader, members = given.choice("leader", "组长", {str(e.person_id): e.name for e in roll}), given.ids("member")
        if given.ok and day is not None:
            try:
                group_actions.form_group(
                    request.actor, org_id, name=name, member_ids=members, leader_id=int(leader) if leader else None, from_on=day, at=request.now  # type: ignore[attr-defined]
                )
                return _saved(request, org_id, f"已设{name}")
            except REFUSALS as error:
                given.refuse(error)
    return _show(request, pages.new(org, given, roll, cards))


@require_http_methods(["GET", "POST"])
@sent_once
def close_group(request: HttpRequest, org_id: int) -> HttpResponse:
    """Close a group, its members going to another one."""
    org, _, cards = _branch(request, org_id)
    known = {str(c.group.id): c.group.name for c in cards}
    given = Given(request.POST if request.method == "POST" else None, {"on": str(request.today)})  # type: ignore[attr-defined]
    if request.method == "POST":
        group, target = given.choice("group", "党小组", known, required=True), given.choice("to", "接收的党小组", known)
        day = given.day("on", "撤销日期", required=True)
        if given.ok and day is not None:
            try:
                group_actions.close_group(request.actor, org_id, int(group), move_to=int(target) if target else None, on=day, at=request.now)  # type: ignore[attr-defined]
                return _saved(request, org_id, "已撤销党小组")
            except REFUSALS as error:
                given.refuse(error)
    return _show(request, pages.close(org, given, cards))
