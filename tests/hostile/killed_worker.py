"""Workers that are killed with -9 in the middle of their jobs: afterwards each is done once, neither lost nor doubled.

    python -m tests.hostile.killed_worker ask N        ask for N jobs of each sort, in the installation of the environment
    python -m tests.hostile.killed_worker work SORT    work until nothing is left; "mid N" is printed in the middle of each job
    python -m tests.hostile.killed_worker told         print what is there: rows that the jobs wrote, and the state of the jobs

`whole` work writes a row and ends in one transaction. `torn` work is the twin: its row is committed before its end, and a kill between the two doubles it.
"""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.cli.places import ROOT, Installation

MIDDLE = 0.4  # seconds that a job spends between its writing and its end
SILENT = timedelta(seconds=2)


def register() -> None:
    """Register the two sorts of work."""
    from django.utils import timezone

    from zhibu.ground.jobs import registry
    from zhibu.ground.jobs.models import Recurring
    from zhibu.ground.jobs.registry import Kind, Run

    def do(run: Run, arguments: Mapping[str, Any]) -> None:
        Recurring.objects.create(name=f"{arguments['number']}-{run.attempt}", next_at=timezone.now())
        print(f"mid {arguments['number']}", flush=True)
        time.sleep(MIDDLE)

    registry.register(Kind("whole", "一次做完", do, attempts=20))
    registry.register(Kind("torn", "分开做", do, attempts=20, whole=False))


def ask(sort: str, count: int) -> None:
    """Ask for jobs in one transaction."""
    from django.db import transaction

    from zhibu.ground.jobs import queue

    with transaction.atomic():
        for number in range(count):
            queue.enqueue(sort, {"number": number})


def work() -> None:
    """Work as `zhibu worker` does, with a short silence, until nothing is left."""
    from django.utils import timezone
    from django_tasks_db.models import DBTaskResult

    from zhibu.ground.jobs import loop, registry

    loop.BEAT = 0.2
    registry._SCHEDULES.clear()
    loop.run(f"w-{os.getpid()}", timezone.now, threading.Event(), interval=0.1, silent=SILENT, rounds=lambda: DBTaskResult.objects.filter(status__in=["READY", "RUNNING"]).exists())


def told() -> dict[str, Any]:
    """Give how often each job left its row, and the states of the jobs."""
    from django_tasks_db.models import DBTaskResult

    from zhibu.ground.jobs.models import Recurring

    written: dict[str, int] = {}
    for name in Recurring.objects.values_list("name", flat=True):
        number = name.partition("-")[0]
        written[number] = written.get(number, 0) + 1
    jobs = list(DBTaskResult.objects.values_list("status", "worker_ids"))
    return {"written": written, "states": sorted({s for s, _ in jobs}), "attempts": sum(len(w) for _, w in jobs), "jobs": len(jobs)}


def drill(place: Installation, sort: str, count: int, kills: int) -> dict[str, Any]:
    """Ask, kill a worker in the middle of a job some times, let the last one finish; gives what is there afterwards."""
    def module(*arguments: str) -> subprocess.CompletedProcess[str]:
        return place.python("-m", "tests.hostile.killed_worker", *arguments)

    asked = module("ask", sort, str(count))
    assert asked.returncode == 0, asked.stderr[-2000:]
    for _ in range(kills):
        worker = subprocess.Popen([sys.executable, "-m", "tests.hostile.killed_worker", "work"], env=place.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert worker.stdout is not None
        assert worker.stdout.readline().startswith(b"mid"), "the worker does nothing"
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(10)
    last = module("work")
    assert last.returncode == 0, last.stderr[-2000:]
    found = module("told")
    assert found.returncode == 0, found.stderr[-2000:]
    answer: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return answer


def prepared(folder: Path, url: str = "") -> Installation:
    """Give an installation with the tables and nothing in them."""
    place = Installation(folder, url)
    done = place.python("-m", "django", "migrate", "--verbosity=0")
    assert done.returncode == 0, done.stderr[-2000:]
    return place


if __name__ == "__main__":
    import django

    django.setup()
    register()
    if sys.argv[1] == "ask":
        ask(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1] == "work":
        work()
    else:
        print(json.dumps(told()))
