"""Mixed requests per second: the product behind granian on two workers, a small load generator with sessions beside it."""
from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.test import Client

from .compliance import Where, signed_in
from .table import Table

CLIENTS, SECONDS, WORKERS = 12, 15, 2


def rows(table: Table, where: Where) -> None:
    """Serve, warm up, ask for some seconds, and count answers and errors."""
    from django.db import connection

    sessions = {name: _cookie(signed_in(name)) for name in ("branch", "town", "county")}
    branch = where.branch[0]
    mix = [("branch", a) for a in ("/", "/", "/", f"/meetings/ledger/?org={branch}", f"/meetings/record/?org={branch}", "/members/", "/members/?q=wgj", f"/org/{branch}/")]
    mix += [("town", a) for a in (f"/overview/?org={where.town[0]}", "/members/?q=王国", "/org/cases/")] + [("branch", "/healthz")]
    connection.close()
    port = _free_port()
    server = subprocess.Popen(
        [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(WORKERS),
         "--blocking-threads", "2", "--no-access-log", "zhibu.config.wsgi:application"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        _ask(port, mix, sessions, 3)
        before = _spent(server.pid)
        found, slow, took = _ask(port, mix, sessions, SECONDS)
        spent = _spent(server.pid) - before
    finally:
        server.terminate()
        server.wait(20)
    good = sum(n for status, n in found.items() if status == 200)
    bad = sum(found.values()) - good
    table.alone(
        f"mixed requests, granian with {WORKERS} workers, {CLIENTS} clients: desk, ledger, form, roster, search, township picture",
        f"{good / took:.0f}/s, {bad} errors, half under {slow[len(slow) // 2] * 1000:.0f} ms, 99 % under {slow[len(slow) * 99 // 100] * 1000:.0f} ms", "≥ 150/s, no error")
    each = spent * 1000 / max(1, sum(found.values()))
    if each:
        table.note(f"A mixed request takes {each:.1f} ms of the server's processor time: at most {2000 / each:.0f}/s on two cores that do nothing else (the clients need "
                   f"some too). The machine's load while asking: {os.getloadavg()[0]:.1f}.")
    if bad:
        table.note(f"Answers of the mixed requests by status: {dict(found)}.")


def _spent(pid: int) -> float:
    """Give the processor seconds of a process and its children so far; 0 where the system does not tell."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if pid in (int(stat.parent.name), int(words[1])):
            ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _cookie(client: Client) -> str:
    client.get("/")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("bench: the server did not start")


def _ask(port: int, mix: list[tuple[str, str]], sessions: dict[str, str], seconds: float) -> tuple[Counter[int], list[float], float]:
    found: Counter[int] = Counter()
    times: list[float] = []
    start = time.perf_counter()

    def one(place: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.perf_counter() - start < seconds:
            name, address = mix[place % len(mix)]
            place += 1
            began = time.perf_counter()
            try:
                line.request("GET", _quoted(address), headers={"Cookie": sessions[name], "Host": "127.0.0.1"})
                answer = line.getresponse()
                answer.read()
                found[answer.status] += 1
            except (OSError, http.client.HTTPException):
                found[0] += 1
                line.close()
            times.append(time.perf_counter() - began)

    threads = [threading.Thread(target=one, args=(n * 5,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, sorted(times), time.perf_counter() - start


def _quoted(address: str) -> str:
    from urllib.parse import quote

    return quote(address, safe="/?=&")
