"""What happens to transfers and floating records of an organisation that ends (merger, split, dissolution)."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree import queries as tree

from . import rules
from .models import Floating, Transfer, TransferWish
from .rules import Kind, State, Wish


def open_at(org_ids: Sequence[int], on: date) -> list[str]:
    """Say in words what is under way at organisations; nothing here depends on the day."""
    orgs = tree.views(org_ids)
    scope = Scope(tuple(sorted(o.path_now for o in orgs.values())))
    rows = Transfer.objects.within(scope).filter(org_id__in=list(orgs)).exclude(state__in=sorted(rules.DONE)).exclude(state__in=[State.RECEIVED, State.RECEIPTED])
    found = [f"{t.name}的转接（{rules.STATE_ZH[State(t.state)]}）" for t in rows.order_by("id")]
    asked = TransferWish.objects.within(scope).filter(org_id__in=list(orgs), state=Wish.ASKED).order_by("id")
    found += [f"{wish.name}本人的转接申请" for wish in asked]
    return found + [f"{f.name}的流动党员登记" for f in Floating.objects.within(scope).filter(org_id__in=list(orgs), ended_on__isnull=True).order_by("id")]


@transaction.atomic
def end_with(actor: Actor, org_ids: Sequence[int], *, on: date, reason: str, at: datetime, batch_id: int) -> int:
    """Cancel the transfers that leave from organisations that end, send those that come to them back to the committee, end their floating records."""
    ended = 0
    for org_id in org_ids:
        path = tree.path_of(org_id)
        actor.require(Permission.ORG_APPROVE, path)
        scope = Scope((path,))
        rows = Transfer.objects.within(scope).filter(org_id=org_id).exclude(state__in=sorted(rules.DONE)).exclude(state__in=[State.RECEIVED, State.RECEIPTED])
        for row in rows.order_by("id"):
            row.state, row.ended_on, row.version = State.CANCELLED, on, row.version + 1
            row.id_no, row.phone, row.id_no_index = "", "", ""
            row.steps = [*row.steps, {"title": rules.MOVE_ZH[rules.Move.CANCEL], "on": on.isoformat(), "by": actor.name, "text": reason[:100]}]
            row.save()
            ended += 1
        for row in Floating.objects.within(scope).filter(org_id=org_id, ended_on__isnull=True).order_by("id"):
            row.ended_on, row.ended_why, row.version = max(on, row.from_on), reason[:100], row.version + 1
            row.save()
            ended += 1
        for asked in TransferWish.objects.within(scope).filter(org_id=org_id, state=Wish.ASKED).order_by("id"):
            asked.state, asked.answer, asked.answered_by, asked.answered_at = Wish.DECLINED, reason[:100], actor.name, at
            asked.save()
            ended += 1
        coming = Transfer.objects.within(scope).filter(other_org_id=org_id, kind=Kind.NETWORK, state__in=[State.APPLIED, State.CHECKED, State.IN_TRANSIT, State.RETURNED])
        for committee_id in list(coming.order_by("in_committee_id").values_list("in_committee_id", flat=True).distinct()):
            wider = Transfer.objects.within(Scope((tree.path_of(committee_id or 0),)))  # the committee chooses another branch
            ended += wider.filter(pk__in=coming.filter(in_committee_id=committee_id).values("pk")).update(other_org_id=committee_id, version=F("version") + 1)
        if ended:
            journal.write(
                actor, "transfers.end_with", at=at, org_id=org_id, org_path=path, subject=("organisation", org_id), batch_id=batch_id,
                changes={"on": str(on), "reason": reason[:100]},
            )
    return ended
