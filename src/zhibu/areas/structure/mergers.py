"""Merge organisations (撤乡并镇、合村并居): first a preview of everything that will happen, then one transaction. Nothing that has history is lost."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from zhibu.ground.access import endings as access
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import carrying
from zhibu.ground.people import queries as people
from zhibu.ground.policy import endings as policy_endings
from zhibu.ground.tree import actions as tree_actions
from zhibu.ground.tree import closing, reorganising
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.dates import show
from zhibu.kernel.result import Decision, refusals, refuse

from . import rearranging as common
from . import rules
from .actions import StructureError, check, day_of
from .rearranging import Changed, Line, Newcomer, Preview, RuleConflict, some


@dataclass(frozen=True, slots=True)
class Merger:
    """Which organisations end, which one takes everything over (one that exists, or a newcomer under `parent_id`), from which day, by which paper.

    chosen: family of rules -> code of the set that holds from the day on, where the sets differ. keep_groups: Party groups go on at the receiver.
    """

    sources: tuple[int, ...]
    parent_id: int
    into_id: int | None
    on: date
    document: str
    decided_on: date
    reason: str
    new: Newcomer | None = None
    keep_groups: bool = True
    chosen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Plan:
    sources: tuple[OrgView, ...]
    branches: bool
    receiver: OrgView | None
    parent: OrgView
    children: tuple[OrgView, ...]   # what hangs directly under the sources
    below: tuple[OrgView, ...]      # everything under the sources
    conflicts: tuple[RuleConflict, ...]
    blocks: tuple[Decision, ...]

    @property
    def above(self) -> OrgView:
        """Give whose rules the receiver follows: its own, or for a newcomer those of the parent."""
        return self.receiver or self.parent


def preview(actor: Actor, wish: Merger, *, today: date) -> Preview:
    """Say in numbers and names what a merger will do and what is in the way. Raises Refused or NotFound for what the actor may not see."""
    plan = _plan(actor, wish, today)
    name = plan.receiver.name if plan.receiver else wish.new.name if wish.new else ""
    title = f"{'、'.join(o.name for o in plan.sources)}并入{'新成立的' if wish.new else ''}“{name}”，从{show(wish.on)}起"
    return Preview(title, tuple(_lines(wish, plan)), plan.conflicts, plan.blocks)


@transaction.atomic
def merge(actor: Actor, wish: Merger, *, seen: str, at: datetime) -> int:
    """Carry a merger out, all or nothing; returns the id of the organisation that goes on.

    seen: the digest of the preview that was shown. Raises Changed when it would look otherwise now, StructureError with everything that is in the
    way (E001, E002, E003, E004, E023, E044, E045, E049, E053, E054) or is not decided yet.
    """
    today = day_of(at)
    plan = _plan(actor, wish, today)
    check(plan.blocks)
    now = preview(actor, wish, today=today)
    if now.digest != seen:
        raise Changed(now)
    open_ones = refusals(common.undecided(plan.conflicts, wish.chosen))
    if open_ones:
        raise StructureError(open_ones, f"rules-{plan.conflicts[0].family}")
    batch, document, ids = journal.batch_number(), wish.document.strip()[:100], [o.id for o in plan.sources]
    into = plan.receiver.id if plan.receiver else _found(actor, wish, plan, document, at)
    moved = reorganising.reparent(actor, [c.id for c in plan.children], to_parent_id=into, on=wish.on, document=document, at=at, batch_id=batch)
    posts = carrying.vacate(actor, ids, on=wish.on, at=at, batch_id=batch)
    name, persons, carried = tree.name_of(into), 0, dict[str, int]()
    reason = f"本组织从{show(wish.on)}起并入{name}"
    for source in plan.sources:
        going = _carry_members(actor, wish, source, into, document, at, batch) if plan.branches else ()
        persons += len(going)
        along = closing.carry_all(actor, source.id, into, person_ids=going, whole=True, on=wish.on, reason=reason, at=at, batch_id=batch)
        carried = {title: carried.get(title, 0) + along.get(title, 0) for title in (*carried, *along)}
    assignments = policy_endings.end_with(actor, ids, on=wish.on, at=at, batch_id=batch)
    grants = access.end_at(actor, ids, on=max(wish.on, today), at=at, batch_id=batch)
    ended = closing.end_all(actor, ids, on=wish.on, reason=reason, at=at, batch_id=batch)
    for source in plan.sources:
        tree_actions.dissolve(
            actor, source.id, on=wish.on, at=at, reason=f"并入{name}：{wish.reason.strip()}"[:200], document=document, successor_id=into, batch_id=batch
        )
    receiver = tree.views([into])[into]
    common.adopt(actor, receiver, plan.conflicts, wish.chosen, on=wish.on, document=document, reason=wish.reason.strip()[:300], at=at)
    journal.write(
        actor, "structure.merge", at=at, org_id=into, org_path=receiver.path_now, subject=("organisation", into), batch_id=batch,
        changes={
            "sources": ids, "on": str(wish.on), "document": document, "reason": wish.reason.strip()[:300], "founded": bool(wish.new), "moved": moved,
            "members": persons, "posts": posts, "assignments": assignments, "grants": grants, "carried": carried, "ended": ended,
            "rules": dict(wish.chosen),
        },
    )
    return into


def _plan(actor: Actor, wish: Merger, today: date) -> _Plan:
    parent = common.standing([wish.parent_id])[0]
    actor.require(Permission.ORG_APPROVE, parent.path_now)
    receiver = common.standing([wish.into_id])[0] if wish.into_id else None
    sources = tuple(common.standing(set(wish.sources) - {wish.into_id})) if wish.sources else ()
    for org in (*sources, *((receiver,) if receiver else ())):
        actor.require(Permission.ORG_APPROVE, org.path_now)
    below = tuple(common.subtree(sources)) if sources else ()
    ids = {o.id for o in sources}
    branches = bool(sources) and all(o.is_branch for o in sources)
    above = receiver or parent
    found = common.conflicts(common.as_of(above, wish.on), [common.as_of(o, wish.on) for o in sources], wish.on) if sources else ()
    plan = _Plan(sources, branches, receiver, parent, tuple(o for o in below if o.parent_id in ids), below, found, ())
    return _Plan(sources, branches, receiver, parent, plan.children, below, found, refusals(_refusals(actor, wish, plan, today)))


def _refusals(actor: Actor, wish: Merger, plan: _Plan, today: date) -> Iterable[Decision]:
    yield from common.papers(wish.document, wish.decided_on, wish.on, wish.reason, today)
    if not plan.sources:
        yield refuse("E054", "没有选要撤并的组织。请至少选一个。")
        return
    if (plan.receiver is None) == (wish.new is None):
        yield refuse("E054", "请选并入哪个组织，或者填新成立的组织，两样填一样。")
        return
    yield from common.decided_above(actor, (*plan.sources, *((plan.receiver,) if plan.receiver else ())))
    yield from _levels(wish, plan)
    yield from common.settled((*plan.sources, *plan.below, *(() if plan.branches and plan.receiver else (plan.above,))), wish.on)
    yield from common.quiet_since(plan.sources, wish.on)
    yield from common.no_open_cases(plan.sources)
    if plan.receiver is not None and any(s.from_on > wish.on for s in tree.history(plan.receiver.id)[:1]):
        yield refuse("E002", f"“{plan.receiver.name}”在{show(wish.on)}还没有成立。请把日期改晚。")
    if wish.new is not None:
        yield from common.names_free([wish.new.name], [o.id for o in plan.sources], [wish.new.code.strip()])
        count = common.members_of(plan.sources, wish.on)[0] if plan.branches else people.NOBODY
        yield from common.check_newcomer(wish.new, plan.parent, count, len(plan.children), wish.document, wish.decided_on, wish.on, today)


def _levels(wish: Merger, plan: _Plan) -> Iterable[Decision]:
    for one in plan.sources:
        for other in (*plan.sources, *((plan.receiver,) if plan.receiver else ())):
            if one.id != other.id and other.path_now.startswith(one.path_now):
                yield refuse("E003", f"“{other.name}”在“{one.name}”下面，不能一起并。请先调整上下级。")
    kind, name = (plan.receiver.kind, plan.receiver.name) if plan.receiver else (wish.new.kind, wish.new.name) if wish.new else ("", "")
    keeps_members = kind in rules.BRANCHES
    for source in plan.sources:
        if source.is_branch != keeps_members:
            yield refuse("E045", f"“{source.name}”是{source.kind_title}，“{name}”是{rules.TYPE_ZH.get(kind, kind)}，不能合并。党支部并入党支部，党委、党总支并入同级的。")
            return
    for child in plan.children:
        decision = rules.check_parent("", child.kind, "", kind)
        if not decision:
            yield decision
            return


def _found(actor: Actor, wish: Merger, plan: _Plan, document: str, at: datetime) -> int:
    new, first = wish.new, plan.sources[0]
    assert new is not None
    return tree_actions.found(
        actor,
        tree_actions.NewOrg(
            new.code.strip(), new.name.strip(), new.short_name.strip() or new.name.strip()[:40], new.kind, plan.parent.code, wish.on, domain=first.domain,
            approval_doc=document, village_or_community=any(o.village_or_community for o in plan.sources),
            host_units=tuple(dict.fromkeys(u.strip() for u in new.host_units if u.strip())), address=new.address, order=first.order,
        ),
        at=at,
    )


def _carry_members(actor: Actor, wish: Merger, source: OrgView, into: int, document: str, at: datetime, batch: int) -> Sequence[int]:
    groups: Mapping[int, int] = {}
    running = [g.id for g in tree.groups(Scope((source.path_now,)), wish.on, org_ids=[source.id])]
    if wish.keep_groups and running:
        groups = reorganising.form_again(actor, running, to_org_id=into, prefix=source.short_name, on=wish.on, at=at, batch_id=batch)
    return carrying.carry(actor, from_org_id=source.id, to_org_id=into, on=wish.on, document=document, at=at, batch_id=batch, groups=groups)


def _lines(wish: Merger, plan: _Plan) -> Iterable[Line]:
    if not plan.sources:
        return
    yield Line("撤销的组织", f"{len(plan.sources)} 个", tuple(o.name for o in plan.sources), "从那天起撤销；以前的名册、台账按日期还查得到，算在原来的组织")
    if plan.below:
        yield Line("转过来的下级组织", f"{len(plan.children)} 个", some(o.name for o in plan.children), f"连同它们下面的共 {len(plan.below)} 个，改由新的上级领导")
        inside = people.total(people.headcounts(Scope(tuple(o.path_now for o in plan.sources)), wish.on).values())
        yield Line("这些组织的党员", f"{inside.members_all} 人", (), "仍在原来的支部，不变")
    if plan.branches:
        count, persons = common.members_of(plan.sources, wish.on)
        yield Line("党员", f"{len(persons)} 人", some(name for _, name in persons), f"正式 {count.full}，预备 {count.probationary}，停止党籍 {count.suspended}；从那天起转到接收的支部")
        scope, ids = Scope(tuple(o.path_now for o in plan.sources)), [o.id for o in plan.sources]
        groups = tree.groups(scope, wish.on, org_ids=ids)
        yield Line("党小组", f"{len(groups)} 个", some(g.name for g in groups), "连同组员、组长一起转过去" if wish.keep_groups else "从那天起结束，以后在接收的支部重新编组")
        if plan.receiver is not None:
            before = people.headcounts(Scope((plan.receiver.path_now,)), wish.on, [plan.receiver.id]).get(plan.receiver.id, people.NOBODY)
            yield Line("接收的支部", f"{before.members_all + count.members_all} 人", (), f"原有 {before.members_all}，加 {count.members_all}")
    yield from common.ending_lines(plan.sources, wish.on)
    yield Line("规则", f"{len(plan.conflicts)} 类不同", tuple(c.title for c in plan.conflicts), "请在下面选按哪一套" if plan.conflicts else "两边一样，不用选")


