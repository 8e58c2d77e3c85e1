"""Answers to "may I": every rule that can refuse returns a Decision, never a bare bool."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """Tell whether something is allowed; a refusal carries a code (rules.md §10) and one Chinese sentence."""

    ok: bool
    code: str = ""
    reason: str = ""

    def __bool__(self) -> bool:
        return self.ok


YES = Decision(True)


def refuse(code: str, reason: str) -> Decision:
    """Build a refusal with its code and its sentence (what, where, how to cure)."""
    return Decision(False, code, reason)


def warn(code: str, reason: str) -> Decision:
    """Build an allowance that still says something: the caller shows the sentence and goes on."""
    return Decision(True, code, reason)


def first_refusal(decisions: Iterable[Decision]) -> Decision:
    """Return the first refusal in the given order, or YES. Lazy: later checks do not run after a refusal."""
    for decision in decisions:
        if not decision.ok:
            return decision
    return YES


def refusals(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return every refusal in the given order."""
    return tuple(decision for decision in decisions if not decision.ok)
