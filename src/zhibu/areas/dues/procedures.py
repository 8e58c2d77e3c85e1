"""The procedures about dues as data: who asks, who answers, with which paper (rules.md S11)."""
from __future__ import annotations

from zhibu.ground.guard.permission import Permission
from zhibu.ground.process.spec import CaseKind, Owner, Step

EXEMPT = CaseKind(
    code="dues.exempt",
    title="减免党费",
    request=Permission.DUES_WRITE,
    decide=Permission.DUES_DECIDE,
    steps=(
        Step("本人提出，支部党员大会或支委会同意", Owner.APPLICANT, "会议记录"),
        Step("上一级党委批准", Owner.SUPERIOR, "批复"),
        Step("从批准的月份起按减免后的金额计算，已交的月份不变", Owner.SYSTEM),
    ),
    clause="党费收缴使用和管理规定",
    private=frozenset({"member", "exemption"}),
)
EXPENSE = CaseKind(
    code="dues.expense",
    title="使用党费",
    request=Permission.DUES_WRITE,
    decide=Permission.DUES_DECIDE,
    steps=(
        Step("集体讨论后写明用途（5项之一）、金额和用在哪里", Owner.APPLICANT, "会议记录"),
        Step("上级党组织审批，不能由申请人自己批", Owner.SUPERIOR),
        Step("支出后登记日期和凭证，计入结存", Owner.APPLICANT, "凭证"),
    ),
    document_required=False,
    clause="党费收缴使用和管理规定",
)

KINDS = (EXEMPT, EXPENSE)
