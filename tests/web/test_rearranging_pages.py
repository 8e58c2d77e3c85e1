"""合并、拆分、划转 through HTTP: form, preview, confirmation, what changed meanwhile, and refusals."""
from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.world import AT, World

from zhibu.areas.meetings import actions as meetings
from zhibu.areas.structure import actions, procedures
from zhibu.ground.access.models import Account
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.policy import actions as policy_actions
from zhibu.ground.process import spec
from zhibu.ground.tree import queries as tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world.build()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    for kind in procedures.KINDS:
        spec.register(kind, actions.EFFECTS[kind.code])


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def seen(response: Any) -> str:
    return re.search(r'name="seen" value="([0-9a-f]+)"', response.content.decode())[1]  # type: ignore[index]


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


PAPER = {"document": "青组〔2026〕31号", "decided_on": "2026-11-06", "on": "2026-11-10", "reason": "合村并居"}


def merging(w: World, **more: Any) -> dict[str, Any]:
    return {**PAPER, "source": [w.orgs["T1-B1"]], "into": str(w.orgs["T1-B2"]), "keep_groups": "1", "step": "show", **more}


def test_a_merger_is_previewed_confirmed_and_leads_to_the_receiver(w: World) -> None:
    url, client = reverse("org:merge", args=[w.orgs["T1"]]), visitor("clerk1")
    assert "第1镇第1村党支部" in text(client.get(url))
    shown = client.post(url, merging(w))
    assert shown.status_code == 200
    assert "16 人" in text(shown) and "还没有办" in text(shown) and "确认办理" in text(shown)
    assert tree.views([w.orgs["T1-B1"]])[w.orgs["T1-B1"]].status == "active"  # a preview writes nothing
    done = client.post(url, merging(w, step="do", seen=seen(shown)), follow=True)
    assert done.redirect_chain[0][0] == reverse("org:page", args=[w.orgs["T1-B2"]])
    assert "已办理：1 个组织并入第1镇第2村党支部" in text(done)
    assert tree.views([w.orgs["T1-B1"]])[w.orgs["T1-B1"]].status == "dissolved"
    old = client.get(reverse("org:page", args=[w.orgs["T1-B1"]]) + "?on=2026-11-09")
    assert old.status_code == 200 and "8 人" in text(old)
    roster = client.get(reverse("roster:list") + f"?org={w.orgs['T1-B1']}&on=2026-11-09")
    assert "共" in text(roster) or "8 人" in text(roster)


def test_what_changed_after_the_preview_comes_back_with_409(w: World) -> None:
    url, client = reverse("org:merge", args=[w.orgs["T1"]]), visitor("clerk1")
    shown = client.post(url, merging(w))
    people_actions.edit(w.actor("secretary"), w.persons["T1-B1"][0], values={"name": "王改名"}, version=1, at=AT, reason="写错了")
    again = client.post(url, merging(w, step="do", seen=seen(shown)))
    assert again.status_code == 409 and "预览以后情况有变" in text(again) and "王改名" in text(again)
    assert client.post(url, merging(w, step="do", seen=seen(again))).status_code == 302


def test_refusals_stand_at_the_top_with_their_codes(w: World) -> None:
    url, client = reverse("org:merge", args=[w.orgs["T1"]]), visitor("clerk1")
    for change, said in (
        ({"document": ""}, "E049"), ({"source": []}, "E054"), ({"on": "2026-11-30"}, "E001"), ({"into": "other", "into_other": "没有这个"}, "没有找到“没有这个”"),
        ({"into": "other", "into_other": "T2-B1"}, "共同的上级"), ({"source_other": "T2-B1"}, "共同的上级"), ({"into": ""}, "请选并入"),
    ):
        answer = client.post(url, merging(w, **change))
        assert answer.status_code == 422 and said in text(answer), (change, said)
        assert "确认办理" not in text(answer)


def test_the_county_decides_which_rules_hold(w: World) -> None:
    policy_actions.assign(w.actor("county"), org_id=w.orgs["T1"], family="life", rule_set="seed-003", valid_from=AT.date().replace(month=1), valid_to=None, at=AT, reason="县里决定")
    url, client = reverse("org:merge", args=[w.orgs["QH"]]), visitor("county")
    form = {**PAPER, "source": [w.orgs["T1"]], "into": str(w.orgs["T2"]), "keep_groups": "1", "step": "show"}
    shown = client.post(url, form)
    assert "两边规则不同" in text(shown)
    undecided = client.post(url, {**form, "step": "do", "seen": seen(shown)})
    assert undecided.status_code == 422 and "请选从那天起按哪一套" in text(undecided)
    done = client.post(url, {**form, "step": "do", "seen": seen(shown), "rules-life": "seed-003"})
    assert done.status_code == 302


def test_a_township_founds_a_village_out_of_two(w: World) -> None:
    url, client = reverse("org:merge", args=[w.orgs["T1"]]), visitor("clerk1")
    form = merging(w, source=[w.orgs["T1-B1"], w.orgs["T1-B2"]], into="new", name="第1镇新村党支部", code="T1-B9", units="新村村民委员会")
    shown = client.post(url, form)
    assert shown.status_code == 200, text(shown)
    assert client.post(url, {**form, "step": "do", "seen": seen(shown)}).status_code == 302
    made = tree.find("T1-B9")
    assert made and people.headcounts(w.actor("clerk1").sees(), AT.date())[made.id].members_all == 16


def test_a_split_by_group_and_by_member(w: World) -> None:
    url, client = reverse("org:split", args=[w.orgs["T1"]]), visitor("clerk1")
    assert "拆分哪个党支部" in text(client.get(url))
    url += f"?from={w.orgs['T1-B1']}"
    assert "第二党小组（4 人）" in text(client.get(url))
    form = {**PAPER, "name": "第1镇第9村党支部", "code": "T1-B9", "units": "第9村村民委员会", "group": [w.groups["T1-B1"][1]], "person": [w.persons["T1-B1"][1]], "step": "show"}
    shown = client.post(url, form)
    assert shown.status_code == 200 and "5 人" in text(shown)
    assert client.post(url, {**form, "step": "do", "seen": seen(shown)}).status_code == 302
    assert "E004" in text(client.post(url, {**form, "group": [], "code": "T1-B8", "name": "另一个"}))


def test_villages_are_handed_over_with_new_names(w: World) -> None:
    url, client = reverse("org:transfer", args=[w.orgs["QH"]]), visitor("county")
    form = {**PAPER, "org": [w.orgs["T1-B1"], w.orgs["T1-B2"]], "into": str(w.orgs["T2"]), "old": "第1镇", "new": "第2镇东", "step": "show"}
    shown = client.post(url, form)
    assert shown.status_code == 200 and "第1镇第1村党支部 → 第2镇东第1村党支部" in text(shown)
    assert client.post(url, {**form, "step": "do", "seen": seen(shown)}, follow=True).status_code == 200
    assert tree.views([w.orgs["T1-B1"]])[w.orgs["T1-B1"]].parent_id == w.orgs["T2"]


@pytest.mark.parametrize("name", ["merge", "split", "transfer"])
def test_who_may_open_the_pages(w: World, name: str) -> None:
    assert visitor("clerk1").get(reverse(f"org:{name}", args=[w.orgs["T1"]])).status_code == 200
    assert visitor("clerk2").get(reverse(f"org:{name}", args=[w.orgs["T1"]])).status_code == 404
    assert visitor("organiser").get(reverse(f"org:{name}", args=[w.orgs["T1"]])).status_code == 403
    page = text(visitor("clerk1").get(reverse("org:page", args=[w.orgs["T1"]])))
    assert "合并下级组织" in page and "拆分党支部" in page and "划转下级组织" in page
    assert "合并下级组织" not in text(visitor("organiser").get(reverse("org:page", args=[w.orgs["T1"]])))


def test_the_day_is_today_unless_said(w: World) -> None:
    assert datetime(2026, 11, 20).date().isoformat() in text(visitor("clerk1").get(reverse("org:merge", args=[w.orgs["T1"]])))


def test_meeting_records_put_aside_are_named_in_the_preview(w: World) -> None:
    meetings.put_aside(w.actor("secretary"), org_id=w.orgs["T1-B1"], key="d1", fields={"place": ["村部"]}, title="11月支委会", why="", at=AT)
    url, client = reverse("org:merge", args=[w.orgs["T1"]]), visitor("clerk1")
    shown = client.post(url, merging(w))
    assert shown.status_code == 200 and "1 份先放着没记完的开会记录：11月支委会" in text(shown)
