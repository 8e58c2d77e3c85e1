"""Second factors in the browser: a code of the phone with and without scripts, and a passkey by Chromium's own software authenticator."""
from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page, Route, expect
from tests.world import PASSWORD, build

from zhibu.ground.access import totp

pytestmark = pytest.mark.django_db(transaction=True)
#: the page's common script answers an event of its own
OTHER_SCRIPTS_RAN = "() => { const form = document.querySelector('form[data-passkey]'); form.dispatchEvent(new Event('submit', {bubbles: true})); return form.dataset.sent === '1'; }"
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(params=["desktop", "phone", "no script"])
def visit(request: pytest.FixtureRequest, db: None, browser: Browser, browser_context_args: dict, live_server: Any) -> Iterator[tuple[str, Page]]:
    with transaction.atomic():
        build(branches=2, members=4)
    kind = str(request.param)
    context = browser.new_context(**browser_context_args, viewport=SIZES.get(kind, SIZES["desktop"]), java_script_enabled=kind != "no script")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None)
    page.goto(f"{live_server.url}/safety/")
    sign_in(page)
    yield kind, page
    context.close()
    assert not faults


def sign_in(page: Page) -> None:
    page.fill("[name=username]", "secretary")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.pri")


def sign_out(page: Page, url: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{url}/safety/")
    sign_in(page)


def look(page: Page, kind: str, name: str) -> None:
    if (folder := os.environ.get("ZHIBU_SHOTS")) and kind != "no script":
        page.screenshot(path=str(Path(folder) / f"second-{name}-{kind}.png"), full_page=True)
    assert kind == "no script" or page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


def code(secret: str, steps: int = 0) -> str:
    return totp.code_at(secret, int(time.time()) // totp.STEP + steps)


def test_a_code_of_the_phone(visit: tuple[str, Page], live_server: Any) -> None:
    kind, page = visit
    expect(page.locator("h1")).to_have_text("登录安全")
    look(page, kind, "home")
    page.get_by_role("link", name="加上手机动态码").click()
    expect(page.locator("img[alt=动态码的二维码]")).to_be_visible()
    assert page.locator("img[alt=动态码的二维码]").evaluate("node => node.complete && node.naturalWidth > 0") if kind != "no script" else True
    secret = page.locator("p.small").inner_text().replace(" ", "")
    look(page, kind, "code")
    page.fill("[name=code]", code(secret, -1))
    page.get_by_role("button", name="加上").click()
    expect(page.locator("h1")).to_have_text("备用码")
    recovery = page.locator("ol li").all_inner_texts()
    assert len(recovery) == 10
    look(page, kind, "recovery")
    page.get_by_role("link", name="抄好了").click()
    expect(page.get_by_text("备用码还剩 10 个")).to_be_visible()
    look(page, kind, "added")
    sign_out(page, live_server.url)
    expect(page.locator("h1")).to_have_text("第二道验证")
    look(page, kind, "second")
    page.fill("[name=code]", "000000")
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_text("验证没有通过")).to_be_visible()
    page.fill("[name=code]", code(secret))
    page.get_by_role("button", name="继续").click()
    expect(page.locator("h1")).to_have_text("登录安全")
    sign_out(page, live_server.url)
    page.fill("[name=code]", recovery[3])
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_text("备用码还剩 9 个")).to_be_visible()


@pytest.mark.parametrize("visit", ["phone"], indirect=True)
def test_a_press_is_heard_as_soon_as_it_is_offered(visit: tuple[str, Page]) -> None:
    """Where the script of passkeys comes last over a slow line, its button is not there before it."""
    _, page = visit
    late: list[Route] = []
    page.route("**/passkey*.js", lambda route: late.append(route))
    page.get_by_role("link", name="加上通行密钥").click(no_wait_after=True)
    expect(page.locator("h1")).to_have_text("加上通行密钥")
    page.wait_for_function(OTHER_SCRIPTS_RAN)
    offered = page.get_by_role("button", name="加上")
    expect(offered).to_be_hidden()
    late[0].continue_()
    expect(offered).to_be_visible()


def test_a_passkey(visit: tuple[str, Page], live_server: Any) -> None:
    kind, page = visit
    page.get_by_role("link", name="加上通行密钥").click()
    if kind == "no script":
        expect(page.get_by_text("请改用手机动态码")).to_be_visible()
        return
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    device = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    look(page, kind, "passkey")
    page.fill("[name=name]", "办公室电脑")
    page.get_by_role("button", name="加上").click()
    expect(page.locator("h1")).to_have_text("备用码")
    page.get_by_role("link", name="抄好了").click()
    expect(page.get_by_text("办公室电脑")).to_be_visible()
    for _ in range(2):
        sign_out(page, live_server.url)
        look(page, kind, "second-passkey")
        page.get_by_role("button", name="用通行密钥").click()
        expect(page.locator("h1")).to_have_text("登录安全")
    sign_out(page, live_server.url)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    devtools.send("WebAuthn.clearCredentials", {"authenticatorId": device})
    page.get_by_role("button", name="用通行密钥").click()
    expect(page.get_by_text("没有用成通行密钥")).to_be_visible(timeout=70_000)
