"""日历: off until it is switched on; a signed address that needs no sign-in and is dead when switched off; nothing of anybody else in it."""
from __future__ import annotations

from datetime import time, timedelta

import icalendar
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.exchange.test_calendar import lines
from tests.world import AT, World

from zhibu.areas.meetings import plan_actions
from zhibu.areas.meetings.planning import Planned
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.notice import feeds
from zhibu.ground.notice.models import Feed
from zhibu.ground.tree.queries import NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    made = world.build(branches=2, members=4)
    wish = Planned((("theme_day", None),), AT.date() + timedelta(days=6), time(9), time(10, 20), "村会议室", ("讨论李二11的转正", "学习"), "", "")
    plan_actions.make(made.actor("secretary"), made.orgs["T1-B1"], wish, at=AT)
    return made


def visitor(name: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=name))
    return client


def person(w: World) -> int:
    return w.persons["T1-B1"][3]


def address(w: World, person_id: int | None = None) -> str:
    found = feeds.of_person(Scope(person_id=person_id or person(w)), person_id or person(w))
    return reverse("channels:feed", args=[found.mark]) if found else ""


def test_it_is_off_until_the_member_switches_it_on(w: World) -> None:
    assert not Feed.objects.within(Scope((w.paths["QH"],))).exists()
    client, here = visitor("member"), reverse("channels:calendar")
    assert "现在关着" in client.get(here).content.decode()
    page = client.post(here, {"do": "on"}, follow=True).content.decode()
    assert address(w) in page and "在手机浏览器打开" in page
    stranger = Client()
    answer = stranger.get(address(w))
    assert answer.status_code == 200 and answer["Content-Type"] == "text/calendar; charset=utf-8" and answer["ETag"].strip("W/").startswith('"')
    assert stranger.get(address(w), headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert "csrftoken" not in stranger.cookies and "sessionid" not in stranger.cookies


def test_meetings_stand_in_it_without_their_topics(w: World) -> None:
    visitor("member").post(reverse("channels:calendar"), {"do": "on"})
    body = Client().get(address(w)).content
    assert lines(body)
    text = body.decode().replace("\r\n ", "")
    (event,) = [e for e in icalendar.Calendar.from_ical(body).walk("VEVENT")]
    assert event.decoded("DTSTART").astimezone(AT.tzinfo).isoformat() == "2026-11-26T09:00:00+08:00" and str(event["LOCATION"]) == "村会议室"
    for name in ("李二11", "王一11", "张三11", "刘四11", "转正", "154", "9902"):
        assert name not in text


def test_a_changed_meeting_keeps_its_uid_and_counts_up(w: World) -> None:
    visitor("member").post(reverse("channels:calendar"), {"do": "on"})
    from zhibu.areas.meetings import plans

    before = icalendar.Calendar.from_ical(Client().get(address(w)).content).walk("VEVENT")[0]
    view = plans.mine(person(w), AT.date())[1][0]
    wish = Planned(view.plan.kinds, view.day, time(15), time(16), "晒谷场", view.plan.topics, "", "")
    plan_actions.change(w.actor("secretary"), view.id, wish, version=view.version, reason="停电", at=AT + timedelta(hours=1))
    after = icalendar.Calendar.from_ical(Client().get(address(w)).content).walk("VEVENT")[0]
    assert before["UID"] == after["UID"] and after["SEQUENCE"] == 1 and str(after["LOCATION"]) == "晒谷场" and after.decoded("DTSTAMP") > before.decoded("DTSTAMP")


def test_switched_off_it_is_dead_and_comes_back_under_another_address(w: World) -> None:
    client, here = visitor("member"), reverse("channels:calendar")
    client.post(here, {"do": "on"})
    old = address(w)
    client.post(here, {"do": "off"})
    assert Client().get(old).status_code == 404 and address(w) == ""
    client.post(here, {"do": "on"})
    assert address(w) != old and Client().get(old).status_code == 404 and Client().get(address(w)).status_code == 200


def test_no_address_can_be_guessed_or_bent(w: World) -> None:
    visitor("member").post(reverse("channels:calendar"), {"do": "on"})
    mark = address(w).rpartition("/")[2].removesuffix(".ics")
    number, _, sign = mark.partition("-")
    for bad in (f"{int(number) + 1}-{sign}", f"{number}-{sign[:-1]}{'0' if sign[-1] != '0' else '1'}", f"{number}-{'0' * 40}", f"0{number}-{sign}", f"{number}-{sign.upper()}", f"{'9' * 18}-{sign}", "x", number):
        assert Client().get(f"/channels/calendar/{bad}.ics").status_code == 404, bad
        assert feeds.holder(bad) is None


def test_twin_the_sign_is_what_opens_it(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds.switch_on(w.actor("member"), person(w), at=AT)
    row = Feed.objects.within(Scope((w.paths["QH"],))).get()
    assert feeds.holder(f"{row.pk}-{'0' * 40}") is None
    monkeypatch.setattr(feeds.hmac, "compare_digest", lambda a, b: True)
    assert feeds.holder(f"{row.pk}-{'0' * 40}") == person(w)


def test_the_secretary_does_it_on_behalf_and_it_is_written_down(w: World) -> None:
    who = w.persons["T1-B1"][1]
    here = reverse("channels:member-calendar", args=[who])
    page = visitor("secretary").post(here, {"do": "on"}, follow=True).content.decode()
    assert address(w, who) in page and "代开" in page
    entry = Entry.objects.within(Scope((w.paths["QH"],))).filter(action="notice.feed_on").get()
    assert entry.changes == {"on_behalf": True} and entry.subject_id == who
    visitor("secretary").post(here, {"do": "off"})
    assert address(w, who) == ""


def test_nobody_else_switches_or_sees_it(w: World) -> None:
    feeds.switch_on(w.actor("member"), person(w), at=AT)
    for name in ("foreign", "secretary2", "clerk2", "committee", "leader", "reader", "county"):
        with pytest.raises((NotFound, Refused)):
            feeds.switch_off(w.actor(name), person(w), at=AT)
        answer = visitor(name).get(reverse("channels:member-calendar", args=[person(w)]))
        assert answer.status_code in (403, 404) and address(w) not in answer.content.decode()
    assert Client().get(address(w)).status_code == 200


def test_own_duties_of_an_office_stand_in_it_by_day(w: World) -> None:
    who = w.persons["T1-B1"][0]
    Account.objects.filter(username="secretary").update(person_id=who)
    feeds.switch_on(w.actor("secretary"), who, at=AT)
    days = [e for e in icalendar.Calendar.from_ical(Client().get(address(w, who)).content).walk("VEVENT") if not hasattr(e.decoded("DTSTART"), "hour")]
    assert days and any("党员大会" in str(e["SUMMARY"]) or "党课" in str(e["SUMMARY"]) for e in days)
    Grant.objects.filter(account__username="secretary").update(valid_to=AT.date())
    rest = icalendar.Calendar.from_ical(Client().get(address(w, who)).content).walk("VEVENT")
    assert all(hasattr(e.decoded("DTSTART"), "hour") for e in rest), "the office is over, and its duties with it"


def test_who_is_no_member_any_more_has_an_empty_calendar(w: World) -> None:
    from zhibu.ground.people.models import Membership

    feeds.switch_on(w.actor("member"), person(w), at=AT)
    Membership.objects.within(Scope((w.paths["QH"],))).filter(person_id=person(w)).update(to_on=AT.date())
    assert b"BEGIN:VEVENT" not in Client().get(address(w)).content


def test_one_meeting_as_a_file(w: World) -> None:
    from zhibu.areas.meetings import plans

    view = plans.mine(person(w), AT.date())[1][0]
    answer = visitor("secretary").get(reverse("channels:event", args=[view.id]))
    assert len(lines(answer.content)) > 8 and "attachment" in answer["Content-Disposition"] and reverse("channels:event", args=[view.id]) in visitor("secretary").get(reverse("meetings:plan", args=[view.id])).content.decode()
    assert visitor("foreign").get(reverse("channels:event", args=[view.id])).status_code == 404
    mine = reverse("channels:my-event", args=[view.id])
    assert mine in visitor("member").get(reverse("person:meetings")).content.decode() and lines(visitor("member").get(mine).content) == lines(answer.content)
    assert visitor("foreign").get(mine).status_code == 404 and visitor("secretary").get(mine).status_code == 404, "an account without a person has no meetings of its own"
