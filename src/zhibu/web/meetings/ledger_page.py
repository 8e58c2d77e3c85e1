"""Build the year's ledger of a branch, the page of one record, the make-up list and the request for 免."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from zhibu.areas.meetings import queries, rules
from zhibu.ground.duties import derive
from zhibu.ground.files.queries import names as file_names
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people import queries as people
from zhibu.ground.policy.spec import LifeRule
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, RECORD_ZH, ActivityKind, RecordType
from zhibu.kernel.judge import SLOT_ZH, Slot
from zhibu.kernel.periods import KIND_ZH, WindowKind, window_from_code
from zhibu.web.shell.context import Button, Choice, ErrorLine, Field, FieldGroup, FormPage, Link, Pair, State, Tone

from . import why
from .context import (
    ActivityPage,
    Flow,
    FlowStep,
    LedgerCell,
    LedgerPage,
    LedgerRecord,
    LedgerRow,
    Mark,
    ShownPerson,
    ShownRecord,
    ShownTopic,
)

TONE = {
    Slot.MET: "ok", Slot.LATE: "y", Slot.MISSING: "b", Slot.INCOMPLETE: "i", Slot.CLOSING: "c", Slot.RUNNING: "p", Slot.EXCUSED: "e", Slot.FUTURE: "z", Slot.NOT_DUE: "z",
}
TEXT = {Slot.MISSING: "缺", Slot.INCOMPLETE: "缺", Slot.CLOSING: "待", Slot.RUNNING: "待", Slot.EXCUSED: "免", Slot.FUTURE: "·", Slot.NOT_DUE: ""}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the ledger is asked: branch, year, day, the chosen cell ("kind|group|window") or record, and the filter of the list."""

    org: tree.OrgView
    year: int
    as_of: date
    why: str = ""
    record: str = ""
    kind: str = ""


def _short(d: date) -> str:
    return f"{d.month}月{d.day}日"


def kind_label(kind: str, group_name: str = "") -> str:
    """Name a kind, with its group."""
    return ACTIVITY_ZH[ActivityKind(kind)] + (f" {group_name}" if group_name else "")


def build(actor: Actor, w: Wanted) -> LedgerPage:
    """Build the ledger page."""
    scope = actor.scope(P.ACTIVITY_READ)
    answer = queries.compliance(scope, w.org.id, w.year, w.as_of)
    first, last = date(w.year, 1, 1), date(w.year, 12, 31)
    slots = recorded.slots(scope, w.org.id, first, last)
    own = answer.years.get(w.org.id)
    base = f"{reverse('meetings:ledger')}?{urlencode({'org': w.org.id, 'year': w.year} | ({'on': w.as_of} if w.as_of != timezone.localdate() else {}))}"
    rows = tuple(_row(line, slots, base, w) for line in (own.lines if own else ()))
    sums = derive.totals([own] if own else [])
    lines = recorded.activities(scope, w.org.id, first, last, kind=w.kind)
    groups = {g.id: g.name for g in tree.groups(scope, org_ids=[w.org.id])}
    chosen = int(w.record) if w.record.isdigit() else 0
    picked = next((a for a in lines if a.id == chosen), None)
    cell = why.parse(w.why)
    members = people.headcounts(scope, min(w.as_of, last), [w.org.id]).get(w.org.id, people.NOBODY)
    return LedgerPage(
        title=f"{w.year}年 组织生活台账", sub=f"{w.org.name} · 党员 {members.members_all} 名 · 由会议记录自动生成，不用另填", rows=rows,
        current_month=w.as_of.month if w.as_of.year == w.year else 0,
        records=tuple(_record(a, base, groups, chosen) for a in lines), records_count=f"{len(lines)} 条",
        years=tuple(Choice(f"{y}年", str(y), f"{reverse('meetings:ledger')}?org={w.org.id}&year={y}", y == w.year) for y in (w.as_of.year - 1, w.as_of.year)),
        kinds=(Choice("全部类型", "", base, not w.kind), *(Choice(ACTIVITY_ZH[ActivityKind(k)], k, f"{base}&kind={k}", w.kind == k) for k in dict.fromkeys(line.kind for line in own.lines))) if own else (),
        crumbs=(Link("组织生活", base), Link("年度台账")),
        record=Link("开会记录", f"{reverse('meetings:record')}?org={w.org.id}") if actor.may(P.ACTIVITY_WRITE, w.org.path_now) else None,
        buttons=(Button("补课名单", f"{reverse('meetings:absences')}?org={w.org.id}"), Button("现行规则", reverse("org:rules", args=[w.org.id]))),
        stats=(Pair("应完成", f"{sums.due} 次"), Pair("已完成", f"{sums.fulfilled} 次"), Pair("完成率", sums.shown(answer.rate_by))),
        flow=_flow(actor, recorded.activity(scope, picked.id)) if picked else None, why=why.why_panel(actor, answer, w.org.id, cell) if cell and not picked else None,
    )


def _row(line: derive.Line, slots: list[recorded.SlotLine], base: str, w: Wanted) -> LedgerRow:
    rule = cast(LifeRule, line.cells[-1].rule.value) if line.cells else None
    cells = [LedgerCell("z") for _ in range(12)]
    mine = [s for s in slots if s.kind == line.kind and s.group_id == line.group_id]
    for cell in line.cells:
        held = [s for s in mine if cell.window.first <= s.held_on <= cell.window.last]
        at = held[-1].held_on.month if held else min(cell.window.last.month, w.as_of.month if cell.slot == Slot.RUNNING and w.as_of.year == w.year else 12)
        if cell.slot == Slot.NOT_DUE and not held:
            continue
        done = cell.slot in (Slot.MET, Slot.LATE) or (cell.slot in (Slot.RUNNING, Slot.CLOSING) and cell.complete >= cell.due and cell.complete > 0 and cell.complete >= (rule.minimum or 1 if rule else 1))
        tone = "ok" if done and cell.slot != Slot.LATE else TONE[cell.slot]
        text = "、".join(str(s.held_on.day) for s in held[-2:]) if held and (done or cell.slot == Slot.NOT_DUE) else TEXT.get(cell.slot, "")
        if cell.slot == Slot.NOT_DUE:
            tone = "l"
        code = f"{line.kind}|{line.group_id or ''}|{cell.window.code}"
        label = f"{kind_label(line.kind, line.group_name)} {cell.window.label} {'已开，' if held and not done else ''}{'按期' if done and cell.slot == Slot.RUNNING else SLOT_ZH[cell.slot]}"
        cells[at - 1] = LedgerCell(tone, text, label, f"{base}&why={code.replace('|', '%7C')}" if cell.slot != Slot.FUTURE else "", code == w.why)
    due, fulfilled = sum(c.due for c in line.cells), sum(c.fulfilled for c in line.cells)
    often = f"{KIND_ZH[WindowKind(rule.window)]} {rule.minimum} 次" if rule and rule.minimum else "按期"
    return LedgerRow(kind_label(line.kind, line.group_name), often, tuple(cells), f"{fulfilled}/{due}", Tone.BAD if fulfilled < due else Tone.PLAIN)


def _record(a: recorded.ActivityLine, base: str, groups: dict[int, str], chosen: int) -> LedgerRecord:
    state = State(Tone.PLAIN, "已更正") if a.corrected else State(Tone.WARN, "补记") if (a.recorded_on - a.held_on).days > 7 else State(Tone.OK, "已存")
    return LedgerRecord(
        _short(a.held_on), a.title, tuple(kind_label(k, groups.get(g or 0, "")) for k, g in a.kinds), a.chair, f"{a.present_count} / {a.expected_count}", state,
        f"{base}&record={a.id}", reverse("meetings:activity", args=[a.id]), a.id == chosen,
    )


def _flow(actor: Actor, v: recorded.ActivityView) -> Flow:
    """Tell where a record went: only what is built."""
    kinds = [ACTIVITY_ZH[ActivityKind(k)] for k, _ in v.kinds if k in ActivityKind._value2member_map_]
    ledger = f"{reverse('meetings:ledger')}?org={v.org_id}&year={v.held_on.year}"
    leave = [a for a in v.absences if a.status == "leave"]
    done = [a for a in v.absences if a.caught_up_on]
    steps = [
        FlowStep(f"台账 {len(v.kinds)} 项" if not v.corrected_by_id else "台账按更正后的记", "、".join(dict.fromkeys(kinds)), Link("看", ledger), not v.corrected_by_id),
        FlowStep(f"考勤 {v.present_count} 人", f"应到 {v.expected_count}，请假 {len(leave)}，缺席 {sum(a.status == 'absent' for a in v.absences)}", Link("看", reverse("meetings:activity", args=[v.id]))),
    ]
    if v.absences:
        steps.append(FlowStep(f"补课名单 {len(v.absences)} 人", f"{len(done)} 人已补", Link("看", f"{reverse('meetings:absences')}?org={v.org_id}"), len(done) == len(v.absences)))
    decided = [t for t in v.topics if t.resolution or t.passed is not None]
    if decided:
        steps.append(FlowStep(f"决议 {len(decided)} 件", "、".join((t.resolution or t.title)[:30] for t in decided)))
    return Flow(f"{_short(v.held_on)}这一条，去了哪里", tuple(steps), (Button("打开这条记录", reverse("meetings:activity", args=[v.id])),))


def activity(actor: Actor, v: recorded.ActivityView, today: date, saved: str) -> ActivityPage:
    """Build the page of one record."""
    scope = actor.scope(P.ACTIVITY_READ)
    org = tree.organisation(scope, v.org_id)
    form = queries.form_rules(v.org_id, v.held_on)
    kinds = [k for k, _ in v.kinds]
    groups = {g.id: g.name for g in tree.groups(scope, org_ids=[v.org_id])}
    recorded_on = timezone.localtime(v.recorded_at).date()
    needed = queries.required_records(form, kinds)
    present = {e.record_type for e in v.evidence}
    lacking = [r for r in needed if r not in present]
    late = rules.entered_late(v.held_on, recorded_on, form.late_entry_days)
    state = State(Tone.PLAIN, "已更正") if v.corrected_by_id else State(Tone.BAD, "材料不全") if lacking else State(Tone.WARN, "补记") if late else State(Tone.OK, "已存")
    hours = f"{v.start_at:%H:%M}" + (f"—{v.end_at:%H:%M}" if v.end_at else "") if v.start_at else ""
    by = {a.person_id: a for a in v.absences}
    names = people.names_of(scope, v.expected)
    counts = (Pair("应到", str(v.expected_count)), Pair("实到", str(v.present_count)), Pair("请假", str(sum(a.status == "leave" for a in v.absences)), tone=Tone.WARN), Pair("缺席", str(sum(a.status == "absent" for a in v.absences)), tone=Tone.BAD))
    may = actor.may(P.ACTIVITY_WRITE, org.path_now)
    ledger = Link("看台账", f"{reverse('meetings:ledger')}?org={v.org_id}&year={v.held_on.year}&record={v.id}")
    return ActivityPage(
        title="、".join(kind_label(k, groups.get(g or 0, "")) for k, g in v.kinds if k in ActivityKind._value2member_map_) or v.title,
        sub=f"{org.name} · {v.held_on.year}年{_short(v.held_on)} {hours}", state=state,
        facts=(
            Pair("议题", v.title), Pair("时间", f"{v.held_on.year}年{_short(v.held_on)} {hours}"), Pair("地点", v.place or "没有写"), Pair("主持", v.chair or "没有写"), Pair("记录", v.recorder or "没有写"),
            *((Pair("内容", "、".join(rules.CONTENT_ZH[rules.ContentItem(c)] for c in v.contents if c in rules.CONTENT_ZH)),) if v.contents else ()),
            Pair("记录于", f"{timezone.localtime(v.recorded_at):%Y年%-m月%-d日 %H:%M}，{v.recorded_by}", note="开会的日期和记录的日期都保留" if late else ""),
        ),
        people=tuple(ShownPerson(names.get(i, "（已转出）"), Mark(by[i].status) if i in by else Mark.PRESENT) for i in v.expected),
        topics=tuple(_shown(t) for t in v.topics), records=_records(scope, v, needed), flow=_flow(actor, v),
        just_saved=f"{saved}台账记了 {len(v.kinds)} 项，{v.present_count} 人到会。" if saved else "", counts=counts,
        quorum=f"有表决权 {v.voting_count} 人，到会 {v.voting_present} 人。" if v.voting_count is not None else "",
        crumbs=(Link("组织生活", ledger.url), Link("年度台账", ledger.url), Link("会议记录")),
        buttons=((Button("更正", reverse("meetings:correct", args=[v.id])),) if may and not v.corrected_by_id else ()) + ((Button("看最新的一条", reverse("meetings:activity", args=[v.corrected_by_id])),) if v.corrected_by_id else ()),
        corrections=_corrections(scope, v), makeup=tuple(a.name for a in v.absences if not a.caught_up_on), absence_note=next((a.reason for a in v.absences if a.reason), ""),
        next_link=Link("回到待办", reverse("desk")) if saved else None,
    )


def _shown(t: recorded.TopicView) -> ShownTopic:
    vote = f"赞成 {t.ayes}，反对 {t.noes}，弃权 {t.abstain}" if t.ayes is not None else ""
    facts = tuple(Pair(k, v) for k, v in (("授课人", t.lecturer), ("学时", str(t.hours or ""))) if v)
    return ShownTopic(ACTIVITY_ZH.get(t.kind, "议题") if t.kind in ActivityKind._value2member_map_ else "议题", t.title, t.content, t.resolution, vote, (State(Tone.OK, "通过") if t.passed else State(Tone.WARN, "未通过")) if t.passed is not None else None, facts)


def _records(scope, v: recorded.ActivityView, needed: tuple[str, ...]) -> tuple[ShownRecord, ...]:  # type: ignore[no-untyped-def]
    uploads = file_names(scope, [e.attachment_id for e in v.evidence if e.attachment_id])
    shown, seen = [], set()
    for e in v.evidence:
        seen.add(e.record_type)
        label = RECORD_ZH[RecordType(e.record_type)]
        if e.how == "entry":
            shown.append(ShownRecord(label, State(Tone.OK, "本页即是")))
        elif e.how == "upload":
            shown.append(ShownRecord(label, State(Tone.OK, "已上传"), uploads.get(e.attachment_id or 0, ""), reverse("files:download", args=[e.attachment_id])))
        elif e.how == "paper":
            shown.append(ShownRecord(label, State(Tone.OK, "纸质件"), f"纸质件存{e.place}"))
        else:
            shown.append(ShownRecord(label, State(Tone.OK, "无"), e.reason))
    shown += [ShownRecord(RECORD_ZH[RecordType(r)], State(Tone.BAD, "缺")) for r in needed if r not in seen]
    return tuple(shown)


def _corrections(scope, v: recorded.ActivityView) -> tuple[Pair, ...]:  # type: ignore[no-untyped-def]
    pairs = []
    if v.corrects_id:
        pairs.append(Pair("更正了", f"{timezone.localtime(v.recorded_at):%Y年%-m月%-d日}，{v.recorded_by}", v.correction_reason, reverse("meetings:activity", args=[v.corrects_id])))
    if v.corrected_by_id:
        newer = recorded.activity(scope, v.corrected_by_id)
        pairs.append(Pair("被更正", f"{timezone.localtime(newer.recorded_at):%Y年%-m月%-d日}，{newer.recorded_by}", newer.correction_reason, reverse("meetings:activity", args=[newer.id])))
    return tuple(pairs)


@dataclass(frozen=True, slots=True)
class MakeUpLine:
    """One absence on the make-up list."""

    id: int
    name: str
    what: str
    status: State
    done: str
    url: str
    catch_up_url: str


@dataclass(frozen=True, slots=True)
class MakeUpPage:
    """补课名单."""

    title: str
    sub: str
    lines: tuple[MakeUpLine, ...]
    may_write: bool
    crumbs: tuple[Link, ...]
    org_id: int
    today: str


def make_up(actor: Actor, org: tree.OrgView, today: date) -> MakeUpPage:
    """Build the make-up list of a branch for this year and the last quarter of the year before."""
    scope = actor.scope(P.ACTIVITY_READ)
    found = recorded.absences(scope, org_id=org.id, first=date(today.year - 1, 10, 1))
    held = {a.id: a for a in recorded.activities(scope, org.id, date(today.year - 1, 10, 1), today)}
    lines = tuple(
        MakeUpLine(
            a.id, a.name, f"{_short(held[a.activity_id].held_on)} {held[a.activity_id].title}" if a.activity_id in held else "", State(Tone.WARN, "请假") if a.status == "leave" else State(Tone.BAD, "缺席"),
            f"{_short(a.caught_up_on)} {a.caught_up_how}" if a.caught_up_on else "", reverse("meetings:activity", args=[a.activity_id]), f"{reverse('meetings:catch-up', args=[a.id])}?org={org.id}",
        )
        for a in found[:200]
    )
    waiting = sum(not line.done for line in lines)
    ledger = f"{reverse('meetings:ledger')}?org={org.id}"
    return MakeUpPage("补课名单", f"{org.name} · 还有 {waiting} 人次没有补", lines, actor.may(P.ACTIVITY_WRITE, org.path_now), (Link("组织生活", ledger), Link("补课名单")), org.id, str(today))


def excuse_form(org: tree.OrgView, kind: str, window_code: str, group: str, reason: str, error: str) -> FormPage:
    """Build the form that asks to be excused from a window."""
    window = window_from_code(window_code)
    name = ACTIVITY_ZH[ActivityKind(kind)]
    return FormPage(
        title=f"{window.label}{name}没开", action_url=f"{reverse('meetings:excuse')}?org={org.id}", submit_label="报上级",
        groups=(FieldGroup("为什么没开", (Field("reason", "原因", "textarea", reason, required=True, error=error, maxlength=200, help="例如：8月防汛抢险，全体上堤。写清楚就行，不用附材料"),)),),
        crumbs=(Link("待办", reverse("desk")), Link("没开")), sub=f"{org.name} · 上级同意后这一格标“免”，不算应开，也不算完成；同意前仍是“缺”",
        errors=(ErrorLine(error, "f-reason"),) if error else (), cancel_url=reverse("desk"), hidden=(("kind", kind), ("window", window_code), ("group", group)),
    )
