"""Every address, method, persona and relation behaves as the policy table says (trust.md A1–A3, H2)."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from tests.everywhere import matrix
from tests.everywhere.lasting import Clock, lasting
from tests.everywhere.matrix import (
    ANONYMOUS,
    IN_FULL,
    PERSONAS,
    World,
    addresses,
    api_document,
    asked_in,
    policy,
    relations,
    surprises,
    undeclared,
)
from tests.world import AT

from zhibu.ground.access.roles import roles
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.web.desk import desk_page
from zhibu.web.org import reach
from zhibu.web.shell import middleware

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, lasting(django_db_blocker):
        Clock(patch, AT)
        matrix.visitor.cache_clear()
        yield matrix.build()


# --- the table ------------------------------------------------------------------------------------------------------------------------------


def test_every_address_has_a_row() -> None:
    assert undeclared(api_document()) == []


def test_every_row_has_an_address() -> None:
    assert set(policy()) <= {name for name, _ in addresses()}


def test_what_is_open_to_strangers_is_little_and_reasoned() -> None:
    rows = [row for row in policy().values() if set(row.methods.values()) & {"open", "gone"}]
    assert len(rows) <= 10 and all(row.why for row in rows)
    assert {row.name for row in rows} == middleware.OPEN


def test_an_address_about_an_organisation_has_a_target() -> None:
    """An id in an address without a target in the table would be asked for the persona's own thing only."""
    for name, _ in addresses():
        if name in policy() and set(matrix.parameters(name)) - set(policy()[name].args):
            assert policy()[name].target.lstrip("?"), name


def test_the_personas_meet_every_relation() -> None:
    met = {relation for name, _, code in PERSONAS if code for relation in relations(name)}
    assert met == {"own", "child", "grandchild", "sibling", "parent", "unrelated"}
    assert set(relations("county")) == met and {"own", "sibling", "parent", "unrelated"} == set(relations("secretary"))
    assert {"system_admin", "security_admin", "auditor", "discipline_reader", "organiser"} < {role for _, role, _ in PERSONAS} <= set(roles())


# --- the cells ------------------------------------------------------------------------------------------------------------------------------


def test_everybody_is_asked_in_every_relation_somewhere() -> None:
    about = [row for row in policy().values() if row.target]
    for persona, _, _ in PERSONAS:
        assert {relation for row in about for relation in asked_in(persona, row)} == set(relations(persona)), persona
    assert all(asked_in(persona, row) == relations(persona) for persona in IN_FULL for row in about)


#: every ninth address is asked on both databases: what differs there, the order of paths, is the same in all of them
ADDRESSES = [pytest.param(name, marks=[] if n % 9 == 0 else pytest.mark.once) for n, name in enumerate(sorted(policy()))]


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_cells_of(name: str, w: World) -> None:
    found = list(surprises(policy()[name], w))
    assert not found, "\n".join(found)


def test_a_member_reads_nobodys_sheet_in_the_roster_not_even_the_own(w: World) -> None:
    own = w.things["T1-B1"].persons[2]
    for name in ("roster:edit", "roster:end", "roster:standing", "roster:reveal"):
        there = replace(w.things["T1-B1"], person=own)
        for method in ("GET", "POST"):
            answer = matrix.ask(w, "member", method, matrix.address(policy()[name], World({"T1-B1": there}), "T1-B1"))
            assert answer.verdict in ("403", "404"), (name, method)


@pytest.mark.parametrize("name", sorted(name for name, row in policy().items() if row.target and row.target[0] != "?" and row.target != "key"))
def test_a_number_that_nothing_has_is_not_found(name: str, w: World) -> None:
    row = policy()[name]
    for number, method in product((0, 2**31, 2**63 - 1, 2**63, 10**30), row.methods):
        url = matrix.reverse(name, kwargs={**dict.fromkeys(matrix.parameters(name), number), **row.args})
        answer = matrix.ask(w, "office", method, url + (f"?org={w.things['T1'].org}" if row.also_org else ""))
        assert answer.verdict == ("404" if matrix.holds("office", row, method) or row.target == "org" or row.found_by else answer.verdict), method
        assert answer.verdict in ("403", "404") and not answer.writes, method


# --- sabotage twins: without the guard, the cells of the row must show a surprise of the kind -------------------------------------------------


def everybody_may(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Actor, "require", lambda self, permission, at: None)


def everything_in_scope(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Actor, "scope", lambda self, permission: Scope(("",)))
    patch.setattr(Actor, "sees", lambda self: Scope(("",)))
    everybody_may(patch)


def sees_everything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Actor, "sees", lambda self: Scope(("",)))


def no_refusal_page(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(middleware.Visitor, "process_exception", lambda *args: None)


def no_way_to_sign_in(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(middleware.Visitor, "_turned_away", lambda *args: None)


def without_middleware(ending: str) -> Callable[[pytest.MonkeyPatch], None]:
    def switch_off(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(settings, "MIDDLEWARE", [m for m in settings.MIDDLEWARE if not m.endswith(ending)])

    return switch_off


def inline_code_allowed(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], "script-src", ["'self'", "'unsafe-inline'"])


def pages_may_be_kept(patch: pytest.MonkeyPatch) -> None:
    plain = middleware.Visitor.__call__

    def call(self: Any, request: HttpRequest) -> HttpResponse:
        response = plain(self, request)
        response.headers["Cache-Control"] = "private"
        return response

    patch.setattr(middleware.Visitor, "__call__", call)


def note(actor: Actor) -> None:
    journal.write(actor, "somebody.looked", at=AT)


def a_refused_post_writes(patch: pytest.MonkeyPatch) -> None:
    plain = Actor.require

    def require(self: Actor, permission: Any, at: str) -> None:
        try:
            plain(self, permission, at)
        except Refused:
            note(self)
            raise

    patch.setattr(Actor, "require", require)


def a_page_writes(patch: pytest.MonkeyPatch) -> None:
    plain = desk_page.build

    def build(actor: Actor, *args: Any, **kwargs: Any) -> Any:
        note(actor)
        return plain(actor, *args, **kwargs)

    patch.setattr(desk_page, "build", build)


def the_lookup_says_forbidden(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reach.tree, "organisation", _organisation_that_tells)


def _organisation_that_tells(scope: Scope, org_id: int, *args: Any) -> Any:
    raise Refused("there is such an organisation, but you may not see it")


SABOTAGE: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str, str]] = {
    "right not asked": (everybody_may, "org:contacts", "expected 403"),
    "right not asked in a post": (everybody_may, "meetings:excuse", "expected 403"),
    "scope not asked": (everything_in_scope, "org:page", "shows things of"),
    "scope not asked of a file": (everything_in_scope, "files:download", "shows things of"),
    "scope not asked of a record": (everything_in_scope, "meetings:activity", "expected 404"),
    "right not asked by the API": (everybody_may, "api:contacts", "expected 403"),
    "right not asked by a write of the API": (everybody_may, "api:activities", "expected 403"),
    "scope not asked by the API": (everything_in_scope, "api:activity", "shows things of"),
    "forbidden instead of not found": (sees_everything, "org:page", "expected 404"),
    "existence told": (the_lookup_says_forbidden, "org:contacts", "expected 404"),
    "refusal without a page": (no_refusal_page, "org:contacts", "error 500"),
    "stranger let in": (no_way_to_sign_in, "person:me", "expected to sign-in"),
    "no content policy": (without_middleware("CSPMiddleware"), "person:me", "Content-Security-Policy"),
    "inline code allowed": (inline_code_allowed, "person:me", "Content-Security-Policy"),
    "framing allowed": (without_middleware("XFrameOptionsMiddleware"), "person:me", "X-Frame-Options"),
    "sniffing allowed": (without_middleware("SecurityMiddleware"), "person:me", "X-Content-Type-Options"),
    "pages kept by the browser": (pages_may_be_kept, "person:me", "Cache-Control"),
    "a refused post writes": (a_refused_post_writes, "org:contacts", "changed journal_entry"),
    "a page writes": (a_page_writes, "desk", "changed journal_entry"),
}


@pytest.mark.parametrize("name", SABOTAGE)
def test_the_cells_show_it(name: str, w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_off, row, sign = SABOTAGE[name]
    switch_off(monkeypatch)
    matrix.visitor.cache_clear()
    try:
        assert any(sign in line for line in surprises(policy()[row], w))
    finally:
        matrix.visitor.cache_clear()


def test_an_address_without_a_row_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "policy", lambda: {name: row for name, row in policy().items() if name != "org:page"})
    assert "org:page (org/<int:org_id>/)" in undeclared()


def test_a_nameless_address_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "addresses", lambda: iter([("", "secret/<int:n>/")]))
    assert undeclared() == ["nameless (secret/<int:n>/)"]


def test_an_operation_of_the_api_without_a_column_is_seen() -> None:
    document = {"paths": {"/org/{org_id}/": {"get": {}, "delete": {}, "parameters": []}, "/api/v1/nothing": {"get": {}}}}
    assert undeclared(document)[-2:] == ["DELETE /org/{org_id}/", "GET /api/v1/nothing"]


def test_a_stranger_is_a_persona() -> None:
    assert ANONYMOUS not in matrix.ROLE
