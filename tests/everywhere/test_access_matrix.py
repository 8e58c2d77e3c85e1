"""Every address, method, persona and relation behaves as the policy table says (trust.md A1–A3)."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.everywhere import matrix
from tests.everywhere.lasting import Clock, lasting
from tests.everywhere.matrix import World, addresses, api_document, policy, surprises, undeclared
from tests.world import AT

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, lasting(django_db_blocker):
        Clock(patch, AT)
        yield matrix.build()


def test_every_address_has_a_row() -> None:
    assert undeclared(api_document()) == []


def test_every_row_has_an_address() -> None:
    assert set(policy()) <= {name for name, _ in addresses()}


@pytest.mark.parametrize("name", sorted(policy()))
def test_the_cells_of(name: str, w: World) -> None:
    found = surprises(policy()[name], w)
    assert not found, "\n".join(found)
