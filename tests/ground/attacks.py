"""Ways to reach rows outside of a scope, tried by test_scope_attacks (all must fail) and test_sabotage (all must succeed without the guard).

The world has two branches. The reader's scope is 甲村; everything of 乙村 has a number from 9,000,000 and a text with 机密, so that any of it
shows in an answer. One member moved from 甲村 to 乙村: his old membership is in scope, his person is not.
"""
from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import async_to_sync
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.core.exceptions import ObjectDoesNotExist
from django.core.management import call_command
from django.core.paginator import Paginator
from django.db import connection, transaction
from django.db.models import (
    Count,
    Exists,
    F,
    FilteredRelation,
    Max,
    Model,
    OuterRef,
    Prefetch,
    ProtectedError,
    Q,
    QuerySet,
    Subquery,
    Window,
)
from django.db.models.functions import RowNumber
from django.db.utils import DatabaseError, NotSupportedError
from django.forms import ModelChoiceField, modelform_factory

from zhibu.ground.access.models import Account
from zhibu.ground.files.models import Attachment
from zhibu.ground.guard.guarded import AppendOnly, OutsideScope, ScopeForgotten
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.notice.models import Notice
from zhibu.ground.people.models import Membership, Person, Post
from zhibu.ground.record.models import Absence, Activity, ActivityKind, Topic
from zhibu.ground.tree.models import Organisation, PartyGroup

AT = datetime(2026, 11, 20, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
ON = date(2026, 11, 20)
FOREIGN = 9_000_000
SECRET = "机密"
REFUSALS = (ScopeForgotten, OutsideScope, AppendOnly, ObjectDoesNotExist, NotSupportedError, DatabaseError)


@dataclass(frozen=True)
class World:
    """Two branches, the reader's scope, and one row of each kind on both sides."""

    own: Organisation
    other: Organisation
    scope: Scope
    mine: Mapping[type[Model], Any] = field(default_factory=dict)
    theirs: Mapping[type[Model], int] = field(default_factory=dict)


def build() -> World:
    """Make the world, each side through its own scope."""
    root = Organisation.objects.create(id=1, code="R", name="县委", short_name="县委", kind="party_committee", path="0r")
    own = Organisation.objects.create(id=2, code="A", name="甲村党支部", short_name="甲村", kind="branch", path="0r0a", parent=root)
    other = Organisation.objects.create(id=FOREIGN + 1, code="B", name="乙村党支部", short_name="乙村", kind="branch", path="0r0b", parent=root)
    sides = {}
    for org, first, mark in ((other, FOREIGN, SECRET), (own, 0, "公开")):
        scope = Scope((org.path,))
        made: dict[type[Model], Any] = {}

        def make(model: type[Any], number: int = 1, *, made: dict = made, scope: Scope = scope, org: Any = org, first: int = first, **values: Any) -> Any:
            row = model.objects.within(scope).create(id=first + number, org_id=org.pk, **values)
            made.setdefault(model, row)
            return row

        for n in (1, 2):
            person = make(Person, n, name=f"{mark}{n}", name_sort=mark, name_initials="a", address=mark)
            make(Membership, n, person=person, name=f"{mark}{n}", name_sort=mark, standing="full", from_on=ON)
        make(Post, person=made[Person], kind="secretary", from_on=ON)
        group = make(PartyGroup, name=mark, from_on=ON)
        activity = make(Activity, title=mark, held_on=ON, expected_count=2, present_count=1, recorded_at=AT, recorded_by=mark)
        make(ActivityKind, activity=activity, kind="lecture", group=group, held_on=ON, held_month=1, recorded_on=ON)
        make(Absence, activity=activity, person_id=made[Person].pk, name=mark, status="leave", reason=mark)
        make(Topic, activity=activity, seq=1, kind="lecture", title=mark)
        make(Notice, matter=mark, text=mark, sent_by=mark, sent_from=mark, at=AT)
        make(Attachment, sha256=mark, size=1, media_type="text", name=mark, at=AT)
        make(Entry, at=AT, account_name=mark, action="a", changes={"x": mark})
        sides[org.pk] = made
    moved = sides[other.pk][Person]
    Membership.objects.within(Scope((own.path,))).create(
        id=3, org=own, person_id=moved.pk, name="迁出", name_sort="q", standing="full", from_on=date(2020, 1, 1), to_on=ON, ended_as="transferred",
    )
    Account.objects.create(username="a", name="a", person_id=1, made_at=AT)
    if connection.vendor == "postgresql":  # the numbers above were given, not drawn
        with past_every_guard() as cursor:
            for model in sides[own.pk]:
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{model._meta.db_table}', 'id'), 5000)")
    return World(own, other, Scope((own.path,)), sides[own.pk], {model: row.pk for model, row in sides[other.pk].items()})


def foreign_rows(world: World) -> dict[str, list]:
    """Give everything that belongs to 乙村 as the database has it, past every guard."""
    found = {}
    with past_every_guard() as cursor:
        for model in world.theirs:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}" WHERE org_id >= {FOREIGN} OR id >= {FOREIGN} ORDER BY id')
            found[model.__name__] = [tuple(map(str, row)) for row in cursor.fetchall()]
    return found


def past_every_guard() -> Any:
    """Give the driver's own cursor."""
    return closing(connection.connection.cursor())


def shows(answer: Any) -> bool:
    """Tell whether anything of 乙村 is in an answer, however it is wrapped."""
    if isinstance(answer, str | bytes):
        text = answer.decode() if isinstance(answer, bytes) else answer
        return SECRET in text or str(FOREIGN)[:-2] in text
    if isinstance(answer, bool) or answer is None:
        return bool(answer)
    if isinstance(answer, int):
        return answer >= FOREIGN
    if isinstance(answer, Organisation):
        return False  # readable to everybody signed in
    if isinstance(answer, Model):
        return answer.pk is not None and answer.pk >= FOREIGN
    if isinstance(answer, Mapping):
        return any(shows(part) for pair in answer.items() for part in pair)
    if isinstance(answer, Iterable):
        return any(shows(part) for part in answer)
    return SECRET in str(answer)


def succeeds(attack: Callable[[World], Any], world: World) -> bool:
    """Run an attack in a savepoint; tell whether it showed or changed anything of 乙村. A refusal is no success."""
    before = foreign_rows(world)
    try:
        with transaction.atomic():
            answer = attack(world)
            leaked = shows(list(answer) if isinstance(answer, QuerySet) else answer)
            changed = foreign_rows(world) != before
    except REFUSALS:
        return False
    return leaked or changed


ATTACKS: dict[str, Callable[[World], Any]] = {}
STOPPED_BY: dict[str, str] = {}


def attack(stopped_by: str) -> Callable[[Callable[[World], Any]], Callable[[World], Any]]:
    """Put an attack on the list, with the guard that is meant to stop it."""

    def enter(function: Callable[[World], Any]) -> Callable[[World], Any]:
        ATTACKS[function.__name__] = function
        STOPPED_BY[function.__name__] = stopped_by
        return function

    return enter


def bare(name: str, ask: Callable[[Any], Any]) -> None:
    """Put a question to `Person.objects` without a scope on the list."""
    ATTACKS[name] = lambda world: ask(Person.objects)
    STOPPED_BY[name] = "forbidden"


MANY = 3  # persons and memberships of 甲村 are never more than this


# --- no scope at all ---------------------------------------------------------------------------------------------------------------------

bare("all", lambda m: list(m.all()))
bare("count", lambda m: m.count() > MANY)
bare("exists", lambda m: m.filter(name__contains=SECRET).exists())
bare("exclude_exists", lambda m: m.exclude(name__contains="公开").exists())
bare("first", lambda m: m.order_by("-id").first())
bare("last", lambda m: m.order_by("id").last())
bare("latest", lambda m: m.latest("id"))
bare("earliest", lambda m: m.earliest("-id"))
bare("get", lambda m: m.get(pk=FOREIGN + 1))
bare("get_or_create", lambda m: m.get_or_create(pk=FOREIGN + 1))
bare("in_bulk", lambda m: m.in_bulk([FOREIGN + 1]))
bare("contains", lambda m: m.contains(Person(pk=FOREIGN + 1)))
bare("iterator", lambda m: list(m.iterator()))
bare("aggregate", lambda m: m.aggregate(top=Max("id")))
bare("annotate", lambda m: list(m.annotate(top=F("id") + 1)))
bare("alias", lambda m: list(m.alias(top=F("id")).filter(top__gt=0)))
bare("values", lambda m: list(m.values()))
bare("values_list", lambda m: list(m.values_list("name", flat=True)))
bare("only", lambda m: list(m.only("name")))
bare("defer", lambda m: list(m.defer("name")))
bare("distinct", lambda m: list(m.distinct()))
bare("union", lambda m: list(m.all().union(m.all())))
bare("intersection", lambda m: list(m.all().intersection(m.all())))
bare("difference", lambda m: list(m.all().difference(m.filter(pk=1))))
bare("slice", lambda m: list(m.order_by("-id")[:1]))
bare("reverse", lambda m: list(m.order_by("id").reverse()))
bare("select_for_update", lambda m: list(m.select_for_update()))
bare("window", lambda m: list(m.annotate(n=Window(RowNumber(), order_by="id")).values_list("n", "id")))
bare("update", lambda m: m.filter(pk=FOREIGN + 1).update(name="x"))
bare("pagination_count", lambda m: Paginator(m.order_by("id"), 1).count > MANY)
bare("serialize", lambda m: serializers.serialize("json", m.all()))
bare("form_choices", lambda m: list(ModelChoiceField(queryset=m.all()).choices))
bare("form_choice_by_number", lambda m: ModelChoiceField(queryset=m.all()).clean(FOREIGN + 1))
bare("as_sql_of_the_query", lambda m: m.all().query.get_compiler("default").execute_sql())
bare("async_iteration", lambda m: async_to_sync(_collect)(m.all()))
bare("async_count", lambda m: async_to_sync(_counted)(m) > MANY)
bare("async_get", lambda m: async_to_sync(_gotten)(m))


async def _counted(rows: Any) -> int:
    return await rows.acount()


async def _gotten(rows: Any) -> Any:
    return await rows.aget(pk=FOREIGN + 1)


async def _collect(rows: Any) -> list:
    return [row async for row in rows]


@attack("forbidden")
def delete(world: World) -> Any:
    Notice.objects.filter(pk=FOREIGN + 1).delete()


@attack("forbidden")
def dates(world: World) -> Any:
    return len(Membership.objects.filter(pk__gt=FOREIGN).dates("from_on", "day")) > 0


@attack("forbidden")
def base_manager(world: World) -> Any:
    return list(Person._base_manager.all())


@attack("forbidden")
def default_manager(world: World) -> Any:
    return list(Person._default_manager.all())


@attack("forbidden")
def another_connection(world: World) -> Any:
    return [*Person.objects.using("default"), *Person.objects.db_manager("default").all()]


@attack("forbidden")
def subquery_of_everything(world: World) -> Any:
    return list(Organisation.objects.filter(pk__in=Person.objects.values("org_id")).values_list("id"))


@attack("forbidden")
def annotated_subquery(world: World) -> Any:
    rows = Organisation.objects.annotate(someone=Subquery(Person.objects.filter(org_id=OuterRef("pk")).values("name")[:1]))
    return list(rows.values_list("someone", flat=True))


@attack("forbidden")
def exists_subquery(world: World) -> Any:
    return list(Organisation.objects.filter(Exists(Person.objects.filter(org_id=OuterRef("pk"), name__contains=SECRET))).values_list("id"))


@attack("forbidden")
def explain(world: World) -> Any:
    return len(Person.objects.filter(pk=FOREIGN + 1).explain()) > 0


@attack("forbidden")
def by_content_type(world: World) -> Any:
    return ContentType.objects.get_for_model(Person).get_object_for_this_type(pk=FOREIGN + 1)


@attack("forbidden")
def all_by_content_type(world: World) -> Any:
    return list(ContentType.objects.get_for_model(Person).get_all_objects_for_this_type())


@attack("forbidden")
def dumped(world: World) -> Any:
    from io import StringIO

    out = StringIO()
    call_command("dumpdata", "people.Person", stdout=out, traceback=True)
    return json.loads(out.getvalue()) and SECRET in json.dumps(json.loads(out.getvalue()), ensure_ascii=False)


@attack("forbidden")
def foreign_key_of_a_row(world: World) -> Any:
    return Membership.objects.within(world.scope).get(pk=3).person


@attack("forbidden")
def foreign_key_of_a_new_row(world: World) -> Any:
    return Post(person_id=FOREIGN + 1, org=world.own, kind="member", from_on=ON).person


@attack("forbidden")
def reverse_manager(world: World) -> Any:
    return list(world.other.groups.all())


@attack("forbidden")
def reverse_manager_count(world: World) -> Any:
    return world.other.groups.count() > 0


@attack("forbidden")
def prefetch_related(world: World) -> Any:
    return [list(org.groups.all()) for org in Organisation.objects.prefetch_related("groups")]


@attack("forbidden")
def prefetch_with_own_queryset(world: World) -> Any:
    return [list(org.groups.all()) for org in Organisation.objects.prefetch_related(Prefetch("groups", queryset=PartyGroup.objects.all()))]


@attack("forbidden")
def prefetch_of_the_foreign_key(world: World) -> Any:
    return [m.person for m in Membership.objects.within(world.scope).prefetch_related("person")]


@attack("forbidden")
def related_objects_of_the_deletion(world: World) -> Any:
    try:
        Organisation.objects.filter(pk=world.other.pk).delete()
    except ProtectedError as error:  # names the rows that are in the way
        return list(error.protected_objects)
    return True


@attack("forbidden")
def validation_of_a_foreign_key(world: World) -> Any:
    row = Membership(org=world.own, person_id=FOREIGN + 1, name="x", name_sort="x", standing="full", from_on=ON, to_on=ON)
    row.clean_fields(exclude=["org", "document", "ended_as"])  # passes only when the person was found
    return True


@attack("forbidden")
def model_form_field(world: World) -> Any:
    form = modelform_factory(Post, fields=["person", "kind"])()
    return list(form.fields["person"].choices)


@attack("forbidden")
def aggregate_over_groups(world: World) -> Any:
    return list(Person.objects.values("org_id").annotate(n=Count("id")).values_list("org_id", "n"))


# --- a scope, widened or left by a side path ----------------------------------------------------------------------------------------------


@attack("merge")
def or_with_an_open_query(world: World) -> Any:
    return list(Person.objects.within(world.scope) | Person.objects.filter(pk=FOREIGN + 1))


@attack("merge")
def or_with_everything(world: World) -> Any:
    return list(Person.objects.within(world.scope) | Person.objects.all())


@attack("merge")
def xor_with_an_open_query(world: World) -> Any:
    return list(Person.objects.within(world.scope) ^ Person.objects.all())


@attack("forbidden")
def union_with_an_open_query(world: World) -> Any:
    return list(Person.objects.within(world.scope).union(Person.objects.all()))


@attack("tripwire")
def select_related(world: World) -> Any:
    return [m.person for m in Membership.objects.within(world.scope).select_related("person")]


@attack("tripwire")
def values_across_the_key(world: World) -> Any:
    return list(Membership.objects.within(world.scope).values_list("person__name", flat=True))


@attack("tripwire")
def filter_oracle(world: World) -> Any:
    return Membership.objects.within(world.scope).filter(person__address=SECRET).exists()


@attack("tripwire")
def exclude_oracle(world: World) -> Any:
    return Membership.objects.within(world.scope).exclude(person__address="公开").exists()


@attack("tripwire")
def order_oracle(world: World) -> Any:
    return [m.pk for m in Membership.objects.within(world.scope).order_by("-person__address")][0] == 3


@attack("tripwire")
def expression_across_the_key(world: World) -> Any:
    return list(Membership.objects.within(world.scope).annotate(where=F("person__address")).values_list("where", flat=True))


@attack("tripwire")
def aggregate_across_the_key(world: World) -> Any:
    return Membership.objects.within(world.scope).aggregate(Max("person__address"))


@attack("tripwire")
def count_of_related_rows(world: World) -> Any:
    return Organisation.objects.filter(pk=world.other.pk).annotate(n=Count("groups")).get().n > 0


@attack("tripwire")
def reverse_filter(world: World) -> Any:
    return Organisation.objects.filter(groups__name=SECRET).exists()


@attack("tripwire")
def reverse_exclude(world: World) -> Any:
    return not Organisation.objects.filter(pk=world.other.pk).exclude(groups__name=SECRET).exists()


@attack("tripwire")
def filtered_relation(world: World) -> Any:
    rows = Organisation.objects.annotate(g=FilteredRelation("groups", condition=Q(groups__name=SECRET))).filter(g__isnull=False)
    return list(rows.values_list("g__name", flat=True))


@attack("tripwire")
def reverse_values(world: World) -> Any:
    return list(Organisation.objects.values_list("groups__name", flat=True))


@attack("tripwire")
def reverse_of_the_reverse(world: World) -> Any:
    return list(Person.objects.within(world.scope).values_list("memberships__person__memberships__id", flat=True)) and Membership.objects.within(
        world.scope).filter(person__memberships__pk__gt=FOREIGN).exists()


@attack("tripwire")
def window_across_the_key(world: World) -> Any:
    return list(Membership.objects.within(world.scope).annotate(n=Window(Max("person__address"))).values_list("n", flat=True))


@attack("tripwire")
def subquery_out_of_the_scope(world: World) -> Any:
    inner = Post.objects.within(world.scope).filter(person__address=SECRET).values("id")
    return list(Membership.objects.within(world.scope).filter(Q(pk__in=inner) | Q(person__address=SECRET)).values_list("person_id", flat=True))


@attack("tripwire")
def raw_manager(world: World) -> Any:
    return list(Person.objects.raw("SELECT * FROM people_person"))


@attack("tripwire")
def raw_by_number(world: World) -> Any:
    return list(Person.objects.raw("SELECT * FROM people_person WHERE id = %s", [FOREIGN + 1]))


@attack("tripwire")
def raw_by_own_column(world: World) -> Any:
    return list(Membership.objects.raw("SELECT * FROM people_membership WHERE person_id = %s", [FOREIGN + 1]))


def _cursor(sql: str, *params: Any) -> list:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


@attack("tripwire")
def cursor(world: World) -> Any:
    return _cursor("SELECT name FROM people_person")


@attack("tripwire")
def cursor_union(world: World) -> Any:
    return _cursor("SELECT name FROM tree_organisation UNION SELECT name FROM people_person")


@attack("tripwire")
def cursor_subselect(world: World) -> Any:
    return _cursor("SELECT (SELECT max(name) FROM people_person WHERE org_id = o.id) FROM tree_organisation o")


@attack("tripwire")
def cursor_or(world: World) -> Any:
    return _cursor("SELECT name FROM people_person WHERE org_id IN (SELECT id FROM tree_organisation WHERE path >= %s AND path < %s) OR id > %s", "0r0a", "0r0a~", 0)


@attack("tripwire")
def cursor_update(world: World) -> Any:
    return _cursor("UPDATE people_person SET name = %s WHERE id = %s", "x", FOREIGN + 1)


@attack("tripwire")
def cursor_delete(world: World) -> Any:
    return _cursor("DELETE FROM notice_notice WHERE id = %s", FOREIGN + 1)


@attack("tripwire")
def cursor_upsert(world: World) -> Any:
    return _cursor(
        "INSERT INTO notice_notice (id, org_id, matter, text, sent_by, sent_from, at) VALUES (%s, %s, 'x', 'x', 'x', 'x', '2026-01-01') "
        "ON CONFLICT (id) DO UPDATE SET text = 'x'", FOREIGN + 1, world.own.pk)


@attack("tripwire")
def cursor_copy_of_a_table(world: World) -> Any:
    _cursor("CREATE TABLE copy_of_people AS SELECT name FROM people_person")
    return _cursor("SELECT name FROM copy_of_people")


@attack("tripwire")
def cursor_executemany(world: World) -> Any:
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE people_person SET name = %s WHERE id = %s", [("x", FOREIGN + 1), ("y", FOREIGN + 2)])


@attack("tripwire")
def extra_where(world: World) -> Any:
    return list(Membership.objects.within(world.scope).extra(where=["0 < (SELECT count(*) FROM people_person WHERE address = %s)"], params=[SECRET]).values_list(
        "id", flat=True)) and True


@attack("tripwire")
def extra_tables(world: World) -> Any:
    return list(Membership.objects.within(world.scope).extra(tables=["people_person"], select={"n": "people_person.name"}).values_list("n", flat=True))


@attack("tripwire")
def unscoped_exclude(world: World) -> Any:
    """An excused SELECT does not excuse the subquery inside it."""
    rows = Organisation.objects.filter(pk__in=PartyGroup.objects.unscoped("counted by a test").exclude(org__groups__name="公开").values("org_id"))
    return list(rows.values_list("id", flat=True))


# --- writing outside ----------------------------------------------------------------------------------------------------------------------


def _notice(org_id: int) -> dict[str, Any]:
    return {"org_id": org_id, "matter": "x", "text": "x", "sent_by": "x", "sent_from": "x", "at": AT}


@attack("write")
def create_in_a_foreign_organisation(world: World) -> Any:
    Notice.objects.within(world.scope).create(**_notice(world.other.pk))


@attack("write")
def create_without_a_scope(world: World) -> Any:
    Notice.objects.create(**_notice(world.other.pk))


@attack("write")
def save_a_new_row(world: World) -> Any:
    Notice(**_notice(world.other.pk)).save()


@attack("write")
def save_a_new_row_forced(world: World) -> Any:
    Notice(**_notice(world.other.pk)).save(force_insert=True)


@attack("write")
def save_a_moved_row(world: World) -> Any:
    row = Notice.objects.within(world.scope).get()
    row.org_id = world.other.pk
    row.save()


@attack("write")
def save_a_moved_row_by_field(world: World) -> Any:
    row = Notice.objects.within(world.scope).get()
    row.org = world.other
    row.save(update_fields=["org"])


@attack("write")
def bulk_create(world: World) -> Any:
    Notice.objects.within(world.scope).bulk_create([Notice(**_notice(world.own.pk)), Notice(**_notice(world.other.pk))])


@attack("write")
def bulk_create_into_a_scope(world: World) -> Any:
    Notice.objects.into(world.scope).bulk_create([Notice(**_notice(world.own.pk)), Notice(**_notice(world.other.pk))])


@attack("write")
def create_into_a_scope(world: World) -> Any:
    Notice.objects.into(world.scope).create(**_notice(world.other.pk))


@attack("forbidden")
def read_what_is_open_for_new_rows_only(world: World) -> Any:
    return list(Person.objects.into(world.scope))


@attack("forbidden")
def change_what_is_open_for_new_rows_only(world: World) -> Any:
    return Notice.objects.into(world.scope).update(text="x")


@attack("write")
def bulk_create_without_a_scope(world: World) -> Any:
    Notice.objects.bulk_create([Notice(**_notice(world.other.pk))])


@attack("write")
def get_or_create_in_a_foreign_organisation(world: World) -> Any:
    Notice.objects.within(world.scope).get_or_create(matter="none", defaults=_notice(world.other.pk))


@attack("write")
def update_or_create_moves(world: World) -> Any:
    Notice.objects.within(world.scope).update_or_create(pk=1, defaults={"org_id": world.other.pk})


@attack("write")
def create_through_the_reverse_manager(world: World) -> Any:
    world.other.groups.create(name="x", from_on=ON)


@attack("move")
def update_of_the_organisation(world: World) -> Any:
    Notice.objects.within(world.scope).update(org=world.other)


@attack("move")
def update_of_the_organisation_number(world: World) -> Any:
    Notice.objects.within(world.scope).update(org_id=world.other.pk)


@attack("bulk_move")
def bulk_update_of_the_organisation(world: World) -> Any:
    row = Notice.objects.within(world.scope).get()
    row.org_id = world.other.pk
    Notice.objects.within(world.scope).bulk_update([row], ["org"])


@attack("upsert")
def bulk_create_over_a_foreign_row(world: World) -> Any:
    Notice.objects.within(world.scope).bulk_create(
        [Notice(pk=FOREIGN + 1, **_notice(world.own.pk))], update_conflicts=True, unique_fields=["id"], update_fields=["text"])


@attack("upsert")
def bulk_create_over_a_foreign_row_by_position(world: World) -> Any:
    Notice.objects.within(world.scope).bulk_create([Notice(pk=FOREIGN + 1, **_notice(world.own.pk))], None, False, True, update_fields=["text"], unique_fields=["id"])


@attack("update_or_create")
def update_or_create(world: World) -> Any:
    Person.objects.update_or_create(pk=FOREIGN + 1, defaults={"name": "x"})


@attack("bound_save")
def save_over_a_foreign_number(world: World) -> Any:
    row = Notice.objects.within(world.scope).get()
    row.pk = FOREIGN + 1
    row.save()


@attack("bound_save")
def save_over_a_foreign_number_forced(world: World) -> Any:
    row = Notice.objects.within(world.scope).get()
    row.pk = FOREIGN + 1
    row.save(force_update=True)


@attack("bound_row")
def delete_a_foreign_number(world: World) -> Any:
    row = Notice.objects.within(world.scope).get()
    row.pk = FOREIGN + 1
    row.delete()


@attack("bound_row")
def refresh_from_a_foreign_number(world: World) -> Any:
    row = Person.objects.within(world.scope).get(pk=1)
    row.pk = FOREIGN + 1
    row.refresh_from_db()
    return row.name


@attack("bound_row")
def deferred_field_of_a_foreign_number(world: World) -> Any:
    row = Person.objects.within(world.scope).only("id").get(pk=1)
    row.pk = FOREIGN + 1
    return row.name


@attack("raw_delete")
def raw_delete_without_a_scope(world: World) -> Any:
    Notice.objects.filter(pk=FOREIGN + 1)._raw_delete("default")


@attack("raw_delete")
def raw_delete_of_all(world: World) -> Any:
    Notice.objects.all()._raw_delete("default")


@attack("reads_only")
def update_through_unscoped(world: World) -> Any:
    Notice.objects.unscoped("counted by a test").filter(pk=FOREIGN + 1).update(text="x")


# --- the ledger -----------------------------------------------------------------------------------------------------------------------------


def _titles() -> list:
    with past_every_guard() as cursor:
        cursor.execute("SELECT title, id FROM record_activity ORDER BY id")
        return [tuple(row) for row in cursor.fetchall()]


def ledger_attack(name: str, change: Callable[[World], Any]) -> None:
    def run(world: World) -> bool:
        before = _titles()
        change(world)
        return _titles() != before

    ATTACKS[name] = run
    STOPPED_BY[name] = "append_only"


def _activity(world: World) -> Any:
    row = Activity.objects.within(world.scope).get()
    row.title = "改过"
    return row


def _over(world: World) -> Activity:
    values = {f.attname: getattr(_activity(world), f.attname) for f in Activity._meta.concrete_fields}
    row = Activity(**values)
    row._guard_scope = world.scope
    return row


def _emptied(world: World) -> None:
    """Take away what points to the activity, so that only the ledger's own guard is in the way."""
    with past_every_guard() as cursor:
        for table in ("record_topic", "record_absence", "record_activitykind"):
            cursor.execute(f"DELETE FROM {table}")


ledger_attack("ledger_save", lambda world: _activity(world).save())
ledger_attack("ledger_save_over", lambda world: _over(world).save())
ledger_attack("ledger_update", lambda world: Activity.objects.within(world.scope).update(title="改过"))
ledger_attack("ledger_bulk_update", lambda world: Activity.objects.within(world.scope).bulk_update([_activity(world)], ["title"]))
ledger_attack("ledger_update_or_create", lambda world: Activity.objects.within(world.scope).update_or_create(pk=1, defaults={"title": "改过"}))
ledger_attack("ledger_delete", lambda world: (_emptied(world), Activity.objects.within(world.scope).delete()))
ledger_attack("ledger_instance_delete", lambda world: (_emptied(world), _activity(world).delete()))
ledger_attack("ledger_raw_delete", lambda world: (_emptied(world), Activity.objects.within(world.scope)._raw_delete("default")))
