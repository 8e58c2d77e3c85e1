"""Transfers through the actions: both sides, outside and inside, refusals, two offices at once; members away; 停止党籍 by case."""
from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.world import AT, TODAY, World, build, id_number

from zhibu.areas.transfers import (
    applying,
    arriving,
    duties,
    endings,
    finishing,
    floating,
    floating_actions,
    letters,
    queries,
    receiving,
    standing,
    wish_actions,
    wishes,
)
from zhibu.areas.transfers.applying import Application
from zhibu.areas.transfers.arriving import Arrival
from zhibu.areas.transfers.floating_actions import Going, Guest
from zhibu.areas.transfers.letters import Letter
from zhibu.areas.transfers.models import Transfer
from zhibu.areas.transfers.rules import Kind, Move, State
from zhibu.areas.transfers.turns import AlreadyMoved
from zhibu.ground.access.models import Account
from zhibu.ground.facts import catalogue
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.process import actions as process
from zhibu.ground.process.actions import CaseError
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound

pytestmark = pytest.mark.django_db
PAID = TODAY.replace(day=1)


@pytest.fixture
def w() -> World:
    return build(branches=2, members=4)


def sees(w: World, code: str) -> Scope:
    return Scope((w.paths[code],))


def applied(w: World, to: str | None = "T2-B1", index: int = 1, **more: Any) -> int:
    return applying.apply(w.actor("secretary"), Application(w.persons["T1-B1"][index], w.orgs[to] if to else None, TODAY, **more), at=AT)


def sent(w: World, to: str | None = "T2-B1", index: int = 1, letter: Letter | None = None, **more: Any) -> int:
    """Apply, check and issue; gives the transfer with its letter on the way."""
    made = applied(w, to, index, **more)
    applying.check(w.actor("secretary"), made, paid_to=PAID, version=1, at=AT)
    letters.issue(w.actor("clerk1"), made, letter or Letter(TODAY), version=2, at=AT)
    return made


def now(w: World, made: int) -> queries.TransferView:
    return queries.transfer(sees(w, "QH"), made)


def refused(code: str, do: Callable[[], object], field: str | None = None) -> str:
    with pytest.raises(PeopleError) as error:
        do()
    assert error.value.code == code and (field is None or error.value.field == field), (error.value.code, error.value.field, error.value.reason)
    return error.value.reason


# ---------------------------------------------------------------- between two organisations


def test_a_transfer_between_two_townships_from_application_to_the_receipt(w: World) -> None:
    made, person = sent(w), w.persons["T1-B1"][1]
    view = now(w, made)
    assert (view.kind, view.state, view.letter_no, view.paid_to) == (Kind.NETWORK, State.IN_TRANSIT, "0001", PAID)
    assert view.valid_until == TODAY + timedelta(days=90) and view.from_committee == "中共青禾县第1镇委员会" and view.to_committee == "中共青禾县第2镇委员会"
    assert person in {e.person_id for e in people.roll(sees(w, "T1-B1"), w.orgs["T1-B1"], TODAY)}, "in transit the member counts at the old branch"
    assert catalogue.total("transfers.in_transit", sees(w, "T1"), TODAY) == 1 and catalogue.total("transfers.out", sees(w, "T1"), TODAY) == 0
    clerk = w.actor("clerk2")
    receiving.receive(clerk, made, to_org_id=w.orgs["T2-B1"], group_id=w.groups["T2-B1"][0], received_on=TODAY, version=3, at=AT)
    assert person not in {e.person_id for e in people.roll(sees(w, "T1-B1"), w.orgs["T1-B1"], TODAY)}
    there = next(e for e in people.roll(sees(w, "T2-B1"), w.orgs["T2-B1"], TODAY) if e.person_id == person)
    assert there.group_id == w.groups["T2-B1"][0] and there.post == ""
    receiving.receipt(clerk, made, on=TODAY, version=4, at=AT)
    finishing.close(w.actor("clerk1"), made, on=TODAY, version=5, at=AT)
    assert now(w, made).state == State.CLOSED and [s.title for s in now(w, made).steps] == ["申请转出", "支部核对", "开介绍信", "接收", "发回执", "收到回执，办结"]
    assert [catalogue.total(f"transfers.{k}", sees(w, "QH"), TODAY) for k in ("in", "out", "in_transit")] == [1, 1, 0]
    assert catalogue.total("transfers.in", sees(w, "T2"), TODAY) == 1 and catalogue.total("transfers.in", sees(w, "T1"), TODAY) == 0
    assert people.headcounts(sees(w, "T1-B1"), TODAY)[w.orgs["T1-B1"]].members_all == 3 and people.headcounts(sees(w, "T2-B1"), TODAY)[w.orgs["T2-B1"]].members_all == 5
    file = people.member_file(sees(w, "QH"), person, TODAY)
    assert [(s.org_id, s.ended_as) for s in file.spells] == [(w.orgs["T1-B1"], "transferred"), (w.orgs["T2-B1"], "")] and "第0001号" in file.spells[1].document


def test_both_sides_see_it_and_nobody_else(w: World) -> None:
    made = sent(w)
    for code in ("T1-B1", "T1", "T2-B1", "T2", "QH"):
        assert queries.transfer(sees(w, code), made).id == made
    for code in ("T1-B2", "T2-B2"):
        with pytest.raises(NotFound):
            queries.transfer(sees(w, code), made)
    assert queries.transfer(Scope(person_id=w.persons["T1-B1"][1]), made).id == made
    with pytest.raises(NotFound):
        queries.transfer(Scope(person_id=w.persons["T1-B1"][2]), made)
    assert [t.id for t in queries.transfers(sees(w, "T2"), "in", TODAY)[0]] == [made] and queries.transfers(sees(w, "T2"), "out", TODAY) == ([], 0)
    assert queries.counts(sees(w, "T1"), TODAY) == {"out": 1, "in": 0, "transit": 1, "expiring": 0, "done": 0}


def test_each_step_belongs_to_its_side(w: World) -> None:
    made = applied(w)
    for user in ("foreign", "clerk2", "secretary2", "committee", "member"):
        with pytest.raises((Refused, NotFound)):
            applying.check(w.actor(user), made, paid_to=PAID, version=1, at=AT)
    applying.check(w.actor("secretary"), made, paid_to=PAID, version=1, at=AT)
    for user in ("secretary", "clerk2"):
        with pytest.raises(Refused):
            letters.issue(w.actor(user), made, Letter(TODAY), version=2, at=AT)
    letters.issue(w.actor("clerk1"), made, Letter(TODAY), version=2, at=AT)
    for user in ("clerk1", "foreign", "secretary"):
        with pytest.raises(Refused):
            receiving.receive(w.actor(user), made, to_org_id=w.orgs["T2-B1"], group_id=None, received_on=TODAY, version=3, at=AT)
    assert queries.next_steps(w.actor("clerk2"), now(w, made)) == (Move.RECEIVE, Move.RETURN)
    assert queries.next_steps(w.actor("clerk1"), now(w, made)) == (Move.REISSUE, Move.CANCEL) and queries.next_steps(w.actor("secretary"), now(w, made)) == ()


def test_a_transfer_cannot_be_begun_wrongly(w: World) -> None:
    """X of S12: same organisation, two open transfers, no member, no target."""
    refused("E044", lambda: applied(w, "T1-B1"), "to")
    refused("E054", lambda: applied(w, None), "to")
    refused("E045", lambda: applied(w, "T1"), "to")
    refused("E001", lambda: applying.apply(w.actor("secretary"), Application(w.persons["T1-B1"][1], w.orgs["T2"], TODAY + timedelta(days=1)), at=AT))
    with pytest.raises(NotFound):
        applying.apply(w.actor("secretary"), Application(w.persons["T1-B2"][1], w.orgs["T2-B1"], TODAY), at=AT)
    applied(w)
    assert "已申请" in refused("E053", lambda: applied(w, "T1-B2"))
    with pytest.raises(PeopleError, match="E053"):  # the database keeps the first of two offices that began at once
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(queries, "of_person", lambda scope, person_id: [])
            applied(w, "T1-B2")
    gone = w.persons["T1-B1"][2]
    people_actions.end_membership(w.actor("clerk1"), gone, on=TODAY, ended_as="withdrew", document="镇党〔2026〕5号", at=AT)
    refused("E045", lambda: applied(w, "T2-B1", index=2))


def test_a_letter_is_not_issued_wrongly(w: World) -> None:
    """X of S12: without the paid-to month, last day before issue, an open case without approval; and longer than the rule."""
    made, clerk = applied(w), w.actor("clerk1")
    secretary, person = w.actor("secretary"), w.persons["T1-B1"][1]
    refused("E001", lambda: applying.check(secretary, made, paid_to=date(2026, 12, 1), version=1, at=AT), "paid_to")
    applying.check(secretary, made, paid_to=None, version=1, at=AT)

    def issue(**change: Any) -> None:
        letters.issue(clerk, made, Letter(**{"issued_on": TODAY, **change}), version=2, at=AT)

    refused("E008", issue, "paid_to")
    refused("", lambda: issue(paid_to=PAID, reach="days", days=91), "days")
    refused("", lambda: issue(paid_to=PAID, reach="days"), "days")
    refused("E001", lambda: issue(paid_to=PAID, issued_on=TODAY + timedelta(days=1)), "issued_on")
    refused("E002", lambda: issue(paid_to=PAID, issued_on=TODAY - timedelta(days=1)), "issued_on")
    refused("E002", lambda: issue(paid_to=PAID, reach="days", days=-1), "days")
    standing.ask_suspension(secretary, person, ground="settled", since=TODAY, search="取得永久居留", at=AT)
    assert "停止李二11的党籍" in refused("E049", lambda: issue(paid_to=PAID), "approval")
    issue(paid_to=PAID, reach="outside", approval="镇党〔2026〕9号")
    assert now(w, made).valid_until == TODAY + timedelta(days=30) and now(w, made).approval == "镇党〔2026〕9号"


def test_an_expired_letter_is_issued_anew_before_it_is_accepted(w: World) -> None:
    made, clerk2 = sent(w, letter=Letter(TODAY, "in_city")), w.actor("clerk2")
    late = TODAY + timedelta(days=11)
    at = AT + timedelta(days=11)

    def receive(version: int, on: date = late) -> None:
        receiving.receive(clerk2, made, to_org_id=w.orgs["T2-B1"], group_id=None, received_on=on, version=version, at=at)

    refused("E025", lambda: receive(3), "received_on")
    assert now(w, made).expired(late) and [t.id for t in queries.transfers(sees(w, "T1"), "expiring", late)[0]] == [made]
    found = {d.key: d.state.value for d in duties.due(w.actor("clerk1", late), w.actor("clerk1").sees(), late)}
    assert found[f"transfers:expired:{made}"] == "overdue"
    refused("E054", lambda: letters.reissue(w.actor("clerk1"), made, Letter(late), reason="", version=3, at=at), "reason")
    letters.reissue(w.actor("clerk1"), made, Letter(late), reason="本人住院没有赶上", version=3, at=at)
    assert now(w, made).letter_no == "0002" and now(w, made).issued_on == late
    refused("E002", lambda: receive(4, TODAY), "received_on")
    receive(4)
    assert now(w, made).state == State.RECEIVED


def test_returned_with_a_reason_issued_again_or_given_up(w: World) -> None:
    made = sent(w)
    refused("E054", lambda: receiving.give_back(w.actor("clerk2"), made, reason=" ", on=TODAY, version=3, at=AT), "reason")
    receiving.give_back(w.actor("clerk2"), made, reason="党费没有交清", on=TODAY, version=3, at=AT)
    assert now(w, made).state == State.RETURNED and now(w, made).steps[-1].text == "党费没有交清"
    assert catalogue.total("transfers.in_transit", sees(w, "T1"), TODAY) == 0
    with pytest.raises(Refused):
        finishing.cancel(w.actor("secretary"), made, reason="不转了", version=4, at=AT)
    finishing.cancel(w.actor("clerk1"), made, reason="本人不转了", version=4, at=AT)
    assert now(w, made).state == State.CANCELLED and now(w, made).ended_on == TODAY
    sent(w, "T2-B2")  # and may begin again


def test_a_step_twice_and_a_stale_form(w: World) -> None:
    made = sent(w)
    with pytest.raises(Stale):
        receiving.give_back(w.actor("clerk2"), made, reason="党费没有交清", on=TODAY, version=2, at=AT)
    receiving.receive(w.actor("clerk2"), made, to_org_id=w.orgs["T2-B1"], group_id=None, received_on=TODAY, version=3, at=AT)
    with pytest.raises(AlreadyMoved, match="现在是“已接收”"):
        receiving.receive(w.actor("clerk2"), made, to_org_id=w.orgs["T2-B1"], group_id=None, received_on=TODAY, version=3, at=AT)
    with pytest.raises(NotFound):  # the old branch has no such member any more
        applied(w, "T2-B2")


@pytest.mark.django_db(transaction=True)
def test_two_offices_accept_at_once_and_one_does() -> None:
    w = build(branches=2, members=4)
    made = sent(w)

    def accept(branch: str) -> str:
        try:
            receiving.receive(w.actor("clerk2"), made, to_org_id=w.orgs[branch], group_id=None, received_on=TODAY, version=3, at=AT)
            return "done"
        except (AlreadyMoved, Stale):
            return "late"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(accept, ["T2-B1", "T2-B1"])) == ["done", "late"]
    assert people.headcounts(sees(w, "T2"), TODAY)[w.orgs["T2-B1"]].members_all == 5


# ---------------------------------------------------------------- on paper, and directly


def test_out_on_paper_the_membership_ends_with_the_receipt(w: World) -> None:
    made, person = sent(w, None, outside="中共东湾乡委员会", outside_branch="双桥村党支部"), w.persons["T1-B1"][1]
    assert now(w, made).kind == Kind.PAPER_OUT and people.is_member(sees(w, "T1-B1"), person)
    later = AT + timedelta(days=20)
    refused("E025", lambda: finishing.close(w.actor("clerk1"), made, on=TODAY + timedelta(days=120), received_on=TODAY + timedelta(days=91), version=3, at=AT + timedelta(days=120)), "received_on")
    finishing.close(w.actor("clerk1"), made, on=later.date(), received_on=TODAY + timedelta(days=12), version=3, at=later)
    spell = people.member_file(sees(w, "T1-B1"), person, later.date()).spells[-1]
    assert (spell.to_on, spell.ended_as) == (TODAY + timedelta(days=12), "transferred") and not people.is_member(sees(w, "QH"), person)
    back = Arrival(w.orgs["T2"], "李二11", "full", "中共东湾乡委员会", "12", later.date(), later.date() + timedelta(days=90), PAID, id_no=id_number(2))
    again = arriving.arrive(w.actor("clerk2"), back, at=later)
    receiving.receive(w.actor("clerk2"), again, to_org_id=w.orgs["T2-B1"], group_id=w.groups["T2-B1"][1], received_on=later.date(), version=1, at=later)
    assert now(w, again).person_id == person and people.is_member(sees(w, "T2-B1"), person), "somebody who was registered here before is not registered twice"


ARRIVAL = dict(name="陈示例", standing="full", outside="中共东湾乡委员会", letter_no="0037", issued_on=TODAY, valid_until=TODAY + timedelta(days=30), paid_to=PAID, gender="男", id_no=id_number(900), phone="15400000123")


def test_in_on_paper_the_committee_registers_the_member(w: World) -> None:
    made = arriving.arrive(w.actor("foreign"), Arrival(w.orgs["T2-B1"], **ARRIVAL), at=AT)
    with pytest.raises(Refused):
        receiving.receive(w.actor("foreign"), made, to_org_id=None, group_id=None, received_on=TODAY, version=1, at=AT)
    receiving.receive(w.actor("clerk2"), made, to_org_id=w.orgs["T2-B1"], group_id=w.groups["T2-B1"][0], received_on=TODAY, version=1, at=AT)
    view = now(w, made)
    file = people.member_file(sees(w, "T2-B1"), view.person_id or 0, TODAY)
    assert file.name == "陈示例" and file.has_id_no and file.has_phone and file.group_id == w.groups["T2-B1"][0]
    row = Transfer.objects.within(sees(w, "T2")).get(pk=made)
    assert not row.id_no and not row.phone and row.id_no_index == "", "the numbers stand on the sheet only"
    receiving.receipt(w.actor("clerk2"), made, on=TODAY, version=2, at=AT)
    assert now(w, made).state == State.CLOSED and catalogue.total("transfers.in", sees(w, "T2"), TODAY) == 1


@pytest.mark.parametrize(("change", "code", "field"), [
    ({"valid_until": TODAY - timedelta(days=1)}, "E002", "valid_until"), ({"issued_on": TODAY + timedelta(days=1)}, "E001", "issued_on"), ({"paid_to": None}, "E008", "paid_to"),
    ({"letter_no": " "}, "E008", "letter_no"), ({"outside": ""}, "E054", "outside"), ({"name": ""}, "NAME_EMPTY", "name"), ({"id_no": id_number(5)[:17] + ("1" if id_number(5)[17] != "1" else "2")}, "ID_CHECKSUM", "id_no"),
    ({"id_no": id_number(1)}, "E044", "id_no"),
])
def test_a_letter_from_outside_is_not_entered_wrongly(w: World, change: dict[str, Any], code: str, field: str) -> None:
    refused(code, lambda: arriving.arrive(w.actor("foreign"), Arrival(w.orgs["T2-B1"], **{**ARRIVAL, **change}), at=AT), field)


def test_one_letter_is_entered_once_and_an_expired_one_is_brought_anew(w: World) -> None:
    actor = w.actor("foreign")
    made = arriving.arrive(actor, Arrival(w.orgs["T2-B1"], **{**ARRIVAL, "issued_on": TODAY - timedelta(days=40), "valid_until": TODAY - timedelta(days=10)}), at=AT)
    refused("E053", lambda: arriving.arrive(actor, Arrival(w.orgs["T2-B1"], **ARRIVAL), at=AT))
    refused("E025", lambda: receiving.receive(w.actor("clerk2"), made, to_org_id=None, group_id=None, received_on=TODAY, version=1, at=AT))
    letters.bring_again(actor, made, letter_no="0051", issued_on=TODAY, valid_until=TODAY + timedelta(days=30), reason="原信过期", version=1, at=AT)
    receiving.receive(w.actor("clerk2"), made, to_org_id=None, group_id=None, received_on=TODAY, version=2, at=AT)
    assert now(w, made).letter_no == "0051" and now(w, made).state == State.RECEIVED


def test_inside_one_committee_directly_and_filed_above(w: World) -> None:
    made, person = applied(w, "T1-B2"), w.persons["T1-B1"][1]
    assert now(w, made).kind == Kind.DIRECT
    refused("E008", lambda: applying.check(w.actor("secretary"), made, paid_to=None, version=1, at=AT), "paid_to")
    applying.check(w.actor("secretary"), made, paid_to=PAID, version=1, at=AT)
    with pytest.raises(Refused):
        receiving.receive(w.actor("secretary"), made, to_org_id=None, group_id=None, received_on=TODAY, version=2, at=AT)
    receiving.receive(w.actor("secretary2"), made, to_org_id=None, group_id=None, received_on=TODAY, version=2, at=AT)
    assert people.is_member(sees(w, "T1-B2"), person)
    assert f"transfers:file:{made}" in {d.key for d in duties.due(w.actor("clerk1"), w.actor("clerk1").sees(), TODAY)}
    finishing.file(w.actor("clerk1"), made, version=3, at=AT)
    assert now(w, made).state == State.CLOSED


def test_an_office_with_all_rights_writes_the_letter_at_once(w: World) -> None:
    made = applying.send(w.actor("clerk1"), Application(w.persons["T1-B1"][1], w.orgs["T2-B1"], TODAY), paid_to=PAID, letter=Letter(TODAY), at=AT)
    assert now(w, made).state == State.IN_TRANSIT
    with pytest.raises(Refused):
        applying.send(w.actor("secretary"), Application(w.persons["T1-B1"][2], w.orgs["T2-B1"], TODAY), paid_to=PAID, letter=Letter(TODAY), at=AT)


def test_only_this_area_moves_a_member_with_the_right_of_the_receiving_side() -> None:
    src = Path(__file__).parents[2] / "src" / "zhibu"
    users = {p.relative_to(src).as_posix() for p in src.rglob("*.py") if re.search(r"people import (?:\w+, )*moving|people\.moving", p.read_text(encoding="utf-8"))}
    assert users == {"areas/transfers/receiving.py"}


# ---------------------------------------------------------------- asked for by the member himself


def asked(w: World, target: str = "第2镇第1村党支部") -> int:
    return wish_actions.ask_for(w.actor("member"), target=target, reason="工作调动", at=AT)


def wish(w: World, made: int) -> wishes.WishView:
    return wishes.wish(sees(w, "T1-B1"), made)


def test_a_member_asks_and_the_branch_takes_it_over(w: World) -> None:
    made, secretary = asked(w), w.actor("secretary")
    assert wish(w, made).waits and queries.unfinished(sees(w, "QH")) == [], "nothing is transferred by asking"
    duty = next(d for d in duties.due(secretary, secretary.sees(), TODAY) if d.key == f"transfers:wish:{made}")
    assert "刘四11自己申请转出" in duty.title and "第2镇第1村党支部" in duty.why and [a.page for a in duty.actions] == ["transfers.start", "transfers.decline"]
    for code in ("T1-B2", "T2-B1", "T2"):
        with pytest.raises(NotFound):
            wishes.wish(sees(w, code), made)
    assert [x.id for x in wishes.of_person(Scope(person_id=w.persons["T1-B1"][3]), w.persons["T1-B1"][3])] == [made]
    assert wishes.of_person(Scope(person_id=w.persons["T1-B1"][2]), w.persons["T1-B1"][3]) == []
    begun = applied(w, index=3)
    assert (wish(w, made).state, wish(w, made).transfer_id) == ("taken", begun) and now(w, begun).state == State.APPLIED
    assert not [d for d in duties.due(secretary, secretary.sees(), TODAY) if ":wish:" in d.key]
    assert "已经接办" in refused("E044", lambda: wish_actions.withdraw(w.actor("member"), made, at=AT))
    said = [e.action for e in Entry.objects.within(sees(w, "T1-B1")).filter(subject_type="transfer_wish").order_by("id")]
    assert said == ["transfers.wish", "transfers.take_wish"]
    refused("E053", lambda: asked(w), "target")  # the transfer is open


def test_a_member_takes_it_back_or_is_told_why_not(w: World) -> None:
    member, secretary = w.actor("member"), w.actor("secretary")
    first = asked(w)
    refused("E053", lambda: asked(w), "target")
    wish_actions.withdraw(member, first, at=AT)
    assert "本人已经收回" in refused("E044", lambda: wish_actions.decline(secretary, first, reason="党费没有交清", at=AT))
    second = asked(w)
    Account.objects.filter(username="leader").update(person_id=w.persons["T1-B1"][2])
    for user in ("leader", "clerk1", "secretary"):  # somebody else's: of the same branch, of an office, of who may answer it
        with pytest.raises(NotFound):
            wish_actions.withdraw(w.actor(user), second, at=AT)
    refused("E054", lambda: wish_actions.decline(secretary, second, reason=" ", at=AT), "reason")
    for user in ("committee", "reader"):
        with pytest.raises(Refused):
            wish_actions.decline(w.actor(user), second, reason="党费没有交清", at=AT)
    for user in ("secretary2", "foreign"):
        with pytest.raises((Refused, NotFound)):
            wish_actions.decline(w.actor(user), second, reason="党费没有交清", at=AT)
    wish_actions.decline(secretary, second, reason="党费没有交清", at=AT)
    answer = wish(w, second)
    assert (answer.state, answer.answer, answer.answered_by, answer.answered_on) == ("declined", "党费没有交清", "secretary", TODAY)
    refused("E044", lambda: asked(w, "第1镇第1村党支部"), "target")
    refused("E054", lambda: asked(w, " "), "target")
    with pytest.raises(PeopleError, match="E053"):  # the database keeps the first of two phones
        asked(w)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wishes, "of_person", lambda scope, person_id: [])
            asked(w)


def test_who_has_no_membership_asks_for_no_transfer(w: World) -> None:
    with pytest.raises(NotFound):
        wish_actions.ask_for(w.actor("clerk1"), target="第2镇第1村党支部", at=AT)
    made = sent(w, None, index=3, outside="中共东湾乡委员会")
    finishing.close(w.actor("clerk1"), made, on=TODAY, version=3, at=AT)
    refused("E045", lambda: asked(w), "target")


# ---------------------------------------------------------------- members away


def going(w: World, index: int = 1, **more: Any) -> Going:
    return Going(**{"person_id": w.persons["T1-B1"][index], "purpose": "work", "from_on": date(2026, 3, 2), "place": "广东省东莞市", "contact": "王一11", **more})


def test_a_floating_member_from_leaving_to_coming_back(w: World) -> None:
    secretary, person = w.actor("secretary"), w.persons["T1-B1"][1]
    made, warning = floating_actions.go(secretary, going(w, host_id=w.orgs["T2-B1"]), at=AT)
    assert not warning.reason and people.member_file(sees(w, "T1-B1"), person, TODAY).floating_to == "广东省东莞市"
    refused("E053", lambda: floating_actions.go(secretary, going(w), at=AT))
    floating_actions.note(secretary, made, what="contact", day=date(2026, 10, 8), text="", at=AT)
    floating_actions.note(w.actor("foreign"), made, what="appraisal", day=date(2026, 11, 2), text="评议合格", at=AT)
    refused("E008", lambda: floating_actions.note(w.actor("foreign"), made, what="dues", day=TODAY, text="", at=AT), "text")
    refused("E001", lambda: floating_actions.note(secretary, made, what="contact", day=TODAY + timedelta(days=1), text="", at=AT), "day")
    refused("E002", lambda: floating_actions.note(secretary, made, what="contact", day=date(2026, 3, 1), text="", at=AT), "day")
    with pytest.raises(NotFound):
        floating_actions.note(w.actor("secretary2"), made, what="contact", day=TODAY, text="", at=AT)
    for code in ("T1-B1", "T2-B1"):
        assert [n.title for n in floating.record(sees(w, code), made).notes] == ["评议证明", "联系"]
    assert [r.id for r in floating.register(sees(w, "T2"), "in")[0]] == [made] and floating.register(sees(w, "T2"), "out")[1] == 0
    assert [catalogue.total(f"floating.{k}", sees(w, c), TODAY) for k, c in (("out", "T1"), ("in", "T1"), ("out", "T2"), ("in", "T2"))] == [1, 0, 0, 1]
    with pytest.raises(Refused):
        floating_actions.come_back(w.actor("foreign"), made, on=TODAY, why="", version=1, at=AT)
    with pytest.raises(Stale):
        floating_actions.come_back(secretary, made, on=TODAY, why="", version=9, at=AT)
    floating_actions.come_back(secretary, made, on=TODAY, why="", version=1, at=AT)
    refused("E044", lambda: floating_actions.come_back(secretary, made, on=TODAY, why="", version=2, at=AT))
    assert floating.record(sees(w, "T1-B1"), made).ended_why == "已返回" and people.member_file(sees(w, "T1-B1"), person, TODAY).floating_to == ""


def test_a_floating_record_is_not_entered_wrongly(w: World) -> None:
    """X of S30: a person whose relation was transferred (E045); shorter than six months is said, not refused."""
    secretary = w.actor("secretary")
    refused("E054", lambda: floating_actions.go(secretary, going(w, place=""), at=AT), "place")
    refused("E008", lambda: floating_actions.go(secretary, going(w, contact=""), at=AT), "contact")
    refused("E001", lambda: floating_actions.go(secretary, going(w, from_on=TODAY + timedelta(days=1)), at=AT))
    refused("E002", lambda: floating_actions.go(secretary, going(w, until_on=date(2026, 3, 1)), at=AT))
    refused("", lambda: floating_actions.go(secretary, going(w, purpose="fun"), at=AT), "purpose")
    refused("E045", lambda: floating_actions.go(secretary, going(w, host_id=w.orgs["T2"]), at=AT), "host")
    _, warning = floating_actions.go(secretary, going(w, until_on=date(2026, 9, 1)), at=AT)
    assert "临时外出" in warning.reason
    made = sent(w, index=2)
    record, _ = floating_actions.go(secretary, going(w, index=2), at=AT)
    receiving.receive(w.actor("clerk2"), made, to_org_id=None, group_id=None, received_on=TODAY, version=3, at=AT)
    assert floating.record(sees(w, "T1-B1"), record).ended_why == "组织关系已转出"
    with pytest.raises(NotFound):
        floating_actions.go(secretary, going(w, index=2), at=AT)
    gone = sent(w, None, index=0, outside="中共东湾乡委员会")
    finishing.close(w.actor("clerk1"), gone, on=TODAY, version=3, at=AT)
    assert "组织关系已经不在本支部" in refused("E045", lambda: floating_actions.go(secretary, going(w, index=0), at=AT))


def test_a_floating_record_is_corrected(w: World) -> None:
    secretary = w.actor("secretary")
    made, _ = floating_actions.go(secretary, going(w, host_id=w.orgs["T2-B1"]), at=AT)
    asked: dict[str, Any] = {"place": "广东省深圳市", "contact": "张三11", "until_on": None, "fixed": False, "version": 1, "at": AT}
    with pytest.raises(Refused):
        floating_actions.change(w.actor("foreign"), made, **asked)
    refused("E008", lambda: floating_actions.change(secretary, made, **{**asked, "contact": ""}), "contact")
    refused("E002", lambda: floating_actions.change(secretary, made, **{**asked, "until_on": date(2026, 1, 1)}), "until_on")
    floating_actions.change(secretary, made, **asked)
    assert (floating.record(sees(w, "T1-B1"), made).place, floating.record(sees(w, "T1-B1"), made).fixed) == ("广东省深圳市", False)
    with pytest.raises(Stale):
        floating_actions.change(secretary, made, **asked)
    assert "transfers:away" not in {d.key.rpartition(":")[0] for d in duties.due(secretary, secretary.sees(), TODAY)}, "who moves about is not flagged"


def test_offices_at_the_old_branch_end_with_the_transfer(w: World) -> None:
    account = Account.objects.get(username="secretary2")
    account.person_id = w.persons["T1-B2"][0]
    account.save()
    made = applying.send(w.actor("clerk1"), Application(w.persons["T1-B2"][0], w.orgs["T2-B1"], TODAY), paid_to=PAID, letter=Letter(TODAY), at=AT)
    assert w.actor("secretary2").grants
    receiving.receive(w.actor("clerk2"), made, to_org_id=None, group_id=None, received_on=TODAY, version=3, at=AT)
    assert not w.actor("secretary2").grants and Account.objects.get(username="secretary2").is_active


def test_a_guest_whose_relation_is_elsewhere(w: World) -> None:
    secretary, org = w.actor("secretary"), w.orgs["T1-B1"]
    guest = dict(org_id=org, name="林外来", purpose="work", from_on=date(2026, 5, 1), home="中共东湾乡双桥村支部", place="本村砖厂")
    made = floating_actions.welcome(secretary, Guest(**guest), at=AT)
    floating_actions.note(secretary, made, what="dues", day=TODAY, text="代收10月党费，已寄证明", at=AT)
    assert [r.home_name for r in floating.register(sees(w, "T1-B1"), "in")[0]] == ["中共东湾乡双桥村支部"]
    refused("E054", lambda: floating_actions.welcome(secretary, Guest(**{**guest, "home": ""}), at=AT), "home")
    refused("E045", lambda: floating_actions.welcome(secretary, Guest(**{**guest, "name": "李二11"}), at=AT), "name")
    floating_actions.welcome(secretary, Guest(**{**guest, "name": "李二11", "another": True}), at=AT)


def test_a_certificate_for_a_short_stay(w: World) -> None:
    secretary, person = w.actor("secretary"), w.persons["T1-B1"][1]
    assert "最长 3 个月" in refused("", lambda: floating_actions.certify(secretary, person, place="长沙市", reason="", from_on=TODAY, to_on=date(2027, 2, 21), at=AT), "to_on")
    made = floating_actions.certify(secretary, person, place="长沙市", reason="照顾老人", from_on=TODAY, to_on=date(2027, 2, 20), at=AT)
    refused("E053", lambda: floating_actions.certify(secretary, person, place="长沙市", reason="", from_on=TODAY, to_on=date(2027, 1, 20), at=AT))
    with pytest.raises(Stale):
        floating_actions.end_stay(secretary, made, version=7, at=AT)
    floating_actions.end_stay(secretary, made, version=1, at=AT)
    assert floating.stays(sees(w, "T1-B1")) == [] and [s.place for s in floating.stays(sees(w, "T1-B1"), person_id=person)] == ["长沙市"]


def test_what_members_away_put_on_the_desk(w: World) -> None:
    secretary = w.actor("secretary")
    floating_actions.go(secretary, going(w, index=0), at=AT)                                    # at one place since March: flagged, October without contact
    floating_actions.go(secretary, going(w, index=1, fixed=False, purpose="abroad_study"), at=AT)  # abroad: each half-year
    people_actions.edit(secretary, w.persons["T1-B1"][2], values={"floating_to": "上海"}, version=1, at=AT)
    people_actions.edit(secretary, w.persons["T1-B1"][3], values={"lost_contact_on": date(2026, 5, 20)}, version=1, at=AT)
    found = {d.key.rpartition(":")[0] if d.key[-1].isdigit() else d.key: d for d in duties.due(secretary, secretary.sees(), TODAY)}
    org = w.orgs["T1-B1"]
    assert found["transfers:away"].state == "overdue" and found["transfers:away"].due_on == date(2026, 9, 2) and "王一11" in found["transfers:away"].title
    assert found[f"transfers:contact-late:{org}:contact"].due_on == date(2026, 10, 31)
    assert found[f"transfers:contact:{org}:abroad"].due_on == date(2026, 12, 31)
    assert "张三11" in found["transfers:unregistered"].title and "满 6 个月" in found["transfers:lost"].title
    above = [d.title for d in duties.due(w.actor("clerk1"), w.actor("clerk1").sees(), TODAY)]
    assert "下面有 1 名党员外出满 6 个月还没有转组织关系" in above


def test_a_branch_that_ends_takes_its_transfers_with_it(w: World) -> None:
    leaving, coming = sent(w, "T2-B2"), applying.apply(w.actor("foreign"), Application(w.persons["T2-B1"][1], w.orgs["T1-B1"], TODAY), at=AT)
    record, _ = floating_actions.go(w.actor("secretary"), going(w, index=2), at=AT)
    assert endings.open_at([w.orgs["T1-B1"]], TODAY) == ["李二11的转接（在途）", "张三11的流动党员登记"]
    assert endings.end_with(w.actor("clerk1"), [w.orgs["T1-B1"]], on=TODAY, reason="合村并居", at=AT, batch_id=1) == 3
    assert (now(w, leaving).state, now(w, leaving).steps[-1].text) == (State.CANCELLED, "合村并居") and floating.record(sees(w, "T1"), record).ended_why == "合村并居"
    assert (now(w, coming).state, now(w, coming).to_id) == (State.APPLIED, w.orgs["T1"]), "the committee chooses another branch"


# ---------------------------------------------------------------- 停止党籍


def test_suspension_is_asked_below_and_decided_above(w: World) -> None:
    secretary, clerk, person = w.actor("secretary"), w.actor("clerk1"), w.persons["T1-B1"][1]
    refused("", lambda: standing.ask_suspension(secretary, person, ground="lost", since=date(2026, 5, 21), search="三次上门", at=AT), "since")
    refused("E054", lambda: standing.ask_suspension(secretary, person, ground="lost", since=date(2026, 5, 20), search="", at=AT), "search")
    case = standing.ask_suspension(secretary, person, ground="lost", since=date(2026, 5, 20), search="三次上门，问过家人和单位", at=AT)
    with pytest.raises(CaseError, match="E053"):
        standing.ask_suspension(secretary, person, ground="lost", since=date(2026, 5, 20), search="三次上门", at=AT)
    with pytest.raises(Refused):
        process.approve(secretary, case, document="镇党〔2026〕12号", at=AT)
    with pytest.raises(CaseError, match="E049"):
        process.approve(clerk, case, at=AT)
    assert people.headcounts(sees(w, "T1-B1"), TODAY)[w.orgs["T1-B1"]].suspended == 0, "a request changes nothing"
    process.approve(clerk, case, document="镇党〔2026〕12号", at=AT)
    assert people.headcounts(sees(w, "T1-B1"), TODAY)[w.orgs["T1-B1"]].suspended == 1
    refused("", lambda: applied(w))
    two_years = date(2028, 11, 20)
    people_actions.edit(secretary, person, values={"lost_contact_on": date(2026, 5, 20)}, version=1, at=AT)
    later = {d.key for d in duties.due(w.actor("secretary", two_years), secretary.sees(), two_years)}
    assert f"transfers:removal:{person}" in later and people.is_member(sees(w, "T1-B1"), person), "two years later a procedure may begin; nothing happens by itself"
    back = standing.ask_restoration(secretary, person, reason="本人回来，说明了情况", at=AT)
    process.approve(clerk, back, document="镇党〔2026〕13号", at=AT)
    file = people.member_file(sees(w, "T1-B1"), person, TODAY)
    assert file.spells[-1].standing == "full" and file.lost_contact_on is None
    refused("E044", lambda: standing.ask_restoration(secretary, person, reason="再来一次", at=AT))
