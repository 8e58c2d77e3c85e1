"""The letter of a transfer: issued, issued anew, brought anew from outside, printed. Raises what turns.py raises."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.tree.models import Organisation
from zhibu.kernel.dates import show

from . import queries, rules
from .models import Transfer
from .rules import Kind, Move, Validity
from .standards import standards
from .turns import Turn, ensure, plain, turn_of

NO_LETTER = "介绍信由开信的党委打印"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to be issued. reach: rule, in_city, outside, or days (typed)."""

    issued_on: date
    reach: str = "rule"
    days: int | None = None
    paid_to: date | None = None
    approval: str = ""
    number: str = ""


REACHES = {"rule": "按规定", "in_city": "市内", "outside": "市外", "days": "另定天数"}


def last_day(org_id: int, letter: Letter) -> tuple[date, date]:
    """Give the last day of a letter and the latest that the rules of the organisation allow."""
    held = standards(org_id, letter.issued_on)
    wanted = {"in_city": held.in_city, "outside": held.outside, "days": Validity(None, letter.days)}.get(letter.reach, held.validity)
    if letter.reach == "days" and letter.days is None:
        raise PeopleError("", "请写有效期是多少天", "days")
    return wanted.until(letter.issued_on), held.validity.until(letter.issued_on)


@transaction.atomic
def issue(actor: Actor, transfer_id: int, letter: Letter, *, version: int, at: datetime) -> None:
    """Issue the letter: from now on the member is under way and still counts at the old branch."""
    turn = turn_of(actor, transfer_id, Move.ISSUE, version, at)
    _write_letter(turn, letter)
    turn.done(letter.issued_on, _said(turn.row))


@transaction.atomic
def reissue(actor: Actor, transfer_id: int, letter: Letter, *, reason: str, version: int, at: datetime) -> None:
    """Issue a new letter instead of one that expired, was lost or came back; for a letter from outside enter the new one."""
    turn = turn_of(actor, transfer_id, Move.REISSUE, version, at)
    ensure(rules.needs_reason(reason, "重开"), "reason")
    if turn.row.kind == Kind.PAPER_IN:
        raise PeopleError("E008", "系统外的新介绍信请按信上的日期登记", "valid_until")
    _write_letter(turn, letter)
    turn.row.returned_on = None
    turn.done(letter.issued_on, f"{plain(reason, 100)}；{_said(turn.row)}")


@transaction.atomic
def bring_again(actor: Actor, transfer_id: int, *, letter_no: str, issued_on: date, valid_until: date, reason: str, version: int, at: datetime) -> None:
    """Enter the new letter that the committee outside issued after the first one expired or was returned."""
    turn = turn_of(actor, transfer_id, Move.REISSUE, version, at)
    ensure(rules.needs_reason(reason, "重开"), "reason")
    if not letter_no.strip():
        raise PeopleError("E008", "请写新介绍信的编号", "letter_no")
    if issued_on > turn.today:
        raise PeopleError("E001", f"开信日期{show(issued_on)}晚于今天，请核对介绍信", "issued_on")
    ensure(rules.check_days(issued_on, valid_until), "valid_until")
    turn.row.letter_no, turn.row.issued_on, turn.row.valid_until, turn.row.returned_on = plain(letter_no, 40), issued_on, valid_until, None
    turn.done(issued_on, f"{plain(reason, 100)}；第{turn.row.letter_no}号，有效到{show(valid_until)}")


def _said(row: Transfer) -> str:
    return f"第{row.letter_no}号，有效到{show(row.valid_until)}，党费交到{row.paid_to.year}年{row.paid_to.month}月" if row.paid_to else f"第{row.letter_no}号"


def _write_letter(turn: Turn, letter: Letter) -> None:
    row = turn.row
    until, longest = last_day(row.org_id, letter)
    paid_to = letter.paid_to or row.paid_to
    cases = queries.open_cases(Scope((turn.view.from_path,)), row.person_id or 0)
    approval = plain(letter.approval, 100) or row.approval
    decision = rules.may_issue(
        paid_to=paid_to, applied_on=row.applied_on, issued_on=letter.issued_on, valid_until=until, longest=longest, open_cases=cases, approval=approval, today=turn.today,
    )
    field = "approval" if decision.code == "E049" else "paid_to" if decision.code == "E008" else "days" if until > longest or until < letter.issued_on else "issued_on"
    ensure(decision, field)
    if not people.is_member(Scope((turn.view.from_path,)), row.person_id or 0):
        raise PeopleError("E045", f"{row.name}的组织关系已经不在“{turn.view.from_name}”，不能开介绍信。请撤销这件转接")
    row.paid_to, row.approval, row.issued_on, row.valid_until = paid_to, approval, letter.issued_on, until
    row.letter_year, row.letter_seq = letter.issued_on.year, None
    row.letter_no = plain(letter.number, 40) or _number(turn)


def _number(turn: Turn) -> str:
    """Take the next number of the committee's year. The row of the committee is locked, so two letters at once do not get one number."""
    row = turn.row
    Organisation.objects.select_for_update().get(pk=row.out_committee_id or 0)
    known = Transfer.objects.within(Scope((turn.view.from_committee_path,))).filter(out_committee_id=row.out_committee_id, letter_year=row.letter_year)
    row.letter_seq = (known.aggregate(most=Max("letter_seq"))["most"] or 0) + 1
    return f"{row.letter_seq:04d}"


def note_paper(actor: Actor, transfer_id: int, *, made_as: str, at: datetime) -> tuple[str, str]:
    """Leave a line for a letter that is printed or taken away, and give ID number and phone for it: a look with a purpose (trust.md G4)."""
    view = queries.transfer(actor.scope(Permission.TRANSFER_DECIDE), transfer_id)
    if not actor.may(Permission.TRANSFER_DECIDE, view.from_committee_path or "~"):
        raise Refused(NO_LETTER)
    numbers = people_actions.reveal_branch(
        actor, view.from_id or 0, [view.person_id or 0], purpose=f"打印组织关系介绍信第{view.letter_no}号", at=at, permission=Permission.TRANSFER_DECIDE,
    ) if people.is_member(Scope((view.from_path,)), view.person_id or 0) else {}
    with transaction.atomic():
        journal.write(
            actor, "transfers.paper", at=at, org_id=view.from_id, org_path=view.from_path, subject=("transfer", transfer_id), changes={"as": made_as, "no": view.letter_no},
        )
    return numbers.get(view.person_id or 0, ("", ""))
