from __future__ import annotations

from fractions import Fraction

import pytest

from zhibu.kernel.counting import balanced, decide
from zhibu.kernel.numbers import Threshold

QUORUM, MAJORITY = Threshold(Fraction(1, 2), ">="), Threshold(Fraction(1, 2), ">")


@pytest.mark.parametrize(
    ("base", "present", "ayes", "quorate", "passed"),
    [
        (31, 16, 16, True, True),
        (31, 29, 15, True, False),
        (31, 15, 15, False, False),
        (30, 15, 15, True, False),
        (30, 15, 16, True, True),
        (5, 3, 3, True, True),
        (5, 2, 2, False, False),
        (0, 0, 0, False, False),
    ],
)
def test_decisions(base, present, ayes, quorate, passed):
    tally = decide(base, present, ayes, QUORUM, MAJORITY)
    assert (tally.quorate, tally.passed) == (quorate, passed)


def test_the_least_counts_are_named():
    tally = decide(31, 0, 0, QUORUM, MAJORITY)
    assert (tally.quorum_least, tally.majority_least) == (16, 16)


def test_votes_must_balance():
    assert balanced(16, 10, 5, 31)
    assert not balanced(16, 10, 4, 31) and not balanced(-1, 1, 0, 0)
