"""What mergers, splits and transfers of whole parts of the tree have in common: who may, what is in the way, which rules differ, what a preview says."""
from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from zhibu.ground.access import endings as access
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import Membership, Post
from zhibu.ground.people.queries import Headcount
from zhibu.ground.policy import actions as policy_actions
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.catalogue import FAMILIES
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import Effective
from zhibu.ground.process import queries as cases
from zhibu.ground.process.spec import deciding_grant
from zhibu.ground.record.models import ActivityKind
from zhibu.ground.tree import closing
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import Committee, Organisation, PartyGroup
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.dates import show
from zhibu.kernel.result import Decision, refuse

from . import procedures, queries, rules
from .actions import not_future

FEW = 12  # names that a preview writes out


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An organisation that is founded by a merger or split."""

    code: str
    name: str
    short_name: str
    kind: str
    host_units: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a preview: what, how many, whose, and what becomes of it."""

    title: str
    number: str
    names: tuple[str, ...] = ()
    what: str = ""


@dataclass(frozen=True, slots=True)
class RuleConflict:
    """Two sets for one family: the person decides which holds from the day on. `offered`: (code, title, by whom); the first is the receiver's."""

    family: str
    title: str
    offered: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change of the tree will do, in numbers and names; `blocks` must be cured first. `digest` tells whether something changed meanwhile."""

    title: str
    lines: tuple[Line, ...]
    conflicts: tuple[RuleConflict, ...] = ()
    blocks: tuple[Decision, ...] = ()

    @property
    def digest(self) -> str:
        """Give a fingerprint of everything the reader was shown."""
        return hashlib.sha256(repr((self.title, self.lines, self.conflicts)).encode()).hexdigest()[:32]


class Changed(Exception):
    """Between preview and confirmation something changed; `preview` shows how it stands now."""

    def __init__(self, preview: Preview) -> None:
        super().__init__("预览以后情况有变，还没有办")
        self.preview = preview


def decided_above(actor: Actor, orgs: Iterable[OrgView]) -> Iterable[Decision]:
    """Refuse whoever does not answer for an organisation strictly above each one (E023)."""
    for org in orgs:
        if deciding_grant(procedures.DISSOLVE, actor, org.path_now) is None:
            yield refuse("E023", f"“{org.name}”不归您的组织审批。请由几个组织共同的上级党组织办理。")


def papers(document: str, decided_on: date, on: date, reason: str, today: date) -> Iterable[Decision]:
    """Refuse without the decision's paper (E049), reason (E054), or with days in the future or the wrong order (E001, E002)."""
    if not document.strip():
        yield refuse("E049", "没有填决定文件和文号。撤并、拆分、划转都要有上级的决定文件。")
    if len(reason.strip()) < 2:
        yield refuse("E054", "没有写理由。请写一两句话。")
    yield from not_future(decided_on, today, "文件日期")
    yield from not_future(on, today, "从哪天起：")
    if on < decided_on:
        yield refuse("E002", f"从{show(on)}起，早于文件日期{show(decided_on)}。请核对两个日期。")


def quiet_since(orgs: Sequence[OrgView], on: date) -> Iterable[Decision]:
    """Refuse a day (E002) after which something was entered at organisations that end on it: members, posts, groups, terms, meetings."""
    for org in orgs:
        scope, found = Scope((org.path_now,)), []
        own = {"org_id": org.id}
        for what, moved in (
            ("党员变动", Membership.objects.within(scope).filter(from_on__gt=on, **own).exists() or Membership.objects.within(scope).filter(to_on__gt=on, **own).exists()),
            ("任职变动", Post.objects.within(scope).filter(from_on__gt=on, **own).exists()),
            ("党小组变动", PartyGroup.objects.within(scope).filter(from_on__gt=on, **own).exists()),
            ("换届", Committee.objects.within(scope).filter(elected_on__gt=on, **own).exists()),
            ("开会记录", ActivityKind.objects.within(scope).filter(held_on__gte=on, **own).exists()),
        ):
            if moved:
                found.append(what)
        if found:
            yield refuse("E002", f"“{org.name}”在{show(on)}以后还有{'、'.join(found)}。请把日期改晚，或先更正那些记录。")


def settled(orgs: Iterable[OrgView], on: date) -> Iterable[Decision]:
    """Refuse a day (E002) before the last change of the place or name of what moves or ends."""
    ids = {o.id: o.name for o in orgs}
    begun = max(((s.from_on, s.org_id) for s in tree.spells_of(ids, on, date.max) if s.to_on is None), default=(on, 0))
    if begun[0] > on:
        yield refuse("E002", f"“{ids[begun[1]]}”在{show(begun[0])}才成立或变动过，早于它的日期不能办。请填{show(begun[0])}或以后的日期。")


def no_open_cases(orgs: Sequence[OrgView]) -> Iterable[Decision]:
    """Refuse (E053) while something that these organisations handed in, or that is about them, waits for an answer; 免 included."""
    ids = {o.id for o in orgs}
    for case in cases.open_cases(Scope(tuple(o.path_now for o in orgs))):
        if case.org_id in ids or case.submitted_from in ids:
            yield refuse("E053", f"“{case.title}”已经报上来，还没有答复。请先答复，或请报送的组织撤回。")


def names_free(names: Iterable[str], ending: Iterable[int], codes: Iterable[str] = ()) -> Iterable[Decision]:
    """Refuse names of organisations that go on (E044), codes of any organisation (E044), and the same name twice."""
    wanted = [n.strip() for n in names]
    for double in sorted({n for n in wanted if wanted.count(n) > 1}):
        yield refuse("E044", f"“{double}”会有两个。名称不能重复，请改。")
    taken = Organisation.objects.filter(name__in=wanted).exclude(status="dissolved").exclude(pk__in=list(ending))
    for name in taken.order_by("id").values_list("name", flat=True)[:5]:
        yield refuse("E044", f"已经有一个“{name}”。名称不能重复，请写全称或换一个名称。")
    for code in Organisation.objects.filter(code__in=list(codes)).order_by("id").values_list("code", flat=True)[:5]:
        yield refuse("E044", f"组织代码“{code}”已被另一个党组织使用。请换一个代码。")


def check_newcomer(new: Newcomer, parent: OrgView, count: Headcount, children: int, document: str, decided_on: date, on: date, today: date) -> Iterable[Decision]:
    """Check an organisation to be founded as every founding is checked (E001–E005, E049)."""
    if not new.code.strip() or not new.name.strip():
        yield refuse("E054", "新组织的代码和名称都要填写。")
    yield rules.check_parent("", new.kind, parent.path, parent.kind)
    org_rules = queries.rules_for([parent], "org", today)[parent.id]
    yield from rules.check_establishment(
        org_rules, new.kind, today, on, count.full, new.host_units, children, None, decided_on, document.strip() or "（待填）", "", ()
    )


def conflicts(receiver: OrgView, sources: Sequence[OrgView], on: date) -> tuple[RuleConflict, ...]:
    """Find the families for which another set holds at a source than at the receiver on the day; sets in force by assignment or by law alike."""
    found = []
    assigned = {family for family in FAMILIES if family != "conventions" and policy.assignments(family, on, on)}
    for family in (f for f in FAMILIES if f in assigned):
        held = queries.rules_for([receiver, *sources], family, on)
        offered: dict[str, tuple[str, str, str]] = {}
        for org in (receiver, *sources):
            code, title, whose = _holds(held[org.id])
            if code and code not in offered:
                offered[code] = (code, title, f"{org.short_name}：{whose}")
        if len(offered) > 1:
            found.append(RuleConflict(family, FAMILIES[family], tuple(offered.values())))
    return tuple(found)


def _holds(effective: Effective) -> tuple[str, str, str]:
    first = effective.layers[0] if effective.layers else None
    if first is None or not first.rule_set.defines(effective.family):
        return "", "", ""
    return first.rule_set.code, first.rule_set.title, f"{first.choice.org_name}指定" if first.choice else "没有指定，按全国规定"


def undecided(found: Iterable[RuleConflict], chosen: Mapping[str, str]) -> Iterable[Decision]:
    """Refuse while the person has not said for every family which set holds."""
    for conflict in found:
        if chosen.get(conflict.family) not in {code for code, _, _ in conflict.offered}:
            yield refuse("", f"“{conflict.title}”有两套规则，请选从那天起按哪一套。")


def adopt(actor: Actor, receiver: OrgView, found: Iterable[RuleConflict], chosen: Mapping[str, str], *, on: date, document: str, reason: str, at: datetime) -> None:
    """Let the receiver follow the chosen sets from the day on. Needs POLICY_ASSIGN where the choice is not what holds there already."""
    for conflict in found:
        code = chosen[conflict.family]
        if code == conflict.offered[0][0]:
            continue
        for own in policy.assignments_of([receiver.id]):
            if own.family == conflict.family and (own.valid_to is None or own.valid_to > on):
                policy_actions.end_assignment(actor, own.id, on=on, at=at)
        policy_actions.assign(
            actor, org_id=receiver.id, family=conflict.family, rule_set=code, valid_from=on, valid_to=None, at=at, decision_doc=document[:100], reason=reason
        )


def some(names: Iterable[str]) -> tuple[str, ...]:
    """Give the first names; the number says how many there are."""
    return tuple(list(names)[:FEW])


def members_of(orgs: Sequence[OrgView], on: date) -> tuple[Headcount, list[tuple[int, str]]]:
    """Give the headcount of branches on a day and who they are (person id, name), by branch and name; two or three statements."""
    scope, ids = Scope(tuple(o.path_now for o in orgs)), [o.id for o in orgs]
    rows = Membership.objects.within(scope).filter(tree.in_span(on), org_id__in=ids).order_by("org_id", "name_sort", "id")
    return people.total(people.headcounts(scope, on, ids).values()), list(rows.values_list("person_id", "name"))


def ending_lines(orgs: Sequence[OrgView], on: date) -> list[Line]:
    """List what ends with organisations: terms, posts, rule assignments, grants, and what the areas have open (planned meetings)."""
    scope, ids = Scope(tuple(o.path_now for o in orgs)), [o.id for o in orgs]
    terms = [c for c in tree.committees(scope, on, org_ids=ids)]
    held = people.posts(scope, on, org_ids=ids)
    assigned = [a for a in policy.assignments_of(ids) if a.valid_to is None or a.valid_to > on]
    grants = access.held_at(ids, on)
    names = {o.id: o.short_name for o in orgs}
    return [
        Line("班子", f"{len(terms)} 届", some(f"{names[c.org_id]}第 {c.number} 届" for c in terms), "从那天起结束"),
        Line("党内职务", f"{len(held)} 个", some(f"{p.name}（{p.title}）" for p in held), "从那天起结束，需要的在新组织重新任职"),
        Line(
            "指定的规则", f"{len(assigned)} 项", some(f"{names[a.org_id]}：{FAMILIES[a.family]}按“{shipped().get(a.rule_set).title}”" for a in assigned),
            "从那天起结束，以前的结果不变",
        ),
        Line("账号的职责", f"{len(grants)} 个", some(f"{g.name}（{g.role_title}）" for g in grants), "从办理这天起收回；继续工作的请安全管理员在新组织授权"),
        *(Line(kind.title, f"{len(found)} {kind.unit}", some(dict.fromkeys(found)), kind.what) for kind in closing.kinds() for found in [kind.open_at(ids, on)]),
    ]


def subtree(orgs: Sequence[OrgView]) -> list[OrgView]:
    """List the organisations that go on below some organisations (themselves not), path-sorted."""
    ids = {o.id for o in orgs}
    return [o for o in tree.organisations(Scope(tuple(o.path_now for o in orgs))) if o.id not in ids]


def as_of(org: OrgView, on: date) -> OrgView:
    """Give an organisation with the path of a day, for rules that held then; as it is now where it did not exist."""
    spell = next((s for s in tree.spells_of([org.id], on, on) if s.from_on <= on), None)
    return replace(org, path=spell.path) if spell else org


def standing(org_ids: Iterable[int]) -> list[OrgView]:
    """Give organisations that go on, path-sorted. Raises NotFound when one is unknown or dissolved."""
    wanted = set(org_ids)
    found = [o for o in tree.views(wanted).values() if o.status != "dissolved"]
    if len(found) < len(wanted):
        raise tree.NotFound("没有找到这个党组织，或它已经撤销")
    return sorted(found, key=lambda o: o.path)


