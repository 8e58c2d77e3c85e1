"""kill -9 of a worker in the middle of its jobs (stack.md §3): each is done once, on both databases."""
from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.cli.places import Installation, new_database
from tests.hostile.killed_worker import drill, prepared

JOBS, KILLS = 4, 2


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    if os.environ.get("ZHIBU_TEST_VENDOR") != "postgresql":
        return prepared(tmp_path)
    return prepared(tmp_path, new_database(os.environ["DATABASE_URL"], f"killed_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"))


@pytest.mark.both_databases
def test_a_job_whose_worker_is_killed_is_done_once(place: Installation) -> None:
    found = drill(place, "whole", JOBS, KILLS)
    assert found["written"] == {str(n): 1 for n in range(JOBS)}, "lost or doubled"
    assert found["states"] == ["SUCCESSFUL"] and found["jobs"] == JOBS
    assert found["attempts"] == JOBS + KILLS, "a kill that hit no job proves nothing"


@pytest.mark.both_databases
def test_twin_work_whose_end_is_torn_off_is_doubled_by_a_kill(place: Installation) -> None:
    found = drill(place, "torn", 1, 1)
    assert found["written"] == {"0": 2} and found["states"] == ["SUCCESSFUL"]
