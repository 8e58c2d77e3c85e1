"""Tables of dues bases: each row becomes a base from January of the table's year, or from this month where the year has one already.

The base belongs to the member, so what counts is where the member is, not what the title says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from zhibu.areas.dues import queries as dues
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.rules import CATEGORY_ZH, FIXED, month_zh, yuan
from zhibu.exchange.intake import rights
from zhibu.exchange.intake.dues import BY_BASE, CODE_OF, FARMER
from zhibu.exchange.intake.installed import people_like
from zhibu.exchange.intake.plan import DuesStep, Entry, Fate, Line, World
from zhibu.ground.guard.permission import Permission
from zhibu.ground.people import queries as people
from zhibu.kernel.periods import month_index

NOT_HERE = "花名册里没有这个人，先导入党员再核定党费"


class Dues:
    """Plans the tables of bases of one import."""

    def __init__(self, world: World, rows: Sequence[Entry]) -> None:
        self._world, self._rows = world, rows
        numbers = [str(e.values["id_no"]) for e in rows if "*" not in str(e.values["id_no"])]
        self._by_number = people.known_by_id_no(numbers) if numbers else {}
        self._orgs = {o.id: o for o in world.orgs.values()}
        self._rolls: dict[str, dict[str, list[tuple[int, str]]]] = {}
        self._met: set[int] = set()
        scope = world.actor.scope(Permission.DUES_WRITE).narrowed(world.org.path)
        self._open = dues.open_bases(scope, {o.id for o in world.orgs.values()}) if rows else {}
        self.steps: list[DuesStep] = []

    def draw(self) -> list[Line]:
        """Plan every row; the steps stand in the object."""
        return [self._row(entry) for entry in self._rows]

    def _row(self, entry: Entry) -> Line:
        name = str(entry.values["name"])
        found = self._member(entry)
        if found is None or found[1] not in self._orgs or not people.roll_has(self._world.scope, *found, self._world.today):
            return entry.line(name, Fate.BLOCKED, (NOT_HERE,))
        person_id, org_id = found
        org = self._orgs[org_id]
        if not rights.writes_dues(self._world.actor, org.path):
            return entry.line(name, Fate.BLOCKED, (NOT_HERE,))
        if person_id in self._met:
            return entry.line(name, Fate.SAME, notes=("前面的文件里已经有这个人，这一行不再用",))
        self._met.add(person_id)
        category, base, parts = _wanted(entry.values)
        january = int(entry.values["year"]) * 12
        before = self._open.get(person_id)
        if before is not None and (before.category, before.base_fen) == (category, base) and before.from_month <= max(january, month_index(self._world.today)):
            return entry.line(name, Fate.SAME)
        first = january
        if before is not None and before.from_month >= january:
            first = month_index(self._world.today)
            if before.from_month >= first:
                text = f"从{month_zh(before.from_month)}起已经有核定（{_said(before.category, before.base_fen)}），和表里不同。请到党费里核对后改"
                return entry.line(name, Fate.BLOCKED, (text,))
        self.steps.append(DuesStep(org_id, NewBase(person_id, category, base, first, parts)))
        new, old = _said(category, base), _said(before.category, before.base_fen) if before is not None else ""
        said = f"{month_zh(first)}起：{old} → {new}" if old else f"{month_zh(first)}起：{new}"
        return entry.line(name, Fate.CHANGED if old else Fate.NEW, (said,))

    def _member(self, entry: Entry) -> tuple[int, int] | None:
        """Give (person, organisation) of a row."""
        number = str(entry.values["id_no"])
        if "*" not in number:
            found = self._by_number.get(number)
            return (found[0], found[2]) if found else None
        org = self._world.find(entry.sheet.org) if entry.sheet.org else self._world.org
        if org is None:
            return None
        like = people_like(self._world.scope, org, self._world.today, str(entry.values["name"]), number, self._rolls)
        return (like[0][0], org.id) if len(like) == 1 else None


def _wanted(values: Mapping[str, Any]) -> tuple[str, int, dict[str, int]]:
    category = CODE_OF[str(values["category"])]
    if category in FIXED:
        return category, 0, {}
    amount = values["monthly"] if category == FARMER else values["base"]
    return category, fen_of(amount), {k: fen_of(v) for k, v in (values.get("parts") or {}).items()} if category in BY_BASE else {}


def fen_of(text: str) -> int:
    """Turn an amount of the findings (yuan, two decimals) into fen."""
    return int(Decimal(text) * 100)


def _said(category: str, base: int) -> str:
    if category in FIXED:
        return CATEGORY_ZH[category]
    return f"{CATEGORY_ZH[category]}，{'每月' if category == FARMER else '基数'} {yuan(base)} 元"


def first_month(year: int, today: date) -> int:
    """Give January of a year as a month."""
    return min(year * 12, month_index(today))
