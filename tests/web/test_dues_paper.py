"""Forms and receipts of dues: what stands on them, in Word, in Excel and back through the importer; who gets them."""
from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from docx import Document
from tests import world
from tests.everywhere.lasting import lasting
from tests.web.test_paper import of_page, squeezed, visitor
from tests.world import AT, FOUNDED, TODAY, World

from zhibu.areas.dues import assessing, bases, paying
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.models import Payment
from zhibu.areas.dues.rules import Method
from zhibu.exchange.intake import confirm, container
from zhibu.exchange.intake.findings import FileRead, Upload
from zhibu.exchange.intake.installed import Installed
from zhibu.exchange.intake.pipeline import read_files
from zhibu.exchange.intake.plan import Fate
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.guard.permission import Compartment
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.tree import queries as tree

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = 2026 * 12 + 9, 2026 * 12 + 10


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    hands = {"now": AT}
    monkeypatch.setattr(timezone, "now", lambda: hands["now"])
    return hands


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    with lasting(django_db_blocker):
        w = world.build(branches=2, members=4)
        account = Account.objects.create(username="keeper", name="管费", made_at=AT, password="!")
        Grant.objects.create(account=account, org_id=w.orgs["T1-B1"], role="dues_keeper", valid_from=FOUNDED, granted_by="系统", granted_at=AT)
        actor, org_id, people = w.actor("secretary"), w.orgs["T1-B1"], w.persons["T1-B1"]
        parts = {"post": 200000, "grade": 300000, "tax": 1234}
        items = [NewBase(people[0], "wage", 485000, 2026 * 12, parts), NewBase(people[1], "farmer", 50, 2026 * 12), NewBase(people[2], "pension", 560000, 2026 * 12)]
        bases.declare_many(actor, org_id, items, verified=True, at=AT)
        for month in (OCTOBER, NOVEMBER):
            assessing.assess(actor, org_id, month, at=AT)
        paying.pay(actor, org_id, people[0], [OCTOBER, NOVEMBER], paid_on=date(2026, 11, 5), method=Method.THEME_DAY, at=AT)
        yield w


def form(w: World, name: str, **query: object) -> str:
    return reverse("paper:dues", args=[name]) + "?" + "&".join(f"{k}={v}" for k, v in ({"org": w.orgs["T1-B1"]} | query).items())


def taken(client: Client, url: str, made_as: str) -> bytes:
    response = client.post(url, {"as": made_as})
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def payment(w: World) -> int:
    path = w.paths["T1-B1"]
    return Payment.objects.within(Scope((path,), frozenset({(Compartment.INCOME, path)}))).order_by("pk").values_list("pk", flat=True)[0]


def word_text(data: bytes) -> str:
    document = Document(io.BytesIO(data))
    return squeezed("".join(p.text for p in document.paragraphs) + "".join(c.text for t in document.tables for r in t.rows for c in r.cells))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("ledger", ("月工资收入", "执行标准", "4850.00", "1%", "48.50", "全年应缴", "97.00", "0.50", "定额", "56.00", "合计", "规则集：关于中国共产党党费收缴", "制表日期：2026年11月20日")),
        ("register", ("10月", "11.548.50", "收款人签字", "97.00")),
        ("assessment", ("岗位工资", "2000.00", "所得税", "12.34", "税后合计", "4850.00", "每月应交", "在职", "农民", "离退休", "990201")),
    ],
)
def test_each_form_on_the_page_and_in_word(w: World, name: str, wanted: tuple[str, ...]) -> None:
    client = visitor("keeper")
    page, file = of_page(client.get(form(w, name))), word_text(taken(client, form(w, name), "docx"))
    for text in wanted:
        assert squeezed(text) in page and squeezed(text) in file, text


def test_the_workbook_sums_and_masks(w: World) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(taken(visitor("secretary"), form(w, "ledger"), "xlsx"))).active
    rows = [[c.value for c in r] for r in sheet.rows]
    assert rows[3][:4] == ["序号", "姓名", "月工资收入", "执行标准"] and rows[4][2] == 4850 and rows[4][6] == 97 and sheet["C5"].number_format == "0.00"
    assert "规则集" in rows[1][0]
    data = taken(visitor("secretary"), form(w, "assessment"), "xlsx")
    text = str([[c.value for c in r] for r in openpyxl.load_workbook(io.BytesIO(data)).active.rows])
    assert "*********" in text and not any(world.id_number(n) in text for n in range(1, 10))


def test_the_assessment_table_reads_in_again_as_it_stands(w: World) -> None:
    data = taken(visitor("keeper"), form(w, "assessment"), "xlsx")
    org = tree.organisation(Scope((w.paths["T1-B1"],)), w.orgs["T1-B1"])
    (found,) = read_files([Upload("核定表.xlsx", data)], Installed(org, TODAY).known, parse=container.read)
    assert isinstance(found, FileRead) and found.totals == {"ok": 3, "confirm": 0, "reject": 0, "skip": 0}, found.rows
    assert [r.values["base"] for r in found.rows if r.values] == ["4850.00", None, "5600.00"]
    done = confirm.commit(w.actor("keeper"), org, [found], at=AT)
    assert done.batch_id is None and [x.fate for x in done.plan.lines] == [Fate.SAME] * 3


def test_a_receipt_has_the_sum_in_capitals(w: World) -> None:
    url = reverse("paper:receipt", args=[payment(w)])
    for text in (of_page(visitor("keeper").get(url)), word_text(taken(visitor("keeper"), url, "docx"))):
        for wanted in ("党费收据", "玖拾柒元整", "￥97.00", "2026年10月至11月党费", "2026年11月5日", "主题党日当场交", "收款人签字"):
            assert squeezed(wanted) in text, wanted
    again = paying.reverse(w.actor("secretary"), payment(w), reason="记错了人", at=AT)
    assert "已经冲正，收据作废" in visitor("keeper").get(url).content.decode()
    assert visitor("keeper").get(reverse("paper:receipt", args=[again])).status_code == 404


def test_what_leaves_is_written_down_without_the_sums(w: World) -> None:
    taken(visitor("keeper"), form(w, "ledger"), "xlsx")
    taken(visitor("keeper"), reverse("paper:receipt", args=[payment(w)]), "docx")
    rows = list(Entry.objects.unscoped("a test reads the journal").filter(action="dues.paper").order_by("-id").values_list("changes", "subject_type")[:2])
    assert rows == [({"sheet": "党费收据", "as": "docx"}, "payment"), ({"sheet": "2026年党费台账", "as": "xlsx"}, "organisation")]


@pytest.mark.parametrize(("username", "code"), [("clerk1", 403), ("county", 403), ("member", 403), ("committee", 403), ("foreign", 404), ("clerk2", 404)])
def test_nobody_else_sees_the_amounts(w: World, username: str, code: int) -> None:
    client = visitor(username)
    for name in ("ledger", "register", "assessment"):
        assert client.get(form(w, name)).status_code == code and client.post(form(w, name), {"as": "xlsx"}).status_code == code
    assert client.get(reverse("paper:receipt", args=[payment(w)])).status_code == 404
    assert "党费台账" not in client.get(reverse("meetings:ledger") + f"?org={w.orgs['T1-B1']}").content.decode()


def test_the_year_offers_them_to_whoever_sees_the_amounts(w: World) -> None:
    page = visitor("secretary").get(reverse("meetings:ledger") + f"?org={w.orgs['T1-B1']}&year=2026").content.decode()
    assert "2026年党费台账" in page and "2026年党费核定表" in page and "2026年党费交纳登记表" in page
