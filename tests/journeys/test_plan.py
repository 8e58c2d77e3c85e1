"""A meeting from its plan to its record: the secretary plans and copies the notice, a member asks for leave on a phone, the roll-call begins with it."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from tests.journeys.test_meeting_form import DESKTOP, Visit, fits, saved, visit, w  # noqa: F401
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_plan_notice_leave_record(w: World, visit: Callable[..., Visit]) -> None:  # noqa: F811
    today = timezone.localdate()
    secretary = visit(DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    page = secretary.sign_in()
    page.get_by_role("link", name="计划和通知").click()
    page.get_by_role("link", name="计划一次会").click()
    page.get_by_label("党员大会").check()
    page.get_by_label("主题党日", exact=True).uncheck()
    page.fill("[name=day]", str(today))
    page.fill("[name=starts]", "00:00")
    page.fill("[name=ends]", "")
    page.fill("[name=place]", "村会议室")
    page.fill("[name=topics]", "商量冬修水利")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#copy-text")).to_contain_text("【会议通知】第1镇第1村党支部")
    page.get_by_role("button", name="复制群通知").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[1:3] == ["会议：党员大会", f"时间：{today.month}月{today.day}日（周{'一二三四五六日'[today.weekday()]}） 0:00"]

    member = visit()
    phone = member.sign_in("member")
    phone.get_by_role("link", name="看通知").click()
    expect(phone.locator("main")).to_contain_text("商量冬修水利")
    phone.get_by_label("有事不能来的，写一句原因").fill("在县医院住院")
    phone.get_by_role("button", name="请假").click()
    expect(phone.locator("main")).to_contain_text("等书记批")
    assert fits(phone)

    page.goto(f"{secretary.server}/")
    expect(page.locator("main")).to_contain_text("有 1 人请假，等您批")
    page.locator(".task").filter(has_text="人请假").get_by_role("link", name="打开看").click()
    page.get_by_role("button", name="准假").click()
    expect(page.locator("main")).to_contain_text("准假了")
    phone.reload()
    expect(phone.locator("main")).to_contain_text("已准假")

    page.goto(f"{secretary.server}/")
    page.locator(".task").filter(has_text="今天开党员大会").get_by_role("link", name="开会记录").click()  # one tap from the desk
    expect(page.locator("input[name=kind][value=general_meeting]")).to_be_checked()
    expect(page.locator('.who[data-name="刘四11"]')).to_have_class("who leave")
    expect(page.get_by_label("刘四11没来的原因（会前请的假）")).to_have_value("在县医院住院")
    expect(page.locator('.topic[data-kind="general_meeting"]').get_by_label("题目")).to_have_value("商量冬修水利")
    page.fill("[name=ends]", "00:00")
    page.locator('.topic[data-kind="general_meeting"]').get_by_label("谁说了什么").fill("李建国：先修东渠。")
    page.locator("button[value=save]").click()
    expect(page.locator("[role=status]").filter(has_text="已保存")).to_be_visible()
    (one,) = saved(w)
    assert [(a.name, a.status, a.reason) for a in one.absences] == [("刘四11", "leave", "在县医院住院")] and one.title == "商量冬修水利" and one.held_on == today
    page.get_by_role("link", name="计划和通知").first.click()
    expect(page.locator("main")).to_contain_text("已记录")
    assert secretary.faults == member.faults == []
