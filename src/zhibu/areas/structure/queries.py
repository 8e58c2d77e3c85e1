"""Organisations as pages and desks need them: state of the term, posts, headcounts, suggestions and findings, on any day, set-based."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from django.db.models import Count, OuterRef, Q, Subquery

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import GroupPlace, Membership, Person, PostKind, Rights, Standing
from zhibu.ground.people.queries import NOBODY, Headcount, PostView, RollEntry
from zhibu.ground.policy.resolve import Effective, UndefinedValue
from zhibu.ground.policy.spread import spread
from zhibu.ground.process import queries as process
from zhibu.ground.process.queries import CaseView
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import CommitteeView, GroupView, OrgSpell, OrgView
from zhibu.kernel.terms import TERM_STATE_ZH, TermState

from . import rules
from .rules import Finding, FindingCode, Suggestion


def rules_for(orgs: Iterable[OrgView], family: str, on: date) -> dict[int, Effective]:
    """Resolve one family for many organisations of one day, as `policy.spread` does."""
    return spread({org.id: org.path for org in orgs}, family, on)


def segments(path: str) -> list[int]:
    """Read the ids in a path, from the root down."""
    return [int(path[i : i + tree.SEGMENT], 36) for i in range(0, len(path), tree.SEGMENT)]


@dataclass(frozen=True, slots=True)
class OrgState:
    """What an organisation looks like on a day. `term` None: no committee was entered; `rules_missing`: no rule set in force on that day."""

    org: OrgView
    count: Headcount
    hosts: tuple[str, ...]
    committee: CommitteeView | None
    term: TermState | None
    posts: tuple[PostView, ...]
    findings: tuple[Finding, ...]
    rules_missing: str = ""

    @property
    def term_title(self) -> str:
        """Name the state of the term."""
        return TERM_STATE_ZH[self.term] if self.term else "未登记班子"

    def has(self, code: FindingCode) -> bool:
        """Tell whether a finding of this kind exists."""
        return any(f.code == code for f in self.findings)


def states(scope: Scope, on: date, *, under: str = "", org_ids: Iterable[int] | None = None) -> list[OrgState]:
    """Give the state of every organisation in scope on a day, path-sorted, without groups; statement count does not depend on their number."""
    orgs = tree.organisations(scope, on, under=under)
    if org_ids is not None:
        wanted = set(org_ids)
        orgs = [o for o in orgs if o.id in wanted]
    ids = [o.id for o in orgs] if org_ids is not None else None
    counts = people.headcounts(scope, on, ids)
    hosts = tree.host_units(scope, ids)
    committees = {c.org_id: c for c in tree.committees(scope, on, org_ids=ids)}
    held: dict[int, list[PostView]] = {}
    for post in people.posts(scope, on, org_ids=ids):
        held.setdefault(post.org_id, []).append(post)
    papers = dict(Organisation.objects.filter(pk__in=[o.id for o in orgs]).exclude(approval_doc="").values_list("pk", "approval_doc"))
    org_rules, term_rules = rules_for(orgs, "org", on), rules_for(orgs, "term", on)
    few = _too_few(orgs, counts, org_rules)
    since = under_since(scope, few, on)
    return [
        _state(
            o, on, counts.get(o.id, NOBODY), hosts.get(o.id, ()), committees.get(o.id), tuple(held.get(o.id, ())), papers.get(o.id, ""),
            since.get(o.id), org_rules[o.id], term_rules[o.id],
        )
        for o in orgs
    ]


def _too_few(orgs: Iterable[OrgView], counts: Mapping[int, Headcount], org_rules: Mapping[int, Effective]) -> dict[int, int]:
    found: dict[int, int] = {}
    for o in orgs:
        if o.kind in ("branch", "joint_branch") and org_rules[o.id].has("org.branch_full_min"):
            least = cast(int, org_rules[o.id].value("org.branch_full_min"))
            if counts.get(o.id, NOBODY).full < least:
                found[o.id] = least
    return found


def _state(
    org: OrgView, on: date, count: Headcount, hosts: tuple[str, ...], committee: CommitteeView | None, posts: tuple[PostView, ...], paper: str,
    since: date | None, org_rules: Effective, term_rules: Effective,
) -> OrgState:
    found: list[Finding] = []
    missing = ""
    seats = {p.person_id for p in posts if p.kind != PostKind.OFFICER}
    try:
        found += rules.size_findings(org_rules, org.kind, count.full, count.members_all, len(hosts) or 1, paper, len(seats), since, on)
    except UndefinedValue as error:
        missing = str(error)
    state = rules.term_state(committee.expires_on, committee.extended_until, on, term_rules) if committee else None
    if org.is_branch or committee is not None:
        found += rules.committee_findings(
            {p.kind for p in posts}, bool(committee and committee.seats and org.is_branch), committee.expires_on if committee else None,
            committee.extended_until if committee else None, on, term_rules,
        )
    return OrgState(org, count, hosts, committee, state, posts, tuple(found), missing)


def under_since(scope: Scope, least: Mapping[int, int], on: date) -> dict[int, date]:
    """Say since when each organisation has had fewer full members than `least` (org id -> minimum), from the spells of membership.

    Only organisations that are below on the day itself belong in `least`; one that never had enough counts from its first member.
    """
    if not least:
        return {}
    changes: dict[int, dict[date, int]] = {org_id: {} for org_id in least}
    rows = Membership.objects.within(scope).filter(org_id__in=list(least), standing=Standing.FULL, from_on__lte=on)
    for org_id, from_on, to_on in rows.order_by("org_id", "from_on", "id").values_list("org_id", "from_on", "to_on"):
        days = changes[org_id]
        days[from_on] = days.get(from_on, 0) + 1
        if to_on is not None and to_on <= on:
            days[to_on] = days.get(to_on, 0) - 1
    found: dict[int, date] = {}
    for org_id, days in changes.items():
        standing, begun = 0, None
        for day in sorted(days):
            standing += days[day]
            if standing >= least[org_id]:
                begun = None
            elif begun is None:
                begun = day
        if begun is not None:
            found[org_id] = begun
    return found


@dataclass(frozen=True, slots=True)
class GroupCard:
    """A Party group with its members on a day."""

    group: GroupView
    leader_id: int | None
    leader: str
    members: tuple[RollEntry, ...]


@dataclass(frozen=True, slots=True)
class OrgDetail:
    """What the organisation's own row says besides its view: contacts, papers, version of the row (for stale forms)."""

    version: int
    address: str
    phone: str
    theme_day: str
    function_label: str
    approval_doc: str
    established_precision: str
    dissolved_reason: str
    can_approve_probationary: bool


def detail(scope: Scope, org_id: int) -> OrgDetail:
    """Give the row's own items; NotFound outside the scope."""
    org = tree.organisation(scope, org_id)
    row = Organisation.objects.get(pk=org.id)
    return OrgDetail(
        row.version, row.address, row.phone, row.theme_day, row.function_label or rules.FUNCTION_ROLE.get(row.domain, ""), row.approval_doc,
        row.established_precision, row.dissolved_reason, row.can_approve_probationary,
    )


@dataclass(frozen=True, slots=True)
class OrgCard:
    """Everything the page of one organisation shows on a day."""

    org: OrgView
    detail: OrgDetail
    above: tuple[OrgView, ...]           # root first, without the organisation itself, as the tree stood that day
    children: tuple[OrgState, ...]
    state: OrgState
    total: Headcount                     # with everything below
    suggestion: Suggestion | None
    groups: tuple[GroupCard, ...]
    findings: tuple[Finding, ...]        # sizes, committee, groups
    history: tuple[OrgSpell, ...]
    terms: tuple[CommitteeView, ...]     # all terms, newest first
    cases: tuple[CaseView, ...]          # newest first
    names: Mapping[int, str]             # organisations named in the history

    @property
    def open_cases(self) -> tuple[CaseView, ...]:
        """Give the cases that wait for an answer."""
        return tuple(c for c in self.cases if c.is_open)


def organisation(scope: Scope, org_id: int, on: date) -> OrgCard:
    """Give one organisation on a day with all that hangs on it. Raises NotFound outside the scope or where it did not exist."""
    org = tree.organisation(scope, org_id, on)
    inside = states(scope, on, under=org.path)
    own = next(s for s in inside if s.org.id == org.id)
    members = people.roll(scope, org.id, on) if org.is_branch else []
    cards = group_cards(scope, org.id, on, members)
    found = [*own.findings]
    org_rules = rules_for([org], "org", on)[org.id]
    if org.is_branch and cards:
        try:
            found += rules.group_findings(org_rules, [as_group(c) for c in cards], as_members(members))
        except UndefinedValue:
            pass
    history = tuple(tree.history(org.id))
    above = _above(org)
    named = {h.parent_id for h in history if h.parent_id} | {i for h in history for i in segments(h.path)}
    return OrgCard(
        org, detail(scope, org.id), above, tuple(s for s in inside if s.org.parent_id == org.id), own, _sum(s.count for s in inside),
        _suggest(org, own, inside, on), cards, tuple(found), history,
        tuple(reversed(tree.committees(scope, org_ids=[org.id]))), tuple(process.cases_of(scope, [org.id])),
        {i: v.name for i, v in tree.views(named).items()},
    )


def _above(org: OrgView) -> tuple[OrgView, ...]:
    ids = segments(org.path)[:-1]
    by_id = tree.views(ids)
    return tuple(by_id[i] for i in ids if i in by_id)


def _sum(counts: Iterable[Headcount]) -> Headcount:
    total = NOBODY
    for c in counts:
        total = Headcount(
            total.full + c.full, total.probationary + c.probationary, total.suspended + c.suspended, total.on_probation + c.on_probation,
            total.rights_suspended + c.rights_suspended, total.excluded_life + c.excluded_life, total.excluded_voting + c.excluded_voting,
        )
    return total


def _suggest(org: OrgView, own: OrgState, inside: Sequence[OrgState], on: date) -> Suggestion | None:
    if org.kind in ("temporary_branch", "floating_branch", "work_committee", "comprehensive_committee"):
        return None
    count = own.count if org.is_branch else _sum(s.count for s in inside)
    return suggestion(org, count.full, count.probationary, len(own.hosts) if org.kind == "joint_branch" else 1, on)


def suggestion(
    org: OrgView, full: int, probationary: int, units: int, on: date, *, village_or_community: bool | None = None, project_months: int | None = None
) -> Suggestion | None:
    """Suggest a type for headcounts under the rules that hold at an organisation on a day; None where no rule set is in force."""
    village = org.village_or_community if village_or_community is None else village_or_community
    try:
        return rules.suggest(
            rules_for([org], "org", on)[org.id], rules_for([org], "term", on)[org.id], full, probationary, max(units, 1), village, project_months
        )
    except UndefinedValue:
        return None


def group_cards(scope: Scope, org_id: int, on: date, members: Sequence[RollEntry] | None = None) -> tuple[GroupCard, ...]:
    """Give the groups of a branch on a day with members and leader."""
    roll = people.roll(scope, org_id, on) if members is None else members
    inside: dict[int, list[RollEntry]] = {}
    for entry in roll:
        if entry.group_id is not None:
            inside.setdefault(entry.group_id, []).append(entry)
    cards = []
    for group in tree.groups(scope, on, org_ids=[org_id]):
        rows = inside.get(group.id, [])
        leader = next((e for e in rows if e.is_leader), None)
        cards.append(GroupCard(group, leader.person_id if leader else None, leader.name if leader else "", tuple(rows)))
    return tuple(cards)


def as_group(card: GroupCard) -> rules.Group:
    """Give the group as the rules read it."""
    return rules.Group(card.group.id, card.group.name, tuple(m.person_id for m in card.members), card.leader_id)


def as_members(roll: Iterable[RollEntry]) -> tuple[rules.GroupMember, ...]:
    """Give the members as the rules about groups read them."""
    return tuple(rules.GroupMember(e.person_id, e.name, e.standing == Standing.FULL, str(PostKind(e.post).label) if e.post else "") for e in roll)



def group_health(scope: Scope, on: date) -> dict[int, tuple[Finding, ...]]:
    """List what is wrong with the groups of every branch in scope on a day: too small, without full member, without leader, unassigned members.

    Numbers tell which branches have nothing wrong; only the others are read member by member.
    """
    groups: dict[int, list[GroupView]] = {}
    for group in tree.groups(scope, on):
        groups.setdefault(group.org_id, []).append(group)
    if not groups:
        return {}
    effective = rules_for([o for o in tree.organisations(scope, on) if o.id in groups], "org", on)
    sound = _sound(people.offices(scope), on, groups, effective)
    return _group_findings(scope, on, {i: groups[i] for i in effective if i not in sound}, effective)


def _sound(scope: Scope, on: date, groups: Mapping[int, Sequence[GroupView]], effective: Mapping[int, Effective]) -> set[int]:
    """Give organisations with groups that have certainly no finding, in two statements that read no member.

    Only one membership and one place of a person has no end (the database sees to it), so where every spell of the day has none, nobody is in two
    groups or counted twice. Where one has an end the numbers say nothing.
    """
    home = {g.id: org_id for org_id, own in groups.items() for g in own}
    current = GroupPlace.objects.within(scope).filter(tree.in_span(on))
    place = Subquery(current.filter(person_id=OuterRef("person_id")).order_by().values("group_id")[:1])
    members = Membership.objects.within(scope).filter(tree.in_span(on)).exclude(standing=Standing.SUSPENDED).annotate(place=place)
    size, full = dict[int, int](), dict[int, int]()
    unsound: set[int] = set()
    for org_id, group_id, standing, to_on, number in members.order_by().values_list("org_id", "place", "standing", "to_on").annotate(number=Count("id")):
        if to_on is not None or home.get(group_id) != org_id:  # in no group of the branch
            unsound.add(org_id)
            continue
        size[group_id] = size.get(group_id, 0) + number
        if standing == Standing.FULL:
            full[group_id] = full.get(group_id, 0) + number
    led: set[int] = set()
    for group_id, to_on, leads in current.filter(Q(is_leader=True) | Q(to_on__isnull=False)).order_by().values_list("group_id", "to_on", "is_leader"):
        if to_on is not None and group_id in home:
            unsound.add(home[group_id])
        if leads:
            led.add(group_id)
    return {
        org_id for org_id, rule in effective.items()
        if org_id not in unsound and rules.groups_sound(rule, [(size.get(g.id, 0), full.get(g.id, 0), g.id in led) for g in groups[org_id]])
    }


def _group_findings(
    scope: Scope, on: date, groups: Mapping[int, Sequence[GroupView]], effective: Mapping[int, Effective]
) -> dict[int, tuple[Finding, ...]]:
    """Read the members of some branches with groups, and say what is wrong; branches without a finding are absent."""
    members: dict[int, list[rules.GroupMember]] = {}
    places: dict[int, list[tuple[int, bool]]] = {}
    ids = sorted(groups)
    for start in range(0, len(ids), 900):
        part = ids[start : start + 900]
        rows = Membership.objects.within(scope).filter(tree.in_span(on), org_id__in=part).exclude(standing=Standing.SUSPENDED)
        for org_id, person, name, standing in rows.order_by("org_id", "name_sort", "id").values_list("org_id", "person_id", "name", "standing"):
            members.setdefault(org_id, []).append(rules.GroupMember(person, name, standing == Standing.FULL))
        places |= people.places(scope, on, part)
        for post in people.posts(scope, on, org_ids=part):
            members[post.org_id] = [replace(m, post=post.title) if m.person_id == post.person_id and not m.post else m for m in members.get(post.org_id, [])]
    found: dict[int, tuple[Finding, ...]] = {}
    for org_id, own in groups.items():
        cards = [
            rules.Group(g.id, g.name, tuple(p for p, _ in places.get(g.id, ())), next((p for p, leads in places.get(g.id, ()) if leads), None)) for g in own
        ]
        try:
            found[org_id] = rules.group_findings(effective[org_id], cards, members.get(org_id, ()))
        except UndefinedValue:
            continue
    return {k: v for k, v in found.items() if v}


def in_office(scope: Scope, org_id: int) -> CommitteeView | None:
    """Give the committee in office, None where none was entered."""
    found = [c for c in tree.committees(scope, org_ids=[org_id]) if c.ended_on is None]
    return found[-1] if found else None


def neighbours(scope: Scope, org_id: int) -> list[OrgView]:
    """List the other branches under the same superior, path-sorted. Names are readable to everybody signed in, so the reader's scope only
    decides whether the organisation itself may be opened."""
    org = tree.organisation(scope, org_id)
    above = next((o for o in reversed(tree.chain(org.path)) if not o.is_branch and o.id != org.id), None)
    if above is None:
        return []
    return [o for o in tree.organisations(Scope((above.path,))) if o.is_branch and o.id != org.id]


MANY_MEMBERS = 200


def candidates(scope: Scope, org_id: int, on: date) -> list[tuple[int, str]]:
    """List (person id, name) of the full members with rights who may hold a post: of the branch, above branches of everything below.

    Where that would be more than 200, only leading cadres and those who hold a post at the organisation or directly below it.
    """
    org = tree.organisation(scope, org_id)
    rows = Membership.objects.within(scope.narrowed(org.path)).filter(tree.in_span(on), standing=Standing.FULL, rights=Rights.NORMAL)
    if not org.is_branch and rows.count() > MANY_MEMBERS:
        near = [org.id, *(o.id for o in tree.organisations(scope.narrowed(org.path)) if o.parent_id == org.id)]
        known = {p.person_id for p in people.posts(scope, on, org_ids=near)}
        known |= set(Person.objects.within(scope.narrowed(org.path)).filter(is_leading_cadre=True).order_by("id").values_list("pk", flat=True)[:MANY_MEMBERS])
        rows = rows.filter(person_id__in=sorted(known)[:900])
    return list(rows.order_by("name_sort", "id").values_list("person_id", "name"))


def terms_allowed(org: OrgView, on: date) -> rules.Term | None:
    """Say which terms the rules allow an organisation's committee elected on a day; None where no set defines one (E055)."""
    effective = rules_for([org], "term", on)[org.id]
    try:
        planned = rules.term(effective, org.kind, org.village_or_community, on)
    except rules.YearsRequired as error:
        return rules.term(effective, org.kind, org.village_or_community, on, max(error.allowed))
    return planned if planned.refusal.ok else None
