"""After any random history of founding, merging, splitting, moving and renaming the tree is whole and the past unchanged (G13, trust.md §6)."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests import world
from tests.world import SHANGHAI, World

from zhibu.areas.structure import actions as structure
from zhibu.areas.structure import mergers, procedures, splits, transfers
from zhibu.areas.structure.mergers import Merger
from zhibu.areas.structure.rearranging import Newcomer
from zhibu.areas.structure.splits import Split
from zhibu.areas.structure.transfers import Transfer
from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import GroupPlace, Membership, Person, Post
from zhibu.ground.process import spec
from zhibu.ground.tree import actions as tree_actions
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.actions import segment
from zhibu.ground.tree.models import Organisation, OrganisationSpell, PartyGroup

pytestmark = pytest.mark.django_db
START = date(2026, 5, 1)
PAPER = "青组〔2025〕5号"

#: what, which organisations (by number among those that stand), days since the step before
STEPS = st.lists(
    st.tuples(st.sampled_from(["merge", "merge new", "split", "transfer", "rename", "found"]), st.integers(0, 50), st.integers(0, 50), st.integers(0, 20)),
    min_size=3, max_size=9,
)


def everything() -> Scope:
    return Scope((Organisation.objects.get(parent__isnull=True).path,))


def told(on: date) -> tuple[Any, ...]:
    """What `?on=` answers: tree, rosters, groups and headcounts of a day."""
    scope = everything()
    orgs = [(o.id, o.name, o.short_name, o.kind, o.path, o.parent_id) for o in tree.organisations(scope, on)]
    members = sorted(Membership.objects.within(scope).filter(tree.in_span(on)).values_list("person_id", "org_id", "standing", "rights", "name"))
    places = sorted(GroupPlace.objects.within(scope).filter(tree.in_span(on)).values_list("person_id", "group_id", "is_leader"))
    posts = sorted(Post.objects.within(scope).filter(tree.in_span(on)).values_list("person_id", "org_id", "kind"))
    return orgs, members, places, posts, sorted(people.headcounts(scope, on).items(), key=lambda kv: kv[0])


def step(w: World, what: str, a: int, b: int, day: date, serial: int) -> bool:
    """Try one command; False when it is refused by preview (nothing may have changed then)."""
    actor, at = system_actor(), datetime.combine(day, time(10), SHANGHAI)
    orgs = tree.organisations(everything())
    branches = [o for o in orgs if o.is_branch]
    towns = [o for o in orgs if not o.is_branch and o.parent_id]
    root = orgs[0]
    kind = "branch" if a % 3 else "party_committee"
    of_kind = branches if kind == "branch" else towns
    new = Newcomer(f"N{serial}", f"新组织{serial}", f"新{serial}", kind, ("村委会",))
    if not of_kind or not towns or not branches:
        return False
    one, other = of_kind[a % len(of_kind)], of_kind[b % len(of_kind)]
    town, branch = towns[b % len(towns)], branches[a % len(branches)]
    if what in ("merge", "merge new"):
        sources = (one.id,) if what == "merge" else tuple({one.id, other.id})
        wish = Merger(sources, root.id if kind == "party_committee" else town.id, None if what != "merge" else other.id, day, PAPER, day, "合并",
                      new if what != "merge" else None, keep_groups=bool(b % 2))
        shown = mergers.preview(actor, wish, today=day)
        return not shown.blocks and bool(mergers.merge(actor, wish, seen=shown.digest, at=at))
    if what == "split":
        persons, groups = splits.roster(actor, branch.id, day)
        cut = Split(branch.id, Newcomer(new.code, new.name, new.short_name, "branch", ("村委会",)), day, PAPER, day, "拆分",
                    tuple(p for p, _ in persons[:: 2 + b % 2]), tuple(g.id for g, _ in groups[: b % 2]))
        shown = splits.preview(actor, cut, today=day)
        return not shown.blocks and bool(splits.split(actor, cut, seen=shown.digest, at=at))
    if what == "transfer":
        hand = Transfer(tuple({one.id, branch.id}) if one.is_branch else (one.id,), town.id, day, PAPER, day, "划转", (branch.name, f"改名{serial}") if b % 2 else ("", ""))
        shown = transfers.preview(actor, hand, today=day)
        return not shown.blocks and bool(transfers.transfer(actor, hand, seen=shown.digest, at=at))
    if what == "rename":
        tree_actions.change(actor, one.id, on=day, at=at, document=PAPER, name=f"改名{serial}", short_name=f"改{serial}")
        return True
    tree_actions.found(actor, tree_actions.NewOrg(new.code, new.name, new.short_name, "branch", town.code, day), at=at)
    return True


def whole(days: Iterable[date]) -> None:
    """Check what must hold after every command."""
    scope, orgs = everything(), {o.pk: o for o in Organisation.objects.all()}
    for o in orgs.values():  # paths consistent, no orphan, nothing alive under something dissolved
        parent = orgs.get(o.parent_id or 0)
        assert o.path == (parent.path if parent else "") + segment(o.pk) and o.depth == len(o.path) // 6 - 1
        assert o.status == "dissolved" or parent is None or parent.status != "dissolved"
    spells: dict[int, list[OrganisationSpell]] = {}
    for s in OrganisationSpell.objects.order_by("org_id", "from_on", "id"):
        spells.setdefault(s.org_id, []).append(s)
    for pk, found in spells.items():
        assert all(x.to_on == y.from_on for x, y in zip(found, found[1:], strict=False)), "spells of an organisation have neither gap nor overlap"
        assert (found[-1].to_on is None) == (orgs[pk].status != "dissolved")
        if found[-1].to_on is None:
            assert (found[-1].path, found[-1].name, found[-1].parent_id_then) == (orgs[pk].path, orgs[pk].name, orgs[pk].parent_id)
    memberships: dict[int, list[Membership]] = {}
    for m in Membership.objects.within(scope).order_by("person_id", "from_on", "id"):
        memberships.setdefault(m.person_id, []).append(m)
    homes = dict(Person.objects.within(scope).values_list("pk", "org_id"))
    assert homes.keys() == memberships.keys()
    for person, found in memberships.items():  # in exactly one organisation on every day
        assert all(x.to_on == y.from_on for x, y in zip(found, found[1:], strict=False)) and found[-1].to_on is None
        assert found[-1].org_id == homes[person] and orgs[homes[person]].status == "active"
    groups = {g.pk: g for g in PartyGroup.objects.within(scope)}
    for place in GroupPlace.objects.within(scope).filter(to_on__isnull=True):
        group = groups[place.group_id]
        assert place.org_id == group.org_id == homes[place.person_id] and group.to_on is None
    assert not PartyGroup.objects.within(scope).filter(to_on__isnull=True, org__status="dissolved").exists()
    for on in days:  # headcounts sum up, whatever the tree of the day
        counts = people.headcounts(scope, on)
        there = tree.organisations(scope, on)
        assert {o.id for o in there} >= counts.keys()
        below = {o.id: people.total(counts.get(x.id, people.NOBODY) for x in there if x.path.startswith(o.path)) for o in there}
        for o in there:
            kids = people.total(below[x.id] for x in there if x.parent_id == o.id)
            assert below[o.id].members_all == kids.members_all + counts.get(o.id, people.NOBODY).members_all
        assert sum(c.members_all for c in counts.values()) == len(memberships)


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_any_history_leaves_the_tree_whole_and_the_past_as_it_was(db: None, steps: list[tuple[str, int, int, int]]) -> None:
    for kind in procedures.KINDS:
        spec.register(kind, structure.EFFECTS[kind.code])
    with transaction.atomic():
        w = world.build(members=7, since=date(2024, 1, 1))
        day, past = START, {START - timedelta(days=1): told(START - timedelta(days=1))}
        for serial, (what, a, b, days) in enumerate(steps):
            day += timedelta(days=days)
            now = told(day)
            if not step(w, what, a, b, day, serial):
                assert told(day) == now, "a refused command changed something"
            for on, answer in past.items():
                if on < day:
                    assert told(on) == answer, f"{what} on {day} changed what {on} was"
            past[day] = told(day)
            for same in [d for d in past if d == day]:
                past[same] = told(same)
            whole(past)
        transaction.set_rollback(True)
