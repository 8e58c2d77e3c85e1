"""The rules of talks and contact persons, without a database: the numbers of AT-13."""
from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest

from zhibu.areas.talks import rules
from zhibu.areas.talks.rules import Contact, Counts, Relation, contact_window, count, coverage
from zhibu.kernel.periods import Span, window_of

SEATED = [1, 2, 3, 4, 5]
EVERYBODY = [*SEATED, *range(6, 34)]


def test_at13_coverage() -> None:
    """Five in the committee, nine of ten pairs; 26 of 28 ordinary members; all 33 with a talk: V10 because of the first two."""
    talks = [pair for pair in combinations(SEATED, 2) if pair != (4, 5)]
    talks += [(1, m) for m in range(6, 32)] + [(32, 33)]
    year = count(SEATED, EVERYBODY, talks)
    assert year.counts == Counts(5, 9, 28, 26, 33, 33) and year.counts.pairs == 10
    assert (year.pairs, year.ordinary, year.members) == (((4, 5),), (32, 33), ())
    found = coverage(year.counts)
    assert (found.committee_pairs, found.ordinary_rate, found.member_rate, found.violation) == ("90.00%", "92.86%", "100.00%", True)
    assert not coverage(year.counts, ["member_member"]).violation  # a set that asks for this relation alone


def test_the_direction_does_not_matter_and_strangers_do_not_count() -> None:
    year = count([1, 2], [1, 2, 3], [(2, 1), (3, 1), (9, 2), (3, 3)])
    assert year.counts == Counts(2, 1, 1, 1, 3, 3)
    assert not coverage(year.counts).violation


def test_a_set_may_ask_for_more_than_one_talk() -> None:
    talks = [(1, 2), (1, 3), (1, 3), (2, 3)]
    assert count([1, 2], [1, 2, 3], talks, 2).counts == Counts(2, 0, 1, 1, 3, 3)
    assert count([1, 2], [1, 2, 3], talks, 2).pairs == ((1, 2),)


@pytest.mark.parametrize(("counts", "said"), [
    (Counts(3, 4, 0, 0, 3, 3), "谈过的班子成员对数 4，大于班子成员对数 3"), (Counts(0, 0, 5, 6, 5, 5), "谈到的普通党员 6"), (Counts(0, 0, 5, 5, 5, 6), "互相谈过的党员 6"),
])
def test_e043_a_part_larger_than_its_whole(counts: Counts, said: str) -> None:
    found = coverage(counts)
    assert found.refusal.code == "E043" and said in found.refusal.reason and found.committee_pairs == "-"


@pytest.mark.parametrize(("talker", "talkee", "expected"), [
    (1, 2, Relation.COMMITTEE_PAIR), (1, 9, Relation.COMMITTEE_MEMBER), (9, 1, Relation.COMMITTEE_MEMBER), (8, 9, Relation.MEMBER_MEMBER), (None, 9, Relation.SUPERIOR_MEMBER),
])
def test_the_relation_is_derived(talker: int | None, talkee: int, expected: Relation) -> None:
    assert rules.relation(talker, talkee, SEATED) is expected


def test_at13_an_award_asks_for_a_talk_within_seven_days() -> None:
    assert rules.due_on(date(2025, 5, 10), 7) == date(2025, 5, 17)
    assert rules.closed_on(date(2025, 5, 10), 6, [(6, date(2025, 5, 9)), (7, date(2025, 5, 12)), (6, date(2025, 5, 16)), (6, date(2025, 5, 20))]) == date(2025, 5, 16)
    assert rules.closed_on(date(2025, 5, 10), 6, [(6, date(2025, 5, 9))]) is None


def test_at13_contacts_of_a_quarter() -> None:
    """31 of 33 in the second quarter; who was kept for a part of it only is not due."""
    quarter = window_of("quarter", date(2025, 5, 1))
    kept = [Contact(i, i, Span(date(2024, 9, 1))) for i in range(33)]
    kept += [Contact(40, 1, Span(date(2025, 4, 2))), Contact(41, 1, Span(date(2024, 1, 1), date(2025, 6, 30)))]
    held = [(i, date(2025, 6, 30)) for i in range(31)] + [(31, date(2025, 3, 31)), (32, date(2025, 7, 1)), (40, date(2025, 5, 5))]
    found = contact_window(kept, held, quarter, 1)
    assert (found.due, found.done, found.rate, found.missing) == (33, 31, "93.94%", (31, 32))


@pytest.mark.parametrize("name", ["周小兰", "阿卜杜·买买提", "张三"])
def test_a_contact_is_a_name(name: str) -> None:
    assert rules.check_contact_name(name).ok


@pytest.mark.parametrize("text", ["周小兰 433130199001011234", "13800001111", "周小兰（信教）", "周小兰，思想落后", "张", "x" * 40])
def test_e040_a_contact_is_nothing_but_a_name(text: str) -> None:
    assert rules.check_contact_name(text).code == "E040"


def test_sabotage_a_name_that_may_be_anything_lets_numbers_in(monkeypatch: pytest.MonkeyPatch) -> None:
    import re

    monkeypatch.setattr(rules, "NAME", re.compile(r".+"))
    assert rules.check_contact_name("周小兰 433130199001011234").ok
