"""Funds, places and training of the demo county: formula, gaps, places that are too small, courses by township, a certificate that came late."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from zhibu.areas.resources import actions as resources
from zhibu.areas.resources import queries
from zhibu.areas.resources.actions import NewPlace, NewPlan
from zhibu.areas.resources.rules import Counts, Fund
from zhibu.areas.training import actions as training
from zhibu.areas.training import courses
from zhibu.areas.training.actions import NewNote, NewRecord, NewSession
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy import actions as policy
from zhibu.ground.tree import queries as tree

from . import plan as p

#: paid of what is required, per cent, by the fund: the service fund and the office fund have a gap
PAID = {Fund.SERVICE: 92, Fund.ACTIVITY: 100, Fund.OFFICE: 95}
ITEMS = ("signboard", "party_flag", "av_equipment", "books", "rules")


def fill(plan: p.Plan, orgs: Mapping[str, int], actor: Actor, at: datetime) -> str:
    """Fill in the year and the one before; returns what was made, in words."""
    today = plan.today
    county = tree.views([orgs["QH"]])[orgs["QH"]]
    for family in ("funds", "places"):
        policy.assign(
            actor, org_id=county.id, family=family, rule_set="seed-000", valid_from=date(today.year - 2, 1, 1), valid_to=None, at=at, decision_doc="青组〔2024〕2号", reason="按市里的标准安排",
        )
    made = _places(plan, orgs, actor, at)
    _funds(actor, county.id, county.path, at, today)
    return f"场所 {made} 个，课程 {_training(plan, orgs, actor, at)} 门"


def _places(plan: p.Plan, orgs: Mapping[str, int], actor: Actor, at: datetime) -> int:
    day, new = plan.today - timedelta(days=60), []
    for n, o in enumerate(o for o in plan.orgs if o.village_or_community and o.dissolved_on is None and o.type == "branch"):
        if n % 40 == 39 and o.code != p.LIUSHUWAN:  # a few have not registered any
            continue
        rural = o.domain == "rural"
        area = Decimal(95 + n % 7 * 15) if rural else Decimal(320 if n % 4 == 0 else 150 + n % 9 * 15)
        if o.code != p.LIUSHUWAN and rural and n % 50 == 7:
            area = Decimal("82.5")
        urban = not rural and n % 3 == 0
        kind = "village" if rural else "urban_community" if urban else "county_community"
        new.append((orgs[o.code], NewPlace(f"{o.short.removesuffix('党支部')}党群服务中心"[:60], kind, f"{o.address or '青禾县'}{n + 1}号", area), ITEMS if n % 6 else ITEMS[:-1]))
    resources.register_many(actor, new, day=day, at=at)
    hall = NewPlace("镇党群服务中心会议室", "other", "青禾县石桥镇政府大院二楼", Decimal(160), open_below=True)
    resources.register_place(actor, orgs["QH-SQ"], hall, at=at)
    return len(new) + 1


def _funds(actor: Actor, org_id: int, path: str, at: datetime, today: date) -> None:
    scope = Scope((path,))
    org = tree.organisation(scope, org_id)
    counts = queries.counted(scope, org, today)
    for year in (today.year - 1, today.year):
        for fund, percent in PAID.items():
            mine = Counts(counts.urban, counts.county) if fund is Fund.SERVICE else Counts(members=counts.members) if fund is Fund.ACTIVITY else Counts(villages=counts.villages)
            empty = NewPlan(year, fund.value, mine, 0, f"青财〔{year}〕3号")
            plan_id = resources.plan(actor, org_id, empty, version=0, at=at)
            required = queries.fund(scope, plan_id, today).required
            resources.plan(actor, org_id, NewPlan(year, fund.value, mine, required, f"青财〔{year}〕3号"), version=1, at=at)
            total = required * (percent if year == today.year else 100) // 100
            for part, day in ((total // 2, date(year, 3, 20)), (total - total // 2, date(year, 8, 15))):
                if day <= today and part:
                    resources.pay(actor, plan_id, day=day, amount=part, note="", at=at)


def _training(plan: p.Plan, orgs: Mapping[str, int], actor: Actor, at: datetime) -> int:
    """Train the secretaries of the townships in spring; every fifth township has not yet."""
    year = plan.today.year
    day = date(year, 4, 16) if plan.today > date(year, 4, 20) else date(year - 1, 4, 16)
    made = 0
    for n, o in enumerate(o for o in plan.orgs if o.type == "party_committee" and o.parent == "QH" and o.domain == "rural"):
        if n % 5 == 4:
            continue
        scope = Scope((tree.path_of(orgs[o.code]),))
        who = [m.person_id for m in courses.audience(scope, scope.paths[0], "secretaries", day)]
        if not who:
            continue
        course = training.open_course(actor, orgs[o.code], year=day.year, title="村党支部书记集中培训", kind="central", at=at)
        absent = tuple(who[3:4])
        wish = NewSession(course, day, day + timedelta(days=2), "full_day", Decimal(3), tuple(who), absent, f"{o.short}会议室"[:100], "签到表存镇党建办档案柜")
        training.hold_session(actor, wish, at=at)
        made += 1
    for n, o in enumerate(o for o in plan.orgs if o.parent == "QH" and o.type in ("party_committee", "work_committee")):
        made += _winter(orgs[o.code], n, actor, at, day)
    _village(orgs[p.LIUSHUWAN], actor, at, plan.today)
    return made


def _winter(org_id: int, n: int, actor: Actor, at: datetime, day: date) -> int:
    """Hold the winter lectures of a township for all its members: about one in twelve is not there, every sixth township held two days only."""
    scope, first = Scope((tree.path_of(org_id),)), day - timedelta(days=60)
    who = [m.person_id for m in courses.audience(scope, scope.paths[0], "all", first)]
    if not who:
        return 0
    course = training.open_course(actor, org_id, year=first.year, title="党员冬春训", kind="lecture", at=at)
    days = 2 if n % 6 == 3 else 3
    absent = tuple(p for i, p in enumerate(who) if i % 12 == 5)
    wish = NewSession(course, first, first + timedelta(days=days - 1), "full_day", Decimal(days), tuple(who), absent, "", "签到表存党建办档案柜")
    training.hold_session(actor, wish, at=at)
    return 1


def _village(org_id: int, actor: Actor, at: datetime, today: date) -> None:
    """Let the branch of the mock-ups have a certificate, self-study and an essay."""
    scope = Scope((tree.path_of(org_id),))
    roll = courses.audience(scope, scope.paths[0], "all", today)
    day = max(date(today.year, 1, 1), today - timedelta(days=70))
    who = roll[len(roll) // 2].person_id
    training.add_record(actor, org_id, NewRecord(who, "县委党校实用技术培训班", "central", day, day, "full_day", Decimal(1), "结业证存村档案柜"), at=at)
    training.add_record(actor, org_id, NewRecord(who, "远程教育平台自学", "self_study", day, day, "hour", Decimal(2), "自学笔记存本人"), at=at)
    training.add_note(actor, org_id, NewNote(who, "essay", day, "学习党的二十届四中全会精神心得"), at=at)


