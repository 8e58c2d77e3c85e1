"""The judge alone, on SQL as text: what binds a scoped row, what does not, and what is passed without a look."""
from __future__ import annotations

import pytest

from zhibu.ground.guard.tripwire import Registry, Table, judge, paused, pauses, shape, tripwire

ACTIVITY = Table("activity", "org_id")
KNOWN = Registry(
    {
        "person": Table("person", "org_id", own=("id",)),
        "post": Table("post", "org_id", own=("person_id",)),
        "activity": ACTIVITY,
        "absence": Table("absence", "org_id", own=("person_id",), same_org={"activity_id": ("activity", "id")}),
        "letter": Table("letter", "org_id", own=("person_id", "bearer_id"), others=("other_id",)),
        "topic": Table("topic", "org_id", same_org={"activity_id": ("activity", "id")}),
    },
    Table("organisation", ""),
)
ORGS = 'SELECT U0."id" FROM "organisation" U0 WHERE (U0."path" >= %s AND U0."path" < %s)'


def bound(alias: str) -> str:
    return f'"{alias}"."org_id" IN ({ORGS})'


PASSED = {
    "no scoped table": 'SELECT "session"."key" FROM "session" WHERE "session"."key" = %s',
    "organisations are readable to all": 'SELECT "organisation"."name" FROM "organisation"',
    "organisation subselect": f'SELECT "person"."name" FROM "person" WHERE {bound("person")}',
    "with more conditions": f'SELECT "person"."name" FROM "person" WHERE ("person"."x" = %s AND ({bound("person")}) AND NOT ("person"."y" = %s)) LIMIT 3',
    "several subtrees": 'SELECT 1 FROM "post" WHERE "post"."org_id" IN (SELECT U0."id" FROM "organisation" U0 WHERE '
    '((U0."path" >= %s AND U0."path" < %s) OR (U0."path" >= %s AND U0."path" < %s)))',
    "or own row": f'SELECT 1 FROM "post" WHERE ({bound("post")} OR ("post"."person_id" = /* own */ %s))',
    "own row by another column": 'SELECT 1 FROM "letter" WHERE ("letter"."bearer_id" = /* own */ %s)',
    "the other side of a row with two": f'SELECT 1 FROM "letter" WHERE ("letter"."org_id" IN ({ORGS}) OR "letter"."other_id" IN ({ORGS}))',
    "own row alone": 'SELECT 1 FROM "person" WHERE ("person"."id" = /* own */ %s)',
    "joined organisation": 'SELECT 1 FROM "person" INNER JOIN "organisation" ON ("person"."org_id" = "organisation"."id") '
    'WHERE ("organisation"."path" >= %s AND "organisation"."path" < %s)',
    "count": f'SELECT COUNT(*) AS "__count" FROM "person" WHERE {bound("person")}',
    "count over a subquery": f'SELECT COUNT(*) FROM (SELECT DISTINCT "person"."name" AS "c" FROM "person" WHERE {bound("person")}) subquery',
    "exists": f'SELECT 1 AS "a" FROM "person" WHERE ({bound("person")} AND "person"."id" = %s) LIMIT 1',
    "nothing": 'SELECT 1 FROM "person" WHERE 0 = 1',
    "nothing in a subquery": 'SELECT EXISTS(SELECT 1 AS "a" FROM "person" U0 WHERE 0 = 1 LIMIT 1) AS "e" FROM "organisation"',
    "empty list": 'SELECT 1 FROM "person" WHERE "person"."org_id" IN ()',
    "union": f'SELECT "person"."id" FROM "person" WHERE {bound("person")} UNION SELECT "post"."id" FROM "post" WHERE {bound("post")}',
    "same organisation, downwards": 'SELECT 1 FROM "activity" INNER JOIN "topic" ON ("activity"."id" = "topic"."activity_id") '
    f'WHERE {bound("activity")}',
    "same organisation, upwards": f'SELECT 1 FROM "topic" INNER JOIN "activity" ON ("topic"."activity_id" = "activity"."id") WHERE {bound("topic")}',
    "same organisation, two steps": f'SELECT 1 FROM "topic" INNER JOIN "activity" ON ("topic"."activity_id" = "activity"."id") '
    f'LEFT OUTER JOIN "absence" ON ("activity"."id" = "absence"."activity_id") WHERE {bound("topic")}',
    "siblings of one row": f'SELECT EXISTS(SELECT 1 FROM "absence" U0 WHERE U0."activity_id" = ("topic"."activity_id")) FROM "topic" WHERE {bound("topic")}',
    "left join": 'SELECT 1 FROM "activity" LEFT OUTER JOIN "topic" ON ("activity"."id" = "topic"."activity_id" AND ("topic"."x" = %s)) '
    f'WHERE {bound("activity")}',
    "left join bound in its own ON": f'SELECT 1 FROM "organisation" LEFT OUTER JOIN "topic" ON ({bound("topic")})',
    "correlated": 'SELECT "activity"."id", (SELECT COUNT(U0."id") FROM "topic" U0 WHERE U0."activity_id" = ("activity"."id")) AS "n" '
    f'FROM "activity" WHERE {bound("activity")}',
    "correlated twice": 'SELECT 1 FROM "activity" WHERE (EXISTS(SELECT 1 FROM "topic" U0 WHERE (U0."activity_id" = ("activity"."id") AND EXISTS('
    f'SELECT 1 FROM "absence" V0 WHERE V0."activity_id" = (U0."activity_id")))) AND {bound("activity")})',
    "excluded through a relation": 'SELECT 1 FROM "activity" WHERE (NOT (EXISTS(SELECT 1 AS "a" FROM "topic" U1 WHERE '
    f'(U1."kind" = %s AND U1."activity_id" = ("activity"."id")) LIMIT 1)) AND {bound("activity")})',
    "cte": 'WITH o AS (SELECT id FROM organisation WHERE path >= %s AND path < %s) SELECT count(*) FROM person JOIN o ON person.org_id = o.id',
    "two ctes": 'WITH o AS (SELECT id FROM organisation WHERE path >= %s AND path < %s), p AS (SELECT a.id AS pid FROM person a JOIN o ON a.org_id = o.id) '
    "SELECT * FROM p",
    "derived organisations": "SELECT 1 FROM person p INNER JOIN (SELECT id AS oid FROM organisation WHERE path >= %s AND path < %s) o ON p.org_id = o.oid",
    "union of organisations": "SELECT 1 FROM person WHERE org_id IN (SELECT id FROM organisation WHERE path >= %s AND path < %s "
    "UNION SELECT id FROM organisation WHERE path >= %s AND path < %s)",
    "exists on the organisation": 'SELECT 1 FROM "person" WHERE EXISTS(SELECT 1 AS "a" FROM "organisation" U0 WHERE (U0."id" = ("person"."org_id") '
    'AND U0."path" >= %s AND U0."path" < %s) LIMIT 1)',
    "update": f'UPDATE "person" SET "name" = %s WHERE ({bound("person")} AND "person"."id" = %s)',
    "bulk update": 'UPDATE "person" SET "name" = (CASE WHEN ("person"."id" = %s) THEN %s WHEN ("person"."id" = %s) THEN %s ELSE NULL END)::varchar(20) '
    f'WHERE ({bound("person")} AND "person"."id" IN (%s, %s))',
    "update of chosen rows": f'UPDATE "person" SET "name" = %s WHERE "person"."id" IN (SELECT U0."id" FROM "person" U0 WHERE {bound("U0")})',
    "delete": f'DELETE FROM "person" WHERE {bound("person")}',
    "delete of chosen rows": f'DELETE FROM "topic" WHERE "topic"."id" IN (SELECT U0."id" FROM "topic" U0 INNER JOIN "activity" U1 '
    f'ON (U0."activity_id" = U1."id") WHERE (U1."x" = %s AND {bound("U0")}))',
    "delete by the parent": f'DELETE FROM "topic" WHERE "topic"."activity_id" IN (SELECT U0."id" FROM "activity" U0 WHERE {bound("U0")})',
    "lock": f'SELECT "person"."id" FROM "person" WHERE {bound("person")} FOR NO KEY UPDATE OF "person"',
    "insert": 'INSERT INTO "person" ("org_id", "name") VALUES (%s, %s), (%s, %s) RETURNING "person"."id"',
    "insert, PostgreSQL": 'INSERT INTO "person" ("org_id", "name") SELECT * FROM UNNEST((%s)::bigint[], (%s)::varchar(50)[]) RETURNING "person"."id"',
    "insert or ignore": 'INSERT OR IGNORE INTO "person" ("org_id") VALUES (%s)',
    "insert, nothing on conflict": 'INSERT INTO "person" ("org_id") VALUES (%s) ON CONFLICT DO NOTHING',
    "insert from a bound select": f'INSERT INTO "post" ("org_id") SELECT "person"."org_id" FROM "person" WHERE {bound("person")}',
    "explain": f'EXPLAIN QUERY PLAN SELECT 1 FROM "person" WHERE {bound("person")}',
    "explain, PostgreSQL": f'EXPLAIN (ANALYZE true, FORMAT JSON) SELECT 1 FROM "person" WHERE {bound("person")}',
    "window": 'SELECT * FROM (SELECT "person"."id" AS "c", ROW_NUMBER() OVER (PARTITION BY "person"."org_id" ORDER BY "person"."id") AS "q" '
    f'FROM "person" WHERE {bound("person")}) "qualify" WHERE "q" = %s',
    "functions and casts": f"SELECT CAST(strftime(%s, \"person\".\"on\") AS INTEGER), \"person\".\"data\"->>%s, \"person\".\"n\"::text, 5 %% 2 "
    f"FROM \"person\" WHERE ({bound('person')} AND \"person\".\"name\" LIKE %s ESCAPE '\\' AND \"person\".\"x\" BETWEEN %s AND %s)",
    "named reason": 'SELECT /* unscoped: the seal covers all */ "person"."id" FROM "person"',
    "named reason, distinct": 'SELECT COUNT(*) FROM (SELECT /* unscoped: statistics */ DISTINCT "person"."id" AS "c" FROM "person") subquery',
    "named reason, several tables": 'SELECT /* unscoped: check */ 1 FROM "person" INNER JOIN "post" ON ("person"."id" = "post"."person_id")',
    "schema": 'ALTER TABLE "person" ADD COLUMN "x" integer; ALTER TABLE "person" ALTER COLUMN "x" DROP DEFAULT',
    "index": 'CREATE INDEX "a" ON "person" ("org_id") WHERE "x" IS NULL',
    "trigger": 'CREATE TRIGGER keep BEFORE DELETE ON "person" BEGIN SELECT RAISE(ABORT, \'no\') FROM "person"; END',
    "pragma": 'PRAGMA table_info("person")',
    "savepoint": 'SAVEPOINT "person_1"',
    "table remade by SQLite": 'INSERT INTO "new__person" ("id", "x") SELECT "id", coalesce("x", \'\') FROM "person"',
    "broken key named by SQLite": 'SELECT "id", "org_id" FROM "person" WHERE rowid = %s',
    "deferred keys": "SET CONSTRAINTS person_fk IMMEDIATE; SET CONSTRAINTS person_fk DEFERRED",
}

REFUSED = {
    "everything": 'SELECT "person"."name" FROM "person"',
    "by number": 'SELECT "person"."name" FROM "person" WHERE "person"."id" = %s',
    "by a given organisation": 'SELECT 1 FROM "person" WHERE "person"."org_id" = %s',
    "by given organisations": 'SELECT 1 FROM "person" WHERE "person"."org_id" IN (%s, %s)',
    "own column without the mark": 'SELECT 1 FROM "post" WHERE "post"."person_id" = %s',
    "mark on another column": 'SELECT 1 FROM "post" WHERE "post"."id" = /* own */ %s',
    "mark without a parameter": 'SELECT 1 FROM "post" WHERE "post"."person_id" = /* own */ "post"."person_id"',
    "mark elsewhere": 'SELECT 1 FROM "post" WHERE "post"."person_id" = %s /* own row */',
    "organisations not bounded": 'SELECT 1 FROM "person" WHERE "person"."org_id" IN (SELECT U0."id" FROM "organisation" U0 WHERE U0."kind" = %s)',
    "bounded below only": 'SELECT 1 FROM "person" WHERE "person"."org_id" IN (SELECT U0."id" FROM "organisation" U0 WHERE U0."path" >= %s)',
    "bounded above only": 'SELECT 1 FROM "person" WHERE "person"."org_id" IN (SELECT U0."id" FROM "organisation" U0 WHERE U0."path" < %s)',
    "bounded by itself": 'SELECT 1 FROM "person" WHERE "person"."org_id" IN (SELECT U0."id" FROM "organisation" U0 WHERE '
    'U0."path" >= U0."path" AND U0."path" < %s)',
    "bounds of two organisations": 'SELECT 1 FROM "person" INNER JOIN "organisation" a ON ("person"."org_id" = a."id") INNER JOIN "organisation" b '
    'ON (a."parent_id" = b."id") WHERE a."path" >= %s AND b."path" < %s',
    "bounded or not": 'SELECT 1 FROM "person" WHERE "person"."org_id" IN (SELECT U0."id" FROM "organisation" U0 WHERE '
    '((U0."path" >= %s AND U0."path" < %s) OR U0."kind" = %s))',
    "another column of the organisations": 'SELECT 1 FROM "person" WHERE "person"."org_id" IN '
    '(SELECT U0."parent_id" FROM "organisation" U0 WHERE (U0."path" >= %s AND U0."path" < %s))',
    "another column of the row": f'SELECT 1 FROM "person" WHERE "person"."id" IN ({ORGS})',
    "negated": f'SELECT 1 FROM "person" WHERE NOT ({bound("person")})',
    "not in": f'SELECT 1 FROM "person" WHERE "person"."org_id" NOT IN ({ORGS})',
    "one branch open": f'SELECT 1 FROM "person" WHERE ({bound("person")} OR "person"."id" = %s)',
    "or nothing else": f'SELECT 1 FROM "person" WHERE ({bound("person")} OR 1 = 1)',
    "true": 'SELECT 1 FROM "person" WHERE 1 = 1',
    "bound in the columns": f'SELECT {bound("person")} FROM "person"',
    "bound in HAVING": f'SELECT COUNT(*) FROM "person" GROUP BY "person"."org_id" HAVING {bound("person")}',
    "bound in a CASE": f'SELECT 1 FROM "person" WHERE CASE WHEN {bound("person")} THEN 1 ELSE 1 END = 1',
    "the other table bound": f'SELECT 1 FROM "person" INNER JOIN "post" ON ("person"."id" = "post"."person_id") WHERE {bound("person")}',
    "joined by a column that is no link": f'SELECT 1 FROM "activity" INNER JOIN "topic" ON ("activity"."id" = "topic"."id") WHERE {bound("activity")}',
    "an oracle by order": f'SELECT 1 FROM "post" INNER JOIN "person" ON ("post"."person_id" = "person"."id") WHERE {bound("post")} ORDER BY "person"."id_no"',
    "circular": 'SELECT 1 FROM "topic" INNER JOIN "activity" ON ("topic"."activity_id" = "activity"."id")',
    "circular with itself": 'SELECT 1 FROM "topic" WHERE "topic"."id" IN (SELECT U0."id" FROM "topic" U0 WHERE U0."id" = "topic"."id")',
    "left join binds the left": f'SELECT 1 FROM "activity" LEFT OUTER JOIN "topic" ON ("activity"."id" = "topic"."activity_id" AND {bound("activity")})',
    "left join does not bind the left": f'SELECT 1 FROM "activity" LEFT OUTER JOIN "topic" ON ("activity"."id" = "topic"."activity_id" AND {bound("topic")})',
    "left join on nothing": 'SELECT 1 FROM "person" LEFT OUTER JOIN "post" ON (0 = 1)',
    "right join": f'SELECT 1 FROM "organisation" RIGHT OUTER JOIN "person" ON ({bound("person")})',
    "full join": f'SELECT 1 FROM "organisation" FULL OUTER JOIN "person" ON ({bound("person")})',
    "comma": f'SELECT 1 FROM "person", "post" WHERE {bound("person")}',
    "cross join": f'SELECT 1 FROM "person" CROSS JOIN "post" WHERE {bound("person")}',
    "parenthesised join": f'SELECT 1 FROM ("person" INNER JOIN "post" ON ("person"."id" = "post"."person_id")) WHERE {bound("person")}',
    "lateral": f'SELECT 1 FROM "person" CROSS JOIN LATERAL (SELECT * FROM "post" WHERE "post"."person_id" = "person"."id") z WHERE {bound("person")}',
    "second half of a union": f'SELECT "person"."id" FROM "person" WHERE {bound("person")} UNION SELECT "post"."id" FROM "post"',
    "in a column": 'SELECT (SELECT COUNT(*) FROM "person") FROM "organisation"',
    "in an order": 'SELECT 1 FROM "organisation" ORDER BY (SELECT COUNT(*) FROM "person" U0 WHERE U0."org_id" = "organisation"."id")',
    "in a derived table": f'SELECT * FROM (SELECT * FROM "person") z WHERE z."org_id" IN ({ORGS})',
    "in an array": 'SELECT * FROM unnest(ARRAY(SELECT "name" FROM "person")) z',
    "in a cte": 'WITH z AS (SELECT * FROM "person") SELECT 1 FROM z',
    "in an unused cte": f'WITH z AS (SELECT * FROM "person") SELECT 1 FROM "post" WHERE {bound("post")}',
    "cte of the same name": f'WITH person AS (SELECT * FROM "person" WHERE {bound("person")}) SELECT * FROM person',
    "recursive cte": "WITH RECURSIVE o AS (SELECT id FROM organisation WHERE path >= %s AND path < %s UNION ALL SELECT c.id FROM organisation c "
    "JOIN o ON c.parent_id = o.id) SELECT 1 FROM person JOIN o ON person.org_id = o.id",
    "correlated to an unbound row": 'SELECT 1 FROM "organisation" WHERE EXISTS(SELECT 1 FROM "person" U0 WHERE U0."org_id" = "organisation"."id")',
    "inner reason does not excuse the outer": 'SELECT "post"."id" FROM "post" WHERE "post"."id" IN (SELECT /* unscoped: x */ U0."id" FROM "post" U0)',
    "outer reason does not excuse the inner": 'SELECT /* unscoped: x */ 1 FROM "activity" WHERE EXISTS(SELECT 1 FROM "topic" U0 WHERE '
    'U0."activity_id" = ("activity"."id"))',
    "reason for one half": 'SELECT /* unscoped: x */ "person"."id" FROM "person" UNION SELECT "post"."id" FROM "post"',
    "reason left out": 'SELECT /* unscoped: */ "person"."id" FROM "person"',
    "reason at another place": 'SELECT "person"."id" FROM "person" WHERE "person"."x" = %s /* unscoped: x */',
    "reason in a text": "SELECT '/* unscoped: x */', \"person\".\"id\" FROM \"person\"",
    "reason in a line comment at the end": 'SELECT "person"."id" FROM "person" -- unscoped: x',
    "reason for a write": 'UPDATE /* unscoped: x */ "person" SET "x" = %s',
    "reason for a deletion": 'DELETE /* unscoped: x */ FROM "person"',
    "aggregate in EXISTS": 'SELECT 1 FROM "person" WHERE EXISTS(SELECT COUNT(*) FROM "organisation" U0 WHERE (U0."id" = "person"."org_id" AND '
    'U0."path" >= %s AND U0."path" < %s))',
    "aggregate of organisations": 'SELECT 1 FROM "person" WHERE "person"."org_id" = (SELECT MAX(U0."id") FROM "organisation" U0 WHERE '
    '(U0."path" >= %s AND U0."path" < %s))',
    "update all": 'UPDATE "person" SET "org_id" = %s',
    "update one": 'UPDATE "person" SET "org_id" = %s WHERE "person"."id" = %s',
    "update with a subselect": f'UPDATE "person" SET "name" = (SELECT "post"."name" FROM "post" LIMIT 1) WHERE {bound("person")}',
    "update from": f'UPDATE "person" SET "name" = "post"."name" FROM "post" WHERE "post"."person_id" = "person"."id" AND {bound("person")}',
    "delete one": 'DELETE FROM "person" WHERE "person"."id" IN (%s)',
    "delete using": f'DELETE FROM "person" USING "post" WHERE "post"."person_id" = "person"."id" AND {bound("person")}',
    "delete by an unbound subselect": 'DELETE FROM "person" WHERE "person"."id" IN (SELECT U0."id" FROM "person" U0)',
    "upsert": 'INSERT INTO "person" ("id", "org_id") VALUES (%s, %s) ON CONFLICT("id") DO UPDATE SET "org_id" = EXCLUDED."org_id"',
    "replace": 'INSERT OR REPLACE INTO "person" ("id", "org_id") VALUES (%s, %s)',
    "replace into": 'REPLACE INTO "person" ("id", "org_id") VALUES (%s, %s)',
    "insert from everything": 'INSERT INTO "other" ("x") SELECT "person"."name" FROM "person"',
    "insert a subselect": 'INSERT INTO "other" ("x") VALUES ((SELECT "name" FROM "person" LIMIT 1))',
    "remade with more": 'INSERT INTO "new__person" ("id") SELECT "id" FROM "person" UNION SELECT "id" FROM "post"',
    "remade into another": 'INSERT INTO "new__post" ("id") SELECT "id" FROM "person"',
    "table from a select": 'CREATE TABLE "copy" AS SELECT * FROM "person"',
    "view": 'CREATE VIEW "copy" AS (SELECT * FROM "person")',
    "explained": 'EXPLAIN ANALYZE SELECT * FROM "person"',
    "two statements": f'SELECT 1 FROM "person" WHERE {bound("person")}; DELETE FROM "person"',
    "after a savepoint": 'SAVEPOINT a; DELETE FROM "person"',
    "emptied": 'TRUNCATE "person"',
    "copied out": 'COPY "person" TO STDOUT',
    "whole table": 'TABLE "person"',
    "merged": 'MERGE INTO "person" USING "post" ON "person"."id" = "post"."person_id" WHEN MATCHED THEN DELETE',
    "a cursor": 'DECLARE c CURSOR FOR SELECT * FROM "person"',
    "a prepared statement": 'PREPARE p AS SELECT * FROM "person"',
    "with a schema": "SELECT * FROM public.person",
    "in capitals": "SELECT * FROM PERSON",
    "in brackets": "SELECT * FROM [person]",
    "in escapes": 'SELECT * FROM U&"pers\\006fn"',
    "nonsense": 'SELECT FROM WHERE "person" ((',
    "same name twice": f'SELECT 1 FROM "organisation" "P" INNER JOIN "person" p ON ("P"."id" = p."org_id") WHERE {bound("p")}',
    "shadowed": f'SELECT 1 FROM "person" a WHERE {bound("a")} AND EXISTS(SELECT 1 FROM "post" a WHERE a."x" = %s)',
}


@pytest.mark.parametrize("name", PASSED)
def test_what_is_bound_passes(name: str) -> None:
    assert judge(PASSED[name], KNOWN) is None


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_bound_is_refused(name: str) -> None:
    assert judge(REFUSED[name], KNOWN) is not None


@pytest.mark.parametrize("name", {**PASSED, **REFUSED})
def test_the_shape_is_judged_like_the_statement(name: str) -> None:
    sql = {**PASSED, **REFUSED}[name]
    assert (judge(shape(sql), KNOWN) is None) == (name in PASSED)


def test_statements_of_many_lengths_have_one_shape() -> None:
    def update(n: int) -> str:
        cases = " ".join(['WHEN ("person"."id" = %s) THEN %s'] * n)
        return f'UPDATE "person" SET "x" = (CASE {cases} ELSE NULL END) WHERE "person"."id" IN ({", ".join(["%s"] * n)})'

    def insert(n: int) -> str:
        return f'INSERT INTO "person" ("a", "b") VALUES {", ".join(["(%s, %s)"] * n)}'

    assert len({shape(update(n)) for n in (1, 2, 7, 300)}) == 1
    assert len({shape(insert(n)) for n in (1, 2, 7, 300)}) == 1


def test_a_pause_needs_a_reason_and_is_counted() -> None:
    with pytest.raises(ValueError), paused("  "):
        pass
    before = len(pauses)
    with paused("this test"):
        assert tripwire(lambda *a: "ran", "nonsense", (), False, {}) == "ran"
    assert pauses[before:] == ["this test"]
