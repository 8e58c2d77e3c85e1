"""kill -9 of the server while two cashiers take the same months: a payment is there whole and once, or not at all (S11, trust.md E1).

    python -m tests.hostile.killed_payment [KILLS]     20 kills unless said otherwise; with DATABASE_URL on PostgreSQL
"""
from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.hostile.killed_server import Log, Server

PREPARE = """
import django
django.setup()
from tests.world import AT
from zhibu.areas.dues import bases
from zhibu.ground.access.queries import system_actor
from zhibu.ground.people import queries as people
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree
org = tree.find("T1-B1")
roll = [m.person_id for m in people.roll(Scope((org.path,)), org.id, AT.date())][:7]
bases.declare_many(system_actor(), org.id, [bases.NewBase(p, "wage", 400000, 2016 * 12) for p in roll], at=AT)
print(org.id, *roll)
"""
ASK = """
import json, django
django.setup()
from django.db.models import Count
from zhibu.areas.dues.models import Assessment, Payment, Posting
from zhibu.ground.journal.models import Entry
why = "a drill looks at everything"
settled = dict(Assessment.objects.unscoped(why).filter(payment__isnull=False).order_by().values_list("payment_id").annotate(n=Count("pk")))
booked = dict(Posting.objects.unscoped(why).filter(source_type="payment").order_by().values_list("source_id").annotate(n=Count("pk")))
noted = dict(Entry.objects.unscoped(why).filter(action="dues.pay").order_by().values_list("subject_id").annotate(n=Count("pk")))
rows = Payment.objects.unscoped(why).values_list("pk", "person_id", "months")
print(json.dumps([[f"{person}-{month}", settled.get(pk, 0), booked.get(pk, 0), noted.get(pk, 0)] for pk, person, months in rows for month, _ in months]))
"""


def faults(log: Log, rows: Sequence[Sequence[Any]]) -> list[str]:
    """Compare what was acknowledged with what is there: nothing lost, doubled or half."""
    there = [row[0] for row in rows]
    found = [f"{key}: acknowledged, there {there.count(key)} times" for key in log.acknowledged if there.count(key) != 1]
    found += [f"{key}: acknowledged twice" for key in set(log.acknowledged) if log.acknowledged.count(key) > 1]
    for key, settled, booked, noted in rows:
        if (settled, booked, noted) != (1, 2, 1):
            found.append(f"{key}: half a payment: {settled} months, {booked} postings, {noted} lines in the journal")
        if there.count(key) > 1:
            found.append(f"{key}: taken {there.count(key)} times")
    return found


def take(server: Server, cookies: dict[str, str], org: int, roll: Sequence[int], token: str, log: Log, number: list[int], stop: threading.Event) -> None:
    """Take one month after another, always the same as the other cashier, until told to stop or the server is gone."""
    from tests.hostile.browser import Browser

    b = Browser(server.host, dict(cookies), timeout=10)
    n = number[0]
    while not stop.is_set():
        person, month = roll[n % len(roll)], 2016 * 12 + n // len(roll)
        n += 1
        number[0] = max(number[0], n)
        key = f"{person}-{month}"
        body = {"csrfmiddlewaretoken": token, "paid_on": date.today().isoformat(), "method": "cash", "pay": str(person)}
        log.sent.append(key)
        try:
            answer = b.ask("POST", f"/dues/org/{org}/month/?month={month // 12}-{month % 12 + 1:02d}", urlencode(body).encode())
        except OSError:
            return
        except Exception:  # half an answer of a server that died is none
            return
        (log.acknowledged if answer.status == 302 and "/dues/" in answer.location else log.refused).append(key)


def drill(env: Mapping[str, str], python: Any, kills: int, seed: int = 11) -> tuple[Log, list[str]]:
    """Kill a server some times under two cashiers; gives the log and what was found wrong."""
    from tests.hostile.browser import Browser
    from tests.world import PASSWORD

    ready = python("-c", PREPARE)
    assert ready.returncode == 0, ready.stderr[-2000:]
    org, *roll = map(int, ready.stdout.split())
    server, log, chance, number = Server(env), Log(), random.Random(seed), [0]
    server.start()
    b = Browser(server.host)
    page = b.open("/signin/")
    where, body = b.ready(page, page.form("username"), {"username": "secretary", "password": PASSWORD}, "")
    assert b.ask("POST", where, body).status == 302, "could not sign in"
    token = b.open(f"/dues/org/{org}/month/").form("who").values({}, "all")["csrfmiddlewaretoken"][0]
    for turn in range(kills):
        stop, had = threading.Event(), len(log.acknowledged)
        cashiers = [threading.Thread(target=take, args=(server, b.cookies, org, roll, token, log, number, stop)) for _ in range(2)]
        for t in cashiers:
            t.start()
        until = time.monotonic() + 20
        while len(log.acknowledged) < had + 3 and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.25))
        server.kill()
        stop.set()
        for t in cashiers:
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
    with tempfile.TemporaryDirectory(prefix="zhibu-pay-") as folder:
        place = Installation(Path(folder), new_database(server, "drill_pay") if server else "").built()
        log, found = drill(place.env, place.python, kills)
    print(f"{'PostgreSQL' if server else 'SQLite'}: {kills} kills, {len(log.sent)} sent, {len(log.acknowledged)} acknowledged, {len(log.refused)} refused, {len(found)} faults")
    for line in found:
        print("  " + line)
    return 1 if found or not log.acknowledged else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
