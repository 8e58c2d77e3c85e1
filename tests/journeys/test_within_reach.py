"""The other two fifths of the pages of test_accessible.py, in a file of their own: the last one, so that two workers share the longest test of all."""
from __future__ import annotations

import pytest
from tests.journeys.looking import Reader, look_through

pytestmark = pytest.mark.django_db


def test_the_other_pages_on_a_phone_and_at_a_desk(readers: tuple[Reader, Reader]) -> None:
    assert len(readers[1].pages) > 60 and look_through(readers[1], "second") > 30


def test_no_page_is_left_out(readers: tuple[Reader, Reader], pages: list[object]) -> None:
    assert len(readers[0].pages) + len(readers[1].pages) == len(pages)
