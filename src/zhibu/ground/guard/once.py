"""A double click, a retry or two saves of one form make one thing (trust.md E6).

Keys are kept longer than anybody can send the same thing again: a form goes with its session (12 hours), a draft or a meeting typed without a
connection may lie for weeks; a program may send the table of a whole year once more.
"""
from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from . import pruning
from .models import AnsweredPost

FORMS = timedelta(days=180)
PROGRAMS = timedelta(days=730)
OF_PROGRAM = "api:"  # how the keys of programs begin


class KeyReused(Exception):
    """The same key came back with another content; `target` is what the first one made."""

    reason = "这张表单已经保存过一次，内容却不一样。请重新打开页面再填"

    def __init__(self, target: str = "") -> None:
        super().__init__(self.reason)
        self.target = target


def digest(content: Mapping[str, Any]) -> str:
    """Give the hash by which two posts count as the same."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def once(account_id: int | None, key: str, content: Mapping[str, Any], at: datetime, do: Callable[[], str]) -> tuple[str, bool]:
    """Run `do` (returns the target) unless this key was answered before; returns (target, made now?).

    Raises KeyReused when the key is known with another content. The unique key row is inserted first, so of parallel twins one waits.
    """
    who, wanted = account_id or 0, digest(content)
    with transaction.atomic():
        row, fresh = AnsweredPost.objects.get_or_create(account_id=who, key=key, defaults={"content_hash": wanted, "target": "", "at": at})
        if not fresh:
            if row.content_hash != wanted:
                raise KeyReused(row.target)
            return row.target, False
        row.target = do()
        row.save(update_fields=["target"])
        return row.target, True


def prune(now: datetime) -> int:
    """Take away the keys that nobody can send again; returns how many. What they made stays, of course."""
    of_program = Q(key__startswith=OF_PROGRAM)
    return pruning.prune(AnsweredPost.objects.filter((of_program & Q(at__lt=now - PROGRAMS)) | (~of_program & Q(at__lt=now - FORMS))))
