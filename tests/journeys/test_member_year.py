"""A member opens his own page on the phone: hours, dues, talks, who looked at it; and takes his copy along, in which nobody else's rows are."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.db import transaction
from playwright.sync_api import Page, expect
from tests.areas.test_meetings import meeting
from tests.journeys.test_meeting_form import DESKTOP, Visit, fits, visit  # noqa: F401
from tests.journeys.theme_day import clock, w  # noqa: F401
from tests.world import AT, World

from zhibu.areas.dues import assessing, bases, paying
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.rules import month_from
from zhibu.areas.meetings import actions as meetings
from zhibu.areas.talks import actions as talks
from zhibu.areas.talks.actions import NewTalk
from zhibu.ground.access.queries import system_actor
from zhibu.web.person import member_page

pytestmark = pytest.mark.django_db(transaction=True)
OCTOBER, NOVEMBER = month_from("2026-10"), month_from("2026-11")
MINE, HIS = 3, 2  # 刘四11 is the member, 张三11 somebody else


@pytest.fixture
def year(w: World) -> World:  # noqa: F811
    """A lecture that 刘四11 heard and 张三11 missed, dues of both, a talk of each with the secretary."""
    org, people, keeper = w.orgs["T1-B1"], w.persons["T1-B1"], w.actor("secretary")
    with transaction.atomic():
        meetings.record_meeting(keeper, meeting(w, "theme_day", "lecture", held_on=date(2026, 10, 20), marks={people[HIS]: "leave"}, absence_note="在县医院住院"), at=AT)
        bases.declare_many(keeper, org, [NewBase(people[MINE], "wage", 400_000, OCTOBER), NewBase(people[HIS], "wage", 812_300, OCTOBER)], at=AT)
        for month in (OCTOBER, NOVEMBER):
            assessing.monthly(system_actor(), month, at=AT)
        paying.pay(keeper, org, people[MINE], [OCTOBER], paid_on=date(2026, 10, 20), method="cash", at=AT)
        for who, said in ((MINE, "说到孩子上学"), (HIS, "说到老人的病")):
            talks.record(keeper, org, NewTalk(people[who], date(2026, 11, 10), people[0], summary=said), at=AT)
    return w


def taken(page: Page, folder: Path) -> dict[str, list[str]]:
    """Take the copy along; gives what stands on each sheet."""
    with page.expect_download() as download:
        page.get_by_role("button", name="取走我的资料（Excel）").click()
    assert "本人资料" in download.value.suggested_filename
    download.value.save_as(folder / "copy.xlsx")
    book = openpyxl.load_workbook(folder / "copy.xlsx")
    return {name: [str(cell.value) for row in book[name].iter_rows() for cell in row if cell.value is not None] for name in book.sheetnames}


def test_my_year_on_the_phone(year: World, visit: Callable[..., Visit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    w, desk, phone = year, visit(DESKTOP), visit(accept_downloads=True)  # noqa: F811
    desk.page.goto(f"{desk.server}/members/{w.persons['T1-B1'][MINE]}/")
    desk.sign_in("secretary")
    expect(desk.page.locator("h1")).to_contain_text("刘四11")

    page = phone.sign_in("member")
    page.get_by_role("link", name="我的").last.click()
    page.get_by_role("link", name="我的资料、会议和考勤").click()
    for part, words in (
        ("hours", "2026年 1.5 学时"), ("dues", "40.00元"), ("dues", "2026年11月"), ("meetings", "应到 1 次，到会 1 次"), ("talks", "王一11、刘四11"), ("looks", "打开全页"), ("looks", "secretary"),
    ):
        expect(page.locator(f"#part-{part}")).to_contain_text(words)
    assert fits(page)
    sheets = taken(page, tmp_path)
    assert {"基本情况", "会议和考勤", "教育学时", "党费", "谈心谈话", "谁看过我的资料"} <= set(sheets)
    said = [text for cells in sheets.values() for text in cells]
    assert "王一11、刘四11" in sheets["谈心谈话"] and any("40.00" in text for text in sheets["党费"]) and any("secretary" in text for text in sheets["谁看过我的资料"])
    others = ("张三11", "李二11", "赵七11", "8123", "在县医院住院", "说到老人的病", "说到孩子上学")

    def foreign(found: list[str]) -> list[str]:
        return [word for word in others if any(word in text for text in found)]

    assert foreign(said) == [] and foreign([page.content()]) == []

    # the twin: were the rows somebody else's, they would be seen
    real = member_page.sections
    monkeypatch.setattr(member_page, "sections", lambda actor, person, today: real(replace(actor, person_id=w.persons["T1-B1"][HIS]), w.persons["T1-B1"][HIS], today))
    page.reload()
    said = [text for cells in taken(page, tmp_path).values() for text in cells]
    assert set(foreign(said)) >= {"张三11", "8123", "在县医院住院"}
    assert phone.faults == desk.faults == []
