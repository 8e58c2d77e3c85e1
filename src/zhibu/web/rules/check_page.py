"""核对与启用: faults, floor check, cases whose result changes; the forms for own tables and for the end of a set."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.urls import reverse

from zhibu.areas.resources.rules import FUND_ZH
from zhibu.exchange.decisions import Malformed
from zhibu.exchange.trial import Line, Outcome
from zhibu.ground.policy.catalogue import FAMILIES, KEYS, KIND_ZH
from zhibu.ground.policy.library import Library
from zhibu.ground.policy.queries import AssignmentView, LocalView
from zhibu.ground.policy.resolve import Laxer
from zhibu.ground.policy.review import Fault
from zhibu.ground.policy.wording import ORG_TYPE_ZH, sentence
from zhibu.web.org.forms import Given
from zhibu.web.org.words import said
from zhibu.web.shell.context import Button, Callout, Choice, Field, FieldGroup, FormPage, Link, Pair, Tone

from .context import CaseRow, CheckPage
from .pages import trail

FAMILY_ZH = {"structure.suggest": "按人数建议组织类别", "structure.term": "任期", "meetings.year": "一年的组织生活", "meetings.decision": "会议表决", "coverage.rates": "覆盖率", "resources.funds": "三项经费"}
FACTS = {
    "full": "正式党员 {} 名", "probationary": "预备党员 {} 名", "units": "单位 {} 个", "project_months": "工期 {} 个月", "elected_on": "{}选举", "years": "任期选 {} 年", "year": "{}年",
    "as_of": "到{}为止", "members": "党员 {} 名", "groups": "党小组 {} 个", "established_on": "{}成立", "dissolved_on": "{}撤销", "expected_voting": "应到会有表决权 {} 人", "present": "到会 {} 人",
    "ayes": "赞成 {} 票", "staff": "职工 {} 人", "urban_communities": "市辖社区 {} 个", "county_communities": "县社区 {} 个", "villages": "村 {} 个",
}
RESULTS = {
    "due": "应开展", "fulfilled": "已完成", "rate": "完成率", "error": "不通过", "type": "组织类别", "term_years": "任期（年）", "committee_min": "委员下限", "committee_max": "委员上限",
    "warnings": "提醒", "expires_on": "届满日期", "remind_on": "提醒日期", "below_national": "低于国家规定", "quorate": "够法定人数", "passed": "通过",
    "required": "应安排", "required_total": "应安排合计（元）", "gap_total": "缺口合计（元）",
    **{f"{kind}_{part}": f"{title}{zh}" for kind, title in KIND_ZH.items() for part, zh in (("due", "应开展"), ("fulfilled", "已完成"))},
}
WORDS = {**ORG_TYPE_ZH, "none": "不能成立", "committee_election": "委员会", "": "没有"}
MOST = 40


def build(
    found: LocalView, known: Library, faults: Sequence[Fault], laxer: Sequence[Laxer], outcomes: Sequence[Outcome], own: Sequence[Outcome], errors: tuple[str, ...],
    following: Sequence[AssignmentView],
) -> CheckPage:
    """Build the page."""
    at = [found.id]
    changed = [one for one in outcomes if one.changed]
    failed = [one for one in own if one.changed]
    draft = found.rule_set
    reasons = [draft.values[one.key].reason if one.key in draft.values else draft.reason for one in laxer]
    rows = tuple(
        Pair(KEYS[one.key].title, "未列入，不再要求" if one.local is None else sentence(one.key, one.local), f"国家规定：{sentence(one.key, one.national)}（{one.clause}）；理由：{why or '还没有写'}", tone=Tone.BAD)
        for one, why in zip(laxer, reasons, strict=True)
    )
    old = known.sets.get(draft.supersedes)
    callouts = [Callout(text, Tone.BAD) for text in errors]
    if old is not None and following:
        callouts.append(Callout(f"“{old.title}”现在有 {len(following)} 个指定还在用。启用以后它们不会自动改用新的一套，请到各组织的现行规则页先结束、再指定。", Tone.WARN))
    counted = f"随系统带的判例中，有 {len(outcomes)} 例用到这套规则改动的各类，其中 {len(changed)} 例的结果与现在不同。" if outcomes else "随系统带的判例没有用到这套规则的内容。"
    mine = f"本地判例 {len(own)} 例，{len(own) - len(failed)} 例与预期相符，{len(failed)} 例不符。" if own else "没有本地判例。可以把本地的判例表带上，核对新规则是不是想要的结果。"
    back = reverse("rules:set", args=at)
    return CheckPage(
        "核对与启用", draft.title, tuple(_fault(found, one) for one in faults), rows, counted, tuple(map(_case, changed[:MOST])), mine, tuple(map(_case, failed[:MOST])),
        reverse("rules:check", args=at), found.version, not faults and draft.status == "draft", "启用以后内容不能再改。", trail(Link(draft.title, back)), tuple(callouts),
        (Button("本地判例表", reverse("rules:tables", args=at)), Button("回到草稿", back)),
    )


def _fault(found: LocalView, one: Fault) -> Link:
    """Write a fault with the page where it is mended."""
    code = f"（{one.code}）" if one.code else ""
    text = f"{one.sentence}{code}"
    if one.key in KEYS:
        lost = one.key not in found.rule_set.values and KEYS[one.key].family == "life"
        return Link(text, reverse("rules:header", args=[found.id]) if lost else f"{reverse('rules:values', args=[found.id, KEYS[one.key].family])}#r-{one.key}")
    return Link(text, reverse("rules:header", args=[found.id]) if one.key else "")


def _case(one: Outcome) -> CaseRow:
    return CaseRow(_facts(one.case.facts), FAMILY_ZH[one.case.family], tuple(_line(line) for line in one.changed))


def _line(line: Line) -> tuple[str, str, str]:
    return RESULTS.get(line.key, line.key), _word(line.expected), _word(line.now)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(map(_word, value)) or "没有"
    if isinstance(value, dict):
        return "、".join(f"{FUND_ZH.get(name, name)} {_word(one)}" for name, one in value.items())
    return "没有" if value is None else WORDS.get(value, str(value)) if isinstance(value, str) else str(value)


def _when(value: Any) -> Any:
    """Write a day as it is said; anything else stays."""
    try:
        return said(date.fromisoformat(value)) if isinstance(value, str) and len(value) == 10 else said(value) if isinstance(value, date) else value
    except ValueError:
        return value


def _facts(facts: Mapping[str, Any]) -> str:
    """Say the facts of a case in one line."""
    found = [FACTS[key].format(_when(value)) for key, value in facts.items() if key in FACTS]
    if facts.get("village_or_community"):
        found.append("村或社区")
    if facts.get("committee") is False:
        found.append("没有支委会")
    if "type" in facts:
        found.append(ORG_TYPE_ZH.get(str(facts["type"]), ""))
    if "kind" in facts:
        found.append(KIND_ZH.get(str(facts["kind"]), ""))
    if "held" in facts:
        times: dict[str, int] = {}
        for row in facts["held"]:
            on = row.get("on", [])
            times[row["kind"]] = times.get(row["kind"], 0) + (len(on) if isinstance(on, list) else 1)
        found.append("、".join(f"{KIND_ZH.get(kind, kind)} {n} 次" for kind, n in times.items()) or "一次也没有开展")
    return "，".join(one for one in found if one)


# ---------------------------------------------------------------- own tables


def unreadable(error: Malformed) -> str:
    """Say where a table cannot be read and why."""
    where = "，".join(part for part in (error.case if error.case != "-" else "", error.key if error.key != "-" else "") if part)
    return f"判例表读不出来{f'（{where[:80]}）' if where else ''}：{error.why[:120]}"


def tables(found: LocalView, given: Given) -> FormPage:
    """Build the form that keeps and drops tables."""
    back = reverse("rules:set", args=[found.id])
    kept = [name for name, _ in found.tables]
    file = Field("file", "判例表文件", "file", error=given.faults.get("file", ""), help=f"文本文件，写法与随系统带的判例表相同；里面用代号 {found.rule_set.code} 指这套规则")
    groups = [FieldGroup("收下一张判例表", (file,), "同名的会替换")]
    if kept:
        options = (Choice("（不撤）", "", chosen=True), *(Choice(name, name) for name in kept))
        groups.append(FieldGroup(f"已有 {len(kept)} 张", (Field("drop", "撤下哪一张", "select", "", options),)))
    return FormPage(
        "本地判例表", reverse("rules:tables", args=[found.id]), tuple(groups), "保存", trail(Link(found.rule_set.title, back)), found.rule_set.title,
        (Callout("判例写明：某种情况下，按新规则应当得出什么。核对时逐例计算，看与预期是否相符。", Tone.PLAIN),), tuple(given.lines), reverse("rules:check", args=[found.id]), upload=True,
    )


# ---------------------------------------------------------------- the end


def retiring(found: LocalView, followers: Sequence[AssignmentView], given: Given) -> FormPage:
    """Build the form that gives an active set its last day."""
    back = reverse("rules:set", args=[found.id])
    facts = tuple(Pair(a.org_name, f"{FAMILIES[a.family]}，{said(a.valid_from)}起") for a in followers[:30]) or (Pair("现在没有组织按这套规则办", "停用不影响任何组织"),)
    return FormPage(
        "停用规则集", reverse("rules:retire", args=[found.id]),
        (FieldGroup("", (given.field("last_day", "最后一天（当天仍有效）", "date", required=True, width="half"),)), FieldGroup("现在按这套规则办的组织", (), facts=facts)),
        "停用", trail(Link(found.rule_set.title, back)), found.rule_set.title,
        (Callout("停用以后，上面这些组织从第二天起改按上级指定的规则，没有指定的按国家规定。以前的结果不变，也不能再启用。", Tone.WARN),), tuple(given.lines), back,
    )
