"""The list that lies inside a backup: what it holds, with counts and hashes by which a restore proves itself. Pure: no files, no Django.

It never holds a key: only the id of the key that the data need.
"""
from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

FORMAT = 1
NAME = "manifest.json"
CHECK = "manifest.sha256"
SEAL = "manifest.seal"
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
FILE = re.compile(r"files/([0-9a-f]{2})/(\1[0-9a-f]{62})")
MODULUS = 2**256


class BackupRefused(Exception):
    """A backup or restore that is not done; `reason` says what, where and how to cure. Nothing was changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TableProof:
    """How many rows a table has, and a hash of them that does not depend on their order."""

    rows: int
    content: str


@dataclass(frozen=True, slots=True)
class PartProof:
    """The size in bytes and the sha256 of one part of the archive."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one backup holds."""

    format: int
    product: str
    made_at: str
    vendor: str
    key_id: str | None
    migrations: tuple[str, ...]             # "app.name", sorted
    tables: Mapping[str, TableProof]
    parts: Mapping[str, PartProof]          # the database and every attachment, by its name in the archive
    faulty: tuple[str, ...] = ()            # attachments already lost or damaged when the backup was made


class Content:
    """Adds rows up to a hash: the sum of their sha256, so that the order in which a database gives them does not matter."""

    __slots__ = ("rows", "_sum")

    def __init__(self) -> None:
        self.rows, self._sum = 0, 0

    def add(self, row: bytes) -> None:
        """Count one row."""
        self.rows += 1
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(row).digest(), "big")) % MODULUS

    def proof(self) -> TableProof:
        """Give the count and the hash so far."""
        return TableProof(self.rows, f"{self._sum:064x}")


def write(manifest: Manifest) -> str:
    """Give the text of the list: the same list always gives the same text."""
    return json.dumps({
        "format": manifest.format, "product": manifest.product, "made_at": manifest.made_at, "vendor": manifest.vendor, "key_id": manifest.key_id,
        "migrations": list(manifest.migrations), "faulty": list(manifest.faulty),
        "tables": {name: {"rows": t.rows, "content": t.content} for name, t in manifest.tables.items()},
        "parts": {name: {"size": p.size, "sha256": p.sha256} for name, p in manifest.parts.items()},
    }, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def digest(text: str) -> str:
    """Give the sha256 that lies beside the list."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(text: str, check: str) -> Manifest:
    """Read a list whose sha256 is `check`. Raises BackupRefused when it was changed, is of a newer format or misses something."""
    if digest(text) != check.strip():
        raise BackupRefused("备份里的清单损坏或被改动过，和它的校验值对不上。请换一份备份")
    try:
        held: dict[str, Any] = json.loads(text)
        if int(held["format"]) > FORMAT:
            raise BackupRefused(f"这份备份的格式是第 {held['format']} 版，现在的程序只认得到第 {FORMAT} 版。请先升级程序，再恢复")
        found = Manifest(
            int(held["format"]), str(held["product"]), str(held["made_at"]), str(held["vendor"]), held["key_id"], tuple(map(str, held["migrations"])),
            {str(n): TableProof(int(t["rows"]), str(t["content"])) for n, t in held["tables"].items()},
            {str(n): PartProof(int(p["size"]), str(p["sha256"])) for n, p in held["parts"].items()}, tuple(map(str, held["faulty"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupRefused("备份里的清单读不懂，这份备份不能用。请换一份备份") from error
    database = DATABASE.get(found.vendor)
    strange = [name for name in found.parts if name != database and not FILE.fullmatch(name)]
    if database not in found.parts or strange:
        raise BackupRefused("备份里的清单读不懂，这份备份不能用。请换一份备份")
    return found


def version(text: str) -> tuple[int, ...]:
    """Give a product version as numbers, to be compared."""
    return tuple(int(n) for n in re.findall(r"\d+", text)[:3])


def refuse_newer(manifest: Manifest, product: str, known: Iterable[str]) -> None:
    """Raise BackupRefused when a later product made the backup, or its tables have a form that this one does not know."""
    unknown = sorted(set(manifest.migrations) - set(known))
    if version(manifest.product) > version(product) or unknown:
        more = f"，其中有现在的程序不认识的结构（{unknown[0]} 等 {len(unknown)} 处）" if unknown else ""
        raise BackupRefused(f"这份备份是 {manifest.product} 版做的，比现在的 {product} 版新{more}。请先把程序升级到 {manifest.product} 版或更新，再恢复")


def differences(wanted: Mapping[str, TableProof], found: Mapping[str, TableProof]) -> list[str]:
    """Say in which tables two states differ; an empty list when they are equal."""
    said = []
    for name in sorted(wanted.keys() | found.keys()):
        left, right = wanted.get(name), found.get(name)
        if left is None or right is None:
            said.append(f"表 {name} {'多出来了' if left is None else '不见了'}")
        elif left.rows != right.rows:
            said.append(f"表 {name} 应有 {left.rows} 行，现在有 {right.rows} 行")
        elif left.content != right.content:
            said.append(f"表 {name} 行数相同（{left.rows} 行），内容不同")
    return said
