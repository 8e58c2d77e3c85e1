"""What a confirmed import would do, row by row: new, changed, unchanged, or blocked with the reason. Drawn up from the installed data, written by `confirm`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from zhibu.areas.dues.bases import NewBase
from zhibu.exchange.intake.dates import first_day
from zhibu.exchange.intake.findings import FileRead, Result, Row, SheetRead, TableKind
from zhibu.exchange.intake.matching import squeeze
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.actions import NewMember
from zhibu.ground.record.actions import NewActivity
from zhibu.ground.tree.actions import NewOrg
from zhibu.ground.tree.queries import OrgView


class Fate(StrEnum):
    """What becomes of a row when the import is confirmed."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Line:
    """One row. what: whom or what it is about. says: differences that will be written, or why it is blocked. notes: what stays as it is, and why."""

    file: str
    sheet: str | None
    row: int
    table: str
    what: str
    fate: Fate
    says: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A committee's term as the table gives it."""

    elected_on: date
    precision: str
    years: int
    expires_on: date
    number: int


@dataclass(frozen=True, slots=True)
class OrgStep:
    """An organisation to be founded (`new`) or completed (`org_id`): units and office phone to add, a term to enter."""

    name: str
    new: NewOrg | None
    org_id: int | None
    units: tuple[str, ...] = ()
    phone: str = ""
    term: Term | None = None


@dataclass(frozen=True, slots=True)
class MemberStep:
    """A member to be registered (`new`, its organisation by name) or changed (`person_id`)."""

    org: str
    name: str
    new: NewMember | None = None
    person_id: int | None = None
    version: int = 0
    edits: Mapping[str, Any] = field(default_factory=dict)
    full_from: date | None = None
    ended_as: str = ""
    ended_on: date | None = None
    document: str = ""
    group: str = ""
    leader: bool = False
    from_on: date | None = None


@dataclass(frozen=True, slots=True)
class PostStep:
    """A post to be filled: by a known person, or by the member of this name and number registered in the same import."""

    org: str
    kind: str
    name: str
    person_id: int | None
    id_no: str = ""


@dataclass(frozen=True, slots=True)
class MeetingStep:
    """A meeting to be recorded; its organisation by name."""

    org: str
    new: NewActivity


@dataclass(frozen=True, slots=True)
class DuesStep:
    """A base to be entered at an organisation."""

    org_id: int
    new: NewBase


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything an import would do."""

    lines: tuple[Line, ...]
    organisations: tuple[OrgStep, ...] = ()
    members: tuple[MemberStep, ...] = ()
    posts: tuple[PostStep, ...] = ()
    meetings: tuple[MeetingStep, ...] = ()
    dues: tuple[DuesStep, ...] = ()

    @property
    def empty(self) -> bool:
        """Tell whether nothing would be written."""
        return not (self.organisations or self.members or self.posts or self.meetings or self.dues)

    def count(self, table: str, fate: Fate) -> int:
        """Count the rows of a kind of table with one fate."""
        return sum(line.table == table and line.fate is fate for line in self.lines)

    @property
    def digest(self) -> str:
        """Give a hash of the plan, by which it shows that something changed between looking and confirming."""
        return hashlib.sha256(repr(self.lines).encode()).hexdigest()[:24]


@dataclass(slots=True)
class World:
    """What planning reads from: the importer, the place, its organisations by squeezed name (new ones of the same import as None)."""

    actor: Actor
    org: OrgView
    today: date
    orgs: dict[str, OrgView]
    founding: dict[str, NewOrg] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        """Give the subtree where the import is made."""
        return Scope((self.org.path,))

    def find(self, name: str | None) -> OrgView | None:
        """Give an organisation in reach by its full name."""
        return self.orgs.get(squeeze(name or ""))

    def exists(self, name: str | None) -> bool:
        """Tell whether an organisation of this name exists or is founded by this import."""
        return squeeze(name or "") in self.orgs or squeeze(name or "") in self.founding

    def path(self, name: str) -> str:
        """Give the path by which rights are asked: of a new organisation that of the nearest existing one above."""
        if found := self.find(name):
            return found.path
        new = self.founding.get(squeeze(name))
        while new is not None:
            above = next((o for o in self.orgs.values() if o.code == new.parent_code), None)
            if above is not None:
                return above.path
            new = next((n for n in self.founding.values() if new and n.code == new.parent_code), None)
        return "!"

    def may(self, right: Permission, name: str) -> bool:
        """Tell whether the importer holds a right there."""
        return self.actor.may(right, self.path(name))

    def from_on(self, name: str) -> date:
        """Give the day from which imported members count: this year's first, or the founding where that is later."""
        founded = self.find(name)
        day = founded.established_on if founded else (self.founding[squeeze(name)].established_on if squeeze(name) in self.founding else None)
        return max(date(self.today.year, 1, 1), min(day, self.today) if day else date(1, 1, 1))


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that may be imported, with its file and sheet."""

    file: FileRead
    sheet: SheetRead
    row: Row

    @property
    def values(self) -> Mapping[str, Any]:
        """Give the row's values."""
        return self.row.values or {}

    def line(self, what: str, fate: Fate, says: tuple[str, ...] = (), notes: tuple[str, ...] = ()) -> Line:
        """Say what becomes of the row."""
        return Line(self.file.name, self.row.sheet, self.row.row, self.sheet.kind, what, fate, says, notes)


def entries(files: tuple[FileRead, ...], table: TableKind) -> list[Entry]:
    """List the rows of one kind of table that are fine, in order."""
    found: list[Entry] = []
    for file in files:
        sheets = {s.name: s for s in file.sheets}
        for row in file.rows:
            sheet = sheets[row.sheet if row.sheet is not None else "*"]
            if row.result is Result.OK and sheet.kind == table:
                found.append(Entry(file, sheet, row))
    return found


def precise(value: str | None) -> tuple[date | None, str]:
    """Split a date of the findings (YYYY, YYYY-MM, YYYY-MM-DD) into its first day and its precision."""
    return (None, "day") if not value else (first_day(value), {4: "year", 7: "month"}.get(len(value), "day"))
