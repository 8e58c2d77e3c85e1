"""党员花名册: one row, one member. National form of 16 items, ux.md: nothing is guessed, what was lost by Excel is refused with the cure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from zhibu.areas.roster.rules import JOIN_AGE
from zhibu.exchange.intake import columns, dates, id_cell
from zhibu.exchange.intake.draft import DITTO, Draft
from zhibu.exchange.intake.findings import KnownMember, Level, Question, Result, Row, TableKind
from zhibu.exchange.intake.grid import Cell, Kind, Sheet
from zhibu.exchange.intake.header import Header
from zhibu.exchange.intake.matching import OrgIndex, squeeze
from zhibu.exchange.intake.rows import DataRow, OtherRow
from zhibu.kernel import identity
from zhibu.kernel.names import clean_name

LABELS = columns.LABELS[TableKind.ROSTER]
FULL, PROBATIONARY = "正式党员", "预备党员"
_TYPES = {
    **dict.fromkeys(("正式党员", "正式", "正", "中共正式党员", "正式中共党员"), FULL),
    **dict.fromkeys(("预备党员", "预备", "预", "中共预备党员", "预备中共党员"), PROBATIONARY),
}
_MEMBER = frozenset({"中共党员", "党员", "中国共产党党员", "中国共产党", "共产党员"})
_EDUCATION = {
    **dict.fromkeys(("本科", "大学", "大学本科", "全日制本科", "大本"), "大学本科"),
    **dict.fromkeys(("大专", "专科", "大学专科", "大学普通班", "高职"), "大专"),
    **dict.fromkeys(("中专", "中技", "职高", "技校", "中等专科"), "中专"),
    **dict.fromkeys(("硕士", "硕士研究生"), "硕士研究生"),
    **dict.fromkeys(("博士", "博士研究生"), "博士研究生"),
}
_POST_WORDS = re.compile(r"书记|委员|组长|干事")
_ENDED = (
    (re.compile("去世|病故|已故|死亡|逝世|过世|亡故"), "deceased", "去世党员"),
    (re.compile("开除"), "expelled", "被开除党籍"),
    (re.compile("劝退"), "advised_out", "被劝退"),
    (re.compile("除名"), "removed", "被除名"),
    (re.compile("退党"), "withdrew", "已退党"),
    (re.compile("转出|转走|已转(?!正|入)"), "transferred", "已转出党员"),
)


class OrgAsker:
    """Resolves the branches of one sheet; what is not certain is asked once for the sheet, not row by row."""

    def __init__(self, index: OrgIndex, answers: Mapping[str, str]) -> None:
        self._index, self._answers = index, answers
        self._questions: dict[str, Question] = {}
        self.sure: str | None = None

    def resolve(self, text: str, rows: int = 1) -> str | None:
        """Return the full name, or the text itself while the clerk has not answered; None when nothing is written."""
        answer = self._answers.get(text)
        if answer and (chosen := self._index.exact(answer)):
            return chosen.name
        if text and (found := self._index.exact(text)):
            return found.name
        short = self._index.short(text) if text else None
        if short and short.name == self.sure:
            return short.name
        self._ask(text, short.name if short else None, rows)
        return short.name if short else text or None

    def is_known(self, name: str) -> bool:
        """Tell whether an organisation of this name exists."""
        return self._index.exact(name) is not None

    @property
    def questions(self) -> tuple[Question, ...]:
        """Return the questions of the sheet."""
        return tuple(self._questions.values())

    def _ask(self, text: str, suggest: str | None, rows: int) -> None:
        if before := self._questions.get(text):
            rows += before.rows
        if suggest:
            question = Question(text, "ORG_MATCHED", f"“{text}”认作“{suggest}”，对吗", suggest, rows)
        elif text:
            question = Question(text, "ORG_NOT_FOUND", f"没有叫“{text[:40]}”的党组织，请选一个已有的，或先建这个党组织", None, rows)
        else:
            question = Question(text, "ORG_NOT_FOUND", "表里没有写是哪个党支部，请选一个", None, rows)
        self._questions[text] = question


class Members:
    """Who has been met: in this file by sheet and row, in earlier files and in the system by branch."""

    def __init__(self, installed: Callable[[str], KnownMember | None], earlier: Mapping[str, KnownMember]) -> None:
        self._installed, self._earlier = installed, earlier
        self.here: dict[str, tuple[str | None, int, str]] = {}
        self.gained: dict[str, KnownMember] = {}

    def known(self, id_no: str) -> KnownMember | None:
        """Return who this is by the system, or by an earlier file of the call."""
        return self._installed(id_no) or self._earlier.get(id_no)


def read(
    sheet: Sheet,
    header: Header,
    found: list[DataRow | OtherRow],
    *,
    asker: OrgAsker,
    org: str | None,
    members: Members,
    today: date,
    resolutions: Mapping[tuple[str | None, int], Mapping[str, Any]],
) -> list[Row]:
    """Read the rows of one roster sheet. org: full name of the branch that the title names, used where no column says it."""
    rows: list[Row] = []
    above: dict[str, Cell] = {}
    org_text = ""
    for entry in found:
        if isinstance(entry, OtherRow):
            rows.append(Row(sheet.name, entry.number, Result.SKIP, code=entry.code))
            if entry.code == "SUBTOTAL":
                above.pop("group", None)
            continue
        entry = _fill_down(entry, above)
        above = dict(entry.cells)
        draft = Draft(sheet.name, entry, LABELS, resolutions.get((sheet.name, entry.number), {}), sheet.typed)
        if "org" in header.fields.values():
            org_text = draft.text("org") or org_text
            draft.values["org"] = asker.resolve(org_text) if org_text else org
        else:
            draft.values["org"] = org
        _member(draft, today)
        _meet(draft, members)
        row = draft.finish()
        rows.append(row)
        _remember(row, draft, members)
    return rows


def _fill_down(row: DataRow, above: Mapping[str, Cell]) -> DataRow:
    """Fill 同上 and an empty 党小组 or 支部 from the row above. A name, a number or a phone is never the same as above."""
    cells = dict(row.cells)
    for field in LABELS:
        cell = cells.get(field)
        ditto = cell is not None and cell.text.strip() in DITTO
        if ditto and field in ("name", "id_no", "phone"):
            cells.pop(field)
        elif (ditto or (cell is None and field in ("group", "org"))) and field in above:
            cells[field] = above[field]
        elif ditto:
            cells.pop(field)
    return DataRow(row.number, cells, row.own)


def _member(draft: Draft, today: date) -> None:
    values = draft.values
    values["group"] = draft.text("group")
    _name(draft)
    values["gender"] = _gender(draft)
    values["ethnicity"] = ethnicity_of(draft.text("ethnicity"))
    checked = id_cell.read(draft, today)
    values["birth"] = draft.date("birth", today)
    values["education"] = education_of(draft.text("education"))
    values["join_date"] = draft.date("join_date", today)
    values["full_date"] = draft.date("full_date", today)
    _member_type(draft)
    values["post"] = draft.text("post") or values.pop("post_in_name", None)
    values.pop("post_in_name", None)
    values["phone"] = draft.phone()
    _remark(draft)
    if checked is not None:
        _compare(draft, checked)
    _order(draft)
    _young(draft, checked)
    draft.values = {field: values[field] for field in (*LABELS, "ended_as", "ended_on") if field in values}


def _name(draft: Draft) -> None:
    values = draft.values
    name = clean_name(draft.pick("name") or draft.text("name") or "").strip("'\"")
    if found := re.fullmatch(r"(.+?)\(([^()]{1,12})\)", name):
        name, inside = found[1], found[2]
        if _POST_WORDS.search(inside):
            values["post_in_name"] = inside
            draft.note("NAME_SUFFIX", "name", f"姓名里的“（{inside}）”已移到党内职务")
        elif inside in ("男", "女"):
            values["gender_in_name"] = inside
            draft.note("NAME_SUFFIX", "name", f"姓名里的“（{inside}）”已移到性别")
        elif inside in _TYPES:
            values["type_in_name"] = _TYPES[inside]
            draft.note("NAME_SUFFIX", "name", f"姓名里的“（{inside}）”已移到党员类别")
        else:
            values["remark_in_name"] = inside
            draft.note("NAME_SUFFIX", "name", f"姓名里的“（{inside}）”已移到备注")
    if not name:
        draft.reject("NAME_EMPTY", "name", "没有姓名")
    values["name"] = name[:100]


def _gender(draft: Draft) -> str | None:
    text = draft.pick("gender") or draft.text("gender") or draft.values.get("gender_in_name") or ""
    draft.values.pop("gender_in_name", None)
    return next((g for g in ("男", "女") if text.startswith(g)), None)


def ethnicity_of(text: str | None) -> str | None:
    """Give the word that the register uses: 汉 is 汉族."""
    if text is None:
        return None
    text = re.sub(r"\s+", "", text)
    return text if text.endswith("族") or len(text) > 6 or "国" in text else text + "族"


def education_of(text: str | None) -> str | None:
    """Give the word that the register uses for a level of education."""
    if text is None:
        return None
    bare = re.sub(r"\([^()]*\)|\s+|毕业$|学历$|文化$", "", text)
    return _EDUCATION.get(bare, bare or None)


def _member_type(draft: Draft) -> None:
    values = draft.values
    in_name = values.pop("type_in_name", None)
    text = re.sub(r"\s+", "", draft.pick("member_type") or draft.text("member_type") or in_name or "")
    if text in _TYPES:
        values["member_type"] = _TYPES[text]
        return
    values["member_type"] = None
    shown = f"“{text[:20]}”" if text else "没填党员类别，"
    if not text or text in _MEMBER:
        if values["full_date"]:
            values["member_type"] = FULL
            draft.note("TYPE_GUESSED", "member_type", f"{shown}按有转正时间认作“{FULL}”")
        else:
            draft.confirm("TYPE_GUESSED", "member_type", f"{shown}没有转正时间，看不出是正式还是预备，请选一个", choices=(FULL, PROBATIONARY))
    elif "党员" in text or "正式" in text or "预备" in text:
        guess = PROBATIONARY if "预备" in text else FULL
        values["member_type"] = guess
        draft.confirm("TYPE_GUESSED", "member_type", f"党员类别“{text[:20]}”认作“{guess}”，对吗", choices=(FULL, PROBATIONARY), suggest=guess)
    else:
        draft.confirm("STATUS_HINT", "member_type", f"党员类别写“{text[:20]}”，不是党员的请选不导入，是党员的请选类别", choices=(FULL, PROBATIONARY))


def _remark(draft: Draft) -> None:
    remark, inside = draft.text("remark"), draft.values.pop("remark_in_name", None)
    if inside:
        remark = f"{remark}；{inside}" if remark else inside
    draft.values["remark"] = remark
    if not remark:
        return
    for pattern, code, words in _ENDED:
        if pattern.search(remark):
            draft.confirm("STATUS_HINT", "remark", f"备注写“{remark[:40]}”，请选：不导入，或按{words}导入")
            if "remark" in draft.chosen:
                draft.values["ended_as"] = code
                when = re.search(r"\d{4}[年./-]\d{1,2}(?:[月./-]\d{1,2}日?|月)?|\d{4}年", remark)
                draft.values["ended_on"] = dates.read_date(Cell(Kind.TEXT, when[0])).value if when else None
            return


def _compare(draft: Draft, checked: identity.IdCheck) -> None:
    values = draft.values
    if checked.gender and values["gender"] is None:
        values["gender"] = checked.gender
    elif checked.gender and values["gender"] != checked.gender:
        filled = values["gender"]
        draft.confirm("GENDER_MISMATCH", "gender", f"性别填“{filled}”，但身份证号表明是{checked.gender}，请核对是性别错还是号码错")
    birth = values["birth"]
    if birth and checked.birth:
        by_number = checked.birth.isoformat()[: len(birth)]
        if by_number != birth:
            draft.note("BIRTH_DIFFERS", "birth", f"出生年月（{birth}）与身份证号（{by_number}）不一致。以档案为准可保留")


def _order(draft: Draft) -> None:
    join, full, birth = draft.values["join_date"], draft.values["full_date"], draft.values["birth"]
    if join and full and dates.is_before(full, join):
        draft.confirm("DATE_ORDER", "full_date", "转正时间早于入党时间，是不是填反了")
    if join and birth and dates.is_before(join, birth):
        draft.confirm("DATE_ORDER", "join_date", "入党时间早于出生年月，请核对")


def _young(draft: Draft, checked: identity.IdCheck | None) -> None:
    """Note an admission before the age that the Constitution asks for; it may have been so, or a date is wrong."""
    join, birth = draft.values["join_date"], draft.values["birth"] or (checked.birth.isoformat() if checked and checked.birth else "")
    if join and birth and not dates.is_before(join, birth) and dates.is_before(join, f"{int(birth[:4]) + JOIN_AGE}{birth[4:]}"):
        draft.note("JOIN_YOUNG", "join_date", f"入党时（{join}）不满 {JOIN_AGE} 岁（出生 {birth}），请核对")


def _meet(draft: Draft, members: Members) -> None:
    """Refuse a person met before in this file, or in another branch; the name of a branch out of scope is not told."""
    key = _key(draft)
    if not key:
        return
    if met := members.here.get(key):
        sheet, row, name = met
        if sheet == draft.sheet:
            draft.reject("DUP_IN_SHEET", "id_no", f"身份证号与第 {row} 行“{name}”相同", other_row=row)
        else:
            message = f"与工作表“{sheet}”第 {row} 行“{name}”是同一人，一名党员只能在一个支部"
            draft.reject("DUP_OTHER_SHEET", "id_no", message, other_row=row, other_sheet=sheet)
        return
    known = members.known(key)
    if known is None:
        return
    if squeeze(known.org) != squeeze(draft.values["org"] or ""):
        if known.in_scope:
            message = f"“{known.name}”已在“{known.org}”的花名册里，一名党员只能在一个支部。调动请办组织关系转接"
        else:
            message = "这个身份证号的党员已在别的党组织，一名党员只能在一个支部。请核对号码，或先办组织关系转接"
        draft.reject("DUP_OTHER_SHEET", "id_no", message)
    elif known.in_scope and clean_name(known.name) != draft.values["name"]:
        message = f"花名册里这个身份证号是“{known.name}”，这里是“{draft.values['name']}”"
        draft.confirm("NAME_DIFFERS", "name", message, suggest=known.name)


def _key(draft: Draft) -> str:
    if draft.values.get("id_no"):
        return str(draft.values["id_no"])
    return next((i.suggest for i in draft.issues if i.code == "ID_15" and i.level is Level.CONFIRM and isinstance(i.suggest, str)), "")


def _remember(row: Row, draft: Draft, members: Members) -> None:
    key = _key(draft)
    if not key or row.result in (Result.REJECT, Result.SKIP) or row.values is None:
        return
    members.here[key] = (row.sheet, row.row, str(row.values["name"]))
    members.gained[key] = KnownMember(str(row.values["name"]), str(row.values["org"] or ""), True)
