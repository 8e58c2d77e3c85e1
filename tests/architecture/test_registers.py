"""Lists that somebody must keep complete: a right nobody has, a value without a source, a provider that nobody asks."""
from __future__ import annotations

import ast
from pathlib import Path

import pytest

from zhibu.ground.access.roles import roles
from zhibu.ground.guard.permission import Permission
from zhibu.ground.policy.library import shipped

SRC = Path(__file__).parents[2] / "src" / "zhibu"
PROVIDERS = sorted(p for room in (SRC / "areas", SRC / "ground") for p in room.glob("*/*.py")
                   if p.stem in ("duties", "facts") and p.parent.name not in ("duties", "facts"))


@pytest.mark.parametrize("permission", list(Permission))
def test_every_permission_is_in_a_role(permission: Permission) -> None:
    assert [code for code, role in roles().items() if permission in role.permissions]


def test_every_policy_value_names_its_source() -> None:
    sets = shipped().all()
    assert sets, "no rule sets: this test would pass on nothing"
    unsourced = [f"{s.code} {key}" for s in sets for key, item in s.values.items() if not item.clause.strip()]
    assert not unsourced


def test_no_shipped_value_claims_to_be_verified_by_somebody() -> None:
    """Who checked a rule against the official original, and when, is for the organisation that runs this to write."""
    assert not [s.code for s in shipped().all() if s.verified_by or s.verified_on]


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return found


@pytest.mark.parametrize("path", PROVIDERS, ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_every_provider_is_wired(path: Path) -> None:
    """Unwired, its duties would silently never be due."""
    module = ".".join(("zhibu", *path.relative_to(SRC).with_suffix("").parts))
    assert module in imports(SRC / "config" / "wiring.py")
