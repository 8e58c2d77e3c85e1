"""Two people have the same form open: who saves second sees what the first one saved, by whom and when, beside what was typed (trust.md E7)."""
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests import world
from tests.everywhere.pages import read, send
from tests.everywhere.test_bad_input import nothing_written, visitor
from tests.hostile.fillings import CREATES, EDITS, Filling
from tests.world import AT, World

pytestmark = pytest.mark.django_db
CLOCK = {"now": AT}


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> World:
    CLOCK["now"] = AT
    monkeypatch.setattr(timezone, "now", lambda: CLOCK["now"])
    return world.build()


@dataclass(frozen=True)
class Rivals:
    """The first saves one thing, the second types another. shown: what of the first must stand on the page of the second."""

    form: str
    first: str
    second: str
    mine: tuple[tuple[str, str], ...]
    shown: tuple[str, ...]
    other: Filling | None = None


def filling(name: str) -> Filling:
    return next(f for f in CREATES + EDITS if f.id == name)


RIVALS = {
    "org:contacts": Rivals("org:contacts", "clerk1", "secretary", (("address", "村尾 9 号"),), ("村口 1 号", "clerk1", "11月20日 10:01")),
    "org:adjust": Rivals("org:adjust", "clerk1", "secretary", (("name", "第1镇新村党支部"),), ("第1镇第1村党支部", "clerk1", "11月20日 10:01"), filling("org:contacts")),
    "org:groups": Rivals("org:groups", "clerk1", "secretary", (("on", "2026-11-19"),), ("第二党小组", "clerk1", "11月20日 10:01")),
    "roster:edit": Rivals("roster:edit", "clerk1", "secretary", (("job", "电工"),), ("会计", "您填的：电工", "clerk1", "11月20日 10:01")),
    "meetings:plan-change": Rivals("meetings:plan-change", "committee", "secretary", (("place", "祠堂"),), ("晒谷场", "committee", "11月20日 10:01", "停电")),
    "channels:edit": Rivals("channels:edit", "clerk1", "secretary", (("label", "第二个人起的名字"),), ("第一个人起的名字", "clerk1", "11月20日 10:01")),
    "rules:header": Rivals("rules:header", "county", "county", (("title", "第二个人的名称"),), ("第一个人的名称", "county刚保存的内容")),
    "rules:values": Rivals("rules:values", "county", "county", (("org.committee_min", "90"),), ("现在保存的：120 人", "county先保存了一次")),
    "rules:discard": Rivals("rules:discard", "county", "county", (), ("county先保存了一次", "第一个人的名称"), filling("rules:header")),
    "resources:plan": Rivals("resources:plan", "clerk1", "county", (("appropriated", "250000"),), ("240,000 元", "clerk1", "11月20日 10:01")),
    "resources:place-edit": Rivals("resources:place-edit", "clerk1", "secretary", (("area", "99"),), ("120.0 平方米", "clerk1", "11月20日 10:01")),
    "talks:correct": Rivals("talks:correct", "secretary", "secretary", (("summary", "第二个窗口写的"),), ("第一个人写的", "secretary", "11月20日 10:01")),
    "meetings:correct-save": Rivals("meetings:correct-save", "committee", "secretary", (("t-0-text", "我写的这一句"),), ("刚刚已经有人更正过",)),
}
#: forms that change what is there without a version, each with the reason
NO_VERSION = {
    "org:leave": "ends a post: it is on the form or it is not", "org:end-assignment": "gives an assignment its last day, once", "accounts:end": "ends a grant, once", "accounts:disable": "a switch",
    "accounts:renew": "a new code each time", "accounts:link": "the number must be that of the member with the name of the account; nothing of what is shown can be stale",
    "accounts:tokens": "ends a token, once", "channels:end": "ends a channel, once", "meetings:elsewhere-end": "takes an entry away, once", "rules:tables": "a table is kept or taken away by its name",
    "talks:void": "takes an entry away, once", "care:call-void": "takes an entry away, once", "care:request-pay": "paid once; the second is told when and how much (E044)",
    "care:answer-pass": "answered once a step; the second is told by whom (E044)", "resources:place-close": "closes a place, once", "training:record-end": "takes a record away, once", "training:session-end": "takes a session away, once",
    "rules:check": "carries a version: tests/web/test_rules_pages.py::test_the_check_page_of_a_draft_changed_meanwhile_asks_again", "rules:retire": "gives a set its last day, once", "org:close-group": "closes a group, once",
}


def test_every_form_that_edits_is_here() -> None:
    assert {e.id for e in EDITS} <= set(RIVALS) | set(NO_VERSION)


def opened(client: Client, one: Filling, w: World) -> Any:
    url = one.url(w)
    page = read(client.get(url), url)
    return page, page.form(one.holds)


@pytest.mark.parametrize("name", RIVALS)
def test_who_saves_second_sees_both(name: str, w: World) -> None:
    rivals, form = RIVALS[name], filling(name)
    form.before(w)
    earlier = rivals.other or form
    first, second = visitor(rivals.first), visitor(rivals.second)
    (page1, form1), (page2, form2) = opened(first, earlier, w), opened(second, form, w)
    CLOCK["now"] = AT + timedelta(minutes=1)
    assert send(first, page1, form1, earlier.typed(w), earlier.press).status_code == 302
    CLOCK["now"] = AT + timedelta(minutes=2)
    typed = dict(form.typed(w)) | dict(rivals.mine)
    with nothing_written():
        response = send(second, page2, form2, typed, form.press)
    text = response.content.decode()
    assert response.status_code == 409, re.findall(r"<li>.*?</li>", text)
    for words in (*(value for _, value in rivals.mine), *rivals.shown):
        assert words in text, words
    assert not re.search(r"(?<!\d)2026-11-20T", text)


@pytest.mark.parametrize("name", [n for n in RIVALS if n != "meetings:correct-save"])
def test_who_has_seen_both_may_save(name: str, w: World) -> None:
    rivals, form = RIVALS[name], filling(name)
    form.before(w)
    earlier = rivals.other or form
    first, second = visitor(rivals.first), visitor(rivals.second)
    (page1, form1), (page2, form2) = opened(first, earlier, w), opened(second, form, w)
    send(first, page1, form1, earlier.typed(w), earlier.press)
    shown = send(second, page2, form2, dict(form.typed(w)) | dict(rivals.mine), form.press)
    again = read(shown, page2.url)
    assert send(second, again, again.form(form.holds), {}, form.press).status_code == 302


@pytest.mark.parametrize("name", [n for n in RIVALS if n != "meetings:correct-save"])
def test_sabotage_a_form_that_carries_the_newest_version_overwrites(name: str, w: World) -> None:
    """The twin: it is the version that stops the second one."""
    rivals, form = RIVALS[name], filling(name)
    form.before(w)
    earlier = rivals.other or form
    first, second = visitor(rivals.first), visitor(rivals.second)
    (page1, form1), (page2, form2) = opened(first, earlier, w), opened(second, form, w)
    send(first, page1, form1, earlier.typed(w), earlier.press)
    _, fresh = opened(second, form, w)
    newest = {"version": dict(fresh.fields)["version"]}
    assert newest["version"] != dict(form2.fields)["version"]
    assert send(second, page2, form2, dict(form.typed(w)) | dict(rivals.mine) | newest, form.press).status_code == 302
