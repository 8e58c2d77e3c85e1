#!/usr/bin/env python3
"""Run a command against a PostgreSQL server of its own, gone when the command ends.

    private_postgres.py COMMAND...     DATABASE_URL names the server; its databases sort by the zh-Hans-CN rules of ICU
    private_postgres.py --find         print the folder of the server's programs, or fail

The server lives in a temporary folder with a unix socket and a free port on 127.0.0.1. PostgreSQL refuses to run as root, so
started as root it runs as `postgres` or `nobody`. Every database is copied from template1, which has the ICU collation, so also
the ones that the tests create. The programs are looked for in PG_BIN, PATH and /usr/lib/postgresql/*/bin.
"""
from __future__ import annotations

import ctypes
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ICU_LOCALE = "zh-Hans-CN"
OLDEST = 15  # the first version whose databases can have an ICU collation
NEEDED = ("initdb", "postgres", "pg_isready", "createdb")
PATIENCE_S = 60


class Missing(RuntimeError):
    """There is no usable PostgreSQL server on this machine."""


def version_of(folder: Path) -> int:
    """Give the major version of the programs in the folder, 0 when one is missing or does not run."""
    if not all(os.access(folder / name, os.X_OK) for name in NEEDED):
        return 0
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)", told)
    return int(found[1]) if found else 0


def find_programs() -> Path:
    """Give the folder of the server's programs: PG_BIN, then PATH, then the newest of Debian's folders."""
    folders = []
    if chosen := os.environ.get("PG_BIN"):
        folders.append(Path(chosen))
    if found := shutil.which("postgres"):
        folders.append(Path(found).resolve().parent)
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0, reverse=True)
    for folder in folders:
        if version_of(folder) >= OLDEST:
            return folder
    raise Missing(f"no PostgreSQL server of version {OLDEST} or later in PG_BIN, PATH or /usr/lib/postgresql; on Debian: apt-get install postgresql")


def unprivileged() -> pwd.struct_passwd | None:
    """Give the account the server runs as; None when we are not root and it runs as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Missing("started as root, but there is neither an account postgres nor nobody to run the server as")


def die_with_parent() -> None:
    """Ask Linux to stop the server when this script is killed and cannot do it itself."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG
    except (OSError, AttributeError):
        pass


class Server:
    """A private server in a temporary folder; a context manager."""

    def __init__(self, programs: Path, account: pwd.struct_passwd | None) -> None:
        self.programs = programs
        self.password = secrets.token_hex(16)
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="zhibu-pg-"))
        self.log = self.folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.as_account: dict[str, Any] = {}
        if account is not None:
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self.as_account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        # LC_ALL and PG* of the caller must not reach the server: they would change its sort order or its place.
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_")) and k != "LANG"}
        self.environment = {**kept, "LC_ALL": "C", "HOME": str(self.folder), "PGPASSWORD": self.password}

    @property
    def url(self) -> str:
        return f"postgres://zhibu:{self.password}@127.0.0.1:{self.port}/zhibu"

    def run(self, program: str, *arguments: str) -> None:
        done = subprocess.run([self.programs / program, *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, **self.as_account)
        if done.returncode:
            raise Missing(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")

    def __enter__(self) -> Server:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def start(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        if self.as_account:
            os.chown(secret, self.as_account["user"], self.as_account["group"])
        secret.chmod(0o600)
        data = str(self.folder / "data")
        self.run("initdb", "-D", data, "-U", "zhibu", f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
                 "--locale-provider=icu", f"--icu-locale={ICU_LOCALE}", "--no-sync")
        secret.unlink()
        settings = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": str(self.folder),
                    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "60"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([self.programs / "postgres", "-D", data, *options], cwd=self.folder, env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent,
                                            start_new_session=True, **self.as_account)
        self.wait_until_ready()
        self.run("createdb", "-h", str(self.folder), "-p", str(self.port), "-U", "zhibu", "zhibu")

    def wait_until_ready(self) -> None:
        ready = [self.programs / "pg_isready", "-q", "-h", str(self.folder), "-p", str(self.port)]
        deadline = time.monotonic() + PATIENCE_S
        while subprocess.run(ready, env=self.environment, cwd=self.folder, check=False).returncode:
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise Missing(f"the server did not start:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # "fast": rolls back and ends
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)  # "immediate"
                self.process.wait(timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    programs = find_programs()
    if arguments == ["--find"]:
        print(programs)
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    with Server(programs, unprivileged()) as server:
        child = subprocess.Popen(arguments, env={**os.environ, "DATABASE_URL": server.url, "ZHIBU_TEST_ICU": ICU_LOCALE})
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child got it too: let it finish its own tidying
            return child.wait()
        except SystemExit:
            child.terminate()
            child.wait()
            raise


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Missing as reason:
        print(f"private_postgres: {reason}", file=sys.stderr)
        sys.exit(1)
