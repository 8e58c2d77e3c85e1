from __future__ import annotations

from datetime import date

import pytest

from zhibu.kernel.terms import TERM_STATE_ZH, TermState, committee_seats, expires_on, remind_on, term_state


def test_a_village_branch_elected_in_june_2024():
    assert expires_on(date(2024, 6, 28), 5) == date(2029, 6, 28)
    assert remind_on(date(2029, 6, 28), 6) == date(2028, 12, 28)
    assert expires_on(date(2024, 2, 29), 3) == date(2027, 2, 28)
    assert remind_on(date(2029, 8, 31), 6) == date(2029, 2, 28)


def test_committee_from_seven_full_members():
    assert committee_seats(6, 7, 3, 7) == (0, 0) and committee_seats(7, 7, 3, 7) == (3, 7)


@pytest.mark.parametrize(
    ("as_of", "extension", "state"),
    [
        ("2028-12-27", None, TermState.NORMAL),
        ("2028-12-28", None, TermState.EXPIRING),
        ("2029-06-28", None, TermState.EXPIRING),
        ("2029-06-29", None, TermState.OVERDUE),
        ("2029-06-29", "2029-12-28", TermState.EXTENDED),
        ("2029-12-28", "2029-12-28", TermState.EXTENDED),
        ("2029-12-29", "2029-12-28", TermState.OVERDUE),
        ("2030-06-28", None, TermState.OVERDUE),
        ("2030-06-29", None, TermState.OVERDUE_LONG),
        ("2030-06-29", "2029-12-28", TermState.OVERDUE_LONG),
        ("2028-01-01", "2029-12-28", TermState.NORMAL),
    ],
)
def test_five_states(as_of, extension, state):
    until = date.fromisoformat(extension) if extension else None
    assert term_state(date(2029, 6, 28), until, date.fromisoformat(as_of)) is state


def test_every_state_has_a_name():
    assert set(TERM_STATE_ZH) == set(TermState)
