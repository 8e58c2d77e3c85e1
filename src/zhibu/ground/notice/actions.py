"""Send reminders within the limits that no superior can raise (product.md, rules set zhibu-conventions)."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor, Held
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import NotFound
from zhibu.ground.workdays import queries as workdays

from . import outbox
from .limits import Limits as Limits
from .limits import TooSoon as TooSoon
from .limits import already_reminded as already_reminded
from .limits import hours_open as hours_open
from .limits import next_day as next_day
from .limits import of as of
from .models import Notice
from .wording import private_in


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
    sender = sends_for(actor, org.path)
    row = Notice.objects.within(scope).create(org_id=org_id, matter=matter, text=text, sent_by=actor.name, sent_from=sender.org_name if sender else "", at=at)
    journal.write(actor, "notice.remind", at=at, org_id=org_id, org_path=org.path, subject=("notice", row.pk), changes={"matter": matter})
    brief = "上级党组织提醒您支部一件事，请登录支部工作台看。"
    outbox.put(outbox.Post(org_id, org.path, (matter,), _sayable(f"【上级提醒】{org.short_name}\n{text}", brief), brief, actor.name), outbox.Sort.REMINDER, limits, at)
    return row.pk


def sends_for(actor: Actor, path: str) -> Held | None:
    """Give the organisation in whose name the actor reminds one below it."""
    return next((g for g in actor.grants if Permission.REMIND in g.permissions and path.startswith(g.org_path)), None)


def _sayable(text: str, brief: str) -> str:
    """Give the text, or only the brief one when a name in it (困难职工帮扶中心党支部) reads like what must not leave the platform: a reminder never fails by that."""
    return brief if private_in(text) else text


@dataclass(frozen=True, slots=True)
class Listed:
    """Whom somebody reminded of what, as a text for a group with the matters it names: (organisation, matter)."""

    text: str
    matters: tuple[tuple[int, str], ...]


def listed_before(scope: Scope, org_id: int, matters: Sequence[tuple[int, str]], at: datetime) -> set[tuple[int, str]]:
    """Give which of the matters stood in a list that went to the channels of an organisation within the days of its limit."""
    names = {_name(branch, matter): (branch, matter) for branch, matter in matters}
    return {names[name] for name in outbox.told(scope, org_id, list(names), of(org_id, timezone.localtime(at).date()), at)}


def _name(branch: int, matter: str) -> str:
    return f"list:{branch}:{matter}"[:80]


@transaction.atomic
def tell_list(actor: Actor, org_id: int, listed: Sequence[Listed], *, at: datetime) -> int:
    """Send the list of whom an organisation just reminded to its own channels that take lists (the group of its secretaries); returns to how many.

    Within the limits of reminders that hold for the organisation itself: its hours, its working days, and the same matter once in the days between
    (a text that names one of `listed_before` stays out). Raises Refused without REMIND at the organisation.
    """
    path = tree.path_of(org_id)
    actor.require(Permission.REMIND, path)
    limit, told = of(org_id, timezone.localtime(at).date()), []
    for one in listed:
        branches = len({branch for branch, _ in one.matters})
        brief = f"{branches}个党组织有{len(one.matters)}件事请提醒，名单在支部工作台上。"
        post = outbox.Post(org_id, path, tuple(_name(branch, matter) for branch, matter in one.matters), _sayable(one.text, brief), brief, actor.name)
        told.append(outbox.put(post, outbox.Sort.LIST, limit, at))
    if any(told):
        matters = sum(len(one.matters) for one, count in zip(listed, told, strict=True) if count)
        journal.write(actor, "notice.tell_list", at=at, org_id=org_id, org_path=path, changes={"matters": matters, "channels": max(told)})
    return max(told, default=0)


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
