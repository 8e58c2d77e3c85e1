"""How long notices that went out are kept, and the daily work that takes the older ones away. What waits is never touched, nor what lies on a desk."""
from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from zhibu.ground.guard.pruning import prune as take_away
from zhibu.ground.guard.scope import Scope

from .models import Message, Told
from .outbox import State

SENT = timedelta(days=90)     # sent, or dropped because its channel ended
FAILED = timedelta(days=365)  # not sent: whoever asks why nothing came finds the reason for a year
TOLD = timedelta(days=400)    # that a matter was told: longer than any days between two reminders


def prune(scope: Scope, now: datetime) -> int:
    """Take away notices that went out long ago and what was noted about their matters; returns how many rows.

    What still waits or is being sent stays, unless its job was given up and it has been no news for as long as a failure is kept.
    """
    over = Q(state__in=[State.SENT, State.DROPPED], ended_at__lt=now - SENT) | Q(state=State.FAILED, ended_at__lt=now - FAILED)
    lost = Q(state__in=[State.WAITING, State.SENDING], not_after__lt=now - FAILED)
    return take_away(Message.objects.within(scope).filter(over | lost)) + take_away(Told.objects.within(scope).filter(at__lt=now - TOLD))
