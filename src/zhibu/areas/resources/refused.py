"""Why something about funds and places is not written."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zhibu.kernel.result import Decision


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the field of the form, the code of rules.md §10, a sentence that says how to cure it."""

    field: str
    code: str
    reason: str


class ResourceRefused(Exception):
    """What was entered cannot be kept; nothing was written."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("；".join(f.reason for f in self.faults))


def faults(found: Iterable[tuple[str, Decision]]) -> list[Fault]:
    """Make faults of refusals with their fields."""
    return [Fault(field, d.code, d.reason) for field, d in found]
