"""One reading: what several parts of a page ask alike is asked of the database once.

The web opens a reading around every page that only shows (GET); outside one, nothing is remembered. The first statement that writes empties it, so no part of a page
sees what was there before a change. What is remembered is handed out again as it is: a query that is `asked_once` gives what nobody changes.
"""
from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("one_reading", default=None)


@contextmanager
def one_reading() -> Iterator[None]:
    """Remember answers inside the block; a reading inside a reading is the same one."""
    if _answers.get() is not None:
        yield
        return
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def asked_once(query: Callable[P, R]) -> Callable[P, R]:
    """Let a query answer the same question (arguments that can be hashed) once in a reading. What it raises is not remembered."""

    @wraps(query)
    def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        known = _answers.get()
        if known is None:
            return query(*args, **kwargs)
        asked = (query, args, frozenset(kwargs.items()))
        if asked not in known:
            known[asked] = query(*args, **kwargs)
        found: R = known[asked]
        return found

    return answer


def known_rows(table: str) -> dict[Any, Any]:
    """Give the rows by key that this reading has of something; an empty one outside a reading."""
    known = _answers.get()
    found: dict[Any, Any] = {} if known is None else known.setdefault(table, {})
    return found


def forget() -> None:
    """Empty the reading that is going on, because something is written."""
    known = _answers.get()
    if known:
        known.clear()
