"""Care: what the branch keeps to itself, visits, festivals, and the way of a proposal upward and back."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from tests import world
from tests.world import AT, TODAY, World

from zhibu.areas.care import actions, duties, facts, proposals, queries
from zhibu.areas.care.actions import NewCall
from zhibu.areas.care.models import CareCall, CareEvent, CareMember, CareProposal, CareRequest
from zhibu.areas.care.proposals import NewProposal
from zhibu.areas.care.refused import CareRefused
from zhibu.areas.dues import books
from zhibu.areas.dues.models import Expense, Opening
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.duties.duty import DutyState
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.guarded import Guarded
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.process import actions as process
from zhibu.ground.tree.queries import NotFound

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 10)
SECRET = "家里欠了钱，不愿让外人知道"


@pytest.fixture
def w() -> World:
    w = world.build(members=6)
    Account.objects.filter(username="secretary").update(person_id=w.persons["T1-B1"][0])
    Account.objects.filter(username="member").update(person_id=w.persons["T1-B1"][4])
    second_clerk(w)
    return w


def second_clerk(w: World) -> None:
    """Give the township a second account: who audits does not enter the decision."""
    w.accounts["clerk1b"] = Account.objects.create(username="clerk1b", name="clerk1b", made_at=AT).pk
    Grant.objects.create(account_id=w.accounts["clerk1b"], org_id=w.orgs["T1"], role="party_building_office", valid_from=world.FOUNDED, granted_by="系统", granted_at=AT)


def spent(w: World, yuan: int = 800, purpose: int = 4, agreed: bool = True) -> int | None:
    """Have an expense from the branch's dues agreed to; gives its number."""
    secretary, org, path = w.actor("secretary"), w.orgs["T1-B1"], w.paths["T1-B1"]
    if not Opening.objects.within(Scope((path,))).exists():
        books.begin(secretary, org, 500_000, on=date(2026, 1, 2), at=AT)
    case = books.ask_expense(secretary, org, purpose=purpose, amount=yuan * 100, what="慰问住院党员", at=AT)
    if not agreed:
        process.refuse(w.actor("clerk1"), case, reason="不合用途", at=AT)
        return None
    process.approve(w.actor("clerk1"), case, at=AT)
    return Expense.objects.within(Scope((path,))).get(case_id=case).pk


def codes(work: Callable[[], object]) -> set[str]:
    with pytest.raises(CareRefused) as refusal:
        work()
    return {f.code for f in refusal.value.faults}


def call(w: World, who: int = 4, day: date = DAY, by: int | None = 0, **more: object) -> NewCall:
    p = w.persons["T1-B1"]
    return NewCall(p[who], day, None if by is None else p[by], **more)  # type: ignore[arg-type]


def proposal(w: World, **more: object) -> NewProposal:
    return replace(NewProposal(w.persons["T1-B1"][4], w.orgs["T1"], "illness", "800.00", "dues", "住院两个月，自付费用较多", "米面油", SECRET), **more)  # type: ignore[arg-type]


def own(actor: Actor) -> Scope:
    return actor.scope(P.OWN_FILE)


def test_at13_an_event_makes_a_duty_that_a_visit_closes(w: World) -> None:
    """In hospital on 20 May 2025: to be visited until the 27th; late from the 28th on (V15). Names stay in the branch."""
    org, secretary, clerk = w.orgs["T1-B1"], w.actor("secretary"), w.actor("clerk1")
    at = datetime(2025, 5, 20, 9, tzinfo=world.SHANGHAI)
    actions.note_event(secretary, org, person_id=w.persons["T1-B1"][4], kind="illness", day=date(2025, 5, 20), at=at)

    def on_desk(on: date) -> list[tuple[DutyState, date | None]]:
        found = [d for d in duties.due(secretary, secretary.sees(), on) if d.key.startswith("care:event")]
        assert all("住院" not in d.title + d.why and "陈五" in d.title for d in found)
        return [(d.state, d.due_on) for d in found]

    assert on_desk(date(2025, 5, 27)) == [(DutyState.SOON, date(2025, 5, 27))] and on_desk(date(2025, 5, 28)) == [(DutyState.OVERDUE, date(2025, 5, 27))]
    assert queries.overdue(clerk.scope(P.COMPLIANCE_READ), date(2025, 5, 28)) == {org: 1}
    (line,) = [d for d in duties.due(clerk, clerk.sees(), date(2025, 5, 28)) if d.key.startswith("care:")]
    assert line.state is DutyState.INFO and "1 件" in line.title and "陈五" not in line.title + line.why
    actions.record_call(secretary, org, call(w, day=date(2025, 5, 26)), at=datetime(2025, 5, 29, 9, tzinfo=world.SHANGHAI))
    assert on_desk(date(2025, 5, 28)) == [] and queries.overdue(clerk.scope(P.COMPLIANCE_READ), date(2025, 5, 28)) == {}


def test_the_compartment_opens_to_the_secretary_and_the_member_and_no_rank(w: World) -> None:
    org, p, secretary = w.orgs["T1-B1"], w.persons["T1-B1"], w.actor("secretary")
    actions.note_event(secretary, org, person_id=p[4], kind="family", day=DAY, at=AT)
    actions.list_member(secretary, org, person_id=p[4], flag="in_hardship", contact_id=None, at=AT)
    made = actions.record_call(secretary, org, call(w, feedback=SECRET), at=AT)
    request = proposals.propose(secretary, org, proposal(w), at=AT)
    assert queries.call(secretary.scope(P.CARE_READ), made)[1] == SECRET and queries.proposal_of(secretary.scope(P.CARE_READ), request) == (p[4], SECRET)
    assert queries.call(own(w.actor("member")), made)[1] == SECRET
    for username in ("committee", "leader", "clerk1", "county", "reader", "organiser", "foreign"):
        actor = w.actor(username)
        for right in P:
            scope = queries.offices(actor.scope(right))
            assert not any(m.objects.within(scope).exists() for m in (CareEvent, CareMember, CareCall, CareProposal)), (username, right)


def test_sabotage_without_the_compartment_rank_would_read(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = actions.record_call(w.actor("secretary"), w.orgs["T1-B1"], call(w, feedback=SECRET), at=AT)
    monkeypatch.setattr(Guarded, "part_of", classmethod(lambda cls, scope: scope))
    assert queries.call(w.actor("county").scope(P.CARE_DECIDE), made)[1] == SECRET


def test_x_visits_and_events_that_are_refused_leave_nothing(w: World) -> None:
    org, secretary, p = w.orgs["T1-B1"], w.actor("secretary"), w.persons["T1-B1"]
    assert codes(lambda: actions.record_call(secretary, org, call(w, 4, by=4), at=AT)) == {"E044"}  # visitor = visited
    assert codes(lambda: actions.record_call(secretary, org, call(w, 4, by=None, others="陈五11、周明"), at=AT)) == {"E044"}
    assert codes(lambda: actions.record_call(secretary, org, call(w, 4, TODAY + timedelta(days=1)), at=AT)) == {"E001"}
    assert codes(lambda: actions.record_call(secretary, org, call(w, 4, by=None), at=AT)) == {"E054"}
    assert codes(lambda: actions.record_call(secretary, org, NewCall(w.persons["T2-B1"][0], DAY, p[0]), at=AT)) == {"E045"}
    assert codes(lambda: actions.note_event(secretary, org, person_id=w.persons["T2-B1"][0], kind="opinion", day=TODAY + timedelta(days=1), at=AT)) == {"E001", "E045", "E054"}
    assert codes(lambda: actions.list_member(secretary, org, person_id=p[4], flag="retired", contact_id=p[4], at=AT)) == {"E044"}
    assert not any(m.objects.unscoped("test").exists() for m in (CareEvent, CareMember, CareCall))
    made = actions.record_call(secretary, org, call(w), at=AT)
    assert codes(lambda: actions.record_call(secretary, org, call(w), at=AT)) == {"E044"}
    actions.note_event(secretary, org, person_id=p[4], kind="illness", day=DAY, at=AT)
    assert codes(lambda: actions.note_event(secretary, org, person_id=p[4], kind="illness", day=DAY, at=AT)) == {"E053"}
    assert codes(lambda: actions.void_call(secretary, made, reason="", at=AT)) == {"E054"}
    actions.void_call(secretary, made, reason="记错了人", at=AT)
    assert queries.calls(secretary.scope(P.CARE_READ), org, DAY, DAY) == [] and len(queries.waiting(secretary.scope(P.CARE_READ), org, TODAY)) == 1
    for username in ("committee", "clerk1", "county"):
        with pytest.raises(Refused):
            actions.record_call(w.actor(username), org, call(w), at=AT)


def test_festivals_ask_for_the_members_on_the_list(w: World) -> None:
    """Before 七一 and before the Spring Festival as announced: 28 January 2025, 15 February 2026."""
    org, secretary, p = w.orgs["T1-B1"], w.actor("secretary"), w.persons["T1-B1"]
    actions.list_many(secretary, org, [(p[4], "in_hardship", None), (p[3], "retired", p[0])], from_on=date(2020, 1, 1), at=AT)

    def feasts(on: date) -> list[tuple[str, DutyState, date | None]]:
        return [(d.key.split(":")[3], d.state, d.due_on) for d in duties.due(secretary, secretary.sees(), on) if d.key.startswith("care:feast")]

    assert feasts(date(2025, 5, 31)) == [] and feasts(date(2025, 6, 1)) == [("qiyi", DutyState.SOON, date(2025, 7, 1))]
    assert feasts(date(2025, 7, 2)) == [("qiyi", DutyState.OVERDUE, date(2025, 7, 1))]
    assert feasts(date(2026, 1, 20)) == [("spring", DutyState.SOON, date(2026, 2, 15))]
    actions.record_calls(secretary, org, [call(w, 4, date(2025, 6, 20)), call(w, 3, date(2025, 7, 1))], at=AT)
    assert feasts(date(2025, 6, 25)) == [] and feasts(date(2025, 7, 2)) == []
    (seen,) = [f for f in queries.festival_visits(secretary.scope(P.CARE_READ), org, date(2025, 7, 2), date(2025, 6, 1))]
    assert (seen.done, seen.missing) == (2, ())


def test_a_retired_member_gets_a_contact_person(w: World) -> None:
    org, secretary, p = w.orgs["T1-B1"], w.actor("secretary"), w.persons["T1-B1"]
    made = actions.list_member(secretary, org, person_id=p[5], flag="retired", contact_id=None, at=AT)
    assert [d.state for d in duties.due(secretary, secretary.sees(), TODAY) if d.key == f"care:contact:{org}"] == [DutyState.LATER]
    assert actions.list_member(secretary, org, person_id=p[5], flag="retired", contact_id=p[4], at=AT) == made
    assert not [d for d in duties.due(secretary, secretary.sees(), TODAY) if d.key == f"care:contact:{org}"]
    (seen,) = queries.cared_for(own(w.actor("member")), p[4])  # the contact person sees whom to look after
    assert (seen.name, seen.contact_name) == ("杨六11", "陈五11")
    actions.end_listing(secretary, made, at=AT)
    assert queries.listed(secretary.scope(P.CARE_READ), org) == []


# ---------------------------------------------------------------- proposals


def test_a_proposal_goes_up_and_comes_back_paid_and_visited(w: World) -> None:
    org, secretary, clerk, p = w.orgs["T1-B1"], w.actor("secretary"), w.actor("clerk1"), w.persons["T1-B1"]
    made = proposals.propose(secretary, org, proposal(w), at=AT)
    assert [d.org_id for d in duties.due(clerk, clerk.sees(), TODAY) if d.key.startswith("care:answer")] == [w.orgs["T1"]]
    seen = queries.request_for(clerk, made)
    assert (seen.name, seen.amount_fen, seen.ground, seen.state) == ("陈五11", 80000, "住院两个月，自付费用较多", "submitted")
    assert queries.proposal_of(clerk.scope(P.CARE_DECIDE), made) is None  # what the branch keeps to itself
    assert codes(lambda: proposals.decide(clerk, made, passed=True, document="纪要", decided_on=TODAY, note="", at=AT)) == {"E049"}  # not audited yet
    proposals.audit(clerk, made, passed=True, note="情况属实", at=AT)
    assert codes(lambda: proposals.audit(clerk, made, passed=True, note="", at=AT)) == {"E044"}
    assert codes(lambda: proposals.decide(w.actor("clerk1b"), made, passed=True, document="", decided_on=date(2026, 11, 1), note="", at=AT)) == {"E049", "E002"}
    assert codes(lambda: proposals.pay(secretary, made, amount="800", paid_on=TODAY, document="凭证7号", at=AT)) == {"E049"}  # not approved
    assert codes(lambda: actions.record_call(secretary, org, call(w, day=TODAY, request_id=made), at=AT)) == {"E049"}
    assert codes(lambda: proposals.decide(clerk, made, passed=True, document="镇党委会议纪要", decided_on=TODAY, note="", at=AT)) == {"E037"}  # the auditor
    assert [d.state for d in duties.due(clerk, clerk.sees(), TODAY) if d.key == f"care:answer:{made}"] == [DutyState.LATER]  # another one's to enter
    other = w.actor("clerk1b")
    assert [d.state for d in duties.due(other, other.sees(), TODAY) if d.key == f"care:answer:{made}"] == [DutyState.SOON]
    proposals.decide(other, made, passed=True, document="镇党委会议纪要〔2026〕12号", decided_on=TODAY, note="", at=AT)
    assert [d.key for d in duties.due(secretary, secretary.sees(), TODAY) if d.key.startswith("care:pay")] == [f"care:pay:{made}"]
    money = spent(w)
    assert codes(lambda: proposals.pay(secretary, made, amount="800.01", paid_on=TODAY, expense_id=money, at=AT)) == {"E029"}
    assert codes(lambda: proposals.pay(secretary, made, amount="0", paid_on=date(2026, 11, 19), document="凭证7号", at=AT)) == {"E026", "E002", "E049"}  # a number is no expense
    proposals.pay(secretary, made, amount="800", paid_on=TODAY, expense_id=money, at=AT)
    assert codes(lambda: proposals.pay(secretary, made, amount="800", paid_on=TODAY, expense_id=money, at=AT)) == {"E044"}
    assert queries.request_for(secretary, made).paid_document == "党费支出：慰问住院党员"
    assert actions.record_call(secretary, org, call(w, day=TODAY, request_id=made, feedback=SECRET), at=AT)
    county = w.actor("county").scope(P.COMPLIANCE_READ)
    assert {f.key: f.read(county, TODAY) for f in facts.FACTS} == {"care.overdue": {}, "care.calls": {org: 1}, "care.approved": {org: 80000}, "care.paid": {org: 80000}}
    assert queries.paid_by_source(secretary.scope(P.CARE_READ), org, TODAY) == {"dues": 80000} and p


def test_e037_nobody_answers_the_own_proposal(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = proposals.propose(w.actor("secretary"), w.orgs["T1-B1"], proposal(w), at=AT)
    CareRequest.objects.within(Scope((w.paths["T1-B1"],))).filter(pk=made).update(maker_id=w.accounts["clerk1"])  # who was a secretary before
    clerk = w.actor("clerk1")
    assert codes(lambda: proposals.audit(clerk, made, passed=True, note="", at=AT)) == {"E037"}
    assert codes(lambda: proposals.decide(clerk, made, passed=True, document="纪要", decided_on=TODAY, note="", at=AT)) == {"E037"}
    assert not [d for d in duties.due(clerk, clerk.sees(), TODAY) if d.key.startswith("care:answer")]


def approved(w: World, who: int, **more: object) -> int:
    made = proposals.propose(w.actor("secretary"), w.orgs["T1-B1"], proposal(w, person_id=w.persons["T1-B1"][who], **more), at=AT)
    proposals.audit(w.actor("clerk1"), made, passed=True, note="情况属实", at=AT)
    proposals.decide(w.actor("clerk1b"), made, passed=True, document="纪要12号", decided_on=TODAY, note="", at=AT)
    return made


def test_sabotage_without_the_rule_the_auditor_decides(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made, clerk = proposals.propose(w.actor("secretary"), w.orgs["T1-B1"], proposal(w), at=AT), w.actor("clerk1")
    proposals.audit(clerk, made, passed=True, note="情况属实", at=AT)
    assert codes(lambda: proposals.decide(clerk, made, passed=False, document="", decided_on=TODAY, note="不同意", at=AT)) == {"E037"}
    monkeypatch.setattr(queries, "audited_by", lambda *a: False)
    proposals.decide(clerk, made, passed=True, document="纪要12号", decided_on=TODAY, note="", at=AT)
    assert queries.request_for(clerk, made).state == "approved"


def test_who_audited_before_accounts_were_kept_is_known_by_name() -> None:
    someone = Actor(7, "王干事")
    assert queries.audited_by(someone, 7, "王干事") and not queries.audited_by(someone, 8, "王干事")
    assert queries.audited_by(someone, None, "王干事") and not queries.audited_by(someone, None, "李干事") and not queries.audited_by(someone, None, "")


def test_money_from_dues_is_an_agreed_expense_for_members_in_hardship_used_once(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    secretary, org = w.actor("secretary"), w.orgs["T1-B1"]
    one, two, higher = approved(w, 3), approved(w, 4), approved(w, 5, source="higher_funds")
    good, small, training, gone = spent(w), spent(w, 300), spent(w, 700, purpose=1), spent(w, 600)
    books.undo(secretary, "expense", gone or 0, why="不用了", at=AT)

    def paid(made: int, expense: int | None, amount: str = "800", day: date = TODAY) -> set[str]:
        return codes(lambda: proposals.pay(secretary, made, amount=amount, paid_on=day, expense_id=expense, at=AT))

    assert {v.id for v in proposals.expenses_left(secretary, org)} == {good, small}
    assert paid(one, training) == paid(one, gone) == paid(one, None) == paid(one, 999_999) == {"E049"}  # another purpose, taken back, none, none such
    assert paid(one, small) == {"E029"}  # more than was agreed to
    proposals.pay(secretary, one, amount="800", paid_on=TODAY, expense_id=good, at=AT)
    assert [v.id for v in proposals.expenses_left(secretary, org)] == [small] and paid(two, good) == {"E044"}
    proposals.pay(secretary, higher, amount="500", paid_on=TODAY, document="拨款单3号", expense_id=small, at=AT)  # other money: a number, and no expense of the dues
    assert queries.request_for(secretary, higher).paid_document == "拨款单3号" and [v.id for v in proposals.expenses_left(secretary, org)] == [small]
    stranger = replace(secretary, grants=tuple(replace(g, permissions=g.permissions - {P.DUES_TOTAL}) for g in secretary.grants))
    assert proposals.expenses_left(stranger, org) == []  # who may not read the dues chooses none
    monkeypatch.setattr(queries, "used_expenses", lambda org_id: set())
    assert paid(two, good) == {"E044"}  # the twin: with the first guard off the database still keeps an expense to one case


def test_a_proposal_is_read_by_its_branch_and_its_office_and_no_other_rank(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = proposals.propose(w.actor("secretary"), w.orgs["T1-B1"], proposal(w), at=AT)
    for username in ("county", "clerk2", "foreign", "secretary2", "reader", "committee", "member"):
        with pytest.raises(NotFound):
            queries.request_for(w.actor(username), made)
        with pytest.raises(NotFound):
            proposals.audit(w.actor(username), made, passed=True, note="", at=AT)
    assert queries.for_offices(w.actor("county")) == [] and [r.id for r in queries.for_offices(w.actor("clerk1"))] == [made]
    monkeypatch.setattr(queries, "deciding", lambda actor: [w.orgs["T1"]])  # twin: with the office taken by rank the county would read it
    assert queries.request_for(w.actor("county"), made).id == made


def test_x_proposals_that_are_refused(w: World) -> None:
    org, secretary = w.orgs["T1-B1"], w.actor("secretary")

    def handed(**more: object) -> int:
        return proposals.propose(secretary, org, proposal(w, **more), at=AT)

    assert codes(lambda: handed(amount="0")) == codes(lambda: handed(amount="-3")) == {"E026"}
    assert codes(lambda: handed(office_id=w.orgs["T2"])) == codes(lambda: handed(office_id=org)) == {"E023"}
    assert codes(lambda: handed(person_id=w.persons["T2-B1"][0], kind="x", source="x", ground="")) == {"E045", "E054"}
    assert not CareRequest.objects.unscoped("test").exists()
    made = handed()
    assert codes(handed) == {"E053"}
    proposals.withdraw(secretary, made, at=AT)
    proposals.withdraw(secretary, made, at=AT)
    again = handed()
    proposals.audit(w.actor("clerk1"), again, passed=False, note="请先走医保报销", at=AT)
    assert queries.request_for(secretary, again).state == "refused" and codes(lambda: proposals.withdraw(secretary, again, at=AT)) == {"E044"}
