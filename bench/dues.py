"""The monthly assessment beside one hand-written INSERT … SELECT into the same table, and the arrears list beside one statement with window functions."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from zhibu.areas.dues import arrears, assessing
from zhibu.areas.dues.models import Assessment, IncomeBase, Payment
from zhibu.areas.dues.reach import opened
from zhibu.ground.guard import tripwire
from zhibu.kernel.periods import month_index

from . import load
from .places import Place
from .table import Table, in_turn, ms, once

MONTHS = 6

#: the table of 2008 in fen, as somebody would type it who never heard of rule sets
BY_HAND = """INSERT INTO dues_assessment (org_id, person_id, month, category, base_fen, rate, amount_fen, rule_set, rule_version, base_id, exemption_id, payment_id, made_by, made_at, ended_at, ended_by, ended_why)
SELECT org_id, person_id, %s, category, base_fen, rate, CASE WHEN rate IS NULL THEN sum ELSE (base_fen * rate + 500000) / 1000000 END, 'cn-dues-2008', '1', id, NULL, NULL, %s, %s, NULL, '', ''
FROM (
 SELECT b.id, b.org_id, b.person_id, b.category, b.base_fen,
  CASE WHEN b.category IN ('wage', 'self_employed') THEN CASE WHEN b.base_fen <= 300000 THEN 5000 WHEN b.base_fen <= 500000 THEN 10000 WHEN b.base_fen <= 1000000 THEN 15000 ELSE 20000 END
       WHEN b.category = 'pension' THEN CASE WHEN b.base_fen <= 500000 THEN 5000 ELSE 10000 END END AS rate,
  CASE WHEN b.category = 'farmer' THEN b.base_fen ELSE 20 END AS sum
 FROM dues_incomebase b JOIN people_membership m ON m.person_id = b.person_id AND m.org_id = b.org_id AND m.to_on IS NULL AND m.standing <> 'suspended'
 WHERE b.from_month <= %s AND b.to_month IS NULL AND b.ended_at IS NULL
) x"""
BEHIND = """WITH u AS (
 SELECT a.person_id, a.month, a.amount_fen, a.month - row_number() OVER (PARTITION BY a.person_id ORDER BY a.month) AS run
 FROM dues_assessment a
 WHERE a.payment_id IS NULL AND a.ended_at IS NULL AND a.amount_fen > 0 AND a.month < %s
  AND EXISTS (SELECT 1 FROM people_membership m WHERE m.org_id = a.org_id AND m.person_id = a.person_id AND m.to_on IS NULL)
), r AS (SELECT person_id, run, count(*) AS n, max(month) AS last FROM u GROUP BY person_id, run)
SELECT x.person_id, x.n, s.owed FROM (SELECT person_id, n, row_number() OVER (PARTITION BY person_id ORDER BY last DESC) AS k FROM r) x
JOIN (SELECT person_id, sum(amount_fen) AS owed FROM u GROUP BY person_id) s ON s.person_id = x.person_id WHERE x.k = 1"""


def base_of(number: int) -> tuple[str, int]:
    """Give category and base of the member with a number: every band, every kind."""
    kind = number % 10
    if kind < 5:
        return "wage", 150_000 + number * 7919 % 1_200_000
    if kind < 7:
        return "pension", 180_000 + number * 6151 % 500_000
    return ("farmer", (20, 50, 100)[number % 3]) if kind < 9 else ("student", 0)


def bases(branches: Sequence[Place], each: int, month: int) -> None:
    """Load a base for every member, unless they are there."""
    if IncomeBase.objects.unscoped("a benchmark asks whether its bases are loaded").exists():
        return
    at = str(timezone.now())
    load.load(IncomeBase, ("org_id", "person_id", "category", "base_fen", "from_month", "to_month", "declared_by", "declared_at", "verified_at", "ended_at"), (
        (p.id, n, *base_of(n), month, None, "量", at, None, None) for place, p in enumerate(branches) for n in range(place * each + 1, place * each + each + 1)))


def by_hand(month: int) -> None:
    """Send the statement that somebody would write by hand."""
    with connection.cursor() as cursor, tripwire.paused("the other side of a benchmark: one statement by hand"):
        cursor.execute(BY_HAND, [month, "量", connection.ops.adapt_datetimefield_value(timezone.now()), month])


def ours(path: str, month: int) -> None:
    """Assess a month as the product does."""
    assessing.store(path, month, by="量", at=timezone.now())


def stored(path: str, month: int) -> list[tuple[int, int]]:
    """Give what is stored for a month: person and fen."""
    return sorted(Assessment.objects.within(opened(path)).filter(month=month).values_list("person_id", "amount_fen"))


def behind_by_hand(month: int) -> list[tuple[Any, ...]]:
    """Give person, months in a row and sum owed by one statement."""
    with connection.cursor() as cursor, tripwire.paused("the other side of a benchmark: one statement by hand"):
        cursor.execute(BEHIND, [month])
        return sorted((p, n, int(owed)) for p, n, owed in cursor.fetchall())


def behind(path: str, today: date) -> list[tuple[int, int, int]]:
    """Give the same by the product's list."""
    return sorted((one.person_id, one.found.months, one.owed) for one in arrears.late(opened(path), today))


def some_paid(path: str, first: int, today: date) -> None:
    """Assess months and settle most of them: one member in twenty has paid nothing, one in fifteen not the last month."""
    for month in range(first, first + MONTHS):
        ours(path, month)
    row = Assessment.objects.within(opened(path)).order_by("id").first()
    assert row is not None
    paid = Payment.objects.within(opened(path)).create(org_id=row.org_id, person_id=row.person_id, amount_fen=0, paid_on=today, method="cash", made_by="量", made_at=timezone.now())
    with connection.cursor() as cursor, tripwire.paused("a benchmark settles most of its months"):
        cursor.execute("UPDATE dues_assessment SET payment_id = %s WHERE person_id %% 20 <> 0 AND NOT (person_id %% 15 = 0 AND month = %s)", [paid.pk, first + MONTHS - 1])
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE dues_assessment")


def rows(table: Table, path: str, branches: Sequence[Place], each: int, today: date) -> None:
    """Measure both; everything measured is taken back."""
    now = month_index(today)
    bases(branches, each, now - MONTHS)

    def undone(do: Any) -> Any:
        def run() -> None:
            with transaction.atomic():
                do()
                transaction.set_rollback(True)

        return run

    mine, other = in_turn(undone(lambda: ours(path, now)), undone(lambda: by_hand(now)), 5)
    members = len(branches) * each
    table.ratio(f"the month's dues of {members:,} members computed and stored", mine, other, "one INSERT … SELECT by hand into the same table", "≤ 1.5")
    with transaction.atomic():
        ours(path, now)
        found = stored(path, now)
        transaction.set_rollback(True)
    with transaction.atomic():
        by_hand(now)
        same = found == stored(path, now)
        transaction.set_rollback(True)
    table.note(f"{len(found):,} amounts of both sides are {'equal to the fen' if same else 'NOT EQUAL'}, together {sum(a for _, a in found) / 100:,.2f} yuan")
    with transaction.atomic():
        took = once(lambda: some_paid(path, now - MONTHS, today))
        table.alone(f"… {MONTHS} months stored and settled", ms(took), "–")
        a, b = in_turn(lambda: behind(path, today), lambda: behind_by_hand(now), 5)
        table.ratio(f"who is behind, of {members:,} members and {MONTHS} months", a, b, "one statement with window functions", "–")
        table.note(f"both lists of who is behind are {'equal' if behind(path, today) == behind_by_hand(now) else 'NOT EQUAL'}")
        transaction.set_rollback(True)
