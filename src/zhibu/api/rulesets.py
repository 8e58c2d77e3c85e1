"""规则集: those that came with the system and those that organisations made, one with its values, and who follows it."""
from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router
from pydantic import Field

from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.policy import queries
from zhibu.ground.policy.catalogue import KEYS
from zhibu.ground.policy.library import Library, RuleSet, shipped
from zhibu.ground.policy.queries import LocalView
from zhibu.ground.policy.resolve import Resolved, laxer_than_national
from zhibu.ground.policy.wording import Relation, difference, sentence
from zhibu.ground.tree.queries import NotFound

from .reading import reads
from .shape import Id, Page, Shape, Slice, page

router = Router(tags=["规则"])

Code = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{2,39}$", description="规则集代号，例如 cn-branch-2018")]


class RuleSetLine(Shape):
    """A rule set. `id` is null for a set that came with the system; those are found by their code."""

    id: int | None
    code: str
    title: str
    kind: str
    status: str
    issuer: str
    document_no: str
    effective_from: date | None
    effective_to: date | None
    families: tuple[str, ...]


class SetValue(Shape):
    """One value of a set, and how it stands beside the national one; `listed` false: a national kind that the set leaves out."""

    key: str
    family: str
    title: str
    says: str
    clause: str
    verified: bool
    below_national: bool
    beside_national: str
    reason: str
    note: str
    listed: bool


class SetCard(Shape):
    """One set with its values, what it was made from and what happened to it."""

    rule_set: RuleSetLine
    source: str
    reason: str
    based_on: str
    based_on_title: str
    supersedes: str
    supersedes_title: str
    version: int | None
    changed_by: str
    changed_at: datetime | None
    activated_by: str
    activated_at: datetime | None
    retired_by: str
    retired_at: datetime | None
    values: tuple[SetValue, ...]


class Follower(Shape):
    """An organisation that follows a set, from a day up to, not including, another."""

    org_id: int
    org_name: str
    family: str
    valid_from: date
    valid_to: date | None


class SetsAsked(Slice):
    """Which sets."""

    status: Literal["draft", "active", "retired"] | None = Field(None, description="只列草稿、启用或停用的")


def _line(one: RuleSet, set_id: int | None = None) -> RuleSetLine:
    return RuleSetLine(
        id=set_id, code=one.code, title=one.title, kind=one.kind, status=one.status, issuer=one.issuer, document_no=one.document_no,
        effective_from=one.effective_from, effective_to=one.effective_to, families=one.families,
    )


def _values(library: Library, one: RuleSet, on: date) -> tuple[SetValue, ...]:
    found, national = [], one.kind in ("national", "system")
    for key, item in one.values.items():
        beside = difference(library, Resolved(key, item.value, item.clause, one, item.verified, None, False), on)
        found.append(SetValue(
            key=key, family=KEYS[key].family, title=KEYS[key].title, says=sentence(key, item.value), clause=item.clause, verified=item.verified,
            below_national=not national and beside.relation is Relation.LAXER, beside_national="" if national else beside.sentence, reason=item.reason, note=item.note,
            listed=True,
        ))
    lost = laxer_than_national(library, one, on, "life") if not national and one.defines("life") else ()
    found += [
        SetValue(
            key=gone.key, family="life", title=KEYS[gone.key].title, says="未列入，不要求", clause=gone.clause, verified=True, below_national=True,
            beside_national=f"低于现行国家规定：{sentence(gone.key, gone.national)}（{gone.clause}）", reason=one.reason, note="", listed=False,
        )
        for gone in lost if gone.local is None
    ]
    return tuple(found)


def _local(request: HttpRequest, set_id: int) -> LocalView:
    """Give a local set: active or retired to everybody, a draft to those who write for its organisation; else NotFound."""
    found = queries.local_set(request.actor.scope(P.POLICY_WRITE), set_id)  # type: ignore[attr-defined]
    if found is None:
        raise NotFound("没有找到这套规则")
    return found


@reads(router, "/rule-sets", Page[RuleSetLine], "规则集列表：各地自定的（草稿只有本级看得到）和随系统带的")
def rule_sets(request: HttpRequest, asked: Query[SetsAsked]):
    """List drafts of one's own, active and retired local sets, and the shipped ones."""
    local = [*queries.drafts(request.actor.scope(P.POLICY_WRITE)), *queries.published()]  # type: ignore[attr-defined]
    lines = [*(_line(one.rule_set, one.id) for one in local), *(_line(one) for one in shipped().all())]
    return page(request, asked, [one for one in lines if asked.status in (None, one.status)])


@reads(router, "/rule-sets/shipped/{code}", SetCard, "一套随系统带的规则")
def shipped_rule_set(request: HttpRequest, code: Code):
    """Give a set that came with the system."""
    one = shipped().sets.get(code)
    if one is None:
        raise NotFound("没有找到这套规则")
    return SetCard(
        rule_set=_line(one), source=one.source, reason=one.reason, based_on="", based_on_title="", supersedes="", supersedes_title="", version=None, changed_by="",
        changed_at=None, activated_by="", activated_at=None, retired_by="", retired_at=None, values=_values(shipped(), one, request.today),  # type: ignore[attr-defined]
    )


@reads(router, "/rule-sets/{set_id}", SetCard, "一套自定的规则")
def rule_set(request: HttpRequest, set_id: Id):
    """Give a local set, compared with the national rules of the day from which it holds."""
    found, known = _local(request, set_id), queries.library().sets
    one = found.rule_set
    titles = {code: known[code].title if code in known else "" for code in (one.based_on, one.supersedes)}
    return SetCard(
        rule_set=_line(one, found.id), source=one.source, reason=one.reason, based_on=one.based_on, based_on_title=titles[one.based_on], supersedes=one.supersedes,
        supersedes_title=titles[one.supersedes], version=found.version, changed_by=found.changed_by, changed_at=found.changed_at, activated_by=found.activated_by,
        activated_at=found.activated_at, retired_by=found.retired_by, retired_at=found.retired_at,
        values=_values(shipped().with_set(one), one, one.effective_from or request.today),  # type: ignore[attr-defined]
    )


@reads(router, "/rule-sets/{set_id}/followers", Page[Follower], "哪些组织按这套规则办，现在和以后")
def followers(request: HttpRequest, set_id: Id, asked: Query[Slice]):
    """List the organisations that follow a local set today or later."""
    found = queries.followers(_local(request, set_id).rule_set.code, request.today)  # type: ignore[attr-defined]
    return page(request, asked, [Follower(org_id=a.org_id, org_name=a.org_name, family=a.family, valid_from=a.valid_from, valid_to=a.valid_to) for a in found])
