"""Puts the demo county together: world, people, life, then rule choices, accounts, requests, corrections, reminders and the list of faults."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from random import Random

from zhibu.cli.demo import faults as faulty
from zhibu.cli.demo import folk, subjects, world
from zhibu.cli.demo.life import SHANGHAI, Diary
from zhibu.cli.demo.plan import (
    COUNTY,
    LIANGZHAN,
    LIUSHUWAN,
    SHIQIAO,
    Account,
    Activity,
    Committee,
    Correction,
    Exclusion,
    Excuse,
    Fault,
    Group,
    Person,
    Plan,
    Reminder,
    RuleChoice,
)
from zhibu.cli.demo.world import BRANCH_TYPES, World
from zhibu.kernel.periods import add_months, window_from_code, window_of

MONTHS = 20
CLERK, COUNTY_OFFICE = "shenwenjing", "zhouming"
SEED_003 = "QH-BT"
SEED_000 = "QH-GZ-Z01"
_WINDOWS = {"theme_day": "month", "committee_meeting": "month", "group_meeting": "month", "general_meeting": "quarter", "lecture": "year",
            "org_life_meeting": "year", "appraisal": "year", "dem_life_meeting": "year"}  # fmt: skip
_NEEDS = {
    "theme_day": ("dues_ledger",), "lecture": ("lecture_script",), "org_life_meeting": ("measures",), "appraisal": ("registration_forms",),
}  # fmt: skip


def build(seed: int, today: date) -> Plan:
    """Build the plan; see zhibu.cli.demo.plan.build."""
    since = add_months(today.replace(day=1), 1 - MONTHS)
    now = datetime.combine(today, time(0, 0), SHANGHAI)
    land = world.make(Random(f"{seed}:world"), today)
    people = folk.settle(seed, land, today, since)
    persons = people.freeze()
    committees: dict[str, list[Committee]] = defaultdict(list)
    groups: dict[str, list[Group]] = defaultdict(list)
    exclusions: dict[str, list[Exclusion]] = defaultdict(list)
    for c in people.committees:
        committees[c.org].append(c)
    for g in people.groups:
        groups[g.org].append(g)
    for e in people.exclusions:
        exclusions[e.org].append(e)
    chosen = faulty.choose(Random(f"{seed}:faults"), land.branches, committees, groups, since, today)
    diary = Diary(persons, chosen, since, today)
    for branch in land.branches:
        code = branch.org.code
        members = [persons[n] for n in people.by_org[code]]
        diary.branch(Random(f"{seed}:life:{code}"), branch, members, exclusions[code], committees[code], groups[code])
    for org in land.orgs:
        if org.type == "party_committee":
            diary.leaders(Random(f"{seed}:life:{org.code}"), org, committees[org.code][-1])
    activities = tuple(diary.activities)
    rules = _rules(today)
    accounts = _accounts(land, persons, groups, committees)
    secretaries = {code: _secretary(items) for code, items in committees.items()}
    return Plan(
        seed=seed,
        today=today,
        now=now,
        since=since,
        orgs=tuple(land.orgs),
        moves=tuple(land.moves),
        groups=tuple(people.groups),
        persons=persons,
        exclusions=tuple(people.exclusions),
        committees=tuple(people.committees),
        rules=rules,
        accounts=accounts,
        activities=activities,
        corrections=_corrections(Random(f"{seed}:corrections"), activities, now),
        excuses=_excuses(Random(f"{seed}:excuses"), chosen, secretaries, {o.code: o.domain for o in land.orgs}, today),
        reminders=_reminders(chosen, land, today),
        faults=tuple(people.faults) + _faults(chosen, activities, rules, land),
    )


def _secretary(committees: list[Committee]) -> int:
    """Give who signs for the organisation: the secretary of the newest committee, else its first member."""
    posts = committees[-1].posts
    return next((p.person for p in posts if p.post == "secretary" and p.until is None), posts[0].person)


def _rules(today: date) -> tuple[RuleChoice, ...]:
    year = date(today.year - 1, 1, 1)
    return (
        RuleChoice(SEED_003, "life", "seed-003", date(today.year - 2, 1, 1), None, COUNTY_OFFICE, f"青组发〔{today.year - 3}〕36号"),
        RuleChoice(
            SEED_000, "life", "seed-000", year, None, COUNTY_OFFICE, f"青组发〔{today.year - 2}〕41号",
            "项目工地分散，经县委组织部同意，按市里原培训要求执行，年度评议随公司考核一并进行，期满后改回",
        ),
    )  # fmt: skip


def _accounts(
    land: World, persons: tuple[Person, ...], groups: dict[str, list[Group]], committees: dict[str, list[Committee]]
) -> tuple[Account, ...]:
    def person(name: str, org: str) -> Person:
        return next(p for p in persons if p.name == name and p.org == org)

    office = next(o.code for o in land.orgs if o.name == "青禾县委组织部党支部")
    village = {n: person(n, LIUSHUWAN) for n in ("王秀兰", "李建国", "罗小燕", "周小满")}
    general = "QH-CG-Z01"
    general_secretary = persons[_secretary(committees[general])]
    group = next(g for g in groups[LIUSHUWAN] if g.leader == village["李建国"].no)
    clerk, organiser = person("沈文静", "QH-SQ-003"), person("程立军", "QH-SQ-003")
    zhou, lu = person("周明", office), person("陆海燕", office)
    grain = person("何长林", LIANGZHAN)
    return (
        Account("wangxiulan", "王秀兰", "branch_secretary", LIUSHUWAN, village["王秀兰"].no),
        Account("hechanglin", "何长林", "branch_secretary", LIANGZHAN, grain.no),
        Account("luoxiaoyan", "罗小燕", "committee_member", LIUSHUWAN, village["罗小燕"].no),
        Account("lijianguo", "李建国", "group_leader", LIUSHUWAN, village["李建国"].no, group.key),
        Account("zhouxiaoman", "周小满", "member", LIUSHUWAN, village["周小满"].no),
        Account("zongzhishuji", general_secretary.name, "general_branch_secretary", general, general_secretary.no),
        Account(CLERK, "沈文静", "party_building_office", SHIQIAO, clerk.no),
        Account("chenglijun", "程立军", "organiser", SHIQIAO, organiser.no),
        Account(COUNTY_OFFICE, "周明", "county_org_dept", COUNTY, zhou.no),
        Account("luhaiyan", "陆海燕", "discipline_reader", COUNTY, lu.no),
        Account("xitong", "系统管理员", "system_admin", COUNTY),
        Account("anquan", "安全管理员", "security_admin", COUNTY),
        Account("shenji", "审计员", "auditor", COUNTY),
    )


def _excuses(rng: Random, chosen: faulty.Faults, secretaries: dict[str, int], domains: dict[str, str], today: date) -> tuple[Excuse, ...]:
    found = []
    eve = today - timedelta(days=1)
    for n, (org, kind, group, code, status) in enumerate(chosen.requests):
        asked = min(window_from_code(code).last + timedelta(days=rng.randint(1, 4)), eve - timedelta(days=1))
        at = datetime.combine(asked, time(rng.randint(9, 17), rng.randrange(60)), SHANGHAI)
        decided = (
            None if status == "open" else datetime.combine(min(asked + timedelta(days=rng.randint(1, 6)), eve), time(18, 20), SHANGHAI)
        )
        by = "" if status == "open" else CLERK if org.startswith(SHIQIAO) else COUNTY_OFFICE
        decision = {"accepted": "情况属实，同意免开", "refused": "可以择日补开，不同意免开", "open": ""}[status]
        pool = subjects.EXCUSES["village" if domains[org] in ("rural", "community") else "other"]
        reason = "书记住院手术，副书记外派培训" if org == LIANGZHAN else pool[n % len(pool)]
        found.append(Excuse(org, kind, group or None, code, reason, secretaries[org], at, status, by, decided, decision))
    return tuple(found)


def _corrections(rng: Random, activities: tuple[Activity, ...], now: datetime) -> tuple[Correction, ...]:
    """Correct fourteen records of the last months: a wrong place, or an absence that had been a leave."""
    recent = [a for a in activities if a.absences and 20 < (now.date() - a.held_on).days < 200 and a.org not in (LIUSHUWAN, LIANGZHAN)]
    found = []
    for activity in sorted(rng.sample(recent, 14), key=lambda a: a.no):
        at = min(activity.recorded_at + timedelta(days=rng.randint(1, 6), hours=1), now - timedelta(hours=5))
        absent = next((a for a in activity.absences if a.status == "absent"), None)
        if absent is not None:
            found.append(
                Correction(activity.no, "absence", "缺席", "请假：家中有事", "本人事后出示了请假条，登记时漏看", at, absent.person)
            )
        else:
            found.append(Correction(activity.no, "place", activity.place, "二楼会议室", "会场临时调整，登记时写成了原会场", at))
    return tuple(found)


def _reminders(chosen: faulty.Faults, land: World, today: date) -> tuple[Reminder, ...]:
    """Send one reminder for each of the two gaps in 石桥镇 and for some of 东湾乡, and note one call."""
    names = {"theme_day": "主题党日", "committee_meeting": "支委会"}
    short = {o.code: o.short for o in land.orgs}
    day = today - timedelta(days=2)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    found = []
    for (org, kind, code, group), what in chosen.what.items():
        window = window_from_code(code)
        mine = org in (LIUSHUWAN, LIANGZHAN)
        if what != "missing" or group or kind not in names or (today - window.last).days > 75 or not (mine or org.startswith("QH-DW")):
            continue
        if window.last >= day:
            continue
        by = CLERK if mine else COUNTY_OFFICE
        at = datetime.combine(day, time(9, 30), SHANGHAI)
        text = f"{short[org]}：{window.label}{names[kind]}还没有记录。开过了请补记，没开请写明原因。"
        if org == LIANGZHAN:
            found.append(Reminder(org, kind, code, by, at, "phone", f"{day.month}月{day.day}日已电话：书记住院"))
        else:
            found.append(Reminder(org, kind, code, by, at, "desk", text))
    return tuple(found)


def _faults(chosen: faulty.Faults, activities: tuple[Activity, ...], rules: tuple[RuleChoice, ...], land: World) -> tuple[Fault, ...]:
    """List the faults of the year: what was left out by choice, and what the records show to be late or incomplete."""
    parents = {o.code: o.parent for o in land.orgs}
    types = {o.code: o.type for o in land.orgs}
    found: dict[tuple[str, str, str, str | None], str] = {}
    good: set[tuple[str, str, str, str | None]] = set()
    for (org, kind, code, group), what in chosen.what.items():
        if what in ("missing", "excused") and kind != "lecture":
            found[org, kind, code, group or None] = what
        if what == "missing" and kind == "lecture" and _below(org, SEED_003, parents):
            found[org, kind, code[:4], None] = what
    for a in activities:
        if types[a.org] not in BRANCH_TYPES:
            continue
        have = {e.record for e in a.evidence}
        for kind in a.kinds:
            window = window_of(_WINDOWS[kind], a.held_on)
            whole = all(r in have for r in _NEEDS.get(kind, ()))
            on_time = (a.recorded_at.date() - window.last).days <= 5
            for group in a.groups or (None,):
                key = (a.org, kind, window.code, group)
                if kind == "lecture" and not _below(a.org, SEED_003, parents):
                    continue
                if whole and on_time and kind != "lecture":
                    good.add(key)
                elif not whole or not on_time:
                    found.setdefault(key, "incomplete" if not whole else "late")
    dropped = {r.org: ("theme_day", "org_life_meeting", "appraisal") for r in rules if r.rule_set == "seed-000"}
    valid = {r.org: r.valid_from for r in rules}
    out = []
    for (org, kind, code, group), what in found.items():
        if (org, kind, code, group) in good:
            continue
        if any(
            kind in kinds and _below(org, top, parents) and window_from_code(code).first >= valid[top] for top, kinds in dropped.items()
        ):
            continue
        out.append(Fault(org, what, kind, code, group))
    return tuple(sorted(out, key=lambda f: (f.org, f.kind, f.window, f.group or "")))


def _below(org: str, top: str, parents: dict[str, str | None]) -> bool:
    at: str | None = org
    while at is not None:
        if at == top:
            return True
        at = parents[at]
    return False
