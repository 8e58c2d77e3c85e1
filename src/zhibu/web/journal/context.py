"""What journal/list.html needs (操作日志)."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Choice, Pager


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line: when, who, what, about what, where."""

    when: str
    who: str
    what: str
    about: str
    where: str


@dataclass(frozen=True, slots=True)
class JournalPage:
    """操作日志: ``q``, ``family``, ``from``, ``to``, ``org``."""

    title: str
    sub: str
    rows: tuple[EntryRow, ...]
    count: str
    search_url: str
    file_url: str
    families: tuple[Choice, ...]
    query: str = ""
    first: str = ""
    last: str = ""
    org: str = ""
    told: str = ""
    pager: Pager | None = None
    empty: str = "没有找到。请换个日期或姓名再找。"
