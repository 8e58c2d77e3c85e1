"""What the importer knows beforehand, what it found, what the clerk corrects: frozen data only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from zhibu.exchange.intake.grid import Book

ALL_OF_CSV = "*"  # the name under which the one sheet of a CSV file is listed


class TableKind(StrEnum):
    """The tables that clerks send."""

    ROSTER = "member_roster"
    ORGANISATIONS = "organisation_list"
    LEDGER = "meeting_ledger"
    DUES = "dues_assessment"


class Level(StrEnum):
    """How much an issue weighs."""

    REJECT = "reject"
    CONFIRM = "confirm"
    NOTE = "note"


class Result(StrEnum):
    """What becomes of a row."""

    OK = "ok"
    CONFIRM = "confirm"
    REJECT = "reject"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class KnownOrg:
    """An organisation that exists: full name, code, full name of its parent, type, whether it is a village's or community's."""

    name: str
    code: str = ""
    parent: str = ""
    type: str = ""
    is_village: bool = False


@dataclass(frozen=True, slots=True)
class KnownMember:
    """A member that exists: name, full name of the branch, and whether the importer may see that branch."""

    name: str
    org: str
    in_scope: bool = True


@dataclass(frozen=True, slots=True)
class Fee:
    """What the rules in force ask of a base or a category a month, in yuan. band: the bracket in words. least, most: of a farmer."""

    monthly: Decimal = Decimal(0)
    rate: Decimal = Decimal(0)
    band: str = ""
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(0)


def nobody(id_no: str) -> KnownMember | None:
    """Know no member."""
    return None


def no_fee(org: str, year: int, category: str, base: Decimal | None) -> Fee | None:
    """Know no table of dues."""
    return None


def none_masked(org: str, name: str, shown: str) -> int:
    """Know nobody by name and masked number."""
    return 0


@dataclass(frozen=True, slots=True)
class Known:
    """What is installed already. member: looks an 18-digit number up. meetings: (organisation, YYYY-MM-DD, kind). learnt: kind → heading → field,
    what clerks corrected before (see `columns.learn`). fee: organisation ("" when the table names none), year, category and base → what the rules ask. masked: organisation ("" for all in reach),
    name and masked number → how many members fit. tables: the kinds that this importer may import."""

    today: date
    organisations: tuple[KnownOrg, ...] = ()
    member: Callable[[str], KnownMember | None] = nobody
    meetings: AbstractSet[tuple[str, str, str]] = frozenset()
    learnt: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fee: Callable[[str, int, str, Decimal | None], Fee | None] = no_fee
    masked: Callable[[str, str, str], int] = none_masked
    tables: frozenset[TableKind] = frozenset(TableKind)


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a call: its name as uploaded, its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Correction:
    """What the clerk decided about one file. Sheets are named as in the report ("*" for CSV).

    mapping: sheet → column letter → field, or None for "do not import". kinds, header_rows: for a sheet in which no table was found.
    orgs: sheet → name as written → full name. resolutions: (sheet or None, row) → field → chosen value, or "skip" to leave the row out."""

    mapping: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    header_rows: Mapping[str, int] = field(default_factory=dict)
    orgs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    resolutions: Mapping[tuple[str | None, int], Mapping[str, Any]] = field(default_factory=dict)


NO_CORRECTION = Correction()


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to say about a row. suggest: what to put into its field, or field → value. other_row, other_sheet: the row it repeats."""

    code: str
    field: str
    level: Level
    message: str
    choices: tuple[str, ...] = ()
    suggest: str | Mapping[str, str] | None = None
    other_row: int | None = None
    other_sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row. values: None when rejected or skipped. code: why skipped."""

    sheet: str | None
    row: int
    result: Result
    values: Mapping[str, Any] | None = None
    issues: tuple[Issue, ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as found. field: None when it is not imported; why: the reason, when there is one. samples: up to three values, masked."""

    letter: str
    heading: str
    field: str | None
    samples: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """An organisation of a roster that is asked once for the sheet. text: as written. code: ORG_NOT_FOUND or ORG_MATCHED (with suggest)."""

    text: str
    code: str
    message: str
    suggest: str | None = None
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to say about a whole sheet."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SheetRead:
    """One sheet as read. action: import | skip (then code and message)."""

    name: str
    action: str
    kind: str = ""
    code: str = ""
    message: str = ""
    org: str | None = None
    header_rows: tuple[int, ...] = ()
    data_from: int = 0
    ignored_columns: tuple[str, ...] = ()
    note: str = ""
    year: int | None = None
    columns: tuple[Column, ...] = ()
    questions: tuple[Question, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that was read."""

    name: str
    book: Book
    sheets: tuple[SheetRead, ...]
    rows: tuple[Row, ...]

    @property
    def totals(self) -> dict[str, int]:
        """Count the rows by result."""
        return {result.value: sum(row.result is result for row in self.rows) for result in Result}


@dataclass(frozen=True, slots=True)
class FileRefused:
    """A file refused as a whole, with its E1xx code."""

    name: str
    code: str
    message: str
