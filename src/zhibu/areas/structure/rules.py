"""Organisations 组织设置, committees 班子, groups 党小组: suggestions from headcounts, terms, refusals, findings. Pure functions.

Source: rules.md S01-S03, §10 (codes). Every number comes from the rule set in force (families ``org`` and ``term``).
"""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import cast

from zhibu.ground.policy.resolve import Effective, Layer, Resolved, UndefinedValue, national_value
from zhibu.kernel import terms
from zhibu.kernel.dates import show
from zhibu.kernel.numbers import Op, compare
from zhibu.kernel.periods import Span, add_months, add_years
from zhibu.kernel.result import YES, Decision, refuse, warn
from zhibu.kernel.terms import TERM_STATE_ZH, TermState

#: 党组织类别的中文名
TYPE_ZH: dict[str, str] = {
    "party_committee": "党委",
    "general_branch": "党总支",
    "branch": "党支部",
    "joint_branch": "联合党支部",
    "temporary_branch": "临时党支部",
    "floating_branch": "流动党员党支部",
    "work_committee": "党工委",
    "comprehensive_committee": "综合党委",
    "none": "不单独设立",
    "undecided": "规则未覆盖，由上级决定",
}

#: 功能定位 by domain (S01); national wording is newer, so the label stays editable
FUNCTION_ROLE: dict[str, str] = {
    "rural": "领导核心",
    "community": "领导核心",
    "university": "领导核心",
    "soe": "政治核心",
    "agency": "协助监督",
    "private_enterprise": "政治核心和政治引领",
    "social_organization": "未明确",
}

BRANCHES = frozenset({"branch", "joint_branch", "temporary_branch", "floating_branch"})

#: 必设职务 of a branch committee
MANDATORY_POSTS: tuple[tuple[str, str], ...] = (("secretary", "书记"), ("organization", "组织委员"), ("publicity", "宣传委员"), ("discipline", "纪检委员"))

#: which term of the rule set an organisation follows; types that are missing have no term (a temporary branch ends with its body)
_TERM_KEY: dict[str, str] = {
    "branch": "term.branch",
    "joint_branch": "term.branch",
    "floating_branch": "term.branch",
    "general_branch": "term.general_branch",
    "party_committee": "term.party_committee",
    "comprehensive_committee": "term.party_committee",
}
_VILLAGE_KEY = "term.village_or_community"


def _number(effective: Effective, key: str) -> int:
    return cast(int, effective.value(key))


def cite(resolved: Resolved) -> str:
    """Write where a value comes from: clause, and 待核 where the wording has not been verified."""
    return resolved.clause if resolved.verified else f"{resolved.clause}（待核）"


# ---------------------------------------------------------------- suggestion (S01)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to set up for given headcounts.

    type: an organisation type, ``none`` (not on its own) or ``undecided`` (the set leaves a gap)
    committee_min/max: seats, 0 = no committee but one secretary; None for other types than branches
    warnings: codes (``under_3_full``); lines: the arithmetic, one Chinese sentence each; clause: the rule that decided
    """

    type: str
    term_years: int | None
    committee_min: int | None
    committee_max: int | None
    warnings: tuple[str, ...]
    lines: tuple[str, ...]
    clause: str
    refusal: Decision = YES


def suggest(
    org: Effective,
    term: Effective,
    full: int,
    probationary: int,
    units: int = 1,
    village_or_community: bool = False,
    project_months: int | None = None,
) -> Suggestion:
    """Suggest the type of organisation for headcounts (rules of families ``org`` and ``term`` in force on a day).

    3 and 7 count full members; 50 and 100 count full and probationary. More host units than allowed are refused (E005). Source: S01, AT-01.
    """
    total = full + probationary
    lines = [f"正式党员 {full} 人，预备党员 {probationary} 人，共 {total} 人。"]
    most_units = org.get("org.joint_max_units")
    if units > cast(int, most_units.value):
        refusal = check_units(org, units)
        return Suggestion("none", None, None, None, (), (*lines, refusal.reason), cite(most_units), refusal)
    least = org.get("org.branch_full_min")
    warnings = ("under_3_full",) if full < cast(int, least.value) else ()
    project = org.get("org.project_months_min")
    if warnings:
        lines.append(f"正式党员 {full} 人，不足 {least.value} 人，不能单独成立党支部，可与邻近单位联合（{cite(least)}）。")
    if project_months is not None and project_months < cast(int, project.value):
        lines.append(f"项目工期 {project_months} 个月，不足 {project.value} 个月，不单独设立（{cite(project)}）。")
        return Suggestion("none", None, None, None, warnings, tuple(lines), cite(project))
    if warnings:
        return Suggestion("none", None, None, None, warnings, tuple(lines), cite(least))
    if units > 1:
        lines.append(f"{units} 个单位，不超过 {most_units.value} 个，可设联合党支部（{cite(most_units)}）。")
        found, clause = "joint_branch", cite(most_units)
    else:
        found, sentence, clause = _by_size(org, total)
        lines.append(f"{sentence}（{clause}）。")
    years = _suggested_term(term, found, village_or_community)
    if years is not None:
        lines.append(f"任期 {years} 年。")
    seats_min, seats_max = _seats(org, full, lines) if found in BRANCHES else (None, None)
    return Suggestion(found, years, seats_min, seats_max, warnings, tuple(lines), clause)


def _by_size(org: Effective, total: int) -> tuple[str, str, str]:
    """Find the type for a headcount: (type, sentence, clause). Two ways of writing the thresholds exist; the first set that has one decides."""
    op = cast(str, org.value("org.threshold_op"))
    for layer in org.layers:
        values = layer.rule_set.values
        if "org.committee_min" in values or "org.general_branch_min" in values:
            break
        if "org.committee_above" in values or "org.general_branch_above" in values:
            return _with_gap(org, total, op)
    committee, general = org.get("org.committee_min"), org.get("org.general_branch_min")
    sign = "不少于" if op == Op.GE else "超过"
    if compare(total, op, cast(int, committee.value)):
        return "party_committee", f"{total} 人，{sign} {committee.value} 人，建议设党委", cite(committee)
    if compare(total, op, cast(int, general.value)):
        return "general_branch", f"{total} 人，{sign} {general.value} 人、未到 {committee.value} 人，建议设党总支", cite(general)
    return "branch", f"{total} 人，未到 {general.value} 人，建议设党支部", cite(org.get("org.branch_full_min"))


def _with_gap(org: Effective, total: int, op: str) -> tuple[str, str, str]:
    committee, above = org.get("org.committee_above"), org.get("org.general_branch_above")
    general_below, branch_below = org.get("org.general_branch_below"), org.get("org.branch_below")
    if compare(total, op, cast(int, committee.value)):
        return "party_committee", f"{total} 人，超过 {committee.value} 人，建议设党委", cite(committee)
    if compare(total, op, cast(int, above.value)) and total < cast(int, general_below.value):
        return "general_branch", f"{total} 人，超过 {above.value} 人、不足 {general_below.value} 人，建议设党总支", cite(above)
    if total < cast(int, branch_below.value):
        return "branch", f"{total} 人，不足 {branch_below.value} 人，建议设党支部", cite(branch_below)
    return "undecided", f"{total} 人，规则未覆盖，由上级决定", cite(above)


def _seats(org: Effective, full: int, lines: list[str]) -> tuple[int, int]:
    low, high = org.get("org.committee_size_min"), org.get("org.committee_size_max")
    start = org.get("org.committee_from_full")
    seats = terms.committee_seats(full, cast(int, start.value), cast(int, low.value), cast(int, high.value))
    if seats == (0, 0):
        lines.append(f"正式党员 {full} 人，不足 {start.value} 人，不设支委会，设书记 1 名，必要时设副书记 1 名（{cite(start)}）。")
    else:
        usual = org.get("org.committee_size_normal_max")
        lines.append(f"正式党员 {full} 人，不少于 {start.value} 人，设支委会，一般 {low.value} 至 {usual.value} 人，最多 {high.value} 人（{cite(start)}）。")
    return seats


def _suggested_term(term: Effective, org_type: str, village: bool) -> int | None:
    """Return the term to propose: the only one, else the national one where the set allows it, else the longest. None without a rule."""
    found = _allowed(term, org_type, village)
    if found is None:
        return None
    years = cast(tuple[int, ...], found.value)
    national = _national_years(term, org_type, village)
    if len(years) > 1 and national is not None and national in years:
        return national
    return max(years)


# ---------------------------------------------------------------- terms (S02)


class YearsRequired(ValueError):
    """The rule set allows several terms: the years must be chosen."""

    def __init__(self, allowed: tuple[int, ...]) -> None:
        self.allowed = allowed
        super().__init__(f"规则允许任期{'、'.join(str(n) for n in allowed)}年，请选一个")


@dataclass(frozen=True, slots=True)
class Term:
    """A committee's term: when it ends, when to remind, whether it is shorter than the national one (E042: reason needed)."""

    years: int
    allowed: tuple[int, ...]
    expires_on: date | None
    remind_on: date | None
    below_national: bool
    clause: str
    refusal: Decision = YES


def _allowed(term: Effective, org_type: str, village: bool) -> Resolved | None:
    """Find the allowed terms: the first set that has a list for the type; a set's own list for villages comes before its general one."""
    key = _TERM_KEY.get(org_type)
    if key is None:
        return None
    for layer in term.layers:
        for one in (_VILLAGE_KEY, key) if village else (key,):
            if one in layer.rule_set.values:
                return _from_layer(term, layer, one)
    return None


def _from_layer(effective: Effective, layer: Layer, key: str) -> Resolved:
    return replace(effective, layers=(layer,)).get(key)


def _national_years(term: Effective, org_type: str, village: bool) -> int | None:
    """Return the shortest term the national set in force that day allows, None where there is none."""
    key = _TERM_KEY.get(org_type)
    for one in (_VILLAGE_KEY, key) if village else (key,):
        found = national_value(term.library, one, term.on) if one else None
        if found is not None:
            return min(cast(tuple[int, ...], found[1].value))
    return None


def term(effective: Effective, org_type: str, village_or_community: bool, elected_on: date, years: int | None = None) -> Term:
    """Compute a term from the rules of family ``term`` in force on the day of the election.

    ``years`` may be left out where the set allows one term only, else YearsRequired. Refused: E050 (not an allowed term), E055 (no set
    defines a term for this type). ``below_national``: shorter than the national term; needs a recorded reason (E042). Source: S02, AT-01.
    """
    found = _allowed(effective, org_type, village_or_community)
    if found is None:
        what = TYPE_ZH.get(org_type, org_type)
        refusal = refuse("E055", f"{show(elected_on)}没有规则集规定{what}的任期。请先为本组织指定含有任期的规则集。")
        return Term(0, (), None, None, False, "", refusal)
    allowed = cast(tuple[int, ...], found.value)
    if years is None:
        if len(allowed) != 1:
            raise YearsRequired(allowed)
        years = allowed[0]
    if years not in allowed:
        listed = "、".join(str(n) for n in allowed)
        refusal = refuse("E050", f"任期填的是 {years} 年。按{cite(found)}，任期应为 {listed} 年，请改选。")
        return Term(years, allowed, None, None, False, cite(found), refusal)
    expires = terms.expires_on(elected_on, years)
    national = _national_years(effective, org_type, village_or_community)
    try:
        remind: date | None = terms.remind_on(expires, _number(effective, "term.remind_months_before"))
    except UndefinedValue:
        remind = None
    return Term(years, allowed, expires, remind, national is not None and years < national, cite(found))


def term_state(expires_on: date, extension_until: date | None, as_of: date, effective: Effective | None = None) -> TermState:
    """Say in which of the five states of S02 a term is; months and years from the rules where given, else 6 months and 1 year."""
    months, years = 6, 1
    if effective is not None:
        months = _number(effective, "term.remind_months_before") if effective.has("term.remind_months_before") else months
        years = _number(effective, "term.shift_max_years") if effective.has("term.shift_max_years") else years
    return terms.term_state(expires_on, extension_until, as_of, months, years)


def term_sentence(expires_on: date, extension_until: date | None, as_of: date, effective: Effective | None = None) -> str:
    """Say the state of a term in one Chinese sentence with its dates."""
    state = term_state(expires_on, extension_until, as_of, effective)
    days = (as_of - expires_on).days
    if state is TermState.NORMAL:
        return f"任期至{show(expires_on)}，正常。"
    if extension_until is not None and state in (TermState.NORMAL, TermState.EXPIRING):
        return f"任期至{show(expires_on)}，上级已批准延期至{show(extension_until)}。"
    if state is TermState.EXPIRING:
        return f"任期至{show(expires_on)}，还有 {-days} 天，请准备换届。"
    if state is TermState.EXTENDED:
        return f"任期已于{show(expires_on)}届满，上级批准延期至{show(extension_until)}。"
    if state is TermState.OVERDUE:
        return f"任期已于{show(expires_on)}届满，已过 {days} 天未换届。请换届，或报上级批准延期。"
    return f"任期已于{show(expires_on)}届满，逾期超过1年未换届。请尽快换届并向上级说明。"


def check_reason_below_national(planned: Term, reason: str) -> Decision:
    """Refuse a term below the national one without a reason (E042)."""
    if planned.below_national and not reason.strip():
        return refuse("E042", f"任期 {planned.years} 年低于现行国家规定。请填写理由后再保存。")
    return YES


def check_extension(effective: Effective, expires_on: date, extension_until: date, approval_doc: str) -> Decision:
    """Refuse an extension that is none (E002), longer than allowed (E050), or without the superior's paper (E049)."""
    if extension_until <= expires_on:
        return refuse("E002", f"延期截止{show(extension_until)}不晚于任期届满日{show(expires_on)}。请填届满以后的日期。")
    years = effective.get("term.shift_max_years")
    latest = add_years(expires_on, cast(int, years.value))
    if extension_until > latest:
        return refuse("E050", f"延期截止{show(extension_until)}超过届满后 {years.value} 年。按{cite(years)}，最迟到{show(latest)}，请改早。")
    if not approval_doc.strip():
        return refuse("E049", "延期换届须经上级批准。请填批复文号，或上传批复。")
    return YES


@dataclass(frozen=True, slots=True)
class Seat:
    """One person on a committee as it is entered."""

    person_id: int
    name: str
    posts: tuple[str, ...]
    standing: str = "full"
    full_since: date | None = None
    override_doc: str = ""


def check_committee(
    org: Effective, elected_on: date, today: date, seats: Sequence[Seat], other_spans: Iterable[Span] = (), ends_on: date | None = None
) -> tuple[Decision, ...]:
    """Check a committee as a whole; returns refusals and, with ``ok`` true, warnings, in the order of the form.

    Refused: elected in the future (E001), a second committee at the same time (E044), two secretaries (E044), one person twice (E044), a
    member who is not a full member in good standing (E017), a secretary with less than the minimum years without the superior's paper (E049).
    Warned: size outside the range, vacant mandatory posts (both are allowed and listed, S02 V).
    """
    found: list[Decision] = []
    if elected_on > today:
        found.append(refuse("E001", f"换届日期{show(elected_on)}晚于今天{show(today)}。请填实际选举的日期。"))
    if any(Span(elected_on, ends_on).overlaps(other) for other in other_spans):
        found.append(refuse("E044", f"{show(elected_on)}本组织已有一届在任班子。请让上一届在选举当天结束，或核对选举日期。"))
    secretaries = [seat.name for seat in seats if "secretary" in seat.posts]
    if len(secretaries) > 1:
        found.append(refuse("E044", f"有 {len(secretaries)} 名书记（{'、'.join(secretaries)}）。书记只能有 1 名，请改正职务。"))
    seen: set[int] = set()
    for seat in seats:
        if seat.person_id in seen:
            found.append(refuse("E044", f"{seat.name} 在班子里出现两次。请合并成一行，兼任的职务一起勾选。"))
        seen.add(seat.person_id)
        found.extend(_check_seat(org, seat, elected_on))
    found.append(check_committee_size(org, len(seen)))
    if seats:
        found.append(_vacancy_warning({post for seat in seats for post in seat.posts}, len(seen) > 1))
    return tuple(one for one in found if not one.ok or one.reason)


def _check_seat(org: Effective, seat: Seat, elected_on: date) -> Iterable[Decision]:
    standing = {"probationary": "是预备党员", "suspended": "已停止党籍", "ended": "已不是党员"}.get(seat.standing)
    if standing is not None:
        yield refuse("E017", f"{seat.name} {standing}，不能担任班子成员。班子成员应为正式党员，请更换人选。")
        return
    if "secretary" in seat.posts:
        yield check_secretary_years(org, seat.name, seat.full_since, elected_on, seat.override_doc)


def check_secretary_years(org: Effective, name: str, full_since: date | None, elected_on: date, override_doc: str) -> Decision:
    """Refuse a secretary with less than the minimum years since becoming a full member, unless the superior approved (E049)."""
    years = org.get("org.secretary_min_years")
    if full_since is None or add_years(full_since, cast(int, years.value)) <= elected_on or override_doc.strip():
        return YES
    reason = f"{name}{show(full_since)}转正，到{show(elected_on)}党龄不足 {years.value} 年。按{cite(years)}，书记一般应有 {years.value} 年以上党龄；上级特批的，请填批复文号。"
    return refuse("E049", reason)


def check_committee_size(org: Effective, size: int) -> Decision:
    """Warn about a committee outside the range of the rule set; 0 = no committee, 1 = a secretary alone, 2 = secretary and deputy, are no committee."""
    low, usual, high = (org.get(f"org.committee_size_{part}") for part in ("min", "normal_max", "max"))
    if size <= 2:
        return YES
    if size < cast(int, low.value) or size > cast(int, high.value):
        return warn("E050", f"支委会 {size} 人。按{cite(low)}，应为 {low.value} 至 {high.value} 人，请核对名额。")
    if size > cast(int, usual.value):
        return warn("", f"支委会 {size} 人，一般为 {low.value} 至 {usual.value} 人（{cite(usual)}）。")
    return YES


def vacant_posts(posts: Collection[str], has_committee: bool) -> tuple[str, ...]:
    """List the mandatory posts nobody holds (codes): all four with a committee, else only the secretary."""
    return tuple(code for code, _ in MANDATORY_POSTS if code not in posts and (has_committee or code == "secretary"))


def _vacancy_warning(posts: Collection[str], has_committee: bool) -> Decision:
    vacant = [dict(MANDATORY_POSTS)[code] for code in vacant_posts(posts, has_committee)]
    return warn("", f"班子缺{'、'.join(vacant)}，请及时补选或由上级指派。") if vacant else YES


# ---------------------------------------------------------------- organisations (S01)


def check_units(org: Effective, units: int) -> Decision:
    """Refuse more host units than a joint branch may have (E005)."""
    most = org.get("org.joint_max_units")
    if units > cast(int, most.value):
        return refuse("E005", f"联合党支部的单位有 {units} 个。按{cite(most)}，最多 {most.value} 个，请减少单位或分设支部。")
    return YES


def check_parent(org_path: str, org_type: str, parent_path: str, parent_type: str) -> Decision:
    """Refuse a cycle, a branch under a branch, and a general branch under a general branch (E003). Paths are materialised, a child starts with its parent's."""
    if org_path and parent_path.startswith(org_path):
        return refuse("E003", "所选上级就是本组织或它的下级，会形成环。请另选上级组织。")
    if parent_type in BRANCHES:
        return refuse("E003", f"{TYPE_ZH[parent_type]}下面不能再设{TYPE_ZH.get(org_type, org_type)}。请选党委或党总支作为上级。")
    if parent_type == "general_branch" and org_type not in BRANCHES:
        return refuse("E003", f"党总支下面只能设党支部，不能设{TYPE_ZH.get(org_type, org_type)}。请选党委作为上级。")
    return YES


def check_type(org_type: str) -> Decision:
    """Refuse a type that is no organisation: a group is part of a branch, not a level (E003)."""
    if org_type in ("group", "party_group", "党小组"):
        return refuse("E003", "党小组不是一级组织，不能建在组织树上。请在支部页面里分党小组。")
    if org_type not in TYPE_ZH or org_type in ("none", "undecided"):
        return refuse("E003", f"不认识的组织类别“{org_type}”。请从列出的类别中选。")
    return YES


def check_establishment(
    org: Effective,
    org_type: str,
    today: date,
    established_on: date,
    full: int,
    host_units: Sequence[str] = (),
    planned_branches: int = 0,
    applied_on: date | None = None,
    approved_on: date | None = None,
    approval_doc: str = "",
    code: str = "",
    codes_in_use: Collection[str] = (),
) -> tuple[Decision, ...]:
    """Check the founding of an organisation; all refusals in the order of the form.

    E003 (type), E001 (founded in the future), E002 (approved before applied, founded before approved), E049 (no approval paper), E004 (branch
    with too few full members), E005 (host units of a joint branch: at least 2, at most the limit), E044 (code in use), and a general branch
    without a planned branch.
    """
    found = [check_type(org_type), check_founding_dates(today, established_on, applied_on, approved_on)]
    if not approval_doc.strip():
        found.append(refuse("E049", "成立党组织须经上级批准。请填批复文号，或上传批复。"))
    if org_type in ("branch", "joint_branch"):
        found.append(check_full_members(org, full))
    if org_type == "joint_branch":
        units = len({unit.strip() for unit in host_units if unit.strip()})
        if units < 2:
            found.append(refuse("E005", f"联合党支部只填了 {units} 个单位，至少要 2 个。只有一个单位的，请改设党支部。"))
        found.append(check_units(org, units))
    if org_type == "general_branch" and planned_branches < 1:
        found.append(refuse("E003", "党总支没有计划设立的下级党支部。请至少列出一个，或改设党支部。"))
    if code and code in codes_in_use:
        found.append(refuse("E044", f"组织代码“{code}”已被另一个党组织使用。请换一个代码。"))
    return tuple(one for one in found if not one.ok)


def check_full_members(org: Effective, full: int) -> Decision:
    """Refuse a branch of its own with too few full members (E004)."""
    least = org.get("org.branch_full_min")
    if full < cast(int, least.value):
        return refuse("E004", f"正式党员 {full} 人，不足 {least.value} 人，不能成立党支部（{cite(least)}）。可与邻近单位成立联合党支部。")
    return YES


def check_founding_dates(today: date, established_on: date, applied_on: date | None, approved_on: date | None) -> Decision:
    """Refuse founding dates in the future (E001) and out of order (E002): application, approval, founding."""
    for name, day in (("申请日期", applied_on), ("批复日期", approved_on), ("成立日期", established_on)):
        if day is not None and day > today:
            return refuse("E001", f"{name}{show(day)}晚于今天{show(today)}。请填实际日期。")
    if applied_on is not None and approved_on is not None and approved_on < applied_on:
        return refuse("E002", f"批复日期{show(approved_on)}早于申请日期{show(applied_on)}。请核对两个日期。")
    if approved_on is not None and established_on < approved_on:
        return refuse("E002", f"成立日期{show(established_on)}早于批复日期{show(approved_on)}。请核对两个日期。")
    if applied_on is not None and established_on < applied_on:
        return refuse("E002", f"成立日期{show(established_on)}早于申请日期{show(applied_on)}，上级就无法批复。请核对两个日期。")
    return YES


def check_delete(members: int, records: int, children: int) -> Decision:
    """Refuse to delete an organisation that has members, history or lower organisations: it can only be dissolved."""
    if members or records or children:
        reason = f"本组织有党员 {members} 人、记录 {records} 条、下级组织 {children} 个，不能删除。请改用“撤销”，历史会保留。"
        return refuse("", reason)
    return YES


def check_dissolution(today: date, dissolved_on: date, established_on: date | None, members: int, children: int, approval_doc: str) -> Decision:
    """Refuse a dissolution in the future (E001), before the founding (E002), with members or lower organisations left, or without paper (E049)."""
    if dissolved_on > today:
        return refuse("E001", f"撤销日期{show(dissolved_on)}晚于今天{show(today)}。请填实际日期。")
    if established_on is not None and dissolved_on < established_on:
        return refuse("E002", f"撤销日期{show(dissolved_on)}早于成立日期{show(established_on)}。请核对两个日期。")
    if children:
        return refuse("", f"还有下级组织 {children} 个没有安置。请先调整或撤销它们，再撤销本组织。")
    if members:
        return refuse("", f"还有党员 {members} 人没有安置。请在“党员转到”里选接收的支部。")
    if not approval_doc.strip():
        return refuse("E049", "撤销党组织须经上级批准。请填批复文号，或上传批复。")
    return YES


def check_single_membership(name: str, other_orgs: Sequence[str]) -> Decision:
    """Refuse a member who is counted in another organisation at the same time (E044)."""
    if other_orgs:
        return refuse("E044", f"{name} 的组织关系已在{'、'.join(other_orgs)}。一名党员只能编入一个党组织，请先办理组织关系转接。")
    return YES


class FindingCode(StrEnum):
    """What is wrong with an organisation that exists (allowed, listed, counted)."""

    SHOULD_EXIST = "should_exist"
    OVER_SIZE = "over_size"
    UNDER_FULL = "under_full"
    UNITS_OVER = "units_over"
    UNITS_UNDER = "units_under"
    NO_APPROVAL = "no_approval"
    NO_COMMITTEE = "no_committee"
    COMMITTEE_SIZE = "committee_size"
    VACANT_POST = "vacant_post"
    TERM = "term"
    GROUP_SMALL = "group_small"
    GROUP_NO_FULL = "group_no_full"
    GROUP_NO_LEADER = "group_no_leader"
    GROUP_LEADER_OUTSIDE = "group_leader_outside"
    UNASSIGNED = "unassigned"
    TWO_GROUPS = "two_groups"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: code, Chinese sentence, and the persons or the group it is about. ``serious`` = a violation, else a hint."""

    code: FindingCode
    sentence: str
    serious: bool = True
    person_ids: tuple[int, ...] = ()
    group_id: int | None = None


def size_findings(
    org: Effective,
    org_type: str,
    full: int,
    members_all: int,
    host_units: int = 1,
    approval_doc: str = "",
    committee_size: int = 0,
    under_since: date | None = None,
    as_of: date | None = None,
) -> tuple[Finding, ...]:
    """List what headcounts say about an existing branch: 超规模, 不足3名正式党员, 联合支部单位, 应设支委会, 缺批复.

    under_since: the day since when the branch has had too few full members; more than the months of the convention makes it serious.
    """
    if org_type not in BRANCHES:
        return ()
    found: list[Finding] = []
    most, least = org.get("org.branch_max_members"), org.get("org.branch_full_min")
    if members_all > cast(int, most.value):
        sentence = f"党员 {members_all} 人，超过 {most.value} 人，是超规模支部。请研究分设，或改设党总支（{cite(most)}）。"
        found.append(Finding(FindingCode.OVER_SIZE, sentence))
    if org_type in ("branch", "joint_branch") and full < cast(int, least.value):
        months = _number(org, "org.branch_under_min_months")
        overdue = under_since is not None and as_of is not None and add_months(under_since, months) < as_of
        since = f"，自{show(under_since)}起已超过 {months} 个月" if overdue else ""
        found.append(Finding(FindingCode.UNDER_FULL, f"正式党员 {full} 人，不足 {least.value} 人{since}。请研究联合组建或撤并（{cite(least)}）。", overdue))
    if org_type == "joint_branch":
        units = org.get("org.joint_max_units")
        if host_units > cast(int, units.value):
            found.append(Finding(FindingCode.UNITS_OVER, f"联合党支部覆盖 {host_units} 个单位，超过 {units.value} 个（{cite(units)}）。请研究分设。"))
        if host_units < 2:
            found.append(Finding(FindingCode.UNITS_UNDER, f"联合党支部只登记了 {host_units} 个单位，至少 2 个。请补填单位，或改为党支部。"))
    if not approval_doc.strip():
        found.append(Finding(FindingCode.NO_APPROVAL, "没有登记成立批复。请补填批复文号。"))
    start = org.get("org.committee_from_full")
    if full >= cast(int, start.value) and committee_size <= 2 and org_type != "temporary_branch":
        found.append(Finding(FindingCode.NO_COMMITTEE, f"正式党员 {full} 人，不少于 {start.value} 人，应设支委会（{cite(start)}）。"))
    size = check_committee_size(org, committee_size)
    if size.reason:
        found.append(Finding(FindingCode.COMMITTEE_SIZE, size.reason, bool(size.code)))
    return tuple(found)


def should_exist(org: Effective, unit: str, full: int) -> Finding | None:
    """Say that a unit with enough full members and no branch should have one (应建未建, V08)."""
    least = org.get("org.branch_full_min")
    if full < cast(int, least.value):
        return None
    return Finding(FindingCode.SHOULD_EXIST, f"{unit} 有正式党员 {full} 人，不少于 {least.value} 人，应建未建党支部（{cite(least)}）。")


def committee_findings(
    posts: Collection[str], has_committee: bool, expires_on: date | None, extension_until: date | None, as_of: date, term_rules: Effective | None = None
) -> tuple[Finding, ...]:
    """List vacant mandatory posts and the state of the term where it is not normal. ``posts``: codes held on the day."""
    found: list[Finding] = []
    vacant = vacant_posts(posts, has_committee)
    if vacant:
        names = "、".join(dict(MANDATORY_POSTS)[code] for code in vacant)
        found.append(Finding(FindingCode.VACANT_POST, f"班子缺{names}。请及时补选，书记、副书记可由上级指派。"))
    if expires_on is not None:
        state = term_state(expires_on, extension_until, as_of, term_rules)
        if state is not TermState.NORMAL:
            serious = state in (TermState.OVERDUE, TermState.OVERDUE_LONG)
            found.append(Finding(FindingCode.TERM, f"{TERM_STATE_ZH[state]}：{term_sentence(expires_on, extension_until, as_of, term_rules)}", serious))
    return tuple(found)


# ---------------------------------------------------------------- groups (S03)


@dataclass(frozen=True, slots=True)
class Group:
    """One party group as it stands or as it is entered."""

    group_id: int | None
    name: str
    member_ids: tuple[int, ...]
    leader_id: int | None = None


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A member of the branch, as far as groups look: ``full`` = full member; ``post`` = Chinese name of an office, for the sentence."""

    person_id: int
    name: str
    full: bool
    post: str = ""


def check_group(org: Effective, org_type: str, group: Group, members: Mapping[int, GroupMember], others: Iterable[Group] = ()) -> tuple[Decision, ...]:
    """Check a group that is founded or changed; all refusals in the order of the form.

    E003 (only branches have groups), E045 (somebody of another branch), E006 (too few members or no full member), E007 (somebody is in another
    group), E045 (the leader is not in the group).
    """
    found: list[Decision] = []
    if org_type not in BRANCHES:
        found.append(refuse("E003", f"{TYPE_ZH.get(org_type, org_type)}不设党小组。请在下面的党支部里分小组。"))
    outsiders = sum(1 for one in group.member_ids if one not in members)
    if outsiders:
        found.append(refuse("E045", f"“{group.name}”里有 {outsiders} 人的组织关系不在本支部。请去掉他们。"))
    least, least_full = org.get("org.group_min"), org.get("org.group_min_full")
    size = len(set(group.member_ids))
    full = sum(1 for one in set(group.member_ids) if one in members and members[one].full)
    if size < cast(int, least.value):
        found.append(refuse("E006", f"“{group.name}”有 {size} 人，不足 {least.value} 人（{cite(least)}）。请增加组员，或并入其他小组。"))
    elif full < cast(int, least_full.value):
        reason = f"“{group.name}”有正式党员 {full} 人，至少要 {least_full.value} 人（{cite(least_full)}）。请编入正式党员。"
        found.append(refuse("E006", reason))
    for other in others:
        if group.group_id is not None and other.group_id == group.group_id:
            continue
        twice = [members[one].name for one in group.member_ids if one in other.member_ids and one in members]
        if twice:
            found.append(refuse("E007", f"{'、'.join(twice)} 已编在“{other.name}”。一名党员只能编入一个党小组，请先从原小组调出。"))
    if group.leader_id is not None and group.leader_id not in group.member_ids:
        found.append(refuse("E045", f"“{group.name}”的组长不在本组。请从组员中选组长，或先把组长编入本组。"))
    return tuple(found)


def check_group_closing(group: Group, members: Mapping[int, GroupMember], remaining: Sequence[Group]) -> Decision:
    """Refuse to close a group while others remain and its members would be left without one (E007 的反面: 无小组)."""
    if not remaining:
        return YES
    placed = {one for other in remaining for one in other.member_ids}
    left = [members[one].name for one in group.member_ids if one in members and one not in placed]
    if left:
        return refuse("E007", f"撤销“{group.name}”后，{'、'.join(left)} 没有党小组。请先把他们编入其他小组。")
    return YES


def group_findings(org: Effective, groups: Sequence[Group], members: Sequence[GroupMember]) -> tuple[Finding, ...]:
    """List what is wrong with the groups of a branch: too small, no full member, no leader, members twice or (where groups exist) in none."""
    found: list[Finding] = []
    by_id = {member.person_id: member for member in members}
    least, least_full = org.get("org.group_min"), org.get("org.group_min_full")
    where: dict[int, list[str]] = {}
    for group in groups:
        inside = [by_id[one] for one in dict.fromkeys(group.member_ids) if one in by_id]
        for member in inside:
            where.setdefault(member.person_id, []).append(group.name)
        if len(inside) < cast(int, least.value):
            sentence = f"“{group.name}”有 {len(inside)} 人，不足 {least.value} 人（{cite(least)}）。请增加组员，或并入其他小组。"
            found.append(Finding(FindingCode.GROUP_SMALL, sentence, group_id=group.group_id))
        if sum(member.full for member in inside) < cast(int, least_full.value):
            found.append(Finding(FindingCode.GROUP_NO_FULL, f"“{group.name}”没有正式党员（{cite(least_full)}）。请编入正式党员。", group_id=group.group_id))
        if group.leader_id is None:
            found.append(Finding(FindingCode.GROUP_NO_LEADER, f"“{group.name}”没有组长。请推选一名组长。", group_id=group.group_id))
        elif group.leader_id not in group.member_ids:
            found.append(Finding(FindingCode.GROUP_LEADER_OUTSIDE, f"“{group.name}”的组长不在本组。请从组员中选组长。", group_id=group.group_id))
    twice = [member for member in members if len(where.get(member.person_id, ())) > 1]
    for member in twice:
        sentence = f"{member.name} 同时编在{'、'.join(f'“{name}”' for name in where[member.person_id])}。请只留一个小组。"
        found.append(Finding(FindingCode.TWO_GROUPS, sentence, person_ids=(member.person_id,)))
    unassigned = unassigned_members(groups, members)
    if unassigned:
        names = "、".join(f"{one.name}（{one.post}）" if one.post else one.name for one in unassigned)
        found.append(Finding(FindingCode.UNASSIGNED, f"{names} 还没有编入党小组。每名党员（含书记、委员）都要编入一个小组。", person_ids=tuple(one.person_id for one in unassigned)))
    return tuple(found)


def groups_sound(org: Effective, groups: Iterable[tuple[int, int, bool]]) -> bool:
    """Tell from numbers whether `group_findings` has nothing to say about groups, each given as (members, full members among them, has a leader).

    For a branch whose members are each in exactly one of its groups, and whose leaders are in their groups. False where no rule says how many.
    """
    try:
        least, least_full = _number(org, "org.group_min"), _number(org, "org.group_min_full")
    except UndefinedValue:
        return False
    return all(members >= least and full >= least_full and led for members, full, led in groups)


def unassigned_members(groups: Sequence[Group], members: Sequence[GroupMember]) -> tuple[GroupMember, ...]:
    """List the members without a group; empty where the branch has no groups at all (S03)."""
    if not groups:
        return ()
    placed = {one for group in groups for one in group.member_ids}
    return tuple(member for member in members if member.person_id not in placed)
