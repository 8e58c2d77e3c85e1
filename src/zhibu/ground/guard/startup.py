"""The key must be there before anything is read or written."""
from __future__ import annotations

from datetime import datetime

from .models import KeyMark
from .sealing import KeyMissing, key_path, keys, make_key


def ensure_key(at: datetime) -> str:
    """Make the key at the first start; afterwards refuse to start without the same key. Returns the key id."""
    marked = KeyMark.objects.order_by("id").first()
    path = key_path()
    if not path.exists():
        if marked is not None:
            raise KeyMissing(f"数据库里有加密数据，但找不到密钥文件 {path}。请放回编号为 {marked.key_id} 的密钥文件，再启动")
        make_key(path)
    held = keys().key_id
    if marked is None:
        KeyMark.objects.create(key_id=held, made_at=at)
    elif marked.key_id != held:
        raise KeyMissing(f"密钥文件 {path} 的编号是 {held}，数据用的是 {marked.key_id}。请放回原来的密钥文件")
    return held


def marked_key() -> str | None:
    """Give the id of the key that seals this database, None while nothing is sealed."""
    row = KeyMark.objects.order_by("id").first()
    return row.key_id if row else None
