"""Open sessions, so that their owner sees and ends them (trust.md B4). A row lives as long as its session; of the machine only its sort is kept."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction

from zhibu.ground.guard import pruning
from zhibu.ground.guard.actor import Actor
from zhibu.ground.journal import journal

from .models import Account, Sitting

ABSOLUTE = timedelta(hours=12)  # no session lasts longer
#: what stands in the browser's own description -> what is kept of it
MACHINES = (("iPad", "苹果平板"), ("iPhone", "苹果手机"), ("Android", "安卓手机"), ("HarmonyOS", "鸿蒙手机"), ("Windows", "Windows 电脑"), ("Macintosh", "苹果电脑"), ("Linux", "Linux 电脑"))


@dataclass(frozen=True, slots=True)
class SittingLine:
    """An open session as its owner sees it."""

    sitting_id: int
    machine: str
    began_at: datetime


def machine_of(description: str) -> str:
    """Say what sort of machine a browser describes; nothing else of the description is kept."""
    return next((word for sign, word in MACHINES if sign in description), "别的设备")


def begin(account_id: int, description: str, at: datetime) -> int:
    """Note that a session begins; what is over by age goes. Returns its id."""
    Sitting.objects.filter(account_id=account_id, began_at__lte=at - ABSOLUTE).delete()
    return Sitting.objects.create(account_id=account_id, machine=machine_of(description), began_at=at).pk


def is_open(account_id: int, sitting_id: int) -> bool:
    """Tell whether a session was not ended elsewhere."""
    return Sitting.objects.filter(pk=sitting_id, account_id=account_id).exists()


def close(sitting_id: int) -> None:
    """Forget a session that is over."""
    Sitting.objects.filter(pk=sitting_id).delete()


def prune(now: datetime) -> int:
    """Take away sessions that are over by age, of accounts that never came back; returns how many rows."""
    return pruning.prune(Session.objects.filter(expire_date__lt=now)) + pruning.prune(Sitting.objects.filter(began_at__lte=now - ABSOLUTE))


def end_all(account: Account) -> None:
    """End every session of an account; the caller saves it. The face keeps the one that asked."""
    account.session_epoch += 1
    Sitting.objects.filter(account_id=account.pk).delete()


def listing(account_id: int, at: datetime) -> list[SittingLine]:
    """List the open sessions of an account, newest first."""
    rows = Sitting.objects.filter(account_id=account_id, began_at__gt=at - ABSOLUTE).order_by("-began_at", "-id")
    return [SittingLine(s.pk, s.machine, s.began_at) for s in rows]


@transaction.atomic
def end(account: Account, sitting_id: int, at: datetime) -> bool:
    """End one of the own sessions: its next request is refused. False when it was over already."""
    if not Sitting.objects.filter(pk=sitting_id, account=account).delete()[0]:
        return False
    journal.write(Actor(account.pk, account.name), "access.end_session", at=at, subject=("account", account.pk))
    return True
