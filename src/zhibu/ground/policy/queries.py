"""Which rules hold where: assignments from the database, values and provenance from the library."""
from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree.models import Organisation, OrganisationSpell
from zhibu.ground.tree.queries import SEGMENT, in_scope, in_span

from .library import shipped
from .models import Assignment
from .resolve import Choice, Effective, resolve


@dataclass(frozen=True, slots=True)
class Assigned:
    """An assignment with the organisation's spans in the tree left to the caller."""

    org_id: int
    org_name: str
    choice: Choice


def chain_ids(org_id: int, on: date) -> list[int]:
    """Give the ids from the organisation up to the root as the tree stood on a day; today's place where it did not exist then."""
    path = OrganisationSpell.objects.filter(in_span(on), org_id=org_id).values_list("path", flat=True).first()
    if path is None:
        path = Organisation.objects.values_list("path", flat=True).get(pk=org_id)
    return ids_in(path)


def ids_in(path: str) -> list[int]:
    """Give the ids that a path names, from the organisation up to the root."""
    return [int(path[i : i + SEGMENT], 36) for i in range(0, len(path), SEGMENT)][::-1]


def choices(org_ids_nearest_first: Sequence[int], family: str, on: date) -> list[Choice]:
    """Give the assignments valid on a day along a chain of organisations, nearest first."""
    rank = {org_id: i for i, org_id in enumerate(org_ids_nearest_first)}
    rows = Assignment.objects.filter(in_span(on, "valid_from", "valid_to"), family=family, org_id__in=rank).select_related("org")
    found = sorted(rows.order_by("id"), key=lambda a: rank[a.org_id])
    return [Choice(a.rule_set, a.org_id, a.org.name, a.valid_from, a.valid_to) for a in found]


def effective(org_id: int, family: str, on: date) -> Effective:
    """Resolve one family of rules for one organisation on a day, with provenance."""
    return resolve(shipped(), choices(chain_ids(org_id, on), family, on), family, on)


def assignments(family: str, first: date, last: date, *, within: Scope | None = None, above: Collection[int] = ()) -> list[Assigned]:
    """List the assignments of a family that are valid on any day of first..last, by start; with `within` only those made there or at one of `above`."""
    rows = Assignment.objects.filter(family=family, valid_from__lte=last).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=first))
    if within is not None:
        rows = rows.filter(in_scope(within, "org__path") | Q(org_id__in=above))
    fields = ("org_id", "org__name", "rule_set", "valid_from", "valid_to")
    return [Assigned(org_id, name, Choice(code, org_id, name, start, end)) for org_id, name, code, start, end in rows.order_by("valid_from", "id").values_list(*fields)]


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """An assignment as the rules page shows it."""

    id: int
    org_id: int
    org_name: str
    family: str
    rule_set: str
    valid_from: date
    valid_to: date | None
    decided_by: str
    decision_doc: str
    reason: str


def assignments_of(org_ids: Iterable[int]) -> list[AssignmentView]:
    """List every assignment made at the given organisations."""
    rows = Assignment.objects.filter(org_id__in=list(org_ids)).select_related("org").order_by("family", "valid_from", "id")
    return [
        AssignmentView(a.pk, a.org_id, a.org.name, a.family, a.rule_set, a.valid_from, a.valid_to, a.decided_by, a.decision_doc, a.reason) for a in rows
    ]
