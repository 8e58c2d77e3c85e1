"""Talks: what the ledger, the branch and superiors see; who reads the text; must-talk events; contact persons."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from tests import world
from tests.world import AT, TODAY, World

from zhibu.areas.talks import actions, duties, facts, queries
from zhibu.areas.talks.actions import NewTalk
from zhibu.areas.talks.models import ContactPerson, ContactTalk, Talk, TalkEvent, TalkText
from zhibu.areas.talks.refused import TalkRefused, TalkStale
from zhibu.ground.access.models import Account
from zhibu.ground.duties.duty import DutyState
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.guarded import Guarded
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions as people
from zhibu.ground.policy import actions as policy
from zhibu.ground.policy import sets
from zhibu.ground.policy.library import Item
from zhibu.ground.policy.queries import published
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.periods import window_of

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 10)
SECRET = "说到家里老人的病和欠债"


@pytest.fixture
def w() -> World:
    w = world.build(members=6)
    for username, index in (("secretary", 0), ("committee", 1), ("leader", 3)):
        Account.objects.filter(username=username).update(person_id=w.persons["T1-B1"][index])
    Account.objects.filter(username="member").update(person_id=w.persons["T1-B1"][4])
    return w


def talk(w: World, talker: int, talkee: int, day: date = DAY, **more: str) -> NewTalk:
    p = w.persons["T1-B1"]
    return NewTalk(p[talkee], day, p[talker], **more)


def codes(work: Callable[[], object]) -> set[str]:
    with pytest.raises(TalkRefused) as refusal:
        work()
    return {f.code for f in refusal.value.faults}


def reading(actor: Actor) -> Scope:
    """The scope with which pages open a text: the branch's compartment, or the own talks."""
    return replace(actor.scope(P.TALK_READ), person_id=queries.own(actor).person_id)


def branch(w: World) -> Scope:
    return Scope((w.paths["T1-B1"],))


def test_the_text_opens_to_the_two_and_the_secretary_and_no_rank(w: World) -> None:
    org = w.orgs["T1-B1"]
    made = actions.record(w.actor("committee"), org, talk(w, 1, 4, topic="家里", summary=SECRET, follow_up="帮联系医院", place="家中"), at=AT)
    for username in ("committee", "member", "secretary"):
        view = queries.text(reading(w.actor(username)), made)
        assert view is not None and view.summary == SECRET and view.follow_up == "帮联系医院", username
    for username in ("leader", "clerk1", "county", "reader", "organiser", "foreign", "auditor"):
        assert queries.text(reading(w.actor(username)), made) is None, username
    for username in ("leader", "clerk1", "county"):  # by any right they hold: the row of the ledger, never the text
        actor = w.actor(username)
        assert all(queries.text(actor.scope(right), made) is None for right in P)
        (line,) = queries.talks(actor.scope(P.ACTIVITY_READ), org, DAY, DAY)
        assert (line.pair, line.relation, line.on_behalf) == ("李二11、陈五11", "committee_member", False)


def test_sabotage_without_the_compartment_rank_would_read(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = actions.record(w.actor("committee"), w.orgs["T1-B1"], talk(w, 1, 4, summary=SECRET), at=AT)
    monkeypatch.setattr(Guarded, "part_of", classmethod(lambda cls, scope: scope))
    view = queries.text(w.actor("county").scope(P.ACTIVITY_READ), made)
    assert view is not None and view.summary == SECRET


def test_what_was_said_is_sealed_in_the_database(w: World) -> None:
    from contextlib import closing

    from django.db import connection

    actions.record(w.actor("secretary"), w.orgs["T1-B1"], talk(w, 0, 4, topic="题目", summary=SECRET, follow_up="后续办"), at=AT)
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute("SELECT * FROM talks_talktext")
        (row,) = cursor.fetchall()
    assert not [v for v in row if isinstance(v, str) and ("题目" in v or SECRET in v or "后续办" in v)]


def test_members_without_the_office_record_their_own_talks_only(w: World) -> None:
    org = w.orgs["T1-B1"]
    assert codes(lambda: actions.record(w.actor("committee"), org, talk(w, 2, 4), at=AT)) == {"E023"}
    assert codes(lambda: actions.record(w.actor("leader"), org, talk(w, 2, 4), at=AT)) == {"E023"}
    assert actions.record(w.actor("leader"), org, talk(w, 3, 4), at=AT)
    behalf = actions.record(w.actor("secretary"), org, talk(w, 2, 5), at=AT)  # for members without a phone
    assert queries.talk(branch(w), behalf).on_behalf and queries.talk(branch(w), behalf).made_by == "secretary"
    for username in ("member", "clerk1", "county", "reader"):
        with pytest.raises(Refused):
            actions.record(w.actor(username), org, talk(w, 0, 4), at=AT)


def test_x_entries_that_are_refused_leave_nothing(w: World) -> None:
    org, secretary, elsewhere = w.orgs["T1-B1"], w.actor("secretary"), w.persons["T2-B1"]
    assert codes(lambda: actions.record(secretary, org, talk(w, 1, 1), at=AT)) == {"E044"}  # with oneself
    assert codes(lambda: actions.record(secretary, org, talk(w, 0, 4, TODAY + timedelta(days=1)), at=AT)) == {"E001"}
    assert codes(lambda: actions.record(secretary, org, NewTalk(elsewhere[1], DAY, elsewhere[0]), at=AT)) == {"E045"}  # neither in the org
    assert codes(lambda: actions.record(secretary, org, NewTalk(elsewhere[1], DAY, w.persons["T1-B1"][0]), at=AT)) == {"E045"}
    assert codes(lambda: actions.record(secretary, org, NewTalk(w.persons["T1-B1"][1], DAY), at=AT)) == {"E054"}
    assert codes(lambda: actions.record(secretary, org, talk(w, 0, 4, trigger="belief"), at=AT)) == {"E054"}
    assert not Talk.objects.unscoped("test").exists() and not TalkText.objects.unscoped("test").exists()
    actions.record(secretary, org, talk(w, 0, 4), at=AT)
    assert codes(lambda: actions.record(secretary, org, talk(w, 4, 0), at=AT)) == {"E044"}  # the same two, the other way round


def test_a_talk_by_somebody_from_above_has_a_name_and_closes_the_duty(w: World) -> None:
    org, secretary = w.orgs["T1-B1"], w.actor("secretary")
    actions.note_event(secretary, org, person_id=w.persons["T1-B1"][4], kind="achievement", day=DAY, at=AT)
    made = actions.record(secretary, org, NewTalk(w.persons["T1-B1"][4], DAY, superior="周明"), at=AT)
    assert queries.talk(branch(w), made).pair == "周明、陈五11" and queries.talk(branch(w), made).relation == "superior_member"
    assert queries.waiting(secretary.scope(P.TALK_READ), org, TODAY) == []
    assert queries.counts(branch(w), TODAY)[org].mutual == 0


def corrected(w: World, made: int, username: str, version: int = 1, **more: str) -> None:
    actions.correct(w.actor(username), made, actions.NewText(**{"summary": "说清楚了", **more}), version=version, at=AT)


def test_who_wrote_a_text_corrects_it_and_the_earlier_one_stays(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = actions.record(w.actor("committee"), w.orgs["T1-B1"], talk(w, 1, 4, summary=SECRET, topic="家里"), at=AT)
    corrected(w, made, "committee", topic="家里的事")
    corrected(w, made, "committee", 2, topic="家里的事")  # nothing differs
    for username in ("committee", "member", "secretary"):
        held = queries.texts(reading(w.actor(username)), made)
        assert [(t.version, t.topic, t.summary, t.made_by) for t in held] == [(2, "家里的事", "说清楚了", "committee"), (1, "家里", SECRET, "committee")], username
        assert queries.text(reading(w.actor(username)), made) == held[0]
    for username in ("leader", "clerk1", "county"):
        assert queries.texts(reading(w.actor(username)), made) == [], username
    (entry,) = Entry.objects.within(branch(w)).filter(action="talks.correct")
    assert (entry.subject_id, entry.changes) == (made, {"version": 2}), "nothing of what was said"
    with pytest.raises(TalkStale):  # a page that was opened before
        corrected(w, made, "committee", 1, summary="别的")
    assert codes(lambda: corrected(w, made, "committee", 2, trigger="x")) == {"E054"} and codes(lambda: corrected(w, made, "secretary", 2)) == {"E023"}
    with pytest.raises(NotFound):
        corrected(w, made, "leader", 2)
    with pytest.raises((Refused, NotFound)):
        corrected(w, made, "member", 2)
    monkeypatch.setattr(queries, "wrote", lambda *given: True)  # the twin: nothing else keeps others out
    corrected(w, made, "secretary", 2, summary="书记写的")
    assert queries.texts(reading(w.actor("member")), made)[0].summary == "书记写的"


def test_a_text_from_before_accounts_were_kept_belongs_to_the_name(w: World) -> None:
    made = actions.record(w.actor("committee"), w.orgs["T1-B1"], talk(w, 1, 4, summary=SECRET), at=AT)
    line, old = queries.talk(branch(w), made), replace(queries.texts(reading(w.actor("member")), made)[0], maker_id=None)
    assert queries.wrote(w.actor("committee"), line, old) and not queries.wrote(w.actor("secretary"), line, old)
    actions.void(w.actor("committee"), made, reason="记错了人", at=AT)
    assert codes(lambda: corrected(w, made, "committee", summary="再改")) == {"E044"}, "taken back"


def test_all_members_are_counted_but_those_whose_membership_is_suspended(w: World) -> None:
    """The base is 党员总数 (rules.md §0): who is away or cannot come to meetings is talked with all the same; 停止党籍 is in no headcount."""
    org, p, scope = w.orgs["T1-B1"], w.persons["T1-B1"], w.actor("secretary").scope(P.TALK_READ)
    before = queries.year_of_talks(scope, org, 2026, TODAY).found.counts
    people.change_standing(w.actor("county"), p[5], on=date(2026, 11, 1), at=AT, standing="suspended", document="青组〔2026〕9号", permission=P.ORG_APPROVE)
    found = queries.year_of_talks(scope, org, 2026, TODAY)
    assert (before.members, found.found.counts.members) == (6, 5) and p[5] not in found.found.members
    assert queries.counts(scope, TODAY)[org] == found.found.counts == queries.year_in_numbers(scope, org, 2026, TODAY, found.rule)[0].counts
    people.exclude(w.actor("secretary"), [people.NewExclusion(org, p[4], "ill", date(2026, 11, 1), superior_ref="青组〔2026〕10号", meeting_ref="支部大会记录")], at=AT)
    assert queries.year_of_talks(scope, org, 2026, TODAY).found.counts == found.found.counts


def test_a_talk_entered_by_mistake_counts_no_longer(w: World) -> None:
    org, secretary = w.orgs["T1-B1"], w.actor("secretary")
    made = actions.record(secretary, org, talk(w, 0, 4, summary=SECRET), at=AT)
    assert codes(lambda: actions.void(w.actor("committee"), made, reason="记错了人", at=AT)) == {"E023"}
    assert codes(lambda: actions.void(secretary, made, reason="", at=AT)) == {"E054"}
    actions.void(secretary, made, reason="记错了人", at=AT)
    actions.void(secretary, made, reason="记错了人", at=AT)
    assert queries.talks(branch(w), org, DAY, DAY) == [] and queries.talk(branch(w), made).ended_why == "记错了人"
    assert actions.record(secretary, org, talk(w, 0, 4), at=AT)
    with pytest.raises(NotFound):
        actions.void(w.actor("foreign"), made, reason="记错了人", at=AT)


def test_the_coverage_of_a_year_names_who_is_missing_inside_and_counts_above(w: World) -> None:
    """Six members, three of them in the committee: one pair and one ordinary member are left."""
    org, p = w.orgs["T1-B1"], w.persons["T1-B1"]
    actions.record_many(w.actor("secretary"), org, [talk(w, 0, 1), talk(w, 0, 2), talk(w, 0, 3), talk(w, 1, 4), talk(w, 4, 5), talk(w, 0, 5, date(2025, 12, 31))], at=AT)
    y = queries.year_of_talks(w.actor("secretary").scope(P.TALK_READ), org, 2026, TODAY)
    assert (y.coverage.committee_pairs, y.coverage.ordinary_rate, y.coverage.member_rate, y.violation) == ("66.67%", "66.67%", "100.00%", True)
    assert (y.found.pairs, y.found.ordinary, y.found.members) == (((p[1], p[2]),), (p[5],), ()) and y.names[p[5]].startswith("杨六")
    assert y.rule is not None and y.relations == ("committee_pair", "committee_member", "member_member")
    county = w.actor("county").scope(P.COMPLIANCE_READ)
    numbers = {f.key: f.read(county, TODAY).get(org) for f in facts.FACTS}
    assert [numbers[f"talks.{k}"] for k in ("pairs", "pairs_done", "ordinary", "reached", "mutual", "overdue")] == [3, 2, 3, 2, 6, None]


def test_v10_is_on_the_desk_at_the_end_of_the_year_where_the_set_asks_by_the_year(w: World) -> None:
    org, secretary = w.orgs["T1-B1"], w.actor("secretary")

    def year(on: date) -> list[DutyState]:
        return [d.state for d in duties.due(secretary, secretary.sees(), on) if d.key == f"talks:year:{org}:2026"]

    assert year(date(2026, 11, 10)) == [] and year(date(2026, 12, 20)) == [DutyState.SOON]
    assert year(date(2027, 1, 5)) == [DutyState.OVERDUE] and year(date(2027, 6, 5)) == []
    policy.assign(w.actor("county"), org_id=w.orgs["T1"], family="life", rule_set="seed-003", valid_from=date(2026, 1, 1), valid_to=None, at=AT, reason="镇里的办法", decision_doc="鼎发〔2020〕55号")
    assert year(date(2026, 12, 20)) == []  # 经常: a habit, not a number by the year


def test_at13_an_event_makes_a_duty_that_a_talk_closes(w: World) -> None:
    """An award on 10 May asks for a talk until the 17th; late from the 18th on (V15). The desk names the member, never the matter."""
    org, secretary, award = w.orgs["T1-B1"], w.actor("secretary"), date(2025, 5, 10)
    at = datetime(2025, 5, 10, 9, tzinfo=world.SHANGHAI)
    actions.note_event(w.actor("committee"), org, person_id=w.persons["T1-B1"][4], kind="achievement", day=award, at=at)

    def on_desk(on: date) -> list[tuple[DutyState, date | None]]:
        found = [d for d in duties.due(secretary, secretary.sees(), on) if d.key.startswith("talks:event")]
        assert all("成绩" not in d.title + d.why and "陈五" in d.title for d in found)
        return [(d.state, d.due_on) for d in found]

    assert on_desk(date(2025, 5, 17)) == [(DutyState.SOON, date(2025, 5, 17))]
    assert on_desk(date(2025, 5, 18)) == [(DutyState.OVERDUE, date(2025, 5, 17))]
    clerk = w.actor("clerk1")
    assert queries.overdue(clerk.scope(P.COMPLIANCE_READ), date(2025, 5, 17)) == {}
    assert queries.overdue(clerk.scope(P.COMPLIANCE_READ), date(2025, 5, 18)) == {org: 1}
    (line,) = [d for d in duties.due(clerk, clerk.sees(), date(2025, 5, 18)) if d.key.startswith("talks:")]
    assert line.state is DutyState.INFO and "1 件" in line.title and "陈五" not in line.title + line.why
    for username in ("committee", "leader", "clerk1", "county"):
        assert queries.events(w.actor(username).scope(P.TALK_WRITE), org) == []  # who may write events does not read them
    actions.record(secretary, org, talk(w, 0, 4, date(2025, 5, 16)), at=datetime(2025, 5, 19, 9, tzinfo=world.SHANGHAI))
    assert on_desk(date(2025, 5, 18)) == [] and queries.overdue(clerk.scope(P.COMPLIANCE_READ), date(2025, 5, 18)) == {}


def test_the_days_of_a_must_talk_come_from_the_rule_set_of_the_day_of_the_event(w: World) -> None:
    """The county allows three days from October on: an event of September keeps its seven."""
    org, secretary, county = w.orgs["T1-B1"], w.actor("secretary"), w.actor("county")
    made = sets.copy(county, org_id=w.orgs["QH"], code="zhibu-conventions", title="青禾县约定", at=AT)
    sets.edit_header(county, made, sets.Header("青禾县约定", "青组〔2026〕6号", "县委常委会审定", date(2026, 9, 1)), version=1, at=AT)
    sets.edit_values(county, made, {"conventions.must_talk_days": Item(3, "青组〔2026〕6号第二条", True)}, version=2, at=AT)
    sets.activate(county, made, version=3, at=AT, on=TODAY)
    code = next(v.rule_set.code for v in published() if v.id == made)
    policy.assign(county, org_id=w.orgs["T1"], family="conventions", rule_set=code, valid_from=date(2026, 10, 1), valid_to=None, at=AT, reason="从紧", decision_doc="青组〔2026〕6号")
    for index, day in ((3, date(2026, 9, 20)), (4, DAY)):
        actions.note_event(secretary, org, person_id=w.persons["T1-B1"][index], kind="conflict", day=day, at=AT)
    assert [e.due_on for e in queries.waiting(secretary.scope(P.TALK_READ), org, TODAY)] == [date(2026, 9, 27), date(2026, 11, 13)]
    assert queries.overdue(w.actor("clerk1").scope(P.COMPLIANCE_READ), date(2026, 11, 14)) == {org: 2}
    assert queries.overdue(w.actor("clerk1").scope(P.COMPLIANCE_READ), date(2026, 11, 13)) == {org: 1}


def test_x_events_that_are_refused(w: World) -> None:
    org, secretary, p = w.orgs["T1-B1"], w.actor("secretary"), w.persons["T1-B1"]
    assert codes(lambda: actions.note_event(secretary, org, person_id=p[4], kind="conflict", day=TODAY + timedelta(days=1), at=AT)) == {"E001"}
    assert codes(lambda: actions.note_event(secretary, org, person_id=w.persons["T2-B1"][4], kind="routine", day=DAY, at=AT)) == {"E045", "E054"}
    made = actions.note_event(secretary, org, person_id=p[4], kind="conflict", day=DAY, at=AT)
    assert codes(lambda: actions.note_event(secretary, org, person_id=p[4], kind="conflict", day=DAY, at=AT)) == {"E053"}
    with pytest.raises(NotFound):
        actions.end_event(w.actor("committee"), made, at=AT)
    actions.end_event(secretary, made, at=AT)
    actions.end_event(secretary, made, at=AT)
    assert queries.events(secretary.scope(P.TALK_READ), org) == []


def test_an_event_of_somebody_who_left_asks_for_nothing(w: World) -> None:
    org, secretary = w.orgs["T1-B1"], w.actor("secretary")
    actions.note_event(secretary, org, person_id=w.persons["T1-B1"][4], kind="hardship", day=DAY, at=AT)
    people.end_membership(secretary, w.persons["T1-B1"][4], on=DAY, ended_as="deceased", document="", at=AT)
    assert queries.waiting(secretary.scope(P.TALK_READ), org, TODAY) == []
    assert queries.overdue(w.actor("county").scope(P.COMPLIANCE_READ), date(2026, 12, 30)) == {}


def test_who_was_registered_twice_is_one_here_too(w: World) -> None:
    """The event stands with the second registration, the talk with the first: it is closed, and both count for the person who stays."""
    from zhibu.ground.people.models import PersonMerge

    org, secretary, p = w.orgs["T1-B1"], w.actor("secretary"), w.persons["T1-B1"]
    actions.note_event(secretary, org, person_id=p[4], kind="conflict", day=DAY, at=AT)
    actions.record(secretary, org, talk(w, 0, 4), at=AT)
    assert queries.waiting(secretary.scope(P.TALK_READ), org, TODAY) == []
    TalkEvent.objects.within(actions.opened(w.paths["T1-B1"])).update(person_id=777)
    Talk.objects.within(branch(w)).update(talkee_id=777)
    assert queries.counts(branch(w), TODAY)[org].mutual == 0
    PersonMerge.objects.within(branch(w)).create(org_id=org, loser_id=777, winner_id=p[4], account_name="沈", batch_id=1, at=AT)
    assert queries.counts(branch(w), TODAY)[org].mutual == 2
    assert queries.events(secretary.scope(P.TALK_READ), org) == [] and queries.overdue(w.actor("clerk1").scope(P.COMPLIANCE_READ), date(2026, 12, 30)) == {}
    Talk.objects.within(branch(w)).update(ended_at=AT)
    assert [e.person_id for e in queries.waiting(secretary.scope(P.TALK_READ), org, TODAY)] == [p[4]]
    assert queries.overdue(w.actor("clerk1").scope(P.COMPLIANCE_READ), date(2026, 12, 30)) == {org: 1}


# ---------------------------------------------------------------- contact persons


def contact(w: World, index: int = 4, name: str = "周小兰", **more: object) -> int:
    wish = {"member_id": w.persons["T1-B1"][index], "name": name, "purpose": "activist", "from_on": date(2026, 1, 5), "at": AT, **more}
    return actions.add_contact(w.actor("secretary"), w.orgs["T1-B1"], **wish)  # type: ignore[arg-type]


def test_contacts_are_due_only_where_a_set_says_so(w: World) -> None:
    org, secretary, member = w.orgs["T1-B1"], w.actor("secretary"), w.actor("member")
    first, second = contact(w), contact(w, 5, "吴阿姨", purpose="hardship_masses")
    late = date(2026, 12, 20)

    def keys(actor: Actor) -> list[tuple[str, DutyState]]:
        return [(d.key, d.state) for d in duties.due(actor, actor.sees(), late) if "contacts" in d.key or "mine" in d.key]

    assert keys(secretary) == keys(member) == [] and queries.contact_rule(org, late) is None
    policy.assign(w.actor("county"), org_id=w.orgs["T1"], family="contact_talk", rule_set="seed-004e", valid_from=date(2026, 1, 1), valid_to=None, at=AT, reason="试行", decision_doc="青组〔2026〕8号")
    assert keys(secretary) == [(f"talks:contacts:{org}:2026-Q3", DutyState.OVERDUE), (f"talks:contacts:{org}:2026-Q4", DutyState.SOON)]
    assert keys(member) == [(f"talks:mine:{org}:2026-Q4", DutyState.SOON)]
    actions.talk_with_contact(member, first, day=DAY, at=AT)   # the member himself
    actions.talk_with_contact(member, first, day=DAY, at=AT)   # twice is once
    with pytest.raises(NotFound):
        actions.talk_with_contact(member, second, day=DAY, at=AT)  # another one's contact
    assert keys(member) == [] and ContactTalk.objects.unscoped("test").count() == 1
    actions.talk_with_contact(w.actor("committee"), second, day=date(2026, 8, 1), at=AT)
    assert queries.contact_counts(w.actor("clerk1").scope(P.COMPLIANCE_READ), late) == {org: (2, 1)}
    actions.undo_contact_talk(member, first, day=DAY, at=AT)
    actions.undo_contact_talk(member, first, day=DAY, at=AT)
    assert keys(member) == [(f"talks:mine:{org}:2026-Q4", DutyState.SOON)]


def test_superiors_ask_for_any_quarter_and_get_numbers_by_the_rules_of_each_branch(w: World) -> None:
    org, clerk, on = w.orgs["T1-B1"], w.actor("clerk1").scope(P.COMPLIANCE_READ), date(2026, 12, 20)
    first, second = contact(w), contact(w, 5, "吴阿姨", purpose="hardship_masses")
    for made, day in ((first, date(2026, 5, 6)), (second, date(2026, 8, 1)), (second, date(2026, 8, 2))):
        actions.talk_with_contact(w.actor("secretary"), made, day=day, at=AT)

    def asked(quarter: int, year: int = 2026) -> dict[int, tuple[int, int]]:
        return {i: (one.due, one.done) for i, one in queries.contact_quarter(clerk, window_of("quarter", date(year, quarter * 3, 1)), on).items()}

    assert asked(2) == asked(3) == {org: (2, 1)} and asked(4) == {org: (2, 0)} and asked(1) == asked(4, 2025) == {}
    assert queries.contact_counts(clerk, on) == asked(3)


def test_x_contacts_that_are_refused(w: World) -> None:
    assert codes(lambda: contact(w, name="周小兰 433130199001011234")) == {"E040"}
    assert codes(lambda: contact(w, member_id=w.persons["T2-B1"][0])) == {"E045"}  # without a member of the branch
    assert codes(lambda: contact(w, purpose="backward")) == {"E054"}
    assert codes(lambda: contact(w, from_on=TODAY + timedelta(days=1))) == {"E001"}
    made = contact(w)
    assert codes(lambda: contact(w)) == {"E044"}
    assert codes(lambda: actions.talk_with_contact(w.actor("secretary"), made, day=TODAY + timedelta(days=1), at=AT)) == {"E001"}
    assert codes(lambda: actions.talk_with_contact(w.actor("secretary"), made, day=date(2025, 12, 1), at=AT)) == {"E002"}
    actions.end_contact(w.actor("secretary"), made, at=AT)
    assert queries.contacts(branch(w), w.orgs["T1-B1"]) == []


def test_of_people_who_are_no_members_nothing_is_kept_but_a_name_and_a_purpose() -> None:
    assert {f.name for f in ContactPerson._meta.concrete_fields} == {"id", "org", "member_id", "member_name", "name", "purpose", "from_on", "ended_on", "made_by", "made_at"}
    assert {f.name for f in TalkEvent._meta.concrete_fields} == {"id", "org", "person_id", "name", "kind", "day", "made_by", "made_at", "ended_at", "ended_by"}
