"""确认导入 and 撤销: what is written, what stays, what an undo restores, and what keeps it from doing so."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from tests.everywhere.lasting import lasting
from tests.exchange import importers
from tests.exchange.dirty import GRAIN, TOWN, VILLAGE
from tests.exchange.importers import LEDGER, ORGS, ROSTER, dirty, do, dump, id_no, member, place, read, table
from tests.world import AT, TODAY, World

from zhibu.exchange.intake import confirm, cures, returned
from zhibu.exchange.intake.findings import Correction, FileRead, Upload
from zhibu.exchange.intake.plan import Fate
from zhibu.ground.access.queries import office
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import batches
from zhibu.ground.people import actions as people
from zhibu.ground.people import queries as roster
from zhibu.ground.people.sheets import MemberSheet, sheets
from zhibu.ground.record import actions as record
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as orgs

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    with lasting(django_db_blocker):
        yield importers.county()


@pytest.fixture
def clerk(built: World) -> Actor:
    return built.actor("sq")


def everywhere() -> Scope:
    top = orgs.root()
    assert top is not None
    return Scope((top.path,))


def person(number: str) -> MemberSheet:
    ((pk, _, _),) = roster.known_by_id_no([number]).values()
    return sheets(everywhere(), [pk])[pk]


def village(*lines: str, name: str = "a.csv") -> Upload:
    return table(VILLAGE + ROSTER + "".join(lines), name)


def lines_of(done: confirm.Done, fate: Fate) -> list[str]:
    return [line.what for line in done.plan.lines if line.fate is fate]


# ---------------------------------------------------------------- members


def test_new_members_are_registered_with_everything_the_table_says(clerk: Actor) -> None:
    a, b, c = id_no("19700101", 11), id_no("19800202", 22), id_no("19990303", 33)
    done = do(clerk, village(
        member("王甲", a, group="第一党小组", post="书记", phone="15400009001", remark="退伍军人"),
        member("李乙", b, group="第一党小组", post="组织委员", joined="1999.07", full="2000.07"),
        member("张丙", c, joined="2026.03.01", full="", kind="预备党员"),
    ))  # fmt: skip
    assert {k: v for k, v in done.counts.items() if v} == {"members_new": 3, "groups": 1, "posts": 2}
    one, two, three = person(a), person(b), person(c)
    assert (one.name, one.gender, one.standing, one.phone, one.remark, one.since) == ("王甲", "男", "full", "15400009001", "退伍军人", date(2026, 1, 1))
    assert (two.joined_on, two.joined_precision, two.birth_on, two.birth_precision) == (date(1999, 7, 1), "month", date(1980, 2, 2), "day")
    assert (three.standing, three.since) == ("probationary", date(2026, 3, 1))
    here = {e.name: e for e in roster.roll(everywhere(), place(VILLAGE).id, TODAY)}
    assert here["王甲"].post == "secretary" and here["李乙"].post == "organization" and here["王甲"].group_id == here["李乙"].group_id is not None
    assert here["张丙"].group_id == here["李乙"].group_id and not here["张丙"].votes, "an empty 党小组 means the one above"


def test_a_member_who_became_full_this_year_has_both_standings(clerk: Actor) -> None:
    a = id_no("19990101", 41)
    do(clerk, village(member("钱丁", a, joined="2025.05.10", full="2026.05.10")))
    file = roster.member_file(everywhere(), person(a).person_id, TODAY)
    assert [(s.standing, s.from_on, s.to_on) for s in file.spells] == [("probationary", date(2026, 1, 1), date(2026, 5, 10)), ("full", date(2026, 5, 10), None)]


def test_known_members_are_changed_only_where_the_table_says_otherwise(clerk: Actor) -> None:
    a, b = id_no("19700101", 11), id_no("19800202", 21)
    do(clerk, village(member("王甲", a, joined="1998.07.15", phone="15400009001"), member("李乙", b)))
    before = dump()
    done = do(clerk, village(member("王甲", a, joined="1998.07", phone="15400009002", remark="党员示范户"), member("李乙", b)), at=AT + timedelta(hours=1))
    assert {k: v for k, v in done.counts.items() if v} == {"members_changed": 1, "members_same": 1}
    (line,) = [x for x in done.plan.lines if x.fate is Fate.CHANGED]
    assert line.says == ("联系电话：154****9001 → 154****9002", "备注：空 → 党员示范户")
    assert person(a).joined_on == date(1998, 7, 15) and person(a).phone == "15400009002"
    confirm.undo(clerk, done.batch_id or 0, at=AT + timedelta(hours=2))
    assert dump() == before and person(a).phone == "15400009001"


def test_a_member_without_a_number_is_found_by_name_and_phone(clerk: Actor) -> None:
    known = people.register(clerk, people.NewMember(place(VILLAGE).id, "王甲", "full", date(2020, 1, 1), phone="15400009001"), at=AT)
    done = do(clerk, village(member("王甲", id_no(), phone="15400009001")))
    assert done.counts["members_changed"] == 1 and done.counts["members_new"] == 0
    assert person(id_no()).person_id == known
    other = do(clerk, village(member("王甲", id_no("19700102"), phone="15400009001")))
    assert other.batch_id is None and lines_of(other, Fate.BLOCKED) == ["王甲"] and "同名、同电话" in other.plan.lines[0].says[0]


def test_a_probationary_member_becomes_full_and_an_undo_takes_it_back(clerk: Actor) -> None:
    a = id_no("19990101", 41)
    do(clerk, village(member("钱丁", a, joined="2025.05.10", full="", kind="预备党员")))
    before = dump()
    done = do(clerk, village(member("钱丁", a, joined="2025.05.10", full="2026.05.10")), at=AT + timedelta(hours=1))
    assert person(a).standing == "full" and person(a).full_on == date(2026, 5, 10) and done.counts["members_changed"] == 1
    again = do(clerk, village(member("钱丁", a, joined="2025.05.10", full="", kind="预备党员")), at=AT + timedelta(hours=2))
    assert again.batch_id is None and "没有改" in again.plan.lines[0].notes[0]
    confirm.undo(clerk, done.batch_id or 0, at=AT + timedelta(hours=3))
    assert dump() == before


def test_the_dead_are_registered_with_their_end_or_ended(clerk: Actor) -> None:
    a = id_no("19480925", 45)
    line = member("彭示范", a, joined="1972.07", full="1973.07", remark="2024年12月去世")
    (asked,) = read([village(line)])
    assert isinstance(asked, FileRead) and asked.rows[0].result == "confirm"
    answer = {"a.csv": Correction(resolutions={(None, 3): {"remark": "ended"}})}
    do(clerk, village(line), corrections=answer)
    assert (person(a).standing, person(a).ended_title, person(a).ended_on) == ("", "去世", date(2024, 12, 31))
    again = do(clerk, village(line), corrections=answer)
    assert again.batch_id is None and lines_of(again, Fate.SAME) == ["彭示范"]
    back = do(clerk, village(member("彭示范", a, joined="1972.07", full="1973.07")))
    assert back.batch_id is None and "已于2024年12月31日结束（去世）" in back.plan.lines[0].says[0]
    b = id_no("19480926", 45)
    do(clerk, village(member("何示范", b, joined="1972.07", full="1973.07")))
    before = dump()
    done = do(clerk, village(member("何示范", b, joined="1972.07", full="1973.07", remark="2026年9月去世")), corrections=answer, at=AT + timedelta(hours=1))
    assert (person(b).standing, person(b).ended_on) == ("", date(2026, 9, 30))
    confirm.undo(clerk, done.batch_id or 0, at=AT + timedelta(hours=2))
    assert dump() == before


def test_a_post_that_somebody_holds_stays_and_is_said(clerk: Actor) -> None:
    do(clerk, village(member("王甲", id_no(), post="书记")))
    done = do(clerk, village(member("李乙", id_no("19800202", 21), post="书记")))
    assert done.counts["posts"] == 0 and done.plan.lines[0].notes == ("书记已登记为王甲，没有改",)
    assert [c.title for c in cures.kept(done.plan)] == ["1 处和系统里不同或定不下来"]


def test_members_of_other_branches_and_strangers_are_told_apart_by_nothing(clerk: Actor, built: World) -> None:
    """A member of another township and a branch of another township look like any other taken number and unknown name."""
    foreign = sheets(everywhere(), built.persons["T1-B1"])[built.persons["T1-B1"][0]]
    (found,) = read([village(member("王甲", foreign.id_no, gender="男"))])
    assert isinstance(found, FileRead)
    (issue,) = found.rows[0].issues
    assert issue.code == "DUP_OTHER_SHEET" and foreign.name not in issue.message and "第1" not in issue.message
    texts = []
    for name in ("第1镇第1村党支部", "没有这个村党支部", "中共青禾县委员会"):
        (found,) = read([table(name + LEDGER + f"{name},2026.1.8,支委会,题,王,3,3,会议记录\n")])
        assert isinstance(found, FileRead) and found.rows[0].issues[0].code == "ORG_NOT_FOUND"
        texts.append(found.rows[0].issues[0].message.replace(name, "X"))
    assert len(set(texts)) == 1
    questions = []
    for name in ("第1镇第1村党支部", "没有这个村党支部", "中共青禾县委员会"):
        done = do(clerk, table(name + ROSTER + member("王甲", id_no())))
        assert done.batch_id is None and lines_of(done, Fate.BLOCKED) == ["王甲"]
        questions.append(done.plan.lines[0].says[0].replace(name, "X"))
    assert len(set(questions)) == 1


def test_a_committee_keeps_no_members(clerk: Actor) -> None:
    done = do(clerk, table(TOWN + ROSTER + member("王甲", id_no())))
    assert done.batch_id is None and "不是党支部" in done.plan.lines[0].says[0]


def test_an_unanswered_branch_keeps_its_rows_out(clerk: Actor) -> None:
    file = table("柳树湾村党支部" + ROSTER + member("王甲", id_no()))
    done = do(clerk, file)
    assert done.batch_id is None and "还没有定是哪个支部" in done.plan.lines[0].says[0]
    assert do(clerk, file, corrections={"a.csv": Correction(orgs={"*": {"柳树湾村党支部": VILLAGE}})}).counts["members_new"] == 1


def test_impossible_data_of_a_row_is_refused_before_anything_is_written(clerk: Actor) -> None:
    done = do(clerk, village(member("王甲", id_no(), remark="字" * 201), member("李乙", id_no("19800202", 21))))
    assert lines_of(done, Fate.BLOCKED) == ["王甲"] and "备注超过 200 字" in done.plan.lines[0].says[0] and done.counts["members_new"] == 1


# ---------------------------------------------------------------- organisations


def test_organisations_are_founded_with_term_and_secretary(clerk: Actor) -> None:
    text = ORGS + (
        f"石桥中学党总支,党总支,{TOWN},,0990-8123456,16,1999.9.1,2023.3.31,3,2026.3.31,石桥中学\n"
        "石桥中学第一党支部,党支部,石桥中学党总支,董样,15400000305,9,1999.9,2023.3.31,3,2026.3.31,\n"
    )
    people_ = table("石桥中学第一党支部" + ROSTER + member("董样", id_no(), phone="15400000305"), "b.csv")
    done = do(clerk, table(text), people_)
    assert {k: v for k, v in done.counts.items() if v} == {"organisations_new": 2, "members_new": 1, "terms": 2, "posts": 1}
    general, branch = place("石桥中学党总支"), place("石桥中学第一党支部")
    assert (general.kind, general.short_name, general.parent_id, branch.parent_id) == ("general_branch", "石桥中学党总支", place().id, general.id)
    assert branch.established_on == date(1999, 9, 1) and general.code.startswith("SQ-") and branch.code.startswith(f"{general.code}-")
    assert orgs.host_units(everywhere(), [general.id]) == {general.id: ("石桥中学",)}
    (term,) = orgs.committees(everywhere(), TODAY, org_ids=[branch.id])
    assert (term.elected_on, term.term_years, term.expires_on) == (date(2023, 3, 31), 3, date(2026, 3, 31))
    assert roster.secretaries(everywhere(), TODAY, [branch.id])[branch.id].name == "董样"


def test_an_existing_organisation_is_completed_but_never_overwritten(clerk: Actor) -> None:
    row = "{},联合党支部,{},何样林,0990-8123456,9,2009.6,{},3,{},石桥粮站、石桥农资站\n"
    before = dump()
    done = do(clerk, table(ORGS + row.format(GRAIN, TOWN, "2024.6.18", "2027.6.18")))
    (line,) = done.plan.lines
    assert line.says == ("补所在单位：石桥农资站", "补办公电话 0990-8123456", "登记本届班子：2024年6月18日起，任期 3 年，2027年6月18日届满")
    assert "组建时间已登记为 2015年1月1日，表里是 2009-06，没有改" in line.notes and any("何样林还不在花名册里" in n for n in line.notes)
    grain = place(GRAIN)
    assert set(orgs.host_units(everywhere(), [grain.id])[grain.id]) == {"石桥粮站", "石桥供销社", "石桥农资站"}
    later = do(clerk, table(ORGS + row.format(GRAIN, TOWN, "2023.1.1", "2026.1.1").replace("8123456", "8999999")), at=AT + timedelta(hours=1))
    assert later.batch_id is None and any("本届班子已登记从 2024年6月18日 起" in n for n in later.plan.lines[0].notes)
    assert any("办公电话已登记 0990-8123456" in n for n in later.plan.lines[0].notes)
    confirm.undo(clerk, done.batch_id or 0, at=AT + timedelta(hours=2))
    assert dump() == before


def test_a_mobile_number_of_a_secretary_is_not_published(clerk: Actor) -> None:
    do(clerk, table(ORGS + f"石桥示例电商党支部,党支部,{TOWN},蒋样,15400000307,5,2024.11.8,,,,石桥示例电商有限公司\n"))
    from zhibu.areas.structure import queries as structure

    assert structure.detail(everywhere(), place("石桥示例电商党支部").id).phone == ""


def test_a_child_may_stand_above_its_parent_and_a_branch_is_no_parent(clerk: Actor) -> None:
    rows = f"石桥中学第一党支部,党支部,石桥中学党总支,,,9,1999.9,,,,\n石桥中学党总支,党总支,{TOWN},,,16,1999.9.1,,,,\n石桥中学第二党支部,党支部,石桥中学第一党支部,,,9,1999.9,,,,\n"
    done = do(clerk, table(ORGS + rows))
    assert done.counts["organisations_new"] == 2 and lines_of(done, Fate.BLOCKED) == ["石桥中学第二党支部"]


def test_the_county_imports_organisations_but_no_rosters(built: World) -> None:
    county = built.actor("county")
    top = place("QH")
    done = do(county, table(ORGS + f"石桥新村党支部,党支部,{TOWN},,,9,2020.1.1,,,,\n"), village(member("王甲", id_no()), name="b.csv"), org=top)
    assert done.counts["organisations_new"] == 1 and done.counts["blocked"] == 1 and "请找镇党建办导入" in done.plan.lines[1].says[0]


# ---------------------------------------------------------------- ledgers


def test_meetings_are_recorded_with_counts_and_paper_records(clerk: Actor) -> None:
    rows = f"{VILLAGE},2026.1.8,支委会,研究全年工作,王样一,5,4,会议记录、签到、鸡毛信\n{VILLAGE},2026.1.8,党员大会,学习,王样一,,,\n{VILLAGE},2026.3.25,党课,学习党章,孙样,31,26,讲稿 签到表 党课记录\n"
    done = do(clerk, table(LEDGER + rows))
    assert done.counts["meetings"] == 3
    assert done.plan.lines[0].notes == ("不认识的材料没有登记：鸡毛信",) and "没有应到、实到人数" in done.plan.lines[1].notes[0]
    slots = {s.kind: s for s in recorded.slots(everywhere(), place(VILLAGE).id, date(2026, 1, 1), date(2026, 12, 31))}
    one = recorded.activity(everywhere(), slots["committee_meeting"].activity_id)
    assert (one.title, one.chair, one.expected_count, one.present_count, one.expected, one.written_in) == ("研究全年工作", "王样一", 5, 4, (), "import")
    assert [(e.record_type, e.how, e.place) for e in one.evidence] == [("minutes", "paper", "本支部"), ("sign_in", "paper", "本支部")]
    assert one.batch_id == done.batch_id and one.recorded_at == AT
    lecture = recorded.activity(everywhere(), slots["lecture"].activity_id)
    assert {e.record_type for e in lecture.evidence} == {"lecture_script", "sign_in", "lecture_record"}


def test_a_meeting_that_is_recorded_is_skipped_also_between_files(clerk: Actor) -> None:
    row = f"{VILLAGE},2026.1.8,支委会,研究全年工作,王样一,5,4,会议记录\n"
    done = do(clerk, table(LEDGER + row), table(LEDGER + row, "b.csv"))
    assert done.counts["meetings"] == 1 and done.counts["meetings_known"] == 1
    again = do(clerk, table(LEDGER + row))
    assert again.batch_id is None and [i.code for f in read([table(LEDGER + row)]) if isinstance(f, FileRead) for i in f.rows[0].issues] == ["DUP_MEETING"]


# ---------------------------------------------------------------- all or nothing, twice, undone


def test_the_sample_files_once_and_once_more(clerk: Actor) -> None:
    before = dump()
    done = do(clerk, *dirty("02", "01", "04", "05"))
    assert done.counts["members_new"] == 12 and done.counts["meetings"] == 17 and done.counts["organisations_new"] == 1
    assert roster.secretaries(everywhere(), TODAY, [place(VILLAGE).id])[place(VILLAGE).id].name == "王样一"
    then = dump()
    again = do(clerk, *dirty("02", "01", "04", "05"), at=AT + timedelta(hours=1))
    assert again.batch_id is None and dump() == then
    back = [Upload(f"退回{n}.xlsx", returned.write(f)) for n, f in enumerate(read(dirty("02", "01", "04", "05"))) if isinstance(f, FileRead)]
    assert do(clerk, *back, at=AT + timedelta(hours=1)).batch_id is None and dump() == then, "the returned tables bring nothing new"
    confirm.undo(clerk, done.batch_id or 0, at=AT + timedelta(days=6))
    assert dump() == before
    assert do(clerk, *dirty("02", "01", "04", "05"), at=AT + timedelta(days=6)).counts["meetings"] == 17


def test_everything_or_nothing(clerk: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump()
    kept = batches.listing(everywhere(), AT)

    def broken(*args: object, **kwargs: object) -> list[int]:
        raise RuntimeError("the light goes out")

    monkeypatch.setattr(record, "write_many", broken)
    with pytest.raises(RuntimeError):
        do(clerk, *dirty("02", "01", "04"))
    assert dump() == before and batches.listing(everywhere(), AT) == kept


def test_what_changed_since_it_was_shown_is_shown_again(clerk: Actor) -> None:
    file = village(member("王甲", id_no()))
    found = [f for f in read([file]) if isinstance(f, FileRead)]
    plan = confirm.draw(clerk, place(), found, at=AT)
    do(clerk, village(member("王甲", id_no()), name="b.csv"))
    with pytest.raises(confirm.Changed):
        confirm.commit(clerk, place(), found, at=AT, expected=plan.digest)


def test_an_organisation_of_meetings_stays_as_one_that_never_existed(clerk: Actor) -> None:
    text = ORGS + f"石桥新村党支部,党支部,{TOWN},,,9,2020.1.1,2024.1.1,5,2029.1.1,\n"
    ledger = "石桥新村党支部" + LEDGER + "石桥新村党支部,2026.1.8,支委会,题,王,3,3,会议记录\n"
    done = do(clerk, table(text), table(ledger, "b.csv"))
    founded = place("石桥新村党支部").id
    confirm.undo(clerk, done.batch_id or 0, at=AT + timedelta(hours=1))
    assert orgs.find("石桥新村党支部") is None and all(o.id != founded for o in orgs.organisations(everywhere(), TODAY))
    assert not recorded.slots(everywhere(), founded, date(2026, 1, 1), date(2026, 12, 31)) and not orgs.committees(everywhere(), org_ids=[founded])
    again = do(clerk, table(text), table(ledger, "b.csv"), at=AT + timedelta(hours=2))
    assert again.counts["organisations_new"] == 1 and again.counts["meetings"] == 1


def refused(clerk: Actor, done: confirm.Done, *, hours: float = 2) -> list[str]:
    with pytest.raises(confirm.UndoRefused) as error:
        confirm.undo(clerk, done.batch_id or 0, at=AT + timedelta(hours=hours))
    return [error.value.reason, *(confirm.obstacle_text(o) for o in error.value.obstacles)]


def test_an_undo_is_refused_when_it_is_too_late_or_done(clerk: Actor) -> None:
    done = do(clerk, village(member("王甲", id_no())))
    assert "超过 7 天" in refused(clerk, done, hours=7 * 24 + 1)[0]
    confirm.undo(clerk, done.batch_id or 0, at=AT + timedelta(days=7))
    assert "已经撤销过" in refused(clerk, done)[0]


def test_an_undo_is_refused_when_something_is_in_use_since(clerk: Actor) -> None:
    a = id_no()
    done = do(clerk, village(member("王甲", a, group="第一党小组")))
    one = person(a)
    before = dump()
    later = AT + timedelta(hours=1)
    people.edit(clerk, one.person_id, values={"job": "会计"}, version=one.version, at=later)
    assert "“王甲”的资料导入以后改过" in refused(clerk, done)
    people.edit(clerk, one.person_id, values={"job": ""}, version=one.version + 1, at=later)
    assert "“王甲”的资料导入以后改过" in refused(clerk, done), "the row's version tells"
    assert [r["name"] for r in dump()["people.Person"]] == [r["name"] for r in before["people.Person"]], "a refused undo leaves everything"


def test_a_meeting_with_an_imported_member_on_its_roll_is_a_use(clerk: Actor) -> None:
    a = id_no()
    done = do(clerk, village(member("王甲", a)))
    new = record.NewActivity(place(VILLAGE).id, (("general_meeting", None),), "议事", date(2026, 11, 19), 1, 1, expected=(person(a).person_id,))
    record.write_many(clerk, [new], at=AT + timedelta(hours=1))
    assert "“王甲”已经有组织生活记录 1 项用到" in refused(clerk, done)


def test_members_in_a_founded_branch_are_a_use(clerk: Actor) -> None:
    done = do(clerk, table(ORGS + f"石桥新村党支部,党支部,{TOWN},,,9,2020.1.1,,,,\n"))
    people.register(clerk, people.NewMember(place("石桥新村党支部").id, "王甲", "full", date(2020, 1, 1)), at=AT)
    said = refused(clerk, done)
    assert "“石桥新村党支部”已经有党员 1 项用到" in said and "“石桥新村党支部”已经有组织关系 1 项用到" in said


def test_a_correction_of_an_imported_meeting_is_a_use(clerk: Actor) -> None:
    done = do(clerk, table(LEDGER + f"{VILLAGE},2026.1.8,支委会,题,王,3,3,会议记录\n"))
    (made,) = batches.made_by(everywhere(), done.batch_id or 0)["record.Activity"]
    new = record.NewActivity(place(VILLAGE).id, (("committee_meeting", None),), "题", date(2026, 1, 9), 3, 3, corrects=made, correction_reason="日期抄错")
    record.write_many(clerk, [new], at=AT + timedelta(hours=1))
    assert "“题”已经有组织生活记录 1 项用到" in refused(clerk, done)


# ---------------------------------------------------------------- rights


def test_only_who_may_import_there(built: World, clerk: Actor) -> None:
    found = [f for f in read([village(member("王甲", id_no()))]) if isinstance(f, FileRead)]
    for username, hidden in (("grain", False), ("secretary", True), ("clerk1", True)):
        with pytest.raises(Refused) as error:
            confirm.commit(built.actor(username), place() if username != "grain" else place(GRAIN), found, at=AT)
        assert error.value.hidden is hidden
    done = do(clerk, village(member("王甲", id_no())))
    with pytest.raises(Refused) as error:
        confirm.undo(built.actor("clerk1"), done.batch_id or 0, at=AT)
    assert error.value.hidden


def test_headings_are_remembered_by_the_office(clerk: Actor) -> None:
    from zhibu.ground.journal import headings

    found = [f for f in read([village(member("王甲", id_no()))]) if isinstance(f, FileRead)]
    learnt = {"member_roster": {"小灵通": "phone", "备注": ""}}
    confirm.commit(clerk, place(VILLAGE), found, at=AT, learnt=learnt, office=place())
    town = Scope((place().path,))
    assert headings.learnt(town, place().id) == learnt
    headings.remember(clerk, org_id=place().id, org_path=place().path, table="member_roster", headings={"备注": "remark"})
    assert headings.learnt(town, place().id)["member_roster"]["备注"] == "remark"
    with pytest.raises(Refused):
        headings.remember(office("x", "branch_secretary", place(GRAIN).id), org_id=place().id, org_path=place().path, table="member_roster", headings={})
