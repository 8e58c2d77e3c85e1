"""The members of the demo county: persons, spells, standings, groups, exclusions, committees with terms and posts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from zhibu.cli.demo.names import ETHNIC, Numbers, name
from zhibu.cli.demo.plan import LIANGZHAN, LIUSHUWAN, Committee, Exclusion, Fault, Group, Org, Person, Post, Spell, Standing, When
from zhibu.cli.demo.world import UNITS, Branch, World
from zhibu.kernel.periods import add_months, add_years

LIUSHUWAN_PEOPLE = (
    "王秀兰 李建国 张桂芳 陈大勇 周小满 刘德顺 赵玉梅 孙长河 吴桂英 郑国强 冯秀珍 何满仓 罗小燕 高志平 林秋生 马春花 梁永福 宋玉兰 唐有田 许文斌 韩冬梅 邓水生 曹立新 彭桂香 曾庆丰 田素云 董家旺 袁小丽 "
    "蒋铁柱 蔡明亮 陈小满"
).split()
_WOMEN = frozenset("王秀兰 张桂芳 周小满 赵玉梅 吴桂英 冯秀珍 罗小燕 马春花 宋玉兰 韩冬梅 彭桂香 田素云 袁小丽".split())
# Born, in the years before today: the committee is of working age.
_AGES = {"王秀兰": 51, "李建国": 58, "罗小燕": 39, "孙长河": 62, "赵玉梅": 47, "陈小满": 26, "周小满": 34, "何长林": 54}
# Who must be in which branch under which name (and, for the secretary, with which last four digits of the phone).
_NAMED = {
    LIANGZHAN: (("何长林", "男", "3390"),),
    "QH-SQ-003": (("沈文静", "女", "0861"), ("程立军", "男", "2277")),
    "青禾县委组织部党支部": (("周明", "男", "5188"), ("陆海燕", "女", "6603")),
    "青禾县委办公室党支部": (("方志远", "男", "1109"),),
}
_JOBS = {
    "rural": ("务农", "务农", "务农", "种植户", "养殖户", "外出务工", "个体经营", "乡村医生", "村民小组长"),
    "community": ("退休职工", "退休职工", "社区工作者", "个体经营", "自由职业", "下岗职工", "企业职工", "网格员"),
    "agency": ("公务员", "公务员", "公务员", "参公管理人员", "工勤人员"),
    "public_institution": ("专业技术人员", "专业技术人员", "管理人员", "工勤人员"),
    "soe": ("国有企业职工", "国有企业职工", "国有企业管理人员", "专业技术人员"),
    "private_enterprise": ("非公企业职工", "非公企业职工", "非公企业管理人员", "专业技术人员"),
    "social_organization": ("社会组织工作人员", "社会组织负责人", "专业技术人员"),
    "university": ("高校教师", "高校教师", "高校管理人员"),
    "retirees": ("离退休人员",),
}
_AGE_RANGE = {
    "rural": (23, 55, 90), "community": (24, 58, 88), "agency": (25, 42, 60), "public_institution": (25, 42, 60), "soe": (24, 43, 60),
    "private_enterprise": (24, 37, 60), "social_organization": (26, 42, 66), "university": (24, 40, 60), "retirees": (60, 71, 92),
}  # fmt: skip
_POSTS = {
    3: ("secretary", "organization", "publicity"),
    5: ("secretary", "deputy_secretary", "organization", "publicity", "discipline"),
    7: ("secretary", "deputy_secretary", "organization", "publicity", "discipline", "youth", "life"),
    9: ("secretary", "deputy_secretary", "deputy_secretary", "discipline", "organization", "publicity", "united_front", "member", "member"),
}
_OVERDUE_DAYS = {"DW": (48, 131), "SL": (75,), "CG": (22,), "LX": (433,)}
_EXTENDED = ("XJ", "JG")
_WITHIN_90 = ("CG", "SX", "BT", "YD", "SH", "WJ")
_WITHIN_180 = ("CG", "CG", "LH", "LH", "SX", "BT", "XJ", "DW", "NP", "GP", "SH", "SH", "TY", "TY", "JG", "JG", "JY")
_VACANT = (("DW", "publicity"), ("NP", "discipline"), ("SH", "organization"), ("TY", "discipline"), ("SX", "secretary"))


@dataclass(slots=True)
class Draft:
    """A person in the making; becomes Person in freeze()."""

    no: int
    name: str
    gender: str
    birth_day: date
    birth: When
    ethnicity: str
    id_no: str
    phone: str
    education: str
    job: str
    address: str
    joined: When
    full: When | None
    spells: list[Spell]
    standings: list[Standing]
    leading: bool = False
    rights: str = "normal"
    rights_since: date | None = None
    rights_doc: str = ""
    floating_to: str = ""
    floating_since: date | None = None
    lost_on: date | None = None
    lost_reason: str = ""
    ended_as: str = ""
    ended_on: date | None = None
    posted: bool = False


@dataclass(slots=True)
class Folk:
    """People and how they are organised; persons are drafts until freeze()."""

    drafts: list[Draft] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    committees: list[Committee] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    by_org: dict[str, list[int]] = field(default_factory=dict)

    def freeze(self) -> tuple[Person, ...]:
        """Turn the drafts into persons."""
        return tuple(
            Person(
                d.no, d.name, d.gender, d.birth, d.ethnicity, d.id_no, d.phone, d.education, d.job, d.address, d.joined, d.full,
                tuple(d.spells), tuple(d.standings), d.leading, d.rights, d.rights_since, d.rights_doc, d.floating_to, d.floating_since,
                d.lost_on, d.lost_reason, d.ended_as, d.ended_on,
            )
            for d in self.drafts
        )  # fmt: skip


def settle(seed: int, world: World, today: date, since: date) -> Folk:
    """People the world: members of each branch, then its groups and committee, then the committees above."""
    folk = Folk()
    numbers = Numbers(Random(f"{seed}:numbers"))
    terms = _terms(Random(f"{seed}:terms"), world, today)
    for branch in world.branches:
        _Settler(Random(f"{seed}:{branch.org.code}"), numbers, folk, branch, today, since).run(terms.get(branch.org.code))
    _dissolve(folk, world)
    _wander(Random(f"{seed}:moves"), folk, world, today, since)
    _groups(Random(f"{seed}:groups"), folk, world, today, since)
    _upper(Random(f"{seed}:upper"), folk, world, today)
    _rights(Random(f"{seed}:rights"), folk, world, today)
    _structure_faults(folk, world, today)
    return folk


def _terms(rng: Random, world: World, today: date) -> dict[str, int]:
    """Choose for some branches in how many days their committee's term ends: overdue (negative), soon; others are left to chance."""
    days: dict[str, int] = {LIUSHUWAN: 178}
    free: dict[str, list[str]] = {unit.key: [] for unit in UNITS}
    for branch in world.branches:
        old = branch.org.founded.value < add_years(today, -7)
        if branch.size >= 12 and branch.org.type == "branch" and branch.org.code not in days and old:
            free[branch.unit].append(branch.org.code)
    small = [b.org.code for b in world.branches if b.unit == "LX" and b.size >= 9 and b.org.founded.value < add_years(today, -7)]
    free["LX"] = free["LX"] or small or [b.org.code for b in world.branches if b.unit == "LX" and b.size >= 5][:1]
    for key, late in _OVERDUE_DAYS.items():
        for n in late:
            days[free[key].pop(rng.randrange(len(free[key])))] = -n
    for n, key in enumerate(_EXTENDED):
        days[free[key].pop(rng.randrange(len(free[key])))] = -1000 - 70 * (n + 1)
    for n, key in enumerate(_WITHIN_90):
        days[free[key].pop(rng.randrange(len(free[key])))] = 11 + 15 * n
    for n, key in enumerate(_WITHIN_180):
        days[free[key].pop(rng.randrange(len(free[key])))] = 96 + 5 * n
    return days


class _Settler:
    """Fills one branch."""

    def __init__(self, rng: Random, numbers: Numbers, folk: Folk, branch: Branch, today: date, since: date) -> None:
        self.rng, self.numbers, self.folk, self.branch, self.today, self.since = rng, numbers, folk, branch, today, since
        self.org = branch.org
        self.names: set[str] = set()
        self.mine: list[int] = folk.by_org.setdefault(self.org.code, [])

    def run(self, term_days: int | None) -> None:
        """Make members, those who left, exclusions and the committee."""
        size = self.branch.size or (10 if self.org.domain == "rural" else 4)
        probationary = self._probationary(size)
        named = self._named(size)
        for i in range(size):
            given, gender, tail = named[i] if i < len(named) else ("", "", "")
            kind = "probationary" if i >= size - probationary else "full"
            self._person(kind, given, gender, tail, senior=i < 7 and bool(self.branch.size >= 7))
        if self.org.dissolved_on is None:
            self._left()
        self._odd_standing()
        self._exclusions()
        if term_days is None and self.org.dissolved_on is not None:
            term_days = 300
        self._committee(term_days)

    def _named(self, size: int) -> list[tuple[str, str, str]]:
        if self.org.code == LIUSHUWAN:
            return [(n, "女" if n in _WOMEN else "男", "0127" if n == "王秀兰" else "") for n in LIUSHUWAN_PEOPLE]
        return list(_NAMED.get(self.org.code) or _NAMED.get(self.org.name) or ())[:size]

    def _probationary(self, size: int) -> int:
        if self.org.code in (LIUSHUWAN, LIANGZHAN):
            return 1
        if size == 3:
            return 1
        if self.org.dissolved_on is not None or self.org.type in ("temporary_branch", "floating_branch") or size < 7:
            return 0
        if self.org.name.endswith("学生党支部"):
            return 9
        return (self.rng.random() < 0.24) + (size > 24 and self.rng.random() < 0.12)

    def _person(self, kind: str, given: str = "", gender: str = "", tail: str = "", *, senior: bool = False) -> Draft:
        rng, today = self.rng, self.today
        domain = "public_institution" if self.org.name.endswith("学生党支部") and senior else self.org.domain
        if not gender:
            share = {"rural": 0.27, "agency": 0.38, "public_institution": 0.52, "retirees": 0.3}.get(domain, 0.42)
            gender = "女" if rng.random() < share else "男"
        low, mode, high = _AGE_RANGE[domain]
        if self.org.name.endswith("学生党支部") and not senior:
            low, mode, high = 22, 23, 26
        if senior:
            low, mode, high = (max(low, 30), max(min(mode, 48), 40), min(high, 61)) if domain != "retirees" else (61, 66, 73)
        if kind == "probationary":
            low, mode, high = 20, 27, 44
        age = _AGES.get(given) or rng.triangular(low, high, mode)
        birth_day = today - timedelta(days=int(age * 365.25) + rng.randrange(1, 300))
        while not given:
            given = name(rng, gender, birth_day.year)
            if given in self.names or given in _RESERVED:
                given = ""
        self.names.add(given)
        senior = senior or given in _AGES and kind == "full"
        joined, full, standings = self._dates(kind, birth_day, given, senior)
        month_only = rng.random() < (0.3 if birth_day.year < 1965 else 0.06)
        phone = self.numbers.phone(tail) if tail or age < 72 or rng.random() < 0.7 else ""
        job = self._job(age, domain)
        if senior and job == "外出务工":
            job = "种植户"
        since = max(joined.value, self.org.founded.value)
        note = ""
        if not senior and kind == "full" and rng.random() < 0.12:
            span = (self.since - timedelta(days=40) - since).days
            if span > 400:
                since, note = since + timedelta(days=rng.randrange(200, span)), "转入"
        draft = Draft(
            no=len(self.folk.drafts),
            name=given,
            gender=gender,
            birth_day=birth_day,
            birth=When(birth_day.replace(day=1), "month") if month_only else When(birth_day),
            ethnicity=rng.choice(ETHNIC) if rng.random() < 0.045 else "汉族",
            id_no=self.numbers.id_no(birth_day, gender),
            phone=phone,
            education=self._education(age, domain),
            job=job,
            address=self._address(),
            joined=joined,
            full=full,
            spells=[Spell(self.org.code, since, note=note)],
            standings=standings,
        )
        if job == "外出务工" or (self.org.type == "floating_branch" and not senior and rng.random() < 0.8):
            draft.job = "外出务工"
            draft.floating_to = rng.choice(("省外沿海地区", "省会城市", "邻市", "省外北方地区", "邻县"))
            draft.floating_since = today - timedelta(days=rng.randrange(200, 1500))
        self.folk.drafts.append(draft)
        self.mine.append(draft.no)
        return draft

    def _dates(self, kind: str, birth_day: date, given: str, senior: bool) -> tuple[When, When | None, list[Standing]]:
        rng, today = self.rng, self.today
        if kind == "probationary":
            # 陈小满's probation ends in 24 days, as on the desk of the mock-up.
            ago = add_years(today, -1) + timedelta(days=24) if given == "陈小满" else today - timedelta(days=rng.randrange(12, 352))
            if self.org.founded.value > ago:
                ago = self.org.founded.value + timedelta(days=20)
            return When(ago), None, [Standing("probationary", ago, self._doc(ago))]
        adult = add_years(birth_day, 18) + timedelta(days=30)
        recent = (
            not senior and self.org.founded.value < add_months(today, -40) and birth_day.year > today.year - 45 and rng.random() < 0.035
        )
        if recent:
            joined = today - timedelta(days=rng.randrange(380, 900))
        else:
            joined = birth_day + timedelta(days=int(rng.triangular(19.5, 46, 25) * 365.25))
            limit = add_months(today, -62 if senior else -26)
            if joined > limit:
                joined = max(limit - timedelta(days=rng.randrange(0, 900)), adult)
        joined = max(joined, adult)
        if joined > add_months(today, -14):
            joined = add_months(today, -14)
        precision = "day"
        if joined.year < 1975 and rng.random() < 0.08:
            precision = "year"
        elif joined.year < 1996 and rng.random() < 0.55:
            precision = "month"
        value = joined if precision == "day" else joined.replace(day=1) if precision == "month" else joined.replace(month=1, day=1)
        full = add_years(value, 1)
        doc = self._doc(full) if precision == "day" else ""
        return When(value, precision), When(full, precision), [Standing("probationary", value), Standing("full", full, doc)]

    def _doc(self, day: date) -> str:
        return f"{day.year}年{day.month}月支部党员大会决议" if day.year >= 2000 else ""

    def _job(self, age: float, domain: str) -> str:
        if domain in ("agency", "public_institution", "soe", "private_enterprise", "social_organization", "university") and age >= 60.5:
            return "离退休人员"
        if self.org.name.endswith("学生党支部") and age < 28:
            return "在校学生"
        if domain == "rural" and age > 66:
            return "务农"
        return self.rng.choice(_JOBS[domain])

    def _education(self, age: float, domain: str) -> str:
        if domain in ("rural", "community", "retirees") or age > 62:
            pool = ("小学", "小学", "初中", "初中", "高中", "中专") if age > 60 else ("初中", "高中", "高中", "中专", "大专", "大专")
            if age < 35:
                pool = ("高中", "大专", "大专", "大学本科")
        else:
            pool = ("大专", "大学本科", "大学本科", "大学本科", "研究生") if age < 45 else ("中专", "大专", "大专", "大学本科", "大学本科")
        return self.rng.choice(pool)

    def _address(self) -> str:
        label = self.branch.label
        if label.endswith("村"):
            town = next(u.short for u in UNITS if u.key == self.branch.unit)
            return f"青禾县{town}{label}{self.rng.randint(1, 9)}组"
        if label.endswith("社区"):
            town = next(u.short for u in UNITS if u.key == self.branch.unit)
            return f"青禾县{town}{label}{self.rng.randint(1, 28)}栋{self.rng.randint(1, 3)}单元"
        return f"青禾县城关镇{self.rng.choice(('老街', '新街', '书院巷', '河堤路', '禾城大道', '文昌路'))}{self.rng.randint(2, 260)}号"

    def _left(self) -> None:
        """Add members who left during the period: they are in no headcount of today but in those before."""
        if self.branch.size < 12 or self.org.code in (LIUSHUWAN, LIANGZHAN) or self.org.founded.value > add_years(self.since, -2):
            return
        rng, roll = self.rng, self.rng.random()
        if roll > 0.24:
            return
        days = (self.today - self.since).days
        ended = self.since + timedelta(days=rng.randrange(30, days - 20))
        ended_as = "deceased" if roll < 0.125 else "transferred" if roll < 0.225 else "removed" if roll < 0.233 else "withdrew"
        draft = self._person("full")
        draft.floating_to, draft.floating_since = "", None
        if draft.spells[0].since >= ended - timedelta(days=60) or draft.full is None or draft.full.value > ended:
            draft.spells[0] = Spell(self.org.code, self.org.founded.value, note="")
            draft.joined, draft.full = When(date(1991, 7, 1), "month"), When(date(1992, 7, 1), "month")
            draft.birth_day = date(1966, 3, 9)
            draft.birth, draft.id_no = When(draft.birth_day), self.numbers.id_no(draft.birth_day, draft.gender)
            draft.standings = [Standing("probationary", draft.joined.value), Standing("full", draft.full.value)]
            draft.spells[0] = Spell(self.org.code, max(self.org.founded.value, draft.joined.value))
        note = {
            "deceased": "因病去世",
            "transferred": "组织关系转出青禾县",
            "removed": "党员大会决议除名，已报上级批准",
            "withdrew": "本人申请退党，党员大会同意",
        }[ended_as]
        draft.spells[0] = Spell(self.org.code, draft.spells[0].since, ended, ended_as, note)
        draft.standings.append(Standing("ended", ended, note))
        draft.ended_as, draft.ended_on = ended_as, ended

    def _odd_standing(self) -> None:
        """Suspend one member, extra to the size, in the twentieth branch of every large unit."""
        if not self.org.code.endswith("-020") or self.branch.size < 10:
            return
        rng, draft = self.rng, self._person("full")
        if draft.full is not None and draft.full.value < add_months(self.today, -20):
            day = max(self.today - timedelta(days=rng.randrange(30, 500)), draft.full.value + timedelta(days=200))
            draft.standings.append(Standing("suspended", day, "失去联系满6个月，停止党籍"))
            draft.lost_on, draft.lost_reason = day - timedelta(days=200), rng.choice(("外出务工经商", "居住地改变", "出国境"))
            draft.phone = ""
        else:  # too new to have lost contact: leaves instead, so that the size stays as planned
            end = self.today - timedelta(days=5)
            draft.spells[0] = Spell(self.org.code, draft.spells[0].since, end, "transferred", "组织关系转出青禾县")
            draft.standings.append(Standing("ended", end, "组织关系转出青禾县"))
            draft.ended_as, draft.ended_on = "transferred", end

    def _exclusions(self) -> None:
        rng = self.rng
        if self.branch.size < 14 or self.org.code == LIUSHUWAN or self.org.dissolved_on is not None:
            return
        for no in self.mine[7 : self.branch.size]:
            draft = self.folk.drafts[no]
            age = (self.today - draft.birth_day).days / 365.25
            reason, text = (4, "长期卧床，生活不能自理") if age > 84 and rng.random() < 0.4 else (0, "")
            if not reason and draft.floating_to and rng.random() < 0.16:
                reason, text = 7, f"流动党员，在{draft.floating_to}务工，确实不能参加，本人已申请"
            if not reason and self.org.domain == "retirees" and rng.random() < 0.05:
                reason, text = 6, "退休后长期回原籍居住"
            if not reason and rng.random() < 0.002:
                reason, text = 2, "出国探亲超过半年"
            if not reason or draft.full is None or draft.ended_on or draft.rights != "normal" or draft.standings[-1].kind != "full":
                continue
            decided = self.today - timedelta(days=rng.randrange(60, 900))
            decided = max(decided, draft.spells[0].since + timedelta(days=30), draft.full.value + timedelta(days=30))
            approved = decided + timedelta(days=rng.randint(4, 15))
            if approved >= self.today:
                continue
            until = approved + timedelta(days=300) if reason == 2 else None
            if until is not None and until > self.today:
                until = None
            approver = self.org.approved_by or "QH"
            self.folk.exclusions.append(Exclusion(no, self.org.code, reason, text, approved, until, decided, approved, approver))

    def _committee(self, term_days: int | None) -> None:
        org, rng, today = self.org, self.rng, self.today
        end = org.dissolved_on
        fulls = [d for d in (self.folk.drafts[n] for n in self.mine) if d.standings[-1].kind == "full" and d.rights == "normal"]
        excluded = {e.person for e in self.folk.exclusions if e.org == org.code}
        fulls = [d for d in fulls if d.no not in excluded and not d.floating_to] or [d for d in fulls if d.no not in excluded]
        full_count = sum(self.folk.drafts[n].standings[-1].kind == "full" for n in self.mine)
        seats = 0 if full_count < 7 else 3 if full_count < 22 else 5
        if self.branch.size == 58:
            seats = 7
        if org.type in ("temporary_branch", "floating_branch"):
            seats = 0
        years = 5 if org.village_or_community else 3
        expires = self._expiry(term_days, years)
        elected = add_years(expires, -years)
        if elected < org.founded.value:
            elected = org.founded.value + timedelta(days=14)
        posts = [p for p in _POSTS[seats or 3] if seats or p == "secretary"]  # 3 seats: one person looks after publicity and discipline
        if seats == 0 and full_count >= 5:
            posts.append("deputy_secretary")
        holders = self._holders(fulls, len(posts), elected)
        duty = list(zip(posts, holders, strict=False))
        if seats == 3 and len(holders) == 3:
            duty.append(("discipline", holders[2]))
        vacant: list[str] = []
        for draft in holders:
            draft.posted = True
        number = max(1, (elected.year - org.founded.value.year) // years)
        doc = f"{'青组' if org.approved_by == 'QH' else '党委批'}〔{elected.year}〕{rng.randint(3, 58)}号"
        extended: tuple[date, str, str, date] | None = None
        expires = add_years(elected, years)
        if term_days is not None and term_days <= -1000:
            extended = (add_years(expires, 1), "村级区划调整，经批准延期换届" if org.village_or_community else "机构改革未完成，经批准延期换届",
                        f"青组批〔{expires.year}〕{rng.randint(3, 20)}号", expires - timedelta(days=41))  # fmt: skip
        if elected > self.since - timedelta(days=70) and number > 1 and org.founded.value < add_years(elected, -years):
            old = add_years(elected, -years)
            past = tuple(Post(d.no, p, old, elected) for p, d in duty if d.spells[0].since <= old and d.full and d.full.value <= old)
            if any(p.post == "secretary" for p in past) and (not seats or len({p.person for p in past}) >= 3):
                self.folk.committees.append(
                    Committee(
                        org.code,
                        number - 1,
                        old,
                        years,
                        elected,
                        seats,
                        doc.replace(str(elected.year), str(old.year)),
                        past,
                        closed_on=elected,
                    )
                )
        gone = next((post for unit, post in _VACANT if unit == self.branch.unit and term_days is None and seats >= 3), None)
        taken = {c.org[:5] for c in self.folk.committees if c.vacant}
        built = [Post(d.no, p, _eligible(d, elected), end) for p, d in duty]
        if (
            gone
            and org.code[:5] not in taken
            and len(built) > 3
            and self.org.type == "branch"
            and elected < self.since
            and org.dissolved_on is None
        ):
            left = today - timedelta(days=55 + rng.randrange(30))
            built = [Post(p.person, p.post, p.since, left) if p.post == gone else p for p in built]
            vacant.append(gone)
        self.folk.committees.append(
            Committee(
                org.code,
                number,
                elected,
                years,
                expires,
                seats,
                doc,
                tuple(built),
                tuple(vacant),
                *(extended or (None, "", "", None)),
                closed_on=end,
            )
        )

    def _expiry(self, term_days: int | None, years: int) -> date:
        rng, today = self.rng, self.today
        if term_days is None:
            return today + timedelta(days=rng.randrange(200, years * 365 - 40))
        if term_days <= -1000:
            return today - timedelta(days=-1000 - term_days)
        return today + timedelta(days=term_days)

    def _holders(self, fulls: list[Draft], count: int, elected: date) -> list[Draft]:
        """Choose the first `count` stable members of working age; the secretary has been a full member for a year at the election."""
        fit = [d for d in fulls if d.full and add_years(d.full.value, 1) <= elected and d.spells[0].since <= elected]
        rest = [d for d in fulls if d not in fit and d.full and d.full.value <= elected and d.spells[0].since <= elected]
        if self.org.code == LIUSHUWAN:
            wanted = ("王秀兰", "李建国", "罗小燕", "孙长河", "赵玉梅")
            return [next(d for d in fulls if d.name == n) for n in wanted]
        if self.org.code == LIANGZHAN:
            fit.sort(key=lambda d: d.name != "何长林")
        late = [d for d in fulls if d not in fit and d not in rest and _eligible(d, elected) < self.since]
        return (fit + rest + late)[:count]


def _eligible(draft: Draft, elected: date) -> date:
    """Give the day from which the person holds a post: the election, or later for one who came in a by-election."""
    return elected if draft.full is None else max(elected, draft.full.value, draft.spells[0].since)


_RESERVED = frozenset(LIUSHUWAN_PEOPLE) | {n for group in _NAMED.values() for n, _, _ in group}


def _dissolve(folk: Folk, world: World) -> None:
    """Give everybody of a dissolved branch a second spell in the branch that took the members; that branch loses as many of its own newest."""
    for branch in world.branches:
        end = branch.org.dissolved_on
        if end is None:
            continue
        target = world.merged[branch.org.code]
        here = [n for n in folk.by_org[branch.org.code] if not folk.drafts[n].ended_on]
        for no in here:
            draft = folk.drafts[no]
            draft.spells[-1] = Spell(branch.org.code, draft.spells[-1].since, end, "moved", branch.org.dissolve_reason)
            draft.spells.append(Spell(target, end, note=f"由{branch.org.name}转入"))
            folk.by_org[target].append(no)
        spare = [n for n in folk.by_org[target] if _may_go(folk.drafts[n]) and n not in here][-len(here) :]
        if len(spare) < len(here):
            raise AssertionError(f"{target} cannot take the members of {branch.org.code} and keep its size")
        _drop(folk, target, spare)


def _may_go(draft: Draft) -> bool:
    return (
        not draft.posted
        and not draft.ended_on
        and len(draft.spells) == 1
        and len(draft.standings) <= 2
        and draft.standings[-1].kind == "full"
        and draft.rights == "normal"
    )


def _drop(folk: Folk, org: str, numbers: list[int]) -> None:
    """Take persons out of the plan by ending them as transferred long before the period, so that the size stays as planned."""
    excluded = {e.person for e in folk.exclusions}
    for no in numbers:
        draft = folk.drafts[no]
        end = max(draft.spells[0].since + timedelta(days=400), date(2020, 6, 1))
        note = "组织关系转出青禾县"
        draft.spells[0] = Spell(org, draft.spells[0].since, end, "transferred", note)
        draft.standings.append(Standing("ended", end, note))
        draft.ended_as, draft.ended_on = "transferred", end
        draft.floating_to, draft.floating_since = "", None
        if no in excluded:
            folk.exclusions[:] = [e for e in folk.exclusions if e.person != no]


def _wander(rng: Random, folk: Folk, world: World, today: date, since: date) -> None:
    """Let some thirty members have come from another branch of the county during the period."""
    places = [b.org for b in world.branches if b.size >= 15 and b.org.code not in (LIUSHUWAN, LIANGZHAN)]
    founded = {o.code: o.founded.value for o in world.orgs}
    days = (today - since).days
    excluded = {e.person for e in folk.exclusions}
    done = 0
    while done < 30:
        to, source = rng.choice(places), rng.choice(places)
        draft = folk.drafts[rng.choice(folk.by_org[to.code])]
        day = since + timedelta(days=rng.randrange(20, days - 10))
        first = draft.spells[0].since
        if (
            to.code == source.code
            or not _may_go(draft)
            or draft.no in excluded
            or first > day - timedelta(days=100)
            or founded[source.code] > first
        ):
            continue
        if draft.name in _RESERVED:
            continue
        draft.spells[:] = [Spell(source.code, first, day, "moved", f"转往{to.name}"), Spell(to.code, day, note=f"由{source.name}转入")]
        folk.by_org[source.code].append(draft.no)
        done += 1


def _groups(rng: Random, folk: Folk, world: World, today: date, since: date) -> None:
    """Divide the larger branches into groups; everybody in the branch is put into one."""
    digits = "一二三四五六"
    new_done = False
    for branch in world.branches:
        org = branch.org
        roll = rng.random()
        if org.code == LIUSHUWAN:
            count = 2
        elif branch.size >= 24 and roll < 0.5 and org.type == "branch":
            count = min(4, max(2, branch.size // 13))
        else:
            continue
        here = [
            n
            for n in folk.by_org[org.code]
            if any(s.org == org.code and (s.until is None or s.until > since) for s in folk.drafts[n].spells)
        ]
        formed = max(date(2019, 3, 1) + timedelta(days=rng.randrange(900)), org.founded.value)
        if not new_done and branch.unit == "TY":
            formed, new_done = (today.replace(day=1) - timedelta(days=130)), True
        if formed > since and not new_done:
            formed = since - timedelta(days=30)
        keys = [f"{org.code}/{n + 1}" for n in range(count)]
        for place, no in enumerate(here):
            draft = folk.drafts[no]
            key = keys[place * count // len(here)] if org.code == LIUSHUWAN else keys[place % count]
            draft.spells[:] = [
                Spell(s.org, s.since, s.until, s.ended_as, s.note, key)
                if s.org == org.code and (s.until is None or s.until > formed)
                else s
                for s in draft.spells
            ]
        for n, key in enumerate(keys):
            mine = [
                d
                for d in (folk.drafts[x] for x in here)
                if d.spells[-1].group == key and d.spells[-1].until is None and d.standings[-1].kind == "full"
            ]
            fit = [d for d in mine if _leads(d, formed)] or mine
            if org.code == LIUSHUWAN:
                fit.sort(key=lambda d: d.name not in ("李建国", "孙长河"))
            folk.groups.append(Group(key, org.code, f"第{digits[n]}党小组", n + 1, fit[0].no, formed))


def _leads(draft: Draft, formed: date) -> bool:
    if draft.rights != "normal" or draft.floating_to or draft.name == "王秀兰":
        return False
    return draft.spells[-1].since <= formed and draft.full is not None and draft.full.value <= formed


def _upper(rng: Random, folk: Folk, world: World, today: date) -> None:
    """Give the committees above the branches their members, taken from the branches below them."""
    parents = {o.code: o.parent for o in world.orgs}
    offices = {
        b.unit: b
        for b in reversed(world.branches)
        if b.org.domain in ("agency", "soe", "public_institution", "private_enterprise") and b.size >= 12
    }
    used: set[int] = set()
    for org in world.orgs:
        if org.type in ("branch", "joint_branch", "temporary_branch", "floating_branch"):
            continue
        years = 3 if org.type == "general_branch" else 5
        seats = {"general_branch": 5, "party_committee": 9}.get(org.type, 7)
        if "-W" in org.code:
            seats = 7
        sources = _sources(org, world, offices, parents)
        expires = today + timedelta(days=rng.randrange(260, years * 365 - 60))
        elected = add_years(expires, -years)
        fit: list[Draft] = []
        for code in sources:
            fit += [d for d in (folk.drafts[n] for n in folk.by_org[code]) if _may_sit(d, elected) and d.no not in used]
        first = {"QH": "方志远", "QH-SQ": "程立军"}.get(org.code)
        fit.sort(key=lambda d: d.name != first)
        chosen = fit[:seats]
        used |= {d.no for d in chosen}
        for d in chosen:
            d.posted = True
            d.leading = org.type != "general_branch"
        posts = tuple(Post(d.no, p, elected) for p, d in zip(_POSTS[seats], chosen, strict=False))
        number = max(1, (elected.year - org.founded.value.year) // years)
        expires = add_years(elected, years)
        folk.committees.append(
            Committee(org.code, number, elected, years, expires, len(chosen), f"青组〔{elected.year}〕{rng.randint(3, 90)}号", posts)
        )


def _sources(org: Org, world: World, offices: dict[str, Branch], parents: dict[str, str | None]) -> list[str]:
    under = [b.org.code for b in world.branches if parents[b.org.code] == org.code and b.size]
    if org.code == "QH":
        return [
            b.org.code
            for b in world.branches
            if b.org.name in ("青禾县委办公室党支部", "青禾县委宣传部党支部", "青禾县政府办公室党支部", "青禾县委政法委党支部")
        ]
    if "-Z" in org.code or "-W" in org.code:
        return under
    office = [b.org.code for b in world.branches if b.org.parent == org.code and b.org.name == f"{org.short}机关党支部"]
    return office + [
        b.org.code for b in world.branches if b.unit == org.code.removeprefix("QH-") and b.size >= 9 and b.org.code not in office
    ]


def _may_sit(draft: Draft, elected: date) -> bool:
    if (
        draft.ended_on
        or draft.rights != "normal"
        or draft.floating_to
        or draft.full is None
        or len(draft.spells) > 1
        or draft.name in _SITTERS_NOT
    ):
        return False
    age = (elected - draft.birth_day).days / 365.25
    return (
        draft.standings[-1].kind == "full"
        and 24 <= age <= 58
        and add_years(draft.full.value, 1) <= elected
        and draft.spells[0].since <= elected
    )


_SITTERS_NOT = frozenset({"沈文静", "周明", "陆海燕"}) | frozenset(LIUSHUWAN_PEOPLE)


def _rights(rng: Random, folk: Folk, world: World, today: date) -> None:
    """Restrict the rights of three members in three units."""
    leaders = {g.leader for g in folk.groups}
    excluded = {e.person for e in folk.exclusions}
    for unit, rights in (("LH", "within_party_probation"), ("SX", "within_party_probation"), ("CG", "rights_suspended")):
        fit = [
            d
            for b in world.branches
            if b.unit == unit and 15 <= b.size <= 45
            for d in (folk.drafts[n] for n in folk.by_org[b.org.code])
            if _may_go(d) and d.full is not None and d.full.value < add_months(today, -36) and d.no not in leaders and d.no not in excluded
        ]
        draft = rng.choice(fit)
        draft.rights = rights
        draft.rights_since = today - timedelta(days=rng.randrange(40, 420))
        draft.rights_doc = f"青纪发〔{draft.rights_since.year}〕{rng.randint(3, 60)}号"


def _structure_faults(folk: Folk, world: World, today: date) -> None:
    """Unassign one member from his group and list every structural fault."""
    group_orgs = {g.org for g in folk.groups}
    leaders = {g.leader for g in folk.groups}
    for branch in world.branches:
        if branch.unit == "NP" and branch.org.code in group_orgs:
            spare = [folk.drafts[n] for n in folk.by_org[branch.org.code]]
            lone = next(
                d
                for d in spare
                if d.spells[-1].group and d.no not in leaders and d.posted and not d.ended_on and d.spells[-1].org == branch.org.code
            )
            lone.spells[:] = [Spell(s.org, s.since, s.until, s.ended_as, s.note) for s in lone.spells]
            folk.faults.append(Fault(branch.org.code, "unassigned", note=lone.name))
            break
    for branch in world.branches:
        if branch.org.dissolved_on is not None:
            continue
        fulls = sum(_counts_full(folk.drafts[n], branch.org.code) for n in folk.by_org[branch.org.code])
        if fulls < 3:
            folk.faults.append(Fault(branch.org.code, "under_three"))
        if branch.size > 50:
            folk.faults.append(Fault(branch.org.code, "over_fifty"))
    for c in folk.committees:
        if c.closed_on is not None:
            continue
        days = (c.expires_on - today).days
        if c.extended_to is not None:
            folk.faults.append(Fault(c.org, "term_extended"))
        elif days < 0:
            folk.faults.append(Fault(c.org, "term_overdue", note=f"{-days}天"))
        elif c.expires_on <= add_months(today, 6):
            folk.faults.append(Fault(c.org, "term_soon", note=f"{days}天"))
        for post in c.vacant:
            folk.faults.append(Fault(c.org, "vacant_post", note=post))


def _counts_full(draft: Draft, org: str) -> bool:
    spell = draft.spells[-1]
    return spell.org == org and spell.until is None and draft.standings[-1].kind == "full"
