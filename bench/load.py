"""Direct bulk loads: rows straight into the tables, because a benchmark may not spend its time in actions that are measured elsewhere."""
from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import islice
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from zhibu.ground.guard.sealing import blind_index, seal
from zhibu.ground.guard.tripwire import paused
from zhibu.ground.people.models import GroupPlace, Membership, Person, Post
from zhibu.ground.record.models import Activity, ActivityKind, Evidence, Topic
from zhibu.ground.tree.models import Committee, Organisation, OrganisationSpell, PartyGroup
from zhibu.kernel import names
from zhibu.kernel.identity import check_digit
from zhibu.kernel.periods import add_months

from .places import Place

SINCE = date(2015, 1, 1)
EVERY_RECORD = (1 << 20) - 1
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", "国建春秀桂明德志文玉海荣永庆金生福祥兰英芳华军平强勇敏静丽伟刚"


def load(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows into a table: COPY on PostgreSQL, executemany on SQLite. Columns that are not named get the model's default."""
    fields = model._meta.concrete_fields
    named = {f.attname: f for f in fields}
    assert set(columns) <= set(named), set(columns) - set(named)
    rest = [f for f in fields if f.attname not in columns and not (f.primary_key and not f.has_default())]
    fixed = tuple(f.get_db_prep_save(f.get_default() if f.has_default() or not f.null else None, connection) for f in rest)
    fixed = tuple(v.dumps(v.obj) if hasattr(v, "obj") and hasattr(v, "dumps") and v.dumps else v for v in fixed)
    names_ = ", ".join(f'"{c}"' for c in [named[c].column for c in columns] + [f.column for f in rest])
    count = 0
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{model._meta.db_table}" ({names_}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row((*row, *fixed))
                    count += 1
            return count
        places = ", ".join(["%s"] * (len(columns) + len(rest)))
        stream = iter(rows)
        while part := [(*row, *fixed) for row in islice(stream, 20_000)]:
            cursor.executemany(f'INSERT INTO "{model._meta.db_table}" ({names_}) VALUES ({places})', part)
            count += len(part)
    return count


def organisations(places: Sequence[Place]) -> None:
    """Load organisations and their spells."""
    load(Organisation, ("id", "code", "name", "short_name", "kind", "parent_id", "path", "depth", "order", "established_on"), (
        (p.id, p.code, p.name, p.name[:40], p.kind, p.parent_id, p.path, p.depth, p.id, SINCE.isoformat()) for p in places))
    load(OrganisationSpell, ("org_id", "from_on", "to_on", "name", "short_name", "kind", "parent_id_then", "path"), (
        (p.id, SINCE.isoformat(), None, p.name, p.name[:40], p.kind, p.parent_id, p.path) for p in places))


def committees(branches: Sequence[Place], first_id: int = 1) -> None:
    """Load a committee in office for every branch."""
    load(Committee, ("id", "org_id", "number", "elected_on", "term_years", "expires_on", "seats"), (
        (first_id + n, p.id, 1, "2024-03-01", 3, "2027-03-01", 3) for n, p in enumerate(branches)))


def groups(branches: Sequence[Place]) -> None:
    """Load one Party group per branch; its id is the branch's id."""
    load(PartyGroup, ("id", "org_id", "name", "from_on", "to_on"), ((p.id, p.id, "第一党小组", SINCE.isoformat(), None) for p in branches))


@cache
def _sound(name: str) -> tuple[str, str]:
    return names.sort_key(name)[:160], names.pinyin(name).initials[:20]


def id_no(number: int) -> str:
    """Make a valid, invented ID number: no division has the code 9902."""
    first = f"9902{number // 365_000 % 90 + 10:02d}{date(1960, 1, 1) + timedelta(days=number % 12_000):%Y%m%d}{number // 12_000 % 1000:03d}"
    return first + check_digit(first)


def name_of(number: int) -> str:
    """Give one of some 20,000 names."""
    return SURNAMES[number % 20] + GIVEN[number // 20 % 31] + GIVEN[number // 620 % 31]


def persons(branches: Sequence[Place], each: int) -> int:
    """Load members with sealed numbers, a membership each, and a secretary per branch; the k-th branch has persons k·each+1 …"""
    def people() -> Iterator[tuple[Any, ...]]:
        for place, p in enumerate(branches):
            for number in range(place * each + 1, place * each + each + 1):
                name, number_id, phone = name_of(number), id_no(number), f"154{number:08d}"
                yield (
                    number, p.id, name, *_sound(name), "男女"[number % 2], f"{number_id[6:10]}-{number_id[10:12]}-{number_id[12:14]}", seal(number_id, "person.id_no"),
                    blind_index(number_id, "person.id_no"), seal(phone, "person.phone"), blind_index(phone, "person.phone"), "1999-07-01", "2000-07-01",
                )

    count = load(Person, (
        "id", "org_id", "name", "name_sort", "name_initials", "gender", "birth_on", "id_no", "id_no_index", "phone", "phone_index", "joined_on", "full_on",
    ), people())
    load(Membership, ("id", "org_id", "person_id", "name", "name_sort", "standing", "from_on", "to_on"), (
        (n, p.id, n, name_of(n), _sound(name_of(n))[0], "full", SINCE.isoformat(), None)
        for place, p in enumerate(branches) for n in range(place * each + 1, place * each + each + 1)))
    load(Post, ("org_id", "person_id", "committee_id", "kind", "from_on", "to_on"), (
        (p.id, place * each + 1, None, "secretary", "2024-03-01", None) for place, p in enumerate(branches)))
    load(GroupPlace, ("org_id", "person_id", "group_id", "is_leader", "from_on", "to_on"), (
        (p.id, n, p.id, n == place * each + 1, SINCE.isoformat(), None)
        for place, p in enumerate(branches) for n in range(place * each + 1, place * each + each + 1)))
    return count


MONTHLY, QUARTERLY, YEARLY = ("theme_day", "committee_meeting", "group_meeting"), ("general_meeting", "lecture"), ("org_life_meeting", "appraisal")


def slots(branches: Sequence[Place], first: date, until: date, seed: int = 7) -> Iterator[tuple[int, str, date, date, int]]:
    """Give (organisation, kind, held on, recorded on, records) of meetings that mostly happen, mostly in time, mostly with every record."""
    draw = random.Random(seed)
    months = [m for n in range((until.year - first.year) * 12 + until.month - first.month + 1) if (m := add_months(first.replace(day=1), n)) <= until]
    chance = draw.random
    for p in branches:
        for month in months:
            kinds = MONTHLY + (QUARTERLY if month.month % 3 == 1 else ()) + (YEARLY if month.month == 10 else ())
            for place, kind in enumerate(kinds):
                if chance() < 0.93:
                    held = month + timedelta(days=5 + 2 * place + p.id % 7)
                    if held <= until:
                        luck = chance()
                        yield p.id, kind, held, held + timedelta(days=45 if luck < 0.03 else 2), 0 if luck > 0.97 else EVERY_RECORD


def activities(branches: Sequence[Place], each: int, first: date, until: date, *, full: bool = True, first_id: int = 1) -> int:
    """Load meetings with their slots, and with `full` the topic and two records of each; returns how many."""
    roll = {p.id: json.dumps(list(range(place * each + 1, place * each + each + 1))) for place, p in enumerate(branches)}
    found = [(number, *slot) for number, slot in enumerate(slots(branches, first, until), first_id)]
    load(Activity, ("id", "org_id", "held_as", "title", "held_on", "place", "chair", "recorder", "expected", "expected_count", "present_count", "recorded_at", "recorded_by"), (
        (n, org, json.dumps([[kind, org if kind == "group_meeting" else None]]), f"第 {n} 次会议", held.isoformat(), "会议室", "王国国", "李建国", roll[org], each, each - 2,
         f"{recorded} 02:00:00" + ("+00" if connection.vendor == "postgresql" else ""), "bench")
        for n, org, kind, held, recorded, _ in found))
    load_slots(found)
    if full:
        load(Topic, ("org_id", "activity_id", "seq", "kind", "title", "content"), ((org, n, 1, kind, "议题", "讨论并通过了本月的工作安排") for n, org, kind, *_ in found))
        load(Evidence, ("org_id", "activity_id", "record_type", "how"), (
            (org, n, record, "entry") for n, org, _, _, _, mask in found if mask for record in ("minutes", "sign_in")))
    return len(found)


def load_slots(found: Iterable[tuple[int, int, str, date, date, int]]) -> int:
    """Load slots (activity, organisation, kind, held on, recorded on, records)."""
    return load(ActivityKind, ("activity_id", "org_id", "kind", "group_id", "held_on", "held_month", "group_key", "recorded_on", "records"), (
        (n, org, kind, org if kind == "group_meeting" else None, held.isoformat(), held.year * 12 + held.month - 1, org if kind == "group_meeting" else 0,
         recorded.isoformat(), mask) for n, org, kind, held, recorded, mask in found))


def bulk() -> transaction.Atomic:
    """Open the transaction of a load; foreign keys are the loader's word."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA synchronous = OFF")
    return transaction.atomic()


def loaded() -> None:
    """End a load: sequences, statistics, and the settings of the product again."""
    with connection.cursor() as cursor, paused("a benchmark sets the sequences of what it loaded"):
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = origin")
            for model in (Organisation, OrganisationSpell, Committee, PartyGroup, Person, Membership, GroupPlace, Post, Activity, ActivityKind, Topic, Evidence):
                table = model._meta.db_table
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM \"{table}\"))")
            cursor.execute("ANALYZE")
        else:
            cursor.execute("ANALYZE")
    connection.close()  # the next one has the product's settings


def account(username: str, role: str, org_id: int) -> None:
    """Open an account that may sign in at once, with a role from long ago."""
    from zhibu.ground.access import actions as access
    from zhibu.ground.access.models import Account
    from zhibu.ground.access.queries import system_actor

    account_id, _ = access.open_account(system_actor(), username=username, name=username, at=timezone.now())
    access.grant(system_actor(), account_id=account_id, role=role, org_id=org_id, valid_from=SINCE, valid_to=None, at=timezone.now())
    Account.objects.filter(pk=account_id).update(one_time=False)
