"""What every test shares: a fixed day, fast passwords, a database like the real one, and Chromium for the journeys."""
from __future__ import annotations

import os
import subprocess
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

ROOT = Path(__file__).parents[1]
JOURNEYS = ROOT / "tests" / "journeys"
PAGES = ROOT / "tests" / "web"


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    # Argon2 takes 56 ms by intention; hundreds of accounts are made here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


#: fixtures of a test that asks the database (django_db_blocker is no sign of it: a fixture that every test gets asks for it)
DATABASE = {"db", "transactional_db", "live_server", "django_db_setup"}


def asks_the_database(item: pytest.Item) -> bool:
    """Tell whether what a test says may depend on the database."""
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("both_databases")
    if PAGES in item.path.parents:  # each page is opened on both by tests/everywhere/test_queries_flat.py
        return item.get_closest_marker("both_databases") is not None
    return item.get_closest_marker("once") is None and (marked is not None or bool(DATABASE & set(getattr(item, "fixturenames", ()))))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if JOURNEYS in item.path.parents:
            item.add_marker(pytest.mark.journey)
        elif "browser" in getattr(item, "fixturenames", ()):
            raise pytest.UsageError(f"{item.nodeid} opens a browser, whose loop stays in the process for every later test: move it to tests/journeys (an argument called page opens one too)")
    if os.environ.get("ZHIBU_TEST_VENDOR") == "postgresql":  # the run on SQLite has the others
        kept = [item for item in items if asks_the_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if not asks_the_database(item)])
        items[:] = kept


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Use a file for SQLite, as in production, so that threads have connections of their own; what is written need not survive."""
    from django.db import connection

    if connection.vendor != "sqlite":
        return
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    connection.settings_dict["TEST"]["NAME"] = str(Path(os.environ["ZHIBU_TEST_DATA"]) / f"test-{worker}.sqlite3")
    options = connection.settings_dict["OPTIONS"]
    options["init_command"] = options.get("init_command", "").replace("synchronous=FULL", "synchronous=OFF")


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_tripwire() -> None:
    """Let Django's flush between transactional tests through; everything else stays judged."""
    from django.core.management.commands import flush

    from zhibu.ground.guard.tripwire import paused

    plain = flush.Command.handle

    def handle(self, **options):  # type: ignore[no-untyped-def]
        with paused("emptying the test database"):
            return plain(self, **options)

    flush.Command.handle = handle  # type: ignore[method-assign]


@pytest.fixture
def today() -> date:
    """Give the day the tests live on: a Friday, with the year's first three quarters closed."""
    return date(2026, 11, 20)


@pytest.fixture
def at(today: date) -> datetime:
    """Give a working hour of that day."""
    return datetime(today.year, today.month, today.day, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def chromium() -> str:
    """Give the path of Chromium; without one a journey is an error in CI and a printed skip elsewhere."""
    found = subprocess.run([ROOT / "scripts" / "find_chromium.sh"], capture_output=True, text=True, check=False)
    if found.returncode == 0:
        return found.stdout.strip()
    if os.environ.get("CI"):
        pytest.fail("journeys need Chromium; on Debian: apt-get install chromium fonts-noto-cjk", pytrace=False)
    pytest.skip("journeys need Chromium, and there is none on this machine")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    # Playwright's loop makes Django believe it runs in async code; the test's own thread is synchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return {
        **browser_type_launch_args,
        "executable_path": chromium(),
        "headless": True,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                 "--disable-sync"],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
