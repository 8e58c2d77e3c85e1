"""PostgreSQL: pg_dump and the counts see one exported snapshot; pg_restore writes in one transaction or not at all."""
from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from zhibu.exchange.backup.manifest import BackupRefused, Content, TableProof

from .sqlite import Snapshot, quoted

VENDOR = "postgresql"
TABLES = """SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2"""


def program(name: str) -> str:
    """Find pg_dump or pg_restore: PG_BIN, the newest of Debian's folders, then PATH. Raises BackupRefused when there is none."""
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0, reverse=True)
    for folder in ([Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else newest):
        if os.access(folder / name, os.X_OK):
            return str(folder / name)
    if found := shutil.which(name):
        return found
    raise BackupRefused(f"找不到 PostgreSQL 的 {name}。请安装 postgresql-client（版本不低于所连的 PostgreSQL），或用环境变量 PG_BIN 指出它所在的文件夹")


def address(settings: Mapping[str, Any]) -> str:
    """Give the address of the database without the password, which never stands on a command line."""
    options = {k: str(v) for k, v in settings.get("OPTIONS", {}).items() if k.startswith("ssl") or k in ("connect_timeout", "options", "channel_binding")}
    given = {"host": settings.get("HOST"), "port": settings.get("PORT"), "user": settings.get("USER"), "dbname": settings["NAME"]}
    return make_conninfo(**options, **{k: str(v) for k, v in given.items() if v})


def run(name: str, settings: Mapping[str, Any], *arguments: str) -> None:
    """Run a program of PostgreSQL. Raises BackupRefused with its own first line of complaint."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **({"PGPASSWORD": settings["PASSWORD"]} if settings.get("PASSWORD") else {})}
    done = subprocess.run([program(name), *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "error" in line.lower()), done.stderr.strip()[:300])
        raise BackupRefused(f"{name} 没有做成（{said}）。没有写进任何数据。请按括号里的原因处理后再试")


@contextmanager
def frozen(settings: Mapping[str, Any]) -> Iterator[psycopg.Connection]:
    """Open one read-only state of the database, with texts that do not depend on the session's settings."""
    try:
        link = psycopg.connect(address(settings), password=settings.get("PASSWORD") or None, autocommit=True)
    except psycopg.Error as error:
        raise BackupRefused(f"连不上数据库 {settings['NAME']}（{str(error).strip().splitlines()[0]}）。请核对 DATABASE_URL，并看看 PostgreSQL 是否在运行") from error
    with link:
        link.execute("SET TIME ZONE 'UTC'; SET DateStyle TO 'ISO, YMD'; SET IntervalStyle TO 'postgres'; SET extra_float_digits TO 1; SET bytea_output TO 'hex'")
        link.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield link


def names(link: psycopg.Connection) -> list[tuple[str, str]]:
    """List the tables: schema and name."""
    return [(str(s), str(t)) for s, t in link.execute(TABLES).fetchall()]


def proofs(link: psycopg.Connection) -> dict[str, TableProof]:
    """Count and hash every table, by the lines that COPY gives."""
    found = {}
    for schema, name in names(link):
        content, rest = Content(), b""
        with link.cursor().copy(f"COPY (SELECT * FROM {quoted(schema)}.{quoted(name)}) TO STDOUT") as lines:
            for piece in lines:
                *whole, rest = (rest + bytes(piece)).split(b"\n")
                for line in whole:
                    content.add(line)
        found[name if schema == "public" else f"{schema}.{name}"] = content.proof()
    return found


def snapshot(settings: Mapping[str, Any], folder: Path) -> Iterator[Snapshot]:
    """Dump the database into the folder and tell what the dumped state holds. Raises BackupRefused."""
    target = folder / "database.pgdump"
    with frozen(settings) as link:
        row = link.execute("SELECT pg_export_snapshot()").fetchone()
        run("pg_dump", settings, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={row[0] if row else ''}", f"--file={target}",
            f"--dbname={address(settings)}")
        tables = proofs(link)
        if "django_migrations" not in tables:
            raise BackupRefused(f"数据库 {settings['NAME']} 里还没有数据。先用 zhibu serve 启动一次，再备份")
        migrations = tuple(sorted(f"{app}.{name}" for app, name in link.execute("SELECT app, name FROM django_migrations").fetchall()))
        marked = link.execute("SELECT key_id FROM guard_keymark ORDER BY id").fetchone() if "guard_keymark" in tables else None
        attachments = frozenset(str(r[0]) for r in link.execute("SELECT sha256 FROM files_attachment").fetchall()) if "files_attachment" in tables else frozenset()
    yield Snapshot(target, tables, migrations, marked[0] if marked else None, attachments)


def refuse_full(settings: Mapping[str, Any]) -> None:
    """Raise BackupRefused unless the database exists and has no tables."""
    with frozen(settings) as link:
        held = names(link)
    if held:
        raise BackupRefused(
            f"数据库 {settings['NAME']} 里已经有 {len(held)} 张表。恢复只写进空的地方，没有改动任何数据。请用 createdb 建一个空的数据库，把 DATABASE_URL 指向它"
        )


def check_dump(dump: Path, tables: Mapping[str, TableProof]) -> dict[str, TableProof]:
    """See that pg_restore can read the dump from end to end; its rows are proven after the restore. Raises BackupRefused."""
    run("pg_restore", {}, "--file=/dev/null", str(dump))
    return dict(tables)


def load(settings: Mapping[str, Any], dump: Path) -> None:
    """Restore in one transaction."""
    run("pg_restore", settings, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={address(settings)}", str(dump))


def stored(settings: Mapping[str, Any]) -> dict[str, TableProof]:
    """Count and hash what is now in place."""
    with frozen(settings) as link:
        return proofs(link)
