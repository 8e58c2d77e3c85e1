from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

import pytest

from zhibu.cli.demo.life import Register
from zhibu.cli.demo.plan import LIANGZHAN, LIUSHUWAN, Activity, Committee, Plan, build
from zhibu.cli.demo.story import SEED_000, SEED_003
from zhibu.kernel.identity import check, normalise_phone
from zhibu.kernel.periods import Window, add_months, add_years, window_from_code, window_of, windows

TODAYS = (date(2026, 1, 10), date(2026, 11, 21), date(2028, 2, 29), date(2030, 12, 31))
BRANCH = {"branch", "joint_branch", "temporary_branch", "floating_branch"}
PICTURE = {
    "城关镇": 46, "石桥镇": 28, "柳河镇": 31, "双溪镇": 24, "白塔镇": 22, "新集镇": 26, "东湾乡": 17, "杨店乡": 15, "松岭乡": 12, "南坡镇": 19, "高坪乡": 11,
    "沙河街道": 33, "桃园街道": 29, "县直机关": 38, "教育系统": 27, "卫健系统": 16, "国资系统": 9, "两新组织": 19,
}  # fmt: skip
# What the sample ledgers of the importer hold for the two branches (both readings of an ambiguous date).
LEDGER = {
    LIUSHUWAN: {
        "committee_meeting": "2025-01-08 2025-01-20 2025-02-12 2025-04-07 2025-05-20 2025-07-08 2025-08-07",
        "theme_day": "2025-02-05 2025-05-06 2025-06-05",
        "general_meeting": "2025-03-20",
        "lecture": "2025-03-25 2025-03-28",
        "org_life_meeting": "2025-11-05 2025-12-05",
        "appraisal": "2025-12-06",
    },
    LIANGZHAN: {
        "committee_meeting": "2025-01-09 2025-02-14 2025-03-12",
        "general_meeting": "2025-03-25 2025-06-25",
        "theme_day": "2025-04-05 2025-06-05",
        "appraisal": "2025-12-08",
    },
}
WINDOW = {
    "theme_day": "month",
    "committee_meeting": "month",
    "group_meeting": "month",
    "general_meeting": "quarter",
    "org_life_meeting": "year",
    "appraisal": "year",
}
NEEDS = {
    "theme_day": {"minutes", "activity_form", "activity_photos", "dues_ledger"},
    "committee_meeting": {"minutes"},
    "group_meeting": {"minutes"},
    "general_meeting": {"minutes"},
    "lecture": {"lecture_script", "sign_in", "lecture_record"},
    "org_life_meeting": {
        "plan", "preparation", "host_script", "study_materials", "talk_records", "opinion_list", "statements", "minutes", "measures",
    },
    "appraisal": {"registration_forms", "self_forms", "test_forms", "excellent_list", "unqualified_list"},
}  # fmt: skip


@lru_cache(maxsize=len(TODAYS))
def plan_of(today: date) -> Plan:
    return build(20, today)


@pytest.fixture(params=TODAYS, ids=str)
def plan(request: pytest.FixtureRequest) -> Plan:
    return plan_of(request.param)


def fingerprint(plan: Plan) -> str:
    return hashlib.sha256(repr(plan).encode()).hexdigest()


def unit_of(plan: Plan, code: str) -> str:
    parents = {o.code: o.parent for o in plan.orgs}
    while parents[code] != "QH":
        code = parents[code] or ""
    return code


def test_same_seed_and_day_give_the_same_plan_in_another_process():
    script = (
        "import hashlib; from datetime import date; from zhibu.cli.demo.plan import build;"
        "print(hashlib.sha256(repr(build(20, date(2026, 11, 21))).encode()).hexdigest())"
    )
    env = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    other = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True).stdout.strip()
    assert other == fingerprint(plan_of(date(2026, 11, 21)))


def test_another_seed_gives_another_plan_of_the_same_size():
    other = build(21, date(2026, 11, 21))
    assert fingerprint(other) != fingerprint(plan_of(date(2026, 11, 21)))
    assert sum(o.type in BRANCH and not o.dissolved_on for o in other.orgs) == 422
    assert len(standing_members(other)) == 9_836


def test_branches_per_unit_are_those_of_the_county_picture(plan: Plan):
    names = {o.code: o.short for o in plan.orgs}
    found = Counter(names[unit_of(plan, o.code)] for o in plan.orgs if o.type in BRANCH and not o.dissolved_on)
    assert found == PICTURE
    assert {o.type for o in plan.orgs} == BRANCH | {"party_committee", "work_committee", "comprehensive_committee", "general_branch"}
    assert {o.domain for o in plan.orgs} == {
        "rural", "community", "agency", "public_institution", "soe", "private_enterprise", "social_organization", "university", "retirees",
    }  # fmt: skip


def test_organisations_have_unique_codes_and_names_and_parents_first(plan: Plan):
    seen: set[str] = set()
    names = Counter(o.name for o in plan.orgs)
    for org in plan.orgs:
        assert org.code not in seen
        assert org.parent is None or org.parent in seen
        assert org.founded.value < plan.today
        assert names[org.name] == 1
        assert org.type != "joint_branch" or 2 <= len(org.host_units) <= 5
        assert (org.theme_day is not None) == (org.type in BRANCH)
        seen.add(org.code)
    assert len(plan.moves) == 1 and sum(o.dissolved_on is not None for o in plan.orgs) == 2
    assert all(o.dissolved_on is None or (o.dissolve_reason and o.dissolve_doc) for o in plan.orgs)
    generals = {o.parent for o in plan.orgs if o.type in BRANCH}
    assert all(o.code in generals for o in plan.orgs if o.type == "general_branch")


def test_names_in_the_sample_tables_find_exactly_one_organisation_or_none(plan: Plan):
    def runs_through(short: str, name: str) -> bool:
        rest = iter(name)
        return all(c in rest for c in short)

    wanted = {"柳树湾村支部": 1, "粮站联合支部": 1, "石桥镇柳树湾村党支部": 1, "东坡村党支部": 0, "石桥小学党支部": 0, "石桥中学党总支": 0}
    for short, count in wanted.items():
        assert sum(runs_through(short, o.name) for o in plan.orgs) == count, short


def test_no_real_organisation_and_no_public_figure(plan: Plan):
    real = "中国石 中石 国家电网 移动 联通 电信 华为 阿里 腾讯 百度 京东 清华 北京 上海 广东 浙江 四川 湖南 湘西 安阳 花溪 神鼎山 大学 集团 银行 邮政".split()
    units = {"青禾", *(u for u in PICTURE)}
    for org in plan.orgs:
        assert not any(word in org.name for word in real), org.name
        assert any(u in org.name for u in units) or org.code == LIANGZHAN, org.name
    figures = {"毛泽东", "周恩来", "李强", "李希", "蔡奇", "江泽民", "胡锦涛", "温家宝"}
    assert not figures & {p.name for p in plan.persons}


def test_members_are_those_of_the_county_picture(plan: Plan):
    members = standing_members(plan)
    assert len(members) == 9_836
    assert 9_900 <= len(plan.persons) <= 10_050
    kinds = Counter(plan.persons[n].standings[-1].kind for n in members)
    assert kinds["probationary"] > 80 and kinds["full"] > 9_500
    ended = Counter(p.ended_as for p in plan.persons if p.ended_as)
    assert ended["deceased"] and ended["transferred"]
    assert sum(p.standings[-1].kind == "suspended" for p in plan.persons) >= 2
    assert Counter(p.rights for p in plan.persons) == {
        "normal": len(plan.persons) - 3,
        "within_party_probation": 2,
        "rights_suspended": 1,
    }
    assert len(plan.exclusions) > 60


def standing_members(plan: Plan) -> list[int]:
    return [p.no for p in plan.persons if p.spells[-1].until is None and p.standings[-1].kind in ("full", "probationary")]


def test_identity_numbers_check_and_agree_with_birth_and_gender(plan: Plan):
    numbers, phones = set(), set()
    for p in plan.persons:
        found = check(p.id_no, plan.today)
        assert found.ok and p.id_no.startswith("990201")
        assert found.gender == p.gender
        assert found.birth is not None
        assert p.birth.value == (found.birth if p.birth.precision == "day" else found.birth.replace(day=1))
        numbers.add(p.id_no)
        if p.phone:
            assert normalise_phone(p.phone).kind == "mobile" and p.phone.startswith("154") and not p.phone.startswith("15400")
            phones.add(p.phone)
    assert len(numbers) == len(plan.persons)
    assert len(phones) == sum(bool(p.phone) for p in plan.persons)


def test_lives_are_in_order(plan: Plan):
    orgs = {o.code: o for o in plan.orgs}
    precisions = Counter(p.joined.precision for p in plan.persons)
    assert set(precisions) == {"day", "month", "year"}
    for p in plan.persons:
        birth = check(p.id_no).birth
        assert birth is not None and p.joined.value >= add_years(birth, 17)
        assert p.joined.precision != "day" or p.joined.value >= add_years(birth, 18)
        assert p.joined.value < plan.today
        assert (p.full is None) == (p.standings[0].kind == "probationary" and len(p.standings) == 1)
        assert p.full is None or p.joined.value < p.full.value <= plan.today
        assert [s.since for s in p.standings] == sorted(s.since for s in p.standings)
        assert all(s.since <= plan.today for s in p.standings)
        previous = None
        for s in p.spells:
            assert s.since >= orgs[s.org].founded.value and s.since < plan.today
            assert s.until is None or s.since < s.until <= plan.today
            assert previous is None or previous <= s.since
            previous = s.until
        assert all(s.until is not None for s in p.spells[:-1])
        assert (p.ended_as == "") == (p.spells[-1].until is None)
        assert (p.standings[-1].kind == "ended") == bool(p.ended_as)


def test_the_branch_of_the_mock_ups(plan: Plan):
    here = [p for p in plan.persons if p.org == LIUSHUWAN]
    assert len(here) == 31
    assert sum(p.full is not None for p in here) == 30
    assert {"王秀兰", "李建国", "张桂芳", "罗小燕", "蔡明亮", "陈小满"} <= {p.name for p in here}
    committee = current(plan, LIUSHUWAN)
    assert committee.seats == 5 and (committee.expires_on - plan.today).days in range(176, 180)
    secretary = next(plan.persons[p.person] for p in committee.posts if p.post == "secretary")
    assert secretary.name == "王秀兰" and secretary.phone.endswith("0127")
    groups = [g for g in plan.groups if g.org == LIUSHUWAN]
    assert [plan.persons[g.leader].name for g in groups][0] == "李建国" and len(groups) == 2
    assert all(p.spells[-1].group for p in here)
    grain = current(plan, LIANGZHAN)
    assert next(plan.persons[p.person] for p in grain.posts if p.post == "secretary").name == "何长林"
    assert sum(p.org == LIANGZHAN for p in plan.persons) == 9
    assert {o.code: o.parent for o in plan.orgs}[LIUSHUWAN] == {o.code: o.parent for o in plan.orgs}[LIANGZHAN] == "QH-SQ"


def current(plan: Plan, org: str) -> Committee:
    return next(c for c in plan.committees if c.org == org and c.closed_on is None)


def test_committees_terms_and_posts(plan: Plan):
    orgs = {o.code: o for o in plan.orgs}
    open_ = Counter(c.org for c in plan.committees if c.closed_on is None)
    assert all(n == 1 for n in open_.values())
    assert all(open_[o.code] == 1 for o in plan.orgs if o.dissolved_on is None)
    spans = defaultdict(list)
    for c in plan.committees:
        org = orgs[c.org]
        wanted = 3 if org.type in BRANCH | {"general_branch"} else 5
        assert c.term_years == (5 if org.village_or_community and org.type in BRANCH else wanted)
        assert c.expires_on == add_years(c.elected_on, c.term_years) or c.closed_on == c.expires_on
        assert org.founded.value <= c.elected_on < plan.today
        assert c.extended_to is None or c.extended_to <= add_years(c.expires_on, 1)
        assert sum(p.post == "secretary" and p.until is None for p in c.posts) <= 1
        spans[c.org].append(c.elected_on)
        for post in c.posts:
            person = plan.persons[post.person]
            assert person.full is not None and person.full.value <= post.since
            assert c.elected_on <= post.since and (post.until is None or post.since < post.until)
            if org.type in BRANCH:
                assert any(s.org == c.org and s.since <= post.since for s in person.spells)
    for c in plan.committees:
        if c.closed_on is None and orgs[c.org].type in BRANCH and c.seats:
            there = [p for p in plan.persons if p.org == c.org and p.standings[-1].kind == "full"]
            assert len(there) >= 7
    ninety = [c for c in plan.committees if c.closed_on is None and 0 <= (c.expires_on - plan.today).days <= 90]
    assert len(ninety) == 6


def test_groups_have_three_members_and_a_leader_of_their_own(plan: Plan):
    members = defaultdict(list)
    for p in plan.persons:
        if p.spells[-1].group and p.spells[-1].until is None:
            members[p.spells[-1].group].append(p.no)
    for g in plan.groups:
        assert g.leader in members[g.key]
        assert len(members[g.key]) >= 3
    grouped = {g.org for g in plan.groups}
    alone = [p.name for p in plan.persons if p.org in grouped and p.spells[-1].until is None and not p.spells[-1].group]
    assert len(alone) == 1
    assert [f.note for f in plan.faults if f.what == "unassigned"] == alone


def test_every_kind_of_fault_is_there(plan: Plan):
    found = {f.what for f in plan.faults}
    assert found == {
        "missing", "late", "incomplete", "excused", "term_overdue", "term_extended", "term_soon", "under_three", "over_fifty", "unassigned", "vacant_post",
    }  # fmt: skip
    under = next(f.org for f in plan.faults if f.what == "under_three")
    assert sum(p.org == under and p.standings[-1].kind == "full" for p in plan.persons) == 2
    over = next(f.org for f in plan.faults if f.what == "over_fifty")
    assert sum(p.org == over and p.no in set(standing_members(plan)) for p in plan.persons) > 50
    assert {f.kind for f in plan.faults if f.what == "missing"} >= {
        "theme_day",
        "committee_meeting",
        "group_meeting",
        "general_meeting",
        "org_life_meeting",
    }
    assert {e.status for e in plan.excuses} == {"accepted", "refused", "open"}


def test_named_faults_lie_in_the_last_month_that_is_wholly_closed(plan: Plan):
    code = window_of("month", add_months(plan.today.replace(day=1), -1 if plan.today.day > 6 else -2)).code
    mine = {(f.org, f.kind, f.window) for f in plan.faults if f.org in (LIUSHUWAN, LIANGZHAN) and f.what == "missing"}
    assert mine == {(LIUSHUWAN, "committee_meeting", code), (LIANGZHAN, "theme_day", code)}
    per_branch = Counter(unit_of(plan, f.org) for f in plan.faults if f.what == "missing" and f.kind)
    sizes = Counter(unit_of(plan, o.code) for o in plan.orgs if o.type in BRANCH)
    assert max(per_branch, key=lambda u: per_branch[u] / sizes[u]) == "QH-DW"


def test_nothing_happens_today_or_later(plan: Plan):
    for a in plan.activities:
        assert plan.since <= a.held_on < plan.today
        assert a.recorded_at < plan.now
        assert a.recorded_at.date() >= a.held_on
        assert a.start < a.end
        assert a.recorded_at.date() > a.held_on or f"{a.recorded_at:%H:%M}" >= a.end
    assert all(c.at < plan.now for c in plan.corrections)
    assert all(plan.activities[c.activity].recorded_at < c.at for c in plan.corrections)
    assert all(e.requested_at < plan.now and (e.decided_at is None or e.requested_at <= e.decided_at < plan.now) for e in plan.excuses)
    assert all(r.at < plan.now and r.at.weekday() < 5 and 8 <= r.at.hour < 20 for r in plan.reminders)
    assert all(x.branch_decided_on <= x.approved_on <= plan.today for x in plan.exclusions)


def test_activities_are_whole(plan: Plan):
    assert 18_000 <= len(plan.activities) <= 32_000
    seen: set[tuple[str, str, str, date]] = set()
    for n, a in enumerate(plan.activities):
        assert a.no == n and a.expected == len(a.roll) == len(set(a.roll)) and a.present == a.expected - len(a.absences)
        away = {x.person for x in a.absences}
        assert away <= set(a.roll) and len(away) == len(a.absences)
        assert a.chair in a.roll and a.chair not in away and a.recorder in a.roll and a.recorder not in away
        assert 0 <= a.voting_present <= a.voting <= a.expected
        assert a.subject and a.topics and a.place and len(a.subject) <= 120
        assert ("group_meeting" in a.kinds) == bool(a.groups)
        assert ("lecture" in a.kinds) == (a.lecturer is not None) == bool(a.hours)
        assert ("theme_day" in a.kinds) == bool(a.contents)
        assert {t.kind for t in a.topics} == set(a.kinds)
        for kind in a.kinds:
            for group in a.groups or ("",):
                key = (a.org, kind, group, a.held_on)
                assert key not in seen
                seen.add(key)


def test_votes_balance_and_reach_the_quorum(plan: Plan):
    outcomes = Counter()
    for a in plan.activities:
        for t in a.topics:
            if t.vote is None:
                continue
            v = t.vote
            assert v.for_ + v.against + v.abstain == v.voters == a.voting_present
            assert v.voting_expected == a.voting and min(v.for_, v.against, v.abstain) >= 0
            assert v.voters * 2 >= v.voting_expected
            assert v.passed == (v.for_ * 2 > v.voting_expected)
            assert v.owner is None or v.owner in a.roll
            outcomes[v.passed] += 1
    assert outcomes[True] > 1000 and outcomes[False] > 3


def test_rolls_are_what_the_spells_say(plan: Plan):
    excluded = defaultdict(list)
    for x in plan.exclusions:
        excluded[x.org].append(x)
    people = defaultdict(list)
    for p in plan.persons:
        for org in {s.org for s in p.spells}:
            people[org].append(p)
    registers = {org: Register(org, members, excluded[org]) for org, members in people.items()}
    for a in plan.activities[::17]:
        if not set(a.kinds) & {"theme_day", "general_meeting", "org_life_meeting"}:
            continue
        naive, votes = set(), set()
        for p in people[a.org]:
            stays = any(s.org == a.org and s.since <= a.held_on and (s.until is None or a.held_on < s.until) for s in p.spells)
            kind = [s.kind for s in p.standings if s.since <= a.held_on][-1:]
            out = any(x.person == p.no and x.since <= a.held_on and (x.until is None or a.held_on < x.until) for x in excluded[a.org])
            if stays and not out and kind in (["full"], ["probationary"]):
                naive.add(p.no)
                if kind == ["full"] and (p.rights == "normal" or (p.rights_since or plan.today) > a.held_on):
                    votes.add(p.no)
        assert naive == set(a.roll) and len(votes) == a.voting
        assert registers[a.org].on(a.held_on).voters == votes


def test_two_branches_meet_on_no_day_of_the_sample_ledgers():
    blocked = {(org, kind, day) for org, kinds in LEDGER.items() for kind, days in kinds.items() for day in days.split()}
    for today in (date(2025, 12, 20), date(2026, 1, 10), date(2026, 7, 31), date(2026, 10, 9)):
        for a in build(20, today).activities if today not in TODAYS else plan_of(today).activities:
            if a.org in LEDGER:
                assert not any((a.org, kind, a.held_on.isoformat()) in blocked for kind in a.kinds)


def due_windows(plan: Plan) -> Iterator[tuple[str, str, Window, str | None]]:
    """Name every closed window of the period under the national rules, the slow way."""
    committees = defaultdict(list)
    for c in plan.committees:
        committees[c.org].append(c)
    groups = defaultdict(list)
    for g in plan.groups:
        groups[g.org].append(g)
    parents = {o.code: o.parent for o in plan.orgs}
    for org in plan.orgs:
        if org.type not in BRANCH:
            continue
        local = next(r.valid_from for r in plan.rules if r.org == SEED_000) if parents[org.code] == SEED_000 else None
        for kind, window in WINDOW.items():
            for year in range(plan.since.year, plan.today.year + 1):
                for w in windows(window, year):
                    if w.last >= plan.today or w.last < plan.since or (window == "month" and w.first < plan.since):
                        continue
                    if local and w.first >= local and kind in ("theme_day", "org_life_meeting", "appraisal"):
                        continue
                    if org.founded.value > w.first or (org.dissolved_on and org.dissolved_on <= w.last):
                        continue
                    if kind == "committee_meeting" and not all(in_office(committees[org.code], d) for d in (w.first, w.last)):
                        continue
                    if kind == "group_meeting":
                        yield from ((org.code, kind, w, g.key) for g in groups[org.code] if g.formed_on <= w.first)
                    else:
                        yield org.code, kind, w, None


def in_office(committees: list[Committee], day: date) -> bool:
    return any(c.seats and c.elected_on <= day and (c.closed_on is None or day < c.closed_on) for c in committees)


def test_the_list_of_faults_is_what_the_records_show(plan: Plan):
    held: dict[tuple[str, str, str, str | None], list[Activity]] = defaultdict(list)
    for a in plan.activities:
        for kind in a.kinds:
            for group in a.groups or (None,):
                if kind in WINDOW:
                    held[a.org, kind, window_of(WINDOW[kind], a.held_on).code, group].append(a)
    listed = {(f.org, f.kind, f.window, f.group): f.what for f in plan.faults if f.kind and f.kind != "lecture"}
    shown, due, fulfilled = {}, 0, 0
    for org, kind, window, group in due_windows(plan):
        key = (org, kind, window.code, group)
        whole = [a for a in held[key] if NEEDS[kind] <= {e.record for e in a.evidence}]
        if listed.get(key) != "excused":
            due += 1
            fulfilled += bool(whole)
        if not held[key]:
            shown[key] = listed[key] if listed.get(key) == "excused" else "missing"
        elif not whole:
            shown[key] = "incomplete"
        elif all(a.recorded_at.date() > window.last + timedelta(days=5) for a in whole):
            shown[key] = "late"
    assert shown == listed
    assert 0.97 < fulfilled / due < 0.992
    excused = {(e.org, e.kind, e.window, e.group) for e in plan.excuses if e.status == "accepted"}
    assert excused == {k for k, what in listed.items() if what == "excused"}
    assert all(listed[e.org, e.kind, e.window, e.group] == "missing" for e in plan.excuses if e.status != "accepted")


def test_rules_and_accounts(plan: Plan):
    assert {r.rule_set for r in plan.rules} == {"seed-003", "seed-000"}
    assert all(bool(r.reason) == (r.rule_set == "seed-000") for r in plan.rules)
    codes = {o.code for o in plan.orgs}
    assert {r.org for r in plan.rules} == {SEED_003, SEED_000} <= codes
    roles = {
        "branch_secretary", "committee_member", "group_leader", "member", "general_branch_secretary", "party_building_office", "organiser", "county_org_dept",
        "discipline_reader", "system_admin", "security_admin", "auditor",
    }  # fmt: skip
    assert {a.role for a in plan.accounts} == roles
    assert len({a.username for a in plan.accounts}) == len(plan.accounts)
    for a in plan.accounts:
        assert a.org in codes
        assert a.person is None or plan.persons[a.person].name == a.name
    leader = next(a for a in plan.accounts if a.role == "group_leader")
    assert next(g for g in plan.groups if g.key == leader.group).leader == leader.person
    requesters = {e.requested_by for e in plan.excuses}
    deciders = {a.username: a.person for a in plan.accounts}
    assert not any(deciders[e.decided_by] in requesters for e in plan.excuses if e.decided_by)


def test_corrections_and_reminders_name_something_that_is_there(plan: Plan):
    assert len(plan.corrections) == 14
    for c in plan.corrections:
        if c.field == "absence":
            assert c.person in {x.person for x in plan.activities[c.activity].absences}
    missing = {(f.org, f.kind, f.window) for f in plan.faults if f.what == "missing"}
    assert {r.org for r in plan.reminders} >= {LIUSHUWAN, LIANGZHAN}
    assert all((r.org, r.kind, r.window) in missing and window_from_code(r.window).last < plan.today for r in plan.reminders)


def test_plan_is_plain_frozen_data():
    plan = plan_of(TODAYS[0])
    for value in (plan, *(getattr(plan, f.name)[0] for f in dataclasses.fields(plan) if isinstance(getattr(plan, f.name), tuple))):
        assert dataclasses.is_dataclass(value)
        with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
            setattr(value, dataclasses.fields(value)[0].name, None)
