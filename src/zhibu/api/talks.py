"""谈心谈话: day and pair as the ledger has them, and the coverage of a year as numbers. What was said, must-talk events and care are not for programs."""
from __future__ import annotations

from datetime import date

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from zhibu.areas.talks import queries
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound, OrgView
from zhibu.kernel.periods import window_of

from .door import seen
from .reading import reads
from .shape import Id, Page, Shape, Slice, page

router = Router(tags=["组织生活"])


class Talk(Shape):
    """A talk: day and pair, nothing of why and what."""

    id: int
    day: date
    talker_id: int | None
    talker_name: str
    talkee_id: int
    talkee_name: str
    relation: str
    entered_by: str
    on_behalf: bool


class TalksAsked(Slice):
    """The talks of a branch and a year."""

    org: Id = Field(description="哪个支部")
    year: int | None = Field(None, ge=2000, le=2200, description="哪一年，不写就是今年")


class Coverage(Shape):
    """The three shares of a year, with what they are made of; violation: V10, where the rule set asks for talks by the year. No names."""

    year: int
    as_of: date
    pairs: int
    pairs_done: int
    committee_pairs: str
    ordinary: int
    reached: int
    ordinary_rate: str
    members: int
    mutual: int
    member_rate: str
    relations: tuple[str, ...]
    violation: bool


def _branch(request: HttpRequest, org_id: int) -> OrgView:
    org = seen(request, org_id, P.ACTIVITY_READ)
    if not org.is_branch:
        raise NotFound("谈心谈话只在支部里记")
    return org


@reads(router, "/talks", Page[Talk], "谈心谈话：谁和谁、哪天，不含内容")
def talks(request: HttpRequest, asked: Query[TalksAsked]):
    """List the talks of a branch and a year, newest first."""
    org, year = _branch(request, asked.org), asked.year or request.today.year  # type: ignore[attr-defined]
    found = queries.talks(request.actor.scope(P.ACTIVITY_READ), org.id, date(year, 1, 1), date(year, 12, 31))  # type: ignore[attr-defined]
    return page(request, asked, [
        Talk(
            id=t.id, day=t.day, talker_id=t.talker_id, talker_name=t.talker_name, talkee_id=t.talkee_id, talkee_name=t.talkee_name, relation=t.relation,
            entered_by=t.made_by, on_behalf=t.on_behalf,
        )
        for t in found
    ])


@reads(router, "/talks/coverage", Coverage, "谈心谈话覆盖：班子成员之间、班子谈到的党员、互相谈过的党员")
def talk_coverage(request: HttpRequest, asked: Query[TalksAsked]):
    """Count the talks of a branch and a year."""
    org, today = _branch(request, asked.org), request.today  # type: ignore[attr-defined]
    y = queries.year_of_talks(request.actor.scope(P.ACTIVITY_READ), org.id, min(asked.year or today.year, today.year), today)  # type: ignore[attr-defined]
    c = y.found.counts
    return Coverage(
        year=y.year, as_of=y.as_of, pairs=c.pairs, pairs_done=c.pairs_done, committee_pairs=y.coverage.committee_pairs, ordinary=c.ordinary, reached=c.reached,
        ordinary_rate=y.coverage.ordinary_rate, members=c.members, mutual=c.mutual, member_rate=y.coverage.member_rate, relations=y.relations, violation=y.violation,
    )


class Quarter(Slice):
    """A quarter of contact talks, of a branch or of the branches below."""

    org: Id = Field(description="哪个党组织")
    year: int = Field(ge=2000, le=2200, description="哪一年")
    quarter: int = Field(ge=1, le=4, description="第几季度")


class ContactsOf(Shape):
    """The contacts of a branch in a quarter: how many were kept throughout it, with how many was talked as often as its rules ask. No names."""

    org_id: int
    org: str
    due: int
    done: int
    rate: str


@reads(router, "/contact-talks", Page[ContactsOf], "联系群众：一个季度里各支部应谈和谈过的联系对象，只有数")
def contact_talks(request: HttpRequest, asked: Query[Quarter]):
    """Count the contact talks of a quarter by branch."""
    org, today = seen(request, asked.org, P.COMPLIANCE_READ), request.today  # type: ignore[attr-defined]
    scope = request.actor.scope(P.COMPLIANCE_READ).narrowed(org.path_now)  # type: ignore[attr-defined]
    found = queries.contact_quarter(scope, window_of("quarter", date(asked.year, asked.quarter * 3, 1)), today)
    orgs = sorted(tree.views(found).values(), key=lambda o: o.path)
    return page(request, asked, [ContactsOf(org_id=o.id, org=o.name, due=found[o.id].due, done=found[o.id].done, rate=found[o.id].rate) for o in orgs])
