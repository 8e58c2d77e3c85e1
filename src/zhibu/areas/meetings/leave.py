"""Ask for leave before a meeting, answer it, and hand it to the roll-call (S04 step 3). Leave never takes the place of the branch's own roll-call."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree import queries as tree

from . import form, plans
from .models import Leave


class LeaveRefused(Exception):
    """Leave cannot be asked or answered so; `code` of rules.md §10, `reason` says how to cure."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class LeaveView:
    """A request for leave."""

    id: int
    plan_id: int
    person_id: int
    name: str
    reason: str
    state: str
    asked_by: str
    on_behalf: bool
    asked_at: datetime
    decided_by: str
    decided_why: str


def _view(row: Leave) -> LeaveView:
    return LeaveView(row.pk, row.plan_id, row.person_id, row.name, row.reason, row.state, row.asked_by, row.on_behalf, row.asked_at, row.decided_by, row.decided_why)


def leaves(scope: Scope, plan_id: int) -> list[LeaveView]:
    """List the requests about a planned meeting, in the order in which they came."""
    return [_view(r) for r in Leave.objects.within(Scope(scope.paths)).filter(plan_id=plan_id).order_by("asked_at", "id")]


def own(person_id: int) -> dict[int, LeaveView]:
    """Give somebody's own requests by plan."""
    rows = Leave.objects.within(Scope(person_id=person_id)).filter(person_id=person_id).order_by("-id")[:100]
    return {r.plan_id: _view(r) for r in rows}


def waiting(scope: Scope, org_id: int) -> dict[int, int]:
    """Count the requests without an answer, by plan."""
    found: dict[int, int] = {}
    for plan_id in Leave.objects.within(Scope(scope.paths)).filter(org_id=org_id, state="asked").order_by("id").values_list("plan_id", flat=True):
        found[plan_id] = found.get(plan_id, 0) + 1
    return found


def granted(scope: Scope, plan_id: int) -> dict[int, str]:
    """Give the reasons of approved leave by person, as the roll-call begins with them."""
    return {one.person_id: one.reason for one in leaves(scope, plan_id) if one.state == "approved"}


def plan_id(scope: Scope, leave_id: int) -> int:
    """Give the plan that a request is about; NotFound outside the scope."""
    found = Leave.objects.within(Scope(scope.paths)).filter(pk=leave_id).values_list("plan_id", flat=True).first()
    if found is None:
        raise tree.NotFound("没有找到这条请假")
    return found


@transaction.atomic
def ask(actor: Actor, plan_id: int, *, reason: str, at: datetime) -> None:
    """Ask for leave for oneself. Raises tree.NotFound unless the meeting is one's own branch's and one is expected; LeaveRefused (E044, E054)."""
    person_id, today = actor.person_id, timezone.localtime(at).date()
    if person_id is None or not actor.holds(Permission.OWN_FILE):
        raise tree.NotFound("没有找到这次会")
    own_branch, found = plans.mine(person_id, today)
    view = next((p for p in found if p.id == plan_id), None)
    if own_branch is None or view is None:
        raise tree.NotFound("没有找到这次会")
    name = next(p.name for p in form.roll(own_branch.scope, own_branch.org.id, today).people if p.id == person_id)
    row = _write(own_branch.scope, view, person_id, name, reason, actor, at, on_behalf=False)
    journal.write(actor, "meetings.ask_leave", at=at, org_id=view.org_id, org_path=own_branch.scope.paths[0], subject=("leave", row.pk))


@transaction.atomic
def withdraw(actor: Actor, plan_id: int, *, at: datetime) -> None:
    """Take the own request back; the member comes after all. Without a request nothing happens."""
    if actor.person_id is None or not actor.holds(Permission.OWN_FILE):
        raise tree.NotFound("没有找到这次会")
    row = Leave.objects.within(Scope(person_id=actor.person_id)).filter(plan_id=plan_id, person_id=actor.person_id, state__in=["asked", "approved"]).select_related("org").first()
    if row is None:
        return
    home = Leave.objects.within(Scope((row.org.path,))).get(pk=row.pk)
    home.state = "withdrawn"
    home.save(update_fields=["state"])
    journal.write(actor, "meetings.withdraw_leave", at=at, org_id=row.org_id, org_path=row.org.path, subject=("leave", row.pk))


@transaction.atomic
def enter(actor: Actor, plan_id: int, person_id: int, *, reason: str, at: datetime) -> None:
    """Enter leave that a member told of (recorded so); by a secretary it is approved with it, by others it waits for the secretary.

    Raises LeaveRefused: E045 for somebody who is not expected, E023 for a group leader outside the own group, E044, E054.
    """
    view = plans.plan(actor.scope(Permission.ACTIVITY_READ), plan_id)
    path = tree.path_of(view.org_id)
    actor.require(Permission.ACTIVITY_WRITE, path)
    scope, today = Scope((path,)), timezone.localtime(at).date()
    roll = form.roll(scope, view.org_id, max(today, view.day) if view.day < today else today)
    person = next((p for p in plans.expected(roll, view) if p.id == person_id), None)
    if person is None:
        raise LeaveRefused("E045", "这名同志不在这次会的应到名单里。请从名单中选")
    only = form.leads_only(actor, roll)
    if only is not None and person.group_id not in only:
        raise LeaveRefused("E023", "党小组长只登记自己小组的请假。别的同志请支部书记登记")
    row = _write(scope, view, person_id, person.name, reason, actor, at, on_behalf=True)
    if actor.may(Permission.LEAVE_DECIDE, path) and person_id != actor.person_id:
        row.state, row.decided_by, row.decided_at = "approved", actor.name, at
        row.save()
    journal.write(actor, "meetings.enter_leave", at=at, org_id=view.org_id, org_path=path, subject=("leave", row.pk), changes={"state": row.state})


def _write(scope: Scope, view: plans.PlanView, person_id: int, name: str, reason: str, actor: Actor, at: datetime, *, on_behalf: bool) -> Leave:
    if len(reason.strip()) < 2:
        raise LeaveRefused("E054", "请写一句请假的原因，例如：在县医院住院，外出务工")
    if not view.open:
        raise LeaveRefused("E044", "这次会已经开过、取消，或支部还没有答应参加，现在不用请假")
    rows = Leave.objects.within(scope)
    row = rows.filter(plan_id=view.id, person_id=person_id).first()
    if row is not None and row.state in ("asked", "approved"):
        raise LeaveRefused("E044", "这次会已经请过假了，不用再请" if row.state == "approved" else "已经请过假，正在等书记批，不用再请")
    values = {"name": name, "reason": reason.strip()[:100], "state": "asked", "asked_by": actor.name, "on_behalf": on_behalf, "asked_at": at, "decided_by": "", "decided_at": None, "decided_why": ""}
    if row is None:
        return rows.create(org_id=view.org_id, plan_id=view.id, person_id=person_id, **values)
    for key, value in values.items():
        setattr(row, key, value)
    row.save()
    return row


@transaction.atomic
def decide(actor: Actor, leave_id: int, *, approve: bool, why: str, at: datetime) -> int:
    """Approve or decline a request; returns the plan's id. Nobody decides on the own (E037); declining needs a reason (E054)."""
    row = Leave.objects.within(actor.scope(Permission.ACTIVITY_READ)).filter(pk=leave_id).first()
    if row is None:
        raise tree.NotFound("没有找到这条请假")
    path = tree.path_of(row.org_id)
    actor.require(Permission.LEAVE_DECIDE, path)
    if actor.person_id is not None and row.person_id == actor.person_id:
        raise LeaveRefused("E037", "自己的请假不能自己批，请副书记或另一位书记批；没有别人的，开会点人时直接点“假”")
    if not approve and len(why.strip()) < 2:
        raise LeaveRefused("E054", "不准假请写一句为什么，让本人知道")
    if row.state != "asked":
        raise LeaveRefused("E044", "这条请假刚刚已经有人批过，或本人收回了")
    home = Leave.objects.within(Scope((path,))).get(pk=leave_id)
    home.state, home.decided_by, home.decided_at, home.decided_why = "approved" if approve else "declined", actor.name, at, why.strip()[:100]
    home.save()
    journal.write(actor, "meetings.decide_leave", at=at, org_id=row.org_id, org_path=path, subject=("leave", row.pk), changes={"state": home.state})
    return row.plan_id
