"""Dates as clerks write them. A date keeps the precision it has; what can be read two ways is asked, never guessed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from zhibu.exchange.intake.grid import Cell, Kind, from_serial

_DIGITS = {sign: str(value) for value, signs in enumerate(("〇○零Oo", "一壹", "二贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")) for sign in signs}
_CHINESE = "〇○零Oo一二三四五六七八九壹贰叁肆伍陆柒捌玖"
_CHINESE_DATE = re.compile(f"([{_CHINESE}]{{4}})年(?:([{_CHINESE}十廿卅]{{1,3}})月(?:([{_CHINESE}十廿卅]{{1,3}})[日号])?)?")
_TIME_OF_DAY = re.compile(r"(?<=[\d日号])(?:上午|下午|早上|晚上|中午|晚)?\d{1,2}(?:[:时点]\d{0,2}分?(?::\d{2})?(?:\.0+)?)(?:[-~—至].*)?$|(?:上午|下午|早上|晚上|中午|全天)$")
_WEEKDAY = re.compile(r"\(.*\)$|(?:星期|周)[一二三四五六日天]$")
_YMD = re.compile(r"(\d{4})[年\-./、](\d{1,2})[月\-./、](\d{1,2})[日号]?")
_YM = re.compile(r"(\d{4})[年\-./](\d{1,2})月?(?:份)?")
_Y = re.compile(r"(\d{4})年?")
_PACKED_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PACKED_MONTH = re.compile(r"(\d{4})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_MONTH_DAY = re.compile(r"(\d{1,2})(?:月|[./\-])(\d{1,2})[日号]?")
NOTHING = frozenset({"", "无", "没有", "-", "--", "—", "——", "———", "－", "/", "\\", "暂无", "不详", "略", "空"})


@dataclass(frozen=True, slots=True)
class DateRead:
    """A date as read. value: YYYY, YYYY-MM or YYYY-MM-DD, None when there is none. shown: what the cell shows.

    code: "" | DATE_INVALID | DATE_AMBIGUOUS (with choices) | DATE_SERIAL (value set) | YEAR_ASSUMED (value set)."""

    value: str | None
    shown: str = ""
    code: str = ""
    choices: tuple[str, ...] = ()


def read_date(cell: Cell, year: int | None = None, typed: bool = True) -> DateRead:
    """Read a date cell. year: the one to assume for a bare month and day. typed: False when numbers came as text (CSV), so 1988.1 may be 1988.10."""
    if cell.kind is Kind.DATE:
        size = {"year": 4, "month": 7}.get(cell.precision, 10)
        return DateRead(cell.text[:size], cell.text)
    if cell.kind is Kind.NUMBER:
        return _number(cell)
    shown = unicodedata.normalize("NFKC", cell.text).strip()
    text = re.sub(r"\s+", "", shown).strip("'\"‘’“”,，。")
    if text in NOTHING:
        return DateRead(None, shown)
    if not typed and re.fullmatch(r"\d{4}\.1", text) and _in_years(int(text[:4])):
        return DateRead(None, text, "DATE_AMBIGUOUS", (f"{text[:4]}-01", f"{text[:4]}-10"))
    if found := _CHINESE_DATE.fullmatch(text):
        return _made(shown, _chinese(found[1], year=True), _chinese(found[2]), _chinese(found[3]))
    return _text(shown, _bare(shown, text), year)


def _bare(shown: str, text: str) -> str:
    """Take the time of day and the weekday away; only a blank parts "2025.1.8 14:30", so that is done first."""
    head, blank, tail = shown.partition(" ")
    if blank and re.fullmatch(r"(?:上午|下午|晚上)?\d{1,2}[:时点].*", tail.strip()):
        text = re.sub(r"\s+", "", head)
    return _WEEKDAY.sub("", _TIME_OF_DAY.sub("", _WEEKDAY.sub("", text)))


def _number(cell: Cell) -> DateRead:
    text, number = cell.text, cell.number
    if number == int(number):
        if 10_000 <= number <= 80_000 and (found := from_serial(number)) is not None:
            return DateRead(found.date().isoformat(), text, "DATE_SERIAL")
        return _text(text, text, None)
    # A format with two decimals shows the 0 that the value lost: 1988.1 under 0.00 is October.
    digits = f"{number:.2f}" if cell.decimals == 2 and re.fullmatch(r"\d{4}\.\d", text) else text
    if found2 := re.fullmatch(r"(\d{4})\.(\d{1,2})", digits):
        if found2[2] == "1" and _in_years(int(found2[1])):
            return DateRead(None, text, "DATE_AMBIGUOUS", (f"{found2[1]}-01", f"{found2[1]}-10"))
        return _made(digits, int(found2[1]), int(found2[2]), None)
    if 10_000 <= number <= 80_000 and (serial := from_serial(number)) is not None:
        return DateRead(serial.date().isoformat(), text, "DATE_SERIAL")
    return DateRead(None, text, "DATE_INVALID")


def _text(shown: str, text: str, year: int | None) -> DateRead:
    for pattern in (_YMD, _PACKED_DAY):
        if found := pattern.fullmatch(text):
            return _made(shown, int(found[1]), int(found[2]), int(found[3]))
    if found := _YEAR_LAST.fullmatch(text):
        return _year_last(shown, int(found[1]), int(found[2]), int(found[3]))
    for pattern in (_YM, _PACKED_MONTH):
        if found := pattern.fullmatch(text):
            return _made(shown, int(found[1]), int(found[2]), None)
    if found := _Y.fullmatch(text):
        return _made(shown, int(found[1]), None, None)
    if year is not None and (found := _MONTH_DAY.fullmatch(text)):
        made = _made(shown, year, int(found[1]), int(found[2]))
        return DateRead(made.value, shown, "YEAR_ASSUMED") if made.value else made
    if re.fullmatch(r"\d{5}", text) and (serial := from_serial(int(text))) is not None and 10_000 <= int(text) <= 80_000:
        return DateRead(serial.date().isoformat(), shown, "DATE_SERIAL")
    return DateRead(None, shown, "DATE_INVALID")


def _year_last(shown: str, first: int, second: int, year: int) -> DateRead:
    month_first, day_first = _made(shown, year, first, second), _made(shown, year, second, first)
    if month_first.value and day_first.value and first != second:
        return DateRead(None, shown, "DATE_AMBIGUOUS", (month_first.value, day_first.value))
    return month_first if month_first.value else day_first


def _made(shown: str, year: int | None, month: int | None, day: int | None) -> DateRead:
    if year is None or not 1000 <= year <= 9999:
        return DateRead(None, shown, "DATE_INVALID")
    try:
        date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return DateRead(None, shown, "DATE_INVALID")
    return DateRead("-".join(f"{part:02d}" for part in (year, month, day) if part is not None), shown)


def _in_years(year: int) -> bool:
    return 1900 <= year < 2200


def _chinese(text: str | None, year: bool = False) -> int | None:
    if not text:
        return None
    text = text.replace("廿", "二十").replace("卅", "三十")
    if year or "十" not in text:
        digits = "".join(_DIGITS.get(sign, "") for sign in text)
        return int(digits) if digits else None
    tens, _, ones = text.partition("十")
    return (int(_DIGITS.get(tens, "1")) if tens else 1) * 10 + (int(_DIGITS.get(ones, "0")) if ones else 0)


def first_day(value: str) -> date:
    """Return the first day that a value of any precision can mean."""
    parts = [int(part) for part in value.split("-")]
    return date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def last_day(value: str) -> date:
    """Return the last day that a value of any precision can mean."""
    parts = [int(part) for part in value.split("-")]
    if len(parts) == 3:
        return date(*parts)
    year, month = (parts[0], parts[1]) if len(parts) == 2 else (parts[0], 12)
    following = date(year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def is_before(value: str, other: str) -> bool:
    """Tell whether one date is surely before another; compared in the precision that both have."""
    size = min(len(value), len(other))
    return value[:size] < other[:size]
