"""The machine of transfers, the letter, and what being away means: pure, without a database."""
from __future__ import annotations

import random
from datetime import date

import pytest

from zhibu.areas.transfers import away, rules
from zhibu.areas.transfers.away import Ground, Purpose, Terms
from zhibu.areas.transfers.rules import Kind, Move, Owner, State, Validity
from zhibu.kernel.periods import WindowKind

TERMS = Terms(6, 2, 5, 6, 2, 3, 1, 7, WindowKind.MONTH, WindowKind.HALF_YEAR, {})
D = date


def test_every_step_has_an_owner_and_every_state_a_way_out() -> None:
    for kind in Kind:
        for (state, move), after in rules.MOVES[kind].items():
            assert move in rules.OWNERS[kind] and isinstance(rules.owner(kind, state, move), Owner)
            assert state not in rules.DONE and after is not state or move is Move.REISSUE
        assert {m for _, m in rules.MOVES[kind]} == set(rules.OWNERS[kind])
        reached = {after for after in rules.MOVES[kind].values()} | {State.APPLIED, State.IN_TRANSIT}
        assert all(rules.steps(kind, state) for state in reached - rules.DONE if (state, kind) != (State.APPLIED, Kind.PAPER_IN) and (state, kind) != (State.IN_TRANSIT, Kind.DIRECT))
    assert set(rules.STATE_ZH) == set(State) and set(rules.KIND_ZH) == set(Kind) and set(rules.MOVE_ZH) == set(Move)


@pytest.mark.parametrize("kind", list(Kind))
def test_no_walk_receives_without_a_letter_or_closes_what_was_not_received(kind: Kind) -> None:
    """Two thousand random walks: what the table does not allow gives None; a member is received after a letter (or a check, directly), never after the end."""
    chance = random.Random(20250301)
    for _ in range(500):
        state, seen = (State.IN_TRANSIT if kind is Kind.PAPER_IN else State.APPLIED), []
        for _ in range(12):
            move = chance.choice(list(Move))
            after = rules.follows(kind, state, move)
            if after is None:
                assert (state, move) not in rules.MOVES[kind]
                continue
            if move is Move.RECEIVE:
                assert state in (State.IN_TRANSIT, State.CHECKED) and (kind is Kind.DIRECT) == (state is State.CHECKED)
            if after is State.CLOSED and kind is not Kind.PAPER_OUT:
                assert Move.RECEIVE in seen
            if move is Move.ISSUE:
                assert Move.CHECK in seen
            assert state not in rules.DONE
            seen.append(move)
            state = after
        assert seen.count(Move.RECEIVE) <= 1


def test_once_a_letter_is_out_the_committee_takes_it_back() -> None:
    assert rules.owner(Kind.NETWORK, State.APPLIED, Move.CANCEL) is Owner.OUT_BRANCH
    assert rules.owner(Kind.NETWORK, State.IN_TRANSIT, Move.CANCEL) is Owner.OUT_COMMITTEE
    assert rules.owner(Kind.DIRECT, State.RETURNED, Move.CANCEL) is Owner.OUT_BRANCH
    assert rules.owner(Kind.PAPER_IN, State.IN_TRANSIT, Move.CANCEL) is Owner.IN_BRANCH


def test_at13_the_letter() -> None:
    """AT-13: issued 2025-03-01, valid to 06-01 (three months; the 90-day parameter gives 05-30); accepted 06-02 is E025."""
    issued = D(2025, 3, 1)
    assert Validity(3, None).until(issued) == D(2025, 6, 1) and Validity(None, 90).until(issued) == D(2025, 5, 30)
    assert Validity(None, 10).until(issued) == D(2025, 3, 11) and Validity(None, 30).until(issued) == D(2025, 3, 31)
    assert rules.may_receive(issued, D(2025, 6, 1), D(2025, 6, 1))
    assert rules.may_receive(issued, D(2025, 6, 1), D(2025, 6, 2)).code == "E025"
    assert rules.may_receive(issued, D(2025, 6, 1), D(2025, 2, 28)).code == "E002"


def test_at13_away_since_january_is_flagged_in_july() -> None:
    """AT-13: away since 2025-01-15 without transfer → flagged 2025-07-15."""
    assert away.transfer_due(Purpose.WORK, D(2025, 1, 15), TERMS) == D(2025, 7, 15)
    assert away.transfer_due(Purpose.GRADUATE, D(2025, 1, 15), TERMS) == D(2027, 1, 15)
    assert away.transfer_due(Purpose.ABROAD, D(2025, 1, 15), TERMS) is None


GOOD = dict(
    paid_to=D(2025, 2, 1), applied_on=D(2025, 2, 20), issued_on=D(2025, 3, 1), valid_until=D(2025, 6, 1), longest=D(2025, 6, 1), open_cases=(), approval="", today=D(2025, 3, 1),
)


@pytest.mark.parametrize(("change", "code", "says"), [
    ({}, None, ""),
    ({"paid_to": None}, "E008", "党费交到"),                                    # issue without paid-to month
    ({"paid_to": D(2025, 4, 1)}, "E001", "晚于本月"),
    ({"issued_on": D(2025, 3, 2)}, "E001", "晚于今天"),
    ({"issued_on": D(2025, 2, 19)}, "E002", "早于申请日期"),
    ({"valid_until": D(2025, 2, 28)}, "E002", "早于开信日期"),                   # valid_until before issue
    ({"valid_until": D(2025, 6, 2)}, "", "太长"),
    ({"open_cases": ("停止王一的党籍",)}, "E049", "没办结的事项"),               # open case: a warning that needs an approval
    ({"open_cases": ("停止王一的党籍",), "approval": "镇党〔2025〕3号"}, None, ""),
])
def test_a_letter_before_it_is_issued(change: dict[str, object], code: str | None, says: str) -> None:
    found = rules.may_issue(**{**GOOD, **change})  # type: ignore[arg-type]
    assert (found.ok, found.code) == (code is None, code or "") and says in found.reason


@pytest.mark.parametrize(("given", "code"), [
    ({}, None), ({"here": False}, "E045"), ({"open_before": "在途"}, "E053"), ({"same": True}, "E044"), ({"applied_on": D(2025, 3, 2)}, "E001"),
])
def test_an_application(given: dict[str, object], code: str | None) -> None:
    found = rules.may_apply(**{"here": True, "open_before": "", "same": False, "applied_on": D(2025, 3, 1), "today": D(2025, 3, 1), **given})  # type: ignore[arg-type]
    assert (found.ok, found.code) == (code is None, code or "")


def test_a_reason_is_needed() -> None:
    assert rules.needs_reason(" 。 ", "退回").code == "E054" and rules.needs_reason("党费没交清", "退回")


def test_how_far_dues_are_behind() -> None:
    today = D(2025, 9, 18)
    assert [rules.behind(m, today) for m in (D(2025, 9, 1), D(2025, 8, 1), D(2025, 6, 1), None)] == [0, 0, 2, 0]


def test_a_short_stay_is_said_to_be_short() -> None:
    assert away.long_enough(D(2025, 1, 15), D(2025, 7, 14), 6).reason.startswith("外出不满 6 个月，算临时外出")
    assert away.long_enough(D(2025, 1, 15), D(2025, 7, 14), 6).ok
    assert not away.long_enough(D(2025, 1, 15), D(2025, 7, 15), 6).reason and not away.long_enough(D(2025, 1, 15), None, 6).reason


def test_a_certificate_is_no_longer_than_the_rule() -> None:
    assert away.check_leave(D(2025, 1, 15), D(2025, 4, 15), 3)
    assert "党员证明信最长 3 个月" in away.check_leave(D(2025, 1, 15), D(2025, 4, 16), 3).reason
    assert away.check_leave(D(2025, 1, 15), D(2025, 1, 14), 3).code == "E002"


def test_contact_is_counted_by_closed_windows() -> None:
    today = D(2025, 9, 18)
    gaps = away.contact_missing(WindowKind.MONTH, D(2025, 5, 10), [D(2025, 6, 3), D(2025, 8, 31)], today)
    assert [w.code for w in gaps] == ["2025-07"]  # May is no whole month of the stay, September is still open
    assert away.contact_due(WindowKind.MONTH, [D(2025, 8, 31)], today) == D(2025, 9, 30) and away.contact_due(WindowKind.MONTH, [D(2025, 9, 1)], today) is None
    assert [w.code for w in away.contact_missing(WindowKind.HALF_YEAR, D(2024, 12, 1), [], today)] == ["2025-H1"]
    assert away.contact_window(Purpose.ABROAD_STUDY, TERMS) is WindowKind.HALF_YEAR and away.contact_window(Purpose.WORK, TERMS) is WindowKind.MONTH


@pytest.mark.parametrize(("ground", "since", "search", "code", "ok"), [
    (Ground.LOST, D(2025, 3, 18), "三次上门，问过家人", "", True),
    (Ground.LOST, D(2025, 3, 19), "三次上门，问过家人", "", False),
    (Ground.LOST, D(2025, 3, 18), "", "E054", False),
    (Ground.STUDY, D(2020, 9, 18), "学校证明", "", True), (Ground.STUDY, D(2020, 9, 19), "学校证明", "", False),
    (Ground.SETTLED, D(2025, 9, 18), "取得永久居留", "", True), (Ground.SETTLED, D(2025, 9, 19), "取得永久居留", "E001", False),
])
def test_when_suspension_can_be_asked_for(ground: Ground, since: date, search: str, code: str, ok: bool) -> None:
    found = away.may_ask_suspension(ground, since, search, TERMS, D(2025, 9, 18))
    assert (found.ok, found.code) == (ok, code)


def test_removal_is_two_years_after() -> None:
    assert away.removal_from(D(2024, 2, 29), 2) == D(2026, 2, 28) and away.suspend_from(D(2025, 8, 31), 6) == D(2026, 2, 28)
