"""Members' sheets in bulk, numbers included, for a program that compares them with a table. Nothing of it is shown to anybody as it is."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from zhibu.ground.guard.scope import Scope
from zhibu.ground.guard.sealing import blind_index

from .models import EndedAs, Membership, Person
from .queries import offices

T = TypeVar("T")
_CHUNK = 800


@dataclass(frozen=True, slots=True)
class MemberSheet:
    """What is known of a member. standing "" when the membership has ended (then ended_title and ended_on say how)."""

    person_id: int
    org_id: int
    version: int
    name: str
    gender: str
    ethnicity: str
    birth_on: date | None
    birth_precision: str
    id_no: str
    phone: str
    education: str
    joined_on: date | None
    joined_precision: str
    full_on: date | None
    full_precision: str
    remark: str
    standing: str
    since: date | None
    ended_title: str = ""
    ended_on: date | None = None


def sheets(scope: Scope, person_ids: Iterable[int]) -> dict[int, MemberSheet]:
    """Give the sheets of persons in scope, in two statements per 800 persons."""
    scope, found = offices(scope), {}
    for chunk in _chunks(sorted(set(person_ids))):
        spells = {m.person_id: m for m in Membership.objects.within(scope).filter(person_id__in=chunk).order_by("from_on", "id")}  # the last one stays
        for p in Person.objects.within(scope).filter(pk__in=chunk).order_by("pk"):
            m = spells.get(p.pk)
            running = m is not None and m.to_on is None
            found[p.pk] = MemberSheet(
                p.pk, p.org_id, p.version, p.name, p.gender, p.ethnicity, p.birth_on, p.birth_precision, p.id_no.reveal() if p.id_no else "",
                p.phone.reveal() if p.phone else "", p.education, p.joined_on, p.joined_precision, p.full_on, p.full_precision, p.remark,
                m.standing if m and running else "", m.from_on if m else None,
                str(EndedAs(m.ended_as).label) if m and m.ended_as else "", m.to_on if m else None,
            )
    return found


def with_phones(scope: Scope, phones: Iterable[str]) -> dict[str, list[tuple[int, int, str, bool]]]:
    """Give (person id, organisation id, name, has an ID number) of the persons in scope by phone, exact."""
    by_index = {blind_index(n, "person.phone"): n for n in phones if n}
    found: dict[str, list[tuple[int, int, str, bool]]] = {}
    for chunk in _chunks(list(by_index)):
        rows = Person.objects.within(offices(scope)).filter(phone_index__in=chunk).order_by("pk")
        for index, pk, org_id, name, id_index in rows.values_list("phone_index", "pk", "org_id", "name", "id_no_index"):
            found.setdefault(by_index[index], []).append((pk, org_id, name, bool(id_index)))
    return found


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
