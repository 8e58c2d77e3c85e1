"""Establish, adjust, dissolve, extend: what needs a superior's approval is a case; its effect runs inside the approval."""
from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.policy.resolve import Effective
from zhibu.ground.process import actions as process
from zhibu.ground.process import queries as cases
from zhibu.ground.process.spec import CaseKind, Effect, Ruling, deciding_grant
from zhibu.ground.tree import actions as tree_actions
from zhibu.ground.tree import closing
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import HostUnit, Organisation
from zhibu.ground.tree.queries import CommitteeView, OrgView
from zhibu.kernel.dates import show
from zhibu.kernel.fixed_day import check_fixed_days, read_fixed_days
from zhibu.kernel.result import Decision, refusals, refuse

from . import procedures, queries, rules

CHINA = ZoneInfo("Asia/Shanghai")
PENDING = "（待批）"  # stands for the paper that only the approval brings
Wish = TypeVar("Wish")


class StructureError(Exception):
    """What the rules about organisations refuse; `decisions` are all refusals, `field` the input the first one concerns."""

    def __init__(self, decisions: Sequence[Decision] | Decision, field: str = "") -> None:
        self.decisions = (decisions,) if isinstance(decisions, Decision) else tuple(decisions)
        self.code, self.reason, self.field = self.decisions[0].code, self.decisions[0].reason, field
        super().__init__(f"{self.code} {self.reason}")


@dataclass(frozen=True, slots=True)
class Establishment:
    """What an application to establish an organisation says. Without `established_on` the day of the approval counts."""

    code: str
    name: str
    short_name: str
    kind: str
    full: int
    probationary: int
    applied_on: date
    domain: str = ""
    village_or_community: bool = False
    host_units: tuple[str, ...] = ()
    planned_branches: tuple[str, ...] = ()
    established_on: date | None = None
    address: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What is to change: empty means "stays". Without `on` the day of the approval counts."""

    reason: str
    applied_on: date
    name: str = ""
    short_name: str = ""
    kind: str = ""
    parent_id: int | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Dissolution:
    """Why an organisation is dissolved and which branch takes its members. Without `on` the day of the approval counts."""

    reason: str
    applied_on: date
    successor_id: int | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """Until when a committee's term is to be extended, and why."""

    until: date
    reason: str
    applied_on: date


def pack(wish: Any) -> dict[str, Any]:
    """Write a wish as JSON: dates as text, tuples as lists."""
    found: dict[str, Any] = {}
    for f in fields(wish):
        value = getattr(wish, f.name)
        found[f.name] = value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
    return found


DATES = frozenset({"applied_on", "established_on", "on", "until"})


def unpack(kind: type[Wish], wish: Mapping[str, Any]) -> Wish:
    """Read a wish back from a case."""
    values: dict[str, Any] = {}
    for f in fields(kind):  # type: ignore[arg-type]
        value = wish.get(f.name)
        if f.name in DATES and value:
            value = date.fromisoformat(value)
        values[f.name] = tuple(value) if isinstance(value, list) else value
    return kind(**values)


def day_of(at: datetime) -> date:
    """Give the Chinese calendar day of a moment."""
    return at.astimezone(CHINA).date()


def check(decisions: Iterable[Decision]) -> None:
    """Raise StructureError with every refusal among the decisions."""
    found = refusals(decisions)
    if found:
        raise StructureError(found)


def standing_org(org_id: int) -> OrgView:
    """Give an organisation that is not dissolved, as it is now; the caller asks for the right at its path. Raises NotFound."""
    found = tree.views([org_id]).get(org_id)
    if found is None or found.status == "dissolved":
        raise tree.NotFound("没有找到这个党组织，或它已经撤销")
    return found


def rule(org: OrgView, family: str, on: date) -> Effective:
    """Give the rules of a family that hold at an organisation on a day."""
    return queries.rules_for([org], family, on)[org.id]


def not_future(day: date | None, today: date, what: str) -> Iterable[Decision]:
    """Refuse a day after today (E001)."""
    if day is not None and day > today:
        yield refuse("E001", f"{what}{show(day)}晚于今天{show(today)}。请填实际日期。")


def _reasoned(reason: str, what: str) -> Iterable[Decision]:
    if len(reason.strip()) < 2:
        yield refuse("E054", f"没有写{what}的理由。请写一两句话，上级按它答复。")


# ---------------------------------------------------------------- requests


@transaction.atomic
def request_establishment(actor: Actor, parent_id: int, wish: Establishment, *, at: datetime) -> int:
    """Ask for a new organisation under a parent; the parent hands in, an organisation above it answers. Returns the case id.

    Raises StructureError (E001–E005, E044), CaseError E053 while one with the same code is open.
    """
    parent = standing_org(parent_id)
    actor.require(Permission.ORG_REQUEST, parent.path)
    check(establishment_refusals(parent, wish, PENDING, None, day_of(at)))
    subject = int.from_bytes(hashlib.sha256(wish.code.encode()).digest()[:7], "big")
    return process.submit(
        actor, kind=procedures.ESTABLISH.code, org_id=parent_id, submitted_from=parent_id, subject_type="new_organisation", subject_id=subject,
        title=f"成立{wish.name}", wish=pack(wish), at=at,
    )


def _name_free(name: str, own: int = 0) -> Iterable[Decision]:
    """Refuse the full name of another organisation that stands (E044): people and tables tell organisations apart by it."""
    taken = Organisation.objects.filter(name=name.strip()).exclude(status="dissolved").exclude(pk=own)
    if name.strip() and taken.exists():
        yield refuse("E044", f"已经有一个“{name.strip()}”。名称不能重复，请写全称或换一个名称。")


def establishment_refusals(parent: OrgView, wish: Establishment, document: str, approved_on: date | None, today: date) -> tuple[Decision, ...]:
    """Check the founding against the rules that hold at the parent; every refusal, in the order of the form."""
    found = [rules.check_parent("", wish.kind, parent.path, parent.kind)]
    if not wish.code.strip() or not wish.name.strip():
        found.append(refuse("E054", "组织代码和名称都要填写。"))
    found += _name_free(wish.name)
    taken = set(Organisation.objects.filter(code=wish.code.strip()).values_list("code", flat=True))
    day = wish.established_on or approved_on or today
    found += rules.check_establishment(
        rule(parent, "org", today), wish.kind, today, day, wish.full, wish.host_units, len(wish.planned_branches), wish.applied_on, approved_on,
        document, wish.code.strip(), taken,
    )
    return tuple(found)


@transaction.atomic
def request_adjustment(actor: Actor, org_id: int, wish: Adjustment, *, version: int, at: datetime) -> int:
    """Ask to rename, retype or move an organisation; returns the case id. Raises StructureError, CaseError E053, Stale."""
    org = standing_org(org_id)
    actor.require(Permission.ORG_REQUEST, org.path)
    _fresh(org_id, version)
    wish = _only_changes(org, wish)
    check([*not_future(wish.applied_on, day_of(at), "申请日期"), *adjustment_refusals(org, wish, day_of(at), wish.on or day_of(at))])
    return process.submit(
        actor, kind=procedures.ADJUST.code, org_id=org_id, submitted_from=org_id, subject_type="organisation", subject_id=org_id,
        title=f"调整{org.name}：{'、'.join(changes(org, wish))}", wish=pack(wish), at=at,
    )


def _only_changes(org: OrgView, wish: Adjustment) -> Adjustment:
    """Leave out what stays as it is, so that an answer weeks later does not undo what was changed meanwhile."""
    return replace(
        wish, name="" if wish.name.strip() == org.name else wish.name.strip(), short_name="" if wish.short_name.strip() == org.short_name else wish.short_name.strip(),
        kind="" if wish.kind == org.kind else wish.kind, parent_id=None if wish.parent_id == org.parent_id else wish.parent_id,
    )


def _fresh(org_id: int, version: int) -> None:
    if Organisation.objects.values_list("version", flat=True).get(pk=org_id) != version:
        raise tree_actions.Stale


def changes(org: OrgView, wish: Adjustment) -> tuple[str, ...]:
    """Say in words what an adjustment changes; empty when nothing would."""
    found = []
    if wish.name and wish.name != org.name:
        found.append(f"改名为“{wish.name}”")
    elif wish.short_name and wish.short_name != org.short_name:
        found.append(f"简称改为“{wish.short_name}”")
    if wish.kind and wish.kind != org.kind:
        found.append(f"改为{rules.TYPE_ZH.get(wish.kind, wish.kind)}")
    if wish.parent_id and wish.parent_id != org.parent_id:
        found.append(f"改由{above.name if (above := tree.views([wish.parent_id]).get(wish.parent_id)) else '另一个党组织'}领导")
    return tuple(found)


def adjustment_refusals(org: OrgView, wish: Adjustment, today: date, on: date) -> tuple[Decision, ...]:
    """Check an adjustment: nothing to change (E054), day (E001, E002), cycle and levels (E003), type against headcounts (E004, E005)."""
    found = [*_reasoned(wish.reason, "调整"), *not_future(on, today, "调整日期")]
    if not changes(org, wish):
        found.append(refuse("E054", "没有填要改什么。名称、类别、上级至少改一项。"))
    found += _name_free(wish.name, org.id)
    begun = max((s.from_on for s in tree.spells_of(_subtree(org), on, date.max) if s.to_on is None), default=on)
    if on < begun:
        found.append(refuse("E002", f"调整日期{show(on)}早于上一次变动的日期{show(begun)}。请填{show(begun)}或以后的日期。"))
    kind = wish.kind or org.kind
    parent = tree.views([wish.parent_id or org.parent_id or 0]).get(wish.parent_id or org.parent_id or 0)
    if wish.parent_id and (parent is None or parent.status == "dissolved"):
        found.append(refuse("E003", "所选的上级党组织不存在或已撤销。请另选上级。"))
    elif parent is not None:
        found.append(rules.check_parent(org.path, kind, parent.path, parent.kind))
    if kind != org.kind:
        found += _retype_refusals(org, kind, today)
    return tuple(found)


def _subtree(org: OrgView) -> list[int]:
    return [o.id for o in tree.organisations(Scope((org.path,)))]


def _retype_refusals(org: OrgView, kind: str, today: date) -> Iterable[Decision]:
    yield rules.check_type(kind)
    scope = Scope((org.path,))
    children = [o for o in tree.organisations(scope) if o.parent_id == org.id]
    for child in children:
        decision = rules.check_parent("", child.kind, org.path, kind)
        if not decision.ok:
            yield decision
            break
    members = people.headcounts(scope, today, [org.id]).get(org.id, people.NOBODY)
    if kind not in rules.BRANCHES and members.members_all:
        yield refuse("E045", f"“{org.name}”还有党员 {members.members_all} 人，改为{rules.TYPE_ZH.get(kind, kind)}以前请先把党员编入下级党支部。")
    if kind in ("branch", "joint_branch"):
        yield rules.check_full_members(rule(org, "org", today), members.full)
    if kind == "joint_branch":
        yield from _unit_refusals(org, tree.host_units(scope, [org.id]).get(org.id, ()), today)


def _unit_refusals(org: OrgView, units: Sequence[str], today: date) -> Iterable[Decision]:
    if len(units) < 2:
        yield refuse("E005", f"联合党支部只填了 {len(units)} 个单位，至少要 2 个。只有一个单位的，请改设党支部。")
    yield rules.check_units(rule(org, "org", today), len(units))


@transaction.atomic
def request_dissolution(actor: Actor, org_id: int, wish: Dissolution, *, at: datetime) -> int:
    """Ask to dissolve an organisation, its members going to `successor_id`; returns the case id."""
    org = standing_org(org_id)
    actor.require(Permission.ORG_REQUEST, org.path)
    check([*not_future(wish.applied_on, day_of(at), "申请日期"), *dissolution_refusals(org, wish, PENDING, day_of(at), wish.on or day_of(at))])
    return process.submit(
        actor, kind=procedures.DISSOLVE.code, org_id=org_id, submitted_from=org_id, subject_type="organisation", subject_id=org_id,
        title=f"撤销{org.name}", wish=pack(wish), at=at,
    )


def dissolution_refusals(org: OrgView, wish: Dissolution, document: str, today: date, on: date) -> tuple[Decision, ...]:
    """Check a dissolution: members without a receiving branch or lower organisations left, dates (E001, E002), paper (E049)."""
    scope = Scope((org.path,))
    children = sum(1 for o in tree.organisations(scope) if o.parent_id == org.id)
    count = people.headcounts(scope, today, [org.id]).get(org.id, people.NOBODY)
    left = 0 if wish.successor_id else count.members_all + count.suspended
    found = [*_reasoned(wish.reason, "撤销"), rules.check_dissolution(today, on, org.established_on, left, children, document)]
    begun = max((s.from_on for s in tree.history(org.id) if s.to_on is None), default=on)
    if on < begun:
        found.append(refuse("E002", f"撤销日期{show(on)}早于上一次变动的日期{show(begun)}。请填{show(begun)}或以后的日期。"))
    if wish.successor_id:
        receiver = tree.views([wish.successor_id]).get(wish.successor_id)
        if receiver is None or receiver.id == org.id or receiver.status == "dissolved" or not receiver.is_branch:
            found.append(refuse("E045", "接收党员的组织要是另一个正常的党支部。请另选接收支部。"))
    return tuple(found)


@transaction.atomic
def request_extension(actor: Actor, org_id: int, wish: Extension, *, at: datetime) -> int:
    """Ask to extend the committee's term; returns the case id. Raises StructureError E002 (no extension), E050 (longer than allowed)."""
    org = standing_org(org_id)
    actor.require(Permission.ORG_REQUEST, org.path)
    committee = _in_office(org)
    check([*not_future(wish.applied_on, day_of(at), "申请日期"), *_reasoned(wish.reason, "延期"), rules.check_extension(rule(org, "term", day_of(at)), committee.expires_on, wish.until, PENDING)])
    return process.submit(
        actor, kind=procedures.EXTEND.code, org_id=org_id, submitted_from=org_id, subject_type="committee", subject_id=committee.id,
        title=f"{org.name}第{committee.number}届延期换届至{wish.until.year}年{wish.until.month}月{wish.until.day}日", wish=pack(wish), at=at,
    )


def _in_office(org: OrgView) -> CommitteeView:
    found = [c for c in tree.committees(Scope((org.path,)), org_ids=[org.id]) if c.ended_on is None]
    if not found:
        raise StructureError(refuse("E049", f"“{org.name}”没有登记在任的班子。请先登记本届班子。"))
    return found[-1]


# ---------------------------------------------------------------- effects of approvals


def _establish(ruling: Ruling, actor: Actor, at: datetime) -> None:
    _found(actor, ruling.org_id, unpack(Establishment, ruling.wish), ruling.document, ruling.answered_on or day_of(at), at)


def _found(actor: Actor, parent_id: int, wish: Establishment, document: str, approved_on: date, at: datetime) -> int:
    parent = standing_org(parent_id)
    check(establishment_refusals(parent, wish, document, approved_on, day_of(at)))
    return tree_actions.found(
        actor,
        tree_actions.NewOrg(
            wish.code.strip(), wish.name.strip(), wish.short_name.strip() or wish.name.strip()[:40], wish.kind, parent.code,
            wish.established_on or approved_on, domain=wish.domain, approval_doc=document[:100], village_or_community=bool(wish.village_or_community),
            host_units=tuple(dict.fromkeys(u.strip() for u in wish.host_units if u.strip())), address=wish.address or "",
        ),
        at=at,
    )


def _adjust(ruling: Ruling, actor: Actor, at: datetime) -> None:
    org, wish = standing_org(ruling.org_id), unpack(Adjustment, ruling.wish)
    on = wish.on or ruling.answered_on or day_of(at)
    check(adjustment_refusals(org, wish, day_of(at), on))
    if wish.parent_id and wish.parent_id != org.parent_id:
        if not actor.may(Permission.ORG_APPROVE, tree.path_of(wish.parent_id)):
            raise process.CaseError("E023", "新的上级不在您的管理范围。请由两个上级党组织共同的上级审批")
        tree_actions.move(actor, org.id, to_parent_id=wish.parent_id, on=on, at=at, document=ruling.document)
    if (wish.name and wish.name != org.name) or (wish.short_name and wish.short_name != org.short_name) or (wish.kind and wish.kind != org.kind):
        tree_actions.change(
            actor, org.id, on=on, at=at, document=ruling.document, name=wish.name.strip() or None, short_name=wish.short_name.strip() or None,
            kind=wish.kind or None,
        )


def _dissolve(ruling: Ruling, actor: Actor, at: datetime) -> None:
    org, wish = standing_org(ruling.org_id), unpack(Dissolution, ruling.wish)
    on = wish.on or ruling.answered_on or day_of(at)
    check(dissolution_refusals(org, wish, ruling.document, day_of(at), on))
    batch = journal.batch_number()
    if wish.successor_id:
        if not actor.may(Permission.ORG_APPROVE, tree.path_of(wish.successor_id)):
            raise process.CaseError("E023", "接收党员的支部不在您的管理范围。请由两个支部共同的上级审批")
        moved = [person for _, person in people.members_by_org(Scope((org.path,)), on, [org.id])]
        people_actions.move_all(actor, from_org_id=org.id, to_org_id=wish.successor_id, on=on, document=ruling.document, at=at)
        why = f"本组织从{show(on)}起撤销，党员转到{tree.name_of(wish.successor_id)}"
        closing.carry_all(actor, org.id, wish.successor_id, person_ids=moved, whole=True, on=on, reason=why, at=at, batch_id=batch)
    for post in people.posts(Scope((org.path,)), on, org_ids=[org.id]):
        if post.to_on is None:
            people_actions.end_post(actor, post.id, on=on, at=at)
    closing.end_all(actor, [org.id], on=on, reason=f"本组织从{show(on)}起撤销", at=at, batch_id=batch)
    tree_actions.dissolve(actor, org.id, on=on, at=at, reason=wish.reason[:200], document=ruling.document, successor_id=wish.successor_id)


def _extend(ruling: Ruling, actor: Actor, at: datetime) -> None:
    org, wish = standing_org(ruling.org_id), unpack(Extension, ruling.wish)
    committee = _in_office(org)
    if committee.id != ruling.subject_id:
        raise StructureError(refuse("E053", "报延期以后已经换届，这一届不用再延期。请把这件事退回。"))
    check([rules.check_extension(rule(org, "term", day_of(at)), committee.expires_on, wish.until, ruling.document)])
    tree_actions.extend_committee(actor, committee.id, until=wish.until, at=at, document=ruling.document)


EFFECTS: dict[str, Effect] = {
    procedures.ESTABLISH.code: _establish,
    procedures.ADJUST.code: _adjust,
    procedures.DISSOLVE.code: _dissolve,
    procedures.EXTEND.code: _extend,
}


# ---------------------------------------------------------------- the superior decides directly


def _in_order(applied_on: date, decided_on: date, today: date) -> Iterable[Decision]:
    """Refuse a paper dated in the future (E001) or before the application (E002)."""
    yield from not_future(decided_on, today, "批复日期")
    if decided_on < applied_on:
        yield refuse("E002", f"批复日期{show(decided_on)}早于申请日期{show(applied_on)}。请核对两个日期。")


def may_decide_directly(actor: Actor, kind: CaseKind, path: str, *, new: bool = False) -> bool:
    """Tell whether the actor answers for an organisation strictly above `path` (for a new organisation: for its parent or above)."""
    return actor.may(kind.decide, path) if new else deciding_grant(kind, actor, path) is not None


@transaction.atomic
def found_directly(actor: Actor, parent_id: int, wish: Establishment, *, document: str, approved_on: date, at: datetime) -> int:
    """Establish an organisation by the superior's own decision; returns its id. Raises StructureError E049 without the paper."""
    parent = standing_org(parent_id)
    actor.require(Permission.ORG_APPROVE, parent.path)
    return _found(actor, parent_id, wish, document.strip(), approved_on, at)


@transaction.atomic
def decide_directly(
    actor: Actor, org_id: int, wish: Adjustment | Dissolution | Extension, *, document: str, decided_on: date, version: int | None = None, at: datetime
) -> None:
    """Carry out an adjustment, dissolution or extension by the decision of an organisation above, without a case.

    Raises StructureError E049 without the paper, E001 for a paper dated in the future, E053 while a case about it is open; CaseError E023.
    """
    org = standing_org(org_id)
    kind, effect = {Adjustment: (procedures.ADJUST, _adjust), Dissolution: (procedures.DISSOLVE, _dissolve), Extension: (procedures.EXTEND, _extend)}[type(wish)]
    actor.require(kind.decide, org.path)
    if deciding_grant(kind, actor, org.path) is None:
        raise process.CaseError("E023", "审批权限不符：只有上级党组织才能直接决定。请报上级审批")
    if version is not None:
        _fresh(org_id, version)
    if not document.strip():
        raise StructureError(refuse("E049", f"{kind.title}要有上级的决定文件。请填文件名称和文号。"), "document")
    check(_in_order(wish.applied_on, decided_on, day_of(at)))
    waiting = cases.open_cases(Scope((org.path,)), org_ids=[org_id], kinds=[kind.code])
    if waiting:
        raise StructureError(refuse("E053", f"“{waiting[0].title}”已经报上来了，还没有答复。请先答复这一件。"))
    subject = _in_office(org).id if isinstance(wish, Extension) else org_id
    effect(
        Ruling(0, kind.code, org_id, "", subject, org_id, pack(wish), document.strip()[:100], "", decided_on), actor, at,
    )


# ---------------------------------------------------------------- host units


@transaction.atomic
def edit_contacts(actor: Actor, org_id: int, *, values: Mapping[str, str], units: Sequence[str] | None = None, version: int, at: datetime) -> None:
    """Change contacts, theme day, function label and, unless None, the units an organisation is set up in.

    Raises StructureError E044 for two fixed theme days, E054 for one that is none, E005 for a joint branch with fewer than 2 or too many units;
    Stale when somebody saved since `version`.
    """
    org = standing_org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    wanted = tuple(dict.fromkeys(u.strip() for u in units if u.strip())) if units is not None else None
    if wanted is not None and org.kind == "joint_branch":
        check(_unit_refusals(org, wanted, day_of(at)))
    tree_actions.edit_contacts(actor, org_id, values=_with_fixed_day(values), version=version, at=at)
    if wanted is None:
        return
    scope = Scope((org.path,))
    before = set(HostUnit.objects.within(scope).filter(org_id=org_id).order_by("id").values_list("name", flat=True))
    HostUnit.objects.within(scope).filter(org_id=org_id).exclude(name__in=wanted).delete()
    HostUnit.objects.within(scope).bulk_create([HostUnit(org_id=org_id, name=u[:100]) for u in wanted if u not in before])
    if before != set(wanted):
        journal.write(
            actor, "structure.host_units", at=at, org_id=org_id, org_path=org.path, subject=("organisation", org_id),
            changes={"before": sorted(before), "after": list(wanted)},
        )


def _with_fixed_day(values: Mapping[str, str]) -> Mapping[str, str]:
    if "theme_day" not in values:
        return values
    days = read_fixed_days(values["theme_day"])
    decision = check_fixed_days(days)
    if not decision.ok:
        raise StructureError(decision, "theme_day")
    return {**values, "theme_day": days[0].text if days else ""}


@transaction.atomic
def note_paper(actor: Actor, *, org_id: int, sheet: str, made_as: str, at: datetime) -> None:
    """Leave a journal line for a sheet about an organisation that is printed or taken away as a file. made_as: page or docx."""
    org_path = tree.path_of(org_id)
    actor.require(Permission.COMPLIANCE_READ, org_path)
    journal.write(actor, "structure.paper", at=at, org_id=org_id, org_path=org_path, subject=("organisation", org_id), changes={"sheet": sheet, "as": made_as})
