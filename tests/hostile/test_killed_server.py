"""kill -9 of the server during writes (trust.md E1): two kills here on SQLite, 20 on each database in `make drill-hostile`."""
from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.cli.places import Installation
from tests.hostile.killed_server import Log, drill, faults

ROW = ["甲", 1, 1, 2, 1]


@pytest.mark.skipif(os.environ.get("ZHIBU_TEST_VENDOR") == "postgresql", reason="the server under test has a database of its own, SQLite; the drill kills on PostgreSQL too")
def test_every_acknowledged_record_survives_a_kill(tmp_path: Path) -> None:
    place = Installation(tmp_path).built()
    log, found = drill(place.env, place.python, 2)
    assert found == [] and len(log.acknowledged) >= 4 and len(log.sent) > len(log.acknowledged), (found, len(log.acknowledged), log.refused[:3])


def test_the_comparison_sees_what_is_lost_half_or_doubled() -> None:
    """The twin."""
    log = Log(["甲", "乙"], ["甲"])
    assert faults(log, [ROW]) == [] and faults(log, [ROW, ["旧", 0, 0, 0, 0]]) == []
    assert "there 0 times" in faults(log, [])[0] and "times" in faults(log, [ROW, ROW])[0]
    for half in (["乙", 0, 1, 1, 1], ["乙", 1, 0, 1, 1], ["乙", 1, 1, 0, 1], ["乙", 1, 1, 1, 0]):
        assert "half a record" in faults(log, [ROW, half])[0]
