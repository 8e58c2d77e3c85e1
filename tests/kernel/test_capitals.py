from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibu.kernel import capitals

DIGITS = {sign: value for value, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"拾": 10, "佰": 100, "仟": 1000}


def value_of(text: str) -> int:
    """Read a capital number back, by another way than it was written: from the left, sign by sign."""
    total = group = digit = 0
    for sign in text:
        if sign in DIGITS:
            digit = DIGITS[sign]
        elif sign in PLACES:
            group += digit * PLACES[sign]
            digit = 0
        else:
            total += (group + digit) * {"万": 10**4, "亿": 10**8}[sign]
            group = digit = 0
    return total + group + digit


def fen_of(text: str) -> int:
    """Read a capital amount back into fen."""
    text = text.removesuffix("整")
    yuan, _, rest = text.rpartition("元") if "元" in text else ("", "", text)
    jiao, _, fen = rest.rpartition("角") if "角" in rest else ("", "", rest)
    return value_of(yuan) * 100 + value_of(jiao) * 10 + value_of(fen.removesuffix("分"))


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (25000, "贰佰伍拾元整"),
        (0, "零元整"),
        (20, "贰角整"),
        (5, "伍分"),
        (45, "肆角伍分"),
        (100, "壹元整"),
        (1005, "壹拾元零伍分"),
        (1050, "壹拾元伍角整"),
        (1450, "壹拾肆元伍角整"),
        (100500, "壹仟零伍元整"),
        (140950, "壹仟肆佰零玖元伍角整"),
        (1640902, "壹万陆仟肆佰零玖元零贰分"),
        (10000000, "壹拾万元整"),
        (10007000, "壹拾万零柒拾元整"),
        (10700053, "壹拾万柒仟元伍角叁分"),
        (99999999, "玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        (10000000000, "壹亿元整"),
        (10000000100, "壹亿零壹元整"),
        (10000500000, "壹亿零伍仟元整"),
        (1000100000000, "壹佰亿零壹佰万元整"),
    ],
)
def test_money(fen, text):
    assert capitals.money(fen) == text


@given(st.integers(0, 10**14 - 1))
def test_money_reads_back_to_the_fen_and_has_no_zero_twice(fen):
    text = capitals.money(fen)
    assert fen_of(text) == fen
    assert "零零" not in text and (text.endswith("整") or text.endswith("分"))


def test_months_and_days():
    assert capitals.month(2025, 9) == "贰零贰伍年玖月"
    assert capitals.month(2030, 10) == "贰零叁零年壹拾月" and capitals.month(2025, 12) == "贰零贰伍年壹拾贰月"
    assert capitals.days(30) == "叁拾天" and capitals.days(90) == "玖拾天" and capitals.days(10) == "壹拾天" and capitals.days(105) == "壹佰零伍天"
    assert capitals.year(2000) == "贰零零零"


@pytest.mark.parametrize("bad", [-1, 10**14])
def test_amounts_out_of_range_are_refused(bad):
    with pytest.raises(ValueError):
        capitals.money(bad)


def test_months_that_do_not_exist_are_refused():
    for of_year, of_month in ((2025, 0), (2025, 13), (999, 1), (10000, 1)):
        with pytest.raises(ValueError):
            capitals.month(of_year, of_month)
