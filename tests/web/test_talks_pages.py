"""The pages of talks and contacts: two names and a day, what each reader finds, the sheet, the taps of a member."""
from __future__ import annotations

import io
from datetime import date

import docx
import pytest
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.everywhere.pages import read, send
from tests.web.test_meetings_pages import page_of, visitor
from tests.world import AT, World

from zhibu.areas.talks import actions
from zhibu.areas.talks.actions import NewTalk
from zhibu.areas.talks.models import ContactTalk, Talk
from zhibu.ground.access.models import Account
from zhibu.ground.journal.models import Entry

pytestmark = pytest.mark.django_db
SECRET = "说到家里老人的病"
LIST = reverse("talks:list")


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    w = world.build(members=6)
    for username, index in (("secretary", 0), ("committee", 1), ("member", 4)):
        Account.objects.filter(username=username).update(person_id=w.persons["T1-B1"][index])
    return w


def held(w: World, talker: int = 1, talkee: int = 4) -> int:
    p = w.persons["T1-B1"]
    return actions.record(w.actor("committee" if talker == 1 else "secretary"), w.orgs["T1-B1"], NewTalk(p[talkee], date(2026, 11, 10), p[talker], summary=SECRET, topic="家里", follow_up="帮联系医院"), at=AT)


def test_a_duty_opens_the_form_and_one_press_saves_it(w: World) -> None:
    """From the desk: the button of the duty, then 保存. Everything else is there."""
    actions.note_event(w.actor("secretary"), w.orgs["T1-B1"], person_id=w.persons["T1-B1"][4], kind="setback", day=date(2026, 11, 19), at=AT)
    client = visitor("secretary")
    desk = read(client.get("/"), "/")
    url = next(u for u, label in desk.links if label == "记谈话")
    page = read(client.get(url), url)
    assert send(client, page, page.form("talkee"), {}).status_code == 302
    row = Talk.objects.unscoped("test").get()
    assert (row.talker_id, row.talkee_id, row.day, row.on_behalf) == (w.persons["T1-B1"][0], w.persons["T1-B1"][4], AT.date(), False)
    assert "记谈话" not in page_of(client.get("/"))


def test_refusals_stand_beside_their_fields_and_keep_what_was_typed(w: World) -> None:
    client, p = visitor("secretary"), w.persons["T1-B1"]
    page = read(client.get(reverse("talks:new")), reverse("talks:new"))
    for typed, code, said in (
        ({"talker": str(p[1]), "talkee": str(p[1])}, "E044", "自己不能和自己谈"), ({"talker": str(p[0]), "talkee": str(p[1]), "day": "2026-11-21"}, "E001", "晚于今天"),
        ({"talker": str(w.persons["T2-B1"][0]), "talkee": str(w.persons["T2-B1"][1])}, "E045", "不在本支部"), ({"talker": "above", "talkee": str(p[1])}, "E054", "上级同志"),
    ):
        answer = send(client, page, page.form("talkee"), {**typed, "summary": SECRET})
        assert answer.status_code == 422 and code in answer.content.decode() and said in page_of(answer, 422) and SECRET in page_of(answer, 422)
    assert not Talk.objects.unscoped("test").exists()


def test_what_each_reader_finds_on_the_page_of_a_talk(w: World) -> None:
    made = held(w)
    url, sheet = reverse("talks:talk", args=[made]), reverse("talks:sheet", args=[made])
    for username in ("secretary", "committee", "member"):
        assert SECRET in page_of(visitor(username).get(url)) and visitor(username).get(sheet).status_code == 200, username
    for username in ("leader", "clerk1", "county", "reader"):
        page = page_of(visitor(username).get(url))
        assert "李二11、陈五11" in page and SECRET not in page and "家里" not in page, username
        assert visitor(username).get(sheet).status_code == 404, username
    assert visitor("secretary2").get(url).status_code == 404 and visitor("foreign").get(url).status_code == 404


def test_the_list_names_the_missing_inside_the_branch_only(w: World) -> None:
    held(w)
    for username in ("secretary", "committee"):
        page = page_of(visitor(username).get(LIST))
        assert "班子还没谈到的（2 名）：" in page and "刘四11" in page and "李二11、陈五11" in page
    above = page_of(visitor("clerk1").get(LIST, {"org": w.orgs["T1-B1"]}))
    assert "李二11、陈五11" in above and "33.33%" in above and "还没" not in above and "刘四11" not in above
    assert "五必谈" in page_of(visitor("secretary").get(LIST)) and "五必谈" not in page_of(visitor("committee").get(LIST))


def test_the_sheet_has_every_item_and_each_copy_is_a_line_of_the_journal(w: World) -> None:
    url, client = reverse("talks:sheet", args=[held(w)]), visitor("member")
    shown = page_of(client.get(url))
    for word in ("谈心谈话记录", "谈话人", "对象", "时间", "地点", "主题", "要点", "后续", "李二11", "陈五11", "2026年11月10日", SECRET, "帮联系医院"):
        assert word in shown, word
    file = b"".join(client.post(url, {"as": "docx"}).streaming_content)
    cells = [c.text for row in docx.Document(io.BytesIO(file)).tables[0].rows for c in row.cells]
    assert {"谈话人", "李二11", SECRET, "家里"} <= set(cells)
    (line,) = Entry.objects.unscoped("test").filter(action="talks.paper")
    assert (line.account_name, line.changes) == ("member", {"as": "docx"})


def test_a_members_page_shows_day_and_pair_and_the_parties_open_the_text(w: World) -> None:
    held(w)
    mine = page_of(visitor("member").get(reverse("person:file")))
    assert "谈心谈话" in mine and "李二11、陈五11" in mine and SECRET not in mine
    own = page_of(visitor("member").get(reverse("talks:mine")))
    assert "李二11、陈五11" in own
    for username in ("secretary", "clerk1"):
        page = page_of(visitor(username).get(reverse("roster:member", args=[w.persons["T1-B1"][4]])))
        assert "李二11、陈五11" in page and SECRET not in page
    assert "李二11" not in page_of(visitor("secretary2").get(reverse("person:file"), follow=True))


def test_a_member_taps_that_he_talked_with_his_contact(w: World) -> None:
    made = actions.add_contact(w.actor("secretary"), w.orgs["T1-B1"], member_id=w.persons["T1-B1"][4], name="周小兰", purpose="activist", from_on=date(2026, 1, 5), at=AT)
    client, url = visitor("member"), reverse("talks:mine")
    page = read(client.get(url), url)
    button = next(f for f in page.forms if (f.action or "").endswith(f"/{made}/talked/"))
    assert send(client, page, button, {}).status_code == 302
    assert ContactTalk.objects.unscoped("test").get().day == AT.date()
    assert visitor("member").post(reverse("talks:contact-end", args=[made])).status_code == 404
    listed = page_of(visitor("secretary").get(reverse("talks:contacts")))
    assert "周小兰" in listed and "入党积极分子" in listed and visitor("clerk1").get(reverse("talks:contacts"), {"org": w.orgs["T1-B1"]}).status_code == 403


def test_a_contact_with_a_number_is_refused_on_the_page(w: World) -> None:
    client, url = visitor("secretary"), reverse("talks:contact-new")
    page = read(client.get(url), url)
    answer = send(client, page, page.form("member"), {"member": str(w.persons["T1-B1"][4]), "name": "周小兰 13800001111", "purpose": "activist"})
    assert answer.status_code == 422 and "E040" in answer.content.decode() and "这里只写姓名" in page_of(answer, 422)


def test_who_wrote_it_corrects_and_of_two_pages_the_second_sees_how_it_stands(w: World) -> None:
    made = held(w)
    client, url = visitor("committee"), reverse("talks:correct", args=[made])
    first, second = read(client.get(url), url), read(client.get(url), url)
    assert send(client, first, first.form("summary"), {"summary": "第一页写的"}).status_code == 302
    late = send(client, second, second.form("summary"), {"summary": "第二页写的"})
    assert "第一页写的" in page_of(late, 409) and "第二页写的" in page_of(late, 409)
    shown = page_of(client.get(reverse("talks:talk", args=[made])))
    assert "第一页写的" in shown and "更正前写的" in shown and SECRET in shown and "更正内容" in shown
    other = page_of(visitor("secretary").get(reverse("talks:talk", args=[made])))
    assert SECRET in other and "更正内容" not in other
    assert "第一页写的" not in page_of(visitor("clerk1").get(reverse("talks:talk", args=[made])))


def test_superiors_choose_a_quarter_of_contact_talks(w: World) -> None:
    org = w.orgs["T1-B1"]
    made = actions.add_contact(w.actor("secretary"), org, member_id=w.persons["T1-B1"][4], name="周小兰", purpose="activist", from_on=date(2026, 1, 5), at=AT)
    actions.talk_with_contact(w.actor("secretary"), made, day=date(2026, 5, 6), at=AT)
    url = reverse("talks:quarter")
    for quarter, said in (("2", "1/1"), ("3", "0/1"), ("1", "这个季度没有要谈的联系对象")):
        page = page_of(visitor("clerk1").get(f"{url}?year=2026&quarter={quarter}"))
        assert said in page and f"2026年第{quarter}季度" in page and "周小兰" not in page, quarter
    assert "2026年第4季度" in page_of(visitor("county").get(f"{url}?quarter=9")) and visitor("member").get(url).status_code == 403
    assert visitor("foreign").get(f"{url}?org={org}").status_code == 404
