"""Schemathesis asks every operation what its document allows and what it does not: no 5xx, no answer beside the document (trust.md F6)."""
from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import JsonResponse
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.everywhere.lasting import Clock, lasting, taken_back
from tests.world import AT, TODAY, build

from zhibu.api import door
from zhibu.api.address import ROOT, api, urlpatterns
from zhibu.api.shape import Shape
from zhibu.config.wsgi import application
from zhibu.ground.access import tokens
from zhibu.ground.access.models import Account

pytestmark = [pytest.mark.django_db, pytest.mark.once]
EXAMPLES = 10  # of each operation and persona: half of them as the document allows, half not
CHECKS = [
    not_a_server_error, content_type_conformance, negative_data_rejection, response_headers_conformance, response_schema_conformance, status_code_conformance,
]
OPERATIONS = [(path, method) for path, item in api.get_openapi_schema(path_prefix=ROOT)["paths"].items() for method in item]


@cache
def document() -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


@pytest.fixture(scope="module")
def headers(django_db_setup: None, django_db_blocker: Any) -> Iterator[Mapping[str, dict[str, str]]]:
    """Give what each persona sends along: the secretary a token, the county a session."""
    with pytest.MonkeyPatch.context() as patch, lasting(django_db_blocker):
        Clock(patch, AT)
        patch.setattr(door, "PER_MINUTE", 10**9)
        for signal in (request_started, request_finished):  # as Django's own test client does: they would close this connection
            signal.disconnect(close_old_connections)
        w = build(branches=2, members=4)
        offer = tokens.offers(w.actor("secretary"), TODAY)[0]
        token = tokens.make(
            w.actor("secretary"), grant_id=offer.grant_id, label="试", rights=list(offer.rights), expires_on=TODAY + timedelta(days=9), key="k", at=AT,
        )
        client = Client()
        client.force_login(Account.objects.get(username="county"), backend="django.contrib.auth.backends.ModelBackend")
        (cookie,) = client.cookies.items()
        yield {
            "secretary": {"Authorization": f"Bearer {token}"}, "county": {"Cookie": f"{cookie[0]}={cookie[1].value}"},
            "things": {"org_id": str(w.orgs["T1-B1"]), "org": str(w.orgs["T1-B1"]), "person_id": str(w.persons["T1-B1"][1])},
        }
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def real(case: Any, things: Mapping[str, str]) -> None:
    """Ask for things that are there: a random number finds nothing."""
    for place in (case.path_parameters, case.query):
        for name in place or ():
            if name in things:
                place[name] = int(things[name])


@pytest.mark.parametrize("persona", ["secretary", "county"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_answers_are_as_the_document_says(path: str, method: str, persona: str, headers: Mapping[str, dict[str, str]]) -> None:
    operation = document()[path][method]
    assert asked(operation, GenerationMode.POSITIVE, headers[persona], headers["things"])
    if list(operation.iter_parameters()) or operation.body:  # else nothing of it can be wrong
        assert asked(operation, GenerationMode.NEGATIVE, headers[persona], {})


def asked(operation: Any, mode: GenerationMode, sent: Mapping[str, str], things: Mapping[str, str]) -> int:
    """Ask an operation some questions; give how many they were."""
    count = 0

    @settings(max_examples=EXAMPLES // 2, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        nonlocal count
        count += 1
        if count % 3:
            real(case, things)
        with taken_back():
            case.call_and_validate(headers={**sent, "Accept-Encoding": "identity"}, checks=CHECKS)

    ask()
    return count


def test_the_document_has_every_address_of_the_api() -> None:
    named = {p.name for p in api.urls[0]} - {"api-root"}
    assert len(OPERATIONS) >= len(named) > 20


def shapes(kind: type[Shape] = Shape) -> Iterator[type[Shape]]:
    for one in kind.__subclasses__():
        yield from (one, *shapes(one))


def test_no_two_answers_have_the_same_name() -> None:
    """The document keeps them by name: of two with one name, one would be described by the other."""
    names = [one.__name__ for one in shapes() if one.__module__.startswith("zhibu.")]
    assert len(names) > 40 and not {n for n in names if names.count(n) > 1}


def test_an_answer_beside_the_document_is_seen(headers: Mapping[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the checks bite."""
    monkeypatch.setattr(_bound("me"), "run", lambda request, **kw: JsonResponse({"name": 1}))
    with pytest.raises(FailureGroup):
        test_answers_are_as_the_document_says("/api/v1/me", "get", "county", headers)


def _bound(name: str) -> Any:
    """Give the operation as the addresses have it."""
    pattern = next(p for p in urlpatterns if p.name == name)
    cells = [c.cell_contents for c in inspect.unwrap(pattern.callback).__closure__ or ()]
    return next(op for cell in cells if hasattr(cell, "operations") for op in cell.operations)
