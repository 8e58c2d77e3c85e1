"""Dues on theme day: one tap a person on the phone, 全部已交, one undone, a receipt; the secretary's list of arrears; a second cashier with an old page."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect
from tests.journeys.test_meeting_form import DESKTOP, Visit, fits, visit  # noqa: F401
from tests.journeys.theme_day import clock, w  # noqa: F401
from tests.world import AT, TODAY, World

from zhibu.areas.dues import assessing, bases, paying, queries
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.rules import month_from
from zhibu.ground.access import actions as access
from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard.permission import Permission

pytestmark = pytest.mark.django_db(transaction=True)
OCTOBER = month_from("2026-10")


@pytest.fixture
def branch(w: World) -> World:  # noqa: F811
    """Five members with a pay of 4000 yuan since October, which nobody has paid; two keepers of the dues."""
    with transaction.atomic():
        bases.declare_many(w.actor("secretary"), w.orgs["T1-B1"], [NewBase(p, "wage", 400_000, OCTOBER) for p in w.persons["T1-B1"]], at=AT)
        assessing.monthly(system_actor(), OCTOBER, at=AT)  # as the daily job does
        for username in ("committee", "leader"):
            access.grant(system_actor(), account_id=w.accounts[username], role="dues_keeper", org_id=w.orgs["T1-B1"], valid_from=TODAY, valid_to=None, at=AT)
    return w


def october(v: Visit, username: str) -> Page:
    """Sign in on the way to the dues, and turn to October."""
    v.page.goto(f"{v.server}/dues/")
    page = v.sign_in(username)
    page.get_by_role("link", name="10月", exact=True).click()
    expect(page.locator("h1")).to_contain_text("2026年10月党费")
    return page


def booked(w: World) -> list[tuple[int, int, bool]]:  # noqa: F811
    """Give what the books say: person, fen, whether it was taken back."""
    scope = w.actor("secretary").scope(Permission.DUES_READ)
    return sorted((p, one.amount, bool(one.reversed_by)) for p in w.persons["T1-B1"] for one in queries.account(scope, p, TODAY).payments if not one.reverses_id)


def undo(page: Page, name: str) -> None:
    page.locator("tr", has_text=name).get_by_role("link", name="冲正").click()
    page.fill("[name=why]", "记错了人")
    page.locator("main button.pri").click()


def test_theme_day_on_the_phone(branch: World, visit: Callable[..., Visit]) -> None:  # noqa: F811
    w, one, other, desk = branch, visit(), visit(), visit(DESKTOP)  # noqa: F811
    page, old = october(one, "committee"), october(other, "leader")
    desk.page.goto(f"{desk.server}/dues/org/{w.orgs['T1-B1']}/arrears/")
    secretary = desk.sign_in()
    expect(secretary.locator("table.rows tbody tr")).to_have_count(5)

    page.get_by_role("button", name="王一11已交").click()  # one tap a person
    expect(page.locator("main")).to_contain_text("已收40.00元")
    expect(page.locator("main")).to_contain_text("4 人，160.00元")
    old.get_by_role("button", name="王一11已交").click()  # the other's page is from before
    expect(old.locator(".callout.bad")).to_have_text("没有记上：王一112026年10月的党费已经交过，不用再记。要改请先冲正那一笔（E028）")
    assert booked(w) == [(w.persons["T1-B1"][0], 4000, False)]

    page.get_by_role("button", name="全部已交").click()
    expect(page.locator("main")).to_contain_text("4人已交，共160.00元")
    assert fits(page)
    old.get_by_role("button", name="全部已交").click()  # again from before
    expect(old.locator("main")).to_contain_text("名单上的人都已经交过，没有再记")
    assert booked(w) == sorted((p, 4000, False) for p in w.persons["T1-B1"])

    undo(page, "李二11")
    page.goto(f"{one.server}/dues/org/{w.orgs['T1-B1']}/month/?month=2026-10")
    expect(page.get_by_role("button", name="李二11已交")).to_be_visible()
    page.locator("tr", has_text="王一11").get_by_role("link", name="收据").click()
    page.get_by_role("button", name="打印").click()
    expect(page.locator(".a4")).to_contain_text("肆拾元整")
    secretary.reload()
    expect(secretary.locator("table.rows tbody tr")).to_have_count(1)
    expect(secretary.locator("table.rows tbody tr")).to_contain_text("李二11")
    assert [p for p, _, back in booked(w) if back] == [w.persons["T1-B1"][1]]
    assert one.faults == other.faults == desk.faults == []


def test_without_scripts(branch: World, visit: Callable[..., Visit]) -> None:  # noqa: F811
    w, v = branch, visit(java_script_enabled=False)  # noqa: F811
    page = october(v, "committee")
    page.get_by_role("button", name="王一11已交").click()
    expect(page.locator("main")).to_contain_text("已收40.00元")
    page.get_by_role("button", name="全部已交").click()
    expect(page.locator("main")).to_contain_text("4人已交，共160.00元")
    undo(page, "李二11")
    assert sorted(back for _, _, back in booked(w)) == [False] * 4 + [True]


def test_without_what_stops_it_the_old_page_would_take_twice(branch: World, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """The twin: who is paid is neither looked up before nor when it is written."""
    w, v = branch, visit(java_script_enabled=False)  # noqa: F811
    page, old = october(v, "committee"), v.context.new_page()
    old.goto(page.url)
    monkeypatch.setattr(paying, "_check_months", lambda *_: None)
    monkeypatch.setattr(paying, "_settle", lambda scope, ids: len(ids))
    for shown in (page, old):
        shown.get_by_role("button", name="王一11已交").click()
        expect(shown.locator("main")).to_contain_text("已收40.00元")
    assert booked(w) == [(w.persons["T1-B1"][0], 4000, False)] * 2
