"""党支部会议记录 (ux.md §2): every field of the form; what the product does not record stays an empty line for ink."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhibu.areas.meetings import form
from zhibu.ground.guard.scope import Scope
from zhibu.ground.record.queries import ActivityView, TopicView
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind

from .around import Around, around
from .sheet import Cell, Sheet, day, foot, head, wide

ORDINALS = "一二三四五六七八九十"
WIDTHS = (24, 54, 24, 54)


@dataclass(frozen=True, slots=True)
class MeetingRecord:
    """The content of the form. Texts may be empty: then the line is left for ink."""

    org_name: str
    kinds: tuple[tuple[str, bool], ...]     # every kind of the form and whether it was held
    name: str                               # 会议名称
    numbers: tuple[tuple[str, int], ...]    # 次数: kind and its number within the year; empty for a corrected record
    when: tuple[str, str]                   # day, time to the minute
    place: str
    chair: str
    recorder: str
    expected: str
    present: str
    attended: tuple[str, ...]
    absences: str
    topics: tuple[str, ...]
    said: tuple[str, ...]
    votes: tuple[str, ...]
    resolutions: tuple[str, ...]
    rule_sets: tuple[str, ...]
    printed_on: date

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return "党支部会议记录"

    def sheet(self) -> Sheet:
        """Lay the form out."""
        kinds = " ".join(("☑" if held else "□") + label for label, held in self.kinds)
        often = "，".join(f"{label}：本年第 {n} 次" for label, n in self.numbers) or "第　　次"
        owner = "责任人：＿＿＿＿＿＿　完成时限：＿＿＿＿＿＿"
        decided = tuple(line for r in self.resolutions for line in (r, owner)) or ("", owner)
        return Sheet(
            "minutes", "党支部会议记录", (), WIDTHS,
            (
                wide("党支部", self.org_name), wide("会议类型", kinds), wide("会议名称", self.name), wide("次数", often),
                (head("时间"), Cell(self.when), head("地点"), Cell((self.place,))),
                (head("主持人"), Cell((self.chair,), centred=True), head("记录人"), Cell((self.recorder,), centred=True)),
                (head("应到"), Cell((self.expected,), centred=True), head("实到"), Cell((self.present,), centred=True)),
                (head("出席人员"), Cell(self.attended, span=3, names=True, tall=10)), wide("缺席人员\n及原因", self.absences), wide("列席人员", "", tall=10),
                wide("会议议题", *self.topics), wide("报告与传达", "", tall=22), wide("会议内容\n（发言要点）\n不同意见\n有言必录", *self.said, tall=46),
                wide("表决", *(self.votes or ("赞成　　人，反对　　人，弃权　　人",))), wide("决议事项", *decided, tall=22),
            ),
            ("主持人签字：", "记录人签字："), foot(self.rule_sets, self.printed_on),
        )


def meeting_record(scope: Scope, v: ActivityView, printed_on: date, about: Around | None = None) -> MeetingRecord:
    """Fill the form from a record. about: read already, for several records."""
    about = about or around(scope, v)
    held = {k for k, _ in v.kinds}
    offered = form.BRANCH_KINDS if about.is_branch(v.held_on) else (ActivityKind.DEM_LIFE_MEETING,)
    return MeetingRecord(
        about.org_name(v.held_on), tuple((ACTIVITY_ZH[k], k in held) for k in ActivityKind if k in offered or k in held), v.title, _numbers(v, about),
        (day(v.held_on), hours(v)), v.place, v.chair, v.recorder, _people(v.expected_count, v.voting_count), _people(v.present_count, v.voting_present),
        about.names(v), absences(v), tuple(_topic(i, t) for i, t in enumerate(v.topics)),
        tuple(t.content for t in v.topics if t.content), tuple(_vote(i, t) for i, t in enumerate(v.topics) if t.ayes is not None),
        tuple(t.resolution for t in v.topics if t.resolution), about.rule_sets(v.held_on), printed_on,
    )


def hours(v: ActivityView) -> str:
    """Write from when to when, to the minute."""
    start, end = (f"{t.hour}:{t:%M}" if t else "" for t in (v.start_at, v.end_at))
    return f"{start}—{end}" if start and end else start


def _numbers(v: ActivityView, about: Around) -> tuple[tuple[str, int], ...]:
    return tuple((ACTIVITY_ZH[ActivityKind(k)], n) for k, g in v.kinds if (n := about.number(v, k, g)))


def _people(count: int, voting: int | None) -> str:
    return f"{count} 人" + (f"（有表决权 {voting} 人）" if voting is not None else "")


def absences(v: ActivityView) -> str:
    """Name who was on leave and who was absent, with the reasons."""
    parts = []
    for status, label in (("leave", "请假"), ("absent", "缺席")):
        names = "、".join(a.name + (f"（{a.reason}）" if a.reason else "") for a in v.absences if a.status == status)
        parts += [f"{label}：{names}"] if names else []
    return "；".join(parts) or "无"


def _nth(i: int) -> str:
    return ORDINALS[i] if i < len(ORDINALS) else str(i + 1)


def _topic(i: int, t: TopicView) -> str:
    known = {k.value for k in ActivityKind}
    facts = "，".join(x for x in (f"授课人：{t.lecturer}" if t.lecturer else "", f"{t.hours.normalize():f} 学时" if t.hours else "") if x)
    return f"{_nth(i)}、" + (f"{ACTIVITY_ZH[ActivityKind(t.kind)]}：" if t.kind in known else "") + t.title + (f"（{facts}）" if facts else "")


def _vote(i: int, t: TopicView) -> str:
    result = "" if t.passed is None else "通过。" if t.passed else "未通过。"
    return f"议题{_nth(i)}举手表决：赞成 {t.ayes} 人，反对 {t.noes} 人，弃权 {t.abstain} 人。{result}"
