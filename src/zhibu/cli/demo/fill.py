"""Write the planned county into the database, through the same bulk actions that an import uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeVar

from django.db import transaction

from zhibu.areas.meetings import actions as meetings
from zhibu.areas.meetings import form as meeting_form
from zhibu.areas.meetings import leave, plan_actions, plans
from zhibu.areas.meetings.planning import Planned
from zhibu.ground.access import actions as access
from zhibu.ground.access.queries import actor_by_username, first_start_actor, office, system_actor
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.notice import actions as notice
from zhibu.ground.people import actions as people
from zhibu.ground.policy import actions as policy
from zhibu.ground.process import actions as process
from zhibu.ground.record import actions as record
from zhibu.ground.tree import actions as tree
from zhibu.ground.tree import queries as tree_queries

from . import bank, channels, dues, moving, resources
from . import plan as p
from .caring import Carer

T = TypeVar("T")
RIGHTS = {"within_party_probation": "on_probation"}


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


class Filler:
    """Holds the ids given out so far, by the keys of the plan."""

    def __init__(self, plan: p.Plan, say: Callable[[str], None]) -> None:
        self.plan, self.say, self.at = plan, say, plan.now
        self.orgs: dict[str, int] = {}
        self.groups: dict[str, int] = {}
        self.persons: list[int] = []
        self.activities: dict[int, int] = {}
        self.fresh: dict[int, record.NewActivity] = {}

    def run(self) -> list[tuple[p.Account, str]]:
        """Write everything in one transaction; returns the accounts with their one-time codes."""
        with transaction.atomic():
            self._organisations()
            self.actor = system_actor()
            self._people()
            self._offices()
            self._rules()
            self._activities()
            self.say(resources.fill(self.plan, self.orgs, self.actor, self.at))
            accounts = self._accounts()
            self._corrections()
            self._moves()
            self._requests()
            self._reminders()
            self._planned()
            channels.fill(self.orgs[p.LIUSHUWAN], "王秀兰", self.at)
            Carer(self.actor, self.plan.today, self.at, self.say).run(self.orgs, p.LIUSHUWAN)
            moving.fill(self)
            self.say(dues.fill(self.plan, self.orgs, self.persons, self.at))
            self.say(bank.fill(self.orgs, self.at))
        return accounts

    def _organisations(self) -> None:
        came_from = {m.org: m.from_parent for m in self.plan.moves}
        new = [
            tree.NewOrg(
                o.code,
                o.name,
                o.short,
                o.type,
                came_from.get(o.code, o.parent),
                o.founded.value,
                o.founded.precision,
                o.domain,
                o.founded_doc,
                o.village_or_community,
                o.host_units,
                o.address,
                o.phone,
                str(o.theme_day or ""),
                o.order,
            )
            for o in self.plan.orgs
        ]
        self.orgs = tree.found_many(first_start_actor(), new, at=self.at)
        self.say(f"党组织 {len(new)} 个")

    def _people(self) -> None:
        groups = [tree.NewGroup(self.orgs[g.org], g.name, g.formed_on) for g in self.plan.groups]
        self.groups = dict(zip((g.key for g in self.plan.groups), tree.form_groups(self.actor, groups, at=self.at), strict=True))
        for part in chunks(self.plan.persons, 2000):
            self.persons += people.register_many(self.actor, [self._member(x) for x in part], at=self.at)
        leaders = {g.key: g.leader for g in self.plan.groups}
        places = [
            people.NewPlace(
                self.orgs[s.org],
                self.persons[x.no],
                self.groups[s.group],
                max(s.since, self._formed(s.group)),
                leaders[s.group] == x.no,
                s.until,
            )
            for x in self.plan.persons
            for s in x.spells
            if s.group and (s.until is None or s.until > self._formed(s.group))
        ]
        people.place(self.actor, places, at=self.at)
        people.exclude(
            self.actor,
            [
                people.NewExclusion(
                    self.orgs[e.org],
                    self.persons[e.person],
                    str(e.reason),
                    e.since,
                    f"{e.approved_by} {e.approved_on}",
                    f"支部党员大会 {e.branch_decided_on}",
                    e.until,
                )
                for e in self.plan.exclusions
            ],
            at=self.at,
        )
        self.say(f"党员 {sum(not x.ended_as for x in self.plan.persons)} 名")

    def _formed(self, key: str) -> date:
        if not hasattr(self, "_formed_on"):
            self._formed_on = {g.key: g.formed_on for g in self.plan.groups}
        return self._formed_on[key]

    def _member(self, x: p.Person) -> people.NewMember:
        full = x.full
        return people.NewMember(
            org_id=self.orgs[x.org],
            name=x.name,
            standing="full" if full else "probationary",
            since=x.spells[-1].since,
            gender=x.gender,
            ethnicity=x.ethnicity,
            birth_on=x.birth.value,
            birth_precision=x.birth.precision,
            id_no=x.id_no,
            phone=x.phone,
            education=x.education,
            job=x.job,
            address=x.address,
            joined_on=x.joined.value,
            joined_precision=x.joined.precision,
            full_on=full.value if full else None,
            full_precision=full.precision if full else "day",
            lost_contact_on=x.lost_on,
            floating_to=x.floating_to,
            is_leading_cadre=x.leading_cadre,
            history=tuple(self._history(x)),
        )

    def _history(self, x: p.Person) -> Iterator[people.NewSpell]:
        """Cut stays, standings and rights into spells in which all three stand still."""
        cuts = sorted({s.since for s in x.standings} | ({x.rights_since} if x.rights_since else set()))
        for stay in x.spells:
            edges = [stay.since, *(c for c in cuts if c > stay.since and (stay.until is None or c < stay.until))]
            for i, start in enumerate(edges):
                last = i + 1 == len(edges)
                standing = next((s.kind for s in reversed(x.standings) if s.since <= start), x.standings[0].kind)
                if standing == "ended":
                    continue
                rights = RIGHTS.get(x.rights, x.rights) if x.rights_since and x.rights_since <= start else "normal"
                ended = stay.ended_as if last and stay.ended_as not in ("", "moved") else ""
                yield people.NewSpell(
                    self.orgs[stay.org],
                    standing,
                    start,
                    stay.until if last else edges[i + 1],
                    rights,
                    "registered" if i == 0 else "changed",
                    ended,
                    next((s.doc for s in x.standings if s.since == start), "") or (stay.note if last and stay.until else ""),
                )

    def _offices(self) -> None:
        ids = tree.seat_committees(
            self.actor,
            [
                tree.NewCommittee(
                    self.orgs[c.org],
                    c.term_no,
                    c.elected_on,
                    c.term_years,
                    c.expires_on,
                    c.seats,
                    c.approval_doc,
                    extended_until=c.extended_to,
                    ended_on=c.closed_on,
                )
                for c in self.plan.committees
            ],
            at=self.at,
        )
        posts = [
            people.NewPost(self.orgs[c.org], self.persons[post.person], post.post, post.since, committee_id, post.until)
            for c, committee_id in zip(self.plan.committees, ids, strict=True)
            for post in c.posts
        ]
        people.fill_posts(self.actor, posts, at=self.at)
        self.say(f"班子 {len(ids)} 届、任职 {len(posts)} 条")

    def _rules(self) -> None:
        for rule in self.plan.rules:
            policy.assign(
                self.actor,
                org_id=self.orgs[rule.org],
                family=rule.family,
                rule_set=rule.rule_set,
                valid_from=rule.valid_from,
                valid_to=rule.valid_to,
                at=self.at,
                decision_doc=rule.doc,
                reason=rule.reason,
            )

    def _activities(self) -> None:
        for part in chunks(self.plan.activities, 3000):
            fresh = [self._activity(a) for a in part]
            made = record.write_many(self.actor, fresh, at=self.at)
            self.activities.update({a.no: i for a, i in zip(part, made, strict=True)})
        wanted = {c.activity for c in self.plan.corrections}
        self.fresh = {a.no: self._activity(a) for a in self.plan.activities if a.no in wanted}
        self.say(f"组织生活 {len(self.plan.activities)} 次")

    def _activity(self, a: p.Activity) -> record.NewActivity:
        names = self.plan.persons
        return record.NewActivity(
            org_id=self.orgs[a.org],
            kinds=tuple((k, g) for k in a.kinds for g in ([self.groups[key] for key in a.groups] if k == "group_meeting" else [None])),
            title=a.subject,
            held_on=a.held_on,
            start_at=time.fromisoformat(a.start),
            end_at=time.fromisoformat(a.end),
            place=a.place,
            chair=names[a.chair].name,
            recorder=names[a.recorder].name,
            contents=a.contents,
            expected=tuple(self.persons[i] for i in a.roll),
            expected_count=a.expected,
            present_count=a.present,
            voting_count=a.voting,
            voting_present=a.voting_present,
            absences=tuple(record.NewAbsence(self.persons[x.person], names[x.person].name, x.status, x.reason) for x in a.absences),
            topics=tuple(self._topic(a, t) for t in a.topics),
            evidence=tuple(
                record.NewEvidence(e.record, e.presence, e.note if e.presence == "paper" else "", e.note if e.presence == "nil" else "")
                for e in a.evidence
            ),
            written_in="demo",
            recorded_at=a.recorded_at,
            recorded_by=names[a.recorder].name,
        )

    def _topic(self, a: p.Activity, t: p.Topic) -> record.NewTopic:
        lecture = t.kind == "lecture"
        return record.NewTopic(
            t.kind,
            t.title,
            t.content,
            self.plan.persons[t.speaker].name if lecture and t.speaker is not None else "",
            Decimal(a.hours) if lecture and a.hours else None,
            t.vote.resolution if t.vote else "",
            t.vote.for_ if t.vote else None,
            t.vote.against if t.vote else None,
            t.vote.abstain if t.vote else None,
            t.vote.passed if t.vote else None,
        )

    def _accounts(self) -> list[tuple[p.Account, str]]:
        made = []
        for a in self.plan.accounts:
            system = a.role in ("system_admin", "security_admin", "auditor")
            account_id, code = access.open_account(
                self.actor,
                username=a.username,
                name=a.name,
                at=datetime.now().astimezone(),
                person_id=self.persons[a.person] if a.person is not None else None,
            )
            access.grant(
                self.actor,
                account_id=account_id,
                role=a.role,
                org_id=None if system else self.orgs[a.org],
                valid_from=self.plan.since,
                valid_to=None,
                at=self.at,
            )
            made.append((a, code))
        return made

    def _corrections(self) -> None:
        new = []
        for c in self.plan.corrections:
            old = self.fresh[c.activity]
            kept = {"corrects": self.activities[c.activity], "correction_reason": c.reason, "recorded_at": c.at}
            if c.field == "absence" and c.person is not None:
                who = self.persons[c.person]
                absences = tuple(replace(a, status="leave", reason="家中有事") if a.person_id == who else a for a in old.absences)
                new.append(replace(old, absences=absences, **kept))
            elif c.field == "held_on":
                new.append(replace(old, held_on=date.fromisoformat(c.after), **kept))
            else:
                new.append(replace(old, **{"title" if c.field == "subject" else "place": c.after}, **kept))
        record.write_many(self.actor, new, at=self.at)

    def _moves(self) -> None:
        for m in self.plan.moves:
            tree.move(self.actor, self.orgs[m.org], to_parent_id=self.orgs[m.to_parent], on=m.on, at=self.at, document=m.doc)
        for o in self.plan.orgs:
            if o.dissolved_on:
                tree.dissolve(
                    self.actor, self.orgs[o.code], on=o.dissolved_on, at=self.at, reason=o.dissolve_reason, document=o.dissolve_doc
                )

    def _requests(self) -> None:
        for e in self.plan.excuses:
            asking = office(self.plan.persons[e.requested_by].name, "branch_secretary", self.orgs[e.org])
            case_id = meetings.request_excuse(
                asking,
                org_id=self.orgs[e.org],
                kind=e.kind,
                group_id=self.groups[e.group] if e.group else None,
                window_code=e.window,
                reason=e.reason,
                at=e.requested_at,
            )
            if e.status == "open" or e.decided_at is None:
                continue
            deciding = actor_by_username(e.decided_by, self.plan.today)
            path_actor: Actor = deciding if deciding is not None else self.actor
            if e.status == "accepted":
                process.approve(path_actor, case_id, answer=e.decision, at=e.decided_at)
            else:
                process.refuse(path_actor, case_id, reason=e.decision, at=e.decided_at)

    def _reminders(self) -> None:
        limits = notice.Limits(7, time(8), time(20), False)
        for r in self.plan.reminders:
            sender = actor_by_username(r.sent_by, self.plan.today)
            if sender is None or r.channel != "desk":
                continue
            moment = r.at.replace(hour=10, minute=20) if not 8 <= r.at.hour < 20 else r.at
            notice.remind(
                sender,
                org_id=self.orgs[r.org],
                matter=f"meetings:{r.kind}:0:{r.window}",
                text=r.text,
                limits=limits,
                at=min(moment, self.at - timedelta(minutes=5)) if moment >= self.at else moment,
            )

    def _planned(self) -> None:
        """Plan the next theme day of the branch of the mock-ups; one member told its secretary that she or he cannot come."""
        org_id = self.orgs[p.LIUSHUWAN]
        org, secretary = tree_queries.views([org_id])[org_id], office("王秀兰", "branch_secretary", org_id)
        scope = Scope((org.path,))
        proposed = plans.next_theme_day(scope, org, self.plan.today)
        if proposed is None or proposed.day is None:
            return
        topics = ("学习党的创新理论", "商量冬春水利和村道养护")
        wish = Planned((("theme_day", None),), proposed.day, time(9), time(10, 20), "村党群服务中心会议室", topics, "党员证、笔记本", proposed.reason if proposed.shifted else "")
        plan_id = plan_actions.make(secretary, org_id, wish, at=self.at)
        who = meeting_form.roll(scope, org_id, self.plan.today).people[-1]
        leave.enter(secretary, plan_id, who.id, reason="在县医院复查", at=self.at)
