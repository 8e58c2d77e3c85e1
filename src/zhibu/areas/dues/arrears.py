"""Who is behind with dues, and how far: derived on every reading, stored nowhere. It says nothing about anybody's membership."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.models import Membership
from zhibu.ground.people.queries import offices
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.resolve import Effective, resolve
from zhibu.kernel.periods import month_index

from .models import Assessment, Consent, Review
from .reach import rules_of, sums_in
from .rules import Arrears, Ladder, Step, arrears, ladder
from .twins import Twins, rows_of, twins


@dataclass(frozen=True, slots=True)
class Late:
    """A member with unpaid months. `review`: the open or accepted review that the months belong to ("open", "accepted", "no_reason" or "")."""

    org_id: int
    person_id: int
    found: Arrears
    owed: int
    review: str = ""
    review_id: int | None = None
    needs_review: bool = False


def late(scope: Scope, today: date, *, org_id: int | None = None, person_id: int | None = None, least: int = 1, known: Effective | None = None, both: Twins | None = None) -> list[Late]:
    """List the members in scope who are behind on a day, worst first. The number of statements does not depend on how many there are.

    `both`: who was registered twice, where the caller knows. `least`: only those with at least so many unpaid months (the months of the others are not even fetched). `known`: the rules that hold for `org_id`, where the caller has them."""
    both, reading = both or twins(scope, person_id), offices(scope) if scope.paths else scope
    members = Membership.objects.within(reading).filter(to_on__isnull=True)
    here = Q(Exists(members.filter(org_id=OuterRef("org_id"), person_id=OuterRef("person_id"))))
    ids = both.ids(person_id) if person_id is not None else []
    rows = rows_of(Assessment, scope, ids) if ids else Assessment.objects.within(scope)
    agreed = (rows_of(Consent, scope, ids) if ids else Consent.objects.within(scope)).filter(kind="quarterly")
    reviews = rows_of(Review, scope, ids) if ids else Review.objects.within(scope)
    rows = rows.filter(here | Q(person_id__in=both.stays) if both.stays else here, payment__isnull=True, ended_at__isnull=True, amount_fen__gt=0, month__lt=month_index(today))
    rows = rows.exclude(pk__in=both.surplus) if both.surplus else rows
    if least > 1:
        many = Q(person_id__in=rows.values("person_id").annotate(n=Count("id")).filter(n__gte=least).order_by().values("person_id"))
        rows = rows.filter(many | Q(person_id__in=both.every(both.stays)) if both.stays else many)
    if org_id is not None:
        rows, agreed, reviews = (q.filter(org_id=org_id) for q in (rows, agreed, reviews))
    stayed = set(members.filter(person_id__in=set(both.stays.values())).values_list("org_id", "person_id")) if both.stays else set()
    unpaid: dict[tuple[int, int], dict[int, int]] = {}
    for org, person, month, amount in rows.order_by("org_id", "person_id", "month").values_list("org_id", "person_id", "month", "amount_fen").iterator(chunk_size=10_000):
        if person not in both.stays or (org, both.of(person)) in stayed:
            unpaid.setdefault((org, both.of(person)), {})[month] = amount
    if not unpaid:
        return []
    spans: dict[tuple[int, int], list[tuple[int, int | None]]] = {}
    for org, person, first, last in agreed.order_by("id").values_list("org_id", "person_id", "from_month", "to_month"):
        spans.setdefault((org, both.of(person)), []).append((first, last))
    judged = {(r.org_id, both.of(r.person_id)): r for r in reviews.order_by("id")}
    rules, ladders = (lambda org: known) if known is not None else rules_of({org for org, _ in unpaid}, today), dict[int, Ladder]()
    found = []
    for (org, person), months in unpaid.items():
        steps = ladders.get(org) or ladders.setdefault(org, ladder(rules(org)))
        quarterly = [m for m in months for first, last in spans.get((org, person), ()) if first <= m and (last is None or m < last)]
        state = arrears(months, today, steps, quarterly)
        if state.step is not Step.NONE:
            found.append(_line(org, person, state, months, steps, judged.get((org, person))))
    return sorted(found, key=lambda one: (-one.found.months, one.org_id, one.person_id))


def _line(org: int, person: int, state: Arrears, months: dict[int, int], steps: Ladder, review: Review | None) -> Late:
    owed = sum(months[m] for m in state.unpaid)
    belongs = review is not None and state.since is not None and review.last_month >= state.since
    needs = state.step is Step.LAPSE_REVIEW
    if review is not None and belongs:
        needs = needs and review.state == "accepted" and steps.step(state.unpaid[-1] - review.last_month) is Step.LAPSE_REVIEW
        return Late(org, person, state, owed, review.state, review.pk, needs)
    return Late(org, person, state, owed, "", None, needs)


def counts(scope: Scope, today: date) -> dict[int, dict[str, int]]:
    """Count the members per organisation who have come to the second step or further: numbers only, for those who may see sums."""
    found: dict[int, dict[str, int]] = {}
    for one in late(sums_in(scope), today, least=_second_step(today)):
        if one.found.step is Step.REMINDER:
            continue
        tally = found.setdefault(one.org_id, {})
        tally[one.found.step] = tally.get(one.found.step, 0) + 1
        if one.needs_review:
            tally["needs_review"] = tally.get("needs_review", 0) + 1
    return found


def _second_step(today: date) -> int:
    """Give the smallest number of months at which any rule set in use asks for more than a reminder."""
    assigned = policy.assignments("dues", today, today)
    library = policy.library_for(a.choice.rule_set for a in assigned)
    ladders = [ladder(resolve(library, chosen, "dues", today)) for chosen in ([], *([a.choice] for a in assigned))]
    return min(min(steps.criticism, steps.lapse_review) for steps in ladders)
