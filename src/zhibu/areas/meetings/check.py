"""Check one entry as a whole against the roll and the rules of its day: every fault with the field of the form, so that all show at once."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from zhibu.kernel.activities import ACTIVITY_ZH, MADE_BY_ENTRY, RECORD_BIT, RECORD_ZH, ActivityKind, RecordType
from zhibu.kernel.result import Decision

from . import rules
from .entry import Entry, EntryTopic, Fault
from .form import FormRules, Person, Roll

DECIDING = (ActivityKind.GENERAL_MEETING, ActivityKind.COMMITTEE_MEETING)
STATUSES = ("leave", "absent")


@dataclass(frozen=True, slots=True)
class Case:
    """An entry with everything it is judged by. `existing`: the keys of the meetings of that day, without the entry it corrects."""

    entry: Entry
    form: FormRules
    roll: Roll
    existing: tuple[rules.MeetingKey, ...]
    now: datetime
    only_groups: tuple[int, ...] | None = None  # a group leader's groups
    names: Mapping[int, str] = field(default_factory=dict)  # of those marked who are not on the roll

    @property
    def expected(self) -> tuple[Person, ...]:
        """Give who is expected."""
        return self.roll.expected(self.entry.kinds, self.entry.group_ids)

    @property
    def present(self) -> tuple[Person, ...]:
        """Give who of them was there."""
        return tuple(p for p in self.expected if p.id not in self.entry.marks)

    def deciding(self, topic: EntryTopic) -> str:
        """Give the kind whose rule decides a vote: the topic's own, else the only deciding kind of the meeting, else the general meeting."""
        if topic.kind in DECIDING:
            return topic.kind
        held = [k for k in self.entry.kinds if k in DECIDING]
        return held[0] if held else ActivityKind.GENERAL_MEETING.value

    def base(self, topic: EntryTopic, people: Sequence[Person]) -> int:
        """Count those among some people whose vote counts for a topic."""
        committee = self.deciding(topic) == ActivityKind.COMMITTEE_MEETING
        return sum(p.committee if committee else p.votes for p in people)

    def vote(self, topic: EntryTopic) -> rules.Vote:
        """Decide whether a topic's resolution is carried."""
        kind = self.deciding(topic)
        return rules.decision(kind, self.base(topic, self.expected), self.base(topic, self.present), topic.ayes, *self.form.deciding(kind))


def faults(case: Case) -> tuple[Fault, ...]:
    """List everything that stops an entry (E001, E002, E008-E011, E017, E023, E044, E045, E054), each sentence once."""
    kinds = rules.check_kinds(case.entry.kinds, case.form.together, case.roll.org.kind)
    checks: tuple[Callable[[Case], Iterator[Fault]], ...] = (_times, _people, _votes, _records, _correction)
    found = [*_as_fault("kind", kinds)]
    if kinds.ok:
        found += [*_office(case), *(f for kind in case.entry.kinds for f in _kind(case, kind))]
    found += [fault for check in checks for fault in check(case)]
    return tuple(dict.fromkeys(found))


def _as_fault(where: str, decision: Decision) -> Iterator[Fault]:
    if not decision.ok:
        yield Fault(where, decision.code, decision.reason)


def _office(case: Case) -> Iterator[Fault]:
    org = case.roll.org
    strange = [ACTIVITY_ZH[ActivityKind(k)] for k in case.entry.kinds if not org.is_branch and k not in case.roll.kinds]
    if strange:
        yield Fault("kind", "E045", f"“{org.name}”是{org.kind_title}，{'、'.join(strange)}由各支部自己记")
    if case.only_groups is None:
        return
    if set(case.entry.kinds) != {ActivityKind.GROUP_MEETING.value}:
        yield Fault("kind", "E023", "党小组长只记党小组会。别的会请支部书记或委员记")
    elif not set(case.entry.group_ids) <= set(case.only_groups):
        yield Fault("group", "E023", "只能记自己所在党小组的会。别的小组请他们的组长或支部书记记")


def _kind(case: Case, kind: str) -> Iterator[Fault]:
    entry, known = case.entry, {g.id for g in case.roll.groups}
    grouped = kind == ActivityKind.GROUP_MEETING
    groups: tuple[int | None, ...] = entry.group_ids if grouped and entry.group_ids else (None,)
    for group in groups:
        yield from _as_fault("group", rules.check_group(kind, group, known))
        yield from _as_fault("held_on", rules.check_duplicate(kind, entry.held_on, entry.start, group, case.existing))
    own = [t.title.strip() or t.text.strip() for t in entry.topics if t.said and t.kind in (kind, "")]
    if kind == ActivityKind.THEME_DAY and not own:  # the lecture or the members' meeting held on it is its theme
        own = [t.title.strip() or t.text.strip() for t in entry.topics if t.said]
    yield from _as_fault("content" if own else _topic_field(entry, kind), rules.check_content(kind, "", own, entry.contents))
    if kind == ActivityKind.LECTURE:
        lecturer = next((t.lecturer for t in entry.topics if t.kind == kind), "")
        roles = [p.post for p in case.roll.people if p.name == lecturer.strip()]
        yield from _as_fault(_topic_field(entry, kind), rules.check_lecturer(lecturer, roles, case.form.other_lecturers))


def _topic_field(entry: Entry, kind: str) -> str:
    return f"topic-{next((i for i, t in enumerate(entry.topics) if t.kind == kind), 0)}"


def _times(case: Case) -> Iterator[Fault]:
    times = rules.check_times(case.entry.held_on, case.entry.start, case.entry.end, case.now)
    yield from _as_fault("ends" if times.code == "E002" else "held_on", times)


def _people(case: Case) -> Iterator[Fault]:
    entry, expected = case.entry, case.expected
    on_roll = {p.id for p in case.roll.people}
    outsiders = [case.names.get(i, f"编号 {i}") for i in entry.marks if i not in on_roll]
    yield from _as_fault("people", rules.check_people(len(expected), len(case.present), outsiders))
    if any(status not in STATUSES for status in entry.marks.values()):
        yield Fault("people", "E009", "点人只有到、请假、缺席三种，请重新点")
    if not expected and not (ActivityKind.GROUP_MEETING in entry.kinds and not entry.group_ids):
        yield Fault("people", "E009", "应到名单是空的。请核对日期和党小组；名单还没有的，先在花名册里登记党员")
    unseen = [p.name for p in expected if entry.shown is not None and p.id not in entry.shown]
    if unseen:
        yield Fault("people", "E009", f"{entry.held_on.month}月{entry.held_on.day}日应到的还有{'、'.join(unseen)}，刚才没有点到。名单已经换成那一天的，请核对后再保存")
    if ActivityKind.GROUP_MEETING in entry.kinds and len(entry.group_ids) > 1:  # several groups together: each by its own members
        came = {p.group_id for p in case.present}
        for group in (g for g in case.roll.groups if g.id in entry.group_ids and g.id not in came):
            yield Fault("people", "E009", f"{group.name}没有一个人到会，不能算这个小组的会。请去掉这个小组，或核对点名")
    if ActivityKind.DEM_LIFE_MEETING in entry.kinds:
        yield from _as_fault("people", rules.check_leading_group(len(expected), len(case.present), case.form.dem_life_attendance))


def _votes(case: Case) -> Iterator[Fault]:
    for place, topic in enumerate(case.entry.topics):
        if not (topic.vote and topic.said):
            continue
        base, present = case.base(topic, case.expected), case.base(topic, case.present)
        total = topic.ayes + topic.noes + topic.abstain
        committee = case.deciding(topic) == ActivityKind.COMMITTEE_MEETING
        extra = tuple(p.name for p in case.present if not (p.committee if committee else p.votes))
        resolution = rules.Resolution(
            topic.title or topic.decision or topic.text[:20], topic.ayes, topic.noes, topic.abstain, present, extra if total == len(case.present) > present else ()
        )
        kind = case.deciding(topic)
        yield from _as_fault(f"topic-{place}", rules.check_resolution(kind, resolution, base, present, *case.form.deciding(kind)))


def _records(case: Case) -> Iterator[Fault]:
    lines = case.entry.records
    asked = case.form.required(case.entry.kinds)
    answers = [(r.record_type, bool(r.attachment_ids), r.how == "paper", r.how == "nil") for r in lines]
    yield from _as_fault("records", rules.check_records(answers, asked))
    for line in lines:
        where, name = f"r-{line.record_type}", RECORD_ZH[RecordType(line.record_type)] if line.record_type in RECORD_BIT else line.record_type
        if line.how == "paper" and not line.place.strip():
            yield Fault(where, "E008", f"“{name}”选了纸质件，请写存在哪里")
        if line.how == "nil" and not line.reason.strip() and line.record_type != RecordType.ACTIVITY_PHOTOS:
            yield Fault(where, "E008", f"“{name}”选了“无”，请写一句原因")
        if line.how == "upload" and not line.attachment_ids:
            yield Fault(where, "E008", f"“{name}”选了上传，还没有选文件。请选文件，或改选纸质件")
    answered = {r.record_type for r in lines} | {r.value for r in MADE_BY_ENTRY}
    open_ones = [RECORD_ZH[RecordType(r)] for r in asked if r not in answered]
    if open_ones:
        yield Fault("records", "E008", f"还有材料没有确认：{'、'.join(open_ones)}。已经列在下面，核对后再保存")


def _correction(case: Case) -> Iterator[Fault]:
    if case.entry.corrects and len(case.entry.correction_reason.strip()) < 2:
        yield Fault("reason", "E054", "请写一句为什么改，新旧两条都会保留")
