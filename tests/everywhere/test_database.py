"""The run is on the database it says it is on, set up as the installation's would be."""
from __future__ import annotations

import os

import pytest
from django.conf import settings
from django.db import connection


@pytest.fixture
def ask(db: None):
    """Ask the test database itself, past Django: what is asked here is not about anybody's rows."""
    if connection.vendor == "postgresql":
        import psycopg

        s = connection.settings_dict
        with psycopg.connect(host=s["HOST"], port=s["PORT"], user=s["USER"], password=s["PASSWORD"], dbname=s["NAME"]) as direct:
            yield lambda sql: direct.execute(sql).fetchone()[0]
    else:
        connection.ensure_connection()
        yield lambda sql: connection.connection.execute(sql).fetchone()[0]


@pytest.mark.both_databases
@pytest.mark.skipif("ZHIBU_TEST_VENDOR" not in os.environ, reason="started by hand: any database will do")
def test_the_run_uses_the_database_it_was_started_for() -> None:
    assert connection.vendor == os.environ["ZHIBU_TEST_VENDOR"]


@pytest.mark.skipif("ZHIBU_TEST_ICU" not in os.environ, reason="only on the private PostgreSQL server")
def test_postgresql_sorts_by_the_chinese_rules_of_icu(ask) -> None:
    """With this collation a range of paths compared as text finds nothing: path columns must bring their own byte order."""
    column = "datlocale" if int(ask("SHOW server_version_num")) >= 170000 else "daticulocale"
    assert ask("SELECT datlocprovider FROM pg_database WHERE datname = current_database()") == "i"
    assert ask(f"SELECT {column} FROM pg_database WHERE datname = current_database()") == os.environ["ZHIBU_TEST_ICU"]
    assert ask("SELECT '~' < 'A'"), "the trap that this run is for is not there"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite only")
def test_sqlite_waits_and_keeps_its_promises(ask) -> None:
    assert ask("PRAGMA journal_mode") == "wal"
    assert ask("PRAGMA foreign_keys") == 1
    assert settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    from zhibu.config.env import database

    assert "synchronous=FULL" in database()["OPTIONS"]["init_command"], "the tests relax this for speed; an installation must not"


@pytest.mark.django_db
@pytest.mark.parametrize("sql", [
    "SELECT name FROM people_person",
    "SELECT p.name FROM people_person p JOIN tree_organisation o ON o.id = p.org_id",
    "UPDATE people_person SET name = 'x'",
    "DELETE FROM people_person",
])
def test_the_tripwire_is_on_in_this_very_run(sql: str) -> None:
    """A test run without it would call unguarded code sound."""
    with pytest.raises(Exception) as refusal, connection.cursor() as cursor:
        cursor.execute(sql)
    assert type(refusal.value).__module__.startswith("zhibu."), f"the database answered instead of the guard: {refusal.value!r}"
