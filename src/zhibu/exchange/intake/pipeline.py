"""From files to findings: read → header → rows → fields. Files of one call are read in order; each knows what the ones before brought.

Pure: no database, no clock. What is installed comes as `Known`, what the clerk decided as `Correction`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from zhibu.exchange.intake import child, columns, dues, header, ledger, organisations, roster, rows
from zhibu.exchange.intake.findings import (
    ALL_OF_CSV,
    NO_CORRECTION,
    Column,
    Correction,
    FileRead,
    FileRefused,
    Known,
    KnownMember,
    Notice,
    Question,
    Row,
    SheetRead,
    TableKind,
    Upload,
)
from zhibu.exchange.intake.grid import Book, Fault, Refused, Sheet, letter
from zhibu.exchange.intake.header import Header
from zhibu.exchange.intake.matching import OrgIndex
from zhibu.kernel import identity

# The version printed above the blank tables that the platform gives out.
TEMPLATE_VERSION = 3
Parse = Callable[[str, bytes], Book]
TABLE_ZH: Mapping[TableKind, str] = {
    TableKind.ROSTER: "党员花名册", TableKind.ORGANISATIONS: "党组织基本信息表", TableKind.LEDGER: "会议台账", TableKind.DUES: "党费核定表",
}
#: what an importer without the right to a kind of table is told
NOT_YOURS: Mapping[TableKind, str] = {
    **dict.fromkeys((TableKind.ROSTER, TableKind.ORGANISATIONS, TableKind.LEDGER), "由镇党建办导入，您的账号只能导入党费核定表"),
    TableKind.DUES: "由支部书记或党费管理员导入，您的账号看不到个人收入",
}
_SAMPLES, _SAMPLE_ROWS = 3, 200
_OF_ONE_PERSON = ("name", "id_no", "phone")
#: columns without which most rows cannot be read
_NEEDED: Mapping[TableKind, tuple[str, ...]] = {TableKind.ROSTER: ("id_no",), TableKind.LEDGER: ("date", "kind"), TableKind.DUES: ("id_no",)}


@dataclass(slots=True)
class _Call:
    """What one call knows so far: grows from file to file."""

    known: Known
    index: OrgIndex
    members: dict[str, KnownMember] = field(default_factory=dict)


def read_files(
    files: Sequence[Upload], known: Known, corrections: Mapping[str, Correction] | None = None, parse: Parse = child.parse
) -> tuple[FileRead | FileRefused, ...]:
    """Read the files of one call in order. corrections: file name → what the clerk decided. parse: how bytes become a book (in a child process)."""
    call = _Call(known, OrgIndex(known.organisations))
    found: list[FileRead | FileRefused] = []
    for upload in files:
        try:
            found.append(_file(call, upload.name, parse(upload.name, upload.data), (corrections or {}).get(upload.name, NO_CORRECTION)))
        except Refused as refusal:
            found.append(FileRefused(upload.name, refusal.code, refusal.message))
    return tuple(found)


def read_book(name: str, book: Book, known: Known, correction: Correction = NO_CORRECTION) -> FileRead | FileRefused:
    """Read one parsed file again, with other corrections; spares the parsing."""
    try:
        return _file(_Call(known, OrgIndex(known.organisations)), name, book, correction)
    except Refused as refusal:
        return FileRefused(name, refusal.code, refusal.message)


@dataclass(slots=True)
class _File:
    """What the sheets of one file share."""

    call: _Call
    name: str
    correction: Correction
    members: roster.Members
    organisations: organisations.Organisations
    meetings: dict[tuple[str, str, str], tuple[str | None, int]] = field(default_factory=dict)
    dues: dues.Met = field(default_factory=dict)


def _file(call: _Call, name: str, book: Book, correction: Correction) -> FileRead:
    by_row = {(None if sheet == ALL_OF_CSV else sheet, row): chosen for (sheet, row), chosen in correction.resolutions.items()}
    correction = replace(correction, resolutions=by_row)
    state = _File(
        call,
        name,
        correction,
        roster.Members(call.known.member, call.members),
        organisations.Organisations(call.index, call.known.today, correction.resolutions),
    )
    sheets: list[SheetRead] = []
    found: list[Row] = []
    for sheet in book.sheets:
        read, of_sheet = _sheet(state, sheet)
        sheets.append(read)
        found += of_sheet
    for org in state.organisations.gained(found) if any(s.kind == TableKind.ORGANISATIONS for s in sheets) else ():
        call.index.add(org)
    call.members.update(state.members.gained)
    return FileRead(name, book, tuple(sheets), tuple(found))


def _sheet(state: _File, sheet: Sheet) -> tuple[SheetRead, list[Row]]:
    name = ALL_OF_CSV if sheet.name is None else sheet.name
    what = f"工作表“{sheet.name}”" if sheet.name is not None else "文件"
    if sheet.hidden:
        return SheetRead(name, "skip", code="HIDDEN_SHEET", message=f"{what}是隐藏的，默认不导入"), []
    if not sheet.rows:
        return SheetRead(name, "skip", code="EMPTY_SHEET", message=f"{what}是空的"), []
    head = _header(state, sheet, name)
    _check_faults(sheet, head)
    _check_merges(sheet, head)
    if head is None:
        return SheetRead(name, "skip", code="NO_TABLE", message=f"{what}里没有表头"), []
    if head.kind not in state.call.known.tables:
        message = f"{what}是{TABLE_ZH[head.kind]}，{NOT_YOURS[head.kind]}，没有读入任何一行"
        return SheetRead(name, "skip", kind=head.kind, code="NO_TABLE", message=message, header_rows=head.rows, data_from=head.data_from), []
    listed = list(rows.classify(sheet, head, state.call.known.learnt))
    return _READERS[head.kind](state, sheet, name, head, listed)


def _header(state: _File, sheet: Sheet, name: str) -> Header | None:
    correction, learnt = state.correction, state.call.known.learnt
    chosen = correction.mapping.get(name, {})
    kind, row = correction.kinds.get(name), correction.header_rows.get(name)
    found = header.find(sheet, learnt)
    if row is not None or kind is not None:
        if found is None and (row is None or kind is None):
            return None
        at = (row,) if row is not None else found.rows if found else ()
        return header.make(sheet, at, TableKind(kind) if kind else found.kind if found else TableKind.ROSTER, learnt, chosen)
    return header.make(sheet, found.rows, found.kind, learnt, chosen) if found and chosen else found


def _check_faults(sheet: Sheet, head: Header | None) -> None:
    """Refuse the file for a cell too long, with forbidden characters, or with a formula that has no result where it would be read."""
    for fault in sorted(sheet.faults, key=lambda f: (f.code != "E130", f.row, f.column)):
        if fault.code == "E116" and not fault.external and (head is None or not _is_read(sheet, head, fault)):
            continue
        where = f"{sheet.name}”第 {fault.row} 行" if sheet.name else f"第 {fault.row} 行"
        heading = head.headings.get(fault.column, "") if head else ""
        cell = f"{'工作表“' if sheet.name else ''}{where}“{heading or letter(fault.column) + ' 列'}”"
        if fault.code == "E115":
            raise Refused("E115", f"{cell}超过 5000 字，请删短后重新上传")
        if fault.code == "E130":
            raise Refused("E130", f"含不可见字符（{cell}），请删掉后重新上传")
        if fault.external:
            raise Refused("E116", f"{cell}的公式引用了别的文件或程序，请粘贴为数值后上传")
        raise Refused("E116", f"{cell}是公式且没有结果，请粘贴为数值后上传")


def _check_merges(sheet: Sheet, head: Header | None) -> None:
    """Refuse the file when one cell stands for the name or the number of several people: whose it is cannot be known."""
    for first_row, first_column, last_row, last_column in sheet.merges if head and head.kind is TableKind.ROSTER else ():
        read = [c for c in range(first_column, last_column + 1) if head and head.fields.get(c) in _OF_ONE_PERSON]
        hit = [r for r in range(max(first_row, head.data_from), min(last_row, sheet.last_row) + 1) if head and sheet.rows.get(r) and rows.is_data(sheet, head, r)] if head else []
        if read and head and len(hit) > 1:
            where = f"工作表“{sheet.name}”" if sheet.name else ""
            raise Refused("E113", f"{where}第 {hit[0]}-{hit[-1]} 行“{head.headings[read[0]]}”列是合并单元格，请取消合并，每人各填一格后重新上传")


def _is_read(sheet: Sheet, head: Header, fault: Fault) -> bool:
    left_out = {*head.hidden, *head.derived, *(c for c, f in head.fields.items() if f == columns.SEQUENCE)}
    if fault.row < head.data_from or fault.row in sheet.hidden_rows or fault.column in left_out or fault.column not in head.headings:
        return False
    return rows.is_data(sheet, head, fault.row)


def _common(state: _File, sheet: Sheet, name: str, head: Header) -> SheetRead:
    ignored = sorted((*head.hidden, *head.derived))
    notes = [
        f"{letter(c)} 列（{head.headings[c]}）" + ("是隐藏列，默认不导入" if c in head.hidden else "是算出来的，不导入") for c in ignored
    ]
    version = header.template_version(sheet, head)
    notices = tuple(_about_columns(head))
    if version is not None and version < TEMPLATE_VERSION:
        notices += (Notice("E118", f"模板版本 {version}，当前 {TEMPLATE_VERSION}；可以继续导入，也可以下载新模板"),)
    return SheetRead(
        name,
        "import",
        kind=head.kind,
        header_rows=head.rows,
        data_from=head.data_from,
        ignored_columns=tuple(letter(c) for c in ignored),
        note="；".join(notes),
        columns=_columns(state, sheet, head),
        notices=notices,
    )


def _about_columns(head: Header) -> Iterator[Notice]:
    """Say which needed column is missing, and which one stands twice."""
    labels, used = columns.LABELS[head.kind], set(head.fields.values())
    free = {columns.squeeze(text): text for c, text in head.headings.items() if c not in head.fields and c not in head.derived}
    for missing in (f for f in _NEEDED.get(head.kind, ()) if f not in used):
        near = "；相近的列：" + "、".join(f"“{free[n][:20]}”" for n in found) if (found := get_close_matches(labels[missing], free, 3, 0.4)) else ""
        yield Notice("E117", f"缺少列“{labels[missing]}”{near}。有这一列的请在下面对上，没有的请补上再导入")
    for column, name in head.doubled.items():
        first = next((letter(c) for c, f in head.fields.items() if f == name), "")
        yield Notice("E117", f"“{labels.get(name, head.headings[column])[:20]}”有两列，只读 {first} 列，{letter(column)} 列“{head.headings[column][:20]}”没有读。不对的话请在下面改")


def _roster(state: _File, sheet: Sheet, name: str, head: Header, listed: list[rows.DataRow | rows.OtherRow]) -> tuple[SheetRead, list[Row]]:
    call = state.call
    asker = roster.OrgAsker(call.index, state.correction.orgs.get(name, {}))
    data = [r for r in listed if isinstance(r, rows.DataRow)]
    written = {t for r in data if (t := re.sub(r"\s+", "", r.cell("org").text))}
    title = header.title_org(sheet, head)
    from_title = asker.resolve(title, len(data)) if title or not written else None
    if from_title and asker.is_known(from_title):
        asker.sure = from_title
    found = roster.read(
        sheet,
        head,
        listed,
        asker=asker,
        org=from_title,
        members=state.members,
        today=call.known.today,
        resolutions=state.correction.resolutions,
    )
    orgs = {str(r.values["org"]) for r in found if r.values is not None and r.values["org"]}
    one = from_title or (orgs.pop() if len(orgs) == 1 else None)
    return _with(_common(state, sheet, name, head), org=one, questions=asker.questions), found


def _organisations(state: _File, sheet: Sheet, name: str, head: Header, listed: list[rows.DataRow | rows.OtherRow]) -> tuple[SheetRead, list[Row]]:
    found = state.organisations.read(sheet, listed, header.closing_date(sheet, head))
    return _common(state, sheet, name, head), found


def _ledger(state: _File, sheet: Sheet, name: str, head: Header, listed: list[rows.DataRow | rows.OtherRow]) -> tuple[SheetRead, list[Row]]:
    year = header.title_year(sheet, head, state.name)
    found = ledger.read(
        sheet,
        head,
        listed,
        index=state.call.index,
        org=header.title_org(sheet, head),
        year=year,
        today=state.call.known.today,
        installed=state.call.known.meetings,
        met=state.meetings,
        answers=state.correction.orgs.get(name, {}),
        resolutions=state.correction.resolutions,
    )
    return _with(_common(state, sheet, name, head), year=year), found


def _dues(state: _File, sheet: Sheet, name: str, head: Header, listed: list[rows.DataRow | rows.OtherRow]) -> tuple[SheetRead, list[Row]]:
    year, title = header.title_year(sheet, head, state.name), header.title_org(sheet, head)
    org = (state.call.index.exact(title) or state.call.index.short(title)) if title else None
    found = dues.read(
        sheet, listed, known=state.call.known, member=state.members.known, org=org.name if org else None, year=year, met=state.dues, resolutions=state.correction.resolutions,
    )
    return _with(_common(state, sheet, name, head), org=org.name if org else None, year=year), found


_READERS: dict[TableKind, Callable[[_File, Sheet, str, Header, list[rows.DataRow | rows.OtherRow]], tuple[SheetRead, list[Row]]]] = {
    TableKind.ROSTER: _roster,
    TableKind.ORGANISATIONS: _organisations,
    TableKind.LEDGER: _ledger,
    TableKind.DUES: _dues,
}


def _with(read: SheetRead, *, org: str | None = None, year: int | None = None, questions: tuple[Question, ...] = ()) -> SheetRead:
    return replace(read, org=org, year=year, questions=questions)


def _columns(state: _File, sheet: Sheet, head: Header) -> tuple[Column, ...]:
    found: list[Column] = []
    for column, heading in sorted(head.headings.items()):
        to = head.fields.get(column)
        why = "隐藏列" if column in head.hidden else "算出来的" if column in head.derived else ""
        shown = [] if why else _samples(sheet, head, column, to, heading)
        found.append(Column(letter(column), heading, None if to == columns.SEQUENCE else to, tuple(shown), why or _seq(to)))
    return tuple(found)


def _seq(to: str | None) -> str:
    return "序号" if to == columns.SEQUENCE else ""


def _samples(sheet: Sheet, head: Header, column: int, to: str | None, heading: str) -> list[str]:
    shown: list[str] = []
    for row in range(head.data_from, min(head.data_from + _SAMPLE_ROWS, sheet.last_row + 1)):
        if len(shown) == _SAMPLES:
            break
        text = re.sub(r"\s+", " ", sheet.cell(row, column).text).strip()
        if text and text not in shown and columns.squeeze(text) != columns.squeeze(heading):
            shown.append(_masked(text, to))
    return list(dict.fromkeys(shown))


def _masked(text: str, to: str | None) -> str:
    digits = re.sub(r"\D", "", text)
    if to == "id_no" or len(digits) >= 15:
        return identity.mask_id(identity.clean_id_no(text)[:18])
    if to == "phone" or len(digits) == 11:
        return identity.mask_phone(identity.normalise_phone(text).number)
    return text[:12] + ("…" if len(text) > 12 else "")

