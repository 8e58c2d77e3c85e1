"""The manager that refuses to run unscoped.

`Model.objects` is a query that cannot compile. `within(scope)` opens it and binds it to the scope's organisations; `unscoped("reason")`
is the counted, read-only escape. Loaded instances remember their scope, so saving, moving or updating a row outside of it is refused.
What goes around the manager (joins, raw SQL, related objects) is caught by the SQL tripwire.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import connection, models
from django.db.models import F, Func, Q, Value, sql

from .permission import Compartment
from .scope import NOWHERE, Scope, path_range

ORGANISATION = "tree.Organisation"


class ScopeForgotten(RuntimeError):
    """A query on scoped rows was about to run without a scope: a fault of the program, never of the user."""


class OutsideScope(RuntimeError):
    """A row outside the scope was about to be written."""


class AppendOnly(RuntimeError):
    """A row of a ledger was about to be changed or deleted; corrections are new entries."""


class ForbiddenQuery(sql.Query):
    """A query without a scope: may be refined, never compiled."""

    def _refuse(self) -> ScopeForgotten:
        return ScopeForgotten(f"{self.model.__name__}: use objects.within(scope)")  # type: ignore[union-attr]

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        raise self._refuse()

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        raise self._refuse()

    def chain(self, klass: Any = None) -> Any:
        if klass is not None and klass is not type(self):
            raise self._refuse()
        return super().chain(klass)


class UnscopedQuery(sql.Query):
    """A read that names its reason in the SQL text, where the tripwire (and a reviewer of the log) finds it."""

    reason: str = ""

    def clone(self) -> Any:
        obj = super().clone()
        obj.reason = self.reason
        return obj

    def chain(self, klass: Any = None) -> Any:
        if klass is not None and issubclass(klass, (sql.UpdateQuery, sql.DeleteQuery)):
            raise ScopeForgotten(f"{self.model.__name__}: unscoped() reads only")  # type: ignore[union-attr]
        return super().chain(klass)

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        compiler = super().get_compiler(*args, **kwargs)
        plain = compiler.as_sql
        mark = rf"\g<1>SELECT /* unscoped: {self.reason} */ "

        def as_sql(*a: Any, **k: Any) -> tuple[str, tuple]:
            text, params = plain(*a, **k)
            return re.sub(r"^((?:EXPLAIN (?:QUERY PLAN |\([^()]*\) |ANALYZE |VERBOSE )*)?)SELECT ", mark, text, count=1), params

        compiler.as_sql = as_sql
        return compiler


class OwnRow(Func):
    """The condition 'this row is about the reader', marked in the SQL: a bare `id = %s` would be no sign of a scope."""

    template = "(%(expressions)s)"
    arg_joiner = " = /* own */ "
    arity = 2
    output_field = models.BooleanField()


def organisations_in(scope: Scope) -> models.QuerySet:
    """Give the ids of the organisations in the scope, as a subquery in byte order of paths."""
    return _subquery(scope.paths).all()


@lru_cache(maxsize=256)
def _subquery(paths: tuple[str, ...]) -> models.QuerySet:
    """Build the subquery of some paths once: every read needs it, and building it takes longer than running it."""
    condition = Q(pk__in=[])
    for path in paths:
        low, high = path_range(path)
        condition |= Q(path__gte=low, path__lt=high)
    return apps.get_model(ORGANISATION)._base_manager.filter(condition).order_by().values("pk")


class GuardedQuerySet(models.QuerySet):
    """A queryset that runs only inside a scope."""

    _scope: Scope | None = None

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]
        clone._scope = self._scope
        return clone

    def within(self, scope: Scope) -> Self:
        """Bind the query to the scope; an empty scope gives an empty set."""
        opened = self._chain()  # type: ignore[attr-defined]
        opened.query.__class__ = sql.Query
        opened._scope = scope
        inside = organisations_in(self.model.part_of(scope))
        bound = Q(**{f"{self.model.scope_field}__in": inside})
        for name in self.model.other_scopes:
            bound |= Q(**{f"{name}__in": inside})
        if scope.person_id is not None:
            for name in self.model.own_fields:
                bound |= Q(OwnRow(F(name), Value(scope.person_id)))
        return opened.filter(bound)

    def into(self, scope: Scope) -> Self:
        """Open the query for new rows of the scope's organisations and for nothing else: it reads as little as one without a scope."""
        opened = self._chain()  # type: ignore[attr-defined]
        opened._scope = scope
        return opened

    def unscoped(self, reason: str) -> Self:
        """Open the query for reading across all organisations. Every call is listed by a test; give the reason in plain words."""
        opened = self._chain()  # type: ignore[attr-defined]
        opened.query.__class__ = UnscopedQuery
        opened.query.reason = re.sub(r"[*/%\\]", " ", reason).strip()
        if not opened.query.reason:
            raise ScopeForgotten(f"{self.model.__name__}: say why the scope is left")
        return opened

    def _merge_sanity_check(self, other: Any) -> None:
        """Refuse `|`, `&` and `^` with a query that has no scope: an OR would widen the bound one."""
        if type(other.query) is not type(self.query):
            raise ScopeForgotten(f"{self.model.__name__}: both sides need objects.within(scope)")
        super()._merge_sanity_check(other)  # type: ignore[misc]

    def _tag(self, rows: Iterable[Any]) -> None:
        for row in rows:
            if isinstance(row, Guarded):
                row._guard_scope = self._scope

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh and self._scope is not None:
            self._tag(self._result_cache)  # type: ignore[arg-type]

    def iterator(self, *args: Any, **kwargs: Any) -> Iterator:
        for row in super().iterator(*args, **kwargs):
            self._tag((row,))
            yield row

    def create(self, **kwargs: Any) -> Any:
        row = self.model(**kwargs)
        row._guard_scope = self._scope
        self._for_write = True
        row.save(force_insert=True, using=self.db)
        return row

    def bulk_create(
        self, objs: Iterable[Any], batch_size: int | None = None, ignore_conflicts: bool = False, update_conflicts: bool = False, **kwargs: Any,
    ) -> list:
        rows = list(objs)
        if update_conflicts:
            raise OutsideScope("upserts could change rows outside the scope")
        check_rows(self.model, self._scope, rows)
        self._tag(rows)
        unbound = self._chain()  # type: ignore[attr-defined]
        return super(GuardedQuerySet, unbound).bulk_create(rows, batch_size, ignore_conflicts, **kwargs)

    def update(self, **kwargs: Any) -> int:
        if self.model.append_only:
            raise AppendOnly(self.model.__name__)
        for name in scope_names(self.model):
            if name in kwargs:
                value = kwargs[name]
                check_writes(self.model, self._scope, [getattr(value, "pk", value)])
        return super().update(**kwargs)

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        fields = list(fields)
        if scope_names(self.model) & set(fields):
            raise OutsideScope("move rows through an action, one organisation at a time")
        return super().bulk_update(objs, fields, *args, **kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows in one statement bound to the scope; rows that others point to are refused by the database."""
        if self.model.append_only:
            raise AppendOnly(self.model.__name__)
        if self._scope is None:
            raise ScopeForgotten(f"{self.model.__name__}: use objects.within(scope)")
        count = self._raw_delete(self.db)
        return count, {self.model._meta.label: count}

    def _raw_delete(self, using: str | None) -> int:
        if self.model.append_only:
            raise AppendOnly(self.model.__name__)
        if self._scope is None:
            raise ScopeForgotten(f"{self.model.__name__}: use objects.within(scope)")
        return super()._raw_delete(using)  # type: ignore[misc]


def scope_names(model: type[Guarded]) -> set[str]:
    """Give the names by which the organisations of a row may be set."""
    fields: list[Any] = [model._meta.get_field(name) for name in (model.scope_field, *model.other_scopes)]
    return {name for field in fields for name in (field.name, field.attname)}


def check_writes(model: type[Guarded], scope: Scope | None, org_ids: Iterable[int | None]) -> None:
    """Raise unless every organisation lies in the scope, and the scope opens the compartment of the rows there."""
    if scope is None:
        raise ScopeForgotten(f"{model.__name__}: write through objects.within(scope)")
    scope = model.part_of(scope)
    wanted = set(org_ids)
    if None in wanted and not model.org_optional:
        raise OutsideScope(f"{model.__name__}: a row without an organisation")
    found = paths_of(sorted(w for w in wanted if w is not None))
    for org_id in wanted - {None}:
        if org_id not in found or not scope.covers(found[org_id]):
            raise OutsideScope(f"{model.__name__}: organisation {org_id} is outside the scope")


def check_rows(model: type[Guarded], scope: Scope | None, rows: Sequence[Any]) -> None:
    """Raise unless each row lies in the scope; a row of several organisations by any one of them."""
    if not model.other_scopes:
        return check_writes(model, scope, (row.__dict__[model.scope_field] for row in rows))
    inside = NOWHERE if scope is None else model.part_of(scope)
    named = [{row.__dict__[name] for name in (model.scope_field, *model.other_scopes)} - {None} for row in rows]
    paths = paths_of(sorted(set().union(*named)))
    for ids in named:
        covered = {i for i in ids if i in paths and inside.covers(paths[i])}
        check_writes(model, scope, covered or ids)
    return None


def paths_of(org_ids: Sequence[int]) -> dict[int, str]:
    """Give the paths of some organisations. Plain SQL, because every write of every row passes here."""
    table = connection.ops.quote_name(apps.get_model(ORGANISATION)._meta.db_table)
    found: dict[int, str] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(org_ids), 900):
            part = list(org_ids[start : start + 900])
            cursor.execute(f"SELECT id, path FROM {table} WHERE id IN ({', '.join(['%s'] * len(part))})", part)
            found.update(cursor.fetchall())
    return found


class GuardedManager(models.Manager.from_queryset(GuardedQuerySet)):  # type: ignore[misc]
    """The only manager of scoped models; also their base manager."""

    use_in_migrations = False

    def get_queryset(self) -> GuardedQuerySet:
        return GuardedQuerySet(self.model, query=ForbiddenQuery(self.model), using=self._db)


class Guarded(models.Model):
    """A row that belongs to an organisation (`org`, or another column named by `scope_field`)."""

    scope_field: ClassVar[str] = "org_id"
    other_scopes: ClassVar[tuple[str, ...]] = ()          # further columns whose organisations share the row (a transfer has two sides)
    own_fields: ClassVar[tuple[str, ...]] = ()            # columns that name a person whose own row it is
    kept_in: ClassVar[Compartment | None] = None            # rank alone never opens it: the scope must carry it, or the row be one's own
    append_only: ClassVar[bool] = False
    org_optional: ClassVar[bool] = False
    _guard_scope: Scope | None = None

    objects = GuardedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    @classmethod
    def part_of(cls, scope: Scope) -> Scope:
        """Give the part of a scope that opens the compartment of these rows; the whole of it where they lie in none."""
        return scope if cls.kept_in is None else scope.inside(cls.kept_in)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.append_only and not self._state.adding:
            raise AppendOnly(type(self).__name__)
        check_rows(type(self), self._guard_scope, [self])
        super().save(*args, **kwargs)

    def _do_update(self, base_qs: Any, using: str, pk_val: Any, values: Any, update_fields: Any, forced_update: bool) -> bool:
        if self.append_only:
            raise AppendOnly(type(self).__name__)
        bound = self._rows().using(using)
        return super()._do_update(bound, using, pk_val, values, update_fields, forced_update)  # type: ignore[misc]

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if self.append_only:
            raise AppendOnly(type(self).__name__)
        return self._rows().filter(pk=self.pk).delete()

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("from_queryset", self._rows())
        super().refresh_from_db(*args, **kwargs)

    def _rows(self) -> GuardedQuerySet:
        if self._guard_scope is None:
            raise ScopeForgotten(f"{type(self).__name__}: this row was not read or made within a scope")
        return type(self).objects.within(self._guard_scope)


class SameOrgForeignKey(models.ForeignKey):
    """A foreign key whose two ends belong to the same organisation: the tripwire follows it from a bound row."""
