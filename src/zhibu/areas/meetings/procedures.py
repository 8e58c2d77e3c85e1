"""The procedure of asking to be excused from a window (免), as data (ux.md §5.4)."""
from __future__ import annotations

from zhibu.ground.guard.permission import Permission
from zhibu.ground.process.spec import CaseKind, Owner, Step

EXCUSE = CaseKind(
    code="meetings.excuse",
    title="申请免开",
    request=Permission.EXCUSE_REQUEST,
    decide=Permission.EXCUSE_DECIDE,
    steps=(
        Step("支部写明没开的原因", Owner.APPLICANT),
        Step("上级同意或不同意，不能由申请人自己决定", Owner.SUPERIOR),
        Step("同意后这一格标“免”，不算应开也不算完成，可以撤回", Owner.SYSTEM),
    ),
    document_required=False,
    clause="系统约定",
)
