"""Compliance of many organisations against the naive reading of rules.md: organisation by organisation, window by window, from the plain rows.

The naive side climbs the tree by parents, not by paths, asks the rule set in force on each window's last day, and feeds `meetings.rules.year`.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import world
from tests.world import AT, SHANGHAI, World

from zhibu.areas.meetings import queries, rules
from zhibu.ground.access.queries import first_start_actor, system_actor
from zhibu.ground.duties.derive import missing, totals
from zhibu.ground.guard.permission import Permission
from zhibu.ground.people import actions as people
from zhibu.ground.people import queries as members
from zhibu.ground.policy import actions as policy
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.models import Assignment
from zhibu.ground.policy.spec import LifeRule
from zhibu.ground.record import actions as record
from zhibu.ground.record.actions import NewActivity, NewEvidence, NewExcuse
from zhibu.ground.record.models import Excuse
from zhibu.ground.tree import actions as tree
from zhibu.ground.tree.models import Committee, Organisation, OrganisationSpell, PartyGroup
from zhibu.kernel.activities import ActivityKind
from zhibu.kernel.judge import Slot
from zhibu.kernel.periods import Span, window_of, windows

pytestmark = pytest.mark.django_db

YEAR = 2025
FIRST, LAST = date(YEAR, 1, 1), date(YEAR, 12, 31)
KINDS = [k.value for k in ActivityKind]
SETS = sorted(s.code for s in shipped().all() if s.defines("life") and s.kind != "national")
EVERYTHING = sorted({r for s in shipped().all() for k, i in s.values.items() if k.startswith("life.") for r in (i.value.records or ())})

# ---------------------------------------------------------------- a drawn county

EDGES = [w.first for w in windows("month", YEAR)] + [w.last for w in windows("month", YEAR)] + [date(YEAR - 1, 12, 31), date(YEAR + 1, 1, 1)]
DAYS = st.one_of(st.dates(date(YEAR - 1, 11, 1), date(YEAR + 1, 2, 28)), st.sampled_from(EDGES))
IN_YEAR = st.one_of(st.dates(FIRST, LAST), st.sampled_from([d for d in EDGES if d.year == YEAR]))


def after(day: date) -> st.SearchStrategy[date]:
    """Draw a later day, often the first or last one of a month."""
    edges = [e for e in EDGES if e > day]
    some = st.integers(1, 450).map(lambda n: day + timedelta(days=n))
    return st.one_of(some, st.sampled_from(edges)) if edges else some


TOWNS = ("T0", "T1", "T2")
BRANCHES = ("T0-A", "T0-B", "T1-A", "T1-G-A", "T2-A")


@dataclass
class Plan:
    """What happens in the county; days only, no ids."""

    founded: dict[str, date] = field(default_factory=dict)
    events: list[tuple[date, str, str, str]] = field(default_factory=list)            # day, organisation, what, where or type
    assigned: list[tuple[str, str, date, date | None]] = field(default_factory=list)
    groups: list[tuple[str, date, date | None]] = field(default_factory=list)
    committees: list[tuple[str, int, date, date | None]] = field(default_factory=list)
    held: list[tuple[str, str, int, date, int, str, bool]] = field(default_factory=list)  # org, kind, group number, day, days until recorded, records, corrected
    excused: list[tuple[str, str, int, str, date]] = field(default_factory=list)
    as_of: date = LAST


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    plan = Plan(as_of=draw(st.one_of(IN_YEAR, after(FIRST))))
    for code in BRANCHES:
        plan.founded[code] = draw(st.one_of(st.just(date(2015, 1, 1)), DAYS))
        days = sorted(draw(st.lists(after(max(plan.founded[code], date(YEAR - 1, 11, 1))), max_size=3, unique=True)))
        whats = draw(st.permutations(["move", "retype", "dissolve"]))[: len(days)]
        if "dissolve" in whats:
            whats = [w for w in whats if w != "dissolve"] + ["dissolve"]
        for day, what in zip(days, whats, strict=True):
            where = draw(st.sampled_from(("T0", "T1", "T2", "QH"))) if what == "move" else draw(st.sampled_from(["joint_branch", "general_branch", "party_committee"]))
            plan.events.append((day, code, what, where))
    if draw(st.booleans()):
        plan.events.append((draw(IN_YEAR), "T1-G", "move", draw(st.sampled_from(("T0", "T2")))))  # takes its branch along
    if draw(st.booleans()):
        plan.events.append((draw(IN_YEAR), "T2", "move", "T0"))
    plan.events.sort()
    for code in draw(st.lists(st.sampled_from(("QH", "T0", "T1", "T1-G", *BRANCHES)), max_size=4)):
        start = draw(st.one_of(st.just(date(2022, 1, 1)), DAYS))
        plan.assigned.append((code, draw(st.sampled_from(SETS)), start, draw(st.one_of(st.none(), after(start)))))
    for code in BRANCHES:
        for _ in range(draw(st.integers(0, 2))):
            start = draw(DAYS)
            plan.groups.append((code, start, draw(st.one_of(st.none(), after(start)))))
        for _ in range(draw(st.integers(0, 2))):
            start = draw(DAYS)
            plan.committees.append((code, draw(st.sampled_from((0, 3))), start, draw(st.one_of(st.none(), after(start)))))
    seen = set()
    for _ in range(draw(st.integers(0, 30))):
        one = (draw(st.sampled_from(BRANCHES)), draw(st.sampled_from(KINDS)), draw(st.integers(0, 1)), draw(IN_YEAR))
        if one not in seen:
            seen.add(one)
            plan.held.append((*one, draw(st.integers(0, 40)), draw(st.sampled_from(["all", "all", "all", "some", "none"])), draw(st.booleans())))
    for _ in range(draw(st.integers(0, 3))):
        window = draw(st.sampled_from(["month", "quarter", "half_year", "year"]))
        plan.excused.append((draw(st.sampled_from(BRANCHES)), draw(st.sampled_from(KINDS)), draw(st.integers(0, 1)), window, window_of(window, draw(IN_YEAR)).first))
    return plan


@dataclass
class Built:
    """The county in the database, and the meetings that stand in the record after corrections."""

    orgs: dict[str, int]
    held: dict[int, list[rules.Held]]


def build(plan: Plan) -> Built:
    """Carry the plan out through the actions, in the order of its days."""
    old = date(2015, 1, 1)
    new = [tree.NewOrg("QH", "中共青禾县委员会", "青禾县委", "party_committee", None, old)]
    new += [tree.NewOrg(t, f"中共{t}镇委员会", t, "party_committee", "QH", old) for t in TOWNS]
    new.append(tree.NewOrg("T1-G", "T1镇总支", "总支", "general_branch", "T1", old))
    orgs = tree.found_many(first_start_actor(), new, at=AT, since=old)
    later = [(day, 0, code, "found", "") for code, day in plan.founded.items()]
    pending = sorted(later + [(day, 1, code, what, where) for day, code, what, where in plan.events])
    gone: set[str] = set()
    for day, _, code, what, where in pending:
        actor = system_actor()
        if what == "found":
            orgs[code] = tree.found(actor, tree.NewOrg(code, f"{code}党支部", code, "branch", code.rpartition("-")[0], day), at=AT)
            continue
        if code in gone:
            continue
        try:
            with transaction.atomic():
                if what == "move":
                    tree.move(actor, orgs[code], to_parent_id=orgs[where], on=day, at=AT, document="")
                elif what == "retype":
                    tree.change(actor, orgs[code], on=day, at=AT, document="", kind=where)
                else:
                    tree.dissolve(actor, orgs[code], on=day, at=AT, reason="", document="")
                    gone.add(code)
        except tree.TreeError:
            pass  # the drawn move would make a circle
    _paint(plan, orgs)
    return Built(orgs, _live(plan, orgs))


def _paint(plan: Plan, orgs: Mapping[str, int]) -> None:
    for code, rule_set, start, end in plan.assigned:
        try:
            with transaction.atomic():
                policy.assign(
                    system_actor(), org_id=orgs[code], family="life", rule_set=rule_set, valid_from=start, valid_to=end, at=AT, reason="试验",
                )
        except policy.PolicyError as error:
            assert error.code == "E041"  # the drawn assignment overlaps an earlier one
    scope = system_actor().scope(Permission.ORG_EDIT)
    Committee.objects.within(scope).bulk_create(
        [Committee(org_id=orgs[c], number=n, elected_on=a, term_years=5, expires_on=a, seats=s, ended_on=b) for n, (c, s, a, b) in enumerate(plan.committees)]
    )
    PartyGroup.objects.within(scope).bulk_create([PartyGroup(org_id=orgs[c], name=f"组{n}", from_on=a, to_on=b) for n, (c, a, b) in enumerate(plan.groups)])


def _live(plan: Plan, orgs: Mapping[str, int]) -> dict[int, list[rules.Held]]:
    actor, held = system_actor(), {}
    scope = actor.scope(Permission.ACTIVITY_READ)
    groups: dict[int, list[int]] = {}
    for g in PartyGroup.objects.within(scope).order_by("id"):
        groups.setdefault(g.org_id, []).append(g.pk)

    def group_of(code: str, kind: str, number: int) -> int | None:
        known = groups.get(orgs[code], [])
        return known[number % len(known)] if kind == "group_meeting" and known else None

    written = []
    for code, kind, number, day, days, records, corrected in plan.held:
        if kind == "group_meeting" and group_of(code, kind, number) is None:
            continue
        kept = {"all": EVERYTHING, "some": EVERYTHING[::2], "none": []}[records]
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI) + timedelta(days=days)
        one = NewActivity(
            orgs[code], ((kind, group_of(code, kind, number)),), "会", day, 5, 5, evidence=tuple(NewEvidence(r, "paper") for r in kept), recorded_at=moment,
        )
        written.append((one, corrected))
    unique = {(one.org_id, one.kinds, one.held_on): (one, corrected) for one, corrected in written}
    written = list(unique.values())
    ids = record.write_many(actor, [one for one, _ in written], at=AT) if written else []
    for number, (one, corrected) in enumerate(written):
        if corrected:  # both stay visible, the newer one counts
            assert one.recorded_at is not None
            newer = replace(one, corrects=ids[number], correction_reason="补材料", evidence=one.evidence[::3], recorded_at=one.recorded_at + timedelta(days=3))
            record.write_many(actor, [newer], at=AT)
            one = newer
        ((kind, group),) = one.kinds
        assert one.recorded_at is not None
        held.setdefault(one.org_id, []).append(
            rules.Held(kind, one.held_on, frozenset(e.record_type for e in one.evidence), group, one.recorded_at.date())
        )
    for number, (code, kind, place, window, first) in enumerate(plan.excused):
        group = group_of(code, kind, place)
        if kind != "group_meeting" or group is not None:
            record.excuse(actor, NewExcuse(orgs[code], kind, group, window, first, window_of(window, first).last, "雪灾", "支部", "镇党委", number), at=AT)
    return held


# ---------------------------------------------------------------- the naive side


def spell_on(org_id: int, day: date) -> OrganisationSpell | None:
    return next((s for s in OrganisationSpell.objects.filter(org_id=org_id).order_by("id") if s.from_on <= day and (s.to_on is None or day < s.to_on)), None)


def climb(org_id: int, day: date) -> list[int]:
    """List an organisation and those above it on a day, by parents."""
    found: list[int] = []
    here: int | None = org_id
    while here is not None:
        found.append(here)
        spell = spell_on(here, day)
        here = spell.parent_id_then if spell else None
    return found


def climb_now(org_id: int) -> list[int]:
    found, here = [], Organisation.objects.get(pk=org_id)
    while True:
        found.append(here.pk)
        if here.parent_id is None:
            return found
        here = Organisation.objects.get(pk=here.parent_id)


def life_on(org_id: int, day: date) -> tuple[str, dict[str, LifeRule]]:
    """Give the code of the rule set and its life rules for an organisation on a day: the nearest assignment's list, else the national one."""
    library = shipped()
    chosen = None
    for above in climb(org_id, day):
        for a in Assignment.objects.filter(org_id=above, family="life").order_by("id"):
            one = library.get(a.rule_set)
            begun = one.effective_from is None or one.effective_from <= day
            over = one.effective_to is not None and one.effective_to <= day
            if a.valid_from <= day and (a.valid_to is None or day < a.valid_to) and begun and not over:
                chosen = one
        if chosen:
            break
    if chosen is None:
        chosen = next(s for s in library.national("life", day) if s.defines("life"))
    default = library.conventions().values
    found = {}
    for key, item in chosen.values.items():
        if key.startswith("life."):
            rule = item.value
            assert isinstance(rule, LifeRule)
            if rule.records is None:
                given_ = default.get(f"conventions.records.{rule.kind}")
                rule = replace(rule, records=given_.value if given_ else ())  # type: ignore[arg-type]
            found[rule.kind] = rule
    return chosen.code, found


def listed(root: int, as_of: date) -> dict[int, bool]:
    """Say which organisations belong to the picture, and whether they exist on its day."""
    on = min(as_of, LAST)
    found = {}
    for org in Organisation.objects.order_by("id"):
        touching = [
            s for s in OrganisationSpell.objects.filter(org_id=org.pk).order_by("id") if s.from_on <= LAST and (s.to_on is None or s.to_on > FIRST)
        ]
        if not touching:
            continue
        if spell_on(org.pk, on):
            if spell_on(root, on) is None:
                continue  # asked before by the caller: the root itself has to exist on the day
            if root in climb(org.pk, on):
                found[org.pk] = True
        elif touching[0].from_on <= on and root in climb_now(org.pk):
            found[org.pk] = False
    return found


Cells = dict[tuple[int, str, int | None, str], tuple[Slot, int, int, str]]  # state, due, fulfilled, rule set


def naive(built: Built, root: int, as_of: date) -> Cells:
    scope = system_actor().scope(Permission.ACTIVITY_READ)
    found: Cells = {}
    for org_id in listed(root, as_of):
        spells = OrganisationSpell.objects.filter(org_id=org_id).order_by("from_on", "id")
        known: dict[date, tuple[str, Mapping[str, LifeRule]]] = {}

        def rules_on(day: date, org_id: int = org_id, known: dict[date, tuple[str, Mapping[str, LifeRule]]] = known) -> Mapping[str, LifeRule]:
            if day not in known:
                known[day] = life_on(org_id, day)
            return known[day][1]

        answer = rules.year(
            rules_on=rules_on,
            year=YEAR,
            as_of=as_of,
            held=built.held.get(org_id, []),
            lives=[(Span(s.from_on, s.to_on), s.kind) for s in spells],
            committees=[Span(c.elected_on, c.ended_on) for c in Committee.objects.within(scope).filter(org_id=org_id, seats__gt=0).order_by("id")],
            groups={g.pk: (Span(g.from_on, g.to_on),) for g in PartyGroup.objects.within(scope).filter(org_id=org_id).order_by("id")},
            excused=[(e.kind, e.group_id, window_of(e.window, e.first_on).code) for e in Excuse.objects.within(scope).filter(org_id=org_id).order_by("id")],
        )
        found.update({(org_id, c.kind, c.group, c.window.code): (c.slot, c.due, c.fulfilled, known[c.window.last][0]) for c in answer.cells if c.slot is not Slot.NOT_DUE})
    return found


def cells_of(answer: queries.Compliance) -> Cells:
    return {
        (year.org_id, line.kind, line.group_id, cell.window.code): (cell.slot, cell.due, cell.fulfilled, cell.rule.rule_set.code)
        for year in answer.years.values()
        for line in year.lines
        for cell in line.cells
        if cell.slot is not Slot.NOT_DUE
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(plan=plans(), root=st.sampled_from(("QH", "QH", "T0", "T1", "T1-G", "T0-A")))
def test_the_set_based_answer_equals_the_naive_loop(plan: Plan, root: str) -> None:
    """Dated overrides at every level, moved and dissolved organisations, groups and committees that come and go, late and incomplete records, excuses."""
    with transaction.atomic():
        built = build(plan)
        org_id = built.orgs[root]
        if root == "QH" or spell_on(org_id, min(plan.as_of, LAST)):
            answer = queries.compliance(system_actor().scope(Permission.COMPLIANCE_READ), org_id, YEAR, plan.as_of)
            expected = naive(built, org_id, plan.as_of)
            assert {u.id: u.alive for u in answer.units} == listed(org_id, plan.as_of)
            assert cells_of(answer) == expected
            summed = totals(answer.years.values())
            assert (summed.due, summed.fulfilled) == (sum(c[1] for c in expected.values()), sum(c[2] for c in expected.values()))
            rows = answer.rows()
            assert sorted(u.id for row in rows for u in row.units) == sorted(u.id for u in answer.units if u.id != org_id or org_id in answer.years)
            assert totals(answer.of(answer.in_order())).due == summed.due
        transaction.set_rollback(True)


# ---------------------------------------------------------------- before and after, by hand


@pytest.fixture
def w() -> World:
    return world.build()


def ask(w: World, code: str, as_of: date, username: str = "") -> queries.Compliance:
    actor = w.actor(username) if username else system_actor()
    return queries.compliance(actor.scope(Permission.COMPLIANCE_READ), w.orgs[code], as_of.year, as_of)


def names(answer: queries.Compliance) -> list[str]:
    return [u.code for u in answer.in_order()]


def test_a_move_changes_the_tree_of_later_days_only_and_the_duties_never(w: World) -> None:
    before = cells_of(ask(w, "T1-B2", date(2026, 6, 30)))
    tree.move(system_actor(), w.orgs["T1-B2"], to_parent_id=w.orgs["T2"], on=date(2026, 7, 1), at=AT, document="青组〔2026〕7号")
    assert names(ask(w, "T1", date(2026, 6, 30))) == ["T1-B1", "T1-B2"] and names(ask(w, "T2", date(2026, 6, 30))) == ["T2-B1", "T2-B2"]
    assert names(ask(w, "T1", date(2026, 7, 1))) == ["T1-B1"] and names(ask(w, "T2", date(2026, 7, 1))) == ["T2-B1", "T1-B2", "T2-B2"]
    assert cells_of(ask(w, "T1-B2", date(2026, 6, 30))) == before
    whole = ask(w, "T2", date(2026, 11, 20))
    assert missing(whole.years[w.orgs["T1-B2"]])["general_meeting"] == ["2026-Q1", "2026-Q2", "2026-Q3"]
    assert totals(ask(w, "QH", date(2026, 11, 20)).years.values()).due == sum(totals(ask(w, t, date(2026, 11, 20)).years.values()).due for t in ("T1", "T2"))


def test_the_rules_of_a_window_are_those_of_the_place_on_its_last_day(w: World) -> None:
    policy.assign(
        system_actor(), org_id=w.orgs["T2"], family="life", rule_set="seed-003", valid_from=date(2025, 1, 1), valid_to=None, at=AT, decision_doc="鼎发〔2020〕55号",
    )
    tree.move(system_actor(), w.orgs["T1-B2"], to_parent_id=w.orgs["T2"], on=date(2026, 7, 1), at=AT, document="青组〔2026〕7号")
    (line,) = [ln for ln in ask(w, "T2", date(2026, 11, 20)).years[w.orgs["T1-B2"]].lines if ln.kind == "general_meeting"]
    assert [c.rule.rule_set.code for c in line.cells] == ["cn-branch-2018", "cn-branch-2018", "seed-003", "seed-003"]
    assert any(ln.kind == "lecture" and ln.cells[-1].window.code == "2026" for ln in ask(w, "T2", date(2026, 11, 20)).years[w.orgs["T1-B2"]].lines)


def test_a_merger_ends_one_branch_and_keeps_its_closed_windows(w: World) -> None:
    actor, on = system_actor(), date(2026, 8, 16)
    moved = people.move_all(actor, from_org_id=w.orgs["T1-B2"], to_org_id=w.orgs["T1-B1"], on=on, document="镇党〔2026〕8号", at=AT)
    tree.dissolve(actor, w.orgs["T1-B2"], on=on, at=AT, reason="行政村合并", document="镇党〔2026〕8号", successor_id=w.orgs["T1-B1"])
    scope = actor.scope(Permission.COMPLIANCE_READ)

    def count(day: date) -> dict[str, int]:
        heads = members.headcounts(scope, day)
        return {code: heads[w.orgs[code]].members_all for code in ("T1-B1", "T1-B2") if w.orgs[code] in heads}

    assert moved == 8 and count(date(2026, 8, 15)) == {"T1-B1": 8, "T1-B2": 8} and count(on) == {"T1-B1": 16}
    before, after = ask(w, "T1", date(2026, 8, 15)), ask(w, "T1", date(2026, 11, 20))
    assert [u.alive for u in before.in_order()] == [True, True]
    assert [(u.code, u.alive) for u in after.in_order()] == [("T1-B1", True), ("T1-B2", False)]
    lacking = {kind: codes for kind, codes in missing(after.years[w.orgs["T1-B2"]]).items() if codes}
    assert lacking == {"general_meeting": ["2026-Q1", "2026-Q2"], "theme_day": [f"2026-{m:02d}" for m in range(1, 8)]}
    assert ask(w, "T1", date(2027, 1, 31)).years.keys() == {w.orgs["T1-B1"]}  # the year after it is gone
    assert names(ask(w, "T1", date(2026, 11, 20), "clerk1")) == ["T1-B1", "T1-B2"]


def test_a_dissolved_branch_can_be_asked_for_itself(w: World) -> None:
    tree.dissolve(system_actor(), w.orgs["T1-B2"], on=date(2026, 8, 16), at=AT, reason="撤销", document="镇党〔2026〕8号")
    own = ask(w, "T1-B2", date(2026, 11, 20))
    assert names(own) == ["T1-B2"] and totals(own.years.values()).due == 2 + 7
    assert ask(w, "T1-B2", date(2026, 3, 31)).units[0].alive


def test_a_reader_never_gets_organisations_outside_the_scope(w: World) -> None:
    from zhibu.ground.tree.queries import NotFound

    tree.move(system_actor(), w.orgs["T1-B2"], to_parent_id=w.orgs["T2"], on=date(2026, 7, 1), at=AT, document="")
    assert names(ask(w, "T1", date(2026, 6, 30), "clerk1")) == ["T1-B1"]  # it went to another township: access follows the present tree
    assert names(ask(w, "T1", date(2026, 6, 30), "county")) == ["T1-B1", "T1-B2"]
    for code in ("QH", "T2", "T1-B2"):
        with pytest.raises(NotFound):
            ask(w, code, date(2026, 6, 30), "clerk1")
