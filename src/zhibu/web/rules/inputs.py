"""The typed inputs of one rule value: what stands in the boxes, the boxes, and what was typed read back. One entry per type of the catalogue."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from zhibu.ground.policy.catalogue import KEYS
from zhibu.ground.policy.reading import ValueFault, read
from zhibu.ground.policy.spec import BASES, Key, Type, Value
from zhibu.ground.policy.wording import BASE_ZH, WORD_ZH
from zhibu.ground.policy.writing import raw
from zhibu.web.shell.context import Field

from . import life_inputs
from .typed import HIGHEST, Texts, Wrong, checks, number, pick

OPS = ((">=", "达到（以上、不少于）"), (">", "超过"), ("<=", "不超过（以下）"), ("<", "不足"))
NOT_SET = "不写，沿用"
NOTHING = "none"  # ticked instead of words: the list is empty on purpose


@dataclass(frozen=True, slots=True)
class Kind:
    """How a type is shown and read: texts of a written value, its fields, and the written value from what was typed (None = nothing was typed)."""

    texts: Callable[[str, Any], Mapping[str, list[str]]]
    fields: Callable[[Key, Texts], tuple[Field, ...]]
    written: Callable[[Key, Texts], Any]


def texts_of(name: str, value: Value | None) -> Mapping[str, list[str]]:
    """Give what stands in the boxes for a value."""
    if value is None:
        return {}
    return _KINDS[KEYS[name].type].texts(name, raw(name, value))


def fields_of(name: str, typed: Texts) -> tuple[Field, ...]:
    """Give the boxes of a value."""
    return _KINDS[KEYS[name].type].fields(KEYS[name], typed)


def value_of(name: str, typed: Texts) -> Value | None:
    """Read a value from what was typed; None where nothing was. Raises Wrong with the box and a sentence."""
    key = KEYS[name]
    written = _KINDS[key.type].written(key, typed)
    if written is None:
        return None
    try:
        return read(key, written)
    except ValueFault as fault:
        raise Wrong(name, f"“{key.title}”填得不对：{fault}") from None


# ---------------------------------------------------------------- one box


def _one(name: str, written: Any) -> Mapping[str, list[str]]:
    return {name: [str(written)]}


def _number_box(key: Key, typed: Texts) -> tuple[Field, ...]:
    label = f"本规则集的值（{key.unit}）" if key.unit else "本规则集的值"
    return (typed.field(key.name, label, "number" if key.type is Type.INT else "text", inputmode="numeric" if key.type is Type.INT else "decimal", width="half", maxlength=12),)


def _int(key: Key, typed: Texts) -> Any:
    return number(typed, key.name, key.title)


def _money(typed: Texts, name: str, title: str, percent: bool = False) -> str | None:
    text = typed.one(name)
    if not text:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise Wrong(name, f"“{title}”要填数，例如 0.5") from None
    if not found.is_finite() or not 0 <= found <= HIGHEST or len(text) > 16:
        raise Wrong(name, f"“{title}”要填不小于 0 的数")
    return f"{(found / 100).normalize() if percent else found:f}"


def _decimal(key: Key, typed: Texts) -> Any:
    return _money(typed, key.name, key.title)


def _bool_texts(name: str, written: Any) -> Mapping[str, list[str]]:
    return {name: ["yes" if written else "no"]}


def _bool_box(key: Key, typed: Texts) -> tuple[Field, ...]:
    return (pick(typed, key.name, "本规则集的值", (("", NOT_SET), ("yes", "是"), ("no", "否")), width="half"),)


def _bool(key: Key, typed: Texts) -> Any:
    return {"": None, "yes": True, "no": False}[typed.chosen(key.name, ("", "yes", "no"), key.title)]


def _word_box(key: Key, typed: Texts) -> tuple[Field, ...]:
    return (pick(typed, key.name, "本规则集的值", (("", NOT_SET), *((one, WORD_ZH[one]) for one in key.choices)), width="half"),)


def _word(key: Key, typed: Texts) -> Any:
    return typed.chosen(key.name, ("", *key.choices), key.title) or None


def _line_box(hint: str) -> Callable[[Key, Texts], tuple[Field, ...]]:
    def box(key: Key, typed: Texts) -> tuple[Field, ...]:
        return (typed.field(key.name, f"本规则集的值{f'（{key.unit}）' if key.unit else ''}", help=hint, width="half", maxlength=60),)

    return box


def _clock_box(key: Key, typed: Texts) -> tuple[Field, ...]:
    return (typed.field(key.name, "本规则集的值", "time", width="half"),)


def _text(key: Key, typed: Texts) -> Any:
    return typed.one(key.name) or None


def _many_texts(name: str, written: Any) -> Mapping[str, list[str]]:
    return {name: ["、".join(str(one) for one in written)]}


def _split(text: str) -> list[str]:
    for mark in "，,；; 　":
        text = text.replace(mark, "、")
    return [one for one in text.split("、") if one]


def _ints(key: Key, typed: Texts) -> Any:
    found = _split(typed.one(key.name))
    if any(not (one.isascii() and one.isdigit()) or len(one) > 6 for one in found):
        raise Wrong(key.name, f"“{key.title}”要填整数，几个数之间用顿号隔开")
    return sorted({int(one) for one in found}) or None


def _decimals(key: Key, typed: Texts) -> Any:
    found = _split(typed.one(key.name))
    if any(not one.replace(".", "", 1).isdigit() or not one.isascii() or len(one) > 8 or one[0] == "." or one[-1] == "." for one in found):
        raise Wrong(key.name, f"“{key.title}”要填数，几个数之间用顿号隔开")
    return found or None


# ---------------------------------------------------------------- lists of words


def _words_texts(name: str, written: Any) -> Mapping[str, list[str]]:
    return {name: list(written) or [NOTHING]}


def _words_box(key: Key, typed: Texts) -> tuple[Field, ...]:
    return (checks(typed, key.name, "本规则集的值", (*((one, WORD_ZH[one]) for one in key.choices), (NOTHING, "一项也不要")), help="都不勾就是不写，沿用"),)


def _words(key: Key, typed: Texts) -> Any:
    found = typed.several(key.name, (*key.choices, NOTHING), key.title)
    return [] if found == [NOTHING] else [one for one in found if one != NOTHING] or None


def _pairs_texts(name: str, written: Any) -> Mapping[str, list[str]]:
    return {f"{name}-{n}-{side}": [pair[side]] for n, pair in enumerate(written) for side in (0, 1)}


def _rows(typed: Texts, name: str, last: str) -> int:
    """Count the rows of boxes: those filled, and two free ones."""
    filled = 0
    while filled < 30 and typed.has(f"{name}-{filled}-{last}"):
        filled += 1
    return min(filled + 2, 30)


def _pairs_box(key: Key, typed: Texts) -> tuple[Field, ...]:
    options = (("", "（空）"), *((one, WORD_ZH[one]) for one in key.choices))
    return tuple(
        pick(typed, f"{key.name}-{n}-{side}", f"第 {n + 1} 对，{'活动' if side == 0 else '可以合并的活动'}", options, width="half")
        for n in range(_rows(typed, key.name, "1")) for side in (0, 1)
    )


def _pairs(key: Key, typed: Texts) -> Any:
    found = []
    for n in range(30):
        pair = [typed.chosen(f"{key.name}-{n}-{side}", ("", *key.choices), key.title) for side in (0, 1)]
        if any(pair) and (not all(pair) or pair[0] == pair[1]):
            raise Wrong(f"{key.name}-{n}-0", f"“{key.title}”第 {n + 1} 对要选两种不同的活动")
        if all(pair):
            found.append(pair)
    return found or None


# ---------------------------------------------------------------- shares and thresholds


def _fraction_texts(name: str, written: Any) -> Mapping[str, list[str]]:
    return {f"{name}-{part}": [str(one)] for part, one in written.items()}


def _fraction_boxes(key: Key, typed: Texts) -> list[Field]:
    return [
        typed.field(f"{key.name}-num", "分子", "number", inputmode="numeric", width="third", maxlength=6),
        typed.field(f"{key.name}-den", "分母", "number", inputmode="numeric", width="third", maxlength=6),
    ]


def _bases(typed: Texts, name: str) -> Field:
    return pick(typed, f"{name}-base", "按什么人数算", (("", "不另写"), *((one, BASE_ZH[one]) for one in BASES)), width="third")


def _fraction(key: Key, typed: Texts) -> dict[str, Any] | None:
    num, den = (number(typed, f"{key.name}-{part}", f"{key.title}的{title}") for part, title in (("num", "分子"), ("den", "分母")))
    if num is None and den is None:
        return None
    if num is None or den is None or den == 0:
        raise Wrong(f"{key.name}-den", f"“{key.title}”的分子和分母都要填，分母不能是 0")
    base = typed.chosen(f"{key.name}-base", ("", *BASES), key.title)
    return {"num": num, "den": den, **({"base": base} if base else {})}


def _threshold_box(key: Key, typed: Texts) -> tuple[Field, ...]:
    return (_bases(typed, key.name), pick(typed, f"{key.name}-op", "怎样算够", (("", "请选"), *OPS), width="third"), *_fraction_boxes(key, typed))


def _threshold(key: Key, typed: Texts) -> Any:
    found = _fraction(key, typed)
    op = typed.chosen(f"{key.name}-op", ("", *(one for one, _ in OPS)), key.title)
    if found is None:
        return None
    if not op:
        raise Wrong(f"{key.name}-op", f"“{key.title}”请选怎样算够")
    return {**found, "op": op}


def _share_texts(name: str, written: Any) -> Mapping[str, list[str]]:
    return {f"{name}-{part}": [str(one)] for part, one in written.items() if part != "hard"} | {f"{name}-hard": ["no" if written.get("hard") is False else "yes"]}


def _share_box(key: Key, typed: Texts) -> tuple[Field, ...]:
    return (
        _bases(typed, key.name), *_fraction_boxes(key, typed),
        pick(typed, f"{key.name}-round", "零头", (("floor", "舍去（不超过）"), ("ceil", "进一（不少于）")), width="third"),
        pick(typed, f"{key.name}-hard", "超出时", (("yes", "不准"), ("no", "只提醒")), width="third"),
    )


def _share(key: Key, typed: Texts) -> Any:
    found = _fraction(key, typed)
    if found is None:
        return None
    way = typed.chosen(f"{key.name}-round", ("", "floor", "ceil"), key.title) or "floor"
    return {**found, "round": way, "hard": typed.chosen(f"{key.name}-hard", ("", "yes", "no"), key.title) != "no"}


# ---------------------------------------------------------------- tables


def _brackets_texts(name: str, written: Any) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for n, row in enumerate(written):
        found[f"{name}-{n}-up"] = [row.get("up_to", "")]
        found[f"{name}-{n}-rate"] = [f"{(Decimal(row['rate']) * 100).normalize():f}"]
    return found


def _brackets_box(key: Key, typed: Texts) -> tuple[Field, ...]:
    fields: list[Field] = []
    for n in range(_rows(typed, key.name, "rate")):
        fields += [
            typed.field(f"{key.name}-{n}-up", f"第 {n + 1} 档，到多少元（含）", inputmode="decimal", width="half", maxlength=12, help="最后一档空着，表示以上都算" if n == 0 else ""),
            typed.field(f"{key.name}-{n}-rate", f"第 {n + 1} 档，比例（%）", inputmode="decimal", width="half", maxlength=12),
        ]
    return tuple(fields)


def _brackets(key: Key, typed: Texts) -> Any:
    rows: list[dict[str, str]] = []
    for n in range(30):
        up, rate = (_money(typed, f"{key.name}-{n}-{part}", f"{key.title}第 {n + 1} 档", part == "rate") for part in ("up", "rate"))
        if rate is None and up is not None:
            raise Wrong(f"{key.name}-{n}-rate", f"“{key.title}”第 {n + 1} 档没有填比例")
        if rate is not None:
            rows.append({**({"up_to": up} if up is not None else {}), "rate": rate})
    limits = [Decimal(row["up_to"]) for row in rows[:-1] if "up_to" in row]
    if rows and ("up_to" in rows[-1] or len(limits) != len(rows) - 1 or limits != sorted(set(limits))):
        raise Wrong(f"{key.name}-0-up", f"“{key.title}”各档金额要由小到大，只有最后一档空着")
    return rows or None


def _bands_texts(name: str, written: Any) -> Mapping[str, list[str]]:
    return {f"{name}-{n}-{part}": [str(row[part])] for n, row in enumerate(written) for part in ("from", "level")}


def _bands_box(key: Key, typed: Texts) -> tuple[Field, ...]:
    fields: list[Field] = []
    for n in range(_rows(typed, key.name, "level")):
        level = f"{key.name}-{n}-level"
        fields.append(typed.field(f"{key.name}-{n}-from", f"第 {n + 1} 档，从多少分起", inputmode="decimal", width="half", maxlength=8, help="由高到低，最后一档填 0" if n == 0 else ""))
        options = (("", "（空）"), *((one, WORD_ZH[one]) for one in key.choices))
        fields.append(pick(typed, level, f"第 {n + 1} 档，等次", options, width="half") if key.choices else typed.field(level, f"第 {n + 1} 档，星级（星）", "number", inputmode="numeric", width="half", maxlength=2))
    return tuple(fields)


def _bands(key: Key, typed: Texts) -> Any:
    rows: list[dict[str, Any]] = []
    for n in range(30):
        start = _money(typed, f"{key.name}-{n}-from", f"{key.title}第 {n + 1} 档")
        level: Any = typed.chosen(f"{key.name}-{n}-level", ("", *key.choices), key.title) or None if key.choices else number(typed, f"{key.name}-{n}-level", key.title)
        if (start is None) != (level is None):
            raise Wrong(f"{key.name}-{n}-from", f"“{key.title}”第 {n + 1} 档的分数和等次都要填")
        if start is not None:
            rows.append({"from": start, "level": level})
    floors = [Decimal(row["from"]) for row in rows]
    if rows and (floors != sorted(set(floors), reverse=True) or floors[-1] != 0):
        raise Wrong(f"{key.name}-0-from", f"“{key.title}”各档分数要由高到低，最后一档填 0")
    return rows or None


def _training_texts(name: str, written: Any) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for way in written["any_of"]:
        for unit, amount in way.items():
            found[f"{name}-{unit}"] = [str(amount)]
    return found


def _training_box(key: Key, typed: Texts) -> tuple[Field, ...]:
    return (
        typed.field(f"{key.name}-days", "不少于（天）", "number", inputmode="numeric", width="half", maxlength=4),
        typed.field(f"{key.name}-hours", "或者不少于（学时）", "number", inputmode="numeric", width="half", maxlength=4, help="两个都填，达到一个就算够"),
    )


def _training(key: Key, typed: Texts) -> Any:
    found = [{unit: amount} for unit in ("days", "hours") if (amount := number(typed, f"{key.name}-{unit}", key.title)) is not None]
    return {"any_of": found} if found else None


_KINDS: dict[Type, Kind] = {
    Type.INT: Kind(_one, _number_box, _int),
    Type.DECIMAL: Kind(_one, _number_box, _decimal),
    Type.BOOL: Kind(_bool_texts, _bool_box, _bool),
    Type.WORD: Kind(_one, _word_box, _word),
    Type.WORDS: Kind(_words_texts, _words_box, _words),
    Type.PAIRS: Kind(_pairs_texts, _pairs_box, _pairs),
    Type.INTS: Kind(_many_texts, _line_box("几个数之间用顿号隔开，例如 3、5"), _ints),
    Type.DECIMALS: Kind(_many_texts, _line_box("几个数之间用顿号隔开，例如 3.75、3.75"), _decimals),
    Type.DAY: Kind(_one, _line_box("写成 03-31 的样子"), _text),
    Type.TIME: Kind(_one, _clock_box, _text),
    Type.THRESHOLD: Kind(_fraction_texts, _threshold_box, _threshold),
    Type.SHARE: Kind(_share_texts, _share_box, _share),
    Type.BRACKETS: Kind(_brackets_texts, _brackets_box, _brackets),
    Type.BANDS: Kind(_bands_texts, _bands_box, _bands),
    Type.TRAINING: Kind(_training_texts, _training_box, _training),
    Type.LIFE: Kind(life_inputs.texts, life_inputs.boxes, life_inputs.written),
}


def same(name: str, one: Value | None, other: Value | None) -> bool:
    """Tell whether two values stand in the boxes alike (ticked words have no order)."""
    left, right = ({box: sorted(texts) for box, texts in texts_of(name, value).items() if any(texts)} for value in (one, other))
    return left == right
