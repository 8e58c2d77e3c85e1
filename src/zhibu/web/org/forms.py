"""Read what was typed: text, days, numbers, choices; remember every fault with its field, so that the form comes back as it was sent."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.http import QueryDict

from zhibu.areas.structure.actions import StructureError
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.policy.actions import PolicyError
from zhibu.ground.process.actions import CaseError
from zhibu.ground.tree.actions import TreeError
from zhibu.web.shell.context import Choice, ErrorLine, Field

Refusal = StructureError | CaseError | TreeError | PeopleError | PolicyError
REFUSALS = (StructureError, CaseError, TreeError, PeopleError, PolicyError)

#: the field a refusal is about where its sentence names none: the first of these that the form has
FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "E003": ("kind", "parent"), "E004": ("full", "kind"), "E005": ("units", "kind"), "E006": ("member",), "E007": ("member", "to"), "E044": ("elected_on", "post"),
    "E049": ("document", "approval_doc"), "E050": ("until", "years"),
}


class Given:
    """The content of a form: what was posted, else what stands there now; with the faults found so far."""

    def __init__(self, post: QueryDict | None, initial: Mapping[str, str] | None = None) -> None:
        self.post = post
        self.initial = dict(initial or {})
        self.faults: dict[str, str] = {}
        self.lines: list[ErrorLine] = []
        self.labels: dict[str, str] = {}  # of the fields read so far

    @property
    def ok(self) -> bool:
        """Tell whether nothing was wrong so far."""
        return not self.faults and not self.lines

    def raw(self, name: str) -> str:
        """Give the text of a field as it goes back into the form."""
        return self.post.get(name, "").strip() if self.post is not None else self.initial.get(name, "")

    def fault(self, name: str, text: str, code: str = "") -> None:
        """Note a fault of a field."""
        if name not in self.faults:
            self.faults[name] = text
            self.lines.append(ErrorLine(text, f"f-{name}", code))

    def text(self, name: str, label: str, *, required: bool = False, most: int = 200) -> str:
        """Read a text."""
        self.labels[name] = label
        value = self.raw(name)
        if required and not value:
            self.fault(name, f"请填写{label}")
        if len(value) > most:
            self.fault(name, f"{label}太长，最多 {most} 个字")
        return value

    def lines_of(self, name: str, label: str, *, most: int = 100) -> tuple[str, ...]:
        """Read a text of several lines, one entry each."""
        self.labels[name] = label
        found = tuple(line.strip() for line in self.raw(name).splitlines() if line.strip())
        if any(len(line) > most for line in found):
            self.fault(name, f"{label}每行最多 {most} 个字")
        return found

    def day(self, name: str, label: str, *, required: bool = False) -> date | None:
        """Read a day written as 2026-11-20."""
        self.labels[name] = label
        value = self.raw(name)
        if not value:
            if required:
                self.fault(name, f"请填写{label}")
            return None
        try:
            found = date.fromisoformat(value)
        except ValueError:
            self.fault(name, f"{label}要写成 2026-11-20 的样子")
            return None
        if not 1921 <= found.year <= 2100:
            self.fault(name, f"{label}的年份不对，请核对")
            return None
        return found

    def number(self, name: str, label: str, *, required: bool = False, most: int = 100_000) -> int | None:
        """Read a whole number from 0."""
        self.labels[name] = label
        value = self.raw(name)
        if not value:
            if required:
                self.fault(name, f"请填写{label}")
            return None
        if not (value.isascii() and value.isdigit()) or int(value) > most:
            self.fault(name, f"{label}要填 0 到 {most} 的整数")
            return None
        return int(value)

    def choice(self, name: str, label: str, allowed: Mapping[str, str], *, required: bool = False) -> str:
        """Read one of the offered values."""
        self.labels[name] = label
        value = self.raw(name)
        if value and value not in allowed:
            self.fault(name, f"{label}请从列表中选")
            return ""
        if required and not value:
            self.fault(name, f"请选{label}")
        return value

    def ids(self, name: str) -> list[int]:
        """Read the ids of the ticked boxes."""
        self.labels.setdefault(name, "")
        values = self.post.getlist(name) if self.post is not None else self.initial.get(name, "").split()
        return [int(v) for v in values if v.isascii() and v.isdigit()]

    def refuse(self, error: Refusal) -> None:
        """Note what the domain refused, each refusal on its own line with its code, at the field it is about."""
        if isinstance(error, StructureError):
            for decision in error.decisions:
                self._refused(error.field or self._where(decision.reason, decision.code), decision.reason, decision.code)
        else:
            self._refused(getattr(error, "field", "") or self._where(error.reason, error.code), error.reason, error.code)

    def _refused(self, name: str, reason: str, code: str) -> None:
        self.lines.append(ErrorLine(reason, f"f-{name}" if name in self.labels else "", code))
        if name:
            self.faults.setdefault(name, reason)

    def _where(self, reason: str, code: str) -> str:
        """Find the field whose label the sentence names first, else the usual one of the code; "" for none."""
        named = {name: reason.find(label) for name, label in self.labels.items() if label and label in reason}
        if named:
            return min(named, key=lambda name: (named[name], -len(self.labels[name])))
        return next((name for name in FIELDS_OF.get(code, ()) if name in self.labels), "")

    def field(self, name: str, label: str, kind: str = "text", *, choices: Sequence[tuple[str, str]] = (), **more: object) -> Field:
        """Build the field with its value and its fault; `choices` are (value, label)."""
        chosen = {self.raw(name)} if kind != "checks" else {str(i) for i in self.ids(name)}
        options = tuple(Choice(title, value, chosen=value in chosen) for value, title in choices)
        return Field(name, label, kind, self.raw(name), options, error=self.faults.get(name, ""), **more)  # type: ignore[arg-type]

    def tick(self, name: str, label: str, **more: object) -> Field:
        """Build a single box, ticked when it was ticked."""
        return Field(name, label, "check", "1", (Choice(label, "1", chosen=self.raw(name) == "1"),), error=self.faults.get(name, ""), **more)  # type: ignore[arg-type]
