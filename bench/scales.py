"""The data of a scale, loaded once into a folder that may be deleted, and the rows that are measured on it."""
from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from zhibu.ground.access.models import Account
from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard.startup import ensure_key
from zhibu.ground.policy import actions as policy

from . import compliance, dues, importing, load, places, traffic, writing
from .places import Place
from .table import Table, settle

ACCOUNTS = {"county": "county", "town": "town", "branch": "branch"}


def assign(org_id: int, rule_set: str, since: date) -> None:
    """Let an organisation follow a rule set."""
    policy.assign(system_actor(), org_id=org_id, family="life", rule_set=rule_set, valid_from=since, valid_to=None, at=timezone.now(), reason="量一量")


def looked_at(all_places: list[Place], top: Place) -> tuple[Place, Place, list[Place]]:
    """Give of one county its first township, that one's first branch, and all its branches."""
    inside = [p for p in all_places if p.path.startswith(top.path)]
    branches = [p for p in inside if p.kind == "branch"]
    town = next(p for p in inside if p.depth == top.depth + 1)
    return town, branches[0], branches


def fill(scale: str, today: date) -> None:
    """Load the data unless this folder (or the server of this run) has them."""
    mark = Path(os.environ["ZHIBU_DATA"]) / f"filled-{today.year}"
    call_command("migrate", verbosity=0)
    if connection.vendor == "sqlite" and mark.exists():
        return
    start = time.perf_counter()
    ensure_key(timezone.now())
    every = list(places.county() if scale == "county" else places.city())
    each = 30 if scale == "county" else 17
    top = every[0] if scale == "county" else every[1]
    town, branch, own = looked_at(every, top)
    branches = [p for p in every if p.kind == "branch"]
    with load.bulk():
        load.organisations(every)
        load.committees(branches)
        load.groups(branches)
        people = load.persons(branches, each)
        meetings = load.activities(own, each, date(today.year - 1, 1, 1), today)
        others = branches[len(own):]
        if others:
            meetings += load.activities(others, each, date(today.year, 1, 1), today, full=False, first_id=meetings + 1)
    load.loaded()
    assign(every[0].id, "cn-branch-2018", load.SINCE)
    assign(town.id, "seed-003", load.SINCE)
    for username, role, org in (("county", "county_org_dept", top), ("town", "party_building_office", town), ("branch", "branch_secretary", branch)):
        load.account(username, role, org.id)
    print(f"{len(branches)} branches, {people} members, {meetings} meetings loaded in {time.perf_counter() - start:.0f} s on {connection.vendor}", flush=True)
    mark.touch()


def run(scale: str) -> Table:
    """Measure the county scale on SQLite or the city scale on PostgreSQL."""
    today = timezone.localdate()
    fill(scale, today)
    every = list(places.county() if scale == "county" else places.city())
    top = every[0] if scale == "county" else every[1]
    town, branch, own = looked_at(every, top)
    where = compliance.Where((top.id, top.path), (town.id, town.path), (branch.id, branch.path), f"{len(own)} branches")
    top_path, branches = (top.path if scale == "county" else top.path[:6]), [p for p in every if p.kind == "branch"]
    del every
    settle()
    if connection.vendor == "postgresql":
        title = "City: 35,000 branches, 595,000 members, this year's meetings (two years in the county looked at), PostgreSQL"
    else:
        title = "County: 1,000 branches, 30,000 members, two years, SQLite"
    table = Table(title)
    limit = "≤ 200 ms" if scale == "county" else "≤ 300 ms"
    compliance.rows(table, where, today)
    if scale == "city":
        root = Place(1, None, top.path[:6], 0, "", "", "")
        table.alone("the picture of the whole city, 35,000 branches", _whole(root, today), "–")
    compliance.pages(table, where, limit, ACCOUNTS)
    writing.wire(table, where, today)
    writing.recording(table, where)
    writing.storage(table, where)
    importing.rows(table, where)
    dues.rows(table, top_path, branches, 30 if scale == "county" else 17, today)
    traffic.rows(table, where)
    assert Account.objects.exists()
    return table


def _whole(root: Place, today: date) -> str:
    from .table import ms, once

    return ms(once(lambda: compliance.ours(root.path, root.id, today.year, today)))
