"""党课记录 (ux.md §2): title, lecturer, who came, what was said; what was discussed is written in by hand."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from zhibu.ground.guard.scope import Scope
from zhibu.ground.record.queries import ActivityView
from zhibu.kernel.activities import ActivityKind, RecordType

from .around import Around, around
from .meeting_record import hours
from .sheet import Cell, Sheet, day, foot, head, wide

WIDTHS = (24, 54, 24, 54)
ATTACHED = (RecordType.LECTURE_SCRIPT, "党课稿"), (RecordType.SIGN_IN, "签到表")


@dataclass(frozen=True, slots=True)
class LectureRecord:
    """The content of the form. Texts may be empty: then the line is left for ink."""

    org_name: str
    titles: tuple[str, ...]
    lecturer: str
    study_hours: str
    when: tuple[str, str]
    place: str
    chair: str
    recorder: str
    present: str
    names: tuple[str, ...]
    said: tuple[str, ...]
    attached: tuple[tuple[str, bool], ...]
    rule_sets: tuple[str, ...]
    printed_on: date

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return "党课记录"

    def sheet(self) -> Sheet:
        """Lay the form out."""
        attached_shown = "　".join(("☑" if there else "□") + label for label, there in self.attached)
        return Sheet(
            "lecture", "党课记录", (), WIDTHS,
            (
                wide("党支部", self.org_name), wide("题目", *(self.titles or ("",))),
                (head("授课人"), Cell((self.lecturer,), centred=True), head("学时"), Cell((self.study_hours,), centred=True)),
                (head("时间"), Cell(self.when), head("地点"), Cell((self.place,))),
                (head("主持人"), Cell((self.chair,), centred=True), head("记录人"), Cell((self.recorder,), centred=True)),
                wide("参加人数", self.present), (head("参加人员\n名单"), Cell(self.names, span=3, names=True, tall=10)),
                wide("主要内容", *self.said, tall=46), wide("讨论要点", "", tall=46), wide("附件", attached_shown),
            ),
            ("授课人签字：", "记录人签字："), foot(self.rule_sets, self.printed_on),
        )


def lecture_record(scope: Scope, v: ActivityView, printed_on: date, about: Around | None = None) -> LectureRecord:
    """Fill the form from a record of a lecture, its own topics first; a record without any names the meeting itself."""
    about = about or around(scope, v)
    topics = [t for t in v.topics if t.kind == ActivityKind.LECTURE] or [t for t in v.topics if t.lecturer]
    study = sum((t.hours for t in topics if t.hours), Decimal(0))
    present = {e.record_type for e in v.evidence if e.how != "nil"}
    return LectureRecord(
        about.org_name(v.held_on), tuple(t.title for t in topics) or (v.title,), "、".join(dict.fromkeys(t.lecturer for t in topics if t.lecturer)),
        f"{study.normalize():f}" if study else "", (day(v.held_on), hours(v)), v.place, v.chair, v.recorder, f"{v.present_count} 人", about.names(v),
        tuple(t.content for t in topics if t.content), tuple((label, record in present) for record, label in ATTACHED), about.rule_sets(v.held_on), printed_on,
    )
