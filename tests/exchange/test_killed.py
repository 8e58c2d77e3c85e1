"""A killed import leaves nothing: the child process is killed between the members and the meetings."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection
from tests.exchange import importers
from tests.world import AT, TODAY

from zhibu.ground.access.queries import actor_by_username
from zhibu.ground.guard.actor import Actor
from zhibu.ground.journal import batches

CHILD = """
import os, sys, time
import django
django.setup()
from django.utils import timezone
from tests.exchange import importers
from zhibu.exchange.intake import container, confirm
from zhibu.ground.access.queries import actor_by_username
from zhibu.ground.people import actions as people
plain = people.place
def place(*args, **kwargs):
    plain(*args, **kwargs)
    print("half way", flush=True)
    time.sleep(60)
people.place = place
actor = actor_by_username("sq", importers.AT.date())
importers.do(actor, *importers.dirty("02", "01", "04", "05"))
"""


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_leaves_nothing() -> None:
    importers.county()
    before, root = importers.dump(), Path(__file__).parents[2]
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{known['NAME']}"
    else:
        url = f"postgresql://{known['USER']}:{known['PASSWORD']}@{known['HOST'] and ''}:{known['PORT']}/{known['NAME']}?host={known['HOST']}"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "zhibu.config.settings", "DATABASE_URL": url, "PYTHONPATH": f"{root / 'src'}:{root}"}
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, env=environment, cwd=root) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"half way\n"
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)
    time.sleep(0.2)  # PostgreSQL notices the lost connection
    assert importers.dump() == before and batches.listing(clerk().sees(), AT) == []
    assert importers.do(clerk(), *importers.dirty("02", "01", "04", "05")).counts["members_new"] == 12, "the next try finds nothing in its way"


def clerk() -> Actor:
    """Give the clerk of 石桥镇."""
    found = actor_by_username("sq", TODAY)
    assert found is not None
    return found


