"""党费台账 (a), 交纳登记表 (b) and 核定表 (c) of a branch and a year (ux.md §2): one object each, for the page, Word and Excel.

They name what single members earn and pay: who builds them has asked for dues and hands in a scope that opens 收入. Of an identity number
only what the house rule leaves is shown; the 核定表 reads in again by name and what is left of it."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from zhibu.areas.dues import paper
from zhibu.areas.dues.paper import YearView
from zhibu.areas.dues.rules import BY_BASE, rate_zh, yuan
from zhibu.exchange.excel import Column, Money, Table, Value
from zhibu.exchange.intake.dues import CATEGORIES, PARTS
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.sheets import sheets
from zhibu.ground.policy import queries as policy
from zhibu.ground.tree import queries as tree
from zhibu.kernel import identity

from .sheet import Cell, Sheet, day, foot, head

LEDGER, REGISTER, ASSESSMENT = "ledger", "register", "assessment"
TITLES = {LEDGER: "党费台账", REGISTER: "党费交纳登记表", ASSESSMENT: "党费核定表"}


@dataclass(frozen=True, slots=True)
class Payer:
    """A member's line: what stands on all three forms."""

    name: str
    number: str
    year: YearView
    left: bool = False

    @property
    def note(self) -> str:
        """Give the remark: reductions, and that somebody has left."""
        return "；".join(t for t in (self.year.note, "已转出" if self.left else "") if t)

    @property
    def by_base(self) -> bool:
        """Tell whether the dues are a rate on a base."""
        return self.year.category in BY_BASE


@dataclass(frozen=True, slots=True)
class DuesForms:
    """The three forms of a branch and a year."""

    org_name: str
    year: int
    payers: tuple[Payer, ...]
    rule_sets: tuple[str, ...]
    printed_on: date

    def title(self, form: str) -> str:
        """Give the title that stands above a form."""
        return f"{self.org_name}{self.year}年{'党员月交纳党费核定表' if form == ASSESSMENT else TITLES[form]}"

    def file_title(self, form: str) -> str:
        """Give the part of the file name that says what it is."""
        return f"{self.year}年{TITLES[form]}"

    def sheet(self, form: str) -> Sheet:
        """Lay a form out for paper."""
        columns, widths, wide = self._columns(form)
        lines = [[_shown(v) for v in row] for row in self._rows(form)] + ([_total(self, form, len(columns))] if form != ASSESSMENT else [])
        if form == REGISTER:
            lines.append(["", "收款人签字", *[""] * (len(columns) - 2)])
        rows = (tuple(head(c.heading) for c in columns), *(tuple(Cell((t,), centred=i != len(line) - 1, tall=10) for i, t in enumerate(line)) for line in lines))
        above = (f"党支部：{self.org_name}　单位：元",)
        return Sheet(
            f"dues {form}", f"{self.year}年{TITLES[form]}", above, widths, rows, _SIGNATURES[form], foot(self.rule_sets, self.printed_on), heads=1, small=True,
            below=_BELOW[form], wide=wide,
        )

    def table(self, form: str) -> Table:
        """Give a form as a worksheet; the 核定表 reads in again as it stands."""
        columns, _, _ = self._columns(form)
        notes = (f"规则集：{'、'.join(self.rule_sets) or '无'}", f"按{day(self.printed_on)}的情况制表，单位：元")
        return Table(TITLES[form], self.title(form), notes, columns, tuple(tuple(row) for row in self._rows(form)))

    def _with_parts(self) -> bool:
        return any(p.year.parts for p in self.payers)

    def _columns(self, form: str) -> tuple[tuple[Column, ...], tuple[int, ...], bool]:
        named = [("序号", 6), ("姓名", 12)]
        if form == LEDGER:
            named += [("月工资收入", 12), ("执行标准", 10), ("月应缴", 10), ("全年应缴", 12), ("全年实缴", 12), ("备注", 24)]
            return tuple(Column(*c) for c in named), (10, 24, 24, 18, 18, 20, 20, 22), False
        if form == REGISTER:
            named += [("月应缴", 9), *((f"{m}月", 12) for m in range(1, 13)), ("合计", 11), ("备注", 20)]
            return tuple(Column(*c) for c in named), (9, 20, 14, *(14,) * 12, 16, 16), True
        named += [("身份证号", 21), ("党员类别", 12)]
        if not self._with_parts():
            named += [("核定基数", 12), ("比例", 8), ("每月应交", 10), ("备注", 24)]
            return tuple(Column(*c) for c in named), (9, 22, 38, 20, 22, 12, 16, 16), False
        named += [*((title, 11) for title in PARTS.values()), ("税后合计", 12), ("比例", 8), ("每月应交", 10), ("备注", 24)]
        return tuple(Column(*c) for c in named), (9, 18, 34, 14, *(14,) * 8, 18, 12, 14, 12), True

    def _rows(self, form: str) -> list[tuple[Value, ...]]:
        line: Callable[[int, Payer], tuple[Value, ...]] = {LEDGER: _ledger, REGISTER: self._register, ASSESSMENT: self._assessment}[form]
        payers = [p for p in self.payers if form != ASSESSMENT or (p.year.category and not p.left)]
        return [line(n, p) for n, p in enumerate(payers, 1)]

    def _register(self, number: int, p: Payer) -> tuple[Value, ...]:
        months = tuple(_month(p, self.year * 12 + m) for m in range(12))
        return (number, p.name, _money(p.year.monthly), *months, Money(p.year.paid), p.note)

    def _assessment(self, number: int, p: Payer) -> tuple[Value, ...]:
        parts = tuple(_money(p.year.parts.get(code)) for code in PARTS) if self._with_parts() else ()
        category = CATEGORIES[p.year.category][0] if p.year.category in CATEGORIES else ""
        return (number, p.name, p.number, category, *parts, Money(p.year.base) if p.by_base else None, _rate(p), _money(p.year.monthly), p.note)


_SIGNATURES = {LEDGER: ("党支部书记：", "组织委员："), REGISTER: ("党支部书记：", "组织委员："), ASSESSMENT: ("党支部书记：", "组织委员：")}
_BELOW = {LEDGER: ("全年应缴按已经生成应交的月份算。",), REGISTER: ("每月格里是交费的月、日和金额，没有交的空着。",), ASSESSMENT: ("身份证号没有写全。",)}


def _ledger(number: int, p: Payer) -> tuple[Value, ...]:
    return (number, p.name, Money(p.year.base) if p.by_base else None, _rate(p) or "定额", _money(p.year.monthly), Money(p.year.due), Money(p.year.paid), p.note)


def _month(p: Payer, month: int) -> Value:
    found = p.year.months.get(month)
    if found is None:
        return None
    if found.due == 0:
        return "免交"
    return f"{found.paid_on.month}.{found.paid_on.day}\n{yuan(found.due)}" if found.paid_on is not None else None


def _total(forms: DuesForms, form: str, width: int) -> list[str]:
    due, paid = sum(p.year.due for p in forms.payers), sum(p.year.paid for p in forms.payers)
    if form == LEDGER:
        return ["", "合计", "", "", "", yuan(due), yuan(paid), ""]
    by_month = [sum(v.due for p in forms.payers if (v := p.year.months.get(forms.year * 12 + m)) and v.paid_on) for m in range(12)]
    return ["", "合计", "", *(yuan(x) if x else "" for x in by_month), yuan(paid), *[""] * (width - 16)]


def _rate(p: Payer) -> str:
    return rate_zh(p.year.rate) if p.year.rate is not None else ""


def _money(fen: int | None) -> Money | None:
    return None if fen is None else Money(fen)


def _shown(value: Value) -> str:
    return yuan(value.fen) if isinstance(value, Money) else "" if value is None else str(value)


def rule_sets(org_id: int, on: date) -> tuple[str, ...]:
    """Name the rule sets by which dues are computed at an organisation on a day."""
    found = policy.effective(org_id, "dues", on)
    keys = ("dues.wage", "dues.pension", "dues.farmer.max", "dues.fixed.student")
    return tuple(dict.fromkeys(found.get(k).rule_set.title for k in keys if found.has(k)))


def dues_forms(scope: Scope, org: tree.OrgView, year: int, today: date) -> DuesForms:
    """Fill the forms of a branch and a year. scope: one that opens 收入 there; NotFound where it does not reach."""
    years = {y.person_id: y for y in paper.year(scope, org.id, year, today)}
    order = [e.person_id for e in people.roll(Scope(scope.paths), org.id, today)]
    gone = [p for p in years if p not in set(order)]
    names = people.names_of(Scope(scope.paths), [*order, *gone])
    numbers = _numbers(scope, list(years))
    here = [Payer(names.get(p, ""), numbers.get(p, ""), years[p]) for p in order if p in years]
    left = [Payer(names.get(p, "（已转出）"), numbers.get(p, ""), years[p], left=True) for p in gone if years[p].months]
    return DuesForms(org.name, year, (*here, *left), rule_sets(org.id, min(today, date(year, 12, 31))), today)


def _numbers(scope: Scope, person_ids: Sequence[int]) -> dict[int, str]:
    """Give the masked numbers; no birthday stands on these forms."""
    return {pk: identity.mask_id(s.id_no, "none") for pk, s in sheets(Scope(scope.paths), person_ids).items() if s.id_no}
