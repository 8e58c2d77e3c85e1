"""A bank's receipts: which columns, which lines, whose they may be, booked once; hostile files stay harmless."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st
from tests import world
from tests.everywhere.lasting import lasting
from tests.world import AT, FOUNDED, TODAY, World

from zhibu.areas.bank import actions as bank
from zhibu.areas.bank import queries as receipts
from zhibu.areas.bank.rules import State, may_follow
from zhibu.areas.dues import assessing, bases, paper, paying
from zhibu.areas.dues.bases import NewBase
from zhibu.exchange.bank import booking, statement
from zhibu.exchange.bank.booking import BankRefused, DuesRefused
from zhibu.exchange.bank.matching import Debtor, propose
from zhibu.exchange.bank.statement import BankLine
from zhibu.exchange.intake import container
from zhibu.exchange.intake.grid import Cell, Kind, Refused
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.actor import Refused as NotYours
from zhibu.ground.guard.permission import Compartment
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.tree import queries as tree

HEAD = "某某银行对公账户明细\n账号,6222***,,,,\n交易日期,借贷标志,贷方发生额,对方户名,附言,交易流水号\n"
SEP, OCT, NOV = (2026 * 12 + m for m in (8, 9, 10))


def csv(*lines: str, head: str = HEAD) -> bytes:
    return (head + "".join(f"{line}\n" for line in lines)).encode()


def read(data: bytes, told: dict[str, str] | None = None) -> statement.Statement:
    return statement.read(container.read("流水.csv", data), TODAY, told)


# ---------------------------------------------------------------- reading


def test_receipts_are_read_and_the_rest_is_left_out_or_told() -> None:
    found = read(
        csv("2026-11-05,贷,48.50,王一11,10月党费,A1", "20261106,借,20.00,某商店,办公用品,A2", "2026/11/7,贷,\"￥1,000.00\",李二11,,A3", "合计,,1068.50,,,", "2026-11-08,贷,abc,张三11,,A4",
            "2027-01-01,贷,5.00,张三11,,A5", "2026-11,贷,5.00,张三11,,A6", "2026-11-09,贷,0.005,张三11,,A7")
    )  # fmt: skip
    assert [(x.number, x.day, x.fen, x.payer, x.note) for x in found.lines] == [(4, date(2026, 11, 5), 4850, "王一11", "10月党费"), (6, date(2026, 11, 7), 100000, "李二11", "")]
    assert [(f.number, "E001" in f.text) for f in found.faults] == [(8, False), (9, True), (10, False), (11, False)] and found.left_out == 2


def test_columns_are_known_told_or_asked_for() -> None:
    odd = csv("2026-11-05,48.50,王一11", head="哪天,多少,谁\n")
    with pytest.raises(Refused) as refused:
        read(odd)
    assert refused.value.code == "E106" and "日期和金额" in refused.value.message
    found = read(odd, {"哪天": "day", "多少": "amount", "谁": "payer"})
    assert [(x.day, x.fen, x.payer) for x in found.lines] == [(date(2026, 11, 5), 4850, "王一11")]
    found = read(csv("2026-11-05,王一11,党费", head="交易日期,对方户名,附言\n"))
    assert not found.readable and found.missing == ("收到的金额",) and "对方户名" in found.headings.values()
    found = read(csv("2026-11-05,5.00,7.00", head="日期,金额,贷方发生额\n"))
    assert [x.fen for x in found.lines] == [700], "the better known name wins"
    assert [x.fen for x in read(csv("2026-11-05,5.00,7.00", head="日期,金额,贷方发生额\n"), {"贷方发生额": "", "金额": "amount"}).lines] == [500]


def test_two_alike_lines_are_two_and_the_same_again_is_the_same() -> None:
    twice = read(csv("2026-11-05,贷,5.00,王一11,党费,", "2026-11-05,贷,5.00,王一11,党费,"))
    assert len({x.print for x in twice.lines}) == 2
    again = read(csv("2026-11-04,贷,1.00,李二11,,", "2026-11-05,贷,5.00,王一11,党费,"))
    assert again.lines[1].print == twice.lines[0].print


@given(st.integers(0, 99_999_999))
def test_a_sum_reads_back_to_the_fen(fen: int) -> None:
    for text in (f"{fen // 100}.{fen % 100:02d}", f"￥{fen // 100:,}.{fen % 100:02d}元"):
        assert statement.fen_of(Cell(Kind.TEXT, text)) == fen


@pytest.mark.parametrize("text", ["", "1e3", "=1+1", "1.234", "1.2.3", "NaN", "inf", "0x10", "１２.３４５", "--5", "5-", "9" * 13])
def test_what_is_no_sum_is_none(text: str) -> None:
    assert statement.fen_of(Cell(Kind.TEXT, text)) is None


# ---------------------------------------------------------------- whose it may be


WANG = Debtor(1, "王一", "990201196001010318", ((SEP, 5000), (OCT, 5000), (NOV, 5000)))
LI = Debtor(2, "李二", "99020119600202021X", ((OCT, 5000), (NOV, 5000)))
LONG = Debtor(3, "王一一", "990201196003030450", ((NOV, 700),))
ALL = [WANG, LI, LONG]


def line(fen: int, payer: str = "", note: str = "", day: date = date(2026, 11, 5)) -> BankLine:
    return BankLine(1, day, fen, payer, note)


@pytest.mark.parametrize(
    ("receipt", "person", "months", "exact"),
    [
        (line(5000, "王一"), 1, (SEP,), True),                       # one month: the oldest
        (line(15000, "王一"), 1, (SEP, OCT, NOV), True),
        (line(10000, "王一", day=date(2026, 10, 8)), 1, (SEP, OCT), True),
        (line(15000, "王一", day=date(2026, 10, 8)), 1, (), False),  # a month that has not come is not settled
        (line(5100, "王一"), 1, (), False),                          # another sum is nobody's month
        (line(5000, "张三", "李二10月党费"), 2, (OCT,), True),        # the name stands in the note
        (line(5000, "", "党费0318"), 1, (SEP,), True),               # the end of the number
        (line(5000, "", "党费021X"), 2, (OCT,), True),
        (line(700, "赵六"), 3, (NOV,), False),                       # the sum alone is a hint, never certain
        (line(700, "", "王一一党费"), 3, (NOV,), True),               # not 王一
        (line(5000, "王一", "9月党费"), 1, (SEP,), True),             # the month that the note names
        (line(5000, "王一", "11月党费"), 1, (NOV,), False),           # … while older ones are open: a person looks
        (line(10000, "王一", "2026年9-10月"), 1, (SEP, OCT), True),
        (line(10000, "李二", "10月至11月党费"), 2, (OCT, NOV), True),
        (line(5000, "王一", "8月党费"), 1, (SEP,), False),            # a month that is not owed
        (line(5000, "李二", "12月党费"), 2, (OCT,), False),           # December of last year is not owed either
    ],
)
def test_the_likeliest_comes_first_with_its_reasons(receipt: BankLine, person: int, months: tuple[int, ...], exact: bool) -> None:
    first = propose(receipt, ALL)[0]
    assert (first.person_id, first.months, first.exact) == (person, months, exact) and first.reasons
    assert not any("0318" in r or "990201" in r for r in first.reasons), "no number is told"


def test_two_of_one_name_are_never_certain_and_nothing_points_to_nobody() -> None:
    twin = Debtor(9, "王一", "990201196004040999", ((SEP, 5000),))
    found = propose(line(5000, "王一"), [*ALL, twin])
    assert len(found) == 2 and not any(p.exact for p in found) and all("还有别的党员也对得上，请核对" in p.reasons for p in found)
    assert propose(line(123, "某公司"), ALL) == ()
    many = [Debtor(n, f"党员{n}", "", ((NOV, 20),)) for n in range(9)]
    assert propose(line(20, "某人"), many) == (), "a sum that everybody owes points to nobody"


@given(st.integers(1, 20_000), st.sampled_from(["王一", "李二", "王一一", "外人"]))
def test_what_is_certain_settles_the_sum_to_the_fen(fen: int, payer: str) -> None:
    for found in propose(line(fen, payer), ALL):
        debtor = next(d for d in ALL if d.person_id == found.person_id)
        assert not found.exact or (sum(f for m, f in debtor.owed if m in found.months) == fen and found.months == tuple(m for m, _ in debtor.owed)[: len(found.months)])


def test_a_booked_receipt_is_not_booked_again() -> None:
    assert may_follow("open", State.BOOKED) and not may_follow("booked", State.BOOKED) and not may_follow("aside", State.BOOKED) and may_follow("aside", State.OPEN)


# ---------------------------------------------------------------- in the database


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    with lasting(django_db_blocker):
        w = world.build(branches=2, members=4)
        account = Account.objects.create(username="keeper", name="管费", made_at=AT, password="!")
        Grant.objects.create(account=account, org_id=w.orgs["T1-B1"], role="dues_keeper", valid_from=FOUNDED, granted_by="系统", granted_at=AT)
        actor, org_id, persons = w.actor("secretary"), w.orgs["T1-B1"], w.persons["T1-B1"]
        bases.declare_many(actor, org_id, [NewBase(p, "wage", 485000, 2026 * 12) for p in persons[:2]] + [NewBase(persons[2], "farmer", 50, 2026 * 12)], verified=True, at=AT)
        for month in (SEP, OCT):
            assessing.assess(actor, org_id, month, at=AT)
        yield w


@pytest.fixture
def keeper(w: World) -> Actor:
    return w.actor("keeper")


def opened(w: World) -> Scope:
    path = w.paths["T1-B1"]
    return Scope((path,), frozenset({(Compartment.INCOME, path)}))


def take(actor: Actor, w: World, data: bytes, **told: str) -> Any:
    return booking.take_in(actor, w.orgs["T1-B1"], name="流水.csv", data=data, book=container.read("流水.csv", data), told=told, at=AT)


def payments(w: World) -> list[tuple[int, int]]:
    return list(apps.get_model("dues.Payment").objects.within(opened(w)).order_by("pk").values_list("person_id", "amount_fen"))


FILE = ("2026-11-05,贷,48.50,王一11,党费,A1", "2026-11-05,贷,97.00,李二11,党费,A2", "2026-11-06,贷,0.50,某某,,A3", "2026-11-07,贷,300.00,某公司,捐款,A4", "坏,贷,1.00,,,A5")


@pytest.mark.django_db
def test_a_file_is_taken_in_once_and_its_lines_are_booked_once(w: World, keeper: Actor) -> None:
    org_id, (wang, li, zhang) = w.orgs["T1-B1"], w.persons["T1-B1"][:3]
    _, taken = take(keeper, w, csv(*FILE))
    assert (taken.added, taken.known) == (4, 0) and receipts.files(opened(w), org_id)[0].faults[0][0] == 8
    with pytest.raises(BankRefused) as refused:
        take(keeper, w, csv(*FILE))
    assert "已经传过" in refused.value.reason
    _, taken = take(keeper, w, csv("2026-11-04,贷,9.00,某某,,A0", *FILE[:2]))
    assert (taken.added, taken.known) == (1, 2), "another file that overlaps brings only what is new"
    waiting = booking.waiting(opened(w), org_id, AT)
    assert [(x.line.fen, x.exact.person_id if x.exact else 0) for x in waiting] == [(900, 0), (4850, wang), (9700, li), (50, 0), (30000, 0)]
    done = booking.confirm_exact(keeper, org_id, [x.line.id for x in waiting], at=AT)
    assert (done.booked, done.refused) == (2, ()) and payments(w) == [(wang, 4850), (li, 9700)]
    assert booking.confirm_exact(keeper, org_id, [x.line.id for x in waiting], at=AT).booked == 0
    for x in waiting[1:3]:
        with pytest.raises(BankRefused):
            booking.confirm(keeper, x.line.id, org_id=org_id, person_id=wang, months=(OCT,), at=AT)
    hint = waiting[3].proposals[0]
    assert (hint.person_id, hint.exact) == (zhang, False)
    booking.confirm(keeper, waiting[3].line.id, org_id=org_id, person_id=zhang, months=hint.months, at=AT)
    bank.set_aside(keeper, waiting[4].line.id, org_id=org_id, why="捐款", at=AT)
    assert [x.line.fen for x in booking.waiting(opened(w), org_id, AT)] == [900], "what nobody knows stays listed"
    assert receipts.counts(opened(w), org_id) == {"open": 1, "booked": 3, "aside": 1} and len(payments(w)) == 3


@pytest.mark.django_db
def test_the_sum_is_asked_again_when_it_is_booked(w: World, keeper: Actor) -> None:
    org_id, (wang, li) = w.orgs["T1-B1"], w.persons["T1-B1"][:2]
    take(keeper, w, csv(*FILE))
    first = booking.waiting(opened(w), org_id, AT)[0].line
    for person, months in ((wang, (SEP, OCT)), (li, (NOV + 1,)), (10**9, (SEP,))):
        with pytest.raises(DuesRefused):
            booking.confirm(keeper, first.id, org_id=org_id, person_id=person, months=months, at=AT)
    with pytest.raises(BankRefused):
        booking.confirm(keeper, first.id, org_id=org_id, person_id=wang, months=(), at=AT)
    assert payments(w) == [] and receipts.line(opened(w), first.id).state == "open"
    paying.pay(keeper, org_id, wang, [SEP], paid_on=TODAY, method="cash", at=AT)
    with pytest.raises(DuesRefused) as refused:
        booking.confirm(keeper, first.id, org_id=org_id, person_id=wang, months=(SEP,), at=AT)
    assert refused.value.code == "E028" and len(payments(w)) == 1


@pytest.mark.django_db
def test_a_receipt_opens_again_only_after_its_payment_is_reversed(w: World, keeper: Actor) -> None:
    org_id, wang = w.orgs["T1-B1"], w.persons["T1-B1"][0]
    take(keeper, w, csv(*FILE))
    first = booking.waiting(opened(w), org_id, AT)[0].line
    payment = booking.confirm(keeper, first.id, org_id=org_id, person_id=wang, months=(SEP,), at=AT)
    assert paper.payment(opened(w), payment).method == "bank"
    with pytest.raises(BankRefused):
        booking.reopen(keeper, first.id, org_id=org_id, at=AT)
    paying.reverse(keeper, payment, reason="记错了人", at=AT)
    booking.reopen(keeper, first.id, org_id=org_id, at=AT + timedelta(minutes=1))
    assert booking.waiting(opened(w), org_id, AT)[0].line.id == first.id


@pytest.mark.django_db
def test_headings_are_remembered_by_the_organisation(w: World, keeper: Actor) -> None:
    head, org_id = "哪天,多少,谁\n", w.orgs["T1-B1"]
    take(keeper, w, csv("2026-11-05,48.50,王一11", head=head), 哪天="day", 多少="amount", 谁="payer")
    _, taken = take(keeper, w, csv("2026-11-06,48.50,李二11", head=head))
    assert taken.added == 1 and dict(booking.learnt(opened(w), org_id)) == {"哪天": "day", "多少": "amount", "谁": "payer"}


@pytest.mark.django_db
def test_rank_and_neighbours_neither_see_nor_book(w: World, keeper: Actor) -> None:
    org_id, wang = w.orgs["T1-B1"], w.persons["T1-B1"][0]
    take(keeper, w, csv(*FILE))
    first = booking.waiting(opened(w), org_id, AT)[0].line
    for username in ("clerk1", "county", "member", "committee", "foreign", "secretary2"):
        other = w.actor(username)
        calls = (
            lambda a=other: booking.scope_of(a, org_id), lambda a=other: take(a, w, csv("2026-11-05,贷,1.00,,,B1")),
            lambda a=other: booking.confirm(a, first.id, org_id=org_id, person_id=wang, months=(SEP,), at=AT),
            lambda a=other: bank.set_aside(a, first.id, org_id=org_id, at=AT), lambda a=other: booking.reopen(a, first.id, org_id=org_id, at=AT),
        )
        for call in calls:
            with pytest.raises(NotYours):
                call()
    for path in (w.paths["QH"], w.paths["T1"], w.paths["T1-B1"]):  # a scope by rank alone
        assert receipts.lines(Scope((path,)), org_id) == [] and receipts.files(Scope((path,)), org_id) == []
    assert payments(w) == []
    assert people.names_of(Scope((w.paths["T1-B1"],)), [wang])


@pytest.mark.django_db
def test_a_line_of_another_branch_is_not_found(w: World, keeper: Actor) -> None:
    take(keeper, w, csv(*FILE))
    first = booking.waiting(opened(w), w.orgs["T1-B1"], AT)[0].line
    other = w.actor("secretary2")
    for call in (
        lambda: booking.confirm(other, first.id, org_id=w.orgs["T1-B2"], person_id=w.persons["T1-B2"][0], months=(SEP,), at=AT),
        lambda: bank.set_aside(other, first.id, org_id=w.orgs["T1-B2"], at=AT),
    ):
        with pytest.raises(tree.NotFound):
            call()


@pytest.mark.django_db
def test_without_the_condition_on_the_state_a_receipt_would_be_booked_twice(w: World, keeper: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    org_id, (wang, li) = w.orgs["T1-B1"], w.persons["T1-B1"][:2]
    take(keeper, w, csv(*FILE))
    first = booking.waiting(opened(w), org_id, AT)[0].line
    booking.confirm(keeper, first.id, org_id=org_id, person_id=wang, months=(SEP,), at=AT)
    monkeypatch.setattr(bank, "may_follow", lambda before, after: True)
    monkeypatch.setattr(receipts, "line", lambda scope, line_id: first)
    booking.confirm(keeper, first.id, org_id=org_id, person_id=li, months=(SEP,), at=AT)
    assert len(payments(w)) == 2
