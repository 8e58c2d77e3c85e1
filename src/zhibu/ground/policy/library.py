"""The shipped rule sets: typed, dated, cited values read once from ``library/*.toml``.

A file is one set: a header and one table per family; every value is ``{ value = …, clause = "…" }``. The clause is written
after the ``short`` name of the set, or after ``document`` where a value comes from elsewhere. Unknown keys, wrong types and
values without a clause are a ``LibraryError`` that names file and key. Source: rules.md §1, §7.
"""
from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from zhibu.ground.policy.catalogue import FAMILIES, KEYS
from zhibu.ground.policy.reading import ValueFault, read
from zhibu.ground.policy.spec import Value

FOLDER = Path(__file__).with_name("library")
CONVENTIONS = "zhibu-conventions"
SET_KINDS = ("national", "seed", "local", "system")
STATUSES = ("draft", "active", "retired")


class LibraryError(ValueError):
    """A rule set that cannot be read; the message names the file and the key."""


class UnknownRuleSet(KeyError):
    """No rule set has this code."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a rule set with its source; ``verified`` False is shown as 待核."""

    value: Value
    clause: str
    verified: bool = True
    note: str = ""
    reason: str = ""  # why it is laxer than the national value (E042)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A set of values (规则集) with its document. ``effective_to`` is the last day in force; None = open. ``version`` = hash of the file.

    ``dates_verified`` False: the dates are shown as 待核.
    """

    code: str
    title: str
    kind: str
    issuer: str
    document_no: str
    effective_from: date | None
    effective_to: date | None
    status: str
    source: str
    verified_by: str
    verified_on: date | None
    dates_verified: bool
    version: str
    values: Mapping[str, Item] = field(compare=False, repr=False)
    supersedes: str = ""
    based_on: str = ""
    reason: str = ""  # why national kinds of organisational life are not named (E042)

    def in_force(self, on: date) -> bool:
        """Tell whether the set is in force on a day; a missing date is open on that side, a draft is never in force."""
        if self.status == "draft":
            return False
        return (self.effective_from is None or self.effective_from <= on) and (self.effective_to is None or on <= self.effective_to)

    def defines(self, family: str) -> bool:
        """Tell whether the set has at least one value of the family."""
        return any(KEYS[key].family == family for key in self.values)

    @property
    def families(self) -> tuple[str, ...]:
        """Return the families that the set has values for, in the order of the catalogue."""
        found = {KEYS[key].family for key in self.values}
        return tuple(family for family in FAMILIES if family in found)


@dataclass(frozen=True, slots=True)
class Library:
    """All rule sets that are known, by code."""

    sets: Mapping[str, RuleSet]

    def get(self, code: str) -> RuleSet:
        """Return a set by its code. Raises UnknownRuleSet with a Chinese message."""
        try:
            return self.sets[code]
        except KeyError:
            raise UnknownRuleSet(f"没有代号为“{code}”的规则集") from None

    def all(self) -> tuple[RuleSet, ...]:
        """Return every set: national, then seeds and local sets, then the system's conventions; by code inside each."""
        return tuple(sorted(self.sets.values(), key=lambda one: (SET_KINDS.index(one.kind), one.code)))

    def conventions(self) -> RuleSet:
        """Return the conventions of the system, which come last in every fallback."""
        return self.get(CONVENTIONS)

    def national(self, family: str, on: date) -> tuple[RuleSet, ...]:
        """Return the national sets with values of the family that are in force on the day, the newest first."""
        found = [one for one in self.sets.values() if one.kind == "national" and one.in_force(on) and one.defines(family)]
        return tuple(sorted(found, key=lambda one: (one.effective_from or date.min, one.code), reverse=True))

    def with_set(self, rule_set: RuleSet) -> Library:
        """Return a library in which this set is added or replaced (local sets, decision tables, tests)."""
        return Library(MappingProxyType({**self.sets, rule_set.code: rule_set}))

    def with_value(self, code: str, key: str, value: Value) -> Library:
        """Return a library in which one value of a set is another (what-if questions and the test that every value is read)."""
        rule_set = self.get(code)
        item = rule_set.values.get(key, Item(value, rule_set.title))
        values = MappingProxyType({**rule_set.values, key: replace(item, value=value)})
        return self.with_set(replace(rule_set, values=values, version=f"{rule_set.version}+"))


_HEADER: dict[str, type | tuple[type, ...]] = {
    "code": str, "title": str, "short": str, "kind": str, "issuer": str, "document_no": str, "effective_from": date,
    "effective_to": date, "status": str, "source": str, "verified_by": str, "verified_on": (date, str), "dates_verified": bool, "supersedes": str, "based_on": str,
    "reason": str,
}
_REQUIRED = ("code", "title", "short", "kind", "status", "source")
_ITEM_FIELDS: dict[str, type] = {"clause": str, "document": str, "verified": bool, "note": str, "reason": str}


def parse(text: str, name: str) -> RuleSet:
    """Read one rule set from TOML text; ``name`` is the file name for messages. Raises LibraryError naming file and key."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LibraryError(f"规则集文件 {name} 不是有效的 TOML：{error}") from None
    rule_set = parse_header(table, name, sha256(text.encode()).hexdigest()[:12])
    values: dict[str, Item] = {}
    for family, inner in table.items():
        if family in FAMILIES:
            _collect(name, family, inner, str(table["short"]), values)
    return replace(rule_set, values=MappingProxyType(values))


def parse_header(table: Mapping[str, Any], name: str, version: str) -> RuleSet:
    """Read the header of a set, without its values. Raises LibraryError naming file and key."""
    for key, kind in _HEADER.items():
        found = table.get(key)
        if key in table and (not isinstance(found, kind) or type(found).__name__ == "datetime"):
            raise LibraryError(f"规则集文件 {name}，{key}：类型不对，现为 {found!r}")
        if key in _REQUIRED and not found:
            raise LibraryError(f"规则集文件 {name}，{key}：不能缺少，也不能为空")
    for key, choices in (("kind", SET_KINDS), ("status", STATUSES)):
        if table[key] not in choices:
            raise LibraryError(f"规则集文件 {name}，{key}：应为 {'、'.join(choices)} 之一，现为 {table[key]!r}")
    start, end = table.get("effective_from"), table.get("effective_to")
    if start is not None and end is not None and end < start:
        raise LibraryError(f"规则集文件 {name}，effective_to：早于 effective_from（E002）")
    for family in table:
        if family not in _HEADER and family not in FAMILIES:
            raise LibraryError(f"规则集文件 {name}，{family}：没有这个规则族或表头项")
    return RuleSet(
        code=table["code"], title=table["title"], kind=table["kind"], issuer=table.get("issuer", ""),
        document_no=table.get("document_no", ""), effective_from=start, effective_to=end, status=table["status"],
        source=table["source"], verified_by=table.get("verified_by", ""), verified_on=table.get("verified_on") or None,
        dates_verified=table.get("dates_verified", True), version=version, values=MappingProxyType({}),
        supersedes=table.get("supersedes", ""), based_on=table.get("based_on", ""), reason=table.get("reason", ""),
    )


def _collect(name: str, prefix: str, table: object, short: str, values: dict[str, Item]) -> None:
    """Walk the tables of a family; a table with ``value`` is an item, any other table is one step of the key."""
    if not isinstance(table, dict):
        raise LibraryError(f"规则集文件 {name}，{prefix}：应写成 {{ value = …, clause = \"…\" }}，现为 {table!r}")
    if "value" not in table:
        if not table or prefix in KEYS:
            raise LibraryError(f"规则集文件 {name}，{prefix}：缺少 value")
        for step, inner in table.items():
            _collect(name, f"{prefix}.{step}", inner, short, values)
        return
    values[prefix] = parse_item(name, prefix, table, short)


def parse_item(name: str, prefix: str, table: object, short: str) -> Item:
    """Read one value with its source. Raises LibraryError naming file and key."""
    key = KEYS.get(prefix)
    if key is None:
        raise LibraryError(f"规则集文件 {name}，{prefix}：目录中没有这个参数")
    if not isinstance(table, dict) or "value" not in table:
        raise LibraryError(f"规则集文件 {name}，{prefix}：缺少 value")
    try:
        value = read(key, table["value"])
    except ValueFault as fault:
        raise LibraryError(f"规则集文件 {name}，{prefix}：{fault}") from None
    return _item(name, prefix, table, value, short)


def _item(name: str, key: str, table: Mapping[str, Any], value: Value, short: str) -> Item:
    for part, found in table.items():
        if part == "value":
            continue
        if part not in _ITEM_FIELDS:
            raise LibraryError(f"规则集文件 {name}，{key}：不认识的项 {part}（可用：value、clause、document、verified、note、reason）")
        if not isinstance(found, _ITEM_FIELDS[part]):
            raise LibraryError(f"规则集文件 {name}，{key}：{part} 的类型不对，现为 {found!r}")
    if "clause" not in table:
        raise LibraryError(f"规则集文件 {name}，{key}：缺少出处 clause（只引文件本身时写空串）")
    document = table.get("document", short)
    return Item(value=value, clause=document + table["clause"], verified=table.get("verified", True), note=table.get("note", ""), reason=table.get("reason", ""))


def build(rule_sets: Iterable[RuleSet]) -> Library:
    """Put sets together into a library. Raises LibraryError when two have the same code or the conventions are missing."""
    found: dict[str, RuleSet] = {}
    for one in rule_sets:
        if one.code in found:
            raise LibraryError(f"规则集代号“{one.code}”出现两次")
        found[one.code] = one
    if CONVENTIONS not in found:
        raise LibraryError(f"缺少系统约定 {CONVENTIONS}")
    return Library(MappingProxyType(found))


def load(folder: Path) -> Library:
    """Read every ``*.toml`` of a folder. Raises LibraryError naming file and key; the file is named after the code of its set."""
    found = []
    for path in sorted(folder.glob("*.toml")):
        rule_set = parse(path.read_text(encoding="utf-8"), path.name)
        if rule_set.code != path.stem:
            raise LibraryError(f"规则集文件 {path.name}，code：应与文件名相同，现为 {rule_set.code!r}")
        found.append(rule_set)
    return build(found)


@lru_cache(maxsize=1)
def shipped() -> Library:
    """Return the library that ships with the system, read once. Raises LibraryError."""
    return load(FOLDER)
