"""The pages that the tests of accessibility look through: collected once in a run, whichever worker comes first."""
from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.everywhere.lasting import Clock, lasting
from tests.journeys.looking import Reader, Seen, met
from tests.world import AT


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, worker_id: str, django_db_setup: None, django_db_blocker: Any) -> list[Seen]:
    """Give the pages; a second worker waits for the first one's list."""
    base = tmp_path_factory.getbasetemp()
    kept = (base if worker_id == "master" else base.parent) / "pages.json"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            with pytest.MonkeyPatch.context() as patch, lasting(django_db_blocker):
                Clock(patch, AT)
                found = met()
            kept.write_text(json.dumps([asdict(seen) for seen in found]), encoding="utf-8")
    return [Seen(**seen) for seen in json.loads(kept.read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def readers(browser: Browser, pages: list[Seen]) -> Iterator[tuple[Reader, Reader]]:
    """Give two readers: one with three fifths of the pages, one with the others."""
    parts = [seen for n, seen in enumerate(pages) if n % 5 < 3], [seen for n, seen in enumerate(pages) if n % 5 >= 3]
    both = Reader(browser, parts[0]), Reader(browser, parts[1])
    yield both
    for one in both:
        one.context.close()
