"""Twelve counters in one integer, against twelve counters."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zhibu.kernel import packed

YEAR = 2026 * 12
COUNTS = st.lists(st.integers(0, 44_671), min_size=12, max_size=12)  # 31 days × 1,441 starts: what the database lets one organisation hold


def word_of(counts: list[int]) -> int:
    return sum(count * packed.one(YEAR + month) for month, count in enumerate(counts))


@given(COUNTS, st.sets(st.integers(0, 11)))
def test_a_word_says_what_twelve_counters_say(counts: list[int], months: set[int]) -> None:
    mask = packed.keep(YEAR + m for m in months)
    assert packed.total(word_of(counts), mask) == sum(counts[m] for m in months)
    assert word_of(counts) & mask == word_of([c if m in months else 0 for m, c in enumerate(counts)])


@given(COUNTS)
def test_four_columns_of_64_bits_make_a_word(counts: list[int]) -> None:
    columns = [sum(counts[q + i] << packed.BITS * i for i in range(packed.IN_COLUMN)) for q in range(0, 12, packed.IN_COLUMN)]
    assert packed.joined(columns) == word_of(counts) and max(columns) < 1 << 63
