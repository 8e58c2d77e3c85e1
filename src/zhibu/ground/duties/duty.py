"""What is due: derived on every reading, stored nowhere. Areas register a provider; the desk asks `due`."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope


class DutyState(StrEnum):
    """How near a duty is, most urgent first."""

    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"
    INFO = "info"


URGENCY = {state: rank for rank, state in enumerate(DutyState)}


@dataclass(frozen=True, slots=True)
class DutyAction:
    """A button of a duty: its label and a symbolic page that the web maps to an address; `args` are ("name", "value") pairs."""

    label: str
    page: str
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do (待办): a sentence, why, and at most two buttons. `key` is stable from day to day."""

    key: str
    org_id: int
    org_name: str
    due_on: date | None
    state: DutyState
    title: str
    why: str
    clause: str = ""
    actions: tuple[DutyAction, ...] = ()

    def __post_init__(self) -> None:
        if len(self.actions) > 2:
            raise ValueError(f"{self.key}: at most two actions")


Provider = Callable[[Actor, Scope, date], list[Duty]]

_PROVIDERS: dict[str, Provider] = {}


def register(area: str, provider: Provider) -> None:
    """Connect an area's provider (config/wiring.py does it once at start); registering an area again replaces its provider."""
    _PROVIDERS[area] = provider


def providers() -> tuple[str, ...]:
    """Name the areas whose providers are connected."""
    return tuple(sorted(_PROVIDERS))


def due(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    """List everything due for this actor inside the scope, most urgent first, then by day and key."""
    found = [duty for area in providers() for duty in _PROVIDERS[area](actor, scope, today)]
    return sorted(found, key=lambda d: (URGENCY[d.state], d.due_on or date.max, d.key))
