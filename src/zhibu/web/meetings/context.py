"""What meetings/record.html, ledger.html and activity.html need (mocks 1b and 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zhibu.web.shell.context import Button, Choice, ErrorLine, Link, Pair, State, Tone, Why


class Mark(StrEnum):
    """One person in the roll-call 点人."""

    PRESENT = "present"
    LEAVE = "leave"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Quorum:
    """Who counts for a decision and how many it takes 表决门槛, taken from the rule set in force.

    Present is enough when ``present * attend_den  attend_op  base * attend_num``; passed when ``ayes * ayes_den  ayes_op  base * ayes_num``
    (or on those present, if ``ayes_base`` is "present"). Operators: ">=" or ">". ``who`` is "voting" or "committee".
    """

    who: str = "voting"
    who_label: str = "有表决权"
    attend_num: int = 1
    attend_den: int = 2
    attend_op: str = ">="
    ayes_num: int = 1
    ayes_den: int = 2
    ayes_op: str = ">"
    ayes_base: str = "expected"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of activity 会议类型, a checkbox chip ``kind=<code>``.

    ``who`` says who is expected when only this kind is held: "all", "committee" or "group". ``votes`` pre-ticks 举手表决 on its topic.
    """

    code: str
    label: str
    chosen: bool = False
    who: str = "all"
    votes: bool = False
    quorum: Quorum | None = None


@dataclass(frozen=True, slots=True)
class Attendee:
    """One person who may be expected 应到的人: radio ``m-<id>`` = present | leave | absent."""

    id: str
    name: str
    mark: Mark = Mark.PRESENT
    votes: bool = True  # has the vote (a full member whose rights are not limited)
    committee: bool = False
    groups: tuple[str, ...] = ()
    tag: str = ""  # 预备
    reason: str = ""  # field ``n-<id>``: why not there, where it is known for this person (leave granted before)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic 议题, fields ``t-<n>-kind|title|text|decision|vote|for|against|abstain`` and for a lecture ``t-<n>-lecturer|hours``.

    A topic with neither title, text nor decision is ignored by the server, votes and all. ``n`` counts from 0 without gaps in what the server
    renders; blocks added in the browser go on counting. Empty vote strings mean "prefill": 赞成 = 到会, 反对 0, 弃权 0.
    """

    n: int
    kind: str = ""  # code of the kind it belongs to, "" for a further topic
    kind_label: str = "议题"
    title: str = ""
    text: str = ""
    decision: str = ""
    vote: bool = False
    ayes: str = ""
    nays: str = ""
    abstain: str = ""
    lecture: bool = False
    lecturer: str = ""
    hours: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One required record 应留的材料 of the chosen kinds: radio ``r-<type>`` = paper | upload | none | later, ``r-<type>-place``, ``r-<type>-reason``,
    file ``r-<type>-file``; ``r-shown`` (hidden, several) lists the types that the person really saw.

    ``kinds`` are the kinds that ask for it. ``auto`` = the entry itself is the record (minutes, sign_in …): shown as done, no fields.
    """

    type: str
    label: str
    kinds: tuple[str, ...]
    answer: str = "paper"
    place: str = ""  # the last answer: 村党群服务中心档案柜
    reason: str = ""
    auto: bool = False
    reason_needed: bool = True  # False for 活动剪影
    file_name: str = ""  # already uploaded (a correction)
    visible: bool = True  # asked for by the kinds chosen now
    error: str = ""
    attachments: str = ""  # ids of uploads kept from an earlier try, goes out as ``r-<type>-att``


@dataclass(frozen=True, slots=True)
class RecordPage:
    """开会记录. POST to ``action_url`` (multipart). The other names in it:

    ``key`` the form's random key = the draft's key = the idempotency key; ``kind`` (several), ``group`` (several), ``held_on`` (date), ``starts``
    and ``ends`` (HH:MM), ``place``, ``chair``, ``recorder`` (values of ``chairs``/``recorders``), ``absence_note``, ``reason`` (correction only),
    ``photos`` (files, optional). Pressed button ``do``: save | draft | topic | refresh. "topic" and "refresh" come only without JavaScript: answer
    with the same page, one more topic or the blocks and records of the kinds now chosen, nothing saved. Errors: 422 with the page. Success: redirect to
    the activity page, whose ``shell.saved_key`` is the key; the same key again leads to the same activity.
    """

    action_url: str
    key: str
    draft_id: str  # opaque, per account and organisation (and activity when correcting): where the browser keeps the draft
    org_name: str
    title: str  # 开会记录 | 更正 9月20日的记录
    kinds: tuple[Kind, ...]
    people: tuple[Attendee, ...]
    groups: tuple[Choice, ...]
    topics: tuple[Topic, ...]
    records: tuple[RecordLine, ...]
    held_on: str  # 2025-09-20
    held_on_max: str  # today
    starts: str
    ends: str
    place: str
    chairs: tuple[Choice, ...]
    recorders: tuple[Choice, ...]
    cancel_url: str
    places: tuple[str, ...] = ()  # suggestions
    lecturers: tuple[str, ...] = ()  # suggestions
    default_lecturer: str = ""
    default_hours: str = "1"
    absence_note: str = ""
    sub: str = "按您上次的习惯已填好一半。写到哪存到哪，断网也不丢。"
    crumbs: tuple[Link, ...] = ()
    can_draft: bool = True
    can_drop: bool = False  # a draft of the server may be thrown away
    correction: bool = False  # shows the field ``reason`` and what happens to the old entry
    reason: str = ""
    late_note: str = ""  # 按补记保存：8月的会，9月18日才记。
    contents: tuple[Choice, ...] = ()  # ``content`` (several): what the theme party day consisted of
    plan_id: str = ""  # the plan it began with, goes out as ``plan``
    photo_ids: str = ""  # uploads kept from an earlier try, goes out as ``photos-att``
    photo_names: tuple[str, ...] = ()
    restore: str = "any"  # which draft of this device replaces the page: "any", "same" (of the same key), "" none
    same: Link | None = None  # the record that stands already (E044, or the same form saved before)
    errors: tuple[ErrorLine, ...] = ()
    field_errors: tuple[tuple[str, str], ...] = ()  # (held_on | starts | ends | kind | group | content | people | records | photos | reason, text); topics and records carry their own

    @property
    def error_of(self) -> dict[str, str]:
        """Return the error text of each named field."""
        return dict(self.field_errors)

    @property
    def blank_topic(self) -> Topic:
        """Return the empty block that the browser copies for a further topic."""
        return Topic(n=0)


@dataclass(frozen=True, slots=True)
class LedgerCell:
    """One month of one requirement 台账格子.

    ``tone``: "ok" 按期, "y" 补记, "b" 缺, "i" 材料不全, "c" just closed (first 5 days), "p" 待 (this window is open), "t" scheduled, "e" 免,
    "l" 补开 (held after the window, grey note), "z" nothing due here or not yet (text "·" or "").
    """

    tone: str
    text: str = ""  # 21 | 缺 | 待 | 免 | ·
    label: str = ""  # read out and shown as the tip: 党员大会 2月21日 按期
    url: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One requirement over the year."""

    label: str  # 党小组会 一组
    frequency: str  # 每月 1 次
    cells: tuple[LedgerCell, ...]  # 12
    done: str  # 7/8
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """One activity in the list below the grid."""

    when: str
    title: str
    kinds: tuple[str, ...]
    chair: str
    attendance: str  # 27 / 31
    state: State
    url: str  # opens its "where it went" in the side panel
    open_url: str  # the record itself
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class FlowStep:
    """Where one record went 去了哪里; only what is built."""

    title: str  # 台账 3 项
    text: str
    link: Link | None = None
    done: bool = True


@dataclass(frozen=True, slots=True)
class Flow:
    """The side panel of a chosen record."""

    title: str  # 6月27日这一条，去了哪里
    steps: tuple[FlowStep, ...]
    buttons: tuple[Button, ...] = ()
    note: str = "修改会留下痕迹：谁、什么时候、改了什么。"


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """年度台账. ``flow`` (a record is chosen) or ``why`` (a cell is chosen) fills the side panel; both empty: no panel."""

    title: str  # 2025年 三会一课台账
    sub: str  # 柳树湾村党支部 · 党员 31 名 · 由会议记录自动生成，不用另填
    rows: tuple[LedgerRow, ...]
    current_month: int  # 1–12; 0 when the year is another one
    records: tuple[LedgerRecord, ...]
    records_count: str  # 31 条
    years: tuple[Choice, ...] = ()
    kinds: tuple[Choice, ...] = ()  # filter of the list
    crumbs: tuple[Link, ...] = ()
    record: Link | None = None  # the filled button; None for those who only look
    buttons: tuple[Button, ...] = ()
    stats: tuple[Pair, ...] = ()  # a line of pooled figures: 应开 49，完成 47，完成率 95.92%
    flow: Flow | None = None
    why: Why | None = None
    papers: tuple[Button, ...] = ()  # 打印和导出
    empty: str = "今年还没有记录。"


@dataclass(frozen=True, slots=True)
class ShownTopic:
    """A topic of a saved record."""

    kind: str
    title: str
    text: str = ""
    decision: str = ""
    vote: str = ""  # 赞成 26，反对 0，弃权 0
    vote_state: State | None = None
    facts: tuple[Pair, ...] = ()  # 授课人, 学时


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """A required record of a saved activity."""

    label: str
    state: State  # 本页即是 | 已上传 | 纸质件 | 无 | 缺
    where: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """Someone in the attendance of a saved record."""

    name: str
    mark: Mark
    tag: str = ""


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """One saved record 会议记录."""

    title: str  # 主题党日、党员大会、党课
    sub: str  # 柳树湾村党支部 · 9月20日 周六 9:00—10:40
    state: State  # 已存 | 补记 | 材料不全 | 草稿 | 已更正
    facts: tuple[Pair, ...]  # 时间 地点 主持 记录 应到 实到 记录于
    people: tuple[ShownPerson, ...]
    topics: tuple[ShownTopic, ...]
    records: tuple[ShownRecord, ...]
    flow: Flow | None = None
    just_saved: str = ""  # 已保存。台账记了 3 项，27 人到会。
    counts: tuple[Pair, ...] = ()  # 应到 31, 实到 27, 请假 3, 缺席 1
    quorum: str = ""
    quorum_tone: Tone = Tone.OK
    crumbs: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()  # 更正, 作废
    papers: tuple[Button, ...] = ()  # 打印和导出
    corrections: tuple[Pair, ...] = ()  # when and who: what changed, reason; url = the other entry
    makeup: tuple[str, ...] = ()  # names on the make-up list
    absence_note: str = ""
    next_link: Link | None = None  # 回到待办
    completeness: str = ""  # 4 / 4 项
    readiness: tuple[tuple[str, tuple[ShownRecord, ...]], ...] = ()  # 会前, 会中, 会后 of an organisational life meeting: nine items
