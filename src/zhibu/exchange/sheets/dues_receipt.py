"""收据 of a payment of dues: amount in figures and in capital numerals; the collector signs with ink."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhibu.areas.dues import own, paper
from zhibu.areas.dues.paper import PaymentView
from zhibu.areas.dues.rules import month_zh, yuan
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.tree import queries as tree
from zhibu.kernel import capitals

from .dues_forms import rule_sets
from .sheet import Cell, Sheet, day, foot, head, wide

WIDTHS = (30, 48, 30, 48)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The content of a receipt. number: the payment's own."""

    org_name: str
    name: str
    payment: PaymentView
    rule_sets: tuple[str, ...]
    printed_on: date

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return f"党费收据_{self.payment.id}"

    @property
    def capital(self) -> str:
        """Give the amount in capital numerals."""
        return capitals.money(self.payment.amount)

    def sheet(self) -> Sheet:
        """Lay the receipt out."""
        return self._laid("党费收据", wide("收款事由", self.payment.what, tall=10))

    def slip(self, ground: str) -> Sheet:
        """Lay the same receipt out as the slip of a quarter paid together: month by month, and on what ground (ground)."""
        months = "\n".join(f"{month_zh(m)}　{yuan(a)}元" for m, a in zip(self.payment.months, self.payment.sums, strict=True))
        return self._laid("党费季度交纳单", wide("收款事由", self.payment.what, tall=10), wide("其中", months, tall=10), wide("按季交纳", ground, tall=10))

    def _laid(self, title: str, *what: tuple[Cell, ...]) -> Sheet:
        p = self.payment
        rows: tuple[tuple[Cell, ...], ...] = (
            (head("交款人"), Cell((self.name,), centred=True, tall=10), head("交款日期"), Cell((day(p.paid_on),), centred=True, tall=10)),
            *what,
            wide("金额（大写）", self.capital, tall=10),
            (head("金额（小写）"), Cell((f"￥{yuan(p.amount)}",), centred=True, tall=10), head("交纳方式"), Cell((p.how,), centred=True, tall=10)),
            *((wide("代交人", p.payer, tall=10),) if p.payer and p.payer != self.name else ()),
            wide("收款单位\n（盖章）", self.org_name, "", "　　　　　　　　　　　　年　　月　　日", tall=22),
        )
        said = ("这一笔已经冲正，收据作废。",) if p.reversed else ()
        return Sheet(
            "receipt", title, (f"编号：{p.id}",), WIDTHS, rows, ("收款人签字：", "交款人签字："), foot(self.rule_sets, self.printed_on), below=said,
        )


def receipt(scope: Scope, payment_id: int, printed_on: date) -> Receipt:
    """Fill the receipt of a payment. NotFound outside the scope, and for the reversal of another (its amount is nothing received)."""
    return _filled(paper.payment(scope, payment_id), printed_on)


def own_receipt(actor: Actor, payment_id: int, printed_on: date) -> Receipt:
    """Fill the receipt of one of the actor's own payments: the same paper as the cashier's. NotFound for everybody else's."""
    return _filled(own.payment(actor, payment_id), printed_on)


def _filled(found: PaymentView, printed_on: date) -> Receipt:
    if found.reverses:
        raise tree.NotFound("冲正没有收据")
    org = tree.views([found.org_id])[found.org_id]
    inside = Scope((org.path_now,))
    name = people.names_of(inside, [found.person_id]).get(found.person_id, "")
    return Receipt(org.name, name, found, rule_sets(found.org_id, found.paid_on), printed_on)


@dataclass(frozen=True, slots=True)
class QuarterSlips:
    """The slips of a branch, or of one member, for a quarter that was paid together: receipts with the ground of each."""

    org_name: str
    first: int                       # the month index with which the quarter begins
    slips: tuple[tuple[Receipt, str], ...]

    @property
    def title(self) -> str:
        """Name the slips."""
        return f"{self.first // 12}年第{self.first % 12 // 3 + 1}季度党费交纳单"

    def sheets(self) -> tuple[Sheet, ...]:
        """Lay them out, one a page."""
        return tuple(receipt.slip(ground) for receipt, ground in self.slips)


def quarter_slips(scope: Scope, org: tree.OrgView, first: int, printed_on: date, *, person_id: int | None = None) -> QuarterSlips:
    """Fill the slips of a quarter. scope: one that opens 收入 there."""
    found = paper.quarter_payments(scope, org.id, first, person_id=person_id)
    names = people.names_of(Scope((org.path_now,)), [one.payment.person_id for one in found])
    sets = {d: rule_sets(org.id, d) for d in {one.payment.paid_on for one in found}}
    return QuarterSlips(
        org.name, first,
        tuple((Receipt(org.name, names.get(one.payment.person_id, ""), one.payment, sets[one.payment.paid_on], printed_on), one.ground) for one in found),
    )
