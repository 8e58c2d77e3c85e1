"""Enter elected committees, fill vacancies, end posts."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import PostKind, Rights
from zhibu.ground.people.queries import PostView
from zhibu.ground.policy.resolve import UndefinedValue
from zhibu.ground.tree import actions as tree_actions
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import CommitteeView, OrgView
from zhibu.kernel.dates import show
from zhibu.kernel.periods import Span
from zhibu.kernel.result import Decision, refusals, refuse

from . import rules
from .actions import StructureError, check, day_of, not_future, rule, standing_org


@dataclass(frozen=True, slots=True)
class SeatEntry:
    """A person elected with one or more posts; `override_doc`: the superior's paper where a secretary has too few years."""

    person_id: int
    posts: tuple[str, ...]
    override_doc: str = ""


@dataclass(frozen=True, slots=True)
class Election:
    """The result of an election as it is entered."""

    elected_on: date
    seats: tuple[SeatEntry, ...]
    approval_doc: str
    term_years: int | None = None
    below_reason: str = ""
    end_previous: bool = True


@transaction.atomic
def enter_committee(actor: Actor, org_id: int, result: Election, *, at: datetime) -> tuple[int, tuple[Decision, ...]]:
    """Enter an elected committee; the previous one and its posts end that day. Returns (committee id, warnings).

    Raises StructureError: E001, E044 (two committees, two secretaries, one person twice), E017 (not a full member with rights), E045
    (membership elsewhere), E049 (no approval; secretary below the minimum years), E050/E055 (term), E042 (shorter than national).
    """
    org = _held(actor, org_id)
    scope, today = Scope((org.path,)), day_of(at)
    earlier = tree.committees(scope, org_ids=[org_id])
    previous = next((c for c in earlier if c.ended_on is None), None)
    replaced = previous if previous and result.end_previous and previous.elected_on < result.elected_on else None
    others = [Span(c.elected_on, c.ended_on) for c in earlier if c is not replaced]
    seats, found = _seats(actor, org, result)
    try:
        checked = rules.check_committee(rule(org, "org", result.elected_on), result.elected_on, today, seats, others)
    except UndefinedValue as error:
        raise StructureError(refuse("E055", str(error))) from error
    found += [d for d in checked if not d.ok]
    if not seats:
        found.append(refuse("E054", "没有填班子成员。至少要有书记。"))
    if not result.approval_doc.strip():
        found.append(refuse("E049", "选举结果要报上级批复。请填批复文件的名称和文号。"))
    planned, term_refusals = _plan_term(org, result)
    check([*found, *term_refusals])
    assert planned is not None and planned.expires_on is not None
    if replaced is not None:
        _end_term(actor, scope, replaced, result.elected_on, at)
    size = len({s.person_id for s in seats})
    (committee_id,) = tree_actions.seat_committees(
        actor,
        [
            tree_actions.NewCommittee(
                org_id, max((c.number for c in earlier), default=0) + 1, result.elected_on, planned.years, planned.expires_on, size if size > 2 else 0,
                result.approval_doc.strip()[:100], below_national_reason=result.below_reason.strip()[:200] if planned.below_national else "",
            )
        ],
        at=at,
    )
    people_actions.fill_posts(
        actor,
        [people_actions.NewPost(org_id, s.person_id, post, result.elected_on, committee_id, override_reason=s.override_doc[:200]) for s in seats for post in s.posts],
        at=at,
    )
    return committee_id, tuple(d for d in checked if d.ok)


def _held(actor: Actor, org_id: int) -> OrgView:
    """Give the organisation, its row locked until the end of the transaction, so that two people at once do not fill one post twice."""
    org = standing_org(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    Organisation.objects.select_for_update().get(pk=org_id)
    return org


def _plan_term(org: OrgView, result: Election) -> tuple[rules.Term | None, tuple[Decision, ...]]:
    try:
        planned = rules.term(rule(org, "term", result.elected_on), org.kind, org.village_or_community, result.elected_on, result.term_years)
    except rules.YearsRequired as error:
        return None, (refuse("E050", str(error)),)
    return planned, refusals([planned.refusal, rules.check_reason_below_national(planned, result.below_reason)])


def _end_term(actor: Actor, scope: Scope, committee: CommitteeView, on: date, at: datetime) -> None:
    for post in people.posts(scope, org_ids=[committee.org_id]):
        if post.to_on is None and post.kind != PostKind.OFFICER and post.from_on <= on:
            people_actions.end_post(actor, post.id, on=on, at=at)
    tree_actions.end_committee(actor, committee.id, on=on, at=at)


def _seats(actor: Actor, org: OrgView, result: Election) -> tuple[list[rules.Seat], list[Decision]]:
    seats: list[rules.Seat] = []
    found: list[Decision] = []
    for entry in result.seats:
        seat, decision = _seat(actor, org, entry, result.elected_on)
        if decision is not None:
            found.append(decision)
        if seat is not None:
            seats.append(seat)
    return seats, found


def _seat(actor: Actor, org: OrgView, entry: SeatEntry, on: date) -> tuple[rules.Seat | None, Decision | None]:
    unknown = set(entry.posts) - set(PostKind.values)
    if unknown or not entry.posts:
        return None, refuse("E054", "班子成员没有选职务，或职务不在列表里。请给每名成员选职务。")
    try:
        file = people.member_file(actor.scope(Permission.MEMBER_READ), entry.person_id, on)
    except tree.NotFound:
        return None, refuse("E045", "所选的人不在您能管理的支部，或不是党员。请从名单中另选。")
    spell = next((s for s in file.spells if s.from_on <= on and (s.to_on is None or on < s.to_on)), None)
    seat = rules.Seat(entry.person_id, file.name, entry.posts, spell.standing if spell else "ended", file.full_on, entry.override_doc)
    if spell is not None and org.is_branch and spell.org_id != org.id:
        return seat, refuse("E045", f"{file.name} 的组织关系不在“{org.name}”，不能担任它的职务。请先转入组织关系或另选人。")
    if spell is not None and spell.rights != Rights.NORMAL:
        return seat, refuse("E017", f"{file.name} 现在{spell.rights_title}，不能担任班子成员。请更换人选。")
    return seat, None


@transaction.atomic
def fill_vacancy(actor: Actor, org_id: int, *, person_id: int, post: str, from_on: date, override_doc: str = "", at: datetime) -> int:
    """Fill one vacant post, by by-election or appointment; returns the post's id. Raises StructureError E001, E044, E017, E045, E049."""
    org = _held(actor, org_id)
    scope, today = Scope((org.path,)), day_of(at)
    committee = next((c for c in tree.committees(scope, from_on, org_ids=[org_id]) if c.ended_on is None), None)
    found = [*not_future(from_on, today, "任职日期")]
    seat, decision = _seat(actor, org, SeatEntry(person_id, (post,), override_doc), from_on)
    found += [decision] if decision is not None else []
    held = [p for p in people.posts(scope, org_ids=[org_id]) if p.to_on is None or p.to_on > from_on]
    if post in ("secretary", "organization", "publicity", "discipline"):
        same = next((p for p in held if p.kind == post), None)
        if same is not None:
            found.append(_taken(same))
    if any(p.person_id == person_id and p.kind == post for p in held):
        found.append(refuse("E044", "这名党员已经担任这个职务，不用再填。"))
    if seat is not None and (decision is None or decision.code != "E045"):
        try:
            found += rules.check_committee(rule(org, "org", from_on), from_on, today, [seat])
        except UndefinedValue as error:
            found.append(refuse("E055", str(error)))
    check(_once(found))
    (post_id,) = people_actions.fill_posts(
        actor, [people_actions.NewPost(org_id, person_id, post, from_on, committee.id if committee else None, override_reason=override_doc[:200])], at=at
    )
    return post_id


def _taken(post: PostView) -> Decision:
    if post.to_on is None:
        return refuse("E044", f"{post.title}现在是{post.name}。请先填{post.name}的离任日期，再补选。")
    return refuse("E044", f"{post.name}任{post.title}到{show(post.to_on)}。任职日期请填这一天或以后的日期。")


def _once(decisions: Iterable[Decision]) -> list[Decision]:
    kept: dict[str, Decision] = {}
    for one in decisions:
        if not one.ok:
            kept.setdefault(one.code, one)
    return list(kept.values())


@transaction.atomic
def end_post(actor: Actor, org_id: int, post_id: int, *, on: date, at: datetime) -> None:
    """End a post on a day. Raises StructureError E001, E002 (before it began), NotFound."""
    org = _held(actor, org_id)
    post = next((p for p in people.posts(Scope((org.path,)), org_ids=[org_id]) if p.id == post_id and p.to_on is None), None)
    if post is None:
        raise tree.NotFound("没有找到这个职务，或已经离任")
    found = [*not_future(on, day_of(at), "离任日期")]
    if on < post.from_on:
        found.append(refuse("E002", f"离任日期{show(on)}早于任职日期{show(post.from_on)}。请核对。"))
    check(found)
    people_actions.end_post(actor, post_id, on=on, at=at)
