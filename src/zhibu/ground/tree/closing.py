"""What hangs on an organisation, kept by areas that do not know each other: each registers what it has open, what of it goes along with members who
are taken over, and how the rest ends."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from zhibu.ground.guard.actor import Actor


class Ending(Protocol):
    """End what is open at organisations that end on a day; returns how many. Asks for the right to dissolve; the reason stays readable."""

    def __call__(self, actor: Actor, org_ids: Sequence[int], *, on: date, reason: str, at: datetime, batch_id: int) -> int: ...


class Carrying(Protocol):
    """Carry what is open about members to the organisation that takes them over on a day; returns how many. whole: with them goes what belongs to the
    organisation itself. Asks for the right to dissolve at both; members were carried before."""

    def __call__(
        self, actor: Actor, from_org_id: int, to_org_id: int, *, person_ids: Sequence[int], whole: bool, on: date, reason: str, at: datetime, batch_id: int
    ) -> int: ...


@dataclass(frozen=True, slots=True)
class Hanging:
    """One kind of thing that hangs on an organisation: how a preview calls it, what is open in words, and how it is ended.

    carry: how it goes along; what of it concerns some members of one branch (a split) is named by `about`. Words that name nobody may repeat: they
    are counted, and shown once.
    """

    title: str
    unit: str
    what: str
    open_at: Callable[[Sequence[int], date], Sequence[str]]
    end: Ending
    carry: Carrying | None = None
    about: Callable[[int, Sequence[int], date], Sequence[str]] | None = None


_KINDS: list[Hanging] = []


def register(kind: Hanging) -> None:
    """Add a kind of thing that ends with an organisation."""
    if kind not in _KINDS:
        _KINDS.append(kind)


def kinds() -> tuple[Hanging, ...]:
    """List the kinds, in the order of their registration."""
    return tuple(_KINDS)


def end_all(actor: Actor, org_ids: Sequence[int], *, on: date, reason: str, at: datetime, batch_id: int) -> dict[str, int]:
    """End everything that hangs on organisations, inside the transaction of the caller; how many of each title of which there were some."""
    ended = {kind.title: kind.end(actor, org_ids, on=on, reason=reason, at=at, batch_id=batch_id) for kind in _KINDS}
    return {title: count for title, count in ended.items() if count}


def carry_all(
    actor: Actor, from_org_id: int, to_org_id: int, *, person_ids: Sequence[int], whole: bool, on: date, reason: str, at: datetime, batch_id: int
) -> dict[str, int]:
    """Carry everything that goes along with members, inside the transaction of the caller; how many of each title of which there were some."""
    carried = {
        kind.title: kind.carry(actor, from_org_id, to_org_id, person_ids=person_ids, whole=whole, on=on, reason=reason, at=at, batch_id=batch_id)
        for kind in _KINDS if kind.carry is not None
    }
    return {title: count for title, count in carried.items() if count}
