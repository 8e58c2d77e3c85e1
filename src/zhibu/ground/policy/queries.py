"""Which rules hold where: assignments and local sets from the database, shipped sets from the library.

Local sets are read anew with every question (one statement, and only where one is assigned); what is kept is only the reading of a content by its hash.
"""
from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from json import dumps, loads
from types import MappingProxyType
from typing import Any, cast

from django.db.models import Q

from zhibu.ground.guard.reading import asked_once
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree.models import Organisation, OrganisationSpell
from zhibu.ground.tree.queries import SEGMENT, in_scope

from .library import Item, Library, RuleSet, shipped
from .models import Assignment, LocalSet, SetStatus
from .resolve import Choice, Effective, resolve
from .spec import Value
from .writing import digest_of, unpacked


@dataclass(frozen=True, slots=True)
class Assigned:
    """An assignment with the organisation's spans in the tree left to the caller."""

    org_id: int
    org_name: str
    choice: Choice


def chain_ids(org_id: int, on: date) -> list[int]:
    """Give the ids from the organisation up to the root as the tree stood on a day; today's place where it did not exist then."""
    for first, last, path in _places(org_id):
        if first <= on and (last is None or on < last):
            return ids_in(path)
    return ids_in(Organisation.objects.values_list("path", flat=True).get(pk=org_id))


@asked_once
def _places(org_id: int) -> tuple[tuple[date, date | None, str], ...]:
    """Give where an organisation stood from when to when, oldest first."""
    return tuple(OrganisationSpell.objects.filter(org_id=org_id).order_by("from_on", "id").values_list("from_on", "to_on", "path"))


def ids_in(path: str) -> list[int]:
    """Give the ids that a path names, from the organisation up to the root."""
    return [int(path[i : i + SEGMENT], 36) for i in range(0, len(path), SEGMENT)][::-1]


def choices(org_ids_nearest_first: Sequence[int], family: str, on: date) -> list[Choice]:
    """Give the assignments valid on a day along a chain of organisations, nearest first."""
    return _choices(org_ids_nearest_first, (family,), on)[family]


def _choices(org_ids_nearest_first: Sequence[int], families: Sequence[str], on: date) -> dict[str, list[Choice]]:
    rank = {org_id: i for i, org_id in enumerate(org_ids_nearest_first)}
    found: dict[str, list[Choice]] = {family: [] for family in families}
    for family, choice in sorted(_made_at(tuple(sorted(rank))), key=lambda made: rank[cast(int, made[1].org_id)]):
        if family in found and choice.valid(on):
            found[family].append(choice)
    return found


@asked_once
def _made_at(org_ids: tuple[int, ...]) -> tuple[tuple[str, Choice], ...]:
    """Give every assignment made at some organisations, of whatever family and day, as (family, choice), oldest first. Few: an organisation follows a handful."""
    fields = ("family", "rule_set", "org_id", "org__name", "valid_from", "valid_to")
    return tuple((family, Choice(*rest)) for family, *rest in Assignment.objects.filter(org_id__in=org_ids).order_by("id").values_list(*fields))


def effective(org_id: int, family: str, on: date) -> Effective:
    """Resolve one family of rules for one organisation on a day, with provenance."""
    return effective_each(org_id, (family,), on)[family]


def effective_each(org_id: int, families: Sequence[str], on: date) -> dict[str, Effective]:
    """Resolve several families for one organisation on a day, as `effective` each; their assignments are read together."""
    found = _choices(chain_ids(org_id, on), families, on)
    return {family: resolve(library_for(one.rule_set for one in chosen), chosen, family, on) for family, chosen in found.items()}


def value_on_days(org_id: int, key: str, days: Iterable[date]) -> dict[date, Value]:
    """Give one value for an organisation on several days; the number of statements depends on where it stood and what was assigned there, not on the days."""
    wanted, family = sorted(set(days)), key.partition(".")[0]
    if not wanted:
        return {}
    stood = _places(org_id)
    ways = {tuple(sorted(ids_in(path))) for _, _, path in stood} | {tuple(sorted(chain_ids(org_id, wanted[-1])))}
    made = [choice for way in sorted(ways) for of, choice in _made_at(way) if of == family]
    turns = {d for c in made for d in (c.valid_from, c.valid_to)} | {d for first, last, _ in stood for d in (first, last)}
    turns |= {d for s in shipped().all() for d in (s.effective_from, s.effective_to and s.effective_to + timedelta(days=1))}
    steps = sorted(d for d in turns if d is not None)
    found: dict[int, Value] = {}
    for day in wanted:
        if (step := bisect_right(steps, day)) not in found:
            found[step] = effective(org_id, family, day).value(key)
    return {day: found[bisect_right(steps, day)] for day in wanted}


def effective_now(path: str, families: Sequence[str], on: date) -> dict[str, Effective]:
    """Resolve several families for the organisation that has this path today: one statement where only shipped sets are assigned."""
    found = _choices(ids_in(path), families, on)
    return {family: resolve(library_for(one.rule_set for one in chosen), chosen, family, on) for family, chosen in found.items()}


def assignments(family: str, first: date, last: date, *, within: Scope | None = None, above: Collection[int] = ()) -> list[Assigned]:
    """List the assignments of a family that are valid on any day of first..last, by start; with `within` only those made there or at one of `above`."""
    return list(_between(family, first, last, within, tuple(sorted(above))))


@asked_once
def _between(family: str, first: date, last: date, within: Scope | None, above: tuple[int, ...]) -> tuple[Assigned, ...]:
    rows = Assignment.objects.filter(family=family, valid_from__lte=last).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=first))
    if within is not None:
        rows = rows.filter(in_scope(within, "org__path") | Q(org_id__in=above))
    fields = ("org_id", "org__name", "rule_set", "valid_from", "valid_to")
    listed = rows.order_by("valid_from", "id").values_list(*fields)
    return tuple(Assigned(org_id, name, Choice(code, org_id, name, start, end)) for org_id, name, code, start, end in listed)


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """An assignment as the rules page shows it."""

    id: int
    org_id: int
    org_name: str
    family: str
    rule_set: str
    valid_from: date
    valid_to: date | None
    decided_by: str
    decision_doc: str
    reason: str
    made_at: datetime
    title: str
    ended_by: str = ""
    ended_at: datetime | None = None


def assignments_of(org_ids: Iterable[int]) -> list[AssignmentView]:
    """List every assignment made at the given organisations, with the titles of the sets."""
    rows = list(Assignment.objects.filter(org_id__in=list(org_ids)).select_related("org").order_by("family", "valid_from", "id"))
    known = library_for(a.rule_set for a in rows)
    return [
        AssignmentView(
            a.pk, a.org_id, a.org.name, a.family, a.rule_set, a.valid_from, a.valid_to, a.decided_by, a.decision_doc, a.reason, a.made_at,
            known.get(a.rule_set).title, a.ended_by, a.ended_at,
        )
        for a in rows
    ]


# ---------------------------------------------------------------- local sets


@dataclass(frozen=True, slots=True)
class LocalView:
    """A local set as its pages show it: the rule set, and what happened to it."""

    id: int
    issuer_id: int
    issuer_path: str
    rule_set: RuleSet
    tables: tuple[tuple[str, str], ...]
    version: int
    changed_by: str
    changed_at: datetime
    activated_by: str
    activated_at: datetime | None
    retired_by: str
    retired_at: datetime | None


@lru_cache(maxsize=256)
def _values(content: str) -> MappingProxyType[str, Item]:
    """Read a content; the same text always gives the same values, so nothing kept here can be stale."""
    return MappingProxyType(unpacked(loads(content)))


def as_rule_set(row: LocalSet) -> RuleSet:
    """Read a row as a rule set; its version is the hash of the content."""
    return RuleSet(
        code=row.code, title=row.title, kind="local", issuer=row.issuer.name, document_no=row.document_no, effective_from=row.effective_from,
        effective_to=row.effective_to, status=row.status, source=row.source, verified_by="", verified_on=None, dates_verified=True,
        version=digest_of(row.content), values=_values(dumps(row.content, ensure_ascii=False)), supersedes=row.supersedes, based_on=row.based_on,
        reason=row.reason,
    )


def _published() -> Any:
    return LocalSet.objects.unscoped("active and retired rule sets are readable to everybody signed in").filter(status__in=(SetStatus.ACTIVE, SetStatus.RETIRED)).select_related("issuer")


@lru_cache(maxsize=64)
def _joined(local: tuple[RuleSet, ...]) -> Library:
    """Put sets beside the shipped ones; equal sets (header and version of the content) give the same library."""
    found = shipped()
    for one in local:
        found = found.with_set(one)
    return found


def library_for(codes: Iterable[str]) -> Library:
    """Give a library that knows these codes: the shipped one, with those local sets that are named. One statement, none without local sets."""
    own = {code for code in codes if code not in shipped().sets}
    if not own:
        return shipped()
    return _joined(tuple(as_rule_set(row) for row in _published().filter(code__in=own).order_by("code")))


def library() -> Library:
    """Give the library with every local set that is or was active. One statement."""
    return _joined(tuple(as_rule_set(row) for row in _published().order_by("code")))


def _view(row: LocalSet) -> LocalView:
    return LocalView(
        row.pk, row.issuer_id, row.issuer.path, as_rule_set(row), tuple(sorted(row.tables.items())), row.version, row.changed_by, row.changed_at, row.activated_by,
        row.activated_at, row.retired_by, row.retired_at,
    )


def published() -> list[LocalView]:
    """List the local sets that are or were active, by code: readable to everybody signed in."""
    return [_view(row) for row in _published().order_by("code")]


def drafts(scope: Scope) -> list[LocalView]:
    """List the drafts of the organisations in scope."""
    return [_view(row) for row in LocalSet.objects.within(scope).filter(status=SetStatus.DRAFT).select_related("issuer").order_by("code")]


def local_set(scope: Scope, set_id: int) -> LocalView | None:
    """Give a local set: one that is or was active to everybody, a draft only within the scope; None otherwise."""
    row = _published().filter(pk=set_id).first() or LocalSet.objects.within(scope).select_related("issuer").filter(pk=set_id).first()
    return _view(row) if row else None


def followers(code: str, on: date) -> list[AssignmentView]:
    """List the assignments of a set that hold on a day or later, by organisation."""
    rows = Assignment.objects.filter(rule_set=code).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on)).select_related("org").order_by("org__path", "family", "valid_from", "id")
    return [
        AssignmentView(a.pk, a.org_id, a.org.name, a.family, a.rule_set, a.valid_from, a.valid_to, a.decided_by, a.decision_doc, a.reason, a.made_at, "")
        for a in rows
    ]
