"""党组织基本信息表: one row, one organisation. Two passes: first every row by itself, then parents and sums over the accepted rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from zhibu.exchange.intake import columns, dates
from zhibu.exchange.intake.draft import SKIP, Draft
from zhibu.exchange.intake.findings import KnownOrg, Result, Row, TableKind
from zhibu.exchange.intake.grid import Sheet
from zhibu.exchange.intake.matching import OrgIndex, is_generic, squeeze, take_apart
from zhibu.exchange.intake.rows import DataRow, OtherRow

LABELS = columns.LABELS[TableKind.ORGANISATIONS]
SMALLEST_BRANCH = 3
_TYPES = {
    **dict.fromkeys(("党委", "基层党委", "党的委员会", "党委会", "委员会"), "党委"),
    **dict.fromkeys(("党总支", "总支", "总支部", "党总支部"), "党总支"),
    **dict.fromkeys(("党支部", "支部"), "党支部"),
    **dict.fromkeys(("联合党支部", "联合支部"), "联合党支部"),
    **dict.fromkeys(("临时党支部", "临时支部"), "临时党支部"),
    **dict.fromkeys(("流动党员党支部", "流动党支部", "流动党员支部"), "流动党员党支部"),
    **dict.fromkeys(("党工委", "工委", "党的工作委员会", "工作委员会"), "党工委"),
    **dict.fromkeys(("综合党委", "综合委员会"), "综合党委"),
}
TYPE_CODES = {
    "党委": "party_committee", "党总支": "general_branch", "党支部": "branch", "联合党支部": "joint_branch", "临时党支部": "temporary_branch",
    "流动党员党支部": "floating_branch", "党工委": "work_committee", "综合党委": "comprehensive_committee",
}  # fmt: skip
_NAMES_OF_CODES = {code: name for name, code in TYPE_CODES.items()}
_NUMBERING = re.compile(r"(?:\(?[\d一二三四五六七八九十]{1,3}\)|[\d一二三四五六七八九十]{1,3}[、.．]|第?\d{1,3}[、.])\s*")
_VACANT = frozenset({"空缺", "暂缺", "缺", "缺额", "待定", "无", "空"})
_VILLAGE = re.compile(r"(?:村|社区)(?:第?[一二三四五六七八九十\d]+)?$")
_VILLAGE_UNIT = re.compile(r"(?:村民|居民)委员会$|村委会$|居委会$")
_WORKPLACES = (("学校", re.compile("中学|小学|学校|幼儿园|大学|学院|中心校")), ("企业", re.compile("公司|企业|厂|合作社")), ("机关", re.compile("机关|局|政府|办公室")))
_MEMBERS = re.compile(r"(?:共)?(\d{1,6})(?:\.0+)?[人名]?(?:\((?:其中|含)?[::]?(?:预备)?(?:党员)?(\d{1,5})[人名]?(?:预备党员|预备)?\))?")


@dataclass(slots=True)
class _Entry:
    """One data row between the passes. name: without numbering, later the full name; parent: as written."""

    draft: Draft
    sheet: str | None
    row: int
    name: str = ""
    parent: str | None = None
    children: list[_Entry] = field(default_factory=list)


class Organisations:
    """Reads the sheets of one file; names met in one sheet count in the next."""

    def __init__(self, index: OrgIndex, today: date, resolutions: Mapping[tuple[str | None, int], Mapping[str, Any]]) -> None:
        self._index, self._today, self._resolutions = index, today, resolutions
        self._met: dict[str, _Entry] = {}

    def read(self, sheet: Sheet, found: list[DataRow | OtherRow], closing: date | None) -> list[Row]:
        """Read one sheet. closing: the date printed on the form, by which terms are judged; without it today."""
        entries: list[_Entry] = []
        rows: dict[int, Row] = {}
        for row in found:
            if isinstance(row, OtherRow):
                rows[row.number] = Row(sheet.name, row.number, Result.SKIP, code=row.code)
                continue
            draft = Draft(sheet.name, row, LABELS, self._resolutions.get((sheet.name, row.number), {}), sheet.typed)
            entry = _Entry(draft, sheet.name, row.number)
            self._first(entry, closing or self._today)
            entries.append(entry)
        self._parents(entries)
        self._duplicates(entries)
        self._second(entries)
        for entry in entries:
            draft = entry.draft
            draft.values = {name: draft.values.get(name) for name in LABELS}
            rows[entry.row] = draft.finish()
        return [rows[number] for number in sorted(rows)]

    def gained(self, rows: list[Row]) -> list[KnownOrg]:
        """Return the organisations of accepted rows, for later files."""
        return [
            KnownOrg(r.values["name"], "", r.values["parent"] or "", TYPE_CODES.get(r.values["type"], ""), _is_village(r.values["name"], r.values["units"]))
            for r in rows
            if r.values is not None and r.result in (Result.OK, Result.CONFIRM)
        ]

    def _first(self, entry: _Entry, closing: date) -> None:
        draft, values = entry.draft, entry.draft.values
        entry.name = self._plain_name(draft)
        values["units"] = _list(draft.text("units"))
        values["type"] = self._type(draft, entry.name)
        entry.parent = draft.pick("parent") or draft.text("parent")
        secretary = draft.text("secretary")
        vacant = secretary is None or re.sub(r"[\s()]", "", secretary) in _VACANT
        values["secretary"] = None if vacant else re.sub(r"(?<=[^\x00-\x7f])\s+", "", secretary or "")
        values["phone"] = draft.phone()
        self._members(draft)
        values["founded"] = draft.date("founded", self._today)
        values["term_start"] = draft.date("term_start", self._today)
        values["term_years"] = self._years(draft)
        values["term_end"] = self._term_end(draft)
        values["unit_situation"] = draft.text("unit_situation")
        values["remark"] = draft.text("remark")
        if vacant:
            draft.note("SECRETARY_VACANT", "secretary", "书记空缺，导入后列入待办")
        if values["term_start"] and values["term_end"] and dates.is_before(values["term_end"], values["term_start"]):
            draft.confirm("DATE_ORDER", "term_end", "届满时间早于本届起始时间，是不是填反了")
        elif values["term_end"] and dates.last_day(values["term_end"]) < closing:
            draft.note("TERM_OVERDUE", "term_end", f"届满时间 {values['term_end']} 已过，导入后会提示换届")

    def _plain_name(self, draft: Draft) -> str:
        text = squeeze(draft.text("name") or "").strip("'\"")
        if found := _NUMBERING.match(text):
            rest = text[found.end() :]
            if take_apart(rest)[0] and take_apart(rest)[1]:
                draft.note("NAME_NUMBERED", "name", f"名称前的“{found[0].strip()}”已去掉")
                text = rest
        if not text:
            draft.reject("NAME_EMPTY", "name", "没有党组织名称")
        return text[:100]

    def _type(self, draft: Draft, name: str) -> str | None:
        text = squeeze(draft.pick("type") or draft.text("type") or "")
        if text in _TYPES:
            return _TYPES[text]
        guess = _NAMES_OF_CODES.get(take_apart(name)[1])
        if not text and guess:
            draft.note("TYPE_GUESSED", "type", f"没填组织类别，按名称认作“{guess}”")
        else:
            shown = f"组织类别“{text[:20]}”" if text else "没填组织类别"
            question = f"{shown}，按名称认作“{guess}”，对吗" if guess else f"{shown}，请选一个"
            draft.confirm("TYPE_GUESSED", "type", question, choices=tuple(TYPE_CODES), suggest=guess)
        return guess

    def _members(self, draft: Draft) -> None:
        values = draft.values
        values["members"], values["probationary"] = None, None
        text = re.sub(r"\s+", "", draft.pick("members") or draft.text("members") or "")
        if text:
            if found := _MEMBERS.fullmatch(text):
                values["members"] = int(found[1])
                values["probationary"] = int(found[2]) if found[2] else None
            else:
                draft.note("CELL_ERROR", "members", f"党员人数“{text[:20]}”读不出，按空处理")
        own = draft.count("probationary")
        if own is not None:
            values["probationary"] = own
        if values["members"] is not None and (values["probationary"] or 0) > values["members"]:
            draft.note("CELL_ERROR", "probationary", f"预备党员 {values['probationary']} 人多于党员人数 {values['members']} 人，预备党员数按空处理，请核对")
            values["probationary"] = None

    def _years(self, draft: Draft) -> int | None:
        text = re.sub(r"\s+", "", draft.pick("term_years") or draft.text("term_years") or "")
        if not text:
            return None
        if found := re.fullmatch(r"([1-9])(?:\.0+)?年?|([一二两三四五六])年?", text):
            return int(found[1]) if found[1] else "一二三四五六".index(found[2].replace("两", "二")) + 1
        draft.note("CELL_ERROR", "term_years", f"任期“{text[:20]}”不是年数，按空处理")
        return None

    def _term_end(self, draft: Draft) -> str | None:
        """Read the end of the term, which may lie in the future, though not beyond ten years."""
        latest = date(self._today.year + 10, 12, 31)
        return draft.date("term_end", latest)

    def _parents(self, entries: list[_Entry]) -> None:
        """Resolve parents over what is known and what this file brings, then complete short names by them."""
        in_file = OrgIndex([KnownOrg(e.name, "", e.parent or "") for e in entries if e.name and not e.draft.rejected])
        for entry in entries:
            entry.draft.values["parent"] = self._parent(entry, in_file)
            entry.draft.values["name"] = self._full_name(entry)

    def _parent(self, entry: _Entry, in_file: OrgIndex) -> str | None:
        draft, text = entry.draft, entry.parent
        if text is None:
            if self._index:
                known = self._index.exact(entry.name)
                if known is not None:
                    return known.parent or None
                draft.reject("ORG_NOT_FOUND", "parent", "没有填上级党组织")
            return None
        if squeeze(text) == squeeze(entry.name):
            draft.reject("ORG_NOT_FOUND", "parent", "上级党组织写的是它自己，请改")
            return None
        if found := self._index.exact(text) or in_file.exact(text):
            return found.name
        candidates = {org.name for org in (self._index.short(text), in_file.short(text)) if org is not None}
        if len(candidates) == 1:
            matched = candidates.pop()
            if squeeze(matched) != squeeze(entry.name):
                draft.confirm("PARENT_MATCHED", "parent", f"“{text}”认作“{matched}”，对吗", suggest=matched)
                return matched
        draft.reject("ORG_NOT_FOUND", "parent", f"没有叫“{text[:40]}”的上级党组织，先建组织或改名称")
        return None

    def _full_name(self, entry: _Entry) -> str:
        draft, name, parent = entry.draft, entry.name, entry.draft.values["parent"]
        if (choice := draft.pick("name")) is not None:
            entry.name = squeeze(choice)
            return entry.name
        if (known := self._index.exact(name)) is not None:
            return known.name
        stem, kind = take_apart(name)
        full = ""
        if kind and is_generic(stem) and parent:
            above = take_apart(parent)[0]
            full = f"{above}{name}" if above and not name.startswith(above) else ""
        elif kind and parent and (short := self._index.short(name)) is not None and short.parent == parent:
            full = short.name
        if full:
            draft.confirm("NAME_SHORT", "name", f"“{name}”不是全称，按上级补为“{full}”，对吗", suggest=full)
            entry.name = full
        return entry.name

    def _duplicates(self, entries: list[_Entry]) -> None:
        for entry in entries:
            if entry.draft.rejected or SKIP in entry.draft.chosen.values():
                continue
            key = squeeze(entry.name)
            before = self._met.get(key)
            if before is None:
                self._met[key] = entry
            elif before.sheet == entry.sheet:
                entry.draft.reject("DUP_ORG", "name", f"与第 {before.row} 行是同一个党组织", other_row=before.row)
            else:
                message = f"与工作表“{before.sheet}”第 {before.row} 行是同一个党组织"
                entry.draft.reject("DUP_ORG", "name", message, other_row=before.row, other_sheet=before.sheet)

    def _second(self, entries: list[_Entry]) -> None:
        accepted = [e for e in entries if not e.draft.rejected]
        by_name = {squeeze(e.name): e for e in accepted}
        for entry in accepted:
            above = by_name.get(squeeze(entry.draft.values["parent"] or ""))
            if above is not None and above is not entry:
                above.children.append(entry)
        done: dict[int, int | None] = {}
        for entry in accepted:
            self._probationary(entry, done, set())
        for entry in accepted:
            self._size(entry.draft)
            self._term(entry.draft)

    def _probationary(self, entry: _Entry, done: dict[int, int | None], path: set[int]) -> int | None:
        key = id(entry)
        if key in done or key in path:
            return done.get(key)
        path.add(key)
        below = [n for n in (self._probationary(child, done, path) for child in entry.children) if n is not None]
        values = entry.draft.values
        if values["probationary"] is None and below:
            values["probationary"] = sum(below)
            entry.draft.note("PROB_FROM_CHILDREN", "probationary", f"本行没填预备党员数，按下级合计 {sum(below)} 人")
        done[key] = values["probationary"]
        return done[key]

    def _size(self, draft: Draft) -> None:
        members, probationary = draft.values["members"], draft.values["probationary"] or 0
        if draft.values["type"] != "党支部" or members is None or members - probationary >= SMALLEST_BRANCH:
            return
        among = f"（其中预备 {probationary} 名）" if probationary else ""
        message = f"只有 {members} 名党员{among}，不足 {SMALLEST_BRANCH} 名正式党员，一般应为联合党支部"
        draft.confirm("ORG_TOO_SMALL", "members", message)

    def _term(self, draft: Draft) -> None:
        values = draft.values
        years, kind = values["term_years"], values["type"]
        if years is None or kind not in ("党支部", "联合党支部", "党总支", "党委"):
            return
        if kind == "党委" or _is_village(values["name"], values["units"]) or self._village_known(values["name"]):
            if years != 5:
                what = "基层党委" if kind == "党委" else f"村和社区{kind}"
                draft.confirm("TERM_RULE", "term_years", f"{what}任期一般 5 年，这里填 {years} 年，请核对")
            return
        if years != 3:
            text = values["name"] + "".join(values["units"])
            what = next((word for word, pattern in _WORKPLACES if pattern.search(text)), "这类")
            draft.confirm("TERM_RULE", "term_years", f"{what}{kind}任期一般 3 年，这里填 {years} 年，请核对（村和社区为 5 年）")

    def _village_known(self, name: str) -> bool:
        known = self._index.exact(name)
        return known is not None and known.is_village


def _is_village(name: str, units: list[str] | None) -> bool:
    return bool(_VILLAGE.search(take_apart(name)[0])) or any(_VILLAGE_UNIT.search(unit) for unit in units or ())


def _list(text: str | None) -> list[str]:
    return [part.strip() for part in re.split(r"[、,;/\n]", text or "") if part.strip()]
