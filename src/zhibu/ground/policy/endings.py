"""End what was assigned to organisations that are dissolved; results before that day keep their rules."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal import journal
from zhibu.ground.tree.models import Organisation

from .models import Assignment


@transaction.atomic
def end_with(actor: Actor, org_ids: Sequence[int], *, on: date, at: datetime, batch_id: int) -> int:
    """End the assignments of organisations that end on a day; one that would begin later never begins. Returns how many.

    The right asked is the one to dissolve: who dissolves an organisation ends what hung on it."""
    ended = 0
    for org in Organisation.objects.filter(pk__in=list(org_ids)).order_by("id"):
        actor.require(Permission.ORG_APPROVE, org.path)
        rows = Assignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), org_id=org.pk)
        found = list(rows.order_by("id").values_list("family", "rule_set"))
        if found:
            rows.filter(valid_from__gt=on).update(valid_to=F("valid_from"))
            rows.filter(valid_from__lte=on).update(valid_to=on)
            journal.write(
                actor, "policy.end_with", at=at, org_id=org.pk, org_path=org.path, subject=("organisation", org.pk), batch_id=batch_id,
                changes={"assignments": [list(f) for f in found], "on": str(on)},
            )
        ended += len(found)
    return ended
