"""Talks, contacts, care of the demo county: branches that talked most of their year through and some that did not; one village has something of everything."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import combinations
from random import Random

from zhibu.areas.care import actions as care
from zhibu.areas.care import proposals
from zhibu.areas.care import queries as care_queries
from zhibu.areas.care.actions import NewCall
from zhibu.areas.care.proposals import NewProposal
from zhibu.areas.talks import actions as talks
from zhibu.areas.talks.actions import NewTalk
from zhibu.ground.access.queries import actor_by_username, office
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import RollEntry
from zhibu.ground.tree import queries as tree

SAID = (
    ("家里和地里的事", "儿子在外务工，老人身体还行。说水渠去年修了，今年用上了。对支部没有意见。", ""),
    ("参加组织生活", "说上半年有两次会没来，是去县里带孙子。以后提前请假，回来补课。", "下次党日前一天打个电话"),
    ("村里的事", "说路灯有三盏不亮，晚上走路不便。愿意领着小组把门前的沟清一清。", "报村委会修路灯"),
    ("家里的困难", "老伴住院，花费不小，先不用支部帮忙，需要时会说。", "过几天去看望一次"),
)
CONTACTS = ("周小兰", "吴守田", "田桂香")


class Carer:
    """Fills the branches; the same day and the same tree give the same rows."""

    def __init__(self, actor: Actor, today: date, at: datetime, say: Callable[[str], None]) -> None:
        self.actor, self.today, self.at, self.say = actor, today, at, say
        self.made = 0
        self.there: set[int] = set()  # who was a member at the beginning of the year

    def run(self, orgs: Mapping[str, int], shown: str) -> None:
        """Fill every branch; `shown` is the code of the one with something of everything."""
        found, began = tree.views(orgs.values()), date(self.today.year, 1, 1)
        self.there = {person for _, person in people.members_by_org(Scope(tuple(sorted({o.path_now for o in found.values() if o.parent_id is None}))), began)}
        near = found[orgs[shown]].path_now[: 2 * tree.SEGMENT]  # its township records talks, elsewhere every third branch does
        for number, code in enumerate(sorted(orgs)):
            org = found[orgs[code]]
            if org.is_branch and org.dissolved_on is None and (org.path_now.startswith(near) or number % 3 == 0):
                self._branch(org, code, code == shown)
        self.say(f"谈心谈话 {self.made} 次")

    def _branch(self, org: tree.OrgView, code: str, whole: bool) -> None:
        scope, rng, began = Scope((org.path_now,)), Random(f"talks-{code}"), date(self.today.year, 1, 1)
        roll = people.roll(scope, org.id, self.today)
        staying = [e for e in roll if e.person_id in self.there]
        seated = [e for e in staying if e.post and e.post != "officer"]
        items = self._year(rng, staying, seated, whole, began)
        if items:
            keeper = replace(office(seated[0].name, "branch_secretary", org.id), person_id=seated[0].person_id) if whole and seated else self.actor
            self.made += len(talks.record_many(keeper, org.id, items, at=self.at))
        if whole and len(staying) > 12 and seated:
            self._village(org, replace(office(seated[0].name, "branch_secretary", org.id), person_id=seated[0].person_id), seated, [e for e in staying if e not in seated])

    def _year(self, rng: Random, staying: Sequence[RollEntry], seated: Sequence[RollEntry], whole: bool, began: date) -> list[NewTalk]:
        """Let most pairs have talked by now: the nearer the end of the year, the more; every seventh branch talked little."""
        share = min(0.97, 0.35 + 0.65 * (self.today - began).days / 330) * (0.5 if rng.random() < 1 / 7 else 1)
        days = max(1, (self.today - began).days)
        pairs = [(a, b) for a, b in combinations(seated, 2) if rng.random() < share]
        others = [e for e in staying if e not in seated]
        pairs += [(rng.choice(seated), e) for e in others if seated and rng.random() < share]
        pairs += [(a, b) for a, b in zip(others[::2], others[1::2], strict=False) if rng.random() < share / 2]
        found = []
        for number, (one, other) in enumerate(pairs):
            topic, summary, follow_up = SAID[number % len(SAID)] if whole else ("", "", "")
            day = began + timedelta(days=rng.randrange(days))
            found.append(NewTalk(other.person_id, day, one.person_id, place="村党群服务中心" if whole else "", topic=topic, summary=summary, follow_up=follow_up))
        return found

    def _village(self, org: tree.OrgView, secretary: Actor, seated: Sequence[RollEntry], others: Sequence[RollEntry]) -> None:
        """Give one village events that wait and one that is late, contacts, a list of care, visits, and proposals on their way."""
        def ago(n: int) -> date:
            return self.today - timedelta(days=n)

        one, two, three, four, five = (e.person_id for e in others[:5])
        retired = [e.person_id for e in others[-3:]]
        talks.note_event(secretary, org.id, person_id=one, kind="achievement", day=ago(2), at=self.at)
        talks.note_event(secretary, org.id, person_id=two, kind="conflict", day=ago(12), at=self.at)  # late (V15)
        for member, name, purpose in zip((one, three, four), CONTACTS, ("activist", "hardship_masses", "other"), strict=True):
            made = talks.add_contact(secretary, org.id, member_id=member, name=name, purpose=purpose, from_on=ago(400), at=self.at)
            if member != four:
                talks.talk_with_contact(secretary, made, day=ago(20), at=self.at)
        care.list_many(secretary, org.id, [(three, "in_hardship", None), *((p, "retired", seated[-1].person_id if p != retired[0] else None) for p in retired)], from_on=ago(700), at=self.at)
        care.note_event(secretary, org.id, person_id=five, kind="illness", day=ago(3), at=self.at)
        care.note_event(secretary, org.id, person_id=four, kind="wedding", day=ago(15), at=self.at)  # late (V15)
        feasts = [f for f in care_queries.festivals(org.id, self.today) if f.on < self.today and f.first >= date(self.today.year, 1, 1)]
        calls = [NewCall(p, f.on - timedelta(days=6), seated[0].person_id, "李建国", "米一袋、油一桶") for f in feasts for p in (three, *retired[1 if f is feasts[-1] else 0 :])]
        care.record_calls(secretary, org.id, calls, at=self.at)
        self._proposals(org, secretary, three, five)

    def _proposals(self, org: tree.OrgView, secretary: Actor, three: int, five: int) -> None:
        above = proposals.offices_above(org.id)
        clerk = actor_by_username("shenwenjing", self.today)
        town = next((o for o in above if clerk is not None and any(g.org_id == o.id for g in clerk.grants)), None)
        if clerk is None or town is None:
            return
        earlier = self.at - timedelta(days=9)
        wish = NewProposal(three, town.id, "hardship", "1000.00", "higher_funds", "独居，去年摔伤后不能下地，低保以外没有收入", "棉被一床", "不愿让邻居知道")
        first = proposals.propose(secretary, org.id, wish, at=earlier)
        proposals.audit(clerk, first, passed=True, note="入户看过，情况属实", at=earlier + timedelta(days=1))
        secretary_of_town = office("何立新", "party_building_office", town.id)  # who audits does not enter the decision
        proposals.decide(secretary_of_town, first, passed=True, document="镇党委会议纪要", decided_on=(earlier + timedelta(days=4)).date(), note="", at=earlier + timedelta(days=5))
        proposals.propose(secretary, org.id, NewProposal(five, town.id, "illness", "800.00", "dues", "住院，自付费用较多"), at=self.at - timedelta(days=1))
