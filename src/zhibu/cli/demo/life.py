"""The organisational life of every branch over the period: when it met, who was there, what was said, what was put on record and when."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from zhibu.cli.demo import subjects
from zhibu.cli.demo.faults import Faults, late_possible, month_window
from zhibu.cli.demo.plan import LIANGZHAN, LIUSHUWAN, Absence, Activity, Committee, Evidence, Exclusion, Group, Org, Person, Topic, Vote
from zhibu.cli.demo.world import Branch
from zhibu.kernel.periods import Window, month_index, window_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
# The sample ledgers of tests/data hold these meetings; the demo holds none of the same kind that day, so that importing them finds no duplicate.
_LEDGER = {
    (LIUSHUWAN, "committee_meeting"): ("01-08", "01-20", "02-12", "04-07", "05-20", "07-08", "08-07"),
    (LIUSHUWAN, "theme_day"): ("02-05", "05-06", "06-05"),
    (LIUSHUWAN, "general_meeting"): ("03-20",),
    (LIUSHUWAN, "lecture"): ("03-25", "03-28"),
    (LIUSHUWAN, "org_life_meeting"): ("11-05", "12-05"),
    (LIUSHUWAN, "appraisal"): ("12-06",),
    (LIANGZHAN, "committee_meeting"): ("01-09", "02-14", "03-12"),
    (LIANGZHAN, "general_meeting"): ("03-25", "06-25"),
    (LIANGZHAN, "theme_day"): ("04-05", "06-05"),
    (LIANGZHAN, "appraisal"): ("12-08",),
}
_RECORDS = {
    "committee_meeting": (("minutes", "entry"),),
    "general_meeting": (("minutes", "entry"),),
    "group_meeting": (("minutes", "entry"),),
    "lecture": (("lecture_script", "paper"), ("sign_in", "entry"), ("lecture_record", "entry")),
    "org_life_meeting": (
        ("plan", "paper"), ("preparation", "paper"), ("host_script", "paper"), ("study_materials", "paper"), ("talk_records", "paper"),
        ("opinion_list", "paper"), ("statements", "paper"), ("minutes", "entry"), ("measures", "paper"),
    ),
    "theme_day": (("minutes", "entry"), ("activity_form", "entry"), ("activity_photos", "nil"), ("dues_ledger", "paper")),
    "appraisal": (
        ("registration_forms", "paper"), ("self_forms", "paper"), ("test_forms", "paper"), ("excellent_list", "paper"), ("unqualified_list", "nil"),
    ),
    "dem_life_meeting": (("plan", "paper"), ("opinion_list", "paper"), ("statements", "paper"), ("minutes", "entry"), ("measures", "paper")),
}  # fmt: skip
_ORDER = (
    "minutes lecture_script sign_in lecture_record activity_form activity_photos dues_ledger plan preparation host_script study_materials talk_records "
    "opinion_list statements measures registration_forms self_forms test_forms excellent_list unqualified_list"
).split()
_FORGOTTEN = {"theme_day": "dues_ledger", "lecture": "lecture_script", "org_life_meeting": "measures", "appraisal": "registration_forms"}
_OFFICE = frozenset({"agency", "public_institution", "soe", "university", "private_enterprise", "social_organization"})
_CABINET = {
    "agency": "机关党建档案室", "public_institution": "党员活动室档案柜", "soe": "公司党建档案柜", "private_enterprise": "公司党员活动室文件柜",
    "social_organization": "党群活动室文件柜", "university": "系党总支档案柜", "retirees": "老干部活动室档案柜",
}  # fmt: skip


@dataclass(slots=True)
class Roll:
    """Who counts in one organisation on one day."""

    everybody: tuple[int, ...]
    voters: frozenset[int]
    groups: dict[str, tuple[int, ...]]


class Register:
    """Answers who was expected in a branch on a day, from spells, standings and exclusions."""

    def __init__(self, org: str, persons: list[Person], exclusions: list[Exclusion]) -> None:
        self._org, self._persons, self._exclusions = org, persons, exclusions
        days: set[date] = set()
        for p in persons:
            days |= {s.since for s in p.spells} | {s.until for s in p.spells if s.until} | {s.since for s in p.standings}
            if p.rights_since:
                days.add(p.rights_since)
        days |= {e.since for e in exclusions} | {e.until for e in exclusions if e.until}
        self._days = sorted(days)
        self._known: dict[int, Roll] = {}

    def on(self, day: date) -> Roll:
        """Give the roll of the day."""
        slot = bisect_right(self._days, day)
        found = self._known.get(slot)
        if found is None:
            found = self._known[slot] = self._count(day)
        return found

    def _count(self, day: date) -> Roll:
        out = {e.person for e in self._exclusions if e.since <= day and (e.until is None or day < e.until)}
        everybody: list[int] = []
        voters: set[int] = set()
        groups: dict[str, list[int]] = {}
        for p in self._persons:
            spell = next((s for s in p.spells if s.org == self._org and s.since <= day and (s.until is None or day < s.until)), None)
            standing = next((s.kind for s in reversed(p.standings) if s.since <= day), "")
            if spell is None or standing not in ("full", "probationary") or p.no in out:
                continue
            everybody.append(p.no)
            if spell.group:
                groups.setdefault(spell.group, []).append(p.no)
            if standing == "full" and (p.rights == "normal" or p.rights_since is None or day < p.rights_since):
                voters.add(p.no)
        return Roll(tuple(everybody), frozenset(voters), {k: tuple(v) for k, v in groups.items()})


class Diary:
    """Collects activities and gives them their numbers."""

    def __init__(self, persons: tuple[Person, ...], faults: Faults, since: date, today: date) -> None:
        self.persons, self.faults, self.since, self.today = persons, faults, since, today
        self.activities: list[Activity] = []

    def branch(
        self,
        rng: Random,
        branch: Branch,
        members: list[Person],
        exclusions: list[Exclusion],
        committees: list[Committee],
        groups: list[Group],
    ) -> None:
        """Tell the whole period of one branch."""
        _Life(self, rng, branch, members, exclusions, committees, groups).tell()

    def leaders(self, rng: Random, org: Org, committee: Committee) -> None:
        """Hold the yearly democratic life meeting of a Party committee, in December, or early in January for a few."""
        posts = {p.person: p.post for p in committee.posts}
        for year in range(self.since.year, self.today.year + 1):
            day = _weekday(date(year, 12, rng.randint(14, 28)))
            if day >= self.today or day < self.since or day < committee.elected_on:
                continue
            roll = tuple(posts)
            absent = [n for n in roll[1:] if rng.random() < 0.06][:2]
            chair = roll[0]
            recorder = next(n for n in roll[::-1] if n not in absent and n != chair)
            absences = tuple(Absence(n, "leave", "参加上级会议") for n in absent)
            evidence = tuple(
                Evidence(r, how, "党委办公室档案柜" if how == "paper" else "") for r, how in _RECORDS["dem_life_meeting"]
            )
            title, content = subjects.DEMLIFE
            self.add(
                org=org.code, kinds=("dem_life_meeting",), groups=(), held_on=day, start="08:30", end="11:40", place="党委会议室", subject=title, chair=chair,
                recorder=recorder, lecturer=None, hours="", contents=(), roll=roll, voting=len(roll), voting_present=len(roll) - len(absences),
                absences=absences, topics=(Topic("dem_life_meeting", title, content),), evidence=evidence, recorded_at=_moment(day, 17, rng.randrange(60)),
            )  # fmt: skip

    def add(self, *, roll: tuple[int, ...], absences: tuple[Absence, ...], **rest: object) -> None:
        """Put an activity at the end of the diary."""
        self.activities.append(
            Activity(no=len(self.activities), roll=roll, expected=len(roll), present=len(roll) - len(absences), absences=absences, **rest)  # type: ignore[arg-type]
        )


class _Life:
    """Tells the period of one branch month by month."""

    def __init__(
        self,
        diary: Diary,
        rng: Random,
        branch: Branch,
        members: list[Person],
        exclusions: list[Exclusion],
        committees: list[Committee],
        groups: list[Group],
    ) -> None:
        self.diary, self.rng, self.branch, self.org = diary, rng, branch, branch.org
        self.since, self.today, self.faults = diary.since, diary.today, diary.faults
        self.register = Register(branch.org.code, members, exclusions)
        self.committees, self.groups = committees, groups
        self.people = {p.no: p for p in members}
        self.plain = self.org.code in (LIUSHUWAN, LIANGZHAN)
        self.office = self.org.domain in _OFFICE
        self.weak = self.org.code in self.faults.weak
        self.theme_day = self.org.theme_day or 15
        roll = rng.random()
        self.mode = "all" if self.plain or roll < 0.65 else "general" if roll < 0.85 else "apart"
        self.quarter_month = 2 if self.plain else rng.choices((0, 1, 2), (1, 3, 6))[0]
        self.committee_day = 24 if self.plain else rng.choice([d for d in range(4, 27) if abs(d - self.theme_day) > 2])
        self.group_day = 16 if self.plain else rng.choice([d for d in range(4, 28) if abs(d - self.theme_day) > 1])
        self.groups_together = self.org.code == LIUSHUWAN or rng.random() < 0.4
        self.year_in_january = self.org.code == LIUSHUWAN or rng.random() < 0.15
        self.lazy = self._odds()

    def tell(self) -> None:
        """Tell every month from the first whole one the branch existed in."""
        for index in range(month_index(self.since), month_index(self.today) + 1):
            window = month_window(index)
            if self.org.founded.value > window.first or (self.org.dissolved_on is not None and self.org.dissolved_on <= window.last):
                continue
            if window.first >= self.today:
                continue
            self._gatherings(window)
            self._committee(window)
            self._group_meetings(window)
            self._year(window)

    # -- who comes ---------------------------------------------------------------------------------------------------------------------

    def _odds(self) -> dict[int, float]:
        """Give each member the chance to be away."""
        odds: dict[int, float] = {}
        ghost = False
        for no, p in self.people.items():
            age = self.today.year - p.birth.value.year
            chance = 0.5 if p.floating_to else 0.2 if age > 78 else 0.12 if self.weak else 0.055
            if self.weak and not ghost and p.floating_to and not p.ended_on:
                chance, ghost = 1.0, True
            odds[no] = chance
        return odds

    def _absences(self, roll: tuple[int, ...], needed: set[int], most: int) -> tuple[Absence, ...]:
        rng, found = self.rng, []
        pool = subjects.LEAVE_OFFICE if self.office else subjects.LEAVE
        for no in roll:
            if no in needed or rng.random() >= self.lazy.get(no, 0.05):
                continue
            if len(found) >= most:
                break
            if self.lazy.get(no) == 1.0 or rng.random() < (0.3 if self.weak else 0.1):
                found.append(Absence(no, "absent", "" if rng.random() < 0.6 else "未请假"))
            else:
                away = bool(self.people[no].floating_to) if no in self.people else False
                found.append(Absence(no, "leave", "外出务工" if away else rng.choice(pool)))
        return tuple(found)

    def _seats(self, day: date) -> tuple[int, ...]:
        """Give the committee (or the secretary and deputy) in office that day, the one who chairs first."""
        found: dict[int, int] = {}
        rank = {"secretary": 0, "deputy_secretary": 1}
        for c in self.committees:
            if c.elected_on <= day and (c.closed_on is None or day < c.closed_on):
                for p in c.posts:
                    if p.since <= day and (p.until is None or day < p.until):
                        found[p.person] = min(found.get(p.person, 9), rank.get(p.post, 2))
        return tuple(sorted(found, key=lambda n: found[n]))

    def _sits(self, day: date) -> bool:
        return any(c.seats and c.elected_on <= day and (c.closed_on is None or day < c.closed_on) for c in self.committees)

    def _desk(self, day: date, roll: Roll) -> tuple[int, int]:
        """Give chair and recorder."""
        seats = [n for n in self._seats(day) if n in roll.everybody]
        full = seats + [n for n in roll.everybody if n in roll.voters and n not in seats]
        chair = full[0] if full else roll.everybody[0]
        wanted = next((n for n in roll.everybody if self.people[n].name == "罗小燕"), None) if self.org.code == LIUSHUWAN else None
        recorder = wanted if wanted is not None else next((n for n in (seats[2:] + full[1:]) if n != chair), chair)
        return chair, recorder

    # -- when ---------------------------------------------------------------------------------------------------------------------------

    def _day(self, window: Window, day: int, kind: str) -> date:
        """Give a day of the month for the kind: a working day for offices, never a day of the sample ledgers."""
        found = window.first.replace(day=min(day, window.last.day))
        if self.office:
            if found.month == 10 and found.day < 8:
                found = found.replace(day=8)
            if found.month == 5 and found.day < 6:
                found = found.replace(day=6)
            found = _weekday(found)
            if found > window.last:
                found -= timedelta(days=3)
        while f"{found:%m-%d}" in _LEDGER.get((self.org.code, kind), ()):
            found += timedelta(days=1)
        return found

    def _recorded(self, held_on: date, end: str, late: Window | None) -> datetime:
        """Give the moment of recording: mostly the same evening; more than five days after the window when late; never after today began."""
        rng = self.rng
        if late is not None and late_possible(late, self.today):
            first = late.last + timedelta(days=6)
            last = min(first + timedelta(days=13), self.today - timedelta(days=1))
            return _moment(first + timedelta(days=rng.randrange((last - first).days + 1)), rng.randint(9, 17), rng.randrange(60))
        roll = rng.random()
        delay = 0 if roll < 0.68 else 1 if roll < 0.87 else rng.randint(2, 5) if roll < 0.97 else rng.randint(8, 11)
        day = held_on + timedelta(days=delay)
        month_end = window_of("month", held_on).last
        if day >= self.today or day > month_end + timedelta(days=4):
            day = held_on
        hour, minute = int(end[:2]), int(end[3:])
        if day == held_on:
            return _moment(day, hour, minute) + timedelta(minutes=rng.randint(5, 150))
        return _moment(day, rng.randint(8, 20), rng.randrange(60))

    # -- what ---------------------------------------------------------------------------------------------------------------------------

    def _gatherings(self, window: Window) -> None:
        """Hold the theme day of the month and, in its month of the quarter, the general meeting and the lecture."""
        code = self.org.code
        quarter = window_of("quarter", window.first)
        place_in_quarter = (window.first.month - 1) % 3
        due_month = 2 if quarter.first < self.since or quarter.first < self.org.founded.value else self.quarter_month
        lecture_month = due_month if self.mode != "general" or due_month == 2 else due_month + 1
        theme_fault = self.faults.get(code, "theme_day", window)
        kinds = [] if theme_fault in ("missing", "excused") else ["theme_day"]
        general: list[str] = []
        if place_in_quarter == due_month and self.faults.get(code, "general_meeting", quarter) != "missing":
            general.append("general_meeting")
        if place_in_quarter == lecture_month and self.faults.get(code, "lecture", quarter) != "missing":
            general.append("lecture")
        if self.mode == "apart" and general:
            self._meet(tuple(general), self._day(window, min(self.theme_day + 3, 27), general[0]), window, quarter)
            general = []
        kinds += general
        if kinds:
            day = 27 if code == LIUSHUWAN and window.first.month == 6 else self.theme_day
            held = self._day(window, day, kinds[0])
            while any(f"{held:%m-%d}" in _LEDGER.get((code, k), ()) for k in kinds):
                held += timedelta(days=1)
            self._meet(tuple(kinds), held, window, quarter)

    def _meet(self, kinds: tuple[str, ...], held_on: date, window: Window, quarter: Window) -> None:
        if held_on >= self.today:
            return
        rng, org = self.rng, self.org
        roll = self.register.on(held_on)
        if not roll.everybody:
            return
        chair, recorder = self._desk(held_on, roll)
        needed = {chair, recorder}
        absences = self._absences(roll.everybody, needed, self._most(roll, "general_meeting" in kinds))
        gone = {a.person for a in absences}
        voting_present = len(roll.voters - gone)
        a, b = self._speakers(roll, gone, chair)
        topics: list[Topic] = []
        title = ""
        lecturer = None
        contents: tuple[str, ...] = ()
        if "theme_day" in kinds:
            title, text = subjects.theme(rng, org.domain, held_on.month)
            topics.append(Topic("theme_day", title, text.format(a=a, b=b)))
            items = ["study"]
            items += ["volunteering"] if any(w in title for w in ("志愿", "走访", "清", "互助", "植树", "值守", "帮", "劳动")) else []
            items += ["deliberation"] if rng.random() < 0.3 else []
            items += ["dues"] if rng.random() < 0.8 else []
            items += ["lecture"] if "lecture" in kinds else []
            contents = tuple(items)
        if "lecture" in kinds:
            subject, text = rng.choice(subjects.LECTURE)
            lecturer = chair
            topics.append(Topic("lecture", subject, text, speaker=lecturer))
            title = title or f"党课：{subject}"
        if "general_meeting" in kinds:
            for topic in self._general_topics(roll, voting_present, gone, a, b, held_on):
                topics.append(topic)
            title = topics[-1].title if title.startswith("党课") or not title else f"{title}；{topics[-1].title}"
        late = None
        forgotten: set[str] = set()
        for kind in kinds:
            slot = window if kind == "theme_day" else quarter
            what = self.faults.get(org.code, kind, slot)
            if what == "late":
                late = slot if late is None or slot.last > late.last else late
            if what == "incomplete" and kind in _FORGOTTEN:
                forgotten.add(_FORGOTTEN[kind])
        start, end = (
            ("09:00", "10:40" if len(kinds) > 1 else "10:20") if not self.office else ("15:00", "16:40" if len(kinds) > 1 else "16:10")
        )
        self.diary.add(
            org=org.code, kinds=kinds, groups=(), held_on=held_on, start=start, end=end, place=org.place, subject=title, chair=chair, recorder=recorder,
            lecturer=lecturer, hours="1.0" if "lecture" in kinds else "", contents=contents, roll=roll.everybody, voting=len(roll.voters),
            voting_present=voting_present, absences=absences, topics=tuple(topics), evidence=self._evidence(kinds, forgotten),
            recorded_at=self._recorded(held_on, end, late),
        )  # fmt: skip

    def _general_topics(self, roll: Roll, present: int, gone: set[int], a: str, b: str, held_on: date) -> list[Topic]:
        rng, expected = self.rng, len(roll.voters)
        quorum = expected > 0 and present * 2 >= expected
        if quorum and rng.random() < 0.6:
            title, text, resolution = rng.choice(subjects.GENERAL)
            vote = self._vote(resolution, expected, present, [n for n in roll.everybody if n in roll.voters and n not in gone], held_on)
            return [Topic("general_meeting", title, text.format(a=a, b=b), vote=vote)]
        title, text, _ = rng.choice(subjects.GENERAL_OFTEN)
        return [Topic("general_meeting", title, text.format(a=a, b=b))]

    def _vote(self, resolution: str, expected: int, present: int, there: list[int], held_on: date) -> Vote:
        rng = self.rng
        roll = rng.random()
        if roll < 0.02 and present > 4:  # not carried: ayes not more than half of those expected
            for_ = min(expected // 2, present)
            abstain = (present - for_) // 3
            against = present - for_ - abstain
        else:
            against = rng.randint(0, 1) if roll < 0.2 and present > 6 else 0
            abstain = rng.randint(0, 2) if roll < 0.3 and present > 6 else 0
            for_ = present - against - abstain
        owner = rng.choice(there) if there else None
        return Vote(
            resolution,
            expected,
            present,
            for_,
            against,
            abstain,
            for_ * 2 > expected,
            owner,
            held_on + timedelta(days=rng.choice((15, 30, 60))),
        )

    def _most(self, roll: Roll, voting: bool) -> int:
        """Limit absences: a third; where a vote may come, so few that half of the votes stay even if all of them were voters."""
        most = len(roll.everybody) // 3
        if voting:
            most = min(most, len(roll.voters) - (len(roll.voters) + 1) // 2)
        return most

    def _speakers(self, roll: Roll, gone: set[int], chair: int) -> tuple[str, str]:
        there = [n for n in roll.everybody if n not in gone and n != chair] or [chair]
        two = self.rng.sample(there, 2) if len(there) > 1 else (there[0], there[0])
        return self.people[two[0]].name, self.people[two[1]].name

    def _evidence(self, kinds: tuple[str, ...], forgotten: set[str]) -> tuple[Evidence, ...]:
        found: dict[str, Evidence] = {}
        for kind in kinds:
            for record, how in _RECORDS[kind]:
                if record not in forgotten:
                    found[record] = Evidence(record, how, self._cabinet() if how == "paper" else "")
        return tuple(found[r] for r in _ORDER if r in found)

    def _cabinet(self) -> str:
        if self.org.domain == "rural":
            return "村党群服务中心档案柜" if self.org.village_or_community else "镇党群服务中心档案柜"
        return "社区党群服务中心档案柜" if self.org.domain == "community" else _CABINET[self.org.domain]

    def _next_theme(self, day: date) -> int:
        """Give the month of the theme day that a meeting of this day prepares."""
        return day.month if day.day < self.theme_day else day.month % 12 + 1

    def _committee(self, window: Window) -> None:
        what = self.faults.get(self.org.code, "committee_meeting", window)
        rng = self.rng
        if what in ("missing", "excused"):
            return
        day = self.committee_day + rng.randint(-2, 2) if not self.plain else 22 + rng.randrange(6)
        times = [max(day, 2)]
        held: set[date] = set()
        if not what and not self.plain and rng.random() < 0.04:
            times.append(times[0] + 5 if times[0] < 20 else times[0] - 9)
        for day in times:
            held_on = self._day(window, day, "committee_meeting")
            if held_on >= self.today or held_on in held or not self._sits(held_on):
                continue
            held.add(held_on)
            seats = self._seats(held_on)
            roll = self.register.on(held_on)
            seats = tuple(n for n in seats if n in roll.everybody)
            if len(seats) < 2:
                continue
            chair, recorder = seats[0], seats[2] if len(seats) > 2 else seats[1]
            absences = self._absences(seats, {chair, recorder}, (len(seats) - 1) // 2)
            gone = {x.person for x in absences}
            present = len(seats) - len(absences)
            there = [n for n in seats if n not in gone]
            a, b = (self.people[n].name for n in (there + there)[1:3])
            topics = []
            for title, text, resolution in rng.sample(subjects.COMMITTEE, 2 if rng.random() < 0.3 else 1):
                vote = None
                if resolution and rng.random() < 0.6:
                    vote = Vote(
                        resolution,
                        len(seats),
                        present,
                        present,
                        0,
                        0,
                        present * 2 > len(seats),
                        rng.choice(there),
                        held_on + timedelta(days=20),
                    )
                topics.append(Topic("committee_meeting", title.format(m=self._next_theme(held_on)), text.format(a=a, b=b), vote=vote))
            self.diary.add(
                org=self.org.code, kinds=("committee_meeting",), groups=(), held_on=held_on, start="15:00", end="16:10", place=self.org.place,
                subject="；".join(t.title for t in topics), chair=chair, recorder=recorder, lecturer=None, hours="", contents=(), roll=seats,
                voting=len(seats), voting_present=present, absences=absences, topics=tuple(topics), evidence=self._evidence(("committee_meeting",), set()),
                recorded_at=self._recorded(held_on, "16:10", window if what == "late" else None),
            )  # fmt: skip

    def _group_meetings(self, window: Window) -> None:
        """Hold one meeting per group, or one of all groups together where nothing goes wrong."""
        alive = [g for g in self.groups if g.formed_on <= window.first]
        plan: list[tuple[tuple[Group, ...], str]] = []
        whats = {g.key: self.faults.get(self.org.code, "group_meeting", window, g.key) for g in alive}
        held = [g for g in alive if whats[g.key] not in ("missing", "excused")]
        if self.groups_together and held and not any(whats.values()):
            plan.append((tuple(held), ""))
        else:
            plan += [((g,), whats[g.key]) for g in held]
        for n, (groups, what) in enumerate(plan):
            day = self.group_day + self.rng.randint(-1, 2) + (n if len(plan) > 1 else 0)
            if what == "late":
                day = max(day, 26)
            self._group_meeting(groups, what, self._day(window, max(2, min(day, 28)), "group_meeting"), window)

    def _group_meeting(self, groups: tuple[Group, ...], what: str, held_on: date, window: Window) -> None:
        if held_on >= self.today:
            return
        rng = self.rng
        roll = self.register.on(held_on)
        here = tuple(n for n in roll.everybody if any(n in roll.groups.get(g.key, ()) for g in groups))
        if not here:
            return
        leader = groups[0].leader if groups[0].leader in here else here[0]
        recorder = next((n for n in here if n != leader), leader)
        absences = self._absences(here, {leader, recorder}, len(here) // 3)
        gone = {x.person for x in absences}
        there = [n for n in here if n not in gone]
        a, b = (self.people[n].name for n in rng.sample(there, 2)) if len(there) > 1 else (self.people[leader].name,) * 2
        title, text = rng.choice(subjects.GROUP)
        title = title.format(m=self._next_theme(held_on))
        evening = self.org.domain in ("rural", "community")
        start, end = ("19:30", "20:20") if evening else ("16:30", "17:20")
        voters = roll.voters & set(here)
        self.diary.add(
            org=self.org.code, kinds=("group_meeting",), groups=tuple(g.key for g in groups), held_on=held_on, start=start, end=end, place=self.org.place,
            subject=title, chair=leader, recorder=recorder, lecturer=None, hours="", contents=(), roll=here, voting=len(voters),
            voting_present=len(voters - gone), absences=absences, topics=(Topic("group_meeting", title, text.format(a=a, b=b)),),
            evidence=self._evidence(("group_meeting",), set()), recorded_at=self._recorded(held_on, end, window if what == "late" else None),
        )  # fmt: skip

    def _year(self, window: Window) -> None:
        """Hold the organisational life meeting and the appraisal of the year: in January for a few (if the period reaches back so far), else late."""
        year = window_of("year", window.first)
        january = self.year_in_january and year.first >= max(self.since, self.org.founded.value)
        if window.first.month != (1 if january else 12):
            return
        whats = {k: self.faults.get(self.org.code, k, year) for k in ("org_life_meeting", "appraisal")}
        kinds = [k for k, w in whats.items() if w != "missing"]
        if not kinds:
            return
        day = 25 if january and self.plain else self.rng.randint(6, 28)
        apart = self.rng.random() < 0.25 and not self.plain and len(kinds) == 2
        for n, batch in enumerate([(k,) for k in kinds] if apart else [tuple(kinds)]):
            held_on = self._day(window, min(day + 2 * n, 29), batch[0])
            while any(f"{held_on:%m-%d}" in _LEDGER.get((self.org.code, k), ()) for k in batch):
                held_on += timedelta(days=1)
            if held_on >= self.today:
                continue
            roll = self.register.on(held_on)
            if not roll.everybody:
                continue
            chair, recorder = self._desk(held_on, roll)
            absences = self._absences(roll.everybody, {chair, recorder}, len(roll.everybody) // 4)
            gone = {x.person for x in absences}
            texts = {"org_life_meeting": subjects.LIFE, "appraisal": subjects.APPRAISAL}
            topics = tuple(Topic(k, texts[k][0], texts[k][1].format(n=len(roll.everybody) * 2 - 3)) for k in batch)
            self.diary.add(
                org=self.org.code, kinds=batch, groups=(), held_on=held_on, start="08:30", end="11:30", place=self.org.place,
                subject="；".join(t.title for t in topics), chair=chair, recorder=recorder, lecturer=None, hours="", contents=(), roll=roll.everybody,
                voting=len(roll.voters), voting_present=len(roll.voters - gone), absences=absences, topics=topics,
                evidence=self._evidence(batch, {_FORGOTTEN[k] for k in batch if whats[k] == "incomplete"}),
                recorded_at=self._recorded(held_on, "11:30", None),
            )  # fmt: skip


def _moment(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def _weekday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day
