"""The hours of a year: of a member with every source, of a branch, of a county by branch. Nothing is stored; a closed year keeps its rules."""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from django.db.models import Q

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import PostKind
from zhibu.ground.people.queries import Belonging
from zhibu.ground.policy.resolve import Effective
from zhibu.ground.policy.spread import spread
from zhibu.ground.record import study
from zhibu.ground.record.study import Met
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.numbers import percent

from . import rules
from .models import StudyNote, TrainingRecord
from .rules import Central, Kind, Pace, Target

MEETINGS = (Kind.LECTURE.value, Kind.THEME_DAY.value)


@dataclass(frozen=True, slots=True)
class MemberYear:
    """The hours of one member in a year, in tenths: from meetings, from records that count, from records that do not; and how that is judged."""

    person_id: int
    org_id: int
    name: str
    officer: bool
    secretary: bool
    meetings: int
    courses: int
    uncounted: int
    target: Target
    pace: Pace
    central: Central | None  # of a secretary

    @property
    def total(self) -> int:
        """Give the hours that count."""
        return self.meetings + self.courses


@dataclass(frozen=True, slots=True)
class OrgYear:
    """The year of one organisation; `rule_sets` by which it was judged."""

    org: OrgView
    members: tuple[MemberYear, ...]
    rule_sets: tuple[str, ...]

    @property
    def reached(self) -> int:
        """Count the members who reached the target."""
        return sum(m.pace.reached for m in self.members)

    @property
    def behind(self) -> int:
        """Count the members behind the pace of the check day."""
        return sum(m.pace.behind for m in self.members)

    @property
    def short(self) -> int:
        """Count the members short at the end of the year (V11)."""
        return sum(m.pace.short for m in self.members)

    @property
    def untrained(self) -> int:
        """Count the secretaries whose central training is due this year and not had."""
        return sum(m.central is not None and not m.central.done for m in self.members)

    @property
    def rate(self) -> str:
        """Write the share of members who reached the target."""
        return percent(self.reached, len(self.members))


def as_of(year: int, today: date) -> date:
    """Give the day whose members and rules a year is judged by: its last day once it is over."""
    return min(today, date(year, 12, 31))


def year(scope: Scope, wanted: int, today: date, org_ids: Collection[int] | None = None, *, hours: bool | None = True) -> list[OrgYear]:
    """Give the year of every branch in scope (or of some), path-sorted; the number of statements does not depend on how many there are.

    A branch on whose day no set named a target is left out (before 2019 nobody owed hours). hours: whether they are added
    up; None: from the day on which somebody's pace is looked at (duties ask for nothing earlier).
    """
    on = as_of(wanted, today)
    orgs = [o for o in tree.organisations(scope, on) if o.is_branch and (org_ids is None or o.id in org_ids)]
    return _years(scope, orgs, wanted, today, None if org_ids is None else [o.id for o in orgs], hours)


def _years(
    scope: Scope, orgs: Iterable[OrgView], wanted: int, today: date, org_ids: list[int] | None, hours: bool | None = True
) -> list[OrgYear]:
    on, first, last = as_of(wanted, today), date(wanted, 1, 1), date(wanted, 12, 31)
    orgs = list(orgs)
    held_by = spread({o.id: o.path for o in orgs}, "education", on)
    members: dict[int, list[Belonging]] = {}
    for one in people.belonging(scope, on, org_ids):
        members.setdefault(one.org_id, []).append(one)
    added = hours if hours is not None else any(today >= rules.pace_day(rule, wanted) for rule in held_by.values())
    twice = people.merged() if added else {}
    earned = _earned(study.met(scope, MEETINGS, first, min(last, today), org_ids, twice), held_by) if added else {}
    recorded, trained = _recorded(scope, first, last, org_ids, held_by, twice, added)
    found = []
    for org in orgs:
        rule = held_by[org.id]
        if not rule.has("education.hours"):
            continue
        lines = tuple(_member(rule, m, earned, recorded, trained.get((org.id, m.person_id), ()), wanted, today) for m in members.get(org.id, ()))
        found.append(OrgYear(org, lines, tuple(dict.fromkeys(layer.rule_set.title for layer in rule.layers if layer.rule_set.defines("education")))))
    return found


def _member(
    rule: Effective, m: Belonging, earned: Mapping[tuple[int, int], int], recorded: Mapping[tuple[int, int], tuple[int, int]], trained: Iterable[date], wanted: int,
    today: date,
) -> MemberYear:
    key = (m.org_id, m.person_id)
    officer = any(kind != PostKind.OFFICER for kind in m.posts)
    target = rules.target(rule, officer)
    meetings, (courses, uncounted) = earned.get(key, 0), recorded.get(key, (0, 0))
    judged = rules.central(rule, m.secretary_since, trained, wanted, today) if m.secretary_since is not None else None
    return MemberYear(
        m.person_id, m.org_id, m.name, officer, m.secretary_since is not None, meetings, courses, uncounted, target,
        rules.pace(rule, target, meetings + courses, wanted, today), judged,
    )


def _earned(held: Iterable[Met], held_by: Mapping[int, Effective]) -> dict[tuple[int, int], int]:
    """Add up what meetings were worth to everybody who was there: (organisation, person) -> tenths."""
    found: dict[tuple[int, int], int] = {}
    for one in held:
        rule = held_by.get(one.org_id)
        worth = _worth(rule, one) if rule is not None else 0
        if worth:
            for person in one.present:
                found[one.org_id, person] = found.get((one.org_id, person), 0) + worth
    return found


def _worth(rule: Effective, one: Met) -> int:
    kinds = [k for k in one.kinds if rules.counts(rule, k)]
    return rules.meeting_tenths(rule, kinds, one.lecture_hours, one.start_at, one.end_at)


def _recorded(
    scope: Scope, first: date, last: date, org_ids: list[int] | None, held_by: Mapping[int, Effective], twice: Mapping[int, int], added: bool
) -> tuple[dict[tuple[int, int], tuple[int, int]], dict[tuple[int, int], list[date]]]:
    """Give by (organisation, person) the hours recorded in the year (that count, that do not), and the days of central training of ten years: a
    secretary's rotation may be longer than a year. One statement."""
    rows = TrainingRecord.objects.within(people.offices(scope)).filter(ended_at__isnull=True, first_on__lte=last)
    central = Q(kind=Kind.CENTRAL, first_on__gte=date(first.year - 9, 1, 1))
    rows = rows.filter(central | Q(first_on__gte=first) if added else central)
    if org_ids is not None:
        rows = rows.filter(org_id__in=org_ids)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    trained: dict[tuple[int, int], list[date]] = {}
    for org_id, person, kind, tenths, day in rows.order_by("first_on", "id").values_list("org_id", "person_id", "kind", "tenths", "first_on"):
        rule, key = held_by.get(org_id), (org_id, twice.get(person, person))
        if kind == Kind.CENTRAL:
            trained.setdefault(key, []).append(day)
        if day < first or not added:
            continue
        counted, other = found.get(key, (0, 0))
        found[key] = (counted + tenths, other) if rule is not None and rules.counts(rule, kind) else (counted, other + tenths)
    return found, trained


# ---------------------------------------------------------------- one member


@dataclass(frozen=True, slots=True)
class Source:
    """One thing from which hours come. activity_id: a meeting held; record_id: a record of training."""

    on: date
    until: date
    kind: str
    title: str
    tenths: int
    counts: bool
    proof: str
    by: str
    activity_id: int | None = None
    record_id: int | None = None
    session_id: int | None = None
    ended_why: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """An essay or a note."""

    id: int
    kind: str
    day: date
    title: str
    by: str


@dataclass(frozen=True, slots=True)
class PersonYear:
    """A member's year with every source, newest first, and what was written."""

    org: OrgView
    member: MemberYear
    sources: tuple[Source, ...]
    notes: tuple[Note, ...]
    essays_wanted: int
    rule_sets: tuple[str, ...]


def person(scope: Scope, person_id: int, wanted: int, today: date) -> PersonYear:
    """Give a member's year; NotFound outside the scope, where the person was no member on the day, or no rule named a target then."""
    on = as_of(wanted, today)
    org_id = people.home_on(people.offices(scope), person_id, on)
    return _person(scope, tree.organisation(scope, org_id, on), person_id, wanted, today)


def own(person_id: int, wanted: int, today: date) -> PersonYear | None:
    """Give one's own year, whatever one may read of others; None where the person is in no branch, or nothing was owed."""
    on = as_of(wanted, today)
    try:
        org_id = people.home_on(Scope(person_id=person_id), person_id, on)
        home = Scope((tree.path_of(org_id),))
        return _person(home, tree.organisation(home, org_id, on), person_id, wanted, today)
    except tree.NotFound:
        return None


def _person(scope: Scope, org: OrgView, person_id: int, wanted: int, today: date) -> PersonYear:
    found = [o for o in _years(scope, [org], wanted, today, [org.id]) if org.is_branch]
    line = next((m for o in found for m in o.members if m.person_id == person_id), None)
    if line is None:
        raise tree.NotFound("这一年没有这名党员的学时")
    on, first, last = as_of(wanted, today), date(wanted, 1, 1), date(wanted, 12, 31)
    rule = spread({org.id: org.path}, "education", on)[org.id]
    sources = [
        Source(m.held_on, m.held_on, Kind.LECTURE if Kind.LECTURE in m.kinds else Kind.THEME_DAY, m.title, _worth(rule, m), True, "支部会议记录", "", activity_id=m.id)
        for m in study.met(scope, MEETINGS, first, min(last, today), [org.id]) if person_id in m.present
    ]
    ids = {person_id}
    rows = TrainingRecord.objects.within(people.offices(scope)).filter(org_id=org.id, first_on__gte=first, first_on__lte=last)
    ids |= {old for old, stays in people.merged().items() if stays == person_id}
    sources += [
        Source(r.first_on, r.last_on, r.kind, r.title, r.tenths, rules.counts(rule, r.kind) and r.ended_at is None, r.proof, r.made_by, record_id=r.pk,
               session_id=r.session_id, ended_why=(r.ended_why or "去掉") if r.ended_at is not None else "")
        for r in rows.filter(person_id__in=ids).order_by("first_on", "id")
    ]
    notes = tuple(
        Note(n.pk, n.kind, n.day, n.title, n.made_by)
        for n in StudyNote.objects.within(people.offices(scope)).filter(org_id=org.id, person_id__in=ids, day__gte=first, day__lte=last, ended_at__isnull=True).order_by("-day", "-id")
    )
    essays = cast(int, rule.value("education.essays_per_year")) if rule.has("education.essays_per_year") else 0
    return PersonYear(org, line, tuple(sorted(sources, key=lambda s: (s.on, s.record_id or 0), reverse=True)), notes, essays, found[0].rule_sets)


def on_list(scope: Scope, org_id: int, on: date) -> list[tuple[int, str]]:
    """List the members of a branch for whom something may be registered: (person, name), by name."""
    return [(m.person_id, m.name) for m in people.belonging(scope, on, [org_id])]


def record(scope: Scope, record_id: int) -> tuple[OrgView, int, str, int]:
    """Give the organisation, the member, one line and the year of a record; NotFound outside the scope."""
    r = TrainingRecord.objects.within(people.offices(scope)).filter(pk=record_id).first()
    if r is None:
        raise tree.NotFound("没有找到这条登记")
    return tree.organisation(scope, r.org_id), r.person_id, f"{r.name}，{r.first_on.year}年{r.first_on.month}月{r.first_on.day}日，{r.title}", r.first_on.year
