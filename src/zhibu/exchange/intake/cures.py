"""Findings grouped by what cures them, not by row: the clerk mends one kind of fault in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zhibu.exchange.intake.findings import FileRead, Level, Result, Row, TableKind
from zhibu.exchange.intake.plan import Fate, Plan

# code → what is wrong, what to do
REJECTS: Mapping[str, tuple[str, str]] = {
    "ID_EMPTY": ("没有身份证号", "补上身份证号再导入。没有号码的人先到花名册里单个添加。"),
    "ID_PRECISION": ("身份证号末几位已丢失", "Excel 把号码当成了数字。先把这一列设为“文本”，再照证件重填。"),
    "ID_SCIENTIFIC": ("身份证号变成了科学计数", "先把这一列设为“文本”，再照证件重填。"),
    "ID_FORMAT": ("身份证号位数或日期不对", "照证件核对，应为 18 位。"),
    "ID_CHECKSUM": ("身份证号有一位写错了", "最后一位对不上，照证件逐位核对。"),
    "DUP_IN_SHEET": ("同一个人写了两次", "留一行，删掉另一行；是两个人的，核对身份证号。"),
    "DUP_OTHER_SHEET": ("一个人在两个支部", "一名党员只能在一个支部。核对是哪个支部，另一处删掉；调动请办组织关系转接。"),
    "NAME_EMPTY": ("没有姓名或名称", "补上再导入。"),
    "DATE_INVALID": ("日期不对或不全", "照原始材料改。写成 2025-03-20；只知道年月的写 2025-03，会议要写到日。"),
    "DATE_OUT_OF_RANGE": ("日期在将来或太早", "多半是年份写错了，照档案改。"),
    "HELD_IN_FUTURE": ("会议日期在将来", "台账只登记已经开过的会。日期写错的改正，还没开的删掉。"),
    "KIND_UNKNOWN": ("会议类型认不出来", "改成党员大会、支委会、党小组会、党课、主题党日、组织生活会、民主评议或民主生活会；两种活动分成两行。"),
    "PRESENT_OVER_EXPECTED": ("实到人数多于应到", "核对两个数，改正后再导入。列席的人不算在实到里。"),
    "ORG_NOT_FOUND": ("找不到党组织", "先建这个党组织，或把名称改成系统里的全称。"),
    "DUP_MEETING": ("同一次会议写了两次", "留一行，删掉另一行。"),
    "SUBJECT_EMPTY": ("没有主题", "补上会议主题再导入。"),
    "DUP_ORG": ("同一个党组织写了两次", "留一行，删掉另一行。"),
    "BASE_NEGATIVE": ("核定基数是负数", "照工资单或退休金单改正。"),
    "BASE_EMPTY": ("没有核定基数", "在职、离退休和不按月取得收入的党员要写核定基数。"),
    "AMOUNT_INVALID": ("金额或比例认不出来", "写成 4850.00 和 1% 这样，最多两位小数。"),
    "FEE_RATE": ("每月应交不在规定的范围", "照规定的标准改正。"),
    "FEE_EXEMPT": ("减免不能从表里导入", "有支部和上级批准文件的，到党费里登记减免。"),
}
NOTES: Mapping[str, tuple[str, str]] = {
    "TYPE_GUESSED": ("按转正时间认了党员类别", "不对的话，导入后到花名册里改。"),
    "BIRTH_DIFFERS": ("出生年月和身份证号不一致", "按表里的导入。以档案为准。"),
    "DATE_SERIAL": ("日期是 Excel 的序号", "已换成日期，请看一眼对不对。"),
    "YEAR_ASSUMED": ("日期没有写年份", "按表名的年份读，请看一眼对不对。"),
    "PHONE_LANDLINE": ("电话是座机", "收不到短信提醒，有手机的补上。"),
    "CELL_ERROR": ("有的格子读不出", "按空处理，导入后请补上。"),
    "NAME_SUFFIX": ("姓名后面的括号", "已移到它该在的列。"),
    "NAME_NUMBERED": ("名称前面的序号", "已去掉。"),
    "PROB_FROM_CHILDREN": ("预备党员数按下级合计", "请看一眼对不对。"),
    "SECRETARY_VACANT": ("书记空缺", "导入后会列进待办。"),
    "TERM_OVERDUE": ("班子届满日期已过", "导入后会提示换届。"),
    "DUP_MEETING": ("系统里已有这次会议", "不会再记一次，不用改。"),
    "FEE_ROUNDED": ("每月应交和算出来的差几分钱", "是表里取整的，不用改。"),
}
SKIPS: Mapping[str, str] = {
    "BLANK": "空行", "SUBTOTAL": "合计、小计", "REPEATED_HEADER": "重复的表头", "FOOTNOTE": "填表人、说明", "HIDDEN_ROW": "隐藏的行", "LEFT_OUT": "您选了不导入",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A row under a cure. name: whom or what it is about, as far as it could be read."""

    file: str
    sheet: str | None
    row: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Cure:
    """Rows with the same cure. level: reject, blocked, confirm, note or skip."""

    level: str
    code: str
    title: str
    cure: str
    rows: tuple[Place, ...]


def rejected(files: Iterable[FileRead]) -> tuple[Cure, ...]:
    """Group the rejected rows by their first reason, the most frequent cure first."""
    found: dict[str, list[Place]] = {}
    for file in files:
        for row in file.rows:
            if row.result is Result.REJECT:
                text = "；".join(i.message for i in row.issues)
                found.setdefault(row.issues[0].code, []).append(Place(file.name, row.sheet, row.row, "", text))
    return _cures("reject", found, REJECTS)


def waiting(files: Iterable[FileRead]) -> tuple[Cure, ...]:
    """List the rows that wait for the clerk, as one group."""
    places = [
        Place(file.name, row.sheet, row.row, name_of(row), "；".join(i.message for i in row.issues if i.level is Level.CONFIRM))
        for file in files for row in file.rows if row.result is Result.CONFIRM
    ]
    return (Cure("confirm", "", f"{len(places)} 行要您定", "在网页里导入时逐处选，选好的才导入。", tuple(places)),) if places else ()


def noted(files: Iterable[FileRead]) -> tuple[Cure, ...]:
    """Group the notes by code."""
    found: dict[str, list[Place]] = {}
    for file in files:
        for row in file.rows:
            for issue in row.issues if row.result in (Result.OK, Result.CONFIRM) else ():
                if issue.level is Level.NOTE:
                    found.setdefault(issue.code, []).append(Place(file.name, row.sheet, row.row, name_of(row), issue.message))
    return _cures("note", found, NOTES)


def skipped(files: Iterable[FileRead]) -> tuple[Cure, ...]:
    """Group the rows that are no data."""
    found: dict[str, list[Place]] = {}
    for file in files:
        for row in file.rows:
            if row.result is Result.SKIP:
                found.setdefault(row.code, []).append(Place(file.name, row.sheet, row.row, "", ""))
    return tuple(
        Cure("skip", code, f"{len(rows)} 行{SKIPS.get(code, '不是数据')}", "不导入，不用改。", tuple(rows))
        for code, rows in sorted(found.items(), key=lambda pair: list(SKIPS).index(pair[0]) if pair[0] in SKIPS else 99)
    )


def blocked(plan: Plan) -> tuple[Cure, ...]:
    """Group what the installed data do not let in, by its reason; and what stays as it is although the table differs."""
    held_back: dict[str, list[Place]] = {}
    for line in plan.lines:
        if line.fate is Fate.BLOCKED:
            held_back.setdefault(line.says[0], []).append(Place(line.file, line.sheet, line.row, line.what, ""))
    return tuple(
        Cure("blocked", "", f"{len(rows)} 行现在不能导入", reason if reason.endswith("。") else reason + "。", tuple(rows)) for reason, rows in held_back.items()
    )


def kept(plan: Plan) -> tuple[Cure, ...]:
    """List what stays as it is although the table says otherwise, and what an import could not settle."""
    places = [
        Place(x.file, x.sheet, x.row, x.what, note) for x in plan.lines if not (x.table == TableKind.LEDGER and x.fate is Fate.SAME) for note in x.notes
    ]
    return (Cure("note", "", f"{len(places)} 处和系统里不同或定不下来", "系统里已有的不会被盖掉。要改的到对应的页面改。", tuple(places)),) if places else ()


def name_of(row: Row) -> str:
    """Give whom or what a row is about."""
    values = row.values or {}
    return str(values.get("name") or values.get("subject") or "")


def _cures(level: str, found: Mapping[str, list[Place]], texts: Mapping[str, tuple[str, str]]) -> tuple[Cure, ...]:
    return tuple(
        Cure(level, code, f"{len(rows)} 行{texts.get(code, (rows[0].text, ''))[0]}", texts.get(code, ("", rows[0].text))[1], tuple(rows))
        for code, rows in sorted(found.items(), key=lambda pair: (-len(pair[1]), list(texts).index(pair[0]) if pair[0] in texts else 99))
    )
