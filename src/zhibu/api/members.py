"""党员: the roster and one member's sheet. ID numbers and phones come masked; there is no way to see them in full by the API."""
from __future__ import annotations

from datetime import date
from typing import Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from zhibu.areas.roster import queries
from zhibu.areas.roster.queries import Member
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people.queries import Search, is_number
from zhibu.ground.tree.queries import NotFound

from .organisations import Headcount, OnDay, day, headcount
from .reading import Unreadable, reads
from .shape import Day, Id, Page, Shape, Slice, part

router = Router(tags=["党员"])


class MemberLine(Shape):
    """A row of the roster."""

    person_id: int
    org_id: int
    name: str
    standing: str
    standing_title: str
    rights: str
    gender: str
    birth_on: date | None
    birth_precision: str
    joined_on: date | None
    joined_precision: str
    phone_masked: str
    floating_to: str
    group: str
    posts: str


class Roster(Page[MemberLine]):
    """A part of the roster with the headcounts of the whole."""

    count: Headcount


class Item(Shape):
    """One of the 16 items of the national form, masked where it is a number."""

    label: str
    value: str


class Event(Shape):
    """A line of a member's history."""

    on: date
    text: str


class MemberSheet(Shape):
    """One member's sheet."""

    person_id: int
    org_id: int
    org_name: str
    name: str
    items: tuple[Item, ...]
    missing: tuple[str, ...]
    posts: tuple[str, ...]
    group: str
    is_leader: bool
    history: tuple[Event, ...]


class Listing(Slice):
    """Which members. A search by number is a thing of the page, where it leaves no trace in an address."""

    org: Id | None = Field(None, description="只列这个组织和它的下级")
    on: Day | None = Field(None, description="哪一天的情况，不写就是今天")
    text: str = Field("", max_length=50, description="姓名的一部分、拼音或首字母；不能用证件号、电话找")
    standing: Literal["", "full", "probationary", "suspended"] = Field("", description="正式、预备、停止党籍")
    floating: bool = Field(False, description="只列流动党员")
    born_by: Day | None = Field(None, description="只列这一天以前（含）出生的")
    unplaced: bool = Field(False, description="只列没有编入党小组的")


@reads(router, "/members", Roster, "花名册")
def members(request: HttpRequest, asked: Query[Listing]):
    """List the members of a day."""
    actor = request.actor  # type: ignore[attr-defined]
    if not actor.holds(P.MEMBER_READ):
        raise Refused("花名册由支部书记、委员和上级党组织看")
    if is_number(asked.text):
        raise Unreadable("证件号和电话不能写在地址里，请在网页上找")
    wanted = Search(asked.text, "", asked.standing, asked.floating, asked.born_by, asked.unplaced)
    found = queries.roster(
        actor.scope(P.MEMBER_READ), day(request, asked.on), wanted, org_id=asked.org, offset=asked.offset, limit=asked.limit
    )
    rows = [
        MemberLine(
            person_id=m.person_id, org_id=m.org_id, name=m.name, standing=m.standing, standing_title=m.standing_title, rights=m.rights, gender=m.gender,
            birth_on=m.birth_on, birth_precision=m.birth_precision, joined_on=m.joined_on, joined_precision=m.joined_precision, phone_masked=m.phone_masked,
            floating_to=m.floating_to, group=found.groups.get(m.person_id, ""), posts=found.posts.get(m.person_id, ""),
        )
        for m in found.rows
    ]
    return {**part(request, asked, rows, found.total), "count": headcount(found.count)}


def _sheet(found: Member) -> MemberSheet:
    return MemberSheet(
        person_id=found.file.person_id, org_id=found.org.id, org_name=found.org.name, name=found.file.name,
        items=tuple(Item(label=i.title, value=i.value) for i in found.items), missing=found.missing, posts=tuple(p.title for p in found.file.posts),
        group=found.file.group_name, is_leader=found.file.is_leader, history=tuple(Event(on=e.on, text=e.text) for e in found.history),
    )


@reads(router, "/members/{person_id}", MemberSheet, "一名党员的信息")
def member(request: HttpRequest, person_id: Id, asked: Query[OnDay]):
    """Give one member's sheet."""
    scope = request.actor.scope(P.MEMBER_READ)  # type: ignore[attr-defined]
    return _sheet(queries.member(scope, person_id, day(request, asked.on)))


@reads(router, "/me/file", MemberSheet | None, "本人的党员信息；账号没有对应的党员时是 null")
def own_file(request: HttpRequest):
    """Give the actor's own sheet, null for an account that belongs to no member."""
    person_id = request.actor.scope(P.OWN_FILE).person_id  # type: ignore[attr-defined]
    try:
        return _sheet(queries.own(person_id, request.today)) if person_id is not None else None  # type: ignore[attr-defined]
    except NotFound:
        return None
