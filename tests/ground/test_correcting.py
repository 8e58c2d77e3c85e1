"""Names and ID numbers put right with a reason; deaths and other ends with their papers, and a death taken back."""
from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests import world
from tests.world import AT, TODAY, World, id_number

from zhibu.areas.roster import actions as roster
from zhibu.areas.roster import queries, rules
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions, correcting
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.people.models import Correction, Membership

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 12)


@pytest.fixture
def w() -> World:
    return world.build()


def first(w: World) -> int:
    return w.persons["T1-B1"][0]


def test_a_name_changes_with_a_reason_only(w: World) -> None:
    secretary = w.actor("secretary")
    with pytest.raises(PeopleError) as error:
        actions.edit(secretary, first(w), values={"name": "王壹"}, version=1, at=AT)
    assert (error.value.code, error.value.field) == ("E054", "reason")
    assert not Correction.objects.within(secretary.sees()).exists()
    actions.edit(secretary, first(w), values={"name": "王壹"}, version=1, at=AT, reason="录入写错，已对照身份证")
    (one,) = correcting.corrections(secretary.sees(), first(w))
    assert (one.title, one.before, one.reason, one.by) == ("姓名", "王一11", "录入写错，已对照身份证", "secretary")


def test_the_old_id_number_is_kept_sealed_and_stands_in_no_journal(w: World) -> None:
    secretary, old, new = w.actor("secretary"), id_number(1), id_number(777)
    actions.edit(secretary, first(w), values={"id_no": new}, version=1, at=AT, reason="少写一位")
    row = Correction.objects.within(secretary.sees()).get(person_id=first(w))
    assert row.before == "" and row.before_id_no.reveal() == old
    assert old not in row.before_id_no.token and old not in str(row.before_id_no)
    for line in Entry.objects.unscoped("a test reads the journal"):
        assert old not in str(line.changes) and new not in str(line.changes)
    shown = queries.member(secretary.sees(), first(w), TODAY).history
    assert "secretary更正公民身份证号：少写一位" in {e.text for e in shown}


def test_a_first_id_number_needs_no_reason_and_an_import_answers_with_its_batch(w: World) -> None:
    secretary = w.actor("secretary")
    person = actions.register(secretary, actions.NewMember(w.orgs["T1-B1"], "新来的", "full", date(2020, 1, 1)), at=AT)
    actions.edit(secretary, person, values={"id_no": id_number(778)}, version=1, at=AT)
    actions.edit(secretary, person, values={"name": "新来"}, version=2, at=AT, batch_id=7)
    (one,) = correcting.corrections(secretary.sees(), person)
    assert (one.before, one.reason) == ("新来的", correcting.BY_IMPORT)


def test_a_corrected_number_that_is_taken_is_refused_and_nothing_is_kept(w: World) -> None:
    with pytest.raises(PeopleError) as error:
        actions.edit(w.actor("secretary"), first(w), values={"id_no": id_number(2)}, version=1, at=AT, reason="写错")
    assert error.value.code == "E044"
    assert not Correction.objects.unscoped("a test counts").exists()


@pytest.mark.parametrize(("ended_as", "document", "meeting", "code"), [
    ("deceased", "", "", ""), ("removed", "", "", "E049"), ("removed", "镇党〔2026〕5号", "", "E038"), ("removed", "镇党〔2026〕5号", "2026-10-30", ""),
    ("advised_out", "镇党〔2026〕5号", " ", "E038"), ("expelled", "", "2026-10-30", "E049"), ("expelled", "县纪〔2026〕5号", "", ""), ("withdrew", "镇党〔2026〕5号", "", ""),
    ("transferred", "介 12 号", "", "E008"),
])
def test_the_papers_of_an_end(ended_as: str, document: str, meeting: str, code: str) -> None:
    assert rules.check_end(ended_as, document, meeting).code == code


def test_a_death_ends_everything_from_its_day_on(w: World) -> None:
    secretary = w.actor("secretary")
    Account.objects.filter(username="leader").update(person_id=first(w))
    roster.end_member(secretary, first(w), on=DAY, ended_as="deceased", document="", key="k1", at=AT)
    scope, org = secretary.sees(), w.orgs["T1-B1"]
    before = DAY - timedelta(days=1)
    assert people.headcounts(scope, before)[org].members_all - people.headcounts(scope, DAY)[org].members_all == 1
    assert first(w) in {e.person_id for e in people.roll(scope, org, before)} and first(w) not in {e.person_id for e in people.roll(scope, org, DAY)}
    assert first(w) not in {p.person_id for p in people.posts(scope, DAY)}
    account = Account.objects.get(username="leader")
    assert not account.is_active and account.session_epoch == 1
    assert not Grant.objects.filter(account=account, valid_to__isnull=True).exists()


def test_somebody_who_goes_elsewhere_is_transferred_by_his_letter(w: World) -> None:
    with pytest.raises(PeopleError, match="E008") as error:
        roster.end_member(w.actor("secretary"), first(w), on=DAY, ended_as="transferred", document="介 12 号", key="k1", at=AT)
    assert error.value.field == "ended_as" and people.is_member(w.actor("secretary").sees(), first(w))


def test_a_removal_without_the_meeting_is_refused_and_nothing_ends(w: World) -> None:
    with pytest.raises(PeopleError) as error:
        roster.end_member(w.actor("secretary"), first(w), on=DAY, ended_as="removed", document="镇党〔2026〕5号", key="k1", at=AT)
    assert (error.value.code, error.value.field) == ("E038", "meeting")
    roster.end_member(w.actor("secretary"), first(w), on=DAY, ended_as="removed", document="镇党〔2026〕5号", meeting="2026-10-30", key="k2", at=AT)
    row = Membership.objects.within(w.actor("secretary").sees()).get(person_id=first(w))
    assert (row.ended_as, row.ended_document) == ("removed", "镇党〔2026〕5号；支部党员大会：2026-10-30")


def test_a_mistaken_death_is_taken_back_with_a_reason(w: World) -> None:
    secretary, person, org = w.actor("secretary"), first(w), w.orgs["T1-B1"]
    roster.end_member(secretary, person, on=DAY, ended_as="deceased", document="", key="k1", at=AT)
    with pytest.raises(PeopleError) as error:
        roster.revive(secretary, person, reason="", key="k2", at=AT)
    assert error.value.code == "E054"
    roster.revive(secretary, person, reason="同名的另一人去世", key="k3", at=AT)
    roster.revive(secretary, person, reason="同名的另一人去世", key="k3", at=AT)  # a double click
    spells = list(Membership.objects.within(secretary.sees()).filter(person_id=person).order_by("from_on").values_list("from_on", "to_on", "ended_as", "began_as"))
    assert spells == [(world.FOUNDED, DAY, "deceased", "registered"), (DAY, None, "", "restored")]
    assert people.headcounts(secretary.sees(), DAY)[org].members_all == 8
    texts = [e.text for e in queries.member(secretary.sees(), person, TODAY).history]
    assert any("更正去世：同名的另一人去世" in t for t in texts) and any("恢复登记" in t for t in texts)
    with pytest.raises(PeopleError) as error:
        roster.revive(secretary, person, reason="再来一次", key="k4", at=AT)
    assert error.value.code == "E045"


def test_only_who_writes_members_takes_a_death_back(w: World) -> None:
    roster.end_member(w.actor("secretary"), first(w), on=DAY, ended_as="deceased", document="", key="k1", at=AT)
    with pytest.raises(Refused):
        correcting.revive(w.actor("reader"), first(w), reason="写错了", at=AT)
    with pytest.raises(people.NotFound):
        correcting.revive(w.actor("foreign"), first(w), reason="写错了", at=AT)
    assert not w.actor("reader").may(Permission.MEMBER_WRITE, "")
