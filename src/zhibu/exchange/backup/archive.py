"""The zip file of a backup: written beside its place and renamed when whole; read part by part against the list, never trusted before."""
from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from . import manifest as m

CHUNK = 1 << 20
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError, RuntimeError, OverflowError)
LIST_MAX = 256 * CHUNK  # bytes; a list of a million attachments has about 150 MB

Sealer = Callable[[str], str]


def add_file(archive: zipfile.ZipFile, name: str, source: Path, *, pack: bool) -> m.PartProof:
    """Put a file into the archive; returns its size and sha256 as they were read."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED if pack else zipfile.ZIP_STORED
    info.external_attr = 0o600 << 16
    seen, size = hashlib.sha256(), 0
    with open(source, "rb") as held, archive.open(info, "w", force_zip64=True) as out:
        while chunk := held.read(CHUNK):
            seen.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return m.PartProof(size, seen.hexdigest())


def add_manifest(archive: zipfile.ZipFile, manifest: m.Manifest, seal: Sealer) -> None:
    """Put the list in, with its sha256 and, when the data need a key, a seal that only its holder can make."""
    text = m.write(manifest)
    archive.writestr(m.NAME, text, zipfile.ZIP_DEFLATED)
    archive.writestr(m.CHECK, m.digest(text) + "\n")
    if manifest.key_id:
        archive.writestr(m.SEAL, seal(text) + "\n")


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open a backup. Raises BackupRefused when there is none, or it is cut or no zip file."""
    try:
        return zipfile.ZipFile(path)
    except OSError as error:
        raise m.BackupRefused(f"打不开备份“{path}”：{error.strerror}。请核对文件名和权限") from error
    except BROKEN as error:
        raise m.BackupRefused(f"“{path}”不是完整的备份文件，可能没有传完或被截断。请重新拷贝，或换一份备份") from error


def _small(archive: zipfile.ZipFile, name: str) -> str:
    try:
        if archive.getinfo(name).file_size > LIST_MAX:
            raise m.BackupRefused(f"备份里的 {name} 大得不正常，这份备份不能用。请换一份备份")
        return archive.read(name).decode()
    except KeyError as error:
        raise m.BackupRefused(f"备份里缺少 {name}，这份备份不完整。请换一份备份") from error
    except (*BROKEN, OSError) as error:
        raise m.BackupRefused(f"备份里的 {name} 已经损坏。请重新拷贝，或换一份备份") from error


def read_manifest(archive: zipfile.ZipFile) -> tuple[m.Manifest, str]:
    """Read the list and see that every part it names is there and nothing else; returns it with its text. Raises BackupRefused."""
    text = _small(archive, m.NAME)
    manifest = m.read(text, _small(archive, m.CHECK))
    names = archive.namelist()
    wanted = {*manifest.parts, m.NAME, m.CHECK, *([m.SEAL] if manifest.key_id else [])}
    missing, extra = sorted(wanted - set(names)), sorted(set(names) - wanted)
    if missing:
        raise m.BackupRefused(f"备份不完整：缺少 {missing[0]}{f' 等 {len(missing)} 个部分' if len(missing) > 1 else ''}。请换一份备份")
    if extra or len(names) != len(wanted):
        raise m.BackupRefused(f"备份里有清单上没有的内容（{(extra or names)[0]}），可能被改动过。请换一份备份")
    return manifest, text


def check_seal(archive: zipfile.ZipFile, manifest: m.Manifest, text: str, seal: Sealer) -> None:
    """See that the list was sealed with the key that the data need. Raises BackupRefused."""
    if manifest.key_id and _small(archive, m.SEAL).strip() != seal(text):
        raise m.BackupRefused("备份里的清单和密钥做的封印对不上，这份备份可能被改动过。请换一份备份")


def extract(archive: zipfile.ZipFile, name: str, proof: m.PartProof, target: Path) -> None:
    """Write one part to a new file and see that it is what the list says. Raises BackupRefused."""
    seen, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        try:
            with archive.open(name) as held:
                while chunk := held.read(CHUNK):
                    size += len(chunk)
                    if size > proof.size:
                        break
                    seen.update(chunk)
                    out.write(chunk)
        except BROKEN as error:
            raise m.BackupRefused(f"备份里的 {name} 已经损坏。请重新拷贝，或换一份备份") from error
        out.flush()
        os.fsync(out.fileno())
    if size != proof.size or seen.hexdigest() != proof.sha256:
        raise m.BackupRefused(f"备份里的 {name} 和清单对不上，已经损坏或被改动过。请重新拷贝，或换一份备份")


def hash_of(path: Path) -> m.PartProof:
    """Give the size and sha256 of a file on disk."""
    seen, size = hashlib.sha256(), 0
    with open(path, "rb") as held:
        while chunk := held.read(CHUNK):
            seen.update(chunk)
            size += len(chunk)
    return m.PartProof(size, seen.hexdigest())
