"""The judge of compliance: counters of one window and one requirement in, state and (due, fulfilled) out.

The same pure function answers for a branch, a county and the nation. It takes integers and gives integers, allocates nothing, and
knows no clock: ``as_of`` is an argument. Arithmetic: rules.md §0 and S04 "Auto"; display states: ux.md §5.4.
"""
from __future__ import annotations

from datetime import date
from enum import IntEnum


class Slot(IntEnum):
    """State of one window. The order is part of the contract: stored nowhere, but used to sort and as bit numbers."""

    NOT_DUE = 0
    FUTURE = 1
    RUNNING = 2
    CLOSING = 3
    MET = 4
    LATE = 5
    INCOMPLETE = 6
    MISSING = 7
    EXCUSED = 8


#: 格子状态的中文名
SLOT_ZH: dict[Slot, str] = {
    Slot.NOT_DUE: "不计",
    Slot.FUTURE: "未到",
    Slot.RUNNING: "进行中",
    Slot.CLOSING: "待补录",
    Slot.MET: "按期",
    Slot.LATE: "补记",
    Slot.INCOMPLETE: "记录不全",
    Slot.MISSING: "缺",
    Slot.EXCUSED: "免",
}

#: how bad a state is (0 = nothing to say); the cell of a township shows the worst of its branches
SEVERITY: dict[Slot, int] = {
    Slot.NOT_DUE: 0,
    Slot.FUTURE: 1,
    Slot.EXCUSED: 2,
    Slot.MET: 3,
    Slot.RUNNING: 4,
    Slot.CLOSING: 5,
    Slot.LATE: 6,
    Slot.INCOMPLETE: 7,
    Slot.MISSING: 8,
}


class Phase(IntEnum):
    """Where ``as_of`` stands to a window; computed once per window, not once per organisation."""

    FUTURE = 0
    RUNNING = 1
    CLOSING = 2
    CLOSED = 3


def phase(first: date, last: date, as_of: date, closing_days: int = 5) -> Phase:
    """Say whether a window is ahead, open, closed since at most ``closing_days`` days, or closed longer.

    A window is closed from the day after its last day; CLOSING differs from CLOSED in display only.
    """
    if as_of < first:
        return Phase.FUTURE
    if as_of <= last:
        return Phase.RUNNING
    return Phase.CLOSING if (as_of - last).days <= closing_days else Phase.CLOSED


def judge_phase(phase: Phase, minimum: int | None, complete: int, on_time: int, held: int, existed: bool, excused: bool) -> tuple[Slot, int, int]:
    """Judge one window whose phase is known. Returns (slot, due, fulfilled); see ``judge`` for the meaning of the counters."""
    if not existed or not minimum or minimum < 0:
        return Slot.NOT_DUE, 0, 0
    if excused:
        return Slot.EXCUSED, 0, 0
    if phase is Phase.FUTURE:
        return Slot.FUTURE, 0, 0
    if phase is Phase.RUNNING:
        return Slot.RUNNING, 0, 0
    if complete >= minimum:
        return (Slot.MET if on_time >= minimum else Slot.LATE), minimum, minimum
    if phase is Phase.CLOSING:
        return Slot.CLOSING, minimum, complete
    return (Slot.INCOMPLETE if held >= minimum else Slot.MISSING), minimum, complete


def judge(
    minimum: int | None,
    complete: int,
    on_time: int,
    held: int,
    existed: bool,
    excused: bool,
    first: date,
    last: date,
    as_of: date,
    closing_days: int = 5,
) -> tuple[Slot, int, int]:
    """Judge one window of one requirement. Returns (slot, due, fulfilled).

    minimum: meetings the rule asks for in the window (None or 0 = nothing is due)
    complete: meetings held in the window whose required records are all there
    on_time: those of ``complete`` that were recorded at the latest ``closing_days`` days after the window
    held: meetings held in the window, whatever their records (held >= complete >= on_time >= 0)
    existed: the organisation (group, committee) existed on the first and on the last day of the window
    excused: a superior accepted the reason why nothing was held (免): the window leaves due and fulfilled

    Only a closed window (last < as_of) is due: its minimum, and the smaller of minimum and complete is fulfilled.
    INCOMPLETE = enough was held but records are missing; MISSING = not enough was held.
    """
    return judge_phase(phase(first, last, as_of, closing_days), minimum, complete, on_time, held, existed, excused)
