"""What paper/sheet.html needs."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.exchange.sheets.sheet import Sheet
from zhibu.web.shell.context import Button, Link


@dataclass(frozen=True, slots=True)
class SheetPage:
    """Sheets on the screen, as they will be printed."""

    title: str
    sheets: tuple[Sheet, ...]
    crumbs: tuple[Link, ...]
    buttons: tuple[Button, ...]
    to_print: bool = False  # the line in the journal is written
