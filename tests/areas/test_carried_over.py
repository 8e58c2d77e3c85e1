"""What is open about members and places goes to the organisation that takes them over, or ends with a reason; a preview says so first."""
from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal as D

import pytest
from tests import world
from tests.areas.test_reorganising import DECIDED, NEW_BRANCH, ON, PAPER, towns, villages
from tests.world import AT, TODAY, World

from zhibu.areas.care import actions as care
from zhibu.areas.care import proposals
from zhibu.areas.care import queries as cared
from zhibu.areas.care.models import CareRequest
from zhibu.areas.care.proposals import NewProposal
from zhibu.areas.resources import actions as resources
from zhibu.areas.resources import bookings
from zhibu.areas.resources import queries as resourced
from zhibu.areas.resources.actions import NewPlace, NewPlan
from zhibu.areas.resources.bookings import NewBooking
from zhibu.areas.resources.rules import Counts
from zhibu.areas.structure import actions, mergers, splits
from zhibu.areas.structure.splits import Split
from zhibu.areas.talks import actions as talks
from zhibu.areas.talks import queries as talked
from zhibu.areas.talks.models import ContactPerson
from zhibu.areas.training import actions as training
from zhibu.areas.training import courses
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.tree import closing
from zhibu.ground.tree.closing import Hanging

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 8)


@pytest.fixture
def w() -> World:
    return world.build(branches=2, members=8)


def entered(w: World, who: int) -> None:
    """An event to talk about, one to visit, an entry of the list of care, a contact and a proposal about one member of the first branch."""
    org, p, secretary = w.orgs["T1-B1"], w.persons["T1-B1"], w.actor("secretary")
    talks.note_event(secretary, org, person_id=p[who], kind="hardship", day=DAY, at=AT)
    talks.add_contact(secretary, org, member_id=p[who], name="王大田", purpose="activist", from_on=DAY, at=AT)
    care.note_event(secretary, org, person_id=p[who], kind="illness", day=DAY, at=AT)
    care.list_member(secretary, org, person_id=p[who], flag="retired", contact_id=p[0], at=AT)
    proposals.propose(secretary, org, NewProposal(p[who], w.orgs["T1"], "illness", "800.00", "own_funds", "住院两个月，自付费用较多", "", "不愿让外人知道"), at=AT)


def waiting(w: World, org_id: int, path: str) -> tuple[int, int, int, int, int]:
    scope = Scope((path,), care.opened(path).opened | talks.opened(path).opened)
    return (
        len(talked.waiting(scope, org_id, TODAY)), len(talked.contacts(scope, org_id)), len(cared.waiting(scope, org_id, TODAY)), len(cared.listed(scope, org_id)),
        sum(one.open for one in cared.of_branch(scope, org_id)),
    )


def merged(w: World, wish: mergers.Merger | None = None, user: str = "clerk1") -> int:
    actor, wish = w.actor(user), wish or villages(w)
    return mergers.merge(actor, wish, seen=mergers.preview(actor, wish, today=TODAY).digest, at=AT)


def lines(w: World) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {x.title: (x.number, x.names) for x in mergers.preview(w.actor("clerk1"), villages(w), today=TODAY).lines}


def test_what_is_open_about_members_goes_along_with_a_merger(w: World) -> None:
    entered(w, 4)
    secret = lines(w)
    assert secret["谈心谈话"] == ("2 件", ("第1村党支部：五必谈要谈的事", "第1村党支部：联系对象"))
    assert secret["关怀帮扶"][0] == "3 件" and not any("陈五" in name for _, names in (secret["谈心谈话"], secret["关怀帮扶"]) for name in names), "whose it is stays inside the branch"
    merged(w)
    assert waiting(w, w.orgs["T1-B1"], w.paths["T1-B1"]) == (0, 0, 0, 0, 0)
    assert waiting(w, w.orgs["T1-B2"], w.paths["T1-B2"]) == (1, 1, 1, 1, 1)
    scope = care.opened(w.paths["T1-B2"])
    (request,) = cared.of_branch(scope, w.orgs["T1-B2"])
    assert (request.amount_fen, request.ground, request.office_id) == (80000, "住院两个月，自付费用较多", w.orgs["T1"])
    assert cared.proposal_of(scope, request.id) == (w.persons["T1-B1"][4], "不愿让外人知道")
    (old,) = cared.of_branch(care.opened(w.paths["T1-B1"]), w.orgs["T1-B1"])
    assert (old.state, old.decision) == ("withdrawn", "本组织从2026年11月10日起并入第1镇第2村党支部")
    (listed,) = cared.listed(scope, w.orgs["T1-B2"])
    assert listed.contact_id == w.persons["T1-B1"][0], "who keeps in contact came along"
    entries = Entry.objects.within(Scope((w.paths["T1-B2"],))).filter(action__in=["talks.carry", "care.carry", "structure.merge"]).order_by("id")
    assert len({e.batch_id for e in entries}) == 1 and entries.last().changes["carried"] == {"谈心谈话": 2, "关怀帮扶": 3}


def test_a_split_takes_along_what_is_about_those_who_go(w: World) -> None:
    entered(w, 4)
    talks.note_event(w.actor("secretary"), w.orgs["T1-B1"], person_id=w.persons["T1-B1"][0], kind="setback", day=DAY, at=AT)
    actor, wish = w.actor("clerk1"), Split(w.orgs["T1-B1"], NEW_BRANCH, ON, PAPER, DECIDED, "两村分设", person_ids=tuple(w.persons["T1-B1"][3:7]))
    seen = splits.preview(actor, wish, today=TODAY)
    assert {x.title: x.number for x in seen.lines if x.title in ("谈心谈话", "关怀帮扶")} == {"谈心谈话": "2 件", "关怀帮扶": "3 件"}
    made = splits.split(actor, wish, seen=seen.digest, at=AT)
    from zhibu.ground.tree import queries as tree

    assert waiting(w, made, tree.path_of(made)) == (1, 1, 1, 1, 1) and waiting(w, w.orgs["T1-B1"], w.paths["T1-B1"]) == (1, 0, 0, 0, 0)
    (listed,) = cared.listed(care.opened(tree.path_of(made)), made)
    assert listed.contact_id is None, "who kept in contact stayed behind"


def test_a_dissolved_branch_hands_on_to_its_successor(w: World) -> None:
    entered(w, 4)
    wish = actions.Dissolution("两村合并", ON - timedelta(days=10), w.orgs["T1-B2"], ON)
    actions.decide_directly(w.actor("clerk1"), w.orgs["T1-B1"], wish, document=PAPER, decided_on=DECIDED, at=AT)
    assert waiting(w, w.orgs["T1-B2"], w.paths["T1-B2"]) == (1, 1, 1, 1, 1)


def test_without_a_receiver_everything_ends_with_its_reason(w: World) -> None:
    entered(w, 4)
    actor, org = w.actor("clerk1"), w.orgs["T1-B1"]
    assert closing.end_all(actor, [org], on=ON, reason="本组织撤销", at=AT, batch_id=7)["关怀帮扶"] == 3
    assert waiting(w, org, w.paths["T1-B1"]) == (0, 0, 0, 0, 0)
    (contact,) = ContactPerson.objects.within(Scope((w.paths["T1-B1"],)))
    assert contact.ended_on == ON
    assert {e.changes["reason"] for e in Entry.objects.within(Scope((w.paths["T1-B1"],))).filter(batch_id=7)} == {"本组织撤销"}


def test_what_a_merged_town_was_asked_is_answered_by_the_town_that_goes_on(w: World) -> None:
    entered(w, 4)
    training.open_course(w.actor("clerk1"), w.orgs["T1"], year=2026, title="村书记培训", kind="central", at=AT)
    merged(w, towns(w), "county")
    from zhibu.ground.tree import queries as tree

    (row,) = CareRequest.objects.within(Scope((tree.path_of(w.orgs["T1-B1"]),)))
    assert (row.office_id, row.state) == (w.orgs["T2"], "submitted")
    assert [c.title for c in courses.courses(Scope((w.paths["T2"],)), w.orgs["T2"], 2026)] == ["村书记培训"]


def test_a_place_with_its_bookings_goes_to_the_receiver_and_a_plan_asks_for_nothing_more(w: World) -> None:
    one, secretary = w.orgs["T1-B1"], w.actor("secretary")
    made = resources.register_place(secretary, one, NewPlace("党群服务中心", "village", "青禾县第1镇第1村18号", D("96.5")), at=AT)
    bookings.book(secretary, NewBooking(made, one, TODAY, time(9), time(11), "主题党日"), at=AT)
    plan = resources.plan(w.actor("clerk1"), one, NewPlan(2026, "activity", Counts(members=8), 160_000, ""), version=0, at=AT)
    assert lines(w)["场所、预订和经费"][0] == "3 项"
    merged(w)
    scope = Scope((w.paths["T1-B2"],))
    (place,) = resourced.places(scope, TODAY)
    (booked,) = bookings.bookings(scope, TODAY, TODAY)
    assert (place.name, booked.place_id, booked.for_org_id, booked.start) == ("党群服务中心", place.id, w.orgs["T1-B2"], time(9))
    (old,) = resourced.places(Scope((w.paths["T1-B1"],)), TODAY, ended=True)
    assert "并入" in old.ended_why and not bookings.bookings(Scope((w.paths["T1-B1"],)), TODAY, TODAY)
    found = resourced.fund(Scope((w.paths["T1-B1"],)), plan, TODAY)
    assert found.ended and (found.required, found.gap) == (0, 0)
    resources.plan(w.actor("clerk1"), w.orgs["T1"], NewPlan(2026, "activity", Counts(members=16), 320_000, ""), version=0, at=AT)


def test_sabotage_without_the_seam_it_stays_with_nobody(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: nothing else carries it over."""
    entered(w, 4)
    monkeypatch.setattr(closing, "_KINDS", list[Hanging]())
    merged(w)
    scope = Scope((w.paths["T1-B1"],), talks.opened(w.paths["T1-B1"]).opened)
    assert talked.events(scope, w.orgs["T1-B1"]) and not talked.waiting(scope, w.orgs["T1-B1"], TODAY)
    assert waiting(w, w.orgs["T1-B2"], w.paths["T1-B2"]) == (0, 0, 0, 0, 0)
