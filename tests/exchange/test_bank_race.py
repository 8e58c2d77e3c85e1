"""Two people decide about one receipt at the same moment."""
from __future__ import annotations

import threading

import pytest
from django.db import connections
from tests import world
from tests.exchange.test_bank import OCT, csv, opened, payments, take
from tests.world import AT

from zhibu.areas.bank import queries as receipts
from zhibu.areas.dues import assessing, bases
from zhibu.areas.dues.bases import NewBase
from zhibu.exchange.bank import booking
from zhibu.exchange.bank.booking import BankRefused


@pytest.mark.django_db(transaction=True)
def test_two_people_giving_one_receipt_to_two_members_at_once_book_it_once() -> None:
    w = world.build(branches=2, members=4)
    org_id, (wang, li) = w.orgs["T1-B1"], w.persons["T1-B1"][:2]
    secretary = w.actor("secretary")
    bases.declare_many(secretary, org_id, [NewBase(p, "wage", 485000, 2026 * 12) for p in (wang, li)], verified=True, at=AT)
    assessing.assess(secretary, org_id, OCT, at=AT)
    take(secretary, w, csv("2026-11-05,贷,48.50,某人,,A1"))
    line_id = receipts.lines(opened(w), org_id)[0].id
    start, found = threading.Barrier(2), []

    def book(person: int) -> None:
        try:
            actor = w.actor("secretary")
            start.wait()
            booking.confirm(actor, line_id, org_id=org_id, person_id=person, months=(OCT,), at=AT)
            found.append("booked")
        except BankRefused:
            found.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=book, args=(person,)) for person in (wang, li)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found) == ["booked", "refused"] and [f for _, f in payments(w)] == [4850]
    assert receipts.line(opened(w), line_id).state == "booked"
