"""谈心谈话记录 (ux.md §2): who with whom, when, where, about what, and what follows. Confidential: made only for who may read the text."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhibu.areas.talks.queries import TalkLine, TalkView
from zhibu.areas.talks.rules import TRIGGER_ZH, Trigger

from .sheet import Cell, Sheet, day, foot, head, wide

WIDTHS = (24, 54, 24, 54)


@dataclass(frozen=True, slots=True)
class TalkRecord:
    """The content of the form; texts that were kept on paper are left for ink."""

    org_name: str
    talker: str
    talkee: str
    on: date
    place: str
    trigger: str
    topic: str
    summary: str
    follow_up: str
    printed_on: date

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return "谈心谈话记录"

    def sheet(self) -> Sheet:
        """Lay the form out."""
        return Sheet(
            "talk", "谈心谈话记录", (f"党支部：{self.org_name}",), WIDTHS,
            (
                (head("谈话人"), Cell((self.talker,), centred=True), head("对象"), Cell((self.talkee,), centred=True)),
                (head("时间"), Cell((day(self.on),), centred=True), head("地点"), Cell((self.place,))),
                wide("主题", self.topic or self.trigger, tall=10), wide("要点", self.summary, tall=46), wide("后续", self.follow_up, tall=22),
            ),
            ("谈话人签字：", "对象签字："), foot((), self.printed_on).replace("规则集：无　", ""), below=("只有谈话的两位和书记可以看，请妥善保存。",),
        )


def talk_record(org_name: str, line: TalkLine, view: TalkView, printed_on: date) -> TalkRecord:
    """Fill the form from a talk and its text."""
    return TalkRecord(
        org_name, line.talker_name, line.talkee_name, line.day, view.place, TRIGGER_ZH[Trigger(view.trigger)], view.topic, view.summary, view.follow_up, printed_on,
    )
