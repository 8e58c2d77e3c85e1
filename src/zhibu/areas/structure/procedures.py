"""The procedures of organisations as data: who applies, who answers, with which paper (rules.md S01, S02)."""
from __future__ import annotations

from zhibu.ground.guard.permission import Permission
from zhibu.ground.process.spec import CaseKind, Owner, Step

ESTABLISH = CaseKind(
    code="structure.establish",
    title="成立党组织",
    request=Permission.ORG_REQUEST,
    decide=Permission.ORG_APPROVE,
    steps=(
        Step("单位提出申请：名称、类别、党员名单、拟任班子", Owner.APPLICANT, "成立申请"),
        Step("基层党委开会研究，一般1个月内书面答复", Owner.SUPERIOR, "批复"),
        Step("召开党员大会选举支部委员会，不设委员会的选举书记", Owner.APPLICANT, "选举结果"),
        Step("选举结果和批复报上级组织部门备案", Owner.SUPERIOR, "备案"),
    ),
    clause="支部工作条例（试行）",
)
ADJUST = CaseKind(
    code="structure.adjust",
    title="调整党组织",
    request=Permission.ORG_REQUEST,
    decide=Permission.ORG_APPROVE,
    steps=(
        Step("党组织报告调整的事项和理由", Owner.APPLICANT, "调整请示"),
        Step("基层党委批准，也可以直接决定", Owner.SUPERIOR, "批复"),
        Step("报上级组织部门备案", Owner.SUPERIOR, "备案"),
    ),
    clause="支部工作条例（试行）",
)
DISSOLVE = CaseKind(
    code="structure.dissolve",
    title="撤销党组织",
    request=Permission.ORG_REQUEST,
    decide=Permission.ORG_APPROVE,
    steps=(
        Step("党组织报告撤销的理由和党员去向", Owner.APPLICANT, "撤销请示"),
        Step("基层党委批准，也可以直接决定", Owner.SUPERIOR, "批复"),
        Step("党员转入接收的支部，历史保留", Owner.SYSTEM),
        Step("报上级组织部门备案", Owner.SUPERIOR, "备案"),
    ),
    clause="支部工作条例（试行）",
)
EXTEND = CaseKind(
    code="structure.extend",
    title="延期换届",
    request=Permission.ORG_REQUEST,
    decide=Permission.ORG_APPROVE,
    steps=(
        Step("任期届满前报告延期的理由和日期，延期最长1年", Owner.APPLICANT, "延期换届请示"),
        Step("上级党组织批准", Owner.SUPERIOR, "批复"),
    ),
    clause="关于党的基层组织任期的意见",
)

KINDS = (ESTABLISH, ADJUST, DISSOLVE, EXTEND)
