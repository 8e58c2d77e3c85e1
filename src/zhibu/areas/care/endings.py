"""What happens to care when an organisation ends or is split: events, the list of care and open proposals follow the member, or end with a reason."""
from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.tree import queries as tree

from . import queries, rules
from .actions import opened
from .models import CareEvent, CareMember, CareProposal, CareRequest
from .proposals import offices_above

EVENT, LISTED, REQUEST = "五必访要看望的事", "常去看望的党员", "没办完的帮扶申请"
#: what a proposal hands on; who paid and when is the past of an organisation
SAME = (
    "office_id", "name", "kind", "amount_fen", "goods", "source", "state", "made_by", "maker_id", "made_at", "audited_by", "audited_at", "audit_note", "decided_by", "decided_on",
    "decision", "document",
)


@dataclass(frozen=True, slots=True)
class _Open:
    events: list[queries.EventView]
    listed: list[CareMember]
    proposals: list[CareProposal]

    def __len__(self) -> int:
        return len(self.events) + len(self.listed) + len(self.proposals)

    @property
    def said(self) -> list[str]:
        return [EVENT] * len(self.events) + [LISTED] * len(self.listed) + [REQUEST] * len(self.proposals)

    @property
    def counts(self) -> dict[str, int]:
        return {"events": len(self.events), "listed": len(self.listed), "requests": len(self.proposals)}


def _found(scope: Scope, org_id: int, person_ids: Collection[int] | None = None) -> _Open:
    """Give what is open at a branch, or about some of its members. A proposal is open until it is refused, taken back or paid."""
    events = [e for e in queries.events(scope, org_id) if e.seen_on is None]
    listed = list(CareMember.objects.within(scope).filter(org_id=org_id, ended_on__isnull=True).order_by("id"))
    unpaid = Q(state__in=rules.OPEN) | Q(state=rules.State.APPROVED, paid_on__isnull=True)
    waiting = CareRequest.objects.within(scope).filter(unpaid, org_id=org_id).order_by("id").values_list("pk", flat=True)
    proposals = list(CareProposal.objects.within(scope).filter(request_id__in=list(waiting)).select_related("request").order_by("id"))
    if person_ids is None:
        return _Open(events, listed, proposals)
    stays = people.leads_to({r.person_id for r in (*listed, *proposals)})
    return _Open(
        [e for e in events if e.person_id in person_ids], [r for r in listed if stays.get(r.person_id, r.person_id) in person_ids],
        [r for r in proposals if stays.get(r.person_id, r.person_id) in person_ids],
    )


def _asked(org_id: int, path: str) -> list[CareRequest]:
    """List the proposals of other organisations that wait for an answer of this one."""
    return list(CareRequest.objects.within(Scope((path,))).filter(office_id=org_id, state__in=rules.OPEN).exclude(org_id=org_id).order_by("id"))


def open_at(org_ids: Sequence[int], on: date) -> list[str]:
    """Say how much is open at organisations; whose it is stays inside the branch."""
    found = []
    for org in tree.views(org_ids).values():
        found += [f"{org.short_name}：{said}" for said in _found(opened(org.path_now), org.id).said]
        found += [f"{org.short_name}：等答复的帮扶申请"] * len(_asked(org.id, org.path_now))
    return found


def about(org_id: int, person_ids: Sequence[int], on: date) -> list[str]:
    """Say how much is open about some members of a branch."""
    return _found(opened(tree.path_of(org_id)), org_id, set(person_ids)).said


@transaction.atomic
def carry(actor: Actor, from_org_id: int, to_org_id: int, *, person_ids: Sequence[int], whole: bool, on: date, reason: str, at: datetime, batch_id: int) -> int:
    """Let care go along with the members: it ends at the old branch and goes on at the new one. A proposal goes on as far as it was; visits stay behind."""
    paths = (tree.path_of(from_org_id), tree.path_of(to_org_id))
    for path in paths:
        actor.require(Permission.ORG_APPROVE, path)
    scope = Scope(paths, opened(paths[0]).opened | opened(paths[1]).opened)
    found = _found(scope, from_org_id, set(person_ids))
    if not len(found):
        return 0
    _end(actor, scope, found, on, at)
    there = set(CareEvent.objects.within(scope).filter(org_id=to_org_id, ended_at__isnull=True).order_by("id").values_list("person_id", "kind", "day"))
    CareEvent.objects.within(scope).bulk_create([
        CareEvent(org_id=to_org_id, person_id=e.person_id, name=e.name, kind=e.kind, day=e.day, made_by=e.made_by, made_at=at)
        for e in found.events if (e.person_id, e.kind, e.day) not in there
    ])
    members = {person for _, person in people.members_by_org(scope, on, [to_org_id])}
    CareMember.objects.within(scope).bulk_create([
        CareMember(
            org_id=to_org_id, person_id=r.person_id, name=r.name, flag=r.flag, contact_id=r.contact_id if r.contact_id in members else None,
            contact_name=r.contact_name if r.contact_id in members else "", from_on=max(on, r.from_on), made_by=r.made_by, made_at=at,
        )
        for r in found.listed
    ])
    for one in found.proposals:
        old = one.request
        going = CareRequest.objects.within(scope).create(org_id=to_org_id, ground=_said(old.ground), **{name: getattr(old, name) for name in SAME})
        CareProposal.objects.within(scope).create(org_id=to_org_id, request_id=going.pk, person_id=one.person_id, name=one.name, situation=_said(one.situation))
        _withdraw(scope, old.pk, reason)
    journal.write(
        actor, "care.carry", at=at, org_id=to_org_id, org_path=paths[1], subject=("organisation", from_org_id), batch_id=batch_id,
        changes={"on": str(on), "reason": reason[:200], **found.counts},
    )
    return len(found)


def _said(sealed: object) -> str:
    return sealed.reveal() if sealed else ""  # type: ignore[attr-defined, no-any-return]


@transaction.atomic
def end_with(actor: Actor, org_ids: Sequence[int], *, on: date, reason: str, at: datetime, batch_id: int) -> int:
    """End what is still open at organisations that end on a day. What others asked of them goes to the nearest organisation that is above them now."""
    ended = 0
    for org_id in org_ids:
        path = tree.path_of(org_id)
        actor.require(Permission.ORG_APPROVE, path)
        scope = opened(path)
        found, handed = _found(scope, org_id), 0
        _end(actor, scope, found, on, at)
        for one in found.proposals:
            _withdraw(scope, one.request_id, reason)
        for row in _asked(org_id, path):
            office = next((o for o in offices_above(row.org_id) if o.id not in org_ids), None)
            if office is not None and row.org_id not in org_ids:
                actor.require(Permission.ORG_APPROVE, tree.path_of(row.org_id))
                CareRequest.objects.within(Scope((office.path_now, path))).filter(pk=row.pk).update(office_id=office.id)
                handed += 1
        if len(found) or handed:
            journal.write(
                actor, "care.end_with", at=at, org_id=org_id, org_path=path, subject=("organisation", org_id), batch_id=batch_id,
                changes={"on": str(on), "reason": reason[:200], **found.counts, "handed": handed},
            )
        ended += len(found) + handed
    return ended


def _end(actor: Actor, scope: Scope, found: _Open, on: date, at: datetime) -> None:
    CareEvent.objects.within(scope).filter(pk__in=[e.id for e in found.events]).update(ended_at=at, ended_by=actor.name)
    for one in found.listed:
        CareMember.objects.within(scope).filter(pk=one.pk).update(ended_on=max(on, one.from_on))


def _withdraw(scope: Scope, request_id: int, reason: str) -> None:
    CareRequest.objects.within(scope).filter(pk=request_id).update(state=rules.State.WITHDRAWN, decision=reason[:200])
