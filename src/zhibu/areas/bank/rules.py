"""The states of a receipt and how they may follow each other (pure)."""
from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What became of a receipt (到账登记)."""

    OPEN = "open"
    BOOKED = "booked"
    ASIDE = "aside"


STATE_ZH: dict[str, str] = {State.OPEN: "没有登记", State.BOOKED: "已登记交费", State.ASIDE: "不是党费"}
#: from which states a state may be reached
FROM: dict[State, frozenset[State]] = {
    State.BOOKED: frozenset({State.OPEN}),
    State.ASIDE: frozenset({State.OPEN}),
    State.OPEN: frozenset({State.ASIDE, State.BOOKED}),
}


def may_follow(before: str, after: State) -> bool:
    """Tell whether a receipt may go from one state to another; one that is booked is booked once."""
    return State(before) in FROM[after]
