"""Mergers, splits and transfers: preview, one transaction, history intact, and what is refused."""
from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests import world
from tests.world import AT, TODAY, World

from zhibu.areas.meetings.queries import compliance
from zhibu.areas.structure import actions, mergers, procedures, queries, splits, transfers
from zhibu.areas.structure.actions import Adjustment, StructureError
from zhibu.areas.structure.mergers import Merger
from zhibu.areas.structure.rearranging import Changed, Newcomer
from zhibu.areas.structure.splits import Split
from zhibu.areas.structure.transfers import Transfer
from zhibu.ground.access.models import Grant
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import Exclusion, Membership
from zhibu.ground.policy import actions as policy_actions
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.models import Assignment
from zhibu.ground.process import spec
from zhibu.ground.record import actions as record
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import Organisation

pytestmark = pytest.mark.django_db
ON, PAPER, DECIDED = date(2026, 11, 10), "青组〔2026〕31号", date(2026, 11, 6)
BEFORE = ON - timedelta(days=1)
NEW_BRANCH = Newcomer("T1-B9", "第1镇新村党支部", "新村党支部", "branch", ("第1镇新村村民委员会",))
NEW_TOWN = Newcomer("T9", "中共青禾县新镇委员会", "新镇党委", "party_committee")


@pytest.fixture(autouse=True)
def wired() -> None:
    for kind in procedures.KINDS:
        spec.register(kind, actions.EFFECTS[kind.code])


@pytest.fixture
def w() -> World:
    return world.build()


def villages(w: World, **changed) -> Merger:
    return replace(Merger((w.orgs["T1-B1"],), w.orgs["T1"], w.orgs["T1-B2"], ON, PAPER, DECIDED, "合村并居"), **changed)


def towns(w: World, **changed) -> Merger:
    return replace(Merger((w.orgs["T1"],), w.orgs["QH"], w.orgs["T2"], ON, PAPER, DECIDED, "撤乡并镇"), **changed)


def carried_out(actor, wish: Merger) -> int:
    return mergers.merge(actor, wish, seen=mergers.preview(actor, wish, today=TODAY).digest, at=AT)


def number(preview, title: str) -> str:
    return next(line.number for line in preview.lines if line.title == title)


def whole(on: date) -> tuple:
    """Everything that a day's tree and rosters say."""
    every = Scope(tuple(Organisation.objects.filter(parent__isnull=True).values_list("path", flat=True)))
    orgs = [(o.id, o.name, o.kind, o.path, o.parent_id) for o in tree.organisations(every, on)]
    members = sorted(Membership.objects.within(every).filter(tree.in_span(on)).values_list("person_id", "org_id", "standing", "name"))
    return orgs, members, sorted(people.headcounts(every, on).items())


# ---------------------------------------------------------------- 合村并居


def test_two_villages_become_one(w: World) -> None:
    actor = w.actor("clerk1")
    Exclusion.objects.within(actor.scope(Permission.ORG_APPROVE)).create(
        org_id=w.orgs["T1-B1"], person_id=w.persons["T1-B1"][5], reason="4", from_on=date(2026, 1, 1), superior_ref="镇党〔2026〕1号", meeting_ref="会1"
    )
    before = whole(BEFORE)
    shown = mergers.preview(actor, villages(w), today=TODAY)
    assert not shown.blocks
    assert [number(shown, t) for t in ("撤销的组织", "党员", "党小组", "接收的支部", "班子", "党内职务", "账号的职责")] == ["1 个", "8 人", "2 个", "16 人", "1 届", "3 个", "4 个"]
    assert "secretary（支部书记）" in next(x.names for x in shown.lines if x.title == "账号的职责")
    into = mergers.merge(actor, villages(w), seen=shown.digest, at=AT)
    assert into == w.orgs["T1-B2"]
    scope = actor.scope(Permission.ORG_APPROVE)
    assert people.headcounts(scope, ON)[into].members_all == 16
    assert w.orgs["T1-B1"] not in people.headcounts(scope, ON)
    assert people.headcounts(scope, ON)[into].excluded_life == 1
    groups = tree.groups(scope, ON, org_ids=[into])
    assert [g.name for g in groups] == ["第一党小组", "第二党小组"]
    assert [len(people.places(scope, ON)[g.id]) for g in groups] == [4, 4]
    assert [leader for _, leader in people.places(scope, ON)[groups[0].id]].count(True) == 1
    assert not people.posts(scope, ON, org_ids=[w.orgs["T1-B1"]])
    gone = Organisation.objects.get(pk=w.orgs["T1-B1"])
    assert (gone.status, gone.dissolved_on) == ("dissolved", ON)
    assert not Grant.objects.filter(org_id=gone.pk, valid_to__isnull=True).exists()
    assert whole(BEFORE) == before


def test_a_merger_leaves_journal_lines_with_one_batch(w: World) -> None:
    carried_out(w.actor("clerk1"), villages(w))
    lines = Entry.objects.unscoped("a test reads the journal").filter(action="structure.merge")
    (line,) = lines
    assert line.batch_id and line.batch_id > 1 << 61
    batch = set(Entry.objects.unscoped("a test reads the journal").filter(batch_id=line.batch_id).values_list("action", flat=True))
    assert {"structure.merge", "people.move_all", "tree.form_group", "people.vacate", "access.end_grants", "tree.dissolve"} <= batch
    assert (line.changes["members"], line.changes["sources"], line.changes["document"]) == (8, [w.orgs["T1-B1"]], PAPER)


def test_groups_may_end_and_a_new_village_may_be_founded(w: World) -> None:
    wish = villages(w, sources=(w.orgs["T1-B1"], w.orgs["T1-B2"]), into_id=None, new=NEW_BRANCH, keep_groups=False)
    into = carried_out(w.actor("clerk1"), wish)
    scope = w.actor("clerk1").scope(Permission.ORG_APPROVE)
    assert people.headcounts(scope, TODAY)[into].members_all == 16
    assert not tree.groups(scope, TODAY)
    made = tree.views([into])[into]
    assert (made.established_on, made.village_or_community, made.domain) == (ON, True, "rural")
    with pytest.raises(tree.NotFound):
        tree.organisation(scope, into, BEFORE)


def test_the_new_village_may_bear_an_old_name(w: World) -> None:
    wish = villages(w, sources=(w.orgs["T1-B1"], w.orgs["T1-B2"]), into_id=None, new=replace(NEW_BRANCH, name="第1镇第1村党支部"))
    assert carried_out(w.actor("clerk1"), wish)


def test_old_ledgers_stay_readable_and_count_at_the_old_organisation(w: World) -> None:
    actor = w.actor("clerk1")
    new = record.NewActivity(org_id=w.orgs["T1-B1"], kinds=(("lecture", None),), title="党课", held_on=date(2026, 9, 5), expected_count=8, present_count=8, recorded_at=AT)
    record.write_many(actor, [new], at=AT)
    carried_out(actor, villages(w))
    scope = actor.scope(Permission.ACTIVITY_READ)
    lines = recorded.activities(scope, w.orgs["T1-B1"], date(2026, 1, 1), TODAY)
    assert [(x.title, x.org_id) for x in lines] == [("党课", w.orgs["T1-B1"])]
    assert not recorded.activities(scope, w.orgs["T1-B2"], date(2026, 1, 1), TODAY)


# ---------------------------------------------------------------- 撤乡并镇


def test_a_township_goes_into_another(w: World) -> None:
    actor, before = w.actor("county"), whole(BEFORE)
    shown = mergers.preview(actor, towns(w), today=TODAY)
    assert not shown.blocks and not shown.conflicts
    assert (number(shown, "转过来的下级组织"), number(shown, "这些组织的党员")) == ("2 个", "16 人")
    mergers.merge(actor, towns(w), seen=shown.digest, at=AT)
    clerk = w.actor("clerk2")
    now = tree.organisations(clerk.sees())
    assert [o.id for o in now if o.is_branch] == [w.orgs[c] for c in ("T2-B1", "T2-B2", "T1-B1", "T1-B2")] or len([o for o in now if o.is_branch]) == 4
    assert people.total(people.headcounts(clerk.sees(), TODAY).values()).members_all == 32
    assert w.actor("secretary").grants[0].org_path.startswith(clerk.grants[0].org_path)
    assert not w.actor("clerk1").grants  # the office of the former township
    assert whole(BEFORE) == before


def test_two_townships_found_a_new_one(w: World) -> None:
    wish = towns(w, sources=(w.orgs["T1"], w.orgs["T2"]), into_id=None, new=NEW_TOWN)
    into = carried_out(w.actor("county"), wish)
    assert {o.parent_id for o in tree.organisations(w.actor("county").sees()) if o.is_branch} == {into}


# ---------------------------------------------------------------- rules


def assign(w: World, code: str, rule_set: str, family: str = "life") -> None:
    policy_actions.assign(
        w.actor("county"), org_id=w.orgs[code], family=family, rule_set=rule_set, valid_from=date(2026, 1, 1), valid_to=None, at=AT, reason="县里决定"
    )


def test_two_different_sets_are_decided_by_the_person(w: World) -> None:
    assign(w, "T1", "seed-003")
    actor = w.actor("county")
    shown = mergers.preview(actor, towns(w), today=TODAY)
    (conflict,) = shown.conflicts
    assert conflict.family == "life" and [code for code, _, _ in conflict.offered] == ["cn-branch-2018", "seed-003"]
    with pytest.raises(StructureError) as error:
        mergers.merge(actor, towns(w), seen=shown.digest, at=AT)
    assert "两套规则" in error.value.reason
    wish = towns(w, chosen={"life": "seed-003"})
    carried_out(actor, wish)
    held = policy.effective(w.orgs["T1-B1"], "life", TODAY).layers[0]
    assert (held.rule_set.code, held.choice and held.choice.org_id) == ("seed-003", w.orgs["T2"])
    assert policy.effective(w.orgs["T2-B1"], "life", BEFORE).layers[0].rule_set.code == "cn-branch-2018"
    assert policy.effective(w.orgs["T1-B1"], "life", BEFORE).layers[0].choice.org_id == w.orgs["T1"]


def test_the_receivers_set_needs_no_right_to_assign(w: World) -> None:
    assign(w, "T1-B1", "seed-003")
    carried_out(w.actor("clerk1"), villages(w, chosen={"life": "cn-branch-2018"}))
    assert Assignment.objects.get(org_id=w.orgs["T1-B1"]).valid_to == ON
    assert not Assignment.objects.filter(org_id=w.orgs["T1-B2"]).exists()


def test_another_set_needs_the_right_to_assign(w: World) -> None:
    assign(w, "T1-B1", "seed-003")
    with pytest.raises(Refused):
        carried_out(w.actor("clerk1"), villages(w, chosen={"life": "seed-003"}))
    assert Organisation.objects.get(pk=w.orgs["T1-B1"]).status == "active"  # nothing half done


def test_a_part_of_the_tree_follows_the_new_superiors_rules_from_the_day_on(w: World) -> None:
    assign(w, "T2", "seed-003")
    actor = w.actor("county")
    wish = Transfer((w.orgs["T1-B1"],), w.orgs["T2"], date(2026, 9, 16), PAPER, date(2026, 9, 1), "划归第2镇")
    shown = transfers.preview(actor, wish, today=TODAY)
    assert not shown.blocks and number(shown, "规则") == "1 类不同"
    transfers.transfer(actor, wish, seen=shown.digest, at=AT)
    sets = {month: policy.effective(w.orgs["T1-B1"], "life", day).layers[0].rule_set.code for month, day in ((8, date(2026, 8, 31)), (9, date(2026, 9, 30)))}
    assert sets == {8: "cn-branch-2018", 9: "seed-003"}
    year = compliance(actor.scope(Permission.COMPLIANCE_READ), w.orgs["T1-B1"], 2026, TODAY).subjects[w.orgs["T1-B1"]]
    lines = [next(iter(month.values())).rule_set.code for month in year.policy.months[7:10]]
    assert lines == ["cn-branch-2018", "seed-003", "seed-003"]  # painted per month: by the place on the month's last day


# ---------------------------------------------------------------- 拆分、划转


def test_some_members_and_a_group_go_to_a_new_branch(w: World) -> None:
    actor, before = w.actor("clerk1"), whole(BEFORE)
    persons, groups = w.persons["T1-B1"], w.groups["T1-B1"]
    wish = Split(w.orgs["T1-B1"], NEW_BRANCH, ON, PAPER, DECIDED, "人多分开", (persons[0],), (groups[1],))
    shown = splits.preview(actor, wish, today=TODAY)
    assert not shown.blocks, shown.blocks
    assert [number(shown, t) for t in ("去新支部的党员", "留在原支部的党员", "党小组", "在原支部的职务")] == ["5 人", "3 人", "1 个", "1 个"]
    made = splits.split(actor, wish, seen=shown.digest, at=AT)
    scope = actor.sees()
    assert {m.person_id for m in people.members(scope, TODAY, people.Search(org_path=tree.path_of(made)))[0]} == {persons[0], *persons[4:]}
    (group,) = tree.groups(scope, TODAY, org_ids=[made])
    assert (group.name, len(people.places(scope, TODAY)[group.id])) == ("第二党小组", 4)
    assert [p.kind for p in people.posts(scope, TODAY, org_ids=[w.orgs["T1-B1"]])] == ["organization", "discipline"]
    assert whole(BEFORE) == before


@pytest.mark.parametrize(("code", "changed"), [
    ("E004", {"group_ids": (), "person_ids": (0, 1)}),
    ("E054", {"group_ids": (), "person_ids": ()}),
    ("E049", {"document": " "}),
    ("E044", {"new": replace(NEW_BRANCH, name="第1镇第2村党支部")}),
    ("E044", {"new": replace(NEW_BRANCH, code="T2-B1")}),
    ("E045", {"new": replace(NEW_BRANCH, kind="party_committee")}),
    ("E001", {"on": TODAY + timedelta(days=1)}),
    ("E002", {"decided_on": ON + timedelta(days=1)}),
])
def test_splits_that_cannot_be(w: World, code: str, changed: dict) -> None:
    if changed.get("person_ids"):
        changed["person_ids"] = tuple(w.persons["T1-B1"][i] for i in changed["person_ids"])
    wish = replace(Split(w.orgs["T1-B1"], NEW_BRANCH, ON, PAPER, DECIDED, "人多分开", (), (w.groups["T1-B1"][1],)), **changed)
    shown = splits.preview(w.actor("clerk1"), wish, today=TODAY)
    assert code in {b.code for b in shown.blocks}
    with pytest.raises(StructureError):
        splits.split(w.actor("clerk1"), wish, seen=shown.digest, at=AT)


def test_all_villages_come_under_another_township_with_new_names(w: World) -> None:
    actor, before = w.actor("county"), whole(BEFORE)
    wish = Transfer((w.orgs["T1-B1"], w.orgs["T1-B2"]), w.orgs["T2"], ON, PAPER, DECIDED, "区划调整", ("第1镇第", "第2镇东片第"))
    shown = transfers.preview(actor, wish, today=TODAY)
    assert not shown.blocks, shown.blocks
    assert (number(shown, "划转的组织"), number(shown, "其中的党员"), number(shown, "改名")) == ("2 个", "16 人", "2 个")
    transfers.transfer(actor, wish, seen=shown.digest, at=AT)
    moved = tree.views([w.orgs["T1-B1"]])[w.orgs["T1-B1"]]
    assert (moved.name, moved.parent_id) == ("第2镇东片第1村党支部", w.orgs["T2"])
    assert whole(BEFORE) == before
    assert [s.event for s in tree.history(moved.id)] == ["established", "moved"]


@pytest.mark.parametrize(("code", "changed"), [
    ("E003", {"to": "T1-B2"}), ("E054", {"to": "T1"}), ("E054", {"names": ("没有的字", "乙")}), ("E044", {"names": ("第1镇", "第2镇")}), ("E049", {"document": ""}),
])
def test_transfers_that_cannot_be(w: World, code: str, changed: dict) -> None:
    to = w.orgs[changed.pop("to", "T2")]
    wish = replace(Transfer((w.orgs["T1-B1"],), to, ON, PAPER, DECIDED, "区划调整"), **changed)
    assert code in {b.code for b in transfers.preview(w.actor("county"), wish, today=TODAY).blocks}


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(("code", "changed"), [
    ("E049", {"document": "  "}), ("E054", {"reason": ""}), ("E001", {"on": TODAY + timedelta(days=1)}), ("E002", {"decided_on": ON + timedelta(days=1)}),
    ("E054", {"sources": ()}), ("E054", {"into_id": None}), ("E044", {"into_id": None, "new": replace(NEW_BRANCH, name="第1镇第2村党支部")}),
])
def test_mergers_that_cannot_be(w: World, code: str, changed: dict) -> None:
    wish = villages(w, **changed)
    shown = mergers.preview(w.actor("clerk1"), wish, today=TODAY)
    assert code in {b.code for b in shown.blocks}, shown.blocks
    with pytest.raises(StructureError):
        mergers.merge(w.actor("clerk1"), wish, seen=shown.digest, at=AT)
    assert Organisation.objects.get(pk=w.orgs["T1-B1"]).status == "active"


def test_a_branch_does_not_go_into_a_committee(w: World) -> None:
    wish = villages(w, parent_id=w.orgs["QH"], into_id=w.orgs["T2"])
    assert "E045" in {b.code for b in mergers.preview(w.actor("county"), wish, today=TODAY).blocks}


def test_an_open_case_is_answered_first(w: World) -> None:
    actions.request_adjustment(
        w.actor("secretary"), w.orgs["T1-B1"], Adjustment("改名", date(2026, 11, 2), name="第1镇红星村党支部"), version=1, at=AT
    )
    assert "E053" in {b.code for b in mergers.preview(w.actor("clerk1"), villages(w), today=TODAY).blocks}


def test_what_was_entered_after_the_day_is_in_the_way(w: World) -> None:
    actor = w.actor("clerk1")
    people_actions.end_membership(actor, w.persons["T1-B1"][4], on=date(2026, 11, 15), ended_as="deceased", document="", at=AT)
    new = record.NewActivity(org_id=w.orgs["T1-B1"], kinds=(("lecture", None),), title="党课", held_on=date(2026, 11, 12), expected_count=8, present_count=8, recorded_at=AT)
    record.write_many(actor, [new], at=AT)
    (block,) = (b for b in mergers.preview(actor, villages(w), today=TODAY).blocks if b.code == "E002")
    assert "党员变动" in block.reason and "开会记录" in block.reason


def test_only_an_organisation_above_all_of_them_decides(w: World) -> None:
    with pytest.raises(Refused):
        mergers.preview(w.actor("clerk1"), villages(w, into_id=w.orgs["T2-B1"]), today=TODAY)
    with pytest.raises(Refused):
        mergers.preview(w.actor("secretary"), villages(w), today=TODAY)
    wish = Merger((w.orgs["T1"],), w.orgs["T1"], w.orgs["T1"], ON, PAPER, DECIDED, "自己并自己")
    assert mergers.preview(w.actor("clerk1"), wish, today=TODAY).blocks
    own = Merger((w.orgs["T1"],), w.orgs["T1"], None, ON, PAPER, DECIDED, "自己并自己", NEW_TOWN)
    assert "E023" in {b.code for b in mergers.preview(w.actor("clerk1"), own, today=TODAY).blocks}


def test_what_changed_after_the_preview_is_shown_again(w: World) -> None:
    actor = w.actor("clerk1")
    seen = mergers.preview(actor, villages(w), today=TODAY).digest
    people_actions.edit(actor, w.persons["T1-B1"][0], values={"name": "王改名"}, version=1, at=AT, reason="写错了")
    with pytest.raises(Changed) as error:
        mergers.merge(actor, villages(w), seen=seen, at=AT)
    assert not error.value.preview.blocks
    assert Organisation.objects.get(pk=w.orgs["T1-B1"]).status == "active"


def test_the_states_of_the_past_tell_the_old_tree(w: World) -> None:
    actor = w.actor("county")
    carried_out(actor, towns(w))
    assert [s.org.id for s in queries.states(actor.sees(), BEFORE, org_ids=[w.orgs["T1"]])] == [w.orgs["T1"]]
