"""One family of rules for many organisations of one day: one statement, a second one where local sets are assigned, one resolution per distinct assignment."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from .queries import assignments, choices, ids_in, library_for
from .resolve import Choice, Effective, resolve


def spread(paths: Mapping[int, str], family: str, on: date) -> dict[int, Effective]:
    """Resolve a family for organisations given as id -> path of that day. Raises as `resolve`."""
    if not paths:
        return {}
    assigned: dict[int, list[Choice]] = {}
    if len(paths) == 1:
        (path,) = paths.values()
        for choice in choices(ids_in(path), family, on):
            assigned.setdefault(choice.org_id or 0, []).append(choice)
    else:
        for one in assignments(family, on, on):
            assigned.setdefault(one.org_id, []).append(one.choice)
    library = library_for(choice.rule_set for rows in assigned.values() for choice in rows)
    known: dict[tuple[int, ...], Effective] = {}
    found: dict[int, Effective] = {}
    for org_id, path in paths.items():
        chain = tuple(i for i in ids_in(path) if i in assigned)
        if chain not in known:
            known[chain] = resolve(library, [choice for i in chain for choice in assigned[i]], family, on)
        found[org_id] = known[chain]
    return found
