"""全县一张图 and reminders through HTTP: same number of statements for 4 and 400 branches, drill-down, `?on=`, scope, limits."""
from __future__ import annotations

import gzip
import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.web.test_meetings_pages import page_of
from tests.world import AT, SHANGHAI, World

from zhibu.areas.meetings import queries, reminders
from zhibu.ground.access.queries import first_start_actor, system_actor
from zhibu.ground.facts import catalogue
from zhibu.ground.guard.permission import Permission
from zhibu.ground.notice import actions as notice
from zhibu.ground.notice import queries as notices
from zhibu.ground.record import actions as record
from zhibu.ground.record.actions import NewActivity, NewEvidence
from zhibu.ground.tree import actions as tree

pytestmark = pytest.mark.django_db

COUNTY = reverse("overview:county")
REMIND = reverse("overview:remind")
FRIDAY = AT  # 2026-11-20 10:00


@pytest.fixture
def w() -> World:
    return world.build()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """Stand still at a working hour; a test moves the hands by clock["now"]."""
    hands = {"now": FRIDAY}
    monkeypatch.setattr(timezone, "now", lambda: hands["now"])
    return hands


def visitor(username: str) -> Client:
    from zhibu.ground.access.models import Account

    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def held(org_id: int, kind: str, on: date, recorded: datetime | None = None, group: int | None = None) -> NewActivity:
    return NewActivity(
        org_id, ((kind, group),), "议事", on, 8, 8, evidence=(NewEvidence("minutes", "entry"),),
        recorded_at=recorded or datetime(on.year, on.month, on.day, 20, tzinfo=SHANGHAI),
    )


def text_of(response) -> str:
    return response.content.decode()


# ---------------------------------------------------------------- the page


def test_the_county_sees_townships_by_months_and_drills_down_to_the_ledger(w: World) -> None:
    client = visitor("county")
    page = text_of(client.get(COUNTY))
    assert "全县一张图" in page and "第1镇党委" in page and "第2镇党委" in page
    assert "不排名" in page and not re.search(r"第\s*\d+\s*名", page)
    assert f'href="{COUNTY}?org={w.orgs["T1"]}"' in page
    township = text_of(client.get(COUNTY, {"org": w.orgs["T1"]}))
    assert "第1村党支部" in township and "第2镇党委" not in township
    assert f'{reverse("meetings:ledger")}?org={w.orgs["T1-B1"]}&amp;year=2026' in township


def test_a_cell_counts_the_branches_concerned_and_shows_its_worst_state(w: World) -> None:
    actor = system_actor()
    record.write_many(actor, [held(w.orgs["T1-B1"], "general_meeting", date(2026, 2, 5)), held(w.orgs["T1-B2"], "general_meeting", date(2026, 2, 6))], at=AT)
    late = datetime(2026, 4, 20, 9, tzinfo=SHANGHAI)
    record.write_many(actor, [held(w.orgs["T2-B1"], "general_meeting", date(2026, 3, 5), late), held(w.orgs["T2-B2"], "general_meeting", date(2026, 3, 6))], at=AT)
    page = text_of(visitor("county").get(COUNTY, {"kind": "general_meeting"}))
    assert 'aria-label="第1镇党委 3月 全部按期"' in page
    assert 'aria-label="第2镇党委 3月 1 个补记"' in page
    assert 'aria-label="第1镇党委 6月 2 个未开或记录不全"' in page
    assert "本月" in page and 'class="x n"' in page


def test_months_that_have_not_come_are_not_alarmed(w: World) -> None:
    page = text_of(visitor("county").get(COUNTY))
    assert "第1镇党委 12月" not in page and "第1镇党委 11月 进行中，已开 0%" in page and "第1镇党委 10月 2 个未开或记录不全" in page


def test_the_panel_names_branch_matter_secretary_and_days(w: World) -> None:
    client = visitor("clerk1")
    page = text_of(client.get(COUNTY, {"org": w.orgs["T1"], "cell": f"{w.orgs['T1-B1']}-10", "kind": "committee_meeting"}))
    assert "第1村党支部 · 10月" in page and "支委会（每月 1 次）" in page and "20 天" in page
    assert "书记 王一11 · 154****0001" in page and "提醒" in page
    assert "同一事项 7 天内只提醒一次" in page


def test_why_names_rule_clause_window_and_cure(w: World) -> None:
    code = f"{w.orgs['T1-B1']}|committee_meeting||2026-10"
    page = text_of(visitor("county").get(COUNTY, {"why": code}))
    assert "支部工作条例" in page and "第十二条" in page and "2026-10-01" in page and "补记" in page
    for wrong in (f"{w.orgs['T1-B1']}|committee_meeting||2025-10", f"{w.orgs['T1-B1']}|committee_meeting|7|2026-10", "99999|lecture||2026"):
        assert visitor("county").get(COUNTY, {"why": wrong}).status_code == 404
    assert "再点一次" in text_of(visitor("county").get(COUNTY, {"why": "x"}))


def test_only_units_with_something_missing(w: World) -> None:
    record.write_many(
        system_actor(), [held(w.orgs[f"T1-B{b}"], "general_meeting", date(2026, m, 5)) for b in (1, 2) for m in (1, 4, 7)], at=AT,
    )
    client = visitor("county")
    everything = text_of(client.get(COUNTY, {"kind": "general_meeting"}))
    assert "只看有未开的 1 个" in everything and "第1镇党委" in everything
    only = text_of(client.get(COUNTY, {"kind": "general_meeting", "only": "missing"}))
    assert ">第1镇党委<" not in only and ">第2镇党委<" in only


def test_a_branch_secretary_sees_the_own_branch_only(w: World) -> None:
    client = visitor("secretary")
    page = text_of(client.get(COUNTY))
    assert "第1村党支部的一年" in page and "提醒未开的" not in page
    for other in ("T1-B2", "T2-B1", "T1", "QH"):
        assert client.get(COUNTY, {"org": w.orgs[other]}).status_code == 404
    foreign = client.get(COUNTY, {"cell": f"{w.orgs['T1-B2']}-3"})
    assert foreign.status_code == 200 and "第2村" not in text_of(foreign)
    assert client.get(COUNTY, {"why": f"{w.orgs['T1-B2']}|general_meeting||2026-Q1"}).status_code == 404


def test_who_may_not_look_is_told_so(w: World) -> None:
    assert visitor("member").get(COUNTY).status_code == 403
    assert visitor("sysadmin").get(COUNTY).status_code == 403
    assert Client().get(COUNTY).status_code == 302
    assert visitor("county").post(COUNTY).status_code == 405


@pytest.mark.parametrize("query, said", [
    ({"on": "gestern"}, "看不懂"), ({"on": "2027-01-01"}, "还没有到"), ({"on": "1921-07-01"}, "太早"), ({"year": "2030"}, "没有“2030”年"), ({"year": "x"}, "没有“x”年"),
    ({"kind": "party"}, "没有“party”"), ({"org": "1;drop"}, "不对"), ({"cell": "x"}, "全县一张图"), ({"cell": "1-13"}, "全县一张图"),
])
def test_an_address_that_makes_no_sense_is_answered_in_words(w: World, query: dict[str, str], said: str) -> None:
    response = visitor("county").get(COUNTY, query)
    assert response.status_code == 200 and said in text_of(response)


def test_last_year_is_closed(w: World) -> None:
    page = text_of(visitor("county").get(COUNTY, {"year": "2025"}))
    assert "第1镇党委 12月 2 个未开或记录不全" in page and 'class="x n"' not in page.split('id="legend"')[0]


# ---------------------------------------------------------------- as of a day


def test_before_and_after_a_move(w: World) -> None:
    tree.move(system_actor(), w.orgs["T1-B2"], to_parent_id=w.orgs["T2"], on=date(2026, 7, 1), at=AT, document="青组〔2026〕7号")
    client = visitor("county")

    def branches(on: str, town: str) -> str:
        return text_of(client.get(COUNTY, {"on": on, "org": w.orgs[town]}))

    assert "第1镇第2村" not in branches("2026-11-20", "T1") and branches("2026-06-30", "T1").count("第2村党支部</a>") == 1
    assert branches("2026-11-20", "T2").count("第2村党支部</a>") == 2 and branches("2026-06-30", "T2").count("第2村党支部</a>") == 1
    assert "只能看，不能提醒" in branches("2026-06-30", "T1")


def test_the_old_superior_does_not_see_a_branch_that_went_away(w: World) -> None:
    tree.move(system_actor(), w.orgs["T1-B2"], to_parent_id=w.orgs["T2"], on=date(2026, 7, 1), at=AT, document="青组〔2026〕7号")
    assert "第2村党支部</a>" not in text_of(visitor("clerk1").get(COUNTY, {"on": "2026-06-30"}))


def test_a_dissolved_branch_stands_last_and_is_marked(w: World) -> None:
    tree.dissolve(system_actor(), w.orgs["T1-B1"], on=date(2026, 8, 16), at=AT, reason="行政村合并", document="镇党〔2026〕8号")
    client = visitor("clerk1")
    after, before = text_of(client.get(COUNTY)), text_of(client.get(COUNTY, {"on": "2026-08-15"}))
    assert after.index("第2村党支部</a>") < after.index("第1村党支部（已撤销）</a>") and "已撤销" not in before
    assert "第1村党支部（已撤销） 5月 4 项未开" in after and "第1村党支部（已撤销） 9月" not in after
    form = text_of(client.get(REMIND))
    assert f'value="{w.orgs["T1-B2"]}|' in form and f'value="{w.orgs["T1-B1"]}|' not in form  # nobody is left there to read it
    item = reminders.Item(w.orgs["T1-B1"], "theme_day", None, "2026-05")
    assert "已经撤销" in reminders.remind(w.actor("clerk1"), [item], FRIDAY).held_back[0][1]


def test_before_the_beginning_there_is_nothing_and_it_is_said(w: World) -> None:
    page = text_of(visitor("county").get(COUNTY, {"on": "2014-06-30"}))
    assert "还没有成立" in page and "第1镇党委" not in page.split("<main")[1]


# ---------------------------------------------------------------- cost


def county_of(townships: int, branches: int) -> World:
    """Found a county with `townships` × `branches` branches in bulk, each with two meetings, and one account."""
    from zhibu.ground.access.models import Account, Grant

    w, builder, since = World(), first_start_actor(), date(2015, 1, 1)
    new = [tree.NewOrg("QH", "中共青禾县委员会", "青禾县委", "party_committee", None, since)]
    for t in range(townships):
        new.append(tree.NewOrg(f"T{t}", f"中共第{t}镇委员会", f"第{t}镇", "party_committee", "QH", since, order=t))
        new += [
            tree.NewOrg(f"T{t}-{b}", f"第{t}镇第{b}村党支部", f"第{b}村党支部", "branch", f"T{t}", since, domain="rural", order=b) for b in range(branches)
        ]
    w.orgs = tree.found_many(builder, new, at=AT, since=since)
    actor = system_actor()
    ids = [org_id for code, org_id in w.orgs.items() if "-" in code]
    tree.seat_committees(actor, [tree.NewCommittee(org_id, 1, date(2024, 1, 1), 5, date(2029, 1, 1), 3) for org_id in ids], at=AT)
    tree.form_groups(actor, [tree.NewGroup(org_id, "第一党小组", since) for org_id in ids], at=AT)
    record.write_many(actor, [held(org_id, kind, date(2026, 5, 8)) for org_id in ids for kind in ("general_meeting", "committee_meeting")], at=AT)
    account = Account(username="county", name="county", made_at=AT)
    account.save()
    Grant.objects.create(account=account, org_id=w.orgs["QH"], role="county_org_dept", valid_from=since, granted_by="系统", granted_at=AT)
    return w


def statements(client: Client, query: dict[str, str]) -> tuple[int, bytes]:
    client.get(COUNTY, query)  # caches of the process are warm
    with CaptureQueriesContext(connection) as seen:
        response = client.get(COUNTY, query)
    assert response.status_code == 200
    return len(seen), response.content


def test_the_county_page_costs_the_same_statements_for_4_and_for_400_branches() -> None:
    counts = []
    for townships, branches in ((2, 2), (20, 20)):
        with transaction.atomic():  # the second county needs an empty tree
            w = county_of(townships, branches)
            client = visitor("county")
            panel, town = f"{w.orgs['T0']}-3", str(w.orgs["T0"])
            queries_ = ({}, {"cell": panel}, {"kind": "lecture", "only": "missing"}, {"on": "2026-06-30"}, {"org": town})
            counts.append([statements(client, query)[0] for query in queries_])
            for query in ({"cell": panel}, {"org": town, "cell": f"{w.orgs['T0-0']}-3"}):
                size = len(gzip.compress(statements(client, query)[1]))
                assert size < 60_000, f"{size} bytes compressed"
            transaction.set_rollback(True)
    assert counts[0] == counts[1]
    assert max(counts[0]) < 40


# ---------------------------------------------------------------- reminders


def overdue(w: World, branch: str = "T1-B1") -> list[reminders.Item]:
    from zhibu.ground.duties.derive import OVERDUE, matters

    answer = queries.compliance(system_actor().scope(Permission.COMPLIANCE_READ), w.orgs[branch], 2026, FRIDAY.date())
    return [reminders.item_of(m) for m in matters(answer.years.values(), OVERDUE)]


def send(client: Client, w: World, items: list[reminders.Item], key: str = "k" * 32, **query: str):
    return client.post(f"{REMIND}?org={w.orgs['T1']}", {"key": key, "item": [i.code for i in items]})


def told(w: World) -> list:
    return notices.unseen(system_actor().scope(Permission.ACTIVITY_READ))


def test_reminding_takes_two_steps_and_lands_on_the_desk(w: World) -> None:
    client = visitor("clerk1")
    page = text_of(client.get(COUNTY))
    link = re.search(rf'href="({REMIND}[^"]*)"[^>]*>提醒未开的 (\d+) 项', page)
    assert link
    form = text_of(client.get(link[1].replace("&amp;", "&")))
    assert form.count('name="item"') == int(link[2])
    assert "同一事项 7 天内只提醒一次；08:00 到 20:00 之间发，只在工作日" in form
    assert "<textarea" in form and "readonly" in form and "第1村党支部：" in form
    key = re.search(r'name="key" value="(\w+)"', form)
    assert key
    item = overdue(w)[0]
    done = client.post(f"{REMIND}?org={w.orgs['T1']}", {"key": key[1], "item": [item.code]}, follow=True)
    assert "已提醒 1 项" in text_of(done)
    (one,) = told(w)
    assert one.org_id == w.orgs["T1-B1"] and one.sent_from == "第1镇党委" and "2026年" in one.text and "补记" in one.text
    again = text_of(client.get(f"{REMIND}?org={w.orgs['T1']}"))
    assert "11月20日已经提醒过，同一事项 7 天内只发一次，11月27日起可以再发" in again


def test_a_double_click_reminds_once(w: World) -> None:
    client, item = visitor("clerk1"), overdue(w)[0]
    first, second = send(client, w, [item]), send(client, w, [item])
    assert first.status_code == second.status_code == 302
    assert len(told(w)) == 1
    other = send(client, w, overdue(w)[1:2])
    assert other.status_code == 409 and len(told(w)) == 1


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


HOURS = [
    (at(20, 7, 59), False, "08:00"), (at(20, 8, 0), True, ""), (at(20, 19, 59), True, ""), (at(20, 20, 0), False, "20:00"), (at(21, 10), False, "工作日"),
    (at(22, 10), False, "工作日"), (at(23, 10), True, ""),
]


@pytest.mark.parametrize("moment, goes, why", HOURS)
def test_hours_and_working_days_hold_in_the_action_and_are_shown_before(w: World, clock: dict, moment: datetime, goes: bool, why: str) -> None:
    items = overdue(w)[:1]
    actor = w.actor("clerk1")
    outcome = reminders.remind(actor, items, moment)
    assert bool(outcome.sent) is goes and len(told(w)) == int(goes)
    clock["now"] = moment
    client = visitor("clerk1")
    if not goes:
        assert why in outcome.held_back[0][1]
        page = text_of(client.get(f"{REMIND}?org={w.orgs['T1']}"))
        assert why in page and 'class="btn pri"' not in page
        refused = send(client, w, items)
        assert refused.status_code == 422 and why in text_of(refused) and not told(w)
        clock["now"] = at(23, 9)  # the key was not used up by the refusal
        assert send(visitor("clerk1"), w, items).status_code == 302 and len(told(w)) == 1


@pytest.mark.parametrize("days, goes", [(0, False), (6, False), (7, True)])
def test_one_reminder_per_matter_in_seven_days(w: World, days: int, goes: bool) -> None:
    actor, items = w.actor("clerk1"), overdue(w)[:2]
    assert reminders.remind(actor, items[:1], at(16, 9)).sent
    outcome = reminders.remind(actor, items, at(16, 17) + timedelta(days=days))
    if days == 6:  # a Sunday
        outcome = reminders.remind(actor, items, at(20, 17))
        assert outcome.sent == (items[1],) and "11月23日起" in outcome.held_back[0][1]
        return
    assert (items[0] in outcome.sent) is goes and items[1] in outcome.sent


def test_another_superior_is_bound_by_the_same_seven_days(w: World) -> None:
    items = overdue(w)[:1]
    assert reminders.remind(w.actor("clerk1"), items, at(16, 9)).sent
    assert not reminders.remind(w.actor("county"), items, at(20, 9)).sent


def test_no_rule_set_makes_the_limits_laxer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lax:
        def value(self, key: str) -> object:
            return {"every_days": 1, "from": "06:00", "to": "23:00", "working_days_only": False}[key.rpartition(".")[2]]

    one = reminders.limits(Lax())  # type: ignore[arg-type]
    assert (one.days_between, f"{one.earliest:%H:%M}", f"{one.latest:%H:%M}", one.working_days_only) == (7, "08:00", "20:00", True)


def test_sabotage_without_the_limits_the_reminder_goes_out(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the tests above: with the guards taken away the same calls must succeed, else those tests would prove nothing."""
    actor, items = w.actor("clerk1"), overdue(w)[:1]
    assert not reminders.remind(actor, items, at(21, 22)).sent
    from zhibu.kernel.result import YES

    monkeypatch.setattr(notice, "hours_open", lambda limits, now, days=None: YES)
    assert reminders.remind(actor, items, at(21, 22)).sent
    assert not reminders.remind(actor, items, at(22, 22)).sent
    monkeypatch.setattr(notice, "next_day", lambda limits, sent: sent.date())
    assert reminders.remind(actor, items, at(22, 22)).sent


def test_what_was_settled_meanwhile_is_not_reminded_of(w: World) -> None:
    (item,) = [i for i in overdue(w) if i.kind == "general_meeting" and i.window == "2026-Q2"]
    record.write_many(system_actor(), [held(w.orgs["T1-B1"], "general_meeting", date(2026, 5, 5))], at=AT)
    outcome = reminders.remind(w.actor("clerk1"), [item], FRIDAY)
    assert not outcome.sent and "不缺了" in outcome.held_back[0][1]


def test_who_may_not_remind_cannot(w: World) -> None:
    item = overdue(w, "T2-B1")[0]
    assert send(visitor("secretary"), w, [item]).status_code == 403
    assert send(visitor("reader"), w, [item]).status_code == 403
    foreign = send(visitor("clerk1"), w, [item])
    assert foreign.status_code == 404 and not told(w)
    assert visitor("clerk1").get(f"{REMIND}?org={w.orgs['T2']}").status_code == 404


@pytest.mark.parametrize("data, said", [
    ({"key": "k" * 32}, "至少勾一项"), ({"key": "", "item": ["1|lecture||2026"]}, "不完整"), ({"key": "k" * 32, "item": ["1|x"]}, "认不出来"),
    ({"key": "k" * 32, "item": ["1|lecture||2026-13"]}, "认不出来"),
])
def test_a_broken_form_is_answered_in_words(w: World, data: dict, said: str) -> None:
    response = visitor("clerk1").post(f"{REMIND}?org={w.orgs['T1']}", data)
    assert response.status_code == 422 and said in text_of(response) and not told(w)


# ---------------------------------------------------------------- 各项数字


def test_the_figures_stand_with_their_source_and_lead_down(w: World) -> None:
    client = visitor("county")
    page = page_of(client.get(reverse("overview:figures")))
    assert "党员总数" in page and "32 人" in page and "人数口径" in page
    townships = page_of(client.get(reverse("overview:figure", args=["members.all"])))
    assert townships.count("16 人") == 2 and f"?org={w.orgs['T1']}" in townships
    branches = page_of(client.get(reverse("overview:figure", args=["members.all"]), {"org": w.orgs["T1"]}))
    assert branches.count("8 人") == 2 and "合计 16 人" in branches
    assert client.get(reverse("overview:figure", args=["members.none"])).status_code == 404


def test_a_figure_asks_for_its_own_right_and_shows_its_share(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    members = catalogue.fact("members.all")
    monkeypatch.setitem(catalogue._FACTS, "members.full", replace(catalogue.fact("members.full"), of="members.all", permission=Permission.DUES_TOTAL))
    page = page_of(visitor("secretary").get(reverse("overview:figures")))
    assert "87.50%（7÷8）" in page and members.title in page
    assert visitor("committee").get(reverse("overview:figure", args=["members.full"])).status_code == 403
    assert "正式党员" not in page_of(visitor("committee").get(reverse("overview:figures")))
