"""All rows of the database, taken and put back as they were, past the models: what many tests begin with is built once a process."""
from __future__ import annotations

from contextlib import closing
from typing import Any

from django.apps import apps
from django.db import connection, transaction

Rows = list[tuple[str, Any]]


def _tables() -> list[str]:
    return [m._meta.db_table for m in apps.get_models(include_auto_created=True) if m.__module__.startswith("zhibu.")]


def taken() -> Rows:
    """Give the rows of every table of ours that has any."""
    found: Rows = []
    with closing(connection.connection.cursor()) as cursor:
        for table in _tables():
            if connection.vendor == "postgresql":
                with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    rows: Any = b"".join(bytes(part) for part in copy)
            else:
                rows = cursor.execute(f'SELECT * FROM "{table}"').fetchall()
            if rows:
                found.append((table, rows))
    return found


def put_back(kept: Rows) -> None:
    """Write the rows into their empty tables, with their numbers; new rows get higher ones."""
    with transaction.atomic(), closing(connection.connection.cursor()) as cursor:
        for table, rows in kept:
            if connection.vendor == "postgresql":
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows)
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), (SELECT max(id) FROM \"{table}\"))")
            else:
                cursor.executemany(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(rows[0]))})', rows)
