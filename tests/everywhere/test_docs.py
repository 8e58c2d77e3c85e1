"""A document that names a function, a test or a file must name one that is there."""
from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
AREA_PAGES = sorted((ROOT / "docs" / "areas").glob("*.md"))

FUNCTION = re.compile(r"`(zhibu(?:\.\w+)+)(?:\([^`]*\))?`")
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?(?:::(\w+))?(?:\[[^`]*\])?`")
FILE = re.compile(r"`((?:src|docs|scripts|requirements)/[\w./\-]+\.\w+)`")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(?:#[^)\s]*)?\)")


def exists(name: str) -> bool:
    """Tell whether a dotted name leads to a module or to something in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            fields = getattr(thing, "__annotations__", {})
            if not hasattr(thing, part):
                return part in fields and part == parts[-1]
            thing = getattr(thing, part)
        return True
    return False


def has_test(path: str, *names: str) -> bool:
    file = ROOT / path
    if not file.is_file():
        return False
    inside: list[ast.stmt] = ast.parse(file.read_text()).body
    for name in filter(None, names):
        found = [n for n in inside if isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)) and n.name == name]
        if not found:
            return False
        inside = found[0].body
    return True


@pytest.mark.parametrize("document", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_name_leads_somewhere(document: Path) -> None:
    text = document.read_text()
    lost = [name for name in FUNCTION.findall(text) if not exists(name)]
    lost += ["::".join(filter(None, parts)) for parts in TEST.findall(text) if not has_test(*parts)]
    lost += [name for name in FILE.findall(text) if not (ROOT / name).exists()]
    lost += [name for name in LINK.findall(text) if not (document.parent / name).exists()]
    assert not lost


def clause_rows(text: str) -> list[tuple[str, str, str]]:
    """Find the rows of every table with a column 函数 and a column 测试: (row, function cell, test cell)."""
    rows = []
    columns: dict[str, int] | None = None
    for line in text.splitlines():
        if not line.startswith("|"):
            columns = None
            continue
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if columns is None:
            columns = {c: i for i, c in enumerate(cells)}
        elif {"函数", "测试"} <= columns.keys() and not set(line) <= set("|-: "):
            rows.append((line, *(cells[columns[c]] if columns[c] < len(cells) else "" for c in ("函数", "测试"))))
    return rows


@pytest.mark.parametrize("document", AREA_PAGES, ids=lambda p: p.stem)
def test_every_clause_names_its_function_and_its_test(document: Path) -> None:
    rows = clause_rows(document.read_text())
    assert rows, "an area page has a table with the columns 条款, 要求, 函数, 测试"
    assert not [row for row, function, test in rows if not FUNCTION.search(function) or not TEST.search(test)]


def test_the_check_notices_what_is_not_there() -> None:
    assert exists("zhibu.kernel.judge") and not exists("zhibu.kernel.no_such") and not exists("zhibu.kernel.judge.no_such")
    here = "tests/everywhere/test_docs.py"
    assert has_test(here, "exists") and not has_test(here, "no_such") and not has_test("tests/no_such.py")
    assert len(clause_rows("| 条款 | 函数 | 测试 |\n|---|---|---|\n| 一 | `zhibu.x` | |\n")) == 1
