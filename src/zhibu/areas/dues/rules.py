"""Dues as rules (rules.md S11): what somebody owes for a month, how far arrears have gone, what money may be spent on. Pure.

Money is integer fen, a month is its index (kernel.periods.month_index), a rate is parts per million; nothing here is a float.
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import cast

from zhibu.ground.policy.resolve import Effective
from zhibu.ground.policy.spec import Bracket, Share
from zhibu.kernel.periods import month_index, month_of_index
from zhibu.kernel.result import YES, Decision, refuse

MILLION = 1_000_000
MOST_FEN = 99_999_999  # 999,999.99 yuan: what one entry may hold
NO_LIMIT = 10**12
KEPT_WITHIN = 5         # fen: what a clerk may have rounded away on the 核定表


class Category(StrEnum):
    """What somebody's dues are computed from (党费计算类别)."""

    WAGE = "wage"
    PENSION = "pension"
    SELF_EMPLOYED = "self_employed"
    FARMER = "farmer"
    STUDENT = "student"
    UNEMPLOYED = "unemployed"
    RELIEF = "relief"
    DIBAO = "dibao"


CATEGORY_ZH: dict[str, str] = {
    Category.WAGE: "按月领工资（含年薪）", Category.PENSION: "离退休", Category.SELF_EMPLOYED: "不按月取得收入（个体等）", Category.FARMER: "农民",
    Category.STUDENT: "学生", Category.UNEMPLOYED: "下岗失业", Category.RELIEF: "靠抚恤、救济生活", Category.DIBAO: "领取低保金",
}
BY_BASE = (Category.WAGE, Category.PENSION, Category.SELF_EMPLOYED)  # a rate on the whole base
FIXED = (Category.STUDENT, Category.UNEMPLOYED, Category.RELIEF, Category.DIBAO)
_TABLE = {Category.WAGE: "dues.wage", Category.PENSION: "dues.pension", Category.SELF_EMPLOYED: "dues.wage"}


class Method(StrEnum):
    """How dues were handed in (交纳方式)."""

    THEME_DAY = "theme_day"
    CASH = "cash"
    BANK = "bank"
    RELATIVE = "relative"


METHOD_ZH: dict[str, str] = {Method.THEME_DAY: "主题党日当场交", Method.CASH: "现金", Method.BANK: "转账", Method.RELATIVE: "家属或其他党员代交"}


class Purpose(IntEnum):
    """The five purposes dues may be used for (党费使用范围)."""

    TRAINING = 1
    BOOKS = 2
    COMMEND = 3
    HARDSHIP = 4
    DISASTER = 5


PURPOSE_ZH: dict[int, str] = {
    Purpose.TRAINING: "培训党员", Purpose.BOOKS: "订阅或购买用于开展党员教育的报刊、资料、音像制品和设备", Purpose.COMMEND: "表彰先进基层党组织、优秀共产党员和优秀党务工作者",
    Purpose.HARDSHIP: "补助生活困难的党员", Purpose.DISASTER: "补助遭受严重自然灾害的党员和修缮因灾受损的基层党员教育设施",
}


class Account(StrEnum):
    """The accounts that money moves between (记账科目)."""

    CASH = "cash"
    OPENING = "opening"
    DUES = "dues"
    GIFT = "gift"
    GIFT_CENTRE = "gift_centre"
    REMITTED = "remitted"
    FROM_BELOW = "from_below"
    RETURNED_DOWN = "returned_down"
    RETURNED = "returned"
    SPENT_TRAINING = "spent_1"
    SPENT_BOOKS = "spent_2"
    SPENT_COMMEND = "spent_3"
    SPENT_HARDSHIP = "spent_4"
    SPENT_DISASTER = "spent_5"


ACCOUNT_ZH: dict[str, str] = {
    Account.CASH: "党费结存", Account.OPENING: "期初结存", Account.DUES: "党员交纳", Account.GIFT: "自愿多交", Account.GIFT_CENTRE: "大额党费（代收待上缴）",
    Account.REMITTED: "上缴上级", Account.FROM_BELOW: "下级上缴", Account.RETURNED_DOWN: "返还下级", Account.RETURNED: "上级返还",
    **{f"spent_{n}": text for n, text in PURPOSE_ZH.items()},
}


CONSENT_ZH = {"quarterly": "按季交纳", "relative": "家属或其他党员代交"}
EXEMPTION_ZH = {"asked": "等上级答复", "approved": "已批准", "refused": "未同意", "ended": "已停止"}
REVIEW_ZH = {"open": "核查中", "accepted": "已核查，理由成立，请补交", "no_reason": "已核查，没有正当理由"}


class Step(StrEnum):
    """How far arrears have gone (欠交办理)."""

    NONE = "none"
    REMINDER = "reminder"
    CRITICISM = "criticism"
    LAPSE_REVIEW = "lapse_review"


STEP_ZH: dict[str, str] = {Step.NONE: "没有欠交", Step.REMINDER: "提醒", Step.CRITICISM: "批评教育、限期改正", Step.LAPSE_REVIEW: "启动核查"}


# ---------------------------------------------------------------- money


class MoneyFault(ValueError):
    """A sum that cannot be taken; `code` of rules.md §10, the message says how to cure."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


_YUAN = re.compile(r"([+-]?)(\d{1,12})(?:\.(\d*))?")


def fen(text: str, what: str = "金额") -> int:
    """Read a sum in yuan (at most two decimals) as fen. Raises MoneyFault E026: not a number, negative, more decimals, or over 999,999.99."""
    found = _YUAN.fullmatch(text.replace(",", "").replace("，", "").strip())
    if found is None:
        raise MoneyFault("E026", f"{what}“{text.strip()[:20]}”不是数字，请写成像 4850.00 这样")
    sign, whole, part = found.groups()
    part = (part or "").rstrip("0")
    if len(part) > 2:
        raise MoneyFault("E026", f"{what}{text.strip()[:20]}的小数超过2位，请精确到分")
    value = int(whole) * 100 + int(part.ljust(2, "0") or 0)
    if sign == "-" and value:
        raise MoneyFault("E026", f"{what}不能是负数，现在填的是{text.strip()[:20]}，请填大于或等于0的数")
    if value > MOST_FEN:
        raise MoneyFault("E026", f"{what}不能超过999999.99元，现在填的是{text.strip()[:20]}，请核对")
    return value


def yuan(amount: int) -> str:
    """Write fen as yuan with two decimals: 12300 → 123.00."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def rate_text(rate: int) -> str:
    """Write a rate as a rule set does: 5000 parts per million → 0.005."""
    return f"{(Decimal(rate) / MILLION).normalize():f}"


def rate_zh(rate: int) -> str:
    """Write a rate for the eye: 5000 → 0.5%."""
    return f"{(Decimal(rate) / 10_000).normalize():f}%"


def month_code(month: int) -> str:
    """Write a month index as 2025-03."""
    year, number = month_of_index(month)
    return f"{year:04d}-{number:02d}"


def month_zh(month: int) -> str:
    """Write a month index as 2025年3月."""
    year, number = month_of_index(month)
    return f"{year}年{number}月"


def month_from(code: str) -> int:
    """Read 2025-03 as a month index. ValueError when the text is none."""
    if not re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", code):
        raise ValueError(f"not a month: {code!r}")
    return int(code[:4]) * 12 + int(code[5:]) - 1


def months_zh(months: Iterable[int]) -> str:
    """Write months as runs: 2025年1月至3月、5月."""
    found, said_year = [], 0
    for first, last in runs(months):
        (y1, m1), (y2, m2) = month_of_index(first), month_of_index(last)
        text = f"{m1}月" if y1 == said_year else f"{y1}年{m1}月"
        if last > first:
            text += f"至{m2}月" if y2 == y1 else f"至{y2}年{m2}月"
        said_year = y2
        found.append(text)
    return "、".join(found)


def runs(months: Iterable[int]) -> list[tuple[int, int]]:
    """Join neighbouring months into runs (first, last), oldest first."""
    found: list[tuple[int, int]] = []
    for month in sorted(set(months)):
        if found and found[-1][1] == month - 1:
            found[-1] = (found[-1][0], month)
        else:
            found.append((month, month))
    return found


def month_start(month: int) -> date:
    """Give the first day of a month."""
    year, number = month_of_index(month)
    return date(year, number, 1)


# ---------------------------------------------------------------- what is due


@dataclass(frozen=True, slots=True)
class Tier:
    """One row of the table that amounts are computed by: bases above `above` up to and including `up_to` fen.

    amount = fixed + base × rate, rounded half up to `step` fen. A farmer's base is the agreed sum itself (rate one).
    """

    category: str
    above: int
    up_to: int
    rate: int
    fixed: int
    step: int
    rule_set: str
    version: str

    def amount(self, base: int) -> int:
        """Compute the month's dues of a base that lies in this row."""
        return self.fixed + (2 * base * self.rate + self.step * MILLION) // (2 * self.step * MILLION) * self.step


@dataclass(frozen=True, slots=True)
class Tariff:
    """Everything that decides the amounts of one organisation in one month."""

    tiers: tuple[Tier, ...]
    on: date

    def rows(self, category: str) -> tuple[Tier, ...]:
        """Give the rows of a category, lowest base first; empty when the rule set has none."""
        return tuple(t for t in self.tiers if t.category == category)


_STEP = {"0.01": 1, "0.1": 10, "1": 100}


def _fen(value: Decimal) -> int:
    return int(value * 100)


def tariff(effective: Effective) -> Tariff:
    """Turn the rules of family dues that hold on a day into one table; a category that no set defines has no row."""
    step = _STEP[str(effective.value("dues.rounding"))]
    tiers: list[Tier] = []
    for category, key in _TABLE.items():
        if not effective.has(key):
            continue
        found, above = effective.get(key), -1
        for bracket in cast("tuple[Bracket, ...]", found.value):
            up_to = NO_LIMIT if bracket.up_to is None else _fen(bracket.up_to)
            rate = int((bracket.rate * MILLION).to_integral_exact())
            tiers.append(Tier(category, above, up_to, rate, 0, step, found.rule_set.code, found.rule_set.version))
            above = up_to
    if effective.has("dues.farmer.min") and effective.has("dues.farmer.max"):
        low, high = effective.get("dues.farmer.min"), effective.get("dues.farmer.max")
        tiers.append(Tier(Category.FARMER, _fen(cast(Decimal, low.value)) - 1, _fen(cast(Decimal, high.value)), MILLION, 0, 1, high.rule_set.code, high.rule_set.version))
    for category in FIXED:
        if effective.has(f"dues.fixed.{category}"):
            sum_ = effective.get(f"dues.fixed.{category}")
            tiers.append(Tier(category, -1, NO_LIMIT, 0, _fen(cast(Decimal, sum_.value)), 1, sum_.rule_set.code, sum_.rule_set.version))
    return Tariff(tuple(tiers), effective.on)


@dataclass(frozen=True, slots=True)
class Monthly:
    """What somebody owes for a month; `rate` None where the sum is fixed."""

    refusal: Decision
    amount: int = 0
    rate: int | None = None
    tier: Tier | None = None


def monthly(table: Tariff, category: str, base: int) -> Monthly:
    """Compute the dues of one month. Refused: a negative base (E026), no category (E008), no rule that day (E055), a farmer's sum out of range (E027)."""
    if base < 0:
        return Monthly(refuse("E026", f"党费基数不能是负数，现在是{yuan(base)}"))
    if category not in CATEGORY_ZH:
        return Monthly(refuse("E008", "没有选党费计算类别，请选一类，例如：按月领工资、离退休、农民"))
    rows = table.rows(category)
    if not rows:
        return Monthly(refuse("E055", f"{table.on.year}年{table.on.month}月没有规则集定义“{CATEGORY_ZH[category]}”党员的党费标准"))
    for tier in rows:
        if tier.above < base <= tier.up_to:
            return Monthly(YES, tier.amount(base), tier.rate if category in BY_BASE else None, tier)
    low, high = rows[0].above + 1, rows[-1].up_to
    return Monthly(refuse("E027", f"农民党员每月党费应在{yuan(low)}元至{yuan(high)}元之间，现在是{yuan(base)}元（{rows[0].rule_set}）"))


def kept(amount: int, written: int | None) -> int:
    """Give the sum of a month: as written on the 核定表 where it differs by the clerk's rounding only, else as computed."""
    return written if written is not None and abs(written - amount) <= KEPT_WITHIN else amount


def first_due_month(admitted_on: date) -> int:
    """Give the first month for which a new member owes dues: that of the branch meeting that admitted him."""
    return month_index(admitted_on)


def quarter_average(total: int) -> int:
    """Give the monthly base of somebody without a monthly income: the average of last quarter's net income, half up to the fen."""
    return (2 * total + 3) // 6


# ---------------------------------------------------------------- arrears


@dataclass(frozen=True, slots=True)
class Ladder:
    """After how many unpaid months in a row which step follows."""

    reminder: int
    criticism: int
    lapse_review: int

    def step(self, months: int) -> Step:
        """Name the step of so many months in a row."""
        if months >= self.lapse_review:
            return Step.LAPSE_REVIEW
        if months >= self.criticism:
            return Step.CRITICISM
        return Step.REMINDER if months >= self.reminder else Step.NONE


def ladder(effective: Effective) -> Ladder:
    """Read the ladder from the rules that hold on a day."""
    return Ladder(
        cast(int, effective.value("dues.remind_months")), cast(int, effective.value("dues.criticism_months")), cast(int, effective.value("dues.lapse_review_months"))
    )


@dataclass(frozen=True, slots=True)
class Arrears:
    """Unpaid months on a day. `months`: length of the run that ends with the latest one; it never says anything about membership."""

    months: int
    step: Step
    since: int | None
    unpaid: tuple[int, ...]


def closed(month: int, as_of: date, quarterly: bool = False) -> bool:
    """Tell whether the month's dues should be in: the month is over, or its quarter for those who pay by the quarter."""
    end = (month // 3 + 1) * 3 if quarterly else month + 1
    return end <= month_index(as_of)


def arrears(unpaid: Iterable[int], as_of: date, steps: Ladder, quarterly: Iterable[int] = ()) -> Arrears:
    """Derive the step from the months that were due and not paid; running months are ignored. `quarterly`: months of agreed quarterly payment."""
    agreed = set(quarterly)
    late = tuple(sorted(m for m in set(unpaid) if closed(m, as_of, m in agreed)))
    if not late:
        return Arrears(0, Step.NONE, None, ())
    first, last = runs(late)[-1]
    return Arrears(last - first + 1, steps.step(last - first + 1), first, late)


# ---------------------------------------------------------------- spending and handing over


def may_spend(purpose: int, amount: int, available: int) -> Decision:
    """Say whether an expense lies within the five purposes and the balance (E029)."""
    if purpose not in PURPOSE_ZH:
        return refuse("E029", "党费只能用于5项：培训党员、教育资料和设备、表彰先进、补助困难党员、灾害补助和修缮。请选其中一项，不在5项内的不能用党费")
    if amount <= 0:
        return refuse("E029", "支出金额要大于0")
    if amount > available:
        return refuse("E029", f"支出{yuan(amount)}元超过了可用结存{yuan(available)}元，请减少金额，或先请上级返还")
    return YES


def to_remit(collected: int, share: Share) -> int:
    """Give the part of the dues collected that goes to the organisation above, half up to the fen."""
    exact = collected * share.fraction
    return int((2 * exact.numerator + exact.denominator) // (2 * exact.denominator)) if exact else 0


def to_return(received: int, returned: int, share: Share) -> int:
    """Give what is left to give back of the dues that an organisation handed up: the share of them, less what went back already."""
    return max(0, to_remit(received, share) - returned)


def big_gift(amount: int, effective: Effective) -> bool:
    """Tell whether a voluntary gift handed in at once goes whole to the Centre."""
    return Fraction(amount, 100) >= Fraction(cast(Decimal, effective.value("dues.big_gift_from")))


def by_the_quarter(effective: Effective) -> bool:
    """Tell whether members may pay to the end of a quarter without the branch's consent in each case."""
    return effective.value("dues.cadence") != "month" or not effective.value("dues.quarterly_needs_consent")


def too_many_back(months: int, effective: Effective) -> int | None:
    """Give the limit when more months are paid back than usual; None within it."""
    most = cast(int, effective.value("dues.back_pay_max_months"))
    return most if months > most else None
