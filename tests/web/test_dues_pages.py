"""党费 through the pages: one tap a person, 全部已交, the account, forms, money, sums above; what is refused is said and leaves nothing."""
from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from tests.world import AT, TODAY, World, build

from zhibu.areas.dues import bases
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.models import Assessment, Expense, IncomeBase, Payment, Posting, Publication, Remittance
from zhibu.areas.dues.reach import opened
from zhibu.areas.dues.rules import month_from
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.process import queries as process

pytestmark = pytest.mark.django_db
NOW = month_from("2026-11")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)


@pytest.fixture
def w() -> World:
    world = build(branches=2, members=4)
    keeper = world.actor("secretary")
    bases.declare_many(keeper, world.orgs["T1-B1"], [NewBase(p, "wage", 400_000 + 100 * i, month_from("2026-08")) for i, p in enumerate(world.persons["T1-B1"])], at=AT)
    return world


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def form(w: World, what: str, name: str = "form", code: str = "T1-B1", **query: object) -> str:
    return reverse(f"dues:{name}", args=[w.orgs[code], what]) + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")


def send(client: Client, url: str, **typed: object) -> str:
    answer = client.post(url, typed)
    assert answer.status_code == 302, answer.content.decode()[:4000]
    return answer.url


def test_one_tap_and_all(w: World) -> None:
    client, url = visitor("secretary"), reverse("dues:month", args=[w.orgs["T1-B1"]])
    shown = client.get(url).content.decode()
    assert shown.count(">已交</span></button>") == 4 and ">40.00<" in shown and "4000.00元 × 1%" in shown
    first, *rest = w.persons["T1-B1"]
    assert send(client, url + "?month=2026-11", paid_on=str(TODAY), method="theme_day", pay=first).endswith("month=2026-11&paid_on=2026-11-20")
    scope = opened(w.paths["T1-B1"])
    assert list(Payment.objects.within(scope).values_list("person_id", "amount_fen")) == [(first, 4000)]
    send(client, url + "?month=2026-11", paid_on=str(TODAY), method="cash", do="all", who=",".join(map(str, [first, *rest])))
    assert Payment.objects.within(scope).count() == 4 and "这个月应交的都交了" in client.get(url).content.decode()
    again = client.post(url + "?month=2026-11", {"paid_on": str(TODAY), "method": "cash", "pay": first})
    assert again.status_code == 422 and "E028" in again.content.decode() and Payment.objects.within(scope).count() == 4
    tomorrow = client.post(url + "?month=2026-10", {"paid_on": "2026-11-21", "method": "cash", "pay": first})
    assert tomorrow.status_code == 422 and "E001" in tomorrow.content.decode()
    assert Assessment.objects.within(scope).filter(month=NOW).count() == 4


def test_the_forms_of_a_member(w: World) -> None:
    client, scope = visitor("secretary"), opened(w.paths["T1-B1"])
    one, two = w.persons["T1-B1"][:2]
    send(client, form(w, "pay", person=one), months=[str(NOW)], earlier="2026-09", on="2026-11-20", method="cash", payer="")
    assert [m for m, _ in Payment.objects.within(scope).get().months] == [NOW - 2, NOW - 1, NOW]
    page = client.get(reverse("dues:person", args=[one])).content.decode()
    assert "120.00" in page and "关于中国共产党党费收缴、使用和管理的规定" in page and "4000.00元 × 1%" in page
    send(client, form(w, "base", person=two), category="wage", base="5200.50", from_month="2026-10")
    send(client, form(w, "gift", person=one), amount="1000", on="2026-11-20", method="cash", note="")
    send(client, form(w, "consent", person=two), kind="quarterly", from_month="2026-10", last_month="", on="2026-10-08", reason="在外务工")
    send(client, form(w, "exempt", person=two), from_month="2026-12", last_month="2027-03", amount="0", on="2026-11-02", reason="患病", document="")
    (case,) = process.open_cases(Scope((w.paths["T1-B1"],)))
    assert "患病" not in str(case.wish) and case.wish["months"] == "2026年12月至2027年3月"
    send(client, form(w, "reverse", id=Payment.objects.within(scope).filter(kind="dues").get().pk), why="记错了人")
    assert Payment.objects.within(scope).filter(kind="dues").count() == 2
    bad = client.post(form(w, "base", person=one), {"category": "wage", "base": "5200.505", "from_month": "2026-12"})
    assert bad.status_code == 422 and "E026" in bad.content.decode() and "小数超过2位" in bad.content.decode()
    farmer = client.post(form(w, "base", person=one), {"category": "farmer", "base": "1.20", "from_month": "2026-12"})
    assert farmer.status_code == 422 and "E027" in farmer.content.decode() and "0.20元至1.00元" in farmer.content.decode()
    assert IncomeBase.objects.within(scope).count() == 5


def test_the_money_of_a_branch_and_of_the_committee_above(w: World) -> None:
    client, scope = visitor("secretary"), Scope((w.paths["T1-B1"],))
    send(client, form(w, "opening"), amount="500", on="2026-01-02", document="纸质台账")
    send(client, form(w, "remit"), amount="200", on="2026-11-10", until="2026-09", note="")
    send(client, form(w, "expense"), purpose="1", amount="120", what="购买培训资料")
    over = client.post(form(w, "expense"), {"purpose": "1", "amount": "301", "what": "购买资料"})
    assert over.status_code == 422 and "E029" in over.content.decode()
    dinner = client.post(form(w, "expense"), {"purpose": "6", "amount": "10", "what": "宴请"})
    assert dinner.status_code == 422 and not Expense.objects.within(scope).exists()
    (case,) = process.open_cases(scope)
    clerk = visitor("clerk1")
    assert clerk.post(reverse("org:case", args=[case.id]), {"do": "approve", "document": "", "answer": "同意", "answered_on": ""}).status_code == 302
    expense = Expense.objects.within(scope).get()
    send(client, form(w, "spend", id=expense.pk), on="2026-11-20", voucher="发票1号")
    remittance = Remittance.objects.within(scope).get()
    send(clerk, form(w, "receive", "above", "T1", id=remittance.pk), on="2026-11-12")
    send(clerk, form(w, "restitute", "above", "T1"), to=w.orgs["T1-B1"], amount="200", on="2026-11-20", document="镇党委会议纪要", note="困难村全额返还")
    send(client, form(w, "publish"), year="2026", on="2026-11-20", how="党员大会")
    assert Publication.objects.within(scope).get().figures["balance"] == 38_000
    page = client.get(reverse("dues:money", args=[w.orgs["T1-B1"]])).content.decode()
    assert "380.00元" in page and "购买培训资料" in page and "党员大会" in page
    above = clerk.get(reverse("dues:totals", args=[w.orgs["T1"]])).content.decode()
    assert "第1村党支部" in above and NAMES_OF(w) not in above
    sums = Posting.objects.within(Scope((w.paths["QH"],)))
    assert sum(sums.values_list("debit_fen", flat=True)) == sum(sums.values_list("credit_fen", flat=True))


def NAMES_OF(w: World) -> str:
    return "王一11"


@pytest.mark.parametrize("username", ["clerk1", "county", "reader", "leader", "committee", "member", "organiser", "foreign"])
def test_nobody_else_opens_a_members_dues(username: str, w: World) -> None:
    client, org, person = visitor(username), w.orgs["T1-B1"], w.persons["T1-B1"][0]
    for url in (*(reverse(f"dues:{n}", args=[org]) for n in ("month", "arrears", "bases", "ledger")), reverse("dues:person", args=[person]), form(w, "pay", person=person)):
        assert client.get(url).status_code in (403, 404), url


def test_the_keeper_of_a_committee_works_for_it(w: World) -> None:
    account = Account(username="keeper", name="keeper", made_at=AT)
    account.save()
    Grant.objects.create(account=account, org_id=w.orgs["T1"], role="dues_keeper", valid_from=date(2020, 1, 1), granted_by="系统", granted_at=AT)
    client = visitor("keeper")
    assert client.get(reverse("dues:start")).url == reverse("dues:totals", args=[w.orgs["T1"]])
    send(client, form(w, "opening", code="T1"), amount="500", on="2026-01-02", document="")
    assert client.get(reverse("dues:month", args=[w.orgs["T1-B1"]])).status_code == 200


def test_who_asked_for_money_opens_the_own_request_and_no_other(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keeper of dues may not read the matters of the organisation, but what he handed in, as long as he keeps the dues; nobody's else."""
    for name in ("keeper", "other"):
        account = Account.objects.create(username=name, name=name, made_at=AT)
        Grant.objects.create(account=account, org_id=w.orgs["T1-B1"], role="dues_keeper", valid_from=date(2020, 1, 1), granted_by="系统", granted_at=AT)
    send(visitor("secretary"), form(w, "opening"), amount="500", on="2026-01-02", document="")
    send(visitor("keeper"), form(w, "expense"), purpose="1", amount="120", what="购买培训资料")
    (case,) = process.open_cases(Scope((w.paths["T1-B1"],)))
    url, money = reverse("org:case", args=[case.id]), reverse("dues:money", args=[w.orgs["T1-B1"]])
    assert url in visitor("keeper").get(money).content.decode() and url not in visitor("other").get(money).content.decode()
    page = visitor("keeper").get(url)
    assert page.status_code == 200 and "购买培训资料" in page.content.decode() and f'href="{reverse("org:cases")}"' not in page.content.decode()
    assert visitor("other").get(url).status_code == 403 and visitor("other").post(url, {"do": "withdraw"}).status_code == 403
    assert visitor("foreign").get(url).status_code == 404
    assert visitor("keeper").post(url, {"do": "approve", "document": "自批", "answer": "同意", "answered_on": ""}).status_code in (403, 422)
    assert process.case(Scope((w.paths["T1-B1"],)), case.id).is_open
    Grant.objects.filter(account__username="keeper").update(role="member")  # no longer the keeper
    assert visitor("keeper").get(url).status_code == 403
    Grant.objects.filter(account__username="keeper").update(role="dues_keeper")
    monkeypatch.setattr(process, "may_read", lambda view, actor, path: actor.may(Permission.COMPLIANCE_READ, path))  # as it was
    assert visitor("keeper").get(url).status_code == 403


def test_the_member_reads_the_own_dues_and_the_keeper_everybodys(w: World) -> None:
    own = w.persons["T1-B1"][3]
    send(visitor("secretary"), form(w, "pay", person=own), months=[str(NOW)], earlier="", on="2026-11-20", method="cash", payer="")
    shown = visitor("member").get(reverse("person:file")).content.decode()
    assert "40.03元" in shown and "4003.00元" in shown and "2026年11月" in shown
    url = reverse("roster:member", args=[own])
    assert "40.03元" in visitor("secretary").get(url).content.decode()
    for other in ("clerk1", "committee"):
        answer = visitor(other).get(url)
        assert "40.03" not in answer.content.decode() and "4003" not in answer.content.decode(), other


def test_only_those_who_ask_and_decide_read_whose_dues_are_reduced(w: World) -> None:
    person = w.persons["T1-B1"][2]
    send(visitor("secretary"), form(w, "exempt", person=person), from_month="2026-12", last_month="2027-03", amount="0", on="2026-11-02", reason="患重病", document="")
    (case,) = process.open_cases(Scope((w.paths["T1-B1"],)))
    url, name = reverse("org:case", args=[case.id]), "张三11"
    for username, reads in (("secretary", True), ("clerk1", True), ("county", True), ("organiser", False), ("leader", False), ("reader", False)):
        shown = visitor(username).get(url).content.decode()
        assert (name in shown) is reads and "患重病" not in shown, username
    assert visitor("clerk1").post(url, {"do": "approve", "document": "镇党〔2026〕9号", "answer": "", "answered_on": "2026-11-20"}).status_code == 302
    assert "已批准" in visitor("secretary").get(reverse("dues:person", args=[person])).content.decode()


def test_a_theme_day_leads_to_the_month_with_its_date(w: World) -> None:
    from datetime import time

    from zhibu.ground.access.queries import system_actor
    from zhibu.ground.record import actions as record

    def met(kind: str) -> str:
        (made,) = record.write_many(system_actor(), [record.NewActivity(
            org_id=w.orgs["T1-B1"], kinds=((kind, None),), title="学习", held_on=date(2026, 10, 20), start_at=time(9), place="会议室", chair="王一", recorder="李二",
            expected=tuple(w.persons["T1-B1"]), expected_count=4, present_count=4, absences=(), topics=(), evidence=(), recorded_by="王一", recorded_at=AT,
        )], at=AT)
        return visitor("secretary").get(reverse("meetings:activity", args=[made])).content.decode()

    link = f"{reverse('dues:month', args=[w.orgs['T1-B1']])}?month=2026-10&amp;paid_on=2026-10-20"
    assert link in met("theme_day") and link not in met("lecture")
    assert 'value="2026-10-20"' in visitor("secretary").get(link.replace("&amp;", "&")).content.decode()
