"""组织: the tree of a day, one organisation with all that hangs on it, its contacts, and what is wrong with Party groups."""
from __future__ import annotations

from datetime import date
from typing import Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from zhibu.areas.roster import queries as roster
from zhibu.areas.structure import queries
from zhibu.areas.structure.queries import GroupCard, OrgState
from zhibu.areas.structure.rules import Finding
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people import queries as people
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView

from .door import seen
from .reading import reads
from .shape import Day, Id, Page, Shape, Slice, page

router = Router(tags=["组织"])


class Org(Shape):
    """An organisation on a day."""

    id: int
    code: str
    name: str
    short_name: str
    kind: str
    kind_title: str
    domain: str
    parent_id: int | None
    is_branch: bool
    village_or_community: bool
    status: str
    established_on: date | None
    dissolved_on: date | None
    theme_day: str


class Headcount(Shape):
    """The bases of rules.md §0 on a day."""

    full: int
    probationary: int
    suspended: int
    members_all: int
    expected_life: int
    expected_voting: int


class Found(Shape):
    """Something about an organisation that does not fit the rules (`serious`), or a hint."""

    code: str
    sentence: str
    serious: bool


class Post(Shape):
    """A post held."""

    person_id: int
    name: str
    kind: str
    title: str
    from_on: date


class Committee(Shape):
    """A term of a committee."""

    id: int
    number: int
    elected_on: date
    term_years: int
    expires_on: date
    extended_until: date | None
    ended_on: date | None
    seats: int
    approval_doc: str


class State(Shape):
    """An organisation with its headcount, its committee and what is wrong."""

    org: Org
    count: Headcount
    hosts: tuple[str, ...]
    term: str
    committee: Committee | None
    posts: tuple[Post, ...]
    findings: tuple[Found, ...]


class GroupMember(Shape):
    """A member of a Party group."""

    person_id: int
    name: str
    standing: str
    is_leader: bool


class PartyGroup(Shape):
    """A Party group with its members."""

    id: int
    name: str
    leader_id: int | None
    leader: str
    members: tuple[GroupMember, ...]


class Spell(Shape):
    """A span in which an organisation had one name, type and place."""

    from_on: date
    to_on: date | None
    name: str
    kind: str
    parent_id: int | None
    event: str
    document: str


class Card(Shape):
    """Everything about one organisation on a day."""

    state: State
    total: Headcount
    address: str
    office_phone: str
    function_label: str
    approval_doc: str
    above: tuple[Org, ...]
    children: tuple[State, ...]
    groups: tuple[PartyGroup, ...]
    findings: tuple[Found, ...]
    history: tuple[Spell, ...]
    terms: tuple[Committee, ...]


class Contacts(Shape):
    """What an organisation says about itself."""

    version: int
    address: str
    office_phone: str
    theme_day: str
    function_label: str
    hosts: tuple[str, ...]


class GroupFindings(Shape):
    """What is wrong with the groups of one branch."""

    org_id: int
    findings: tuple[Found, ...]


class OnDay(Schema):
    """A day; today without one."""

    on: Day | None = Field(None, description="哪一天的情况，不写就是今天")


class Listing(Slice):
    """Which organisations."""

    on: Day | None = Field(None, description="哪一天的情况，不写就是今天")
    under: Id | None = Field(None, description="只列这个组织和它的下级")
    ordering: Literal["tree", "code"] = Field("tree", description="按上下级次序，或按代码")


def day(request: HttpRequest, on: date | None) -> date:
    """Give the day asked for; a day that has not come is answered with today."""
    today: date = request.today  # type: ignore[attr-defined]
    return min(on or today, today)


def org(o: OrgView) -> Org:
    """Give an organisation."""
    return Org(
        id=o.id, code=o.code, name=o.name, short_name=o.short_name, kind=o.kind, kind_title=o.kind_title, domain=o.domain, parent_id=o.parent_id,
        is_branch=o.is_branch, village_or_community=o.village_or_community, status=o.status, established_on=o.established_on, dissolved_on=o.dissolved_on,
        theme_day=o.theme_day,
    )


def headcount(c: people.Headcount) -> Headcount:
    """Give the bases."""
    return Headcount(
        full=c.full, probationary=c.probationary, suspended=c.suspended, members_all=c.members_all, expected_life=c.expected_life, expected_voting=c.expected_voting
    )


def _findings(found: tuple[Finding, ...]) -> tuple[Found, ...]:
    return tuple(Found(code=str(f.code), sentence=f.sentence, serious=f.serious) for f in found)


def _committee(c: tree.CommitteeView) -> Committee:
    return Committee(
        id=c.id, number=c.number, elected_on=c.elected_on, term_years=c.term_years, expires_on=c.expires_on, extended_until=c.extended_until, ended_on=c.ended_on,
        seats=c.seats, approval_doc=c.approval_doc,
    )


def _state(s: OrgState) -> State:
    return State(
        org=org(s.org), count=headcount(s.count), hosts=s.hosts, term=s.term_title, committee=_committee(s.committee) if s.committee else None,
        posts=tuple(Post(person_id=p.person_id, name=p.name, kind=p.kind, title=p.title, from_on=p.from_on) for p in s.posts), findings=_findings(s.findings),
    )


def _group(g: GroupCard) -> PartyGroup:
    members = tuple(GroupMember(person_id=m.person_id, name=m.name, standing=m.standing, is_leader=m.is_leader) for m in g.members)
    return PartyGroup(id=g.group.id, name=g.group.name, leader_id=g.leader_id, leader=g.leader, members=members)


@reads(router, "/organisations", Page[State], "组织列表，每个组织带人数、班子和发现的问题")
def organisations(request: HttpRequest, asked: Query[Listing]):
    """List the organisations of a day."""
    on, scope = day(request, asked.on), request.actor.scope(P.COMPLIANCE_READ)  # type: ignore[attr-defined]
    top = tree.organisation(scope, asked.under, on).path if asked.under else ""
    found = tree.organisations(scope, on, under=top)
    if asked.ordering == "code":
        found = sorted(found, key=lambda o: (o.code, o.id))
    chosen = page(request, asked, [o.id for o in found])
    states = {s.org.id: _state(s) for s in queries.states(scope, on, org_ids=chosen["items"])}  # type: ignore[arg-type]
    return {**chosen, "items": [states[i] for i in chosen["items"]]}  # type: ignore[attr-defined]


@reads(router, "/organisations/keeping-members", Page[Org], "有党员的组织（各类支部）")
def branches(request: HttpRequest, asked: Query[Slice]):
    """List the organisations that keep members."""
    return page(request, asked, [org(o) for o in roster.branches(request.actor.scope(P.MEMBER_READ))])  # type: ignore[attr-defined]


@reads(router, "/organisations/{org_id}", Card, "一个组织的全部情况")
def organisation(request: HttpRequest, org_id: Id, asked: Query[OnDay]):
    """Give one organisation on a day."""
    seen(request, org_id, P.COMPLIANCE_READ)
    card = queries.organisation(request.actor.scope(P.COMPLIANCE_READ), org_id, day(request, asked.on))  # type: ignore[attr-defined]
    return Card(
        state=_state(card.state), total=headcount(card.total), address=card.detail.address, office_phone=card.detail.phone, function_label=card.detail.function_label,
        approval_doc=card.detail.approval_doc, above=tuple(org(o) for o in card.above), children=tuple(_state(s) for s in card.children),
        groups=tuple(_group(g) for g in card.groups), findings=_findings(card.findings),
        history=tuple(
            Spell(from_on=h.from_on, to_on=h.to_on, name=h.name, kind=h.kind, parent_id=h.parent_id, event=h.event, document=h.document) for h in card.history
        ),
        terms=tuple(_committee(c) for c in card.terms),
    )


@reads(router, "/organisations/{org_id}/contacts", Contacts, "联系方式、主题党日固定日、所在单位")
def contacts(request: HttpRequest, org_id: Id):
    """Give what the organisation's office edits about it."""
    seen(request, org_id, P.ORG_EDIT)
    found, scope = queries.detail(request.actor.sees(), org_id), request.actor.scope(P.ORG_EDIT)  # type: ignore[attr-defined]
    hosts = tree.host_units(scope, [org_id]).get(org_id, ())
    return Contacts(
        version=found.version, address=found.address, office_phone=found.phone, theme_day=found.theme_day, function_label=found.function_label, hosts=hosts
    )


@reads(router, "/organisations/{org_id}/group-findings", list[GroupFindings], "党小组的问题，本级和下级")
def group_findings(request: HttpRequest, org_id: Id, asked: Query[OnDay]):
    """List what is wrong with the groups of an organisation and all below it."""
    here = seen(request, org_id, P.COMPLIANCE_READ)
    scope = request.actor.scope(P.COMPLIANCE_READ).narrowed(here.path_now)  # type: ignore[attr-defined]
    found = queries.group_health(scope, day(request, asked.on))
    return [GroupFindings(org_id=i, findings=_findings(lines)) for i, lines in sorted(found.items())]
