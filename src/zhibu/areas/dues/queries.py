"""Read dues: a branch's month, a member's account, bases, money. Scopes that do not open 收入 get nothing about persons."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import cast

from django.db.models import Q
from django.utils import timezone

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import Membership
from zhibu.ground.people.queries import offices
from zhibu.ground.policy.resolve import Effective
from zhibu.ground.policy.spec import Share
from zhibu.ground.process import queries as process
from zhibu.ground.tree import queries as tree
from zhibu.kernel.periods import month_index

from . import arrears
from .assessing import last_day
from .models import Assessment, Consent, Exemption, Expense, IncomeBase, Opening, Payment, Remittance, Restitution, Review
from .postings import accounts
from .procedures import EXEMPT
from .reach import rules_at
from .rules import BY_BASE, CATEGORY_ZH, Account, by_the_quarter, kept, month_start, monthly, tariff, to_remit
from .twins import Twins, rows_of, twins


@dataclass(frozen=True, slots=True)
class BaseView:
    """What a member's dues are computed from."""

    id: int
    person_id: int
    category: str
    base: int
    parts: Mapping[str, int]
    from_month: int
    to_month: int | None
    declared_by: str
    declared_at: datetime
    verified_by: str
    verified_at: datetime | None
    kept: int | None = None  # the month's sum as the 核定表 has it

    @property
    def category_title(self) -> str:
        """Name the category."""
        return CATEGORY_ZH[self.category]

    @property
    def verified_year(self) -> int | None:
        """Give the year in which it was confirmed last."""
        return timezone.localtime(self.verified_at).year if self.verified_at else None


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A member in a branch's month. `state`: paid, unpaid, exempt, no_base, refused (the base fits no rule)."""

    person_id: int
    name: str
    category: str
    base: int | None
    rate: int | None
    amount: int | None
    state: str
    why: str = ""
    payment_id: int | None = None
    paid_on: date | None = None
    method: str = ""
    rule_set: str = ""


@dataclass(frozen=True, slots=True)
class MonthSheet:
    """A branch's dues of one month."""

    org_id: int
    month: int
    lines: tuple[MonthLine, ...]

    @property
    def due(self) -> int:
        """Give the sum due."""
        return sum(one.amount or 0 for one in self.lines)

    @property
    def paid(self) -> int:
        """Give the sum paid."""
        return sum(one.amount or 0 for one in self.lines if one.state == "paid")

    def of(self, state: str) -> tuple[MonthLine, ...]:
        """Give the members in a state."""
        return tuple(one for one in self.lines if one.state == state)


def base_view(b: IncomeBase) -> BaseView:
    """Give a base as pages and sheets show it."""
    return BaseView(b.pk, b.person_id, b.category, b.base_fen, dict(b.parts), b.from_month, b.to_month, b.declared_by, b.declared_at, b.verified_by, b.verified_at, b.kept_fen)


def bases(scope: Scope, org_id: int, month: int) -> dict[int, BaseView]:
    """Give the base of each member of an organisation that holds in a month."""
    rows = IncomeBase.objects.within(scope).filter(Q(to_month__isnull=True) | Q(to_month__gt=month), org_id=org_id, from_month__lte=month, ended_at__isnull=True)
    found, merged = list(rows.order_by("from_month", "id")), people.merged()
    own = {b.person_id for b in found}  # of somebody registered twice, the base of the registration that stays holds
    return {merged.get(b.person_id, b.person_id): base_view(b) for b in found if b.person_id not in merged or merged[b.person_id] not in own}


def members_in(scope: Scope, org_id: int, on: date) -> dict[int, str]:
    """Give the members who owe dues to an organisation on a day, by name."""
    rows = Membership.objects.within(offices(scope)).filter(Q(to_on__isnull=True) | Q(to_on__gt=on), org_id=org_id, from_on__lte=on).exclude(standing="suspended")
    return dict(rows.order_by("name_sort", "id").values_list("person_id", "name"))


def month_sheet(scope: Scope, org_id: int, month: int) -> MonthSheet:
    """Give a branch's month: who paid, who has not, what each owes. Members who are not assessed yet are computed by the same rule."""
    here = members_in(scope, org_id, last_day(month))
    both = twins(scope)
    assessed = Assessment.objects.within(scope).filter(org_id=org_id, month=month, ended_at__isnull=True).select_related("payment").order_by("id")
    rows = {both.of(a.person_id): a for a in assessed if a.pk not in both.surplus}
    open_bases = bases(scope, org_id, month)
    waived = {both.of(e.person_id): e for e in Exemption.objects.within(scope).filter(org_id=org_id, state="approved", from_month__lte=month, to_month__gt=month).order_by("id")}
    table = tariff(rules_at(org_id, month_start(month)))
    gone = [p for p in rows if p not in here]
    called = here | {p: n for p, n in _names(scope, org_id, gone).items()}
    lines = []
    for person, name in called.items():
        row, base = rows.get(person), open_bases.get(person)
        if row is not None:
            pay = row.payment
            state = "paid" if pay else "unpaid" if row.amount_fen else "exempt"
            lines.append(
                MonthLine(person, name, row.category, row.base_fen, row.rate, row.amount_fen, state, "", pay.pk if pay else None, pay.paid_on if pay else None, pay.method if pay else "", row.rule_set)
            )
        elif base is None:
            lines.append(MonthLine(person, name, "", None, None, None, "no_base"))
        else:
            found = monthly(table, base.category, base.base)
            amount = waived[person].amount_fen if person in waived else kept(found.amount, base.kept)
            state = "refused" if not found.refusal else "unpaid" if amount else "exempt"
            rate = None if person in waived else found.rate
            lines.append(MonthLine(person, name, base.category, base.base, rate, amount if found.refusal else None, state, found.refusal.reason, rule_set=found.tier.rule_set if found.tier else ""))
    return MonthSheet(org_id, month, tuple(lines))


def _names(scope: Scope, org_id: int, wanted: list[int]) -> dict[int, str]:
    if not wanted:
        return {}
    return dict(Membership.objects.within(offices(scope)).filter(org_id=org_id, person_id__in=wanted).order_by("from_on", "id").values_list("person_id", "name"))


@dataclass(frozen=True, slots=True)
class AccountMonth:
    """A month of one member: what was due by which rule, and whether it was paid."""

    month: int
    category: str
    base: int
    rate: int | None
    amount: int
    rule_set: str
    exempt: bool
    payment_id: int | None
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class PaymentView:
    """Money that was handed in, or its reversal."""

    id: int
    org_id: int
    person_id: int
    kind: str
    amount: int
    months: tuple[tuple[int, int], ...]
    paid_on: date
    method: str
    payer: str
    to_centre: bool
    reverses_id: int | None
    reversed_by: int | None
    reason: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ExemptionView:
    """Dues reduced or waived."""

    id: int
    person_id: int
    amount: int
    from_month: int
    to_month: int
    reason: str
    state: str
    document: str
    meeting_on: date


@dataclass(frozen=True, slots=True)
class ConsentView:
    """An exception the branch agreed to."""

    id: int
    person_id: int
    kind: str
    from_month: int
    to_month: int | None
    meeting_on: date


@dataclass(frozen=True, slots=True)
class PersonAccount:
    """Everything about one member's dues that the reader may see."""

    org_id: int
    person_id: int
    name: str
    bases: tuple[BaseView, ...]
    months: tuple[AccountMonth, ...]     # newest first
    payments: tuple[PaymentView, ...]    # newest first
    exemptions: tuple[ExemptionView, ...]
    consents: tuple[ConsentView, ...]
    late: arrears.Late | None
    review: Review | None = field(default=None)
    paid_twice: tuple[int, ...] = ()     # months that both registrations of one person paid: one of the payments is to be reversed


def payments(scope: Scope, org_id: int | None = None, *, person_id: int | None = None, first: date | None = None, last: date | None = None, both: Twins | None = None) -> tuple[PaymentView, ...]:
    """List payments and reversals, newest first: of an organisation, of a member, of a span of days."""
    rows = Payment.objects.within(scope)
    if org_id is not None:
        rows = rows.filter(org_id=org_id)
    if person_id is not None:
        rows = rows_of(Payment, scope, (both or twins(scope, person_id)).ids(person_id))
        rows = rows.filter(org_id=org_id) if org_id is not None else rows
    if first is not None:
        rows = rows.filter(paid_on__gte=first)
    if last is not None:
        rows = rows.filter(paid_on__lte=last)
    found = list(rows.order_by("-made_at", "-id")[:2000])
    undone = {p.reverses_id: p.pk for p in found if p.reverses_id}
    return tuple(
        PaymentView(
            p.pk, p.org_id, p.person_id, p.kind, p.amount_fen, tuple((m, a) for m, a in p.months), p.paid_on, p.method, p.payer, p.to_centre, p.reverses_id,
            undone.get(p.pk), p.reason, p.made_by, p.made_at,
        )
        for p in found
    )


def account(scope: Scope, person_id: int, today: date) -> PersonAccount:
    """Give a member's dues. `scope`: with 收入 open at the branch, or the member's own. Raises tree.NotFound."""
    both = twins(scope, person_id)
    ids, person_id = both.ids(person_id), both.of(person_id)
    member = replace(scope, person_id=person_id) if scope.person_id in ids else scope
    spell = Membership.objects.within(member).filter(person_id=person_id).order_by("-from_on", "-id").first()
    if spell is None:
        raise tree.NotFound("没有找到这名党员")
    all_bases = rows_of(IncomeBase, scope, ids).filter(ended_at__isnull=True).order_by("-from_month", "-id")
    months = rows_of(Assessment, scope, ids).filter(ended_at__isnull=True).exclude(pk__in=both.surplus).select_related("payment").order_by("-month", "-id")[:60]
    waived = rows_of(Exemption, scope, ids).order_by("-from_month", "-id")
    agreed = rows_of(Consent, scope, ids).order_by("-from_month", "-id")
    return PersonAccount(
        spell.org_id, person_id, spell.name, tuple(base_view(b) for b in all_bases),
        tuple(
            AccountMonth(a.month, a.category, a.base_fen, a.rate, a.amount_fen, a.rule_set, a.exemption_id is not None, a.payment_id, a.payment.paid_on if a.payment else None)
            for a in months
        ),
        payments(scope, person_id=person_id, both=both),
        _exemptions(list(waived)),
        tuple(ConsentView(c.pk, c.person_id, c.kind, c.from_month, c.to_month, c.meeting_on) for c in agreed),
        next(iter(arrears.late(member, today, person_id=person_id, both=both)), None), rows_of(Review, scope, ids).order_by("-id").first(),
        tuple(rows_of(Assessment, scope, ids).filter(pk__in=both.surplus, payment__isnull=False).order_by("month").values_list("month", flat=True)) if both.surplus else (),
    )


def exemptions(scope: Scope, org_id: int) -> tuple[ExemptionView, ...]:
    """List the reductions of an organisation, newest first."""
    return _exemptions(list(Exemption.objects.within(scope).filter(org_id=org_id).order_by("-from_month", "-id")[:200]))


def _exemptions(rows: list[Exemption]) -> tuple[ExemptionView, ...]:
    """Give reductions with the state that follows from their cases: what was asked and answered otherwise was refused or taken back."""
    asked = {e.org_id for e in rows if e.state == "asked"}
    waiting = {c.id for c in process.open_cases(Scope(tuple(o.path for o in tree.views(asked).values())), org_ids=asked, kinds=[EXEMPT.code])} if asked else set()
    return tuple(
        ExemptionView(
            e.pk, e.person_id, e.amount_fen, e.from_month, e.to_month, e.reason, "refused" if e.state == "asked" and e.case_id not in waiting else e.state, e.document, e.meeting_on
        )
        for e in rows
    )


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A member's year in the ledger: base and monthly dues at the end, what was due and paid by month."""

    person_id: int
    name: str
    base: int | None
    rate: int | None
    monthly: int | None
    due: int
    paid: int
    by_month: Mapping[int, tuple[int, bool]]


def year_ledger(scope: Scope, org_id: int, year: int) -> tuple[LedgerLine, ...]:
    """Give a branch's year member by member (台账); three statements."""
    rows = Assessment.objects.within(scope).filter(org_id=org_id, month__gte=year * 12, month__lt=year * 12 + 12, ended_at__isnull=True).order_by("person_id", "month")
    found: dict[int, list[Assessment]] = {}
    both = twins(scope)
    for row in rows:
        if row.pk not in both.surplus:
            found.setdefault(both.of(row.person_id), []).append(row)
    here = members_in(scope, org_id, date(year, 12, 31))
    called = here | _names(scope, org_id, [p for p in found if p not in here])
    lines = []
    for person, name in called.items():
        own = sorted(found.get(person, []), key=lambda a: (a.month, a.pk))
        newest = own[-1] if own else None
        lines.append(
            LedgerLine(
                person, name, newest.base_fen if newest and newest.category in BY_BASE else None, newest.rate if newest else None, newest.amount_fen if newest else None,
                sum(a.amount_fen for a in own), sum(a.amount_fen for a in own if a.payment_id), {a.month: (a.amount_fen, a.payment_id is not None) for a in own},
            )
        )
    return tuple(lines)


# ---------------------------------------------------------------- money


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of an organisation's money, for the page of its books. `kind`: opening, remittance, receipt, restitution, returned, expense."""

    kind: str
    id: int
    on: date
    amount: int
    title: str
    other: str
    state: str       # done, waiting, approved, undone
    note: str
    made_by: str


def movements(scope: Scope, org_id: int) -> tuple[Movement, ...]:
    """List what moved besides the members' payments, newest first."""
    found: list[Movement] = []
    rows: list[Remittance | Restitution] = [
        *Remittance.objects.within(scope).filter(Q(org_id=org_id) | Q(to_org_id=org_id)).order_by("-id")[:200],
        *Restitution.objects.within(scope).filter(Q(org_id=org_id) | Q(to_org_id=org_id)).order_by("-id")[:200],
    ]
    orgs = tree.views({i for r in rows for i in (r.org_id, r.to_org_id)})
    for r in rows:
        out = r.org_id == org_id
        other = orgs[r.to_org_id if out else r.org_id].short_name
        if isinstance(r, Remittance):
            kind, title = ("remittance", "上缴") if out else ("receipt", "下级上缴")
            title = "大额党费" + title if r.kind == "gift" else title
            state = "undone" if r.undone_at else "done" if r.received_at else "waiting"
        else:
            kind, title = ("restitution", "返还下级") if out else ("returned", "上级返还")
            state = "undone" if r.undone_at else "done"
        found.append(Movement(kind, r.pk, r.on, r.amount_fen, title, other, state, r.undone_why or r.note or r.document, r.made_by))
    for o in Opening.objects.within(scope).filter(org_id=org_id).order_by("-id"):
        found.append(Movement("opening", o.pk, o.on, o.amount_fen, "期初结存", "", "undone" if o.undone_at else "done", o.undone_why or o.document, o.made_by))
    for e in Expense.objects.within(scope).filter(org_id=org_id).order_by("-id")[:200]:
        state = "undone" if e.undone_at else "done" if e.spent_on else "approved"
        found.append(Movement("expense", e.pk, e.spent_on or e.on, e.amount_fen, e.what, f"用途{e.purpose}", state, e.undone_why or e.voucher or e.document, e.spent_by or e.made_by))
    return tuple(sorted(found, key=lambda m: (m.on, m.id), reverse=True))


def to_receive(scope: Scope, org_ids: list[int]) -> tuple[Movement, ...]:
    """List remittances that wait for the organisation above to say that they arrived, oldest first."""
    rows = list(Remittance.objects.within(scope).filter(to_org_id__in=org_ids, received_at__isnull=True, undone_at__isnull=True).order_by("on", "id")[:500])
    orgs = tree.views({r.org_id for r in rows})
    return tuple(Movement("receipt", r.pk, r.on, r.amount_fen, "大额党费上缴" if r.kind == "gift" else "上缴", orgs[r.org_id].short_name, "waiting", r.note, r.made_by) for r in rows)


def remit_due(scope: Scope, org_id: int, today: date, known: Effective | None = None) -> tuple[int, Share] | None:
    """Give what an organisation still has to hand up for the quarters that are over, and the share; None where no rule set names a share."""
    rules = known or rules_at(org_id, today)
    if not rules.has("dues.remit_ratio"):
        return None
    share = cast(Share, rules.value("dues.remit_ratio"))
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    before = accounts(scope, org_ids=[org_id], last=date.fromordinal(quarter.toordinal() - 1)).get(org_id, {})
    ever = accounts(scope, org_ids=[org_id]).get(org_id, {})
    return max(0, to_remit(-before.get(Account.DUES, 0), share) - ever.get(Account.REMITTED, 0)), share


def this_month(today: date) -> int:
    """Give the index of the running month."""
    return month_index(today)


def paid_to(scope: Scope, org_id: int, person_id: int) -> date | None:
    """Give the first day of the month to which a member's dues are paid without a gap (党费交到), None where nothing is known."""
    both = twins(scope, person_id)
    rows = rows_of(Assessment, scope, both.ids(person_id)).filter(org_id=org_id, ended_at__isnull=True).exclude(pk__in=both.surplus).order_by("month")
    last: int | None = None
    for month, amount, payment in rows.values_list("month", "amount_fen", "payment_id"):
        if amount and payment is None:
            break
        last = month
    return month_start(last) if last is not None else None


def payable(scope: Scope, org_id: int, person_id: int, now: int) -> list[tuple[int, int]]:
    """Give the months that a member may pay in a month, with their sums: unpaid ones that are assessed, the running one, and the rest of an agreed quarter."""
    both = twins(scope, person_id)
    rows = rows_of(Assessment, scope, both.ids(person_id)).filter(org_id=org_id, ended_at__isnull=True).exclude(pk__in=both.surplus)
    known = {m: (amount, paid) for m, amount, paid in rows.order_by("month").values_list("month", "amount_fen", "payment_id")}
    agreed = Consent.objects.within(scope).filter(Q(to_month__isnull=True) | Q(to_month__gt=now), org_id=org_id, person_id__in=both.ids(person_id), kind="quarterly", from_month__lte=now).exists() or by_the_quarter(rules_at(org_id, month_start(now)))
    wanted = {m for m, (amount, paid) in known.items() if amount and paid is None and m <= now} | set(range(now, (now // 3 + 1) * 3 if agreed else now + 1))
    found = []
    for month in sorted(wanted):
        if month in known:
            if known[month][0] and known[month][1] is None:
                found.append((month, known[month][0]))
            continue
        line = next((one for one in month_sheet(scope, org_id, month).lines if one.person_id == person_id), None)
        if line is not None and line.state == "unpaid" and line.amount:
            found.append((month, line.amount))
    return found
