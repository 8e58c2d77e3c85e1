"""Decisions by vote: quorum, majority, balanced tallies. Integers only (votes*2 > expected), never rounded percentages."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.kernel.numbers import Threshold


@dataclass(frozen=True, slots=True)
class Tally:
    """The outcome of one decision: whether it could be taken at all and whether it was carried."""

    quorate: bool
    passed: bool
    quorum_least: int
    majority_least: int


def decide(base: int, present: int, ayes: int, quorum: Threshold, majority: Threshold) -> Tally:
    """Count one decision: ``base`` is the number both bounds are shares of (expected_voting, or the size of the committee).

    Without a quorum nothing passes. The least counts that would do are returned for the sentence. Source: rules.md S04.
    """
    quorate = base > 0 and quorum.holds_share(present, base)
    passed = quorate and majority.holds_share(ayes, base)
    return Tally(quorate, passed, quorum.least(base), majority.least(base))


def balanced(ayes: int, noes: int, abstain: int, ballots: int) -> bool:
    """Tell whether the parts of a vote are counts and add up to the ballots."""
    return min(ayes, noes, abstain, ballots) >= 0 and ayes + noes + abstain == ballots
