"""SQLite: the online backup API copies a state that readers and writers go on beside; a restore puts a proven copy into an empty place."""
from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibu.exchange.backup.manifest import BackupRefused, Content, TableProof

VENDOR = "sqlite"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One frozen state of a database, and what is in it."""

    dump: Path
    tables: Mapping[str, TableProof]
    migrations: tuple[str, ...]
    key_id: str | None
    attachments: frozenset[str]


def quoted(name: str) -> str:
    """Quote an identifier, which both databases do alike."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an existing file for reading only."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=20)) as link:
        yield link


def table_names(link: sqlite3.Connection) -> list[str]:
    """List the tables of the product, without SQLite's own."""
    return [row[0] for row in link.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")]


def proofs(link: sqlite3.Connection) -> dict[str, TableProof]:
    """Count and hash every table."""
    found = {}
    link.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")  # a text that is not UTF-8 is saved as it is
    for name in table_names(link):
        content = Content()
        for row in link.execute(f"SELECT * FROM {quoted(name)}"):
            content.add(repr(row).encode())
        found[name] = content.proof()
    return found


def snapshot(settings: Mapping[str, Any], folder: Path) -> Iterator[Snapshot]:
    """Copy the database into the folder and tell what the copy holds. Raises BackupRefused when there is none."""
    source, target = Path(settings["NAME"]), folder / "database.sqlite3"
    if not source.exists():
        raise BackupRefused(f"没有找到数据库“{source}”。请核对 DATABASE_URL 和 ZHIBU_DATA 指的是不是要备份的地方")
    try:
        with opened(source) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)  # all pages in one step: in steps it would begin anew after every write of the users, who are not held up either way
            copy.execute("PRAGMA journal_mode=DELETE")
        with opened(target) as link:
            check_whole(link, source)
            tables = proofs(link)
            if "django_migrations" not in tables:
                raise BackupRefused(f"“{source}”里还没有数据。先用 zhibu serve 启动一次，再备份")
            migrations = tuple(sorted(f"{app}.{name}" for app, name in link.execute("SELECT app, name FROM django_migrations")))
            marked = link.execute("SELECT key_id FROM guard_keymark ORDER BY id").fetchone() if "guard_keymark" in tables else None
            attachments = frozenset(row[0] for row in link.execute("SELECT sha256 FROM files_attachment")) if "files_attachment" in tables else frozenset()
    except sqlite3.Error as error:
        raise BackupRefused(f"没有备份：“{source}”读不出来，或备份的地方写不下（{error}）。请先看磁盘空间；数据库真的坏了，就恢复上一份备份") from error
    yield Snapshot(target, tables, migrations, marked[0] if marked else None, attachments)


def check_whole(link: sqlite3.Connection, named: Path | str) -> None:
    """Raise BackupRefused when SQLite finds the file inconsistent."""
    said = link.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        raise BackupRefused(f"数据库“{named}”已经损坏（{said}）。请换一份好的备份")


def refuse_full(settings: Mapping[str, Any]) -> None:
    """Raise BackupRefused unless the place of the database is empty."""
    target = Path(settings["NAME"])
    cure = "恢复只写进空的地方，没有改动任何数据。请把 ZHIBU_DATA 或 DATABASE_URL 指到一个新的空位置，或先把原来的移走"
    for beside in (f"{target}-wal", f"{target}-journal"):
        if os.path.exists(beside) and (os.path.getsize(beside) or not target.exists()):
            raise BackupRefused(f"“{beside}”还在，说明这里有数据库正在用或没有关好。{cure}")
    if not target.exists() or not target.stat().st_size:
        return
    try:
        with opened(target) as link:
            full = bool(table_names(link))
    except sqlite3.Error:
        full = True
    if full:
        raise BackupRefused(f"“{target}”里已经有数据。{cure}")


def check_dump(dump: Path, tables: Mapping[str, TableProof]) -> dict[str, TableProof]:
    """Open the copied file before it is put in place; returns what it holds. Raises BackupRefused when SQLite cannot read it."""
    try:
        with opened(dump) as link:
            check_whole(link, "备份里的 database.sqlite3")
            return proofs(link)
    except sqlite3.Error as error:
        raise BackupRefused(f"备份里的数据库读不出来（{error}）。请换一份备份") from error


def load(settings: Mapping[str, Any], dump: Path) -> None:
    """Put the proven file in place of the empty one."""
    target = Path(settings["NAME"])
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with opened(dump) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
        part.chmod(0o600)
        with open(part, "rb") as written:
            os.fsync(written.fileno())
        refuse_full(settings)  # again: somebody may have started the product meanwhile
        os.replace(part, target)
    except sqlite3.Error as error:
        raise BackupRefused(f"数据库写不进“{target.parent}”（{error}）。没有改动任何数据。请看看磁盘空间和权限，再做一次") from error
    finally:
        part.unlink(missing_ok=True)


def stored(settings: Mapping[str, Any]) -> dict[str, TableProof]:
    """Count and hash what is now in place."""
    with opened(Path(settings["NAME"])) as link:
        return proofs(link)
