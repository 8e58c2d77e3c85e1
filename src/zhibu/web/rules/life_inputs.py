"""The boxes of one kind of organisational life: how often, for whom, with which records."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhibu.ground.policy.spec import BRANCH_TYPES, ORG_TYPES, PERIODS, RECORD_TYPES, Key
from zhibu.ground.policy.wording import ORG_TYPE_ZH, RELATION_ZH, WORD_ZH
from zhibu.web.shell.context import Field

from .typed import Texts, Wrong, checks, number, pick, tick

MODES = (("", "不列入，不再要求"), ("count", "规定次数"), ("free", "按期开展，不规定次数"), ("continuous", "经常开展，不规定次数"), ("committee", "由支委会代行，不单独计算"))
RECORDS = (("default", "按系统约定的清单"), ("own", "按下面勾选的"))


def texts(name: str, rule: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """Give what stands in the boxes for a written rule."""
    if rule.get("by"):
        mode = "committee"
    elif rule.get("window") == "continuous":
        mode = "continuous"
    else:
        mode = "count" if "min" in rule else "free"
    found = {
        f"{name}-mode": [mode], f"{name}-window": [rule.get("window", "")], f"{name}-min": [str(rule["min"])] if "min" in rule else [],
        f"{name}-applies": list(rule.get("applies_to", BRANCH_TYPES)), f"{name}-records-from": ["own" if "records" in rule else "default"],
        f"{name}-records": list(rule.get("records", ())), f"{name}-prefer": [rule.get("prefer", "")], f"{name}-relations": list(rule.get("relations", ())),
        f"{name}-secretary": [str(rule["committee_secretary_min_per_year"])] if "committee_secretary_min_per_year" in rule else [],
    }
    found |= {f"{name}-{short}": ["1"] if rule.get(long) == yes else [] for short, long, yes in (("group", "per", "group"), ("seated", "needs_committee", True), ("fixed", "fixed_day", True))}
    if "excellent" in rule:
        found |= {f"{name}-excellent-{part}": [str(rule["excellent"][part])] for part in ("num", "den")}
    return found


def boxes(key: Key, typed: Texts) -> tuple[Field, ...]:
    """Give the boxes; those that only one kind uses stand only there."""
    name, kind = key.name, key.name.rpartition(".")[2]
    found = [
        pick(typed, f"{name}-mode", "本规则集怎样要求", MODES, width="third"),
        pick(typed, f"{name}-window", "多长时间", (("", "请选"), *((one, WORD_ZH[one]) for one in PERIODS)), width="third"),
        typed.field(f"{name}-min", "不少于（次）", "number", inputmode="numeric", width="third", maxlength=3),
    ]
    if kind in ("org_life_meeting", "appraisal", "dem_life_meeting") or typed.has(f"{name}-prefer"):
        found.append(pick(typed, f"{name}-prefer", "一般在哪个季度", (("", "不写"), *((q, WORD_ZH[q]) for q in ("Q1", "Q2", "Q3", "Q4"))), width="third"))
    if kind == "lecture" or typed.has(f"{name}-secretary"):
        found.append(typed.field(f"{name}-secretary", "党委（党组）书记每年不少于（次）", "number", inputmode="numeric", width="third", maxlength=3))
    if kind == "appraisal" or typed.has(f"{name}-excellent-den"):
        found += [
            typed.field(f"{name}-excellent-{part}", f"优秀等次上限的{title}（按正式党员数）", "number", inputmode="numeric", width="third", maxlength=4)
            for part, title in (("num", "分子"), ("den", "分母"))
        ]
    for short, title, where in (("group", "按党小组分别计算", "group_meeting"), ("seated", "只要求设支委会的支部", "committee_meeting"), ("fixed", "每次相对固定 1 天", "theme_day")):
        if kind == where or typed.has(f"{name}-{short}"):
            found.append(tick(typed, f"{name}-{short}", title, width="third"))
    if kind == "talk" or typed.has(f"{name}-relations"):
        found.append(checks(typed, f"{name}-relations", "哪些人之间", tuple(RELATION_ZH.items())))
    found += [
        checks(typed, f"{name}-applies", "哪些组织", tuple((one, ORG_TYPE_ZH[one]) for one in ORG_TYPES)),
        pick(typed, f"{name}-records-from", "必需记录", RECORDS, width="half"),
        checks(typed, f"{name}-records", "必需记录有哪些", tuple((one, WORD_ZH[one]) for one in RECORD_TYPES), help="选了“按下面勾选的”才起作用"),
    ]
    return tuple(found)


def written(key: Key, typed: Texts) -> Any:
    """Read the rule; None where the kind is not named. Raises Wrong."""
    name, title = key.name, key.title
    mode = typed.chosen(f"{name}-mode", tuple(one for one, _ in MODES), title)
    if not mode:
        return None
    rule: dict[str, Any] = {}
    if mode == "committee":
        rule["by"] = "committee"
    elif mode == "continuous":
        rule["window"] = "continuous"
    else:
        rule["window"] = typed.chosen(f"{name}-window", ("", *PERIODS), title)
        least = number(typed, f"{name}-min", title)
        if not rule["window"]:
            raise Wrong(f"{name}-window", f"“{title}”请选多长时间")
        if mode == "count":
            if not least:
                raise Wrong(f"{name}-min", f"“{title}”请填不少于几次；不规定次数的请选“按期开展”")
            rule["min"] = least
    applies = typed.several(f"{name}-applies", ORG_TYPES, title)
    if not applies:
        raise Wrong(f"{name}-applies", f"“{title}”请勾选要求哪些组织")
    rule["applies_to"] = applies
    rule |= {long: yes for short, long, yes in (("group", "per", "group"), ("seated", "needs_committee", True), ("fixed", "fixed_day", True)) if typed.one(f"{name}-{short}") == "1"}
    if prefer := typed.chosen(f"{name}-prefer", ("", "Q1", "Q2", "Q3", "Q4"), title):
        rule["prefer"] = prefer
    if (secretary := number(typed, f"{name}-secretary", title)) is not None:
        rule["committee_secretary_min_per_year"] = secretary
    if relations := typed.several(f"{name}-relations", tuple(RELATION_ZH), title):
        rule["relations"] = relations
    if typed.one(f"{name}-records-from") == "own":
        rule["records"] = typed.several(f"{name}-records", RECORD_TYPES, title)
    return rule | _excellent(name, title, typed)


def _excellent(name: str, title: str, typed: Texts) -> dict[str, Any]:
    num, den = (number(typed, f"{name}-excellent-{part}", f"{title}的优秀等次") for part in ("num", "den"))
    if num is None and den is None:
        return {}
    if num is None or not den:
        raise Wrong(f"{name}-excellent-den", f"“{title}”优秀等次的分子和分母都要填，分母不能是 0")
    return {"excellent": {"num": num, "den": den, "base": "full_members", "round": "floor"}}
