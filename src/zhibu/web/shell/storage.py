"""When the disk is full or the database is out of reach: a page in plain words, nothing half-written, and reading goes on (trust.md E4)."""
from __future__ import annotations

import errno
import logging
import sqlite3

from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

log = logging.getLogger(__name__)

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FULL_WORDS = ("database or disk is full", "disk full", "no space left on device", "could not extend file", "disk quota exceeded")
_BUSY_WORDS = ("database is locked", "lock timeout", "could not obtain lock")
_AWAY_WORDS = (
    "unable to open database file", "disk i/o error", "readonly database", "connection refused", "server closed the connection", "could not connect",
    "connection failed", "terminating connection", "is shutting down", "starting up", "too many clients", "remaining connection slots",
)


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def status_of(error: BaseException | None) -> int | None:
    """Tell what an error says about the place where things are kept: 507 full, 503 busy or away, None: nothing."""
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno in FULL:
            return 507
        if isinstance(one, (DatabaseError, sqlite3.Error)):
            words = str(one).lower()
            if getattr(one, "sqlstate", None) == "53100" or any(w in words for w in _FULL_WORDS):
                return 507
            if any(w in words for w in (*_BUSY_WORDS, *_AWAY_WORDS)):
                return 503
    return None


class Sessions(SessionMiddleware):
    """Sessions that do not stand in the way of reading when nothing can be written: the note of the last visit is then left out."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session as always; when there is no room for it, a page that only reads is given all the same."""
        try:
            return super().process_response(request, response)
        except (DatabaseError, OSError, SessionInterrupted) as error:  # the last one stands for the first, in a session that was there
            if status_of(error) is None or request.method not in ("GET", "HEAD") or response.status_code >= 400:
                raise
            log.error("the session was not saved: %s", type(error).__name__)
            return response
