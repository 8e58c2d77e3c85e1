"""The books balance after any history; the stored assessment is the rule to the fen; two cashiers take a month once."""
from __future__ import annotations

import threading
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.world import AT, World, build

from zhibu.areas.dues import assessing, bases, books, paying
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.models import Assessment, Expense, Opening, Payment, Posting, Remittance, Restitution
from zhibu.areas.dues.reach import DuesRefused, opened
from zhibu.areas.dues.rules import Account, month_from, monthly, tariff
from zhibu.ground.access.models import Account as Login
from zhibu.ground.access.models import Grant
from zhibu.ground.access.queries import office, system_actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import merging
from zhibu.ground.people.models import Person
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import resolve
from zhibu.ground.process import actions as process

pytestmark = pytest.mark.django_db
FIRST = month_from("2026-01")
DAY = date(2026, 11, 10)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "pay", "reverse", "give", "open", "remit", "remit", "gift", "receive", "receive", "return", "spend", "undo", "undo", "merge"]), st.integers(0, 40),
        st.sampled_from([1, 20, 999, 4_000, 30_000, 100_000, 150_000]),
    ),
    min_size=6, max_size=16,
)


def prepared() -> World:
    w = build(branches=2, members=4)
    bases.declare_many(w.actor("secretary"), w.orgs["T1-B1"], [NewBase(p, "wage", 400_000 + i, FIRST) for i, p in enumerate(w.persons["T1-B1"][:3])], at=AT)
    return w


def step(w: World, what: str, n: int, amount: int) -> None:
    """Try one action; what the rules refuse changes nothing."""
    org, above = w.orgs["T1-B1"], w.orgs["T1"]
    keeper, clerk = w.actor("secretary"), w.actor("clerk1")
    people, scope = w.persons["T1-B1"][:3], opened(w.paths["T1-B1"])

    def nth(rows: Any) -> Any:
        ids = list(rows.order_by("id").values_list("pk", flat=True))
        return ids[n % len(ids)] if ids else 0

    inside = Scope((w.paths["QH"],))
    if what == "pay":
        paying.pay(keeper, org, people[n % 3], [FIRST + n % 11, *([FIRST + (n + 1) % 11] if n % 2 else [])], paid_on=DAY, method="cash", at=AT)
    elif what == "reverse":
        paying.reverse(keeper, nth(Payment.objects.within(scope)), reason="记错了", at=AT)
    elif what == "give":
        paying.give(keeper, org, people[n % 3], amount, on=DAY, at=AT)
    elif what == "open":
        books.begin(keeper, org, amount, on=DAY, at=AT)
    elif what in ("remit", "gift"):
        books.remit(keeper, org, amount, on=DAY, gift=what == "gift", at=AT)
    elif what == "receive":
        books.receive(clerk, nth(Remittance.objects.within(inside)), on=DAY, at=AT)
    elif what == "return":
        books.restitute(clerk, above, org, amount, on=DAY, document="会议纪要", at=AT)
    elif what == "spend":
        case = books.ask_expense(keeper, org, purpose=1 + n % 5, amount=amount, what="学习资料", at=AT)
        process.approve(clerk, case, at=AT)
        books.spend(keeper, Expense.objects.within(inside).get(case_id=case).pk, on=AT.date(), voucher="发票", at=AT)
    elif what == "merge":  # two registrations of one person
        versions = {r.pk: r.version for r in Person.objects.within(Scope((w.paths["T1"],))).filter(pk__in=people)}
        winner, loser = people[n % 3], people[(n + 1) % 3]
        merging.merge(clerk, merging.Merge(winner, loser, frozenset(), "两次登记", (versions[winner], versions[loser]), merging.WINNER), at=AT, batch_id=1)
    else:
        kind, model = [("opening", Opening), ("remittance", Remittance), ("restitution", Restitution), ("expense", Expense)][n % 4]
        books.undo(clerk if kind == "restitution" else keeper, kind, nth(model.objects.within(inside)), why="记错了", at=AT)


def check(w: World) -> None:
    """The postings add up to nothing per source, and to the sources per kind; the balance never includes what is held for the Centre."""
    inside, secret = Scope((w.paths["QH"],)), opened(w.paths["QH"])
    rows = Posting.objects.within(inside)
    for _, _, _, debit, credit in rows.values_list("org_id", "source_type", "source_id").annotate(d=Sum("debit_fen"), c=Sum("credit_fen")).order_by("org_id"):
        assert debit == credit
    assert not rows.filter(debit_fen__lt=0).exists() and not rows.filter(credit_fen__lt=0).exists()

    def cash(*kinds: str) -> int:
        sums = rows.filter(source_type__in=kinds, account=Account.CASH).aggregate(d=Sum("debit_fen"), c=Sum("credit_fen"))
        return (sums["d"] or 0) - (sums["c"] or 0)

    def living(model: Any, **which: Any) -> int:
        return model.objects.within(inside).filter(undone_at__isnull=True, **which).aggregate(s=Sum("amount_fen"))["s"] or 0

    assert cash("payment") == (Payment.objects.within(secret).aggregate(s=Sum("amount_fen"))["s"] or 0)
    assert cash("opening") == living(Opening) and cash("remittance") == -living(Remittance) and cash("receipt") == living(Remittance, received_at__isnull=False)
    assert cash("restitution") == -living(Restitution) and cash("returned") == living(Restitution)
    assert cash("expense") == -living(Expense, spent_on__isnull=False)
    dues = Payment.objects.within(secret).filter(kind="dues").aggregate(s=Sum("amount_fen"))["s"] or 0
    settled = Assessment.objects.within(secret).filter(payment__isnull=False).aggregate(s=Sum("amount_fen"))["s"] or 0
    assert dues == settled, "what was paid is what the settled months cost"


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(history=st.lists(STEPS, min_size=1, max_size=1))
def _histories(w: World, history: list[list[tuple[str, int, int]]]) -> None:
    with transaction.atomic():
        for what, n, amount in history[0]:
            try:
                with transaction.atomic():
                    step(w, what, n, amount)
            except Exception as refused:  # what the rules refuse; anything else is a fault
                assert type(refused).__name__ in ("DuesRefused", "CaseError", "NotFound", "PeopleError"), refused
        check(w)
        transaction.set_rollback(True)


def test_the_books_balance_after_any_history() -> None:
    w = prepared()
    for code in ("T1", "T1-B1"):
        books.begin(system_actor(), w.orgs[code], 300_000, on=date(2026, 1, 1), at=AT)
    _histories(w)  # type: ignore[call-arg]


def test_a_side_that_is_forgotten_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: without one side of the postings the check fails."""
    w = prepared()
    whole = Posting.objects.into(Scope(())).__class__.bulk_create
    monkeypatch.setattr(Posting.objects.into(Scope(())).__class__, "bulk_create", lambda self, rows, *a, **k: whole(self, rows[:1] if isinstance(next(iter(rows), None), Posting) else rows, *a, **k))
    step(w, "pay", 0, 0)
    with pytest.raises(AssertionError):
        check(w)


# ---------------------------------------------------------------- the stored assessment


def by_hand(category: str, base: int, on: date) -> int | None:
    """The rule once more, in yuan and Decimal, from the text of rules.md S11 and nothing of the program."""
    yuan = Decimal(base) / 100
    if category in ("wage", "self_employed"):
        table = [(3000, "0.005"), (5000, "0.01"), (10000, "0.015"), (None, "0.02")] if on >= date(2008, 4, 1) else [(400, "0.005"), (600, "0.01"), (800, "0.015"), (1500, "0.02"), (None, "0.03")]
    elif on < date(2008, 4, 1):
        return None
    else:
        table = [(5000, "0.005"), (None, "0.01")]
    rate = next(Decimal(r) for top, r in table if top is None or yuan <= top)
    return int((yuan * rate).quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)


@given(category=st.sampled_from(["wage", "pension", "self_employed"]), base=st.integers(0, 3_000_000), month=st.sampled_from(["2007-12", "2008-03", "2008-04", "2025-06"]))
def test_the_rule_is_the_decimal_rule_to_the_fen(category: str, base: int, month: str) -> None:
    on = date.fromisoformat(f"{month}-01")
    found = monthly(tariff(resolve(shipped(), [], "dues", on)), category, base)
    wanted = by_hand(category, base, on)
    assert (found.amount if found.refusal else None) == wanted


@pytest.mark.parametrize(("rounding", "amount"), [("0.01", 3351), ("0.1", 3350), ("1", 3400)])
def test_amounts_are_rounded_half_up_to_the_step_of_the_rules(rounding: str, amount: int) -> None:
    library = shipped().with_value("zhibu-conventions", "dues.rounding", rounding)
    table = tariff(resolve(library, [], "dues", date(2026, 1, 1)))
    assert monthly(table, "wage", 335_050).amount == amount
    assert monthly(table, "farmer", 25).amount == 25  # an agreed sum is never rounded


def test_the_statement_computes_what_the_rule_computes() -> None:
    w = build(branches=2, members=40)
    org, path = w.orgs["T1-B1"], w.paths["T1-B1"]
    sums = [0, 1, 99, 100, 299_999, 300_000, 300_001, 335_050, 499_999, 500_000, 500_001, 999_999, 1_000_000, 1_000_001, 3_333_333, 99_999_999]
    wishes = [("wage", s) for s in sums] + [("pension", s) for s in sums] + [("farmer", 20), ("farmer", 100), ("student", 0), ("dibao", 0), ("relief", 0), ("unemployed", 0)]
    bases.declare_many(w.actor("secretary"), org, [NewBase(p, c, b, FIRST) for p, (c, b) in zip(w.persons["T1-B1"], wishes, strict=False)], at=AT)
    month = month_from("2026-06")
    assert assessing.assess(w.actor("secretary"), org, month, at=AT) == len(wishes)
    table = assessing.grounds(path, month)[0].table
    rows = {r.person_id: r for r in Assessment.objects.within(opened(path))}
    for person, (category, base) in zip(w.persons["T1-B1"], wishes, strict=False):
        wanted = monthly(table, category, base)
        assert (rows[person].amount_fen, rows[person].rate) == (wanted.amount, wanted.rate), (category, base)
    assert assessing.assess(w.actor("secretary"), org, month, at=AT) == 0  # once is enough


# ---------------------------------------------------------------- two cashiers


def test_the_second_guard_holds_when_the_first_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    w = prepared()
    keeper, org, person = w.actor("secretary"), w.orgs["T1-B1"], w.persons["T1-B1"][0]
    paying.pay(keeper, org, person, [FIRST], paid_on=DAY, method="cash", at=AT)
    monkeypatch.setattr(paying, "_check_months", lambda *a: None)
    with pytest.raises(DuesRefused) as refused:
        paying.pay(keeper, org, person, [FIRST], paid_on=DAY, method="cash", at=AT)
    assert refused.value.code == "E028" and Payment.objects.within(opened(w.paths["T1-B1"])).count() == 1
    monkeypatch.setattr(paying, "_settle", lambda scope, ids: len(ids))  # the twin: without both the month is taken twice
    paying.pay(keeper, org, person, [FIRST], paid_on=DAY, method="cash", at=AT)
    assert Payment.objects.within(opened(w.paths["T1-B1"])).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_cashiers_at_once_take_a_month_once() -> None:
    w = prepared()
    org, person = w.orgs["T1-B1"], w.persons["T1-B1"][0]
    Grant.objects.create(account=Login.objects.create(username="kuaiji", name="kuaiji", made_at=AT), org_id=org, role="dues_keeper", valid_from=date(2020, 1, 1), granted_by="系统", granted_at=AT)
    start, results = threading.Barrier(2), []

    def take(name: str) -> None:
        try:
            actor = office(name, "dues_keeper", org)
            start.wait()
            results.append(paying.pay(actor, org, person, [FIRST, FIRST + 1], paid_on=DAY, method="cash", at=AT).amount)
        except DuesRefused as refused:
            results.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=(name,)) for name in ("甲", "乙")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(map(str, results)) == ["8000", "E028"]
    assert Payment.objects.within(opened(w.paths["T1-B1"])).count() == 1 and Posting.objects.within(Scope((w.paths["T1-B1"],))).count() == 2
