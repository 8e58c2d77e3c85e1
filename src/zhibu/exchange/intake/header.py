"""Where the table starts and what its columns are; the title above it says the year, the branch and the closing date."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from zhibu.exchange.intake import columns, dates
from zhibu.exchange.intake.findings import TableKind
from zhibu.exchange.intake.grid import Cell, Kind, Sheet, column_number

HEADER_WITHIN = 8
KNOWN_NAMES_NEEDED = 4
Learnt = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a sheet. rows: one or two row numbers. headings: column → text. fields: column → field. hidden, derived: columns left out;
    doubled: column → field that an earlier column has already."""

    kind: TableKind
    rows: tuple[int, ...]
    headings: Mapping[int, str]
    fields: Mapping[int, str]
    hidden: tuple[int, ...] = ()
    derived: tuple[int, ...] = ()
    doubled: Mapping[int, str] = field(default_factory=dict)

    @property
    def data_from(self) -> int:
        """Return the first row after the header."""
        return self.rows[-1] + 1


def find(sheet: Sheet, learnt: Learnt) -> Header | None:
    """Find the header in the first eight rows with content: at least four known names in one row or in two that belong together."""
    candidates: list[tuple[int, int, tuple[int, ...], TableKind]] = []
    first_rows = sorted(r for r in sheet.rows if r not in sheet.hidden_rows)[:HEADER_WITHIN]
    for row in first_rows:
        pairs: tuple[tuple[int, ...], ...] = ((row,), (row, row + 1))
        for rows in pairs:
            if len(rows) == 2 and not _belongs(sheet, row, learnt):
                continue
            headings = read_headings(sheet, rows)
            for kind in TableKind:
                score = _score(kind, headings, learnt)
                if score >= KNOWN_NAMES_NEEDED:
                    candidates.append((score, len(rows), rows, kind))
        if candidates:
            break
    if not candidates:
        return None
    score = max(c[0] for c in candidates)
    # Of equal scores the two-row header wins when the rows are merged, so that no heading is taken for data.
    _, _, rows, kind = max((c for c in candidates if c[0] == score), key=lambda c: (c[1], -list(TableKind).index(c[3])))
    return make(sheet, rows, kind, learnt)


def make(sheet: Sheet, rows: tuple[int, ...], kind: TableKind, learnt: Learnt, chosen: Mapping[str, str | None] | None = None) -> Header:
    """Return the header of these rows read as this kind of table. chosen: column letter → field, the clerk's corrections."""
    from_clerk = {column_number(k): v for k, v in (chosen or {}).items()}
    headings = read_headings(sheet, rows)
    for column in from_clerk:
        headings.setdefault(column, "")
    taken = {f for f in from_clerk.values() if f}
    fields: dict[int, str] = {}
    hidden: list[int] = []
    derived: list[int] = []
    doubled: dict[int, str] = {}
    for column, heading in sorted(headings.items()):
        if column in from_clerk:
            if (to := from_clerk[column]) is not None:
                fields[column] = to
            continue
        if column in sheet.hidden_columns:
            hidden.append(column)
            continue
        if columns.is_derived(heading):
            derived.append(column)
            continue
        found = columns.lookup(kind, heading, learnt)
        if found is not None and found not in taken:
            fields[column] = found
            taken.add(found)
        elif found is not None and found not in from_clerk.values():
            doubled[column] = found
    return Header(kind, rows, headings, fields, tuple(hidden), tuple(derived), doubled)


def read_headings(sheet: Sheet, rows: tuple[int, ...]) -> dict[int, str]:
    """Return column → heading. Of two rows the lower says it, unless it is empty; "入党介绍人" over "1" gives both."""
    upper = {c: _shown(cell) for c, cell in sheet.rows.get(rows[0], {}).items()}
    if len(rows) == 1:
        return {c: t for c, t in upper.items() if t}
    for first_row, first_column, last_row, last_column in sheet.merges:
        if first_row == rows[0] == last_row and first_column in upper:
            for column in range(first_column + 1, last_column + 1):
                upper.setdefault(column, upper[first_column])
    lower = {c: _shown(cell) for c, cell in sheet.rows.get(rows[1], {}).items()}
    found: dict[int, str] = {}
    for column in sorted(upper.keys() | lower.keys()):
        above, below = upper.get(column, ""), lower.get(column, "")
        if below and re.fullmatch(r"[\dA-Za-z一二三四]{1,2}", columns.squeeze(below)):
            below = above + below
        if below or above:
            found[column] = below or above
    return found


def _score(kind: TableKind, headings: Mapping[int, str], learnt: Learnt) -> int:
    fields = {columns.lookup(kind, h, learnt) for h in headings.values()} - {None}
    needed, one_of = columns.SIGNATURES[kind]
    if not needed <= fields or not one_of & fields:
        return 0
    return len(fields)


def _belongs(sheet: Sheet, row: int, learnt: Learnt) -> bool:
    """Tell whether the next row is the second row of the header: merged with it, or names under group heads and gaps."""
    if row + 1 not in sheet.rows:
        # The lower row of a header merged downwards throughout holds nothing.
        return any(a == row and c == row + 1 for a, b, c, d in sheet.merges) and _names_in(sheet, row, learnt) > 1
    if not _names_in(sheet, row, learnt):
        return False
    if any(a == row and c == row + 1 for a, b, c, d in sheet.merges):
        return True
    lower = [(c, _shown(cell)) for c, cell in sheet.rows[row + 1].items()]
    upper = sheet.rows[row]

    def named(text: str) -> bool:
        return any(columns.is_known_name(kind, text, learnt) for kind in TableKind)

    names = [c for c, text in lower if named(text)]
    return bool(names) and len(names) * 2 >= len(lower) and not any(c in upper and named(_shown(upper[c])) for c in names)


def _names_in(sheet: Sheet, row: int, learnt: Learnt) -> int:
    texts = [_shown(cell) for cell in sheet.rows.get(row, {}).values()]
    return sum(any(columns.is_known_name(kind, text, learnt) for kind in TableKind) for text in texts)


def _shown(cell: Cell) -> str:
    return re.sub(r"\s+", "", cell.text) if cell.kind in (Kind.TEXT, Kind.NUMBER) else ""


def _above(sheet: Sheet, header: Header) -> list[str]:
    rows = [r for r in sorted(sheet.rows) if r < header.rows[0]]
    return [unicodedata.normalize("NFKC", c.text).strip() for r in rows for _, c in sorted(sheet.rows[r].items()) if c.kind is Kind.TEXT]


_ORG_END = "(?:支部委员会|党总支部|总支部|党总支|总支|党支部|支部|党委|委员会)"
_ORG_TITLE = re.compile(rf"^(?:\d{{4}}年度?)?(.*{_ORG_END})(?=.{{0,20}}(?:花名册|名册|名单|表|台账|台帐|统计|情况)|$)")
_REPORTED_BY = re.compile(rf"(?:填报单位|填报党组织|填报支部|单位名称|党支部名称|党支部|支部名称)(?:\([^)]*\))?:\s*(\S*?{_ORG_END})(?:\s|$|\()")
_CLOSING = re.compile(r"(?:截止日期|截止时间|截止|截至)(?:日期|时间)?:?\s*(\d{4}[年./-]\d{1,2}[月./-]\d{1,2}日?)")


def title_org(sheet: Sheet, header: Header) -> str:
    """Return the organisation that the title names, else the one that fills the form in; "" when none."""
    above = _above(sheet, header)
    for text in above:
        if ":" not in text and (found := _ORG_TITLE.match(re.sub(r"\s+", "", text))):
            return found[1]
    for text in above:
        if found := _REPORTED_BY.search(text):
            return found[1]
    return ""


def title_year(sheet: Sheet, header: Header, file_name: str) -> int | None:
    """Return the year that the title names, else the sheet's name, else the file's; None when none."""
    for text in (*_above(sheet, header)[:1], sheet.name or "", file_name, *_above(sheet, header)[1:]):
        if found := re.search(r"(?<!\d)(20\d{2})年?(?!\d|[.\-/])", unicodedata.normalize("NFKC", text)):
            return int(found[1])
    return None


def closing_date(sheet: Sheet, header: Header) -> date | None:
    """Return the closing date printed on the form (截止日期), None when there is none."""
    for text in _above(sheet, header):
        if found := _CLOSING.search(text):
            read = dates.read_date(Cell(Kind.TEXT, found[1]))
            if read.value and len(read.value) == 10:
                return dates.first_day(read.value)
    return None


def template_version(sheet: Sheet, header: Header) -> int | None:
    """Return the version that our own template prints above its table, None for any other table."""
    for text in _above(sheet, header):
        if found := re.search(r"模板版本:?\s*(\d{1,4})", text):
            return int(found[1])
    return None
