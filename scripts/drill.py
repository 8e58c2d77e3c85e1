#!/usr/bin/env python3
"""The drill of `make drill`: back a working installation up, restore it into an empty place, compare; in throw-away folders, in about a minute.

While the backup runs, a writer goes on registering members and storing attachments. What it had been told is committed before the backup
began must be in the restored place; nothing may be there that the source never had; a second backup, of the restored place, must hold the same tables.
DRILL_MEMBERS=50000 makes it one of a county's size. With DATABASE_URL set to a PostgreSQL server the drill makes two databases there, else it uses SQLite.
"""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.cli.places import Installation, new_database  # noqa: E402

from zhibu.exchange.backup import archive, manifest  # noqa: E402

WARM = 25  # things written before the backup begins


class Failed(Exception):
    """A step of the drill did not do what it promises."""


def step(words: str, since: float) -> None:
    print(f"  {time.monotonic() - since:5.1f} s  {words}", flush=True)


def expect(done: subprocess.CompletedProcess[str], code: int = 0) -> str:
    if done.returncode != code:
        raise Failed(f"{' '.join(done.args[-3:])}: exit {done.returncode}, expected {code}\n{done.stderr}")
    return done.stdout


def wait(log: Path, lines: int) -> None:
    until = time.monotonic() + 60
    while log.read_text().count("\n") < lines:
        if time.monotonic() > until:
            raise Failed("the writer does not write: " + log.read_text()[-2000:])
        time.sleep(0.05)


def listed(path: Path) -> manifest.Manifest:
    with archive.open_archive(path) as held:
        return archive.read_manifest(held)[0]


def drill(folder: Path, server: str) -> None:
    begin = time.monotonic()
    source = Installation(folder / "source", new_database(server, "drill_source") if server else "").built()
    step("an installation with a small county", begin)
    stop, log = folder / "stop", folder / "writer.log"
    with log.open("w") as out:
        writer = subprocess.Popen([sys.executable, "-m", "tests.cli.places", "write", str(stop)], env=source.env, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait(log, WARM)
        before = log.read_text().count("\n")
        expect(source.zhibu("backup", folder / "one.zip"))
        during = log.read_text().count("\n") - before
    finally:
        stop.touch()
        writer.wait(timeout=60)
    if writer.returncode or not during:
        raise Failed(f"the writer wrote {during} things during the backup and ended with {writer.returncode}\n{log.read_text()[-2000:]}")
    one = listed(folder / "one.zip")
    step(f"backup while {during} members and attachments were written", begin)

    there = 32 + int(os.environ.get("DRILL_MEMBERS", "0"))
    lowest, highest = there + before, there + log.read_text().count("\n")
    held = one.tables["people_person"].rows
    if not lowest <= held <= highest:
        raise Failed(f"{held} persons in the backup, {lowest} were committed before it began, {highest} after it ended")
    files, rows = len(one.parts) - 1, one.tables["files_attachment"].rows
    if files != rows or one.faulty:
        raise Failed(f"{files} attachments for {rows} rows, {len(one.faulty)} faulty")
    expect(source.zhibu("restore", folder / "one.zip"), 1)
    step("a full place refuses it", begin)

    target = Installation(folder / "target", new_database(server, "drill_target") if server else "")
    expect(target.zhibu("restore", folder / "one.zip"), 1)
    target.with_key_of(source)
    (folder / "cut.zip").write_bytes((folder / "one.zip").read_bytes()[:-1000])
    expect(target.zhibu("restore", folder / "cut.zip"), 1)
    step("an empty place refuses it without the key, and refuses a cut copy", begin)

    (folder / "words").write_text("the words of this drill\n")
    sealed = {"ZHIBU_BACKUP_PASSPHRASE_FILE": str(folder / "words")}
    expect(source.zhibu("backup", folder / "one.sealed", "--encrypt", **sealed))
    expect(target.zhibu("restore", folder / "one.sealed", "--check", **sealed))
    step("a backup under a passphrase is whole", begin)

    at = time.monotonic()
    print(expect(target.zhibu("restore", folder / "one.zip")).rstrip())
    step(f"restored in {time.monotonic() - at:.1f} s", begin)
    expect(target.zhibu("backup", folder / "two.zip"))
    two = listed(folder / "two.zip")
    if said := manifest.differences(one.tables, two.tables):
        raise Failed("\n".join(said))
    if {n: p for n, p in one.parts.items() if n.startswith("files/")} != {n: p for n, p in two.parts.items() if n.startswith("files/")}:
        raise Failed("the attachments differ")
    step(f"equal: {len(two.tables)} tables, {sum(t.rows for t in two.tables.values())} rows, {files} attachments", begin)
    expect(target.python("-c", SIGN_IN))
    step("the secretary signs in", begin)


SIGN_IN = """
import django; django.setup()
from django.conf import settings
settings.ALLOWED_HOSTS = ["testserver"]
from django.test import Client
from tests.world import PASSWORD
from zhibu.ground.access.models import Account
assert Account.objects.get(username="secretary").check_password(PASSWORD)
client = Client()
client.force_login(Account.objects.get(username="secretary"), backend="django.contrib.auth.backends.ModelBackend")
assert client.get("/").status_code == 200
"""


def main() -> int:
    server = os.environ.get("DATABASE_URL", "")
    print(f"drill on {'PostgreSQL' if server.startswith('postgres') else 'SQLite'}", flush=True)
    with tempfile.TemporaryDirectory(prefix="zhibu-drill-") as folder:
        try:
            drill(Path(folder), server if server.startswith("postgres") else "")
        except Failed as failed:
            print(f"drill FAILED: {failed}", file=sys.stderr)
            return 1
    print("drill passed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
