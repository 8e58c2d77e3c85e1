"""One word, one code: every code that the product stores stands in the glossary with its Chinese term, and no term has two codes."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zhibu.areas.bank import rules as bank
from zhibu.areas.care import rules as care
from zhibu.areas.dues import rules as dues
from zhibu.areas.meetings.planning import GUEST_ZH, LEAVE_ZH, PLAN_ZH
from zhibu.areas.meetings.rules import CONTENT_ZH
from zhibu.areas.resources import rules as resources
from zhibu.areas.talks import rules as talks
from zhibu.areas.training import committees
from zhibu.areas.training import rules as training
from zhibu.areas.transfers import away
from zhibu.areas.transfers import rules as transfers
from zhibu.ground.access.models import FactorKind
from zhibu.ground.access.roles import roles
from zhibu.ground.notice import outbox
from zhibu.ground.people.models import EndedAs, PostKind, Rights, Standing
from zhibu.ground.policy.models import SetStatus
from zhibu.ground.process.models import CaseState
from zhibu.ground.tree.models import Domain, OrgStatus, OrgType
from zhibu.ground.workdays.queries import KINDS
from zhibu.kernel.activities import ACTIVITY_ZH, RECORD_ZH

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"


#: table of the glossary, and the words by code
TERMS: tuple[tuple[str, Mapping[Any, str]], ...] = (
    ("组织生活种类", ACTIVITY_ZH), ("材料种类", RECORD_ZH), ("主题党日内容", CONTENT_ZH), ("计划状态", PLAN_ZH), ("请假状态", LEAVE_ZH), ("受邀支部", GUEST_ZH), ("放假安排", KINDS),
    ("谈话关系", talks.RELATION_ZH), ("谈话事由", talks.TRIGGER_ZH), ("联系对象", talks.PURPOSE_ZH),
    ("五必访", care.KIND_ZH), ("节日走访", care.FEAST_ZH), ("常去看望", care.FLAG_ZH), ("帮扶资金来源", care.SOURCE_ZH), ("帮扶申请状态", care.STATE_ZH),
    ("党费计算类别", dues.CATEGORY_ZH), ("党费交纳方式", dues.METHOD_ZH), ("党费科目", dues.ACCOUNT_ZH), ("支部同意", dues.CONSENT_ZH), ("减免状态", dues.EXEMPTION_ZH),
    ("核查状态", dues.REVIEW_ZH), ("银行到账", bank.STATE_ZH),
    ("转接方式", transfers.KIND_ZH), ("转接状态", transfers.STATE_ZH), ("转接申请状态", transfers.WISH_ZH), ("外出原因", away.PURPOSE_ZH), ("流动登记", away.DIRECTION_ZH), ("流动记事", away.NOTE_ZH),
    ("三项经费", resources.FUND_ZH), ("场所归属", resources.PLACE_ZH), ("场所设施", resources.ITEM_ZH), ("培训方式", training.KIND_ZH), ("学时单位", training.UNIT_ZH), ("心得笔记", training.NOTE_ZH), ("党委学习教育", committees.DOING_ZH),
    ("通知渠道", outbox.KIND_ZH), ("通知状态", outbox.STATE_ZH), ("通知类别", outbox.SORT_ZH),
)


def stored() -> Iterator[tuple[str, str, str]]:
    """Give (table, Chinese, code) of every code that is stored or sent."""
    for name, choices in (
        ("党组织类别", OrgType), ("领域", Domain), ("党组织状态", OrgStatus), ("党籍状态", Standing), ("党员权利", Rights), ("组织关系结束原因", EndedAs), ("党内职务", PostKind), ("报批状态", CaseState), ("第二道验证", FactorKind),
        ("规则集状态", SetStatus),
    ):
        for code, title in choices.choices:
            yield name, str(title), code
    for name, words in TERMS:
        for one, title in words.items():
            yield name, title, str(getattr(one, "value", one))
    for code, role in roles().items():
        yield "角色", role.title, code


def rows() -> list[tuple[str, list[str]]]:
    """Read the glossary: (heading, cells)."""
    found, heading = [], ""
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("|") and not set(line) <= set("|-: "):
            found.append((heading, [c.strip() for c in line.strip("|").split("|")]))
    return found


def test_every_stored_code_stands_in_the_glossary_with_its_term() -> None:
    listed = {(cells[0], cells[1], cells[2]) for heading, cells in rows() if heading == "Codes that are stored" and len(cells) == 3}
    lost = [one for one in stored() if one not in listed]
    assert lost == [] and {one for one in listed if one[2] != "code"} == set(stored())


def test_a_term_of_the_specification_keeps_its_code() -> None:
    """Where the specification's glossary names a code for exactly this term, the stored code is the same or the glossary says what it is short for."""
    spec = {term: code for heading, cells in rows() if heading == "Glossary" for term, code in zip(re.split(r" / ", cells[0]), re.split(r" / ", cells[-1]), strict=False)}
    said = {cells[0]: cells[2] for heading, cells in rows() if heading == "Short codes"}
    differ = {(title, spec[title], code) for _, title, code in stored() if title in spec and spec[title] != code and said.get(title) != f"{code} ({spec[title]})"}
    assert differ == set()
