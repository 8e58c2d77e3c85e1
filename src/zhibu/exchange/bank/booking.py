"""From a bank's file to payments: take it in, propose whose each receipt is, book what a person confirms. Receipt and payment are one transaction."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from zhibu.areas.bank import actions as bank
from zhibu.areas.bank import queries as receipts
from zhibu.areas.bank.actions import BankRefused as BankRefused  # faces meet it here
from zhibu.areas.bank.actions import NewLine, Taken
from zhibu.areas.bank.queries import LineView
from zhibu.areas.bank.rules import State
from zhibu.areas.dues import paper, paying
from zhibu.areas.dues.reach import DuesRefused as DuesRefused  # faces meet it here
from zhibu.areas.dues.rules import Method
from zhibu.exchange.bank import statement
from zhibu.exchange.bank.matching import Debtor, Proposal, propose
from zhibu.exchange.bank.statement import BankLine, Statement
from zhibu.exchange.intake.grid import Book
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Compartment, Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import headings
from zhibu.ground.people import queries as people
from zhibu.ground.people.sheets import sheets
from zhibu.ground.tree import queries as tree

TABLE = "bank_file"  # under this name an organisation's headings are remembered


@dataclass(frozen=True, slots=True)
class Waiting:
    """A receipt that waits, with whose it may be."""

    line: LineView
    proposals: tuple[Proposal, ...]

    @property
    def exact(self) -> Proposal | None:
        """Give the proposal that is beyond doubt."""
        return next((p for p in self.proposals if p.exact), None)


@dataclass(frozen=True, slots=True)
class Booked:
    """What confirming all exact ones came to."""

    booked: int
    refused: tuple[str, ...] = ()


def scope_of(actor: Actor, org_id: int) -> Scope:
    """Give the scope of an organisation's receipts; the right to write dues is asked, and that its grant opens 收入."""
    path = tree.path_of(org_id)
    actor.require(Permission.DUES_WRITE, path)
    found = actor.scope(Permission.DUES_WRITE).narrowed(path)
    if not found.opens(Compartment.INCOME, path):
        raise Refused("您的账号看不到个人党费，请找支部书记或党费管理员")
    return found


def learnt(scope: Scope, org_id: int) -> Mapping[str, str]:
    """Give the headings that an organisation has told its bank's columns by."""
    return headings.learnt(Scope(scope.paths), org_id).get(TABLE, {})


@transaction.atomic
def take_in(actor: Actor, org_id: int, *, name: str, data: bytes, book: Book, told: Mapping[str, str], at: datetime) -> tuple[Statement, Taken | None]:
    """Keep the receipts of a file. told: heading → field, as the form says it; remembered for the organisation. None: a needed column was not found.

    Raises Refused of the grid for a file without a table, BankRefused for a file that is known already or holds nothing."""
    scope = scope_of(actor, org_id)
    path = tree.path_of(org_id)
    found = statement.read(book, localdate(at), {**learnt(scope, org_id), **told})
    if not found.readable:
        return found, None
    print_of = statement.digest(data)
    if (before := receipts.taken_in(scope, org_id, print_of)) is not None:
        raise BankRefused(f"这个文件 {localdate(before.made_at).month}月{localdate(before.made_at).day}日已经传过（{before.name[:60]}），没有再记一次。没有登记的都在下面")
    if not found.lines and not found.faults:
        raise BankRefused("文件里没有收到的款项，请核对是不是选错了文件")
    if told:
        headings.remember(actor, org_id=org_id, org_path=path, table=TABLE, headings=dict(told), right=Permission.DUES_WRITE)
    lines = [NewLine(x.number, x.day, x.fen, x.payer, x.note, x.serial, x.print) for x in found.lines]
    return found, bank.take_in(actor, org_id, name=name, digest=print_of, lines=lines, faults=[(f.number, f.text) for f in found.faults], at=at)


def debtors(scope: Scope, org_id: int, at: datetime) -> list[Debtor]:
    """Give the members of an organisation with what they have not paid."""
    plain = Scope(scope.paths)
    owed = paper.unpaid(scope, org_id)
    roll = {e.person_id: e.name for e in people.roll(plain, org_id, localdate(at))}
    numbers = {pk: s.id_no for pk, s in sheets(plain, roll).items()}
    return [Debtor(pk, name, numbers.get(pk, ""), owed.get(pk, ())) for pk, name in roll.items()]


def waiting(scope: Scope, org_id: int, at: datetime) -> list[Waiting]:
    """List the receipts that wait, each with its proposals. Of two receipts that would settle the same months only the first is beyond doubt."""
    members = {d.person_id: d for d in debtors(scope, org_id, at)}
    found = []
    for line in receipts.lines(scope, org_id):
        proposals = propose(_as_read(line), list(members.values()))
        exact = next((p for p in proposals if p.exact), None)
        if exact is not None:
            one = members[exact.person_id]
            members[exact.person_id] = Debtor(one.person_id, one.name, one.id_no, tuple(m for m in one.owed if m[0] not in exact.months))
        found.append(Waiting(line, proposals))
    return found


@transaction.atomic
def confirm(actor: Actor, line_id: int, *, org_id: int, person_id: int, months: Sequence[int], at: datetime) -> int:
    """Book a receipt as the dues of a member for some months; the sum must be what is due for them. Returns the payment's id.

    Raises BankRefused when somebody else was faster, DuesRefused as `paying.pay`. Nothing is written then."""
    scope = scope_of(actor, org_id)
    line = receipts.line(scope, line_id)
    if line.org_id != org_id:
        raise tree.NotFound("没有找到这笔到账")
    if line.state != State.OPEN:
        raise BankRefused("这笔到账刚刚有人办过了，请看过再办")
    if not months:
        raise BankRefused("这笔的金额和应交的对不上，不能在这里登记。请到收缴里分月登记，再回来把它放到一边")
    name = people.names_of(Scope(scope.paths), [person_id]).get(person_id, "")
    payer = line.payer if line.payer != name else ""
    paid = paying.pay(actor, org_id, person_id, months, paid_on=line.day, method=Method.BANK, payer=payer, expected=line.fen, at=at)
    bank.mark_booked(actor, line_id, org_id=org_id, person_id=person_id, payment_id=paid.payment_id, at=at)
    return paid.payment_id


def confirm_exact(actor: Actor, org_id: int, line_ids: Sequence[int], *, at: datetime) -> Booked:
    """Book those of the named receipts that are beyond doubt now, each by itself: one that is refused holds up no other."""
    scope = scope_of(actor, org_id)
    wanted, booked, refused = set(line_ids), 0, []
    for one in waiting(scope, org_id, at):
        exact = one.exact
        if one.line.id not in wanted or exact is None:
            continue
        try:
            confirm(actor, one.line.id, org_id=org_id, person_id=exact.person_id, months=exact.months, at=at)
            booked += 1
        except (BankRefused, DuesRefused) as error:
            refused.append(f"{one.line.day.month}月{one.line.day.day}日 {exact.name}：{error.reason}")
    return Booked(booked, tuple(refused))


@transaction.atomic
def reopen(actor: Actor, line_id: int, *, org_id: int, at: datetime) -> None:
    """Put a receipt back among those that wait: one set aside, or one whose payment was reversed since. Raises BankRefused for any other."""
    scope = scope_of(actor, org_id)
    line = receipts.line(scope, line_id)
    if line.state == State.BOOKED and line.payment_id is not None and not paper.payment(scope, line.payment_id).reversed:
        raise BankRefused("这笔已经登记了交费。登记错了的，先在收缴里冲正那一笔，再回来重新打开")
    bank.reopen(actor, line_id, org_id=org_id, at=at)


def _as_read(line: LineView) -> BankLine:
    return BankLine(line.number, line.day, line.fen, line.payer, line.note)
