"""What a file is, by its content and never by its name alone; everything that is not a plain table is refused with its code."""

from __future__ import annotations

import re
from collections.abc import Callable

from zhibu.exchange.intake import read_csv, read_xls, read_xlsx
from zhibu.exchange.intake.archive import Archive, open_archive
from zhibu.exchange.intake.grid import MAX_FILE_BYTES, Book, Refused

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER = (
    (b"%PDF", "PDF 文件"), (b"\x89PNG", "图片"), (b"\xff\xd8\xff", "图片"), (b"GIF8", "图片"), (b"BM", ""), (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"), (b"\x1f\x8b", "压缩包"), (b"{\\rtf", "Word 文件"), (b"MZ", ""), (b"\x7fELF", ""),
)  # fmt: skip
_EXCEL_NAMES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".xltx", ".et")
_HTML = re.compile(
    rb"\A[\s\xef\xbb\xbf\xff\xfe]*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|meta|table|div|style|body|script)\b", re.IGNORECASE | re.DOTALL
)
_SPREADSHEET_2003 = re.compile(rb"urn:schemas-microsoft-com:office:(?:spreadsheet|excel)", re.IGNORECASE)


def read(name: str, data: bytes) -> Book:
    """Read one file into grids. name: as uploaded, used only to say what is odd. Raises Refused with an E1xx code."""
    return _reader(name.lower().strip(), data)()


def _reader(name: str, data: bytes) -> Callable[[], Book]:
    if len(data) > MAX_FILE_BYTES:
        raise Refused("E102", "文件超过 10 MB，请拆分后上传")
    if not data.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise Refused("E101", "文件是空的，请重新选择")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        archive = open_archive(data)
        _check_package(name, archive)
        return lambda: read_xlsx.read(archive)
    if data.startswith(_OLE):
        _check_ole(data)
        return lambda: read_xls.read(data)
    head = data[:4096]
    if _HTML.search(head.replace(b"\0", b"")) or head.lstrip().lower().startswith((b"mime-version:", b"content-type: multipart")):
        raise Refused("E104", "这是网页表格，只是名字像 Excel。请用 WPS 或 Excel 打开后另存为 .xlsx")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        if _SPREADSHEET_2003.search(head):
            raise Refused("E104", "这是 XML 表格，请用 WPS 或 Excel 打开后另存为 .xlsx")
        raise Refused("E103", "不是 Excel 文件（内容是 XML），请另存为 .xlsx")
    for magic, what in _OTHER:
        if data.startswith(magic) and (what or b"\0" in head):
            raise Refused("E103", f"不是 Excel 文件（这是{what or '程序或图片'}），请选择 .xlsx、.xls 或 .csv 文件")
    if name.endswith(_EXCEL_NAMES):
        raise Refused("E103", "不是 Excel 文件（内容不符），请用 WPS 或 Excel 打开后另存为 .xlsx")
    return lambda: read_csv.read(data)


def _check_package(name: str, archive: Archive) -> None:
    members = {n.lower() for n in archive.names}
    if "mimetype" in members and "content.xml" in members:
        raise Refused("E104", "这是 .ods 表格，请另存为 .xlsx 或 CSV 后上传")
    types = archive.read("[Content_Types].xml") if "[Content_Types].xml" in archive.names else b""
    lower = types.replace(b"\0", b"").lower()
    if b"wordprocessingml" in lower or any(n.startswith("word/") for n in members):
        raise Refused("E103", "不是 Excel 文件，这是 Word 文件。请把表格放进 Excel 后上传")
    if b"presentationml" in lower:
        raise Refused("E103", "不是 Excel 文件，这是演示文稿。请把表格放进 Excel 后上传")
    if b"macroenabled" in lower or b"vbaproject" in lower or any(n.endswith("vbaproject.bin") for n in members) or name.endswith(".xlsm"):
        raise Refused("E107", "文件含宏，请另存为不含宏的 .xlsx 后上传")
    if b"sheet.binary" in lower or "xl/workbook.bin" in members:
        raise Refused("E104", "这是 .xlsb 表格，请另存为 .xlsx 或 CSV 后上传")
    if not any(n.startswith("xl/") for n in members):
        if types:
            raise Refused("E106", "文件不完整：里面没有工作簿，请重新上传")
        raise Refused("E103", "不是 Excel 文件（这是压缩包），请解开后上传里面的表格")


def _check_ole(data: bytes) -> None:
    sector = 1 << min(int.from_bytes(data[30:32], "little"), 16)
    if (int.from_bytes(data[48:52], "little") + 2) * sector > len(data) + sector - 1 and not _has_stream(data, "Root Entry"):
        raise Refused("E106", "文件不完整，请重新上传")
    if _has_stream(data, "EncryptedPackage") or _has_stream(data, "EncryptionInfo"):
        raise Refused("E105", "文件有密码，请取消密码后上传")
    if _has_stream(data, "WordDocument"):
        raise Refused("E103", "不是 Excel 文件，这是 Word 文件。请把表格放进 Excel 后上传")
    if not (_has_stream(data, "Workbook") or _has_stream(data, "Book") or _has_stream(data, "WORKBOOK") or _has_stream(data, "BOOK")):
        raise Refused("E103", "不是 Excel 文件（内容不符），请另存为 .xlsx")
    if _has_stream(data, "_VBA_PROJECT_CUR"):
        raise Refused("E107", "文件含宏，请另存为不含宏的 .xlsx 后上传")


def _has_stream(data: bytes, name: str) -> bool:
    """Look for a directory entry: entries are 128 bytes and start with the name in UTF-16."""
    wanted = name.encode("utf-16-le") + b"\0\0"
    at = data.find(wanted)
    while at >= 0:
        if at % 128 == 0:
            return True
        at = data.find(wanted, at + 1)
    return False
