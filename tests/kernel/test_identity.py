"""Identity numbers, phones and credit codes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibu.kernel import identity


@pytest.mark.parametrize(
    ("text", "id_no"),
    [
        ("990123196807120318", "990123196807120318"),
        ("99012319750320068x", "99012319750320068X"),
        ("'990123 19631105\xa00133 ", "990123196311050133"),
        ('="990123196807120318"', "990123196807120318"),
        ("９９０１２３１９６８０７１２０３１８", "990123196807120318"),
        ("\ufeff990123\u200b196807120318", "990123196807120318"),
    ],
)
def test_written_forms(text: str, id_no: str) -> None:
    found = identity.check(text)
    assert (found.ok, found.code, found.id_no) == (True, "", id_no)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "ID_EMPTY"),
        ("  ", "ID_EMPTY"),
        ("99012319680712031", "ID_FORMAT"),
        ("9901231968071203180", "ID_FORMAT"),
        ("99012319681312031X", "ID_FORMAT"),
        ("990123197108010150", "ID_CHECKSUM"),
        ("990123680512001", "ID_15"),
        ("990123681312001", "ID_FORMAT"),
        ("099123196807120318", "ID_FORMAT"),
        ("A90123196807120318", "ID_FORMAT"),
    ],
)
def test_what_is_wrong(text: str, code: str) -> None:
    found = identity.check(text)
    assert not found.ok and found.code == code


def test_birth_and_gender() -> None:
    found = identity.check("99012319750320068X")
    assert (found.birth, found.gender) == (date(1975, 3, 20), "女")
    assert identity.check("990123680512001").birth == date(1968, 5, 12)


def test_a_birthday_after_today_is_wrong() -> None:
    first17 = "99012320300101011"
    id_no = first17 + identity.check_digit(first17)
    assert identity.check(id_no).ok
    assert identity.check(id_no, date(2026, 1, 1)).code == "ID_FORMAT"


def test_upgrade() -> None:
    assert identity.upgrade_15("990123680512001") == "990123196805120015"
    with pytest.raises(ValueError):
        identity.upgrade_15("990123196807120318")


@given(st.dates(date(1900, 1, 1), date(2020, 12, 31)), st.integers(0, 999))
def test_every_number_with_its_check_digit_passes_and_no_single_change_does(birth: date, order: int) -> None:
    first17 = f"990201{birth:%Y%m%d}{order:03d}"
    digit = identity.check_digit(first17)
    assert identity.check(first17 + digit).ok
    other = next(d for d in "0123456789X" if d != digit)
    assert identity.check(first17 + other).code == "ID_CHECKSUM"


# How many numbers remain possible when the birthday is known that far: days × 500 orders of one sex ÷ what the tail tells.
@pytest.mark.parametrize(("shown", "days"), [("day", 1), ("month", 31), ("year", 365), ("none", 365 * 80)])
def test_a_masked_number_keeps_a_hundred_candidates(shown: identity.BirthShown, days: int) -> None:
    masked = identity.mask_id("990123196807120318", shown)
    assert len(masked) == 18 and masked.startswith("990123") and "19680712" not in masked
    tail = len(masked.rpartition("*")[2])
    assert days * 500 / 10**tail >= 100


def test_masks() -> None:
    assert identity.mask_id("990123196807120318") == "990123************"
    assert identity.mask_id("990123680512001") == "990123*********"
    assert identity.mask_id("") == ""
    assert identity.mask_phone("15400000101") == "154****0101"
    assert identity.mask_phone("0990-8123456") == "0990-*****56"


@pytest.mark.parametrize(
    ("text", "number", "kind"),
    [
        ("154-0000-0101", "15400000101", "mobile"),
        ("１５４０００００１０２", "15400000102", "mobile"),
        ("154 0000 0103", "15400000103", "mobile"),
        ("+86 154 0000 0103", "15400000103", "mobile"),
        ("0086-15400000103", "15400000103", "mobile"),
        ("0990-8123456", "0990-8123456", "landline"),
        ("(0990)8123456", "0990-8123456", "landline"),
        ("01062345678", "010-62345678", "landline"),
        ("8123456", "8123456", "landline"),
        ("", "", "none"),
        ("12345", "12345", "unknown"),
        ("1540000010", "1540000010", "unknown"),
    ],
)
def test_phones(text: str, number: str, kind: str) -> None:
    found = identity.normalise_phone(text)
    assert (found.number, found.kind) == (number, kind)


def test_credit_code() -> None:
    assert identity.check_credit_code("91110000600037341L")
    assert not identity.check_credit_code("91110000600037341A")
    assert not identity.check_credit_code("")
