"""The first account of an empty installation (trust.md B1)."""
from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from zhibu.ground.access import setup
from zhibu.ground.access.models import Account
from zhibu.ground.tree.models import Organisation

pytestmark = pytest.mark.django_db
FORM = {
    "org_name": "中共青禾县石桥镇委员会", "org_short": "石桥镇", "org_kind": "party_committee", "name": "沈文静", "username": "shen", "role": "party_building_office",
    "password": "liu-shu-wan-2026",
}


def test_a_fresh_installation_has_no_account_and_leads_to_the_first_page(client):
    assert Account.objects.count() == 0
    answer = client.get("/signin/")
    assert answer.status_code == 302 and answer["Location"] == "/setup/"
    assert client.get("/setup/").status_code == 200


def test_the_code_opens_one_account_and_then_the_page_is_gone(client):
    code = setup.new_code(timezone.now())
    answer = client.post("/setup/", FORM | {"code": code})
    assert answer.status_code == 302, answer.content.decode()
    assert Account.objects.get().username == "shen"
    assert Organisation.objects.get().name == FORM["org_name"]
    assert client.get("/").status_code == 200
    assert client.get("/setup/").status_code == 404
    assert client.post("/setup/", FORM | {"code": code, "username": "zwei"}).status_code == 404
    assert Account.objects.count() == 1


@pytest.mark.parametrize("code", ["", "aaaa-bbbb-cccc"])
def test_a_wrong_code_leaves_nothing(client, code):
    setup.new_code(timezone.now())
    answer = client.post("/setup/", FORM | {"code": code})
    assert answer.status_code == 422 and "设置代码不对" in answer.content.decode()
    assert not Account.objects.exists() and not Organisation.objects.exists()


def test_the_code_ends_after_24_hours():
    code = setup.new_code(timezone.now() - timedelta(hours=24, seconds=1))
    wanted = setup.First("中共石桥镇委员会", "石桥镇", "party_committee", "沈文静", "shen", "party_building_office")
    with pytest.raises(setup.SetupRefused):
        setup.set_up(code, wanted, FORM["password"], timezone.now())


def test_a_weak_password_or_a_missing_name_is_said_beside_the_field_and_the_code_stays_good(client):
    code = setup.new_code(timezone.now())
    assert "至少" in client.post("/setup/", FORM | {"code": code, "password": "123"}).content.decode()
    assert "请填党组织全称" in client.post("/setup/", FORM | {"code": code, "org_name": " "}).content.decode()
    assert not Organisation.objects.exists()
    assert client.post("/setup/", FORM | {"code": code}).status_code == 302
