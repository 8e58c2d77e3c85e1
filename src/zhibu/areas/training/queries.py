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
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.numbers import percent

from . import lessons, rules
from .lessons import Brought, Lesson
from .models import StudyNote, TrainingRecord
from .rules import Central, Kind, Pace, Target


@dataclass(frozen=True, slots=True)
class MemberYear:
    """The hours of one member in a year, in tenths: from meetings, from records that count, from those that do not, from where he was before."""

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
    before: int = 0  # earned this year where the member was before

    @property
    def total(self) -> int:
        """Give the hours that count."""
        return self.meetings + self.courses + self.before


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
    up (else the secretaries alone have a line, for their central training); None: from the day on which somebody's pace is looked at (duties ask for nothing earlier).
    """
    on = as_of(wanted, today)
    orgs = [o for o in tree.organisations(scope, on) if o.is_branch and (org_ids is None or o.id in org_ids)]
    return _years(scope, orgs, wanted, today, None if org_ids is None else [o.id for o in orgs], hours)


def _years(scope: Scope, orgs: Iterable[OrgView], wanted: int, today: date, org_ids: list[int] | None, hours: bool | None = True) -> list[OrgYear]:
    return _judged(scope, orgs, wanted, today, org_ids, hours)[0]


def _judged(
    scope: Scope, orgs: Iterable[OrgView], wanted: int, today: date, org_ids: list[int] | None, hours: bool | None = True
) -> tuple[list[OrgYear], list[Lesson], Brought, Mapping[int, int]]:
    """Judge the year of organisations; with it the lessons that were read, what newcomers brought along, and who was merged into whom."""
    on, first, last = as_of(wanted, today), date(wanted, 1, 1), date(wanted, 12, 31)
    orgs = list(orgs)
    held_by = spread({o.id: o.path for o in orgs}, "education", on)
    added = hours if hours is not None else any(today >= rules.pace_day(rule, wanted) for rule in held_by.values())
    members: dict[int, list[Belonging]] = {}
    for one in people.belonging(scope, on, org_ids, secretaries=not added):
        members.setdefault(one.org_id, []).append(one)
    twice = people.merged() if added else {}
    held = lessons.lessons(scope, first, on, org_ids, twice) if added else []
    earned = lessons.earned(held, held_by)
    recorded, trained = _recorded(scope, first, last, org_ids, held_by, twice, added)
    homes = {m.person_id: m.org_id for own in members.values() for m in own if m.from_on > first} if added else {}
    along = lessons.brought(scope, on, first, org_ids, homes, held, twice) if homes else lessons.NOTHING
    found = []
    for org in orgs:
        rule = held_by[org.id]
        if not rule.has("education.hours"):
            continue
        lines = tuple(_member(rule, m, earned, recorded, trained.get((org.id, m.person_id), ()), along, wanted, today) for m in members.get(org.id, ()))
        found.append(OrgYear(org, lines, tuple(dict.fromkeys(layer.rule_set.title for layer in rule.layers if layer.rule_set.defines("education")))))
    return found, held, along, twice


def _member(
    rule: Effective, m: Belonging, earned: Mapping[tuple[int, int], int], recorded: Mapping[tuple[int, int], tuple[int, int]], trained: Iterable[date], along: Brought,
    wanted: int, today: date,
) -> MemberYear:
    key = (m.org_id, m.person_id)
    officer = any(kind != PostKind.OFFICER for kind in m.posts)
    target = rules.target(rule, officer)
    meetings, (courses, uncounted) = earned.get(key, 0), recorded.get(key, (0, 0))
    before, not_counted = along.tenths(m.person_id, rule) if m.person_id in along.lessons else (0, 0)
    judged = rules.central(rule, m.secretary_since, (*trained, *along.trained(m.person_id)), wanted, today) if m.secretary_since is not None else None
    return MemberYear(
        m.person_id, m.org_id, m.name, officer, m.secretary_since is not None, meetings, courses, uncounted + not_counted, target,
        rules.pace(rule, target, meetings + courses + before, wanted, today), judged, before,
    )


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
    clause: str = ""  # by which what no certificate says was reckoned


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
    judged, held, along, twice = _judged(scope, [org], wanted, today, [org.id])
    found = [o for o in judged if org.is_branch]
    line = next((m for o in found for m in o.members if m.person_id == person_id), None)
    if line is None:
        raise tree.NotFound("这一年没有这名党员的学时")
    on, first, last = as_of(wanted, today), date(wanted, 1, 1), date(wanted, 12, 31)
    rule = spread({org.id: org.path}, "education", on)[org.id]
    sources = [_lesson(rule, one) for one in held if person_id in one.present]
    ids = {person_id} | {old for old, stays in twice.items() if stays == person_id}
    rows = TrainingRecord.objects.within(people.offices(scope)).filter(org_id=org.id, first_on__gte=first, first_on__lte=last)
    sources += [_record(rule, r) for r in rows.filter(person_id__in=ids).order_by("first_on", "id")]
    mine = (along.lessons.get(person_id, ()), along.records.get(person_id, ()))
    names = {i: o.name for i, o in tree.views({one.org_id for one in mine[0]} | {r.org_id for r in mine[1]}).items()} if any(mine) else {}
    sources += [_lesson(rule, one, names[one.org_id]) for one in mine[0]] + [_record(rule, r, names[r.org_id]) for r in mine[1]]
    notes = tuple(
        Note(n.pk, n.kind, n.day, n.title, n.made_by)
        for n in StudyNote.objects.within(people.offices(scope)).filter(org_id=org.id, person_id__in=ids, day__gte=first, day__lte=last, ended_at__isnull=True).order_by("-day", "-id")
    )
    essays = cast(int, rule.value("education.essays_per_year")) if rule.has("education.essays_per_year") else 0
    return PersonYear(org, line, tuple(sorted(sources, key=lambda s: (s.on, s.record_id or 0), reverse=True)), notes, essays, found[0].rule_sets)


def _lesson(rule: Effective, one: Lesson, before: str = "") -> Source:
    """Say what a lesson gave. before: the organisation where the member was then; its record opens to whoever reads it there."""
    proof = f"在{one.at}参加，本支部登记" if one.at else f"补课：{one.made_up}" if one.made_up else "会议点人"
    clause = rule.get("education.hours_not_said" if one.at else "education.made_up_kinds").clause if one.at or one.made_up else ""
    tenths = lessons.worth(rule, one)
    return Source(
        one.on, one.on, one.kind, one.title, tenths, tenths > 0, f"{before}：{proof}" if before else proof, "",
        activity_id=one.met.id if one.met is not None and not before else None, clause=clause,
    )


def _record(rule: Effective, r: TrainingRecord, before: str = "") -> Source:
    return Source(
        r.first_on, r.last_on, r.kind, r.title, r.tenths, rules.counts(rule, r.kind) and r.ended_at is None, f"{before}：{r.proof}" if before else r.proof, r.made_by,
        record_id=None if before else r.pk, session_id=r.session_id, ended_why=(r.ended_why or "去掉") if r.ended_at is not None else "",
    )


def on_list(scope: Scope, org_id: int, on: date) -> list[tuple[int, str]]:
    """List the members of a branch for whom something may be registered: (person, name), by name."""
    return [(m.person_id, m.name) for m in people.belonging(scope, on, [org_id])]


def record(scope: Scope, record_id: int) -> tuple[OrgView, int, str, int]:
    """Give the organisation, the member, one line and the year of a record; NotFound outside the scope."""
    r = TrainingRecord.objects.within(people.offices(scope)).filter(pk=record_id).first()
    if r is None:
        raise tree.NotFound("没有找到这条登记")
    return tree.organisation(scope, r.org_id), r.person_id, f"{r.name}，{r.first_on.year}年{r.first_on.month}月{r.first_on.day}日，{r.title}", r.first_on.year
