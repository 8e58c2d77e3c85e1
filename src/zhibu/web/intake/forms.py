"""What the clerk sends in the three steps, read strictly: files within the limits, columns, branches, answers to what is not certain."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, QueryDict

from zhibu.exchange.intake import columns
from zhibu.exchange.intake.draft import SKIP
from zhibu.exchange.intake.dues import percent
from zhibu.exchange.intake.findings import Correction, FileRead, Issue, Level, Result, Row, SheetRead, TableKind
from zhibu.exchange.intake.grid import MAX_FILE_BYTES, Book, Refused
from zhibu.exchange.intake.ledger import KINDS
from zhibu.ground.files.actions import clean_name

MOST_FILES = 20
KINDS_ZH: Mapping[str, str] = {TableKind.ROSTER: "党员花名册", TableKind.ORGANISATIONS: "党组织基本信息表", TableKind.LEDGER: "会议台账", TableKind.DUES: "党费核定表"}


class Limit(FileUploadHandler):
    """Stops taking in a file as soon as it is larger than allowed; its name stands in request.too_large."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._size = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin to count a file."""
        super().new_file(*args, **kwargs)
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand the chunk on while the file is within the limit."""
        self._size += len(raw_data)
        if self._size > MAX_FILE_BYTES:
            self.request.too_large = clean_name(self.file_name or "")  # type: ignore[union-attr]
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""


def parsed(files: Sequence[UploadedFile], parse: Callable[[str, bytes], Book]) -> dict[str, Book | Refused]:
    """Parse the uploaded files; two of one name get numbers."""
    found: dict[str, Book | Refused] = {}
    for file in files:
        name = clean_name(file.name or "")
        stem, dot, ending = name.rpartition(".")
        number = 2
        while name in found:
            name = f"{stem}({number}){dot}{ending}"
            number += 1
        try:
            found[name] = parse(name, file.read(MAX_FILE_BYTES + 1))
        except Refused as refusal:
            found[name] = refusal
    return found


# ---------------------------------------------------------------- step 2


@dataclass(slots=True)
class ColumnsGiven:
    """Step 2 as sent: the corrections per file, and what was wrong with them (text, field). again: the page is to be shown once more."""

    corrections: dict[str, Correction] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)
    again: bool = False


def column_name(file: int, sheet: int, letter: str) -> str:
    """Name the select of a column."""
    return f"c-{file}-{sheet}-{letter}"


def org_name(file: int, sheet: int, question: int) -> str:
    """Name the field in which a branch is asked."""
    return f"o-{file}-{sheet}-{question}"


def read_columns(post: QueryDict, plain: Sequence[FileRead | None], asked: Sequence[FileRead | None], before: Mapping[str, Correction], branches: frozenset[str]) -> ColumnsGiven:
    """Read step 2. plain: the files as they are read without corrections of columns; asked: as the page showed them (questions in order)."""
    given = ColumnsGiven()
    for number, (file, shown) in enumerate(zip(plain, asked, strict=True)):
        if file is None or shown is None:
            continue
        old = before.get(file.name, Correction())
        mapping, kinds, header_rows, orgs = {}, dict(old.kinds), dict(old.header_rows), {}
        for at, sheet in enumerate(file.sheets):
            _pointed_out(post, given, number, at, sheet, shown.sheets[at], kinds, header_rows)
            chosen = _columns(post, given, number, at, sheet)
            if chosen:
                mapping[sheet.name] = chosen
            answers = _answers(post, given, number, at, shown.sheets[at], branches)
            if answers:
                orgs[sheet.name] = answers
        if (kinds, header_rows) != (old.kinds, old.header_rows):
            given.again = True
        given.corrections[file.name] = replace(old, mapping=mapping, kinds=kinds, header_rows=header_rows, orgs=orgs)
    return given


def _columns(post: QueryDict, given: ColumnsGiven, number: int, at: int, sheet: SheetRead) -> dict[str, str | None]:
    chosen: dict[str, str | None] = {}
    taken: dict[str, str] = {}
    labels = columns.LABELS[TableKind(sheet.kind)] if sheet.kind else {}
    for column in sheet.columns:
        name = column_name(number, at, column.letter)
        if name not in post:
            continue
        value = post[name]
        if value and value not in labels:
            given.faults.append((f"{column.letter} 列“{column.heading[:20]}”选的项目认不出来，请重新选", name))
            continue
        if value and value in taken:
            given.faults.append((f"“{labels[value]}”选了 {taken[value]} 和 {column.letter} 两列，请留一列，另一列选“不导入”", name))
        taken.setdefault(value, column.letter)
        if value != (column.field or ""):
            chosen[column.letter] = value or None
    return chosen


def _answers(post: QueryDict, given: ColumnsGiven, number: int, at: int, sheet: SheetRead, branches: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for n, question in enumerate(sheet.questions):
        name = org_name(number, at, n)
        value = " ".join(post.get(name, "").split())[:100]
        if not value:
            continue
        if value not in branches:
            given.faults.append((f"没有叫“{value[:40]}”的党支部，请从列出的里选一个，或先建这个党组织", name))
        else:
            found[question.text] = value
    return found


def _pointed_out(post: QueryDict, given: ColumnsGiven, number: int, at: int, sheet: SheetRead, shown: SheetRead, kinds: dict[str, str], rows: dict[str, int]) -> None:
    kind, row = post.get(f"k-{number}-{at}", ""), post.get(f"h-{number}-{at}", "").strip()
    if not kind and not row:
        return
    if kind not in KINDS_ZH:
        given.faults.append((f"工作表“{sheet.name}”请选是什么表", f"k-{number}-{at}"))
    elif not (row.isascii() and row.isdigit() and 1 <= int(row) <= 1000):
        given.faults.append((f"工作表“{sheet.name}”的表头在第几行，请填一个数，例如 3", f"h-{number}-{at}"))
    else:
        kinds[sheet.name], rows[sheet.name] = kind, int(row)


# ---------------------------------------------------------------- step 3


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question: what it sets."""

    label: str
    sets: Mapping[str, Any]


def question_name(file: int, sheet: int, row: int, issue: Issue) -> str:
    """Name the radios of a question."""
    return f"q-{file}-{sheet}-{row}-{issue.field}-{issue.code}"


def options(row: Row, issue: Issue) -> tuple[Option, ...]:
    """List the answers to what is not certain in a row; the last one leaves the row out."""
    return (*_answers_to(row, issue), Option("这一行不导入", {issue.field: SKIP}))


def _answers_to(row: Row, issue: Issue) -> Iterator[Option]:
    values, code, field_ = row.values or {}, issue.code, issue.field
    if code == "GENDER_MISMATCH":
        filled = str(values.get("gender"))
        yield Option(f"{'女' if filled == '男' else '男'}（按身份证号）", {field_: "女" if filled == "男" else "男"})
        yield Option(f"{filled}（按表里填的）", {field_: filled})
    elif isinstance(issue.suggest, Mapping):
        yield Option(f"按规定算：{_fee(issue.suggest)}", dict(issue.suggest))
    elif code == "ID_15" and issue.suggest:
        yield Option(f"换成 18 位（年份前加 19，末位 {issue.suggest[-1]}）", {field_: issue.suggest})
    elif code == "DATE_ORDER":
        other = {"full_date": "join_date", "term_end": "term_start"}.get(field_, "")
        if other:
            yield Option(f"填反了，换过来（{values.get(field_)} 在前，{values.get(other)} 在后）", {field_: values.get(other), other: values.get(field_)})
    elif code == "STATUS_HINT" and field_ == "remark":
        words = re.search(r"或按(.+?)导入", issue.message)
        yield Option(f"按{words[1] if words else '已离开的党员'}导入，留下历史", {field_: "ended"})
    elif code == "NAME_DIFFERS":
        yield Option(f"{issue.suggest}（系统里的）", {field_: issue.suggest})
        yield Option(f"{values.get('name')}（改成表里的）", {field_: values.get("name")})
    elif code == "TERM_RULE":
        usual = re.search(r"一般 (\d) 年", issue.message)
        if usual:
            yield Option(f"{usual[1]} 年", {field_: usual[1]})
        yield Option(f"{values.get(field_)} 年（按表里填的）", {field_: str(values.get(field_))})
    elif code == "ORG_TOO_SMALL":
        probationary = values.get("probationary")
        among = f"(含预备{probationary}人)" if probationary else ""
        yield Option("人数没错，照样导入", {field_: f"{values.get(field_)}人{among}"})
    elif code == "KIND_GUESSED" and issue.suggest:
        yield Option(f"是，{KINDS[issue.suggest][0]}", {field_: issue.suggest})
    elif issue.choices:
        for choice in sorted(issue.choices, key=lambda c: c != issue.suggest):
            yield Option(choice, {field_: choice})
    elif issue.suggest:
        yield Option(f"是，{issue.suggest}", {field_: issue.suggest})


def _fee(suggest: Mapping[str, str]) -> str:
    rate = f"比例 {percent(Decimal(suggest['rate']))}，" if "rate" in suggest else ""
    return f"{rate}每月 {suggest['monthly']} 元"


def open_issues(row: Row) -> tuple[Issue, ...]:
    """List what the clerk is asked about a row."""
    return tuple(i for i in row.issues if i.level is Level.CONFIRM) if row.result is Result.CONFIRM else ()


def read_answers(post: QueryDict, files: Sequence[FileRead | None], before: Mapping[str, Correction]) -> dict[str, Correction]:
    """Read the radios of step 3 into the corrections; a question that was not on the page keeps its answer."""
    found = dict(before)
    for number, file in enumerate(files):
        if file is None:
            continue
        at = {s.name: n for n, s in enumerate(file.sheets)}
        old = found.get(file.name, Correction())
        resolutions = {key: dict(value) for key, value in old.resolutions.items()}
        for row in file.rows:
            for issue in open_issues(row):
                value = post.get(question_name(number, at[row.sheet or "*"], row.row, issue), "")
                offered = options(row, issue)
                if value.isascii() and value.isdigit() and int(value) < len(offered):
                    kept = resolutions.setdefault((row.sheet, row.row), {})
                    for option in offered:  # what another answer to the same question had set
                        for name, setting in option.sets.items():
                            if kept.get(name) == setting:
                                kept.pop(name)
                    kept.update(offered[int(value)].sets)
        found[file.name] = replace(old, resolutions=resolutions)
    return found


def chosen(row: Row, issue: Issue, correction: Correction) -> int | None:
    """Give the number of the answer that was given before, None for no answer."""
    kept = correction.resolutions.get((row.sheet, row.row), {})
    for number, option in enumerate(options(row, issue)):
        if option.sets and all(kept.get(name) == setting for name, setting in option.sets.items()):
            return number
    return None
