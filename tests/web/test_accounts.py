"""账号 through HTTP: who opens, renews and disables, who grants and ends, what is refused in which words, and that no code is kept."""
from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.world import AT, NAMES, PASSWORD, TODAY, World, build

from zhibu.ground.access import actions, queries
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.access.roles import roles
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.models import AnsweredPost
from zhibu.ground.journal.models import Entry

pytestmark = pytest.mark.django_db
LIST, OPEN, GRANT, END, RENEW, DISABLE = (reverse(f"accounts:{n}") for n in ("list", "open", "grant", "end", "renew", "disable"))
CODE = re.compile(r"\b[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}\b")
NEW = {"name": "王秀兰", "username": "wangxiulan", "key": "k1"}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    hands = {"now": AT}
    monkeypatch.setattr(timezone, "now", lambda: hands["now"])
    return hands


@pytest.fixture
def w() -> World:
    return build(branches=2, members=4)


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def said(response: HttpResponse) -> str:
    return response.content.decode()


def code_in(response: HttpResponse) -> str:
    found = CODE.findall(said(response))
    assert len(found) == 1
    return found[0]


def granting(w: World, account: str = "clerk2", **more: str) -> dict[str, str]:
    return {"account": account, "role": "branch_secretary", "org": "T1-B2", "valid_from": "2026-11-20", "valid_to": "", "key": "g1", **more}


def stored() -> str:
    """Give everything a code could have been written to."""
    journal = Entry.objects.unscoped("a test reads the journal").values()
    return str([list(journal), list(AnsweredPost.objects.values()), list(Account.objects.values())])


# --- who sees what --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", ["secretary", "leader", "committee", "reader", "member", "organiser", "auditor"])
def test_nobody_else_sees_accounts(username: str, w: World) -> None:
    client = visitor(username)
    for url in (LIST, OPEN, f"{GRANT}?account=member", f"{END}?account=member", f"{RENEW}?account=member", f"{DISABLE}?account=member"):
        assert client.get(url).status_code == 403
    assert LIST not in said(client.get("/me/"))
    with pytest.raises(Refused):
        queries.accounts(w.actor(username), TODAY)
    with pytest.raises(Refused):
        queries.account(w.actor(username), "member", TODAY)


def test_each_administrator_has_the_own_part(w: World) -> None:
    for username, may, may_not in (("sysadmin", (OPEN, RENEW, DISABLE), (GRANT, END)), ("secadmin", (GRANT, END), (OPEN, RENEW, DISABLE))):
        client, page = visitor(username), said(visitor(username).get(LIST))
        for url in may:
            assert client.get(f"{url}?account=member").status_code == 200 and url in page
        for url in may_not:
            assert url not in page
            for response in (client.get(f"{url}?account=member"), client.post(url, {"account": "member", **NEW})):
                assert response.status_code == 403 and "只有" in said(response)
        assert "设置" in said(client.get("/")) and LIST in said(client.get("/me/"))
    assert not Account.objects.filter(username=NEW["username"]).exists()


def test_one_person_with_both_sees_both(w: World) -> None:
    Grant.objects.create(account_id=w.accounts["sysadmin"], role="security_admin", valid_from=TODAY, granted_by="系统", granted_at=AT)
    page = said(visitor("sysadmin").get(LIST))
    assert all(url in page for url in (OPEN, GRANT, END, RENEW, DISABLE))


@pytest.mark.parametrize("username", ["sysadmin", "secadmin"])
def test_administrators_see_no_member(username: str, w: World) -> None:
    client = visitor(username)
    pages = "".join(said(client.get(u)) for u in (LIST, f"{LIST}?q=1", f"{GRANT}?account=member", f"{RENEW}?account=member"))
    assert "第1村党支部" in pages and not any(f"{name}{t}{b}" in pages for name in NAMES for t in (1, 2) for b in (1, 2))
    for url in ("/members/", f"/org/{w.orgs['T1-B1']}/"):
        assert client.get(url).status_code in (403, 404)


def test_search_pages_and_statements(w: World) -> None:
    Account.objects.bulk_create(Account(username=f"u{n:03d}", name=f"周{n:03d}", password="!", made_at=AT) for n in range(120))
    client = visitor("secadmin")
    page = said(client.get(LIST, {"q": "周"}))
    assert "120 个" in page and "第 1 页，共 3 页" in page and "周049" in page and "周050" not in page
    assert "周119" in said(client.get(LIST, {"q": "周", "page": "3"}))
    assert "没有找到" in said(client.get(LIST, {"q": "没有这个人\0"}))
    assert client.get(LIST, {"page": "9" * 30}).status_code == client.get(LIST, {"page": "²"}).status_code == 200
    counts = []
    for q in ("u00", "周"):
        with CaptureQueriesContext(connection) as seen:
            client.get(LIST, {"q": q})
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- opening --------------------------------------------------------------------------------------------------------------------------------


def test_a_code_is_shown_once_and_opens_the_door(w: World) -> None:
    client = visitor("sysadmin")
    first = client.post(OPEN, NEW)
    code = code_in(first)
    assert first.status_code == 200 and "王秀兰" in said(first) and "2026年11月21日 10:00" in said(first) and "no-store" in first.headers["Cache-Control"]
    assert code not in stored() and code not in said(client.get(LIST)) and "等设密码" in said(client.get(LIST, {"q": "王秀兰"}))
    own = Client()
    assert own.post("/signin/", {"username": "wangxiulan", "password": code}).status_code == 302
    assert own.get("/").headers["Location"] == "/password/"


def test_a_double_click_opens_one_account(w: World) -> None:
    client = visitor("sysadmin")
    code_in(client.post(OPEN, NEW))
    again = client.post(OPEN, NEW)
    assert again.status_code == 200 and not CODE.search(said(again)) and "只开了一个" in said(again) and f"{RENEW}?account=wangxiulan" in said(again)
    assert client.post(OPEN, {**NEW, "name": "李四"}).status_code == 409
    assert Account.objects.filter(username="wangxiulan").count() == 1


@pytest.mark.parametrize(("wrong", "words"), [
    ({"name": " "}, "请填姓名"), ({"name": "王" * 51}, "最多 50 个字"), ({"username": ""}, "账号要 3 到 40"), ({"username": "Wang"}, "小写字母"),
    ({"username": "王秀兰"}, "小写字母"), ({"username": "a b"}, "小写字母"), ({"username": "member"}, "已经有人用了"),
])
def test_what_is_wrong_with_a_new_account(wrong: dict[str, str], words: str, w: World) -> None:
    before = Account.objects.count()
    response = visitor("sysadmin").post(OPEN, {**NEW, **wrong})
    assert response.status_code == 422 and words in said(response) and Account.objects.count() == before
    assert AnsweredPost.objects.count() == 0  # corrected, the same form can be sent again


# --- renewing and disabling ------------------------------------------------------------------------------------------------------------------


def test_a_new_code_ends_password_and_sessions(w: World) -> None:
    secretary, client = visitor("secretary"), visitor("sysadmin")
    assert secretary.get("/").status_code == 200
    asked = client.get(f"{RENEW}?account=secretary")
    assert "马上作废" in said(asked) and secretary.get("/").status_code == 200
    code = code_in(client.post(RENEW, {"account": "secretary"}))
    assert secretary.get("/").status_code == 302 and code not in stored()
    assert Client().post("/signin/", {"username": "secretary", "password": PASSWORD}).status_code == 422
    assert Client().post("/signin/", {"username": "secretary", "password": code}).status_code == 302


def test_a_disabled_account_is_out_at_once(w: World) -> None:
    secretary, client = visitor("secretary"), visitor("sysadmin")
    assert secretary.get("/").status_code == 200
    assert client.post(DISABLE, {"account": "secretary"}).status_code == 302
    assert secretary.get("/").headers["Location"].startswith("/signin/")
    assert Client().post("/signin/", {"username": "secretary", "password": PASSWORD}).status_code == 422
    page = said(client.get(LIST, {"q": "secretary"}))
    assert "已停用" in page and f"{RENEW}?account=secretary&" not in page
    refused = client.post(RENEW, {"account": "secretary"})
    assert refused.status_code == 422 and "已停用" in said(refused)


@pytest.mark.parametrize(("url", "words"), [(RENEW, "到“我的”里改"), (DISABLE, "不能停用自己")])
def test_administrators_do_not_lock_themselves_out(url: str, words: str, w: World) -> None:
    client = visitor("sysadmin")
    response = client.post(url, {"account": "sysadmin"})
    assert response.status_code == 422 and words in said(response) and client.get(LIST).status_code == 200


@pytest.mark.parametrize("account", ["", "nobody", "\0", "x" * 400])
def test_an_unknown_account_is_not_found(account: str, w: World) -> None:
    for username, urls in (("sysadmin", (RENEW, DISABLE)), ("secadmin", (GRANT, END))):
        for url in urls:
            assert visitor(username).get(url, {"account": account}).status_code == 404
            assert visitor(username).post(url, {"account": account}).status_code == 404


# --- granting and ending ---------------------------------------------------------------------------------------------------------------------


def test_a_grant_counts_to_its_last_day(w: World, clock: dict[str, datetime]) -> None:
    client = visitor("secadmin")
    for org in ("第1镇第2村党支部", "T1-B2"):  # the second is the double click of somebody who writes the code
        answer = client.post(GRANT, granting(w, "member", role="committee_member", org=org, valid_to="2026-11-25"))
        assert answer.status_code == 302
    row = Grant.objects.get(account__username="member", role="committee_member")
    assert (row.org_id, row.valid_from, row.valid_to, row.granted_by) == (w.orgs["T1-B2"], date(2026, 11, 20), date(2026, 11, 26), "secadmin")
    page = said(client.get(LIST, {"q": "member"}))
    assert "支部委员 · 第1镇第2村党支部，2026年11月20日至2026年11月25日" in page
    assert len(w.actor("member", date(2026, 11, 25)).grants) == 2 and len(w.actor("member", date(2026, 11, 26)).grants) == 1
    clock["now"] = AT + timedelta(days=6)
    assert re.search(r"已到期</span>\s+支部委员 · 第1镇第2村党支部，2026年11月20日至2026年11月25日<", said(visitor("secadmin").get(LIST, {"q": "member"})))
    assert "支部委员" not in said(visitor("secadmin").get(f"{END}?account=member"))


@pytest.mark.parametrize(("wrong", "words"), [
    ({"role": ""}, "请选职责"), ({"role": "emperor"}, "请选职责"), ({"role": "auditor"}, "审计员不挂在党组织上，这一格请空着"),
    ({"role": "auditor", "org": ""}, "不能兼别的职责"), ({"org": ""}, "请写支部书记在哪个党组织"), ({"org": "T1"}, "支部书记不能设在党委"),
    ({"role": "general_branch_secretary"}, "党总支书记不能设在党支部"), ({"org": "村党支部"}, "名字相近的有：第1镇第1村党支部"),
    ({"org": "没有的"}, "请照党组织的全称或代码写"), ({"valid_from": ""}, "请写从哪天起"), ({"valid_from": "昨天"}, "昨天"),
    ({"valid_to": "2026-11-19"}, "到期日早于开始那天"), ({"role": "party_building_office", "org": "T2"}, "已经是党建办"),
    ({"account": "secadmin"}, "不能给自己授权"), ({"account": "sysadmin"}, "这个账号已经是系统管理员"),
])
def test_what_is_wrong_with_a_grant(wrong: dict[str, str], words: str, w: World) -> None:
    before = Grant.objects.count()
    response = visitor("secadmin").post(GRANT, granting(w, **wrong))
    assert response.status_code == 422 and words in said(response) and Grant.objects.count() == before
    assert AnsweredPost.objects.count() == 0


def test_the_three_administrators_stay_three(w: World) -> None:
    for first, second in (("sysadmin", "auditor"), ("sysadmin", "security_admin"), ("auditor", "system_admin")):
        assert roles()[second].system
        response = visitor("secadmin").post(GRANT, granting(w, first, role=second, org=""))
        assert response.status_code == 422 and "请另开一个账号" in said(response)


def test_a_disabled_account_is_granted_nothing(w: World) -> None:
    actions.disable(w.actor("sysadmin"), account_id=w.accounts["clerk2"], at=AT)
    response = visitor("secadmin").post(GRANT, granting(w))
    assert response.status_code == 422 and "已停用" in said(response)


def test_ending_a_grant_ends_the_session(w: World) -> None:
    secretary, client = visitor("secretary"), visitor("secadmin")
    assert secretary.get("/").status_code == 200
    row = Grant.objects.get(account__username="secretary")
    assert "支部书记 · 第1镇第1村党支部" in said(client.get(f"{END}?account=secretary"))
    sent = {"account": "secretary", "grant": str(row.pk), "on": TODAY.isoformat()}
    assert client.post(END, sent).status_code == 302
    assert secretary.get("/").headers["Location"].startswith("/signin/") and not w.actor("secretary").grants
    again = client.post(END, sent)
    assert again.status_code == 422 and "刚收回过的不用再收" in said(again)


def test_what_is_wrong_with_an_end(w: World) -> None:
    client, own = visitor("secadmin"), Grant.objects.get(account__username="secadmin").pk
    row, other = Grant.objects.get(account__username="secretary").pk, Grant.objects.get(account__username="county").pk
    for account, grant, on, words in (
        ("secretary", "", "2026-11-20", "请选要收回的授权"), ("secretary", str(other), "2026-11-20", "请选要收回的授权"), ("secretary", str(row), "", "请写从哪天起收回"),
        ("secretary", str(row), "1999-01-01", "早于授权日期"), ("secretary", str(row), "明天", "明天"), ("secadmin", str(own), "2026-11-20", "不能收回自己的授权"),
    ):
        response = client.post(END, {"account": account, "grant": grant, "on": on})
        assert response.status_code == 422 and words in said(response), words
    assert not Grant.objects.filter(valid_to__isnull=False).exists()


def test_every_change_is_in_the_journal(w: World) -> None:
    visitor("sysadmin").post(OPEN, NEW)
    visitor("sysadmin").post(RENEW, {"account": "wangxiulan"})
    visitor("secadmin").post(GRANT, granting(w, "wangxiulan"))
    visitor("sysadmin").post(DISABLE, {"account": "wangxiulan"})
    wanted = ["access.open_account", "access.renew_code", "access.grant", "access.disable"]
    written = Entry.objects.unscoped("a test reads the journal").filter(action__in=wanted, subject_id=Account.objects.get(username="wangxiulan").pk)
    assert sorted(written.values_list("action", flat=True)) == sorted(wanted)


def test_one_ends_the_own_sessions_elsewhere(w: World) -> None:
    here, there, other = visitor("secretary"), visitor("secretary"), visitor("clerk1")
    assert there.get("/").status_code == here.get("/").status_code == 200
    assert "都已退出" in said(here.post(reverse("end-sessions"), follow=True))
    assert there.get("/").headers["Location"].startswith("/signin/") and here.get("/").status_code == other.get("/").status_code == 200
    assert Client().post(reverse("end-sessions")).status_code == 302 and other.get(reverse("end-sessions")).status_code == 405


# --- without the guard ------------------------------------------------------------------------------------------------------------------------


def test_without_the_guard_an_administrator_would_hold_two_offices(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_may_be_held", lambda *args: None)
    assert visitor("secadmin").post(GRANT, granting(w, "secadmin", role="county_org_dept", org="QH")).status_code == 302


def test_without_the_guard_everybody_would_list_accounts(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_found", lambda actor, today: Account.objects.all())
    assert "secadmin" in said(visitor("member").get(LIST))


def test_a_double_click_grants_once(w: World) -> None:
    client = visitor("secadmin")
    assert client.post(GRANT, granting(w)).status_code == client.post(GRANT, granting(w)).status_code == 302
    assert client.post(GRANT, granting(w, key="g2")).status_code == 422
    assert client.post(GRANT, granting(w, org="T1-B1")).status_code == 409
    assert Grant.objects.filter(account__username="clerk2").count() == 2
