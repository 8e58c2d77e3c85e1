"""Who was at the meetings of some kinds in a span of days, and what was written about their length: from this the study hours are derived."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.queries import merged

from .models import Absence, Activity, ActivityKind, Topic


@dataclass(frozen=True, slots=True)
class Met:
    """One meeting that counts: its kinds among those asked for, the hours of its lectures, its time, and who was there."""

    id: int
    org_id: int
    title: str
    held_on: date
    kinds: tuple[str, ...]
    start_at: time | None
    end_at: time | None
    lecture_hours: Decimal | None
    present: frozenset[int]


def met(scope: Scope, kinds: Collection[str], first: date, last: date, org_ids: Collection[int] | None = None) -> list[Met]:
    """List the meetings of some kinds with those present, corrected entries left out; five statements whatever the scope."""
    live = ActivityKind.objects.within(scope).filter(kind__in=list(kinds), held_on__gte=first, held_on__lte=last)
    if org_ids is not None:
        live = live.filter(org_id__in=list(org_ids))
    held: dict[int, list[str]] = {}
    for activity_id, kind in live.order_by("activity_id", "id").values_list("activity_id", "kind"):
        held.setdefault(activity_id, []).append(kind)
    if not held:
        return []
    wanted = live.values("activity_id")
    missed: dict[int, set[int]] = {}
    for activity_id, person_id in Absence.objects.within(scope).filter(activity_id__in=wanted).order_by("id").values_list("activity_id", "person_id"):
        missed.setdefault(activity_id, set()).add(person_id)
    hours: dict[int, Decimal] = {}
    for activity_id, n in Topic.objects.within(scope).filter(activity_id__in=wanted, kind="lecture", hours__isnull=False).order_by("id").values_list("activity_id", "hours"):
        hours[activity_id] = hours.get(activity_id, Decimal(0)) + n
    rows = list(
        Activity.objects.within(scope).filter(pk__in=wanted).order_by("held_on", "id").values_list("pk", "org_id", "title", "held_on", "start_at", "end_at", "expected")
    )
    twice = merged()
    nobody: set[int] = set()
    return [
        Met(
            pk, org_id, title, held_on, tuple(dict.fromkeys(held[pk])), start, end, hours.get(pk),
            frozenset(twice.get(p, p) if twice else p for p in expected if p not in missed.get(pk, nobody)),
        )
        for pk, org_id, title, held_on, start, end, expected in rows
    ]
