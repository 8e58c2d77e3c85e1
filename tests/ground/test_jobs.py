"""Background work: asked for in the business transaction, done once, tried again, swept after a worker that died, recurring."""
from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tasks_db.models import DBTaskResult
from tests.world import AT, SHANGHAI

from zhibu.ground.jobs import loop, queue, registry
from zhibu.ground.jobs.models import Recurring, Worker
from zhibu.ground.jobs.queue import Later
from zhibu.ground.jobs.registry import Kind, Run, Schedule, UnknownWork, wait_after

pytestmark = pytest.mark.django_db


class Clock:
    """A clock that a test sets."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def on(self, **more: float) -> datetime:
        self.at += timedelta(**more)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, Mapping[str, Any]]]]:
    """Register work that notes its attempts, and nothing else."""
    seen: list[tuple[int, Mapping[str, Any]]] = []
    monkeypatch.setattr(registry, "_KINDS", {})
    monkeypatch.setattr(registry, "_SCHEDULES", {})
    registry.register(Kind("note", "记一笔", lambda run, args: seen.append((run.attempt, args)), attempts=3))
    yield seen


def rows() -> list[Any]:
    return list(DBTaskResult.objects.order_by("enqueued_at", "id"))


def test_work_is_asked_for_with_the_business_or_not_at_all(done: list, clock: Clock) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), transaction.atomic():
        queue.enqueue("note", {"org_id": 1})
        raise Stop
    assert rows() == [] and not loop.step("a", clock)
    queue.enqueue("note", {"org_id": 2})
    assert loop.step("a", clock) and done == [(1, {"org_id": 2})] and rows()[0].status == queue.DONE
    assert not loop.step("a", clock) and len(done) == 1


def test_nobody_asks_for_work_that_nobody_does(done: list) -> None:
    with pytest.raises(UnknownWork):
        queue.enqueue("strange")


def test_a_job_waits_until_its_time(done: list, clock: Clock) -> None:
    queue.enqueue("note", after=AT + timedelta(hours=1))
    assert not loop.step("a", clock)
    clock.on(hours=1)
    assert loop.step("a", clock)


def test_failures_are_tried_again_later_and_given_up_in_the_end(done: list, clock: Clock) -> None:
    def fail(run: Run, args: Mapping[str, Any]) -> None:
        Recurring.objects.create(name=f"half-{run.attempt}", next_at=AT)
        raise ValueError("王小明 990201196001011234")

    registry.register(Kind("fails", "总是不成", fail, attempts=3))
    queue.enqueue("fails")
    waits = []
    for _ in range(3):
        assert loop.step("a", clock) and not loop.step("a", clock)
        (row,) = rows()
        waits.append(row.run_after - clock.at if row.status == queue.READY else None)
        assert "王小明" not in row.traceback + row.exception_class_path and "ValueError" in row.exception_class_path and "test_jobs.py" in row.traceback
        clock.on(hours=2)
    assert waits == [timedelta(seconds=15), timedelta(minutes=1), None] and row.status == queue.FAILED
    assert not loop.step("a", clock) and not Recurring.objects.exists(), "what a failed attempt wrote stays nowhere"
    assert queue.state(clock.at)[2][0][:2] == ("总是不成", "ValueError")
    assert wait_after(1) < wait_after(2) < wait_after(9) == timedelta(hours=1)


def test_work_that_is_put_back_counts_no_attempt(done: list, clock: Clock) -> None:
    def busy(run: Run, args: Mapping[str, Any]) -> None:
        if clock.at < AT + timedelta(seconds=30):
            raise Later(clock.at + timedelta(seconds=3))
        done.append((run.attempt, args))

    registry.register(Kind("busy", "等一等", busy, attempts=2, whole=False))
    queue.enqueue("busy")
    for _ in range(10):
        assert loop.step("a", clock)
        clock.on(seconds=3)
    assert loop.step("a", clock) and done == [(1, {})]


def test_two_workers_never_take_the_same_job(done: list) -> None:
    queue.enqueue("note")
    assert queue.claim("a", AT) is not None and queue.claim("b", AT) is None


def test_a_job_of_a_dead_worker_is_taken_over_once(done: list, clock: Clock) -> None:
    queue.enqueue("note")
    queue.beat("a", AT)
    assert queue.claim("a", AT) is not None
    clock.on(seconds=50)
    assert not loop.step("b", clock), "a silence of less than a minute is no death"
    clock.on(seconds=20)
    assert loop.step("b", clock) and done == [(2, {})]
    assert rows()[0].worker_ids == ["a", "b"] and rows()[0].status == queue.DONE
    assert not loop.step("b", clock)


def test_a_worker_given_up_for_dead_writes_nothing_when_it_comes_back(done: list, clock: Clock) -> None:
    def slow(run: Run, args: Mapping[str, Any]) -> None:
        Recurring.objects.create(name=f"by-{run.attempt}", next_at=AT)

    registry.register(Kind("slow", "慢活", slow))
    queue.enqueue("slow")
    queue.beat("a", AT)
    taken = queue.claim("a", AT)
    clock.on(minutes=5)
    assert loop.step("b", clock)
    loop.do(taken, "a", clock)
    assert list(Recurring.objects.values_list("name", flat=True)) == ["by-2"]


def test_twin_without_the_fence_the_late_worker_doubles_it(done: list, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.register(Kind("slow", "慢活", lambda run, args: done.append((run.attempt, args))))
    queue.enqueue("slow")
    queue.beat("a", AT)
    taken = queue.claim("a", AT)
    clock.on(minutes=5)
    assert loop.step("b", clock)
    monkeypatch.setattr(queue, "held", lambda job_id, worker: DBTaskResult.objects.get(pk=job_id))
    loop.do(taken, "a", clock)
    assert len(done) == 2


def test_a_job_that_kills_its_workers_is_given_up(done: list, clock: Clock) -> None:
    queue.enqueue("note")
    for name in "abc":
        queue.beat(name, clock.at)
        assert queue.claim(name, clock.at) is not None
        clock.on(minutes=5)
        assert queue.sweep(clock.at) == 1
    assert rows()[0].status == queue.FAILED and queue.claim("d", clock.at) is None and done == []


def test_recurring_work_is_asked_for_once_however_much_was_missed(done: list, clock: Clock) -> None:
    registry.register(Kind("daily", "每天", lambda run, args: None), Schedule("daily", daily=time(8, 30)))
    registry.register(Kind("often", "常常", lambda run, args: None), Schedule("often", every=timedelta(minutes=5), wanted=lambda now: now > AT + timedelta(minutes=5)))
    assert queue.tick(clock.at) == 0  # both become known
    assert Recurring.objects.get(name="daily").next_at == datetime(2026, 11, 21, 8, 30, tzinfo=SHANGHAI)
    assert queue.tick(clock.on(minutes=5)) == 0, "not wanted"
    assert queue.tick(clock.on(minutes=5)) == 1
    assert queue.tick(clock.on(days=3)) == 2 and queue.tick(clock.at) == 0
    assert Recurring.objects.get(name="daily").next_at == datetime(2026, 11, 24, 8, 30, tzinfo=SHANGHAI)


def test_old_rows_go_and_open_ones_stay(done: list, clock: Clock) -> None:
    queue.enqueue("note")
    assert loop.step("a", clock)
    queue.enqueue("note", after=AT + timedelta(days=99))
    assert queue.prune(clock.on(days=6)) == 0 and queue.prune(clock.on(days=2)) == 1 and len(rows()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_in_a_thread_works_and_signs_off(done: list) -> None:
    queue.enqueue("note")
    stop = threading.Event()
    thread = threading.Thread(target=loop.run, args=("t", Clock(), stop), kwargs={"interval": 0.01, "rounds": lambda: not done})
    thread.start()
    thread.join(30)
    assert not thread.is_alive() and done == [(1, {})] and not Worker.objects.exists()
