"""Rows that go when their keeping time is over: the tables that may be pruned are named here, and nothing else ever is.

The journal and the ledgers are append-only and refuse to be deleted by themselves; this list is the second lock: a pruning job that asks for any
other table fails before its first statement. Rows of organisations go through a query bound to a scope, like every other change of them.
Short transactions of a bounded number of rows: nobody waits long for the lock of SQLite, and a worker killed in the middle leaves whole batches done.
"""
from __future__ import annotations

from typing import Any

from django.db import models, transaction

#: what may go, and how long it is kept, stands in docs/operations.md §6a
PRUNABLE = frozenset({"guard.AnsweredPost", "notice.Message", "notice.Told", "access.Sitting", "sessions.Session", "django_tasks_database.DBTaskResult"})
BATCH = 500   # rows of one transaction
MOST = 400    # transactions of one run; what is left goes the next night


class NotPrunable(RuntimeError):
    """The table is none whose rows may go: a fault of the program."""


def prune(rows: models.QuerySet[Any], *, batch: int = BATCH, most: int = MOST) -> int:
    """Take away rows whose keeping time is over (the condition is asked again in the deleting statement); returns how many. Raises NotPrunable."""
    label = rows.model._meta.label
    if label not in PRUNABLE or getattr(rows.model, "append_only", False):
        raise NotPrunable(label)
    gone = 0
    for _ in range(most):
        with transaction.atomic():
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:batch])
            if not ids:
                break
            gone += rows.filter(pk__in=ids).delete()[0]
    return gone
