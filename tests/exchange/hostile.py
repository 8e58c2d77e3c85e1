"""Builds workbooks as attackers, broken programs and unlucky clerks make them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

HEADINGS = ("姓名", "性别", "身份证号", "入党时间", "转正时间", "党员类别")
PERSON = ("王样一", "男", "990123196807120318", "1998.07", "1999.07", "正式党员")
TITLE = "石桥镇柳树湾村党支部党员花名册"

TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ROOT_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_R}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_R}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
WORKBOOK = (
    f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{_R}"><sheets><sheet name="名册" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def text_cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def row(values: Sequence[str], number: int | None = None, attributes: str = "") -> str:
    at = f' r="{number}"' if number else ""
    return f"<row{at}{attributes}>" + "".join(v if v.startswith("<c") else text_cell(v) for v in values) + "</row>"


def sheet(rows: Sequence[str], before: str = "", after: str = "", head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return f'{head}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{before}<sheetData>{"".join(rows)}</sheetData>{after}</worksheet>'


def roster(extra: Sequence[str] = (), before: str = "", after: str = "", headings: Sequence[str] = HEADINGS, person: Sequence[str] = PERSON) -> str:
    return sheet([row([TITLE]), row(headings), row(person), *extra], before, after)


def package(sheet_xml: str | bytes, more: Mapping[str, str | bytes] | None = None, without: Sequence[str] = ()) -> bytes:
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES, "_rels/.rels": ROOT_RELS, "xl/workbook.xml": WORKBOOK, "xl/_rels/workbook.xml.rels": RELS,
        "xl/worksheets/sheet1.xml": sheet_xml,
    }  # fmt: skip
    parts |= more or {}
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in parts.items():
            if name not in without:
                z.writestr(name, content)
    return into.getvalue()


def bomb_member(megabytes: int) -> bytes:
    """Return packed zeros without ever holding them unpacked."""
    pack, block = zlib.compressobj(9, zlib.DEFLATED, -15), b"0" * (1 << 20)
    return b"".join(pack.compress(block) for _ in range(megabytes)) + pack.flush()


def with_raw_member(data: bytes, name: str, packed: bytes, declared: int, crc: int = 0) -> bytes:
    """Append a member whose header says what we like."""
    end = data.rfind(b"PK\x05\x06")
    count, size, start = struct.unpack_from("<HLL", data, end + 10)
    raw = name.encode()
    fixed = struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, 33, crc, len(packed), declared, len(raw), 0)
    local = b"PK\x03\x04" + fixed + raw + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + fixed + struct.pack("<HHHLL", 0, 0, 0, 0, start) + raw
    directory = data[start : start + size] + central
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(directory), start + len(local), 0)
    return data[:start] + local + directory + tail


def ole(*streams: str) -> bytes:
    """Return the directory of a compound file with these streams and nothing behind it."""
    data = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1016)
    for name in ("Root Entry", *streams):
        data += (name.encode("utf-16-le") + b"\0\0").ljust(128, b"\0")
    return bytes(data.ljust(4096, b"\0"))
