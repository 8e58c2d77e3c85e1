"""The member sheet, its completeness, changes of standing, and forms that work once."""
from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from tests.world import AT, FOUNDED, TODAY, World, build, id_number

from zhibu.areas.roster import actions, queries, rules
from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard.models import AnsweredPost
from zhibu.ground.guard.once import KeyReused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import actions as people
from zhibu.ground.people.actions import NewMember, PeopleError
from zhibu.ground.people.models import EndedAs, Rights, Standing
from zhibu.ground.people.queries import Search
from zhibu.ground.tree import actions as tree
from zhibu.ground.tree.queries import NotFound, path_of

# --- rules --------------------------------------------------------------------------------------------------------------------------------


def test_the_words_of_the_faces_are_those_of_the_tables() -> None:
    assert dict(Standing.choices) == rules.STANDING_ZH and dict(Rights.choices) == rules.RIGHTS_ZH and dict(EndedAs.choices) == rules.ENDED_ZH


def test_the_sheet_has_the_16_national_items_in_order() -> None:
    titles = [i.title for i in rules.sheet({})]
    assert titles == [
        "姓名", "性别", "民族", "公民身份证号", "出生日期", "学历", "人员类别", "所在党支部", "加入党组织日期", "转为正式党员日期", "工作岗位", "联系电话",
        "家庭住址", "党籍状态", "失联", "流动",
    ]
    assert rules.missing(rules.sheet({})) == tuple(titles)
    assert rules.missing(rules.sheet({code: "有" for code, _ in rules.ITEMS})) == ()


def test_a_probationary_member_does_not_lack_the_full_date() -> None:
    known = {code: "有" for code, _ in rules.ITEMS} | {"full_on": ""}
    assert rules.missing(rules.sheet(known | {"standing": "预备党员"})) == ()
    assert rules.missing(rules.sheet(known | {"standing": "正式党员"})) == ("转为正式党员日期",)


@pytest.mark.parametrize(("before", "after", "code", "says"), [
    (("full", "normal"), ("full", "normal"), "", "一样"),
    (("full", "normal"), ("probationary", "normal"), "", "不能改成"),
    (("suspended", "normal"), ("probationary", "normal"), "E038", "上级党组织批"),   # by a case only (S16)
    (("full", "normal"), ("suspended", "normal"), "E038", "上级党组织批"),
    (("full", "normal"), ("ended", "normal"), "", "不能改成"),
    (("full", "normal"), ("full", "gone"), "", "权利状态"),
    (("probationary", "normal"), ("probationary", "on_probation"), "", "只用于正式党员"),
])
def test_changes_that_cannot_be(before: tuple[str, str], after: tuple[str, str], code: str, says: str) -> None:
    decision = rules.may_change(before, after, "镇党〔2026〕1号")
    assert not decision and decision.code == code and says in decision.reason


@pytest.mark.parametrize(("before", "after"), [
    (("probationary", "normal"), ("full", "normal")), (("full", "normal"), ("full", "on_probation")), (("full", "on_probation"), ("full", "normal")),
    (("probationary", "normal"), ("probationary", "rights_suspended")),
])
def test_changes_that_can_be_need_a_paper(before: tuple[str, str], after: tuple[str, str]) -> None:
    assert rules.may_change(before, after, "镇党〔2026〕1号")
    assert rules.may_change(before, after, " ").code == "E049"


def test_sixty_and_above_includes_sixty() -> None:
    assert rules.senior_by(date(2026, 11, 20)) == date(1966, 11, 20) and rules.senior_by(date(2024, 2, 29)) == date(1964, 2, 29)


def test_joining_before_18_is_noted_as_far_as_the_dates_are_known() -> None:
    assert rules.young(date(2008, 5, 2), "day", date(2026, 5, 1), "day")
    assert not rules.young(date(2008, 5, 2), "day", date(2026, 5, 2), "day")
    assert not rules.young(date(2008, 5, 2), "day", date(2026, 1, 1), "year")  # may have been in December
    assert not rules.young(None, "day", date(2026, 5, 2), "day") and not rules.young(date(2008, 5, 2), "day", None, "day")


def test_differences_from_the_id_number_are_notes() -> None:
    number = "990201197506010019"
    number = number[:17] + rules.identity.check_digit(number[:17])
    assert rules.differences(number, date(1975, 6, 1), "day", "男") == ()
    assert rules.differences(number, date(1975, 6, 1), "month", "") == rules.differences(number, date(1975, 1, 1), "year", "") == ()
    assert len(rules.differences(number, date(1975, 7, 1), "month", "女")) == 2
    assert rules.differences("", date(1975, 7, 1), "day", "女") == rules.differences(number, None, "day", "") == ()


# --- with data ----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(db: None) -> World:
    return build()


def everything(w: World) -> Scope:
    return Scope((path_of(w.orgs["QH"]),))


def sheet_of(w: World, person: int, on: date = TODAY) -> dict[str, str]:
    return {i.code: i.value for i in queries.member(everything(w), person, on).items}


def new(w: World, **values: object) -> NewMember:
    return NewMember(w.orgs["T1-B1"], "覃小六", "full", date(2026, 1, 5), **values)  # type: ignore[arg-type]


def test_the_sheet_tells_the_day(world: World) -> None:
    boss, person = system_actor(), world.persons["T1-B1"][7]
    people.change_standing(boss, person, on=date(2026, 11, 1), at=AT, standing="suspended", document="镇党〔2026〕7号")
    before, now = sheet_of(world, person, date(2026, 10, 31)), sheet_of(world, person)
    assert (before["standing"], before["status"]) == ("预备党员", "正常")
    assert (now["standing"], now["status"]) == ("预备党员", "停止党籍")       # what the member was stays on the sheet
    assert (now["birth_on"], now["branch"], now["lost_contact"], now["floating"]) == ("1975年6月", "第1镇第1村党支部", "否", "否")
    people.end_membership(boss, person, on=date(2026, 11, 15), ended_as="removed", document="镇党〔2026〕9号", at=AT)
    assert sheet_of(world, person)["status"] == "已除名（2026年11月15日）" and sheet_of(world, person, date(2026, 11, 14))["status"] == "停止党籍"
    assert queries.member(everything(world), person, TODAY).spell is None


def test_the_sheet_says_what_is_missing(world: World) -> None:
    person = people.register(system_actor(), new(world), at=AT)
    member = queries.member(everything(world), person, TODAY)
    assert member.missing == ("性别", "民族", "公民身份证号", "出生日期", "学历", "加入党组织日期", "转为正式党员日期", "工作岗位", "联系电话", "家庭住址")


def test_the_history_names_papers_and_fields_but_no_values(world: World) -> None:
    secretary, person = world.actor("secretary"), world.persons["T1-B1"][0]
    people.edit(secretary, person, values={"address": "石桥镇柳树湾村 12 号", "phone": "15412345678"}, version=1, at=AT)
    people.reveal(secretary, person, what="phone", purpose="核对", at=AT)
    people.change_standing(secretary, person, on=date(2026, 10, 1), at=AT, rights="on_probation", document="青纪〔2026〕1号")
    people.end_membership(secretary, person, on=TODAY, ended_as="deceased", document="", at=AT)
    lines = [(e.on, e.text) for e in queries.member(everything(world), person, TODAY).history]
    assert sorted(lines, reverse=True) == sorted([
        (TODAY, "去世，组织关系结束"), (TODAY, "secretary改了联系电话、家庭住址"),
        (date(2026, 10, 1), "改变状态：正式党员，留党察看，第1村党支部（青纪〔2026〕1号）"), (FOUNDED, "登记：正式党员，第1村党支部"),
    ], reverse=True)


def test_the_roster_of_a_day_follows_the_tree_of_that_day(world: World) -> None:
    boss, day = system_actor(), date(2026, 11, 1)
    tree.move(boss, world.orgs["T1-B2"], to_parent_id=world.orgs["T2"], on=day, at=AT, document="青组〔2026〕3号")
    eve = day - timedelta(days=1)
    for code, on, total in (("T1", eve, 16), ("T1", day, 8), ("T2", eve, 16), ("T2", day, 24), ("T1-B2", eve, 8), ("T1-B2", day, 8)):
        found = queries.roster(everything(world), on, Search(), org_id=world.orgs[code])
        assert (found.total, found.count.members_all) == (total, total), (code, on)
        assert found.spans is (len(code) == 2 and total > 8)


def test_a_merged_and_dissolved_branch_keeps_its_old_roster(world: World) -> None:
    boss, day = system_actor(), date(2026, 11, 1)
    first, second = world.orgs["T1-B2"], world.orgs["T1-B1"]
    people.move_all(boss, from_org_id=first, to_org_id=second, on=day, document="镇党〔2026〕11号", at=AT)
    tree.dissolve(boss, first, on=day, at=AT, reason="合并", document="镇党〔2026〕11号", successor_id=second)
    assert queries.roster(everything(world), day - timedelta(days=1), Search(), org_id=first).total == 8
    assert queries.roster(everything(world), day, Search(), org_id=second).total == 16
    with pytest.raises(NotFound):
        queries.roster(everything(world), day, Search(), org_id=first)
    with pytest.raises(NotFound):
        queries.roster(Scope((path_of(world.orgs["T2"]),)), TODAY, Search(), org_id=second)


def test_rows_carry_branch_group_and_posts(world: World) -> None:
    found = queries.roster(everything(world), TODAY, Search(), org_id=world.orgs["T1-B1"])
    person = world.persons["T1-B1"][0]
    assert (found.branches[world.orgs["T1-B1"]], found.groups[person], found.posts[person]) == ("第1村党支部", "第一党小组", "书记")
    assert found.org and found.org.name == "第1镇第1村党支部" and not found.spans


def test_a_page_costs_the_same_for_few_and_many(world: World) -> None:
    def cost() -> list[int]:
        found = []
        for do in (
            lambda: queries.roster(everything(world), TODAY, Search(), org_id=world.orgs["QH"]),
            lambda: queries.roster(everything(world), TODAY, Search("w")),
            lambda: queries.member(everything(world), world.persons["T1-B1"][0], TODAY),
        ):
            with CaptureQueriesContext(connection) as caught:
                do()
            found.append(len(caught))
        return found

    few = cost()
    people.register_many(system_actor(), [NewMember(world.orgs[c], "王多", "full", FOUNDED) for c in ("T1-B1", "T1-B2", "T2-B1") * 20], at=AT)
    assert cost() == few
    pages = [queries.roster(everything(world), TODAY, Search(), page=p).rows for p in (1, 2, 3)]
    assert [len(p) for p in pages] == [50, 42, 0]


def test_a_form_makes_one_member_however_often_it_is_sent(world: World) -> None:
    secretary = world.actor("secretary")
    item = new(world, id_no=id_number(950), phone="15412345678")
    made = {actions.add_member(secretary, item, key="k1", at=AT) for _ in range(3)}
    assert len(made) == 1
    with pytest.raises(KeyReused):
        actions.add_member(secretary, new(world, phone="15412345679"), key="k1", at=AT)
    assert actions.add_member(secretary, new(world), key="k2", at=AT) not in made
    row = AnsweredPost.objects.get(key="k1")
    assert "15412345678" not in f"{row.content_hash}{row.target}"


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_four_times_at_once_makes_one_member() -> None:
    """A member without a number: only the form's key can tell a double click from a namesake."""
    world = build()
    made: list[int] = []

    def send() -> None:
        try:
            made.append(actions.add_member(world.actor("secretary"), new(world), key="k", at=AT))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4 and len(set(made)) == 1
    assert queries.roster(everything(world), TODAY, Search(), org_id=world.orgs["T1-B1"]).total == 9


def test_what_is_remembered_of_a_form_tells_no_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """trust.md G5: no unkeyed hash of an ID number, not even of a form with one in it."""
    seen: list[str] = []
    monkeypatch.setattr(actions, "once", lambda account, key, content, at, do: (seen.append(str(content)) or do(), True))
    actions.add_member(world.actor("secretary"), new(world, id_no=id_number(951), phone="15412345678"), key="k", at=AT)
    assert seen and id_number(951) not in seen[0] and "15412345678" not in seen[0]


def test_a_refused_form_can_be_sent_again(world: World) -> None:
    secretary = world.actor("secretary")
    with pytest.raises(PeopleError):
        actions.add_member(secretary, new(world, phone="1"), key="k", at=AT)
    assert actions.add_member(secretary, new(world), key="k", at=AT)


def test_ending_and_changing_work_once(world: World) -> None:
    secretary, (first, second) = world.actor("secretary"), world.persons["T1-B1"][:2]
    for _ in range(2):
        actions.end_member(secretary, first, on=TODAY, ended_as="deceased", document="", key="e", at=AT)
        actions.change_standing(secretary, second, on=TODAY, standing="full", rights="on_probation", document="镇党〔2026〕1号", key="s", at=AT)
    assert [s.rights for s in queries.member(everything(world), second, TODAY).file.spells] == ["normal", "on_probation"]
    assert len(queries.member(everything(world), first, TODAY).file.spells) == 1


def test_a_standing_changes_only_as_the_rules_allow(world: World) -> None:
    secretary, person = world.actor("secretary"), world.persons["T1-B1"][7]

    def change(standing: str, document: str = "镇党〔2026〕1号", on: date = TODAY) -> None:
        actions.change_standing(secretary, person, on=on, standing=standing, rights="normal", document=document, key=f"{standing}{document}{on}", at=AT)

    with pytest.raises(PeopleError) as refused:
        change("full", document="")
    assert (refused.value.code, refused.value.field) == ("E049", "document")
    with pytest.raises(PeopleError) as refused:
        change("full", on=TODAY + timedelta(days=1))
    assert (refused.value.code, refused.value.field) == ("E001", "on")
    with pytest.raises(PeopleError) as refused:
        change("suspended", on=date(2026, 10, 1))  # S16: no change of status by hand without an approved case
    assert (refused.value.code, refused.value.field) == ("E038", "standing")
    people.change_standing(system_actor(), person, on=date(2026, 10, 1), at=AT, standing="suspended", document="镇党〔2026〕7号")
    with pytest.raises(PeopleError) as refused:
        change("probationary")
    assert (refused.value.code, refused.value.field) == ("E038", "standing")
    people.change_standing(system_actor(), person, on=date(2026, 11, 1), at=AT, standing="probationary", document="镇党〔2026〕8号")
    change("full")
    file = queries.member(everything(world), person, TODAY).file
    assert [s.standing for s in file.spells] == ["probationary", "suspended", "probationary", "full"] and file.full_on == TODAY


def test_somebody_without_an_office_sees_the_own_file_only(world: World) -> None:
    member = world.actor("member")
    own = queries.own(member.person_id or 0, TODAY)
    assert own.file.name == "刘四11" and own.org.name == "第1镇第1村党支部" and own.file.group_name == "第一党小组"
    with pytest.raises(NotFound):
        queries.member(member.scope(Permission.MEMBER_READ), world.persons["T1-B1"][0], TODAY)
