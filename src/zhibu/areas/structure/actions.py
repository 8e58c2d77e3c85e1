"""Change organisations, committees and groups. What needs a superior's approval is a case; its effect runs inside the approval."""
from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
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
from zhibu.ground.people.models import GroupPlace, PostKind, Rights
from zhibu.ground.policy.resolve import UndefinedValue
from zhibu.ground.process import actions as process
from zhibu.ground.process import queries as cases
from zhibu.ground.process.spec import CaseKind, Effect, Ruling, deciding_grant
from zhibu.ground.tree import actions as tree_actions
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import HostUnit, Organisation
from zhibu.ground.tree.queries import CommitteeView, OrgView
from zhibu.kernel.periods import Span
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


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()


def _check(decisions: Iterable[Decision]) -> None:
    found = refusals(decisions)
    if found:
        raise StructureError(found)


def _org(org_id: int) -> OrgView:
    found = tree.views([org_id]).get(org_id)
    if found is None or found.status == "dissolved":
        raise tree.NotFound("没有找到这个党组织，或它已经撤销")
    return found


def _rule(org: OrgView, family: str, on: date) -> Any:
    return queries.rules_for([org], family, on)[org.id]


def _not_future(day: date | None, today: date, what: str) -> Iterable[Decision]:
    if day is not None and day > today:
        yield refuse("E001", f"{what} {day} 晚于今天 {today}。请填实际日期。")


def _reasoned(reason: str, what: str) -> Iterable[Decision]:
    if len(reason.strip()) < 2:
        yield refuse("E054", f"没有写{what}的理由。请写一两句话，上级按它答复。")


# ---------------------------------------------------------------- requests


@transaction.atomic
def request_establishment(actor: Actor, parent_id: int, wish: Establishment, *, at: datetime) -> int:
    """Ask for a new organisation under a parent; the parent hands in, an organisation above it answers. Returns the case id.

    Raises StructureError (E001–E005, E044), CaseError E053 while one with the same code is open.
    """
    parent = _org(parent_id)
    actor.require(Permission.ORG_REQUEST, parent.path)
    _check(establishment_refusals(parent, wish, PENDING, None, _day(at)))
    subject = int.from_bytes(hashlib.sha256(wish.code.encode()).digest()[:7], "big")
    return process.submit(
        actor, kind=procedures.ESTABLISH.code, org_id=parent_id, submitted_from=parent_id, subject_type="new_organisation", subject_id=subject,
        title=f"成立{wish.name}", wish=pack(wish), at=at,
    )


def establishment_refusals(parent: OrgView, wish: Establishment, document: str, approved_on: date | None, today: date) -> tuple[Decision, ...]:
    """Check the founding against the rules that hold at the parent; every refusal, in the order of the form."""
    found = [rules.check_parent("", wish.kind, parent.path, parent.kind)]
    if not wish.code.strip() or not wish.name.strip():
        found.append(refuse("E054", "组织代码和名称都要填写。"))
    taken = set(Organisation.objects.filter(code=wish.code.strip()).values_list("code", flat=True))
    day = wish.established_on or approved_on or today
    found += rules.check_establishment(
        _rule(parent, "org", today), wish.kind, today, day, wish.full, wish.host_units, len(wish.planned_branches), wish.applied_on, approved_on,
        document, wish.code.strip(), taken,
    )
    return tuple(found)


@transaction.atomic
def request_adjustment(actor: Actor, org_id: int, wish: Adjustment, *, version: int, at: datetime) -> int:
    """Ask to rename, retype or move an organisation; returns the case id. Raises StructureError, CaseError E053, Stale."""
    org = _org(org_id)
    actor.require(Permission.ORG_REQUEST, org.path)
    _fresh(org_id, version)
    _check(adjustment_refusals(org, wish, _day(at), wish.on or _day(at)))
    return process.submit(
        actor, kind=procedures.ADJUST.code, org_id=org_id, submitted_from=org_id, subject_type="organisation", subject_id=org_id,
        title=f"调整{org.name}：{'、'.join(changes(org, wish))}", wish=pack(wish), at=at,
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
    found = [*_reasoned(wish.reason, "调整"), *_not_future(on, today, "调整日期")]
    if not changes(org, wish):
        found.append(refuse("E054", "没有填要改什么。名称、类别、上级至少改一项。"))
    begun = max((s.from_on for s in tree.spells_of(_subtree(org), on, date.max) if s.to_on is None), default=on)
    if on < begun:
        found.append(refuse("E002", f"调整日期 {on} 早于上一次变动的日期 {begun}。请填 {begun} 或以后的日期。"))
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
        yield rules.check_full_members(_rule(org, "org", today), members.full)
    if kind == "joint_branch":
        yield from _unit_refusals(org, tree.host_units(scope, [org.id]).get(org.id, ()), today)


def _unit_refusals(org: OrgView, units: Sequence[str], today: date) -> Iterable[Decision]:
    if len(units) < 2:
        yield refuse("E005", f"联合党支部只填了 {len(units)} 个单位，至少要 2 个。只有一个单位的，请改设党支部。")
    yield rules.check_units(_rule(org, "org", today), len(units))


@transaction.atomic
def request_dissolution(actor: Actor, org_id: int, wish: Dissolution, *, at: datetime) -> int:
    """Ask to dissolve an organisation, its members going to `successor_id`; returns the case id."""
    org = _org(org_id)
    actor.require(Permission.ORG_REQUEST, org.path)
    _check(dissolution_refusals(org, wish, PENDING, _day(at), wish.on or _day(at)))
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
        found.append(refuse("E002", f"撤销日期 {on} 早于上一次变动的日期 {begun}。请填 {begun} 或以后的日期。"))
    if wish.successor_id:
        receiver = tree.views([wish.successor_id]).get(wish.successor_id)
        if receiver is None or receiver.id == org.id or receiver.status == "dissolved" or not receiver.is_branch:
            found.append(refuse("E045", "接收党员的组织要是另一个正常的党支部。请另选接收支部。"))
    return tuple(found)


@transaction.atomic
def request_extension(actor: Actor, org_id: int, wish: Extension, *, at: datetime) -> int:
    """Ask to extend the committee's term; returns the case id. Raises StructureError E002 (no extension), E050 (longer than allowed)."""
    org = _org(org_id)
    actor.require(Permission.ORG_REQUEST, org.path)
    committee = _in_office(org)
    _check([*_reasoned(wish.reason, "延期"), rules.check_extension(_rule(org, "term", _day(at)), committee.expires_on, wish.until, PENDING)])
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
    _found(actor, ruling.org_id, unpack(Establishment, ruling.wish), ruling.document, ruling.answered_on or _day(at), at)


def _found(actor: Actor, parent_id: int, wish: Establishment, document: str, approved_on: date, at: datetime) -> int:
    parent = _org(parent_id)
    _check(establishment_refusals(parent, wish, document, approved_on, _day(at)))
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
    org, wish = _org(ruling.org_id), unpack(Adjustment, ruling.wish)
    on = wish.on or ruling.answered_on or _day(at)
    _check(adjustment_refusals(org, wish, _day(at), on))
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
    org, wish = _org(ruling.org_id), unpack(Dissolution, ruling.wish)
    on = wish.on or ruling.answered_on or _day(at)
    _check(dissolution_refusals(org, wish, ruling.document, _day(at), on))
    if wish.successor_id:
        if not actor.may(Permission.ORG_APPROVE, tree.path_of(wish.successor_id)):
            raise process.CaseError("E023", "接收党员的支部不在您的管理范围。请由两个支部共同的上级审批")
        people_actions.move_all(actor, from_org_id=org.id, to_org_id=wish.successor_id, on=on, document=ruling.document, at=at)
    for post in people.posts(Scope((org.path,)), on, org_ids=[org.id]):
        if post.to_on is None:
            people_actions.end_post(actor, post.id, on=on, at=at)
    tree_actions.dissolve(actor, org.id, on=on, at=at, reason=wish.reason[:200], document=ruling.document, successor_id=wish.successor_id)


def _extend(ruling: Ruling, actor: Actor, at: datetime) -> None:
    org, wish = _org(ruling.org_id), unpack(Extension, ruling.wish)
    committee = _in_office(org)
    if committee.id != ruling.subject_id:
        raise StructureError(refuse("E053", "报延期以后已经换届，这一届不用再延期。请把这件事退回。"))
    _check([rules.check_extension(_rule(org, "term", _day(at)), committee.expires_on, wish.until, ruling.document)])
    tree_actions.extend_committee(actor, committee.id, until=wish.until, at=at, document=ruling.document)


EFFECTS: dict[str, Effect] = {
    procedures.ESTABLISH.code: _establish,
    procedures.ADJUST.code: _adjust,
    procedures.DISSOLVE.code: _dissolve,
    procedures.EXTEND.code: _extend,
}


# ---------------------------------------------------------------- the superior decides directly


def may_decide_directly(actor: Actor, kind: CaseKind, path: str, *, new: bool = False) -> bool:
    """Tell whether the actor answers for an organisation strictly above `path` (for a new organisation: for its parent or above)."""
    return actor.may(kind.decide, path) if new else deciding_grant(kind, actor, path) is not None


@transaction.atomic
def found_directly(actor: Actor, parent_id: int, wish: Establishment, *, document: str, approved_on: date, at: datetime) -> int:
    """Establish an organisation by the superior's own decision; returns its id. Raises StructureError E049 without the paper."""
    parent = _org(parent_id)
    actor.require(Permission.ORG_APPROVE, parent.path)
    return _found(actor, parent_id, wish, document.strip(), approved_on, at)


@transaction.atomic
def decide_directly(
    actor: Actor, org_id: int, wish: Adjustment | Dissolution | Extension, *, document: str, decided_on: date, version: int | None = None, at: datetime
) -> None:
    """Carry out an adjustment, dissolution or extension by the decision of an organisation above, without a case.

    Raises StructureError E049 without the paper, E001 for a paper dated in the future, E053 while a case about it is open; CaseError E023.
    """
    org = _org(org_id)
    kind, effect = {Adjustment: (procedures.ADJUST, _adjust), Dissolution: (procedures.DISSOLVE, _dissolve), Extension: (procedures.EXTEND, _extend)}[type(wish)]
    actor.require(kind.decide, org.path)
    if deciding_grant(kind, actor, org.path) is None:
        raise process.CaseError("E023", "审批权限不符：只有上级党组织才能直接决定。请报上级审批")
    if version is not None:
        _fresh(org_id, version)
    if not document.strip():
        raise StructureError(refuse("E049", f"{kind.title}要有上级的决定文件。请填文件名称和文号。"), "document")
    _check(_not_future(decided_on, _day(at), "决定日期"))
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

    Raises StructureError E005 for a joint branch with fewer than 2 or too many units, Stale when somebody saved since `version`.
    """
    org = _org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    wanted = tuple(dict.fromkeys(u.strip() for u in units if u.strip())) if units is not None else None
    if wanted is not None and org.kind == "joint_branch":
        _check(_unit_refusals(org, wanted, _day(at)))
    tree_actions.edit_contacts(actor, org_id, values=values, version=version, at=at)
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


# ---------------------------------------------------------------- committees and posts


@dataclass(frozen=True, slots=True)
class SeatEntry:
    """A person elected with one or more posts; `override_doc`: the superior's paper where a secretary has too few years."""

    person_id: int
    posts: tuple[str, ...]
    override_doc: str = ""


@dataclass(frozen=True, slots=True)
class Election:
    """The result of an election as it is entered."""

    elected_on: date
    seats: tuple[SeatEntry, ...]
    approval_doc: str
    term_years: int | None = None
    below_reason: str = ""
    end_previous: bool = True


@transaction.atomic
def enter_committee(actor: Actor, org_id: int, result: Election, *, at: datetime) -> tuple[int, tuple[Decision, ...]]:
    """Enter an elected committee; the previous one and its posts end that day. Returns (committee id, warnings).

    Raises StructureError: E001, E044 (two committees, two secretaries, one person twice), E017 (not a full member with rights), E045
    (membership elsewhere), E049 (no approval; secretary below the minimum years), E050/E055 (term), E042 (shorter than national).
    """
    org = _org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    scope, today = Scope((org.path,)), _day(at)
    earlier = tree.committees(scope, org_ids=[org_id])
    previous = next((c for c in earlier if c.ended_on is None), None)
    replaced = previous if previous and result.end_previous and previous.elected_on < result.elected_on else None
    others = [Span(c.elected_on, c.ended_on) for c in earlier if c is not replaced]
    seats, found = _seats(actor, org, result)
    try:
        checked = rules.check_committee(_rule(org, "org", result.elected_on), result.elected_on, today, seats, others)
    except UndefinedValue as error:
        raise StructureError(refuse("E055", str(error))) from error
    found += [d for d in checked if not d.ok]
    if not seats:
        found.append(refuse("E054", "没有填班子成员。至少要有书记。"))
    if not result.approval_doc.strip():
        found.append(refuse("E049", "选举结果要报上级批复。请填批复文件的名称和文号。"))
    planned, term_refusals = _plan_term(org, result)
    _check([*found, *term_refusals])
    assert planned is not None and planned.expires_on is not None
    if replaced is not None:
        _end_term(actor, scope, replaced, result.elected_on, at)
    size = len({s.person_id for s in seats})
    (committee_id,) = tree_actions.seat_committees(
        actor,
        [
            tree_actions.NewCommittee(
                org_id, max((c.number for c in earlier), default=0) + 1, result.elected_on, planned.years, planned.expires_on, size if size > 2 else 0,
                result.approval_doc.strip()[:100], below_national_reason=result.below_reason.strip()[:200] if planned.below_national else "",
            )
        ],
        at=at,
    )
    people_actions.fill_posts(
        actor,
        [people_actions.NewPost(org_id, s.person_id, post, result.elected_on, committee_id, override_reason=s.override_doc[:200]) for s in seats for post in s.posts],
        at=at,
    )
    return committee_id, tuple(d for d in checked if d.ok)


def _plan_term(org: OrgView, result: Election) -> tuple[rules.Term | None, tuple[Decision, ...]]:
    try:
        planned = rules.term(_rule(org, "term", result.elected_on), org.kind, org.village_or_community, result.elected_on, result.term_years)
    except rules.YearsRequired as error:
        return None, (refuse("E050", str(error)),)
    return planned, refusals([planned.refusal, rules.check_reason_below_national(planned, result.below_reason)])


def _end_term(actor: Actor, scope: Scope, committee: CommitteeView, on: date, at: datetime) -> None:
    for post in people.posts(scope, org_ids=[committee.org_id]):
        if post.to_on is None and post.kind != PostKind.OFFICER and post.from_on <= on:
            people_actions.end_post(actor, post.id, on=on, at=at)
    tree_actions.end_committee(actor, committee.id, on=on, at=at)


def _seats(actor: Actor, org: OrgView, result: Election) -> tuple[list[rules.Seat], list[Decision]]:
    seats: list[rules.Seat] = []
    found: list[Decision] = []
    for entry in result.seats:
        seat, decision = _seat(actor, org, entry, result.elected_on)
        if decision is not None:
            found.append(decision)
        if seat is not None:
            seats.append(seat)
    return seats, found


def _seat(actor: Actor, org: OrgView, entry: SeatEntry, on: date) -> tuple[rules.Seat | None, Decision | None]:
    unknown = set(entry.posts) - set(PostKind.values)
    if unknown or not entry.posts:
        return None, refuse("E054", "班子成员没有选职务，或职务不在列表里。请给每名成员选职务。")
    try:
        file = people.member_file(actor.scope(Permission.MEMBER_READ), entry.person_id, on)
    except tree.NotFound:
        return None, refuse("E045", "所选的人不在您能管理的支部，或不是党员。请从名单中另选。")
    spell = next((s for s in file.spells if s.from_on <= on and (s.to_on is None or on < s.to_on)), None)
    seat = rules.Seat(entry.person_id, file.name, entry.posts, spell.standing if spell else "ended", file.full_on, entry.override_doc)
    if spell is not None and org.is_branch and spell.org_id != org.id:
        return seat, refuse("E045", f"{file.name} 的组织关系不在“{org.name}”，不能担任它的职务。请先转入组织关系或另选人。")
    if spell is not None and spell.rights != Rights.NORMAL:
        return seat, refuse("E017", f"{file.name} 现在{spell.rights_title}，不能担任班子成员。请更换人选。")
    return seat, None


@transaction.atomic
def fill_vacancy(actor: Actor, org_id: int, *, person_id: int, post: str, from_on: date, override_doc: str = "", at: datetime) -> int:
    """Fill one vacant post, by by-election or appointment; returns the post's id. Raises StructureError E001, E044, E017, E045, E049."""
    org = _org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    scope, today = Scope((org.path,)), _day(at)
    committee = next((c for c in tree.committees(scope, from_on, org_ids=[org_id]) if c.ended_on is None), None)
    found = [*_not_future(from_on, today, "任职日期")]
    seat, decision = _seat(actor, org, SeatEntry(person_id, (post,), override_doc), from_on)
    found += [decision] if decision is not None else []
    held = [p for p in people.posts(scope, from_on, org_ids=[org_id]) if p.to_on is None]
    if post in ("secretary", "organization", "publicity", "discipline"):
        same = next((p for p in held if p.kind == post), None)
        if same is not None:
            found.append(refuse("E044", f"{same.title}现在是{same.name}。请先填{same.name}的离任日期，再补选。"))
    if any(p.person_id == person_id and p.kind == post for p in held):
        found.append(refuse("E044", "这名党员已经担任这个职务，不用再填。"))
    if seat is not None and (decision is None or decision.code != "E045"):
        try:
            found += rules.check_committee(_rule(org, "org", from_on), from_on, today, [seat])
        except UndefinedValue as error:
            found.append(refuse("E055", str(error)))
    _check(_once(found))
    (post_id,) = people_actions.fill_posts(
        actor, [people_actions.NewPost(org_id, person_id, post, from_on, committee.id if committee else None, override_reason=override_doc[:200])], at=at
    )
    return post_id


def _once(decisions: Iterable[Decision]) -> list[Decision]:
    kept: dict[str, Decision] = {}
    for one in decisions:
        if not one.ok:
            kept.setdefault(one.code, one)
    return list(kept.values())


@transaction.atomic
def end_post(actor: Actor, org_id: int, post_id: int, *, on: date, at: datetime) -> None:
    """End a post on a day. Raises StructureError E001, E002 (before it began), NotFound."""
    org = _org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    post = next((p for p in people.posts(Scope((org.path,)), org_ids=[org_id]) if p.id == post_id and p.to_on is None), None)
    if post is None:
        raise tree.NotFound("没有找到这个职务，或已经离任")
    found = [*_not_future(on, _day(at), "离任日期")]
    if on < post.from_on:
        found.append(refuse("E002", f"离任日期 {on} 早于任职日期 {post.from_on}。请核对。"))
    _check(found)
    people_actions.end_post(actor, post_id, on=on, at=at)


# ---------------------------------------------------------------- groups


@transaction.atomic
def form_group(actor: Actor, org_id: int, *, name: str, member_ids: Sequence[int], leader_id: int | None, from_on: date, at: datetime) -> int:
    """Form a Party group with its members and leader; returns its id.

    Raises StructureError E003 (no branch), E006 (too few, no full member), E007 (somebody is in another group), E045, E001.
    """
    org = _org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    scope = Scope((org.path,))
    members, others = _groups_now(scope, org, from_on)
    group = rules.Group(None, name.strip(), tuple(dict.fromkeys(member_ids)), leader_id)
    found = [*_not_future(from_on, _day(at), "成立日期")]
    if not name.strip():
        found.append(refuse("E054", "没有填党小组名称。"))
    if any(o.name == name.strip() for o in others):
        found.append(refuse("E044", f"已经有一个“{name.strip()}”。请换一个名称。"))
    _check([*found, *rules.check_group(_rule(org, "org", from_on), org.kind, group, members, others)])
    (group_id,) = tree_actions.form_groups(actor, [tree_actions.NewGroup(org_id, name.strip()[:40], from_on)], at=at)
    people_actions.place(
        actor, [people_actions.NewPlace(org_id, p, group_id, from_on, is_leader=p == leader_id) for p in group.member_ids], at=at
    )
    return group_id


def _groups_now(scope: Scope, org: OrgView, on: date) -> tuple[dict[int, rules.GroupMember], list[rules.Group]]:
    roll = people.roll(scope, org.id, on) if org.is_branch else []
    members = {m.person_id: m for m in queries.as_members(roll)}
    return members, [queries.as_group(c) for c in queries.group_cards(scope, org.id, on, roll)]


@transaction.atomic
def arrange_groups(
    actor: Actor, org_id: int, *, places: Mapping[int, int], leaders: Mapping[int, int], on: date, at: datetime
) -> None:
    """Place members in groups (person id -> group id) and choose leaders (group id -> person id) from a day on; the rest stays.

    Every group of the branch is checked as it would be afterwards: E006, E045 (leader not in the group, person or group of another branch), E001.
    """
    org = _org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    scope = Scope((org.path,))
    members, now = _groups_now(scope, org, on)
    known = {g.group_id for g in now}
    if not set(places.values()) | set(leaders) <= known:
        raise StructureError(refuse("E045", "所选的党小组不在本支部，或已经撤销。请重新打开页面再编。"))
    after = _arranged(now, places, leaders)
    effective = _rule(org, "org", on)
    found = [*_not_future(on, _day(at), "编组日期")]
    for group in after:
        found += rules.check_group(effective, org.kind, group, members)
    _check(found)
    before = {(p, g.group_id): p == g.leader_id for g in now for p in g.member_ids}
    wanted = [
        people_actions.NewPlace(org_id, p, g.group_id, on, is_leader=p == g.leader_id)
        for g in after for p in g.member_ids
        if g.group_id is not None and before.get((p, g.group_id)) != (p == g.leader_id)
    ]
    if wanted:
        people_actions.place(actor, wanted, at=at)


def _arranged(now: Sequence[rules.Group], places: Mapping[int, int], leaders: Mapping[int, int]) -> list[rules.Group]:
    found = []
    for group in now:
        kept = [p for p in group.member_ids if places.get(p, group.group_id) == group.group_id]
        added = [p for p, g in places.items() if g == group.group_id and p not in kept]
        inside = (*kept, *added)
        leader = leaders.get(group.group_id or 0, group.leader_id if group.leader_id in inside else None)
        found.append(rules.Group(group.group_id, group.name, inside, leader))
    return found


@transaction.atomic
def close_group(actor: Actor, org_id: int, group_id: int, *, move_to: int | None, on: date, at: datetime) -> None:
    """Close a Party group; its members go to another group, or, when it is the last one, to none. Raises StructureError E007, E001, NotFound."""
    org = _org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    scope = Scope((org.path,))
    members, now = _groups_now(scope, org, on)
    group = next((g for g in now if g.group_id == group_id), None)
    if group is None:
        raise tree.NotFound("没有找到这个党小组，或已经撤销")
    remaining = [g for g in now if g.group_id != group_id]
    if move_to is not None:
        if move_to not in {g.group_id for g in remaining}:
            raise StructureError(refuse("E045", "接收组员的党小组不在本支部。请另选一个。"))
        remaining = _arranged(remaining, dict.fromkeys(group.member_ids, move_to), {})
    _check([*_not_future(on, _day(at), "撤销日期"), rules.check_group_closing(group, members, remaining)])
    if move_to is not None and group.member_ids:
        people_actions.place(actor, [people_actions.NewPlace(org_id, p, move_to, on) for p in group.member_ids], at=at)
    GroupPlace.objects.within(scope).filter(group_id=group_id, to_on__isnull=True).update(to_on=on)
    tree_actions.close_group(actor, group_id, on=on, at=at)
