"""规则集 through HTTP: copy, the form with its boxes, stale saves, check and activation, own tables, files; and the county's quarterly theme day from copy to ledger."""
from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.everywhere.lasting import lasting
from tests.everywhere.pages import read
from tests.world import AT, World

from zhibu.areas.meetings import queries as meetings
from zhibu.ground.access.models import Account
from zhibu.ground.guard.permission import Permission
from zhibu.ground.policy import queries
from zhibu.ground.policy.catalogue import FAMILIES
from zhibu.ground.policy.library import RuleSet, shipped
from zhibu.web.rules import inputs
from zhibu.web.rules.typed import Texts

pytestmark = pytest.mark.django_db
DOCUMENT = "青组〔2026〕5号"


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with lasting(django_db_blocker):
        yield world.build()


@pytest.fixture
def w(built: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    with transaction.atomic():
        yield built
        transaction.set_rollback(True)


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def text(response: HttpResponse) -> str:
    return response.content.decode()


def form_at(client: Client, url: str, **changes: Any) -> HttpResponse:
    """Open a page and send its form as it stands, with changes."""
    page = read(client.get(url), url)
    form = next(f for f in page.forms if f.method == "post" and f.action and "/rules/" in f.action)
    return client.post(form.action, form.values(changes))


def copied(client: Client, w: World, code: str = "cn-branch-2018") -> int:
    response = client.post(reverse("rules:copy"), {"from": code, "org": w.orgs["QH"], "title": "青禾县组织生活规定"})
    assert response.status_code == 302, text(response)
    return int(re.findall(r"\d+", response["Location"])[-1])


def ready(client: Client, w: World) -> int:
    """Copy, name the document, make the theme day quarterly with its reason."""
    made = copied(client, w)
    assert form_at(client, reverse("rules:header", args=[made]), document_no=DOCUMENT, effective_from="2026-04-01", source="县委常委会审定").status_code == 302
    life = reverse("rules:values", args=[made, "life"])
    changes = {"life.theme_day-window": "quarter", "life.theme_day-clause": f"{DOCUMENT}第三条", "life.theme_day-reason": "山区支部居住分散"}
    assert form_at(client, life, **changes).status_code == 302
    return made


# ---------------------------------------------------------------- the story


def test_a_county_makes_the_theme_day_quarterly_for_one_township_from_a_day_on(w: World) -> None:
    county, secretary = visitor("county"), visitor("secretary")
    ledger = reverse("meetings:ledger") + "?year=2026"
    scope, orgs = w.actor("county").scope(Permission.COMPLIANCE_READ), w.orgs

    def due(code: str) -> int:
        years = meetings.compliance(scope, orgs["QH"], 2026, AT.date()).years
        return sum(cell.due for line in years[orgs[code]].lines if line.kind == "theme_day" for cell in line.cells)

    before = {code: due(code) for code in ("T1-B1", "T1-B2", "T2-B1")}
    assert set(before.values()) == {10}, before      # January to October
    made = ready(county, w)
    check = text(county.get(reverse("rules:check", args=[made])))
    assert "不缺什么，可以启用" in check and "低于现行国家规定" in check and "山区支部居住分散" in check
    assert re.search(r"主题党日应开展</td><td>现在 12</td><td><b>新规则 4</b>", check)          # a built-in case whose result changes
    assert secretary.get(reverse("rules:set", args=[made])).status_code == 404       # still a draft
    assert form_at(county, reverse("rules:check", args=[made])).status_code == 302
    code = queries.published()[0].rule_set.code
    assert "山区支部居住分散" in text(secretary.get(reverse("rules:set", args=[made])))
    given = {"family": "life", "rule_set": code, "valid_from": "2026-07-01", "valid_to": "", "decision_doc": DOCUMENT, "reason": ""}
    refused = county.post(reverse("org:assign", args=[orgs["T1"]]), given)
    assert refused.status_code == 422 and "E042" in text(refused) and "主题党日：每季度不少于 1 次" in text(refused)
    assert county.post(reverse("org:assign", args=[orgs["T1"]]), {**given, "reason": "山区镇"}).status_code == 302
    again = county.post(reverse("org:assign", args=[orgs["T1"]]), {**given, "reason": "山区镇"})
    assert again.status_code == 422 and "E041" in text(again)
    # six months from January to June, then one quarter closed until November: 7; the other township as before
    assert {code: due(code) for code in before} == {"T1-B1": 7, "T1-B2": 7, "T2-B1": 10}
    rules = reverse("org:rules", args=[orgs["T1-B1"]])
    now, past = text(secretary.get(rules)), text(secretary.get(f"{rules}?on=2026-06-30"))
    assert "每季度不少于 1 次" in now and "青禾县组织生活规定" in now and "低于现行国家规定" in now and "山区镇" in now and DOCUMENT in now
    assert "青禾县组织生活规定" not in past and "青禾县组织生活规定" not in text(visitor("foreign").get(reverse("org:rules", args=[orgs["T2-B1"]])))
    assert secretary.get(ledger).status_code == 200
    assert "青禾县组织生活规定" in text(county.get(reverse("org:assignments", args=[orgs["T1"]])))
    # ended: from that day the nation again, and who ended it is kept
    (one,) = queries.assignments_of([orgs["T1"]])
    assert county.post(reverse("org:end-assignment", args=[orgs["T1"]]), {"id": one.id, "on": "2026-10-01"}).status_code == 302
    assert due("T1-B1") == 8                                                          # plus October
    assert "county于2026年11月20日定的结束日期" in text(county.get(reverse("org:assignments", args=[orgs["T1"]])))


# ---------------------------------------------------------------- the form


@pytest.mark.parametrize("family", list(FAMILIES))
@pytest.mark.parametrize("code", ["cn-branch-2018", "seed-000", "zhibu-conventions", "seed-004e"])
def test_a_form_sent_as_it_stands_changes_nothing(w: World, family: str, code: str) -> None:
    """Every typed box gives back exactly the value it shows; the page stays small."""
    county = visitor("county")
    made = copied(county, w, code)
    url = reverse("rules:values", args=[made, family])
    page = county.get(url)
    assert page.status_code == 200 and len(gzip.compress(page.content)) < 60_000 and "<textarea" not in text(page)
    assert form_at(county, url).status_code == 302
    found = queries.local_set(w.actor("county").scope(Permission.POLICY_WRITE), made)
    assert found is not None and dict(found.rule_set.values) == dict(shipped().get(code).values)


@pytest.mark.parametrize("one", [s for s in shipped().all() if s.values], ids=lambda s: s.code)
def test_every_shipped_value_survives_its_boxes(one: RuleSet) -> None:
    for key, item in one.values.items():
        typed = Texts(None, inputs.texts_of(key, item.value))
        shown = {f.name for f in inputs.fields_of(key, typed)}
        assert {box for box, texts in typed.saved.items() if any(texts)} <= shown | {f"{key}-round", f"{key}-hard"}, key
        assert inputs.same(key, inputs.value_of(key, typed), item.value), key


def test_beside_every_box_stands_the_national_value_with_its_clause_and_the_unit(w: World) -> None:
    county = visitor("county")
    made = copied(county, w, "seed-000")
    page = text(county.get(reverse("rules:values", args=[made, "org"])))
    row = re.search(r'id="r-org.committee_min".*?</section>', page, re.S)
    assert row and "100 人" in row[0] and "据旗帜网" in row[0] and "（人）" in row[0] and "沿用国家规定" in row[0]
    life = text(county.get(reverse("rules:values", args=[made, "life"])))
    assert "未列入，低于现行国家规定" in re.search(r'id="r-life.theme_day".*?</section>', life, re.S)[0]  # type: ignore[index]


def test_an_emptied_box_follows_the_nation_and_a_laxer_value_says_so(w: World) -> None:
    county = visitor("county")
    made = copied(county, w)
    url = reverse("rules:values", args=[made, "org"])
    assert form_at(county, url, **{"org.committee_min": "", "org.joint_max_units": "6"}).status_code == 302
    page = text(county.get(url))
    assert "沿用国家规定" in re.search(r'id="r-org.committee_min".*?</section>', page, re.S)[0]  # type: ignore[index]
    assert "低于现行国家规定" in re.search(r'id="r-org.joint_max_units".*?</section>', page, re.S)[0]  # type: ignore[index]
    found = text(county.get(reverse("rules:check", args=[made])))
    assert "E042" in found and "联合支部覆盖单位上限" in found and "出处还是" in found


@pytest.mark.parametrize(
    ("code", "family", "changes", "said"),
    [
        ("cn-branch-2018", "org", {"org.committee_min": "many"}, "整数"), ("cn-branch-2018", "org", {"org.committee_min": "-1"}, "整数"),
        ("cn-branch-2018", "org", {"org.threshold_op": "=="}, "从列表中选"), ("cn-branch-2018", "votes", {"votes.decision_quorum-den": "0"}, "分母不能是 0"),
        ("cn-branch-2018", "life", {"life.theme_day-min": ""}, "不少于几次"), ("cn-branch-2018", "life", {"life.theme_day-window": ""}, "多长时间"),
        ("cn-branch-2018", "life", {"life.theme_day-applies": None}, "要求哪些组织"), ("cn-dues-2008", "dues", {"dues.wage-0-up": "9000"}, "由小到大"),
        ("cn-dues-2008", "dues", {"dues.farmer.min": "两毛"}, "要填数"), ("seed-002f", "star", {"star.bands-0-from": ""}, "分数和等次都要填"),
        ("seed-000", "term", {"term.branch": "三年"}, "顿号隔开"), ("zhibu-conventions", "conventions", {"conventions.may_count_together-0-1": ""}, "两种不同的活动"),
        ("seed-000", "innovation", {"innovation.shortlist_by": "13-45"}, "填得不对"), ("cn-branch-2018", "org", {"org.committee_min-clause": "长" * 200}, "太长"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_box_and_nothing_is_saved(w: World, code: str, family: str, changes: dict[str, Any], said: str) -> None:
    county = visitor("county")
    made = copied(county, w, code)
    before = queries.local_set(w.actor("county").scope(Permission.POLICY_WRITE), made)
    answer = form_at(county, reverse("rules:values", args=[made, family]), **changes)
    assert answer.status_code == 422 and said in text(answer) and 'class="errs"' in text(answer)
    anchors = re.findall(r'href="#([^"]+)"', re.search(r'<section class="errs".*?</section>', text(answer), re.S)[0])  # type: ignore[index]
    assert anchors and all(f'id="{one}"' in text(answer) for one in anchors)
    assert queries.local_set(w.actor("county").scope(Permission.POLICY_WRITE), made) == before


def test_a_stale_form_shows_both_and_the_second_save_is_a_decision(w: World) -> None:
    county = visitor("county")
    made = copied(county, w)
    url = reverse("rules:values", args=[made, "org"])
    first = read(county.get(url), url).forms[-1]
    assert form_at(county, url, **{"org.committee_min": "120"}).status_code == 302
    late = county.post(url, first.values({"org.committee_min": "90"}))
    page = text(late)
    assert late.status_code == 409 and "county先保存了一次" in page and "现在保存的：120 人" in page and 'value="90"' in page
    again = read(late, url).forms[-1]
    assert county.post(url, again.values({})).status_code == 302
    found = queries.local_set(w.actor("county").scope(Permission.POLICY_WRITE), made)
    assert found is not None and found.rule_set.values["org.committee_min"].value == 90


def test_what_cannot_be_printed_is_left_out(w: World) -> None:
    county = visitor("county")
    made = copied(county, w)
    assert form_at(county, reverse("rules:header", args=[made]), title="名\x00称\u202e", reason="一\n二").status_code == 302
    found = queries.local_set(w.actor("county").scope(Permission.POLICY_WRITE), made)
    assert found is not None and (found.rule_set.title, found.rule_set.reason) == ("名称", "一 二")


def test_a_stale_header_shows_both(w: World) -> None:
    county = visitor("county")
    made = copied(county, w)
    url = reverse("rules:header", args=[made])
    first = read(county.get(url), url).forms[-1]
    assert form_at(county, url, title="第一个人的名称").status_code == 302
    late = county.post(url, first.values({"title": "第二个人的名称"}))
    assert late.status_code == 409 and "第一个人的名称" in text(late) and "第二个人的名称" in text(late)
    assert county.post(url, read(late, url).forms[-1].values({})).status_code == 302


# ---------------------------------------------------------------- check, own tables


def test_activation_is_refused_with_everything_that_is_missing(w: World) -> None:
    county = visitor("county")
    made = copied(county, w)
    answer = form_at(county, reverse("rules:check", args=[made]))
    assert answer.status_code == 422 and text(answer).count("（E055）") == 2 and ">启用</button>" not in text(answer)
    assert queries.published() == []


def test_the_check_page_of_a_draft_changed_meanwhile_asks_again(w: World) -> None:
    county = visitor("county")
    made = ready(county, w)
    url = reverse("rules:check", args=[made])
    first = next(f for f in read(county.get(url), url).forms if f.action == url)
    assert form_at(county, reverse("rules:header", args=[made]), title="改名").status_code == 302
    assert county.post(url, first.values({})).status_code == 409 and queries.published() == []


def table(code: str, due: int) -> SimpleUploadedFile:
    body = f'family = "meetings.year"\n[[case]]\nname = "a year"\ngiven = {{ rules = "{code}", year = 2027, as_of = "2028-01-31", members = 9, groups = 0, held = [] }}\nexpect = {{ theme_day_due = {due} }}\n'
    return SimpleUploadedFile("县.toml", body.encode())


def test_a_countys_own_table_is_run_beside_the_draft(w: World) -> None:
    county = visitor("county")
    made = ready(county, w)
    url, check = reverse("rules:tables", args=[made]), reverse("rules:check", args=[made])
    code = queries.local_set(w.actor("county").scope(Permission.POLICY_WRITE), made).rule_set.code  # type: ignore[union-attr]
    assert county.post(url, {"file": table(code, 4)}).status_code == 302
    assert "1 例与预期相符，0 例不符" in text(county.get(check))
    assert county.post(url, {"file": table(code, 12)}).status_code == 302
    assert re.search(r"主题党日应开展</td><td>预期 12</td><td><b>新规则 4</b>", text(county.get(check)).split("本地判例</h2>")[1])
    for bad, said in ((b"family = 1", "family"), (b"\xff\xfe", "不是有效的"), (b'family = "meetings.year"\n' + b"[[case]]\n" * 300, "200"), (b"a" + b".a" * 9000 + b"=1", "不是有效的")):
        refused = county.post(url, {"file": SimpleUploadedFile("坏.toml", bad)})
        assert refused.status_code == 422 and said in text(refused), said
    assert county.post(url, {}).status_code == 422
    assert county.post(url, {"drop": "县.toml"}).status_code == 302 and "没有本地判例" in text(county.get(check))


# ---------------------------------------------------------------- files, the end, who may


def test_download_and_upload_give_the_same_set(w: World) -> None:
    county = visitor("county")
    made = ready(county, w)
    sent = county.get(reverse("rules:file", args=[made]))
    assert sent["Content-Disposition"].startswith("attachment") and "life" in text(sent)
    answer = county.post(reverse("rules:upload"), {"org": w.orgs["QH"], "file": SimpleUploadedFile("县.toml", sent.content)})
    again = int(re.findall(r"\d+", answer["Location"])[-1])
    scope = w.actor("county").scope(Permission.POLICY_WRITE)
    one, other = queries.local_set(scope, made), queries.local_set(scope, again)
    assert one is not None and other is not None and one.rule_set.values == other.rule_set.values and one.rule_set.code != other.rule_set.code
    assert (one.rule_set.title, one.rule_set.effective_from, one.rule_set.document_no) == (other.rule_set.title, other.rule_set.effective_from, other.rule_set.document_no)
    assert text(county.get(reverse("rules:shipped-file", args=["seed-003"]))).startswith('code = "seed-003"')


def test_an_unreadable_file_is_refused_with_its_lines(w: World) -> None:
    county = visitor("county")
    for body, said in ((b"a = 1\nb = \n", "第 2 行"), (b"[org]\nunheard = { value = 1, clause = '' }\n", "org.unheard"), (b"x" * 300_000, "200 KB"), (b"", "title")):
        answer = county.post(reverse("rules:upload"), {"org": w.orgs["QH"], "file": SimpleUploadedFile("x.toml", body)})
        assert answer.status_code == 422 and (said in text(answer) or body == b""), said
    assert county.post(reverse("rules:upload"), {"org": w.orgs["QH"]}).status_code == 422


def test_retire_shows_who_follows_and_takes_effect_after_the_day(w: World) -> None:
    county = visitor("county")
    made = ready(county, w)
    form_at(county, reverse("rules:check", args=[made]))
    code = queries.published()[0].rule_set.code
    county.post(reverse("org:assign", args=[w.orgs["T1"]]), {"family": "life", "rule_set": code, "valid_from": "2026-07-01", "reason": "山区镇"})
    url = reverse("rules:retire", args=[made])
    assert "中共青禾县第1镇委员会" in text(county.get(url))
    assert form_at(county, url, last_day="2026-11-19").status_code == 422
    assert form_at(county, url).status_code == 302
    page = text(visitor("member").get(reverse("rules:set", args=[made])))
    assert "停用" in page and "到2026年11月20日止" in page
    for name in ("header", "check", "tables", "discard"):
        assert county.get(reverse(f"rules:{name}", args=[made])).status_code == 404


@pytest.mark.parametrize("username", ["clerk1", "secretary", "member", "secadmin"])
def test_the_others_read_what_is_active_and_nothing_more(w: World, username: str) -> None:
    county, other = visitor("county"), visitor(username)
    draft, active = copied(county, w), ready(county, w)
    form_at(county, reverse("rules:check", args=[active]))
    page = text(other.get(reverse("rules:list")))
    assert "青禾县组织生活规定" in page and "复制成草稿" not in page and "草稿" not in page
    assert other.get(reverse("rules:set", args=[active])).status_code == 200 and other.get(reverse("rules:file", args=[active])).status_code == 200
    assert other.get(reverse("rules:set", args=[draft])).status_code == 404 and other.get(reverse("rules:file", args=[draft])).status_code == 404
    assert other.get(reverse("rules:retire", args=[active])).status_code in (403, 404)
    for name in ("copy", "upload"):
        assert other.get(reverse(f"rules:{name}")).status_code == 403
    assert other.post(reverse("rules:copy"), {"from": "cn-branch-2018", "org": w.orgs["T1"]}).status_code == 403
    assert text(other.get(reverse("rules:shipped", args=["cn-branch-2018"]))).count("第十六条") >= 2


def test_a_copy_for_an_organisation_out_of_reach_is_not_found(w: World) -> None:
    county = visitor("county")
    assert county.post(reverse("rules:copy"), {"from": "cn-branch-2018", "org": "999999"}).status_code == 404
    assert county.post(reverse("rules:copy"), {"from": "no-such", "org": w.orgs["QH"]}).status_code == 422


def test_the_draft_begins_on_its_own_day(w: World) -> None:
    """The national value beside a box is that of the day the draft begins."""
    county = visitor("county")
    made = ready(county, w)
    assert f"{date(2026, 4, 1):%Y年}4月1日有效的国家规定" in text(county.get(reverse("rules:values", args=[made, "life"])))
