"""The file that goes back to the clerk carries the reasons and reads again to the same result."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from tests.exchange.dirty import VILLAGE, known, member, upload

from zhibu.exchange.intake import container, report, returned
from zhibu.exchange.intake.findings import FileRead, TableKind, Upload
from zhibu.exchange.intake.grid import Book, Cell, Kind, Sheet
from zhibu.exchange.intake.pipeline import read_book, read_files


def plain(found: FileRead) -> list[dict[str, Any]]:
    rows = report.file_to_json(found)["rows"]
    return [{k: v for k, v in row.items() if k != "sheet"} for row in rows]


@pytest.mark.parametrize("start", ["01", "02", "04", "05"])
def test_reads_again_to_the_same_result(start: str) -> None:
    (first,) = read_files([upload(start)], known(), parse=container.read)
    assert isinstance(first, FileRead)
    name, back = "退回.xlsx", returned.write(first)
    (second,) = read_files([Upload(name, back)], known(), parse=container.read)
    assert isinstance(second, FileRead)
    assert plain(second) == plain(first)
    (third,) = read_files([Upload(name, returned.write(second))], known(), parse=container.read)
    assert isinstance(third, FileRead)
    assert plain(third) == plain(first)
    assert [len(s.columns) for s in third.sheets] == [len(s.columns) for s in second.sheets], "one reason column, not two"


def test_the_reason_column_is_red_and_text() -> None:
    (first,) = read_files([upload("01")], known(), parse=container.read)
    assert isinstance(first, FileRead)
    book = openpyxl.load_workbook(io.BytesIO(returned.write(first)))
    page = book["柳树湾村"]
    assert page["O3"].value == "退回原因" and page["O3"].font.color.rgb == "FFB5321B"
    assert page["O7"].value.startswith("拒收：身份证号是数字格式")
    assert page["F5"].value == "990123196807120318" and page["F5"].data_type == "s" and page["F5"].number_format == "@"
    assert page["M5"].value == "15400000101"
    assert page["O5"].value is None
    assert book["2019旧名册"].sheet_state == "hidden"
    assert page.row_dimensions[8].hidden is False


def test_formula_signs_stay_text() -> None:
    names = ("=1+1", "=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://x\")", "{=1}")
    rows = {1: {1: Cell(Kind.TEXT, VILLAGE + "党员花名册")}, 2: {i: Cell(Kind.TEXT, t) for i, t in enumerate(("姓名", "性别", "身份证号", "备注"), 1)}}
    rows |= {r: {1: Cell(Kind.TEXT, n), 2: Cell(Kind.TEXT, "男"), 4: Cell(Kind.TEXT, n)} for r, n in enumerate(names, 3)}
    found = read_book("a.xlsx", Book("xlsx", (Sheet("名册", False, rows),)), known())
    assert isinstance(found, FileRead)
    page = openpyxl.load_workbook(io.BytesIO(returned.write(found)))["名册"]
    assert [page.cell(r, 1).data_type for r in range(3, 10)] == ["s"] * 7
    assert [page.cell(r, 1).value for r in range(3, 10)] == list(names)


def test_second_import_after_the_first_was_written() -> None:
    (first,) = read_files([upload("01")], known(), parse=container.read)
    assert isinstance(first, FileRead)
    here = {r.values["id_no"]: member(r.values["name"], r.values["org"]) for r in first.rows if r.values and r.values["id_no"]}
    (again,) = read_files([Upload("退回.xlsx", returned.write(first))], known(member=here.get), parse=container.read)
    assert isinstance(again, FileRead)
    assert plain(again) == plain(first)


@pytest.mark.parametrize("kind", [TableKind.ROSTER, TableKind.ORGANISATIONS, TableKind.LEDGER])
def test_the_blank_table_is_read_as_its_kind(kind: TableKind) -> None:
    (found,) = read_files([Upload("空表.xlsx", returned.blank(kind))], known(), parse=container.read)
    assert isinstance(found, FileRead)
    assert found.sheets[0].kind == kind and found.rows == () and found.sheets[0].notices == ()
    assert {c.field for c in found.sheets[0].columns} >= {"phone"} or kind is TableKind.LEDGER


def test_the_dues_table_reads_again_to_the_same_result() -> None:
    _, first = read_files([upload("01"), upload("03")], known(), parse=container.read)
    assert isinstance(first, FileRead)
    _, second = read_files([upload("01"), Upload("退回.xlsx", returned.write(first))], known(), parse=container.read)
    assert isinstance(second, FileRead) and plain(second) == plain(first)
    _, third = read_files([upload("01"), Upload("退回2.xlsx", returned.write(second))], known(), parse=container.read)
    assert isinstance(third, FileRead) and plain(third) == plain(first)
