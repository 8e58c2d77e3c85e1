"""The catalogue of published numbers: each area registers its figures once, every page that shows one asks here.

A fact answers for a whole scope in a fixed number of statements: {organisation id: number}.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope

Reader = Callable[[Scope, date], Mapping[int, int]]


class UnknownFact(LookupError):
    """No area registered this key: a fault of the program."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One published number. unit: what is counted (人, 次); source: the clause or the definition it follows; read: set-based, on a day.

    of: the key of the figure that it is a part of, where a share is meant (缴纳 of 应缴); permission: the right by which it is read."""

    key: str
    title: str
    unit: str
    source: str
    read: Reader
    of: str = ""
    permission: Permission = Permission.COMPLIANCE_READ


_FACTS: dict[str, Fact] = {}


def register(facts: Iterable[Fact]) -> None:
    """Enter an area's figures (config/wiring.py does it once at start); the same key again replaces it."""
    _FACTS.update({fact.key: fact for fact in facts})


def fact(key: str) -> Fact:
    """Give a figure's definition. Raises UnknownFact."""
    if key not in _FACTS:
        raise UnknownFact(key)
    return _FACTS[key]


def keys() -> tuple[str, ...]:
    """List the registered figures."""
    return tuple(sorted(_FACTS))


def total(key: str, scope: Scope, on: date, org_ids: Iterable[int] | None = None) -> int:
    """Sum a figure over the organisations in scope (or over some of them) on a day."""
    numbers = fact(key).read(scope, on)
    return sum(numbers.values()) if org_ids is None else sum(numbers.get(org_id, 0) for org_id in set(org_ids))
