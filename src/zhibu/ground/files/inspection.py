"""What an attachment is, by its content: what is taken, what is written anew, what is refused and why (trust.md §8)."""
from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException, ElementTree
from PIL import Image, ImageOps

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_MEMBERS = 1_000
MAX_PART = 1024 * 1024  # of what is read here: lists of types and of relations
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png"}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MACRO = re.compile(r"macroenabled|vbaproject", re.IGNORECASE)
#: parts that bring another program or another file with them
FOREIGN_PARTS = re.compile(r"(?:^|/)(?:embeddings|activex|externallinks)/|(?:^|/)(?:afchunk|connections)[^/]*$", re.IGNORECASE)
#: relations of the same kind; a link that a reader clicks is none of them
FOREIGN_RELATIONS = re.compile(r"/(?:attachedTemplate|aFChunk|oleObject|package|control|externalLink\w*|subDocument|frame)$", re.IGNORECASE)
OUTSIDE_BY_CLICK = re.compile(r"/hyperlink$", re.IGNORECASE)


class FileRefused(Exception):
    """An upload that is not taken; `reason` says what and how to cure, `code` is that of the list of hostile input."""

    def __init__(self, reason: str, code: str = "E132") -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


def inspect(body: bytes, name: str) -> tuple[bytes, str]:
    """Tell what the content is, whatever its name says; returns (bytes to keep, media type). Raises FileRefused."""
    if not body:
        raise FileRefused(f"“{name}”是空的，请重新选择", "E101")
    if len(body) > MAX_BYTES:
        raise FileRefused(f"“{name}”超过 10 MB，请压缩或拆分后上传", "E102")
    if body.startswith(b"%PDF-"):
        return body, "application/pdf"
    if body.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return _picture(body, name)
    if body.startswith(b"PK\x03\x04"):
        return body, _office(body, name)
    raise FileRefused(f"“{name}”不是能收的文件。可以传 PDF、JPG、PNG、Word（docx）、Excel（xlsx）")


def _picture(body: bytes, name: str) -> tuple[bytes, str]:
    """Write a picture anew: EXIF data, and whatever hangs behind the picture, stay out."""
    too_large = FileRefused(f"“{name}”的图片像素过大，请缩小到 4000 万像素以内", "E131")
    try:
        with Image.open(io.BytesIO(body), formats=tuple(PICTURES)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise too_large
            kind = picture.format or "JPEG"
            if getattr(picture, "n_frames", 1) > 1:
                raise FileRefused(f"“{name}”是动图，请换成单张的图片")
            ImageOps.exif_transpose(picture, in_place=True)
            mode, out = "RGB" if kind == "JPEG" else "RGBA", io.BytesIO()
            (picture if picture.mode == mode else picture.convert(mode)).save(out, kind, quality=88, exif=b"")
    except FileRefused:
        raise
    except Image.DecompressionBombError as error:
        raise too_large from error
    except Exception as error:
        raise FileRefused(f"“{name}”打不开，图片可能不完整，请重新拍照或导出") from error
    return out.getvalue(), PICTURES[kind]


def _office(body: bytes, name: str) -> str:
    """Tell which office file this is; nothing is unpacked but its small lists, and these no further than MAX_PART."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
            if len(names) > MAX_MEMBERS:
                raise FileRefused(f"“{name}”里成员过多，请另存一份后上传", "E108")
            if any("\\" in n or n.startswith("/") or ".." in n.split("/") for n in names):
                raise FileRefused(f"“{name}”文件结构异常，请另存一份后上传", "E109")
            types = _part(archive, "[Content_Types].xml", name) if "[Content_Types].xml" in names else b""
            if any(MACRO.search(n) for n in names) or MACRO.search(types.replace(b"\0", b"").decode("latin-1")):
                raise FileRefused(f"“{name}”含宏，请另存为不含宏的文件", "E107")
            kind = WORD if "word/document.xml" in names else EXCEL if "xl/workbook.xml" in names else ""
            if not kind:
                raise FileRefused(f"“{name}”不是 Word 或 Excel 文件。请不要上传压缩包，解开后逐个上传", "E103")
            if any(FOREIGN_PARTS.search(n) for n in names) or any(_leads_out(r) for n in names if n.endswith(".rels") for r in _relations(archive, n, name)):
                raise FileRefused(f"“{name}”里嵌了别的文件，或引用了外面的模板、对象。请把内容另存成一份普通文档，或导出为 PDF 后上传", "E133")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise FileRefused(f"“{name}”不完整或有密码，请另存一份后重新上传", "E106") from error
    return kind


def _part(archive: zipfile.ZipFile, part: str, name: str) -> bytes:
    with archive.open(part) as packed:
        read = packed.read(MAX_PART + 1)
    if len(read) > MAX_PART:
        raise FileRefused(f"“{name}”解压后过大，请另存一份后上传", "E108")
    return read


def _relations(archive: zipfile.ZipFile, part: str, name: str) -> Iterator[tuple[str, bool]]:
    """Give (kind, does it lead out of the file?) of the relations that a part lists."""
    try:
        root = ElementTree.fromstring(_part(archive, part, name))
    except (DefusedXmlException, ParseError) as error:
        raise FileRefused(f"“{name}”含不安全的 XML，请另存一份后上传", "E110") from error
    for one in root.iter():
        yield one.get("Type", ""), one.get("TargetMode", "").lower() == "external"


def _leads_out(relation: tuple[str, bool]) -> bool:
    kind, external = relation
    return bool(FOREIGN_RELATIONS.search(kind)) or (external and not OUTSIDE_BY_CLICK.search(kind))
