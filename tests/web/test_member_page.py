"""党员全页: what each reader finds on the page of one member, who is noted as having looked, and the copy that the member takes along."""
from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.areas.test_meetings import meeting
from tests.web.test_meetings_pages import page_of, visitor
from tests.world import AT, World

from zhibu.areas.meetings import actions
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import looks

pytestmark = pytest.mark.django_db

MINE, COPY = reverse("person:file"), reverse("person:copy")


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    return world.build(branches=2, members=5)


def whole(person_id: int) -> str:
    return reverse("roster:member", args=[person_id])


def the_member(w: World) -> int:
    return w.persons["T1-B1"][3]


def look_lines(person_id: int) -> list[Any]:
    return list(Entry.objects.unscoped("a test reads the journal").filter(subject_type="person", subject_id=person_id, action=looks.LOOK))


def test_a_member_sees_his_meetings_and_nobody_elses_absence(w: World) -> None:
    me, other = the_member(w), w.persons["T1-B1"][1]
    actions.record_meeting(w.actor("secretary"), meeting(w, "theme_day", held_on=date(2026, 10, 20), marks={me: "leave"}, absence_note="住院"), at=AT)
    actions.record_meeting(w.actor("secretary"), meeting(w, "theme_day", held_on=date(2026, 9, 20), marks={other: "leave"}, absence_note="他人原因"), at=AT)
    page = page_of(visitor("member").get(MINE))
    assert "2026年应到 2 次，到会 1 次。" in page and "请假（住院）" in page and "他人原因" not in page
    assert page_of(visitor("secretary").get(whole(me))).count("请假（住院）") == 1


def test_looks_are_noted_once_a_day_and_read_by_the_member_alone(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    me = the_member(w)
    assert "还没有人打开过您的全页" in page_of(visitor("member").get(MINE))
    for name in ("secretary", "secretary", "county"):
        page = page_of(visitor(name).get(whole(me)))
        assert "打开这一页会记一笔" in page and 'id="part-looks"' not in page
    assert sorted(e.account_name for e in look_lines(me)) == ["county", "secretary"]
    monkeypatch.setattr(timezone, "now", lambda: AT + timedelta(days=1))
    visitor("secretary").get(whole(me))
    assert len(look_lines(me)) == 3
    seen = page_of(visitor("member").get(MINE))
    assert seen.count("打开全页") >= 3 and "county" in seen and len(look_lines(me)) == 3, "one's own page is no look"


@pytest.mark.parametrize(("username", "status"), [("foreign", 404), ("member", 403), ("leader", 403), ("auditor", 403), ("organiser", 200)])
def test_who_may_open_the_page_of_another(w: World, username: str, status: int) -> None:
    assert visitor(username).get(whole(w.persons["T1-B1"][1])).status_code == status


def test_without_the_right_to_meetings_the_section_is_not_there(w: World, at: datetime, today: date) -> None:
    """The twin of the page of a secretary: a right less, a section less."""
    from zhibu.ground.access import actions as access
    from zhibu.ground.access.queries import system_actor

    access.grant(system_actor(), account_id=w.accounts["foreign"], role="dues_keeper", org_id=w.orgs["T1-B1"], valid_from=today, valid_to=None, at=at)
    actions.record_meeting(w.actor("secretary"), meeting(w, "theme_day", held_on=date(2026, 10, 20)), at=AT)
    assert 'id="part-meetings"' in page_of(visitor("secretary").get(whole(the_member(w))))
    page = page_of(visitor("foreign").get(whole(the_member(w))))
    assert 'id="part-meetings"' not in page, "not even as if there were none"


def test_the_copy_holds_every_section_and_ones_own_numbers_in_full(w: World) -> None:
    client = visitor("member")
    answer = client.post(COPY)
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    assert book.sheetnames[:1] == ["基本情况"] and {"会议和考勤", "谁看过我的资料"} <= set(book.sheetnames)
    cells = {str(row[1].value): str(row[2].value) for row in book["基本情况"].iter_rows() if row[1].value}
    assert cells["公民身份证号"].startswith("990201") and "*" not in cells["公民身份证号"] and cells["联系电话"].startswith("154")
    (line,) = Entry.objects.unscoped("a test reads the journal").filter(action="people.own_copy")
    assert line.subject_id == the_member(w) and not line.changes
    assert visitor("sysadmin").post(COPY)["Location"] == reverse("person:me")


def test_the_branch_takes_a_copy_for_a_member_without_a_phone(w: World) -> None:
    me = the_member(w)
    answer = visitor("secretary").post(reverse("roster:copy-for", args=[me]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    said = [str(cell.value) for row in book["基本情况"].iter_rows() for cell in row]
    assert any("替本人取" in text for text in said) and not any(text.startswith("990201") and "*" not in text for text in said)
    assert "替您取了一份资料" in page_of(visitor("member").get(MINE))
    assert visitor("organiser").post(reverse("roster:copy-for", args=[me])).status_code == 403
