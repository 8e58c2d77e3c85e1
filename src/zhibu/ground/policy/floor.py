"""The floor check: is a local value laxer than the national one? Source: rules.md §1 (E042).

Stricter is always accepted; laxer only with a reason. Each key of the catalogue says which direction is stricter.
"""
from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import cast

from zhibu.ground.policy.spec import Alternative, Key, LifeRule, Share, Stricter, Type, Value
from zhibu.kernel.numbers import Op, Threshold

#: Windows by length in months; a shorter window with the same minimum is stricter.
_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def laxer(key: Key, local: Value, national: Value) -> bool:
    """Tell whether a local value asks for less than the national one. Equal or stricter is False; a key without direction never is."""
    if local == national or key.stricter is Stricter.NONE:
        return False
    special = _SPECIAL.get(key.type)
    if special is not None:
        return special(key, local, national)
    return _plain(key, local, national)


def _plain(key: Key, local: Value, national: Value) -> bool:
    if key.stricter is Stricter.EXACT:
        return True
    if key.stricter is Stricter.ORDER:
        return key.choices.index(cast(str, local)) > key.choices.index(cast(str, national))
    ours, theirs = cast(Decimal, local), cast(Decimal, national)
    return ours < theirs if key.stricter is Stricter.HIGHER else ours > theirs


def _exact_list(key: Key, local: Value, national: Value) -> bool:
    """Every option that the local set allows must be a national option (a term of 2 or 3 years against 3)."""
    return not set(cast(tuple[object, ...], local)) <= set(cast(tuple[object, ...], national))


def _threshold(key: Key, local: Value, national: Value) -> bool:
    ours, theirs = cast(Threshold, local), cast(Threshold, national)
    if key.stricter is Stricter.EXACT:
        return True
    if ours.base != theirs.base and ours.base.startswith("attended"):
        return True        # counted on those who came instead of those who should come
    if ours.op in (Op.LE, Op.LT):
        return True        # an upper bound where the nation asks for at least so many
    if Fraction(ours.value) != Fraction(theirs.value):
        return Fraction(ours.value) < Fraction(theirs.value)
    return ours.op is Op.GE and theirs.op is Op.GT


def _share(key: Key, local: Value, national: Value) -> bool:
    ours, theirs = cast(Share, local), cast(Share, national)
    if ours.fraction == theirs.fraction:
        return ours.round != theirs.round and ours.round == "floor"
    return ours.fraction < theirs.fraction


def _training(key: Key, local: Value, national: Value) -> bool:
    """Laxer when some local way satisfies no national way."""
    def enough(way: Alternative) -> bool:
        return any(
            (wanted.days is not None and way.days is not None and way.days >= wanted.days)
            or (wanted.hours is not None and way.hours is not None and way.hours >= wanted.hours)
            for wanted in cast(tuple[Alternative, ...], national)
        )
    return not all(enough(way) for way in cast(tuple[Alternative, ...], local))


def _life(key: Key, local: Value, national: Value) -> bool:
    ours, theirs = cast(LifeRule, local), cast(LifeRule, national)
    if not theirs.counted:
        return _weaker_cap(ours, theirs)
    if ours.minimum is None or ours.by or ours.window not in _MONTHS:
        return True
    if theirs.per == "group" and ours.per != "group":
        return True
    if not set(theirs.applies_to) <= set(ours.applies_to):
        return True
    return less_often(ours.window, ours.minimum, theirs.window, cast(int, theirs.minimum)) or _weaker_cap(ours, theirs)


def _weaker_cap(ours: LifeRule, theirs: LifeRule) -> bool:
    """A cap on 优秀 that both sets print must not be wider."""
    return ours.excellent is not None and theirs.excellent is not None and ours.excellent.fraction > theirs.excellent.fraction


def less_often(window: str, minimum: int, national_window: str, national_minimum: int) -> bool:
    """Tell whether ``minimum`` a ``window`` does not guarantee the national minimum in every national window.

    Twice a quarter guarantees once a quarter and twice a half-year, but three times a quarter does not guarantee once a month.
    """
    ours, theirs = _MONTHS[window], _MONTHS[national_window]
    return ours > theirs or minimum * (theirs // ours) < national_minimum


_SPECIAL: dict[Type, Callable[[Key, Value, Value], bool]] = {
    Type.INTS: _exact_list, Type.WORDS: _exact_list, Type.THRESHOLD: _threshold, Type.SHARE: _share, Type.TRAINING: _training,
    Type.LIFE: _life,
}
