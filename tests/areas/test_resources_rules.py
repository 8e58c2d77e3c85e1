"""三项经费 and 场所 by the book: AT-14, gaps, standards, the two lists of a check. No database."""
from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from zhibu.areas.resources import rules
from zhibu.areas.resources.rules import Counts, Fund
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import Effective, UndefinedValue, resolve_named

ON = date(2026, 11, 20)
COUNTY = Counts(urban=30, county=94, villages=212, members=8650)
PAID = {Fund.SERVICE: 7_230_000_00, Fund.ACTIVITY: 1_730_000_00, Fund.OFFICE: 24_168_000_00}


def funds(*codes: str) -> Effective:
    return resolve_named(shipped(), codes, "funds", ON)


def places(*codes: str) -> Effective:
    return resolve_named(shipped(), codes, "places", ON)


def test_what_the_county_of_at_14_must_have_and_what_is_missing() -> None:
    found = rules.needs(funds("seed-000"), COUNTY)
    assert [p.fen // 100 for p in found[Fund.SERVICE].parts] == [3_000_000, 4_700_000]
    required = {fund: one.fen for fund, one in found.items()}
    assert required == {"service": 7_700_000_00, "activity": 1_730_000_00, "office": 25_440_000_00} and sum(required.values()) == 34_870_000_00
    assert sum(PAID.values()) == 33_128_000_00 and rules.gap_total(required, PAID) == 1_742_000_00
    assert {f: rules.gap(fen, PAID[Fund(f)]) for f, fen in required.items()} == {"service": 470_000_00, "activity": 0, "office": 1_272_000_00}


def test_the_increment_of_at_14() -> None:
    assert rules.increments(funds("seed-000"), 212) == {"province": 4_240_000_00, "county": 6_360_000_00}


def test_the_arithmetic_is_said() -> None:
    assert rules.need(funds("seed-000"), "service", COUNTY).said == "市辖社区 30 个 × 100000 元 + 县社区 94 个 × 50000 元"
    assert rules.need(funds("seed-000"), "office", Counts()).said == "没有应安排的"


def test_what_is_overpaid_in_one_fund_fills_no_other() -> None:
    assert rules.gap_total({"service": 100, "activity": 100}, {"service": 250, "activity": 40}) == 60


def test_without_a_set_that_names_a_standard_there_is_none() -> None:
    with pytest.raises(UndefinedValue):
        rules.needs(funds(), COUNTY)
    assert rules.standard(places(), "village") == (None, "") and rules.standing(places(), "village", D("1"), None).meets


def test_the_share_of_places_of_at_14() -> None:
    assert [rules.compliance(n, of) for n, of in ((33, 124), (39, 124), (212, 212), (0, 0))] == ["26.61%", "31.45%", "100.00%", "-"]


@pytest.mark.parametrize(("kind", "area", "meets"), [
    ("village", "90", True), ("village", "89.9", False), ("county_community", "300", True), ("urban_community", "299.9", False), ("other", "5", True),
])
def test_an_area_that_just_reaches_the_standard(kind: str, area: str, meets: bool) -> None:
    assert rules.standing(places("seed-000"), kind, D(area), None).meets is meets


@pytest.mark.parametrize(("code", "number"), [("seed-001", 5), ("seed-002h", 8), ("seed-000", 5)])
def test_the_list_of_a_check(code: str, number: int) -> None:
    listed = rules.items(places(code))
    assert len(listed) == number and all(i in rules.ITEM_ZH for i in listed)
    assert rules.standing(places(code), "village", D(100), listed).equipped
    assert rules.standing(places(code), "village", D(100), listed[1:]).missing == listed[:1]
    assert not rules.standing(places(code), "village", D(100), None).equipped


def test_amounts_areas_and_counts_that_cannot_be() -> None:
    assert [d.code for d in (rules.check_amount(-1, "款"), rules.check_amount(None, "款"), rules.check_amount(10**15, "款")) if d is not None] == ["E026"] * 3
    assert rules.check_amount(0, "款") is None
    assert [d.code for d in (rules.check_area(D(0)), rules.check_area(D(-5)), rules.check_area(None), rules.check_area(D(100_000))) if d is not None] == ["E032"] * 4
    assert rules.check_counts(Counts(villages=-1)) is not None and rules.check_counts(Counts()) is None
    assert rules.check_paid(101, 100, "") is not None and rules.check_paid(101, 100, "年底追加") is None and rules.check_paid(100, 100, "") is None


def test_spans_that_touch_do_not_overlap() -> None:
    assert not rules.overlaps(600, 660, [(540, 600), (660, 700)]) and rules.overlaps(600, 660, [(659, 661)]) and rules.overlaps(600, 660, [(500, 900)])


def test_money_is_written_to_the_fen() -> None:
    assert (rules.yuan(5), rules.yuan(-1250), rules.grouped(34_870_000_00), rules.grouped(-12_05)) == ("0.05", "-12.50", "34,870,000", "−12.05")
