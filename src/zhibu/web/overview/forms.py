"""What the address and the forms of the picture say, read strictly: what cannot be read is said above the page, never guessed."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from zhibu.areas.meetings.reminders import Item, read_item
from zhibu.kernel.activities import ActivityKind

FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Wish:
    """Which picture is asked for. `on` is never after today; `notes` say what in the address could not be read."""

    today: date
    on: date
    year: int
    org_id: int | None = None
    kind: str = ""
    only_missing: bool = False
    cell: tuple[int, int] | None = None
    why: Item | None = None
    notes: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Tell whether the picture is that of today (only then people are reminded)."""
        return self.on == self.today

    def url(self, **changes: Any) -> str:
        """Write the address of this picture with changes; what is not changed stays, but the open panel closes."""
        other = replace(self, **{"cell": None, "why": None, **changes})
        return f"{reverse('overview:county')}{other.query()}"

    def query(self) -> str:
        """Write the query string, "" where nothing differs from the default."""
        pairs: list[tuple[str, str]] = []
        if self.org_id is not None:
            pairs.append(("org", str(self.org_id)))
        if self.year != self.on.year:
            pairs.append(("year", str(self.year)))
        if self.kind:
            pairs.append(("kind", self.kind))
        if self.only_missing:
            pairs.append(("only", "missing"))
        if not self.live:
            pairs.append(("on", self.on.isoformat()))
        if self.cell:
            pairs.append(("cell", f"{self.cell[0]}-{self.cell[1]}"))
        if self.why:
            pairs.append(("why", self.why.code))
        return f"?{urlencode(pairs, safe='|')}" if pairs else ""


def read(data: QueryDict | Mapping[str, str], today: date) -> Wish:
    """Read the address. What makes no sense is left out and noted in a sentence with the cure."""
    notes: list[str] = []
    on = _day(data.get("on") or "", today, notes)
    return Wish(
        today, on, _year(data.get("year") or "", on, notes), _number(data.get("org") or "", "党组织的编号", notes), _kind(data.get("kind") or "", notes),
        data.get("only") == "missing", _cell(data.get("cell") or ""), _why(data.get("why") or "", notes), tuple(notes),
    )


def _day(text: str, today: date, notes: list[str]) -> date:
    if not text:
        return today
    try:
        found = date.fromisoformat(text)
    except ValueError:
        notes.append(f"日期“{text[:20]}”看不懂，已按今天显示。请写成 2026-03-15 这样")
        return today
    if found > today:
        notes.append(f"{found} 还没有到，已按今天显示。请选今天或以前的日期")
        return today
    if found.year < FIRST_YEAR:
        notes.append(f"{found} 太早了，没有记录，已按今天显示。请选 {FIRST_YEAR} 年以后的日期")
        return today
    return found


def _year(text: str, on: date, notes: list[str]) -> int:
    if not text:
        return on.year
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    if not FIRST_YEAR <= year <= on.year:
        notes.append(f"没有“{text[:20]}”年的情况，已显示 {on.year} 年。请选 {FIRST_YEAR} 到 {on.year} 之间的年份")
        return on.year
    return year


def _number(text: str, name: str, notes: list[str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    notes.append(f"{name}“{text[:20]}”不对，已显示您的组织。请从组织里点进来")
    return None


def _kind(text: str, notes: list[str]) -> str:
    if text and text not in tuple(ActivityKind):
        notes.append(f"没有“{text[:20]}”这种组织生活，已显示综合。请点上面的种类")
        return ""
    return text


def _cell(text: str) -> tuple[int, int] | None:
    org, dash, month = text.partition("-")
    if dash and all(n.isascii() and n.isdigit() for n in (org, month)) and len(org) < 16 and 1 <= int(month[:3]) <= 12:
        return int(org), int(month)
    return None


def _why(text: str, notes: list[str]) -> Item | None:
    if not text:
        return None
    try:
        return read_item(text)
    except ValueError:
        notes.append("要看的这一格认不出来。请在表里再点一次")
        return None


def items(data: QueryDict) -> tuple[Item, ...]:
    """Read the chosen matters of a form; ValueError when one of them is none."""
    return tuple(dict.fromkeys(read_item(text) for text in data.getlist("item")))
