"""Somebody registered twice: the dues of both registrations are one account. Rows keep their numbers (ADR 0006); whoever reads puts them together here."""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db.models import QuerySet

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import PersonMerge

from .models import Assessment, Income

M = TypeVar("M", bound=Income)
AT_ONCE = 900


@dataclass(frozen=True, slots=True)
class Twins:
    """Who was merged into whom, and the assessments that do not count because another one of the same person and month does."""

    stays: Mapping[int, int]
    surplus: frozenset[int]

    def of(self, person_id: int) -> int:
        """Give the person who stays."""
        return self.stays.get(person_id, person_id)

    def ids(self, person_id: int) -> list[int]:
        """Give every number of a person, that of the one who stays first."""
        stays = self.of(person_id)
        return [stays, *sorted(loser for loser, winner in self.stays.items() if winner == stays)]

    def every(self, person_ids: Iterable[int]) -> list[int]:
        """Give every number of some persons."""
        return sorted({i for p in person_ids for i in self.ids(p)}) if self.stays else sorted(set(person_ids))


NOBODY = Twins({}, frozenset())


def twins(scope: Scope, person_id: int | None = None) -> Twins:
    """Find who was registered twice (of everybody, or around one person) and which of their assessments in scope count. One statement where nobody was."""
    merged = people.merged()
    if person_id is not None:
        stays = merged.get(person_id, person_id)
        merged = {loser: winner for loser, winner in merged.items() if winner == stays}
    if not merged:
        return NOBODY
    found: dict[tuple[int, int], list[tuple[bool, bool, int]]] = {}
    everybody = sorted({*merged, *merged.values()})
    for start in range(0, len(everybody), AT_ONCE):
        rows = rows_of(Assessment, scope, everybody[start : start + AT_ONCE]).filter(ended_at__isnull=True).order_by("id")
        for pk, person, month, payment in rows.values_list("pk", "person_id", "month", "payment_id"):
            found.setdefault((merged.get(person, person), month), []).append((payment is None, person in merged, pk))
    return Twins(merged, frozenset(pk for same in found.values() for _, _, pk in _left_out(same)))


def _left_out(same: list[tuple[bool, bool, int]]) -> list[tuple[bool, bool, int]]:
    """Of the assessments of one person and month, give those that do not count: one that is paid goes before, then that of the registration that stays."""
    return sorted(same)[1:]


def losers() -> QuerySet[Any]:
    """Give the numbers of those who were merged into others, as a subquery."""
    return PersonMerge.objects.unscoped("sums of months ask whether anybody was registered twice").order_by().values("loser_id")  # type: ignore[no-any-return]


def rows_of(model: type[M], scope: Scope, person_ids: Collection[int]) -> QuerySet[M]:
    """Give the rows of some numbers in scope; one's own are those of every number among them, where one of them is one's own."""
    found: Any = model.objects.within(scope)
    if scope.person_id is not None and scope.person_id in person_ids:
        for other in person_ids:
            if other != scope.person_id:
                found = found | model.objects.within(replace(scope, person_id=other))
    return found.filter(person_id__in=list(person_ids))  # type: ignore[no-any-return]
