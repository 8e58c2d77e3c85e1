"""待办: who the asker is, what is due, what superiors reminded of, and the cases that wait for an answer."""
from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from zhibu.ground.duties.duty import due
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.notice import queries as notices_
from zhibu.ground.process import queries as process
from zhibu.ground.process.queries import CaseView
from zhibu.ground.tree import queries as tree

from .reading import reads
from .shape import Id, Page, Shape, Slice, page

router = Router(tags=["待办"])


class Office(Shape):
    """A role held now, and its rights."""

    role: str
    role_title: str
    org_id: int
    org_name: str
    rights: tuple[str, ...]


class Who(Shape):
    """The asker."""

    name: str
    today: date
    offices: tuple[Office, ...]


@reads(router, "/me", Who, "我是谁，有哪些职责和权限")
def me(request: HttpRequest):
    """Say who asks."""
    actor = request.actor  # type: ignore[attr-defined]
    return Who(
        name=actor.name, today=request.today,  # type: ignore[attr-defined]
        offices=tuple(
            Office(role=g.role, role_title=g.role_title, org_id=g.org_id, org_name=g.org_name, rights=tuple(sorted(g.permissions))) for g in actor.grants
        ),
    )


class Duty(Shape):
    """One thing to do."""

    key: str
    org_id: int
    org_name: str
    due_on: date | None
    state: str
    title: str
    why: str
    clause: str


@reads(router, "/duties", Page[Duty], "待办，最急的在前")
def duties(request: HttpRequest, asked: Query[Slice]):
    """List what is due."""
    actor = request.actor  # type: ignore[attr-defined]
    found = due(actor, actor.sees(), request.today)  # type: ignore[attr-defined]
    return page(request, asked, [
        Duty(key=d.key, org_id=d.org_id, org_name=d.org_name, due_on=d.due_on, state=str(d.state), title=d.title, why=d.why, clause=d.clause) for d in found
    ])


class Notice(Shape):
    """A reminder that nobody has read yet."""

    id: int
    org_id: int
    matter: str
    text: str
    sent_by: str
    sent_from: str
    at: datetime


@reads(router, "/notices", Page[Notice], "上级提醒，还没有看的")
def notices(request: HttpRequest, asked: Query[Slice]):
    """List the reminders."""
    found = notices_.unseen(request.actor.scope(P.EXCUSE_REQUEST))  # type: ignore[attr-defined]
    return page(request, asked, [
        Notice(id=n.id, org_id=n.org_id, matter=n.matter, text=n.text, sent_by=n.sent_by, sent_from=n.sent_from, at=n.at) for n in found
    ])


class Case(Shape):
    """A case that goes up for an answer."""

    id: int
    kind: str
    kind_title: str
    org_id: int
    org_name: str
    title: str
    state: str
    state_title: str
    submitted_by: str
    from_name: str
    submitted_at: datetime
    decided_by: str
    decider_org: str
    decided_at: datetime | None
    answer: str
    document: str
    mine: bool


class CaseWhole(Case):
    """A case with what it asks for."""

    wish: dict[str, Any]


class Cases(Slice):
    """Which cases."""

    org: Id | None = Field(None, description="一个组织的全部报批事项；不写就是所有等答复的")


def _values(c: CaseView, request: HttpRequest) -> dict[str, Any]:
    return {
        "id": c.id, "kind": c.kind, "kind_title": c.kind_title, "org_id": c.org_id, "org_name": c.org_name, "title": c.title, "state": c.state,
        "state_title": c.state_title, "submitted_by": c.submitted_by, "from_name": c.from_name, "submitted_at": c.submitted_at, "decided_by": c.decided_by,
        "decider_org": c.decider_org, "decided_at": c.decided_at, "answer": c.answer, "document": c.document,
        "mine": c.is_open and bool(process.may_decide(c, request.actor)),  # type: ignore[attr-defined]
    }


@reads(router, "/cases", Page[Case], "报批事项：等答复的，或一个组织的全部")
def cases(request: HttpRequest, asked: Query[Cases]):
    """List cases; `mine` are those that the asker answers."""
    scope = request.actor.scope(P.COMPLIANCE_READ)  # type: ignore[attr-defined]
    if asked.org is not None:
        tree.organisation(scope, asked.org)
    found = process.open_cases(scope) if asked.org is None else process.cases_of(scope, [asked.org], limit=200)
    return page(request, asked, [Case(**_values(c, request)) for c in found])


@reads(router, "/cases/{case_id}", CaseWhole, "一件报批事项")
def case(request: HttpRequest, case_id: Id):
    """Give one case."""
    found = process.case(request.actor.sees(), case_id)  # type: ignore[attr-defined]
    path = tree.path_of(found.org_id)
    request.actor.require(P.COMPLIANCE_READ, path)  # type: ignore[attr-defined]
    return CaseWhole(**_values(found, request), wish=process.told(found, request.actor, path))  # type: ignore[attr-defined]
