"""How often and when reminders may go out (product.md, ux.md R9). No superior can raise these limits; a rule set may only tighten them."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast

from django.utils import timezone

from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import Effective
from zhibu.ground.workdays.queries import Calendar
from zhibu.kernel.periods import is_working_day
from zhibu.kernel.result import Decision, refuse


class TooSoon(Exception):
    """The limit forbids this reminder now; `reason` says until when."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """How often and when reminders may go out."""

    days_between: int
    earliest: time
    latest: time
    working_days_only: bool


def hours_open(limits: Limits, now: datetime, days: Calendar | None = None) -> Decision:
    """Say whether reminders may go out at this moment; `days`: public holidays and make-up working days (none: as the week says)."""
    local = timezone.localtime(now)
    if not limits.earliest <= local.time() < limits.latest:
        return refuse("", f"提醒只在 {limits.earliest:%H:%M}–{limits.latest:%H:%M} 发，请在这段时间再点")
    if limits.working_days_only and not (days.working(local.date()) if days else is_working_day(local.date())):
        return refuse("", "今天不是工作日，提醒只在工作日发，请下个工作日再点")
    return Decision(True)


def next_day(limits: Limits, sent: datetime) -> date:
    """Give the first day on which the same matter may be reminded of again."""
    return timezone.localtime(sent).date() + timedelta(days=limits.days_between)


def already_reminded(limits: Limits, sent: datetime) -> str:
    """Say that a matter was reminded of and from which day it may be again."""
    on, again = timezone.localtime(sent).date(), next_day(limits, sent)
    return f"{on.month}月{on.day}日已经提醒过，同一事项 {limits.days_between} 天内只发一次，{again.month}月{again.day}日起可以再发"


def limits(rules: Effective) -> Limits:
    """Read the limits from the conventions in force, never laxer than the system's own (conventions.reminder.*)."""
    own = shipped().conventions().values

    def both(name: str) -> tuple[object, object]:
        key = f"conventions.reminder.{name}"
        return rules.value(key), own[key].value

    days, starts, ends, working = both("every_days"), both("from"), both("to"), both("working_days_only")
    return Limits(
        max(int(cast(int, d)) for d in days), time.fromisoformat(str(max(map(str, starts)))), time.fromisoformat(str(min(map(str, ends)))), any(map(bool, working))
    )


def of(org_id: int, on: date) -> Limits:
    """Give the limits of one organisation on a day."""
    return limits(policy.effective(org_id, "conventions", on))


def opening(limits: Limits, at: datetime, days: Calendar | None = None) -> datetime:
    """Give the first moment from `at` on at which something may go out: `at` itself, or the morning of the next day that allows it."""
    moment = timezone.localtime(at)
    for _ in range(60):
        if hours_open(limits, moment, days).ok:
            return moment
        day = moment.date() if moment.time() < limits.earliest else moment.date() + timedelta(days=1)
        moment = timezone.make_aware(datetime.combine(day, limits.earliest), moment.tzinfo)
    raise ValueError("no hour of the next sixty days is open")
