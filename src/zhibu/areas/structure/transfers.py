"""Hand a whole part of the tree over: villages of one township come under another, in one step, with their names changed where wanted."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.tree import reorganising
from zhibu.ground.tree.queries import OrgView
from zhibu.ground.tree.reorganising import renamed
from zhibu.kernel.dates import show
from zhibu.kernel.result import Decision, refusals, refuse

from . import rearranging as common
from . import rules
from .actions import check, day_of
from .rearranging import Changed, Line, Preview, some


@dataclass(frozen=True, slots=True)
class Transfer:
    """Which organisations come under which other one from a day on; `names`: words in their names and what is put in their place ("" = no change)."""

    org_ids: tuple[int, ...]
    to_id: int
    on: date
    document: str
    decided_on: date
    reason: str
    names: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class _Plan:
    orgs: tuple[OrgView, ...]
    receiver: OrgView
    moving: tuple[OrgView, ...]  # the chosen ones and everything below


def preview(actor: Actor, wish: Transfer, *, today: date) -> Preview:
    """Say in numbers and names what a transfer will do, which rules hold from the day on, and what is in the way."""
    plan = _plan(actor, wish)
    title = f"{len(plan.orgs)} 个组织划归“{plan.receiver.name}”，从{show(wish.on)}起"
    return Preview(title, tuple(_lines(wish, plan)), (), refusals(_refusals(actor, wish, plan, today)))


@transaction.atomic
def transfer(actor: Actor, wish: Transfer, *, seen: str, at: datetime) -> list[int]:
    """Carry a transfer out, all or nothing; returns the ids of all that moved. Raises StructureError (E001–E003, E023, E044, E049, E054), Changed."""
    plan = _plan(actor, wish)
    check(_refusals(actor, wish, plan, day_of(at)))
    now = preview(actor, wish, today=day_of(at))
    if now.digest != seen:
        raise Changed(now)
    batch, document = journal.batch_number(), wish.document.strip()[:100]
    moved = reorganising.reparent(
        actor, [o.id for o in plan.orgs], to_parent_id=plan.receiver.id, on=wish.on, document=document, at=at, batch_id=batch, names=wish.names
    )
    journal.write(
        actor, "structure.transfer", at=at, org_id=plan.receiver.id, org_path=plan.receiver.path_now, subject=("organisation", plan.receiver.id), batch_id=batch,
        changes={
            "orgs": [o.id for o in plan.orgs], "moved": moved, "on": str(wish.on), "document": document, "reason": wish.reason.strip()[:300],
            "names": list(wish.names),
        },
    )
    return moved


def _plan(actor: Actor, wish: Transfer) -> _Plan:
    receiver = common.standing([wish.to_id])[0]
    orgs = tuple(common.standing(wish.org_ids)) if wish.org_ids else ()
    for org in (*orgs, receiver):
        actor.require(Permission.ORG_APPROVE, org.path_now)
    return _Plan(orgs, receiver, (*orgs, *common.subtree(orgs)) if orgs else ())


def _refusals(actor: Actor, wish: Transfer, plan: _Plan, today: date) -> Iterable[Decision]:
    yield from common.papers(wish.document, wish.decided_on, wish.on, wish.reason, today)
    if not plan.orgs:
        yield refuse("E054", "没有选要划转的组织。请至少选一个。")
        return
    yield from common.decided_above(actor, plan.orgs)
    if not actor.may(Permission.ORG_APPROVE, plan.receiver.path_now):
        yield refuse("E023", f"“{plan.receiver.name}”不归您的组织管理。请由共同的上级党组织办理。")
    for org in plan.orgs:
        if org.parent_id == plan.receiver.id:
            yield refuse("E054", f"“{org.name}”已经在“{plan.receiver.name}”下面，不用划转。请去掉。")
        decision = rules.check_parent(org.path_now, org.kind, plan.receiver.path_now, plan.receiver.kind)
        if not decision:
            yield decision
        if any(o.id != org.id and org.path_now.startswith(o.path_now) for o in plan.orgs):
            yield refuse("E003", f"“{org.name}”会随它的上级一起划转，不用单独选。请去掉。")
    yield from common.settled((*plan.moving, plan.receiver), wish.on)
    if wish.names[0]:
        fresh = [renamed(o.name, wish.names) for o in plan.moving]
        if fresh == [o.name for o in plan.moving]:
            yield refuse("E054", f"要划转的组织名称里没有“{wish.names[0]}”。请核对要改的字。")
        if any(not n.strip() or len(n) > 100 for n in fresh):
            yield refuse("E054", "改后的名称是空的或超过 100 字。请核对要改的字。")
        yield from common.names_free(fresh, [o.id for o in plan.moving])


def _lines(wish: Transfer, plan: _Plan) -> Iterable[Line]:
    if not plan.orgs:
        return
    scope = Scope(tuple(o.path_now for o in plan.orgs))
    inside = people.total(people.headcounts(scope, wish.on).values())
    yield Line("划转的组织", f"{len(plan.orgs)} 个", some(o.name for o in plan.orgs), f"连同下级共 {len(plan.moving)} 个，从那天起由“{plan.receiver.name}”领导")
    yield Line("其中的党员", f"{inside.members_all} 人", (), "仍在原来的支部，不变；班子、党小组、台账、没答复的报批都随组织走")
    if wish.names[0]:
        fresh = [(o.name, renamed(o.name, wish.names)) for o in plan.moving]
        changed = [f"{a} → {b}" for a, b in fresh if a != b]
        yield Line("改名", f"{len(changed)} 个", some(changed), "从那天起用新名称，以前的日子仍是原名")
    yield from _rules(wish, plan)


def _rules(wish: Transfer, plan: _Plan) -> Iterable[Line]:
    """Name the families for which the set that comes from above is another one under the new superior."""
    found = common.conflicts(common.as_of(plan.receiver, wish.on), [common.as_of(o, wish.on) for o in plan.orgs], wish.on)
    said = tuple(f"{c.title}：新上级按“{c.offered[0][1]}”" for c in found)
    what = "自己另有指定的仍按自己的；其余从那天起按新上级的，以前的月份不变" if found else "新旧上级一样，没有变化"
    yield Line("规则", f"{len(found)} 类不同", said, what)
