"""Turn an answer of compliance into the page of mock 2: rows, cells, panel, and the answer to "why"."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from zhibu.areas.meetings import queries, reminders
from zhibu.areas.meetings.queries import Compliance, Row, Unit
from zhibu.areas.meetings.reminders import Item, Prospect
from zhibu.ground.duties import derive
from zhibu.ground.duties.derive import OVERDUE, BoardCell, Cell, Line, Matter, board_row, matters
from zhibu.ground.facts import catalogue
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.kernel.judge import SLOT_ZH, Slot
from zhibu.kernel.periods import KIND_ZH, WindowKind
from zhibu.web.meetings.why import why_panel
from zhibu.web.shell.context import Button, Callout, Choice, Link, Stat, State, Tone, Why

from .context import CellPanel, Concern, CountyPage, HeatCell, HeatGroup, HeatRow
from .forms import Wish

TONE: dict[Slot, str] = {
    Slot.NOT_DUE: "z", Slot.FUTURE: "f", Slot.RUNNING: "n", Slot.CLOSING: "c", Slot.MET: "g", Slot.LATE: "y", Slot.INCOMPLETE: "r", Slot.MISSING: "r",
    Slot.EXCUSED: "e",
}
WORDS: dict[Slot, str] = {
    Slot.MISSING: "未开", Slot.INCOMPLETE: "记录不全", Slot.CLOSING: "刚过期限，待补录", Slot.LATE: "补记", Slot.EXCUSED: "免",
}
SHOWN = 40      # concerns in the panel
SHORT = {ActivityKind.GROUP_MEETING: "小组会"}
TOWNS, OTHERS = "乡镇街道", "县直与两新"
TERM_SOON = timedelta(days=90)
COLOURS = "颜色只说明有没有按期开，不打分、不排名"


def day_zh(day: date) -> str:
    """Write a day: 2025年9月18日."""
    return f"{day.year}年{day.month}月{day.day}日"


def ledger_url(org_id: int, year: int) -> str:
    """Give the address of a branch's ledger of a year."""
    return f"{reverse('meetings:ledger')}?org={org_id}&year={year}"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, and when."""

    actor: Actor
    now: datetime


def page(reader: Reader, wish: Wish, answer: Compliance) -> CountyPage:
    """Build the whole page; the number of statements does not depend on how many organisations it shows."""
    kind = wish.kind or None
    rows = answer.rows()
    heat = {row.unit.id: _row(wish, answer, row, kind) for row in rows}
    behind = [row for row in rows if heat[row.unit.id].missing]
    shown = behind if wish.only_missing else list(rows)
    groups = _groups(answer, shown, heat)
    overdue = matters(answer.of(answer.in_order()), OVERDUE, kind)
    view = tree.organisation(reader.actor.scope(P.COMPLIANCE_READ), answer.root.id)
    flat = all(len(row.units) == 1 for row in rows)
    return CountyPage(
        title=_title(view, answer),
        as_of=f"截至 {day_zh(wish.on)} {timezone.localtime(reader.now):%H:%M} · {COLOURS}" if wish.live else f"{day_zh(wish.on)}那一天的组织和期限，记录按现在的算 · {COLOURS}",
        stats=_stats(reader, wish, answer, heat.values(), kind),
        kinds=_kinds(wish, answer),
        groups=groups,
        current_month=wish.on.month if answer.year == wish.on.year else 0,
        years=tuple(Choice(f"{y}年", str(y), wish.url(year=y), y == answer.year) for y in sorted({wish.on.year - 1, wish.on.year, answer.year})),
        only_missing=Choice(f"只看有未开的 {len(behind)} 个", "missing", wish.url(only_missing=not wish.only_missing), wish.only_missing)
        if len(rows) > 1 and (behind or wish.only_missing) else None,
        crumbs=_crumbs(reader.actor, wish, view),
        unit_label="党组织" if flat else "单位",
        branches_label="" if flat else "支部",
        remind=_remind_all(reader, wish, answer, overdue),
        panel=_panel(reader, wish, answer, rows, kind) if wish.cell else None,
        why=_why(reader, wish, answer) if wish.why else None,
        rules_link=Link("判定规则", reverse("org:rules", args=[answer.root.id])) if reader.actor.may(P.POLICY_READ, view.path_now) else None,
        buttons=(
            Button("各项数字", f"{reverse('overview:figures')}?org={answer.root.id}"), Button("导出 Excel", f"{reverse('overview:county-file')}{wish_plain(wish).query()}", "post"),
        ) if answer.units else (),
        empty="没有符合条件的单位。" if answer.units else f"{day_zh(wish.on)}这个组织还没有成立，没有可看的情况。",
        on=wish.on.isoformat(),
        today=wish.today.isoformat(),
        form_url=reverse("overview:county"),
        hidden=tuple((name, value) for name, value in (("org", str(answer.root.id)), ("kind", wish.kind), ("only", "missing" if wish.only_missing else "")) if value),
        callouts=(
            *(Callout(note, Tone.WARN) for note in wish.notes),
            *([] if wish.live else [Callout("这是过去某一天的情况，只能看，不能提醒。", Tone.PLAIN, Link("回到今天", wish.url(on=wish.today, year=wish.today.year)))]),
        ),
        counted="项" if flat else "个",
    )


def wish_plain(wish: Wish) -> Wish:
    """Give the wish for the whole table: without filter, panel and question."""
    return replace(wish, kind="", only_missing=False, cell=None, why=None)


def _title(view: tree.OrgView, answer: Compliance) -> str:
    if view.is_branch:
        return f"{view.short_name}的一年"
    return "全县一张图" if view.parent_id is None and any(len(row.units) > 1 for row in answer.rows()) else f"{view.short_name}一张图"


def _crumbs(actor: Actor, wish: Wish, view: tree.OrgView) -> tuple[Link, ...]:
    reach = actor.scope(P.COMPLIANCE_READ)
    chain = [o for o in tree.chain(view.path_now) if reach.covers(o.path)]
    links = [Link(o.short_name, wish.url(org_id=o.id) if o.id != view.id else "") for o in chain]
    return (Link("督查公开"), *links)


def _kinds(wish: Wish, answer: Compliance) -> tuple[Choice, ...]:
    present = {line.kind for year in answer.years.values() for line in year.lines} | ({wish.kind} - {""})
    kinds = [Choice(SHORT.get(k, ACTIVITY_ZH[k]), k.value, wish.url(kind=k.value), wish.kind == k) for k in ActivityKind if k.value in present]
    return (Choice("综合", "", wish.url(kind=""), not wish.kind), *kinds)


# ---------------------------------------------------------------- rows and cells


def _row(wish: Wish, answer: Compliance, row: Row, kind: str | None) -> HeatRow:
    years = answer.of(row.units)
    unit = row.unit
    leaf = len(row.units) == 1
    name = unit.short_name if unit.alive else f"{unit.short_name}（已撤销）"
    if unit.id == answer.root.id and len(answer.units) > 1:
        name = f"{unit.short_name}本级"
    board = board_row(years, kind)
    counts = [[0, 0] for _ in range(12)] if leaf else None
    missing = late = 0
    for found in matters(years, (*OVERDUE, Slot.LATE), kind):
        is_late = found.cell.slot is Slot.LATE
        missing, late = missing + (not is_late), late + is_late
        if counts is not None:
            counts[found.cell.window.last.month - 1][is_late] += 1
    cells = tuple(_cell(wish, answer, unit, name, month, cell, counts) for month, cell in enumerate(board, 1))
    here = unit.id == answer.root.id
    url = ledger_url(unit.id, answer.year) if leaf and unit.id in answer.years else "" if here else wish.url(org_id=unit.id)
    return HeatRow(name, url, str(row.branches) if not leaf else "", cells, missing, late)


def _cell(wish: Wish, answer: Compliance, unit: Unit, name: str, month: int, cell: BoardCell, counts: Sequence[Sequence[int]] | None) -> HeatCell:
    slot = cell.slot
    if slot is Slot.RUNNING and answer.year == wish.on.year and month > wish.on.month:
        slot = Slot.FUTURE  # a quarter or a year that still runs: its cell comes in its last month
    tone = TONE[slot]
    if tone in "zf":
        return HeatCell(tone)
    number = cell.concerned if counts is None else counts[month - 1][slot is Slot.LATE] if slot in (*OVERDUE, Slot.LATE) else cell.concerned
    percent = cell.running_done * 100 // cell.running_due if cell.running_due else 0
    if tone == "n":
        said = f"进行中，已开 {percent}%"
    elif tone == "g":
        said = "全部按期"
    else:
        said = f"{number} {'个' if counts is None else '项'}{'未开或记录不全' if tone == 'r' else WORDS[slot]}"
    chosen = wish.cell == (unit.id, month)
    return HeatCell(tone, number if tone in "yr" else 0, percent, f"{name} {month}月 {said}", wish.url(cell=(unit.id, month)), chosen)


def _groups(answer: Compliance, rows: Sequence[Row], heat: Mapping[int, HeatRow]) -> tuple[HeatGroup, ...]:
    """Part the units of a county into townships and the rest; other pages have one group."""
    if not rows:
        return ()
    if any(len(row.units) > 1 for row in answer.rows()) and answer.root.kind == "party_committee" and answer.root.parent_id is None:
        parts = {TOWNS: [r for r in rows if _is_town(r)], OTHERS: [r for r in rows if not _is_town(r)]}
        if all(parts.values()):
            return tuple(HeatGroup(label, tuple(heat[r.unit.id] for r in part)) for label, part in parts.items())
    return (HeatGroup("", tuple(heat[r.unit.id] for r in rows)),)


def _is_town(row: Row) -> bool:
    if row.unit.domain:
        return row.unit.domain in ("rural", "community")
    branches = [u for u in row.units if u.is_branch]
    return sum(u.domain in ("rural", "community") for u in branches) * 2 > len(branches)


# ---------------------------------------------------------------- figures


def _stats(reader: Reader, wish: Wish, answer: Compliance, rows: Iterable[HeatRow], kind: str | None) -> tuple[Stat, ...]:
    scope = reader.actor.scope(P.COMPLIANCE_READ)
    here = {u.id for u in answer.units if u.alive}
    until = wish.on + TERM_SOON
    soon = sum(c.org_id in here and wish.on <= (c.extended_until or c.expires_on) <= until for c in tree.committees(scope, wish.on))
    rows = list(rows)
    missing, late = sum(r.missing for r in rows), sum(r.late for r in rows)
    running: list[Stat] = []
    if answer.year == wish.on.year:
        due, done = derive.running(answer.years.values(), kind, wish.on.month)
        running.append(Stat(f"{wish.on.month}月进度", str(done * 100 // due) if due else "—", "%" if due else ""))
    return (
        Stat("党支部", f"{sum(u.is_branch and u.alive for u in answer.units):,}"),
        Stat("党员", f"{catalogue.total('members.all', scope, wish.on, here):,}"),
        *running,
        Stat("过期未开", f"{missing:,}", "项", Tone.BAD if missing else Tone.PLAIN),
        Stat("补记", f"{late:,}", "项", Tone.WARN if late else Tone.PLAIN),
        Stat("换届 90 天内", f"{soon:,}", "个"),
    )


def _remind_all(reader: Reader, wish: Wish, answer: Compliance, overdue: Sequence[Matter]) -> Button | None:
    number = len(may_remind(reader.actor, wish, answer, overdue))
    return Button(f"提醒未开的 {number} 项", remind_url(wish, answer), style="pri") if number else None


def may_remind(actor: Actor, wish: Wish, answer: Compliance, overdue: Iterable[Matter]) -> list[Matter]:
    """Keep the matters of which this actor may remind today: organisations that still exist, where the right is held."""
    if not wish.live or not actor.holds(P.REMIND):
        return []
    fit = {u.id for u in answer.units if u.alive and actor.may(P.REMIND, u.path)}
    return [m for m in overdue if m.org_id in fit]


def remind_url(wish: Wish, answer: Compliance, item: Item | None = None) -> str:
    """Give the address of the confirmation page, for everything in the picture or for one matter."""
    other = Wish(wish.today, wish.today, answer.year, answer.root.id, wish.kind, why=None)
    query = other.query()
    return f"{reverse('overview:remind')}{query}{f'&item={item.code}' if item else ''}"


# ---------------------------------------------------------------- the side panel


def _panel(reader: Reader, wish: Wish, answer: Compliance, rows: Sequence[Row], kind: str | None) -> CellPanel | None:
    assert wish.cell
    org_id, month = wish.cell
    row = next((r for r in rows if r.unit.id == org_id), None)
    if row is None:
        return None
    years = answer.of(row.units)
    units = {u.id: u for u in row.units}
    title = f"{row.unit.short_name} · {month}月"
    link = Link("看台账", ledger_url(org_id, answer.year)) if len(row.units) == 1 else Link("看各支部", wish.url(org_id=org_id))
    slots = {y.org_id: board_row([y], kind)[month - 1] for y in years}
    if any(c.slot is Slot.RUNNING for c in slots.values()):
        return _running(wish, answer, units, slots, matters(years, (Slot.RUNNING,), kind, month), title, link)
    tally = {tone: sum(TONE[c.slot] == tone for c in slots.values()) for tone in "gyrce"}
    sums = [Stat("支部", str(sum(c.slot is not Slot.NOT_DUE for c in slots.values()))), Stat("按期", str(tally["g"]))]
    sums += [Stat("补记", str(tally["y"])), Stat("未开", str(tally["r"]), tone=Tone.BAD if tally["r"] else Tone.PLAIN)]
    if tally["c"]:
        sums.append(Stat("待补录", str(tally["c"])))
    found: list[Matter] = []
    for wanted in ((Slot.MISSING,), (Slot.INCOMPLETE,), (Slot.CLOSING,), (Slot.LATE,), (Slot.EXCUSED,)):
        found += matters(years, wanted, kind, month)
    concerns = _concerns(reader, wish, answer, units, found[:SHOWN])
    more = f"另有 {len(found) - SHOWN} 项，请点“{link.label}”。" if len(found) > SHOWN else ""
    note = ""
    if wish.live and any(c.buttons for c in concerns):
        limits = reminders.limits(queries.convention(answer.root.id, wish.on))
        note = f"提醒放在支部的工作台上。{reminders.limits_sentence(limits)}"
    empty = "这一格全部按期。" if tally["g"] else "这一格没有要办的。"
    return CellPanel(title, tuple(sums), concerns, link, more + note, empty)


def _running(
    wish: Wish, answer: Compliance, units: Mapping[int, Unit], slots: Mapping[int, BoardCell], open_: Sequence[Matter], title: str, link: Link,
) -> CellPanel:
    """Show what a month that still runs asks for: nothing in it is overdue, so nobody is reminded."""
    lacking: dict[int, list[str]] = {}
    for m in open_:
        minimum = m.cell.rule.value.minimum or 0  # type: ignore[union-attr]
        if m.cell.complete < minimum:
            lacking.setdefault(m.org_id, []).append(m.line.title)
    asked = [org_id for org_id, c in slots.items() if c.slot is Slot.RUNNING]
    sums = (Stat("支部", str(len(asked))), Stat("已开好", str(len(asked) - len(lacking))), Stat("还没开齐", str(len(lacking))))
    concerns = tuple(
        Concern(units[org_id].short_name, ledger_url(org_id, answer.year), State(Tone.WAIT, "进行中"), f"还没有：{'、'.join(titles)}")
        for org_id, titles in list(lacking.items())[:SHOWN]
    )
    note = f"另有 {len(lacking) - SHOWN} 个支部，请点“{link.label}”。" if len(lacking) > SHOWN else ""
    return CellPanel(title, sums, concerns, link, note + ("这一期还没有过，现在不用催。" if concerns else ""), "这一期要开的都开好了。")


def _concerns(reader: Reader, wish: Wish, answer: Compliance, units: Mapping[int, Unit], found: Sequence[Matter]) -> tuple[Concern, ...]:
    actor = reader.actor
    orgs = list(dict.fromkeys(m.org_id for m in found))
    known = reminders.contacts(actor.scope(P.MEMBER_READ), orgs, wish.today) if wish.live and actor.holds(P.MEMBER_READ) and orgs else {}
    allowed = [reminders.item_of(m) for m in may_remind(actor, wish, answer, found) if m.cell.slot in OVERDUE]
    before: dict[Item, Prospect] = {}
    if allowed:
        closed, told = reminders.prospects(actor.scope(P.REMIND), allowed, reader.now)
        before = {p.item: p for p in told}
    answers = []
    for m in found:
        item = reminders.item_of(m)
        told_before = before.get(item)
        buttons: tuple[Button, ...] = ()
        tags: tuple[str, ...] = ()
        if told_before and told_before.sent_on:
            tags = (f"{told_before.sent_on.month}月{told_before.sent_on.day}日已提醒",)
        if told_before and not (told_before.sent_on and told_before.blocked):
            buttons = (Button("提醒", remind_url(wish, answer, item), small=True),)
        who = known.get(m.org_id)
        contact = f"书记 {who.name}" + (f" · {who.phone}" if who.phone else "") if who else ""
        answers.append(
            Concern(
                units[m.org_id].short_name, ledger_url(m.org_id, answer.year), _state(m.cell, wish.on), _often(m.line, m.cell), contact, buttons, tags,
                wish.url(cell=wish.cell, why=item),
            )
        )
    return tuple(answers)


def _often(line: Line, cell: Cell) -> str:
    rule = cell.rule.value
    times = f"{KIND_ZH[WindowKind(rule.window)]} {rule.minimum} 次"  # type: ignore[union-attr]
    where = f" {cell.window.short}" if cell.window.kind is not WindowKind.MONTH else ""
    return f"{line.title}{where}（{times}）"


def _state(cell: Cell, on: date) -> State:
    if cell.slot in OVERDUE:
        days = f"{(on - cell.window.last).days} 天"
        return State(Tone.BAD, f"记录不全 {days}" if cell.slot is Slot.INCOMPLETE else days)
    if cell.slot is Slot.LATE:
        return State(Tone.WARN, "补记")
    return State(Tone.OK if cell.slot is Slot.MET else Tone.WAIT, SLOT_ZH[cell.slot])


def _why(reader: Reader, wish: Wish, answer: Compliance) -> Why:
    """Answer for one cell; a cell that is not there is a page that is not there."""
    item = wish.why
    assert item
    unit = next((u for u in answer.units if u.id == item.org_id), None)
    told = why_panel(reader.actor, answer, item.org_id, (item.kind, item.group_id, item.window)) if unit else None
    if unit is None or told is None:
        raise tree.NotFound("没有这一格")
    overdue = [m for m in matters([answer.years[unit.id]], OVERDUE, item.kind) if reminders.item_of(m) == item]
    remind = (Button("提醒", remind_url(wish, answer, item)),) if may_remind(reader.actor, wish, answer, overdue) else ()
    buttons = told.buttons if wish.live else ()
    return replace(told, title=f"{unit.short_name} · {told.title}", buttons=(*buttons, *remind), ledger=Link("看台账", ledger_url(item.org_id, answer.year)))
