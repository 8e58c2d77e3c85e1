"""Everybody can use it on a phone; a file of its own, so that it runs beside the pages at a desk."""
from __future__ import annotations

import pytest
from tests.journeys import test_accessible as desk
from tests.journeys.test_accessible import NARROW, PHONE, Reader, complaints, keep

pytestmark = pytest.mark.django_db
pages, reader = desk.pages, desk.reader


def test_every_page_on_a_phone(reader: Reader) -> None:
    """390 px: axe-core; then 360 px, and large print at 390 px: only tables scroll sideways, within their frame."""
    faults = []
    for seen, page in reader.each(PHONE):
        faults += [f"{seen.name}: {told}" for told in complaints(page)]
        page.evaluate("document.documentElement.classList.add('large')")
        if reader.over() > 0:
            faults.append(f"{seen.name}: {reader.over()} px too wide in large print")
        page.evaluate("document.documentElement.classList.remove('large')")
        reader.size(NARROW)
        if reader.over() > 0:
            faults.append(f"{seen.name}: {reader.over()} px too wide at 360 px")
    keep("phone", faults)
    assert faults == []
