"""Roles as data, accounts, one-time codes and grants (rules.md S38, trust.md B1, B4)."""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.world import PASSWORD, World, build

from zhibu.ground.access import actions, queries, setup
from zhibu.ground.access import roles as role_table
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.access.queries import actor_by_username, actor_for, holders, office, system_actor
from zhibu.ground.access.roles import roles
from zhibu.ground.guard.actor import Actor, Held, Refused
from zhibu.ground.guard.permission import Compartment, Permission
from zhibu.ground.journal.models import Entry
from zhibu.ground.people.models import Person
from zhibu.ground.record.models import Activity
from zhibu.ground.tree.models import Organisation

READS = {Permission.MEMBER_READ, Permission.ACTIVITY_READ, Permission.COMPLIANCE_READ, Permission.POLICY_READ, Permission.OWN_FILE, Permission.JOURNAL_READ,
         Permission.TRAINING_READ, Permission.DUES_TOTAL, Permission.RESOURCE_READ}
BUSINESS = set(Permission) - {Permission.ACCOUNT_MANAGE, Permission.GRANT_MANAGE, Permission.JOURNAL_READ, Permission.SYSTEM_RUN}
ADMINS = ("system_admin", "security_admin", "auditor")


@pytest.fixture
def w(db: None) -> World:
    return build(branches=2, members=4)


def journal_text() -> str:
    """Give the whole journal."""
    return str(list(Entry.objects.unscoped("a test reads the journal").values()))


def entries(action: str) -> int:
    return Entry.objects.unscoped("a test counts entries").filter(action=action).count()


# --- roles ----------------------------------------------------------------------------------------------------------------------------------


def test_the_roles_are_those_of_the_rules() -> None:
    assert set(roles()) >= {
        "member", "group_leader", "branch_secretary", "committee_member", "dues_keeper", "general_branch_secretary", "party_building_office", "organiser",
        "county_org_dept", "city_org_dept", "party_instructor", "inspector", *ADMINS, "discipline_reader",
    }
    assert all(re.search(r"[\u4e00-\u9fff]", role.title) for role in roles().values())


def test_every_permission_is_held_by_a_role() -> None:
    assert {p for role in roles().values() for p in role.permissions} == set(Permission)


def test_the_three_administrators_share_nothing_and_see_no_business_data() -> None:
    held = [roles()[code].permissions for code in ADMINS]
    assert all(roles()[code].system and not roles()[code].compartments for code in ADMINS)
    assert sum(map(len, held)) == len(frozenset().union(*held))
    assert not frozenset().union(*held) & BUSINESS
    assert {code for code, role in roles().items() if role.system} == set(ADMINS)


@pytest.mark.parametrize("code", ["discipline_reader", "organiser", "inspector", "party_instructor", "member"])
def test_readers_write_nothing(code: str) -> None:
    assert roles()[code].permissions <= READS


def test_who_hands_in_at_the_lowest_level_never_decides() -> None:
    for code in ("branch_secretary", "committee_member", "group_leader", "general_branch_secretary"):
        assert not roles()[code].permissions & {Permission.ORG_APPROVE, Permission.EXCUSE_DECIDE, Permission.POLICY_ASSIGN}


def test_rank_opens_no_compartment() -> None:
    for code in ("county_org_dept", "city_org_dept", "party_building_office", "discipline_reader", "general_branch_secretary"):
        assert not roles()[code].compartments
    assert roles()["branch_secretary"].compartments == {Compartment.INCOME, Compartment.TALKS, Compartment.HARDSHIP}


@pytest.mark.parametrize("line", ['permissions = ["activity.raed"]', 'permissions = []\ncompartments = ["salary"]'])
def test_an_unknown_word_in_the_table_names_the_role(line: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "roles.toml").write_text(f'[clerk]\ntitle = "干事"\n{line}\n', encoding="utf-8")
    monkeypatch.setattr(role_table, "__file__", str(tmp_path / "roles.py"))
    with pytest.raises(ValueError, match="clerk"):
        role_table.roles.__wrapped__()


# --- actors ---------------------------------------------------------------------------------------------------------------------------------


def test_an_actor_holds_what_is_granted_there_and_below(w: World) -> None:
    clerk = w.actor("clerk1")
    paths = w.paths
    assert [code for code in paths if clerk.may(Permission.MEMBER_WRITE, paths[code])] == ["T1", "T1-B1", "T1-B2"]
    assert not clerk.may(Permission.POLICY_ASSIGN, paths["T1"])
    clerk.require(Permission.MEMBER_WRITE, paths["T1-B2"])
    for path, permission, hidden in ((paths["T2"], Permission.MEMBER_WRITE, True), (paths["QH"], Permission.MEMBER_READ, True), (paths["T1"], Permission.POLICY_ASSIGN, False)):
        with pytest.raises(Refused) as refusal:
            clerk.require(permission, path)
        assert refusal.value.hidden is hidden


def test_an_organisation_whose_path_only_begins_alike_is_not_below() -> None:
    held = Held("r", "r", 1, "000001", "", frozenset({Permission.MEMBER_READ}))
    actor = Actor(1, "甲", None, (held,))
    assert actor.may(Permission.MEMBER_READ, "000001000002") and not actor.may(Permission.MEMBER_READ, "000011")


@pytest.mark.parametrize(("valid_from", "valid_to", "held"), [
    (0, None, True), (0, 1, True), (-1, 0, False), (1, None, False), (-10, 1, True), (-10, -5, False),
])
def test_a_grant_counts_from_its_first_day_up_to_the_day_it_ends(valid_from: int, valid_to: int | None, held: bool, w: World, today: date) -> None:
    Grant.objects.filter(account__username="secretary").update(
        valid_from=today + timedelta(valid_from), valid_to=None if valid_to is None else today + timedelta(valid_to)
    )
    assert bool(w.actor("secretary", today).grants) is held


def test_a_disabled_account_holds_nothing(w: World, at: datetime) -> None:
    actions.disable(system_actor(), account_id=w.accounts["secretary"], at=at)
    assert not w.actor("secretary").grants and entries("access.disable") == 1


def test_a_role_that_was_taken_out_of_the_table_gives_nothing(w: World) -> None:
    Grant.objects.filter(account__username="secretary").update(role="abolished")
    assert not w.actor("secretary").grants


@pytest.mark.parametrize("username", ["sysadmin", "secadmin", "auditor"])
def test_administrators_of_the_system_are_nowhere_in_the_tree(username: str, w: World) -> None:
    actor = w.actor(username)
    assert actor.grants
    assert not any(actor.sees().covers(o.path) for o in Organisation.objects.all())
    assert not Person.objects.within(actor.sees()).exists() and not Activity.objects.within(actor.sees()).exists()


def test_a_member_reads_own_rows_only(w: World) -> None:
    actor = w.actor("member")
    assert actor.person_id and actor.scope(Permission.MEMBER_READ).empty
    assert not Person.objects.within(actor.scope(Permission.MEMBER_READ)).exists()
    assert [p.pk for p in Person.objects.within(actor.scope(Permission.OWN_FILE))] == [actor.person_id]


def test_compartments_come_with_the_grant_that_opens_them(w: World, at: datetime, today: date) -> None:
    assert w.actor("secretary").scope(Permission.MEMBER_READ).compartments == {Compartment.INCOME, Compartment.TALKS, Compartment.HARDSHIP}
    assert not w.actor("county").scope(Permission.MEMBER_READ).compartments
    actions.grant(system_actor(), account_id=w.accounts["county"], role="dues_keeper", org_id=w.orgs["T1-B1"], valid_from=today, valid_to=None, at=at)
    assert w.actor("county").scope(Permission.ACTIVITY_READ).compartments == frozenset(), "not through a right the keeper does not have"
    county = w.actor("county").scope(Permission.DUES_READ)
    assert county.opens(Compartment.INCOME, w.paths["T1-B1"]) and not county.opens(Compartment.INCOME, w.paths["T1-B2"])


def test_a_compartment_opens_only_below_its_own_grant(w: World, at: datetime, today: date) -> None:
    """Two grants of one right: the rank of the wider one does not borrow the compartment of the narrower."""
    secretary = w.actor("secretary")
    wide = Held("inspector", "督导组", w.orgs["T1"], w.paths["T1"], "", frozenset({Permission.MEMBER_READ}))
    scope = replace(secretary, grants=(*secretary.grants, wide)).scope(Permission.MEMBER_READ)
    assert scope.covers(w.paths["T1-B2"]) and not scope.opens(Compartment.INCOME, w.paths["T1-B2"])
    assert scope.inside(Compartment.INCOME).paths == (w.paths["T1-B1"],)
    assert scope.inside(Compartment.VETTING).empty


def test_holders_are_found_where_they_hold(w: World, today: date) -> None:
    assert [c.username for c in holders(w.orgs["T1-B1"], ("branch_secretary",), today)] == ["secretary"]
    assert not holders(w.orgs["T1"], ("branch_secretary",), today)


def test_an_office_without_an_account_has_one_role_at_one_place(w: World) -> None:
    actor = office("王秀兰", "branch_secretary", w.orgs["T1-B1"])
    assert actor.account_id is None and [g.role for g in actor.grants] == ["branch_secretary"]
    assert actor_by_username("nobody", date(2026, 1, 1)) is None


# --- accounts and codes ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_fresh_installation_has_no_account() -> None:
    assert not Account.objects.exists() and not Grant.objects.exists()


FIRST = setup.First(
    setup.Who("周明", "zhouming"), setup.Who("安全", "anquan"), setup.Who("审计", "shenji"), setup.Who("沈文静", "shenwenjing"), "county_org_dept",
    "中共青禾县委员会", "青禾县委", "party_committee",
)


@pytest.mark.django_db
def test_the_setup_code_makes_the_first_account_once(at: datetime) -> None:
    code = setup.new_code(at)
    account, slips = setup.set_up(code, FIRST, PASSWORD, at)
    assert [g.role for g in actor_for(account, at.date()).grants] == ["system_admin"]
    assert not setup.needed() and not account.one_time and account.check_password(PASSWORD)
    held = {a.username: [g.role for g in actor_for(a, at.date()).grants] for a in Account.objects.exclude(pk=account.pk)}
    assert held == {"anquan": ["security_admin"], "shenji": ["auditor"], "shenwenjing": ["county_org_dept"]}
    for slip in slips:
        opened = Account.objects.get(username=slip.username)
        assert opened.one_time and opened.check_password(slip.code) and slip.code not in journal_text()
    for again in (lambda: setup.set_up(code, FIRST, PASSWORD, at), lambda: setup.new_code(at)):
        with pytest.raises(setup.SetupRefused):
            again()
    assert Account.objects.count() == 4 and code not in journal_text()


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "later"), [("aaaa-bbbb-cccc", 0), ("", 0), (None, 24.01)])
def test_another_code_or_an_expired_one_makes_nothing(typed: str | None, later: float, at: datetime) -> None:
    code = setup.new_code(at)
    with pytest.raises(setup.SetupRefused):
        setup.set_up(code if typed is None else typed, FIRST, PASSWORD, at + timedelta(hours=later))
    assert setup.needed() and not Organisation.objects.exists()


@pytest.mark.django_db
def test_a_new_setup_code_takes_the_place_of_the_old(at: datetime) -> None:
    old, new = setup.new_code(at), setup.new_code(at)
    with pytest.raises(setup.SetupRefused):
        setup.set_up(old, FIRST, PASSWORD, at)
    assert setup.set_up(new, FIRST, PASSWORD, at)


@pytest.mark.django_db
def test_a_weak_first_password_makes_nothing(at: datetime) -> None:
    code = setup.new_code(at)
    with pytest.raises(actions.WeakPassword):
        setup.set_up(code, FIRST, "12345678", at)
    assert setup.needed() and not Organisation.objects.exists() and not Grant.objects.exists()
    assert setup.set_up(code, FIRST, PASSWORD, at), "the code is not used up by a mistake"


def test_codes_are_long_random_and_easy_to_read_out() -> None:
    codes = {actions.one_time_code() for _ in range(200)}
    assert len(codes) == 200 and all(re.fullmatch(r"[2-9a-km-np-z]{4}(-[2-9a-km-np-z]{4}){2}", code) for code in codes)
    assert len(actions.ALPHABET) ** 12 > 2**59 and not set("01ilo") & set(actions.ALPHABET)


def test_a_code_is_kept_only_as_a_hash(w: World, at: datetime) -> None:
    account_id, code = actions.open_account(system_actor(), username="new", name="新", at=at)
    assert code not in str(Account.objects.filter(pk=account_id).values().get()) and code not in journal_text()


def test_a_new_code_takes_the_place_of_password_and_sessions(w: World, at: datetime) -> None:
    before = Account.objects.get(username="secretary")
    code = actions.renew_code(w.actor("sysadmin"), account_id=before.pk, at=at)
    after = Account.objects.get(username="secretary")
    assert after.one_time and after.check_password(code) and not after.check_password(PASSWORD)
    assert before.get_session_auth_hash() != after.get_session_auth_hash() and entries("access.renew_code") == 1


@pytest.mark.parametrize("password", ["short1a", "1234567890", "password", "secretary", "secretary1"])
def test_a_weak_password_is_refused_in_sentences(password: str, w: World, at: datetime) -> None:
    account = Account.objects.get(username="secretary")
    with pytest.raises(actions.WeakPassword) as refusal:
        actions.set_password(account, password=password, at=at)
    assert refusal.value.reasons and all(re.search(r"[\u4e00-\u9fff]", reason) for reason in refusal.value.reasons)
    assert Account.objects.get(username="secretary").check_password(PASSWORD) and not entries("access.set_password")


# --- grants ---------------------------------------------------------------------------------------------------------------------------------

DO: dict[str, Callable[[Actor, World, datetime], Any]] = {
    "open_account": lambda actor, w, at: actions.open_account(actor, username="x", name="x", at=at),
    "renew_code": lambda actor, w, at: actions.renew_code(actor, account_id=w.accounts["secretary"], at=at),
    "disable": lambda actor, w, at: actions.disable(actor, account_id=w.accounts["secretary"], at=at),
    "grant": lambda actor, w, at: actions.grant(
        actor, account_id=w.accounts["secretary"], role="county_org_dept", org_id=w.orgs["QH"], valid_from=at.date(), valid_to=None, at=at),
    "end_grant": lambda actor, w, at: actions.end_grant(actor, Grant.objects.get(account__username="secretary").pk, on=at.date(), at=at),
}
MAY = {"open_account": {"sysadmin"}, "renew_code": {"sysadmin", "clerk1", "county"}, "disable": {"sysadmin"}, "grant": {"secadmin"}, "end_grant": {"secadmin"}}


@pytest.mark.parametrize("what", DO)
def test_only_the_administrator_concerned_may(what: str, w: World, at: datetime) -> None:
    for username in w.accounts:
        before = (Account.objects.count(), list(Grant.objects.values()), Entry.objects.unscoped("a test counts entries").count())
        if username in MAY[what]:
            continue
        with pytest.raises(Refused):
            DO[what](w.actor(username), w, at)
        assert (Account.objects.count(), list(Grant.objects.values()), Entry.objects.unscoped("a test counts entries").count()) == before
    for done, username in enumerate(sorted(MAY[what]), 1):
        DO[what](w.actor(username), w, at)
        assert entries(f"access.{what}") == done


@pytest.mark.parametrize(("role", "at_org"), [("county_org_dept", False), ("auditor", True), ("emperor", True)])
def test_a_grant_that_makes_no_sense_is_refused(role: str, at_org: bool, w: World, at: datetime) -> None:
    with pytest.raises(ValueError, match="角色"):
        actions.grant(
            system_actor(), account_id=w.accounts["member"], role=role, org_id=w.orgs["T1"] if at_org else None, valid_from=at.date(), valid_to=None, at=at
        )


def test_a_grant_cannot_end_before_it_began(w: World, at: datetime) -> None:
    with pytest.raises(ValueError, match="早于"):
        actions.end_grant(system_actor(), Grant.objects.get(account__username="secretary").pk, on=date(2014, 12, 31), at=at)


# --- sabotage twins ---------------------------------------------------------------------------------------------------------------------------


def test_grants_of_other_days_would_count_without_the_condition(w: World, today: date, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.models import Q

    monkeypatch.setattr(queries, "valid_on", lambda day: Q())
    with pytest.raises(AssertionError):
        test_a_grant_counts_from_its_first_day_up_to_the_day_it_ends(-10, -5, False, w, today)


@pytest.mark.parametrize("what", DO)
def test_everybody_might_without_the_question(what: str, w: World, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Actor, "holds", lambda self, permission: True)
    with pytest.raises(pytest.fail.Exception):
        test_only_the_administrator_concerned_may(what, w, at)


def test_system_roles_would_see_everything_at_an_empty_path(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = queries.Held
    monkeypatch.setattr(queries, "Held", lambda **k: plain(**{**k, "org_path": "" if k["org_path"] == "!system" else k["org_path"]}))
    with pytest.raises(AssertionError):
        test_administrators_of_the_system_are_nowhere_in_the_tree("auditor", w)
