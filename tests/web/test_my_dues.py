"""我的党费: a member sees and prints his own year and receipts; another member's receipt is not there, for him or for an office of his."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.everywhere.lasting import lasting
from tests.web.test_dues_paper import taken, word_text
from tests.web.test_paper import of_page, squeezed, visitor
from tests.world import AT, World

from zhibu.areas.dues import assessing, bases, own, paper, paying, relief
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.rules import Method
from zhibu.ground.access.models import Account
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal.models import Entry

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = 2026 * 12 + 9, 2026 * 12 + 10
PAID: dict[str, int] = {}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: AT)


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    with lasting(django_db_blocker):
        w = world.build(branches=2, members=4)
        actor, org_id, people = w.actor("secretary"), w.orgs["T1-B1"], w.persons["T1-B1"]
        Account.objects.filter(username="secretary").update(person_id=people[0])
        bases.declare_many(actor, org_id, [NewBase(people[3], "wage", 485000, 2026 * 12 + 2), NewBase(people[1], "farmer", 77, 2026 * 12)], verified=True, at=AT)
        for month in (OCTOBER, NOVEMBER):
            assessing.assess(actor, org_id, month, at=AT)
        day = date(2026, 11, 5)
        PAID["mine"] = paying.pay(actor, org_id, people[3], [OCTOBER], paid_on=day, method=Method.THEME_DAY, at=AT).payment_id
        PAID["other"] = paying.pay(actor, org_id, people[1], [OCTOBER], paid_on=day, method=Method.CASH, at=AT).payment_id
        yield w


def receipt(whose: str) -> str:
    return reverse("person:receipt", args=[PAID[whose]])


def test_the_year_and_its_receipts(w: World) -> None:
    page = visitor("member").get(reverse("person:dues")).content.decode()
    for text in ("2026年我的党费", "按月领工资（含年薪），基数4850.00元，2026年3月起", "4850.00元 × 1%", "48.50", "10月", "还没交", receipt("mine")):
        assert text in page, text
    assert "0.77" not in page and receipt("other") not in page
    sheet = reverse("person:dues-paper") + "?year=2026"
    for text in (of_page(visitor("member").get(sheet)), word_text(taken(visitor("member"), sheet, "docx"))):
        for wanted in ("2026年党费交纳情况", "4850.00元 × 1%", "合计", "97.00", "已交48.50元", "规则集：关于中国共产党党费收缴"):
            assert squeezed(wanted) in text, wanted


def test_the_receipt_is_the_cashiers(w: World) -> None:
    mine, cashiers = visitor("member"), visitor("secretary")
    theirs = reverse("paper:receipt", args=[PAID["mine"]])
    assert word_text(taken(mine, receipt("mine"), "docx")) == word_text(taken(cashiers, theirs, "docx"))
    page = of_page(mine.post(receipt("mine"), {"as": "page"}))
    assert squeezed("肆拾捌元伍角整") in page and squeezed("党费收据") in page


def test_what_leaves_is_written_down_without_the_sums(w: World) -> None:
    taken(visitor("member"), receipt("mine"), "docx")
    visitor("member").post(reverse("person:dues-paper"), {"as": "page"})
    rows = Entry.objects.unscoped("a test reads the journal").filter(action="dues.own_paper").order_by("-id").values_list("changes", "subject_type")[:2]
    assert list(rows) == [({"sheet": "2026年个人党费交纳情况", "as": "page"}, "person"), ({"sheet": "党费收据", "as": "docx"}, "payment")]


@pytest.mark.parametrize("username", ["member", "secretary", "clerk1", "auditor"])
def test_another_members_receipt_is_not_there(w: World, username: str) -> None:
    """Also for the secretary, whose office opens all receipts of the branch on other pages: here is only what is his own."""
    client = visitor(username)
    assert client.get(receipt("other")).status_code == 404 and client.post(receipt("other"), {"as": "docx"}).status_code == 404


def test_sabotage_by_the_office_it_would_be_there(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "payment", lambda actor, payment_id: paper.payment(actor.scope(Permission.DUES_READ), payment_id))
    assert visitor("secretary").get(receipt("other")).status_code == 200


def test_an_account_without_a_member_is_told_so(w: World) -> None:
    client: Client = visitor("clerk1")
    for name in ("person:dues", "person:dues-paper"):
        assert client.get(reverse(name)).status_code == 302
    assert "没有自己的党费" in client.get(reverse("person:dues"), follow=True).content.decode()


def test_the_way_there(w: World) -> None:
    client = visitor("member")
    assert reverse("person:dues") in client.get(reverse("person:me")).content.decode()
    assert reverse("person:dues") in client.get(reverse("person:file")).content.decode()


def test_the_slips_of_a_quarter_paid_together(w: World) -> None:
    """The same receipt, month by month, with the branch's consent; of one member, of the branch, and nothing for who paid a single month."""
    org, people, actor = w.orgs["T1-B1"], w.persons["T1-B1"], w.actor("secretary")
    url = reverse("paper:quarter") + f"?org={org}&quarter=2026-4"
    client = visitor("secretary")
    empty = client.get(url, follow=True)
    assert "2026年第4季度党费交纳单没有可打的" in empty.content.decode()
    relief.consent(actor, org, people[0], kind="quarterly", from_month=OCTOBER, meeting_on=date(2026, 9, 28), at=AT)
    bases.declare(actor, org, NewBase(people[0], "pension", 560000, OCTOBER), at=AT)
    done = paying.pay(actor, org, people[0], [OCTOBER, NOVEMBER, NOVEMBER + 1], paid_on=date(2026, 11, 6), method=Method.CASH, at=AT)
    for text in (of_page(client.get(url)), word_text(taken(client, url + f"&person={people[0]}", "docx"))):
        for wanted in ("党费季度交纳单", "2026年10月至12月党费", "2026年12月　56.00元", "壹佰陆拾捌元整", "支部2026年9月28日同意按季交纳", f"编号：{done.payment_id}"):
            assert squeezed(wanted) in text, wanted
    assert of_page(client.get(url)).count(squeezed("党费季度交纳单")) == of_page(client.get(url + f"&person={people[0]}")).count(squeezed("党费季度交纳单"))
    assert client.get(url + f"&person={people[1]}").status_code == 302  # paid a single month
    page = client.get(reverse("dues:person", args=[people[0]])).content.decode().replace("&amp;", "&")
    assert f"{url}&person={people[0]}" in page and "第4季度交纳单" in client.get(reverse("dues:ledger", args=[org])).content.decode()
    paying.reverse(actor, done.payment_id, reason="记错了人", at=AT)
    assert client.get(url).status_code == 302
    for username, code in (("clerk1", 403), ("member", 403), ("clerk2", 404)):
        assert visitor(username).get(url).status_code == code, username
