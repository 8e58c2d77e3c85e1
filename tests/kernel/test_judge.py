from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibu.kernel.judge import SEVERITY, SLOT_ZH, Slot, judge

FIRST, LAST = date(2025, 8, 1), date(2025, 8, 31)


def ask(as_of="2025-09-30", minimum=1, complete=0, on_time=0, held=0, existed=True, excused=False):
    return judge(minimum, complete, on_time, held, existed, excused, FIRST, LAST, date.fromisoformat(as_of))


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        (dict(as_of="2025-07-31"), (Slot.FUTURE, 0, 0)),
        (dict(as_of="2025-08-31"), (Slot.RUNNING, 0, 0)),
        (dict(as_of="2025-08-31", held=1, complete=1, on_time=1), (Slot.RUNNING, 0, 0)),
        (dict(as_of="2025-09-01"), (Slot.CLOSING, 1, 0)),
        (dict(as_of="2025-09-05"), (Slot.CLOSING, 1, 0)),
        (dict(as_of="2025-09-06"), (Slot.MISSING, 1, 0)),
        (dict(as_of="2025-09-06", held=1), (Slot.INCOMPLETE, 1, 0)),
        (dict(as_of="2025-09-01", held=1, complete=1, on_time=1), (Slot.MET, 1, 1)),
        (dict(held=1, complete=1, on_time=1), (Slot.MET, 1, 1)),
        (dict(held=1, complete=1), (Slot.LATE, 1, 1)),
        (dict(held=3, complete=2, on_time=2), (Slot.MET, 1, 1)),
        (dict(minimum=4, held=5, complete=4, on_time=3), (Slot.LATE, 4, 4)),
        (dict(minimum=4, held=3, complete=3, on_time=3), (Slot.MISSING, 4, 3)),
        (dict(minimum=4, held=4, complete=3, on_time=3), (Slot.INCOMPLETE, 4, 3)),
        (dict(minimum=None, held=1), (Slot.NOT_DUE, 0, 0)),
        (dict(minimum=0), (Slot.NOT_DUE, 0, 0)),
        (dict(existed=False, held=1, complete=1), (Slot.NOT_DUE, 0, 0)),
        (dict(excused=True), (Slot.EXCUSED, 0, 0)),
        (dict(existed=False, excused=True), (Slot.NOT_DUE, 0, 0)),
    ],
)
def test_one_window(facts, answer):
    assert ask(**facts) == answer


@given(
    st.integers(0, 5), st.integers(0, 6), st.integers(0, 6), st.integers(0, 6), st.booleans(), st.booleans(), st.integers(-60, 60), st.integers(0, 10)
)
def test_arithmetic_is_the_rule_and_display_never_changes_it(minimum, a, b, c, existed, excused, offset, closing):
    on_time, complete, held = sorted((a, b, c))
    as_of = LAST + timedelta(days=offset)
    slot, due, fulfilled = judge(minimum, complete, on_time, held, existed, excused, FIRST, LAST, as_of, closing)
    owed = minimum if as_of > LAST and existed and not excused else 0
    assert (due, fulfilled) == (owed, min(owed, complete))
    assert (slot in (Slot.MET, Slot.LATE)) == (due > 0 and fulfilled == due)


def test_every_state_has_a_name_and_a_weight():
    assert set(SLOT_ZH) == set(Slot) == set(SEVERITY)
    assert [s.value for s in Slot] == list(range(9))
