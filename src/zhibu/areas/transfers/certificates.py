"""The temporary certificate (党员证明信) as it is printed: what stands on it, and the line in the journal for each one that leaves."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import NotFound

from .models import Stay
from .standards import standards


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a certificate says. `months`: how long one may hold there."""

    stay_id: int
    org_id: int
    org_path: str
    org_name: str
    address: str
    phone: str
    name: str
    gender: str
    standing: str
    place: str
    reason: str
    from_on: date
    to_on: date
    issued_on: date
    ended_on: date | None
    months: int


def certificate(scope: Scope, stay_id: int) -> CertificateFacts:
    """Give what stands on a certificate. Raises NotFound outside the scope."""
    row = Stay.objects.within(scope).filter(pk=stay_id).first()
    if row is None:
        raise NotFound("没有找到这封党员证明信")
    path, on = tree.path_of(row.org_id), localdate(row.made_at)
    office = Organisation.objects.get(pk=row.org_id)
    try:
        file = people.member_file(Scope((path,)), row.person_id, on)
    except NotFound:
        file = None  # his relation has gone since: the sheet is another branch's
    spell = next((s for s in reversed(file.spells) if s.from_on <= on), None) if file else None
    return CertificateFacts(
        row.pk, row.org_id, path, office.name, office.address, office.phone, row.name, file.gender if file else "", spell.standing if spell else "", row.place, row.reason,
        row.from_on, row.to_on, on, row.ended_on, standards(row.org_id, row.from_on).terms.leave_months,
    )


@transaction.atomic
def note_paper(actor: Actor, stay_id: int, *, made_as: str, at: datetime) -> None:
    """Leave a line for a certificate that is printed or taken away."""
    found = certificate(Scope(actor.sees().paths), stay_id)
    actor.require(Permission.TRANSFER_REQUEST, found.org_path)
    journal.write(actor, "transfers.certificate_paper", at=at, org_id=found.org_id, org_path=found.org_path, subject=("stay", stay_id), changes={"as": made_as})
