"""下载退回表: the clerk's own file with a red reason column at the right, which the importer reads again and ignores.

Text stays text (no live formula, no number made of an identity number); what Excel had lost stays lost, so that it is refused again."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import OverlappingRange
from xlsxwriter.worksheet import Worksheet

from zhibu.exchange.intake import columns
from zhibu.exchange.intake.findings import ALL_OF_CSV, FileRead, Level, Result, Row, SheetRead, TableKind
from zhibu.exchange.intake.grid import Cell, Kind, Sheet, column_number
from zhibu.exchange.intake.pipeline import TEMPLATE_VERSION

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_WORDS = {Level.REJECT: "拒收", Level.CONFIRM: "待确认", Level.NOTE: "提示"}
_SKIPPED = {"HIDDEN_ROW": "未导入：隐藏的行", "LEFT_OUT": "未导入：您选了不导入"}
_TEXT_FIELDS = frozenset({"id_no", "phone"})
_LARGEST_MERGE = 10_000
_TITLES = {TableKind.ROSTER: "党员花名册", TableKind.ORGANISATIONS: "党组织基本信息表", TableKind.LEDGER: "会议台账", TableKind.DUES: "党费核定表"}
_DATES = {"year": 'yyyy"年"', "month": "yyyy-mm", "day": "yyyy-mm-dd"}


def reason(row: Row) -> str:
    """Return what the reason column says about a row; "" when there is nothing to say."""
    if row.result is Result.SKIP:
        return _SKIPPED.get(row.code, "")
    return "；".join(f"{_WORDS[issue.level]}：{issue.message}" for issue in row.issues)


def write(file: FileRead) -> bytes:
    """Return the file as .xlsx with the reason column. Sheets, merges, hidden rows and hidden columns stay as they were."""
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, _OPTIONS)
    styles = _Styles(book)
    names: set[str] = set()
    visible = False
    for number, (sheet, read) in enumerate(zip(file.book.sheets, file.sheets, strict=True), start=1):
        page = book.add_worksheet(_sheet_name(sheet.name or "表", number, names))
        reasons = {row.row: reason(row) for row in file.rows if (row.sheet or ALL_OF_CSV) == read.name}
        _page(page, sheet, read, reasons, styles)
        if sheet.hidden:
            page.hide()
        elif not visible:
            page.activate()
            page.set_first_sheet()
            visible = True
    book.close()
    return into.getvalue()


def blank(kind: TableKind) -> bytes:
    """Return an empty table of this kind to fill in, with its version above the header; numbers and phones are text columns."""
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, _OPTIONS)
    styles = _Styles(book)
    page = book.add_worksheet(_TITLES[kind])
    page.write_string(0, 0, _TITLES[kind], styles.head)
    page.write_string(1, 0, f"模板版本 {TEMPLATE_VERSION}    日期写 2025-03-20，只知道年月的写 2025-03；不要合并单元格")
    page.write_string(2, 0, "序号", styles.head)
    for at, (field, label) in enumerate(columns.LABELS[kind].items(), start=1):
        text = field in _TEXT_FIELDS or field in ("birth", "join_date", "full_date", "date", "founded", "term_start", "term_end", "paid_to")
        page.set_column(at, at, 22 if field in ("id_no", "org", "name", "subject", "parent") else 14, styles.text if text else None)
        page.write_string(2, at, label, styles.head)
    page.freeze_panes(3, 0)
    book.close()
    return into.getvalue()


class _Styles:
    """The few formats of the workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.text = book.add_format({"num_format": "@"})
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter"})
        self.reason = book.add_format({"font_color": "#B5321B", "text_wrap": True, "num_format": "@"})
        self.reason_head = book.add_format({"font_color": "#B5321B", "bold": True, "num_format": "@"})
        self.dates = {precision: book.add_format({"num_format": code}) for precision, code in _DATES.items()}
        self.two = book.add_format({"num_format": "0.00"})


def _page(page: Worksheet, sheet: Sheet, read: SheetRead, reasons: Mapping[int, str], styles: _Styles) -> None:
    as_text = {column_number(c.letter) for c in read.columns if c.field in _TEXT_FIELDS}
    at = _reason_column(sheet, read)
    for column in range(1, sheet.last_column + 1):
        options = {"hidden": True} if column in sheet.hidden_columns else {}
        page.set_column(column - 1, column - 1, 20 if column in as_text else 13, styles.text if column in as_text else None, options)
    for first_row, first_column, last_row, last_column in sheet.merges:
        if 1 < (last_row - first_row + 1) * (last_column - first_column + 1) <= _LARGEST_MERGE:
            try:
                page.merge_range(first_row - 1, first_column - 1, last_row - 1, last_column - 1, "", styles.head if first_row < read.data_from else None)
            except OverlappingRange:
                continue
    for row, cells in sorted(sheet.rows.items()):
        if row in sheet.hidden_rows:
            page.set_row(row - 1, None, None, {"hidden": True})
        for column, cell in sorted(cells.items()):
            if column != at:
                _put(page, row - 1, column - 1, cell, sheet.typed, column in as_text, styles)
    if at and read.header_rows:
        page.set_column(at - 1, at - 1, 60, styles.reason)
        page.write_string(read.header_rows[0] - 1, at - 1, columns.REASON_HEADING, styles.reason_head)
        for row, text in reasons.items():
            if text:
                page.write_string(row - 1, at - 1, text[:5000], styles.reason)


def _reason_column(sheet: Sheet, read: SheetRead) -> int:
    if read.action != "import":
        return 0
    before = next((column_number(c.letter) for c in read.columns if columns.squeeze(c.heading) == columns.REASON_HEADING), 0)
    return before or sheet.last_column + 1


def _put(page: Worksheet, row: int, column: int, cell: Cell, typed: bool, as_text: bool, styles: _Styles) -> None:
    style: Any = styles.text if as_text else None
    if cell.kind is Kind.NUMBER and not (as_text and abs(cell.number) < 1e15):
        page.write_number(row, column, cell.number, styles.two if cell.decimals == 2 else style)
    elif cell.kind is Kind.DATE:
        page.write_datetime(row, column, datetime.fromisoformat(cell.text), styles.dates.get(cell.precision, styles.dates["day"]))
    elif not typed and re.fullmatch(r"\d{4}\.1", cell.text.strip()):
        # In CSV this may have been 1988.10; as a number it is asked again.
        page.write_number(row, column, float(cell.text))
    else:
        page.write_string(row, column, cell.text, style)


def _sheet_name(name: str, number: int, taken: set[str]) -> str:
    clean = re.sub(r"[\[\]:*?/\\]", " ", name)[:31].strip("' ") or f"表{number}"
    if clean.lower() in taken:
        clean = f"表{number}"
    taken.add(clean.lower())
    return clean
