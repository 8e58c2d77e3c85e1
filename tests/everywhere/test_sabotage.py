"""Sabotage twins: switch a guard off and its attacks must succeed, else a green attack test would prove nothing (trust.md, conclusion 12)."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import models
from django.db.models import sql
from tests.ground.attacks import ATTACKS, STOPPED_BY, World, build, succeeds
from tests.ground.test_tripwire import KNOWN, REFUSED

from zhibu.ground.guard import guarded, tripwire
from zhibu.ground.guard.guarded import ForbiddenQuery, Guarded, GuardedManager, GuardedQuerySet, UnscopedQuery
from zhibu.ground.record.models import Activity

Patch = pytest.MonkeyPatch


def no_tripwire(patch: Patch) -> None:
    patch.setattr(tripwire, "verdict", lambda sql: None)


def no_manager(patch: Patch) -> None:
    patch.setattr(GuardedManager, "get_queryset", lambda self: GuardedQuerySet(self.model, query=sql.Query(self.model), using=self._db))
    patch.setattr(GuardedQuerySet, "delete", models.QuerySet.delete)
    patch.setattr(GuardedQuerySet, "_raw_delete", models.QuerySet._raw_delete)


def no_forbidden_query(patch: Patch) -> None:
    for name in ("get_compiler", "resolve_expression", "chain"):
        patch.delattr(ForbiddenQuery, name)


def no_check_of_merges(patch: Patch) -> None:
    no_manager(patch)
    patch.setattr(GuardedQuerySet, "_merge_sanity_check", models.QuerySet._merge_sanity_check)


def no_check_of_writes(patch: Patch) -> None:
    patch.setattr(guarded, "check_writes", lambda *args: None)


def no_check_of_updates(patch: Patch) -> None:
    patch.setattr(GuardedQuerySet, "update", models.QuerySet.update)


def no_check_of_bulk_updates(patch: Patch) -> None:
    patch.setattr(GuardedQuerySet, "bulk_update", models.QuerySet.bulk_update)
    no_check_of_updates(patch)


def no_check_of_upserts(patch: Patch) -> None:
    patch.setattr(GuardedQuerySet, "bulk_create", models.QuerySet.bulk_create)
    no_manager(patch)


def no_bound_save(patch: Patch) -> None:
    plain = models.Model._do_update

    def _do_update(self: Any, base_qs: Any, *args: Any) -> bool:
        return plain(self, models.QuerySet(type(self)), *args)

    patch.setattr(Guarded, "_do_update", _do_update)


def no_check_of_updated_rows(patch: Patch) -> None:
    no_manager(patch)
    no_check_of_writes(patch)
    no_bound_save(patch)


def no_bound_row(patch: Patch) -> None:
    patch.setattr(Guarded, "_rows", lambda self: type(self).objects.all())
    no_manager(patch)


def no_check_of_raw_deletes(patch: Patch) -> None:
    patch.setattr(GuardedQuerySet, "_raw_delete", models.QuerySet._raw_delete)


def no_check_that_unscoped_only_reads(patch: Patch) -> None:
    patch.delattr(UnscopedQuery, "chain")
    patch.setattr(GuardedQuerySet, "update", models.QuerySet.update)


def no_ledger(patch: Patch) -> None:
    patch.setattr(Activity, "append_only", False)


# What stops an attack: how it is switched off, and whether the tripwire is a second belt that must be off too.
LAYERS: dict[str, tuple[Callable[[Patch], None], bool]] = {
    "forbidden": (no_manager, True),
    "merge": (no_check_of_merges, True),
    "tripwire": (no_tripwire, False),
    "write": (no_check_of_writes, False),
    "move": (no_check_of_updates, False),
    "bulk_move": (no_check_of_bulk_updates, False),
    "upsert": (no_check_of_upserts, True),
    "update_or_create": (no_check_of_updated_rows, True),
    "bound_save": (no_bound_save, True),
    "bound_row": (no_bound_row, True),
    "raw_delete": (no_check_of_raw_deletes, True),
    "reads_only": (no_check_that_unscoped_only_reads, True),
    "append_only": (no_ledger, False),
}


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def patch() -> Iterator[Patch]:
    with pytest.MonkeyPatch.context() as changed:
        yield changed


def test_every_layer_has_attacks() -> None:
    assert set(STOPPED_BY.values()) == set(LAYERS)


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_succeeds_without_its_guard(name: str, world: World, patch: Patch) -> None:
    switch_off, two_belts = LAYERS[STOPPED_BY[name]]
    switch_off(patch)
    if two_belts:
        no_tripwire(patch)
    assert succeeds(ATTACKS[name], world)


@pytest.mark.parametrize("name", [n for n in ATTACKS if LAYERS[STOPPED_BY[n]][1]])
def test_the_tripwire_alone_is_enough(name: str, world: World, patch: Patch) -> None:
    LAYERS[STOPPED_BY[name]][0](patch)
    assert not succeeds(ATTACKS[name], world)


@pytest.mark.parametrize("name", [n for n in ATTACKS if STOPPED_BY[n] != "tripwire"])
def test_the_manager_alone_is_enough(name: str, world: World, patch: Patch) -> None:
    no_tripwire(patch)
    assert not succeeds(ATTACKS[name], world)


def test_every_statement_passes_when_nothing_is_registered() -> None:
    """The texts of the judge's own test are refused for the tables they name, and for nothing else."""
    nothing = tripwire.Registry({}, KNOWN.organisation)
    assert [name for name, sql in REFUSED.items() if tripwire.judge(sql, nothing) is not None] == ["in escapes"]


# Each part of the proof, made too generous: the statement it was written for must then pass.
GENEROUS: dict[str, tuple[str, Callable[..., Any], str]] = {
    "any two columns link": ("_linked", lambda *args: True, "joined by a column that is no link"),
    "anything is a parameter": ("_is_parameter", lambda node: True, "bounded by itself"),
    "every aggregate is a row": ("_ends", lambda node, frame, bound: [(KNOWN.organisation, "id", True)], "aggregate of organisations"),
    "an atom proves all": ("_by_atom", lambda atom, frame, bound: frame.everything(), "negated"),
    "a condition proves all": ("_implied", lambda conditions, frame, bound: frame.everything(), "one branch open"),
    "no more than one statement": ("_judge_statement", lambda *args: None, "two statements"),
}


@pytest.mark.parametrize("part", GENEROUS)
def test_the_judge_needs_each_part(part: str, patch: Patch) -> None:
    name, generous, case = GENEROUS[part]
    assert tripwire.judge(REFUSED[case], KNOWN) is not None
    patch.setattr(tripwire, name, generous)
    assert tripwire.judge(REFUSED[case], KNOWN) is None


def conjunction_as_disjunction(patch: Patch) -> None:
    plain = tripwire._by_atom

    def by_atom(atom: Any, frame: Any, bound: Any) -> Any:
        if isinstance(atom, tripwire.exp.Or):
            return set.union(*(tripwire._implied([branch], frame, bound) for branch in tripwire._parts(atom, tripwire.exp.Or)))
        return plain(atom, frame, bound)

    patch.setattr(tripwire, "_by_atom", by_atom)


def left_joins_as_inner(patch: Patch) -> None:
    plain = tripwire._bound_by

    def bound_by(node: Any, frame: Any, conditions: Any, optional: Any, bound: Any) -> Any:
        return plain(node, frame, [*conditions, *(condition for condition, _ in optional)], [], bound)

    patch.setattr(tripwire, "_bound_by", bound_by)


@pytest.mark.parametrize(("change", "case"), [
    (conjunction_as_disjunction, "one branch open"),
    (conjunction_as_disjunction, "bounded or not"),
    (left_joins_as_inner, "left join binds the left"),
    (left_joins_as_inner, "left join does not bind the left"),
    (left_joins_as_inner, "left join on nothing"),
])
def test_the_judge_needs_each_rule(change: Callable[[Patch], None], case: str, patch: Patch) -> None:
    change(patch)
    assert tripwire.judge(REFUSED[case], KNOWN) is None
