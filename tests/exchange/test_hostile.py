"""Every hostile file is refused with its code in Chinese, quickly and in the child process; what is only odd is imported completely.

Numbers are the cases of the list of hostile inputs."""

from __future__ import annotations

import io
import stat
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from tests.exchange import hostile
from tests.exchange.dirty import known, upload

from zhibu.exchange.intake import child
from zhibu.exchange.intake.findings import FileRead, FileRefused, Upload
from zhibu.exchange.intake.pipeline import read_files

XLSX = "花名册.xlsx"


def run(data: bytes, name: str = XLSX) -> FileRead | FileRefused:
    (found,) = read_files([Upload(name, data)], known())  # the child's own limits keep it from hanging: 20 s of CPU, 512 MB
    return found


def code(data: bytes, name: str = XLSX, *words: str) -> str:
    found = run(data, name)
    assert isinstance(found, FileRefused), found
    assert found.message and all(w in found.message for w in words), found.message
    assert not any(sign in found.message for sign in "!?;"), found.message
    return found.code


def names(data: bytes, name: str = XLSX) -> list[str]:
    found = run(data, name)
    assert isinstance(found, FileRead), found
    return [str(r.values["name"]) for r in found.rows if r.values]


def csv_text(rows: list[tuple[str, ...]] | None = None, separator: str = ",") -> str:
    rows = rows or [hostile.PERSON]
    return "\r\n".join(separator.join(r) for r in [(hostile.TITLE,), hostile.HEADINGS, *rows]) + "\r\n"


# container: what the file is


def test_01_empty() -> None:
    assert code(b"", XLSX, "空") == "E101"
    assert code(b"\xef\xbb\xbf\r\n", "a.csv") == "E101"


def test_02_too_large() -> None:
    assert code(b"PK\x03\x04" + b"0" * (10 * 1024 * 1024), XLSX, "10 MB", "拆分") == "E102"


def test_03_text_as_xlsx() -> None:
    assert code(csv_text().encode(), XLSX, "不是 Excel") == "E103"
    assert code(csv_text().encode("gb18030"), "a.xls") == "E103"
    assert code(b"%PDF-1.4\n\0\0", "a.csv", "PDF") == "E103"


def test_04_old_xls_is_accepted() -> None:
    found = run(upload("01").data, "花名册.xlsx")
    assert isinstance(found, FileRead) and found.book.format == "xls (BIFF8)"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
def test_05_html_as_xls(encoding: str) -> None:
    html = "<html><head><meta charset=gb2312></head><body><table><tr><td>姓名</td></tr></table></body></html>"
    assert code(html.encode(encoding), "a.xls", "网页", ".xlsx") == "E104"
    assert code(b"\r\n <table border=1><tr><td>1</td></tr></table>", "a.xls") == "E104"
    assert code(b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "a.xls") == "E104"


def test_06_password() -> None:
    assert code(hostile.ole("EncryptionInfo", "EncryptedPackage"), XLSX, "密码") == "E105"


def test_07_truncated() -> None:
    whole = hostile.package(hostile.roster())
    for size in (40, len(whole) // 2, len(whole) - 30):
        assert code(whole[:size], XLSX, "不完整") == "E106"
    assert code(upload("01").data[:6000], "a.xls", "不完整") == "E106"


def test_08_word() -> None:
    types = hostile.TYPES.replace("spreadsheetml.sheet", "wordprocessingml.document")
    data = hostile.package("<a/>", {"[Content_Types].xml": types, "word/document.xml": "<a/>"}, ["xl/workbook.xml"])
    assert code(data, XLSX, "Word") == "E103"
    assert code(hostile.ole("WordDocument"), "a.xls", "Word") == "E103"


def test_09_macros() -> None:
    assert code(hostile.package(hostile.roster(), {"xl/vbaProject.bin": b"\xd0\xcf"}), "a.xlsm", "宏") == "E107"
    assert code(hostile.package(hostile.roster(), {"xl/vbaProject.bin": b"\xd0\xcf"})) == "E107"
    assert code(hostile.ole("Workbook", "_VBA_PROJECT_CUR"), "a.xls") == "E107"


def test_10_renamed_macro_file() -> None:
    types = hostile.TYPES.replace("openxmlformats-officedocument.spreadsheetml.sheet", "ms-excel.sheet.macroEnabled")
    assert code(hostile.package(hostile.roster(), {"[Content_Types].xml": types})) == "E107"


def test_11_xlsb_and_ods() -> None:
    types = hostile.TYPES.replace("openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "ms-excel.sheet.binary.macroEnabled.main")
    types = types.replace("macroEnabled.", "")
    assert code(hostile.package("", {"[Content_Types].xml": types, "xl/workbook.bin": b"\x83\x01"}, ["xl/workbook.xml"]), "a.xlsb", "CSV") == "E104"
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as z:
        z.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        z.writestr("content.xml", "<a/>")
    assert code(into.getvalue(), "a.ods", "CSV") == "E104"


# bombs


def test_12_sheet_bomb() -> None:
    rows = hostile.row(["1"] * 50) * 400
    assert code(hostile.package(hostile.sheet([rows] * 260)), XLSX, "解压后过大") == "E108"


def test_13_bomb_in_a_part_nobody_reads() -> None:
    data = hostile.package(hostile.roster(), {"xl/media/x.dat": b"0" * (30 << 20)})
    assert code(data, XLSX, "解压后过大") == "E108"


def test_14_lying_header() -> None:
    data = hostile.with_raw_member(hostile.package(hostile.roster()), "xl/y.dat", hostile.bomb_member(300), 1024)
    assert code(data, XLSX, "解压后过大") == "E108"
    small = hostile.with_raw_member(hostile.package(hostile.roster()), "xl/y.dat", hostile.bomb_member(1)[:], 1024)
    assert code(small) == "E108"


def test_15_nested_and_overlapping() -> None:
    inner = hostile.package(hostile.roster())
    assert code(hostile.package(hostile.roster(), {"xl/embeddings/a.bin": inner}), XLSX, "解压后过大") == "E108"
    data = bytearray(inner)
    first = data.find(b"PK\x01\x02")
    second = data.find(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    assert code(bytes(data)) == "E108"


def test_16_many_members() -> None:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as z:
        for n in range(1_200):
            z.writestr(f"{n}", b"")
    data = into.getvalue()
    assert code(data, XLSX, "成员过多") == "E108"
    hidden = bytearray(data)
    at = hidden.rfind(b"PK\x05\x06")
    hidden[at + 8 : at + 12] = b"\x05\0\x05\0"
    assert code(bytes(hidden)) in ("E108", "E106")


@pytest.mark.parametrize("name", ["../../evil", "/abs", "C:\\x", "xl\\..\\..\\x", "xl/../../../etc/passwd"])
def test_17_member_names(name: str) -> None:
    assert code(hostile.package(hostile.roster(), {name: "x"}), XLSX, "结构异常") == "E109"


def test_18_symlink() -> None:
    into = io.BytesIO(hostile.package(hostile.roster()))
    with zipfile.ZipFile(into, "a") as z:
        link = zipfile.ZipInfo("xl/link.xml")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        z.writestr(link, "/etc/passwd")
    assert code(into.getvalue(), XLSX, "结构异常") == "E109"


# XML


def test_19_billion_laughs() -> None:
    entities = "".join(f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "ha"}{"&l" + str(n - 1) + ";" if n else "ha"}">' for n in range(40))
    xml = hostile.roster().replace("<worksheet", f"<!DOCTYPE x [{entities}]><worksheet", 1)
    assert code(hostile.package(xml), XLSX, "不安全的 XML") == "E110"


def test_20_external_entity(tmp_path: object) -> None:
    xml = hostile.roster().replace("<worksheet", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet', 1).replace("王样一", "&e;")
    found = run(hostile.package(xml))
    assert isinstance(found, FileRefused) and found.code == "E110" and "root" not in found.message
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        raw = xml.replace("UTF-8", "UTF-16").encode(encoding)
        assert code(hostile.package(raw)) == "E110"


def test_21_external_dtd() -> None:
    xml = hostile.roster().replace("<worksheet", '<!DOCTYPE worksheet SYSTEM "http://127.0.0.1:9/x.dtd"><worksheet', 1)
    assert code(hostile.package(xml)) == "E110"
    late = hostile.roster().replace("<worksheet", f"<!--{'x' * 200_000}--><!DOCTYPE worksheet SYSTEM 'http://127.0.0.1:9/'><worksheet", 1)
    assert code(hostile.package(late)) == "E110"


def test_22_deep_xml() -> None:
    xml = hostile.roster(before="<a>" * 200_000 + "</a>" * 200_000)
    assert code(hostile.package(xml)) in ("E110", "E108")
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as z, zipfile.ZipFile(io.BytesIO(hostile.package(xml))) as packed:
        for info in packed.infolist():
            z.writestr(info.filename, packed.read(info))
    assert code(into.getvalue(), XLSX, "不安全的 XML") == "E110"


def test_23_wrong_encoding() -> None:
    assert code(hostile.package(hostile.roster().replace("UTF-8", "UTF-7"))) == "E110"
    assert code(hostile.package(hostile.roster().replace("UTF-8", "UTF-16"))) == "E110"
    assert code(hostile.package(hostile.roster().encode("gb18030"))) == "E110"


# the sheet


def test_24_lying_dimension_small() -> None:
    people = [hostile.row((f"甲样{n}", *hostile.PERSON[1:2], "", *hostile.PERSON[3:])) for n in range(201)]
    found = run(hostile.package(hostile.roster(people, before='<dimension ref="A1"/>')))
    assert isinstance(found, FileRead) and len(found.rows) == 202


def test_25_lying_dimension_large() -> None:
    assert names(hostile.package(hostile.roster(before='<dimension ref="A1:XFD1048576"/>'))) == ["王样一"]


def test_26_one_far_cell() -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert code(hostile.package(hostile.roster([far])), XLSX, "XFD1048576") == "E111"
    down = '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    assert code(hostile.package(hostile.roster([down])), XLSX, "A1048576") == "E111"


def test_27_huge_merge() -> None:
    merge = '<mergeCells count="1"><mergeCell ref="A1:XFD20000"/></mergeCells>'
    assert code(hostile.package(hostile.roster(after=merge)), XLSX, "A1:XFD20000") == "E112"
    many = "<mergeCells>" + "".join(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(1, 1_003)) + "</mergeCells>"
    assert code(hostile.package(hostile.roster(after=many)), XLSX, "1000") == "E112"


def test_29_too_many_rows() -> None:
    one = "<row><c><v>1</v></c></row>"
    assert code(hostile.package(hostile.sheet([one] * 20_001)), XLSX, "20000 行") == "E114"
    found = run(hostile.package(hostile.sheet([one] * 20_000)))
    assert isinstance(found, FileRead)
    assert code(("a\r\n" * 20_001).encode(), "a.csv") == "E114"


def test_30_formatted_empty_rows() -> None:
    empty = [f'<row r="{n}"><c r="A{n}" s="0"/><c r="B{n}" s="0"/></row>' for n in range(4, 100_004)]
    assert names(hostile.package(hostile.roster(empty))) == ["王样一"]


def test_31_long_cell() -> None:
    person = ("王样一", "男", "990123196807120318", "1998.07", "正式党员", "长" * 40_000)
    headings = ("姓名", "性别", "身份证号", "入党时间", "党员类别", "事迹")
    assert code(hostile.package(hostile.roster(headings=headings, person=person)), XLSX, "第 3 行", "“事迹”", "5000 字") == "E115"


def test_32_missing_part() -> None:
    assert code(hostile.package("", without=["xl/worksheets/sheet1.xml"]), XLSX, "不完整") == "E106"
    assert code(hostile.package("", without=["xl/workbook.xml"])) == "E106"


def test_34_formula_without_result() -> None:
    book = openpyxl.Workbook()
    page = book.active
    for line in ((hostile.TITLE,), (*hostile.HEADINGS, "备注"), (*hostile.PERSON, "=A1&B1")):
        page.append(line)
    into = io.BytesIO()
    book.save(into)
    assert code(into.getvalue(), XLSX, "第 3 行", "“备注”", "粘贴为数值") == "E116"


def test_34_formula_without_result_where_nothing_is_read() -> None:
    book = openpyxl.Workbook()
    page = book.active
    for line in ((hostile.TITLE,), ("序号", *hostile.HEADINGS, "年龄"), ("=ROW()", *hostile.PERSON, "=1+1"), ("合计", "=SUM(A1:A3)")):
        page.append(line)
    into = io.BytesIO()
    book.save(into)
    assert names(into.getvalue()) == ["王样一"]


def test_35_formula_error_is_a_note() -> None:
    person = (*hostile.PERSON, '<c t="e"><f>VLOOKUP(1,A:B,2)</f><v>#REF!</v></c>')
    found = run(hostile.package(hostile.roster(headings=(*hostile.HEADINGS, "联系电话"), person=person)))
    assert isinstance(found, FileRead) and [i.code for i in found.rows[0].issues] == ["CELL_ERROR"]


@pytest.mark.parametrize("formula", ["[1]Sheet1!A1", "'C:\\[a.xlsx]Sheet1'!A1", "cmd|'/C calc'!A0", 'WEBSERVICE("http://127.0.0.1:9")', "DDE(1)"])
def test_36_external_formula(formula: str) -> None:
    cell = f'<c t="str"><f>{formula}</f><v>x</v></c>'
    assert code(hostile.package(hostile.roster([hostile.row([cell])])), XLSX, "粘贴为数值") == "E116"


def test_36_plain_formula_takes_its_result() -> None:
    cell = '<c t="str"><f>B1&amp;"[x]"</f><v>赵示例</v></c>'
    assert names(hostile.package(hostile.roster(person=(cell, *hostile.PERSON[1:])))) == ["赵示例"]


def test_38_old_template_is_a_notice() -> None:
    rows = [hostile.row([hostile.TITLE]), hostile.row(["模板版本 1"]), hostile.row(hostile.HEADINGS), hostile.row(hostile.PERSON)]
    found = run(hostile.package(hostile.sheet(rows)))
    assert isinstance(found, FileRead) and found.totals["ok"] == 1
    assert [(n.code, "模板版本 1，当前 3" in n.message) for n in found.sheets[0].notices] == [("E118", True)]


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_49_encodings(encoding: str) -> None:
    person = ("王𠮷㐀", *hostile.PERSON[1:])
    data = csv_text([person]).encode(encoding)
    assert names(data, "a.csv") == ["王𠮷㐀"]
    if encoding == "utf-16-be":
        assert names(b"\xfe\xff" + data, "a.csv") == ["王𠮷㐀"]


@pytest.mark.parametrize("encoding", ["big5", "shift-jis"])
def test_50_other_encodings(encoding: str) -> None:
    words = "姓名,性別,身份證號碼,入黨時間,轉正時間\r\n王樣一,男,990123196807120318,1998.07,1999.07\r\n" if encoding == "big5" else "氏名,性別,電話番号,住所\r\n田中,男,123,東京都\r\n"
    assert code(words.encode(encoding), "a.csv", "UTF-8") == "E128"
    assert code("姓名,性别".encode() + b"\xff\xfe\xfd\x80", "a.csv") == "E128"


def test_49_rare_characters_under_a_known_header_are_no_other_encoding() -> None:
    people = [("䶮㐀䴙" * 20, *hostile.PERSON[1:]) for _ in range(40)]
    assert len(names(csv_text(people).encode("gb18030"), "a.csv")) == 1


def test_51_broken_csv() -> None:
    good = csv_text()
    assert code(good.replace("王样一", "王\0样").encode(), "a.csv") == "E129"
    assert code((good + '"没有收尾,1,2\r\n3,4').encode(), "a.csv", "引号") == "E129"
    assert code((good + '"' + "长" * 3_000_000 + '"').encode(), "a.csv") == "E129"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_51_separators(separator: str) -> None:
    assert names(csv_text(separator=separator).encode(), "a.csv") == ["王样一"]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_51_line_ends(end: str) -> None:
    text = csv_text().replace("\r\n", end)
    assert names(text.encode(), "a.csv") == ["王样一"]
    assert names(text.replace(end, "\n", 1).encode(), "a.csv") == ["王样一"]


@pytest.mark.parametrize("raw", [b"\x0b", b"&#11;", b"_x000B_", b"&#x0;", b"\x00"])
def test_54_control_characters(raw: bytes) -> None:
    xml = hostile.roster().encode().replace("王样一".encode(), "王".encode() + raw + "样".encode())
    assert code(hostile.package(xml), XLSX, "不可见字符", "第 3 行", "“姓名”") == "E130"


def test_54_control_characters_in_shared_strings_and_csv() -> None:
    rels = hostile.RELS.replace("</Relationships>", '<Relationship Id="rId2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>')
    person = ('<c t="s"><v>0</v></c>', *hostile.PERSON[1:])
    strings = b"<sst><si><t>\xe7\x8e\x8b\x0b</t></si></sst>"
    data = hostile.package(hostile.roster(person=person), {"xl/_rels/workbook.xml.rels": rels, "xl/sharedStrings.xml": strings})
    assert code(data, XLSX, "第 3 行", "“姓名”") == "E130"
    assert code(csv_text([("王\x0b", *hostile.PERSON[1:])]).encode(), "a.csv", "“姓名”") == "E130"


@pytest.mark.parametrize("raw", [b"&#xD800;", b"_xD800_", b"\xed\xa0\x80"])
def test_55_lone_surrogate(raw: bytes) -> None:
    xml = hostile.roster().encode().replace("王样一".encode(), "王".encode() + raw)
    assert code(hostile.package(xml), XLSX, "不可见字符", "“姓名”") == "E130"
    if raw.startswith(b"\xed"):
        assert code(csv_text([("王", *hostile.PERSON[1:])]).encode().replace("王".encode(), "王".encode() + raw), "a.csv") == "E130"


def test_carriage_return_escape_is_harmless() -> None:
    xml = hostile.roster().replace("<t>姓名</t>", "<t>姓_x000D_\n名</t>")
    assert names(hostile.package(xml)) == ["王样一"]


# what writers really write


def test_1904_dates_and_formats() -> None:
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, {"in_memory": True, "date_1904": True})
    page = book.add_worksheet("名册")
    month = book.add_format({"num_format": 'yyyy"年"m"月"'})
    two = book.add_format({"num_format": "0.00"})
    for r, line in enumerate(((hostile.TITLE,), hostile.HEADINGS, (*hostile.PERSON[:3], "", "", "正式党员"))):
        for c, text in enumerate(line):
            page.write_string(r, c, text)
    page.write_datetime(2, 3, date(1998, 7, 1), month)
    page.write_number(2, 4, 1999.1, two)
    book.close()
    found = run(into.getvalue())
    assert isinstance(found, FileRead) and found.rows[0].values is not None
    assert (found.rows[0].values["join_date"], found.rows[0].values["full_date"]) == ("1998-07", "1999-10")


def test_hidden_sheets_never_refuse_the_file() -> None:
    book = openpyxl.Workbook()
    page = book.active
    for line in ((hostile.TITLE,), hostile.HEADINGS, hostile.PERSON):
        page.append(line)
    aside = book.create_sheet("旧")
    aside.sheet_state = "veryHidden"
    aside["ZZ1"], aside["A1"], aside["A30000"] = "远", "长" * 6000, "=1+1"
    into = io.BytesIO()
    book.save(into)
    assert names(into.getvalue()) == ["王样一"]


# the child process


def test_the_child_that_dies_gives_a_clear_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*args: object, **kwargs: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], -9, b"", b"")

    monkeypatch.setattr(child.subprocess, "run", die)
    assert code(b"x,y\r\n", "a.csv", "太大或太复杂") == "E108"


def test_the_parent_never_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "WALL_SECONDS", 0.01)
    assert code(b"x,y\r\n", "a.csv", "太大或太复杂") == "E108"


def test_the_child_is_confined() -> None:
    probe = (
        "from zhibu.exchange.intake import child; child._confine()\n"
        "import os, resource\n"
        "def refused(f):\n"
        "    try: f()\n"
        "    except (OSError, MemoryError) as e: return type(e).__name__\n"
        "    return 'allowed'\n"
        "import socket\n"
        "print(refused(lambda: open('/etc/passwd')), refused(lambda: socket.socket()), refused(lambda: bytearray(600 << 20)),"
        " resource.getrlimit(resource.RLIMIT_CPU)[0], os.environ.get('DATABASE_URL'))\n"
    )
    source = str(Path(child.__file__).parents[3])
    done = subprocess.run([sys.executable, "-c", "import socket\n" + probe], capture_output=True, text=True, env={"PYTHONPATH": source}, check=False)
    assert done.stdout.split() == ["OSError", "OSError", "MemoryError", "20", "None"], done.stdout + done.stderr
