"""Read the values of a rule set from TOML.

A value is never a bare guess: an unknown word, a float, a missing field or a wrong type is a ``ValueFault`` that the loader
turns into an error naming the file and the key.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from zhibu.ground.policy.spec import (
    BASES,
    BRANCH_TYPES,
    ORG_TYPES,
    RECORD_TYPES,
    WINDOWS,
    Alternative,
    Band,
    Bracket,
    Key,
    LifeRule,
    Share,
    Type,
    Value,
)
from zhibu.kernel.numbers import Op, Threshold


class ValueFault(ValueError):
    """A value that does not have the type its key asks for. The message is Chinese and names what was expected."""


def read(key: Key, raw: object) -> Value:
    """Read the TOML value of a key. Raises ValueFault, whose Chinese message says what was expected and what stands there."""
    return _READ[key.type](key, raw)


def _shown(raw: object) -> str:
    return repr(raw)[:60]


def _int(key: Key, raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise ValueFault(f"应为整数，现为 {_shown(raw)}")
    if raw < 0:
        raise ValueFault(f"不能为负数，现为 {raw}")
    return raw


def _decimal(key: Key, raw: object) -> Decimal:
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0:
        return Decimal(raw)
    if isinstance(raw, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?", raw):
        return Decimal(raw)
    raise ValueFault(f"应为带引号的小数（如 \"0.005\"）或非负整数，现为 {_shown(raw)}")


def _bool(key: Key, raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueFault(f"应为 true 或 false，现为 {_shown(raw)}")
    return raw


def _word(key: Key, raw: object) -> str:
    if not isinstance(raw, str) or raw not in key.choices:
        raise ValueFault(f"应为 {'、'.join(key.choices)} 之一，现为 {_shown(raw)}")
    return raw


def _list(raw: object) -> list[Any]:
    if not isinstance(raw, list):
        raise ValueFault(f"应为列表，现为 {_shown(raw)}")
    return raw


def _words(key: Key, raw: object) -> tuple[str, ...]:
    words = tuple(_word(key, item) for item in _list(raw))
    if len(set(words)) != len(words):
        raise ValueFault(f"有重复的项：{_shown(raw)}")
    return words


def _pairs(key: Key, raw: object) -> tuple[tuple[str, str], ...]:
    pairs = []
    for item in _list(raw):
        words = _words(key, item)
        if len(words) != 2:
            raise ValueFault(f"每一项应为两个不同的词，现为 {_shown(item)}")
        pairs.append((words[0], words[1]))
    return tuple(pairs)


def _ints(key: Key, raw: object) -> tuple[int, ...]:
    numbers = tuple(_int(key, item) for item in _list(raw))
    if not numbers or list(numbers) != sorted(set(numbers)):
        raise ValueFault(f"应为由小到大、不重复的整数列表，现为 {_shown(raw)}")
    return numbers


def _decimals(key: Key, raw: object) -> tuple[Decimal, ...]:
    numbers = tuple(_decimal(key, item) for item in _list(raw))
    if not numbers:
        raise ValueFault("列表不能为空")
    return numbers


def _day(key: Key, raw: object) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", raw):
        raise ValueFault(f"应为“月-日”（如 \"03-31\"），现为 {_shown(raw)}")
    return raw


def _time(key: Key, raw: object) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", raw):
        raise ValueFault(f"应为“时:分”（如 \"08:00\"），现为 {_shown(raw)}")
    return raw


def _fields(raw: object, allowed: Mapping[str, bool]) -> dict[str, Any]:
    """Check a table against its allowed fields (name → required)."""
    if not isinstance(raw, dict):
        raise ValueFault(f"应为表，现为 {_shown(raw)}")
    for name in raw:
        if name not in allowed:
            raise ValueFault(f"不认识的项 {name}（可用：{'、'.join(allowed)}）")
    for name, required in allowed.items():
        if required and name not in raw:
            raise ValueFault(f"缺少 {name}")
    return raw


def _ratio(fields: Mapping[str, Any], key: Key) -> tuple[int, int]:
    num, den = _int(key, fields["num"]), _int(key, fields["den"])
    if den == 0:
        raise ValueFault("分母 den 不能为 0")
    return num, den


def _base(fields: Mapping[str, Any]) -> str:
    base = fields.get("base", "")
    if base and base not in BASES:
        raise ValueFault(f"基数 base 应为 {'、'.join(BASES)} 之一，现为 {_shown(base)}")
    return str(base)


def _threshold(key: Key, raw: object) -> Threshold:
    fields = _fields(raw, {"base": False, "num": True, "den": True, "op": True})
    op = fields["op"]
    if op not in tuple(Op):
        raise ValueFault(f"比较 op 应为 >=、>、<=、< 之一，现为 {_shown(op)}")
    return Threshold(value=Fraction(*_ratio(fields, key)), op=Op(op), base=_base(fields))


def _share(key: Key, raw: object) -> Share:
    fields = _fields(raw, {"num": True, "den": True, "round": False, "hard": False, "base": False})
    num, den = _ratio(fields, key)
    way = fields.get("round", "floor")
    if way not in ("floor", "ceil"):
        raise ValueFault(f"取整 round 应为 floor 或 ceil，现为 {_shown(way)}")
    return Share(num=num, den=den, round=way, hard=_bool(key, fields.get("hard", True)), base=_base(fields))


def _brackets(key: Key, raw: object) -> tuple[Bracket, ...]:
    rows = []
    for item in _list(raw):
        fields = _fields(item, {"up_to": False, "rate": True})
        rows.append(Bracket(_decimal(key, fields["up_to"]) if "up_to" in fields else None, _decimal(key, fields["rate"])))
    limits = [row.up_to for row in rows[:-1]]
    if not rows or rows[-1].up_to is not None or any(limit is None for limit in limits):
        raise ValueFault("最后一档不写 up_to，其余各档都要写")
    known = [limit for limit in limits if limit is not None]
    if known != sorted(set(known)):
        raise ValueFault("各档 up_to 应由小到大")
    return tuple(rows)


def _bands(key: Key, raw: object) -> tuple[Band, ...]:
    rows = []
    for item in _list(raw):
        fields = _fields(item, {"from": True, "level": True})
        level = fields["level"]
        rows.append(Band(_decimal(key, fields["from"]), _word(key, level) if key.choices else _int(key, level)))
    floors = [row.at_least for row in rows]
    if not rows or floors != sorted(set(floors), reverse=True) or floors[-1] != 0:
        raise ValueFault("各档 from 应由大到小，最后一档为 0")
    return tuple(rows)


def _training(key: Key, raw: object) -> tuple[Alternative, ...]:
    fields = _fields(raw, {"any_of": True})
    found = []
    for item in _list(fields["any_of"]):
        part = _fields(item, {"days": False, "hours": False})
        if len(part) != 1:
            raise ValueFault(f"any_of 的每一项只写 days 或 hours，现为 {_shown(item)}")
        found.append(Alternative(**{name: _int(key, number) for name, number in part.items()}))
    if not found:
        raise ValueFault("any_of 不能为空")
    return tuple(found)


_LIFE_FIELDS = {
    "window": False, "min": False, "per": False, "by": False, "applies_to": False, "needs_committee": False, "prefer": False,
    "fixed_day": False, "records": False, "excellent": False, "relations": False, "committee_secretary_min_per_year": False,
}
_RELATIONS = ("committee_pair", "committee_member", "member_member")


def _life(key: Key, raw: object) -> LifeRule:
    fields = _fields(raw, _LIFE_FIELDS)

    def one(name: str, choices: tuple[str, ...], default: str) -> str:
        found = fields.get(name, default)
        if name in fields and found not in choices:
            raise ValueFault(f"{name} 应为 {'、'.join(choices)} 之一，现为 {_shown(found)}")
        return str(found)

    def some(name: str, choices: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return _words(Key(name, Type.WORDS, "", choices=choices), fields[name])
        except ValueFault as fault:
            raise ValueFault(f"{name} {fault}") from None

    by = one("by", ("committee",), "")
    window = one("window", WINDOWS, "")
    if not window and not by:
        raise ValueFault("缺少 window（或用 by 写明由谁代行）")
    minimum = _int(key, fields["min"]) if "min" in fields else None
    if minimum is not None and window == "continuous":
        raise ValueFault("window 为 continuous 时不写 min")
    secretary = fields.get("committee_secretary_min_per_year")
    return LifeRule(
        kind=key.name.rpartition(".")[2],
        window=window,
        minimum=minimum,
        per=one("per", ("org", "group"), "org"),
        by=by,
        applies_to=some("applies_to", ORG_TYPES) if "applies_to" in fields else BRANCH_TYPES,
        needs_committee=_bool(key, fields.get("needs_committee", False)),
        prefer=one("prefer", ("Q1", "Q2", "Q3", "Q4"), ""),
        fixed_day=_bool(key, fields.get("fixed_day", False)),
        records=some("records", RECORD_TYPES) if "records" in fields else None,
        excellent=_share(key, fields["excellent"]) if "excellent" in fields else None,
        relations=some("relations", _RELATIONS) if "relations" in fields else (),
        committee_secretary_min_per_year=None if secretary is None else _int(key, secretary),
    )


_READ: dict[Type, Callable[[Key, object], Value]] = {
    Type.INT: _int, Type.DECIMAL: _decimal, Type.BOOL: _bool, Type.WORD: _word, Type.WORDS: _words, Type.PAIRS: _pairs,
    Type.INTS: _ints, Type.DECIMALS: _decimals, Type.DAY: _day, Type.TIME: _time, Type.THRESHOLD: _threshold, Type.SHARE: _share,
    Type.BRACKETS: _brackets, Type.BANDS: _bands, Type.TRAINING: _training, Type.LIFE: _life,
}
