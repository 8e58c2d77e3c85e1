"""What the importer knows beforehand, read from the installed data: organisations in reach, members by number, meetings, taught headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from decimal import Decimal

from zhibu.areas.dues import rules as dues
from zhibu.exchange.intake import child
from zhibu.exchange.intake.findings import (
    Fee,
    FileRead,
    FileRefused,
    Issue,
    Known,
    KnownMember,
    KnownOrg,
    Level,
    Question,
    Result,
    Row,
    SheetRead,
    TableKind,
)
from zhibu.exchange.intake.grid import Book
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.sheets import sheets
from zhibu.ground.policy import queries as policy
from zhibu.ground.record import queries as record
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel import identity

_LONG = re.compile(r"\d[\d\s'\-]{12,}[\dXxＸｘ]?")


class Installed:
    """The installed data as one import sees them. org: where the import is made; None searches the whole tree (a dry run only).

    Organisations above `org` are known as parents and nothing else; what lies beside it is as unknown as what does not exist."""

    def __init__(
        self, org: OrgView | None, today: date, learnt: Mapping[str, Mapping[str, str]] | None = None, tables: frozenset[TableKind] = frozenset(TableKind)
    ) -> None:
        top = org or tree.root()
        self.path = top.path if top else ""
        self.scope = Scope((self.path,)) if top else Scope()
        above = tree.chain(org.path)[:-1] if org else []
        inside = tree.organisations(self.scope)
        self.orgs = {o.name: o for o in inside}
        self.above = frozenset(o.name for o in above)
        named = {o.id: o.name for o in (*above, *inside)}
        self.today, self._top = today, top
        self._members: dict[str, KnownMember | None] = {}
        self._tariffs: dict[tuple[int, int], dues.Tariff] = {}
        self._rolls: Rolls = {}
        self.known = Known(
            today=today,
            organisations=tuple(KnownOrg(o.name, o.code, named.get(o.parent_id or 0, ""), o.kind, o.village_or_community) for o in (*above, *inside)),
            member=self.member,
            meetings=_Meetings(self.scope, {o.name: o.id for o in inside}),
            learnt=learnt or {},
            fee=self.fee,
            masked=self.masked,
            tables=tables,
        )

    def parse(self, name: str, data: bytes) -> Book:
        """Read a file in the child process and look its numbers up, all at once."""
        book = child.parse(name, data)
        self.prime(book)
        return book

    def prime(self, book: Book) -> None:
        """Look up every ID number that a book may hold, so that no row asks for itself."""
        found: set[str] = set()
        for sheet in book.sheets:
            if sheet.hidden:
                continue
            for cells in sheet.rows.values():
                for cell in cells.values():
                    if len(cell.text) >= 15 and _LONG.search(cell.text):
                        found |= _as_id_no(cell.text)
        self._load(found - self._members.keys())

    def member(self, id_no: str) -> KnownMember | None:
        """Give who has this number, wherever; of somebody out of scope only that the number is taken."""
        if id_no not in self._members:
            self._load({id_no})
        return self._members[id_no]

    def fee(self, org: str, year: int, category: str, base: Decimal | None) -> Fee | None:
        """Give what the rules ask in a year of a base, or of a category without one; None where no rule set says."""
        view = self.orgs.get(org) or self._top
        if view is None:
            return None
        key = (view.id, year)
        if key not in self._tariffs:
            self._tariffs[key] = dues.tariff(policy.effective(view.id, "dues", self.today if year == self.today.year else date(year, 12, 31)))
        table = self._tariffs[key]
        rows = table.rows(category)
        if category == dues.Category.FARMER:
            return Fee(least=_yuan(rows[0].above + 1), most=_yuan(rows[-1].up_to)) if rows else None
        found = dues.monthly(table, category, int((base or Decimal(0)) * 100))
        return Fee(_yuan(found.amount), Decimal(found.rate or 0) / dues.MILLION, _band(found.tier)) if found.tier else None

    def masked(self, org: str, name: str, shown: str) -> int:
        """Count the members of this name whose number fits a masked one, at the organisation or, without one, where the import is made."""
        view = self.orgs.get(org) or self._top
        return len(people_like(self.scope, view, self.today, name, shown, self._rolls)) if view else 0

    def _load(self, numbers: Iterable[str]) -> None:
        numbers = set(numbers)
        known = people.known_by_id_no(numbers)
        orgs = tree.views({org_id for _, _, org_id in known.values()})
        for number in numbers:
            if number in known:
                _, name, org_id = known[number]
                self._members[number] = KnownMember(name, orgs[org_id].name, orgs[org_id].path_now.startswith(self.path))
            else:
                self._members[number] = None


def _as_id_no(text: str) -> set[str]:
    checked = identity.check(text)
    if checked.code == "ID_15":
        return {identity.upgrade_15(text)}
    return {checked.id_no} if len(checked.id_no) == 18 else set()


Rolls = dict[str, dict[str, list[tuple[int, str]]]]  # organisation → name → (person, number)


def people_like(scope: Scope, org: OrgView, on: date, name: str, shown: str, rolls: Rolls) -> list[tuple[int, str]]:
    """Give the members of an organisation of this name that a masked number fits, as (person, number). rolls: kept between calls."""
    if org.name not in rolls:
        rolls[org.name] = {}
        for sheet in sheets(scope, [e.person_id for e in people.roll(scope, org.id, on)]).values():
            rolls[org.name].setdefault(sheet.name, []).append((sheet.person_id, sheet.id_no))
    tail = shown.rpartition("*")[2]
    fits = rolls[org.name].get(name, ())
    return [(pk, n) for pk, n in fits if len(n) == len(shown) == 18 and n.startswith(shown[:6]) and n.endswith(tail)]


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


def _band(tier: dues.Tier) -> str:
    above, up_to = (f"{x // 100}" if x % 100 == 0 else dues.yuan(x) for x in (max(tier.above, 0), tier.up_to))
    if tier.up_to >= dues.NO_LIMIT:
        return f"{above} 元以上" if tier.above > 0 else "全部"
    return f"{above}—{up_to} 元" if tier.above > 0 else f"{up_to} 元及以下"


class _Meetings(AbstractSet[tuple[str, str, str]]):
    """The recorded meetings as (organisation, YYYY-MM-DD, kind), read a year at a time when the first row of that year asks."""

    def __init__(self, scope: Scope, ids: Mapping[str, int]) -> None:
        self._scope, self._ids = scope, ids
        self._years: dict[int, set[tuple[int, date, str]]] = {}

    def __contains__(self, item: object) -> bool:
        if not isinstance(item, tuple):
            return False
        name, text, kind = item
        org_id, held = self._ids.get(name), date.fromisoformat(text)
        if org_id is None:
            return False
        if held.year not in self._years:
            self._years[held.year] = record.known_meetings(self._scope, date(held.year, 1, 1), date(held.year, 12, 31))
        return (org_id, held, kind) in self._years[held.year]

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        raise TypeError("only asked for, never listed")

    def __len__(self) -> int:
        return sum(map(len, self._years.values()))


def in_reach(found: Iterable[FileRead | FileRefused], installed: Installed) -> tuple[FileRead | FileRefused, ...]:
    """Refuse rows about an organisation above the one where the import is made, with the text for an unknown one."""
    return tuple(_file(f, installed.above) if isinstance(f, FileRead) and installed.above else f for f in found)


def _file(file: FileRead, above: frozenset[str]) -> FileRead:
    kinds = {s.name: s.kind for s in file.sheets}
    rows = tuple(_row(r, kinds.get(r.sheet or "*", ""), above) for r in file.rows)
    sheets = tuple(_sheet(s, above, file) for s in file.sheets)
    return file if rows == file.rows and sheets == file.sheets else replace(file, rows=rows, sheets=sheets)


def _row(row: Row, kind: str, above: frozenset[str]) -> Row:
    if row.values is None:
        return row
    field = "name" if kind == TableKind.ORGANISATIONS else "org"
    if row.values.get(field) not in above or kind == TableKind.ROSTER:  # a roster's branch is asked for the sheet
        return row
    message = f"没有叫“{str(row.values[field])[:40]}”的党组织，先建组织或改名称"
    return Row(row.sheet, row.row, Result.REJECT, None, (Issue("ORG_NOT_FOUND", field, Level.REJECT, message),))


def _sheet(sheet: SheetRead, above: frozenset[str], file: FileRead) -> SheetRead:
    if sheet.kind != TableKind.ROSTER:
        return sheet
    written = [r.values["org"] for r in file.rows if (r.sheet or "*") == sheet.name and r.values is not None and r.values.get("org") in above]
    asked = {q.text for q in sheet.questions}
    new = tuple(
        Question(name, "ORG_NOT_FOUND", f"没有叫“{name[:40]}”的党组织，请选一个已有的，或先建这个党组织", None, written.count(name))
        for name in dict.fromkeys(written) if name not in asked
    )
    return replace(sheet, questions=sheet.questions + new) if new else sheet
