"""学时: what an activity or a course is worth, what a member must reach, who is behind. Pure functions; hours are counted in tenths.

Source: rules.md S17, §7 (family ``education``), §10 (V11). Hours come from meetings held and from courses attended, never from reading time.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import cast

from zhibu.ground.policy.resolve import Effective
from zhibu.kernel.periods import add_months
from zhibu.kernel.result import Decision, refuse

TENTHS = 10
HALF = 5
DAY_TENTHS = 24 * TENTHS


class Kind(StrEnum):
    """How the hours were earned."""

    CENTRAL = "central"
    LECTURE = "lecture"
    THEME_DAY = "theme_day"
    ONLINE = "online"
    SELF_STUDY = "self_study"


KIND_ZH: dict[str, str] = {
    Kind.CENTRAL: "集中培训", Kind.LECTURE: "党课", Kind.THEME_DAY: "主题党日", Kind.ONLINE: "网络培训", Kind.SELF_STUDY: "自学",
}


class Unit(StrEnum):
    """In what a course is measured."""

    FULL_DAY = "full_day"
    HALF_DAY = "half_day"
    HOUR = "hour"


UNIT_ZH: dict[str, str] = {Unit.FULL_DAY: "全天", Unit.HALF_DAY: "半天", Unit.HOUR: "学时"}


class NoteKind(StrEnum):
    """What a member wrote; it is kept by date and title and never measured."""

    ESSAY = "essay"
    STUDY_NOTE = "study_note"


NOTE_ZH: dict[str, str] = {NoteKind.ESSAY: "学习心得", NoteKind.STUDY_NOTE: "自学笔记"}


def converted(rule: Effective, unit: str, amount: Decimal) -> int:
    """Turn days, half days or hours into tenths of an hour, by the rule set (full day 8, half day 4, hour 1)."""
    each = {Unit.FULL_DAY.value: "education.hours_full_day", Unit.HALF_DAY.value: "education.hours_half_day"}.get(unit)
    worth = cast(int, rule.value(each)) if each else 1
    return int(amount * worth * TENTHS)


def meeting_tenths(rule: Effective, kinds: Iterable[str], lecture: Decimal | None, start: time | None, end: time | None) -> int:
    """Give what a meeting is worth to everybody who was there: nothing unless it was a lecture or a theme day, and once, however many kinds it had.

    A lecture is worth the hours written down; a theme day its time in whole half hours, at most a full day, or what the conventions say where no
    time was written. A theme day with a lecture is worth the greater of the two. Source: S17, ux.md §5.3.
    """
    held = set(kinds)
    worth = 0
    said = int(lecture * TENTHS) if lecture is not None else None
    if Kind.LECTURE in held and said is not None:
        worth = said
    if Kind.THEME_DAY in held or (Kind.LECTURE in held and said is None):
        worth = max(worth, _lasted(rule, start, end))
    return min(worth, cast(int, rule.value("education.hours_full_day")) * TENTHS)


def _lasted(rule: Effective, start: time | None, end: time | None) -> int:
    if start is None or end is None or end <= start:
        return cast(int, rule.value("education.hours_not_said")) * TENTHS
    minutes = end.hour * 60 + end.minute - start.hour * 60 - start.minute
    return minutes // 30 * HALF


def made_up_tenths(rule: Effective, kinds: Iterable[str], lecture: Decimal | None, start: time | None, end: time | None) -> int:
    """Give what a missed meeting is worth to who made up for it: of the kinds that can be made up for (党课) what it would have been worth.

    Source: S17 (shift workers flexible); a theme day is kept by being there.
    """
    open_to = cast("tuple[str, ...]", rule.value("education.made_up_kinds"))
    return meeting_tenths(rule, [k for k in kinds if k in open_to], lecture, start, end)


def visit_tenths(rule: Effective) -> int:
    """Give what attending elsewhere is worth: nobody wrote its hours down, so what the conventions say; a certificate says more."""
    return cast(int, rule.value("education.hours_not_said")) * TENTHS


@dataclass(frozen=True, slots=True)
class Target:
    """What a member must reach in a year: hours, and days of collective education where the set in force asks for days. Tenths of an hour."""

    hours: int
    days: int
    day_hours: int
    officer: bool
    clause: str
    days_clause: str = ""

    @property
    def tenths(self) -> int:
        """Give the hours to reach: the greater of the hours and of the days turned into hours."""
        return max(self.hours, self.days * self.day_hours) * TENTHS

    @property
    def said(self) -> str:
        """Say the target."""
        text = f"每年不少于 {self.hours} 学时" + ("（书记和班子成员）" if self.officer else "")
        return text + (f"，集中教育不少于 {self.days} 天（每天 {self.day_hours} 学时）" if self.days else "")


def target(rule: Effective, officer: bool) -> Target:
    """Give a member's target. Raises UndefinedValue (E055) on days before any set was in force."""
    return rule.derived(("training.target", officer), lambda: _target(rule, officer))


def _target(rule: Effective, officer: bool) -> Target:
    key = "education.secretary_hours" if officer else "education.hours"
    days = "education.days_per_year"
    has = rule.has(days)
    return Target(
        cast(int, rule.value(key)), cast(int, rule.value(days)) if has else 0, cast(int, rule.value("education.hours_full_day")), officer,
        rule.get(key).clause, rule.get(days).clause if has else "",
    )


@dataclass(frozen=True, slots=True)
class Pace:
    """How far the hours of a member are on a day of the year."""

    reached: bool
    behind: bool   # the check day has come and the share of the target is not reached
    short: bool    # the year is over and the target was not reached (V11)
    missing: int   # tenths


def pace(rule: Effective, wanted: Target, tenths: int, year: int, today: date) -> Pace:
    """Judge the hours of a year as of a day, exactly: tenths × 100 against target × percent."""
    over, looked_at, percent = rule.derived(
        ("training.pace", year, today), lambda: (today > date(year, 12, 31), today >= pace_day(rule, year), cast(int, rule.value("education.pace_percent"))),
    )
    goal = wanted.tenths
    reached = tenths >= goal
    return Pace(reached, not over and looked_at and tenths * 100 < goal * percent, over and not reached, max(0, goal - tenths))


def pace_day(rule: Effective, year: int) -> date:
    """Give the day on which the pace is looked at (30 September)."""
    month, day = (int(part) for part in cast(str, rule.value("education.pace_on")).split("-"))
    return date(year, month, day)


def counts(rule: Effective, kind: str) -> bool:
    """Tell whether hours of this kind count towards the target (集中学习培训)."""
    return kind in cast("tuple[str, ...]", rule.value("education.counted_kinds"))


@dataclass(frozen=True, slots=True)
class Central:
    """Whether a secretary had the central training: by when, and whether that day has passed."""

    done: bool
    due_on: date
    overdue: bool
    new: bool
    said: str
    clause: str


def central(rule: Effective, since: date, trained: Iterable[date], year: int, today: date) -> Central:
    """Judge the central training of a secretary in a year.

    Whoever took office less than half a year ago and has had none since has half a year for it; otherwise once every so many calendar years (1 by
    the national plan, 3 under seed 004e), by 31 December of the year that ends the span. Source: S17.
    """
    days = sorted(trained)
    if rule.has("education.new_secretary_months"):
        months = cast(int, rule.value("education.new_secretary_months"))
        by = add_months(since, months)
        if since <= date(year, 12, 31) and by >= date(year, 1, 1) and not any(since <= d for d in days):
            clause = rule.get("education.new_secretary_months").clause
            return Central(False, by, today > by, True, f"新任书记{months}个月内参加集中培训", clause)
    if not rule.has("education.secretary_training_every_years"):
        return Central(True, date(year, 12, 31), False, False, "", "")
    span = cast(int, rule.value("education.secretary_training_every_years"))
    done = _in_years(days, year, span)
    begun = since.year if span > 1 else year
    due_on = date(max(year, begun + span - 1), 12, 31)
    said = "书记每年至少参加 1 次集中培训" if span == 1 else f"书记每 {span} 年至少参加 1 次集中培训"
    return Central(done, due_on, not done and today > due_on, False, said, rule.get("education.secretary_training_every_years").clause)


def _in_years(days: Iterable[date], year: int, span: int) -> bool:
    return any(year - span < d.year <= year for d in days)


# ---------------------------------------------------------------- refusals


def check_session(first: date, last: date, tenths: int, year: int, today: date) -> list[tuple[str, Decision]]:
    """Refuse a session that cannot be (S17 X): in the future, outside the year of its course, hours of nothing or more than the days have. (field, why)."""
    found = []
    if last < first:
        found.append(("last", refuse("E002", "结束那天早于开始那天，请核对")))
    if last > today:
        found.append(("day" if last == first else "last", refuse("E001", "日期晚于今天，请办完了再登记")))
    if first.year != year or last.year != year:
        found.append(("day", refuse("E047", f"这门课是{year}年的，学时只算当年。请填{year}年的日期，跨年的分两次登记")))
    return [*found, *check_hours(tenths, (last - first).days + 1 if last >= first else 1)]


def check_hours(tenths: int | None, days: int) -> list[tuple[str, Decision]]:
    """Refuse hours that cannot be: none, nothing, or more than 24 a day."""
    if tenths is None or tenths <= 0:
        return [("hours", refuse("E032", "学时要大于 0，最多一位小数，例如 1.5"))]
    return [("hours", refuse("E032", f"一天最多 24 学时，{days} 天不能有 {said(tenths)} 学时，请核对"))] if tenths > days * DAY_TENTHS else []


def said(tenths: int) -> str:
    """Write tenths of an hour: 1.5, 32."""
    return f"{tenths // TENTHS}" + (f".{tenths % TENTHS}" if tenths % TENTHS else "")
