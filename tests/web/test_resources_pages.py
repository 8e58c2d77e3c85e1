"""三项经费 and 阵地 through the pages: arithmetic, payments, refusals, a check on the phone, a booking, the tables for Excel."""
from __future__ import annotations

import io
from decimal import Decimal as D
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone
from tests.areas.test_resources import fund, place, world
from tests.everywhere.pages import read, send
from tests.everywhere.test_bad_input import complaint, nothing_written, visitor
from tests.world import AT, TODAY, World

from zhibu.areas.resources import actions, queries
from zhibu.ground.guard.permission import Permission as P

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    return world()


def text(client: Any, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def filled(client: Any, url: str, holds: str, typed: dict[str, Any]) -> Any:
    page = read(client.get(url), url)
    return send(client, page, page.form(holds), typed)


def test_the_table_of_funds_shows_the_arithmetic_of_at_14(w: World) -> None:
    made = fund(w)
    fund(w, "office", yuan=25_440_000)
    actions.pay(w.actor("county"), made, day=TODAY, amount=7_230_000_00, note="", at=AT)
    page = text(visitor("county"), reverse("resources:funds"))
    for said in ("市辖社区 30 个 × 100000 元 + 县社区 94 个 × 50000 元", "差 470,000", "33,140,000 元", "省 4,240,000 元，县 6,360,000 元", "村 212 个 × 120000 元"):
        assert said in page, said
    assert visitor("leader").get(f"{reverse('resources:funds')}?org={w.orgs['T1-B1']}").status_code == 403
    assert visitor("foreign").get(reverse("resources:fund", args=[made])).status_code == 404


def test_a_plan_is_prefilled_and_a_payment_entered_and_reversed(w: World) -> None:
    client, url = visitor("clerk1"), f"{reverse('resources:plan')}?org={w.orgs['T1']}&fund=office"
    assert dict(read(client.get(url), url).form("appropriated").fields)["villages"] == "2"
    response = filled(client, url, "appropriated", {"appropriated": "240,000.00", "document": "镇财〔2026〕1号"})
    assert response.status_code == 302
    here = response.headers["Location"]
    assert filled(client, here + "pay/", "amount", {"amount": "1250.5"}).status_code == 302
    shown = text(client, here)
    assert "1,250.50 元" in shown and "238,749.50 元" in shown
    (paid,) = queries.payments(w.actor("clerk1").scope(P.RESOURCE_READ), int(here.rstrip("/").rpartition("/")[2]))
    assert filled(client, reverse("resources:reverse", args=[paid.id]), "reason", {"reason": "金额登记错了"}).status_code == 302
    assert "已冲正" in text(client, here)


@pytest.mark.parametrize(("change", "code"), [
    ({"amount": "-1"}, "E026"), ({"amount": "1.234"}, "E026"), ({"amount": ""}, "E026"), ({"amount": "0"}, "E026"), ({"amount": "100.01"}, "E029"), ({"day": "2026-12-01"}, "E001"),
    ({"day": "2024-01-01"}, "E032"),
])
def test_a_payment_that_cannot_be_is_refused_beside_its_field(w: World, change: dict[str, str], code: str) -> None:
    url = reverse("resources:pay", args=[fund(w, yuan=100)])
    with nothing_written():
        assert code in complaint(filled(visitor("county"), url, "amount", {"amount": "1", **change}))


@pytest.mark.parametrize(("change", "code"), [({"appropriated": "-5"}, "E026"), ({"appropriated": "很多"}, "E026"), ({"villages": "-1"}, "E032"), ({"villages": "两个"}, "E032")])
def test_a_plan_that_cannot_be_is_refused_beside_its_field(w: World, change: dict[str, str], code: str) -> None:
    url = f"{reverse('resources:plan')}?org={w.orgs['T1']}&fund=office"
    with nothing_written():
        assert code in complaint(filled(visitor("clerk1"), url, "appropriated", {"appropriated": "1", **change}))


def test_what_an_organisation_above_plans_is_not_planned_again(w: World) -> None:
    fund(w, "office")
    with nothing_written():
        assert "E044" in complaint(filled(visitor("clerk1"), f"{reverse('resources:plan')}?org={w.orgs['T1']}&fund=office", "appropriated", {"appropriated": "1"}))


@pytest.mark.parametrize(("change", "code"), [({"area": "0"}, "E032"), ({"area": "-3"}, "E032"), ({"area": "大"}, "E032"), ({"name": ""}, "E054"), ({"address": "村部"}, "E054"), ({}, "E044")])
def test_a_place_that_cannot_be_is_refused_beside_its_field(w: World, change: dict[str, str], code: str) -> None:
    place(w, "T1-B2", "secretary2", address="青禾县第1镇中心路1号")
    typed = {"name": "党群服务中心", "area": "96.5", "address": "青禾县第1镇中心路1号", **change}
    with nothing_written():
        assert code in complaint(filled(visitor("secretary"), reverse("resources:place-new"), "address", typed))


def test_a_place_is_checked_on_the_phone_and_shown_to_the_county(w: World) -> None:
    made = place(w)
    client, url = visitor("secretary"), reverse("resources:place-check", args=[made])
    assert filled(client, url, "present", {"present": ["signboard", "books"]}).status_code == 302
    shown = text(client, reverse("resources:place", args=[made]))
    assert "党旗：没有" in shown and "2 / 5" in shown and "标准 90 平方米以上" in shown
    county = text(visitor("county"), reverse("resources:places"))
    assert "缺 3 项" in county and "1 / 4，25.00%" in county and "还没有登记场所的村、社区" in county
    with nothing_written():
        assert "E001" in complaint(filled(client, url, "present", {"day": "2026-12-01"}))
        assert "E032" in complaint(filled(client, url, "present", {"present": ["tv"]}))


def test_a_venue_is_booked_once_and_given_back(w: World) -> None:
    hall = place(w, "T1", "clerk1", kind="other", open_below=True, name="镇会议室")
    typed = {"place": str(hall), "day": "2026-11-25", "purpose": "主题党日"}
    client, other = visitor("secretary"), visitor("secretary2")
    assert filled(client, reverse("resources:book"), "purpose", typed).status_code == 302
    with nothing_written():
        refused = complaint(filled(other, reverse("resources:book"), "purpose", typed))
        assert "E044" in refused and "09:00至11:00" in refused
        assert "E002" in complaint(filled(other, reverse("resources:book"), "purpose", {**typed, "end": "08:00"}))
    shown = text(other, reverse("resources:venues"))
    assert "2026年11月25日 09:00至11:00 有人订了" in shown and "主题党日" not in shown
    page = read(client.get(reverse("resources:venues")), reverse("resources:venues"))
    (form,) = [f for f in page.forms if "/bookings/" in (f.action or "")]
    assert send(client, page, form, {}).status_code == 302 and "有人订了" not in text(other, reverse("resources:venues"))


def test_the_tables_for_excel(w: World) -> None:
    actions.pay(w.actor("county"), fund(w), day=TODAY, amount=7_230_000_00, note="", at=AT)
    place(w, area=D("80"))
    county = visitor("county")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(county.post(f"{reverse('resources:funds-file')}?org={w.orgs['QH']}").streaming_content)))  # type: ignore[attr-defined]
    assert [c.value for c in book.active[5]][3:7] == ["7700000.00", "7700000.00", "7230000.00", "470000.00"]  # type: ignore[index]
    book = openpyxl.load_workbook(io.BytesIO(b"".join(county.post(f"{reverse('resources:places-file')}?org={w.orgs['QH']}").streaming_content)))  # type: ignore[attr-defined]
    assert [c.value for c in book.active[5]][4:9] == ["80.0", "90", "否", None, "没检查"]  # type: ignore[index]
