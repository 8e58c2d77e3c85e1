"""What a rule set may say: the types of values, their shapes, and which direction is stricter.

The keys are listed in ``catalogue``, the reading from TOML is in ``reading``. Source: rules.md §0 (number language), §1, §7.
"""
from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from zhibu.kernel.activities import ActivityKind, RecordType
from zhibu.kernel.numbers import Threshold

PERIODS = ("month", "quarter", "half_year", "year")
WINDOWS = (*PERIODS, "continuous")
#: The kinds of activity, and talks, which are covered per person.
KINDS = (*(str(kind) for kind in ActivityKind), "talk")
ORG_TYPES = (
    "party_committee", "general_branch", "branch", "joint_branch", "temporary_branch", "floating_branch",
    "work_committee", "comprehensive_committee",
)
#: The types that owe organisational life unless a set says otherwise (rules.md §7).
BRANCH_TYPES = ("branch", "joint_branch", "temporary_branch", "floating_branch")
RECORD_TYPES = tuple(str(record) for record in RecordType)
BASES = (
    "expected_voting", "expected_electors", "attended_electors", "expected_life", "committee_size", "members_all", "full_members",
    "voters", "issued",
)


class Type(StrEnum):
    """The type of a value; it decides how the TOML is read and how two values are compared."""

    INT = "int"
    DECIMAL = "decimal"
    BOOL = "bool"
    WORD = "word"
    WORDS = "words"
    PAIRS = "pairs"
    INTS = "ints"
    DECIMALS = "decimals"
    DAY = "day"
    TIME = "time"
    THRESHOLD = "threshold"
    SHARE = "share"
    BRACKETS = "brackets"
    BANDS = "bands"
    TRAINING = "training"
    LIFE = "life"


class Stricter(StrEnum):
    """Which way a value becomes stricter; the floor check (E042) asks only for values that also exist nationally."""

    NONE = "none"        # no direction: the key has no national counterpart or either value is as good
    HIGHER = "higher"    # a smaller value is laxer
    LOWER = "lower"      # a greater value is laxer
    EXACT = "exact"      # anything else than the national value is below the national rule
    SUBSET = "subset"    # every option must be one of the national options
    ORDER = "order"      # the choices are listed from strict to lax


@dataclass(frozen=True, slots=True)
class Key:
    """One parameter: its name (family first), type, Chinese title, unit and stricter direction."""

    name: str
    type: Type
    title: str
    unit: str = ""
    stricter: Stricter = Stricter.NONE
    choices: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """Return the family: the first segment of the name."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a headcount: ``num/den`` rounded by ``round`` (floor for caps, ceil for minima); ``hard`` = blocks, else warns."""

    num: int
    den: int
    round: str = "floor"
    hard: bool = True
    base: str = ""

    @property
    def fraction(self) -> Fraction:
        """Return the share as an exact fraction."""
        return Fraction(self.num, self.den)

    def of(self, n: int) -> int:
        """Return the whole count that this share of ``n`` means, rounded as the rule says."""
        return -(-n * self.num // self.den) if self.round == "ceil" else n * self.num // self.den


@dataclass(frozen=True, slots=True)
class Bracket:
    """A row of a rate table: bases up to and including ``up_to`` yuan a month (None = no limit) pay ``rate``."""

    up_to: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Band:
    """A score band, half-open upwards: from ``at_least`` points the level is ``level`` (a number of stars or a word)."""

    at_least: Decimal
    level: int | str


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to satisfy a training minimum: so many days or so many hours."""

    days: int | None = None
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class LifeRule:
    """How often one kind of organisational life is due, for whom, and with which records (family ``life``).

    ``minimum`` None = named without a count, never due. ``by`` = another body does it ("committee"), never due.
    ``records`` None = the set has no list of its own; ``resolve`` fills in the default list of the conventions.
    """

    kind: str
    window: str = ""
    minimum: int | None = None
    per: str = "org"
    by: str = ""
    applies_to: tuple[str, ...] = BRANCH_TYPES
    needs_committee: bool = False
    prefer: str = ""
    fixed_day: bool = False
    records: tuple[str, ...] | None = None
    excellent: Share | None = None
    relations: tuple[str, ...] = ()
    committee_secretary_min_per_year: int | None = None

    @property
    def counted(self) -> bool:
        """Tell whether the rule makes windows due (talks are covered per person, not per window: rules.md S13)."""
        return self.minimum is not None and self.window in PERIODS and not self.by and self.kind != "talk"


Value = (
    int | bool | str | Decimal | Threshold | Share | LifeRule
    | tuple[str, ...] | tuple[int, ...] | tuple[Decimal, ...] | tuple[tuple[str, str], ...]
    | tuple[Bracket, ...] | tuple[Band, ...] | tuple[Alternative, ...]
)
