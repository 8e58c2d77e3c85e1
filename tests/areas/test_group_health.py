"""The findings about groups, decided by numbers, are those of reading every member of every branch."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests import world

from zhibu.areas.structure import queries, rules
from zhibu.areas.structure.rules import Finding, FindingCode
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import GroupPlace, Membership, Standing
from zhibu.ground.policy.resolve import UndefinedValue
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import Organisation, PartyGroup

pytestmark = pytest.mark.django_db

BRANCHES = ("T1-B1", "T1-B2", "T2-B1")
START = date(2026, 6, 1)
DAYS = (date(2026, 6, 15), world.TODAY)


class Span(NamedTuple):
    """A spell by the day it begins (counted from START) and how long it lasts; 0: it has no end."""

    begins: int
    lasts: int

    @property
    def days(self) -> dict[str, Any]:
        first = START + timedelta(days=self.begins)
        return {"from_on": first, "to_on": first + timedelta(days=self.lasts) if self.lasts else None}


SPAN = st.builds(Span, st.sampled_from([0, 0, 0, 10, 100]), st.sampled_from([0, 0, 0, 0, 8, 20, 300]))
GROUPS = st.lists(st.tuples(st.integers(0, 2), SPAN), max_size=4)
#: for each person: branch, standing, spell
MEMBERS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["full", "full", "full", "probationary", "suspended"]), SPAN), max_size=14)
#: person, group (by number), leads, spell
PLACES = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 3), st.booleans(), SPAN), max_size=18)


def everything() -> Scope:
    return Scope((Organisation.objects.get(parent__isnull=True).path,))


def member_by_member(scope: Scope, on: date) -> dict[int, tuple[Finding, ...]]:
    """Read everybody's name and put every branch to the rules: slow, and plain to see that it is right."""
    groups: dict[int, list[tree.GroupView]] = {}
    for group in tree.groups(scope, on):
        groups.setdefault(group.org_id, []).append(group)
    places = people.places(scope, on)
    members: dict[int, list[rules.GroupMember]] = {}
    for m in Membership.objects.within(scope).filter(tree.in_span(on)).exclude(standing=Standing.SUSPENDED).order_by("org_id", "name_sort", "id"):
        members.setdefault(m.org_id, []).append(rules.GroupMember(m.person_id, m.name, m.standing == Standing.FULL))
    for post in people.posts(scope, on):
        members[post.org_id] = [replace(m, post=post.title) if m.person_id == post.person_id and not m.post else m for m in members.get(post.org_id, [])]
    orgs = [o for o in tree.organisations(scope, on) if o.id in groups]
    effective = queries.rules_for(orgs, "org", on)
    found = {}
    for org in orgs:
        cards = []
        for g in groups[org.id]:
            inside = places.get(g.id, [])
            cards.append(rules.Group(g.id, g.name, tuple(p for p, _ in inside), next((p for p, leads in inside if leads), None)))
        try:
            found[org.id] = rules.group_findings(effective[org.id], cards, members.get(org.id, ()))
        except UndefinedValue:
            continue
    return {k: v for k, v in found.items() if v}


def rebuild(w: world.World, scope: Scope, groups: Iterable[Any], members: Iterable[Any], places: Iterable[Any]) -> None:
    """Put these groups, members and places in the stead of those of the world; the posts stay. One spell of a kind without end per person, as the database asks."""
    orgs, persons = [w.orgs[code] for code in BRANCHES], [p for code in BRANCHES for p in w.persons[code][:4]]
    names = dict(Membership.objects.within(scope).values_list("person_id", "name"))
    for model in (GroupPlace, Membership, PartyGroup):
        model.objects.within(scope).delete()
    made = PartyGroup.objects.within(scope).bulk_create(PartyGroup(org_id=orgs[b], name=f"第{n}党小组", **span.days) for n, (b, span) in enumerate(groups, 1))
    open_ended: set[int] = set()
    rows = []
    for n, (branch, standing, span) in enumerate(members):
        person = persons[n % len(persons)]
        if span.lasts == 0 and person in open_ended:
            span = Span(span.begins, 400)
        open_ended |= {person} if span.lasts == 0 else set()
        rows.append(Membership(org_id=orgs[branch], person_id=person, name=names[person], name_sort=f"{n % 5}", standing=standing, **span.days))
    Membership.objects.within(scope).bulk_create(rows)
    open_ended, seated = set(), []
    for who, number, leads, span in places:
        if number >= len(made):
            continue
        if span.lasts == 0 and persons[who] in open_ended:
            span = Span(span.begins, 400)
        open_ended |= {persons[who]} if span.lasts == 0 else set()
        seated.append(GroupPlace(org_id=made[number].org_id, person_id=persons[who], group_id=made[number].pk, is_leader=leads, **span.days))
    GroupPlace.objects.within(scope).bulk_create(seated)


@pytest.fixture
def w() -> world.World:
    return world.build()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=(Phase.explicit, Phase.generate, Phase.shrink))
@given(groups=GROUPS, members=MEMBERS, places=PLACES)
def test_numbers_find_what_reading_every_member_finds(w: world.World, groups: Any, members: Any, places: Any) -> None:
    scope = everything()
    with transaction.atomic():
        rebuild(w, scope, groups, members, places)
        for on in DAYS:
            assert queries.group_health(scope, on) == member_by_member(scope, on)
        transaction.set_rollback(True)


OPEN = Span(0, 0)
FIVE = [(0, "full", OPEN)] * 5


@pytest.mark.parametrize(("groups", "members", "places", "expected"), [
    pytest.param([(0, OPEN)], FIVE, [(n, 0, n == 0, OPEN) for n in range(5)], set(), id="sound"),
    pytest.param([(0, OPEN)], FIVE, [(n, 0, n == 0, OPEN) for n in range(4)], {FindingCode.UNASSIGNED}, id="one in no group"),
    pytest.param([(0, OPEN)], FIVE, [(n, 0, False, OPEN) for n in range(5)], {FindingCode.GROUP_NO_LEADER}, id="nobody leads"),
    pytest.param([(0, OPEN)], FIVE[:2], [(n, 0, n == 0, OPEN) for n in range(5)], {FindingCode.GROUP_SMALL}, id="those who left do not count"),
    pytest.param([(0, OPEN)], [(0, "probationary", OPEN)] * 5, [(n, 0, n == 0, OPEN) for n in range(5)], {FindingCode.GROUP_NO_FULL}, id="no full member"),
    pytest.param(
        [(0, OPEN), (0, OPEN)], [(0, "full", OPEN)] * 8,
        [*((n, n // 4, n in (0, 4), OPEN) for n in range(8)), (0, 1, False, Span(0, 300))], {FindingCode.TWO_GROUPS}, id="in two groups"),
    pytest.param(
        [(0, OPEN)], [*FIVE[:2], (0, "suspended", OPEN)], [(n, 0, n == 0, OPEN) for n in range(3)], {FindingCode.GROUP_SMALL}, id="one is suspended"),
    pytest.param(
        [(0, OPEN)], [*FIVE[:2], *[(1, "full", OPEN)] * 10, (0, "full", Span(0, 300))], [(n, 0, n == 0, OPEN) for n in range(2)],
        {FindingCode.GROUP_SMALL}, id="one is entered twice"),
    pytest.param([(0, OPEN), (1, OPEN)], FIVE, [(n, n == 4, n == 0, OPEN) for n in range(5)],
                 {FindingCode.UNASSIGNED, FindingCode.GROUP_SMALL, FindingCode.GROUP_NO_FULL, FindingCode.GROUP_NO_LEADER}, id="in a group of another branch"),
    pytest.param([(0, OPEN), (0, Span(0, 8))], FIVE, [(n, n == 4, n == 0, OPEN) for n in range(5)], {FindingCode.UNASSIGNED}, id="in a group that ended"),
])
def test_each_kind_of_finding(w: world.World, groups: Any, members: Any, places: Any, expected: set[FindingCode]) -> None:
    scope = everything()
    rebuild(w, scope, groups, members, places)
    found = queries.group_health(scope, world.TODAY)
    assert found == member_by_member(scope, world.TODAY)
    assert {f.code for findings in found.values() for f in findings} == expected


def test_a_sound_county_is_told_without_names(w: world.World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading members, the branches that are sound are left out; without the numbers every branch is read."""
    scope = everything()
    rebuild(w, scope, [(0, OPEN), (1, OPEN)], [*FIVE, (1, "full", OPEN)], [(n, 0, n == 0, OPEN) for n in range(5)])
    read: list[set[int]] = []
    plain = queries._group_findings
    monkeypatch.setattr(queries, "_group_findings", lambda s, on, groups, effective: (read.append(set(groups)), plain(s, on, groups, effective))[1])
    queries.group_health(scope, world.TODAY)
    monkeypatch.setattr(queries, "_sound", lambda *_: set())
    queries.group_health(scope, world.TODAY)
    assert read == [{w.orgs["T1-B2"]}, {w.orgs["T1-B1"], w.orgs["T1-B2"]}]
