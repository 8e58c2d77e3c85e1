"""Whose dues a receipt may be, and of which months: proposals with their reasons. A person decides; only what is beyond doubt may be confirmed in one go. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zhibu.areas.dues.rules import months_zh, yuan
from zhibu.exchange.bank.statement import BankLine
from zhibu.kernel.names import clean_name
from zhibu.kernel.periods import month_index

MOST_PROPOSALS = 3
_TAIL = 4  # digits of an identity number that a note must end or stand with


@dataclass(frozen=True, slots=True)
class Debtor:
    """A member as the receipts see him: number in full (it is compared, never shown), and what is unpaid, oldest month first, as (month, fen)."""

    person_id: int
    name: str
    id_no: str = ""
    owed: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whose a receipt may be, for which months, and why. exact: one person, and the sum is what he owes. months are empty when the sum fits nothing."""

    person_id: int
    name: str
    months: tuple[int, ...]
    reasons: tuple[str, ...]
    exact: bool = False


def propose(line: BankLine, debtors: Sequence[Debtor]) -> tuple[Proposal, ...]:
    """Give the members that a receipt may be from, the likeliest first; empty when nothing points to anybody."""
    named = {d.person_id: said for d in debtors if (said := _points_to(line, d, debtors))}
    found = [_proposal(line, d, named[d.person_id], alone=len(named) == 1) for d in debtors if d.person_id in named]
    if not found:
        found = [_by_sum(line, d) for d in debtors if settled_by(line, d)]
        found = found if len(found) <= MOST_PROPOSALS else []  # a sum that half the branch owes points to nobody
    return tuple(sorted(found, key=lambda p: (not p.exact, not p.months, -len(p.reasons)))[:MOST_PROPOSALS])


def settled_by(line: BankLine, debtor: Debtor) -> tuple[int, ...]:
    """Give the oldest unpaid months that the sum settles exactly; empty when it settles none so."""
    months: list[int] = []
    total = 0
    for month, fen in debtor.owed:
        if month > month_index(line.day):
            break
        months.append(month)
        total += fen
        if total == line.fen:
            return tuple(months)
        if total > line.fen:
            break
    return ()


def noted(line: BankLine) -> tuple[int, ...]:
    """Give the months that the note names: 11月, 9月至11月, 2026年9-11月; without a year the last ones before the receipt."""
    found = re.search(r"(?:(20\d{2})年)?(1[0-2]|0?[1-9])月?(?:(?:至|到|[-—~～])(1[0-2]|0?[1-9]))?月", line.note)
    if found is None:
        return ()
    first, last = int(found[2]), int(found[3] or found[2])
    year = int(found[1]) if found[1] else line.day.year - (last > line.day.month)
    return tuple(year * 12 + m - 1 for m in range(first, last + 1))


def _points_to(line: BankLine, debtor: Debtor, debtors: Sequence[Debtor]) -> tuple[str, ...]:
    """Say what in the receipt points to this member: the payer's name, the name in the note, the end of the identity number."""
    said: list[str] = []
    payer, note = clean_name(line.payer), clean_name(line.note)
    if payer == debtor.name:
        said.append("付款人就是本人的姓名")
    if len(debtor.name) >= 2 and _stands_in(debtor.name, note, debtors):
        said.append("附言里写着这个姓名")
    tail = debtor.id_no[-_TAIL:].upper()
    if len(tail) == _TAIL and any(part.endswith(tail) for part in re.findall(r"\d+X?", line.note.upper()) if len(part) in (4, 6, 18)):
        said.append("附言里的数字和身份证号末几位一样")
    return tuple(said)


def _stands_in(name: str, note: str, debtors: Sequence[Debtor]) -> bool:
    """Tell whether a name stands in a text and is not just part of a longer name of the list (王样 in 王样一)."""
    for longer in sorted((d.name for d in debtors if d.name != name and name in d.name), key=len, reverse=True):
        note = note.replace(longer, "\0")
    return name in note


def _proposal(line: BankLine, debtor: Debtor, said: tuple[str, ...], *, alone: bool) -> Proposal:
    written = noted(line)
    fits = bool(written) and sum(fen for m, fen in debtor.owed if m in written) == line.fen and set(written) <= {m for m, _ in debtor.owed}
    months = written if fits else settled_by(line, debtor)
    older = [m for m, _ in debtor.owed if months and m < months[0]]
    reasons = list(said)
    if not alone:
        reasons.append("还有别的党员也对得上，请核对")
    if written and not fits:
        reasons.append(f"附言写的是{months_zh(written)}，和没有交的月份对不上，请核对")
    if older:
        reasons.append(f"更早的{months_zh(older)}还没有交，请核对")
    if months:
        reasons.append(f"金额正好是{months_zh(months)}应交的 {yuan(line.fen)} 元")
    elif debtor.owed:
        total = sum(fen for _, fen in debtor.owed)
        reasons.append(f"金额和应交的对不上：{months_zh(m for m, _ in debtor.owed)}没有交，共 {yuan(total)} 元")
    else:
        reasons.append("没有查到未交的月份")
    return Proposal(debtor.person_id, debtor.name, months, tuple(reasons), exact=alone and bool(months) and not older and (fits or not written))


def _by_sum(line: BankLine, debtor: Debtor) -> Proposal:
    months = settled_by(line, debtor)
    return Proposal(debtor.person_id, debtor.name, months, (f"只有金额对得上：正好是{months_zh(months)}应交的 {yuan(line.fen)} 元，请核对是不是本人交的",))
