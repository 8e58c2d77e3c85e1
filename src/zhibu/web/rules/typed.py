"""What stands in the boxes of a form: as typed, or as it is saved; with the faults found."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from zhibu.web.shell.context import Choice, Field

HIGHEST = 10**9


class Wrong(Exception):
    """A box that cannot be read: its name and a sentence."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name
        self.text = text


class Texts:
    """The texts of a form by box."""

    def __init__(self, given: QueryDict | None, saved: Mapping[str, list[str]]) -> None:
        self.given = given
        self.saved = saved
        self.faults: dict[str, str] = {}

    def all(self, name: str) -> list[str]:
        """Give every text of a box."""
        found = self.given.getlist(name) if self.given is not None else self.saved.get(name, [])
        return ["".join(c for c in text[:300] if c.isprintable()).strip() for text in found]

    def one(self, name: str) -> str:
        """Give the text of a box, "" for none."""
        return next(iter(self.all(name)), "")

    def has(self, name: str) -> bool:
        """Tell whether something stands in a box."""
        return bool(self.one(name))

    def chosen(self, name: str, allowed: Sequence[str], title: str) -> str:
        """Give the chosen word. Raises Wrong for one that was not offered."""
        found = self.one(name)
        if found not in allowed:
            raise Wrong(name, f"“{title}”请从列表中选")
        return found

    def several(self, name: str, allowed: Sequence[str], title: str) -> list[str]:
        """Give the ticked words in the order of the list. Raises Wrong for one that was not offered."""
        found = self.all(name)
        if set(found) - set(allowed):
            raise Wrong(name, f"“{title}”请从列表中选")
        return [one for one in allowed if one in found]

    def field(self, name: str, label: str, kind: str = "text", **more: Any) -> Field:
        """Build a box with what stands in it and its fault."""
        return Field(name, label, kind, self.one(name), error=self.faults.get(name, ""), **more)


def number(typed: Texts, name: str, title: str) -> int | None:
    """Read a whole number; None for an empty box."""
    text = typed.one(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > HIGHEST or len(text) > 12:
        raise Wrong(name, f"“{title}”要填不小于 0 的整数")
    return int(text)


def pick(typed: Texts, name: str, label: str, options: Sequence[tuple[str, str]], **more: Any) -> Field:
    """Build a list to choose one of; `options` are (value, label)."""
    here = typed.one(name)
    return Field(name, label, "select", here, tuple(Choice(title, value, chosen=value == here) for value, title in options), error=typed.faults.get(name, ""), **more)


def checks(typed: Texts, name: str, label: str, options: Sequence[tuple[str, str]], **more: Any) -> Field:
    """Build boxes to tick; `options` are (value, label)."""
    here = set(typed.all(name))
    return Field(name, label, "checks", "", tuple(Choice(title, value, chosen=value in here) for value, title in options), error=typed.faults.get(name, ""), **more)


def tick(typed: Texts, name: str, label: str, **more: Any) -> Field:
    """Build a single box."""
    return Field(name, label, "check", "1", (Choice(label, "1", chosen=typed.one(name) == "1"),), **more)
