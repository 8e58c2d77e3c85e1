"""工作台: what is due with why and at most two buttons, reminders from above, the month, the year so far; and who may touch what."""
from __future__ import annotations

import re
from datetime import date, datetime, time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.areas.test_meetings import meeting
from tests.world import AT, World

from zhibu.areas.meetings import actions
from zhibu.ground.access.models import Account
from zhibu.ground.notice import actions as notice
from zhibu.ground.notice.actions import Limits
from zhibu.web.desk import desk_page

pytestmark = pytest.mark.django_db
DESK = reverse("desk")
LIMITS = Limits(7, time(8), time(20), True)


@pytest.fixture
def w() -> World:
    return world.build()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    hands = {"now": AT}
    monkeypatch.setattr(timezone, "now", lambda: hands["now"])
    return hands


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def desk(username: str) -> str:
    answer = visitor(username).get(DESK)
    assert answer.status_code == 200
    return answer.content.decode()


def tasks(page: str) -> list[str]:
    return re.findall(r'<li class="task">.*?</li>', page, re.S)


def fill_the_year(w: World) -> None:
    """Leave September's committee meeting as the gap that the tests look at: everything before is there."""
    actor = w.actor("secretary")
    for month in range(1, 11):
        for kind in ("committee_meeting", "theme_day"):
            if (month, kind) != (9, "committee_meeting"):
                actions.record_meeting(actor, meeting(w, kind, held_on=date(2026, month, 8)), at=AT)
        actions.record_meeting(actor, meeting(w, "group_meeting", held_on=date(2026, month, 9), group_ids=tuple(w.groups["T1-B1"])), at=AT)


def test_every_task_is_a_sentence_a_why_and_at_most_two_buttons(w: World) -> None:
    fill_the_year(w)
    page = desk("secretary")
    assert "s书记，还有" in page and "11月20日 星期五" in page
    for task in tasks(page):
        assert re.search(r"<h3>.+</h3><p>.+</p>", task, re.S) and 1 <= len(re.findall(r'class="btn', task)) <= 2, task
    gap = next(t for t in tasks(page) if "9月支委会还没有记录" in t)
    assert "过期 51 天" in gap and "第十二条" in gap and f"{reverse('meetings:excuse')}?" in gap and "date=2026-09-30" in gap


def test_the_button_of_a_task_leads_to_the_filled_form(w: World) -> None:
    fill_the_year(w)
    client = visitor("secretary")
    gap = next(t for t in tasks(desk("secretary")) if "9月支委会还没有记录" in t)
    for address in re.findall(r'href="([^"]+)"', gap):
        page = client.get(address.replace("&amp;", "&"))
        assert page.status_code == 200, address
    form = client.get(re.findall(r'href="(/meetings/record/[^"]+)"', gap)[0].replace("&amp;", "&")).content.decode()
    assert re.search(r'value="committee_meeting" checked', form) and 'value="2026-09-30"' in form


def test_overdue_comes_first_and_nothing_due_is_said_so(w: World) -> None:
    page = desk("secretary")
    assert page.index("件过了时间") < page.index("以后")
    assert "现在没有要办的事" in desk("member")


def test_a_reminder_from_above_is_acknowledged_by_the_branch_alone(w: World) -> None:
    notice_id = notice.remind(w.actor("clerk1"), org_id=w.orgs["T1-B1"], matter="x", text="9月支委会还没有记录", limits=LIMITS, at=AT)
    address = reverse("notice-seen", args=[notice_id])
    page = desk("secretary")
    assert "上级提醒" in page and "第1镇党委clerk1发来" in page and address in page
    for other in ("clerk1", "county", "secretary2", "foreign", "member", "committee"):
        assert visitor(other).post(address).status_code == 404, other
    assert "上级提醒" in desk("secretary")
    assert visitor("secretary").post(address)["Location"] == DESK and visitor("secretary").get(address).status_code == 405
    assert "上级提醒" not in desk("secretary") and visitor("secretary").post(address).status_code == 302


def test_the_month_shows_what_was_held_and_the_fixed_day(w: World) -> None:
    made = actions.record_meeting(w.actor("secretary"), meeting(w, "committee_meeting"), at=AT)
    page = desk("secretary")
    assert f'class=" e" href="{reverse("meetings:activity", args=[made])}" aria-label="18日 支委会"' in page
    assert "主题党日固定日" in page and '<span class="t e">20' in page


def test_the_year_so_far_is_pooled_by_kind(w: World) -> None:
    actions.record_meeting(w.actor("secretary"), meeting(w, "committee_meeting", held_on=date(2026, 9, 3)), at=AT)
    page = desk("secretary")
    assert "今年完成" in page and "1/10" in page and "不排名" in page
    assert "今年完成" in desk("county")


def test_an_office_above_sees_one_line_and_no_form(w: World) -> None:
    page = desk("clerk1")
    assert "个支部" in page and ">开会记录<" not in page and reverse("overview:county") in page


@pytest.mark.parametrize("username", ["county", "clerk1", "secretary", "committee", "leader", "organiser", "reader", "member", "foreign", "sysadmin", "secadmin", "auditor"])
def test_every_role_has_a_desk(w: World, username: str) -> None:
    page = desk(username)
    for address in set(re.findall(r'href="(/[^"#]*)"', page)) - {"/favicon.ico"}:
        if not address.startswith("/static/"):
            assert visitor(username).get(address.replace("&amp;", "&")).status_code in (200, 302), address


def test_the_desk_of_a_township_costs_the_same_for_more_branches(w: World) -> None:
    def count(name: str) -> int:
        client = visitor(name)
        client.get(DESK)
        with CaptureQueriesContext(connection, ) as seen:
            client.get(DESK)
        return len(seen)

    assert count("county") <= count("clerk1") + 4, "the county has twice the branches of a township"


def test_symbolic_pages_become_addresses() -> None:
    from zhibu.ground.duties.duty import DutyAction

    assert desk_page.address(DutyAction("看", "meetings.ledger", (("org", "3"), ("year", "2026"), ("why", "lecture||2026")))) == "/meetings/ledger/?org=3&year=2026&why=lecture%7C%7C2026"
    assert desk_page.address(DutyAction("看", "org.page", (("org_id", "3"),))) == "/org/3/"
    assert desk_page.address(DutyAction("看", "desk")) == DESK
