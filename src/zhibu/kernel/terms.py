"""Committees: how many seats a branch may have, when a term ends, when to remind, what state a term is in. Source: rules.md S02."""
from __future__ import annotations

from datetime import date
from enum import StrEnum

from zhibu.kernel.periods import add_months, add_years


class TermState(StrEnum):
    """The five states of a committee's term (S02)."""

    NORMAL = "normal"
    EXPIRING = "expiring"
    OVERDUE = "overdue"
    EXTENDED = "extended"
    OVERDUE_LONG = "overdue_long"


#: 任期状态的中文名
TERM_STATE_ZH: dict[TermState, str] = {
    TermState.NORMAL: "正常",
    TermState.EXPIRING: "6个月内到期",
    TermState.OVERDUE: "到期未换届",
    TermState.EXTENDED: "批准延期",
    TermState.OVERDUE_LONG: "逾期超过1年",
}


def committee_seats(full: int, from_full: int, least: int, most: int) -> tuple[int, int]:
    """Return (least, most) seats of a branch committee; (0, 0) = no committee below ``from_full`` full members."""
    return (least, most) if full >= from_full else (0, 0)


def expires_on(elected_on: date, years: int) -> date:
    """Return the day a term ends: the same calendar day ``years`` later (29 February becomes 28 February)."""
    return add_years(elected_on, years)


def remind_on(expires: date, months_before: int) -> date:
    """Return the day of the first reminder, calendar months before the end of the term."""
    return add_months(expires, -months_before)


def term_state(expires: date, extension_until: date | None, as_of: date, remind_months: int = 6, long_after_years: int = 1) -> TermState:
    """Say what state a term is in on a day.

    The last day of the term (and of an approved extension) still counts as inside it: an election held that day is in time.
    An extension speaks only once the term itself has ended; when it has run out too, the delay is measured from the end of the term.
    """
    if as_of <= expires:
        return TermState.EXPIRING if as_of >= remind_on(expires, remind_months) else TermState.NORMAL
    if extension_until is not None and as_of <= extension_until:
        return TermState.EXTENDED
    return TermState.OVERDUE_LONG if as_of > add_years(expires, long_after_years) else TermState.OVERDUE
