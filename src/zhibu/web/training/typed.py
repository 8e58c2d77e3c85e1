"""What was typed into a form, read strictly; every fault beside its field, and everything typed goes back into the form. Also for funds and places."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, QueryDict

from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.web.meetings.forms import clock, day, number
from zhibu.web.shell.context import Choice, ErrorLine, Field

FIRST_YEAR, LAST_YEAR = 2000, 2100
_AMOUNT = re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,2})?")


class Typed:
    """The content of a form: what was posted, else what stands there now."""

    def __init__(self, post: QueryDict | None, initial: Mapping[str, str] | None = None) -> None:
        self.post, self.initial = post, dict(initial or {})
        self.faults: dict[str, tuple[str, str]] = {}

    def raw(self, name: str, most: int = 200) -> str:
        """Give the text of a field."""
        return (self.post.get(name, "") if self.post is not None else self.initial.get(name, "")).replace("\0", "").strip()[:most]

    def fault(self, name: str, code: str, reason: str) -> None:
        """Note a fault; the first one of a field stands."""
        self.faults.setdefault(name, (code, reason))

    def refused(self, faults: Iterable[Any]) -> None:
        """Note what an action refused."""
        for f in faults:
            self.fault(f.field, f.code, f.reason)

    def day(self, name: str, label: str) -> date:
        """Read a date; a fault and an arbitrary day where it is none."""
        found = day(self.raw(name))
        if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
            self.fault(name, "E054", f"{label}没有填对，请填日期，例如 2026-05-20")
            return date(FIRST_YEAR, 1, 1)
        return found

    def amount(self, name: str) -> Decimal | None:
        """Read a number with at most two decimals; None where it is none."""
        text = unicodedata.normalize("NFKC", self.raw(name)).replace(",", "").replace(" ", "")
        return Decimal(text) if _AMOUNT.fullmatch(text) else None

    def count(self, name: str, label: str) -> int:
        """Read a count; an empty one is 0, a fault where it is no whole number."""
        text = unicodedata.normalize("NFKC", self.raw(name))
        if not text:
            return 0
        found = number(text)
        if found is None:
            self.fault(name, "E032", f"{label}要填整数")
        return found or 0

    def chosen(self, name: str) -> tuple[str, ...]:
        """Give the boxes that are ticked."""
        return tuple(self.post.getlist(name)) if self.post is not None else tuple(x for x in self.initial.get(name, "").split(",") if x)

    def ticked(self, name: str) -> bool:
        """Tell whether a single box is ticked."""
        return bool(self.raw(name))

    def field(self, name: str, label: str, kind: str = "text", **more: Any) -> Field:
        """Build a field with what was typed and what is wrong with it."""
        return Field(name, label, kind, self.raw(name), error=self.faults.get(name, ("", ""))[1], **more)

    def pick(self, name: str, label: str, choices: Sequence[tuple[str, str]], kind: str = "select", **more: Any) -> Field:
        """Build a choice of one: (title, value) pairs."""
        here = self.raw(name)
        return Field(name, label, kind, choices=tuple(Choice(t, v, chosen=v == here) for t, v in choices), error=self.faults.get(name, ("", ""))[1], **more)

    def tick(self, name: str, label: str, **more: Any) -> Field:
        """Build a single box."""
        return Field(name, label, "check", value="1", choices=(Choice(label, "1", chosen=self.ticked(name)),), error=self.faults.get(name, ("", ""))[1], **more)

    def boxes(self, name: str, label: str, choices: Sequence[tuple[str, str]], **more: Any) -> Field:
        """Build boxes of which several may be ticked."""
        here = set(self.chosen(name))
        return Field(name, label, "checks", choices=tuple(Choice(t, v, chosen=v in here) for t, v in choices), error=self.faults.get(name, ("", ""))[1], **more)

    @property
    def errors(self) -> tuple[ErrorLine, ...]:
        """Give the summary of the faults."""
        return tuple(ErrorLine(reason, f"f-{name}", code) for name, (code, reason) in self.faults.items())


def asked_org(request: HttpRequest, right: Permission) -> OrgView:
    """Give the organisation asked for (`org`), else the highest at which the actor holds the right; 404 outside the scope."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    text = request.GET.get("org") or request.POST.get("org") or ""
    if not text:
        held = [g for g in actor.grants if right in g.permissions]
        if not held:
            raise Refused("您的账号没有看这一页的权限，需要的话请找上级党组织开通")
        text = str(min(held, key=lambda g: (len(g.org_path), g.org_path)).org_id)
    org_id = number(text)
    if org_id is None:
        raise Http404
    org = tree.organisation(actor.sees(), org_id)
    actor.require(right, org.path_now)
    return org


def asked_year(request: HttpRequest) -> int:
    """Give the year asked for, this year where none (or nonsense) was."""
    today: date = request.today  # type: ignore[attr-defined]
    found = number(request.GET.get("year"))
    return found if found is not None and FIRST_YEAR <= found <= today.year + 1 else today.year


__all__ = ["Typed", "asked_org", "asked_year", "clock", "day", "number"]
