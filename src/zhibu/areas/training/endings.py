"""What happens to the courses of the year when an organisation ends: the one that goes on opens them again. Hours were a member's and follow him by themselves."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree import queries as tree

from .models import Course


def _courses(scope: Scope, org_id: int, on: date) -> list[Course]:
    return list(Course.objects.within(scope).filter(org_id=org_id, year__gte=on.year).order_by("id"))


def open_at(org_ids: Sequence[int], on: date) -> list[str]:
    """Name the courses that organisations opened for the year of the day and later."""
    return [f"{org.short_name}：{c.title}" for org in tree.views(org_ids).values() for c in _courses(Scope((org.path_now,)), org.id, on)]


@transaction.atomic
def carry(actor: Actor, from_org_id: int, to_org_id: int, *, person_ids: Sequence[int], whole: bool, on: date, reason: str, at: datetime, batch_id: int) -> int:
    """Open the courses of an organisation that ends at the one that goes on, where it has none of that title; what was held stays in the old books."""
    if not whole:
        return 0
    paths = (tree.path_of(from_org_id), tree.path_of(to_org_id))
    for path in paths:
        actor.require(Permission.ORG_APPROVE, path)
    scope = Scope(paths)
    there = {(c.year, c.title) for c in _courses(scope, to_org_id, on)}
    going = [c for c in _courses(scope, from_org_id, on) if (c.year, c.title) not in there]
    Course.objects.within(scope).bulk_create([Course(org_id=to_org_id, year=c.year, title=c.title, kind=c.kind, made_by=c.made_by, made_at=at) for c in going])
    if going:
        journal.write(
            actor, "training.carry", at=at, org_id=to_org_id, org_path=paths[1], subject=("organisation", from_org_id), batch_id=batch_id,
            changes={"on": str(on), "reason": reason[:200], "courses": [c.title for c in going]},
        )
    return len(going)


def end_with(actor: Actor, org_ids: Sequence[int], *, on: date, reason: str, at: datetime, batch_id: int) -> int:
    """End nothing: a course without sessions to come owes nothing, and an organisation that ended opens no more."""
    return 0
