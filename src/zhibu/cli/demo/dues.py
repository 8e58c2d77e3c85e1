"""Dues of the demo county: bases by occupation, the months of this year, payments with a few who are behind, and some money that moved."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from zhibu.areas.dues import assessing, bases, books, paying, publishing, relief
from zhibu.areas.dues.bases import NewBase
from zhibu.ground.access.queries import office, system_actor
from zhibu.ground.process import actions as process
from zhibu.ground.tree import queries as tree
from zhibu.kernel.periods import month_index

from . import plan as p

PENSIONERS = ("退休", "离退休")
BASES = {"公务员": (5200, 7800), "参公": (4800, 6400), "工勤": (3200, 4300), "专业技术": (4600, 9200), "管理": (4800, 8200), "企业": (3600, 6500), "教师": (5200, 9600), "医生": (3000, 4200)}


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch with its members of today: person id, occupation, and the first month they owe dues here."""

    org_id: int
    code: str
    members: tuple[tuple[int, str, int], ...]


def fill(plan: p.Plan, orgs: Mapping[str, int], persons: Sequence[int], at: datetime) -> str:
    """Write the dues of this year; returns what to say. Whoever is behind is so in every run of the same plan."""
    dice, today = Random(plan.seed + 11), plan.today
    now, first = month_index(today), today.year * 12
    town = next(o.parent for o in plan.orgs if o.code == p.LIUSHUWAN)  # one township keeps its dues here so far
    found = [b for b in branches(plan, orgs, persons) if b.code in {o.code for o in plan.orgs if o.parent == town}]
    keeper = system_actor()
    for branch in found:
        items = [NewBase(person, *base_of(job, dice), max(first, since)) for person, job, since in branch.members]
        bases.declare_many(keeper, branch.org_id, items, verified=True, at=at)
    for month in range(first, now + 1):
        assessing.assess(keeper, orgs[town or p.LIUSHUWAN], month, at=at)
    months = tuple(range(first, now))
    if months:
        for branch in found:
            _collect(branch, months, dice, at)
    _story(plan, orgs, found, at)
    return f"党费基数 {sum(len(b.members) for b in found)} 名，{len(months)} 个月的应交和收缴"


def branches(plan: p.Plan, orgs: Mapping[str, int], persons: Sequence[int]) -> list[Branch]:
    """Give the branches with the members who are in them today, without those whose membership is stopped."""
    members: dict[str, list[tuple[int, str, int]]] = {}
    for x in plan.persons:
        spell = x.spells[-1]
        if x.ended_as or spell.until is not None or x.standings[-1].kind in ("suspended", "ended"):
            continue
        members.setdefault(spell.org, []).append((persons[x.no], x.job, month_index(spell.since)))
    return [Branch(orgs[code], code, tuple(rows)) for code, rows in members.items()]


def base_of(job: str, dice: Random) -> tuple[str, int]:
    """Give category and base in fen for an occupation."""
    if any(word in job for word in PENSIONERS):
        return "pension", dice.randrange(2400, 6200, 10) * 100
    if "下岗" in job:
        return "unemployed", 0
    if "个体" in job or "自由" in job:
        return "self_employed", dice.randrange(3000, 9000, 100) * 100
    for word, (low, high) in BASES.items():
        if word in job:
            return "wage", dice.randrange(low, high, 10) * 100
    return "farmer", dice.choice((20, 50, 100))


def _collect(branch: Branch, months: Sequence[int], dice: Random, at: datetime) -> None:
    """Take the months that are over; one member in forty is one to three months behind, one in four hundred has paid nothing for longer."""
    wishes = []
    for person, _, since in branch.members:
        lot = dice.random()
        behind = 8 if lot < 0.0025 else dice.randint(1, 3) if lot < 0.025 else 0
        paid = tuple(m for m in months[: max(0, len(months) - behind)] if m >= since)
        if paid:
            wishes.append(paying.Wish(person, paid))
    if wishes:
        last = date(months[-1] // 12, months[-1] % 12 + 1, 20)
        paying.pay_each(office("党费管理员", "dues_keeper", branch.org_id), branch.org_id, wishes, paid_on=last, method="theme_day", at=at)


def _story(plan: p.Plan, orgs: Mapping[str, int], found: Sequence[Branch], at: datetime) -> None:
    """The branch of the mock-ups: it began with a balance, handed some up, asks to use some; one member is excused."""
    org_id, today = orgs[p.LIUSHUWAN], plan.today
    own = next(b for b in found if b.code == p.LIUSHUWAN)
    secretary, begin = office("王秀兰", "branch_secretary", org_id), date(today.year, 1, 4)
    if today <= begin + timedelta(days=70):
        return
    books.begin(secretary, org_id, 86_000, on=begin, document=f"纸质党费台账{today.year - 1}年末结存", at=at)
    publishing.publish(secretary, org_id, today.year - 1, on=date(today.year, 1, 20), how="党员大会通报", at=at)
    books.remit(secretary, org_id, 12_000, on=date(today.year, 3, 10), note="一季度党费", at=at)
    relief.consent(secretary, org_id, own.members[-2][0], kind="quarterly", from_month=today.year * 12, meeting_on=begin, reason="在外务工", at=at)
    relief.ask(
        secretary, org_id, own.members[-3][0], amount=0, from_month=month_index(today) + 1, to_month=month_index(today) + 13, reason="患重病，家庭困难",
        meeting_on=today - timedelta(days=5), at=at,
    )
    case = books.ask_expense(secretary, org_id, purpose=2, amount=26_800, what="订阅党报党刊", at=at)
    clerk = office("沈文静", "party_building_office", tree.views([org_id])[org_id].parent_id or 0)
    process.approve(clerk, case, answer="同意", at=at)
