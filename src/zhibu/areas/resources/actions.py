"""Plan the funds of a year, enter and reverse payments; register, check and close places. The right is asked inside."""
from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope, collapse
from zhibu.ground.journal import journal
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.spread import spread
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show

from . import rules
from .models import FundPayment, FundPlan, Place, PlaceCheck
from .refused import Fault, ResourceRefused
from .rules import Counts, Fund, PlaceKind

T = TypeVar("T")
FIRST_YEAR = 2000
STALE = "您打开这一页以后，别人先改过。现在的内容列在旁边，核对后再保存"


class ResourceStale(ResourceRefused):
    """Somebody else changed the row since the form was opened (E044)."""


@dataclass(frozen=True, slots=True)
class NewPlan:
    """What one fund of a year is reckoned by, and what was appropriated (fen)."""

    year: int
    fund: str
    counts: Counts
    appropriated: int | None
    document: str = ""


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A place as entered."""

    name: str
    kind: str
    address: str
    area: Decimal | None
    shared: bool = False
    open_below: bool = False


def _today(at: datetime) -> date:
    return timezone.localtime(at).date()


def _clean(text: str, most: int) -> str:
    return " ".join(text.split())[:most]


# ---------------------------------------------------------------- funds


@transaction.atomic
def plan(actor: Actor, org_id: int, new: NewPlan, *, version: int, at: datetime) -> int:
    """Enter or change one fund of a year (version 0: it must be new); returns its id.

    Raises ResourceRefused: E026 (amount), E032 (counts, year), E054, E044 (an organisation above or below plans the same fund: the money would count
    twice); ResourceStale when somebody changed it first.
    """
    path = tree.path_of(org_id)
    actor.require(Permission.RESOURCE_WRITE, path)
    scope = Scope((path,))
    found = _plan_faults(new, _today(at))
    if not found:
        found = _counted_twice(path, org_id, new)
    if found:
        raise ResourceRefused(*found)
    assert new.appropriated is not None
    row = FundPlan.objects.within(scope).select_for_update().filter(org_id=org_id, year=new.year, fund=new.fund).first()
    if (row.version if row else 0) != version:
        raise ResourceStale(Fault("appropriated", "E044", STALE))
    values = {
        "urban": new.counts.urban, "county": new.counts.county, "villages": new.counts.villages, "members": new.counts.members,
        "appropriated": new.appropriated, "document": _clean(new.document, 100), "made_by": actor.name, "made_at": at,
    }
    if row is None:
        try:
            with transaction.atomic():
                row = FundPlan.objects.within(scope).create(org_id=org_id, year=new.year, fund=new.fund, **values)
        except IntegrityError as twin:
            raise ResourceStale(Fault("appropriated", "E044", STALE)) from twin
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
        row.save()
    journal.write(
        actor, "resources.plan", at=at, org_id=org_id, org_path=path, subject=("fund", row.pk),
        changes={"year": new.year, "fund": new.fund, "appropriated": rules.yuan(new.appropriated), "urban": new.counts.urban, "county": new.counts.county,
                 "villages": new.counts.villages, "members": new.counts.members},
    )
    return row.pk


def _plan_faults(new: NewPlan, today: date) -> list[Fault]:
    found = []
    if not FIRST_YEAR <= new.year <= today.year + 1:
        found.append(Fault("year", "E032", f"年份要在 {FIRST_YEAR} 到 {today.year + 1} 之间"))
    if new.fund not in tuple(Fund):
        found.append(Fault("fund", "E054", "请选是哪一项经费"))
    if (refused := rules.check_amount(new.appropriated, "已安排")) is not None:
        found.append(Fault("appropriated", refused.code, refused.reason))
    if (refused := rules.check_counts(new.counts)) is not None:
        found.append(Fault("urban" if new.fund == Fund.SERVICE else "members" if new.fund == Fund.ACTIVITY else "villages", refused.code, refused.reason))
    return found


def _counted_twice(path: str, org_id: int, new: NewPlan) -> list[Fault]:
    """Refuse a fund that an organisation above or below has in its own plan of the year."""
    rows = FundPlan.objects.unscoped("money that an organisation above or below plans must not be counted twice").filter(year=new.year, fund=new.fund)
    for other, other_path in rows.exclude(org_id=org_id).exclude(org__status="dissolved").order_by("org__path", "id").values_list("org__short_name", "org__path"):
        if path.startswith(other_path) or other_path.startswith(path):
            return [Fault("fund", "E044", f"{other}已经编了{new.year}年的这项经费，上下级各编一份会重复计算。请由一级编")]
    return []


@transaction.atomic
def pay(actor: Actor, plan_id: int, *, day: date, amount: int | None, note: str, at: datetime) -> int:
    """Enter a payment; returns its id. Raises ResourceRefused: E001, E026, E032 (not in the year or the one after), E029 (beyond what was appropriated, without a note)."""
    row, scope = _locked(actor, plan_id)
    found = []
    if (refused := rules.check_amount(amount, "支付金额")) is not None:
        found.append(Fault("amount", refused.code, refused.reason))
    elif amount == 0:
        found.append(Fault("amount", "E026", "支付金额要大于 0"))
    if day > _today(at):
        found.append(Fault("day", "E001", "日期晚于今天，请填支付那一天"))
    elif not row.year <= day.year <= row.year + 1:
        found.append(Fault("day", "E032", f"这是{row.year}年的经费，支付日期要在{row.year}年或{row.year + 1}年"))
    if not found and amount is not None and (refused := rules.check_paid(_paid(scope, row.pk) + amount, row.appropriated, note)) is not None:
        found.append(Fault("note", refused.code, refused.reason))
    if found:
        raise ResourceRefused(*found)
    made = FundPayment.objects.within(scope).create(
        org_id=row.org_id, plan=row, day=day, amount=amount, note=_clean(note, 200), made_by=actor.name, made_at=at
    )
    _journal(actor, scope, row, "resources.pay", at, {"day": str(day), "amount": rules.yuan(amount or 0)})
    return made.pk


def _locked(actor: Actor, plan_id: int) -> tuple[FundPlan, Scope]:
    """Give the fund, locked until the end of the transaction: of two payments at once one waits and sees the other."""
    row = FundPlan.objects.within(actor.scope(Permission.RESOURCE_READ)).filter(pk=plan_id).first()
    if row is None:
        raise tree.NotFound("没有找到这项经费")
    path = tree.path_of(row.org_id)
    actor.require(Permission.RESOURCE_WRITE, path)
    scope = Scope((path,))
    return FundPlan.objects.within(scope).select_for_update().get(pk=plan_id), scope


def _paid(scope: Scope, plan_id: int) -> int:
    return FundPayment.objects.within(scope).filter(plan_id=plan_id).aggregate(n=Sum("amount"))["n"] or 0


def _journal(actor: Actor, scope: Scope, row: FundPlan, action: str, at: datetime, changes: dict[str, str]) -> None:
    journal.write(actor, action, at=at, org_id=row.org_id, org_path=scope.paths[0], subject=("fund", row.pk), changes={"year": row.year, "fund": row.fund, **changes})


@transaction.atomic
def reverse(actor: Actor, payment_id: int, *, reason: str, at: datetime) -> int:
    """Reverse a payment (冲正) by a row of the opposite amount; returns its id. Raises ResourceRefused: E054 without a reason, E044 when it was reversed already or is itself a reversal."""
    found = FundPayment.objects.within(actor.scope(Permission.RESOURCE_READ)).filter(pk=payment_id).first()
    if found is None:
        raise tree.NotFound("没有找到这一笔")
    row, scope = _locked(actor, found.plan_id)
    if len(reason.strip()) < 2:
        raise ResourceRefused(Fault("reason", "E054", "请写一句为什么冲正，例如：金额登记错了"))
    if found.reverses_id is not None or FundPayment.objects.within(scope).filter(reverses_id=payment_id).exists():
        raise ResourceRefused(Fault("reason", "E044", "这一笔已经冲正过，不用再办"))
    made = FundPayment.objects.within(scope).create(
        org_id=row.org_id, plan=row, day=_today(at), amount=-found.amount, note=_clean(reason, 200), reverses_id=payment_id, made_by=actor.name, made_at=at
    )
    _journal(actor, scope, row, "resources.reverse", at, {"amount": rules.yuan(found.amount), "reason": _clean(reason, 200)})
    return made.pk


# ---------------------------------------------------------------- places


def address_key(address: str) -> str:
    """Write an address so that two spellings of it are one: full-width as half-width, no blanks."""
    return "".join(unicodedata.normalize("NFKC", address).split()).casefold()[:120]


@transaction.atomic
def register_place(actor: Actor, org_id: int, new: NewPlace, *, at: datetime) -> int:
    """Register a place; returns its id. Raises ResourceRefused: E032 (area), E054, E044 (another organisation has the place, and the two do not both say that they share it)."""
    path = tree.path_of(org_id)
    actor.require(Permission.RESOURCE_WRITE, path)
    _check_place(org_id, new, None)
    scope = Scope((path,))
    row = _kept(lambda: Place.objects.within(scope).create(org_id=org_id, made_by=actor.name, made_at=at, **_columns(new)))
    journal.write(actor, "resources.register_place", at=at, org_id=org_id, org_path=path, subject=("place", row.pk), changes=_said(new))
    return row.pk


@transaction.atomic
def register_many(actor: Actor, new: Sequence[tuple[int, NewPlace, Sequence[str]]], *, day: date, at: datetime) -> list[int]:
    """Register many places at once, each with what a check of that day found; returns their ids. Raises as `register_place` and `check_place`.

    New addresses only: one that stands there already is refused by the database."""
    paths = {i: o.path for i, o in tree.views({org_id for org_id, _, _ in new}).items()}
    for path in set(paths.values()):
        actor.require(Permission.RESOURCE_WRITE, path)
    for _, one, _ in new:
        if found := _shape_faults(one):
            raise ResourceRefused(*found)
    scope = Scope(collapse(paths.values()))
    rows = _kept(lambda: Place.objects.into(scope).bulk_create([Place(org_id=org_id, made_by=actor.name, made_at=at, **_columns(one)) for org_id, one, _ in new], batch_size=500))
    listed = {i: rules.items(e) for i, e in spread(paths, "places", day).items()}
    PlaceCheck.objects.into(scope).bulk_create(
        [
            PlaceCheck(org_id=org_id, place=row, day=day, listed=list(listed[org_id]), present=[i for i in listed[org_id] if i in there], made_by=actor.name, made_at=at)
            for row, (org_id, _, there) in zip(rows, new, strict=True)
        ],
        batch_size=500,
    )
    journal.write_many(
        actor, "resources.register_place", at=at, lines=[journal.Line(org_id, paths[org_id], ("place", row.pk), _said(one)) for row, (org_id, one, _) in zip(rows, new, strict=True)]
    )
    return [row.pk for row in rows]


@transaction.atomic
def change_place(actor: Actor, place_id: int, new: NewPlace, *, version: int, at: datetime) -> None:
    """Change a place. Raises as `register_place`; ResourceStale when somebody changed it since `version`; E044 when it was closed."""
    row, scope = _own_place(actor, place_id)
    if row.version != version:
        raise ResourceStale(Fault("name", "E044", STALE))
    _check_place(row.org_id, new, row.pk)
    for name, value in _columns(new).items():
        setattr(row, name, value)
    row.version += 1
    _kept(row.save)
    journal.write(actor, "resources.change_place", at=at, org_id=row.org_id, org_path=scope.paths[0], subject=("place", row.pk), changes=_said(new))


@transaction.atomic
def close_place(actor: Actor, place_id: int, *, reason: str, at: datetime) -> None:
    """Say that a place is no longer used; it stays readable and counts no longer. Raises ResourceRefused E054 without a reason, E044 when it is closed."""
    row, scope = _own_place(actor, place_id)
    if len(reason.strip()) < 2:
        raise ResourceRefused(Fault("reason", "E054", "请写一句为什么停用，例如：搬到新楼"))
    row.ended_at, row.ended_by, row.ended_why = at, actor.name, _clean(reason, 200)
    row.save()
    journal.write(actor, "resources.close_place", at=at, org_id=row.org_id, org_path=scope.paths[0], subject=("place", row.pk), changes={"reason": row.ended_why})


@transaction.atomic
def check_place(actor: Actor, place_id: int, *, day: date, present: Iterable[str], note: str, at: datetime) -> int:
    """Enter what was there of the list of that day; returns the check's id. Raises ResourceRefused: E001, E054 (nothing to check by), E032 (not on the list)."""
    row, scope = _own_place(actor, place_id)
    listed = rules.items(policy.effective(row.org_id, "places", min(day, _today(at))))
    there = tuple(dict.fromkeys(present))
    found = []
    if day > _today(at):
        found.append(Fault("day", "E001", "日期晚于今天，请填检查那一天"))
    if not listed:
        found.append(Fault("present", "E054", "本组织的规则集没有列活动场所应有的设施，请先由上级定"))
    if set(there) - set(listed):
        found.append(Fault("present", "E032", "有一项不在应有设施里，请重新打开再勾"))
    if found:
        raise ResourceRefused(*found)
    made = PlaceCheck.objects.within(scope).create(
        org_id=row.org_id, place=row, day=day, listed=list(listed), present=[i for i in listed if i in there], note=_clean(note, 200), made_by=actor.name, made_at=at
    )
    journal.write(
        actor, "resources.check_place", at=at, org_id=row.org_id, org_path=scope.paths[0], subject=("place", row.pk),
        changes={"day": str(day), "missing": [i for i in listed if i not in there]},
    )
    return made.pk


def _own_place(actor: Actor, place_id: int) -> tuple[Place, Scope]:
    found = Place.objects.within(actor.scope(Permission.RESOURCE_READ)).filter(pk=place_id).first()
    if found is None:
        raise tree.NotFound("没有找到这个场所")
    path = tree.path_of(found.org_id)
    actor.require(Permission.RESOURCE_WRITE, path)
    scope = Scope((path,))
    row = Place.objects.within(scope).select_for_update().get(pk=place_id)
    if row.ended_at is not None:
        raise ResourceRefused(Fault("name", "E044", f"这个场所{show(timezone.localtime(row.ended_at).date())}已经停用"))
    return row, scope


def _check_place(org_id: int, new: NewPlace, but: int | None) -> None:
    found = _shape_faults(new)
    if not found and (taken := _taken(org_id, new, but)) is not None:
        found.append(taken)
    if found:
        raise ResourceRefused(*found)


def _shape_faults(new: NewPlace) -> list[Fault]:
    found = []
    if len(_clean(new.name, 60)) < 2:
        found.append(Fault("name", "E054", "请写场所名称，例如：柳树湾村党群服务中心"))
    if new.kind not in tuple(PlaceKind):
        found.append(Fault("kind", "E054", "请选是村、社区还是其他场所"))
    if len(address_key(new.address)) < 6:
        found.append(Fault("address", "E054", "地址要写到镇、村和门牌，例如：青禾县石桥镇柳树湾村1组18号"))
    if (refused := rules.check_area(new.area)) is not None:
        found.append(Fault("area", refused.code, refused.reason))
    return found


def _taken(org_id: int, new: NewPlace, but: int | None) -> Fault | None:
    """Refuse a place that stands registered already: by the same organisation, or by another one unless both say that they share it."""
    rows = Place.objects.unscoped("one place counts for one organisation: is the address registered already").filter(address_key=address_key(new.address), ended_at__isnull=True)
    others = list(rows.exclude(pk=but).order_by("id").values_list("org_id", "org__short_name", "shared"))
    if any(other == org_id for other, _, _ in others):
        return Fault("address", "E044", "本组织已经登记过这个地址的场所，不用再登记")
    if others and not new.shared:
        return Fault("shared", "E044", f"这个地址{others[0][1]}已经登记过，一个场所只能算一次。两家合用的，两家都要选“合用”")
    if unshared := [name for _, name, shared in others if not shared]:
        return Fault("shared", "E044", f"{unshared[0]}登记这个地址时没有选“合用”，请他们先选上，再登记")
    return None


def _columns(new: NewPlace) -> dict[str, object]:
    return {
        "name": _clean(new.name, 60), "kind": new.kind, "address": _clean(new.address, 120), "address_key": address_key(new.address), "area": new.area,
        "shared": new.shared, "open_below": new.open_below,
    }


def _said(new: NewPlace) -> dict[str, object]:
    return {"name": _clean(new.name, 60), "kind": new.kind, "area": str(new.area), "shared": new.shared, "open_below": new.open_below}


def _kept(write: Callable[[], T]) -> T:
    """Write a place; of two at once with one address the database lets one through."""
    try:
        with transaction.atomic():
            return write()
    except IntegrityError as twin:
        raise ResourceRefused(Fault("address", "E044", "这个地址刚刚已经有人登记，请打开场所名单核对")) from twin


def note_paper(actor: Actor, org_id: int, *, what: str, at: datetime) -> None:
    """Note in the journal that a table of funds or places was exported. The right to read is asked here."""
    path = tree.path_of(org_id)
    actor.require(Permission.RESOURCE_READ, path)
    journal.write(actor, "resources.paper", at=at, org_id=org_id, org_path=path, changes={"what": what})
