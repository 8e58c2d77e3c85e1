"""One part of a member's page."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page: sentences, a small table, a note, a way on. Cells are texts; the export writes them as they are."""

    key: str
    title: str
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    link: str = ""
    link_text: str = ""
