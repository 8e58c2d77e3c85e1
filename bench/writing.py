"""Recording a meeting beside raw inserts of the same rows; what a meeting occupies; what the tripwire costs."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from itertools import count
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from zhibu.areas.meetings import actions as meetings
from zhibu.areas.meetings import form, rules
from zhibu.areas.meetings.entry import Entry, EntryRecord, EntryTopic
from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard import tripwire
from zhibu.ground.record import actions as record

from .compliance import Where, ours
from .table import Table, in_turn, ms, timed

EACH = 20
TABLES = ("record_activity", "record_activitykind", "record_absence", "record_topic", "record_evidence", "journal_entry")


def meeting(org_id: int, number: int, people_of: tuple[int, ...]) -> record.NewActivity:
    """Make a meeting of twenty people, two of them absent, with a topic and one record."""
    return record.NewActivity(
        org_id, (("general_meeting", None),), f"第 {number} 次支部党员大会", date(2000, 1, 1) + timedelta(days=number), EACH, EACH - 2, expected=people_of,
        place="支部会议室", chair="王国国", recorder="李建国",
        absences=(record.NewAbsence(people_of[0], "王国国", "leave"), record.NewAbsence(people_of[1], "李建国", "absent")),
        topics=(record.NewTopic("general_meeting", "议题", "讨论并通过了本月的工作安排"),), evidence=(record.NewEvidence("minutes", "entry"),),
    )


Sent = tuple[list[tuple[str, Any]], list[int]]  # the INSERT statements of one call, and the ids of its activities


def sent_by(new: list[record.NewActivity]) -> Sent:
    """Give the INSERT statements that recording sends, and take them back."""
    found: list[tuple[str, Any]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT"):
            found.append((sql, params))
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(watch):
        ids = record.write_many(system_actor(), new, at=timezone.now())
        transaction.set_rollback(True)
    return found, ids


def by_hand(sent: Sent) -> None:
    """Send the statements again in one transaction; later ones name the activities by their new ids."""
    ids: dict[int, int] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for sql, params in sent[0]:
            cursor.execute(sql, [_renewed(p, ids) for p in params])
            if not ids:
                ids = dict(zip(sent[1], (row[0] for row in cursor.fetchall()), strict=True))


def _renewed(value: Any, ids: dict[int, int]) -> Any:
    """Put new ids in the place of old ones; PostgreSQL takes whole columns as lists."""
    if isinstance(value, list):
        return [_renewed(v, ids) for v in value]
    return ids.get(value, value) if type(value) is int else value


def recording(table: Table, where: Where) -> None:
    """Measure records of twenty people, committed: one per transaction and twenty per transaction, beside the same INSERT statements by hand."""
    actor, org_id, roll = system_actor(), where.branch[0], tuple(range(1, EACH + 1))
    numbers = count()

    def fresh(size: int) -> list[record.NewActivity]:
        return [meeting(org_id, next(numbers), roll) for _ in range(size)]

    last = _last()
    for words, size, rounds in (("one meeting of 20 people, a transaction of its own", 1, 101), ("20 such meetings in one call", 20, 21)):
        mine = iter([fresh(size) for _ in range(rounds + 1)])
        theirs = iter([sent_by(fresh(size)) for _ in range(rounds + 1)])
        a, b = in_turn(
            lambda mine=mine: record.write_many(actor, next(mine), at=timezone.now()), lambda theirs=theirs: by_hand(next(theirs)), rounds)
        table.row(f"recording {words}", f"{1000 * size / a.fair:.0f}/s", f"{1000 * size / b.fair:.0f}/s", f"{100 * b.fair / a.fair:.0f} %", "the same INSERT statements by hand", "≥ 75 %")
    _forget_after(last)
    _whole_action(table, where)


def _last() -> int:
    with connection.cursor() as cursor, tripwire.paused("the newest id of a benchmark's own meetings"):
        return _one(cursor, "SELECT max(id) FROM record_activity")


def _forget_after(last: int) -> None:
    """Take the measured meetings out again, so that the data can be used for the next run."""
    with transaction.atomic(), connection.cursor() as cursor, tripwire.paused("a benchmark removes the meetings it recorded"):
        for name in (*TABLES[1:-1], TABLES[0]):
            cursor.execute(f"DELETE FROM {name} WHERE {'id' if name == TABLES[0] else 'activity_id'} > %s", [last])


def _whole_action(table: Table, where: Where) -> None:
    """Measure the action behind the form: the rules of the day, the roll, every check, then the record."""
    actor, org_id, today = system_actor(), where.branch[0], timezone.localdate()
    topics = (EntryTopic("general_meeting", title="议题", text="讨论并通过了本月的工作安排"),)
    entry = Entry(org_id=org_id, kinds=("general_meeting",), held_on=today, start=time(0, 1), records=_paper(org_id, today), topics=topics, chair="王国国", recorder="李建国", place="会议室")
    def whole() -> None:
        with transaction.atomic():
            try:
                meetings.record_meeting(actor, entry, at=timezone.now())
            except meetings.EntryRefused as refused:
                raise SystemExit(f"bench: {[f.text for f in refused.faults]}") from refused
            transaction.set_rollback(True)

    table.alone("… the whole action behind the form, with every check", ms(timed(whole, 15)), "–")


def _paper(org_id: int, today: date) -> tuple[EntryRecord, ...]:
    """Answer for every record that the rule asks for: it lies on paper."""
    asked = form.form_rules(org_id, today).records("general_meeting")
    return tuple(EntryRecord(r, "paper", place="档案柜") for r in asked if r not in rules.MADE_BY_ENTRY)


def storage(table: Table, where: Where) -> None:
    """Measure what 5,000 recorded meetings add to the database, tables and indexes."""
    actor, roll = system_actor(), tuple(range(1, EACH + 1))
    many = 5000
    with transaction.atomic():
        before = sizes()
        for start in range(10_000, 10_000 + many, 500):
            record.write_many(actor, [meeting(where.branch[0], start + n, roll) for n in range(500)], at=timezone.now())
        after = sizes()
        transaction.set_rollback(True)
    parts = {name: (after[name] - before[name]) / many for name in after}
    total = sum(parts.values())
    table.alone("storage of a meeting with 20 attendees, all indexes", f"{total:.0f} B", "≤ 400 B")
    table.note("Bytes per meeting by table: " + ", ".join(f"`{name}` {value:.0f}" for name, value in sorted(parts.items(), key=lambda x: -x[1]) if value >= 1) + ".")


def sizes() -> dict[str, int]:
    """Give the bytes of the tables that a record goes to, with their indexes."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return {name: _one(cursor, f"SELECT pg_total_relation_size('{name}')") for name in TABLES}
        found = {}
        for name in TABLES:
            cursor.execute(f"SELECT sum(pgsize - unused) FROM dbstat WHERE name = '{name}' OR name IN (SELECT name FROM sqlite_master WHERE tbl_name = '{name}')")
            found[name] = cursor.fetchone()[0] or 0
        return found


def _one(cursor: Any, sql: str) -> int:
    cursor.execute(sql)
    return int(cursor.fetchone()[0])


def wire(table: Table, where: Where, today: date) -> None:
    """Measure a county's compliance and a record with the tripwire on and off."""
    org_id, path = where.county

    def off(do: Callable[[], Any]) -> None:
        with tripwire.paused("the other side of the benchmark runs without it"):
            do()

    a, b = in_turn(lambda: ours(path, org_id, today.year, today), lambda: off(lambda: ours(path, org_id, today.year, today)), 15)
    table.row("tripwire, a county's compliance", ms(a), ms(b), f"{100 * (a.fair / b.fair - 1):+.1f} %", "without the tripwire", "≤ 5 %")
    branch_id, branch_path = where.branch
    a, b = in_turn(lambda: ours(branch_path, branch_id, today.year, today), lambda: off(lambda: ours(branch_path, branch_id, today.year, today)), 31)
    table.row("tripwire, a branch's compliance", ms(a), ms(b), f"{100 * (a.fair / b.fair - 1):+.1f} %", "without the tripwire", "≤ 5 %")
