"""`zhibu compliance` on the acceptance story AT-02, and what it says when it is asked wrongly."""
from __future__ import annotations

import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.world import AT, SHANGHAI

from zhibu.cli import compliance as cli
from zhibu.ground.access.queries import first_start_actor, system_actor
from zhibu.ground.policy import actions as policy
from zhibu.ground.record import actions as record
from zhibu.ground.record.actions import NewActivity, NewEvidence
from zhibu.ground.tree import actions as tree

pytestmark = pytest.mark.django_db

THEME = ("minutes", "activity_form", "activity_photos", "dues_ledger")
LECTURE = ("lecture_script", "sign_in", "lecture_record")
LIFE = ("minutes", "plan", "preparation", "host_script", "study_materials", "talk_records", "opinion_list", "statements", "measures")
APPRAISAL = ("registration_forms", "self_forms", "test_forms", "excellent_list", "unqualified_list")


def meeting(org: int, kind: str, on: date, records: tuple[str, ...] = ("minutes",), group: int | None = None) -> NewActivity:
    return NewActivity(
        org, ((kind, group),), kind, on, 33, 30, evidence=tuple(NewEvidence(r, "paper", "档案柜") for r in records),
        recorded_at=datetime(on.year, on.month, on.day, 18, tzinfo=SHANGHAI),
    )


def story() -> dict[str, int]:
    """Tell AT-02: a branch with two groups under seed-003, its year 2025."""
    since = date(2015, 1, 1)
    orgs = tree.found_many(
        first_start_actor(),
        [
            tree.NewOrg("QH", "中共青禾县委员会", "青禾县委", "party_committee", None, since),
            tree.NewOrg("QH-SQ", "中共青禾县石桥镇委员会", "石桥镇", "party_committee", "QH", since),
            tree.NewOrg("QH-SQ-001", "石桥镇柳树湾村党支部", "柳树湾村党支部", "branch", "QH-SQ", since, domain="rural"),
        ],
        at=AT, since=since,
    )
    actor, org = system_actor(), orgs["QH-SQ-001"]
    one, two = tree.form_groups(actor, [tree.NewGroup(org, "第一党小组", since), tree.NewGroup(org, "第二党小组", since)], at=AT)
    tree.seat_committees(actor, [tree.NewCommittee(org, 1, date(2022, 6, 28), 5, date(2027, 6, 28), 5)], at=AT)
    year = 2025
    held = [meeting(org, "committee_meeting", date(year, m, 6)) for m in range(1, 13) if m != 8] + [meeting(org, "committee_meeting", date(year, 7, 21))]
    held += [meeting(org, "general_meeting", date(year, m, 15), () if m == 9 else ("minutes",)) for m in (3, 6, 9, 12)]
    held += [meeting(org, "group_meeting", date(year, m, 8), group=one) for m in range(1, 13)]
    held += [meeting(org, "group_meeting", date(year, m, 9), group=two) for m in range(1, 13) if m not in (4, 8)]
    held += [meeting(org, "lecture", date(year, m, 20), LECTURE) for m in (3, 6, 9, 12)] + [meeting(org, "lecture", date(year, 10, 20), ("lecture_script", "lecture_record"))]
    held += [meeting(org, "org_life_meeting", date(year, 12, 22), LIFE), meeting(org, "appraisal", date(year, 12, 23), APPRAISAL)]
    held += [meeting(org, "theme_day", date(year, m, 5), THEME[:3] if m == 5 else THEME) for m in range(1, 13)]
    record.write_many(actor, held, at=AT)
    return orgs


def follow(org_id: int, rule_set: str) -> None:
    policy.assign(system_actor(), org_id=org_id, family="life", rule_set=rule_set, valid_from=date(2021, 1, 1), valid_to=None, at=AT, reason="沿用")


def ask(*argv: str, on: date = date(2026, 11, 20)) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return cli.run(argv, out, err, on), out.getvalue(), err.getvalue()


def answer(path: Path, *argv: str) -> dict[str, Any]:
    code, _, err = ask(*argv, "--json", str(path))
    assert code == 0, err
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("rule_set, due, fulfilled, rate", [("seed-003", 58, 53, "91.38%"), ("", 54, 49, "90.74%"), ("seed-000", 42, 38, "90.48%")])
def test_the_acceptance_story_comes_out(tmp_path: Path, rule_set: str, due: int, fulfilled: int, rate: str) -> None:
    orgs = story()
    if rule_set:
        follow(orgs["QH-SQ"], rule_set)
    data = answer(tmp_path / "out.json", "--org", "QH", "--year", "2025", "--as-of", "2026-01-31")
    assert (data["due"], data["fulfilled"], data["rate"]) == (due, fulfilled, rate)
    assert (data["organisation"], data["year"], data["as_of"], data["rules"]) == ("QH", 2025, "2026-01-31", [rule_set or "cn-branch-2018"])


def test_each_kind_names_its_missing_windows(tmp_path: Path) -> None:
    orgs = story()
    follow(orgs["QH-SQ-001"], "seed-003")
    data = answer(tmp_path / "out.json", "--org", "石桥镇柳树湾村党支部", "--year", "2025", "--as-of", "2026-01-31")
    (branch,) = data["organisations"]
    assert list(branch) == ["code", "name", "due", "fulfilled", "kinds"]
    assert (branch["code"], branch["name"], branch["due"], branch["fulfilled"]) == ("QH-SQ-001", "石桥镇柳树湾村党支部", 58, 53)
    assert branch["kinds"] == {
        "general_meeting": {"due": 4, "fulfilled": 3, "missing": ["2025-Q3"]},
        "committee_meeting": {"due": 12, "fulfilled": 11, "missing": ["2025-08"]},
        "group_meeting": {"due": 24, "fulfilled": 22, "missing": ["2025-04", "2025-08"]},
        "lecture": {"due": 4, "fulfilled": 4, "missing": []},
        "theme_day": {"due": 12, "fulfilled": 11, "missing": ["2025-05"]},
        "org_life_meeting": {"due": 1, "fulfilled": 1, "missing": []},
        "appraisal": {"due": 1, "fulfilled": 1, "missing": []},
    }


def test_the_running_window_is_not_in_the_denominator(tmp_path: Path) -> None:
    orgs = story()
    follow(orgs["QH-SQ-001"], "seed-003")
    data = answer(tmp_path / "out.json", "--org", "QH-SQ-001", "--year", "2025", "--as-of", "2025-11-30")
    kinds = data["organisations"][0]["kinds"]
    assert (kinds["general_meeting"]["due"], kinds["committee_meeting"]["due"], kinds["lecture"]["due"]) == (3, 10, 0)


def test_the_terminal_shows_the_table_and_who_is_behind() -> None:
    story()
    code, out, err = ask("--org", "QH", "--year", "2025", "--as-of", "2026-01-31")
    assert code == 0 and not err
    assert "中共青禾县委员会 2025 年组织生活完成情况（截至 2026-01-31）" in out
    assert any(line.split() == ["合计", "54", "49", "90.74%"] for line in out.splitlines())
    assert "石桥镇柳树湾村党支部（QH-SQ-001）：党员大会 第3季度（记录不全）；支委会 8月；党小组会 4月、8月；主题党日 5月（记录不全）" in out
    assert "不排名" in out and "！" not in out
    code, whole, _ = ask("--org", "QH", "--year", "2025", "--json", "-")
    assert code == 0 and json.loads(whole)["organisation"] == "QH"


def test_a_year_before_the_organisation_is_empty_and_said() -> None:
    story()
    code, out, _ = ask("--org", "QH-SQ-001", "--year", "2014")
    assert code == 0 and "没有应开的会" in out


@pytest.mark.parametrize("argv, said", [
    (("--org", "QH-XX", "--year", "2025"), "没有代码或全称为“QH-XX”的党组织"),
    (("--org", "QH", "--year", "2o25"), "年份“2o25”不对"),
    (("--org", "QH", "--year", "2027"), "年份“2027”不对"),
    (("--org", "QH", "--year", "2025", "--as-of", "31.1.2026"), "看不懂"),
    (("--org", "QH", "--year", "2025", "--as-of", "2024-06-30"), "还没有到 2025 年"),
    (("--org", "QH"), "还缺 --year"), (("--org", "QH", "--year", "2025", "--rank"), "认不出来的参数（--rank）"),
    (("--org", "QH", "--year", "2025", "--json", "/does/not/exist.json"), "写不了文件"),
])
def test_a_wrong_question_ends_with_2_and_a_cure(argv: tuple[str, ...], said: str) -> None:
    story()
    code, out, err = ask(*argv)
    assert code == 2 and said in err and "请" in err and not out
