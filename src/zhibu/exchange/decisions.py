"""Decision tables: for given facts, what must come out under the rules. No database, no network.

A table is a TOML file with ``family``, and ``[[case]]`` with ``name``, ``given``, ``expect``. The tables of this product lie in ``tables/``;
a county may bring its own. ``zhibu cases`` runs files; the page of a rule set shows what a draft changes (``trial``).
"""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from zhibu.areas.dues import rules as dues
from zhibu.areas.meetings import rules as meetings
from zhibu.areas.resources import rules as resources
from zhibu.areas.structure import rules as structure
from zhibu.areas.talks import rules as talks
from zhibu.areas.transfers import rules as transfers
from zhibu.ground.policy.files import parse_toml
from zhibu.ground.policy.library import Library, UnknownRuleSet
from zhibu.ground.policy.resolve import Effective, UndefinedValue, resolve_named
from zhibu.ground.policy.spec import KINDS, ORG_TYPES, LifeRule
from zhibu.kernel.coverage import coverage
from zhibu.kernel.numbers import Threshold
from zhibu.kernel.periods import Span
from zhibu.kernel.result import refuse


class Malformed(Exception):
    """A table that cannot be read. The message names file, case and key."""

    def __init__(self, key: str, why: str, case: str = "-", file: str = "") -> None:
        self.key, self.why, self.case, self.file = key, why, case, file
        super().__init__(f"{file}: {case}: {key}: {why}")

    def at(self, file: str, case: str) -> Malformed:
        """Say where it happened."""
        return Malformed(self.key, self.why, case, file)


#: a table beyond these is a slip of the hand, or meant to keep the machine busy
FIRST_YEAR, LAST_YEAR, MOST_GROUPS, MOST_HELD = 1900, 2200, 200, 2000
Reader = Callable[[str, Any], Any]
Given = Mapping[str, Any]
Got = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of ``given``: how it is read, whether it must be there, what stands for it when it is not."""

    read: Reader
    required: bool = True
    default: Any = None


@dataclass(frozen=True, slots=True)
class Family:
    """One rule: the keys its cases may give and expect, and the function that answers."""

    given: Mapping[str, Key]
    expect: frozenset[str]
    answer: Callable[[Library, Given, date], Got]


# ---------------------------------------------------------------- reading


def _shown(raw: object) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else text[:57] + "..."


def _text(key: str, raw: Any) -> str:
    if not isinstance(raw, str):
        raise Malformed(key, f"应为文字，现为 {_shown(raw)}")
    return raw


def _flag(key: str, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise Malformed(key, f"应为 true 或 false，现为 {_shown(raw)}")
    return raw


def _count(least: int = 0, most: int = 1_000_000) -> Reader:
    def read(key: str, raw: Any) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise Malformed(key, f"应为整数，现为 {_shown(raw)}")
        if raw < least:
            raise Malformed(key, f"不能小于 {least}，现为 {raw}")
        if raw > most:
            raise Malformed(key, f"不能大于 {most}，现为 {_shown(raw)}")
        return raw

    return read


def _day(key: str, raw: Any) -> date:
    found = raw if isinstance(raw, date) and not isinstance(raw, datetime) else None
    if isinstance(raw, str) and len(raw) == 10:
        try:
            found = date.fromisoformat(raw)
        except ValueError:
            pass
    if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR:
        return found
    raise Malformed(key, f"应为日期，写成 YYYY-MM-DD，现为 {_shown(raw)}")


def _one_of(choices: Sequence[str]) -> Reader:
    def read(key: str, raw: Any) -> str:
        if not isinstance(raw, str) or raw not in choices:
            raise Malformed(key, f"应为 {'、'.join(choices)} 之一，现为 {_shown(raw)}")
        return raw

    return read


def _rules(key: str, raw: Any) -> tuple[str, ...]:
    codes = [raw] if isinstance(raw, str) else raw
    if not isinstance(codes, list) or not codes or not all(isinstance(code, str) for code in codes):
        raise Malformed(key, f"应为规则集代号或代号的列表，现为 {_shown(raw)}")
    return tuple(codes)


@dataclass(frozen=True, slots=True)
class _HeldRow:
    """One row of ``held``, before it is known whether groups are counted."""

    number: int
    kind: str
    days: tuple[date, ...]
    group: int | None
    records: frozenset[str] | None


_HELD_KINDS = _one_of(KINDS)
_GROUP = _count(1)
_HELD_KEYS = ("kind", "on", "group", "records")


def _held(key: str, raw: Any) -> tuple[_HeldRow, ...]:
    if not isinstance(raw, list):
        raise Malformed(key, f"应为列表，现为 {_shown(raw)}")
    if len(raw) > MOST_HELD or sum(len(row["on"]) for row in raw if isinstance(row, dict) and isinstance(row.get("on"), list)) > MOST_HELD:
        raise Malformed(key, f"最多 {MOST_HELD} 次")
    return tuple(_held_row(f"{key}[{number}]", number, row) for number, row in enumerate(raw))


def _held_row(key: str, number: int, row: Any) -> _HeldRow:
    if not isinstance(row, dict):
        raise Malformed(key, f"应为表，现为 {_shown(row)}")
    for name in row:
        if name not in _HELD_KEYS:
            raise Malformed(f"{key}.{name}", f"不认识的项（可用：{'、'.join(_HELD_KEYS)}）")
    for name in ("kind", "on", "records"):
        if name not in row:
            raise Malformed(f"{key}.{name}", "缺少")
    on = row["on"] if isinstance(row["on"], list) else [row["on"]]
    days = tuple(_day(f"{key}.on", day) for day in on)
    group = _GROUP(f"{key}.group", row["group"]) if "group" in row else None
    return _HeldRow(number, _HELD_KINDS(f"{key}.kind", row["kind"]), days, group, _record_list(f"{key}.records", row["records"]))


def _record_list(key: str, raw: Any) -> frozenset[str] | None:
    """Read the records present; None = all that the rule set requires."""
    if raw == "all":
        return None
    if not isinstance(raw, list):
        raise Malformed(key, f"应为 \"all\" 或记录种类的列表，现为 {_shown(raw)}")
    for record in raw:
        if not isinstance(record, str) or record not in meetings.RECORD_BIT:
            raise Malformed(key, f"不认识的记录种类 {_shown(record)}")
    return frozenset(raw)


# ---------------------------------------------------------------- the families


def _resolve(library: Library, given: Given, family: str, on: date, dated: bool) -> Effective:
    try:
        return resolve_named(library, given["rules"], family, on, dated)
    except UnknownRuleSet as error:
        raise Malformed("rules", str(error)) from None


def _suggest(library: Library, given: Given, today: date) -> Got:
    """Answer structure.suggest. The family carries no date: named sets hold as they stand, the fallback is the national set of today."""
    org, term = (_resolve(library, given, family, today, dated=False) for family in ("org", "term"))
    found = structure.suggest(
        org, term, given["full"], given["probationary"], given["units"], given["village_or_community"], given["project_months"]
    )
    if not found.refusal.ok:
        return {"error": found.refusal.code}
    got: Got = {"type": found.type, "warnings": list(found.warnings)}
    for key, value in (("term_years", found.term_years), ("committee_min", found.committee_min), ("committee_max", found.committee_max)):
        if value is not None:
            got[key] = value
    return got


def _term(library: Library, given: Given, today: date) -> Got:
    """Answer structure.term. The date of the family is the day of the election."""
    effective = _resolve(library, given, "term", given["elected_on"], dated=True)
    try:
        found = structure.term(effective, given["type"], given["village_or_community"], given["elected_on"], given["years"])
    except structure.YearsRequired as error:
        raise Malformed("years", f"缺少：{error}") from None
    if not found.refusal.ok:
        return {"error": found.refusal.code}
    got: Got = {"expires_on": found.expires_on, "below_national": found.below_national}
    if found.remind_on is not None:
        got["remind_on"] = found.remind_on
    return got


def _year(library: Library, given: Given, today: date) -> Got:
    """Answer meetings.year. The date of the family is as_of, at the latest the last day of the year: later sets do not change old results."""
    year, as_of, groups = given["year"], given["as_of"], given["groups"]
    resolved = _resolve(library, given, "life", min(as_of, date(year, 12, 31)), dated=True).life()
    life = {kind: cast(LifeRule, one.value) for kind, one in resolved.items()}
    rows: tuple[_HeldRow, ...] = given["held"]
    rule = life.get("group_meeting")
    if rule is not None and rule.counted and rule.per == "group":
        for row in rows:
            if row.kind == "group_meeting" and (row.group is None or row.group > groups):
                raise Malformed(f"held[{row.number}].group", "缺少" if row.group is None else f"应为 1 至 {groups}，现为 {row.group}")
    if any(day > as_of for row in rows for day in row.days):
        return {"error": "E001"}
    established, dissolved = given["established_on"], given["dissolved_on"]
    if established is not None and dissolved is not None and dissolved < established:
        return {"error": "E002"}
    if not life:
        return {"error": "E055"}
    always = Span(date.min)
    answer = meetings.year(
        rules_on=lambda day: life,
        year=year,
        as_of=as_of,
        held=[
            meetings.Held(row.kind, day, row.records, row.group if row.kind == "group_meeting" else None) for row in rows for day in row.days
        ],
        lives=[(Span(established or date.min, dissolved), "")],
        committees=[always] if given["committee"] else [],
        groups={number: [always] for number in range(1, groups + 1)},
        any_type=True,
    )
    got: Got = {"due": answer.due, "fulfilled": answer.fulfilled, "rate": answer.rate, "talk_due": 0, "talk_fulfilled": 0}
    for kind, (due, fulfilled) in answer.kinds.items():
        got[f"{kind}_due"], got[f"{kind}_fulfilled"] = due, fulfilled
    return got


def _decision(library: Library, given: Given, today: date) -> Got:
    """Answer meetings.decision. The family carries no date."""
    votes = _resolve(library, given, "votes", today, dated=False)
    quorum = "votes.committee_quorum" if given["kind"] == "committee_meeting" else "votes.decision_quorum"
    found = meetings.decision(
        given["kind"],
        given["expected_voting"],
        given["present"],
        given["ayes"],
        cast(Threshold, votes.value(quorum)),
        cast(Threshold, votes.value("votes.decision_majority")),
    )
    if not found.refusal.ok:
        return {"error": found.refusal.code}
    return {"quorate": found.quorate, "passed": found.passed}


def _coverage(library: Library, given: Given, today: date) -> Got:
    """Answer coverage.rates. No rule set: definitions and exact shares."""
    found = coverage(**given)
    if not found.refusal.ok:
        return {"error": found.refusal.code}
    return {name: getattr(found, name) for name in ("org_coverage", "work_coverage", "built_rate", "member_share")}


def _talks(library: Library, given: Given, today: date) -> Got:
    """Answer talks.coverage. No rule set: exact shares of counted pairs and members; every relation is asked for."""
    found = talks.coverage(talks.Counts(**given))
    if not found.refusal.ok:
        return {"error": found.refusal.code}
    return {name: getattr(found, name) for name in ("committee_pairs", "ordinary_rate", "member_rate", "violation")}
def _letter(library: Library, given: Given, today: date) -> Got:
    """Answer transfers.letter: the last day, and whether a letter accepted on a day still holds."""
    issued, days, accepted = given["issued_on"], given["valid_days"], given["accepted_on"]
    held = transfers.Validity(None, days) if days is not None else transfers.validity(_resolve(library, given, "relations", issued, dated=True))
    until = held.until(issued)
    if accepted is not None and not (decision := transfers.may_receive(issued, until, accepted)):
        return {"error": decision.code}
    return {"valid_until": until, "accepted": accepted is not None}


def _month(key: str, raw: Any) -> int:
    try:
        found = dues.month_from(raw) if isinstance(raw, str) else -1
    except ValueError:
        found = -1
    if not FIRST_YEAR * 12 <= found <= LAST_YEAR * 12:
        raise Malformed(key, f"应为月份，写成 YYYY-MM，现为 {_shown(raw)}")
    return found


def _months(key: str, raw: Any) -> tuple[int, ...]:
    if not isinstance(raw, list) or len(raw) > MOST_HELD:
        raise Malformed(key, f"应为月份的列表，最多 {MOST_HELD} 个，现为 {_shown(raw)}")
    return tuple(_month(f"{key}[{n}]", one) for n, one in enumerate(raw))


def _owes(library: Library, given: Given, month: int, category: str, text: str | None) -> dues.Monthly:
    """Compute a month's dues by the sets that hold on its first day."""
    effective = _resolve(library, given, "dues", dues.month_start(month), dated=True)
    try:
        base = dues.fen(text) if text is not None else 0
    except dues.MoneyFault as fault:
        return dues.Monthly(refuse(fault.code, fault.reason))
    return dues.monthly(dues.tariff(effective), category, base)


def _base_of(given: Given, category: str) -> str | None:
    name = "amount" if category == dues.Category.FARMER else "base"
    if given[name] is None and (category in dues.BY_BASE or category == dues.Category.FARMER):
        raise Malformed(name, "缺少")
    return cast("str | None", given[name]) if category not in dues.FIXED else None


def _dues_monthly(library: Library, given: Given, today: date) -> Got:
    """Answer dues.monthly. The date of the family is the first day of the month."""
    category = given["category"]
    if category == "exempt":
        return {"amount": "0.00"}
    found = _owes(library, given, given["month"], category, _base_of(given, category))
    if not found.refusal.ok:
        return {"error": found.refusal.code}
    got: Got = {"amount": dues.yuan(found.amount)}
    if found.rate is not None:
        got["rate"] = dues.rate_text(found.rate)
    return got


def _dues_arrears(library: Library, given: Given, today: date) -> Got:
    """Answer dues.arrears. The ladder is that of as_of; the amount of a month is computed by the sets of that month."""
    steps = dues.ladder(_resolve(library, given, "dues", given["as_of"], dated=True))
    found = dues.arrears(given["unpaid"], given["as_of"], steps)
    got: Got = {"months": found.months, "step": str(found.step), "membership": "unchanged"}
    if given["monthly"] is None and given["category"] is None:
        return got
    owed = 0
    for month in found.unpaid:
        if given["monthly"] is not None:
            try:
                owed += dues.fen(given["monthly"])
            except dues.MoneyFault as fault:
                return {"error": fault.code}
        elif given["category"] != "exempt":
            one = _owes(library, given, month, given["category"], _base_of(given, given["category"]))
            if not one.refusal.ok:
                return {"error": one.refusal.code}
            owed += one.amount
    got["owed"] = dues.yuan(owed)
    return got


_CATEGORY = _one_of((*dues.CATEGORY_ZH, "exempt"))
def _funds(library: Library, given: Given, today: date) -> Got:
    """Answer resources.funds. The family carries no date."""
    paid: Mapping[str, int] = given["paid"]
    for fund, fen in paid.items():
        if (refused := resources.check_amount(fen, resources.FUND_ZH[fund])) is not None:
            return {"error": refused.code}
    counts = resources.Counts(given["urban_communities"], given["county_communities"], given["villages"], given["members"])
    required = {fund: one.fen for fund, one in resources.needs(_resolve(library, given, "funds", today, dated=False), counts).items()}
    return {
        "required": {fund: resources.yuan(fen) for fund, fen in required.items()}, "required_total": resources.yuan(sum(required.values())),
        "gap_total": resources.yuan(resources.gap_total(required, paid)),
    }


def _paid(key: str, raw: Any) -> dict[str, int]:
    """Read what was paid for each fund, in yuan as text, into fen."""
    if not isinstance(raw, dict):
        raise Malformed(key, f"应为表，现为 {_shown(raw)}")
    names = [fund.value for fund in resources.Fund]
    for name in raw:
        if name not in names:
            raise Malformed(f"{key}.{name}", f"不认识的项（可用：{'、'.join(names)}）")
    return {name: _fen(f"{key}.{name}", raw[name]) for name in names if name in raw}


def _fen(key: str, raw: Any) -> int:
    if not isinstance(raw, str) or not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,2})?", raw):
        raise Malformed(key, f"应为金额，写成文字，最多两位小数，现为 {_shown(raw)}")
    return int(Decimal(raw) * resources.FEN)


_RULES = Key(_rules)
_NO = Key(_flag, required=False, default=False)
_MAYBE_DAY = Key(_day, required=False)

FAMILIES: dict[str, Family] = {
    "structure.suggest": Family(
        {
            "rules": _RULES,
            "full": Key(_count()),
            "probationary": Key(_count()),
            "units": Key(_count(1), required=False, default=1),
            "village_or_community": _NO,
            "project_months": Key(_count(), required=False),
        },
        frozenset({"type", "term_years", "committee_min", "committee_max", "warnings", "error"}),
        _suggest,
    ),
    "structure.term": Family(
        {
            "rules": _RULES,
            "type": Key(_one_of(ORG_TYPES)),
            "village_or_community": _NO,
            "elected_on": Key(_day),
            "years": Key(_count(0, 100), required=False),
        },
        frozenset({"expires_on", "remind_on", "below_national", "error"}),
        _term,
    ),
    "meetings.year": Family(
        {
            "rules": _RULES,
            "year": Key(_count(FIRST_YEAR, LAST_YEAR)),
            "as_of": Key(_day),
            "members": Key(_count()),
            "groups": Key(_count(0, MOST_GROUPS)),
            "committee": Key(_flag, required=False, default=True),
            "established_on": _MAYBE_DAY,
            "dissolved_on": _MAYBE_DAY,
            "held": Key(_held),
        },
        frozenset({"due", "fulfilled", "rate", "error", *(f"{kind}_{part}" for kind in KINDS for part in ("due", "fulfilled"))}),
        _year,
    ),
    "meetings.decision": Family(
        {
            "rules": _RULES,
            "kind": Key(_one_of(("general_meeting", "committee_meeting"))),
            "expected_voting": Key(_count()),
            "present": Key(_count()),
            "ayes": Key(_count()),
        },
        frozenset({"quorate", "passed", "error"}),
        _decision,
    ),
    "transfers.letter": Family(
        {"rules": _RULES, "issued_on": Key(_day), "valid_days": Key(_count(1, 3660), required=False), "accepted_on": _MAYBE_DAY},
        frozenset({"valid_until", "accepted", "error"}),
        _letter,
    ),
    "dues.monthly": Family(
        {
            "rules": _RULES,
            "category": Key(_CATEGORY),
            "base": Key(_text, required=False),
            "amount": Key(_text, required=False),
            "month": Key(_month),
        },
        frozenset({"rate", "amount", "error"}),
        _dues_monthly,
    ),
    "dues.arrears": Family(
        {
            "rules": _RULES,
            "unpaid": Key(_months),
            "as_of": Key(_day),
            "category": Key(_CATEGORY, required=False),
            "base": Key(_text, required=False),
            "amount": Key(_text, required=False),
            "monthly": Key(_text, required=False),
        },
        frozenset({"months", "step", "owed", "membership", "error"}),
        _dues_arrears,
    ),
    "coverage.rates": Family(
        {name: Key(_count()) for name in ("units", "single", "joint", "none", "none_with_instructor", "eligible")}
        | {name: Key(_count(), required=False) for name in ("staff", "members")},
        frozenset({"org_coverage", "work_coverage", "built_rate", "member_share", "error"}),
        _coverage,
    ),
    "talks.coverage": Family(
        {name: Key(_count()) for name in ("committee", "pairs_done", "ordinary", "reached", "members", "mutual")},
        frozenset({"committee_pairs", "ordinary_rate", "member_rate", "violation", "error"}),
        _talks,
    ),
    "resources.funds": Family(
        {"rules": _RULES, **{name: Key(_count()) for name in ("urban_communities", "county_communities", "members", "villages")}, "paid": Key(_paid)},
        frozenset({"required", "required_total", "gap_total", "error"}),
        _funds,
    ),
}


# ---------------------------------------------------------------- running


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a table; `given` as read, `facts` as written."""

    file: str
    name: str
    number: int
    family: str
    given: Given
    facts: Given
    expect: Mapping[str, Any]


def load(data: bytes, file: str) -> tuple[str, list[Any]]:
    """Read a table: the name of its family and its cases as written. Raises Malformed."""
    try:
        table = parse_toml(data.decode("utf-8-sig"))
    except ValueError as error:
        raise Malformed("-", f"不是有效的 TOML：{error}", file=file) from None
    try:
        if "family" not in table:
            raise Malformed("family", "缺少")
        name = _text("family", table["family"])
        if name not in FAMILIES:
            raise Malformed("family", f"不认识的规则 {_shown(name)}（可用：{'、'.join(FAMILIES)}）")
        for key in table:
            if key not in ("family", "case"):
                raise Malformed(key, "不认识的项（可用：family、case）")
        cases = table.get("case", [])
        if not isinstance(cases, list):
            raise Malformed("case", f"应写成 [[case]]，现为 {_shown(cases)}")
    except Malformed as error:
        raise error.at(file, "-") from None
    return name, cases


def read_case(file: str, number: int, name: str, raw: Any) -> Case:
    """Read one case of a family. Raises Malformed naming file, case and key."""
    family = FAMILIES[name]
    label = f"第 {number} 例"
    try:
        if not isinstance(raw, dict):
            raise Malformed("case", f"应为表，现为 {_shown(raw)}")
        if isinstance(raw.get("name"), str) and raw["name"].strip():
            label = raw["name"]
        for key in raw:
            if key not in ("name", "given", "expect"):
                raise Malformed(key, "不认识的项（可用：name、given、expect）")
        for key in ("name", "given", "expect"):
            if key not in raw:
                raise Malformed(key, "缺少")
        _text("name", raw["name"])
        for key in ("given", "expect"):
            if not isinstance(raw[key], dict):
                raise Malformed(key, f"应为表，现为 {_shown(raw[key])}")
        for key in raw["given"]:
            if key not in family.given:
                raise Malformed(f"given.{key}", f"不认识的项（可用：{'、'.join(family.given)}）")
        for key in raw["expect"]:
            if key not in family.expect:
                raise Malformed(f"expect.{key}", f"不认识的项（可用：{'、'.join(sorted(family.expect))}）")
        given = {}
        for key, spec in family.given.items():
            if key in raw["given"]:
                given[key] = spec.read(key, raw["given"][key])
            elif spec.required:
                raise Malformed(key, "缺少")
            else:
                given[key] = spec.default
    except Malformed as error:
        raise error.at(file, label) from None
    return Case(file, label, number, name, given, raw["given"], raw["expect"])


def plain(value: Any) -> Any:
    """Write a value as a table would: dates as text."""
    if isinstance(value, date):
        return value.isoformat()
    return [plain(one) for one in value] if isinstance(value, list) else value


def differences(expect: Mapping[str, Any], got: Got) -> list[str]:
    """Say what did not come out as expected, one sentence a key."""
    found = []
    for key, raw in expect.items():
        wanted, have = plain(raw), plain(got.get(key, "" if key == "error" else None))
        if type(wanted) is not type(have) or wanted != have:
            shown = "nothing" if have is None else _shown(have)
            if key != "error" and "error" in got:
                shown = f"error {got['error']}"
            elif key == "error" and have == "":
                shown = "no error"
            found.append(f"{key}: expected {_shown(wanted)}, got {shown}")
    return found


def answer(case: Case, library: Library, today: date) -> Got:
    """Give what comes out for a case; a value that no set defines is the error E055. Raises Malformed for facts that do not fit together."""
    try:
        return FAMILIES[case.family].answer(library, case.given, today)
    except UndefinedValue as error:
        return {"error": error.code}
    except Malformed as error:
        raise error.at(case.file, case.name) from None
