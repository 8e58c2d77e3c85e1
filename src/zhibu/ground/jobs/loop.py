"""The loop of a worker: what recurs, what died, the next job. Several may run beside each other, in one process or in many."""
from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction

from . import queue
from .queue import Later, Lost
from .registry import Clock, Run, kind

log = logging.getLogger(__name__)

BEAT = 10.0  # seconds


def step(worker: str, clock: Clock, silent: timedelta = queue.SILENT) -> bool:
    """Do one round: ask for recurring work, sweep, do the next job. Returns whether a job was done."""
    now = clock()
    queue.tick(now)
    if queue.orphans(now, silent):
        queue.sweep(now, silent)
    row = queue.claim(worker, clock())
    if row is None:
        return False
    do(row, worker, clock)
    return True


def do(row: object, worker: str, clock: Clock) -> None:
    """Do a job that this worker has just taken."""
    job_id = row.pk  # type: ignore[attr-defined]
    name, arguments = queue.work_of(row)
    run = Run(str(job_id), len(row.worker_ids), clock(), clock)  # type: ignore[attr-defined]
    try:
        work = kind(name)
        if work.whole:
            with transaction.atomic():
                mine = queue.held(job_id, worker)  # on PostgreSQL the lock stays until the end: nobody sweeps a job whose worker lives
                work.do(run, arguments)
                queue.finish(mine, clock())
        else:
            work.do(run, arguments)
            with transaction.atomic():
                queue.finish(queue.held(job_id, worker), clock())
    except Lost:
        log.warning("job %s (%s) was taken over by another worker", job_id, name)
    except Later as later:
        with suppress(Lost):
            queue.put_back(job_id, worker, later.until)
    except Exception as error:
        log.error("job %s (%s) failed: %s", job_id, name, type(error).__name__)
        with suppress(Lost):
            queue.failed(job_id, worker, error, clock())


def run(worker: str, clock: Clock, stop: threading.Event, *, interval: float = 2.0, silent: timedelta = queue.SILENT, rounds: Callable[[], bool] = lambda: True) -> None:
    """Work until told to stop. A database that cannot be reached or is locked is tried again; what was under way is swept later."""
    silence = threading.Event()
    heart = threading.Thread(target=_beat, args=(worker, clock, silence), name=f"{worker}-beat", daemon=True)
    with suppress(DatabaseError):
        queue.beat(worker, clock())
    heart.start()
    try:
        while not stop.is_set() and rounds():
            close_old_connections()
            try:
                busy = step(worker, clock, silent)
            except (DatabaseError, InterfaceError) as error:
                log.warning("the worker waits for the database: %s", type(error).__name__)
                connection.close()
                busy = False
            if not busy:
                stop.wait(interval)
    finally:
        silence.set()
        heart.join(2 * BEAT)
        with suppress(DatabaseError):
            queue.leave(worker)
        connection.close()


def _beat(worker: str, clock: Clock, silence: threading.Event) -> None:
    try:
        while not silence.wait(BEAT):
            close_old_connections()
            try:
                queue.beat(worker, clock())
            except (DatabaseError, InterfaceError):
                connection.close()  # locked for long by a job: the next beat may come through
    finally:
        connection.close()
