"""Organisations through HTTP: tree, page, past days, requests and answers, committees, groups, rules; scope and refusals as a person meets them."""
from __future__ import annotations

import gzip
import re
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.world import AT, World

from zhibu.areas.structure import actions, procedures
from zhibu.ground.people import queries as people
from zhibu.ground.policy import queries as policy
from zhibu.ground.process import queries as cases
from zhibu.ground.process import spec
from zhibu.ground.tree import queries as tree

pytestmark = pytest.mark.django_db

PAPER = "镇党〔2026〕9号"


@pytest.fixture
def w() -> World:
    return world.build()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """Stand still at a working hour."""
    hands = {"now": AT}
    monkeypatch.setattr(timezone, "now", lambda: hands["now"])
    for kind in procedures.KINDS:
        spec.register(kind, actions.EFFECTS[kind.code])
    return hands


def visitor(username: str) -> Client:
    from zhibu.ground.access.models import Account

    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def at(name: str, *args: object, **query: str) -> str:
    return reverse(f"org:{name}", args=args) + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")


def text(response) -> str:
    return response.content.decode()


def errors(response) -> str:
    """Give the summary of faults at the top of a refused form."""
    assert response.status_code == 422, response.status_code
    found = re.search(r'<section class="errs".*?</section>', text(response), re.DOTALL)
    assert found
    return found[0]


# ---------------------------------------------------------------- tree


def test_the_tree_shows_the_scope_and_nothing_else(w: World) -> None:
    county, branch = text(visitor("county").get(at("tree"))), text(visitor("secretary").get(at("tree")))
    for name in ("中共青禾县委员会", "第1镇第1村党支部", "第2镇第2村党支部"):
        assert name in county
    assert "<details" in county and "4 个支部，32 人" in county
    assert "第1镇第1村党支部" in branch and "第1镇第2村党支部" not in branch and "第2镇" not in branch


def test_search_and_filters_keep_the_way_down(w: World) -> None:
    found = text(visitor("county").get(at("tree", q="第2镇第1村")))
    assert "第2镇第1村党支部" in found and "中共青禾县第2镇委员会" in found and "第1镇第1村" not in found
    vacant = text(visitor("county").get(at("tree", state="vacant")))
    assert "第1镇第1村党支部" in vacant and "第1镇第2村党支部" not in vacant
    assert "没有找到" in text(visitor("county").get(at("tree", q="不存在的村")))


@pytest.mark.parametrize(("on", "said"), [("2027-01-01", "那一天还没到"), ("昨天", "日期要写成")])
def test_a_day_that_is_none_is_answered_with_today(w: World, on: str, said: str) -> None:
    for url in (at("tree", on=on), at("page", w.orgs["T1-B1"], on=on), at("rules", w.orgs["T1-B1"], on=on)):
        assert said in text(visitor("secretary").get(url))


def test_the_tree_asks_the_same_number_of_statements_for_four_and_for_ten_branches(w: World) -> None:
    client = visitor("county")
    client.get(at("tree"))
    with CaptureQueriesContext(connection) as few:
        client.get(at("tree"))
    for i in range(6):
        wish = actions.Establishment(f"X{i}", f"第{i}新党支部", "", "branch", 5, 0, AT.date())
        actions.found_directly(w.actor("clerk1"), w.orgs["T1"], wish, document=PAPER, approved_on=AT.date(), at=AT)
    with CaptureQueriesContext(connection) as many:
        client.get(at("tree"))
    assert len(many) - len(few) <= 1  # the day since when a branch is too small, once


# ---------------------------------------------------------------- page


def test_the_page_of_a_branch(w: World) -> None:
    page = text(visitor("secretary").get(at("page", w.orgs["T1-B1"])))
    for words in (
        "第1镇第1村党支部", "正式 7 + 预备 1 = 8", "第 3 届支部委员会", "空缺", "班子缺宣传委员", "第一党小组", "组长 王一1", "镇党〔2015〕3号", "成立，党支部", "领导核心",
        "第1镇第1村民委员会",
    ):
        assert words in page, words
    assert len(gzip.compress(page.encode())) < 60_000
    assert "style=" not in page and "onclick" not in page


def test_the_page_of_a_township_sums_what_is_below(w: World) -> None:
    page = text(visitor("clerk1").get(at("page", w.orgs["T1"])))
    assert "正式 14 + 预备 2 = 16" in page and "第1镇第2村党支部（8 人）" in page and "本级和全部下级合计" in page


def test_buttons_follow_the_rights_and_say_why_not(w: World) -> None:
    url = at("page", w.orgs["T1-B1"])
    assert "报调整" in text(visitor("secretary").get(url))
    clerk = text(visitor("clerk1").get(url))
    assert ">调整<" in clerk and "报调整" not in clerk
    reader = text(visitor("reader").get(url))
    assert "调整</a>" not in reader and ">补选<" not in reader
    actions.request_adjustment(w.actor("secretary"), w.orgs["T1-B1"], actions.Adjustment("改名", AT.date(), name="第1镇新村党支部"), version=1, at=AT)
    waiting = text(visitor("secretary").get(url))
    assert "2026年11月20日已报，等上级答复" in waiting and "调整第1镇第1村党支部：改名为“第1镇新村党支部”" in waiting
    past = text(visitor("secretary").get(url + "?on=2026-01-01"))
    assert "这是过去的情况，回到今天再办" in past


@pytest.mark.parametrize("name", ["page", "rules", "contacts", "establish", "adjust", "dissolve", "extend", "committee", "vacancy", "leave", "groups",
                                  "new-group", "close-group", "assign", "end-assignment"])
def test_another_branch_is_404_whatever_is_asked(w: World, name: str) -> None:
    for username in ("foreign", "secretary2", "clerk2"):
        client = visitor(username)
        for response in (client.get(at(name, w.orgs["T1-B1"])), client.post(at(name, w.orgs["T1-B1"]), {"x": "1"})):
            assert response.status_code in (404, 405)
            assert "第1镇第1村" not in text(response)


@pytest.mark.parametrize("name", ["contacts", "adjust", "committee", "vacancy", "leave", "groups", "new-group", "assign"])
def test_in_scope_without_the_right_is_403_with_the_reason(w: World, name: str) -> None:
    response = visitor("reader").get(at(name, w.orgs["T1-B1"]))
    assert response.status_code == 403 and "没有办理" in text(response)


def test_an_unknown_organisation_is_404(w: World) -> None:
    assert visitor("county").get(at("page", 999)).status_code == 404


def test_before_it_existed_there_is_a_sentence(w: World) -> None:
    response = visitor("secretary").get(at("page", w.orgs["T1-B1"], on="2014-12-31"))
    assert response.status_code == 404 and "还没有" in text(response)
    early = visitor("secretary").get(at("page", w.orgs["T1-B1"], on="2016-01-01"))
    assert early.status_code == 200 and "没有规则集" in text(early)


# ---------------------------------------------------------------- contacts, stale form


def test_contacts_and_a_stale_form_with_both_versions(w: World) -> None:
    url, client = at("contacts", w.orgs["T1-B1"]), visitor("secretary")
    given = {"address": "村东头1号", "phone": "0990-100", "theme_day": "5", "function_label": "", "units": "第1镇第1村民委员会", "version": "1"}
    assert client.post(url, given).status_code == 302
    late = client.post(url, {**given, "address": "村西头2号"})
    assert late.status_code == 409
    assert "村东头1号" in text(late) and "村西头2号" in text(late) and 'name="version" value="2"' in text(late)
    assert client.post(url, {**given, "address": "村西头2号", "version": "2"}).status_code == 302
    assert "村西头2号" in text(client.get(at("page", w.orgs["T1-B1"])))
    assert "固定日" in errors(client.post(url, {**given, "theme_day": "32", "version": "3"}))


# ---------------------------------------------------------------- requests and answers


ESTABLISH = {
    "name": "第1镇第9村党支部", "short_name": "第9村党支部", "code": "T1-B9", "kind": "branch", "domain": "rural", "village": "1", "full": "5", "probationary": "1",
    "units": "第1镇第9村民委员会", "applied_on": "2026-11-02", "reason": "已有正式党员5名",
}


def test_the_suggestion_comes_before_anything_is_saved(w: World) -> None:
    client, url = visitor("clerk1"), at("establish", w.orgs["T1"])
    for given, words in (
        ({"full": "62", "probationary": "3", "village": "1"}, "建议：党总支"), ({"full": "108", "probationary": "4"}, "建议：党委"),
        ({"full": "2", "probationary": "1"}, "不足 3 人"), ({"full": "5", "probationary": "1", "units": "甲\n乙\n丙"}, "建议：联合党支部"),
        ({"full": "6", "months": "7"}, "建议：党支部"), ({"full": "8", "units": "1\n2\n3\n4\n5\n6"}, "最多 5 个"),
    ):
        response = client.post(url, {**given, "do": "suggest"})
        assert response.status_code == 200 and words in text(response), words
    assert tree.find("T1-B9") is None


def test_the_township_decides_and_the_branch_is_there(w: World) -> None:
    client, url = visitor("clerk1"), at("establish", w.orgs["T1"])
    refused = errors(client.post(url, {**ESTABLISH, "document": "", "answered_on": "2026-11-10"}))
    assert "E049" in refused
    response = client.post(url, {**ESTABLISH, "document": PAPER, "answered_on": "2026-11-10"})
    made = tree.find("T1-B9")
    assert made is not None and response.status_code == 302 and response["Location"] == at("page", made.id)
    assert "2026年11月10日" in text(client.get(response["Location"]))


def test_a_refused_form_comes_back_as_it_was_sent(w: World) -> None:
    response = visitor("clerk1").post(at("establish", w.orgs["T1"]), {**ESTABLISH, "full": "2", "applied_on": "没有日期", "document": PAPER, "answered_on": "2026-11-10"})
    assert "申请日期要写成 2026-11-20 的样子" in errors(response)
    assert 'value="第1镇第9村党支部"' in text(response) and 'value="T1-B9"' in text(response)
    both = errors(visitor("clerk1").post(at("establish", w.orgs["T1"]), {**ESTABLISH, "full": "2", "code": "T1-B1", "document": PAPER, "answered_on": "2026-11-10"}))
    assert "E004" in both and "E044" in both


def test_a_rename_goes_up_is_approved_and_the_past_keeps_its_name(w: World) -> None:
    org, secretary, clerk = w.orgs["T1-B1"], visitor("secretary"), visitor("clerk1")
    given = {"name": "第1镇新村党支部", "short_name": "第1村党支部", "kind": "branch", "on": "2026-11-10", "applied_on": "2026-11-02", "reason": "村改名", "version": "1"}
    response = secretary.post(at("adjust", org), given)
    (case,) = cases.open_cases(w.actor("county").sees())
    assert response["Location"] == at("case", case.id)
    assert "E053" in errors(secretary.post(at("adjust", org), given))  # pressed twice
    own = text(secretary.get(at("case", case.id)))
    assert "撤回" in own and "由上级党组织答复" in own and 'value="approve"' not in own
    assert "等我答复的报批 1 件" in text(clerk.get(at("tree"))) and "去答复" in text(clerk.get(at("cases")))
    assert "村改名" in text(clerk.get(at("case", case.id)))
    answer = {"do": "approve", "document": "", "answered_on": "2026-11-05", "answer": ""}
    assert "E049" in errors(clerk.post(at("case", case.id), answer))
    assert clerk.post(at("case", case.id), {**answer, "document": PAPER}).status_code == 302
    assert "第1镇新村党支部" in text(secretary.get(at("page", org)))
    before = text(secretary.get(at("page", org, on="2026-11-09")))
    assert "<h1>第1镇第1村党支部" in before and "下面是2026年11月9日的情况" in before
    assert "第1镇第1村党支部" in text(clerk.get(at("tree", on="2026-11-09"))) and "第1镇第1村党支部" not in text(clerk.get(at("tree")))
    late = clerk.post(at("case", case.id), {"do": "refuse", "answer": "不同意了"})
    assert late.status_code == 409 and "已经由" in text(late)


def test_e023_and_e037_through_the_page(w: World) -> None:
    org = w.orgs["T1"]
    given = {"name": "中共青禾县新一镇委员会", "kind": "party_committee", "applied_on": "2026-11-02", "reason": "镇改名", "version": "1"}
    clerk = visitor("clerk1")
    clerk.post(at("adjust", org), given)
    (case,) = cases.open_cases(w.actor("county").sees())
    assert "不能由您审批" in text(clerk.get(at("case", case.id)))
    assert "E037" in errors(clerk.post(at("case", case.id), {"do": "approve", "document": PAPER, "answered_on": "2026-11-20"}))
    from zhibu.ground.access.models import Account, Grant

    other = Account.objects.create(username="clerk1b", name="另一位", made_at=AT)
    Grant.objects.create(account=other, org_id=org, role="party_building_office", valid_from=AT.date(), granted_by="系统", granted_at=AT)
    assert "E023" in errors(visitor("clerk1b").post(at("case", case.id), {"do": "approve", "document": PAPER, "answered_on": "2026-11-20"}))
    assert visitor("clerk2").get(at("case", case.id)).status_code == 404
    assert clerk.post(at("case", case.id), {"do": "withdraw"}).status_code == 302
    assert not cases.open_cases(w.actor("county").sees())


def test_a_refusal_reaches_the_branch_with_its_reason(w: World) -> None:
    actions.request_adjustment(w.actor("secretary"), w.orgs["T1-B1"], actions.Adjustment("改名", AT.date(), name="第1镇新村党支部"), version=1, at=AT)
    (case,) = cases.open_cases(w.actor("county").sees())
    clerk = visitor("clerk1")
    assert "写明理由" in errors(clerk.post(at("case", case.id), {"do": "refuse", "answer": ""}))
    clerk.post(at("case", case.id), {"do": "refuse", "answer": "名称与地名不一致"})
    assert "名称与地名不一致" in text(visitor("secretary").get(at("case", case.id)))
    assert "请选" in errors(clerk.post(at("case", case.id), {"do": "dance"}))


def test_a_stale_adjustment_shows_both_versions(w: World) -> None:
    from zhibu.ground.tree import actions as tree_actions

    tree_actions.edit_contacts(w.actor("clerk1"), w.orgs["T1-B1"], values={"address": "新址"}, version=1, at=AT)
    given = {"name": "我填的新名称党支部", "kind": "branch", "applied_on": "2026-11-02", "reason": "村改名", "version": "1"}
    response = visitor("secretary").post(at("adjust", w.orgs["T1-B1"]), given)
    assert response.status_code == 409
    assert "我填的新名称党支部" in text(response) and "现在保存的内容" in text(response) and 'name="version" value="2"' in text(response)


def test_merge_through_the_pages(w: World) -> None:
    one, two, clerk = w.orgs["T1-B1"], w.orgs["T1-B2"], visitor("clerk1")
    form = text(clerk.get(at("dissolve", two)))
    assert "现有党员 8 人" in form and "第1镇第1村党支部" in form
    given = {"reason": "两村合并", "successor": "", "on": "2026-11-15", "applied_on": "2026-11-02", "document": PAPER, "answered_on": "2026-11-12"}
    assert "党员 8 人" in errors(clerk.post(at("dissolve", two), given))
    assert clerk.post(at("dissolve", two), {**given, "successor": str(one)}).status_code == 302
    gone = text(clerk.get(at("page", two)))
    assert "已于2026年11月15日撤销" in gone and "已撤销" in gone and "正式 7 + 预备 1 = 8" in gone
    assert "正式 14 + 预备 2 = 16" in text(clerk.get(at("page", one)))
    assert "第1镇第2村党支部" not in text(clerk.get(at("tree"))) and "第1镇第2村党支部" in text(clerk.get(at("tree", on="2026-11-14")))


def test_nothing_is_asked_about_a_dissolved_organisation(w: World) -> None:
    one, two, clerk = w.orgs["T1-B1"], w.orgs["T1-B2"], visitor("clerk1")
    given = {"reason": "两村合并", "successor": str(one), "on": "2026-11-15", "applied_on": "2026-11-02", "document": PAPER, "answered_on": "2026-11-12"}
    assert clerk.post(at("dissolve", two), given).status_code == 302
    for name in ("adjust", "dissolve", "extend", "establish"):
        assert clerk.get(at(name, two)).status_code == 404


def test_days_on_the_page_are_chinese_days_and_as_exact_as_they_are_known(w: World) -> None:
    from zhibu.ground.tree.models import Organisation

    early = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # half past six in the morning of the 21st in China
    actions.request_adjustment(w.actor("secretary"), w.orgs["T1-B1"], actions.Adjustment("改名", date(2026, 11, 20), name="第1镇新村党支部"), version=1, at=early)
    Organisation.objects.filter(pk=w.orgs["T1-B1"]).update(established_precision="year")
    page = text(visitor("secretary").get(at("page", w.orgs["T1-B1"])))
    assert "2026年11月21日报" in page and "2026年11月21日已报" in page and "2026年11月20日" not in page
    founded = tree.views([w.orgs["T1-B1"]])[w.orgs["T1-B1"]].established_on
    assert founded is not None and f"{founded.year}年" in page and f"{founded.year}年{founded.month}月{founded.day}日" not in page


def test_the_paper_of_the_founding_is_entered_once(w: World) -> None:
    from zhibu.ground.tree.models import Organisation

    org, secretary = w.orgs["T1-B1"], visitor("secretary")
    Organisation.objects.filter(pk=org).update(approval_doc="")
    page = text(secretary.get(at("page", org)))
    assert "没有登记成立批复" in page and "补填批复" in page
    given = {"address": "村部", "phone": "", "theme_day": "", "function_label": "", "units": "", "approval_doc": "镇党〔1999〕3号", "version": "1"}
    assert secretary.post(at("contacts", org), given).status_code == 302
    page = text(secretary.get(at("page", org)))
    assert "镇党〔1999〕3号" in page and "没有登记成立批复" not in page
    assert "成立批复文件" not in text(secretary.get(at("contacts", org)))
    secretary.post(at("contacts", org), {**given, "approval_doc": "另一份", "version": "2"})
    assert "另一份" not in text(secretary.get(at("page", org)))


def test_a_branch_with_too_few_members_is_not_called_suitable(w: World) -> None:
    made = actions.found_directly(
        w.actor("clerk1"), w.orgs["T1"], actions.Establishment("T1-B9", "第1镇第9村党支部", "第9村党支部", "branch", 5, 1, date(2026, 11, 2)), document=PAPER,
        approved_on=date(2026, 11, 5), at=AT,
    )
    page = text(visitor("clerk1").get(at("page", made)))
    assert "不足 3 人，不能单独成立党支部" in page and "合适" not in page


def test_an_extension_through_the_pages(w: World, clock: dict[str, datetime]) -> None:
    org = w.orgs["T1-B1"]
    clock["now"] = datetime(2028, 7, 3, 10, tzinfo=AT.tzinfo)
    secretary, clerk = visitor("secretary"), visitor("clerk1")
    assert "到期未换届" in text(secretary.get(at("page", org)))
    given = {"until": "2029-12-01", "reason": "换届筹备期间遇洪灾", "applied_on": "2028-07-02"}
    assert "E050" in errors(secretary.post(at("extend", org), given))
    secretary.post(at("extend", org), {**given, "until": "2029-03-01"})
    (case,) = cases.open_cases(w.actor("county").sees())
    clerk.post(at("case", case.id), {"do": "approve", "document": PAPER, "answered_on": "2028-07-03"})
    assert "批准延期至2029年3月1日" in text(secretary.get(at("page", org)))
    assert secretary.get(at("extend", w.orgs["T1-B2"])).status_code == 404


# ---------------------------------------------------------------- committee, groups


def seats(*rows: tuple[int, str]) -> dict[str, str]:
    return {f"{k}{i}": str(v) for i, (person, post) in enumerate(rows, 1) for k, v in (("person", person), ("post", post))}


def test_enter_a_committee(w: World) -> None:
    org, p, client = w.orgs["T1-B1"], w.persons["T1-B1"], visitor("secretary")
    form = text(client.get(at("committee", org)))
    assert "王一11" in form and "第 3 届" in form and f'value="{p[7]}"' not in form  # the probationary member is not offered
    given = {"elected_on": "2026-11-12", "approval_doc": PAPER, "end_previous": "1", **seats((p[1], "secretary"), (p[0], "organization"), (p[2], "publicity"), (p[2], "discipline"))}
    assert "E044" in errors(client.post(at("committee", org), {**given, "end_previous": ""}))
    assert "请给" in errors(client.post(at("committee", org), {**given, "person9": str(p[3])}))
    assert "请从列表中选" in errors(client.post(at("committee", org), {**given, "person4": str(p[7])}))
    assert client.post(at("committee", org), given).status_code == 302
    page = text(client.get(at("page", org)))
    assert "第 4 届支部委员会" in page and "空缺" not in page
    assert "E044" in errors(client.post(at("committee", org), given))  # pressed twice


def test_vacancy_and_leave(w: World) -> None:
    org, p, client = w.orgs["T1-B1"], w.persons["T1-B1"], visitor("secretary")
    given = {"post": "publicity", "person": str(p[3]), "from_on": "2026-11-01"}
    assert "E044" in errors(client.post(at("vacancy", org), {**given, "post": "secretary"}))
    assert client.post(at("vacancy", org), given).status_code == 302
    post = next(x for x in people.posts(w.actor("secretary").sees(), AT.date(), org_ids=[org]) if x.kind == "publicity")
    assert "E001" in errors(client.post(at("leave", org), {"post": str(post.id), "on": "2026-12-01"}))
    assert client.post(at("leave", org), {"post": str(post.id), "on": "2026-11-20"}).status_code == 302
    assert "班子缺宣传委员" in text(client.get(at("page", org)))


def test_groups(w: World) -> None:
    org, p, (one, two), client = w.orgs["T1-B1"], w.persons["T1-B1"], w.groups["T1-B1"], visitor("secretary")
    places = {f"g{x}": str(one if i < 4 else two) for i, x in enumerate(p)}
    (version,) = re.findall(r'name="version" value="(\w+)"', text(client.get(at("groups", org))))
    given = {**places, f"leader{one}": str(p[0]), f"leader{two}": str(p[4]), "on": "2026-11-20", "version": version}
    assert "要编入一个党小组" in errors(client.post(at("groups", org), {**given, f"g{p[0]}": ""}))
    assert "E006" in errors(client.post(at("groups", org), {**given, f"g{p[4]}": str(one), f"g{p[5]}": str(one), f"leader{two}": str(p[6])}))
    assert client.post(at("groups", org), {**given, f"g{p[3]}": str(two)}).status_code == 302
    assert "E007" in errors(client.post(at("new-group", org), {"name": "第三党小组", "member": [str(x) for x in p[:3]], "leader": str(p[0]), "from_on": "2026-11-20"}))
    assert "E007" in errors(client.post(at("close-group", org), {"group": str(two), "to": "", "on": "2026-11-20"}))
    assert client.post(at("close-group", org), {"group": str(two), "to": str(one), "on": "2026-11-20"}).status_code == 302
    assert client.get(at("groups", w.orgs["T1"])).status_code == 404


def test_a_first_group_in_a_branch_without_groups(w: World) -> None:
    org, p, client = w.orgs["T1-B2"], w.persons["T1-B2"], visitor("secretary2")
    assert "没有设党小组" in text(client.get(at("groups", org)))
    given = {"name": "第一党小组", "member": [str(x) for x in p[:2]], "leader": str(p[0]), "from_on": "2026-11-20"}
    response = client.post(at("new-group", org), given)
    assert "E006" in errors(response) and f'value="{p[1]}" checked' in text(response)
    assert client.post(at("new-group", org), {**given, "member": [str(x) for x in p[:4]]}).status_code == 302


# ---------------------------------------------------------------- rules


def test_rules_with_provenance(w: World) -> None:
    page = text(visitor("secretary").get(at("rules", w.orgs["T1-B1"])))
    for words in ("中国共产党支部工作条例（试行）", "每季度不少于 1 次", "第十一条", "没有另行指定，按国家规定", "待核"):
        assert words in page, words
    assert "指定规则集" not in page
    assert "党费交纳周期" not in page and "党费交纳周期" in text(visitor("secretary").get(at("rules", w.orgs["T1-B1"], all="1")))


def test_assign_a_rule_set_e042_then_e041(w: World) -> None:
    org, county = w.orgs["T1"], visitor("county")
    given = {"family": "life", "rule_set": "seed-000", "valid_from": "2026-01-01", "valid_to": "", "decision_doc": "青组〔2026〕1号", "reason": ""}
    refused = county.post(at("assign", org), given)
    assert "E042" in errors(refused) and "未列入，不再要求" in text(refused)
    assert county.post(at("assign", org), {**given, "reason": "按市里培训要求"}).status_code == 302
    assert "E041" in errors(county.post(at("assign", org), {**given, "reason": "再来一次"}))
    page = text(visitor("secretary").get(at("rules", w.orgs["T1-B1"])))
    for words in ("中共青禾县第1镇委员会指定", "每半年不少于 1 次", "低于现行国家规定", "按市里培训要求", "未列入，不要求"):
        assert words in page, words
    assert f'href="{at("rules", org)}"' not in page and f'href="{at("rules", org)}"' in text(visitor("clerk1").get(at("rules", w.orgs["T1-B1"])))
    before = text(visitor("secretary").get(at("rules", w.orgs["T1-B1"], on="2025-12-31")))
    assert "每半年不少于 1 次" not in before and "指定，2026年" not in before
    assert "低于现行国家规定" not in text(visitor("foreign").get(at("rules", w.orgs["T2-B1"])))
    (made,) = policy.assignments_of([org])
    end = {"id": str(made.id), "on": "2025-06-01"}
    assert "E002" in errors(county.post(at("end-assignment", org), end))
    assert county.post(at("end-assignment", org), {**end, "on": "2026-06-01"}).status_code == 302
    assert county.post(at("assign", org), {**given, "reason": "恢复", "valid_from": "2026-06-01"}).status_code == 302


def test_only_who_may_assign_sees_the_form(w: World) -> None:
    assert visitor("clerk1").get(at("assign", w.orgs["T1"])).status_code == 403
    assert visitor("county").get(at("assign", w.orgs["T1"], family="term")).status_code == 200
    assert "请从列表中选" in errors(visitor("county").post(at("assign", w.orgs["T1"]), {"family": "life", "rule_set": "no-such", "valid_from": "2026-01-01"}))


def test_strangers_are_sent_to_the_sign_in_page(w: World) -> None:
    assert Client().get(at("tree")).status_code == 302
    assert visitor("sysadmin").get(at("page", w.orgs["T1-B1"])).status_code == 404
