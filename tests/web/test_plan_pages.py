"""Plans, notices, leave, 联合开展, 在外参加 and 放假安排 through HTTP, as a browser without JavaScript sends them."""
from __future__ import annotations

import gzip
import re
from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.everywhere.pages import read, send
from tests.web.test_meetings_pages import activities, page_of, visitor
from tests.world import AT, SHANGHAI, World

from zhibu.areas.meetings import joint, plans
from zhibu.cli import check
from zhibu.ground.guard.permission import Permission
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree.models import Organisation

pytestmark = pytest.mark.django_db

NEXT = date(2026, 11, 27)
THEN = datetime(2026, 11, 27, 16, tzinfo=SHANGHAI)
LIST, NEW, MINE = reverse("meetings:plans"), reverse("meetings:plan-new"), reverse("person:meetings")


@pytest.fixture
def w() -> World:
    return world.build()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """Stand still at a working hour; a test moves the hands by clock["now"]."""
    hands = {"now": AT}
    monkeypatch.setattr(timezone, "now", lambda: hands["now"])
    return hands


def fields(**other: object) -> dict[str, object]:
    return {"kind": ["theme_day"], "day": str(NEXT), "starts": "09:00", "ends": "10:30", "place": "村会议室", "topics": "学习全会精神\n商量冬修水利", "bring": "党员证", "key": "k1"} | other


def make(user: str = "secretary", **other: object) -> int:
    answer = visitor(user).post(NEW, fields(**other))
    assert answer.status_code == 302, page_of(answer, 422)
    return int(answer["Location"].rstrip("/").rsplit("/", 1)[1])


def at(name: str, number: int) -> str:
    return reverse(f"meetings:{name}", args=[number])


def view(w: World, plan_id: int) -> plans.PlanView:
    return plans.plan(w.actor("county").scope(Permission.ACTIVITY_READ), plan_id)


# ---------------------------------------------------------------- plan and notice


def test_a_plan_is_made_once_and_its_notice_is_ready_to_copy(w: World) -> None:
    client = visitor("secretary")
    made, again = client.post(NEW, fields()), client.post(NEW, fields())
    assert made["Location"] == again["Location"]
    page = page_of(client.get(made["Location"]))
    text = re.search(r'<div class="copy" id="copy-text">(.*?)</div>', page, re.S)
    assert text and text[1].startswith("【会议通知】第1镇第1村党支部\n会议：主题党日\n时间：11月27日（周五） 9:00 到 10:30\n地点：村会议室\n议题：\n1. 学习全会精神")
    assert 'data-copy="copy-text"' in page and "复制群通知" in page and len(gzip.compress(page.encode())) < 60_000
    listed = page_of(client.get(LIST))
    assert "11月27日（周五） 9:00 到 10:30" in listed and "每月20日" in listed and "12月20日" in listed


def test_the_form_begins_with_the_shifted_fixed_day_and_says_why(w: World, clock: dict[str, datetime]) -> None:
    Organisation.objects.filter(code="T1-B1").update(theme_day="5")
    clock["now"] = datetime(2026, 9, 29, 10, tzinfo=SHANGHAI)
    page = page_of(visitor("secretary").get(NEW))
    assert 'name="day" value="2026-10-08"' in page and "10月5日是国庆节放假，顺延到节后第一个上班日10月8日。下面已经照此填好，可以再改" in page
    assert 'name="moved_why" value="10月5日是国庆节放假，顺延到节后第一个上班日10月8日"' in page
    assert "10月5日是国庆节放假" not in page_of(visitor("secretary").get(NEW, {"kind": "committee_meeting", "date": "2026-10-05"}))
    clock["now"] = datetime(2026, 10, 2, 10, tzinfo=SHANGHAI)
    desk = page_of(visitor("secretary").get(reverse("desk")))
    assert "主题党日固定日（10月5日是国庆节放假，顺延到节后第一个上班日10月8日）" in desk


def test_faults_stand_at_their_fields_and_what_was_typed_stays(w: World) -> None:
    page = page_of(visitor("secretary").post(NEW, fields(place="", topics=" ", day="2026-11-01")), 422)
    for says in ("请填地点", "没有写议题或主题", "已经过了"):
        assert says in page
    assert "党员证" in page and not plans.plans(w.actor("county").scope(Permission.ACTIVITY_READ), w.orgs.values(), date(2020, 1, 1), date(2030, 1, 1))
    page = page_of(visitor("secretary").post(NEW, fields(day="每月", starts="25:00")), 422)
    assert "日期没有填对" in page and "开始时间没有填对" in page and 'value="25:00"' in page


def test_a_stale_change_shows_both_and_calling_off_gives_its_text(w: World) -> None:
    made, client = make(), visitor("secretary")
    assert client.post(at("plan-change", made), fields(version="1", place="晒谷场", reason="停电")).status_code == 302
    page = page_of(client.post(at("plan-change", made), fields(version="1", place="祠堂")), 409)
    assert "别人先改过这次会" in page and 'value="祠堂"' in page and "晒谷场" in page and 'name="version" value="2"' in page
    assert "请写明为什么不开了" in page_of(client.post(at("plan-cancel", made), {"reason": ""}), 422)
    page = page_of(client.post(at("plan-cancel", made), {"reason": "书记下村防汛"}, follow=True))
    assert "【会议取消】第1镇第1村党支部" in page and "原因：书记下村防汛" in page and "原来：11月27日（周五）" in page and "停电" in page


# ---------------------------------------------------------------- desk, ledger, record


def test_the_ledger_shows_the_planned_day_and_counts_nothing(w: World, clock: dict[str, datetime]) -> None:
    made, client = make(), visitor("secretary")
    before = page_of(client.get(reverse("meetings:ledger")))
    cell = re.search(rf'<a class="d t" href="{at("plan", made)}"[^>]*>27</a>', before)
    assert cell and "hx-get" not in cell[0] and "主题党日 11月27日计划开" in before
    assert "党日 11月27日计划开" not in page_of(client.get(reverse("meetings:ledger"), {"on": "2026-11-19"}))
    done = re.findall(r'<td class="pr [^"]*">([^<]*)</td>', before)
    page_of(client.post(at("plan-cancel", made), {"reason": "不开了"}, follow=True))
    after = page_of(client.get(reverse("meetings:ledger")))
    assert re.findall(r'<td class="pr [^"]*">([^<]*)</td>', after) == done and "计划开" not in after


def test_one_tap_opens_the_form_filled_from_the_plan_and_leave(w: World, clock: dict[str, datetime]) -> None:
    made, client, ill = make(), visitor("secretary"), w.persons["T1-B1"][4]
    page_of(client.post(at("leave", made), {"person": ill, "reason": "在县医院住院"}, follow=True))
    clock["now"] = THEN
    client = visitor("secretary")  # the session of a week ago is over
    address = f"{reverse('meetings:record')}?org={w.orgs['T1-B1']}&plan={made}"
    assert address.replace("&", "&amp;") in page_of(client.get(reverse("desk"))), "from the desk"
    page = page_of(client.get(address))
    for part in ('name="held_on" value="2026-11-27"', 'value="theme_day" checked', 'value="村会议室"', 'value="学习全会精神"', 'value="商量冬修水利"', f'name="plan" value="{made}"'):
        assert part in page, part
    assert f'name="m-{ill}" value="leave" checked' in page and f'name="n-{ill}" value="在县医院住院"' in page and page.count('value="present" checked') == 7
    form = read(client.get(address), address).form("held_on")
    answer = client.post(form.action, form.values({"r-dues_ledger": "paper", "r-dues_ledger-place": "村档案柜", "r-activity_photos": "none"}, "save"))
    assert answer.status_code == 302, page_of(answer, 422)
    (line,) = activities(w)
    (absence,) = recorded.activity(w.actor("county").scope(Permission.ACTIVITY_READ), line.id).absences
    assert (absence.person_id, absence.status, absence.reason) == (ill, "leave", "在县医院住院")
    assert view(w, made).activity_id == line.id and "已记录" in page_of(client.get(LIST)) and "计划" not in page_of(client.get(reverse("desk"))).split("<main")[1].split("<aside")[0]


def test_the_reason_comes_back_after_a_fault_and_after_a_draft(w: World, clock: dict[str, datetime]) -> None:
    made, client, ill = make(), visitor("secretary"), w.persons["T1-B1"][4]
    client.post(at("leave", made), {"person": ill, "reason": "在县医院住院"})
    clock["now"] = THEN
    client = visitor("secretary")  # the session of a week ago is over
    address = f"{reverse('meetings:record')}?org={w.orgs['T1-B1']}&plan={made}"
    form = read(client.get(address), address).form("held_on")
    page = page_of(client.post(form.action, form.values({"content": None}, "save")), 422)
    assert f'name="n-{ill}" value="在县医院住院"' in page and f'name="plan" value="{made}"' in page
    client.post(form.action, form.values({}, "draft"))
    (key,) = [v for n, v in form.fields if n == "key"]
    page = page_of(client.get(f"{address.split('&plan')[0]}&draft={key}"))
    assert f'name="n-{ill}" value="在县医院住院"' in page and f'name="plan" value="{made}"' in page


def test_a_plan_of_another_branch_fills_nothing(w: World) -> None:
    made = make()
    page = page_of(visitor("secretary2").get(reverse("meetings:record"), {"plan": made}))
    assert "学习全会精神" not in page and 'name="plan"' not in page


# ---------------------------------------------------------------- leave


def test_a_member_asks_on_the_own_page_and_the_secretary_answers(w: World) -> None:
    made, member, secretary = make(), visitor("member"), visitor("secretary")
    desk = page_of(member.get(reverse("desk")))
    assert "11月27日（周五） 9:00 到 10:30，主题党日" in desk and MINE in desk
    page = page_of(member.get(MINE))
    assert "【会议通知】" in page and page.count("请假</button>") == 1
    assert "请写一句请假的原因" in page_of(member.post(MINE, {"plan": made, "reason": " "}), 422)
    assert "等书记批" in page_of(member.post(MINE, {"plan": made, "reason": "外出务工"}, follow=True))
    shown = read(secretary.get(at("plan", made)), at("plan", made))
    form = next(f for f in shown.forms if "decide" in (f.action or ""))
    assert "请写一句为什么" in page_of(secretary.post(form.action, {"answer": "no"}, follow=True))
    send(secretary, shown, form, press="准假")
    assert "已准假" in page_of(member.get(MINE)) and "准假" in page_of(secretary.get(at("plan", made)))
    assert "不请假了" in page_of(member.post(MINE, {"plan": made, "do": "withdraw"}, follow=True))


def test_reasons_are_for_those_who_take_the_roll_call(w: World) -> None:
    made = make()
    visitor("member").post(MINE, {"plan": made, "reason": "一种病的名字"})
    assert "一种病的名字" in page_of(visitor("committee").get(at("plan", made)))
    for reader in ("reader", "organiser", "county"):
        assert "一种病的名字" not in page_of(visitor(reader).get(at("plan", made))), reader


def test_without_a_person_there_are_no_own_meetings(w: World) -> None:
    make()
    page = page_of(visitor("secretary").get(MINE))
    assert "没有对应到党员" in page and "会议通知" not in page
    assert "没有找到这次会" in page_of(visitor("member").post(MINE, {"plan": "x", "reason": "有事"}, follow=True))


# ---------------------------------------------------------------- 联合开展


def test_two_branches_hold_one_activity(w: World, clock: dict[str, datetime]) -> None:
    made, host, guest = make(), visitor("secretary"), visitor("secretary2")
    assert "第1镇第2村党支部" in page_of(host.get(at("plan-guests", made))) and "第2镇" not in page_of(host.get(at("plan-guests", made)))
    assert "请从列出的支部中选" in page_of(host.post(at("plan-guests", made), {}), 422)
    assert "邀请了 1 个支部" in page_of(host.post(at("plan-guests", made), {"guest": w.orgs["T1-B2"]}, follow=True))
    (line,) = joint.guests(w.actor("secretary").scope(Permission.ACTIVITY_READ), made)
    theirs = line.plan_id
    page = page_of(guest.get(at("plan", theirs)))
    assert "答复邀请" in page and "第1镇第1村党支部" in page and "等您答复" in page
    assert "请写一句为什么不参加" in page_of(guest.post(at("plan-answer", theirs), {"answer": "no"}), 422)
    page = page_of(guest.post(at("plan-answer", theirs), {"answer": "yes"}, follow=True))
    assert "（和第1镇第1村党支部一起开）" in page
    clock["now"] = THEN
    host, guest = visitor("secretary"), visitor("secretary2")  # the sessions of a week ago are over
    address = f"{reverse('meetings:record')}?org={w.orgs['T1-B2']}&plan={theirs}"
    form = read(guest.get(address), address).form("held_on")
    answers = {"r-dues_ledger": "paper", "r-dues_ledger-place": "柜", "r-activity_photos": "none", f"m-{w.persons['T1-B2'][3]}": "leave"}
    assert guest.post(form.action, form.values(answers, "save")).status_code == 302
    page = page_of(host.get(at("plan", made)))
    assert "应到 8，实到 7" in page and "刘四12" not in page and not activities(w) and len(activities(w, "T1-B2")) == 1
    assert "替它点名" not in page
    (theirs_record,) = activities(w, "T1-B2")
    page = page_of(guest.get(reverse("meetings:activity", args=[theirs_record.id])))
    assert "第1镇第1村党支部主办" in page and at("plan", theirs) in page


def test_the_own_plan_is_no_invitation(w: World) -> None:
    assert visitor("secretary").get(at("plan-answer", make())).status_code == 404


# ---------------------------------------------------------------- 在外参加


def elsewhere(w: World, **other: object) -> dict[str, object]:
    return {"person": w.persons["T1-B1"][4], "day": "2026-11-18", "kind": "lecture", "at_org": "东莞市长安镇流动党员党支部", "how": "paper", "kept_at": "村档案柜"} | other


def test_an_attendance_elsewhere_shows_with_its_mark(w: World) -> None:
    client, here = visitor("secretary"), reverse("meetings:elsewhere-new")
    page = page_of(client.post(here, elsewhere(w, at_org="", kept_at="")), 422)
    assert "写全称" in page and "请写纸质证明存在哪里" in page
    page = page_of(client.post(here, elsewhere(w), follow=True))
    assert "东莞市长安镇流动党员党支部" in page and "纸质件存村档案柜" in page
    assert "0 / 0，在外 1 次" in page_of(client.get(reverse("meetings:attendance")))
    (end,) = re.findall(r'href="([^"]*/end/)"', page)
    assert "请写一句为什么去掉" in page_of(client.post(end, {"reason": ""}), 422)
    assert "已去掉：登记错了人" in page_of(client.post(end, {"reason": "登记错了人"}, follow=True))
    assert "在外 1 次" not in page_of(client.get(reverse("meetings:attendance")))


def test_a_proof_that_was_uploaded_survives_a_fault(w: World) -> None:
    client, here = visitor("secretary"), reverse("meetings:elsewhere-new")
    page = page_of(client.post(here, elsewhere(w, at_org="", file=SimpleUploadedFile("证明.pdf", b"%PDF-1.4 proof", "application/pdf"))), 422)
    (kept,) = re.findall(r'name="file_id" value="(\d+)"', page)
    page = page_of(client.post(here, elsewhere(w, how="upload", file_id=kept), follow=True))
    assert "证明.pdf" in page and "/files/" in page
    assert visitor("secretary2").post(here, elsewhere(w, person=w.persons["T1-B2"][1], how="upload", file_id=kept)).status_code == 422, "another branch's file"


# ---------------------------------------------------------------- 放假安排


def test_the_system_administrator_enters_days_and_the_missing_year_is_said(w: World, clock: dict[str, datetime], capsys: pytest.CaptureFixture[str]) -> None:
    client, here, enter = visitor("sysadmin"), reverse("workdays:days"), reverse("workdays:enter")
    assert "10月1日到10月7日" in page_of(client.get(here)) and "国办发明电〔2025〕7号" in page_of(client.get(here)) and "还没有录入。国务院" not in page_of(client.get(here))
    clock["now"] = datetime(2026, 12, 1, 10, tzinfo=SHANGHAI)
    client = visitor("sysadmin")  # the session of November is over
    assert "2027年的放假安排还没有录入" in page_of(client.get(here)) and "只按星期六、星期日算" in page_of(client.get(here, {"year": "2027"}))
    check.say_workdays(date(2026, 12, 1))
    assert "2027年的放假安排还没有录入" in capsys.readouterr().out
    assert "请写是什么节" in page_of(client.post(enter, {"kind": "off", "first": "2027-02-05", "last": "2027-02-11", "name": "", "reason": "国办通知"}), 422)
    page = page_of(client.post(enter, {"kind": "off", "first": "2027-02-05", "last": "2027-02-11", "name": "春节", "reason": "国办通知"}, follow=True))
    assert "录入了 7 天" in page and "2月5日到2月11日" in page and "sysadmin，2026年12月1日：国办通知" in page and "2027年的放假安排还没有录入" not in page
    check.say_workdays(date(2026, 12, 1))
    assert "还没有录入" not in capsys.readouterr().out
    for user in ("secadmin", "auditor", "county", "secretary"):
        assert visitor(user).get(here).status_code == 403 == visitor(user).post(enter, {}).status_code, user
