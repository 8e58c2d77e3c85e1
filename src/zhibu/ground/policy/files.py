"""Read a rule set that somebody uploads: the library's format, strictly and all faults at once, each with its line or its key. Pure."""
from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from zhibu.ground.policy.catalogue import FAMILIES, KEYS
from zhibu.ground.policy.library import Item, LibraryError, RuleSet, parse_header, parse_item

MOST_BYTES = 200_000
MOST_TEXT = 300
GREATEST = 10**9
MOST_FAULTS = 30
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""  # possessive: read once, never tried again shorter
DOTTED = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{8}}")


class FileRefused(Exception):
    """A file that cannot be read as a rule set; `reasons` say where and how to cure."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("；".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class _Walk:
    """What was met so far."""

    values: dict[str, Item]
    faults: list[str]


def parse_toml(text: str) -> dict[str, Any]:
    """Read TOML from strangers. ValueError names the line; names of very many parts, whose reading takes time by their square, are refused first."""
    long = DOTTED.search(text)
    if long is not None:
        raise ValueError(f"a name of too many parts (at line {text.count(chr(10), 0, long.start()) + 1}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("too many brackets") from None


def table_of(data: bytes, name: str) -> dict[str, Any]:
    """Read the bytes of a file as TOML. Raises FileRefused with the line."""
    if len(data) > MOST_BYTES:
        raise FileRefused([f"“{name}”超过 {MOST_BYTES // 1000} KB，不像规则集文件，请核对"])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileRefused([f"“{name}”第 {line} 行有读不出的字。请在从本系统下载的文件上改，另存时不要换编码"]) from None
    try:
        return parse_toml(text)
    except ValueError as error:
        where = re.search(r"at line (\d+)", str(error))
        line = int(where[1]) if where else text.count("\n") + 1
        raise FileRefused([f"“{name}”第 {line} 行写法不对，请对照从本系统下载的文件改"]) from None


def read_set(data: bytes, name: str) -> RuleSet:
    """Read a rule set from an uploaded file. Raises FileRefused with every fault: unknown keys are named, values say what they should be."""
    table = table_of(data, name)
    walk = _Walk({}, [])
    walk.faults.extend(f"{where}：{why}" for where, why in _unfit(table))
    header: RuleSet | None = None
    try:
        header = parse_header(table, name, "")
    except LibraryError as error:
        walk.faults.append(_short(error, name))
    short = header.title if header else ""
    for family, inner in table.items():
        if family in FAMILIES:
            _collect(name, family, inner, str(table.get("short") or short), walk, 0)
    if walk.faults:
        more = len(walk.faults) - MOST_FAULTS
        raise FileRefused([*walk.faults[:MOST_FAULTS], *([f"还有 {more} 处，改完前面的再传"] if more > 0 else [])])
    assert header is not None
    return replace(header, values=MappingProxyType({key: walk.values[key] for key in KEYS if key in walk.values}))


def _collect(name: str, prefix: str, table: object, short: str, walk: _Walk, depth: int) -> None:
    """Walk the tables of a family and note the faults instead of stopping at the first."""
    if depth > 5:
        walk.faults.append(f"{prefix[:60]}：没有这一项")
    elif isinstance(table, dict) and "value" not in table and prefix not in KEYS and table:
        for step, inner in table.items():
            _collect(name, f"{prefix}.{step}", inner, short, walk, depth + 1)
    else:
        try:
            walk.values[prefix] = parse_item(name, prefix, table, short)
        except LibraryError as error:
            walk.faults.append(_short(error, name))
        except RecursionError:
            walk.faults.append(f"{prefix[:60]}：写法不对")


def _short(error: LibraryError, name: str) -> str:
    """Leave out the name of the file, which stands above the list."""
    return str(error).replace(f"规则集文件 {name}，", "").replace(f"规则集文件 {name}", "文件")[:200]


def _unfit(raw: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Find texts that are too long or hold control characters, and numbers beyond all measure. The depth is bounded by the reader of TOML."""
    if isinstance(raw, Mapping):
        for key, inner in raw.items():
            place = f"{where}.{key}" if where else str(key)
            if len(place) > 100 or any(unicodedata.category(c)[0] == "C" for c in str(key)):
                yield "".join(c for c in place[:60] if unicodedata.category(c)[0] != "C"), "没有这一项"
            else:
                yield from _unfit(inner, place)
    elif isinstance(raw, list):
        if len(raw) > 100:
            yield where, "列得太多"
        for inner in raw[:100]:
            yield from _unfit(inner, where)
    elif isinstance(raw, str):
        if len(raw) > MOST_TEXT:
            yield where, f"太长，最多 {MOST_TEXT} 个字"
        elif any(unicodedata.category(c)[0] == "C" for c in raw):
            yield where, "有看不见的字符，请删去"
    elif isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) > GREATEST:
        yield where, "数太大，请核对"
