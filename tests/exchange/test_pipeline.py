"""What the clerk corrects and answers, what is known already, and what the sample files do not show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.exchange.dirty import COUNTY, GRAIN, TOWN, VILLAGE, county, known, member, upload

from zhibu.exchange.intake import columns, container
from zhibu.exchange.intake.findings import Correction, FileRead, Known, KnownOrg, Row, Upload
from zhibu.exchange.intake.pipeline import read_book, read_files
from zhibu.kernel import identity


def read(text: str, what: Known | None = None, correction: Correction | None = None, name: str = "a.csv") -> FileRead:
    corrections = {name: correction} if correction else {}
    (found,) = read_files([Upload(name, text.encode())], what or known(), corrections, parse=container.read)
    assert isinstance(found, FileRead), found
    return found


def sample(start: str, correction: Correction, **more: Any) -> FileRead:
    file = upload(start)
    (found,) = read_files([file], known(**more), {file.name: correction}, parse=container.read)
    assert isinstance(found, FileRead)
    return found


def at(found: FileRead, row: int, sheet: str | None = None) -> Row:
    return next(r for r in found.rows if r.row == row and (sheet is None or r.sheet == sheet))


def codes(row: Row) -> list[str]:
    return [i.code for i in row.issues]


def id_no(birth: str, order: int = 11) -> str:
    first17 = f"990201{birth}{order:03d}"
    return first17 + identity.check_digit(first17)


ROSTER = VILLAGE + "党员花名册\n姓名,性别,身份证号,入党时间,转正时间,党员类别,联系电话,备注\n"
LEDGER = VILLAGE + "2025年会议台账\n组织,日期,会议类型,主题,主持人,应到,实到,记录材料\n"
ORGS = "组织名册\n党组织全称,组织类别,上级党组织,书记,联系电话,党员人数,本届起始时间,任期,届满时间,单位名称\n"
GOOD = f"王样一,男,{id_no('19680712')},1998.07,1999.07,正式党员,15400000101,\n"


# answers of the clerk


@pytest.mark.parametrize(
    ("sheet", "row", "answer", "field", "value"),
    [
        ("柳树湾村", 8, {"join_date": "1988-10"}, "join_date", "1988-10"),
        ("柳树湾村", 17, {"gender": "女"}, "gender", "女"),
        ("柳树湾村", 17, {"gender": "男"}, "gender", "男"),
        ("柳树湾村", 19, {"id_no": "990123196805120015"}, "id_no", "990123196805120015"),
        ("柳树湾村", 20, {"join_date": "2014-07-01", "full_date": "2015-07-01"}, "join_date", "2014-07-01"),
        ("柳树湾村", 20, {"full_date": "2015-07-01"}, "full_date", "2015-07-01"),
    ],
)
def test_an_answer_makes_the_row_ok(sheet: str, row: int, answer: Mapping[str, str], field: str, value: str) -> None:
    found = at(sample("01", Correction(resolutions={(sheet, row): answer})), row, sheet)
    assert found.result == "ok" and found.values is not None and found.values[field] == value


def test_the_dead_are_imported_as_dead_or_left_out() -> None:
    found = at(sample("01", Correction(resolutions={("柳树湾村", 24): {"remark": "deceased"}})), 24)
    assert found.result == "ok" and found.values is not None
    assert (found.values["ended_as"], found.values["ended_on"]) == ("deceased", "2024-12")
    out = at(sample("01", Correction(resolutions={("柳树湾村", 24): {"remark": "skip"}})), 24)
    assert (out.result, out.code, out.values) == ("skip", "LEFT_OUT", None)


def test_an_answer_is_checked_again() -> None:
    wrong = at(sample("01", Correction(resolutions={("柳树湾村", 19): {"id_no": "990123196807120318"}})), 19)
    assert wrong.result == "reject" and codes(wrong) == ["DUP_IN_SHEET"]
    bad = at(sample("01", Correction(resolutions={("柳树湾村", 8): {"join_date": "1988-13"}})), 8)
    assert codes(bad) == ["DATE_INVALID"]
    future = at(sample("04", Correction(resolutions={("*", 20): {"date": "2031-07-08"}})), 20)
    assert codes(future) == ["HELD_IN_FUTURE"]


def test_answers_for_ledgers_and_organisations() -> None:
    ledger = sample("04", Correction(resolutions={("*", 20): {"date": "2025-07-08"}, (None, 12): {"kind": "committee_meeting"}, (None, 13): {"org": VILLAGE}}))
    assert [at(ledger, n).result for n in (12, 13, 20)] == ["ok"] * 3
    orgs = sample("02", Correction(resolutions={("汇总", 7): {"parent": TOWN}, ("汇总", 10): {"term_years": 3}, ("汇总", 11): {"name": "石桥中学第二党支部"}}))
    assert [at(orgs, n).result for n in (7, 10, 11, 12)] == ["ok", "ok", "ok", "confirm"]
    values = at(orgs, 10).values
    assert values is not None and values["term_years"] == 3


def test_a_row_that_was_left_out_does_not_make_the_next_one_a_repeat() -> None:
    text = LEDGER + f"{VILLAGE},2025.1.8,第一次支委会,研究,王,5,5,\n{VILLAGE},2025.1.8,支委会,研究,王,5,5,\n"
    assert codes(at(read(text), 4)) == ["DUP_MEETING"]
    found = read(text, correction=Correction(resolutions={("*", 3): {"kind": "skip"}}))
    assert [r.result for r in found.rows] == ["skip", "ok"]


# columns


def test_columns_are_reported_with_masked_samples() -> None:
    found = sample("01", Correction())
    by_letter = {c.letter: c for c in found.sheets[0].columns}
    assert by_letter["F"].field == "id_no" and by_letter["F"].heading == "身份证号码" and by_letter["I"].heading == "入党时间"
    assert all(s.endswith("******") for s in by_letter["F"].samples)
    assert all("****" in s for s in by_letter["M"].samples)
    assert by_letter["A"].field is None and by_letter["A"].why == "序号"
    hidden = {c.letter: c for c in sample("02", Correction()).sheets[0].columns}["L"]
    assert hidden.why == "隐藏列" and hidden.samples == ()


def test_the_clerk_corrects_a_column_and_it_is_remembered() -> None:
    text = ROSTER.replace("联系电话", "小灵通") + GOOD
    before = read(text)
    assert before.rows[0].values is not None and before.rows[0].values["phone"] is None
    mapping = {"*": {"G": "phone", "H": None}}
    after = read(text, correction=Correction(mapping=mapping))
    assert after.rows[0].values is not None and after.rows[0].values["phone"] == "15400000101"
    learnt = {"member_roster": columns.learn("member_roster", after.sheets[0].columns, mapping["*"])}
    assert learnt == {"member_roster": {"小灵通": "phone", "备注": ""}}
    again = read(text, known(learnt=learnt))
    assert again.rows[0].values is not None and again.rows[0].values["phone"] == "15400000101"


def test_a_table_that_was_not_found_can_be_pointed_out() -> None:
    text = "a\n谁,哪天出生证,何时\n王样一," + id_no("19680712") + ",1998.07\n"
    assert read(text).sheets[0].code == "NO_TABLE"
    correction = Correction(
        mapping={"*": {"A": "name", "B": "id_no", "C": "join_date"}}, kinds={"*": "member_roster"}, header_rows={"*": 2}, orgs={"*": {"": VILLAGE}}
    )
    found = read(text, correction=correction)
    assert found.rows[0].values is not None and found.rows[0].values["org"] == VILLAGE and found.rows[0].values["join_date"] == "1998-07"


def test_a_parsed_book_is_read_again_without_parsing() -> None:
    found = sample("01", Correction())
    again = read_book(found.name, found.book, known())
    assert again == found


@pytest.mark.parametrize("heading", ["身份证号", "*身份证号码：", "公民\n身份号码", "身份证号（18位）", "身 份 证"])
def test_headings(heading: str) -> None:
    text = ROSTER.replace("身份证号", f'"{heading}"') + GOOD
    assert read(text).rows[0].result == "ok"


# the branch of a roster is asked once


def test_an_unknown_branch_is_asked_once_and_is_no_row_error() -> None:
    text = (ROSTER + GOOD).replace(VILLAGE, "石桥镇新柳村党支部")
    found = read(text)
    assert found.rows[0].result == "ok"
    (question,) = found.sheets[0].questions
    assert (question.text, question.code, question.rows) == ("石桥镇新柳村党支部", "ORG_NOT_FOUND", 1)
    answered = read(text, correction=Correction(orgs={"*": {"石桥镇新柳村党支部": VILLAGE}}))
    assert answered.sheets[0].questions == () and answered.rows[0].values is not None and answered.rows[0].values["org"] == VILLAGE


def test_a_short_branch_in_the_title_is_asked_with_a_suggestion() -> None:
    found = read((ROSTER + GOOD).replace(VILLAGE, "柳树湾村党支部"))
    assert found.sheets[0].org == VILLAGE
    assert [(q.code, q.suggest) for q in found.sheets[0].questions] == [("ORG_MATCHED", VILLAGE)]


def test_a_roster_of_several_branches() -> None:
    people = "".join(f"{org},人样{i},男,{id_no(f'197{i}0101')},1998.07,1999.07,正式党员\n" for i, org in enumerate((VILLAGE, "", GRAIN, "粮站联合支部", "不知道党支部")))
    found = read("石桥镇党员名册\n党支部,姓名,性别,身份证号,入党时间,转正时间,党员类别\n" + people)
    assert [r.values and r.values["org"] for r in found.rows] == [VILLAGE, VILLAGE, GRAIN, GRAIN, "不知道党支部"]
    assert {r.result.value for r in found.rows} == {"ok"}
    assert [(q.text, q.code, q.rows) for q in found.sheets[0].questions] == [("粮站联合支部", "ORG_MATCHED", 1), ("不知道党支部", "ORG_NOT_FOUND", 1)]


# members that exist


def test_a_member_of_another_branch_is_refused_without_telling_which() -> None:
    number = id_no("19680712")
    seen = read(ROSTER + GOOD, known(member={number: member("王样一", GRAIN)}.get)).rows[0]
    unseen = read(ROSTER + GOOD, known(member={number: member("王样壹", GRAIN, in_scope=False)}.get)).rows[0]
    assert codes(seen) == codes(unseen) == ["DUP_OTHER_SHEET"]
    assert GRAIN in seen.issues[0].message
    assert GRAIN not in unseen.issues[0].message and "王样壹" not in unseen.issues[0].message


def test_another_name_for_a_known_number_is_asked() -> None:
    found = read(ROSTER + GOOD, known(member={id_no("19680712"): member("王漾一", VILLAGE)}.get)).rows[0]
    assert codes(found) == ["NAME_DIFFERS"] and found.issues[0].suggest == "王漾一"


def test_members_of_an_earlier_file_are_known() -> None:
    other = (ROSTER + GOOD).replace(VILLAGE, GRAIN)
    files = [Upload("a.csv", (ROSTER + GOOD).encode()), Upload("b.csv", other.encode()), Upload("c.csv", (ROSTER + GOOD).encode())]
    a, b, c = read_files(files, known(), parse=container.read)
    assert isinstance(a, FileRead) and isinstance(b, FileRead) and isinstance(c, FileRead)
    assert [codes(f.rows[0]) for f in (a, b, c)] == [[], ["DUP_OTHER_SHEET"], []]


def test_organisations_of_an_earlier_file_are_known_but_not_the_refused_ones() -> None:
    orgs = ORGS + f"石桥镇新河村党支部,支部,{TOWN},王样,,20,2021.3,5,2026.3,\n石桥镇坏河村党支部,支部,{TOWN},王样,,20,2021.13,5,2026.3,\n"
    ledger = LEDGER + "石桥镇新河村党支部,2025.1.8,支委会,研究,王,5,5,\n新河村支部,2025.1.9,支委会,研究,王,5,5,\n石桥镇坏河村党支部,2025.1.8,支委会,研究,王,5,5,\n"
    _, found = read_files([Upload("a.csv", orgs.encode()), Upload("b.csv", ledger.encode())], known(), parse=container.read)
    assert isinstance(found, FileRead)
    assert [codes(r) for r in found.rows] == [[], ["ORG_MATCHED"], ["ORG_NOT_FOUND"]]


def test_an_installed_organisation_is_no_issue() -> None:
    found = read(ORGS + f"{VILLAGE},支部,{TOWN},王样一,15400000101,31,2021.3,5,2026.3,柳树湾村民委员会\n")
    assert found.rows[0].result == "ok" and found.rows[0].issues == ()


# rows and fields


@pytest.mark.parametrize(
    ("person", "result", "expected"),
    [
        (f"王样,男,{id_no('19700101')},1998.07,,中共党员,,", "confirm", ["TYPE_GUESSED"]),
        (f"王样,男,{id_no('19700101')},1998.07,,入党积极分子,,", "confirm", ["STATUS_HINT"]),
        (f"王样,男,{id_no('19700101')},1998.07,1999.07,正式党员,,已转出", "confirm", ["STATUS_HINT"]),
        (f"王样,男,{id_no('19700101')},1960.07,1999.07,正式党员,,", "ok", []),
        (f"王样(女),,{id_no('19700101', 22)},1998.07,1999.07,正式党员,,", "ok", ["NAME_SUFFIX"]),
        (f"王样(低保),男,{id_no('19700101')},1998.07,1999.07,正式党员,,", "ok", ["NAME_SUFFIX"]),
        (f"王样,男,{id_no('19700101')},1998.07,1999.07,正式党员,12345,", "ok", ["CELL_ERROR"]),
        (f"王样,男,{id_no('19700101')},1998.07,1999.07,正式党员,0990-8123456/15400000101,", "ok", []),
        ("王样,男,9.90201E+17,1998.07,1999.07,正式党员,,", "reject", ["ID_SCIENTIFIC"]),
        ("王样,男,99020119700101,1998.07,1999.07,正式党员,,", "reject", ["ID_FORMAT"]),
        ("王样,男,无,1998.07,1999.07,正式党员,,", "reject", ["ID_EMPTY"]),
        (",男,无,1998.77,1999.07,正式党员,,", "reject", ["NAME_EMPTY", "ID_EMPTY", "DATE_INVALID"]),
        (f"王样,男,{id_no('19700101')},1890.07,1999.07,正式党员,,", "reject", ["DATE_OUT_OF_RANGE"]),
        (f"王样,男,{id_no('19700101')},1988.1,1999.07,正式党员,,", "confirm", ["DATE_AMBIGUOUS"]),
        (f"王样,男,{id_no('19700101')},1998.07,1999.07,正式党员,#N/A,", "ok", ["CELL_ERROR"]),
    ],
)
def test_people(person: str, result: str, expected: list[str]) -> None:
    row = read(ROSTER + person + "\n").rows[0]
    assert (row.result.value, codes(row)) == (result, expected)
    assert (row.values is None) == (result == "reject")


@pytest.mark.parametrize(
    ("org", "result", "expected"),
    [
        (f"石桥镇甲村党支部,支部,{TOWN},王样,,20,2021.3,3,2024.3,甲村民委员会", "confirm", ["TERM_RULE", "TERM_OVERDUE"]),
        (f"石桥镇甲村党支部,支部,{TOWN},空缺,,20,2021.3,5,2026.3,", "ok", ["SECRETARY_VACANT"]),
        (f"石桥镇甲厂党支部,支部,{TOWN},王样,,4(2),2024.3,3,2027.3,", "confirm", ["ORG_TOO_SMALL"]),
        (f"石桥镇甲厂党支部,支部,{TOWN},王样,,4(9),2024.3,3,2027.3,", "ok", ["CELL_ERROR"]),
        (f"石桥镇甲厂党支部,,{TOWN},王样,,4,2024.3,3,2027.3,", "ok", ["TYPE_GUESSED"]),
        (f"石桥镇甲厂党支部,什么,{TOWN},王样,,4,2024.3,3,2027.3,", "confirm", ["TYPE_GUESSED"]),
        ("石桥镇甲厂党支部,支部,,王样,,4,2024.3,3,2027.3,", "reject", ["ORG_NOT_FOUND"]),
        ("石桥镇甲厂党支部,支部,没有的党委,王样,,4,2024.3,3,2027.3,", "reject", ["ORG_NOT_FOUND"]),
        ("石桥镇甲厂党支部,支部,石桥镇甲厂党支部,王样,,4,2024.3,3,2027.3,", "reject", ["ORG_NOT_FOUND"]),
        (f"石桥镇甲厂党支部,支部,{TOWN},王样,,4,2027.3,3,2024.3,", "reject", ["DATE_OUT_OF_RANGE"]),
        (f"石桥镇甲厂党支部,支部,{TOWN},王样,,4,2024.3,3,2021.3,", "confirm", ["DATE_ORDER"]),
        (f"机关党支部,支部,{TOWN},王样,,4,2024.3,3,2027.3,", "confirm", ["NAME_SHORT"]),
        (f"，,支部,{TOWN},王样,,4,2024.3,3,2027.3,", "reject", ["NAME_EMPTY"]),
    ],
)
def test_organisations(org: str, result: str, expected: list[str]) -> None:
    row = read(ORGS + org.replace("，", "") + "\n").rows[0]
    assert (row.result.value, codes(row)) == (result, expected)


@pytest.mark.parametrize(
    ("meeting", "result", "expected"),
    [
        ("2025.1.8,微党课,题,王,5,5,", "confirm", ["KIND_GUESSED"]),
        ("2025.1.8,民主评议党员大会,题,王,5,5,", "confirm", ["KIND_GUESSED"]),
        ("2025.1.8,主题党日+党课,题,王,5,5,", "reject", ["KIND_UNKNOWN"]),
        ("2025.1.8,民主生活会,题,王,5,5,", "ok", []),
        ("2025.1.8,支委会,——,王,5,5,", "reject", ["SUBJECT_EMPTY"]),
        ("2025.1.8,支委会,题,王,全体,5,", "ok", ["CELL_ERROR"]),
        ("2026.1.11,支委会,题,王,5,5,", "reject", ["HELD_IN_FUTURE"]),
        ("2026.1.10,支委会,题,王,5,5,", "ok", []),
        ("1.8,支委会,题,王,5,5,", "ok", ["YEAR_ASSUMED"]),
        (",支委会,题,王,5,5,", "reject", ["DATE_INVALID"]),
        ("2025.13.8,座谈会,,王,5,6,", "reject", ["DATE_INVALID", "KIND_UNKNOWN", "SUBJECT_EMPTY", "PRESENT_OVER_EXPECTED"]),
    ],
)
def test_meetings(meeting: str, result: str, expected: list[str]) -> None:
    row = read(LEDGER + f"{VILLAGE},{meeting}\n").rows[0]
    assert (row.result.value, codes(row)) == (result, expected)


def test_the_subject_stays_as_written() -> None:
    row = read(LEDGER + f"{VILLAGE},2025.1.8,支委会,\u3000学习（一）：Ａ ,王,5,5,方案/记录 签到\n").rows[0]
    assert row.values is not None and row.values["subject"] == "学习（一）：Ａ" and row.values["records"] == ["方案", "记录", "签到"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (",,,,,,,", "BLANK"),
        ("合 计,,,1次,,,,", "SUBTOTAL"),
        ("第一党小组小计：3次,,,,,,,", "SUBTOTAL"),
        ("组织,日期,会议类型,主题,主持人,应到,实到,记录材料", "REPEATED_HEADER"),
        ("填表人：罗样本　审核人：王样一,,,,,,,", "FOOTNOTE"),
        ("注：本表一式两份,,,,,,,", "FOOTNOTE"),
        ("书记签字：,,,组织委员签字：,,,,", "FOOTNOTE"),
    ],
)
def test_rows_that_are_no_data(line: str, code: str) -> None:
    last = f"{VILLAGE},2025.1.9,支委会,题,王,5,5,\n"
    found = read(LEDGER + line + "\n" + last)
    assert (found.rows[0].result, found.rows[0].code) == ("skip", code)
    assert found.rows[1].result == "ok"


def test_numbered_empty_rows_are_blank() -> None:
    text = VILLAGE + "党员花名册\n序号,姓名,性别,身份证号,党员类别,转正时间\n1,王样,男," + id_no("19700101") + ",正式党员,1999.7\n2,,,,,\n3,,,,,\n"
    assert [r.code or r.result.value for r in read(text).rows] == ["ok", "BLANK", "BLANK"]


def test_nothing_known_at_all() -> None:
    found = read(ORGS + f"{COUNTY},党委,,王样,,50,2021.3,5,2026.3,\n{TOWN},党委,{COUNTY},李样,,20,2021.3,5,2026.3,\n", Known(known().today))
    assert [r.result.value for r in found.rows] == ["ok", "ok"]


def test_messages_are_plain_chinese() -> None:
    found = [f for f in read_files([upload(n) for n in ("01", "02", "04", "05")], known()) if isinstance(f, FileRead)]
    for row in (r for f in found for r in f.rows):
        for issue in row.issues:
            assert not set("!！?;") & set(issue.message), issue.message
            assert len(issue.message) < 120


def test_two_villages_of_one_name_are_not_guessed() -> None:
    twice = (*county(), KnownOrg("东山镇柳树湾村党支部", "", "中共青禾县东山镇委员会", "branch", True))
    found = read(LEDGER + "柳树湾村支部,2025.1.8,支委会,题,王,5,5,\n", known(organisations=twice))
    assert codes(found.rows[0]) == ["ORG_NOT_FOUND"]
