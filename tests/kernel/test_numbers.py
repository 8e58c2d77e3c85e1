from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibu.kernel.numbers import Threshold, cap_floor, compare, mean_percent, min_ceil, percent

HALF = Fraction(1, 2)


def test_inclusive_and_strict_differ_at_the_bound():
    assert Threshold(100, ">=").holds(100) and not Threshold(100, ">").holds(100)
    assert Threshold(50, "<=").holds(50) and not Threshold(50, "<").holds(50)
    assert Threshold(HALF, ">=").holds_share(16, 32) and not Threshold(HALF, ">").holds_share(16, 32)


def test_sixteen_of_thirty_one_is_the_least_half():
    assert Threshold(HALF, ">=").least(31) == 16 == Threshold(HALF, ">").least(31)
    assert Threshold(HALF, ">=").least(30) == 15 and Threshold(HALF, ">").least(30) == 16
    with pytest.raises(ValueError):
        Threshold(5, "<=").least(1)


def test_threshold_refuses_floats_and_unknown_operators():
    with pytest.raises(TypeError):
        Threshold(0.5, ">=")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Threshold(True, ">=")
    with pytest.raises(ValueError):
        Threshold(1, "=>")
    assert Threshold(HALF, ">").zh == "超过1/2" and Threshold(7, ">=").zh == "不少于7"


@given(st.integers(0, 5000), st.integers(1, 20), st.integers(1, 20), st.sampled_from([">=", ">"]))
def test_least_is_the_first_count_that_holds(whole, num, den, op):
    bound = Threshold(Fraction(num, den), op)
    least = bound.least(whole)
    assert bound.holds_share(least, whole) and not bound.holds_share(least - 1, whole)


@given(st.integers(0, 100_000), st.integers(0, 100), st.integers(1, 100))
def test_caps_are_floors_and_minima_are_ceilings(n, num, den):
    exact = Fraction(n * num, den)
    assert cap_floor(n, num, den) <= exact < cap_floor(n, num, den) + 1
    assert min_ceil(n, num, den) >= exact > min_ceil(n, num, den) - 1


def test_published_percentages():
    assert percent(53, 58) == "91.38%" and percent(11, 12) == "91.67%" and percent(29, 33) == "87.88%"
    assert percent(1, 1) == "100.00%" and percent(0, 5) == "0.00%" and percent(0, 0) == "-"
    assert percent(1, 800) == "0.13%"  # 0.125 rounds up
    assert mean_percent([(11, 12), (3, 4), (22, 24), (4, 4), (1, 1), (11, 12), (1, 1), (0, 0)]) == "92.86%"
    assert mean_percent([(0, 0)]) == "-"


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_percentages_round_half_up(num, den):
    share = Fraction(num * 100, den)
    scaled = share * 100
    whole = scaled.numerator // scaled.denominator
    expected = whole + (1 if scaled - whole >= HALF else 0)
    assert percent(num, den) == f"{(Decimal(expected) / 100).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


def test_compare_is_exact():
    assert compare(Fraction(1, 3), "<", Decimal("0.34")) and not compare(3, ">", 3)
