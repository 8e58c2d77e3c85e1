"""组织树: the organisations of a day as nested lists, with the state of each; search and filters keep the way down to what they find."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from django.urls import reverse

from zhibu.areas.structure.queries import OrgState
from zhibu.areas.structure.rules import Finding, FindingCode
from zhibu.kernel.terms import TermState
from zhibu.web.shell.context import Button, Callout, Choice, Stat, State, Tone

from .context import TreeNode, TreePage
from .reach import Asked
from .words import said

FEW = 40  # organisations that are shown unfolded at once
UNHEALTHY = {FindingCode.GROUP_SMALL, FindingCode.GROUP_NO_FULL, FindingCode.GROUP_NO_LEADER, FindingCode.GROUP_LEADER_OUTSIDE, FindingCode.TWO_GROUPS,
             FindingCode.UNASSIGNED}
Groups = Mapping[int, Sequence[Finding]]
Test = Callable[[OrgState, Groups], bool]

#: code of the filter, label, test
FILTERS: tuple[tuple[str, str, Test], ...] = (
    ("overdue", "到期未换届", lambda s, _: s.term in (TermState.OVERDUE, TermState.OVERDUE_LONG)),
    ("expiring", "6个月内到期", lambda s, _: s.term is TermState.EXPIRING),
    ("vacant", "班子缺职", lambda s, _: s.has(FindingCode.VACANT_POST)),
    ("under", "正式党员不足3名", lambda s, _: s.has(FindingCode.UNDER_FULL)),
    ("over", "超规模支部", lambda s, _: s.has(FindingCode.OVER_SIZE)),
    ("groups", "党小组不健全", lambda s, groups: any(f.code in UNHEALTHY for f in groups.get(s.org.id, ()))),
)


def build(states: Sequence[OrgState], groups: Groups, asked: Asked, *, query: str, chosen: str, buttons: tuple[Button, ...] = ()) -> TreePage:
    """Build the page; `states` are path-sorted."""
    test = next((t for code, _, t in FILTERS if code == chosen), None)
    wanted = [s for s in states if (not query or query in s.org.name or query == s.org.code) and (test is None or test(s, groups))]
    narrowed = bool(query or test)
    shown = _with_way(states, wanted) if narrowed else list(states)
    branches = [s for s in states if s.org.is_branch]
    members = sum(s.count.members_all for s in states)
    counts = {code: sum(t(s, groups) for s in states) for code, _, t in FILTERS}
    return TreePage(
        title="组织树",
        sub=f"{said(asked.on)}的组织" if asked.past else "按隶属关系排列，点开看下级",
        roots=_nodes(shown, narrowed or len(shown) <= FEW, asked, branches),
        on=asked.on.isoformat(),
        today=asked.today.isoformat(),
        query=query,
        stats=(
            Stat("党组织", str(len(states)), "个"), Stat("党支部", str(len(branches)), "个"), Stat("党员", str(members), "人"),
            Stat("到期未换届", str(counts["overdue"]), "个", Tone.BAD if counts["overdue"] else Tone.PLAIN),
        ),
        filters=(
            Choice("全部", "", _address(asked, query, ""), not chosen),
            *(Choice(f"{label} {counts[code]}", code, _address(asked, query, code), chosen == code) for code, label, _ in FILTERS if counts[code] or chosen == code),
        ),
        buttons=buttons,
        empty="没有找到。请换一个名称，或点“全部”。" if narrowed else "这一天还没有组织。",
        callouts=(Callout(asked.fault, Tone.WARN),) if asked.fault else (),
    )


def _address(asked: Asked, query: str, chosen: str) -> str:
    given = {"q": query, "state": chosen, "on": asked.on.isoformat() if asked.past else ""}
    text = urlencode({k: v for k, v in given.items() if v})
    return reverse("org:tree") + (f"?{text}" if text else "")


def _with_way(states: Sequence[OrgState], wanted: Sequence[OrgState]) -> list[OrgState]:
    """Keep what was found and every organisation on the way down to it."""
    found = [s.org.path for s in wanted]
    return [s for s in states if any(path.startswith(s.org.path) for path in found)]


def _nodes(shown: Sequence[OrgState], unfolded: bool, asked: Asked, branches: Sequence[OrgState]) -> tuple[TreeNode, ...]:
    """Nest the path-sorted organisations; whatever has no shown parent is a root."""
    inside: dict[int, list[OrgState]] = {}
    ids = {s.org.id for s in shown}
    roots = []
    for s in shown:
        if s.org.parent_id in ids:
            inside.setdefault(s.org.parent_id or 0, []).append(s)
        else:
            roots.append(s)
    below = _below(shown, branches)

    def node(s: OrgState, depth: int) -> TreeNode:
        children = tuple(node(child, depth + 1) for child in inside.get(s.org.id, ()))
        members, count = below[s.org.id]
        return TreeNode(
            s.org.name, reverse("org:page", args=[s.org.id]) + (f"?on={asked.on}" if asked.past else ""), s.org.kind_title, f"{members} 人",
            f"{count} 个支部" if not s.org.is_branch else "", _marks(s), children, open=unfolded or depth == 0,
        )

    return tuple(node(s, 0) for s in roots)


def _below(shown: Sequence[OrgState], branches: Sequence[OrgState]) -> dict[int, tuple[int, int]]:
    """Count members and branches of each organisation with everything below it."""
    found: dict[int, tuple[int, int]] = {s.org.id: (0, 0) for s in shown}
    by_path = {s.org.path: s.org.id for s in shown}
    for b in branches:
        for end in range(6, len(b.org.path) + 1, 6):
            org_id = by_path.get(b.org.path[:end])
            if org_id is not None:
                members, count = found[org_id]
                found[org_id] = (members + b.count.members_all, count + 1)
    return found


def _marks(s: OrgState) -> tuple[State, ...]:
    marks = []
    if s.term in (TermState.OVERDUE, TermState.OVERDUE_LONG):
        marks.append(State(Tone.BAD, "到期未换届"))
    elif s.term is TermState.EXPIRING:
        marks.append(State(Tone.WARN, "6个月内到期"))
    elif s.term is TermState.EXTENDED:
        marks.append(State(Tone.WAIT, "批准延期"))
    if s.has(FindingCode.UNDER_FULL):
        marks.append(State(Tone.BAD, "正式党员不足3名"))
    if s.has(FindingCode.VACANT_POST):
        marks.append(State(Tone.WARN, "缺职"))
    return tuple(marks)
