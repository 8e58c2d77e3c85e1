"""Take in attachments: size, content and name are checked, pictures are written anew without their EXIF data (place, device)."""
from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal

from .inspection import MAX_BYTES, FileRefused, inspect
from .models import Attachment


def clean_name(name: str) -> str:
    """Give a harmless file name: no folders, no control or direction characters, at most 80 characters."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return (stem[-70:] + dot + ending[:9] if dot else kept[-80:]) or "附件"


def location(sha256: str) -> Path:
    """Give the place of a file by its hash, below the files folder and never below a served one."""
    return Path(settings.FILES_ROOT) / sha256[:2] / sha256


def _keep(body: bytes, sha256: str) -> None:
    target = location(sha256)
    try:
        os.utime(target)  # it is there: wanted again, so the sweep leaves it alone
        return
    except FileNotFoundError:
        pass
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_suffix(f".{os.getpid()}.part")
    try:
        with open(part, "wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@transaction.atomic
def store(actor: Actor, *, org_id: int, org_path: str, chunks: Iterable[bytes], name: str, at: datetime, compartment: str = "") -> int:
    """Keep one upload: the file is written and synced first, then its row; returns the attachment's id. Raises FileRefused."""
    actor.require(Permission.ACTIVITY_WRITE, org_path)
    shown, parts, size = clean_name(name), [], 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_BYTES:
            raise FileRefused(f"“{shown}”超过 10 MB，请压缩或拆分后上传", "E102")
        parts.append(chunk)
    body, media_type = inspect(b"".join(parts), shown)
    sha256 = hashlib.sha256(body).hexdigest()
    _keep(body, sha256)
    row = Attachment.objects.within(Scope((org_path,))).create(
        org_id=org_id, sha256=sha256, size=len(body), media_type=media_type, name=shown, compartment=compartment, account_id=actor.account_id, at=at
    )
    journal.write(actor, "files.store", at=at, org_id=org_id, org_path=org_path, subject=("attachment", row.pk), changes={"name": shown, "size": len(body)})
    return row.pk
