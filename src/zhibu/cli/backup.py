"""`zhibu backup OUT.zip`: one file with the database, the attachments and a list that proves them; users may go on working meanwhile.

Exit 0: done; 1: refused, no file was made; 2: wrong use; 3: the file is made, but attachments were already lost or damaged.
"""
from __future__ import annotations

import argparse
import getpass
import os
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from zhibu.exchange.backup import archive as zips
from zhibu.exchange.backup import sealed
from zhibu.exchange.backup.manifest import DATABASE, FORMAT, BackupRefused, Manifest
from zhibu.ground.guard.sealing import KeyMissing, blind_index, key_path, keys

from .dumps import postgres, sqlite

ENGINES = {"sqlite": sqlite, "postgresql": postgres}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation keeps its data."""

    vendor: str
    database: Mapping[str, Any]  # Django's settings of the database
    files: Path


def here() -> Place:
    """Give the place that the environment names."""
    return Place(connection.vendor, connection.settings_dict, Path(settings.FILES_ROOT))


def seal(text: str) -> str:
    """Seal a list with the key of the data."""
    return blind_index(text, "backup.manifest")


def product() -> str:
    """Give the version of this program."""
    return version("zhibu")


def passphrase(*, new: bool) -> str:
    """Give the passphrase of a sealed backup: from the file that ZHIBU_BACKUP_PASSPHRASE_FILE names, else asked for, a new one twice. Raises BackupRefused."""
    named = os.environ.get("ZHIBU_BACKUP_PASSPHRASE_FILE")
    try:
        words = Path(named).read_text().strip() if named else getpass.getpass("备份口令：")
    except (OSError, UnicodeDecodeError) as error:
        raise BackupRefused(f"读不到口令文件“{named}”。请核对 ZHIBU_BACKUP_PASSPHRASE_FILE") from error
    except EOFError as error:
        raise BackupRefused("没有口令。请把口令写进一个只有您能读的文件，用 ZHIBU_BACKUP_PASSPHRASE_FILE 指出") from error
    if new and len(words) < sealed.SHORTEST:
        raise BackupRefused(f"口令太短，至少 {sealed.SHORTEST} 个字符")
    if new and not named and getpass.getpass("再输一遍：") != words:
        raise BackupRefused("两遍口令不一样，没有备份")
    return words


def make(place: Place, out: Path, at: datetime, words: str = "") -> Manifest:
    """Write a backup, under a passphrase when one is given; returns its list. Raises BackupRefused, and then leaves no file."""
    if out.exists():
        raise BackupRefused(f"“{out}”已经有了，没有覆盖。请换一个文件名，例如加上日期")
    if not out.parent.is_dir():
        raise BackupRefused(f"没有文件夹“{out.parent}”。请先建好，或换一个地方")
    part = out.with_name(f"{out.name}.{os.getpid()}.part")
    try:
        # Under a passphrase nothing readable may lie where the backup goes, not even for a moment.
        with tempfile.TemporaryDirectory(prefix=".zhibu-backup-", dir=place.files.parent if words and place.files.parent.is_dir() else out.parent) as folder:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as written:
                lid = sealed.Writer(written, words) if words else None
                with zipfile.ZipFile(lid or written, "w") as archive:  # type: ignore[arg-type]
                    manifest = _fill(archive, place, Path(folder), at)
                if lid:
                    lid.close()
                written.flush()
                os.fsync(written.fileno())
        try:
            os.link(part, out)  # refuses to overwrite, unlike a rename
        except FileExistsError as error:
            raise BackupRefused(f"“{out}”已经有了，没有覆盖。请换一个文件名，例如加上日期") from error
        _settle(out.parent)
    except OSError as error:
        raise BackupRefused(f"备份写不进“{out.parent}”：{error.strerror or error}。请看看磁盘空间和权限，再做一次") from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fill(archive: zipfile.ZipFile, place: Place, folder: Path, at: datetime) -> Manifest:
    parts, faulty = {}, []
    with contextmanager(ENGINES[place.vendor].snapshot)(place.database, folder) as state:
        try:
            if state.key_id and keys().key_id != state.key_id:
                raise BackupRefused(f"密钥文件 {key_path()} 的编号是 {keys().key_id}，数据用的是 {state.key_id}。请放回原来的密钥文件，再备份")
        except KeyMissing as missing:
            raise BackupRefused(f"没有备份：{missing}") from missing
        name = DATABASE[place.vendor]
        parts[name] = zips.add_file(archive, name, state.dump, pack=place.vendor == "sqlite")
        state.dump.unlink()
        # After the snapshot: a file is on disk before its row is, so every row of the snapshot has its file by now.
        for sha256 in sorted(state.attachments):
            held, name = place.files / sha256[:2] / sha256, f"files/{sha256[:2]}/{sha256}"
            if not held.is_file() or zips.hash_of(held).sha256 != sha256:
                faulty.append(sha256)
                continue
            parts[name] = zips.add_file(archive, name, held, pack=False)
    manifest = Manifest(FORMAT, product(), at.isoformat(timespec="seconds"), place.vendor, state.key_id, state.migrations, state.tables, parts, tuple(faulty))
    zips.add_manifest(archive, manifest, seal)
    return manifest


def main(argv: Sequence[str]) -> int:
    """Make a backup of this installation."""
    parser = argparse.ArgumentParser(prog="zhibu backup", description="备份：数据库、附件和一份清单，装进一个文件。不含密钥文件，密钥请另外保存")
    parser.add_argument("out", type=Path, help="写到哪个文件，例如 /backup/zhibu-2026-11-21.zip")
    parser.add_argument("--encrypt", action="store_true", help="用口令加密。口令写在 ZHIBU_BACKUP_PASSPHRASE_FILE 指的文件里，没有就现在问")
    args = parser.parse_args(list(argv))
    try:
        made = make(here(), args.out, timezone.localtime(), passphrase(new=True) if args.encrypt else "")
    except BackupRefused as refused:
        print(refused.reason, file=sys.stderr)
        return 1
    rows = sum(t.rows for t in made.tables.values())
    print(f"备份好了：{args.out}（{args.out.stat().st_size / 1e6:.1f} MB）\n  {len(made.tables)} 张表，{rows} 行；附件 {len(made.parts) - 1} 个")
    if made.key_id:
        print(f"  密钥编号 {made.key_id}。备份里没有密钥：密钥文件 {key_path()} 请另存一份，不要和备份放在一起")
    print("  已用口令加密。口令丢了就打不开，请和密钥一样另存一份" if args.encrypt else "  备份里有党员姓名等内容，没有加密，请放在只有管理人能打开的地方，或加 --encrypt")
    print("  用 zhibu restore 文件 --check 可以核对它")
    if made.faulty:
        print(f"注意：有 {len(made.faulty)} 个附件在备份之前就丢失或损坏，没有备份进去：{'、'.join(made.faulty[:5])}。请从更早的备份里找回", file=sys.stderr)
        return 3
    return 0
