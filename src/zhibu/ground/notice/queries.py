"""Read the notices on an organisation's desk."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhibu.ground.guard.scope import Scope

from .models import Notice


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
