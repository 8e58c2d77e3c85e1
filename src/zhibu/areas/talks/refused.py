"""Why an entry about talks cannot be kept: the field, the code of rules.md §10, and how to cure it."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an entry."""

    field: str
    code: str
    reason: str


class TalkRefused(Exception):
    """An entry that is refused as a whole, with every fault found."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("；".join(f"{f.code} {f.reason}" for f in faults))
        self.faults = faults


class TalkStale(TalkRefused):
    """Somebody else corrected the text since the form was opened (E044)."""
