"""Transfers and members away of the demo county: every state of a letter once, registers with contacts, and some faults."""
from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from zhibu.areas.transfers import applying, arriving, finishing, floating_actions, receiving, standing
from zhibu.areas.transfers.applying import Application
from zhibu.areas.transfers.arriving import Arrival
from zhibu.areas.transfers.floating_actions import Going, Kept
from zhibu.areas.transfers.letters import Letter
from zhibu.ground.access.queries import office
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import RollEntry
from zhibu.ground.tree import queries as tree
from zhibu.kernel.periods import add_months

from . import plan as p

if TYPE_CHECKING:
    from .fill import Filler

PLACES = {
    "省外沿海地区": "外省沿海某市", "省会城市": "本省省会", "邻市": "本省邻市", "省外北方地区": "外省北方某市", "邻县": "本省邻县",
}


class Moving:
    """Writes the transfers of a county that is filled already."""

    def __init__(self, filler: Filler) -> None:
        self.filler, self.plan, self.at, self.today = filler, filler.plan, filler.at, filler.plan.today
        self.rng = random.Random(20250918)
        self.orgs = tree.views(filler.orgs.values())
        self.by_township: dict[int, list[tree.OrgView]] = {}
        for org in sorted(self.orgs.values(), key=lambda o: o.path_now):
            if org.is_branch and org.status == "active" and org.parent_id in self.orgs and self.orgs[org.parent_id].kind == "party_committee":
                self.by_township.setdefault(org.parent_id or 0, []).append(org)
        self.own = self.orgs[filler.orgs[p.LIUSHUWAN]]
        self.used: set[int] = set()

    def run(self) -> None:
        """Write everything."""
        away = self._registers()
        made = self._letters()
        self._stays()
        self._lost()
        self.filler.say(f"组织关系转接 {made} 件、流动党员 {away} 人")

    def _registers(self) -> int:
        """Register most of those whose sheet says where they went; a contact each month, forgotten here and there."""
        kept = []
        for x in self.plan.persons:
            if not x.floating_to or x.ended_as or self.rng.random() < 0.06:
                continue
            since = x.floating_since or add_months(self.today, -14)
            moving = self.rng.random() < 0.8
            months = [add_months(self.today.replace(day=self.rng.randint(3, 24)), -back) for back in range(1, 7)]
            contacts = tuple(sorted(day for day in months if day >= since and self.rng.random() < 0.97))
            going = Going(self.filler.persons[x.no], "work" if self.rng.random() < 0.85 else "residence", since, PLACES.get(x.floating_to, x.floating_to), fixed=not moving, contact=self._contact(x.org))
            kept.append(Kept(self.filler.orgs[x.org], going, x.name, contacts))
        return floating_actions.take_over(self.filler.actor, kept, at=self.at)

    def _contact(self, org: str) -> str:
        if not hasattr(self, "_secretaries"):
            self._secretaries = {s.org_id: s.name for s in people.secretaries(Scope((self.own.path_now[:6],)), self.today).values()}
        return self._secretaries.get(self.filler.orgs[org], "支部书记")

    def _somebody(self, org: tree.OrgView) -> RollEntry:
        """Choose a full member without a post who is at home and in no transfer yet."""
        scope = Scope((org.path_now,))
        away = {m.person_id for m in people.marked(scope)}
        found = next(e for e in reversed(people.roll(scope, org.id, self.today)) if e.votes and not e.post and not e.is_leader and e.person_id not in away | self.used)
        self.used.add(found.person_id)
        return found

    def _when(self, days_ago: int) -> datetime:
        return self.at - timedelta(days=days_ago)

    def _office(self, org: tree.OrgView) -> Actor:
        return office("党建办", "party_building_office", org.parent_id or 0)

    def _secretary(self, org: tree.OrgView) -> Actor:
        return office(self._contact(org.code), "branch_secretary", org.id)

    def _send(self, home: tree.OrgView, to: tree.OrgView | None, days_ago: int, reach: str = "outside", **outside: str) -> int:
        day = self.today - timedelta(days=days_ago)
        new = Application(self._somebody(home).person_id, to.id if to else None, day, reason="居住地变动", **outside)
        paid = day.replace(day=1)
        return applying.send(self._office(home), new, paid_to=paid, letter=Letter(day, reach), at=self._when(days_ago))

    def _letters(self) -> int:
        """One transfer in every state; the branch of the mock-ups has one going, one coming and one that nearly expires."""
        own, near = self.own, [o for o in self.by_township[self.own.parent_id or 0] if o.id != self.own.id]
        others = [o for township, orgs in self.by_township.items() if township != own.parent_id for o in orgs]
        a, b, c = others[0], others[len(others) // 2], others[-1]
        away = {"outside": "中共示例市东湾区委员会组织部", "outside_branch": "双桥社区党支部"}
        self._send(own, a, 6)
        self._send(b, own, 12)
        self._send(own, None, 86, "rule", **away)
        self._send(a, b, 43)                                    # expired: nobody accepted it (V09)
        returned = self._send(c, near[0], 9)
        receiving.give_back(self._office(near[0]), returned, reason="本人还没有到新单位报到", on=self.today - timedelta(days=4), version=3, at=self._when(4))
        accepted = self._send(b, c, 20)
        receiving.receive(self._office(c), accepted, to_org_id=c.id, group_id=None, received_on=self.today - timedelta(days=8), version=3, at=self._when(8))
        done = self._send(c, a, 50)
        receiving.receive(self._office(a), done, to_org_id=a.id, group_id=None, received_on=self.today - timedelta(days=38), version=3, at=self._when(38))
        receiving.receipt(self._office(a), done, on=self.today - timedelta(days=37), version=4, at=self._when(37))
        finishing.close(self._office(c), done, on=self.today - timedelta(days=36), version=5, at=self._when(36))
        asked = Application(self._somebody(near[1]).person_id, own.id, self.today - timedelta(days=2), reason="嫁到本村")
        applying.send(self._secretary(near[1]), asked, paid_to=self.today.replace(day=1), at=self._when(2))
        applying.send(self._secretary(near[0]), replace(asked, person_id=self._somebody(near[0]).person_id, to_org_id=a.id, reason="工作调动"), paid_to=self.today.replace(day=1), at=self._when(2))
        arriving.arrive(self._secretary(near[0]), self._arrival(near[0]), at=self._when(1))
        return 10

    def _arrival(self, org: tree.OrgView) -> Arrival:
        day = self.today - timedelta(days=10)
        return Arrival(org.id, "陈示例", "full", "中共示例市东湾区委员会组织部", "0037", day, day + timedelta(days=30), self.today.replace(day=1), "男", joined_on=date(2009, 7, 1), reason="退役")

    def _stays(self) -> None:
        actor, first = self._secretary(self.own), self.today - timedelta(days=100)
        floating_actions.certify(actor, self._somebody(self.own).person_id, place="本省省会", reason="照顾生病的老人", from_on=first, to_on=add_months(first, 3), at=self._when(100))

    def _lost(self) -> None:
        """Ask for one 停止党籍; the others that were lost long enough stay on the desk."""
        marked = [m for m in people.marked(Scope((self.own.path_now[:6],))) if m.lost_contact_on and m.standing != "suspended" and add_months(m.lost_contact_on, 6) <= self.today]
        if marked:
            one = marked[0]
            standing.ask_suspension(
                office("支部书记", "branch_secretary", one.org_id), one.person_id, ground="lost", since=one.lost_contact_on or self.today,
                search="上门三次，问过家人、邻居和原单位，都不知道去向；登报寻找一次", at=self._when(3),
            )


def fill(filler: Filler) -> None:
    """Write the transfers and registers of the demo county."""
    Moving(filler).run()
