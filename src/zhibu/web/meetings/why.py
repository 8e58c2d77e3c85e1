"""The answer to "why is this cell so", for the ledger and the county picture."""
from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from zhibu.areas.meetings import queries
from zhibu.ground.duties.derive import Cell, OrgYear
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.record import queries as recorded
from zhibu.kernel.judge import SLOT_ZH, Slot
from zhibu.kernel.periods import window_from_code
from zhibu.web.shell.context import Button, Evidence, Link, State, Tone, Why

from .forms import number

TONES = {
    Slot.MET: Tone.OK, Slot.LATE: Tone.WARN, Slot.INCOMPLETE: Tone.BAD, Slot.MISSING: Tone.BAD, Slot.CLOSING: Tone.WARN, Slot.RUNNING: Tone.WAIT,
    Slot.FUTURE: Tone.WAIT, Slot.EXCUSED: Tone.PLAIN, Slot.NOT_DUE: Tone.PLAIN,
}


def state_of(slot: Slot) -> State:
    """Give shape and word of a judged window."""
    return State(TONES[slot], SLOT_ZH[slot])


def parse(text: str) -> tuple[str, int | None, str] | None:
    """Read "kind|group|window" of an address; None when it is none."""
    parts = text.split("|")
    if len(parts) != 3:
        return None
    try:
        window_from_code(parts[2])
    except ValueError:
        return None
    return parts[0], number(parts[1]), parts[2]


def record_url(org_id: int, kind: str, group_id: int | None, on: str) -> str:
    """Give the address of the form, filled for one requirement."""
    query = {"org": org_id, "kind": kind, "date": on} | ({"group": group_id} if group_id else {})
    return f"{reverse('meetings:record')}?{urlencode(query)}"


def excuse_url(org_id: int, kind: str, group_id: int | None, window: str) -> str:
    """Give the address of the request for 免."""
    return f"{reverse('meetings:excuse')}?{urlencode({'org': org_id, 'kind': kind, 'group': group_id or '', 'window': window})}"


def why_panel(actor: Actor, answer: queries.Compliance, org_id: int, cell: tuple[str, int | None, str]) -> Why | None:
    """Explain one cell; None when the organisation has no such cell."""
    kind, group_id, code = cell
    told = queries.explain(actor.scope(P.ACTIVITY_READ), answer, org_id, kind, group_id, code)
    found = _cell(answer.years[org_id], kind, group_id, code) if told else None
    if told is None or found is None:
        return None
    rule = found.rule
    excuse = _excuse(actor, org_id, kind, group_id, found) if found.slot is Slot.EXCUSED else None
    records = tuple(
        Evidence("", line.sentence, State(Tone.OK, "计入") if line.counted else State(Tone.WAIT, "不计入"), reverse("meetings:activity", args=[line.activity_id]))
        for line in told.used
    )
    return Why(
        title=told.title, state=state_of(found.slot), rule=told.rule, clause=rule.clause, rule_set=rule.rule_set.title, window=told.window,
        sum=told.state + (_both_names(excuse) if excuse else ""), cure=told.cure, records=records,
        chosen_by=f"由{rule.chosen_by.org_name}指定" if rule.chosen_by else "", verified=rule.verified,
        buttons=_buttons(actor, answer, org_id, (kind, group_id), found, excuse), ledger=Link("规则出处", reverse("org:rules", args=[org_id])),
    )


def _excuse(actor: Actor, org_id: int, kind: str, group_id: int | None, cell: Cell) -> recorded.ExcuseView | None:
    found = recorded.excuses(actor.scope(P.COMPLIANCE_READ), cell.window.first, cell.window.last, [org_id])
    return next((e for e in found if (e.kind, e.group_id, e.window, e.first_on) == (kind, group_id, cell.window.kind, cell.window.first)), None)


def _both_names(e: recorded.ExcuseView) -> str:
    day = timezone.localtime(e.decided_at).date()
    return f"{e.requested_by}申请：{e.reason}。{e.decided_by} {day.month}月{day.day}日同意。"


def _buttons(
    actor: Actor, answer: queries.Compliance, org_id: int, duty: tuple[str, int | None], cell: Cell, excuse: recorded.ExcuseView | None
) -> tuple[Button, ...]:
    path = next(u.path for u in answer.units if u.id == org_id)
    if excuse is not None:
        back = f"{reverse('meetings:ledger')}?{urlencode({'org': org_id, 'year': cell.window.last.year})}"
        return (Button("撤回免", reverse("meetings:revoke-excuse", args=[excuse.id]), "post", fields=(("back", back),)),) if actor.may(P.EXCUSE_DECIDE, path) else ()
    if cell.slot not in (Slot.MISSING, Slot.INCOMPLETE, Slot.CLOSING, Slot.RUNNING):
        return ()
    buttons = []
    missing, over = cell.slot in (Slot.MISSING, Slot.CLOSING) and cell.held == cell.complete, cell.window.last < answer.as_of
    if actor.may(P.EXCUSE_REQUEST, path) and missing:
        buttons.append(Button("没开", excuse_url(org_id, *duty, cell.window.code)))
    if actor.may(P.ACTIVITY_WRITE, path):
        on = str(min(cell.window.last, answer.as_of))
        buttons.append(Button("补记" if over else "开会记录", record_url(org_id, *duty, on), style="sec" if missing else ""))
    return tuple(buttons)


def _cell(year: OrgYear, kind: str, group_id: int | None, code: str) -> Cell | None:
    for line in year.lines:
        if line.kind == kind and line.group_id == group_id:
            return next((c for c in line.cells if c.window.code == code), None)
    return None
