"""Import batches: what one confirmed import made, changed and removed, row by row, so that an undo restores exactly that and nothing else.

It works on any table by its label, because the tables lie on floors above. The importer says which rows to watch, and what counts as a use."""
from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models, transaction

from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.fields import SealedField
from zhibu.ground.guard.guarded import Guarded
from zhibu.ground.guard.models import KeyMark
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.guard.sealing import Sealed

from . import journal
from .models import ImportBatch

UNDO_WITHIN = timedelta(days=7)
_CHUNK = 800

#: label -> column -> ids whose rows are watched, for example "people.Membership" -> "person_id" -> persons
Watched = Mapping[str, Mapping[str, Collection[int]]]
#: label -> row id -> column -> value as JSON
Rows = dict[str, dict[int, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Use:
    """A column above that names a row without a foreign key. target: the label it names; many: the column holds a list of ids.

    since: a column with the moment of writing, by which rows older than the batch are left out. where: further conditions."""

    label: str
    column: str
    target: str
    many: bool = False
    since: str = ""
    where: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a row cannot be taken back. how: changed (since the import), gone, used. by: label of the rows that use it; times: how many."""

    label: str
    row_id: int
    name: str
    how: str
    by: str = ""
    times: int = 0


class UndoRefused(Exception):
    """An undo that is not possible; `reason` is a sentence, `obstacles` say what is in use (at most 20)."""

    def __init__(self, reason: str, obstacles: Sequence[Obstacle] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.obstacles = tuple(obstacles)


@dataclass(frozen=True, slots=True)
class BatchView:
    """An import batch as lists and its page show it. open: it may still be undone."""

    id: int
    org_id: int
    by: str
    at: datetime
    file_names: tuple[str, ...]
    counts: Mapping[str, int]
    undone_at: datetime | None
    undone_by: str
    until: datetime
    open: bool


def take_turn() -> None:
    """Wait until no other import of this installation is writing (SQLite does so by itself)."""
    list(KeyMark.objects.select_for_update().order_by("id"))


def snapshot(scope: Scope, watched: Watched) -> Rows:
    """Read the watched rows as they stand now."""
    found: Rows = {}
    for label, columns in watched.items():
        model = apps.get_model(label)
        kept = found.setdefault(label, {})
        for column, ids in columns.items():
            for chunk in _chunks(sorted(set(ids))):
                for values in _rows(model, scope).filter(**{f"{column}__in": chunk}).order_by("pk").values():
                    kept[values[model._meta.pk.attname]] = {k: _plain(v) for k, v in values.items()}
    return found


@transaction.atomic
def open_batch(actor: Actor, *, org_id: int, org_path: str, file_names: Sequence[str], at: datetime, right: Permission = Permission.IMPORT) -> int:
    """Begin a batch inside the transaction of the import; returns its id."""
    actor.require(right, org_path)
    row = ImportBatch.objects.within(Scope((org_path,))).create(
        org_id=org_id, account_id=actor.account_id, account_name=actor.name, at=at, file_names=list(file_names)
    )
    return row.pk


@transaction.atomic
def close_batch(actor: Actor, batch_id: int, *, org_id: int, org_path: str, before: Rows, after: Rows, counts: Mapping[str, int], at: datetime) -> None:
    """Keep in the batch what it made, changed and removed, by comparing two snapshots."""
    made: dict[str, dict[str, str]] = {}
    changed: dict[str, dict[str, dict[str, list[Any]]]] = {}
    removed: dict[str, dict[str, dict[str, Any]]] = {}
    for label in {**before, **after}:
        old, new = before.get(label, {}), after.get(label, {})
        made[label] = {str(pk): fingerprint(row) for pk, row in new.items() if pk not in old}
        differing = {str(pk): {k: [old[pk][k], v] for k, v in row.items() if old[pk][k] != v} for pk, row in new.items() if pk in old and old[pk] != row}
        changed[label] = differing
        removed[label] = {str(pk): row for pk, row in old.items() if pk not in new}
    rows = ImportBatch.objects.within(Scope((org_path,))).filter(pk=batch_id)
    rows.update(made=_filled(made), changed=_filled(changed), removed=_filled(removed), counts=dict(counts))
    journal.write(
        actor, "intake.commit", at=at, org_id=org_id, org_path=org_path, subject=("batch", batch_id), batch_id=batch_id, changes={"counts": dict(counts)}
    )


def fingerprint(row: Mapping[str, Any]) -> str:
    """Give a short hash of a row, by which a later change shows."""
    return hashlib.sha256(json.dumps(row, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()[:16]


def listing(scope: Scope, at: datetime, limit: int = 20, *, counting: str = "") -> list[BatchView]:
    """List the batches of a scope, newest first. counting: only those that have this figure."""
    rows = ImportBatch.objects.within(_offices(scope)).defer("made", "changed", "removed").order_by("-at", "-id")
    return [_view(row, at) for row in (rows.filter(counts__has_key=counting) if counting else rows)[:limit]]


def batch(scope: Scope, batch_id: int, at: datetime) -> BatchView:
    """Give one batch; Refused (hidden) outside the scope."""
    row = ImportBatch.objects.within(_offices(scope)).defer("made", "changed", "removed").filter(pk=batch_id).first()
    if row is None:
        raise Refused("没有找到这一批导入", hidden=True)
    return _view(row, at)


def made_by(scope: Scope, batch_id: int) -> dict[str, list[int]]:
    """Give the ids of what a batch made, by label."""
    row = ImportBatch.objects.within(_offices(scope)).filter(pk=batch_id).first()
    return {label: [int(pk) for pk in ids] for label, ids in row.made.items()} if row else {}


@transaction.atomic
def undo(
    actor: Actor, batch_id: int, *, org_path: str, at: datetime, uses: Sequence[Use] = (), parts: Collection[str] = (),
    keep: Mapping[str, Collection[int]] | None = None, scope: Scope | None = None, right: Permission = Permission.IMPORT,
) -> BatchView:
    """Take back what a batch made, changed and removed. Append-only rows, and those to `keep` for them, are left to the caller in the same transaction.

    parts: labels whose rows belong to a made row and are no use of it. scope: what to see of the organisation, where compartments were written.
    Raises UndoRefused when it is too late or something is in use since."""
    actor.require(right, org_path)
    take_turn()
    scope = scope or Scope((org_path,))
    row = ImportBatch.objects.within(scope).select_for_update().filter(pk=batch_id).first()
    if row is None:
        raise Refused("没有找到这一批导入", hidden=True)
    if row.undone_at is not None:
        raise UndoRefused("这一批已经撤销过了，不用再撤")
    if at > row.at + UNDO_WITHIN:
        raise UndoRefused("这一批导入已经超过 7 天，不能整批撤销了。要改的请逐项办理")
    obstacles = [*_differing(scope, row), *_used(scope, row, uses, parts)]
    if obstacles:
        raise UndoRefused("这一批里的内容导入以后又用到了，不能整批撤销", obstacles[:20])
    for label in sorted(row.made, key=_depth, reverse=True):
        stay = (keep or {}).get(label, ())
        _delete(apps.get_model(label), scope, [int(pk) for pk in row.made[label] if int(pk) not in stay])
    for label, changed in row.changed.items():
        _restore(apps.get_model(label), scope, changed)
    for label, removed in row.removed.items():
        model = apps.get_model(label)
        _rows(model, scope).bulk_create([model(**{k: _back(model, k, v) for k, v in values.items()}) for values in removed.values()])
    row.undone_at, row.undone_by = at, actor.name
    row.save(update_fields=["undone_at", "undone_by"])
    journal.write(actor, "intake.undo", at=at, org_id=row.org_id, org_path=org_path, subject=("batch", batch_id), batch_id=batch_id)
    return _view(row, at)


def _view(row: ImportBatch, at: datetime) -> BatchView:
    until = row.at + UNDO_WITHIN
    return BatchView(
        row.pk, row.org_id, row.account_name, row.at, tuple(row.file_names), row.counts, row.undone_at, row.undone_by, until, row.undone_at is None and at <= until
    )


def _offices(scope: Scope) -> Scope:
    return Scope(scope.paths)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]


def _filled(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {label: rows for label, rows in found.items() if rows}


def _rows(model: Any, scope: Scope) -> Any:
    return model.objects.within(scope) if issubclass(model, Guarded) else model._base_manager.all()


def _depth(label: str) -> int:
    """Order labels so that what points to others goes first."""
    return [m._meta.label for m in apps.get_models()].index(label)


def _plain(value: Any) -> Any:
    if isinstance(value, Sealed):
        return value.token
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _back(model: Any, column: str, value: Any) -> Any:
    field: models.Field[Any, Any] = next(f for f in model._meta.concrete_fields if f.attname == column)
    if isinstance(field, SealedField):
        return Sealed(value, field.purpose) if value else ""
    return field.to_python(value)


def _differing(scope: Scope, row: ImportBatch) -> Iterator[Obstacle]:
    """Find the rows that somebody changed or removed after the import."""
    for label, made in row.made.items():
        if getattr(apps.get_model(label), "append_only", False):
            continue
        now = snapshot(scope, {label: {"pk": [int(pk) for pk in made]}})[label]
        for pk, then in made.items():
            values = now.get(int(pk))
            if values is None or fingerprint(values) != then:
                yield Obstacle(label, int(pk), _name(values), "gone" if values is None else "changed")
    for label, changed in row.changed.items():
        now = snapshot(scope, {label: {"pk": [int(pk) for pk in changed]}})[label]
        for pk, columns in changed.items():
            values = now.get(int(pk))
            if values is None or any(values[column] != after for column, (_, after) in columns.items()):
                yield Obstacle(label, int(pk), _name(values), "gone" if values is None else "changed")


def _name(values: Mapping[str, Any] | None) -> str:
    return str((values or {}).get("name") or (values or {}).get("title") or "")


def _used(scope: Scope, row: ImportBatch, uses: Sequence[Use], parts: Collection[str]) -> Iterator[Obstacle]:
    """Find what points to a made row and was not made with it."""
    for label, made in row.made.items():
        model, ids = apps.get_model(label), {int(pk) for pk in made}
        named: Rows = {}
        for relation in model._meta.get_fields(include_hidden=True):
            if not (relation.auto_created and relation.is_relation and not relation.concrete):
                continue
            user: Any = relation.related_model
            if user._meta.label in parts or not user.__module__.startswith("zhibu."):
                continue
            own = {int(pk) for pk in row.made.get(user._meta.label, ())}
            tally = _tally(user, relation.field.attname, ids, own)
            for row_id, times in tally.items():
                named = named or snapshot(scope, {label: {"pk": tally}})
                yield Obstacle(label, row_id, _name(named[label].get(row_id)), "used", user._meta.label, times)
        for use in uses:
            if use.target == label:
                tally = _soft(use, scope, row, ids)
                named = snapshot(scope, {label: {"pk": tally}}) if tally else {}
                for row_id, times in tally.items():
                    yield Obstacle(label, row_id, _name(named[label].get(row_id)), "used", use.label, times)


def _everywhere(model: Any) -> Any:
    return model.objects.unscoped("an undo must see every use of what it takes back") if issubclass(model, Guarded) else model._base_manager.all()


def _tally(user: Any, column: str, ids: set[int], own: set[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for chunk in _chunks(sorted(ids)):
        for pk, target in _everywhere(user).filter(**{f"{column}__in": chunk}).order_by("pk").values_list("pk", column):
            if pk not in own:
                found[target] = found.get(target, 0) + 1
    return found


def _soft(use: Use, scope: Scope, row: ImportBatch, ids: set[int]) -> dict[int, int]:
    user = apps.get_model(use.label)
    own = {int(pk) for pk in row.made.get(use.label, ())}
    conditions = dict(use.where or {}) | ({f"{use.since}__gte": row.at} if use.since else {})
    if not use.many:
        found: dict[int, int] = {}
        for chunk in _chunks(sorted(ids)):
            rows = _everywhere(user).filter(**conditions, **{f"{use.column}__in": chunk})
            for pk, target in rows.order_by("pk").values_list("pk", use.column):
                if pk not in own:
                    found[target] = found.get(target, 0) + 1
        return found
    found = {}
    for pk, listed in _rows(user, scope).filter(**conditions).order_by("pk").values_list("pk", use.column):
        for target in ids.intersection(listed) if pk not in own else ():
            found[target] = found.get(target, 0) + 1
    return found


def _delete(model: Any, scope: Scope, ids: Sequence[int]) -> None:
    if getattr(model, "append_only", False):
        return
    for chunk in _chunks(sorted(ids)):
        rows = _rows(model, scope).filter(pk__in=chunk)
        rows._raw_delete(rows.db)


def _restore(model: Any, scope: Scope, changed: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
    for pk, columns in changed.items():
        before = {_field_name(model, column): _back(model, column, pair[0]) for column, pair in columns.items()}
        _rows(model, scope).filter(pk=int(pk)).update(**before)


def _field_name(model: Any, column: str) -> str:
    return str(next(f.name for f in model._meta.concrete_fields if f.attname == column))
