"""A talk: the secretary writes it down on the phone, the member reads it, the clerk of the township sees who and when and nothing more; the coverage moves."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tests.journeys.test_meeting_form import DESKTOP, Visit, fits, visit  # noqa: F401
from tests.journeys.theme_day import clock, w  # noqa: F401
from tests.world import World

from zhibu.areas.talks import actions
from zhibu.web.talks import views

pytestmark = pytest.mark.django_db(transaction=True)
PAIR, ABOUT, SAID, AFTER = "王一11、刘四11", "家里缺人手", "收成不好，心里着急，商量了联系农技站。", "下周带农技员去看"


def test_what_two_said_to_each_other(w: World, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    secretary, member, clerk = visit(), visit(), visit(DESKTOP)
    page = secretary.sign_in("secretary")
    page.goto(f"{secretary.server}/talks/")
    covered = page.locator(".stats")
    expect(covered).to_contain_text("0/2 人")
    page.get_by_role("link", name="记一次谈话").click()
    expect(page.locator("[name=talker] option:checked")).to_have_text("王一11")  # who is signed in
    page.locator("[name=talkee]").select_option(label="刘四11")
    for name, words in (("topic", ABOUT), ("summary", SAID), ("follow_up", AFTER)):
        page.fill(f"[name={name}]", words)
    page.locator("main button.pri").click()
    expect(page.locator("main")).to_contain_text("记好了")
    expect(covered).to_contain_text("1/2 人")
    assert fits(page) and SAID not in page.content()

    own = member.sign_in("member")
    own.goto(f"{member.server}/me/file/")
    expect(own.locator("#part-talks")).to_contain_text(PAIR)
    assert SAID not in own.content(), "a page that lies open on the table"
    own.locator("#part-talks").get_by_role("link", name="看内容").click()
    own.get_by_role("link", name=PAIR).click()
    for words in (ABOUT, SAID, AFTER):
        expect(own.locator("main")).to_contain_text(words)
    assert fits(own)
    address = own.url

    above = clerk.sign_in("clerk1")
    above.goto(f"{clerk.server}/talks/?org={w.orgs['T1-B1']}")
    expect(above.locator(".stats")).to_contain_text("1/2 人")
    above.get_by_role("link", name=PAIR).click()
    expect(above.locator("main")).to_contain_text("2026年11月20日")
    assert above.url.split("?")[0] == address.split("?")[0]
    shown = above.content()
    assert PAIR in shown and not [words for words in (ABOUT, SAID, AFTER) if words in shown]
    assert above.goto(f"{address.split('?')[0]}sheet/").status == 404

    # the twin: with the compartment open the same page would say it
    monkeypatch.setattr(views, "reading", lambda actor, right: actions.opened(w.paths["T1-B1"]))
    above.goto(address)
    expect(above.locator("main")).to_contain_text(SAID)
    assert secretary.faults == member.faults == clerk.faults == []
