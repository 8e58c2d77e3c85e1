"""The zip around a workbook: names, sizes and ratio are judged from the bytes themselves, never from what the header says.

Nothing is ever written to disk."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from zhibu.exchange.intake.grid import Refused

MAX_MEMBERS = 1_000
MAX_TOTAL_BYTES = 100 * 1024 * 1024
MAX_MEMBER_BYTES = 50 * 1024 * 1024
MAX_RATIO = 100
RATIO_FROM_BYTES = 1024 * 1024
_CHUNK = 64 * 1024
_NESTED = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_BROKEN = "文件不完整，请重新上传"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the archive: where its packed bytes lie and how they are packed."""

    start: int
    packed: int
    method: int
    declared: int


@dataclass(frozen=True, slots=True)
class Archive:
    """A checked zip. names: member → where it lies."""

    data: bytes
    names: dict[str, Member]

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the unpacked bytes of one member. Raises Refused E106 when it is missing or broken."""
        member = self.names.get(name)
        if member is None:
            raise Refused("E106", f"文件不完整：缺少 {name[-60:]}，请重新上传")
        return _inflate(self.data, member)

    def read(self, name: str) -> bytes:
        """Return the unpacked bytes of one member."""
        return b"".join(self.chunks(name))


def open_archive(data: bytes) -> Archive:
    """Check a whole zip and return it. Raises Refused E105 (password), E106 (broken), E108 (bomb), E109 (names), E110 (DTD in a part)."""
    _count_before_reading(data)
    try:
        infos = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, struct.error, ValueError, NotImplementedError, EOFError, OSError) as error:
        raise Refused("E106", _BROKEN) from error
    if len(infos) > MAX_MEMBERS:
        raise _too_many()
    names: dict[str, Member] = {}
    spans: list[tuple[int, int]] = []
    for info in infos:
        _check_name(info, names)
        member, begin = _locate(data, info)
        spans.append((begin, member.start + member.packed))
        names[info.filename] = member
    spans.sort()
    if any(later[0] < earlier[1] for earlier, later in zip(spans, spans[1:], strict=False)):
        raise Refused("E108", "压缩包的各部分互相重叠，解压后过大，不能上传")
    _weigh(data, names)
    return Archive(data, names)


def _count_before_reading(data: bytes) -> None:
    at = data.rfind(b"PK\x05\x06")
    if at < 0 or len(data) < at + 22:
        raise Refused("E106", _BROKEN)
    (entries,) = struct.unpack_from("<H", data, at + 10)
    if entries > MAX_MEMBERS:
        raise _too_many()


def _too_many() -> Refused:
    return Refused("E108", f"压缩包里成员过多（超过 {MAX_MEMBERS} 个），不能上传")


def _check_name(info: zipfile.ZipInfo, names: dict[str, Member]) -> None:
    raw = info.orig_filename
    parts = raw.split("/")
    odd = "\\" in raw or "\0" in raw or raw.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", raw) or raw in names or not raw
    if odd or stat.S_ISLNK(info.external_attr >> 16):
        raise Refused("E109", "文件结构异常（内部路径不正常），请用 WPS 或 Excel 重新另存后上传")
    if info.flag_bits & 0x1:
        raise Refused("E105", "文件有密码，请取消密码后上传")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("E109", "文件结构异常（压缩方式不认识），请用 WPS 或 Excel 重新另存后上传")


def _locate(data: bytes, info: zipfile.ZipInfo) -> tuple[Member, int]:
    begin = info.header_offset
    if begin < 0 or begin + 30 > len(data) or data[begin : begin + 4] != b"PK\x03\x04":
        raise Refused("E106", _BROKEN)
    name_size, extra_size = struct.unpack_from("<HH", data, begin + 26)
    start = begin + 30 + name_size + extra_size
    if start + info.compress_size > len(data):
        raise Refused("E106", _BROKEN)
    return Member(start, info.compress_size, info.compress_type, info.file_size), begin


def _weigh(data: bytes, names: dict[str, Member]) -> None:
    total = 0
    for name, member in names.items():
        size, head = 0, b""
        for chunk in _inflate(data, member):
            size += len(chunk)
            total += len(chunk)
            if size <= _CHUNK * 2:
                head += chunk
            if size > MAX_MEMBER_BYTES or total > MAX_TOTAL_BYTES or size > max(member.declared, 0) + _CHUNK * 16:
                raise Refused("E108", "解压后过大，不能上传。请把表格另存一份，只留要导入的工作表")
            if size > RATIO_FROM_BYTES and size > MAX_RATIO * max(member.packed, 1):
                raise Refused("E108", "解压后过大（压缩比超过 100 倍），不能上传")
        if size > member.declared:
            raise Refused("E108", "解压后过大（比文件头写的大），不能上传")
        if size < member.declared:
            raise Refused("E106", _BROKEN)
        if head.startswith(_NESTED) and not name.lower().endswith((".png", ".jpg", ".emf", ".wmf")):
            raise Refused("E108", "压缩包里还有压缩包，解压后过大，不能上传")
        if name.lower().endswith((".xml", ".rels", ".vml")) and _DOCTYPE.search(head.replace(b"\0", b"")):
            raise Refused("E110", "文件含不安全的 XML，请用 WPS 或 Excel 重新另存后上传")


def _inflate(data: bytes, member: Member) -> Iterator[bytes]:
    packed = memoryview(data)[member.start : member.start + member.packed]
    if member.method == zipfile.ZIP_STORED:
        for at in range(0, len(packed), _CHUNK):
            yield bytes(packed[at : at + _CHUNK])
        return
    unpack = zlib.decompressobj(-15)
    try:
        for at in range(0, len(packed), _CHUNK):
            rest: bytes = bytes(packed[at : at + _CHUNK])
            while rest and not unpack.eof:
                if chunk := unpack.decompress(rest, _CHUNK):
                    yield chunk
                rest = unpack.unconsumed_tail
        while not unpack.eof:
            chunk = unpack.decompress(b"", _CHUNK)
            if not chunk:
                break
            yield chunk
    except zlib.error as error:
        raise Refused("E106", _BROKEN) from error
    if not unpack.eof:
        raise Refused("E106", _BROKEN)
