"""What the pages of talks and care ask for: the branch, and the fields of their forms."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest

from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.tree import queries as tree
from zhibu.web.meetings.forms import number
from zhibu.web.shell.context import Choice, Field
from zhibu.web.shell.menu import own_branch


def branch(request: HttpRequest, right: P) -> tree.OrgView:
    """Give the branch asked for (`org`), else the actor's own; 404 outside the scope and for what is no branch."""
    actor = request.actor  # type: ignore[attr-defined]
    org_id = number(request.GET.get("org") or request.POST.get("org")) or own_branch(actor)
    if not org_id:
        raise Http404
    org = tree.organisation(actor.sees(), org_id)
    actor.require(right, org.path_now)
    if not org.is_branch:
        raise Http404
    return org


def typed(request: HttpRequest, names: Iterable[str], most: int = 1000) -> dict[str, str]:
    """Give what was typed into the fields of these names."""
    return {name: request.POST.get(name, "").replace("\0", "")[:most] for name in names}


def members(org: tree.OrgView, on: date) -> list[tuple[str, str]]:
    """Give the members of a branch as choices: (name, number)."""
    return [(e.name, str(e.person_id)) for e in people.roll(Scope((org.path_now,)), org.id, on)]


def pick(name: str, label: str, choices: Iterable[tuple[str, str]], values: Mapping[str, str], errors: Mapping[str, str], *, kind: str = "select", **more: Any) -> Field:
    """Make a field of choices (label, value)."""
    found = tuple(Choice(title, code, chosen=values.get(name, "") == code) for title, code in choices)
    return Field(name, label, kind, choices=found, error=errors.get(name, ""), **more)


def text(name: str, label: str, values: Mapping[str, str], errors: Mapping[str, str], *, kind: str = "text", **more: Any) -> Field:
    """Make a field that is typed into."""
    return Field(name, label, kind, values.get(name, ""), error=errors.get(name, ""), **more)
