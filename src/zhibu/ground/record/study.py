"""Who was at the meetings of some kinds in a span of days, and what was written about their length: from this the study hours are derived.

So are they from lessons made up for (补课), and from what members attended at other organisations (在外参加), which the area that keeps it offers here.
"""
from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.queries import merged

from .models import Absence, ActivityKind, CatchUp, Topic


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


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A meeting missed and made up for on a later day: what it was, and how it was made up for."""

    met: Met
    person_id: int
    on: date
    how: str


def made_up(scope: Scope, kinds: Collection[str], first: date, last: date, org_ids: Collection[int] | None = None, twice: Mapping[int, int] | None = None) -> list[MadeUp]:
    """List the meetings of some kinds that were made up for in a span of days, by the day of that; corrected entries left out.

    One statement where nothing was made up for; else two more for every 900 meetings: their numbers are written out, for a subselect of subselects misleads PostgreSQL.
    """
    rows = CatchUp.objects.within(scope).filter(done_on__gte=first, done_on__lte=last)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    listed = list(rows.order_by("done_on", "id").values_list("absence__activity_id", "absence__person_id", "done_on", "how"))
    asked = sorted({activity_id for activity_id, *_ in listed})
    held: dict[int, list[tuple[Any, ...]]] = {}
    hours: dict[int, Decimal] = {}
    fields = ("activity_id", "org_id", "held_on", "activity__title", "activity__start_at", "activity__end_at", "kind")
    for start in range(0, len(asked), 900):
        some = asked[start : start + 900]
        for row in ActivityKind.objects.within(scope).filter(kind__in=list(kinds), activity_id__in=some).order_by("id").values_list(*fields):
            held.setdefault(row[0], []).append(row)
        topics = Topic.objects.within(scope).filter(activity_id__in=some, kind="lecture", hours__isnull=False)
        for activity_id, n in topics.order_by("id").values_list("activity_id", "hours"):
            hours[activity_id] = hours.get(activity_id, Decimal(0)) + n
    found = [row for row in listed if row[0] in held]
    other = merged() if twice is None else twice
    said = []
    for activity_id, person_id, on, how in found:
        pk, org_id, held_on, title, begun, ended, _ = held[activity_id][0]
        who = other.get(person_id, person_id)
        met = Met(pk, org_id, title, held_on, tuple(dict.fromkeys(r[-1] for r in held[activity_id])), begun, ended, hours.get(pk), frozenset([who]))
        said.append(MadeUp(met, who, on, how))
    return said


@dataclass(frozen=True, slots=True)
class Visited:
    """What a member attended at another organisation, entered by the own branch."""

    person_id: int
    org_id: int
    on: date
    kind: str
    at_org: str


Visits = Callable[[Scope, Collection[str], date, date, Collection[int] | None], list[Visited]]
_VISITS: list[Visits] = []


def offer(visits: Visits) -> None:
    """Register who knows what members attended elsewhere; one statement a call."""
    if visits not in _VISITS:
        _VISITS.append(visits)


def visited(scope: Scope, kinds: Collection[str], first: date, last: date, org_ids: Collection[int] | None = None, twice: Mapping[int, int] | None = None) -> list[Visited]:
    """List what members of organisations in scope attended elsewhere in a span of days."""
    found = [one for visits in _VISITS for one in visits(scope, kinds, first, last, org_ids)]
    other = (merged() if twice is None else twice) if found else {}
    return [Visited(other.get(v.person_id, v.person_id), v.org_id, v.on, v.kind, v.at_org) for v in found] if other else found
