"""The queue: ask for work in the transaction of the business, take a job, end it, put it back, sweep after workers that died.

A row names in `worker_ids` everybody who took it, the holder last; its length is the number of attempts. Whoever ends a job must still hold it:
a worker that was slow and given up for dead finds another name there, and its transaction goes back.
"""
from __future__ import annotations

import traceback
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django_tasks_db.models import DBTaskResult, get_date_max

from zhibu.ground.guard import pruning

from .models import Recurring, Worker
from .registry import Kind, UnknownWork, kind, schedules, wait_after
from .tasks import perform

READY, RUNNING, DONE, FAILED = "READY", "RUNNING", "SUCCESSFUL", "FAILED"
SILENT = timedelta(seconds=60)       # a worker that gave no sign of life for so long is dead; it beats every ten seconds
KEEP_DONE = timedelta(days=7)
KEEP_FAILED = timedelta(days=90)


class Lost(Exception):
    """The job is not this worker's any more: nothing of what it did may stay."""


class Later(Exception):
    """Raised by work that cannot be done yet: the job is put back until `until`, and the attempt does not count."""

    def __init__(self, until: datetime) -> None:
        super().__init__(str(until))
        self.until = until


def enqueue(name: str, arguments: Mapping[str, Any] | None = None, *, after: datetime | None = None) -> str:
    """Ask for a piece of work; it is asked for when the surrounding transaction commits, and never when it does not. Returns the id of the job.

    `arguments`: ids and codes, never anything about a person. Raises UnknownWork for a name that nobody registered.
    """
    kind(name)
    return str(perform.using(run_after=after).enqueue(name, dict(arguments or {})).id)


def _ready(now: datetime) -> QuerySet[Any]:
    return DBTaskResult.objects.filter(Q(run_after=get_date_max()) | Q(run_after__lte=now), status=READY)


def claim(worker: str, now: datetime) -> Any | None:
    """Take the next job that is due; None when there is none. Two workers never take the same."""
    if not _ready(now).exists():  # without a lock: an idle worker must not stop anybody from writing
        return None
    with transaction.atomic():
        row = _ready(now).select_for_update(skip_locked=True).first()
        if row is not None:
            row.status, row.started_at, row.worker_ids = RUNNING, now, [*row.worker_ids, worker]
            row.save(update_fields=["status", "started_at", "worker_ids"])
    return row


def work_of(row: Any) -> tuple[str, Mapping[str, Any]]:
    """Give the name of the work and its arguments."""
    name, arguments = row.args_kwargs["args"]
    return str(name), dict(arguments)


def held(job_id: Any, worker: str) -> Any:
    """Lock a job that this worker still holds. Raises Lost. Only inside a transaction."""
    row = DBTaskResult.objects.select_for_update().filter(pk=job_id).first()
    if row is None or row.status != RUNNING or row.worker_ids[-1:] != [worker]:
        raise Lost(str(job_id))
    return row


def finish(row: Any, now: datetime) -> None:
    """Write that a held job is done."""
    row.status, row.finished_at, row.exception_class_path, row.traceback = DONE, now, "", ""
    row.save(update_fields=["status", "finished_at", "exception_class_path", "traceback"])


@transaction.atomic
def put_back(job_id: Any, worker: str, until: datetime) -> None:
    """Give a job back that cannot be done yet; this attempt does not count."""
    row = held(job_id, worker)
    row.status, row.run_after, row.worker_ids = READY, until, row.worker_ids[:-1]
    row.save(update_fields=["status", "run_after", "worker_ids"])


@transaction.atomic
def failed(job_id: Any, worker: str, error: Exception, now: datetime) -> bool:
    """Write that an attempt failed: the job waits for its next one, or has had its last. Returns whether it is given up.

    Where it failed is kept, never what the error said: its words may quote what somebody typed.
    """
    row = held(job_id, worker)
    row.exception_class_path = f"{type(error).__module__}.{type(error).__qualname__}"
    row.traceback = "".join(f"{f.filename.rpartition('/zhibu/')[2]}:{f.lineno} {f.name}\n" for f in traceback.extract_tb(error.__traceback__)[-8:])
    given_up = _given_up(row, len(row.worker_ids), now, unknown=isinstance(error, UnknownWork))
    row.save(update_fields=["status", "run_after", "finished_at", "exception_class_path", "traceback"])
    return given_up


def _given_up(row: Any, attempt: int, now: datetime, *, unknown: bool = False) -> bool:
    try:
        most = kind(work_of(row)[0]).attempts
    except UnknownWork:
        most = 1 if unknown else 5
    if attempt >= most:
        row.status, row.finished_at = FAILED, now
        return True
    row.status, row.run_after = READY, now + wait_after(attempt)
    return False


# ---------------------------------------------------------------- workers


def beat(worker: str, now: datetime) -> None:
    """Give a sign of life."""
    if not Worker.objects.filter(name=worker).update(beat_at=now):
        Worker.objects.get_or_create(name=worker, defaults={"began_at": now, "beat_at": now})


def leave(worker: str) -> None:
    """Say that a worker stops."""
    Worker.objects.filter(name=worker).delete()


@transaction.atomic
def sweep(now: datetime, silent: timedelta = SILENT) -> int:
    """Take jobs from workers that died: each waits for its next attempt at once, or is given up after its last. Returns how many.

    A row that somebody has locked is in good hands: on PostgreSQL whole work holds its row, on SQLite it holds everything.
    """
    alive = set(Worker.objects.filter(beat_at__gt=now - silent).values_list("name", flat=True))
    count = 0
    for row in DBTaskResult.objects.select_for_update(skip_locked=True).filter(status=RUNNING).order_by("started_at", "id"):
        if row.worker_ids and row.worker_ids[-1] in alive:
            continue
        if not _given_up(row, len(row.worker_ids), now):
            row.run_after = now
        row.exception_class_path = "worker.died"
        row.save(update_fields=["status", "run_after", "finished_at", "exception_class_path"])
        count += 1
    Worker.objects.filter(beat_at__lte=now - timedelta(days=1)).delete()
    return count


def orphans(now: datetime, silent: timedelta = SILENT) -> bool:
    """Tell whether a sweep would find something (without locking anything)."""
    running = DBTaskResult.objects.filter(status=RUNNING).values_list("worker_ids", flat=True)
    holders = {ids[-1] if ids else "" for ids in running}
    return bool(holders) and bool(holders - set(Worker.objects.filter(beat_at__gt=now - silent).values_list("name", flat=True)))


def prune(now: datetime) -> int:
    """Take away the rows of jobs that were done or given up long ago; returns how many."""
    return pruning.prune(DBTaskResult.objects.filter(Q(status=DONE, finished_at__lt=now - KEEP_DONE) | Q(status=FAILED, finished_at__lt=now - KEEP_FAILED)))


# ---------------------------------------------------------------- what recurs


def tick(now: datetime) -> int:
    """Ask for the recurring work that is due; returns for how much. What was missed while nothing ran is done once, not as often as it was missed."""
    known, asked = dict(Recurring.objects.values_list("name", "next_at")), 0
    for one in schedules():
        if one.name not in known:
            Recurring.objects.get_or_create(name=one.name, defaults={"next_at": now if one.every else one.after(now)})
        elif known[one.name] <= now:
            with transaction.atomic():
                row = Recurring.objects.select_for_update().get(name=one.name)
                if row.next_at > now:
                    continue  # another worker was faster
                row.next_at = one.after(now)
                row.save(update_fields=["next_at"])
                if one.wanted is None or one.wanted(now):
                    enqueue(one.name)
                    asked += 1
    return asked


# ---------------------------------------------------------------- for the operator


def state(now: datetime) -> tuple[int, int, list[tuple[str, str, datetime | None]]]:
    """Give (workers alive, jobs that wait and are due for ten minutes, the last jobs given up: title, kind of error, when)."""
    alive = Worker.objects.filter(beat_at__gt=now - SILENT).count()
    late = _ready(now).filter(Q(run_after__lte=now - timedelta(minutes=10)) | Q(run_after=get_date_max(), enqueued_at__lte=now - timedelta(minutes=10))).count()
    rows = DBTaskResult.objects.filter(status=FAILED).order_by("-finished_at", "id")[:10]
    return alive, late, [(title_of(work_of(r)[0]), r.exception_class_path.rpartition(".")[2], r.finished_at) for r in rows]


def title_of(name: str) -> str:
    """Give the title of a kind of work; its name when nobody registered it."""
    try:
        found: Kind = kind(name)
    except UnknownWork:
        return name
    return found.title
