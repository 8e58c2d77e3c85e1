"""Which rule set a request is about, and whether this person may change it."""
from __future__ import annotations

from django.http import HttpRequest

from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.policy import queries
from zhibu.ground.policy.queries import LocalView
from zhibu.ground.tree.queries import NotFound


def seen(request: HttpRequest, set_id: int) -> LocalView:
    """Give a set: one that is or was active to everybody signed in, a draft to those who write for its organisation; else NotFound (404)."""
    found = queries.local_set(request.actor.scope(P.POLICY_WRITE), set_id) if set_id < 2**63 else None  # type: ignore[attr-defined]
    if found is None:
        raise NotFound("没有找到这套规则")
    return found


def written(request: HttpRequest, set_id: int) -> LocalView:
    """Give a set that this person may change; Refused (403) for one that is only readable."""
    found = seen(request, set_id)
    request.actor.require(P.POLICY_WRITE, found.issuer_path)  # type: ignore[attr-defined]
    return found


def may_write(request: HttpRequest, found: LocalView) -> bool:
    """Tell whether this person may change the set."""
    return bool(request.actor.may(P.POLICY_WRITE, found.issuer_path))  # type: ignore[attr-defined]


def drafted(request: HttpRequest, set_id: int) -> LocalView:
    """Give a draft that this person may change; NotFound (404) for a set that can no longer be changed."""
    found = written(request, set_id)
    if found.rule_set.status != "draft":
        raise NotFound("这套规则已经启用，内容不能再改")
    return found
