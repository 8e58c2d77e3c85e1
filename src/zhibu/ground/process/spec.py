"""Kinds of cases as data: what may be asked, who hands it in, who answers, with which paper, and what follows. Pure.

An area declares its kinds in procedures.py; config/wiring.py connects each with the effect that carries the approval out.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.kernel.result import YES, Decision, refuse


class Owner(StrEnum):
    """Who does a step."""

    APPLICANT = "applicant"    # 报送的党组织
    SUPERIOR = "superior"      # 上级党组织
    SYSTEM = "system"          # 本系统


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a procedure: its name, its owner and the paper it leaves."""

    name: str
    owner: Owner
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class CaseKind:
    """A kind of case (报批事项的种类)."""

    code: str
    title: str                       # 成立党组织
    request: Permission
    decide: Permission
    steps: tuple[Step, ...]
    document_required: bool = True   # an approval without the superior's paper is refused (E049)
    clause: str = ""
    private: frozenset[str] = frozenset()  # parts of the wish for those alone who may ask or decide: whom it is about


@dataclass(frozen=True, slots=True)
class Ruling:
    """An approved case as its effect gets it."""

    case_id: int
    kind: str
    org_id: int
    subject_type: str
    subject_id: int
    submitted_from: int
    wish: Mapping[str, Any] = field(default_factory=dict)
    document: str = ""
    answer: str = ""
    answered_on: date | None = None
    submitted_by: str = ""


Effect = Callable[[Ruling, Actor, datetime], None]


class UnknownKind(LookupError):
    """No area has declared this kind of case: a fault of the program."""


_KINDS: dict[str, CaseKind] = {}
_EFFECTS: dict[str, Effect] = {}


def register(kind: CaseKind, effect: Effect) -> None:
    """Connect a kind with the function that carries its approval out, inside the approval's transaction."""
    _KINDS[kind.code] = kind
    _EFFECTS[kind.code] = effect


def kind(code: str) -> CaseKind:
    """Give a declared kind. Raises UnknownKind."""
    if code not in _KINDS:
        raise UnknownKind(f"no kind of case {code!r}; register it in config/wiring.py")
    return _KINDS[code]


def effect(code: str) -> Effect:
    """Give the effect of a kind. Raises UnknownKind."""
    kind(code)
    return _EFFECTS[code]


def kinds() -> tuple[CaseKind, ...]:
    """List every declared kind by code."""
    return tuple(_KINDS[code] for code in sorted(_KINDS))


def may_decide(what: CaseKind, actor: Actor, *, submitter_id: int | None, submitted_by: str, from_path: str) -> Decision:
    """Say whether the actor may answer: never the person who handed it in (E037), and only for an organisation strictly above (E023)."""
    same = actor.account_id == submitter_id if submitter_id is not None else actor.account_id is None and actor.name == submitted_by
    if same:
        return refuse("E037", "这件事是您自己报的，不能由您审批；请上级党组织的另一位同志办理")
    if deciding_grant(what, actor, from_path) is None:
        return refuse("E023", "审批权限不符：只有报送组织的上级党组织才能审批，请转给上级党组织办理")
    return YES


def deciding_grant(what: CaseKind, actor: Actor, from_path: str) -> int | None:
    """Give the organisation for which the actor answers: the nearest one strictly above the submitting organisation; None without one."""
    above = [g for g in actor.grants if what.decide in g.permissions and from_path.startswith(g.org_path) and g.org_path != from_path]
    return max(above, key=lambda g: len(g.org_path)).org_id if above else None
