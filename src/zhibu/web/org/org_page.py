"""The page of one organisation on a day: headcounts with their sums, committee, groups, findings, cases, history, and what can be done."""
from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.timezone import localdate

from zhibu.areas.meetings.form import LEADING
from zhibu.areas.structure import actions, procedures, rules
from zhibu.areas.structure.queries import OrgCard
from zhibu.areas.structure.rules import MANDATORY_POSTS, Finding, FindingCode
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people.queries import Headcount as Count
from zhibu.ground.process.queries import CaseView, may_decide
from zhibu.ground.process.spec import CaseKind
from zhibu.kernel.activities import ActivityKind
from zhibu.kernel.fixed_day import fixed_day
from zhibu.web.paper.offers import for_branch
from zhibu.web.shell.context import Button, Callout, Link, Pair, State, Tone

from .context import Committee, Headcount, OrganisationPage, Post, Suggestion
from .reach import Asked
from .words import DOMAINS, EVENTS, TYPES, crumbs, said, term_state

REARRANGE = {"merge": "合并下级组织", "split": "拆分党支部", "transfer": "划转下级组织"}
PAST = "这是过去的情况，回到今天再办"


def build(card: OrgCard, actor: Actor, asked: Asked) -> OrganisationPage:
    """Build the page for this reader."""
    org = card.org
    state = State(Tone.WAIT, "已撤销") if org.status == "dissolved" else State(Tone.OK, "正常")
    rules_url = reverse("org:rules", args=[org.id]) + (f"?on={asked.on}" if asked.past else "")
    callouts = [Callout(asked.fault, Tone.WARN)] if asked.fault else []
    if asked.past:
        callouts.append(Callout(f"下面是{said(asked.on)}的情况。", Tone.PLAIN, Link("看今天", reverse("org:page", args=[org.id])) if org.status != "dissolved" else None))
    if card.state.rules_missing:
        callouts.append(Callout(card.state.rules_missing, Tone.WARN))
    return OrganisationPage(
        title=org.name,
        sub=" · ".join(t for t in (org.kind_title, DOMAINS.get(org.domain, ""), card.above[-1].name if card.above else "") if t),
        state=state,
        facts=facts(card),
        headcounts=headcounts(card),
        suggestions=suggestions(card, actor, asked),
        committee=committee(card, actor, asked),
        groups=groups(card, actor, asked),
        children=tuple(
            Link(f"{c.org.name}（{c.count.members_all} 人）" if c.org.is_branch else c.org.name, reverse("org:page", args=[c.org.id]) + (f"?on={asked.on}" if asked.past else ""))
            for c in card.children
        ),
        children_title="下级党组织",
        cases=tuple(_case(c, actor) for c in card.open_cases),
        history=history(card),
        links=_links(card, actor, rules_url),
        on=asked.on.isoformat(),
        today=asked.today.isoformat(),
        crumbs=crumbs(("组织树", reverse("org:tree")), *((o.short_name, reverse("org:page", args=[o.id]) if actor.sees().covers(o.path_now) else "") for o in card.above)),
        buttons=buttons(card, actor, asked),
        callouts=tuple(callouts),
        papers=() if asked.past else for_branch(actor, org, asked.today.year),
    )


def _links(card: OrgCard, actor: Actor, rules_url: str) -> tuple[Link, ...]:
    found = []
    query = urlencode({"org": card.org.id})
    leading = card.org.kind in LEADING
    if (card.org.is_branch or leading) and actor.may(P.ACTIVITY_READ, card.org.path_now):
        found.append(Link("民主生活会记录" if leading else "年度台账", f"{reverse('meetings:ledger')}?{query}"))
    if leading and not card.org.dissolved_on and actor.may(P.ACTIVITY_WRITE, card.org.path_now):
        found.append(Link("记民主生活会", f"{reverse('meetings:record')}?{urlencode({'org': card.org.id, 'kind': ActivityKind.DEM_LIFE_MEETING.value})}"))
    if actor.may(P.MEMBER_READ, card.org.path_now):
        found.append(Link("花名册", f"{reverse('roster:list')}?{query}"))
    if actor.may(P.POLICY_READ, card.org.path_now):
        found.append(Link("现行规则", rules_url))
    return tuple(found)


def facts(card: OrgCard) -> tuple[Pair, ...]:
    """List what is registered about the organisation."""
    org, own = card.org, card.detail
    found = [
        Pair("组织代码", org.code), Pair("类别", org.kind_title), Pair("领域", DOMAINS.get(org.domain, "未登记")),
        Pair("成立日期", said(org.established_on, own.established_precision), f"批复：{own.approval_doc or '未登记'}", tone=Tone.PLAIN if own.approval_doc else Tone.WARN),
    ]
    if card.state.hosts:
        found.append(Pair("所在单位", "、".join(card.state.hosts), f"{len(card.state.hosts)} 个单位" if org.kind == "joint_branch" else ""))
    if own.function_label:
        found.append(Pair("功能定位", own.function_label))
    if org.is_branch:
        found.append(Pair("主题党日", day.zh if (day := fixed_day(own.theme_day)) else own.theme_day or "没有定固定日"))
    found += [Pair("地址", own.address or "未登记"), Pair("办公电话", own.phone or "未登记")]
    if org.dissolved_on:
        found.append(Pair("撤销", said(org.dissolved_on), own.dissolved_reason))
    return tuple(found)


def headcounts(card: OrgCard) -> tuple[Headcount, ...]:
    """Show every base with its sum; above branches the sums of everything below."""
    count = card.state.count if card.org.is_branch else card.total
    return _sums(count, "" if card.org.is_branch else "本级和全部下级合计")


def _sums(c: Count, clause: str) -> tuple[Headcount, ...]:
    left_out = f"（停止党籍 {c.suspended} 人不计）" if c.suspended else ""
    return (
        Headcount("党员总数", f"{c.members_all} 人", f"正式 {c.full} + 预备 {c.probationary} = {c.members_all}{left_out}", clause),
        Headcount("正式党员", f"{c.full} 人", f"含留党察看 {c.on_probation} 人"),
        Headcount("应到会", f"{c.expected_life} 人", f"党员总数 {c.members_all} − 批准不计算 {c.excluded_life} = {c.expected_life}"),
        Headcount(
            "有表决权", f"{c.expected_voting} 人",
            f"正式 {c.full} − 留党察看 {c.on_probation} − 权利中止 {c.rights_suspended} − 批准不计算 {c.excluded_voting} = {c.expected_voting}",
        ),
    )


def suggestions(card: OrgCard, actor: Actor, asked: Asked) -> tuple[Suggestion, ...]:
    """Give the suggestion from the headcounts and every finding; serious ones first."""
    found = []
    advice = card.suggestion
    upward = advice is not None and (card.org.is_branch or advice.type in ("general_branch", "party_committee"))
    if advice is not None and upward and advice.type not in (card.org.kind, "none"):
        found.append(Suggestion(State(Tone.WARN, "建议"), f"按现有人数，建议设{rules.TYPE_ZH[advice.type]}" if advice.type != "undecided" else rules.TYPE_ZH["undecided"], "".join(advice.lines[:2])))
    elif advice is not None and card.org.is_branch:
        small = advice.type == "none"
        found.append(Suggestion(State(Tone.WARN if small else Tone.OK, "建议" if small else "合适"), "".join(advice.lines[1:]) or advice.lines[0]))
    for finding in sorted(card.findings, key=lambda f: not f.serious):
        found.append(Suggestion(State(Tone.BAD if finding.serious else Tone.WARN, "要处理" if finding.serious else "提醒"), finding.sentence, "", _cures(card, finding, actor, asked)))
    return tuple(found)


def _cures(card: OrgCard, finding: Finding, actor: Actor, asked: Asked) -> tuple[Button, ...]:
    pages = {
        FindingCode.VACANT_POST: ("补选", "org:vacancy"), FindingCode.NO_COMMITTEE: ("登记班子", "org:committee"), FindingCode.TERM: ("登记换届结果", "org:committee"),
        FindingCode.UNASSIGNED: ("编组", "org:groups"), FindingCode.GROUP_SMALL: ("编组", "org:groups"), FindingCode.GROUP_NO_FULL: ("编组", "org:groups"),
        FindingCode.GROUP_NO_LEADER: ("定组长", "org:groups"), FindingCode.NO_APPROVAL: ("补填批复", "org:contacts"),
    }
    if finding.code not in pages or not actor.may(P.ORG_EDIT, card.org.path_now) or asked.past:
        return ()
    label, page = pages[finding.code]
    return (Button(label, reverse(page, args=[card.org.id]), small=True),)


def committee(card: OrgCard, actor: Actor, asked: Asked) -> Committee | None:
    """Show the committee in office with its posts, the vacant mandatory ones too."""
    now, org = card.state.committee, card.org
    held = [Post(p.title, p.name, f"{said(p.from_on)}起") for p in card.state.posts]
    has_committee = bool(now and now.seats and org.is_branch)
    vacant = rules.vacant_posts({p.kind for p in card.state.posts}, has_committee) if org.is_branch or now else ()
    held += [Post(dict(MANDATORY_POSTS)[code], "") for code in vacant]
    if not held and now is None:
        return None
    title = f"第 {now.number} 届{'支部委员会' if org.is_branch else '委员会'}" if now and now.seats else "班子"
    term = f"{said(now.elected_on, now.elected_precision)}至{said(now.expires_on)}，任期 {now.term_years} 年" if now else "没有登记选举结果"
    if now and now.extended_until:
        term += f"，批准延期至{said(now.extended_until)}"
    why = rules.term_sentence(now.expires_on, now.extended_until, asked.on) if now else "登记以后系统会按任期提醒换届。"
    return Committee(title, term, term_state(card.state.term), tuple(held), f"批复：{now.approval_doc}" if now and now.approval_doc else "", _committee_buttons(card, actor, asked), why)


def _committee_buttons(card: OrgCard, actor: Actor, asked: Asked) -> tuple[Button, ...]:
    org = card.org
    if not actor.may(P.ORG_EDIT, org.path_now):
        return ()
    why = PAST if asked.past else ""
    found = [Button("登记换届结果", reverse("org:committee", args=[org.id]), disabled=why), Button("补选", reverse("org:vacancy", args=[org.id]), disabled=why)]
    if card.state.posts:
        found.append(Button("离任", reverse("org:leave", args=[org.id]), disabled=why))
    if card.state.committee is not None:
        found.append(_request(card, actor, asked, procedures.EXTEND, "延期换届", "org:extend"))
    return tuple(found)


def groups(card: OrgCard, actor: Actor, asked: Asked) -> tuple[Pair, ...]:
    """List the Party groups with leader and size."""
    url = reverse("org:groups", args=[card.org.id]) if actor.may(P.ORG_EDIT, card.org.path_now) and not asked.past else ""
    return tuple(Pair(g.group.name, f"{'组长 ' + g.leader if g.leader else '没有组长'} · {len(g.members)} 人", url=url, tone=Tone.PLAIN if g.leader else Tone.WARN) for g in card.groups)


def _case(case: CaseView, actor: Actor) -> Suggestion:
    own = bool(may_decide(case, actor))
    button = Button("去答复" if own else "查看", reverse("org:case", args=[case.id]), style="pri" if own else "", small=True)
    return Suggestion(State(Tone.WAIT, case.state_title), case.title, f"{case.submitted_by} {said(localdate(case.submitted_at))}报", (button,))


def history(card: OrgCard) -> tuple[Pair, ...]:
    """Tell what the organisation was called and where it belonged, oldest first; then its former committees and answered cases."""
    found = []
    before = None
    for spell in card.history:
        what = EVENTS.get(spell.event, spell.event)
        if before is None:
            text = f"成立，{TYPES.get(spell.kind, spell.kind)}“{spell.name}”"
        else:
            parts = [f"改名为“{spell.name}”"] if spell.name != before.name else []
            parts += [f"改为{TYPES.get(spell.kind, spell.kind)}"] if spell.kind != before.kind else []
            if spell.parent_id != before.parent_id:
                parts.append(f"改由{card.names.get(spell.parent_id or 0, '上级')}领导")
            text = "，".join(parts) or f"{what}（随上级调整）"
        exact = before is not None or spell.from_on != card.org.established_on
        found.append(Pair(said(spell.from_on, "day" if exact else card.detail.established_precision), text, spell.document))
        before = spell
    if card.org.dissolved_on:
        found.append(Pair(said(card.org.dissolved_on), "撤销", card.detail.dissolved_reason))
    found += [Pair(f"第 {c.number} 届", f"{said(c.elected_on, c.elected_precision)}至{said(c.ended_on)}") for c in card.terms if c.ended_on]
    found += [Pair(said(localdate(c.decided_at)), f"{c.state_title}：{c.title}", c.document or c.answer, reverse("org:case", args=[c.id])) for c in card.cases if c.decided_at]
    return tuple(found)


def _request(card: OrgCard, actor: Actor, asked: Asked, kind: CaseKind, label: str, page: str) -> Button:
    """Build the button of a procedure: the superior decides, everybody else hands in; disabled with the reason while one is open."""
    org, url = card.org, reverse(page, args=[card.org.id])
    direct = actions.may_decide_directly(actor, kind, org.path_now)
    open_one = next((c for c in card.open_cases if c.kind == kind.code), None)
    why = ""
    if org.status == "dissolved":
        why = "这个组织已经撤销"
    elif asked.past:
        why = PAST
    elif open_one is not None:
        why = f"{said(localdate(open_one.submitted_at))}已报，等上级答复"
    elif not direct and not card.above:
        why = "这是最上级组织，请线下报批"
    elif not direct and not actor.may(kind.request, org.path_now):
        why = "由本组织书记或上级党建办办理"
    return Button(label if direct else f"报{label}", url, disabled=why)


def buttons(card: OrgCard, actor: Actor, asked: Asked) -> tuple[Button, ...]:
    """Give what this reader can do here; nothing for readers without any right to change."""
    org = card.org
    if not any(actor.may(p, org.path_now) for p in (P.ORG_REQUEST, P.ORG_EDIT, P.ORG_APPROVE)):
        return ()
    found = []
    why = PAST if asked.past else "这个组织已经撤销" if org.status == "dissolved" else ""
    if actor.may(P.ORG_EDIT, org.path_now):
        found.append(Button("改联系方式和单位", reverse("org:contacts", args=[org.id]), disabled=why))
        found.append(Button("交接清单", reverse("org:handover", args=[org.id]), disabled=why))
        if org.is_branch:
            found.append(Button("党小组", reverse("org:groups", args=[org.id]), disabled=why))
    if not org.is_branch:
        direct = actor.may(P.ORG_APPROVE, org.path_now)
        reason = why or ("" if direct or (card.above and actor.may(P.ORG_REQUEST, org.path_now)) else "由上级党组织设立")
        found.append(Button("设立下级组织" if direct else "报设立下级组织", reverse("org:establish", args=[org.id]), disabled=reason))
        if direct:
            none = why or ("" if card.children else "没有下级组织")
            found += [Button(label, reverse(f"org:{name}", args=[org.id]), disabled=none) for name, label in REARRANGE.items()]
    found.append(_request(card, actor, asked, procedures.ADJUST, "调整", "org:adjust"))
    found.append(_request(card, actor, asked, procedures.DISSOLVE, "撤销", "org:dissolve"))
    return tuple(found)
