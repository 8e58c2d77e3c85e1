"""Read receipts: files, and lines by their state."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree.queries import NotFound

from .models import BankFile, BankLine
from .rules import State

MOST = 500


@dataclass(frozen=True, slots=True)
class FileView:
    """A file that was taken in."""

    id: int
    org_id: int
    name: str
    lines: int
    known: int
    faults: tuple[tuple[int, str], ...]
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class LineView:
    """A receipt."""

    id: int
    org_id: int
    file_id: int
    number: int
    day: date
    fen: int
    payer: str
    note: str
    state: str
    person_id: int | None
    payment_id: int | None
    why: str
    decided_by: str


def files(scope: Scope, org_id: int, limit: int = 10) -> list[FileView]:
    """List the files of an organisation, newest first."""
    return [_file(row) for row in BankFile.objects.within(scope).filter(org_id=org_id).order_by("-made_at", "-id")[:limit]]


def taken_in(scope: Scope, org_id: int, digest: str) -> FileView | None:
    """Give the file that these bytes were taken in as, None when they were not."""
    row = BankFile.objects.within(scope).filter(org_id=org_id, digest=digest).first()
    return _file(row) if row else None


def lines(scope: Scope, org_id: int, states: Collection[State] = (State.OPEN,), *, limit: int = MOST) -> list[LineView]:
    """List the receipts of an organisation that are in one of these states, oldest first."""
    rows = BankLine.objects.within(scope).filter(org_id=org_id, state__in=list(states)).order_by("day", "id")[:limit]
    return [_line(row) for row in rows]


def counts(scope: Scope, org_id: int) -> dict[str, int]:
    """Count the receipts of an organisation by state."""
    found: dict[str, int] = dict.fromkeys(State, 0)
    for state in BankLine.objects.within(scope).filter(org_id=org_id).order_by().values_list("state", flat=True):
        found[state] += 1
    return found


def line(scope: Scope, line_id: int) -> LineView:
    """Give one receipt; NotFound outside the scope."""
    row = BankLine.objects.within(scope).filter(pk=line_id).first()
    if row is None:
        raise NotFound("没有找到这笔到账")
    return _line(row)


def _file(row: Any) -> FileView:
    return FileView(row.pk, row.org_id, row.name, row.lines, row.known, tuple((int(n), str(t)) for n, t in row.faults), row.made_by, row.made_at)


def _line(row: Any) -> LineView:
    return LineView(
        row.pk, row.org_id, row.file_id, row.number, row.day, row.amount_fen, row.payer, row.note, row.state, row.person_id, row.payment_id, row.why, row.decided_by
    )
