"""Who came to an organisation within a year, and where they were before: for what a member brings along wherever he goes (study hours)."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree.queries import in_span

from .models import Membership
from .queries import offices


@dataclass(frozen=True, slots=True)
class Before:
    """A spell at another organisation: from the first day to the day before `to_on`."""

    person_id: int
    org_id: int
    from_on: date
    to_on: date

    def covers(self, on: date) -> bool:
        """Tell whether the spell holds a day."""
        return self.from_on <= on < self.to_on


def came(scope: Scope, on: date, since: date, org_ids: Collection[int] | None = None) -> dict[int, list[Before]]:
    """Give, for the members of a day who came to their organisation after `since`, the spells elsewhere that reach beyond that day; one statement."""
    here = Membership.objects.within(offices(scope)).filter(in_span(on), from_on__gt=since)
    if org_ids is not None:
        here = here.filter(org_id__in=list(org_ids))
    rows = Membership.objects.unscoped("what a member earned this year goes along to the organisation that took him over")
    rows = rows.filter(person_id__in=here.values("person_id"), to_on__isnull=False, to_on__gt=since, to_on__lte=on, from_on__lte=on)
    found: dict[int, list[Before]] = {}
    for person_id, org_id, from_on, to_on in rows.order_by("from_on", "id").values_list("person_id", "org_id", "from_on", "to_on"):
        found.setdefault(person_id, []).append(Before(person_id, org_id, from_on, to_on))
    return found
