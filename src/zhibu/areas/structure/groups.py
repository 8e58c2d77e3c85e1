"""Form, arrange and close the Party groups of a branch."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import GroupPlace
from zhibu.ground.tree import actions as tree_actions
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.result import refuse

from . import queries, rules
from .actions import StructureError, check, day_of, not_future, rule, standing_org


@transaction.atomic
def form_group(actor: Actor, org_id: int, *, name: str, member_ids: Sequence[int], leader_id: int | None, from_on: date, at: datetime) -> int:
    """Form a Party group with its members and leader; returns its id.

    Raises StructureError E003 (no branch), E006 (too few, no full member), E007 (somebody is in another group), E045, E001.
    """
    org = standing_org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    scope = Scope((org.path,))
    members, others = _groups_now(scope, org, from_on)
    group = rules.Group(None, name.strip(), tuple(dict.fromkeys(member_ids)), leader_id)
    found = [*not_future(from_on, day_of(at), "成立日期")]
    if not name.strip():
        found.append(refuse("E054", "没有填党小组名称。"))
    if any(o.name == name.strip() for o in others):
        found.append(refuse("E044", f"已经有一个“{name.strip()}”。请换一个名称。"))
    check([*found, *rules.check_group(rule(org, "org", from_on), org.kind, group, members, others)])
    (group_id,) = tree_actions.form_groups(actor, [tree_actions.NewGroup(org_id, name.strip()[:40], from_on)], at=at)
    people_actions.place(
        actor, [people_actions.NewPlace(org_id, p, group_id, from_on, is_leader=p == leader_id) for p in group.member_ids], at=at
    )
    return group_id


def _groups_now(scope: Scope, org: OrgView, on: date) -> tuple[dict[int, rules.GroupMember], list[rules.Group]]:
    roll = people.roll(scope, org.id, on) if org.is_branch else []
    members = {m.person_id: m for m in queries.as_members(roll)}
    return members, [queries.as_group(c) for c in queries.group_cards(scope, org.id, on, roll)]


@transaction.atomic
def arrange_groups(
    actor: Actor, org_id: int, *, places: Mapping[int, int], leaders: Mapping[int, int], on: date, at: datetime
) -> None:
    """Place members in groups (person id -> group id) and choose leaders (group id -> person id) from a day on; the rest stays.

    Every group of the branch is checked as it would be afterwards: E006, E045 (leader not in the group, person or group of another branch), E001.
    """
    org = standing_org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    scope = Scope((org.path,))
    members, now = _groups_now(scope, org, on)
    known = {g.group_id for g in now}
    if not set(places.values()) | set(leaders) <= known:
        raise StructureError(refuse("E045", "所选的党小组不在本支部，或已经撤销。请重新打开页面再编。"))
    after = _arranged(now, places, leaders)
    effective = rule(org, "org", on)
    found = [*not_future(on, day_of(at), "编组日期")]
    for group in after:
        found += rules.check_group(effective, org.kind, group, members)
    check(found)
    before = {(p, g.group_id): p == g.leader_id for g in now for p in g.member_ids}
    wanted = [
        people_actions.NewPlace(org_id, p, g.group_id, on, is_leader=p == g.leader_id)
        for g in after for p in g.member_ids
        if g.group_id is not None and before.get((p, g.group_id)) != (p == g.leader_id)
    ]
    if wanted:
        people_actions.place(actor, wanted, at=at)


def _arranged(now: Sequence[rules.Group], places: Mapping[int, int], leaders: Mapping[int, int]) -> list[rules.Group]:
    found = []
    for group in now:
        kept = [p for p in group.member_ids if places.get(p, group.group_id) == group.group_id]
        added = [p for p, g in places.items() if g == group.group_id and p not in kept]
        inside = (*kept, *added)
        leader = leaders.get(group.group_id or 0, group.leader_id if group.leader_id in inside else None)
        found.append(rules.Group(group.group_id, group.name, inside, leader))
    return found


@transaction.atomic
def close_group(actor: Actor, org_id: int, group_id: int, *, move_to: int | None, on: date, at: datetime) -> None:
    """Close a Party group; its members go to another group, or, when it is the last one, to none. Raises StructureError E007, E001, NotFound."""
    org = standing_org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    scope = Scope((org.path,))
    members, now = _groups_now(scope, org, on)
    group = next((g for g in now if g.group_id == group_id), None)
    if group is None:
        raise tree.NotFound("没有找到这个党小组，或已经撤销")
    remaining = [g for g in now if g.group_id != group_id]
    if move_to is not None:
        if move_to not in {g.group_id for g in remaining}:
            raise StructureError(refuse("E045", "接收组员的党小组不在本支部。请另选一个。"))
        remaining = _arranged(remaining, dict.fromkeys(group.member_ids, move_to), {})
    check([*not_future(on, day_of(at), "撤销日期"), rules.check_group_closing(group, members, remaining)])
    if move_to is not None and group.member_ids:
        people_actions.place(actor, [people_actions.NewPlace(org_id, p, move_to, on) for p in group.member_ids], at=at)
    GroupPlace.objects.within(scope).filter(group_id=group_id, to_on__isnull=True).update(to_on=on)
    tree_actions.close_group(actor, group_id, on=on, at=at)
