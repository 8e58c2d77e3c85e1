"""What the paper and the files about dues show: bases, the year of each member, one payment. Each reading has a scope that must open 收入."""
from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.models import Membership
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.periods import month_index

from .models import Assessment, Consent, Exemption, IncomeBase, Payment
from .reach import rules_at
from .rules import METHOD_ZH, by_the_quarter, kept, month_start, monthly, months_zh, tariff
from .twins import twins


@dataclass(frozen=True, slots=True)
class BaseView:
    """A base as it stands: from a month on, half-open."""

    id: int
    org_id: int
    person_id: int
    category: str
    base: int
    parts: Mapping[str, int]
    from_month: int
    to_month: int | None
    verified_year: int | None = None
    kept: int | None = None


def bases(scope: Scope, org_ids: Collection[int], first: int, last: int | None = None) -> dict[int, list[BaseView]]:
    """Give the bases by person that hold in any of the months first..last (no last: from then on), oldest first."""
    rows = IncomeBase.objects.within(scope).filter(Q(to_month__isnull=True) | Q(to_month__gt=first), org_id__in=list(org_ids), ended_at__isnull=True)
    if last is not None:
        rows = rows.filter(from_month__lte=last)
    found: dict[int, list[BaseView]] = {}
    for row in rows.order_by("person_id", "from_month", "id"):
        found.setdefault(row.person_id, []).append(
            BaseView(row.pk, row.org_id, row.person_id, row.category, row.base_fen, row.parts, row.from_month, row.to_month, timezone.localtime(row.verified_at).year if row.verified_at else None,
                     row.kept_fen)
        )
    return found


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month of a member: what is due, whether it is paid and on which day."""

    month: int
    due: int
    paid_on: date | None = None


@dataclass(frozen=True, slots=True)
class YearView:
    """A member's year: the base that held last in it, what it gives a month, the assessed months, reductions in words."""

    person_id: int
    category: str
    base: int
    parts: Mapping[str, int]
    rate: int | None
    monthly: int | None
    months: Mapping[int, MonthView]
    note: str = ""

    @property
    def due(self) -> int:
        """Give what was assessed for the year."""
        return sum(m.due for m in self.months.values())

    @property
    def paid(self) -> int:
        """Give what was paid for months of the year."""
        return sum(m.due for m in self.months.values() if m.paid_on is not None)


def year(scope: Scope, org_id: int, of_year: int, today: date) -> list[YearView]:
    """Give the year of everybody who has a base or a month there, in the order of the names' ids; in four statements and the rules."""
    first, last = of_year * 12, of_year * 12 + 11
    held = bases(scope, [org_id], first, last)
    both = twins(scope)
    held = {p: b for p, b in held.items() if p not in both.stays or both.of(p) not in held}
    held = {both.of(p): b for p, b in held.items()}
    rows = Assessment.objects.within(scope).filter(org_id=org_id, month__gte=first, month__lte=last, ended_at__isnull=True).exclude(pk__in=both.surplus).select_related("payment")
    assessed: dict[int, dict[int, MonthView]] = {}
    for row in rows.order_by("person_id", "month"):
        assessed.setdefault(both.of(row.person_id), {})[row.month] = MonthView(row.month, row.amount_fen, row.payment.paid_on if row.payment else None)
    eased: dict[int, list[str]] = {}
    for one in Exemption.objects.within(scope).filter(org_id=org_id, state="approved", from_month__lte=last, to_month__gt=first).order_by("person_id", "id"):
        inside = range(max(one.from_month, first), min(one.to_month, last + 1))
        eased.setdefault(both.of(one.person_id), []).append(f"{months_zh(inside)}{'减交' if one.amount_fen else '免交'}（{one.document}）")
    table = tariff(rules_at(org_id, month_start(min(max(month_index(today), first), last))))
    found = []
    for person_id in sorted(held.keys() | assessed.keys()):
        base = held[person_id][-1] if person_id in held else None
        answer = monthly(table, base.category, base.base) if base is not None else None
        fine = answer is not None and answer.tier is not None
        found.append(
            YearView(
                person_id, base.category if base else "", base.base if base else 0, base.parts if base else {}, answer.rate if answer is not None else None,
                kept(answer.amount, base.kept) if base is not None and answer is not None and fine else None, assessed.get(person_id, {}),
                "；".join(eased.get(person_id, ())),
            )
        )
    return found


def unpaid(scope: Scope, org_id: int) -> dict[int, tuple[tuple[int, int], ...]]:
    """Give what the members of an organisation have not paid: person → (month, fen), oldest first. Who has left is no longer asked."""
    rows = Assessment.objects.within(scope).filter(org_id=org_id, payment__isnull=True, ended_at__isnull=True, amount_fen__gt=0)
    here = set(Membership.objects.within(Scope(scope.paths)).filter(org_id=org_id, to_on__isnull=True).values_list("person_id", flat=True))
    found: dict[int, list[tuple[int, int]]] = {}
    both = twins(scope)
    for person_id, month, amount in rows.exclude(pk__in=both.surplus).order_by("person_id", "month").values_list("person_id", "month", "amount_fen"):
        if both.of(person_id) in here:
            found.setdefault(both.of(person_id), []).append((month, amount))
    return {person_id: tuple(sorted(months)) for person_id, months in found.items()}


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment as its receipt shows it."""

    id: int
    org_id: int
    person_id: int
    kind: str
    amount: int
    months: tuple[int, ...]
    paid_on: date
    method: str
    payer: str
    made_by: str
    reversed: bool
    reverses: bool
    sums: tuple[int, ...] = ()  # by month, in fen, as they were when it was paid

    @property
    def what(self) -> str:
        """Say what the money is."""
        return f"{months_zh(self.months)}党费" if self.kind == "dues" else "自愿多交的党费"

    @property
    def how(self) -> str:
        """Say how it came."""
        return METHOD_ZH.get(self.method, self.method)


def payment(scope: Scope, payment_id: int) -> PaymentView:
    """Give one payment; NotFound outside the scope. One's own is within a scope of one's own person."""
    row = Payment.objects.within(scope).filter(pk=payment_id).first()
    if row is None:
        raise NotFound("没有找到这笔交费")
    return _view(row, Payment.objects.within(scope).filter(reverses_id=row.pk).exists())


def _view(row: Payment, back: bool) -> PaymentView:
    return PaymentView(
        row.pk, row.org_id, row.person_id, row.kind, row.amount_fen, tuple(m for m, _ in row.months), row.paid_on, row.method, row.payer, row.made_by, back,
        row.reverses_id is not None, tuple(a for _, a in row.months),
    )


TOGETHER = 2  # months of a quarter that one payment settles, from which it is a payment by the quarter


@dataclass(frozen=True, slots=True)
class QuarterPayment:
    """A payment that settled months of a quarter together, and on what ground: the day the branch agreed, or the rules that hold here."""

    payment: PaymentView
    agreed_on: date | None
    by_rule: bool

    @property
    def ground(self) -> str:
        """Say why dues came by the quarter and not by the month."""
        if self.agreed_on is not None:
            return f"支部{self.agreed_on.year}年{self.agreed_on.month}月{self.agreed_on.day}日同意按季交纳"
        return "本支部适用的规则按季交纳" if self.by_rule else "几个月一次交清"


def by_quarter(months: Collection[int], first: int) -> bool:
    """Tell whether a payment for these months is one by the quarter that begins with `first`: several months of it and of no other."""
    return len(months) >= TOGETHER and all(first <= m < first + 3 for m in months)


def quarter_payments(scope: Scope, org_id: int, first: int, *, person_id: int | None = None) -> list[QuarterPayment]:
    """List what was paid together for the quarter that begins with the month `first`, without what was reversed, by name's id and day."""
    rows = Payment.objects.within(scope).filter(org_id=org_id, kind="dues", paid_on__gte=month_start(first))
    agreed = Consent.objects.within(scope).filter(Q(to_month__isnull=True) | Q(to_month__gt=first), org_id=org_id, kind="quarterly", from_month__lt=first + 3)
    if person_id is not None:
        ids = twins(scope, person_id).ids(person_id)
        rows, agreed = rows.filter(person_id__in=ids), agreed.filter(person_id__in=ids)
    found = list(rows.order_by("person_id", "paid_on", "id"))
    undone = {p.reverses_id for p in found if p.reverses_id}
    days, rule = dict(agreed.order_by("from_month", "id").values_list("person_id", "meeting_on")), by_the_quarter(rules_at(org_id, month_start(first)))
    return [
        QuarterPayment(_view(p, False), days.get(p.person_id), rule)
        for p in found if not p.reverses_id and p.pk not in undone and by_quarter([m for m, _ in p.months], first)
    ]
