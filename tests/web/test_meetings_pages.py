"""开会记录, 年度台账, one record, 补课名单, 考勤, 免 through HTTP, as a browser without JavaScript sends them."""
from __future__ import annotations

import gzip
import io
import re
from datetime import date, datetime, time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from tests import world
from tests.areas.test_meetings import NINE, PAPER, meeting
from tests.world import AT, SHANGHAI, World

from zhibu.areas.meetings import actions, form
from zhibu.areas.meetings.entry import EntryRecord
from zhibu.ground.access.models import Account
from zhibu.ground.files.queries import FileMissing, attachment
from zhibu.ground.guard.permission import Permission
from zhibu.ground.process import actions as process
from zhibu.ground.record import actions as record_actions
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree

pytestmark = pytest.mark.django_db

RECORD, LEDGER = reverse("meetings:record"), reverse("meetings:ledger")
DAY = date(2026, 11, 18)


@pytest.fixture
def w() -> World:
    return world.build()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """Stand still at a working hour; a test moves the hands by clock["now"]."""
    hands = {"now": AT}
    monkeypatch.setattr(timezone, "now", lambda: hands["now"])
    return hands


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def page_of(response, status: int = 200) -> str:
    text = response.content.decode()
    assert response.status_code == status, (response.status_code, response.headers.get("Location"), re.findall(r'<section class="errs".*?</section>', text, re.S))
    return text


def fields(w: World, *kinds: str, code: str = "T1-B1", **other: object) -> dict[str, object]:
    """Give what a browser sends for a meeting that can be saved."""
    kinds = kinds or ("general_meeting",)
    data: dict[str, object] = {
        "key": f"key-{'-'.join(kinds)}", "kind": list(kinds), "held_on": str(DAY), "starts": "09:00", "ends": "10:30", "place": "村会议室", "chair": "王一11",
        "recorder": "李二11", "content": ["study"], "do": "save", **{f"m-{p}": "present" for p in w.persons[code]},
    }
    for n, kind in enumerate(kinds):
        data |= {f"t-{n}-kind": kind, f"t-{n}-title": f"{kind} 的题目", f"t-{n}-text": "说了几句"}
        if kind == "lecture":
            data |= {f"t-{n}-lecturer": "王一11", f"t-{n}-hours": "1.5"}
    shown: list[str] = []
    for kind, records in (("theme_day", ("dues_ledger", "activity_photos")), ("lecture", ("lecture_script",)), ("org_life_meeting", NINE)):
        if kind in kinds:
            shown += records
    for record in shown:
        data |= {f"r-{record}": "none" if record == "activity_photos" else "paper", f"r-{record}-place": "村档案柜", f"r-{record}-att": ""}
    return data | {"r-shown": shown} | other


def activities(w: World, code: str = "T1-B1") -> list[recorded.ActivityLine]:
    return recorded.activities(w.actor("county").scope(Permission.ACTIVITY_READ), w.orgs[code], date(2020, 1, 1), date(2030, 1, 1))


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


# ---------------------------------------------------------------- the form


def test_the_form_is_half_filled_from_habit(w: World) -> None:
    actions.record_meeting(w.actor("secretary"), meeting(w, "theme_day", held_on=date(2026, 10, 20), start=time(8, 30), end=time(9, 40)), at=AT)
    page = page_of(visitor("secretary").get(RECORD))
    assert re.search(r'value="theme_day" checked', page) and 'name="held_on" value="2026-11-20"' in page
    assert 'value="08:30"' in page and 'value="村会议室"' in page and page.count('value="present" checked') == 8
    assert "村档案柜" in page and "预备" in page and 'data-restore="any"' in page
    assert len(gzip.compress(page.encode())) < 60_000


def test_after_the_theme_day_nothing_is_preselected_and_a_link_selects(w: World) -> None:
    client = visitor("secretary")
    actions.record_meeting(w.actor("secretary"), meeting(w, "theme_day"), at=AT)
    assert not re.search(r'name="kind" value="\w+" checked', page_of(client.get(RECORD)))
    page = page_of(client.get(RECORD, {"kind": "group_meeting", "group": w.groups["T1-B1"][1], "date": "2026-09-30"}))
    assert re.search(r'value="group_meeting" checked', page) and f'name="group" value="{w.groups["T1-B1"][1]}" checked' in page
    assert "按补记保存：9月30日的会，11月20日才记" in page


def test_a_saved_meeting_says_where_it_went(w: World) -> None:
    client = visitor("secretary")
    answer = client.post(RECORD, fields(w, "theme_day", "general_meeting", "lecture", **{f"m-{w.persons['T1-B1'][4]}": "leave"}))
    (line,) = activities(w)
    assert answer.status_code == 302 and answer["Location"] == reverse("meetings:activity", args=[line.id]) + "?saved=1"
    page = page_of(client.get(answer["Location"]))
    assert "已保存。台账记了 3 项，7 人到会。" in page and 'data-saved-key="key-theme_day-general_meeting-lecture"' in page
    assert "台账 3 项" in page and "补课名单 1 人" in page and "有表决权 7 人，到会 6 人" in page and "授课人" in page and "1.5" in page
    assert "集中学习、听党课" in page and "本页即是" in page and "存村档案柜" in page


def test_a_double_click_makes_one_record(w: World) -> None:
    client = visitor("secretary")
    first, second = client.post(RECORD, fields(w)), client.post(RECORD, fields(w))
    assert first["Location"].endswith("?saved=1") and second["Location"] == first["Location"].replace("saved=1", "saved=2")
    assert len(activities(w)) == 1 and "没有再记一条" in page_of(client.get(second["Location"]))


def test_the_same_form_with_other_content_loses_nothing(w: World) -> None:
    client = visitor("secretary")
    client.post(RECORD, fields(w))
    answer = client.post(RECORD, fields(w, **{"t-0-text": "又补写了很多", "starts": "14:00", "ends": "15:00"}))
    page = page_of(answer, 409)
    (line,) = activities(w)
    assert "又补写了很多" in page and reverse("meetings:activity", args=[line.id]) in page and "点“更正”" in page
    (key,) = re.findall(r'name="key" value="([^"]+)"', page)
    assert key != "key-general_meeting" and 'data-restore=""' in page
    saved = client.post(RECORD, fields(w, key=key, **{"t-0-text": "又补写了很多", "starts": "14:00", "ends": "15:00"}))
    assert saved.status_code == 302 and len(activities(w)) == 2


def test_the_second_person_gets_a_link_to_the_first_record(w: World) -> None:
    visitor("secretary").post(RECORD, fields(w))
    page = page_of(visitor("committee").post(RECORD, fields(w, key="another", **{"t-0-text": "另一个人写的"})), 422)
    (line,) = activities(w)
    assert "已经记过" in page and f'href="{reverse("meetings:activity", args=[line.id])}"' in page and "另一个人写的" in page and "E044" in page


def test_faults_stand_at_their_fields_and_everything_typed_stays(w: World) -> None:
    ill = w.persons["T1-B1"][4]
    typed = {"t-1-title": "", "t-1-text": "", f"m-{ill}": "leave", "absence_note": "看病"}
    data = fields(w, "theme_day", "general_meeting", ends="08:00", content=[], **typed)
    page = page_of(visitor("secretary").post(RECORD, data), 422)
    assert "还不能保存" in page and all(f'href="#f-{f}"' in page for f in ("ends", "content", "t-1-title"))
    assert f'name="m-{ill}" value="leave" checked' in page and "看病" in page and "theme_day 的题目" in page and 'data-restore=""' in page


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"held_on": "2026-11-31"}, "日期没有填对"), ({"held_on": "2026-11-21"}, "晚于今天"), ({"starts": "25:00"}, "开始时间没有填对"),
        ({"starts": "09:00+08:00"}, "开始时间没有填对"), ({"kind": []}, "没有选活动种类"), ({"kind": ["coffee"]}, "不认识的活动种类"),
        ({"t-0-vote": "1", "t-0-for": "很多"}, "票数只能填数字"), ({"t-0-vote": "1", "t-0-for": "8"}, "没有表决权"), ({"t-0-vote": "1", "t-0-for": "3"}, "票"),
        ({"r-shown": ["gold"], "r-gold": "paper"}, "不在附件1的目录里"), ({"m-99999999": "leave"}, "组织关系不在本支部"),
    ],
)
def test_bad_input_is_answered_in_words(w: World, wrong: dict[str, object], says: str) -> None:
    page = page_of(visitor("secretary").post(RECORD, fields(w) | wrong), 422)
    assert says in page and activities(w) == []


def test_a_lecture_hour_is_a_number(w: World) -> None:
    page = page_of(visitor("secretary").post(RECORD, fields(w, "lecture", **{"t-0-hours": "一个半"})), 422)
    assert "最多一位小数" in page and 'id="f-t-0-title"' in page


def test_strange_addresses_do_not_break_the_form(w: World) -> None:
    client = visitor("secretary")
    for query in ({"date": "1999-01-01"}, {"date": "x"}, {"kind": "x", "group": "²"}, {"draft": "no"}, {"org": w.orgs["T1-B1"], "date": "2030-01-01"}):
        assert client.get(RECORD, query).status_code == 200
    for org in ("²", "9" * 30, "999999"):
        assert client.get(RECORD, {"org": org}).status_code in (200, 404)


def test_without_javascript_kinds_and_topics_grow_by_buttons(w: World) -> None:
    client = visitor("secretary")
    data = fields(w, "general_meeting") | {"kind": ["general_meeting", "lecture"], "do": "refresh"}
    page = page_of(client.post(RECORD, data))
    assert 'name="t-1-kind" value="lecture"' in page and re.search(r'id="f-r-lecture_script" data-kinds="lecture"(?! hidden)', page)
    page = page_of(client.post(RECORD, data | {"do": "topic"}))
    assert 'name="t-1-kind" value=""' in page and 'name="t-2-kind" value="lecture"' in page and activities(w) == []


def test_a_record_line_that_was_not_shown_is_asked_for(w: World) -> None:
    page = page_of(visitor("secretary").post(RECORD, fields(w, "general_meeting") | {"kind": ["general_meeting", "lecture"]}), 422)
    assert "还有材料没有确认：党课稿" in page and 'name="r-shown" value="lecture_script">' in page


# ---------------------------------------------------------------- uploads


def test_uploads_survive_an_error_and_open_only_for_the_branch(w: World) -> None:
    client = visitor("secretary")
    sheet = SimpleUploadedFile("党费台帐.png", picture())
    photo = SimpleUploadedFile("记录本.png", picture())
    page = page_of(client.post(RECORD, fields(w, "theme_day", ends="08:00", **{"r-dues_ledger-file": sheet, "photos": photo})), 422)
    assert "已收到：党费台帐.png" in page and "已收到：记录本.png" in page
    (kept,) = re.findall(r'name="r-dues_ledger-att" value="(\d+)"', page)
    (shot,) = re.findall(r'name="photos-att" value="(\d+)"', page)
    answer = client.post(RECORD, fields(w, "theme_day", **{"r-dues_ledger": "upload", "r-dues_ledger-att": kept, "photos-att": shot}))
    page = page_of(client.get(answer["Location"]))
    address = reverse("files:download", args=[kept])
    assert "党费台帐.png" in page and "记录本.png" in page and address in page
    opened = client.get(address)
    assert opened.status_code == 200 and opened["Content-Disposition"].startswith("attachment") and "sandbox" in opened["Content-Security-Policy"]
    assert visitor("clerk1").get(address).status_code == 200
    for other in ("foreign", "secretary2", "clerk2", "member", "sysadmin"):
        assert visitor(other).get(address).status_code == 404, other
    assert Client().get(address).status_code == 302


def test_an_upload_of_another_branch_cannot_be_claimed(w: World) -> None:
    page = page_of(visitor("foreign").post(RECORD, fields(w, "theme_day", code="T2-B1", ends="08:00", **{"photos": SimpleUploadedFile("a.png", picture())})), 422)
    (theirs,) = re.findall(r'name="photos-att" value="(\d+)"', page)
    visitor("secretary").post(RECORD, fields(w, **{"photos-att": theirs}))
    (line,) = activities(w)
    mine = recorded.activity(w.actor("secretary").scope(Permission.ACTIVITY_READ), line.id)
    assert all(e.attachment_id is None for e in mine.evidence)


def test_a_file_beside_nil_is_a_contradiction_and_beside_paper_wins(w: World) -> None:
    client = visitor("secretary")
    data = fields(w, "theme_day", **{"r-dues_ledger": "none", "r-dues_ledger-reason": "没有", "r-dues_ledger-file": SimpleUploadedFile("a.png", picture())})
    page = page_of(client.post(RECORD, data), 422)
    assert "二选一" in page
    (kept,) = re.findall(r'name="r-dues_ledger-att" value="(\d+)"', page)
    assert client.post(RECORD, fields(w, "theme_day", **{"r-dues_ledger": "none", "r-dues_ledger-reason": "没有", "r-dues_ledger-att": kept})).status_code == 302
    client.post(RECORD, fields(w, "theme_day", key="k2", starts="14:00", ends="15:00", **{"r-dues_ledger-file": SimpleUploadedFile("b.png", picture())}))
    newest = recorded.activity(w.actor("secretary").scope(Permission.ACTIVITY_READ), activities(w)[0].id)
    assert [e.how for e in newest.evidence if e.record_type == "dues_ledger"] == ["upload"]


def test_a_file_that_is_not_taken_says_why(w: World) -> None:
    page = page_of(visitor("secretary").post(RECORD, fields(w, **{"photos": SimpleUploadedFile("a.exe", b"MZ....")})), 422)
    assert "不是能收的文件" in page and activities(w) == []


def test_what_was_said_in_talks_opens_only_for_those_who_may(w: World) -> None:
    client = visitor("secretary")
    upload = {"r-talk_records": "upload", "r-talk_records-file": SimpleUploadedFile("谈话.png", picture())}
    answer = client.post(RECORD, fields(w, "org_life_meeting", **upload))
    page = page_of(client.get(answer["Location"]))
    (address,) = set(re.findall(r'href="(/files/\d+/)"', page))
    assert client.get(address).status_code == 200
    for other in ("committee", "clerk1", "county"):
        assert visitor(other).get(address).status_code == 404
        text = page_of(visitor(other).get(answer["Location"].partition("?")[0]))
        assert "只给有权的同志看" in text and "谈话.png" not in text
    with pytest.raises(FileMissing):
        attachment(w.actor("clerk1").scope(Permission.ACTIVITY_READ), int(address.split("/")[2]))


def test_the_nine_items_of_an_organisational_life_meeting(w: World) -> None:
    client = visitor("secretary")
    answer = client.post(RECORD, fields(w, "org_life_meeting", **{"r-measures": "later"}))
    page = page_of(client.get(answer["Location"]))
    assert "组织生活会 9 项" in page and "材料不全" in page
    (nine,) = re.findall(r"组织生活会 9 项.*?</section>", page, re.S)
    assert [nine.count(x) for x in ("会前", "会中", "会后", 'class="paper auto"', "st bad")] == [1, 1, 1, 9, 1]


# ---------------------------------------------------------------- drafts


def test_put_aside_and_taken_up_again_with_everything(w: World) -> None:
    client = visitor("secretary")
    data = fields(w, "theme_day", do="draft", held_on="2026-11-10", **{"t-0-text": "写了一半", "photos": SimpleUploadedFile("记录本.png", picture())})
    answer = client.post(RECORD, data)
    assert answer["Location"] == reverse("desk") and activities(w) == []
    desk = page_of(client.get(reverse("desk")))
    assert "有一次会写了一半：theme_day 的题目" in desk and "台账还没有记这次会" in desk
    page = page_of(client.get(RECORD, {"draft": "key-theme_day"}))
    assert "写了一半" in page and "已收到：记录本.png" in page and 'value="2026-11-10"' in page and 'data-restore="same"' in page
    (shot,) = re.findall(r'name="photos-att" value="(\d+)"', page)
    client.post(RECORD, fields(w, "theme_day", held_on="2026-11-10", **{"photos-att": shot}))
    assert len(activities(w)) == 1 and form.drafts(w.actor("secretary").scope(Permission.ACTIVITY_WRITE)) == []
    assert visitor("foreign").get(RECORD, {"draft": "key-theme_day", "org": w.orgs["T1-B1"]}).status_code == 404


def test_a_draft_may_be_thrown_away(w: World) -> None:
    client = visitor("secretary")
    client.post(RECORD, fields(w, do="draft"))
    assert "删掉这份" in page_of(client.get(RECORD, {"draft": "key-general_meeting"}))
    client.post(RECORD, fields(w, do="drop"))
    assert form.drafts(w.actor("secretary").scope(Permission.ACTIVITY_WRITE)) == [] and activities(w) == []


# ---------------------------------------------------------------- corrections


def test_a_correction_starts_from_what_was_recorded(w: World) -> None:
    client, ill = visitor("secretary"), w.persons["T1-B1"][4]
    upload = {"r-dues_ledger-file": SimpleUploadedFile("台帐.png", picture()), "photos": SimpleUploadedFile("本.png", picture())}
    data = fields(w, "theme_day", "general_meeting", absence_note="看病", **{"t-1-vote": "1", "t-1-for": "0", "t-1-against": "6", "t-1-abstain": "0", f"m-{ill}": "leave"}, **upload)
    first = client.post(RECORD, data)["Location"].partition("?")[0]
    page = page_of(client.get(f"{first}correct/"))
    assert "更正 11月18日的记录" in page and f'name="m-{ill}" value="leave" checked' in page and "看病" in page
    assert "已收到：台帐.png" in page and "已收到：本.png" in page and 'name="r-dues_ledger" value="upload" checked' in page
    assert 'name="t-1-for" value="0"' in page and 'name="t-1-against" value="6"' in page
    kept = dict(re.findall(r'name="(r-dues_ledger-att|photos-att)" value="(\d+)"', page))
    again = fields(w, "theme_day", "general_meeting", key="c1", reason="点错一人", **{"r-dues_ledger": "upload"}, **kept)
    second = client.post(f"{first}correct/", again)["Location"].partition("?")[0]
    newer, older = page_of(client.get(second)), page_of(client.get(first))
    assert "台帐.png" in newer and "本.png" in newer and "点错一人" in newer and first in newer and "8 人" in newer
    assert "已更正" in older and "看最新的一条" in older and second in older and "不再计入台账" in older and "主题党日、党员大会" in older
    assert client.get(f"{first}correct/")["Location"] == second


def test_a_correction_made_meanwhile_keeps_what_was_typed(w: World) -> None:
    first = visitor("secretary").post(RECORD, fields(w))["Location"].partition("?")[0]
    visitor("committee").post(f"{first}correct/", fields(w, key="c1", reason="地点写错", place="晒场"))
    page = page_of(visitor("secretary").post(f"{first}correct/", fields(w, key="c2", reason="漏写一句", **{"t-0-text": "漏的一句"})), 409)
    assert "已经有人更正过" in page and "漏的一句" in page and reverse("meetings:activity", args=[activities(w)[0].id]) in page


def test_only_the_own_branch_corrects(w: World) -> None:
    first = visitor("secretary").post(RECORD, fields(w))["Location"].partition("?")[0]
    assert visitor("foreign").get(f"{first}correct/").status_code == 404 and visitor("foreign").get(first).status_code == 404
    assert visitor("reader").get(f"{first}correct/").status_code == 403 and "更正" not in page_of(visitor("reader").get(first)).partition("<main")[2]


# ---------------------------------------------------------------- the ledger


def record(w: World, *kinds: str, code: str = "T1-B1", at: datetime = AT, **other: object) -> int:
    return actions.record_meeting(w.actor("secretary"), meeting(w, *kinds, code=code, **other), at=at)


def why(client: Client, w: World, kind: str, window: str, group: int | str = "", **query: object) -> str:
    return page_of(client.get(LEDGER, {"org": w.orgs["T1-B1"], "why": f"{kind}|{group}|{window}", **query}))


def panel(page: str) -> str:
    (found,) = re.findall(r'<section class="card why">.*?</section>', page, re.S)
    return found


def test_the_ledger_answers_why_for_every_state(w: World, clock: dict[str, datetime]) -> None:
    client = visitor("secretary")
    record(w, "committee_meeting", held_on=date(2026, 8, 12), at=datetime(2026, 8, 12, 20, tzinfo=SHANGHAI))
    record(w, "committee_meeting", held_on=date(2026, 7, 10))
    lacking = record(w, "theme_day", held_on=date(2026, 10, 20), records=(EntryRecord("activity_photos", "nil"), EntryRecord("dues_ledger", "later")))
    excused = actions.request_excuse(w.actor("secretary"), org_id=w.orgs["T1-B1"], kind="committee_meeting", group_id=None, window_code="2026-06", reason="防汛抢险", at=AT)
    process.approve(w.actor("clerk1"), excused, at=AT)
    met = panel(why(client, w, "committee_meeting", "2026-08"))
    assert "st ok" in met and "已按期完成" in met and "计入" in met and "第十二条" in met and "2026-08-01 至 2026-08-31" in met
    late = panel(why(client, w, "committee_meeting", "2026-07"))
    assert "补记" in late and "标黄" in late and "2026-07-10 召开，2026-11-20 记录" in late
    missing = panel(why(client, w, "committee_meeting", "2026-09"))
    assert "没开" in missing and "补记" in missing and "这段时间里没有记录" in missing and "date=2026-09-30" in missing
    incomplete = panel(why(client, w, "theme_day", "2026-10"))
    assert "缺党费交纳台帐" in incomplete and reverse("meetings:activity", args=[lacking]) in incomplete
    free = panel(why(client, w, "committee_meeting", "2026-06"))
    assert "上级已同意免" in free and "secretary申请：防汛抢险" in free and "clerk1" in free and "撤回免" not in free
    running = panel(why(client, w, "theme_day", "2026-11"))
    assert "还差 1 次" in running and "还有 11 天" in running
    assert "12月" in page_of(client.get(LEDGER)) and "现在不用办" in panel(why(client, w, "theme_day", "2026-12"))
    lecture = panel(why(client, w, "lecture", "2026"))
    assert "没有规定次数" in lecture
    clock["now"] = datetime(2026, 12, 2, 10, tzinfo=SHANGHAI)
    assert "2026-12-05 前记好仍算按期" in panel(why(visitor("secretary"), w, "committee_meeting", "2026-11"))


def test_the_superior_takes_an_excuse_back_from_the_ledger(w: World) -> None:
    case = actions.request_excuse(w.actor("secretary"), org_id=w.orgs["T1-B1"], kind="committee_meeting", group_id=None, window_code="2026-06", reason="防汛抢险", at=AT)
    process.approve(w.actor("county"), case, at=AT)
    clerk = visitor("clerk1")
    found = panel(why(clerk, w, "committee_meeting", "2026-06"))
    (address,) = re.findall(r'action="(/meetings/excuse/\d+/revoke/)"', found)
    assert visitor("secretary").post(address).status_code == 404 and visitor("clerk2").post(address).status_code == 404
    answer = clerk.post(address, {"back": LEDGER})
    assert answer["Location"] == LEDGER and clerk.post(address, {"back": "https://example.org/"})["Location"] == reverse("desk")
    assert "缺" in panel(why(clerk, w, "committee_meeting", "2026-06"))


def test_the_grid_puts_each_meeting_in_its_month(w: World) -> None:
    for month, day in ((2, 21), (6, 27), (9, 5)):
        on = date(2026, month, day)
        record(w, "general_meeting", "lecture", held_on=on, at=datetime(2026, month, day, 20, tzinfo=SHANGHAI))
    page = page_of(visitor("secretary").get(LEDGER))
    for cell in ("党员大会 2026年第1季度 2月21日开，按期", "党员大会 2026年第2季度 6月27日开，按期", "党课 2026年 6月27日开", "党课 2026年 9月5日开", "支委会 2026年9月 缺", "主题党日 2026年11月 进行中"):
        assert f'aria-label="{cell}' in page, cell
    assert "3/3" in page and "0/10" in page and "到会率" in page and "100.00%" in page


def test_the_ledger_of_a_day_in_the_past(w: World) -> None:
    record(w, "theme_day", held_on=date(2026, 6, 27), at=datetime(2026, 6, 27, 20, tzinfo=SHANGHAI))
    client = visitor("secretary")
    before, after = (page_of(client.get(LEDGER, {"on": on})) for on in ("2026-06-20", "2026-07-01"))
    assert "按 2026年6月20日 看" in before and "主题党日 2026年6月 进行中" in before and "0 条" in before
    assert "主题党日 2026年6月 6月27日开，按期" in after and "1 条" in after
    assert "on=2026-07-01" in after, "links keep the day"
    assert page_of(client.get(LEDGER, {"on": "2016-05-05"})) and page_of(client.get(LEDGER, {"on": "x", "year": "99999999999999999999"}))
    assert page_of(client.get(LEDGER, {"year": "2025", "why": "a|b"})) and page_of(client.get(LEDGER, {"why": "lecture|9|2026-13", "record": "²"}))


def test_where_a_record_went_names_only_what_is_built(w: World) -> None:
    made = record(w, marks={w.persons["T1-B1"][3]: "leave"})
    page = page_of(visitor("secretary").get(LEDGER, {"record": made}))
    assert "11月18日这一条，去了哪里" in page and "台账 1 项" in page and "补课名单 1 人" in page and "考勤 7 人" in page
    for later in ("党务公开", "佐证", "学时 +"):
        assert later not in page


def test_the_ledger_of_another_branch_is_not_there(w: World) -> None:
    foreign = visitor("foreign")
    assert foreign.get(LEDGER, {"org": w.orgs["T1-B1"]}).status_code == 404
    assert visitor("member").get(LEDGER, {"org": w.orgs["T1-B1"]}).status_code == 403
    assert visitor("county").get(LEDGER)["Location"] == reverse("overview:county")
    page = page_of(visitor("reader").get(LEDGER, {"org": w.orgs["T1-B1"]}))
    assert "组织生活台账" in page and ">开会记录</a>" not in page


def test_pages_are_light(w: World) -> None:
    for month in range(1, 12):
        for kind in ("theme_day", "general_meeting", "committee_meeting"):
            record(w, kind, held_on=date(2026, month, 5), marks={w.persons["T1-B1"][2]: "leave"})
    client = visitor("secretary")
    for name in ("meetings:ledger", "meetings:absences", "meetings:attendance", "desk"):
        assert len(gzip.compress(client.get(reverse(name)).content)) < 60_000


# ---------------------------------------------------------------- make-up list, attendance, 免


def test_the_make_up_list_is_worked_off(w: World) -> None:
    record(w, marks={w.persons["T1-B1"][3]: "leave", w.persons["T1-B1"][4]: "absent"})
    client, address = visitor("secretary"), reverse("meetings:absences")
    page = page_of(client.get(address))
    assert "还有 2 人次没有补" in page and "刘四11" in page and "请假" in page and "缺席" in page
    button = re.findall(r'action="(/meetings/absences/\d+/catch-up/\?org=\d+)"', page)[0]
    assert "晚于今天" in page_of(client.post(button, {"done_on": "2026-11-25"}, follow=True))
    assert "早于开会日期" in page_of(client.post(button, {"done_on": "2026-11-01"}, follow=True))
    assert "还有 1 人次没有补" in page_of(client.post(button, {"done_on": "2026-11-20"}, follow=True))
    assert "11月20日 个别补课已补" in page_of(client.get(address, {"show": "all"}))
    for other, status in (("foreign", 404), ("secretary2", 404), ("reader", 403)):
        assert visitor(other).post(button.partition("?")[0] + f"?org={w.orgs['T1-B1']}").status_code == status
    assert visitor("foreign").post(button.partition("?")[0] + f"?org={w.orgs['T2-B1']}").status_code == 404
    assert "补了" not in page_of(visitor("reader").get(address, {"org": w.orgs["T1-B1"]})).partition("<main")[2]


def test_attendance_names_everybody_without_ranking(w: World) -> None:
    record(w, marks={w.persons["T1-B1"][3]: "leave"})
    page = page_of(visitor("secretary").get(reverse("meetings:attendance")))
    assert page.count("1 / 1") == 7 and "0 / 1" in page and "87.50%" in page and "不排名" in page
    assert visitor("foreign").get(reverse("meetings:attendance"), {"org": w.orgs["T1-B1"]}).status_code == 404


def test_no_meeting_is_reported_with_a_reason(w: World) -> None:
    client, address = visitor("secretary"), reverse("meetings:excuse")
    query = {"org": w.orgs["T1-B1"], "kind": "committee_meeting", "window": "2026-09"}
    assert "2026年9月支委会没开" in page_of(client.get(address, query))
    assert "请写明没开的原因" in page_of(client.post(address, query | {"reason": "忙"}), 422)
    assert client.post(address, query | {"reason": "9月防汛，全体上堤"})["Location"] == reverse("desk")
    assert "已经在11月20日由secretary报上去了" in page_of(client.post(address, query | {"reason": "9月防汛，全体上堤"}), 422)
    assert "申请了免，等上级答复" in page_of(client.get(reverse("desk")))
    for bad in ({"kind": "x"}, {"window": "2026-13"}, {"window": ""}):
        assert client.get(address, query | bad).status_code == 404 and client.post(address, query | bad | {"reason": "9月防汛，全体上堤"}).status_code == 404
    assert visitor("committee").get(address, query).status_code == 403 and visitor("foreign").get(address, query).status_code == 404


def test_a_stranger_is_sent_to_sign_in_with_the_way_back(w: World) -> None:
    answer = Client().post(RECORD, fields(w))
    assert answer.status_code == 302 and "next=/meetings/record/" in answer["Location"].replace("%2F", "/")


def test_the_leading_group_of_a_township_has_its_form(w: World) -> None:
    clerk = visitor("clerk1")
    page = page_of(clerk.get(RECORD, {"org": w.orgs["T1"]}))
    assert "民主生活会" in page and 'value="general_meeting"' not in page
    assert "由各支部自己记" in page_of(clerk.post(f"{RECORD}?org={w.orgs['T1']}", fields(w)), 422)
    assert clerk.get(RECORD).status_code == 404 and tree.path_of(w.orgs["T1"])


def test_the_roll_of_another_day_is_shown_before_saving(w: World) -> None:
    without = fields(w)
    del without[f"m-{w.persons['T1-B1'][0]}"]
    page = page_of(visitor("secretary").post(RECORD, without), 422)
    assert "王一11" in page and "没有点到" in page and PAPER


def test_a_record_is_voided_from_its_page_with_a_reason(w: World, client: Client) -> None:
    made = record_actions.write_many(
        w.actor("secretary"), [record_actions.NewActivity(w.orgs["T1-B1"], (("general_meeting", None),), "学习文件", date(2026, 11, 12), 8, 8)], at=AT
    )[0]
    client.force_login(Account.objects.get(username="secretary"), backend="django.contrib.auth.backends.ModelBackend")
    here = f"/meetings/{made}/"
    assert f"{here}void/" in client.get(here).content.decode()
    assert "请写明为什么作废" in client.post(f"{here}void/", {"reason": ""}).content.decode()
    assert client.post(f"{here}void/", {"reason": "记错了支部，没有开"}).status_code == 302
    page = client.get(here).content.decode()
    assert "已作废" in page and "记错了支部，没有开" in page and f"{here}void/" not in page
