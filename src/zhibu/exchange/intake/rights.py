"""Who may import what, where: the right to import opens every table but that of the dues; that one belongs to whoever writes dues and sees incomes there."""

from __future__ import annotations

from zhibu.exchange.intake.findings import TableKind
from zhibu.ground.guard.actor import Actor, Held, Refused
from zhibu.ground.guard.permission import Compartment
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope, collapse

OF_OFFICES = frozenset(TableKind) - {TableKind.DUES}
REFUSED = "导入由镇党建办办理，党费核定表由支部书记或党费管理员导入，您的账号没有这项权限。需要的话请找镇党建办"


def tables(actor: Actor, path: str) -> frozenset[TableKind]:
    """Give the kinds of table that somebody may import at the organisation with this path."""
    found = OF_OFFICES if actor.may(P.IMPORT, path) else frozenset()
    return found | {TableKind.DUES} if writes_dues(actor, path) else found


def writes_dues(actor: Actor, path: str) -> bool:
    """Tell whether somebody writes dues there and the grant opens what people earn."""
    return actor.may(P.DUES_WRITE, path) and actor.scope(P.DUES_WRITE).opens(Compartment.INCOME, path)


def somewhere(actor: Actor) -> bool:
    """Tell whether somebody may import anything anywhere."""
    return actor.holds(P.IMPORT) or actor.holds(P.DUES_WRITE)


def scope(actor: Actor) -> Scope:
    """Give the organisations at which somebody may import something."""
    return Scope(collapse((*actor.scope(P.IMPORT).paths, *actor.scope(P.DUES_WRITE).paths)))


def anywhere(actor: Actor) -> frozenset[TableKind]:
    """Give the kinds of table that somebody may import somewhere."""
    return frozenset().union(*(tables(actor, path) for path in scope(actor).paths))


def require(actor: Actor, path: str) -> None:
    """Raise Refused unless somebody may import something there."""
    if not tables(actor, path):
        actor.require(P.IMPORT, path)


def right(actor: Actor, path: str) -> P:
    """Give the right under which somebody imports there."""
    return P.IMPORT if actor.may(P.IMPORT, path) else P.DUES_WRITE


def office(actor: Actor, path: str) -> Held | None:
    """Give the grant whose organisation remembers corrections of columns: where the right is held."""
    wanted = right(actor, path)
    return next((g for g in actor.grants if wanted in g.permissions and path.startswith(g.org_path)), None)


def require_undo(actor: Actor, path: str, *, dues: bool, others: bool) -> None:
    """Raise Refused unless somebody may take back what a batch holds."""
    if others:
        actor.require(P.IMPORT, path)
    if dues and not writes_dues(actor, path):
        raise Refused("这一批里有党费核定，由支部书记或党费管理员撤销")
