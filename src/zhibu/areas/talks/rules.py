"""Talks 谈心谈话 (S13) and contact persons 联系群众 (S18): coverage, days by which a talk is due, and what an entry must keep to. Pure.

How many days, how often and which relations count are values of rule sets; nothing here knows a number.
"""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations
from math import comb

from zhibu.ground.policy.spec import LifeRule
from zhibu.kernel.coverage import check_part
from zhibu.kernel.numbers import percent
from zhibu.kernel.periods import Span, Window, existed_whole
from zhibu.kernel.result import YES, Decision, first_refusal, refuse


class Relation(StrEnum):
    """Who talks with whom; the first three are the relations that a rule set may ask for (cn-branch-2018, life.talk)."""

    COMMITTEE_PAIR = "committee_pair"
    COMMITTEE_MEMBER = "committee_member"
    MEMBER_MEMBER = "member_member"
    SUPERIOR_MEMBER = "superior_member"


class Trigger(StrEnum):
    """What a talk is about: routine, one of the five kinds (五必谈), or a step of another procedure. Kept with the text, never in the ledger."""

    ROUTINE = "routine"
    ACHIEVEMENT = "achievement"
    SETBACK = "setback"
    HARDSHIP = "hardship"
    CONFLICT = "conflict"
    TENDENCY = "tendency"
    BEFORE_MEETING = "before_meeting"
    ARREARS = "arrears"
    RECTIFICATION = "rectification"


class Purpose(StrEnum):
    """Why a member keeps in contact with somebody. No grading of what people think: the seed's third label is left out (rules.md S18)."""

    ACTIVIST = "activist"
    HARDSHIP_MASSES = "hardship_masses"
    OTHER = "other"


RELATION_ZH = {
    Relation.COMMITTEE_PAIR: "班子成员之间", Relation.COMMITTEE_MEMBER: "班子成员与党员", Relation.MEMBER_MEMBER: "党员之间", Relation.SUPERIOR_MEMBER: "上级同志与党员",
}
TRIGGER_ZH = {
    Trigger.ROUTINE: "日常谈心", Trigger.ACHIEVEMENT: "取得突出成绩", Trigger.SETBACK: "工作失误或相对落后", Trigger.HARDSHIP: "遇到生活困难",
    Trigger.CONFLICT: "发生摩擦矛盾", Trigger.TENDENCY: "需要提个醒", Trigger.BEFORE_MEETING: "组织生活会前谈话", Trigger.ARREARS: "党费欠交提醒", Trigger.RECTIFICATION: "督促改正",
}
PURPOSE_ZH = {Purpose.ACTIVIST: "入党积极分子", Purpose.HARDSHIP_MASSES: "困难、伤病职工群众", Purpose.OTHER: "其他联系对象"}
#: the five kinds of events after which somebody must be talked with (S13)
MUST = (Trigger.ACHIEVEMENT, Trigger.SETBACK, Trigger.HARDSHIP, Trigger.CONFLICT, Trigger.TENDENCY)
COUNTED = (Relation.COMMITTEE_PAIR, Relation.COMMITTEE_MEMBER, Relation.MEMBER_MEMBER)

# ---------------------------------------------------------------- coverage of a year


@dataclass(frozen=True, slots=True)
class Counts:
    """What the three shares of a year are made of: pairs of the committee, ordinary members, all members."""

    committee: int = 0
    pairs_done: int = 0
    ordinary: int = 0
    reached: int = 0
    members: int = 0
    mutual: int = 0

    @property
    def pairs(self) -> int:
        """Give C(k, 2): how many pairs a committee of k has."""
        return comb(self.committee, 2)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Percentages as text ("-" where nobody is counted). violation: V10. refusal: YES, or E043 and then no percentages."""

    committee_pairs: str = "-"
    ordinary_rate: str = "-"
    member_rate: str = "-"
    violation: bool = False
    refusal: Decision = YES


def coverage(counts: Counts, relations: Collection[str] = COUNTED) -> Coverage:
    """Compute (a) pairs of the committee, (b) ordinary members reached by the committee, (c) members who talked with another one.

    Exact: a violation (V10) is any counted share that is not whole, however it would be rounded. `relations`: those the rule set asks for.
    """
    parts = ((counts.pairs_done, counts.pairs), (counts.reached, counts.ordinary), (counts.mutual, counts.members))
    words = (("谈过的班子成员对数", "班子成员对数"), ("谈到的普通党员", "普通党员人数"), ("互相谈过的党员", "党员人数"))
    refusal = first_refusal(check_part(part, whole, *said) for (part, whole), said in zip(parts, words, strict=True))
    if not refusal.ok:
        return Coverage(refusal=refusal)
    short = any(part < whole for (part, whole), relation in zip(parts, COUNTED, strict=True) if relation in relations)
    pairs, ordinary, members = (percent(part, whole) for part, whole in parts)
    return Coverage(pairs, ordinary, members, short)


@dataclass(frozen=True, slots=True)
class Year:
    """The counts of a branch and a year, and who is still missing."""

    counts: Counts
    pairs: tuple[tuple[int, int], ...] = ()
    ordinary: tuple[int, ...] = ()
    members: tuple[int, ...] = ()


def count(committee: Sequence[int], members: Sequence[int], talks: Iterable[tuple[int, int]], least: int = 1) -> Year:
    """Count the talks of a year (talker, talkee; the direction does not matter) among those who are members now.

    `least`: how often the rule set asks for each. Missing persons come in the order in which they were given.
    """
    seated, there = frozenset(committee), frozenset(members)
    pairs: Counter[tuple[int, int]] = Counter()
    by_committee: Counter[int] = Counter()
    by_anyone: Counter[int] = Counter()
    for one, other in talks:
        if one == other or not {one, other} <= there:
            continue
        by_anyone.update((one, other))
        inside = {one, other} & seated
        if len(inside) == 2:
            pairs[min(one, other), max(one, other)] += 1
        elif inside:
            by_committee.update({one, other} - seated)
    ordinary = [m for m in members if m not in seated]
    no_pair = tuple((a, b) for a, b in combinations([c for c in committee if c in there], 2) if pairs[min(a, b), max(a, b)] < least)
    no_committee = tuple(m for m in ordinary if by_committee[m] < least)
    nobody = tuple(m for m in members if by_anyone[m] < least)
    sitting = len(seated & there)
    counts = Counts(sitting, comb(sitting, 2) - len(no_pair), len(ordinary), len(ordinary) - len(no_committee), len(members), len(members) - len(nobody))
    return Year(counts, no_pair, no_committee, nobody)


def asked(rule: LifeRule | None) -> tuple[tuple[str, ...], int]:
    """Give the relations that a rule asks for by the year, and how often; none where talks are a habit (经常) or not named."""
    if rule is None or rule.window != "year" or not rule.minimum or rule.by:
        return (), 1
    return rule.relations or tuple(str(one) for one in COUNTED), rule.minimum


def relation(talker: int | None, talkee: int, committee: Collection[int]) -> Relation:
    """Derive the relation: by who sits in the committee on the day; a talker from above has no number here."""
    if talker is None:
        return Relation.SUPERIOR_MEMBER
    seated = (talker in committee) + (talkee in committee)
    return (Relation.MEMBER_MEMBER, Relation.COMMITTEE_MEMBER, Relation.COMMITTEE_PAIR)[seated]


# ---------------------------------------------------------------- five must-talk


def due_on(event_on: date, days: int) -> date:
    """Give the last day on which a talk after an event is in time."""
    return event_on + timedelta(days=days)


def closed_on(event_on: date, person_id: int, talks: Iterable[tuple[int, date]]) -> date | None:
    """Give the first day on which somebody talked with the member, on the day of the event or after it. Talks are (talkee, day)."""
    return min((day for talkee, day in talks if talkee == person_id and day >= event_on), default=None)


# ---------------------------------------------------------------- contact persons


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as far as counting needs it."""

    id: int
    member_id: int
    span: Span


@dataclass(frozen=True, slots=True)
class ContactWindow:
    """A window of contact talks: how many contacts are due in it, how many have enough talks, and which do not."""

    due: int = 0
    done: int = 0
    missing: tuple[int, ...] = field(default=())

    @property
    def rate(self) -> str:
        """Give the share of contacts with enough talks."""
        return percent(self.done, self.due)


def contact_window(contacts: Iterable[Contact], talks: Iterable[tuple[int, date]], window: Window, least: int) -> ContactWindow:
    """Count a window: a contact is due in it when it was kept on the first and on the last day. Talks are (contact, day)."""
    had = Counter(contact for contact, day in talks if window.covers(day))
    due = [c for c in contacts if existed_whole([c.span], window)]
    missing = tuple(c.id for c in due if had[c.id] < least)
    return ContactWindow(len(due), len(due) - len(missing), missing)


NAME = re.compile(r"[\u3400-\u9fff·]{2,20}|[A-Za-z][A-Za-z .·]{1,29}")


def check_contact_name(text: str) -> Decision:
    """Accept a name and nothing else: of people who are no members the product keeps a name and a purpose (E040)."""
    if not text:
        return refuse("E054", "请写联系对象的姓名")
    if not NAME.fullmatch(text):
        return refuse("E040", "这里只写姓名。身份证号、电话、住址、信仰和对人的评价都不要写进来")
    return YES
