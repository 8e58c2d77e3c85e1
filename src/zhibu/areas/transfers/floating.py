"""Read the registers of members away: out, in, with contacts and certificates, and temporary certificates."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import Marked
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound, in_scope
from zhibu.kernel.periods import Window, add_months

from . import away
from .away import Direction, Note, Purpose, Terms
from .models import Floating, FloatingNote, Stay

PAGE = 50


@dataclass(frozen=True, slots=True)
class NoteView:
    """A contact or a certificate."""

    what: str
    title: str
    day: date
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class FloatingView:
    """A floating record with names. `home` is the own branch, `host` the one that helps daily life; either may be outside and then has no id."""

    id: int
    direction: str
    person_id: int | None
    name: str
    purpose: str
    purpose_title: str
    from_on: date
    until_on: date | None
    place: str
    fixed: bool
    home_id: int | None
    home_path: str
    home_name: str
    host_id: int | None
    host_path: str
    host_name: str
    contact: str
    ended_on: date | None
    ended_why: str
    notes: tuple[NoteView, ...]
    version: int

    @property
    def contacts(self) -> tuple[date, ...]:
        """Give the days of contact."""
        return tuple(n.day for n in self.notes if n.what == Note.CONTACT)

    def days_away(self, today: date) -> int:
        """Give for how many days the member is or was away."""
        return ((self.ended_on or today) - self.from_on).days

    def flagged_from(self, terms: Terms) -> date | None:
        """Give the day from which the relation should have followed; None where the member moves about or is abroad."""
        return away.transfer_due(Purpose(self.purpose), self.from_on, terms) if self.fixed else None

    def missing(self, terms: Terms, today: date) -> tuple[Window, ...]:
        """List the closed windows without contact."""
        return away.contact_missing(away.contact_window(Purpose(self.purpose), terms), self.from_on, self.contacts, today)

    def late(self, terms: Terms, today: date) -> Window | None:
        """Give the window that closed last, where it passed without contact; an older gap is past mending."""
        kind = away.contact_window(Purpose(self.purpose), terms)
        gaps = self.missing(terms, today)
        return gaps[-1] if gaps and gaps[-1].last == away.closed_last(kind, today).last else None

    def contact_due(self, terms: Terms, today: date) -> date | None:
        """Give until when contact is due now, None when it was made."""
        return away.contact_due(away.contact_window(Purpose(self.purpose), terms), self.contacts, today)


def views(rows: Iterable[Floating], scope: Scope, *, named: bool = True) -> list[FloatingView]:
    """Turn rows into views: names of organisations and notes in one statement each."""
    found = list(rows)
    if not found:
        return []
    orgs = tree.views({i for f in found for i in (f.org_id, f.other_org_id) if i}) if named else {}
    noted: dict[int, list[NoteView]] = {}
    for n in FloatingNote.objects.within(scope).filter(floating_id__in=[f.pk for f in found]).order_by("-day", "-id"):
        noted.setdefault(n.floating_id, []).append(NoteView(n.what, away.NOTE_ZH[Note(n.what)], n.day, n.text, n.by))
    return [_view(f, orgs, tuple(noted.get(f.pk, ()))) for f in found]


def _view(f: Floating, orgs: Mapping[int, tree.OrgView], notes: tuple[NoteView, ...]) -> FloatingView:
    ours, theirs = orgs.get(f.org_id), orgs.get(f.other_org_id or 0)
    home, host = (ours, theirs) if f.direction == Direction.OUT else (None, ours)
    return FloatingView(
        f.pk, f.direction, f.person_id, f.name, f.purpose, away.PURPOSE_ZH[Purpose(f.purpose)], f.from_on, f.until_on, f.place, f.fixed,
        home.id if home else None, home.path_now if home else "", home.name if home else f.outside,
        host.id if host else None, host.path_now if host else "", host.name if host else f.outside,
        f.contact, f.ended_on, f.ended_why, notes, f.version,
    )


def _side(scope: Scope, direction: str) -> Q:
    if direction == Direction.OUT:
        return in_scope(scope, "org__path") & Q(direction=Direction.OUT)
    return (in_scope(scope, "org__path") & Q(direction=Direction.IN)) | in_scope(scope, "other_org__path")


def register(scope: Scope, direction: str, *, ended: bool = False, offset: int = 0, limit: int = PAGE) -> tuple[list[FloatingView], int]:
    """Page through a register: out (of a branch in scope) or in (guests of one), running or ended. Returns (rows, total)."""
    scope = people.offices(scope)
    rows = Floating.objects.within(scope).filter(_side(scope, direction), ended_on__isnull=not ended).order_by("from_on", "id")
    return views(rows[offset : offset + limit], scope), rows.count()


def running(scope: Scope, org_ids: Iterable[int]) -> list[FloatingView]:
    """List the running records that branches keep, both directions; without the names of organisations."""
    scope = people.offices(scope)
    return views(Floating.objects.within(scope).filter(org_id__in=list(org_ids), ended_on__isnull=True).order_by("from_on", "id"), scope, named=False)


def record(scope: Scope, floating_id: int) -> FloatingView:
    """Give one record. Raises NotFound outside the scope: home and host see it, nobody else."""
    row = Floating.objects.within(scope).filter(pk=floating_id).first()
    if row is None:
        raise NotFound("没有找到这条流动党员登记")
    return views([row], scope)[0]


def of_person(scope: Scope, person_id: int) -> list[FloatingView]:
    """List somebody's floating records, newest first. The own ones show without their notes to who holds no office."""
    return views(Floating.objects.within(scope).filter(person_id=person_id).order_by("-from_on", "-id"), scope)


@dataclass(frozen=True, slots=True)
class StayView:
    """A temporary certificate."""

    id: int
    org_id: int
    person_id: int
    name: str
    place: str
    reason: str
    from_on: date
    to_on: date
    ended_on: date | None
    version: int


def stays(scope: Scope, *, person_id: int | None = None, org_ids: Iterable[int] | None = None) -> list[StayView]:
    """List the temporary certificates that run, of a person all of them."""
    rows = Stay.objects.within(scope if person_id is not None else people.offices(scope))
    rows = rows.filter(ended_on__isnull=True) if person_id is None else rows.filter(person_id=person_id)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    fields = ("id", "org_id", "person_id", "name", "place", "reason", "from_on", "to_on", "ended_on", "version")
    return [StayView(*row) for row in rows.order_by("to_on", "id").values_list(*fields)]


def unregistered(marked: Iterable[Marked], records: Iterable[FloatingView]) -> list[Marked]:
    """List the members whose sheet says where they went and who stand in no register."""
    known = {r.person_id for r in records if r.ended_on is None}
    return [m for m in marked if m.floating_to and m.person_id not in known and m.standing != "suspended"]


def missing(scope: Scope) -> list[Marked]:
    """List the members in scope whose sheet says where they went and who stand in no running register."""
    scope = people.offices(scope)
    known = set(Floating.objects.within(scope).filter(ended_on__isnull=True, person_id__isnull=False).order_by("id").values_list("person_id", flat=True))
    return [m for m in people.marked(scope) if m.floating_to and m.person_id not in known and m.standing != "suspended"]


def flagged_count(scope: Scope, today: date, months: int) -> int:
    """Count the members of branches in scope who are away at one place for the months of the rule and whose relation has not followed (V09)."""
    scope = people.offices(scope)
    since = add_months(today, -months)
    late = Q(direction=Direction.OUT, fixed=True, ended_on__isnull=True, from_on__lte=since) & ~Q(purpose__in=[*away.ABROAD, Purpose.GRADUATE])
    return int(Floating.objects.within(scope).filter(in_scope(scope, "org__path"), late).count())


def tally(scope: Scope, direction: str, on: date) -> dict[int, int]:
    """Count the members away (or guests) of each branch on a day: organisation -> number. One statement."""
    scope = people.offices(scope)
    rows = Floating.objects.within(scope).filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on), _side(scope, direction), from_on__lte=on)
    found: dict[int, int] = {}
    for kind, org, other in rows.order_by("id").values_list("direction", "org_id", "other_org_id"):
        where = org if kind == direction else other
        if where:
            found[where] = found.get(where, 0) + 1
    return found
