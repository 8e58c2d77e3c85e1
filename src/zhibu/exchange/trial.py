"""What a draft of a rule set changes: the decision tables under the present rules and under the draft, side by side. No database.

A case of the product's own tables concerns the draft where it names the set from which the draft was made (without one: a national set of the same
families): there the draft takes its place, for the days on which that set was in force. Tables that a county brings name the draft by its code.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from zhibu.exchange.decisions import Case, Got, Malformed, answer, load, plain, read_case
from zhibu.ground.policy.library import Library, RuleSet

FOLDER = Path(__file__).with_name("tables")
MOST_CASES = 200
#: which families of rules decide in a family of tables
DECIDED_BY = {"structure.suggest": ("org", "term"), "structure.term": ("term",), "meetings.year": ("life", "conventions"), "meetings.decision": ("votes",), "resources.funds": ("funds",)}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a case says: what the table expects, what comes out under the draft."""

    key: str
    expected: Any
    now: Any

    @property
    def same(self) -> bool:
        """Tell whether the draft gives what the table expects."""
        return type(self.expected) is type(self.now) and bool(self.expected == self.now)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case with its lines."""

    case: Case
    lines: tuple[Line, ...]

    @property
    def changed(self) -> tuple[Line, ...]:
        """Give the lines whose result differs from the table."""
        return tuple(line for line in self.lines if not line.same)


@lru_cache(maxsize=1)
def built_in() -> tuple[Case, ...]:
    """Read the product's own tables, once."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        family, raw = load(path.read_bytes(), path.name)
        found += [read_case(path.name, number, family, one) for number, one in enumerate(raw, 1)]
    return tuple(found)


def read_own(data: bytes, file: str) -> tuple[Case, ...]:
    """Read a county's own table. Raises Malformed naming file, case and key."""
    family, raw = load(data, file)
    if len(raw) > MOST_CASES:
        raise Malformed("case", f"一张表最多 {MOST_CASES} 例", file=file)
    return tuple(read_case(file, number, family, one) for number, one in enumerate(raw, 1))


def under_draft(library: Library, draft: RuleSet, today: date) -> tuple[Outcome, ...]:
    """Run the product's cases that a draft touches; `changed` of an outcome is what would come out differently."""
    found = []
    for case in built_in():
        codes = case.given.get("rules", ())
        families = DECIDED_BY.get(case.family, ())
        if not any(draft.defines(family) for family in families):
            continue
        replaced = [code for code in codes if _stands_for(library, draft, code, families)]
        if replaced:
            base = library.get(replaced[0])
            active = replace(draft, status="active", effective_from=base.effective_from, effective_to=base.effective_to)
            named = tuple(draft.code if code in replaced else code for code in codes)
            found.append(_run(replace(case, given={**case.given, "rules": named}), library.with_set(active), today))
    return tuple(found)


def under_own(library: Library, draft: RuleSet, cases: Iterable[Case], today: date) -> tuple[Outcome, ...]:
    """Run a county's own cases with the draft among the sets, on the days the draft has."""
    known = library.with_set(replace(draft, status="active"))
    return tuple(_run(case, known, today) for case in cases)


def _stands_for(library: Library, draft: RuleSet, code: str, families: Sequence[str]) -> bool:
    """Tell whether the draft takes this set's place in a case."""
    if draft.based_on:
        return code == _origin(library, draft)
    one = library.sets.get(code)
    return one is not None and one.kind == "national" and any(one.defines(family) and draft.defines(family) for family in families)


def _origin(library: Library, draft: RuleSet) -> str:
    """Follow the copies back to the first set."""
    seen, code = {draft.code}, draft.based_on
    while code not in seen and (one := library.sets.get(code)) is not None and one.based_on:
        seen.add(code)
        code = one.based_on
    return code


def _run(case: Case, library: Library, today: date) -> Outcome:
    got: Got
    try:
        got = answer(case, library, today)
    except Malformed as error:
        got = {"error": f"{error.key}：{error.why}"}
    lines = []
    for key, raw in case.expect.items():
        have = plain(got.get(key, "" if key == "error" else None))
        if key != "error" and "error" in got:
            have = str(got["error"])
        lines.append(Line(key, plain(raw), have))
    return Outcome(case, tuple(lines))
