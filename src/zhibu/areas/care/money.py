"""Money from dues for care (purpose 4 of S11): which expenses of the organisation may pay for help. The books are another area's; config/wiring.py connects them."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from zhibu.ground.guard.actor import Actor


@dataclass(frozen=True, slots=True)
class Voucher:
    """An expense from the organisation's own dues that was agreed to above. voucher: its number, empty while it is not paid out in the books."""

    id: int
    fen: int
    what: str
    on: date
    voucher: str = ""


#: gives the expenses of an organisation for members in hardship that the actor may read, newest first
Books = Callable[[Actor, int], list[Voucher]]

_books: list[Books] = []


def connect(books: Books) -> None:
    """Connect the books; called once when the last app is ready."""
    _books[:] = [books]


def vouchers(actor: Actor, org_id: int) -> list[Voucher]:
    """List the expenses that the actor may choose from; none where no books are connected."""
    return [one for books in _books for one in books(actor, org_id)]
