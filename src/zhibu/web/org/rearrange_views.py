"""合并、拆分、划转: an organisation decides about those below it, after a preview."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.meetings import form as meeting_form
from zhibu.areas.structure import mergers, splits, transfers
from zhibu.areas.structure.rearranging import Changed, Preview
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.context import ErrorLine, FormPage
from zhibu.web.shell.sent import sent_once

from . import rearrange_pages as pages
from .forms import REFUSALS, Given
from .reach import seen

GET_POST = require_http_methods(["GET", "POST"])
Build = Callable[[Preview | None, bool], FormPage]
MANY = 200  # organisations that a form lists; above that they are named by code


def _deciding(request: HttpRequest, org_id: int) -> OrgView:
    org = seen(request, org_id, P.ORG_APPROVE)
    if org.status == "dissolved":
        raise tree.NotFound("这个组织已经撤销")
    return org


def _children(org: OrgView) -> list[OrgView]:
    return [o for o in tree.organisations(Scope((org.path_now,))) if o.parent_id == org.id]


def _given(request: HttpRequest, **more: str) -> Given:
    today = str(request.today)  # type: ignore[attr-defined]
    return Given(request.POST if request.method == "POST" else None, {"decided_on": today, "on": today, "keep_groups": "1", **more})


def _answer(request: HttpRequest, given: Given, wish: Any, room: Any, do: Callable[[str], tuple[str, str]], build: Build) -> HttpResponse:
    """Show the preview of a sound form, or carry out what was confirmed; what is in the way stands at the top with its code."""
    preview: Preview | None = None
    status, changed = 422, False
    if given.ok:
        try:
            preview = room.preview(request.actor, wish, today=request.today)  # type: ignore[attr-defined]
            if request.POST.get(pages.STEP) == pages.DO and not preview.blocks:
                address, sentence = do(request.POST.get("seen", ""))
                messages.success(request, sentence)
                return HttpResponseRedirect(address)
            status = 200 if not preview.blocks else 422
        except Changed as error:
            preview, changed, status = error.preview, True, 409
        except Refused as error:
            given.lines.append(ErrorLine(f"{error.reason}。所选组织或规则有的不归您的组织管理，请由共同的上级办理。", "", "E023"))
        except tree.NotFound as error:
            given.lines.append(ErrorLine(f"{error}。请重新选。"))
        except REFUSALS as error:
            given.refuse(error)
    for block in preview.blocks if preview else ():
        given.lines.append(ErrorLine(block.reason, "", block.code))
    return render(request, "shell/form.html", {"page": build(preview, changed)}, status=status)


@GET_POST
@sent_once
def merge(request: HttpRequest, org_id: int) -> HttpResponse:
    """Merge organisations below this one into another one or into a new one."""
    org = _deciding(request, org_id)
    children, given = _children(org), _given(request)
    if request.method == "GET":
        return render(request, "shell/form.html", {"page": pages.merge(org, given, children)})
    wish = pages.read_merger(org, given, children)

    def do(digest: str) -> tuple[str, str]:
        into = mergers.merge(request.actor, wish, seen=digest, at=request.now)  # type: ignore[attr-defined]
        return reverse("org:page", args=[into]), f"已办理：{len(wish.sources)} 个组织并入{tree.name_of(into)}"

    scope, ending = request.actor.scope(P.ACTIVITY_READ), set(wish.sources)  # type: ignore[attr-defined]
    aside = [d.title or "没有写题目" for d in meeting_form.drafts(scope) if d.org_id in ending] if ending else []
    return _answer(request, given, wish, mergers, do, lambda p, changed: pages.merge(org, given, children, p, changed=changed, aside=aside))


@GET_POST
@sent_once
def split(request: HttpRequest, org_id: int) -> HttpResponse:
    """Let some members and groups of a branch below this organisation form a new branch."""
    org = _deciding(request, org_id)
    branches = [o for o in _children(org) if o.is_branch]
    wanted = request.GET.get("from", "")
    source = next((o for o in branches if str(o.id) == wanted), None)
    if source is None:
        return render(request, "shell/form.html", {"page": pages.choose_branch(org, branches)})
    given = _given(request)
    members, groups = splits.roster(request.actor, source.id, request.today)  # type: ignore[attr-defined]
    if request.method == "GET":
        return render(request, "shell/form.html", {"page": pages.split(org, source, given, members, groups)})
    wish = pages.read_split(source, given)

    def do(digest: str) -> tuple[str, str]:
        made = splits.split(request.actor, wish, seen=digest, at=request.now)  # type: ignore[attr-defined]
        return reverse("org:page", args=[made]), f"已从{source.name}分出{tree.name_of(made)}"

    return _answer(request, given, wish, splits, do, lambda p, changed: pages.split(org, source, given, members, groups, p, changed=changed))


@GET_POST
@sent_once
def transfer(request: HttpRequest, org_id: int) -> HttpResponse:
    """Hand organisations with everything below them over to another superior, perhaps with other names."""
    org = _deciding(request, org_id)
    below = _children(org)
    tops, given = [org, *pages.receivers(below)], _given(request)
    ids = {o.id for o in below}
    grand = [o for o in tree.organisations(Scope((org.path_now,))) if o.parent_id in ids]
    children = below + grand if len(below) + len(grand) <= MANY else below
    if request.method == "GET":
        return render(request, "shell/form.html", {"page": pages.transfer(org, given, children, tops)})
    wish = pages.read_transfer(given, [org, *children])

    def do(digest: str) -> tuple[str, str]:
        moved = transfers.transfer(request.actor, wish, seen=digest, at=request.now)  # type: ignore[attr-defined]
        return reverse("org:page", args=[wish.to_id]), f"已划转 {len(moved)} 个组织到{tree.name_of(wish.to_id)}"

    return _answer(request, given, wish, transfers, do, lambda p, changed: pages.transfer(org, given, children, tops, p, changed=changed))


