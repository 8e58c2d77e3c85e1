"""银行到账 through HTTP: a file, its proposals, one tap for the certain ones; what is refused is said and nothing is written twice."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.everywhere.lasting import lasting
from tests.exchange.test_bank import FILE, HEAD, OCT, SEP, csv, opened, payments
from tests.web.test_paper import visitor
from tests.world import AT, World

from zhibu.areas.bank import queries as receipts
from zhibu.areas.dues import assessing, bases
from zhibu.areas.dues.bases import NewBase
from zhibu.exchange.intake.grid import MAX_FILE_BYTES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    hands = {"now": AT}
    monkeypatch.setattr(timezone, "now", lambda: hands["now"])
    return hands


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    with lasting(django_db_blocker):
        w = world.build(branches=2, members=4)
        actor, org_id, persons = w.actor("secretary"), w.orgs["T1-B1"], w.persons["T1-B1"]
        bases.declare_many(actor, org_id, [NewBase(p, "wage", 485000, 2026 * 12) for p in persons[:2]] + [NewBase(persons[2], "farmer", 50, 2026 * 12)], verified=True, at=AT)
        for month in (SEP, OCT):
            assessing.assess(actor, org_id, month, at=AT)
        yield w


def home(w: World) -> str:
    return reverse("bank:home", args=[w.orgs["T1-B1"]])


def send(client: Client, w: World, data: bytes, name: str = "流水.csv", **fields: str) -> Any:
    return client.post(reverse("bank:upload", args=[w.orgs["T1-B1"]]), {"file": SimpleUploadedFile(name, data), **fields})


def text(response: Any) -> str:
    return response.content.decode()


def test_a_file_its_proposals_and_one_tap_for_the_certain_ones(w: World) -> None:
    client = visitor("secretary")
    assert "没有等登记的到账" in text(client.get(home(w)))
    assert send(client, w, csv(*FILE)).status_code == 302
    page = text(client.get(home(w)))
    assert "4 笔" in page and "登记完全对得上的 2 笔" in page and "付款人就是本人的姓名" in page and "只有金额对得上" in page and "看不出是谁交的" in page
    assert "没有读进来：第 8 行" in page and page.count("pri") >= 1
    ids = re.search(r'name="ids" value="([\d,]+)"', page)[1]  # type: ignore[index]
    assert client.post(reverse("bank:exact", args=[w.orgs["T1-B1"]]), {"ids": ids}).status_code == 302
    assert sorted(f for _, f in payments(w)) == [4850, 9700]
    again = client.post(reverse("bank:exact", args=[w.orgs["T1-B1"]]), {"ids": ids})
    assert again.status_code == 422 and len(payments(w)) == 2
    assert "已登记交费：王一11" in text(client.get(home(w)))
    again = send(client, w, csv(*FILE))
    assert again.status_code == 422 and "已经传过" in text(again) and len(payments(w)) == 2


def test_one_receipt_by_hand_and_one_that_is_no_dues(w: World) -> None:
    client = visitor("secretary")
    send(client, w, csv(*FILE))
    lines = receipts.lines(opened(w), w.orgs["T1-B1"])
    url = reverse("bank:line", args=[lines[2].id])
    page = text(client.get(url))
    assert "张三11，2026年9月" in page and "0.50 元" in page and "李二11" not in page, "only those whom the sum fits"
    assert client.post(url, {"do": "book", "person": ""}).status_code == 422 and client.post(url, {"do": "book", "person": str(w.persons["T1-B1"][0])}).status_code == 422
    assert client.post(url, {"do": "book", "person": str(w.persons["T1-B1"][2])}).status_code == 302 and [f for _, f in payments(w)] == [50]
    url = reverse("bank:line", args=[lines[3].id])
    assert client.post(url, {"do": "aside", "why": "捐款"}).status_code == 302
    assert "不是党费：捐款" in text(client.get(home(w)))
    assert client.post(reverse("bank:reopen", args=[lines[3].id])).status_code == 302 and client.post(reverse("bank:reopen", args=[lines[2].id])).status_code == 422
    booked = client.post(reverse("bank:confirm", args=[lines[2].id]), {"person": str(w.persons["T1-B1"][2]), "months": str(SEP)})
    assert booked.status_code == 422 and "刚刚有人办过" in text(booked) and len(payments(w)) == 1


def test_a_wrong_sum_is_refused_with_its_reason(w: World) -> None:
    client = visitor("secretary")
    send(client, w, csv(*FILE))
    first = receipts.lines(opened(w), w.orgs["T1-B1"])[0]
    answer = client.post(reverse("bank:confirm", args=[first.id]), {"person": str(w.persons["T1-B1"][0]), "months": f"{SEP},{OCT}"})
    assert answer.status_code == 422 and "应交97.00元" in text(answer) and payments(w) == []


def test_headings_that_nobody_knows_are_asked_for_and_then_known(w: World) -> None:
    client, head = visitor("secretary"), "哪天,多少,谁\n"
    answer = send(client, w, csv("2026-11-05,48.50,王一11", head=head))
    assert answer.status_code == 422 and "<details class=\"mt\" open>" in text(answer) and "E106" in text(answer)
    told = {"col-day": "哪天", "col-amount": "多少", "col-payer": "谁"}
    assert send(client, w, csv("2026-11-05,48.50,王一11", head=head), **told).status_code == 302
    assert send(client, w, csv("2026-11-06,48.50,李二11", head=head)).status_code == 302
    assert 'value="多少"' in text(client.get(home(w)))
    answer = send(client, w, csv("2026-11-05,王一11,党费", head="交易日期,对方户名,附言\n"))
    assert answer.status_code == 422 and "没有认出“收到的金额”是哪一列" in text(answer) and "“对方户名”" in text(answer)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.csv", b"", "E101"),
        ("a.pdf", b"%PDF-1.4 x", "E103"),
        ("a.csv", b"\xff\xfe\x00\xd8\x00\xd8", "E128"),
        ("a.csv", "日期,金额\n2026-11-01,1\n\"没有配对".encode(), "E129"),
        ("a.csv", ("日期,金额,附言\n2026-11-01,1," + "长" * 6000).encode(), "E115"),
        ("a.csv", "日期,金额,附言\n2026-11-01,1,\u202e倒过来\n".encode(), "E130"),
        ("a.csv", ("日期,金额\n" + "2026-11-01,1\n" * 20_001).encode(), "E114"),
        ("a.html", b"<html><table><tr><td>1</td></tr></table></html>", "E104"),
        ("a.csv", b"x" * (MAX_FILE_BYTES + 1), "E102"),
    ],
)
def test_hostile_files_are_refused_whole(w: World, name: str, data: bytes, code: str) -> None:
    answer = send(visitor("secretary"), w, data, name)
    assert answer.status_code == 422 and code in text(answer)
    assert receipts.files(opened(w), w.orgs["T1-B1"]) == [] and payments(w) == []


def test_formulas_and_markup_stay_text(w: World) -> None:
    client = visitor("secretary")
    assert send(client, w, csv("2026-11-05,贷,1.00,=cmd|'/C calc'!A0,<script>alert(1)</script>,A1")).status_code == 302
    page = text(client.get(home(w)))
    assert "&lt;script&gt;alert(1)" in page and "<script>alert(1)" not in page and "=cmd|" in page


def test_nobody_else_gets_in(w: World) -> None:
    send(visitor("secretary"), w, csv(*FILE))
    first = receipts.lines(opened(w), w.orgs["T1-B1"])[0]
    for username, code in (("clerk1", 403), ("committee", 403), ("county", 403), ("foreign", 404)):
        client = visitor(username)
        assert client.get(home(w)).status_code == code and send(client, w, csv("2026-11-05,贷,1.00,,,")).status_code == code, username
        for url in (reverse("bank:line", args=[first.id]), reverse("bank:confirm", args=[first.id]), reverse("bank:reopen", args=[first.id])):
            assert client.post(url, {"do": "aside"}).status_code == 404
    assert receipts.line(opened(w), first.id).state == "open" and "48.50" not in text(visitor("clerk1").get(f"/dues/org/{w.orgs['T1-B1']}/money/")) and HEAD
