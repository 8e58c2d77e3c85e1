"""What happens to open talk events and contacts when an organisation ends or is split: they follow the member, or end. Held talks stay where they were."""
from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Compartment, Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.tree import queries as tree

from . import queries
from .models import ContactPerson, TalkEvent


def _opened(paths: Sequence[str]) -> Scope:
    return Scope(tuple(paths), frozenset((Compartment.TALKS, path) for path in paths))


def _events(scope: Scope, org_id: int, person_ids: Collection[int] | None = None) -> list[queries.EventView]:
    waiting = [e for e in queries.events(scope, org_id) if e.talked_on is None]
    return waiting if person_ids is None else [e for e in waiting if e.person_id in person_ids]


def _contacts(scope: Scope, org_id: int, person_ids: Collection[int] | None = None) -> list[ContactPerson]:
    rows = list(ContactPerson.objects.within(scope).filter(org_id=org_id, ended_on__isnull=True).order_by("id"))
    stays = people.leads_to({r.member_id for r in rows})
    return [r for r in rows if person_ids is None or stays.get(r.member_id, r.member_id) in person_ids]


def open_at(org_ids: Sequence[int], on: date) -> list[str]:
    """Say how much is open at organisations; whose it is stays inside the branch."""
    found = []
    for org in tree.views(org_ids).values():
        scope = _opened([org.path_now])
        found += [f"{org.short_name}：五必谈要谈的事"] * len(_events(scope, org.id)) + [f"{org.short_name}：联系对象"] * len(_contacts(scope, org.id))
    return found


def about(org_id: int, person_ids: Sequence[int], on: date) -> list[str]:
    """Say how much is open about some members of a branch."""
    scope, going = _opened([tree.path_of(org_id)]), set(person_ids)
    return ["五必谈要谈的事"] * len(_events(scope, org_id, going)) + ["联系对象"] * len(_contacts(scope, org_id, going))


@transaction.atomic
def carry(actor: Actor, from_org_id: int, to_org_id: int, *, person_ids: Sequence[int], whole: bool, on: date, reason: str, at: datetime, batch_id: int) -> int:
    """Let what is open about members go along with them: it ends at the old branch and is opened at the new one, with the same day and maker."""
    paths = [tree.path_of(from_org_id), tree.path_of(to_org_id)]
    for path in paths:
        actor.require(Permission.ORG_APPROVE, path)
    scope, going = _opened(paths), set(person_ids)
    events, contacts = _events(scope, from_org_id, going), _contacts(scope, from_org_id, going)
    if not events and not contacts:
        return 0
    _end_events(actor, scope, events, at)
    there = set(TalkEvent.objects.within(scope).filter(org_id=to_org_id, ended_at__isnull=True).order_by("id").values_list("person_id", "kind", "day"))
    TalkEvent.objects.within(scope).bulk_create([
        TalkEvent(org_id=to_org_id, person_id=e.person_id, name=e.name, kind=e.kind, day=e.day, made_by=e.made_by, made_at=at)
        for e in events if (e.person_id, e.kind, e.day) not in there
    ])
    _end_contacts(scope, contacts, on)
    ContactPerson.objects.within(scope).bulk_create([
        ContactPerson(
            org_id=to_org_id, member_id=c.member_id, member_name=c.member_name, name=c.name, purpose=c.purpose, from_on=max(on, c.from_on), made_by=c.made_by, made_at=at,
        )
        for c in contacts
    ])
    journal.write(
        actor, "talks.carry", at=at, org_id=to_org_id, org_path=paths[1], subject=("organisation", from_org_id), batch_id=batch_id,
        changes={"on": str(on), "reason": reason[:200], "events": len(events), "contacts": len(contacts)},
    )
    return len(events) + len(contacts)


@transaction.atomic
def end_with(actor: Actor, org_ids: Sequence[int], *, on: date, reason: str, at: datetime, batch_id: int) -> int:
    """End what is still open at organisations that end on a day; the reason stands in the journal."""
    ended = 0
    for org_id in org_ids:
        path = tree.path_of(org_id)
        actor.require(Permission.ORG_APPROVE, path)
        scope = _opened([path])
        events, contacts = _events(scope, org_id), _contacts(scope, org_id)
        if not events and not contacts:
            continue
        _end_events(actor, scope, events, at)
        _end_contacts(scope, contacts, on)
        journal.write(
            actor, "talks.end_with", at=at, org_id=org_id, org_path=path, subject=("organisation", org_id), batch_id=batch_id,
            changes={"on": str(on), "reason": reason[:200], "events": len(events), "contacts": len(contacts)},
        )
        ended += len(events) + len(contacts)
    return ended


def _end_events(actor: Actor, scope: Scope, events: Sequence[queries.EventView], at: datetime) -> None:
    TalkEvent.objects.within(scope).filter(pk__in=[e.id for e in events]).update(ended_at=at, ended_by=actor.name)


def _end_contacts(scope: Scope, contacts: Sequence[ContactPerson], on: date) -> None:
    for one in contacts:
        ContactPerson.objects.within(scope).filter(pk=one.pk).update(ended_on=max(on, one.from_on))
