"""Import-linter sees imports; it cannot see foreign keys written as strings, the clock, or `.objects` in a view."""
from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Model

SRC = Path(__file__).parents[2] / "src" / "zhibu"
GROUND = ["guard", "journal", "jobs", "files", "tree", "people", "access", "policy", "record", "facts", "notice", "duties", "ballot", "rubric", "process"]

assert SRC.is_dir(), f"no source at {SRC}: this test would pass on nothing"


def place(model: type[Model]) -> tuple[str, str]:
    _, floor, room, *_ = model.__module__.split(".")
    return floor, room


def our_models() -> list[type[Model]]:
    return [m for m in apps.get_models() if m.__module__.startswith("zhibu.")]


assert our_models(), "no models: this test would pass on nothing"


@pytest.mark.parametrize("model", our_models(), ids=lambda m: m._meta.label)
def test_foreign_keys_point_down(model: type[Model]) -> None:
    floor, room = place(model)
    assert floor in ("ground", "areas"), f"{model} lives on a floor without models"
    for field in model._meta.get_fields():
        if field.auto_created or not field.is_relation or field.related_model is None:
            continue
        target = field.related_model
        if not target.__module__.startswith("zhibu."):
            continue
        t_floor, t_room = place(target)
        if floor == "areas":
            assert t_floor == "ground" or (t_floor, t_room) == (floor, room), f"{model.__name__}.{field.name} -> {target._meta.label}"
        else:
            assert t_floor == "ground" and GROUND.index(t_room) <= GROUND.index(room), f"{model.__name__}.{field.name} -> {target._meta.label}"


def sources(*floors: str) -> Iterator[Path]:
    for floor in floors:
        yield from (p for p in sorted((SRC / floor).rglob("*.py")) if "migrations" not in p.parts)  # written from the models, which are scanned


def name_of(path: Path) -> str:
    return str(path.relative_to(SRC))


# Reading the clock. Those marked "bare" only do so without an argument.
CLOCK = {
    "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow",
    "django.utils.timezone.now", "django.db.models.functions.Now", "django.db.models.functions.datetime.Now",
    "time.time", "time.time_ns", "time.ctime", "time.localtime", "time.gmtime", "time.strftime",
}
CLOCK_BARE = {"django.utils.timezone.localdate", "django.utils.timezone.localtime", "django.utils.timezone.template_localtime"}
CLOCK_KEYWORDS = {"auto_now", "auto_now_add"}
CLOCK_SQL = ("CURRENT_TIMESTAMP", "CURRENT_DATE", "LOCALTIMESTAMP")


def dotted(node: ast.expr, known: dict[str, str]) -> str:
    """Give the full name an expression stands for, as far as the imports of the file tell; empty when unknown."""
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.Attribute):
        front = dotted(node.value, known)
        return f"{front}.{node.attr}" if front else ""
    return ""


def imported(tree: ast.AST) -> dict[str, str]:
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return known


def clock_readings(source: str) -> list[tuple[int, str]]:
    """Find where a module reads the clock: (line, what)."""
    tree = ast.parse(source)
    known = imported(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = dotted(node, known)
            if name in CLOCK:
                found.append((node.lineno, name))
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found += [(node.lineno, f"{node.module}.{a.name}") for a in node.names if f"{node.module}.{a.name}" in CLOCK]
        elif isinstance(node, ast.Call):
            if dotted(node.func, known) in CLOCK_BARE and not node.args and not node.keywords:
                found.append((node.lineno, dotted(node.func, known)))
            found += [(node.lineno, k.arg) for k in node.keywords if k.arg in CLOCK_KEYWORDS and getattr(k.value, "value", True) is not False]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [(node.lineno, word) for word in CLOCK_SQL if word in node.value]
    return found


@pytest.mark.parametrize("path", list(sources("kernel", "ground", "areas")), ids=name_of)
def test_domain_never_reads_the_clock(path: Path) -> None:
    found = clock_readings(path.read_text())
    assert not found, f"{name_of(path)}: take `today` or `at` as an argument: {found}"


@pytest.mark.parametrize("source", [
    "from datetime import date\nd = date.today()",
    "import datetime\nd = datetime.datetime.now()",
    "import datetime as dt\nd = dt.date.today()",
    "from datetime import datetime as D\nd = D.utcnow()",
    "from django.utils import timezone\nd = timezone.now()",
    "from django.utils.timezone import now",
    "from django.utils import timezone\nf = models.DateTimeField(default=timezone.now)",
    "from django.utils import timezone\nd = timezone.localdate()",
    "from time import time",
    "import time\nt = time.time()",
    "f = models.DateTimeField(auto_now=True)",
    "f = models.DateTimeField(auto_now_add=True)",
    "q = 'select * from t where on < CURRENT_DATE'",
])
def test_the_scan_sees_every_way_to_read_the_clock(source: str) -> None:
    assert clock_readings(source)


@pytest.mark.parametrize("source", [
    "from datetime import date\nd = date(2026, 1, 1)",
    "from django.utils import timezone\nd = timezone.localtime(at)",
    "from time import monotonic\nt = monotonic()",
    "f = models.DateTimeField(auto_now=False)",
])
def test_the_scan_leaves_honest_code_alone(source: str) -> None:
    assert not clock_readings(source)


WRITES = {"objects", "_base_manager", "_default_manager", "bulk_create", "bulk_update"}
BANNED = {
    "exchange": WRITES | {"cursor"},  # workbooks and documents have .save
    "web": WRITES | {"cursor", "save"},
    "api": WRITES | {"cursor", "save"},
    "cli": WRITES | {"save"},
}


@pytest.mark.parametrize("path", list(sources("web", "api", "cli", "exchange")), ids=name_of)
def test_faces_never_query_or_write_directly(path: Path) -> None:
    banned = BANNED[path.relative_to(SRC).parts[0]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in banned:
            raise AssertionError(f"{name_of(path)}:{node.lineno} .{node.attr}: go through queries and actions")
        if isinstance(node, ast.Name) and node.id in ("get_object_or_404", "get_list_or_404"):
            raise AssertionError(f"{name_of(path)}:{node.lineno} {node.id}: go through queries")
