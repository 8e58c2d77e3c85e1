"""Members' sheets in bulk, numbers included, for a program that compares them with a table. Nothing of it is shown to anybody as it is."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from zhibu.ground.guard.scope import Scope
from zhibu.ground.guard.sealing import blind_index

from .models import EndedAs, Membership, Person, Standing
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
    job: str = ""
    address: str = ""
    lost_contact_on: date | None = None
    floating_to: str = ""
    rights: str = ""
    last_standing: str = ""  # full or probationary, also of a suspended member


def sheets(scope: Scope, person_ids: Iterable[int]) -> dict[int, MemberSheet]:
    """Give the sheets of persons in scope, in two statements per 800 persons."""
    scope, found = offices(scope), {}
    for chunk in _chunks(sorted(set(person_ids))):
        spells: dict[int, Membership] = {}
        member_as: dict[int, str] = {}
        for m in Membership.objects.within(scope).filter(person_id__in=chunk).order_by("from_on", "id"):  # the last one stays
            spells[m.person_id] = m
            member_as[m.person_id] = member_as.get(m.person_id, "") if m.standing == Standing.SUSPENDED else m.standing
        for p in Person.objects.within(scope).filter(pk__in=chunk).order_by("pk"):
            last = spells.get(p.pk)
            running = last is not None and last.to_on is None
            found[p.pk] = MemberSheet(
                p.pk, p.org_id, p.version, p.name, p.gender, p.ethnicity, p.birth_on, p.birth_precision, p.id_no.reveal() if p.id_no else "",
                p.phone.reveal() if p.phone else "", p.education, p.joined_on, p.joined_precision, p.full_on, p.full_precision, p.remark,
                last.standing if last and running else "", last.from_on if last else None,
                str(EndedAs(last.ended_as).label) if last and last.ended_as else "", last.to_on if last else None, p.job, p.address, p.lost_contact_on, p.floating_to,
                last.rights if last else "", member_as.get(p.pk, ""),
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
