"""Send reminders within the limits that no superior can raise (product.md, rules set zhibu-conventions)."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import NotFound
from zhibu.ground.workdays import queries as workdays
from zhibu.ground.workdays.queries import Calendar
from zhibu.kernel.periods import is_working_day
from zhibu.kernel.result import Decision, refuse

from .models import Notice


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


def last_sent(scope: Scope, org_ids: list[int], since: datetime) -> dict[tuple[int, str], datetime]:
    """Give when each matter was last reminded of, for the organisations, since a moment."""
    rows = Notice.objects.within(scope).filter(org_id__in=org_ids, at__gte=since).order_by("at", "id")
    return {(n.org_id, n.matter): n.at for n in rows}


def next_day(limits: Limits, sent: datetime) -> date:
    """Give the first day on which the same matter may be reminded of again."""
    return timezone.localtime(sent).date() + timedelta(days=limits.days_between)


def already_reminded(limits: Limits, sent: datetime) -> str:
    """Say that a matter was reminded of and from which day it may be again."""
    on, again = timezone.localtime(sent).date(), next_day(limits, sent)
    return f"{on.month}月{on.day}日已经提醒过，同一事项 {limits.days_between} 天内只发一次，{again.month}月{again.day}日起可以再发"


@transaction.atomic
def remind(actor: Actor, *, org_id: int, matter: str, text: str, limits: Limits, at: datetime) -> int:
    """Put a reminder on an organisation's desk. Raises TooSoon outside the hours or within the days between two of one matter."""
    org = Organisation.objects.select_for_update().get(pk=org_id)
    actor.require(Permission.REMIND, org.path)
    allowed = hours_open(limits, at, workdays.around(timezone.localtime(at).date()))
    if not allowed.ok:
        raise TooSoon(allowed.reason)
    scope = Scope((org.path,))
    newest = Notice.objects.within(scope).filter(org_id=org_id, matter=matter).order_by("-at", "-id").first()
    if newest is not None and timezone.localtime(at).date() < next_day(limits, newest.at):
        raise TooSoon(already_reminded(limits, newest.at))
    sender = next((g.org_name for g in actor.grants if Permission.REMIND in g.permissions and org.path.startswith(g.org_path)), "")
    row = Notice.objects.within(scope).create(org_id=org_id, matter=matter, text=text, sent_by=actor.name, sent_from=sender, at=at)
    journal.write(actor, "notice.remind", at=at, org_id=org_id, org_path=org.path, subject=("notice", row.pk), changes={"matter": matter})
    return row.pk


@transaction.atomic
def seen(actor: Actor, notice_id: int, *, at: datetime) -> None:
    """Mark a notice as read by the branch it was sent to (知道了); repeating it changes nothing. Raises NotFound for anybody else's."""
    row = Notice.objects.within(actor.scope(Permission.EXCUSE_REQUEST)).select_related("org").filter(pk=notice_id).first()
    if row is None:
        raise NotFound("没有找到这条提醒")
    if row.seen_at is None:
        row.seen_at = at
        row.save(update_fields=["seen_at"])
        journal.write(actor, "notice.seen", at=at, org_id=row.org_id, org_path=row.org.path, subject=("notice", row.pk))
