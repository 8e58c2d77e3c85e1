"""One family of rules for many organisations of one day: one statement, a second one where local sets are assigned, one resolution per distinct assignment."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from .queries import Assigned, assignments, ids_in, library_for
from .resolve import Effective, resolve


def spread(paths: Mapping[int, str], family: str, on: date) -> dict[int, Effective]:
    """Resolve a family for organisations given as id -> path of that day. Raises as `resolve`."""
    if not paths:
        return {}
    assigned: dict[int, list[Assigned]] = {}
    for one in assignments(family, on, on):
        assigned.setdefault(one.org_id, []).append(one)
    library = library_for(a.choice.rule_set for rows in assigned.values() for a in rows)
    known: dict[tuple[int, ...], Effective] = {}
    found: dict[int, Effective] = {}
    for org_id, path in paths.items():
        chain = tuple(i for i in ids_in(path) if i in assigned)
        if chain not in known:
            known[chain] = resolve(library, [a.choice for i in chain for a in assigned[i]], family, on)
        found[org_id] = known[chain]
    return found
