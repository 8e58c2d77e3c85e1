"""A member moves: his branch asks, the committee prints the letter, the other side receives him and sends the receipt; another letter is returned with its reason."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.test_meeting_form import DESKTOP, Visit, fits, visit  # noqa: F401
from tests.journeys.theme_day import clock, w  # noqa: F401
from tests.world import World, id_number

pytestmark = pytest.mark.django_db(transaction=True)


def roster(page: Page, server: str) -> list[str]:
    """Open the roster of one's branch; gives the names."""
    page.goto(f"{server}/members/")
    return page.locator("#panel-area tbody td.main a").all_inner_texts()


def ask(page: Page, server: str, name: str) -> str:
    """Hand in the transfer of a member to the other town; gives the address of it."""
    page.goto(f"{server}/transfers/")
    page.get_by_role("link", name="转出一名党员").click()
    page.get_by_role("link", name=name).click()
    page.fill("[name=to]", "第2镇第1村党支部")
    page.fill("[name=paid_to]", "2026-11")
    page.locator("main button.pri").click()
    expect(page.locator("main")).to_contain_text("等转出的党委开介绍信")
    return page.url.split("?")[0]


def letter(page: Page, address: str) -> None:
    """Write the letter of a transfer."""
    page.goto(address)
    page.get_by_role("link", name="开介绍信").click()
    page.locator("main button.pri").click()
    expect(page.locator("main")).to_contain_text("介绍信已开好")


def test_a_member_moves_and_another_letter_comes_back(w: World, visit: Callable[..., Visit]) -> None:  # noqa: F811
    branch, office, there, new_home = visit(), visit(DESKTOP), visit(DESKTOP), visit()
    page, clerk, other, home = branch.sign_in("secretary"), office.sign_in("clerk1"), there.sign_in("clerk2"), new_home.sign_in("foreign")
    assert "张三11" in roster(page, branch.server) and "张三11" not in roster(home, new_home.server)
    address = ask(page, branch.server, "张三11")
    assert fits(page)

    letter(clerk, address)
    clerk.get_by_role("link", name="介绍信（打印）").click()
    expect(clerk.locator(".preview .part")).to_have_count(3)
    assert id_number(3) not in clerk.content(), "a preview has no whole numbers"
    clerk.get_by_role("button", name="打印").click()
    expect(clerk.locator(".preview")).to_have_count(0)
    paper = clerk.locator(".a4.letter")
    assert paper.locator(".part h2").all_inner_texts() == ["党员介绍信存根", "中国共产党党员组织关系介绍信", "中国共产党党员组织关系介绍信回执联"]
    for words in ("张三11", id_number(3), "年壹拾壹月", "玖拾天", "第 0001 号"):
        expect(paper).to_contain_text(words)
    assert "张三11" in roster(page, branch.server), "in transit he counts where he was"

    other.goto(f"{there.server}/transfers/?tab=in")
    other.get_by_role("link", name="张三11").click()
    other.get_by_role("link", name="接收", exact=True).click()
    expect(other.locator("[name=to_org]")).to_be_visible()
    late = there.context.new_page()
    late.goto(other.url)  # the colleague has the form open too
    other.locator("[name=to_org]").select_option(label="第2镇第1村党支部")
    other.locator("[name=group]").select_option(index=1)
    other.locator("main button.pri").click()
    other.get_by_role("button", name="回执已发").click()
    expect(other.locator("main")).to_contain_text("回执已发")
    late.locator("[name=to_org]").select_option(label="第2镇第1村党支部")
    late.locator("main button.pri").click()
    expect(late.locator("main")).to_contain_text("已经办过了")
    assert roster(home, new_home.server).count("张三11") == 1 and "张三11" not in roster(page, branch.server)
    clerk.goto(address)
    clerk.get_by_role("button", name="收到回执，办结").click()
    expect(clerk.locator("main")).to_contain_text("已办结")

    address = ask(page, branch.server, "李二11")
    letter(clerk, address)
    other.goto(address)
    other.get_by_role("link", name="退回").click()
    other.locator("main button.pri").click()
    expect(other.locator("main")).to_contain_text("E054")
    other.fill("[name=reason]", "缺党费证明")
    other.locator("main button.pri").click()
    page.goto(address)
    expect(page.locator("main")).to_contain_text("缺党费证明")
    assert "李二11" in roster(page, branch.server) and "李二11" not in roster(home, new_home.server)
    assert branch.faults == office.faults == there.faults == new_home.faults == []
