"""Somebody registered twice: after the merger both dues accounts are shown and counted as one; no row of money is rewritten."""
from __future__ import annotations

from datetime import date, datetime

import pytest
from tests.areas.test_dues_books import check
from tests.world import AT, SHANGHAI, TODAY, World, build

from zhibu.areas.dues import arrears, assessing, bases, own, paper, paying, queries, relief, twins
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.models import Assessment, Payment, Posting
from zhibu.areas.dues.reach import DuesRefused, opened
from zhibu.areas.dues.rules import month_from
from zhibu.areas.dues.totals import totals
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import merging
from zhibu.ground.people.models import Person
from zhibu.ground.tree.queries import NotFound

pytestmark = pytest.mark.django_db
JUNE = month_from("2026-06")
DAY = date(2026, 11, 10)
LATER = datetime(2026, 11, 20, 11, tzinfo=SHANGHAI)


def merge(w: World, winner: int, loser: int) -> None:
    versions = {r.pk: r.version for r in Person.objects.within(Scope((w.paths["T1"],))).filter(pk__in=(winner, loser))}
    wish = merging.Merge(winner, loser, frozenset(), "两次登记", (versions[winner], versions[loser]), spells=merging.WINNER)
    merging.merge(w.actor("clerk1"), wish, at=LATER, batch_id=1)


def prepared(**of: tuple[int, ...]) -> tuple[World, Actor, int, list[int]]:
    """Two registrations with bases; `one` and `two`: months that each of them paid. Assessed are June to October for the first, July to November for the second."""
    w = build(branches=2, members=5)
    keeper, org, p = w.actor("secretary"), w.orgs["T1-B1"], w.persons["T1-B1"]
    bases.declare_many(keeper, org, [NewBase(p[2], "wage", 400_000, JUNE), NewBase(p[3], "wage", 300_000, JUNE + 1)], at=AT)
    for month in range(JUNE, JUNE + 6):
        assessing.store(w.paths["T1-B1"], month, by="系统", at=AT, persons=[p[2]] * (month < JUNE + 5) + [p[3]] * (month > JUNE))
    for who, months in ((p[2], of.get("one", ())), (p[3], of.get("two", ()))):
        if months:
            paying.pay(keeper, org, who, [JUNE + m for m in months], paid_on=DAY, method="cash", at=AT)
    return w, keeper, org, p


def test_arrears_year_and_months_are_those_of_one_person() -> None:
    """June paid by the first, August by the second; July, September, October are open in both, November in the second only."""
    w, keeper, org, p = prepared(one=(0,), two=(2,))
    scope, before = opened(w.paths["T1-B1"]), list(Posting.objects.within(Scope((w.paths["QH"],))).order_by("id").values())
    rows = sorted(Assessment.objects.within(scope).values_list("pk", "person_id", "month", "amount_fen", "payment_id"))
    merge(w, p[2], p[3])
    (late,) = [one for one in arrears.late(scope, TODAY, org_id=org) if one.person_id in p[2:4]]
    assert late.person_id == p[2] and late.found.unpaid == (JUNE + 1, JUNE + 3, JUNE + 4) and late.owed == 3 * 4_000
    assert arrears.late(scope, TODAY, person_id=p[2]) == arrears.late(scope, TODAY, person_id=p[3]) == [late]
    found = queries.account(scope, p[2], TODAY)
    assert [(m.month - JUNE, m.amount, m.payment_id is not None) for m in reversed(found.months)] == [
        (0, 4_000, True), (1, 4_000, False), (2, 1_500, True), (3, 4_000, False), (4, 4_000, False), (5, 1_500, False),
    ]
    assert {one.person_id for one in found.payments} == {p[2], p[3]} and not found.paid_twice
    (line,) = [one for one in queries.year_ledger(scope, org, 2026) if one.due]
    assert (line.person_id, line.due, line.paid) == (p[2], 19_000, 5_500)
    (sheet,) = [y for y in paper.year(scope, org, 2026, TODAY) if y.months]
    assert (sheet.person_id, sheet.due, sheet.paid) == (p[2], 19_000, 5_500) and paper.unpaid(scope, org)[p[2]] == tuple((JUNE + m, a) for m, a in ((1, 4_000), (3, 4_000), (4, 4_000), (5, 1_500)))
    sums = totals(Scope((w.paths["T1"],)), JUNE, JUNE + 5)[org]
    assert (sums.due_months, sums.paid_months, sums.due) == (6, 2, 19_000)
    assert [one.state for one in queries.month_sheet(scope, org, JUNE + 2).lines if one.person_id == p[2]] == ["paid"]
    assert sorted(Assessment.objects.within(scope).values_list("pk", "person_id", "month", "amount_fen", "payment_id")) == rows
    assert list(Posting.objects.within(Scope((w.paths["QH"],))).order_by("id").values()) == before
    check(w)


def test_the_open_months_of_both_are_paid_as_one_and_none_twice() -> None:
    w, keeper, org, p = prepared(two=(2,))
    merge(w, p[2], p[3])
    scope = opened(w.paths["T1-B1"])
    with pytest.raises(DuesRefused) as refused:  # paid by the other registration
        paying.pay(keeper, org, p[2], [JUNE + 2], paid_on=DAY, method="cash", at=LATER)
    assert refused.value.code == "E028"
    assert queries.payable(scope, org, p[2], JUNE + 5) == [(JUNE + m, a) for m, a in ((0, 4_000), (1, 4_000), (3, 4_000), (4, 4_000), (5, 1_500))]
    done = paying.pay(keeper, org, p[2], [JUNE + 4, JUNE + 5], paid_on=DAY, method="cash", at=LATER)
    assert done.amount == 5_500 and done.person_id == p[2]
    assert [t.amount for t in paying.pay_all(keeper, org, JUNE + 3, p, paid_on=DAY, method="cash", at=LATER)] == [4_000]
    assert assessing.assess(keeper, org, JUNE + 5, at=LATER) == 0  # November stands under the other number
    paying.reverse(keeper, done.payment_id, reason="记错了", at=LATER)
    assert {m for m, _ in queries.payable(scope, org, p[2], JUNE + 5)} == {JUNE, JUNE + 1, JUNE + 4, JUNE + 5}
    check(w)


def test_the_base_and_the_reduction_of_the_other_registration_count() -> None:
    w = build(branches=2, members=5)
    keeper, org, p = w.actor("secretary"), w.orgs["T1-B1"], w.persons["T1-B1"]
    bases.declare(keeper, org, NewBase(p[3], "wage", 300_000, JUNE), at=AT)
    relief.register(keeper, org, p[3], amount=100, from_month=JUNE + 1, to_month=JUNE + 2, reason="住院", meeting_on=DAY, document="镇党〔2026〕1号", at=AT)
    merge(w, p[2], p[3])
    scope = opened(w.paths["T1-B1"])
    assert queries.bases(scope, org, JUNE)[p[2]].base == 300_000
    for month, amount in ((JUNE, 1_500), (JUNE + 1, 100)):
        assert assessing.assess(keeper, org, month, at=LATER) == 1
        assert list(Assessment.objects.within(scope).filter(month=month).values_list("person_id", "amount_fen")) == [(p[2], amount)]
    bases.declare(keeper, org, NewBase(p[2], "wage", 400_000, JUNE), at=LATER)  # the own base holds from now on
    assert list(Assessment.objects.within(scope).filter(month=JUNE, ended_at__isnull=True).values_list("person_id", "amount_fen")) == [(p[2], 4_000)]


def test_a_month_paid_by_both_is_counted_once_and_said() -> None:
    w, keeper, org, p = prepared(one=(2,), two=(2,))
    merge(w, p[2], p[3])
    scope = opened(w.paths["T1-B1"])
    assert queries.account(scope, p[2], TODAY).paid_twice == (JUNE + 2,)
    assert totals(Scope((w.paths["T1"],)), JUNE + 2, JUNE + 2)[org].paid_months == 1
    twice = Payment.objects.within(scope).get(person_id=p[3]).pk
    paying.reverse(keeper, twice, reason="合并前交了两次", at=LATER)
    assert queries.account(scope, p[2], TODAY).paid_twice == ()
    check(w)


def test_ones_own_account_has_the_receipts_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    w, keeper, org, p = prepared(one=(0,), two=(2,))
    merge(w, p[2], p[3])
    ids = dict(Payment.objects.within(opened(w.paths["T1-B1"])).values_list("person_id", "pk"))
    other = paying.give(keeper, org, p[1], 500, on=DAY, at=LATER).payment_id
    for who in (p[2], p[3]):  # the account of either registration
        me = Actor(1, "本人", who, (w.actor("member").grants[0],))
        assert {one.id for one in own.account(me, TODAY).payments} == set(ids.values())
        assert [own.payment(me, ids[i]).person_id for i in p[2:4]] == p[2:4]
        with pytest.raises(NotFound):
            own.payment(me, other)
    assert w.actor("member").scope(P.OWN_FILE).paths == ()
    monkeypatch.setattr(twins.people, "merged", dict)  # the twin of the test: without the merger the other half is not there
    with pytest.raises(NotFound):
        own.payment(Actor(1, "本人", p[2], (w.actor("member").grants[0],)), ids[p[3]])
