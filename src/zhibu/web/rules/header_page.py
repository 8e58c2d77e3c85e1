"""The plain forms of a rule set: copy, header, throw away."""
from __future__ import annotations

from django.urls import reverse

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.policy.library import Library, RuleSet
from zhibu.ground.policy.queries import LocalView
from zhibu.ground.policy.sets import Header
from zhibu.web.org.forms import Given
from zhibu.web.shell.context import Callout, Field, FieldGroup, FormPage, Link, Pair, Tone

from .pages import trail

TEXTS = (("title", "名称", 100), ("document_no", "文号", 60), ("source", "依据", 200), ("supersedes", "取代的规则集代号", 40), ("reason", "不列入某种组织生活的理由", 300))
LABELS = {name: label for name, label, _ in TEXTS} | {"effective_from": "施行日期", "effective_to": "失效日期（当天仍有效）"}


def offices(actor: Actor) -> list[tuple[str, str]]:
    """List the organisations for which this person makes rule sets."""
    return list(dict.fromkeys((str(held.org_id), held.org_name) for held in actor.grants if P.POLICY_WRITE in held.permissions))


def copying(given: Given, base: RuleSet | None, actor: Actor, known: Library) -> FormPage:
    """Build the form that copies a set into a draft."""
    f = given.field
    sets = [("", "请选"), *((one.code, one.title) for one in known.all() if one.values)]
    if base is not None and given.post is None:
        given.initial["from"] = base.code
    who = offices(actor)
    if who and not given.raw("org"):
        given.initial["org"] = who[0][0]
    fields: list[Field] = [
        f("from", "抄哪一套", "select", choices=sets, required=True), f("org", "制定组织", "select", choices=who, required=True, width="half"),
        f("title", "名称", maxlength=100, width="half", help="例如：青禾县党支部组织生活规定；不填就先用原来的名称"),
    ]
    hidden: tuple[tuple[str, str], ...] = ()
    if base is not None and base.kind == "local":
        fields.append(given.tick("supersede", "用来取代原来那一套"))
    return FormPage(
        "复制成草稿", reverse("rules:copy"), (FieldGroup("", tuple(fields), "各项规定原样抄来，随后逐项修改"),), "建草稿", trail(), "", (), tuple(given.lines), reverse("rules:list"), hidden
    )


def printable(text: str) -> str:
    """Leave out what cannot be printed; a new line becomes a space."""
    return "".join(c if c.isprintable() else " " if c == "\n" else "" for c in text).strip()


def initial(found: LocalView) -> dict[str, str]:
    """Give what stands in the header form."""
    it = found.rule_set
    texts = {name: str(getattr(it, name)) for name, _, _ in TEXTS}
    return {**texts, "effective_from": str(it.effective_from or ""), "effective_to": str(it.effective_to or ""), "version": str(found.version)}


def read(given: Given) -> tuple[Header | None, int]:
    """Read the header form: (header, version it was opened with)."""
    texts = {name: printable(given.text(name, label, most=most, required=name == "title")) for name, label, most in TEXTS}
    start, end = given.day("effective_from", "施行日期"), given.day("effective_to", "失效日期")
    version = given.raw("version")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1
    return (Header(**texts, effective_from=start, effective_to=end) if given.ok else None), number


def build(found: LocalView, given: Given, *, stale: bool) -> FormPage:
    """Build the header form; a stale one shows beside what was typed what stands there now."""
    f = given.field
    fields = (
        f("title", LABELS["title"], required=True, maxlength=100), f("document_no", LABELS["document_no"], maxlength=60, width="half", help="启用以前要填"),
        f("source", LABELS["source"], maxlength=200, width="half", help="例如：县委常委会 2026年3月2日 审定"),
        f("effective_from", LABELS["effective_from"], "date", width="half", help="启用以前要填"), f("effective_to", LABELS["effective_to"], "date", width="half", help="不填就一直有效"),
        f("supersedes", LABELS["supersedes"], maxlength=40, width="half"),
        f("reason", LABELS["reason"], "textarea", maxlength=300, help="国家要求的组织生活有一种没有列入时，要写明理由，会显示在规则页"),
    )
    groups = [FieldGroup("", fields)]
    callouts: list[Callout] = []
    version = found.version if stale else int(given.raw("version") or 0) if given.raw("version").isdigit() else 0
    if stale:
        now = initial(found)
        differ = tuple(Pair(LABELS[name], now[name] or "（空）", f"您写的：{given.raw(name) or '（空）'}") for name in LABELS if now[name] != given.raw(name))
        groups.insert(0, FieldGroup(f"{found.changed_by}刚保存的内容", (), facts=differ or (Pair("内容", "与您写的相同"),)))
        callouts.append(Callout("您打开这一页以后，别人先保存了一次，您的改动还没有存。请对照上面的内容，改好下面再保存。", Tone.WARN))
    back = reverse("rules:set", args=[found.id])
    return FormPage(
        "基本情况", reverse("rules:header", args=[found.id]), tuple(groups), "保存", trail(Link(found.rule_set.title, back)), found.rule_set.title, tuple(callouts),
        tuple(given.lines), back, (("version", str(version)),),
    )


def discarding(found: LocalView, stale: str = "") -> FormPage:
    """Build the question before a draft is thrown away; `stale`: who saved it since the question was asked."""
    back = reverse("rules:set", args=[found.id])
    facts = (Pair("名称", found.rule_set.title), Pair("制定", found.rule_set.issuer), Pair("规定", f"{len(found.rule_set.values)} 项"))
    return FormPage(
        "作废草稿", reverse("rules:discard", args=[found.id]), (FieldGroup("", (), facts=facts),), "作废", trail(Link(found.rule_set.title, back)), "",
        (*((Callout(f"您打开这一页以后，{stale}先保存了一次，草稿还没有作废。请先看现在的内容，仍要作废的再按一次。", Tone.WARN),) if stale else ()), Callout("草稿作废以后不能恢复。想留底请先下载。", Tone.WARN)),
        (), back, (("version", str(found.version)),),
    )
