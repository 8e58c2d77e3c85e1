"""What happens to places, bookings and fund plans when an organisation ends: places and what is booked go to whoever takes the members over, plans end."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.policy.queries import ids_in
from zhibu.ground.tree import queries as tree

from . import rules
from .models import Booking, FundPlan, Place, PlaceCheck

PLACE = ("name", "kind", "address", "address_key", "area", "shared", "open_below")


def _places(scope: Scope, org_id: int) -> list[Place]:
    return list(Place.objects.within(scope).filter(org_id=org_id, ended_at__isnull=True).order_by("id"))


def _bookings(scope: Scope, org_id: int, on: date) -> list[Booking]:
    rows = Booking.objects.within(scope).filter(Q(org_id=org_id) | Q(for_org_id=org_id), day__gte=on, ended_at__isnull=True)
    return list(rows.order_by("day", "start_minute", "id"))


def _plans(scope: Scope, org_id: int, on: date) -> list[FundPlan]:
    return list(FundPlan.objects.within(scope).filter(org_id=org_id, year__gte=on.year).order_by("year", "id"))


def open_at(org_ids: Sequence[int], on: date) -> list[str]:
    """Name the places, the bookings from the day on and the fund plans of the year at organisations."""
    found = []
    for org in tree.views(org_ids).values():
        scope = Scope((org.path_now,))
        found += [f"{org.short_name}：{p.name}" for p in _places(scope, org.id)]
        found += [f"{org.short_name}：{b.day.month}月{b.day.day}日订的场所" for b in _bookings(scope, org.id, on)]
        found += [f"{org.short_name}：{f.year}年{rules.FUND_ZH[rules.Fund(f.fund)]}" for f in _plans(scope, org.id, on)]
    return found


@transaction.atomic
def carry(actor: Actor, from_org_id: int, to_org_id: int, *, person_ids: Sequence[int], whole: bool, on: date, reason: str, at: datetime, batch_id: int) -> int:
    """Hand the places of an organisation that ends, and what is booked from the day on, to the one that goes on. Of a split nothing goes along.

    A place keeps its newest check; an address that the receiver has registered itself stays one place. What the receiver may not book is given back.
    """
    if not whole:
        return 0
    paths = (tree.path_of(from_org_id), tree.path_of(to_org_id))
    for path in paths:
        actor.require(Permission.ORG_APPROVE, path)
    scope = Scope(paths)
    places, booked = _places(scope, from_org_id), _bookings(scope, from_org_id, on)
    new = {p.pk: _hand_over(actor, scope, p, to_org_id, reason, at) for p in places}
    above, carried = set(ids_in(paths[1])), 0
    for b in booked:
        theirs = to_org_id if b.for_org_id == from_org_id else b.for_org_id
        if b.place_id in new:
            _end_booking(actor, b, paths, at)
            guest = Scope((*paths, tree.path_of(theirs)))
            Booking.objects.within(guest).create(
                org_id=to_org_id, place_id=new[b.place_id], for_org_id=theirs, day=b.day, start_minute=b.start_minute, end_minute=b.end_minute, purpose=b.purpose,
                booked_by=b.booked_by, booked_at=b.booked_at,
            )
            carried += 1
        elif b.org_id in above:
            Booking.objects.within(scope).filter(pk=b.pk).update(for_org_id=to_org_id)
            carried += 1
    if places or carried:
        journal.write(
            actor, "resources.carry", at=at, org_id=to_org_id, org_path=paths[1], subject=("organisation", from_org_id), batch_id=batch_id,
            changes={"on": str(on), "reason": reason[:200], "places": [p.name for p in places], "bookings": carried},
        )
    return len(places) + carried


def _hand_over(actor: Actor, scope: Scope, old: Place, to_org_id: int, reason: str, at: datetime) -> int:
    old.ended_at, old.ended_by, old.ended_why = at, actor.name, reason[:200]
    old.save()
    there = Place.objects.within(scope).filter(org_id=to_org_id, address_key=old.address_key, ended_at__isnull=True).first()
    if there is not None:
        return there.pk
    made = Place.objects.within(scope).create(org_id=to_org_id, made_by=old.made_by, made_at=at, **{name: getattr(old, name) for name in PLACE})
    check = PlaceCheck.objects.within(scope).filter(place_id=old.pk).order_by("day", "id").last()
    if check is not None:
        PlaceCheck.objects.within(scope).create(
            org_id=to_org_id, place_id=made.pk, day=check.day, listed=check.listed, present=check.present, note=check.note, made_by=check.made_by, made_at=check.made_at,
        )
    return made.pk


def _end_booking(actor: Actor, one: Booking, paths: Sequence[str], at: datetime) -> None:
    Booking.objects.within(Scope(tuple(paths))).filter(pk=one.pk).update(ended_at=at, ended_by=actor.name)


@transaction.atomic
def end_with(actor: Actor, org_ids: Sequence[int], *, on: date, reason: str, at: datetime, batch_id: int) -> int:
    """Close the places and give back what is booked at organisations that end on a day; their fund plans stay in the books and ask for nothing more."""
    ended = 0
    for org_id in org_ids:
        path = tree.path_of(org_id)
        actor.require(Permission.ORG_APPROVE, path)
        scope = Scope((path,))
        places, booked, plans = _places(scope, org_id), _bookings(scope, org_id, on), _plans(scope, org_id, on)
        Place.objects.within(scope).filter(pk__in=[p.pk for p in places]).update(ended_at=at, ended_by=actor.name, ended_why=reason[:200])
        for one in booked:
            _end_booking(actor, one, (path,), at)
        if places or booked or plans:
            journal.write(
                actor, "resources.end_with", at=at, org_id=org_id, org_path=path, subject=("organisation", org_id), batch_id=batch_id,
                changes={"on": str(on), "reason": reason[:200], "places": len(places), "bookings": len(booked), "plans": [f"{p.year} {p.fund}" for p in plans]},
            )
        ended += len(places) + len(booked) + len(plans)
    return ended
