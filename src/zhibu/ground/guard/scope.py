"""Scope: which organisations a reader may see. An explicit argument of every read, never ambient."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .permission import Compartment

AFTER = "~"  # sorts after every base-36 character in byte order


def path_range(path: str) -> tuple[str, str]:
    """Give the half-open byte range of an organisation and its subtree."""
    return path, path + AFTER


def collapse(paths: Iterable[str]) -> tuple[str, ...]:
    """Drop paths that lie below another one, sorted bytewise."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return tuple(kept)


@dataclass(frozen=True, slots=True)
class Scope:
    """Subtrees (paths), compartments and, for people without an office, the own person."""

    paths: tuple[str, ...] = ()
    compartments: frozenset[Compartment] = frozenset()
    person_id: int | None = None

    def covers(self, path: str) -> bool:
        """Tell whether the organisation with this path lies in the scope."""
        return any(path.startswith(p) for p in self.paths)

    def narrowed(self, path: str) -> Scope:
        """Give the part of this scope inside one subtree (empty when they do not meet)."""
        inside = [path] if self.covers(path) else [p for p in self.paths if p.startswith(path)]
        return Scope(collapse(inside), self.compartments, self.person_id)

    @property
    def empty(self) -> bool:
        """Tell whether no organisation is visible."""
        return not self.paths


NOWHERE = Scope()
