"""What one person was expected at, and whether they came: the other way to read the rolls of activities."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.queries import leads_to

from .models import Absence, Activity, ActivityKind, CatchUp


@dataclass(frozen=True, slots=True)
class Expected:
    """A meeting that expected the person. status: present, leave, absent; made_up_on: when an absence was made up for (补课)."""

    activity_id: int
    org_id: int
    held_on: date
    title: str
    kinds: tuple[str, ...]
    status: str
    reason: str = ""
    made_up_on: date | None = None


def meetings(scope: Scope, org_ids: Iterable[int], person_id: int, first: date, last: date) -> list[Expected]:
    """List the meetings of some organisations between two days whose roll names the person, newest first; corrected entries are left out."""
    live = ActivityKind.objects.within(scope).filter(org_id__in=list(org_ids), held_on__gte=first, held_on__lte=last)
    rows = Activity.objects.within(scope).filter(pk__in=live.values("activity_id")).order_by("-held_on", "-id")
    entries = list(rows.values_list("pk", "org_id", "held_on", "title", "held_as", "expected"))
    twice = leads_to({p for *_, expected in entries for p in expected})
    mine = [entry for entry in entries if any(twice.get(p, p) == person_id for p in entry[5])]
    ids = {person_id, *(old for old, stays in twice.items() if stays == person_id)}
    missed = {a.activity_id: a for a in Absence.objects.within(scope).filter(activity_id__in=[e[0] for e in mine], person_id__in=ids).order_by("id")}
    made_up = dict(CatchUp.objects.within(scope).filter(absence_id__in=[a.pk for a in missed.values()]).order_by("id").values_list("absence_id", "done_on"))
    found = []
    for pk, org_id, held_on, title, kinds, _ in mine:
        absence = missed.get(pk)
        status, reason = (absence.status, absence.reason) if absence else ("present", "")
        found.append(Expected(pk, org_id, held_on, title, tuple(k for k, _ in kinds), status, reason, made_up.get(absence.pk) if absence else None))
    return found
