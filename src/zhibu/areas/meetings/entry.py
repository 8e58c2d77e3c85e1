"""What a secretary hands in for one meeting, and what is wrong with it. Pure data; rules.py checks, actions.py writes."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class EntryTopic:
    """A topic as entered. `vote`: a show of hands was taken. Ignored when title, text and decision are all empty."""

    kind: str = ""
    title: str = ""
    text: str = ""
    decision: str = ""
    vote: bool = False
    ayes: int = 0
    noes: int = 0
    abstain: int = 0
    lecturer: str = ""
    hours: Decimal | None = None

    @property
    def said(self) -> bool:
        """Tell whether anything was written."""
        return bool(self.title.strip() or self.text.strip() or self.decision.strip())


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """The confirmed line of one required record. how: paper, upload, nil, or later (said to be missing: the meeting stays 材料不全)."""

    record_type: str
    how: str
    place: str = ""
    reason: str = ""
    attachment_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One meeting as handed in. `marks`: person id -> leave | absent; everybody else on the roll was there.

    `shown`: the persons whom the form named; somebody expected but not shown is a fault. None = not asked.
    """

    org_id: int
    kinds: tuple[str, ...]
    held_on: date
    start: time | None = None
    end: time | None = None
    place: str = ""
    chair: str = ""
    recorder: str = ""
    contents: tuple[str, ...] = ()
    group_ids: tuple[int, ...] = ()
    marks: Mapping[int, str] = field(default_factory=dict)
    shown: frozenset[int] | None = None
    absence_note: str = ""
    reasons: Mapping[int, str] = field(default_factory=dict)  # person id -> why (leave granted before the meeting); the note holds for all others
    topics: tuple[EntryTopic, ...] = ()
    records: tuple[EntryRecord, ...] = ()
    photos: tuple[int, ...] = ()
    corrects: int | None = None
    correction_reason: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that stops the entry: `field` of the form (topic-<index> for a topic), code of rules.md §10, a sentence that says how to cure it."""

    field: str
    code: str
    reason: str


class EntryRefused(Exception):
    """The entry cannot be saved as it is. `same_id`: the entry that stands already; `draft_only`: it may be put aside as a draft (E010)."""

    def __init__(self, faults: tuple[Fault, ...], same_id: int | None = None) -> None:
        super().__init__("；".join(f.reason for f in faults))
        self.faults = faults
        self.same_id = same_id

    @property
    def draft_only(self) -> bool:
        """Tell whether the only fault is a missing quorum."""
        return all(f.code == "E010" for f in self.faults)
