"""教育学时 through the pages: the list, a member's year, a course by exception, what is refused, the table for Excel, the member's own part."""
from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal as D
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone
from tests.areas.test_training import held, new
from tests.everywhere.pages import read, send
from tests.everywhere.test_bad_input import complaint, nothing_written, visitor
from tests.world import AT, World, build

from zhibu.areas.training import actions
from zhibu.areas.training.models import TrainingRecord
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy.models import Assignment

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    return build(branches=2, members=4)


def text(client: Any, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def records(w: World) -> int:
    return TrainingRecord.objects.within(Scope((w.paths["QH"],))).count()


def test_a_branch_and_the_county_see_target_hours_and_what_is_missing(w: World) -> None:
    held(w)
    page = text(visitor("secretary"), reverse("training:list"))
    assert "2 / 32 学时" in page and "2 / 56 学时" in page and "进度不够，还差 30 学时" in page and "2026年12月31日前要参加集中培训" in page and "不排名" in page
    county = text(visitor("county"), reverse("training:list"))
    assert county.count("第1镇第1村党支部") == 1 and "0 / 4 人" in county and "第2镇第2村党支部" in county
    assert "第1镇第1村党支部" in text(visitor("county"), f"{reverse('training:list')}?show=central") and "没有这样的支部" in text(visitor("county"), f"{reverse('training:list')}?show=short")
    assert visitor("foreign").get(f"{reverse('training:list')}?org={w.orgs['T1-B1']}").status_code == 404
    assert visitor("member").get(reverse("training:list")).status_code == 403


def test_a_members_year_names_every_source(w: World) -> None:
    meeting = held(w, kinds=("lecture",), hours="1.5")
    actions.add_record(w.actor("secretary"), w.orgs["T1-B1"], new(w), at=AT)
    url = reverse("training:person", args=[w.persons["T1-B1"][3]])
    page = text(visitor("secretary"), url)
    assert reverse("meetings:activity", args=[meeting]) in page and "县委党校轮训" in page and "结业证存村档案柜，secretary登记" in page and "25.5 / 32" in page
    assert "记错了</a>" not in text(visitor("reader"), url) and "记错了</a>" in page


def test_a_course_is_registered_by_exception_and_taken_away(w: World) -> None:
    clerk = visitor("clerk1")
    page = read(clerk.get(f"{reverse('training:course-new')}?org={w.orgs['T1']}"), reverse("training:course-new"))
    assert send(clerk, page, page.form("title"), {"title": "书记轮训班"}).status_code == 302
    url = reverse("training:session-new", args=[actions.Course.objects.within(Scope((w.paths["T1"],))).get().pk])
    page = read(clerk.get(url), url)
    response = send(clerk, page, page.form("list"), {"day": "2026-03-02", "last": "2026-03-04", "amount": "3", "absent": [str(w.persons["T1-B2"][0])], "proof": "存镇党建办"})
    assert response.status_code == 302
    shown = text(clerk, response.headers["Location"])
    assert "24 学时" in shown and "王一11" in shown and "1 / 2 人" in shown and records(w) == 1
    with nothing_written():  # the same time once more
        again = read(clerk.get(url), url)
        assert "E044" in complaint(send(clerk, again, again.form("list"), {"day": "2026-03-02", "last": "2026-03-04", "amount": "3"}))
    end = response.headers["Location"] + "end/"
    page = read(clerk.get(end), end)
    assert send(clerk, page, page.form("reason"), {"reason": "登记错了"}).status_code == 302
    assert "已去掉：登记错了" in text(clerk, response.headers["Location"])


@pytest.mark.parametrize(("change", "code"), [
    ({"amount": "25", "unit": "hour"}, "E032"), ({"amount": "0"}, "E032"), ({"amount": "-1"}, "E032"), ({"amount": "一天"}, "E032"), ({"day": "2026-12-01"}, "E001"), ({"proof": ""}, "E008"),
    ({"person": ""}, "E045"), ({"title": ""}, "E054"), ({"day": "2026-05-20", "kind": "lecture"}, "E009"), ({"day": "不是日期"}, "E054"), ({"day": "2026-12-30", "last": "2027-01-02"}, "E047"),
])
def test_a_record_that_cannot_be_is_refused_beside_its_field(w: World, change: dict[str, str], code: str) -> None:
    held(w, kinds=("lecture",), hours="2", absent=(w.persons["T1-B1"][3],))
    client, url = visitor("secretary"), f"{reverse('training:record-new')}?org={w.orgs['T1-B1']}"
    page = read(client.get(url), url)
    typed = {"person": str(w.persons["T1-B1"][3]), "title": "县委党校轮训", "day": "2026-04-01", "proof": "存村档案柜"} | change
    with nothing_written():
        response = send(client, page, page.form("proof"), typed)
        assert code in complaint(response)
    assert typed["title"] in response.content.decode()


@pytest.mark.parametrize(("change", "code"), [
    ({"day": "2025-12-31"}, "E047"), ({"amount": "24.1", "unit": "hour"}, "E032"), ({"day": "2026-12-01"}, "E001"), ({"day": "2026-03-02", "last": "2026-03-01"}, "E002"),
    ({"list": "999999"}, "E045"), ({"absent": "everybody"}, "E009"),
])
def test_a_session_that_cannot_be_is_refused_beside_its_field(w: World, change: dict[str, str], code: str) -> None:
    course = actions.open_course(w.actor("secretary"), w.orgs["T1-B1"], year=2026, title="党课班", kind="lecture", at=AT)
    client, url = visitor("secretary"), reverse("training:session-new", args=[course])
    page = read(client.get(url), url)
    typed: dict[str, Any] = {"day": "2026-03-02"} | change
    if typed.get("absent") == "everybody":
        typed["absent"] = [str(p) for p in w.persons["T1-B1"]]
    with nothing_written():
        assert code in complaint(send(client, page, page.form("list"), typed))


def test_essays_are_listed_and_taken_away(w: World) -> None:
    client, url = visitor("secretary"), f"{reverse('training:note-new')}?org={w.orgs['T1-B1']}"
    page = read(client.get(url), url)
    response = send(client, page, page.form("title"), {"person": str(w.persons["T1-B1"][3]), "title": "读后心得"})
    assert response.status_code == 302
    page = read(client.get(response.headers["Location"]), response.headers["Location"])
    (form,) = [f for f in page.forms if "/notes/" in (f.action or "")]
    assert send(client, page, form, {}).status_code == 302 and "读后心得" not in text(client, response.headers["Location"])


def test_the_table_for_excel_has_every_member_and_no_formula(w: World) -> None:
    held(w)
    actions.add_record(w.actor("secretary"), w.orgs["T1-B1"], new(w, title="=1+1", amount=D(1), last_on=date(2026, 4, 1)), at=AT)
    response = visitor("county").post(f"{reverse('training:file')}?org={w.orgs['QH']}&year=2026")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]
    assert book.sheetnames == ["支部", "党员学时"]
    rows = [[c.value for c in row] for row in book["党员学时"].iter_rows(min_row=5)]
    assert len(rows) == 16 and next(r for r in rows if r[1] == "刘四11")[3:10] == ["2", "8", "0", "0", "10", "32", "22"]
    assert "党员教育管理工作条例" in book["支部"]["A2"].value
    assert visitor("member").post(f"{reverse('training:file')}?org={w.orgs['T1-B1']}").status_code == 403


def test_a_member_reads_the_own_hours_and_nobody_elses(w: World) -> None:
    held(w)
    actions.add_record(w.actor("secretary"), w.orgs["T1-B1"], new(w), at=AT)
    own = text(visitor("member"), reverse("person:file"))
    assert "教育学时" in own and "县委党校轮训" in own and "2026年 26 学时" in own
    assert "县委党校轮训" not in text(visitor("secretary"), reverse("roster:member", args=[w.persons["T1-B1"][2]]))
    assert "县委党校轮训" in text(visitor("secretary"), reverse("roster:member", args=[w.persons["T1-B1"][3]]))


def test_a_committee_sees_what_it_owes_and_enters_it(w: World) -> None:
    Assignment.objects.create(org_id=w.orgs["QH"], family="education", rule_set="seed-004e", valid_from=date(2025, 1, 1), decided_by="张三", made_at=AT)
    client, url = visitor("clerk1"), f"{reverse('training:committee-new')}?org={w.orgs['T1']}&doing=lecture"
    assert re.search("2026年下半年检查学习教育.{0,80}还没有", text(client, reverse("training:list")), re.S)
    page = read(client.get(url), url)
    with nothing_written():
        assert "E054" in complaint(send(client, page, page.form("what"), {"who": "王书记", "what": " "}))
    assert send(client, page, page.form("what"), {"who": "王书记", "what": "学习新党章"}).status_code == 302
    here = reverse("training:list")
    assert "学习新党章（王书记）" in text(client, here) and re.search("2026年主要领导讲党课.{0,80}办了", text(client, here), re.S)
    listing = read(client.get(here), here)
    (form,) = [f for f in listing.forms if "/committee/" in (f.action or "")]
    assert send(client, listing, form, {}).status_code == 302 and "学习新党章" not in text(client, here)
