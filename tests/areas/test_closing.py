"""What ends with an organisation: planned meetings and invitations of branches that are merged or dissolved; a branch that moves keeps them."""
from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests import world
from tests.areas.test_plans import NEXT, make, view, wish
from tests.areas.test_reorganising import DECIDED, ON, PAPER, towns, villages
from tests.world import AT, TODAY, World

from zhibu.areas.meetings import joint, plan_actions, plans
from zhibu.areas.structure import actions, mergers, transfers
from zhibu.areas.structure.rearranging import Changed
from zhibu.areas.structure.transfers import Transfer
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.tree import closing
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.closing import Hanging

pytestmark = pytest.mark.django_db
WHY = "本组织从2026年11月10日起并入第1镇第2村党支部"


@pytest.fixture
def w() -> World:
    return world.build(branches=3)


def merged(w: World) -> int:
    actor = w.actor("clerk1")
    return mergers.merge(actor, villages(w), seen=mergers.preview(actor, villages(w), today=TODAY).digest, at=AT)


def planned_line(w: World) -> tuple[str, tuple[str, ...]]:
    return next((x.number, x.names) for x in mergers.preview(w.actor("clerk1"), villages(w), today=TODAY).lines if x.title == "计划的会")


def asked(w: World, host: str, host_user: str, guest: str) -> tuple[int, int]:
    """Let one branch invite another; gives the plans of both."""
    made = make(w, host_user, host)
    joint.invite(w.actor(host_user), made, [w.orgs[guest]], at=AT)
    (line,) = joint.guests(w.actor(host_user).scope(Permission.ACTIVITY_READ), made)
    return made, line.plan_id


def test_open_plans_are_named_before_a_merger_and_called_off_with_it(w: World) -> None:
    made, other = make(w), make(w, "secretary2", "T1-B2")
    gone = make(w, plan=wish("lecture"))
    plan_actions.cancel(w.actor("secretary"), gone, reason="讲课的人来不了", at=AT)
    assert planned_line(w) == ("1 次", ("第1村党支部：11月27日（周五）主题党日",))
    merged(w)
    ended = view(w, made)
    assert (ended.state, ended.state_why) == ("cancelled", WHY) and view(w, other).open and view(w, gone).state_why == "讲课的人来不了"
    (change, *_) = plans.changes(w.actor("county").scope(Permission.ACTIVITY_READ), made)
    assert (change.what, change.reason, change.by) == ("cancelled", WHY, "clerk1")
    entry = Entry.objects.within(w.actor("county").scope(Permission.ACTIVITY_READ)).get(action="meetings.cancel_plan", subject_id=made)
    whole = Entry.objects.within(w.actor("county").scope(Permission.ACTIVITY_READ)).get(action="structure.merge")
    assert entry.batch_id == whole.batch_id and {title: n for title, n in whole.changes["ended"].items() if n} == {"计划的会": 1}


def test_a_plan_made_after_the_preview_is_shown_first(w: World) -> None:
    actor = w.actor("clerk1")
    seen = mergers.preview(actor, villages(w), today=TODAY).digest
    made = make(w)
    with pytest.raises(Changed):
        mergers.merge(actor, villages(w), seen=seen, at=AT)
    assert view(w, made).open


def test_the_guests_of_a_branch_that_ends_learn_of_it(w: World) -> None:
    made, theirs = asked(w, "T1-B1", "secretary", "T1-B3")
    merged(w)
    assert (view(w, made).state, view(w, theirs).state) == ("cancelled", "cancelled") and view(w, theirs).state_why == "主办的支部取消了"


def test_the_host_of_a_guest_that_ends_learns_of_it(w: World) -> None:
    made, theirs = asked(w, "T1-B2", "secretary2", "T1-B1")
    assert planned_line(w)[1] == ("第1村党支部：11月27日（周五）主题党日（受邀）",)
    merged(w)
    (line,) = joint.guests(w.actor("secretary2").scope(Permission.ACTIVITY_READ), made)
    assert line.state == "declined" and view(w, theirs).state == "cancelled" and view(w, made).open


def test_a_merger_that_fails_calls_nothing_off(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(w)

    def fails(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(mergers.tree_actions, "dissolve", fails)
    with pytest.raises(RuntimeError):
        merged(w)
    assert view(w, made).open


def test_a_dissolved_branch_leaves_no_plan_open(w: World) -> None:
    made, actor = make(w), w.actor("clerk1")
    wish_ = actions.Dissolution("两村合并", ON - timedelta(days=10), w.orgs["T1-B2"], ON)
    actions.decide_directly(actor, w.orgs["T1-B1"], wish_, document=PAPER, decided_on=DECIDED, at=AT)
    assert (view(w, made).state, view(w, made).state_why) == ("cancelled", "本组织从2026年11月10日起撤销")


def test_branches_that_move_keep_their_plans_and_invitations(w: World) -> None:
    made, theirs = asked(w, "T1-B1", "secretary", "T1-B3")
    actor = w.actor("county")
    move = Transfer((w.orgs["T1-B1"],), w.orgs["T2"], ON, PAPER, DECIDED, "区划调整")
    transfers.transfer(actor, move, seen=transfers.preview(actor, move, today=TODAY).digest, at=AT)
    assert view(w, made).open and tree.path_of(w.orgs["T1-B1"]).startswith(tree.path_of(w.orgs["T2"]))
    plan_actions.change(w.actor("secretary"), made, wish(place="镇礼堂"), version=1, reason="", at=AT)
    assert view(w, theirs).plan.place == "镇礼堂", "the two sides still know each other"


def test_plans_of_the_branches_below_a_merged_town_go_on(w: World) -> None:
    made = make(w)
    actor = w.actor("county")
    mergers.merge(actor, towns(w), seen=mergers.preview(actor, towns(w), today=TODAY).digest, at=AT)
    assert view(w, made).open


def test_sabotage_without_the_seam_plans_of_nobody_stay_open(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: nothing else calls them off."""
    made = make(w)
    monkeypatch.setattr(closing, "_KINDS", list[Hanging]())
    merged(w)
    scope = Scope((tree.path_of(w.orgs["T1-B1"]),))
    assert plans.plan(scope, made).open and plans.open_at([w.orgs["T1-B1"]], date(2026, 1, 1)) != [] and view(w, made).day == NEXT
