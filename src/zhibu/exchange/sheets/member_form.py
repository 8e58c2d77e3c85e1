"""党员基本信息采集表 (ux.md §2): the 16 national items of one member and four signatures. Numbers come masked unless they were asked for with a purpose."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from zhibu.areas.roster.queries import Member
from zhibu.areas.roster.rules import Item

from .around import rule_sets
from .sheet import Cell, Sheet, foot, head, wide

WIDTHS = (30, 48, 30, 48)
SIGNATURES = ("党员签字：", "采集员签字：", "支部书记签字：")
#: items that have a line of their own; the others stand two in a line
LONG = frozenset({"standing", "branch", "address", "floating"})
#: titles that the form has longer than the screen
TITLES = {
    "joined_on": "加入党组织\n日期", "full_on": "转为正式\n党员日期", "phone": "联系电话\n（手机/固定）", "lost_contact": "失联（失去\n联系日期）", "floating": "流动\n（外出流向）",
}


@dataclass(frozen=True, slots=True)
class MemberForm:
    """The content of the form."""

    org_name: str
    name: str
    items: tuple[Item, ...]
    masked: bool
    rule_sets: tuple[str, ...]
    printed_on: date

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return f"党员基本信息采集表_{self.name}"

    def sheet(self) -> Sheet:
        """Lay the form out: short items two in a line, long ones alone."""
        rows: list[tuple[Cell, ...]] = []
        waiting: tuple[Cell, ...] = ()
        for item in self.items:
            title, shown = _shown(item)
            if item.code in LONG:
                if waiting:
                    rows, waiting = [*rows, (*waiting, head(""), Cell(tall=10))], ()
                rows.append(wide(title, shown, tall=10))
            else:
                waiting = (*waiting, head(title), Cell((shown,), centred=True, tall=10))
                if len(waiting) == 4:
                    rows, waiting = [*rows, waiting], ()
        if waiting:
            rows.append((*waiting, head(""), Cell(tall=10)))
        rows.append(wide("基层党委\n（盖章）", "", "", "　　　　　　　　　　　　年　　月　　日", tall=22))
        note = ("身份证号和联系电话没有写全。需要写全的，由有权的同志写明用途后打印。",) if self.masked else ()
        return Sheet("member", "党员基本信息采集表", (), WIDTHS, tuple(rows), SIGNATURES, foot(self.rule_sets, self.printed_on), below=note)


def _shown(item: Item) -> tuple[str, str]:
    return TITLES.get(item.code, item.title), item.value


def member_form(member: Member, printed_on: date, numbers: Mapping[str, str] | None = None) -> MemberForm:
    """Fill the form. numbers: id_no and phone in full, as people.reveal gave them for a purpose."""
    full = numbers or {}
    items = tuple(Item(i.code, i.title, full.get(i.code, i.value), i.missing) for i in member.items)
    return MemberForm(member.org.name, member.file.name, items, numbers is None, rule_sets(member.org.id, printed_on), printed_on)
