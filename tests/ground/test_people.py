"""Members over time: headcounts, spells, search, who may change what, and what no list may show."""
from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from tests.world import AT, FOUNDED, TODAY, World, build, id_number

from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions, queries
from zhibu.ground.people.actions import NewExclusion, NewMember, NewPlace, NewPost, NewSpell, PeopleError
from zhibu.ground.people.models import Membership, Person
from zhibu.ground.people.queries import Headcount, Search
from zhibu.ground.tree import actions as tree
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound, path_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def boss(world: World) -> Actor:
    return system_actor()


@pytest.fixture
def secretary(world: World) -> Actor:
    return world.actor("secretary")


def scope_of(w: World, code: str) -> Scope:
    return Scope((path_of(w.orgs[code]),))


def count(w: World, code: str, on: date = TODAY) -> Headcount:
    return queries.headcounts(scope_of(w, "QH"), on).get(w.orgs[code], queries.NOBODY)


def names(w: World, text: str, scope: Scope | None = None, **wanted: Any) -> list[str]:
    rows, found = queries.members(scope or scope_of(w, "QH"), TODAY, Search(text, **wanted))
    assert found == len(rows)
    return [r.name for r in rows]


def new(w: World, code: str = "T1-B1", **values: Any) -> NewMember:
    return replace(NewMember(w.orgs[code], "覃小六", "full", date(2026, 1, 5), joined_on=date(2010, 7, 1), full_on=date(2011, 7, 1)), **values)


def statements(do: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as caught:
        do()
    return len(caught)


# --- headcounts ---------------------------------------------------------------------------------------------------------------------------


def test_the_bases_of_a_branch_show_their_arithmetic(world: World, boss: Actor) -> None:
    people = world.persons["T1-B1"]
    actions.change_standing(boss, people[0], on=TODAY, at=AT, rights="on_probation")
    actions.change_standing(boss, people[1], on=TODAY, at=AT, rights="rights_suspended")
    actions.change_standing(boss, people[2], on=TODAY, at=AT, standing="suspended")
    actions.exclude(boss, [NewExclusion(world.orgs["T1-B1"], p, "4", TODAY, "镇党〔2026〕9号", "党员大会记录") for p in (people[3], people[7])], at=AT)
    now = count(world, "T1-B1")
    assert (now.full, now.probationary, now.suspended) == (6, 1, 1)
    assert now.members_all == 7                # 停止党籍 is in no base
    assert now.expected_life == 5              # two approved exclusions, one of them probationary
    assert now.expected_voting == 6 - 1 - 1 - 1
    assert now.arithmetic == (
        "党员总数 7 = 正式 6 + 预备 1（停止党籍 1 人不计）", "应到会 5 = 党员总数 7 − 批准不计算在应到会 2",
        "有表决权 3 = 正式 6 − 留党察看 1 − 权利中止 1 − 批准不计算 1",
    )
    before = count(world, "T1-B1", TODAY - timedelta(days=1))
    assert (before.members_all, before.expected_life, before.expected_voting) == (8, 8, 7)


def test_nobody_is_left_out_twice(world: World, boss: Actor) -> None:
    """留党察看 and 停止党籍 leave the bases by themselves; an approval on top changes nothing there."""
    first, second = world.persons["T1-B1"][:2]
    org = world.orgs["T1-B1"]
    actions.exclude(boss, [NewExclusion(org, first, "1", FOUNDED, "甲", "乙"), NewExclusion(org, first, "2", FOUNDED, "甲", "乙"),
                           NewExclusion(org, second, "3", FOUNDED, "甲", "乙")], at=AT)
    actions.change_standing(boss, first, on=TODAY, at=AT, rights="on_probation")
    actions.change_standing(boss, second, on=TODAY, at=AT, standing="suspended")
    now = count(world, "T1-B1")
    assert (now.expected_life, now.expected_voting) == (7 - 1, 6 - 1)


def test_an_exclusion_ends(world: World, boss: Actor) -> None:
    actions.exclude(boss, [NewExclusion(world.orgs["T1-B1"], world.persons["T1-B1"][0], "5", date(2026, 1, 1), "甲", "乙", date(2026, 7, 1))], at=AT)
    assert [count(world, "T1-B1", d).expected_life for d in (date(2025, 12, 31), date(2026, 6, 30), date(2026, 7, 1))] == [7, 7, 8]


def test_headcounts_add_up_over_a_subtree(world: World) -> None:
    counts = queries.headcounts(scope_of(world, "T1"), TODAY)
    assert set(counts) == {world.orgs["T1-B1"], world.orgs["T1-B2"]}
    assert queries.total(counts.values()) == Headcount(full=14, probationary=2)
    assert queries.total([]) == queries.NOBODY


def test_the_reader_counts_only_in_the_own_branch(world: World) -> None:
    """A clerk whose own membership lies elsewhere must not see that branch appear with one member."""
    mine = replace(scope_of(world, "T2"), person_id=world.persons["T1-B1"][3])
    assert set(queries.headcounts(mine, TODAY)) == {world.orgs["T2-B1"], world.orgs["T2-B2"]}
    assert {r.org_id for r in queries.members(mine, TODAY, Search())[0]} == {world.orgs["T2-B1"], world.orgs["T2-B2"]}
    assert queries.roll(mine, world.orgs["T1-B1"], TODAY) == []


def test_an_empty_scope_is_empty(world: World) -> None:
    assert queries.headcounts(Scope(), TODAY) == {}
    assert queries.members(Scope(), TODAY, Search()) == ([], 0)
    assert queries.posts(Scope(), TODAY) == [] and queries.places(Scope(), TODAY) == {}


# --- spells over time ---------------------------------------------------------------------------------------------------------------------


def test_a_change_of_standing_closes_a_spell_and_opens_the_next(world: World, boss: Actor) -> None:
    person = world.persons["T1-B1"][7]
    actions.change_standing(boss, person, on=date(2026, 11, 10), at=AT, standing="full", document="支部大会决议；镇党〔2026〕8号")
    file = queries.member_file(scope_of(world, "QH"), person, TODAY)
    assert [(s.standing, s.from_on, s.to_on) for s in file.spells] == [
        ("probationary", date(2026, 3, 1), date(2026, 11, 10)), ("full", date(2026, 11, 10), None),
    ]
    assert file.full_on == date(2026, 11, 10) and file.version == 2  # the sheet's item follows
    assert [count(world, "T1-B1", d).full for d in (date(2026, 11, 9), date(2026, 11, 10))] == [7, 8]


def test_a_named_full_date_stays(world: World, boss: Actor) -> None:
    person = actions.register(boss, new(world, standing="probationary", joined_on=date(2025, 11, 1), full_on=date(2026, 11, 1)), at=AT)
    actions.change_standing(boss, person, on=date(2026, 11, 15), at=AT, standing="full")
    assert queries.member_file(scope_of(world, "QH"), person, TODAY).full_on == date(2026, 11, 1)


def test_two_changes_on_one_day_leave_one_spell(world: World, boss: Actor) -> None:
    person = world.persons["T1-B1"][0]
    actions.change_standing(boss, person, on=TODAY, at=AT, rights="on_probation", document="青纪〔2026〕1号")
    actions.change_standing(boss, person, on=TODAY, at=AT, rights="rights_suspended")
    spells = queries.member_file(scope_of(world, "QH"), person, TODAY).spells
    assert [(s.rights, s.from_on, s.document) for s in spells] == [("normal", FOUNDED, ""), ("rights_suspended", TODAY, "青纪〔2026〕1号")]


@pytest.mark.parametrize(("on", "code"), [(date(2014, 12, 31), "E002"), (TODAY + timedelta(days=1), "E001")])
def test_a_change_lies_between_the_spell_and_today(world: World, boss: Actor, on: date, code: str) -> None:
    person = world.persons["T1-B1"][0]
    for change in (
        lambda: actions.change_standing(boss, person, on=on, at=AT, rights="on_probation"),
        lambda: actions.end_membership(boss, person, on=on, ended_as="deceased", document="", at=AT),
    ):
        with pytest.raises(PeopleError) as refused:
            change()
        assert (refused.value.code, refused.value.field) == (code, "on")
    assert len(queries.member_file(scope_of(world, "QH"), person, TODAY).spells) == 1


def test_today_is_the_day_in_china(world: World, boss: Actor) -> None:
    """At 7 in the morning in China the universal date is still yesterday's."""
    morning = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    actions.change_standing(boss, world.persons["T1-B1"][0], on=TODAY, at=morning, rights="on_probation")
    actions.register(boss, new(world, since=TODAY), at=morning)
    actions.end_membership(boss, world.persons["T1-B1"][1], on=TODAY, ended_as="deceased", document="", at=morning)


def test_nothing_to_change_is_said(world: World, boss: Actor) -> None:
    with pytest.raises(PeopleError, match="不用再办"):
        actions.change_standing(boss, world.persons["T1-B1"][0], on=TODAY, at=AT, standing="full")


def test_death_ends_membership_posts_place_and_exclusion(world: World, boss: Actor) -> None:
    person, org = world.persons["T1-B1"][0], world.orgs["T1-B1"]
    actions.fill_posts(boss, [NewPost(world.orgs["T1"], person, "member", FOUNDED)], at=AT)  # also in the committee above
    actions.fill_posts(boss, [NewPost(org, person, "publicity", FOUNDED, to_on=date(2028, 1, 1))], at=AT)  # with a planned end
    actions.fill_posts(boss, [NewPost(org, person, "youth", date(2027, 1, 1))], at=AT)  # not begun
    actions.exclude(boss, [NewExclusion(org, person, "4", FOUNDED, "甲", "乙")], at=AT)
    actions.end_membership(boss, person, on=TODAY, ended_as="deceased", document="", at=AT)
    everything = scope_of(world, "QH")
    yesterday = TODAY - timedelta(days=1)
    for day, there in ((yesterday, True), (TODAY, False), (date(2027, 6, 1), False)):
        assert (person in [p.person_id for p in queries.posts(everything, day)]) is there
        assert (person in [p for members in queries.places(everything, day).values() for p, _ in members]) is there
        assert (person in [m.person_id for m in queries.roll(everything, org, day)]) is there
    assert (count(world, "T1-B1", yesterday).expected_life, count(world, "T1-B1").expected_life) == (7, 7)
    assert (count(world, "T1-B1", yesterday).members_all, count(world, "T1-B1").members_all) == (8, 7)
    spell = queries.member_file(everything, person, TODAY).spells[-1]
    assert (spell.ended_as, spell.ended_title, spell.to_on) == ("deceased", "去世", TODAY)


def test_other_ends_need_a_paper_and_keep_the_first_one(world: World, boss: Actor) -> None:
    person = world.persons["T1-B1"][0]
    actions.change_standing(boss, person, on=date(2026, 10, 1), at=AT, rights="on_probation", document="青纪〔2026〕1号")
    with pytest.raises(PeopleError) as refused:
        actions.end_membership(boss, person, on=TODAY, ended_as="expelled", document="", at=AT)
    assert (refused.value.code, refused.value.field) == ("E049", "document")
    actions.end_membership(boss, person, on=TODAY, ended_as="expelled", document="青纪〔2026〕7号", at=AT)
    spell = queries.member_file(scope_of(world, "QH"), person, TODAY).spells[-1]
    assert (spell.document, spell.ended_document) == ("青纪〔2026〕1号", "青纪〔2026〕7号")
    with pytest.raises(PeopleError) as refused:
        actions.end_membership(boss, person, on=TODAY, ended_as="deceased", document="", at=AT)
    assert refused.value.code == "E045"
    with pytest.raises(PeopleError) as refused:
        actions.end_membership(boss, world.persons["T1-B1"][1], on=TODAY, ended_as="promoted", document="甲", at=AT)
    assert refused.value.field == "ended_as"


def test_a_merger_moves_everybody_and_the_past_stays(world: World, boss: Actor) -> None:
    first, second = world.orgs["T1-B1"], world.orgs["T1-B2"]
    moved = world.persons["T1-B1"]
    day = date(2026, 11, 1)
    assert actions.move_all(boss, from_org_id=first, to_org_id=second, on=day, document="镇党〔2026〕11号", at=AT) == 8
    eve = day - timedelta(days=1)
    assert [count(world, "T1-B1", d).members_all for d in (eve, day)] == [8, 0]
    assert [count(world, "T1-B2", d).members_all for d in (eve, day)] == [8, 16]
    assert len(queries.roll(scope_of(world, "T1-B1"), first, eve)) == 8
    assert {p.person_id for p in queries.posts(scope_of(world, "T1-B1"), eve)} and not queries.posts(scope_of(world, "T1-B1"), day)
    file = queries.member_file(scope_of(world, "T1"), moved[0], TODAY)
    assert [(s.org_id, s.began_as, s.document) for s in file.spells] == [(first, "registered", ""), (second, "moved", "镇党〔2026〕11号")]
    with pytest.raises(NotFound):
        queries.member_file(scope_of(world, "T1-B1"), moved[0], TODAY)  # the file goes with the person
    assert len(queries.members(scope_of(world, "T1-B1"), eve, Search())[0]) == 8  # the roster of the time does not


def test_a_merger_refuses_what_would_not_fit(world: World, boss: Actor) -> None:
    move = dict(from_org_id=world.orgs["T1-B1"], document="甲", at=AT)
    with pytest.raises(PeopleError) as refused:
        actions.move_all(boss, to_org_id=world.orgs["T1"], on=TODAY, **move)
    assert refused.value.code == "E045"
    with pytest.raises(PeopleError) as refused:
        actions.move_all(boss, to_org_id=world.orgs["T1-B2"], on=date(2026, 1, 1), **move)
    assert refused.value.code == "E002" and "徐甲" not in str(refused.value)
    with pytest.raises(Refused):
        actions.move_all(world.actor("secretary"), to_org_id=world.orgs["T1-B2"], on=TODAY, **move)
    with pytest.raises(NotFound):
        actions.move_all(boss, to_org_id=99_999, on=TODAY, **move)


def test_a_moved_branch_is_listed_under_its_parent_of_the_day(world: World, boss: Actor) -> None:
    day = date(2026, 11, 1)
    tree.move(boss, world.orgs["T1-B2"], to_parent_id=world.orgs["T2"], on=day, at=AT, document="青组〔2026〕3号")
    everything = scope_of(world, "QH")
    for township, on, wanted in (("T1", day - timedelta(days=1), 16), ("T2", day - timedelta(days=1), 16), ("T1", day, 8), ("T2", day, 24)):
        _, found = queries.members(everything, on, Search(org_path=path_of(world.orgs[township])))
        assert found == wanted, (township, on)


# --- registering --------------------------------------------------------------------------------------------------------------------------


def test_registering_cleans_seals_and_journals(world: World, secretary: Actor) -> None:
    number = id_number(900)
    person = actions.register(
        secretary, new(world, name=" 单　小 六 ", id_no=f"{number[:6]} {number[6:].lower()}", phone="+86 154-0000-9999", address="石桥镇\u200b\x00 12 组"), at=AT
    )
    row = Person.objects.within(scope_of(world, "T1-B1")).get(pk=person)
    assert (row.name, row.name_initials, row.address) == ("单小六", "sxl", "石桥镇 12 组")
    assert number not in (row.id_no.token, row.id_no_index) and row.id_no.reveal() == number and row.phone.reveal() == "15400009999"
    entry = Entry.objects.within(scope_of(world, "T1-B1")).filter(action="people.register").latest("id")
    assert entry.account_name == "secretary" and number not in str(entry.changes) and "15400009999" not in str(entry.changes)
    with connection.cursor() as cursor:
        cursor.execute("SELECT /* unscoped: the stored bytes are looked at */ id_no, phone FROM people_person WHERE id = %s", [person])
        assert number not in str(cursor.fetchone())


@pytest.mark.parametrize(("wrong", "code", "field"), [
    ({"name": " \u200b"}, "NAME_EMPTY", "name"),
    ({"name": "王" * 51}, "", "name"),
    ({"address": "长" * 121}, "", "address"),
    ({"id_no": "990201197506010011"}, "ID_CHECKSUM", "id_no"),
    ({"id_no": "123"}, "ID_FORMAT", "id_no"),
    ({"id_no": "990201750601001"}, "ID_15", "id_no"),
    ({"phone": "12"}, "", "phone"),
    ({"birth_on": date(2026, 11, 21)}, "E001", "birth_on"),
    ({"joined_on": date(2026, 12, 1), "joined_precision": "month"}, "E001", "joined_on"),
    ({"full_on": date(2027, 1, 1)}, "E001", "full_on"),
    ({"lost_contact_on": date(2027, 1, 1)}, "E001", "lost_contact_on"),
    ({"since": date(2026, 11, 21)}, "E001", "since"),
    ({"joined_on": date(2012, 7, 1)}, "E002", "full_on"),
    ({"birth_on": date(2010, 7, 2)}, "E002", "joined_on"),
    ({"since": date(2010, 6, 30)}, "E002", "since"),
    ({"history": (NewSpell(0, "full", date(2026, 1, 5), date(2026, 1, 4)),)}, "E002", "since"),
    ({"history": (NewSpell(0, "full", date(2026, 1, 5)), NewSpell(0, "full", date(2026, 2, 5)))}, "E002", "since"),
    ({"standing": "ended"}, "", "standing"),
])
def test_impossible_members_are_refused_with_the_field(world: World, boss: Actor, wrong: dict[str, Any], code: str, field: str) -> None:
    if "history" in wrong:
        wrong = {"history": tuple(replace(s, org_id=world.orgs["T1-B1"]) for s in wrong["history"])}
    with pytest.raises(PeopleError) as refused:
        actions.register(boss, new(world, **wrong), at=AT)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert count(world, "T1-B1").members_all == 8


@pytest.mark.parametrize("known", [
    {"joined_on": date(1998, 7, 1), "joined_precision": "month", "full_on": date(1998, 1, 1), "full_precision": "year"},   # some day of 1998
    {"joined_on": date(2026, 1, 1), "joined_precision": "year", "full_on": None},
    {"birth_on": date(1998, 1, 1), "birth_precision": "year"},
    {"birth_on": None, "joined_on": None, "full_on": None},
])
def test_a_date_known_to_the_month_is_not_taken_for_its_first_day(world: World, boss: Actor, known: dict[str, Any]) -> None:
    actions.register(boss, new(world, **known), at=AT)


def test_one_person_is_registered_once_wherever(world: World) -> None:
    """E044 reaches across organisations, and tells a stranger no name."""
    taken = id_number(1)  # 王一 of T1-B1
    with pytest.raises(PeopleError) as near:
        actions.register(world.actor("clerk1"), new(world, "T1-B2", id_no=taken), at=AT)
    with pytest.raises(PeopleError) as far:
        actions.register(world.actor("foreign"), new(world, "T2-B1", id_no=taken), at=AT)
    assert {(e.value.code, e.value.field) for e in (near, far)} == {("E044", "id_no")}
    assert "王一1" in near.value.reason and "第1村党支部" in near.value.reason
    assert "王一" not in far.value.reason and "第1镇" not in far.value.reason
    with pytest.raises(PeopleError, match="两次"):
        actions.register_many(world.actor("clerk1"), [new(world, id_no=id_number(901)), new(world, "T1-B2", id_no=id_number(901))], at=AT)
    actions.register_many(world.actor("clerk1"), [new(world), new(world)], at=AT)  # without numbers nobody can tell two namesakes apart


def test_two_people_enter_the_same_number_at_once(world: World, secretary: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both looked before either wrote: the database decides, and the loser is told, with nothing half-written."""
    monkeypatch.setattr(actions, "known_by_id_no", lambda numbers: {})
    with pytest.raises(PeopleError) as late:
        actions.register(secretary, new(world, name="晚到", id_no=id_number(1)), at=AT)
    with pytest.raises(PeopleError) as changed:
        actions.edit(secretary, world.persons["T1-B1"][0], values={"id_no": id_number(2)}, version=1, at=AT, reason="号码写错")
    assert late.value.code == changed.value.code == "E044"
    assert names(world, "晚到") == [] and count(world, "T1-B1").members_all == 8


@pytest.mark.django_db(transaction=True)
def test_one_number_entered_four_times_at_once_makes_one_member() -> None:
    world = build(branches=2, members=4)
    results: list[str] = []

    def enter() -> None:
        try:
            actions.register(world.actor("secretary"), new(world, id_no=id_number(902)), at=AT)
            results.append("ok")
        except PeopleError as error:
            results.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["E044", "E044", "E044", "ok"]
    assert count(world, "T1-B1").members_all == 5


def test_members_belong_to_branches_that_exist(world: World, boss: Actor) -> None:
    with pytest.raises(PeopleError) as refused:
        actions.register(boss, new(world, "T1"), at=AT)
    assert (refused.value.code, refused.value.field) == ("E045", "org_id")
    with pytest.raises(NotFound):
        actions.register(boss, replace(new(world), org_id=99_999), at=AT)
    empty = tree.found_many(boss, [tree.NewOrg("T1-B9", "第1镇第9村党支部", "第9村党支部", "branch", "T1", FOUNDED, approval_doc="镇党〔2015〕9号")], at=AT)["T1-B9"]
    tree.dissolve(boss, empty, on=TODAY, at=AT, reason="没有党员", document="镇党〔2026〕12号")
    with pytest.raises(PeopleError) as refused:
        actions.register(boss, replace(new(world), org_id=empty), at=AT)
    assert refused.value.code == "E045" and "撤销" in refused.value.reason


def test_a_batch_is_all_or_nothing(world: World, boss: Actor) -> None:
    with pytest.raises(PeopleError):
        actions.register_many(boss, [new(world, name="好人"), new(world, "T1-B2", phone="1")], at=AT)
    assert names(world, "好人") == []


# --- editing ------------------------------------------------------------------------------------------------------------------------------


def test_an_edit_changes_what_it_names(world: World, secretary: Actor) -> None:
    person = world.persons["T1-B1"][0]
    actions.edit(secretary, person, values={"name": "解一一", "education": "大专", "id_no": "", "version": 99, "org_id": 1}, version=1, at=AT, reason="录入写错")
    file = queries.member_file(scope_of(world, "T1-B1"), person, TODAY)
    assert (file.name, file.education, file.version, file.org_id, file.has_id_no) == ("解一一", "大专", 2, world.orgs["T1-B1"], True)
    assert names(world, "xyy") == ["解一一"] and names(world, "王一11") == []
    entry = Entry.objects.within(scope_of(world, "T1-B1")).get(action="people.edit")
    assert entry.changes == {"name": ["王一11", "解一一"], "education": ["", "大专"]}


def test_numbers_change_unseen(world: World, secretary: Actor) -> None:
    person, number = world.persons["T1-B1"][0], id_number(903)
    actions.edit(secretary, person, values={"id_no": number, "phone": "154 1234 5678"}, version=1, at=AT, reason="号码写错")
    assert names(world, number) == names(world, "15412345678") == ["王一11"] and names(world, id_number(1)) == []
    assert Entry.objects.within(scope_of(world, "T1-B1")).get(action="people.edit").changes == {"id_no": "已改", "phone": "已改"}
    actions.edit(secretary, person, values={"phone": ""}, version=2, at=AT)
    assert not queries.member_file(scope_of(world, "T1-B1"), person, TODAY).has_phone


def test_the_second_of_two_editors_is_told(world: World, secretary: Actor) -> None:
    person = world.persons["T1-B1"][0]
    actions.edit(secretary, person, values={"job": "村医"}, version=1, at=AT)
    with pytest.raises(Stale):
        actions.edit(world.actor("clerk1"), person, values={"job": "教师"}, version=1, at=AT)
    actions.edit(secretary, person, values={"job": "村医"}, version=1, at=AT)  # a double click
    file = queries.member_file(scope_of(world, "T1-B1"), person, TODAY)
    assert (file.job, file.version) == ("村医", 2)


@pytest.mark.parametrize(("values", "code", "field"), [
    ({"id_no": id_number(9)}, "E044", "id_no"),
    ({"full_on": date(2004, 1, 1)}, "E002", "full_on"),
    ({"birth_on": date(2027, 1, 1)}, "E001", "birth_on"),
    ({"name": ""}, "NAME_EMPTY", "name"),
    ({"remark": "长" * 201}, "", "remark"),
])
def test_an_edit_is_checked_like_a_registration(world: World, secretary: Actor, values: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(PeopleError) as refused:
        actions.edit(secretary, world.persons["T1-B1"][0], values=values, version=1, at=AT)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert queries.member_file(scope_of(world, "T1-B1"), world.persons["T1-B1"][0], TODAY).version == 1


def state(world: World) -> list[Any]:
    """Give all that an edit can change, numbers in the clear."""
    scope = scope_of(world, "QH")
    persons = [
        {k: v.reveal() if hasattr(v, "reveal") else v for k, v in row.items()} for row in Person.objects.within(scope).order_by("id").values()
    ]
    spells = list(Membership.objects.within(scope).order_by("id").values())
    lines = Entry.objects.within(scope).filter(action="people.edit").order_by("subject_id", "id")
    return [persons, spells, list(lines.values("at", "account_name", "org_id", "subject_type", "subject_id", "changes", "batch_id"))]


@pytest.mark.parametrize("wanted", [
    [("T1-B1", 0, {"name": "解一一", "education": "大专"}), ("T1-B1", 1, {"name": "牛 二", "education": "本科"}), ("T1-B2", 0, {"job": "教师"})],
    [("T1-B1", 0, {"id_no": id_number(903), "phone": "154 1234 5678"}), ("T1-B1", 1, {"id_no": id_number(904)}), ("T1-B2", 0, {"phone": "", "id_no": ""})],
    [("T1-B1", 0, {}), ("T1-B1", 1, {"remark": ""}), ("T1-B2", 0, {"is_leading_cadre": True, "birth_on": date(1980, 2, 1), "birth_precision": "month"})],
    [("T1-B1", 0, {"id_no": id_number(903)}), ("T1-B1", 1, {"id_no": id_number(1)})],  # the first one's number passes to the second
    [("T1-B1", 0, {"id_no": id_number(2)}), ("T1-B1", 1, {"id_no": id_number(903)})],  # the other way round it is taken still
    [("T1-B1", 0, {"id_no": id_number(903)}), ("T1-B1", 1, {"id_no": id_number(903)})],
    [("T1-B1", 0, {"job": "村医"}), ("T1-B1", 0, {"job": "村医"}), ("T1-B1", 1, {"name": "", "job": "教师"})],
    [("T1-B1", 0, {"job": "村医"}), ("T1-B1", 0, {"job": "教师"})],
    [("T1-B1", 0, {"job": "村医"}), ("T2-B2", 0, {"job": "教师"})],
])
def test_many_edits_are_the_single_edits_together(world: World, wanted: list[tuple[str, int, dict[str, Any]]]) -> None:
    actor = world.actor("clerk1")
    edits = [actions.Edit(world.persons[org][place], values, 1) for org, place, values in wanted]

    def outcome(do: Callable[[], object]) -> list[Any]:
        with transaction.atomic():
            try:
                with transaction.atomic():
                    do()
                found = state(world)
            except (PeopleError, Stale, NotFound, Refused) as refused:
                found = [type(refused), str(refused), state(world)]
            transaction.set_rollback(True)
        return found

    singly = outcome(lambda: [actions.edit(actor, e.person_id, values=e.values, version=e.version, at=AT, batch_id=7) for e in edits])
    assert outcome(lambda: actions.edit_many(actor, edits, at=AT, batch_id=7)) == singly


def test_many_edits_take_few_statements(world: World, django_assert_max_num_queries: Any) -> None:
    actor = world.actor("clerk1")
    edits = [actions.Edit(pk, {"name": f"牛{place}", "job": "教师"}, 1) for place, pk in enumerate(world.persons["T1-B1"] + world.persons["T1-B2"])]
    assert len(edits) > 4
    with django_assert_max_num_queries(15):
        actions.edit_many(actor, edits, at=AT, batch_id=7)
    with pytest.raises(PeopleError, match="E054"):
        actions.edit_many(actor, [actions.Edit(edits[0].person_id, {"name": "马一"}, 2)], at=AT)


CHANGES: list[Callable[[Actor, int], object]] = [
    lambda actor, person: actions.edit_many(actor, [actions.Edit(person, {"job": "教师"}, 1)], at=AT),
    lambda actor, person: actions.edit(actor, person, values={"job": "教师"}, version=1, at=AT),
    lambda actor, person: actions.change_standing(actor, person, on=TODAY, at=AT, rights="on_probation"),
    lambda actor, person: actions.end_membership(actor, person, on=TODAY, ended_as="deceased", document="", at=AT),
    lambda actor, person: actions.reveal(actor, person, what="phone", purpose="核对", at=AT),
]


@pytest.mark.parametrize("change", CHANGES, ids=["edits", "edit", "standing", "end", "reveal"])
def test_foreign_persons_are_unknown_and_readers_are_refused(world: World, change: Callable[[Actor, int], object]) -> None:
    mine, other = world.persons["T1-B1"][0], world.persons["T2-B1"][0]
    with pytest.raises(NotFound):
        change(world.actor("secretary"), other)
    with pytest.raises(NotFound):
        change(world.actor("secretary"), 999_999)
    for reader in ("committee", "organiser", "county", "reader"):
        with pytest.raises(Refused) as refused:
            change(world.actor(reader), mine)
        assert not refused.value.hidden
    for blind in ("sysadmin", "secadmin", "auditor", "leader"):
        with pytest.raises(NotFound):
            change(world.actor(blind), mine)


@pytest.mark.parametrize("change", CHANGES, ids=["edits", "edit", "standing", "end", "reveal"])
def test_nobody_changes_the_own_membership_without_an_office(world: World, change: Callable[[Actor, int], object]) -> None:
    own = world.persons["T1-B1"][3]
    with pytest.raises((Refused, NotFound)):
        change(world.actor("member"), own)
    assert Membership.objects.within(scope_of(world, "T1-B1")).get(person_id=own).to_on is None
    moonlighter = replace(world.actor("foreign"), person_id=own)  # an office elsewhere does not help
    with pytest.raises((Refused, NotFound)):
        change(moonlighter, own)


# --- revealing ----------------------------------------------------------------------------------------------------------------------------


def test_a_look_needs_a_purpose_and_is_journalled(world: World, secretary: Actor) -> None:
    person = world.persons["T1-B1"][0]
    for purpose in ("", " 看", "\u200b"):
        with pytest.raises(PeopleError) as refused:
            actions.reveal(secretary, person, what="id_no", purpose=purpose, at=AT)
        assert refused.value.field == "purpose"
    assert actions.reveal(secretary, person, what="id_no", purpose="核对转正材料", at=AT) == id_number(1)
    assert actions.reveal(secretary, person, what="phone", purpose="通知开会", at=AT) == "15400000001"
    seen = Entry.objects.within(scope_of(world, "T1-B1")).filter(action__startswith="people.reveal").order_by("id")
    assert [(e.action, e.subject_id, e.changes) for e in seen] == [
        ("people.reveal_id_no", person, {"purpose": "核对转正材料"}), ("people.reveal_phone", person, {"purpose": "通知开会"}),
    ]
    with pytest.raises(ValueError):
        actions.reveal(secretary, person, what="name", purpose="核对", at=AT)


def test_more_than_thirty_looks_an_hour_are_refused(world: World, secretary: Actor) -> None:
    people = world.persons["T1-B1"]
    for i in range(actions.REVEALS_PER_HOUR):
        actions.reveal(secretary, people[i % 8], what="phone" if i % 2 else "id_no", purpose="核对", at=AT + timedelta(minutes=i))
    last = AT + timedelta(minutes=actions.REVEALS_PER_HOUR - 1)
    with pytest.raises(actions.TooManyReveals):
        actions.reveal(secretary, people[0], what="phone", purpose="核对", at=last)
    assert actions.reveal(world.actor("clerk1"), people[0], what="phone", purpose="核对", at=last)       # another person's count
    assert actions.reveal(secretary, people[0], what="phone", purpose="核对", at=AT + timedelta(minutes=60))  # the first look is an hour old
    with pytest.raises(actions.TooManyReveals):
        actions.reveal(secretary, people[0], what="phone", purpose="核对", at=AT + timedelta(minutes=60))


def test_masks_leave_at_least_a_hundred_candidates(world: World, boss: Actor) -> None:
    """trust.md §3.4: how much of the tail is shown depends on how much of the birthday stands beside it."""
    for precision, tail in (("day", 0), ("month", 1), ("year", 2)):
        person = actions.register(boss, new(world, id_no=id_number(910 + tail), birth_on=date(1970, 1, 1), birth_precision=precision), at=AT)
        masked = queries.member_file(scope_of(world, "QH"), person, TODAY).id_no_masked
        assert len(masked) == 18 and masked[:6] == "990201" and set(masked[6 : 18 - tail]) == {"*"} and "*" not in masked[18 - tail :]
    person = actions.register(boss, new(world, id_no=id_number(915)), at=AT)
    assert queries.member_file(scope_of(world, "QH"), person, TODAY).id_no_masked.count("*") == 9


# --- reading ------------------------------------------------------------------------------------------------------------------------------


def test_search_by_name_pinyin_and_numbers(world: World, boss: Actor) -> None:
    for serial, name in enumerate(("单小六", "王秀兰", "欧阳海", "吾买尔·玉素甫", "曾三")):
        actions.register(boss, new(world, "T2-B2", name=name, phone=f"1549999000{serial}", id_no=id_number(920 + serial)), at=AT)
    assert names(world, "单小") == names(world, "sxl") == names(world, "SXL") == names(world, "shanxiao") == ["单小六"]
    assert names(world, "zengs") == names(world, "zs", org_path=path_of(world.orgs["T2-B2"]))[:1] == ["曾三"]  # surname readings
    assert names(world, "wang xiu") == names(world, "秀 兰") == ["王秀兰"]
    assert names(world, "oyh") == names(world, "ouyang") == ["欧阳海"]
    assert names(world, "吾买尔•玉素甫") == ["吾买尔·玉素甫"]
    assert names(world, "15499990001") == names(world, "+86 154-9999-0001") == ["王秀兰"]
    assert names(world, "1549999000") == names(world, "5499990001") == []            # whole numbers only
    number = id_number(920)
    assert names(world, number) == names(world, number.lower()) == names(world, f" {number[:6]} {number[6:]}") == ["单小六"]
    assert names(world, number[:17]) == names(world, number[:6] + "*" * 12) == names(world, number[-4:]) == []
    assert names(world, "%") == names(world, "_") == names(world, "\x00x") == []
    assert names(world, number, scope_of(world, "T1")) == []                       # no oracle beyond the scope
    assert names(world, "15499990001", scope_of(world, "T1")) == []


def test_a_15_digit_number_finds_its_18_digit_form(world: World, boss: Actor) -> None:
    number = next(n for n in (id_number(s) for s in range(930, 960)) if n[6:8] == "19")
    actions.register(boss, new(world, name="老党员", id_no=number), at=AT)
    assert names(world, number[:6] + number[8:17]) == ["老党员"]


def test_filters(world: World, boss: Actor) -> None:
    org = world.orgs["T1-B1"]
    old = actions.register(boss, new(world, name="老人", birth_on=date(1966, 11, 20), joined_on=date(1990, 1, 1), full_on=None), at=AT)
    actions.register(boss, new(world, name="差一天", birth_on=date(1966, 11, 21), joined_on=date(1990, 1, 1), full_on=None), at=AT)
    actions.register(boss, new(world, name="外出", floating_to="广东省深圳市"), at=AT)
    suspended = actions.register(boss, new(world, name="停下", standing="suspended"), at=AT)
    assert names(world, "", standing="probationary", org_path=path_of(org)) == ["黄八11"]
    assert names(world, "", standing="suspended") == ["停下"]
    assert names(world, "", floating=True) == ["外出"]
    assert names(world, "", born_by=date(1966, 11, 20)) == ["老人"]
    assert set(names(world, "", unplaced=True)) == {"老人", "差一天", "外出"}  # only where there are groups; 停止党籍 is in none
    actions.place(boss, [NewPlace(org, old, world.groups["T1-B1"][0], TODAY)], at=AT)
    assert "老人" not in names(world, "", unplaced=True)
    assert suspended not in [e.person_id for e in queries.roll(scope_of(world, "T1-B1"), org, TODAY)]


def test_a_branch_with_empty_groups_lists_everybody_as_unplaced(world: World, boss: Actor) -> None:
    tree.form_groups(boss, [tree.NewGroup(world.orgs["T1-B2"], "第一党小组", FOUNDED)], at=AT)
    assert len(names(world, "", unplaced=True, org_path=path_of(world.orgs["T1-B2"]))) == 8


def test_pages_are_stable_and_sorted(world: World) -> None:
    everything = scope_of(world, "QH")
    pages = [queries.members(everything, TODAY, Search(), offset=start, limit=10)[0] for start in range(0, 40, 10)]
    rows = [r for page in pages for r in page]
    assert [len(p) for p in pages] == [10, 10, 10, 2] and len({r.person_id for r in rows}) == 32
    one = [r.name for r in rows if r.org_id == world.orgs["T1-B1"]]
    assert one == ["陈五11", "黄八11", "李二11", "刘四11", "王一11", "杨六11", "张三11", "赵七11"]  # by pinyin, on both databases


def test_a_past_day_shows_who_was_there(world: World, boss: Actor) -> None:
    everything = scope_of(world, "QH")
    actions.end_membership(boss, world.persons["T1-B1"][0], on=date(2026, 6, 1), ended_as="deceased", document="", at=AT)
    path = path_of(world.orgs["T1-B1"])
    found = [queries.members(everything, d, Search(org_path=path))[1] for d in (date(2014, 1, 1), date(2026, 2, 28), date(2026, 5, 31), date(2026, 6, 1))]
    assert found == [0, 7, 8, 7]


def test_the_roll_knows_votes_groups_and_posts(world: World, boss: Actor) -> None:
    people, org = world.persons["T1-B1"], world.orgs["T1-B1"]
    actions.exclude(boss, [NewExclusion(org, people[4], "4", FOUNDED, "甲", "乙")], at=AT)
    actions.change_standing(boss, people[5], on=TODAY, at=AT, rights="on_probation")
    roll = queries.roll(scope_of(world, "T1-B1"), org, TODAY)
    by = {e.person_id: e for e in roll}
    assert [e.post for e in roll[:4]] == ["secretary", "organization", "discipline", ""]
    assert [by[p].votes for p in people] == [True, True, True, True, False, False, True, False]
    assert [by[p].counted for p in people] == [True, True, True, True, False, True, True, True]
    assert by[people[0]].is_leader and by[people[0]].group_id == world.groups["T1-B1"][0]
    assert sum(e.votes for e in roll) == count(world, "T1-B1").expected_voting and sum(e.counted for e in roll) == count(world, "T1-B1").expected_life


def test_a_file_is_seen_from_the_office_and_by_its_person(world: World, secretary: Actor) -> None:
    person = world.persons["T1-B1"][0]
    file = queries.member_file(secretary.scope(Permission.MEMBER_READ), person, TODAY)
    assert (file.group_name, file.is_leader, [p.title for p in file.posts]) == ("第一党小组", True, ["书记"])
    assert file.phone_masked == "154****0001"
    own = queries.own_file(world.persons["T1-B1"][3], TODAY)
    assert (own.name, own.group_name, len(own.spells)) == ("刘四11", "第一党小组", 1)
    member = world.actor("member")
    with pytest.raises(NotFound):
        queries.member_file(member.scope(Permission.MEMBER_READ), person, TODAY)
    with pytest.raises(NotFound):
        queries.own_file(999_999, TODAY)


def test_reading_costs_the_same_for_one_and_for_many() -> None:
    world = build(members=4)
    everything, org, person = scope_of(world, "QH"), world.orgs["T1-B1"], world.persons["T1-B1"][0]
    boss = system_actor()
    actions.exclude(boss, [NewExclusion(org, person, "4", FOUNDED, "甲", "乙")], at=AT)

    def cost() -> list[int]:
        return [
            statements(lambda: queries.headcounts(everything, TODAY)),
            statements(lambda: queries.members(everything, TODAY, Search())),
            statements(lambda: queries.members(everything, TODAY, Search("l", path_of(org), "full", True, TODAY, True))),
            statements(lambda: queries.roll(everything, org, TODAY)),
            statements(lambda: queries.posts(everything, TODAY)),
            statements(lambda: queries.places(everything, TODAY)),
            statements(lambda: queries.member_file(everything, person, TODAY)),
        ]

    few = cost()
    made = actions.register_many(boss, [new(world, code, id_no=id_number(300 + i)) for i, code in enumerate(["T1-B1", "T2-B1"] * 30)], at=AT)
    actions.place(boss, [NewPlace(org, p, world.groups["T1-B1"][0], TODAY) for p in made[::2]], at=AT)
    actions.fill_posts(boss, [NewPost(org, p, "member", TODAY) for p in made[::2]], at=AT)
    actions.exclude(boss, [NewExclusion(org, p, "4", FOUNDED, "甲", "乙") for p in made[::2]], at=AT)
    assert cost() == few


# --- posts, groups, exclusions ------------------------------------------------------------------------------------------------------------


def test_posts_places_and_exclusions_are_for_members_of_the_branch(world: World, boss: Actor) -> None:
    org, other = world.orgs["T1-B1"], world.persons["T1-B2"][0]
    group, gone = world.groups["T1-B1"][0], world.persons["T1-B1"][5]
    actions.end_membership(boss, gone, on=date(2026, 6, 1), ended_as="transferred", document="介绍信 12 号", at=AT)
    for person in (other, gone):
        for do in (
            lambda p=person: actions.fill_posts(boss, [NewPost(org, p, "youth", TODAY)], at=AT),
            lambda p=person: actions.place(boss, [NewPlace(org, p, group, TODAY)], at=AT),
            lambda p=person: actions.exclude(boss, [NewExclusion(org, p, "4", TODAY, "甲", "乙")], at=AT),
        ):
            with pytest.raises(PeopleError) as refused:
                do()
            assert refused.value.code == "E045"
    actions.fill_posts(boss, [NewPost(org, gone, "youth", date(2020, 1, 1), to_on=date(2022, 1, 1))], at=AT)  # while a member
    with pytest.raises(PeopleError) as refused:
        actions.place(boss, [NewPlace(world.orgs["T1-B2"], other, group, TODAY)], at=AT)  # a group of another branch
    assert refused.value.field == "group_id"


def test_a_member_is_in_one_group(world: World, boss: Actor) -> None:
    org, person, (first, second) = world.orgs["T1-B1"], world.persons["T1-B1"][2], world.groups["T1-B1"]
    with pytest.raises(PeopleError) as refused:
        actions.place(boss, [NewPlace(org, person, first, TODAY), NewPlace(org, person, second, TODAY)], at=AT)
    assert refused.value.code == "E007"
    actions.place(boss, [NewPlace(org, person, second, date(2026, 11, 1)), NewPlace(org, world.persons["T1-B1"][6], first, TODAY)], at=AT)
    everything = scope_of(world, "QH")
    where = [next(g for g, members in queries.places(everything, d).items() if (person, False) in members) for d in (date(2026, 10, 31), TODAY)]
    assert where == [first, second]
    day = date(2026, 11, 10)  # each move has its own day
    assert (world.persons["T1-B1"][6], False) in queries.places(everything, day)[second]


def test_an_exclusion_needs_both_approvals(world: World, boss: Actor) -> None:
    for superior, meeting in (("", "乙"), ("甲", "")):
        with pytest.raises(PeopleError) as refused:
            actions.exclude(boss, [NewExclusion(world.orgs["T1-B1"], world.persons["T1-B1"][0], "4", TODAY, superior, meeting)], at=AT)
        assert refused.value.code == "E049"


def test_a_post_ends_after_it_began(world: World, boss: Actor) -> None:
    post = queries.posts(scope_of(world, "T1-B1"), TODAY)[0]
    with pytest.raises(PeopleError) as refused:
        actions.end_post(boss, post.id, on=date(2023, 1, 1), at=AT)
    assert refused.value.code == "E002"
    actions.end_post(boss, post.id, on=TODAY, at=AT)
    assert world.orgs["T1-B1"] not in queries.secretaries(scope_of(world, "T1-B1"), TODAY)
    assert queries.secretaries(scope_of(world, "T1-B1"), TODAY - timedelta(days=1))[world.orgs["T1-B1"]].id == post.id
