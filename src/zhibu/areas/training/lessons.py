"""From what a member's hours come besides records of training: meetings held, lessons made up for, what was attended elsewhere; and what newcomers bring along."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.came import Before, came
from zhibu.ground.policy.resolve import Effective
from zhibu.ground.record import study
from zhibu.ground.record.study import Met
from zhibu.ground.tree import queries as tree

from . import rules
from .models import TrainingRecord
from .rules import Kind

MEETINGS = (Kind.LECTURE.value, Kind.THEME_DAY.value)
CHUNK = 900


@dataclass(frozen=True, slots=True)
class Lesson:
    """Something attended by some members of an organisation on a day. met: the meeting (held, or made up for); at: where, when it was elsewhere."""

    org_id: int
    on: date
    kind: str
    title: str
    present: frozenset[int]
    met: Met | None = None
    made_up: str = ""
    at: str = ""


def lessons(scope: Scope, first: date, last: date, org_ids: list[int] | None, twice: Mapping[int, int]) -> list[Lesson]:
    """List everything attended in a span of days at organisations in scope; a fixed number of statements."""
    met = study.met(scope, MEETINGS, first, last, org_ids, twice)
    found = [Lesson(m.org_id, m.held_on, _kind(m), m.title, m.present, m) for m in met]
    found += [Lesson(one.met.org_id, one.on, _kind(one.met), one.met.title, one.met.present, one.met, one.how or "补课") for one in study.made_up(scope, MEETINGS, first, last, org_ids, twice)]
    away = study.visited(scope, MEETINGS, first, last, org_ids, twice)
    if away:  # who was at the own branch's meeting of that kind and day, or brought a certificate of it, has its hours already
        days = {(v.on, v.kind) for v in away}
        taken = {(p, m.held_on, k) for m in met for k in m.kinds if (m.held_on, k) in days for p in m.present}
        rows = TrainingRecord.objects.within(people.offices(scope)).filter(ended_at__isnull=True, first_on__in={on for on, _ in days}, kind__in=MEETINGS)
        taken |= {(twice.get(p, p), on, k) for p, on, k in rows.order_by("id").values_list("person_id", "first_on", "kind")}
        found += [Lesson(v.org_id, v.on, v.kind, rules.KIND_ZH[v.kind], frozenset([v.person_id]), at=v.at_org) for v in away if (v.person_id, v.on, v.kind) not in taken]
    return found


def _kind(met: Met) -> str:
    return MEETINGS[0] if MEETINGS[0] in met.kinds else MEETINGS[1]


def worth(rule: Effective, one: Lesson) -> int:
    """Give what a lesson is worth to everybody who was there, in tenths, by a set of rules."""
    if one.met is None:
        return rules.visit_tenths(rule) if rules.counts(rule, one.kind) else 0
    kinds = [k for k in one.met.kinds if rules.counts(rule, k)]
    return (rules.made_up_tenths if one.made_up else rules.meeting_tenths)(rule, kinds, one.met.lecture_hours, one.met.start_at, one.met.end_at)


def earned(held: Iterable[Lesson], held_by: Mapping[int, Effective]) -> dict[tuple[int, int], int]:
    """Add up what lessons were worth to everybody who was there: (organisation, person) -> tenths."""
    found: dict[tuple[int, int], int] = {}
    for one in held:
        rule = held_by.get(one.org_id)
        tenths = worth(rule, one) if rule is not None else 0
        if tenths:
            for person in one.present:
                found[one.org_id, person] = found.get((one.org_id, person), 0) + tenths
    return found


@dataclass(frozen=True, slots=True)
class Brought:
    """What the members who came within the year attended before, where they were members then: lessons (a list for each) and records of training, by person."""

    lessons: Mapping[int, Sequence[Lesson]]
    records: Mapping[int, Sequence[TrainingRecord]]

    def tenths(self, person_id: int, rule: Effective) -> tuple[int, int]:
        """Give the hours that count and those that do not, by the rules of where the member is now."""
        records = self.records.get(person_id, ())
        counted = sum(r.tenths for r in records if rules.counts(rule, r.kind))
        return counted + sum(worth(rule, one) for one in self.lessons.get(person_id, ())), sum(r.tenths for r in records) - counted

    def trained(self, person_id: int) -> list[date]:
        """Give the days of central training among the records."""
        return [r.first_on for r in self.records.get(person_id, ()) if r.kind == Kind.CENTRAL]


NOTHING = Brought({}, {})


def brought(
    scope: Scope, on: date, first: date, org_ids: list[int] | None, homes: Mapping[int, int], held: Sequence[Lesson], twice: Mapping[int, int]
) -> Brought:
    """Find what newcomers bring along; a fixed number of statements, whatever organisations they come from. homes: where newcomers are now.

    `held`: the lessons of the scope, read already. A meeting elsewhere counts for the days on which the person was a member there; who came back
    has the hours of the own organisation anyway.
    """
    spells: dict[int, list[Before]] = {}
    for person, found in came(scope, on, first, org_ids).items():
        who = twice.get(person, person)
        if elsewhere := [s for s in found if s.org_id != homes.get(who)]:
            spells.setdefault(who, []).extend(elsewhere)
    wanted = sorted({s.org_id for own in spells.values() for s in own})
    if not wanted:
        return NOTHING
    paths = {i: o.path_now for i, o in tree.views(wanted).items()}
    read = {i for i in wanted if org_ids is None and scope.covers(paths[i]) or org_ids is not None and i in org_ids}
    beyond = [i for i in wanted if i not in read]
    more = lessons(Scope(tuple(paths[i] for i in beyond)), first, on, beyond, twice) if beyond else []
    by_org: dict[int, list[Lesson]] = {}
    for one in (*held, *more):
        if one.org_id in paths:
            by_org.setdefault(one.org_id, []).append(one)
    attended = {
        person: [one for s in own for one in by_org.get(s.org_id, ()) if person in one.present and (one.made_up or s.covers(one.on))] for person, own in spells.items()
    }
    records: dict[int, list[TrainingRecord]] = {}
    for start in range(0, len(wanted), CHUNK):
        some = wanted[start : start + CHUNK]
        rows = TrainingRecord.objects.within(Scope(tuple(paths[i] for i in some))).filter(org_id__in=some, ended_at__isnull=True, first_on__gte=first, first_on__lte=on)
        for r in rows.order_by("first_on", "id"):
            who = twice.get(r.person_id, r.person_id)
            if who in spells and r.org_id != homes.get(who):
                records.setdefault(who, []).append(r)
    return Brought(attended, records)
