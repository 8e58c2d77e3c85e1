"""A secretary records the meeting of the day: on a phone, without a net, after the session ended, without JavaScript, by keyboard, in large print."""
from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests import world
from tests.world import PASSWORD, World

from zhibu.ground.access.models import Account
from zhibu.ground.guard.permission import Permission
from zhibu.ground.record import queries as recorded

pytestmark = pytest.mark.django_db(transaction=True)
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
TITLE, MINUTES = "讨论秋粮收购期间党员责任区分工", "李建国：晒场安排三个人轮值，夜里要有人。"


@pytest.fixture
def w() -> World:
    with transaction.atomic():
        return world.build(members=12)


@pytest.fixture
def day() -> date:
    """Give yesterday: the meeting was held whatever the hour of the run."""
    return timezone.localdate() - timedelta(days=1)


class Visit:
    """A signed-in browser, and the taps made in it."""

    def __init__(self, context: BrowserContext, server: str) -> None:
        self.page, self.context, self.server, self.taps = context.new_page(), context, server, 0
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: self.faults.append(message.text) if "Content Security Policy" in message.text else None)

    def sign_in(self, username: str = "secretary") -> Page:
        """Sign in at the page shown, or at the sign-in page."""
        if "/signin/" not in self.page.url:
            self.page.goto(f"{self.server}/signin/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main button.pri")
        return self.page

    def form(self, day: date, query: str = "") -> Page:
        """Open the form for a day."""
        self.page.goto(f"{self.server}/meetings/record/?date={day}{query}")
        return self.page

    def tap(self, what: str) -> None:
        """Tap once, and count it."""
        self.page.locator(what).click()
        self.taps += 1

    def kind(self, code: str) -> None:
        """Tap the chip of a kind."""
        self.tap(f".chips label:has(input[name=kind][value={code}]) .chip")

    def person(self, name: str) -> None:
        """Tap a name once: present, on leave, absent."""
        self.tap(f'.who[data-name="{name}"] > button')

    def write(self, kind: str, title: str, text: str = "") -> None:
        """Type into the block of a kind; typing is no tap."""
        block = self.page.locator(f'.topic[data-kind="{kind}"]')
        block.get_by_label("题目").fill(title)
        if text:
            block.get_by_label("谁说了什么").fill(text)


@pytest.fixture
def visit(browser: Browser, live_server) -> Callable[..., Visit]:
    contexts: list[BrowserContext] = []

    def open_one(viewport: dict = PHONE, **options: object) -> Visit:
        contexts.append(browser.new_context(viewport=viewport, locale="zh-CN", timezone_id="Asia/Shanghai", **options))
        return Visit(contexts[-1], live_server.url)

    yield open_one
    for context in contexts:
        context.close()


def saved(w: World) -> list[recorded.ActivityView]:
    scope = w.actor("county").scope(Permission.ACTIVITY_READ)
    lines = recorded.activities(scope, w.orgs["T1-B1"], date(2020, 1, 1), timezone.localdate())
    return [recorded.activity(scope, line.id) for line in lines]


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


SAMPLE_LEAVE, SAMPLE_ABSENT = ("刘四11", "陈五11", "杨六11"), "赵七11"


def record_the_sample(v: Visit, day: date) -> None:
    """Record the sample meeting of the mock: theme day, members' meeting and lecture at once, 3 on leave, 1 absent, a further topic."""
    page = v.form(day)
    expect(page.locator("input[name=kind][value=theme_day]")).to_be_checked()
    v.kind("general_meeting")
    v.kind("lecture")
    for name in SAMPLE_LEAVE:
        v.person(name)
    v.person(SAMPLE_ABSENT)
    v.person(SAMPLE_ABSENT)
    v.write("lecture", "新修订纪律处分条例的几个变化")
    v.write("general_meeting", TITLE, MINUTES)
    v.tap("[data-add-topic]")
    page.locator(".topic").last.get_by_label("题目").fill("通报上季度党费收缴")
    v.tap("button[value=save]")
    expect(page.locator("[role=status]").filter(has_text="已保存")).to_be_visible()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1440"])
def test_the_sample_meeting_takes_nine_taps(w: World, visit: Callable[..., Visit], day: date, viewport: dict) -> None:
    v = visit(viewport)
    v.sign_in()
    record_the_sample(v, day)
    assert v.taps == 9, "+2 kinds, 3 leave, 1 absent (2), 1 topic, save"
    (one,) = saved(w)
    assert {k for k, _ in one.kinds} == {"theme_day", "general_meeting", "lecture"} and (one.expected_count, one.present_count) == (12, 8)
    assert {(a.name, a.status) for a in one.absences} == {*((n, "leave") for n in SAMPLE_LEAVE), (SAMPLE_ABSENT, "absent")}
    vote = next(t for t in one.topics if t.kind == "general_meeting")
    assert (vote.ayes, vote.noes, vote.abstain, vote.passed) == (7, 0, 0, True), "赞成 = those present who may vote"
    expect(v.page.locator("main")).to_contain_text("台账 3 项")
    assert fits(v.page) and v.faults == []


def test_the_form_tells_what_will_happen_while_it_is_filled(w: World, visit: Callable[..., Visit], day: date) -> None:
    v = visit()
    v.sign_in()
    page = v.form(day, "&kind=general_meeting")
    for name in ("刘四11", "陈五11", "杨六11", "赵七11", "黄八11", "周九11"):
        v.person(name)
    expect(page.locator("[data-quorum-lines]")).to_contain_text("有表决权 11 人，到会 5 人：不够 6 人")
    v.person("周九11")
    expect(page.locator("[data-n=absent]")).to_have_text("1")
    v.person("周九11")
    expect(page.locator("[data-quorum-lines]")).to_contain_text("够 6 人，可以表决")
    expect(page.locator("[data-result]")).to_have_text("通过")
    page.get_by_label("反对").fill("9")
    expect(page.locator(".sum")).to_contain_text("请核对")
    v.kind("group_meeting")
    expect(page.locator("#f-group")).to_be_visible()
    expect(page.locator("#f-content")).to_be_hidden()
    assert fits(page) and v.faults == []


def test_typed_offline_reloaded_and_saved_twice_is_one_record(w: World, visit: Callable[..., Visit], day: date) -> None:
    v = visit()
    v.sign_in()
    page = v.form(day, "&kind=general_meeting")
    v.person("刘四11")
    v.write("general_meeting", TITLE)
    v.context.set_offline(True)
    v.write("general_meeting", TITLE, MINUTES)
    expect(page.locator("[data-status]")).to_contain_text("没有网络。已存在本机")
    page.locator("button[value=save]").click()
    expect(page.locator("[data-status]")).to_contain_text("联网后再点保存")
    v.context.set_offline(False)
    page.reload()
    expect(page.locator("#restored")).to_be_visible()
    expect(page.get_by_label("题目")).to_have_value(TITLE)
    expect(page.get_by_label("谁说了什么")).to_have_value(MINUTES)
    expect(page.locator("[data-n=leave]")).to_have_text("1")
    page.locator("button[value=save]").dblclick()
    page.wait_for_url("**/meetings/*/?saved=*")
    page.go_back()
    page.wait_for_load_state()
    if page.locator("button[value=save]").count() and page.get_by_label("题目").first.input_value() == TITLE:
        page.locator("button[value=save]").click()
        page.wait_for_load_state()
    (one,) = saved(w)
    assert one.topics[0].content == MINUTES and one.present_count == 11
    v.form(day)
    expect(page.locator("#restored")).to_be_hidden()


def test_the_session_ended_while_writing(w: World, visit: Callable[..., Visit], day: date) -> None:
    v = visit()
    v.sign_in()
    page = v.form(day, "&kind=general_meeting")
    v.write("general_meeting", TITLE, MINUTES)
    Session.objects.all().delete()
    page.locator("button[value=save]").click()
    page.wait_for_url("**/signin/**")
    expect(page.locator("main")).to_contain_text("写了一半的记录还在这台设备上")
    v.sign_in()
    page.wait_for_url("**/meetings/record/**")
    expect(page.locator("#restored")).to_be_visible()
    expect(page.get_by_label("谁说了什么")).to_have_value(MINUTES)
    expect(page.locator("#f-held_on")).to_have_value(str(day))
    page.locator("button[value=save]").click()
    page.wait_for_url("**/meetings/*/?saved=1")
    (one,) = saved(w)
    assert one.held_on == day and one.topics[0].content == MINUTES


def test_without_javascript(w: World, visit: Callable[..., Visit], day: date) -> None:
    v = visit(java_script_enabled=False)
    page = v.sign_in()
    v.form(day, "&kind=general_meeting")
    page.locator(".chips label:has(input[name=kind][value=lecture])").click()
    page.get_by_role("button", name="换了会议类型").click()
    page.locator('[name="t-0-title"]').fill(TITLE)
    page.locator('[name="t-0-vote"]').uncheck()
    page.locator('[name="t-1-title"]').fill("新修订纪律处分条例的几个变化")
    page.get_by_role("button", name="加一个议题").click()
    expect(page.locator('[name="t-0-title"]')).to_have_value(TITLE)
    page.locator('[name="t-2-title"]').fill("通报党费")
    page.locator('.who[data-name="刘四11"] input[value=leave]').check()
    page.get_by_role("button", name="保存并完成").click()
    expect(page.locator("main")).to_contain_text("已保存。台账记了 2 项，11 人到会。")
    (one,) = saved(w)
    assert [t.title for t in one.topics] == [TITLE, "新修订纪律处分条例的几个变化", "通报党费"] and fits(page)


def test_by_keyboard_alone(w: World, visit: Callable[..., Visit], day: date) -> None:
    v = visit(DESKTOP)
    v.sign_in()
    page = v.form(day)

    def tab_to(what: Callable[[], bool]) -> None:
        for _ in range(120):
            page.keyboard.press("Tab")
            if what():
                return
        raise AssertionError("not reached by Tab")

    def here(script: str) -> bool:
        return bool(page.evaluate(f"(() => {{ const e = document.activeElement; return {script}; }})()"))

    tab_to(lambda: here("e.name === 'kind' && e.value === 'theme_day'"))
    outline = page.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineStyle")
    assert outline == "solid", "the focus is seen"
    page.keyboard.press("Space")
    tab_to(lambda: here("e.name === 'kind' && e.value === 'committee_meeting'"))
    page.keyboard.press("Space")
    tab_to(lambda: here("e.tagName === 'BUTTON' && e.closest('.who') && e.closest('.who').dataset.name === '张三11'"))
    page.keyboard.press("Enter")
    tab_to(lambda: here("/-title$/.test(e.name)"))
    page.keyboard.type("研究主题党日安排")
    page.keyboard.press("Enter")
    assert "/meetings/record/" in page.url, "Enter in a field does not send a half-written form"
    tab_to(lambda: here("e.name === 'do' && e.value === 'save'"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/meetings/*/?saved=1")
    (one,) = saved(w)
    assert one.kinds == (("committee_meeting", None),) and (one.expected_count, one.present_count) == (3, 2)


def test_large_print_fits(w: World, visit: Callable[..., Visit], day: date) -> None:
    Account.objects.filter(username="secretary").update(large_print=True)
    v = visit()
    v.sign_in()
    for address in ("/", "/meetings/ledger/", "/meetings/absences/", "/meetings/attendance/", f"/meetings/record/?date={day}"):
        v.page.goto(v.server + address)
        assert "large" in (v.page.locator("html").get_attribute("class") or "")
        for viewport in (DESKTOP, PHONE, {"width": 360, "height": 700}):
            v.page.set_viewport_size(viewport)
            assert fits(v.page), (address, viewport)
    targets = "Math.min(...[...document.querySelectorAll('.foot .btn, .who > button, .chips .chip')].filter(e => e.offsetParent).map(e => e.getBoundingClientRect().height))"
    for viewport in ({"width": 360, "height": 700}, PHONE):
        v.page.set_viewport_size(viewport)
        assert v.page.evaluate(targets) >= 56, "targets for fingers"


def test_put_aside_on_the_phone_and_taken_up_at_the_desk(w: World, visit: Callable[..., Visit], day: date) -> None:
    phone, desk = visit(), visit(DESKTOP)
    phone.sign_in()
    phone.form(day, "&kind=general_meeting")
    phone.write("general_meeting", TITLE, MINUTES)
    phone.page.get_by_role("button", name="先放着").click()
    expect(phone.page.locator("main")).to_contain_text("已经放着")
    desk.sign_in("committee")
    expect(desk.page.locator("main")).to_contain_text(f"有一次会写了一半：{TITLE}")
    desk.page.get_by_role("link", name="接着写").click()
    expect(desk.page.get_by_label("谁说了什么")).to_have_value(MINUTES)
    desk.page.locator("button[value=save]").click()
    desk.page.wait_for_url("**/meetings/*/?saved=1")
    assert len(saved(w)) == 1
    phone.page.goto(phone.server)
    expect(phone.page.locator("main")).not_to_contain_text("写了一半")
    phone.form(day)
    expect(phone.page.locator("#restored")).to_be_hidden()


def test_the_gap_on_the_desk_is_one_tap_from_the_filled_form(w: World, visit: Callable[..., Visit], day: date) -> None:
    v = visit()
    page = v.sign_in()
    task = page.locator(".task").first
    title = task.locator("h3").inner_text()
    task.get_by_role("link", name=re.compile("补记|开会记录")).click()
    expect(page.locator("input[name=kind]:checked")).to_have_count(1)
    label = page.locator("input[name=kind]:checked").get_attribute("data-label")
    assert label and label in title


def test_the_ledger_answers_why_beside_the_grid(w: World, visit: Callable[..., Visit], day: date) -> None:
    v = visit()
    page = v.sign_in()
    record_the_sample(v, day)
    page.goto(f"{v.server}/meetings/ledger/?year={day.year}")
    page.locator("a.d").first.click()
    expect(page.locator(".why h2")).to_be_visible()
    assert page.locator(".why").bounding_box()["y"] < page.locator("table.rows").bounding_box()["y"], "on a phone the answer stands above the list"
    page.locator("td.main a").first.click()
    expect(page.locator("aside h2")).to_contain_text("去了哪里")
    assert fits(page) and v.faults == []
