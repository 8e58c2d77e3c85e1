"""A bank's list of receipts as read from its file: which column is what, each line with its day, sum, payer and note, or with what is wrong with it. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from zhibu.exchange.intake import dates
from zhibu.exchange.intake.columns import squeeze
from zhibu.exchange.intake.grid import Book, Cell, Kind, Refused, Sheet, letter
from zhibu.kernel.names import clean_text

HEADER_WITHIN = 30  # banks print account, period and balance above the table
MOST_LINES = 5_000
MOST_FEN = 99_999_999
DAY, AMOUNT, PAYER, NOTE, SERIAL, SIDE = "day", "amount", "payer", "note", "serial", "side"
#: what a column can be, as the form shows it; the first two are needed
FIELDS: Mapping[str, str] = {DAY: "日期", AMOUNT: "收到的金额", PAYER: "付款人", NOTE: "附言或摘要", SERIAL: "流水号", SIDE: "收支标志"}
_NAMES: dict[str, tuple[str, ...]] = {
    DAY: tuple("交易日期 记账日期 入账日期 日期 交易时间 记账时间 入账时间 到账日期 到账时间 交易日".split()),
    AMOUNT: tuple("贷方发生额 贷方金额 收入金额 收入 存入金额 转入金额 入账金额 收款金额 贷方 交易金额 金额 发生额 到账金额".split()),
    PAYER: tuple("对方户名 对方名称 付款人 付款人名称 付款人户名 付款方 付款方名称 付款方户名 对方账户名称 对方账户名 对方姓名 交易对方 交易对手 户名".split()),
    NOTE: tuple("附言 交易附言 摘要 交易摘要 用途 备注 说明 留言 转账附言".split()),
    SERIAL: tuple("交易流水号 流水号 交易流水 凭证号 交易序号 日志号 业务流水号 银行流水号".split()),
    SIDE: tuple("借贷标志 收支标志 收/支 借贷 收支 借/贷 收付标志 借贷方向".split()),
}
_OUT = re.compile(r"支|借|付|出|^D$|^DR$", re.I)
_TOTAL = re.compile(r"(?:本页|本期)?(?:小计|合计|总计|共计|累计|余额|承前页|过次页)")


@dataclass(frozen=True, slots=True)
class BankLine:
    """One receipt. number: its row in the file. print: what makes it this receipt, in whatever file it comes again."""

    number: int
    day: date
    fen: int
    payer: str = ""
    note: str = ""
    serial: str = ""
    print: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that cannot be taken, with the reason in a sentence."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A file as read. headings: column letter → heading; fields: column letter → what it was read as; left_out: lines that are no receipt."""

    headings: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[BankLine, ...] = ()
    faults: tuple[Fault, ...] = ()
    left_out: int = 0
    missing: tuple[str, ...] = ()

    @property
    def readable(self) -> bool:
        """Tell whether the needed columns were found."""
        return not self.missing


def digest(data: bytes) -> str:
    """Give the print of a whole file."""
    return hashlib.sha256(data).hexdigest()


def read(book: Book, today: date, chosen: Mapping[str, str] | None = None) -> Statement:
    """Read the first table of a file. chosen: heading → field ("" for none), what the organisation said before or says now; it wins over the names we know.

    Raises Refused: E106 where there is no table, E114 for too many lines, E116 and E130 for a cell that cannot be taken as it stands."""
    sheet = next((s for s in book.sheets if not s.hidden and s.rows), None)
    if sheet is None:
        raise Refused("E101", "文件里没有表格，请重新选择")
    for fault in sheet.faults:
        raise Refused(fault.code, f"第 {fault.row} 行 {letter(fault.column)} 列的内容不能用：{_FAULTS.get(fault.code, '内容太长')}，请改好后重新上传")
    said = {squeeze(heading): to for heading, to in (chosen or {}).items()}
    row = _header(sheet, said)
    if row is None:
        raise Refused("E106", "没有找到表头。表头要有日期和金额两列，例如“交易日期”“贷方发生额”，请补上后重新上传")
    headings = {c: _shown(cell) for c, cell in sorted(sheet.rows[row].items()) if _shown(cell)}
    fields = _fields(headings, said)
    missing = tuple(FIELDS[f] for f in (DAY, AMOUNT) if f not in fields.values())
    named = {letter(c): text for c, text in headings.items()}
    if missing:
        return Statement(named, {letter(c): f for c, f in fields.items()}, missing=missing)
    lines, faults, left_out = _lines(sheet, row, fields, today)
    return Statement(named, {letter(c): f for c, f in fields.items()}, lines, faults, left_out)


def heading(text: str) -> str:
    """Give a heading as it is compared and remembered."""
    return squeeze(text)


_FAULTS = {"E115": "超过 5000 字", "E116": "是公式且没有结果，请粘贴为数值", "E130": "含不可见字符"}


def _shown(cell: Cell) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell.text))[:60] if cell.kind in (Kind.TEXT, Kind.NUMBER) else ""


def _known(heading: str, said: Mapping[str, str]) -> str:
    bare = squeeze(heading)
    if bare in said:
        return said[bare]
    forms = (bare, re.sub(r"\([^()]*\)", "", bare))
    return next((f for form in forms for f, names in _NAMES.items() if form in names), "")


def _header(sheet: Sheet, said: Mapping[str, str]) -> int | None:
    """Find the row that names the most columns, at least two of them."""
    rows = sorted(r for r in sheet.rows if r not in sheet.hidden_rows)[:HEADER_WITHIN]
    scores = {r: len({f for cell in sheet.rows[r].values() if (f := _known(_shown(cell), said))}) for r in rows}
    told = {r: sum(squeeze(_shown(cell)) in said for cell in sheet.rows[r].values()) for r in rows}
    best = max(rows, key=lambda r: (scores[r], told[r], -r), default=None)
    return best if best is not None and scores[best] >= 2 else None


def _fields(headings: Mapping[int, str], said: Mapping[str, str]) -> dict[int, str]:
    """Give the column of each field: what was said, else the name that we know best (贷方发生额 before 金额)."""
    found: dict[int, str] = {}
    for name in FIELDS:
        columns = [c for c, text in headings.items() if _known(text, said) == name and c not in found]
        if columns:
            found[min(columns, key=lambda c: (squeeze(headings[c]) not in said, _rank(name, headings[c]), c))] = name
    return found


def _rank(name: str, heading: str) -> int:
    bare = re.sub(r"\([^()]*\)", "", squeeze(heading))
    return _NAMES[name].index(bare) if bare in _NAMES[name] else 99


def _lines(sheet: Sheet, header: int, fields: Mapping[int, str], today: date) -> tuple[tuple[BankLine, ...], tuple[Fault, ...], int]:
    lines: list[BankLine] = []
    faults: list[Fault] = []
    left_out = 0
    seen: Counter[str] = Counter()
    for number, cells in _rows(sheet, header, fields):
        first = next((_shown(c) for _, c in sorted(sheet.rows[number].items()) if _shown(c)), "")
        if not any(c.text.strip() for f, c in cells.items() if f in (DAY, AMOUNT)) or _TOTAL.match(first):
            left_out += 1
            continue
        if SIDE in cells and _OUT.search(_shown(cells[SIDE])):
            left_out += 1
            continue
        amount = fen_of(cells.get(AMOUNT, Cell()))
        if amount is not None and amount <= 0:
            left_out += 1
            continue
        day, why = _day(cells.get(DAY, Cell()), sheet.typed, today)
        if amount is None or amount > MOST_FEN or day is None:
            said = why or ("金额超过 999999.99 元" if amount else f"金额“{cells.get(AMOUNT, Cell()).text[:20]}”认不出来")
            faults.append(Fault(number, said))
            continue
        line = BankLine(number, day, amount, *(_text(cells.get(f, Cell()), size) for f, size in ((PAYER, 100), (NOTE, 200), (SERIAL, 60))))
        key = "|".join((day.isoformat(), str(amount), line.payer, line.note, line.serial))
        seen[key] += 1
        lines.append(BankLine(number, day, amount, line.payer, line.note, line.serial, hashlib.sha256(f"{key}|{seen[key]}".encode()).hexdigest()))
        if len(lines) > MOST_LINES:
            raise Refused("E114", f"超过 {MOST_LINES} 笔，请按月份拆成几个文件上传")
    return tuple(lines), tuple(faults), left_out


def _rows(sheet: Sheet, header: int, fields: Mapping[int, str]) -> Iterator[tuple[int, dict[str, Cell]]]:
    for number in sorted(r for r in sheet.rows if r > header and r not in sheet.hidden_rows):
        yield number, {f: sheet.cell(number, c) for c, f in fields.items() if sheet.cell(number, c).kind is not Kind.EMPTY}


def _text(cell: Cell, size: int) -> str:
    return clean_text(cell.text)[:size] if cell.kind is not Kind.ERROR else ""


def fen_of(cell: Cell) -> int | None:
    """Read a sum in yuan as fen; None when it is none. Nothing is rounded: more than two decimals is no sum of a bank."""
    text = re.sub(r"[\s,，￥¥]|RMB|CNY|元", "", unicodedata.normalize("NFKC", cell.text)).strip("'\"")
    found = re.fullmatch(r"([+-]?)(\d{1,12})(?:\.(\d{1,20}))?", text)
    if found is None or cell.kind is Kind.ERROR:
        return None
    part = (found[3] or "").rstrip("0")
    if len(part) > 2:
        return None
    fen = int(found[2]) * 100 + int(part.ljust(2, "0") or 0)
    return -fen if found[1] == "-" else fen


def _day(cell: Cell, typed: bool, today: date) -> tuple[date | None, str]:
    found = dates.read_date(cell, None, typed)
    if found.value is None or len(found.value) < 10:
        return None, f"日期“{cell.text[:20]}”认不出来"
    day = dates.first_day(found.value)
    if day > today:
        return None, f"日期 {found.value} 晚于今天（E001）"
    return (day, "") if day.year >= 1990 else (None, f"日期 {found.value} 太早")
