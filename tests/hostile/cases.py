"""What a case of hostile input is: how it is made, where it comes in, what must be answered (trust.md §8)."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

XLSX = "花名册.xlsx"


@dataclass(frozen=True)
class Case:
    """One hostile file. code and words: the refusal; names: who is read instead, where the file is only odd; says: codes of rows or of the sheet.

    Ids are the numbers of the list of hostile input, with a letter where one number has several files."""

    id: str
    what: str
    make: Callable[[], bytes]
    code: str = ""
    words: tuple[str, ...] = ()
    name: str = XLSX
    names: tuple[str, ...] | None = None
    says: tuple[str, ...] = ()
    rows: int | None = None  # how many rows must be accounted for

    @property
    def number(self) -> int:
        """Give the number in the list."""
        return int(self.id[:2])
