"""疑似重复、更正、去世 through HTTP."""
from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.world import AT, TODAY, World, id_number

from zhibu.ground.access.models import Account
from zhibu.ground.people import actions
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import NewMember
from zhibu.ground.record import actions as record

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world.build()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: AT)


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def url(name: str, *args: object) -> str:
    return reverse(f"roster:{name}", args=args)


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


def hidden(response: Any) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(version_a|version_b|key|version)" value="([^"]*)"', response.content.decode()))


def twin(w: World, code: str = "T1-B2") -> int:
    item = NewMember(w.orgs[code], "王一11", "full", date(2018, 5, 1), gender="男", birth_on=date(1975, 6, 1), birth_precision="month", job="村医", address="东头")
    return actions.register(w.actor("clerk1" if code.startswith("T1") else "clerk2"), item, at=AT)


def test_a_pair_is_listed_compared_and_merged(w: World) -> None:
    one, two, client = w.persons["T1-B1"][0], twin(w), visitor("clerk1")
    listed = text(client.get(url("duplicates")))
    assert "都是1975年6月生" in listed and "第1镇第2村党支部" in listed and id_number(1) not in listed
    address = f"{url('merge', one)}?with={two}"
    shown = client.get(address)
    assert "组织关系重叠" in text(shown) and "村医" in text(shown) and id_number(1) not in text(shown)
    form = {**hidden(shown), "keep": "a", "reason": "两次录入，已对照身份证"}
    undecided = client.post(address, form)
    assert undecided.status_code == 422 and "请选工作岗位按哪一个" in text(undecided) and "重叠，请选按哪一个" in text(undecided)
    every = {name: "b" for name in re.findall(r'name="(v-\w+)"', shown.content.decode())}
    decided = {**form, **every, "v-id_no": "a", "v-phone": "a", "v-joined_on": "a", "v-full_on": "a", "spells": "a"}
    done = client.post(address, decided, follow=True)
    assert done.status_code == 200 and "两个登记已合并" in text(done)
    file = people.member_file(w.actor("clerk1").sees(), one, TODAY)
    assert (file.job, file.address, file.org_id, file.has_id_no) == ("村医", "东头", w.orgs["T1-B1"], True)
    assert people.headcounts(w.actor("clerk1").sees(), TODAY)[w.orgs["T1-B2"]].members_all == 8
    led = client.get(f"{url('list')}?person={two}", follow=True)
    assert f"person={one}" in led.redirect_chain[0][0] and "已并入下面这一个" in text(led)
    for name in ("edit", "end", "standing"):
        assert client.get(url(name, two)).status_code == 404
    assert "没有发现疑似重复的登记" in text(client.get(url("duplicates")))


def test_a_row_changed_meanwhile_comes_back_with_409(w: World) -> None:
    one, two, client = w.persons["T1-B1"][0], twin(w), visitor("clerk1")
    address = f"{url('merge', one)}?with={two}"
    shown = client.get(address)
    actions.edit(w.actor("clerk1"), two, values={"job": "教师"}, version=1, at=AT)
    every = {name: "a" for name in re.findall(r'name="(v-\w+)"', shown.content.decode())}
    answer = client.post(address, {**hidden(shown), **every, "keep": "a", "spells": "a", "reason": "两次录入"})
    assert answer.status_code == 409 and "有一个登记被别人改过" in text(answer) and "教师" in text(answer)


def test_who_may_and_who_is_sent_to_the_common_superior(w: World) -> None:
    one, two = w.persons["T1-B1"][0], twin(w, "T2-B1")
    answer = visitor("clerk1").get(f"{url('merge', one)}?with={two}")
    assert answer.status_code == 409 and "共同的上级" in text(answer) and "E023" in text(answer)
    assert visitor("county").get(f"{url('merge', one)}?with={two}").status_code == 200
    assert visitor("reader").get(url("duplicates")).status_code == 403
    assert visitor("reader").get(f"{url('merge', one)}?with={two}").status_code == 403
    assert visitor("foreign").get(f"{url('merge', one)}?with={two}").status_code == 404
    assert visitor("clerk1").get(url("merge", one)).status_code == 200
    assert "疑似重复登记" in text(visitor("clerk1").get(url("list"))) and "疑似重复登记" not in text(visitor("reader").get(url("list")))


def test_a_name_is_corrected_with_its_reason_on_the_page(w: World) -> None:
    person, client = w.persons["T1-B1"][0], visitor("secretary")
    page = client.get(url("edit", person))
    form = {"name": "王壹", "gender": "男", "birth_on": "1975-06", "joined_on": "2005-07-01", "full_on": "2006-07-01", **hidden(page)}
    refused = client.post(url("edit", person), form)
    assert refused.status_code == 422 and "要写明理由" in text(refused) and "E054" in text(refused)
    done = client.post(url("edit", person), {**form, "reason": "录入写错，已对照身份证", "id_no": id_number(555)}, follow=True)
    assert "secretary更正姓名（原写作“王一11”）：录入写错，已对照身份证" in text(done)
    assert "出生日期和身份证号里的不一样" in text(done)
    assert id_number(1) not in text(done) and id_number(555) not in text(done)


def test_a_death_is_entered_and_taken_back(w: World) -> None:
    person, client = w.persons["T1-B1"][0], visitor("secretary")
    form = {"on": "2026-11-12", "ended_as": "deceased", "key": "k1"}
    assert client.post(url("end", person), {**form, "ended_as": "removed", "document": "镇党〔2026〕5号"}).status_code == 422
    assert client.post(url("end", person), form).status_code == 302
    drawer = text(client.get(f"{url('list')}?person={person}"))
    assert "已去世（2026年11月12日）" in drawer and "去世登记错了" in drawer
    assert client.post(url("revive", person), {"reason": "", "key": "k2"}).status_code == 422
    done = client.post(url("revive", person), {"reason": "同名的另一人去世", "key": "k2"}, follow=True)
    assert "已恢复登记" in text(done) and "更正去世：同名的另一人去世" in text(done)
    assert client.get(url("revive", person)).status_code == 409


def test_meetings_recorded_after_a_late_death_are_named(w: World) -> None:
    person, org = w.persons["T1-B1"][0], w.orgs["T1-B1"]
    new = [
        record.NewActivity(org_id=org, kinds=(("lecture", None),), title="党课", held_on=day, expected=(person,), expected_count=1, present_count=1, recorded_at=AT)
        for day in (date(2026, 11, 11), date(2026, 11, 13))
    ]
    record.write_many(w.actor("secretary"), new, at=AT)
    done = visitor("secretary").post(url("end", person), {"on": "2026-11-12", "ended_as": "deceased", "key": "k1"}, follow=True)
    assert "有 1 次应到名单还有王一11" in text(done)
