"""One typed grid for every kind of file: what a cell is (text, number, date, error) decides how it may be read.

Limits are counted while the grid is built; a reader never keeps more than they allow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_CELL_CHARS = 5_000
MAX_MERGES = 1_000
MAX_MERGE_AREA = MAX_ROWS * MAX_COLUMNS

# Stands for a character that no file may hold; allowed by XML, assigned to nothing.
BAD_CHARACTER = "\ufdd0"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0\ufffe\uffff]")  # … and what turns the reading direction
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA", "#SPILL!", "#CALC!"})


class Refused(Exception):
    """The file is refused as a whole. code: E1xx; message: Chinese, what, where and how to cure."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


class Kind(StrEnum):
    """What a cell holds."""

    EMPTY = ""
    TEXT = "t"
    NUMBER = "n"
    DATE = "d"
    ERROR = "e"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. text: as typed, a number in plain notation, a date as YYYY-MM-DD, an error as #N/A.

    precision: of a date, what its format shows (day | month | year). decimals: of a number, how many its format shows, -1 = as many as it has."""

    kind: Kind = Kind.EMPTY
    text: str = ""
    number: float = 0.0
    precision: str = ""
    decimals: int = -1


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a cell that refuses the whole file once its column is known. code: E115 | E116 | E130."""

    row: int
    column: int
    code: str
    external: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; rows and columns count from 1. name is None for CSV. typed: False when numbers and dates came as text (CSV)."""

    name: str | None
    hidden: bool
    rows: Mapping[int, Mapping[int, Cell]]
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merges: tuple[tuple[int, int, int, int], ...] = ()
    faults: tuple[Fault, ...] = ()
    typed: bool = True

    def cell(self, row: int, column: int) -> Cell:
        """Return the cell, EMPTY where nothing stands."""
        return self.rows.get(row, {}).get(column, EMPTY)

    @property
    def last_row(self) -> int:
        """Return the last row that holds something, 0 for an empty sheet."""
        return max(self.rows, default=0)

    @property
    def last_column(self) -> int:
        """Return the last column that holds something."""
        return max((max(cells) for cells in self.rows.values() if cells), default=0)


@dataclass(frozen=True, slots=True)
class Book:
    """A file read into grids. format: xlsx | xls (BIFF8) | csv; encoding only for csv."""

    format: str
    sheets: tuple[Sheet, ...]
    encoding: str = ""


@dataclass(slots=True)
class SheetBuilder:
    """Collects the cells of one sheet under the limits. A hidden sheet is never refused: it is cut."""

    name: str | None
    hidden: bool = False
    typed: bool = True
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _beyond: set[int] = field(default_factory=set)
    _far: str = ""

    def add(self, row: int, column: int, cell: Cell) -> None:
        """Keep one cell. Raises Refused E111 for a cell beyond the columns, E114 for too many rows."""
        if cell.kind is Kind.EMPTY or (cell.kind is Kind.TEXT and not cell.text.strip()):
            return
        if column > MAX_COLUMNS or column < 1 or row < 1:
            if self.hidden:
                return
            raise Refused("E111", f"{self.where}有内容的单元格超出范围：{letter(column)}{row}。一张表最多 {MAX_COLUMNS} 列，请删掉多余的内容后重新上传")
        if row > MAX_ROWS:
            self._far = self._far or f"{letter(column)}{row}"
            self._beyond.add(row)
            if not self.hidden and len(self.rows) + len(self._beyond) > MAX_ROWS:
                raise Refused("E114", f"{self.where}超过 {MAX_ROWS} 行，请拆成几个文件上传")
            return
        if len(cell.text) > MAX_CELL_CHARS:
            self.faults.append(Fault(row, column, "E115"))
            cell = Cell(cell.kind, cell.text[:50])
        if _FORBIDDEN.search(cell.text):
            self.faults.append(Fault(row, column, "E130"))
            cell = Cell(cell.kind, _FORBIDDEN.sub("", cell.text))
        if cell.kind is Kind.TEXT and cell.text.strip().upper() in _ERRORS:
            cell = Cell(Kind.ERROR, cell.text.strip().upper())
        self.rows.setdefault(row, {})[column] = cell

    def merge(self, first_row: int, first_column: int, last_row: int, last_column: int) -> None:
        """Note a merged range. Raises Refused E112 when it, or the number of them, is beyond the limit."""
        if self.hidden:
            return
        if (last_row - first_row + 1) * (last_column - first_column + 1) > MAX_MERGE_AREA:
            ref = f"{letter(first_column)}{first_row}:{letter(last_column)}{last_row}"
            raise Refused("E112", f"{self.where}合并单元格过大：{ref}，请取消合并后重新上传")
        self.merges.append((first_row, first_column, last_row, last_column))
        if len(self.merges) > MAX_MERGES:
            raise Refused("E112", f"{self.where}合并单元格超过 {MAX_MERGES} 处，请取消合并后重新上传")

    def build(self) -> Sheet:
        """Return the finished sheet. Raises Refused E111 when a cell stands below the last allowed row."""
        if self._far and not self.hidden:
            raise Refused("E111", f"{self.where}有内容的单元格超出范围：{self._far}。一张表最多 {MAX_ROWS} 行，请删掉多余的内容后重新上传")
        faults = () if self.hidden else tuple(self.faults)
        return Sheet(
            self.name, self.hidden, self.rows, frozenset(self.hidden_rows), frozenset(self.hidden_columns), tuple(self.merges), faults, self.typed
        )

    @property
    def where(self) -> str:
        """Return the words that name the sheet in a message, empty for CSV."""
        return f"工作表“{self.name[:31]}”" if self.name else ""


def letter(column: int) -> str:
    """Return the letters of a column: 1 → A, 28 → AB."""
    found = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def column_number(letters: str) -> int:
    """Return the number of a column: A → 1; 0 when the text is no column."""
    number = 0
    for sign in letters.upper():
        if not "A" <= sign <= "Z":
            return 0
        number = number * 26 + ord(sign) - 64
    return number


def number_cell(value: float, number_format: str = "") -> Cell:
    """Return the cell of a number that is not a date."""
    plain = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return Cell(Kind.NUMBER, plain, value, decimals=_decimals(number_format))


def date_cell(value: datetime, number_format: str = "") -> Cell:
    """Return the cell of a date; its precision is what the format shows."""
    return Cell(Kind.DATE, value.date().isoformat(), precision=_precision(number_format))


def serial_cell(serial: float, number_format: str, date1904: bool) -> Cell:
    """Return the cell of a number under its format: a date where the format shows one and the number is one."""
    if not is_date_format(number_format):
        return number_cell(serial, number_format)
    found = from_serial(serial, date1904)
    return number_cell(serial) if found is None else date_cell(found, number_format)


def from_serial(serial: float, date1904: bool = False) -> datetime | None:
    """Return the date of an Excel serial number, None outside 1900–2199."""
    if not 1 <= serial < 109_574:
        return None
    start = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30 if serial >= 60 else 31)
    return start + timedelta(days=int(serial))


def is_date_format(number_format: str) -> bool:
    """Tell whether a number format shows a day, month or year (a time of day alone is not a date)."""
    signs = _signs(number_format)
    return "y" in signs or "d" in signs or ("m" in signs and not ("h" in signs or "s" in signs))


def _signs(number_format: str) -> str:
    if number_format.lower() == "general":
        return ""
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.', "", number_format.split(";")[0])
    return bare.lower()


def _precision(number_format: str) -> str:
    signs = _signs(number_format)
    if "d" in signs or not number_format:
        return "day"
    return "month" if "m" in signs else "year"


def _decimals(number_format: str) -> int:
    found = re.fullmatch(r'[#,0]*0(?:\.(0+))?(?:_.|"[^"]*")*', number_format.split(";")[0])
    return -1 if found is None else len(found[1] or "")


def to_wire(book: Book) -> dict[str, Any]:
    """Return the book as JSON values, for the pipe from the child process."""
    return {
        "format": book.format,
        "encoding": book.encoding,
        "sheets": [
            {
                "name": s.name,
                "hidden": s.hidden,
                "typed": s.typed,
                "rows": [
                    [r, [[c, str(x.kind), x.text, x.number, x.precision, x.decimals] for c, x in sorted(cells.items())]]
                    for r, cells in sorted(s.rows.items())
                ],
                "hidden_rows": sorted(s.hidden_rows),
                "hidden_columns": sorted(s.hidden_columns),
                "merges": s.merges,
                "faults": [[f.row, f.column, f.code, f.external] for f in s.faults],
            }
            for s in book.sheets
        ],
    }


def from_wire(found: Mapping[str, Any]) -> Book:
    """Return the book that `to_wire` made."""
    sheets = tuple(
        Sheet(
            name=s["name"],
            hidden=s["hidden"],
            typed=s["typed"],
            rows={r: {c: Cell(Kind(k), t, n, p, d) for c, k, t, n, p, d in cells} for r, cells in s["rows"]},
            hidden_rows=frozenset(s["hidden_rows"]),
            hidden_columns=frozenset(s["hidden_columns"]),
            merges=tuple((a, b, c, d) for a, b, c, d in s["merges"]),
            faults=tuple(Fault(*f) for f in s["faults"]),
        )
        for s in found["sheets"]
    )
    return Book(found["format"], sheets, found["encoding"])
