"""Capital numerals (大写数字), which a stroke more cannot turn into another number: money, months, counts of days.

Zeros follow the rule for bills and receipts: zeros inside a number are written as one 零, those at its end not at all; between yuan and fen
a missing jiao is 零; 整 stands after yuan or jiao, never after fen.
"""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")
_LIMIT = 10**12


def number(value: int) -> str:
    """Write a whole number: 30 is 叁拾, 10 is 壹拾, 1005 is 壹仟零伍, 0 is 零. ValueError below 0 and from 10^12 on."""
    if not 0 <= value < _LIMIT:
        raise ValueError("capital numerals are written from 0 to below 10^12")
    if value == 0:
        return _DIGITS[0]
    parts: list[str] = []
    groups = [value // 10 ** (4 * place) % 10000 for place in range(len(_GROUPS))]
    for place in reversed(range(len(_GROUPS))):
        group = groups[place]
        if group == 0:
            continue
        skipped = place + 1 < len(_GROUPS) and groups[place + 1] == 0
        if parts and (group < 1000 or skipped):
            parts.append(_DIGITS[0])
        parts.append(_group(group) + _GROUPS[place])
    return "".join(parts)


def money(fen: int) -> str:
    """Write an amount given in fen: 25000 is 贰佰伍拾元整, 20 is 贰角整, 1005 is 壹拾元零伍分. ValueError for a negative amount."""
    if fen < 0:
        raise ValueError("a negative amount has no capital numerals")
    yuan, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    text = f"{number(yuan)}元" if yuan or not (jiao or rest) else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif rest and yuan:
        text += _DIGITS[0]
    return text + (f"{_DIGITS[rest]}分" if rest else "整")


def year(value: int) -> str:
    """Write a year digit by digit: 2025 is 贰零贰伍. ValueError unless it has four digits."""
    if not 1000 <= value <= 9999:
        raise ValueError("a year has four digits")
    return "".join(_DIGITS[int(digit)] for digit in str(value))


def month(of_year: int, of_month: int) -> str:
    """Write a month: September 2025 is 贰零贰伍年玖月, October is 壹拾月. ValueError for a month that does not exist."""
    if not 1 <= of_month <= 12:
        raise ValueError("a month is 1 to 12")
    return f"{year(of_year)}年{number(of_month)}月"


def days(count: int) -> str:
    """Write a count of days: 30 is 叁拾天."""
    return f"{number(count)}天"


def _group(value: int) -> str:
    """Write 1 to 9999; one 零 for zeros inside."""
    text, gap = "", False
    for place in reversed(range(4)):
        digit = value // 10**place % 10
        if digit == 0:
            gap = bool(text)
            continue
        text += (_DIGITS[0] if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return text
