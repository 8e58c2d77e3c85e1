"""Organisational life 组织生活: what a year owes, when a decision is carried, which entries are refused. Pure functions.

Source: rules.md S04 (三会一课), S05 (records), S06-S08, §0 (windows), §10 (codes). Numbers come in as arguments, taken from the rule set in force.
"""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from zhibu.ground.policy.spec import LifeRule
from zhibu.kernel.activities import ACTIVITY_ZH, MADE_BY_ENTRY, RECORD_BIT, RECORD_ZH, ActivityKind, RecordType, mask_of, records_of
from zhibu.kernel.counting import balanced, decide
from zhibu.kernel.fixed_day import FixedDay, check_fixed_days
from zhibu.kernel.judge import Slot, judge
from zhibu.kernel.numbers import Threshold, mean_percent, percent
from zhibu.kernel.periods import MONTHS_IN, Span, Window, add_months, covers_any, existed_whole, month_index, windows
from zhibu.kernel.result import YES, Decision, refuse, warn

__all__ = [
    "ACTIVITY_ZH", "MADE_BY_ENTRY", "RECORD_BIT", "RECORD_ZH", "ActivityKind", "RecordType", "mask_of", "records_of",
    "CONTENT_ZH", "Cell", "ContentItem", "FixedDay", "Held", "MeetingKey", "Resolution", "Vote", "Year", "check_content", "check_duplicate",
    "check_fixed_days", "check_group", "check_kinds", "check_leading_group", "check_lecturer", "check_people", "check_records", "check_resolution",
    "check_times", "completeness", "decision", "due_months", "entered_late", "missing_records", "months_away", "readiness", "review_due", "year",
]


class ContentItem(StrEnum):
    """What a theme party day consists of (S08); at least one is needed."""

    STUDY = "study"
    LECTURE = "lecture"
    DUES = "dues"
    DELIBERATION = "deliberation"
    VOLUNTEERING = "volunteering"


CONTENT_ZH: dict[ContentItem, str] = {
    ContentItem.STUDY: "集中学习",
    ContentItem.LECTURE: "听党课",
    ContentItem.DUES: "交纳党费",
    ContentItem.DELIBERATION: "民主议事",
    ContentItem.VOLUNTEERING: "志愿服务",
}

#: what makes two records the same meeting: kind, day, start (None = not known), group
MeetingKey = tuple[str, date, time | None, int | None]

#: kinds that are held by voting members together and need an agenda
NEEDS_TOPICS = frozenset({ActivityKind.GENERAL_MEETING, ActivityKind.COMMITTEE_MEETING, ActivityKind.GROUP_MEETING})
#: kinds that need a theme of their own
NEEDS_THEME = frozenset({ActivityKind.LECTURE, ActivityKind.THEME_DAY, ActivityKind.ORG_LIFE_MEETING, ActivityKind.DEM_LIFE_MEETING})

#: the nine items of an organisational life meeting, by phase (S06)
READINESS: tuple[tuple[str, tuple[RecordType, ...]], ...] = (
    (
        "会前",
        (
            RecordType.PLAN,
            RecordType.PREPARATION,
            RecordType.HOST_SCRIPT,
            RecordType.STUDY_MATERIALS,
            RecordType.TALK_RECORDS,
            RecordType.OPINION_LIST,
            RecordType.STATEMENTS,
        ),
    ),
    ("会中", (RecordType.MINUTES,)),
    ("会后", (RecordType.MEASURES,)),
)


# ---------------------------------------------------------------- records


def missing_records(rule: LifeRule, present: Collection[str]) -> tuple[RecordType, ...]:
    """List the required records that are not there, in the order of the ledger. An explicit 无 is present (S05)."""
    return tuple(record for record in RecordType if record.value in (rule.records or ()) and record.value not in present)


def completeness(required: Collection[str], present: Collection[str]) -> tuple[int, int]:
    """Count (present, required) records of one activity. Source: S05."""
    return sum(record in present for record in required), len(required)


def readiness(present: Collection[str]) -> tuple[tuple[str, RecordType, bool], ...]:
    """List the nine items of an organisational life meeting as (phase, record, present). Source: S06."""
    return tuple((phase, record, record.value in present) for phase, items in READINESS for record in items)


def check_records(answers: Iterable[tuple[str, bool, bool, bool]], file_records: Collection[str] | None = None) -> Decision:
    """Check the record lines of an entry: each (record, has_file, on_paper, nil).

    Refused (E008): an unknown record, a record answered twice, 无 together with a file or a paper copy, and, where ``file_records``
    is given, a file for a record that is not among them.
    """
    seen: set[str] = set()
    for record, has_file, on_paper, nil in answers:
        if record not in RECORD_BIT:
            return refuse("E008", f"记录种类“{record}”不在附件1的目录里。请从列出的种类中选一种。")
        name = RECORD_ZH[RecordType(record)]
        if record in seen:
            return refuse("E008", f"“{name}”填了两次。请只留一项。")
        seen.add(record)
        if nil and (has_file or on_paper):
            return refuse("E008", f"“{name}”既选了“无”，又有文件或纸质件。请二选一：有就去掉“无”，没有就移除文件。")
        if file_records is not None and has_file and record not in file_records:
            return refuse("E008", f"“{name}”不能在这里上传文件。请换到对应的记录种类下上传。")
    return YES


# ---------------------------------------------------------------- decisions


@dataclass(frozen=True, slots=True)
class Vote:
    """Outcome of one decision: ``refusal`` is YES or the first code of E009, E011, E010."""

    quorate: bool
    passed: bool
    refusal: Decision
    quorum_least: int = 0
    majority_least: int = 0


def decision(kind: str, expected_voting: int, present: int, ayes: int, quorum: Threshold, majority: Threshold) -> Vote:
    """Decide whether a resolution is carried.

    ``expected_voting`` is the base of quorum and majority; for a committee meeting it is the size of the committee.
    Refused in this order: E009 (more present than expected), E011 (more ayes than present), E010 (no quorum). Source: S04.
    """
    who = "委员" if kind == ActivityKind.COMMITTEE_MEETING else "有表决权的党员"
    tally = decide(expected_voting, present, ayes, quorum, majority)
    if present > expected_voting:
        return Vote(False, False, refuse("E009", f"实到 {present} 人，多于应到{who} {expected_voting} 人。请核对实到人数。"))
    if ayes > present:
        return Vote(False, False, refuse("E011", f"赞成 {ayes} 票，多于实到 {present} 人。请核对票数。"))
    if not tally.quorate:
        reason = f"应到{who} {expected_voting} 人，实到 {present} 人，至少须到 {tally.quorum_least} 人才能表决。可先存为草稿，人数够了再开。"
        return Vote(False, False, refuse("E010", reason), tally.quorum_least, tally.majority_least)
    return Vote(True, tally.passed, YES, tally.quorum_least, tally.majority_least)


@dataclass(frozen=True, slots=True)
class Resolution:
    """One resolution as it is entered: heading, vote, and how many of those counted may not vote."""

    title: str
    ayes: int
    noes: int
    abstain: int
    ballots: int
    without_vote: tuple[str, ...] = ()


def check_resolution(kind: str, resolution: Resolution, expected_voting: int, present_voting: int, quorum: Threshold, majority: Threshold) -> Decision:
    """Check one resolution: E054 no heading, E017 voters without a vote, E009, E011 unbalanced, E010 no quorum (draft only).

    A resolution that is quorate but not carried is no error: it is recorded as 未通过.
    """
    if not resolution.title.strip():
        return refuse("E054", "这项决议没有写议题。请写上表决的事项。")
    if resolution.without_vote:
        return refuse("E017", f"{'、'.join(resolution.without_vote)} 没有表决权，不能计入票数。请从表决人员中去掉。")
    if present_voting > expected_voting:
        return refuse("E009", f"“{resolution.title}”：实到 {present_voting} 人，多于应到 {expected_voting} 人。请核对实到人数。")
    if not balanced(resolution.ayes, resolution.noes, resolution.abstain, resolution.ballots):
        total = resolution.ayes + resolution.noes + resolution.abstain
        return refuse("E011", f"“{resolution.title}”：赞成、不赞成、弃权共 {total} 票，与表决 {resolution.ballots} 票不符。请改成相等。")
    if resolution.ballots > present_voting:
        return refuse("E011", f"“{resolution.title}”：表决 {resolution.ballots} 票，多于实到有表决权的 {present_voting} 人。请核对票数。")
    return decision(kind, expected_voting, present_voting, resolution.ayes, quorum, majority).refusal


# ---------------------------------------------------------------- checks of an entry


def check_times(held_on: date, start: time | None, end: time | None, now: datetime) -> Decision:
    """Refuse an activity in the future (E001) and an end before the start (E002).

    ``now`` is local time; an activity of today whose start (or end) lies ahead of it is in the future too. An unknown time is not checked.
    """
    today, clock = now.date(), now.time().replace(tzinfo=None)
    if held_on > today:
        return refuse("E001", f"活动日期 {held_on} 晚于今天 {today}。请填实际召开的日期，没开的会先不记。")
    if start is not None and end is not None and end < start:
        return refuse("E002", f"结束时间 {end:%H:%M} 早于开始时间 {start:%H:%M}。请核对起止时间。")
    for name, moment in (("开始", start), ("结束", end)):
        if held_on == today and moment is not None and moment > clock:
            return refuse("E001", f"{name}时间 {moment:%H:%M} 晚于现在 {clock:%H:%M}。请在会后记录，或改成实际的时间。")
    return YES


def check_people(expected: int, present: int, outsiders: Sequence[str] = ()) -> Decision:
    """Refuse non-members counted as present members (E045) and more present than expected (E009)."""
    if outsiders:
        return refuse("E045", f"{'、'.join(outsiders)} 的组织关系不在本支部，不能计入实到党员。请改记为列席人员。")
    if present > expected:
        return refuse("E009", f"实到 {present} 人，多于应到 {expected} 人。请核对点名。")
    return YES


def check_leading_group(expected: int, present: int, attendance: Threshold) -> Decision:
    """Refuse a democratic life meeting with too few of the leading group there (E010, draft only). Source: S07."""
    if expected == 0 or attendance.holds_share(present, expected):
        return YES
    least = attendance.least(expected)
    return refuse("E010", f"班子成员应到 {expected} 人，实到 {present} 人，至少须到 {least} 人才能开民主生活会。可以先放着，人到齐了再开。")


def check_lecturer(lecturer: str, roles: Collection[str] = (), others_allowed: bool = True) -> Decision:
    """Refuse a lecture without lecturer (E054); where the set allows only 书记 or 党建指导员, refuse anybody else (E054)."""
    if not lecturer.strip():
        return refuse("E054", "党课没有写主讲人。请填主讲人姓名。")
    if not others_allowed and not {"secretary", "instructor"} & set(roles):
        return refuse("E054", f"按现行规则，党课由党组织书记或党建指导员讲，“{lecturer.strip()}”不在其中。请更换主讲人。")
    return YES


def check_content(kind: str, theme: str, topics: Sequence[str], content_items: Collection[str] = ()) -> Decision:
    """Refuse meetings without topic and theme days without theme or content item (E054)."""
    name = ACTIVITY_ZH[ActivityKind(kind)]
    if kind in NEEDS_THEME and not theme.strip() and not any(topic.strip() for topic in topics):
        return refuse("E054", f"{name}没有写主题。请填本次的主题。")
    if kind in NEEDS_TOPICS and not theme.strip() and not any(topic.strip() for topic in topics):
        return refuse("E054", f"{name}没有写议题。请至少填一项。")
    if kind == ActivityKind.THEME_DAY:
        unknown = [item for item in content_items if item not in tuple(ContentItem)]
        if unknown or not content_items:
            return refuse("E054", f"主题党日没有选内容。请从{'、'.join(CONTENT_ZH.values())}中至少选一项。")
    return YES


def check_kinds(kinds: Sequence[str], together: Collection[tuple[str, str]], org_type: str = "branch") -> Decision:
    """Check which kinds one activity may count as: known, each once, every pair allowed by the rule set (conventions.may_count_together).

    A democratic life meeting at a branch is allowed with a warning: the term for branches is 组织生活会 (S07).
    """
    if not kinds:
        return refuse("E054", "没有选活动种类。请选一种。")
    for number, kind in enumerate(kinds):
        if kind not in tuple(ActivityKind):
            return refuse("E054", f"不认识的活动种类“{kind}”。请从列出的种类中选。")
        for other in kinds[:number]:
            if kind == other:
                return refuse("E044", f"“{ACTIVITY_ZH[ActivityKind(kind)]}”选了两次。请只留一项。")
            if (kind, other) not in together and (other, kind) not in together:
                first, second = ACTIVITY_ZH[ActivityKind(other)], ACTIVITY_ZH[ActivityKind(kind)]
                return refuse("E044", f"同一次活动不能既算{first}又算{second}。请分开记两条，各有各的会议记录。")
    if ActivityKind.DEM_LIFE_MEETING in kinds and org_type not in ("party_committee", "work_committee", "comprehensive_committee"):
        return warn("E023", "民主生活会是领导班子的会，支部一般开组织生活会。如确为班子民主生活会，可以继续保存。")
    return YES


def check_duplicate(kind: str, held_on: date, start: time | None, group_id: int | None, existing: Iterable[MeetingKey]) -> Decision:
    """Refuse a second record of the same meeting: same kind, day, start and group, in the same organisation (E044)."""
    if (kind, held_on, start, group_id) not in set(existing):
        return YES
    when = f"{held_on} {start:%H:%M} 开始" if start is not None else f"{held_on}"
    return refuse("E044", f"{when}的{ACTIVITY_ZH[ActivityKind(kind)]}已经记过。请打开已有的那一条补充，不要再记一条。")


def check_group(kind: str, group_id: int | None, known_groups: Collection[int]) -> Decision:
    """Refuse a group meeting without group (E054) or with a group of another branch (E045)."""
    if kind != ActivityKind.GROUP_MEETING:
        return YES
    if group_id is None:
        return refuse("E054", "党小组会没有选党小组。请选是哪个小组开的会。")
    if group_id not in known_groups:
        return refuse("E045", "所选党小组不在本支部，或当天已经撤销。请重新选党小组。")
    return YES


def entered_late(held_on: date, recorded_on: date, days: int) -> bool:
    """Tell whether a record was entered more than ``days`` days after the meeting (V03; marks the record, not the cell)."""
    return (recorded_on - held_on).days > days


def review_due(away: int, review_months: int) -> bool:
    """Tell whether a long absence asks for a check (V06). It never changes the membership by itself."""
    return away >= review_months


def months_away(last_on: date | None, expected_since: date | None, as_of: date) -> int:
    """Count the whole calendar months since somebody was last there, or, who never was, since they were first expected; 0 when never expected."""
    since = last_on or expected_since
    if since is None or since > as_of:
        return 0
    months = month_index(as_of) - month_index(since)
    return months if add_months(since, months) <= as_of else months - 1


# ---------------------------------------------------------------- the year of one organisation


@dataclass(frozen=True, slots=True)
class Held:
    """One meeting that took place. ``records`` None = everything the rule set requires; ``recorded_on`` None = entered in time."""

    kind: str
    on: date
    records: frozenset[str] | None = None
    group: int | None = None
    recorded_on: date | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One window of one duty of the year."""

    kind: str
    group: int | None
    window: Window
    slot: Slot
    due: int
    fulfilled: int


@dataclass(frozen=True, slots=True)
class Year:
    """The year of one organisation: all cells, and the sums over them."""

    cells: tuple[Cell, ...]

    @property
    def due(self) -> int:
        """Sum what is due over all rules."""
        return sum(cell.due for cell in self.cells)

    @property
    def fulfilled(self) -> int:
        """Sum what is fulfilled over all rules."""
        return sum(cell.fulfilled for cell in self.cells)

    @property
    def rate(self) -> str:
        """Return the pooled rate: sum of fulfilled by sum of due."""
        return percent(self.fulfilled, self.due)

    @property
    def mean_rate(self) -> str:
        """Return the mean of the rates of the rules; rules without anything due do not take part."""
        return mean_percent([(done, due) for due, done in self.kinds.values()])

    @property
    def kinds(self) -> dict[str, tuple[int, int]]:
        """Return (due, fulfilled) of every kind of activity, zero where nothing is due."""
        found = {kind.value: (0, 0) for kind in ActivityKind}
        for cell in self.cells:
            due, fulfilled = found[cell.kind]
            found[cell.kind] = (due + cell.due, fulfilled + cell.fulfilled)
        return found


def due_months(window: Window) -> tuple[int, ...]:
    """List the months (1..12) a window covers."""
    size = MONTHS_IN[window.kind]
    return tuple(range(window.index * size + 1, window.index * size + size + 1))


def year(
    rules_on: Callable[[date], Mapping[str, LifeRule]],
    year: int,
    as_of: date,
    held: Iterable[Held],
    lives: Sequence[tuple[Span, str]],
    committees: Sequence[Span],
    groups: Mapping[int, Sequence[Span]],
    excused: Collection[tuple[str, int | None, str]] = (),
    closing_days: int = 5,
    any_type: bool = False,
) -> Year:
    """Judge the year of one organisation, naively: kind by kind, window by window, meeting by meeting.

    rules_on: the life rules in force on a day; the rule of a window is the one in force on its last day
    lives: when the organisation existed, and as which type (``any_type`` = do not ask the type)
    committees: when a committee was in office; groups: when each group existed
    excused: (kind, group or None, code of the window) that a superior accepted as 免

    This is the plain reading of rules.md §0 and S04; ``ground.duties.derive`` does the same for many organisations and is tested against it.
    """
    meetings = list(held)
    cells: list[Cell] = []
    for kind in ActivityKind:
        for window_kind in MONTHS_IN:
            for window in windows(window_kind, year):
                rule = rules_on(window.last).get(kind)
                if rule is None or not rule.counted or rule.window != window_kind:
                    continue
                bodies: list[int | None] = sorted(groups) if rule.per == "group" else [None]  # type: ignore[assignment]
                for body in bodies:
                    existed = _existed(rule, window, lives, any_type)
                    if body is not None:
                        existed = existed and existed_whole(groups[body], window)
                    if rule.needs_committee:
                        existed = existed and existed_whole(committees, window)
                    inside = [one for one in meetings if one.kind == kind and one.group == body and window.covers(one.on)]
                    complete = [one for one in inside if one.records is None or not missing_records(rule, one.records)]
                    last_day = window.last + timedelta(days=closing_days)
                    on_time = [one for one in complete if one.recorded_on is None or one.recorded_on <= last_day]
                    slot, due, fulfilled = judge(
                        rule.minimum,
                        len(complete),
                        len(on_time),
                        len(inside),
                        existed,
                        (kind.value, body, window.code) in excused,
                        window.first,
                        window.last,
                        as_of,
                        closing_days,
                    )
                    cells.append(Cell(kind.value, body, window, slot, due, fulfilled))
    return Year(tuple(cells))


def _existed(rule: LifeRule, window: Window, lives: Sequence[tuple[Span, str]], any_type: bool) -> bool:
    fitting = [span for span, org_type in lives if any_type or org_type in rule.applies_to]
    return covers_any(fitting, window.first) and covers_any(fitting, window.last)
