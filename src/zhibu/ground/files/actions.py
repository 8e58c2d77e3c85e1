"""Take in attachments: size, content and name are checked, pictures are written anew without their EXIF data (place, device)."""
from __future__ import annotations

import hashlib
import io
import os
import unicodedata
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from PIL import Image

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal

from .models import Attachment

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png"}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FileRefused(Exception):
    """An upload that is not taken; `reason` says what and how to cure."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def clean_name(name: str) -> str:
    """Give a harmless file name: no folders, no control or direction characters, at most 80 characters."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return (stem[-70:] + dot + ending[:9] if dot else kept[-80:]) or "附件"


def inspect(body: bytes, name: str) -> tuple[bytes, str]:
    """Tell what the content is, whatever its name says; returns (bytes to keep, media type). Raises FileRefused."""
    if not body:
        raise FileRefused(f"“{name}”是空的，请重新选择")
    if len(body) > MAX_BYTES:
        raise FileRefused(f"“{name}”超过 10 MB，请压缩或拆分后上传")
    if body.startswith(b"%PDF-"):
        return body, "application/pdf"
    if body.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return _picture(body, name)
    if body.startswith(b"PK\x03\x04"):
        return body, _office(body, name)
    raise FileRefused(f"“{name}”不是能收的文件。可以传 PDF、JPG、PNG、Word（docx）、Excel（xlsx）")


def _picture(body: bytes, name: str) -> tuple[bytes, str]:
    try:
        with Image.open(io.BytesIO(body), formats=tuple(PICTURES)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise FileRefused(f"“{name}”的像素太大，请缩小到 4000 万像素以内")
            kind = picture.format or "JPEG"
            out = io.BytesIO()
            from PIL import ImageOps

            ImageOps.exif_transpose(picture).convert("RGB" if kind == "JPEG" else "RGBA").save(out, kind, quality=88)
    except FileRefused:
        raise
    except Exception as error:
        raise FileRefused(f"“{name}”打不开，图片可能不完整，请重新拍照或导出") from error
    return out.getvalue(), PICTURES[kind]


def _office(body: bytes, name: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile as error:
        raise FileRefused(f"“{name}”不完整，请重新上传") from error
    if any(n.endswith("vbaProject.bin") for n in names):
        raise FileRefused(f"“{name}”含宏，请另存为不含宏的文件")
    if "word/document.xml" in names:
        return WORD
    if "xl/workbook.xml" in names:
        return EXCEL
    raise FileRefused(f"“{name}”不是 Word 或 Excel 文件。请不要上传压缩包，解开后逐个上传")


def location(sha256: str) -> Path:
    """Give the place of a file by its hash, below the files folder and never below a served one."""
    return Path(settings.FILES_ROOT) / sha256[:2] / sha256


def _keep(body: bytes, sha256: str) -> None:
    target = location(sha256)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_suffix(f".{os.getpid()}.part")
    with open(part, "wb") as out:
        out.write(body)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, target)
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
            raise FileRefused(f"“{shown}”超过 10 MB，请压缩或拆分后上传")
        parts.append(chunk)
    body, media_type = inspect(b"".join(parts), shown)
    sha256 = hashlib.sha256(body).hexdigest()
    _keep(body, sha256)
    row = Attachment.objects.within(Scope((org_path,))).create(
        org_id=org_id, sha256=sha256, size=len(body), media_type=media_type, name=shown, compartment=compartment, account_id=actor.account_id, at=at
    )
    journal.write(actor, "files.store", at=at, org_id=org_id, org_path=org_path, subject=("attachment", row.pk), changes={"name": shown, "size": len(body)})
    return row.pk
