"""主题党日活动登记表 (ux.md §2): what happened, who missed it and how it was made up for; guests and collected dues are written in by hand."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhibu.areas.meetings import rules
from zhibu.ground.guard.scope import Scope
from zhibu.ground.record.queries import AbsenceView, ActivityView
from zhibu.kernel.activities import MADE_BY_ENTRY, ActivityKind, RecordType
from zhibu.kernel.numbers import percent

from .around import around
from .meeting_record import hours
from .sheet import Cell, Sheet, day, foot, head, wide

WIDTHS = (24, 54, 24, 54)
#: 六有; the records of the product by which a box is ticked, none: only ink tells
SIX: tuple[tuple[str, tuple[RecordType, ...]], ...] = (
    ("计划", ()), ("方案", (RecordType.PLAN,)), ("资料", (RecordType.STUDY_MATERIALS,)), ("笔记", ()), ("记录和影像", (RecordType.MINUTES, RecordType.ACTIVITY_PHOTOS)),
    ("签到表", (RecordType.SIGN_IN,)),
)


@dataclass(frozen=True, slots=True)
class ThemeDay:
    """The content of the form. Texts may be empty: then the line is left for ink."""

    org_name: str
    when: tuple[str, str]
    place: str
    theme: str
    expected: str
    present: str
    chair: str
    recorder: str
    steps: tuple[str, ...]
    decided: tuple[str, ...]
    missed: tuple[str, ...]
    dues_paid: bool
    six: tuple[tuple[str, bool], ...]
    rule_sets: tuple[str, ...]
    printed_on: date

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return "主题党日活动登记表"

    def sheet(self) -> Sheet:
        """Lay the form out."""
        dues = ("☑" if self.dues_paid else "□") + "当天交纳　应交　　人　　　　元，实交　　人　　　　元"
        six = "　".join(("☑" if there else "□") + label for label, there in self.six)
        return Sheet(
            "themeday", "主题党日活动登记表", (), WIDTHS,
            (
                wide("党支部", self.org_name), (head("时间"), Cell(self.when), head("地点"), Cell((self.place,))), wide("主题", self.theme),
                (head("应到"), Cell((self.expected,), centred=True), head("实到"), Cell((self.present,), centred=True)),
                (head("主持人"), Cell((self.chair,), centred=True), head("记录人"), Cell((self.recorder,), centred=True)),
                wide("流程\n和内容", *self.steps, tall=46), wide("议定事项", *self.decided, tall=22), wide("缺席及补课", *(self.missed or ("无",))),
                wide("列席\n积极分子、\n群众代表", "", tall=22), wide("党费收缴", dues), wide("六有", six),
            ),
            ("主持人签字：", "记录人签字："), foot(self.rule_sets, self.printed_on),
        )


def theme_day(scope: Scope, v: ActivityView, printed_on: date) -> ThemeDay:
    """Fill the form from a record."""
    about = around(scope, v)
    names = {c.value: label for c, label in rules.CONTENT_ZH.items()}
    present = {e.record_type for e in v.evidence if e.how != "nil"} | {r.value for r in MADE_BY_ENTRY}
    themes = [t.title for t in v.topics if t.kind == ActivityKind.THEME_DAY]
    items = "、".join(names.get(c, c) for c in v.contents)
    return ThemeDay(
        about.org_name(v.held_on), (day(v.held_on), hours(v)), v.place, "；".join(themes) or v.title, f"{v.expected_count} 人",
        f"{v.present_count} 人（到会率 {percent(v.present_count, v.expected_count)}）", v.chair, v.recorder,
        (*((f"内容：{items}",) if items else ()), *(f"{i}. {t.title}" + (f"：{t.content}" if t.content else "") for i, t in enumerate(v.topics, 1))),
        tuple(t.resolution for t in v.topics if t.resolution), tuple(_missed(a) for a in v.absences), rules.ContentItem.DUES in v.contents,
        tuple((label, bool(records) and present >= set(records)) for label, records in SIX), about.rule_sets(v.held_on), printed_on,
    )


def _missed(a: AbsenceView) -> str:
    why = ("请假" if a.status == "leave" else "缺席") + (f"（{a.reason}）" if a.reason else "")
    done = f"{day(a.caught_up_on)}已补课（{a.caught_up_how}）" if a.caught_up_on else "未补课"
    return f"{a.name}：{why}，{done}"
