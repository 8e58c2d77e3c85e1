"""通知渠道 as its users see it: copying first, secrets never again, what went out and what did not, with the cure."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.everywhere.pages import read, send
from tests.exchange.robots import Robot, serving
from tests.world import AT, World

from zhibu.areas.meetings import plan_actions
from zhibu.areas.meetings.planning import Planned
from zhibu.ground.access.models import Account
from zhibu.ground.guard.scope import Scope
from zhibu.ground.jobs import loop, registry
from zhibu.ground.notice.models import Channel, Message

pytestmark = pytest.mark.django_db
ADDRESS = "https://oapi.dingtalk.com/robot/send?access_token=geheim0f7a"
HOME = "/channels/"


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch, settings: Any) -> World:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    monkeypatch.setattr(registry, "_SCHEDULES", {})
    settings.CHANNEL_LOOPBACK = True
    return world.build(branches=2, members=4)


@pytest.fixture
def robot() -> Iterator[Robot]:
    with serving() as found:
        yield found


def visitor(name: str = "secretary") -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=name))
    return client


def row(w: World) -> Channel:
    found: Channel = Channel.objects.within(Scope((w.paths["QH"],))).get()
    return found


def add(client: Client, **typed: Any) -> Any:
    url = reverse("channels:new") + "?kind=dingtalk"
    page = read(client.get(url), url)
    return send(client, page, page.form("label"), {"label": "支部工作群", "address": ADDRESS, "secret": "SEC-x", **typed}, "")


def test_copying_comes_first_and_nothing_has_to_be_set(w: World) -> None:
    text = visitor().get(HOME).content.decode()
    assert text.index("复制，自己发到群里") < text.index("自动发") and "不设也能用" in text and "只在工作日发" in text


def test_a_channel_is_added_tried_and_seen(w: World, robot: Robot) -> None:
    client = visitor()
    assert add(client).status_code == 302
    made = row(w)
    made.address = f"{robot.url}/wecom/?key=1"
    made.kind = "wecom"
    made.save()
    client.post(reverse("channels:trial", args=[made.pk]))
    while loop.step("t", lambda: AT):
        pass
    text = client.get(HOME).content.decode()
    assert "已发" in text and "测试消息" in text and len(robot.got) == 1


def test_address_and_secret_are_on_no_page_again(w: World) -> None:
    client = visitor()
    add(client)
    for url in (HOME, reverse("channels:edit", args=[row(w).pk]), reverse("channels:end", args=[row(w).pk])):
        text = client.get(url).content.decode()
        assert "geheim0f7a" not in text and "SEC-x" not in text
    bad = add(client, label="")
    assert bad.status_code == 422 and "geheim0f7a" not in bad.content.decode() and "SEC-x" not in bad.content.decode()


@pytest.mark.parametrize(("typed", "says"), [
    ({"address": "http://oapi.dingtalk.com/robot"}, "地址要以 https:// 开头"), ({"address": "https://10.1.1.1/robot"}, "这套系统不往“10.1.1.1”发"), ({"secret": ""}, "请在群里选“加签”"), ({"label": ""}, "请起个名字"),
])
def test_what_cannot_be_is_told_with_the_cure(w: World, typed: dict[str, str], says: str) -> None:
    answer = add(visitor(), **typed)
    assert answer.status_code == 422 and says in answer.content.decode() and not Channel.objects.within(Scope((w.paths["QH"],))).exists()


def test_what_failed_is_told_on_the_desk_and_on_the_page(w: World, robot: Robot) -> None:
    client = visitor()
    add(client)
    made = row(w)
    made.address = f"{robot.url}/dingtalk/"
    made.save()
    robot.answers = [(200, {"errcode": 310000})]
    client.post(reverse("channels:trial", args=[made.pk]))
    while loop.step("t", lambda: AT):
        pass
    desk, page = client.get("/").content.decode(), client.get(HOME).content.decode()
    for text in (desk, page):
        assert "支部工作群" in text and "加签密钥不对" in text
    assert "没有发成" in page and "没有发出去的通知" in desk and "没有发出去的通知" not in visitor("committee").get("/").content.decode()


def plan(w: World, topics: tuple[str, ...] = ("学习全会精神",)) -> int:
    return plan_actions.make(w.actor("secretary"), w.orgs["T1-B1"], Planned((("theme_day", None),), AT.date() + timedelta(days=6), time(9), None, "村会议室", topics, "", ""), at=AT)


def test_the_notice_of_a_meeting_goes_out_at_a_press(w: World) -> None:
    client, plan_id = visitor(), plan(w)
    here = reverse("meetings:plan", args=[plan_id])
    assert "个通知渠道" not in client.get(here).content.decode() and "复制群通知" in client.get(here).content.decode()
    add(client)
    page = read(client.get(here), here)
    form = next(f for f in page.forms if f.action and "announce" in f.action)
    assert send(client, page, form, {}, "").status_code == 302
    (one,) = Message.objects.within(Scope((w.paths["QH"],)))
    assert one.text.startswith("【会议通知】第1镇第1村党支部") and "通知交给 1 个渠道" in client.get(here).content.decode()
    client.post(reverse("channels:announce", args=[plan_id]))
    assert "7 天内只发一次" in client.get(here).content.decode() and Message.objects.within(Scope((w.paths["QH"],))).count() == 1


def test_a_notice_about_somebody_in_person_does_not_go_out(w: World) -> None:
    client = visitor()
    add(client)
    plan_id = plan(w, ("研究困难党员慰问金发放",))
    client.post(reverse("channels:announce", args=[plan_id]))
    assert "不能发到群机器人" in client.get(reverse("meetings:plan", args=[plan_id])).content.decode() and not Message.objects.within(Scope((w.paths["QH"],))).exists()


def test_only_who_keeps_channels_sees_the_entry(w: World) -> None:
    assert "通知渠道" in visitor("secretary").get("/").content.decode() and "通知渠道" not in visitor("member").get("/").content.decode()
    for name, status in (("member", 403), ("committee", 403), ("foreign", 404), ("clerk2", 404)):
        assert visitor(name).get(f"{HOME}?org={w.orgs['T1-B1']}").status_code == status


def test_a_township_sends_the_list_of_its_reminders_to_its_own_group(w: World) -> None:
    """The tick is offered to whoever has organisations below; the page of reminders says beforehand where the list goes."""
    url = reverse("channels:new") + "?kind=dingtalk"
    assert "提醒下级时，名单也发到这里" not in visitor().get(url).content.decode()
    client = visitor("clerk1")
    page = read(client.get(url), url)
    assert send(client, page, page.form("label"), {"label": "各支部书记群", "address": ADDRESS, "secret": "SEC-x", "takes": "lists"}, "").status_code == 302
    assert row(w).lists and "提醒下级的名单" in client.get(HOME).content.decode()
    remind = f"{reverse('overview:remind')}?org={w.orgs['T1']}"
    assert "同样的名单发到“各支部书记群”" in client.get(remind).content.decode()
    assert "群里要您自己发" in visitor("county").get(remind).content.decode() and "各支部书记群" not in visitor("county").get(remind).content.decode()
    said = client.post(remind, {"key": "k" * 32, "item": [f"{w.orgs['T1-B1']}|theme_day||2026-09"]}, follow=True).content.decode()
    assert "已提醒 1 项" in said and "名单交给本级的 1 个通知渠道去发了" in said
    assert "第1村党支部：2026年9月主题党日" in client.get(HOME).content.decode()
