"""One reading: the parts of a page ask the database the same thing once, and never see what was there before a change."""
from __future__ import annotations

import ast
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.everywhere.test_queries_flat import statements
from tests.world import AT, build

from zhibu.ground.guard.reading import asked_once, known_rows, one_reading
from zhibu.ground.people import queries as people
from zhibu.ground.policy import queries as policy
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import Organisation

SOURCE = Path(__file__).parents[2] / "src" / "zhibu"
ON = AT.date()


def test_a_question_is_asked_once_in_a_reading_and_anew_outside() -> None:
    asked: list[int] = []

    @asked_once
    def double(n: int, *, more: int = 0) -> int:
        asked.append(n)
        return 2 * n + more

    with one_reading():
        with one_reading():
            assert (double(1), double(1), double(1, more=1), double(2)) == (2, 2, 3, 4)
        assert double(2) == 4 and asked == [1, 1, 2]
    assert double(2) == 4 and double(2) == 4 and asked == [1, 1, 2, 2, 2]


def test_what_is_raised_is_not_remembered() -> None:
    asked: list[int] = []

    @asked_once
    def wrong() -> None:
        asked.append(1)
        raise LookupError

    with one_reading():
        for _ in range(2):
            with pytest.raises(LookupError):
                wrong()
    assert len(asked) == 2


def test_rows_are_known_in_one_reading_only() -> None:
    known_rows("things")[1] = "a"
    with one_reading():
        assert known_rows("things") == {}
        known_rows("things")[1] = "a"
        assert known_rows("things") == {1: "a"}
    with one_reading():
        assert known_rows("things") == {}


@pytest.mark.django_db
def test_a_page_reads_a_thing_once() -> None:
    w = build(branches=2, members=4)
    actor, org = w.actor("secretary"), w.orgs["T1-B1"]

    def read() -> list[Any]:
        scope = actor.sees()
        return [
            tree.organisation(scope, org), tree.organisations(scope, ON), tree.views([org]), people.headcounts(scope, ON), people.merged(),
            policy.effective(org, "life", ON), policy.effective(org, "dues", ON), policy.value_on_days(org, "conventions.must_talk_days", [ON, date(2024, 1, 1)]),
        ]

    once = len(statements(read))
    with one_reading():
        first, again = statements(read), statements(read)
        assert len(first) < once and not again
        assert repr(read()) == repr(read())


@pytest.mark.django_db
def test_a_change_is_seen_in_the_reading_in_which_it_is_made() -> None:
    w = build(branches=2, members=4)
    scope, org = w.actor("secretary").sees(), w.orgs["T1-B1"]
    with one_reading():
        before = tree.organisation(scope, org).short_name, tree.views([org])[org].short_name
        Organisation.objects.filter(pk=org).update(short_name="改过的名字")
        assert "改过的名字" not in before
        assert tree.organisation(scope, org).short_name == tree.views([org])[org].short_name == "改过的名字"


@pytest.mark.django_db
def test_without_the_tripwire_the_change_would_not_be_seen() -> None:
    """The twin of the test above: what empties a reading is the wire that sees every statement."""
    w = build(branches=2, members=4)
    scope, org = w.actor("secretary").sees(), w.orgs["T1-B1"]
    wires, connection.execute_wrappers[:] = list(connection.execute_wrappers), []
    try:
        with one_reading():
            tree.organisation(scope, org)
            Organisation.objects.filter(pk=org).update(short_name="改过的名字")
            assert tree.organisation(scope, org).short_name != "改过的名字"
    finally:
        connection.execute_wrappers[:] = wires


def test_a_reading_is_opened_for_pages_that_show_and_nowhere_else() -> None:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "one_reading":
                found.append(path.relative_to(SOURCE).as_posix())
    assert found == ["web/shell/middleware.py"]
