"""The names clerks give to columns. A heading is compared in NFKC without blanks, with and without what stands in brackets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from zhibu.exchange.intake.findings import Column, TableKind

SEQUENCE = "seq"
LONGEST_HEADING = 30
# Headings of columns that are worked out from others, or that we wrote ourselves: never imported.
REASON_HEADING = "退回原因"
DERIVED = frozenset({"到会率", "参会率", "出勤率", "到会比例", "年龄", "党龄", REASON_HEADING})

_PHONES = "联系电话 手机号码 手机号 手机 电话 电话号码 联系方式 联系手机 移动电话 联系号码"
_SEQUENCES = "序号 编号 序 NO No. 顺序号"
_REMARKS = "备注 备考 说明"

_NAMES: dict[TableKind, dict[str, str]] = {
    TableKind.ROSTER: {
        SEQUENCE: _SEQUENCES,
        "org": "所在党支部 所属党支部 党支部 支部 支部名称 党支部名称 所在支部 所属支部 党组织 党组织名称 所在党组织 所属党组织 党组织全称 "
        "组织关系所在党支部 组织关系所在党组织",
        "group": "党小组 所在党小组 所属党小组 党小组名称 小组",
        "name": "姓名 党员姓名 名字 姓名全称",
        "gender": "性别",
        "ethnicity": "民族",
        "id_no": "身份证号码 身份证号 身份证 公民身份号码 公民身份证号码 公民身份证号 居民身份证号码 居民身份证号 居民身份证 证件号码 证件号 身份号码",
        "birth": "出生年月 出生日期 出生时间 出生年月日 生日",
        "education": "文化程度 学历 最高学历 文化 学历层次 受教育程度",
        "join_date": "入党时间 入党日期 入党年月 加入党组织日期 加入党组织时间 加入中共组织日期 加入中国共产党时间 加入中国共产党日期 何时入党",
        "full_date": "转正时间 转正日期 转正年月 转为正式党员日期 转为正式党员时间 转为正式党员",
        "member_type": "党员类别 人员类别 党员类型 党籍状态 预/正 正/预 正式/预备 党员身份 政治面貌",
        "post": "党内职务 现任党内职务 党内任职 支部职务 党组织职务 支委职务 担任党内职务 职务",
        "phone": _PHONES,
        "remark": _REMARKS,
    },
    TableKind.ORGANISATIONS: {
        SEQUENCE: _SEQUENCES,
        "name": "党组织全称 党组织名称 党组织 组织名称 组织全称 名称 党支部名称 支部名称 基层党组织名称",
        "type": "组织类别 党组织类别 类别 组织类型 党组织类型 类型",
        "parent": "上级党组织 上级党组织名称 上级党组织全称 上级组织 隶属党组织 所属上级党组织 上级党委",
        "secretary": "书记 党组织书记 书记姓名 支部书记 党组织书记姓名 党支部书记",
        "phone": _PHONES + " 书记电话 书记联系电话 书记手机",
        "members": "党员人数 党员数 党员总数 人数 党员总人数",
        "probationary": "预备党员 预备党员人数 预备党员数 其中预备党员 其中预备",
        "founded": "组建时间 组建日期 成立时间 成立日期 建立时间 批准成立时间 组建年月",
        "term_start": "本届起始时间 本届起始日期 本届选举时间 本届开始时间 换届时间 上次换届时间 任期起始时间 本届换届时间",
        "term_years": "任期 任期年限 任期年数 届期",
        "term_end": "届满时间 届满日期 任期届满时间 任期届满日期 到届时间 任期截止时间",
        "unit_situation": "党组织所在单位情况 所在单位情况 单位情况",
        "units": "单位名称 所在单位 所在单位名称 党组织所在单位名称",
        "remark": _REMARKS,
    },
    TableKind.LEDGER: {
        SEQUENCE: _SEQUENCES,
        "org": "组织 党组织 党组织名称 组织名称 党组织全称 党支部 支部 支部名称 党支部名称 所在党支部 召开单位 单位",
        "date": "日期 时间 会议日期 会议时间 召开日期 召开时间 活动日期 活动时间 开展时间 开展日期",
        "kind": "会议类型 会议类别 类型 类别 活动类型 活动类别 组织生活类型 组织生活形式 会议形式 形式",
        "subject": "主题 会议主题 议题 会议议题 活动主题 主题议题 内容 主要内容 会议内容 活动内容 主题内容",
        "chair": "主持人 主持 会议主持人 主持人姓名",
        "expected": "应到 应到人数 应到会人数 应参加人数 应参会人数 应到数 应参加",
        "present": "实到 实到人数 实到会人数 到会人数 实际参加人数 实参加人数 参会人数 参加人数 实到数 实参加",
        "records": "记录材料 材料 档案材料 佐证材料 台账材料 台帐材料 资料 材料清单 资料清单",
        "remark": _REMARKS,
    },
    TableKind.DUES: {
        SEQUENCE: _SEQUENCES,
        "name": "姓名 党员姓名",
        "id_no": "身份证号码 身份证号 身份证 公民身份号码 公民身份证号",
        "category": "党员类别 人员类别 人员类型",
        "base": "核定基数 党费基数 党费核定基数 交纳基数 缴纳基数 月工资收入 计算基数 党费计算基数 税后合计 税后收入 月收入",
        "rate": "交纳比例 缴纳比例 缴费比例 党费比例 执行标准 比例",
        "monthly": "月应交 月应缴 每月应交 每月应缴 月应交党费 月应缴党费 月缴党费 月交党费 月交纳党费 应交党费 每月应交党费",
        "paid_to": "已交至 已缴至 缴至 交至 党费交至 历史党费缴至",
        "part_post": "岗位工资", "part_grade": "薪级工资", "part_performance": "基础性绩效 基础绩效 绩效工资", "part_pension": "养老 养老保险", "part_annuity": "职业年金",
        "part_housing": "公积金 住房公积金", "part_medical": "医保 医疗保险", "part_tax": "所得税 个人所得税",
        "remark": _REMARKS,
    },
}

# What else stands in such tables; known as a heading, not imported.
_OTHER = frozenset(
    "籍贯 工作单位及职务 工作岗位 工作单位 家庭住址 现居住地 户籍所在地 户籍所在派出所 原服役部队 入党介绍人 入党介绍人1 入党介绍人2 参加工作日期 参加工作时间 "
    "申请入党日期 积极分子日期 QQ 微信 是否流动 是否失联 地点 会议地点 活动地点 记录人 缺席 缺席人员 缺席原因 缺席人数 列席 列席人员 请假人员 请假 参加人员 "
    "统一社会信用代码 内部编号 职称 电子邮箱 "
    "全年应交 全年应缴 全年实交 全年实缴".split()
)

LABELS: dict[TableKind, dict[str, str]] = {
    TableKind.ROSTER: {
        "org": "党支部", "group": "党小组", "name": "姓名", "gender": "性别", "ethnicity": "民族", "id_no": "身份证号", "birth": "出生年月",
        "education": "文化程度", "join_date": "入党时间", "full_date": "转正时间", "member_type": "党员类别", "post": "党内职务",
        "phone": "联系电话", "remark": "备注",
    },
    TableKind.ORGANISATIONS: {
        "name": "党组织全称", "type": "组织类别", "parent": "上级党组织", "secretary": "书记", "phone": "联系电话", "members": "党员人数",
        "probationary": "预备党员人数", "founded": "组建时间", "term_start": "本届起始时间", "term_years": "任期（年）", "term_end": "届满时间",
        "unit_situation": "所在单位情况", "units": "单位名称", "remark": "备注",
    },
    TableKind.LEDGER: {
        "org": "党组织", "date": "日期", "kind": "会议类型", "subject": "主题", "chair": "主持人", "expected": "应到", "present": "实到",
        "records": "记录材料",
    },
    TableKind.DUES: {
        "name": "姓名", "id_no": "身份证号", "category": "党员类别", "base": "核定基数", "rate": "交纳比例", "monthly": "每月应交", "paid_to": "已交至",
        "part_post": "岗位工资", "part_grade": "薪级工资", "part_performance": "基础性绩效", "part_pension": "养老", "part_annuity": "职业年金", "part_housing": "公积金",
        "part_medical": "医保", "part_tax": "所得税", "remark": "备注",
    },
}  # fmt: skip

# A table is of a kind only if these columns are there: all of the first set and one of the second.
SIGNATURES: dict[TableKind, tuple[frozenset[str], frozenset[str]]] = {
    TableKind.ROSTER: (frozenset({"name"}), frozenset({"id_no", "join_date", "full_date", "member_type", "gender", "birth"})),
    TableKind.ORGANISATIONS: (frozenset({"name"}), frozenset({"type", "parent"})),
    TableKind.LEDGER: (frozenset({"date"}), frozenset({"kind", "subject"})),
    TableKind.DUES: (frozenset({"name"}), frozenset({"base", "rate", "monthly", "paid_to"})),
}


def squeeze(text: str) -> str:
    """Return a heading for comparison: NFKC, without blanks, line breaks, stars and end colons."""
    return re.sub(r"[\s*＊\u200b\ufeff]+", "", unicodedata.normalize("NFKC", text)).rstrip(":")


@lru_cache(maxsize=4_096)
def forms(heading: str) -> tuple[str, ...]:
    """Return the forms under which a heading is looked up: whole, then without what stands in brackets."""
    whole = squeeze(heading)
    bare = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|【[^】]*】", "", whole)
    return (whole,) if bare == whole or not bare else (whole, bare)


@lru_cache(maxsize=8)
def _table(kind: TableKind) -> dict[str, str]:
    return {squeeze(name): found for found, names in _NAMES[kind].items() for name in names.split()}


def lookup(kind: TableKind, heading: str, learnt: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return the field that a heading names in this kind of table, None when it is not known. What clerks taught wins."""
    taught = learnt.get(kind, {})
    for form in forms(heading):
        if form in taught:
            return taught[form] or None
    return next((_table(kind)[form] for form in forms(heading) if form in _table(kind)), None)


def is_known_name(kind: TableKind, heading: str, learnt: Mapping[str, Mapping[str, str]]) -> bool:
    """Tell whether a text is a column name of this kind of table, imported or not."""
    return 0 < len(heading) <= LONGEST_HEADING and (lookup(kind, heading, learnt) is not None or any(f in _OTHER or f in DERIVED for f in forms(heading)))


def is_derived(heading: str) -> bool:
    """Tell whether a column is worked out from others."""
    return any(form in DERIVED for form in forms(heading))


def fields(kind: TableKind) -> tuple[str, ...]:
    """Return the fields of a kind of table, in the order of the form."""
    return tuple(LABELS[kind])


def learn(kind: str, columns: Iterable[Column], chosen: Mapping[str, str | None]) -> dict[str, str]:
    """Return what to remember of a clerk's correction: heading → field, "" for "do not import"."""
    headings = {column.letter: column.heading for column in columns}
    return {squeeze(headings[letter]): to or "" for letter, to in chosen.items() if headings.get(letter)}
