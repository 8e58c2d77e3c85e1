"""现行规则: every value that holds for an organisation on a day, in words, with its clause, its set, and who chose the set."""
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from zhibu.ground.policy.catalogue import FAMILIES, KEYS
from zhibu.ground.policy.library import Library, RuleSet
from zhibu.ground.policy.queries import AssignmentView
from zhibu.ground.policy.resolve import Choice, Effective, Resolved, laxer_than_national
from zhibu.ground.policy.wording import Relation, difference, sentence
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.context import Button, Callout, FieldGroup, FormPage, Link, Pair, Tone

from .context import HistoryPage, HistoryRow, RuleFamily, RuleLine, RulesPage
from .forms import Given
from .reach import Asked
from .words import crumbs, said

#: families that this version reads; the others are shown on request
READ = ("life", "org", "term", "votes", "conventions")
Reasons = Mapping[tuple[int | None, str, date | None], str]


def build(
    org: OrgView, effectives: Sequence[Effective], asked: Asked, *, made: Sequence[AssignmentView], readable: Collection[int], may_assign: bool, everything: bool
) -> RulesPage:
    """Build the page; `made` are the assignments of the organisation and everything above it, `readable` the organisations this reader may open."""
    reasons = {(a.org_id, a.rule_set, a.valid_from): a.reason for a in made}
    own = reverse("org:rules", args=[org.id])
    given = {"on": asked.on.isoformat()} if asked.past else {}
    other = Button("只看常用的", f"{own}?{urlencode(given)}") if everything else Button("看全部规则", f"{own}?{urlencode({**given, 'all': '1'})}")
    history = Button("指定的经过", reverse("org:assignments", args=[org.id]))
    callouts = [Callout(asked.fault, Tone.WARN)] if asked.fault else []
    callouts.append(Callout("标“待核”的条文来自转载文本，还没有与正式文件逐条核对；核对以后由有权的组织更新。", Tone.PLAIN))
    families = tuple(f for e in effectives if (f := family(org, e, asked.on, reasons, readable, may_assign and not asked.past)) is not None)
    if not families:
        callouts.append(Callout("这一天没有生效的规则。", Tone.WARN))
    return RulesPage(
        f"{org.short_name}现行规则", f"{said(asked.on)}在{org.name}执行的规定", families, asked.on.isoformat(), asked.today.isoformat(),
        crumbs=crumbs(("组织树", reverse("org:tree")), (org.short_name, reverse("org:page", args=[org.id]))), buttons=(other, history, Button("规则集", reverse("rules:list"))), callouts=tuple(callouts),
    )


def family(org: OrgView, effective: Effective, on: date, reasons: Reasons, readable: Collection[int], may_assign: bool) -> RuleFamily | None:
    """Build one family; None when no set says anything on that day."""
    rows = effective.rows()
    if not rows:
        return None
    first = effective.layers[0]
    buttons = (Button("指定规则集", f"{reverse('org:assign', args=[org.id])}?{urlencode({'family': effective.family})}", small=True),) if may_assign else ()
    lines = [line(effective.library, row, on, reasons) for row in rows]
    if first.choice is not None:
        lines += dropped(effective, first.rule_set, first.choice, on, reasons)
    return RuleFamily(
        FAMILIES[effective.family], effective.family, first.rule_set.title, chosen_by(first.choice, first.rule_set), tuple(lines),
        reverse("org:rules", args=[first.choice.org_id]) if first.choice and first.choice.org_id in readable else "", buttons,
    )


def chosen_by(choice: Choice | None, rule_set: RuleSet) -> str:
    """Say who decided that this set holds."""
    if choice is None:
        return "系统约定" if rule_set.kind == "system" else "没有另行指定，按国家规定"
    until = f"至{said(choice.valid_to)}（不含）" if choice.valid_to else "起"
    return f"{choice.org_name}指定，{said(choice.valid_from)}{until}"


def line(library: Library, row: Resolved, on: date, reasons: Reasons) -> RuleLine:
    """Write one value with its provenance."""
    found = difference(library, row, on)
    national = row.rule_set.kind in ("national", "system")
    shown = "" if national or found.relation in (Relation.SAME, Relation.OPEN) else found.sentence
    reason = reasons.get((row.chosen_by.org_id, row.rule_set.code, row.chosen_by.valid_from), "") if row.chosen_by and row.below_national else ""
    return RuleLine(
        KEYS[row.key].title, row.key, sentence(row.key, row.value), row.clause, row.rule_set.title, row.rule_set.document_no, row.verified, shown,
        row.below_national, reason, row.note,
    )


def dropped(effective: Effective, rule_set: RuleSet, choice: Choice, on: date, reasons: Reasons) -> list[RuleLine]:
    """List the national kinds of organisational life that the assigned set does not name: they are not due there, and that is below the nation."""
    found = [one for one in laxer_than_national(effective.library, rule_set, on, effective.family) if one.local is None]
    reason = reasons.get((choice.org_id, rule_set.code, choice.valid_from), "")
    return [
        RuleLine(
            KEYS[one.key].title, one.key, "未列入，不要求", one.clause, rule_set.title, rule_set.document_no, True,
            f"低于现行国家规定：{sentence(one.key, one.national)}（{one.clause}）", True, reason,
        )
        for one in found
    ]


# ---------------------------------------------------------------- assigning


def sets_for(library: Library, code: str) -> list[RuleSet]:
    """List the sets that say something about a family and may be assigned: shipped ones and active local ones."""
    return [s for s in library.all() if s.defines(code) and s.kind != "system" and s.status == "active"]


def named(one: RuleSet) -> str:
    """Write a set as it stands in the list to choose from."""
    if one.kind == "national":
        return f"{one.title}（国家）"
    if one.kind != "local":
        return one.title
    until = f"至{said(one.effective_to)}" if one.effective_to else "起"
    return f"{one.title}（{one.document_no}，{said(one.effective_from)}{until}）"


def assign(org: OrgView, library: Library, given: Given, made: Sequence[AssignmentView], laxer: Sequence[str]) -> FormPage:
    """Build the form of an assignment; `laxer` are the lines that are below the nation (shown with E042)."""
    f = given.field
    chosen = given.raw("family") or "life"
    sets = [("", "请选"), *((s.code, named(s)) for s in sets_for(library, chosen))]
    families = [(code, FAMILIES[code]) for code in FAMILIES if sets_for(library, code)]
    fields = (
        f("family", "哪一类规则", "select", choices=families, required=True, width="half", help="换一类以后按“换一类”，规则集跟着换"), f("rule_set", "规则集", "select", choices=sets, required=True, width="half"),
        f("valid_from", "从哪天起", "date", required=True, width="half"), f("valid_to", "到哪天止（不含）", "date", width="half", help="不填就一直有效"),
        f("decision_doc", "决定文件", maxlength=100, width="half"), f("reason", "理由", "textarea", maxlength=300, help="低于现行国家规定的必须写明理由，并会显示在规则页"),
    )
    groups = [FieldGroup("指定规则集", fields, "对本组织和全部下级生效，下级另有指定的除外")]
    if laxer:
        groups.insert(0, FieldGroup("低于现行国家规定的各项", (), facts=tuple(Pair(f"第 {i} 项", text, tone=Tone.BAD) for i, text in enumerate(laxer, 1))))
    back = reverse("org:rules", args=[org.id])
    callouts = tuple(
        Callout(f"{FAMILIES[a.family]}：已指定“{a.title}”，{said(a.valid_from)}起。", Tone.PLAIN, Link("定结束日期", f"{reverse('org:end-assignment', args=[org.id])}?id={a.id}"))
        for a in made if a.org_id == org.id and a.family == chosen and a.valid_to is None
    )
    return FormPage(
        "指定规则集", reverse("org:assign", args=[org.id]), tuple(groups), "指定", crumbs(("组织树", reverse("org:tree")), (org.short_name, reverse("org:page", args=[org.id])), ("现行规则", back)),
        org.name, callouts, tuple(given.lines), back, other_buttons=(("do", "family", "换一类"),),
    )


def end(org: OrgView, given: Given, open_ones: Sequence[AssignmentView]) -> FormPage:
    """Build the form that gives an assignment its last day."""
    rows = [("", "请选"), *((str(a.id), f"{FAMILIES[a.family]}：{a.title}，{said(a.valid_from)}起") for a in open_ones)]
    fields = (given.field("id", "哪一个指定", "select", choices=rows, required=True), given.field("on", "到哪天止（不含）", "date", required=True, width="half"))
    back = reverse("org:rules", args=[org.id])
    return FormPage(
        "结束指定", reverse("org:end-assignment", args=[org.id]), (FieldGroup("", fields),), "保存", crumbs((org.short_name, reverse("org:page", args=[org.id])), ("现行规则", back)), org.name,
        (Callout("那一天以前的结果仍按原来的规则。", Tone.PLAIN),), tuple(given.lines), back,
    )


def history(org: OrgView, made: Sequence[AssignmentView]) -> HistoryPage:
    """Build the list of every assignment of an organisation: what, from when to when, by whom, by which document, why."""
    rows = []
    for a in sorted(made, key=lambda one: (one.valid_from, one.id), reverse=True):
        until = f"，到{said(a.valid_to)}（不含）" if a.valid_to else "，一直有效"
        ended = f"；{a.ended_by}于{said(a.ended_at.date())}定的结束日期" if a.ended_at else ""
        rows.append(HistoryRow(FAMILIES[a.family], a.title, f"{said(a.valid_from)}起{until}", f"{a.decided_by}，{said(a.made_at.date())}办理{ended}", a.decision_doc or "没有填", a.reason))
    back = reverse("org:rules", args=[org.id])
    return HistoryPage(
        f"{org.short_name}规则指定的经过", f"{org.name}自己的指定；上级的指定见上级组织", tuple(rows),
        crumbs(("组织树", reverse("org:tree")), (org.short_name, reverse("org:page", args=[org.id])), ("现行规则", back)),
    )
