"""The forms of Party groups: who is where, who leads, a new group, closing one."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.urls import reverse

from zhibu.areas.structure.queries import GroupCard
from zhibu.ground.guard.once import digest
from zhibu.ground.people.queries import RollEntry
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.context import Callout, FieldGroup, FormPage, Link, Pair, Tone

from .forms import Given
from .words import POSTS, crumbs


def _frame(org: OrgView, given: Given, name: str, title: str, groups: Sequence[FieldGroup], submit: str, callouts: tuple[Callout, ...] = ()) -> FormPage:
    back = reverse("org:groups" if name != "groups" else "org:page", args=[org.id])
    trail = crumbs(("组织树", reverse("org:tree")), (org.short_name, reverse("org:page", args=[org.id])))
    return FormPage(title, reverse(f"org:{name}", args=[org.id]), tuple(groups), submit, trail, org.name, callouts, tuple(given.lines), back)


def label(entry: RollEntry) -> str:
    """Name a member with office and standing."""
    return entry.name + (f"（{POSTS[entry.post]}）" if entry.post else "") + ("，预备党员" if entry.standing == "probationary" else "")


def start(roll: Sequence[RollEntry], cards: Sequence[GroupCard], today: str) -> dict[str, str]:
    """Give the places and leaders as they are."""
    found = {f"g{e.person_id}": str(e.group_id or "") for e in roll}
    found.update({f"leader{c.group.id}": str(c.leader_id or "") for c in cards})
    return {**found, "on": today, "version": version(roll, cards)}


def version(roll: Sequence[RollEntry], cards: Sequence[GroupCard]) -> str:
    """Give the mark of who is where now: a form made from another arrangement is stale."""
    return digest({"places": [(e.person_id, e.group_id) for e in roll], "leaders": [(c.group.id, c.leader_id) for c in cards]})[:32]


STALE = "您打开这一页以后，别人先改了编组，您的还没有存。右边是现在的编组，左边是您选的；核对以后再按一次保存，就以您选的为准。"


def now(cards: Sequence[GroupCard]) -> tuple[Pair, ...]:
    """Say who is where."""
    return tuple(Pair(c.group.name, "、".join(m.name for m in c.members) or "没有组员", f"组长 {c.leader}" if c.leader else "没有组长") for c in cards)


def arrange(org: OrgView, given: Given, roll: Sequence[RollEntry], cards: Sequence[GroupCard], *, stale: bool = False, by: tuple[Pair, ...] = ()) -> FormPage:
    """Build the form: every member with his group, every group with its leader. A stale one shows the present arrangement beside what was chosen."""
    groups = [("", "没有编组"), *((str(c.group.id), c.group.name) for c in cards)]
    members = tuple(given.field(f"g{e.person_id}", label(e), "select", choices=groups, width="third") for e in roll)
    names = [("", "没有组长"), *((str(e.person_id), e.name) for e in roll)]
    leaders = tuple(given.field(f"leader{c.group.id}", f"{c.group.name}组长", "select", choices=names, width="third") for c in cards)
    loose = [e.name for e in roll if e.group_id is None] if cards else []
    callouts = [Callout("新设一个党小组", link=Link("去设立", reverse("org:new-group", args=[org.id])))]
    if cards:
        callouts.append(Callout("不再需要的党小组", link=Link("去撤销", reverse("org:close-group", args=[org.id]))))
    if loose:
        callouts.append(Callout(f"{'、'.join(loose)}还没有编入党小组。", Tone.WARN))
    if not cards:
        callouts.append(Callout("本支部没有设党小组，由书记直接组织，可以不设。", Tone.PLAIN))
        return _frame(org, given, "groups", "党小组", (), "", tuple(callouts))
    when = (given.field("on", "从哪天起", "date", required=True, width="third"),)
    if stale:
        callouts = [Callout(STALE, Tone.WARN)]
    page = _frame(org, given, "groups", "编组", (FieldGroup("组长", (*leaders, *when)), FieldGroup("组员", members, "书记、委员和领导干部也要编入一个小组")), "保存", tuple(callouts))
    seen = version(roll, cards) if stale else given.raw("version")
    return replace(page, hidden=(("version", seen),), aside=(*now(cards), *by) if stale else (), aside_title="现在的编组")


def new(org: OrgView, given: Given, roll: Sequence[RollEntry], cards: Sequence[GroupCard]) -> FormPage:
    """Build the form of a new group; members of other groups are marked."""
    where = {m.person_id: c.group.name for c in cards for m in c.members}
    people = [(str(e.person_id), label(e) + (f"，现在{where[e.person_id]}" if e.person_id in where else "")) for e in roll]
    fields = (
        given.field("name", "党小组名称", required=True, maxlength=40, width="half"), given.field("from_on", "成立日期", "date", required=True, width="half"),
        given.field("member", "组员", "checks", choices=people, required=True, help="至少 3 人，其中至少 1 名正式党员；已在别的小组的先从原小组调出"),
        given.field("leader", "组长", "select", choices=[("", "请选"), *((str(e.person_id), e.name) for e in roll)], width="half"),
    )
    return _frame(org, given, "new-group", "设党小组", (FieldGroup("", fields),), "保存")


def close(org: OrgView, given: Given, cards: Sequence[GroupCard]) -> FormPage:
    """Build the form of closing a group."""
    names = [(str(c.group.id), f"{c.group.name}（{len(c.members)} 人）") for c in cards]
    fields = (
        given.field("group", "撤销哪个党小组", "select", choices=[("", "请选"), *names], required=True, width="half"),
        given.field("to", "组员编入", "select", choices=[("", "不再设党小组"), *names], width="half", help="还有别的小组时必须选"),
        given.field("on", "撤销日期", "date", required=True, width="half"),
    )
    return _frame(org, given, "close-group", "撤销党小组", (FieldGroup("", fields),), "撤销")
