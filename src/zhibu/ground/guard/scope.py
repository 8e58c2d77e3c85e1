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
    """Subtrees (paths), the compartments opened in which of them, and, for people without an office, the own person."""

    paths: tuple[str, ...] = ()
    opened: frozenset[tuple[Compartment, str]] = frozenset()  # compartment and the path of the grant that opens it
    person_id: int | None = None

    @property
    def compartments(self) -> frozenset[Compartment]:
        """Give the compartments that are open anywhere in it."""
        return frozenset(c for c, _ in self.opened)

    def covers(self, path: str) -> bool:
        """Tell whether the organisation with this path lies in the scope."""
        return any(path.startswith(p) for p in self.paths)

    def narrowed(self, path: str) -> Scope:
        """Give the part of this scope inside one subtree (empty when they do not meet)."""
        inside = [path] if self.covers(path) else [p for p in self.paths if p.startswith(path)]
        return Scope(collapse(inside), self.opened, self.person_id)

    def opens(self, compartment: Compartment, path: str) -> bool:
        """Tell whether what lies in the compartment may be read at the organisation with this path."""
        return self.covers(path) and any(c is compartment and path.startswith(p) for c, p in self.opened)

    def inside(self, compartment: Compartment) -> Scope:
        """Give the part of this scope in which the compartment is open: a grant opens it in its own subtree and nowhere else."""
        parts = [self.narrowed(path) for c, path in self.opened if c is compartment]
        return Scope(collapse(path for part in parts for path in part.paths), self.opened, self.person_id)

    @property
    def empty(self) -> bool:
        """Tell whether no organisation is visible."""
        return not self.paths


NOWHERE = Scope()
