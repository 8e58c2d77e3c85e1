"""Write rule values and rule sets back in the file format of the library: what ``reading`` and ``library`` read. Pure.

The values are written through `raw`, so a set comes out of a file, of the database and of a form in the same words.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from json import dumps
from typing import Any, cast

from zhibu.ground.policy.catalogue import FAMILIES, KEYS
from zhibu.ground.policy.library import Item, RuleSet
from zhibu.ground.policy.reading import read
from zhibu.ground.policy.spec import BRANCH_TYPES, Alternative, Band, Bracket, LifeRule, Share, Type, Value
from zhibu.kernel.numbers import Threshold


def raw(key: str, value: Value) -> Any:
    """Write a value as ``reading.read`` takes it. KeyError for an unknown key."""
    write = _WRITE.get(KEYS[key].type)
    return write(value) if write else value


def _decimal(value: Value) -> Any:
    return f"{cast(Decimal, value):f}"


def _listed(value: Value) -> Any:
    return [list(one) if isinstance(one, tuple) else one for one in cast("tuple[Any, ...]", value)]


def _threshold(value: Value) -> Any:
    bound = cast(Threshold, value)
    share = Fraction(bound.value)
    found: dict[str, Any] = {"num": share.numerator, "den": share.denominator, "op": str(bound.op)}
    return {"base": bound.base, **found} if bound.base else found


def _share(value: Value) -> Any:
    share = cast(Share, value)
    found: dict[str, Any] = {"num": share.num, "den": share.den, "round": share.round}
    if not share.hard:
        found["hard"] = False
    return {**found, "base": share.base} if share.base else found


def _brackets(value: Value) -> Any:
    rows = cast("tuple[Bracket, ...]", value)
    return [{**({"up_to": f"{row.up_to:f}"} if row.up_to is not None else {}), "rate": f"{row.rate:f}"} for row in rows]


def _bands(value: Value) -> Any:
    return [{"from": f"{band.at_least:f}", "level": band.level} for band in cast("tuple[Band, ...]", value)]


def _training(value: Value) -> Any:
    ways = cast("tuple[Alternative, ...]", value)
    return {"any_of": [{"days": way.days} if way.days is not None else {"hours": way.hours} for way in ways]}


def _life(value: Value) -> Any:
    rule = cast(LifeRule, value)
    found: dict[str, Any] = {}
    for name, standing, default in (
        ("window", rule.window, ""), ("min", rule.minimum, None), ("per", rule.per, "org"), ("by", rule.by, ""), ("needs_committee", rule.needs_committee, False),
        ("prefer", rule.prefer, ""), ("fixed_day", rule.fixed_day, False), ("committee_secretary_min_per_year", rule.committee_secretary_min_per_year, None),
    ):
        if standing != default:
            found[name] = standing
    if rule.applies_to != BRANCH_TYPES:
        found["applies_to"] = list(rule.applies_to)
    if rule.records is not None:
        found["records"] = list(rule.records)
    if rule.excellent is not None:
        found["excellent"] = _share(rule.excellent)
    if rule.relations:
        found["relations"] = list(rule.relations)
    return found


_WRITE: dict[Type, Callable[[Value], Any]] = {
    Type.DECIMAL: _decimal, Type.WORDS: _listed, Type.PAIRS: _listed, Type.INTS: _listed,
    Type.DECIMALS: lambda value: [f"{cast(Decimal, one):f}" for one in cast("tuple[Any, ...]", value)],
    Type.THRESHOLD: _threshold, Type.SHARE: _share, Type.BRACKETS: _brackets, Type.BANDS: _bands, Type.TRAINING: _training, Type.LIFE: _life,
}


def packed(values: Mapping[str, Item]) -> dict[str, Any]:
    """Write values for the database, in catalogue order."""
    return {
        key: {"value": raw(key, values[key].value), "clause": values[key].clause, "verified": values[key].verified, "note": values[key].note, "reason": values[key].reason}
        for key in KEYS if key in values
    }


def unpacked(content: Mapping[str, Any]) -> dict[str, Item]:
    """Read what ``packed`` wrote. ValueFault or KeyError when it was not written by it."""
    return {
        key: Item(read(KEYS[key], one["value"]), one["clause"], one["verified"], one["note"], one["reason"]) for key, one in content.items()
    }


def digest_of(content: Mapping[str, Any]) -> str:
    """Give the version of a content, which results name beside the code."""
    return sha256(dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]


# ---------------------------------------------------------------- the file


def dump(rule_set: RuleSet) -> str:
    """Write a set as a file of the library's format; ``library.parse`` reads the same set from it."""
    header: dict[str, Any] = {
        "code": rule_set.code, "title": rule_set.title, "short": _short(rule_set), "kind": rule_set.kind, "issuer": rule_set.issuer,
        "document_no": rule_set.document_no, "effective_from": rule_set.effective_from, "effective_to": rule_set.effective_to, "status": rule_set.status,
        "source": rule_set.source or rule_set.title, "supersedes": rule_set.supersedes, "based_on": rule_set.based_on, "reason": rule_set.reason, "verified_by": rule_set.verified_by,
        "verified_on": rule_set.verified_on,
    }
    lines = [f"{name} = {_toml(value)}" for name, value in header.items() if value not in (None, "")]
    if not rule_set.dates_verified:
        lines.append("dates_verified = false")
    for family in FAMILIES:
        keys = [key for key in KEYS if KEYS[key].family == family and key in rule_set.values]
        if keys:
            lines += ["", f"[{family}]", *(f"{key.partition('.')[2]} = {_toml(_item(key, rule_set.values[key]))}" for key in keys)]
    return "\n".join(lines) + "\n"


def _short(rule_set: RuleSet) -> str:
    return rule_set.document_no or rule_set.title


def _item(key: str, item: Item) -> dict[str, Any]:
    found: dict[str, Any] = {"value": raw(key, item.value), "document": item.clause, "clause": ""}
    if not item.verified:
        found["verified"] = False
    return {**found, **{name: text for name, text in (("note", item.note), ("reason", item.reason)) if text}}


def _toml(value: Any) -> str:
    """Write one value in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return "{ " + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + " }"


def _text(value: str) -> str:
    """Write a text; what would end or bend it is escaped."""
    return '"' + "".join(f"\\u{ord(c):04X}" if ord(c) < 32 or ord(c) == 127 or c in '"\\' else c for c in value) + '"'
