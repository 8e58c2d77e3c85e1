"""The page of one case: what is asked in words, the steps, the answer."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone

from zhibu.areas.structure.rules import TYPE_ZH
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.process import spec
from zhibu.ground.process.queries import CaseView, may_decide, told
from zhibu.ground.tree import queries as tree
from zhibu.web.shell.context import Button, Callout, Field, Link, Pair, State, Tone

from .context import CasePage, CasesPage, Suggestion
from .forms import Given
from .request_pages import OWNERS
from .words import DOMAINS, crumbs, said

TONES = {"submitted": Tone.WAIT, "approved": Tone.OK, "refused": Tone.BAD, "withdrawn": Tone.PLAIN}

#: what a wish may hold, in the order in which a page tells it; kinds of other areas use the same words
LABELS: dict[str, str] = {
    "name": "名称", "short_name": "简称", "code": "组织代码", "kind": "类别", "domain": "领域", "parent_id": "上级改为", "successor_id": "党员转到", "full": "正式党员",
    "probationary": "预备党员", "host_units": "所在单位", "planned_branches": "计划设立的支部", "address": "地址", "until": "延期到", "first": "时段开始",
    "last": "时段结束", "on": "从哪天起", "member": "党员", "months": "月份", "still_due": "减免后", "meeting_on": "支部同意日期", "purpose": "用途", "amount": "金额", "what": "用在哪里", "established_on": "成立日期", "applied_on": "申请日期", "reason": "理由",
}
DAYS = {"until", "on", "meeting_on", "established_on", "applied_on", "first", "last"}
ORGS = {"parent_id", "successor_id"}


def asked(wish: Mapping[str, Any], structure: bool) -> tuple[Pair, ...]:
    """Say in words what a case asks for; what is empty is left out."""
    names = tree.views([wish[k] for k in ORGS if wish.get(k)])
    found = []
    for key, label in LABELS.items():
        value = wish.get(key)
        if value in (None, "", [], ()) or (key == "kind" and not structure):
            continue
        if key in DAYS:
            text = said(date.fromisoformat(value))
        elif key in ORGS:
            text = names[value].name if value in names else "已撤销的组织"
        elif isinstance(value, list):
            text = "、".join(str(v) for v in value)
        else:
            text = TYPE_ZH.get(value, value) if key == "kind" else DOMAINS.get(value, value) if key == "domain" else f"{value} 人" if key in ("full", "probationary") else str(value)
        found.append(Pair(label, text))
    return tuple(found)


def build(case: CaseView, actor: Actor, org_path: str, given: Given, *, fault: str = "") -> CasePage:
    """Build the page for this reader: with the form where he may answer, else with the reason why not."""
    kind, allowed = spec.kind(case.kind), may_decide(case, actor)
    holds = actor.may(kind.decide, org_path)
    why_not = "" if not case.is_open else "由上级党组织答复" if not holds else allowed.reason
    own = case.is_open and actor.may(kind.request, case.from_path or org_path)
    withdraw = Button("撤回", reverse("org:case", args=[case.id]), "post", fields=(("do", "withdraw"),)) if own and not (holds and allowed) else None
    reads = actor.may(P.COMPLIANCE_READ, org_path)  # else it is the own request: the pages around it are not this reader's
    handed_in = timezone.localtime(case.submitted_at)
    facts = (Pair("报送", case.from_name, f"{case.submitted_by}，{said(handed_in.date())}"), Pair("涉及组织", case.org_name, url=reverse("org:page", args=[case.org_id]) if reads else ""))
    return CasePage(
        case.title, f"{case.kind_title} · {case.org_name}", State(TONES[case.state], case.state_title), facts + asked(told(case, actor, org_path), case.kind.startswith("structure.")),
        tuple(Pair(f"第 {i} 步", s.name, f"{OWNERS[s.owner]}{'，留下' + s.evidence if s.evidence else ''}") for i, s in enumerate(kind.steps, 1)),
        reverse("org:case", args=[case.id]), fields(given, kind.document_required) if case.is_open and holds and allowed else (), why_not, answer(case), withdraw,
        tuple(given.lines), crumbs(("报批事项", reverse("org:cases"))) if reads else (Link("报批事项"), Link(case.title)), (Callout(fault, Tone.WARN),) if fault else (),
    )


def fields(given: Given, paper: bool) -> tuple[Field, ...]:
    """Give the fields of the answer."""
    return (
        given.field("document", "批复文件和文号", maxlength=80, width="half", help="同意必须填" if paper else "有就填"),
        given.field("answered_on", "批复日期", "date", width="half"),
        given.field("answer", "答复意见", "textarea", maxlength=300, help="不同意必须写明理由，报送的组织按理由改"),
    )


def answer(case: CaseView) -> tuple[Pair, ...]:
    """Tell how the case was answered."""
    if case.decided_at is None:
        return ()
    found = [Pair("答复", case.state_title), Pair("答复人", f"{case.decider_org} {case.decided_by}", said(timezone.localtime(case.decided_at).date()))]
    found += [Pair("批复文件", case.document)] if case.document else []
    found += [Pair("意见", case.answer)] if case.answer else []
    return tuple(found)


def listing(mine: list[CaseView], waiting: list[CaseView]) -> CasesPage:
    """Build the list of open cases."""
    return CasesPage(
        "报批事项", f"等您答复 {len(mine)} 件，已报等上级答复 {len(waiting)} 件", tuple(_line(c, "去答复") for c in mine), tuple(_line(c, "查看") for c in waiting),
        crumbs(("组织树", reverse("org:tree"))),
    )


def _line(case: CaseView, label: str) -> Suggestion:
    day = timezone.localtime(case.submitted_at).date()
    button = Button(label, reverse("org:case", args=[case.id]), style="pri" if label == "去答复" else "", small=True)
    return Suggestion(State(TONES[case.state], case.state_title), case.title, f"{case.from_name} {case.submitted_by} {said(day)}报", (button,))
