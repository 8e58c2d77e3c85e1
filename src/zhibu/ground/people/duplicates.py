"""Find persons who may have been registered twice. Only proposals with their reasons: whether they are one person is decided by a person."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import ExtractMonth, ExtractYear

from zhibu.ground.guard.scope import Scope
from zhibu.kernel import identity
from zhibu.kernel.dates import show

from .models import Person, PersonMerge
from .queries import offices

MOST = 1000  # rows that are looked at once; after merging some, the next ones come up


@dataclass(frozen=True, slots=True)
class Brief:
    """One of two persons, numbers masked."""

    person_id: int
    org_id: int
    org_name: str
    name: str
    gender: str
    birth: str
    joined: str
    id_no_masked: str
    phone_masked: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two rows that may be one person: why, and what speaks against it."""

    first: Brief
    second: Brief
    why: tuple[str, ...]
    against: tuple[str, ...]


def merged_already(scope: Scope) -> Iterable[int]:
    """Give the ids of persons in scope who were merged into others, as a subquery."""
    return PersonMerge.objects.within(scope).values("loser_id")


def candidates(scope: Scope) -> list[Candidate]:
    """List pairs with the same name and month of birth, or the same name and phone; strongest first. One statement, however many members.

    The same ID number cannot occur twice: the database keeps it once."""
    scope = offices(scope)
    rows = Person.objects.within(scope).exclude(pk__in=merged_already(scope)).order_by()
    born = rows.filter(birth_on__isnull=False).exclude(birth_precision="year").annotate(y=ExtractYear("birth_on"), m=ExtractMonth("birth_on"))
    same_birth = born.values("name", "y", "m").annotate(n=Count("id")).filter(n__gt=1).values("name")
    same_phone = rows.exclude(phone_index="").values("name", "phone_index").annotate(n=Count("id")).filter(n__gt=1).values("name")
    persons: dict[str, list[Person]] = {}
    for p in rows.filter(Q(name__in=same_birth) | Q(name__in=same_phone)).select_related("org").order_by("name", "pk")[:MOST]:
        persons.setdefault(p.name, []).append(p)
    found = [one for group in persons.values() for a, b in combinations(group[:12], 2) if (one := compare(a, b)) is not None]
    return sorted(found, key=lambda c: (len(c.against), -len(c.why), c.first.name, c.first.person_id))


def compare(a: Person, b: Person) -> Candidate | None:
    """Say why two persons of one name may be the same; None where nothing but the name agrees."""
    why, against = [], []
    if a.birth_on and b.birth_on and "year" not in (a.birth_precision, b.birth_precision) and (a.birth_on.year, a.birth_on.month) == (b.birth_on.year, b.birth_on.month):
        why.append(f"同名，都是{show(a.birth_on, 'month')}生")
    if a.phone_index and a.phone_index == b.phone_index:
        why.append("同名，电话相同")
    if not why:
        return None
    if a.id_no_index and b.id_no_index and a.id_no_index != b.id_no_index:
        against.append("身份证号不同，多半不是同一个人")
    if a.gender and b.gender and a.gender != b.gender:
        against.append("性别不同")
    return Candidate(brief(a), brief(b), tuple(why), tuple(against))


def brief(p: Person) -> Brief:
    """Give what a list shows of a person."""
    numbers: tuple[Any, Any] = (p.id_no, p.phone)
    id_no, phone = (n.reveal() if n else "" for n in numbers)
    return Brief(
        p.pk, p.org_id, p.org.name, p.name, p.gender, show(p.birth_on, p.birth_precision) if p.birth_on else "", show(p.joined_on, p.joined_precision) if p.joined_on else "",
        identity.mask_id(id_no, p.birth_precision if p.birth_on else "none") if id_no else "", identity.mask_phone(phone) if phone else "",  # type: ignore[arg-type]
    )


def clipped(spans: Iterable[tuple[date, date | None]], span: tuple[date, date | None]) -> list[tuple[date, date | None]]:
    """Give the parts of a half-open span that none of the others covers, in order."""
    parts: list[tuple[date, date | None]] = [span]
    for first, last in spans:
        rest: list[tuple[date, date | None]] = []
        for start, end in parts:
            if (end is not None and end <= first) or (last is not None and last <= start):
                rest.append((start, end))
                continue
            if start < first:
                rest.append((start, first))
            if last is not None and (end is None or last < end):
                rest.append((last, end))
        parts = rest
    return [p for p in parts if p[1] is None or p[0] < p[1]]


def overlapping(one: Mapping[int, tuple[date, date | None]], other: Mapping[int, tuple[date, date | None]]) -> list[tuple[int, int]]:
    """Give the pairs (key of one, key of the other) of spans that share a day."""
    return [
        (i, j) for i, a in one.items() for j, b in other.items()
        if (b[1] is None or a[0] < b[1]) and (a[1] is None or b[0] < a[1])
    ]
