"""The number language of rules.md §0: thresholds with their operator, exact shares, caps and minima, percentages.

Nothing here uses floats: comparisons are exact integers or fractions, percentages exist only as text for the eye.
"""
from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor


class Op(StrEnum):
    """Comparison of a threshold: 以上/以下/不少于/不超过 are inclusive, 超过/高于/不足/低于 are strict."""

    GE = ">="
    GT = ">"
    LE = "<="
    LT = "<"


_TEST: dict[Op, Callable[[Fraction, Fraction], bool]] = {Op.GE: operator.ge, Op.GT: operator.gt, Op.LE: operator.le, Op.LT: operator.lt}
_ZH: dict[Op, str] = {Op.GE: "不少于", Op.GT: "超过", Op.LE: "不超过", Op.LT: "不足"}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound that is never a bare number: value, operator and the base it is measured on.

    ``value`` is an integer for absolute bounds (3 full members) and a Fraction for shares (1/2 of expected_voting).
    """

    value: int | Fraction
    op: Op | str
    base: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.value, bool) or not isinstance(self.value, int | Fraction):
            raise TypeError(f"threshold value must be int or Fraction, not {type(self.value).__name__}")
        object.__setattr__(self, "op", Op(self.op))

    def holds(self, number: int | Fraction | Decimal) -> bool:
        """Compare a number with the value itself."""
        return _TEST[Op(self.op)](Fraction(number), Fraction(self.value))

    def holds_share(self, part: int, whole: int) -> bool:
        """Compare part with value x whole, exactly (16*2 >= 31). A whole of 0 passes nothing that asks for more than nothing."""
        return _TEST[Op(self.op)](Fraction(part), Fraction(self.value) * whole)

    def least(self, whole: int) -> int:
        """Return the smallest count of ``whole`` that holds, for a lower bound (``>=`` or ``>``). ValueError for an upper bound."""
        exact = Fraction(self.value) * whole
        if self.op is Op.GE:
            return ceil(exact)
        if self.op is Op.GT:
            return floor(exact) + 1
        raise ValueError("an upper bound has no least count")

    @property
    def zh(self) -> str:
        """Write the bound in Chinese: 不少于1/2, 超过1/2."""
        return f"{_ZH[Op(self.op)]}{self.value}"


def compare(left: int | Fraction | Decimal, op: Op | str, right: int | Fraction | Decimal) -> bool:
    """Compare two numbers exactly with the operator given as text or Op."""
    return _TEST[Op(op)](Fraction(left), Fraction(right))


def cap_floor(n: int, num: int, den: int) -> int:
    """Return the largest count within ``num/den`` of n (不超过 x%): floor, so 1/3 of 32 is 10."""
    return n * num // den


def min_ceil(n: int, num: int, den: int) -> int:
    """Return the smallest count that reaches ``num/den`` of n (不低于 x%): ceil, so 20% of 7 is 2."""
    return -(-n * num // den)


def percent(num: int, den: int) -> str:
    """Write num/den as a percentage with two decimals, ROUND_HALF_UP ("91.38%"); "-" when den is 0."""
    return percent_of(Fraction(num, den)) if den else "-"


def percent_of(share: Fraction) -> str:
    """Write an exact share as a percentage with two decimals, ROUND_HALF_UP (half away from zero)."""
    hundredths = (abs(share.numerator) * 20000 + share.denominator) // (2 * share.denominator)
    sign = "-" if share < 0 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}%"


def mean_percent(rates: list[tuple[int, int]]) -> str:
    """Write the mean of several rates (num, den) as a percentage; rates with denominator 0 do not take part; "-" when none does."""
    shares = [Fraction(num, den) for num, den in rates if den]
    return percent_of(sum(shares, Fraction(0)) / len(shares)) if shares else "-"
