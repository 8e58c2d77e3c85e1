"""The sample files of real dirt come out row by row as expected, together and alone."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from tests.exchange.dirty import VILLAGE, expected, known, member, upload

from zhibu.exchange.intake import container, report
from zhibu.exchange.intake.findings import TableKind
from zhibu.exchange.intake.pipeline import read_files

STARTS = ("01", "02", "04", "05")  # 03 needs the members of 01
ALL = ("01", "02", "03", "04", "05")


def same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert found["totals"] == wanted["totals"]
    assert [(r["sheet"], r["row"]) for r in found["rows"]] == [(r["sheet"], r["row"]) for r in wanted["rows"]]
    for have, want in zip(found["rows"], wanted["rows"], strict=True):
        assert have == want
    assert found["sheets"] == wanted["sheets"]
    assert found["format"] == wanted["format"]
    assert found.get("encoding") == wanted.get("encoding")


@pytest.mark.parametrize("today", [date(2026, 1, 10), date(2034, 12, 31)])
@pytest.mark.parametrize("start", STARTS)
def test_alone(start: str, today: date) -> None:
    file = upload(start)
    found = report.to_json(read_files([file], known(today=today), parse=container.read))
    same(found["files"][file.name], expected()[file.name])


@pytest.mark.parametrize("order", [ALL, ("04", "05", "01", "02"), ("05", "04", "02", "01")])
def test_in_one_call(order: tuple[str, ...]) -> None:
    files = [upload(start) for start in order]
    found = report.to_json(read_files(files, known()))["files"]
    assert list(found) == [f.name for f in files]
    for file in files:
        if not file.name.startswith("03") or order.index("03") > order.index("01"):
            same(found[file.name], expected()[file.name])


@pytest.mark.parametrize("today", [date(2026, 1, 10), date(2034, 12, 31)])
def test_the_dues_table_knows_the_members_of_the_roster_before_it(today: date) -> None:
    files = [upload("01"), upload("03")]
    found = report.to_json(read_files(files, known(today=today), parse=container.read))["files"]
    same(found[files[1].name], expected()[files[1].name])


def test_the_dues_table_alone_finds_nobody() -> None:
    file = upload("03")
    found = report.to_json(read_files([file], known(), parse=container.read))["files"][file.name]
    assert found["totals"] == {"ok": 0, "confirm": 9, "reject": 4, "skip": 3}
    assert {i["code"] for r in found["rows"] if r["result"] == "confirm" for i in r["issues"] if i["level"] == "confirm"} == {"MEMBER_NOT_FOUND", "FEE_RATE"}


def test_a_kind_of_table_that_the_importer_may_not_import_is_not_read() -> None:
    files = [upload("01"), upload("03")]
    found = report.to_json(read_files(files, known(tables=frozenset({TableKind.DUES})), parse=container.read))["files"]
    assert found[files[0].name]["rows"] == [] and "只能导入党费核定表" in json.dumps(found[files[0].name], ensure_ascii=False)
    assert found[files[1].name]["totals"]["confirm"] == 9, "nothing was learnt from the roster either"
    found = report.to_json(read_files(files, known(tables=frozenset(TableKind) - {TableKind.DUES}), parse=container.read))["files"]
    assert found[files[0].name]["rows"] and found[files[1].name]["rows"] == [] and "看不到个人收入" in found[files[1].name]["sheets"]["*"]["message"]


def test_installed_members_of_the_same_branch_change_nothing() -> None:
    file = upload("01")
    here = {"990123196807120318": member("王样一", VILLAGE), "990123197804090111": member("阿木·示例", VILLAGE)}
    found = report.to_json(read_files([file], known(member=here.get), parse=container.read))["files"][file.name]
    same(found, expected()[file.name])


def test_installed_meetings_are_noted_and_stay_ok() -> None:
    file = upload("04")
    here = frozenset({(VILLAGE, "2025-01-08", "committee_meeting")})
    found = report.to_json(read_files([file], known(meetings=here), parse=container.read))["files"][file.name]
    assert found["totals"] == expected()[file.name]["totals"]
    first = found["rows"][0]
    assert first["result"] == "ok" and [i["code"] for i in first["issues"]] == ["DUP_MEETING"]
    assert first["issues"][0]["level"] == "note"
