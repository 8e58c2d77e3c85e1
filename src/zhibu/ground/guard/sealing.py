"""Encryption of ID numbers and phones: AES-256-GCM; the algorithm and key id stand in the ciphertext (trust.md §7, ASVS 11.2.2).

The key file lives outside the database and its backup. Losing it loses these fields; `require_key` refuses to start then.
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALGORITHM = "A256GCM"


class KeyMissing(RuntimeError):
    """The key file is absent, unreadable or another one than the data were sealed with."""


def key_path() -> Path:
    """Give the place of the key file: ZHIBU_KEY_FILE, else keys/field.key in the data folder."""
    named = os.environ.get("ZHIBU_KEY_FILE")
    return Path(named) if named else Path(os.environ.get("ZHIBU_DATA", "var")) / "keys" / "field.key"


def make_key(path: Path) -> None:
    """Create a key file with mode 0600; refuses to overwrite one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(base64.b64encode(os.urandom(32)).decode() + "\n")
        out.flush()
        os.fsync(out.fileno())


@dataclass(frozen=True, slots=True)
class Keys:
    """The derived keys and the public id of their master key."""

    key_id: str
    cipher: AESGCM
    index: bytes


@lru_cache(maxsize=4)
def _load(path: Path) -> Keys:
    try:
        master = base64.b64decode(path.read_text().strip(), validate=True)
    except (OSError, ValueError) as error:
        raise KeyMissing(f"读不到密钥文件 {path}。请把原来的密钥文件放回去；没有它，身份证号和电话无法解开") from error
    if len(master) != 32:
        raise KeyMissing(f"密钥文件 {path} 的内容不对（应为 32 字节的 base64）。请放回原来的密钥文件")

    def derive(label: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=label).derive(master)

    return Keys(hashlib.sha256(b"zhibu key id" + master).hexdigest()[:8], AESGCM(derive(b"zhibu field encryption")), derive(b"zhibu blind index"))


def keys() -> Keys:
    """Load the keys (cached by path)."""
    return _named(os.environ.get("ZHIBU_KEY_FILE"), os.environ.get("ZHIBU_DATA"))


@lru_cache(maxsize=4)
def _named(file: str | None, folder: str | None) -> Keys:
    """Load the keys for what names their place: every sealed value asks, and building a path takes longer than an HMAC."""
    return _load(key_path())


def seal(text: str, purpose: str) -> str:
    """Encrypt `text`; `purpose` (model.field) is bound in, so a value cannot be moved to another column."""
    held = keys()
    nonce = os.urandom(12)
    body = held.cipher.encrypt(nonce, text.encode(), purpose.encode())
    return f"{ALGORITHM}:{held.key_id}:{base64.b64encode(nonce + body).decode()}"


def blind_index(text: str, purpose: str) -> str:
    """Give the keyed HMAC by which equal values are found without decrypting; empty text gives an empty index."""
    if not text:
        return ""
    return hmac.new(keys().index, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A stored ciphertext. Printing it shows nothing."""

    token: str
    purpose: str

    def reveal(self) -> str:
        """Decrypt. Raises KeyMissing when the key is not the one the value was sealed with or the value was changed."""
        algorithm, key_id, body = self.token.split(":", 2)
        held = keys()
        if algorithm != ALGORITHM or key_id != held.key_id:
            raise KeyMissing(f"数据用的是另一把密钥（{key_id}），现在的是 {held.key_id}。请放回原来的密钥文件")
        raw = base64.b64decode(body)
        try:
            return held.cipher.decrypt(raw[:12], raw[12:], self.purpose.encode()).decode()
        except InvalidTag as error:
            raise KeyMissing("密文校验不过：数据被改动过，或密钥不对") from error

    def __str__(self) -> str:
        return "（已加密）"

    __repr__ = __str__
