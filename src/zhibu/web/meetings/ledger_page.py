"""Build the year's ledger of a branch: requirements × months, the records below, why a cell is so, where a record went."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast
from urllib.parse import urlencode

from django.urls import reverse

from zhibu.areas.meetings import form as meeting_form
from zhibu.areas.meetings import plans, queries, rules
from zhibu.areas.meetings.plans import PlanView
from zhibu.ground.duties import derive
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.policy.spec import LifeRule
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.kernel.judge import SLOT_ZH, Slot
from zhibu.kernel.numbers import percent
from zhibu.kernel.periods import KIND_ZH, WindowKind
from zhibu.web.paper.offers import for_branch
from zhibu.web.shell.context import Button, Choice, Link, Pair, State, Tone

from . import why
from .context import Flow, FlowStep, LedgerCell, LedgerPage, LedgerRecord, LedgerRow

TONE = {
    Slot.MET: "ok", Slot.LATE: "y", Slot.MISSING: "b", Slot.INCOMPLETE: "i", Slot.CLOSING: "c", Slot.RUNNING: "p", Slot.EXCUSED: "e", Slot.FUTURE: "z",
    Slot.NOT_DUE: "l",
}
TEXT = {Slot.MISSING: "缺", Slot.INCOMPLETE: "欠", Slot.CLOSING: "待", Slot.RUNNING: "待", Slot.EXCUSED: "免", Slot.FUTURE: "·"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the ledger is asked: branch, year, day, the chosen cell ("kind|group|window") or record, and the filter of the list."""

    org: tree.OrgView
    year: int
    as_of: date
    today: date
    why: str = ""
    record: int | None = None
    kind: str = ""

    @property
    def base(self) -> str:
        """Give the address of this ledger without what is chosen in it."""
        on = {"on": self.as_of} if self.as_of != self.today else {}
        return f"{reverse('meetings:ledger')}?{urlencode({'org': self.org.id, 'year': self.year} | on)}"

    @property
    def span(self) -> tuple[date, date]:
        """Give the days looked at: the year, not beyond the day asked for."""
        return date(self.year, 1, 1), min(self.as_of, date(self.year, 12, 31))


def short(d: date) -> str:
    """Write a day without its year: 9月20日."""
    return f"{d.month}月{d.day}日"


def kind_label(kind: str, group_name: str = "") -> str:
    """Name a kind, with its group."""
    return ACTIVITY_ZH[ActivityKind(kind)] + (f" {group_name}" if group_name else "")


def build(actor: Actor, w: Wanted) -> LedgerPage:
    """Build the ledger page."""
    scope = actor.scope(P.ACTIVITY_READ)
    answer = queries.compliance(scope, w.org.id, w.year, w.as_of)
    own = answer.years.get(w.org.id)
    lines = own.lines if own else ()
    slots = recorded.slots(scope, w.org.id, *w.span)
    everything = recorded.activities(scope, w.org.id, *w.span)
    shown = [a for a in everything if not w.kind or w.kind in {k for k, _ in a.kinds}]
    meant = [p for p in plans.plans(scope, [w.org.id], max(w.as_of, date(w.year, 1, 1)), date(w.year, 12, 31)) if p.open] if w.as_of == w.today else []
    picked = next((a for a in shown if a.id == w.record), None)
    cell = why.parse(w.why)
    members = people.headcounts(scope, w.span[1], [w.org.id]).get(w.org.id, people.NOBODY)
    return LedgerPage(
        title=f"{w.year}年 组织生活台账", sub=f"{w.org.name} · 党员 {members.members_all} 名 · {_as_of(w)}由会议记录自动生成，不用另填",
        rows=tuple(_with_plans(_row(line, slots, w), line, meant) for line in lines), current_month=w.as_of.month if w.as_of.year == w.year else 0,
        records=_records(scope, w, shown), records_count=f"{len(shown)} 条", years=_years(w), kinds=_kinds(w, lines, everything),
        crumbs=(Link("组织生活", reverse("meetings:ledger") + f"?org={w.org.id}"), Link("年度台账")), record=_record_link(actor, w), buttons=_buttons(w), papers=_papers(actor, w),
        stats=_stats(answer, everything), flow=flow(recorded.activity(scope, picked.id)) if picked else None,
        why=why.why_panel(actor, answer, w.org.id, cell) if cell and not picked else None, empty="这一年还没有记录。",
    )


def _as_of(w: Wanted) -> str:
    return f"按 {w.as_of.year}年{short(w.as_of)} 看 · " if w.as_of != w.today else ""


def _record_link(actor: Actor, w: Wanted) -> Link | None:
    may = actor.may(P.ACTIVITY_WRITE, w.org.path_now) and (w.org.is_branch or w.org.kind in meeting_form.LEADING)
    return Link("开会记录", f"{reverse('meetings:record')}?org={w.org.id}") if may else None


def _buttons(w: Wanted) -> tuple[Button, ...]:
    org = f"?org={w.org.id}"
    pages = (("计划和通知", "meetings:plans"), ("补课名单", "meetings:absences"), ("考勤", "meetings:attendance")) if w.org.is_branch else ()
    talks = (Button("谈心谈话", f"{reverse('talks:list')}{org}&year={w.year}"),) if w.org.is_branch else ()
    return (*(Button(label, reverse(name) + org) for label, name in pages), *talks, Button("现行规则", reverse("org:rules", args=[w.org.id])))


def _papers(actor: Actor, w: Wanted) -> tuple[Button, ...]:
    export = Button("台账导出 Excel", w.base.replace(reverse("meetings:ledger"), reverse("meetings:ledger-file"), 1), "post")
    return (export, *for_branch(actor, w.org, w.year))


def _years(w: Wanted) -> tuple[Choice, ...]:
    first = min(w.year, w.today.year - 1)
    address = f"{reverse('meetings:ledger')}?org={w.org.id}&year="
    return tuple(Choice(f"{y}年", str(y), f"{address}{y}", y == w.year) for y in range(first, w.today.year + 1))[-4:]


def _kinds(w: Wanted, lines: Sequence[derive.Line], everything: Sequence[recorded.ActivityLine]) -> tuple[Choice, ...]:
    held = {k for a in everything for k, _ in a.kinds} | {line.kind for line in lines}
    kinds = tuple(Choice(ACTIVITY_ZH[k], k.value, f"{w.base}&kind={k.value}", w.kind == k) for k in ActivityKind if k in held)
    return (Choice("全部类型", "", w.base, not w.kind), *kinds) if len(kinds) > 1 else ()


def _stats(answer: queries.Compliance, everything: Sequence[recorded.ActivityLine]) -> tuple[Pair, ...]:
    sums = derive.totals(answer.of([answer.root]))
    live = [a for a in everything if not a.corrected]
    came = percent(sum(a.present_count for a in live), sum(a.expected_count for a in live))
    return (
        Pair("应完成", f"{sums.due} 次"), Pair("已完成", f"{sums.fulfilled} 次"), Pair("完成率", sums.shown(answer.rate_by)), Pair("到会率", came)
    )


# ---------------------------------------------------------------- the grid


def _row(line: derive.Line, slots: Sequence[recorded.SlotLine], w: Wanted) -> LedgerRow:
    rule = cast(LifeRule, line.cells[-1].rule.value)
    months = [LedgerCell("z") for _ in range(12)]
    mine = [s for s in slots if s.kind == line.kind and s.group_id == line.group_id]
    for cell in line.cells:
        for month, shown in _cells(line, cell, [s for s in mine if cell.window.covers(s.held_on)], w):
            months[month - 1] = shown
    due, fulfilled = sum(c.due for c in line.cells), sum(c.fulfilled for c in line.cells)
    often = f"{KIND_ZH[WindowKind(rule.window)]} {rule.minimum} 次" if rule.minimum else "按期"
    return LedgerRow(
        kind_label(line.kind, line.group_name), often, tuple(months), f"{fulfilled}/{due}" if due else "—", Tone.BAD if fulfilled < due else Tone.PLAIN
    )


def _with_plans(row: LedgerRow, line: derive.Line, meant: Sequence[PlanView]) -> LedgerRow:
    """Show the day of a planned meeting where the month has nothing else to show; it counts for nothing."""
    cells = list(row.cells)
    for p in meant:
        if (line.kind, line.group_id) in p.plan.kinds and cells[p.day.month - 1].tone in ("z", "p"):
            cells[p.day.month - 1] = LedgerCell("t", str(p.day.day), f"{row.label} {short(p.day)}计划开", reverse("meetings:plan", args=[p.id]))
    return replace(row, cells=tuple(cells))


def done(cell: derive.Cell) -> bool:
    """Tell whether a window has what it needs, also while it is open or just closed."""
    minimum = cast(LifeRule, cell.rule.value).minimum or 0
    return cell.slot in (Slot.MET, Slot.LATE) or (cell.slot in (Slot.RUNNING, Slot.CLOSING) and 0 < minimum <= cell.complete)


def _cells(line: derive.Line, cell: derive.Cell, held: Sequence[recorded.SlotLine], w: Wanted) -> Iterator[tuple[int, LedgerCell]]:
    """Give the squares of one window: each meeting in its month, then, unless all is there, what is still open in the month of the deadline."""
    code = f"{line.kind}|{line.group_id or ''}|{cell.window.code}"
    name, url = f"{kind_label(line.kind, line.group_name)} {cell.window.label}", f"{w.base}&{urlencode({'why': code})}"
    complete = done(cell)
    days: dict[int, list[str]] = {}
    for s in held:
        days.setdefault(s.held_on.month, []).append(str(s.held_on.day))
    for month, on in days.items():
        tone = (TONE[cell.slot] if cell.slot is Slot.LATE else "ok") if complete else "l"
        said = f"{month}月{'、'.join(on)}日开，{SLOT_ZH[cell.slot] if not complete or cell.slot is Slot.LATE else '按期'}"
        yield month, LedgerCell(tone, "、".join(on[-2:]), f"{name} {said}", url, code == w.why)
    if complete or cell.slot is Slot.NOT_DUE:
        return
    lacking = cell.slot is Slot.INCOMPLETE or (cell.held > cell.complete and cell.slot in (Slot.RUNNING, Slot.CLOSING))
    month = held[-1].held_on.month if lacking and held else cell.window.last.month
    if cell.slot is Slot.RUNNING and not lacking and w.as_of.year == w.year:
        month = w.as_of.month
    tone, text = ("i", "欠") if lacking else (TONE[cell.slot], TEXT[cell.slot])
    yield month, LedgerCell(tone, text, f"{name} {'记录不全' if lacking else SLOT_ZH[cell.slot]}", url if cell.slot is not Slot.FUTURE else "", code == w.why)


# ---------------------------------------------------------------- the records


def _records(scope: Scope, w: Wanted, shown: Sequence[recorded.ActivityLine]) -> tuple[LedgerRecord, ...]:
    groups = {g.id: g.name for g in tree.groups(scope, org_ids=[w.org.id])}
    days = meeting_form.form_rules(w.org.id, w.span[1]).late_entry_days
    return tuple(
        LedgerRecord(
            short(a.held_on), a.title, tuple(kind_label(k, groups.get(g or 0, "")) for k, g in a.kinds), a.chair, f"{a.present_count} / {a.expected_count}",
            _state(a, days), f"{w.base}&record={a.id}", reverse("meetings:activity", args=[a.id]), a.id == w.record,
        )
        for a in shown
    )


def _state(a: recorded.ActivityLine, late_days: int) -> State:
    if a.corrected:
        return State(Tone.PLAIN, "已作废" if a.voided else "已更正")
    return State(Tone.WARN, "补记") if rules.entered_late(a.held_on, a.recorded_on, late_days) else State(Tone.OK, "已存")


def flow(v: recorded.ActivityView, opened: bool = False) -> Flow:
    """Tell where a record went: only what is built. opened: the record itself is on the page."""
    kinds = "、".join(dict.fromkeys(ACTIVITY_ZH[ActivityKind(k)] for k, _ in v.kinds))
    here, list_url = reverse("meetings:activity", args=[v.id]), f"{reverse('meetings:absences')}?org={v.org_id}"
    grid = Link("看", f"{reverse('meetings:ledger')}?org={v.org_id}&year={v.held_on.year}&record={v.id}")
    if not v.counts:
        return Flow(f"{short(v.held_on)}这一条，去了哪里", (FlowStep("不再计入台账", "这次会没有开过，已经作废" if v.voided else "按更正后的那一条记" if v.corrected_by_id else "这一批导入已经撤销", grid, False),))
    leave, made_up = sum(a.status == "leave" for a in v.absences), sum(a.caught_up_on is not None for a in v.absences)
    attended = f"应到 {v.expected_count}，请假 {leave}，缺席 {len(v.absences) - leave}"
    steps = [
        FlowStep(f"台账 {len(v.kinds)} 项", kinds, grid if opened else None),
        FlowStep(f"考勤 {v.present_count} 人", attended, Link("看", f"{reverse('meetings:attendance')}?org={v.org_id}")),
    ]
    if v.absences:
        steps.append(FlowStep(f"补课名单 {len(v.absences)} 人", f"{made_up} 人已补", Link("看", list_url), made_up == len(v.absences)))
    decided = [t for t in v.topics if t.resolution or t.passed is not None]
    if decided:
        steps.append(FlowStep(f"决议 {len(decided)} 件", "；".join((t.resolution or t.title)[:30] for t in decided)))
    buttons = () if opened else (Button("打开这条记录", here),)
    return Flow(f"{short(v.held_on)}这一条，去了哪里", tuple(steps), buttons)
