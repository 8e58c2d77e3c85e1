"""Who was at the meetings of some kinds in a span of days, and what was written about their length: from this the study hours are derived."""
from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.queries import merged

from .models import Absence, ActivityKind, Topic


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


def met(scope: Scope, kinds: Collection[str], first: date, last: date, org_ids: Collection[int] | None = None, twice: Mapping[int, int] | None = None) -> list[Met]:
    """List the meetings of some kinds with those present, by day, corrected entries left out; a fixed number of statements.

    twice: who was merged into whom, as `people.queries.merged` gives it; asked for where it is not given.
    """
    live = ActivityKind.objects.within(scope).filter(kind__in=list(kinds), held_on__gte=first, held_on__lte=last)
    if org_ids is not None:
        live = live.filter(org_id__in=list(org_ids))
    fields = ("activity_id", "org_id", "held_on", "activity__title", "activity__start_at", "activity__end_at", "listed", "kind")
    rows: dict[int, tuple[Any, ...]] = {}
    held: dict[int, list[str]] = {}
    for row in live.annotate(listed=Cast("activity__expected", TextField())).order_by("held_on", "activity_id", "id").values_list(*fields):
        rows[row[0]] = row
        held.setdefault(row[0], []).append(row[-1])
    if not held:
        return []
    wanted = live.values("activity_id")
    missed: dict[int, set[int]] = {}
    for activity_id, person_id in Absence.objects.within(scope).filter(activity_id__in=wanted).order_by("activity_id", "person_id").values_list("activity_id", "person_id"):
        missed.setdefault(activity_id, set()).add(person_id)
    hours: dict[int, Decimal] = {}
    for activity_id, n in Topic.objects.within(scope).filter(activity_id__in=wanted, kind="lecture", hours__isnull=False).order_by("id").values_list("activity_id", "hours"):
        hours[activity_id] = hours.get(activity_id, Decimal(0)) + n
    other = merged() if twice is None else twice
    lists = _Lists(other)
    return [
        Met(pk, org_id, title, held_on, tuple(dict.fromkeys(held[pk])), start, end, hours.get(pk), lists.present(listed, missed.get(pk)))
        for pk, org_id, held_on, title, start, end, listed, _ in rows.values()
    ]


class _Lists:
    """Who was expected, from the column as text: the meetings of an organisation mostly name the same members, so each list is read once and shared."""

    def __init__(self, other: Mapping[int, int]) -> None:
        self.other = other
        self.read: dict[str, frozenset[int]] = {}
        self.led: dict[str, frozenset[int]] = {}  # the same, with those merged into others under the one that stays

    def present(self, listed: str, missed: set[int] | None) -> frozenset[int]:
        """Give who was there: those listed without those who missed it."""
        everybody = self.read.get(listed)
        if everybody is None:
            everybody = self.read[listed] = frozenset(json.loads(listed))
            self.led[listed] = self._lead(everybody)
        return self._lead(everybody - missed) if missed else self.led[listed]

    def _lead(self, found: frozenset[int]) -> frozenset[int]:
        return found if self.other.keys().isdisjoint(found) else frozenset(self.other.get(p, p) for p in found)
