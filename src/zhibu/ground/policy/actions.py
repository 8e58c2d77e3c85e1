"""Assign rule sets to organisations."""
from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal import journal
from zhibu.ground.tree.models import Organisation
from zhibu.kernel.dates import show

from .library import UnknownRuleSet
from .models import Assignment
from .queries import library_for
from .resolve import Choice, laxer_than_national, overlaps


class PolicyError(Exception):
    """An assignment that is not accepted; `code` E041, E042 or E055."""

    def __init__(self, code: str, reason: str, field: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason
        self.field = field


@transaction.atomic
def assign(
    actor: Actor, *, org_id: int, family: str, rule_set: str, valid_from: date, valid_to: date | None, at: datetime, decision_doc: str = "", reason: str = "",
) -> int:
    """Let an organisation and its subtree follow a rule set from a day on.

    Raises PolicyError: E055 unknown set or a set without this family, E041 overlap at the same organisation, E042 laxer than the national
    rule without a reason.
    """
    org = Organisation.objects.select_for_update().get(pk=org_id)
    actor.require(Permission.POLICY_ASSIGN, org.path)
    rows = list(Assignment.objects.filter(org_id=org_id, family=family).order_by("id"))
    library = library_for({rule_set, *(a.rule_set for a in rows)})
    try:
        chosen = library.get(rule_set)
    except UnknownRuleSet as error:
        raise PolicyError("E055", f"没有代码为“{rule_set}”的规则集", "rule_set") from error
    if chosen.status == "retired":
        raise PolicyError("E055", f"规则集“{chosen.title}”已经停用，不能再指定", "rule_set")
    if chosen.kind == "local" and not chosen.in_force(valid_from):
        begins = chosen.effective_from and valid_from < chosen.effective_from
        when = f"{show(chosen.effective_from)}起施行" if begins and chosen.effective_from else "那一天已经失效"
        raise PolicyError("E055", f"规则集“{chosen.title}”{when}，开始日期请改", "valid_from")
    if not chosen.defines(family):
        raise PolicyError("E055", f"规则集“{chosen.title}”没有这一类规则，不能指定", "rule_set")
    if valid_to is not None and valid_to <= valid_from:
        raise PolicyError("E002", "结束日期不晚于开始日期，请改", "valid_to")
    existing = [Choice(a.rule_set, a.org_id, org.name, a.valid_from, a.valid_to) for a in rows]
    clash = overlaps(existing, Choice(rule_set, org_id, org.name, valid_from, valid_to))
    if clash:
        other = clash[0]
        raise PolicyError("E041", f"与“{library.get(other.rule_set).title}”（{show(other.valid_from)}起）的时间重叠，请先给它定一个结束日期", "valid_from")
    laxer = laxer_than_national(library, chosen, valid_from, family)
    if laxer and not reason.strip():
        raise PolicyError("E042", f"有 {len(laxer)} 项低于现行国家规定，请写明理由", "reason")
    row = Assignment.objects.create(
        org=org, family=family, rule_set=rule_set, valid_from=valid_from, valid_to=valid_to, decided_by=actor.name, decision_doc=decision_doc,
        reason=reason.strip(), made_at=at,
    )
    journal.write(
        actor, "policy.assign", at=at, org_id=org_id, org_path=org.path, subject=("organisation", org_id),
        changes={"family": family, "rule_set": rule_set, "from": str(valid_from), "to": str(valid_to or ""), "reason": reason},
    )
    return row.pk


@transaction.atomic
def end_assignment(actor: Actor, assignment_id: int, *, on: date, at: datetime) -> None:
    """End an assignment on a day (exclusive); results before that day keep their rules."""
    row = Assignment.objects.select_for_update().select_related("org").get(pk=assignment_id)
    actor.require(Permission.POLICY_ASSIGN, row.org.path)
    if on <= row.valid_from:
        raise PolicyError("E002", "结束日期要晚于开始日期", "on")
    if row.valid_to is not None and on > row.valid_to:
        raise PolicyError("E002", f"这个指定已定到{show(row.valid_to)}为止，不能再往后，要延长请重新指定", "on")
    row.valid_to, row.ended_by, row.ended_at = on, actor.name, at
    row.save(update_fields=["valid_to", "ended_by", "ended_at"])
    journal.write(
        actor, "policy.end_assignment", at=at, org_id=row.org_id, org_path=row.org.path, subject=("organisation", row.org_id),
        changes={"rule_set": row.rule_set, "on": str(on)},
    )
