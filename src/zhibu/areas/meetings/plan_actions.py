"""Plan a meeting, change it, call it off, and note which record it led to. A plan never fulfils anything."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree

from . import form, joint, planning, plans
from .entry import EntryRefused, Fault
from .models import Plan, PlanChange
from .planning import Planned
from .plans import plan, planned


class PlanStale(EntryRefused):
    """Somebody else changed the plan since the form was opened (E044)."""


STALE = "您打开这一页以后，别人先改过这次会。现在的时间、地点列在旁边，核对后再保存"


@transaction.atomic
def make(actor: Actor, org_id: int, new: Planned, *, at: datetime) -> int:
    """Plan a meeting; returns the plan's id. Raises EntryRefused with every fault found (E001, E002, E023, E044, E045, E054)."""
    org_path = tree.path_of(org_id)
    actor.require(Permission.ACTIVITY_WRITE, org_path)
    scope = Scope((org_path,))
    _check(actor, scope, org_id, new, at)
    row = Plan.objects.within(scope).create(org_id=org_id, made_by=actor.name, made_at=at, **_columns(new))
    journal.write(actor, "meetings.plan", at=at, org_id=org_id, org_path=org_path, subject=("plan", row.pk), changes={"day": str(new.day), "kinds": _columns(new)["kinds"]})
    return row.pk


@transaction.atomic
def change(actor: Actor, plan_id: int, new: Planned, *, version: int, reason: str, at: datetime) -> None:
    """Change a plan; how it stood stays readable. Raises EntryRefused: E044 when it is no longer open; PlanStale when somebody changed it since `version`."""
    row, scope = _locked(actor, plan_id)
    if row.host_org_id is not None:
        raise EntryRefused((Fault("day", "E023", "这次会由主办的支部定，请主办的支部改；本支部不参加可以回“不参加”"),))
    if row.version != version:
        raise PlanStale((Fault("day", "E044", STALE),))
    _check(actor, scope, row.org_id, new, at, but=row.pk)
    _keep(scope, row, "changed", reason, actor, at)
    for name, value in _columns(new).items():
        setattr(row, name, value)
    row.version += 1
    row.save()
    _journal(actor, scope, row, "meetings.change_plan", at)
    joint.host_changed(actor, row, at=at)


@transaction.atomic
def cancel(actor: Actor, plan_id: int, *, reason: str, at: datetime) -> None:
    """Call a planned meeting off, with the reason. Raises EntryRefused E054 without one, E044 when it is no longer open."""
    row, scope = _locked(actor, plan_id)
    if len(reason.strip()) < 2:
        raise EntryRefused((Fault("reason", "E054", "请写明为什么不开了，例如：防汛，书记下村"),))
    _keep(scope, row, "cancelled", reason, actor, at)
    row.state, row.state_why, row.version = "cancelled", reason.strip()[:200], row.version + 1
    row.save()
    _journal(actor, scope, row, "meetings.cancel_plan", at)
    joint.host_changed(actor, row, at=at)
    joint.tell_host(row, state="declined", expected=None, present=None)


@transaction.atomic
def hold(actor: Actor, org_id: int, activity_id: int, plan_id: int | None, *, at: datetime) -> None:
    """Note that a meeting was planned: by the plan named, else by open plans of its day that it holds entirely. Plans called off are left alone."""
    org_path = tree.path_of(org_id)
    actor.require(Permission.ACTIVITY_WRITE, org_path)
    scope = Scope((org_path,))
    rows = Plan.objects.within(scope).select_for_update().filter(org_id=org_id, state="planned").order_by("id")
    held_on, _ = recorded.moments(scope, [activity_id])[activity_id]
    for row in rows.filter(pk=plan_id) if plan_id else rows.filter(day=held_on):
        held = recorded.activity(scope, activity_id)
        if plan(scope, row.pk).activity_id not in (None, activity_id) or (not plan_id and not {(k, g) for k, g in row.kinds} <= set(held.kinds)):
            continue
        row.activity_id = activity_id
        row.save(update_fields=["activity_id"])
        _journal(actor, scope, row, "meetings.hold_plan", at)
        joint.recorded_by(actor, org_id, activity_id, at=at)


@transaction.atomic
def end_with(actor: Actor, org_ids: Sequence[int], *, on: date, reason: str, at: datetime, batch_id: int) -> int:
    """Call off what organisations that end on a day have planned or are invited to from that day on, the reason kept; who holds it with them
    learns of it. Asks for ORG_APPROVE: who dissolves an organisation ends what hung on it. Returns how many."""
    ended = 0
    for org_id in org_ids:
        path = tree.path_of(org_id)
        actor.require(Permission.ORG_APPROVE, path)
        scope = Scope((path,))
        for row in plans.open_rows(scope, org_id, on):
            _keep(scope, row, "cancelled", reason, actor, at)
            row.state, row.state_why, row.version = "cancelled", reason[:200], row.version + 1
            row.save()
            journal.write(
                actor, "meetings.cancel_plan", at=at, org_id=org_id, org_path=path, subject=("plan", row.pk), batch_id=batch_id,
                changes={"day": str(row.day), "state": row.state, "reason": reason[:200]},
            )
            joint.host_changed(actor, row, at=at)
            joint.tell_host(row, state="declined", expected=None, present=None)
            ended += 1
    return ended


def _locked(actor: Actor, plan_id: int) -> tuple[Plan, Scope]:
    """Give a plan that is still open, with the right to change it asked."""
    row = Plan.objects.within(actor.scope(Permission.ACTIVITY_READ)).select_for_update().filter(pk=plan_id).first()
    if row is None:
        raise tree.NotFound("没有找到这次计划的会")
    org_path = tree.path_of(row.org_id)
    actor.require(Permission.ACTIVITY_WRITE, org_path)
    scope = Scope((org_path,))
    _may_lead(actor, scope, row)
    if row.state != "planned":
        raise EntryRefused((Fault("day", "E044", f"这次会现在是“{planning.PLAN_ZH[row.state]}”，不能再改。要开就重新计划一次"),))
    if plan(scope, plan_id).activity_id is not None:
        raise EntryRefused((Fault("day", "E044", "这次会已经开过、记好了，计划不能再改。要改请更正那条记录"),))
    return Plan.objects.within(scope).get(pk=plan_id), scope


def _may_lead(actor: Actor, scope: Scope, row: Plan) -> None:
    """Refuse (E023) a group leader who changes a meeting of more than the own group."""
    only = form.leads_only(actor, form.roll(scope, row.org_id, row.day))
    if only is not None and any(kind != "group_meeting" or group not in only for kind, group in row.kinds):
        raise EntryRefused((Fault("day", "E023", "党小组长只办自己小组的会。这次会请支部书记或委员改"),))


def _check(actor: Actor, scope: Scope, org_id: int, new: Planned, at: datetime, but: int | None = None) -> None:
    today = timezone.localtime(at).date()
    roll = form.roll(scope, org_id, today)
    others = Plan.objects.within(scope).filter(org_id=org_id, day=new.day, state="planned").order_by("id")
    taken = {(k, g, p.day, p.start_at) for p in others if p.pk != but for k, g in p.kinds}
    found = planning.faults(new, planning.Ground(
        today, roll.org.kind, [k.value for k in roll.kinds], [g.id for g in roll.groups], form.leads_only(actor, roll), form.form_rules(org_id, today).together, taken,
    ))
    if found:
        raise EntryRefused(found)


def _columns(new: Planned) -> dict[str, object]:
    topics = [t.strip()[:120] for t in new.topics if t.strip()][: planning.MOST_TOPICS]
    return {
        "kinds": [list(pair) for pair in new.kinds], "day": new.day, "start_at": new.start, "end_at": new.end, "place": new.place.strip()[:100], "topics": topics,
        "bring": new.bring.strip()[:200], "moved_why": new.moved_why.strip()[:200],
    }


def _keep(scope: Scope, row: Plan, what: str, reason: str, actor: Actor, at: datetime) -> None:
    old = planned(row)
    before = f"{planning.said_day(old.day)} {planning.said_time(old.start, old.end)}，{old.place}。{'；'.join(old.topics)}"
    PlanChange.objects.within(scope).create(org_id=row.org_id, plan=row, what=what, before=before[:400], reason=reason.strip()[:200], by=actor.name, at=at)


def _journal(actor: Actor, scope: Scope, row: Plan, action: str, at: datetime) -> None:
    journal.write(actor, action, at=at, org_id=row.org_id, org_path=scope.paths[0], subject=("plan", row.pk), changes={"day": str(row.day), "state": row.state})
