"""The auditor's view of the journal: who, when, what, where. What a command changed is shown of the administrators' own doings only."""
from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission

from . import journal
from .models import Entry

LONGEST = 20_000  # lines of one file
OWN_DOINGS = "access"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; empty fields do not narrow. `since` and `until` are moments, the second is excluded."""

    text: str = ""
    family: str = ""
    org_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One line. `changes` is empty unless an administrator's own doing: no member's data reaches the auditor."""

    entry_id: int
    at: datetime
    account_id: int | None
    account_name: str
    action: str
    family: str
    title: str
    org_id: int | None
    subject_type: str
    subject_id: int | None
    result: str
    changes: Mapping[str, Any]


@cache
def titles() -> dict[str, dict[str, str]]:
    """Read titles.toml: family -> action -> title; the family's own title stands under "title"."""
    return tomllib.loads((Path(__file__).parent / "titles.toml").read_text(encoding="utf-8"))


def _asked(actor: Actor) -> None:
    if not actor.holds(Permission.JOURNAL_READ):
        raise Refused("操作日志只有审计员能看")


def _found(wanted: Wanted) -> QuerySet[Entry]:
    rows: QuerySet[Entry] = Entry.objects.unscoped("the auditor reads the journal of the whole installation")
    if wanted.text:
        rows = rows.filter(account_name__icontains=wanted.text)
    if wanted.family:
        rows = rows.filter(action__startswith=f"{wanted.family}.")
    if wanted.org_id is not None:
        rows = rows.filter(org_id=wanted.org_id)
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(at__lt=wanted.until)
    return rows.order_by("-at", "-id")


def _line(row: Entry) -> EntryLine:
    family, _, action = row.action.partition(".")
    known = titles().get(family, {})
    return EntryLine(
        row.pk, row.at, row.account_id, row.account_name, row.action, known.get("title", family), known.get(action, row.action), row.org_id, row.subject_type,
        row.subject_id, row.result, row.changes if family == OWN_DOINGS else {},
    )


def search(actor: Actor, wanted: Wanted, *, offset: int = 0, limit: int = 50) -> tuple[list[EntryLine], int]:
    """List entries, newest first. Returns (lines, how many in all)."""
    _asked(actor)
    rows = _found(wanted)
    return [_line(r) for r in rows[offset : offset + limit]], rows.count()


def export(actor: Actor, wanted: Wanted, *, at: datetime) -> list[EntryLine]:
    """Give the entries for a file, newest first, at most LONGEST; the export is a line of the journal itself."""
    _asked(actor)
    lines = [_line(r) for r in _found(wanted)[:LONGEST]]
    journal.write(actor, "journal.export", at=at, changes={"lines": len(lines)})
    return lines
