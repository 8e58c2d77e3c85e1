"""Twelve monthly counters in one integer: month after month 20 bits, January lowest.

Words are added like numbers, so grouping, summing and judging a year take one operation instead of twelve. A field holds 1,048,575: more than the
31 × 1,441 × 12 meetings of one kind that the database lets one organisation hold in a year, so a year's sum never runs into its neighbour either.
"""
from __future__ import annotations

from collections.abc import Iterable

BITS = 20
FULL = (1 << BITS) - 1
IN_COLUMN = 3  # months in one 64-bit column of a database; four columns make a year


def one(month_index: int) -> int:
    """Give the word that counts one meeting in a month (``periods.month_index`` of any year)."""
    return 1 << BITS * (month_index % 12)


def keep(month_indices: Iterable[int]) -> int:
    """Give the mask that keeps the counters of these months of a year; ``word & mask`` forgets the others."""
    return sum(FULL << BITS * (month % 12) for month in set(month_indices))


def joined(columns: Iterable[int]) -> int:
    """Join the four columns of a database, each three months, into a word."""
    word = 0
    for place, column in enumerate(columns):
        word |= column << BITS * IN_COLUMN * place
    return word


def total(word: int, mask: int) -> int:
    """Sum the counters that the mask keeps. Digits of base 2^20: the remainder by 2^20 − 1 is their sum."""
    return (word & mask) % FULL
