"""Both sides of every row of the bench say the same on little data; how long they take is no matter here."""
from __future__ import annotations

import random
from datetime import date

import pytest
from bench import compliance, dues, importing, load, nation, places, writing
from bench.places import Place
from django.db import connection, transaction
from django.utils import timezone

from zhibu.ground.access.queries import system_actor
from zhibu.ground.duties.derive import policy_of
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.policy import actions as policy
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import Choice
from zhibu.ground.record import actions as record
from zhibu.ground.record import queries as recorded
from zhibu.kernel.periods import month_index

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 20)
EACH = 4


@pytest.fixture
def county(monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """Load two townships with three branches each, as the county of the bench is loaded."""
    every = list(places.county(2, 3))
    branches = [p for p in every if p.kind == "branch"]
    load.organisations(every)
    load.committees(branches)
    load.groups(branches)
    load.persons(branches, EACH)
    load.activities(branches, EACH, date(2026, 1, 1), TODAY)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # ids were given by hand
            for name in ("tree_organisation", "tree_committee", "tree_partygroup", "people_person", "people_membership", *writing.TABLES):
                cursor.execute(f"SELECT setval(s, greatest(1000000, nextval(s))) FROM pg_get_serial_sequence('{name}', 'id') s")
    policy.assign(
        system_actor(), org_id=every[1].id, family="life", rule_set="seed-003", valid_from=load.SINCE, valid_to=None, at=timezone.now(), reason="试验")
    return every


def test_a_tree_is_numbered_depth_first() -> None:
    every = list(places.county(2, 3))
    assert len(every) == 9 and [p.path for p in every] == sorted(p.path for p in every)
    assert all(p.path.startswith(next(q.path for q in every if q.id == p.parent_id)) for p in every if p.parent_id)
    assert len({p.name for p in every}) == len(every)


def test_the_product_and_the_grouping_by_hand_count_the_same_meetings(county: list[Place]) -> None:
    for place in (county[0], county[1], county[2]):
        ours, by_hand = compliance.same_meetings(place.path, place.id, 2026, TODAY)
        assert ours == by_hand > 0


def test_loaded_members_are_members(county: list[Place]) -> None:
    scope = Scope((county[0].path,))
    assert len(people.roll(scope, county[2].id, TODAY)) == EACH
    assert people.known_by_id_no([load.id_no(1)])[load.id_no(1)][0] == 1


def test_the_same_statements_by_hand_record_the_same(county: list[Place]) -> None:
    branch, scope = county[2], Scope((county[0].path,))
    sent = writing.sent_by([writing.meeting(branch.id, n, (1, 2, 3, 4)) for n in (1, 2)])
    assert not recorded.activities(scope, branch.id, date(2000, 1, 1), date(2000, 12, 31)), "taken back"
    writing.by_hand(sent)
    by_hand = [recorded.activity(scope, line.id) for line in recorded.activities(scope, branch.id, date(2000, 1, 1), date(2000, 12, 31))]
    made = record.write_many(system_actor(), [writing.meeting(branch.id, n, (1, 2, 3, 4)) for n in (3, 4)], at=timezone.now())
    ours = [recorded.activity(scope, pk) for pk in reversed(made)]

    def said(view: recorded.ActivityView) -> tuple[object, ...]:
        return view.kinds, view.topics, [(a.person_id, a.status) for a in view.absences], view.evidence, view.counts, view.expected

    assert [said(a) for a in by_hand] == [said(a) for a in ours]


def test_painting_and_the_recursive_statement_resolve_the_same(county: list[Place]) -> None:
    painted = nation.effective_painted(TODAY)
    assert dict(painted) == dict(nation.effective_sql(TODAY)) and set(dict(painted).values()) == {None, "seed-003"}


def test_the_measured_import_writes_every_row(county: list[Place]) -> None:
    names = [p.name for p in county if p.kind == "branch"]
    done = importing.imported(county[0].id, importing.workbook(names, 12, "大专", "新"))
    again = importing.imported(county[0].id, importing.workbook(names, 12, "大学本科", "改"))
    assert done.counts["members_new"] == 12 and again.counts["members_changed"] == 12


def test_the_matrix_is_the_same_four_ways() -> None:
    pytest.importorskip("numpy")
    pytest.importorskip("duckdb")
    from bench import matrix

    draw = random.Random(3)
    policies = [policy_of(shipped(), [Choice(code, 1, "", None, None)], 2026) for code in nation.SETS]
    wanted = matrix.needs(policies, TODAY)
    held = matrix.cards(sorted(draw.randrange(4) for _ in range(60)), [draw.randrange(len(policies)) for _ in range(60)])
    expected = matrix.naive(held, wanted)
    assert expected and matrix.by_numpy(held, wanted) == expected
    assert matrix.sums_of(matrix.in_duckdb(held, wanted).execute(matrix.question(wanted)).fetchall()) == expected
    with transaction.atomic():
        matrix.in_database(held, wanted)
        assert matrix.by_sql() == expected


def test_the_slots_of_the_bench_lie_in_their_months() -> None:
    branch = Place(1, None, "000001", 0, "branch", "甲", "B1")
    found = list(load.slots([branch], date(2026, 1, 1), TODAY))
    assert {month_index(held) for _, _, held, _, _ in found} == set(range(2026 * 12, 2026 * 12 + 9)) and all(held <= TODAY for _, _, held, _, _ in found)


def test_dues_by_hand_and_by_the_product_are_the_same_to_the_fen(county: list[Place]) -> None:
    path, branches, month = county[0].path, [p for p in county if p.kind == "branch"], month_index(TODAY)
    dues.bases(branches, EACH, month - dues.MONTHS)
    dues.ours(path, month)
    dues.by_hand(month + 1)
    first, second = dues.stored(path, month), dues.stored(path, month + 1)
    assert len(first) == len(branches) * EACH and first == second and sum(a for _, a in first) > 0
    with transaction.atomic():
        dues.some_paid(path, month - dues.MONTHS, TODAY)
        late = dues.behind(path, TODAY)
        assert late == dues.behind_by_hand(month) and {n for _, n, _ in late} == {1, dues.MONTHS}
