"""kill -9 of the application server under a stream of recordings: what was acknowledged is there, nothing is half (trust.md E1).

    python -m tests.hostile.killed_server [KILLS]     the drill of `make drill-hostile`, 20 kills unless said otherwise; with DATABASE_URL on PostgreSQL
"""
from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
WRITERS = 2
ASK = """
import json, django
django.setup()
from django.db.models import Count
from zhibu.ground.record.models import Activity, ActivityKind, Evidence, Topic
from zhibu.ground.journal.models import Entry
why = "a drill looks at everything"
def by(model):
    rows = model.objects.unscoped(why).order_by().values_list("activity_id").annotate(n=Count("pk"))
    return dict(rows)
topics, kinds, evidence = by(Topic), by(ActivityKind), by(Evidence)
noted = [pk for changes in Entry.objects.unscoped(why).filter(action="record.write").values_list("changes", flat=True) for pk in changes["activities"]]
rows = Activity.objects.unscoped(why).values_list("pk", "title", "present_count")
print(json.dumps([[title, topics.get(pk, 0), kinds.get(pk, 0), evidence.get(pk, 0), noted.count(pk)] for pk, title, present in rows]))
"""


@dataclass
class Log:
    """What was sent, and what the server said it had done."""

    sent: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def faults(log: Log, rows: Sequence[Sequence[Any]]) -> list[str]:
    """Compare what was acknowledged with what is there: nothing lost, doubled, half or invented."""
    found, titles = [], [row[0] for row in rows]
    for title in log.acknowledged:
        if titles.count(title) != 1:
            found.append(f"{title}: acknowledged, there {titles.count(title)} times")
    for title, topics, kinds, evidence, noted in rows:
        if title not in log.sent:
            continue  # of the world
        if topics != 1 or kinds != 1 or not evidence or noted != 1:
            found.append(f"{title}: half a record: {topics} topics, {kinds} kinds, {evidence} papers, {noted} lines in the journal")
        if titles.count(title) > 1:
            found.append(f"{title}: {titles.count(title)} times")
    return found


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


class Server:
    """The application server as it is shipped, on a port of its own."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env, self.port = dict(env), free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1", "zhibu.config.wsgi:application"]
        self.process = subprocess.Popen(command, env=self.env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                    link.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    if b" 200 " in link.recv(200):
                        return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("the server does not start")

    def kill(self) -> None:
        """End it and its workers as a power cut would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def record(server: Server, cookies: dict[str, str], values: dict[str, list[Any]], log: Log, numbers: list[int], lock: threading.Lock, stop: threading.Event) -> None:
    """Record one meeting after another until told to stop or the server is gone."""
    from tests.hostile.browser import Browser

    b, today = Browser(server.host, dict(cookies), timeout=10), date.today()
    while not stop.is_set():
        with lock:
            numbers[0] += 1
            n = numbers[0]
        title = f"记录{n:05d}"
        held = today - timedelta(days=1 + n // 3)
        hour = 8 + 3 * (n % 3)
        body = values | {"key": [f"key-{n:05d}-xxxxxxxxxxxx"], "held_on": [held.isoformat()], "starts": [f"{hour:02d}:00"], "ends": [f"{hour + 1:02d}:00"], "t-0-title": [title], "t-0-text": ["议了几件事"], "do": ["save"]}
        log.sent.append(title)
        try:
            answer = b.ask("POST", "/meetings/record/?kind=general_meeting", urlencode(body, doseq=True).encode())
        except OSError:
            return
        except Exception:  # half an answer of a server that died is none
            return
        (log.acknowledged if answer.status == 302 and "/meetings/" in answer.location else log.refused).append(title)


def drill(env: Mapping[str, str], python: Any, kills: int, seed: int = 7) -> tuple[Log, list[str]]:
    """Kill a server some times under two writers; gives the log and what was found wrong."""
    from tests.everywhere.test_bad_input import filled
    from tests.hostile.browser import Browser
    from tests.world import PASSWORD

    server, log, chance = Server(env), Log(), random.Random(seed)
    server.start()
    b = Browser(server.host)
    page = b.open("/signin/")
    where, body = b.ready(page, page.form("username"), {"username": "secretary", "password": PASSWORD}, "")
    assert b.ask("POST", where, body).status == 302, "could not sign in"
    form = b.open("/meetings/record/?kind=general_meeting").form("held_on")
    values, numbers, lock = form.values(filled(), "save"), [0], threading.Lock()
    for turn in range(kills):
        stop, had = threading.Event(), len(log.acknowledged)
        writers = [threading.Thread(target=record, args=(server, b.cookies, values, log, numbers, lock, stop)) for _ in range(WRITERS)]
        for t in writers:
            t.start()
        until = time.monotonic() + 20
        while len(log.acknowledged) < had + 2 and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.25))
        server.kill()
        stop.set()
        for t in writers:
            t.join(15)
        if turn + 1 < kills:
            server.start()
    told = python("-c", ASK)
    assert told.returncode == 0, told.stderr[-2000:]
    return log, faults(log, json.loads(told.stdout.splitlines()[-1]))


def main(argv: Sequence[str]) -> int:
    """Run the drill and say what came of it."""
    import django
    import tests.environment  # noqa: F401  # settings for the helpers that this process imports

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhibu.config.settings")
    server = os.environ.pop("DATABASE_URL", "")
    django.setup()
    from tests.cli.places import Installation, new_database

    kills = int(argv[0]) if argv else 20
    with tempfile.TemporaryDirectory(prefix="zhibu-kill-") as folder:
        place = Installation(Path(folder), new_database(server, "drill_kill") if server else "").built()
        begin = time.monotonic()
        log, found = drill(place.env, place.python, kills)
    print(f"{'PostgreSQL' if server else 'SQLite'}: {kills} kills in {time.monotonic() - begin:.0f} s, {len(log.sent)} sent, {len(log.acknowledged)} acknowledged, {len(log.refused)} refused, {len(found)} faults")
    for line in found:
        print("  " + line)
    return 1 if found or not log.acknowledged else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
