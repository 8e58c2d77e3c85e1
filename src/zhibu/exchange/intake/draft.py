"""One row in the making: it reads cells field by field and gathers what there is to say. What the clerk chose wins over the cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from zhibu.exchange.intake import dates
from zhibu.exchange.intake.findings import Issue, Level, Result, Row
from zhibu.exchange.intake.grid import EMPTY, Cell, Kind
from zhibu.exchange.intake.rows import DataRow
from zhibu.kernel import identity
from zhibu.kernel.names import clean_text

SKIP = "skip"
LEFT_OUT = "LEFT_OUT"
EARLIEST_YEAR = 1900
DITTO = frozenset({"同上", "同前", "〃", "″", "''", '"', "“", "”", ".."})
_LEVELS = {Level.REJECT: 0, Level.CONFIRM: 1, Level.NOTE: 2}


class Draft:
    """The issues and values of one row while it is read."""

    def __init__(self, sheet: str | None, row: DataRow, labels: Mapping[str, str], chosen: Mapping[str, Any], typed: bool) -> None:
        self.sheet, self.row, self.labels, self.chosen, self.typed = sheet, row, labels, chosen, typed
        self.issues: list[Issue] = []
        self.values: dict[str, Any] = {}

    def note(self, code: str, field: str, message: str) -> None:
        """Say something that changes nothing."""
        self.issues.append(Issue(code, field, Level.NOTE, message))

    def confirm(self, code: str, field: str, message: str, choices: tuple[str, ...] = (), suggest: str | Mapping[str, str] | None = None) -> None:
        """Ask the clerk, unless the clerk has answered for this field."""
        if field not in self.chosen:
            self.issues.append(Issue(code, field, Level.CONFIRM, message, choices, suggest))

    def reject(self, code: str, field: str, message: str, other_row: int | None = None, other_sheet: str | None = None) -> None:
        """Refuse the row."""
        self.issues.append(Issue(code, field, Level.REJECT, message, other_row=other_row, other_sheet=other_sheet))

    @property
    def rejected(self) -> bool:
        """Tell whether something refused the row so far."""
        return any(issue.level is Level.REJECT for issue in self.issues)

    def cell(self, field: str) -> Cell:
        """Return the cell of a field; an error in it is noted once and counts as empty."""
        cell = self.row.cell(field)
        if cell.kind is not Kind.ERROR:
            return cell
        if not any(i.code == "CELL_ERROR" and i.field == field for i in self.issues):
            self.note("CELL_ERROR", field, f"单元格是公式错误 {cell.text[:12]}，按空处理")
        return EMPTY

    def raw(self, field: str) -> str | None:
        """Return the text of a field as written, blanks at its ends removed; None for nothing (无, ——)."""
        text = self.cell(field).text.strip().strip("\u3000\u00a0\u200b\ufeff").strip()
        return None if re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)) in dates.NOTHING else text

    def text(self, field: str) -> str | None:
        """Return the cleaned text of a field (NFKC); None for nothing."""
        raw = self.raw(field)
        return None if raw is None else clean_text(raw) or None

    def pick(self, field: str) -> str | None:
        """Return the clerk's choice for a field as text, None when there is none."""
        found = self.chosen.get(field)
        return None if found is None or found == SKIP else str(found)

    def date(self, field: str, today: date, *, days: bool = False, year: int | None = None) -> str | None:
        """Read a date and judge its range. days: a day is required and the future is refused as HELD_IN_FUTURE (a ledger)."""
        label = self.labels[field]
        if (choice := self.pick(field)) is not None:
            read = dates.read_date(Cell(Kind.TEXT, choice))
            if read.value is None or read.code:
                self.reject("DATE_INVALID", field, f"{label} {choice[:20]} 不是日期")
                return None
        else:
            read = dates.read_date(self.cell(field), year, self.typed)
        shown = read.shown[:20]
        if read.code == "DATE_AMBIGUOUS":
            self._ambiguous(field, label, read)
            return None
        if read.code == "DATE_INVALID":
            self.reject("DATE_INVALID", field, f"{label} {shown} 不是日期")
            return None
        if read.value is None:
            if days:
                self.reject("DATE_INVALID", field, f"没有{label}")
            return None
        if days and len(read.value) < 10:
            self.reject("DATE_INVALID", field, f"{label} {shown} 缺少“日”")
            return None
        if dates.first_day(read.value) > today:
            if days:
                self.reject("HELD_IN_FUTURE", field, f"{label} {shown} 在将来，台账只登记已经开过的会")
            else:
                self.reject("DATE_OUT_OF_RANGE", field, f"{label} {shown} 在将来，请改")
            return None
        if int(read.value[:4]) < EARLIEST_YEAR:
            self.reject("DATE_OUT_OF_RANGE", field, f"{label} {shown} 早于 {EARLIEST_YEAR} 年，请改")
            return None
        if read.code == "DATE_SERIAL":
            self.note("DATE_SERIAL", field, f"{shown} 按 Excel 日期序号读作 {read.value}")
        if read.code == "YEAR_ASSUMED":
            self.note("YEAR_ASSUMED", field, f"“{shown}”按表名年份读作 {read.value}")
        return read.value

    def _ambiguous(self, field: str, label: str, read: dates.DateRead) -> None:
        first, second = read.choices
        if len(first) == 7:
            question = f"{label}显示 {read.shown}，可能是 1 月，也可能是 10 月被 Excel 去掉了 0，请选一个"
        else:
            question = f"{label} {read.shown} 可能是 {first}，也可能是 {second}，请选一个"
        self.confirm("DATE_AMBIGUOUS", field, question, choices=read.choices)

    def phone(self, field: str = "phone") -> str | None:
        """Read a phone; of several the first mobile number. What is no number is noted and counts as empty."""
        text = self.text(field)
        if text is None or text in DITTO:
            return None
        whole = identity.normalise_phone(text)
        found = [whole] if whole.kind != "unknown" else [identity.normalise_phone(part) for part in re.split(r"[/、,;]|\s{1,}|或", text) if part.strip()]
        chosen = next((p for p in found if p.kind == "mobile"), None) or next((p for p in found if p.kind == "landline"), None)
        if chosen is None:
            self.note("CELL_ERROR", field, f"{self.labels[field]}“{text[:20]}”读不出号码，按空处理，导入后请补")
            return None
        if chosen.kind == "landline":
            self.note("PHONE_LANDLINE", field, "是固定电话，收不到短信提醒")
        return chosen.number

    def count(self, field: str, words: str = "人") -> int | None:
        """Read a whole number of people; what is none is noted and counts as empty."""
        text = self.pick(field) or self.text(field)
        if text is None:
            return None
        found = re.fullmatch(rf"(?:共|约)?(\d{{1,6}})(?:\.0+)?(?:[{words}名个位])?", re.sub(r"\s+", "", text))
        if found is None:
            self.note("CELL_ERROR", field, f"{self.labels[field]}“{text[:20]}”不是人数，按空处理")
            return None
        return int(found[1])

    def finish(self) -> Row:
        """Return the row: refused with its reasons, left out by the clerk, to be confirmed, or fine."""
        issues = tuple(sorted(self.issues, key=lambda i: _LEVELS[i.level]))
        if self.rejected:
            return Row(self.sheet, self.row.number, Result.REJECT, None, tuple(i for i in issues if i.level is Level.REJECT))
        if SKIP in self.chosen.values():
            return Row(self.sheet, self.row.number, Result.SKIP, code=LEFT_OUT)
        confirm = any(i.level is Level.CONFIRM for i in issues)
        return Row(self.sheet, self.row.number, Result.CONFIRM if confirm else Result.OK, dict(self.values), issues)
