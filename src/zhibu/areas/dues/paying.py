"""Take dues: one member or all who have not paid, back-payment, voluntary gifts, and reversal. A payment, the months it settles and its postings are one transaction."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Case, Q, Value, When

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people.models import Membership
from zhibu.ground.policy.resolve import Effective
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show
from zhibu.kernel.periods import month_index

from . import assessing
from .models import Assessment, Consent, IncomeBase, Payment
from .postings import Move, book
from .reach import DuesRefused, at_home, local_day, names, not_later, rules_at, sums_in, worded
from .rules import (
    METHOD_ZH,
    MOST_FEN,
    Account,
    Method,
    big_gift,
    by_the_quarter,
    first_due_month,
    month_start,
    month_zh,
    monthly,
    months_zh,
    tariff,
    too_many_back,
    yuan,
)
from .twins import twins


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose months are paid; `payer` is who brought the money when it was a relative or another member."""

    person_id: int
    months: tuple[int, ...]
    payer: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that was taken, with what should be looked at."""

    payment_id: int
    person_id: int
    amount: int
    months: tuple[int, ...]
    warning: str = ""


@transaction.atomic
def pay(actor: Actor, org_id: int, person_id: int, months: Sequence[int], *, paid_on: date, method: str, payer: str = "", expected: int | None = None, at: datetime) -> Paid:
    """Take the dues of a member for some months. `expected`: the sum the payer was told; another sum is refused.

    Raises DuesRefused: E001 a day in the future or a month that has not come, E028 a month that is paid, E045 a month outside of the membership here,
    E008 no base, E049 through others without the branch's consent, E026 another sum than assessed.
    """
    paid = pay_each(actor, org_id, [Wish(person_id, tuple(months), payer)], paid_on=paid_on, method=method, at=at)[0]
    if expected is not None and expected != paid.amount:
        raise DuesRefused("E026", f"应交{yuan(paid.amount)}元，收到的是{yuan(expected)}元。请按应交数收，多交的部分另记自愿多交", "amount")
    return paid


@transaction.atomic
def pay_all(actor: Actor, org_id: int, month: int, person_ids: Sequence[int], *, paid_on: date, method: str, at: datetime) -> list[Paid]:
    """Take the dues of a month from those members on the list who have not paid it yet (全部已交). Who paid in between is left alone."""
    scope = at_home(actor, org_id)
    assessing.store(scope.paths[0], month, by=actor.name, at=at, persons=list(person_ids))
    both = twins(scope)
    rows = Assessment.objects.within(scope).filter(org_id=org_id, month=month, person_id__in=both.every(person_ids), ended_at__isnull=True, payment__isnull=True, amount_fen__gt=0)
    open_ones = sorted({both.of(p) for p in rows.exclude(pk__in=both.surplus).values_list("person_id", flat=True)})
    return pay_each(actor, org_id, [Wish(p, (month,)) for p in open_ones], paid_on=paid_on, method=method, at=at) if open_ones else []


@transaction.atomic
def pay_each(actor: Actor, org_id: int, wishes: Sequence[Wish], *, paid_on: date, method: str, at: datetime) -> list[Paid]:
    """Take the dues of several members of one organisation, all or none; raises as `pay`."""
    scope = at_home(actor, org_id)
    not_later(paid_on, at, "交费日期", "paid_on")
    if method not in METHOD_ZH:
        raise DuesRefused("E054", "请选交纳方式：主题党日当场交、现金、转账或代交", "method")
    people = [w.person_id for w in wishes]
    if not wishes or any(not w.months for w in wishes):
        raise DuesRefused("E054", "请选要交的人和月份", "months")
    if len(set(people)) < len(people) or any(len(set(w.months)) < len(w.months) for w in wishes):
        raise DuesRefused("E028", "同一个人的同一个月选了两次，请只留一次", "months")
    due = _due(scope, org_id, wishes)
    missing: dict[int, list[int]] = {}
    for wish in wishes:
        for month in wish.months:
            if (wish.person_id, month) not in due:
                missing.setdefault(month, []).append(wish.person_id)
    for month, persons in sorted(missing.items()):
        assessing.store(scope.paths[0], month, by=actor.name, at=at, persons=persons)
    due = _due(scope, org_id, wishes) if missing else due
    agreed, rules = _consents(scope, org_id, people), rules_at(org_id, local_day(at))
    called = names(scope, people)
    for wish in wishes:
        _check_months(scope, org_id, wish, due, agreed.get(wish.person_id, ()), called.get(wish.person_id, "这名党员"), paid_on, by_the_quarter(rules))
        _check_method(wish, agreed.get(wish.person_id, ()), method, paid_on)
    return _take(actor, scope, org_id, wishes, due, paid_on, method, rules, at)


Due = Mapping[tuple[int, int], Assessment]


def _due(scope: Scope, org_id: int, wishes: Sequence[Wish]) -> Due:
    months, both = {m for w in wishes for m in w.months}, twins(scope)
    rows = Assessment.objects.within(scope).filter(org_id=org_id, person_id__in=both.every(w.person_id for w in wishes), month__in=months, ended_at__isnull=True)
    return {(both.of(r.person_id), r.month): r for r in rows.select_for_update(of=("self",)).order_by("person_id", "month") if r.pk not in both.surplus}


def _consents(scope: Scope, org_id: int, people: Sequence[int]) -> dict[int, list[Consent]]:
    found: dict[int, list[Consent]] = {}
    both = twins(scope)
    for row in Consent.objects.within(scope).filter(org_id=org_id, person_id__in=both.every(people)).order_by("id"):
        found.setdefault(both.of(row.person_id), []).append(row)
    return found


def _covers(consents: Sequence[Consent], kind: str, month: int) -> bool:
    return any(c.kind == kind and c.from_month <= month and (c.to_month is None or month < c.to_month) for c in consents)


def _check_months(scope: Scope, org_id: int, wish: Wish, due: Due, consents: Sequence[Consent], name: str, paid_on: date, quarter: bool) -> None:
    now = month_index(paid_on)
    total = 0
    for month in sorted(wish.months):
        row = due.get((wish.person_id, month))
        if row is None:
            raise _why_not(scope, org_id, wish.person_id, name, month)
        if row.payment_id is not None:
            raise DuesRefused("E028", f"{name}{month_zh(month)}的党费已经交过，不用再记。要改请先冲正那一笔", "months")
        if row.amount_fen == 0:
            raise DuesRefused("E028", f"{name}{month_zh(month)}已批准免交，不用交。自愿交的请记自愿多交", "months")
        if month > now and not (month // 3 == now // 3 and (quarter or _covers(consents, "quarterly", month))):
            raise DuesRefused("E001", f"{month_zh(month)}还没有到。党费按月交，支部同意按季交的，可以交到本季度末", "months")
        total += row.amount_fen
    if total > MOST_FEN:
        raise DuesRefused("E026", f"一次交费不能超过{yuan(MOST_FEN)}元，请核对基数", "months")


def _check_method(wish: Wish, consents: Sequence[Consent], method: str, paid_on: date) -> None:
    if method == Method.RELATIVE:
        if len(wish.payer.strip()) < 2:
            raise DuesRefused("E054", "请写代交人的姓名", "payer")
        if not _covers(consents, "relative", month_index(paid_on)):
            raise DuesRefused("E049", "由家属或其他党员代交要经支部同意，请先登记支部同意的日期", "method")


def _why_not(scope: Scope, org_id: int, person_id: int, name: str, month: int) -> DuesRefused:
    """Say why a month cannot be assessed for somebody."""
    spells = list(Membership.objects.within(Scope(scope.paths)).filter(org_id=org_id, person_id=person_id).order_by("from_on", "id"))
    if not spells:
        return DuesRefused("E045", "这名同志的组织关系不在本支部，不能在这里交党费", "person")
    day = assessing.last_day(month)
    if not any(s.from_on <= day and (s.to_on is None or s.to_on > day) for s in spells):
        last = spells[-1]
        first = first_due_month(spells[0].from_on)
        if month < first:
            return DuesRefused("E045", f"{name}从{show(spells[0].from_on)}起才在本支部，党费从{month_zh(first)}交起，不能交{month_zh(month)}的", "months")
        when = f"{show(last.to_on)}已离开本支部" if last.to_on else "那个月不在本支部"
        return DuesRefused("E045", f"{name}{when}，不能交{month_zh(month)}的党费", "months")
    if any(s.standing == "suspended" and s.from_on <= day and (s.to_on is None or s.to_on > day) for s in spells):
        return DuesRefused("E045", f"{name}{month_zh(month)}处于停止党籍，不用交党费", "months")
    base = IncomeBase.objects.within(scope).filter(Q(to_month__isnull=True) | Q(to_month__gt=month), org_id=org_id, person_id=person_id, from_month__lte=month, ended_at__isnull=True).first()
    if base is None:
        return DuesRefused("E008", f"{name}{month_zh(month)}还没有核定党费基数和类别，请先核定再收", "person")
    refusal = monthly(tariff(rules_at(org_id, month_start(month))), base.category, base.base_fen).refusal
    if not refusal:
        return DuesRefused(refusal.code, refusal.reason, "person")
    return DuesRefused("E045", f"{name}{month_zh(month)}的党费已经由别的支部登记", "months")


def _take(actor: Actor, scope: Scope, org_id: int, wishes: Sequence[Wish], due: Due, paid_on: date, method: str, rules: Effective, at: datetime) -> list[Paid]:
    rows = [
        Payment(
            org_id=org_id, person_id=w.person_id, amount_fen=sum(due[w.person_id, m].amount_fen for m in w.months),
            months=[[m, due[w.person_id, m].amount_fen] for m in sorted(w.months)], paid_on=paid_on, method=method, payer=w.payer.strip()[:50], made_by=actor.name,
            account_id=actor.account_id, made_at=at,
        )
        for w in wishes
    ]
    made = Payment.objects.within(scope).bulk_create(rows, batch_size=500)
    ids = {due[p.person_id, m].pk: p.pk for p in made for m, _ in p.months}
    settled = _settle(scope, ids)
    if settled != len(ids):  # somebody was faster, and the rows were not locked (SQLite locks the whole file instead)
        raise DuesRefused("E028", "其中有人的党费刚刚已经由别人登记，请刷新后再收", "months")
    book([Move(org_id, scope.paths[0], Account.CASH, Account.DUES, p.amount_fen, ("payment", p.pk), paid_on) for p in made], at)
    journal.write_many(
        actor, "dues.pay", at=at,
        lines=[journal.Line(org_id, scope.paths[0], ("payment", p.pk), {"months": [m for m, _ in p.months], "on": str(paid_on), "method": method}) for p in made],
    )
    return [_paid(p, paid_on, rules) for p in made]


def _settle(scope: Scope, payment_of: Mapping[int, int]) -> int:
    """Mark assessments as settled, each by its payment, unless one settles them already; returns how many were marked."""
    by_payment: dict[int, list[int]] = {}
    for assessment_id, payment_id in payment_of.items():
        by_payment.setdefault(payment_id, []).append(assessment_id)
    rows = Assessment.objects.within(scope).filter(pk__in=list(payment_of), payment__isnull=True, ended_at__isnull=True)
    return rows.update(payment_id=Case(*[When(pk__in=ids, then=Value(payment)) for payment, ids in by_payment.items()]))


def _paid(p: Payment, paid_on: date, rules: Effective) -> Paid:
    months = tuple(m for m, _ in p.months)
    back = [m for m in months if m < month_index(paid_on)]
    most = too_many_back(len(back), rules)
    warning = f"补交了{len(back)}个月（{months_zh(back)}），一般不超过{most}个月，请核对并写明原因" if most is not None else ""
    return Paid(p.pk, p.person_id, p.amount_fen, months, warning)


@transaction.atomic
def give(actor: Actor, org_id: int, person_id: int, amount: int, *, on: date, method: str = Method.CASH, note: str = "", at: datetime) -> Paid:
    """Take a voluntary gift over and above the dues; from the sum the rules name it goes whole to the Centre and is never the branch's to spend."""
    scope = at_home(actor, org_id)
    not_later(on, at, "交费日期", "paid_on")
    if not 0 < amount <= MOST_FEN:
        raise DuesRefused("E026", f"自愿多交的金额要大于0，不超过{yuan(MOST_FEN)}元", "amount")
    if not Membership.objects.within(Scope(scope.paths)).filter(org_id=org_id, person_id=person_id, to_on__isnull=True).exists():
        raise DuesRefused("E045", "这名同志的组织关系不在本支部，不能在这里交党费", "person")
    whole = big_gift(amount, rules_at(org_id, local_day(at)))
    row = Payment.objects.within(scope).create(
        org_id=org_id, person_id=person_id, kind="gift", amount_fen=amount, paid_on=on, method=method if method in METHOD_ZH else Method.CASH, to_centre=whole,
        reason=note.strip()[:200], made_by=actor.name, account_id=actor.account_id, made_at=at,
    )
    book([Move(org_id, scope.paths[0], Account.CASH, Account.GIFT_CENTRE if whole else Account.GIFT, amount, ("payment", row.pk), on)], at)
    journal.write(actor, "dues.give", at=at, org_id=org_id, org_path=scope.paths[0], subject=("payment", row.pk), changes={"to_centre": whole})
    return Paid(row.pk, person_id, amount, (), "一次自愿交这么多的党费要全额上缴中央，不计入本支部可用结存，请尽快逐级上缴" if whole else "")


@transaction.atomic
def reverse(actor: Actor, payment_id: int, *, reason: str, at: datetime) -> int:
    """Reverse a payment that was recorded wrongly: its months are due again, the money leaves the books; returns the id of the reversal."""
    row = Payment.objects.within(actor_sees(actor)).filter(pk=payment_id).first()
    if row is None:
        raise tree.NotFound("没有找到这笔交费")
    scope = at_home(actor, row.org_id)
    why = worded(reason, "冲正的原因，例如：记错了人", "reason")
    if row.reverses_id is not None:
        raise DuesRefused("E028", "这一笔本身就是冲正，不能再冲正。要重新收费，请在月份清单里收", "reason")
    try:
        with transaction.atomic():
            back = Payment.objects.within(scope).create(
                org_id=row.org_id, person_id=row.person_id, kind=row.kind, amount_fen=-row.amount_fen, months=[[m, -a] for m, a in row.months], paid_on=row.paid_on,
                method=row.method, payer=row.payer, to_centre=row.to_centre, reverses=row, reason=why, made_by=actor.name, account_id=actor.account_id, made_at=at,
            )
    except IntegrityError as error:
        raise DuesRefused("E028", "这一笔已经冲正过，不用再冲正", "reason") from error
    Assessment.objects.within(scope).filter(payment_id=row.pk).update(payment=None)
    account = Account.DUES if row.kind == "dues" else Account.GIFT_CENTRE if row.to_centre else Account.GIFT
    book([Move(row.org_id, scope.paths[0], Account.CASH, account, -row.amount_fen, ("payment", back.pk), row.paid_on)], at)
    journal.write(
        actor, "dues.reverse", at=at, org_id=row.org_id, org_path=scope.paths[0], subject=("payment", row.pk), changes={"reason": why, "months": [m for m, _ in row.months]},
    )
    return back.pk


def actor_sees(actor: Actor) -> Scope:
    """Give the scope in which the actor may look for a row about income before the right at its organisation is asked."""
    return sums_in(actor.scope(Permission.DUES_WRITE))
