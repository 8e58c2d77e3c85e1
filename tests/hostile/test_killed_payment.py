"""kill -9 of the server while two cashiers take the same months: two kills here on SQLite, more by `python -m tests.hostile.killed_payment` on either database."""
from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.cli.places import Installation
from tests.hostile.killed_payment import drill, faults
from tests.hostile.killed_server import Log

WHOLE = ["7-24192", 1, 2, 1]


@pytest.mark.skipif(os.environ.get("ZHIBU_TEST_VENDOR") == "postgresql", reason="the server under test has a database of its own, SQLite; the drill kills on PostgreSQL too")
def test_a_payment_interrupted_by_a_kill_is_whole_or_not_there(tmp_path: Path) -> None:
    place = Installation(tmp_path).built()
    log, found = drill(place.env, place.python, 2)
    assert found == [] and len(log.acknowledged) >= 4 and len(log.sent) > len(log.acknowledged), (found, len(log.acknowledged), log.refused[:3])


def test_the_comparison_sees_what_is_lost_half_or_taken_twice() -> None:
    """The twin."""
    log = Log(["7-24192", "7-24193"], ["7-24192"])
    assert faults(log, [WHOLE]) == []
    assert "there 0 times" in faults(log, [])[0] and "2 times" in faults(log, [WHOLE, WHOLE])[0]
    for half in ([0, 2, 1], [1, 0, 1], [1, 1, 1], [1, 2, 0]):
        assert "half a payment" in faults(log, [WHOLE, ["7-24193", *half]])[0]
