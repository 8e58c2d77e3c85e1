"""Study hours end to end: meetings held, courses, certificates, refusals, the year of a branch and of a county."""
from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal as D
from typing import Any

import pytest
from tests.everywhere.test_queries_flat import statements
from tests.world import AT, SHANGHAI, TODAY, World, build

from zhibu.areas.training import actions, courses, duties, queries
from zhibu.areas.training.actions import NewNote, NewRecord, NewSession
from zhibu.areas.training.refused import TrainingRefused
from zhibu.ground.facts import catalogue
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import merging
from zhibu.ground.policy.models import Assignment
from zhibu.ground.record import actions as record
from zhibu.ground.tree.queries import NotFound

pytestmark = pytest.mark.django_db


def held(w: World, code: str = "T1-B1", *, on: date = date(2026, 5, 20), kinds: tuple[str, ...] = ("theme_day",), absent: tuple[int, ...] = (), hours: str | None = None,
         start: time | None = time(9), end: time | None = time(11), corrects: int | None = None) -> int:
    p = w.persons[code]
    return record.write_many(w.actor("secretary" if code == "T1-B1" else "secretary2"), [record.NewActivity(
        org_id=w.orgs[code], kinds=tuple((k, None) for k in kinds), title="学习", held_on=on, start_at=start, end_at=end, place="会议室", expected=tuple(p), expected_count=len(p),
        present_count=len(p) - len(absent), absences=tuple(record.NewAbsence(i, "某", "leave", "外出") for i in absent),
        topics=(record.NewTopic("lecture", "讲", "内容", lecturer="书记", hours=D(hours)),) if hours else (), corrects=corrects, correction_reason="写错" if corrects else "",
    )], at=AT)[0]


def line(w: World, index: int, year: int = 2026, today: date = TODAY, who: str = "secretary") -> queries.MemberYear:
    scope = w.actor(who).scope(P.TRAINING_READ)
    return next(m for o in queries.year(scope, year, today, [w.orgs["T1-B1"]]) for m in o.members if m.person_id == w.persons["T1-B1"][index])


def new(w: World, **change: object) -> NewRecord:
    given: dict[str, object] = {
        "person_id": w.persons["T1-B1"][3], "title": "县委党校轮训", "kind": "central", "first_on": date(2026, 4, 1), "last_on": date(2026, 4, 3), "unit": "full_day", "amount": D(3),
        "proof": "结业证存村档案柜",
    }
    return NewRecord(**{**given, **change})  # type: ignore[arg-type]


def codes(refused: pytest.ExceptionInfo[TrainingRefused]) -> list[str]:
    return [f.code for f in refused.value.faults]


def test_hours_come_from_meetings_held_and_from_records_of_the_year_only() -> None:
    w = build(branches=2, members=5)
    p, secretary = w.persons["T1-B1"], w.actor("secretary")
    held(w, absent=(p[1],))
    old = held(w, kinds=("lecture",), on=date(2026, 6, 1), hours="1.5")
    held(w, kinds=("lecture",), on=date(2026, 6, 1), hours="2.5", absent=(p[2],), corrects=old)
    held(w, on=date(2025, 5, 20))
    held(w, kinds=("general_meeting",), on=date(2026, 7, 1))
    assert [line(w, i).meetings for i in (0, 1, 2)] == [45, 25, 20]
    actions.add_record(secretary, w.orgs["T1-B1"], new(w), at=AT)
    actions.add_record(secretary, w.orgs["T1-B1"], new(w, title="自学", kind="self_study", unit="hour", amount=D(2)), at=AT)
    actions.add_record(secretary, w.orgs["T1-B1"], new(w, first_on=date(2025, 4, 1), last_on=date(2025, 4, 1), amount=D(1)), at=AT)
    own = line(w, 3)
    assert (own.meetings, own.courses, own.uncounted, own.total, own.target.tenths, own.pace.missing) == (45, 240, 20, 285, 320, 35)
    assert own.pace.behind is False and line(w, 0).target.tenths == 560 and line(w, 0).pace.behind and line(w, 3, 2025).total == 100
    found = queries.person(secretary.scope(P.TRAINING_READ), p[3], 2026, TODAY)
    assert [(s.kind, s.tenths, s.counts) for s in found.sources] == [("lecture", 25, True), ("theme_day", 20, True), ("self_study", 20, False), ("central", 240, True)]
    assert sum(s.tenths for s in found.sources if s.counts) == found.member.total
    mine = queries.own(p[3], 2026, TODAY)
    assert mine is not None and mine.member == found.member and queries.own(10**9, 2026, TODAY) is None
    with pytest.raises(NotFound):
        queries.person(w.actor("foreign").scope(P.TRAINING_READ), p[3], 2026, TODAY)


def test_every_level_sees_the_same_hours_and_a_fixed_number_of_statements() -> None:
    w = build(branches=2, members=4)
    held(w)
    held(w, "T1-B2")
    county, clerk = w.actor("county").scope(P.TRAINING_READ), w.actor("clerk1").scope(P.TRAINING_READ)
    small = statements(lambda: queries.year(clerk, 2026, TODAY))
    large = statements(lambda: queries.year(county, 2026, TODAY))
    assert len(small) == len(large) <= 12, large
    lines = {o.org.code: o for o in queries.year(county, 2026, TODAY)}
    assert set(lines) == {"T1-B1", "T1-B2", "T2-B1", "T2-B2"} and lines["T1-B1"].members == queries.year(w.actor("secretary").scope(P.TRAINING_READ), 2026, TODAY)[0].members
    assert catalogue.total("training.members", county, TODAY) == 16 and catalogue.total("training.reached", county, TODAY) == 0
    assert lines["T1-B1"].rate == "0.00%" and len(queries.year(county, 2018, TODAY)) == 0


def test_twelve_days_under_the_company_set() -> None:
    w = build(branches=2, members=5)
    Assignment.objects.create(org_id=w.orgs["T1"], family="education", rule_set="seed-004e", valid_from=date(2026, 1, 1), decided_by="张三", made_at=AT)
    assert line(w, 3).target.tenths == 960 and line(w, 3, 2025).target.tenths == 320
    assert queries.person(w.actor("secretary").scope(P.TRAINING_READ), w.persons["T1-B1"][3], 2026, TODAY).essays_wanted == 1


def test_a_session_is_registered_by_exception() -> None:
    w = build(branches=2, members=4)
    clerk = w.actor("clerk1")
    course = actions.open_course(clerk, w.orgs["T1"], year=2026, title="书记轮训班", kind="central", at=AT)
    roll = [m.person_id for m in courses.audience(clerk.scope(P.TRAINING_WRITE), w.paths["T1"], "secretaries", TODAY)]
    assert roll == [w.persons["T1-B1"][0], w.persons["T1-B2"][0]]
    day = date(2026, 3, 2)
    given = NewSession(course, day, day, "full_day", D(1), tuple(roll), (roll[1],), "镇会议室", "签到表存镇党建办")
    session = actions.hold_session(clerk, given, at=AT)
    assert line(w, 0, who="clerk1").courses == 80 and line(w, 0).central is not None and line(w, 0).central.done  # type: ignore[union-attr]
    view, names = courses.session(clerk.scope(P.TRAINING_READ), session)
    assert (view.came, set(names)) == (1, set(roll)) and len(courses.courses(clerk.scope(P.TRAINING_READ), w.orgs["T1"], 2026)[0].sessions) == 1
    with pytest.raises(TrainingRefused) as twice:  # the duplicate (member, session)
        actions.hold_session(clerk, given, at=AT)
    assert codes(twice) == ["E044"]
    actions.hold_session(clerk, NewSession(course, day, day, "full_day", D(1), (roll[1],)), at=AT)  # who was forgotten
    with pytest.raises(NotFound):
        actions.hold_session(w.actor("secretary"), given, at=AT)
    with pytest.raises(Refused):
        actions.open_course(w.actor("secretary"), w.orgs["T1"], year=2026, title="甲乙", kind="central", at=AT)
    actions.end_session(clerk, session, reason="登记错了", at=AT)
    actions.end_session(clerk, session, reason="登记错了", at=AT)
    assert line(w, 0).courses == 0 and [s.ended_why for s in queries.person(clerk.scope(P.TRAINING_READ), roll[0], 2026, TODAY).sources] == ["登记错了"]
    actions.hold_session(clerk, NewSession(course, day, day, "full_day", D(1), (roll[0],)), at=AT)


def test_sessions_that_cannot_be_are_refused_and_leave_nothing() -> None:
    w = build(branches=2, members=4)
    clerk, p = w.actor("clerk1"), w.persons["T1-B1"]
    course = actions.open_course(clerk, w.orgs["T1"], year=2026, title="党课", kind="lecture", at=AT)
    day = date(2026, 3, 2)

    def refused(**change: object) -> list[str]:
        given: dict[str, object] = {"course_id": course, "first_on": day, "last_on": day, "unit": "hour", "amount": D(2), "expected": tuple(p[:3]), "absent": ()}
        with pytest.raises(TrainingRefused) as found:
            actions.hold_session(clerk, NewSession(**{**given, **change}), at=AT)  # type: ignore[arg-type]
        return codes(found)

    assert refused(first_on=date(2025, 12, 31), last_on=date(2025, 12, 31)) == ["E047"]  # outside the year
    assert refused(first_on=date(2026, 12, 1), last_on=date(2026, 12, 1)) == ["E001"]
    assert refused(amount=D("24.1")) == refused(amount=D(0)) == refused(amount=D(-1)) == refused(amount=None) == refused(unit="week") == ["E032"]
    assert refused(expected=(w.persons["T2-B1"][0],)) == ["E045"]
    assert refused(absent=(10**9,)) == ["E009"] and refused(absent=tuple(p[:3])) == ["E009"]
    actions.add_record(w.actor("secretary"), w.orgs["T1-B1"], new(w, person_id=p[2], first_on=day, last_on=day, unit="hour", amount=D(20)), at=AT)
    assert refused(amount=D("4.5")) == ["E032"] and line(w, 2).courses == 200  # 20 and 4.5 are more than a day has
    for title, kind, year, wanted in (("", "lecture", 2026, "E054"), ("党课", "lecture", 2026, "E044"), ("别的", "self_study", 2026, "E054"), ("别的", "x", 1990, "E054")):
        with pytest.raises(TrainingRefused) as found:
            actions.open_course(clerk, w.orgs["T1"], year=year, title=title, kind=kind, at=AT)
        assert codes(found)[0] == wanted


def test_a_record_that_cannot_be_is_refused() -> None:
    w = build(branches=2, members=4)
    secretary, org, p = w.actor("secretary"), w.orgs["T1-B1"], w.persons["T1-B1"]
    held(w, kinds=("lecture",), hours="2", absent=(p[2],))

    def refused(**change: object) -> list[str]:
        with pytest.raises(TrainingRefused) as found:
            actions.add_record(secretary, org, new(w, **change), at=AT)
        return codes(found)

    lecture = {"kind": "lecture", "first_on": date(2026, 5, 20), "last_on": date(2026, 5, 20), "unit": "hour", "amount": D(2)}
    assert refused(person_id=w.persons["T2-B1"][0]) == ["E045"] and refused(proof="") == ["E008"] and refused(title="") == ["E054"]
    assert refused(first_on=date(2026, 4, 5)) == ["E002"] and refused(amount=D(10)) == ["E032"]
    assert refused(person_id=p[2], **lecture) == ["E009"]   # the branch's own record says he was not there
    assert refused(person_id=p[1], **lecture) == ["E044"]   # … and here that he was
    actions.add_record(secretary, org, new(w, person_id=p[2], **lecture, elsewhere=True), at=AT)
    made = actions.add_record(secretary, org, new(w), at=AT)
    assert refused() == ["E044"]
    with pytest.raises(TrainingRefused):
        actions.end_record(secretary, made, reason="", at=AT)
    with pytest.raises(NotFound):
        actions.end_record(w.actor("foreign"), made, reason="登记错了", at=AT)
    with pytest.raises(Refused):
        actions.end_record(w.actor("committee"), made, reason="登记错了", at=AT)
    actions.end_record(secretary, made, reason="登记错了", at=AT)
    actions.add_record(secretary, org, new(w), at=AT)


def test_essays_are_kept_by_date_and_title_and_never_measured() -> None:
    w = build(branches=2, members=4)
    secretary, org, who = w.actor("secretary"), w.orgs["T1-B1"], w.persons["T1-B1"][3]
    note = actions.add_note(secretary, org, NewNote(who, "essay", date(2026, 7, 1), "读后心得"), at=AT)
    for bad, code in ((NewNote(who, "essay", date(2027, 1, 1), "心得"), "E001"), (NewNote(who, "x", TODAY, "心得"), "E054"), (NewNote(10**9, "essay", TODAY, "心得"), "E045")):
        with pytest.raises(TrainingRefused) as found:
            actions.add_note(secretary, org, bad, at=AT)
        assert code in codes(found)
    found_year = queries.person(secretary.scope(P.TRAINING_READ), who, 2026, TODAY)
    assert [n.title for n in found_year.notes] == ["读后心得"] and found_year.member.total == 0
    assert actions.end_note(secretary, note, at=AT) == who and not queries.person(secretary.scope(P.TRAINING_READ), who, 2026, TODAY).notes


@pytest.mark.parametrize(("today", "own", "above"), [
    (date(2026, 9, 29), [], []), (date(2026, 9, 30), ["pace"], ["many:pace"]), (date(2026, 11, 20), ["central", "pace"], ["many:central", "many:pace"]),
    (date(2027, 1, 5), ["central", "short"], ["many:central", "many:short"]), (date(2027, 4, 1), [], []),
])
def test_duties_of_the_year(today: date, own: list[str], above: list[str]) -> None:
    w = build(branches=2, members=4)

    def found(who: str) -> list[str]:
        actor = w.actor(who, today)
        return sorted(d.key.removeprefix("training:").rpartition(":")[0] if "many" in d.key else d.key.split(":")[1] for d in duties.due(actor, actor.sees(), today))

    assert found("secretary") == own and found("county") == above and found("committee") == found("reader") == []


def test_an_office_over_very_many_branches_is_told_where_the_hours_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    w, asked = build(branches=2, members=4), []
    plain = queries.lessons.lessons

    def lessons(*args: Any) -> Any:
        asked.append(args)
        return plain(*args)

    monkeypatch.setattr(queries.lessons, "lessons", lessons)

    def found(who: str, today: date) -> list[str]:
        asked.clear()
        actor = w.actor(who, today)
        return sorted(d.key.removeprefix("training:").rpartition(":")[0] for d in duties.due(actor, actor.sees(), today) if "many" in d.key)

    on = date(2026, 9, 30)
    assert found("county", on) == ["many:pace"] and asked
    monkeypatch.setattr(duties, "ADDED_UP", 1)
    assert found("county", on) == ["many:look"] and not asked, "nothing is added up"
    assert found("county", date(2026, 9, 29)) == [] and found("county", date(2027, 1, 5)) == ["many:central", "many:look"]
    assert found("secretary", on) == []


def test_hours_of_somebody_registered_twice_follow_the_one_who_stays() -> None:
    w = build(branches=2, members=5)
    p, clerk = w.persons["T1-B1"], w.actor("clerk1")
    held(w)
    actions.add_record(w.actor("secretary"), w.orgs["T1-B1"], new(w), at=AT)
    from zhibu.ground.people.models import Person

    versions = {r.pk: r.version for r in Person.objects.within(Scope((w.paths["T1"],))).filter(pk__in=(p[2], p[3]))}
    wish = merging.Merge(p[2], p[3], frozenset(), "两次登记", (versions[p[2]], versions[p[3]]), spells=merging.WINNER)
    merging.merge(clerk, wish, at=datetime(2026, 11, 20, 11, tzinfo=SHANGHAI), batch_id=1)
    assert line(w, 2).total == 260
    assert [s.kind for s in queries.person(clerk.scope(P.TRAINING_READ), p[2], 2026, TODAY).sources] == ["theme_day", "central"]


@pytest.mark.parametrize(("name", "off"), [("actions._too_much", lambda *a: []), ("actions._attendance", lambda *a: []), ("rules.check_session", lambda *a: [])])
def test_sabotage_without_the_guard_it_is_written(name: str, off: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twins: what the tests above see refused goes through once its guard is off."""
    w = build(branches=2, members=4)
    secretary, org, p, day = w.actor("secretary"), w.orgs["T1-B1"], w.persons["T1-B1"], date(2026, 5, 20)
    held(w, kinds=("lecture",), hours="2", absent=(p[2],))
    lecture = new(w, person_id=p[2], kind="lecture", first_on=day, last_on=day, unit="hour", amount=D(2))
    more = new(w, person_id=p[2], first_on=day, last_on=day, unit="hour", amount=D(20), title="又一次")
    wishes = {"_attendance": [lecture], "_too_much": [more, new(w, person_id=p[2], first_on=day, last_on=day, unit="hour", amount=D(20))], "check_session": [new(w, first_on=date(2026, 12, 1), last_on=date(2026, 12, 1), amount=D(1))]}
    wishes = {k: v for k, v in wishes.items() if name.endswith(k)}
    (chosen,) = wishes.values()
    with pytest.raises(TrainingRefused):
        for wish in chosen:
            actions.add_record(secretary, org, wish, at=AT)
    monkeypatch.setattr(f"zhibu.areas.training.{name}", off)
    assert actions.add_record(secretary, org, chosen[-1], at=AT)
