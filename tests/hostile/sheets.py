"""Tables whose content is hostile or unlucky: cases 24 to 57."""
from __future__ import annotations

import io
from datetime import date
from functools import partial

import openpyxl
import xlsxwriter
from tests.exchange import hostile
from tests.exchange.dirty import VILLAGE
from tests.hostile.cases import Case
from tests.hostile.containers import csv_text

CSV = "名册.csv"
PERSON = dict(zip(("name", "gender", "id_no", "join", "full", "kind"), hostile.PERSON, strict=True))


def someone(**cells: str) -> bytes:
    """One person in a CSV file, with other cells."""
    return csv_text([tuple((PERSON | cells).values())]).encode()


def merged(ref: str) -> str:
    return f'<mergeCells count="1"><mergeCell ref="{ref}"/></mergeCells>'


def person_in(cell: str) -> bytes:
    return hostile.package(hostile.roster(person=(*hostile.PERSON[:5], cell)))


def raw_name(raw: bytes) -> bytes:
    return hostile.package(hostile.roster().encode().replace("王样一".encode(), "王".encode() + raw + "样".encode()))


def saved(*lines: tuple[str, ...]) -> bytes:
    """As openpyxl saves it: a formula has no result."""
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def with_1904_dates() -> bytes:
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, {"in_memory": True, "date_1904": True})
    page = book.add_worksheet("名册")
    for r, line in enumerate(((hostile.TITLE,), hostile.HEADINGS, (*hostile.PERSON[:3], "", "", "正式党员"))):
        for c, text in enumerate(line):
            page.write_string(r, c, text)
    page.write_datetime(2, 3, date(1998, 7, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()
    return into.getvalue()


def hidden_sheet() -> bytes:
    book = openpyxl.Workbook()
    for line in ((hostile.TITLE,), hostile.HEADINGS, hostile.PERSON):
        book.active.append(line)
    aside = book.create_sheet("旧")
    aside.sheet_state = "veryHidden"
    aside["ZZ1"], aside["A1"], aside["A30000"] = "远", "长" * 6000, "=1+1"
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def people(count: int) -> list[str]:
    return [hostile.row((f"甲样{n}", "男", "", *hostile.PERSON[3:])) for n in range(count)]


def ledger(org: str, present: str) -> bytes:
    return f"2026年会议台账\n组织,日期,会议类型,主题,主持人,应到,实到,记录材料\n{org},2026.1.8,支委会,题,王,3,{present},会议记录\n".encode()


def roster_of(org: str) -> bytes:
    return f"花名册\n姓名,身份证号,入党时间,党员类别,所在党支部\n甲一,{hostile.PERSON[2]},1998.07,正式党员,{org}\n".encode()


ONE = "<row><c><v>1</v></c></row>"
EMPTY = [f'<row r="{n}"><c r="A{n}" s="0"/><c r="B{n}" s="0"/></row>' for n in range(4, 100_004)]
FAR, DOWN = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
LONG = ("姓名", "性别", "身份证号", "入党时间", "党员类别", "事迹")
EXTERNAL = ("[1]Sheet1!A1", "'C:\\[a.xlsx]Sheet1'!A1", "cmd|'/C calc'!A0", 'WEBSERVICE("http://127.0.0.1:9")', "DDE(1)")
LIVE = ("=1+1", "=cmd|'/C calc'!A0", "+1", "-1", "@SUM", "=HYPERLINK", "＝1")
MARKUP = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{7*7}}", "${7*7}", "{% load x %}", "javascript:alert`1`")
KEPT = ("王" + "\u0301" * 20, "👨\u200d👩\u200d👧", "\ue000王", "𬱖一", "阿卜杜拉·买买提", "王", "买" * 50)
TWO = csv_text([hostile.PERSON, hostile.PERSON])
RARE = ("王𠮷㐀", *hostile.PERSON[1:])
BIG5 = "姓名,性別,身份證號碼,入黨時間,轉正時間\r\n王樣一,男,990123196807120318,1998.07,1999.07\r\n".encode("big5")
SJIS = "氏名,性別,電話番号,住所\r\n田中,男,123,東京都\r\n".encode("shift-jis")
NAMED = ("王样一",)
GONE = "不可见字符"

CASES: tuple[Case, ...] = (
    Case("24", "a dimension of one cell over 202 people", lambda: hostile.package(hostile.roster(people(201), before='<dimension ref="A1"/>')),
         names=NAMED, rows=202),
    Case("25", "a dimension of the whole sheet over one person", lambda: hostile.package(hostile.roster(before='<dimension ref="A1:XFD1048576"/>')), names=NAMED),
    Case("26", "one cell in the far corner", lambda: hostile.package(hostile.roster([FAR])), "E111", ("超出范围：XFD1048576",)),
    Case("26b", "one cell far down", lambda: hostile.package(hostile.roster([DOWN])), "E111", ("超出范围：A1048576",)),
    Case("27", "a huge merged range", lambda: hostile.package(hostile.roster(after=merged("A1:XFD20000"))), "E112", ("合并单元格过大：A1:XFD20000",)),
    Case("27b", "too many merged ranges", lambda: hostile.package(hostile.roster(after="<mergeCells>" + "".join(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(1, 1_003)) + "</mergeCells>")), "E112", ("1000",)),
    Case("28", "one cell for the names of three people", lambda: hostile.package(hostile.roster([hostile.row(hostile.PERSON, 4), hostile.row(hostile.PERSON, 5)], after=merged("A3:A5"))),
         "E113", ("第 3-5 行“姓名”列是合并单元格，请取消合并",)),
    Case("29", "20,001 rows", lambda: hostile.package(hostile.sheet([ONE] * 20_001)), "E114", ("超过 20000 行",)),
    Case("29b", "20,001 lines", lambda: ("a\r\n" * 20_001).encode(), "E114", ("超过 20000 行",), "a.csv"),
    Case("29c", "20,000 rows are read", lambda: hostile.package(hostile.sheet([ONE] * 20_000)), names=(), says=("NO_TABLE",)),
    Case("30", "100,000 empty rows with a format", lambda: hostile.package(hostile.roster(EMPTY)), names=NAMED),
    Case("31", "40,000 characters in a cell", lambda: hostile.package(hostile.roster(headings=LONG, person=(*hostile.PERSON[:4], "正式党员", "长" * 40_000))), "E115", ("第 3 行“事迹”超过 5000 字",)),
    Case("32", "the sheet is missing", lambda: hostile.package("", without=["xl/worksheets/sheet1.xml"]), "E106", ("不完整",)),
    Case("32b", "the workbook is missing", lambda: hostile.package("", without=["xl/workbook.xml"]), "E106", ("不完整",)),
    Case("33", "a hidden row is said and left out", lambda: hostile.package(hostile.roster([hostile.row(("李二", "男", "", "1998.07", "1999.07", "正式党员"), 4, ' hidden="1"')])), names=NAMED, says=("HIDDEN_ROW",)),
    Case("33b", "a hidden sheet, however odd, is said and left out", hidden_sheet, names=NAMED, says=("HIDDEN_SHEET",)),
    Case("34", "a formula without a result", lambda: saved((hostile.TITLE,), (*hostile.HEADINGS, "备注"), (*hostile.PERSON, "=A1&B1")), "E116", ("第 3 行“备注”是公式且没有结果，请粘贴为数值",)),
    Case("34b", "formulas without a result where nothing is read", lambda: saved((hostile.TITLE,), ("序号", *hostile.HEADINGS, "年龄"), ("=ROW()", *hostile.PERSON, "=1+1"), ("合计", "=SUM(A1:A3)")), names=NAMED),
    Case("35", "a formula whose result is an error", lambda: hostile.package(hostile.roster(headings=(*hostile.HEADINGS, "联系电话"), person=(*hostile.PERSON, '<c t="e"><f>VLOOKUP(1,A:B,2)</f><v>#REF!</v></c>'))),
         names=NAMED, says=("CELL_ERROR",)),
    *(Case(f"36{mark}", f"the formula {formula}", lambda f=formula: hostile.package(hostile.roster([hostile.row([f'<c t="str"><f>{f}</f><v>x</v></c>'])])), "E116", ("引用了别的文件或程序，请粘贴为数值",))
      for mark, formula in zip(("", "b", "c", "d", "e"), EXTERNAL, strict=True)),
    Case("36f", "a plain formula gives its result", lambda: hostile.package(hostile.roster(person=('<c t="str"><f>B1&amp;"[x]"</f><v>赵示例</v></c>', *hostile.PERSON[1:]))), names=("赵示例",)),
    Case("37", "a needed column is missing", lambda: "名册\n姓名,性别,身份证编号码,入党时间,党员类别\n王样一,男,1,1998.07,正式党员\n".encode(), name=CSV, names=(), says=("E117", "ID_EMPTY")),
    Case("37b", "a column stands twice", lambda: csv_text().replace("姓名,", "姓名,姓名,").replace("王样一,", "王样一,王样二,").encode(), name=CSV, names=NAMED, says=("E117",)),
    Case("37c", "line breaks and blanks in the header", lambda: hostile.package(hostile.roster(headings=("姓\n名", "性 别", "公民身份号码", "入党\n日期", "转正时间", "党员类别"))), names=NAMED),
    Case("38", "an older template", lambda: hostile.package(hostile.sheet([hostile.row([hostile.TITLE]), hostile.row(["模板版本 1"]), hostile.row(hostile.HEADINGS), hostile.row(hostile.PERSON)])), names=NAMED, says=("E118",)),
    Case("39", "an ID number that Excel made a number", lambda: hostile.package(hostile.roster(person=("王样一", "男", "<c><v>4.33101199003071E+17</v></c>", *hostile.PERSON[3:]))), names=(), says=("ID_PRECISION",)),
    Case("39b", "the same as text", partial(someone, id_no="4.33101E+17"), name=CSV, names=(), says=("ID_SCIENTIFIC",)),
    Case("40", "full-width digits", partial(someone, id_no="９９０１２３１９６８０７１２０３１８"), name=CSV, names=NAMED),
    Case("40b", "blanks and a zero-width space", partial(someone, id_no="\u200b990123 19680712 0318"), name=CSV, names=NAMED),
    Case("40c", "an old number of 15 digits is asked", partial(someone, id_no="990123680712031"), name=CSV, names=NAMED, says=("ID_15",)),
    Case("40d", "a wrong check digit", partial(someone, id_no="990123196807120319"), name=CSV, names=(), says=("ID_CHECKSUM",)),
    Case("41", "an impossible birthday in the number", partial(someone, id_no="990123196813120318"), name=CSV, names=(), says=("ID_FORMAT",)),
    Case("41b", "number and sex differ", partial(someone, gender="女"), name=CSV, names=NAMED, says=("GENDER_MISMATCH",)),
    *(Case(f"43{mark}", f"the date {text}", partial(someone, join=text, full=""), name=CSV, names=NAMED if ok else (), says=(code,) if code else ())
      for mark, text, ok, code in (("", "1990.3.7", True, ""), ("b", "1990年3月", True, ""), ("c", "44927", True, "DATE_SERIAL"), ("d", "1900-02-29", False, "DATE_INVALID"),
                                   ("e", "2024/13/1", False, "DATE_INVALID"), ("f", "民国八十年", False, "DATE_INVALID"))),
    Case("44", "a workbook that counts from 1904", with_1904_dates, names=NAMED),
    Case("45", "admitted in the future", partial(someone, join="2030.1.1", full=""), name=CSV, names=(), says=("DATE_OUT_OF_RANGE",)),
    Case("45b", "full before admitted", partial(someone, join="1999.07", full="1998.07"), name=CSV, names=NAMED, says=("DATE_ORDER",)),
    Case("45c", "admitted as a child", partial(someone, join="1980.01", full="1981.01"), name=CSV, names=NAMED, says=("JOIN_YOUNG",)),
    *(Case(f"46{mark}", f"{text} people present", partial(ledger, VILLAGE, text), name="台账.csv", says=(code,))
      for mark, text, code in (("", "-1", "CELL_ERROR"), ("b", "1e308", "CELL_ERROR"), ("c", "NaN", "CELL_ERROR"), ("d", '"1,000"', "CELL_ERROR"), ("e", "0.5", "CELL_ERROR"), ("f", "１２", "PRESENT_OVER_EXPECTED"))),
    Case("47", "one person twice", TWO.encode, name=CSV, names=NAMED, says=("DUP_IN_SHEET",)),
    Case("48", "an unknown branch is asked", partial(roster_of, "不存在村党支部"), name=CSV, names=("甲一",), says=("ORG_NOT_FOUND",)),
    Case("48b", "a name that several branches have is not guessed", partial(roster_of, "柳林村党支部"), name=CSV, names=("甲一",), says=("ORG_NOT_FOUND",)),
    *(Case(f"49{mark}", f"CSV in {enc}", lambda enc=enc: csv_text([RARE]).encode(enc), name="a.csv", names=("王𠮷㐀",))
      for mark, enc in zip(("", "b", "c", "d", "e", "f"), ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"), strict=True)),
    Case("50", "CSV in Big5", lambda: BIG5, "E128", ("编码无法识别", "另存为“CSV UTF-8”"), "a.csv"),
    Case("50b", "CSV in Shift-JIS", lambda: SJIS, "E128", ("UTF-8",), "a.csv"),
    Case("50c", "CSV in no encoding", lambda: "姓名,性别".encode() + b"\xff\xfe\xfd\x80", "E128", ("UTF-8",), "a.csv"),
    Case("51", "NUL in CSV", lambda: csv_text().replace("王样一", "王\0样").encode(), "E129", (), "a.csv"),
    Case("51b", "a quote that is never closed", lambda: (csv_text() + '"没有收尾,1,2\r\n3,4').encode(), "E129", ("引号",), "a.csv"),
    Case("51c", "one field of 9 MB", lambda: (csv_text() + '"' + "长" * 3_000_000 + '"').encode(), "E129", (), "a.csv"),
    *(Case(f"51{mark}", f"separated by {sep!r}", lambda sep=sep: csv_text(separator=sep).encode(), name="a.csv", names=NAMED) for mark, sep in (("d", ";"), ("e", "\t"))),
    *(Case(f"51{mark}", f"lines end in {end!r}", lambda end=end: csv_text().replace("\r\n", end).encode(), name="a.csv", names=NAMED) for mark, end in (("f", "\n"), ("g", "\r"))),
    *(Case(f"52{mark}", f"the name {text}", partial(someone, name=text), name=CSV, names=(text.replace("＝", "="),)) for mark, text in zip(("", *"bcdefg"), LIVE, strict=True)),
    *(Case(f"53{mark}", f"the name {text}", partial(someone, name=text), name=CSV, names=(text,)) for mark, text in zip(("", *"bcdef"), MARKUP, strict=True)),
    *(Case(f"54{mark}", f"{raw!r} in a name", partial(raw_name, raw), "E130", (GONE, "第 3 行“姓名”"))
      for mark, raw in zip(("", *"bcdef"), (b"\x0b", b"&#11;", b"_x000B_", b"&#x0;", b"\x00", b"\x08"), strict=True)),
    Case("54g", "a control character in CSV", lambda: csv_text([("王\x0b", *hostile.PERSON[1:])]).encode(), "E130", (GONE, "“姓名”"), "a.csv"),
    *(Case(f"55{mark}", f"the lone surrogate {raw!r}", partial(raw_name, raw), "E130", (GONE, "“姓名”")) for mark, raw in zip(("", *"bc"), (b"&#xD800;", b"_xD800_", b"\xed\xa0\x80"), strict=True)),
    Case("56", "a name that turns the reading direction", partial(someone, name="王\u202e一"), "E130", (GONE, "第 3 行“姓名”"), CSV),
    *(Case(f"{number}{mark}", f"the name {ascii(text)}", partial(someone, name=text), name=CSV, names=(text,))
      for number, mark, text in zip((56, 56, 56, 56, 57, 57, 57), ("b", "c", "d", "e", "", "b", "c"), KEPT, strict=True)),
)
