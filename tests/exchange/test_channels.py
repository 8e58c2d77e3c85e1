"""Notices on their way out: written with the business, sent at least once, within the limits; robots, mail, SMS against servers of our own."""
from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django_tasks_db.models import DBTaskResult
from tests import world
from tests.areas.test_meetings import meeting
from tests.exchange.robots import SECRET, Robot, serving
from tests.world import AT, SHANGHAI, World

from zhibu.areas.meetings import actions as meetings
from zhibu.areas.meetings import queries as compliance
from zhibu.areas.meetings import reminders
from zhibu.exchange.channels import daily, letters, robots, wire
from zhibu.ground.access.queries import system_actor
from zhibu.ground.duties.derive import OVERDUE, matters
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.jobs import loop, queue, registry
from zhibu.ground.jobs.registry import Run
from zhibu.ground.notice import actions, channels, outbox, queries
from zhibu.ground.notice.channels import ChannelRefused, Wish
from zhibu.ground.notice.limits import Limits, TooSoon
from zhibu.ground.notice.models import Channel, Message, Told
from zhibu.ground.notice.outbox import Kind, Result, State
from zhibu.ground.notice.wording import NotForOutside, private_in, together
from zhibu.ground.tree import actions as tree_actions
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound

pytestmark = pytest.mark.django_db
LIMITS = Limits(7, time(8), time(20), True)
HOSTS = frozenset({"qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn"})
ADDRESS = {
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0f7a", "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=0f7a",
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/0f7a",
}


class Clock:
    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at

    def on(self, **more: float) -> datetime:
        self.at += timedelta(**more)
        return self.at


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch, settings: Any) -> World:
    settings.CHANNEL_LOOPBACK = True
    monkeypatch.setattr(registry, "_SCHEDULES", {})
    monkeypatch.setattr(wire, "TIMEOUT", 0.4)
    return world.build(branches=2, members=4)


@pytest.fixture
def robot() -> Iterator[Robot]:
    with serving() as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


def scope(w: World) -> Scope:
    return Scope((w.paths["T1-B1"],))


def channel(w: World, robot: Robot | None = None, kind: str = "wecom", **more: Any) -> int:
    """Add a channel as the secretary does; with a robot it leads to the server of the test."""
    made = channels.add(w.actor("secretary"), w.orgs["T1-B1"], Wish(kind, "支部工作群", more.pop("address", ADDRESS.get(kind, "")), SECRET, more.pop("reminders", True), **more), HOSTS, at=AT)
    if robot is not None:
        row = Channel.objects.within(scope(w)).get(pk=made)
        row.address = f"{robot.url}/{kind}/send?key=0f7a"
        row.save()
    return made


def remind(w: World, matter: str = "meetings:committee_meeting::2026-09", at: datetime = AT, text: str = "9月支委会还没有记录") -> int:
    return actions.remind(w.actor("clerk1"), org_id=w.orgs["T1-B1"], matter=matter, text=text, limits=LIMITS, at=at)


def rows(w: World) -> list[Message]:
    return list(Message.objects.within(scope(w)).order_by("id"))


def work(clock: Clock, rounds: int = 30) -> int:
    """Do what is due at this moment; returns how many jobs."""
    return next((n for n in range(rounds) if not loop.step("test", clock)), rounds)


# ---------------------------------------------------------------- in


def test_a_notice_is_written_with_the_business_or_not_at_all(w: World) -> None:
    channel(w)

    class Stop(Exception):
        pass

    with pytest.raises(Stop), transaction.atomic():
        remind(w)
        raise Stop
    assert rows(w) == [] and not DBTaskResult.objects.exists() and not Told.objects.within(scope(w)).exists()
    remind(w)
    assert len(rows(w)) == 1 and DBTaskResult.objects.count() == 1


def test_only_channels_that_ask_for_reminders_get_them(w: World) -> None:
    channel(w, reminders=False)
    remind(w)
    assert rows(w) == []


def test_a_matter_goes_out_once_in_seven_days_also_by_another_way(w: World) -> None:
    channel(w)
    Told.objects.into(scope(w)).bulk_create([Told(org_id=w.orgs["T1-B1"], matter="meetings:committee_meeting::2026-09", at=AT - timedelta(days=3))])
    remind(w)
    assert rows(w) == [], "the desk has the reminder, the group has heard of it"
    remind(w, "meetings:theme_day::2026-10")
    assert len(rows(w)) == 1


@pytest.mark.parametrize(("at", "begin"), [
    ((2026, 11, 20, 10, 0), (2026, 11, 20, 10, 0)), ((2026, 11, 20, 21, 0), (2026, 11, 23, 8, 0)), ((2026, 11, 20, 6, 0), (2026, 11, 20, 8, 0)), ((2026, 11, 21, 10, 0), (2026, 11, 23, 8, 0)),
    ((2026, 9, 30, 20, 0), (2026, 10, 8, 8, 0)),  # the National Day holiday
])
def test_a_notice_waits_for_the_next_open_hour(w: World, at: tuple[int, ...], begin: tuple[int, ...]) -> None:
    channel(w)
    now, post = datetime(*at, tzinfo=SHANGHAI), outbox.Post(w.orgs["T1-B1"], w.paths["T1-B1"], ("x",), "还没有记录", "有一件事", "系统")
    outbox.put(post, outbox.Sort.REMINDER, LIMITS, now)
    assert rows(w)[0].not_before == datetime(*begin, tzinfo=SHANGHAI) == DBTaskResult.objects.get().run_after or at == begin


def test_what_a_branch_announces_itself_goes_on_weekends_but_not_at_night(w: World) -> None:
    channel(w, reminders=False)
    secretary = w.actor("secretary")
    for hour, begin in ((10, (21, 10)), (21, (22, 8))):
        at = datetime(2026, 11, 21, hour, 0, tzinfo=SHANGHAI)
        assert channels.announce(secretary, w.orgs["T1-B1"], f"plan:{hour}", "【会议通知】周一开会", until=AT + timedelta(days=9), at=at) == 1
        assert rows(w)[-1].not_before == datetime(2026, 11, *begin, 0, tzinfo=SHANGHAI)
    with pytest.raises(TooSoon, match="同一份 7 天内只发一次"):
        channels.announce(secretary, w.orgs["T1-B1"], "plan:10", "又发", until=AT + timedelta(days=9), at=AT + timedelta(days=2))
    with pytest.raises(Refused):
        channels.announce(w.actor("reader"), w.orgs["T1-B1"], "plan:1", "x", until=AT, at=AT)


# ---------------------------------------------------------------- out


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_a_robot_gets_the_text_signed_as_its_maker_asks(w: World, robot: Robot, clock: Clock, kind: str) -> None:
    robot.answers = [(200, {"code": 0, "msg": "success"} if kind == "feishu" else {"errcode": 0})]
    channel(w, robot, kind)
    remind(w)
    assert work(clock) == 1 and robot.faults == [] and rows(w)[0].state == State.SENT
    assert robot.texts() == ["【上级提醒】第1村党支部\n9月支委会还没有记录"]


def test_twin_a_wrong_secret_is_seen_by_the_server_of_the_test(w: World, robot: Robot, clock: Clock) -> None:
    made = channel(w, robot, "dingtalk")
    channels.change(w.actor("secretary"), made, Wish("dingtalk", "群", "", "SEC-other", True), HOSTS, version=1, at=AT)
    remind(w)
    work(clock)
    assert robot.faults == ["dingtalk"]


def test_one_robot_gets_one_message_in_three_seconds_and_what_waits_goes_together(w: World, robot: Robot, clock: Clock) -> None:
    channel(w, robot)
    for month in range(1, 8):
        remind(w, f"meetings:committee_meeting::2026-{month:02d}", text=f"{month}月支委会还没有记录")
    work(clock)
    assert len(robot.got) == 1 and all(f"{month}月支委会" in robot.texts()[0] for month in range(1, 8)) and [m.state for m in rows(w)] == [State.SENT] * 7
    remind(w, "meetings:theme_day::2026-10", at=clock.at)
    assert work(clock) == 1 and len(robot.got) == 1, "too early"
    clock.on(seconds=2)
    assert work(clock) == 0
    clock.on(seconds=1)
    assert work(clock) == 1 and len(robot.got) == 2 and max(len(t.encode()) for t in robot.texts()) <= 2048


def test_a_long_queue_is_cut_by_the_limit_of_bytes(w: World) -> None:
    texts = [f"{n}月支委会还没有记录" * 9 for n in range(40)]
    sent, left = 0, texts
    while left:
        text, count = together(left, 2000)
        assert count and len(text.encode()) <= 2000
        sent, left = sent + count, left[count:]
    assert sent == 40 and len(together(["长" * 3000], 2000)[0].encode()) <= 2000


@pytest.mark.parametrize("trouble", [(503, b"oops"), (0, b""), (500, {"errcode": 0}), (200, {"errcode": -1})])
def test_trouble_on_the_other_side_is_tried_again_with_the_same_key(w: World, robot: Robot, clock: Clock, trouble: tuple[int, Any]) -> None:
    robot.answers = [trouble, (200, {"errcode": 0})]
    channel(w, robot)
    remind(w)
    assert work(clock) == 1
    (one,) = rows(w)
    assert (one.state, one.attempts) == (State.WAITING, 1) and "自动再发" in one.fault and queries.faulty(scope(w), [w.orgs["T1-B1"]])
    clock.on(seconds=16)
    assert work(clock) == 1
    (two,) = rows(w)
    assert (two.state, two.attempts, two.key) == (State.SENT, 2, one.key) and len(robot.got) == 2 and not queries.faulty(scope(w), [w.orgs["T1-B1"]])
    assert DBTaskResult.objects.get().status == queue.DONE


def test_attempts_are_bounded(w: World, robot: Robot, clock: Clock) -> None:
    robot.answers = [(502, b"")]
    channel(w, robot)
    remind(w)
    for _ in range(12):
        work(clock)
        clock.on(minutes=30)
    assert rows(w)[0].state == State.FAILED and len(robot.got) == outbox.ATTEMPTS


@pytest.mark.parametrize(("kind", "said"), [("wecom", {"errcode": 45009}), ("dingtalk", {"errcode": 130101}), ("feishu", {"code": 11232})])
def test_a_muted_robot_rests_ten_minutes(w: World, robot: Robot, clock: Clock, kind: str, said: Any) -> None:
    robot.answers = [(200, said), (200, {"errcode": 0, "code": 0})]
    channel(w, robot, kind)
    remind(w)
    work(clock)
    remind(w, "meetings:theme_day::2026-10", at=clock.at)
    clock.on(minutes=9)
    work(clock)
    assert len(robot.got) == 1
    clock.on(minutes=2)
    work(clock)
    assert len(robot.got) == 2 and [m.state for m in rows(w)] == [State.SENT] * 2


@pytest.mark.parametrize(("kind", "answer", "cure"), [
    ("wecom", (200, {"errcode": "93000"}), "重新复制地址"), ("dingtalk", (200, {"errcode": 300005}), "重新复制地址"), ("dingtalk", (200, {"errcode": 310000}), "加签密钥不对"), ("feishu", (200, {"code": 19021}), "核对时间"),
    ("wecom", (302, b""), "转到了别处"), ("wecom", (404, b""), "重新复制"), ("wecom", (200, b"<html>"), "看不懂"), ("wecom", (200, {"errcode": True}), "看不懂"), ("wecom", (200, []), "看不懂"),
    ("dingtalk", (200, {"errcode": 987}), "代号 987"),
])
def test_a_refusal_is_final_and_says_how_to_cure(w: World, robot: Robot, clock: Clock, kind: str, answer: tuple[int, Any], cure: str) -> None:
    robot.answers = [answer]
    channel(w, robot, kind)
    remind(w)
    work(clock)
    (one,) = queries.messages(scope(w), w.orgs["T1-B1"])
    (bad,) = queries.faulty(scope(w), [w.orgs["T1-B1"]])
    assert one.state == State.FAILED and cure in one.fault and cure in bad.fault and len(robot.got) == 1, "no redirect is followed, nothing is sent again"


def test_one_attempt_is_in_flight_and_a_dead_one_is_made_again(w: World, robot: Robot, clock: Clock) -> None:
    channel(w, robot)
    remind(w)
    one, org = rows(w)[0], w.orgs["T1-B1"]
    parcel = outbox.take(org, one.pk, clock.at)
    assert parcel is not None and parcel.key == one.key
    with pytest.raises(queue.Later):
        outbox.take(org, one.pk, clock.on(seconds=30))
    again = outbox.take(org, one.pk, clock.on(seconds=31))
    assert again is not None and again.key == parcel.key
    outbox.settle(again, outbox.Answer(Result.SENT), clock.at)
    assert outbox.take(org, one.pk, clock.on(seconds=5)) is None
    outbox.settle(parcel, outbox.Answer(Result.BROKEN, "晚到的答复"), clock.at)
    assert rows(w)[0].state == State.SENT, "a late answer of the dead attempt changes nothing"


def test_a_retry_does_not_slide_into_the_night(w: World, robot: Robot, clock: Clock) -> None:
    robot.answers = [(503, b""), (200, {"errcode": 0})]
    channel(w, robot)
    clock.at = datetime(2026, 11, 19, 19, 59, 50, tzinfo=SHANGHAI)
    remind(w, at=clock.at)
    work(clock)
    clock.on(seconds=20)
    work(clock)
    assert len(robot.got) == 1
    clock.at = datetime(2026, 11, 20, 8, 0, tzinfo=SHANGHAI)
    work(clock)
    assert len(robot.got) == 2 and rows(w)[0].state == State.SENT


def test_old_news_is_not_sent(w: World, robot: Robot, clock: Clock) -> None:
    channel(w, robot)
    remind(w)
    clock.at = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)
    work(clock)
    assert robot.got == [] and rows(w)[0].state == State.FAILED and "过时" in rows(w)[0].fault


def test_a_channel_that_is_off_or_gone_gets_nothing(w: World, robot: Robot, clock: Clock) -> None:
    made = channel(w, robot)
    remind(w)
    channels.end(w.actor("secretary"), made, at=AT)
    work(clock)
    assert robot.got == [] and rows(w)[0].state == State.DROPPED and queries.channels(scope(w), w.orgs["T1-B1"]) == []
    row = Channel.objects.within(scope(w)).get()
    assert not row.address and not row.secret


def test_channels_end_with_their_organisation(w: World) -> None:
    channel(w)
    remind(w)
    org = [w.orgs["T1-B1"]]
    assert channels.open_at(org, AT.date()) == ["第1村党支部：支部工作群（企业微信群机器人）"]
    with pytest.raises(Refused):
        channels.end_with(w.actor("secretary"), org, on=AT.date(), reason="并村", at=AT, batch_id=1)
    assert channels.end_with(w.actor("county"), org, on=AT.date(), reason="并村", at=AT, batch_id=1) == 1
    assert channels.open_at(org, AT.date()) == [] and rows(w)[0].state == State.DROPPED


# ---------------------------------------------------------------- where it may lead


@pytest.mark.parametrize("address", [
    "http://qyapi.weixin.qq.com/x", "https://127.0.0.1/x", "https://localhost/x", "https://169.254.169.254/latest", "https://qyapi.weixin.qq.com.evil.cn/x", "https://evil.cn/?qyapi.weixin.qq.com",
    "https://qyapi.weixin.qq.com@evil.cn/", "https://a:b@qyapi.weixin.qq.com/", "https://qyapi.weixin.qq.com:8443/x", "file:///etc/passwd", "ftp://qyapi.weixin.qq.com/", "https://[::1]/", "https://[::1",
    "https://evil.cn\\@qyapi.weixin.qq.com/", "https://qyapi.weixin.qq.com/x y", "https://qyapi.weixin.qq.com/\r\nHost: evil", "https://ｑyapi.weixin.qq.com/", "gopher://x", "", "x",
])
def test_no_address_leads_elsewhere(settings: Any, address: str) -> None:
    settings.CHANNEL_LOOPBACK = False
    with pytest.raises(wire.Forbidden):
        wire.allowed(address)
    if address:
        with pytest.raises(ChannelRefused):
            channels.allowed_host(address, HOSTS)


def test_twin_loopback_is_open_to_tests_only(settings: Any) -> None:
    assert settings.CHANNEL_LOOPBACK is False
    settings.CHANNEL_LOOPBACK = True
    assert wire.allowed("http://127.0.0.1:8000/x") == ("127.0.0.1", 8000, False)
    for other in ("http://localhost:8000/", "http://10.0.0.1:80/", "https://127.0.0.1/"):
        with pytest.raises(wire.Forbidden):
            wire.allowed(other)
    assert wire.allowed(ADDRESS["wecom"]) == ("qyapi.weixin.qq.com", 443, True)


def test_a_host_of_the_deployment_may_be_added_with_its_port() -> None:
    assert channels.allowed_host("https://im.gov.example.cn:8443/hook?key=1", HOSTS | {"im.gov.example.cn:8443"}) == "im.gov.example.cn:8443"


# ---------------------------------------------------------------- keeping channels


def test_secrets_lie_sealed_and_are_never_given_back(w: World) -> None:
    made = channel(w, kind="dingtalk")
    with connection.cursor() as cursor:
        cursor.execute("SELECT c.address, c.secret, c.shown, c.label FROM notice_channel c WHERE c.org_id IN (SELECT id FROM tree_organisation WHERE path >= %s AND path < %s)", ["0", "~"])
        raw = repr(cursor.fetchall())
    view = queries.channel(scope(w), made)
    for text in (raw, repr(view), repr(Channel.objects.within(scope(w)).get().__dict__)):
        assert "0f7a" not in text and SECRET not in text
    assert view.secret and view.shown == "oapi.dingtalk.com"


@pytest.mark.parametrize(("wish", "field"), [
    (Wish("fax", "群", "x"), "kind"), (Wish("wecom", "", ADDRESS["wecom"]), "label"), (Wish("wecom", "群" * 41, ADDRESS["wecom"]), "label"), (Wish("wecom", "群", ""), "address"),
    (Wish("wecom", "群", "http://qyapi.weixin.qq.com/"), "address"), (Wish("wecom", "群", "https://10.0.0.1/"), "address"), (Wish("dingtalk", "群", ADDRESS["dingtalk"]), "secret"),
    (Wish("feishu", "群", ADDRESS["feishu"], "密钥"), "secret"), (Wish("mail", "邮箱", "不是邮箱"), "address"), (Wish("mail", "邮箱", "a@b.cn\nBcc: x@y.cn"), "address"),
    (Wish("mail", "邮箱", ",".join(f"a{n}@b.cn" for n in range(6))), "address"), (Wish("sms", "手机", "12345"), "address"), (Wish("sms", "手机", "0734-1234567"), "address"),
])
def test_a_channel_that_cannot_be_is_refused_with_the_field(w: World, wish: Wish, field: str) -> None:
    with pytest.raises(ChannelRefused) as refused:
        channels.add(w.actor("secretary"), w.orgs["T1-B1"], wish, HOSTS, at=AT)
    assert refused.value.field == field and not Channel.objects.within(scope(w)).exists()


def test_only_who_manages_channels_of_the_organisation_does(w: World) -> None:
    made = channel(w)
    for name in ("committee", "leader", "member", "reader", "foreign", "clerk2"):
        actor = w.actor(name)
        with pytest.raises(Refused):
            channels.add(actor, w.orgs["T1-B1"], Wish("wecom", "群", ADDRESS["wecom"]), HOSTS, at=AT)
        with pytest.raises((Refused, NotFound)):
            channels.end(actor, made, at=AT)
        assert queries.channels(actor.scope(P.CHANNEL_MANAGE), w.orgs["T1-B1"]) == []
    assert channels.add(w.actor("clerk1"), w.orgs["T1-B1"], Wish("wecom", "群", ADDRESS["wecom"]), HOSTS, at=AT)


def test_a_stale_form_changes_nothing_and_empty_secrets_stay(w: World, robot: Robot, clock: Clock) -> None:
    made, secretary = channel(w, robot, "dingtalk"), w.actor("secretary")
    channels.change(secretary, made, Wish("dingtalk", "新名字", "", "", True), HOSTS, version=1, at=AT)
    with pytest.raises(Stale):
        channels.change(secretary, made, Wish("dingtalk", "旧表单", "", "", True), HOSTS, version=1, at=AT)
    remind(w)
    work(clock)
    assert robot.faults == [] and len(robot.got) == 1 and queries.channel(scope(w), made).label == "新名字"


def test_a_trial_goes_at_once_and_not_every_second(w: World, robot: Robot, clock: Clock) -> None:
    made, secretary = channel(w, robot), w.actor("secretary")
    clock.at = datetime(2026, 11, 21, 22, 0, tzinfo=SHANGHAI)
    channels.trial(secretary, made, at=clock.at)
    with pytest.raises(ChannelRefused, match="过一分钟"):
        channels.trial(secretary, made, at=clock.at + timedelta(seconds=59))
    assert work(clock) == 1 and "测试消息" in robot.texts()[0]


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(("text", "what"), [
    ("王小明 990201196001011234 的转正", "身份证号"), ("电话13800001111", "电话号码"), ("电话０７３４－１２３４５６７", "电话号码"), ("卡号6222021234567890123", "银行卡号"), ("党费120元", "金额"), ("补助 1,200.50 元", "金额"),
    ("¥300", "金额"), ("通报谈话记录", "谈话内容"), ("讨论困难党员名单", "困难帮扶"), ("发慰问金", "困难帮扶"),
])
def test_nothing_personal_leaves_the_platform(w: World, text: str, what: str) -> None:
    assert private_in(text) == what
    channel(w)
    with pytest.raises(NotForOutside, match=what):
        channels.announce(w.actor("secretary"), w.orgs["T1-B1"], "plan:1", text, until=AT + timedelta(days=1), at=AT)
    assert rows(w) == []


def test_ordinary_notices_pass() -> None:
    for text in ("9月20日 9:00 主题党日，学习党的创新理论", "2025年8月支委会还没有记录", "第3届班子任期2028年6月28日届满，请换届", "1. 学习\n2. 交纳党费", "请带党员证、笔记本"):
        assert private_in(text) == ""


def test_an_sms_has_seventy_characters_and_no_name(w: World, clock: Clock, settings: Any, tmp_path: Any) -> None:
    settings.SMS_BACKEND, settings.DATA_FOLDER = "file", tmp_path
    channel(w, kind="sms", address="15400000001，15400000002")
    remind(w, text="王一11没有参加9月支委会" * 8)
    work(clock)
    lines = (tmp_path / "sms.jsonl").read_text().splitlines()
    assert len(lines) == 2 and (tmp_path / "sms.jsonl").stat().st_mode & 0o777 == 0o600
    text = rows(w)[0].text
    assert len(text) <= 70 and "王一" not in text and rows(w)[0].state == State.SENT
    with pytest.raises(ValueError):
        outbox.put(outbox.Post(w.orgs["T1-B1"], w.paths["T1-B1"], ("y",), "长", "长" * 71, "系统"), outbox.Sort.REMINDER, LIMITS, AT)


def test_a_gateway_gets_its_template_and_no_text_changes_its_shape(w: World, robot: Robot, clock: Clock, settings: Any) -> None:
    settings.SMS_BACKEND, settings.SMS_URL, settings.SMS_BODY, settings.SMS_HEADERS = "http", robot.url + "/sms", '{"to": ["{phone}"], "text": "{text}", "id": "{key}"}', '{"Authorization": "Bearer t"}'
    channel(w, kind="sms", address="15400000001")
    remind(w)
    work(clock)
    (got,) = robot.got
    assert got["to"] == ["15400000001"] and got["_headers"]["Idempotency-Key"] == got["id"] and got["_headers"]["Authorization"] == "Bearer t" and rows(w)[0].key in got["id"]
    assert letters.filled('{"a": "{text}"}', {"text": '","b":"x\n'}) == b'{"a": "\\",\\"b\\":\\"x\\n"}'


@pytest.mark.parametrize(("backend", "body", "says"), [("off", "", "还没有接短信网关"), ("http", "no json", "模板写得不对"), ("http", "{}", "地址不能用")])
def test_a_gateway_that_is_not_there_is_told_with_the_cure(w: World, clock: Clock, settings: Any, backend: str, body: str, says: str) -> None:
    settings.SMS_BACKEND, settings.SMS_URL, settings.SMS_BODY = backend, "https://evil.cn/", body
    channel(w, kind="sms", address="15400000001")
    remind(w)
    work(clock)
    assert rows(w)[0].state == State.FAILED and says in rows(w)[0].fault


def test_a_mail_hides_its_receivers_and_carries_the_key(w: World, clock: Clock, settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.DEFAULT_FROM_EMAIL = "django.core.mail.backends.locmem.EmailBackend", "desk@example.cn"
    channel(w, kind="mail", address="a@example.cn, b@example.cn")
    remind(w)
    work(clock)
    (one,) = mail.outbox
    assert one.to == [] and one.bcc == ["a@example.cn", "b@example.cn"] and rows(w)[0].key in one.extra_headers["Message-ID"] and "9月支委会" in one.body
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", ""
    remind(w, "meetings:theme_day::2026-10", at=clock.at)
    work(clock)
    assert rows(w)[1].state == State.FAILED and "ZHIBU_MAIL" in rows(w)[1].fault


def test_signatures_are_those_of_the_makers_manuals() -> None:
    """Fixed vectors, computed with openssl dgst -sha256 -hmac."""
    at = datetime.fromtimestamp(1_700_000_000, tz=SHANGHAI)
    address, _ = robots.request(Kind.DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=a", "SEC1", "x", at)
    assert address.endswith("timestamp=1700000000000&sign=ukR4%2BWoOOBTGaOauYqugxVrMSFyr92q4hPxJxuOkiio%3D")
    _, body = robots.request(Kind.FEISHU, "https://open.feishu.cn/x", "SEC1", "x", at)
    assert b'"timestamp": "1700000000", "sign": "s3Va4ru9IQUY6HTJcYx7OEVyXl0V0S/y32v4ZbfOHCI="' in body


# ---------------------------------------------------------------- the daily notice


def test_what_is_due_is_put_together_once_for_who_asked(w: World, robot: Robot, clock: Clock) -> None:
    org = w.orgs["T1-B1"]
    silent = channel(w, robot, reminders=True)
    daily.every(Run("j", 1, AT, clock), {})
    assert not DBTaskResult.objects.exists(), "nobody asked for it"
    channels.change(w.actor("secretary"), silent, Wish("wecom", "群", "", "", False, True), HOSTS, version=1, at=AT)
    daily.every(Run("j", 1, AT, clock), {})
    assert DBTaskResult.objects.count() == 1
    work(clock)
    (text,) = robot.texts()
    assert text.startswith("【待办提示】第1村党支部\n过了时间的 ") and "支委会" in text and private_in(text) == ""
    assert not [name for name in ("王一11", "李二11", "张三11") if name in text]
    daily.one(Run("j", 1, AT + timedelta(hours=3), clock), {"org": org})
    daily.one(Run("j", 1, clock.on(days=1), clock), {"org": org})
    assert len(rows(w)) == 1, "told today, and tomorrow is a Saturday"
    for day in (23, 24, 26, 27):
        clock.at = datetime(2026, 11, day, 9, 0, tzinfo=SHANGHAI)
        daily.one(Run("j", 1, clock.at, clock), {"org": org})
        work(clock)
    days: dict[str, list[int]] = {}
    for matter, at in Told.objects.within(scope(w)).order_by("at", "id").values_list("matter", "at"):
        days.setdefault(matter, []).append(at.astimezone(SHANGHAI).day)
    assert days["meetings:committee_meeting::2026-09"] == [20, 27], "the same matter after seven days, not before"
    assert all(later - sooner >= 7 for told in days.values() for sooner, later in zip(told, told[1:], strict=False))


def test_what_a_superior_reminded_of_is_not_told_again(w: World, robot: Robot, clock: Clock) -> None:
    channel(w, robot, reminders=False, daily=True)
    daily.one(Run("j", 1, AT, clock), {"org": w.orgs["T1-B1"]})
    before = set(Told.objects.within(scope(w)).values_list("matter", flat=True))
    assert "meetings:committee_meeting::2026-09" in before
    Told.objects.within(scope(w)).delete()
    remind(w)
    daily.one(Run("j", 1, AT, clock), {"org": w.orgs["T1-B1"]})
    assert before - set(Told.objects.within(scope(w)).values_list("matter", flat=True)) == {"meetings:committee_meeting::2026-09"}


def test_an_sms_of_the_day_has_numbers_only(w: World) -> None:
    from zhibu.ground.duties.duty import Duty, DutyState

    many = [Duty(f"talks:{n}", 1, "支部", None, DutyState.OVERDUE, "和张三谈心，困难补助120元", "") for n in range(99)]
    assert len(daily.brief(many)) <= 70 and "张三" not in daily.brief(many)
    assert daily.text("第1村党支部", many) == "【待办提示】第1村党支部\n过了时间的 99 件。\n登录支部工作台看。", "of talks and care only the number leaves the platform"


# ---------------------------------------------------------------- the list for the group of who reminds


def listing_channel(w: World, robot: Robot | None = None, code: str = "T1", name: str = "clerk1", **more: Any) -> int:
    made = channels.add(w.actor(name), w.orgs[code], Wish("wecom", "各支部书记群", ADDRESS["wecom"], lists=True, **more), HOSTS, at=AT)
    if robot is not None:
        row = Channel.objects.within(Scope((w.paths[code],))).get(pk=made)
        row.address = f"{robot.url}/wecom/send?key=0f7a"
        row.save()
    return made


def items(w: World, *branches: str) -> list[reminders.Item]:
    return [reminders.Item(w.orgs[b], "theme_day", None, f"2026-{month:02d}") for b in branches for month in (9, 10)]


def lists(w: World, code: str = "T1") -> list[Message]:
    return list(Message.objects.within(Scope((w.paths[code],))).filter(org_id=w.orgs[code]).order_by("id"))


def test_the_list_of_whom_a_township_reminded_goes_to_its_own_group(w: World, robot: Robot, clock: Clock) -> None:
    listing_channel(w, robot)
    assert len(reminders.remind(w.actor("clerk1"), items(w, "T1-B1", "T1-B2"), AT).sent) == 4
    assert work(clock) == 1 and robot.texts() == [
        "各支部书记好。到11月20日，下面 4 项还没有记录或记录不全：\n1. 第1村党支部：2026年9月主题党日、2026年10月主题党日\n2. 第2村党支部：2026年9月主题党日、2026年10月主题党日\n"
        "开过的，请按实际日期在“支部工作台”补记；没开的，请写明原因。不用另外填表。"
    ]
    assert [(m.sort, m.state, m.written_by) for m in lists(w)] == [("list", State.SENT, "clerk1")]
    again = reminders.remind(w.actor("clerk1"), items(w, "T1-B1"), AT + timedelta(minutes=5))
    assert not again.sent and not again.channels and len(lists(w)) == 1, "held back on the desk, so not in the group either"


def test_a_list_is_written_with_the_reminders_or_not_at_all(w: World) -> None:
    listing_channel(w)

    class Stop(Exception):
        pass

    with pytest.raises(Stop), transaction.atomic():
        assert reminders.remind(w.actor("clerk1"), items(w, "T1-B1"), AT).channels == 1
        raise Stop
    assert lists(w) == [] and not DBTaskResult.objects.exists() and not Told.objects.within(Scope((w.paths["T1"],))).exists()


def test_a_list_keeps_the_hours_and_only_channels_that_ask_get_it(w: World, robot: Robot, clock: Clock) -> None:
    made = listing_channel(w, robot)
    for at in (datetime(2026, 11, 20, 21, 0, tzinfo=SHANGHAI), datetime(2026, 11, 21, 10, 0, tzinfo=SHANGHAI)):
        assert reminders.remind(w.actor("clerk1"), items(w, "T1-B1"), at).sent == () and lists(w) == []
    channels.change(w.actor("clerk1"), made, Wish("wecom", "群", reminders=True, daily=True), HOSTS, version=1, at=AT)
    assert reminders.remind(w.actor("clerk1"), items(w, "T1-B1"), AT).channels == 0 and lists(w) == []
    with pytest.raises(Refused):
        actions.tell_list(w.actor("secretary"), w.orgs["T1"], [], at=AT)
    channels.change(w.actor("clerk1"), made, Wish("wecom", "群", lists=True), HOSTS, version=2, at=AT)
    late = datetime(2026, 11, 19, 19, 59, 58, tzinfo=SHANGHAI)
    assert reminders.remind(w.actor("clerk1"), items(w, "T1-B2"), late).channels == 1
    clock.at = late + timedelta(seconds=5)
    work(clock)
    assert robot.got == [], "asked for before eight, not sent after eight"
    clock.at = datetime(2026, 11, 20, 8, 0, tzinfo=SHANGHAI)
    work(clock)
    assert len(robot.got) == 1 and lists(w)[0].state == State.SENT


def test_the_group_hears_of_a_matter_once_in_the_days_of_its_own_limit(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A township may keep longer days than its branches: what stood in the list stays out of the next one, the rest goes."""
    listing_channel(w)
    monkeypatch.setattr(actions, "of", lambda org_id, on: Limits(14, time(8), time(20), True))
    reminders.remind(w.actor("clerk1"), items(w, "T1-B1"), AT)
    second = reminders.remind(w.actor("clerk1"), items(w, "T1-B1", "T1-B2"), AT + timedelta(days=7))
    assert len(second.sent) == 4 and second.channels == 1
    assert "第2村党支部" in lists(w)[1].text and "第1村党支部" not in lists(w)[1].text and "下面 2 项" in lists(w)[1].text


def test_twin_without_the_memory_of_what_was_told_the_group_hears_it_again(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    listing_channel(w)
    monkeypatch.setattr(actions, "of", lambda org_id, on: Limits(14, time(8), time(20), True))
    monkeypatch.setattr(outbox, "told", lambda *args: set())
    for at in (AT, AT + timedelta(days=7)):
        reminders.remind(w.actor("clerk1"), items(w, "T1-B1"), at)
    assert sum("第1村党支部" in m.text for m in lists(w)) == 2


def test_a_county_and_a_township_each_tell_their_own_group(w: World) -> None:
    listing_channel(w, code="QH", name="county")
    listing_channel(w)
    assert reminders.remind(w.actor("county"), items(w, "T1-B1", "T2-B1"), AT).channels == 1
    (one,) = lists(w, "QH")
    assert "第1镇第1村党支部" in one.text and "第2镇第1村党支部" in one.text, "two of one short name"
    assert lists(w) == []


def test_a_long_list_goes_in_parts_and_no_line_is_cut(w: World) -> None:
    answer = compliance.compliance(w.actor("county").scope(P.COMPLIANCE_READ), w.orgs["T1-B1"], 2026, AT.date())
    matter = next(m for m in matters(answer.years.values(), OVERDUE))
    many = [matter._replace(org_id=n) for n in range(1, 121)]
    parts = reminders.group_texts(many, {n: f"第{n}村党支部" for n in range(1, 121)}, AT.date())
    assert len(parts) > 1 and all(len(p.text.encode()) <= outbox.MOST_BYTES for p in parts) and f"（1/{len(parts)}）" in parts[0].text
    assert [b for p in parts for b, _ in p.matters] == list(range(1, 121)) and all(f"\n{n}. 第{n}村党支部：" in "".join(p.text for p in parts) for n in range(1, 121))


def test_a_name_that_reads_like_hardship_does_not_stop_a_reminder(w: World) -> None:
    tree_actions.change(system_actor(), w.orgs["T1-B1"], name="第1镇困难职工帮扶中心党支部", short_name="困难职工帮扶中心党支部", on=AT.date(), at=AT, document="青组〔2026〕8号")
    channel(w)
    listing_channel(w)
    remind(w)
    assert reminders.remind(w.actor("clerk1"), items(w, "T1-B1")[1:], AT).channels == 1
    assert {m.text for m in (*rows(w), *lists(w))} == {"上级党组织提醒您支部一件事，请登录支部工作台看。", "1个党组织有1件事请提醒，名单在支部工作台上。"}


# ---------------------------------------------------------------- another system of the organisation's own


SHARED = "zweier-systeme-0001"


def hook(w: World, robot: Robot | None = None, code: str = "T1", name: str = "clerk1", **more: Any) -> int:
    wish = Wish("webhook", "县里的政务平台", more.pop("address", "https://oa.example.cn/hook"), more.pop("secret", SHARED), **more)
    made = channels.add(w.actor(name), w.orgs[code], wish, HOSTS | {"oa.example.cn"}, at=AT)
    if robot is not None:
        row = Channel.objects.within(Scope((w.paths[code],))).get(pk=made)
        row.address = f"{robot.url}/hook/in"
        row.save()
    return made


def genuine(got: dict[str, Any], secret: str = SHARED) -> bool:
    """Check a signature as docs/api.md tells the other side to, with openssl's words and no code of the product."""
    headers = {k.lower(): v for k, v in got["_headers"].items()}
    mac = hmac.new(secret.encode(), headers["x-zhibu-timestamp"].encode() + b"." + got["_raw"], "sha256")
    return bool(headers["x-zhibu-signature"] == "sha256=" + mac.hexdigest() and headers["idempotency-key"] == got["key"])


def test_another_system_gets_a_notice_signed_and_with_the_same_key_in_every_attempt(w: World, robot: Robot, clock: Clock) -> None:
    robot.answers = [(503, b"busy"), (204, b"")]
    hook(w, robot, lists=True)
    reminders.remind(w.actor("clerk1"), items(w, "T1-B1"), AT)
    work(clock)
    clock.on(seconds=20)
    work(clock)
    one, two = robot.got
    assert one["key"] == two["key"] == lists(w)[0].key and one["sent_at"] != two["sent_at"] and lists(w)[0].state == State.SENT
    assert all(genuine(got) for got in robot.got) and (two["event"], two["sort"]) == ("notice", "list") and "第1村党支部：2026年9月主题党日" in two["text"]


def test_twin_a_changed_body_or_another_secret_is_not_genuine(w: World, robot: Robot, clock: Clock) -> None:
    hook(w, robot, lists=True)
    reminders.remind(w.actor("clerk1"), items(w, "T1-B1"), AT)
    work(clock)
    (got,) = robot.got
    assert genuine(got) and not genuine(got, "zweier-systeme-0002") and not genuine({**got, "_raw": got["_raw"].replace(b"9", b"8")})


@pytest.mark.parametrize(("answer", "state", "says"), [
    ((200, b"anything"), State.SENT, ""), ((302, b""), State.FAILED, "转到了别处"), ((401, b""), State.FAILED, "核对地址和签名密钥"), ((429, b""), State.WAITING, "十分钟"), ((500, b""), State.WAITING, "自动再发"),
])
def test_what_another_system_answers(w: World, robot: Robot, clock: Clock, answer: tuple[int, Any], state: State, says: str) -> None:
    robot.answers = [answer]
    hook(w, robot)
    channels.trial(w.actor("clerk1"), queries.channels(Scope((w.paths["T1"],)), w.orgs["T1"])[0].id, at=AT)
    work(clock)
    assert len(robot.got) == 1 and lists(w)[0].state == state and says in lists(w)[0].fault


def test_a_meeting_saved_below_is_told_by_number_at_once_and_with_the_business(w: World, robot: Robot, clock: Clock) -> None:
    """At night too: it is a machine that is told. Other branches' systems hear nothing, a channel without the tick neither."""
    hook(w, robot, events=True)
    hook(w, code="T2", name="clerk2", events=True)
    hook(w, code="QH", name="county")
    night = datetime(2026, 11, 21, 23, 0, tzinfo=SHANGHAI)

    class Stop(Exception):
        pass

    with pytest.raises(Stop), transaction.atomic():
        assert outbox.tell(w.orgs["T1-B1"], w.paths["T1-B1"], "meeting.saved", 1, night) == 1
        raise Stop
    assert not DBTaskResult.objects.exists()
    made = [meetings.record_meeting(w.actor("secretary"), meeting(w, "theme_day", held_on=AT.date() - timedelta(days=n)), at=night) for n in (9, 2)]
    clock.at = night
    work(clock)
    assert [(g["event"], g["org_id"], g["id"]) for g in robot.got] == [("meeting.saved", w.orgs["T1-B1"], m) for m in made], "one by one, not put together"
    assert all(genuine(g) and set(g) - {"_headers", "_raw"} == {"event", "org_id", "id", "key", "sent_at"} for g in robot.got)
    assert lists(w, "T2") == lists(w, "QH") == []


@pytest.mark.parametrize(("change", "field"), [
    ({"secret": ""}, "secret"), ({"secret": "short"}, "secret"), ({"address": "http://oa.example.cn/"}, "address"), ({"address": "https://10.0.0.1/hook"}, "address"), ({"address": ""}, "address"),
])
def test_another_system_that_cannot_be_is_refused_with_the_field(w: World, change: dict[str, str], field: str) -> None:
    with pytest.raises(ChannelRefused) as refused:
        hook(w, **change)
    assert refused.value.field == field and queries.channels(Scope((w.paths["T1"],)), w.orgs["T1"]) == []
    robot_only = channels.add(w.actor("clerk1"), w.orgs["T1"], Wish("wecom", "群", ADDRESS["wecom"], events=True), HOSTS, at=AT)
    assert not queries.channel(Scope((w.paths["T1"],)), robot_only).events, "a group is no system"
