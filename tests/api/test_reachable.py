"""Every query function that a page uses is reachable by the API, or listed with the reason (tests/everywhere/api_unreachable.toml).

A query function: public, in a module `queries` of ground or areas, or anywhere there with a scope as its first argument (reads have the scope first).
Reachable: the API calls it. `within` in the list: the API calls another one that gives what this one gives; the test follows the calls.
"""
from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
LISTED = tomllib.loads((ROOT / "tests" / "everywhere" / "api_unreachable.toml").read_text(encoding="utf-8"))
LONGEST_LIST = 120


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SRC).with_suffix("").parts)


@cache
def queries() -> dict[str, ast.FunctionDef]:
    """Give every query function by its full name."""
    found = {}
    for floor in ("ground", "areas"):
        for path in sorted((SRC / "zhibu" / floor).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    first = node.args.args[0].annotation if node.args.args else None
                    if path.stem == "queries" or (isinstance(first, ast.Name) and first.id == "Scope"):
                        found[f"{module_of(path)}.{node.name}"] = node
    return found


def names(tree: ast.AST, here: str) -> dict[str, str]:
    """Give what the imports of a module call things, and its own functions."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            package = ".".join(here.split(".")[: -node.level]) if node.level else ""
            module = ".".join(part for part in (package, node.module or "") if part)
            known |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            known |= {alias.asname: alias.name for alias in node.names if alias.asname}
    if isinstance(tree, ast.Module):
        known |= {node.name: f"{here}.{node.name}" for node in tree.body if isinstance(node, ast.FunctionDef)}
    return known


def called(node: ast.AST, known: dict[str, str]) -> set[str]:
    """Give the query functions that are named in a piece of code (called, or handed on)."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in known:
            found.add(f"{known[part.value.id]}.{part.attr}")
        elif isinstance(part, ast.Name) and part.id in known:
            found.add(known[part.id])
    return found & queries().keys()


@cache
def used_by(face: str) -> set[str]:
    """Give the query functions that a face uses."""
    found: set[str] = set()
    for path in sorted((SRC / "zhibu" / face).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= called(tree, names(tree, module_of(path)))
    return found


@cache
def beneath(name: str) -> frozenset[str]:
    """Give everything that a query function calls, also by the helpers of its module."""
    module = name.rpartition(".")[0]
    tree = ast.parse((SRC / Path(*module.split("."))).with_suffix(".py").read_text(encoding="utf-8"))
    known = names(tree, module)
    own = {f"{module}.{n.name}": n for n in tree.body if isinstance(n, ast.FunctionDef)}
    found: set[str] = set()
    waiting, seen = [name], set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for part in ast.walk(own[one]):
            full = known.get(part.id, "") if isinstance(part, ast.Name) else (
                f"{known[part.value.id]}.{part.attr}" if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in known else ""
            )
            if full in own:
                waiting.append(full)
            if full in queries() and full != name:
                found.add(full)
                if not full.startswith(module + "."):
                    found |= beneath(full)
    return frozenset(found)


def test_every_query_of_a_page_is_reachable_or_has_a_reason() -> None:
    missing = used_by("web") - used_by("api") - LISTED.keys()
    assert not missing, f"call them from src/zhibu/api, or say in api_unreachable.toml why not: {sorted(missing)}"


def test_the_list_is_short_and_true() -> None:
    assert len(LISTED) <= LONGEST_LIST
    stale = [name for name in LISTED if name not in used_by("web") or name in used_by("api")]
    assert not stale, f"no page uses these, or the API does: {stale}"
    for name, entry in LISTED.items():
        assert set(entry) <= {"within", "why"} and len(entry) == 1, name
        assert "why" not in entry or len(entry["why"]) > 20, name


@pytest.mark.parametrize("name", sorted(name for name, entry in LISTED.items() if "within" in entry))
def test_what_is_within_another_is_called_by_it(name: str) -> None:
    other = LISTED[name]["within"]
    assert other in used_by("api"), f"{other}: the API does not call it"
    assert name in beneath(other), f"{other} does not call {name}"


def test_the_scan_sees_what_is_called() -> None:
    source = "from zhibu.areas.roster import queries as r\nfrom zhibu.ground.files.queries import openable as o\nr.member(1)\nx = [o]\nr.nothing()\n"
    tree = ast.parse(source)
    assert called(tree, names(tree, "zhibu.web.x.y")) == {"zhibu.areas.roster.queries.member", "zhibu.ground.files.queries.openable"}
    assert "zhibu.areas.meetings.attendance.attendance" in queries(), "a read outside of queries.py"
    assert used_by("web") and used_by("api") and "zhibu.ground.tree.queries.committees" in beneath("zhibu.areas.structure.queries.organisation")
