"""Which value holds for an organisation on a day, and who decided so.

The nearest assignment valid on the day wins; what its set does not define comes from the national set in force on the day,
value by value, and last from the system's conventions. Inside ``life`` the assigned set replaces the list of kinds as a whole.
Pure: assignments come in as ``Choice`` rows, nothing is looked up. Source: rules.md §1.
"""
from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, TypeVar, cast

from zhibu.ground.policy.catalogue import FAMILIES, KEYS, family_keys
from zhibu.ground.policy.floor import laxer
from zhibu.ground.policy.library import Item, Library, RuleSet
from zhibu.ground.policy.spec import LifeRule, Value
from zhibu.kernel.periods import Span

T = TypeVar("T")


class UndefinedValue(LookupError):
    """No set defines the value on the day (E055)."""

    code = "E055"

    def __init__(self, key: str, on: date) -> None:
        self.key, self.on = key, on
        super().__init__(f"{on:%Y年%m月%d日}没有规则集定义“{KEYS[key].title}”（{key}），请先为本组织指定含有该值的规则集（E055）")


@dataclass(frozen=True, slots=True)
class Choice:
    """An assignment: this organisation follows this set in one family, from a day up to, not including, another."""

    rule_set: str
    org_id: int | None
    org_name: str
    valid_from: date | None = None
    valid_to: date | None = None

    def valid(self, on: date) -> bool:
        """Tell whether the assignment is valid on a day; missing dates are open."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A value with its provenance. ``chosen_by`` None = nobody assigned it (national set or convention)."""

    key: str
    value: Value
    clause: str
    rule_set: RuleSet
    verified: bool
    chosen_by: Choice | None
    below_national: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """A rule set of the fallback, with the assignment that put it there."""

    rule_set: RuleSet
    choice: Choice | None


@dataclass(frozen=True, slots=True)
class Laxer:
    """A value that is laxer than the national one valid on the day; ``local`` None = a national kind of life that the set does not name."""

    key: str
    local: Value | None
    national: Value
    national_set: RuleSet
    clause: str


@dataclass(frozen=True, slots=True)
class Effective:
    """The rules of one family that hold on a day: layers from the assigned set down to the conventions."""

    library: Library
    family: str
    on: date
    layers: tuple[Layer, ...]
    _found: dict[str, Resolved] = field(default_factory=dict, init=False, repr=False, compare=False)  # by key: nothing above ever changes
    _derived: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def get(self, key: str) -> Resolved:
        """Return a value with its provenance. Raises UndefinedValue (E055) when no set defines it, KeyError for a key outside the family."""
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._look_up(key)
        return found

    def _look_up(self, key: str) -> Resolved:
        if KEYS[key].family != self.family:
            raise KeyError(f"{key} is no key of family {self.family}")
        if self.family == "life":
            found = self.life().get(key.rpartition(".")[2])
            if found is None:
                raise UndefinedValue(key, self.on)
            return found
        for layer in self.layers:
            item = layer.rule_set.values.get(key)
            if item is not None:
                return self._resolved(key, item, layer)
        raise UndefinedValue(key, self.on)

    def value(self, key: str) -> Value:
        """Return the value alone. Raises as ``get``."""
        return self.get(key).value

    def derived(self, name: Hashable, make: Callable[[], T]) -> T:
        """Give what somebody makes of these rules alone, made once: judging a county asks for the same of every member."""
        if name not in self._derived:
            self._derived[name] = make()
        return cast("T", self._derived[name])

    def has(self, key: str) -> bool:
        """Tell whether some set defines the key."""
        layers = self.layers if self.family != "life" else self._life_layer()
        return key in KEYS and KEYS[key].family == self.family and any(key in layer.rule_set.values for layer in layers)

    def keys(self) -> tuple[str, ...]:
        """Return the keys that have a value, in catalogue order; for ``life`` those of the one set that holds."""
        layers = self.layers if self.family != "life" else self._life_layer()
        return tuple(key.name for key in family_keys(self.family) if any(key.name in layer.rule_set.values for layer in layers))

    def rows(self) -> tuple[Resolved, ...]:
        """Return every value that holds, in catalogue order (the effective-rules page)."""
        return tuple(self.get(key) for key in self.keys())

    def life(self) -> Mapping[str, Resolved]:
        """Return kind → rule from the one set that holds (assigned, else national); missing record lists are the default ones.

        Empty when no set with a life section is valid on the day. Source: rules.md §1, S05.
        """
        found: dict[str, Resolved] = {}
        for layer in self._life_layer():
            for key in family_keys("life"):
                item = layer.rule_set.values.get(key.name)
                if item is not None:
                    resolved = self._resolved(key.name, item, layer)
                    found[key.name.rpartition(".")[2]] = replace(resolved, value=self._with_records(cast(LifeRule, item.value)))
        return MappingProxyType(found)

    def _life_layer(self) -> tuple[Layer, ...]:
        return next(((layer,) for layer in self.layers if layer.rule_set.defines("life")), ())

    def _with_records(self, rule: LifeRule) -> LifeRule:
        if rule.records is not None:
            return rule
        item = self.library.conventions().values.get(f"conventions.records.{rule.kind}")
        return replace(rule, records=cast("tuple[str, ...]", item.value) if item else ())

    def _resolved(self, key: str, item: Item, layer: Layer) -> Resolved:
        below = layer.rule_set.kind != "national" and _below(self.library, key, item.value, self.on)
        return Resolved(key, item.value, item.clause, layer.rule_set, item.verified, layer.choice, below, item.note)


def resolve(library: Library, choices: Sequence[Choice], family: str, on: date) -> Effective:
    """Resolve a family for an organisation on a day; ``choices`` are its own and its ancestors' assignments, nearest first.

    Only the nearest assignment valid on the day counts; one whose set is not in force that day or says nothing about the family
    is passed over. Raises KeyError for an unknown family, UnknownRuleSet for an assigned set that does not exist.
    """
    _check_family(family)
    assigned: list[Layer] = []
    for choice in choices:
        if not choice.valid(on):
            continue
        rule_set = library.get(choice.rule_set)
        if rule_set.in_force(on) and rule_set.defines(family):
            assigned.append(Layer(rule_set, choice))
            break
    return Effective(library, family, on, (*assigned, *_fallback(library, family, on)))


def resolve_named(library: Library, codes: Sequence[str], family: str, on: date, dated: bool = True) -> Effective:
    """Resolve a family for named sets: the first that defines a value wins, then the national set on the day, then the conventions.

    For decision tables and what-if questions, without organisations. With ``dated`` a named set that is not in force on the day is
    passed over. Raises as ``resolve``. Source: cases/FORMAT.md.
    """
    _check_family(family)
    named = [library.get(code) for code in codes]
    layers = [Layer(one, None) for one in named if one.defines(family) and (one.in_force(on) or not dated)]
    return Effective(library, family, on, (*layers, *_fallback(library, family, on)))


def national_value(library: Library, key: str, on: date) -> tuple[RuleSet, Item] | None:
    """Return the national value of a key valid on the day with its set, or None where the nation leaves it open."""
    for rule_set in library.national(KEYS[key].family, on):
        item = rule_set.values.get(key)
        if item is not None:
            return rule_set, item
    return None


def laxer_than_national(library: Library, rule_set: RuleSet, on: date, family: str | None = None) -> tuple[Laxer, ...]:
    """Return every value of a set that is laxer than the national one valid on the day, in catalogue order (E042 asks for a reason).

    ``family`` limits the answer to the family that is assigned; None = the whole set.
    In ``life`` a national kind with a minimum that the set does not name is laxer too: assigning the set would end the duty.
    """
    found: list[Laxer] = []
    has_life = rule_set.defines("life")
    for name, key in KEYS.items():
        national = national_value(library, name, on) if family in (None, key.family) else None
        if national is None:
            continue
        item = rule_set.values.get(name)
        if item is None:
            dropped = has_life and key.family == "life" and cast(LifeRule, national[1].value).counted
            if not dropped:
                continue
        elif not laxer(key, item.value, national[1].value):
            continue
        found.append(Laxer(name, item.value if item else None, national[1].value, national[0], national[1].clause))
    return tuple(found)


def overlaps(existing: Iterable[Choice], new: Choice) -> tuple[Choice, ...]:
    """Return the existing assignments that share a day with the new one (E041), by start; empty when none does.

    All belong to one organisation and one family; spans are half-open, so one may end on the day on which the next begins.
    """
    span = _span(new)
    return tuple(sorted((one for one in existing if _span(one).overlaps(span)), key=lambda one: one.valid_from or date.min))


def paint(paths: Sequence[str], assigned: Mapping[str, T]) -> list[T | None]:
    """Give each path the value of its nearest ancestor-or-self that has one; None where none has.

    ``paths`` are sorted bytewise; an ancestor's path is a prefix of its descendants' paths and need not be among them.
    Cost: O(paths + covered ranges). ValueError when the paths are not sorted.
    """
    if list(paths) != sorted(paths):
        raise ValueError("paths must be sorted bytewise")
    painted: list[T | None] = [None] * len(paths)
    for prefix in sorted(assigned):        # an ancestor sorts before its descendants, so the nearest paints last
        first = bisect_left(paths, prefix)
        last = bisect_left(paths, prefix + "\U0010ffff", first)
        painted[first:last] = [assigned[prefix]] * (last - first)
    return painted


def _span(choice: Choice) -> Span:
    return Span(choice.valid_from or date.min, choice.valid_to)


def _fallback(library: Library, family: str, on: date) -> tuple[Layer, ...]:
    return tuple(Layer(one, None) for one in (*library.national(family, on), library.conventions()))


def _below(library: Library, key: str, value: Value, on: date) -> bool:
    national = national_value(library, key, on)
    return national is not None and laxer(KEYS[key], value, national[1].value)


def _check_family(family: str) -> None:
    if family not in FAMILIES:
        raise KeyError(f"unknown rule family {family!r}")
