"""Trees of organisations: generated with the fan-out of the real list of divisions, or read from that list when it is there."""
from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import NamedTuple

from zhibu.ground.tree.actions import segment

LEVELS = ("party_committee", "party_committee", "party_committee", "party_committee", "party_committee", "branch")
# What one has below it, as in the statistical list of 2021: 31 provinces, 11 prefectures each, 9.5 counties, 13 townships, 15 villages.
NATION = (31, 11, 9, 13, 15.5)


class Place(NamedTuple):
    """An organisation to be loaded; ids are given in depth-first order, so paths sort like ids."""

    id: int
    parent_id: int | None
    path: str
    depth: int
    kind: str
    name: str
    code: str


def county(towns: int = 20, branches: int = 50) -> Iterator[Place]:
    """Give a county with its townships and branches."""
    return _numbered(_even("县", (towns, branches), ("party_committee", "party_committee", "branch")))


def city(counties: int = 35, towns: int = 20, branches: int = 50) -> Iterator[Place]:
    """Give a city of such counties."""
    return _numbered(_even("市", (counties, towns, branches), ("party_committee", "party_committee", "party_committee", "branch")))


def nation() -> tuple[Iterator[Place], str]:
    """Give the whole country and where it comes from: ZHIBU_DIVISIONS names the real list (code,name,parent_code,level; may be .zst)."""
    path = os.environ.get("ZHIBU_DIVISIONS", "")
    if path and os.path.exists(path):
        return _numbered(_divisions(path)), "the real list of divisions of 2021"
    return _numbered(_random(random.Random(20250918))), "a generated tree of the same fan-out"


def _numbered(rows: Iterator[tuple[int, str, str]]) -> Iterator[Place]:
    """Number (depth, kind, name) rows in their depth-first order."""
    above: list[Place] = []
    for number, (depth, kind, name) in enumerate(rows, 1):
        del above[depth:]
        parent = above[-1] if above else None
        place = Place(number, parent.id if parent else None, (parent.path if parent else "") + segment(number), depth, kind, name, f"B{number}")
        above.append(place)
        yield place


def _even(title: str, fan_out: tuple[int, ...], kinds: tuple[str, ...], depth: int = 0, name: str = "") -> Iterator[tuple[int, str, str]]:
    yield depth, kinds[depth], f"{name or title}党{'支部' if kinds[depth] == 'branch' else '委'}"
    if depth < len(fan_out):
        for i in range(fan_out[depth]):
            yield from _even(title, fan_out, kinds, depth + 1, f"{name}{'县镇村区'[min(depth + len(kinds) % 2, 3)]}{i + 1}")


def _random(draw: random.Random, depth: int = 0, name: str = "全国") -> Iterator[tuple[int, str, str]]:
    yield depth, LEVELS[depth], name
    if depth < len(NATION):
        mean = NATION[depth]
        count = round(mean) if depth == 0 else max(1, round(draw.gammavariate(3, mean / 3)))
        for i in range(count):
            yield from _random(draw, depth + 1, f"{name if depth else ''}{'省市县镇村'[depth]}{i + 1}")


def _divisions(path: str) -> Iterator[tuple[int, str, str]]:
    """Read the list; the province and prefecture of 湘西 come first, so that its counties lie in every cut of the tree."""
    import duckdb

    rows = duckdb.sql(f"SELECT code, name FROM read_csv('{path}', all_varchar = true)").fetchall()
    lengths = {2: 1, 4: 2, 6: 3, 9: 4, 12: 5}
    rows.sort(key=lambda row: (row[0][:2] != "43", row[0][:4] != "4331", row[0]))
    # sorted by code a parent stands before its children, and childless counties (statistical 市辖区) are no organisations
    parents = {code[:size] for code, _ in rows for size in (2, 4, 6, 9) if len(code) > size}
    yield 0, LEVELS[0], "全国"
    for code, name in rows:
        depth = lengths[len(code)]
        if depth == 5 or code in parents:
            yield depth, LEVELS[depth], name
