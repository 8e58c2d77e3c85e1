"""Recording meetings through the action: every kind, the roll, votes, records, corrections, 免, drafts; and what each refusal says."""
from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction
from tests import world
from tests.world import AT, SHANGHAI, World

from zhibu.areas.meetings import actions, attendance, duties, form, procedures, queries
from zhibu.areas.meetings.entry import Entry, EntryRecord, EntryRefused, EntryTopic
from zhibu.ground.access.models import Account
from zhibu.ground.access.queries import system_actor
from zhibu.ground.duties.duty import DutyState
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import actions as people
from zhibu.ground.people.models import Person
from zhibu.ground.process import actions as process
from zhibu.ground.process import queries as cases
from zhibu.ground.record import actions as record_actions
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree.queries import NotFound, path_of
from zhibu.kernel.activities import ActivityKind
from zhibu.kernel.judge import Slot

pytestmark = pytest.mark.django_db
TODAY = AT.date()
DAY = date(2026, 11, 18)
PAPER = tuple(EntryRecord(r, "paper", "村档案柜") for r in ("dues_ledger",)) + (EntryRecord("activity_photos", "nil"),)
SCRIPT = (EntryRecord("lecture_script", "paper", "村档案柜"),)
NINE = ("plan", "preparation", "host_script", "study_materials", "talk_records", "opinion_list", "statements", "measures")
APPRAISAL = ("registration_forms", "self_forms", "test_forms", "excellent_list", "unqualified_list")


@pytest.fixture
def w() -> World:
    return world.build()


@pytest.fixture
def actor(w: World) -> Actor:
    return w.actor("secretary")


def meeting(w: World, *kinds: str, code: str = "T1-B1", **other: object) -> Entry:
    """Give an entry that may be saved as it is, whatever the kinds."""
    kinds = kinds or ("general_meeting",)
    records: tuple[EntryRecord, ...] = ()
    if "theme_day" in kinds:
        records += PAPER
    if "lecture" in kinds:
        records += SCRIPT
    if "org_life_meeting" in kinds:
        records += tuple(EntryRecord(r, "paper", "村档案柜") for r in NINE)
    if "appraisal" in kinds:
        records += tuple(EntryRecord(r, "paper", "村档案柜") for r in APPRAISAL)
    topics = tuple(EntryTopic(k, f"{k} 的题目", "说了几句", lecturer="王一11" if k == "lecture" else "", hours=Decimal(1) if k == "lecture" else None) for k in kinds)
    entry = Entry(
        w.orgs[code], kinds, DAY, time(9), time(10, 30), "村会议室", "王一11", "李二11", ("study",) if "theme_day" in kinds else (),
        (w.groups[code][0],) if "group_meeting" in kinds else (), topics=topics, records=records,
    )
    return replace(entry, **other)  # type: ignore[arg-type]


def save(actor: Actor, entry: Entry, at: datetime = AT) -> recorded.ActivityView:
    made = actions.record_meeting(actor, entry, at=at)
    return recorded.activity(actor.scope(Permission.ACTIVITY_READ), made)


def refused(actor: Actor, entry: Entry, at: datetime = AT) -> EntryRefused:
    before = len(recorded.activities(system_actor().scope(Permission.ACTIVITY_READ), entry.org_id, date(2020, 1, 1), date(2030, 1, 1)))
    with pytest.raises(EntryRefused) as caught:
        actions.record_meeting(actor, entry, at=at)
    after = recorded.activities(system_actor().scope(Permission.ACTIVITY_READ), entry.org_id, date(2020, 1, 1), date(2030, 1, 1))
    assert len(after) == before, "nothing half-written"
    assert all(f.reason and "！" not in f.reason for f in caught.value.faults)
    return caught.value


def codes(error: EntryRefused) -> set[str]:
    return {f.code for f in error.faults}


def cell(actor: Actor, w: World, kind: str, window: str, group: int | None = None, on: date = TODAY, code: str = "T1-B1"):
    answer = queries.compliance(actor.scope(Permission.COMPLIANCE_READ), w.orgs[code], int(window[:4]), on)
    (found,) = [c for line in answer.years[w.orgs[code]].lines if (line.kind, line.group_id) == (kind, group) for c in line.cells if c.window.code == window]
    return found


# ---------------------------------------------------------------- what is written


@pytest.mark.parametrize("kind", [k.value for k in ActivityKind if k not in ("dem_life_meeting", "group_meeting")])
def test_every_kind_of_a_branch_is_recorded(w: World, actor: Actor, kind: str) -> None:
    v = save(actor, meeting(w, kind))
    assert v.kinds == ((kind, None),) and v.counts and v.title == f"{kind} 的题目"
    (slot,) = recorded.slots_of(actor.scope(Permission.ACTIVITY_READ), v.id)
    assert (slot.kind, slot.held_on, slot.recorded_on) == (kind, DAY, TODAY)


def test_several_kinds_at_once_fill_a_slot_each(w: World, actor: Actor) -> None:
    v = save(actor, meeting(w, "theme_day", "general_meeting", "lecture"))
    assert [k for k, _ in v.kinds] == ["theme_day", "general_meeting", "lecture"]
    assert {s.kind for s in recorded.slots_of(actor.scope(Permission.ACTIVITY_READ), v.id)} == {"theme_day", "general_meeting", "lecture"}
    assert cell(actor, w, "theme_day", "2026-11").complete == 1
    lecture = next(t for t in v.topics if t.kind == "lecture")
    assert (lecture.lecturer, lecture.hours) == ("王一11", Decimal("1.0"))
    made = {(e.record_type, e.how) for e in v.evidence}
    assert {("minutes", "entry"), ("sign_in", "entry"), ("lecture_record", "entry"), ("activity_form", "entry")} <= made


def test_kinds_that_may_not_count_together_are_refused(w: World, actor: Actor) -> None:
    error = refused(actor, meeting(w, "theme_day", "committee_meeting"))
    assert "E044" in codes(error) and "分开记两条" in str(error)


def test_the_committee_alone_is_its_own_roll(w: World, actor: Actor) -> None:
    v = save(actor, meeting(w, "committee_meeting", marks={w.persons["T1-B1"][2]: "leave"}))
    assert (v.expected_count, v.present_count) == (3, 2) and set(v.expected) == set(w.persons["T1-B1"][:3])


def test_a_group_meeting_counts_for_its_group(w: World, actor: Actor) -> None:
    first, second = w.groups["T1-B1"]
    v = save(actor, meeting(w, "group_meeting"))
    assert v.kinds == (("group_meeting", first),) and v.expected_count == 4
    assert cell(actor, w, "group_meeting", "2026-11", first).complete == 1 and cell(actor, w, "group_meeting", "2026-11", second).complete == 0


def test_two_groups_may_meet_together(w: World, actor: Actor) -> None:
    v = save(actor, meeting(w, "group_meeting", group_ids=tuple(w.groups["T1-B1"])))
    assert [g for _, g in v.kinds] == w.groups["T1-B1"] and v.expected_count == 8
    assert all(cell(actor, w, "group_meeting", "2026-11", g).complete == 1 for g in w.groups["T1-B1"])


def test_a_group_meeting_names_its_own_group(w: World, actor: Actor) -> None:
    assert codes(refused(actor, meeting(w, "group_meeting", group_ids=()))) == {"E054"}
    other = w.groups["T2-B1"][0]
    assert "E045" in codes(refused(actor, meeting(w, "group_meeting", group_ids=(other,))))


def test_attendance_is_by_exception(w: World, actor: Actor) -> None:
    on_leave, absent = w.persons["T1-B1"][4], w.persons["T1-B1"][7]
    v = save(actor, meeting(w, marks={on_leave: "leave", absent: "absent"}, absence_note="看病"))
    assert (v.expected_count, v.present_count, v.voting_count, v.voting_present) == (8, 6, 7, 6)
    assert {(a.person_id, a.status, a.reason) for a in v.absences} == {(on_leave, "leave", "看病"), (absent, "absent", "看病")}


def test_the_leading_group_of_a_township_records_its_democratic_life_meeting(w: World) -> None:
    clerk, town, branch = w.actor("clerk1"), w.orgs["T1"], w.persons["T1-B1"]
    people.fill_posts(system_actor(), [people.NewPost(town, p, k, date(2024, 1, 1)) for p, k in zip(branch[:3], ("secretary", "organization", "discipline"), strict=True)], at=AT)
    entry = Entry(town, ("dem_life_meeting",), DAY, time(9), time(11), topics=(EntryTopic("dem_life_meeting", "征求意见"),), marks={branch[2]: "leave"})
    v = save(clerk, entry)
    assert (v.expected_count, v.present_count) == (3, 2)
    few = refused(clerk, replace(entry, start=time(14), end=time(15), marks={branch[1]: "leave", branch[2]: "leave"}))
    assert codes(few) == {"E010"} and few.draft_only and "至少须到 2 人" in str(few)
    assert "E045" in codes(refused(clerk, replace(entry, kinds=("general_meeting",), start=time(16), end=time(17))))


# ---------------------------------------------------------------- votes


def vote(w: World, ayes: int, noes: int = 0, abstain: int = 0, kind: str = "general_meeting", **other: object) -> Entry:
    return meeting(w, kind, topics=(EntryTopic(kind, "讨论分工", vote=True, ayes=ayes, noes=noes, abstain=abstain),), **other)


def test_a_vote_is_carried_by_more_than_half_of_those_entitled(w: World, actor: Actor) -> None:
    assert save(actor, vote(w, 4, 3)).topics[0].passed is True
    assert save(actor, vote(w, 3, 4, start=time(14), end=time(15))).topics[0].passed is False


def test_a_committee_votes_among_itself(w: World, actor: Actor) -> None:
    assert save(actor, vote(w, 2, 1, kind="committee_meeting")).topics[0].passed is True


def test_votes_that_do_not_add_up_are_refused_at_their_topic(w: World, actor: Actor) -> None:
    error = refused(actor, vote(w, 4, 1))
    assert codes(error) == {"E011"} and error.faults[0].field == "topic-0" and "与表决 7 票不符" in str(error)


def test_the_vote_of_a_probationary_member_is_named(w: World, actor: Actor) -> None:
    error = refused(actor, vote(w, 8))
    assert codes(error) == {"E017"} and "黄八11" in str(error)


def test_without_a_quorum_only_a_draft(w: World, actor: Actor) -> None:
    away = {p: "leave" for p in w.persons["T1-B1"][:4]}
    error = refused(actor, vote(w, 3, marks=away))
    assert codes(error) == {"E010"} and error.draft_only and "至少须到 4 人" in str(error)
    actions.put_aside(actor, org_id=w.orgs["T1-B1"], key="k", fields={"kind": ["general_meeting"]}, title="讨论分工", why="", at=AT)
    assert [d.title for d in form.drafts(actor.scope(Permission.ACTIVITY_WRITE))] == ["讨论分工"]
    assert save(actor, meeting(w, marks=away)).present_count == 4, "the same meeting without a decision is kept"


def test_an_empty_roll_is_no_meeting(w: World, actor: Actor) -> None:
    error = refused(actor, meeting(w, held_on=date(2014, 5, 1)))  # before the branch, and before the rules
    assert "E009" in codes(error) and "应到名单是空的" in str(error)


# ---------------------------------------------------------------- what else is refused


def test_the_future_and_an_end_before_the_start(w: World, actor: Actor) -> None:
    assert codes(refused(actor, meeting(w, held_on=TODAY + timedelta(days=1)))) == {"E001"}
    assert codes(refused(actor, meeting(w, held_on=TODAY, start=time(11), end=time(12)))) == {"E001"}
    assert codes(refused(actor, meeting(w, start=time(10), end=time(9)))) == {"E002"}


def test_marks_for_people_of_another_branch(w: World, actor: Actor) -> None:
    error = refused(actor, meeting(w, marks={w.persons["T1-B2"][0]: "leave"}))
    assert codes(error) == {"E045"} and error.faults[0].field == "people"


def test_somebody_expected_but_not_shown_is_asked_for_first(w: World, actor: Actor) -> None:
    seen = frozenset(w.persons["T1-B1"][1:])
    error = refused(actor, meeting(w, shown=seen))
    assert "王一11" in str(error) and "没有点到" in str(error)
    assert save(actor, meeting(w, shown=frozenset(w.persons["T1-B1"]))).present_count == 8


def test_everything_wrong_is_said_at_once(w: World, actor: Actor) -> None:
    entry = meeting(w, "theme_day", "lecture", topics=(), contents=(), records=(), start=time(10), end=time(9))
    assert codes(refused(actor, entry)) == {"E002", "E054", "E008"}


def test_a_meeting_needs_topic_theme_content_and_lecturer(w: World, actor: Actor) -> None:
    assert "没有写议题" in str(refused(actor, meeting(w, topics=())))
    alone = meeting(w, "theme_day", "lecture")
    assert save(actor, replace(alone, topics=alone.topics[1:])).title == "lecture 的题目", "the lecture is the theme of the day it is held on"
    assert "没有写主题" in str(refused(actor, replace(alone, topics=alone.topics[:1], start=time(14), end=time(15)))), "but not the other way round"
    assert "没有选内容" in str(refused(actor, meeting(w, "theme_day", contents=())))
    nobody = refused(actor, meeting(w, "lecture", start=time(16), end=time(17), topics=(EntryTopic("lecture", "新修订条例"),)))
    assert [f.field for f in nobody.faults] == ["topic-0"] and "主讲人" in str(nobody)
    silent = refused(actor, meeting(w, "lecture", start=time(16), end=time(17), topics=(EntryTopic("lecture", "", lecturer="王一11"),)))
    assert "没有写主题" in str(silent) and "主讲人" not in str(silent), "the lecturer was given; only the theme is missing"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (EntryRecord("dues_ledger", "paper", " "), "存在哪里"),
        (EntryRecord("dues_ledger", "nil"), "写一句原因"),
        (EntryRecord("dues_ledger", "upload"), "还没有选文件"),
        (EntryRecord("dues_ledger", "nil", reason="没有", attachment_ids=(1,)), "二选一"),
        (EntryRecord("gold_bars", "paper", "柜"), "不在附件1的目录里"),
    ],
)
def test_record_lines_that_contradict_themselves(w: World, actor: Actor, line: EntryRecord, says: str) -> None:
    error = refused(actor, meeting(w, "theme_day", records=(line, EntryRecord("activity_photos", "nil"))))
    assert "E008" in codes(error) and says in str(error)


def test_a_record_nobody_confirmed_is_asked_for(w: World, actor: Actor) -> None:
    error = refused(actor, meeting(w, "theme_day", records=(EntryRecord("activity_photos", "nil"),)))
    assert codes(error) == {"E008"} and "党费交纳台帐" in str(error)


def test_nil_and_later_count_as_they_say(w: World, actor: Actor) -> None:
    nil = save(actor, meeting(w, "theme_day", records=(EntryRecord("activity_photos", "nil"), EntryRecord("dues_ledger", "nil", reason="本月党费已在上旬收"))))
    assert cell(actor, w, "theme_day", "2026-11").complete == 1
    assert next(e for e in nil.evidence if e.record_type == "dues_ledger").reason == "本月党费已在上旬收"
    october = meeting(w, "theme_day", held_on=date(2026, 10, 20), records=(EntryRecord("activity_photos", "nil"), EntryRecord("dues_ledger", "later")))
    later = save(actor, october)
    assert cell(actor, w, "theme_day", "2026-10").slot == Slot.INCOMPLETE
    whole = replace(october, records=PAPER, corrects=later.id, correction_reason="台帐找到了")
    save(actor, whole)
    assert cell(actor, w, "theme_day", "2026-10").slot == Slot.LATE, "complete only since today, 20 days after the window"


# ---------------------------------------------------------------- who may


def test_a_group_leader_records_the_meetings_of_the_own_group(w: World) -> None:
    first, second = w.groups["T1-B1"]
    Account.objects.filter(username="leader").update(person_id=w.persons["T1-B1"][0])
    leader = w.actor("leader")
    assert save(leader, meeting(w, "group_meeting")).kinds == (("group_meeting", first),)
    assert codes(refused(leader, meeting(w, "group_meeting", group_ids=(second,)))) == {"E023"}
    assert codes(refused(leader, meeting(w))) == {"E023"}


def test_nobody_records_for_another_branch(w: World) -> None:
    for name in ("secretary2", "foreign"):
        with pytest.raises(Refused) as caught:
            actions.record_meeting(w.actor(name), meeting(w), at=AT)
        assert caught.value.hidden
    for name in ("reader", "organiser"):
        with pytest.raises(Refused) as caught:
            actions.record_meeting(w.actor(name), meeting(w), at=AT)
        assert not caught.value.hidden


# ---------------------------------------------------------------- twice


def test_the_second_record_of_a_meeting_is_sent_to_the_first(w: World, actor: Actor) -> None:
    first = save(actor, meeting(w))
    error = refused(w.actor("committee"), meeting(w))
    assert codes(error) == {"E044"} and error.same_id == first.id and "已经记过" in str(error)
    assert save(actor, meeting(w, start=time(14), end=time(15))).id != first.id


@pytest.mark.django_db(transaction=True)
def test_two_people_recording_the_same_meeting_at_the_same_moment() -> None:
    with transaction.atomic():
        w = world.build()
    actors = [w.actor("secretary"), w.actor("committee")]
    start, results = threading.Barrier(2), []

    def go(who: Actor) -> None:
        try:
            start.wait()
            results.append(actions.record_meeting(who, meeting(w), at=AT))
        except EntryRefused as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=(who,)) for who in actors]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    made, errors = [r for r in results if isinstance(r, int)], [r for r in results if isinstance(r, EntryRefused)]
    assert len(made) == len(errors) == 1 and codes(errors[0]) == {"E044"} and errors[0].same_id == made[0]
    connection.close()


# ---------------------------------------------------------------- corrections and late entry


def test_a_correction_replaces_what_counts_and_leaves_both_readable(w: World, actor: Actor) -> None:
    old = save(actor, meeting(w, "theme_day", "lecture"))
    new = save(actor, meeting(w, "theme_day", "lecture", marks={w.persons["T1-B1"][5]: "leave"}, corrects=old.id, correction_reason="漏点一人"))
    scope = actor.scope(Permission.ACTIVITY_READ)
    before = recorded.activity(scope, old.id)
    assert (before.corrected_by_id, before.counts, before.kinds) == (new.id, False, old.kinds) and before.present_count == 8
    assert (new.corrects_id, new.correction_reason, new.present_count) == (old.id, "漏点一人", 7)
    assert recorded.slots_of(scope, old.id) == [] and cell(actor, w, "theme_day", "2026-11").complete == 1
    assert [(a.id, a.corrected, a.correction) for a in recorded.activities(scope, w.orgs["T1-B1"], DAY, DAY)] == [(new.id, False, True), (old.id, True, False)]
    assert [a.activity_id for a in recorded.absences(scope, org_id=w.orgs["T1-B1"])] == [new.id], "only the newest entry is on the make-up list"


def test_a_meeting_that_was_never_held_is_voided_and_both_stay_readable(w: World, actor: Actor) -> None:
    old = save(actor, meeting(w, "theme_day"))
    scope = actor.scope(Permission.ACTIVITY_READ)
    assert cell(actor, w, "theme_day", "2026-11").complete == 1
    void = actions.void_meeting(actor, old.id, reason="记错了支部，没有开", at=AT)
    before, said = recorded.activity(scope, old.id), recorded.activity(scope, void)
    assert before.voided and not before.counts and before.kinds == old.kinds and said.voids and said.correction_reason == "记错了支部，没有开"
    assert cell(actor, w, "theme_day", "2026-11").complete == 0
    assert [(a.id, a.voided) for a in recorded.activities(scope, w.orgs["T1-B1"], DAY, DAY)] == [(old.id, True)]
    again = save(actor, meeting(w, "theme_day"))
    assert again.counts, "the day is free again"


def test_voiding_needs_a_reason_the_right_and_happens_once(w: World, actor: Actor) -> None:
    old = save(actor, meeting(w, "theme_day"))
    for who, reason, code in ((actor, " 错", "E054"), (w.actor("leader"), "记错了支部", "E023")):
        with pytest.raises(EntryRefused) as caught:
            actions.void_meeting(who, old.id, reason=reason, at=AT)
        assert codes(caught.value) == {code}
    for foreign in ("secretary2", "foreign", "clerk2"):
        with pytest.raises((NotFound, Refused)):
            actions.void_meeting(w.actor(foreign), old.id, reason="记错了支部", at=AT)
    actions.void_meeting(actor, old.id, reason="记错了支部", at=AT)
    with pytest.raises(EntryRefused) as caught:
        actions.void_meeting(actor, old.id, reason="记错了支部", at=AT)
    assert codes(caught.value) == {"E044"}
    assert codes(refused(actor, meeting(w, "theme_day", place="晒场", corrects=old.id, correction_reason="地点写错"))) == {"E044"}


def test_an_entry_is_corrected_once_and_with_a_reason(w: World, actor: Actor) -> None:
    old = save(actor, meeting(w))
    assert codes(refused(actor, meeting(w, corrects=old.id))) == {"E054"}
    new = save(actor, meeting(w, place="村小学", corrects=old.id, correction_reason="地点写错"))
    error = refused(w.actor("committee"), meeting(w, place="晒场", corrects=old.id, correction_reason="地点写错"))
    assert codes(error) == {"E044"} and error.same_id == new.id
    newest = save(actor, meeting(w, place="晒场", corrects=new.id, correction_reason="地点又写错"))
    assert newest.counts and recorded.activity(actor.scope(Permission.ACTIVITY_READ), new.id).corrected_by_id == newest.id


def test_nobody_corrects_the_entry_of_another_branch(w: World, actor: Actor) -> None:
    theirs = save(w.actor("secretary2"), meeting(w, code="T1-B2", topics=(EntryTopic("general_meeting", "议事"),)))
    with pytest.raises(NotFound):
        actions.record_meeting(actor, meeting(w, corrects=theirs.id, correction_reason="试试"), at=AT)
    with pytest.raises(NotFound):
        actions.record_meeting(w.actor("clerk1"), meeting(w, corrects=theirs.id, correction_reason="试试"), at=AT)
    assert recorded.activity(w.actor("secretary2").scope(Permission.ACTIVITY_READ), theirs.id).counts


def test_correcting_a_slip_of_the_pen_does_not_turn_the_cell_late(w: World, actor: Actor) -> None:
    evening = datetime(2026, 9, 18, 20, tzinfo=SHANGHAI)
    entry = meeting(w, held_on=date(2026, 9, 18))
    old = save(actor, entry, at=evening)
    assert cell(actor, w, "general_meeting", "2026-Q3").slot == Slot.MET
    new = save(actor, replace(entry, place="晒场", corrects=old.id, correction_reason="地点写错"))
    assert cell(actor, w, "general_meeting", "2026-Q3").slot == Slot.MET and new.recorded_on == date(2026, 9, 18)
    moved = save(actor, replace(entry, held_on=date(2026, 9, 17), corrects=new.id, correction_reason="日期写错"))
    assert cell(actor, w, "general_meeting", "2026-Q3").slot == Slot.LATE and moved.recorded_on == TODAY, "another day is another statement"


def test_a_late_entry_counts_and_shows_both_days(w: World, actor: Actor) -> None:
    v = save(actor, meeting(w, held_on=date(2026, 9, 18)))
    found = cell(actor, w, "general_meeting", "2026-Q3")
    assert (found.slot, found.due, found.fulfilled) == (Slot.LATE, 1, 1) and (v.held_on, v.recorded_on) == (date(2026, 9, 18), TODAY)
    in_time = save(actor, meeting(w, "committee_meeting", held_on=date(2026, 10, 15)), at=datetime(2026, 11, 5, 9, tzinfo=SHANGHAI))
    assert cell(actor, w, "committee_meeting", "2026-10").slot == Slot.MET, "five days after the window is still in time; V03 marks the record only"
    assert (in_time.recorded_on - in_time.held_on).days > form.form_rules(w.orgs["T1-B1"], DAY).late_entry_days


# ---------------------------------------------------------------- absences


def test_absences_are_made_up_for_once(w: World, actor: Actor) -> None:
    scope, away = actor.scope(Permission.ACTIVITY_READ), w.persons["T1-B1"][4]
    save(actor, meeting(w, marks={away: "leave"}))
    (absence,) = recorded.absences(scope, org_id=w.orgs["T1-B1"])
    for done_on, says in ((TODAY + timedelta(days=1), "晚于今天"), (DAY - timedelta(days=1), "早于开会日期")):
        with pytest.raises(record_actions.CatchUpRefused) as caught:
            record_actions.catch_up(actor, absence.id, done_on=done_on, how="送学上门", at=AT)
        assert says in caught.value.reason
    for how in ("送学上门", "第二次"):
        record_actions.catch_up(actor, absence.id, done_on=TODAY, how=how, at=AT)
    (absence,) = recorded.absences(scope, org_id=w.orgs["T1-B1"])
    assert (absence.caught_up_on, absence.caught_up_how) == (TODAY, "送学上门")
    with pytest.raises(NotFound):
        record_actions.catch_up(w.actor("foreign"), absence.id, done_on=TODAY, how="", at=AT)


def test_attendance_is_counted_per_member_and_long_absence_asks_for_a_check(w: World, actor: Actor) -> None:
    ill = w.persons["T1-B1"][4]
    for month in range(3, 11):
        save(actor, meeting(w, "theme_day", held_on=date(2026, month, 20), marks={ill: "absent"} if month > 4 else {}))
    found = attendance.attendance(actor.scope(Permission.ACTIVITY_READ), w.orgs["T1-B1"], TODAY)
    line = {m.person_id: m for m in found.members}
    assert (line[ill].expected, line[ill].present, line[ill].rate, line[ill].away, line[ill].review) == (8, 2, "25.00%", 7, True)
    assert not line[w.persons["T1-B1"][0]].review and found.rate == "90.63%" and (found.present, found.expected) == (58, 64)
    roll = form.roll(Scope((path_of(w.orgs["T1-B1"]),)), w.orgs["T1-B1"], TODAY)
    assert next(p for p in roll.people if p.id == ill).full, "a check is asked for; membership never changes by itself"


def test_a_leading_cadre_lives_a_double_life(w: World, actor: Actor) -> None:
    cadre, scope = w.persons["T1-B1"][1], actor.scope(Permission.ACTIVITY_READ)
    Person.objects.within(system_actor().scope(Permission.MEMBER_WRITE)).filter(pk=cadre).update(is_leading_cadre=True)
    for month in (7, 8, 9):
        save(actor, meeting(w, "theme_day", held_on=date(2026, month, 20), marks={cadre: "leave"}))
    found = {m.person_id: m.cadre for m in attendance.attendance(scope, w.orgs["T1-B1"], TODAY).members if m.cadre}
    assert list(found) == [cadre] and found[cadre] == attendance.CadreLife(False, True, True)
    save(actor, meeting(w, "org_life_meeting"))
    assert attendance.attendance(scope, w.orgs["T1-B1"], TODAY).members[1].cadre == attendance.CadreLife(True, True, True)


# ---------------------------------------------------------------- 免


def ask(actor: Actor, w: World, kind: str = "committee_meeting", window: str = "2026-09", group: int | None = None, reason: str = "8月防汛，书记住院") -> int:
    return actions.request_excuse(actor, org_id=w.orgs["T1-B1"], kind=kind, group_id=group, window_code=window, reason=reason, at=AT)


def test_an_excuse_is_asked_by_the_branch_and_granted_above(w: World, actor: Actor) -> None:
    case = ask(actor, w)
    assert cell(actor, w, "committee_meeting", "2026-09").slot == Slot.MISSING, "asking changes nothing"
    process.approve(w.actor("clerk1"), case, at=AT)
    found = cell(actor, w, "committee_meeting", "2026-09")
    assert (found.slot, found.due, found.fulfilled) == (Slot.EXCUSED, 0, 0)
    (excuse,) = recorded.excuses(actor.scope(Permission.COMPLIANCE_READ), date(2026, 9, 1), date(2026, 9, 30))
    assert (excuse.requested_by, excuse.decided_by, excuse.reason) == ("secretary", "clerk1", "8月防汛，书记住院")
    record_actions.revoke_excuse(w.actor("county"), excuse.id, at=AT)
    record_actions.revoke_excuse(w.actor("county"), excuse.id, at=AT)
    assert cell(actor, w, "committee_meeting", "2026-09").slot == Slot.MISSING
    with pytest.raises(NotFound):
        record_actions.revoke_excuse(actor, excuse.id, at=AT)


def test_only_a_superior_who_did_not_ask_decides(w: World, actor: Actor) -> None:
    case = ask(actor, w)
    with pytest.raises(Refused):
        process.approve(actor, case, at=AT)
    with pytest.raises((Refused, NotFound)):
        process.approve(w.actor("clerk2"), case, at=AT)
    both = Account.objects.get(username="secretary")
    from zhibu.ground.access.models import Grant

    Grant.objects.create(account=both, org_id=w.orgs["T1"], role="party_building_office", valid_from=world.FOUNDED, granted_by="系统", granted_at=AT)
    with pytest.raises(process.CaseError) as caught:
        process.approve(w.actor("secretary"), case, at=AT)
    assert caught.value.code == "E037"
    assert cell(actor, w, "committee_meeting", "2026-09").slot == Slot.MISSING


def test_a_request_for_an_excuse_needs_a_gap_a_reason_and_no_twin(w: World, actor: Actor) -> None:
    def code_of(**other: object) -> str:
        with pytest.raises(process.CaseError) as caught:
            ask(actor, w, **other)  # type: ignore[arg-type]
        return caught.value.code

    assert code_of(reason="忙") == "E054"
    assert code_of(window="2026-12") == "E054", "not over yet"
    ask(actor, w)
    assert code_of() == "E053"
    case = ask(actor, w, "group_meeting", "2026-09", w.groups["T1-B1"][1])
    assert "第二党小组" in cases.case(actor.scope(Permission.EXCUSE_REQUEST), case).title
    with pytest.raises(Refused):
        ask(w.actor("committee"), w)


def test_a_refused_request_leaves_the_cell_as_it_was(w: World, actor: Actor) -> None:
    case = ask(actor, w)
    process.refuse(w.actor("clerk1"), case, reason="当月书记在岗", at=AT)
    assert cell(actor, w, "committee_meeting", "2026-09").slot == Slot.MISSING
    assert ask(actor, w) != case, "and may be asked again"
    assert procedures.EXCUSE.code == cases.case(actor.scope(Permission.EXCUSE_REQUEST), case).kind


# ---------------------------------------------------------------- drafts and what is due


def test_a_draft_is_kept_replaced_and_thrown_away(w: World, actor: Actor) -> None:
    org, scope = w.orgs["T1-B1"], actor.scope(Permission.ACTIVITY_WRITE)
    for title in ("一半", "大半"):
        actions.put_aside(actor, org_id=org, key="k1", fields={"kind": ["lecture"], "t-0-title": [title]}, title=title, why="", at=AT)
    (draft,) = form.drafts(scope, org)
    assert (draft.title, draft.form["kind"], draft.saved_by) == ("大半", ["lecture"], "secretary")
    assert form.drafts(w.actor("foreign").scope(Permission.ACTIVITY_WRITE)) == []
    with pytest.raises(Refused):
        actions.drop_draft(w.actor("foreign"), org_id=org, key="k1", at=AT)
    actions.drop_draft(w.actor("committee"), org_id=org, key="k1", at=AT)
    assert form.drafts(scope, org) == []


def due(w: World, name: str, on: date = TODAY) -> dict[str, duties.Duty]:
    actor = w.actor(name, on)
    return {d.title: d for d in duties.due(actor, actor.sees(), on)}


def test_the_desk_names_gap_cure_and_clause(w: World, actor: Actor) -> None:
    found = due(w, "secretary")
    gap = found["9月支委会还没有记录"]
    assert gap.state == DutyState.OVERDUE and [a.label for a in gap.actions] == ["没开", "补记"] and "第十二条" in gap.clause
    assert dict(gap.actions[1].args)["date"] == "2026-09-30"
    assert found["11月主题党日，还差 1 次"].state == DutyState.LATER and found["第4季度党员大会，还差 1 次"].due_on == date(2026, 12, 31)
    ask(actor, w)
    asked = due(w, "secretary")["9月支委会申请了免，等上级答复"]
    assert asked.state == DutyState.INFO and [a.label for a in asked.actions] == ["看是哪条"]


def test_the_desk_tells_closing_near_and_incomplete_windows(w: World, actor: Actor) -> None:
    third = date(2026, 11, 3)
    closing = due(w, "secretary", third)["10月主题党日刚过期限"]
    assert closing.state == DutyState.SOON and closing.due_on == date(2026, 11, 5) and "还算按期" in closing.why
    assert due(w, "secretary", date(2026, 11, 25))["11月支委会，还差 1 次"].state == DutyState.SOON
    save(actor, meeting(w, "theme_day", held_on=date(2026, 10, 20), records=(EntryRecord("activity_photos", "nil"), EntryRecord("dues_ledger", "later"))))
    lacking = due(w, "secretary")["10月主题党日缺材料"]
    assert [a.label for a in lacking.actions] == ["看是哪条"] and "无" in lacking.why
    assert "材料不全" in due(w, "secretary", third)["10月主题党日刚过期限"].why


def test_who_only_reads_is_offered_to_look(w: World) -> None:
    assert [a.label for a in due(w, "committee")["9月支委会还没有记录"].actions] == ["补记"]
    above = due(w, "clerk1")
    assert any("个支部" in title for title in above) and all(len(d.actions) <= 2 for d in above.values())


def test_a_draft_waits_on_the_desk(w: World, actor: Actor) -> None:
    actions.put_aside(actor, org_id=w.orgs["T1-B1"], key="k1", fields={}, title="秋粮", why="", at=AT)
    assert due(w, "secretary")["有一次会写了一半：秋粮"].actions[0].label == "接着写"
