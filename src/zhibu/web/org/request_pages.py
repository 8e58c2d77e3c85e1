"""The forms of the four procedures. Where the reader stands above, the form asks for the superior's paper and decides at once; else it is handed in."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.urls import reverse

from zhibu.areas.structure import procedures, rules
from zhibu.areas.structure.actions import Adjustment, Dissolution, Establishment, Extension
from zhibu.areas.structure.rules import Suggestion
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.process.spec import CaseKind, Owner
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import CommitteeView, OrgView
from zhibu.web.shell.context import Callout, FieldGroup, FormPage, Pair, Tone

from .forms import Given
from .words import DOMAINS, TYPES, crumbs, said

OWNERS = {Owner.APPLICANT: "报送的党组织", Owner.SUPERIOR: "上级党组织", Owner.SYSTEM: "系统"}


def paper(given: Given, direct: bool) -> tuple[FieldGroup, ...]:
    """Give the fields of the superior's paper, where the reader decides."""
    if not direct:
        return ()
    fields = (given.field("document", "批复文件和文号", required=True, maxlength=80, width="half"), given.field("answered_on", "批复日期", "date", required=True, width="half"))
    return (FieldGroup("上级决定", fields, "您是上级党组织，登记决定后马上生效"),)


def read_paper(given: Given) -> tuple[str, date | None]:
    """Read the superior's paper and its date."""
    return given.text("document", "批复文件和文号", most=80), given.day("answered_on", "批复日期", required=True)


def _page(org: OrgView, given: Given, kind: CaseKind, name: str, title: str, groups: Sequence[FieldGroup], direct: bool, **more: object) -> FormPage:
    url = reverse(f"org:{name}", args=[org.id])
    back = reverse("org:page", args=[org.id])
    steps = tuple(Pair(f"第 {i} 步", s.name, f"{OWNERS[s.owner]}{'，留下' + s.evidence if s.evidence else ''}") for i, s in enumerate(kind.steps, 1))
    callouts = tuple(more.pop("callouts", ()))  # type: ignore[call-overload]
    if not direct:
        callouts = (Callout("报上去以后由上级党组织答复，答复前可以撤回。", Tone.PLAIN), *callouts)
    return FormPage(
        title, url, (*groups, *paper(given, direct)), "登记决定" if direct else "报上级审批", crumbs(("组织树", reverse("org:tree")), (org.short_name, back)), org.name,
        callouts, tuple(given.lines), back, aside=steps, aside_title="怎么办", **more,  # type: ignore[arg-type]
    )


# ---------------------------------------------------------------- establish


def read_establishment(given: Given) -> Establishment:
    """Read the application for a new organisation."""
    return Establishment(
        code=given.text("code", "组织代码", required=True, most=30), name=given.text("name", "名称", required=True, most=100),
        short_name=given.text("short_name", "简称", most=40), kind=given.choice("kind", "类别", TYPES, required=True),
        full=given.number("full", "正式党员数", required=True) or 0, probationary=given.number("probationary", "预备党员数") or 0,
        applied_on=given.day("applied_on", "申请日期", required=True) or date.min, domain=given.choice("domain", "领域", DOMAINS),
        village_or_community=given.raw("village") == "1", host_units=given.lines_of("units", "所在单位"),
        planned_branches=given.lines_of("planned", "计划设立的支部"), established_on=given.day("established_on", "成立日期"),
        address=given.text("address", "地址", most=200), reason=given.text("reason", "理由", most=300),
    )


def establish(parent: OrgView, given: Given, direct: bool, advice: Suggestion | None) -> FormPage:
    """Build the form; `advice` answers the button 看建议."""
    f = given.field
    name = FieldGroup("名称和类别", (
        f("name", "名称", required=True, maxlength=100), f("short_name", "简称", maxlength=40, width="half"), f("code", "组织代码", required=True, maxlength=30, width="half"),
        f("kind", "类别", "select", choices=[("", "请选"), *TYPES.items()], required=True, width="half"), f("domain", "领域", "select", choices=[("", "未定"), *DOMAINS.items()], width="half"),
        given.tick("village", "是村或社区的党组织（任期按村、社区算）"),
    ))
    people = FieldGroup("党员和单位", (
        f("full", "正式党员数", "number", required=True, inputmode="numeric", width="half"), f("probationary", "预备党员数", "number", inputmode="numeric", width="half"),
        f("units", "所在单位", "textarea", help="一行一个单位；联合党支部至少 2 个"), f("planned", "计划设立的支部", "textarea", help="设党总支时填，一行一个"),
        f("months", "项目工期（月）", "number", inputmode="numeric", width="half", help="工程项目、临时机构填，看建议时用"),
    ), "先填人数，按“看建议”可以看到按规定该设什么")
    dates = FieldGroup("日期和理由", (
        f("applied_on", "申请日期", "date", required=True, width="half"), f("established_on", "成立日期", "date", width="half", help="不填就以批复日期为准"),
        f("address", "地址", maxlength=200), f("reason", "理由", "textarea", maxlength=300),
    ))
    callouts: tuple[Callout, ...] = ()
    if advice is not None:
        kind = rules.TYPE_ZH[advice.type]
        callouts = (Callout(f"建议：{kind}。{''.join(advice.lines)}", Tone.WARN if advice.type in ("none", "undecided") else Tone.OK),)
    title = "设立下级组织" if direct else "报设立下级组织"
    return _page(parent, given, procedures.ESTABLISH, "establish", title, (name, people, dates), direct, callouts=callouts, other_buttons=(("do", "suggest", "看建议"),))


# ---------------------------------------------------------------- adjust, dissolve, extend


def read_adjustment(given: Given) -> tuple[Adjustment, int]:
    """Read the adjustment and the version of the row that the form was made from."""
    parent = given.raw("parent")
    wish = Adjustment(
        reason=given.text("reason", "理由", required=True, most=300), applied_on=given.day("applied_on", "申请日期", required=True) or date.min,
        name=given.text("name", "名称", most=100), short_name=given.text("short_name", "简称", most=40), kind=given.choice("kind", "类别", TYPES),
        parent_id=int(parent) if parent.isdigit() else None, on=given.day("on", "从哪天起"),
    )
    return wish, given.number("version", "版本") or 0


def adjust(org: OrgView, version: int, given: Given, direct: bool, actor: Actor, *, stale: bool = False, by: tuple[Pair, ...] = ()) -> FormPage:
    """Build the form of an adjustment; a stale one shows the organisation as it stands now beside what was typed."""
    f = given.field
    parents = [("", "不变"), *((str(o.id), o.name) for o in parents_for(org, actor))]
    group = FieldGroup("要改什么", (
        f("name", "名称", maxlength=100), f("short_name", "简称", maxlength=40, width="half"), f("kind", "类别", "select", choices=list(TYPES.items()), width="half"),
        f("parent", "上级党组织", "select", choices=parents, width="half"), f("on", "从哪天起", "date", width="half", help="不填就以批复日期为准"),
        f("applied_on", "申请日期", "date", required=True, width="half"), f("reason", "理由", "textarea", required=True, maxlength=300),
    ), "不改的留着不动")
    stored = (Pair("名称", org.name), Pair("简称", org.short_name), Pair("类别", org.kind_title), *by)
    return _page(
        org, given, procedures.ADJUST, "adjust", "调整" if direct else "报调整", (FieldGroup("现在保存的内容", (), facts=stored), group) if stale else (group,), direct,
        hidden=(("version", str(version) if stale else given.raw("version")),),
        callouts=(Callout("您打开这一页以后，这个组织的情况被别人改过，您的还没有存。上面是现在的内容，下面是您填的；核对以后再按一次。", Tone.WARN),) if stale else (),
    )


def parents_for(org: OrgView, actor: Actor) -> list[OrgView]:
    """List the organisations that may stand above: committees and general branches the reader knows, else those under the present top."""
    scope = actor.scope(P.ORG_APPROVE) if not actor.scope(P.ORG_APPROVE).empty else actor.sees()
    known = [o for o in tree.organisations(scope) if not o.is_branch]
    known += [o for o in tree.chain(org.path_now) if o.id != org.id and o.id not in {k.id for k in known}]
    return [o for o in known if not o.path_now.startswith(org.path_now) and o.id != org.parent_id]


def read_dissolution(given: Given) -> Dissolution:
    """Read the dissolution."""
    successor = given.raw("successor")
    return Dissolution(
        given.text("reason", "理由", required=True, most=200), given.day("applied_on", "申请日期", required=True) or date.min,
        int(successor) if successor.isdigit() else None, given.day("on", "撤销日期"),
    )


def dissolve(org: OrgView, members: int, receiving: Sequence[OrgView], given: Given, direct: bool) -> FormPage:
    """Build the form of a dissolution; the members go to another branch of the same superior."""
    f = given.field
    receivers = [("", "没有党员要转"), *((str(o.id), o.name) for o in receiving)]
    group = FieldGroup("撤销", (
        f("reason", "理由", "textarea", required=True, maxlength=200), f("successor", "党员转到", "select", choices=receivers, width="half"),
        f("on", "撤销日期", "date", width="half", help="不填就以批复日期为准"), f("applied_on", "申请日期", "date", required=True, width="half"),
    ))
    note = f"现有党员 {members} 人，要一起转到接收的支部；班子、党小组同时结束，历史记录都保留。" if members else "没有党员；历史记录都保留。"
    return _page(org, given, procedures.DISSOLVE, "dissolve", "撤销" if direct else "报撤销", (group,), direct, callouts=(Callout(note, Tone.WARN),))


def read_extension(given: Given) -> Extension:
    """Read the extension."""
    return Extension(
        given.day("until", "延期到", required=True) or date.min, given.text("reason", "理由", required=True, most=300),
        given.day("applied_on", "申请日期", required=True) or date.min,
    )


def extend(org: OrgView, committee: CommitteeView, given: Given, direct: bool) -> FormPage:
    """Build the form of an extension."""
    facts = (Pair("本届任期", f"第 {committee.number} 届，{said(committee.elected_on, committee.elected_precision)}至{said(committee.expires_on)}"),)
    group = FieldGroup("延期换届", (
        given.field("until", "延期到", "date", required=True, width="half", help="最长到届满后 1 年"), given.field("applied_on", "申请日期", "date", required=True, width="half"),
        given.field("reason", "理由", "textarea", required=True, maxlength=300),
    ), facts=facts)
    return _page(org, given, procedures.EXTEND, "extend", "延期换届" if direct else "报延期换届", (group,), direct)
