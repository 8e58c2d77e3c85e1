"""`zhibu import`: the same check as the pages, what is printed and written to JSON, the three exit codes, and --commit."""
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tests.everywhere.lasting import lasting
from tests.exchange import importers
from tests.exchange.dirty import FOLDER, TOWN, expected
from tests.exchange.importers import ROSTER, dirty, dump, id_no, member
from tests.world import AT, World

from zhibu.cli import importing
from zhibu.ground.journal import batches

pytestmark = pytest.mark.django_db
STARTS = ("01", "02", "03", "04", "05")


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    with lasting(django_db_blocker):
        yield importers.county()


@pytest.fixture(autouse=True)
def clock(built: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: AT)


def path(start: str) -> str:
    return str(next(p for p in sorted(FOLDER.rglob(f"{start}*")) if p.suffix != ".json"))


def run(tmp_path: Path, *args: str) -> tuple[int, dict[str, Any]]:
    """Run the command with --json; gives the exit code and the answer."""
    target = tmp_path / "out.json"
    code = importing.main([*args, "--json", str(target)])
    return code, json.loads(target.read_text("utf-8")) if target.exists() else {}


def same(found: dict[str, Any], name: str) -> None:
    wanted = expected()[name]
    assert (found["totals"], found["rows"], found["sheets"]) == (wanted["totals"], wanted["rows"], wanted["sheets"])


@pytest.mark.parametrize("where", [(), ("--org", TOWN), ("--org", "SQ", "--as", "sq")])
def test_the_sample_files_in_one_call(tmp_path: Path, where: tuple[str, ...]) -> None:
    before = dump()
    code, answer = run(tmp_path, *map(path, STARTS), *where)
    assert code == 0 and [n[:2] for n in answer["files"]] == list(STARTS)
    for name, found in answer["files"].items():
        if not name.startswith("03") or not where:
            same(found, name)
    assert dump() == before and "batch" not in answer


@pytest.mark.parametrize("start", ["01", "02", "04", "05"])
def test_the_sample_files_one_by_one(tmp_path: Path, start: str) -> None:
    code, answer = run(tmp_path, path(start))
    ((name, found),) = answer["files"].items()
    assert code == 0
    same(found, name)


def test_the_dues_table_is_not_for_whoever_may_not_see_incomes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(tmp_path, path("03"), "--org", TOWN, "--as", "sq")
    assert code == 0 and "由支部书记或党费管理员导入" in capsys.readouterr().out
    assert next(iter(answer["files"].values()))["rows"] == []


def test_what_is_printed_is_grouped_by_cure(capsys: pytest.CaptureFixture[str]) -> None:
    assert importing.main([path("01"), path("04"), "--org", TOWN, "--as", "sq"]) == 0
    said = capsys.readouterr().out
    assert "直接入库 12，待确认 5，拒收 7，不是数据行 5" in said
    assert "拒收：3 行会议类型认不出来。改成党员大会" in said and "待确认：8 行要您定" in said
    assert "第 7 行 身份证号是数字格式" in said and "只看没有写" in said and "!" not in said


def test_commit_writes_one_batch_and_the_second_time_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], built: World) -> None:
    args = [*map(path, ("02", "01", "04", "05")), "--org", TOWN, "--as", "sq", "--commit"]
    code, answer = run(tmp_path, *args)
    assert code == 0 and answer["batch"]["counts"]["members_new"] == 12 and answer["batch"]["counts"]["meetings"] == 17
    assert "已写入" in capsys.readouterr().out
    for name, found in answer["files"].items():
        same(found, name)
    then = dump()
    code, answer = run(tmp_path, *args)
    assert code == 0 and answer["batch"] == {"id": None, "counts": {}} and dump() == then
    assert "没有要写的" in capsys.readouterr().out
    assert len(batches.listing(built.actor("sq").sees(), AT)) == 1


def test_members_of_earlier_files_count_as_known(tmp_path: Path) -> None:
    one, two = tmp_path / "一.csv", tmp_path / "二.csv"
    one.write_text("石桥镇柳树湾村党支部" + ROSTER + member("王甲", id_no()))
    two.write_text("石桥粮站联合党支部" + ROSTER + member("王甲", id_no()))
    code, answer = run(tmp_path, str(one), str(two))
    assert code == 0 and [f["rows"][0]["result"] for f in answer["files"].values()] == ["ok", "reject"]
    assert answer["files"]["二.csv"]["rows"][0]["issues"][0]["code"] == "DUP_OTHER_SHEET"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "FILE"),
        (["没有.xlsx"], "没有这个文件"),
        (["F", "--commit"], "--commit 要同时写明"),
        (["F", "--commit", "--org", TOWN], "--commit 要同时写明"),
        (["F", "--commit", "--as", "sq"], "--commit 要同时写明"),
        (["F", "--org", "没有镇"], "没有代码或全称是“没有镇”的党组织"),
        (["F", "--as", "nobody"], "没有账号“nobody”"),
        (["F", "--org", TOWN, "--as", "member"], "没有导入的权限"),
        (["F", "--what"], "--what"),
        (["F", "F"], "写了两次"),
        (["F", "--json", "/proc/x/y"], "写不进"),
    ],
)
def test_wrong_usage_is_told_and_writes_nothing(args: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = dump()
    assert importing.main([path("04") if a == "F" else a for a in args]) == 2
    shown = capsys.readouterr().err
    assert said in shown or (said == "FILE" and "文件" in shown)
    assert dump() == before


def test_a_foreign_organisation_is_as_unknown_as_none(capsys: pytest.CaptureFixture[str]) -> None:
    """The clerk of 第1镇 asks for 石桥镇, and for one that does not exist."""
    said = []
    for org in (TOWN, "SQ", "中共没有镇委员会"):
        for more in ([], ["--commit"]):
            assert importing.main([path("04"), "--org", org, "--as", "clerk1", *more]) == 2
            said.append(capsys.readouterr().err.replace(org, "X"))
    assert len(set(said)) == 1


def test_a_refused_file_makes_exit_one_and_commits_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "坏.xlsx"
    bad.write_bytes(b"hello")
    before = dump()
    code, answer = run(tmp_path, path("04"), str(bad), "--org", TOWN, "--as", "sq", "--commit")
    assert code == 1 and answer["files"]["坏.xlsx"] == {"error": {"code": "E103", "message": answer["files"]["坏.xlsx"]["error"]["message"]}}
    assert "什么都没有写" in capsys.readouterr().err and dump() == before and answer["files"][dirty("04")[0].name]["totals"]["ok"] == 8


def test_json_on_standard_output_is_nothing_but_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert importing.main([path("04"), "--json", "-"]) == 0
    assert list(json.loads(capsys.readouterr().out)["files"]) == [dirty("04")[0].name]


def test_two_files_of_one_name_are_both_answered(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for place in (tmp_path, tmp_path / "a"):
        (place / "名册.csv").write_text("石桥镇柳树湾村党支部" + ROSTER + member("王甲", id_no()))
    _, answer = run(tmp_path, str(tmp_path / "名册.csv"), str(tmp_path / "a" / "名册.csv"))
    assert len(answer["files"]) == 2
