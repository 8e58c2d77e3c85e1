"""Compliance of organisational life, derived on every reading: the same code answers for a branch, a township and the county."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from zhibu.ground.duties import derive
from zhibu.ground.duties.derive import Counter, GroupLife, OrgYear, Policy, Subject
from zhibu.ground.guard.reading import asked_once
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.library import RuleSet, shipped
from zhibu.ground.policy.resolve import Choice, Effective, Resolved, paint, resolve
from zhibu.ground.record import queries as record
from zhibu.ground.tree import queries as tree
from zhibu.kernel import packed
from zhibu.kernel.activities import ActivityKind
from zhibu.kernel.periods import MONTHS_IN, Span, WindowKind, month_index, window_from_code, windows

ORDER = tuple(k.value for k in ActivityKind)


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation in a compliance answer, as it stood on the day asked for (or at its end in the year)."""

    id: int
    name: str
    short_name: str
    code: str
    kind: str
    path: str
    parent_id: int | None
    order: int
    alive: bool
    domain: str = ""

    @property
    def is_branch(self) -> bool:
        """Tell whether members hold their organisational life here."""
        return self.kind in tree.BRANCHES


@dataclass(frozen=True, slots=True)
class Compliance:
    """The year of every organisation under one, judged as of a day."""

    root: Unit
    year: int
    as_of: date
    closing_days: int
    rate_by: str
    units: tuple[Unit, ...]           # path-sorted, with those that were dissolved within the year
    years: Mapping[int, OrgYear]      # organisations that have duties
    subjects: Mapping[int, Subject]

    def below(self, unit: Unit) -> list[OrgYear]:
        """Give the years of a unit and everything under it."""
        return [self.years[u.id] for u in self.units if u.path.startswith(unit.path) and u.id in self.years]

    def rows(self) -> tuple[Row, ...]:
        """Give one row per organisation directly under the root, in administrative order; first the root itself where it has duties of its own.

        What was dissolved within the year stands last; what hangs under nothing in the picture has a row of its own.
        """
        known = {u.id for u in self.units}
        children: dict[int, list[Unit]] = {}
        for unit in self.units:
            if unit.id != self.root.id:
                above = unit.parent_id if unit.parent_id in known and unit.parent_id != unit.id else self.root.id
                children.setdefault(above or self.root.id, []).append(unit)
        own = [Row(self.root, (self.root,))] if self.root.id in self.years else []
        return (*own, *(Row(unit, tuple(_walk(unit, children))) for unit in sorted(children.get(self.root.id, ()), key=_administrative)))

    def in_order(self) -> list[Unit]:
        """List the organisations in administrative order, each before those under it; the root only where it has duties of its own."""
        return [unit for row in self.rows() for unit in row.units]

    def of(self, units: Iterable[Unit]) -> list[OrgYear]:
        """Give the years of some organisations, in their order."""
        return [self.years[u.id] for u in units if u.id in self.years]


@dataclass(frozen=True, slots=True)
class Row:
    """A unit of the picture with everything under it (itself first), in administrative order."""

    unit: Unit
    units: tuple[Unit, ...]

    @property
    def branches(self) -> int:
        """Count the branches that exist on the day."""
        return sum(u.is_branch and u.alive for u in self.units)


def _administrative(unit: Unit) -> tuple[bool, int, str]:
    return not unit.alive, unit.order, unit.code


def _walk(unit: Unit, children: Mapping[int, Sequence[Unit]]) -> list[Unit]:
    return [unit, *(u for child in sorted(children.get(unit.id, ()), key=_administrative) for u in _walk(child, children))]


def convention(org_id: int, on: date) -> Effective:
    """Give the conventions in force for an organisation (grace days, reminder limits, which kinds may be held together)."""
    return policy.effective(org_id, "conventions", on)


def compliance(scope: Scope, org_id: int, year: int, as_of: date) -> Compliance:
    """Judge the year of an organisation and all below it as of a day. Raises as `_judged`."""
    return _judged(Scope(scope.paths), org_id, year, as_of)


@asked_once
def _judged(scope: Scope, org_id: int, year: int, as_of: date) -> Compliance:
    """Judge the year of an organisation and all below it as of a day, in a number of statements that does not depend on how many there are.

    The tree is that of `as_of`; organisations that ended before within the year keep their closed windows. Raises tree.NotFound.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    rooted = tree.organisation(scope, org_id, None)
    on = min(as_of, last)
    found = _placed(scope, rooted, first, on, as_of)
    subtree = scope.narrowed(rooted.path_now)
    reach = subtree if all(path.startswith(rooted.path_now) for path in found.paths_now) else scope
    conventions = convention(org_id, on)
    closing = int(conventions.value("conventions.closing_days"))  # type: ignore[arg-type]
    subjects = _subjects(reach, found, year, first, last, closing, as_of)
    years = {y.org_id: y for y in derive.derive(subjects, year, as_of, closing) if y.lines}
    root = next((u for u in found.units if u.id == org_id), None) or _unit(rooted)
    return Compliance(
        root, year, as_of, closing, str(conventions.value("conventions.compliance_rate")), tuple(found.units), years, {s.org_id: s for s in subjects if s.org_id in years}
    )


@dataclass(frozen=True, slots=True)
class _Found:
    units: list[Unit]
    spells: Mapping[int, list[tree.OrgSpell]]
    paths_now: list[str]


def _unit(o: tree.OrgView, *, path: str | None = None, alive: bool = True) -> Unit:
    return Unit(o.id, o.name, o.short_name, o.code, o.kind, path if path is not None else o.path, o.parent_id, o.order, alive, o.domain)


def _placed(scope: Scope, rooted: tree.OrgView, first: date, on: date, as_of: date) -> _Found:
    """Find the organisations of the year and where each stood on the day (or, when it ended before, where it stands in the archive)."""
    spells: dict[int, list[tree.OrgSpell]] = {}
    for one in tree.spells_in(scope, first, date(first.year, 12, 31)):
        spells.setdefault(one.org_id, []).append(one)
    views = {v.id: v for v in tree.every(scope)}
    then = {org_id: next((s for s in rows if s.from_on <= on and (s.to_on is None or s.to_on > on)), None) for org_id, rows in spells.items()}
    here = then.get(rooted.id)
    base = here.path if here else rooted.path_now
    units, paths_now, kept = [], [], {}
    for org_id, rows in spells.items():
        view, spell = views.get(org_id), then[org_id]
        if view is None:
            continue
        if spell is not None:
            inside, path, name, kind = spell.path.startswith(base), spell.path, spell.name, spell.kind
        else:
            inside, path, name, kind = rows[0].from_on <= on and view.path_now.startswith(rooted.path_now), view.path_now, rows[-1].name, rows[-1].kind
        if not inside:
            continue
        short = view.short_name if name == view.name else name
        units.append(Unit(org_id, name, short, view.code, kind, path, spell.parent_id if spell else view.parent_id, view.order, spell is not None, view.domain))
        paths_now.append(view.path_now)
        kept[org_id] = rows
    units.sort(key=lambda u: (u.path, u.id))
    return _Found(units, kept, paths_now)


def _subjects(scope: Scope, found: _Found, year: int, first: date, last: date, closing: int, as_of: date) -> list[Subject]:
    policies = _policies(scope, found, year, first, last)
    ids = {u.id for u in found.units}
    groups: dict[int, list[GroupLife]] = {}
    for g in tree.groups(scope):
        if g.org_id in ids:
            groups.setdefault(g.org_id, []).append(GroupLife(g.id, g.name, (Span(g.from_on, g.to_on),)))
    committees: dict[int, list[Span]] = {}
    for c in tree.committees(scope):
        if c.seats > 0 and c.org_id in ids:
            committees.setdefault(c.org_id, []).append(Span(c.elected_on, c.ended_on))
    counters: dict[int, list[Counter]] = {}
    cutoffs = _cutoffs(year, closing)
    masks: dict[date, tuple[int, ...]] = {}  # day of recording -> the months for which it was in time, by kind of window
    for org_id, kind, group, records, late_on, held in record.counters(scope, cutoffs[0], until=as_of):
        if late_on is None:
            in_time: tuple[int, ...] = (held, held, held, held)
        else:
            if late_on not in masks:
                masks[late_on] = tuple(packed.keep(m for m, day in days.items() if late_on <= day) for days in cutoffs)
            in_time = tuple(held & mask for mask in masks[late_on])
        counters.setdefault(org_id, []).append(Counter(kind, group or None, year, records, held, *in_time))
    excused: dict[int, set[derive.ExcuseKey]] = {}
    for e in record.excuses(scope, first, last):
        excused.setdefault(e.org_id, set()).add(derive.excuse_key(e.kind, e.group_id, e.window, e.first_on))
    return [
        Subject(
            u.id, tuple((Span(s.from_on, s.to_on), s.kind) for s in found.spells[u.id]), policies[u.id], tuple(committees.get(u.id, ())),
            tuple(groups.get(u.id, ())), counters.get(u.id, ()), frozenset(excused.get(u.id, ())),
        )
        for u in found.units
    ]


def _cutoffs(year: int, closing: int) -> tuple[dict[int, date], ...]:
    """Give, for month, quarter, half-year and year (the order of derive.Counter), each month's last day of recording in time."""
    tables = []
    for kind in (WindowKind.MONTH, WindowKind.QUARTER, WindowKind.HALF_YEAR, WindowKind.YEAR):
        by_month: dict[int, date] = {}
        for window in windows(kind, year):
            start = month_index(window.first)
            for month in range(start, start + MONTHS_IN[kind]):
                by_month[month] = derive.on_time_until(window, closing)
        tables.append(by_month)
    return tuple(tables)


def _policies(scope: Scope, found: _Found, year: int, first: date, last: date) -> dict[int, Policy]:
    """Paint the assignments of each month's last day over the organisations as they hung in the tree that day.

    Organisations with the same twelve assignments share one Policy object, so `derive` plans each only once.
    """
    inside = {u.id for u in found.units}
    above = {org_id for path in {s.path[:-tree.SEGMENT] for u in found.units for s in found.spells[u.id]} for org_id in policy.ids_in(path)} - inside
    assigned = policy.assignments("life", first, last, within=scope, above=above)
    library = policy.library_for(a.choice.rule_set for a in assigned)
    holders: dict[int, list[tree.OrgSpell]] = {}
    for spell in tree.spells_of({a.org_id for a in assigned}, first, last) if assigned else ():
        holders.setdefault(spell.org_id, []).append(spell)
    lived = [s for u in found.units for s in found.spells[u.id]]
    turns = {d for s in (*lived, *(s for rows in holders.values() for s in rows)) for d in (s.from_on, s.to_on) if d and first < d <= last}
    turns |= {d for a in assigned for d in (a.choice.valid_from, a.choice.valid_to) if d and first < d <= last}
    turns |= {d for a in assigned for d in _force(library.get(a.choice.rule_set)) if first < d <= last}
    per_org: dict[int, list[Choice | None]] = {u.id: [] for u in found.units}
    before: date | None = None
    for window in windows(WindowKind.MONTH, year):
        on = window.last
        if before is not None and not any(before < turn <= on for turn in turns):  # nothing moved and no rule changed since the month before
            for choices_so_far in per_org.values():
                choices_so_far.append(choices_so_far[-1])
            before = on
            continue
        before = on
        paths = {u.id: _path_on(found.spells[u.id], on, u.path) for u in found.units}
        ordered = sorted(paths, key=lambda org_id: paths[org_id])
        choices = {
            _path_on(holders.get(a.org_id, ()), on, ""): a.choice
            for a in assigned
            if a.choice.valid(on) and library.get(a.choice.rule_set).in_force(on) and library.get(a.choice.rule_set).defines("life")
        }
        choices.pop("", None)
        for org_id, choice in zip(ordered, paint([paths[i] for i in ordered], choices), strict=True):
            per_org[org_id].append(choice)
    shared: dict[tuple[Choice | None, ...], Policy] = {}
    answer = {}
    for org_id, twelve in per_org.items():
        key = tuple(twelve)
        if key not in shared:
            ends = [window.last for window in windows(WindowKind.MONTH, year)]
            shared[key] = Policy(year, tuple(_life(library.get(choice.rule_set) if choice else None, choice, end) for choice, end in zip(twelve, ends, strict=True)))
        answer[org_id] = shared[key]
    return answer


@lru_cache(maxsize=1024)
def _life(rule_set: RuleSet | None, choice: Choice | None, on: date) -> Mapping[str, Resolved]:
    """Resolve the life rules that one assignment gives on a day. Kept by the set's header and the hash of its content, so a changed set is another question."""
    library = shipped().with_set(rule_set) if rule_set else shipped()
    return resolve(library, [choice] if choice else [], "life", on).life()


def _force(rule_set: RuleSet) -> tuple[date, ...]:
    """Give the days on which a rule set comes into or goes out of force (its last day is inclusive)."""
    ends = (rule_set.effective_to + timedelta(days=1),) if rule_set.effective_to else ()
    return (rule_set.effective_from, *ends) if rule_set.effective_from else ends


def _path_on(spells: Iterable[tree.OrgSpell], on: date, otherwise: str) -> str:
    return next((s.path for s in spells if s.from_on <= on and (s.to_on is None or s.to_on > on)), otherwise)


def explain(scope: Scope, answer: Compliance, org_id: int, kind: str, group_id: int | None, window_code: str) -> derive.Explanation | None:
    """Answer "why" for one cell; None when the organisation has no such cell."""
    window = window_from_code(window_code)
    own = answer.years.get(org_id)
    for line in own.lines if own else ():
        if line.kind != kind or line.group_id != group_id:
            continue
        for cell in line.cells:
            if cell.window == window:
                used = [
                    derive.Used(s.activity_id, s.held_on, s.recorded_on, s.records)
                    for s in record.slots(scope, org_id, window.first, window.last, kind)
                    if s.group_id == group_id
                ]
                return derive.explain(answer.subjects[org_id], line, cell, answer.as_of, used, answer.closing_days)
    return None
