"""Roles as data (rules.md S38)."""
from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zhibu.ground.guard.permission import Compartment, Permission


@dataclass(frozen=True, slots=True)
class Role:
    """A role: code, title, rights, compartments it opens, and whether it belongs to the system instead of an organisation."""

    code: str
    title: str
    permissions: frozenset[Permission]
    compartments: frozenset[Compartment]
    system: bool
    kinds: frozenset[str] = frozenset()  # of organisations at which the role can be held; empty: any
    two_factors: bool = False  # sign-in asks more than a password: administrators, and who exports or reveals for many branches (trust.md B3)
    posts: frozenset[str] = frozenset()  # 党内职务 with which the role goes


@cache
def roles() -> dict[str, Role]:
    """Read roles.toml; an unknown permission is an error naming role and permission."""
    raw = tomllib.loads((Path(__file__).parent / "roles.toml").read_text(encoding="utf-8"))
    found = {}
    for code, entry in raw.items():
        try:
            permissions = frozenset(Permission(p) for p in entry["permissions"])
            compartments = frozenset(Compartment(c) for c in entry.get("compartments", ()))
        except ValueError as error:
            raise ValueError(f"roles.toml, role {code}: {error}") from error
        found[code] = Role(
            code, entry["title"], permissions, compartments, bool(entry.get("system")), frozenset(entry.get("kinds", ())),
            bool(entry.get("two_factors")), frozenset(entry.get("posts", ())),
        )
    return found
