"""The first account of an empty installation (trust.md B1)."""
from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from zhibu.ground.access import setup
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.tree.models import Organisation

pytestmark = pytest.mark.django_db
FORM = {
    "org_name": "中共青禾县石桥镇委员会", "org_short": "石桥镇", "org_kind": "party_committee", "password": "liu-shu-wan-2026", "role": "party_building_office",
    "system_admin_name": "系统", "system_admin_username": "xitong", "security_admin_name": "安全", "security_admin_username": "anquan",
    "auditor_name": "审计", "auditor_username": "shenji", "office_name": "沈文静", "office_username": "shen",
}
CODE = re.compile(r"\b[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}\b")
OWN = "ling-yi-ge-mima-2026"


def test_a_fresh_installation_has_no_account_and_leads_to_the_first_page(client):
    assert Account.objects.count() == 0
    answer = client.get("/signin/")
    assert answer.status_code == 302 and answer["Location"] == "/setup/"
    assert client.get("/setup/").status_code == 200


def test_the_code_opens_a_working_desk_and_then_the_page_is_gone(client):
    """Everybody needed signs in with what the one page showed, and the security administrator can grant to a new account of the system administrator."""
    code = setup.new_code(timezone.now())
    answer = client.post("/setup/", FORM | {"code": code})
    assert answer.status_code == 200, answer.content.decode()
    page = answer.content.decode()
    codes = CODE.findall(page)
    assert len(codes) == 3 and page.count("把这张纸交给本人") == 3
    assert Organisation.objects.get().name == FORM["org_name"] and Account.objects.count() == 4
    assert client.get("/").status_code == 200 and client.get("/setup/").status_code == 404
    assert client.post("/setup/", FORM | {"code": code, "system_admin_username": "zwei"}).status_code == 404
    others = {}
    for username, one_time in zip(("anquan", "shenji", "shen"), codes, strict=True):
        others[username] = Client()
        assert others[username].post("/signin/", {"username": username, "password": one_time})["Location"] == "/"
        assert others[username].post("/password/", {"new1": OWN, "new2": OWN})["Location"] == "/"
        assert others[username].get("/").status_code == 200
    assert others["shen"].get("/org/").status_code == 200
    assert client.post(reverse("accounts:open"), {"name": "王秀兰", "username": "wangxiulan", "key": "k"}).status_code == 200
    granted = {"account": "wangxiulan", "role": "party_building_office", "org": FORM["org_name"], "valid_from": timezone.localdate().isoformat(), "key": "g"}
    assert others["anquan"].post(reverse("accounts:grant"), granted).status_code == 302
    assert Grant.objects.filter(account__username="wangxiulan", role="party_building_office").exists()


def test_one_person_may_hold_two_of_the_three_with_a_warning(client):
    code = setup.new_code(timezone.now())
    assert "一个人可以兼其中两个" in client.get("/setup/").content.decode()
    both = FORM | {"code": code, "security_admin_name": "系统", "security_admin_username": "xitong"}
    assert len(CODE.findall(client.post("/setup/", both).content.decode())) == 2
    assert set(Grant.objects.filter(account__username="xitong").values_list("role", flat=True)) == {"system_admin", "security_admin"}


@pytest.mark.parametrize(("wrong", "words"), [
    ({"security_admin_name": "系统", "security_admin_username": "xitong", "auditor_name": "系统", "auditor_username": "xitong"}, "至少要两个人"),
    ({"office_name": "系统", "office_username": "xitong"}, "不能兼日常工作"),
    ({"auditor_username": "xitong"}, "同一个人请写同样的姓名"),
    ({"auditor_username": "审计"}, "小写字母"),
    ({"role": "branch_secretary"}, "支部书记不能设在党委"),
    ({"office_name": ""}, "请填办公人员的姓名"),
])
def test_what_the_first_accounts_cannot_be(client, wrong, words):
    code = setup.new_code(timezone.now())
    answer = client.post("/setup/", FORM | {"code": code} | wrong)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not Account.objects.exists() and not Organisation.objects.exists()


def test_after_zhibu_init_the_page_asks_for_people_only(client):
    setup.found("中共青禾县石桥镇委员会", "石桥镇", "party_committee", timezone.now())
    page = client.get("/setup/").content.decode()
    assert "全称" not in page and "石桥镇" in page
    people = {k: v for k, v in FORM.items() if not k.startswith("org_")}
    assert client.post("/setup/", people | {"code": setup.new_code(timezone.now())}).status_code == 200
    assert Organisation.objects.count() == 1


@pytest.mark.parametrize("code", ["", "aaaa-bbbb-cccc"])
def test_a_wrong_code_leaves_nothing(client, code):
    setup.new_code(timezone.now())
    answer = client.post("/setup/", FORM | {"code": code})
    assert answer.status_code == 422 and "设置代码不对" in answer.content.decode()
    assert not Account.objects.exists() and not Organisation.objects.exists()


def test_the_code_ends_after_24_hours():
    code = setup.new_code(timezone.now() - timedelta(hours=24, seconds=1))
    who = [setup.Who(n, u) for n, u in (("系统", "xitong"), ("安全", "anquan"), ("审计", "shenji"), ("沈文静", "shen"))]
    wanted = setup.First(*who, "party_building_office", "中共石桥镇委员会")
    with pytest.raises(setup.SetupRefused):
        setup.set_up(code, wanted, FORM["password"], timezone.now())


def test_a_weak_password_or_a_missing_name_is_said_beside_the_field_and_the_code_stays_good(client):
    code = setup.new_code(timezone.now())
    assert "至少" in client.post("/setup/", FORM | {"code": code, "password": "123"}).content.decode()
    assert "请填党组织全称" in client.post("/setup/", FORM | {"code": code, "org_name": " "}).content.decode()
    assert not Organisation.objects.exists()
    assert client.post("/setup/", FORM | {"code": code}).status_code == 200
