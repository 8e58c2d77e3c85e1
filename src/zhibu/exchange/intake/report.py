"""Findings as JSON: files → sheets, totals, rows; the same shape as the expected results of the sample files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zhibu.exchange.intake.findings import FileRead, FileRefused, Issue, Result, Row, SheetRead


def to_json(found: Iterable[FileRead | FileRefused]) -> dict[str, Any]:
    """Return {"files": {name: …}}; a refused file is {"error": {"code", "message"}}."""
    return {"files": {file.name: file_to_json(file) for file in found}}


def file_to_json(file: FileRead | FileRefused) -> dict[str, Any]:
    """Return one file."""
    if isinstance(file, FileRefused):
        return {"error": {"code": file.code, "message": file.message}}
    answer: dict[str, Any] = {
        "format": file.book.format,
        "sheets": {sheet.name: sheet_to_json(sheet) for sheet in file.sheets},
        "totals": file.totals,
        "rows": [row_to_json(row) for row in file.rows],
    }
    if file.book.encoding:
        answer["encoding"] = file.book.encoding
    return answer


def sheet_to_json(sheet: SheetRead) -> dict[str, Any]:
    """Return one sheet; keys without anything to say are left out."""
    answer: dict[str, Any] = {"action": sheet.action}
    for key in ("kind", "code", "message", "org", "note", "year"):
        if getattr(sheet, key):
            value = getattr(sheet, key)
            answer[key] = str(value) if isinstance(value, str) else value
    if sheet.header_rows:
        answer["header_rows"] = list(sheet.header_rows)
        answer["data_from"] = sheet.data_from
    if sheet.ignored_columns:
        answer["ignored_columns"] = list(sheet.ignored_columns)
    if sheet.questions:
        answer["questions"] = [
            {"text": q.text, "code": q.code, "message": q.message, "rows": q.rows} | ({"suggest": q.suggest} if q.suggest else {})
            for q in sheet.questions
        ]
    if sheet.notices:
        answer["notices"] = [{"code": n.code, "message": n.message} for n in sheet.notices]
    return answer


def row_to_json(row: Row) -> dict[str, Any]:
    """Return one row. Rejected rows have no values, skipped rows have a code."""
    answer: dict[str, Any] = {"sheet": row.sheet, "row": row.row, "result": row.result.value}
    if row.result is Result.SKIP:
        return answer | {"code": row.code}
    if row.values is not None:
        answer["values"] = dict(row.values)
    if row.issues:
        answer["issues"] = [issue_to_json(issue) for issue in row.issues]
    return answer


def issue_to_json(issue: Issue) -> dict[str, Any]:
    """Return one issue."""
    answer: dict[str, Any] = {"code": issue.code, "field": issue.field, "level": issue.level.value, "message": issue.message}
    if issue.choices:
        answer["choices"] = list(issue.choices)
    for key in ("suggest", "other_row", "other_sheet"):
        if getattr(issue, key) is not None:
            value = getattr(issue, key)
            answer[key] = dict(value) if isinstance(value, Mapping) else value
    return answer
