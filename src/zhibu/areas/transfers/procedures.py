"""停止党籍 and its restoration as procedures: asked by the branch, decided above, with the paper (rules.md S12, S16)."""
from __future__ import annotations

from zhibu.ground.guard.permission import Permission
from zhibu.ground.process.spec import CaseKind, Owner, Step

SUSPEND = CaseKind(
    code="transfers.suspend",
    title="停止党籍",
    request=Permission.TRANSFER_REQUEST,
    decide=Permission.TRANSFER_DECIDE,
    steps=(
        Step("支部查找、联系，经过记下来", Owner.APPLICANT, "查找经过"),
        Step("支部研究，报上级党组织", Owner.APPLICANT, "请示"),
        Step("上级党组织研究决定", Owner.SUPERIOR, "批复"),
        Step("批复那天起停止党籍，不计入党员总数；可以报恢复", Owner.SYSTEM),
    ),
    clause="党员教育管理工作条例",
)
RESTORE = CaseKind(
    code="transfers.restore",
    title="恢复党籍",
    request=Permission.TRANSFER_REQUEST,
    decide=Permission.TRANSFER_DECIDE,
    steps=(
        Step("本人申请，支部核实停止党籍期间的情况", Owner.APPLICANT, "申请和核实情况"),
        Step("上级党组织研究决定", Owner.SUPERIOR, "批复"),
        Step("批复那天起恢复原来的党员身份", Owner.SYSTEM),
    ),
    clause="党员教育管理工作条例",
)

KINDS = (SUSPEND, RESTORE)
