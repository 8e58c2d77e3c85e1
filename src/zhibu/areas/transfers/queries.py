"""Read transfers: lists, one with its steps, whose step is next, and how many there were."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope, collapse
from zhibu.ground.people import queries as people
from zhibu.ground.process import queries as process
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import Organisation, OrgType
from zhibu.ground.tree.queries import NotFound, OrgView, in_scope
from zhibu.kernel.dates import age

from . import rules
from .models import Transfer
from .rules import Kind, Move, Owner, State

COMMITTEES = frozenset({OrgType.PARTY_COMMITTEE, OrgType.WORK_COMMITTEE, OrgType.COMPREHENSIVE_COMMITTEE})
PAGE = 50


@dataclass(frozen=True, slots=True)
class StepView:
    """A step that was taken."""

    title: str
    on: date
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class TransferView:
    """A transfer with the names that pages show. A side outside this installation has a name and no id."""

    id: int
    kind: str
    kind_title: str
    state: str
    state_title: str
    person_id: int | None
    name: str
    standing: str
    gender: str
    from_id: int | None
    from_path: str
    from_name: str
    from_committee: str
    from_committee_id: int | None
    from_committee_path: str
    to_id: int | None
    to_path: str
    to_name: str
    to_committee: str
    to_committee_id: int | None
    to_committee_path: str
    reason: str
    applied_on: date
    applied_by: str
    paid_to: date | None
    approval: str
    letter_no: str
    issued_on: date | None
    valid_until: date | None
    received_on: date | None
    returned_on: date | None
    ended_on: date | None
    steps: tuple[StepView, ...]
    version: int

    @property
    def is_open(self) -> bool:
        """Tell whether something is still to be done."""
        return self.state not in rules.DONE

    def expired(self, today: date) -> bool:
        """Tell whether the letter's last day is over and nobody accepted it (V09)."""
        return self.state == State.IN_TRANSIT and self.valid_until is not None and self.valid_until < today

    def left(self, today: date) -> int | None:
        """Give how many days the letter still holds, None without a letter on its way."""
        return rules.left(self.valid_until, today) if self.state == State.IN_TRANSIT and self.valid_until else None


def committee_of(org: OrgView) -> OrgView:
    """Give the committee that issues and accepts letters for an organisation: the nearest one, itself included; the topmost organisation where there is none."""
    above = tree.chain(org.path_now)[::-1]
    return next((o for o in above if o.kind in COMMITTEES), above[-1])


def views(rows: Iterable[Transfer]) -> list[TransferView]:
    """Turn rows into views; the names of all organisations come in one statement."""
    found = list(rows)
    orgs = _named(found) if found else {}
    return [_view(t, orgs) for t in found]


def _named(rows: Iterable[Transfer], also: Iterable[int] = ()) -> dict[int, OrgView]:
    return tree.views({i for t in rows for i in (t.org_id, t.other_org_id, t.out_committee_id, t.in_committee_id) if i} | set(also))


def _view(t: Transfer, orgs: Mapping[int, OrgView]) -> TransferView:
    inward = t.kind == Kind.PAPER_IN
    ours, theirs = orgs[t.org_id], orgs.get(t.other_org_id or 0)
    out, into = orgs.get(t.out_committee_id or 0), orgs.get(t.in_committee_id or 0)
    giving, taking = (None, ours) if inward else (ours, theirs)
    return TransferView(
        t.pk, t.kind, rules.KIND_ZH[Kind(t.kind)], t.state, rules.STATE_ZH[State(t.state)], t.person_id, t.name, t.standing, t.gender,
        giving.id if giving else None, giving.path_now if giving else "", giving.name if giving else t.outside_branch or t.outside,
        out.name if out else t.outside, t.out_committee_id, out.path_now if out else "",
        taking.id if taking else None, taking.path_now if taking else "", taking.name if taking else t.outside_branch or t.outside,
        into.name if into else t.outside, t.in_committee_id, into.path_now if into else "",
        t.reason, t.applied_on, t.applied_by, t.paid_to, t.approval, t.letter_no, t.issued_on, t.valid_until, t.received_on, t.returned_on, t.ended_on,
        tuple(StepView(s["title"], date.fromisoformat(s["on"]), s["by"], s["text"]) for s in t.steps), t.version,
    )


def transfer(scope: Scope, transfer_id: int) -> TransferView:
    """Give one transfer. Raises NotFound outside the scope: each side sees it, nobody else."""
    row = Transfer.objects.within(scope).filter(pk=transfer_id).first()
    if row is None:
        raise NotFound("没有找到这件组织关系转接")
    return views([row])[0]


TABS: tuple[tuple[str, str], ...] = (("out", "转出"), ("in", "转入"), ("transit", "在途"), ("expiring", "快到期和过期"), ("done", "办结"))


def _tab(scope: Scope, tab: str, today: date, days: int) -> Q:
    going = in_scope(scope, "org__path") & ~Q(kind=Kind.PAPER_IN)
    coming = (in_scope(scope, "org__path") & Q(kind=Kind.PAPER_IN)) | in_scope(scope, "other_org__path")
    unfinished = ~Q(state__in=sorted(rules.DONE))
    transit = Q(state=State.IN_TRANSIT)
    return {
        "out": going & unfinished, "in": coming & unfinished, "transit": transit, "expiring": transit & Q(valid_until__lte=today + timedelta(days=days)),
        "done": Q(state__in=sorted(rules.DONE)),
    }[tab]


def transfers(scope: Scope, tab: str, today: date, *, days: int = 7, offset: int = 0, limit: int = PAGE) -> tuple[list[TransferView], int]:
    """Page through the transfers of a tab in which an organisation in scope has a side; returns (rows, total). Oldest letter first, done ones newest first."""
    scope = people.offices(scope)
    rows = Transfer.objects.within(scope).filter(_tab(scope, tab, today, days))
    order = ("-ended_on", "-id") if tab == "done" else ("valid_until", "applied_on", "id")
    return views(rows.order_by(*order)[offset : offset + limit]), rows.count()


def counts(scope: Scope, today: date, *, days: int = 7) -> dict[str, int]:
    """Count the transfers of every tab in one statement."""
    scope = people.offices(scope)
    found: dict[str, int] = Transfer.objects.within(scope).aggregate(**{tab: Count("id", filter=_tab(scope, tab, today, days)) for tab, _ in TABS})
    return found


def unfinished(scope: Scope) -> list[TransferView]:
    """List every transfer in scope in which something is still to be done, oldest first."""
    return unfinished_at(scope, ())[0]


def unfinished_at(scope: Scope, org_ids: Iterable[int]) -> tuple[list[TransferView], list[OrgView]]:
    """List every transfer in scope in which something is still to be done, and the organisations asked for beside them. Two statements."""
    wanted = set(org_ids)
    rows = list(Transfer.objects.within(people.offices(scope)).exclude(state__in=sorted(rules.DONE)).order_by("applied_on", "id"))
    orgs = _named(rows, wanted)
    return [_view(t, orgs) for t in rows], [orgs[i] for i in sorted(wanted)]


def of_person(scope: Scope, person_id: int) -> list[TransferView]:
    """List somebody's transfers, newest first."""
    return views(Transfer.objects.within(scope).filter(person_id=person_id).order_by("-applied_on", "-id"))


def open_cases(scope: Scope, person_id: int) -> tuple[str, ...]:
    """Name the cases about a person that wait for an answer: a warning, and a reason to ask for the superior's approval."""
    return tuple(c.title for c in process.open_cases(scope, subject=("person", person_id)))


#: owner of a step -> the right it needs
RIGHTS: Mapping[Owner, Permission] = {
    Owner.OUT_BRANCH: Permission.TRANSFER_REQUEST, Owner.IN_BRANCH: Permission.TRANSFER_REQUEST,
    Owner.OUT_COMMITTEE: Permission.TRANSFER_DECIDE, Owner.IN_COMMITTEE: Permission.TRANSFER_DECIDE,
}


def place_of(view: TransferView, owner: Owner) -> str:
    """Give the path at which the owner of a step needs the right; "" where that side is outside."""
    return {
        Owner.OUT_BRANCH: view.from_path, Owner.OUT_COMMITTEE: view.from_committee_path, Owner.IN_BRANCH: view.to_path, Owner.IN_COMMITTEE: view.to_committee_path,
    }[owner]


def next_steps(actor: Actor, view: TransferView) -> tuple[Move, ...]:
    """List the steps that this actor may take now."""
    found = []
    for move in rules.steps(Kind(view.kind), State(view.state)):
        owner = rules.owner(Kind(view.kind), State(view.state), move)
        path = place_of(view, owner)
        if path and actor.may(RIGHTS[owner], path):
            found.append(move)
    return tuple(found)


def reach(actor: Actor) -> Scope:
    """Give the scope in which the actor has to do with transfers: as a branch or as a committee."""
    return Scope(collapse(g.org_path for g in actor.grants if g.permissions & {Permission.TRANSFER_REQUEST, Permission.TRANSFER_DECIDE}))


def targets(home: OrgView, limit: int = 60) -> list[OrgView]:
    """Propose where a member of a branch may go: the branches of the same committee, then the other committees of this installation."""
    out = committee_of(home)
    near = [o for o in tree.organisations(Scope((out.path_now,))) if o.is_branch and o.id != home.id][: limit // 2]
    top = tree.root()
    far = [o for o in tree.organisations(Scope((top.path_now,))) if o.kind in COMMITTEES and o.id not in (out.id, top.id)] if top else []
    return near + far[: limit - len(near)]


def named(text: str) -> list[OrgView]:
    """Find the organisation that a text names: exactly one, or those it may mean."""
    exact = tree.find(text.strip())
    return [exact] if exact else tree.named_like(text.strip()) if len(text.strip()) > 1 else []


def branches_below(committee_path: str) -> list[OrgView]:
    """List the branches of a committee that can take a member."""
    return [o for o in tree.organisations(Scope((committee_path,))) if o.is_branch]


@dataclass(frozen=True, slots=True)
class Flow:
    """How many came and went in a period, and how many are under way at its end."""

    came: int
    went: int
    in_transit: int


def flow(scope: Scope, org_ids: Sequence[int], first: date, last: date) -> dict[int, Flow]:
    """Count arrivals and departures of branches within first..last, and who was in transit at its end. One statement.

    A member under way is counted at the old branch."""
    wanted = set(org_ids)
    came: dict[int, int] = {}
    went: dict[int, int] = {}
    way: dict[int, int] = {}
    under_way = Q(issued_on__lte=last)
    for over in ("received_on", "returned_on", "ended_on"):
        under_way &= Q(**{f"{over}__isnull": True}) | Q(**{f"{over}__gt": last})
    rows = Transfer.objects.within(people.offices(scope)).filter(Q(received_on__gte=first, received_on__lte=last) | under_way)
    fields = ("kind", "org_id", "other_org_id", "issued_on", "received_on", "returned_on", "ended_on")
    for kind, org, other, issued, received, returned, ended in rows.order_by("id").values_list(*fields):
        giving, taking = (None, org) if kind == Kind.PAPER_IN else (org, other)
        if received and first <= received <= last:
            if taking in wanted:
                came[taking] = came.get(taking, 0) + 1
            if giving in wanted:
                went[giving] = went.get(giving, 0) + 1
        if giving in wanted and issued and issued <= last and not any(d <= last for d in (received, returned, ended) if d is not None):
            way[giving] = way.get(giving, 0) + 1
    return {i: Flow(came.get(i, 0), went.get(i, 0), way.get(i, 0)) for i in wanted if i in came or i in went or i in way}


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What the three parts of a letter say, but for the numbers that are shown for a purpose only."""

    view: TransferView
    age: int | None
    gender: str
    address: str
    phone: str
    id_no_masked: str
    phone_masked: str


def letter(scope: Scope, transfer_id: int) -> LetterFacts:
    """Give what stands on a letter that was issued here. Raises NotFound where there is none."""
    found = transfer(scope, transfer_id)
    if found.person_id is None or found.issued_on is None or found.kind == Kind.PAPER_IN or not scope.covers(found.from_path):
        raise NotFound("这件转接没有在这里开出的介绍信")
    office = Organisation.objects.get(pk=found.from_committee_id or 0)
    try:
        file = people.member_file(Scope((found.from_path,)), found.person_id, found.issued_on)
    except NotFound:
        file = None  # received elsewhere: the sheet is the new branch's
    years = age(file.birth_on, found.issued_on) if file is not None and file.birth_on is not None else None
    return LetterFacts(
        found, years, file.gender if file else found.gender, office.address, office.phone, file.id_no_masked if file else "", file.phone_masked if file else "",
    )

