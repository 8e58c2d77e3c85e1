"""A township clerk imports the tables that exist, as they are: on a desktop and on a phone, answers what is asked, sees what was written, takes it back."""
from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page, expect
from tests.exchange import importers
from tests.exchange.dirty import FOLDER, TOWN
from tests.world import PASSWORD

from zhibu.ground.people import queries as people

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture
def county() -> None:
    with transaction.atomic():
        importers.county()


@pytest.fixture(params=["desktop", "phone", "no script"])
def visit(request: pytest.FixtureRequest, county: None, browser: Browser, browser_context_args: dict, live_server: Any) -> Iterator[tuple[str, Page]]:
    kind = str(request.param)
    context = browser.new_context(**browser_context_args, viewport=SIZES.get(kind, SIZES["desktop"]), java_script_enabled=kind != "no script", accept_downloads=True)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None)
    page.goto(f"{live_server.url}/signin/?next=/import/")
    page.fill("[name=username]", "sq")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.pri")
    yield kind, page
    context.close()
    assert not faults


def file(start: str) -> Path:
    return next(p for p in sorted(FOLDER.rglob(f"{start}*")) if p.suffix != ".json")


def look(page: Page, kind: str, name: str) -> None:
    """Nothing sticks out to the side; with ZHIBU_SHOTS a picture is kept there."""
    if (folder := os.environ.get("ZHIBU_SHOTS")) and kind != "no script":
        page.screenshot(path=str(Path(folder) / f"import-{name}-{kind}.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth") if kind != "no script" else True, name


def test_from_the_clerks_files_to_the_roster_and_back(visit: tuple[str, Page], tmp_path: Path) -> None:
    kind, page = visit
    expect(page.locator("h1")).to_contain_text("导入")
    expect(page.get_by_text("单个文件不超过 10 MB")).to_be_visible()
    look(page, kind, "1")
    page.get_by_label("导入到").select_option(label=TOWN)
    page.set_input_files("[name=files]", [file(s) for s in ("02", "01", "03", "04", "05")])
    page.get_by_role("button", name="读一遍，下一步").click()
    expect(page.locator("h1")).to_contain_text("对列")
    expect(page.get_by_text("工作表“2019旧名册”是隐藏的，默认不导入。")).to_be_visible()
    look(page, kind, "2")
    page.get_by_role("button", name="对好了，看结果").click()
    expect(page.locator("h1")).to_contain_text("看结果")
    expect(page.get_by_text("现在还没有写进去")).to_be_visible()
    expect(page.locator(".q1")).to_have_count(15)
    look(page, kind, "3")
    ambiguous = page.locator(".q1", has_text="1988.1")
    ambiguous.get_by_text("1988-10").click()
    page.locator(".q1", has_text="去世").get_by_text("留下历史").click()
    page.locator(".q1", has_text="石桥镇党委").get_by_text("是，").click()
    page.get_by_role("button", name="按这些再看一遍").click()
    expect(page.get_by_text("15 处，已定 3 处")).to_be_visible()
    look(page, kind, "3b")
    with page.expect_download() as download:
        page.locator("a", has_text="下载退回表：01").click()
    back = tmp_path / "退回.xlsx"
    download.value.save_as(back)
    assert download.value.suggested_filename.startswith("退回_01_石桥镇党员花名册")
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator("h1")).to_contain_text("已导入")
    expect(page.get_by_text("14 人", exact=True)).to_be_visible()
    look(page, kind, "4")
    assert people.known_by_id_no(["990123196311050133"])

    page.goto(page.url.split("/import/")[0] + "/import/")
    expect(page.get_by_role("link", name="撤销", exact=True)).to_be_visible()
    look(page, kind, "5")
    page.set_input_files("[name=files]", [back])
    page.get_by_role("button", name="读一遍，下一步").click()
    page.get_by_role("button", name="对好了，看结果").click()
    expect(page.get_by_text("12 行系统里已有，不变")).to_be_visible()
    expect(page.get_by_text("没有要写进去的")).to_be_visible()

    page.goto(page.url.split("/import/")[0] + "/import/")
    page.get_by_role("link", name="撤销", exact=True).click()
    expect(page.get_by_role("button", name="撤销这一批")).to_be_visible()
    look(page, kind, "6")
    page.get_by_role("button", name="撤销这一批").click()
    expect(page.locator("h1")).to_contain_text("已撤销的导入")
    assert not people.known_by_id_no(["990123196311050133"])
