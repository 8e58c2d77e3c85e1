"""Many identical posts at once make one thing, and all answers lead to it, through a server with threads (trust.md E6).

In `make test` the forms of members and meetings are sent 50 times at once, the others 8 times; `make drill-hostile` sends all 50 times."""
from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.everywhere.pages import read
from tests.everywhere.test_bad_input import nothing_written, rows, visitor
from tests.exchange.importers import id_no
from tests.hostile.browser import Answer, Browser, browser
from tests.hostile.fillings import CREATES, EDITS, Filling, newest
from tests.world import AT, World

from zhibu.areas.meetings import leave, plan_actions
from zhibu.areas.meetings.planning import Planned
from zhibu.ground.access.models import Account
from zhibu.ground.guard.models import AnsweredPost
from zhibu.web.meetings import views as meetings_views
from zhibu.web.shell import sent

pytestmark = pytest.mark.django_db(transaction=True)
ALWAYS_50 = ("meetings:record-save", "roster:add")
TIMES = int(os.environ.get("ZHIBU_AT_ONCE", "8"))


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, live_server: Any) -> Iterator[World]:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    monkeypatch.setattr(settings, "FILES_ROOT", tmp_path)
    yield world.build()


def of(user: str, live_server: Any) -> Browser:
    client = visitor(user)
    client.get(reverse("healthz"))
    return browser(live_server.url, settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)


def sent_at_once(filling: Filling, w: World, server: Any, times: int) -> tuple[list[Answer], int]:
    """Fill the form in once and send it many times; gives the answers, and how many rows more there are."""
    filling.before(w)
    b, url = of(filling.user, server), filling.url(w)
    page = b.open(url)
    where, body = b.ready(page, page.form(filling.holds), filling.typed(w), filling.press)
    before = rows()
    answers = b.at_once(where, body, times)
    assert len(answers) == times
    return answers, rows()[filling.makes] - before[filling.makes] if filling.makes else 0


def wrong(filling: Filling, answers: list[Answer], more: int) -> list[str]:
    """Say what is not as it should be: one thing made, every answer leads to it, none is a fault of the program."""
    found = []
    statuses = {a.status for a in answers}
    if statuses - ({200} if filling.pages else {302}):
        found.append(f"{filling.id}: answers {sorted(statuses)}")
    if len({urlsplit(a.location).path for a in answers}) != 1:
        found.append(f"{filling.id}: leads to {sorted({a.location for a in answers})}")
    if filling.makes and more != filling.rows:
        found.append(f"{filling.id}: {more} rows of {filling.makes}")
    return found


def test_many_identical_posts_make_one_thing(w: World, live_server: Any) -> None:
    """All forms on one world: each is about something of its own."""
    found: list[str] = []
    for filling in CREATES + tuple(e for e in EDITS if not e.pages):
        answers, more = sent_at_once(filling, w, live_server, 50 if filling.id in ALWAYS_50 else TIMES)
        found += wrong(filling, answers, more)
    assert not found, found


def test_sabotage_without_the_guard_many_posts_make_many_things(w: World, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: with the guard off the race is real. Two people of one name without a number are no fault, so each post makes one more."""
    from zhibu.areas.roster import actions as roster

    def always(account_id: Any, key: str, content: Any, at: Any, do: Any) -> tuple[str, bool]:
        return do(), True

    for module in (roster, sent, meetings_views):
        monkeypatch.setattr(module, "once", always)
    filling = next(f for f in CREATES if f.id == "roster:add")
    answers, more = sent_at_once(filling, w, live_server, 8)
    assert more > 1 and wrong(filling, answers, more)


def test_two_imports_at_once_are_one(w: World, live_server: Any) -> None:
    client = visitor("clerk1")
    client.get(reverse("healthz"))
    table = f"第1镇第1村党支部花名册\n姓名,性别,身份证号,入党时间,转正时间,党员类别\n王甲,男,{id_no()},1998.07.01,1999.07.01,正式党员\n"
    begun = client.post(reverse("intake:upload"), {"org": w.orgs["T1"], "files": SimpleUploadedFile("名册.csv", table.encode())})
    columns = read(client.get(begun.url), begun.url)
    third = client.post(begun.url, next(f for f in columns.forms if f.method == "post" and any(n.startswith("c-") for n, _ in f.fields)).values({}, "next")).url
    b = browser(live_server.url, settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)
    page = b.open(third)
    where, body = b.ready(page, page.form("seen"), {}, "confirm")
    before = rows()
    answers = b.at_once(where, body, TIMES)
    after = rows()
    assert {a.status for a in answers} == {302} and len({a.location for a in answers}) == 1, {(a.status, a.location) for a in answers}
    assert after["journal_importbatch"] - before["journal_importbatch"] == 1 and after["people_person"] - before["people_person"] == 1


def test_a_second_press_changes_nothing(w: World) -> None:
    """Forms without a key that are harmless by nature: pressed twice, the second press finds the work done, and nothing is written."""
    waiting = leave.Leave.objects.unscoped("a test looks")
    plan_actions.make(w.actor("secretary"), w.orgs["T1-B1"], Planned((("theme_day", None),), AT.date() + timedelta(days=7), time(9), None, "村会议室", ("学习",)), at=AT)
    Account.objects.filter(username="leader").update(is_active=False)
    Account.objects.filter(username="committee").update(person_id=w.persons["T1-B1"][1])
    secadmin = visitor("secadmin")
    post = re.search(r'name="post" value="([0-9-]+)"', secadmin.get(reverse("accounts:posts")).content.decode())
    assert post
    plan = newest("meetings.Plan")
    for client, url, values in (
        (visitor("member"), lambda: reverse("person:meetings"), {"plan": plan, "reason": "在县医院住院"}),
        (visitor("secretary"), lambda: reverse("meetings:leave-decide", args=[waiting.latest("pk").pk]), {"answer": "yes"}),
        (visitor("sysadmin"), lambda: reverse("accounts:enable"), {"account": "leader"}),
        (secadmin, lambda: reverse("accounts:posts"), {"post": post[1]}),
    ):
        before = rows()
        assert client.post(url(), values).status_code in (200, 302) and rows() != before, url()
        with nothing_written():
            assert client.post(url(), values).status_code in (302, 422), url()


def test_a_rule_set_uploaded_twice_is_one_draft(w: World) -> None:
    client = visitor("county")
    key = dict(read(client.get(reverse("rules:upload")), "").form("once").fields)["once"]
    file = client.get(reverse("rules:shipped-file", args=["cn-branch-2018"])).content
    before = rows()["policy_localset"]
    answers = [client.post(reverse("rules:upload"), {"once": key, "org": w.orgs["QH"], "file": SimpleUploadedFile("规则.toml", file)}) for _ in range(2)]
    assert {a.status_code for a in answers} == {302} and len({a.url for a in answers}) == 1 and rows()["policy_localset"] - before == 1


# ---------------------------------------------------------------- the guard itself


def post_twice(client: Client, filling: Filling, w: World, **changes: Any) -> tuple[Any, Any]:
    page = read(client.get(filling.url(w)), filling.url(w))
    form = page.form(filling.holds)
    values = form.values(filling.typed(w), filling.press)
    where = filling.url(w)
    return client.post(where, values), client.post(where, values | changes)


def test_the_same_form_with_other_content_says_what_it_made(w: World) -> None:
    excuse = next(f for f in CREATES if f.id == "meetings:excuse")
    first, second = post_twice(visitor("secretary"), excuse, w, reason="另外一个原因，写得不一样")
    assert first.status_code == 302 and second.status_code == 409
    assert "内容却不一样" in second.content.decode() and f'href="{first.url}"' in second.content.decode()


def test_a_refused_form_may_be_sent_again(w: World) -> None:
    client, excuse = visitor("secretary"), next(f for f in CREATES if f.id == "meetings:excuse")
    page = read(client.get(excuse.url(w)), excuse.url(w))
    values = page.form("reason").values({"reason": "忙"})
    before = AnsweredPost.objects.count()
    assert client.post(excuse.url(w), values).status_code == 422 and AnsweredPost.objects.count() == before
    assert client.post(excuse.url(w), values | {"reason": "9月防汛，全体上堤"}).status_code == 302


def test_two_forms_of_one_page_do_not_stand_in_each_others_way(w: World) -> None:
    """A page has one key, a form its address: after the first button the browser may go back and press the second."""
    client = visitor("secretary")
    excuse, adjust = (next(f for f in CREATES if f.id == name) for name in ("meetings:excuse", "org:adjust"))
    key = dict(read(client.get(excuse.url(w)), excuse.url(w)).form("reason").fields)["once"]
    for filling in (excuse, adjust):
        values = read(client.get(filling.url(w)), filling.url(w)).form(filling.holds).values(filling.typed(w) | {"once": key}, filling.press)
        assert client.post(filling.url(w), values).status_code == 302
