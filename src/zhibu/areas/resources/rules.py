"""三项经费 and 场所: what is required by formula, what is missing, which places come up to the standard. Pure functions over integers.

Source: rules.md S35, S27 (five items), S25 (eight), §7 (families ``funds`` and ``places``). Money is counted in fen; yuan of the rule sets are whole.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import cast

from zhibu.ground.policy.resolve import Effective
from zhibu.kernel.numbers import percent
from zhibu.kernel.result import Decision, refuse

FEN = 100
MOST_FEN = 99_999_999_999_99  # what a column of fifteen digits takes; a county's year is far below


class Fund(StrEnum):
    """三项经费, in the order of the table."""

    SERVICE = "service"
    ACTIVITY = "activity"
    OFFICE = "office"


FUND_ZH: dict[str, str] = {
    Fund.SERVICE: "社区服务群众专项经费", Fund.ACTIVITY: "党组织工作和活动经费", Fund.OFFICE: "村级办公经费",
}


class PlaceKind(StrEnum):
    """Whose place it is; the standard and the service fund depend on it."""

    VILLAGE = "village"
    COUNTY_COMMUNITY = "county_community"
    URBAN_COMMUNITY = "urban_community"
    OTHER = "other"


PLACE_ZH: dict[str, str] = {
    PlaceKind.VILLAGE: "村", PlaceKind.COUNTY_COMMUNITY: "县社区", PlaceKind.URBAN_COMMUNITY: "市辖社区", PlaceKind.OTHER: "其他",
}
#: what stands on the list of a check, in the words of the two founding texts
ITEM_ZH: dict[str, str] = {
    "signboard": "标牌", "party_flag": "党旗", "av_equipment": "电教设备", "books": "学习资料", "rules": "规章制度", "documents": "文件",
    "furniture": "与人数相配的桌椅", "wall_rules": "制度上墙", "ledgers": "标准台账",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """By what the three funds are reckoned."""

    urban: int = 0
    county: int = 0
    villages: int = 0
    members: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One product of the arithmetic: so many units at so much each, in yuan."""

    what: str
    count: int
    unit: str
    each: int

    @property
    def fen(self) -> int:
        """Give the product."""
        return self.count * self.each * FEN

    @property
    def said(self) -> str:
        """Show the arithmetic."""
        return f"{self.what} {self.count} {self.unit} × {self.each} 元"


@dataclass(frozen=True, slots=True)
class Need:
    """What one fund must have, with its arithmetic and where the numbers stand."""

    fund: str
    parts: tuple[Part, ...]
    clause: str

    @property
    def fen(self) -> int:
        """Give the sum required."""
        return sum(p.fen for p in self.parts)

    @property
    def said(self) -> str:
        """Show the arithmetic of the fund; parts that are nothing are left out."""
        return " + ".join(p.said for p in self.parts if p.count) or "没有应安排的"


def need(rule: Effective, fund: str, counts: Counts) -> Need:
    """Reckon what a fund must have. Raises UndefinedValue (E055) where no set names the standard. Source: S35."""
    def part(what: str, count: int, unit: str, key: str) -> Part:
        return Part(what, count, unit, cast(int, rule.value(key)))

    parts: tuple[Part, ...]
    if fund == Fund.SERVICE:
        parts = (part("市辖社区", counts.urban, "个", "funds.urban_community"), part("县社区", counts.county, "个", "funds.county_community"))
        key = "funds.urban_community"
    elif fund == Fund.ACTIVITY:
        parts, key = (part("农村、社区党员", counts.members, "名", "funds.per_member"),), "funds.per_member"
    else:
        parts, key = (part("村", counts.villages, "个", "funds.village_office"),), "funds.village_office"
    return Need(fund, parts, rule.get(key).clause)


def needs(rule: Effective, counts: Counts) -> dict[str, Need]:
    """Reckon the three funds."""
    return {fund.value: need(rule, fund, counts) for fund in Fund}


def gap(required: int, paid: int) -> int:
    """Give what is missing in one fund; money overpaid in one does not fill another (FORMAT)."""
    return max(0, required - paid)


def gap_total(required: Mapping[str, int], paid: Mapping[str, int]) -> int:
    """Add the gaps of the funds."""
    return sum(gap(fen, paid.get(fund, 0)) for fund, fen in required.items())


def increments(rule: Effective, villages: int) -> dict[str, int]:
    """Give by how much province and county raise the office fund of some villages, in fen. Source: S35."""
    each = {"province": rule.value("funds.village_increment.province"), "county": rule.value("funds.village_increment.county")}
    return {who: villages * cast(int, yuan_each) * FEN for who, yuan_each in each.items()}


def check_amount(fen: int | None, what: str) -> Decision | None:
    """Refuse an amount that cannot be (E026): none, negative, more than two decimals (read as None) or beyond any county."""
    if fen is None:
        return refuse("E026", f"{what}没有填对。请填数字，最多两位小数，例如 1250.00")
    if fen < 0:
        return refuse("E026", f"{what}不能是负数。登记错了的支付请办冲正")
    if fen > MOST_FEN:
        return refuse("E026", f"{what}太大，请核对单位是不是元")
    return None


def check_counts(counts: Counts) -> Decision | None:
    """Refuse numbers that cannot be counts."""
    bad = [n for n in (counts.urban, counts.county, counts.villages, counts.members) if not 0 <= n <= 1_000_000]
    return refuse("E032", "个数要填 0 到 1000000 的整数") if bad else None


def check_paid(paid: int, appropriated: int, note: str) -> Decision | None:
    """Refuse more paid than appropriated unless a note says why (S35 X)."""
    if paid > appropriated and len(note.strip()) < 2:
        over = yuan(paid - appropriated)
        return refuse("E029", f"这一笔之后共支付 {yuan(paid)} 元，比已安排的 {yuan(appropriated)} 元多 {over} 元。请写明多付的原因，或先改安排数")
    return None


# ---------------------------------------------------------------- places


@dataclass(frozen=True, slots=True)
class Standing:
    """How a place stands to the rule set: required and real area in square metres (None: no standard), and what is missing of the list."""

    area: Decimal
    standard: int | None
    checked: bool
    missing: tuple[str, ...]
    clause: str = ""

    @property
    def big_enough(self) -> bool:
        """Tell whether the area reaches the standard; 以上 is inclusive."""
        return self.standard is None or self.area >= self.standard

    @property
    def meets(self) -> bool:
        """Tell whether the place comes up to the area standard (达标): the figure of S35 is about the area."""
        return self.big_enough

    @property
    def equipped(self) -> bool:
        """Tell whether the last check found everything."""
        return self.checked and not self.missing


def standard(rule: Effective, kind: str) -> tuple[int | None, str]:
    """Give the area a place of this kind must have and the clause; None where no set in force names one."""
    key = "places.village_m2" if kind == PlaceKind.VILLAGE else "places.community_m2"
    if kind == PlaceKind.OTHER or not rule.has(key):
        return None, ""
    found = rule.get(key)
    return cast(int, found.value), found.clause


def items(rule: Effective) -> tuple[str, ...]:
    """Give the list of the check: five of seed 001, eight of seed 002h, or what the organisation's own set lists."""
    return cast("tuple[str, ...]", rule.value("places.items")) if rule.has("places.items") else ()


def standing(rule: Effective, kind: str, area: Decimal, present: Iterable[str] | None) -> Standing:
    """Judge a place. present: what the last check found, None without a check."""
    least, clause = standard(rule, kind)
    listed = items(rule)
    there = set(present or ())
    return Standing(area, least, present is not None, tuple(i for i in listed if i not in there), clause)


def compliance(meeting: int, places: int) -> str:
    """Write the share of places that come up to the standard."""
    return percent(meeting, places)


def check_area(area: Decimal | None) -> Decision | None:
    """Refuse an area that cannot be (S35 X)."""
    if area is None or area <= 0:
        return refuse("E032", "面积要大于 0 平方米，最多一位小数，例如 96.5")
    return refuse("E032", "面积不能超过 99999 平方米，请核对") if area > 99_999 else None


def overlaps(start: int, end: int, taken: Iterable[tuple[int, int]]) -> bool:
    """Tell whether a span of minutes meets one that is taken; what ends when the next begins does not."""
    return any(start < other_end and other_start < end for other_start, other_end in taken)


def yuan(fen: int) -> str:
    """Write fen as yuan with two decimals."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // FEN}.{fen % FEN:02d}"


def grouped(fen: int) -> str:
    """Write fen as yuan for reading: thousands apart, fen only where there are some."""
    sign, fen = ("−", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // FEN:,}" + (f".{fen % FEN:02d}" if fen % FEN else "")
