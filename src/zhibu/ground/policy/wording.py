"""Rule values in one line of plain Chinese, and what differs from the national value. Faces print these lines as they are.

Source: rules.md §0 (以上 is inclusive, 超过 is strict), ux.md §5.5.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import cast

from zhibu.ground.policy.catalogue import KEYS, KIND_ZH
from zhibu.ground.policy.floor import laxer
from zhibu.ground.policy.library import Library
from zhibu.ground.policy.resolve import Laxer, Resolved, national_value
from zhibu.ground.policy.spec import Alternative, Band, Bracket, Key, LifeRule, Share, Type, Value
from zhibu.kernel.activities import RECORD_ZH
from zhibu.kernel.numbers import Op, Threshold

WINDOW_ZH = {"month": "每月", "quarter": "每季度", "half_year": "每半年", "year": "每年", "continuous": "经常"}
BASE_ZH = {
    "expected_voting": "应到会有表决权人数", "expected_electors": "应到会有选举权人数", "attended_electors": "实到会有选举权人数",
    "expected_life": "应到会人数", "committee_size": "委员总数", "members_all": "党员总数", "full_members": "正式党员数",
    "voters": "投票人数", "issued": "发出选票数",
}
WORD_ZH = {
    **WINDOW_ZH, **KIND_ZH, **{str(record): name for record, name in RECORD_ZH.items()},
    ">=": "“以上”，含本数", ">": "“超过”，不含本数", "Q1": "第一季度", "Q2": "第二季度", "Q3": "第三季度", "Q4": "第四季度",
    "0.01": "分", "0.1": "角", "1": "元", "secret": "无记名投票", "hands": "举手表决", "pooled": "全部规则合并计算", "mean": "各规则完成率的平均",
    "highest": "只取最高一项", "sum": "累加", "city": "全市", "county": "全县", "awarding_body": "授星机关管辖范围",
    "correct_in_time": "限期改正", "advise_withdraw": "劝其退党", "remove": "除名",
    "excellent": "优秀", "good": "良好", "basic": "基本合格", "unqualified": "不合格", "first": "一类", "second": "二类", "third": "三类",
    "central": "集中培训", "online": "网络培训", "self_study": "自学",
    "signboard": "标牌", "party_flag": "党旗", "av_equipment": "电教设备", "books": "学习资料", "rules": "规章制度", "documents": "文件",
    "furniture": "与人数相配的桌椅", "wall_rules": "制度上墙", "ledgers": "标准台账",
}
ORG_TYPE_ZH = {
    "party_committee": "党委", "general_branch": "党总支", "branch": "党支部", "joint_branch": "联合党支部", "temporary_branch": "临时党支部",
    "floating_branch": "流动党员党支部", "work_committee": "党工委", "comprehensive_committee": "综合党委",
}
RELATION_ZH = {"committee_pair": "委员之间", "committee_member": "委员与党员之间", "member_member": "党员之间"}


class Relation(StrEnum):
    """How a value stands to the national one."""

    SAME = "same"            # 与国家规定相同
    STRICTER = "stricter"    # 严于国家规定
    LAXER = "laxer"          # 低于现行国家规定
    DIFFERENT = "different"  # 不同，无严宽之分
    OPEN = "open"            # 国家未作规定


@dataclass(frozen=True, slots=True)
class Difference:
    """How a resolved value stands to the national value of the day, with the sentence that a page prints."""

    relation: Relation
    sentence: str


def sentence(key: str, value: Value) -> str:
    """Write a value of a key in one line: “每季度不少于 1 次”, “应到会有表决权人数的 1/2 以上”. KeyError for an unknown key."""
    return _WRITE[KEYS[key].type](KEYS[key], value)


def difference(library: Library, resolved: Resolved, on: date) -> Difference:
    """Compare a resolved value with the national value of the day; a national value is the same as itself."""
    found = national_value(library, resolved.key, on)
    if found is None:
        return Difference(Relation.OPEN, "国家未作规定")
    rule_set, item = found
    key = KEYS[resolved.key]
    relation = _relation(key, _bare(resolved.value), _bare(item.value))
    if relation is Relation.SAME:
        return Difference(relation, "与国家规定相同")
    start = {
        Relation.STRICTER: "严于国家规定", Relation.LAXER: "低于现行国家规定", Relation.DIFFERENT: "与国家规定不同",
    }[relation]
    return Difference(relation, f"{start}：{sentence(resolved.key, item.value)}（{item.clause}）")


def laxer_sentence(found: Laxer) -> str:
    """Write one line of the floor check: what this set says, what the nation says, and where."""
    local = "未列入，不再要求" if found.local is None else sentence(found.key, found.local)
    return f"{KEYS[found.key].title}：{local}；现行国家规定：{sentence(found.key, found.national)}（{found.clause}）"


def _relation(key: Key, local: Value, national: Value) -> Relation:
    if local == national:
        return Relation.SAME
    if laxer(key, local, national):
        return Relation.LAXER
    return Relation.STRICTER if laxer(key, national, local) else Relation.DIFFERENT


def _bare(value: Value) -> Value:
    """Leave out what a frequency comparison does not look at: the list of records."""
    return replace(value, records=None) if isinstance(value, LifeRule) else value


def _number(number: int | Decimal) -> str:
    return f"{number:f}" if isinstance(number, Decimal) else str(number)


def _part(fraction: Fraction, percent: bool) -> str:
    if percent or (fraction.denominator > 5 and 100 % fraction.denominator == 0):
        return f"{Decimal(fraction.numerator * 100) / Decimal(fraction.denominator):f}%"
    return str(fraction)


def _rate(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"


def _counted(key: Key, value: Value) -> str:
    if key.unit == "季度":
        return f"第 {value} 季度"
    gap = "" if key.unit == "%" else " "
    return f"{_number(cast(int, value))}{gap}{key.unit}".rstrip()


def _flag(key: Key, value: Value) -> str:
    return "是" if value else "否"


def _word(key: Key, value: Value) -> str:
    return WORD_ZH[cast(str, value)]


def _words(key: Key, value: Value) -> str:
    return "、".join(WORD_ZH[word] for word in cast("tuple[str, ...]", value)) or "无"


def _pairs(key: Key, value: Value) -> str:
    return "；".join(f"{WORD_ZH[one]}与{WORD_ZH[other]}" for one, other in cast("tuple[tuple[str, str], ...]", value)) or "无"


def _options(key: Key, value: Value) -> str:
    parts = [f"{number} {key.unit}" for number in cast("tuple[int, ...]", value)]
    if key.family != "term" or len(parts) == 1:
        return "、".join(parts)
    return f"{'、'.join(parts[:-1])}或 {parts[-1]}"


def _points(key: Key, value: Value) -> str:
    return "、".join(f"{_number(number)} {key.unit}" for number in cast("tuple[Decimal, ...]", value))


def _day(key: Key, value: Value) -> str:
    month, day = cast(str, value).split("-")
    return f"{int(month)}月{int(day)}日"


def _time(key: Key, value: Value) -> str:
    return cast(str, value)


def _threshold(key: Key, value: Value) -> str:
    bound = cast(Threshold, value)
    share = Fraction(bound.value)
    if share == 1 and bound.base:
        return {Op.GE: "不少于", Op.GT: "超过", Op.LE: "不超过", Op.LT: "少于"}[Op(bound.op)] + BASE_ZH[bound.base]
    of = f"{BASE_ZH[bound.base]}的 " if bound.base else ""
    part = _part(share, key.unit == "percent")
    if bound.op is Op.GE:
        return f"{of}{part} 以上"
    if bound.op is Op.LE:
        return f"{of}{part} 以下"
    return f"{'超过' if bound.op is Op.GT else '不足'}{of or ' '}{part}"


def _share(key: Key, value: Value) -> str:
    share = cast(Share, value)
    of = f"{BASE_ZH[share.base]}的 " if share.base else " "
    return f"{'' if share.hard else '一般'}{'不少于' if share.round == 'ceil' else '不超过'}{of}{_part(share.fraction, not share.base)}"


def _brackets(key: Key, value: Value) -> str:
    lines, below = [], ""
    for row in cast("tuple[Bracket, ...]", value):
        if row.up_to is None:
            lines.append(f"超过 {below} 元 {_rate(row.rate)}" if below else _rate(row.rate))
            continue
        limit = _number(row.up_to)
        lines.append(f"超过 {below} 元至 {limit} 元 {_rate(row.rate)}" if below else f"{limit} 元以下（含） {_rate(row.rate)}")
        below = limit
    return "；".join(lines)


def _bands(key: Key, value: Value) -> str:
    def level(band: Band) -> str:
        if isinstance(band.level, str):
            return WORD_ZH[band.level]
        return f"{band.level} 星" if band.level else "无星"

    rows = cast("tuple[Band, ...]", value)
    lines = [f"{_number(band.at_least)} 分以上 {level(band)}" for band in rows[:-1]]
    return "；".join([*lines, f"其余 {level(rows[-1])}"])


def _training(key: Key, value: Value) -> str:
    return "或者".join(
        f"不少于 {way.days} 天" if way.days is not None else f"不少于 {way.hours} 学时" for way in cast("tuple[Alternative, ...]", value)
    )


def _life(key: Key, value: Value) -> str:
    rule = cast(LifeRule, value)
    if rule.by:
        return "由支委会代行，不单独计算"
    who = "每个党小组" if rule.per == "group" else ""
    if rule.minimum is not None:
        text = f"{who}{WINDOW_ZH[rule.window]}不少于 {rule.minimum} 次"
    else:
        text = "经常开展，不规定次数" if rule.window == "continuous" else "按期开展，不规定次数"
    if rule.needs_committee:
        text += "（设支委会的支部）"
    if rule.prefer:
        text += f"，一般在{WORD_ZH[rule.prefer]}"
    if rule.fixed_day:
        text += "，相对固定 1 天"
    if rule.excellent:
        text += f"，优秀等次{_share(key, rule.excellent)}"
    if rule.committee_secretary_min_per_year:
        text += f"，党委（党组）书记每年不少于 {rule.committee_secretary_min_per_year} 次"
    return text


_WRITE: dict[Type, Callable[[Key, Value], str]] = {
    Type.INT: _counted, Type.DECIMAL: _counted, Type.BOOL: _flag, Type.WORD: _word, Type.WORDS: _words, Type.PAIRS: _pairs,
    Type.INTS: _options, Type.DECIMALS: _points, Type.DAY: _day, Type.TIME: _time, Type.THRESHOLD: _threshold, Type.SHARE: _share,
    Type.BRACKETS: _brackets, Type.BANDS: _bands, Type.TRAINING: _training, Type.LIFE: _life,
}
