"""What happened is written together or not at all, never twice, and corrected by new entries; the database refuses what the code forgot."""
from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest
from django.db import IntegrityError, transaction
from tests import world
from tests.world import AT, SHANGHAI, World

from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.guarded import AppendOnly
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal.models import Entry as JournalEntry
from zhibu.ground.record import actions, queries
from zhibu.ground.record.actions import AlreadyCorrected, AlreadyRecorded, NewAbsence, NewActivity, NewEvidence, NewTopic
from zhibu.ground.record.models import Activity, ActivityKind, Topic
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel import packed
from zhibu.kernel.activities import mask_of
from zhibu.kernel.periods import month_index

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 18)
READ = Permission.ACTIVITY_READ


@pytest.fixture
def w() -> World:
    return world.build()


def new(w: World, code: str = "T1-B1", **other: object) -> NewActivity:
    kinds = other.pop("kinds", (("theme_day", None), ("lecture", None)))
    one = NewActivity(
        w.orgs[code], kinds, "秋粮分工", DAY, 8, 7, time(9), time(10), expected=tuple(w.persons[code]),  # type: ignore[arg-type]
        absences=(NewAbsence(w.persons[code][1], "李二", "leave", "看病"),), topics=(NewTopic("lecture", "条例", lecturer="王一"),),
        evidence=(NewEvidence("minutes", "entry"), NewEvidence("dues_ledger", "paper", "柜")),
    )
    return replace(one, **other)  # type: ignore[arg-type]


def test_an_entry_and_its_lines_come_back_as_written(w: World) -> None:
    actor = w.actor("secretary")
    (made,) = actions.write_many(actor, [new(w)], at=AT)
    v = queries.activity(actor.scope(READ), made)
    assert (v.title, v.held_on, v.start_at, v.present_count, v.recorded_by) == ("秋粮分工", DAY, time(9), 7, "secretary")
    assert v.kinds == (("theme_day", None), ("lecture", None)) and v.counts and v.recorded_on == AT.date()
    assert [(a.name, a.status, a.reason) for a in v.absences] == [("李二", "leave", "看病")]
    slot = ActivityKind.objects.within(actor.scope(READ)).filter(kind="lecture").get()
    assert (slot.held_month, slot.start_minute, slot.records) == (month_index(DAY), 540, mask_of(["minutes", "dues_ledger"]))
    entry = JournalEntry.objects.within(system_actor().scope(READ)).order_by("-id")[0]
    assert entry.action == "record.write" and entry.changes["activities"] == [made]


def test_one_refused_entry_takes_the_whole_batch_back(w: World) -> None:
    actor = system_actor()
    actions.write_many(actor, [new(w)], at=AT)
    with pytest.raises(AlreadyRecorded):
        actions.write_many(actor, [new(w, held_on=date(2026, 10, 1)), new(w)], at=AT)
    scope = actor.scope(READ)
    assert len(queries.activities(scope, w.orgs["T1-B1"], date(2026, 1, 1), DAY)) == 1 and Topic.objects.within(scope).count() == 1


def test_the_database_refuses_a_second_record_of_a_meeting(w: World) -> None:
    actor = system_actor()
    (made,) = actions.write_many(actor, [new(w)], at=AT)
    with pytest.raises(AlreadyRecorded) as caught:
        actions.write_many(actor, [new(w, kinds=(("lecture", None),), title="另一人记的")], at=AT)
    assert caught.value.activity_id == made
    slot = ActivityKind.objects.within(actor.scope(READ)).order_by("id")[0]
    slot.pk = None
    slot._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        slot.save()
    same_groups = [new(w, kinds=(("group_meeting", g),), start_at=None) for g in w.groups["T1-B1"]]
    assert len(actions.write_many(actor, same_groups, at=AT)) == 2, "two groups may meet at the same time, also without a known hour"
    with pytest.raises(AlreadyRecorded):
        actions.write_many(actor, same_groups[:1], at=AT)


def test_an_entry_is_never_changed_or_deleted(w: World) -> None:
    actor = w.actor("secretary")
    actions.write_many(actor, [new(w)], at=AT)
    rows = Activity.objects.within(actor.scope(READ))
    row = rows.get()
    row.title = "改了"
    for forbidden in (row.save, row.delete, rows.delete, lambda: rows.update(title="改了")):
        with pytest.raises(AppendOnly):
            forbidden()


def test_a_correction_takes_the_slots_over_once(w: World) -> None:
    actor = w.actor("secretary")
    (old,) = actions.write_many(actor, [new(w)], at=AT)
    (newer,) = actions.write_many(actor, [new(w, corrects=old, correction_reason="漏点", kinds=(("theme_day", None),))], at=AT)
    scope = actor.scope(READ)
    assert [s.activity_id for s in queries.slots(scope, w.orgs["T1-B1"], DAY, DAY)] == [newer]
    before = queries.activity(scope, old)
    assert before.corrected_by_id == newer and not before.counts and len(before.kinds) == 2, "the old entry still says what it was"
    with pytest.raises(AlreadyCorrected):
        actions.write_many(actor, [new(w, corrects=old, correction_reason="又漏", start_at=time(14))], at=AT)
    assert queries.activity(scope, newer).counts


def test_recorded_on_is_kept_where_the_area_says_so(w: World) -> None:
    actor, early = w.actor("secretary"), datetime(2026, 11, 18, 20, tzinfo=SHANGHAI)
    (old,) = actions.write_many(actor, [new(w)], at=early)
    (newer,) = actions.write_many(actor, [new(w, corrects=old, correction_reason="漏点", recorded_before={("theme_day", None): early.date()})], at=AT)
    found = {s.kind: s.recorded_on for s in queries.slots_of(actor.scope(READ), newer)}
    assert found == {"theme_day": date(2026, 11, 18), "lecture": AT.date()} and queries.activity(actor.scope(READ), newer).recorded_on == AT.date()


def test_counters_are_one_statement_and_tell_late_records_apart_by_day(w: World, django_assert_num_queries) -> None:
    actor = system_actor()
    late, soon = datetime(2026, 11, 20, 9, tzinfo=SHANGHAI), datetime(2026, 10, 3, 9, tzinfo=SHANGHAI)
    one = new(w, kinds=(("theme_day", None),), held_on=date(2026, 9, 10))
    actions.write_many(actor, [replace(one, recorded_at=late), replace(one, start_at=time(14), recorded_at=soon), replace(one, org_id=w.orgs["T2-B2"], absences=(), recorded_at=soon)], at=AT)
    cutoffs = {month_index(date(2026, 9, 1)): date(2026, 10, 5)}
    with django_assert_num_queries(1):
        found = {(org_id, late_on): held // packed.one(8) for org_id, _, _, _, late_on, held in queries.counters(actor.scope(READ), cutoffs)}
    assert found == {(w.orgs["T1-B1"], None): 1, (w.orgs["T1-B1"], date(2026, 11, 20)): 1, (w.orgs["T2-B2"], None): 1}
    assert queries.counters(actor.scope(READ), cutoffs, until=date(2026, 9, 9)) == []


def test_absences_and_attendance_leave_corrected_entries_out(w: World) -> None:
    actor = w.actor("secretary")
    (old,) = actions.write_many(actor, [new(w)], at=AT)
    actions.write_many(actor, [new(w, corrects=old, correction_reason="他到了", absences=(), present_count=8)], at=AT)
    scope, org, who = actor.scope(READ), w.orgs["T1-B1"], w.persons["T1-B1"][1]
    assert queries.absences(scope, org_id=org) == [] and len(queries.absences(scope, activity_id=old)) == 1
    assert queries.attendance(scope, org, DAY, DAY)[who] == queries.Attended(who, 1, 1, DAY, DAY, frozenset({"theme_day", "lecture"}))


def test_an_undone_import_leaves_the_ledger_and_stays_readable(w: World) -> None:
    actor = w.actor("clerk1")
    (made,) = actions.write_many(actor, [new(w)], at=AT, batch_id=7)
    assert queries.known_meetings(actor.scope(READ), DAY, DAY) == {(w.orgs["T1-B1"], DAY, "theme_day"), (w.orgs["T1-B1"], DAY, "lecture")}
    assert actions.undo_batch(actor, 7, [w.orgs["T1-B1"]], at=AT) == 1
    v = queries.activity(actor.scope(READ), made)
    assert not v.counts and v.corrected_by_id is None and v.batch_id == 7 and queries.known_meetings(actor.scope(READ), DAY, DAY) == set()


def test_nobody_reads_or_writes_beyond_the_own_organisation(w: World) -> None:
    (made,) = actions.write_many(system_actor(), [new(w)], at=AT)
    for name in ("foreign", "secretary2", "clerk2", "sysadmin"):
        with pytest.raises(NotFound):
            queries.activity(w.actor(name).scope(READ), made)
        assert queries.activities(w.actor(name).scope(READ), w.orgs["T1-B1"], DAY, DAY) == []
        assert queries.attendance(w.actor(name).scope(READ), w.orgs["T1-B1"], DAY, DAY) == {}
        with pytest.raises(Refused):
            actions.write_many(w.actor(name), [new(w, start_at=time(15))], at=AT)


def test_the_form_remembers_the_last_answer(w: World) -> None:
    actor = w.actor("secretary")
    actions.write_many(actor, [new(w)], at=AT)
    actions.write_many(actor, [new(w, start_at=time(14), evidence=(NewEvidence("dues_ledger", "nil", reason="没收"),))], at=AT)
    scope = actor.scope(READ)
    assert queries.last_evidence(scope, w.orgs["T1-B1"])["dues_ledger"].how == "nil"
    assert queries.last_activity(scope, w.orgs["T1-B1"], "lecture") is not None and queries.last_activity(scope, w.orgs["T1-B2"]) is None
