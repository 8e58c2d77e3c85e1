"""The SQL tripwire: no statement reaches the database that reads or changes scoped rows without binding them (trust.md §6, layer 2).

It sees what the managers cannot: joins, related objects, raw SQL, aggregates. Every alias of a scoped table has to be bound by the WHERE/ON
conjunction of its own SELECT, UPDATE or DELETE, in one of these ways:

* its organisation column equals (or is IN a subselect of) the id of an organisation whose path is `>=` and `<` a parameter;
* its own-person column equals a parameter, marked `= /* own */` by the manager (a bare `id = %s` is how foreign rows are fetched);
* a `SameOrgForeignKey` joins it to an alias that is bound, in this or an enclosing statement, or it is the same row as one;
* the SELECT carries `/* unscoped: reason */`, which excuses the aliases of that SELECT only, and never a write.

The proof is a least fixpoint over conjunctions, so circular joins prove nothing; an OR proves what every branch proves. What is not
understood is refused. A guard against forgetting, not against malice: whoever writes code can always take the driver's own cursor.
"""
from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlglot
from django.apps import apps
from sqlglot import exp
from sqlglot.errors import SqlglotError

from . import reading
from .guarded import ORGANISATION, Guarded, SameOrgForeignKey, ScopeForgotten

log = logging.getLogger(__name__)

PATH = "path"  # the organisation column whose byte range is a subtree
LONG = 4096    # characters; longer statements are remembered by their shape only

Verdict = str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A scoped table: the columns that bind it, all in lower case."""

    name: str
    org: str
    own: tuple[str, ...] = ()
    pk: str = "id"
    others: tuple[str, ...] = ()  # further columns of organisations that share the row
    same_org: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # column -> (table, column) of the same organisation


@dataclass(frozen=True, slots=True)
class Registry:
    """Which tables are scoped, and which one holds the organisations."""

    tables: Mapping[str, Table]
    organisation: Table

    def named_in(self, sql: str) -> bool:
        """Tell whether the text names a scoped table at all (cheap; may be true without need)."""
        lowered = sql.lower()
        return any(name in lowered for name in self.tables) or 'u&"' in lowered


@lru_cache(maxsize=1)
def registry() -> Registry:
    """Build the registry from the loaded models."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if not issubclass(model, Guarded):
            continue
        meta: Any = model._meta
        links = {
            str(f.column).lower(): (f.target_field.model._meta.db_table.lower(), str(f.target_field.column).lower())
            for f in meta.concrete_fields if isinstance(f, SameOrgForeignKey)
        }
        found[meta.db_table.lower()] = Table(
            meta.db_table.lower(), meta.get_field(model.scope_field).column.lower(),
            tuple(str(meta.get_field(name).column).lower() for name in model.own_fields), _pk(model),
            tuple(str(meta.get_field(name).column).lower() for name in model.other_scopes), links,
        )
    home: Any = apps.get_model(ORGANISATION)._meta
    return Registry(found, Table(home.db_table.lower(), "", pk=_pk(home.model)))


def _pk(model: type[Any]) -> str:
    return str(model._meta.pk.column).lower()


# --- the statement -----------------------------------------------------------------------------------------------------------------------

PLACEHOLDER = re.compile(r"%(?:s|\(\w+\)s|%)")
SEVERAL = [(re.compile(p), r"\1") for p in (r"(%s)(?:, ?%s)+", r"(\(%s\))(?:, ?\(%s\))+", r"(WHEN \([^()%]+ = %s\) THEN %s)(?: \1)+")]
HARMLESS = re.compile(r"\s*(?:ALTER|DROP|COMMENT|PRAGMA|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SET|RESET|SHOW|ANALYZE|VACUUM|REINDEX|LOCK)\b", re.I)
ONE_WORDED = re.compile(r"\s*(?:ALTER|DROP|COMMENT)\b", re.I)  # schema changes: their own text may hold semicolons
CREATION = re.compile(r"\s*CREATE\b", re.I)
CREATED_FROM = re.compile(r"\s*CREATE\b(?:(?!\bTRIGGER\b|\bFUNCTION\b|\bPROCEDURE\b).)*?\bAS\s*\(?\s*(?:SELECT|WITH|TABLE|VALUES)\b", re.I | re.S)
EXPLAIN = re.compile(r"\s*EXPLAIN(?:\s+QUERY\s+PLAN|\s*\([^)]*\)|\s+ANALYZE|\s+VERBOSE)*\s+", re.I)
# SQLite alters a table by copying it, and names the row that breaks a foreign key by two of its columns.
REMAKE = re.compile(r'INSERT INTO "new__(\w+)" \([^()]*\) SELECT (?:(?!\bSELECT\b|\bFROM\b|;).)* FROM "\1"', re.S)
BROKEN_KEY = re.compile(r"""SELECT ["']\w+["'], ["']\w+["'] FROM ["']\w+["'] WHERE rowid = %s""")


def shape(sql: str) -> str:
    """Give the statement with runs of parameters, rows and CASE branches shortened to one: it binds the same, and repeats far more often."""
    for pattern, one in SEVERAL:
        sql = pattern.sub(one, sql)
    return sql


def judge(sql: str, known: Registry) -> Verdict:
    """Give None when the statement may run, else the reason why not."""
    if not known.named_in(sql):
        return None
    if ONE_WORDED.match(sql) or (CREATION.match(sql) and not CREATED_FROM.match(sql)):
        return None
    if all(HARMLESS.match(part) for part in sql.split(";") if part.strip()):
        return None
    if REMAKE.fullmatch(sql) or BROKEN_KEY.fullmatch(sql):
        return None
    text = PLACEHOLDER.sub(lambda m: "%" if m[0] == "%%" else ":p", EXPLAIN.sub("", sql, count=1))
    if 'u&"' in text.lower():
        return "names written in escapes cannot be judged"
    try:
        statements = sqlglot.parse(text, dialect="postgres")
    except (SqlglotError, RecursionError):
        return "cannot be parsed"
    try:
        for statement in statements:
            if statement is not None:
                _judge_statement(statement, known)
    except _Unbound as refusal:
        return str(refusal)
    except RecursionError:
        return "is nested too deeply"
    return None


class _Unbound(Exception):
    pass


@dataclass(eq=False, slots=True)
class _Source:
    """One relation in a FROM: a table (scoped or of organisations), or a derived one."""

    node: exp.Expr
    table: Table | None = None
    query: exp.Expr | None = None
    place: _Frame | None = None  # where the names inside `query` are looked up


@dataclass(eq=False, slots=True)
class _Frame:
    """The names visible in one statement; those further out through `parent`."""

    known: Registry
    parent: _Frame | None = None
    sources: dict[str, _Source] = field(default_factory=dict)
    named: dict[str, tuple[exp.Expr | None, _Frame]] = field(default_factory=dict)  # CTEs and where their names are looked up

    def outward(self) -> Iterator[_Frame]:
        frame: _Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent

    def everything(self) -> set[_Source]:
        return {source for frame in self.outward() for source in frame.sources.values()}


_Bound = set[_Source]
_End = tuple[Table, str, bool]  # a column that some expression stands for, and whether its row is bound


def _judge_statement(statement: exp.Expr, known: Registry) -> None:
    cleared: set[int] = set()
    root = _Frame(known)
    body = statement.expression if isinstance(statement, exp.Create) else statement
    if isinstance(body, exp.Insert):
        _judge_insert(body, root, cleared)
    elif isinstance(body, (exp.Update, exp.Delete)):
        _judge_change(body, root, cleared)
    elif isinstance(body, (exp.Query, exp.Values)):
        _judge_query(body, root, set(), cleared)
    else:
        raise _Unbound("is of a kind that cannot be judged")
    for cte in statement.find_all(exp.CTE):
        if cte.alias.lower() in known.tables:
            raise _Unbound(f"{cte.alias} is the name of a scoped table")
    for table in statement.find_all(exp.Table):
        if table.name.lower() in known.tables and id(table) not in cleared and not isinstance(table.parent, exp.Lock):
            raise _Unbound(f"{table.alias_or_name} ({table.name}) is not bound to a scope")


def _judge_insert(insert: exp.Insert, root: _Frame, cleared: set[int]) -> None:
    target = insert.this.this if isinstance(insert.this, exp.Schema) else insert.this
    conflict = insert.args.get("conflict")
    upsert = conflict is not None and "NOTHING" not in str(conflict.args.get("action")).upper()
    if not upsert and str(insert.args.get("alternative") or "IGNORE").upper() == "IGNORE":
        cleared.add(id(target))
    frame = _with_ctes(insert, root)
    for query, place in _nested(insert, frame, frame):
        _judge_query(query, place, set(), cleared)


def _judge_change(change: exp.Update | exp.Delete, root: _Frame, cleared: set[int]) -> None:
    outside = _with_ctes(change, root)
    frame = _Frame(root.known, outside)
    _add_source(frame, change.this)
    conditions: list[exp.Expr] = []
    optional: list[tuple[exp.Expr, _Source]] = []
    others = change.args.get("from_") or change.args.get("using") or []
    for relation in [others.this] if isinstance(others, exp.From) else others:
        _add_source(frame, relation)
        _take_joins(frame, relation.args.get("joins"), conditions, optional)
    bound = _bound_by(change, frame, conditions, optional, set())
    cleared.update(id(source.node) for source in frame.sources.values() if source in bound)
    for query, place in _nested(change, frame, outside):
        _judge_query(query, place, bound, cleared)


def _judge_query(query: exp.Expr, place: _Frame, bound: _Bound, cleared: set[int]) -> None:
    if isinstance(query, exp.Select):
        frame, bound = _open(query, place, bound)
        outside = frame.parent or frame
        excused = any(len(comment.strip()) > len("unscoped:") and comment.strip().startswith("unscoped:") for comment in query.comments or ())
        cleared.update(id(source.node) for source in frame.sources.values() if source.table is not None and (excused or source in bound))
    else:
        outside = frame = _with_ctes(query, place)
    for inner, at in _nested(query, frame, outside):
        _judge_query(inner, at, bound, cleared)


def _nested(node: exp.Expr, frame: _Frame, outside: _Frame) -> Iterator[tuple[exp.Expr, _Frame]]:
    """Give the queries directly inside, with the names they see: a derived table sees nothing of the FROM it stands in."""
    for child in node.iter_expressions():
        derived = isinstance(node, exp.From) or (isinstance(node, exp.Join) and child.arg_key == "this" and not isinstance(child, exp.Lateral))
        at = outside if derived or isinstance(child, exp.With) else frame
        if isinstance(child, (exp.Select, exp.SetOperation)):
            yield child, at
        else:
            yield from _nested(child, at, outside)


# --- the names of a statement ------------------------------------------------------------------------------------------------------------


def _with_ctes(node: exp.Expr, place: _Frame) -> _Frame:
    clause: Any = node.args.get("with_")
    for cte in clause.expressions if clause is not None else ():
        plain = not clause.args.get("recursive") and not cte.args["alias"].columns
        place = _Frame(place.known, place, named={cte.alias.lower(): (cte.this if plain else None, place)})
    return place


def _open(select: exp.Select, place: _Frame, bound: _Bound) -> tuple[_Frame, _Bound]:
    """Give the names of a SELECT and what its own conditions bind, on top of what is bound outside."""
    frame = _Frame(place.known, _with_ctes(select, place))
    conditions: list[exp.Expr] = []
    optional: list[tuple[exp.Expr, _Source]] = []
    if select.args.get("from_") is not None:
        _add_source(frame, select.args["from_"].this)
    _take_joins(frame, select.args.get("joins"), conditions, optional)
    return frame, _bound_by(select, frame, conditions, optional, bound)


def _add_source(frame: _Frame, node: exp.Expr) -> _Source | None:
    source = None
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        name = node.name.lower()
        cte = next((f.named[name] for f in frame.outward() if name in f.named), None)
        if cte is not None and not node.db:
            source = _Source(node, query=cte[0], place=cte[1])
        else:
            home = frame.known.organisation
            source = _Source(node, table=home if name == home.name else frame.known.tables.get(name))
    elif isinstance(node, exp.Subquery) and isinstance(node.this, (exp.Select, exp.SetOperation)) and not node.alias_column_names:
        source = _Source(node, query=node.this, place=frame.parent)
    if source is not None:
        alias = node.alias_or_name.lower()
        if alias in frame.sources:
            raise _Unbound(f"two relations are called {alias}")
        frame.sources[alias] = source
    return source


def _take_joins(
    frame: _Frame, joins: Iterable[exp.Join] | None, conditions: list[exp.Expr], optional: list[tuple[exp.Expr, _Source]],
) -> None:
    for join in joins or ():
        source = _add_source(frame, join.this)
        condition = join.args.get("on")
        if condition is None or join.kind not in ("", "INNER", "OUTER", "CROSS"):
            continue
        if not join.side:
            conditions.append(condition)
        elif join.side == "LEFT" and source is not None:
            optional.append((condition, source))  # says something of the joined rows only; RIGHT and FULL prove nothing


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _is_parameter(node: exp.Expr) -> bool:
    node = _bare(node)
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    return isinstance(node, exp.Placeholder)


def _find(column: exp.Expr, frame: _Frame) -> tuple[_Source, str] | None:
    """Give the relation a column belongs to; None when it is no column or cannot be told."""
    column = _bare(column)
    if not isinstance(column, exp.Column):
        return None
    name, qualifier = column.name.lower(), column.table.lower()
    if qualifier:
        source = next((f.sources[qualifier] for f in frame.outward() if qualifier in f.sources), None)
        return (source, name) if source is not None else None
    if len(frame.sources) == 1:
        (source,) = frame.sources.values()
        table = source.table
        if table is not None and name in {table.org, table.own, table.pk, PATH if table is frame.known.organisation else "", *table.same_org}:
            return source, name
    return None


# --- the proof ---------------------------------------------------------------------------------------------------------------------------


def _bound_by(
    node: exp.Expr, frame: _Frame, conditions: list[exp.Expr], optional: list[tuple[exp.Expr, _Source]], bound: _Bound,
) -> _Bound:
    where: Any = node.args.get("where")
    if where is not None:
        conditions = [*conditions, where.this]
    bound = set(bound)
    size = -1
    while size != len(bound):
        size = len(bound)
        bound |= _implied(conditions, frame, bound)
        for condition, source in optional:
            bound |= _implied([condition], frame, bound) & {source}
    return bound


def _parts(node: exp.Expr, kind: type[exp.Connector]) -> Iterator[exp.Expr]:
    node = _bare(node)
    if isinstance(node, kind):
        yield from _parts(node.this, kind)
        yield from _parts(node.expression, kind)
    else:
        yield node


def _implied(conditions: Iterable[exp.Expr], frame: _Frame, bound: _Bound) -> _Bound:
    """Give what is bound wherever all the conditions hold."""
    atoms = [atom for condition in conditions for atom in _parts(condition, exp.And)]
    low = {s for atom in atoms if isinstance(atom, exp.GTE) for s in _path_against_parameter(atom.this, atom.expression, frame)}
    high = {s for atom in atoms if isinstance(atom, exp.LT) for s in _path_against_parameter(atom.this, atom.expression, frame)}
    bound = bound | (low & high)
    size = -1
    while size != len(bound):
        size = len(bound)
        for atom in atoms:
            bound = bound | _by_atom(atom, frame, bound)
    return bound


def _path_against_parameter(column: exp.Expr, value: exp.Expr, frame: _Frame) -> _Bound:
    found = _find(column, frame)
    return {found[0]} if found is not None and found[0].table is frame.known.organisation and found[1] == PATH and _is_parameter(value) else set()


def _by_atom(atom: exp.Expr, frame: _Frame, bound: _Bound) -> _Bound:
    if isinstance(atom, exp.Or):
        return set.intersection(*(_implied([branch], frame, bound) for branch in _parts(atom, exp.Or)))
    if isinstance(atom, exp.EQ):
        left, right = _bare(atom.this), _bare(atom.expression)
        if isinstance(left, exp.Literal) and isinstance(right, exp.Literal):
            return frame.everything() if left.is_int and right.is_int and left.this != right.this else set()
        if any(comment.strip() == "own" for comment in atom.comments or ()) and _is_parameter(right):
            found = _find(left, frame)
            return {found[0]} if found is not None and found[0].table is not None and found[1] in found[0].table.own else set()
        return _by_equality(left, right, frame, bound) | _by_equality(right, left, frame, bound)
    if isinstance(atom, exp.In):
        if atom.args.get("query") is not None:
            return _by_equality(atom.this, atom.args["query"], frame, bound)
        return frame.everything() if not atom.expressions and not atom.args.get("unnest") and not atom.args.get("field") else set()
    if isinstance(atom, exp.Boolean):
        return set() if atom.this else frame.everything()
    if isinstance(atom, exp.Exists) and isinstance(atom.this, exp.Select):
        inner = atom.this
        if any(inner.args.get(key) for key in ("group", "having")) or any(e.find(exp.AggFunc, exp.Anonymous) for e in inner.expressions):
            return set()  # an aggregate has a row even where nothing matches
        return _open(inner, frame, bound)[1] & frame.everything()
    return set()


def _by_equality(column: exp.Expr, other: exp.Expr, frame: _Frame, bound: _Bound) -> _Bound:
    """Give the row of `column` when its equality with `other` binds it."""
    found = _find(column, frame)
    if found is None or found[0].table is None:
        return set()
    source, name = found
    ends = _ends(other, frame, bound)
    proved = bool(ends) and all(is_bound and _linked(frame.known, source.table, name, table, end) for table, end, is_bound in ends)  # type: ignore[arg-type]
    return {source} if proved else set()


def _linked(known: Registry, table: Table, column: str, other: Table, end: str) -> bool:
    """Tell whether a row of `table` may be seen when its `column` equals column `end` of a row of `other` that may be seen."""
    if other is known.organisation and end == other.pk:
        return column == table.pk if table is other else column in (table.org, *table.others)
    if table.same_org.get(column) is not None:
        return table.same_org[column] in ((other.name, end), other.same_org.get(end))  # its target, or another row of the same target
    return other.same_org.get(end) == (table.name, column) or (table is other and column == end == table.pk)


def _ends(node: exp.Expr, frame: _Frame, bound: _Bound) -> list[_End]:
    """Give the columns an expression may take its value from; empty when that cannot be told."""
    node = _bare(node)
    if isinstance(node, exp.Any):
        node = _bare(node.this)
    if isinstance(node, exp.Subquery):
        node = node.this
    if isinstance(node, (exp.Select, exp.SetOperation)):
        return _projected(node, 0, frame, bound) if len(node.selects) == 1 else []
    found = _find(node, frame)
    if found is None:
        return []
    source, name = found
    if source.table is not None:
        return [(source.table, name, source in bound)]
    if source.query is None or source.place is None:
        return []
    names = [str(n).lower() for n in getattr(source.query, "named_selects", ())]
    return _projected(source.query, names.index(name), source.place, bound) if names.count(name) == 1 else []


def _projected(query: exp.Expr, index: int, place: _Frame, bound: _Bound) -> list[_End]:
    place = _with_ctes(query, place) if not isinstance(query, exp.Select) else place
    if isinstance(query, exp.SetOperation):
        sides = [_projected(side, index, place, bound) for side in (query.this, query.expression)]
        return [*sides[0], *sides[1]] if all(sides) else []
    if isinstance(query, exp.Subquery):
        return _projected(query.this, index, place, bound)
    if not isinstance(query, exp.Select) or index >= len(query.selects) or any(s.is_star for s in query.selects):
        return []
    frame, within = _open(query, place, bound)
    return _ends(query.selects[index].unalias(), frame, within)


# --- the wire ----------------------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _by_shape(sql: str) -> Verdict:
    return judge(sql, registry())


@lru_cache(maxsize=4096)
def _by_text(sql: str) -> Verdict:
    return _by_shape(shape(sql))


def verdict(sql: str) -> Verdict:
    """Give the remembered judgement of a statement."""
    return _by_text(sql) if len(sql) <= LONG else _by_shape(shape(sql))


def forget() -> None:
    """Drop the remembered judgements and the registry, after the models have changed (tests)."""
    for cache in (_by_text, _by_shape, registry):
        cache.cache_clear()


pauses: list[str] = []  # the reasons given so far in this process
_paused: ContextVar[bool] = ContextVar("tripwire_paused", default=False)


@contextmanager
def paused(reason: str) -> Iterator[None]:
    """Let everything pass in this context, for emptying a test database and for the sweep of unnamed uploads. Every call is listed by a test; `reason` must not be empty."""
    if not reason.strip():
        raise ValueError("say why the tripwire is paused")
    pauses.append(reason)
    token = _paused.set(True)
    try:
        yield
    finally:
        _paused.reset(token)


READS = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT")  # everything else may change what a reading remembers


def tripwire(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    """Run the statement if it is bound; raise ScopeForgotten and sound the alarm if not (an `execute_wrapper`)."""
    if not _paused.get():
        text = sql if isinstance(sql, str) else sql.as_string(context["connection"].connection)
        if not text.startswith(READS):
            reading.forget()
        reason = verdict(text)
        if reason is not None:
            log.critical("statement refused: %s: %s", reason, re.sub(r"'(?:[^']|'')*'", "'…'", text)[:2000])
            raise ScopeForgotten(f"{reason}: {text[:400]}")
    return execute(sql, params, many, context)


def arm(connection: Any, **kwargs: Any) -> None:
    """Put the tripwire on a database connection, innermost, so that leaving another wrapper never takes it off."""
    if tripwire not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, tripwire)
