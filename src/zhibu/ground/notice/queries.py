"""Read the notices on an organisation's desk."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound

from .models import Channel, Message, Notice


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A reminder."""

    id: int
    org_id: int
    matter: str
    text: str
    sent_by: str
    sent_from: str
    at: datetime
    seen: bool


def unseen(scope: Scope) -> list[NoticeView]:
    """List reminders nobody has read yet, newest first."""
    rows = Notice.objects.within(scope).filter(seen_at__isnull=True).order_by("-at", "-id")[:50]
    return [NoticeView(n.pk, n.org_id, n.matter, n.text, n.sent_by, n.sent_from, n.at, False) for n in rows]


def sent(scope: Scope, org_ids: list[int], since: datetime) -> list[NoticeView]:
    """List what organisations were reminded of since a moment, newest first."""
    rows = Notice.objects.within(scope).filter(org_id__in=org_ids, at__gte=since).order_by("-at", "-id")
    return [NoticeView(n.pk, n.org_id, n.matter, n.text, n.sent_by, n.sent_from, n.at, n.seen_at is not None) for n in rows]


# ---------------------------------------------------------------- channels and what went out


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel as it may be seen: never where it leads in full, never its secret."""

    id: int
    org_id: int
    kind: str
    label: str
    shown: str
    secret: bool
    reminders: bool
    daily: bool
    lists: bool
    events: bool
    is_on: bool
    version: int
    fault: str
    fault_at: datetime | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageView:
    """A notice that went out, waits, or could not."""

    id: int
    channel: str
    kind: str
    sort: str
    text: str
    state: str
    attempts: int
    written_by: str
    written_at: datetime
    not_before: datetime
    ended_at: datetime | None
    fault: str


def _channel(c: Channel) -> ChannelView:
    return ChannelView(c.pk, c.org_id, c.kind, c.label, c.shown, bool(c.secret), c.reminders, c.daily, c.lists, c.events, c.is_on, c.version, c.fault, c.fault_at, c.next_at)


def channels(scope: Scope, org_id: int) -> list[ChannelView]:
    """List the channels of an organisation (CHANNEL_MANAGE scope)."""
    return [_channel(c) for c in Channel.objects.within(scope).filter(org_id=org_id, ended_at__isnull=True).order_by("id")]


def channel(scope: Scope, channel_id: int) -> ChannelView:
    """Give one channel; NotFound outside the scope."""
    row = Channel.objects.within(scope).filter(pk=channel_id, ended_at__isnull=True).first()
    if row is None:
        raise NotFound("没有找到这个通知渠道")
    return _channel(row)


def takes(scope: Scope, org_id: int) -> int:
    """Count the channels of an organisation that are on."""
    return Channel.objects.within(scope).filter(org_id=org_id, ended_at__isnull=True, is_on=True).count()


def take_lists(scope: Scope, org_ids: list[int]) -> list[ChannelView]:
    """List the channels of organisations that get the list of whom these reminded (REMIND scope)."""
    return [_channel(c) for c in Channel.objects.within(scope).filter(org_id__in=org_ids, ended_at__isnull=True, is_on=True, lists=True).order_by("org_id", "id")]


def messages(scope: Scope, org_id: int, limit: int = 30) -> list[MessageView]:
    """List what lately went out to the channels of an organisation or is to, newest first (CHANNEL_MANAGE scope)."""
    rows = Message.objects.within(scope).filter(org_id=org_id).select_related("channel").order_by("-written_at", "-id")[:limit]
    return [
        MessageView(m.pk, m.channel.label, m.channel.kind, m.sort, m.text, m.state, m.attempts, m.written_by, m.written_at, m.not_before, m.ended_at, m.fault) for m in rows
    ]


def faulty(scope: Scope, org_ids: list[int]) -> list[ChannelView]:
    """List the channels that are on and whose last attempt failed."""
    rows = Channel.objects.within(scope).filter(org_id__in=org_ids, ended_at__isnull=True, is_on=True).exclude(fault="")
    return [_channel(c) for c in rows.order_by("org_id", "id")]


def daily_orgs() -> dict[int, str]:
    """Give the organisations that want what is due put together every day: id -> path (for the daily work of the system itself)."""
    rows = Channel.objects.unscoped("the daily work looks for the organisations that switched it on").filter(daily=True, is_on=True, ended_at__isnull=True)
    ids = sorted(set(rows.order_by("org_id").values_list("org_id", flat=True)))
    return {org_id: view.path_now for org_id, view in tree.views(ids).items()}
