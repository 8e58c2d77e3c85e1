"""The nation: one county inside ever larger trees, the rules of every organisation, the matrix of provinces."""
from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from zhibu.ground.duties.derive import policy_of
from zhibu.ground.guard.startup import ensure_key
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.models import Assignment
from zhibu.ground.policy.resolve import Choice, paint
from zhibu.ground.tree.models import Organisation

from . import compliance, load, places
from .places import Place
from .table import Table, in_turn, once, settle, timed

STEPS = (10_000, 100_000, 10_000_000)
SETS = ("cn-branch-2018", "seed-003", "seed-001")


def effective_sql(on: date) -> list[tuple[int, str | None]]:
    """Resolve the nearest assignment of every organisation top-down, in one recursive statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE own(org_id, rule_set) AS (SELECT org_id, rule_set FROM policy_assignment "
            "WHERE family = 'life' AND valid_from <= %s AND (valid_to IS NULL OR valid_to > %s)), "
            "eff(id, rule_set) AS (SELECT o.id, own.rule_set FROM tree_organisation o LEFT JOIN own ON own.org_id = o.id WHERE o.parent_id IS NULL "
            "UNION ALL SELECT o.id, COALESCE(own.rule_set, eff.rule_set) FROM eff JOIN tree_organisation o ON o.parent_id = eff.id "
            "LEFT JOIN own ON own.org_id = o.id) SELECT id, rule_set FROM eff",
            [on, on],
        )
        return cursor.fetchall()


def effective_painted(on: date) -> list[tuple[int, str | None]]:
    """Resolve the same with the product's painting: fetch the paths and the assignments, then paint."""
    rows = list(Organisation.objects.order_by("path", "id").values_list("id", "path"))
    given = Assignment.objects.filter(family="life", valid_from__lte=on).exclude(valid_to__lte=on).order_by("id")
    assigned = dict(given.values_list("org__path", "rule_set"))
    return list(zip((pk for pk, _ in rows), paint([path for _, path in rows], assigned), strict=True))


def run_nation() -> Table:
    """Load the tree step by step and measure; then what concerns all of it."""
    today = timezone.localdate()
    for ending in ("", "-wal", "-shm"):
        Path(f"{os.environ['ZHIBU_DATA']}/zhibu.sqlite3{ending}").unlink(missing_ok=True)
    call_command("migrate", verbosity=0)
    ensure_key(timezone.now())
    stream, source = places.nation()
    every = list(stream)
    branches = sum(p.kind == "branch" for p in every)
    table = Table(f"Nation: {len(every):,} organisations, {branches:,} branches, {source}, SQLite")
    top = _county(every)
    _flat(table, every, top, today)
    settle()
    _policy(table, every, today)
    _matrix(table, every, today)
    return table


def _county(every: Sequence[Place]) -> Place:
    """Choose of the first prefecture's counties the one with the most branches."""
    first = next(p for p in every if p.depth == 2)
    sizes: dict[str, int] = {}
    for p in every[: every.index(first) + 20_000]:
        if p.path.startswith(first.path) and p.kind == "branch":
            sizes[p.path[:24]] = sizes.get(p.path[:24], 0) + 1
    best = max(sizes, key=lambda path: sizes[path])
    return next(p for p in every if p.path == best)


def _flat(table: Table, every: list[Place], top: Place, today: date) -> None:
    from .matrix import some_rules

    own = [p for p in every if p.kind == "branch" and p.path.startswith(top.path)]
    rules = some_rules([p.path for p in every], [p.depth for p in every], SETS)
    start, loaded, base = time.perf_counter(), 0, 0.0
    for step in STEPS:
        end = _cut(every, step)
        part = every[loaded:end]
        with load.bulk():
            load.organisations(part)
            load.load(Assignment, ("org_id", "family", "rule_set", "valid_from", "valid_to", "decided_by", "made_at"), (
                (p.id, "life", rules[p.path], "2020-01-01", None, "量一量", "2020-01-01 00:00:00") for p in part if p.path in rules))
            inside = [p for p in part if p.kind == "branch" and p.path.startswith(top.path)]
            if inside:
                load.committees(inside)
                load.groups(inside)
                load.activities(inside, 20, date(today.year, 1, 1), today, full=False)
            others = (p for p in part if p.kind == "branch" and p.id % 2 and not p.path.startswith(top.path))
            load.load_slots(
                (10_000_000 + p.id * 12 + month, p.id, "theme_day", held := date(today.year, month, 6 + p.id % 20), held + timedelta(days=2), load.EVERY_RECORD)
                for p in others for month in range(1, today.month + 1))
        load.loaded()
        loaded = end
        size = sum(p.kind == "branch" for p in every[:end])
        settle()
        a, b = in_turn(lambda: compliance.ours(top.path, top.id, today.year, today), lambda: compliance.grouping_sql(top.path, today.year, today), 9)
        base = base or a.fair / b.fair
        table.ratio(f"compliance of a county of {len(own)} branches inside {size:,}", a, b, f"hand-written SQL in the same tree; {100 * (a.fair / b.fair / base - 1):+.0f} % against the first tree", "± 30 %")
    table.note(f"Loaded in {time.perf_counter() - start:.0f} s. Elsewhere in the tree every second branch has its monthly theme days.")


def _cut(every: Sequence[Place], branches: int) -> int:
    seen = 0
    for place, p in enumerate(every):
        seen += p.kind == "branch"
        if seen >= branches:
            return place + 1
    return len(every)


def _policy(table: Table, every: Sequence[Place], today: date) -> None:
    if dict(effective_sql(today)) != dict(effective_painted(today)):
        raise SystemExit("bench: painting and the recursive statement disagree")
    paths = [p.path for p in every]
    assigned = dict(Assignment.objects.order_by("id").values_list("org__path", "rule_set"))
    a, b = in_turn(lambda: effective_painted(today), lambda: effective_sql(today), 3)
    table.ratio(f"rules of {len(every):,} organisations by {len(assigned):,} assignments, with fetching", a, b, "recursive CTE, with fetching", "faster", inverse=True)
    table.ratio("… painting alone", timed(lambda: paint(paths, assigned), 3), b, "recursive CTE, with fetching", "≥ 50×", inverse=True)


def _matrix(table: Table, every: Sequence[Place], today: date) -> None:
    try:
        from . import matrix
    except ImportError:
        table.note("The matrix was not measured: requirements/bench.in is not installed.")
        return
    own = [p for p in every if p.kind == "branch"]
    rules = matrix.some_rules([p.path for p in every], [p.depth for p in every], SETS)
    classes = {code: number for number, code in enumerate(SETS)}
    painted = paint([p.path for p in own], rules)
    policies = [policy_of(shipped(), [Choice(code, 1, "", None, None)], today.year) for code in SETS]
    provinces = [int(p.path[6:12], 36) for p in own]
    held = matrix.cards(provinces, [classes[code or SETS[0]] for code in painted])
    wanted = matrix.needs(policies, today)
    duck = matrix.in_duckdb(held, wanted)
    text = matrix.question(wanted)
    if matrix.by_numpy(held, wanted) != matrix.sums_of(duck.execute(text).fetchall()):
        raise SystemExit("bench: numpy and DuckDB disagree")
    a, b = in_turn(lambda: matrix.by_numpy(held, wanted), lambda: duck.execute(text).fetchall(), 5)
    table.ratio(f"matrix province × month × {len(matrix.KINDS)} kinds of {len(own):,} branches, numpy on packed counters (prototype)", a, b, "DuckDB, one thread, same rows", "≤ 1.5")
    duck.close()
    tenth = matrix.Cards(held.province[::10], held.rules[::10], held.words[::10])
    matrix.in_database(tenth, wanted)
    found: list[matrix.Sums] = []
    sql = once(lambda: found.append(matrix.by_sql()))
    if found[0] != matrix.by_numpy(tenth, wanted):
        raise SystemExit("bench: numpy and SQL disagree")
    table.ratio("… the same for every tenth branch", timed(lambda: matrix.by_numpy(tenth, wanted), 5), sql, "SQL over the same packed rows (SQLite)", "≥ 10×", inverse=True)
    table.note("The product keeps no packed counters, so it has no national matrix yet; the prototype stands in bench/matrix.py and takes its rules from the product's plans.")
