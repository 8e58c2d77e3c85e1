"""Read talks, must-talk events and contact persons. What was said is read here and nowhere else, and only where the scope opens the compartment."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from django.db.models import Q

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.guarded import organisations_in
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import PostKind
from zhibu.ground.people.queries import RollEntry, offices
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import Effective, Resolved
from zhibu.ground.policy.spec import LifeRule
from zhibu.ground.policy.spread import spread
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.periods import Span, Window, window_of

from . import rules
from .models import ContactPerson, ContactTalk, Talk, TalkEvent, TalkText

COMMITTEE = frozenset(PostKind.values) - {PostKind.OFFICER}


def own(actor: Actor) -> Scope:
    """Give the scope of one's own rows."""
    return actor.scope(Permission.OWN_FILE)


# ---------------------------------------------------------------- talks


@dataclass(frozen=True, slots=True)
class TalkLine:
    """A talk as the ledger shows it: day and pair."""

    id: int
    org_id: int
    day: date
    talker_id: int | None
    talker_name: str
    talkee_id: int
    talkee_name: str
    relation: str
    made_by: str
    on_behalf: bool
    ended_by: str
    ended_why: str

    @property
    def pair(self) -> str:
        """Name the two."""
        return f"{self.talker_name}、{self.talkee_name}"


@dataclass(frozen=True, slots=True)
class TalkView:
    """What a talk was about, for who may read it."""

    trigger: str
    place: str
    topic: str
    summary: str
    follow_up: str
    version: int = 1
    made_by: str = ""
    maker_id: int | None = None
    made_at: datetime | None = None


def _line(t: Talk) -> TalkLine:
    return TalkLine(
        t.pk, t.org_id, t.day, t.talker_id, t.talker_name, t.talkee_id, t.talkee_name, t.relation, t.made_by, t.on_behalf, t.ended_by, t.ended_why,
    )


def talks(scope: Scope, org_id: int, first: date, last: date, *, person_id: int | None = None) -> list[TalkLine]:
    """List the talks of a branch between two days, newest first: day and pair, for its ledger."""
    rows = Talk.objects.within(offices(scope)).filter(org_id=org_id, day__gte=first, day__lte=last, ended_at__isnull=True)
    if person_id is not None:
        rows = rows.filter(Q(talker_id=person_id) | Q(talkee_id=person_id))
    return [_line(t) for t in rows.order_by("-day", "-id")]


def talks_of(scope: Scope, person_id: int, limit: int = 50) -> list[TalkLine]:
    """List the talks of a person as far as the scope reaches, newest first: day and pair."""
    rows = Talk.objects.within(scope).filter(Q(talker_id=person_id) | Q(talkee_id=person_id), ended_at__isnull=True)
    return [_line(t) for t in rows.order_by("-day", "-id")[:limit]]


def talk(scope: Scope, talk_id: int) -> TalkLine:
    """Give one talk, also one that was entered by mistake. NotFound outside the scope."""
    row = Talk.objects.within(scope).filter(pk=talk_id).first()
    if row is None:
        raise NotFound("没有找到这次谈话")
    return _line(row)


def text(scope: Scope, talk_id: int) -> TalkView | None:
    """Give what a talk was about, as it was last corrected; None where the scope does not open it (the compartment at the branch, or one's own talk)."""
    found = texts(scope, talk_id)
    return found[0] if found else None


def texts(scope: Scope, talk_id: int) -> list[TalkView]:
    """Give what was written about a talk, the newest first: a correction keeps what stood there before. Empty where the scope does not open it."""
    return [_text(row) for row in TalkText.objects.within(scope).filter(talk_id=talk_id).order_by("-version")]


def _text(row: TalkText) -> TalkView:
    topic, summary, follow_up = (one.reveal() if one else "" for one in (row.topic, row.summary, row.follow_up))  # type: ignore[attr-defined]
    return TalkView(row.trigger, row.place, topic, summary, follow_up, row.version, row.made_by, row.maker_id, row.made_at)


def wrote(actor: Actor, line: TalkLine, first: TalkView) -> bool:
    """Tell whether an actor wrote the text of a talk: by the account; by the name where the first text is from before accounts were kept."""
    return first.maker_id == actor.account_id if first.maker_id is not None else line.made_by == actor.name


# ---------------------------------------------------------------- coverage


def committee_of(roll: Sequence[RollEntry]) -> list[int]:
    """Give the members of the committee on a roll: a post is held, a clerk of the branch (干事) is no member of it."""
    return [e.person_id for e in roll if e.post in COMMITTEE]


@dataclass(frozen=True, slots=True)
class YearOfTalks:
    """The coverage of a branch and a year as of a day: numbers, who is missing, and the rule by which it is asked for."""

    year: int
    as_of: date
    found: rules.Year
    coverage: rules.Coverage
    rule: Resolved | None
    names: Mapping[int, str]

    @property
    def relations(self) -> tuple[str, ...]:
        """Name the relations that the rule set asks for by the year; none where it only asks for talks as a habit."""
        return rules.asked(cast(LifeRule, self.rule.value) if self.rule else None)[0]

    @property
    def violation(self) -> bool:
        """Tell whether V10 holds, were the year over."""
        return self.coverage.violation


def year_in_numbers(scope: Scope, org_id: int, year: int, as_of: date, rule: Resolved | None) -> tuple[rules.Year, rules.Coverage]:
    """Count as `year_of_talks` does, without names; three statements."""
    on = min(as_of, date(year, 12, 31))
    members = [person for _, person in people.members_by_org(scope, on, [org_id])]
    sitting = list(dict.fromkeys(person for org, person in people.seated(scope, on, COMMITTEE, [org_id])))
    return _counted(scope, org_id, year, on, rule, members, sitting)


def _counted(
    scope: Scope, org_id: int, year: int, on: date, rule: Resolved | None, members: Sequence[int], sitting: Sequence[int],
) -> tuple[rules.Year, rules.Coverage]:
    relations, least = rules.asked(cast(LifeRule, rule.value) if rule else None)
    rows = Talk.objects.within(offices(scope)).filter(org_id=org_id, day__gte=date(year, 1, 1), day__lte=on, ended_at__isnull=True, talker_id__isnull=False)
    pairs = _merged(list(rows.order_by("id").values_list("talker_id", "talkee_id")), set(members))
    found = rules.count(sitting, members, pairs, least)
    return found, rules.coverage(found.counts, relations)


def talk_rule(org_id: int, on: date) -> Resolved | None:
    """Give the rule about talks that holds for an organisation on a day (the first national one before all rule sets); None where the set does not name them."""
    first = min(s.effective_from for s in shipped().all() if s.kind == "national" and s.defines("life") and s.effective_from)
    return policy.effective(org_id, "life", max(on, first)).life().get("talk")


def year_of_talks(scope: Scope, org_id: int, year: int, as_of: date) -> YearOfTalks:
    """Count the talks of a branch in a year up to a day, among those who are its members on that day; six statements."""
    on = min(as_of, date(year, 12, 31))
    roll = people.roll(scope, org_id, on)
    rule = talk_rule(org_id, on)
    found, shares = _counted(scope, org_id, year, on, rule, [e.person_id for e in roll], committee_of(roll))
    return YearOfTalks(year, on, found, shares, rule, {e.person_id: e.name for e in roll})


def _merged(pairs: list[tuple[int, int]], members: set[int]) -> list[tuple[int, int]]:
    """Replace persons who were registered twice by those who stayed."""
    unknown = {p for pair in pairs for p in pair} - members
    twice = people.leads_to(unknown) if unknown else {}
    return [(twice.get(a, a), twice.get(b, b)) for a, b in pairs]


def counts(scope: Scope, on: date) -> dict[int, rules.Counts]:
    """Count the year up to a day for every branch in scope, once a pair or a member; four statements whatever their number. No names."""
    scope = offices(scope)
    members: dict[int, list[int]] = defaultdict(list)
    for org_id, person_id in people.members_by_org(scope, on):
        members[org_id].append(person_id)
    seated: dict[int, list[int]] = defaultdict(list)
    for org_id, person_id in people.seated(scope, on, COMMITTEE):
        seated[org_id].append(person_id)
    pairs: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = Talk.objects.within(scope).filter(day__gte=date(on.year, 1, 1), day__lte=on, ended_at__isnull=True, talker_id__isnull=False)
    for org_id, talker, talkee in rows.order_by("org_id", "id").values_list("org_id", "talker_id", "talkee_id"):
        pairs[org_id].append((talker, talkee))
    return {
        org_id: rules.count(list(dict.fromkeys(seated.get(org_id, ()))), there, _merged(pairs.get(org_id, []), set(there))).counts
        for org_id, there in members.items()
    }


# ---------------------------------------------------------------- five must-talk


@dataclass(frozen=True, slots=True)
class EventView:
    """An event after which a member must be talked with, until when, and when it was."""

    id: int
    org_id: int
    person_id: int
    name: str
    kind: str
    day: date
    due_on: date
    talked_on: date | None
    made_by: str

    def overdue(self, today: date) -> bool:
        """Tell whether the talk is late (V15)."""
        return self.talked_on is None and self.due_on < today


def must_talk_days(org_id: int, days: Iterable[date]) -> dict[date, int]:
    """Give the days within which a talk follows an event, by the rule set that holds on the day of the event."""
    return {day: cast(int, value) for day, value in policy.value_on_days(org_id, "conventions.must_talk_days", days).items()}


def events(scope: Scope, org_id: int, *, since: date | None = None) -> list[EventView]:
    """List the events of a branch that the scope opens, oldest first: those that still wait, and with `since` the closed ones from that day on."""
    rows = list(TalkEvent.objects.within(offices(scope)).filter(org_id=org_id, ended_at__isnull=True).order_by("day", "id"))
    if not rows:
        return []
    first = min(r.day for r in rows)
    held = list(Talk.objects.within(offices(scope)).filter(org_id=org_id, day__gte=first, ended_at__isnull=True).order_by("id").values_list("talkee_id", "day"))
    days, stays = must_talk_days(org_id, (r.day for r in rows)), people.leads_to({r.person_id for r in rows} | {p for p, _ in held})
    held = [(stays.get(p, p), day) for p, day in held]
    found = []
    for r in rows:
        person = stays.get(r.person_id, r.person_id)
        found.append(EventView(r.pk, r.org_id, person, r.name, r.kind, r.day, rules.due_on(r.day, days[r.day]), rules.closed_on(r.day, person, held), r.made_by))
    return [e for e in found if e.talked_on is None or (since is not None and e.day >= since)]


def waiting(scope: Scope, org_id: int, today: date) -> list[EventView]:
    """List the events that wait for a talk with somebody who is still a member of the branch."""
    found = events(scope, org_id)
    there = {person for _, person in people.members_by_org(scope, today, [org_id])} if found else set()
    return [e for e in found if e.person_id in there]


def overdue(scope: Scope, on: date) -> dict[int, int]:
    """Count per branch the must-talk events whose talk is late (V15): numbers for whoever stands above, never whose and why."""
    rows = TalkEvent.objects.unscoped("superiors read how many must-talk events are late, never whose and why")
    inside = organisations_in(Scope(scope.paths))
    listed = list(rows.filter(org_id__in=inside, day__lt=on, ended_at__isnull=True).order_by("id").values_list("org_id", "person_id", "day"))
    if not listed:
        return {}
    orgs = {org_id for org_id, _, _ in listed}
    members = {(org_id, person_id) for org_id, person_id in people.members_by_org(offices(scope), on, orgs)}
    talked: dict[int, list[tuple[int, date]]] = defaultdict(list)
    first = min(day for _, _, day in listed)
    for org_id, talkee, day in Talk.objects.within(offices(scope)).filter(org_id__in=orgs, day__gte=first, day__lte=on, ended_at__isnull=True).order_by("id").values_list("org_id", "talkee_id", "day"):
        talked[org_id].append((talkee, day))
    days, stays = _days_for({(org_id, day) for org_id, _, day in listed}), people.leads_to({p for _, p, _ in listed} | {p for held in talked.values() for p, _ in held})
    talked = defaultdict(list, {org_id: [(stays.get(p, p), day) for p, day in held] for org_id, held in talked.items()})
    found: dict[int, int] = defaultdict(int)
    for org_id, person_id, day in ((org_id, stays.get(p, p), day) for org_id, p, day in listed):
        if (org_id, person_id) in members and rules.closed_on(day, person_id, talked[org_id]) is None:
            found[org_id] += rules.due_on(day, days[org_id, day]) < on
    return {org_id: n for org_id, n in found.items() if n}


def _days_for(asked: set[tuple[int, date]]) -> dict[tuple[int, date], int]:
    """Give the days allowed after events of many branches; one statement where no set is assigned for the conventions, as is usual."""
    listed = sorted(day for _, day in asked)
    if not policy.assignments("conventions", listed[0], listed[-1]):
        value = cast(int, shipped().conventions().values["conventions.must_talk_days"].value)
        return dict.fromkeys(asked, value)
    found = {org_id: must_talk_days(org_id, [day for other, day in asked if other == org_id]) for org_id in {org_id for org_id, _ in asked}}
    return {(org_id, day): found[org_id][day] for org_id, day in asked}


# ---------------------------------------------------------------- contact persons


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact of a member, with the newest talk."""

    id: int
    org_id: int
    member_id: int
    member_name: str
    name: str
    purpose: str
    from_on: date
    ended_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class ContactRule:
    """How often a rule set asks members to talk with their contacts, and by which clause."""

    window: str
    least: int
    source: Resolved


def contact_rule(org_id: int, on: date) -> ContactRule | None:
    """Give the rule about contact talks for an organisation on a day; None where no set defines one: then nothing is due."""
    return as_contact_rule(policy.effective(org_id, "contact_talk", on))


def as_contact_rule(found: Effective) -> ContactRule | None:
    """Read the rule about contact talks out of the family; None where no set defines one."""
    if not found.has("contact_talk.window") or not found.has("contact_talk.min"):
        return None
    return ContactRule(str(found.value("contact_talk.window")), cast(int, found.value("contact_talk.min")), found.get("contact_talk.window"))


def contacts(scope: Scope, org_id: int, *, ended: bool = False) -> list[ContactView]:
    """List the contacts of a branch's members, by member."""
    return _contacts(ContactPerson.objects.within(offices(scope)).filter(org_id=org_id), ContactTalk.objects.within(offices(scope)), ended)


def contacts_of(scope: Scope, member_id: int) -> list[ContactView]:
    """List a member's own contacts."""
    return _contacts(ContactPerson.objects.within(scope).filter(member_id=member_id), ContactTalk.objects.within(scope), False)


def contact(scope: Scope, contact_id: int) -> ContactView:
    """Give one contact. NotFound outside the scope."""
    found = _contacts(ContactPerson.objects.within(scope).filter(pk=contact_id), ContactTalk.objects.within(scope), True)
    if not found:
        raise NotFound("没有找到这名联系对象")
    return found[0]


def _contacts(rows: Iterable[ContactPerson], held: object, ended: bool) -> list[ContactView]:
    found = [r for r in rows.order_by("member_name", "member_id", "id") if ended or r.ended_on is None]  # type: ignore[attr-defined]
    last: dict[int, date] = {}
    for contact_id, day in held.filter(contact_id__in=[r.pk for r in found], ended_at__isnull=True).order_by("day", "id").values_list("contact_id", "day"):  # type: ignore[attr-defined]
        last[contact_id] = day
    return [ContactView(r.pk, r.org_id, r.member_id, r.member_name, r.name, r.purpose, r.from_on, r.ended_on, last.get(r.pk)) for r in found]


def contact_window(scope: Scope, org_id: int, window: Window, least: int, *, member_id: int | None = None) -> rules.ContactWindow:
    """Count a window of contact talks of a branch (or of one member)."""
    kept = ContactPerson.objects.within(scope).filter(org_id=org_id, from_on__lte=window.first)
    held = ContactTalk.objects.within(scope).filter(org_id=org_id, day__gte=window.first, day__lte=window.last, ended_at__isnull=True)
    if member_id is not None:
        kept, held = kept.filter(member_id=member_id), held.filter(member_id=member_id)
    listed = [rules.Contact(r.pk, r.member_id, Span(r.from_on, r.ended_on)) for r in kept.order_by("id")]
    return rules.contact_window(listed, held.order_by("id").values_list("contact_id", "day"), window, least)


def contact_counts(scope: Scope, on: date) -> dict[int, tuple[int, int]]:
    """Count per branch, for the quarter that ended last: contacts that were due, contacts with enough talks. No names."""
    window = window_of("quarter", window_of("quarter", on).first - timedelta(days=1))
    return {org_id: (one.due, one.done) for org_id, one in contact_quarter(scope, window, on).items()}


def contact_quarter(scope: Scope, window: Window, on: date) -> dict[int, rules.ContactWindow]:
    """Count per branch a quarter that superiors ask for: how often a contact is talked with in it by the set of its last day (of today while it runs),
    once where none asks by the quarter. A fixed number of statements."""
    scope = offices(scope)
    kept: dict[int, list[rules.Contact]] = defaultdict(list)
    for pk, org_id, member_id, first, last in ContactPerson.objects.within(scope).filter(from_on__lte=window.first).order_by("id").values_list("pk", "org_id", "member_id", "from_on", "ended_on"):
        kept[org_id].append(rules.Contact(pk, member_id, Span(first, last)))
    if not kept:
        return {}
    held: dict[int, list[tuple[int, date]]] = defaultdict(list)
    rows = ContactTalk.objects.within(scope).filter(day__gte=window.first, day__lte=window.last, ended_at__isnull=True)
    for org_id, contact_id, day in rows.order_by("id").values_list("org_id", "contact_id", "day"):
        held[org_id].append((contact_id, day))
    asked: dict[int, ContactRule | None] = {}
    if policy.assignments("contact_talk", min(on, window.last), min(on, window.last)):  # no set but a chosen one asks
        asked = {i: as_contact_rule(e) for i, e in spread({i: o.path for i, o in tree.views(kept).items()}, "contact_talk", min(on, window.last)).items()}
    found = {}
    for org_id, listed in kept.items():
        rule = asked.get(org_id)
        found[org_id] = rules.contact_window(listed, held.get(org_id, ()), window, rule.least if rule is not None and rule.window == "quarter" else 1)
    return {org_id: one for org_id, one in found.items() if one.due}
