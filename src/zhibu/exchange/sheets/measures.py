"""整改清单 (ux.md §2): from the resolutions on record, one line each. Owner, term, progress and 销号 are not held by the product: blank, for ink."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from zhibu.ground.guard.scope import Scope
from zhibu.ground.record import queries as recorded
from zhibu.ground.record.queries import ActivityView
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ActivityKind

from .around import rule_sets
from .sheet import Sheet, day, foot, grid

COLUMNS = ("序号", "问题", "措施", "责任人", "时限", "进展", "完成日期", "销号\n（复核人）")
WIDTHS = (10, 34, 38, 14, 14, 14, 14, 18)
BLANK_LINES = 5
#: the meetings that end in a list of measures (S06, S07, S09)
KINDS = (ActivityKind.ORG_LIFE_MEETING, ActivityKind.APPRAISAL, ActivityKind.DEM_LIFE_MEETING)


@dataclass(frozen=True, slots=True)
class Measures:
    """The content of the form: (problem, measure) per resolution, by day of the meeting."""

    org_name: str
    source: str
    lines: tuple[tuple[str, str], ...]
    rule_sets: tuple[str, ...]
    printed_on: date

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return "整改清单"

    def sheet(self) -> Sheet:
        """Lay the form out, with a few lines to go on by hand."""
        lines: list[tuple[str, ...]] = [(str(i), problem, measure, "", "", "", "", "") for i, (problem, measure) in enumerate(self.lines, 1)]
        lines += [(str(i), *("",) * 7) for i in range(len(lines) + 1, len(lines) + BLANK_LINES + 1)]
        return Sheet(
            "measures", "整改清单", (f"党支部：{self.org_name}", f"来源：{self.source}"), WIDTHS, grid(COLUMNS, lines, left=frozenset({1, 2}), tall=10),
            ("支部书记签字：", "日期："), foot(self.rule_sets, self.printed_on), heads=1, small=True,
            below=("“问题”按会议的议题填，“措施”按决议填。责任人、时限、进展、完成日期和销号用笔写，一件一件销号。",),
        )


def measures(scope: Scope, org_id: int, views: Iterable[ActivityView], source: str, printed_on: date) -> Measures:
    """List the resolutions of some records of an organisation, oldest first."""
    lines = [
        (f"{t.title}（{v.held_on.month}月{v.held_on.day}日）", t.resolution)
        for v in sorted(views, key=lambda v: (v.held_on, v.id)) for t in v.topics if t.resolution
    ]
    return Measures(tree.organisation(scope, org_id).name, source, tuple(lines), rule_sets(org_id, printed_on), printed_on)


def measures_of(scope: Scope, v: ActivityView, printed_on: date) -> Measures:
    """List the resolutions of one record."""
    return measures(scope, v.org_id, (v,), f"{day(v.held_on)} {v.title}", printed_on)


def measures_of_year(scope: Scope, org_id: int, year: int, printed_on: date) -> Measures:
    """List what the organisational and democratic life meetings of a year resolved, as far as it has gone."""
    ids = {s.activity_id for s in recorded.slots(scope, org_id, date(year, 1, 1), date(year, 12, 31)) if s.kind in KINDS}
    return measures(scope, org_id, recorded.in_full(scope, ids), f"{year}年组织生活会、民主评议和民主生活会的决议", printed_on)
