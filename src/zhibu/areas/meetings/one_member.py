"""The meetings of one member: what was asked of him and what he came to, for his own page and for those who read the branch's meetings."""
from __future__ import annotations

from datetime import date

from zhibu.ground.guard.scope import Scope, collapse
from zhibu.ground.people.models import Membership
from zhibu.ground.record import one_person
from zhibu.ground.record.one_person import Expected
from zhibu.ground.tree import queries as tree


def meetings_of(scope: Scope, person_id: int, first: date, last: date) -> list[Expected] | None:
    """List the meetings between two days at which a member of branches in scope was expected, newest first; None where no branch of his is in scope."""
    branches = _branches(scope, person_id)
    return one_person.meetings(scope, branches, person_id, first, last) if branches else None


def own_meetings(person_id: int, first: date, last: date) -> list[Expected]:
    """List somebody's own meetings between two days; nothing about anybody else is given."""
    branches = _branches(Scope(person_id=person_id), person_id)
    return one_person.meetings(Scope(collapse(tree.path_of(pk) for pk in branches)), branches, person_id, first, last)


def _branches(scope: Scope, person_id: int) -> list[int]:
    rows = Membership.objects.within(scope).filter(person_id=person_id).order_by("org_id")
    return sorted(set(rows.values_list("org_id", flat=True)))
