"""The side menu and the phone's tabs. Entries exist only for what is built and for what this person may open (ux.md §5.1)."""
from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P

from .context import MenuItem


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page that the menu leads to. rights: one of them is enough; views: beginnings of the names of the pages that belong to it, the longest wins."""

    label: str
    url: str
    rights: tuple[P, ...]
    views: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """An entry with its leaves; the first leaf that may be opened gives its address. unfolded: leaves are shown even when there is only one."""

    label: str
    icon: str
    leaves: tuple[Leaf, ...]
    unfolded: bool = False
    of_branch: bool = False   # only for offices of a branch: what it keeps itself
    rule_above: bool = False


TRANSFERS = (P.TRANSFER_REQUEST, P.TRANSFER_DECIDE)
GROUPS: tuple[Group, ...] = (
    Group("组织", "network", (
        Leaf("组织树", "org:tree", (P.COMPLIANCE_READ,), ("org:",)),
        Leaf("阵地", "resources:places", (P.RESOURCE_READ,), ("resources:place", "resources:venues", "resources:book")),
    )),
    Group("党员", "users", (
        Leaf("花名册", "roster:list", (P.MEMBER_READ,), ("roster:",)),
        Leaf("组织关系", "transfers:list", TRANSFERS, ("transfers:",)),
        Leaf("流动党员", "transfers:floating", TRANSFERS, ("transfers:float", "transfers:certify", "transfers:certificate", "transfers:end-stay")),
        Leaf("教育学时", "training:list", (P.TRAINING_READ,), ("training:",)),
        Leaf("关怀帮扶", "care:list", (P.CARE_READ,), ("care:",)),
        Leaf("关怀帮扶", "care:requests", (P.CARE_DECIDE,), ("care:",)),
    )),
    Group("组织生活", "calendar-check", (
        Leaf("开会记录", "meetings:record", (P.ACTIVITY_WRITE,), ("meetings:record",)),
        Leaf("计划和通知", "meetings:plans", (P.ACTIVITY_READ,), ("meetings:plans",)),
        Leaf("年度台账", "meetings:ledger", (P.ACTIVITY_READ,), ("meetings:ledger",)),
        Leaf("谈心谈话", "talks:list", (P.ACTIVITY_READ,), ("talks:",)),
    ), unfolded=True, of_branch=True),
    Group("党费经费", "wallet", (
        Leaf("党费", "dues:start", (P.DUES_TOTAL,), ("dues:", "bank:")),
        Leaf("三项经费", "resources:funds", (P.RESOURCE_READ,), ("resources:",)),
    ), unfolded=True),
    Group("督查公开", "grid-3x3", (
        Leaf("一张图", "overview:county", (P.COMPLIANCE_READ,), ("overview:",)), Leaf("联系群众", "talks:quarter", (P.COMPLIANCE_READ,), ("talks:quarter",)),
    ), unfolded=True),
    Group("导入", "file-up", (Leaf("导入", "intake:upload", (P.IMPORT,), ("intake:",)),)),
    Group("规则集", "scale", (Leaf("规则集", "rules:list", (P.POLICY_WRITE, P.GRANT_MANAGE), ("rules:",)),)),  # the security administrator reads them (S38)
    Group("通知渠道", "send", (Leaf("通知渠道", "channels:list", (P.CHANNEL_MANAGE,), ("channels:",)),)),
    Group("设置", "settings", (Leaf("账号", "accounts:list", (P.ACCOUNT_MANAGE, P.GRANT_MANAGE, P.ACCOUNT_HELP), ("accounts:",)),), unfolded=True, rule_above=True),
    Group("放假安排", "calendar-days", (Leaf("放假安排", "workdays:days", (P.SYSTEM_RUN,), ("workdays:",)),)),
    Group("操作日志", "scroll-text", (Leaf("操作日志", "journal:list", (P.JOURNAL_READ,), ("journal:",)),), rule_above=True),
)
#: one's own calendar is a page of 我的, whatever else the room holds
OWN = ("channels:calendar",)


def menu_for(actor: Actor, room: str, view: str) -> tuple[MenuItem, ...]:
    """Build the side menu of an actor; `room` is the URL namespace, `view` the URL name of the page shown."""
    items = [MenuItem("工作台", reverse("desk"), "list-checks", current=room == "" and view == "desk")]
    for group in GROUPS:
        leaves = _open(actor, group)
        if not leaves:
            continue
        here = _here(view)
        children = tuple(MenuItem(leaf.label, reverse(leaf.url), current=leaf.label == here) for leaf in leaves)
        current = any(c.current for c in children) or (group.label == "组织生活" and room == "meetings")
        shown = children if group.unfolded or len(children) > 1 else ()
        items.append(MenuItem(group.label, children[0].url, group.icon, current=current, children=shown, rule_above=group.rule_above))
    return tuple(items)


def _open(actor: Actor, group: Group) -> list[Leaf]:
    """Give the leaves that the actor may open, one for each label."""
    if group.of_branch and not own_branch(actor):
        return []
    if group.label == "督查公开" and own_branch(actor) and not actor.holds(P.REMIND):  # a branch looks at its own ledger
        return []
    found: dict[str, Leaf] = {}
    for leaf in group.leaves:
        if any(actor.holds(right) for right in leaf.rights):
            found.setdefault(leaf.label, leaf)
    return list(found.values())


def _here(view: str) -> str:
    """Give the label of the leaf that a page belongs to; "" for a page of no leaf."""
    if view.startswith(OWN):
        return ""
    matches = [(len(start), leaf.label) for group in GROUPS for leaf in group.leaves for start in leaf.views if view.startswith(start)]
    return max(matches)[1] if matches else ""


def own_branch(actor: Actor) -> int | None:
    """Give the organisation at which the actor writes its own records (an office in a branch), None for offices above."""
    for held in actor.grants:
        if held.role in ("branch_secretary", "committee_member", "group_leader"):
            return held.org_id
    return None


def tabs_for(actor: Actor, room: str, view: str) -> tuple[MenuItem, ...]:
    """Build the tabs of the phone, at most four."""
    items = [MenuItem("待办", reverse("desk"), "list-checks", current=view == "desk")]
    if actor.holds(P.ACTIVITY_WRITE) and own_branch(actor):
        items.append(MenuItem("开会记录", reverse("meetings:record"), "square-pen", current=view == "meetings:record"))
    if actor.holds(P.ACTIVITY_READ) and own_branch(actor):
        items.append(MenuItem("支部台账", reverse("meetings:ledger"), "calendar-check", current=view == "meetings:ledger"))
    elif actor.holds(P.COMPLIANCE_READ):  # offices above come to a branch's ledger from the picture
        items.append(MenuItem("一张图", reverse("overview:county"), "grid-3x3", current=room == "overview"))
    items.append(MenuItem("我的", reverse("person:me"), "user", current=room == "person"))
    return tuple(items)
