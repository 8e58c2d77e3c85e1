"""Tables of dues bases: each row becomes a base from January of the table's year, or from this month where the year has one already.

The base belongs to the member, so what counts is where the member is, not what the title says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from zhibu.areas.dues import bases, paper
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.paper import BaseView
from zhibu.areas.dues.reach import DuesRefused, rules_at
from zhibu.areas.dues.rules import CATEGORY_ZH, FIXED, Tariff, kept, month_start, month_zh, monthly, tariff, yuan
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
        self._here: dict[int, set[int]] = {}
        self._tables: dict[tuple[int, int], Tariff] = {}
        self._met: set[int] = set()
        scope = world.actor.scope(Permission.DUES_WRITE).narrowed(world.org.path)
        first = min((int(e.values["year"]) * 12 for e in rows), default=0)
        self._bases = paper.bases(scope, {o.id for o in world.orgs.values()}, first) if rows else {}
        self.steps: list[DuesStep] = []

    def draw(self) -> list[Line]:
        """Plan every row; the steps stand in the object."""
        return [self._row(entry) for entry in self._rows]

    def _row(self, entry: Entry) -> Line:
        name = str(entry.values["name"])
        found = self._member(entry)
        if found is None or not self._is_here(*found):
            return entry.line(name, Fate.BLOCKED, (NOT_HERE,))
        person_id, org_id = found
        if person_id in self._met:
            return entry.line(name, Fate.SAME, notes=("前面的文件里已经有这个人，这一行不再用",))
        self._met.add(person_id)
        category, base, parts = _wanted(entry.values)
        january = int(entry.values["year"]) * 12
        held = [b for b in self._bases.get(person_id, ()) if b.org_id == org_id]
        before = held[-1] if held else None
        alike = before is not None and before.to_month is None and (before.category, before.base) == (category, base) and (not parts or dict(before.parts) == parts)
        alike = alike and self._sum_alike(entry, org_id, before)
        if before is not None and alike and (before.from_month >= january or (before.verified_year or 0) * 12 >= january):
            return entry.line(name, Fate.SAME)
        first, running = january, month_index(self._world.today)
        if before is not None and (before.from_month >= january or (before.to_month or 0) > january):
            first = max(running, before.from_month + 1) if january // 12 == running // 12 and before.from_month < running and before.to_month is None else 0
        if not first and before is not None:
            text = f"从{month_zh(before.from_month)}起已经有核定（{_said(before.category, before.base)}），和表里不同。请到党费里核对后改"
            return entry.line(name, Fate.BLOCKED, (text,))
        try:
            wanted = self._checked(org_id, NewBase(person_id, category, base, first, parts), entry)
        except DuesRefused as error:
            return entry.line(name, Fate.BLOCKED, (error.reason,))
        self.steps.append(DuesStep(org_id, wanted))
        new, old = _said(category, base), _said(before.category, before.base) if before is not None else ""
        said = f"{month_zh(first)}起：{'照旧，重新核定，' if alike else f'{old} → ' if old else ''}{new}"
        return entry.line(name, Fate.CHANGED if old else Fate.NEW, (said,))

    def _sum_alike(self, entry: Entry, org_id: int, before: BaseView | None) -> bool:
        """Tell whether the table's sum is what the base gives now."""
        written = entry.values["monthly"]
        if before is None or before.category not in BY_BASE or written is None:
            return True
        amount = monthly(self._table(org_id, before.from_month), before.category, before.base).amount
        return kept(amount, before.kept) == fen_of(written)

    def _checked(self, org_id: int, one: NewBase, entry: Entry) -> NewBase:
        """Give the base to enter; a sum that the clerk rounded stays as the table has it. Raises DuesRefused."""
        table, written = self._table(org_id, one.from_month), entry.values["monthly"]
        bases.check(table, one)
        computed = monthly(table, one.category, one.base).amount
        if one.category in BY_BASE and written is not None and fen_of(written) != computed:
            one = replace(one, kept=fen_of(written))
            bases.check(table, one)
        return one

    def _table(self, org_id: int, month: int) -> Tariff:
        if (org_id, month) not in self._tables:
            self._tables[org_id, month] = tariff(rules_at(org_id, month_start(month)))
        return self._tables[org_id, month]

    def _is_here(self, person_id: int, org_id: int) -> bool:
        """Tell whether somebody is a member of an organisation in reach whose dues the importer writes."""
        org = self._orgs.get(org_id)
        if org is None or not rights.writes_dues(self._world.actor, org.path):
            return False
        if org_id not in self._here:
            self._here[org_id] = {e.person_id for e in people.roll(self._world.scope, org_id, self._world.today)}
        return person_id in self._here[org_id]

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
