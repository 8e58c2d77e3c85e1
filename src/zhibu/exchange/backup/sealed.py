"""A backup under a passphrase: AES-256-GCM in chunks of 1 MiB, so that neither writing nor reading needs the whole in memory.

Each chunk's nonce holds its number and whether it is the last: chunks that were swapped, doubled, left out or cut off at the end do not open
(the STREAM construction). The key is derived from the passphrase by scrypt; the header is bound into every chunk.
"""
from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from .manifest import BackupRefused

MAGIC = b"zhibu sealed backup 1\n"
SALT, PREFIX, TAG, CHUNK = 16, 7, 16, 1 << 20
SHORTEST = 12  # characters of a passphrase


def _key(passphrase: str, salt: bytes) -> bytes:
    words = unicodedata.normalize("NFC", passphrase).encode()
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(words)


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


class Writer:
    """A file to write a zip archive into; what reaches the disk is sealed. `close` writes the last chunk; without it the file does not open."""

    def __init__(self, out: BinaryIO, passphrase: str) -> None:
        salt, self._prefix = os.urandom(SALT), os.urandom(PREFIX)
        self._head = MAGIC + salt + self._prefix
        self._cipher, self._out, self._held, self._number = AESGCM(_key(passphrase, salt)), out, bytearray(), 0
        out.write(self._head)

    def write(self, data: bytes) -> int:
        """Take bytes; whole chunks go out."""
        self._held += data
        while len(self._held) > CHUNK:  # one chunk stays, it may be the last
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return len(data)

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._prefix, self._number, last), chunk, self._head))
        self._number += 1

    def flush(self) -> None:
        """Do nothing: a chunk goes out when it is full."""

    def close(self) -> None:
        """Write the last chunk."""
        self._put(bytes(self._held), last=True)


def is_sealed(path: Path) -> bool:
    """Tell whether a file is a backup under a passphrase. Raises BackupRefused when it cannot be opened."""
    try:
        with open(path, "rb") as held:
            return held.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise BackupRefused(f"打不开备份“{path}”：{error.strerror}。请核对文件名和权限") from error


def open_to(path: Path, target: Path, passphrase: str) -> None:
    """Write the archive inside a sealed backup to a new file. Raises BackupRefused: another passphrase, damaged, cut."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out, open(path, "rb") as held:
        head = held.read(len(MAGIC) + SALT + PREFIX)
        prefix, number = head[-PREFIX:], 0
        cipher = AESGCM(_key(passphrase, head[len(MAGIC):-PREFIX]))
        chunk = held.read(CHUNK + TAG)
        while True:
            following = held.read(CHUNK + TAG)
            try:
                out.write(cipher.decrypt(_nonce(prefix, number, not following), chunk, head))
            except InvalidTag as error:
                first = "口令不对，或者文件开头已经损坏。请核对口令；口令没错就换一份备份"
                raise BackupRefused(first if number == 0 else "备份没有传完，或者已经损坏、被改动过。请重新拷贝，或换一份备份") from error
            if not following:
                return
            chunk, number = following, number + 1
