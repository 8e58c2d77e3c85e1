"""The form of every answer and question: frozen, nothing unknown, numbers and texts within bounds."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest
from ninja import Schema
from pydantic import ConfigDict, Field

T = TypeVar("T")
LARGEST = 9_007_199_254_740_991  # what every JSON reader takes for an exact number
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)

Id = Annotated[int, Field(ge=1, le=LARGEST)]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY, description="日期，例如 2026-11-20")]


class Shape(Schema):
    """An answer, or a part of one: exactly these fields."""

    model_config = ConfigDict(frozen=True, from_attributes=True, extra="forbid")


class Fault(Shape):
    """One thing that is wrong with what was sent."""

    code: str
    message: str
    field: str = ""


class Problem(Shape):
    """Why something was not done: a code, a sentence, the field, and every fault at once."""

    code: str
    message: str
    field: str = ""
    faults: tuple[Fault, ...] = ()


class Slice(Schema):
    """Which part of a list: at most 200 entries at a time."""

    limit: int = Field(50, ge=1, le=200, description="一次要几条，最多 200 条")
    offset: int = Field(0, ge=0, le=1_000_000, description="从第几条以后开始")


class OfOrg(Schema):
    """One organisation."""

    org: Id = Field(description="哪个组织")


class OfOrgOnDay(OfOrg):
    """One organisation on a day."""

    on: Day | None = Field(None, description="哪一天，不写就是今天")


class OfOrgPaged(Slice):
    """A list of one organisation."""

    org: Id = Field(description="哪个组织")


class Page(Shape, Generic[T]):
    """A part of a list, how long the list is, and the address of the next part (null at the end)."""

    items: list[T]
    total: int
    next: str | None


def following(request: HttpRequest, asked: Slice, total: int) -> str | None:
    """Give the address of the next part of a list."""
    after = asked.offset + asked.limit
    if after >= total:
        return None
    query = {k: v for k, v in request.GET.items() if k not in ("limit", "offset")}
    return f"{request.path}?{urlencode({**query, 'limit': asked.limit, 'offset': after})}"


def page(request: HttpRequest, asked: Slice, rows: Sequence[T]) -> dict[str, object]:
    """Cut the part that is asked for out of a whole list."""
    return {"items": list(rows[asked.offset : asked.offset + asked.limit]), "total": len(rows), "next": following(request, asked, len(rows))}


def part(request: HttpRequest, asked: Slice, rows: Iterable[T], total: int) -> dict[str, object]:
    """Give a part that was read from the database as such."""
    return {"items": list(rows), "total": total, "next": following(request, asked, total)}
