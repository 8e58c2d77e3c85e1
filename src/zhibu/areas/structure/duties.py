"""What organisations owe today: elections, vacant posts, branches that are too small, groups, answers to give and answers received.

Whoever works in an organisation gets a duty of its own; whoever stands above gets one line per kind with the number of organisations.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from zhibu.ground.duties.duty import Duty, DutyAction, DutyState
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope, collapse
from zhibu.ground.process import queries as process
from zhibu.ground.process.queries import CaseView
from zhibu.ground.tree import queries as tree
from zhibu.kernel.periods import add_months
from zhibu.kernel.terms import TermState

from . import procedures, queries, rules
from .queries import OrgState
from .rules import Finding, FindingCode

CHINA = ZoneInfo("Asia/Shanghai")
ANSWERS_SHOWN = timedelta(days=14)
NAMED = 3  # organisations named in a line about many

#: finding -> (filter of the tree, sentence about many, clause)
MANY: dict[FindingCode, tuple[str, str]] = {
    FindingCode.VACANT_POST: ("vacant", "班子有空缺职务"),
    FindingCode.UNDER_FULL: ("under", "正式党员不足，超过规定的观察期"),
    FindingCode.UNASSIGNED: ("groups", "有党员没有编入党小组"),
    FindingCode.GROUP_SMALL: ("groups", "党小组不健全"),
}
UNHEALTHY = (FindingCode.GROUP_SMALL, FindingCode.GROUP_NO_FULL, FindingCode.GROUP_NO_LEADER, FindingCode.GROUP_LEADER_OUTSIDE, FindingCode.TWO_GROUPS)
TERMS = {
    TermState.OVERDUE_LONG: ("overdue", "任期届满超过1年没有换届"),
    TermState.OVERDUE: ("overdue", "任期届满没有换届"),
    TermState.EXPIRING: ("expiring", "6个月内任期届满"),
}


def due(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    """List the duties about organisations, committees and groups inside the scope; the number of statements does not depend on its size."""
    reach = meet(scope, actor.scope(Permission.ORG_EDIT))
    found = [*_cases(actor, scope, today), *_answers(actor, scope, today)]
    if reach.empty:
        return found
    own = {g.org_id for g in actor.grants if Permission.ORG_EDIT in g.permissions}
    states = queries.states(reach, today)
    groups = queries.group_health(reach, today)
    for state in states:
        if state.org.id in own:
            found += _own(state, groups.get(state.org.id, ()), today)
    below = [s for s in states if s.org.id not in own]
    return found + _many_terms(below) + _many_findings(below, groups)


def meet(one: Scope, other: Scope) -> Scope:
    """Give the organisations that lie in both scopes."""
    paths = [p for path in other.paths for p in one.narrowed(path).paths]
    return Scope(collapse(paths), one.opened & other.opened, one.person_id)


def _own(state: OrgState, group_findings: Sequence[Finding], today: date) -> list[Duty]:
    org = state.org
    here = (("org_id", str(org.id)),)
    found = []
    if state.term in TERMS and state.committee is not None:
        committee = state.committee
        late = state.term is not TermState.EXPIRING
        extended = committee.extended_until
        todo = f"上级批准延期至{_said(extended)}，请在这以前换届" if extended and extended >= today else "请换届，或报上级批准延期" if late else "请准备换届"
        title = f"第{committee.number}届班子任期{'已经' if committee.expires_on < today else ''}{_said(committee.expires_on)}届满，{todo}"
        found.append(
            _duty(
                state, "term", title, rules.term_sentence(committee.expires_on, committee.extended_until, today, None),
                DutyState.OVERDUE if late else DutyState.SOON, committee.extended_until or committee.expires_on, "关于党的基层组织任期的意见",
                (DutyAction("登记换届结果", "org.committee", here), *(() if extended else (DutyAction("报延期", "org.extend", here),))),
            )
        )
    for finding in state.findings:
        if finding.code == FindingCode.VACANT_POST:
            found.append(
                _duty(state, "vacant", finding.sentence.split("。")[0], "缺职要及时补选，书记、副书记可以由上级指派", DutyState.SOON, None, "", (DutyAction("补选", "org.vacancy", here),))
            )
        elif finding.code == FindingCode.UNDER_FULL and finding.serious:
            found.append(
                _duty(state, "under", finding.sentence.split("。")[0], "请研究联合组建或撤并，报上级批准", DutyState.OVERDUE, None, "支部工作条例（试行）第四条",
                      (DutyAction("报调整", "org.adjust", here), DutyAction("报撤并", "org.dissolve", here)))
            )
    return found + _own_groups(state, group_findings, here)


def _own_groups(state: OrgState, findings: Iterable[Finding], here: tuple[tuple[str, str], ...]) -> list[Duty]:
    found, sick = [], []
    for finding in findings:
        if finding.code == FindingCode.UNASSIGNED:
            found.append(
                _duty(state, "unassigned", finding.sentence.split("。")[0], "设了党小组，每名党员都要编入一个，书记和委员也一样", DutyState.SOON, None, "",
                      (DutyAction("编组", "org.groups", here),))
            )
        elif finding.code in UNHEALTHY:
            sick.append(finding.sentence.split("。")[0])
    if sick:
        found.append(_duty(state, "groups", sick[0] + (f"，另有 {len(sick) - 1} 处" if len(sick) > 1 else ""), "；".join(sick), DutyState.SOON, None, "",
                           (DutyAction("编组", "org.groups", here),)))
    return found


def _duty(
    state: OrgState, what: str, title: str, why: str, urgency: DutyState, due_on: date | None, clause: str, actions: tuple[DutyAction, ...]
) -> Duty:
    return Duty(f"structure:{what}:{state.org.id}", state.org.id, state.org.name, due_on, urgency, title, why, clause, actions)


def _many_terms(states: Sequence[OrgState]) -> list[Duty]:
    found = []
    for term, (filter_code, said) in TERMS.items():
        hit = [s for s in states if s.term is term]
        if hit:
            urgency = DutyState.LATER if term is TermState.EXPIRING else DutyState.OVERDUE
            found.append(_line(hit, f"term_{term}", said, filter_code, urgency, "关于党的基层组织任期的意见"))
    return found


def _many_findings(states: Sequence[OrgState], groups: dict[int, tuple[Finding, ...]]) -> list[Duty]:
    found = []
    for code, (filter_code, said) in MANY.items():
        wanted = UNHEALTHY if code is FindingCode.GROUP_SMALL else (code,)
        hit = [s for s in states if any(f.code in wanted and f.serious for f in (*s.findings, *groups.get(s.org.id, ())))]
        if hit:
            found.append(_line(hit, str(code), said, filter_code, DutyState.LATER, ""))
    return found


def _line(hit: Sequence[OrgState], what: str, said: str, filter_code: str, urgency: DutyState, clause: str) -> Duty:
    names = "、".join(s.org.short_name for s in hit[:NAMED]) + ("等" if len(hit) > NAMED else "")
    return Duty(
        f"structure:many:{what}", hit[0].org.id, "", None, urgency, f"{len(hit)} 个党组织{said}", names, clause,
        (DutyAction("看是哪些", "org.tree", (("state", filter_code),)),),
    )


def _cases(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    found = []
    waiting = process.inbox(scope, actor)
    months = _answer_months(waiting, today)
    for case in waiting:
        handed_in = case.submitted_at.astimezone(CHINA).date()
        until = add_months(handed_in, months[case.org_id]) if case.kind == procedures.ESTABLISH.code and case.org_id in months else None
        found.append(
            Duty(
                f"process:decide:{case.id}", case.org_id, case.org_name, until,
                DutyState.OVERDUE if until is not None and until < today else DutyState.SOON, f"{case.from_name}报：{case.title}",
                f"{case.submitted_by} {_said(handed_in)}报来，等您答复", case.kind_title, (DutyAction("去答复", "org.case", (("case_id", str(case.id)),)),),
            )
        )
    return found


def _answer_months(waiting: Sequence[CaseView], today: date) -> dict[int, int]:
    """Give the months within which the superior answers establishments, by organisation; two statements for all of them."""
    wanted = {c.org_id for c in waiting if c.kind == procedures.ESTABLISH.code}
    if not wanted:
        return {}
    effective = queries.rules_for(tree.views(wanted).values(), "org", today)
    return {i: cast(int, e.value("org.approve_months")) for i, e in effective.items() if e.has("org.approve_months")}


def _answers(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    own = {g.org_id for g in actor.grants if g.permissions & {Permission.ORG_REQUEST, Permission.EXCUSE_REQUEST}}
    since = datetime.combine(today - ANSWERS_SHOWN, time(), CHINA)
    found = []
    for case in process.answered(scope, own, since) if own else []:
        assert case.decided_at is not None
        day = case.decided_at.astimezone(CHINA).date()
        why = case.answer or (f"批复：{case.document}" if case.document else "")
        found.append(
            Duty(
                f"process:answer:{case.id}", case.org_id, case.org_name, None, DutyState.INFO, f"{case.decider_org}{case.state_title}：{case.title}",
                f"{_said(day)}由{case.decided_by}答复{'，' + why if why else ''}", "", (DutyAction("看答复", "org.case", (("case_id", str(case.id)),)),),
            )
        )
    return found


def _said(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
