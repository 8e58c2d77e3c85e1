"""Where dues may be written, and how a refusal is said."""
from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime

from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Compartment, Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.resolve import Effective, resolve
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show


class DuesRefused(Exception):
    """Dues cannot be written so; `code` of rules.md §10, `reason` says how to cure, `field` names the input."""

    def __init__(self, code: str, reason: str, field: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code, self.reason, self.field = code, reason, field


def opened(path: str) -> Scope:
    """Give the scope of an organisation's rows about income. Only for actions that have asked the right there."""
    return Scope((path,), frozenset({(Compartment.INCOME, path)}))


def at_home(actor: Actor, org_id: int, right: Permission = Permission.DUES_WRITE) -> Scope:
    """Ask the right at the organisation and give the scope of its rows. Raises tree.NotFound, Refused."""
    path = tree.path_of(org_id)
    actor.require(right, path)
    return opened(path)


def sums_in(scope: Scope) -> Scope:
    """Give the scope in which sums and counts of an organisation may be computed. What comes out of it never names a person or one person's sum."""
    return Scope(scope.paths, frozenset((Compartment.INCOME, path) for path in scope.paths))


def local_day(at: datetime) -> date:
    """Give the day of a moment in China."""
    return timezone.localtime(at).date()


def not_later(day: date, at: datetime, what: str, field: str) -> None:
    """Refuse a day in the future (E001)."""
    today = local_day(at)
    if day > today:
        raise DuesRefused("E001", f"{what}{show(day)}晚于今天，请改成今天或以前的日期", field)


def worded(text: str, what: str, field: str, least: int = 2) -> str:
    """Give a text without spaces around it; refuse one that says nothing (E054)."""
    cleaned = text.strip()
    if len(cleaned) < least:
        raise DuesRefused("E054", f"请写明{what}", field)
    return cleaned[:200]


def names(scope: Scope, person_ids: Collection[int]) -> dict[int, str]:
    """Give the names of persons as the organisations in scope knew them."""
    return people.names_of(Scope(scope.paths), person_ids)


def rules_at(org_id: int, on: date) -> Effective:
    """Give the rules of dues that hold for an organisation on a day."""
    return policy.effective(org_id, "dues", on)


def rules_of(org_ids: Collection[int], on: date) -> Callable[[int], Effective]:
    """Give the rules of dues for many organisations on a day; one or two statements, and one resolution per distinct chain of assignments."""
    assigned: dict[int, list[policy.Assigned]] = {}
    for one in policy.assignments("dues", on, on):
        assigned.setdefault(one.org_id, []).append(one)
    library = policy.library_for(a.choice.rule_set for rows in assigned.values() for a in rows)
    known: dict[tuple[int, ...], Effective] = {}
    paths = {o.id: o.path for o in tree.views(org_ids).values()} if assigned else {}

    def find(org_id: int) -> Effective:
        ids = tuple(i for i in policy.ids_in(paths[org_id]) if i in assigned) if assigned else ()
        if ids not in known:
            known[ids] = resolve(library, [a.choice for i in ids for a in assigned[i]], "dues", on)
        return known[ids]

    return find
