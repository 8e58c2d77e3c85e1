"""The numbers of the rule sets about relations that hold for organisations on a day, read together for any number of them."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.resolve import Choice, Effective, resolve
from zhibu.kernel.periods import WindowKind

from .away import Terms
from .rules import Validity, validity

FAMILIES = ("relations", "education")


@dataclass(frozen=True, slots=True)
class Standards:
    """What holds for one organisation: the terms of being away, and how long letters hold."""

    terms: Terms
    validity: Validity
    in_city: Validity
    outside: Validity


def standards(org_id: int, on: date) -> Standards:
    """Give what holds for one organisation on a day."""
    found = policy.effective_each(org_id, FAMILIES, on)
    return read(found["relations"], found["education"])


def standards_now(path: str, on: date) -> Standards:
    """Give what holds on a day for the organisation that has this path today."""
    found = policy.effective_now(path, FAMILIES, on)
    return read(found["relations"], found["education"])


def standards_of(paths: Mapping[int, str], on: date) -> dict[int, Standards]:
    """Give what holds for many organisations (id -> path) on a day; the number of statements does not depend on how many there are."""
    assigned = {family: {a.org_id: a.choice for a in policy.assignments(family, on, on)} for family in FAMILIES}
    library = policy.library_for({c.rule_set for chosen in assigned.values() for c in chosen.values()})
    known: dict[tuple[Choice | None, ...], Standards] = {}
    found = {}
    for org_id, path in paths.items():
        above = policy.ids_in(path)
        nearest = tuple(next((assigned[family][i] for i in above if i in assigned[family]), None) for family in FAMILIES)
        if nearest not in known:
            relations, education = (resolve(library, [c] if c else [], family, on) for family, c in zip(FAMILIES, nearest, strict=True))
            known[nearest] = read(relations, education)
        found[org_id] = known[nearest]
    return found


def read(relations: Effective, education: Effective) -> Standards:
    """Read what holds from the two families."""
    def clause(of: Effective, key: str) -> str:
        value = of.get(key)
        return value.clause or value.rule_set.title

    letter = "relations.letter_valid_months" if relations.has("relations.letter_valid_months") else "relations.letter_valid_days"
    terms = Terms(
        transfer_months=_int(education, "education.must_transfer_away_months"), graduate_years=_int(education, "education.graduate_keep_years"),
        abroad_study_years=_int(education, "education.abroad_study_years"), lost_months=_int(education, "education.suspend_lost_months"),
        removal_years=_int(education, "education.remove_after_suspension_years"), leave_months=_int(relations, "relations.temporary_leave_max_months"),
        receipt_months=_int(relations, "relations.receipt_months"), expiring_days=_int(relations, "relations.letter_expiring_days"),
        contact=WindowKind(str(relations.value("relations.floating_contact"))), abroad_contact=WindowKind(str(education.value("education.abroad_contact"))),
        clauses={
            "letter": clause(relations, letter), "transfer": clause(education, "education.must_transfer_away_months"),
            "contact": clause(relations, "relations.floating_contact"), "abroad": clause(education, "education.abroad_contact"),
            "lost": clause(education, "education.suspend_lost_months"), "removal": clause(education, "education.remove_after_suspension_years"),
            "leave": clause(relations, "relations.temporary_leave_max_months"), "receipt": clause(relations, "relations.receipt_months"),
        },
    )
    return Standards(
        terms, validity(relations), Validity(None, _int(relations, "relations.letter_in_city_days")), Validity(None, _int(relations, "relations.letter_outside_days")),
    )


def _int(of: Effective, key: str) -> int:
    return cast(int, of.value(key))
