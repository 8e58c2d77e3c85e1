"""Text tables: encoding by BOM, then strict UTF-8, then GB18030 if what it gives reads as Chinese; separator by what gives columns."""

from __future__ import annotations

import csv
import io
import re

from zhibu.exchange.intake import header
from zhibu.exchange.intake.grid import Book, Cell, Kind, Refused, SheetBuilder

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = (",", "\t", ";", "，", "|")
_UNREADABLE = "编码无法识别，请用 WPS 或 Excel 打开后另存为“CSV UTF-8”再上传"
_BROKEN = "CSV 文件格式有误（{}），请用 WPS 或 Excel 打开检查后另存再上传"
# Of the Chinese characters of a real table nearly all are everyday ones; of Big5 or Shift-JIS read as GB18030 few are.
_EVERYDAY_SHARE = 0.75
MAX_ROWS_READ = 200_000


def read(data: bytes) -> Book:
    """Read a text table. Raises Refused E128 (encoding) or E129 (broken CSV)."""
    text, encoding = decode(data)
    if "\0" in text:
        raise Refused("E129", _BROKEN.format("含空字符"))
    into = SheetBuilder(None, typed=False)
    for number, record in enumerate(_records(text), start=1):
        if number > MAX_ROWS_READ:
            raise Refused("E114", "超过 20000 行，请拆成几个文件上传")
        for column, value in enumerate(record, start=1):
            if value.strip():
                into.add(number, column, Cell(Kind.TEXT, _unquote(value)))
    sheet = into.build()
    # Almost any bytes are GB18030 to the decoder: only a known header or everyday characters prove it.
    if encoding == "gb18030" and not reads_as_chinese(text) and header.find(sheet, {}) is None:
        raise Refused("E128", _UNREADABLE)
    return Book("csv", (sheet,), encoding)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and its encoding. Raises Refused E128, or E129 for NUL bytes in a text that is not UTF-16."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise Refused("E128", _UNREADABLE) from error
    if b"\0" in data[:4096]:
        return _utf16_without_mark(data)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if re.search(rb"\xed[\xa0-\xbf][\x80-\xbf]", data):
        try:
            return data.decode("utf-8", "surrogatepass"), "utf-8"
        except UnicodeDecodeError:
            pass
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise Refused("E128", _UNREADABLE) from error
    return text, "gb18030"


def reads_as_chinese(text: str) -> bool:
    """Tell whether the non-ASCII part of a text consists of everyday Chinese (first level of GB 2312) and its punctuation."""
    everyday = other = 0
    for sign in text[:200_000]:
        if sign <= "\x7f":
            continue
        try:
            raw = sign.encode("gb2312")
        except UnicodeEncodeError:
            other += 1
            continue
        if 0xB0 <= raw[0] <= 0xD7 or raw[0] in (0xA1, 0xA3):
            everyday += 1
        else:
            other += 1
    return everyday >= _EVERYDAY_SHARE * (everyday + other)


def _utf16_without_mark(data: bytes) -> tuple[str, str]:
    head = data[:4096]
    ascii_low, ascii_high = head[1::2].count(0), head[0::2].count(0)
    encoding = "utf-16-le" if ascii_low > ascii_high else "utf-16-be"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = ""
    if len(data) % 2 == 0 and text and "\0" not in text and reads_as_chinese(text):
        return text, encoding
    raise Refused("E129", _BROKEN.format("含空字符"))


def _records(text: str) -> list[list[str]]:
    separator = _separator(text)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        if "expected after" not in str(error):
            raise Refused("E129", _BROKEN.format("引号没有配对，或一格太长")) from error
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise Refused("E129", _BROKEN.format("引号没有配对，或一格太长")) from error


def _separator(text: str) -> str:
    lines = text[:20_000].splitlines()[:20]
    return max(_SEPARATORS, key=lambda s: (sum(min(line.count(s), 50) for line in lines), -_SEPARATORS.index(s)))


def _unquote(value: str) -> str:
    """Undo what exports put before a value to keep it text: ="…" and a leading quote before a formula sign."""
    stripped = value.strip()
    if stripped.startswith('="') and stripped.endswith('"') and len(stripped) > 3:
        return stripped[2:-1]
    if len(value) > 1 and value[0] == "'" and value[1] in "=+-@\t\r0123456789＝":
        return value[1:]
    return value
