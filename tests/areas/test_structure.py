"""Organisations, committees and groups: establish, adjust, dissolve, extend with approval; every refusal; the past stays readable."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import world
from tests.world import AT, TODAY, World

from zhibu.areas.structure import actions, committees, duties, groups, problems, procedures, queries, rules
from zhibu.areas.structure.actions import Adjustment, Dissolution, Establishment, Extension, StructureError
from zhibu.areas.structure.committees import Election, SeatEntry
from zhibu.areas.structure.rules import FindingCode
from zhibu.ground.access.queries import system_actor
from zhibu.ground.duties import duty
from zhibu.ground.duties.duty import DutyState
from zhibu.ground.guard.actor import Refused
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.process import actions as process
from zhibu.ground.process import queries as cases
from zhibu.ground.process import spec
from zhibu.ground.process.actions import CaseError
from zhibu.ground.tree import actions as tree_actions
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.terms import TermState

pytestmark = pytest.mark.django_db

PAPER = "镇党〔2026〕9号"
APPLIED = date(2026, 11, 2)


@pytest.fixture(autouse=True)
def wired() -> None:
    """Connect the kinds as config/wiring.py does."""
    for kind in procedures.KINDS:
        spec.register(kind, actions.EFFECTS[kind.code])


@pytest.fixture
def w() -> World:
    return world.build()


def new(**changed) -> Establishment:
    plain = Establishment(
        "T1-B9", "第1镇第9村党支部", "第9村党支部", "branch", 5, 1, APPLIED, domain="rural", village_or_community=True, host_units=("第1镇第9村民委员会",),
        reason="村里有正式党员5名",
    )
    return replace(plain, **changed)


def refused(code: str, call: Callable[[], object]) -> StructureError:
    """Run a call that must be refused with a code, and see that nothing was written."""
    before = written()
    with pytest.raises(StructureError) as error:
        call()
    assert error.value.code == code, error.value.reason
    assert written() == before
    return error.value


def written() -> int:
    return Entry.objects.unscoped("a test counts entries").count()


# ---------------------------------------------------------------- S01 establish


def test_establish_by_request_and_approval(w: World) -> None:
    case_id = actions.request_establishment(w.actor("clerk1"), w.orgs["T1"], new(), at=AT)
    assert tree.find("T1-B9") is None
    process.approve(w.actor("county"), case_id, document="青组〔2026〕9号", answered_on=date(2026, 11, 18), at=AT)
    made = tree.find("T1-B9")
    assert made is not None
    assert (made.kind, made.established_on, made.parent_id, made.village_or_community) == ("branch", date(2026, 11, 18), w.orgs["T1"], True)
    assert queries.detail(w.actor("clerk1").sees(), made.id).approval_doc == "青组〔2026〕9号，2026年11月18日"
    with pytest.raises(NotFound):
        tree.organisation(w.actor("clerk1").sees(), made.id, date(2026, 11, 17))


def test_the_superior_may_establish_by_its_own_decision(w: World) -> None:
    org_id = actions.found_directly(w.actor("clerk1"), w.orgs["T1"], new(), document=PAPER, approved_on=date(2026, 11, 5), at=AT)
    assert tree.views([org_id])[org_id].established_on == date(2026, 11, 5)
    with pytest.raises(Refused):
        actions.found_directly(w.actor("secretary"), w.orgs["T1"], new(code="T1-B10"), document=PAPER, approved_on=TODAY, at=AT)


@pytest.mark.parametrize(("code", "changed"), [
    ("E004", {"full": 2}),
    ("E005", {"kind": "joint_branch", "host_units": ("甲公司",)}),
    ("E005", {"kind": "joint_branch", "host_units": tuple("甲乙丙丁戊己")}),
    ("E003", {"kind": "group"}),
    ("E003", {"kind": "general_branch", "full": 60}),
    ("E001", {"established_on": TODAY + timedelta(days=1)}),
    ("E001", {"applied_on": TODAY + timedelta(days=1)}),
    ("E002", {"established_on": APPLIED - timedelta(days=1)}),
    ("E044", {"code": "T2-B1"}),
    ("E044", {"name": "第2镇第1村党支部"}),
    ("E054", {"name": " "}),
])
def test_establishment_refusals(w: World, code: str, changed: dict) -> None:
    refused(code, lambda: actions.request_establishment(w.actor("clerk1"), w.orgs["T1"], new(**changed), at=AT))
    assert not cases.open_cases(w.actor("county").sees())


def test_e003_no_branch_under_a_branch(w: World) -> None:
    actor = system_actor()
    error = refused("E003", lambda: actions.request_establishment(actor, w.orgs["T1-B1"], new(), at=AT))
    assert "下面不能再设" in error.reason


def test_e049_no_establishment_without_the_paper(w: World) -> None:
    refused("E049", lambda: actions.found_directly(w.actor("clerk1"), w.orgs["T1"], new(), document=" ", approved_on=TODAY, at=AT))


def test_e002_approved_before_applied_or_founded_before_approved(w: World) -> None:
    clerk = w.actor("clerk1")
    refused("E002", lambda: actions.found_directly(clerk, w.orgs["T1"], new(), document=PAPER, approved_on=date(2026, 11, 1), at=AT))
    early = new(established_on=date(2026, 11, 3))
    refused("E002", lambda: actions.found_directly(clerk, w.orgs["T1"], early, document=PAPER, approved_on=date(2026, 11, 4), at=AT))


def test_a_refusal_names_the_date_that_was_typed_in_the_words_of_people(w: World) -> None:
    tomorrow = TODAY + timedelta(days=1)
    error = refused("E001", lambda: actions.found_directly(w.actor("clerk1"), w.orgs["T1"], new(), document=PAPER, approved_on=tomorrow, at=AT))
    assert error.reason.startswith(f"批复日期{tomorrow.year}年{tomorrow.month}月{tomorrow.day}日晚于今天")


def test_e053_the_same_organisation_is_asked_for_once(w: World) -> None:
    actions.request_establishment(w.actor("clerk1"), w.orgs["T1"], new(), at=AT)
    with pytest.raises(CaseError) as error:
        actions.request_establishment(w.actor("clerk1"), w.orgs["T1"], new(name="另一个名字党支部"), at=AT)
    assert error.value.code == "E053"
    actions.request_establishment(w.actor("clerk1"), w.orgs["T1"], new(code="T1-B10", name="第1镇第10村党支部"), at=AT)


def test_a_code_taken_while_the_case_waited_is_found_at_the_approval(w: World) -> None:
    case_id = actions.request_establishment(w.actor("clerk1"), w.orgs["T1"], new(), at=AT)
    actions.found_directly(w.actor("clerk2"), w.orgs["T2"], new(), document=PAPER, approved_on=TODAY, at=AT)
    refused("E044", lambda: process.approve(w.actor("county"), case_id, document=PAPER, at=AT))
    assert cases.case(w.actor("county").sees(), case_id).is_open


# ---------------------------------------------------------------- S01 adjust


def adjustment(**changed) -> Adjustment:
    return replace(Adjustment("村改名", APPLIED, name="第1镇新村党支部", on=date(2026, 11, 10)), **changed)


def test_rename_with_approval_and_the_past_keeps_its_name(w: World) -> None:
    org = w.orgs["T1-B1"]
    case_id = actions.request_adjustment(w.actor("secretary"), org, adjustment(), version=1, at=AT)
    process.approve(w.actor("clerk1"), case_id, document=PAPER, at=AT)
    scope = w.actor("clerk1").sees()
    assert tree.organisation(scope, org).name == "第1镇新村党支部"
    assert tree.organisation(scope, org, date(2026, 11, 9)).name == "第1镇第1村党支部"
    assert tree.organisation(scope, org, date(2026, 11, 10)).name == "第1镇新村党支部"


def test_move_to_another_township_needs_the_common_superior(w: World) -> None:
    org = w.orgs["T1-B2"]
    case_id = actions.request_adjustment(w.actor("secretary2"), org, adjustment(name="", parent_id=w.orgs["T2"]), version=1, at=AT)
    with pytest.raises(CaseError) as error:
        process.approve(w.actor("clerk1"), case_id, document=PAPER, at=AT)
    assert error.value.code == "E023"
    process.approve(w.actor("county"), case_id, document="青组〔2026〕9号", at=AT)
    assert tree.views([org])[org].parent_id == w.orgs["T2"]
    county = w.actor("county").sees()
    assert org not in [s.org.id for s in queries.states(county, date(2026, 11, 10), under=tree.path_of(w.orgs["T1"]))]
    assert org in [s.org.id for s in queries.states(county, date(2026, 11, 9), under=tree.path_of(w.orgs["T1"]))]
    assert [o.id for o in queries.organisation(county, org, date(2026, 11, 9)).above] == [w.orgs["QH"], w.orgs["T1"]]
    assert [o.id for o in queries.organisation(county, org, TODAY).above] == [w.orgs["QH"], w.orgs["T2"]]


def test_e003_a_cycle(w: World) -> None:
    wish = adjustment(name="", parent_id=w.orgs["T1-B1"])
    error = refused("E003", lambda: actions.request_adjustment(w.actor("clerk1"), w.orgs["T1"], wish, version=1, at=AT))
    assert "环" in error.reason


@pytest.mark.parametrize(("code", "changed"), [
    ("E054", {"name": ""}),
    ("E054", {"reason": ""}),
    ("E001", {"on": TODAY + timedelta(days=1)}),
    ("E001", {"applied_on": TODAY + timedelta(days=1)}),
    ("E002", {"on": date(2014, 12, 31)}),
    ("E044", {"name": "第2镇第1村党支部"}),
    ("E003", {"kind": "group"}),
    ("E003", {"parent_id": 4040}),
    ("E045", {"kind": "general_branch"}),
    ("E005", {"kind": "joint_branch"}),
])
def test_adjustment_refusals(w: World, code: str, changed: dict) -> None:
    refused(code, lambda: actions.request_adjustment(w.actor("secretary"), w.orgs["T1-B1"], adjustment(**changed), version=1, at=AT))


def test_an_answer_weeks_later_changes_only_what_was_asked(w: World) -> None:
    org, secretary = w.orgs["T1-B1"], w.actor("secretary")
    asked = adjustment(short_name="第1村党支部", kind="branch", parent_id=w.orgs["T1"])
    case_id = actions.request_adjustment(secretary, org, asked, version=1, at=AT)
    assert {k for k, v in cases.case(secretary.sees(), case_id).wish.items() if v} == {"reason", "applied_on", "name", "on"}
    tree_actions.change(w.actor("county"), org, on=date(2026, 11, 8), at=AT, document=PAPER, kind="floating_branch")
    process.approve(w.actor("clerk1"), case_id, document=PAPER, at=AT)
    now = tree.organisation(secretary.sees(), org)
    assert (now.name, now.kind) == ("第1镇新村党支部", "floating_branch")


def test_e002_a_direct_decision_is_no_older_than_the_application(w: World) -> None:
    clerk, one, two = w.actor("clerk1"), w.orgs["T1-B1"], w.orgs["T1-B2"]
    for wish in (adjustment(applied_on=APPLIED, on=None), Dissolution("两村合并", APPLIED, one)):
        refused("E002", lambda wish=wish: actions.decide_directly(clerk, two, wish, document=PAPER, decided_on=APPLIED - timedelta(days=1), at=AT))


def test_e003_retyping_never_leaves_a_branch_under_a_branch(w: World) -> None:
    refused("E003", lambda: actions.request_adjustment(w.actor("clerk1"), w.orgs["T1"], adjustment(name="", kind="branch"), version=1, at=AT))


def test_stale_form_is_refused(w: World) -> None:
    tree_actions.edit_contacts(w.actor("secretary"), w.orgs["T1-B1"], values={"address": "村东头"}, version=1, at=AT)
    with pytest.raises(Stale):
        actions.request_adjustment(w.actor("secretary"), w.orgs["T1-B1"], adjustment(), version=1, at=AT)
    with pytest.raises(Stale):
        actions.edit_contacts(w.actor("secretary"), w.orgs["T1-B1"], values={}, units=["某村民委员会"], version=1, at=AT)


def test_direct_decision_needs_paper_and_an_organisation_above(w: World) -> None:
    org = w.orgs["T1-B1"]
    refused("E049", lambda: actions.decide_directly(w.actor("clerk1"), org, adjustment(), document="", decided_on=TODAY, at=AT))
    refused("E001", lambda: actions.decide_directly(w.actor("clerk1"), org, adjustment(), document=PAPER, decided_on=TODAY + timedelta(days=1), at=AT))
    with pytest.raises(CaseError, match="E023"):
        actions.decide_directly(w.actor("clerk1"), w.orgs["T1"], adjustment(name="第1镇党委新名"), document=PAPER, decided_on=TODAY, at=AT)
    actions.request_adjustment(w.actor("secretary"), org, adjustment(), version=1, at=AT)
    refused("E053", lambda: actions.decide_directly(w.actor("clerk1"), org, adjustment(), document=PAPER, decided_on=TODAY, at=AT))


def test_host_units_of_a_joint_branch(w: World) -> None:
    clerk = w.actor("clerk1")
    wish = new(code="T1-J1", name="第1镇企业联合党支部", kind="joint_branch", host_units=("甲厂", "乙厂", "丙厂", "丁厂", "戊厂"), village_or_community=False)
    org = actions.found_directly(clerk, w.orgs["T1"], wish, document=PAPER, approved_on=date(2026, 11, 5), at=AT)
    error = refused("E005", lambda: actions.edit_contacts(clerk, org, values={}, units=[*wish.host_units, "己厂"], version=1, at=AT))
    assert "6 个" in error.reason
    refused("E005", lambda: actions.edit_contacts(clerk, org, values={}, units=["甲厂"], version=1, at=AT))
    actions.edit_contacts(clerk, org, values={}, units=["甲厂", "丙厂", "庚厂"], version=1, at=AT)
    assert set(tree.host_units(clerk.sees(), [org])[org]) == {"甲厂", "丙厂", "庚厂"}


# ---------------------------------------------------------------- S01 dissolve, merge


def test_merge_two_branches_and_ask_before_and_after(w: World) -> None:
    one, two, scope = w.orgs["T1-B1"], w.orgs["T1-B2"], w.actor("clerk1").sees()
    wish = Dissolution("两村合并", APPLIED, successor_id=one, on=date(2026, 11, 15))
    case_id = actions.request_dissolution(w.actor("secretary2"), two, wish, at=AT)
    process.approve(w.actor("clerk1"), case_id, document=PAPER, at=AT)
    before, after = date(2026, 11, 14), date(2026, 11, 15)
    assert people.headcounts(scope, before)[one].members_all == 8 and people.headcounts(scope, before)[two].members_all == 8
    assert people.headcounts(scope, after)[one].members_all == 16 and two not in people.headcounts(scope, after)
    assert queries.organisation(scope, two, before).state.count.full == 7
    with pytest.raises(NotFound):
        queries.organisation(scope, two, after)
    assert {s.org.id for s in queries.states(scope, before)} - {s.org.id for s in queries.states(scope, TODAY)} == {two}
    assert not people.posts(scope, after, org_ids=[two])


def test_dissolution_refusals(w: World) -> None:
    org, clerk = w.orgs["T1-B1"], w.actor("clerk1")
    plain = Dissolution("合并", APPLIED, successor_id=w.orgs["T1-B2"])
    for code, wish in (
        ("", replace(plain, successor_id=None)),
        ("E054", replace(plain, reason="")),
        ("E001", replace(plain, on=TODAY + timedelta(days=1))),
        ("E002", replace(plain, on=date(2014, 1, 1))),
        ("E045", replace(plain, successor_id=w.orgs["T1"])),
        ("E045", replace(plain, successor_id=org)),
    ):
        refused(code, lambda wish=wish: actions.request_dissolution(w.actor("secretary"), org, wish, at=AT))
    refused("", lambda: actions.request_dissolution(clerk, w.orgs["T1"], replace(plain, successor_id=None), at=AT))
    refused("E049", lambda: actions.decide_directly(clerk, org, plain, document="", decided_on=TODAY, at=AT))


def test_e023_members_go_no_further_than_the_decider_reaches(w: World) -> None:
    wish = Dissolution("合并", APPLIED, successor_id=w.orgs["T2-B1"])
    case_id = actions.request_dissolution(w.actor("secretary"), w.orgs["T1-B1"], wish, at=AT)
    with pytest.raises(CaseError, match="E023"):
        process.approve(w.actor("clerk1"), case_id, document=PAPER, at=AT)


# ---------------------------------------------------------------- S02 committees


def election(w: World, **changed) -> Election:
    p = w.persons["T1-B1"]
    seats = (SeatEntry(p[1], ("secretary",)), SeatEntry(p[0], ("organization",)), SeatEntry(p[2], ("publicity", "discipline")))
    return replace(Election(date(2026, 11, 12), seats, PAPER), **changed)


def test_an_elected_committee_replaces_the_former(w: World) -> None:
    org, actor = w.orgs["T1-B1"], w.actor("secretary")
    committee_id, warnings = committees.enter_committee(actor, org, election(w), at=AT)
    now = tree.committees(actor.sees(), TODAY, org_ids=[org])
    assert [(c.id, c.number, c.term_years, c.expires_on, c.seats) for c in now] == [(committee_id, 4, 5, date(2031, 11, 12), 3)]
    former = tree.committees(actor.sees(), date(2026, 11, 11), org_ids=[org])
    assert [c.number for c in former] == [3]
    assert [(p.kind, p.person_id) for p in people.posts(actor.sees(), TODAY, org_ids=[org])] == [
        ("secretary", w.persons["T1-B1"][1]), ("organization", w.persons["T1-B1"][0]), ("publicity", w.persons["T1-B1"][2]),
        ("discipline", w.persons["T1-B1"][2]),
    ]
    assert people.secretaries(actor.sees(), date(2026, 11, 11), [org])[org].person_id == w.persons["T1-B1"][0]
    assert warnings == ()


def test_committee_refusals(w: World) -> None:
    org, actor, p = w.orgs["T1-B1"], w.actor("secretary"), w.persons["T1-B1"]
    two = (SeatEntry(p[0], ("secretary",)), SeatEntry(p[1], ("secretary",)), SeatEntry(p[2], ("member",)))
    for code, wish in (
        ("E001", election(w, elected_on=TODAY + timedelta(days=1))),
        ("E044", election(w, end_previous=False)),
        ("E044", election(w, seats=two)),
        ("E044", election(w, seats=(SeatEntry(p[0], ("secretary",)), SeatEntry(p[0], ("member",))))),
        ("E017", election(w, seats=(SeatEntry(p[7], ("member",)), SeatEntry(p[0], ("secretary",))))),
        ("E045", election(w, seats=(SeatEntry(w.persons["T1-B2"][0], ("secretary",)),))),
        ("E049", election(w, approval_doc=" ")),
        ("E050", election(w, term_years=4)),
        ("E054", election(w, seats=())),
        ("E054", election(w, seats=(SeatEntry(p[0], ("king",)),))),
    ):
        refused(code, lambda wish=wish: committees.enter_committee(actor, org, wish, at=AT))
    assert [c.number for c in tree.committees(actor.sees(), TODAY, org_ids=[org])] == [3]


def test_e017_a_member_under_probation_within_the_party_holds_no_post(w: World) -> None:
    people_actions.change_standing(w.actor("clerk1"), w.persons["T1-B1"][2], on=date(2026, 6, 1), at=AT, rights="on_probation", document="镇纪〔2026〕1号")
    refused("E017", lambda: committees.enter_committee(w.actor("secretary"), w.orgs["T1-B1"], election(w), at=AT))


def test_e049_a_secretary_needs_one_year_or_the_superiors_paper(w: World) -> None:
    person = w.persons["T1-B1"][1]
    file = people.member_file(w.actor("clerk1").sees(), person, TODAY)
    people_actions.edit(w.actor("clerk1"), person, values={"full_on": date(2026, 3, 1)}, version=file.version, at=AT)
    refused("E049", lambda: committees.enter_committee(w.actor("secretary"), w.orgs["T1-B1"], election(w), at=AT))
    seats = (replace(election(w).seats[0], override_doc="镇党〔2026〕8号"), *election(w).seats[1:])
    committees.enter_committee(w.actor("secretary"), w.orgs["T1-B1"], election(w, seats=seats), at=AT)


def test_e042_a_term_below_the_national_one_needs_a_reason(w: World) -> None:
    """AT-01: 3 years from seed-000 for a village branch."""
    from zhibu.ground.policy import actions as policy

    policy.assign(
        w.actor("county"), org_id=w.orgs["T1"], family="term", rule_set="seed-000", valid_from=date(2024, 1, 1), valid_to=None, at=AT, reason="按市里培训要求"
    )
    org, actor = w.orgs["T1-B1"], w.actor("secretary")
    wish = election(w, elected_on=date(2024, 6, 28), term_years=3)
    refused("E050", lambda: committees.enter_committee(actor, org, replace(wish, term_years=None), at=AT))  # two terms are allowed: choose
    refused("E050", lambda: committees.enter_committee(actor, org, replace(wish, term_years=5), at=AT))
    error = refused("E042", lambda: committees.enter_committee(actor, org, wish, at=AT))
    assert "低于现行国家规定" in error.reason
    committee_id, _ = committees.enter_committee(actor, org, replace(wish, below_reason="上级安排三年一换"), at=AT)
    made = next(c for c in tree.committees(actor.sees(), org_ids=[org]) if c.id == committee_id)
    assert made.expires_on == date(2027, 6, 28)


def test_fill_a_vacancy(w: World) -> None:
    org, actor, p = w.orgs["T1-B1"], w.actor("secretary"), w.persons["T1-B1"]
    post_id = committees.fill_vacancy(actor, org, person_id=p[3], post="publicity", from_on=date(2026, 11, 1), at=AT)
    assert next(x for x in people.posts(actor.sees(), TODAY, org_ids=[org]) if x.id == post_id).committee_id is not None
    refused("E044", lambda: committees.fill_vacancy(actor, org, person_id=p[4], post="secretary", from_on=date(2026, 11, 1), at=AT))
    refused("E017", lambda: committees.fill_vacancy(actor, org, person_id=p[7], post="youth", from_on=date(2026, 11, 1), at=AT))
    refused("E001", lambda: committees.fill_vacancy(actor, org, person_id=p[4], post="youth", from_on=TODAY + timedelta(days=1), at=AT))
    refused("E045", lambda: committees.fill_vacancy(actor, org, person_id=w.persons["T1-B2"][1], post="youth", from_on=TODAY, at=AT))
    refused("E002", lambda: committees.end_post(actor, org, post_id, on=date(2026, 10, 1), at=AT))
    refused("E001", lambda: committees.end_post(actor, org, post_id, on=TODAY + timedelta(days=1), at=AT))
    committees.end_post(actor, org, post_id, on=TODAY, at=AT)
    assert post_id not in [x.id for x in people.posts(actor.sees(), TODAY, org_ids=[org])]
    early = refused("E044", lambda: committees.fill_vacancy(actor, org, person_id=p[4], post="publicity", from_on=date(2026, 11, 2), at=AT))
    assert "任职日期请填这一天或以后" in early.reason  # the former still held the post that day
    committees.fill_vacancy(actor, org, person_id=p[4], post="publicity", from_on=TODAY, at=AT)


@pytest.mark.parametrize("username", ["foreign", "secretary2"])
def test_another_branch_is_not_there(w: World, username: str) -> None:
    with pytest.raises(Refused) as error:
        committees.enter_committee(w.actor(username), w.orgs["T1-B1"], election(w), at=AT)
    assert error.value.hidden


# ---------------------------------------------------------------- terms and extension


@pytest.mark.parametrize(("on", "state"), [
    (date(2027, 12, 27), TermState.NORMAL), (date(2027, 12, 28), TermState.EXPIRING), (date(2028, 6, 28), TermState.EXPIRING),
    (date(2028, 6, 29), TermState.OVERDUE), (date(2029, 6, 28), TermState.OVERDUE), (date(2029, 6, 29), TermState.OVERDUE_LONG),
])
def test_states_of_a_term(w: World, on: date, state: TermState) -> None:
    found = next(s for s in queries.states(w.actor("secretary").sees(), on) if s.org.id == w.orgs["T1-B1"])
    assert found.term is state


def test_extension_with_approval(w: World) -> None:
    org, late = w.orgs["T1-B1"], datetime(2028, 7, 3, 10, tzinfo=AT.tzinfo)
    secretary = w.actor("secretary")
    plain = Extension(date(2029, 3, 1), "换届筹备期间遇洪灾", date(2028, 7, 1))
    for code, wish in (
        ("E050", replace(plain, until=date(2029, 6, 29))), ("E002", replace(plain, until=date(2028, 6, 28))), ("E054", replace(plain, reason=" ")),
    ):
        refused(code, lambda wish=wish: actions.request_extension(secretary, org, wish, at=late))
    case_id = actions.request_extension(secretary, org, plain, at=late)
    process.approve(w.actor("clerk1"), case_id, document=PAPER, at=late)
    scope = secretary.sees()
    assert next(s for s in queries.states(scope, date(2028, 7, 4)) if s.org.id == org).term is TermState.EXTENDED
    committee = next(s for s in queries.states(scope, date(2028, 6, 1)) if s.org.id == org).committee
    assert committee is not None
    assert "上级已批准延期至2029年3月1日" in rules.term_sentence(committee.expires_on, committee.extended_until, date(2028, 6, 1))
    assert next(s for s in queries.states(scope, date(2029, 3, 2)) if s.org.id == org).term is TermState.OVERDUE


def test_no_extension_without_a_committee(w: World) -> None:
    refused("E049", lambda: actions.request_extension(w.actor("secretary2"), w.orgs["T1-B2"], Extension(TODAY, "没有班子", APPLIED), at=AT))


# ---------------------------------------------------------------- S03 groups


def test_form_a_group_and_its_refusals(w: World) -> None:
    org, actor, p = w.orgs["T1-B2"], w.actor("secretary2"), w.persons["T1-B2"]
    form = groups.form_group
    refused("E006", lambda: form(actor, org, name="一组", member_ids=p[:2], leader_id=p[0], from_on=TODAY, at=AT))
    refused("E045", lambda: form(actor, org, name="一组", member_ids=p[:3], leader_id=p[5], from_on=TODAY, at=AT))
    refused("E045", lambda: form(actor, org, name="一组", member_ids=[*p[:3], w.persons["T1-B1"][0]], leader_id=p[0], from_on=TODAY, at=AT))
    refused("E001", lambda: form(actor, org, name="一组", member_ids=p[:3], leader_id=p[0], from_on=TODAY + timedelta(days=1), at=AT))
    refused("E054", lambda: form(actor, org, name=" ", member_ids=p[:3], leader_id=p[0], from_on=TODAY, at=AT))
    form(actor, org, name="一组", member_ids=p[:4], leader_id=p[0], from_on=date(2026, 11, 2), at=AT)
    refused("E007", lambda: form(actor, org, name="二组", member_ids=p[3:7], leader_id=p[4], from_on=TODAY, at=AT))
    refused("E044", lambda: form(actor, org, name="一组", member_ids=p[4:7], leader_id=p[4], from_on=TODAY, at=AT))
    form(actor, org, name="二组", member_ids=p[4:7], leader_id=p[4], from_on=date(2026, 11, 2), at=AT)
    cards = queries.group_cards(actor.sees(), org, TODAY)
    assert [(c.group.name, len(c.members), c.leader_id) for c in cards] == [("一组", 4, p[0]), ("二组", 3, p[4])]
    found = queries.organisation(actor.sees(), org, TODAY).findings
    assert [f.person_ids for f in found if f.code == FindingCode.UNASSIGNED] == [(p[7],)]


def test_e003_no_groups_in_a_committee(w: World) -> None:
    refused("E003", lambda: groups.form_group(w.actor("clerk1"), w.orgs["T1"], name="一组", member_ids=[], leader_id=None, from_on=TODAY, at=AT))


def test_e006_a_group_without_a_full_member(w: World) -> None:
    clerk, p = w.actor("clerk1"), w.persons["T1-B2"]
    for person in p[4:7]:
        people_actions.change_standing(clerk, person, on=date(2026, 5, 1), at=AT, standing="probationary")
    refused("E006", lambda: groups.form_group(clerk, w.orgs["T1-B2"], name="一组", member_ids=p[4:], leader_id=p[4], from_on=TODAY, at=AT))


def test_arrange_groups(w: World) -> None:
    org, actor, p, (one, two) = w.orgs["T1-B1"], w.actor("secretary"), w.persons["T1-B1"], w.groups["T1-B1"]
    arrange = groups.arrange_groups
    refused("E006", lambda: arrange(actor, org, places={p[4]: one, p[5]: one}, leaders={}, on=TODAY, at=AT))
    refused("E045", lambda: arrange(actor, org, places={}, leaders={one: p[7]}, on=TODAY, at=AT))
    refused("E045", lambda: arrange(actor, org, places={w.persons["T1-B2"][0]: one}, leaders={}, on=TODAY, at=AT))
    refused("E045", lambda: arrange(actor, org, places={p[0]: 999}, leaders={}, on=TODAY, at=AT))
    arrange(actor, org, places={p[3]: two}, leaders={one: p[1]}, on=date(2026, 11, 10), at=AT)
    cards = {c.group.id: c for c in queries.group_cards(actor.sees(), org, TODAY)}
    assert {m.person_id for m in cards[one].members} == set(p[:3]) and cards[one].leader_id == p[1]
    assert {m.person_id for m in cards[two].members} == set(p[3:]) and cards[two].leader_id == p[4]
    earlier = {c.group.id: c for c in queries.group_cards(actor.sees(), org, date(2026, 11, 9))}
    assert {m.person_id for m in earlier[one].members} == set(p[:4]) and earlier[one].leader_id == p[0]


def test_close_a_group(w: World) -> None:
    org, actor, p, (one, two) = w.orgs["T1-B1"], w.actor("secretary"), w.persons["T1-B1"], w.groups["T1-B1"]
    error = refused("E007", lambda: groups.close_group(actor, org, two, move_to=None, on=TODAY, at=AT))
    assert "没有党小组" in error.reason
    groups.close_group(actor, org, two, move_to=one, on=date(2026, 11, 10), at=AT)
    (card,) = queries.group_cards(actor.sees(), org, TODAY)
    assert len(card.members) == 8 and card.leader_id == p[0]
    groups.close_group(actor, org, one, move_to=None, on=TODAY, at=AT)
    assert queries.group_cards(actor.sees(), org, TODAY) == ()
    assert not people.places(actor.sees(), TODAY, [org])
    with pytest.raises(NotFound):
        groups.close_group(actor, org, one, move_to=None, on=TODAY, at=AT)


# ---------------------------------------------------------------- findings, suggestion, duties


def test_the_card_shows_suggestion_and_arithmetic(w: World) -> None:
    card = queries.organisation(w.actor("clerk1").sees(), w.orgs["T1"], TODAY)
    assert (card.total.full, card.total.probationary, card.state.count.full) == (14, 2, 0)
    own = queries.organisation(w.actor("secretary").sees(), w.orgs["T1-B1"], TODAY)
    assert own.suggestion is not None and (own.suggestion.type, own.suggestion.term_years, own.suggestion.committee_min) == ("branch", 5, 3)
    assert [f.code for f in own.findings] == [FindingCode.VACANT_POST]
    with pytest.raises(NotFound):
        queries.organisation(w.actor("secretary").sees(), w.orgs["T1-B2"], TODAY)
    long_ago = queries.organisation(w.actor("secretary").sees(), w.orgs["T1-B1"], date(2016, 5, 1))
    assert long_ago.suggestion is None and long_ago.state.rules_missing


def test_under_three_full_members_for_more_than_three_months(w: World) -> None:
    clerk, p, org = w.actor("clerk1"), w.persons["T1-B2"], w.orgs["T1-B2"]
    for i, person in enumerate(p[2:7]):
        people_actions.end_membership(clerk, person, on=date(2026, 5, 10 + i), ended_as="deceased", document="", at=AT)
    scope = clerk.sees()

    def serious(on: date) -> list[bool]:
        return [f.serious for s in queries.states(scope, on) if s.org.id == org for f in s.findings if f.code == FindingCode.UNDER_FULL]

    assert queries.under_since(scope, {org: 3}, TODAY) == {org: date(2026, 5, 14)}
    assert (serious(date(2026, 5, 13)), serious(date(2026, 5, 14)), serious(date(2026, 8, 14)), serious(date(2026, 8, 15))) == ([], [False], [False], [True])
    found = {d.key: d for d in duties.due(w.actor("secretary2"), scope, TODAY)}
    assert found[f"structure:under:{org}"].state is DutyState.OVERDUE


def test_duties_of_a_secretary(w: World) -> None:
    secretary, org = w.actor("secretary"), w.orgs["T1-B1"]
    found = {d.key: d for d in duties.due(secretary, secretary.sees(), TODAY)}
    assert set(found) == {f"structure:vacant:{org}"}
    assert found[f"structure:vacant:{org}"].title == "班子缺宣传委员"
    later = {d.key: d for d in duties.due(secretary, secretary.sees(), date(2028, 7, 1))}
    assert later[f"structure:term:{org}"].state is DutyState.OVERDUE
    assert [a.page for a in later[f"structure:term:{org}"].actions] == ["org.committee", "org.extend"]
    people_actions.register(
        w.actor("clerk1"), people_actions.NewMember(org, "钱新", "full", date(2026, 11, 1), full_on=date(2020, 1, 1)), at=AT
    )
    assert "钱新 还没有编入党小组" in {d.key: d for d in duties.due(secretary, secretary.sees(), TODAY)}[f"structure:unassigned:{org}"].title


def test_the_superior_reads_one_line_per_kind_and_the_cases_to_answer(w: World) -> None:
    case_id = actions.request_adjustment(w.actor("secretary"), w.orgs["T1-B1"], adjustment(), version=1, at=AT)
    clerk = w.actor("clerk1")
    found = {d.key: d for d in duties.due(clerk, clerk.sees(), TODAY)}
    assert set(found) == {f"process:decide:{case_id}", "structure:many:vacant_post"}
    assert found["structure:many:vacant_post"].title == "1 个党组织班子有空缺职务"
    assert found[f"process:decide:{case_id}"].actions[0].args == (("case_id", str(case_id)),)
    process.refuse(clerk, case_id, reason="名称不规范", at=AT)
    answer = {d.key: d for d in duties.due(w.actor("secretary"), w.actor("secretary").sees(), TODAY)}[f"process:answer:{case_id}"]
    assert answer.state is DutyState.INFO and "名称不规范" in answer.why
    assert f"process:decide:{case_id}" not in {d.key for d in duties.due(clerk, clerk.sees(), TODAY)}


def test_the_answer_to_an_establishment_is_due_in_a_month(w: World) -> None:
    case_id = actions.request_establishment(w.actor("clerk1"), w.orgs["T1"], new(), at=AT)
    county = w.actor("county")
    for today, state in ((date(2026, 12, 20), DutyState.SOON), (date(2026, 12, 21), DutyState.OVERDUE)):
        found = {d.key: d for d in duties.due(county, county.sees(), today)}
        assert (found[f"process:decide:{case_id}"].state, found[f"process:decide:{case_id}"].due_on) == (state, date(2026, 12, 20))


def test_duties_ask_the_same_number_of_statements_for_four_and_for_ten_branches(w: World) -> None:
    with CaptureQueriesContext(connection) as few:
        duties.due(w.actor("county"), w.actor("county").sees(), TODAY)
    for i in range(2, 8):
        actions.found_directly(w.actor("clerk1"), w.orgs["T1"], new(code=f"T1-B{i}0", name=f"第{i}0村党支部"), document=PAPER, approved_on=TODAY, at=AT)
    county = w.actor("county")
    with CaptureQueriesContext(connection) as many:
        duties.due(w.actor("county"), county.sees(), TODAY)
    assert len(many) - len(few) <= 1, [q["sql"][:90] for q in many]  # one more, once: since when somebody is below three


def test_the_desk_collects_what_is_registered(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty, "_PROVIDERS", {})
    duty.register("structure", duties.due)
    secretary = w.actor("secretary")
    assert [d.key for d in duty.due(secretary, secretary.sees(), TODAY)] == [f"structure:vacant:{w.orgs['T1-B1']}"]


# ---------------------------------------------------------------- procedures, problem list


def test_every_step_of_a_procedure_has_an_owner() -> None:
    for kind in procedures.KINDS:
        assert kind.steps and all(step.owner in spec.Owner for step in kind.steps)
        assert kind.code in actions.EFFECTS and kind.document_required


def test_the_problem_list_by_domain() -> None:
    assert [p.title for p in problems.for_domain("rural")] == ["领导核心作用弱化"]
    assert problems.for_domain("retirees") == problems.PROBLEMS
    assert len(problems.ROOTS) == 3
