"""`make bench`: ratios, both sides measured in one run on one machine. Prints a table; asserts nothing about time.

Works on a throw-away SQLite database filled with the demo county (or DATABASE_URL, which must be empty).
"""
from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

os.environ["ZHIBU_DEMO"] = "1"
os.environ["ZHIBU_DATA"] = tempfile.mkdtemp(prefix="zhibu-bench-")
os.environ["DJANGO_SETTINGS_MODULE"] = "zhibu.config.settings"

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from zhibu.areas.meetings import queries as meetings  # noqa: E402
from zhibu.cli.demo import plan  # noqa: E402
from zhibu.cli.demo.fill import Filler  # noqa: E402
from zhibu.ground.access.queries import system_actor  # noqa: E402
from zhibu.ground.guard.permission import Permission as P  # noqa: E402
from zhibu.ground.guard.startup import ensure_key  # noqa: E402
from zhibu.ground.guard.tripwire import paused  # noqa: E402
from zhibu.ground.policy.library import shipped  # noqa: E402
from zhibu.ground.policy.resolve import paint, resolve  # noqa: E402
from zhibu.ground.record import actions as record  # noqa: E402
from zhibu.ground.tree import queries as tree  # noqa: E402

ROUNDS = 7


def timed(do: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Give the median of some runs, in milliseconds, after one run to warm up."""
    do()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        do()
        found.append((time.perf_counter() - start) * 1000)
    return statistics.median(found)


def grouping_sql(low: str, high: str, year: int) -> list[tuple]:
    """The hand-written grouping that any answer needs: activities per organisation, kind, group, month and records."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT org_id, kind, group_key, held_month, records, COUNT(*), MIN(recorded_on) FROM record_activitykind "
            "WHERE held_month BETWEEN %s AND %s AND org_id IN (SELECT id FROM tree_organisation WHERE path >= %s AND path < %s) "
            "GROUP BY org_id, kind, group_key, held_month, records",
            [year * 12, year * 12 + 11, low, high],
        )
        return cursor.fetchall()


def row(what: str, ours: float, other: float, against: str) -> None:
    """Print one line of the table."""
    print(f"| {what} | {ours:.1f} ms | {other:.1f} ms | {ours / other:.2f} | {against} |", flush=True)


def main() -> int:
    """Fill, measure, print."""
    today: date = timezone.localdate()
    call_command("migrate", verbosity=0)
    ensure_key(timezone.now())
    start = time.perf_counter()
    Filler(plan.build(20250918, today), lambda line: None).run()
    print(f"{connection.vendor}, demo county filled in {time.perf_counter() - start:.1f} s; {today}\n")
    print("| what | ours | other side | ratio | against |\n|---|---|---|---|---|")
    actor = system_actor()
    scope = actor.scope(P.COMPLIANCE_READ)
    root = tree.root()
    assert root is not None
    township = tree.find("QH-SQ")
    branch = tree.find("QH-SQ-001")
    assert township is not None and branch is not None
    for label, org in (("county, 422 branches", root), ("township, 28 branches", township), ("one branch", branch)):
        inside = scope.narrowed(org.path)
        ours = timed(lambda org=org, inside=inside: meetings.compliance(inside, org.id, today.year, today))
        sql = timed(lambda org=org: grouping_sql(org.path, org.path + "~", today.year))
        row(f"compliance of a year, {label}", ours, sql, "hand-written grouping SQL alone")
    orgs = tree.organisations(scope)
    paths = [o.path for o in orgs]
    assigned = {root.path: "cn-branch-2018", township.path: "seed-003"}
    painted = timed(lambda: paint(paths, assigned))
    one_by_one = timed(lambda: [resolve(shipped(), [], "life", today) for _ in orgs])
    row(f"rules of {len(orgs)} organisations, painted", painted, one_by_one, "resolving one by one")
    _recording(actor, branch.id, today)
    return 0


def _recording(actor: Any, org_id: int, today: date) -> None:
    """Record meetings of 20 people beside raw inserts of the same rows."""
    made = 0

    def ours() -> None:
        nonlocal made
        new = []
        for _ in range(20):
            made += 1
            new.append(
                record.NewActivity(
                    org_id, (("general_meeting", None),), f"第 {made} 次", today - timedelta(days=3000 + made), 20, 18, expected=tuple(range(1, 21)),
                    absences=(record.NewAbsence(1, "甲", "leave"), record.NewAbsence(2, "乙", "absent")), topics=(record.NewTopic("general_meeting", "议题", "内容"),),
                    evidence=(record.NewEvidence("minutes", "entry"),),
                )
            )
        for item in new:
            record.write_many(actor, [item], at=timezone.now())

    def raw() -> None:
        nonlocal made
        for _ in range(20):
            made += 1
            with transaction.atomic(), connection.cursor() as cursor:
                day = today - timedelta(days=6000 + made)
                cursor.execute(
                    "INSERT INTO record_activity (org_id, held_as, title, held_on, place, chair, recorder, contents, expected, expected_count, present_count, written_in, recorded_at, "
                    "recorded_by, correction_reason) VALUES (%s,'[[\"general_meeting\", null]]',%s,%s,'','','','[]','[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]',20,18,'page',%s,'x','') RETURNING id",
                    [org_id, f"第 {made} 次", day, timezone.now()],
                )
                (activity,) = cursor.fetchone()
                cursor.execute(
                    "INSERT INTO record_activitykind (org_id, activity_id, kind, group_key, held_on, held_month, start_minute, recorded_on, records) VALUES (%s,%s,'general_meeting',0,%s,%s,-1,%s,1)",
                    [org_id, activity, day, day.year * 12 + day.month - 1, today],
                )
                for person in (1, 2):
                    cursor.execute("INSERT INTO record_absence (org_id, activity_id, person_id, name, status, reason) VALUES (%s,%s,%s,'甲','leave','')", [org_id, activity, person])
                cursor.execute("INSERT INTO record_topic (org_id, activity_id, seq, kind, title, content, lecturer, resolution) VALUES (%s,%s,1,'general_meeting','议题','内容','','')", [org_id, activity])
                cursor.execute("INSERT INTO record_evidence (org_id, activity_id, record_type, how, place, reason) VALUES (%s,%s,'minutes','entry','','')", [org_id, activity])

    with paused("the other side of the benchmark inserts by hand"):
        row("recording 20 meetings of 20 people, one transaction each", timed(ours, 5), timed(raw, 5), "raw inserts of the same rows")


if __name__ == "__main__":
    sys.exit(main())
