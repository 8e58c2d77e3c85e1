"""The monthly assessment (应交清单): what each member owes for a month, computed and stored by one statement per table of rates, whatever the scope.

The table of rates comes from `rules.tariff`; the statement looks the row up and does the same integer arithmetic as `rules.Tier.amount`.
"""
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope, path_range
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import Membership
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.resolve import resolve
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import Organisation
from zhibu.kernel.periods import month_index

from .models import Assessment, Exemption, IncomeBase
from .reach import DuesRefused, local_day, opened
from .rules import BY_BASE, KEPT_WITHIN, MILLION, Tariff, month_start, month_zh, tariff
from .rules import CATEGORY_ZH as CATEGORIES
from .twins import twins


@dataclass(frozen=True, slots=True)
class Ground:
    """A subtree whose organisations have one table of rates: its path, and the paths inside it that have another."""

    path: str
    without: tuple[str, ...]
    table: Tariff


def last_day(month: int) -> date:
    """Give the last day of a month; whoever is a member on it owes the month there."""
    return month_start(month + 1) - timedelta(days=1)


def grounds(path: str, month: int) -> list[Ground]:
    """Cut a subtree by the rules that hold in it in a month; one piece where no local set is assigned."""
    on = month_start(month)
    above = policy.ids_in(path)
    assigned = policy.assignments("dues", on, on, within=Scope((path,)), above=above)
    library = policy.library_for(a.choice.rule_set for a in assigned)
    paths = {o.id: o.path for o in tree.views({a.org_id for a in assigned}).values()}
    anchors = sorted({path} | {paths[a.org_id] for a in assigned if paths[a.org_id].startswith(path)})
    found = []
    for anchor in anchors:
        chain = [a.choice for i in policy.ids_in(anchor) for a in assigned if a.org_id == i]
        inside = tuple(p for p in anchors if p != anchor and p.startswith(anchor))
        found.append(Ground(anchor, inside, tariff(resolve(library, chain, "dues", on))))
    return found


COLUMNS = (
    "org_id", "person_id", "month", "category", "base_fen", "rate", "amount_fen", "rule_set", "rule_version", "base_id", "exemption_id", "payment_id", "made_by",
    "made_at", "ended_at", "ended_by", "ended_why",
)


@dataclass(frozen=True, slots=True)
class Doubles:
    """What a month must know of people registered twice: whose base and reduction count for whom, and who is assessed already by the other number."""

    bases: Mapping[int, int]
    exemptions: Mapping[int, int]
    done: frozenset[int]


NO_DOUBLES = Doubles({}, {}, frozenset())


def doubles(path: str, month: int) -> Doubles:
    """Find them in a subtree for a month; one statement where nobody was registered twice."""
    merged = people.merged()
    if not merged:
        return NO_DOUBLES
    scope, ids = opened(path), sorted({*merged, *merged.values()})
    held = set(IncomeBase.objects.within(scope).filter(Q(to_month__isnull=True) | Q(to_month__gt=month), person_id__in=ids, from_month__lte=month, ended_at__isnull=True).values_list("person_id", flat=True))
    eased = set(Exemption.objects.within(scope).filter(person_id__in=ids, state="approved", from_month__lte=month, to_month__gt=month).values_list("person_id", flat=True))
    done = set(Assessment.objects.within(scope).filter(person_id__in=list(merged), month=month, ended_at__isnull=True).values_list("person_id", flat=True))
    first = {winner: loser for loser, winner in sorted(merged.items(), reverse=True) if loser in held and winner not in held}
    return Doubles(
        {loser: winner for winner, loser in first.items()}, {loser: winner for loser, winner in merged.items() if loser in eased and winner not in eased},
        frozenset(merged[loser] for loser in done),
    )


def _person(column: str, stays: Mapping[int, int]) -> str:
    """Write a column of persons with the numbers of those registered twice in place of their other ones."""
    return f"CASE {column} " + " ".join(f"WHEN {loser} THEN {winner}" for loser, winner in sorted(stays.items())) + f" ELSE {column} END" if stays else column


def statement(
    ground: Ground, month: int, *, by: str, at: datetime, persons: Collection[int] | None = None, twice: Doubles = NO_DOUBLES
) -> tuple[str, list[Any]]:
    """Write the statement that assesses a month for every member of a piece of the tree. Numbers are written out, texts are parameters."""
    who, eased = _person("b.person_id", twice.bases), _person("e.person_id", twice.exemptions)
    codes = list(dict.fromkeys((t.rule_set, t.version) for t in ground.table.tiers))
    tiers = " UNION ALL ".join(
        f"SELECT {CATEGORY_NUMBER[t.category]} AS cat, {t.above} AS above, {t.up_to} AS up_to, {t.rate} AS rate, {t.fixed} AS fixed, {t.step} AS step, {codes.index((t.rule_set, t.version))} AS source"
        for t in ground.table.tiers
    )
    sources = [_case("t.source", dict(enumerate(c[i] for c in codes))) for i in (0, 1)]
    number, number_params = _case("b.category", {k: v for k, v in CATEGORY_NUMBER.items()}, numbers=True)
    by_base = ", ".join(str(CATEGORY_NUMBER[c]) for c in BY_BASE)
    ops, table = connection.ops, Assessment._meta.db_table
    low, high = path_range(ground.path)
    params: list[Any] = [*sources[0][1], *sources[1][1], by, ops.adapt_datetimefield_value(at), low, high]
    without = ""
    for path in ground.without:
        without += " AND NOT (o.path >= %s AND o.path < %s)"
        params += path_range(path)
    day = ops.adapt_datefield_value(last_day(month))
    params += [day, day, *number_params]
    only = ""
    if persons is not None:
        only = f" AND {who} IN ({', '.join(['%s'] * len(persons))})" if persons else " AND 1 = 0"
        params += sorted(persons)
    if twice.done:
        only += f" AND {who} NOT IN ({', '.join(str(p) for p in sorted(twice.done))})"
    amount = f"t.fixed + (2 * b.base_fen * t.rate + t.step * {MILLION}) / (2 * t.step * {MILLION}) * t.step"
    sql = f"""INSERT INTO {table} ({', '.join(COLUMNS)})
SELECT b.org_id, {who}, {month}, b.category, b.base_fen, CASE WHEN e.id IS NULL AND t.cat IN ({by_base}) THEN t.rate END,
 CASE WHEN e.id IS NOT NULL THEN e.amount_fen WHEN ABS(b.kept_fen - ({amount})) <= {KEPT_WITHIN} THEN b.kept_fen ELSE {amount} END,
 {sources[0][0]}, {sources[1][0]}, b.id, e.id, NULL, %s, %s, NULL, '', ''
FROM {IncomeBase._meta.db_table} b
JOIN {Organisation._meta.db_table} o ON o.id = b.org_id AND o.path >= %s AND o.path < %s{without}
JOIN {Membership._meta.db_table} m ON m.org_id = o.id AND m.person_id = {who} AND m.from_on <= %s AND (m.to_on IS NULL OR m.to_on > %s) AND m.standing <> 'suspended'
JOIN ({tiers}) t ON t.cat = {number} AND b.base_fen > t.above AND b.base_fen <= t.up_to
LEFT JOIN {Exemption._meta.db_table} e ON e.org_id = o.id AND {eased} = {who} AND e.state = 'approved' AND e.from_month <= {month} AND e.to_month > {month}
WHERE b.from_month <= {month} AND (b.to_month IS NULL OR b.to_month > {month}) AND b.ended_at IS NULL{only}
ON CONFLICT DO NOTHING"""
    return sql, params


CATEGORY_NUMBER = {category: n for n, category in enumerate(CATEGORIES, 1)}


def _case(column: str, by: dict, *, numbers: bool = False) -> tuple[str, list[Any]]:
    """Write a CASE over a column with the given answers: as parameters, or as numbers."""
    if numbers:
        return f"CASE {column} " + " ".join(f"WHEN %s THEN {v}" for v in by.values()) + " END", [str(k) for k in by]
    return f"CASE {column} " + " ".join(f"WHEN {k} THEN %s" for k in by) + " END", list(by.values())


def store(path: str, month: int, *, by: str, at: datetime, persons: Collection[int] | None = None) -> int:
    """Assess a month in a subtree (or for some persons of it) as far as it is not assessed yet; returns how many rows were added."""
    added, twice = 0, doubles(path, month)
    with connection.cursor() as cursor:
        for ground in grounds(path, month):
            if ground.table.tiers:
                cursor.execute(*statement(ground, month, by=by, at=at, persons=persons, twice=twice))
                added += max(cursor.rowcount, 0)
    return added


@transaction.atomic
def assess(actor: Actor, org_id: int, month: int, *, at: datetime) -> int:
    """Assess a month for an organisation and everything below it; what is assessed already stays as it is. Returns how many were added.

    Raises DuesRefused E001 for a month that has not begun.
    """
    path = tree.path_of(org_id)
    actor.require(Permission.DUES_WRITE, path)
    if month_start(month) > local_day(at):
        raise DuesRefused("E001", f"{month_zh(month)}还没有到，到了再生成应交清单", "month")
    added = store(path, month, by=actor.name, at=at)
    if added:
        journal.write(actor, "dues.assess", at=at, org_id=org_id, org_path=path, subject=("organisation", org_id), changes={"month": month, "added": added})
    return added


def monthly(actor: Actor, *months: int, at: datetime) -> int:
    """Assess some months (the running one and the one before) wherever the actor keeps dues; run daily, it adds only what is missing."""
    now = month_index(local_day(at))
    wanted = months or (now - 1, now)
    return sum(assess(actor, g.org_id, month, at=at) for g in actor.grants if Permission.DUES_WRITE in g.permissions for month in wanted)


def renew(path: str, person_ids: Sequence[int], months: Collection[int], *, by: str, why: str, at: datetime) -> int:
    """Assess months of some persons anew as far as they are assessed and not paid: the old row ends with the reason. Returns how many."""
    scope, again = opened(path), 0
    both = twins(scope)
    for month in sorted(months):
        rows = Assessment.objects.within(scope).filter(person_id__in=both.every(person_ids), month=month, ended_at__isnull=True, payment__isnull=True)
        ids = sorted({both.of(p) for p in rows.order_by("id").values_list("person_id", flat=True)})
        if ids:
            rows.update(ended_at=at, ended_by=by, ended_why=why[:200])
            store(path, month, by=by, at=at, persons=ids)
            again += len(ids)
    return again
