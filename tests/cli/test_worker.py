"""`zhibu worker` and the worker inside the web process: they start, work, stop when told, and say how they stand."""
from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cli.places import ROOT, Installation
from tests.hostile.killed_worker import prepared
from tests.world import AT

from zhibu.cli import check
from zhibu.config import background
from zhibu.ground.jobs import loop, queue, registry
from zhibu.ground.jobs.registry import Kind


def test_it_works_until_it_is_told_to_stop(tmp_path: Path) -> None:
    place = prepared(tmp_path)
    worker = subprocess.Popen([sys.executable, "-m", "zhibu.cli.main", "worker"], env=place.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert worker.stdout is not None and "后台工作在运行" in worker.stdout.readline()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0


def test_without_tables_it_does_not_start(tmp_path: Path) -> None:
    done = Installation(tmp_path).zhibu("worker")
    assert done.returncode == 1 and "数据库结构不是最新的" in done.stderr
    assert Installation(tmp_path).zhibu("worker", "x").returncode == 2


@pytest.mark.parametrize(("asked", "starts"), [("inside", True), ("apart", False), ("", False)])
def test_the_web_process_works_only_where_it_is_asked_to(monkeypatch: pytest.MonkeyPatch, asked: str, starts: bool) -> None:
    ran = threading.Event()
    monkeypatch.setattr(loop, "run", lambda *args: ran.set())
    monkeypatch.setenv("ZHIBU_JOBS", asked)
    thread = background.start()
    assert (thread is not None) == starts
    if thread is not None:
        thread.join(10)
    assert ran.is_set() == starts


@pytest.mark.django_db
def test_the_check_says_how_it_stands(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(run: Any, arguments: Any) -> None:
        raise ValueError("王小明")

    monkeypatch.setattr(registry, "_KINDS", {"x": Kind("x", "试一试", fail, attempts=1)})
    check.say_jobs(AT)
    assert "现在没有人在做" in capsys.readouterr().out
    queue.beat("a", AT)
    queue.enqueue("x", after=AT - timedelta(hours=1))
    check.say_jobs(AT)
    assert "有 1 个在做，积压 1 件" in capsys.readouterr().out
    monkeypatch.setattr(registry, "_SCHEDULES", {})
    loop.step("a", lambda: AT)
    check.say_jobs(AT)
    told = capsys.readouterr().out
    assert "做不成：试一试（ValueError，2026-11-20 10:00）" in told and "王小明" not in told
