"""Carry members into another branch when organisations are merged or split: spells, group places and approved exclusions go with them."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import Q

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree.models import Organisation, OrgStatus
from zhibu.ground.tree.queries import BRANCHES, NotFound
from zhibu.kernel.dates import show

from .actions import PeopleError, _end_spans, _leave
from .models import Exclusion, GroupPlace, Membership, Person, Post

CHUNK = 800
T = TypeVar("T")


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


@transaction.atomic
def carry(
    actor: Actor, *, from_org_id: int, to_org_id: int, on: date, document: str, at: datetime, batch_id: int, person_ids: Sequence[int] | None = None,
    groups: Mapping[int, int] | None = None,
) -> list[int]:
    """Carry members (all, or some) from one branch to another on a day; returns their ids.

    Posts at the old branch end. Who was placed in a group that is a key of `groups` is placed in the group it leads to, leaders stay leaders;
    approved exclusions from the expected headcount go on with the same papers. ORG_APPROVE is asked at both branches.
    Raises PeopleError E045 when the receiving organisation keeps no members, E002 when somebody came to the old branch later than the day.
    """
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in=[from_org_id, to_org_id])}
    if len(orgs) < 2:
        raise NotFound("没有找到这个党组织")
    for org in orgs.values():
        actor.require(Permission.ORG_APPROVE, org.path)  # a re-organisation is decided above; writing members is another right
    to_org = orgs[to_org_id]
    if to_org.kind not in BRANCHES or to_org.status == OrgStatus.DISSOLVED:
        raise PeopleError("E045", f"“{to_org.name}”不能接收党员，请选一个正常的党支部", "to_org_id")
    scope = Scope(tuple(o.path for o in orgs.values()))
    rows = Membership.objects.within(scope).filter(org_id=from_org_id, to_on__isnull=True).select_for_update(of=("self",)).order_by("id")
    wanted = None if person_ids is None else set(person_ids)
    going = [r for r in rows if wanted is None or r.person_id in wanted]
    late = [r.name for r in going if r.from_on > on]
    if late:
        raise PeopleError("E002", f"{'、'.join(late[:5])}在{show(on)}以后才到“{orgs[from_org_id].name}”，请把日期改晚", "on")
    ids = [r.person_id for r in going]
    _respell(scope, going, to_org_id, on, document)
    _carry_exclusions(scope, from_org_id, to_org_id, ids, on)
    _carry_places(scope, from_org_id, to_org_id, ids, on, groups or {})
    for some in _parts(ids):
        _leave(scope, from_org_id, list(some), on)
        Person.objects.within(scope).filter(org_id=from_org_id, pk__in=some).update(org_id=to_org_id)
    journal.write(
        actor, "people.move_all", at=at, org_id=to_org_id, org_path=to_org.path, subject=("organisation", from_org_id), batch_id=batch_id,
        changes={"persons": ids, "on": str(on), "document": document, "groups": {str(k): v for k, v in (groups or {}).items()}},
    )
    return ids


def _respell(scope: Scope, going: Sequence[Membership], to_org_id: int, on: date, document: str) -> None:
    for some in _parts([r.pk for r in going]):
        Membership.objects.within(scope).filter(pk__in=some).update(to_on=on)
    Membership.objects.within(scope).bulk_create(
        [
            Membership(
                org_id=to_org_id, person_id=r.person_id, name=r.name, name_sort=r.name_sort, standing=r.standing, rights=r.rights, from_on=on,
                began_as="moved", document=document[:200],
            )
            for r in going
        ],
        batch_size=500,
    )


def _carry_exclusions(scope: Scope, from_org_id: int, to_org_id: int, ids: Sequence[int], on: date) -> None:
    going = set(ids)
    running = Exclusion.objects.within(scope).filter(Q(to_on__isnull=True) | Q(to_on__gt=on), org_id=from_org_id).order_by("id")
    Exclusion.objects.within(scope).bulk_create(
        [
            Exclusion(
                org_id=to_org_id, person_id=e.person_id, reason=e.reason, from_on=max(on, e.from_on), to_on=e.to_on, superior_ref=e.superior_ref,
                meeting_ref=e.meeting_ref,
            )
            for e in running
            if e.person_id in going
        ]
    )


def _carry_places(scope: Scope, from_org_id: int, to_org_id: int, ids: Sequence[int], on: date, groups: Mapping[int, int]) -> None:
    going = set(ids)
    held = list(GroupPlace.objects.within(scope).filter(org_id=from_org_id, to_on__isnull=True).order_by("id"))
    held = [p for p in held if p.person_id in going]
    for some in _parts([p.pk for p in held]):  # first, because a person has one open place
        GroupPlace.objects.within(scope).filter(pk__in=some).update(to_on=on)
    GroupPlace.objects.within(scope).bulk_create(
        [
            GroupPlace(org_id=to_org_id, person_id=p.person_id, group_id=groups[p.group_id], is_leader=p.is_leader, from_on=on)
            for p in held
            if p.group_id in groups
        ],
        batch_size=500,
    )


@transaction.atomic
def vacate(actor: Actor, org_ids: Sequence[int], *, on: date, at: datetime, batch_id: int) -> int:
    """End every post at organisations that end on a day, whoever holds it and wherever the holder's membership is; returns how many."""
    orgs = list(Organisation.objects.filter(pk__in=list(org_ids)).order_by("id"))
    ended = 0
    for org in orgs:
        actor.require(Permission.ORG_APPROVE, org.path)
        rows = Post.objects.within(Scope((org.path,))).filter(Q(to_on__isnull=True) | Q(to_on__gt=on), org_id=org.pk)
        held = list(rows.order_by("id").values_list("person_id", "kind"))
        if held:
            _end_spans(Post.objects.within(Scope((org.path,))).filter(org_id=org.pk), on)
            journal.write(
                actor, "people.vacate", at=at, org_id=org.pk, org_path=org.path, subject=("organisation", org.pk), batch_id=batch_id,
                changes={"posts": [list(h) for h in held], "on": str(on)},
            )
        ended += len(held)
    return ended
