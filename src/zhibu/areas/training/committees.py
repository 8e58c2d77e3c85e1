"""What a set asks of a committee itself: to check the education below it, and a lecture (or a report on the situation) by its leader.

Source: S17 (seed 004e): the company's committee checks yearly, committees of its units half-yearly; the leader of a unit lectures once a year.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import cast

from django.db import transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.resolve import Effective
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.periods import Window, window_of
from zhibu.kernel.result import refuse

from .models import CommitteeDoing
from .refused import TrainingRefused, faults

LOOK_BACK = timedelta(days=92)  # a window of last time stays on the desk that long
COMMITTEES = ("party_committee", "work_committee", "comprehensive_committee")


class Doing(StrEnum):
    """What a committee did."""

    CHECK = "check"
    LECTURE = "lecture"
    REPORT = "report"


DOING_ZH: dict[str, str] = {Doing.CHECK: "检查学习教育", Doing.LECTURE: "主要领导讲党课", Doing.REPORT: "主要领导作形势报告"}
#: what keeps to what is asked for: a report stands for a lecture
KEEPS = {Doing.CHECK.value: (Doing.CHECK.value,), Doing.LECTURE.value: (Doing.LECTURE.value, Doing.REPORT.value)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a committee in a window, and how often it was done."""

    doing: str
    window: Window
    least: int
    clause: str
    done: int = 0

    @property
    def missing(self) -> bool:
        """Tell whether it was done less often than asked."""
        return self.done < self.least


@dataclass(frozen=True, slots=True)
class DoingView:
    """Something a committee did."""

    id: int
    org_id: int
    doing: str
    day: date
    who: str
    what: str
    by: str


@dataclass(frozen=True, slots=True)
class NewDoing:
    """What is entered: what was done, when, by whom, and its subject or what was found."""

    doing: str
    day: date
    who: str
    what: str


def asked(rule: Effective, company: bool, on: date) -> list[Asked]:
    """Give what a set asks of a committee in the windows that hold a day. company: the set was chosen at this committee itself; those below are its units."""
    found = []
    for key in (("education.check_company",) if company else ("education.check_unit", "education.unit_leader_lecture_per_year")):
        if not rule.has(key):
            continue
        given = rule.get(key)
        if key == "education.unit_leader_lecture_per_year":
            found.append(Asked(Doing.LECTURE, window_of("year", on), cast(int, given.value), given.clause))
        else:
            found.append(Asked(Doing.CHECK, window_of(str(given.value), on), 1, given.clause))
    return found


def counted(wanted: Iterable[Asked], done: Iterable[tuple[str, date]]) -> list[Asked]:
    """Count what was done in each window."""
    held = list(done)
    return [Asked(a.doing, a.window, a.least, a.clause, sum(doing in KEEPS[a.doing] and a.window.covers(day) for doing, day in held)) for a in wanted]


def owed(scope: Scope, org: OrgView, today: date) -> list[Asked]:
    """Give what is asked of a committee in the running windows and in those that ended lately, with what was done; nothing where no set asks.

    A window counts when the committee, and the choice of the set, were there on its first day.
    """
    if org.kind not in COMMITTEES or not scope.covers(org.path_now):
        return []
    rule = policy.effective(org.id, "education", today)
    choice = next((layer.choice for layer in rule.layers if layer.choice is not None and layer.rule_set.defines("education")), None)
    if choice is None:
        return []
    wanted = asked(rule, choice.org_id == org.id, today)
    for one in list(wanted):
        before = window_of(one.window.kind.value, one.window.first - timedelta(days=1))
        if before.last >= today - LOOK_BACK:
            wanted.append(Asked(one.doing, before, one.least, one.clause))
    since = max(choice.valid_from or date.min, min((s.from_on for s in tree.history(org.id)), default=date.min)) if wanted else date.min
    wanted = [a for a in wanted if a.window.first >= since]
    return counted(sorted(wanted, key=lambda a: (a.doing, a.window.first)), [(d.doing, d.day) for d in doings(scope, org.id, today - timedelta(days=500), today)] if wanted else [])


def doings(scope: Scope, org_id: int, first: date, last: date) -> list[DoingView]:
    """List what a committee did between two days, newest first."""
    rows = CommitteeDoing.objects.within(scope).filter(org_id=org_id, day__gte=first, day__lte=last, ended_at__isnull=True)
    return [DoingView(r.pk, r.org_id, r.doing, r.day, r.who, r.what, r.made_by) for r in rows.order_by("-day", "-id")]


@transaction.atomic
def enter(actor: Actor, org_id: int, new: NewDoing, *, at: datetime) -> int:
    """Enter what a committee did; returns its id. Raises TrainingRefused: E001, E044 (the same of that day), E045 (no committee), E054."""
    org = tree.views([org_id]).get(org_id)
    path = tree.path_of(org_id)
    actor.require(Permission.TRAINING_WRITE, path)
    scope, who, what = Scope((path,)), " ".join(new.who.split())[:50], " ".join(new.what.split())[:200]
    twin = CommitteeDoing.objects.within(scope).filter(org_id=org_id, doing=new.doing, day=new.day, who=who, ended_at__isnull=True)
    checks = (
        (new.doing not in tuple(Doing), "doing", refuse("E054", "请选是检查、讲党课还是作形势报告")),
        (org is None or org.kind not in COMMITTEES, "doing", refuse("E045", "检查和领导讲课由党委登记；支部开的党课在“开会记录”里记")),
        (new.day > timezone.localtime(at).date(), "day", refuse("E001", "日期晚于今天，请办完了再登记")),
        (len(who) < 2, "who", refuse("E054", "请写谁办的，例如：讲课的领导姓名、检查组")),
        (len(what) < 2, "what", refuse("E054", "请写题目，或者检查了哪些支部、发现什么")),
        (twin.exists(), "day", refuse("E044", "这一天的这一件已经登记过，不用再登记")),
    )
    if found := faults((field, decision) for wrong, field, decision in checks if wrong):
        raise TrainingRefused(*found)
    row = CommitteeDoing.objects.within(scope).create(org_id=org_id, doing=new.doing, day=new.day, who=who, what=what, made_by=actor.name, made_at=at)
    journal.write(actor, "training.committee", at=at, org_id=org_id, org_path=path, subject=("organisation", org_id), changes={"doing": new.doing, "day": str(new.day)})
    return row.pk


@transaction.atomic
def take_back(actor: Actor, doing_id: int, *, at: datetime) -> int:
    """Say that an entry was a mistake; returns its organisation. It stays readable and counts no longer; repeating it changes nothing."""
    found = CommitteeDoing.objects.within(actor.scope(Permission.TRAINING_READ)).filter(pk=doing_id).first()
    if found is None:
        raise tree.NotFound("没有找到这条登记")
    path = tree.path_of(found.org_id)
    actor.require(Permission.TRAINING_WRITE, path)
    row = CommitteeDoing.objects.within(Scope((path,))).get(pk=doing_id)
    if row.ended_at is None:
        row.ended_at, row.ended_by = at, actor.name
        row.save()
        journal.write(
            actor, "training.end_committee", at=at, org_id=row.org_id, org_path=path, subject=("organisation", row.org_id), changes={"doing": row.doing, "day": str(row.day)},
        )
    return row.org_id
