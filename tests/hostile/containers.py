"""Tables whose container or XML is hostile: cases 1 to 23."""
from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from functools import partial

from tests.exchange import hostile
from tests.exchange.dirty import upload
from tests.hostile.cases import Case

from zhibu.exchange.intake.grid import MAX_FILE_BYTES

XLSB = hostile.TYPES.replace("openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "ms-excel.sheet.binary.main")
MACRO_TYPES = hostile.TYPES.replace("openxmlformats-officedocument.spreadsheetml.sheet", "ms-excel.sheet.macroEnabled")
WORD_TYPES = hostile.TYPES.replace("spreadsheetml.sheet", "wordprocessingml.document")
PAGE = "<html><head><meta charset=gb2312></head><body><table><tr><td>姓名</td></tr></table></body></html>"


def good() -> bytes:
    return hostile.package(hostile.roster())


def csv_text(rows: list[tuple[str, ...]] | None = None, separator: str = ",") -> str:
    rows = rows or [hostile.PERSON]
    return "\r\n".join(separator.join(r) for r in [(hostile.TITLE,), hostile.HEADINGS, *rows]) + "\r\n"


def ods() -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as z:
        z.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        z.writestr("content.xml", "<a/>")
    return into.getvalue()


def sheet_bomb(megabytes: int = 60) -> bytes:
    """A sheet of honest size, packed to almost nothing."""
    block = hostile.row(["1"] * 50).encode()
    block *= (1 << 20) // len(block)
    pack = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = b"".join(pack.compress(block) for _ in range(megabytes)) + pack.flush()
    return hostile.with_raw_member(hostile.package("", without=["xl/worksheets/sheet1.xml"]), "xl/worksheets/sheet1.xml", packed, len(block) * megabytes)


def lying(megabytes: int) -> bytes:
    return hostile.with_raw_member(good(), "xl/y.dat", hostile.bomb_member(megabytes), 1024)


def overlapping() -> bytes:
    data = bytearray(good())
    first = data.find(b"PK\x01\x02")
    second = data.find(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    return bytes(data)


def many_members(count: int, declared: int | None = None) -> bytes:
    """Write an archive of many empty members; declared: how many it says it has."""
    local, central = bytearray(), bytearray()
    for n in range(count):
        name, at = str(n).encode(), len(local)
        fixed = struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0)
        local += b"PK\x03\x04" + fixed + name
        central += b"PK\x01\x02" + struct.pack("<H", 20) + fixed + struct.pack("<HHHLL", 0, 0, 0, 0, at) + name
    said = min(count if declared is None else declared, 0xFFFF)
    return bytes(local + central + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, said, said, len(central), len(local), 0))


def symlink() -> bytes:
    into = io.BytesIO(good())
    with zipfile.ZipFile(into, "a") as z:
        link = zipfile.ZipInfo("xl/link.xml")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        z.writestr(link, "/etc/passwd")
    return into.getvalue()


def with_member(name: str, content: bytes | str = "x") -> bytes:
    return hostile.package(hostile.roster(), {name: content})


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "ha"}{"&l" + str(n - 1) + ";" if n else "ha"}">' for n in range(40))
    return hostile.package(hostile.roster().replace("<worksheet", f"<!DOCTYPE x [{entities}]><worksheet", 1))


def reads_passwd() -> str:
    return hostile.roster().replace("<worksheet", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet', 1).replace("王样一", "&e;")


def external_dtd(before: str = "") -> bytes:
    return hostile.package(hostile.roster().replace("<worksheet", f'{before}<!DOCTYPE worksheet SYSTEM "http://127.0.0.1:9/x.dtd"><worksheet', 1))


def deep(stored: bool) -> bytes:
    data = hostile.package(hostile.roster(before="<a>" * 200_000 + "</a>" * 200_000))
    if not stored:
        return data
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as z, zipfile.ZipFile(io.BytesIO(data)) as packed:
        for info in packed.infolist():
            z.writestr(info.filename, packed.read(info))
    return into.getvalue()


NESTED = ("解压后过大",)
ODD = ("结构异常",)
UNSAFE = ("不安全的 XML",)
CUT = ("不完整", "重新上传")

CASES: tuple[Case, ...] = (
    Case("01", "an empty file", bytes, "E101", ("文件是空的，请重新选择",)),
    Case("01b", "nothing but a byte order mark and a line end", lambda: b"\xef\xbb\xbf\r\n", "E101", ("文件是空的",), "a.csv"),
    Case("02", "more than 10 MB", lambda: b"PK\x03\x04" + b"0" * MAX_FILE_BYTES, "E102", ("超过 10 MB，请拆分后上传",)),
    Case("03", "text named .xlsx", lambda: csv_text().encode(), "E103", ("不是 Excel 文件（内容不符）", "另存为 .xlsx")),
    Case("03b", "text named .xls", lambda: csv_text().encode("gb18030"), "E103", ("不是 Excel 文件",), "a.xls"),
    Case("03c", "a PDF named .csv", lambda: b"%PDF-1.4\n\0\0", "E103", ("PDF",), "a.csv"),
    Case("04", "an old .xls under the name .xlsx is read", lambda: upload("01").data, says=("ID_15",)),
    Case("05", "a page of the web named .xls, GB18030", lambda: PAGE.encode("gb18030"), "E104", ("网页表格", "WPS 或 Excel 打开后另存为 .xlsx"), "a.xls"),
    Case("05b", "the same in UTF-8", PAGE.encode, "E104", ("网页表格",), "a.xls"),
    Case("05c", "the same in UTF-16", lambda: PAGE.encode("utf-16"), "E104", ("网页表格",), "a.xls"),
    Case("05d", "a bare table of the web", lambda: b"\r\n <table border=1><tr><td>1</td></tr></table>", "E104", ("网页表格",), "a.xls"),
    Case("05e", "a table in XML of 2003", lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "E104", ("另存为 .xlsx",), "a.xls"),
    Case("06", "with a password", lambda: hostile.ole("EncryptionInfo", "EncryptedPackage"), "E105", ("文件有密码，请取消密码后上传",)),
    Case("07", "cut after 40 bytes", lambda: good()[:40], "E106", CUT),
    Case("07b", "cut in the middle", lambda: good()[: len(good()) // 2], "E106", CUT),
    Case("07c", "cut before its end", lambda: good()[:-30], "E106", CUT),
    Case("07d", "an old .xls, cut", lambda: upload("01").data[:6000], "E106", ("不完整",), "a.xls"),
    Case("08", "a Word file named .xlsx", lambda: hostile.package("<a/>", {"[Content_Types].xml": WORD_TYPES, "word/document.xml": "<a/>"}, ["xl/workbook.xml"]), "E103", ("这是 Word 文件",)),
    Case("08b", "an old Word file named .xls", lambda: hostile.ole("WordDocument"), "E103", ("Word",), "a.xls"),
    Case("09", "with macros", lambda: with_member("xl/vbaProject.bin", b"\xd0\xcf"), "E107", ("文件含宏，请另存为不含宏的 .xlsx",), "a.xlsm"),
    Case("09b", "with macros, named .xlsx", lambda: with_member("xl/vbaProject.bin", b"\xd0\xcf"), "E107", ("含宏",)),
    Case("09c", "an old .xls with macros", lambda: hostile.ole("Workbook", "_VBA_PROJECT_CUR"), "E107", ("含宏",), "a.xls"),
    Case("10", "macros in its list of types only", lambda: hostile.package(hostile.roster(), {"[Content_Types].xml": MACRO_TYPES}), "E107", ("含宏",)),
    Case("11", ".xlsb", lambda: hostile.package("", {"[Content_Types].xml": XLSB, "xl/workbook.bin": b"\x83\x01"}, ["xl/workbook.xml"]), "E104", ("xlsb", "CSV"), "a.xlsb"),
    Case("11b", ".ods", ods, "E104", ("ods", "CSV"), "a.ods"),
    Case("12", "a sheet that unpacks to 60 MB", sheet_bomb, "E108", NESTED),
    Case("13", "a part that nobody reads unpacks to 30 MB", lambda: with_member("xl/media/x.dat", b"0" * (30 << 20)), "E108", NESTED),
    Case("14", "says 1 kB, unpacks to 60 MB", partial(lying, 60), "E108", NESTED),
    Case("14b", "says 1 kB, unpacks to 1 MB", partial(lying, 1), "E108", NESTED),
    Case("15", "an archive in the archive", lambda: with_member("xl/embeddings/a.bin", good()), "E108", ("压缩包里还有压缩包",)),
    Case("15b", "parts that overlap", overlapping, "E108", ("重叠",)),
    Case("16", "100,000 members", partial(many_members, 100_000), "E108", ("成员过多",)),
    Case("16b", "100,000 members that say they are 5", partial(many_members, 100_000, 5), "E108", ("成员过多",)),
    *(Case(f"17{mark}", f"a member named {name}", partial(with_member, name), "E109", ODD)
      for mark, name in zip(("", "b", "c", "d", "e"), ("../../evil", "/abs", "C:\\x", "xl\\..\\..\\x", "xl/../../../etc/passwd"), strict=True)),
    Case("18", "a member that is a link", symlink, "E109", ODD),
    Case("19", "a billion laughs", laughs, "E110", UNSAFE),
    Case("20", "reads /etc/passwd", lambda: hostile.package(reads_passwd()), "E110", UNSAFE),
    *(Case(f"20{mark}", f"the same in {enc}", lambda enc=enc: hostile.package(reads_passwd().replace("UTF-8", "UTF-16").encode(enc)), "E110", UNSAFE)
      for mark, enc in zip("bcd", ("utf-16", "utf-16-le", "utf-16-be"), strict=True)),
    Case("21", "a DTD on another machine", external_dtd, "E110", UNSAFE),
    Case("21b", "the same behind a long remark", lambda: external_dtd(f"<!--{'x' * 200_000}-->"), "E110", UNSAFE),
    Case("22", "XML of depth 200,000", partial(deep, stored=True), "E110", UNSAFE),
    Case("22b", "the same packed: unpacks more than 100 times", partial(deep, stored=False), "E108", NESTED),
    Case("23", "says UTF-7", lambda: hostile.package(hostile.roster().replace("UTF-8", "UTF-7")), "E110", UNSAFE),
    Case("23b", "says UTF-16 and is UTF-8", lambda: hostile.package(hostile.roster().replace("UTF-8", "UTF-16")), "E110", UNSAFE),
    Case("23c", "says UTF-8 and is GB18030", lambda: hostile.package(hostile.roster().encode("gb18030")), "E110", UNSAFE),
)