"""A page asks the database the same number of questions for few rows and for many."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from tests.everywhere import matrix
from tests.everywhere.lasting import Clock, lasting
from tests.everywhere.matrix import KIND, Row, World, policy
from tests.world import AT, FOUNDED

from zhibu.ground.access.queries import system_actor
from zhibu.ground.people import queries as people
from zhibu.ground.tree import actions as tree
from zhibu.ground.tree.models import Organisation

pytestmark = pytest.mark.django_db
LOOKED_AT = {"secretary": "T1-B1", "office": "T1", "county": "QH"}


def statements(do: Callable[[], Any]) -> list[str]:
    """Give the statements that `do` sends, without those of the session and of savepoints."""
    found: list[str] = []

    def watch(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if not any(word in str(sql) for word in ("django_session", "SAVEPOINT")):
            found.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        do()
    return found


def views() -> list[tuple[str, str]]:
    """Give every page with those personas that may open it at their own organisation."""
    found = []
    for name, row in sorted(policy().items()):
        for persona, code in LOOKED_AT.items():
            if row.methods.get("GET") and matrix.expected(persona, row, "GET", where(row, code)) == matrix.ALLOWED:
                found.append((name, persona))
    return found


def where(row: Row, code: str) -> str:
    """Give the organisation whose page is looked at: for pages of branches one below."""
    return "T1-B1" if row.only == "branch" or row.target == "person" else code


def look(w: World, name: str, persona: str) -> list[str]:
    """Open a page twice, so that what is read once and kept is there; give the statements of the second time."""
    row = policy()[name]
    url = matrix.address(row, w, where(row, LOOKED_AT[persona]), **row.query)
    matrix.ask(w, persona, "GET", url)
    answers = []
    found = statements(lambda: answers.append(matrix.ask(w, persona, "GET", url)))
    assert answers[0].verdict == matrix.ALLOWED, url
    return found


def found_branches(numbers: tuple[int, ...]) -> None:
    """Found branches without members below T1."""
    new = [
        tree.NewOrg(f"T1-B{n}", f"T1-B{n}党组织", f"T1-B{n}简称", "branch", "T1", FOUNDED, domain="rural", order=n, approval_doc="青组〔2015〕1号", theme_day="20")
        for n in numbers
    ]
    tree.found_many(system_actor(), new, at=AT, since=FOUNDED)


def grow(w: World) -> None:
    """Add branches, and to every organisation more of everything."""
    found_branches((7, 8, 9))
    for n, code in enumerate(KIND):
        w.fill(code, 40 + n, activities=4, members=9)
        scope = matrix.Scope((w.things[code].path,))
        if KIND[code] == "branch":
            tree.form_groups(system_actor(), [tree.NewGroup(w.things[code].org, f"第{i}党小组", FOUNDED) for i in (2, 3)], at=AT)
        matrix.Excuse.objects.within(scope).bulk_create([
            matrix.Excuse(
                org_id=w.things[code].org, kind="lecture", window="month", first_on=date(2026, m, 1), last_on=date(2026, m, 28), reason="防汛", requested_by="王",
                decided_by="周", decided_at=AT, case_id=0,
            )
            for m in (3, 4, 5)
        ])


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, lasting(django_db_blocker):
        Clock(patch, AT)
        matrix.visitor.cache_clear()
        yield matrix.build()


MOST = 60
#: the duties of every area on one page; every published figure on one; the whole desk and the whole branch on one sheet, asked for once in years
MORE = {"desk": 90, "api:duties": 86, "api:figures": 66, "overview:figures": 66, "org:handover": 100, "roster:member": 66}


def test_there_are_pages() -> None:
    assert len(views()) > 80 and {"roster:list", "org:tree", "overview:county", "meetings:ledger", "desk", "intake:upload"} <= {name for name, _ in views()}


def test_the_number_of_statements_is_flat(w: World) -> None:
    """All pages in one test: the world is grown once."""
    found_branches((6,))
    tree.form_groups(system_actor(), [tree.NewGroup(w.things["T1-B1"].org, "空着的党小组", FOUNDED)], at=AT)  # one finding, where later are many
    few = {view: look(w, *view) for view in views()}
    things = {code: (t.activity, t.attachment, t.case, t.person, t.batch) for code, t in w.things.items()}
    grow(w)
    for code, before in things.items():  # single things stay the ones looked at before
        t = w.things[code]
        t.activity, t.attachment, t.case, t.person, t.batch = before
    found = []
    for (name, persona), before in few.items():
        after = look(w, name, persona)
        extra = [sql[:200] for sql in dict.fromkeys(after) if after.count(sql) > before.count(sql)]
        if len(after) != len(before):
            found.append("\n  ".join([f"{name} as {persona}: {len(before)} for few rows, {len(after)} for many", *extra[:4]]))
        if len(after) > MORE.get(name, MOST):
            found.append(f"{name} as {persona}: {len(after)} statements, more than {MORE.get(name, MOST)}")
    assert not found, "\n".join(found)


def test_a_question_for_each_row_is_seen(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = people._line

    def line(*args: Any) -> Any:
        Organisation.objects.filter(pk=1).exists()
        return plain(*args)

    monkeypatch.setattr(people, "_line", line)
    counts = []
    for limit in (2, 4):
        scope = matrix.Scope(tuple(Organisation.objects.filter(code="CS").values_list("path", flat=True)))
        counts.append(len(statements(lambda limit=limit, scope=scope: people.members(scope, AT.date(), people.Search(), limit=limit))))
    assert counts[1] == counts[0] + 2
