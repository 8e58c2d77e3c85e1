"""The national matrix, province × month × kind, from packed counters: numpy, DuckDB and SQL on the same rows with the same rules.

The product has no stored counters and therefore no such path yet: this is what one would be measured by. The rules come from the product
(`policy_of` and the plans of `derive`), the counters are four-bit fields, twelve to a word, capped at 15.
"""
from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import connection

from zhibu.ground.duties import derive
from zhibu.ground.duties.derive import Policy
from zhibu.kernel.activities import ActivityKind
from zhibu.kernel.judge import Phase
from zhibu.kernel.periods import MONTHS_IN

KINDS = tuple(k.value for k in ActivityKind)[:8]
Sums = dict[tuple[int, int, int], tuple[int, int]]  # province, month in which the window ends, kind -> due, fulfilled


@dataclass(frozen=True, slots=True)
class Cards:
    """One row per branch in the order of paths: province number, class of rules, a word of counters per kind."""

    province: Any
    rules: Any
    words: Any


@dataclass(frozen=True, slots=True)
class Need:
    """What one class of rules asks for in one closed window of one kind; months count from 0."""

    rules: int
    kind: int
    first: int
    months: int
    least: int

    @property
    def end(self) -> int:
        """Give the month in which the window ends."""
        return self.first + self.months - 1


def needs(policies: Sequence[Policy], as_of: date) -> list[Need]:
    """Lay out what each class of rules asks for, by the plans that the product judges with."""
    found = []
    for number, policy in enumerate(policies):
        for plan in derive._plan(policy, as_of, 5):
            for step in plan.steps:
                if step.minimum and step.phase in (Phase.CLOSING, Phase.CLOSED):
                    found.append(Need(number, KINDS.index(plan.kind), step.window.first.month - 1, MONTHS_IN[step.window.kind], step.minimum))
    return found


def cards(province: Sequence[int], rules: Sequence[int], seed: int = 5) -> Cards:
    """Make a year of counters for every branch: mostly one meeting a month, sometimes none or more."""
    draw = np.random.default_rng(seed)
    words = np.zeros((len(province), len(KINDS)), dtype=np.uint64)
    for kind in range(len(KINDS)):
        for month in range(12):
            held = np.minimum(draw.choice(5, size=len(province), p=(0.12, 0.80, 0.05, 0.02, 0.01)), 15).astype(np.uint64)
            words[:, kind] |= held << np.uint64(4 * month)
    return Cards(np.asarray(province, dtype=np.int32), np.asarray(rules, dtype=np.int32), words)


def by_numpy(held: Cards, wanted: Sequence[Need]) -> Sums:
    """Judge whole columns at once; a province is a run of rows, because paths sort it so."""
    starts = np.flatnonzero(np.r_[True, held.province[1:] != held.province[:-1]])
    names = held.province[starts]
    classes = int(held.rules.max()) + 1
    found: dict[tuple[int, int], Any] = {}
    windows: dict[tuple[int, int, int], list[Need]] = {}
    for need in wanted:
        windows.setdefault((need.kind, need.first, need.months), []).append(need)
    for (kind, first, months), asked in windows.items():
        least = np.zeros(classes, dtype=np.uint8)
        for need in asked:
            least[need.rules] = need.least
        column = held.words[:, kind] >> np.uint64(4 * first)
        count = (column & np.uint64(15)).astype(np.uint8)
        for month in range(1, months):
            count += ((column >> np.uint64(4 * month)) & np.uint64(15)).astype(np.uint8)
        due = least[held.rules]
        sums = np.stack([np.add.reduceat(due, starts, dtype=np.int64), np.add.reduceat(np.minimum(due, count), starts, dtype=np.int64)])
        key = (first + months - 1, kind)
        found[key] = found[key] + sums if key in found else sums
    return {
        (int(name), end, kind): (int(due), int(done))
        for (end, kind), (dues, dones) in found.items() for name, due, done in zip(names, dues, dones, strict=True) if due
    }


def question(wanted: Sequence[Need]) -> str:
    """Write the same as SQL over tables cards(province, rules, k0…k7) and need(rules, kind, first, months, least)."""
    def held(kind: int) -> str:
        return " + ".join(f"CASE WHEN months > {m} THEN (k{kind} >> (4 * (first + {m}))) & 15 ELSE 0 END" for m in range(max(n.months for n in wanted if n.kind == kind)))

    parts = [
        f"SELECT province, first + months - 1 AS month, {kind} AS kind, sum(least_) AS due, sum(CASE WHEN {held(kind)} < least_ THEN {held(kind)} ELSE least_ END) AS done "
        f"FROM cards JOIN need ON need.rules = cards.rules AND need.kind = {kind} GROUP BY 1, 2"
        for kind in sorted({n.kind for n in wanted})
    ]
    return " UNION ALL ".join(parts)


def in_duckdb(held: Cards, wanted: Sequence[Need], threads: int = 1) -> Any:
    """Give a DuckDB connection that holds the rows."""
    import duckdb

    db = duckdb.connect(config={"threads": threads})
    columns = {"province": held.province, "rules": held.rules, **{f"k{p}": np.ascontiguousarray(held.words[:, p].astype(np.int64)) for p in range(len(KINDS))}}
    db.register("given", columns)
    db.execute("CREATE TABLE cards AS SELECT * FROM given")
    db.execute("CREATE TABLE need (rules INTEGER, kind INTEGER, first INTEGER, months INTEGER, least_ INTEGER)")
    db.executemany("INSERT INTO need VALUES (?, ?, ?, ?, ?)", [[n.rules, n.kind, n.first, n.months, n.least] for n in wanted])
    return db


def in_database(held: Cards, wanted: Sequence[Need]) -> None:
    """Put the rows into two tables of the present database."""
    columns = ", ".join(f"k{p} bigint" for p in range(len(KINDS)))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS cards")
        cursor.execute("DROP TABLE IF EXISTS need")
        cursor.execute(f"CREATE TABLE cards (province integer, rules integer, {columns})")
        cursor.execute("CREATE TABLE need (rules integer, kind integer, first integer, months integer, least_ integer)")
        signs = ", ".join(["%s"] * (2 + len(KINDS)))
        rows = zip(held.province.tolist(), held.rules.tolist(), *(held.words[:, p].astype(np.int64).tolist() for p in range(len(KINDS))), strict=True)
        cursor.executemany(f"INSERT INTO cards VALUES ({signs})", list(rows))
        cursor.executemany("INSERT INTO need VALUES (%s, %s, %s, %s, %s)", [(n.rules, n.kind, n.first, n.months, n.least) for n in wanted])


def sums_of(rows: Sequence[tuple[Any, ...]]) -> Sums:
    """Give the rows of the question as sums."""
    found: Sums = {}
    for province, month, kind, due, done in rows:
        if due:
            before = found.get((province, month, kind), (0, 0))
            found[province, month, kind] = (before[0] + int(due), before[1] + int(done))
    return found


def by_sql() -> Sums:
    """Ask the present database."""
    with connection.cursor() as cursor:
        cursor.execute(question(_needed()))
        return sums_of(cursor.fetchall())


def _needed() -> list[Need]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rules, kind, first, months, least_ FROM need")
        return [Need(*row) for row in cursor.fetchall()]


def naive(held: Cards, wanted: Sequence[Need]) -> Sums:
    """Count branch by branch, for the test."""
    found: Sums = {}
    for province, rules, words in zip(held.province.tolist(), held.rules.tolist(), held.words.tolist(), strict=True):
        for need in wanted:
            if need.rules == rules:
                count = sum((words[need.kind] >> 4 * (need.first + m)) & 15 for m in range(need.months))
                due, done = found.get((province, need.end, need.kind), (0, 0))
                found[province, need.end, need.kind] = (due + need.least, done + min(need.least, count))
    return found


def some_rules(paths: Sequence[str], depths: Sequence[int], sets: Sequence[str], seed: int = 11) -> dict[str, str]:
    """Draw which organisations follow a set of their own: a third of the provinces, ever fewer further down."""
    draw = random.Random(seed)
    share = (1.0, 0.33, 0.10, 0.10, 0.03, 0.001)
    return {path: draw.choice(list(sets)) for path, depth in zip(paths, depths, strict=True) if draw.random() < share[depth]}
