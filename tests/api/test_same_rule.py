"""Page and API obey the same rule (trust.md A7): same persona, same thing, same verdict; and the same numbers stand in both."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.everywhere import matrix
from tests.everywhere.lasting import Clock, lasting
from tests.everywhere.matrix import ANONYMOUS, ROLE, World, asked_in, policy
from tests.world import AT

pytestmark = [pytest.mark.django_db, pytest.mark.once]

#: page, operation, method: what both are about is the target of their rows
PAIRS = (
    ("org:page", "api:organisation", "GET"), ("org:page", "api:group_findings", "GET"), ("org:contacts", "api:contacts", "GET"), ("org:rules", "api:rules", "GET"),
    ("org:rules", "api:assignments", "GET"), ("org:case", "api:case", "GET"), ("roster:list", "api:members", "GET"), ("meetings:activity", "api:activity", "GET"),
    ("meetings:ledger", "api:activities", "GET"), ("meetings:ledger", "api:groups", "GET"), ("meetings:ledger", "api:excuses", "GET"), ("meetings:attendance", "api:attendance", "GET"),
    ("meetings:absences", "api:absences", "GET"), ("meetings:record", "api:form_needs", "GET"), ("meetings:record", "api:drafts", "GET"), ("meetings:record", "api:activities", "POST"),
    ("files:download", "api:file", "GET"), ("desk", "api:duties", "GET"), ("desk", "api:notices", "GET"), ("org:tree", "api:organisations", "GET"), ("org:cases", "api:cases", "GET"),
    ("meetings:elsewhere", "api:elsewhere", "GET"), ("meetings:plans", "api:plans", "GET"), ("meetings:plan", "api:plan", "GET"), ("meetings:plans", "api:theme_day", "GET"),
    ("transfers:list", "api:transfers", "GET"), ("transfers:transfer", "api:transfer", "GET"), ("transfers:floating", "api:floating_register", "GET"),
    ("transfers:float", "api:floating_record", "GET"), ("training:list", "api:training", "GET"), ("training:person", "api:person_hours", "GET"), ("training:courses", "api:courses", "GET"),
    ("resources:funds", "api:funds", "GET"), ("resources:fund", "api:fund", "GET"), ("resources:places", "api:places", "GET"), ("resources:places", "api:place_summary", "GET"),
    ("resources:place", "api:place", "GET"), ("resources:venues", "api:venues", "GET"),
    ("talks:list", "api:talks", "GET"), ("talks:list", "api:talk_coverage", "GET"), ("talks:quarter", "api:contact_talks", "GET"),
    ("rules:list", "api:rule_sets", "GET"), ("rules:shipped", "api:shipped_rule_set", "GET"), ("rules:set", "api:rule_set", "GET"), ("rules:set", "api:followers", "GET"),
    ("person:me", "api:me", "GET"), ("person:me", "api:own_file", "GET"), ("overview:county", "api:figures", "GET"), ("overview:county", "api:compliance", "GET"),
)


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, lasting(django_db_blocker):
        Clock(patch, AT)
        matrix.visitor.cache_clear()
        yield matrix.build()


def asked(w: World, name: str, method: str, persona: str, code: str) -> str:
    row = policy()[name]
    url = matrix.address(row, w, code, **(row.query if method == "GET" else {}))
    if method == "POST" and row.json:
        return matrix.ask(w, persona, method, url.partition("?")[0], {**row.json, "org_id": w.things[code].org}, True).verdict
    return matrix.ask(w, persona, method, url).verdict


def differing(w: World, page: str, operation: str, method: str) -> list[str]:
    """List where the page and the operation say different things; a picture asks for its right before it looks, the API after."""
    found = []
    for persona in (ANONYMOUS, *ROLE):
        targeted = policy()[page].target and persona != ANONYMOUS
        for code in asked_in(persona, policy()[page]).values() if targeted else ["T1-B1"]:
            by_page, by_api = asked(w, page, method, persona, code), asked(w, operation, method, persona, code)
            alike = {("to sign-in", "401")}
            if policy()[page].asks_first:
                alike.add(("403", "404"))
            if by_page != by_api and (by_page, by_api) not in alike:
                found.append(f"{method} as {persona} about {code}: {page} {by_page}, {operation} {by_api}")
    return found


@pytest.mark.parametrize(("by_people", "operation", "method"), PAIRS)
def test_page_and_api_say_the_same(by_people: str, operation: str, method: str, w: World) -> None:
    assert not differing(w, by_people, operation, method)


def test_every_operation_is_compared_with_a_page() -> None:
    alone = {"api:openapi-json", "api:docs", "api:branches", "api:member", "api:why", "api:bookings"}  # no page of their own: lists, a drawer, a panel
    assert {name for name in policy() if name.startswith("api:")} == {operation for _, operation, _ in PAIRS} | alone


def test_a_difference_is_seen(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from zhibu.api import door

    monkeypatch.setattr(door, "seen", lambda request, org_id, right: door.tree.organisation(request.actor.sees(), org_id))
    from zhibu.api import organisations

    monkeypatch.setattr(organisations, "seen", door.seen)
    assert any("contacts" in line for line in differing(w, "org:contacts", "api:contacts", "GET"))


def test_both_show_the_same_figures(w: World) -> None:
    """What a branch has done and its attendance stand on its pages and in the API, the members of the county on the picture and in the API."""
    client, org, branch = matrix.seated(w, "county"), w.things["QH"].org, w.things["T1-B1"].org
    year = client.get(f"/api/v1/compliance?org={branch}").json()
    ledger = client.get(f"/meetings/ledger/?org={branch}").content.decode()
    assert year["due"] > 0 and all(text in ledger for text in (f"{year['due']} 次", f"{year['fulfilled']} 次", year["rate"]))
    counted = client.get(f"/api/v1/attendance?org={branch}").json()
    page = client.get(f"/meetings/attendance/?org={branch}").content.decode()
    assert counted["expected"] > 0 and all(text in page for text in (f"{counted['expected']} 人次", f"{counted['present']} 人次", counted["rate"]))
    figures = {f["key"]: f["value"] for f in client.get(f"/api/v1/figures?org={org}").json()}
    assert figures["members.all"] > 9 and f">{figures['members.all']}<" in client.get(f"/overview/?org={org}").content.decode()
