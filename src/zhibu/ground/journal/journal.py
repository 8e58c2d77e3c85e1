"""Write and read the journal."""
from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope

from .models import Entry


def write(
    actor: Actor,
    action: str,
    *,
    at: datetime,
    org_id: int | None = None,
    org_path: str = "",
    subject: tuple[str, int] | None = None,
    changes: Mapping[str, Any] | None = None,
    result: str = "ok",
    batch_id: int | None = None,
) -> None:
    """Add one entry in the transaction of the command. `changes` never carries an ID number, a phone or a confidential text."""
    Entry.objects.into(Scope((org_path,) if org_path else ())).create(
        at=at,
        account_id=actor.account_id,
        account_name=actor.name,
        action=action,
        org_id=org_id,
        subject_type=subject[0] if subject else "",
        subject_id=subject[1] if subject else None,
        result=result,
        changes=dict(changes or {}),
        batch_id=batch_id,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of many says."""

    org_id: int
    org_path: str
    subject: tuple[str, int]
    changes: Mapping[str, Any]


def write_many(actor: Actor, action: str, *, at: datetime, lines: Sequence[Line], batch_id: int | None = None) -> None:
    """Add one entry per line, as `write` does each, in few statements."""
    Entry.objects.into(Scope(tuple({line.org_path for line in lines}))).bulk_create(
        [
            Entry(
                at=at, account_id=actor.account_id, account_name=actor.name, action=action, org_id=line.org_id, subject_type=line.subject[0],
                subject_id=line.subject[1], result="ok", changes=dict(line.changes), batch_id=batch_id,
            )
            for line in lines
        ],
        batch_size=500,
    )


def about(scope: Scope, subject_type: str, subject_id: int, limit: int = 50, actions: Sequence[str] = ()) -> list[Entry]:
    """List the entries about one subject, newest first; of some actions only, where they are named."""
    rows = Entry.objects.within(scope).filter(subject_type=subject_type, subject_id=subject_id)
    if actions:
        rows = rows.filter(action__in=actions)
    return list(rows.order_by("-at", "-id")[:limit])


def written(scope: Scope, action: str, subject: tuple[str, int], account_id: int | None, since: datetime) -> bool:
    """Tell whether an account has left such an entry since a moment."""
    rows = Entry.objects.within(scope).filter(action=action, subject_type=subject[0], subject_id=subject[1], account_id=account_id, at__gte=since)
    return bool(rows.exists())


def batch_number() -> int:
    """Give a number by which the lines of one command about many organisations are found together.

    It lies far above the numbers of imports, so that the two never meet."""
    return secrets.randbits(62) | 1 << 62


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed something last, and when."""

    name: str
    at: datetime


def last_change(scope: Scope, subject_type: str, subject_id: int, actions: Sequence[str]) -> Change | None:
    """Give the newest entry of one of these actions about a subject, None when the scope has none."""
    row = Entry.objects.within(scope).filter(subject_type=subject_type, subject_id=subject_id, action__in=actions, result="ok").order_by("-at", "-id").first()
    return Change(row.account_name, row.at) if row else None
