"""Book a venue: one's own, or one that an organisation above opens to those below. Two bookings never overlap."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.policy.queries import ids_in
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show

from . import rules
from .models import Booking, Place
from .refused import Fault, ResourceRefused

AHEAD = 366  # days


@dataclass(frozen=True, slots=True)
class BookingView:
    """A booking."""

    id: int
    place_id: int
    place: str
    org_id: int
    for_org_id: int
    for_org: str
    day: date
    start: time
    end: time
    purpose: str
    by: str


@dataclass(frozen=True, slots=True)
class Venue:
    """A place that an organisation may book."""

    id: int
    name: str
    address: str
    org_id: int
    org_name: str


@dataclass(frozen=True, slots=True)
class NewBooking:
    """What is booked, for whom and for what."""

    place_id: int
    for_org_id: int
    day: date
    start: time | None
    end: time | None
    purpose: str


def venues(scope: Scope, org_id: int) -> list[Venue]:
    """List what an organisation may book: its own places, and those that organisations above open to it."""
    path = tree.path_of(org_id)
    if not scope.covers(path):
        raise tree.NotFound("没有找到这个党组织")
    above = ids_in(path)
    rows = Place.objects.unscoped("a venue that an organisation above opens is open to those below").filter(ended_at__isnull=True, org_id__in=above)
    names = {i: o.short_name for i, o in tree.views(above).items()}
    return [Venue(p.pk, p.name, p.address, p.org_id, names[p.org_id]) for p in rows.order_by("-org_id", "id") if p.org_id == org_id or p.open_below]


def bookings(scope: Scope, first: date, last: date, *, place_id: int | None = None, org_id: int | None = None) -> list[BookingView]:
    """List the bookings in force between two days: of a place, or those that concern an organisation, by day and time."""
    rows = Booking.objects.within(scope).filter(day__gte=first, day__lte=last, ended_at__isnull=True).select_related("place")
    if place_id is not None:
        rows = rows.filter(place_id=place_id)
    if org_id is not None:
        rows = rows.filter(for_org_id=org_id)
    found = list(rows.order_by("day", "start_minute", "id"))
    names = {i: o.short_name for i, o in tree.views({b.for_org_id for b in found}).items()}
    return [
        BookingView(
            b.pk, b.place_id, b.place.name, b.org_id, b.for_org_id, names.get(b.for_org_id, ""), b.day, _clock(b.start_minute), _clock(b.end_minute), b.purpose, b.booked_by
        )
        for b in found
    ]


def taken(scope: Scope, org_id: int, first: date, last: date) -> dict[int, list[tuple[date, time, time]]]:
    """Give, for every venue that the organisation may book, when it is taken; not by whom and not for what."""
    open_to = [v.id for v in venues(scope, org_id)]
    rows = Booking.objects.unscoped("who may book a venue must see when it is taken, not by whom")
    rows = rows.filter(place_id__in=open_to, day__gte=first, day__lte=last, ended_at__isnull=True).order_by("day", "start_minute")
    found: dict[int, list[tuple[date, time, time]]] = {}
    for place_id, day, start, end in rows.values_list("place_id", "day", "start_minute", "end_minute"):
        found.setdefault(place_id, []).append((day, _clock(start), _clock(end)))
    return found


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


@transaction.atomic
def book(actor: Actor, new: NewBooking, *, at: datetime) -> int:
    """Book a venue; returns the booking's id. Raises ResourceRefused: E001 (past or too far), E002, E044 (taken), E054; NotFound for a place not open to the organisation."""
    path = tree.path_of(new.for_org_id)
    actor.require(Permission.RESOURCE_WRITE, path)
    venue = next((v for v in venues(Scope((path,)), new.for_org_id) if v.id == new.place_id), None)
    if venue is None:
        raise tree.NotFound("没有找到这个场所，或没有开放给本组织")
    today = timezone.localtime(at).date()
    found = []
    if new.day < today:
        found.append(Fault("day", "E002", "日期已经过了，请选今天以后的"))
    if new.day > today + timedelta(days=AHEAD):
        found.append(Fault("day", "E032", "最多提前一年订"))
    if new.start is None or new.end is None:
        found.append(Fault("start", "E054", "请填开始和结束时间，例如 09:00 到 11:00"))
    elif new.end <= new.start:
        found.append(Fault("end", "E002", "结束时间要晚于开始时间"))
    if len(new.purpose.strip()) < 2:
        found.append(Fault("purpose", "E054", "请写做什么用，例如：主题党日"))
    home = Scope((tree.path_of(venue.org_id), path))
    if not found:
        assert new.start is not None and new.end is not None
        Place.objects.within(home).select_for_update().get(pk=venue.id)  # two people at once: one waits, then sees the other's booking
        rows = Booking.objects.within(home).filter(place_id=venue.id, day=new.day, ended_at__isnull=True)
        spans = list(rows.order_by("start_minute", "id").values_list("start_minute", "end_minute"))
        if rules.overlaps(_minutes(new.start), _minutes(new.end), spans):
            said = "、".join(f"{_clock(s):%H:%M}至{_clock(e):%H:%M}" for s, e in spans)
            found.append(Fault("start", "E044", f"{show(new.day)}这个场所{said}已经有人订了，请换个时间"))
    if found:
        raise ResourceRefused(*found)
    assert new.start is not None and new.end is not None
    row = Booking.objects.within(home).create(
        org_id=venue.org_id, place_id=venue.id, for_org_id=new.for_org_id, day=new.day, start_minute=_minutes(new.start), end_minute=_minutes(new.end),
        purpose=" ".join(new.purpose.split())[:100], booked_by=actor.name, booked_at=at,
    )
    journal.write(actor, "resources.book", at=at, org_id=new.for_org_id, org_path=path, subject=("place", venue.id), changes={"day": str(new.day)})
    return row.pk


@transaction.atomic
def cancel(actor: Actor, booking_id: int, *, at: datetime) -> int:
    """Give a venue back: by whoever may write for the organisation that booked, or for the one whose place it is; returns the organisation whose
    page shows it to the actor. Repeating it changes nothing."""
    row = Booking.objects.within(actor.scope(Permission.RESOURCE_READ)).filter(pk=booking_id).first()
    if row is None:
        raise tree.NotFound("没有找到这次预订")
    paths = (tree.path_of(row.for_org_id), tree.path_of(row.org_id))
    if not actor.may(Permission.RESOURCE_WRITE, paths[1]):
        actor.require(Permission.RESOURCE_WRITE, paths[0])
    back = row.for_org_id if actor.may(Permission.RESOURCE_WRITE, paths[0]) else row.org_id
    if row.ended_at is not None:
        return back
    held = Booking.objects.within(Scope(paths)).select_for_update(of=("self",)).get(pk=booking_id)
    held.ended_at, held.ended_by = at, actor.name
    held.save()
    journal.write(actor, "resources.cancel", at=at, org_id=row.for_org_id, org_path=paths[0], subject=("place", row.place_id), changes={"day": str(row.day)})
    return back
