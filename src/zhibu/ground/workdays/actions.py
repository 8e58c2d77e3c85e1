"""Enter days off and make-up working days. Only the system administrator may, because the days hold for the whole deployment."""
from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal import journal

from .models import DayEdit
from .queries import KINDS

LONGEST = 31  # days of one entry: no holiday is longer, a slip of the pen is


class DaysRefused(Exception):
    """The days cannot be entered so; `field` of the form, `code` of rules.md §10, `reason` says how to cure."""

    def __init__(self, field: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.code, self.reason = field, code, reason


@transaction.atomic
def enter(actor: Actor, *, first: date, last: date, kind: str, name: str, reason: str, at: datetime) -> int:
    """Enter days off, working days, or days that go by the week again; returns how many. Earlier entries about them stay readable.

    Raises Refused without the right, DaysRefused for days that cannot be (E002, E054).
    """
    if not actor.holds(Permission.SYSTEM_RUN):
        raise Refused("放假安排由系统管理员改")
    if kind not in KINDS:
        raise DaysRefused("kind", "E054", "请选放假、上班，或按星期")
    if last < first:
        raise DaysRefused("last", "E002", f"到 {last} 早于从 {first}，请改成同一天或更晚的一天")
    if (last - first).days >= LONGEST:
        raise DaysRefused("last", "E002", f"一次最多填 {LONGEST} 天，请核对年份和月份")
    if not 2000 <= first.year <= at.year + 2 or last.year > at.year + 2:
        raise DaysRefused("first", "E002", f"年份请在 2000 到 {at.year + 2} 之间")
    if kind == "off" and not name.strip():
        raise DaysRefused("name", "E054", "请写是什么节，例如：春节")
    if len(reason.strip()) < 2:
        raise DaysRefused("reason", "E054", "请写依据，例如：国务院办公厅关于2027年部分节假日安排的通知")
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    DayEdit.objects.bulk_create([
        DayEdit(day=day, kind=kind, name=name.strip()[:30] if kind == "off" else "", reason=reason.strip()[:200], made_by=actor.name, made_at=at) for day in days
    ])
    journal.write(actor, "workdays.enter", at=at, changes={"first": str(first), "last": str(last), "kind": kind, "reason": reason.strip()[:200]})
    return len(days)
