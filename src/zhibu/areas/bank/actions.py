"""Take a bank's file in, and say what became of each receipt. The payment itself is an action of the dues; who calls both does it in one transaction."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Compartment, Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree import queries as tree

from .models import BankFile, BankLine
from .rules import State, may_follow

_PART = 400


class BankRefused(Exception):
    """A receipt cannot be taken so; `reason` is a sentence that says how to cure."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NewLine:
    """A receipt as the file has it."""

    number: int
    day: date
    fen: int
    payer: str
    note: str
    serial: str
    print: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file brought: how many receipts were new, how many an earlier file had already."""

    file_id: int
    added: int
    known: int


def _opened(actor: Actor, org_id: int) -> Scope:
    path = tree.path_of(org_id)
    actor.require(Permission.DUES_WRITE, path)
    return Scope((path,), frozenset({(Compartment.INCOME, path)}))


@transaction.atomic
def take_in(actor: Actor, org_id: int, *, name: str, digest: str, lines: Sequence[NewLine], faults: Sequence[tuple[int, str]] = (), at: datetime) -> Taken:
    """Keep the receipts of a file. The same file, and the same receipt in another file, is kept once. Raises BankRefused for a file that is known."""
    scope = _opened(actor, org_id)
    prints = [one.print for one in lines]
    known: set[str] = set()
    for start in range(0, len(prints), _PART):
        rows = BankLine.objects.within(scope).filter(org_id=org_id, print__in=prints[start : start + _PART])
        known.update(rows.order_by("id").values_list("print", flat=True))
    fresh = [one for one in lines if one.print not in known]
    try:
        with transaction.atomic():
            file = BankFile.objects.within(scope).create(
                org_id=org_id, digest=digest, name=name[:200], lines=len(lines), known=len(lines) - len(fresh), faults=[[n, t[:200]] for n, t in faults[:200]],
                made_by=actor.name, made_at=at,
            )
            BankLine.objects.within(scope).bulk_create(
                [
                    BankLine(
                        org_id=org_id, file_id=file.pk, number=one.number, day=one.day, amount_fen=one.fen, payer=one.payer[:100], note=one.note[:200],
                        serial=one.serial[:60], print=one.print,
                    )
                    for one in fresh
                ],
                batch_size=500,
            )
    except IntegrityError as error:
        raise BankRefused("这个文件已经传过，没有再记一次。没有登记的都在下面") from error
    journal.write(
        actor, "bank.take_in", at=at, org_id=org_id, org_path=scope.paths[0], subject=("bank_file", file.pk), changes={"lines": len(fresh), "known": len(lines) - len(fresh)}
    )
    return Taken(file.pk, len(fresh), len(lines) - len(fresh))


@transaction.atomic
def mark_booked(actor: Actor, line_id: int, *, org_id: int, person_id: int, payment_id: int, at: datetime) -> None:
    """Note that a receipt was booked as a payment. Raises BankRefused when it is no longer open: whoever was first has booked it."""
    scope = _opened(actor, org_id)
    _move(scope, org_id, line_id, State.BOOKED, person_id=person_id, payment_id=payment_id, decided_by=actor.name, decided_at=at)
    journal.write(actor, "bank.book", at=at, org_id=org_id, org_path=scope.paths[0], subject=("bank_line", line_id), changes={"payment": payment_id})


@transaction.atomic
def set_aside(actor: Actor, line_id: int, *, org_id: int, why: str = "", at: datetime) -> None:
    """Note that a receipt is no dues; it stays listed with the reason."""
    scope = _opened(actor, org_id)
    _move(scope, org_id, line_id, State.ASIDE, why=why.strip()[:100], decided_by=actor.name, decided_at=at)
    journal.write(actor, "bank.set_aside", at=at, org_id=org_id, org_path=scope.paths[0], subject=("bank_line", line_id))


@transaction.atomic
def reopen(actor: Actor, line_id: int, *, org_id: int, at: datetime) -> None:
    """Put a receipt back among those that wait: set aside by mistake, or its payment was reversed (the caller has looked)."""
    scope = _opened(actor, org_id)
    _move(scope, org_id, line_id, State.OPEN, person_id=None, payment_id=None, why="", decided_by=actor.name, decided_at=at)
    journal.write(actor, "bank.reopen", at=at, org_id=org_id, org_path=scope.paths[0], subject=("bank_line", line_id))


def _move(scope: Scope, org_id: int, line_id: int, after: State, **columns: object) -> None:
    """Change the state of a receipt in one statement that finds it only in a state from which it may go there."""
    before = [s.value for s in State if may_follow(s, after)]
    if not BankLine.objects.within(scope).filter(pk=line_id, org_id=org_id, state__in=before).update(state=after.value, **columns):
        row = BankLine.objects.within(scope).filter(pk=line_id, org_id=org_id).first()
        if row is None:
            raise tree.NotFound("没有找到这笔到账")
        raise BankRefused("这笔到账刚刚有人办过了，请看过再办")
