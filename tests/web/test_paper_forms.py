"""The further forms and files of ux.md §2: every field on the page and in the file, numbers only for a purpose, hostile texts stay texts."""
from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from urllib.parse import unquote

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from docx import Document
from lxml import etree
from tests import world
from tests.areas.test_meetings import meeting
from tests.web.test_paper import PAYLOADS, everything, lacking, of_page, of_word, squeezed, visitor
from tests.world import AT, TODAY, World, id_number

from zhibu.areas.meetings import actions
from zhibu.areas.meetings.entry import EntryTopic
from zhibu.exchange import word
from zhibu.exchange.intake import confirm, container
from zhibu.exchange.intake.findings import FileRead, Upload
from zhibu.exchange.intake.installed import Installed
from zhibu.exchange.intake.pipeline import read_files
from zhibu.exchange.intake.plan import Fate
from zhibu.exchange.sheets import handbook as handbooks
from zhibu.exchange.sheets import roster_table as roster_tables
from zhibu.exchange.sheets.around import Around, rule_sets
from zhibu.ground.access.queries import system_actor
from zhibu.ground.journal import journal
from zhibu.ground.people import actions as people
from zhibu.ground.people.sheets import sheets
from zhibu.ground.policy.models import Assignment
from zhibu.ground.record import actions as record_actions
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import actions as tree_actions
from zhibu.ground.tree import queries as tree
from zhibu.kernel import identity

pytestmark = pytest.mark.django_db

# ux.md §2, row by row: field -> what stands on the sheet of the records below
LECTURE = {
    "题目": "学习新修订的条例", "授课人": "陈老师", "时间": "2026年10月20日9:00—10:30", "地点": "村会议室", "参加人数": "7 人", "名单": "张三11", "主要内容": "第一章讲了三点",
    "讨论要点": "讨论要点", "附件:党课稿": "☑党课稿", "附件:签到表": "☑签到表", "规则集": "规则集：", "制表日期": "制表日期：2026年11月20日",
}
THEME_DAY = {
    "时间": "2026年11月18日9:00—10:30", "地点": "村会议室", "主题": "清理河道", "应到": "8 人", "实到": "6 人（到会率 75", "流程": "流程", "内容": "1. 清理河道：先学习后劳动",
    "议定事项": "每月清一次", "缺席": "杨六11：请假（外出务工）", "补课": "2026年11月19日已补课（个别补课）", "列席:积极分子": "积极分子", "列席:群众代表": "群众代表",
    "党费收缴": "党费收缴", "记录人": "李二11", "六有:计划": "□计划", "六有:方案": "□方案", "六有:资料": "□资料", "六有:笔记": "□笔记", "六有:记录+影像": "记录和影像", "六有:签到表": "☑签到表",
    "规则集": "规则集：", "制表日期": "制表日期：2026年11月20日",
}
MEASURES = {
    "序号": "序号", "问题": "学习不经常（11月10日）", "措施": "每周学一次", "责任人": "责任人", "时限": "时限", "进展": "进展", "完成日期": "完成日期", "销号(复核人)": "销号（复核人）",
    "规则集": "规则集：", "制表日期": "制表日期：2026年11月20日",
}
MEMBER = {
    "姓名": "姓名王一11", "性别": "性别男", "民族": "民族汉族", "公民身份证号": "990201***********", "出生日期": "1975年6月", "学历(代码)": "学历大专", "人员类别": "人员类别正式党员",
    "所在党支部": "第1镇第1村党支部", "加入党组织日期": "2005年7月1日", "转为正式党员日期": "2006年7月1日", "工作岗位(代码)": "工作岗位务农", "联系电话(手机/固定)": "联系电话（手机/固定）154****0001",
    "家庭住址": "家庭住址村东 3 号", "党籍状态(正常/停止党籍)": "党籍状态正常", "失联(失去联系日期)": "失联（失去联系日期）否", "流动(外出流向 省市县)": "流动（外出流向）浙江省杭州市",
    "党员签字": "党员签字：", "采集员": "采集员签字：", "支部书记": "支部书记签字：", "基层党委章": "基层党委（盖章）", "规则集": "规则集：", "制表日期": "制表日期：2026年11月20日",
}
ORGANISATION = {
    "党组织全称(as on the seal)": "党组织全称（与印章一致）第1镇第1村党支部", "书记": "书记王一11", "联系人": "联系人", "电话(with area code)": "联系电话（带区号）", "类别": "☑农村",
    "所在单位情况:与上级党组织相同": "与上级党组织相同", "所在单位情况:法人单位": "法人单位", "所在单位情况:联合党支部": "联合党支部", "单位名称": "第1镇第1村民委员会", "空缺": "备注",
    "规则集": "规则集：", "制表日期": "制表日期：2026年11月20日",
}
HANDBOOK = {
    "封面": "党支部工作手册", "年度": "2026年", "书记": "书记：王一11", "制度": "组织生活制度", "名册": "党员名册", "名册里的人": "张三11", "班子": "支部班子", "小组": "第一党小组", "台账": "2026年度台账",
    "会议": "党支部会议记录", "会议里的决议": "每周学一次", "党课": "党课记录", "考勤": "2026年考勤表", "补课": "2026年11月10日", "没有收入": "没有收入的部分", "计划": "年度工作计划和总结", "党费": "党费收缴",
    "发展": "发展党员", "谈话": "谈心谈话", "评议": "民主评议", "移交": "移交人：", "规则集": "规则集：", "制表日期": "制表日期：2026年11月20日",
}
ROSTER = (
    "姓名", "性别", "民族", "公民身份证号", "出生日期", "学历", "人员类别", "所在党支部", "加入党组织日期", "转为正式党员日期", "工作岗位", "联系电话", "家庭住址", "党籍状态", "是否失联", "是否流动",
)
MARKUP = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "${7*7}", "{% now %}", "]]></w:t>", "&amp;&lt;", "</section><h1>")


@pytest.fixture
def w() -> World:
    built = world.build()
    secretary, person = built.actor("secretary"), built.persons["T1-B1"][0]
    values = {"ethnicity": "汉族", "education": "大专", "job": "务农", "address": "村东 3 号", "floating_to": "浙江省杭州市"}
    people.edit(secretary, person, values=values, version=sheets(everything(built), [person])[person].version, at=AT)
    for code in ("T1-B1", "T1-B2"):  # the numbers of tests.world know no sex
        for one in sheets(everything(built), built.persons[code]).values():
            people.edit(built.actor("clerk1"), one.person_id, values={"gender": identity.check(one.id_no).gender}, version=one.version, at=AT)
    return built


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand still at a working hour."""
    monkeypatch.setattr(timezone, "now", lambda: AT)


@pytest.fixture
def held(w: World) -> dict[str, int]:
    """Record a lecture, a theme day and an organisational life meeting with everything that the forms show."""
    secretary, absent = w.actor("secretary"), {w.persons["T1-B1"][5]: "leave", w.persons["T1-B1"][6]: "absent"}
    lecture = EntryTopic("lecture", "学习新修订的条例", "第一章讲了三点", lecturer="陈老师", hours=1)
    made = {
        "lecture": meeting(w, "lecture", held_on=date(2026, 10, 20), marks={w.persons["T1-B1"][6]: "absent"}, topics=(lecture,)),
        "theme-day": meeting(w, "theme_day", marks=absent, absence_note="外出务工", topics=(EntryTopic("theme_day", "清理河道", "先学习后劳动", "每月清一次"),)),
        "measures": meeting(
            w, "org_life_meeting", held_on=date(2026, 11, 10), marks={w.persons["T1-B1"][6]: "absent"}, topics=(EntryTopic("org_life_meeting", "学习不经常", "大家谈了不足", "每周学一次"),),
        ),
    }
    ids = {form: actions.record_meeting(secretary, entry, at=AT) for form, entry in made.items()}
    leave = recorded.absences(everything(w), activity_id=ids["theme-day"])[0]
    record_actions.catch_up(secretary, leave.id, done_on=date(2026, 11, 19), how="个别补课", at=AT)
    return ids


def notes(w: World, subject: str, subject_id: int, area: str) -> list[dict]:
    return [e.changes for e in journal.about(everything(w), subject, subject_id) if e.action == f"{area}.paper"]


def of_pages(response) -> str:
    """Give the text of every sheet of a page, titles included."""
    assert response.status_code == 200
    return squeezed(re.sub(r"&[a-z#0-9]+;", "", re.sub(r"<[^>]+>", "", response.content.decode().partition('<section class="a4')[2])))


# ---------------------------------------------------------------- every field on the page and in the file


@pytest.mark.parametrize(("form", "wanted"), [("lecture", LECTURE), ("theme-day", THEME_DAY), ("measures", MEASURES)])
def test_every_field_of_a_records_forms(w: World, held: dict[str, int], form: str, wanted: dict[str, str]) -> None:
    client, url = visitor("secretary"), reverse("meetings:sheet", args=[held[form], form])
    preview, page, file = client.get(url), client.post(url), client.post(url, {"as": "docx"})
    assert lacking(of_page(preview), wanted) == [] and "data-print" not in preview.content.decode()
    assert lacking(of_page(page), wanted) == [] and "data-print" in page.content.decode()
    assert lacking(of_word(file), wanted) == []
    assert [c["as"] for c in notes(w, "activity", held[form], "meetings")] == ["docx", "page"]


@pytest.mark.parametrize("wanted", [LECTURE, THEME_DAY, MEASURES, MEMBER, ORGANISATION, HANDBOOK])
def test_a_field_that_is_left_out_is_noticed(wanted: dict[str, str]) -> None:
    whole = squeezed("|".join(wanted.values()))
    for field, words in wanted.items():
        assert field in lacking(whole.replace(squeezed(words), ""), wanted)


def test_a_record_has_the_forms_of_its_kinds_only(w: World, held: dict[str, int]) -> None:
    client = visitor("secretary")
    for form, activity in held.items():
        page = client.get(reverse("meetings:activity", args=[activity])).content.decode()
        for other in held:
            url = reverse("meetings:sheet", args=[activity, other])
            assert client.get(url).status_code == (200 if other == form else 404) and (url in page) == (other == form)


def test_the_list_of_measures_of_a_year(w: World, held: dict[str, int]) -> None:
    client, url = visitor("secretary"), f"{reverse('paper:measures')}?org={w.orgs['T1-B1']}&year=2026"
    text = of_page(client.post(url))
    assert lacking(text, MEASURES) == [] and "每月清一次" not in text, "what a theme day decides is no rectification"
    assert lacking(of_word(client.post(url, {"as": "docx"})), MEASURES) == []
    assert notes(w, "organisation", w.orgs["T1-B1"], "meetings") == [{"sheet": "2026年整改清单", "as": "docx"}, {"sheet": "2026年整改清单", "as": "page"}]


def test_every_field_of_the_members_sheet(w: World) -> None:
    person = w.persons["T1-B1"][0]
    client, url = visitor("secretary"), reverse("paper:member", args=[person])
    assert url in client.get(f"{reverse('roster:list')}?person={person}").content.decode()
    for text in (of_page(client.get(url)), of_page(client.post(url)), of_word(client.post(url, {"as": "docx"}))):
        assert lacking(text, MEMBER) == [] and id_number(1) not in text and "15400000001" not in text
    assert [c["as"] for c in notes(w, "person", person, "roster")] == ["docx", "page"]
    assert len([field for field in MEMBER if field not in ("规则集", "制表日期", "党员签字", "采集员", "支部书记", "基层党委章")]) == 16


def test_every_field_of_the_organisations_sheet(w: World) -> None:
    org = w.orgs["T1-B1"]
    client, url = visitor("secretary"), reverse("paper:organisation", args=[org])
    assert url in client.get(reverse("org:page", args=[org])).content.decode()
    for text in (of_page(client.get(url)), of_page(client.post(url)), of_word(client.post(url, {"as": "docx"}))):
        assert lacking(text, ORGANISATION) == []
    assert [c["as"] for c in notes(w, "organisation", org, "structure")] == ["docx", "page"]
    vacant = visitor("county").get(reverse("paper:organisation", args=[w.orgs["T1"]]))
    assert "空缺：书记" in of_page(vacant)


# ---------------------------------------------------------------- numbers only for a purpose


def looks(w: World, subject: str, subject_id: int) -> list[dict]:
    return [e.changes for e in journal.about(everything(w), subject, subject_id) if e.action.startswith("people.reveal")]


def test_the_sheet_in_full_needs_a_purpose_and_is_a_look(w: World) -> None:
    person = w.persons["T1-B1"][0]
    client, url = visitor("secretary"), f"{reverse('paper:member', args=[person])}?full=1"
    assert "查看用途" in client.get(url).content.decode()
    refused = client.post(url, {"as": "docx", "purpose": ""})
    assert refused.status_code == 422 and "E054" in refused.content.decode() and looks(w, "person", person) == []
    for text in (of_page(client.post(url, {"as": "page", "purpose": "报送采集表"})), of_word(client.post(url, {"as": "docx", "purpose": "报送采集表"}))):
        assert id_number(1) in text and "15400000001" in text and "没有写全" not in text
    assert looks(w, "person", person) == [{"purpose": "报送采集表"}] * 4 and len(notes(w, "person", person, "roster")) == 2


@pytest.mark.parametrize("username", ["committee", "organiser", "reader", "county"])
def test_readers_get_no_number_in_full(w: World, username: str) -> None:
    client, person, org = visitor(username), w.persons["T1-B1"][0], w.orgs["T1-B1"]
    for url in (f"{reverse('paper:member', args=[person])}?full=1", f"{reverse('paper:roster')}?org={org}"):
        assert client.post(url, {"full": "1", "as": "docx", "purpose": "核对身份"}).status_code == 403
    assert looks(w, "person", person) == [] == looks(w, "organisation", org)
    book = cells(client.post(f"{reverse('paper:roster')}?org={org}"))
    assert all("*" in str(row["公民身份证号"]) and "*" in str(row["联系电话"]) for row in book)


def cells(response) -> list[dict[str, object]]:
    assert response.status_code == 200
    page = openpyxl.load_workbook(io.BytesIO(b"".join(response))).worksheets[0]
    heads, *rows = page.iter_rows(min_row=4, values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_the_roster_file_has_the_16_items_masked(w: World) -> None:
    org, client = w.orgs["T1-B1"], visitor("secretary")
    url = f"{reverse('paper:roster')}?org={org}"
    assert url in client.get(reverse("roster:list")).content.decode()
    response = client.post(url)
    assert unquote(response["Content-Disposition"]).endswith("第1镇第1村党支部_花名册_20261120.xlsx")
    data = b"".join(response)
    page = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    heads = [c.value for c in page[4]]
    assert [f for f in ROSTER if f not in heads] == [] and len(ROSTER) == 16
    assert page["A2"].value.startswith("规则集：") and "2026年11月20日" in page["A3"].value
    assert page.freeze_panes == "A5" and page.print_title_rows == "$4:$4" and page.print_area
    first = {h: page.cell(5, i) for i, h in enumerate(heads, 1)}
    assert first["出生日期"].value == datetime(1975, 6, 1) and first["出生日期"].number_format == "yyyy-mm"
    assert first["加入党组织日期"].value == datetime(2005, 7, 1) and first["加入党组织日期"].number_format == "yyyy-mm-dd"
    assert re.fullmatch(r"990201\*{11}\d", first["公民身份证号"].value) and first["公民身份证号"].data_type == "s" and first["公民身份证号"].number_format == "@"
    assert not set(re.findall(rb"154\d{8}", zipfile.ZipFile(io.BytesIO(data)).read("xl/sharedStrings.xml")))
    assert notes(w, "organisation", org, "roster") == [{"sheet": "花名册", "as": "xlsx"}]


def test_no_tail_stands_beside_a_birthday(w: World) -> None:
    secretary, person = w.actor("secretary"), w.persons["T1-B1"][0]
    known = sheets(everything(w), [person])[person]
    people.edit(secretary, person, values={"birth_on": date(1975, 6, 1), "birth_precision": "day"}, version=known.version, at=AT)
    (row,) = [r for r in cells(visitor("secretary").post(f"{reverse('paper:roster')}?org={w.orgs['T1-B1']}")) if r["姓名"] == "王一11"]
    assert row["公民身份证号"] == "990201************"


def full(client: Client, org: int, purpose: str = "报送花名册"):
    return client.post(f"{reverse('paper:roster')}?org={org}", {"full": "1", "purpose": purpose})


def test_the_roster_in_full_is_counted_and_named_in_the_journal(w: World) -> None:
    org, client = w.orgs["T1-B1"], visitor("secretary")
    refused = full(client, org, "")
    assert refused.status_code == 422 and "E054" in refused.content.decode() and looks(w, "organisation", org) == []
    rows = cells(full(client, org))
    assert rows[0]["公民身份证号"] in {id_number(n) for n in range(1, 9)} and str(rows[0]["联系电话"]).startswith("154000")
    assert looks(w, "organisation", org) == [{"purpose": "报送花名册", "persons": sorted(w.persons["T1-B1"])}]
    assert visitor("clerk1").post(f"{reverse('paper:roster')}?org={w.orgs['T1']}", {"full": "1", "purpose": "报送花名册"}).status_code == 404


def test_the_31st_file_or_look_in_an_hour_is_refused(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    org, person, client, actor = w.orgs["T1-B1"], w.persons["T1-B1"][0], visitor("secretary"), w.actor("secretary")
    for n in range(people.REVEALS_PER_HOUR):
        if n % 2:
            people.reveal(actor, person, what="phone", purpose="通知开会", at=AT)
        else:
            people.reveal_branch(actor, org, [person], purpose="核对身份", at=AT)
    assert full(client, org).status_code == 429
    assert client.post(f"{reverse('paper:member', args=[person])}?full=1", {"purpose": "核对身份"}).status_code == 429
    with pytest.raises(people.TooManyReveals):
        people.reveal_branch(actor, org, [person], purpose="核对身份", at=AT)
    assert people.reveal_branch(actor, org, [person], purpose="核对身份", at=AT + timedelta(hours=1, seconds=1))
    monkeypatch.setattr(people, "REVEALS_PER_HOUR", 1000)  # the twin: without the limit nothing stops it
    assert full(client, org).status_code == 200


def test_members_of_another_branch_do_not_come_along(w: World) -> None:
    with pytest.raises(tree.NotFound):
        people.reveal_branch(w.actor("clerk1"), w.orgs["T1-B1"], [w.persons["T1-B1"][0], w.persons["T1-B2"][0]], purpose="核对身份", at=AT)
    assert looks(w, "organisation", w.orgs["T1-B1"]) == []


# ---------------------------------------------------------------- the roster reads again identically


def again(w: World, data: bytes, code: str = "T1"):
    """Read a file as the township's clerk and draw up what it would change."""
    org, clerk = tree.organisation(everything(w), w.orgs[code]), w.actor("clerk1")
    installed = Installed(org, TODAY)
    (found,) = read_files([Upload("花名册.xlsx", data)], installed.known, parse=lambda name, raw: container.read(name, raw))
    assert isinstance(found, FileRead)
    return found, confirm.draw(clerk, org, [found], at=AT)


def test_the_full_roster_reads_again_without_a_change(w: World) -> None:
    secretary, persons = w.actor("secretary"), w.persons["T1-B1"]
    for person, values in (
        (persons[1], {"birth_on": date(1960, 1, 1), "birth_precision": "year", "joined_on": date(1998, 7, 1), "joined_precision": "month", "full_on": date(1999, 1, 1), "full_precision": "year"}),
        (persons[2], {"education": "本科", "ethnicity": "壮", "phone": "010-62345678"}),
        (persons[3], {"lost_contact_on": date(2025, 3, 1), "remark": "有一条备注"}),
    ):
        people.edit(secretary, person, values=values, version=sheets(everything(w), [person])[person].version, at=AT)
    data = b"".join(full(visitor("secretary"), w.orgs["T1-B1"]))
    found, plan = again(w, data)
    assert len(plan.lines) == 8 and {line.fate for line in plan.lines} == {Fate.SAME}, [(line.what, line.says, line.notes) for line in plan.lines]
    assert plan.empty and not any(line.notes for line in plan.lines)


def test_a_changed_cell_of_the_file_is_found(w: World) -> None:
    book = openpyxl.load_workbook(io.BytesIO(b"".join(full(visitor("secretary"), w.orgs["T1-B1"]))))
    page = book.worksheets[0]
    column = {c.value: c.column for c in page[4]}
    page.cell(5, column["学历"]).value, page.cell(6, column["联系电话"]).value = "硕士研究生", "15499999999"
    into = io.BytesIO()
    book.save(into)
    _, plan = again(w, into.getvalue())
    assert sorted(line.fate for line in plan.lines) == sorted([Fate.CHANGED] * 2 + [Fate.SAME] * 6)


def test_who_is_in_no_group_is_not_put_into_the_one_above(w: World) -> None:
    code = "T1-B1"
    (late,) = people.register_many(system_actor(), [people.NewMember(w.orgs[code], "郑庚11", "full", date(2015, 1, 1), gender="女", id_no=id_number(400), birth_on=identity.check(id_number(400)).birth, joined_on=date(2005, 7, 1), full_on=date(2006, 7, 1))], at=AT)
    rows = cells(full(visitor("secretary"), w.orgs[code]))
    assert {r["姓名"]: r["党小组"] for r in rows}["郑庚11"] == roster_tables.NOTHING
    _, plan = again(w, b"".join(full(visitor("secretary"), w.orgs[code])))
    assert {line.fate for line in plan.lines} == {Fate.SAME} and late


# ---------------------------------------------------------------- the handbook


def test_the_handbook_holds_the_year(w: World, held: dict[str, int]) -> None:
    org, client = w.orgs["T1-B1"], visitor("secretary")
    url = f"{reverse('paper:handbook')}?org={org}&year=2026"
    assert url.replace("&", "&amp;") in client.get(reverse("meetings:ledger")).content.decode()
    page, file = client.post(url), client.post(url, {"as": "docx"})
    for text in (of_pages(page), of_word(file)):
        assert lacking(text, HANDBOOK) == []
        order = [text.index(squeezed(t)) for t in ("2026年10月20日9:00", "2026年11月10日9:00", "2026年11月18日9:00")]
        assert order == sorted(order), "all minutes stand in the order of their days"
        assert id_number(1) not in text and "15400000001" not in text
    assert notes(w, "organisation", org, "meetings") == [{"sheet": "2026年工作手册", "as": "docx"}, {"sheet": "2026年工作手册", "as": "page"}]
    assert unquote(file["Content-Disposition"]).endswith("第1镇第1村党支部_2026年工作手册_20261120.docx")


def test_the_attendance_of_the_handbook_tells_each_meeting(w: World, held: dict[str, int]) -> None:
    made = handbooks.handbook(everything(w), w.orgs["T1-B1"], 2026, TODAY)
    (sheet,) = [s for s in made.sheets if s.style == "attendance"]
    rows = {r[1].text: [c.text for c in r] for r in sheet.rows[1:]}
    assert rows["张三11"][11] == "√" and rows["张三11"][12] == "√√" and rows["张三11"][14].startswith("3/3")
    assert rows["杨六11"][12] == "√补" and rows["赵七11"][11] == "缺" and rows["赵七11"][12] == "缺缺" and rows["赵七11"][14].startswith("0/3")


def test_the_handbook_needs_both_rights(w: World, held: dict[str, int]) -> None:
    url = f"{reverse('paper:handbook')}?org={w.orgs['T1-B1']}"
    assert visitor("leader").post(url).status_code == 403 and visitor("foreign").post(url).status_code == 404
    assert visitor("clerk1").get(f"{reverse('paper:handbook')}?org={w.orgs['T1']}").status_code == 404
    assert notes(w, "organisation", w.orgs["T1-B1"], "meetings") == []


def test_a_handbook_of_an_empty_year(w: World) -> None:
    text = of_pages(visitor("secretary").post(f"{reverse('paper:handbook')}?org={w.orgs['T1-B1']}&year=2025"))
    assert "2025年度台账" in text and "这一年没有人缺席" in text and "党支部会议记录" not in text


def test_a_dissolved_branch_keeps_its_handbook(w: World) -> None:
    code, boss, client = "T1-B2", system_actor(), visitor("clerk1")
    org = w.orgs[code]
    actions.record_meeting(w.actor("secretary2"), meeting(w, "theme_day", code=code, held_on=date(2026, 3, 3)), at=AT)
    people.move_all(boss, from_org_id=org, to_org_id=w.orgs["T1-B1"], on=date(2026, 9, 1), document="镇党〔2026〕10号", at=AT)
    tree_actions.dissolve(boss, org, on=date(2026, 9, 1), at=AT, reason="合并", document="镇党〔2026〕11号", successor_id=w.orgs["T1-B1"])
    page = client.get(f"{reverse('meetings:ledger')}?org={org}&year=2026").content.decode()
    offered = set(re.findall(r'href="(/paper/[^"]*)"', page))
    assert offered == {f"{reverse('paper:handbook')}?org={org}&amp;year=2026", f"{reverse('paper:measures')}?org={org}&amp;year=2026"}
    text = of_pages(client.get(f"{reverse('paper:handbook')}?org={org}&year=2026"))
    assert "2026年8月31日" in text and "2026年3月3日" in text and "王一12" in text
    assert all(client.get(url.replace("&amp;", "&")).status_code == 200 for url in offered)


def test_a_handbook_costs_the_same_for_few_and_many(w: World, held: dict[str, int]) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            handbooks.handbook(everything(w), w.orgs["T1-B1"], 2026, TODAY)
        return len(asked)

    cost()
    few = cost()
    for n in range(4):
        actions.record_meeting(w.actor("secretary"), meeting(w, "theme_day", "lecture", held_on=date(2026, 2 + n, 3)), at=AT)
    assert cost() == few


def test_rule_sets_and_names_are_those_of_each_day(w: World, held: dict[str, int]) -> None:
    """Of many days at once as of each alone, over an assignment that begins and ends within the year and a new name."""
    org, scope = w.orgs["T1-B1"], everything(w)
    for family, since, until in (("life", date(2026, 3, 10), date(2026, 6, 5)),):
        Assignment.objects.create(org_id=w.orgs["T1"], family=family, rule_set="seed-003", valid_from=since, valid_to=until, decided_by="张三", made_at=AT)
    days = [date(2026, 1, 15), *(date(2026, m, d) for m, d in ((3, 9), (3, 10), (6, 4), (6, 5), (10, 20)))]
    views = [replace(recorded.activity(scope, held["lecture"]), held_on=d) for d in days]
    about = Around(scope, org, views)
    assert [about.rule_sets(d) for d in days] == [rule_sets(org, d) for d in days]
    assert about.rule_sets(days[1]) != about.rule_sets(days[2]) == about.rule_sets(days[3]) != about.rule_sets(days[4])
    assert about.org_name(days[0]) == tree.organisation(scope, org, days[0]).name


# ---------------------------------------------------------------- hostile texts (trust.md F4)


HOSTILE = (*PAYLOADS, *MARKUP)


@pytest.fixture
def hostile(w: World) -> World:
    """Write a hostile text into every field of a form: a member and a meeting for each."""
    org, secretary = w.orgs["T1-B2"], w.actor("secretary2")
    new = [
        people.NewMember(
            org, f"钱{chr(0x4E00 + n)}", "full", date(2015, 1, 1), gender=number.gender, id_no=number.id_no, birth_on=number.birth, joined_on=date(2005, 7, 1), full_on=date(2006, 7, 1), remark=text, job=text[:20], address=text,
            floating_to=text[:20],
        )
        for n, text in enumerate(HOSTILE)
        for number in (identity.check(id_number(500 + n)),)
    ]
    w.persons["T1-B2"] += people.register_many(system_actor(), new, at=AT)
    for n, text in enumerate(HOSTILE):
        topics = tuple(EntryTopic(k, text.strip() or "题", text, text, lecturer="陈老师" if k == "lecture" else "") for k in ("theme_day", "lecture"))
        entry = meeting(
            w, "theme_day", "lecture", code="T1-B2", held_on=date(2026, 1, 2) + timedelta(days=n), topics=topics, place=text[:20], chair=text[:20], recorder=text[:20],
            marks={w.persons["T1-B2"][1]: "leave"}, absence_note=text,
        )
        actions.record_meeting(secretary, entry, at=AT)
    return w


def alive(data: bytes) -> list[str]:
    """List the cells of a workbook that are not plain text, number or date."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [c.coordinate for page in book for row in page.iter_rows() for c in row if c.data_type not in ("s", "n", "d") or c.hyperlink]


def test_hostile_texts_in_files_stay_texts(hostile: World) -> None:
    w, client = hostile, visitor("secretary2")
    org = w.orgs["T1-B2"]
    roster, ledger = b"".join(full(client, org)), b"".join(client.post(f"{reverse('meetings:ledger-file')}?org={org}&year=2026"))
    county = b"".join(visitor("county").post(reverse("overview:county-file")))
    assert [alive(d) for d in (roster, ledger, county)] == [[], [], []]
    found, plan = again(w, roster)
    assert [(line.what, line.says, line.notes) for line in plan.lines if line.fate is not Fate.SAME] == [] and len(plan.lines) == 8 + len(HOSTILE)
    known = {s.name: s for s in sheets(everything(w), w.persons["T1-B2"]).values()}
    assert all(r.values and (r.values["remark"] or "") == known[r.values["name"]].remark for r in found.rows if r.values and r.values["name"].startswith("钱"))


def test_hostile_texts_do_not_break_sheets(hostile: World) -> None:
    w, client = hostile, visitor("secretary2")
    org = w.orgs["T1-B2"]
    ids = dict.fromkeys(s.activity_id for s in recorded.slots(everything(w), org, date(2026, 1, 1), TODAY))
    urls = [reverse("meetings:sheet", args=[i, form]) for i in (list(ids)[0], list(ids)[-1]) for form in ("minutes", "sign-in", "lecture", "theme-day")]
    person = w.persons["T1-B2"][-8]
    urls += [f"{reverse('paper:handbook')}?org={org}", f"{reverse('paper:measures')}?org={org}", reverse("paper:member", args=[person]), reverse("paper:organisation", args=[org])]
    for url in urls:
        html = client.post(url).content.decode().partition('<section class="a4')[2]
        for bad in ("<script", "<img", "<h1>", "onerror=alert(1)>"):
            assert bad not in html.replace("&lt;", "‹").partition("</h1>")[2], url
        data = b"".join(client.post(url, {"as": "docx"}))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for part in archive.namelist():
                if part.endswith((".xml", ".rels")):
                    etree.fromstring(archive.read(part))
            assert "w:instrText" not in archive.read("word/document.xml").decode()
    document = Document(io.BytesIO(b"".join(client.post(urls[8], {"as": "docx"}))))
    text = squeezed("".join(c.text for t in document.tables for r in t.rows for c in r.cells))
    lost = [p for p in HOSTILE if squeezed(word._NOT_XML.sub("", p.replace("\r", ""))) not in text]
    assert lost == []


def test_a_writer_that_lets_markup_live_is_noticed(hostile: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.html.escape", lambda text: text)
    monkeypatch.setattr("django.template.base.conditional_escape", lambda text: text)
    monkeypatch.setattr("django.template.defaultfilters.escape", lambda text: text)
    with pytest.raises(AssertionError):
        test_hostile_texts_do_not_break_sheets(hostile)


