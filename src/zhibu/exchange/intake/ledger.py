"""会议台账: one row, one meeting of one kind. A ledger row for an unknown organisation is refused; nothing that was held is guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any

from zhibu.exchange.intake import columns
from zhibu.exchange.intake.draft import DITTO, SKIP, Draft
from zhibu.exchange.intake.findings import Result, Row, TableKind
from zhibu.exchange.intake.grid import Cell, Sheet
from zhibu.exchange.intake.header import Header
from zhibu.exchange.intake.matching import OrgIndex, squeeze
from zhibu.exchange.intake.rows import DataRow, OtherRow
from zhibu.kernel.names import clean_name

LABELS = columns.LABELS[TableKind.LEDGER]
# Kind → names; the first is the one shown.
KINDS: dict[str, tuple[str, ...]] = {
    "general_meeting": ("党员大会", "支部党员大会", "支部大会"),
    "committee_meeting": ("支委会", "支部委员会", "支委会议", "支部委员会会议"),
    "group_meeting": ("党小组会", "党小组会议"),
    "lecture": ("党课",),
    "theme_day": ("主题党日", "主题党日活动"),
    "org_life_meeting": ("组织生活会",),
    "appraisal": ("民主评议", "民主评议党员"),
    "dem_life_meeting": ("民主生活会",),
}
_CODE_OF = {name: code for code, names in KINDS.items() for name in names}
_LONGEST_FIRST = sorted(_CODE_OF, key=lambda name: (-len(name), name))
_ONLY_DASHES = re.compile(r"[\s\-—－_/.。·]*")


def read(
    sheet: Sheet,
    header: Header,
    found: list[DataRow | OtherRow],
    *,
    index: OrgIndex,
    org: str,
    year: int | None,
    today: date,
    installed: AbstractSet[tuple[str, str, str]],
    met: dict[tuple[str, str, str], tuple[str | None, int]],
    answers: Mapping[str, str],
    resolutions: Mapping[tuple[str | None, int], Mapping[str, Any]],
) -> list[Row]:
    """Read one sheet of a ledger. org: the branch of the title, "" when it names none; year: of the title; met: meetings of this file so far."""
    rows: list[Row] = []
    org_text = org
    above: dict[str, Cell] = {}
    for entry in found:
        if isinstance(entry, OtherRow):
            rows.append(Row(sheet.name, entry.number, Result.SKIP, code=entry.code))
            continue
        entry = _ditto(entry, above)
        above = dict(entry.cells)
        draft = Draft(sheet.name, entry, LABELS, resolutions.get((sheet.name, entry.number), {}), sheet.typed)
        org_text = draft.text("org") or org_text
        _meeting(draft, index, answers.get(org_text, org_text), year, today)
        _repeats(draft, met, installed)
        row = draft.finish()
        rows.append(row)
        if row.result in (Result.OK, Result.CONFIRM) and (key := _key(draft)) is not None:
            met.setdefault(key, (sheet.name, entry.number))
    return rows


def _ditto(row: DataRow, above: Mapping[str, Cell]) -> DataRow:
    cells = {f: above.get(f, c) if c.text.strip() in DITTO else c for f, c in row.cells.items()}
    return DataRow(row.number, cells, row.own)


def _meeting(draft: Draft, index: OrgIndex, org_text: str, year: int | None, today: date) -> None:
    values = draft.values
    values["org"] = _org(draft, index, org_text)
    values["date"] = draft.date("date", today, days=True, year=year)
    values["kind"] = _kind(draft)
    subject = draft.raw("subject") or ""
    if _ONLY_DASHES.fullmatch(subject):
        draft.reject("SUBJECT_EMPTY", "subject", "没有主题")
    values["subject"] = subject
    values["chair"] = clean_name(draft.text("chair") or "") or None
    values["expected"] = draft.count("expected")
    values["present"] = draft.count("present")
    values["records"] = _records(draft.raw("records"))
    expected, present = values["expected"], values["present"]
    if expected is not None and present is not None and present > expected:
        draft.reject("PRESENT_OVER_EXPECTED", "present", f"实到 {present} 人多于应到 {expected} 人")


def _org(draft: Draft, index: OrgIndex, text: str) -> str | None:
    text = draft.pick("org") or text
    if found := index.exact(text):
        return found.name
    if text and (short := index.short(text)):
        draft.confirm("ORG_MATCHED", "org", f"“{text[:40]}”认作“{short.name}”，对吗", suggest=short.name)
        return short.name
    message = f"没有叫“{text[:40]}”的党组织，先建组织或改名称" if text else "没有写是哪个党组织"
    draft.reject("ORG_NOT_FOUND", "org", message)
    return None


def _kind(draft: Draft) -> str | None:
    if (choice := draft.pick("kind")) is not None and choice in KINDS:
        return choice
    shown = re.sub(r"\s+", "", draft.raw("kind") or "")
    text = unicodedata.normalize("NFKC", shown)
    if not text:
        draft.reject("KIND_UNKNOWN", "kind", "没有会议类型")
        return None
    if text in _CODE_OF:
        return _CODE_OF[text]
    inside = kinds_inside(text)
    if len(inside) == 1:
        draft.confirm("KIND_GUESSED", "kind", f"“{shown[:30]}”认作“{KINDS[inside[0]][0]}”，对吗", suggest=inside[0])
        return inside[0]
    if inside:
        draft.reject("KIND_UNKNOWN", "kind", f"“{shown[:30]}”里有两种活动，请分成两行")
    else:
        draft.reject("KIND_UNKNOWN", "kind", f"不认识会议类型“{shown[:30]}”，请改成系统里的类型")
    return None


def kinds_inside(text: str) -> list[str]:
    """Return the kinds whose names stand inside a text, the longest names first; a name inside a longer one does not count twice."""
    inside: list[str] = []
    for name in _LONGEST_FIRST:
        if name in text:
            text = text.replace(name, "\0")
            if _CODE_OF[name] not in inside:
                inside.append(_CODE_OF[name])
    return inside


def _records(text: str | None) -> list[str]:
    return [part for part in re.split(r"[、；;，,/／\s]+", text or "") if part]


def _key(draft: Draft) -> tuple[str, str, str] | None:
    org, held, kind = draft.values.get("org"), draft.values.get("date"), draft.values.get("kind")
    return (squeeze(org), held, kind) if org and held and kind else None


def _repeats(draft: Draft, met: Mapping[tuple[str, str, str], tuple[str | None, int]], installed: AbstractSet[tuple[str, str, str]]) -> None:
    key = _key(draft)
    if key is None or draft.rejected or SKIP in draft.chosen.values():
        return
    if key in met:
        sheet, row = met[key]
        if sheet == draft.sheet:
            draft.reject("DUP_MEETING", "date", f"与第 {row} 行是同一次会议（组织、日期、类型相同）", other_row=row)
        else:
            message = f"与工作表“{sheet}”第 {row} 行是同一次会议（组织、日期、类型相同）"
            draft.reject("DUP_MEETING", "date", message, other_row=row, other_sheet=sheet)
    elif (draft.values["org"], key[1], key[2]) in installed:
        draft.note("DUP_MEETING", "date", "系统里已有这次会议（组织、日期、类型相同），不会再记一次")
