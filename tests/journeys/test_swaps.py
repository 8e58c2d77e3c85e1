"""Parts of a page that are put in without loading it anew: the focus goes there, its title is read out, and closing leads back."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page, expect
from tests import world
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def w() -> World:
    with transaction.atomic():
        return world.build()


@pytest.fixture
def county(w: World, browser: Browser, browser_context_args: dict, live_server: Any) -> Iterator[Page]:
    context = browser.new_context(**browser_context_args, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{live_server.url}/signin/?next=/overview/")
    page.fill("[name=username]", "county")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.pri")
    yield page
    context.close()


def focused(page: Page, words: str) -> None:
    """See that the focus is on a title, and that it was read out."""
    expect(page.locator("[data-panel-title]").last).to_be_focused()
    assert words in page.locator("[data-panel-title]").last.inner_text()
    expect(page.locator("#live")).to_have_text(page.locator("[data-panel-title]").last.inner_text())


def test_the_focus_follows_a_panel_and_comes_back(county: Page) -> None:
    page, loads = county, list[str]()
    page.wait_for_load_state("load")
    page.on("load", lambda _: loads.append(page.url))
    page.locator("a.x").first.press("Enter")
    focused(page, "月")
    page.get_by_text("为什么").first.press("Enter")
    expect(page.locator(".why")).to_be_visible()
    focused(page, "党支部 · ")
    assert loads == []
    page.goto(page.url.split("/overview/")[0] + "/members/")
    page.wait_for_load_state("load")
    loads.clear()
    row = page.locator("#panel-area tbody a").first
    name = row.inner_text()
    row.press("Enter")
    focused(page, name)
    page.locator("[data-panel-close]").press("Enter")
    expect(page.locator(".drawer")).to_have_count(0)
    expect(page.locator("#panel-area tbody a").first).to_be_focused()
    expect(page.locator("#live")).to_have_text("已关上")
    assert loads == []
