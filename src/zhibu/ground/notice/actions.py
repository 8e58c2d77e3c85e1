"""Send reminders within the limits that no superior can raise (product.md, rules set zhibu-conventions)."""
from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import NotFound
from zhibu.ground.workdays import queries as workdays

from . import outbox
from .limits import Limits as Limits
from .limits import TooSoon as TooSoon
from .limits import already_reminded as already_reminded
from .limits import hours_open as hours_open
from .limits import next_day as next_day
from .models import Notice


def last_sent(scope: Scope, org_ids: list[int], since: datetime) -> dict[tuple[int, str], datetime]:
    """Give when each matter was last reminded of, for the organisations, since a moment."""
    rows = Notice.objects.within(scope).filter(org_id__in=org_ids, at__gte=since).order_by("at", "id")
    return {(n.org_id, n.matter): n.at for n in rows}


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
    outbox.put(outbox.Post(org_id, org.path, (matter,), f"【上级提醒】{org.short_name}\n{text}", "上级党组织提醒您支部一件事，请登录支部工作台看。", actor.name), outbox.Sort.REMINDER, limits, at)
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
