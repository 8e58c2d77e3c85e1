"""规则: which value holds for an organisation on a day, by which clause, and who decided so."""
from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.policy import queries
from zhibu.ground.policy.catalogue import FAMILIES, KEYS
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.wording import difference, sentence

from .door import seen
from .organisations import day
from .reading import reads
from .shape import OfOrgOnDay, Shape

router = Router(tags=["规则"])


class Value(Shape):
    """One value with its provenance."""

    key: str
    title: str
    says: str
    clause: str
    rule_set: str
    rule_set_title: str
    document_no: str
    verified: bool
    below_national: bool
    beside_national: str


class Family(Shape):
    """The rules of one family that hold on the day."""

    family: str
    title: str
    rule_set: str
    rule_set_title: str
    chosen_by: str | None
    values: tuple[Value, ...]


class Listing(OfOrgOnDay):
    """Which rules of which organisation."""

    family: Literal[tuple(FAMILIES)] | None = Field(None, description="只看一类规则")  # type: ignore[valid-type]


@reads(router, "/rules", list[Family], "一个组织现行的规则")
def rules(request: HttpRequest, asked: Query[Listing]):
    """List the values that hold for an organisation on a day."""
    seen(request, asked.org, P.POLICY_READ)
    on, found = day(request, asked.on), []
    for code in [asked.family] if asked.family else FAMILIES:
        effective = queries.effective(asked.org, code, on)
        rows = effective.rows()
        if not rows:
            continue
        first = effective.layers[0]
        found.append(Family(
            family=code, title=FAMILIES[code], rule_set=first.rule_set.code, rule_set_title=first.rule_set.title,
            chosen_by=first.choice.org_name if first.choice else None,
            values=tuple(
                Value(
                    key=r.key, title=KEYS[r.key].title, says=sentence(r.key, r.value), clause=r.clause, rule_set=r.rule_set.code, rule_set_title=r.rule_set.title,
                    document_no=r.rule_set.document_no, verified=r.verified, below_national=r.below_national,
                    beside_national="" if r.rule_set.kind in ("national", "system") else difference(shipped(), r, on).sentence,
                )
                for r in rows
            ),
        ))
    return found


class Assignment(Shape):
    """A rule set that somebody made hold."""

    id: int
    org_id: int
    org_name: str
    family: str
    rule_set: str
    rule_set_title: str
    valid_from: date
    valid_to: date | None
    decided_by: str
    decision_doc: str
    reason: str
    made_at: datetime
    ended_by: str
    ended_at: datetime | None


@reads(router, "/rules/assignments", list[Assignment], "指定规则集的经过，本级和上级")
def assignments(request: HttpRequest, asked: Query[OfOrgOnDay]):
    """List the assignments made at an organisation and above it."""
    seen(request, asked.org, P.POLICY_READ)
    made = queries.assignments_of(queries.chain_ids(asked.org, day(request, asked.on)))
    return [
        Assignment(
            id=a.id, org_id=a.org_id, org_name=a.org_name, family=a.family, rule_set=a.rule_set, rule_set_title=a.title, valid_from=a.valid_from, valid_to=a.valid_to,
            decided_by=a.decided_by, decision_doc=a.decision_doc, reason=a.reason,
            made_at=a.made_at, ended_by=a.ended_by, ended_at=a.ended_at,
        )
        for a in made
    ]
