"""Declare and verify what dues are computed from (党费基数核定)."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people.models import Membership
from zhibu.ground.tree import queries as tree
from zhibu.kernel.periods import month_index

from . import assessing
from .models import Assessment, IncomeBase
from .reach import DuesRefused, at_home, local_day, names, rules_at, worded
from .rules import FIXED, MOST_FEN, Tariff, kept, month_start, month_zh, monthly, tariff, yuan
from .twins import twins


@dataclass(frozen=True, slots=True)
class NewBase:
    """A base to enter: category, base in fen (farmers: the agreed sum; fixed categories: 0), from which month; `parts` are the items of the 核定表."""

    person_id: int
    category: str
    base: int
    from_month: int
    parts: Mapping[str, int] = field(default_factory=dict)
    kept: int | None = None  # the sum written on the 核定表, where it differs by rounding


def check(table: Tariff, one: NewBase) -> None:
    """Refuse a base that no amount can be computed from: E008, E026, E027, E055."""
    if one.base > MOST_FEN:
        raise DuesRefused("E026", f"党费基数不能超过{yuan(MOST_FEN)}元，现在是{yuan(one.base)}元", "base")
    found = monthly(table, one.category, one.base)
    if not found.refusal:
        raise DuesRefused(found.refusal.code, found.refusal.reason, "category" if found.refusal.code == "E008" else "base")
    if one.kept is not None and kept(found.amount, one.kept) != one.kept:
        raise DuesRefused("E026", f"每月应交{yuan(found.amount)}元，表里写的是{yuan(one.kept)}元，差得太多，请核对", "base")


@transaction.atomic
def declare(actor: Actor, org_id: int, one: NewBase, *, verified: bool = False, at: datetime) -> int:
    """Enter a member's base from a month on; the one before ends there, and months that are not paid yet are assessed anew. Returns its id."""
    return declare_many(actor, org_id, [one], verified=verified, at=at)[0]


@transaction.atomic
def declare_many(actor: Actor, org_id: int, items: Sequence[NewBase], *, verified: bool = False, at: datetime) -> list[int]:
    """Enter the bases of several members of an organisation, all or none. `verified`: compared with the papers by the actor already.

    Raises DuesRefused: E045 not a member here, E044 the same person twice, E041 over months that have a base, and as `check`.
    """
    scope = at_home(actor, org_id)
    if len({i.person_id for i in items}) < len(items):
        raise DuesRefused("E044", "同一名党员填了两次基数，请只留一次", "person")
    ids = [i.person_id for i in items]
    _refuse_strangers(scope, org_id, ids)
    tables = {m: tariff(rules_at(org_id, month_start(m))) for m in {i.from_month for i in items}}
    before: dict[int, list[IncomeBase]] = {}
    rows = IncomeBase.objects.within(scope).filter(org_id=org_id, person_id__in=ids, ended_at__isnull=True).select_for_update(of=("self",))
    for row in rows.order_by("id"):
        before.setdefault(row.person_id, []).append(row)
    fresh = []
    for one in items:
        check(tables[one.from_month], one)
        for row in before.get(one.person_id, ()):
            if row.from_month >= one.from_month or (row.to_month is not None and row.to_month > one.from_month):
                name = names(scope, [one.person_id]).get(one.person_id, "这名党员")
                raise DuesRefused("E041", f"{name}从{month_zh(row.from_month)}起已经有基数，和这次重叠。请改从后面的月份起，或先撤销那一条", "from_month")
            if row.to_month is None:
                row.to_month = one.from_month
                row.save(update_fields=["to_month"])
        own = actor.person_id is not None and actor.person_id == one.person_id
        fresh.append(
            IncomeBase(
                org_id=org_id, person_id=one.person_id, category=one.category, base_fen=0 if one.category in FIXED else one.base, parts=dict(one.parts), kept_fen=one.kept,
                from_month=one.from_month, declared_by=actor.name, declared_at=at, verified_by=actor.name if verified and not own else "",
                verified_at=at if verified and not own else None,
            )
        )
    try:
        with transaction.atomic():
            made = IncomeBase.objects.within(scope).bulk_create(fresh, batch_size=500)
    except IntegrityError as error:
        raise DuesRefused("E041", "刚刚有人给同一名党员填了基数，请刷新后核对", "person") from error
    path, both = scope.paths[0], twins(scope)
    for first in sorted({i.from_month for i in items}):
        some = [i.person_id for i in items if i.from_month == first]
        found = Assessment.objects.within(scope).filter(org_id=org_id, person_id__in=both.every(some), month__gte=first, ended_at__isnull=True, payment__isnull=True)
        months = set(found.order_by("month").values_list("month", flat=True))
        assessing.renew(path, some, months, by=actor.name, why="基数有变化", at=at)
    journal.write_many(
        actor, "dues.declare", at=at,
        lines=[journal.Line(org_id, path, ("income_base", row.pk), {"category": row.category, "from_month": row.from_month}) for row in made],
    )
    return [row.pk for row in made]


def _refuse_strangers(scope: Scope, org_id: int, ids: Sequence[int]) -> None:
    here = set(Membership.objects.within(Scope(scope.paths)).filter(org_id=org_id, to_on__isnull=True, person_id__in=list(ids)).values_list("person_id", flat=True))
    strangers = [i for i in ids if i not in here]
    if strangers:
        raise DuesRefused("E045", "这名同志的组织关系不在本支部，不能在这里核定党费基数", "person")


@transaction.atomic
def verify(actor: Actor, org_id: int, base_ids: Sequence[int], *, at: datetime) -> int:
    """Confirm bases after comparing them with the papers; returns how many. Nobody confirms the own one (E037)."""
    scope = at_home(actor, org_id)
    new_year = datetime(local_day(at).year, 1, 1, tzinfo=at.tzinfo)  # every year anew
    due = Q(verified_at__isnull=True) | Q(verified_at__lt=new_year)
    rows = list(IncomeBase.objects.within(scope).filter(due, org_id=org_id, pk__in=list(base_ids), ended_at__isnull=True).order_by("id"))
    if actor.person_id is not None and any(r.person_id == actor.person_id for r in rows):
        raise DuesRefused("E037", "自己的党费基数不能自己核实，请支部另一位管党费的同志核实", "base")
    for row in rows:
        row.verified_by, row.verified_at = actor.name, at
        row.save(update_fields=["verified_by", "verified_at"])
    journal.write_many(actor, "dues.verify", at=at, lines=[journal.Line(org_id, scope.paths[0], ("income_base", r.pk), {}) for r in rows])
    return len(rows)


@transaction.atomic
def withdraw(actor: Actor, org_id: int, base_id: int, *, why: str, at: datetime) -> None:
    """Take back a base that was entered by mistake; the one before goes on. Months assessed by it and not paid are assessed anew."""
    scope = at_home(actor, org_id)
    row = IncomeBase.objects.within(scope).filter(org_id=org_id, pk=base_id, ended_at__isnull=True).first()
    if row is None:
        raise tree.NotFound("没有找到这条基数")
    reason = worded(why, "撤销的原因，例如：金额看错行", "why")
    if Assessment.objects.within(scope).filter(base_id=row.pk, ended_at__isnull=True, payment__isnull=False).exists():
        raise DuesRefused("E028", "已经有月份按这条基数交了党费，不能撤销。请从下个月起填新的基数，或先冲正那几个月的交费", "why")
    row.ended_at, row.ended_by, row.ended_why = at, actor.name, reason
    row.save(update_fields=["ended_at", "ended_by", "ended_why"])
    previous = IncomeBase.objects.within(scope).filter(org_id=org_id, person_id=row.person_id, to_month=row.from_month, ended_at__isnull=True).order_by("-id").first()
    if previous is not None:
        previous.to_month = row.to_month
        previous.save(update_fields=["to_month"])
    months = set(Assessment.objects.within(scope).filter(base_id=row.pk, ended_at__isnull=True).order_by("month").values_list("month", flat=True))
    assessing.renew(scope.paths[0], [row.person_id], months, by=actor.name, why="撤销了基数", at=at)
    journal.write(actor, "dues.withdraw_base", at=at, org_id=org_id, org_path=scope.paths[0], subject=("income_base", row.pk), changes={"why": reason})


def running(at: datetime) -> int:
    """Give the month of a moment."""
    return month_index(local_day(at))
