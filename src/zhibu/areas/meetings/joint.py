"""One activity of several organisations (联合开展): the host invites, each takes part with a plan, a record and a ledger slot of its own.

Each side reads rows of its own only: the host keeps a line per guest (state and headcounts), the guest an invitation in the shape of a plan.
What one side does is written to the other's row by the action, never read across. No slot of a guest is filled without its own attendance.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ActivityKind

from .entry import EntryRefused, Fault
from .models import JointGuest, Plan, PlanChange
from .plans import plan

#: what several organisations hold together; members' meetings and committees decide for one branch, groups belong to one
TOGETHER = (ActivityKind.THEME_DAY, ActivityKind.LECTURE)
MOST = 30


@dataclass(frozen=True, slots=True)
class GuestView:
    """One guest as the host sees it: never a name of its members."""

    org_id: int
    org_path: str
    plan_id: int
    name: str
    state: str
    expected: int | None
    present: int | None


def guests(scope: Scope, plan_id: int) -> list[GuestView]:
    """List the guests of a plan, in the order of their invitation."""
    rows = list(JointGuest.objects.within(scope).filter(plan_id=plan_id).order_by("id"))
    orgs = tree.views(r.guest_org_id for r in rows)
    return [GuestView(r.guest_org_id, orgs[r.guest_org_id].path, r.guest_plan_id, orgs[r.guest_org_id].name, r.state, r.expected, r.present) for r in rows]


def neighbours(org_id: int) -> list[tree.OrgView]:
    """List the branches that may be asked first: those under the same superior (names and places in the tree are open to everybody signed in)."""
    own = tree.views([org_id])[org_id]
    if own.parent_id is None:
        return []
    above = tree.views([own.parent_id])[own.parent_id]
    return [o for o in tree.organisations(Scope((above.path,))) if o.is_branch and o.id != org_id]


@transaction.atomic
def invite(actor: Actor, plan_id: int, org_ids: Iterable[int], *, at: datetime) -> int:
    """Ask branches to hold a planned meeting together; returns how many were asked now. Raises EntryRefused (E023, E044, E045, E054)."""
    row = Plan.objects.within(actor.scope(Permission.ACTIVITY_READ)).filter(pk=plan_id).first()
    if row is None:
        raise tree.NotFound("没有找到这次计划的会")
    path = tree.path_of(row.org_id)
    actor.require(Permission.ACTIVITY_WRITE, path)
    scope, wanted = Scope((path,)), list(dict.fromkeys(org_ids))
    kinds = [[k, None] for k, _ in row.kinds if k in TOGETHER]
    if row.host_org_id is not None:
        raise _refused("E023", "这次会是别的支部邀请的，请由主办的支部邀请")
    if row.state != "planned" or plan(scope, plan_id).activity_id is not None:
        raise _refused("E044", "这次会已经取消或记好了，不能再邀请。下次请在开会前邀请")
    if len(kinds) != len(row.kinds):
        raise _refused("E045", "联合开展的只有主题党日和党课。党员大会、支委会、党小组会由本支部自己开")
    own, known = tree.views([row.org_id])[row.org_id], {o.id: o for o in neighbours(row.org_id)}
    if not wanted or len(wanted) > MOST or not set(wanted) <= set(known):
        raise _refused("E054", f"请从列出的支部中选，一次最多 {MOST} 个")
    asked = set(JointGuest.objects.within(scope).filter(plan_id=plan_id).order_by("id").values_list("guest_org_id", flat=True))
    for org_id in (i for i in wanted if i not in asked):
        there = Plan.objects.within(Scope((known[org_id].path_now,))).create(
            org_id=org_id, kinds=kinds, day=row.day, start_at=row.start_at, end_at=row.end_at, place=row.place, topics=row.topics, bring=row.bring,
            state="invited", made_by=own.name[:60], made_at=at, host_org_id=row.org_id,
        )
        JointGuest.objects.within(scope).create(org_id=row.org_id, plan=row, guest_org_id=org_id, guest_plan_id=there.pk)
    journal.write(actor, "meetings.invite", at=at, org_id=row.org_id, org_path=path, subject=("plan", plan_id), changes={"asked": [i for i in wanted if i not in asked]})
    return len([i for i in wanted if i not in asked])


def _refused(code: str, reason: str) -> EntryRefused:
    return EntryRefused((Fault("guests", code, reason),))


@transaction.atomic
def answer(actor: Actor, plan_id: int, *, comes: bool, reason: str, at: datetime) -> None:
    """Say whether the own branch takes part. Declining needs a reason (E054); an answer may be changed until the meeting is recorded (E044)."""
    row = Plan.objects.within(actor.scope(Permission.ACTIVITY_READ)).filter(pk=plan_id, host_org_id__isnull=False).first()
    if row is None:
        raise tree.NotFound("没有找到这个邀请")
    path = tree.path_of(row.org_id)
    actor.require(Permission.ACTIVITY_WRITE, path)
    if row.state == "cancelled" or plan(Scope((path,)), plan_id).activity_id is not None:
        raise EntryRefused((Fault("reason", "E044", "这次会已经记好，或主办的支部取消了，不用再回"),))
    if not comes and len(reason.strip()) < 2:
        raise EntryRefused((Fault("reason", "E054", "请写一句为什么不参加，例如：当天本支部开组织生活会"),))
    scope = Scope((path,))
    row = Plan.objects.within(scope).get(pk=plan_id)
    PlanChange.objects.within(scope).create(org_id=row.org_id, plan=row, what="accepted" if comes else "declined", before="", reason=reason.strip()[:200], by=actor.name, at=at)
    row.state, row.state_why = ("planned", "") if comes else ("declined", reason.strip()[:200])
    row.save(update_fields=["state", "state_why"])
    tell_host(row, state="accepted" if comes else "declined")
    journal.write(actor, "meetings.answer", at=at, org_id=row.org_id, org_path=path, subject=("plan", plan_id), changes={"comes": comes})


def tell_host(guest: Plan, **values: Any) -> None:
    """Write state and headcounts into the host's line; nothing else crosses."""
    if guest.host_org_id is not None:
        JointGuest.objects.within(Scope((tree.path_of(guest.host_org_id),))).filter(guest_plan_id=guest.pk).update(**values)


def _guest_plans(host: Plan) -> list[Plan]:
    found = []
    for line in JointGuest.objects.within(Scope((tree.path_of(host.org_id),))).filter(plan_id=host.pk).order_by("id"):
        found += list(Plan.objects.within(Scope((tree.path_of(line.guest_org_id),))).filter(pk=line.guest_plan_id))
    return found


def host_changed(actor: Actor, host: Plan, *, at: datetime) -> None:
    """Carry a change or the end of the host's plan into the invitations that are not recorded yet."""
    for row in _guest_plans(host):
        if plan(Scope((tree.path_of(row.org_id),)), row.pk).activity_id is not None:
            continue
        if host.state == "cancelled":
            row.state, row.state_why = "cancelled", "主办的支部取消了"
        else:
            row.day, row.start_at, row.end_at, row.place, row.topics, row.bring = host.day, host.start_at, host.end_at, host.place, host.topics, host.bring
        row.version += 1
        row.save()


def recorded_by(actor: Actor, org_id: int, activity_id: int, *, at: datetime) -> None:
    """Carry what was recorded, corrected or voided to the other side: the host's content to its guests, a guest's headcounts to its host."""
    scope = Scope((tree.path_of(org_id),))
    written = recorded.activity(scope, activity_id)
    before = {activity_id}
    while (older := recorded.activity(scope, min(before)).corrects_id) is not None:  # the plan names the first entry of a chain of corrections
        before.add(older)
    for row in Plan.objects.within(scope).filter(org_id=org_id, activity_id__in=before).order_by("id"):
        counts = {"state": "accepted", "expected": None, "present": None} if written.voids else {
            "state": "recorded", "expected": written.expected_count, "present": written.present_count,
        }
        tell_host(row, **counts)
        for guest in _guest_plans(row):
            guest.host_said = _content(written, at)
            if guest.activity_id is None and not written.voids:
                guest.day = written.held_on
            guest.save(update_fields=["host_said", "day"])


def _content(v: recorded.ActivityView, at: datetime) -> dict[str, Any]:
    """Give what a guest takes over: hours and place. What was said, decided or given as a reason may name members and stays with the host."""
    if v.voids:
        return {"at": at.isoformat(), "voided": True}
    return {
        "at": at.isoformat(), "corrected": v.corrects_id is not None, "start": v.start_at.isoformat() if v.start_at else "",
        "end": v.end_at.isoformat() if v.end_at else "", "place": v.place,
    }
