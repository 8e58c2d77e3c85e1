"""The manager that refuses to run unscoped.

`Model.objects` is a query that cannot compile. `within(scope)` opens it and binds it to the scope's organisations; `unscoped("reason")`
is the counted, read-only escape. Loaded instances remember their scope, so saving, moving or updating a row outside of it is refused.
What goes around the manager (joins, raw SQL, related objects) is caught by the SQL tripwire.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import models
from django.db.models import Q, sql

from .scope import Scope, path_range

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
        mark = f"SELECT /* unscoped: {self.reason} */ "

        def as_sql(*a: Any, **k: Any) -> tuple[str, tuple]:
            text, params = plain(*a, **k)
            return (mark + text[len("SELECT "):] if text.startswith("SELECT ") else text), params

        compiler.as_sql = as_sql
        return compiler


def organisations_in(scope: Scope) -> models.QuerySet:
    """Give the ids of the organisations in the scope, as a subquery in byte order of paths."""
    condition = Q(pk__in=[])
    for path in scope.paths:
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
        bound = Q(**{f"{self.model.scope_field}__in": organisations_in(scope)})
        if self.model.own_field and scope.person_id is not None:
            bound |= Q(**{self.model.own_field: scope.person_id})
        return opened.filter(bound)

    def unscoped(self, reason: str) -> Self:
        """Open the query for reading across all organisations. Every call is listed by a test; give the reason in plain words."""
        opened = self._chain()  # type: ignore[attr-defined]
        opened.query.__class__ = UnscopedQuery
        opened.query.reason = reason.replace("*/", "")
        return opened

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

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list:
        rows = list(objs)
        if kwargs.get("update_conflicts"):
            raise OutsideScope("upserts could change rows outside the scope")
        check_writes(self.model, self._scope, (r.__dict__[self.model.scope_field] for r in rows))
        self._tag(rows)
        unbound = self._chain()  # type: ignore[attr-defined]
        return super(GuardedQuerySet, unbound).bulk_create(rows, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        if self.model.append_only:
            raise AppendOnly(self.model.__name__)
        for name in ("org", "org_id"):
            if name in kwargs:
                value = kwargs[name]
                check_writes(self.model, self._scope, [getattr(value, "pk", value)])
        return super().update(**kwargs)

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        if {"org", "org_id"} & set(fields):
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
        if self._scope is None:
            raise ScopeForgotten(f"{self.model.__name__}: use objects.within(scope)")
        return super()._raw_delete(using)  # type: ignore[misc]


def check_writes(model: type[Guarded], scope: Scope | None, org_ids: Iterable[int | None]) -> None:
    """Raise unless every organisation lies in the scope."""
    if scope is None:
        raise ScopeForgotten(f"{model.__name__}: write through objects.within(scope)")
    wanted = set(org_ids)
    if None in wanted and not model.org_optional:
        raise OutsideScope(f"{model.__name__}: a row without an organisation")
    wanted.discard(None)
    found = dict(apps.get_model(ORGANISATION)._base_manager.filter(pk__in=wanted).values_list("pk", "path"))
    for org_id in wanted:
        if org_id not in found or not scope.covers(found[org_id]):
            raise OutsideScope(f"{model.__name__}: organisation {org_id} is outside the scope")


class GuardedManager(models.Manager.from_queryset(GuardedQuerySet)):  # type: ignore[misc]
    """The only manager of scoped models; also their base manager."""

    use_in_migrations = False

    def get_queryset(self) -> GuardedQuerySet:
        return GuardedQuerySet(self.model, query=ForbiddenQuery(self.model), using=self._db)


class Guarded(models.Model):
    """A row that belongs to an organisation (`org`, or another column named by `scope_field`)."""

    scope_field: ClassVar[str] = "org_id"
    own_field: ClassVar[str] = ""        # column that names the person whose own row it is
    append_only: ClassVar[bool] = False
    org_optional: ClassVar[bool] = False
    _guard_scope: Scope | None = None

    objects = GuardedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.append_only and not self._state.adding:
            raise AppendOnly(type(self).__name__)
        check_writes(type(self), self._guard_scope, [getattr(self, self.scope_field)])
        super().save(*args, **kwargs)

    def _do_update(self, base_qs: Any, using: str, pk_val: Any, values: Any, update_fields: Any, forced_update: bool) -> bool:
        bound = type(self).objects.within(self._guard_scope or Scope()).using(using)
        return super()._do_update(bound, using, pk_val, values, update_fields, forced_update)  # type: ignore[misc]

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        return type(self).objects.within(self._guard_scope or Scope()).filter(pk=self.pk).delete()

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("from_queryset", type(self).objects.within(self._guard_scope or Scope()))
        super().refresh_from_db(*args, **kwargs)


class SameOrgForeignKey(models.ForeignKey):
    """A foreign key whose two ends belong to the same organisation: the tripwire follows it from a bound row."""
