"""What the form of a meeting needs: the rules in force on the day, who is on the roll, and the drafts put aside."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import Resolved
from zhibu.ground.policy.spec import LifeRule
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ActivityKind, RecordType
from zhibu.kernel.numbers import Threshold

from .models import Draft

#: organisations with a leading group (班子), which holds the democratic life meeting (S07)
LEADING = ("party_committee", "work_committee", "comprehensive_committee")
#: what a branch records, in the order of the form
BRANCH_KINDS = (
    ActivityKind.THEME_DAY, ActivityKind.GENERAL_MEETING, ActivityKind.LECTURE, ActivityKind.COMMITTEE_MEETING, ActivityKind.GROUP_MEETING,
    ActivityKind.ORG_LIFE_MEETING, ActivityKind.APPRAISAL,
)


@dataclass(frozen=True, slots=True)
class FormRules:
    """What the rule sets in force say about recording a meeting of one organisation on a day. Pairs are (quorum, majority)."""

    life: Mapping[str, Resolved]
    dem_life_records: tuple[str, ...]
    together: frozenset[tuple[str, str]]
    general: tuple[Threshold, Threshold]
    committee: tuple[Threshold, Threshold]
    dem_life_attendance: Threshold
    late_entry_days: int
    other_lecturers: bool
    closing_days: int

    def records(self, kind: str) -> tuple[str, ...]:
        """List the records one kind asks for; a kind that the rule set does not name asks for none."""
        if kind == ActivityKind.DEM_LIFE_MEETING:
            return self.dem_life_records
        return (cast(LifeRule, self.life[kind].value).records or ()) if kind in self.life else ()

    def required(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """List the record types that the kinds ask for together, in the order of the ledger (S05)."""
        wanted = {record for kind in kinds for record in self.records(kind)}
        return tuple(r.value for r in RecordType if r.value in wanted)

    def deciding(self, kind: str) -> tuple[Threshold, Threshold]:
        """Give (quorum, majority) of a decision at a kind of meeting."""
        return self.committee if kind == ActivityKind.COMMITTEE_MEETING else self.general


def first_rules_on() -> date:
    """Give the first day on which national rules on decisions are in force: older minutes are read by them too."""
    return min(s.effective_from for s in shipped().all() if s.kind == "national" and s.defines("votes") and s.effective_from)


def form_rules(org_id: int, on: date) -> FormRules:
    """Read the rules that the form of a meeting needs; for a day before all rule sets, those of the first one."""
    on = max(on, first_rules_on())
    rules = policy.effective_each(org_id, ("conventions", "votes", "life", "dem_life"), on)
    conventions, votes = rules["conventions"], rules["votes"]
    pairs = cast("tuple[tuple[str, str], ...]", conventions.value("conventions.may_count_together"))
    quorum, majority = (cast(Threshold, votes.value(f"votes.decision_{name}")) for name in ("quorum", "majority"))
    return FormRules(
        life=rules["life"].life(), dem_life_records=cast("tuple[str, ...]", conventions.value("conventions.records.dem_life_meeting")),
        together=frozenset(pairs), general=(quorum, majority), committee=(cast(Threshold, votes.value("votes.committee_quorum")), majority),
        dem_life_attendance=cast(Threshold, rules["dem_life"].value("dem_life.attendance")),
        late_entry_days=cast(int, conventions.value("conventions.late_entry_days")),
        other_lecturers=bool(conventions.value("conventions.lecture_other_lecturers")), closing_days=cast(int, conventions.value("conventions.closing_days")),
    )


def life_rules(org_id: int, on: date) -> Mapping[str, Resolved]:
    """Give what is due of each kind on a day, and by which set; for a day before all rule sets, by the first one."""
    return policy.effective(org_id, "life", max(on, first_rules_on())).life()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the roll of the day."""

    id: int
    name: str
    full: bool
    votes: bool
    committee: bool
    group_id: int | None
    leads_group: bool
    post: str


@dataclass(frozen=True, slots=True)
class Roll:
    """Who may be expected at an organisation's meeting on a day, and what it may hold."""

    org: tree.OrgView
    people: tuple[Person, ...]
    groups: tuple[tree.GroupView, ...]
    has_committee: bool

    @property
    def kinds(self) -> tuple[ActivityKind, ...]:
        """List what this organisation records: a branch its organisational life, a leading group its democratic life meeting."""
        if self.org.is_branch:
            without = {ActivityKind.COMMITTEE_MEETING} if not self.has_committee else set()
            without |= {ActivityKind.GROUP_MEETING} if not self.groups else set()
            return tuple(k for k in BRANCH_KINDS if k not in without)
        return (ActivityKind.DEM_LIFE_MEETING,) if self.org.kind in LEADING else ()

    def expected(self, kinds: Iterable[str], group_ids: Iterable[int]) -> tuple[Person, ...]:
        """Give those who are expected: everybody, unless only the committee or only some groups meet."""
        wanted, groups = set(kinds), set(group_ids)
        by_committee = ActivityKind.COMMITTEE_MEETING in wanted and self.has_committee
        by_group = ActivityKind.GROUP_MEETING in wanted
        if not wanted or wanted - {ActivityKind.COMMITTEE_MEETING if by_committee else "", ActivityKind.GROUP_MEETING}:
            return self.people
        return tuple(p for p in self.people if (by_committee and p.committee) or (by_group and p.group_id in groups))


def roll(scope: Scope, org_id: int, on: date) -> Roll:
    """Give the roll of an organisation on a day: members who count for the expected headcount, or the holders of posts of a leading group."""
    org = tree.organisation(scope, org_id)
    in_office = tree.committees(scope, on, org_ids=[org_id])
    seated = bool(in_office) and in_office[0].seats > 0
    if not org.is_branch:
        return Roll(org, _leading_group(scope, org_id, on), (), seated)
    entries = [e for e in people.roll(scope, org_id, on) if e.counted]
    return Roll(
        org,
        tuple(Person(e.person_id, e.name, e.standing == "full", e.votes, bool(e.post) and e.post != "officer", e.group_id, e.is_leader, e.post) for e in entries),
        tuple(tree.groups(scope, on, org_ids=[org_id])), seated,
    )


def _leading_group(scope: Scope, org_id: int, on: date) -> tuple[Person, ...]:
    held = {post.person_id: post for post in reversed(people.posts(scope, on, org_ids=[org_id]))}
    return tuple(Person(p.person_id, p.name, True, True, True, None, False, p.kind) for p in reversed(held.values()))


def leads_only(actor: Actor, roll: Roll) -> tuple[int, ...] | None:
    """Give the groups to which a group leader is limited (rules.md S38); None for everybody with a wider office."""
    roles = {g.role for g in actor.grants if Permission.ACTIVITY_WRITE in g.permissions and roll.org.path_now.startswith(g.org_path)}
    if roles != {"group_leader"}:
        return None
    own = tuple(p.group_id for p in roll.people if p.id == actor.person_id and p.leads_group and p.group_id)
    return own or tuple(g.id for g in roll.groups)


@dataclass(frozen=True, slots=True)
class DraftView:
    """A record put aside."""

    org_id: int
    key: str
    title: str
    why: str
    form: Mapping[str, list[str]]
    saved_by: str
    saved_on: date


def drafts(scope: Scope, org_id: int | None = None) -> list[DraftView]:
    """List the drafts in scope, newest first."""
    rows = Draft.objects.within(scope)
    if org_id is not None:
        rows = rows.filter(org_id=org_id)
    return [DraftView(d.org_id, d.key, d.title, d.why, d.form, d.saved_by, timezone.localtime(d.saved_at).date()) for d in rows.order_by("-saved_at", "-id")]


def naming(attachment_ids: Sequence[int]) -> set[int]:
    """Give those of these attachments that a draft holds; for the sweep of uploads."""
    wanted = set(attachment_ids)
    forms = Draft.objects.unscoped("the sweep asks whether any draft holds an upload").values_list("form", flat=True)
    held = (number for form in forms.iterator() for name, texts in form.items() if name.endswith("-att") for text in texts for number in text.split(","))
    return {int(number) for number in held if number.isascii() and number.isdecimal()} & wanted
