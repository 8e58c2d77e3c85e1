"""Values in one line of Chinese, and the difference from the national value."""
from __future__ import annotations

import re
from datetime import date

import pytest

from zhibu.ground.policy.library import Library, shipped
from zhibu.ground.policy.resolve import Choice, laxer_than_national, resolve
from zhibu.ground.policy.wording import Relation, difference, laxer_sentence, sentence

ON = date(2025, 6, 1)


@pytest.fixture(scope="module")
def library() -> Library:
    return shipped()


@pytest.mark.parametrize(("code", "key", "expected"), [
    ("cn-branch-2018", "life.general_meeting", "每季度不少于 1 次"),
    ("cn-branch-2018", "life.committee_meeting", "每月不少于 1 次（设支委会的支部）"),
    ("cn-branch-2018", "life.group_meeting", "每个党小组每月不少于 1 次"),
    ("cn-branch-2018", "life.lecture", "按期开展，不规定次数，党委（党组）书记每年不少于 1 次"),
    ("cn-branch-2018", "life.theme_day", "每月不少于 1 次，相对固定 1 天"),
    ("cn-branch-2018", "life.org_life_meeting", "每年不少于 1 次，一般在第四季度"),
    ("cn-branch-2018", "life.appraisal", "每年不少于 1 次，优秀等次不超过正式党员数的 1/3"),
    ("seed-003", "life.lecture", "每年不少于 4 次"),
    ("seed-003", "life.talk", "经常开展，不规定次数"),
    ("seed-004e", "life.group_meeting", "由支委会代行，不单独计算"),
    ("cn-branch-2018", "votes.decision_quorum", "应到会有表决权人数的 1/2 以上"),
    ("cn-branch-2018", "votes.decision_majority", "超过应到会有表决权人数的 1/2"),
    ("cn-branch-2018", "org.branch_full_min", "3 人"),
    ("cn-branch-2018", "org.threshold_op", "“以上”，含本数"),
    ("cn-term-2018", "term.branch", "3 年"),
    ("seed-000", "term.party_committee", "3 年、4 年或 5 年"),
    ("cn-election-2020", "election.returned_ballots", "不超过投票人数"),
    ("cn-election-2020", "election.min_difference", "不少于 20%"),
    ("cn-recruit-2014", "recruit.training", "不少于 3 天或者不少于 24 学时"),
    ("cn-recruit-2014", "recruit.written_opinions_count", "是"),
    ("cn-recruit-2014", "recruit.vote_methods", "无记名投票"),
    ("cn-dues-2008", "dues.pension", "5000 元以下（含） 0.5%；超过 5000 元 1%"),
    ("cn-dues-2008", "dues.farmer.max", "1.00 元"),
    ("cn-dues-2008", "dues.cadence", "每月"),
    ("seed-000", "star.cap4", "一般不超过 15%"),
    ("seed-000", "star.guide3", "35%"),
    ("seed-000", "innovation.apply_quarter", "第 1 季度"),
    ("seed-000", "innovation.shortlist_by", "3月31日"),
    ("seed-002d", "star.win", "超过 90%"),
    ("seed-002f", "star.participation", "80% 以上"),
    ("seed-002f", "star.bonus.honour", "3 分、5 分、8 分"),
    ("seed-002h", "star.demo_bands", "90 分以上 优秀；80 分以上 良好；60 分以上 基本合格；其余 不合格"),
    ("seed-002h", "star.criteria.effect", "8 分、6 分、6 分"),
    ("zhibu-conventions", "conventions.reminder.from", "08:00"),
    ("zhibu-conventions", "conventions.records.lecture", "党课稿、签到表、党课记录"),
])
def test_a_value_in_one_line(library: Library, code: str, key: str, expected: str) -> None:
    assert sentence(key, library.get(code).values[key].value) == expected


def test_every_shipped_value_has_a_chinese_line_without_codes(library: Library) -> None:
    for one in library.all():
        for key, item in one.values.items():
            line = sentence(key, item.value)
            assert line and not re.search(r"[A-Za-z_!,;]", line), (one.code, key, line)


@pytest.mark.parametrize(("code", "family", "key", "relation", "line"), [
    ("seed-000", "dues", "dues.cadence", Relation.LAXER, "低于现行国家规定：每月（党费收缴使用和管理规定）"),
    ("seed-000", "dues", "dues.lapse_review_months", Relation.SAME, "与国家规定相同"),
    ("seed-004e", "life", "life.general_meeting", Relation.STRICTER, "严于国家规定：每季度不少于 1 次（支部工作条例（试行）第十一条）"),
    ("seed-003", "life", "life.general_meeting", Relation.SAME, "与国家规定相同"),
    ("seed-003", "life", "life.theme_day", Relation.DIFFERENT,
     "与国家规定不同：每月不少于 1 次，相对固定 1 天（支部工作条例（试行）第十六条）"),
    ("seed-004e", "life", "life.dem_life_meeting", Relation.OPEN, "国家未作规定"),
    ("seed-004e", "recruit", "recruit.activist_wait_months", Relation.STRICTER, "严于国家规定：0 个月（发展党员工作细则）"),
])
def test_difference_from_the_national_value(library: Library, code: str, family: str, key: str, relation: Relation, line: str) -> None:
    found = difference(library, resolve(library, [Choice(code, 1, "石桥镇党委")], family, ON).get(key), ON)
    assert (found.relation, found.sentence) == (relation, line)


def test_the_floor_check_in_words(library: Library) -> None:
    lines = [laxer_sentence(item) for item in laxer_than_national(library, library.get("seed-000"), ON)]
    assert "党费交纳周期：每季度；现行国家规定：每月（党费收缴使用和管理规定）" in lines
    assert "党支部任期：2 年或 3 年；现行国家规定：3 年（党的基层组织任期的意见）" in lines
    assert any(line.startswith("主题党日：未列入，不再要求；现行国家规定：每月不少于 1 次") for line in lines)
