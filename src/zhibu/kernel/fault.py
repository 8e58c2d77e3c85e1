"""Why an entry cannot be kept: every fault with its field, so that a form can show all of them at once."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .result import Decision


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the field of the form, the code of rules.md §10, a sentence that says how to cure it."""

    field: str
    code: str
    reason: str


class FaultyEntry(Exception):
    """An entry that is refused as a whole, with every fault found; nothing was written. Each area has its own kind."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("；".join(f"{f.code} {f.reason}" for f in faults))
        self.faults = faults


def faults(found: Iterable[tuple[str, Decision]]) -> list[Fault]:
    """Make faults of refusals with their fields."""
    return [Fault(field, d.code, d.reason) for field, d in found]
