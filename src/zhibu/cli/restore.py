"""`zhibu restore IN.zip [--check]`: proves a backup first, writes only into an empty place, and proves afterwards what it wrote.

Exit 0: done and proven; 1: refused, the target is as it was; 2: wrong use; 3: written, but the proof failed or it stopped half-way.
"""
from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from zhibu.exchange.backup import archive as zips
from zhibu.exchange.backup import sealed
from zhibu.exchange.backup.manifest import DATABASE, BackupRefused, Manifest, differences, refuse_newer
from zhibu.ground.guard.sealing import KeyMissing, key_path, keys

from .backup import ENGINES, Place, here, passphrase, product, seal


class HalfDone(Exception):
    """The target was written, and is not what the backup holds; the sentences say where."""

    def __init__(self, said: Sequence[str]) -> None:
        super().__init__("；".join(said))
        self.said = tuple(said)


def known_migrations() -> frozenset[str]:
    """List the migrations that this program has, as a list in a backup writes them."""
    return frozenset(f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations)


def refuse_other_key(manifest: Manifest) -> None:
    """Raise BackupRefused when the key file is not the one that the data need."""
    if not manifest.key_id:
        return
    try:
        held = keys().key_id
    except KeyMissing as missing:
        raise BackupRefused(f"这份备份要用编号为 {manifest.key_id} 的密钥，但读不到密钥文件 {key_path()}。请先把原来的密钥文件放到那里，再恢复") from missing
    if held != manifest.key_id:
        raise BackupRefused(f"这份备份要用编号为 {manifest.key_id} 的密钥，现在的密钥文件 {key_path()} 是 {held}。请先换成原来的密钥文件，再恢复")


def prove(source: Path, folder: Path) -> Manifest:
    """Unpack a backup into an empty folder and see that it is whole, not newer, and openable with our key. Raises BackupRefused."""
    if sealed.is_sealed(source):
        opened = folder / "opened.zip"
        sealed.open_to(source, opened, passphrase(new=False))
        source = opened
    with zips.open_archive(source) as archive:
        manifest, text = zips.read_manifest(archive)
        refuse_newer(manifest, product(), known_migrations())
        refuse_other_key(manifest)
        zips.check_seal(archive, manifest, text, seal)
        for name, proof in manifest.parts.items():
            zips.extract(archive, name, proof, folder / name)
    held = ENGINES[manifest.vendor].check_dump(folder / DATABASE[manifest.vendor], manifest.tables)
    if said := differences(manifest.tables, held):
        raise BackupRefused(f"备份里的数据库和清单对不上：{said[0]}。请换一份备份")
    return manifest


def refuse_full(place: Place) -> None:
    """Raise BackupRefused unless database and attachments are empty."""
    ENGINES[place.vendor].refuse_full(place.database)
    if any(path.is_file() for path in place.files.rglob("*")):
        raise BackupRefused(f"附件文件夹“{place.files}”里已经有文件。恢复只写进空的地方，没有改动任何数据。请把 ZHIBU_DATA 指到一个新的空位置，或先把原来的移走")


def restore(place: Place, source: Path) -> Manifest:
    """Restore a backup into an empty place and prove it; returns its list. Raises BackupRefused (target as it was) or HalfDone."""
    refuse_full(place)
    place.files.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".zhibu-restore-", dir=place.files.parent) as name:
        folder = Path(name)
        manifest = prove(source, folder)
        if manifest.vendor != place.vendor:
            raise BackupRefused(f"这份备份来自 {manifest.vendor}，现在的 DATABASE_URL 指的是 {place.vendor}。请把 DATABASE_URL 换成 {manifest.vendor} 的空数据库，再恢复")
        ENGINES[place.vendor].load(place.database, folder / DATABASE[manifest.vendor])
        try:
            _put_files(folder / "files", place.files)
        except OSError as error:
            raise HalfDone([f"数据库已写入，附件写不进“{place.files}”：{error.strerror or error}"]) from error
    try:
        said = differences(manifest.tables, ENGINES[place.vendor].stored(place.database)) + file_differences(manifest, place.files)
    except (OSError, BackupRefused) as error:
        raise HalfDone([f"已写入，但读不回来核对：{error}"]) from error
    if said:
        raise HalfDone(said)
    return manifest


def _put_files(unpacked: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)  # only empty folders, see refuse_full
    if unpacked.exists():
        os.replace(unpacked, target)
    else:
        target.mkdir(mode=0o700)


def file_differences(manifest: Manifest, files: Path) -> list[str]:
    """Say which attachments are not what the list says; an empty list when all are."""
    said = []
    for name, proof in manifest.parts.items():
        if name.startswith("files/"):
            path = files / name.removeprefix("files/")
            if not path.is_file() or zips.hash_of(path) != proof:
                said.append(f"附件 {path.name} {'内容不同' if path.is_file() else '不见了'}")
    return said


def main(argv: Sequence[str]) -> int:
    """Restore into the installation that the environment names."""
    parser = argparse.ArgumentParser(prog="zhibu restore", description="恢复：先核对备份，只写进空的地方，写完再核对一遍")
    parser.add_argument("source", type=Path, help="zhibu backup 做的文件")
    parser.add_argument("--check", action="store_true", help="只核对备份是否完好，不恢复")
    parser.add_argument("--record", type=Path, help="把结果记进哪个文件；恢复时不写就记在数据文件夹的 records 里")
    args = parser.parse_args(list(argv))
    place, began = here(), time.monotonic()
    connections.close_all()
    try:
        if args.check:
            with tempfile.TemporaryDirectory(prefix="zhibu-check-") as folder:
                found = prove(args.source, Path(folder))
        else:
            found = restore(place, args.source)
    except BackupRefused as refused:
        print(f"没有恢复：{refused.reason}" if not args.check else refused.reason, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"没有恢复：写不进“{error.filename or place.files.parent}”，{error.strerror}。请看看磁盘空间和权限，再做一次", file=sys.stderr)
        return 1
    except HalfDone as failed:
        print("恢复没有做完，这里的数据不能用。请清空这个位置，再恢复一次：", *failed.said[:20], sep="\n  ", file=sys.stderr)
        return 3
    said = told(found, checked_only=args.check)
    print("\n".join(said))
    record = args.record or (None if args.check else place.files.parent / "records" / f"restore-{timezone.localtime():%Y%m%d-%H%M%S}.txt")
    if record:
        return keep(record, args.source, [*said, f"  用时 {time.monotonic() - began:.0f} 秒"])
    return 0


def keep(record: Path, source: Path, said: Sequence[str]) -> int:
    """Write what was proven into a file, with the backup's own sha256: the record of a drill. Returns the exit code."""
    head = [f"恢复演练记录　{timezone.localtime():%Y-%m-%d %H:%M}", f"备份文件 {source.name}，sha256 {zips.hash_of(source).sha256}"]
    try:
        record.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(record, "x", encoding="utf-8") as out:
            out.write("\n".join([*head, *said, "", "演练人＿＿＿＿＿＿　　核对人＿＿＿＿＿＿", ""]))
    except OSError as error:
        print(f"记录写不进“{record}”：{error.strerror}。结果在上面，请另外记下", file=sys.stderr)
        return 3
    print(f"  记录：{record}")
    return 0


def told(manifest: Manifest, *, checked_only: bool) -> list[str]:
    """Say what was proven, line by line."""
    rows = sum(t.rows for t in manifest.tables.values())
    said = [
        "备份完好，可以用来恢复。" if checked_only else "恢复好了，并且逐项核对过。",
        f"  备份时间 {manifest.made_at}，{manifest.product} 版", f"  {len(manifest.tables)} 张表，{rows} 行，行数和内容逐表相同",
        f"  附件 {len(manifest.parts) - 1} 个，逐个核对过 sha256",
    ]
    if manifest.key_id:
        said.append(f"  密钥编号 {manifest.key_id}，和密钥文件一致")
    if manifest.faulty:
        said.append(f"  注意：有 {len(manifest.faulty)} 个附件在备份之前就已经丢失或损坏，备份里没有：{'、'.join(manifest.faulty[:5])}")
    if set(manifest.migrations) < known_migrations():
        said.append("  备份比现在的程序旧，下次 zhibu serve 启动时会自动升级")
    return said
