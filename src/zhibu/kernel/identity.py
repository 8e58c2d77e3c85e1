"""Identity numbers, phones and credit codes: clean, check, mask. Pure: no clock, no tables of counties (they change)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from stdnum.cn import uscc

BirthShown = Literal["day", "month", "year", "none"]
PhoneKind = Literal["mobile", "landline", "none", "unknown"]

MALE, FEMALE = "男", "女"

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_18 = re.compile(r"[1-9][0-9]{16}[0-9X]")
_15 = re.compile(r"[1-9][0-9]{14}")
_QUOTES = "'\"‘’“”＇＂`"
# White space, zero-width and direction characters that clerks' programs leave inside numbers.
_INVISIBLE = re.compile("[\\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_MOBILE = re.compile(r"(?:\+?0{0,2}86)?(1[3-9][0-9]{9})")
_LANDLINE = re.compile(r"(?:\+?0{0,2}86)?(0(?:10|2[0-9]|[3-9][0-9]{2}))([2-9][0-9]{6,7})")
_LOCAL = re.compile(r"[2-9][0-9]{6,7}")
# How many digits of the tail may be shown when this much of the birthday stands on the same page: at least 100 candidates must remain.
_TAIL = {"day": 0, "month": 1, "year": 2, "none": 3}


@dataclass(frozen=True, slots=True)
class IdCheck:
    """What the check of an identity number found.

    code: "" when ok, else ID_EMPTY | ID_FORMAT | ID_CHECKSUM | ID_15. id_no: the cleaned text. birth and gender (男/女) are given when readable."""

    ok: bool
    code: str
    id_no: str
    birth: date | None = None
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number in its written form: 11 digits for a mobile, area-number for a landline; kind tells which."""

    number: str
    kind: PhoneKind


def clean_id_no(text: str) -> str:
    """Return the number in half-width capitals without quotes, blanks and invisible characters. Does not judge it."""
    text = unicodedata.normalize("NFKC", text)
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return _INVISIBLE.sub("", text).strip(_QUOTES).upper()


def check_digit(first17: str) -> str:
    """Return the check digit of the first 17 digits (GB 11643, ISO 7064 MOD 11-2)."""
    return _CHECK_DIGITS[sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def check(text: str, today: date | None = None) -> IdCheck:
    """Check an 18-digit identity number: length, birthday, check digit; not the county, whose table changes.

    today: when given, a birthday after it is ID_FORMAT. A readable 15-digit number answers ID_15."""
    id_no = clean_id_no(text)
    if not id_no:
        return IdCheck(False, "ID_EMPTY", "")
    if _15.fullmatch(id_no):
        birth = _date("19" + id_no[6:12])
        if birth is None:
            return IdCheck(False, "ID_FORMAT", id_no)
        return IdCheck(False, "ID_15", id_no, birth, _gender(id_no[14]))
    if not _18.fullmatch(id_no):
        return IdCheck(False, "ID_FORMAT", id_no)
    birth = _date(id_no[6:14])
    if birth is None or birth.year < 1850 or (today is not None and birth > today):
        return IdCheck(False, "ID_FORMAT", id_no)
    if check_digit(id_no[:17]) != id_no[17]:
        return IdCheck(False, "ID_CHECKSUM", id_no, birth, _gender(id_no[16]))
    return IdCheck(True, "", id_no, birth, _gender(id_no[16]))


def upgrade_15(text: str) -> str:
    """Return the 18-digit form of a 15-digit number of the first generation (born 19xx). Raises ValueError when it is not one."""
    found = check(text)
    if found.code != "ID_15":
        raise ValueError("not a 15-digit identity number")
    first17 = found.id_no[:6] + "19" + found.id_no[6:]
    return first17 + check_digit(first17)


def mask_id(id_no: str, birth_shown: BirthShown = "day") -> str:
    """Mask an identity number so that at least 100 candidates remain.

    birth_shown: how much of the birthday the same page or file shows; the tail shown shrinks with it (day: none, 990123************)."""
    if not id_no:
        return ""
    if len(id_no) != 18:
        return id_no[:6] + "*" * max(len(id_no) - 6, 0)
    tail = _TAIL[birth_shown]
    return id_no[:6] + "*" * (12 - tail) + (id_no[-tail:] if tail else "")


def normalise_phone(text: str) -> Phone:
    """Return one phone number in its written form; full width, blanks, dashes and +86 are accepted. kind "none" for empty text."""
    shown = unicodedata.normalize("NFKC", text)
    digits = re.sub(r"[\-–—‐‑()（）.]", "", _INVISIBLE.sub("", shown).strip(_QUOTES))
    if not digits:
        return Phone("", "none")
    if found := _MOBILE.fullmatch(digits):
        return Phone(found[1], "mobile")
    if found := _LANDLINE.fullmatch(digits):
        return Phone(f"{found[1]}-{found[2]}", "landline")
    if _LOCAL.fullmatch(digits):
        return Phone(digits, "landline")
    return Phone(digits, "unknown")


def mask_phone(number: str) -> str:
    """Mask a phone number: 154****0101; of a landline only the area code and the last two digits stay."""
    if len(number) == 11 and number.isdigit():
        return f"{number[:3]}****{number[-4:]}"
    area, dash, local = number.rpartition("-")
    return f"{area}{dash}{'*' * max(len(local) - 2, 0)}{local[-2:]}"


def check_credit_code(text: str) -> bool:
    """Tell whether the text is a valid 18-character unified social credit code (GB 32100)."""
    return bool(uscc.is_valid(clean_id_no(text)))


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _gender(digit: str) -> str:
    return MALE if int(digit) % 2 else FEMALE
