"""A world that is built once for a whole module, and a clock that tests can turn."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from axes.handlers import proxy
from django.db import connection, transaction
from django.utils import timezone


@contextmanager
def lasting(django_db_blocker: Any) -> Iterator[None]:
    """Open the database until the end of the block and take back what was written in it.

    The tests of the module are still marked django_db: that makes the test database, and takes back what each of them writes.
    """
    with django_db_blocker.unblock():
        connection.ensure_connection()
        with transaction.atomic():
            yield
            transaction.set_rollback(True)


@contextmanager
def taken_back() -> Iterator[None]:
    """Take back what is written in the block."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Clock:
    """The time as the product reads it."""

    def __init__(self, patch: pytest.MonkeyPatch, now: datetime) -> None:
        self.now = now
        patch.setattr(timezone, "now", lambda: self.now)
        patch.setattr(proxy, "now", lambda: self.now)  # the lock-out has the function by a name of its own

    def forward(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)
