"""What a draft of a rule set lacks before it may be active: values without a source (E055), laxer values without a reason (E042), contradictions. Pure.

Nothing here decides: the faults are shown, a person mends them or leaves the draft a draft. Source: rules.md §1, §10.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from zhibu.ground.policy.catalogue import FAMILIES, KEYS
from zhibu.ground.policy.library import Item, Library, RuleSet
from zhibu.ground.policy.resolve import Laxer, laxer_than_national, national_value
from zhibu.ground.policy.wording import laxer_sentence


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps a draft from being active; `key` is the value it is about, or a word of the header, or ""."""

    code: str
    key: str
    sentence: str


#: (the smaller one, the greater one)
_PAIRS = (
    ("org.committee_size_min", "org.committee_size_normal_max"), ("org.committee_size_normal_max", "org.committee_size_max"),
    ("org.general_branch_min", "org.committee_min"), ("recruit.contacts.min", "recruit.contacts.max"),
    ("recruit.extension_months.min", "recruit.extension_months.max"), ("dues.farmer.min", "dues.farmer.max"),
    ("election.delegates.min", "election.delegates.max"), ("star.panel_min", "star.panel_max"), ("conventions.reminder.from", "conventions.reminder.to"),
    ("disposal.correction_default_months", "disposal.correction_max_months"),
)


def laxer_values(library: Library, draft: RuleSet, on: date) -> tuple[Laxer, ...]:
    """Give what is below the nation on the day the draft begins, or today where it has no day yet."""
    return laxer_than_national(library, draft, draft.effective_from or on)


def faults(library: Library, draft: RuleSet, on: date) -> tuple[Fault, ...]:
    """List everything that is missing or contradicts itself; empty = may be activated."""
    found = [*_header(draft)]
    day = draft.effective_from or on
    if not draft.values:
        found.append(Fault("E055", "", "一项规定也没有，请至少写一项"))
    found += _undefined(library, draft, day)
    for one in laxer_values(library, draft, on):
        item = draft.values.get(one.key)
        if not (item.reason if item else draft.reason).strip():
            where = "请在这一项写明理由" if item else "请在基本情况里写明不列入的理由"
            found.append(Fault("E042", one.key, f"{laxer_sentence(one)}。{where}"))
    found += _unsourced(library, draft)
    found += _contradictions(library, draft, day)
    return tuple(found)


def _header(draft: RuleSet) -> list[Fault]:
    found = [
        Fault("E055", name, f"没有填{label}")
        for name, label, value in (
            ("title", "名称", draft.title), ("document_no", "文号", draft.document_no), ("effective_from", "施行日期", draft.effective_from),
        ) if not value
    ]
    if draft.effective_from and draft.effective_to and draft.effective_to < draft.effective_from:
        found.append(Fault("E002", "effective_to", "失效日期早于施行日期，请改"))
    return found


def _standing(library: Library, values: Mapping[str, Item], key: str, on: date) -> Item | None:
    """Give the item that holds: the draft's, the nation's or the convention."""
    if key in values:
        return values[key]
    national = national_value(library, key, on)
    return national[1] if national else library.conventions().values.get(key)


def _undefined(library: Library, draft: RuleSet, on: date) -> list[Fault]:
    """List values that the copied set had, that the draft lost, and that nobody else defines."""
    base = library.sets.get(draft.based_on)
    return [
        Fault("E055", key, f"{FAMILIES[KEYS[key].family]}的“{KEYS[key].title}”没有值，国家也没有规定，不能启用；请填上")
        for key in KEYS
        if base and key in base.values and draft.defines(KEYS[key].family) and KEYS[key].family != "life" and _standing(library, draft.values, key, on) is None
    ]


def _unsourced(library: Library, draft: RuleSet) -> list[Fault]:
    """List values without a source, and those that were changed and still carry the source of the value they were copied from."""
    base = library.sets.get(draft.based_on)
    found = []
    for key, item in draft.values.items():
        old = base.values.get(key) if base else None
        if not item.clause.strip():
            found.append(Fault("", key, f"“{KEYS[key].title}”没有写出处，请写明文件和条款"))
        elif old and old.clause == item.clause and old.value != item.value:
            found.append(Fault("", key, f"“{KEYS[key].title}”的值改了，出处还是“{old.clause}”，请写本地文件的条款"))
    return found


def _contradictions(library: Library, draft: RuleSet, on: date) -> list[Fault]:
    found = []
    for low, high in _PAIRS:
        if low not in draft.values and high not in draft.values:
            continue
        less, more = _standing(library, draft.values, low, on), _standing(library, draft.values, high, on)
        if less and more and cast(int, less.value) > cast(int, more.value):
            found.append(Fault("E055", low if low in draft.values else high, f"“{KEYS[low].title}”大于“{KEYS[high].title}”，请改其中一项"))
    return found
