"""The form of one family of values: typed boxes with their unit, and beside them the national value with its clause."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from django.http import QueryDict
from django.urls import reverse

from zhibu.ground.policy.actions import PolicyError
from zhibu.ground.policy.catalogue import FAMILIES, KEYS, family_keys
from zhibu.ground.policy.floor import laxer
from zhibu.ground.policy.library import Item, RuleSet, shipped
from zhibu.ground.policy.queries import LocalView
from zhibu.ground.policy.resolve import national_value
from zhibu.ground.policy.spec import LifeRule, Stricter, Type, Value
from zhibu.ground.policy.wording import sentence
from zhibu.web.shell.context import Callout, ErrorLine, Link, State, Tone

from . import inputs
from .context import ValueRow, ValuesPage
from .pages import trail
from .typed import Texts, Wrong

ONE_BOX = (Type.INT, Type.DECIMAL, Type.BOOL, Type.WORD, Type.WORDS, Type.INTS, Type.DECIMALS, Type.DAY, Type.TIME)
MOST = {"clause": 150, "reason": 300}


class ValuesForm:
    """The boxes of one family: as saved, or as sent; with the faults found."""

    def __init__(self, rule_set: RuleSet, family: str, post: QueryDict | None) -> None:
        self.rule_set, self.family, self.post = rule_set, family, post
        self.keys = [key.name for key in family_keys(family)]
        saved: dict[str, list[str]] = {}
        for key in self.keys:
            item = rule_set.values.get(key)
            saved.update(inputs.texts_of(key, item.value if item else None))
            saved[f"{key}-clause"] = [item.clause if item else ""]
            saved[f"{key}-reason"] = [item.reason if item else ""]
        self.typed = Texts(post, saved)
        self.errors: list[ErrorLine] = []
        self.read_values: dict[str, Item | None] = {}

    def read(self) -> tuple[Mapping[str, Item | None], int]:
        """Read what was sent: (values, version it was opened with); faults stand in `errors`."""
        for key in self.keys:
            try:
                self.read_values[key] = self._item(key)
            except Wrong as wrong:
                self.typed.faults[wrong.name] = wrong.text
                self.errors.append(ErrorLine(wrong.text, f"f-{wrong.name}" if wrong.name != key or KEYS[key].type in ONE_BOX else f"r-{key}"))
        version = self.typed.one("version")
        return self.read_values, int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1

    def _item(self, key: str) -> Item | None:
        value = inputs.value_of(key, self.typed)
        if value is None:
            return None
        for part, most in MOST.items():
            if len(self.typed.one(f"{key}-{part}")) > most:
                raise Wrong(f"{key}-{part}", f"“{KEYS[key].title}”的{'出处' if part == 'clause' else '理由'}太长，最多 {most} 个字")
        clause, reason = self.typed.one(f"{key}-clause"), self.typed.one(f"{key}-reason")
        stored = self.rule_set.values.get(key)
        if stored is not None and inputs.same(key, stored.value, value):
            return replace(stored, clause=clause, reason=reason, verified=stored.verified or clause != stored.clause)
        return Item(value, clause, reason=reason)

    def refuse(self, error: PolicyError) -> None:
        """Note what the domain refused."""
        self.errors.append(ErrorLine(error.reason, "", error.code))

    def shown(self, key: str) -> Value | None:
        """Give the value that stands in the boxes, as far as it can be read."""
        item = self.read_values.get(key) if self.post is not None else self.rule_set.values.get(key)
        return item.value if item else None


def build(found: LocalView, form: ValuesForm, today: date, *, stale: str) -> ValuesPage:
    """Build the page; with `stale` (who saved first) every value that differs shows what is saved now."""
    on = found.rule_set.effective_from or today
    rows = tuple(_row(key, form, found, on, stale) for key in form.keys)
    back = reverse("rules:set", args=[found.id])
    callouts = [Callout(f"旁边是{on.year}年{on.month}月{on.day}日有效的国家规定。不写的项沿用国家规定；国家没有规定的，沿用系统约定。", Tone.PLAIN)]
    if form.family == "life":
        callouts = [Callout(
            f"旁边是{on.year}年{on.month}月{on.day}日有效的国家规定。组织生活这一类整套替换：写了任何一种，没有列入的就不再要求；一种都不写，整类沿用国家规定。", Tone.PLAIN
        )]
    if stale:
        callouts.insert(0, Callout(f"您打开这一页以后，{stale}先保存了一次，您的改动还没有存。不同的项下面写着现在保存的内容，核对后再保存。", Tone.WARN))
    version = found.version if stale or form.post is None else int(form.typed.one("version")) if form.typed.one("version").isdigit() else 0
    return ValuesPage(
        FAMILIES[form.family], found.rule_set.title, reverse("rules:values", args=[found.id, form.family]), rows, version, back, trail(Link(found.rule_set.title, back)),
        tuple(callouts), tuple(form.errors),
    )


def _row(key: str, form: ValuesForm, found: LocalView, on: date, stale: str) -> ValueRow:
    national = national_value(shipped(), key, on)
    convention = shipped().conventions().values.get(key)
    value = form.shown(key)
    state = _state(key, value, national[1].value if national else None, any(name.startswith("life.") for name in form.rule_set.values))
    reasons = national is not None and KEYS[key].stricter is not Stricter.NONE
    saved = ""
    if stale:
        now = found.rule_set.values.get(key)
        if not inputs.same(key, now.value if now else None, value) or (now and value is not None and now.clause != form.typed.one(f"{key}-clause")):
            saved = f"{sentence(key, now.value)}（{now.clause}）" if now else "不写，沿用"
    beside = national[1] if national else convention
    said = "国家未作规定" if beside is None else sentence(key, beside.value)
    if national is None and convention is not None:
        said = f"国家未作规定；系统约定：{said}"
    return ValueRow(
        key, KEYS[key].title, state, inputs.fields_of(key, form.typed), form.typed.field(f"{key}-clause", "出处（本地文件和条款）", maxlength=MOST["clause"]),
        form.typed.field(f"{key}-reason", "低于国家规定的理由", maxlength=MOST["reason"], help="低于国家规定时必填") if reasons else None,
        said, beside.clause if beside else "", beside.note if beside else "", saved,
    )


def _state(key: str, value: Value | None, national: Value | None, life: bool) -> State:
    """Say how the value in the boxes stands to the nation."""
    if value is None:
        lost = life and key.startswith("life.") and isinstance(national, LifeRule) and national.counted
        if lost:
            return State(Tone.BAD, "未列入，低于现行国家规定")
        return State(Tone.WAIT, "未列入" if life and key.startswith("life.") else "沿用国家规定" if national is not None else "沿用")
    if national is None:
        return State(Tone.PLAIN, "国家未作规定")
    if inputs.same(key, value, national):
        return State(Tone.OK, "与国家规定相同")
    if laxer(KEYS[key], value, national):
        return State(Tone.BAD, "低于现行国家规定")
    return State(Tone.OK, "严于国家规定") if laxer(KEYS[key], national, value) else State(Tone.PLAIN, "与国家规定不同")
