"""Sheets and exports: every field of ux.md §2 on the page and in the file, no live formula, the ledger reads again, a journal line for each."""
from __future__ import annotations

import io
import re
from datetime import date, datetime, time
from html import unescape
from urllib.parse import unquote, urlencode

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from docx import Document
from tests import world
from tests.areas.test_meetings import meeting
from tests.world import AT, TODAY, World

from zhibu.areas.meetings import actions
from zhibu.areas.meetings.entry import EntryTopic
from zhibu.exchange import excel
from zhibu.exchange.intake import container
from zhibu.exchange.intake.findings import FileRead, Known, KnownOrg, Result, Upload
from zhibu.exchange.intake.pipeline import read_files
from zhibu.ground.access.models import Account
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.record import actions as record_actions
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree

pytestmark = pytest.mark.django_db

# ux.md §2, row 党支部会议记录: field -> what stands on the sheet of the meeting below
MINUTES = {
    "会议名称": "general_meeting 的题目", "次数": "党员大会：本年第 2 次", "时间(到分)": "9:00—10:30", "地点": "村会议室", "主持人": "王一11", "记录人": "李二11",
    "出席": "张三11", "列席": "列席人员", "缺席及原因": "请假：杨六11（外出务工）；缺席：赵七11（外出务工）", "应到": "8 人（有表决权 7 人）", "实到": "6 人（有表决权 5 人）",
    "议题": "一、党员大会：general_meeting 的题目", "报告与传达": "报告与传达", "发言要点": "晒场安排三个人轮值", "不同意见有言必录": "有言必录",
    "表决": "议题一举手表决：赞成 4 人，反对 1 人，弃权 0 人。通过。", "决议": "由李二11负责晒场", "责任人": "责任人：", "时限": "完成时限：", "主持人签字": "主持人签字：",
    "记录人签字": "记录人签字：", "规则集": "规则集：", "制表日期": "制表日期：2026年11月20日",
}
# ux.md §2, row 签到表
SIGN_IN = {
    "应到": "应到 8 人", "实到": "实到 6 人", "缺席": "缺席 2 人", "正式": "正式 7 人", "预备": "预备 1 人", "序号": "序号", "姓名": "张三11", "正式/预备": "正式/预备",
    "签名": "签名", "到会时间": "到会时间", "请假原因": "请假：外出务工", "补课": "11月19日 个别补课", "规则集": "规则集：", "制表日期": "制表日期：2026年11月20日",
}
BLANK = {
    "应到": "应到 8 人", "实到": "实到 　　 人", "缺席": "缺席 　　 人", "正式": "正式 7 人", "预备": "预备 1 人", "序号": "序号", "姓名": "张三11", "正式/预备": "正式/预备",
    "签名": "签名", "到会时间": "到会时间", "请假原因": "请假原因", "补课": "补课", "时间": "年＿＿月", "规则集": "规则集：", "制表日期": "制表日期：2026年11月20日",
}
PAYLOADS = (
    "=1+1", "=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "{=1}", "{=A1:A2*2}", "\t=1", "\r=1", "\n=1", " =1", "=A1", "+A1", "-A1+B1",
    "@A1", '=IMPORTXML("http://x","//a")', '=WEBSERVICE("http://x")', "=DDE(\"cmd\";\"/C calc\";\"x\")", "＝1+1", "http://x", "mailto:a@b", "internal:A1",
    "external:c:\\a.xlsx", "file:///etc/passwd", "990201196001011234", "0123", "1E5", "2026-01-01", "TRUE",
)


@pytest.fixture
def w() -> World:
    return world.build()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand still at a working hour."""
    monkeypatch.setattr(timezone, "now", lambda: AT)


@pytest.fixture
def held(w: World) -> int:
    """Record two members' meetings; the second has everything that a sheet shows."""
    secretary = w.actor("secretary")
    actions.record_meeting(secretary, meeting(w, held_on=date(2026, 9, 18)), at=AT)
    absent = {w.persons["T1-B1"][5]: "leave", w.persons["T1-B1"][6]: "absent"}
    topic = EntryTopic("general_meeting", "general_meeting 的题目", "李二：晒场安排三个人轮值", "由李二11负责晒场", True, 4, 1, 0)
    made = actions.record_meeting(secretary, meeting(w, marks=absent, absence_note="外出务工", topics=(topic,)), at=AT)
    leave = recorded.absences(everything(w), activity_id=made)[0]
    record_actions.catch_up(secretary, leave.id, done_on=date(2026, 11, 19), how="个别补课", at=AT)
    return made


def everything(w: World) -> Scope:
    return Scope((tree.path_of(w.orgs["QH"]),))


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def squeezed(text: str) -> str:
    return re.sub(r"[ \n\t]+", "", text)


def of_page(response) -> str:
    assert response.status_code == 200
    return squeezed(unescape(re.sub(r"<[^>]+>", "", response.content.decode().partition('<section class="a4')[2])))


def of_word(response) -> str:
    assert response.status_code == 200
    document = Document(io.BytesIO(b"".join(response)))
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    return squeezed("".join([p.text for p in document.paragraphs] + cells))


def lacking(text: str, wanted: dict[str, str]) -> list[str]:
    return [field for field, words in wanted.items() if squeezed(words) not in text]


def papers(w: World, subject: str, subject_id: int) -> list[dict]:
    return [e.changes for e in journal.about(everything(w), subject, subject_id) if e.action == "meetings.paper"]


@pytest.mark.parametrize(("form", "wanted"), [("minutes", MINUTES), ("sign-in", SIGN_IN)])
def test_every_field_of_a_form_stands_on_page_and_in_file(w: World, held: int, form: str, wanted: dict[str, str]) -> None:
    client, url = visitor("secretary"), reverse("meetings:sheet", args=[held, form])
    preview, page, file = client.get(url), client.post(url), client.post(url, {"as": "docx"})
    assert lacking(of_page(preview), wanted) == [] and "preview" in preview.content.decode() and "data-print" not in preview.content.decode()
    assert lacking(of_page(page), wanted) == [] and lacking(of_word(file), wanted) == []
    assert [c["as"] for c in papers(w, "activity", held)] == ["docx", "page"]
    disposition = file["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''") and re.search(r"第1镇第1村党支部_(党支部会议记录|签到表)_20261118\.docx$", unquote(disposition))


def test_a_missing_field_is_noticed(w: World, held: int) -> None:
    text = of_page(visitor("secretary").get(reverse("meetings:sheet", args=[held, "minutes"])))
    assert lacking(text.replace("报告与传达", ""), MINUTES) == ["报告与传达"]


def test_the_blank_sign_in_sheet(w: World) -> None:
    client, url, org = visitor("secretary"), reverse("meetings:sign-in"), w.orgs["T1-B1"]
    page, file = client.post(f"{url}?org={org}"), client.post(f"{url}?org={org}", {"as": "docx"})
    assert lacking(of_page(page), BLANK) == [] and lacking(of_word(file), BLANK) == []
    assert [c["sheet"] for c in papers(w, "organisation", org)] == ["空白签到表", "空白签到表"]


def test_those_who_were_absent_are_not_among_those_present(w: World, held: int) -> None:
    text = of_page(visitor("secretary").get(reverse("meetings:sheet", args=[held, "minutes"])))
    present = text.partition("出席人员")[2].partition("缺席人员")[0]
    assert "杨六11" not in present and "赵七11" not in present and "王一11" in present


@pytest.mark.parametrize("username", ["foreign", "member", "sysadmin"])
def test_without_the_right_there_is_no_sheet_and_no_line(w: World, held: int, username: str) -> None:
    client, org = visitor(username), w.orgs["T1-B1"]
    for url in (reverse("meetings:sheet", args=[held, "minutes"]), f"{reverse('meetings:sign-in')}?org={org}", f"{reverse('meetings:ledger-file')}?org={org}"):
        assert client.post(url).status_code in (403, 404)
    assert papers(w, "activity", held) == [] and papers(w, "organisation", org) == []


def test_an_unknown_form_is_not_found(w: World, held: int) -> None:
    assert visitor("secretary").get(reverse("meetings:sheet", args=[held, "ballot"])).status_code == 404


def test_the_pages_offer_their_sheets(w: World, held: int) -> None:
    client = visitor("secretary")
    record = client.get(reverse("meetings:activity", args=[held])).content.decode()
    assert "打印会议记录" in record and "打印签到表" in record
    ledger = client.get(reverse("meetings:ledger")).content.decode()
    assert "导出 Excel" in ledger and "空白签到表" in ledger


def test_text_that_a_form_cannot_hold_does_not_break_it(w: World) -> None:
    topic = EntryTopic("general_meeting", "<b>题目</b>&amp;", "响铃\x07与换行\n第二行", "决议")
    made = actions.record_meeting(w.actor("secretary"), meeting(w, topics=(topic,)), at=AT)
    client, url = visitor("secretary"), reverse("meetings:sheet", args=[made, "minutes"])
    assert "响铃与换行第二行" in of_word(client.post(url, {"as": "docx"}))
    assert b"<b>" not in client.get(url).content.partition(b'<section class="a4')[2]


# ---------------------------------------------------------------- Excel


def export(w: World, **query: object):
    response = visitor("secretary").post(f"{reverse('meetings:ledger-file')}?{urlencode({'org': w.orgs['T1-B1'], **query})}")
    assert response.status_code == 200
    return response


def test_the_ledger_is_a_workbook_a_clerk_can_print(w: World, held: int) -> None:
    response = export(w, year=2026)
    assert unquote(response["Content-Disposition"]).endswith("第1镇第1村党支部_2026年度台账_20261120.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response)))
    page, year = book["会议台账"], book["年度完成情况"]
    assert page["A2"].value.startswith("规则集：") and "2026年11月20日" in page["A3"].value
    assert page.freeze_panes == "A5" and page.print_title_rows == "$4:$4" and page.print_area
    assert page["C5"].value == datetime(2026, 9, 18) and page["C5"].number_format == "yyyy-mm-dd"
    row = next(r for r in year.iter_rows(min_row=5, values_only=True) if r[0] == "党员大会")
    assert "18日" in row[10] and "18日" in row[12]
    assert papers(w, "organisation", w.orgs["T1-B1"]) == [{"sheet": "2026年度台账", "as": "xlsx"}]


def test_the_ledger_reads_again_identically(w: World, held: int) -> None:
    actions.record_meeting(w.actor("secretary"), meeting(w, "theme_day", "lecture", held_on=date(2026, 10, 20), start=time(8)), at=AT)
    name = "第1镇第1村党支部"
    known = Known(today=TODAY, organisations=(KnownOrg(name, "T1-B1", "", "branch"),))
    (found,) = read_files([Upload("台账.xlsx", b"".join(export(w, year=2026)))], known, parse=container.read)
    assert isinstance(found, FileRead)
    rows = [r for r in found.rows if r.result is not Result.SKIP]
    assert [r.result for r in rows] == [Result.OK] * 4 and not any(r.issues for r in rows)
    scope, org = everything(w), w.orgs["T1-B1"]
    entries = {a.id: a for a in recorded.activities(scope, org, date(2026, 1, 1), TODAY)}
    wanted = [
        (name, str(s.held_on), s.kind, entries[s.activity_id].title, entries[s.activity_id].chair, entries[s.activity_id].expected_count, entries[s.activity_id].present_count)
        for s in recorded.slots(scope, org, date(2026, 1, 1), TODAY)
    ]
    assert [tuple(r.values[f] for f in ("org", "date", "kind", "subject", "chair", "expected", "present")) for r in rows if r.values] == wanted


def test_the_table_behind_the_picture(w: World, held: int) -> None:
    client, url = visitor("county"), reverse("overview:county-file")
    assert url in client.get(reverse("overview:county")).content.decode()
    response = client.post(url)
    assert response.status_code == 200 and unquote(response["Content-Disposition"]).endswith("中共青禾县委员会_2026年完成情况_20261120.xlsx")
    page = openpyxl.load_workbook(io.BytesIO(b"".join(response)))["完成情况"]
    assert page["A2"].value.startswith("规则集：") and "2026年11月20日" in page["A3"].value
    heads, *rows, total = list(page.iter_rows(min_row=4, values_only=True))
    assert [r[0] for r in rows] == ["中共青禾县第1镇委员会", "中共青禾县第2镇委员会"] and total[:2] == ("合计", 4)
    for at, heading in enumerate(heads):
        if heading.endswith(("应完成", "已完成")):
            assert total[at] == sum(r[at] for r in rows)
    assert rows[0][heads.index("党员大会已完成")] == 1  # the running quarter is not due yet
    assert papers(w, "organisation", w.orgs["QH"]) == [{"sheet": "2026年完成情况", "as": "xlsx"}]


def test_no_cell_of_an_export_is_alive() -> None:
    assert len(PAYLOADS) == 30
    table = excel.Table("=1", "=1+1", PAYLOADS[:3], tuple(excel.Column(p) for p in PAYLOADS[:3]), tuple((p, p, p) for p in PAYLOADS))
    data = excel.write([table])
    page = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    cells = [c for row in page.iter_rows() for c in row if c.value is not None]
    assert len(cells) == 1 + 3 + 3 + 90 and {c.data_type for c in cells} == {"s"} and not any(c.hyperlink for c in cells)
    assert [c.value for c in page["A"][5:]] == [p.replace("\r", "\n") if p == "\r=1" else p for p in PAYLOADS]


def test_a_writer_that_lets_formulas_live_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def alive(self, row, column, text, style=None):  # type: ignore[no-untyped-def]
        return self._write(row, column, text, style)

    monkeypatch.setitem(excel._OPTIONS, "strings_to_formulas", True)
    monkeypatch.setattr("xlsxwriter.worksheet.Worksheet.write_string", alive)
    with pytest.raises(AssertionError):
        test_no_cell_of_an_export_is_alive()


def test_dates_show_what_is_known_of_them() -> None:
    days = ((excel.Day(date(2026, 3, 1), excel.Precision.MONTH),), (excel.Day(date(2026, 3, 20)),))
    data = excel.write([excel.Table("表", "表", (), (excel.Column("日期"),), days)])
    page = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert [(page[f"A{r}"].value, page[f"A{r}"].number_format) for r in (3, 4)] == [
        (datetime(2026, 3, 1), "yyyy-mm"), (datetime(2026, 3, 20), "yyyy-mm-dd"),
    ]


def test_a_file_name_holds_nothing_that_breaks_a_path_or_header() -> None:
    assert excel.file_name('../a\r\n"b', "台账/表", date(2026, 1, 2)) == "ab_台账表_20260102.xlsx"
