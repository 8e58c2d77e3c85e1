"""Old binary workbooks (.xls) through xlrd, with formats, merges and hidden rows."""

from __future__ import annotations

import io

import xlrd
from xlrd.book import Book as XlrdBook
from xlrd.sheet import Sheet as XlrdSheet

from zhibu.exchange.intake.grid import Book, Cell, Kind, Refused, Sheet, SheetBuilder, date_cell, is_date_format, number_cell, serial_cell
from zhibu.exchange.intake.number_formats import BUILTIN


def read(data: bytes) -> Book:
    """Read an .xls workbook. Raises Refused E105 (password) or E106 (broken)."""
    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, on_demand=True, logfile=io.StringIO())
        sheets = tuple(_sheet(book, book.sheet_by_index(i)) for i in range(book.nsheets))
    except Refused:
        raise
    except MemoryError:
        raise
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower() or "password" in str(error).lower():
            raise Refused("E105", "文件有密码，请取消密码后上传") from error
        raise Refused("E106", "文件不完整，请重新上传") from error
    except Exception as error:  # xlrd answers broken bytes with any exception there is
        raise Refused("E106", "文件不完整，请重新上传") from error
    return Book(f"xls (BIFF{book.biff_version // 10})", sheets)


def _sheet(book: XlrdBook, sheet: XlrdSheet) -> Sheet:
    into = SheetBuilder(sheet.name, hidden=sheet.visibility != 0)
    for first_row, end_row, first_column, end_column in sheet.merged_cells:
        into.merge(first_row + 1, first_column + 1, end_row, end_column)
    for row in range(sheet.nrows):
        for column, cell in enumerate(sheet.row(row)):
            if cell.ctype not in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                into.add(row + 1, column + 1, _cell(book, cell))
    into.hidden_rows.update(r + 1 for r, info in sheet.rowinfo_map.items() if info.hidden and r + 1 in into.rows)
    into.hidden_columns.update(c + 1 for c, info in sheet.colinfo_map.items() if info.hidden and c < 256)
    return into.build()


def _cell(book: XlrdBook, cell: xlrd.sheet.Cell) -> Cell:
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return Cell(Kind.TEXT, str(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return Cell(Kind.ERROR, xlrd.error_text_from_code.get(cell.value, "#N/A"))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return Cell(Kind.TEXT, "是" if cell.value else "否")
    number_format = _format(book, cell)
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            found = xlrd.xldate_as_datetime(cell.value, book.datemode)
        except (xlrd.XLDateError, ValueError, OverflowError):
            return number_cell(float(cell.value))
        return date_cell(found, number_format if is_date_format(number_format) else "")
    return serial_cell(float(cell.value), number_format, bool(book.datemode))


def _format(book: XlrdBook, cell: xlrd.sheet.Cell) -> str:
    if cell.xf_index is None or cell.xf_index >= len(book.xf_list):
        return ""
    key = book.xf_list[cell.xf_index].format_key
    if key in BUILTIN:
        return BUILTIN[key]
    known = book.format_map.get(key)
    return known.format_str if known is not None else ""
