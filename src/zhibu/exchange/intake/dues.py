"""党费核定表: one row, one member's base, rate and monthly dues, judged by the table in force. What differs is asked; nothing is put right in silence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from zhibu.areas.dues.rules import KEPT_WITHIN
from zhibu.exchange.intake import columns, dates, id_cell
from zhibu.exchange.intake.draft import Draft
from zhibu.exchange.intake.findings import Fee, Known, KnownMember, Row, TableKind
from zhibu.exchange.intake.findings import Result as R
from zhibu.exchange.intake.grid import Cell, Kind, Sheet
from zhibu.exchange.intake.matching import squeeze
from zhibu.exchange.intake.rows import DataRow, OtherRow
from zhibu.kernel import periods
from zhibu.kernel.names import clean_name

LABELS = columns.LABELS[TableKind.DUES]
WAGE, PENSION, FARMER, SELF_EMPLOYED = "wage", "pension", "farmer", "self_employed"
#: code → names; the first is the one shown. The codes are those of the dues.
CATEGORIES: dict[str, tuple[str, ...]] = {
    WAGE: ("在职", "在职党员", "在职职工", "在岗", "在职在岗", "事业编", "事业", "公务员", "机关", "企业", "企业职工", "合同工", "雇员", "按月领取工资"),
    PENSION: ("离退休", "退休", "离休", "离退休党员", "退休党员", "离退休干部", "退休干部", "离退休人员"),
    FARMER: ("农民", "农民党员", "务农", "村民"),
    "student": ("学生", "学生党员", "在校学生"),
    "unemployed": ("下岗失业", "下岗", "失业", "待业", "无业", "下岗失业党员"),
    "relief": ("抚恤救济", "抚恤", "救济", "依靠抚恤或救济生活", "优抚"),
    "dibao": ("低保", "低保户", "领取低保金", "最低生活保障"),
    SELF_EMPLOYED: ("个体经营", "个体", "个体户", "个体工商户", "自由职业", "不按月取得收入"),
}
CODE_OF = {name: code for code, names in CATEGORIES.items() for name in names}
BY_BASE = frozenset({WAGE, PENSION, SELF_EMPLOYED})
#: items of the 核定表 of staff of institutions, by code
PARTS: dict[str, str] = {
    "post": "岗位工资", "grade": "薪级工资", "performance": "基础性绩效", "pension": "养老", "annuity": "职业年金", "housing": "公积金", "medical": "医保", "tax": "所得税",
}
_CENT = Decimal("0.01")
#: a difference up to here is the clerk's rounding and stays (ux.md §3)
ROUNDED_WITHIN = Decimal(KEPT_WITHIN) / 100
MOST = Decimal("999999.99")
_QUARTERS = {"一": 3, "1": 3, "二": 6, "2": 6, "三": 9, "3": 9, "四": 12, "4": 12}
_AHEAD_MONTHS = 12  # nobody has paid further ahead than this
_FREE = re.compile("免交|免缴|免收")
Met = dict[str, tuple[str | None, int, str]]


def read(
    sheet: Sheet, found: list[DataRow | OtherRow], *, known: Known, member: Callable[[str], KnownMember | None], org: str | None, year: int | None, met: Met,
    resolutions: Mapping[tuple[str | None, int], Mapping[str, Any]],
) -> list[Row]:
    """Read one sheet. org: full name of the branch of the title, None when it names none; year: of the title; met: who stood in this file so far."""
    rows: list[Row] = []
    for entry in found:
        if isinstance(entry, OtherRow):
            rows.append(Row(sheet.name, entry.number, R.SKIP, code=entry.code))
            continue
        draft = Draft(sheet.name, entry, LABELS, resolutions.get((sheet.name, entry.number), {}), sheet.typed)
        _row(draft, known, member, org, year, met)
        rows.append(row := draft.finish())
        if row.result in (R.OK, R.CONFIRM) and (key := _key(draft)):
            met.setdefault(key, (sheet.name, entry.number, str(draft.values["name"])))
    return rows


def _row(draft: Draft, known: Known, member: Callable[[str], KnownMember | None], org: str | None, year: int | None, met: Met) -> None:
    values = draft.values
    values["name"] = clean_name(draft.pick("name") or draft.text("name") or "").strip("'\"")[:100]
    if not values["name"]:
        draft.reject("NAME_EMPTY", "name", "没有姓名")
    _number(draft, known)
    if draft.rejected or _repeats(draft, met):
        return
    _whose(draft, known, member, org)
    values["category"] = _category(draft)
    values["base"] = values["rate"] = values["monthly"] = None
    base, monthly = _amount(draft, "base", "核定基数"), _amount(draft, "monthly", "每月应交", rounded=True)
    rate = _rate(draft)
    parts = {code: text for code, title in PARTS.items() if _amount(draft, f"part_{code}", title) is not None and (text := values.pop(f"part_{code}"))}
    if parts:
        values["parts"] = parts
    values["paid_to"] = _paid_to(draft, year, known.today)
    values["year"] = year or known.today.year
    values["remark"] = draft.text("remark")
    if not draft.rejected and values["category"]:
        _judge(draft, known, org or "", base, rate, monthly)


def _number(draft: Draft, known: Known) -> None:
    """Read the number. One that we masked ourselves stays as it is: with the name it may still say who it is."""
    shown = draft.pick("id_no") or unicodedata.normalize("NFKC", draft.cell("id_no").text).strip().upper()
    if re.fullmatch(r"\d{6}\*{9,12}[\dX]{0,3}", shown):
        draft.values["id_no"] = shown
        return
    id_cell.read(draft, known.today)


def _key(draft: Draft) -> str:
    number = str(draft.values.get("id_no") or "")
    if "*" in number:
        return f"{number} {draft.values['name']}"
    return number or next((i.suggest for i in draft.issues if i.code == "ID_15" and isinstance(i.suggest, str)), "")


def _repeats(draft: Draft, met: Met) -> bool:
    if (key := _key(draft)) not in met:
        return False
    sheet, row, name = met[key]
    if sheet == draft.sheet:
        draft.reject("DUP_IN_SHEET", "id_no", f"身份证号与第 {row} 行“{name}”相同", other_row=row)
    else:
        draft.reject("DUP_IN_SHEET", "id_no", f"与工作表“{sheet}”第 {row} 行“{name}”是同一人，一个人只核定一次", other_row=row, other_sheet=sheet)
    return True


def _whose(draft: Draft, known: Known, member: Callable[[str], KnownMember | None], org: str | None) -> None:
    """Find the member. Of somebody beyond reach nothing is told, not even that he exists."""
    number, name = _key(draft), draft.values["name"]
    if "*" in number:
        several = known.masked(org or "", name, str(draft.values["id_no"]))
        if several > 1:
            draft.reject("ID_FORMAT", "id_no", f"身份证号没有写全，支部里叫“{name}”的不止一人，请写全号码")
        elif not several:
            draft.confirm("MEMBER_NOT_FOUND", "id_no", "花名册里没有这个人，先导入党员再核定党费")
        return
    found = member(number)
    if found is None or not found.in_scope:
        draft.confirm("MEMBER_NOT_FOUND", "id_no", "花名册里没有这个人，先导入党员再核定党费")
    elif org and squeeze(found.org) != squeeze(org):
        draft.confirm("MEMBER_NOT_FOUND", "id_no", f"“{found.name}”在“{found.org}”的花名册里，不在这个支部，请到那个支部核定")
    elif clean_name(found.name) != name:
        draft.confirm("NAME_DIFFERS", "name", f"花名册里这个身份证号是“{found.name}”，这里是“{name}”", suggest=found.name)


def _category(draft: Draft) -> str | None:
    text = re.sub(r"\s+|\(.*\)", "", draft.pick("category") or draft.text("category") or "")
    if text in CODE_OF:
        return CATEGORIES[CODE_OF[text]][0]
    said = f"不认识党员类别“{text[:20]}”" if text else "没填党员类别"
    draft.confirm("TYPE_GUESSED", "category", f"{said}，党费按类别算，请选一个", choices=tuple(names[0] for names in CATEGORIES.values()))
    return None


def _amount(draft: Draft, field: str, label: str, *, rounded: bool = False) -> Decimal | None:
    """Read an amount in yuan. rounded: what a formula left beyond the cent is rounded (a base is not)."""
    cell = draft.cell(field)
    text = draft.pick(field) or ("" if cell.kind is Kind.EMPTY else cell.text)
    text = re.sub(r"[\s,，￥¥]|RMB|人民币|元", "", unicodedata.normalize("NFKC", text)).strip("'\"")
    if text in dates.NOTHING:
        return None
    try:
        value = Decimal(text) if re.fullmatch(r"[+-]?\d{1,15}(?:\.\d{1,20})?", text) else None
    except InvalidOperation:
        value = None
    if value is None:
        draft.reject("AMOUNT_INVALID", field, f"{label}“{text[:20]}”不是金额")
        return None
    exact = value.quantize(_CENT, ROUND_HALF_UP)
    if value < 0:
        draft.reject("BASE_NEGATIVE" if field == "base" else "AMOUNT_INVALID", field, f"{label}不能是负数")
    elif exact != value and not rounded and not (cell.kind is Kind.NUMBER and abs(exact - value) < Decimal("0.000001")):
        draft.reject("AMOUNT_INVALID", field, f"{label}“{text[:20]}”最多写两位小数（E026）")
    elif exact > MOST:
        draft.reject("AMOUNT_INVALID", field, f"{label}“{text[:20]}”太大，请核对")
    else:
        draft.values[field] = f"{exact:.2f}"
        return exact
    return None


def _rate(draft: Draft) -> Decimal | None:
    """Read a rate: 1%, 0.01, or 1 under a heading of percent; what lies between cannot be meant."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", draft.pick("rate") or draft.cell("rate").text)).strip("'\"")
    if text in dates.NOTHING:
        return None
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,17})?)(%?)", text)
    value = Decimal(found[1]) if found else None
    if found and value is not None and (found[2] or value >= Decimal("0.1")):
        value = value / 100
    if value is None or value > Decimal("0.1"):
        draft.reject("AMOUNT_INVALID", "rate", f"交纳比例“{text[:20]}”认不出来，写成 1% 这样")
        return None
    value = value.quantize(Decimal("0.000001")).normalize()
    draft.values["rate"] = f"{value:.3f}" if value == value.quantize(Decimal("0.001")) else f"{value:f}"
    return value


def _paid_to(draft: Draft, year: int | None, today: date) -> str | None:
    """Read the month up to which dues are paid: 2025.9, 202509, 9月, 2025年三季度."""
    cell = draft.cell("paid_to")
    shown = unicodedata.normalize("NFKC", draft.pick("paid_to") or cell.text).strip()
    text = re.sub(r"\s+", "", shown).strip("'\"")
    if text in dates.NOTHING:
        return None
    if found := re.fullmatch(r"(?:(\d{4})年?)?第?([一二三四1234])季度?末?", text):
        value = _month_of(found[1], year, _QUARTERS[found[2]])
    elif found := re.fullmatch(r"()(\d{1,2})月(?:份|底)?", text):
        value = _month_of("", year, int(found[2]))
    else:
        return _month(draft, dates.read_date(Cell(Kind.TEXT, shown) if draft.pick("paid_to") else cell, year, draft.typed), today)
    if value is None:
        draft.reject("DATE_INVALID", "paid_to", f"已交至 {shown[:20]} 不是月份，也看不出是哪一年")
        return None
    if not found[1]:
        draft.note("YEAR_ASSUMED", "paid_to", f"“{shown[:20]}”按表名年份读作 {value}")
    return _in_range(draft, value, shown, today)


def _month_of(written: str | None, year: int | None, month: int) -> str | None:
    known = int(written) if written else year
    return f"{known:04d}-{month:02d}" if known and 1 <= month <= 12 else None


def _month(draft: Draft, found: dates.DateRead, today: date) -> str | None:
    if found.code == "DATE_AMBIGUOUS":
        draft.confirm("DATE_AMBIGUOUS", "paid_to", f"已交至显示 {found.shown[:20]}，可能是 {found.choices[0]}，也可能是 {found.choices[1]}，请选一个", choices=found.choices)
        return None
    if found.value is None or len(found.value) < 7:
        draft.reject("DATE_INVALID", "paid_to", f"已交至 {found.shown[:20]} 不是月份，写成 2025-09 这样")
        return None
    return _in_range(draft, found.value[:7], found.shown, today)


def _in_range(draft: Draft, value: str, shown: str, today: date) -> str | None:
    if int(value[:4]) < 1900 or periods.month_index(dates.first_day(value)) > periods.month_index(today) + _AHEAD_MONTHS:
        draft.reject("DATE_OUT_OF_RANGE", "paid_to", f"已交至 {shown[:20]} 太早或在将来，请改")
        return None
    return value


# ---------------------------------------------------------------- what the table in force says


def _judge(draft: Draft, known: Known, org: str, base: Decimal | None, rate: Decimal | None, monthly: Decimal | None) -> None:
    code, label = CODE_OF[str(draft.values["category"])], draft.values["category"]
    if monthly is not None and monthly == 0 or (monthly is None and _FREE.search(draft.values["remark"] or "")):
        draft.reject("FEE_EXEMPT", "monthly", "每月应交是 0 元。减免要有支部和上级党组织批准的文件，请到党费里登记减免，不从表里导入")
        return
    if code in BY_BASE:
        if base is None or base == 0:
            draft.reject("BASE_EMPTY", "base", f"{label}党员没有写核定基数")
            return
        fee = known.fee(org, draft.values["year"], code, base)
        if fee is not None:
            _by_base(draft, fee, base, rate, monthly)
        return
    fee = known.fee(org, draft.values["year"], code, None)
    if fee is None:
        return
    if code == FARMER:
        _farmer(draft, fee, monthly)
    elif monthly is None:
        draft.values["monthly"] = f"{fee.monthly:.2f}"
    elif monthly != fee.monthly:
        suggest = {"monthly": f"{fee.monthly:.2f}"}
        draft.confirm("FEE_RATE", "monthly", f"{label}党员每月应交 {fee.monthly:.2f} 元，现填 {monthly:.2f} 元", suggest=suggest)


def _by_base(draft: Draft, fee: Fee, base: Decimal, rate: Decimal | None, monthly: Decimal | None) -> None:
    values = draft.values
    if rate is None:
        values["rate"] = f"{fee.rate:.3f}"
    elif rate != fee.rate:
        now = f"{percent(rate)}、{monthly:.2f} 元" if monthly is not None else percent(rate)
        message = f"基数 {plain(base)} 元（{fee.band}）比例应为 {percent(fee.rate)}，每月 {fee.monthly:.2f} 元，现填 {now}"
        draft.confirm("FEE_RATE", "rate", message, suggest={"rate": f"{fee.rate:.3f}", "monthly": f"{fee.monthly:.2f}"})
        return
    if monthly is None:
        values["monthly"] = f"{fee.monthly:.2f}"
    elif monthly != fee.monthly and abs(monthly - fee.monthly) <= ROUNDED_WITHIN:
        draft.note("FEE_ROUNDED", "monthly", f"按 {fee.monthly:.2f} 元应收，表中 {monthly:.2f} 元，差额在 {ROUNDED_WITHIN} 元内，保留表中数")
    elif monthly != fee.monthly:
        message = f"基数 {plain(base)} 元、比例 {percent(fee.rate)} 每月应交 {fee.monthly:.2f} 元，现填 {monthly:.2f} 元"
        draft.confirm("FEE_RATE", "monthly", message, suggest={"monthly": f"{fee.monthly:.2f}"})


def _farmer(draft: Draft, fee: Fee, monthly: Decimal | None) -> None:
    within = f"{fee.least:.2f}—{fee.most:.2f} 元"
    if monthly is None:
        draft.reject("FEE_RATE", "monthly", f"农民党员没有写每月应交，应在 {within}以内")
    elif not fee.least <= monthly <= fee.most:
        draft.reject("FEE_RATE", "monthly", f"农民党员每月应交 {within}，现填 {monthly:.2f} 元（E027）")


def plain(amount: Decimal) -> str:
    """Write an amount without needless zeros: 5200, 48.5 → 48.50."""
    return str(int(amount)) if amount == int(amount) else f"{amount:.2f}"


def percent(rate: Decimal) -> str:
    """Write a rate: 0.015 is 1.5%."""
    return f"{(rate * 100).normalize():f}%"
