"""What a row under the header is: data, or one of the things that are not (blank, total, repeated header, footnote, hidden)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from zhibu.exchange.intake import columns
from zhibu.exchange.intake.findings import TableKind
from zhibu.exchange.intake.grid import EMPTY, Cell, Kind, Sheet
from zhibu.exchange.intake.header import Header, Learnt

REPEATED_NAMES_NEEDED = 5
_TOTAL = re.compile(r"(?:本页|本表|全[镇乡县村]|.{0,10}(?:支部|小组|总支|党委|镇|乡|村))?(?:小计|合计|总计|共计|累计)(?:[:\d(].*|人数)?")
_FOOTNOTE = re.compile(
    r"(?:填表|制表|填报|审核|审批|负责|经办|统计|复核|联系)人|(?:备?注|说明|填表说明)\s*[:.、]|注\d|(?:填表|填报|制表|统计)(?:日期|时间|单位)|"
    r".{0,8}(?:签字|签名|盖章)|制表\s*:|审核\s*:|单位\s*[((]?盖章"
)


@dataclass(frozen=True, slots=True)
class DataRow:
    """A data row: its number and its cells by field, vertical merges spread out. own: fields that stand in the row itself."""

    number: int
    cells: Mapping[str, Cell]
    own: frozenset[str]

    def cell(self, field: str) -> Cell:
        """Return the cell of a field, EMPTY where there is none."""
        return self.cells.get(field, EMPTY)


@dataclass(frozen=True, slots=True)
class OtherRow:
    """A row that is no data. code: BLANK | SUBTOTAL | REPEATED_HEADER | FOOTNOTE | HIDDEN_ROW."""

    number: int
    code: str


def classify(sheet: Sheet, header: Header, learnt: Learnt) -> Iterator[DataRow | OtherRow]:
    """Yield every row under the header, to the last that holds something."""
    spread = _vertical_merges(sheet, header)
    after_header = False
    for number in range(header.data_from, sheet.last_row + 1):
        code = _code(sheet, header, number, learnt, after_header)
        after_header = code == "REPEATED_HEADER"
        if code:
            yield OtherRow(number, code)
        else:
            yield _data(sheet, header, number, spread)


def is_data(sheet: Sheet, header: Header, number: int) -> bool:
    """Tell whether a row is neither a total nor a footnote; a row whose cells are all formulas without result counts as data."""
    return _code(sheet, header, number, {}, False) in ("", "BLANK")


def _code(sheet: Sheet, header: Header, number: int, learnt: Learnt, after_header: bool) -> str:
    left_out = {*header.hidden, *header.derived}
    cells = {c: cell for c, cell in sheet.rows.get(number, {}).items() if c not in left_out}
    if number in sheet.hidden_rows:
        return "HIDDEN_ROW"
    filled = {c: cell for c, cell in cells.items() if header.fields.get(c) != columns.SEQUENCE and c in header.headings}
    texts = [_plain(cell) for _, cell in sorted(cells.items())]
    if not texts or (not filled and all(re.fullmatch(r"[\d.、()一二三四五六七八九十]{0,6}", t) for t in texts)):
        return "BLANK"
    if _TOTAL.fullmatch(texts[0]):
        return "SUBTOTAL"
    if _is_header(header.kind, texts, learnt, after_header):
        return "REPEATED_HEADER"
    few = len(texts) <= 3
    if few and _FOOTNOTE.match(texts[0]):
        return "FOOTNOTE"
    only_first = len(texts) == 1 and min(cells) == min(header.headings) and header.fields.get(min(cells)) == columns.SEQUENCE
    if only_first and len(texts[0]) > 6:
        return "FOOTNOTE"
    return ""


def _is_header(kind: TableKind, texts: list[str], learnt: Learnt, after_header: bool) -> bool:
    known = sum(columns.is_known_name(kind, text, learnt) for text in texts)
    return known >= REPEATED_NAMES_NEEDED or (after_header and known == len(texts) and known >= 2)


def _plain(cell: Cell) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell.text))


def _vertical_merges(sheet: Sheet, header: Header) -> dict[tuple[int, int], tuple[int, int]]:
    """Return (row, column) → (row, column) of the cell that is spread down to it. Merges to the side stay as they are."""
    spread: dict[tuple[int, int], tuple[int, int]] = {}
    for first_row, first_column, last_row, last_column in sheet.merges:
        if first_row < header.data_from or first_column != last_column:
            continue
        for row in range(first_row + 1, min(last_row, sheet.last_row) + 1):
            spread[row, first_column] = (first_row, first_column)
    return spread


def _data(sheet: Sheet, header: Header, number: int, spread: Mapping[tuple[int, int], tuple[int, int]]) -> DataRow:
    cells: dict[str, Cell] = {}
    own: set[str] = set()
    for column, field in header.fields.items():
        cell = sheet.cell(number, column)
        if cell.kind is Kind.EMPTY:
            cell = sheet.cell(*spread.get((number, column), (number, column)))
        else:
            own.add(field)
        if cell.kind is not Kind.EMPTY:
            cells[field] = cell
    return DataRow(number, cells, frozenset(own))
