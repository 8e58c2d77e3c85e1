"""Members away from their branch (外出、流动、失联): when they must be transferred, contacted, suspended. Pure: no database, no clock.

Days and periods come from rule sets; here they are only counted. Nothing here changes what a member is. Source: rules.md S12, S30, §15.
"""
from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from zhibu.kernel.dates import show
from zhibu.kernel.periods import Window, WindowKind, add_months, add_years, window_of
from zhibu.kernel.result import YES, Decision, first_refusal, refuse, warn


class Purpose(StrEnum):
    """Why a member is away."""

    WORK = "work"
    STUDY = "study"
    RESIDENCE = "residence"
    GRADUATE = "graduate"
    ABROAD_STUDY = "abroad_study"
    ABROAD = "abroad"
    OTHER = "other"


PURPOSE_ZH: Mapping[Purpose, str] = {
    Purpose.WORK: "务工经商", Purpose.STUDY: "外出学习", Purpose.RESIDENCE: "外地居住", Purpose.GRADUATE: "毕业后暂留", Purpose.ABROAD_STUDY: "出国（境）学习",
    Purpose.ABROAD: "出国（境）", Purpose.OTHER: "其他外出",
}
ABROAD = frozenset({Purpose.ABROAD_STUDY, Purpose.ABROAD})


class Note(StrEnum):
    """What is noted in a floating record: contact, and the two certificates of the host branch."""

    CONTACT = "contact"
    APPRAISAL = "appraisal"
    DUES = "dues"


NOTE_ZH: Mapping[Note, str] = {Note.CONTACT: "联系", Note.APPRAISAL: "评议证明", Note.DUES: "党费证明"}


class Direction(StrEnum):
    """Whose register a floating record belongs to."""

    OUT = "out"
    IN = "in"


DIRECTION_ZH: Mapping[Direction, str] = {Direction.OUT: "流出", Direction.IN: "流入"}


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers of the rule sets that hold for a branch, with the clause of each by name."""

    transfer_months: int            # away that long: the relation must be transferred
    graduate_years: int
    abroad_study_years: int
    lost_months: int
    removal_years: int
    leave_months: int
    receipt_months: int
    expiring_days: int
    contact: WindowKind
    abroad_contact: WindowKind
    clauses: Mapping[str, str]


def transfer_due(purpose: Purpose, from_on: date, terms: Terms) -> date | None:
    """Give the day from which somebody away counts as not transferred in time; None abroad, where there is no branch to go to."""
    if purpose in ABROAD:
        return None
    if purpose is Purpose.GRADUATE:
        return add_years(from_on, terms.graduate_years)
    return add_months(from_on, terms.transfer_months)


def long_enough(from_on: date, until_on: date | None, months: int) -> Decision:
    """Warn that a stay shorter than the rule's months is 临时外出, no floating; it may be registered all the same."""
    if until_on is not None and until_on < add_months(from_on, months):
        return warn("", f"外出不满 {months} 个月，算临时外出，开党员证明信就可以。已按流动党员登记，不合适请结束这条登记")
    return YES


def check_stay(from_on: date, until_on: date | None, today: date) -> Decision:
    """Check the days of a stay: E001 begun in the future, E002 the end before the beginning."""
    return first_refusal(d for d in (
        refuse("E001", f"外出日期{show(from_on)}晚于今天，请改成今天或以前的日期") if from_on > today else YES,
        refuse("E002", f"预计返回{show(until_on)}早于外出日期{show(from_on)}，请核对") if until_on is not None and until_on < from_on else YES,
    ))


def check_event(on: date, from_on: date, what: str, today: date) -> Decision:
    """Check the day of something within a stay: E001 in the future, E002 before the stay began."""
    return first_refusal(d for d in (
        refuse("E001", f"{what}{show(on)}晚于今天，请改成今天或以前的日期") if on > today else YES,
        refuse("E002", f"{what}{show(on)}早于外出日期{show(from_on)}，请核对") if on < from_on else YES,
    ))


def leave_until(from_on: date, months: int) -> date:
    """Give the last day a temporary certificate may name."""
    return add_months(from_on, months)


def check_leave(from_on: date, to_on: date, months: int) -> Decision:
    """Check a temporary certificate (党员证明信): E002, and not longer than the rule allows."""
    if to_on < from_on:
        return refuse("E002", f"返回日期{show(to_on)}早于外出日期{show(from_on)}，请核对")
    if to_on > leave_until(from_on, months):
        return refuse("", f"党员证明信最长 {months} 个月，到{show(leave_until(from_on, months))}为止。时间更长的，请登记流动党员或转组织关系")
    return YES


def contact_window(purpose: Purpose, terms: Terms) -> WindowKind:
    """Give how often somebody away is contacted: abroad by the rule for abroad."""
    return terms.abroad_contact if purpose in ABROAD else terms.contact


def closed_last(kind: WindowKind, today: date) -> Window:
    """Give the window that closed last."""
    return window_of(kind, window_of(kind, today).first - timedelta(days=1))


def contact_missing(kind: WindowKind, from_on: date, contacts: Collection[date], today: date) -> tuple[Window, ...]:
    """List the closed windows that lie wholly within the stay and have no contact; at most the last twelve, oldest first."""
    found: list[Window] = []
    window = closed_last(kind, today)
    while window.first >= from_on and len(found) < 12:
        if not any(window.covers(day) for day in contacts):
            found.append(window)
        window = window_of(kind, window.first - timedelta(days=1))
        if today.year - window.year > 1:
            break
    return tuple(reversed(found))


def contact_due(kind: WindowKind, contacts: Collection[date], today: date) -> date | None:
    """Give the last day of the running window while nobody was contacted in it, else None."""
    window = window_of(kind, today)
    return None if any(window.covers(day) for day in contacts) else window.last


def suspend_from(lost_on: date, months: int) -> date:
    """Give the day from which 停止党籍 can be asked for somebody whose contact was lost and who was searched for."""
    return add_months(lost_on, months)


def removal_from(suspended_on: date, years: int) -> date:
    """Give the day from which the removal procedure can be begun. It is a procedure of the branch, never a consequence."""
    return add_years(suspended_on, years)


class Ground(StrEnum):
    """Why 停止党籍 is asked for."""

    LOST = "lost"
    SETTLED = "settled"
    STUDY = "study"


GROUND_ZH: Mapping[Ground, str] = {Ground.LOST: "失去联系", Ground.SETTLED: "出国（境）定居", Ground.STUDY: "出国（境）学习超过年限"}


def may_ask_suspension(ground: Ground, since: date, search: str, terms: Terms, today: date) -> Decision:
    """Check a request for 停止党籍: E001; before the months or years of the rule are over; E054 without what was done to find the member."""
    ready = {
        Ground.LOST: suspend_from(since, terms.lost_months), Ground.SETTLED: since, Ground.STUDY: add_years(since, terms.abroad_study_years),
    }[ground]
    return first_refusal(d for d in (
        refuse("E001", f"起算日期{show(since)}晚于今天，请改成今天或以前的日期") if since > today else YES,
        YES if today >= ready else refuse("", f"{GROUND_ZH[ground]}的时间还不够，{show(ready)}起才能报。在这以前请继续查找、联系"),
        YES if len(search.strip()) >= 2 else refuse("E054", "请写明查找、联系的经过：什么时候、找过谁、怎么找的"),
    ))
