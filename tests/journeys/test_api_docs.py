"""The page of documentation works without the network and within the content policy."""
from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from tests.everywhere.matrix import bad_headers
from tests.world import AT

from zhibu.ground.access.models import Account


@pytest.fixture
def client(transactional_db: None) -> Client:
    account = Account.objects.create(username="somebody", name="某人", made_at=AT, password="!")
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_page_has_no_code_of_its_own_and_asks_nobody_else(client: Client) -> None:
    answer = client.get("/api/v1/docs")
    text = answer.content.decode()
    assert answer.status_code == 200 and bad_headers(answer) == []
    assert "://" not in text and "<style" not in text and " style=" not in text and "<script>" not in text and text.count("<script src=") == 2
    for name in ("ninja/swagger-ui-bundle.js", "ninja/swagger-ui.css", "api/docs.js"):
        assert finders.find(name), name


@pytest.mark.journey
def test_the_page_shows_the_operations_and_sends_nothing_elsewhere(live_server: Any, client: Client, page: Any) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: said.append(f"{m.type}: {m.text}"))
    page.on("pageerror", lambda e: said.append(f"error: {e}"))
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": live_server.url}])
    page.goto(f"{live_server.url}/api/v1/docs")
    page.wait_for_selector(".opblock-summary-path")
    assert page.locator(".opblock").count() > 20 and page.get_by_text("记一次会").count()
    page.locator(".opblock-summary-path", has_text="/api/v1/me").first.click()
    page.get_by_role("button", name="Try it out").first.click()
    page.get_by_role("button", name="Execute").first.click()
    page.wait_for_selector(".live-responses-table")
    assert "某人" in page.locator(".live-responses-table").inner_text()
    outside = [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))]
    assert not outside and not [line for line in said if "Content Security Policy" in line or line.startswith(("error", "pageerror"))], (outside, said)
