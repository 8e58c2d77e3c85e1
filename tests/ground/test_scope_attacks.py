"""A forgotten filter cannot run (trust.md A4, A6): attacks find nothing, honest queries are never refused, every table has an owner."""
from __future__ import annotations

import ast
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections, models, transaction
from django.db.models import Count, Exists, F, Max, Model, OuterRef, Q, Value, sql
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.ground.attacks import ATTACKS, FOREIGN, World, build, past_every_guard, succeeds

from zhibu.ground.guard import tripwire
from zhibu.ground.guard.guarded import Guarded, GuardedManager, GuardedQuerySet, OwnRow, SameOrgForeignKey, ScopeForgotten, organisations_in
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.models import Membership, Person
from zhibu.ground.record.models import Absence, Activity, ActivityKind, Topic
from zhibu.ground.tree.models import PartyGroup

SRC = Path(__file__).parents[2] / "src" / "zhibu"


@pytest.fixture
def world(db: None) -> World:
    return build()


def test_the_list_is_long_enough() -> None:
    assert len(ATTACKS) >= 50


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_fails(name: str, world: World) -> None:
    assert not succeeds(ATTACKS[name], world)


# --- the wire is really there ---------------------------------------------------------------------------------------------------------------


def test_every_connection_is_armed(db: None) -> None:
    connection.ensure_connection()
    assert connection.execute_wrappers[0] is tripwire.tripwire


def test_a_new_connection_is_armed_even_inside_another_wrapper(db: None) -> None:
    fresh = connections.create_connection("default")
    try:
        with fresh.execute_wrapper(lambda execute, *rest: execute(*rest)), fresh.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert fresh.execute_wrappers == [tripwire.tripwire]
    finally:
        fresh.close()


def test_a_refusal_sounds_the_alarm_without_personal_data(db: None, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ScopeForgotten), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM people_person WHERE address = '柳树湾村 3 号'")
    (record,) = [r for r in caplog.records if r.name == tripwire.__name__]
    assert record.levelname == "CRITICAL" and "people_person" in record.getMessage() and "柳树湾村" not in record.getMessage()


def test_own_rows_are_seen_without_any_organisation(world: World) -> None:
    me = Scope(person_id=1)
    assert [p.pk for p in Person.objects.within(me)] == [1]
    assert [m.pk for m in Membership.objects.within(me)] == [1]
    assert Absence.objects.within(me).count() == 1
    assert not Activity.objects.within(me).exists()


# --- random queries -------------------------------------------------------------------------------------------------------------------------

MODELS: list[type[Any]] = [Person, Membership, Activity, ActivityKind, Absence, Topic, PartyGroup]
TEXT = {Person: "name", Membership: "name", Activity: "title", ActivityKind: "kind", Absence: "name", Topic: "title", PartyGroup: "name"}
RANDOM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])


def links(model: type[Any], *, same_org: bool) -> list[tuple[str, type[Any]]]:
    """Give the relations from a model to another of the list, in both directions; those between organisations only when asked for."""
    found = []
    for relation in model._meta.get_fields():
        there = relation.related_model
        key = relation if isinstance(relation, models.ForeignKey) else getattr(relation, "field", None)
        named = isinstance(relation, models.ForeignKey) or getattr(relation, "related_name", None) not in (None, "+")
        if there in MODELS and named and isinstance(key, models.ForeignKey) and (not same_org or isinstance(key, SameOrgForeignKey)):
            found.append((relation.name, there))
    return found


def test_the_random_queries_have_relations_to_follow() -> None:
    assert {name for name, _ in links(Activity, same_org=True)} >= {"kinds", "absences", "topics", "corrects", "corrections"}
    assert {name for name, _ in links(Membership, same_org=False)} == {"person"} and not links(Membership, same_org=True)


def leaf(model: type[Any], prefix: str) -> st.SearchStrategy[Q]:
    text = prefix + TEXT[model]
    return st.sampled_from([
        Q(**{prefix + "pk__gte": 0}), Q(**{prefix + "pk__in": [1, 2, FOREIGN + 1]}), Q(**{prefix + "pk": 1}), Q(**{prefix + "org_id": 2}),
        Q(**{prefix + "pk__isnull": False}), Q(**{text + "__contains": "公"}), Q(**{text + "__startswith": "机"}), Q(**{text: "公开"}),
        Q(**{prefix + "org__name__contains": "村"}), Q(**{prefix + "org__path__startswith": "0r"}), Q(**{text: F(prefix + "org__short_name")}),
        Q(**{prefix + "pk__in": []}), Q(**{prefix + "pk__range": (0, FOREIGN)}),
    ])


def trees(leaves: st.SearchStrategy[Q]) -> st.SearchStrategy[Q]:
    return st.recursive(
        leaves, lambda inner: st.one_of(st.builds(lambda a: ~a, inner), st.builds(lambda a, b: a & b, inner, inner), st.builds(
            lambda a, b: a | b, inner, inner)), max_leaves=4)


@st.composite
def questions(draw: st.DrawFn, rows_of: Callable[[type[Any]], Any], extra: Callable[[type[Any]], list[Q]], *, same_org: bool) -> Any:
    """Draw a model, conditions along its relations, and a way to ask; give a function without arguments that asks."""
    model = draw(st.sampled_from(MODELS))
    here = links(model, same_org=same_org)
    rows = rows_of(model)
    leaves = [leaf(model, "")] + [leaf(there, name + "__") for name, there in here]
    for name, there in here:
        leaves += [leaf(further, f"{name}__{second}__") for second, further in links(there, same_org=same_org)]
        relation = model._meta.get_field(name)
        if relation.one_to_many:
            leaves.append(st.builds(
                lambda q, there=there, key=relation.field.name: Q(Exists(rows_of(there).filter(q, **{key: OuterRef("pk")}))), leaf(there, "")))
    if extra(model):
        leaves.append(st.sampled_from(extra(model)))
        if draw(st.booleans()):
            bound = draw(leaves[-1])
            rows = rows.filter(draw(st.sampled_from([bound, bound, bound | draw(leaves[0]), bound & draw(leaves[0])])))
    conditions = trees(st.one_of(leaves))
    for _ in range(draw(st.integers(0, 3))):
        q = draw(conditions)
        rows = rows.exclude(q) if draw(st.booleans()) else rows.filter(q)
    forward = [name for name, _ in here if model._meta.get_field(name).many_to_one]
    if here and draw(st.booleans()):
        name, _ = draw(st.sampled_from(here))
        rows = rows.annotate(n=draw(st.sampled_from([Count(name, distinct=True), Max(f"{name}__pk"), Count(name, filter=Q(pk__gt=0))])))
    if draw(st.booleans()):
        rows = rows.order_by(*([f"{draw(st.sampled_from(here))[0]}__pk"] if here and draw(st.booleans()) else []), "pk")
    if draw(st.booleans()):
        rows = rows.distinct()
    ways: list[Callable[[Any], Any]] = [
        lambda r: sorted(map(str, r.values_list())),
        lambda r: sorted(map(str, r.values("pk"))),
        lambda r: sorted(o.pk for o in r),
        lambda r: sorted(o.pk for o in r.iterator()),
        lambda r: [o.pk for o in r.order_by("pk")[:2]],
        lambda r: sorted(_plain(r).only("pk").in_bulk()),
        lambda r: r.count(),
        lambda r: r.exists(),
        lambda r: r.aggregate(Max("pk")),
        lambda r: r.dates("org__established_on", "year").count(),
        lambda r: sorted(r.order_by().values_list("pk").union(rows_of(r.model).values_list("pk"))),
        lambda r: sorted(rows_of(r.model).filter(pk__in=_plain(r).values("pk")).values_list("pk")),
        lambda r: sorted(rows_of(r.model).filter(Exists(_plain(r).filter(pk=OuterRef("pk")))).values_list("pk")),
    ]
    if forward:
        ways.append(lambda r: sorted(str([getattr(o, n) and getattr(o, n).pk for n in forward]) for o in r.select_related(*forward)))
    if here:
        ways.append(lambda r: sorted(map(str, r.order_by().values_list("pk", *[f"{name}__pk" for name, _ in here]))))
    if not model.append_only:
        ways += [lambda r: models.QuerySet.update(_plain(r), **{TEXT[model]: "x"}), lambda r: models.QuerySet._raw_delete(_plain(r), "default")]
    way = draw(st.sampled_from(ways))
    return lambda: way(rows)


def _plain(rows: Any) -> Any:
    rows = rows.order_by()
    rows.query.distinct = False
    rows.query.annotations.clear()
    return rows


def asked(question: Callable[[], Any]) -> Any:
    """Ask and undo; give the answer."""
    with transaction.atomic():
        answer = question()
        transaction.set_rollback(True)
    return answer


SCOPES = [Scope(("0r0a",)), Scope(("0r0a",), person_id=1), Scope(("0r0a", "0r0c"), person_id=7), Scope(("0r",)), Scope(), Scope(person_id=1)]


@pytest.fixture
def quiet() -> Iterator[None]:
    alarm = logging.getLogger(tripwire.__name__)
    alarm.disabled = True
    yield
    alarm.disabled = False


@RANDOM
@given(data=st.data())
def test_honest_queries_are_never_refused(data: st.DataObject, world: World) -> None:
    scope = data.draw(st.sampled_from(SCOPES))
    question = data.draw(questions(lambda model: model.objects.within(scope), lambda model: [], same_org=True))
    asked(question)


def _without_them(question: Callable[[], Any], world: World) -> Any:
    """Ask in a world where 乙村 has no rows at all."""
    with transaction.atomic():
        with past_every_guard() as cursor:
            for model in world.theirs:
                cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE org_id >= {FOREIGN}')
        answer = question()
        transaction.set_rollback(True)
    return answer


@RANDOM
@given(data=st.data())
def test_what_the_tripwire_lets_pass_knows_nothing_of_the_others(data: st.DataObject, world: World, quiet: None) -> None:
    """Queries with the binding conditions at random places, without the manager's help: refused, or the same with and without 乙村's rows."""

    def rows_of(model: type[Any]) -> Any:
        return GuardedQuerySet(model, query=sql.Query(model))

    def binding(model: type[Any]) -> list[Q]:
        bound = [Q(org_id__in=organisations_in(world.scope)), Q(org__path__gte="0r0a", org__path__lt="0r0a~"), Q(org__in=organisations_in(Scope()))]
        bound += [Q(OwnRow(F(name), Value(1))) for name in model.own_fields]
        return [*bound, *bound, *(b | c for b in bound for c in bound)]

    question = data.draw(questions(rows_of, binding, same_org=False))
    try:
        answer = asked(question)
    except ScopeForgotten:
        event("refused")
        return
    event("passed")
    assert answer == _without_them(question, world)


# --- every table has an owner ----------------------------------------------------------------------------------------------------------------

# Tables without an organisation of their own, and why.
GLOBAL = {
    "guard.KeyMark": "says which key sealed the database; no personal data",
    "guard.AnsweredPost": "keys of answered forms, found by account and key only",
    "tree.Organisation": "names, types and paths of organisations are readable to everybody signed in; it bounds all the others",
    "tree.OrganisationSpell": "what an organisation was on a day: as readable as the organisation",
    "access.Account": "looked up before there is a scope",
    "access.ApiToken": "looked up by its hash before any scope exists; it belongs to an account and a grant",
    "access.SetupCode": "the hash of the code that opens the first account of an empty installation",
    "access.Factor": "second factors of an account, found by the account only",
    "access.Sitting": "open sessions of an account, found by the account only",
    "access.Grant": "loaded with the account; makes the scope",
    "workdays.DayEdit": "days off hold for the whole country; nothing about persons",
    "policy.Assignment": "which rules an organisation follows is readable to everybody signed in",
}
# Tables whose rows may belong to no organisation, and why.
OPTIONAL = {"journal.Entry": "sign-ins and runs of the system belong to none; only those who may read without a scope see them"}


def our_models() -> list[type[Model]]:
    return [m for m in apps.get_models(include_auto_created=True) if m.__module__.startswith("zhibu.")]


def test_the_exceptions_are_few_and_real() -> None:
    labels = {m._meta.label for m in our_models()}
    assert len(GLOBAL) <= 15 and all(map(str.strip, [*GLOBAL.values(), *OPTIONAL.values()]))
    assert not (GLOBAL.keys() | OPTIONAL.keys()) - labels
    assert not [label for label in GLOBAL if issubclass(apps.get_model(label), Guarded)]


@pytest.mark.parametrize("model", our_models(), ids=lambda m: m._meta.label)
def test_every_model_is_scoped(model: Any) -> None:
    if model._meta.label in GLOBAL:
        return
    assert issubclass(model, Guarded), "inherit Guarded, or say in GLOBAL why not"
    owner = model._meta.get_field(model.scope_field)
    assert owner.null == model.org_optional == (model._meta.label in OPTIONAL)
    indexed = [i.fields[0] for i in model._meta.indexes] + [c.fields[0] for c in model._meta.constraints if getattr(c, "fields", ())]
    assert owner.db_index or owner.name in indexed or owner.attname in indexed, "rows are found by organisation: index it"
    assert all(isinstance(m, GuardedManager) for m in (model._base_manager, model._default_manager, *model._meta.managers))
    assert all(model._meta.get_field(name).concrete for name in (*model.own_fields, *model.other_scopes))
    for field in model._meta.concrete_fields:
        inner = getattr(field.related_model, "kept_in", None) if field.is_relation else None
        assert inner in (None, model.kept_in), f"{field.name} leads from an open table into {inner}: a join would read what the manager withholds"
    if model.kept_in is not None:
        closed = Scope(("0",), person_id=1)
        assert model.part_of(closed).empty, "rank alone opens no compartment"
    for field in model._meta.concrete_fields:
        if isinstance(field, SameOrgForeignKey):
            assert issubclass(field.related_model, Guarded) and not field.related_model.org_optional
    table = tripwire.registry().tables[model._meta.db_table]
    assert (table.org, table.pk) == (owner.column, model._meta.pk.column)
    assert (len(table.own), len(table.others)) == (len(model.own_fields), len(model.other_scopes))


# --- the ways out, listed ----------------------------------------------------------------------------------------------------------------------


def ways_out() -> list[tuple[str, str, str]]:
    found = []
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in ("unscoped", "paused"):
                    reason = node.args[0] if node.args else None
                    found.append((f"{path.relative_to(SRC)}:{node.lineno}", name,
                                  reason.value if isinstance(reason, ast.Constant) and isinstance(reason.value, str) else ""))
    return found


def test_the_ways_out_are_few_and_give_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    found = ways_out()
    with capsys.disabled():
        print("\n" + "\n".join(f"  {place:<48} {name}: {reason}" for place, name, reason in found))
    assert len(found) <= 30
    assert not [place for place, _, reason in found if len(reason.strip()) < 8], "write the reason where it is called, as a plain text"


@pytest.mark.parametrize("word", [".execute_wrappers", "connection.connection", ".callproc(", ".executescript(", ".copy_expert(", "_tripwire_paused"])
def test_nothing_goes_around_the_wire(word: str) -> None:
    around = [str(path.relative_to(SRC)) for path in sorted(SRC.rglob("*.py")) if word in path.read_text()]
    assert set(around) <= {"ground/guard/tripwire.py"}
