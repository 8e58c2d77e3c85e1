"""Meetings before and across: plans and their notice, leave, 联合开展, what was attended elsewhere, joint group meetings."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from tests import world
from tests.areas.test_meetings import DAY, TODAY, cell, codes, meeting, refused, save
from tests.world import AT, World

from zhibu.areas.meetings import actions, attendance, duties, elsewhere, joint, leave, plan_actions, planning, plans
from zhibu.areas.meetings.elsewhere import NewElsewhere
from zhibu.areas.meetings.entry import EntryRefused
from zhibu.areas.meetings.leave import LeaveRefused
from zhibu.areas.meetings.models import Elsewhere, JointGuest, Leave, Plan, PlanChange
from zhibu.areas.meetings.planning import Planned
from zhibu.ground.access.models import Account
from zhibu.ground.duties.duty import DutyState
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import actions as people
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import NotFound
from zhibu.ground.workdays import actions as workdays
from zhibu.kernel.judge import Slot

pytestmark = pytest.mark.django_db
NEXT = date(2026, 11, 27)  # a week on, a Friday
LATER = datetime(2026, 11, 28, 10, tzinfo=world.SHANGHAI)


@pytest.fixture
def w() -> World:
    return world.build()


def wish(*kinds: str, **other: object) -> Planned:
    """Give a plan that may be made as it is."""
    pairs = tuple((k, None) for k in kinds or ("theme_day",))
    return replace(Planned(pairs, NEXT, time(9), time(10, 30), "村会议室", ("学习全会精神", "商量冬修水利"), "党员证"), **other)


def make(w: World, user: str = "secretary", code: str = "T1-B1", plan: Planned | None = None) -> int:
    return plan_actions.make(w.actor(user), w.orgs[code], plan or wish(), at=AT)


def view(w: World, plan_id: int, user: str = "county") -> plans.PlanView:
    return plans.plan(w.actor(user).scope(Permission.ACTIVITY_READ), plan_id)


def stopped(do: Callable[[], object]) -> EntryRefused:
    with pytest.raises(EntryRefused) as caught:
        do()
    assert all(f.reason and "！" not in f.reason for f in caught.value.faults)
    return caught.value


def desk(w: World, user: str = "secretary", today: date = TODAY) -> dict[str, str]:
    actor = w.actor(user, today)
    return {d.key.rsplit(":", 1)[0] if d.key.startswith("meetings:plan") else d.key: d.title for d in duties.due(actor, actor.sees(), today)}


# ---------------------------------------------------------------- plans


def test_a_plan_stands_on_the_desk_and_fulfils_nothing(w: World) -> None:
    before = cell(w.actor("secretary"), w, "theme_day", "2026-11")
    assert any("还差 1 次" in title and "主题党日" in title for title in desk(w).values())
    make(w)
    titles = list(desk(w).values())
    assert "计划 11月27日（周五）开主题党日" in titles and not any("主题党日，还差" in t for t in titles), "one line for one matter"
    after = cell(w.actor("secretary"), w, "theme_day", "2026-11")
    assert (after.slot, after.due, after.fulfilled, after.held) == (before.slot, before.due, before.fulfilled, 0) and after.slot is Slot.RUNNING
    assert cell(w.actor("secretary"), w, "theme_day", "2026-11", on=date(2026, 12, 20)).slot is Slot.MISSING, "a plan alone is a gap like any other"


def test_a_plan_that_is_past_asks_for_its_record_or_its_end(w: World) -> None:
    make(w)
    assert "今天开主题党日" in desk(w, today=NEXT).values()
    later = list(desk(w, today=LATER.date()).values())
    assert "原定 11月27日（周五）的主题党日还没有记录" in later and any("主题党日，还差 1 次" in t for t in later)


def test_the_record_is_linked_and_its_end_opens_the_plan_again(w: World) -> None:
    made, actor = make(w), w.actor("secretary")
    held = actions.record_meeting(actor, meeting(w, "theme_day", held_on=NEXT), at=LATER)
    plan_actions.hold(actor, w.orgs["T1-B1"], held, made, at=LATER)
    assert view(w, made).activity_id == held and not view(w, made).open
    newer = actions.record_meeting(actor, meeting(w, "theme_day", held_on=NEXT, corrects=held, correction_reason="漏了一个人"), at=LATER)
    assert view(w, made).activity_id == newer, "the newest entry stands for it"
    assert codes(stopped(lambda: plan_actions.cancel(actor, made, reason="没开成", at=LATER))) == {"E044"}
    actions.void_meeting(actor, newer, reason="记错了支部，没有开", at=LATER)
    assert view(w, made).activity_id is None and view(w, made).open
    plan_actions.cancel(actor, made, reason="防汛，改到下月", at=LATER)
    assert view(w, made).state == "cancelled"


def test_a_record_made_without_the_plan_is_found_by_its_day(w: World) -> None:
    made, other, actor = make(w), make(w, plan=wish("lecture")), w.actor("secretary")
    held = actions.record_meeting(actor, meeting(w, "theme_day", "general_meeting", held_on=NEXT), at=LATER)
    assert view(w, made).activity_id == held and view(w, other).activity_id is None, "only what was held"
    plan_actions.hold(actor, w.orgs["T1-B1"], held, None, at=LATER)
    scope = Scope((tree.path_of(w.orgs["T1-B1"]),))
    assert dict(Plan.objects.within(scope).order_by("id").values_list("pk", "activity_id")) == {made: held, other: None}


def test_a_change_keeps_what_was_and_a_stale_form_changes_nothing(w: World) -> None:
    made, actor = make(w), w.actor("secretary")
    plan_actions.change(actor, made, wish(day=date(2026, 11, 30), place="晒谷场"), version=1, reason="27日停电", at=AT)
    (one,) = plans.changes(actor.scope(Permission.ACTIVITY_READ), made)
    assert one.what == "changed" and one.reason == "27日停电" and one.before.startswith("11月27日（周五） 9:00 到 10:30，村会议室。学习全会精神") and one.by == "secretary"
    assert view(w, made).day == date(2026, 11, 30)
    assert codes(stopped(lambda: plan_actions.change(actor, made, wish(), version=1, reason="", at=AT))) == {"E044"}
    assert view(w, made).plan.place == "晒谷场"


def test_calling_off_needs_a_reason_and_gives_a_text_that_says_so(w: World) -> None:
    made, actor = make(w), w.actor("secretary")
    assert codes(stopped(lambda: plan_actions.cancel(actor, made, reason=" ", at=AT))) == {"E054"}
    plan_actions.cancel(actor, made, reason="书记下村防汛", at=AT)
    found = view(w, made)
    assert (found.state, found.state_why) == ("cancelled", "书记下村防汛")
    text = planning.notice_text("第1村党支部", found.plan, {}, cancelled_why=found.state_why)
    assert text == "【会议取消】第1村党支部\n原定11月27日（周五） 9:00 到 10:30的主题党日不开了。\n原因：书记下村防汛\n重新定了时间再通知。"
    assert codes(stopped(lambda: plan_actions.change(actor, made, wish(), version=2, reason="", at=AT))) == {"E044"}
    assert not any("计划" in t for t in desk(w).values())


@pytest.mark.parametrize(
    ("other", "field", "code"),
    [
        ({"day": date(2026, 11, 19)}, "day", "E002"), ({"day": date(2036, 11, 27)}, "day", "E002"), ({"end": time(8)}, "ends", "E002"), ({"start": None, "end": None}, "starts", "E054"),
        ({"place": " "}, "place", "E054"), ({"topics": ("", " ")}, "topics", "E054"), ({"kinds": ()}, "kind", "E054"), ({"kinds": (("dem_life_meeting", None),)}, "kind", "E045"),
        ({"kinds": (("theme_day", None), ("committee_meeting", None))}, "kind", "E044"), ({"kinds": (("group_meeting", None),)}, "group", "E054"),
        ({"kinds": (("group_meeting", 999_999),)}, "group", "E045"),
    ],
)
def test_plans_that_cannot_be_are_refused(w: World, other: dict[str, object], field: str, code: str) -> None:
    error = stopped(lambda: make(w, plan=wish(**other)))  # type: ignore[arg-type]
    assert (field, code) in {(f.field, f.code) for f in error.faults}
    assert not Plan.objects.within(Scope(("",))).exists()


def test_the_same_meeting_is_planned_once(w: World) -> None:
    make(w)
    assert codes(stopped(lambda: make(w))) == {"E044"}
    make(w, plan=wish(start=time(15), end=None))


def test_a_group_leader_plans_for_the_own_group(w: World) -> None:
    first, second = w.groups["T1-B1"]
    Account.objects.filter(username="leader").update(person_id=w.persons["T1-B1"][0])
    made = make(w, "leader", plan=wish(kinds=(("group_meeting", first),)))
    assert codes(stopped(lambda: make(w, "leader"))) == {"E023"} == codes(stopped(lambda: make(w, "leader", plan=wish(kinds=(("group_meeting", second),)))))
    other = make(w, plan=wish(kinds=(("group_meeting", second),)))
    assert codes(stopped(lambda: plan_actions.cancel(w.actor("leader"), other, reason="不开了", at=AT))) == {"E023"}
    plan_actions.cancel(w.actor("leader"), made, reason="不开了", at=AT)


@pytest.mark.parametrize("user", ["member", "reader", "organiser", "county"])
def test_who_may_not_record_may_not_plan(w: World, user: str) -> None:
    with pytest.raises(Refused):
        make(w, user)


def test_the_plan_of_another_branch_is_not_found(w: World) -> None:
    made = make(w)
    for do in (lambda a: plan_actions.cancel(a, made, reason="不开了", at=AT), lambda a: leave.enter(a, made, 1, reason="病了", at=AT), lambda a: joint.invite(a, made, [1], at=AT)):
        with pytest.raises(NotFound):
            do(w.actor("secretary2"))
    actor = w.actor("secretary2")
    plan_actions.hold(actor, w.orgs["T1-B2"], save(actor, meeting(w, "theme_day", code="T1-B2")).id, made, at=AT)
    assert view(w, made).activity_id is None


# ---------------------------------------------------------------- the notice


def test_the_notice_says_everything_and_names_nobody(w: World) -> None:
    plan = wish("theme_day", "lecture", moved_why="10月5日是国庆节放假，顺延到节后第一个上班日10月8日")
    text = planning.notice_text("第1村党支部", plan, {}, "第2村党支部")
    assert text.splitlines() == [
        "【会议通知】第1村党支部", "会议：主题党日、党课（和第2村党支部一起开）", "时间：11月27日（周五） 9:00 到 10:30", "地点：村会议室", "议题：", "1. 学习全会精神", "2. 商量冬修水利",
        "请带：党员证", "参加：全体党员", "说明：10月5日是国庆节放假，顺延到节后第一个上班日10月8日", "有事不能来的，请会前向支部请假。",
    ]
    names = {n for n in world.NAMES}
    assert not any(n in text for n in names)


@pytest.mark.parametrize(
    ("kinds", "who"),
    [
        ((("committee_meeting", None),), "支部委员"), ((("group_meeting", 1), ("group_meeting", 2)), "第一党小组党员、第二党小组党员"),
        ((("group_meeting", 1), ("lecture", None)), "全体党员"), ((("dem_life_meeting", None),), "领导班子成员"),
    ],
)
def test_who_is_expected_is_said_by_office(kinds: tuple[tuple[str, int | None], ...], who: str) -> None:
    assert planning.who_comes(kinds, {1: "第一党小组", 2: "第二党小组"}) == who


# ---------------------------------------------------------------- leave


def test_a_member_asks_and_the_secretary_answers(w: World) -> None:
    made, me = make(w), w.actor("member")
    leave.ask(me, made, reason="在县医院住院", at=AT)
    (one,) = leave.leaves(w.actor("secretary").scope(Permission.ACTIVITY_READ), made)
    assert (one.state, one.on_behalf, one.person_id, one.name) == ("asked", False, w.persons["T1-B1"][3], "刘四11")
    assert "11月27日（周五）的会有 1 人请假，等您批" in desk(w).values() and not any("请假" in t for t in desk(w, "committee").values())
    assert leave.granted(w.actor("secretary").scope(Permission.ACTIVITY_READ), made) == {}
    leave.decide(w.actor("secretary"), one.id, approve=True, why="", at=AT)
    assert leave.granted(w.actor("secretary").scope(Permission.ACTIVITY_READ), made) == {one.person_id: "在县医院住院"} and leave.own(one.person_id)[made].state == "approved"
    with pytest.raises(LeaveRefused) as again:
        leave.ask(me, made, reason="还是住院", at=AT)
    assert again.value.code == "E044"
    leave.withdraw(me, made, at=AT)
    assert leave.granted(w.actor("secretary").scope(Permission.ACTIVITY_READ), made) == {}
    leave.ask(me, made, reason="又住院了", at=AT)
    assert leave.own(one.person_id)[made].state == "asked" and Leave.objects.within(Scope(("",))).count() == 1


def test_declining_needs_a_reason_that_the_member_reads(w: World) -> None:
    made = make(w)
    leave.ask(w.actor("member"), made, reason="打牌", at=AT)
    (one,) = leave.leaves(w.actor("secretary").scope(Permission.ACTIVITY_READ), made)
    for why, code in (("", "E054"), (" ", "E054")):
        with pytest.raises(LeaveRefused) as refused_:
            leave.decide(w.actor("secretary"), one.id, approve=False, why=why, at=AT)
        assert refused_.value.code == code
    leave.decide(w.actor("secretary"), one.id, approve=False, why="选支委，都要到", at=AT)
    assert leave.own(one.person_id)[made].decided_why == "选支委，都要到"
    with pytest.raises(LeaveRefused) as twice:
        leave.decide(w.actor("secretary"), one.id, approve=True, why="", at=AT)
    assert twice.value.code == "E044"


def test_leave_told_of_is_recorded_as_entered_on_behalf(w: World) -> None:
    made, ill, away = make(w), *w.persons["T1-B1"][4:6]
    leave.enter(w.actor("secretary"), made, ill, reason="电话里说，腰伤", at=AT)
    leave.enter(w.actor("committee"), made, away, reason="外出务工", at=AT)
    states = {one.person_id: (one.state, one.on_behalf, one.asked_by) for one in leave.leaves(w.actor("secretary").scope(Permission.ACTIVITY_READ), made)}
    assert states == {ill: ("approved", True, "secretary"), away: ("asked", True, "committee")}
    with pytest.raises(LeaveRefused) as stranger:
        leave.enter(w.actor("secretary"), made, w.persons["T1-B2"][0], reason="别的支部", at=AT)
    with pytest.raises(LeaveRefused) as silent:
        leave.enter(w.actor("secretary"), made, w.persons["T1-B1"][6], reason=" ", at=AT)
    assert (stranger.value.code, silent.value.code) == ("E045", "E054")


def test_nobody_answers_the_own_request(w: World) -> None:
    made, own = make(w), w.persons["T1-B1"][0]
    Account.objects.filter(username="secretary").update(person_id=own)
    leave.enter(w.actor("secretary"), made, own, reason="去省里开会", at=AT)
    (one,) = leave.leaves(w.actor("secretary").scope(Permission.ACTIVITY_READ), made)
    assert one.state == "asked"
    with pytest.raises(LeaveRefused) as refused_:
        leave.decide(w.actor("secretary"), one.id, approve=True, why="", at=AT)
    assert refused_.value.code == "E037"
    for user in ("committee", "leader", "clerk1"):
        with pytest.raises(Refused):
            leave.decide(w.actor(user), one.id, approve=True, why="", at=AT)


def test_only_who_is_expected_asks_and_only_about_the_own_branch(w: World) -> None:
    committee, foreign, mine = make(w, plan=wish("committee_meeting")), make(w, "foreign", "T2-B1"), make(w)
    me = w.actor("member")
    for plan_id in (committee, foreign, 0):
        with pytest.raises(NotFound):
            leave.ask(me, plan_id, reason="有事", at=AT)
    own, coming = plans.mine(me.person_id or 0, TODAY)
    assert own is not None and [p.id for p in coming] == [mine]
    with pytest.raises(NotFound):
        leave.ask(w.actor("secretary"), mine, reason="没有对应的党员", at=AT)
    plan_actions.cancel(w.actor("secretary"), mine, reason="不开了", at=AT)
    with pytest.raises(NotFound):
        leave.ask(me, mine, reason="有事", at=AT)


def test_the_own_row_is_all_a_member_reads(w: World) -> None:
    made = make(w)
    leave.enter(w.actor("secretary"), made, w.persons["T1-B1"][4], reason="别人的病", at=AT)
    leave.ask(w.actor("member"), made, reason="自己的事", at=AT)
    assert [one.reason for one in leave.own(w.persons["T1-B1"][3]).values()] == ["自己的事"]
    duty = next(d for d in duties.due(w.actor("member"), w.actor("member").sees(), TODAY) if d.key == f"meetings:mine:{made}")
    assert duty.state is DutyState.INFO and duty.why.startswith("已请假，等书记批。")


def test_each_reason_of_the_roll_call_stays_with_its_person(w: World) -> None:
    first, second, third = w.persons["T1-B1"][4:7]
    entry = meeting(w, marks={first: "leave", second: "leave", third: "absent"}, reasons={first: "住院", third: " "}, absence_note="下乡")
    found = {a.person_id: a.reason for a in save(w.actor("secretary"), entry).absences}
    assert found[first] == "住院" and found[second] == "下乡"


# ---------------------------------------------------------------- the fixed day


def fix(w: World, text: str) -> tree.OrgView:
    Organisation.objects.filter(code="T1-B1").update(theme_day=text)
    return tree.views([w.orgs["T1-B1"]])[w.orgs["T1-B1"]]


def test_the_fixed_day_moves_off_a_holiday_with_the_reason(w: World) -> None:
    found = plans.theme_day(fix(w, "5"), 2026, 10)
    assert found is not None and found.day == date(2026, 10, 8) and found.reason == "10月5日是国庆节放假，顺延到节后第一个上班日10月8日"
    workdays.enter(w.actor("sysadmin"), first=date(2026, 10, 8), last=date(2026, 10, 8), kind="off", name="抗洪补休", reason="县里统一安排", at=AT)
    moved = plans.theme_day(fix(w, "5"), 2026, 10)
    assert moved is not None and moved.day == date(2026, 10, 9), "what a deployment enters counts"
    assert plans.theme_day(fix(w, ""), 2026, 10) is None
    unknown = plans.theme_day(fix(w, "5"), 2027, 2)
    assert unknown is not None and not unknown.shifted and "2027年的放假安排还没有录入" in unknown.reason


def test_the_next_theme_day_is_the_first_that_is_neither_held_nor_planned(w: World) -> None:
    scope, org = w.actor("secretary").scope(Permission.ACTIVITY_READ), fix(w, "25")
    assert plans.next_theme_day(scope, org, TODAY).day == date(2026, 11, 25)
    made = make(w, plan=wish(day=date(2026, 11, 25)))
    assert plans.next_theme_day(scope, org, TODAY).day == date(2026, 12, 25)
    plan_actions.cancel(w.actor("secretary"), made, reason="不开了", at=AT)
    save(w.actor("secretary"), meeting(w, "theme_day"))
    assert plans.next_theme_day(scope, org, TODAY).day == date(2026, 12, 25)


# ---------------------------------------------------------------- 联合开展


def hosted(w: World) -> tuple[int, int]:
    """Let B1 invite B2; give both plans."""
    made = make(w)
    assert joint.invite(w.actor("secretary"), made, [w.orgs["T1-B2"]], at=AT) == 1
    (line,) = joint.guests(w.actor("secretary").scope(Permission.ACTIVITY_READ), made)
    return made, line.plan_id


def guest(w: World, made: int) -> joint.GuestView:
    (line,) = joint.guests(w.actor("secretary").scope(Permission.ACTIVITY_READ), made)
    return line


def record(w: World, user: str, code: str, plan_id: int, at: datetime = LATER, **other: object) -> int:
    held = actions.record_meeting(w.actor(user), meeting(w, "theme_day", code=code, held_on=NEXT, **other), at=at)
    plan_actions.hold(w.actor(user), w.orgs[code], held, plan_id, at=at)
    return held


def test_each_branch_takes_part_with_its_own_roll_call_and_slot(w: World) -> None:
    made, theirs = hosted(w)
    assert view(w, theirs).state == "invited" and any("请本支部一起开主题党日：11月27日" in t for t in desk(w, "secretary2").values())
    joint.answer(w.actor("secretary2"), theirs, comes=True, reason="", at=AT)
    assert guest(w, made).state == "accepted"
    record(w, "secretary", "T1-B1", made)
    own, other = (cell(w.actor("county"), w, "theme_day", "2026-11", on=LATER.date(), code=c) for c in ("T1-B1", "T1-B2"))
    assert (own.held, other.held) == (1, 0), "no slot of the guest without its own roll-call"
    assert set(view(w, theirs).host_said) == {"at", "corrected", "start", "end", "place"} and view(w, theirs).plan.topics == wish().topics
    assert guest(w, made).state == "accepted"
    record(w, "secretary2", "T1-B2", theirs, marks={w.persons["T1-B2"][2]: "leave"})
    assert cell(w.actor("county"), w, "theme_day", "2026-11", on=LATER.date(), code="T1-B2").held == 1
    line = guest(w, made)
    assert (line.state, line.expected, line.present) == ("recorded", 8, 7), "headcounts and nothing else"


def test_what_crosses_is_never_a_name(w: World) -> None:
    made, theirs = hosted(w)
    joint.answer(w.actor("secretary2"), theirs, comes=False, reason="王一12生病", at=AT)
    row = JointGuest.objects.within(Scope((tree.path_of(w.orgs["T1-B1"]),))).values().get(plan_id=made)
    assert set(row) == {"id", "org_id", "plan_id", "guest_org_id", "guest_plan_id", "state", "expected", "present"} and row["state"] == "declined"
    assert view(w, theirs).made_by == "第1镇第1村党支部", "the office, not the secretary"
    with pytest.raises(NotFound):
        view(w, theirs, "secretary")
    with pytest.raises(NotFound):
        view(w, made, "secretary2")


def test_a_common_superior_may_record_for_all(w: World) -> None:
    made, theirs = hosted(w)
    joint.answer(w.actor("clerk1"), theirs, comes=True, reason="", at=AT)
    record(w, "clerk1", "T1-B1", made)
    record(w, "clerk1", "T1-B2", theirs)
    assert guest(w, made).state == "recorded"
    with pytest.raises(Refused):
        record(w, "secretary", "T1-B2", theirs, at=LATER + timedelta(minutes=1))


def test_a_guest_that_voids_or_corrects_is_seen_by_the_host(w: World) -> None:
    made, theirs = hosted(w)
    joint.answer(w.actor("secretary2"), theirs, comes=True, reason="", at=AT)
    held = record(w, "secretary2", "T1-B2", theirs)
    newer = actions.record_meeting(
        w.actor("secretary2"), meeting(w, "theme_day", code="T1-B2", held_on=NEXT, corrects=held, correction_reason="少点一人", marks={w.persons["T1-B2"][1]: "absent"}), at=LATER,
    )
    assert (guest(w, made).state, guest(w, made).present) == ("recorded", 7)
    actions.void_meeting(w.actor("secretary2"), newer, reason="当天没有去成", at=LATER)
    assert (guest(w, made).state, guest(w, made).present) == ("accepted", None)


def test_a_host_that_voids_asks_the_guest_to_look_and_changes_nothing_of_it(w: World) -> None:
    made, theirs = hosted(w)
    joint.answer(w.actor("secretary2"), theirs, comes=True, reason="", at=AT)
    held, own = record(w, "secretary", "T1-B1", made), record(w, "secretary2", "T1-B2", theirs)
    assert not any("联合开展" in t for t in desk(w, "secretary2", LATER.date()).values())
    actions.void_meeting(w.actor("secretary"), held, reason="记错了，没有开", at=LATER + timedelta(hours=1))
    assert view(w, theirs).activity_id == own and view(w, theirs).host_said["voided"] is True
    assert "11月27日（周五）联合开展的会，主办支部作废了记录" in desk(w, "secretary2", LATER.date()).values()
    assert cell(w.actor("county"), w, "theme_day", "2026-11", on=LATER.date(), code="T1-B2").held == 1, "its own secretary decides"
    actions.record_meeting(w.actor("secretary2"), meeting(w, "theme_day", code="T1-B2", held_on=NEXT, corrects=own, correction_reason="核对过"), at=LATER + timedelta(hours=2))
    assert not any("联合开展" in t for t in desk(w, "secretary2", LATER.date()).values())


def test_the_hosts_change_and_end_reach_invitations_not_yet_recorded(w: World) -> None:
    made, theirs = hosted(w)
    plan_actions.change(w.actor("secretary"), made, wish(day=date(2026, 11, 30), place="镇礼堂"), version=1, reason="", at=AT)
    assert (view(w, theirs).day, view(w, theirs).plan.place) == (date(2026, 11, 30), "镇礼堂")
    plan_actions.cancel(w.actor("secretary"), made, reason="礼堂停电", at=AT)
    assert (view(w, theirs).state, view(w, theirs).state_why) == ("cancelled", "主办的支部取消了")
    assert codes(stopped(lambda: joint.answer(w.actor("secretary2"), theirs, comes=True, reason="", at=AT))) == {"E044"}


def test_a_guest_does_not_move_the_hosts_meeting_but_may_step_back(w: World) -> None:
    made, theirs = hosted(w)
    joint.answer(w.actor("secretary2"), theirs, comes=True, reason="", at=AT)
    assert codes(stopped(lambda: plan_actions.change(w.actor("secretary2"), theirs, wish(place="村里"), version=1, reason="", at=AT))) == {"E023"}
    assert codes(stopped(lambda: joint.invite(w.actor("secretary2"), theirs, [w.orgs["T1-B1"]], at=AT))) == {"E023"}
    assert codes(stopped(lambda: joint.answer(w.actor("secretary2"), theirs, comes=False, reason="", at=AT))) == {"E054"}
    joint.answer(w.actor("secretary2"), theirs, comes=False, reason="当天换届", at=AT)
    assert guest(w, made).state == "declined" and view(w, made).open


def test_invitations_that_cannot_be_are_refused(w: World) -> None:
    made, inner, user = make(w), make(w, plan=wish("general_meeting")), w.actor("secretary")
    for wanted in ([], [w.orgs["T2-B1"]], [w.orgs["T1-B1"]], [w.orgs["T1"]], [999_999]):
        assert codes(stopped(lambda wanted=wanted: joint.invite(user, made, wanted, at=AT))) == {"E054"}
    assert codes(stopped(lambda: joint.invite(user, inner, [w.orgs["T1-B2"]], at=AT))) == {"E045"}
    joint.invite(user, made, [w.orgs["T1-B2"]], at=AT)
    assert joint.invite(user, made, [w.orgs["T1-B2"]], at=AT) == 0, "asked once"
    plan_actions.cancel(user, made, reason="不开了", at=AT)
    assert codes(stopped(lambda: joint.invite(user, made, [w.orgs["T1-B2"]], at=AT))) == {"E044"}
    assert Plan.objects.within(Scope(("",))).filter(host_org_id__isnull=False).count() == 1
    assert {c.what for c in PlanChange.objects.within(Scope(("",)))} == {"cancelled"}


# ---------------------------------------------------------------- 在外参加


def there(w: World, **other: object) -> NewElsewhere:
    return replace(NewElsewhere(w.persons["T1-B1"][4], DAY, "lecture", "东莞市长安镇流动党员党支部", "paper", "村档案柜"), **other)


def test_what_was_attended_elsewhere_is_the_members_and_not_the_branchs(w: World) -> None:
    actor, away = w.actor("secretary"), w.persons["T1-B1"][4]
    save(actor, meeting(w, held_on=date(2026, 3, 5), marks={away: "leave"}))
    before = attendance.attendance(actor.scope(Permission.ACTIVITY_READ), w.orgs["T1-B1"], TODAY)
    assert next(m for m in before.members if m.person_id == away).review, "eight months without organisational life"
    made = elsewhere.enter(actor, w.orgs["T1-B1"], there(w), at=AT)
    after = attendance.attendance(actor.scope(Permission.ACTIVITY_READ), w.orgs["T1-B1"], TODAY)
    one = next(m for m in after.members if m.person_id == away)
    assert (one.present, one.expected, one.elsewhere, one.last_on, one.review) == (0, 1, 1, DAY, False)
    assert (after.present, after.expected) == (before.present, before.expected) and not recorded.slots(actor.scope(Permission.ACTIVITY_READ), w.orgs["T1-B1"], DAY, TODAY)
    elsewhere.end(actor, made, reason="登记错了人", at=AT)
    ended = attendance.attendance(actor.scope(Permission.ACTIVITY_READ), w.orgs["T1-B1"], TODAY)
    assert next(m for m in ended.members if m.person_id == away).review
    (kept,) = elsewhere.found(actor.scope(Permission.ACTIVITY_READ), w.orgs["T1-B1"], DAY, TODAY, ended=True)
    assert (kept.ended_by, kept.ended_why) == ("secretary", "登记错了人")


@pytest.mark.parametrize(
    ("other", "field", "code"),
    [
        ({"day": date(2026, 11, 21)}, "day", "E001"), ({"person_id": 0}, "person", "E045"), ({"kind": "talk"}, "kind", "E054"), ({"at_org": " "}, "at_org", "E054"),
        ({"kept_at": " "}, "kept_at", "E008"), ({"how": "upload"}, "file", "E008"), ({"how": "upload", "attachment_id": 999_999}, "file", "E008"), ({"how": "word"}, "how", "E008"),
    ],
)
def test_entries_from_elsewhere_that_cannot_be_are_refused(w: World, other: dict[str, object], field: str, code: str) -> None:
    error = stopped(lambda: elsewhere.enter(w.actor("secretary"), w.orgs["T1-B1"], there(w, **other), at=AT))
    assert (field, code) in {(f.field, f.code) for f in error.faults} and not Elsewhere.objects.within(Scope(("",))).exists()


def test_once_is_enough_and_only_for_the_own_members(w: World) -> None:
    actor = w.actor("secretary")
    made = elsewhere.enter(actor, w.orgs["T1-B1"], there(w), at=AT)
    assert codes(stopped(lambda: elsewhere.enter(actor, w.orgs["T1-B1"], there(w), at=AT))) == {"E044"}
    assert codes(stopped(lambda: elsewhere.enter(actor, w.orgs["T1-B1"], there(w, person_id=w.persons["T1-B2"][0]), at=AT))) == {"E045"}
    with pytest.raises(Refused):
        elsewhere.enter(w.actor("secretary2"), w.orgs["T1-B1"], there(w, day=date(2026, 11, 1)), at=AT)
    with pytest.raises(NotFound):
        elsewhere.end(w.actor("secretary2"), made, reason="不是我的", at=AT)
    with pytest.raises(Refused):
        elsewhere.end(w.actor("reader"), made, reason="只能看", at=AT)
    assert codes(stopped(lambda: elsewhere.end(actor, made, reason=" ", at=AT))) == {"E054"}


# ---------------------------------------------------------------- groups together


def test_groups_that_meet_together_are_planned_and_recorded_each_for_itself(w: World) -> None:
    first, second = w.groups["T1-B1"]
    made, actor = make(w, plan=wish(kinds=(("group_meeting", first), ("group_meeting", second)))), w.actor("secretary")
    held = actions.record_meeting(actor, meeting(w, "group_meeting", held_on=NEXT, group_ids=(first, second)), at=LATER)
    assert view(w, made).activity_id == held
    assert all(cell(actor, w, "group_meeting", "2026-11", group=g, on=LATER.date()).complete == 1 for g in (first, second))


def test_a_group_of_which_nobody_came_did_not_meet(w: World) -> None:
    first, second = w.groups["T1-B1"]
    absent = dict.fromkeys(w.persons["T1-B1"][4:], "leave")
    error = refused(w.actor("secretary"), meeting(w, "group_meeting", group_ids=(first, second), marks=absent))
    assert codes(error) == {"E009"} and "第二党小组没有一个人到会" in error.faults[0].reason
    save(w.actor("secretary"), meeting(w, "group_meeting", group_ids=(first,)))


def test_a_member_who_moved_away_asks_no_more(w: World) -> None:
    made, me = make(w), w.actor("member")
    people.end_membership(w.actor("clerk1"), me.person_id or 0, on=date(2026, 11, 1), ended_as="withdrew", document="镇党〔2026〕9号", at=AT)
    with pytest.raises(NotFound):
        leave.ask(me, made, reason="有事", at=AT)
