"""花名册 and 我的 through HTTP: what is shown to whom, what is refused where, and that no address or answer tells a number unasked."""
from __future__ import annotations

import gzip
import re
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.world import AT, FOUNDED, TODAY, World, build, id_number

from zhibu.ground.access.models import Account
from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions as people
from zhibu.ground.people import queries
from zhibu.ground.people.actions import NewMember
from zhibu.ground.people.models import Membership
from zhibu.ground.tree import actions as tree
from zhibu.ground.tree.queries import path_of

pytestmark = pytest.mark.django_db
LIST = reverse("roster:list")
ADD = reverse("roster:add")
ME = reverse("person:me")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    hands = {"now": AT}
    monkeypatch.setattr(timezone, "now", lambda: hands["now"])
    return hands


@pytest.fixture
def w() -> World:
    return build()


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


@pytest.fixture
def secretary(w: World) -> Client:
    return visitor("secretary")


def text_of(response) -> str:
    return response.content.decode()


def hidden(response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text_of(response))
    assert found, name
    return found[1]


def form(w: World, key: str, **values: object) -> dict[str, object]:
    return {"key": key, "org_id": w.orgs["T1-B1"], "standing": "full", "since": "2026-01-05", "name": "覃小六", **values}


def url(name: str, person: int) -> str:
    return reverse(f"roster:{name}", args=[person])


def file_of(w: World, person: int) -> queries.MemberFile:
    return queries.member_file(Scope((path_of(w.orgs["QH"]),)), person, TODAY)


# --- the list -----------------------------------------------------------------------------------------------------------------------------


def test_the_secretary_sees_the_branch_with_its_arithmetic(w: World, secretary: Client) -> None:
    response = secretary.get(LIST)
    page = text_of(response)
    assert response.status_code == 200 and "8 人" in page and "正式 7，预备 1" in page
    assert "党员总数 8 = 正式 7 + 预备 1" in page and "有表决权 7 = 正式 7" in page
    assert "154****0001" in page and "15400000001" not in page and "王一11" in page and "王一12" not in page
    assert "51 岁" in page and "第一党小组" in page and "书记" in page
    assert len(gzip.compress(response.content)) < 60_000


def test_each_office_sees_its_subtree(w: World) -> None:
    for username, own, foreign in (("clerk1", "王一12", "王一21"), ("foreign", "王一21", "王一11"), ("committee", "王一11", "王一12")):
        page = text_of(visitor(username).get(LIST))
        assert own in page and foreign not in page, username
    page = text_of(visitor("county").get(LIST))
    assert "32 人" in page and "第2村党支部" in page


@pytest.mark.parametrize("username", ["member", "leader", "sysadmin", "secadmin", "auditor"])
def test_a_member_has_no_roster(w: World, username: str) -> None:
    response = visitor(username).get(LIST)
    assert response.status_code == 403 and "王一" not in text_of(response)


def test_the_parameter_org_narrows(w: World) -> None:
    county = visitor("county")
    page = text_of(county.get(LIST, {"org": w.orgs["T2"]}))
    assert "16 人" in page and "第2镇" in page and "王一11" not in page
    assert visitor("secretary").get(LIST, {"org": w.orgs["T2-B1"]}).status_code == 404
    for odd in ("abc", "-1", "0", "9" * 30, "²"):
        assert county.get(LIST, {"org": odd}).status_code == 200


@pytest.mark.parametrize(("q", "wanted"), [("王一", "王一11"), ("wy", "王一11"), ("WANGYI", "王一11"), ("杨", "杨六11")])
def test_search_by_name_and_pinyin(w: World, secretary: Client, q: str, wanted: str) -> None:
    posted = secretary.post(LIST, {"q": q}, follow=True)
    assert posted.redirect_chain and wanted in text_of(posted) and "1 人" in text_of(posted)
    assert wanted in text_of(secretary.get(LIST, {"q": q}))


def test_a_number_leads_to_its_member_and_stays_out_of_the_address(w: World, secretary: Client) -> None:
    for number in (id_number(1), "15400000001", "154-0000 0001"):
        for response in (secretary.post(LIST, {"q": number}), secretary.get(LIST, {"q": number})):
            assert response.status_code == 302 and response["Location"] == f"{LIST}?person={w.persons['T1-B1'][0]}#drawer"
    for number in (id_number(9), "15400000009", "15499999999", id_number(1)[:17]):  # another branch's, nobody's, half of one
        response = secretary.post(LIST, {"q": number})
        assert response.status_code == 200 and "没有找到" in text_of(response)
        assert not [link for link in re.findall(r'href="([^"]*)"', text_of(response)) if number in link]


def test_a_shared_phone_shows_both(w: World, secretary: Client) -> None:
    people.register_many(system_actor(), [NewMember(w.orgs["T1-B1"], n, "full", FOUNDED, phone="15488880000") for n in ("老张", "老李")], at=AT)
    page = text_of(secretary.post(LIST, {"q": "15488880000"}))
    assert "老张" in page and "老李" in page and "2 人" in page


def test_chips_filter(w: World, secretary: Client) -> None:
    boss, org = system_actor(), w.orgs["T1-B1"]
    people.register_many(boss, [
        NewMember(org, "外出人", "full", FOUNDED, floating_to="广东省深圳市"), NewMember(org, "整六十", "full", FOUNDED, birth_on=date(1966, 11, 20)),
        NewMember(org, "差一天", "full", FOUNDED, birth_on=date(1966, 11, 21)), NewMember(org, "停籍人", "suspended", FOUNDED),
    ], at=AT)
    for chip, inside, outside in (
        ("probationary", "黄八11", "王一11"), ("floating", "外出人", "王一11"), ("senior", "整六十", "差一天"), ("unplaced", "差一天", "王一11"),
        ("suspended", "停籍人", "王一11"),
    ):
        page = text_of(secretary.get(LIST, {"filter": chip}))
        assert inside in page and outside not in page, chip
        assert re.search(r'<a class="chip on"[^>]*aria-current="true"', page)
    assert "停止党籍 1" in text_of(secretary.get(LIST, {"filter": "nonsense"}))


def test_the_roster_of_another_day(w: World, secretary: Client) -> None:
    people.end_membership(system_actor(), w.persons["T1-B1"][0], on=date(2026, 6, 1), ended_as="deceased", document="", at=AT)
    before, after = text_of(secretary.get(LIST, {"on": "2026-05-31"})), text_of(secretary.get(LIST, {"on": "2026-06-01"}))
    assert "王一11" in before and "这是2026年5月31日的名册" in before and "王一11" not in after
    assert "加党员" not in before and "加党员" in text_of(secretary.get(LIST))
    assert "没有党员" in text_of(secretary.get(LIST, {"on": "2014-01-01"}))
    for odd, says in (("2026-13-01", "没有看懂"), ("2026-05", "没有看懂"), ("2030-01-01", "还没有到这一天"), ("x" * 400, "没有看懂")):
        response = secretary.get(LIST, {"on": odd})
        assert response.status_code == 200 and says in text_of(response) and "7 人" in text_of(response)


def test_a_branch_that_was_not_there_yet_says_so(w: World) -> None:
    made = tree.found_many(system_actor(), [tree.NewOrg("T1-B9", "第1镇第9村党支部", "第9村党支部", "branch", "T1", date(2026, 5, 1))], at=AT, since=date(2026, 5, 1))
    response = visitor("clerk1").get(LIST, {"org": made["T1-B9"], "on": "2026-04-30"})
    assert response.status_code == 404 and "还没有" in text_of(response)


def test_pages(w: World) -> None:
    people.register_many(system_actor(), [NewMember(w.orgs["T1-B1"], f"孙{'一' * (i % 20 + 1)}", "full", FOUNDED) for i in range(60)], at=AT)
    client = visitor("secretary")
    first, second = text_of(client.get(LIST)), text_of(client.get(LIST, {"page": "2"}))
    assert "第 1 页，共 2 页" in first and "第 2 页，共 2 页" in second and "68 人" in first
    for odd in ("-1", "0", "x", "1000000000"):
        assert client.get(LIST, {"page": odd}).status_code == 200
    assert client.get(LIST, {"page": "999"}).status_code == 200


def test_the_list_costs_the_same_for_few_and_many(w: World) -> None:
    client = visitor("county")

    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(LIST, {"person": w.persons["T1-B1"][0]})
        return len(caught)

    cost()
    few = cost()
    people.register_many(system_actor(), [NewMember(w.orgs[c], "王多", "full", FOUNDED) for c in ("T1-B1", "T1-B2", "T2-B1") * 12], at=AT)
    assert cost() == few


# --- the drawer ---------------------------------------------------------------------------------------------------------------------------


def test_the_drawer_shows_the_16_items_masked_and_the_history(w: World, secretary: Client) -> None:
    page = text_of(secretary.get(LIST, {"person": w.persons["T1-B1"][0]}))
    for title in ("公民身份证号", "加入党组织日期", "转为正式党员日期", "家庭住址", "党籍状态", "失联", "流动"):
        assert f"<dt>{title}</dt>" in page
    assert "1975年6月" in page and "2005年7月1日" in page and "还缺：民族、学历、工作岗位、家庭住址。" in page
    masked = id_number(1)[:6] + "*" * 11 + id_number(1)[-1]  # the month of birth is shown: one digit of the tail
    assert masked in page and id_number(1) not in page and "15400000001" not in page
    assert "登记：正式党员" in page and "看完整身份证号" in page and "改资料" in page


def test_readers_get_no_buttons_and_strangers_nothing(w: World) -> None:
    person = w.persons["T1-B1"][0]
    for username in ("committee", "county", "organiser", "reader"):
        page = text_of(visitor(username).get(LIST, {"person": person}))
        assert "公民身份证号" in page and not re.search("改资料|结束组织关系|看完整", page), username
    for username in ("foreign", "clerk2", "secretary2"):
        assert visitor(username).get(LIST, {"person": person}).status_code == 404
    past = text_of(visitor("secretary").get(LIST, {"person": person, "on": "2026-01-01"}))
    assert "公民身份证号" in past and "改资料" not in past


# --- adding -------------------------------------------------------------------------------------------------------------------------------


def test_a_member_is_added_with_dates_as_far_as_they_are_known(w: World, secretary: Client) -> None:
    key = hidden(secretary.get(ADD), "key")
    number = id_number(960)
    data = form(w, key, id_no=f" {number} ", phone="154 1234 5678", joined_on="1998年7月", full_on="1999", education="大专", is_leading_cadre="1")
    response = secretary.post(ADD, data, follow=True)
    page = text_of(response)
    assert response.redirect_chain and "已登记覃小六" in page and "1998年7月" in page and "1999年" in page and number not in page
    person = int(response.redirect_chain[-1][0].rpartition("=")[2])
    file = file_of(w, person)
    assert (file.joined_on, file.joined_precision, file.full_precision) == (date(1998, 7, 1), "month", "year") and file.is_leading_cadre
    assert file.birth_precision == "day" and file.birth_on and file.gender  # taken from the number
    again = secretary.post(ADD, data)  # a double click
    assert again.status_code == 302 and again["Location"].endswith(f"person={person}")
    assert "9 人" in text_of(secretary.get(LIST))
    other = secretary.post(ADD, {**data, "name": "别人", "id_no": ""})
    assert other.status_code == 409 and "已经存过" in text_of(other)


@pytest.mark.parametrize(("wrong", "field", "code"), [
    ({"name": ""}, "name", ""), ({"joined_on": "2027-01"}, "joined_on", "E001"), ({"since": "2026-12-01"}, "since", "E001"),
    ({"joined_on": "2010-07", "full_on": "2009"}, "full_on", "E002"), ({"since": ""}, "since", ""), ({"since": "2026-02-30"}, "since", ""),
    ({"joined_on": "七月"}, "joined_on", ""), ({"birth_on": "1990-13"}, "birth_on", ""), ({"id_no": id_number(9)}, "id_no", "E044"),
    ({"id_no": "990201197506010011"}, "id_no", ""), ({"phone": "12"}, "phone", ""), ({"gender": "x"}, "gender", ""),
    ({"standing": "probationary", "full_on": "2026-10-01"}, "full_on", ""), ({"name": "123"}, "name", ""), ({"standing": "ended"}, "standing", ""), ({"org_id": ""}, "org_id", "E045"), ({"name": "长" * 51}, "name", ""),
])
def test_a_refusal_stands_beside_its_field(w: World, wrong: dict[str, str], field: str, code: str) -> None:
    client = visitor("clerk1")
    response = client.post(ADD, form(w, "k", **{"remark": "留下我", **wrong}))
    page = text_of(response)
    assert response.status_code == 422 and f'href="#f-{field}"' in page and "留下我" in page
    block = re.search(rf'id="f-{field}".*?class="err"[^>]*>([^<]+)<', page, re.S)
    assert block and len(block[1]) > 5 and (not code or code in page)
    assert "NAME_EMPTY" not in page and "ID_CHECKSUM" not in page  # words of machines
    assert "16 人" in text_of(client.get(LIST))


def test_a_stranger_learns_no_name_from_a_number(w: World) -> None:
    response = visitor("foreign").post(ADD, form(w, "k", org_id=w.orgs["T2-B1"], id_no=id_number(1)))
    assert response.status_code == 422 and "E044" in text_of(response) and "王一11" not in text_of(response) and "第1镇" not in text_of(response)


def test_members_are_added_where_one_may(w: World) -> None:
    clerk = visitor("clerk1")
    assert clerk.post(ADD, form(w, "k", org_id=w.orgs["T2-B1"])).status_code == 404
    refused = clerk.post(ADD, form(w, "k", org_id=w.orgs["T1"]))
    assert refused.status_code == 422 and "E045" in text_of(refused)
    for username in ("county", "committee", "member", "auditor"):
        client = visitor(username)
        assert client.get(ADD).status_code == 403 and client.post(ADD, form(w, "k")).status_code == 403, username
    assert f'<option value="{w.orgs["T1-B2"]}" selected>' in text_of(clerk.get(ADD, {"org": w.orgs["T1-B2"]}))


def test_a_sheet_that_differs_from_the_id_number_is_noted(w: World, secretary: Client) -> None:
    page = text_of(secretary.post(ADD, form(w, "k", id_no=id_number(961), birth_on="1950-01"), follow=True))
    assert "档案为准" in page and "已登记" in page


# --- editing ------------------------------------------------------------------------------------------------------------------------------


def edited(w: World, version: int = 1, **values: str) -> dict[str, str]:
    return {
        "version": str(version), "name": "王一11", "gender": "男", "birth_on": "1975-06", "joined_on": "2005-07-01", "full_on": "2006-07-01", **values,
    }


def test_an_edit_keeps_precision_and_numbers(w: World, secretary: Client) -> None:
    person = w.persons["T1-B1"][0]
    page = text_of(secretary.get(url("edit", person)))
    assert 'value="1975-06"' in page and 'value="2005-07-01"' in page and id_number(1) not in page and "15400000001" not in page
    response = secretary.post(url("edit", person), edited(w, education="大专"), follow=True)
    assert "资料已保存" in text_of(response) and "secretary改了学历" in text_of(response)
    file = file_of(w, person)
    assert (file.education, file.birth_precision, file.has_id_no, file.has_phone) == ("大专", "month", True, True)
    secretary.post(url("edit", person), edited(w, 2, phone="无", education="大专"))
    assert not file_of(w, person).has_phone
    assert secretary.post(url("edit", person), edited(w, 1, education="大专")).status_code == 302  # a double click changes nothing and says so


def test_a_stale_form_shows_both_versions(w: World, secretary: Client) -> None:
    person = w.persons["T1-B1"][0]
    visitor("clerk1").post(url("edit", person), edited(w, job="村医", address="石桥镇"))
    response = secretary.post(url("edit", person), edited(w, job="教师", address="石桥镇", phone="15412345678"))
    page = text_of(response)
    assert response.status_code == 409 and "村医" in page and 'value="教师"' in page and "您填的：教师" in page and "别人刚改过" in page
    assert "<dt>家庭住址</dt>" not in page  # both wrote the same there
    assert hidden(response, "version") == "2" and file_of(w, person).job == "村医"
    secretary.post(url("edit", person), edited(w, 2, job="教师", address="石桥镇"))
    assert file_of(w, person).job == "教师"


@pytest.mark.parametrize(("wrong", "field"), [({"id_no": id_number(10)}, "id_no"), ({"full_on": "2004"}, "full_on"), ({"lost_contact_on": "2026-13-01"}, "lost_contact_on")])
def test_a_wrong_edit_is_refused(w: World, secretary: Client, wrong: dict[str, str], field: str) -> None:
    response = secretary.post(url("edit", w.persons["T1-B1"][0]), edited(w, **wrong))
    assert response.status_code == 422 and f'href="#f-{field}"' in text_of(response)


@pytest.mark.parametrize("name", ["edit", "end", "standing", "reveal"])
def test_forms_are_for_those_who_may(w: World, name: str) -> None:
    mine, own = w.persons["T1-B1"][0], w.persons["T1-B1"][3]
    for username, person, status in (
        ("foreign", mine, 404), ("secretary2", mine, 404), ("member", mine, 404), ("member", own, 404), ("auditor", mine, 404), ("leader", mine, 404),
        ("committee", mine, 403), ("county", mine, 403), ("secretary", 999_999, 404),
    ):
        client = visitor(username)
        assert (client.get(url(name, person)).status_code, client.post(url(name, person), edited(w)).status_code) == (status, status), username
    assert file_of(w, own).version == 1


# --- ending and changing ------------------------------------------------------------------------------------------------------------------


def test_a_death_ends_the_membership_once(w: World, secretary: Client) -> None:
    person = w.persons["T1-B1"][0]
    key = hidden(secretary.get(url("end", person)), "key")
    data = {"key": key, "on": "2026-11-19", "ended_as": "deceased"}
    response = secretary.post(url("end", person), data, follow=True)
    assert "组织关系已结束" in text_of(response) and "去世，组织关系结束" in text_of(response) and "7 人" in text_of(response)
    assert secretary.post(url("end", person), data).status_code == 302
    again = secretary.post(url("end", person), {**data, "key": "other"})
    assert again.status_code == 422 and "E045" in text_of(again)


@pytest.mark.parametrize(("wrong", "field", "code"), [
    ({"ended_as": "expelled"}, "document", "E049"), ({"on": "2026-11-21"}, "on", "E001"), ({"on": "2014-01-01"}, "on", "E002"), ({"on": ""}, "on", ""),
    ({"ended_as": ""}, "ended_as", ""), ({"ended_as": "promoted"}, "ended_as", ""), ({"document": "长" * 201}, "document", ""),
])
def test_an_impossible_end_is_refused(w: World, secretary: Client, wrong: dict[str, str], field: str, code: str) -> None:
    response = secretary.post(url("end", w.persons["T1-B1"][0]), {"key": "k", "on": "2026-11-19", "ended_as": "deceased", **wrong})
    assert response.status_code == 422 and f'href="#f-{field}"' in text_of(response) and code in text_of(response)
    assert Membership.objects.within(Scope((path_of(w.orgs["T1-B1"]),))).filter(to_on__isnull=True).count() == 8


def test_a_probationary_member_becomes_a_full_one(w: World, secretary: Client) -> None:
    person = w.persons["T1-B1"][7]
    page = text_of(secretary.get(url("standing", person)))
    assert re.findall(r'<option value="(\w+)"', page)[:2] == ["probationary", "full"] and "suspended" not in re.findall(r'<option value="(\w+)"', page)
    data = {"key": "k", "on": "2026-11-19", "standing": "full", "rights": "normal", "document": "党员大会决议；镇党〔2026〕8号"}
    shown = text_of(secretary.post(url("standing", person), data, follow=True))
    assert "正式 8" in shown and "2026年11月19日" in shown and "镇党〔2026〕8号" in shown
    for wrong, code in (({"document": ""}, "E049"), ({"standing": "probationary"}, "不能改成"), ({"on": "2026-11"}, "没有写到日"), ({"standing": "suspended"}, "E038")):
        response = secretary.post(url("standing", person), {**data, "key": f"k{code}", "on": "2026-11-20", "rights": "on_probation", **wrong})
        assert response.status_code == 422 and code in text_of(response)


# --- looking at a number ------------------------------------------------------------------------------------------------------------------


def test_a_full_number_needs_a_purpose_and_is_journalled(w: World, secretary: Client) -> None:
    person = w.persons["T1-B1"][0]
    look = f"{url('reveal', person)}?what=id_no"
    assert id_number(1) not in text_of(secretary.get(look))
    refused = secretary.post(look, {"purpose": " "})
    assert refused.status_code == 422 and id_number(1) not in text_of(refused) and "用途" in text_of(refused)
    shown = secretary.post(look, {"purpose": "核对转正材料"})
    assert shown.status_code == 200 and id_number(1) in text_of(shown) and "no-store" in shown["Cache-Control"]
    assert "15400000001" in text_of(secretary.post(f"{url('reveal', person)}?what=phone", {"purpose": "通知开会"}))
    entries = Entry.objects.within(Scope((path_of(w.orgs["T1-B1"]),))).filter(action__startswith="people.reveal").order_by("id")
    assert [(e.account_name, e.changes["purpose"]) for e in entries] == [("secretary", "核对转正材料"), ("secretary", "通知开会")]
    assert secretary.get(f"{url('reveal', person)}?what=password").status_code == 200  # falls back to the ID number's form


def test_the_31st_look_in_an_hour_is_refused(w: World, secretary: Client) -> None:
    look = f"{url('reveal', w.persons['T1-B1'][0])}?what=phone"
    codes = [secretary.post(look, {"purpose": "核对"}).status_code for _ in range(31)]
    assert codes == [200] * 30 + [429]


# --- 我的 ---------------------------------------------------------------------------------------------------------------------------------


ROLES = ["member", "leader", "committee", "secretary", "clerk1", "organiser", "county", "reader", "sysadmin", "secadmin", "auditor"]


@pytest.mark.parametrize("username", ROLES)
def test_everybody_has_a_page_of_the_own(w: World, username: str) -> None:
    response = visitor(username).get(ME)
    page = text_of(response)
    assert response.status_code == 200 and "换成大字版" in page and "退出登录" in page and "改密码" in page and username in page
    for link in re.findall(r'<div class="leaf"><a href="([^"]+)"', page):
        assert visitor(username).get(link, follow=True).status_code == 200, link


def test_a_member_sees_the_own_file_and_nobody_else(w: World) -> None:
    page = text_of(visitor("member").get(ME))
    assert "刘四11" in page and "普通党员" in page and "第一党小组" in page and "1975年6月" in page and "154****0004" in page
    assert id_number(4) not in page and "15400000004" not in page
    assert not re.search("王一11|李二11", page) and LIST not in page


def test_an_account_whose_person_is_gone_still_has_a_page(w: World) -> None:
    Account.objects.filter(username="member").update(person_id=999_999)
    assert visitor("member").get(ME).status_code == 200


def test_large_print_comes_back_to_the_page(w: World) -> None:
    client = visitor("member")
    response = client.post(reverse("large-print"), {"large": "1", "next": ME}, follow=True)
    assert 'class="large"' in text_of(response) and "改回标准字" in text_of(response)
