"""Split a branch: some members, by whole Party groups or one by one, go to a new branch under the same superior."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import carrying
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import Membership
from zhibu.ground.people.queries import Headcount
from zhibu.ground.tree import actions as tree_actions
from zhibu.ground.tree import closing, reorganising
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import GroupView, OrgView
from zhibu.kernel.dates import show
from zhibu.kernel.result import Decision, refusals, refuse

from . import rearranging as common
from . import rules
from .actions import StructureError, check, day_of
from .rearranging import Changed, Line, Newcomer, Preview, RuleConflict, some


@dataclass(frozen=True, slots=True)
class Split:
    """From which branch who goes to which new one, from which day, by which paper. Members of the named groups go with their group."""

    from_id: int
    new: Newcomer
    on: date
    document: str
    decided_on: date
    reason: str
    person_ids: tuple[int, ...] = ()
    group_ids: tuple[int, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Plan:
    source: OrgView
    parent: OrgView
    going: tuple[tuple[int, str], ...]
    groups: tuple[GroupView, ...]
    going_count: Headcount
    staying_count: Headcount
    conflicts: tuple[RuleConflict, ...]
    blocks: tuple[Decision, ...] = ()


def preview(actor: Actor, wish: Split, *, today: date) -> Preview:
    """Say in numbers and names what a split will do and what is in the way."""
    plan = _plan(actor, wish, today)
    title = f"从“{plan.source.name}”分出“{wish.new.name}”，从{show(wish.on)}起"
    return Preview(title, tuple(_lines(plan, wish.on)), plan.conflicts, plan.blocks)


@transaction.atomic
def split(actor: Actor, wish: Split, *, seen: str, at: datetime) -> int:
    """Carry a split out, all or nothing; returns the id of the new branch. Raises as mergers.merge."""
    today = day_of(at)
    plan = _plan(actor, wish, today)
    check(plan.blocks)
    now = preview(actor, wish, today=today)
    if now.digest != seen:
        raise Changed(now)
    open_ones = refusals(common.undecided(plan.conflicts, wish.chosen))
    if open_ones:
        raise StructureError(open_ones, f"rules-{plan.conflicts[0].family}")
    batch, document, new = journal.batch_number(), wish.document.strip()[:100], wish.new
    made = tree_actions.found(
        actor,
        tree_actions.NewOrg(
            new.code.strip(), new.name.strip(), new.short_name.strip() or new.name.strip()[:40], new.kind, plan.parent.code, wish.on,
            domain=plan.source.domain, approval_doc=document, village_or_community=plan.source.village_or_community,
            host_units=tuple(dict.fromkeys(u.strip() for u in new.host_units if u.strip())), address=new.address, order=plan.source.order,
        ),
        at=at,
    )
    groups = reorganising.form_again(actor, [g.id for g in plan.groups], to_org_id=made, prefix=plan.source.short_name, on=wish.on, at=at, batch_id=batch)
    moved = carrying.carry(
        actor, from_org_id=plan.source.id, to_org_id=made, person_ids=[p for p, _ in plan.going], groups=groups, on=wish.on, document=document, at=at, batch_id=batch
    )
    carried = closing.carry_all(
        actor, plan.source.id, made, person_ids=moved, whole=False, on=wish.on, reason=f"从{show(wish.on)}起分到{new.name.strip()}", at=at, batch_id=batch
    )
    receiver = tree.views([made])[made]
    common.adopt(actor, receiver, plan.conflicts, wish.chosen, on=wish.on, document=document, reason=wish.reason.strip()[:300], at=at)
    journal.write(
        actor, "structure.split", at=at, org_id=made, org_path=receiver.path_now, subject=("organisation", plan.source.id), batch_id=batch,
        changes={
            "from": plan.source.id, "to": made, "on": str(wish.on), "document": document, "reason": wish.reason.strip()[:300], "persons": moved, "carried": carried,
            "groups": {str(k): v for k, v in groups.items()}, "rules": dict(wish.chosen),
        },
    )
    return made


def roster(actor: Actor, from_id: int, on: date) -> tuple[list[tuple[int, str]], list[tuple[GroupView, int]]]:
    """Give who can be chosen on a day: the members (id, name) and the groups with their sizes. ORG_APPROVE is asked at the branch."""
    source = common.standing([from_id])[0]
    actor.require(Permission.ORG_APPROVE, source.path_now)
    scope = Scope((source.path_now,))
    sizes = {g: len(m) for g, m in people.places(scope, on, [from_id]).items()}
    return common.members_of([source], on)[1], [(g, sizes.get(g.id, 0)) for g in tree.groups(scope, on, org_ids=[from_id])]


def _plan(actor: Actor, wish: Split, today: date) -> _Plan:
    source = common.standing([wish.from_id])[0]
    actor.require(Permission.ORG_APPROVE, source.path_now)
    if source.parent_id is None:
        raise tree.NotFound("没有找到这个党组织")
    parent = common.standing([source.parent_id])[0]
    scope = Scope((source.path_now,))
    placed = people.places(scope, wish.on, [source.id])
    ids = set(wish.person_ids) | {p for g in wish.group_ids for p, _ in placed.get(g, [])}
    everybody = common.members_of([source], wish.on)[1]
    going = tuple((p, name) for p, name in everybody if p in ids)
    groups = tuple(g for g in tree.groups(scope, wish.on, org_ids=[source.id]) if g.id in set(wish.group_ids))
    here = people.headcounts(scope, wish.on, [source.id]).get(source.id, people.NOBODY)
    gone = _count(source, {p for p, _ in going}, wish.on)
    staying = replace(here, full=here.full - gone.full, probationary=here.probationary - gone.probationary, suspended=here.suspended - gone.suspended)
    found = common.conflicts(common.as_of(parent, wish.on), [common.as_of(source, wish.on)], wish.on)
    plan = _Plan(source, parent, going, groups, gone, staying, found)
    return replace(plan, blocks=refusals(_refusals(actor, wish, plan, today)))


def _count(source: OrgView, ids: set[int], on: date) -> Headcount:
    rows = Membership.objects.within(Scope((source.path_now,))).filter(tree.in_span(on), org_id=source.id).order_by("id").values_list("person_id", "standing")
    tally = {"full": 0, "probationary": 0, "suspended": 0}
    for person_id, standing in rows:
        if person_id in ids:
            tally[standing] += 1
    return Headcount(**tally)


def _refusals(actor: Actor, wish: Split, plan: _Plan, today: date) -> Iterable[Decision]:
    source = plan.source
    yield from common.papers(wish.document, wish.decided_on, wish.on, wish.reason, today)
    yield from common.decided_above(actor, [source])
    if not source.is_branch:
        yield refuse("E045", f"“{source.name}”是{source.kind_title}，没有自己的党员。要分出下级组织的，请用“划转下级组织”。")
        return
    if not plan.going:
        yield refuse("E054", "没有选谁去新的支部。请选党小组或党员。")
    elif not plan.staying_count.full + plan.staying_count.probationary + plan.staying_count.suspended:
        yield refuse("", "党员都选走了，原支部就空了。全部转走的，请用“合并下级组织”。")
    if wish.new.kind not in rules.BRANCHES:
        yield refuse("E045", "从党支部分出来的只能是党支部。请重新选类别。")
    known = {p for p, _ in plan.going}
    if set(wish.person_ids) - known or len(plan.groups) < len(set(wish.group_ids)):
        yield refuse("E045", "选的党员或党小组有的已经不在本支部。请重新选。")
    yield from common.settled([source], wish.on)
    yield from _moved_later(source, known, wish.on)
    yield from common.names_free([wish.new.name], [], [wish.new.code.strip()])
    yield from common.check_newcomer(wish.new, plan.parent, plan.going_count, 0, wish.document, wish.decided_on, wish.on, today)


def _moved_later(source: OrgView, ids: set[int], on: date) -> Iterable[Decision]:
    rows = Membership.objects.within(Scope((source.path_now,))).filter(org_id=source.id)
    later = [n for p, n in rows.filter(from_on__gt=on).order_by("id").values_list("person_id", "name") if p in ids]
    later += [n for p, n in rows.filter(to_on__gt=on).order_by("id").values_list("person_id", "name") if p in ids]
    if later:
        yield refuse("E002", f"{'、'.join(sorted(set(later))[:5])}在{show(on)}以后还有变动。请把日期改晚。")


def _lines(plan: _Plan, on: date) -> Iterable[Line]:
    going, staying, source = plan.going_count, plan.staying_count, plan.source
    yield Line("去新支部的党员", f"{len(plan.going)} 人", some(n for _, n in plan.going), f"正式 {going.full}，预备 {going.probationary}，停止党籍 {going.suspended}")
    yield Line("留在原支部的党员", f"{staying.members_all} 人", (), f"正式 {staying.full}，预备 {staying.probationary}" + ("；正式党员不足 3 人，原支部要调整" if staying.full < 3 else ""))
    yield Line("党小组", f"{len(plan.groups)} 个", some(g.name for g in plan.groups), "整组过去，原支部的这个小组结束")
    ids = {p for p, _ in plan.going}
    posts = [p for p in people.posts(Scope((source.path_now,)), on, org_ids=[source.id]) if p.person_id in ids]
    yield Line("在原支部的职务", f"{len(posts)} 个", some(f"{p.name}（{p.title}）" for p in posts), "从那天起结束，原支部要补选")
    for kind in closing.kinds():
        along = kind.about(source.id, sorted(ids), on) if kind.about is not None else ()
        if along:
            yield Line(kind.title, f"{len(along)} {kind.unit}", some(dict.fromkeys(along)), "跟着党员转到新支部")
    yield Line("台账", "不变", (), "以前的记录留在原支部；新支部从那天起自己记")
    yield Line("规则", f"{len(plan.conflicts)} 类不同", tuple(c.title for c in plan.conflicts), "原支部另有指定，请在下面选新支部按哪一套" if plan.conflicts else "和原支部一样，不用选")
