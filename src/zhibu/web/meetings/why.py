"""The answer to "why is this cell so", for the ledger and the county picture."""
from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from zhibu.areas.meetings import queries
from zhibu.ground.duties.derive import OrgYear
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.kernel.judge import SLOT_ZH, Slot
from zhibu.kernel.periods import window_from_code
from zhibu.web.shell.context import Button, Evidence, Link, State, Tone, Why

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
    return parts[0], int(parts[1]) if parts[1].isdigit() else None, parts[2]


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
    if told is None:
        return None
    found = _cell(answer.years[org_id], kind, group_id, code)
    assert found is not None
    subject_path = next(u.path for u in answer.units if u.id == org_id)
    buttons: list[Button] = []
    if found.slot in (Slot.MISSING, Slot.INCOMPLETE, Slot.CLOSING, Slot.RUNNING):
        on = min(found.window.last, answer.as_of)
        if actor.may(P.EXCUSE_REQUEST, subject_path) and found.slot == Slot.MISSING:
            buttons.append(Button("没开", excuse_url(org_id, kind, group_id, code)))
        if actor.may(P.ACTIVITY_WRITE, subject_path):
            buttons.append(Button("补记" if found.window.last < answer.as_of else "开会记录", record_url(org_id, kind, group_id, str(on)), style="sec" if found.slot == Slot.MISSING else ""))
    rule = found.rule
    return Why(
        title=told.title, state=state_of(found.slot), rule=told.rule, clause=rule.clause, rule_set=rule.rule_set.title, window=told.window, sum=told.state, cure=told.cure,
        records=tuple(Evidence("", line.sentence, State(Tone.OK if line.counted else Tone.WAIT, "计入" if line.counted else "不计入"), reverse("meetings:activity", args=[line.activity_id])) for line in told.used),
        chosen_by=f"由{rule.chosen_by.org_name}指定" if rule.chosen_by else "", verified=rule.verified, buttons=tuple(buttons),
        ledger=Link("规则出处", f"{reverse('org:rules', args=[org_id])}"),
    )


def _cell(year: OrgYear, kind: str, group_id: int | None, code: str):  # type: ignore[no-untyped-def]
    for line in year.lines:
        if line.kind == kind and line.group_id == group_id:
            return next((c for c in line.cells if c.window.code == code), None)
    return None
