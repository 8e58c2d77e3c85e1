"""Care 激励关怀帮扶 (S14): days by which a visit is due, festivals, money, and what an entry must keep to. Pure.

How many days is a value of the rule sets; the day of the lunar new year's holiday comes from the announced arrangement of days off.
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """The five kinds of events after which a member must be visited (五必访)."""

    ILLNESS = "illness"
    FAMILY = "family"
    HARDSHIP = "hardship"
    WEDDING = "wedding"
    MISFORTUNE = "misfortune"


class Feast(StrEnum):
    """The festivals before which members in hardship and retired members are visited."""

    QIYI = "qiyi"
    SPRING = "spring"


class Flag(StrEnum):
    """Why a member is on the branch's list of care."""

    HARDSHIP = "in_hardship"
    RETIRED = "retired"


class Source(StrEnum):
    """Where money for care comes from. Dues: the fourth of the five purposes (S11), for members in hardship."""

    OWN = "own_funds"
    HIGHER = "higher_funds"
    DUES = "dues"


class State(StrEnum):
    """How far a proposal is: handed in, audited by the office, decided by the committee."""

    SUBMITTED = "submitted"
    AUDITED = "audited"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


KIND_ZH = {Kind.ILLNESS: "生病住院", Kind.FAMILY: "家庭不和", Kind.HARDSHIP: "生活困难", Kind.WEDDING: "婚嫁喜事", Kind.MISFORTUNE: "遭受不幸"}
FEAST_ZH = {Feast.QIYI: "七一", Feast.SPRING: "春节"}
FLAG_ZH = {Flag.HARDSHIP: "困难党员", Flag.RETIRED: "离退休党员"}
SOURCE_ZH = {Source.OWN: "本级自有经费", Source.HIGHER: "上级拨款", Source.DUES: "党费开支"}
STATE_ZH = {State.SUBMITTED: "等审核", State.AUDITED: "等研究决定", State.APPROVED: "已批准", State.REFUSED: "不予帮扶", State.WITHDRAWN: "支部撤回"}
OPEN = (State.SUBMITTED, State.AUDITED)

# ---------------------------------------------------------------- five must-visit


def due_on(event_on: date, days: int) -> date:
    """Give the last day on which a visit after an event is in time."""
    return event_on + timedelta(days=days)


def closed_on(event_on: date, person_id: int, calls: Iterable[tuple[int, date]]) -> date | None:
    """Give the first day on which the member was visited, on the day of the event or after it. Calls are (person, day)."""
    return min((day for person, day in calls if person == person_id and day >= event_on), default=None)


# ---------------------------------------------------------------- festivals


@dataclass(frozen=True, slots=True)
class Festival:
    """A festival of a year: visits count from `first` to `on`, both included."""

    feast: Feast
    first: date
    on: date

    @property
    def label(self) -> str:
        """Name it with its year."""
        return f"{self.on.year}年{FEAST_ZH[self.feast]}"


def festivals(year: int, spring_on: date | None, days: int) -> tuple[Festival, ...]:
    """Give the festivals of a year, by day. `spring_on`: the first day off of the Spring Festival, None while the year is not announced."""
    qiyi = date(year, 7, 1)
    found = [Festival(Feast.QIYI, qiyi - timedelta(days=days), qiyi)]
    if spring_on is not None:
        found.insert(0, Festival(Feast.SPRING, spring_on - timedelta(days=days), spring_on))
    return tuple(found)


def unvisited(festival: Festival, listed: Iterable[tuple[int, date, date | None]], calls: Iterable[tuple[int, date]]) -> tuple[int, ...]:
    """Give the members on the list on the day of a festival who were not visited before it. Listed are (person, from, until)."""
    seen = {person for person, day in calls if festival.first <= day <= festival.on}
    there = dict.fromkeys(person for person, first, last in listed if first <= festival.on and (last is None or last > festival.on))
    return tuple(person for person in there if person not in seen)


# ---------------------------------------------------------------- money

YUAN = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,2})?")


def fen_of(text: str) -> int | None:
    """Read an amount in yuan as integer fen; None when it is none, not above nothing, or has more than two decimals."""
    plain = text.strip().replace("，", "").replace(",", "")
    if not YUAN.fullmatch(plain):
        return None
    yuan, _, rest = plain.partition(".")
    return (int(yuan) * 100 + int(rest.ljust(2, "0") or "0")) or None


def yuan_of(fen: int) -> str:
    """Write fen as yuan with two decimals."""
    return f"{fen // 100}.{fen % 100:02d}"


def split_names(text: str) -> tuple[str, ...]:
    """Read names that stand in one line."""
    return tuple(part for part in re.split(r"[、，,；;\s]+", text.strip()) if part)
