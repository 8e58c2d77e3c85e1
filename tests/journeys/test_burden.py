"""A month of a branch of 20 members, done by its secretary on a phone: what it costs in minutes, taps and typed fields (product.md, principle 9).

Taps and fields are counted, minutes are worked out from them at the pace of a person of 55 on a phone; `make burden` prints the table. Nothing here measures
how fast the machine is. Each datum is typed once: the same words never twice.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Locator, Page, expect
from tests import world
from tests.everywhere.lasting import Clock
from tests.world import PASSWORD, SHANGHAI, World

from zhibu.areas.dues import assessing, bases
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.models import Assessment
from zhibu.areas.dues.rules import month_from
from zhibu.areas.meetings import queries as meetings
from zhibu.areas.talks.models import Talk
from zhibu.ground.access.queries import system_actor
from zhibu.ground.duties import derive
from zhibu.ground.guard.permission import Permission

pytestmark = pytest.mark.django_db(transaction=True)

#: seconds of a person of 55 on a phone: find the place and tap; write one character by hand; take in a new page; set a date, an hour, a choice
TAP, CHARACTER, PAGE, PICK = 2.0, 1.5, 8.0, 5.0
MOST_FIELDS, MOST_MINUTES = 60, 30


@dataclass
class Step:
    """One thing to do in the month, and what it took."""

    name: str
    pages: int = 0
    taps: int = 0
    picks: int = 0
    typed: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Give the time at a person's pace."""
        return self.pages * PAGE + self.taps * TAP + self.picks * PICK + sum(map(len, self.typed)) * CHARACTER


class Hand:
    """The secretary's finger on the phone; counts what it does."""

    def __init__(self, page: Page, server: str, clock: Clock) -> None:
        self.page, self.server, self.clock, self.steps = page, server, clock, list[Step]()
        page.on("load", lambda _: self._loaded())

    def _loaded(self) -> None:
        if self.steps:
            self.steps[-1].pages += 1

    def day(self, on: date, at: time = time(20)) -> None:
        """Let the days pass until then."""
        self.clock.now = datetime.combine(on, at, SHANGHAI)

    def begin(self, name: str) -> None:
        """Begin something new, from the desk."""
        self.steps.append(Step(name))
        self.page.goto(self.server)

    def tap(self, what: str | Locator) -> None:
        """Tap once."""
        (self.page.locator(what) if isinstance(what, str) else what).click()
        self.steps[-1].taps += 1

    def type(self, where: str | Locator, words: str) -> None:
        """Type into an empty field; the tap into it counts as well."""
        place = self.page.locator(where) if isinstance(where, str) else where
        assert place.input_value() == "", f"already filled, must not be typed: {words}"
        place.fill(words)
        self.steps[-1].taps += 1
        self.steps[-1].typed.append(words)

    def pick(self, where: str, value: str) -> None:
        """Set a date or an hour that the form proposed otherwise."""
        self.page.locator(where).fill(value)
        self.steps[-1].picks += 1

    def kind(self, code: str) -> None:
        """Tap the chip of a kind."""
        self.tap(f".chips label:has(input[name=kind][value={code}]) .chip")

    def person(self, name: str) -> None:
        """Tap a name: on leave."""
        self.tap(self.page.locator(f'.who[data-name="{name}"] > button').first)

    def topic(self, kind: str, title: str, said: str = "", decided: str = "") -> None:
        """Write the topic of a kind."""
        block = self.page.locator(f'.topic[data-kind="{kind}"]')
        for label, words in (("题目", title), ("谁说了什么", said), ("定了什么", decided)):
            if words:
                self.type(block.get_by_label(label), words)

    def save(self) -> None:
        """Save the meeting and see it saved."""
        self.tap("button[value=save]")
        expect(self.page.locator("[role=status]").filter(has_text="已保存")).to_be_visible()


@pytest.fixture
def w() -> World:
    with transaction.atomic():
        w = world.build(members=20)
        bases.declare_many(w.actor("secretary"), w.orgs["T1-B1"], [NewBase(p, "farmer", 50, month_from("2026-10")) for p in w.persons["T1-B1"]], at=world.AT)
        assessing.monthly(system_actor(), month_from("2026-10"), at=world.AT)  # as the daily job does
        return w


@pytest.fixture
def hand(w: World, browser: Browser, browser_context_args: dict, live_server: Any, settings: Any) -> Iterator[Hand]:
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # the browser's own clock does not turn with ours
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(patch, datetime(2026, 10, 1, 20, tzinfo=SHANGHAI))
        context = browser.new_context(**browser_context_args, viewport={"width": 390, "height": 844})
        yield Hand(context.new_page(), live_server.url, clock)
        context.close()


def sign_in(hand: Hand) -> None:
    hand.page.goto(f"{hand.server}/signin/")
    hand.page.fill("[name=username]", "secretary")
    hand.page.fill("[name=password]", PASSWORD)
    hand.page.click("main button.pri")
    hand.page.wait_for_load_state("load")


def committee_meeting(hand: Hand) -> None:
    hand.tap(hand.page.get_by_role("link", name="开会记录").last)
    hand.kind("theme_day")  # proposed, not today
    hand.kind("committee_meeting")
    hand.type("#f-place", "村党群服务中心")  # the first time; proposed from then on
    hand.topic("committee_meeting", "研究十月主题党日安排", "王一：秋收刚完，帮缺劳力的三户收尾。李二同意，建议分两组。", "二十日下午办，分两组帮收")
    hand.save()


def group_meeting(group: int, title: str, said: str) -> Callable[[Hand], None]:
    def do(hand: Hand) -> None:
        hand.tap(hand.page.get_by_role("link", name="开会记录").last)
        hand.kind("theme_day")
        hand.kind("group_meeting")
        hand.tap(hand.page.locator("#f-group .chip").nth(group))
        hand.topic("group_meeting", title, said)
        hand.save()

    return do


def plan_and_notice(hand: Hand) -> None:
    hand.tap(hand.page.get_by_role("link", name="支部台账").last)
    hand.tap(hand.page.get_by_role("link", name="计划和通知"))
    hand.tap(hand.page.get_by_role("link", name="计划一次会"))
    for kind in ("党员大会", "党课"):
        hand.tap(hand.page.get_by_label(kind, exact=True))
    hand.type("[name=topics]", "帮缺劳力户秋收的分工")
    hand.tap("main button.pri")
    hand.tap("[data-copy]")


def leave(hand: Hand) -> None:
    hand.tap(hand.page.locator(".task").filter(has_text="计划 ").get_by_role("link", name="打开看"))
    for name, why in (("周九11", "去县城看病"), ("吴十11", "在外打工")):
        hand.tap(hand.page.get_by_role("link", name="登记请假"))
        hand.page.locator("[name=person]").select_option(label=name)
        hand.steps[-1].picks += 1
        hand.type("[name=reason]", why)
        hand.tap("main button.pri")


def theme_day(hand: Hand) -> None:
    hand.tap(hand.page.locator(".task").filter(has_text="主题党日").get_by_role("link", name="开会记录"))
    hand.topic("lecture", "纪律处分条例的几个变化")
    hand.topic("general_meeting", "", "徐甲带一组去村东，孙乙带二组去村西，两天收完。", "按两组分工执行")
    hand.save()


def take_dues(hand: Hand) -> None:
    hand.tap(hand.page.locator(".task").filter(has_text="2026年10月党费").get_by_role("link", name="去收"))
    hand.tap(hand.page.get_by_role("button", name="全部已交"))
    expect(hand.page.get_by_text("0 人，0.00元")).to_be_visible()


def talk(hand: Hand) -> None:
    hand.tap(hand.page.get_by_role("link", name="我的").last)
    hand.tap(hand.page.get_by_role("link", name="谈心谈话"))
    hand.tap(hand.page.get_by_role("link", name="记一次谈话"))
    for name, who in (("talker", "王一11"), ("talkee", "刘四11")):  # the account of this branch belongs to no member
        hand.page.locator(f"[name={name}]").select_option(label=who)
        hand.steps[-1].picks += 1
    hand.type("[name=summary]", "收成不好，心里着急，商量了联系农技站。")
    hand.tap("main button.pri")
    expect(hand.page.get_by_role("link", name="王一11、刘四11")).to_be_visible()


def make_up(hand: Hand) -> None:
    hand.tap(hand.page.get_by_role("link", name="支部台账").last)
    hand.tap(hand.page.get_by_role("link", name="补课名单"))
    for _ in range(2):
        hand.tap(hand.page.get_by_role("link", name="补了").or_(hand.page.get_by_role("button", name="补了")).first)


def new_phone(hand: Hand) -> None:
    hand.page.goto(f"{hand.server}/members/")
    hand.tap(hand.page.locator("#panel-area tbody a").first)
    hand.tap(hand.page.get_by_role("link", name="改").first)
    hand.page.fill("[name=phone]", "")
    hand.type("[name=phone]", "15400001234")
    hand.tap("main button.pri")


def look_and_print(hand: Hand) -> None:
    hand.tap(hand.page.get_by_role("link", name="支部台账").last)
    hand.tap(hand.page.locator("td.main a").first)
    hand.tap(hand.page.get_by_role("link", name="打开").first)
    hand.tap(hand.page.get_by_role("link", name="打印会议记录"))
    hand.tap(hand.page.get_by_role("button", name="打印").first)


MONTH: tuple[tuple[date, str, Callable[[Hand], None]], ...] = (
    (date(2026, 10, 9), "支委会", committee_meeting),
    (date(2026, 10, 13), "第一党小组会", group_meeting(0, "学习秋季防火要求", "张三说坟山一片要派人看。")),
    (date(2026, 10, 14), "第二党小组会", group_meeting(1, "议冬修水利出工", "各家出一个工，从村西渠开始。")),
    (date(2026, 10, 15), "计划主题党日，发群通知", plan_and_notice),
    (date(2026, 10, 19), "记两人请假", leave),
    (date(2026, 10, 20), "主题党日、党员大会、党课", theme_day),
    (date(2026, 10, 21), "收二十人的党费", take_dues),
    (date(2026, 10, 23), "谈一次心", talk),
    (date(2026, 10, 27), "两人补课", make_up),
    (date(2026, 10, 28), "一人换电话", new_phone),
    (date(2026, 10, 30), "看台账、打印会议记录", look_and_print),
)


def table(steps: list[Step]) -> str:
    lines = ["", f"{'pages':>6} {'taps':>5} {'picks':>6} {'fields':>7} {'characters':>11} {'minutes':>8}  what"]
    total = Step("the month of a branch of 20 members")
    for s in steps:
        total.pages, total.taps, total.picks = total.pages + s.pages, total.taps + s.taps, total.picks + s.picks
        total.typed += s.typed
    for s in [*steps, total]:
        lines.append(f"{s.pages:6} {s.taps:5} {s.picks:6} {len(s.typed):7} {sum(map(len, s.typed)):11} {s.seconds / 60:8.1f}  {s.name}")
    return "\n".join(lines)


def test_a_month_of_a_branch(w: World, hand: Hand) -> None:
    hand.day(date(2026, 10, 1))
    sign_in(hand)
    for on, name, do in MONTH:
        hand.day(on)
        hand.page.context.clear_cookies()
        sign_in(hand)
        hand.begin(name)
        do(hand)
    print(table(hand.steps))
    typed = [words for s in hand.steps for words in s.typed]
    assert len(typed) <= MOST_FIELDS and len(set(typed)) == len(typed), "each datum once"
    assert sum(s.seconds for s in hand.steps) <= MOST_MINUTES * 60
    scope = w.actor("county").scope(Permission.COMPLIANCE_READ)
    year = meetings.compliance(scope, w.orgs["T1-B1"], 2026, date(2026, 11, 10)).years[w.orgs["T1-B1"]]
    gaps = {kind: set(windows) for kind, windows in derive.missing(year).items()}
    assert not [kind for kind, windows in gaps.items() if windows & {"2026-10"}] and "2026-09" in gaps["theme_day"], gaps
    keeper = w.actor("secretary")
    dues = Assessment.objects.within(keeper.scope(Permission.DUES_READ)).filter(month=month_from("2026-10"))
    assert dues.count() == 20 and not dues.filter(payment__isnull=True).exists()
    assert Talk.objects.within(keeper.scope(Permission.ACTIVITY_READ)).count() == 1
