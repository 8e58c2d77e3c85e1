"""Compliance of many organisations at once: dated policy + counters grouped by SQL → cells of the year, and sentences that explain them.

Pure: no Django, no clock. The layer between the records and ``kernel.judge``: it turns dated rules, existence and counters into the integers the judge
takes, and its answer back into lines and sentences. Nothing is stored. The same code answers for a branch, a township and the county.

Rules (rules.md §0, S04 "Auto"): the rule of a window is the one in force on its last day; a window is due only if the organisation existed, as a type
the rule applies to, on its first and last day (group meetings: the group too; committee meetings: a committee in office); only closed windows are due;
a meeting counts in the window it was held in and nowhere else.
"""
from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, TypeVar, cast

from zhibu.ground.policy.library import Library
from zhibu.ground.policy.resolve import Choice, Resolved, resolve
from zhibu.ground.policy.spec import PERIODS, LifeRule
from zhibu.kernel import packed
from zhibu.kernel.activities import ACTIVITY_ZH, RECORD_ZH, ActivityKind, mask_of, records_of
from zhibu.kernel.judge import SEVERITY, SLOT_ZH, Phase, Slot, judge_phase, phase
from zhibu.kernel.numbers import mean_percent, percent
from zhibu.kernel.periods import KIND_ZH, MONTHS_IN, Span, Window, WindowKind, existed_whole, month_index, window_of, windows

#: where the on-time word of a window kind stands in a Counter
_ON_TIME_AT = {WindowKind.MONTH: 5, WindowKind.QUARTER: 6, WindowKind.HALF_YEAR: 7, WindowKind.YEAR: 8}

#: how a cell is coloured (ux.md §5.4): white, hatched, green, yellow, red, grey
TONE: dict[Slot, str] = {
    Slot.NOT_DUE: "none",
    Slot.FUTURE: "open",
    Slot.RUNNING: "open",
    Slot.CLOSING: "closing",
    Slot.MET: "ok",
    Slot.LATE: "warn",
    Slot.INCOMPLETE: "bad",
    Slot.MISSING: "bad",
    Slot.EXCUSED: "excused",
}


# ---------------------------------------------------------------- input


class Counter(NamedTuple):
    """One row of the grouped query: activities of one kind (and group) held in one year with the same records present.

    records: bit mask of ``kernel.activities``; held: how many in each month, one word of ``kernel.packed``
    on_*: those of them that were recorded at the latest ``closing_days`` days after the month, quarter, half-year, year they were held in; words too
    """

    kind: str
    group_id: int | None
    year: int
    records: int
    held: int
    on_month: int
    on_quarter: int
    on_half_year: int
    on_year: int


#: 免: (kind, group id or None, code of the window)
ExcuseKey = tuple[str, int | None, str]


@dataclass(frozen=True, slots=True)
class GroupLife:
    """When a party group existed."""

    group_id: int
    name: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """The life rules of one year: kind → rule in force on the last day of each of the 12 months (every window ends with a month).

    One object is shared by all organisations that follow the same rules; it is compared by identity, so sharing makes ``derive`` fast.
    """

    year: int
    months: tuple[Mapping[str, Resolved], ...]

    def at(self, window: Window) -> Mapping[str, Resolved]:
        """Return the rules of a window: those in force on its last day."""
        return self.months[window.last.month - 1]


def policy_of(library: Library, choices: Sequence[Choice], year: int) -> Policy:
    """Resolve the life rules of a year for an organisation's assignments (its own and its ancestors', nearest first).

    Call it once per distinct list of assignments, not once per organisation.
    """
    known: dict[Hashable, Mapping[str, Resolved]] = {}
    months = []
    for window in windows(WindowKind.MONTH, year):
        effective = resolve(library, choices, "life", window.last)
        key = tuple((layer.rule_set.code, layer.rule_set.version, layer.choice) for layer in effective.layers)
        if key not in known:
            known[key] = effective.life()
        months.append(known[key])
    return Policy(year, tuple(months))


@dataclass(frozen=True, slots=True)
class Subject:
    """One organisation, as far as duties look at it. ``lives``: when it existed, and as which type (moves keep it alive)."""

    org_id: int
    lives: tuple[tuple[Span, str], ...]
    policy: Policy
    committees: tuple[Span, ...] = ()
    groups: tuple[GroupLife, ...] = ()
    counters: Sequence[Counter] = ()
    excused: frozenset[ExcuseKey] = frozenset()


def excuse_key(kind: str, group_id: int | None, window_kind: str, first_on: date) -> ExcuseKey:
    """Build the key of an accepted excuse from how it is stored."""
    return kind, group_id, window_of(window_kind, first_on).code


def on_time_until(window: Window, closing_days: int = 5) -> date:
    """Return the last day on which a record of the window is entered in time."""
    return window.last + timedelta(days=closing_days)


def counters_from(slots: Iterable[tuple[str, int | None, date, date, int]], closing_days: int = 5) -> list[Counter]:
    """Group single activities (kind, group, held on, recorded on, records mask) as the SQL does."""
    found: dict[tuple[str, int | None, int, int], list[int]] = {}
    for kind, group_id, held_on, recorded_on, records in slots:
        row = found.setdefault((kind, group_id, held_on.year, records), [0, 0, 0, 0, 0])
        one = packed.one(month_index(held_on))
        row[0] += one
        for place, window_kind in enumerate(_ON_TIME_AT, 1):
            row[place] += one * (recorded_on <= on_time_until(window_of(window_kind, held_on), closing_days))
    return [Counter(*key, *row) for key, row in found.items()]


# ---------------------------------------------------------------- output


class Cell(NamedTuple):
    """One window of one duty. ``complete`` and ``on_time`` are counts of ``held``; ``rule.value`` is the LifeRule that holds in the window."""

    window: Window
    slot: Slot
    due: int
    fulfilled: int
    held: int
    complete: int
    on_time: int
    rule: Resolved


@dataclass(frozen=True, slots=True)
class Line:
    """One duty of one organisation over the year: a kind, for group meetings one group."""

    kind: str
    group_id: int | None
    group_name: str
    cells: tuple[Cell, ...]

    @property
    def title(self) -> str:
        """Name the duty in Chinese, with the group."""
        name = ACTIVITY_ZH[ActivityKind(self.kind)]
        return f"{name}（{self.group_name}）" if self.group_id is not None else name


@dataclass(frozen=True, slots=True)
class OrgYear:
    """The year of one organisation: its duties in the order of ActivityKind, groups in the order given."""

    org_id: int
    lines: tuple[Line, ...]


class _Step(NamedTuple):
    """One window of a kind in the plan of a policy; everything that does not depend on the organisation."""

    window: Window
    resolved: Resolved
    minimum: int | None
    phase: Phase
    months: int  # mask of kernel.packed that keeps the months of the window
    ask: int     # which of the plan's asks counts here
    cells: dict[tuple[int, int, int, bool, bool], Cell]  # cells made so far: equal organisations share them


class _Ask(NamedTuple):
    """Which meetings are complete (all records of ``need``), and by which window's end they are in time."""

    need: int
    on_time_at: int


class _KindPlan(NamedTuple):
    kind: str
    per_group: bool
    needs_committee: bool
    applies_to: tuple[str, ...]
    steps: tuple[_Step, ...]
    asks: tuple[_Ask, ...]
    known: dict[tuple[int, ...], tuple[Cell, ...]]  # words of an organisation that existed all year -> its cells


def _plan(policy: Policy, as_of: date, closing_days: int) -> tuple[_KindPlan, ...]:
    """Lay out the windows of every kind. Windows whose rules differ in whom they apply to come in separate plans of the same kind."""
    plans: list[_KindPlan] = []
    for kind in ActivityKind:
        parts: dict[tuple[bool, bool, tuple[str, ...]], tuple[list[_Step], dict[_Ask, int]]] = {}
        for window_kind in MONTHS_IN:
            for window in windows(window_kind, policy.year):
                resolved = policy.at(window).get(kind.value)
                if resolved is None:
                    continue
                rule = cast(LifeRule, resolved.value)
                if rule.window != window_kind or rule.by or rule.window not in PERIODS:
                    continue
                steps, asks = parts.setdefault((rule.per == "group", rule.needs_committee, rule.applies_to), ([], {}))
                ask = asks.setdefault(_Ask(mask_of(rule.records or ()), _ON_TIME_AT[window_kind]), len(asks))
                first = month_index(window.first)
                months = packed.keep(range(first, first + MONTHS_IN[window_kind]))
                steps.append(_Step(window, resolved, rule.minimum, phase(window.first, window.last, as_of, closing_days), months, ask, {}))
        for (per_group, needs_committee, applies_to), (steps, asks) in parts.items():
            plans.append(_KindPlan(kind.value, per_group, needs_committee, applies_to, tuple(steps), tuple(asks), {}))
    return tuple(plans)


def derive(subjects: Iterable[Subject], year: int, as_of: date, closing_days: int = 5) -> list[OrgYear]:
    """Judge the year of many organisations. One answer per subject, in the order given. ValueError when a policy is of another year.

    A line appears where the duty applied to the organisation on some day of the year: an organisation without duties has no lines.
    """
    plans: dict[int, tuple[Policy, tuple[_KindPlan, ...]]] = {}
    first, last = date(year, 1, 1), date(year, 12, 31)
    found = []
    for subject in subjects:
        known = plans.get(id(subject.policy))
        if known is None:
            if subject.policy.year != year:
                raise ValueError(f"policy of {subject.policy.year} asked for {year}")
            known = plans[id(subject.policy)] = (subject.policy, _plan(subject.policy, as_of, closing_days))
        found.append(_org_year(subject, known[1], first, last))
    return found


def _org_year(subject: Subject, plans: Sequence[_KindPlan], first: date, last: date) -> OrgYear:
    counters: dict[tuple[str, int | None], list[Counter]] = {}
    for counter in subject.counters:
        if counter[2] == first.year:
            counters.setdefault((counter[0], counter[1]), []).append(counter)
    lives: dict[tuple[str, ...], tuple[list[Span], bool, bool]] = {}
    lines: list[Line] = []
    committee, committee_whole = _touches(subject.committees, first, last), _whole_year(subject.committees, first, last)
    for plan in plans:
        known = lives.get(plan.applies_to)
        if known is None:
            spans = [span for span, org_type in subject.lives if org_type in plan.applies_to]
            known = lives[plan.applies_to] = (spans, _touches(spans, first, last), _whole_year(spans, first, last))
        if not known[1] or (plan.needs_committee and not committee):
            continue
        need: list[Sequence[Span]] = [] if known[2] else [known[0]]
        if plan.needs_committee and not committee_whole:
            need.append(subject.committees)
        if not plan.per_group:
            lines.append(_line(subject, plan, None, "", need, counters.get((plan.kind, None), ())))
            continue
        for group in subject.groups:
            if _touches(group.spans, first, last):
                asked = need if _whole_year(group.spans, first, last) else [*need, group.spans]
                lines.append(_line(subject, plan, group.group_id, group.name, asked, counters.get((plan.kind, group.group_id), ())))
    return OrgYear(subject.org_id, _merged(lines))


def _line(subject: Subject, plan: _KindPlan, group_id: int | None, name: str, need: Sequence[Sequence[Span]], counters: Sequence[Counter]) -> Line:
    held = 0
    words = [0] * (2 * len(plan.asks))  # per ask: complete ones, and those of them that are in time
    for counter in counters:
        held += counter[4]
        for place, (records, on_time_at) in enumerate(plan.asks):
            if counter[3] & records == records:
                words[2 * place] += counter[4]
                words[2 * place + 1] += counter[on_time_at]  # type: ignore[operator]
    if need or subject.excused:
        return Line(plan.kind, group_id, name, _cells(subject, plan, group_id, need, held, words))
    key = (held, *words)
    cells = plan.known.get(key)
    if cells is None:
        cells = plan.known[key] = _cells(subject, plan, group_id, need, held, words)
    return Line(plan.kind, group_id, name, cells)


def _cells(subject: Subject, plan: _KindPlan, group_id: int | None, need: Sequence[Sequence[Span]], held: int, words: Sequence[int]) -> tuple[Cell, ...]:
    found = []
    for window, resolved, minimum, where, months, ask, known in plan.steps:
        existed = not need or all(existed_whole(spans, window) for spans in need)
        free = bool(subject.excused) and (plan.kind, group_id, window.code) in subject.excused
        key = (packed.total(held, months), packed.total(words[2 * ask], months), packed.total(words[2 * ask + 1], months), existed, free)
        cell = known.get(key)
        if cell is None:
            slot, due, fulfilled = judge_phase(where, minimum, key[1], key[2], key[0], existed, free)
            cell = known[key] = Cell(window, slot, due, fulfilled, *key[:3], resolved)
        found.append(cell)
    return tuple(found)


def _merged(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Join lines of the same duty that came from different plans (the rule changed whom it applies to within the year)."""
    found: dict[tuple[str, int | None], Line] = {}
    for line in lines:
        key = (line.kind, line.group_id)
        before = found.get(key)
        if before is not None:
            cells = sorted((*before.cells, *line.cells), key=lambda cell: (cell.window.last, cell.window.first))
            line = Line(line.kind, line.group_id, line.group_name, tuple(cells))
        found[key] = line
    return tuple(found.values())


def _whole_year(spans: Sequence[Span], first: date, last: date) -> bool:
    return any(span.start <= first and (span.end is None or span.end > last) for span in spans)


def _touches(spans: Sequence[Span], first: date, last: date) -> bool:
    return any(span.start <= last and (span.end is None or span.end > first) for span in spans)


# ---------------------------------------------------------------- sums


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over organisations: ``kinds`` = kind → (due, fulfilled)."""

    due: int
    fulfilled: int
    kinds: Mapping[str, tuple[int, int]]

    @property
    def rate(self) -> str:
        """Return the pooled rate: Σ fulfilled / Σ due over all rules (the default)."""
        return percent(self.fulfilled, self.due)

    @property
    def mean_rate(self) -> str:
        """Return the mean of the rates of the rules; rules without anything due do not take part."""
        return mean_percent([(done, due) for due, done in self.kinds.values()])

    def shown(self, how: str) -> str:
        """Return the rate by the convention ``conventions.compliance_rate``: pooled or mean."""
        return self.mean_rate if how == "mean" else self.rate


def totals(years: Iterable[OrgYear], kind: str | None = None) -> Totals:
    """Sum the years of organisations, of one kind or of all. Kinds that no line has are absent."""
    kinds: dict[str, tuple[int, int]] = {}
    for year in years:
        for line in year.lines:
            if kind is not None and line.kind != kind:
                continue
            due, done = kinds.get(line.kind, (0, 0))
            for cell in line.cells:
                due += cell.due
                done += cell.fulfilled
            kinds[line.kind] = (due, done)
    return Totals(sum(due for due, _ in kinds.values()), sum(done for _, done in kinds.values()), kinds)


def missing(year: OrgYear) -> dict[str, list[str]]:
    """List per kind the codes of the windows that are due and not wholly fulfilled, each once, in order of time."""
    found: dict[str, dict[str, date]] = {}
    for line in year.lines:
        windows_of_kind = found.setdefault(line.kind, {})
        for cell in line.cells:
            if cell.fulfilled < cell.due:
                windows_of_kind[cell.window.code] = cell.window.last
    return {kind: sorted(codes, key=lambda code: (codes[code], code)) for kind, codes in found.items()}


class Matter(NamedTuple):
    """One window of one duty of one organisation: what a list of overdue matters consists of."""

    org_id: int
    line: Line
    cell: Cell


#: a window that is over and not fulfilled (过期未开)
OVERDUE: frozenset[Slot] = frozenset({Slot.MISSING, Slot.INCOMPLETE})


def matters(years: Iterable[OrgYear], slots: Collection[Slot], kind: str | None = None, month: int | None = None) -> list[Matter]:
    """List the windows in one of the states, in the order of the organisations given; of one kind, and of those that end in one month (1..12)."""
    return [
        Matter(year.org_id, line, cell)
        for year in years
        for line in year.lines
        if kind is None or line.kind == kind
        for cell in line.cells
        if cell.slot in slots and (month is None or cell.window.last.month == month)
    ]


def running(years: Iterable[OrgYear], kind: str | None, month: int) -> tuple[int, int]:
    """Sum what the open windows that end in a month (1..12) ask for, and what is there already; as in that month's cell of `board_row`."""
    due = done = 0
    for found in matters(years, (Slot.RUNNING,), kind, month):
        minimum = cast(LifeRule, found.cell.rule.value).minimum or 0
        due, done = due + minimum, done + min(minimum, found.cell.complete)
    return due, done


class BoardCell(NamedTuple):
    """One cell of the county picture: the worst state, how many organisations are in it, and the sums.

    running_due/running_done: what the open windows ask for and what is there already (progress of the current month)
    """

    slot: Slot
    concerned: int
    due: int
    fulfilled: int
    running_due: int
    running_done: int

    @property
    def progress(self) -> str:
        """Return how far the open windows are, as a percentage; "-" where none is open."""
        return percent(self.running_done, self.running_due)


def board_row(years: Iterable[OrgYear], kind: str | None = None) -> tuple[BoardCell, ...]:
    """Sum organisations (a township) into 12 months: a window stands in the month in which it ends. Source: ux.md §5.4."""
    worst = [Slot.NOT_DUE] * 12
    concerned = [0] * 12
    sums = [[0, 0, 0, 0] for _ in range(12)]
    for year in years:
        own = [Slot.NOT_DUE] * 12
        for line in year.lines:
            if kind is not None and line.kind != kind:
                continue
            for cell in line.cells:
                column = cell.window.last.month - 1
                if SEVERITY[cell.slot] > SEVERITY[own[column]]:
                    own[column] = cell.slot
                row = sums[column]
                row[0] += cell.due
                row[1] += cell.fulfilled
                if cell.slot is Slot.RUNNING:
                    minimum = cast(LifeRule, cell.rule.value).minimum or 0
                    row[2] += minimum
                    row[3] += min(minimum, cell.complete)
        for column, slot in enumerate(own):
            if slot is worst[column]:
                concerned[column] += slot is not Slot.NOT_DUE
            elif SEVERITY[slot] > SEVERITY[worst[column]]:
                worst[column], concerned[column] = slot, 1
    return tuple(BoardCell(worst[place], concerned[place], *sums[place]) for place in range(12))


_Key = TypeVar("_Key", bound=Hashable)


def board(rows: Mapping[_Key, Sequence[OrgYear]], kind: str | None = None) -> dict[_Key, tuple[BoardCell, ...]]:
    """Build the county picture: one row per key (township), 12 months each."""
    return {key: board_row(years, kind) for key, years in rows.items()}


# ---------------------------------------------------------------- sentences


@dataclass(frozen=True, slots=True)
class Used:
    """One activity held in the window, for the explanation. ``records``: bit mask of what is there; ``activity_id`` for the link."""

    activity_id: int
    held_on: date
    recorded_on: date
    records: int


@dataclass(frozen=True, slots=True)
class UsedLine:
    """What became of one activity in the window."""

    activity_id: int
    counted: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a cell is as it is: one Chinese sentence each for rule, source, window, state and cure; one per activity."""

    title: str
    rule: str
    clause: str
    window: str
    state: str
    used: tuple[UsedLine, ...]
    cure: str


def explain(subject: Subject, line: Line, cell: Cell, as_of: date, used: Sequence[Used] = (), closing_days: int = 5) -> Explanation:
    """Answer "why" for one cell: rule, clause, window, records used, and what would make it green.

    ``used``: the activities of this kind (and group) held in the window; others are ignored. The sentences agree with the counters of the cell
    when both come from the same records.
    """
    rule = cast(LifeRule, cell.rule.value)
    lines, lacking = _used_lines(rule, cell.window, [one for one in used if cell.window.covers(one.held_on)], closing_days)
    return Explanation(
        title=f"{line.title}，{cell.window.label}",
        rule=_rule_sentence(line, rule),
        clause=_clause_sentence(cell.rule),
        window=f"{cell.window.label}，{cell.window.first} 至 {cell.window.last}。",
        state=_state_sentence(cell, rule),
        used=lines,
        cure=_cure_sentence(subject, line, cell, rule, as_of, lacking, closing_days),
    )


def _rule_sentence(line: Line, rule: LifeRule) -> str:
    often = KIND_ZH[WindowKind(rule.window)]
    name = ACTIVITY_ZH[ActivityKind(line.kind)]
    who = "每个党小组" if rule.per == "group" else ""
    count = f"至少 {rule.minimum} 次" if rule.minimum is not None else "按期开展，没有规定次数"
    records = "、".join(RECORD_ZH[record] for record in records_of(mask_of(rule.records or ())))
    needs = f"，每次要有{records}" if records else ""
    return f"{name}{who}{often}{count}{needs}。"


def _clause_sentence(resolved: Resolved) -> str:
    marks = "" if resolved.verified else "（待核）"
    if resolved.chosen_by is not None:
        by = f"由{resolved.chosen_by.org_name}指定执行"
    elif resolved.rule_set.kind == "national":
        by = "国家规定"
    else:
        by = "系统约定"
    below = "，低于现行国家规定" if resolved.below_national else ""
    return f"依据{resolved.clause}{marks}，{by}{below}。"


def _used_lines(rule: LifeRule, window: Window, used: Sequence[Used], closing_days: int) -> tuple[tuple[UsedLine, ...], list[str]]:
    need = mask_of(rule.records or ())
    until = on_time_until(window, closing_days)
    ordered = sorted(used, key=lambda one: (one.held_on, one.activity_id))
    complete = [one for one in ordered if one.records & need == need]
    counting = sorted(complete, key=lambda one: (one.recorded_on > until, one.held_on, one.activity_id))[: rule.minimum or 0]
    lines: list[UsedLine] = []
    lacking: list[str] = []
    for one in ordered:
        held = f"{one.held_on} 召开，{one.recorded_on} 记录"
        gaps = "、".join(RECORD_ZH[record] for record in records_of(need & ~one.records))
        if gaps:
            lacking.append(f"{one.held_on} 的{gaps}")
            lines.append(UsedLine(one.activity_id, False, f"{held}，缺{gaps}，不计入。"))
        elif one in counting:
            late = f"，晚于 {until}，标为补记" if one.recorded_on > until else ""
            lines.append(UsedLine(one.activity_id, True, f"{held}，记录齐全，计入{late}。"))
        else:
            extra = "本期已满足，不另计，也不抵其他期" if rule.minimum else "本期没有规定次数，不计"
            lines.append(UsedLine(one.activity_id, False, f"{held}，记录齐全，{extra}。"))
    return tuple(lines), lacking


def _state_sentence(cell: Cell, rule: LifeRule) -> str:
    name = SLOT_ZH[cell.slot]
    if cell.slot in (Slot.NOT_DUE, Slot.EXCUSED, Slot.FUTURE):
        return f"{name}：本期不计入应完成数。" if cell.slot is not Slot.FUTURE else f"{name}：还没到这一期。"
    if cell.slot is Slot.RUNNING:
        return f"{name}：要 {rule.minimum} 次，已有 {cell.complete} 次，期满后才计入。"
    return f"{name}：应完成 {cell.due} 次，已完成 {cell.fulfilled} 次。"


def _cure_sentence(subject: Subject, line: Line, cell: Cell, rule: LifeRule, as_of: date, lacking: Sequence[str], closing_days: int) -> str:
    least = (rule.minimum or 0) - cell.complete
    fill = f"请补齐 {'；'.join(lacking)}。" if lacking else ""
    if cell.slot is Slot.MET:
        return "已按期完成，不用再办。"
    if cell.slot is Slot.LATE:
        return f"已计入，不用再办。记录晚于 {on_time_until(cell.window, closing_days)}，所以标黄；下次在期满后 {closing_days} 天内记好就是绿色。"
    if cell.slot is Slot.EXCUSED:
        return "上级已同意免，不用再办。"
    if cell.slot is Slot.FUTURE:
        return f"{cell.window.first} 开始，现在不用办。"
    if cell.slot is Slot.NOT_DUE:
        return _why_not_due(subject, line, cell, rule)
    if cell.slot is Slot.RUNNING:
        left = (cell.window.last - as_of).days + 1
        return f"{fill}还差 {least} 次，请在 {cell.window.last} 前开好并记录，还有 {left} 天。" if least > 0 else "本期已经够了，不用再办。"
    if cell.slot is Slot.CLOSING:
        until = on_time_until(cell.window, closing_days)
        return f"{fill}本期已过。期内开过的，{until} 前记好仍算按期；没开的，可写明原因向上级申请免。"
    if cell.slot is Slot.INCOMPLETE:
        return f"{fill or '请补齐缺的记录。'}补齐后就计入。"
    return f"{fill}本期已过，期后再开不能补本期，也不能由其他期多开的来抵。期内开过的，请按实际日期补记；确有原因没开的，可向上级申请免。"


def _why_not_due(subject: Subject, line: Line, cell: Cell, rule: LifeRule) -> str:
    if not rule.minimum:
        return "现行规则没有规定次数，开了就记，不计完成率。"
    fitting = [span for span, org_type in subject.lives if org_type in rule.applies_to]
    both = f"{cell.window.first} 和 {cell.window.last}"
    if not existed_whole([span for span, _ in subject.lives], cell.window):
        return f"本组织在 {both} 这两天没有都存在，本期不计，不用办。"
    if not existed_whole(fitting, cell.window):
        return f"本组织在 {both} 这两天的类别不都适用这条规则，本期不计，不用办。"
    if rule.needs_committee and not existed_whole(subject.committees, cell.window):
        return f"在 {both} 这两天没有都有在任支委会，本期不计，不用办。"
    return f"“{line.group_name}”在 {both} 这两天没有都存在，本期不计，不用办。"
