"""The plan of the demo county: what `zhibu demo` writes, as plain data. Pure and deterministic: the same seed and day give the same plan.

Everything refers to everything else by key: organisations by code, persons by number, groups by key, accounts by user name,
activities by number. The county, its people and its numbers are invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

COUNTY = "QH"
SHIQIAO = "QH-SQ"
LIUSHUWAN = "QH-SQ-001"
LIANGZHAN = "QH-SQ-002"


@dataclass(frozen=True, slots=True)
class When:
    """A date that may be known only to the month or the year. value: the first day of what is known; precision: day | month | year."""

    value: date
    precision: str = "day"


@dataclass(frozen=True, slots=True)
class Org:
    """A Party organisation. parents stand before children in Plan.orgs; order: administrative order among siblings.

    parent: the code of the organisation above today (before that, see Plan.moves). dissolved_on and dissolve_reason are set together.
    theme_day: the fixed day of the month (None for organisations that are no branch). founded_doc: the paper that approved the founding."""

    code: str
    name: str
    short: str
    type: str
    domain: str
    parent: str | None
    order: int
    founded: When
    founded_doc: str
    approved_by: str | None
    village_or_community: bool = False
    host_units: tuple[str, ...] = ()
    address: str = ""
    phone: str = ""
    theme_day: int | None = None
    place: str = ""
    dissolved_on: date | None = None
    dissolve_reason: str = ""
    dissolve_doc: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """An organisation that hung under from_parent until the day before `on` and hangs under to_parent since."""

    org: str
    on: date
    from_parent: str
    to_parent: str
    doc: str
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """A Party group of a branch. key: branch code + "/" + number; its members are the spells of persons that name it."""

    key: str
    org: str
    name: str
    number: int
    leader: int
    formed_on: date


@dataclass(frozen=True, slots=True)
class Spell:
    """A stay of a person in an organisation, half open: since (inclusive) to until (exclusive, None = still there).

    ended_as: "" | moved (to a branch of the county) | transferred | deceased | removed | withdrew. group: key or None."""

    org: str
    since: date
    until: date | None = None
    ended_as: str = ""
    note: str = ""
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person was from `since` on: probationary | full | suspended | ended. doc: the decision, where one is recorded."""

    kind: str
    since: date
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A member with the 16 items of the national sheet. no: position in Plan.persons. gender: 男 | 女.

    joined: date of the branch meeting that admitted him; full: date of full membership (None for a probationary member).
    rights: normal | within_party_probation | rights_suspended, since rights_since. ended_as / ended_on repeat the last spell when it ended
    for good (not "moved"). floating_to: where a floating member stays (since floating_since); lost_on: when contact was lost."""

    no: int
    name: str
    gender: str
    birth: When
    ethnicity: str
    id_no: str
    phone: str
    education: str
    job: str
    address: str
    joined: When
    full: When | None
    spells: tuple[Spell, ...]
    standings: tuple[Standing, ...]
    leading_cadre: bool = False
    rights: str = "normal"
    rights_since: date | None = None
    rights_doc: str = ""
    floating_to: str = ""
    floating_since: date | None = None
    lost_on: date | None = None
    lost_reason: str = ""
    ended_as: str = ""
    ended_on: date | None = None

    @property
    def org(self) -> str:
        """Give the code of the organisation of the last spell."""
        return self.spells[-1].org


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A long-term exclusion from the expected number (不计算在应到会人数之内); reason: 1 to 7 of rules.md §0. Half open."""

    person: int
    org: str
    reason: int
    text: str
    since: date
    until: date | None
    branch_decided_on: date
    approved_on: date
    approved_by: str


@dataclass(frozen=True, slots=True)
class Post:
    """A person in a post: secretary deputy_secretary organization publicity discipline youth life security united_front member. Half open."""

    person: int
    post: str
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Committee:
    """A committee of one term. With seats == 0 the branch has no committee: posts are its secretary (and deputy).

    expires_on = elected_on + term_years, without the extension; extended_to and extension_* are set together. closed_on: the day the next
    term was elected. vacant: posts that nobody holds today."""

    org: str
    term_no: int
    elected_on: date
    term_years: int
    expires_on: date
    seats: int
    approval_doc: str
    posts: tuple[Post, ...]
    vacant: tuple[str, ...] = ()
    extended_to: date | None = None
    extension_reason: str = ""
    extension_doc: str = ""
    extension_on: date | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """A show of hands. for_ + against + abstain == voters <= voting_expected; passed as the national rule counts it."""

    resolution: str
    voting_expected: int
    voters: int
    for_: int
    against: int
    abstain: int
    passed: bool
    owner: int | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """An item of the agenda. kind: which of the activity's kinds it belongs to. speaker: for lectures the lecturer."""

    kind: str
    title: str
    content: str
    speaker: int | None = None
    vote: Vote | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """Who was not there; everybody else of the roll was. status: leave | absent."""

    person: int
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A record of the activity. record: record type; presence: entry (made by the entry itself) | paper | nil (an explicit 无); note: where it is kept (paper)."""

    record: str
    presence: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """A gathering. kinds: one gathering may count as several; groups: keys, only for group meetings.

    start and end are HH:MM. roll: the persons expected on held_on; expected == len(roll), present == expected - len(absences).
    voting, voting_present: those of the roll with a vote (of a committee meeting: its members), and those of them who were there.
    contents: items of a theme day. recorded_at: aware, Asia/Shanghai, never after Plan.now. evidence leaves out what is missing."""

    no: int
    org: str
    kinds: tuple[str, ...]
    groups: tuple[str, ...]
    held_on: date
    start: str
    end: str
    place: str
    subject: str
    chair: int
    recorder: int
    lecturer: int | None
    hours: str
    contents: tuple[str, ...]
    roll: tuple[int, ...]
    expected: int
    present: int
    voting: int
    voting_present: int
    absences: tuple[Absence, ...]
    topics: tuple[Topic, ...]
    evidence: tuple[Evidence, ...]
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of an activity as a new entry. field: held_on | place | subject | absence; before and after as shown."""

    activity: int
    field: str
    before: str
    after: str
    reason: str
    at: datetime
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Excuse:
    """A request of a branch to be excused (免) from one window. status: accepted | refused | open; decided_* only when decided.

    window: code of zhibu.kernel.periods (2025-03, 2025-Q3, 2025). requested_by: person; decided_by: account."""

    org: str
    kind: str
    group: str | None
    window: str
    reason: str
    requested_by: int
    requested_at: datetime
    status: str
    decided_by: str = ""
    decided_at: datetime | None = None
    decision: str = ""


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """An assignment of a rule set to an organisation and family. reason: where the set is laxer than the national one (E042)."""

    org: str
    family: str
    rule_set: str
    valid_from: date
    valid_to: date | None
    decided_by: str
    doc: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the demo. person: number or None for the three system roles; group: for a group leader."""

    username: str
    name: str
    role: str
    org: str
    person: int | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder sent by an account to a branch about one kind and window. channel: desk | phone (a call noted by hand)."""

    org: str
    kind: str
    window: str
    sent_by: str
    at: datetime
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that the plan put in on purpose. kind: activity kind, or "" for faults of the structure.

    what: missing | late | incomplete | excused | term_overdue | term_extended | term_soon | under_three | over_fifty | unassigned |
    vacant_post. window: as in Excuse (empty for structure)."""

    org: str
    what: str
    kind: str = ""
    window: str = ""
    group: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole demo county. now: the aware moment (Asia/Shanghai) after which nothing happened; since: first day with activities."""

    seed: int
    today: date
    now: datetime
    since: date
    orgs: tuple[Org, ...]
    moves: tuple[Move, ...]
    groups: tuple[Group, ...]
    persons: tuple[Person, ...]
    exclusions: tuple[Exclusion, ...]
    committees: tuple[Committee, ...]
    rules: tuple[RuleChoice, ...]
    accounts: tuple[Account, ...]
    activities: tuple[Activity, ...]
    corrections: tuple[Correction, ...]
    excuses: tuple[Excuse, ...]
    reminders: tuple[Reminder, ...]
    faults: tuple[Fault, ...]


def build(seed: int, today: date) -> Plan:
    """Make the demo county as of `today`: about 420 branches, 9,800 members, the activities of 20 months. Takes a few seconds."""
    from zhibu.cli.demo import story  # the builders import the shapes above

    return story.build(seed, today)
