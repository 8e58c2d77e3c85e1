"""Persons registered twice: found with reasons, merged by decision, records lead to the one who stays."""
from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import world
from tests.world import AT, TODAY, World, id_number

from zhibu.areas.roster import duplicates as area
from zhibu.ground.access.models import Account
from zhibu.ground.guard.actor import Refused
from zhibu.ground.journal import journal
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions, duplicates, merging
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import NewMember, PeopleError
from zhibu.ground.people.merging import Merge
from zhibu.ground.people.models import GroupPlace, Membership, Person, PersonMerge
from zhibu.ground.record import actions as record
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world.build()


def twin(w: World, code: str = "T1-B1", **more) -> int:
    """Register the first member of T1-B1 once more: same name, same month of birth, no ID number."""
    item = NewMember(w.orgs[code], "王一11", "full", date(2018, 5, 1), gender="男", birth_on=date(1975, 6, 1), birth_precision="month", job="村医")
    return actions.register(w.actor("clerk1" if code.startswith("T1") else "clerk2"), replace(item, **more), at=AT)


def wish(winner: int, loser: int, **more) -> Merge:
    return replace(Merge(winner, loser, frozenset({"job"}), "两次录入，已对照身份证", (1, 1), "winner"), **more)


def merged(actor, asked: Merge) -> int:
    return merging.merge(actor, asked, at=AT, batch_id=journal.batch_number())


# ---------------------------------------------------------------- finding


def test_pairs_are_proposed_with_their_reasons(w: World) -> None:
    one, two = w.persons["T1-B1"][0], twin(w)
    (found,) = duplicates.candidates(w.actor("clerk1").sees())
    assert {found.first.person_id, found.second.person_id} == {one, two}
    assert found.why == ("同名，都是1975年6月生",) and not found.against
    assert id_number(1) not in str(found)


def test_a_phone_is_a_reason_and_other_numbers_speak_against(w: World) -> None:
    twin(w, birth_on=None, phone="15400000001", id_no=id_number(900))
    (found,) = duplicates.candidates(w.actor("clerk1").sees())
    assert found.why == ("同名，电话相同",) and found.against == ("身份证号不同，多半不是同一个人",)


def test_only_what_lies_in_scope_is_compared(w: World) -> None:
    twin(w, "T2-B1")
    assert not duplicates.candidates(w.actor("clerk1").sees()) and not duplicates.candidates(w.actor("clerk2").sees())
    assert len(duplicates.candidates(w.actor("county").sees())) == 1
    with pytest.raises(Refused):
        area.proposals(w.actor("organiser"))


def test_finding_costs_the_same_for_few_and_many(w: World) -> None:
    scope = w.actor("county").sees()
    twin(w)
    with CaptureQueriesContext(connection, ) as few:
        duplicates.candidates(scope)
    for serial in range(5):
        twin(w, name=f"李二{serial}")
        twin(w, name=f"李二{serial}")
    with CaptureQueriesContext(connection) as many:
        assert len(duplicates.candidates(scope)) == 6
    assert len(few) == len(many)


# ---------------------------------------------------------------- merging


def test_everything_leads_to_the_person_who_stays(w: World) -> None:
    clerk, org = w.actor("clerk1"), w.orgs["T1-B1"]
    one, two = w.persons["T1-B1"][0], twin(w)
    actions.place(clerk, [actions.NewPlace(org, two, w.groups["T1-B1"][1], date(2019, 1, 1))], at=AT)
    Account.objects.filter(username="leader").update(person_id=two)
    held = date(2026, 9, 5)
    new = record.NewActivity(
        org_id=org, kinds=(("lecture", None),), title="党课", held_on=held, expected=(one, two, w.persons["T1-B1"][1]), expected_count=3, present_count=2,
        absences=(record.NewAbsence(one, "王一11", "absent"),), recorded_at=AT,
    )
    record.write_many(clerk, [new], at=AT)
    (entry,) = recorded.activities(clerk.sees(), org, held, held)
    assert area.merge(clerk, wish(one, two), key="k1", at=AT) == one
    assert area.merge(clerk, wish(one, two), key="k1", at=AT) == one  # a double click
    scope = clerk.sees()
    assert people.headcounts(scope, TODAY)[org].members_all == 8
    assert people.member_file(scope, one, TODAY).job == "村医"
    assert not Membership.objects.within(scope).filter(person_id=two).exists()
    assert GroupPlace.objects.within(scope).filter(person_id=one, to_on__isnull=True).count() == 1
    assert Account.objects.get(username="leader").person_id == one
    seen = recorded.attendance(scope, org, held, held)
    assert two not in seen and (seen[one].expected, seen[one].present) == (1, 1)  # there once, under one of the two numbers
    assert recorded.activity(scope, entry.id).expected == (one, two, w.persons["T1-B1"][1])  # the ledger is as it was written
    assert people.names_of(scope, [two]) == {two: "王一11"}
    assert people.leads_to([two, one]) == {two: one}
    assert people.member_file(scope, two, TODAY).name == "王一11"  # the other row stays readable
    assert not duplicates.candidates(scope)


def test_an_id_number_moves_with_the_choice_and_is_free_of_the_other_row(w: World) -> None:
    clerk = w.actor("clerk1")
    one, two = w.persons["T1-B1"][0], twin(w, id_no=id_number(901))
    merged(clerk, wish(one, two, take=frozenset({"id_no", "name"})))
    scope = clerk.sees()
    rows = {p.pk: p for p in Person.objects.within(scope).filter(pk__in=[one, two])}
    assert rows[one].id_no.reveal() == id_number(901) and rows[two].id_no_index == rows[two].phone_index == ""
    assert people.known_by_id_no([id_number(901)])[id_number(901)][0] == one
    for line in Entry.objects.unscoped("a test reads the journal"):
        assert id_number(901) not in str(line.changes) and id_number(1) not in str(line.changes)


def test_overlapping_spells_are_decided_and_what_does_not_overlap_stays(w: World) -> None:
    clerk = w.actor("clerk1")
    one, two = w.persons["T1-B1"][0], twin(w, "T1-B2")
    with pytest.raises(PeopleError) as error:
        merged(clerk, wish(one, two, spells=""))
    assert error.value.field == "spells"
    merged(clerk, wish(one, two, spells="loser"))
    rows = list(Membership.objects.within(clerk.sees()).filter(person_id=one).order_by("from_on").values_list("org_id", "from_on", "to_on"))
    assert rows == [(w.orgs["T1-B1"], world.FOUNDED, date(2018, 5, 1)), (w.orgs["T1-B2"], date(2018, 5, 1), None)]
    assert Person.objects.within(clerk.sees()).get(pk=one).org_id == w.orgs["T1-B2"]
    assert not GroupPlace.objects.within(clerk.sees()).filter(person_id=one, to_on__isnull=True).exists()  # the group is in the other branch


def test_the_journal_says_everything_that_was_done(w: World) -> None:
    clerk = w.actor("clerk1")
    one, two = w.persons["T1-B1"][0], twin(w)
    merged(clerk, wish(one, two))
    kept = PersonMerge.objects.within(clerk.sees()).get()
    assert (kept.loser_id, kept.winner_id, kept.account_name) == (two, one, "clerk1")
    assert kept.detail["taken"] == ["job"] and len(kept.detail["spells"]["dropped"]) == 1
    lines = Entry.objects.unscoped("a test reads the journal").filter(batch_id=kept.batch_id, action="people.merge")
    assert {line.subject_id for line in lines} == {one, two}


def test_across_two_townships_only_their_common_superior_merges(w: World) -> None:
    one, two = w.persons["T1-B1"][0], twin(w, "T2-B1")
    for username in ("clerk1", "clerk2", "secretary"):
        with pytest.raises((PeopleError, NotFound)) as error:
            merging.both(w.actor(username), one, two)
        assert getattr(error.value, "code", "E023") == "E023"
    with pytest.raises(NotFound):
        merging.both(w.actor("organiser"), one, two)
    assert merged(w.actor("county"), wish(one, two)) == one


def test_a_spell_elsewhere_needs_the_common_superior_too(w: World) -> None:
    one, two = w.persons["T1-B1"][0], twin(w)
    scope = w.actor("county").sees()
    Membership.objects.within(scope).filter(person_id=two).update(from_on=date(2020, 1, 1))
    Membership.objects.within(scope).create(
        org_id=w.orgs["T2-B1"], person_id=two, name="王一11", name_sort="x", standing="full", from_on=date(2018, 5, 1), to_on=date(2020, 1, 1)
    )
    with pytest.raises(PeopleError) as error:
        merging.both(w.actor("clerk1"), one, two)
    assert error.value.code == "E023"
    assert merged(w.actor("county"), wish(one, two)) == one


def test_mergers_that_cannot_be(w: World) -> None:
    clerk = w.actor("clerk1")
    one, two, third = w.persons["T1-B1"][0], twin(w), w.persons["T1-B1"][1]
    with pytest.raises(PeopleError) as error:
        merged(clerk, wish(one, two, reason=" "))
    assert error.value.code == "E054"
    with pytest.raises(Stale):
        merged(clerk, wish(one, two, versions=(1, 2)))
    with pytest.raises(NotFound):
        merged(clerk, wish(one, one))
    merged(clerk, wish(one, two))
    with pytest.raises(PeopleError) as error:
        merged(clerk, wish(third, two))
    assert error.value.code == "E045"


def test_a_chain_leads_to_the_last_one(w: World) -> None:
    clerk = w.actor("clerk1")
    one, two = w.persons["T1-B1"][0], twin(w)
    merged(clerk, wish(one, two))
    three = twin(w, id_no=id_number(903))
    merged(clerk, wish(three, one, versions=(1, 2), take=frozenset()))
    assert people.leads_to([two, one]) == {two: three, one: three}


SPAN = st.tuples(st.integers(0, 40), st.one_of(st.none(), st.integers(1, 20))).map(
    lambda t: (date(2020, 1, 1) + timedelta(days=t[0]), None if t[1] is None else date(2020, 1, 1) + timedelta(days=t[0] + t[1]))
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SPAN, max_size=4), SPAN)
def test_clipping_leaves_exactly_the_free_days(kept, span) -> None:
    days = [date(2020, 1, 1) + timedelta(days=n) for n in range(80)]

    def holds(one, day) -> bool:
        return one[0] <= day and (one[1] is None or day < one[1])

    parts = duplicates.clipped(kept, span)
    for day in days:
        assert sum(holds(p, day) for p in parts) == (holds(span, day) and not any(holds(k, day) for k in kept))
